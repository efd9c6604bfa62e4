// A kernel slides over an image that the reader paints; the chosen output's window and matrix row are shown.

import { bitmap, cells, stack } from "../kit/bitmap.js";
import { board } from "../kit/drag.js";
import { bounded, choice, finite, html, number, panel, slider, surface, svg, textInput, widget } from "../kit/kit.js";

const PRESETS = {
  edge: {
    label: "vertical edge",
    kernel: [
      [-1, 0, 1],
      [-2, 0, 2],
      [-1, 0, 1],
    ],
  },
  blur: {
    label: "blur",
    kernel: [
      [1, 2, 1],
      [2, 4, 2],
      [1, 2, 1],
    ].map((row) => row.map((v) => v / 16)),
  },
  sharpen: {
    label: "sharpen",
    kernel: [
      [0, -1, 0],
      [-1, 5, -1],
      [0, -1, 0],
    ],
  },
  corner: {
    label: "Laplace",
    kernel: [
      [0, 1, 0],
      [1, -4, 1],
      [0, 1, 0],
    ],
  },
};

/** A square grid of finite numbers, or an Error. */
export function readSquare(rows, name, most) {
  const list = Array.isArray(rows) ? rows : [];
  if (!list.length) throw new Error(`${name} is empty.`);
  if (list.length > most) throw new Error(`${name} has ${list.length} rows; this widget shows at most ${most}.`);
  return list.map((row) => finite(row, name, { least: list.length, most: list.length }));
}

/** How many outputs there are along one side: floor((n + 2p - d(k-1) - 1) / s) + 1. */
export const outputSize = (n, k, { stride, padding, dilation }) =>
  Math.floor((n + 2 * padding - dilation * (k - 1) - 1) / stride) + 1;

/** The pixels that output (i, j) sees: {row, column, weight}, also those in the padding. */
export function windowOf(kernel, i, j, { stride, padding, dilation }) {
  return kernel.flatMap((line, u) =>
    line.map((weight, v) => ({
      row: i * stride - padding + u * dilation,
      column: j * stride - padding + v * dilation,
      weight,
    })),
  );
}

const pixel = (image, { row, column }) => image[row]?.[column] ?? 0;

/** The cross-correlation of a square image with a square kernel, as torch's conv2d computes it. */
export function convolve(image, kernel, how) {
  const side = outputSize(image.length, kernel.length, how);
  const line = (i) =>
    Array.from({ length: side }, (_, j) =>
      windowOf(kernel, i, j, how).reduce((sum, at) => sum + at.weight * pixel(image, at), 0),
    );
  return Array.from({ length: Math.max(side, 0) }, (_, i) => line(i));
}

/** Row (i, j) of the matrix C with output = C · image, both laid out row by row. */
export function matrixRow(image, kernel, i, j, how) {
  const n = image.length;
  const row = new Array(n * n).fill(0);
  for (const at of windowOf(kernel, i, j, how)) {
    if (pixelExists(image, at)) row[at.row * n + at.column] += at.weight;
  }
  return row;
}

const pixelExists = (image, { row, column }) =>
  row >= 0 && column >= 0 && row < image.length && column < image.length;
const largest = (rows) => Math.max(1e-9, ...rows.flat().map(Math.abs));

/** The image within its frame of zeros. */
function padded(image, padding) {
  const side = image.length + 2 * padding;
  return Array.from({ length: side }, (_, i) =>
    Array.from({ length: side }, (_, j) => pixel(image, { row: i - padding, column: j - padding })),
  );
}

// -- the pictures -------------------------------------------------------------------------------------------

const EDGE = 2; // pixels around a picture, for the frames

/** A grid of numbers, `size` pixels of the page to the number: a bitmap in colour, with lines and figures on it. */
function drawGrid({ bitmap, canvas }, values, { size, limit, outside }, ...above) {
  const [width, height] = [values[0].length * size, values.length * size];
  bitmap.set(
    { data: values.flat(), shape: [values.length, values[0].length] },
    { width, height, left: EDGE, top: EDGE, limit },
  );
  canvas.size(width + 2 * EDGE, height + 2 * EDGE);
  canvas.paint(cells(values, { size, origin: [EDGE, EDGE], outside }), ...above);
}

/** A square around the pixel in row i, column j, `inset` pixels smaller on each side. */
const square = (name, i, j, size, inset = 0) =>
  svg("rect", {
    class: name,
    x: EDGE + j * size + inset,
    y: EDGE + i * size + inset,
    width: size - 2 * inset,
    height: size - 2 * inset,
  });

function drawImage(picture, { image, kernel, how, chosen, cursor }, side) {
  const { padding } = how;
  const size = Math.floor(side / (image.length + 2 * padding));
  const frames = windowOf(kernel, ...chosen, how).map(({ row, column }) =>
    square("dl-window", row + padding, column + padding, size, 1.5),
  );
  const pen = square("dl-pen", cursor[0] + padding, cursor[1] + padding, size, 5);
  const outside = (i, j) => !pixelExists(image, { row: i - padding, column: j - padding });
  drawGrid(picture, padded(image, padding), { size, limit: 1, outside }, ...frames, pen);
  return { rows: image.length, columns: image.length, size, origin: [EDGE + padding * size, EDGE + padding * size] };
}

function drawOutput(picture, { output, chosen }, side) {
  const size = Math.min(44, Math.floor(side / output.length));
  drawGrid(picture, output, { size, limit: largest(output) }, square("dl-chosen", ...chosen, size));
  return { rows: output.length, columns: output.length, size, origin: [EDGE, EDGE] };
}

/** One row of the matrix as a strip; a line after each row of the image. */
function drawRow(canvas, row, n, width) {
  const [step, height] = [(width - 4) / row.length, 30];
  canvas.size(width, height + 4);
  const bars = row.flatMap((value, k) =>
    value === 0
      ? []
      : [
          svg("rect", {
            class: `dl-entry dl-${value < 0 ? "orange" : "blue"}`,
            x: 2 + k * step,
            y: 2,
            width: step,
            height,
            "fill-opacity": 0.35 + (0.65 * Math.abs(value)) / largest([row]),
          }),
        ],
  );
  const signs = row.flatMap((value, k) =>
    value < 0
      ? [svg("path", { class: "dl-minus", d: `M${2 + k * step + step * 0.2} 17H${2 + (k + 1) * step - step * 0.2}` })]
      : [],
  );
  const lines = Array.from({ length: n + 1 }, (_, i) =>
    svg("path", { class: "dl-padding", d: `M${2 + i * n * step} 2V${height + 2}` }),
  );
  canvas.paint(svg("rect", { class: "dl-strip", x: 2, y: 2, width: width - 4, height }), ...lines, ...bars, ...signs);
}

function describe({ image, kernel, how, chosen: [i, j], output, row }) {
  const n = image.length;
  const used = row.filter((value) => value !== 0).length;
  const field = how.dilation * (kernel.length - 1) + 1;
  return (
    `Output (${i}, ${j}) = ${number(output[i][j])}: the sum of kernel times pixel over the framed window, ${field} × ${field} wide.\n` +
    `It is row ${i * output.length + j} of a ${output.length ** 2} × ${n * n} matrix (the strip): ${used} of its ${n * n} entries are not zero.`
  );
}

// -- the widget ---------------------------------------------------------------------------------------------

/** A field for each number of the kernel. */
function kernelEditor(model, set) {
  const table = html("div", { class: "dl-kernel", role: "group", "aria-label": "kernel" });
  let fields = [];
  const change = (u, v, value) =>
    set({ kernel: model.get("kernel").map((line, a) => line.map((old, b) => (a === u && b === v ? value : old))) });
  const show = (kernel) => {
    if (fields.length !== kernel.length ** 2) build(kernel.length);
    kernel.flat().forEach((value, at) => {
      const { input, set: write } = fields[at];
      if (Number(input.value) !== value || input.value === "") write(Math.round(value * 1e4) / 1e4);
    });
  };
  const field = (u, v) =>
    textInput({
      label: `kernel row ${u}, column ${v}`,
      attributes: { type: "number", step: 0.5 },
      read: (text) => finite([text === "" ? NaN : Number(text)], `Row ${u}, column ${v}`)[0],
      onChange: (value) => change(u, v, value),
    });
  const build = (side) => {
    fields = Array.from({ length: side * side }, (_, at) => field(Math.floor(at / side), at % side));
    table.style.gridTemplateColumns = `repeat(${side}, 1fr)`;
    table.replaceChildren(...fields.map(({ element }) => element));
  };
  return { element: table, show };
}

function read(model) {
  const bounds = model.get("bounds");
  const image = readSquare(model.get("image"), "The image", bounds.image.max);
  const kernel = readSquare(model.get("kernel"), "The kernel", bounds.kernel.max);
  const how = {
    stride: bounded(model, "stride", "The stride"),
    padding: bounded(model, "padding", "The padding"),
    dilation: bounded(model, "dilation", "The dilation"),
  };
  const side = outputSize(image.length, kernel.length, how);
  if (side < 1)
    throw new Error(
      "The kernel, spread out by the dilation, is larger than the padded image: there is no output. Lower the dilation or raise the padding.",
    );
  const chosen = finite(model.get("chosen"), "The chosen output", { least: 2, most: 2 }).map((at) =>
    Math.min(Math.max(at, 0), side - 1),
  );
  const output = convolve(image, kernel, how);
  return { image, kernel, how, chosen, output, row: matrixRow(image, kernel, ...chosen, how) };
}

export default widget(["image", "kernel", "stride", "padding", "dilation", "chosen"], ({ model, view, set }) => {
  read(model); // complains at once
  const state = { cursor: [0, 0], ink: 1, image: null, output: null };
  const preset = choice({
    label: "kernel",
    options: Object.entries(PRESETS).map(([name, { label }]) => [name, label]),
    onChange: (name) => set({ kernel: PRESETS[name].kernel }),
  });
  const knobs = ["stride", "padding", "dilation"].map((name) => [
    name,
    slider({
      label: name,
      ...model.get("bounds")[name],
      step: 1,
      format: String,
      onInput: (value) => set({ [name]: value }),
    }),
  ]);
  const editor = kernelEditor(model, set);
  const [picture, result] = [0, 1].map(() => ({ bitmap: bitmap(), canvas: surface({ label: "" }) }));
  const strip = surface({ label: "The matching row of the sparse matrix. The text below describes it." });
  const paint = (i, j, first) => {
    const image = model.get("image");
    if (first) state.ink = image[i][j] > 0.5 ? 0 : 1;
    state.cursor = [i, j];
    set({ image: image.map((line, a) => line.map((old, b) => (a === i && b === j ? state.ink : old))) });
  };
  const point = (i, j) => {
    state.cursor = [i, j];
    draw(Math.floor(view.body.clientWidth));
    view.say(`Pixel row ${i}, column ${j}: ${number(model.get("image")[i][j], 1)}. Space paints it.`);
  };
  board(picture.canvas, {
    label: "The image: paint with the pointer, or arrow keys and Space",
    press: paint,
    move: point,
    grid: () => ({ ...state.image, cursor: state.cursor }),
  });
  const choose = (i, j) => set({ chosen: [i, j] });
  board(result.canvas, {
    label: "The output: choose a pixel with the pointer or the arrow keys",
    press: choose,
    move: choose,
    grid: () => ({ ...state.output, cursor: read(model).chosen }),
  });
  result.canvas.element.classList.add("dl-output");
  view.body.append(
    preset.element,
    html("div", { class: "dl-sliders" }, ...knobs.map(([, k]) => k.element)),
    html(
      "div",
      { class: "dl-side dl-convolution" },
      panel("image: paint here", stack(picture.bitmap, picture.canvas)),
      panel("kernel", editor.element),
      panel("output: choose a pixel", stack(result.bitmap, result.canvas)),
    ),
    panel("its row of the matrix", strip.element),
  );
  const draw = (width) => {
    const now = read(model);
    for (const [name, k] of knobs) k.set(now.how[name]);
    preset.set(
      Object.keys(PRESETS).find((name) => JSON.stringify(PRESETS[name].kernel) === JSON.stringify(now.kernel)),
    );
    editor.show(now.kernel);
    const side = Math.min(width - 4, 300);
    state.image = drawImage(picture, { ...now, cursor: state.cursor }, side);
    state.output = drawOutput(result, now, Math.min(side, width > 660 ? width - 500 : side));
    drawRow(strip, now.row, now.image.length, width);
    view.say(describe(now));
  };
  return draw;
});
