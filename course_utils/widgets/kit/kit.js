// The parts that every widget of the course is made of. Plain definitions, no library.
//
// A widget's module ends with `export default widget(traits, build)`. `build({ model, view, set })` checks what the
// model holds, adds its elements to `view.body` and returns `draw(width)`, which the kit calls once a frame at most,
// after a change of one of the traits, of the width or of the page's colours, and in the next frame where it returned
// true: it has not finished. All state lives in the model: two views of one model agree. An Error thrown by either is
// shown in place, as a sentence.
//
// kit.js     elements (html, svg), numbers and their checks, controls (slider, button, choice, textInput, player),
//            panel: a region with a title; surface: what is drawn on
// plot.js    plot: axes, grid, titles and lines from data in one call; scales, markers, legend
// bitmap.js  bitmap: a raster in one canvas, under a surface where something is drawn on it; cells: its grid and figures
// drag.js    handle: a point to drag; box: a rectangle to drag and resize; board: a grid of cells to paint
// net.js     the forward pass of a small trained network

const SVG = "http://www.w3.org/2000/svg";

/** Set attributes (null and false leave one out) and add children. */
export function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// -- numbers ------------------------------------------------------------------------------------------------

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

export const superscript = (integer) => [...String(integer)].map((digit) => SUPERSCRIPT[digit]).join("");
export const power10 = (exponent) => `10${superscript(exponent)}`;

/** A number for people: a true minus sign, powers of ten for the very large and the very small. */
export function number(x, decimals = 3) {
  if (Number.isNaN(x)) return "not a number";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  const size = Math.abs(x);
  if (size >= 1e5 || (size !== 0 && size < 0.5 * 10 ** -decimals)) {
    const [digits, exponent] = x.toExponential(1).split("e");
    return `${digits.replace("-", "−")}·${power10(Number(exponent))}`;
  }
  return x.toFixed(decimals).replace("-", "−");
}

/** `values` as a list of numbers, or an Error that says what is wrong with `name`. */
export function finite(values, name, { least = 1, most = 10000 } = {}) {
  const list = Array.from(values ?? []);
  if (list.length < least) {
    throw new Error(
      `${name} ${list.length ? `holds only ${list.length} numbers` : "is empty"}; it needs at least ${least}.`,
    );
  }
  if (list.length > most) throw new Error(`${name} holds ${list.length} numbers; this widget shows at most ${most}.`);
  const bad = list.findIndex((value) => typeof value !== "number" || !Number.isFinite(value));
  if (bad >= 0) throw new Error(`${name} holds a value that is not a finite number, at place ${bad}.`);
  return list;
}

/** One number of the model within [low, high], or an Error. */
export function inRange(value, name, low, high) {
  const [x] = finite([value], name);
  if (x < low || x > high)
    throw new Error(`${name} is ${number(x)}; it must lie between ${number(low)} and ${number(high)}.`);
  return x;
}

/** The model's number `name`, within the bounds of its trait, or an Error that calls it `words`. */
export function bounded(model, name, words) {
  const { min = -Infinity, max = Infinity } = model.get("bounds")[name];
  return inRange(model.get(name), words, min, max);
}

/** The model's `name`, one of the values that its trait allows, or an Error that calls it `words`. */
export function oneOf(model, name, words) {
  const { values } = model.get("bounds")[name];
  if (!values.includes(model.get(name)))
    throw new Error(`${words} ${model.get(name)} is not one of ${values.join(", ")}.`);
  return model.get(name);
}

/** A function that gives the next uniform number in 0..1 from a seed: mulberry32. */
export function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal numbers from a seed: Box-Muller. */
export function normals(count, seed) {
  const uniform = uniforms(seed);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// -- controls -----------------------------------------------------------------------------------------------

export function slider({ label, min, max, step, format = number, onInput }) {
  const input = html("input", { type: "range", min, max, step, "aria-label": label });
  const output = html("output", {});
  input.addEventListener("input", () => onInput(Number(input.value)));
  const set = (value) => {
    input.value = value;
    output.textContent = format(value);
    input.setAttribute("aria-valuetext", format(value));
  };
  return { element: html("label", { class: "dl-slider" }, html("span", {}, label), input, output), input, set };
}

export function button(text, onClick, attributes = {}) {
  const element = html("button", { type: "button", ...attributes }, text);
  element.addEventListener("click", onClick);
  return element;
}

/** One of several: buttons in a row, of which one is pressed. `options` is [[value, text], ...]. */
export function choice({ label, options, onChange }) {
  const buttons = options.map(([value, text]) => button(text, () => onChange(value)));
  const group = html(
    "div",
    { role: "group", "aria-label": label, class: "dl-choice" },
    html("span", {}, label),
    ...buttons,
  );
  const set = (value) => buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(options[i][0] === value)));
  return { element: group, set };
}

/**
 * A labelled text field. `read(text)` gives its value or throws an Error, whose sentence is shown below the field;
 * `onChange(value)` is called after Enter, or when the field is left. `attributes` are those of the input.
 */
export function textInput({ label, read = (text) => text, onChange, attributes = {} }) {
  const id = `dl-${Math.random().toString(36).slice(2)}`;
  const input = html("input", { type: "text", autocomplete: "off", "aria-describedby": id, ...attributes });
  const message = html("p", { class: "dl-message", id, role: "alert" });
  const complain = (text) => {
    message.textContent = text;
    fill(input, { "aria-invalid": String(text !== "") }, []);
  };
  input.addEventListener("change", () => {
    try {
      const value = read(input.value);
      complain("");
      onChange(value);
    } catch (problem) {
      complain(problem.message);
    }
  });
  const set = (text) => {
    input.value = text;
    complain("");
  };
  const element = html("div", { class: "dl-text" }, html("label", {}, html("span", {}, label), input), message);
  return { element, input, set };
}

/** A region with a title. In an element of the class "dl-side" several stand side by side, and wrap on a phone. */
export function panel(title, ...children) {
  const caption = html("p", { class: "dl-caption" }, title);
  return html("div", { class: "dl-panel", role: "group", "aria-label": title }, caption, ...children);
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A Play/Pause button that calls `step()` until it returns false. `stop` belongs into view.onCleanup. */
export function player({ step, interval = 900 }) {
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    element.textContent = "Play";
  };
  const element = button(
    "Play",
    () => {
      if (timer !== null) return stop();
      element.textContent = "Pause";
      timer = setInterval(() => step() || stop(), calm() ? Math.max(interval, 900) : interval);
      step();
    },
    { class: "dl-play" },
  );
  return { element, stop };
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Calls `nudge(dx, dy, shift)` for an arrow key; Shift makes the step ten times as large. */
export function arrows(element, nudge) {
  element.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const factor = event.shiftKey ? 10 : 1;
    nudge(arrow[0] * factor, arrow[1] * factor, event.shiftKey);
  });
}

/**
 * A finger on `element` drags it, and the browser makes nothing else of the touch: it does not scroll the page
 * (touch-action works on a whole SVG, not on its parts), nor is a tap soon afterwards lost as if it ended a fling.
 */
export function keepTouch(element) {
  element.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
}

/** Calls `move(x, y, first)` in pixels of `surface` while a pointer or a finger drags `element`. */
export function drag(element, surface, move) {
  const report = (event, first) => {
    const box = surface.getBoundingClientRect();
    move(event.clientX - box.left, event.clientY - box.top, first);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    element.closest("[tabindex]")?.focus({ preventScroll: true });
    report(event, true);
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) report(event, false);
  });
}

/** A drawing surface one pixel to the unit; `paint(...children)` replaces what lies below `top`. */
export function surface({ label, role = "img" }) {
  const back = svg("g");
  const top = svg("g");
  const element = svg("svg", { role, "aria-label": label, class: "dl-surface" }, back, top);
  const size = (width, height) => fill(element, { width, height, viewBox: `0 0 ${width} ${height}` }, []);
  return { element, top, size, paint: (...children) => back.replaceChildren(...children) };
}

// -- the widget itself --------------------------------------------------------------------------------------

function frame(model) {
  const title = model.get("title") || "Widget";
  const body = html("div", { class: "dl-body" });
  const error = html("p", { class: "dl-error", role: "alert", hidden: true });
  const status = html("p", { class: "dl-status", "aria-live": "polite" });
  const root = html(
    "div",
    { class: "dl-widget", role: "group", "aria-label": title, "data-lm-suppress-shortcuts": "true" },
    html("p", { class: "dl-title" }, title),
    html("p", { class: "dl-hint" }, model.get("hint") || ""),
    error,
    body,
    status,
  );
  // JupyterLab would take the arrow keys to move between cells; the attribute keeps its shortcuts away, this its cells
  root.addEventListener("keydown", (event) => event.ctrlKey || event.metaKey || event.stopPropagation());
  root.addEventListener("keydown", passSaving);
  return { root, body, error, status };
}

/** Ctrl+S and Cmd+S are pressed again outside the widget, where JupyterLab hears them; a page has nothing that does. */
function passSaving(event) {
  if (event.key.toLowerCase() !== "s" || event.altKey || event.shiftKey || event.ctrlKey === event.metaKey) return;
  event.stopPropagation(); // one that listens to all keys, such as an editor around the page, would save twice
  const again = new KeyboardEvent("keydown", event); // the same keys: its properties are those of the event
  if (!event.currentTarget.parentElement.dispatchEvent(again)) event.preventDefault();
}

function viewOf(model) {
  const { root, body, error, status } = frame(model);
  const cleanups = [];
  return {
    root,
    body,
    /** What the picture shows, in words: below it, and read aloud when it changes. */
    say: (text) => {
      if (status.textContent !== text) status.textContent = text;
    },
    fail: (problem) => {
      error.textContent = problem ? problem.message : "";
      error.hidden = !problem;
      root.classList.toggle("dl-broken", Boolean(problem));
    },
    onCleanup: (f) => cleanups.push(f),
    /** Call `f` after each change of a trait, until the view goes. */
    watch: (names, f) => {
      for (const name of names) {
        model.on(`change:${name}`, f);
        cleanups.push(() => model.off(`change:${name}`, f));
      }
    },
    cleanup: () => cleanups.forEach((f) => f()),
  };
}

/** Call `f` when the page turns light or dark: what a canvas shows has no colours that follow by themselves. */
function watchTheme(view, f) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(f);
  for (const element of [document.documentElement, document.body])
    observer.observe(element, { attributeFilter: ["class", "theme", "data-theme", "data-jp-theme-light"] });
  dark.addEventListener("change", f);
  view.onCleanup(() => {
    observer.disconnect();
    dark.removeEventListener("change", f);
  });
}

/** Run `draw(width)` once a frame at most: for each change of the `traits`, the width and the theme, and while true. */
function keepDrawn(view, traits, draw) {
  let pending = null;
  const run = () => {
    pending = null;
    const width = Math.floor(view.body.clientWidth);
    if (!width) return; // not on the page yet: the observer calls again
    try {
      if (draw(width) === true) schedule();
      view.fail(null);
    } catch (problem) {
      view.fail(problem);
    }
  };
  const schedule = () => {
    pending ??= requestAnimationFrame(run);
  };
  const observer = new ResizeObserver(schedule);
  observer.observe(view.body);
  view.watch(traits, schedule);
  watchTheme(view, schedule);
  view.onCleanup(() => {
    observer.disconnect();
    cancelAnimationFrame(pending);
  });
}

/** The module's export. `traits` names what the picture depends on. */
export function widget(traits, build) {
  return {
    render({ model, el }) {
      const view = viewOf(model);
      el.append(view.root);
      const set = (changes) => {
        for (const [name, value] of Object.entries(changes)) model.set(name, value);
        model.save_changes();
      };
      try {
        keepDrawn(view, traits, build({ model, view, set }));
      } catch (problem) {
        view.fail(problem);
        view.body.hidden = true;
      }
      return view.cleanup;
    },
  };
}
