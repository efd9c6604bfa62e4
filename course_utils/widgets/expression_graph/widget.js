// A scalar expression graph that steps forward (values) and backward (gradients).
import {
  button,
  clamp,
  finite,
  html,
  inRange,
  number,
  player,
  slider,
  superscript,
  surface,
  svg,
  widget,
} from "../kit/kit.js";

const power = (a, b) => (/^-?\d+$/.test(b) ? a + superscript(b) : `${a} ^ ${b}`);

// For each operation: how it is written, its value, and its slope for each input.
const OPERATIONS = {
  "+": { write: (a, b) => `${a} + ${b}`, value: (a, b) => a + b, slopes: () => [1, 1] },
  "-": { write: (a, b) => `${a} − ${b}`, value: (a, b) => a - b, slopes: () => [1, -1] },
  "*": { write: (a, b) => `${a} · ${b}`, value: (a, b) => a * b, slopes: (a, b) => [b, a] },
  "/": { write: (a, b) => `${a} / ${b}`, value: (a, b) => a / b, slopes: (a, b) => [1 / b, -a / (b * b)] },
  "**": { write: power, value: (a, b) => a ** b, slopes: (a, b) => [b === 0 ? 0 : b * a ** (b - 1), 0] },
  neg: { write: (a) => `−${a}`, value: (a) => -a, slopes: () => [-1] },
  tanh: { write: (a) => `tanh ${a}`, value: Math.tanh, slopes: (a) => [1 - Math.tanh(a) ** 2] },
  exp: { write: (a) => `exp ${a}`, value: Math.exp, slopes: (a) => [Math.exp(a)] },
  log: { write: (a) => `log ${a}`, value: Math.log, slopes: (a) => [1 / a] },
  relu: { write: (a) => `relu ${a}`, value: (a) => Math.max(a, 0), slopes: (a) => [a > 0 ? 1 : 0] },
  sigmoid: { write: (a) => `σ(${a})`, value: (a) => sigmoid(a), slopes: (a) => [sigmoid(a) * (1 - sigmoid(a))] },
};
const BOX = { width: 104, narrow: 80, height: 58 }; // narrow: on a phone, where many stand side by side
const ROW = BOX.height + 44; // from row to row of the upright layout
const COLUMN = BOX.width + 46; // from column to column of the lying one

const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const isConstant = (input) => typeof input === "number";

/** Check the tape and number its inputs: [{name, op, inputs: [index or {constant}], ...}]. */
export function readTape(tape, most = Infinity) {
  if (!Array.isArray(tape) || !tape.length) throw new Error("The tape is empty: give at least one operation.");
  if (tape.length > most) throw new Error(`The tape has ${tape.length} nodes; this widget shows at most ${most}.`);
  const index = new Map();
  return tape.map((node, i) => {
    const inputs = (node.inputs ?? []).map((input) => {
      if (!isConstant(input) && !index.has(input))
        throw new Error(`${node.name} uses ${input} before it is on the tape.`);
      return isConstant(input) ? { constant: finite([input], `An input of ${node.name}`)[0] } : index.get(input);
    });
    if (node.op && !OPERATIONS[node.op]) throw new Error(`The operation ${node.op} is not known.`);
    index.set(node.name, i);
    return { ...node, inputs, leaf: !node.op };
  });
}

/** The steps in order: forward through the operations, dL/dL = 1, then back. */
export function plan(nodes) {
  const operations = nodes.map((_, i) => i).filter((i) => !nodes[i].leaf);
  const learned = operations.filter((i) => nodes[i].inputs.some(Number.isInteger));
  return [
    ...operations.map((node) => ({ phase: "forward", node })),
    { phase: "seed", node: nodes.length - 1 },
    ...learned.reverse().map((node) => ({ phase: "backward", node })),
  ];
}

/** Values and gradients after `step` steps; null where none is known yet. slopes[i] belongs to the inputs of node i. */
export function compute(nodes, leaves, step) {
  const values = nodes.map((node) => (node.leaf ? leaves[node.name] : null));
  const gradients = nodes.map(() => null);
  const slopes = nodes.map(() => null);
  const value = (input) => (Number.isInteger(input) ? values[input] : input.constant);
  for (const { phase, node } of plan(nodes).slice(0, step)) {
    const { op, inputs } = nodes[node];
    if (phase === "seed") gradients[node] = 1;
    else if (phase === "forward") {
      values[node] = OPERATIONS[op].value(...inputs.map(value));
      slopes[node] = OPERATIONS[op].slopes(...inputs.map(value));
    } else
      inputs.forEach((input, k) => {
        if (Number.isInteger(input))
          gradients[input] = (gradients[input] ?? 0) + (gradients[node] ?? 0) * slopes[node][k];
      });
  }
  return { values, gradients, slopes };
}

function complain(nodes, { values, gradients }) {
  const bad = nodes.findIndex((_, i) => [values[i], gradients[i]].some((v) => v !== null && !Number.isFinite(v)));
  if (bad < 0) return;
  const { name, inputs } = nodes[bad];
  const cause = inputs
    .filter(Number.isInteger)
    .map((i) => `${nodes[i].name} = ${number(values[i])}`)
    .join(", ");
  const what = Number.isFinite(values[bad]) ? `The gradient of ${name}` : name;
  throw new Error(`${what} is not a finite number${cause && ` (here ${cause})`}. Move a slider.`);
}

// -- words --------------------------------------------------------------------------------------------------

const names = (nodes, { inputs }) =>
  inputs.map((input) => (Number.isInteger(input) ? nodes[input].name : String(input.constant)));
const formula = (nodes, node) => OPERATIONS[node.op].write(...names(nodes, node));
const signed = (text) => (text.startsWith("−") ? `(${text})` : text);

function describe(nodes, { values, gradients, slopes }, steps, step) {
  const output = nodes.at(-1).name;
  if (step === 0)
    return `Only the leaves have values. Step computes ${steps.length} steps: forward to ${output}, then back to every leaf.`;
  const { phase, node } = steps[step - 1];
  const { name, op, inputs } = nodes[node];
  if (phase === "seed") return `Backward begins at the end: ∂${output}/∂${output} = 1.`;
  if (phase === "forward") {
    const numbers = inputs.map((input) =>
      Number.isInteger(input) ? signed(number(values[input])) : String(input.constant),
    );
    return `Forward: ${name} = ${formula(nodes, nodes[node])} = ${OPERATIONS[op].write(...numbers)} = ${number(values[node])}`;
  }
  return inputs
    .flatMap((input, k) =>
      Number.isInteger(input) ? [pushed(nodes, node, input, slopes[node][k], gradients, output)] : [],
    )
    .join("\n");
}

function pushed(nodes, node, input, slope, gradients, output) {
  const [from, to] = [nodes[node].name, nodes[input].name];
  const product = `${signed(number(gradients[node]))} · ${signed(number(slope))}`;
  return `∂${output}/∂${to} += ∂${output}/∂${from} · ∂${from}/∂${to} = ${product} = ${number(gradients[node] * slope)}`;
}

// -- the picture --------------------------------------------------------------------------------------------

/** The column of each node: operations after their inputs, a leaf just before its first user. */
function columns(nodes) {
  const column = nodes.map(() => 0);
  nodes.forEach((node, i) => {
    if (!node.leaf) column[i] = 1 + Math.max(-1, ...node.inputs.filter(Number.isInteger).map((k) => column[k]));
  });
  nodes.forEach((node, i) => {
    const first = Math.min(...nodes.flatMap((user, j) => (user.inputs.includes(i) ? [column[j]] : [])));
    if (node.leaf && Number.isFinite(first)) column[i] = first - 1;
  });
  return column;
}

/**
 * A column and a row for each node. An edge over several columns gets a free place in each column between, so that
 * it crosses no box: `via[j][k]` lists these places for input k of node j.
 */
export function layout(nodes) {
  const column = columns(nodes);
  const users = nodes.map(() => []);
  const via = nodes.map((node, j) =>
    node.inputs.map((input) => {
      if (!Number.isInteger(input)) return [];
      const chain = [];
      let last = input;
      for (let c = column[input] + 1; c < column[j]; c++) {
        const place = column.push(c) - 1;
        users[last].push(place);
        users[place] = [];
        chain.push(place);
        last = place;
      }
      users[last].push(j);
      return chain;
    }),
  );
  const row = column.map(() => 0);
  for (let c = Math.max(...column); c >= 0; c--)
    spread(
      column.flatMap((at, i) => (at === c ? [i] : [])),
      users,
      row,
    );
  const top = Math.min(...row);
  return { column, row: row.map((r) => r - top), via };
}

/** Put the nodes of one column near their users, at least one row apart. */
function spread(members, users, row) {
  const wish = new Map(
    members.map((i) => [i, users[i].length ? users[i].reduce((s, j) => s + row[j], 0) / users[i].length : 0]),
  );
  const order = [...members].sort((a, b) => wish.get(a) - wish.get(b) || a - b);
  order.forEach((i, k) => (row[i] = k ? Math.max(wish.get(i), row[order[k - 1]] + 1) : wish.get(i)));
  const drift = order.reduce((s, i) => s + row[i] - wish.get(i), 0) / (order.length || 1);
  order.forEach((i) => (row[i] -= drift));
}

/** Pixel positions of the boxes' centres: lying where there is room, upright on a phone. */
function place(nodes, width) {
  const { column, row, via } = layout(nodes);
  const [deep, wide] = [Math.max(...column), Math.max(...row)];
  const upright = deep * COLUMN + BOX.width > width;
  const box = upright ? clamp(Math.floor(width / (wide + 1)) - 8, BOX.narrow, BOX.width) : BOX.width;
  const across = clamp(
    (width - box - 4) / (upright ? wide || 1 : deep || 1),
    box + (upright ? 8 : 46),
    box + (upright ? 40 : 76),
  );
  const [dx, dy] = upright ? [across, ROW] : [across, BOX.height + 18];
  const [cells, lines] = upright ? [row, column] : [column, row];
  const at = (i) => ({ x: box / 2 + 2 + cells[i] * dx, y: BOX.height / 2 + 2 + lines[i] * dy });
  return {
    at,
    via,
    upright,
    box,
    width: Math.max(...cells) * dx + box + 4,
    height: Math.max(...lines) * dy + BOX.height + 4,
  };
}

function drawBox(node, nodes, { at, box }, i, value, gradient, phase) {
  const { x, y } = at(i);
  const classes = ["dl-node", node.leaf && "dl-leaf", value === null && "dl-unknown", phase && `dl-at-${phase}`];
  const pad = box < BOX.width ? 6 : 9;
  const [left, right] = [x - box / 2 + pad, x + box / 2 - pad];
  const line = (dy, label, known, bold) => [
    svg("text", { x: left, y: y + dy, class: "dl-quiet" }, label),
    svg(
      "text",
      { x: right, y: y + dy, "text-anchor": "end", class: bold && "dl-strong" },
      known === null ? "·" : number(known, box < BOX.width ? 2 : 3),
    ),
  ];
  const title = node.leaf ? node.name : `${node.name} = ${formula(nodes, node)}`;
  const squeezed = title.length * 7 > box - 2 * pad ? box - 2 * pad : null;
  return svg(
    "g",
    { class: classes.filter(Boolean).join(" ") },
    svg("rect", { x: x - box / 2, y: y - BOX.height / 2, width: box, height: BOX.height, rx: 7 }),
    svg(
      "text",
      { x: left, y: y - 12, class: "dl-strong", textLength: squeezed, lengthAdjust: "spacingAndGlyphs" },
      title,
    ),
    ...line(5, "value", value, phase === "forward"),
    ...line(21, "grad", gradient, phase === "backward" || phase === "seed"),
  );
}

/** The path of an edge from box to box, straight through the free places on its way. */
function edgePath({ at, upright, box }, source, via, target, shift) {
  const half = upright ? BOX.height / 2 : box / 2;
  const end = (i, side, off = 0) =>
    upright ? { x: at(i).x + off, y: at(i).y + side * half } : { x: at(i).x + side * half, y: at(i).y + off };
  const bend = (a, b) =>
    upright ? `C${a.x} ${a.y + 22} ${b.x} ${b.y - 22}` : `C${a.x + 22} ${a.y} ${b.x - 22} ${b.y}`;
  let last = end(source, 1);
  let text = `M${last.x} ${last.y}`;
  const stops = [...via.map((i) => [end(i, -1), end(i, 1)]), [end(target, -1, shift)]];
  for (const [entry, exit] of stops) {
    text += `${bend(last, entry)} ${entry.x} ${entry.y}`;
    if (exit) text += `L${exit.x} ${exit.y}`;
    last = exit ?? entry;
  }
  return { text, from: end(source, 1), to: stops[0][0] };
}

function drawEdge(plan, source, via, target, shift, slope, active) {
  const { text, from, to } = edgePath(plan, source, via, target, shift);
  const group = svg("g", { class: active ? `dl-edge dl-at-${active}` : "dl-edge" }, svg("path", { d: text }));
  if (slope !== null) {
    const [x, y] = plan.upright
      ? [from.x * 0.6 + to.x * 0.4, from.y * 0.55 + to.y * 0.45 + 4]
      : [(from.x + to.x) / 2, (from.y + to.y) / 2 - 3];
    group.append(svg("text", { x, y, "text-anchor": "middle", class: "dl-halo" }, `×${number(slope, 2)}`));
  }
  return group;
}

function drawEdges(nodes, plan, slopes, active) {
  return nodes.flatMap((node, j) => {
    const count = node.inputs.filter(Number.isInteger).length;
    const phase = active?.node === j && active.phase !== "seed" && active.phase;
    return node.inputs.flatMap((input, k) =>
      Number.isInteger(input)
        ? [drawEdge(plan, input, plan.via[j][k], j, (k - (count - 1) / 2) * 16, slopes[j]?.[k] ?? null, phase)]
        : [],
    );
  });
}

function draw(canvas, nodes, { values, gradients, slopes }, active, width) {
  const plan = place(nodes, width);
  canvas.size(plan.width, plan.height);
  const boxes = nodes.map((node, i) =>
    drawBox(node, nodes, plan, i, values[i], gradients[i], active?.node === i && active.phase),
  );
  canvas.paint(...drawEdges(nodes, plan, slopes, active), ...boxes);
}

// -- the widget ---------------------------------------------------------------------------------------------

function leafSliders(nodes, model, set) {
  return nodes
    .filter((node) => node.leaf)
    .map((node) => {
      const control = slider({
        label: node.name,
        min: node.min,
        max: node.max,
        step: (node.max - node.min) / 200,
        onInput: (value) => set({ leaves: { ...model.get("leaves"), [node.name]: value } }),
      });
      return { name: node.name, ...control };
    });
}

function stepper(steps, model, set, view) {
  const go = (step) => set({ step: clamp(step, 0, steps.length) });
  const back = button("Back", () => go(model.get("step") - 1));
  const next = button("Step", () => go(model.get("step") + 1));
  const play = player({
    step: () => {
      go(model.get("step") >= steps.length ? 0 : model.get("step") + 1);
      return model.get("step") < steps.length;
    },
  });
  view.onCleanup(play.stop);
  const count = html("span", { class: "dl-count" });
  const update = (step) => {
    back.disabled = step === 0;
    next.disabled = step === steps.length;
    count.textContent = `step ${step} of ${steps.length}`;
  };
  const element = html(
    "div",
    { class: "dl-controls" },
    back,
    next,
    play.element,
    button("Start", () => go(0)),
    button("End", () => go(steps.length)),
    count,
  );
  return { element, update };
}

export default widget(["leaves", "step"], ({ model, view, set }) => {
  const nodes = readTape(model.get("tape"), model.get("bounds").tape.max);
  const steps = plan(nodes);
  const sliders = leafSliders(nodes, model, set);
  const controls = stepper(steps, model, set, view);
  const canvas = surface({
    label: `Expression graph of ${nodes.at(-1).name}. The text below says what each step does.`,
  });
  const scroll = html("div", { class: "dl-scroll" }, canvas.element);
  view.body.append(html("div", { class: "dl-sliders" }, ...sliders.map((s) => s.element)), controls.element, scroll);
  return (width) => {
    const leaves = model.get("leaves");
    for (const { name, set: show } of sliders) show(finite([leaves[name]], `The leaf ${name}`)[0]);
    const step = inRange(model.get("step"), "The step", 0, steps.length);
    const state = compute(nodes, leaves, step);
    complain(nodes, state);
    controls.update(step);
    draw(canvas, nodes, state, steps[step - 1], width);
    if (scroll.scrollWidth > scroll.clientWidth)
      scroll.tabIndex = 0; // reachable by keyboard where it scrolls
    else scroll.removeAttribute("tabindex");
    view.say(describe(nodes, state, steps, step));
  };
});
