// What the search shows of a page that it found: the sections that hold the words most often, each with a link to it
// and a piece of its text. Sphinx shows one piece of the whole page, reads each formula twice, and leads to the top.
(() => {
  "use strict";

  const SECTIONS = 3;
  const BEFORE = 60; // characters in front of the first word found
  const LENGTH = 200;
  const BLOCKS = "p, li, dt, dd, th, td, pre, summary";
  const UNREAD = "script, style, button, h1, h2, h3, .headerlink, .katex-mathml, .course-actions";

  /** A section's title, and its own text in one line: prose, then code; without that of the sections in it. */
  function read(section) {
    const own = section.cloneNode(true);
    const title = own.querySelector("h1, h2, h3")?.firstChild?.textContent ?? "";
    for (const part of own.querySelectorAll(`section, ${UNREAD}`)) part.remove();
    own.append(...own.querySelectorAll("pre"));
    for (const part of own.querySelectorAll(BLOCKS)) part.append(" "); // or the words of two would be one
    return { id: section.id, title, text: own.textContent.replace(/\s+/g, " ").trim() };
  }

  const count = (text, words) => words.reduce((sum, word) => sum + text.split(word).length - 1, 0);

  function piece(text, words) {
    const places = words.map((word) => text.toLowerCase().indexOf(word)).filter((place) => place >= 0);
    const start = Math.max(Math.min(...(places.length ? places : [0])) - BEFORE, 0);
    const from = start && text.indexOf(" ", start) + 1; // whole words
    const end = text.length > from + LENGTH ? text.lastIndexOf(" ", from + LENGTH) : text.length;
    return `${from ? "… " : ""}${text.slice(from, end)}${end < text.length ? " …" : ""}`;
  }

  /** The sections of `page` (HTML) with the `words`; `anchor` names the one to which the result leads already. */
  function summary(page, words, anchor) {
    const main = new DOMParser().parseFromString(page, "text/html").querySelector('[role="main"]');
    const wanted = [...words].map((word) => word.toLowerCase());
    const sections = [...(main?.querySelectorAll(anchor ? `section${anchor}` : "section") ?? [])].map(read);
    const found = sections
      .map((section) => ({ ...section, hits: count(`${section.title} ${section.text}`.toLowerCase(), wanted) }))
      .filter(({ hits }) => hits > 0)
      .sort((a, b) => b.hits - a.hits)
      .slice(0, SECTIONS);
    const lines = document.createDocumentFragment();
    for (const { id, title, text } of found) {
      const line = document.createElement("p");
      line.className = "context";
      if (!anchor) line.append(linkTo(id, title), " ");
      line.append(piece(text, wanted));
      lines.append(line);
    }
    return lines;
  }

  /** A link to a section of the page that the result leads to: known as soon as it stands in the result's list item. */
  function linkTo(id, title) {
    const link = document.createElement("a");
    link.textContent = title;
    queueMicrotask(() => {
      link.href = `${link.closest("li").querySelector("a").href.split("#")[0]}#${id}`;
    });
    return link;
  }

  Search.makeSearchSummary = summary;
})();
