// The door of a gathering: tickets are kept in this browser until the server has them, so that a gap of the network loses
// nobody. Names still need the network. Each ticket travels with the moment and a key of its own: sending twice is once.
const form = document.querySelector("[data-door]");
const field = form.querySelector("[name=said]");
const list = document.getElementById("door-news");
const kept = document.getElementById("door-kept");
const place = `door:${form.dataset.door}`;
const EVERY = 15000;

const waiting = () => JSON.parse(localStorage.getItem(place) ?? "[]");
const tidy = (text) => text.toUpperCase().replace(/[\s-]/g, "");
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");

function keep(rows) {
  localStorage.setItem(place, JSON.stringify(rows));
  kept.textContent = rows.length ? `${kept.dataset.words} ${rows.length}` : "";
  kept.hidden = !rows.length;
}

function tell(words, isGood) {
  const line = document.createElement("li");
  line.className = `notice tone-${isGood ? "success" : "error"}`;
  line.textContent = words;
  list.prepend(line);
  while (list.children.length > 5) list.lastElementChild.remove();
}

let busy = false;

async function send() {
  if (busy || !navigator.onLine) return;
  busy = true;
  try {
    for (let row = waiting()[0]; row; row = waiting()[0]) {
      const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
      const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
      const answer = await fetch(form.dataset.arrivals, { method: "POST", headers, body: JSON.stringify(row), redirect: "error" });
      if (!answer.ok) break; // signed out, or the server is in trouble: nothing is lost, it is tried again
      const said = await answer.json();
      tell(said.words, said.is_good);
      keep(waiting().filter((one) => one.key !== row.key));
    }
  } catch {
    // no network after all: it is tried again
  } finally {
    busy = false;
  }
}

form.addEventListener("submit", (event) => {
  const ticket = tidy(field.value);
  if (!/^[A-HJ-NP-Z2-9]{10}$/.test(ticket)) return; // a name goes the ordinary way
  event.preventDefault();
  keep([...waiting(), { key: newKey(), at: new Date().toISOString(), ticket }]);
  field.value = "";
  field.focus();
  send();
});

addEventListener("online", send);
setInterval(send, EVERY);
keep(waiting());
send();
