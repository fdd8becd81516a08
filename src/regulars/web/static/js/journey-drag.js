// Dragging a step by mouse, pen and finger onto a plus. Steps carry data-step, places data-place.
export function dragging(root, drop) {
  let held = null;

  function under(x, y) {
    const place = document.elementFromPoint(x, y)?.closest("[data-place]");
    if (place && root.contains(place) && !held.step.contains(place)) return place;
    // Near a plus is as good as on it.
    let best = null;
    for (const one of root.querySelectorAll("[data-place]")) {
      if (held.step.contains(one)) continue;
      const box = one.getBoundingClientRect();
      const near = Math.hypot(x - (box.left + box.width / 2), y - (box.top + box.height / 2));
      if (near < 60 && (!best || near < best.near)) best = { one, near };
    }
    return best?.one ?? null;
  }

  function mark(place) {
    if (held.place === place) return;
    held.place?.removeAttribute("data-over");
    place?.setAttribute("data-over", "");
    held.place = place;
  }

  root.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip || event.button !== 0) return;
    held = { step: grip.closest("[data-step]"), grip, x: event.clientX, y: event.clientY, moving: false, place: null };
    grip.setPointerCapture(event.pointerId);
  });

  root.addEventListener("pointermove", (event) => {
    if (!held) return;
    if (!held.moving) {
      if (Math.hypot(event.clientX - held.x, event.clientY - held.y) < 6) return;
      held.moving = true;
      held.ghost = held.grip.closest(".flow-card").cloneNode(true);
      held.ghost.classList.add("flow-ghost");
      held.ghost.setAttribute("aria-hidden", "true");
      document.body.append(held.ghost);
      held.step.classList.add("flow-lifted");
      document.documentElement.classList.add("is-dragging");
    }
    event.preventDefault();
    // Set through the object model, which the content security policy allows.
    held.ghost.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 12}px)`;
    mark(under(event.clientX, event.clientY));
    if (event.clientY < 90) window.scrollBy(0, -12);
    else if (event.clientY > window.innerHeight - 90) window.scrollBy(0, 12);
  });

  function end(keep) {
    if (!held) return;
    const was = held;
    was.place?.removeAttribute("data-over");
    held = null;
    was.ghost?.remove();
    was.step.classList.remove("flow-lifted");
    document.documentElement.classList.remove("is-dragging");
    if (keep && was.moving && was.place) drop(was.step.dataset.step, was.place.dataset.place);
  }
  root.addEventListener("pointerup", () => end(true));
  root.addEventListener("pointercancel", () => end(false));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && held?.moving) end(false); });
}
