// What the layers of a network share. A value is {data: Float32Array, shape}, row by row, without a batch: [features],
// [tokens, features] or [channels, height, width]. Weights are float32, as torch's; sums are taken in double precision.

export const product = (sizes) => sizes.reduce((size, n) => size * n, 1);

export function expect(x, holds, what) {
  if (!holds) throw new Error(`The network does not fit its input: ${what}, and gets ${x.shape.join(" × ")}.`);
}

/** The number of an axis, which may be counted from the end. */
export function axisOf(x, axis) {
  const k = axis < 0 ? axis + x.shape.length : axis;
  expect(x, k >= 0 && k < x.shape.length, `a layer needs an axis ${axis}`);
  return k;
}

/** The sum of a[i + k] b[j + k] for k = 0..size-1. */
export function dot(a, i, b, j, size) {
  let sum = 0;
  for (const end = i + size; i < end; i++, j++) sum += a[i] * b[j];
  return sum;
}

/** Y = X W^T + b on the last axis.   W: (outputs, inputs), X: (..., inputs) -> (..., outputs) */
export function affineMap(x, W, b) {
  const outputs = b.length;
  const inputs = W.length / outputs;
  const rows = x.data.length / inputs;
  const y = new Float32Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) y[r * outputs + o] = b[o] + dot(W, o * inputs, x.data, r * inputs, inputs);
  }
  return { data: y, shape: [...x.shape.slice(0, -1), outputs] };
}

/** Softmax of the `length` numbers that lie `step` apart from `start` on, in place. */
export function softmaxInPlace(data, start, length, step) {
  let top = -Infinity;
  let total = 0;
  for (let i = 0; i < length; i++) top = Math.max(top, data[start + i * step]);
  const powers = new Float64Array(length);
  for (let i = 0; i < length; i++) powers[i] = Math.exp(data[start + i * step] - top);
  for (const power of powers) total += power;
  for (let i = 0; i < length; i++) data[start + i * step] = powers[i] / total;
}

/** Each run of `size` numbers with mean 0 and variance 1: (x - mean) / sqrt(variance + eps). */
export function standardised(data, size, eps) {
  const y = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += size) {
    let [mean, variance] = [0, 0];
    for (let i = 0; i < size; i++) mean += data[start + i] / size;
    for (let i = 0; i < size; i++) variance += (data[start + i] - mean) ** 2 / size;
    const scale = 1 / Math.sqrt(variance + eps);
    for (let i = 0; i < size; i++) y[start + i] = (data[start + i] - mean) * scale;
  }
  return y;
}

/** f(a, b), number by number; axes of length one are repeated, and missing ones put in front. */
export function combined(a, b, f) {
  const rank = Math.max(a.shape.length, b.shape.length);
  const at = (x, k) => x.shape[k - rank + x.shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, k) => Math.max(at(a, k), at(b, k)));
  for (const x of [a, b])
    expect(
      x,
      shape.every((n, k) => [1, n].includes(at(x, k))),
      `numbers of shape ${shape.join(" × ")} meet`,
    );
  const [left, right] = [repeated(a.shape, shape), repeated(b.shape, shape)];
  return { shape, data: new Float32Array(left.length).map((_, i) => f(a.data[left[i]], b.data[right[i]])) };
}

/** For each place of `shape`, the place of the number of a `smaller` one that is repeated there. */
function repeated(smaller, shape) {
  const places = new Int32Array(product(shape));
  for (let k = 1, step = 1, stride = 1; k <= shape.length; step *= smaller.at(-k) ?? 1, stride *= shape.at(-k), k++) {
    if ((smaller.at(-k) ?? 1) > 1)
      for (let i = 0; i < places.length; i++) places[i] += (Math.floor(i / stride) % shape.at(-k)) * step;
  }
  return places;
}
