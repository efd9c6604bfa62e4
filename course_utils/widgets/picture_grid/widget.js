// A table of pictures, all of them small and one of them large, with its numbers.
import { board } from "../kit/drag.js";
import { clamp, finite, html, number, panel, slider, surface, svg, widget } from "../kit/kit.js";
import { legend, plot } from "../kit/plot.js";
import { decoded, placeOf } from "../kit/sheet.js";

const GAP = 3;

export { decoded, placeOf };

function read(model) {
  const axes = model.get("axes");
  if (axes.length !== 2 || axes.some(({ values }) => !values.length))
    throw new Error("The table needs rows and columns, and one of them is empty.");
  const counts = axes.map(({ values }) => values.length);
  const picked = finite(model.get("picked"), "The picked picture", { least: 2, most: 2 });
  if (picked.some((at, k) => !Number.isInteger(at) || at < 0 || at >= counts[k]))
    throw new Error("The picked picture lies outside the table.");
  const size = finite(model.get("size"), "The pictures' size", { least: 2, most: 2 });
  if (size.some((length) => length < 1)) throw new Error("The pictures' size must be at least one pixel.");
  const count = counts[0] * counts[1];
  for (const { name, values } of model.get("numbers")) finite(values, name, { least: count, most: count });
  return { axes, counts, picked, size, at: picked[0] * counts[1] + picked[1], count };
}

/** A canvas of (width, height) pixels of the page, sharp on a fine screen, ready to be drawn on. */
function fresh(canvas, width, height) {
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.imageSmoothingQuality = "high";
  return context;
}

/** How large a picture of the table is on the page: all columns must fit in `room`. */
const stepOf = (columns, room, [height, width]) => {
  const wide = clamp(Math.floor(room / columns), 12, 84);
  return { wide, high: Math.max(8, Math.round((wide * height) / width)) };
};

function drawTable({ canvas, over }, images, { counts: [rows, columns], picked, size }, room) {
  const { wide, high } = stepOf(columns, room, size);
  const [width, height] = [columns * wide, rows * high];
  const context = fresh(canvas, width, height);
  images.slice(0, rows * columns).forEach((image, at) => {
    const [left, top] = [(at % columns) * wide, Math.floor(at / columns) * high];
    context.drawImage(image, left, top, wide - GAP, high - GAP);
  });
  over.size(width, height);
  const [y, x] = [picked[0] * high, picked[1] * wide];
  const frame = (name) =>
    svg("rect", { class: name, x: x + 1, y: y + 1, width: wide - GAP - 2, height: high - GAP - 2 });
  over.paint(frame("dl-picked-ground"), frame("dl-picked"));
  return { wide, high };
}

function drawPlot(canvas, numbers, { counts: [rows, columns], at, picked }, width) {
  const [first, second] = numbers.map(({ values }) => values);
  const wide = (values) => Math.min(...values) > 0 && Math.max(...values) > 20 * Math.min(...values);
  const axis = ({ name, values }) => ({ title: name, log: wide(values), range: around(values, wide(values)) });
  const line = (row) => {
    const part = (values) => values.slice(row * columns, (row + 1) * columns);
    const chosen = row === picked[0];
    const look = chosen ? { colour: "blue", shape: "circle" } : { colour: "muted", style: "faint", shape: "square" };
    return { xs: part(first), ys: part(second), ...look, radius: () => (chosen ? 4 : 2.5) };
  };
  const lines = Array.from({ length: rows }, (_, row) => line(row)).sort((a) => (a.colour === "blue" ? 1 : -1));
  lines.push({ xs: [first[at]], ys: [second[at]], colour: "orange", shape: "diamond", radius: () => 6.5 });
  plot(canvas, { width, height: 210, margin: { left: 52 }, x: axis(numbers[0]), y: axis(numbers[1]), lines });
}

function around(values, log) {
  const shown = log ? values.map(Math.log10) : values;
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const air = 0.08 * (high - low || 1);
  return log ? [Math.floor(low), Math.ceil(high)] : [low - air, high + air];
}

function describe(model, { axes, picked, at }) {
  const place = axes.map(({ name, values }, k) => `${name} ${values[picked[k]]}`).join(", ");
  const figures = model.get("numbers").map(({ name, values }) => `${name} ${number(values[at])}`);
  const note = model.get("notes")[at] ?? "";
  const first = figures.length ? `${place}: ${figures.join(", ")}.` : `${place}.`;
  return note ? `${first}\n${note}` : first;
}

export default widget(["picked"], ({ model, view, set }) => {
  const { axes, counts, size, count } = read(model); // complains at once
  const table = {
    canvas: html("canvas", { class: "dl-bitmap", role: "presentation" }),
    over: surface({ label: "" }),
  };
  const large = html("canvas", { class: "dl-bitmap", role: "img" });
  const others = model.get("beside").map((title) => {
    const canvas = html("canvas", { class: "dl-bitmap", role: "img", "aria-label": title });
    return { canvas, panel: panel(title, canvas) };
  });
  const numbers = model.get("numbers");
  const curve = surface({ label: "The numbers of all pictures. The text below gives those of the picked one." });
  let grid = { wide: 1, high: 1 };
  const pick = (row, column) => set({ picked: [clamp(row, 0, counts[0] - 1), clamp(column, 0, counts[1] - 1)] });
  const knobs = axes.map(({ name, values }, k) => {
    const knob = slider({
      label: name,
      min: 0,
      max: values.length - 1,
      step: 1,
      format: (at) => values[at],
      onInput: (at) => pick(...model.get("picked").map((old, i) => (i === k ? at : old))),
    });
    knob.input.disabled = values.length === 1;
    return knob;
  });
  board(table.over, {
    label: "All pictures: pick one with the pointer or the arrow keys",
    press: (row, column) => pick(Math.floor((row * grid.wide) / grid.high), column),
    move: pick,
    // the board has square cells: as high as they are wide, so that rows are counted anew in `press`
    grid: () => ({
      rows: Math.ceil((counts[0] * grid.high) / grid.wide),
      columns: counts[1],
      size: grid.wide,
      origin: [0, 0],
      cursor: model.get("picked"),
    }),
  });
  const layers = html("div", { class: "dl-layers" }, table.canvas, table.over.element);
  view.body.append(
    html("div", { class: "dl-sliders" }, ...knobs.map(({ element }) => element)),
    html(
      "div",
      { class: "dl-side dl-grid-of-pictures" },
      panel("all pictures", layers),
      panel("the picked one", large),
      ...others.map((other) => other.panel),
    ),
  );
  if (numbers.length > 1) {
    const entries = [
      { label: `${axes[0].name} picked`, colour: "blue", shape: "circle" },
      { label: "the others", colour: "muted", shape: "square" },
      { label: "the picked picture", colour: "orange", shape: "diamond" },
    ];
    view.body.append(panel(`${numbers[1].name} against ${numbers[0].name}`, curve.element), legend(entries));
  }

  let images = [];
  let broken = null;
  const draw = (width) => {
    if (broken) throw broken;
    const now = read(model);
    knobs.forEach((knob, k) => knob.set(now.picked[k]));
    const side = Math.min(width, 256);
    const high = Math.round((side * size[0]) / size[1]);
    grid = drawTable(table, images, now, Math.min(width, Math.max(width - side - 24, 260)));
    const context = fresh(large, side, high);
    if (images.length) context.drawImage(images[now.at], 0, 0, side, high);
    const said = describe(model, now);
    large.setAttribute("aria-label", said);
    const small = [128, Math.round((128 * size[0]) / size[1])];
    others.forEach(({ canvas }, i) => {
      const under = fresh(canvas, ...small);
      if (images.length) under.drawImage(images[now.count + i], 0, 0, ...small);
    });
    if (numbers.length > 1) drawPlot(curve, numbers, now, Math.min(width, 520));
    view.say(said);
  };
  decoded(model.get("frames"), count + others.length, counts[1], size)
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
