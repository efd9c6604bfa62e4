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

  /** A figure that a narrow page shows smaller than it is can be seen in full: by a tap, or with the keyboard. */
  function enlargeFigures() {
    const full = (figure) => Number.parseFloat(figure.style.maxWidth);
    const mark = (figure) => {
      const isSmall = figure.clientWidth > 0 && figure.clientWidth < 0.9 * full(figure);
      if (isSmall) Object.assign(figure, { tabIndex: 0, role: "button", ariaHasPopup: "dialog" });
      else for (const name of ["tabindex", "role", "aria-haspopup"]) figure.removeAttribute(name);
    };
    const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => mark(target)));
    for (const figure of document.querySelectorAll(".dl-figures > img")) {
      observer.observe(figure);
      figure.addEventListener("click", () => figure.role && showInFull(figure, full(figure)));
      figure.addEventListener("keydown", (event) => {
        if (!figure.role || ![" ", "Enter"].includes(event.key)) return;
        event.preventDefault(); // the space bar would turn the page
        showInFull(figure, full(figure));
      });
    }
  }

  function showInFull(figure, width) {
    const [dialog, close, picture] = ["dialog", "button", "img"].map((tag) => document.createElement(tag));
    Object.assign(dialog, { className: "dl-full", ariaLabel: "The figure in full" });
    Object.assign(close, { type: "button", textContent: "Close" });
    Object.assign(picture, { src: figure.src, alt: figure.alt });
    picture.style.width = `${width}px`;
    dialog.append(close, picture);
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  /** Cells and widgets above the place that a link led to take their room late: go there again, as long as nothing
   * says that the reader moved on. A scroll bar says nothing, so it ends after three seconds. */
  function stayWhereLinksLead() {
    const [{ type }] = performance.getEntriesByType("navigation");
    let ledTo = type === "navigate" ? location.hash : ""; // else the browser knows the place
    let timer = 0;
    const moveOn = () => (ledTo = "");
    const lead = (hash) => {
      ledTo = hash;
      clearTimeout(timer);
      timer = setTimeout(moveOn, 3000);
    };
    for (const name of ["wheel", "touchstart", "keydown", "pointerdown"])
      addEventListener(name, moveOn, { passive: true });
    addEventListener("load", () => lead(ledTo));
    addEventListener("click", ({ target }) => {
      const link = target.closest('a[href^="#"]');
      if (link) lead(link.hash);
    });
    const goThere = () => {
      if (!ledTo || ledTo !== location.hash) return; // a link that opened a window led nowhere here
      document.getElementById(decodeURIComponent(ledTo.slice(1)))?.scrollIntoView();
    };
    new ResizeObserver(goThere).observe(document.querySelector("article"));
  }

  /** From a folder, without a server, the search cannot read the pages that it found: it shows their titles alone. */
  function searchWithoutServer() {
    if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  function start() {
    buttonsForSideBars();
    reachScrolling();
    enlargeFigures();
    stayWhereLinksLead();
  }

  searchWithoutServer();
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
