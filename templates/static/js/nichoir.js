// What is nicer with JavaScript, and only that: every page works without this file.
(() => {
  "use strict";

  // Copy buttons are hidden until they can do their work.
  const showCopyButtons = (root) => {
    if (!navigator.clipboard) return;
    root.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
  };

  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    const word = button.querySelector("[data-copy-word]");
    if (!source || !word) return;
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    const before = word.textContent;
    word.textContent = word.dataset.done;
    setTimeout(() => { word.textContent = before; }, 2000);
  };

  // A list with [data-select] has row checkboxes, a [data-select-all] box and a [data-select-count] to fill.
  const recount = (list) => {
    const boxes = [...list.querySelectorAll("[data-select-row]")];
    const chosen = boxes.filter((box) => box.checked).length;
    const all = list.querySelector("[data-select-all]");
    if (all) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    list.querySelectorAll("[data-select-count]").forEach((place) => { place.textContent = chosen; });
  };

  // j and k walk through the rows of such a list, x chooses, Enter on the link opens: the review desk without a mouse.
  const walk = (list, key) => {
    const boxes = [...list.querySelectorAll("[data-select-row]")];
    if (boxes.length === 0) return;
    const here = boxes.indexOf(document.activeElement);
    if (key === "x") {
      if (here >= 0) boxes[here].click();
      return;
    }
    const next = key === "j" ? Math.min(here + 1, boxes.length - 1) : Math.max(here - 1, 0);
    boxes[next].focus();
    boxes[next].scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button).catch(() => document.getElementById(button.dataset.copy)?.select?.());
    const field = event.target.closest(".copyable-value");
    if (field) field.select();
  });

  document.addEventListener("change", (event) => {
    const list = event.target.closest("[data-select]");
    if (!list) return;
    if (event.target.matches("[data-select-all]")) {
      list.querySelectorAll("[data-select-row]").forEach((box) => { box.checked = event.target.checked; });
    }
    recount(list);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !["j", "k", "x"].includes(event.key)) return;
    if (event.target.matches("input:not([type=checkbox]), textarea, select")) return;
    // Only from within the list: a key of one letter must not act on a whole page (WCAG 2.1.4).
    const list = event.target.closest("[data-select]");
    if (!list) return;
    event.preventDefault();
    walk(list, event.key);
  });

  // The server makes a double click harmless; the page makes it visible that the first one counted.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return; // htmx sends this one.
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (form.method !== "post") return;
    form.dataset.sent = "yes";
    form.querySelectorAll("[type=submit]").forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("[type=submit]").forEach((button) => button.removeAttribute("aria-disabled"));
    });
  });

  const greet = (root) => {
    showCopyButtons(root);
    root.querySelectorAll("[data-select]").forEach(recount);
  };
  document.addEventListener("htmx:load", (event) => greet(event.detail.elt));
  greet(document);
})();
