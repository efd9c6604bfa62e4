// The forward pass of a convolutional network with 8-bit kernels, its gradient for the picture, and the steps upwards.
import { clamp, normals } from "../kit/kit.js";

export const SIDE = 64;
export const RATE = 0.03;

/** The layers with their weights: `bytes` holds factors and biases (float32), then whole numbers (int8). */
export function unpacked(layers, bytes) {
  const convolutions = layers.filter(({ kind }) => kind === "conv");
  const sizes = convolutions.map(
    ({ inputs, outputs, kernel, groups }) => outputs * (inputs / groups) * kernel * kernel,
  );
  const numbers = convolutions.reduce((sum, { outputs }) => sum + 2 * outputs, 0);
  if (bytes.byteLength !== 4 * numbers + sizes.reduce((sum, size) => sum + size, 0))
    throw new Error("The network's weights are damaged; run the cell again.");
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const [floats, whole] = [new Float32Array(buffer, 0, numbers), new Int8Array(buffer, 4 * numbers)];
  let [at, start, next] = [0, 0, 0];
  return layers.map((layer) => {
    if (layer.kind !== "conv") return layer;
    const { outputs } = layer;
    const [size, factors, biases] = [sizes[next++], floats.subarray(at, at + outputs), floats.subarray(at + outputs)];
    const each = size / outputs;
    const W = Float32Array.from({ length: size }, (_, i) => whole[start + i] * factors[Math.floor(i / each)]);
    at += 2 * outputs;
    start += size;
    return { ...layer, W, b: biases.slice(0, outputs) };
  });
}

/** The same layers with each layer's weights in another order: as many of each size, and nothing that was learned. */
export function shuffled(layers) {
  let state = 12345;
  const below = (count) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * count);
  };
  return layers.map((layer) => {
    if (layer.kind !== "conv") return layer;
    const W = layer.W.slice();
    for (let i = W.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [W[i], W[j]] = [W[j], W[i]];
    }
    return { ...layer, W };
  });
}

const inside = (count, size, stride, offset) => [
  Math.max(0, Math.ceil(-offset / stride)),
  Math.min(count, Math.floor((size - 1 - offset) / stride) + 1),
];

/** Which outputs (n of them from i on) meet which inputs (from `at` on, a stride apart), for each number k of a kernel. */
function meetings({ kernel, stride, padding: [left, , top] }, [h, w], [H, W]) {
  if (kernel === 1 && stride === 1) return [{ k: 0, i: 0, at: 0, n: h * w }];
  const found = [];
  for (let k = 0; k < kernel * kernel; k++) {
    const [down, across] = [Math.floor(k / kernel) - top, (k % kernel) - left];
    const [[first, end], [start, stop]] = [inside(h, H, stride, down), inside(w, W, stride, across)];
    for (let i = first; i < end && start < stop; i++)
      found.push({ k, i: i * w + start, at: (i * stride + down) * W + start * stride + across, n: stop - start });
  }
  return found;
}

const outputOf = ({ kernel, stride, padding: [left, right, top, bottom] }, [H, W]) => [
  Math.floor((H + top + bottom - kernel) / stride) + 1,
  Math.floor((W + left + right - kernel) / stride) + 1,
];

/** Calls `visit(output map, input map, place of its kernel)` for each pair of maps that a convolution joins. */
function eachPairOfMaps({ inputs, outputs, kernel, groups }, visit) {
  const each = inputs / groups;
  for (let o = 0; o < outputs; o++) {
    const first = Math.floor((o * groups) / outputs) * each;
    for (let c = 0; c < each; c++) visit(o, first + c, (o * each + c) * kernel * kernel);
  }
}

function convolved(x, layer) {
  const shape = outputOf(layer, x.shape);
  const [area, pixels] = [shape[0] * shape[1], x.shape[0] * x.shape[1]];
  const y = new Float32Array(layer.outputs * area);
  for (let o = 0; o < layer.outputs; o++) y.fill(layer.b[o], o * area, (o + 1) * area);
  const rows = meetings(layer, shape, x.shape);
  const { stride, W } = layer;
  eachPairOfMaps(layer, (o, c, place) => {
    for (const { k, i, at, n } of rows) {
      const weight = W[place + k];
      for (let to = o * area + i, end = to + n, from = c * pixels + at; to < end; to++, from += stride)
        y[to] += weight * x.data[from];
    }
  });
  if (layer.relu6) for (let i = 0; i < y.length; i++) y[i] = clamp(y[i], 0, 6);
  return { data: y, shape };
}

/** The gradient for a convolution's input, from that for its output `y`. */
function convolvedBack(dy, y, x, layer) {
  const [area, pixels] = [y.shape[0] * y.shape[1], x.shape[0] * x.shape[1]];
  const dx = new Float32Array(x.data.length);
  if (layer.relu6) for (let i = 0; i < dy.length; i++) if (!(y.data[i] > 0 && y.data[i] < 6)) dy[i] = 0;
  const alive = Array.from({ length: layer.outputs }, (_, o) =>
    dy.subarray(o * area, (o + 1) * area).some((value) => value !== 0),
  );
  const rows = meetings(layer, y.shape, x.shape);
  const { stride, W } = layer;
  eachPairOfMaps(layer, (o, c, place) => {
    if (!alive[o]) return;
    for (const { k, i, at, n } of rows) {
      const weight = W[place + k];
      for (let from = o * area + i, end = from + n, to = c * pixels + at; from < end; from++, to += stride)
        dx[to] += weight * dy[from];
    }
  });
  return dx;
}

/** The values behind the layers 0..last for a picture of 3 x 64 x 64 numbers in 0..1. */
export function values(layers, picture, last) {
  const input = { data: Float32Array.from(picture, (p) => (255 * p - 127) / 128), shape: [SIDE, SIDE] };
  const list = [];
  layers.slice(0, last + 1).forEach((layer, l) => {
    const x = l ? list[l - 1] : input;
    if (layer.kind === "conv") list.push(convolved(x, layer));
    else list.push({ ...x, data: x.data.map((value, i) => value + list[layer.from].data[i]) });
  });
  return { input, list };
}

/** The mean of one channel behind layer `last`, and its map. */
export function response(layers, picture, last, channel) {
  const { input, list } = values(layers, picture, last);
  const { data, shape } = list[last];
  const area = shape[0] * shape[1];
  const map = data.slice(channel * area, (channel + 1) * area);
  return { mean: map.reduce((sum, value) => sum + value, 0) / area, map, shape, input, list };
}

/** The mean of one channel behind layer `last`, and its gradient for each pixel. */
export function climb(layers, picture, last, channel) {
  const { mean, map, input, list } = response(layers, picture, last, channel);
  const gradients = list.map(() => null);
  gradients[last] = new Float32Array(list[last].data.length);
  gradients[last].fill(1 / map.length, channel * map.length, (channel + 1) * map.length);
  let gradient = null;
  const reach = (l, dx) => {
    if (l < 0) gradient = dx;
    else gradients[l] = gradients[l] ? gradients[l].map((value, i) => value + dx[i]) : dx;
  };
  for (let l = last; l >= 0; l--) {
    if (layers[l].kind === "conv")
      reach(l - 1, convolvedBack(gradients[l], list[l], list[l - 1] ?? input, layers[l]));
    else for (const below of [l - 1, layers[l].from]) reach(below, gradients[l].slice());
  }
  return { mean, gradient: gradient.map((value) => (value * 255) / 128) };
}

/** dR/dx for the total variation R, the summed absolute differences of neighbouring pixels. */
export function roughness(picture) {
  const slope = new Float32Array(picture.length);
  const pull = (i, j) => {
    const sign = Math.sign(picture[j] - picture[i]);
    slope[j] += sign;
    slope[i] -= sign;
  };
  for (let i = 0; i < picture.length; i++) {
    if ((i + 1) % SIDE) pull(i, i + 1);
    if (Math.floor(i / SIDE) % SIDE < SIDE - 1) pull(i, i + SIDE);
  }
  return slope;
}

/** The picture shifted down and to the right; what leaves comes in at the other side. */
export function rolled(picture, down, right) {
  const result = new Float32Array(picture.length);
  const wrap = (at) => ((at % SIDE) + SIDE) % SIDE;
  for (let i = 0; i < picture.length; i++) {
    const [row, column] = [Math.floor(i / SIDE) % SIDE, i % SIDE];
    result[i - row * SIDE - column + wrap(row + down) * SIDE + wrap(column + right)] = picture[i];
  }
  return result;
}

const WAVES = Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
  const angle = (2 * Math.PI * Math.floor(i / SIDE) * (i % SIDE)) / SIDE;
  return Math.cos(angle) + Math.sin(angle); // Hartley's waves: real, and as good as Fourier's for an even filter
});

function wavesTimes(square) {
  const result = new Float64Array(SIDE * SIDE);
  for (let i = 0; i < SIDE; i++) {
    for (let k = 0; k < SIDE; k++) {
      const weight = WAVES[i * SIDE + k];
      for (let j = 0; j < SIDE; j++) result[i * SIDE + j] += weight * square[k * SIDE + j];
    }
  }
  return result;
}

const turned = (square) => square.map((_, i) => square[(i % SIDE) * SIDE + Math.floor(i / SIDE)]);
const transformed = (square) => turned(wavesTimes(turned(wavesTimes(square))));

/** The gradient with the amplitude of each wave divided by its squared frequency (that of a whole period at least). */
export function smoothed(gradient) {
  const result = new Float32Array(gradient.length);
  const frequency = (k) => Math.min(k, SIDE - k) / SIDE;
  for (let start = 0; start < gradient.length; start += SIDE * SIDE) {
    const waves = transformed(Float64Array.from(gradient.subarray(start, start + SIDE * SIDE)));
    const damped = waves.map((value, i) => {
      const f = Math.max(Math.hypot(frequency(Math.floor(i / SIDE)), frequency(i % SIDE)), 1 / SIDE);
      return value / (f * f * SIDE * SIDE);
    });
    result.set(transformed(damped), start);
  }
  return result;
}

/** The first picture: grey with some noise, or the photograph's bytes. */
export function firstPicture(start, photograph) {
  if (start === "photograph") return Float32Array.from(photograph, (byte) => byte / 255);
  return Float32Array.from(normals(3 * SIDE * SIDE, 8), (value) => clamp(0.5 + 0.05 * value, 0, 1));
}

const SHIFTS = normals(400, 80).map((value) => clamp(Math.round(2 * value), -4, 4));
export const shiftOf = (step) => [SHIFTS[2 * step], SHIFTS[2 * step + 1]];

/** The picture one step further up. */
export function stepped(layers, picture, { last, channel, tv, jitter, steps }, step) {
  const [down, right] = jitter === "on" ? shiftOf(step) : [0, 0];
  let gradient = rolled(climb(layers, rolled(picture, down, right), last, channel).gradient, -down, -right);
  if (steps === "fourier") gradient = smoothed(gradient);
  const size = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0) / gradient.length);
  const rough = roughness(picture);
  return picture.map((value, i) => clamp(value + RATE * (gradient[i] / (size + 1e-12) - tv * rough[i]), 0, 1));
}
