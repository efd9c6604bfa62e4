// The gates of a trained letter LSTM, letter by letter, on a word that is typed in.
import { affineMap, softmaxInPlace } from "../kit/arrays.js";
import { bitmap, stack } from "../kit/bitmap.js";
import { bounded, choice, html, number, oneOf, slider, surface, svg, textInput, widget } from "../kit/kit.js";
import { unpacked } from "../kit/net.js";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const LONGEST = 16;
const logistic = (value) => 1 / (1 + Math.exp(-value));

// What is drawn: its name among the values of a step, its words, and whether it lies in 0..1.
const SHOWN = {
  forget: { label: "forget gate", gate: true, says: "1 keeps the cell state, 0 erases it" },
  input: { label: "input gate", gate: true, says: "1 lets the candidate in" },
  output: { label: "output gate", gate: true, says: "1 shows the cell state" },
  candidate: { label: "candidate", gate: false, says: "blue above zero, orange below" },
  cell: { label: "cell state", gate: false, says: "blue above zero, orange below" },
};

/** The word as letters that the network knows, or an Error with one sentence. */
export function readable(text) {
  const word = text.trim().toLowerCase();
  if (!word) throw new Error("The word is empty: type one letter at least.");
  const unknown = [...word].find((letter) => !LETTERS.includes(letter));
  if (unknown) throw new Error(`The letter ${unknown} is not known: type letters of a to z.`);
  if (word.length > LONGEST) throw new Error(`The word has ${word.length} letters; at most ${LONGEST} are shown.`);
  return word;
}

/**
 * What the LSTM does at each step, START first: [{input, forget, candidate, output, cell, hidden, next}], each a list
 * over the units; `next` are the probabilities of END and the letters.
 */
export function read(weights, { tokens, features, hidden: k }, word) {
  let used = 0;
  const take = (count) => {
    used += count;
    return weights.subarray(used - count, used);
  };
  const table = take(tokens * features);
  const [W, U, b, c] = [4 * k * features, 4 * k * k, 4 * k, 4 * k].map(take);
  const [V, d] = [take(tokens * k), take(tokens)];
  if (d.length !== tokens || used !== weights.length) throw new Error("The network's weights do not fit its layers.");
  const steps = [];
  let [hidden, cell] = [new Float32Array(k), new Float32Array(k)];
  for (const token of [0, ...[...word].map((letter) => 1 + LETTERS.indexOf(letter))]) {
    const x = { data: table.subarray(token * features, (token + 1) * features), shape: [features] };
    const fromState = affineMap({ data: hidden, shape: [k] }, U, c).data;
    const sums = affineMap(x, W, b).data.map((value, i) => value + fromState[i]);
    const [input, forget] = [sums.slice(0, k).map(logistic), sums.slice(k, 2 * k).map(logistic)];
    const [candidate, output] = [sums.slice(2 * k, 3 * k).map(Math.tanh), sums.slice(3 * k).map(logistic)];
    cell = cell.map((old, i) => forget[i] * old + input[i] * candidate[i]);
    hidden = cell.map((value, i) => output[i] * Math.tanh(value));
    const next = affineMap({ data: hidden, shape: [k] }, V, d).data;
    softmaxInPlace(next, 0, tokens, 1);
    steps.push({ input, forget, candidate, output, cell, hidden, next });
  }
  return steps;
}

// -- the picture --------------------------------------------------------------------------------------------

const [LEFT, TOP] = [52, 26];
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const fixed = (value) => value.toFixed(2).replace("-", "−"); // no powers of ten: they are too long here
const nameOf = (token) => (token === 0 ? "END" : LETTERS[token - 1]);

/** The three most probable tokens that follow: [token, probability]. */
export function likely(next) {
  return Array.from(next, (p, token) => [token, p])
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3);
}

function draw(picture, canvas, steps, word, shown, step, width) {
  const k = steps[0].cell.length;
  const [across, down] = [Math.min(44, (width - LEFT - 2) / steps.length), Math.min(9, 288 / k)];
  const [w, h, narrow] = [across * steps.length, down * k, across < 34]; // then the text below gives the mean
  const data = new Float32Array(k * steps.length);
  steps.forEach((one, t) => one[shown].forEach((value, i) => (data[i * steps.length + t] = value)));
  const limit = SHOWN[shown].gate ? 1 : Math.max(...data.map(Math.abs), 1e-6);
  picture.set({ data, shape: [k, steps.length] }, { width: w, height: h, left: LEFT, top: TOP, limit });
  canvas.size(width, TOP + h + 62);
  const centre = (t) => LEFT + (t + 0.5) * across;
  const label = (t, y, text, attributes = {}) =>
    svg("text", { x: centre(t), y, "text-anchor": "middle", ...attributes }, text);
  canvas.paint(
    svg("rect", { x: LEFT, y: TOP, width: w, height: h, class: "dl-grid-lines" }),
    svg("rect", { x: LEFT + step * across, y: TOP - 20, width: across, height: h + 78, class: "dl-reading" }),
    svg("text", { x: 0, y: TOP + 12 }, "unit 1"),
    svg("text", { x: 0, y: TOP + h - 2 }, `unit ${k}`),
    svg("text", { x: 0, y: TOP + h + 20 }, narrow ? "" : "mean"),
    svg("text", { x: 0, y: TOP + h + 44 }, "expects"),
    ...steps.flatMap((one, t) => [
      label(t, TOP - 7, t === 0 ? "▸" : word[t - 1]),
      label(t, TOP + h + 20, narrow ? "" : fixed(mean(one[shown]))),
      label(t, TOP + h + 44, likely(one.next)[0][0] === 0 && narrow ? "◂" : nameOf(likely(one.next)[0][0])),
    ]),
  );
}

function describe(steps, word, shown, step) {
  const { label, says } = SHOWN[shown];
  const so = step === 0 ? "At START" : `After “${word.slice(0, step)}”`;
  const expected = likely(steps[step].next).map(([token, p]) => `${nameOf(token)} ${number(p, 2)}`);
  return (
    `${so}: mean of the ${label} ${number(mean(steps[step][shown]), 2)} (${says}). ` +
    `The network expects next: ${expected.join(", ")}.`
  );
}

export default widget(["word", "shown", "step", "weights", "sizes"], ({ model, view, set }) => {
  const weights = unpacked(model.get("weights"));
  const field = textInput({
    label: "word",
    read: readable,
    onChange: (word) => set({ word, step: word.length }),
    attributes: { maxlength: 40, size: 18, autocapitalize: "none", spellcheck: "false" },
  });
  const shown = choice({
    label: "draw the",
    options: Object.entries(SHOWN).map(([name, { label }]) => [name, label]),
    onChange: (value) => set({ shown: value }),
  });
  const place = slider({
    label: "read so far",
    min: 0,
    max: LONGEST,
    step: 1,
    format: (n) => (n === 1 ? "1 letter" : `${n} letters`),
    onInput: (step) => set({ step }),
  });
  let last = null;
  const picture = bitmap();
  const canvas = surface({
    label:
      "A column for each letter and a row for each unit of the LSTM. The text below gives the figures of one letter.",
  });
  view.body.append(
    html("div", { class: "dl-controls" }, field.element, place.element),
    html("div", { class: "dl-controls" }, shown.element),
    stack(picture, canvas),
  );
  return (width) => {
    const word = readable(String(model.get("word")));
    const what = oneOf(model, "shown", "What is drawn,");
    const step = Math.min(bounded(model, "step", "The number of letters"), word.length);
    const steps = read(weights, model.get("sizes"), word);
    place.input.max = word.length;
    if (word !== last) field.set(word); // a complaint stays until another word is read
    last = word;
    place.set(step);
    shown.set(what);
    draw(picture, canvas, steps, word, what, step, width);
    view.say(describe(steps, word, what, step));
  };
});
