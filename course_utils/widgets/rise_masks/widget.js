// RISE: a network's probability behind random masks, and the map that they add up to. All of it is computed here.

import { bitmap } from "../kit/bitmap.js";
import { IMAGES } from "../kit/images.js";
import {
  bounded,
  choice,
  finite,
  html,
  inRange,
  number,
  panel,
  player,
  slider,
  surface,
  svg,
  uniforms,
  widget,
} from "../kit/kit.js";
import { forward, unpacked } from "../kit/net.js";
import { legend, plot } from "../kit/plot.js";

const SLICE = 30; // milliseconds of computing between two frames
const PAUSE = 200; // milliseconds between two pictures while it computes
const DOUBLINGS = 10; // up to 1,024 masks

/** A grid of (s + 1) x (s + 1) numbers, enlarged by whole cells and cut out at the shift: a mask of the size (h, w). */
export function maskOf(grid, [down, right], [height, width], cells) {
  const side = cells + 1;
  const cell = [Math.ceil(height / cells), Math.ceil(width / cells)];
  const large = IMAGES.upsample([{ data: grid, shape: [1, side, side] }], {
    mode: "bilinear",
    size: cell.map((n) => n * side),
    corners: false,
  });
  const mask = new Float32Array(height * width);
  for (let i = 0; i < height; i++) {
    const start = (i + down) * cell[1] * side + right;
    mask.set(large.data.subarray(start, start + width), i * width);
  }
  return mask;
}

/** Mask number n: each cell of its grid is 1 with probability `keep`, else 0; the shift is less than a cell. */
export function randomMask(n, [height, width], cells, keep) {
  const draw = uniforms(Math.imul(n + 1, 0x9e3779b1)); // masks that follow one another have nothing in common
  const grid = Float32Array.from({ length: (cells + 1) ** 2 }, () => Number(draw() < keep));
  const shift = [height, width].map((length) => Math.floor(draw() * Math.ceil(length / cells)));
  return maskOf(grid, shift, [height, width], cells);
}

/** S = 1 / (N p) times the sum of score times mask, over the masks first, first + step, ... below `count`. */
export function riseMap(scores, masks, keep, count, first = 0, step = 1) {
  const map = new Float64Array(masks[0].length);
  let used = 0;
  for (let n = first; n < count; n += step, used++) {
    for (let at = 0; at < map.length; at++) map[at] += scores[n] * masks[n][at];
  }
  return map.map((value) => value / (used * keep));
}

/** The ranks of the values from 0 on; equal values share the mean of theirs. */
export function ranks(values) {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const rank = new Float64Array(values.length);
  for (let i = 0; i < order.length; ) {
    let end = i + 1;
    while (end < order.length && values[order[end]] === values[order[i]]) end++;
    for (let k = i; k < end; k++) rank[order[k]] = (i + end - 1) / 2;
    i = end;
  }
  return rank;
}

/** Spearman's rank correlation; 0 where one side is constant. */
export function rankCorrelation(a, b) {
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (a.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    xy += (x[i] - middle) * (y[i] - middle);
    xx += (x[i] - middle) ** 2;
    yy += (y[i] - middle) ** 2;
  }
  return xx && yy ? xy / Math.sqrt(xx * yy) : 0;
}

/** The softmax probabilities that the network gives for a picture, (c, h, w) as `shape` says. */
export function chances(layers, weights, picture, shape) {
  const logits = finite(forward(layers, weights, picture, shape), "The network's answer");
  const top = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - top));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

/** The picture behind a mask, the same for each of its channels. */
export const behind = (image, mask) => image.map((value, at) => value * mask[at % mask.length]);

// -- the work -----------------------------------------------------------------------------------------------

/** What the network said behind the masks of one kind, each computed once. */
function experiment({ answer, image, size }, cells, keep) {
  const [masks, said] = [[], []];
  /** Go on until there are `count`, or the time is over; true when there are. */
  const work = (count, until) => {
    while (masks.length < count && performance.now() < until) {
      const mask = randomMask(masks.length, size, cells, keep);
      said.push(answer(behind(image, mask)));
      masks.push(mask);
    }
    return masks.length >= count;
  };
  const scores = (c) => said.map((found) => found[c]);
  return { masks, work, scores, keep };
}

/** For 2, 4, 8, ... masks up to `count`: how the map agrees with another one, and its two halves with each other. */
function agreement({ masks, scores, keep }, count, chosen, other) {
  const [score, points] = [scores(chosen), []];
  for (let n = 2; n <= count; n *= 2) {
    const [even, odd] = [0, 1].map((first) => riseMap(score, masks, keep, n, first, 2));
    const whole = even.map((value, at) => value + odd[at]); // n is even: the halves are equally many
    points.push({ n, halves: rankCorrelation(even, odd), other: other ? rankCorrelation(whole, other) : NaN });
  }
  return points;
}

// -- the pictures -------------------------------------------------------------------------------------------

const percent = (share) => `${number(Math.round(share * 1000) / 10, 1)} %`;
const fit = ([height, width], side) => ({
  width: (width * side) / Math.max(height, width),
  height: (height * side) / Math.max(height, width),
});

/** A picture, and on it a map: blue above `zero`, orange below. */
function drawOn({ under, over, canvas }, { image, shape, size }, map, zero, side) {
  const place = { ...fit(size, side), left: 1, top: 1 };
  under.set({ data: image, shape }, { ...place, scale: "grey" });
  under.element.style.opacity = map ? 0.55 : 1;
  const change = map ? map.map((value) => value - zero) : new Float64Array(size[0] * size[1]);
  const limit = Math.max(
    1e-9,
    change.reduce((top, value) => Math.max(top, Math.abs(value)), 0),
  );
  over.set({ data: change, shape: size }, { ...place, limit });
  canvas.size(place.width + 2, place.height + 2);
  canvas.paint(
    svg("rect", { class: "dl-ring-box", x: 0.5, y: 0.5, width: place.width + 1, height: place.height + 1 }),
  );
}

function layered(label) {
  const [under, over, canvas] = [bitmap(), bitmap(), surface({ label })];
  const element = html("div", { class: "dl-layers" }, under.element, over.element, canvas.element);
  return { under, over, canvas, element };
}

function drawCurve(canvas, points, compared, width) {
  const xs = points.map(({ n }) => Math.log2(n));
  const line = (name, colour, shape, style) => ({ xs, ys: points.map((p) => p[name]), colour, shape, style });
  plot(canvas, {
    width,
    height: 200,
    x: {
      title: "number of masks",
      range: [1, DOUBLINGS],
      ticks: [1, 3, 5, 7, 9, 10].map((value) => ({ value, text: String(2 ** value) })),
    },
    y: { title: "rank correlation", range: [-0.6, 1] },
    lines: [line("halves", "orange", "triangle", "dashed"), ...(compared ? [line("other", "blue", "circle")] : [])],
  });
}

function describe({ names, whole }, { chosen, masks, keep }, scores, map, last) {
  const average = scores.reduce((sum, value) => sum + value, 0) / scores.length;
  const [low, high] = [map.reduce((a, b) => Math.min(a, b), Infinity), map.reduce((a, b) => Math.max(a, b), 0)];
  const agree = last
    ? `Rank correlation of the maps from the two halves of the masks ${number(last.halves, 2)}${Number.isNaN(last.other) ? "" : `, of the whole with the class activation map ${number(last.other, 2)}`}.`
    : "Two halves to compare need two masks.";
  return (
    `${masks} ${masks === 1 ? "mask" : "masks"}, p = ${number(keep, 2)}: probability of ${names[chosen]} ${percent(whole[chosen])} without a mask, ${percent(average)} on average behind them. The map lies between ${number(low, 2)} and ${number(high, 2)}.\n` +
    agree
  );
}

// -- the widget ---------------------------------------------------------------------------------------------

/** What no control changes: the network, the picture, the maps to compare with. */
function readFixed(model) {
  const [shape, names, layers] = ["shape", "names", "layers"].map((name) => model.get(name));
  const size = finite(shape, "The shape of the picture", { least: 3, most: 3 }).slice(1);
  const pixels = shape[0] * size[0] * size[1];
  const image = Float32Array.from(finite(model.get("image"), "The picture", { least: pixels, most: pixels }));
  const weights = unpacked(model.get("weights"));
  const answer = (picture) => {
    const found = chances(layers, weights, picture, shape);
    if (found.length !== names.length)
      throw new Error(`The network gives ${found.length} values for ${names.length} names.`);
    return found;
  };
  const whole = answer(image);
  const [values, [count, rows, columns]] = [model.get("maps"), model.get("map_shape")];
  if (values.length && (count !== names.length || values.length !== count * rows * columns))
    throw new Error("The maps to compare with do not fit the classes.");
  const area = rows * columns;
  const others = values.length
    ? names.map((_, c) => {
        const map = finite(values.slice(c * area, (c + 1) * area), "A map to compare with");
        return IMAGES.upsample([{ data: map, shape: [1, rows, columns] }], { mode: "bilinear", size, corners: false })
          .data;
      })
    : null;
  return { shape, size, names, image, answer, others, whole };
}

function read(model, { names }) {
  const chosen = inRange(model.get("chosen"), "The class", 0, model.get("bounds").chosen.max);
  if (chosen >= names.length)
    throw new Error(`There is no class ${chosen}; there are ${names.length}, counted from 0.`);
  return {
    chosen,
    masks: bounded(model, "masks", "The number of masks"),
    cells: bounded(model, "cells", "The number of cells"),
    keep: bounded(model, "keep", "The share kept"),
  };
}

export default widget(["chosen", "masks", "cells", "keep"], ({ model, view, set }) => {
  const fixed = readFixed(model);
  read(model, fixed); // complains at once
  const classes = choice({
    label: "class",
    options: fixed.names.map((name, c) => [c, name]),
    onChange: (chosen) => set({ chosen }),
  });
  const bounds = model.get("bounds");
  const many = slider({
    label: "masks",
    ...{ min: 0, max: DOUBLINGS, step: 1 },
    format: (doublings) => String(2 ** Math.round(doublings)),
    onInput: (doublings) => set({ masks: 2 ** doublings }),
  });
  const grid = slider({
    label: "cells a side",
    ...bounds.cells,
    step: 1,
    format: String,
    onInput: (cells) => set({ cells }),
  });
  const kept = slider({
    label: "share kept, p",
    ...bounds.keep,
    step: 0.1,
    format: (value) => number(value, 1),
    onInput: (keep) => set({ keep }),
  });
  const play = player({
    interval: 700,
    step: () => {
      const next = Math.min(2 * model.get("masks"), 2 ** DOUBLINGS);
      set({ masks: model.get("masks") >= 2 ** DOUBLINGS ? 1 : next });
      return model.get("masks") < 2 ** DOUBLINGS;
    },
  });
  view.onCleanup(play.stop);
  const masked = { picture: bitmap({ label: "The picture behind the last mask" }) };
  const result = layered("The map of the class over the picture. The text below describes it.");
  const compared = fixed.others ? layered("The class activation map over the picture") : null;
  const curve = surface({
    label: "Rank correlations against the number of masks. The text below gives the last ones.",
  });
  const counted = html("div", { class: "dl-counted" });
  const size = (element, side) => {
    element.style.width = `${side + 2}px`; // its title wraps
  };
  const caption = (element) => element.querySelector(".dl-caption");
  const [behindPanel, resultPanel] = [
    panel("the picture behind the last mask", masked.picture.element),
    panel("the map so far", result.element),
  ];
  const comparedPanel = compared && panel("class activation map\nto compare with", compared.element);
  const panels = [behindPanel, resultPanel, ...(compared ? [comparedPanel] : [])];
  view.body.append(
    classes.element,
    html("div", { class: "dl-controls" }, many.element, play.element, grid.element, kept.element),
    html("div", { class: "dl-counting", "aria-hidden": "true" }, counted),
    html("div", { class: "dl-side dl-rise" }, ...panels),
    curve.element,
    legend([
      { label: "two halves of the masks", colour: "orange", shape: "triangle" },
      ...(fixed.others ? [{ label: "map and class activation map", colour: "blue", shape: "circle" }] : []),
    ]),
  );

  let now = null; // the masks of the present kind
  let kind = "";
  let shown = { key: "", points: [] }; // the curve, which costs most, is drawn once for each state
  const paint = (state, width, count) => {
    const scores = now.scores(state.chosen).slice(0, count);
    const map = riseMap(scores, now.masks, state.keep, count);
    const zero = scores.reduce((sum, value) => sum + value, 0) / count;
    const side = Math.min(220, (width - 48) / (width > 520 ? 3 : 2));
    for (const element of panels) size(element, side);
    const last = now.masks[count - 1];
    masked.picture.set(
      { data: behind(fixed.image, last), shape: fixed.shape },
      { ...fit(fixed.size, side), scale: "grey" },
    );
    drawOn(result, fixed, map, zero, side);
    if (compared) drawOn(compared, fixed, fixed.others[state.chosen], 0, side);
    caption(behindPanel).textContent = `mask ${count}\nprobability ${percent(scores[count - 1])}`;
    caption(resultPanel).textContent =
      `map of ${fixed.names[state.chosen]}\n${count} ${count === 1 ? "mask" : "masks"}`;
    counted.style.width = `${(100 * count) / state.masks}%`;
    return { scores, map };
  };
  let painted = -PAUSE;
  const draw = (width) => {
    const state = read(model, fixed);
    if (kind !== `${state.cells} ${state.keep}`) {
      kind = `${state.cells} ${state.keep}`;
      now = experiment(fixed, state.cells, state.keep);
    }
    classes.set(state.chosen);
    many.set(Math.log2(state.masks));
    grid.set(state.cells);
    kept.set(state.keep);
    const done = now.work(state.masks, performance.now() + SLICE);
    if (!done && performance.now() - painted < PAUSE) return true;
    painted = performance.now();
    const { scores, map } = paint(state, width, Math.min(now.masks.length, state.masks));
    if (!done) return true;
    const key = `${kind} ${state.chosen} ${state.masks}`;
    if (shown.key !== key)
      shown = { key, points: agreement(now, state.masks, state.chosen, fixed.others?.[state.chosen]) };
    drawCurve(curve, shown.points, Boolean(fixed.others), width);
    view.say(describe(fixed, state, scores, map, shown.points.at(-1)));
  };
  return draw;
});
