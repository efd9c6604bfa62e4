// The reader draws shapes; trained networks segment the picture, in the page, and are compared with what was drawn.

import { bitmap, stack } from "../kit/bitmap.js";
import { IMAGES } from "../kit/images.js";
import {
  arrows,
  bounded,
  button,
  choice,
  clamp,
  drag,
  fill,
  finite,
  html,
  inRange,
  number,
  oneOf,
  panel,
  surface,
  svg,
  widget,
} from "../kit/kit.js";
import { run, unpacked } from "../kit/net.js";

const MOST_POINTS = 4000;
const TAP = 0.06; // a stroke that goes no further sets a whole shape down; 1 for the picture's side
const NOBODY = 255; // the label of a pixel at which all scores are equal
const HUES = ["page", "blue", "orange", "green", "purple"]; // of the classes, the background first
const DRAWINGS = [
  [
    [0.3, 0.34],
    [0.66, 0.6],
  ],
  [
    [0.24, 0.26],
    [0.76, 0.3],
    [0.34, 0.74],
    [0.74, 0.76],
  ],
  [
    [0.5, 0.42],
    [0.62, 0.62],
  ],
  [
    [0.27, 0.3],
    [0.72, 0.28],
    [0.5, 0.72],
  ],
];

// -- the networks ---------------------------------------------------------------------------------------------

/** The weights of each network, `counts` of them, from one row. */
export function shared(row, counts) {
  const ends = counts.map((_, k) => counts.slice(0, k + 1).reduce((sum, count) => sum + count, 0));
  if (ends.at(-1) > row.length)
    throw new Error("There are fewer weights than the networks need; run the cell again.");
  if (ends.at(-1) < row.length) throw new Error("There are more weights than the networks need; run the cell again.");
  return ends.map((end, k) => row.subarray(end - counts[k], end));
}

/** A coarse map of scores at the size of the picture. A bed of nails has its scores in the corners of its blocks. */
export function enlarged(scores, [height, width], how) {
  const [classes, rows, columns] = scores.shape;
  if (rows === height && columns === width) return scores;
  if (how !== "bed of nails") return IMAGES.upsample([scores], { mode: how, size: [height, width], corners: false });
  const [down, right] = [height / rows, width / columns];
  const data = new Float32Array(classes * height * width);
  for (let at = 0; at < scores.data.length; at++) {
    const [c, i, j] = [Math.floor(at / (rows * columns)), Math.floor(at / columns) % rows, at % columns];
    data[(c * height + i * down) * width + j * right] = scores.data[at];
  }
  return { data, shape: [classes, height, width] };
}

/** The class with the largest score at each pixel; 255 where all scores are equal. */
export function labelsOf({ data, shape: [classes, height, width] }) {
  const area = height * width;
  const labels = new Uint8Array(area);
  for (let at = 0; at < area; at++) {
    let [low, high] = [data[at], data[at]];
    for (let c = 1; c < classes; c++) {
      const score = data[c * area + at];
      if (score > high) labels[at] = c;
      high = Math.max(high, score);
      low = Math.min(low, score);
    }
    if (low === high) labels[at] = NOBODY;
  }
  return labels;
}

// -- the drawing ----------------------------------------------------------------------------------------------

/** 1 for each pixel whose middle lies inside the closed outline, also where it goes round twice; 0 for the others. */
export function filled(points, [height, width]) {
  const inside = new Uint8Array(height * width);
  const ends = points.map(([x, y]) => [x * width, y * height]);
  for (let i = 0; i < height; i++) {
    const y = i + 0.5;
    const crossings = [];
    ends.forEach(([ax, ay], k) => {
      const [bx, by] = ends[(k + 1) % ends.length];
      if (ay <= y !== by <= y) crossings.push([ax + ((y - ay) / (by - ay)) * (bx - ax), by > ay ? 1 : -1]);
    });
    for (let j = 0; j < width; j++) {
      const turns = crossings.reduce((sum, [x, way]) => sum + (x > j + 0.5 ? way : 0), 0);
      if (turns !== 0) inside[i * width + j] = 1;
    }
  }
  return inside;
}

/** The outline of a stroke: its points, or, where they all lie near the first one, a whole shape round it. */
export function outlineOf({ points, label }, stamps) {
  const [[x, y]] = points;
  if (points.some(([a, b]) => Math.hypot(a - x, b - y) > TAP)) return points;
  return stamps[label - 1].map(([dx, dy]) => [x + dx, y + dy]);
}

/**
 * The picture of the strokes over the background, and the class of each pixel. A shape has one of the colours, in turn,
 * and what sets the background's pixels apart from their mean, its noise. A later shape covers an earlier one.
 */
export function painted(background, strokes, { shape: [channels, height, width], colours, stamps }) {
  const area = height * width;
  const image = Float32Array.from(background);
  const truth = new Uint8Array(area);
  const means = Array.from(
    { length: channels },
    (_, c) => background.subarray(c * area, (c + 1) * area).reduce((sum, value) => sum + value, 0) / area,
  );
  strokes.forEach((stroke, k) => {
    filled(outlineOf(stroke, stamps), [height, width]).forEach((within, at) => {
      if (!within) return;
      truth[at] = stroke.label;
      means.forEach((mean, c) => {
        const colour = colours[k % colours.length][c];
        image[c * area + at] = clamp(colour + background[c * area + at] - mean, 0, 1);
      });
    });
  });
  return { image, truth };
}

// -- the scores -----------------------------------------------------------------------------------------------

/** 1 for each pixel with another class at most one row and column away: the boundary band. */
export function boundary(labels, [height, width]) {
  return labels.map((label, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    for (let i = Math.max(row - 1, 0); i <= Math.min(row + 1, height - 1); i++) {
      for (let j = Math.max(column - 1, 0); j <= Math.min(column + 1, width - 1); j++)
        if (labels[i * width + j] !== label) return 1;
    }
    return 0;
  });
}

/**
 * mIoU over the classes that one of the two maps holds, and the share of wrong pixels in the boundary band of the truth
 * and elsewhere; NaN for a share of no pixels.
 */
export function compared(labels, truth, size, classes) {
  const [both, either] = [new Array(classes).fill(0), new Array(classes).fill(0)];
  const band = boundary(truth, size);
  const [wrong, all] = [
    [0, 0],
    [0, 0],
  ];
  truth.forEach((label, at) => {
    const right = labels[at] === label;
    if (right) both[label]++;
    else if (labels[at] !== NOBODY) either[labels[at]]++;
    either[label]++;
    wrong[band[at]] += right ? 0 : 1;
    all[band[at]]++;
  });
  const ious = both.flatMap((n, c) => (either[c] ? [n / either[c]] : []));
  return {
    mIoU: ious.reduce((sum, iou) => sum + iou, 0) / ious.length,
    atEdges: wrong[1] / all[1],
    elsewhere: wrong[0] / all[0],
  };
}

// -- what the model holds -------------------------------------------------------------------------------------

/** What never changes: the networks with their weights, the background. */
function readFixed(model) {
  const [names, networks] = [model.get("names"), model.get("networks")];
  if (!(names.length >= 2 && names.length <= HUES.length))
    throw new Error(`There are ${names.length} classes; this widget shows 2 to ${HUES.length}.`);
  if (!networks.length) throw new Error("There is no network to show.");
  const shape = finite(model.get("shape"), "The shape of the picture", { least: 3, most: 3 });
  const bytes = model.get("frames");
  if (bytes.byteLength !== shape[0] * shape[1] * shape[2])
    throw new Error("The background does not fit its shape; run the cell again.");
  const background = Float32Array.from(
    new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    (value) => value / 255,
  );
  const rows = shared(
    unpacked(model.get("weights")),
    networks.map(({ count }) => inRange(count, "The number of weights", 0, 1e6)),
  );
  const [stamps, colours] = [model.get("stamps"), model.get("colours")];
  if (stamps.length !== names.length - 1 || !colours.length)
    throw new Error("The shapes and their colours do not fit the classes; run the cell again.");
  const nets = networks.map((net, k) => ({ ...net, weights: rows[k] }));
  return { names, nets, shape, size: shape.slice(1), background, stamps, colours };
}

function readStrokes(model, classes) {
  const strokes = model.get("strokes");
  const points = strokes.flatMap((stroke) => stroke.points);
  finite(points.flat(), "The drawing", { least: 0, most: 2 * MOST_POINTS });
  for (const { label } of strokes) inRange(label, "The class of a shape", 1, classes - 1);
  return strokes.filter((stroke) => stroke.points.length);
}

/** A function from an image to the scores of one network, in the size in which it gives them. */
export function network({ name, layers, weights }, shape, classes) {
  return (image) => {
    const scores = run(layers, weights, [{ data: image, shape }]);
    if (scores.shape.length !== 3 || scores.shape[0] !== classes)
      throw new Error(`The network ${name} gives no map of scores for ${classes} classes.`);
    finite(scores.data, `The answer of ${name}`, { most: Infinity });
    return scores;
  };
}

// -- the pictures ---------------------------------------------------------------------------------------------

/** [red, green, blue] of each class, and of nobody, from the page's style. */
function palette() {
  const style = getComputedStyle(document.body);
  const bytes = (name) => {
    const text = style.getPropertyValue(`--dl-${name}`).trim();
    return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
  };
  return { classes: HUES.map(bytes), nobody: bytes("grid"), ink: bytes("ink") };
}

/** A map of labels in colour. */
function inColour(labels, size, { classes, nobody }) {
  const area = labels.length;
  const data = new Uint8Array(3 * area);
  labels.forEach((label, at) => {
    const colour = label === NOBODY ? nobody : classes[label];
    for (let c = 0; c < 3; c++) data[c * area + at] = colour[c];
  });
  return { data, shape: [3, ...size] };
}

/** Pixels that are wrong, in the colour of the class that they were given; a wrong background is dark. */
function errors(labels, truth, size, colours) {
  const classes = [colours.ink, ...colours.classes.slice(1)];
  const shown = inColour(labels, size, { ...colours, classes });
  const area = labels.length;
  labels.forEach((label, at) => {
    if (label !== truth[at]) return;
    for (let c = 0; c < 3; c++) shown.data[c * area + at] = colours.classes[0][c];
  });
  return shown;
}

const percent = (share) => (Number.isFinite(share) ? `${number(100 * share, 1)} %` : "–");
const thousands = (count) => `${number(count / 1000, 1)} k`;

function describe(fixed, strokes, results, state) {
  if (!strokes.length)
    return `Nothing is drawn yet: choose a shape and tap, or draw its outline. With the keys: arrows move the pen, Space lowers and lifts it.`;
  const shapes = `${strokes.length} ${strokes.length === 1 ? "shape" : "shapes"}`;
  const coarse = fixed.nets.filter((_, k) => results[k].coarse).map(({ name }) => name);
  const scores = fixed.nets.map(({ name }, k) => `${name} ${number(results[k].mIoU, 2)}`);
  const sentences = [`${shapes}, mIoU: ${scores.join("; ")}.`];
  if (coarse.length) sentences.push(`Coarse maps (${coarse.join("; ")}) enlarged: ${state.upsampler}.`);
  if (coarse.length && state.upsampler === "bed of nails") sentences.push("Grey: all scores are equal.");
  if (state.shown === "errors")
    sentences.push("Wrong pixels have the colour of the class that they were given; dark: background.");
  return sentences.join(" ");
}

function tableOf(nets) {
  const heads = ["network", "parameters", "mIoU", "wrong at edges", "wrong elsewhere"];
  const rows = nets.map(({ name, parameters }) => {
    const cells = [html("td", {}), html("td", {}), html("td", {})];
    const row = html("tr", {}, html("th", { scope: "row" }, name), html("td", {}, thousands(parameters)), ...cells);
    return { row, cells };
  });
  const head = html("thead", {}, html("tr", {}, ...heads.map((text) => html("th", { scope: "col" }, text))));
  const element = html("table", { class: "dl-scores" }, head, html("tbody", {}, ...rows.map(({ row }) => row)));
  const set = (results) =>
    results.forEach(({ mIoU, atEdges, elsewhere }, k) => {
      const texts = [number(mIoU, 2), percent(atEdges), percent(elsewhere)];
      rows[k].cells.forEach((cell, i) => {
        cell.textContent = texts[i];
      });
    });
  return { element, set };
}

// -- the widget -----------------------------------------------------------------------------------------------

/** Pointer, finger and keys add strokes of the class chosen, or points to the last of them. */
function pencil(pad, model, set, redraw) {
  const pen = { x: 0.5, y: 0.5, down: false };
  const add = (x, y, first) => {
    const point = [clamp(x, 0, 1), clamp(y, 0, 1)].map((value) => Math.round(value * 1000) / 1000);
    [pen.x, pen.y] = point;
    const strokes = model.get("strokes");
    if (strokes.reduce((sum, { points }) => sum + points.length, 0) >= MOST_POINTS) return;
    if (first || !strokes.length)
      return set({ strokes: [...strokes, { points: [point], label: model.get("label") }] });
    const last = strokes.at(-1);
    const [ax, ay] = last.points.at(-1);
    if (Math.hypot(point[0] - ax, point[1] - ay) < 0.012) return;
    set({ strokes: [...strokes.slice(0, -1), { ...last, points: [...last.points, point] }] });
  };
  drag(pad.element, pad.element, (x, y, first) => {
    pen.down = false;
    const { width, height } = pad.element.getBoundingClientRect();
    add(x / width, y / height, first);
  });
  arrows(pad.element, (dx, dy) => {
    const [x, y] = [clamp(pen.x + dx * 0.03, 0, 1), clamp(pen.y - dy * 0.03, 0, 1)];
    if (pen.down) add(x, y, false);
    [pen.x, pen.y] = [x, y];
    redraw();
  });
  pad.element.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    pen.down = !pen.down;
    if (pen.down) add(pen.x, pen.y, true);
    redraw();
  });
  return pen;
}

export default widget(["strokes", "label", "upsampler", "shown"], ({ model, view, set }) => {
  const fixed = readFixed(model);
  const { names, nets, size, background } = fixed;
  const answers = nets.map((net) => network(net, fixed.shape, names.length));
  const sizes = answers.map((answer) => answer(background).shape.slice(1)); // complains at once if one does not fit
  const coarse = sizes.map((own) => own.some((side, k) => side !== size[k]));

  const paper = bitmap();
  const pad = surface({ label: "" });
  const label = "Draw a shape here: pointer, or arrow keys and Space";
  fill(pad.element, { tabindex: 0, role: "application", "aria-label": label, class: "dl-surface dl-board" }, []);
  const truthMap = bitmap({ label: "The class of each pixel as it was drawn" });
  const maps = nets.map(({ name }) => bitmap({ label: `What ${name} gives; the table below holds its scores` }));
  const kinds = choice({
    label: "Draw a",
    options: names.slice(1).map((name, k) => [k + 1, name]),
    onChange: (value) => set({ label: value }),
  });
  const ways = choice({
    label: "Coarse map enlarged",
    options: model.get("bounds").upsampler.values.map((value) => [value, value]),
    onChange: (upsampler) => set({ upsampler }),
  });
  const views = choice({
    label: "Show",
    options: model.get("bounds").shown.values.map((value) => [value, value]),
    onChange: (shown) => set({ shown }),
  });
  const table = tableOf(nets);
  const swatches = names.map((name, c) => {
    const swatch = html("span", { class: "dl-swatch" });
    swatch.style.background = `var(--dl-${HUES[c]})`;
    return html("li", {}, swatch, name);
  });
  let example = 0;
  const next = () =>
    DRAWINGS[example++ % DRAWINGS.length].map((at, k) => ({
      points: [at],
      label: 1 + ((k + example) % (names.length - 1)),
    }));
  view.body.append(
    html("div", { class: "dl-controls" }, kinds.element, views.element),
    html("div", { class: "dl-controls" }, ...(coarse.some(Boolean) ? [ways.element] : [])),
    html(
      "div",
      { class: "dl-controls" },
      button("Undo", () => set({ strokes: model.get("strokes").slice(0, -1) })),
      button("Clear", () => set({ strokes: [] })),
      button("Example", () => set({ strokes: next() })),
    ),
    html(
      "div",
      { class: "dl-side dl-segments" },
      panel("draw here", stack(paper, pad)),
      panel("truth", truthMap.element),
      ...nets.map(({ name }, k) => panel(name, maps[k].element)),
    ),
    html("ul", { class: "dl-legend" }, ...swatches),
    table.element,
  );

  let seen = { key: "", image: null, truth: null, scores: [] };
  /** The picture, and the scores of all networks: computed anew only when the drawing changed. */
  const look = (strokes) => {
    const key = JSON.stringify(strokes);
    if (seen.key !== key) {
      const { image, truth } = painted(background, strokes, fixed);
      seen = { key, image, truth, scores: answers.map((answer) => answer(image)) };
    }
    return seen;
  };
  const draw = (width) => {
    const strokes = readStrokes(model, names.length);
    const chosen = inRange(bounded(model, "label", "The class to draw"), "The class to draw", 1, names.length - 1);
    const state = { upsampler: oneOf(model, "upsampler", "The way"), shown: oneOf(model, "shown", "The view") };
    kinds.set(chosen);
    ways.set(state.upsampler);
    views.set(state.shown);
    const { image, truth, scores } = look(strokes);
    const colours = palette();
    const columns = width > 560 ? 3 : 2;
    const side = Math.floor(Math.min(224, (width - 22 * (columns - 1)) / columns));
    const box = { width: side, height: Math.round((side * size[0]) / size[1]), scale: "grey" };
    paper.set({ data: image, shape: fixed.shape }, box);
    pad.size(box.width, box.height);
    pad.paint(
      svg("rect", { class: "dl-pad-edge", x: 0.5, y: 0.5, width: box.width - 1, height: box.height - 1 }),
      svg("circle", {
        class: pen.down ? "dl-pen dl-lowered" : "dl-pen",
        cx: pen.x * box.width,
        cy: pen.y * box.height,
        r: 6,
      }),
    );
    truthMap.set(inColour(truth, size, colours), box);
    const results = nets.map((_, k) => {
      const labels = labelsOf(enlarged(scores[k], size, state.upsampler));
      const raster =
        state.shown === "labels" ? inColour(labels, size, colours) : errors(labels, truth, size, colours);
      maps[k].set(raster, box);
      return { ...compared(labels, truth, size, names.length), coarse: coarse[k] };
    });
    table.set(results);
    view.say(describe(fixed, strokes, results, state));
  };
  const pen = pencil(pad, model, set, () => draw(Math.floor(view.body.clientWidth)));
  return draw;
});
