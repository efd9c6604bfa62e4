// The parts that every widget of the course is made of. Plain definitions, no library.
//
// A widget's module ends with `export default widget(build)`. `build({ model, view })` checks what the model
// holds, adds its elements to `view.body` and returns `draw(width)`, which the kit calls once a frame at most,
// after a change of the model or of the width. All state lives in the model: two views of one model agree.
// An Error thrown by either is shown in place, as a sentence.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
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

/** Standard normal numbers from a seed: mulberry32 and Box-Muller (the tests hold the same in Python). */
export function normals(count, seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const values = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

// -- scales and axes ----------------------------------------------------------------------------------------

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** A map from data to pixels, with its inverse and its ticks. */
export function linear([a, b], [p, q]) {
  const map = (value) => p + ((value - a) / (b - a)) * (q - p);
  map.invert = (pixel) => a + ((pixel - p) / (q - p)) * (b - a);
  map.ticks = (count = 5) => {
    const rough = Math.abs(b - a) / count;
    const unit = 10 ** Math.floor(Math.log10(rough));
    const step = unit * [1, 2, 5, 10].find((factor) => factor * unit >= rough * 0.999);
    const decimals = Math.max(0, -Math.floor(Math.log10(step)));
    const ticks = [];
    for (let i = Math.ceil(Math.min(a, b) / step - 1e-9); i * step <= Math.max(a, b) + step * 1e-9; i++) {
      ticks.push({
        value: i * step,
        text: (i * step)
          .toFixed(decimals)
          .replace(/^-(?=.*[1-9])/, "−")
          .replace("-", ""),
      });
    }
    return ticks;
  };
  return map;
}

/** The same for powers of ten; a and b are the exponents. Values at or below zero fall on the lower end. */
export function logarithmic([a, b], [p, q]) {
  const exponents = linear([a, b], [p, q]);
  const map = (value) => exponents(value > 0 ? clamp(Math.log10(value), a, b) : a);
  map.ticks = (count = 5) => {
    const step = Math.max(1, Math.ceil((b - a) / count / 5) * ((b - a) / count > 2 ? 5 : 1));
    const ticks = [];
    for (let e = Math.ceil(a / step) * step; e <= b; e += step) ticks.push({ value: 10 ** e, text: power10(e) });
    return ticks;
  };
  return map;
}

/** Grid lines, ticks and axis titles; `box` is {left, top, width, height} in pixels. */
export function axes(box, x, y, { xTitle = "", yTitle = "", xTicks = x.ticks(), yTicks = y.ticks() } = {}) {
  const bottom = box.top + box.height;
  const group = svg("g", { class: "dl-axes" });
  for (const { value, text } of xTicks) {
    group.append(svg("line", { x1: x(value), x2: x(value), y1: box.top, y2: bottom }));
    group.append(svg("text", { x: x(value), y: bottom + 16, "text-anchor": "middle" }, text));
  }
  for (const { value, text } of yTicks) {
    group.append(svg("line", { x1: box.left, x2: box.left + box.width, y1: y(value), y2: y(value) }));
    group.append(svg("text", { x: box.left - 6, y: y(value) + 4, "text-anchor": "end" }, text));
  }
  group.append(svg("text", { x: box.left + box.width / 2, y: bottom + 34, "text-anchor": "middle" }, xTitle));
  group.append(svg("text", { x: 0, y: box.top - 8 }, yTitle));
  return group;
}

/** The points (x[i], y[i]), in pixels, as a path; a gap where a point is not finite. */
export function path(xs, ys) {
  let pen = "M";
  let text = "";
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) pen = "M";
    else {
      text += `${pen}${xs[i].toFixed(1)} ${ys[i].toFixed(1)}`;
      pen = "L";
    }
  }
  return text;
}

const MARKERS = {
  circle: (r) => svg("circle", { r }),
  square: (r) => svg("rect", { x: -r, y: -r, width: 2 * r, height: 2 * r }),
  triangle: (r) => svg("path", { d: `M0 ${-1.2 * r}L${1.1 * r} ${0.8 * r}L${-1.1 * r} ${0.8 * r}Z` }),
  diamond: (r) => svg("path", { d: `M0 ${-1.3 * r}L${1.3 * r} 0L0 ${1.3 * r}L${-1.3 * r} 0Z` }),
};

/** A small filled shape: what colour says, the shape says too. */
export function marker(shape, x, y, r, attributes = {}) {
  return fill(svg("g", { transform: `translate(${x} ${y})` }), attributes, [MARKERS[shape](r)]);
}

/** The key of a plot: [{label, shape, colour}], as a list below it. */
export function legend(entries) {
  const items = entries.map(({ label, shape, colour }) => {
    const sample = svg(
      "svg",
      { width: 16, height: 14, "aria-hidden": "true" },
      marker(shape, 8, 7, 4.5, { class: `dl-${colour}` }),
    );
    return html("li", {}, sample, label);
  });
  return html("ul", { class: "dl-legend" }, ...items);
}

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

/** Calls `nudge(dx, dy)` for an arrow key; Shift makes it ten times as large. */
export function arrows(element, nudge) {
  element.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const factor = event.shiftKey ? 10 : 1;
    nudge(arrow[0] * factor, arrow[1] * factor);
  });
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
    element.focus?.({ preventScroll: true });
    report(event, true);
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) report(event, false);
  });
}

/** A point to drag, also with the arrow keys. `move(x, y)` gets pixels, `nudge(dx, dy)` steps to the right and up. */
export function handle({ label, surface, shape = "circle", colour = "ink", move, nudge }) {
  const element = svg(
    "g",
    {
      class: `dl-handle dl-${colour}`,
      tabindex: 0,
      role: "slider",
      "aria-label": label,
      "aria-roledescription": "draggable point",
    },
    svg("circle", { r: 22, class: "dl-reach" }),
    svg("circle", { r: 13, class: "dl-ring" }),
    MARKERS[shape](7),
  );
  drag(element, surface, (x, y) => move(x, y));
  arrows(element, nudge);
  const set = (x, y, value, text) => {
    element.setAttribute("transform", `translate(${x} ${y})`);
    element.setAttribute("aria-valuenow", value);
    element.setAttribute("aria-valuetext", text);
  };
  return { element, set };
}

/** A drawing surface one pixel to the unit; `paint(...children)` replaces what lies below `top`. */
export function surface({ label, role = "img" }) {
  const back = svg("g");
  const top = svg("g");
  const element = svg("svg", { role, "aria-label": label, class: "dl-surface" }, back, top);
  const size = (width, height) => fill(element, { width, height, viewBox: `0 0 ${width} ${height}` }, []);
  return { element, top, size, paint: (...children) => back.replaceChildren(...children) };
}

/**
 * A grid of numbers in colour: blue above zero, orange below, each with its figure where there is room.
 * `origin` shifts the picture; `limit` is the value of full colour; `outside(i, j)` marks padding.
 */
export function cells(values, { size, limit, origin = [0, 0], outside = () => false, digits = 1 }) {
  const group = svg("g", { class: "dl-cells", transform: `translate(${origin[0]} ${origin[1]})` });
  values.forEach((row, i) =>
    row.forEach((value, j) => {
      const colour = value < 0 ? "orange" : "blue";
      const strength = (0.62 * Math.min(Math.abs(value), limit)) / (limit || 1);
      group.append(
        svg("rect", {
          x: j * size,
          y: i * size,
          width: size,
          height: size,
          class: `dl-cell dl-${colour}`,
          "fill-opacity": strength.toFixed(3),
        }),
      );
      if (outside(i, j))
        group.append(
          svg("path", {
            d: `M${j * size + 4} ${(i + 1) * size - 4}L${(j + 1) * size - 4} ${i * size + 4}`,
            class: "dl-padding",
          }),
        );
      else if (size >= 24)
        group.append(
          svg(
            "text",
            { x: (j + 0.5) * size, y: (i + 0.5) * size + 4, "text-anchor": "middle" },
            brief(value, digits),
          ),
        );
    }),
  );
  return group;
}

const brief = (value, digits) => number(value, Number.isInteger(value) ? 0 : digits);

/**
 * Makes a grid of cells answer to pointer, finger and keys: the arrow keys move a cursor, Space presses.
 * `press(row, column, first)` is called for each cell pressed or crossed, `move(row, column)` for the cursor.
 */
export function board(canvas, { label, grid, press, move = () => {} }) {
  const { element } = canvas;
  fill(element, { tabindex: 0, role: "application", "aria-label": label, class: "dl-surface dl-board" }, []);
  const cell = (x, y) => {
    const {
      rows,
      columns,
      size,
      origin: [left, top],
    } = grid();
    return [Math.floor((y - top) / size), Math.floor((x - left) / size)].map((at, k) =>
      clamp(at, 0, [rows, columns][k] - 1),
    );
  };
  drag(element, element, (x, y, first) => press(...cell(x, y), first));
  arrows(element, (dx, dy) => {
    const {
      rows,
      columns,
      cursor: [row, column],
    } = grid();
    move(clamp(row - Math.sign(dy), 0, rows - 1), clamp(column + Math.sign(dx), 0, columns - 1));
  });
  element.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    press(...grid().cursor, true);
  });
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
  return { root, body, error, status };
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

/** Run `draw(width)` once a frame at most, for each change of the `traits` and of the width. */
function keepDrawn(view, traits, draw) {
  let pending = null;
  const run = () => {
    pending = null;
    const width = Math.floor(view.body.clientWidth);
    if (!width) return; // not on the page yet: the observer calls again
    try {
      draw(width);
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
