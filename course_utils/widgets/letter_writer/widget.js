// A trained transformer writes in the page: the distribution of the next letter, and a draw from it.

import { decoded, decoderFrom, tokensOf, visible } from "../kit/decoder.js";
import {
  bounded,
  button,
  html,
  number,
  panel,
  player,
  slider,
  surface,
  svg,
  textInput,
  uniforms,
  widget,
} from "../kit/kit.js";
import { unpacked } from "../kit/net.js";

const SHOWN = 8; // letters with a bar
const MOST = 240; // letters that are written
const BAR = 20; // pixels from bar to bar

/** The network of a model's settings and its packed weights (a DataView). */
export const networkOf = (settings, view) => decoderFrom(settings, unpacked(view));

/** Eq. 16.19: the k largest logits over the temperature through a softmax; at temperature 0 the largest alone. */
export function chancesOf(logits, temperature, k) {
  const order = Array.from(logits, (_, i) => i).sort((a, b) => logits[b] - logits[a] || a - b);
  const chances = new Float64Array(logits.length);
  if (temperature === 0) {
    chances[order[0]] = 1;
    return chances;
  }
  let total = 0;
  for (const i of order.slice(0, k)) {
    chances[i] = Math.exp((logits[i] - logits[order[0]]) / temperature);
    total += chances[i];
  }
  return chances.map((value) => value / total);
}

/** The place where the sum of the chances passes u in 0..1. */
export function drawn(chances, u) {
  let [sum, last] = [0, 0];
  for (let i = 0; i < chances.length; i++) {
    if (chances[i] === 0) continue;
    sum += chances[i];
    last = i;
    if (u < sum) return i;
  }
  return last;
}

/** The logits of the letter behind the last `places` tokens. */
export function nextLogits(net, tokens) {
  const { outputs, places } = net.settings;
  return decoded(net, tokens.slice(-places), { causal: true }).logits.data.slice(-outputs);
}

function read(model, letters) {
  const [text, written] = [String(model.get("text")), String(model.get("written"))];
  if (written.length > MOST)
    throw new Error(`The text has ${written.length} letters behind its start; ${MOST} at most.`);
  return {
    text,
    written,
    tokens: tokensOf(text + written, letters, 1000),
    temperature: bounded(model, "temperature", "The temperature"),
    k: Math.min(bounded(model, "k", "k"), letters.length),
    seed: bounded(model, "seed", "The seed"),
    full: written.length >= MOST,
  };
}

/** Bars for the most probable letters: name, bar, number. */
function drawBars(canvas, chances, letters, width) {
  const top = Array.from(chances, (chance, i) => ({ chance, i }))
    .sort((a, b) => b.chance - a.chance || a.i - b.i)
    .slice(0, SHOWN);
  const [left, right] = [30, 52];
  const scale = Math.max(40, width - left - right);
  canvas.size(width, SHOWN * BAR);
  canvas.paint(
    svg(
      "g",
      { class: "dl-bars" },
      ...top.flatMap(({ chance, i }, row) => [
        svg("text", { class: "dl-name", x: 8, y: row * BAR + 14 }, visible(letters[i])),
        svg("rect", { x: left, y: row * BAR + 3, width: Math.max(0.5, chance * scale), height: BAR - 6 }),
        svg("text", { x: left + chance * scale + 6, y: row * BAR + 14 }, number(chance, 3)),
      ]),
    ),
  );
  return top;
}

export default widget(["text", "written", "temperature", "k", "seed"], ({ model, view, set }) => {
  const letters = String(model.get("letters"));
  const net = networkOf(model.get("settings"), model.get("weights"));
  if (letters.length !== net.settings.outputs)
    throw new Error(`There are ${letters.length} letters for ${net.settings.outputs} logits.`);
  const least = Math.min(60, net.settings.places);
  read(model, letters); // complains at once
  const typed = textInput({
    label: "start",
    read: (text) => {
      tokensOf(text.toLowerCase(), letters, least);
      return text.toLowerCase();
    },
    onChange: (text) => set({ text, written: "" }),
    attributes: { size: 30, maxlength: least },
  });
  const warmth = slider({
    label: "temperature",
    ...model.get("bounds").temperature,
    step: 0.1,
    format: (value) => number(value, 1),
    onInput: (temperature) => set({ temperature }),
  });
  const kept = slider({
    label: "k",
    min: 1,
    max: letters.length,
    step: 1,
    format: String,
    onInput: (k) => set({ k }),
  });
  const write = () => {
    const state = read(model, letters);
    if (state.full) return false;
    const chances = chancesOf(nextLogits(net, state.tokens), state.temperature, state.k);
    const u = uniforms(7919 * state.seed + state.written.length + 1)();
    set({ written: state.written + letters[drawn(chances, u)] });
    return model.get("written").length < MOST;
  };
  const one = button("write a letter", write);
  const play = player({ interval: 60, step: write });
  view.onCleanup(play.stop);
  const again = button("start again", () => {
    play.stop();
    set({ written: "", seed: (model.get("seed") + 1) % 1000 });
  });
  const [given, continued] = [html("span", { class: "dl-given" }), html("span", {})];
  const bars = surface({ label: "Probabilities of the next letter. The text below names the largest ones." });
  view.body.append(
    typed.element,
    html("div", { class: "dl-controls" }, warmth.element, kept.element),
    html("div", { class: "dl-controls" }, one, play.element, again),
    html("div", { class: "dl-written", role: "group", "aria-label": "the text so far" }, given, continued),
    panel("probability of the next letter", bars.element),
  );
  let last = null; // a text that was refused stays in the field with its complaint until another one is taken
  return (width) => {
    const state = read(model, letters);
    if (state.text !== last) typed.set(state.text);
    last = state.text;
    warmth.set(state.temperature);
    kept.set(state.k);
    given.textContent = state.text;
    continued.textContent = state.written;
    one.disabled = state.full;
    const chances = chancesOf(nextLogits(net, state.tokens), state.temperature, state.k);
    const top = drawBars(bars, chances, letters, Math.min(width, 460)).filter(({ chance }) => chance > 0);
    const count = chances.filter((chance) => chance > 0).length;
    view.say(
      `${state.written.length} ${state.written.length === 1 ? "letter" : "letters"} written. Temperature ${number(state.temperature, 1)}, k = ${state.k}: ${count} ${count === 1 ? "letter is" : "letters are"} possible.\n` +
        `Next: ${top
          .slice(0, 3)
          .map(({ chance, i }) => `${visible(letters[i])} ${number(chance, 3)}`)
          .join(", ")}.`,
    );
  };
});
