// The editor of a journey. The server draws everything; this sends each change as the form would, one after another, and
// puts the answer in place, so that focus, what is being typed and what is read aloud stay right.
import { dragging } from "./journey-drag.js";

const root = document.querySelector("[data-journey-editor]");
const wide = window.matchMedia("(min-width: 64rem)");
const region = (name, within = root) => within.querySelector(`[data-region="${name}"]`);
const step = (key) => document.getElementById(`step-${key}`);
const chosen = () => region("panel").dataset.chosen;
let line = Promise.resolve();

function revision() {
  return root.querySelector('[data-region="head"] [name="revision"]').value;
}

function state(text, name) {
  const shown = root.querySelector(".editor-state");
  shown.dataset.state = name;
  shown.querySelector("[data-state-text]").textContent = text;
}

// keeps: the panel stays as it is, because somebody is typing in it; only its revision is renewed.
function put(html, keeps) {
  const fresh = document.createElement("div");
  fresh.innerHTML = html;
  const focused = document.activeElement?.id;
  const open = [...root.querySelectorAll("dialog[open]")].length > 0;
  for (const name of ["said", "head", "picture", "panel", "dialogs"]) {
    const before = region(name), after = region(name, fresh);
    if (!before || !after || (name === "dialogs" && open)) continue;
    if (name === "panel" && keeps) {
      const problems = [...after.querySelectorAll(".field")], there = [...before.querySelectorAll(".field")];
      if (problems.length === there.length) there.forEach((field, number) => {
        field.querySelectorAll(":scope > .field-error").forEach((one) => one.remove());
        problems[number].querySelectorAll(":scope > .field-error").forEach((one) => field.append(one));
      });
      const notes = before.querySelector("[data-problems]"), newer = after.querySelector("[data-problems]");
      if (notes && newer) notes.replaceWith(newer);
      continue;
    }
    before.replaceWith(after);
    window.htmx?.process(after);
  }
  for (const input of root.querySelectorAll('input[name="revision"]')) input.value = revision();
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function send(data, { keeps = false, then } = {}) {
  line = line.then(async () => {
    const body = typeof data === "function" ? data() : data;
    body.set("revision", revision());
    body.set("csrfmiddlewaretoken", root.querySelector("[name=csrfmiddlewaretoken]").value);
    state(root.dataset.saving, "saving");
    try {
      const answer = await fetch(location.pathname, { method: "POST", body, headers: { "X-Editor": "1" } });
      if (![200, 409, 422].includes(answer.status)) throw new Error(answer.status);
      put(await answer.text(), keeps && answer.ok);
      if (answer.ok) then?.();
    } catch {
      state(root.dataset.failed, "offline");
    }
  });
  return line;
}

function form(values) {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return data;
}

async function show(query, then) {
  line = line.then(async () => {
    const answer = await fetch(location.pathname + query, { headers: { "X-Editor": "1" } });
    if (!answer.ok) return;
    put(await answer.text(), false);
    root.toggleAttribute("data-panel-open", query !== "");
    then?.();
  });
  return line;
}

const focusPanel = () => region("panel").querySelector("select, input:not([type=hidden]), textarea, button")?.focus();
const focusStep = (key = chosen()) => (step(key) ?? root.querySelector(".flow-trigger"))?.focus();

function act(op, key, then = () => focusStep()) {
  return send(form({ op, key, at: key }), { then });
}

root.addEventListener("click", (event) => {
  const choose = event.target.closest("[data-choose]"), add = event.target.closest("[data-add]");
  const shut = event.target.closest("[data-shut]"), op = event.target.closest("[data-op]");
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (choose) { event.preventDefault(); show(`?at=${encodeURIComponent(choose.dataset.choose)}`, () => (event.detail && wide.matches ? focusStep(choose.dataset.choose) : focusPanel())); }
  else if (add) { event.preventDefault(); show(`?add=${encodeURIComponent(add.dataset.add)}`, focusPanel); }
  else if (shut) { event.preventDefault(); const key = chosen(); show("", () => focusStep(key)); }
  else if (op) { event.preventDefault(); const whole = op.closest("form"); send(() => { const data = new FormData(whole); data.set("op", op.dataset.op); data.set("way", op.value); return data; }); }
});

root.addEventListener("submit", (event) => {
  const sent = event.target, button = event.submitter;
  if (sent.closest("[data-plain]")) return;
  event.preventDefault();
  if (sent.matches("[data-fields]")) { send(() => new FormData(sent), { keeps: true }); return; }
  const data = new FormData(sent, button);
  const adds = data.get("op") === "add";
  send(data, { then: () => {
    root.toggleAttribute("data-panel-open", adds);
    if (adds && wide.matches) focusStep();
    else if (adds) focusPanel();
    else if (sent.matches(".flow-acts")) focusStep();
  } });
});

// Every change is saved as soon as the field is left; a change of the kind draws the panel anew.
root.addEventListener("change", (event) => {
  const fields = event.target.closest("[data-fields]");
  if (!fields || event.target.hasAttribute("hx-post") || event.target.closest("#builder [hx-post]")) {
    if (fields && event.target.closest("#builder")) afterBuilder();
    return;
  }
  const ours = event.target;
  send(() => new FormData(fields), { keeps: !ours.matches("[data-whole]") });
});

// The builder of rules talks to the server by itself; then the picture is fetched again.
function afterBuilder() {
  const fields = root.querySelector("#builder")?.closest("form");
  if (fields) send(() => new FormData(fields), { keeps: true });
}
document.addEventListener("htmx:after:swap", (event) => { if (root.querySelector("#builder")?.contains(event.target) || event.target.id === "builder") show(`?at=${encodeURIComponent(chosen())}`); });

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select");
  const control = event.ctrlKey || event.metaKey;
  if (control && !typing && ["z", "y"].includes(event.key.toLowerCase())) {
    event.preventDefault();
    const back = event.key.toLowerCase() === "z" && !event.shiftKey;
    const key = chosen();
    send(form({ op: back ? "undo" : "redo", at: key }), { then: () => focusStep(key) });
    return;
  }
  const card = event.target.closest?.("[data-choose]");
  if (!card || !root.contains(card)) return;
  const key = card.dataset.choose;
  if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && step(key)) {
    event.preventDefault();
    act(event.key === "ArrowUp" ? "up" : "down", key, () => focusStep(key));
  } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    const all = [...root.querySelectorAll(".journey-picture a[data-choose]")];
    all[all.indexOf(card) + (event.key === "ArrowUp" ? -1 : 1)]?.focus();
    event.preventDefault();
  } else if (control && event.key.toLowerCase() === "d" && step(key)) {
    event.preventDefault();
    act("copy", key);
  } else if (event.key === "Delete" && step(key)) {
    event.preventDefault();
    act("remove", key);
  } else if (event.key === "+") {
    event.preventDefault();
    show(`?add=${encodeURIComponent(step(key) ? `after:${key}` : "start")}`, focusPanel);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && region("panel").contains(event.target) && chosen()) { event.preventDefault(); focusStep(); }
});

dragging(root, (key, place) => send(form({ op: "move", key, place, at: key }), { then: () => focusStep(key) }));
