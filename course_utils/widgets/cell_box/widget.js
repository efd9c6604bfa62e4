// One cell, one anchor, four numbers: the box that they give, and the numbers that give a box.

import { handle } from "../kit/drag.js";
import { bounded, choice, clamp, finite, html, inRange, number, slider, surface, svg, widget } from "../kit/kit.js";
import { clipped, legend } from "../kit/plot.js";

const ROOM = 6; // pixels around the picture
const LARGEST = 560;
const KNOBS = { tx: "t_x", ty: "t_y", tw: "t_w", th: "t_h" };

export const sigmoid = (t) => 1 / (1 + Math.exp(-t));

/** The box (x, y, w, h) in pixels, centre and sides, of a cell [row, column]: c = (column, row). */
export function decoded([tx, ty, tw, th], [row, column], [pw, ph], stride) {
  return [(column + sigmoid(tx)) * stride, (row + sigmoid(ty)) * stride, pw * Math.exp(tw), ph * Math.exp(th)];
}

/** The cell [row, column] that holds the centre of (x, y, w, h), and the t that decode to it with this anchor. */
export function encoded([x, y, w, h], [pw, ph], stride) {
  const [column, row] = [Math.floor(x / stride), Math.floor(y / stride)];
  const logit = (p) => Math.log(p / (1 - p));
  return {
    cell: [row, column],
    t: [logit(x / stride - column), logit(y / stride - row), Math.log(w / pw), Math.log(h / ph)],
  };
}

export const cornersOf = ([x, y, w, h]) => [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
export const centreOf = ([x1, y1, x2, y2]) => [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];

/** Intersection over union of two boxes (x1, y1, x2, y2). */
export function iouOf(a, b) {
  const side = (k) => Math.max(0, Math.min(a[k + 2], b[k + 2]) - Math.max(a[k], b[k]));
  const size = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
  const both = side(0) * side(1);
  return both / (size(a) + size(b) - both);
}

// -- what the model holds -------------------------------------------------------------------------------------

function readFixed(model) {
  const anchors = model.get("anchors").map((anchor) => finite(anchor, "An anchor", { least: 2, most: 2 }));
  if (!anchors.length) throw new Error("There is no anchor to begin with.");
  if (anchors.flat().some((side) => side <= 0)) throw new Error("An anchor has a side of 0 or less.");
  const [rows, columns] = finite(model.get("grid"), "The grid", { least: 2, most: 2 });
  const truth = finite(model.get("truth"), "The true box", { least: 0, most: 4 });
  return { anchors, rows, columns, truth: truth.length === 4 ? truth : null };
}

function read(model, { anchors, rows, columns }) {
  const stride = bounded(model, "stride", "The stride");
  const anchor = inRange(model.get("anchor"), "The anchor", 0, model.get("bounds").anchor.max);
  if (!(anchor in anchors))
    throw new Error(`There is no anchor ${anchor}; there are ${anchors.length}, counted from 0.`);
  const cell = finite(model.get("cell"), "The cell", { least: 2, most: 2 }).map((at, k) =>
    clamp(at, 0, [rows, columns][k] - 1),
  );
  const t = Object.entries(KNOBS).map(([name, words]) => bounded(model, name, words));
  return { stride, anchor, cell, t, box: decoded(t, cell, anchors[anchor], stride) };
}

// -- the picture ----------------------------------------------------------------------------------------------

const rect = (name, [x1, y1, x2, y2], scale) =>
  svg("rect", {
    class: name,
    x: ROOM + x1 * scale,
    y: ROOM + y1 * scale,
    width: (x2 - x1) * scale,
    height: (y2 - y1) * scale,
  });

function draw(canvas, { rows, columns, anchors, truth }, { stride, anchor, cell: [row, column], box }, width) {
  const scale = (Math.min(width, LARGEST) - 2 * ROOM) / (columns * stride);
  const [wide, high] = [columns * stride * scale, rows * stride * scale];
  const frame = { left: ROOM, top: ROOM, width: wide, height: high };
  canvas.size(wide + 2 * ROOM, high + 2 * ROOM);
  const down = Array.from({ length: columns + 1 }, (_, j) => `M${ROOM + j * stride * scale} ${ROOM}v${high}`);
  const across = Array.from({ length: rows + 1 }, (_, i) => `M${ROOM} ${ROOM + i * stride * scale}h${wide}`);
  const cell = [column * stride, row * stride, (column + 1) * stride, (row + 1) * stride];
  const whole = [0, 0, columns * stride, rows * stride];
  canvas.paint(
    rect("dl-picture-edge", whole, scale),
    svg("path", { class: "dl-cell-lines", d: [...down, ...across].join("") }),
    rect("dl-own-cell", cell, scale),
    clipped(
      frame,
      ...(truth ? [rect("dl-truth", truth, scale)] : []),
      rect("dl-anchor", cornersOf([box[0], box[1], ...anchors[anchor]]), scale),
      rect("dl-decoded", cornersOf(box), scale),
    ),
  );
  return scale;
}

const list = (values, decimals = 2) => `(${values.map((value) => number(value, decimals)).join(", ")})`;

function describe({ anchors, truth }, { stride, anchor, cell: [row, column], t, box }) {
  const [pw, ph] = anchors[anchor];
  const [bx, by] = [column + sigmoid(t[0]), row + sigmoid(t[1])];
  const first =
    `Cell c = (${column}, ${row}), that is column ${column}, row ${row}. ` +
    `b_x = ${column} + σ(${number(t[0], 1)}) = ${number(bx, 2)} cells, b_y = ${row} + σ(${number(t[1], 1)}) = ${number(by, 2)} cells; ` +
    `b_w = ${number(pw, 1)} · exp(${number(t[2], 1)}) = ${number(box[2], 1)} px, b_h = ${number(ph, 1)} · exp(${number(t[3], 1)}) = ${number(box[3], 1)} px. ` +
    `Centre in pixels ${list([bx * stride, by * stride], 1)}.`;
  if (!truth) return first;
  const { cell, t: wanted } = encoded(centreOf(truth), anchors[anchor], stride);
  const overlap = `IoU with the dashed orange box ${number(iouOf(cornersOf(box), truth), 2)}`;
  const there = cell[0] === row && cell[1] === column;
  return (
    `${first}\n${overlap}: ` +
    (there
      ? `this cell holds its centre, and t = ${list(wanted)} would give it with this anchor.`
      : `its centre lies in cell (${cell[1]}, ${cell[0]}), and no t_x, t_y of this cell reaches it.`)
  );
}

// -- the widget -----------------------------------------------------------------------------------------------

const hundredth = (value) => Math.round(value * 100) / 100;

/** The state for a centre at (x, y) in pixels of the picture: the cell that holds it, and t_x, t_y within their bounds. */
function centred([x, y], { rows, columns }, stride, { tx, ty }) {
  const within = (at, count, { min, max }) => {
    const cell = clamp(Math.floor(at / stride), 0, count - 1);
    const share = clamp(at / stride - cell, sigmoid(min), sigmoid(max));
    return [cell, clamp(hundredth(Math.log(share / (1 - share))), min, max)];
  };
  const [[column, newX], [row, newY]] = [within(x, columns, tx), within(y, rows, ty)];
  return { cell: [row, column], tx: newX, ty: newY };
}

/** Two points to drag: the centre, which takes the cell along, and the lower right corner. */
function grips(canvas, model, fixed, set) {
  const bounds = model.get("bounds");
  let scale = 1;
  const now = () => read(model, fixed);
  const toCentre = (x, y) => set(centred([x, y], fixed, now().stride, bounds));
  const toCorner = (x, y) => {
    const { box, anchor } = now();
    const side = (at, k, { min, max }) =>
      clamp(hundredth(Math.log(Math.max(2 * (at - box[k]), 1e-3) / fixed.anchors[anchor][k])), min, max);
    set({ tw: side(x, 0, bounds.tw), th: side(y, 1, bounds.th) });
  };
  const pixel = (at) => (at - ROOM) / scale;
  const centre = handle({
    label: "centre of the box",
    surface: canvas.element,
    colour: "blue",
    move: (x, y) => toCentre(pixel(x), pixel(y)),
    nudge: (dx, dy) => toCentre(now().box[0] + dx, now().box[1] - dy),
  });
  const corner = handle({
    label: "lower right corner of the box",
    surface: canvas.element,
    shape: "square",
    colour: "blue",
    move: (x, y) => toCorner(pixel(x), pixel(y)),
    nudge: (dx, dy) => {
      const [tw, th] = [
        clamp(now().t[2] + dx * 0.05, bounds.tw.min, bounds.tw.max),
        clamp(now().t[3] - dy * 0.05, bounds.th.min, bounds.th.max),
      ];
      set({ tw: hundredth(tw), th: hundredth(th) });
    },
  });
  canvas.top.append(corner.element, centre.element);
  return ({ box, t }, { rows, columns }, stride, pixels) => {
    scale = pixels;
    const [, , x2, y2] = cornersOf(box);
    centre.set(ROOM + box[0] * scale, ROOM + box[1] * scale, hundredth(t[0]), `${list([box[0], box[1]], 1)} pixels`);
    const at = [clamp(x2, 0, columns * stride), clamp(y2, 0, rows * stride)].map((pixel) => ROOM + pixel * scale);
    corner.set(...at, hundredth(t[2]), `${number(box[2], 1)} by ${number(box[3], 1)} pixels`);
  };
}

export default widget(["cell", "anchor", "stride", "tx", "ty", "tw", "th"], ({ model, view, set }) => {
  const fixed = readFixed(model);
  read(model, fixed); // complains at once
  const kinds = choice({
    label: "anchor",
    options: fixed.anchors.map(([w, h], b) => [b, `${number(w, 0)} × ${number(h, 0)}`]),
    onChange: (anchor) => set({ anchor }),
  });
  const knobs = Object.entries(KNOBS).map(([name, label]) => [
    name,
    slider({
      label,
      ...model.get("bounds")[name],
      step: 0.05,
      format: (value) => number(value, 2),
      onInput: (value) => set({ [name]: value }),
    }),
  ]);
  const canvas = surface({ label: "The grid of cells, the anchor and the box", role: "group" });
  const place = grips(canvas, model, fixed, set);
  view.body.append(
    kinds.element,
    html("div", { class: "dl-sliders" }, ...knobs.map(([, knob]) => knob.element)),
    canvas.element,
    legend([
      { label: "the box", colour: "blue" },
      { label: "the anchor, at the same centre (dotted)", colour: "muted", style: "dotted" },
      ...(fixed.truth ? [{ label: "the true box (dashed)", colour: "orange", style: "dashed" }] : []),
    ]),
  );
  return (width) => {
    const now = read(model, fixed);
    kinds.set(now.anchor);
    knobs.forEach(([, knob], k) => knob.set(now.t[k]));
    const scale = draw(canvas, fixed, now, width);
    place(now, fixed, now.stride, scale);
    view.say(describe(fixed, now));
  };
});
