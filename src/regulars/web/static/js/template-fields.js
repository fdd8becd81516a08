// The fields of the side panel: one small function for each kind of field, made of DOM nodes (nothing is parsed as HTML).
import { newId } from "./template-tree.js";

export function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function icon(name) {
  return document.querySelector(`[data-icon="${name}"] svg`).cloneNode(true);
}

/** A field with its label; `change(value, what)` is called as people type. */
export function field(spec, value, change, context) {
  const id = `f-${newId()}`;
  const draw = DRAW[spec.kind] ?? DRAW.line;
  const { input, extra, before } = draw(spec, value, change, { ...context, id });
  if (spec.kind === "flag") {
    return node("div", { class: "field" }, node("div", { class: "field-row" }, input, node("label", { class: "text-sm", for: id }, spec.label)), help(spec, id));
  }
  const label = node("label", { class: "field-label", for: id }, spec.label, spec.required || ["choice", "number", "condition"].includes(spec.kind) ? null : node("span", { class: "field-optional" }, context.words.optional));
  const problem = context.problem ? node("p", { class: "field-error", id: `${id}-e` }, icon("circle-alert"), node("span", {}, context.problem)) : null;
  if (problem) input.setAttribute("aria-invalid", "true");
  const told = [spec.help ? `${id}-h` : "", problem ? `${id}-e` : ""].filter(Boolean).join(" ");
  if (told) input.setAttribute("aria-describedby", told);
  return node("div", { class: "field" }, label, before ?? null, input, extra ?? null, help(spec, id), problem);
}

const help = (spec, id) => (spec.help ? node("p", { class: "field-help", id: `${id}-h` }, spec.help) : null);

function typed(input, change) {
  input.addEventListener("input", () => change(input.value));
  return input;
}

function insert(input, text) {
  input.focus();
  input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
  input.dispatchEvent(new Event("input"));
}

function wrap(input, left, right, sample) {
  const { selectionStart: from, selectionEnd: to } = input;
  const chosen = input.value.slice(from, to) || sample;
  input.focus();
  input.setRangeText(left + chosen + right, from, to, "end");
  input.setSelectionRange(from + left.length, from + left.length + chosen.length);
  input.dispatchEvent(new Event("input"));
}

/** A chooser of variables that writes its placeholder into `input`. */
function variables(input, { variables: known, words }) {
  const chooser = node("select", { class: "control control-sm variable-chooser", "aria-label": words.insert_variable });
  chooser.append(node("option", { value: "" }, `{ } ${words.variable}`));
  for (const [name, told] of known) chooser.append(node("option", { value: name }, `${name} · ${told}`));
  chooser.addEventListener("change", () => {
    if (chooser.value) insert(input, `{{ ${chooser.value} }}`);
    chooser.value = "";
  });
  return chooser;
}

function searched(spec, value, change, { id, words, address, problem }) {
  const list = node("ul", { class: "search-list", role: "listbox", id: `${id}-l` });
  const input = node("input", { class: "control", id, type: "search", role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": `${id}-l`, placeholder: words.search_product, value: value || "" });
  let timer = 0;
  let asked = 0;
  function choose(one) { input.value = one.id; list.replaceChildren(); input.setAttribute("aria-expanded", "false"); change(one.id); input.focus(); }
  async function look() {
    asked += 1;
    const mine = asked;
    const answer = await fetch(`${address}?q=${encodeURIComponent(input.value)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || mine !== asked) return;
    const { found } = await answer.json();
    list.replaceChildren(...found.map((one) => node("li", { role: "option", tabindex: "-1", onclick: () => choose(one), onkeydown: (event) => keys(event, one) }, node("span", {}, one.title), node("small", { class: "text-muted" }, one.note))));
    input.setAttribute("aria-expanded", String(found.length > 0));
  }
  function keys(event, one) {
    const here = event.currentTarget;
    if (event.key === "Enter") choose(one);
    else if (event.key === "ArrowDown") here.nextElementSibling?.focus();
    else if (event.key === "ArrowUp") (here.previousElementSibling ?? input).focus();
    else if (event.key === "Escape") { list.replaceChildren(); input.focus(); }
    else return;
    event.preventDefault();
  }
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 200); });
  input.addEventListener("focus", () => { if (!list.children.length) look(); });
  input.addEventListener("keydown", (event) => { if (event.key === "ArrowDown") { list.firstElementChild?.focus(); event.preventDefault(); } });
  return { input, extra: list };
}

const DRAW = {
  line: (spec, value, change, context) => {
    const input = typed(node("input", { class: "control", id: context.id, value: value ?? "", type: "text" }), change);
    return { input, extra: node("div", { class: "field-tools" }, variables(input, context)) };
  },
  address: (spec, value, change, context) => {
    const input = typed(node("input", { class: "control", id: context.id, value: value ?? "", type: "text", inputmode: "url", placeholder: "https://" }), change);
    return { input, extra: node("div", { class: "field-tools" }, variables(input, context)) };
  },
  words: (spec, value, change, context) => {
    const input = typed(node("textarea", { class: "control", id: context.id, rows: "7" }), change);
    input.value = value ?? "";
    const tool = (name, told, act) => node("button", { type: "button", class: "icon-button", "aria-label": told, title: told, onclick: act }, icon(name));
    const tools = node("div", { class: "field-tools" },
      tool("bold", context.words.bold, () => wrap(input, "**", "**", context.words.text)),
      tool("italic", context.words.italic, () => wrap(input, "*", "*", context.words.text)),
      tool("link", context.words.link, () => wrap(input, "[", "](https://)", context.words.text)),
      tool("list", context.words.list, () => insert(input, "\n- ")),
      variables(input, context));
    return { input, before: tools };
  },
  code: (spec, value, change, { id }) => {
    const input = typed(node("textarea", { class: "control mono", id, rows: "16", spellcheck: "false" }), change);
    input.value = value ?? "";
    return { input };
  },
  choice: (spec, value, change, { id }) => {
    const input = node("select", { class: "control", id });
    for (const [key, label] of spec.choices) input.append(node("option", { value: key, selected: key === value }, label));
    input.addEventListener("change", () => change(input.value));
    return { input };
  },
  flag: (spec, value, change, { id }) => {
    const input = node("input", { type: "checkbox", class: "check", id, checked: value === true });
    input.addEventListener("change", () => change(input.checked));
    return { input };
  },
  number: (spec, value, change, { id }) => {
    const input = node("input", { class: "control", type: "number", id, value, min: spec.minimum, max: spec.maximum });
    input.addEventListener("input", () => { const read = Number.parseInt(input.value, 10); if (!Number.isNaN(read)) change(read); });
    return { input };
  },
  picture: (spec, value, change, { id, words, pick }) => {
    const shown = node("span", { class: "picture-shown" });
    const draw = (file) => shown.replaceChildren(file ? node("img", { src: `/m/${file}`, alt: "" }) : icon("image-plus"));
    draw(value);
    const input = node("button", { type: "button", class: "picture-choose", id }, shown, node("span", {}, value ? words.other_image : words.choose_image));
    input.addEventListener("click", () => pick((one) => { draw(one.file); change(one.file, one); }));
    const away = node("button", { type: "button", class: "btn btn-ghost btn-xs", onclick: () => { draw(""); change(""); } }, words.no_image);
    return { input, extra: spec.required ? null : away };
  },
  product: (spec, value, change, context) => searched(spec, value, change, { ...context, address: context.products }),
  condition: (spec, value, change, { id, words, variables: known, operators }) => {
    const state = { name: "", is: "known", value: "", ...(value ?? {}) };
    const tell = () => change({ ...state });
    const name = node("select", { class: "control", id });
    name.append(node("option", { value: "" }, words.choose));
    const groups = new Map();
    for (const [key, told] of known) {
      const group = key.split(".")[0];
      if (!groups.has(group)) { groups.set(group, node("optgroup", { label: group })); name.append(groups.get(group)); }
      groups.get(group).append(node("option", { value: key, selected: key === state.name }, told));
    }
    const sign = node("select", { class: "control", "aria-label": words.comparison });
    for (const [key, told] of operators) sign.append(node("option", { value: key, selected: key === state.is }, told));
    const than = node("input", { class: "control", type: "text", value: state.value, "aria-label": words.value });
    const fit = () => { than.hidden = state.is === "known" || state.is === "unknown"; };
    name.addEventListener("change", () => { state.name = name.value; tell(); });
    sign.addEventListener("change", () => { state.is = sign.value; fit(); tell(); });
    than.addEventListener("input", () => { state.value = than.value; tell(); });
    fit();
    return { input: name, extra: node("div", { class: "grid gap-2" }, sign, than) };
  },
};
