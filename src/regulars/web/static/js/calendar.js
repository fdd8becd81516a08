// Moving what stands in the calendar to another day: by mouse and pen on all of it, by finger on its mark, by keyboard and by
// single clicks on its mark. The page shows it at once; the server has the last word, and its picture is put in place.
const root = document.querySelector("[data-calendar]");
const said = root.querySelector("[data-said]");
const DAY = 86400000;
const KEPT = "regulars-calendar-undo";
let held = null; // what is being moved: {item, from, to, mode, ghost}
let busy = false;
let undoing = null; // what takes the last move back

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const cell = (day) => root.querySelector(`[data-day="${day}"]`);
const later = (day, days) => new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10);
const say = (name, values) => { said.textContent = fill(root.dataset[name], values); };

function named(day) {
  const shown = cell(day);
  if (shown) return shown.dataset.label;
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeZone: "UTC" }).format(Date.parse(day));
}

// On a phone days without anything are hidden until something is moved; what is under the finger must stay there.
function showing(isMoving, item) {
  const before = item.getBoundingClientRect().top;
  document.documentElement.classList.toggle("calendar-moving", isMoving);
  window.scrollBy({ top: item.getBoundingClientRect().top - before, behavior: "instant" });
}

function take(item, mode) {
  const from = item.closest("[data-day]").dataset.day;
  held = { item, from, to: from, mode };
  showing(true, item);
  if (mode === "keys") {
    item.querySelector("[data-grip]").setAttribute("aria-pressed", "true");
    cell(from).setAttribute("data-over", "");
    say("taken", { title: item.dataset.title });
  }
}

function over(day) {
  if (!held || day === held.to) return;
  cell(held.to)?.removeAttribute("data-over");
  held.to = day;
  const shown = cell(day);
  shown?.setAttribute("data-over", "");
  if (held.mode === "keys") shown?.scrollIntoView({ block: "nearest" });
  say("over", { title: held.item.dataset.title, day: named(day) });
}

function letGo() {
  const was = held;
  held = null;
  was.ghost?.remove();
  was.item.classList.remove("calendar-lifted");
  was.item.querySelector("[data-grip]")?.setAttribute("aria-pressed", "false");
  cell(was.to)?.removeAttribute("data-over");
  document.documentElement.classList.remove("is-dragging");
  showing(false, was.item);
  return was;
}

function leave() {
  const was = letGo();
  say("left", { title: was.item.dataset.title });
}

function drop() {
  const was = letGo();
  if (was.to === was.from) return say("left", { title: was.item.dataset.title });
  const { item: entry, what, seen, original, title } = was.item.dataset;
  const days = Math.round((Date.parse(was.to) - Date.parse(was.from)) / DAY);
  cell(was.to)?.querySelector(".calendar-items").append(was.item);
  send({ entry, what, seen, original, days }, title, was.to);
}

async function send(asked, title, day, isUndo = false) {
  if (busy) return;
  busy = true;
  undoing = null;
  for (const old of document.querySelectorAll("#toasts [data-undo-it]")) old.closest("[data-toast]").remove();
  try {
    const body = new FormData();
    for (const name of ["what", "seen", "original", "days"]) body.set(name, asked[name]);
    body.set("csrfmiddlewaretoken", root.querySelector("[name=csrfmiddlewaretoken]").value);
    const answer = await fetch(`${root.dataset.calendar}${asked.entry}/move/`, { method: "POST", body });
    if (![200, 409, 422].includes(answer.status)) throw new Error(answer.status);
    const told = await answer.json();
    if (answer.ok) {
      const back = { entry: told.entry, what: asked.what, seen: told.seen, original: "", days: -asked.days };
      const words = isUndo ? fill(root.dataset.undone, { title }) : told.said;
      const next = { words, title, back, day: isUndo ? "" : later(day, -asked.days) };
      if (!cell(day)) {
        sessionStorage.setItem(KEPT, JSON.stringify(next));
        location.assign(`${root.dataset.calendar}?view=${root.dataset.view}&day=${day}`);
        return;
      }
      await renew(`[data-item="${told.entry}"][data-what="${asked.what}"]`);
      tell(next);
    } else {
      await renew();
      tell({ words: told.said, isError: true });
    }
  } catch {
    await renew().catch(() => location.reload());
    tell({ words: root.dataset.failed, isError: true });
  } finally {
    busy = false;
  }
}

// The grid as the server has it now; the focus returns to what was moved.
async function renew(focus) {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(answer.status);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-grid]");
  if (!fresh) throw new Error("no calendar");
  root.querySelector("[data-grid]").replaceWith(fresh);
  if (focus) root.querySelector(`${focus} [data-grip]`)?.focus({ preventScroll: true });
}

function tell({ words, title, back, day, isError = false }) {
  const toast = root.querySelector("[data-toast-of]").content.firstElementChild.cloneNode(true);
  toast.querySelector("p").textContent = words;
  const button = toast.querySelector("[data-undo-it]");
  if (isError) {
    toast.dataset.toast = "error";
    toast.querySelector(".icon").setAttribute("class", "icon text-error");
  }
  if (back && day) {
    undoing = () => { toast.remove(); send(back, title, day, true); };
    button.addEventListener("click", () => undoing?.());
  } else button.remove();
  document.getElementById("toasts").append(toast);
}

root.addEventListener("pointerdown", (event) => {
  const item = event.target.closest("[data-item]");
  if (!item || busy || event.button !== 0 || held?.mode === "keys") return;
  if (event.pointerType === "touch" && !event.target.closest("[data-grip]")) return;
  const started = { x: event.clientX, y: event.clientY };

  function move(moved) {
    if (moved.pointerId !== event.pointerId) return;
    if (!held) {
      if (Math.hypot(moved.clientX - started.x, moved.clientY - started.y) < 6) return;
      take(item, "pointer");
      item.classList.add("calendar-lifted");
      held.ghost = item.cloneNode(true);
      held.ghost.className = "calendar-item calendar-ghost";
      held.ghost.setAttribute("aria-hidden", "true");
      document.body.append(held.ghost);
      document.documentElement.classList.add("is-dragging");
    }
    moved.preventDefault();
    // Set through the object model, which the content security policy allows.
    held.ghost.style.transform = `translate(${moved.clientX + 12}px, ${moved.clientY + 12}px)`;
    const day = document.elementFromPoint(moved.clientX, moved.clientY)?.closest("[data-day]");
    if (day) over(day.dataset.day);
    if (moved.clientY < 90) window.scrollBy(0, -12);
    else if (moved.clientY > window.innerHeight - 90) window.scrollBy(0, 12);
  }

  function end(ended) {
    if (ended.pointerId !== undefined && ended.pointerId !== event.pointerId) return;
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", end);
    document.removeEventListener("pointercancel", end);
    if (held?.mode !== "pointer") return;
    // The click that ends a drag opens nothing.
    const swallow = (click) => { click.preventDefault(); click.stopPropagation(); };
    document.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 0);
    if (ended.type === "pointerup") drop();
    else leave();
  }

  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
});

root.addEventListener("dragstart", (event) => { if (event.target.closest("[data-item]")) event.preventDefault(); });

root.addEventListener("click", (event) => {
  const grip = event.target.closest("[data-grip]"), day = event.target.closest("[data-day]");
  if (held?.mode === "keys") {
    event.preventDefault();
    if (grip && grip.closest("[data-item]") === held.item) return leave();
    if (day) { over(day.dataset.day); drop(); }
  } else if (grip && !busy) take(grip.closest("[data-item]"), "keys");
});

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
document.addEventListener("keydown", (event) => {
  if (held && event.key === "Escape") { event.preventDefault(); leave(); }
  else if (held?.mode === "keys" && STEPS[event.key]) { event.preventDefault(); over(later(held.to, STEPS[event.key])); }
  else if (held?.mode === "keys" && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); drop(); }
  else if (held?.mode === "keys" && event.key === "Tab") leave();
  else if (!held && undoing && event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey
    && !event.target.closest?.("input, textarea, select")) { event.preventDefault(); undoing(); }
});

const kept = sessionStorage.getItem(KEPT);
if (kept) {
  sessionStorage.removeItem(KEPT);
  const next = JSON.parse(kept);
  root.querySelector(`[data-item="${next.back.entry}"][data-what="${next.back.what}"] [data-grip]`)?.focus();
  tell(next);
}
