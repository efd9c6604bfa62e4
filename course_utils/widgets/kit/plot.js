// Plots: scales, axes, lines and markers from data.
import { clamp, fill, html, power10, svg } from "./kit.js";

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
  const map = (value) => exponents(value <= 0 ? a : clamp(Math.log10(value), a, b)); // NaN stays NaN
  map.ticks = (count = 7) => {
    const step = [1, 2, 5, 10, 20].find((s) => (b - a) / s <= count) ?? 50;
    const first = Math.ceil(a / step);
    return Array.from({ length: Math.floor(b / step) - first + 1 }, (_, i) => (first + i) * step).map((exponent) => ({
      value: 10 ** exponent,
      text: power10(exponent),
    }));
  };
  return map;
}

/** A coordinate that a browser can still draw, however far away the point lies. */
const near = (pixel) => clamp(pixel, -1e5, 1e5).toFixed(1);

/** The points (x[i], y[i]), in pixels, as a path; a gap where a point is not finite. */
export function path(xs, ys) {
  let pen = "M";
  let text = "";
  for (let i = 0; i < xs.length; i++) {
    if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) pen = "M";
    else {
      text += `${pen}${near(xs[i])} ${near(ys[i])}`;
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

const sample = (width, child) => svg("svg", { width, height: 14, "aria-hidden": "true" }, child);

/** The key of a plot, as a list below it: [{ label, colour, shape }] shows a marker, one without a shape a line. */
export function legend(entries) {
  const items = entries.map(({ label, colour, shape, style }) => {
    const drawn = shape
      ? sample(16, marker(shape, 8, 7, 4.5, { class: `dl-${colour}` }))
      : sample(28, svg("g", { class: `dl-${colour}` }, curve("M1 7H27", style)));
    return html("li", {}, drawn, label);
  });
  return html("ul", { class: "dl-legend" }, ...items);
}

// -- a whole plot -------------------------------------------------------------------------------------------

const MARGIN = { left: 40, top: 24, right: 12, bottom: 40 };

/**
 * Draws axes, grid, titles and lines from data, and returns the scales { x, y, box }.
 *
 *     plot(canvas, { width, height: 300, x: { title: "step" }, y: { title: "loss", log: true, range: [-6, 0] },
 *                    lines: [{ xs, ys, colour: "blue", shape: "circle" }] });
 *
 * An axis: its `title`; its `range` [low, high], by default that of the lines; `log` for powers of ten, whose range
 * are the exponents; `ticks`, how many there should be, or a list of { value, text }.
 * A line: its points `xs`, `ys`, with a gap where one is not finite; its `colour`; its `style` ("dashed", "dotted",
 * "thin", "faint"); with a `shape` also markers, of `radius(i)` pixels at point i. `clip` hides what leaves the box.
 * `under(scales)` and `over(scales)` give more elements, drawn before the axes and after the lines.
 */
export function plot(canvas, { width, height, margin = {}, x, y, lines = [], clip = false, under, over }) {
  const { left, top, right, bottom } = { ...MARGIN, ...margin };
  const box = { left, top, width: width - left - right, height: height - top - bottom };
  const scales = {
    box,
    x: scaleOf(x, () => lines.flatMap(({ xs }) => xs), [left, left + box.width]),
    y: scaleOf(y, () => lines.flatMap(({ ys }) => ys), [top + box.height, top]),
  };
  const drawn = lines.map((one) => lineOf(one, scales));
  canvas.size(width, height);
  canvas.paint(
    ...(under?.(scales) ?? []),
    axes(scales, x, y),
    ...(clip ? [clipped(box, ...drawn)] : drawn),
    ...(over?.(scales) ?? []),
  );
  return scales;
}

/** Children of which only what lies in the box is seen. */
export function clipped({ left, top, width, height }, ...children) {
  const view = { x: left, y: top, width, height, viewBox: `${left} ${top} ${width} ${height}` };
  return svg("svg", view, ...children);
}

function scaleOf({ range, log = false }, values, pixels) {
  return (log ? logarithmic : linear)(range ?? extent(values(), log), pixels);
}

/** [lowest, highest] of the finite values; in exponents for a logarithmic axis, which shows those above zero. */
function extent(values, log) {
  const shown = log ? values.filter((v) => v > 0).map(Math.log10) : values;
  const kept = shown.filter(Number.isFinite);
  if (!kept.length) return [0, 1];
  const [low, high] = kept.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

const ticksOf = (scale, ticks) => (Array.isArray(ticks) ? ticks : scale.ticks(ticks));

function axes({ x, y, box }, { title: xTitle = "", ticks: xTicks }, { title: yTitle = "", ticks: yTicks }) {
  const [bottom, right] = [box.top + box.height, box.left + box.width];
  const group = svg("g", { class: "dl-axes" });
  for (const { value, text } of ticksOf(x, xTicks)) {
    group.append(svg("line", { x1: x(value), x2: x(value), y1: box.top, y2: bottom }));
    group.append(svg("text", { x: x(value), y: bottom + 16, "text-anchor": "middle" }, text));
  }
  for (const { value, text } of ticksOf(y, yTicks)) {
    group.append(svg("line", { x1: box.left, x2: right, y1: y(value), y2: y(value) }));
    group.append(svg("text", { x: box.left - 6, y: y(value) + 4, "text-anchor": "end" }, text));
  }
  group.append(svg("text", { x: box.left + box.width / 2, y: bottom + 34, "text-anchor": "middle" }, xTitle));
  group.append(svg("text", { x: 0, y: box.top - 8 }, yTitle));
  return group;
}

const curve = (d, style) => svg("path", { class: style ? `dl-curve dl-${style}` : "dl-curve", d });

function lineOf({ xs, ys, colour, style, shape, radius = () => 3.6 }, { x, y }) {
  const [across, up] = [Array.from(xs, x), Array.from(ys, y)];
  const marks = shape
    ? across.map((at, i) => [at, up[i], radius(i)]).filter(([, height, r]) => r > 0 && Number.isFinite(height))
    : [];
  return svg(
    "g",
    { class: `dl-${colour}` },
    curve(path(across, up), style),
    ...marks.map(([at, height, r]) => marker(shape, near(at), near(height), r)),
  );
}
