// Frames that were computed when the notebook ran: one slider for each parameter, no kernel needed.
import { finite, html, oneOf, player, slider, widget } from "../kit/kit.js";

/** The frames' texts or bytes from one gzip stream; `sizes` are their lengths in bytes. */
export async function unpack(packed, sizes) {
  if (typeof DecompressionStream === "undefined")
    throw new Error("This browser is too old to unpack the pictures; use a newer one.");
  const bytes = new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const all = new Uint8Array(await new Response(stream).arrayBuffer());
  if (all.length !== sizes.reduce((sum, size) => sum + size, 0))
    throw new Error("The pictures are damaged; run the cell again.");
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return all.subarray(end - size, end);
  });
}

function imageOf(bytes, alt) {
  return html("img", { alt, src: URL.createObjectURL(new Blob([bytes], { type: "image/png" })) });
}

/** The picture as an element that follows the page's colours. Its text comes from the notebook and is parsed, never run. */
function drawingOf(bytes) {
  const parsed = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "image/svg+xml");
  if (parsed.querySelector("parsererror")) throw new Error("A picture cannot be read; run the cell again.");
  return document.importNode(parsed.documentElement, true);
}

/** The frame's place in the list: the last parameter changes fastest. */
export function frameAt(sizes, position) {
  return sizes.reduce((at, size, i) => at * size + position[i], 0);
}

function check(model) {
  const grid = model.get("grid");
  const [frames, alts] = [model.get("sizes"), model.get("alts")];
  const count = grid.reduce((product, { values }) => product * values.length, 1);
  if (!grid.length || !count) throw new Error("There is nothing to explore: a parameter has no values.");
  if (frames.length !== count || alts.length !== count)
    throw new Error(`The grid needs ${count} pictures, and there are ${frames.length}.`);
  oneOf(model, "kind", "The kind of the pictures");
  return grid;
}

function control(parameter, i, model, set) {
  const {
    input,
    set: show,
    element,
  } = slider({
    label: parameter.name,
    min: 0,
    max: parameter.values.length - 1,
    step: 1,
    format: (at) => parameter.values[at],
    onInput: (at) => set({ position: model.get("position").map((old, k) => (k === i ? at : old)) }),
  });
  input.disabled = parameter.values.length === 1;
  return { show, element };
}

export default widget(["position"], ({ model, view, set }) => {
  const grid = check(model);
  const counts = grid.map(({ values }) => values.length);
  const controls = grid.map((parameter, i) => control(parameter, i, model, set));
  const play = player({
    interval: 400,
    step: () => {
      const [first, ...rest] = model.get("position");
      set({ position: [(first + 1) % counts[0], ...rest] });
      return first + 2 < counts[0];
    },
  });
  view.onCleanup(play.stop);
  const [pixelsWide, pixelsHigh] = finite(model.get("size"), "The pictures' size", { least: 2, most: 2 });
  const picture = html("div", { class: "dl-frame" }); // of the pictures' shape before they are unpacked: nothing jumps
  picture.style.maxWidth = `${pixelsWide}px`;
  picture.style.aspectRatio = `${pixelsWide} / ${pixelsHigh}`;
  view.body.append(
    html("div", { class: "dl-controls" }, ...controls.map((c) => c.element), counts[0] > 1 ? play.element : ""),
    picture,
  );

  let frames = null;
  let broken = null; // what kept the frames from being unpacked
  const made = new Map(); // the element of each frame that was shown
  const show = (at) => {
    if (!made.has(at))
      made.set(at, model.get("kind") === "svg" ? drawingOf(frames[at]) : imageOf(frames[at], model.get("alts")[at]));
    picture.replaceChildren(made.get(at));
  };
  view.onCleanup(() => made.forEach((element) => element.src && URL.revokeObjectURL(element.src)));
  const draw = () => {
    if (broken) throw broken;
    const position = model.get("position");
    if (position.length !== counts.length || position.some((at, i) => !(at >= 0 && at < counts[i])))
      throw new Error("The position lies outside the grid.");
    controls.forEach((c, i) => c.show(position[i]));
    const at = frameAt(counts, position);
    if (frames) show(at);
    view.say(model.get("alts")[at]);
  };
  unpack(model.get("frames"), model.get("sizes"))
    .then((list) => {
      frames = list;
      draw();
    })
    .catch((problem) => {
      broken = problem;
      view.fail(problem);
    });
  return draw;
});
