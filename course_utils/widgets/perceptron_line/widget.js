// A perceptron's line over the four points of a truth table.

import { handle } from "../kit/drag.js";
import { bounded, choice, clamp, html, number, oneOf, slider, surface, svg, widget } from "../kit/kit.js";
import { legend, marker, plot } from "../kit/plot.js";

const POINTS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const TABLES = { and: [0, 0, 0, 1], nand: [1, 1, 1, 0], or: [0, 1, 1, 1], xor: [0, 1, 1, 0] };
const [LOW, HIGH] = [-0.6, 1.6]; // of the plane that is shown
const SHAPES = [
  { shape: "square", colour: "orange", label: "should be 0" },
  { shape: "circle", colour: "blue", label: "should be 1" },
];

/** The perceptron's answers to the four points: 1 where w1 x1 + w2 x2 + b >= 0. */
export const answers = ({ w1, w2, b }) => POINTS.map(([x1, x2]) => (w1 * x1 + w2 * x2 + b >= 0 ? 1 : 0));

/** The line's point nearest to the middle of the square. */
export function foot({ w1, w2, b }) {
  const size = w1 * w1 + w2 * w2;
  const off = (0.5 * w1 + 0.5 * w2 + b) / size;
  return [0.5 - off * w1, 0.5 - off * w2];
}

/** The part of the square in which w1 x1 + w2 x2 + b >= 0: its corners, clipped at the line. */
export function region({ w1, w2, b }) {
  const corners = [
    [LOW, LOW],
    [HIGH, LOW],
    [HIGH, HIGH],
    [LOW, HIGH],
  ];
  const side = ([x1, x2]) => w1 * x1 + w2 * x2 + b;
  return corners.flatMap((here, i) => {
    const next = corners[(i + 1) % 4];
    const [p, q] = [side(here), side(next)];
    const kept = p >= 0 ? [here] : [];
    if (p >= 0 === q >= 0) return kept;
    const t = p / (p - q);
    return [...kept, [here[0] + t * (next[0] - here[0]), here[1] + t * (next[1] - here[1])]];
  });
}

const NAMES = ["w1", "w2", "b"];
const weights = (model) => Object.fromEntries(NAMES.map((name) => [name, bounded(model, name, name)]));
const rounded = (value) => Math.round(value * 1000) / 1000;

function points(x, y, wanted, given) {
  return POINTS.flatMap(([x1, x2], i) => {
    const { shape, colour } = SHAPES[wanted[i]];
    const wrong = given[i] === wanted[i] ? [] : [svg("circle", { cx: x(x1), cy: y(x2), r: 15, class: "dl-wrong" })];
    return [...wrong, marker(shape, x(x1), y(x2), 8, { class: `dl-${colour}` })];
  });
}

function draw(canvas, w, wanted, width) {
  const size = Math.min(width, 420);
  const ticks = [0, 1].map((value) => ({ value, text: String(value) }));
  return plot(canvas, {
    width: size,
    height: size + 16,
    margin: { left: 34, right: 14 },
    x: { title: "x₁", range: [LOW, HIGH], ticks },
    y: { title: "x₂", range: [LOW, HIGH], ticks },
    under: ({ x, y }) => {
      const corners = region(w).map(([a, b]) => `${x(a)},${y(b)}`);
      return [svg("polygon", { class: "dl-yes", points: corners.join(" ") })];
    },
    over: ({ x, y }) => points(x, y, wanted, answers(w)),
  });
}

/** Two points to drag: one carries the line, the other turns it. */
function grips(canvas, model, set) {
  let scales = null;
  const bounds = model.get("bounds");
  const short = (name, value) => clamp(rounded(value), bounds[name].min, bounds[name].max);
  const read = () => ({ w1: model.get("w1"), w2: model.get("w2"), b: model.get("b") });
  const through = ({ w1, w2 }, [p1, p2]) =>
    set({ w1: short("w1", w1), w2: short("w2", w2), b: short("b", -(w1 * p1 + w2 * p2)) });
  const carry = handle({
    label: "move the line",
    surface: canvas.element,
    shape: "circle",
    move: (px, py) => through(read(), [clamp(scales.x.invert(px), LOW, HIGH), clamp(scales.y.invert(py), LOW, HIGH)]),
    nudge: (dx, dy) => through(read(), [foot(read())[0] + dx * 0.02, foot(read())[1] + dy * 0.02]),
  });
  const turn = handle({
    label: "turn the line",
    surface: canvas.element,
    shape: "diamond",
    move: (px, py) =>
      pointAt(Math.atan2(scales.y.invert(py) - foot(read())[1], scales.x.invert(px) - foot(read())[0])),
    nudge: (dx, dy) => pointAt(Math.atan2(read().w2, read().w1) + (dy - dx) * 0.03),
  });
  const pointAt = (angle) => {
    const size = Math.hypot(read().w1, read().w2);
    through({ w1: size * Math.cos(angle), w2: size * Math.sin(angle) }, foot(read()));
  };
  const arrow = svg("path", { class: "dl-arrow" });
  const line = svg("path", { class: "dl-line" });
  canvas.top.append(line, arrow, carry.element, turn.element);
  return (w, { x, y }) => {
    scales = { x, y };
    placeGrips({ carry, turn, arrow, line }, w, x, y);
  };
}

function placeGrips({ carry, turn, arrow, line }, w, x, y) {
  const size = Math.hypot(w.w1, w.w2);
  const ends = region(w).filter(([a, b]) => Math.abs(w.w1 * a + w.w2 * b + w.b) < 1e-9 * (1 + size));
  line.setAttribute(
    "d",
    ends.length === 2 ? `M${x(ends[0][0])} ${y(ends[0][1])}L${x(ends[1][0])} ${y(ends[1][1])}` : "",
  );
  const usable = size > 1e-6;
  const [p1, p2] = usable ? foot(w).map((value) => clamp(value, LOW, HIGH)) : [0.5, 0.5];
  const [q1, q2] = usable ? [p1 + (0.35 * w.w1) / size, p2 + (0.35 * w.w2) / size] : [0.85, 0.5];
  carry.set(x(p1), y(p2), rounded(w.b), `b ${number(w.b)}`);
  turn.set(
    x(q1),
    y(q2),
    Math.round((Math.atan2(w.w2, w.w1) * 180) / Math.PI),
    `w1 ${number(w.w1)}, w2 ${number(w.w2)}`,
  );
  arrow.setAttribute("d", `M${x(p1)} ${y(p2)}L${x(q1)} ${y(q2)}`);
}

function describe(w, wanted) {
  const right = answers(w).filter((answer, i) => answer === wanted[i]).length;
  const verdict = right === 4 ? " The line separates the two classes." : "";
  const none = w.w1 === 0 && w.w2 === 0 ? " With w1 = w2 = 0 there is no line: one answer for every point." : "";
  const sum = `${number(w.w1, 2)} x₁ + ${number(w.w2, 2)} x₂ + ${number(w.b, 2)}`.replaceAll("+ −", "− ");
  return `${right} of 4 right.${verdict}${none}\nThe answer is 1 where ${sum} ≥ 0 (shaded); a dashed ring marks a wrong answer.`;
}

export default widget(["w1", "w2", "b", "table"], ({ model, view, set }) => {
  const table = choice({
    label: "table",
    options: Object.keys(TABLES).map((t) => [t, t.toUpperCase()]),
    onChange: (t) => set({ table: t }),
  });
  const sliders = NAMES.map((name) => [
    name,
    slider({
      label: name,
      ...model.get("bounds")[name],
      step: 0.01,
      format: (v) => number(v, 2),
      onInput: (value) => set({ [name]: value }),
    }),
  ]);
  const canvas = surface({ label: "The four points, the line, and the side that gets the answer 1", role: "group" });
  const place = grips(canvas, model, set);
  view.body.append(
    table.element,
    html("div", { class: "dl-sliders" }, ...sliders.map(([, s]) => s.element)),
    canvas.element,
    legend([...SHAPES].reverse()),
  );
  return (width) => {
    const w = weights(model);
    const wanted = TABLES[oneOf(model, "table", "The table")];
    for (const [name, s] of sliders) s.set(w[name]);
    table.set(model.get("table"));
    place(w, draw(canvas, w, wanted, width));
    view.say(describe(w, wanted));
  };
});
