// The forward process: one example and one noise, mixed as the schedule says.

import { bitmap } from "../kit/bitmap.js";
import {
  bounded,
  button,
  choice,
  clamp,
  finite,
  html,
  normals,
  number,
  oneOf,
  panel,
  player,
  slider,
  surface,
  svg,
  widget,
} from "../kit/kit.js";
import { floats } from "../kit/net.js";
import { legend, plot } from "../kit/plot.js";

const REACH = 3.2; // the plane shows -REACH to REACH

/** The share of the signal's variance after t = 0..T steps. */
export function alphaBar(schedule, T) {
  const values = [1];
  const f = (t) => Math.cos((((t / T + 0.008) / 1.008) * Math.PI) / 2) ** 2;
  for (let t = 1; t <= T; t++) {
    const line = (0.1 + ((Math.min(20, 0.999 * T) - 0.1) * (t - 1)) / (T - 1)) / T;
    const beta = schedule === "linear" ? line : Math.min(1 - f(t) / f(t - 1), 0.999);
    values.push(values[t - 1] * (1 - beta));
  }
  return values;
}

/** x_t from x_0 and noise, number by number. */
export const mixed = (x0, noise, share) =>
  Float64Array.from(x0, (value, i) => Math.sqrt(share) * value + Math.sqrt(1 - share) * noise[i]);

function readFixed(model) {
  const size = finite(model.get("size"), "The size of the picture", { least: 3, most: 3 });
  const pixels = size[0] * size[1] * size[2];
  const values = finite(floats(model.get("frames")), "The picture and the points", { least: 4, most: 20000 });
  if (values.length < pixels + 2 || (values.length - pixels) % 2)
    throw new Error(`${values.length} values do not fit a picture of ${size.join(" × ")} and pairs.`);
  const picture = Float64Array.from(values.slice(0, pixels), (value) => 2 * value - 1);
  return { size, picture, points: values.slice(pixels) };
}

function read(model) {
  const steps = bounded(model, "steps", "The number of steps");
  const step = bounded(model, "step", "The step");
  if (step > steps) throw new Error(`The step ${step} must lie between 0 and ${steps}.`);
  return {
    steps,
    step,
    schedule: oneOf(model, "schedule", "The schedule"),
    draw: bounded(model, "draw", "The number of the draw"),
  };
}

function drawPlane(plane, points, width) {
  plot(plane, {
    width,
    height: width + 22,
    margin: { left: 30, top: 22, right: 8, bottom: 38 },
    x: { title: "x₁", range: [-REACH, REACH] },
    y: { title: "x₂", range: [-REACH, REACH] },
    over: ({ x, y }) => {
      let d = "";
      for (let i = 0; i < points.length; i += 2)
        d += `M${x(clamp(points[i], -REACH, REACH)).toFixed(1)} ${y(clamp(points[i + 1], -REACH, REACH)).toFixed(1)}h0`;
      return [svg("path", { class: "dl-noisy", d })];
    },
  });
}

function drawSchedules(canvas, now, width) {
  const xs = Array.from({ length: now.steps + 1 }, (_, t) => t);
  plot(canvas, {
    width,
    height: 190,
    x: { title: "t", range: [0, now.steps], ticks: 4 },
    y: { title: "ᾱ", range: [0, 1], ticks: 4 },
    lines: [
      { xs, ys: alphaBar("cosine", now.steps), colour: "blue", style: now.schedule === "cosine" ? "" : "dashed" },
      { xs, ys: alphaBar("linear", now.steps), colour: "orange", style: now.schedule === "linear" ? "" : "dashed" },
    ],
    over: ({ x, y }) => [
      svg("circle", {
        class: "dl-instant",
        cx: x(now.step),
        cy: y(alphaBar(now.schedule, now.steps)[now.step]),
        r: 6,
      }),
    ],
  });
}

function describe({ step, steps, schedule, draw }, share) {
  const ratio = step === 0 ? "without limit" : number(share / (1 - share), 4);
  return (
    `t = ${step} of ${steps}, ${schedule} schedule: ᾱ = ${number(share, 4)}, signal-to-noise ratio ${ratio}.\n` +
    `x_t = ${number(Math.sqrt(share), 3)} x_0 + ${number(Math.sqrt(1 - share), 3)} ε, noise number ${draw}.`
  );
}

export default widget(["step", "steps", "schedule", "draw"], ({ model, view, set }) => {
  const fixed = readFixed(model);
  const { steps } = read(model); // complains at once
  const time = slider({
    label: "step t",
    min: 0,
    max: steps,
    step: 1,
    format: String,
    onInput: (step) => set({ step }),
  });
  const kinds = choice({
    label: "schedule",
    options: model.get("bounds").schedule.values.map((name) => [name, name]),
    onChange: (schedule) => set({ schedule }),
  });
  const play = player({
    interval: 60,
    step: () => {
      const now = read(model);
      const step =
        now.step >= now.steps ? 0 : Math.min(now.step + Math.max(1, Math.round(now.steps / 100)), now.steps);
      set({ step });
      return step < now.steps;
    },
  });
  view.onCleanup(play.stop);
  const fresh = button("new noise", () => set({ draw: (read(model).draw % 1_000_000) + 1 }));
  const parts = {
    picture: bitmap({ label: "The picture at step t. The text below gives the figures." }),
    plane: surface({ label: "The points at step t" }),
    schedules: surface({ label: "ᾱ of both schedules over t, with the step marked" }),
  };
  view.body.append(
    html("div", { class: "dl-controls" }, play.element, time.element),
    html("div", { class: "dl-controls" }, kinds.element, fresh),
    html(
      "div",
      { class: "dl-side dl-forward" },
      panel("a picture: −1 is black", parts.picture.element),
      panel("points", parts.plane.element),
      panel(
        "the signal's share of the variance",
        parts.schedules.element,
        legend([
          { label: "cosine", colour: "blue" },
          { label: "linear", colour: "orange" },
        ]),
      ),
    ),
  );
  return (width) => {
    const now = read(model);
    time.set(now.step);
    kinds.set(now.schedule);
    const share = alphaBar(now.schedule, now.steps)[now.step];
    const noise = normals(fixed.picture.length + fixed.points.length, 7919 * now.draw);
    const picture = mixed(fixed.picture, noise, share).map((value) => clamp((value + 1) / 2, 0, 1));
    const points = mixed(fixed.points, noise.subarray(fixed.picture.length), share);
    const side = width > 620 ? Math.min((width - 48) / 3, 280) : Math.min(width, 250);
    const [, rows, columns] = fixed.size;
    const scale = Math.min(side, 220) / Math.max(rows, columns);
    parts.picture.set(
      { data: picture, shape: fixed.size },
      { width: columns * scale, height: rows * scale, scale: "grey" },
    );
    drawPlane(parts.plane, points, side);
    drawSchedules(parts.schedules, now, side);
    view.say(describe(now, share));
  };
});
