// The pack bench: orders are looked up without loading the page, and ticks are kept in this browser until the server has them,
// so that a gap of the network loses none. Each tick travels with its moment and a key of its own: sending twice is once.
// What is scanned without network is looked up when it is back, the newest scan alone.
const form = document.querySelector("[data-bench]");
const field = form.querySelector("[name=code]");
const answer = document.getElementById("bench-answer");
const news = document.getElementById("bench-news");
const kept = document.getElementById("bench-kept");
const offline = document.getElementById("bench-offline");
const camera = document.getElementById("bench-camera");
const place = `bench:${form.dataset.bench}`;
const EVERY = 15000;

const waiting = () => JSON.parse(localStorage.getItem(place) ?? "[]");
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
const token = () => form.querySelector("[name=csrfmiddlewaretoken]").value;

function show(place, words) {
  place.textContent = words ? `${place.dataset.words} ${words}` : "";
  place.hidden = !words;
}

function keep(rows) {
  localStorage.setItem(place, JSON.stringify(rows));
  show(kept, rows.length ? String(rows.length) : "");
}

function tell(words, isGood) {
  const line = document.createElement("li");
  line.className = `notice tone-${isGood ? "success" : "error"}`;
  line.textContent = words;
  news.prepend(line);
  while (news.children.length > 5) news.lastElementChild.remove();
}

// Looking up

let asked = 0;
let missed = "";

async function look(code) {
  const mine = ++asked;
  answer.setAttribute("aria-busy", "true");
  try {
    if (!navigator.onLine) throw new Error("offline");
    const said = await fetch(location.href, {
      method: "POST", headers: { "X-CSRFToken": token(), "X-Bench": "1" }, body: new URLSearchParams({ code }), redirect: "manual",
    });
    if (mine !== asked) return; // a later scan was quicker
    if (!said.ok) return location.reload(); // signed out, or the token is old: the page says what to do
    missed = "";
    answer.innerHTML = await said.text();
    answer.firstElementChild?.scrollIntoView({ block: "nearest" });
  } catch {
    if (mine !== asked) return;
    missed = code;
    answer.replaceChildren();
  } finally {
    if (mine === asked) {
      answer.removeAttribute("aria-busy");
      show(offline, missed);
    }
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const code = field.value.trim();
  field.value = "";
  field.focus();
  if (code) look(code);
});

// A scanner types wherever the focus lies: what is typed outside of a field goes into the field.
addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, summary, button, a") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.length === 1) field.focus();
});

// Ticking

let busy = false;

async function send() {
  if (busy || !navigator.onLine) return;
  busy = true;
  try {
    for (let row = waiting()[0]; row; row = waiting()[0]) {
      const headers = { "Content-Type": "application/json", "X-CSRFToken": token() };
      const said = await fetch(form.dataset.ticks, { method: "POST", headers, body: JSON.stringify(row), redirect: "error" });
      if (!said.ok && said.status !== 400) break; // signed out, or the server is in trouble: it is tried again
      if (said.ok) {
        const { words, is_good } = await said.json();
        tell(words, is_good);
      }
      keep(waiting().filter((one) => one.key !== row.key));
    }
  } catch {
    // no network after all: it is tried again
  } finally {
    busy = false;
  }
}

answer.addEventListener("submit", (event) => {
  const ticked = event.target.closest("[data-tick]");
  if (!ticked) return;
  event.preventDefault();
  const said = new FormData(ticked);
  const row = {
    key: newKey(), at: new Date().toISOString(), message: said.get("message"), token: said.get("token"),
    reason: event.submitter?.value ?? "",
  };
  keep([...waiting(), row]);
  answer.replaceChildren();
  field.focus();
  send();
});

function back() {
  send();
  if (missed) look(missed);
}

addEventListener("online", back);
setInterval(back, EVERY);
keep(waiting());
send();

// The camera, where the browser reads barcodes

const [button, video, trouble] = [...camera.children];
let stream = null;
let before = "";

async function watch(detector) {
  if (!stream) return;
  try {
    const [found] = video.readyState >= 2 ? await detector.detect(video) : [];
    if (found && found.rawValue !== before) {
      before = found.rawValue;
      navigator.vibrate?.(60);
      look(found.rawValue.trim());
    }
  } catch {
    // this picture could not be read: the next one
  }
  setTimeout(() => watch(detector), 200);
}

function off() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  video.hidden = true;
}

const label = button.querySelector("[data-on]");
const [words, wordsOn] = [label.textContent, label.dataset.on];

button.addEventListener("click", async () => {
  if (stream) off();
  else {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.hidden = false;
      before = "";
      await video.play();
      watch(new BarcodeDetector());
    } catch {
      off();
      show(trouble, " ");
    }
  }
  label.textContent = stream ? wordsOn : words;
});
camera.hidden = !("BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia);
