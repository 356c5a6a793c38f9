// The review desk, on top of what nichoir.js does with lists: a range of rows by Shift, and o to open the row one is on.
// The list works without this file.
(() => {
  "use strict";

  let last = null;

  document.addEventListener("click", (event) => {
    const box = event.target.closest?.("[data-select-row]");
    if (!box) return;
    const list = box.closest("[data-select]");
    const boxes = [...list.querySelectorAll("[data-select-row]")];
    if (event.shiftKey && last && boxes.includes(last)) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      boxes.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
    }
    last = box;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "o" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!event.target.matches?.("[data-select-row]")) return;
    event.preventDefault();
    event.target.closest("tr")?.querySelector("[data-open]")?.click();
  });

  // Choosing all, and counting, need this script: without it both would stand there and do nothing.
  document.querySelectorAll("[data-select-all][hidden], [data-select-count][hidden]").forEach((part) => { part.hidden = false; });
})();
