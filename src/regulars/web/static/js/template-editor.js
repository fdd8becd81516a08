// The editor of templates: holds the state, draws it, saves it by itself, keeps preview and checks beside it.
import { History, copyOf, duplicate, find, fits, fresh, holds, listOf, walk } from "./template-tree.js";
import { cards, palette } from "./template-cards.js";
import { dragging } from "./template-drag.js";
import { field, icon, node } from "./template-fields.js";

const root = document.querySelector("[data-template-editor]");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const data = JSON.parse(document.getElementById("template-data").textContent);
const words = JSON.parse(document.getElementById("template-words").textContent);
const kinds = new Map(data.kinds.map((kind) => [kind.key, kind]));
words.variables = new Map(data.variables);
words.operators = new Map(data.operators);

const docs = data.docs;
const histories = Object.fromEntries(Object.entries(docs).map(([locale, doc]) => [locale, new History(content(doc))]));
const problems = Object.fromEntries(Object.entries(docs).map(([locale, doc]) => [locale, doc.problems]));
let locale = docs[data.locale].blocks.length || docs[data.locale].subject ? data.locale : Object.keys(docs).find((one) => docs[one].blocks.length) ?? data.locale;
let selected = null;
let target = "";
let width = "desktop";
let theme = "light";

function content(doc) { return copyOf({ subject: doc.subject, preheader: doc.preheader, blocks: doc.blocks }); }
const doc = () => docs[locale];
const history = () => histories[locale];

// ---------------------------------------------------------------------------------------------------------------- say
const say = (text) => { part("said").textContent = ""; setTimeout(() => { part("said").textContent = text; }, 30); };
const titleOf = (block) => kinds.get(block.kind).title;
const fill = (text, values) => Object.entries(values).reduce((made, [key, value]) => made.replace(`{${key}}`, value), text);
function toast(text, tone) {
  const made = node("div", { class: "toast-item", "data-toast": tone }, icon(tone === "error" ? "circle-alert" : "circle-check"), node("p", {}, text), node("button", { class: "icon-button", type: "button", "data-dismiss": "", "aria-label": words.close }, icon("x")));
  document.getElementById("toasts").append(made);
  if (tone === "success") setTimeout(() => made.remove(), 7000);
}

// --------------------------------------------------------------------------------------------------------------- draw
function draw(focus) {
  const keep = focus ?? document.activeElement?.dataset?.openBlock;
  part("cards").replaceChildren(cards(doc(), { kinds, words, problems: problems[locale], selected, act }));
  if (keep) part("cards").querySelector(`[data-open-block="${keep}"]`)?.focus({ preventScroll: false });
  part("undo").disabled = !history().canUndo;
  part("redo").disabled = !history().canRedo;
  for (const tab of root.querySelectorAll(".segmented [data-locale]")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.locale === locale));
    const one = docs[tab.dataset.locale];
    tab.querySelector("[data-missing]").hidden = one.blocks.length > 0 && one.subject !== "";
  }
  const other = Object.keys(docs).find((one) => one !== locale);
  part("copy").hidden = docs[other].blocks.length === 0;
  part("copy-note").hidden = doc().blocks.length > 0 || docs[other].blocks.length === 0;
  for (const name of ["subject", "preheader"]) {
    const input = part(name);
    if (input.value !== doc()[name]) input.value = doc()[name];
    const wrong = problems[locale].filter((problem) => problem.block === name).map((problem) => problem.message).join(" ");
    part(`${name}-problem`).textContent = wrong;
    part(`${name}-problem`).hidden = !wrong;
  }
  part("subject-count").textContent = String(doc().subject.replace(/\{[{%].*?[}%]\}/g, "").length);
}

function panel() {
  const found = selected && find(doc().blocks, selected);
  const holder = part("panel");
  root.toggleAttribute("data-panel-open", Boolean(found) || target !== "");
  if (!found) {
    const place = listOf(doc().blocks, target)?.place ?? "body";
    holder.replaceChildren(node("div", { class: "panel-head" }, node("h2", {}, words.add_block), closer()), palette({ kinds, groups: data.groups, words, act, place }));
    return;
  }
  const { block } = found;
  const kind = kinds.get(block.kind);
  const wrong = problems[locale].filter((problem) => problem.block === block.id);
  const fields = kind.fields.map((spec) => field(spec, block.values[spec.key], (value, picked) => {
    block.values[spec.key] = value;
    if (picked && kind.fields.some((one) => one.key === "alt") && !block.values.alt) { block.values.alt = picked.alt?.[locale] ?? ""; panel(); }
    changed(`${block.id}.${spec.key}`);
  }, { words, variables: data.variables, operators: data.operators, products: data.products, pick, problem: wrong.find((problem) => problem.field === spec.key)?.message }));
  holder.replaceChildren(node("div", { class: "panel-head" }, node("h2", {}, icon(kind.icon), kind.title), closer()),
    kind.about ? node("p", { class: "field-help mb-4" }, kind.about) : "", fields.length ? node("div", { class: "fields" }, ...fields) : node("p", { class: "text-muted" }, words.nothing_to_set));
}
const closer = () => node("button", { type: "button", class: "icon-button panel-close", "aria-label": words.close, onclick: () => { const was = selected; selected = null; target = ""; draw(was); panel(); } }, icon("x"));

// ---------------------------------------------------------------------------------------------------------------- act
function changed(what = "", focus) {
  history().note(content(doc()), what);
  draw(focus);
  save();
}

function act(what, value) {
  const found = find(doc().blocks, value);
  if (what === "select") { selected = value; target = ""; draw(value); panel(); return; }
  if (what === "palette") { selected = null; target = value; draw(); panel(); part("panel").querySelector(".palette-item:not(:disabled)")?.focus(); return; }
  if (what === "add") { add(fresh(kinds.get(value)), target, Infinity); return; }
  if (!found) return;
  if (what === "up" || what === "down") { move(found, what === "up" ? -1 : 1); return; }
  if (what === "duplicate") { found.list.splice(found.at + 1, 0, duplicate(found.block)); say(fill(words.said_duplicated, { block: titleOf(found.block) })); changed("", found.list[found.at + 1].id); return; }
  if (what === "remove") {
    found.list.splice(found.at, 1);
    if (selected && !find(doc().blocks, selected)) selected = null;
    say(fill(words.said_removed, { block: titleOf(found.block) }));
    const next = found.list[found.at] ?? found.list[found.at - 1];
    changed("", next?.id);
    panel();
  }
}

function add(block, name, index) {
  const into = listOf(doc().blocks, name);
  if (!into || !fits(block, into.place, kinds)) { toast(words.does_not_fit, "error"); return; }
  const kind = kinds.get(block.kind);
  let there = false;
  walk(doc().blocks, (one) => { there ||= one.kind === block.kind; });
  if (kind.once && there) { toast(words.once_only, "error"); return; }
  into.list.splice(Math.min(index, into.list.length), 0, block);
  selected = block.id;
  target = "";
  say(fill(words.said_added, { block: titleOf(block) }));
  changed("", block.id);
  panel();
}

/** One place up or down; at the end of a list out of its holder, or into the one beside it. */
function move(found, by) {
  const { list, at, block, holder } = found;
  const next = at + by;
  if (next >= 0 && next < list.length) {
    list.splice(at, 1);
    list.splice(next, 0, block);
    say(fill(words.said_moved, { block: titleOf(block), at: next + 1, of: list.length }));
  } else if (holder) {
    const outer = find(doc().blocks, holder.id);
    if (!fits(block, outer.place, kinds)) return;
    list.splice(at, 1);
    outer.list.splice(by < 0 ? outer.at : outer.at + 1, 0, block);
    say(fill(words.said_out, { block: titleOf(block), holder: titleOf(holder) }));
  } else {
    say(by < 0 ? words.said_first : words.said_last);
    return;
  }
  changed("", block.id);
}

/** Into a slot of the holder above (right), or out of the one it is in (left). */
function indent(found, inwards) {
  const { list, at, block, holder } = found;
  if (inwards) {
    const above = list[at - 1];
    const into = above && kinds.get(above.kind).slots.length ? above.slots.findIndex((_slot, slot) => { const place = listOf(doc().blocks, `${above.id}:${slot}`)?.place; return place && fits(block, place, kinds); }) : -1;
    if (into < 0) { say(words.said_nothing_to_enter); return; }
    list.splice(at, 1);
    above.slots[into].push(block);
    say(fill(words.said_into, { block: titleOf(block), holder: titleOf(above) }));
  } else {
    if (!holder) { say(words.said_not_inside); return; }
    const outer = find(doc().blocks, holder.id);
    if (!fits(block, outer.place, kinds)) return;
    list.splice(at, 1);
    outer.list.splice(outer.at + 1, 0, block);
    say(fill(words.said_out, { block: titleOf(block), holder: titleOf(holder) }));
  }
  changed("", block.id);
}

root.addEventListener("keydown", (event) => {
  const id = event.target.dataset?.openBlock;
  const found = id && find(doc().blocks, id);
  const command = event.ctrlKey || event.metaKey;
  const typing = event.target.closest("input, textarea, select");
  if (command && event.key.toLowerCase() === "z" && !typing) { event.preventDefault(); travel(event.shiftKey ? 1 : -1); return; }
  if (command && event.key.toLowerCase() === "y" && !typing) { event.preventDefault(); travel(1); return; }
  if (!found) return;
  const opens = [...part("cards").querySelectorAll("[data-open-block]")];
  const here = opens.indexOf(event.target);
  if (event.altKey && event.key.startsWith("Arrow")) {
    event.preventDefault();
    if (event.key === "ArrowUp" || event.key === "ArrowDown") move(found, event.key === "ArrowUp" ? -1 : 1);
    else indent(found, event.key === "ArrowRight");
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    opens[here + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  } else if (event.key === "Delete") { event.preventDefault(); act("remove", id); } else if (command && event.key.toLowerCase() === "d") { event.preventDefault(); act("duplicate", id); }
});

function travel(by) {
  const state = history().step(by);
  if (!state) return;
  Object.assign(doc(), state);
  if (selected && !find(doc().blocks, selected)) selected = null;
  say(by < 0 ? words.said_undone : words.said_redone);
  draw();
  panel();
  save();
}

dragging(root, {
  source: (grip) => (grip.dataset.kind ? { kind: grip.dataset.kind } : { id: grip.closest("[data-block]").dataset.block }),
  accepts: (what, name) => {
    const into = listOf(doc().blocks, name);
    const block = what.kind ? fresh(kinds.get(what.kind)) : find(doc().blocks, what.id)?.block;
    return Boolean(into && block && fits(block, into.place, kinds) && !(what.id && name.startsWith(`${what.id}:`)) && !(what.id && name && holds(block, name.split(":")[0])));
  },
  drop: (what, name, index) => {
    if (what.kind) { add(fresh(kinds.get(what.kind)), name, index); return; }
    const found = find(doc().blocks, what.id);
    found.list.splice(found.at, 1);
    const into = listOf(doc().blocks, name);
    into.list.splice(index, 0, found.block);
    say(fill(words.said_moved, { block: titleOf(found.block), at: index + 1, of: into.list.length }));
    changed("", found.block.id);
  },
});

// --------------------------------------------------------------------------------------------------------------- save
const token = () => JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
const unsaved = new Set();
let timer = 0;
let saving = null;
let isStuck = false;
function save() {
  unsaved.add(locale);
  state("pending");
  clearTimeout(timer);
  timer = setTimeout(flush, 700);
}
const state = (name, text) => { part("state").dataset.state = name; part("state-text").textContent = text ?? words[`state_${name}`]; };

async function flush() {
  clearTimeout(timer);
  if (saving) { await saving; }
  if (isStuck) return false;
  saving = (async () => {
    for (const one of [...unsaved]) {
      unsaved.delete(one);
      const sent = docs[one];
      state("saving");
      let answer;
      try {
        answer = await fetch(data.where.save, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": token() }, body: JSON.stringify({ ...content(sent), locale: one, revision: sent.revision, name: part("name").value }) });
      } catch {
        unsaved.add(one);
        state("offline");
        timer = setTimeout(flush, 5000);
        return false;
      }
      const said = await answer.json().catch(() => ({ error: words.state_failed }));
      if (!answer.ok) { isStuck = said.code === "changed"; state("failed", said.error); return false; }
      sent.revision = said.revision;
      sent.published = false;
      problems[one] = said.problems;
    }
    if (!unsaved.size) state("saved");
    draw();
    refresh();
    return true;
  })();
  const done = await saving;
  saving = null;
  return done && unsaved.size ? flush() : done;
}
addEventListener("beforeunload", (event) => { if (unsaved.size) event.preventDefault(); });

// ------------------------------------------------------------------------------------------------------------ preview
let shownFrame = part("frame");
function address() {
  const query = new URLSearchParams({ locale, theme, customer: part("customer").value, r: doc().revision });
  return `${data.where.preview}?${query}`;
}
function refresh() {
  const next = shownFrame.cloneNode(false);
  const scroll = shownFrame.contentWindow?.scrollY ?? 0;
  next.classList.add("is-loading");
  next.src = address();
  next.addEventListener("load", () => {
    next.contentWindow.scrollTo(0, scroll);
    next.classList.remove("is-loading");
    shownFrame.remove();
    shownFrame = next;
    next.contentDocument?.addEventListener("click", chosen);
    const inbox = next.contentDocument?.documentElement.dataset ?? {};
    part("inbox-subject").textContent = inbox.subject || words.no_subject;
    part("inbox-preheader").textContent = inbox.preheader ?? "";
  }, { once: true });
  part("stage").append(next);
  check();
}
/** A click in the preview opens the block that was clicked; links lead nowhere. */
function chosen(event) {
  event.preventDefault();
  const of = event.target.closest?.('[class*="rg-of-"]');
  const id = of && /rg-of-([a-z0-9]+)/.exec(of.className)?.[1];
  if (id && find(doc().blocks, id)) act("select", id);
}
new ResizeObserver(([{ contentRect }]) => part("stage").style.setProperty("--fit", Math.min(1, contentRect.width / 660).toFixed(4))).observe(part("stage"));
let checkTimer = 0;
function check() {
  clearTimeout(checkTimer);
  checkTimer = setTimeout(async () => {
    const answer = await fetch(data.where.checks);
    if (!answer.ok) return;
    const made = new DOMParser().parseFromString(await answer.text(), "text/html");
    part("findings").replaceChildren(...made.body.childNodes);
    const grave = part("findings").querySelectorAll("[data-severity=error]").length;
    const light = part("findings").querySelectorAll("[data-severity=warning]").length;
    part("findings-count").textContent = grave || light ? String(grave + light) : "";
    part("findings-count").dataset.tone = grave ? "error" : light ? "warning" : "";
  }, 400);
}
/** Asks all links whether they answer; only when somebody wants it, since it calls other servers. */
part("ask-links").addEventListener("click", async () => {
  const button = part("ask-links");
  if (!(await flush()) && unsaved.size) return;
  button.disabled = true;
  part("links").replaceChildren(node("p", { class: "findings-none text-muted" }, words.asking_links));
  const answer = await fetch(data.where.links, { method: "POST", headers: { "X-CSRFToken": token() } }).catch(() => null);
  button.disabled = false;
  const said = answer?.ok ? await answer.text() : "";
  part("links").replaceChildren(...new DOMParser().parseFromString(said, "text/html").body.childNodes);
  if (!said) toast(words.links_failed, "error");
});
part("findings").addEventListener("click", (event) => {
  const one = event.target.closest("[data-finding]");
  if (!one) return;
  if (one.dataset.locale && one.dataset.locale !== locale) speak(one.dataset.locale);
  if (find(doc().blocks, one.dataset.finding)) act("select", one.dataset.finding);
  else part(one.dataset.finding)?.focus();
});

function speak(next) {
  locale = next;
  selected = null;
  target = "";
  draw();
  panel();
  refresh();
}

for (const button of root.querySelectorAll(".segmented [data-locale]")) button.addEventListener("click", () => speak(button.dataset.locale));
for (const button of root.querySelectorAll("[data-width], [data-theme-of]")) {
  button.addEventListener("click", () => {
    if (button.dataset.width) { width = button.dataset.width; part("stage").dataset.as = width; } else { theme = theme === "dark" ? "light" : "dark"; part("stage").dataset.shade = theme; refresh(); }
    for (const one of root.querySelectorAll("[data-width]")) one.setAttribute("aria-pressed", String(one.dataset.width === width));
    root.querySelector("[data-theme-of]").setAttribute("aria-pressed", String(theme === "dark"));
  });
}
for (const tab of root.querySelectorAll("[data-show]")) {
  tab.addEventListener("click", () => {
    root.dataset.view = tab.dataset.show;
    for (const one of root.querySelectorAll("[data-show]")) one.setAttribute("aria-pressed", String(one === tab));
  });
}
for (const name of ["subject", "preheader"]) part(name).addEventListener("input", () => { doc()[name] = part(name).value; changed(name); });
part("name").addEventListener("change", save);
part("customer").addEventListener("change", refresh);
part("undo").addEventListener("click", () => travel(-1));
part("redo").addEventListener("click", () => travel(1));
for (const button of root.querySelectorAll("[data-copy-language]")) {
  button.addEventListener("click", () => {
    const other = Object.keys(docs).find((one) => one !== locale);
    Object.assign(doc(), content(docs[other]));
    selected = null;
    say(words.said_copied);
    changed();
    panel();
  });
}
part("find-person").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch(`${data.people}?q=${encodeURIComponent(part("person").value)}`);
  if (!answer.ok) return;
  const { found } = await answer.json();
  for (const old of part("customer").querySelectorAll("option:not([value=''])")) old.remove();
  for (const one of found) part("customer").append(node("option", { value: one.id }, `${one.title} · ${one.note}`));
  say(fill(words.said_found, { count: found.length }));
  if (found.length) { part("customer").value = found[0].id; refresh(); }
});

async function post(where) {
  if (!(await flush()) && unsaved.size) return null;
  const answer = await fetch(where, { method: "POST", headers: { "X-CSRFToken": token() } });
  const said = await answer.json().catch(() => ({ error: words.state_failed }));
  if (!answer.ok) toast(said.error, "error");
  return answer.ok ? said : null;
}
part("try").addEventListener("click", async () => {
  const said = await post(`${data.where.try}?${new URLSearchParams({ locale, customer: part("customer").value })}`);
  if (said) toast(said.said, "success");
});
part("publish").addEventListener("click", async () => {
  part("publish").disabled = true;
  const said = await post(data.where.publish);
  part("publish").disabled = false;
  if (said) location.assign(said.next);
  else check();
});

// ------------------------------------------------------------------------------------------------------------- images
const dialog = document.getElementById("image-picker");
const shelf = dialog.querySelector("[data-part=shelf]");
let picked = null;
async function pick(done) {
  picked = done;
  dialog.showModal();
  const answer = await fetch(data.images);
  const { found } = await answer.json();
  shelf.replaceChildren(...found.map((one) => node("button", { type: "button", class: "shelf-item", onclick: () => take(one) }, node("img", { src: `/m/${one.file}`, alt: one.alt?.[locale] ?? "", loading: "lazy" }), node("span", {}, one.name))));
  if (!found.length) shelf.replaceChildren(node("p", { class: "text-muted" }, words.no_images));
}
function take(one) { dialog.close(); picked?.(one); }
dialog.querySelector("input[type=file]").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  const body = new FormData();
  body.append("image", file);
  const wrong = dialog.querySelector("[data-part=wrong]");
  wrong.hidden = true;
  const answer = await fetch(data.images, { method: "POST", headers: { "X-CSRFToken": token() }, body });
  const said = await answer.json().catch(() => ({ error: words.state_failed }));
  event.target.value = "";
  if (answer.ok) take(said.picked);
  else { wrong.hidden = false; wrong.textContent = said.error; }
});

state(doc().published || !doc().revision ? "ready" : "saved");
draw();
panel();
refresh();
root.dataset.ready = "";
