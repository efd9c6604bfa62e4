// The size of the gradient, layer by layer, in a plain network of a chosen depth.
import { bounded, button, choice, html, normals, number, oneOf, slider, surface, svg, widget } from "../kit/kit.js";
import { legend, linear, plot } from "../kit/plot.js";

const WIDTH = 48; // units in each layer
const sigmoid = (z) => 1 / (1 + Math.exp(-z));

// For each activation: its value, its slope (from the value z and the output a), and how it is drawn.
const ACTIVATIONS = {
  sigmoid: { value: sigmoid, slope: (_, a) => a * (1 - a), shape: "circle", colour: "blue", label: "sigmoid" },
  tanh: { value: Math.tanh, slope: (_, a) => 1 - a * a, shape: "square", colour: "orange", label: "tanh" },
  relu: {
    value: (z) => Math.max(z, 0),
    slope: (z) => (z > 0 ? 1 : 0),
    shape: "triangle",
    colour: "green",
    label: "ReLU",
  },
};
const STARTS = [
  ["0.01", "std 0.01"],
  ["0.1", "std 0.1"],
  ["xavier", "Xavier"],
  ["he", "He"],
  ["large", "11/√n"], // the sigmoid's: its slope is a quarter at most
];

/** The standard deviation of the weights of a layer with `width` inputs and outputs. */
export function spreadOf(start, width) {
  if (start === "xavier") return Math.sqrt(2 / (width + width));
  if (start === "he") return Math.sqrt(2 / width);
  if (start === "large") return 11 / Math.sqrt(width);
  return Number(start);
}

/**
 * |dL/da_l| for l = 0..depth in the net a_l = act(W_l a_{l-1}), W_l = std * (standard normal numbers), when
 * dL/da_depth = `last`. weights: one (width, width) matrix after the other, row by row; a_0 = `input`.
 */
export function gradientNorms(weights, input, last, depth, std, activation) {
  const n = input.length;
  const { value, slope } = ACTIVATIONS[activation];
  let a = input;
  const slopes = [];
  for (let l = 0; l < depth; l++) {
    const next = new Float64Array(n);
    const slopesHere = new Float64Array(n);
    for (let i = 0, at = l * n * n; i < n; i++) {
      let z = 0;
      for (let j = 0; j < n; j++) z += weights[at++] * a[j];
      next[i] = value(z * std);
      slopesHere[i] = slope(z * std, next[i]);
    }
    slopes.push(slopesHere);
    a = next;
  }
  return backward(weights, last, depth, std, slopes);
}

function backward(weights, last, depth, std, slopes) {
  const n = last.length;
  const norms = new Array(depth + 1);
  let gradient = last;
  norms[depth] = Math.hypot(...gradient);
  for (let l = depth - 1; l >= 0; l--) {
    const before = new Float64Array(n);
    for (let i = 0, at = l * n * n; i < n; i++) {
      const delta = gradient[i] * slopes[l][i] * std;
      for (let j = 0; j < n; j++) before[j] += weights[at++] * delta;
    }
    gradient = before;
    norms[l] = Math.hypot(...gradient);
  }
  return norms;
}

/** The random numbers of one seed: weights for the deepest network, an input, and a unit vector as the last gradient. */
export function draws(seed, deepest) {
  const weights = normals(deepest * WIDTH * WIDTH, seed);
  const [input, direction] = [normals(WIDTH, seed + 1000), normals(WIDTH, seed + 2000)];
  const size = Math.hypot(...direction);
  return { weights, input, last: direction.map((value) => value / size) };
}

const remembered = new Map();
function drawsOf(seed, deepest) {
  if (!remembered.has(seed)) {
    remembered.clear(); // one seed is two megabytes
    remembered.set(seed, draws(seed, deepest));
  }
  return remembered.get(seed);
}

// -- the picture --------------------------------------------------------------------------------------------

/** Exponents for the axis: whole tens around what is shown, so that it seldom moves. */
function decades(series) {
  const exponents = series.flatMap(({ norms }) => norms.filter((v) => v > 0).map(Math.log10));
  const [low, high] = [Math.min(...exponents), Math.max(...exponents)];
  return [low >= -10 ? -10 : Math.floor(low / 10) * 10, high <= 2 ? 2 : Math.ceil(high / 10) * 10];
}

function draw(canvas, series, depth, width) {
  const range = decades(series);
  plot(canvas, {
    width,
    height: 300,
    margin: { left: 46, top: 26, right: 14 },
    x: {
      title: "layer (0 is the input, the last is nearest the loss)",
      range: [0, Math.max(depth, 2)],
      ticks: layers(depth),
    },
    y: { title: "size of the gradient", log: true, range },
    lines: series.map(line),
    under: ({ y, box }) => (range[0] > -40 ? [] : smallest(y, box)),
  });
}

/** Ticks at whole layers alone. */
const layers = (depth) =>
  linear([0, Math.max(depth, 2)], [0, 1])
    .ticks(Math.min(depth, 8))
    .filter(({ value }) => Number.isInteger(Math.round(value * 1e6) / 1e6));

/** A line at the smallest number that float32 holds with full precision. */
function smallest(y, { left, width }) {
  const at = y(1.2e-38);
  return [
    svg("line", { x1: left, x2: left + width, y1: at, y2: at, class: "dl-limit" }),
    svg("text", { x: left + 4, y: at - 5, class: "dl-halo" }, "float32 ends here"),
  ];
}

const line = ({ name, norms }) => ({
  xs: norms.map((_, l) => l),
  ys: norms,
  ...ACTIVATIONS[name],
  radius: () => (norms.length > 26 ? 2.6 : 3.6),
});

function describe(series, depth) {
  const parts = series.map(({ name, norms }) => `${ACTIVATIONS[name].label} ${number(norms[0], 4)}`);
  return `The gradient has size 1 at layer ${depth}. At the input it has size: ${parts.join(", ")}.`;
}

export default widget(["depth", "activation", "start", "seed"], ({ model, view, set }) => {
  const bounds = model.get("bounds");
  const depthSlider = slider({
    label: "depth",
    ...bounds.depth,
    step: 1,
    format: (d) => `${d} layers`,
    onInput: (depth) => set({ depth }),
  });
  const names = Object.keys(ACTIVATIONS);
  const activation = choice({
    label: "activation",
    options: [["all", "all three"], ...names.map((name) => [name, ACTIVATIONS[name].label])],
    onChange: (value) => set({ activation: value }),
  });
  const start = choice({ label: "weights", options: STARTS, onChange: (value) => set({ start: value }) });
  const redraw = button("New weights", () => set({ seed: (model.get("seed") + 1) % bounds.seed.max }));
  const canvas = surface({
    label: "The size of the gradient at each layer, on a logarithmic axis. The text below gives the figures.",
  });
  view.body.append(
    html("div", { class: "dl-controls" }, activation.element, start.element),
    html("div", { class: "dl-controls" }, depthSlider.element, redraw),
    canvas.element,
    legend(names.map((name) => ACTIVATIONS[name])),
  );
  return (width) => {
    const depth = bounded(model, "depth", "The depth");
    const [shown, std] = [
      oneOf(model, "activation", "The activation"),
      spreadOf(oneOf(model, "start", "The start"), WIDTH),
    ];
    const { weights, input, last } = drawsOf(bounded(model, "seed", "The seed"), bounds.depth.max);
    const series = names
      .filter((name) => shown === "all" || shown === name)
      .map((name) => ({ name, norms: gradientNorms(weights, input, last, depth, std, name) }));
    depthSlider.set(depth);
    activation.set(shown);
    start.set(model.get("start"));
    draw(canvas, series, depth, width);
    view.say(describe(series, depth));
  };
});
