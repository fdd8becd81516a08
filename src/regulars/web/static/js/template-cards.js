// Cards of the blocks, and the palette: drawn anew from the state on each change, with focus kept where it was.
import { icon, node } from "./template-fields.js";

const PLAIN = /\{\{\s*([\w.]+)[^}]*\}\}/g;
const shown = (text) => String(text).replace(/\{%[^%]*%\}/g, "").replace(PLAIN, "‹$1›").replace(/[*]{1,2}|\[|\]\([^)]*\)/g, "").trim();

/** The line under a card's title: what is in the block, in the author's own words. */
function summary(block, kind, words) {
  const { values } = block;
  if (block.kind === "spacer") return `${values.height} px`;
  if (block.kind === "condition") return values.when?.name ? `${words.variables.get(values.when.name) ?? values.when.name} ${words.operators.get(values.when.is) ?? ""} ${values.when.value ?? ""}` : "";
  if (block.kind === "mjml") return values.source.trim().split("\n")[0].slice(0, 80);
  const told = kind.fields.filter((field) => ["line", "words", "product"].includes(field.kind)).map((field) => shown(values[field.key] ?? "")).find(Boolean);
  if (told) return told;
  const choice = kind.fields.find((field) => field.kind === "choice");
  return block.kind === "barcode" && choice ? choice.choices.find(([key]) => key === values[choice.key])?.[1] ?? "" : "";
}

function picture(block) {
  return block.values.picture ? node("img", { class: "block-thumb", src: `/m/${block.values.picture}`, alt: "", loading: "lazy" }) : null;
}

export function cards(state, context) {
  const { kinds, words, problems, act } = context;

  function card(block, list, at) {
    const kind = kinds.get(block.kind);
    const told = summary(block, kind, words);
    const wrong = problems.filter((problem) => problem.block === block.id);
    const place = words.position.replace("{at}", at + 1).replace("{of}", list.length);
    const button = (what, name, label, off) => node("button", { type: "button", class: "icon-button", "data-act": what, "data-for": block.id, "aria-label": `${label}: ${kind.title}`, title: label, disabled: off, onclick: () => act(what, block.id) }, icon(name));
    const open = node("button", { type: "button", class: "block-open", "data-open-block": block.id, "aria-current": context.selected === block.id ? "true" : null, "aria-describedby": "block-keys", onclick: () => act("select", block.id) },
      node("span", { class: "block-name" }, kind.title), node("span", { class: "sr-only" }, ` ${place} `),
      told ? node("span", { class: `block-told${block.kind === "heading" ? " block-told-big" : ""}${block.kind === "button" ? " block-told-button" : ""}` }, told) : null);
    const made = node("li", { class: "piece", "data-block": block.id, "data-selected": context.selected === block.id ? "" : null, "data-wrong": wrong.length ? "" : null },
      node("div", { class: "block-row" },
        node("span", { class: "block-grip", "data-grip": "", "aria-hidden": "true", title: words.drag }, icon("grip-vertical")),
        node("span", { class: "block-icon", "aria-hidden": "true" }, icon(kind.icon)),
        open, picture(block),
        node("span", { class: "block-acts" }, button("up", "arrow-up", words.up, at === 0), button("down", "arrow-down", words.down, at === list.length - 1), button("duplicate", "copy", words.duplicate, kind.once), button("remove", "trash-2", words.remove))),
      ...wrong.slice(0, 2).map((problem) => node("p", { class: "block-problem" }, icon("circle-alert"), node("span", {}, problem.message))));
    kind.slots.forEach((title, slot) => {
      if (block.kind === "columns" && slot >= (block.values.widths === "thirds" ? 3 : 2)) return;
      made.append(node("div", { class: "block-slot" }, node("p", { class: "block-slot-title" }, title), listOf(block.slots[slot], `${block.id}:${slot}`)));
    });
    return made;
  }

  function listOf(list, name) {
    const made = node("ol", { class: "block-list", "data-list": name }, ...list.map((block, at) => card(block, list, at)));
    made.append(node("li", { class: "block-add", "data-after": "" }, node("button", { type: "button", class: "block-add-button", "data-add": name, onclick: () => act("palette", name) }, icon("plus"), list.length || name ? words.add_here : words.add_first)));
    return made;
  }
  return listOf(state.blocks, "");
}

export function palette(context) {
  const { kinds, groups, words, act, place } = context;
  return node("div", { class: "palette" }, ...Object.entries(groups).map(([key, title]) => node("section", { "aria-label": title },
    node("h3", { class: "palette-title" }, title),
    node("div", { class: "palette-grid" }, ...[...kinds.values()].filter((kind) => kind.group === key).map((kind) => node("button", {
      type: "button", class: "palette-item", "data-grip": "", "data-kind": kind.key, title: kind.about || null, disabled: !kind.places.includes(place), onclick: () => act("add", kind.key),
    }, icon(kind.icon), node("span", {}, kind.title)))))), node("p", { class: "field-help" }, words.palette_help));
}
