// The forward pass of a small trained network. Weights are float32, as torch's; sums are taken in double precision.

/** The weights of a Bytes trait (a DataView, little-endian float32). */
export function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

const LAYERS = {
  linear(x, { inputs, outputs }, take) {
    expect(x, x.data.length === inputs && x.shape.length === 1, `a linear layer needs ${inputs} numbers`);
    const [W, b] = [take(inputs * outputs), take(outputs)];
    const y = new Float32Array(outputs);
    for (let o = 0; o < outputs; o++) {
      let sum = b[o];
      for (let i = 0; i < inputs; i++) sum += W[o * inputs + i] * x.data[i];
      y[o] = sum;
    }
    return { data: y, shape: [outputs] };
  },
  conv2d(x, layer, take) {
    const { inputs, outputs, kernel: [kh, kw] } = layer;
    expect(x, x.shape.length === 3 && x.shape[0] === inputs, `a convolution needs ${inputs} channels of pixels`);
    const [W, b] = [take(outputs * inputs * kh * kw), take(outputs)];
    return slide(x, layer, outputs, (o, visit) => {
      let sum = b[o];
      for (let c = 0; c < inputs; c++) visit(c, (value, u, v) => (sum += W[((o * inputs + c) * kh + u) * kw + v] * value));
      return sum;
    });
  },
  maxpool2d(x, layer) {
    expect(x, x.shape.length === 3, "pooling needs channels of pixels");
    return slide(x, { dilation: [1, 1], ...layer }, x.shape[0], (o, visit) => {
      let best = -Infinity;
      visit(o, (value) => (best = Math.max(best, value)));
      return best;
    });
  },
  avgpool2d(x, layer) {
    expect(x, x.shape.length === 3, "pooling needs channels of pixels");
    const area = layer.kernel[0] * layer.kernel[1];
    return slide(x, { dilation: [1, 1], ...layer }, x.shape[0], (o, visit) => {
      let sum = 0;
      visit(o, (value) => (sum += value));
      return sum / area;
    });
  },
  globalpool(x) {
    expect(x, x.shape.length === 3, "pooling needs channels of pixels");
    const [channels, height, width] = x.shape;
    return LAYERS.avgpool2d(x, { kernel: [height, width], stride: [1, 1], padding: [0, 0], channels });
  },
  affine(x, { channels }, take) {
    expect(x, x.shape[0] === channels, `batch normalisation needs ${channels} channels`);
    const [scale, shift] = [take(channels), take(channels)];
    const size = x.data.length / channels;
    return { ...x, data: x.data.map((value, i) => scale[Math.floor(i / size)] * value + shift[Math.floor(i / size)]) };
  },
  flatten: (x) => ({ data: x.data, shape: [x.data.length] }),
  relu: (x) => ({ ...x, data: x.data.map((value) => Math.max(value, 0)) }),
  tanh: (x) => ({ ...x, data: x.data.map(Math.tanh) }),
  sigmoid: (x) => ({ ...x, data: x.data.map((value) => 1 / (1 + Math.exp(-value))) }),
  softmax(x) {
    expect(x, x.shape.length === 1, "softmax needs one row of numbers");
    const top = Math.max(...x.data);
    const powers = Array.from(x.data, (value) => Math.exp(value - top));
    const total = powers.reduce((sum, value) => sum + value, 0);
    return { ...x, data: Float32Array.from(powers, (value) => value / total) };
  },
};

function expect(x, holds, what) {
  if (!holds) throw new Error(`The network does not fit its input: ${what}, and gets ${x.shape.join(" × ")}.`);
}

/** One output pixel after the other: `at(o, visit)` gives its value; `visit(c, f)` calls f(value, u, v) in its window. */
function slide(x, { kernel: [kh, kw], stride: [sh, sw], padding: [ph, pw], dilation: [dh, dw] }, outputs, at) {
  const [, h, w] = x.shape;
  const [H, W] = [Math.floor((h + 2 * ph - dh * (kh - 1) - 1) / sh) + 1, Math.floor((w + 2 * pw - dw * (kw - 1) - 1) / sw) + 1];
  expect(x, H > 0 && W > 0, `a window of ${kh} × ${kw} must fit in`);
  const y = new Float32Array(outputs * H * W);
  let top = 0;
  let left = 0;
  const visit = (c, f) => {
    for (let u = 0; u < kh; u++) {
      const r = top + u * dh;
      if (r < 0 || r >= h) continue;
      for (let v = 0; v < kw; v++) {
        const s = left + v * dw;
        if (s >= 0 && s < w) f(x.data[(c * h + r) * w + s], u, v);
      }
    }
  };
  for (let o = 0, place = 0; o < outputs; o++) {
    for (let i = 0; i < H; i++) {
      for (let j = 0; j < W; j++) {
        [top, left] = [i * sh - ph, j * sw - pw];
        y[place++] = at(o, visit);
      }
    }
  }
  return { data: y, shape: [outputs, H, W] };
}

/** The network's answer to one input: layers as network.py writes them, weights: Float32Array, shape: [n] or [c, h, w]. */
export function forward(layers, weights, input, shape) {
  let used = 0;
  const take = (count) => {
    if (used + count > weights.length) throw new Error("The network has fewer weights than its layers need.");
    return weights.subarray(used, (used += count));
  };
  let x = { data: Float32Array.from(input), shape };
  for (const layer of layers) {
    if (!LAYERS[layer.kind]) throw new Error(`The layer ${layer.kind} is not known.`);
    x = LAYERS[layer.kind](x, layer, take);
  }
  if (used !== weights.length) throw new Error("The network has more weights than its layers need.");
  return x.data;
}
