// The size of the gradient at each step of an unrolled recurrent network.
import {
  bounded,
  button,
  choice,
  clamp,
  html,
  normals,
  number,
  oneOf,
  slider,
  surface,
  svg,
  widget,
} from "../kit/kit.js";
import { legend, plot } from "../kit/plot.js";

const WIDTH = 24; // units of the state

// For each activation: its value and its slope, from the value z and the output h.
const ACTIVATIONS = {
  linear: { value: (z) => z, slope: () => 1 },
  tanh: { value: Math.tanh, slope: (_, h) => 1 - h * h },
  relu: { value: (z) => Math.max(z, 0), slope: (z) => (z > 0 ? 1 : 0) },
};

/** The largest absolute value of an eigenvalue: the limit of |U^k|^(1/k), by 30 squarings (Gelfand's formula). */
export function spectralRadius(U, n) {
  let power = Float64Array.from(U);
  let log = 0;
  for (let s = 0; s < 30; s++) {
    const size = Math.hypot(...power);
    log += Math.log(size) / 2 ** s;
    power = squared(
      power.map((value) => value / size),
      n,
    );
  }
  return Math.exp(log);
}

function squared(A, n) {
  const B = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) for (let j = 0; j < n; j++) B[i * n + j] += A[i * n + k] * A[k * n + j];
  return B;
}

/** The random numbers of one seed: a matrix of spectral radius 1, inputs for `steps` steps, a unit vector as gradient. */
export function draws(seed, steps) {
  const raw = normals(WIDTH * WIDTH, seed);
  const radius = spectralRadius(raw, WIDTH);
  const [inputs, direction] = [normals(steps * WIDTH, seed + 1000), normals(WIDTH, seed + 2000)];
  const size = Math.hypot(...direction);
  return { U: raw.map((value) => value / radius), inputs, last: direction.map((value) => value / size) };
}

/** |dL/dh_t| for t = 0..steps in h_t = act(radius U h_{t-1} + inputs x_t), when dL/dh_steps = `last` and h_0 = 0. */
export function gradientSizes({ U, inputs, last }, radius, steps, scale, activation) {
  const n = last.length;
  const { value, slope } = ACTIVATIONS[activation];
  const slopes = [];
  let h = new Float64Array(n);
  for (let t = 0; t < steps; t++) {
    const [next, here] = [new Float64Array(n), new Float64Array(n)];
    for (let i = 0; i < n; i++) {
      let z = scale * inputs[t * n + i];
      for (let j = 0; j < n; j++) z += radius * U[i * n + j] * h[j];
      next[i] = value(z);
      here[i] = slope(z, next[i]);
    }
    slopes.push(here);
    h = next;
  }
  const sizes = new Array(steps + 1);
  let gradient = last;
  sizes[steps] = Math.hypot(...gradient);
  for (let t = steps - 1; t >= 0; t--) {
    const before = new Float64Array(n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) before[j] += radius * U[i * n + j] * gradient[i] * slopes[t][i];
    gradient = before;
    sizes[t] = Math.hypot(...gradient);
  }
  return sizes;
}

// -- the picture --------------------------------------------------------------------------------------------

const NODES = 34; // the height at which the states stand, above the plot
const GROWN = 1.5; // from this factor on the network is drawn in another colour

/** The states in a row, each with its input, joined by the way back: full colour where the gradient is large. */
function network(sizes, { x }) {
  const gap = x(1) - x(0);
  const r = clamp(0.3 * gap, 3, 11);
  const strength = (size) => clamp(1 + Math.log10(Math.max(size, 1e-30)) / 5, 0.04, 1);
  const line = (x1, y1, x2, y2, opacity) => svg("line", { x1, y1, x2, y2, opacity, class: "dl-curve" });
  const group = svg("g", {});
  sizes.forEach((size, t) => {
    const [at, shade] = [x(t), strength(size)];
    const circle = svg("circle", { cx: at, cy: NODES, r, "fill-opacity": shade, class: "dl-state" });
    const back = t > 0 ? [line(at - r, NODES, at - gap + r, NODES, Math.max(shade, 0.15))] : [];
    group.append(svg("g", { class: `dl-${size > GROWN ? "orange" : "blue"}` }, ...back, circle));
    if (t > 0) group.append(svg("g", { class: "dl-muted" }, line(at, NODES + r, at, NODES + r + 8, 0.6)));
  });
  const words = (at, anchor, text) => svg("text", { x: at, y: NODES - 18, "text-anchor": anchor }, text);
  group.append(words(x(0) - 12, "start", "h₀"), words(x(sizes.length - 1) + 12, "end", "← from the loss"));
  return group;
}

/** Exponents for the axis: it holds what is shown, and seldom moves. */
function decades(...lines) {
  const exponents = lines
    .flat()
    .filter((v) => v > 0)
    .map(Math.log10);
  const [low, high] = [Math.min(...exponents), Math.max(...exponents)];
  return [low >= -8 ? -8 : Math.floor(low / 8) * 8, high <= 4 ? 4 : Math.ceil(high / 8) * 8];
}

const SERIES = [
  { label: "gradient in this network", colour: "blue", shape: "circle" },
  { label: "radius to the power of the steps back", colour: "muted", style: "dashed" },
];

function draw(canvas, sizes, radius, width) {
  const steps = sizes.length - 1;
  const xs = sizes.map((_, t) => t);
  const power = xs.map((t) => radius ** (steps - t));
  const [measured, reference] = SERIES;
  plot(canvas, {
    width,
    height: 330,
    margin: { left: 46, top: 82, right: 16 },
    x: { title: "step (0 is the first state, the last is nearest the loss)", range: [0, steps] },
    y: { title: "size of the gradient", log: true, range: decades(sizes, power) },
    lines: [
      { xs, ys: power, ...reference },
      { xs, ys: sizes, ...measured, radius: () => (steps > 25 ? 2.6 : 3.6) },
    ],
    over: (scales) => [network(sizes, scales)],
  });
}

function describe(sizes, radius) {
  const steps = sizes.length - 1;
  const factor = sizes[0] ** (1 / steps);
  const verdict = factor < 0.97 ? "It vanishes" : factor > 1.03 ? "It explodes" : "It keeps its size, about";
  return (
    `From step ${steps} back to step 0 the gradient goes from 1 to ${number(sizes[0], 4)}: ` +
    `a factor of ${number(factor)} a step. ${verdict}. The spectral radius is ${number(radius, 2)}.`
  );
}

export default widget(["radius", "steps", "inputs", "activation", "seed"], ({ model, view, set }) => {
  const bounds = model.get("bounds");
  const control = (name, label, step, format) =>
    slider({ label, ...bounds[name], step, format, onInput: (value) => set({ [name]: value }) });
  const sliders = {
    radius: control("radius", "spectral radius", 0.05, (r) => number(r, 2)),
    inputs: control("inputs", "size of the inputs", 0.1, (s) => number(s, 1)),
    steps: control("steps", "steps", 1, (n) => `${n}`),
  };
  const activation = choice({
    label: "activation",
    options: [
      ["linear", "none (linear)"],
      ["tanh", "tanh"],
      ["relu", "ReLU"],
    ],
    onChange: (value) => set({ activation: value }),
  });
  const redraw = button("New weights", () => set({ seed: (model.get("seed") + 1) % bounds.seed.max }));
  const canvas = surface({
    label:
      "The unrolled network, and the size of the gradient at each step on a logarithmic axis. The text below gives the figures.",
  });
  view.body.append(
    html("div", { class: "dl-controls" }, activation.element, redraw),
    html("div", { class: "dl-controls" }, ...Object.values(sliders).map(({ element }) => element)),
    html(
      "p",
      { class: "dl-caption" },
      "Each state has its input below it. Full colour: a large gradient; orange: larger than at the loss.",
    ),
    canvas.element,
    legend(SERIES),
  );
  return (width) => {
    const radius = bounded(model, "radius", "The spectral radius");
    const steps = bounded(model, "steps", "The number of steps");
    const inputs = bounded(model, "inputs", "The size of the inputs");
    const kind = oneOf(model, "activation", "The activation");
    const drawn = draws(bounded(model, "seed", "The seed"), bounds.steps.max);
    const sizes = gradientSizes(drawn, radius, steps, inputs, kind);
    for (const [name, { set: show }] of Object.entries(sliders)) show(model.get(name));
    activation.set(kind);
    draw(canvas, sizes, radius, width);
    view.say(describe(sizes, radius));
  };
});
