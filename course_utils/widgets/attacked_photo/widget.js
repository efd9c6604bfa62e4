// A photograph, changed in the directions that attacks found; a network's answers to the same pictures stand beside it.

import { bitmap } from "../kit/bitmap.js";
import {
  bounded,
  choice,
  clamp,
  finite,
  html,
  inRange,
  number,
  oneOf,
  panel,
  slider,
  surface,
  svg,
  uniforms,
  widget,
} from "../kit/kit.js";

const SEED = 12; // of the random signs
const LARGEST = 256; // the side of a picture, in pixels of the page
const LINE = 38; // height of one answer

/** -1 or 1 for each of `count` bits, the lowest of each byte first. */
export const signsOf = (bytes, count) =>
  Int8Array.from({ length: count }, (_, i) => ((bytes[i >> 3] >> (i & 7)) & 1 ? 1 : -1));

/** Signs -1 or 1 from a seed. */
export function randomSigns(count, seed = SEED) {
  const uniform = uniforms(seed);
  return Int8Array.from({ length: count }, () => (uniform() < 0.5 ? -1 : 1));
}

/** x + size * sign, cut off at 0 and 255. */
export const changed = (pixels, signs, size) =>
  Uint8Array.from(pixels, (value, i) => clamp(value + size * signs[i], 0, 255));

/** Of the change from x to y, in shares of 0..1: its largest value, its Euclidean length, and the PSNR in decibels. */
export function measured(x, y) {
  let [largest, squares] = [0, 0];
  for (let i = 0; i < x.length; i++) {
    const d = Math.abs(y[i] - x[i]) / 255;
    largest = Math.max(largest, d);
    squares += d * d;
  }
  return { largest, length: Math.sqrt(squares), psnr: -10 * Math.log10(squares / x.length) };
}

// -- what the model holds -------------------------------------------------------------------------------------

/** What no control changes. */
function readFixed(model) {
  const [directions, sizes, answers, names] = ["directions", "sizes", "answers", "names"].map((name) =>
    model.get(name),
  );
  const shape = finite(model.get("shape"), "The shape of the picture", { least: 3, most: 3 });
  const count = shape[0] * shape[1] * shape[2];
  const [frames, photo] = [model.get("frames"), inRange(model.get("photo"), "The size of the photograph", 0, 1e6)];
  const all = new Uint8Array(frames.buffer, frames.byteOffset, frames.byteLength);
  const each = Math.ceil(count / 8);
  const fit = directions.length >= 1 && all.length === photo + (directions.length - 1) * each;
  const whole = answers.length === directions.length && answers.every((rows) => rows.length === sizes.length);
  if (!fit || !whole || shape[0] !== 3)
    throw new Error("The photograph, the changes and the answers do not fit; run the cell again.");
  finite(answers.flat(3), "The answers", { most: Infinity });
  const signs = directions.map((_, k) =>
    k < directions.length - 1
      ? signsOf(all.subarray(photo + k * each, photo + (k + 1) * each), count)
      : randomSigns(count),
  );
  return { directions, sizes, answers, names, shape, signs, jpeg: all.slice(0, photo), ...marked(model, answers) };
}

/** The true class, which each answer must hold, and the target; -1 where there is none. */
function marked(model, answers) {
  const [label, target] = [bounded(model, "label", "The true class"), bounded(model, "target", "The target")];
  if (!answers.flat().every((row) => row.some(([c]) => c === label)))
    throw new Error(`The answers do not hold the true class ${label}; run the cell again.`);
  return { label, target };
}

function read(model, { directions, sizes, answers }) {
  const direction = bounded(model, "direction", "The direction");
  if (!(direction in directions))
    throw new Error(`There is no direction ${direction}; there are ${directions.length}, counted from 0.`);
  const at = bounded(model, "at", "The place of ε");
  if (!(at in sizes)) throw new Error(`There is no size ${at}; there are ${sizes.length}, counted from 0.`);
  const enlarged = oneOf(model, "enlarged", "The factor");
  return { direction, at, size: sizes[at], enlarged, answer: answers[direction][at] };
}

/** Calls `done(pixels)` with the bytes of the photograph, channel by channel. */
function decoded(jpeg, [channels, height, width], view, done) {
  const src = URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
  const image = html("img", { alt: "" });
  image.addEventListener("load", () => {
    const canvas = html("canvas", { width, height });
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const area = width * height;
    done(Uint8Array.from({ length: channels * area }, (_, i) => data[4 * (i % area) + Math.floor(i / area)]));
  });
  image.addEventListener("error", () =>
    view.fail(new Error("The photograph cannot be read; run the cell that made this widget again.")),
  );
  image.src = src;
  view.onCleanup(() => URL.revokeObjectURL(src));
}

// -- the pictures ---------------------------------------------------------------------------------------------

const percent = (share) => `${number(100 * share, 1)} %`;
const shortened = (text) => (text.length > 24 ? `${text.slice(0, 23)}…` : text);

function roleOf(c, { label, target }) {
  if (c === label) return " (true)";
  return c === target ? " (target)" : "";
}

function drawAnswers(canvas, fixed, { answer }, width) {
  const full = width - 62;
  canvas.size(width, LINE * answer.length);
  canvas.paint(
    ...answer.map(([c, share], i) => {
      const y = i * LINE;
      const hue = c === fixed.label ? "blue" : c === fixed.target ? "orange" : "muted";
      const name = `${shortened(fixed.names[c] ?? String(c))}${roleOf(c, fixed)}`;
      return svg(
        "g",
        { class: `dl-${hue}` },
        svg("text", { x: 0, y: y + 13, class: i === 0 ? "dl-first" : "" }, name),
        svg("rect", { class: "dl-lane", x: 0.5, y: y + 18, width: full, height: 13, rx: 3 }),
        svg("rect", { class: "dl-chance", x: 0.5, y: y + 18, width: Math.max(0, share * full), height: 13, rx: 3 }),
        svg("text", { x: full + 8, y: y + 29 }, percent(share)),
      );
    }),
  );
}

function describe(fixed, { direction, size, answer }, { largest, length, psnr }) {
  const [[c, share]] = answer;
  const found = `${fixed.directions[direction]}, ε = ${size}/255: ${fixed.names[c]} ${percent(share)}`;
  const truth = answer.find(([k]) => k === fixed.label);
  const rest = c === fixed.label ? "." : `; ${fixed.names[fixed.label]}, the true class, ${percent(truth[1])}.`;
  const far =
    size === 0
      ? "The picture is the photograph itself."
      : `No colour of a pixel changes by more than ${number(255 * largest, 0)}/255; the change has length ${number(length, 2)}, PSNR ${number(psnr, 1)} dB.`;
  const fooled = fixed.sizes.filter((_, k) => fixed.answers[direction][k][0][0] !== fixed.label);
  const others = fooled.length
    ? `Another class comes first at ε = ${fooled.join(", ")} of 255.`
    : "At no ε does another class come first.";
  return `${found}${rest}\n${far} ${others}`;
}

// -- the widget -----------------------------------------------------------------------------------------------

export default widget(["direction", "at", "enlarged"], ({ model, view, set }) => {
  const fixed = readFixed(model);
  read(model, fixed); // complains at once
  const ways = choice({
    label: "direction",
    options: fixed.directions.map((name, k) => [k, name]),
    onChange: (direction) => set({ direction }),
  });
  const epsilon = slider({
    label: "ε",
    min: 0,
    max: fixed.sizes.length - 1,
    step: 1,
    format: (at) => `${fixed.sizes[at]}/255`,
    onInput: (at) => set({ at }),
  });
  const factors = choice({
    label: "change enlarged",
    options: model.get("bounds").enlarged.values.map((factor) => [factor, `× ${factor}`]),
    onChange: (enlarged) => set({ enlarged }),
  });
  const picture = bitmap({ label: "The changed photograph. The text below says what the network takes it for." });
  const change = bitmap({ label: "The change, enlarged, on grey" });
  const bars = surface({ label: "The network's answers. The text below gives the first." });
  const changePanel = panel("the change", change.element);
  view.body.append(
    ways.element,
    html("div", { class: "dl-controls" }, epsilon.element, factors.element),
    html(
      "div",
      { class: "dl-side dl-attacked" },
      panel("the picture", picture.element),
      changePanel,
      panel("the network's answers", bars.element),
    ),
  );
  let [pixels, wide] = [null, 0];
  const draw = (width) => {
    wide = width;
    const now = read(model, fixed);
    ways.set(now.direction);
    epsilon.set(now.at);
    factors.set(now.enlarged);
    if (!pixels) return;
    const attacked = changed(pixels, fixed.signs[now.direction], now.size);
    const difference = Uint8Array.from(attacked, (value, i) =>
      clamp(128 + now.enlarged * (value - pixels[i]), 0, 255),
    );
    const [, height, columns] = fixed.shape;
    const side = Math.floor(Math.min(width > 700 ? (width - 40) / 3 : (width - 20) / 2, LARGEST));
    const scale = side / Math.max(height, columns);
    const place = { width: columns * scale, height: height * scale, scale: "grey" };
    picture.set({ data: attacked, shape: fixed.shape }, place);
    change.set({ data: difference, shape: fixed.shape }, place);
    changePanel.querySelector(".dl-caption").textContent = `the change × ${now.enlarged}`;
    drawAnswers(bars, fixed, now, width > 700 ? width - 2 * side - 42 : Math.min(width, 420));
    view.say(describe(fixed, now, measured(pixels, attacked)));
  };
  decoded(fixed.jpeg, fixed.shape, view, (bytes) => {
    pixels = bytes;
    if (wide) draw(wide);
  });
  return draw;
});
