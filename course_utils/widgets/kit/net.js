// The forward pass of a small trained network, as net.py writes it.
import { affineMap, axisOf, combined, expect, product, softmaxInPlace } from "./arrays.js";
import { IMAGES } from "./images.js";
import { SEQUENCES } from "./sequences.js";

/** The weights of a Bytes trait (a DataView, little-endian float32). */
export function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

const BLOCK = 64; // weights that share a scale
const BITS = 6; // of each, in a Bytes trait that `packed` in net.py wrote

/** The weights that `packed` wrote: whole numbers of six bits, a scale for each 64 of them, and their count. */
export function unpacked(view) {
  const count = view.byteLength >= 4 ? view.getUint32(view.byteLength - 4, true) : 0;
  const whole = (Math.ceil(count / BLOCK) * BLOCK * BITS) / 8;
  if (view.byteLength !== whole + 4 * Math.ceil(count / BLOCK) + 4)
    throw new Error("The network's weights are not whole; run the cell again.");
  return Float32Array.from({ length: count }, (_, i) => {
    const [byte, shift] = [Math.floor((i * BITS) / 8), 16 - BITS - ((i * BITS) % 8)];
    const level = ((view.getUint8(byte) << 8) | view.getUint8(byte + 1)) >> shift; // the byte behind the last is there
    return view.getFloat32(whole + 4 * Math.floor(i / BLOCK), true) * ((level & 63) - 32);
  });
}

/** The error function within 2e-7 (Abramowitz and Stegun, 7.1.26). */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

const ACTIVATIONS = {
  relu: (x) => Math.max(x, 0),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  silu: (x) => x / (1 + Math.exp(-x)),
  leakyrelu: (x, { negative_slope: slope }) => (x > 0 ? x : slope * x),
  elu: (x, { alpha }) => (x > 0 ? x : alpha * Math.expm1(x)),
  softplus: (x, { beta, threshold }) => (x * beta > threshold ? x : Math.log1p(Math.exp(x * beta)) / beta),
  gelu: (x, { approximate }) =>
    (x / 2) *
    (1 +
      (approximate === "tanh" ? Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)) : erf(x / Math.SQRT2))),
  sin: Math.sin,
  cos: Math.cos,
  exp: Math.exp,
};

const ARITHMETIC = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
};

const eachNumber =
  (f) =>
  ([x], layer) => ({ ...x, data: x.data.map((value) => f(value, layer)) });
const eachPair =
  (f) =>
  ([a, b]) =>
    combined(a, b, f);
const all = (table, make) => Object.fromEntries(Object.entries(table).map(([kind, f]) => [kind, make(f)]));

/** What each kind of layer does: (values, settings, take(count) weights, state) -> value, a recurrent one with its state. */
const LAYERS = {
  ...all(ACTIVATIONS, eachNumber),
  ...all(ARITHMETIC, eachPair),
  ...IMAGES,
  ...SEQUENCES,
  linear([x], { inputs, outputs }, take) {
    expect(x, x.shape.at(-1) === inputs, `a linear layer needs ${inputs} numbers`);
    return affineMap(x, take(inputs * outputs), take(outputs));
  },
  softmax([x], { axis = -1 }) {
    const k = axisOf(x, axis);
    const [length, step] = [x.shape[k], product(x.shape.slice(k + 1))];
    const data = x.data.slice();
    for (let i = 0; i < data.length; i++)
      if (Math.floor(i / step) % length === 0) softmaxInPlace(data, i, length, step);
    return { ...x, data };
  },
  constant: (_, { shape }, take) => ({ data: take(product(shape)), shape }),
  flatten([x], { start = 0, end = -1 }) {
    const [first, last] = [axisOf(x, start), axisOf(x, end)];
    return {
      ...x,
      shape: [...x.shape.slice(0, first), product(x.shape.slice(first, last + 1)), ...x.shape.slice(last + 1)],
    };
  },
  /** One axis as several; one of `sizes` may be -1, "the rest". */
  unflatten([x], { axis, sizes }) {
    const k = axisOf(x, axis);
    const rest = x.shape[k] / Math.abs(product(sizes));
    const split = sizes.map((n) => (n === -1 ? rest : n));
    expect(
      x,
      product(split) === x.shape[k] && Number.isInteger(rest),
      `an axis must be divided into ${sizes.join(" × ")}`,
    );
    return { ...x, shape: [...x.shape.slice(0, k), ...split, ...x.shape.slice(k + 1)] };
  },
  concatenate(values, { axis }) {
    const k = axisOf(values[0], axis);
    const shape = values[0].shape.with(
      k,
      values.reduce((sum, x) => sum + x.shape[k], 0),
    );
    for (const x of values)
      expect(
        x,
        x.shape.length === shape.length && x.shape.every((n, a) => a === k || n === shape[a]),
        "values to join must agree",
      );
    const data = new Float32Array(product(shape));
    const blocks = values.map((x) => product(x.shape.slice(k)));
    for (let at = 0, row = 0; at < data.length; row++) {
      values.forEach((x, i) => {
        data.set(x.data.subarray(row * blocks[i], (row + 1) * blocks[i]), at);
        at += blocks[i];
      });
    }
    return { data, shape };
  },
  /** One token of a sequence; -1 is the last. */
  pick([x], { index }) {
    const [k, size] = [index < 0 ? index + x.shape[0] : index, product(x.shape.slice(1))];
    expect(x, k >= 0 && k < x.shape[0], `a layer needs a token ${index}`);
    return { data: x.data.slice(k * size, (k + 1) * size), shape: x.shape.slice(1) };
  },
  /** As many rows of the first value as the second has tokens. */
  rows([table, x]) {
    expect(x, x.shape[0] <= table.shape[0], `the network knows ${table.shape[0]} places`);
    return {
      data: table.data.slice(0, x.shape[0] * product(table.shape.slice(1))),
      shape: table.shape.with(0, x.shape[0]),
    };
  },
};

/**
 * The network's answer, {data, shape, states}, to `inputs`, [{data, shape}, ...] without a batch. A recurrent network
 * goes on where it stopped when it gets the `states` of its last answer.
 */
export function run(layers, weights, inputs, states = []) {
  let used = 0;
  const take = (count) => {
    if (used + count > weights.length) throw new Error("The network has fewer weights than its layers need.");
    used += count;
    return weights.subarray(used - count, used);
  };
  const values = [];
  const value = (k) => (k < 0 ? inputs[-1 - k] : values[k]); // -1 is the first input, -2 the second
  layers.forEach(({ kind, from = [values.length - 1], ...settings }, i) => {
    if (!Object.hasOwn(LAYERS, kind)) throw new Error(`The layer ${kind} is not known.`);
    if (from.some((k) => !value(k))) throw new Error(`The network needs more than ${inputs.length} inputs.`);
    values.push(LAYERS[kind](from.map(value), settings, take, states[i]));
  });
  if (used !== weights.length) throw new Error("The network has more weights than its layers need.");
  const { data, shape } = value(values.length - 1);
  return { data, shape, states: values.map(({ state }) => state) };
}

/** The numbers that the network gives for one input: shape is [n], [tokens, n] or [channels, height, width]. */
export function forward(layers, weights, input, shape) {
  return run(layers, weights, [{ data: Float32Array.from(input), shape }]).data;
}
