// The attention weights of one head of a trained transformer, as a map over a typed text.

import { bitmap, stack } from "../kit/bitmap.js";
import { decoded, decoderFrom, tokensOf, visible } from "../kit/decoder.js";
import {
  bounded,
  choice,
  clamp,
  drag,
  html,
  keepTouch,
  number,
  slider,
  surface,
  svg,
  textInput,
  widget,
} from "../kit/kit.js";
import { unpacked } from "../kit/net.js";

const MARGIN = 24; // pixels for the letters beside and above the map

/** The network of a model's settings and its packed weights (a DataView). */
export const networkOf = (settings, view) => decoderFrom(settings, unpacked(view));

/** The pass of a text: { logits, maps }. */
export const passOf = (net, text, letters, options) =>
  decoded(net, tokensOf(text, letters, net.settings.places), options);

/** Row `row` of a map [n, n]: the places with the largest weights, the largest first. */
export function strongest(map, n, row, count) {
  const weights = Array.from({ length: n }, (_, u) => ({ u, weight: map[row * n + u] }));
  return weights.sort((a, b) => b.weight - a.weight || a.u - b.u).slice(0, count);
}

/** The entropy of a row in bits: log2 of the number of places that equal weights would need. */
export function entropy(map, n, row) {
  let sum = 0;
  for (let u = 0; u < n; u++) {
    const weight = map[row * n + u];
    if (weight > 0) sum -= weight * Math.log2(weight);
  }
  return sum;
}

function read(model, { settings, letters }) {
  const most = Math.min(model.get("bounds").row.max, settings.places);
  const text = String(model.get("text"));
  const state = {
    text,
    tokens: tokensOf(text, letters, most),
    layer: bounded(model, "layer", "The layer"),
    head: bounded(model, "head", "The head"),
    temperature: bounded(model, "temperature", "The temperature"),
    row: Math.min(bounded(model, "row", "The row"), text.length) - 1,
    causal: Boolean(model.get("causal")),
  };
  if (state.layer > settings.layers)
    throw new Error(`There is no layer ${state.layer}; there are ${settings.layers}.`);
  if (state.head > settings.heads) throw new Error(`There is no head ${state.head}; there are ${settings.heads}.`);
  return state;
}

function describe({ text, row, causal, temperature, layer, head }, map) {
  const n = text.length;
  const named = ({ u, weight }) => `${visible(text[u])} at place ${u + 1}: ${number(weight, 2)}`;
  const most = strongest(map, n, row, 3).filter(({ weight }) => weight > 0.005);
  return (
    `Layer ${layer}, head ${head}, ${causal ? "with" : "without"} the causal mask, temperature ${number(temperature, 1)}. ` +
    `Row ${row + 1}, the letter ${visible(text[row])}, attends most to ${most.map(named).join("; ")}.\n` +
    `Entropy of the row ${number(entropy(map, n, row), 2)} bits; equal weights on ${causal ? row + 1 : n} ${causal && row === 0 ? "place" : "places"} would have ${number(Math.log2(causal ? row + 1 : n), 2)}.`
  );
}

export default widget(["text", "layer", "head", "causal", "temperature", "row"], ({ model, view, set }) => {
  const [settings, letters] = [model.get("settings"), String(model.get("letters"))];
  const net = networkOf(settings, model.get("weights"));
  const fixed = { settings, letters };
  read(model, fixed); // complains at once
  const most = Math.min(model.get("bounds").row.max, settings.places);
  const typed = textInput({
    label: "text",
    read: (text) => {
      tokensOf(text.toLowerCase(), letters, most);
      return text.toLowerCase();
    },
    onChange: (text) => set({ text, row: text.length }),
    attributes: { size: most, maxlength: most },
  });
  const numbered = (count) => Array.from({ length: count }, (_, i) => [i + 1, String(i + 1)]);
  const layers = choice({ label: "layer", options: numbered(settings.layers), onChange: (layer) => set({ layer }) });
  const heads = choice({ label: "head", options: numbered(settings.heads), onChange: (head) => set({ head }) });
  const mask = choice({
    label: "mask",
    options: [
      [true, "causal"],
      [false, "none"],
    ],
    onChange: (causal) => set({ causal }),
  });
  const warmth = slider({
    label: "temperature",
    ...model.get("bounds").temperature,
    step: 0.1,
    format: (value) => number(value, 1),
    onInput: (temperature) => set({ temperature }),
  });
  const rows = slider({
    label: "row",
    min: 1,
    max: most,
    step: 1,
    format: String,
    onInput: (row) => set({ row: Math.min(row, model.get("text").length) }),
  });
  const under = bitmap();
  const canvas = surface({
    label:
      "Attention weights: a row for each letter that attends, a column for each it attends to. The text below describes the chosen row.",
  });
  canvas.element.classList.add("dl-attention");
  keepTouch(canvas.element);
  let cell = 10;
  drag(canvas.element, canvas.element, (_, y) => {
    const row = clamp(Math.floor((y - MARGIN) / cell) + 1, 1, model.get("text").length);
    if (row !== model.get("row")) set({ row });
  });
  view.body.append(
    typed.element,
    html("div", { class: "dl-controls" }, layers.element, heads.element, mask.element),
    html("div", { class: "dl-controls" }, warmth.element, rows.element),
    stack(under, canvas),
  );
  let shown = { key: "", maps: null };
  let last = null; // a text that was refused stays in the field with its complaint until another one is taken
  return (width) => {
    const state = read(model, fixed);
    const n = state.text.length;
    const key = JSON.stringify([state.text, state.causal, state.temperature]);
    if (shown.key !== key) shown = { key, maps: decoded(net, state.tokens, state).maps };
    const map = shown.maps[state.layer - 1][state.head - 1];
    if (state.text !== last) typed.set(state.text);
    last = state.text;
    layers.set(state.layer);
    heads.set(state.head);
    mask.set(state.causal);
    warmth.set(state.temperature);
    fillMax(rows.input, n);
    rows.set(state.row + 1);
    cell = Math.min(30, (Math.min(width, 460) - MARGIN - 2) / n);
    const side = cell * n;
    under.set({ data: map, shape: [n, n] }, { width: side, height: side, left: MARGIN, top: MARGIN, limit: 1 });
    canvas.size(MARGIN + side + 2, MARGIN + side + 2);
    const letter = (c, x, y) => svg("text", { x, y }, visible(c));
    const at = (i) => MARGIN + cell * (i + 0.5);
    canvas.paint(
      svg("rect", { class: "dl-attention-frame", x: MARGIN, y: MARGIN, width: side, height: side }),
      ...Array.from(state.text, (c, i) => letter(c, at(i), MARGIN / 2)),
      ...Array.from(state.text, (c, i) => letter(c, MARGIN / 2, at(i))),
      svg("rect", { class: "dl-attention-row", x: MARGIN, y: MARGIN + cell * state.row, width: side, height: cell }),
    );
    view.say(describe(state, map));
  };
});

function fillMax(input, max) {
  input.max = max;
}
