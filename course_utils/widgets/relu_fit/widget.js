// How many hidden ReLUs it takes to follow a curve.
import { axes, choice, html, inRange, linear, number, path, slider, surface, svg, widget } from "../kit/kit.js";

const TARGETS = {
  waves: { label: "waves", f: (x) => Math.sin(3 * x) + 0.3 * Math.cos(9 * x) },
  bump: { label: "bump", f: (x) => Math.exp(-4 * x * x) },
  step: { label: "step", f: (x) => (x < 0.25 ? 0 : 1) },
  parabola: { label: "parabola", f: (x) => x * x },
};
const [LEFT, RIGHT] = [-2, 2];
const MOST = 60;
const SAMPLES = 401;

/** The network that meets f at n + 1 evenly spaced knots: f(x) ~ c + sum_i v[i] relu(x - knots[i]). */
export function fit(f, n) {
  const width = (RIGHT - LEFT) / n;
  const at = Array.from({ length: n + 1 }, (_, i) => LEFT + i * width);
  const slopes = at.slice(1).map((x, i) => (f(x) - f(at[i])) / width);
  return { c: f(LEFT), knots: at.slice(0, n), v: slopes.map((slope, i) => slope - (i ? slopes[i - 1] : 0)) };
}

export function evaluate({ c, knots, v }, x) {
  return knots.reduce((sum, knot, i) => sum + v[i] * Math.max(x - knot, 0), c);
}

/** The mean of the squared error over 401 evenly spaced points. */
export function meanSquaredError(f, net) {
  const errors = grid().map((x) => (evaluate(net, x) - f(x)) ** 2);
  return errors.reduce((sum, e) => sum + e, 0) / errors.length;
}

const grid = () => Array.from({ length: SAMPLES }, (_, i) => LEFT + (i / (SAMPLES - 1)) * (RIGHT - LEFT));

function draw(canvas, f, net, parts, width) {
  const height = 300;
  const box = { left: 34, top: 12, width: width - 46, height: height - 52 };
  canvas.size(width, height);
  const x = linear([LEFT, RIGHT], [box.left, box.left + box.width]);
  const y = linear([-1.6, 1.6], [box.top + box.height, box.top]);
  const xs = grid();
  const curve = (g, name) =>
    svg("path", {
      class: name,
      d: path(
        xs.map(x),
        xs.map((v) => y(g(v))),
      ),
    });
  const inside = (v) => (Math.abs(v) > 1.6 ? NaN : v); // a single unit soon leaves the picture
  const units = parts
    ? net.knots.map((knot, i) => curve((v) => (v < knot ? NaN : inside(net.v[i] * (v - knot))), "dl-unit"))
    : [];
  const knots = net.knots.map((knot) =>
    svg("circle", { class: "dl-hollow dl-blue", cx: x(knot), cy: y(f(knot)), r: 3.5 }),
  );
  canvas.paint(
    axes(box, x, y, { xTitle: "x" }),
    ...units,
    curve(f, "dl-curve dl-orange dl-dashed"),
    curve((v) => evaluate(net, v), "dl-curve dl-blue"),
    ...knots,
  );
}

function key() {
  const row = (name, text) =>
    html(
      "li",
      {},
      svg("svg", { width: 28, height: 10, "aria-hidden": "true" }, svg("path", { d: "M1 5H27", class: name })),
      text,
    );
  return html(
    "ul",
    { class: "dl-legend" },
    row("dl-curve dl-orange dl-dashed", "the curve"),
    row("dl-curve dl-blue", "the network"),
    row("dl-unit", "one unit's share"),
  );
}

export default widget(["units", "target", "parts"], ({ model, view, set }) => {
  const units = slider({
    label: "hidden ReLUs",
    min: 1,
    max: MOST,
    step: 1,
    format: String,
    onInput: (value) => set({ units: value }),
  });
  const target = choice({
    label: "curve",
    options: Object.entries(TARGETS).map(([name, { label }]) => [name, label]),
    onChange: (value) => set({ target: value }),
  });
  const parts = choice({
    label: "shares of the units",
    options: [
      [true, "show"],
      [false, "hide"],
    ],
    onChange: (value) => set({ parts: value }),
  });
  const canvas = surface({ label: "A curve and the network that follows it. The text below gives the error." });
  view.body.append(
    html("div", { class: "dl-controls" }, target.element, parts.element),
    html("div", { class: "dl-controls" }, units.element),
    canvas.element,
    key(),
  );
  return (width) => {
    const n = inRange(model.get("units"), "The number of units", 1, MOST);
    const chosen = TARGETS[model.get("target")];
    if (!chosen)
      throw new Error(`The curve ${model.get("target")} is not one of ${Object.keys(TARGETS).join(", ")}.`);
    const net = fit(chosen.f, n);
    units.set(n);
    target.set(model.get("target"));
    parts.set(model.get("parts"));
    draw(canvas, chosen.f, net, model.get("parts"), width);
    view.say(
      `${n} hidden ${n === 1 ? "unit" : "units"}, ${3 * n + 1} parameters: mean squared error ${number(meanSquaredError(chosen.f, net), 5)}`,
    );
  };
});
