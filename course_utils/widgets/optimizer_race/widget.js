// Optimisers racing down L(w) = (w1^2 + kappa w2^2) / 2 from a start that the reader drags.
import {
  axes,
  button,
  choice,
  clamp,
  finite,
  handle,
  html,
  inRange,
  legend,
  linear,
  logarithmic,
  marker,
  normals,
  number,
  path,
  player,
  power10,
  slider,
  surface,
  svg,
  widget,
} from "../kit/kit.js";

const MOST_STEPS = 200;
const FAR = 4; // the plane shows -4..4
const LOST = 1e6; // a path that goes farther is not followed
const LOSSES = [-10, 4]; // exponents of the loss axis

const RACERS = {
  gd: { label: "gradient descent", shape: "circle", colour: "blue", start: () => ({}), step: descend },
  momentum: { label: "momentum", shape: "square", colour: "orange", start: () => ({ v: [0, 0] }), step: momentum },
  nesterov: { label: "Nesterov", shape: "triangle", colour: "green", start: () => ({ v: [0, 0] }), step: nesterov },
  adam: {
    label: "Adam",
    shape: "diamond",
    colour: "purple",
    start: () => ({ m: [0, 0], s: [0, 0], t: 0 }),
    step: adam,
  },
};

function descend(w, _, gradient, { eta }) {
  const g = gradient(w);
  return w.map((x, i) => x - eta * g[i]);
}

function momentum(w, state, gradient, { eta, alpha }) {
  const g = gradient(w);
  state.v = state.v.map((v, i) => alpha * v - eta * g[i]);
  return w.map((x, i) => x + state.v[i]);
}

function nesterov(w, state, gradient, { eta, alpha }) {
  const g = gradient(w.map((x, i) => x + alpha * state.v[i])); // where the momentum is about to carry it
  state.v = state.v.map((v, i) => alpha * v - eta * g[i]);
  return w.map((x, i) => x + state.v[i]);
}

function adam(w, state, gradient, { eta, alpha }) {
  const g = gradient(w);
  state.t += 1;
  state.m = state.m.map((m, i) => alpha * m + (1 - alpha) * g[i]);
  state.s = state.s.map((s, i) => 0.999 * s + 0.001 * g[i] * g[i]);
  const [c1, c2] = [1 - alpha ** state.t, 1 - 0.999 ** state.t];
  return w.map((x, i) => x - (eta * (state.m[i] / c1)) / (Math.sqrt(state.s[i] / c2) + 1e-8));
}

export const loss = ([w1, w2], kappa) => (w1 * w1 + kappa * w2 * w2) / 2;

/**
 * The points of one racer's path, the start included; it ends early when it is lost. `batch` 0 is the full gradient;
 * otherwise each coordinate's gradient has normal noise of variance 1/batch, the same for all racers.
 */
export function race(name, { start, steps, eta, alpha, kappa, batch }, noise = normals(2 * MOST_STEPS, 7)) {
  const racer = RACERS[name];
  const state = racer.start();
  const points = [[...start]];
  for (let t = 0; t < steps; t++) {
    const off = batch ? [noise[2 * t], noise[2 * t + 1]].map((e) => e / Math.sqrt(batch)) : [0, 0];
    const w = racer.step(points[t], state, ([w1, w2]) => [w1 + off[0], kappa * w2 + off[1]], { eta, alpha });
    points.push(w);
    if (!(Math.hypot(...w) < LOST)) break;
  }
  return points;
}

// -- the pictures -------------------------------------------------------------------------------------------

function drawPlane(canvas, paths, kappa, size) {
  const box = { left: 28, top: 22, width: size - 38, height: size - 62 };
  canvas.size(size, size);
  const x = linear([-FAR, FAR], [box.left, box.left + box.width]);
  const y = linear([-FAR, FAR], [box.top + box.height, box.top]);
  const inner = svg("svg", {
    x: box.left,
    y: box.top,
    width: box.width,
    height: box.height,
    viewBox: `${box.left} ${box.top} ${box.width} ${box.height}`,
  });
  for (let level = kappa * 8; level > 0.02; level /= 3) {
    const [rx, ry] = [Math.sqrt(2 * level), Math.sqrt((2 * level) / kappa)];
    inner.append(svg("ellipse", { class: "dl-contour", cx: x(0), cy: y(0), rx: x(rx) - x(0), ry: y(0) - y(ry) }));
  }
  for (const { name, points: all } of paths) {
    const out = all.findIndex((w) => Math.hypot(...w) > 4 * FAR); // beyond that a diverging path only fills the plane
    const points = out < 0 ? all : all.slice(0, out + 1);
    inner.append(
      track(
        name,
        points.map(([a]) => x(a)),
        points.map(([, b]) => y(b)),
        true,
      ),
    );
  }
  canvas.paint(axes(box, x, y, { xTitle: "w₁", yTitle: "w₂" }), inner);
  return { x, y };
}

function track(name, xs, ys, dots) {
  const { shape, colour } = RACERS[name];
  const last = xs.length - 1;
  const marks = xs.flatMap((_, i) =>
    i === last || (dots && i % Math.ceil(xs.length / 40) === 0)
      ? [marker(shape, clamp(xs[i], -1e5, 1e5), clamp(ys[i], -1e5, 1e5), i === last ? 5.5 : 2.3)]
      : [],
  );
  const far = (values) => values.map((v) => clamp(v, -1e5, 1e5));
  return svg(
    "g",
    { class: `dl-${colour}` },
    svg("path", { class: "dl-curve dl-thin", d: path(far(xs), far(ys)) }),
    ...marks,
  );
}

function drawLosses(canvas, paths, { kappa, steps }, width, height) {
  const box = { left: 40, top: 22, width: width - 52, height: height - 62 };
  canvas.size(width, height);
  const x = linear([0, Math.max(steps, 10)], [box.left, box.left + box.width]);
  const y = logarithmic(LOSSES, [box.top + box.height, box.top]);
  const yTicks = [-10, -8, -6, -4, -2, 0, 2, 4].map((e) => ({ value: 10 ** e, text: power10(e) }));
  const tracks = paths.map(({ name, points }) =>
    track(
      name,
      points.map((_, t) => x(t)),
      points.map((w) => y(loss(w, kappa))),
      false,
    ),
  );
  canvas.paint(axes(box, x, y, { xTitle: "step", yTitle: "loss", yTicks, xTicks: x.ticks(4) }), ...tracks);
}

function describe(paths, { eta, kappa, steps, batch }) {
  const results = paths.map(({ name, points }) => {
    const end = loss(points.at(-1), kappa);
    return `${RACERS[name].label} ${end > 1e6 ? "lost" : number(end, 4)}`;
  });
  const limit = 2 / kappa;
  const rule =
    eta > limit
      ? `η is above 2/h_max = ${number(limit, 4)}: gradient descent diverges along w₂.`
      : `η is at most 2/h_max = ${number(limit, 4)}: gradient descent ${batch ? "reaches a neighbourhood of the minimum" : "converges"}.`;
  return `Loss after ${steps} steps: ${results.join(", ")}.\n${eta === limit ? "η is exactly 2/h_max: gradient descent oscillates for ever." : rule}`;
}

// -- the widget ---------------------------------------------------------------------------------------------

function read(model) {
  const [w1, w2] = finite(model.get("start"), "The start", { least: 2, most: 2 });
  return {
    start: [inRange(w1, "w1 of the start", -FAR, FAR), inRange(w2, "w2 of the start", -FAR, FAR)],
    eta: inRange(model.get("eta"), "The learning rate", 1e-4, 2),
    alpha: inRange(model.get("alpha"), "The momentum", 0, 0.99),
    kappa: inRange(model.get("kappa"), "The condition number", 1, 200),
    batch: inRange(model.get("batch"), "The batch", 0, 1000),
    steps: inRange(model.get("steps"), "The number of steps", 0, MOST_STEPS),
  };
}

const rounded = (value) => Number(value.toPrecision(3));

function controls(set) {
  const log = (label, name, low, high) =>
    slider({
      label,
      min: Math.log10(low),
      max: Math.log10(high),
      step: 0.01,
      format: (e) => number(rounded(10 ** e), 10 ** e < 1 ? 4 : 1),
      onInput: (e) => set({ [name]: clamp(rounded(10 ** e), low, high) }),
    });
  return {
    eta: log("learning rate η", "eta", 1e-3, 1),
    alpha: slider({
      label: "momentum α",
      min: 0,
      max: 0.99,
      step: 0.01,
      format: (v) => number(v, 2),
      onInput: (alpha) => set({ alpha }),
    }),
    kappa: log("condition κ", "kappa", 1, 100),
    steps: slider({
      label: "steps",
      min: 0,
      max: MOST_STEPS,
      step: 1,
      format: String,
      onInput: (steps) => set({ steps }),
    }),
    batch: choice({
      label: "batch",
      options: [
        [0, "full"],
        [16, "16"],
        [1, "1"],
      ],
      onChange: (batch) => set({ batch }),
    }),
  };
}

export default widget(["start", "steps", "eta", "alpha", "kappa", "batch"], ({ model, view, set }) => {
  const parts = controls(set);
  const play = player({
    interval: 60,
    step: () => {
      const steps = model.get("steps");
      set({ steps: steps >= MOST_STEPS ? 0 : steps + 1 });
      return steps + 1 < MOST_STEPS;
    },
  });
  view.onCleanup(play.stop);
  const plane = surface({ label: "Contours of the loss, and the paths from the start", role: "group" });
  const losses = surface({
    label: "The loss after each step, on a logarithmic axis. The text below gives the figures.",
  });
  let scales = null;
  const to = (a, b) => set({ start: [a, b].map((v) => Math.round(clamp(v, -FAR, FAR) * 100) / 100) });
  const grip = handle({
    label: "start",
    surface: plane.element,
    move: (px, py) => to(scales.x.invert(px), scales.y.invert(py)),
    nudge: (dx, dy) => to(model.get("start")[0] + dx * 0.05, model.get("start")[1] + dy * 0.05),
  });
  plane.top.append(grip.element);
  view.body.append(
    html("div", { class: "dl-sliders" }, ...["eta", "alpha", "kappa", "steps"].map((name) => parts[name].element)),
    html(
      "div",
      { class: "dl-controls" },
      play.element,
      button("Rewind", () => set({ steps: 0 })),
      parts.batch.element,
    ),
    html("div", { class: "dl-side" }, plane.element, losses.element),
    legend(Object.values(RACERS)),
  );
  return (width) => {
    const now = read(model);
    parts.eta.set(Math.log10(now.eta));
    parts.kappa.set(Math.log10(now.kappa));
    for (const name of ["alpha", "steps", "batch"]) parts[name].set(now[name]);
    const paths = Object.keys(RACERS).map((name) => ({ name, points: race(name, now) }));
    const size = Math.min(width, 380);
    scales = drawPlane(plane, paths, now.kappa, size);
    const rest = width - size - 8;
    drawLosses(losses, paths, now, rest > 240 ? rest : width, rest > 240 ? size : 240);
    grip.set(
      scales.x(now.start[0]),
      scales.y(now.start[1]),
      now.start[0],
      `w1 ${number(now.start[0], 2)}, w2 ${number(now.start[1], 2)}`,
    );
    view.say(describe(paths, now));
  };
});
