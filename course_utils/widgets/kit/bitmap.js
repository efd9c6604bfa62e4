// Pictures made of pixels: one canvas for all of them, whatever their number.
import { clamp, html, number, svg } from "./kit.js";

const STRONGEST = 0.62; // the opacity of full colour: figures on it, and a picture under it, can still be read

/**
 * A raster in one canvas, with crisp pixels. A labelled one stands by itself; one under a surface needs no label.
 * `set(raster, place)` paints it, `raster` being { data, shape } as net.js has it, or as bytes: shape [height, width]
 * or [1, height, width] is painted by the scale, [3, height, width] are red, green and blue, 0..1 or bytes.
 * `place`: `width` and `height` in pixels of the page, `left` and `top` under a surface; `scale`: "signed" is blue above
 * zero, orange below, in full colour from `limit` on, and nothing at zero; "grey" is black at 0 and white at 1.
 */
export function bitmap({ label } = {}) {
  const element = html("canvas", { class: "dl-bitmap", role: label ? "img" : "presentation", "aria-label": label });
  const set = (raster, { width, height, left = 0, top = 0, scale = "signed", limit = 1 }) => {
    const { pixels, rows, columns } = rasterOf(raster, scale, limit);
    Object.assign(element, { width: columns, height: rows });
    Object.assign(element.style, { width: `${width}px`, height: `${height}px`, left: `${left}px`, top: `${top}px` });
    element.getContext("2d").putImageData(new ImageData(pixels, columns, rows), 0, 0);
  };
  return { element, set };
}

/** A bitmap with a surface on top of it. */
export const stack = (under, surface) => html("div", { class: "dl-layers" }, under.element, surface.element);

/** The colours of a raster, row by row: { pixels: red, green, blue and opacity as bytes, rows, columns }. */
function rasterOf({ data, shape }, scale, limit) {
  const [channels, rows, columns] = shape.length === 2 ? [1, ...shape] : shape;
  if (![1, 3].includes(channels))
    throw new Error(`A picture has one channel or three, and this one has ${channels}.`);
  if (!(data.length > 0 && data.length === channels * rows * columns))
    throw new Error(`The picture holds ${data.length} values; its shape ${shape.join(" × ")} does not fit them.`);
  const size = rows * columns;
  const colour = channels === 1 && scale === "signed" ? signed(data, limit) : opaque(data, channels === 3 ? size : 0);
  const pixels = new Uint8ClampedArray(4 * size);
  for (let at = 0; at < size; at++) pixels.set(colour(at), 4 * at);
  return { pixels, rows, columns };
}

function signed(data, limit) {
  const [above, below] = [themeColour("blue"), themeColour("orange")];
  return (at) => {
    const strength = Math.min(Math.abs(data[at]), limit) / (limit || 1);
    return [...(data[at] < 0 ? below : above), Math.round(255 * STRONGEST * strength)];
  };
}

/** Grey where one channel serves all three colours (`step` 0), else red, green and blue, `step` values apart. */
function opaque(data, step) {
  const full = data instanceof Uint8Array || data instanceof Uint8ClampedArray ? 255 : 1;
  const byte = (value) => Math.round(255 * clamp(value / full, 0, 1));
  return (at) => [byte(data[at]), byte(data[at + step]), byte(data[at + 2 * step]), 255];
}

/** [red, green, blue] of a colour of the theme, "#rrggbb" in the page's style. */
function themeColour(name) {
  const text = getComputedStyle(document.body).getPropertyValue(`--dl-${name}`).trim();
  return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
}

/**
 * The lines between the pixels of a bitmap that is `size` pixels of the page to the pixel, and each one's figure where
 * there is room. `origin` is where the bitmap begins; `outside(i, j)` marks padding.
 */
export function cells(values, { size, origin: [left, top], outside = () => false }) {
  const [rows, columns] = [values.length, values[0].length];
  const across = Array.from({ length: rows + 1 }, (_, i) => `M0 ${i * size}H${columns * size}`);
  const down = Array.from({ length: columns + 1 }, (_, j) => `M${j * size} 0V${rows * size}`);
  const group = svg("g", { class: "dl-cells", transform: `translate(${left} ${top})` });
  group.append(svg("path", { class: "dl-grid-lines", d: [...across, ...down].join("") }));
  values.forEach((row, i) => {
    row.forEach((value, j) => {
      if (outside(i, j)) group.append(struck(i * size, j * size, size));
      else if (size >= 24) group.append(figure((i + 0.5) * size, (j + 0.5) * size, brief(value)));
    });
  });
  return group;
}

const struck = (y, x, size) =>
  svg("path", { class: "dl-padding", d: `M${x + 4} ${y + size - 4}L${x + size - 4} ${y + 4}` });
const figure = (y, x, text) => svg("text", { x, y: y + 4, "text-anchor": "middle" }, text);
const brief = (value) => number(value, Number.isInteger(value) ? 0 : 1);
