// Optimisers racing down L(w) = (w1^2 + kappa w2^2) / 2 from a start that the reader drags.

import { handle } from "../kit/drag.js";
import {
  bounded,
  button,
  choice,
  clamp,
  finite,
  html,
  inRange,
  normals,
  number,
  oneOf,
  player,
  slider,
  surface,
  svg,
  widget,
} from "../kit/kit.js";
import { clipped, legend, plot } from "../kit/plot.js";

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
export function race(name, { start, steps, eta, alpha, kappa, batch }, noise = normals(2 * steps, 7)) {
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

function drawPlane(canvas, paths, kappa, size, { min, max }) {
  return plot(canvas, {
    width: size,
    height: size,
    margin: { left: 28, top: 22, right: 10 },
    x: { title: "w₁", range: [min, max] },
    y: { title: "w₂", range: [min, max] },
    clip: true,
    under: ({ x, y, box }) => [clipped(box, ...contours(kappa, x, y))],
    lines: paths.map(({ name, points }) => {
      const shown = untilFar(points, 4 * max);
      return track(
        name,
        shown.map(([w1]) => w1),
        shown.map(([, w2]) => w2),
        Math.ceil(shown.length / 40),
      );
    }),
  });
}

function contours(kappa, x, y) {
  const ellipses = [];
  for (let level = kappa * 8; level > 0.02; level /= 3) {
    const [rx, ry] = [Math.sqrt(2 * level), Math.sqrt((2 * level) / kappa)];
    ellipses.push(svg("ellipse", { class: "dl-contour", cx: x(0), cy: y(0), rx: x(rx) - x(0), ry: y(0) - y(ry) }));
  }
  return ellipses;
}

/** The path up to its first point beyond `far`: from there a diverging path only fills the plane. */
function untilFar(points, far) {
  const out = points.findIndex((w) => Math.hypot(...w) > far);
  return out < 0 ? points : points.slice(0, out + 1);
}

/** A line with a large marker at its end, and small ones at every `every`-th point before. */
function track(name, xs, ys, every = 0) {
  const { shape, colour } = RACERS[name];
  const small = (i) => (every && i % every === 0 ? 2.3 : 0);
  return { xs, ys, shape, colour, style: "thin", radius: (i) => (i === xs.length - 1 ? 5.5 : small(i)) };
}

function drawLosses(canvas, paths, { kappa, steps }, width, height) {
  plot(canvas, {
    width,
    height,
    margin: { top: 22 },
    x: { title: "step", range: [0, Math.max(steps, 10)], ticks: 4 },
    y: { title: "loss", log: true, range: LOSSES },
    lines: paths.map(({ name, points }) =>
      track(
        name,
        points.map((_, t) => t),
        points.map((w) => loss(w, kappa)),
      ),
    ),
  });
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
  const { min, max } = model.get("bounds").start;
  const [w1, w2] = finite(model.get("start"), "The start", { least: 2, most: 2 });
  return {
    start: [inRange(w1, "w1 of the start", min, max), inRange(w2, "w2 of the start", min, max)],
    eta: bounded(model, "eta", "The learning rate"),
    alpha: bounded(model, "alpha", "The momentum"),
    kappa: bounded(model, "kappa", "The condition number"),
    batch: oneOf(model, "batch", "The batch"),
    steps: bounded(model, "steps", "The number of steps"),
  };
}

const rounded = (value) => Number(value.toPrecision(3));

function controls(bounds, set) {
  const log = (label, name, { min, max } = bounds[name]) =>
    slider({
      label,
      min: Math.log10(min),
      max: Math.log10(max),
      step: 0.01,
      format: (e) => number(rounded(10 ** e), 10 ** e < 1 ? 4 : 1),
      onInput: (e) => set({ [name]: clamp(rounded(10 ** e), min, max) }),
    });
  return {
    eta: log("learning rate η", "eta"),
    alpha: slider({
      label: "momentum α",
      ...bounds.alpha,
      step: 0.01,
      format: (v) => number(v, 2),
      onInput: (alpha) => set({ alpha }),
    }),
    kappa: log("condition κ", "kappa"),
    steps: slider({
      label: "steps",
      ...bounds.steps,
      step: 1,
      format: String,
      onInput: (steps) => set({ steps }),
    }),
    batch: choice({
      label: "batch",
      options: bounds.batch.values.map((size) => [size, size ? String(size) : "full"]),
      onChange: (batch) => set({ batch }),
    }),
  };
}

export default widget(["start", "steps", "eta", "alpha", "kappa", "batch"], ({ model, view, set }) => {
  const bounds = model.get("bounds");
  const parts = controls(bounds, set);
  const play = player({
    interval: 60,
    step: () => {
      const steps = model.get("steps");
      set({ steps: steps >= bounds.steps.max ? 0 : steps + 1 });
      return steps + 1 < bounds.steps.max;
    },
  });
  view.onCleanup(play.stop);
  const plane = surface({ label: "Contours of the loss, and the paths from the start", role: "group" });
  const losses = surface({
    label: "The loss after each step, on a logarithmic axis. The text below gives the figures.",
  });
  let scales = null;
  const inside = (v) => clamp(Math.round(v * 100) / 100, bounds.start.min, bounds.start.max);
  const to = (a, b) => set({ start: [inside(a), inside(b)] });
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
    html("div", { class: "dl-side dl-race" }, plane.element, losses.element),
    legend(Object.values(RACERS)),
  );
  return (width) => {
    const now = read(model);
    parts.eta.set(Math.log10(now.eta));
    parts.kappa.set(Math.log10(now.kappa));
    for (const name of ["alpha", "steps", "batch"]) parts[name].set(now[name]);
    const paths = Object.keys(RACERS).map((name) => ({ name, points: race(name, now) }));
    const size = Math.min(width, 380);
    scales = drawPlane(plane, paths, now.kappa, size, bounds.start);
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
