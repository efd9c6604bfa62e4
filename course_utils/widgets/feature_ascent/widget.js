// A picture climbs the mean of a channel that the reader picks, by the gradient of a trained network, in the page.
import { bitmap } from "../kit/bitmap.js";
import { bounded, choice, html, number, oneOf, panel, player, slider, surface, widget } from "../kit/kit.js";
import { plot } from "../kit/plot.js";
import {
  climb,
  firstPicture,
  response,
  roughness,
  SIDE,
  shiftOf,
  shuffled,
  smoothed,
  stepped,
  unpacked,
  values,
} from "./ascent.js";

export { climb, roughness, shiftOf, shuffled, smoothed, stepped, unpacked, values };

const CHOICES = {
  start: { label: "start", options: { noise: "noise", photograph: "photograph" } },
  jitter: { label: "jitter", options: { off: "off", on: "on" } },
  steps: { label: "gradient in", options: { pixels: "pixels", fourier: "Fourier" } },
  kind: { label: "weights", options: { trained: "trained", shuffled: "shuffled" } },
};

function read(model) {
  const stages = model.get("stages");
  const at = bounded(model, "stage", "The layer");
  if (!stages[at]) throw new Error(`There is no layer ${at}; there are ${stages.length}.`);
  const { at: last, channels, best, name } = stages[at];
  const channel = Math.min(bounded(model, "channel", "The channel"), channels - 1);
  const chosen = Object.keys(CHOICES).map((key) => [key, oneOf(model, key, `The choice of ${CHOICES[key].label}`)]);
  const [step, tv] = [bounded(model, "step", "The step"), bounded(model, "tv", "The weight of the regulariser")];
  return { at, last, channels, name, channel, best: best[channel], step, tv, ...Object.fromEntries(chosen) };
}

/** The pictures of a climb, one after the other; `until` goes on for some milliseconds and says whether it arrived. */
function climbing(layers, photograph, now) {
  const pictures = [firstPicture(now.start, photograph)];
  const means = [];
  const until = (step, milliseconds) => {
    const end = performance.now() + milliseconds;
    while (pictures.length <= step && performance.now() < end)
      pictures.push(stepped(layers, pictures.at(-1), now, pictures.length - 1));
    while (means.length < pictures.length && performance.now() < end)
      means.push(response(layers, pictures[means.length], now.last, now.channel).mean);
    return means.length > step;
  };
  return { pictures, means, until };
}

function drawMeans(canvas, { means, best, step, most, width }) {
  const shown = means.slice(0, step + 1);
  plot(canvas, {
    width,
    height: 210,
    margin: { left: 46, top: 26, right: 14 },
    x: { title: "step", range: [0, most] },
    y: { title: "mean of the channel", range: rangeOf([...means, best]) },
    lines: [
      { xs: shown.map((_, i) => i), ys: shown, colour: "blue" },
      { xs: [0, most], ys: [best, best], colour: "orange", style: "dashed" },
    ],
  });
}

/** A range with some air above and below. */
function rangeOf(list) {
  const [low, high] = [Math.min(...list), Math.max(...list)];
  const air = 0.08 * (high - low || 1);
  return [low - air, high + air];
}

function describe({ name, channel, step, best, start, kind }, means) {
  const from = start === "noise" ? "noise" : "the photograph";
  const weights = kind === "shuffled" ? ", with shuffled weights" : "";
  const first = `The mean of channel ${channel} behind ${name === "stem" ? "the stem" : name}${weights}: `;
  const climbed =
    step === 0
      ? `${number(means[0])} for ${from}.`
      : `${number(means[step])} after ${step} steps from ${from}, ${number(means[0])} before.`;
  const owner = kind === "shuffled" ? "With the trained weights, the" : "The";
  return `${first}${climbed}\n${owner} largest one on the chapter's photographs is ${number(best)} (dashed).`;
}

/** Controls for what a trait holds: { element, show(now) }. */
function controlsOf(model, set) {
  const { bounds, stages } = { bounds: model.get("bounds"), stages: model.get("stages") };
  const layer = choice({
    label: "layer",
    options: stages.map(({ name }, i) => [i, name]),
    onChange: (stage) => set({ stage }),
  });
  const channel = slider({
    label: "channel",
    min: 0,
    max: 1,
    step: 1,
    format: String,
    onInput: (value) => set({ channel: value }),
  });
  const step = slider({
    label: "step",
    ...bounds.step,
    step: 1,
    format: String,
    onInput: (value) => set({ step: value }),
  });
  const tv = slider({
    label: "total variation λ",
    ...bounds.tv,
    step: 0.05,
    format: (value) => number(value, 2),
    onInput: (value) => set({ tv: value }),
  });
  const picks = Object.entries(CHOICES).map(([key, { label, options }]) => [
    key,
    choice({ label, options: Object.entries(options), onChange: (value) => set({ [key]: value }) }),
  ]);
  const show = (now) => {
    layer.set(now.at);
    channel.input.max = now.channels - 1;
    channel.set(now.channel);
    step.set(now.step);
    tv.set(now.tv);
    for (const [key, pick] of picks) pick.set(now[key]);
  };
  return { layer, channel, step, tv, picks: picks.map(([, { element }]) => element), show };
}

export default widget(
  ["stage", "channel", "step", "start", "tv", "jitter", "steps", "kind"],
  ({ model, view, set }) => {
    const trained = unpacked(model.get("layers"), model.get("weights"));
    const bytes = model.get("frames");
    if (bytes.byteLength !== 3 * SIDE * SIDE) throw new Error("The photograph is damaged; run the cell again.");
    const photograph = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const networks = { trained: () => trained, shuffled: () => shuffled(trained) };
    const controls = controlsOf(model, set);
    const play = player({
      interval: 90,
      step: () => {
        const [step, most] = [model.get("step"), model.get("bounds").step.max];
        set({ step: step < most ? step + 1 : 0 });
        return step + 1 < most;
      },
    });
    const picture = bitmap({ label: "The picture that climbs. The text below says what it has reached." });
    const map = bitmap({ label: "The feature map of the channel for this picture, blue above zero, orange below." });
    const curve = surface({ label: "The mean of the channel against the step. The text below gives the figures." });
    const [shown, under] = [panel("the picture", picture.element), panel("its feature map", map.element)];
    view.body.append(
      html("div", { class: "dl-controls" }, controls.layer.element),
      html("div", { class: "dl-sliders" }, controls.channel.element, controls.tv.element),
      html("div", { class: "dl-controls" }, ...controls.picks),
      html("div", { class: "dl-controls" }, controls.step.element, play.element),
      html("div", { class: "dl-side dl-ascent" }, shown, under, panel("the climb", curve.element)),
    );

    let climbed = null;
    let key = "";
    let timer = null;
    view.onCleanup(() => {
      play.stop();
      clearTimeout(timer);
    });
    const paint = (now, at, arrived, width) => {
      const side = Math.min(width, 256);
      picture.set({ data: climbed.pictures[at], shape: [3, SIDE, SIDE] }, { width: side, height: side });
      shown.querySelector(".dl-caption").textContent = arrived
        ? "the picture"
        : `computing step ${at} of ${now.step}`;
      if (!arrived) return;
      const found = response(climbed.layers, climbed.pictures[at], now.last, now.channel);
      const limit = Math.max(...found.map.map(Math.abs), 1e-6);
      map.set({ data: found.map, shape: found.shape }, { width: 128, height: 128, limit });
      const rest = width > 640 ? Math.max(width - side - 128 - 42, 200) : Math.min(width, 400);
      const most = model.get("bounds").step.max;
      drawMeans(curve, { means: climbed.means, best: now.best, step: now.step, most, width: rest });
      view.say(describe(now, climbed.means));
    };
    const draw = (width) => {
      clearTimeout(timer);
      const now = read(model);
      controls.show(now);
      const wanted = JSON.stringify({ ...now, step: 0 });
      if (wanted !== key) {
        const layers = networks[now.kind]();
        climbed = { layers, ...climbing(layers, photograph, now) };
        key = wanted;
      }
      const arrived = climbed.until(now.step, 30);
      paint(now, Math.min(now.step, climbed.pictures.length - 1), arrived, width);
      if (!arrived) timer = setTimeout(() => draw(Math.floor(view.body.clientWidth)), 0);
    };
    return draw;
  },
);
