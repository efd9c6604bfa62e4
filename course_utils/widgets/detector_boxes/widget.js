// A trained detector, run in the page: the boxes of every cell and anchor, the thresholds, and what is left of them.

import { bitmap } from "../kit/bitmap.js";
import { handle } from "../kit/drag.js";
import {
  bounded,
  button,
  choice,
  clamp,
  finite,
  html,
  inRange,
  number,
  oneOf,
  panel,
  slider,
  surface,
  svg,
  widget,
} from "../kit/kit.js";
import { run, unpacked } from "../kit/net.js";
import { clipped, legend } from "../kit/plot.js";

const LARGEST = 350; // the side of the picture, in pixels of the page
const EDGE = 2;
const HIT = 0.5; // the IoU from which a box counts as one of an object
const COLOURS = ["blue", "orange", "green", "purple"];

// -- the network ----------------------------------------------------------------------------------------------

const logistic = (t) => 1 / (1 + Math.exp(-t));

/** The boxes of every cell and anchor: { box: corners in pixels, label, score }, cell by cell, anchor by anchor. */
export function decodedAll({ data, shape: [, rows, columns] }, anchors, stride, classes) {
  const [area, each] = [rows * columns, 5 + classes];
  const found = [];
  for (let cell = 0; cell < area; cell++) {
    anchors.forEach(([pw, ph], b) => {
      const t = (k) => data[(b * each + k) * area + cell];
      const x = ((cell % columns) + logistic(t(0))) * stride;
      const y = (Math.floor(cell / columns) + logistic(t(1))) * stride;
      const [w, h] = [pw * Math.exp(t(2)), ph * Math.exp(t(3))];
      let label = 0;
      for (let c = 1; c < classes; c++) if (t(5 + c) > t(5 + label)) label = c;
      found.push({
        box: [x - w / 2, y - h / 2, x + w / 2, y + h / 2],
        label,
        score: logistic(t(4)) * logistic(t(5 + label)),
      });
    });
  }
  return found;
}

/** What the network says of a picture of the shape [channels, height, width]: the boxes of every cell and anchor. */
export function boxesOf(layers, weights, image, shape, anchors, classes) {
  const answer = run(layers, weights, [{ data: Float32Array.from(image), shape }]);
  if (answer.shape.length !== 3 || answer.shape[0] !== anchors.length * (5 + classes))
    throw new Error(`The network gives ${answer.shape.join(" × ")} numbers; its anchors and classes need others.`);
  return decodedAll(answer, anchors, shape[1] / answer.shape[1], classes);
}

// -- suppression and counting ---------------------------------------------------------------------------------

/** Intersection over union of two boxes (x1, y1, x2, y2). */
export function boxOverlap(a, b) {
  const side = (k) => Math.max(0, Math.min(a[k + 2], b[k + 2]) - Math.max(a[k], b[k]));
  const size = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
  const both = side(0) * side(1);
  return both / (size(a) + size(b) - both);
}

/** The places of the boxes that non-maximum suppression keeps, by falling score; of equal scores the first comes first. */
export function suppressed(found, threshold, how) {
  const left = found.map((_, i) => i).sort((i, j) => found[j].score - found[i].score || i - j);
  if (how === "off") return left;
  const kept = [];
  for (const i of left) {
    const rivals = kept.filter((k) => how === "across classes" || found[k].label === found[i].label);
    if (rivals.every((k) => boxOverlap(found[k].box, found[i].box) <= threshold)) kept.push(i);
  }
  return kept;
}

/**
 * How the boxes, by falling score, stand to the objects: each box is matched with the object of its class that it
 * overlaps most; from an IoU of 0.5 on, the first is a hit and the others are duplicates.
 */
export function counted(boxes, objects) {
  const times = objects.map(() => 0);
  let spurious = 0;
  for (const { box, label } of boxes) {
    const ious = objects.map((object) => (object[4] === label ? boxOverlap(box, object) : 0));
    const best = ious.indexOf(Math.max(...ious));
    if (best >= 0 && ious[best] >= HIT) times[best]++;
    else spurious++;
  }
  const found = times.filter((n) => n > 0).length;
  const duplicates = boxes.length - spurious - found;
  return { boxes: boxes.length, found, duplicates, spurious, missed: objects.length - found };
}

// -- the pictures ---------------------------------------------------------------------------------------------

/** The picture with a copy of the pixels of the mask, moved by whole pixels; what leaves the picture is cut off. */
export function withCopy(image, mask, [channels, height, width], [right, down]) {
  const result = image.slice();
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const [y, x] = [i + down, j + right];
      if (!mask[i * width + j] || y < 0 || x < 0 || y >= height || x >= width) continue;
      for (let c = 0; c < channels; c++) result[(c * height + y) * width + x] = image[(c * height + i) * width + j];
    }
  }
  return result;
}

/** What no control changes: the network and the pictures. */
function readFixed(model) {
  const [layers, names, anchors, truths] = ["layers", "names", "anchors", "truths"].map((name) => model.get(name));
  const [pictures, ...shape] = finite(model.get("shape"), "The shape of the pictures", { least: 4, most: 4 });
  const [channels, height, width] = shape;
  const [size, area] = [channels * height * width, height * width];
  const view = model.get("frames");
  if (!names.length || !anchors.length) throw new Error("There are no classes or no anchors.");
  if (view.byteLength !== pictures * (size + area) || truths.length !== pictures)
    throw new Error("The pictures, their shape and their objects do not fit.");
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const images = Array.from({ length: pictures }, (_, k) =>
    Float32Array.from(bytes.subarray(k * size, (k + 1) * size), (value) => value / 255),
  );
  const masks = Array.from({ length: pictures }, (_, k) =>
    bytes.subarray(pictures * size + k * area, pictures * size + (k + 1) * area),
  );
  const weights = unpacked(model.get("weights"));
  const sides = anchors.map((anchor) => finite(anchor, "An anchor", { least: 2, most: 2 }));
  const objects = truths.map((rows) => rows.map((row) => finite(row, "A true box", { least: 5, most: 5 })));
  const detect = (image) => boxesOf(layers, weights, image, shape, sides, names.length);
  const copies = masks.every((mask, k) => objects[k].length && mask.some((value) => value));
  return { names, shape, size: [height, width], images, masks, objects, detect, copies };
}

function read(model, fixed) {
  const picture = inRange(model.get("picture"), "The picture", 0, model.get("bounds").picture.max);
  if (!(picture in fixed.images))
    throw new Error(`There is no picture ${picture}; there are ${fixed.images.length}, counted from 0.`);
  const copy = finite(model.get("copy"), "The place of the copy", { least: 0, most: 2 }).map(Math.round);
  return {
    picture,
    score: bounded(model, "score", "The score threshold"),
    overlap: bounded(model, "overlap", "The IoU threshold"),
    suppress: oneOf(model, "suppress", "The suppression"),
    copy: fixed.copies && copy.length === 2 ? copy : null,
  };
}

/** The picture of the state, its objects, and the boxes of every cell; computed again when the picture changes. */
function looker(fixed) {
  let [key, kept] = ["", null];
  return ({ picture, copy }) => {
    const now = `${picture} ${copy ?? ""}`;
    if (now !== key) {
      const [image, objects] = [fixed.images[picture], fixed.objects[picture]];
      const seen = copy ? withCopy(image, fixed.masks[picture], fixed.shape, copy) : image;
      kept = { image: seen, objects: copy ? [...objects, movedBox(objects[0], copy, fixed.size)] : objects };
      kept.raw = fixed.detect(seen);
      key = now;
    }
    return kept;
  };
}

const movedBox = ([x1, y1, x2, y2, label], [right, down], [height, width]) => [
  clamp(x1 + right, 0, width - 1),
  clamp(y1 + down, 0, height - 1),
  clamp(x2 + right, 1, width),
  clamp(y2 + down, 1, height),
  label,
];

// -- what is drawn --------------------------------------------------------------------------------------------

const colour = (label) => COLOURS[label % COLOURS.length];

function outline(name, [x1, y1, x2, y2], scale) {
  const [x, y] = [x1, y1].map((value) => EDGE + value * scale);
  return svg("rect", { class: name, x, y, width: (x2 - x1) * scale, height: (y2 - y1) * scale });
}

/** Class and score of each box above its corner; one that would cover another stands below it. */
function tags(boxes, names, { width, height }, scale) {
  const taken = [];
  return boxes.map(({ box, label, score }) => {
    const x = EDGE + clamp(box[0] * scale + 3, 2, width - 96);
    let y = EDGE + clamp(box[1] * scale - 4, 12, height - 4);
    while (taken.some((other) => Math.abs(other.x - x) < 96 && Math.abs(other.y - y) < 14)) y += 14;
    taken.push({ x, y });
    return svg("text", { class: "dl-tag", x, y }, `${names[label]} ${number(score, 2)}`);
  });
}

function drawBoxes({ picture, canvas }, fixed, { image, objects }, { above, kept }, side) {
  const [height, width] = fixed.size;
  const scale = side / Math.max(height, width);
  const frame = { left: EDGE, top: EDGE, width: width * scale, height: height * scale };
  picture.set({ data: image, shape: fixed.shape }, { ...frame, scale: "grey" });
  canvas.size(frame.width + 2 * EDGE, frame.height + 2 * EDGE);
  const gone = above.filter((found) => !kept.includes(found));
  const one = (name) => (found) => svg("g", { class: `dl-${colour(found.label)}` }, outline(name, found.box, scale));
  canvas.paint(
    clipped(
      frame,
      ...gone.map(one("dl-dropped")),
      ...kept.map(({ box }) => outline("dl-under-box", box, scale)),
      ...kept.map(one("dl-kept")),
      ...objects.flatMap((object) => ["dl-object-under", "dl-object"].map((name) => outline(name, object, scale))),
    ),
    ...(kept.length <= 12 ? tags(kept, fixed.names, frame, scale) : []),
  );
  return scale;
}

/** A table: how many boxes, hits, duplicates and others there are before and after the suppression. */
function tallyTable() {
  const heads = ["", "above the score", "after NMS"];
  const rows = {
    boxes: "boxes",
    found: "objects found",
    duplicates: "duplicates of them",
    spurious: "on no object",
    missed: "objects missed",
  };
  const cells = Object.fromEntries(
    Object.keys(rows).map((name) => [name, [html("td", {}), html("td", { class: "dl-now" })]]),
  );
  const element = html(
    "table",
    { class: "dl-tally" },
    html(
      "thead",
      {},
      html("tr", {}, ...heads.map((text) => html(text ? "th" : "td", text ? { scope: "col" } : {}, text))),
    ),
    html(
      "tbody",
      {},
      ...Object.entries(rows).map(([name, text]) =>
        html("tr", {}, html("th", { scope: "row" }, text), ...cells[name]),
      ),
    ),
  );
  const set = (tallies) => {
    for (const name of Object.keys(rows))
      tallies.forEach((tally, k) => {
        cells[name][k].textContent = String(tally[name]);
      });
  };
  return { element, set };
}

function describe(raw, { score, overlap, suppress }, [before, after], objects) {
  const way =
    suppress === "off"
      ? "without NMS all of them stay"
      : `NMS ${suppress} at IoU ${number(overlap, 2)} leaves ${after.boxes}`;
  const each = ({ found, duplicates }) => number(found ? 1 + duplicates / found : 0, 1);
  return (
    `${raw.length} raw boxes, ${before.boxes} with a score of at least ${number(score, 2)}; ${way}.\n` +
    `Objects found: ${after.found} of ${objects}; duplicates: ${after.duplicates}; boxes on no object: ${after.spurious}. ` +
    `Boxes per object found: ${each(before)} before NMS, ${each(after)} after.`
  );
}

// -- the widget -----------------------------------------------------------------------------------------------

/** The copied object's handle, and the button that puts the copy there and takes it away. */
function copier(canvas, fixed, model, set) {
  let scale = 1;
  const now = () => read(model, fixed);
  const middle = () => {
    const [x1, y1, x2, y2] = fixed.objects[now().picture][0];
    return [(x1 + x2) / 2, (y1 + y2) / 2];
  };
  const to = (x, y) => {
    const at = middle();
    const [height, width] = fixed.size;
    set({ copy: [clamp(x, 0, width) - at[0], clamp(y, 0, height) - at[1]].map(Math.round) });
  };
  const place = () => {
    const [at, by] = [middle(), now().copy ?? [0, 0]];
    return [at[0] + by[0], at[1] + by[1]];
  };
  const point = handle({
    label: "the copied object",
    surface: canvas.element,
    shape: "diamond",
    move: (x, y) => to((x - EDGE) / scale, (y - EDGE) / scale),
    nudge: (dx, dy) => to(place()[0] + dx, place()[1] - dy),
  });
  const first = () => {
    const [x, y] = middle();
    const [height, width] = fixed.size;
    return [x < width / 2 ? width / 4 : -width / 4, y < height / 2 ? height / 8 : -height / 8].map(Math.round);
  };
  const toggle = button("copy an object", () => set({ copy: now().copy ? [] : first() }), {
    "aria-pressed": "false",
  });
  const show = ({ copy }, pixels) => {
    scale = pixels;
    toggle.setAttribute("aria-pressed", String(Boolean(copy)));
    if (!copy) return point.element.remove();
    if (!point.element.isConnected) canvas.top.append(point.element);
    const at = place();
    point.set(
      EDGE + at[0] * scale,
      EDGE + at[1] * scale,
      Math.round(at[0]),
      `at ${at.map(Math.round).join(", ")} pixels`,
    );
  };
  return { toggle, show };
}

function controls(model, fixed, set) {
  const knob = (name, label, step) =>
    slider({
      label,
      ...model.get("bounds")[name],
      step,
      format: (value) => number(value, 2),
      onInput: (value) => set({ [name]: value }),
    });
  return {
    picture: choice({
      label: "picture",
      options: fixed.images.map((_, k) => [k, String(k + 1)]),
      onChange: (picture) => set({ picture, copy: [] }),
    }),
    suppress: choice({
      label: "NMS",
      options: model.get("bounds").suppress.values.map((name) => [name, name]),
      onChange: (suppress) => set({ suppress }),
    }),
    score: knob("score", "least score", 0.02),
    overlap: knob("overlap", "NMS removes above IoU", 0.05),
  };
}

export default widget(["picture", "score", "overlap", "suppress", "copy"], ({ model, view, set }) => {
  const fixed = readFixed(model);
  read(model, fixed); // complains at once
  const look = looker(fixed);
  const knobs = controls(model, fixed, set);
  const drawn = {
    picture: bitmap(),
    canvas: surface({ label: "The picture with the boxes. The text below describes them.", role: "group" }),
  };
  const copy = fixed.copies ? copier(drawn.canvas, fixed, model, set) : null;
  const tally = tallyTable();
  const layers = html("div", { class: "dl-layers" }, drawn.picture.element, drawn.canvas.element);
  view.body.append(
    html("div", { class: "dl-controls" }, knobs.picture.element, ...(copy ? [copy.toggle] : [])),
    html("div", { class: "dl-controls" }, knobs.suppress.element),
    html("div", { class: "dl-controls" }, knobs.score.element, knobs.overlap.element),
    html(
      "div",
      { class: "dl-side" },
      panel("the boxes above the least score", layers),
      panel("counted", tally.element),
    ),
    legend([
      ...fixed.names.map((name, label) => ({ label: name, colour: colour(label) })),
      { label: "removed by NMS (dotted)", colour: "muted", style: "dotted" },
    ]),
    html("p", { class: "dl-caption" }, "White dashes on black: the true boxes. The network runs in this page."),
  );
  return (width) => {
    const now = read(model, fixed);
    for (const name of ["picture", "suppress", "score", "overlap"]) knobs[name].set(now[name]);
    const seen = look(now);
    const above = seen.raw.filter(({ score }) => score >= now.score);
    const all = suppressed(above, 1, "off").map((i) => above[i]);
    const kept = suppressed(above, now.overlap, now.suppress).map((i) => above[i]);
    const scale = drawBoxes(drawn, fixed, seen, { above, kept }, Math.min(width - 2 * EDGE, LARGEST));
    copy?.show(now, scale);
    const tallies = [all, kept].map((boxes) => counted(boxes, seen.objects));
    tally.set(tallies);
    view.say(describe(seen.raw, now, tallies, seen.objects.length));
  };
});
