// The layers of a network that work on sequences: [tokens, features].
import { affineMap, dot, expect, product, softmaxInPlace, standardised } from "./arrays.js";

const sigmoid = (value) => 1 / (1 + Math.exp(-value));

/** Scaled dot-product attention, head by head.   q: [T, E], k: [S, E], v: [S, V] -> [T, V]; causal: token t sees 0..t */
function attended(q, k, v, heads, causal) {
  expect(
    k,
    q.shape.length === 2 && k.shape[1] === q.shape[1] && k.shape[0] === v.shape[0],
    `attention needs keys like the queries, ${q.shape.join(" × ")}`,
  );
  const [[T, E], [S, V]] = [q.shape, v.shape];
  const [size, width] = [E / heads, V / heads];
  const y = new Float32Array(T * V);
  for (let head = 0; head < heads; head++) {
    for (let t = 0; t < T; t++) {
      const seen = causal ? Math.min(t + 1, S) : S;
      const weights = new Float64Array(seen);
      const query = t * E + head * size;
      for (let u = 0; u < seen; u++)
        weights[u] = dot(q.data, query, k.data, u * E + head * size, size) / Math.sqrt(size);
      softmaxInPlace(weights, 0, seen, 1);
      for (let i = head * width; i < (head + 1) * width; i++) {
        let sum = 0;
        for (let u = 0; u < seen; u++) sum += weights[u] * v.data[u * V + i];
        y[t * V + i] = sum;
      }
    }
  }
  return { data: y, shape: [T, V] };
}

/** One step of each cell: the new state from the input's share and the state's share of the gates. */
const CELLS = {
  rnn: { gates: 1, step: (x, h) => ({ h: h.map((_, i) => Math.tanh(x[i] + h[i])) }) },
  /** torch's convention: the reset gate r multiplies the state's share after its matrix and its bias. */
  gru: {
    gates: 3,
    step(x, h, state) {
      const n = state.h.length;
      const next = state.h.map((old, i) => {
        const [r, z] = [sigmoid(x[i] + h[i]), sigmoid(x[n + i] + h[n + i])];
        return (1 - z) * Math.tanh(x[2 * n + i] + r * h[2 * n + i]) + z * old;
      });
      return { h: next };
    },
  },
  lstm: {
    gates: 4,
    step(x, h, state) {
      const n = state.h.length;
      const sum = (gate, i) => x[gate * n + i] + h[gate * n + i];
      const c = state.c.map((old, i) => sigmoid(sum(1, i)) * old + sigmoid(sum(0, i)) * Math.tanh(sum(2, i)));
      return { h: c.map((value, i) => sigmoid(sum(3, i)) * Math.tanh(value)), c };
    },
  },
};

export const SEQUENCES = {
  embedding([x], { count, features }, take) {
    const table = take(count * features);
    const y = new Float32Array(x.data.length * features);
    x.data.forEach((token, i) => {
      if (!Number.isInteger(token) || token < 0 || token >= count)
        throw new Error(`The token ${token} is not among the ${count} that the network knows.`);
      y.set(table.subarray(token * features, (token + 1) * features), i * features);
    });
    return { data: y, shape: [...x.shape, features] };
  },
  layernorm([x], { shape, eps }, take) {
    const size = product(shape);
    expect(
      x,
      shape.every((n, k) => x.shape.at(k - shape.length) === n),
      `layer normalisation needs ${shape.join(" × ")} numbers`,
    );
    const [scale, shift] = [take(size), take(size)];
    return {
      ...x,
      data: standardised(x.data, size, eps).map((value, i) => scale[i % size] * value + shift[i % size]),
    };
  },
  /** Attention without weights of its own. */
  attend: ([q, k, v], { causal }) => attended(q, k, v, 1, causal),
  attention(inputs, { features, heads, causal }, take) {
    for (const x of inputs)
      expect(x, x.shape.length === 2 && x.shape[1] === features, `attention needs tokens of ${features} numbers`);
    const [W, b] = [take(3 * features * features), take(3 * features)];
    const part = (k) =>
      affineMap(
        inputs[k],
        W.subarray(k * features ** 2, (k + 1) * features ** 2),
        b.subarray(k * features, (k + 1) * features),
      );
    return affineMap(attended(part(0), part(1), part(2), heads, causal), take(features * features), take(features));
  },
  recurrent([x], { cell, inputs, hidden }, take, before) {
    expect(
      x,
      x.shape.length === 2 && x.shape[1] === inputs,
      `a recurrent layer needs a sequence of ${inputs} numbers each`,
    );
    const { gates, step } = CELLS[cell];
    const [W, U, b, c] = [gates * hidden * inputs, gates * hidden * hidden, gates * hidden, gates * hidden].map(take);
    const fromInput = affineMap(x, W, b).data;
    const y = new Float32Array(x.shape[0] * hidden);
    let state = before ?? { h: new Float32Array(hidden), c: new Float32Array(hidden) };
    for (let t = 0; t < x.shape[0]; t++) {
      const fromState = affineMap({ data: state.h, shape: [hidden] }, U, c).data;
      state = step(fromInput.subarray(t * gates * hidden, (t + 1) * gates * hidden), fromState, state);
      y.set(state.h, t * hidden);
    }
    return { data: y, shape: [x.shape[0], hidden], state };
  },
};
