// Three reverse loops, run in the page with one trained noise predictor.

import {
  bounded,
  clamp,
  finite,
  html,
  normals,
  number,
  panel,
  player,
  slider,
  surface,
  svg,
  widget,
} from "../kit/kit.js";
import { floats, run, unpacked } from "../kit/net.js";
import { legend, plot } from "../kit/plot.js";

const POINTS = 200; // that each loop brings back from noise
const REACH = 2.8;
const SLICE = 24; // milliseconds of work in one frame
const CLIP = 3; // the estimate of x_0 is kept in -CLIP..CLIP
export const LOOPS = ["DDPM", "DDIM", "fresh noise"];

/** The steps t = T ... 0 of a loop: `steps` + 1 of them, evenly spaced, halves to the even number as in torch. */
export function timesOf(T, steps) {
  return Array.from({ length: steps + 1 }, (_, k) => {
    const exact = (T * (steps - k)) / steps;
    const low = Math.floor(exact);
    return exact - low === 0.5 ? low + (low % 2) : Math.round(exact);
  });
}

/** Sines, then cosines of t at width / 2 frequencies from 1 down to 1/10,000. */
export function embeddingOf(t, width) {
  const half = width / 2;
  const angles = Array.from({ length: half }, (_, k) => t * Math.exp((-Math.log(10000) * k) / Math.max(half - 1, 1)));
  return [...angles.map(Math.sin), ...angles.map(Math.cos)];
}

/** Standard deviation of the new noise in a step from t to s; at, as: alpha_bar there. */
export function sigmaOf(loop, at, as, eta) {
  const posterior = Math.sqrt(((1 - as) / (1 - at)) * (1 - at / as));
  if (loop === "fresh noise") return Math.sqrt(1 - as);
  return loop === "DDPM" ? posterior : eta * posterior;
}

/** A function (points, t) -> noise; the points of a row of pairs go through the network at once. */
export function predictorOf(layers, view, width) {
  const weights = unpacked(view);
  return (x, t) => {
    const code = embeddingOf(t, width);
    const n = x.length / 2;
    const data = new Float32Array(n * (2 + width));
    for (let i = 0; i < n; i++) data.set([x[2 * i], x[2 * i + 1], ...code], i * (2 + width));
    const eps = run(layers, weights, [{ data, shape: [n, 2 + width] }]).data;
    if (eps.length !== x.length) throw new Error(`The network gives ${eps.length} numbers for ${n} points.`);
    return eps;
  };
}

/** x_s from x_t: estimate x_0, keep it in range, add the noise that belongs to it and new noise z. */
export function stepOf(x, eps, z, at, as, sd) {
  const keep = Math.sqrt(Math.max(1 - as - sd * sd, 0));
  return Float64Array.from(x, (value, i) => {
    const x0 = clamp((value - Math.sqrt(1 - at) * eps[i]) / Math.sqrt(at), -CLIP, CLIP);
    const noise = (value - Math.sqrt(at) * x0) / Math.sqrt(1 - at);
    return Math.sqrt(as) * x0 + keep * noise + sd * z[i];
  });
}

function meanDistance(x, y) {
  let sum = 0;
  for (let i = 0; i < x.length; i += 2)
    for (let j = 0; j < y.length; j += 2) sum += Math.hypot(x[i] - y[j], x[i + 1] - y[j + 1]);
  return sum;
}

/** The energy distance of two rows of pairs, unbiased. */
export function energyOf(x, y) {
  const [n, m] = [x.length / 2, y.length / 2];
  return (2 * meanDistance(x, y)) / (n * m) - meanDistance(x, x) / (n * (n - 1)) - meanDistance(y, y) / (m * (m - 1));
}

// -- what the model holds -------------------------------------------------------------------------------------

function readFixed(model) {
  const schedule = finite(model.get("schedule"), "The schedule", { least: 3 });
  const real = finite(floats(model.get("frames")), "The list of points", { least: 4 });
  const width = bounded(model, "embedding", "The width of the embedding");
  const predict = predictorOf(model.get("layers"), model.get("weights"), width);
  predict([0, 0], 1); // complains at once
  return { schedule, real, predict, T: schedule.length - 1 };
}

function read(model) {
  const T = model.get("schedule").length - 1;
  const steps = bounded(model, "steps", "The number of steps");
  if (steps > T) throw new Error(`Sampling takes 1 to ${T} steps, since the network was trained with ${T}.`);
  return {
    steps,
    done: Math.min(bounded(model, "done", "The number of steps that are done"), steps),
    eta: bounded(model, "eta", "The eta of DDIM"),
    start: bounded(model, "start", "The start"),
  };
}

const keyOf = ({ steps, eta, start }) => `${steps} ${eta} ${start}`;

function begin(now, T) {
  const noise = normals(2 * POINTS, 1009 * now.start);
  return { key: keyOf(now), times: timesOf(T, now.steps), past: [LOOPS.map(() => noise)] };
}

/** One more step of all three loops. */
function advance(game, now, { schedule, predict }) {
  const k = game.past.length;
  const [t, s] = [game.times[k - 1], game.times[k]];
  const z = normals(2 * POINTS, 1009 * now.start + 7919 * k);
  const eps = (x) => predict(x, t);
  game.past.push(
    game.past[k - 1].map((x, i) => {
      const sd = sigmaOf(LOOPS[i], schedule[t], schedule[s], now.eta);
      return stepOf(x, eps(x), z, schedule[t], schedule[s], sd);
    }),
  );
}

// -- the picture ----------------------------------------------------------------------------------------------

function dots(points, x, y, name) {
  let d = "";
  for (let i = 0; i < points.length; i += 2)
    d += `M${x(clamp(points[i], -REACH, REACH)).toFixed(1)} ${y(clamp(points[i + 1], -REACH, REACH)).toFixed(1)}h0`;
  return svg("path", { class: name, d });
}

function drawPlane(plane, real, points, width) {
  plot(plane, {
    width,
    height: width + 22,
    margin: { left: 26, top: 16, right: 6, bottom: 24 },
    x: { title: "", range: [-REACH, REACH], ticks: 3 },
    y: { title: "", range: [-REACH, REACH], ticks: 3 },
    over: ({ x, y }) => [dots(real, x, y, "dl-real"), dots(points, x, y, "dl-back")],
  });
}

function describe(game, now, real, T) {
  const at = game.times[now.done];
  const energy = LOOPS.map((name, i) => `${name} ${number(Math.max(energyOf(game.past[now.done][i], real), 0), 2)}`);
  return (
    `Step ${now.done} of ${now.steps}, t = ${at} of ${T}; DDIM with η = ${number(now.eta, 1)}, start ${now.start}.\n` +
    `Energy distance to the real points: ${energy.join(", ")} (two real sets of this size: about 0.01).`
  );
}

export default widget(["steps", "done", "eta", "start", "schedule"], ({ model, view, set }) => {
  const fixed = readFixed(model);
  read(model); // complains at once
  const all = (steps) => set({ steps, done: steps });
  const steps = slider({ label: "steps", min: 1, max: fixed.T, step: 1, format: String, onInput: all });
  const done = slider({
    label: "steps done",
    min: 0,
    max: fixed.T,
    step: 1,
    format: String,
    onInput: (value) => set({ done: Math.min(value, read(model).steps) }),
  });
  const eta = slider({
    label: "η of DDIM",
    ...model.get("bounds").eta,
    step: 0.1,
    format: (value) => number(value, 1),
    onInput: (value) => set({ eta: value }),
  });
  const start = slider({
    label: "start",
    ...model.get("bounds").start,
    step: 1,
    format: String,
    onInput: (value) => set({ start: value }),
  });
  const play = player({
    interval: 80,
    step: () => {
      const now = read(model);
      const next = now.done >= now.steps ? 0 : Math.min(now.done + Math.ceil(now.steps / 60), now.steps);
      set({ done: next });
      return next < now.steps;
    },
  });
  view.onCleanup(play.stop);
  const planes = LOOPS.map((name) => surface({ label: `The points of ${name}. The text below gives the figures.` }));
  view.body.append(
    html("div", { class: "dl-controls" }, play.element, steps.element, done.element),
    html("div", { class: "dl-controls" }, eta.element, start.element),
    html("div", { class: "dl-side dl-loops" }, ...LOOPS.map((name, i) => panel(name, planes[i].element))),
    legend([
      { label: "brought back from noise", colour: "blue", shape: "circle" },
      { label: "real", colour: "muted", shape: "circle" },
    ]),
  );
  let game = null;
  return (width) => {
    const now = read(model);
    if (game?.key !== keyOf(now)) game = begin(now, fixed.T);
    const until = performance.now() + SLICE;
    while (game.past.length <= now.done && performance.now() < until) advance(game, now, fixed);
    steps.set(now.steps);
    done.input.max = now.steps;
    done.set(now.done);
    eta.set(now.eta);
    start.set(now.start);
    const shown = Math.min(now.done, game.past.length - 1);
    const side = Math.min(width > 560 ? (width - 48) / 3 : (width - 24) / 2, 280);
    LOOPS.forEach((_, i) => drawPlane(planes[i], fixed.real, game.past[shown][i], side));
    if (shown < now.done) return true;
    view.say(describe(game, now, fixed.real, fixed.T));
  };
});
