// Pictures of new classes compared with templates: a trained network embeds them in the page, a threshold decides.

import { bitmap, stack } from "../kit/bitmap.js";
import { board } from "../kit/drag.js";
import { bounded, choice, finite, html, inRange, number, panel, slider, surface, svg, widget } from "../kit/kit.js";
import { run, unpacked } from "../kit/net.js";
import { legend, plot } from "../kit/plot.js";

export { run, unpacked };

const LINE = 26; // height of one class in the list of distances
const CELL = 30; // the side of a picture to choose, at most

/** The weights of each network, `counts` of them, from the row of all. */
export function cut(row, counts) {
  let at = 0;
  const rows = counts.map((count) => {
    at += count;
    return row.subarray(at - count, at);
  });
  if (at !== row.length) throw new Error(`There are ${row.length} weights and the networks need ${at}.`);
  return rows;
}

const distance = (a, b) => Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0));

/**
 * For each class's queries, one after the other, the mean distance to the templates of each class: a list of
 * { truth, d: [...] }. `vectors` holds for each class its vectors, the templates first.
 */
export function comparisons(vectors, templates) {
  const means = (e) =>
    vectors.map((own) => own.slice(0, templates).reduce((sum, each) => sum + distance(e, each) / templates, 0));
  return vectors.flatMap((own, truth) => own.slice(templates).map((e) => ({ truth, d: means(e) })));
}

/** Of all claims "this picture is of class c": how many are true and false, refused and accepted wrongly. */
export function claims(compared, threshold) {
  const count = { true: 0, false: 0, refused: 0, accepted: 0, nearest: 0 };
  for (const { truth, d } of compared) {
    d.forEach((value, c) => {
      count[c === truth]++;
      if (c === truth && !(value <= threshold)) count.refused++;
      if (c !== truth && value <= threshold) count.accepted++;
    });
    if (d.indexOf(Math.min(...d)) === truth) count.nearest++;
  }
  return count;
}

/** Pictures side by side, row by row: { data, shape }. */
export function sheet(rows, [height, width]) {
  const columns = rows[0].length;
  const data = new Float32Array(rows.length * height * columns * width);
  rows.forEach((row, r) => {
    row.forEach((picture, c) => {
      for (let i = 0; i < height; i++)
        data.set(picture.subarray(i * width, (i + 1) * width), ((r * height + i) * columns + c) * width);
    });
  });
  return { data, shape: [rows.length * height, columns * width] };
}

// -- what the model holds -------------------------------------------------------------------------------------

/** What no control changes: the pictures, and for each kind the distances, computed when they are asked for. */
function readFixed(model) {
  const [names, networks] = [model.get("names"), model.get("networks")];
  if (names.length < 2) throw new Error("There is no second class to compare with.");
  const shape = finite(model.get("shape"), "The shape of the pictures", { least: 2, most: 2 });
  const [templates, queries] = [
    bounded(model, "templates", "The number of templates"),
    bounded(model, "queries", "The number of queries"),
  ];
  const [each, area] = [templates + queries, shape[0] * shape[1]];
  const bytes = model.get("frames");
  if (bytes.byteLength !== names.length * each * area)
    throw new Error("The pictures do not fit the classes; run the cell again.");
  const all = Float32Array.from(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), (v) => v / 255);
  const pictures = names.map((_, c) =>
    Array.from({ length: each }, (_, k) => all.subarray((c * each + k) * area, (c * each + k + 1) * area)),
  );
  const rows = cut(
    unpacked(model.get("weights")),
    networks.map(({ count }) => inRange(count, "The number of weights", 0, 1e6)),
  );
  const embed = networks.map(({ layers }, k) => (picture) => {
    const { data } = run(layers, rows[k], [{ data: picture, shape: [1, ...shape] }]);
    return finite(data, "The embedding", { most: Infinity });
  });
  const kinds = [...networks.map(({ name }) => name), "raw pixels"];
  const known = kinds.map(() => null);
  /** { compared, largest } of one kind. */
  const distances = (kind) => {
    if (!known[kind]) {
      const vectors = pictures.map((own) => own.map(embed[kind] ?? ((picture) => [...picture])));
      const compared = comparisons(vectors, templates);
      known[kind] = { compared, largest: Math.max(...compared.flatMap(({ d }) => d)) };
    }
    return known[kind];
  };
  return { names, shape, templates, queries, pictures, kinds, distances };
}

function read(model, { names, queries, kinds, distances }) {
  const kind = bounded(model, "kind", "The kind");
  if (!(kind in kinds)) throw new Error(`There is no kind ${kind}; there are ${kinds.length}, counted from 0.`);
  const [row, column] = finite(model.get("chosen"), "The choice", { least: 2, most: 2 });
  if (!(row in Array(queries).fill(0)) || !(column in names))
    throw new Error(`There is no picture ${row} of class ${column}.`);
  const share = bounded(model, "threshold", "The threshold");
  const { compared, largest } = distances(kind);
  return { kind, row, column, share, threshold: share * largest, compared, largest };
}

// -- the pictures ---------------------------------------------------------------------------------------------

function drawChoice({ under, canvas }, { pictures, templates, queries, shape, names }, { row, column }, width) {
  const size = Math.min(CELL, Math.floor((width - 4) / names.length));
  const rows = Array.from({ length: queries }, (_, q) => pictures.map((own) => own[templates + q]));
  const box = { width: names.length * size, height: queries * size, left: 2, top: 2, scale: "grey" };
  under.set(sheet(rows, shape), box);
  canvas.size(box.width + 4, box.height + 4);
  const frame = { x: 2 + column * size, y: 2 + row * size, width: size, height: size };
  canvas.paint(svg("rect", { class: "dl-pick-ground", ...frame }), svg("rect", { class: "dl-pick", ...frame }));
  return { rows: queries, columns: names.length, size, origin: [2, 2] };
}

function drawDistances({ under, canvas }, fixed, { row, column, threshold, compared, largest }, width) {
  const { names, pictures, templates, shape, queries } = fixed;
  const { d } = compared[column * queries + row];
  const [thumb, left] = [22, 22 * templates + 8];
  const nearest = d.indexOf(Math.min(...d));
  under.set(
    sheet(
      pictures.map((own) => own.slice(0, templates)),
      shape,
    ),
    { width: thumb * templates, height: LINE * names.length, scale: "grey" },
  );
  const height = LINE * names.length;
  canvas.size(width, height + 6);
  const from = left + 30;
  const full = width - from - 50;
  const x = (value) => from + (value / largest) * full;
  canvas.paint(
    ...names.map((name, c) => {
      const y = c * LINE;
      return svg(
        "g",
        { class: d[c] <= threshold ? "dl-blue" : "dl-muted" },
        svg(
          "text",
          { x: left, y: y + 18, class: c === nearest ? "dl-nearest" : "" },
          `${name}${c === column ? " ✓" : ""}`,
        ),
        svg("rect", { class: "dl-length", x: from, y: y + 6, width: Math.max(x(d[c]) - from, 0), height: 14, rx: 3 }),
        svg("text", { x: width - 2, y: y + 18, "text-anchor": "end" }, number(d[c], 2)),
      );
    }),
    svg("line", { class: "dl-threshold", x1: x(threshold), x2: x(threshold), y1: 0, y2: height + 6 }),
  );
}

function drawRates(canvas, { compared, largest, threshold }, width) {
  const xs = Array.from({ length: 101 }, (_, i) => (i / 100) * largest);
  const counts = xs.map((at) => claims(compared, at));
  plot(canvas, {
    width,
    height: 230,
    margin: { left: 40, top: 26, right: 14 },
    x: { title: "threshold", range: [0, largest], ticks: 4 },
    y: { title: "share of the claims", range: [0, 1] },
    lines: [
      { xs, ys: counts.map((n) => n.refused / n.true), colour: "orange", style: "dashed" },
      { xs, ys: counts.map((n) => n.accepted / n.false), colour: "blue" },
    ],
    over: ({ x, box }) => [
      svg("line", {
        class: "dl-threshold",
        x1: x(threshold),
        x2: x(threshold),
        y1: box.top,
        y2: box.top + box.height,
      }),
    ],
  });
}

const percent = (part, whole) => `${part} of ${whole}, ${number((100 * part) / whole, 1)} %`;

function describe({ names, kinds, queries }, { kind, row, column, threshold, compared }) {
  const { d } = compared[column * queries + row];
  const nearest = d.indexOf(Math.min(...d));
  const within = names.filter((_, c) => d[c] <= threshold);
  const count = claims(compared, threshold);
  const accepted = within.length ? `accepted as ${within.join(", ")}` : "accepted as none";
  return (
    `${kinds[kind]}: this ${names[column]} is nearest to ${names[nearest]} (${number(d[nearest], 2)}); at the threshold ${number(threshold, 2)} it is ${accepted}.\n` +
    `Of all claims: true ones refused ${percent(count.refused, count.true)}; false ones accepted ${percent(count.accepted, count.false)}. ` +
    `The nearest class is right for ${count.nearest} of ${count.true} pictures.`
  );
}

// -- the widget -----------------------------------------------------------------------------------------------

export default widget(["kind", "chosen", "threshold"], ({ model, view, set }) => {
  const fixed = readFixed(model);
  read(model, fixed); // complains at once
  const kinds = choice({
    label: "distances between",
    options: fixed.kinds.map((name, k) => [k, name]),
    onChange: (kind) => set({ kind }),
  });
  const threshold = slider({
    label: "threshold",
    ...model.get("bounds").threshold,
    step: 0.01,
    format: (share) => number(share * fixed.distances(model.get("kind")).largest, 2),
    onInput: (share) => set({ threshold: share }),
  });
  const grid = { under: bitmap(), canvas: surface({ label: "" }), now: null };
  const choose = (i, j) => set({ chosen: [i, j] });
  board(grid.canvas, {
    label: "The pictures: choose one with the pointer or the arrow keys",
    press: choose,
    move: choose,
    grid: () => ({ ...grid.now, cursor: model.get("chosen") }),
  });
  const list = {
    under: bitmap(),
    canvas: surface({ label: "The distance to the templates of each class. The text below names the nearest." }),
  };
  const rates = surface({ label: "Shares of wrong decisions against the threshold. The text below gives them." });
  const decisions = panel(
    "wrong decisions",
    rates.element,
    legend([
      { label: "true claims refused", colour: "orange", style: "dashed" },
      { label: "false claims accepted", colour: "blue" },
    ]),
  );
  view.body.append(
    kinds.element,
    html("div", { class: "dl-controls" }, threshold.element),
    panel("choose a picture: a column for each class", stack(grid.under, grid.canvas)),
    html(
      "div",
      { class: "dl-side dl-templates" },
      panel("mean distance to the templates of each class", stack(list.under, list.canvas)),
      decisions,
    ),
    html(
      "p",
      { class: "dl-caption" },
      "Blue bars end before the threshold: these claims are accepted. ✓ marks the true class.",
    ),
  );
  return (width) => {
    const now = read(model, fixed);
    kinds.set(now.kind);
    threshold.set(now.share);
    grid.now = drawChoice(grid, fixed, now, width);
    const half = width > 620 ? Math.floor((width - 20) / 2) : width;
    drawDistances(list, fixed, now, half);
    decisions.style.width = `${half}px`; // its legend wraps
    drawRates(rates, now, half);
    view.say(describe(fixed, now));
  };
});
