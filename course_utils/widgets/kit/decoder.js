// The pass of a small transformer on characters, as decoder.py writes it: pre-norm, rotary positions.
import { affineMap, dot, softmaxInPlace, standardised } from "./arrays.js";

const NAMES = ["tokens", "width", "heads", "layers", "hidden", "outputs", "places"];

/** The network's parts from its settings and all its weights in one row. */
export function decoderFrom(settings, weights) {
  for (const name of NAMES)
    if (!(Number.isInteger(settings[name]) && settings[name] > 0))
      throw new Error(`The network's setting ${name} is ${settings[name]}; it must be a whole number above 0.`);
  const { tokens, width, layers, hidden, outputs } = settings;
  let used = 0;
  const take = (count) => {
    used += count;
    return weights.subarray(used - count, used);
  };
  const matrix = (rows, columns) => ({ W: take(rows * columns), b: take(rows) });
  const norm = () => ({ scale: take(width), shift: take(width) });
  const embed = take(tokens * width);
  const blocks = Array.from({ length: layers }, () => ({
    before: norm(),
    q: matrix(width, width),
    k: matrix(width, width),
    v: matrix(width, width),
    o: matrix(width, width),
    between: norm(),
    first: matrix(hidden, width),
    second: matrix(width, hidden),
  }));
  const parts = { settings, embed, blocks, last: norm(), out: matrix(outputs, width) };
  if (used !== weights.length) throw new Error("The network's weights do not fit its settings.");
  return parts;
}

/** The pairs of each head turned by place times 10000^(-2i / size), in place.   x: [n, width] */
function rotate({ data, shape: [n, width] }, size) {
  for (let t = 0; t < n; t++) {
    for (let i = 0; i < width; i += 2) {
      const angle = t * 10000 ** (-(i % size) / size);
      const [cos, sin, at] = [Math.cos(angle), Math.sin(angle), t * width + i];
      const [even, odd] = [data[at], data[at + 1]];
      data[at] = even * cos - odd * sin;
      data[at + 1] = even * sin + odd * cos;
    }
  }
}

/** Multi-head attention of the tokens to themselves: the output, and the weights [n, n] of each head. */
function attendTo(q, k, v, heads, causal, temperature) {
  const [n, width] = q.shape;
  const size = width / heads;
  const y = new Float32Array(n * width);
  const weights = Array.from({ length: heads }, (_, head) => {
    const map = new Float64Array(n * n);
    for (let t = 0; t < n; t++) {
      const seen = causal ? t + 1 : n;
      for (let u = 0; u < seen; u++)
        map[t * n + u] =
          dot(q.data, t * width + head * size, k.data, u * width + head * size, size) /
          (Math.sqrt(size) * temperature);
      softmaxInPlace(map, t * n, seen, 1);
      for (let i = head * size; i < (head + 1) * size; i++)
        for (let u = 0; u < seen; u++) y[t * width + i] += map[t * n + u] * v.data[u * width + i];
    }
    return map;
  });
  return { y: { data: y, shape: [n, width] }, weights };
}

/**
 * The logits after each token, { data, shape: [n, outputs] }, and `maps`: for each layer and head the attention weights,
 * row by row. The temperature divides the scores of every head.
 */
export function decoded({ settings, embed, blocks, last, out }, tokens, { causal, temperature = 1 }) {
  const { width, heads, places, eps } = settings;
  if (!tokens.length || tokens.length > places)
    throw new Error(`The text has ${tokens.length} characters; the network takes 1 to ${places}.`);
  if (tokens.some((token) => !(token >= 0 && token < settings.tokens)))
    throw new Error("The text holds a character that the network does not know.");
  const x = new Float32Array(tokens.length * width);
  tokens.forEach((token, t) => {
    x.set(embed.subarray(token * width, (token + 1) * width), t * width);
  });
  const shape = [tokens.length, width];
  const normed = ({ scale, shift }) => ({
    data: standardised(x, width, eps).map((value, i) => scale[i % width] * value + shift[i % width]),
    shape,
  });
  const add = ({ data }) => {
    for (let i = 0; i < x.length; i++) x[i] += data[i];
  };
  const maps = blocks.map((block) => {
    const z = normed(block.before);
    const [q, k, v] = [block.q, block.k, block.v].map(({ W, b }) => affineMap(z, W, b));
    for (const turned of [q, k]) rotate(turned, width / heads);
    const { y, weights } = attendTo(q, k, v, heads, causal, temperature);
    add(affineMap(y, block.o.W, block.o.b));
    const inner = affineMap(normed(block.between), block.first.W, block.first.b);
    add(affineMap({ ...inner, data: inner.data.map((value) => Math.max(value, 0)) }, block.second.W, block.second.b));
    return weights;
  });
  return { logits: affineMap(normed(last), out.W, out.b), maps };
}

/** The numbers of a text's characters, or an Error that names one that is unknown, or says that there is none. */
export function tokensOf(text, letters, most) {
  const tokens = Array.from(text, (c) => {
    const token = letters.indexOf(c);
    if (token < 0)
      throw new Error(`The network does not know ${JSON.stringify(c)}; it knows a to z, ${marks(letters)}.`);
    return token;
  });
  if (!tokens.length) throw new Error("The text is empty; type a letter at least.");
  if (tokens.length > most) throw new Error(`The text has ${tokens.length} characters; ${most} at most fit here.`);
  return tokens;
}

const marks = (letters) =>
  Array.from(letters)
    .filter((c) => !(c >= "a" && c <= "z"))
    .map((c) => (c === " " ? "the blank" : `"${c}"`))
    .join(", ")
    .replace(/, (?=[^ ]*$)/, " and ");

/** A character as it is shown: a blank can be seen. */
export const visible = (c) => (c === " " ? "␣" : c);
