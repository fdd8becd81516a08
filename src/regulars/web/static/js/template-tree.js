// The tree of blocks as data: find, move, add, remove, and a history of states. Knows nothing of the page.
export const copyOf = (value) => JSON.parse(JSON.stringify(value));
export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(5)), (one) => one.toString(36).padStart(2, "0")).join("").slice(0, 10);

/** Where a block is: its list, its index, the place it stands in ("body" or "column"), the block that holds the list. */
export function find(blocks, id, place = "body", holder = null) {
  for (let at = 0; at < blocks.length; at += 1) {
    const block = blocks[at];
    if (block.id === id) return { list: blocks, at, block, place, holder };
    for (const slot of block.slots) {
      const found = find(slot, id, block.kind === "columns" ? "column" : place, block);
      if (found) return found;
    }
  }
  return null;
}

export function walk(blocks, visit) {
  for (const block of blocks) {
    visit(block);
    for (const slot of block.slots) walk(slot, visit);
  }
}

export const holds = (block, id) => block.slots.some((slot) => find(slot, id));

/** The list that a drop target names: "" the whole, "ID:2" the third slot of that block. */
export function listOf(blocks, name) {
  if (!name) return { list: blocks, place: "body" };
  const [id, slot] = name.split(":");
  const found = find(blocks, id);
  if (!found) return null;
  return { list: found.block.slots[Number(slot)], place: found.block.kind === "columns" ? "column" : found.place };
}

export function fresh(kind) {
  return {
    id: newId(),
    kind: kind.key,
    values: Object.fromEntries(kind.fields.map((field) => [field.key, copyOf(field.default ?? (field.kind === "condition" ? {} : ""))])),
    slots: kind.slots.map(() => []),
  };
}

export function duplicate(block) {
  const made = copyOf(block);
  walk([made], (one) => { one.id = newId(); });
  return made;
}

/** What may stand in a place: the kind itself and all that it holds. */
export function fits(block, place, kinds) {
  if (!kinds.get(block.kind).places.includes(place)) return false;
  const inside = block.kind === "columns" ? "column" : place;
  return block.slots.every((slot) => slot.every((one) => fits(one, inside, kinds)));
}

/** Undo and redo over whole states. What is typed in one field within a second is one step. */
export class History {
  constructor(state) { this.states = [copyOf(state)]; this.at = 0; this.last = { what: "", when: 0 }; }
  note(state, what = "") {
    const now = Date.now();
    const goesOn = what !== "" && what === this.last.what && now - this.last.when < 1000 && this.at > 0;
    this.states.length = this.at + 1;
    if (goesOn) this.states[this.at] = copyOf(state);
    else { this.states.push(copyOf(state)); this.at += 1; }
    if (this.states.length > 120) { this.states.shift(); this.at -= 1; }
    this.last = { what, when: now };
  }
  step(by) {
    if (!this.states[this.at + by]) return null;
    this.at += by;
    this.last = { what: "", when: 0 };
    return copyOf(this.states[this.at]);
  }
  get canUndo() { return this.at > 0; }
  get canRedo() { return this.at < this.states.length - 1; }
}
