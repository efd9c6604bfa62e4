// A small GAN, trained in the page: two networks with hand-written gradients, Adam, and what each step does.

import { bitmap } from "../kit/bitmap.js";
import {
  bounded,
  button,
  choice,
  clamp,
  html,
  normals,
  number,
  oneOf,
  player,
  slider,
  surface,
  svg,
  widget,
} from "../kit/kit.js";
import { clipped, legend, plot } from "../kit/plot.js";

const BATCH = 64;
const SHOWN = 400; // generated points that are drawn and counted
const PUSHED = 70; // of these, how many show where the discriminator's gradient sends them
const FIELD = 44; // cells of the map along a side
const MOST = 4000; // moves of a game
const EVERY = 10; // after how many moves the covered Gaussians are counted for the curve
const BETAS = [0.5, 0.99];
const SLICE = 24; // milliseconds of training in one frame
const BALANCE = 2 * Math.log(2); // the discriminator's loss where it says 1/2 everywhere

// -- a network: its weights in one row, W (outputs, inputs) and b of each layer --------------------------------

const count = (sizes) => sizes.slice(1).reduce((sum, outputs, k) => sum + outputs * (sizes[k] + 1), 0);

/** Weights drawn with variance 1 / inputs, biases 0. */
export function initial(sizes, seed) {
  const [row, draw] = [new Float64Array(count(sizes)), normals(count(sizes), seed)];
  let at = 0;
  for (let k = 1; k < sizes.length; k++) {
    for (let i = 0; i < sizes[k] * sizes[k - 1]; i++, at++) row[at] = draw[at] / Math.sqrt(sizes[k - 1]);
    at += sizes[k];
  }
  return row;
}

/** The activations of all layers, row by row; the hidden ones are tanh's. X: (n, sizes[0]) */
export function activations(row, sizes, X) {
  const n = X.length / sizes[0];
  const layers = [X];
  let at = 0;
  for (let k = 1; k < sizes.length; k++) {
    const [inputs, outputs, A] = [sizes[k - 1], sizes[k], layers[k - 1]];
    const [biases, Y] = [at + outputs * inputs, new Float64Array(n * outputs)];
    for (let r = 0; r < n; r++) {
      for (let o = 0; o < outputs; o++) {
        let sum = row[biases + o];
        for (let i = 0; i < inputs; i++) sum += row[at + o * inputs + i] * A[r * inputs + i];
        Y[r * outputs + o] = k < sizes.length - 1 ? Math.tanh(sum) : sum;
      }
    }
    layers.push(Y);
    at = biases + outputs;
  }
  return layers;
}

/** The gradients of a loss with respect to the weights and to the input, from dY, that to the output. */
export function gradients(row, sizes, layers, dY) {
  const n = layers[0].length / sizes[0];
  const d = new Float64Array(row.length);
  let at = row.length;
  for (let k = sizes.length - 1; k > 0; k--) {
    const [inputs, outputs, A] = [sizes[k - 1], sizes[k], layers[k - 1]];
    const biases = at - outputs;
    at = biases - outputs * inputs;
    const dA = new Float64Array(n * inputs);
    for (let r = 0; r < n; r++) {
      for (let o = 0; o < outputs; o++) {
        const error = dY[r * outputs + o];
        d[biases + o] += error;
        for (let i = 0; i < inputs; i++) {
          d[at + o * inputs + i] += error * A[r * inputs + i];
          dA[r * inputs + i] += error * row[at + o * inputs + i];
        }
      }
    }
    if (k > 1) for (let i = 0; i < dA.length; i++) dA[i] *= 1 - A[i] * A[i]; // tanh
    dY = dA;
  }
  return { row: d, input: dY };
}

const logistic = (l) => 1 / (1 + Math.exp(-l));
const softplus = (l) => Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l)));

/** What each player's loss is for a logit, and its derivative: of the discriminator for real and for fake points. */
export const LOSSES = {
  real: [(l) => softplus(-l), (l) => -logistic(-l)],
  fake: [softplus, logistic],
  N: [(l) => softplus(-l), (l) => -logistic(-l)],
  S: [(l) => -softplus(l), (l) => -logistic(l)],
};

function meanLoss(logits, [value, derivative]) {
  return {
    loss: logits.reduce((sum, l) => sum + value(l), 0) / logits.length,
    slope: logits.map((l) => derivative(l) / logits.length),
  };
}

function adamStep(player, gradient, rate) {
  player.t += 1;
  const [c1, c2] = BETAS.map((beta) => 1 - beta ** player.t);
  for (let i = 0; i < gradient.length; i++) {
    player.m[i] = BETAS[0] * player.m[i] + (1 - BETAS[0]) * gradient[i];
    player.v[i] = BETAS[1] * player.v[i] + (1 - BETAS[1]) * gradient[i] ** 2;
    player.row[i] -= (rate * (player.m[i] / c1)) / (Math.sqrt(player.v[i] / c2) + 1e-8);
  }
}

// -- the game -------------------------------------------------------------------------------------------------

export const centres = ({ modes, radius }) =>
  Array.from({ length: modes }, (_, k) => {
    const angle = (2 * Math.PI * k) / modes;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });

/** The batch of move number `n`: noise for the generator, and real points, as many of each Gaussian. */
export function batchOf({ start, modes, radius, spread }, n) {
  const draw = normals(4 * BATCH, 1_000_003 * start + n + 1);
  const middle = centres({ modes, radius });
  const real = draw.slice(2 * BATCH).map((value, i) => middle[(i >> 1) % modes][i & 1] + spread * value);
  return { z: draw.slice(0, 2 * BATCH), real };
}

export function newGame(settings) {
  const { hidden, judge, start } = settings;
  const player = (sizes, seed) => {
    const row = initial(sizes, seed);
    return { sizes, row, m: row.map(() => 0), v: row.map(() => 0), t: 0 };
  };
  return {
    settings,
    G: player([2, hidden, hidden, 2], 500 * start + 1),
    D: player([2, judge, judge, 1], 500 * start + 2),
    probe: normals(2 * SHOWN, 500 * start + 3),
    played: "",
    losses: [], // [move, player, loss]
    covered: [], // [move, covered Gaussians]
  };
}

export function generated({ G }, z) {
  return activations(G.row, G.sizes, z).at(-1);
}

/** One step of one player, in place: D, or N and S for the generator. */
export function move(game, letter) {
  const { G, D, settings } = game;
  const { z, real } = batchOf(settings, game.played.length);
  const G_layers = activations(G.row, G.sizes, z);
  const fake_layers = activations(D.row, D.sizes, G_layers.at(-1));
  let loss = 0;
  if (letter === "D") {
    const real_layers = activations(D.row, D.sizes, real);
    const [one, two] = [meanLoss(real_layers.at(-1), LOSSES.real), meanLoss(fake_layers.at(-1), LOSSES.fake)];
    const gradient = gradients(D.row, D.sizes, real_layers, one.slope).row;
    gradients(D.row, D.sizes, fake_layers, two.slope).row.forEach((value, i) => {
      gradient[i] += value;
    });
    adamStep(D, gradient, settings.rate);
    loss = one.loss + two.loss;
  } else {
    const one = meanLoss(fake_layers.at(-1), LOSSES[letter]);
    const at_points = gradients(D.row, D.sizes, fake_layers, one.slope).input;
    adamStep(G, gradients(G.row, G.sizes, G_layers, at_points).row, settings.rate);
    loss = one.loss;
  }
  game.played += letter;
  game.losses.push([game.played.length, letter === "D" ? "D" : "G", loss]);
  if (game.played.length % EVERY === 0) game.covered.push([game.played.length, coverage(game).covered]);
}

/** How many generated points lie within three standard deviations of a centre, and how many Gaussians hold 2 %. */
export function counted(points, { modes, radius, spread }) {
  const middle = centres({ modes, radius });
  const found = middle.map(() => 0);
  for (let i = 0; i < points.length; i += 2) {
    const at = middle.findIndex(([a, b]) => Math.hypot(points[i] - a, points[i + 1] - b) <= 3 * spread);
    if (at >= 0) found[at]++;
  }
  const total = points.length / 2;
  const holds = found.map((n) => n >= total / 50);
  return {
    holds,
    covered: holds.filter(Boolean).length,
    on: found.reduce((sum, n) => sum + n, 0) / total,
  };
}

const coverage = (game) => counted(generated(game, game.probe), game.settings);

/** Where the generator's loss sends each point: minus its gradient, not divided by their number. */
export function pushes({ D }, points, letter) {
  const layers = activations(D.row, D.sizes, points);
  return gradients(D.row, D.sizes, layers, layers.at(-1).map(LOSSES[letter][1])).input.map((value) => -value);
}

/** D(x) on the cells of a grid, row by row from above. */
function fieldOf({ D }, reach) {
  const places = new Float64Array(2 * FIELD * FIELD);
  const at = (k) => (2 * reach * (k + 0.5)) / FIELD - reach;
  for (let i = 0; i < FIELD * FIELD; i++) {
    places[2 * i] = at(i % FIELD);
    places[2 * i + 1] = -at(Math.floor(i / FIELD));
  }
  return activations(D.row, D.sizes, places).at(-1).map(logistic);
}

/** The letters of `steps` moves in the given ratio of steps, going on behind `played`. */
export function nextMoves(ratio, letter, rounds) {
  const [forD, forG] = ratio.split(" : ").map(Number);
  return ("D".repeat(forD) + letter.repeat(forG)).repeat(rounds);
}

// -- the pictures ---------------------------------------------------------------------------------------------

/** Many equal dots as one path. */
const dots = (points, x, y, name) => {
  let d = "";
  for (let i = 0; i < points.length; i += 2)
    d += `M${x(clamp(points[i], -99, 99)).toFixed(1)} ${y(clamp(points[i + 1], -99, 99)).toFixed(1)}h0`;
  return svg("path", { class: name, d });
};

function drawPlane({ plane, field }, game, letter, width) {
  const { settings } = game;
  const reach = 1.6 * settings.radius;
  const points = generated(game, game.probe);
  const { holds } = counted(points, settings);
  const push = pushes(game, points.slice(0, 2 * PUSHED), letter);
  plot(plane, {
    width,
    height: width + 22, // a square box
    margin: { left: 30, top: 22, right: 8, bottom: 38 },
    x: { title: "x₁", range: [-reach, reach] },
    y: { title: "x₂", range: [-reach, reach] },
    over: ({ x, y, box }) => {
      const values = fieldOf(game, reach).map((value) => value - 0.5);
      field.set({ data: values, shape: [FIELD, FIELD] }, { ...box, limit: 0.5 });
      const pixels = box.width / (2 * reach);
      const rings = centres(settings).map(([a, b], k) =>
        svg("circle", {
          class: holds[k] ? "dl-mode dl-mode-held" : "dl-mode",
          ...{ cx: x(a), cy: y(b), r: 3 * settings.spread * pixels },
        }),
      );
      let d = "";
      for (let i = 0; i < push.length; i += 2) {
        const [px, py] = [x(clamp(points[i], -99, 99)), y(clamp(points[i + 1], -99, 99))];
        const size = Math.hypot(push[i], push[i + 1]);
        const scale = (Math.min(size, 3) * 14) / (size || 1);
        d += `M${px.toFixed(1)} ${py.toFixed(1)}l${(push[i] * scale).toFixed(1)} ${(-push[i + 1] * scale).toFixed(1)}`;
      }
      return [
        clipped(
          box,
          ...rings,
          svg("path", { class: "dl-push", d }),
          dots(points, x, y, "dl-made-under"),
          dots(points, x, y, "dl-made"),
        ),
      ];
    },
  });
}

/** At most `most` points of a curve: the means of as many neighbours. */
function thinned(pairs, most) {
  const size = Math.ceil(pairs.length / most);
  const [xs, ys] = [[], []];
  for (let i = 0; i < pairs.length; i += size) {
    const part = pairs.slice(i, i + size);
    xs.push(part.reduce((sum, [x]) => sum + x, 0) / part.length);
    ys.push(part.reduce((sum, [, y]) => sum + y, 0) / part.length);
  }
  return { xs, ys };
}

function drawCurves({ losses, covered }, game, width, height) {
  const range = [0, Math.max(200, game.played.length)];
  const line = (name) =>
    thinned(
      game.losses.filter(([, player]) => player === name).map(([n, , loss]) => [n, loss]),
      120,
    );
  plot(losses, {
    width,
    height,
    clip: true,
    x: { title: "", range, ticks: 4 },
    y: { title: "loss", range: [-1.5, 3], ticks: 5 },
    lines: [
      { xs: range, ys: [BALANCE, BALANCE], colour: "muted", style: "dashed" },
      { ...line("D"), colour: "blue" },
      { ...line("G"), colour: "orange", style: "thin" },
    ],
  });
  const pairs = [[0, 0], ...game.covered];
  plot(covered, {
    width,
    height,
    x: { title: "step", range, ticks: 4 },
    y: { title: "Gaussians covered", range: [0, game.settings.modes], ticks: 4 },
    lines: [{ xs: pairs.map(([n]) => n), ys: pairs.map(([, n]) => n), colour: "green" }],
  });
}

function describe(game) {
  const { played, losses, settings } = game;
  const { covered, on } = coverage(game);
  const last = (name) => {
    const kept = losses.filter(([, player]) => player === name).slice(-10);
    return kept.length ? number(kept.reduce((sum, [, , loss]) => sum + loss, 0) / kept.length, 2) : "–";
  };
  const ofD = [...played].filter((letter) => letter === "D").length;
  return (
    `Start ${settings.start}: ${ofD} steps of the discriminator, ${played.length - ofD} of the generator. Loss, mean of the last 10 steps: discriminator ${last("D")} (${number(BALANCE, 2)} if it says ½ everywhere), generator ${last("G")}.\n` +
    `${covered} of ${settings.modes} Gaussians covered; ${Math.round(100 * on)} % of ${SHOWN} generated points lie within three standard deviations of a centre.`
  );
}

// -- the widget -----------------------------------------------------------------------------------------------

const SETTINGS = {
  start: "The start",
  modes: "The number of Gaussians",
  radius: "The radius",
  spread: "The spread",
  hidden: "The number of hidden units",
  rate: "The learning rate",
};

function read(model) {
  const moves = model.get("moves");
  if (typeof moves !== "string" || moves.length > MOST)
    throw new Error(`A game is a text of at most ${MOST} letters, one for each move.`);
  const unknown = [...moves].find((letter) => !"DNS".includes(letter));
  if (unknown) throw new Error(`The move ${unknown} is not one of D, N and S.`);
  const settings = Object.fromEntries(
    Object.entries(SETTINGS).map(([name, words]) => [name, bounded(model, name, words)]),
  );
  settings.judge = oneOf(model, "judge", "The number of hidden units of D");
  return {
    moves,
    settings,
    ratio: oneOf(model, "ratio", "The ratio"),
    loss: oneOf(model, "loss", "The loss"),
    stride: oneOf(model, "stride", "The number of steps"),
  };
}

const letterOf = ({ loss }) => (loss === "saturating" ? "S" : "N");

function controls({ model, set }) {
  const add = (letters) => {
    const { moves } = read(model);
    set({ moves: (moves + letters).slice(0, MOST) });
    return moves.length + letters.length < MOST;
  };
  const pick = (name, label, change = (value) => ({ [name]: value })) =>
    choice({
      label,
      options: model.get("bounds")[name].values.map((value) => [value, String(value)]),
      onChange: (value) => set(change(value)),
    });
  return {
    play: player({
      interval: 60,
      step: () => {
        const now = read(model);
        return add(nextMoves(now.ratio, letterOf(now), now.ratio === "1 : 1" ? 10 : 3));
      },
    }),
    stepD: button("discriminator step", () => add("D".repeat(read(model).stride))),
    stepG: button("generator step", () => add(letterOf(read(model)).repeat(read(model).stride))),
    restart: button("restart", () => set({ moves: "" })),
    ratio: pick("ratio", "steps of D : G while it plays"),
    loss: pick("loss", "loss of the generator"),
    stride: pick("stride", "steps at a press"),
    judge: pick("judge", "hidden units of D", (judge) => ({ judge, moves: "" })),
    start: slider({
      label: "start",
      ...model.get("bounds").start,
      step: 1,
      format: String,
      onInput: (start) => set({ start, moves: "" }),
    }),
  };
}

export default widget(
  ["moves", "start", "ratio", "loss", "stride", "judge", "modes", "radius", "spread", "hidden", "rate"],
  ({ model, view, set }) => {
    read(model); // complains at once
    const parts = controls({ model, set });
    view.onCleanup(parts.play.stop);
    const pictures = {
      field: bitmap(),
      plane: surface({
        label: "The discriminator's field, the Gaussians and the generated points. The text below gives the figures.",
      }),
      losses: surface({ label: "The losses of both players. The text below gives the last ones." }),
      covered: surface({ label: "How many Gaussians are covered, over the steps" }),
    };
    view.body.append(
      html("div", { class: "dl-controls" }, parts.play.element, parts.stepD, parts.stepG, parts.restart),
      html("div", { class: "dl-controls" }, parts.ratio.element, parts.loss.element),
      html("div", { class: "dl-controls" }, parts.stride.element, parts.judge.element, parts.start.element),
      html(
        "div",
        { class: "dl-side dl-game" },
        html("div", { class: "dl-layers" }, pictures.field.element, pictures.plane.element),
        html("div", {}, pictures.losses.element, pictures.covered.element),
      ),
      legend([
        { label: "loss of the discriminator", colour: "blue" },
        { label: "loss of the generator", colour: "orange" },
        { label: "Gaussians covered", colour: "green" },
        { label: "where the generator's loss sends a point", colour: "purple" },
      ]),
      html(
        "p",
        { class: "dl-caption" },
        "Blue: D(x) above ½, orange: below. Circles: three standard deviations around each centre, solid once covered.",
      ),
    );

    let game = null;
    /** Bring the game to `moves`, as far as a slice of time allows; true when it is there. */
    const bring = ({ moves, settings }) => {
      const same =
        game && [...Object.keys(SETTINGS), "judge"].every((name) => game.settings[name] === settings[name]);
      if (!same || !moves.startsWith(game.played)) game = newGame(settings);
      const until = performance.now() + SLICE;
      while (game.played.length < moves.length && performance.now() < until) move(game, moves[game.played.length]);
      return game.played.length === moves.length;
    };
    const draw = (width) => {
      const now = read(model);
      const done = bring(now);
      for (const name of ["ratio", "loss", "stride"]) parts[name].set(now[name]);
      parts.judge.set(now.settings.judge);
      parts.start.set(now.settings.start);
      for (const element of [parts.stepD, parts.stepG]) element.disabled = now.moves.length >= MOST;
      const side = Math.min(width, width > 600 ? 400 : 430);
      drawPlane(pictures, game, letterOf(now), side);
      const rest = width - side - 24;
      drawCurves(pictures, game, rest > 220 ? rest : width, rest > 220 ? side / 2 : 170);
      if (!done) return true;
      view.say(describe(game));
    };
    return draw;
  },
);
