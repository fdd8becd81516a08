// The little the shell needs: menus that close, dialogs, toasts, the search key. Everything else is plain HTML.
const openPops = () => document.querySelectorAll("details[data-pop][open]");

document.addEventListener("click", (event) => {
  for (const pop of openPops()) if (!pop.contains(event.target)) pop.open = false;
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open)?.showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target.closest("[data-dismiss]")) event.target.closest("[data-toast]")?.remove();
  if (event.target instanceof HTMLDialogElement) event.target.close(); // a click on the backdrop
  const copier = event.target.closest("[data-copy]");
  if (copier) navigator.clipboard?.writeText(copier.dataset.copy);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const pop of openPops()) {
      pop.open = false;
      pop.querySelector("summary")?.focus();
    }
  }
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-hotkey='/']");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

// An explanation near the right edge opens to the left.
document.addEventListener(
  "toggle",
  (event) => {
    const panel = event.target.open && event.target.querySelector?.(".explain-panel");
    if (!panel) return;
    event.target.classList.remove("explain-right");
    event.target.classList.toggle("explain-right", panel.getBoundingClientRect().right > innerWidth - 8);
  },
  true,
);

// Only good news leaves by itself; warnings and errors stay until they are read.
for (const toast of document.querySelectorAll("[data-toast=success], [data-toast=info]")) setTimeout(() => toast.remove(), 7000);

// On a phone a line of tabs is longer than the screen: the present one is brought into sight.
for (const tab of document.querySelectorAll(".tabs-line [aria-current]")) {
  const line = tab.parentElement;
  line.scrollLeft = tab.offsetLeft - line.offsetLeft - (line.clientWidth - tab.offsetWidth) / 2;
}
