// Every part of the kit that no widget shows in all its ways: for the kit's own tests.
import { bitmap, stack } from "../../../course_utils/widgets/kit/bitmap.js";
import { box } from "../../../course_utils/widgets/kit/drag.js";
import { html, panel, surface, textInput, widget } from "../../../course_utils/widgets/kit/kit.js";
import { plot } from "../../../course_utils/widgets/kit/plot.js";

const [WIDTH, HEIGHT] = [240, 160]; // of the picture in which the box stands

export { bitmap, plot, surface };

export default widget(["box", "text", "grey", "colour", "signed"], ({ model, view, set }) => {
  const names = ["grey", "colour", "signed"];
  const rasters = names.map((name) => [name, bitmap({ label: `the ${name} picture` })]);
  const [under, canvas, curve] = [
    bitmap(),
    surface({ label: "a picture with a box", role: "group" }),
    surface({ label: "a plot" }),
  ];
  const held = box({
    label: "object",
    surface: canvas.element,
    colour: "orange",
    room: () => ({ left: 0, top: 0, width: WIDTH, height: HEIGHT }),
    change: (next) => set({ box: next }),
  });
  canvas.top.append(held.element);
  const field = textInput({
    label: "threshold",
    read: (text) => {
      if (!(Number(text) > 0)) throw new Error("Give a number above zero.");
      return Number(text);
    },
    onChange: (value) => set({ text: value }),
  });
  view.body.append(
    html("div", { class: "dl-side" }, panel("box", stack(under, canvas)), panel("plot", curve.element)),
    html("div", { class: "dl-side" }, ...rasters.map(([name, { element }]) => panel(name, element))),
    field.element,
  );
  return () => {
    const { left, top, width, height } = model.get("box");
    under.set(model.get("colour"), { width: WIDTH, height: HEIGHT });
    canvas.size(WIDTH, HEIGHT);
    held.set(model.get("box"), `${left}, ${top}, ${width} × ${height}`);
    for (const [name, raster] of rasters) {
      raster.set(model.get(name), { width: 40, height: 20, scale: name === "grey" ? "grey" : "signed", limit: 2 });
    }
    plot(curve, {
      width: 300,
      height: 160,
      x: { title: "step" },
      y: { title: "loss", log: true },
      lines: [{ xs: [0, 1, 2, 3], ys: [1, 0.1, Number.NaN, 0.001], colour: "blue", shape: "circle" }],
    });
    view.say(`box ${left}, ${top}, ${width} × ${height}; threshold ${model.get("text")}`);
  };
});
