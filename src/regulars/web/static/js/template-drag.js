// Dragging by mouse, pen and finger: the grip of a card, or an entry of the palette, onto a line between cards.
// Lists carry data-list, cards data-block; `drop(list, index)` is called once, when the pointer is let go over a list.
export function dragging(root, { accepts, drop, source }) {
  let held = null;

  const line = document.createElement("li");
  line.className = "block-line";
  line.setAttribute("aria-hidden", "true");

  function target(x, y) {
    const under = document.elementFromPoint(x, y)?.closest("[data-list]");
    if (!under || !root.contains(under) || held.card?.contains(under) || !accepts(held.what, under.dataset.list)) return null;
    const cards = [...under.children].filter((one) => one.dataset.block !== undefined && one !== held.card);
    const before = cards.findIndex((one) => { const box = one.getBoundingClientRect(); return y < box.top + box.height / 2; });
    return { list: under, index: before < 0 ? cards.length : before, before: before < 0 ? null : cards[before] };
  }

  function show(x, y) {
    const found = target(x, y);
    held.target = found;
    if (!found) { line.remove(); return; }
    found.list.insertBefore(line, found.before ?? found.list.querySelector(":scope > [data-after]"));
  }

  function scroll(y) {
    if (y < 90) window.scrollBy(0, -12);
    else if (y > window.innerHeight - 90) window.scrollBy(0, 12);
  }

  root.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip || event.button !== 0) return;
    held = { what: source(grip), card: grip.closest("[data-block]"), grip, x: event.clientX, y: event.clientY, moving: false, target: null };
    grip.setPointerCapture(event.pointerId);
  });

  root.addEventListener("pointermove", (event) => {
    if (!held) return;
    if (!held.moving) {
      if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < 6) return;
      held.moving = true;
      held.ghost = (held.card ?? held.grip).cloneNode(true);
      held.ghost.classList.add("block-ghost");
      held.ghost.removeAttribute("data-block");
      held.ghost.setAttribute("aria-hidden", "true");
      document.body.append(held.ghost);
      held.card?.classList.add("block-lifted");
      document.documentElement.classList.add("is-dragging");
    }
    event.preventDefault();
    // Set through the object model, which the content security policy allows.
    held.ghost.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 12}px)`;
    show(event.clientX, event.clientY);
    scroll(event.clientY);
  });

  function end(event, keep) {
    if (!held) return;
    const was = held;
    held = null;
    line.remove();
    was.ghost?.remove();
    was.card?.classList.remove("block-lifted");
    document.documentElement.classList.remove("is-dragging");
    if (was.moving) {
      // The click that follows a drag is not meant.
      const stop = (click) => { click.stopPropagation(); click.preventDefault(); };
      was.grip.addEventListener("click", stop, { capture: true, once: true });
      setTimeout(() => was.grip.removeEventListener("click", stop, { capture: true }), 0);
      if (keep && was.target) drop(was.what, was.target.list.dataset.list, was.target.index);
    }
  }
  root.addEventListener("pointerup", (event) => end(event, true));
  root.addEventListener("pointercancel", (event) => end(event, false));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && held?.moving) end(event, false); });
}
