// The class activation maps of a photograph: each the weighted sum of the feature maps of a trained network.

import { bitmap, cells } from "../kit/bitmap.js";
import { board } from "../kit/drag.js";
import { IMAGES } from "../kit/images.js";
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
  widget,
} from "../kit/kit.js";
import { floats } from "../kit/net.js";
import { marker } from "../kit/plot.js";

const EDGE = 2; // pixels around a picture, for the frames
const LARGEST = 330; // the side of a picture, in pixels of the page

/** M = constant + sum of weight times level over the channels.   levels: (k, i, j), weights: (classes, k) -> (i, j) */
export function classMap(levels, [channels, rows, columns], weights, constants, c) {
  const area = rows * columns;
  const map = new Float64Array(area).fill(constants[c]);
  for (let k = 0; k < channels; k++) {
    const weight = weights[c * channels + k];
    for (let at = 0; at < area; at++) map[at] += weight * levels[k * area + at];
  }
  return map;
}

/** A map at the size of the picture: bilinear, as torch's interpolate without aligned corners. */
export const upsampled = (map, [rows, columns], size) =>
  IMAGES.upsample([{ data: map, shape: [1, rows, columns] }], { mode: "bilinear", size, corners: false }).data;

/**
 * The box {left, top, width, height} of the largest connected region of pixels above `level`; null where there is none.
 * Pixels that share a side are connected; of two regions of the same size the first counts.
 */
export function largestBox(values, [height, width], level) {
  const seen = new Uint8Array(values.length);
  let best = { count: 0 };
  for (let start = 0; start < values.length; start++) {
    if (seen[start] || !(values[start] > level)) continue;
    const region = regionFrom(start, values, [height, width], level, seen);
    if (region.count > best.count) best = region;
  }
  if (!best.count) return null;
  const { left, top, right, bottom } = best;
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

function regionFrom(start, values, [height, width], level, seen) {
  const region = { count: 0, left: width, top: height, right: 0, bottom: 0 };
  const waiting = [start];
  seen[start] = 1;
  while (waiting.length) {
    const at = waiting.pop();
    const [row, column] = [Math.floor(at / width), at % width];
    region.count++;
    region.left = Math.min(region.left, column);
    region.right = Math.max(region.right, column);
    region.top = Math.min(region.top, row);
    region.bottom = Math.max(region.bottom, row);
    const around = [
      [column > 0, at - 1],
      [column < width - 1, at + 1],
      [row > 0, at - width],
      [row < height - 1, at + width],
    ];
    for (const [inside, next] of around) {
      if (!inside || seen[next] || !(values[next] > level)) continue;
      seen[next] = 1;
      waiting.push(next);
    }
  }
  return region;
}

/** Intersection over union of two boxes {left, top, width, height}. */
export function overlap(a, b) {
  const side = (start, length) =>
    Math.max(0, Math.min(a[start] + a[length], b[start] + b[length]) - Math.max(a[start], b[start]));
  const both = side("left", "width") * side("top", "height");
  return both / (a.width * a.height + b.width * b.height - both);
}

const tenth = (value) => Math.round(value * 10) / 10;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// -- what the model holds -------------------------------------------------------------------------------------

/** The network's part, the same for every state of the controls: a map for each class, and the common scale. */
function readMaps(model) {
  const [names, shape, size, sizes] = ["names", "shape", "size", "sizes"].map((name) => model.get(name));
  if (!names.length) throw new Error("There is no class to show.");
  const [channels, rows, columns] = finite(shape, "The shape of the maps", { least: 3, most: 3 });
  const row = floats(model.get("weights"));
  const bytes = model.get("frames");
  const levels = new Uint8Array(bytes.buffer, bytes.byteOffset + sizes[0], bytes.byteLength - sizes[0]);
  if (row.length !== names.length * (channels + 2) || levels.length !== channels * rows * columns)
    throw new Error("The weights, the feature maps and the names do not fit; run the cell again.");
  const [weights, constants, biases] = [
    row.subarray(0, names.length * channels),
    row.subarray(names.length * channels, -names.length),
    row.subarray(-names.length),
  ];
  const maps = names.map((_, c) => classMap(levels, shape, weights, constants, c));
  finite(
    maps.flatMap((map) => [...map]),
    "A map",
    { most: Infinity },
  );
  const limit = Math.max(1e-9, ...maps.map((map) => map.reduce((top, value) => Math.max(top, Math.abs(value)), 0)));
  return {
    names,
    shape: [rows, columns],
    size: finite(size, "The size", { least: 2, most: 2 }),
    maps,
    biases,
    limit,
  };
}

function read(model, { names, maps, shape, size }) {
  const chosen = inRange(model.get("chosen"), "The class", 0, model.get("bounds").chosen.max);
  if (!(chosen in maps)) throw new Error(`There is no class ${chosen}; there are ${names.length}, counted from 0.`);
  const shown = oneOf(model, "shown", "The map");
  const [opacity, threshold] = [
    bounded(model, "opacity", "The opacity"),
    bounded(model, "threshold", "The threshold"),
  ];
  const place = finite(model.get("place"), "The place", { least: 2, most: 2 }).map((at, k) =>
    clamp(at, 0, shape[k] - 1),
  );
  const truth = finite(model.get("truth"), "The true box", { least: 0, most: 4 });
  const map = shown === "ReLU" ? maps[chosen].map((value) => Math.max(0, value)) : maps[chosen];
  const fine = upsampled(map, shape, size);
  const top = fine.reduce((most, value) => Math.max(most, value), -Infinity);
  const box = top > 0 ? largestBox(fine, size, threshold * top) : null;
  const [left, upper, width, height] = truth;
  return {
    ...{ chosen, shown, opacity, threshold, place, map, fine, box },
    truth: truth.length === 4 ? { left, top: upper, width, height } : null,
  };
}

// -- the pictures -------------------------------------------------------------------------------------------

/** A photograph from the bytes of a JPEG; `fail` is called when it cannot be read. */
function photograph(model, view) {
  const [bytes, length] = [model.get("frames"), model.get("sizes")[0]];
  const jpeg = new Uint8Array(bytes.buffer, bytes.byteOffset, length);
  const src = URL.createObjectURL(new Blob([jpeg], { type: "image/jpeg" }));
  const element = html("img", { class: "dl-photo", alt: "The photograph, in grey", src });
  element.addEventListener("error", () =>
    view.fail(new Error("The photograph cannot be read; run the cell that made this widget again.")),
  );
  view.onCleanup(() => URL.revokeObjectURL(src));
  return element;
}

const frameOf = ({ left, top, width, height }, scale, name) =>
  ["dl-outline", name].map((layer) =>
    svg("rect", {
      class: layer,
      x: EDGE + left * scale,
      y: EDGE + top * scale,
      width: width * scale,
      height: height * scale,
    }),
  );

function drawPhoto({ photo, heat, canvas }, { size, shape, limit }, now, side) {
  const scale = side / Math.max(...size);
  const [height, width] = size.map((length) => length * scale);
  Object.assign(photo.style, { width: `${width}px`, height: `${height}px`, left: `${EDGE}px`, top: `${EDGE}px` });
  heat.set({ data: now.fine, shape: size }, { width, height, left: EDGE, top: EDGE, limit });
  heat.element.style.opacity = now.opacity;
  heat.element.classList.add("dl-heat");
  canvas.size(width + 2 * EDGE, height + 2 * EDGE);
  const [down, right] = [height / shape[0], width / shape[1]];
  const at = [EDGE + (now.place[1] + 0.5) * right, EDGE + (now.place[0] + 0.5) * down];
  canvas.paint(
    ...(now.truth ? frameOf(now.truth, scale, "dl-found dl-true") : []),
    ...(now.box ? frameOf(now.box, scale, "dl-found") : []),
    svg("circle", { class: "dl-outline", cx: at[0], cy: at[1], r: 6 }),
    marker("circle", ...at, 5, { class: "dl-ink" }),
  );
}

function drawMap({ coarse, canvas }, { shape: [rows, columns], limit }, { map, place: [i, j] }, side) {
  const size = Math.floor(side / Math.max(rows, columns));
  const [width, height] = [columns * size, rows * size];
  coarse.set({ data: map, shape: [rows, columns] }, { width, height, left: EDGE, top: EDGE, limit });
  canvas.size(width + 2 * EDGE, height + 2 * EDGE);
  const lines = Array.from({ length: rows }, (_, row) =>
    Array.from(map.subarray(row * columns, (row + 1) * columns), tenth),
  );
  const at = svg("rect", { class: "dl-at", x: EDGE + j * size, y: EDGE + i * size, width: size, height: size });
  canvas.paint(cells(lines, { size, origin: [EDGE, EDGE] }), at);
  return { rows, columns, size, origin: [EDGE, EDGE] };
}

function describe(
  { names, shape: [, columns], maps, biases },
  { chosen, map, threshold, place: [i, j], box, truth },
) {
  const [average, bias] = [mean(maps[chosen]), biases[chosen]];
  const sign = bias < 0 ? "−" : "+";
  const there = names
    .map((name, c) => [name, maps[c][i * columns + j]])
    .sort((a, b) => b[1] - a[1])
    .map(([name, value]) => `${name} ${number(tenth(value), 1)}`);
  const found = box
    ? `The box above ${number(threshold, 2)} of the largest value: ${box.width} × ${box.height} pixels at column ${box.left}, row ${box.top}`
    : "No value is above zero: there is no box";
  const hit = truth ? `; IoU with the true box ${number(box ? overlap(box, truth) : 0, 2)}.` : ".";
  const logit = `${names[chosen]}: logit ${number(average + bias, 2)} = mean of its map ${number(average, 2)} ${sign} bias ${number(Math.abs(bias), 2)}; values from ${number(tenth(Math.min(...map)), 1)} to ${number(tenth(Math.max(...map)), 1)}.`;
  return `${logit}\n${found}${hit}\nAt row ${i}, column ${j} of the maps: ${there.join(", ")}.`;
}

// -- the widget ---------------------------------------------------------------------------------------------

export default widget(["chosen", "shown", "opacity", "threshold", "place"], ({ model, view, set }) => {
  const fixed = readMaps(model);
  read(model, fixed); // complains at once
  const classes = choice({
    label: "class",
    options: fixed.names.map((name, c) => [c, name]),
    onChange: (c) => set({ chosen: c }),
  });
  const kind = choice({
    label: "map",
    options: model.get("bounds").shown.values.map((name) => [name, name]),
    onChange: (shown) => set({ shown }),
  });
  const knob = (name, step) =>
    slider({
      label: name,
      ...model.get("bounds")[name],
      step,
      format: (value) => number(value, 2),
      onInput: (value) => set({ [name]: value }),
    });
  const [opacity, threshold] = [knob("opacity", 0.05), knob("threshold", 0.05)];
  const picture = {
    photo: photograph(model, view),
    heat: bitmap(),
    canvas: surface({ label: "The photograph under the map of the class. The text below describes it." }),
  };
  const grid = { coarse: bitmap(), canvas: surface({ label: "" }), now: null };
  const choose = (i, j) => set({ place: [i, j] });
  board(grid.canvas, {
    label: "The map: choose a place with the pointer or the arrow keys",
    press: choose,
    move: choose,
    grid: () => ({ ...grid.now, cursor: read(model, fixed).place }),
  });
  const layers = html("div", { class: "dl-layers" }, picture.photo, picture.heat.element, picture.canvas.element);
  view.body.append(
    classes.element,
    html("div", { class: "dl-controls" }, kind.element, opacity.element, threshold.element),
    html(
      "div",
      { class: "dl-side dl-maps" },
      panel("the map over the photograph", layers),
      panel(
        "the map itself: choose a place",
        html("div", { class: "dl-layers" }, grid.coarse.element, grid.canvas.element),
      ),
    ),
    html(
      "p",
      { class: "dl-caption" },
      "Blue raises the logit of the class, orange lowers it; one scale for all classes.",
    ),
  );
  return (width) => {
    const now = read(model, fixed);
    classes.set(now.chosen);
    kind.set(now.shown);
    opacity.set(now.opacity);
    threshold.set(now.threshold);
    const side = Math.min(width - 2 * EDGE, width > 620 ? Math.min(LARGEST, (width - 28) / 2) : LARGEST);
    drawPhoto(picture, fixed, now, side);
    grid.now = drawMap(grid, fixed, now, side);
    view.say(describe(fixed, now));
  };
});
