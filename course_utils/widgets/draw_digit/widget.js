// The reader draws a digit; a trained network answers, in the page.

import { bitmap, cells, stack } from "../kit/bitmap.js";
import { arrows, button, clamp, drag, fill, finite, html, number, panel, surface, svg, widget } from "../kit/kit.js";
import { floats, forward } from "../kit/net.js";
import { path } from "../kit/plot.js";

const SIDE = 8; // pixels of the network's image
const FINE = 4; // each of them is the mean of 4 x 4 smaller ones, as in the data set
const PEN = 1.9; // half the thickness of a line, in small pixels
const PAD = 224; // of the drawing surface, in pixels of the page
const SEEN = 16; // pixels of the page to one that the network sees
const MOST_POINTS = 4000;
const EXAMPLES = [
  [
    [
      [0.3, 0.25],
      [0.7, 0.25],
      [0.45, 0.8],
    ],
  ],
  [
    [
      [0.55, 0.15],
      [0.25, 0.6],
      [0.75, 0.6],
    ],
    [
      [0.6, 0.4],
      [0.6, 0.85],
    ],
  ],
  [
    [
      [0.35, 0.25],
      [0.5, 0.17],
      [0.65, 0.3],
      [0.6, 0.48],
      [0.3, 0.82],
      [0.72, 0.82],
    ],
  ],
  [
    [
      [0.5, 0.15],
      [0.33, 0.3],
      [0.3, 0.6],
      [0.42, 0.82],
      [0.6, 0.82],
      [0.7, 0.6],
      [0.66, 0.3],
      [0.5, 0.15],
    ],
  ],
  [
    [
      [0.5, 0.15],
      [0.5, 0.85],
    ],
  ],
];

/** The strokes moved into a square of `side`, as large as they go, in the middle. */
function fitted(strokes, side) {
  const points = strokes.flat();
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (side - 2 * PEN) / Math.max(right - left, bottom - top, 0.15);
  return strokes.map((stroke) =>
    stroke.map(([x, y]) => [
      side / 2 + (x - (left + right) / 2) * scale,
      side / 2 + (y - (top + bottom) / 2) * scale,
    ]),
  );
}

function distance([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const t = clamp(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1), 0, 1);
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

/** The 8 x 8 image of the strokes: the share of each pixel that lies under the pen, 0..1, row by row. */
export function rasterise(strokes) {
  const side = SIDE * FINE;
  const image = new Array(SIDE * SIDE).fill(0);
  if (!strokes.flat().length) return image;
  const lines = fitted(strokes, side).flatMap((stroke) =>
    stroke.map((point, i) => [stroke[Math.max(i - 1, 0)], point]),
  );
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      if (lines.some(([a, b]) => distance([j + 0.5, i + 0.5], a, b) <= PEN)) {
        image[Math.floor(i / FINE) * SIDE + Math.floor(j / FINE)] += 1 / (FINE * FINE);
      }
    }
  }
  return image;
}

/** Probabilities from the network's last values, which may be probabilities already. */
export function probabilities(values, layers) {
  if (layers.at(-1).kind === "softmax") return Array.from(values);
  const top = Math.max(...values);
  const powers = Array.from(values, (value) => Math.exp(value - top));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

function checkStrokes(strokes) {
  finite(strokes.flat(2), "The drawing", { least: 0, most: 2 * MOST_POINTS });
  return strokes.filter((stroke) => stroke.length);
}

// -- the pictures -------------------------------------------------------------------------------------------

function drawPad(canvas, strokes, pen) {
  canvas.size(PAD, PAD);
  const at = (values) => values.map((value) => value * PAD);
  const lines = strokes.map((stroke) =>
    svg("path", {
      class: "dl-stroke",
      d: path(at([...stroke, stroke.at(-1)].map(([x]) => x)), at([...stroke, stroke.at(-1)].map(([, y]) => y))),
    }),
  );
  canvas.paint(
    svg("rect", { class: "dl-paper", x: 0.5, y: 0.5, width: PAD - 1, height: PAD - 1, rx: 6 }),
    ...lines,
    svg("circle", { class: pen.down ? "dl-pen dl-down" : "dl-pen", cx: pen.x * PAD, cy: pen.y * PAD, r: 7 }),
  );
}

function drawImage(pixels, canvas, image) {
  const rows = Array.from({ length: SIDE }, (_, i) => image.slice(i * SIDE, (i + 1) * SIDE));
  const side = SIDE * SEEN;
  pixels.set({ data: image, shape: [SIDE, SIDE] }, { width: side, height: side, left: 1, top: 1, limit: 0.62 });
  canvas.size(side + 2, side + 2);
  canvas.paint(cells(rows, { size: SEEN, origin: [1, 1] }));
}

function drawBars(canvas, chances, width) {
  const [left, line] = [18, 22];
  canvas.size(width, 10 * line);
  const best = chances ? chances.indexOf(Math.max(...chances)) : -1;
  const full = width - left - 54;
  canvas.paint(
    ...Array.from({ length: 10 }, (_, digit) => {
      const chance = chances ? chances[digit] : 0;
      const y = digit * line;
      return svg(
        "g",
        { class: digit === best ? "dl-best" : "" },
        svg("text", { x: 0, y: y + 15 }, String(digit)),
        svg("rect", { class: "dl-track", x: left, y: y + 4, width: full, height: 14, rx: 3 }),
        svg("rect", { class: "dl-bar", x: left, y: y + 4, width: Math.max(0, chance * full), height: 14, rx: 3 }),
        svg("text", { x: width - 48, y: y + 15 }, chances ? `${(chance * 100).toFixed(1)} %` : ""),
      );
    }),
  );
}

function describe(chances) {
  if (!chances) return "Draw a digit with the pointer, a finger, or the arrow keys (Space lifts and lowers the pen).";
  const order = chances.map((_, digit) => digit).sort((a, b) => chances[b] - chances[a]);
  return `The network reads a ${order[0]} (${number(chances[order[0]] * 100, 1)} %), then a ${order[1]} (${number(chances[order[1]] * 100, 1)} %).`;
}

// -- the widget ---------------------------------------------------------------------------------------------

/** Pointer, finger and keys write into the trait `strokes`: lists of points in 0..1. */
function pencil(canvas, model, set, redraw) {
  const pen = { x: 0.5, y: 0.5, down: false };
  const add = (x, y, first) => {
    const point = [clamp(x, 0, 1), clamp(y, 0, 1)].map((v) => Math.round(v * 1000) / 1000);
    [pen.x, pen.y] = point;
    const strokes = model.get("strokes");
    if (strokes.flat().length >= MOST_POINTS) return;
    set({
      strokes:
        first || !strokes.length ? [...strokes, [point]] : [...strokes.slice(0, -1), [...strokes.at(-1), point]],
    });
  };
  drag(canvas.element, canvas.element, (x, y, first) => {
    pen.down = false;
    add(x / PAD, y / PAD, first);
  });
  arrows(canvas.element, (dx, dy) => {
    const [x, y] = [clamp(pen.x + dx * 0.03, 0, 1), clamp(pen.y - dy * 0.03, 0, 1)];
    if (pen.down) add(x, y, false);
    [pen.x, pen.y] = [x, y];
    redraw();
  });
  canvas.element.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    pen.down = !pen.down;
    if (pen.down) add(pen.x, pen.y, true);
    redraw();
  });
  return pen;
}

export default widget(["strokes"], ({ model, view, set }) => {
  const [layers, weights] = [model.get("layers"), floats(model.get("weights"))];
  const shape = model.get("shape");
  const answer = (image) => {
    const values = forward(layers, weights, image, shape);
    if (values.length !== 10)
      throw new Error(`The network gives ${values.length} values; it needs one for each of the ten digits.`);
    return probabilities(finite(values, "The network's answer"), layers);
  };
  answer(new Array(SIDE * SIDE).fill(0)); // complains at once if the network does not fit
  const pad = surface({ label: "" });
  const label = "Draw a digit here: pointer, or arrow keys and Space";
  fill(pad.element, { tabindex: 0, role: "application", "aria-label": label, class: "dl-surface dl-board" }, []);
  const pixels = bitmap();
  const seen = surface({ label: "What the network sees: 8 by 8 pixels" });
  const bars = surface({ label: "The probability of each digit. The text below names the two largest." });
  let example = 0;
  const buttons = html(
    "div",
    { class: "dl-controls" },
    button("Clear", () => set({ strokes: [] })),
    button("Undo", () => set({ strokes: model.get("strokes").slice(0, -1) })),
    button("Example", () => set({ strokes: EXAMPLES[example++ % EXAMPLES.length] })),
  );
  view.body.append(
    buttons,
    html(
      "div",
      { class: "dl-side" },
      panel("draw here", pad.element),
      panel("what it sees", stack(pixels, seen)),
      panel("what it answers", bars.element),
    ),
  );
  const draw = (width) => {
    const strokes = checkStrokes(model.get("strokes"));
    const image = rasterise(strokes);
    const chances = strokes.length ? answer(image) : null;
    drawPad(pad, strokes, pen);
    drawImage(pixels, seen, image);
    const rest = width - PAD - SIDE * SEEN - 44;
    drawBars(bars, chances, rest > 200 ? Math.min(rest, 320) : Math.min(width, 320));
    view.say(describe(chances));
  };
  const pen = pencil(pad, model, set, () => draw(Math.floor(view.body.clientWidth)));
  return draw;
});
