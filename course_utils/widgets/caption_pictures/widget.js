// A caption of a few words, chosen or typed, and the pictures that a model drew for it when the notebook ran.
import { bounded, choice, finite, html, inRange, panel, slider, textInput, widget } from "../kit/kit.js";
import { decoded } from "../kit/sheet.js";

const ARTICLES = ["a", "an", "the"];
const leftOut = (word) => word.startsWith("any ");

/** The number of the caption with these words, counted with the last kind fastest. */
export const captionAt = (picked, kinds) => picked.reduce((at, place, k) => at * kinds[k].values.length + place, 0);

/** "a large red ring"; a word that is left out does not stand in it. */
export function written(picked, kinds) {
  const words = picked.map((place, k) => kinds[k].values[place]).filter((word) => !leftOut(word));
  return ["a", ...words].join(" ");
}

const among = (words) => words.filter((word) => !leftOut(word)).join(", ");

/** The place of a word of each kind in a typed caption, or an Error whose sentence says what is wrong. */
export function understood(text, kinds) {
  const words = text
    .toLowerCase()
    .split(/[\s.,!]+/)
    .filter((word) => word && !ARTICLES.includes(word));
  const places = kinds.map(({ values }) => values.findIndex(leftOut));
  const named = kinds.map(() => false);
  for (const word of words) {
    const k = kinds.findIndex(({ values }) => values.includes(word));
    if (k < 0)
      throw new Error(
        `“${word}” is not among the words that the model knows: ${among(kinds.flatMap(({ values }) => values))}.`,
      );
    if (named[k]) throw new Error(`The caption names two of ${among(kinds[k].values)}.`);
    named[k] = true;
    places[k] = kinds[k].values.indexOf(word);
  }
  const missing = places.findIndex((place) => place < 0);
  if (missing >= 0) throw new Error(`Name one of ${among(kinds[missing].values)}.`);
  return places;
}

function read(model) {
  const kinds = model.get("kinds");
  if (!kinds.length || kinds.some(({ values }) => !values.length)) throw new Error("Each kind needs a word.");
  const picked = finite(model.get("picked"), "The picked words", { least: kinds.length, most: kinds.length });
  if (picked.some((at, k) => !Number.isInteger(at) || at < 0 || at >= kinds[k].values.length))
    throw new Error("A picked word lies outside its list.");
  const guidance = finite(model.get("guidance"), "The values of w", { least: 1 });
  const level = inRange(model.get("level"), "The number of w", 0, guidance.length - 1);
  const draws = bounded(model, "draws", "The number of draws");
  const size = finite(model.get("size"), "The pictures' size", { least: 2, most: 2 });
  if (size.some((length) => length < 1)) throw new Error("There is no picture to show.");
  const captions = kinds.reduce((count, { values }) => count * values.length, 1);
  const count = captions * guidance.length * draws;
  if (model.get("right").length !== count) throw new Error(`There are not ${count} judgements on the pictures.`);
  const caption = captionAt(picked, kinds);
  const first = (caption * guidance.length + level) * draws;
  return { kinds, picked, guidance, level, draws, size, count, caption, first, text: written(picked, kinds) };
}

function paint(canvas, image, side, [height, width]) {
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  const high = Math.round((side * height) / width);
  Object.assign(canvas, { width: Math.round(side * scale), height: Math.round(high * scale) });
  Object.assign(canvas.style, { width: `${side}px`, height: `${high}px` });
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  if (image) context.drawImage(image, 0, 0, canvas.width, canvas.height);
}

function describe(now, right, unseen) {
  const yes = right.slice(now.first, now.first + now.draws).filter(Boolean).length;
  const known = unseen.includes(now.caption)
    ? "No training picture has this combination of words."
    : "Training pictures have this combination of words.";
  return `${now.text}, w = ${now.guidance[now.level]}: the examiner finds all its words in ${yes} of ${now.draws} pictures.\n${known}`;
}

export default widget(["picked", "level"], ({ model, view, set }) => {
  const { kinds, guidance, draws, count, size } = read(model); // complains at once
  const [right, unseen] = ["right", "unseen"].map((name) => model.get(name));
  const replaced = (k, place) => model.get("picked").map((old, i) => (i === k ? place : old));
  const lists = kinds.map(({ name, values }, k) =>
    choice({
      label: name,
      options: values.map((word, place) => [place, word]),
      onChange: (place) => set({ picked: replaced(k, place) }),
    }),
  );
  const level = slider({
    label: "guidance w",
    min: 0,
    max: guidance.length - 1,
    step: 1,
    format: (place) => String(guidance[place]),
    onInput: (place) => set({ level: place }),
  });
  const typed = textInput({
    label: "or type a caption",
    read: (text) => understood(text, kinds),
    onChange: (picked) => set({ picked }),
  });
  const tiles = Array.from({ length: draws }, (_, n) => {
    const canvas = html("canvas", { class: "dl-bitmap", role: "img" });
    return { canvas, label: html("p", { class: "dl-caption" }), n };
  });
  const shown = html(
    "div",
    { class: "dl-side dl-drawn" },
    ...tiles.map(({ canvas, label }) => html("div", {}, canvas, label)),
  );
  view.body.append(
    html("div", { class: "dl-caption-words" }, ...lists.map(({ element }) => element), level.element),
    typed.element,
    panel("pictures from different noise", shown),
  );
  let images = [];
  let broken = null;
  let last = "";
  const draw = (width) => {
    if (broken) throw broken;
    const now = read(model);
    lists.forEach((list, k) => list.set(now.picked[k]));
    level.set(now.level);
    if (now.text !== last) typed.set(now.text);
    last = now.text;
    const across = width < 480 ? Math.ceil(draws / 2) : draws;
    const side = Math.max(28, Math.min(112, Math.floor(width / across) - 16));
    for (const { canvas, label, n } of tiles) {
      const yes = right[now.first + n];
      paint(canvas, images[now.first + n], side, size);
      canvas.setAttribute("aria-label", `${now.text}, picture ${n + 1}`);
      label.textContent = yes ? "✓ all words" : "✗ not all";
    }
    view.say(describe(now, right, unseen));
  };
  decoded(model.get("frames"), count, guidance.length * draws, size)
    .then((found) => {
      images = found;
      if (view.body.clientWidth) draw(Math.floor(view.body.clientWidth));
    })
    .catch((problem) => {
      broken = problem;
      view.fail(problem);
    });
  return draw;
});
