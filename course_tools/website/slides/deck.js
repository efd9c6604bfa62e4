// Fits each slide into its 16 by 9, which needs a browser's measure, and starts reveal.js.
//
// Text is as large as its slide allows, within bounds. What is too high even when it is small becomes two slides; a
// single part that is still too high is divided (a table, a list) or made smaller. Figures fill their slide. A widget
// gets the width at which its height fits, each time it is shown.
(() => {
  const SMALLEST = 0.6;
  const SMALL = 0.85;
  const LARGE = 1.25;
  const WIDTHS = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4];
  const PAUSES = [0, 300, 1000, 3000]; // ms: a widget that computes much before it draws grows late
  const LEADS = /:\s*$/; // a text that ends so belongs to what follows

  const body = (slide) => slide.querySelector(".body");
  const overflows = (part) => part.scrollHeight > part.clientHeight + 1;

  /** The first of the values at which the slide's body fits, set as a custom property; else the last. */
  function choose(slide, property, values) {
    for (const value of values) {
      body(slide).style.setProperty(property, value);
      if (!overflows(body(slide))) return true;
    }
    return false;
  }

  function steps(from, to, by) {
    return Array.from({ length: Math.round((from - to) / by) + 1 }, (_, i) => from - i * by);
  }

  /** A slide after this one, with the same title, that takes the parts. */
  function continued(slide, parts) {
    const next = slide.cloneNode(false);
    next.classList.remove("opens");
    const running = document.createElement("p");
    running.className = "running";
    running.innerHTML = slide.querySelector(".running, h2").innerHTML;
    const place = document.createElement("div");
    place.className = "body";
    place.append(...parts);
    next.append(running, place);
    slide.after(next);
    return next;
  }

  /** Where to divide the parts of a slide: before the first that does not fit, and before the words that lead to it. */
  function cut(slide) {
    const parts = [...body(slide).children];
    const bottom = body(slide).getBoundingClientRect().bottom;
    let at = parts.findIndex((part) => part.getBoundingClientRect().bottom > bottom + 1);
    while (at > 1 && LEADS.test(parts[at - 1].textContent)) at -= 1;
    return Math.max(at, 1);
  }

  /** The rows, items or lines of a part that can stand on two slides. */
  function pieces(part) {
    const holder = part.querySelector("tbody") ?? (part.matches("ol, ul") ? part : null);
    return holder ? { holder, all: [...holder.children] } : null;
  }

  /** A copy of the part with the second half of its pieces, which it loses; null where it has none to give. */
  function halved(part) {
    const found = pieces(part);
    if (!found || found.all.length < 2) return null;
    const half = Math.ceil(found.all.length / 2);
    const rest = part.cloneNode(true);
    const copies = pieces(rest).all;
    copies.slice(0, half).forEach((piece) => piece.remove());
    found.all.slice(half).forEach((piece) => piece.remove());
    if (rest.matches("ol")) rest.start = (part.start || 1) + half;
    return rest;
  }

  /** Make a slide fit; what is left over goes to further slides. */
  function fit(slide) {
    for (const measured of document.querySelectorAll(".measured")) measured.classList.remove("measured");
    slide.classList.add("measured");
    body(slide).style.setProperty("--fit", 1);
    if (slide.querySelector(".dl-figures")) choose(slide, "--scale", steps(2.4, 0.5, 0.05));
    if (slide.querySelector(".course-widget")) return; // fitted when it is shown
    if (choose(slide, "--fit", steps(LARGE, SMALL, 0.05))) return;
    const parts = [...body(slide).children];
    if (parts.length > 1) {
      const next = continued(slide, parts.slice(cut(slide)));
      fit(slide);
      return fit(next);
    }
    const rest = parts.length ? halved(parts[0]) : null;
    if (!rest) return choose(slide, "--fit", steps(SMALL, SMALLEST, 0.05));
    const next = continued(slide, [rest]);
    fit(slide);
    fit(next);
  }

  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

  let turns = 0; // a widget that starts, or another slide, makes an earlier fitting stale

  /** Give the widgets of the slide the first width at which all of it fits, or else the one nearest to it. */
  async function fits(slide, places, isStale) {
    const over = [];
    for (const width of WIDTHS) {
      for (const place of places) place.style.width = `${100 * width}%`;
      await frame();
      if (isStale()) return true;
      over.push(body(slide).scrollHeight - body(slide).clientHeight);
      if (over.at(-1) <= 0) return true;
    }
    const best = WIDTHS[over.indexOf(Math.min(...over))];
    for (const place of places) place.style.width = `${100 * best}%`;
    return false;
  }

  /** Fit the widgets of the slide that is shown; a tall one has the slide to itself, its words are in the notes. */
  async function fitWidgets() {
    const slide = Reveal.getCurrentSlide();
    const places = [...slide.querySelectorAll(".course-widget")];
    const turn = ++turns;
    const isStale = () => turn !== turns;
    slide.classList.remove("crowded");
    for (const pause of places.length ? PAUSES : []) {
      await new Promise((done) => setTimeout(done, pause));
      if (isStale()) return;
      if (pause && !overflows(body(slide))) continue; // still as fitted before
      if (await fits(slide, places, isStale)) continue;
      slide.classList.add("crowded");
      await fits(slide, places, isStale);
    }
  }

  function keys() {
    const dark = () =>
      document.body.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark or light" }, () => {
      document.body.dataset.theme = dark() === "dark" ? "light" : "dark";
    });
    // A widget keeps the keys to itself while it has the focus: Escape gives them back.
    addEventListener(
      "keydown",
      (event) =>
        event.key === "Escape" && document.activeElement.closest(".course-widget") && document.activeElement.blur(),
      true,
    );
  }

  async function start() {
    // Fonts that no shown text has asked for yet: their letters are measured below.
    await Promise.allSettled([...document.fonts].map((font) => font.load()));
    for (const slide of [...document.querySelectorAll(".slides > section")]) fit(slide);
    for (const measured of document.querySelectorAll(".measured")) measured.classList.remove("measured");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    await Reveal.initialize({
      disableLayout: true,
      display: "flex",
      hash: true,
      overview: false,
      slideNumber: "c/t",
      transition: calm ? "none" : "fade",
      transitionSpeed: "fast",
      backgroundTransition: "none",
      keyboardCondition: (event) => !event.target.closest?.("summary, button, a, .course-widget"),
      plugins: [RevealNotes],
    });
    keys();
    Reveal.on("slidechanged", fitWidgets);
    addEventListener("resize", fitWidgets);
    new MutationObserver(fitWidgets).observe(document.body, { subtree: true, attributeFilter: ["data-state"] });
    fitWidgets();
    document.body.dataset.deck = "ready";
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
