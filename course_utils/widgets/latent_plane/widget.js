// A trained decoder, run in the page: a point of its latent plane, the picture it becomes, and the codes around it.

import { bitmap } from "../kit/bitmap.js";
import { handle } from "../kit/drag.js";
import {
  bounded,
  button,
  choice,
  clamp,
  drag,
  finite,
  html,
  inRange,
  keepTouch,
  normals,
  number,
  oneOf,
  panel,
  surface,
  svg,
  widget,
} from "../kit/kit.js";
import { floats, forward, unpacked } from "../kit/net.js";
import { plot } from "../kit/plot.js";

const NEAREST = 10; // codes that are counted around the point
const TILES = 13; // pictures along a side, where the plane shows them
const MARGIN_OF_PLANE = { left: 30, top: 22, right: 8, bottom: 38 };

/** A function from a latent point to the decoder's picture, of as many numbers as `size` (height, width) has. */
export function decoderOf(layers, view, size) {
  const weights = unpacked(view);
  return (z) => {
    const picture = forward(layers, weights, z, [2]);
    if (picture.length !== size[0] * size[1])
      throw new Error(`The decoder gives ${picture.length} numbers for a picture of ${size.join(" × ")}.`);
    return picture;
  };
}

/** The places of the `count` codes nearest to z, the nearest first; `codes` holds pairs. */
export function nearestCodes(codes, [z1, z2], count) {
  const distance = Array.from({ length: codes.length / 2 }, (_, i) =>
    Math.hypot(codes[2 * i] - z1, codes[2 * i + 1] - z2),
  );
  const order = distance.map((_, i) => i).sort((i, j) => distance[i] - distance[j] || i - j);
  return order.slice(0, count).map((i) => ({ i, distance: distance[i] }));
}

/** The share of the draws from N(0, I) in the plane that lie farther from the origin than z: exp(-|z|^2 / 2). */
export const farther = ([z1, z2]) => Math.exp(-(z1 * z1 + z2 * z2) / 2);

/** Draw number n from the prior, within the plane's reach. */
export const drawn = (n, reach) => Array.from(normals(2, 7919 * n + 1), (value) => clamp(value, -reach, reach));

/** How often each label stands among the codes at these places: [[label, count], ...], the most frequent first. */
export function counts(labels, places) {
  const table = new Map();
  for (const { i } of places) table.set(labels[i], (table.get(labels[i]) ?? 0) + 1);
  return [...table].sort((a, b) => b[1] - a[1]);
}

/** Pictures of a grid over the plane, side by side in one raster: { data, shape }. */
export function tiled(decode, [height, width], reach) {
  const data = new Float32Array(TILES * height * TILES * width);
  for (let row = 0; row < TILES; row++) {
    for (let column = 0; column < TILES; column++) {
      const at = (k) => (2 * reach * (k + 0.5)) / TILES - reach;
      const picture = decode([at(column), -at(row)]);
      for (let i = 0; i < height; i++) {
        const start = (row * height + i) * TILES * width + column * width;
        data.set(picture.subarray(i * width, (i + 1) * width), start);
      }
    }
  }
  return { data, shape: [TILES * height, TILES * width] };
}

// -- what the model holds -------------------------------------------------------------------------------------

function readFixed(model) {
  const size = finite(model.get("size"), "The size of the picture", { least: 2, most: 2 });
  const codes = finite(floats(model.get("frames")), "The list of codes", { least: 2 });
  const labels = model.get("labels");
  if (codes.length !== 2 * labels.length)
    throw new Error(`There are ${labels.length} labels for ${codes.length / 2} codes.`);
  const decode = decoderOf(model.get("layers"), model.get("weights"), size);
  return { size, codes, labels, decode };
}

function read(model) {
  const reach = bounded(model, "reach", "The reach of the plane");
  const [z1, z2] = finite(model.get("place"), "The place", { least: 2, most: 2 });
  return {
    reach,
    shown: oneOf(model, "shown", "The view"),
    draws: bounded(model, "draws", "The number of draws"),
    place: [inRange(z1, "z1 of the place", -8, 8), inRange(z2, "z2 of the place", -8, 8)].map((value) =>
      clamp(value, -reach, reach),
    ),
  };
}

// -- the pictures -------------------------------------------------------------------------------------------

function drawPlane({ plane, tiles }, { codes, labels }, { reach, shown }, near, raster, width, left) {
  return plot(plane, {
    width,
    height: width + 22, // a square box
    margin: { ...MARGIN_OF_PLANE, left },
    x: { title: "z₁", range: [-reach, reach] },
    y: { title: "z₂", range: [-reach, reach] },
    over: ({ x, y, box }) => {
      if (shown === "pictures") tiles.set(raster, { ...box, scale: "grey" });
      const rings = [1, 2, 3]
        .filter((r) => r <= reach)
        .map((r) => svg("circle", { class: "dl-prior", cx: x(0), cy: y(0), r: x(r) - x(0) }));
      if (shown === "pictures") return rings;
      const marks = labels.map((label, i) =>
        svg(
          "text",
          {
            class: label === labels[near[0].i] ? "dl-code dl-like" : "dl-code",
            x: x(codes[2 * i]).toFixed(1),
            y: (y(codes[2 * i + 1]) + 4).toFixed(1),
            "text-anchor": "middle",
          },
          label,
        ),
      );
      return [...rings, ...marks];
    },
  });
}

function describe({ codes, labels }, { place, draws, shown }, near, after) {
  const [z1, z2] = place;
  const share = Math.round(100 * farther(place));
  const often = counts(labels, near).map(([label, count]) => `${count} of ${label}`);
  const around = near.length > 1 ? `; the ${near.length} nearest are ${often.join(", ")}` : "";
  const tiles = shown === "pictures" ? ` The plane shows ${TILES} × ${TILES} decoded pictures.` : "";
  const draw = after ? ` Draw ${draws} from the prior.` : "";
  return (
    `z = (${number(z1, 2)}, ${number(z2, 2)}), ${number(Math.hypot(z1, z2), 2)} from the origin: ${share < 1 ? "less than 1" : share} % of the draws from the prior lie farther out.${draw}\n` +
    `Nearest of ${codes.length / 2} codes of real pictures: ${labels[near[0].i]}, ${number(near[0].distance, 2)} away${around}.${tiles}`
  );
}

// -- the widget ---------------------------------------------------------------------------------------------

export default widget(["place", "shown", "draws", "reach"], ({ model, view, set }) => {
  const fixed = readFixed(model);
  read(model); // complains at once
  fixed.decode([0, 0]);
  const kinds = choice({
    label: "the plane shows",
    options: model.get("bounds").shown.values.map((name) => [name, name]),
    onChange: (shown) => set({ shown }),
  });
  const fresh = button("draw from the prior", () => {
    const { draws, reach } = read(model);
    set({ draws: draws + 1, place: drawn(draws + 1, reach).map(hundredth) });
  });
  const parts = {
    tiles: bitmap(),
    plane: surface({
      label: "The latent plane with the prior's circles and the codes of real pictures",
      role: "group",
    }),
    picture: bitmap({ label: "What the decoder makes of the point. The text below describes it." }),
  };
  const hundredth = (value) => Math.round(100 * value) / 100;
  let scales = null;
  const to = (z) => {
    const { reach } = read(model);
    set({ place: z.map((value) => hundredth(clamp(value, -reach, reach))) });
  };
  const pointer = (px, py) => to([scales.x.invert(px), scales.y.invert(py)]);
  const grip = handle({
    label: "the latent point z",
    surface: parts.plane.element,
    colour: "orange",
    move: pointer,
    nudge: (dx, dy) => {
      const [z1, z2] = read(model).place;
      to([z1 + 0.05 * dx, z2 + 0.05 * dy]);
    },
  });
  keepTouch(parts.plane.element);
  drag(parts.plane.element, parts.plane.element, pointer);
  parts.plane.top.append(grip.element);
  view.body.append(
    html("div", { class: "dl-controls" }, kinds.element, fresh),
    html(
      "div",
      { class: "dl-side dl-latent" },
      html("div", { class: "dl-layers" }, parts.tiles.element, parts.plane.element),
      panel("decoded picture", parts.picture.element),
    ),
  );
  let raster = null; // the grid of pictures: made once, when it is first shown
  return (width) => {
    const now = read(model);
    kinds.set(now.shown);
    const near = nearestCodes(fixed.codes, now.place, NEAREST);
    if (now.shown === "pictures" && raster?.reach !== now.reach)
      raster = { ...tiled(fixed.decode, fixed.size, now.reach), reach: now.reach };
    const side = Math.min(width, 430);
    parts.tiles.element.hidden = now.shown !== "pictures";
    scales = drawPlane(parts, fixed, now, near, raster, side, MARGIN_OF_PLANE.left);
    const [x, y] = [scales.x(now.place[0]), scales.y(now.place[1])];
    const said = `z1 ${number(now.place[0], 2)}, z2 ${number(now.place[1], 2)}`;
    grip.set(x, y, now.place[0], said);
    const room = width - side - 24;
    const scale = Math.min(room > 140 ? room : 200, 240) / Math.max(...fixed.size);
    parts.picture.set(
      { data: fixed.decode(now.place), shape: fixed.size },
      { width: fixed.size[1] * scale, height: fixed.size[0] * scale, scale: "grey" },
    );
    const last = now.draws > 0 && drawn(now.draws, now.reach).every((value, k) => hundredth(value) === now.place[k]);
    view.say(describe(fixed, now, near, last));
  };
});
