// The layers of a network that work on images: [channels, height, width].
import { expect, product, standardised } from "./arrays.js";

const ONE = [1, 1];

/** The first i, and the one behind the last, of 0..count-1 for which i * stride + offset lies in 0..size-1. */
function meeting(count, size, stride, offset) {
  return [Math.max(0, Math.ceil(-offset / stride)), Math.min(count, Math.floor((size - 1 - offset) / stride) + 1)];
}

/**
 * Where the places of a coarse grid meet those of a fine one, for each number k of the window, row by row: n places
 * i, i + 1, ... of the coarse grid and at, at + stride, ... of the fine one. A convolution goes from the fine grid to
 * the coarse one, a transposed convolution the other way.
 */
function stretches(
  [h, w],
  [H, W],
  { kernel: [kh, kw], stride: [sh, sw], padding: [ph, pw], dilation: [dh, dw] = ONE },
) {
  const found = [];
  for (let k = 0; k < kh * kw; k++) {
    const [top, left] = [Math.floor(k / kw) * dh - ph, (k % kw) * dw - pw];
    const [[first, end], [start, stop]] = [meeting(h, H, sh, top), meeting(w, W, sw, left)];
    for (let i = first; i < end && start < stop; i++)
      found.push({ k, i: i * w + start, at: (i * sh + top) * W + start * sw + left, n: stop - start });
  }
  return found;
}

/** to[i + a * t] += weight * from[j + b * t] for t = 0..n-1: the inner loop of both convolutions. */
function addTo(to, i, a, from, j, b, n, weight) {
  for (const end = i + a * n; i < end; i += a, j += b) to[i] += weight * from[j];
}

/** Height and width of what a window that slides over x gives. */
function slid(x, { kernel, stride, padding, dilation = ONE }) {
  expect(x, x.shape.length === 3, "a layer for images needs channels of pixels");
  const sizes = kernel.map(
    (k, a) => Math.floor((x.shape[a + 1] + 2 * padding[a] - dilation[a] * (k - 1) - 1) / stride[a]) + 1,
  );
  expect(
    x,
    sizes.every((n) => n > 0),
    `a window of ${kernel.join(" × ")} must fit in`,
  );
  return sizes;
}

/** A pool keeps its channels; `take(best, value)` folds the numbers under the window, from `start` on. */
function pooled(x, layer, start, take) {
  const [small, large] = [slid(x, layer), x.shape.slice(1)];
  const [area, pixels] = [product(small), product(large)];
  const y = new Float64Array(x.shape[0] * area).fill(start);
  const rows = stretches(small, large, layer);
  for (let c = 0; c < x.shape[0]; c++) {
    for (const { i, at, n } of rows) {
      for (let t = 0; t < n; t++)
        y[c * area + i + t] = take(y[c * area + i + t], x.data[c * pixels + at + t * layer.stride[1]]);
    }
  }
  return { data: Float32Array.from(y), shape: [x.shape[0], ...small] };
}

/** For each of `out` places on a line of `n`: the pixel to its left, the one to its right, and the right one's share. */
function neighbours(n, out, scale, { mode, corners }) {
  const bySizes = !scale || out === n || (mode === "nearest" && out === 2 * n); // torch's short cuts
  const exact = corners ? (n - 1) / Math.max(out - 1, 1) : bySizes ? n / out : 1 / scale;
  const step = Math.fround(exact); // as torch rounds: it decides between two pixels
  return Array.from({ length: out }, (_, i) => {
    if (mode === "nearest") return [Math.min(Math.floor(Math.fround(i * step)), n - 1), 0, 0];
    const at = corners ? i * step : Math.max(0, (i + 0.5) * step - 0.5);
    const left = Math.min(Math.floor(at), n - 1);
    return [left, Math.min(left + 1, n - 1), at - left];
  });
}

export const IMAGES = {
  conv2d([x], layer, take) {
    const { inputs, outputs, kernel, stride, groups = 1 } = layer;
    expect(x, x.shape[0] === inputs && x.shape.length === 3, `a convolution needs ${inputs} channels of pixels`);
    const [each, size] = [inputs / groups, product(kernel)];
    const [W, b] = [take(outputs * each * size), take(outputs)];
    const [small, large] = [slid(x, layer), x.shape.slice(1)];
    const [area, pixels] = [product(small), product(large)];
    const y = new Float32Array(outputs * area);
    const rows = stretches(small, large, layer);
    for (let o = 0; o < outputs; o++) {
      const sums = new Float64Array(area).fill(b[o]);
      const group = Math.floor((o * groups) / outputs);
      for (let c = 0; c < each; c++) {
        const start = (group * each + c) * pixels;
        for (const { k, i, at, n } of rows)
          addTo(sums, i, 1, x.data, start + at, stride[1], n, W[(o * each + c) * size + k]);
      }
      y.set(sums, o * area);
    }
    return { data: y, shape: [outputs, ...small] };
  },
  convtranspose2d([x], layer, take) {
    const { inputs, outputs, kernel, stride, padding, dilation, output_padding: extra, groups } = layer;
    expect(
      x,
      x.shape[0] === inputs && x.shape.length === 3,
      `a transposed convolution needs ${inputs} channels of pixels`,
    );
    const [each, size] = [outputs / groups, product(kernel)];
    const [W, b] = [take(inputs * each * size), take(outputs)];
    const small = x.shape.slice(1);
    const large = small.map(
      (n, a) => (n - 1) * stride[a] - 2 * padding[a] + dilation[a] * (kernel[a] - 1) + extra[a] + 1,
    );
    expect(
      x,
      large.every((n) => n > 0),
      "a transposed convolution must leave a pixel",
    );
    const [area, pixels] = [product(large), product(small)];
    const y = new Float32Array(outputs * area);
    const rows = stretches(small, large, layer);
    for (let o = 0; o < outputs; o++) {
      const sums = new Float64Array(area).fill(b[o]);
      const [first, own] = [Math.floor(o / each) * (inputs / groups), o % each];
      for (let c = first; c < first + inputs / groups; c++) {
        for (const { k, i, at, n } of rows)
          addTo(sums, at, stride[1], x.data, c * pixels + i, 1, n, W[(c * each + own) * size + k]);
      }
      y.set(sums, o * area);
    }
    return { data: y, shape: [outputs, ...large] };
  },
  maxpool2d: ([x], layer) => pooled(x, layer, -Infinity, Math.max),
  avgpool2d: ([x], layer) => pooled(x, layer, 0, (sum, value) => sum + value / product(layer.kernel)),
  globalpool([x]) {
    expect(x, x.shape.length === 3, "pooling needs channels of pixels");
    return IMAGES.avgpool2d([x], { kernel: x.shape.slice(1), stride: ONE, padding: [0, 0] });
  },
  /** As torch, places are counted with `scale` where it is given, and with the quotient of the sizes where `size` is. */
  upsample([x], layer) {
    expect(x, x.shape.length === 3, "upsampling needs channels of pixels");
    const [channels, h, w] = x.shape;
    const [H, W] = layer.size ?? [Math.floor(h * layer.scale[0]), Math.floor(w * layer.scale[1])];
    const [rows, columns] = [neighbours(h, H, layer.scale?.[0], layer), neighbours(w, W, layer.scale?.[1], layer)];
    const y = new Float32Array(channels * H * W);
    let place = 0;
    for (let c = 0; c < channels; c++) {
      const at = (i, j) => x.data[(c * h + i) * w + j];
      for (const [i, below, p] of rows) {
        for (const [j, right, q] of columns) {
          y[place++] =
            (1 - p) * ((1 - q) * at(i, j) + q * at(i, right)) + p * ((1 - q) * at(below, j) + q * at(below, right));
        }
      }
    }
    return { data: y, shape: [channels, H, W] };
  },
  /** Batch normalisation of a trained network: one factor and one summand a channel. */
  affine([x], { channels }, take) {
    expect(x, x.shape[0] === channels, `batch normalisation needs ${channels} channels`);
    const [scale, shift] = [take(channels), take(channels)];
    const size = x.data.length / channels;
    return {
      ...x,
      data: x.data.map((value, i) => scale[Math.floor(i / size)] * value + shift[Math.floor(i / size)]),
    };
  },
  groupnorm([x], { channels, groups, eps }, take) {
    expect(x, x.shape[0] === channels, `group normalisation needs ${channels} channels`);
    return IMAGES.affine([{ ...x, data: standardised(x.data, x.data.length / groups, eps) }], { channels }, take);
  },
};
