// A map of word vectors: the neighbours of a word by the cosine of whole vectors, and all words in a plane.

import { clamp, drag, finite, html, keepTouch, panel, surface, svg, textInput, widget } from "../kit/kit.js";
import { floats } from "../kit/net.js";
import { legend, marker, plot } from "../kit/plot.js";

const LISTED = 8; // neighbours in the list
const LINE = 26; // its height for each of them
const SIGNS = [
  { colour: "blue", shape: "circle" },
  { colour: "orange", shape: "square" },
  { colour: "green", shape: "triangle" },
  { colour: "purple", shape: "diamond" },
  { colour: "orange", shape: "triangle" },
  { colour: "blue", shape: "diamond" },
];
const rounded = (cosine) => (Math.round(100 * cosine) / 100 || 0).toFixed(2).replace("-", "−"); // no powers of ten
const OTHER = { colour: "muted", shape: "circle" };

/** All other words by falling cosine: [{ i, cosine }]. `vectors` are of length one, d numbers for each word. */
export function byCosine(vectors, d, chosen) {
  const cosine = (i) => {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += vectors[i * d + k] * vectors[chosen * d + k];
    return sum;
  };
  const others = Array.from({ length: vectors.length / d }, (_, i) => i).filter((i) => i !== chosen);
  return others.map((i) => ({ i, cosine: cosine(i) })).sort((a, b) => b.cosine - a.cosine);
}

const apart = ([x, y, w, h], [p, q, v, u]) => x + w < p || p + v < x || y + h < q || q + u < y;

/** The labels that fit: [word, box] in the order of `wanted`, each over no label before it and over no other mark.
 * `places[i]` are the boxes at which word i may be labelled, the best first; the first word always gets a label. */
export function labelled(wanted, places, marks) {
  const placed = [];
  for (const i of wanted) {
    const free = (box) =>
      placed.every(([, other]) => apart(box, other)) && marks.every((mark, k) => k === i || apart(box, mark));
    const box = places[i].find(free) ?? (placed.length ? null : places[i][0]);
    if (box) placed.push([i, box]);
  }
  return placed;
}

/** The word that is meant by a text, or an Error that names words which begin alike. */
export function meant(text, words) {
  const asked = text.trim().toLowerCase();
  if (!asked) throw new Error("The field is empty; type a word.");
  if (words.includes(asked)) return asked;
  const alike = words.filter((word) => word[0] === asked[0]).slice(0, 6);
  const also = alike.length ? ` Words with ${asked[0]}: ${alike.join(", ")}.` : "";
  throw new Error(`“${asked}” is not in the vocabulary of ${words.length} words.${also}`);
}

// -- what the model holds -------------------------------------------------------------------------------------

function readFixed(model) {
  const [words, groups, member] = [model.get("words"), model.get("groups"), model.get("member")];
  if (words.length < 3) throw new Error(`There are ${words.length} words; the map needs 3.`);
  const vectors = finite(floats(model.get("weights")), "The list of vectors", { most: Infinity });
  const places = finite(floats(model.get("frames")), "The list of places");
  const d = vectors.length / words.length;
  if (!Number.isInteger(d) || places.length !== 2 * words.length || member.length !== words.length)
    throw new Error("The vectors do not fit the words; run the cell again.");
  const shares = finite(model.get("shares"), "The shares of the variance", { least: 2, most: 2 });
  return { words, groups, vectors, places, d, shares, sign: (i) => SIGNS[member[i]] ?? OTHER };
}

function read(model, { words }) {
  const chosen = words.indexOf(model.get("word"));
  if (chosen < 0) throw new Error(`The word ${model.get("word")} is not in the vocabulary.`);
  return { chosen };
}

// -- the pictures ---------------------------------------------------------------------------------------------

function rangeOf(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.08 * (high - low || 1);
  return [low - room, high + room];
}

function drawMap(canvas, { words, places, shares, sign }, { chosen }, near, width) {
  const at = (axis) => words.map((_, i) => places[2 * i + axis]);
  const [xs, ys] = [at(0), at(1)];
  const percent = (k) => `component ${k + 1} (${Math.round(100 * shares[k])} % of the variance)`;
  return plot(canvas, {
    width,
    height: Math.min(width, 400),
    margin: { left: 36, right: 10 },
    x: { title: percent(0), range: rangeOf(xs), ticks: 4 },
    y: { title: percent(1), range: rangeOf(ys), ticks: 4 },
    over: ({ x, y, box }) => {
      const listed = near.slice(0, LISTED).map(({ i }) => i);
      const places = words.map((word, i) => {
        const [letter, away] = i === chosen ? [8, 12] : [6.5, 6]; // pixels: the width of one, the space to the mark
        const [long, px, py] = [letter * word.length, x(xs[i]), y(ys[i])];
        const [right, left, middle] = [px + away, px - away - long, px - long / 2];
        const level = [py - 13, py - 7, py].flatMap((top) => [right, left].map((from) => [from, top]));
        return [...level, [middle, py - away - 14], [middle, py + away]].map(([from, top]) => {
          const inside = clamp(from, box.left, box.left + box.width - long);
          return [inside, top, long, 14];
        });
      });
      const taken = words.map((_, i) => {
        const r = i === chosen ? 10 : 4;
        return [x(xs[i]) - r, y(ys[i]) - r, 2 * r, 2 * r];
      });
      const rest = words.map((_, i) => i).filter((i) => i !== chosen && !listed.includes(i));
      const shown = labelled([chosen, ...listed, ...rest], places, taken);
      const marks = words.map((_, i) =>
        marker(sign(i).shape, x(xs[i]), y(ys[i]), i === chosen ? 6 : 4, { class: `dl-${sign(i).colour}` }),
      );
      const names = shown.map(([i, [left, top, long]]) => {
        const role = i === chosen ? " dl-word-chosen" : listed.includes(i) ? " dl-word-near" : "";
        const where = { x: left + long / 2, y: top + 11, "text-anchor": "middle" };
        return svg("text", { class: `dl-word${role}`, ...where }, words[i]);
      });
      const ring = svg("circle", { class: "dl-word-ring", cx: x(xs[chosen]), cy: y(ys[chosen]), r: 10 });
      return [...marks, ring, ...names];
    },
  });
}

function describe({ words, d }, { chosen }, near) {
  const list = near.slice(0, 3).map(({ i, cosine }) => `${words[i]} (${rounded(cosine)})`);
  const last = near[near.length - 1];
  return (
    `Nearest to ${words[chosen]}: ${list.join(", ")}; least alike: ${words[last.i]} (${rounded(last.cosine)}).\n` +
    `Cosines of vectors of ${d} numbers, of ${words.length} words.`
  );
}

// -- the widget -----------------------------------------------------------------------------------------------

export default widget(["word"], ({ model, view, set }) => {
  const fixed = readFixed(model);
  read(model, fixed); // complains at once
  const { words, places, groups, sign } = fixed;
  const field = textInput({
    label: "word",
    read: (text) => meant(text, words),
    onChange: (word) => set({ word }),
    attributes: { maxlength: 40, size: 16, autocapitalize: "none", spellcheck: "false" },
  });
  const map = surface({ label: "A map of all words. The text below names the neighbours of the chosen one." });
  let scales = null;
  let last = null;
  const pick = (px, py) => {
    const away = words.map((_, i) => Math.hypot(scales.x(places[2 * i]) - px, scales.y(places[2 * i + 1]) - py));
    set({ word: words[away.indexOf(Math.min(...away))] });
  };
  keepTouch(map.element);
  drag(map.element, map.element, pick);
  const list = Array.from({ length: Math.min(LISTED, words.length - 1) }, (_, k) => {
    const name = html("span", { class: "dl-word-name" });
    const bar = html("span", { class: "dl-word-cosine" });
    const value = html("span", { class: "dl-word-value" });
    const row = html("button", { type: "button", class: "dl-word-row" }, name, html("span", {}, bar), value);
    row.addEventListener("click", () => set({ word: row.dataset.word }));
    row.style.minHeight = `${LINE}px`;
    const show = ({ i, cosine }) => {
      row.dataset.word = words[i];
      row.setAttribute("aria-label", `neighbour ${k + 1}: ${words[i]}`);
      name.textContent = words[i];
      value.textContent = rounded(cosine);
      bar.className = `dl-word-cosine dl-${sign(i).colour}`;
      bar.style.width = `${100 * Math.max(cosine, 0)}%`;
    };
    return { row, show };
  });
  const nearest = panel("nearest words, by cosine", ...list.map(({ row }) => row));
  view.body.append(
    html("div", { class: "dl-controls" }, field.element),
    html(
      "div",
      { class: "dl-side dl-word-map" },
      panel(
        "all words",
        map.element,
        legend([
          ...groups.map((label, k) => ({ label, ...SIGNS[k] })),
          ...(words.some((_, i) => sign(i) === OTHER) ? [{ label: "others", ...OTHER }] : []),
        ]),
      ),
      nearest,
    ),
  );
  return (width) => {
    const now = read(model, fixed);
    const near = byCosine(fixed.vectors, fixed.d, now.chosen);
    if (now.chosen !== last) field.set(words[now.chosen]); // a complaint stays until another word is chosen
    last = now.chosen;
    list.forEach(({ show }, k) => show(near[k]));
    const wide = width > 640;
    nearest.style.width = wide ? "230px" : `${width}px`;
    scales = drawMap(map, fixed, now, near, wide ? width - 254 : width);
    map.element.closest(".dl-panel").style.width = wide ? `${width - 254}px` : `${width}px`; // its legend wraps
    view.say(describe(fixed, now, near));
  };
});
