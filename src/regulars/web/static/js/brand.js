// The brand's preview follows the form; nothing is saved until it is sent.
const form = document.querySelector("[data-brand]");
let frame = document.querySelector("[data-brand-frame]");
let theme = "light";
let timer = 0;

function query() {
  const said = new URLSearchParams();
  for (const [key, value] of new FormData(form)) if (typeof value === "string" && key !== "csrfmiddlewaretoken" && key !== "legal_footer") said.set(key, value);
  said.set("theme", theme);
  return said;
}

async function refresh() {
  for (const shown of form.querySelectorAll("[data-hex]")) shown.textContent = form.elements[shown.dataset.hex].value;
  const next = frame.cloneNode(false);
  next.classList.add("is-loading");
  next.src = `${form.dataset.preview}?${query()}`;
  next.addEventListener("load", () => { next.classList.remove("is-loading"); frame.remove(); frame = next; }, { once: true });
  frame.after(next);
  const answer = await fetch(`${form.dataset.contrast}?${query()}`);
  if (answer.ok) form.querySelector("[data-contrasts]").replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
}

form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(refresh, 250); });
for (const button of document.querySelectorAll("[data-shade]")) {
  button.addEventListener("click", () => {
    theme = button.dataset.shade;
    for (const one of document.querySelectorAll("[data-shade]")) one.setAttribute("aria-pressed", String(one === button));
    refresh();
  });
}
