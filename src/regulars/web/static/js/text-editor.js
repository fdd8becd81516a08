// The editor of plain texts: a chosen variable is written where the cursor stands. Saving and preview are htmx.
for (const chooser of document.querySelectorAll("[data-insert-into]")) {
  const input = document.getElementById(chooser.dataset.insertInto);
  chooser.addEventListener("change", (event) => {
    event.stopPropagation();
    if (!chooser.value) return;
    input.focus();
    input.setRangeText(`{{ ${chooser.value} }}`, input.selectionStart, input.selectionEnd, "end");
    chooser.value = "";
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
