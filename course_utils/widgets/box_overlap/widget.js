// Two boxes on a plane, to drag and to resize: what they share, what they cover, and what encloses them.

import { box } from "../kit/drag.js";
import { choice, clamp, finite, html, number, surface, svg, widget } from "../kit/kit.js";
import { legend, linear, marker, plot } from "../kit/plot.js";

const [WIDTH, HEIGHT, LEAST] = [10, 8, 0.5]; // of the plane, and the shortest side of a box
const LARGEST = 520; // pixels of the page
const ROOM = { left: 34, right: 14, top: 24, bottom: 40 };
const EXAMPLES = {
  overlapping: [
    [1, 2, 5, 6],
    [4, 3, 9, 7],
  ],
  "one inside": [
    [1, 1, 8, 7],
    [3, 3, 6, 5],
  ],
  touching: [
    [1, 2, 4, 6],
    [4, 2, 8, 6],
  ],
  apart: [
    [0.5, 1, 3, 4],
    [6.5, 4.5, 9.5, 7.5],
  ],
  "the same": [
    [2, 2, 7, 6],
    [2, 2, 7, 6],
  ],
};

/** The width times the height of corners (x1, y1, x2, y2); 0 where a side is negative. */
export const area = ([x1, y1, x2, y2]) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

/** The corners of what two boxes share; a side is negative where they share nothing. */
export const shared = (a, b) => [
  Math.max(a[0], b[0]),
  Math.max(a[1], b[1]),
  Math.min(a[2], b[2]),
  Math.min(a[3], b[3]),
];

/** The smallest box around two. */
export const around = (a, b) => [
  Math.min(a[0], b[0]),
  Math.min(a[1], b[1]),
  Math.max(a[2], b[2]),
  Math.max(a[3], b[3]),
];

/** { both, union, hull, iou, giou } of two boxes (x1, y1, x2, y2); 0 where a denominator is 0. */
export function compared(a, b) {
  const both = area(shared(a, b));
  const union = area(a) + area(b) - both;
  const hull = area(around(a, b));
  const iou = union > 0 ? both / union : 0;
  return { both, union, hull, iou, giou: hull > 0 ? iou - (hull - union) / hull : iou };
}

// -- the pictures -------------------------------------------------------------------------------------------

const tenth = (value) => Math.round(value * 10) / 10;

function read(model) {
  return ["a", "b"].map((name) => {
    const corners = finite(model.get(name), `Box ${name}`, { least: 4, most: 4 });
    const [x1, y1, x2, y2] = corners;
    if (Math.min(x1, y1) < 0 || x2 > WIDTH || y2 > HEIGHT)
      throw new Error(`Box ${name} leaves the plane of ${WIDTH} × ${HEIGHT}.`);
    if (Math.min(x2 - x1, y2 - y1) < LEAST - 1e-9)
      throw new Error(
        `Box ${name} has a side shorter than ${LEAST}: give (x1, y1, x2, y2) with x1 < x2 and y1 < y2.`,
      );
    return corners;
  });
}

const rectangle = ([x1, y1, x2, y2], { x, y }) => ({
  left: x(x1),
  top: y(y1),
  width: x(x2) - x(x1),
  height: y(y2) - y(y1),
});

function region(name, corners, scales) {
  const { left, top, width, height } = rectangle(corners, scales);
  return svg("rect", { class: name, x: left, y: top, width, height });
}

function drawPlane(canvas, [a, b], width) {
  const unit = (Math.min(width, LARGEST) - ROOM.left - ROOM.right) / WIDTH;
  return plot(canvas, {
    width: WIDTH * unit + ROOM.left + ROOM.right,
    height: HEIGHT * unit + ROOM.top + ROOM.bottom,
    margin: ROOM,
    x: { title: "x", range: [0, WIDTH] },
    y: { title: "y", range: [HEIGHT, 0] },
    over: (scales) => [
      region("dl-enclosing", around(a, b), scales),
      ...(area(shared(a, b)) > 0 ? [region("dl-both", shared(a, b), scales)] : []),
    ],
  });
}

/** Both measures on one line from -1 to 1. */
function drawGauge(canvas, { iou, giou }, width) {
  const [left, right] = [ROOM.left, Math.min(width, LARGEST) - ROOM.right];
  const x = linear([-1, 1], [left, right]);
  canvas.size(right + ROOM.right, 56);
  const ticks = [-1, -0.5, 0, 0.5, 1].map((value) =>
    svg(
      "g",
      { class: "dl-axes" },
      svg("line", { x1: x(value), x2: x(value), y1: 4, y2: 32 }),
      svg("text", { x: x(value), y: 50, "text-anchor": "middle" }, number(value, 1)),
    ),
  );
  canvas.paint(
    ...ticks,
    svg("g", { class: "dl-axes" }, svg("line", { x1: left, x2: right, y1: 18, y2: 18 })),
    marker("circle", x(iou), 10, 7, { class: "dl-blue" }),
    marker("diamond", x(giou), 26, 7, { class: "dl-orange" }),
  );
}

const corner = (corners) => corners.map((value) => number(value, 1)).join(", ");

function describe([a, b]) {
  const { both, union, hull, iou, giou } = compared(a, b);
  const empty = hull - union;
  return (
    `Intersection ${number(both, 2)}, union ${number(union, 2)}, enclosing box ${number(hull, 2)}.\n` +
    `IoU = ${number(both, 2)} / ${number(union, 2)} = ${number(iou, 2)}; ` +
    `GIoU = ${number(iou, 2)} − ${number(empty, 2)} / ${number(hull, 2)} = ${number(giou, 2)}.`
  );
}

// -- the widget ---------------------------------------------------------------------------------------------

export default widget(["a", "b"], ({ model, view, set }) => {
  read(model); // complains at once
  const examples = choice({
    label: "boxes",
    options: Object.keys(EXAMPLES).map((name) => [name, name]),
    onChange: (name) => set({ a: EXAMPLES[name][0], b: EXAMPLES[name][1] }),
  });
  const canvas = surface({ label: "Two boxes on a plane, to drag and to resize", role: "group" });
  const gauge = surface({ label: "IoU and GIoU on a line from −1 to 1. The text below gives both." });
  let scales = null;
  const room = () => scales.box;
  const change = (name) => (rectangle) => {
    const [w, h] = [rectangle.width, rectangle.height].map((pixels) => Math.max(LEAST, tenth(pixels / unit())));
    const left = clamp(tenth(scales.x.invert(rectangle.left)), 0, WIDTH - w);
    const top = clamp(tenth(scales.y.invert(rectangle.top)), 0, HEIGHT - h);
    set({ [name]: [left, top, left + w, top + h].map(tenth) });
  };
  const unit = () => scales.box.width / WIDTH;
  const boxes = [
    ["a", "blue"],
    ["b", "orange"],
  ].map(([name, colour]) => [
    name,
    box({ label: `box ${name}`, surface: canvas.element, colour, room, change: change(name) }),
  ]);
  const names = boxes.map(([name]) => svg("text", { class: "dl-halo", "font-weight": 600 }, name));
  canvas.top.append(...boxes.map(([, each]) => each.element), ...names);
  view.body.append(
    examples.element,
    canvas.element,
    legend([
      { label: "enclosing box", colour: "muted", style: "dashed" },
      { label: "IoU", colour: "blue", shape: "circle" },
      { label: "GIoU", colour: "orange", shape: "diamond" },
    ]),
    gauge.element,
    html(
      "p",
      { class: "dl-caption" },
      "Drag a box, or a corner of it; with the keyboard the arrow keys, with Shift for its size. Green: the intersection.",
    ),
  );
  return (width) => {
    const now = read(model);
    scales = drawPlane(canvas, now, width);
    drawGauge(gauge, compared(...now), width);
    boxes.forEach(([, each], i) => {
      const place = rectangle(now[i], scales);
      each.set(place, corner(now[i]));
      names[i].setAttribute("x", place.left + (i ? place.width - 16 : 8));
      names[i].setAttribute("y", place.top + (i ? place.height - 8 : 18));
    });
    examples.set(Object.keys(EXAMPLES).find((name) => JSON.stringify(EXAMPLES[name]) === JSON.stringify(now)));
    view.say(describe(now));
  };
});
