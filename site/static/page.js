// What a keyboard and a screen reader need and the theme does not give. Nothing on a page depends on it to be read.
(() => {
  "use strict";

  /** Parts that scroll sideways can be reached, and so scrolled, with the keyboard. */
  function reachScrolling() {
    const mark = (part) => {
      if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    };
    const parts = [...document.querySelectorAll("article pre, article div.math, article .table-wrapper")];
    const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => mark(target)));
    parts.forEach((part) => observer.observe(part));
    // Parts that are not laid out yet are observed by nobody, and wider letters need no wider box: these wait for a
    // quiet moment, on a device that has none two seconds.
    const whenQuiet = window.requestIdleCallback ?? setTimeout;
    const markAll = () => parts.forEach((part) => whenQuiet(() => mark(part), { timeout: 2000 }));
    document.fonts.addEventListener("loadingdone", markAll);
    addEventListener("resize", markAll);
    markAll();
  }

  /** The side bars open by a button, where the theme has a label that no keyboard reaches. Escape closes them. */
  function buttonsForSideBars() {
    for (const [id, name] of [
      ["__navigation", "Chapters"],
      ["__toc", "On this page"],
    ]) {
      const box = document.getElementById(id);
      for (const label of document.querySelectorAll(`label[for="${id}"]:not(.overlay)`)) {
        const button = document.createElement("button");
        Object.assign(button, { type: "button", className: label.className, ariaLabel: name });
        button.append(...label.childNodes);
        button.addEventListener("click", () => box.click());
        label.replaceWith(button);
      }
      addEventListener("keydown", (event) => {
        if (event.key === "Escape") box.checked = false;
      });
    }
  }

  /** From a folder, without a server, the search cannot read the pages that it found: it shows their titles alone. */
  function searchWithoutServer() {
    if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  function start() {
    buttonsForSideBars();
    reachScrolling();
  }

  searchWithoutServer();
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
