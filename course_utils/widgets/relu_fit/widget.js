// How many hidden ReLUs it takes to follow a curve.
import { bounded, choice, html, number, oneOf, slider, surface, svg, widget } from "../kit/kit.js";
import { legend, plot } from "../kit/plot.js";

const TARGETS = {
  waves: { label: "waves", f: (x) => Math.sin(3 * x) + 0.3 * Math.cos(9 * x) },
  bump: { label: "bump", f: (x) => Math.exp(-4 * x * x) },
  step: { label: "step", f: (x) => (x < 0.25 ? 0 : 1) },
  parabola: { label: "parabola", f: (x) => x * x },
};
const [LEFT, RIGHT] = [-2, 2];
const TALLEST = 1.6; // the plot shows values from -1.6 to 1.6
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

const [CURVE, NETWORK, UNIT] = [
  { label: "the curve", colour: "orange", style: "dashed" },
  { label: "the network", colour: "blue" },
  { label: "one unit's share", colour: "muted", style: "faint" },
];

function draw(canvas, f, net, parts, width) {
  const xs = grid();
  const curve = (g, look) => ({ xs, ys: xs.map(g), ...look });
  const share = (knot, i) => curve((x) => (x < knot ? NaN : net.v[i] * (x - knot)), UNIT);
  plot(canvas, {
    width,
    height: 300,
    margin: { left: 34, top: 12 },
    x: { title: "x" },
    y: { range: [-TALLEST, TALLEST] },
    clip: true, // a single unit soon leaves the picture
    lines: [...(parts ? net.knots.map(share) : []), curve(f, CURVE), curve((x) => evaluate(net, x), NETWORK)],
    over: ({ x, y }) =>
      net.knots
        .filter((knot) => Math.abs(f(knot)) <= TALLEST)
        .map((knot) => svg("circle", { class: "dl-hollow dl-blue", cx: x(knot), cy: y(f(knot)), r: 3.5 })),
  });
}

export default widget(["units", "target", "parts"], ({ model, view, set }) => {
  const units = slider({
    label: "hidden ReLUs",
    ...model.get("bounds").units,
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
    legend([CURVE, NETWORK, UNIT]),
  );
  return (width) => {
    const n = bounded(model, "units", "The number of units");
    const chosen = TARGETS[oneOf(model, "target", "The curve")];
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
