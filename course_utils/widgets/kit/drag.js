// What a pointer, a finger and the arrow keys take hold of: a point, a box, a grid of cells.
import { arrows, clamp, drag, fill, keepTouch, svg } from "./kit.js";
import { marker } from "./plot.js";

/** A point to drag, also with the arrow keys. `move(x, y)` gets pixels, `nudge(dx, dy)` steps to the right and up. */
export function handle({ label, surface, shape = "circle", colour = "ink", move, nudge }) {
  const element = svg(
    "g",
    {
      class: `dl-handle dl-${colour}`,
      tabindex: 0,
      role: "slider",
      "aria-label": label,
      "aria-roledescription": "draggable point",
    },
    svg("circle", { r: 22, class: "dl-reach" }),
    svg("circle", { r: 13, class: "dl-ring" }),
    marker(shape, 0, 0, 7),
  );
  keepTouch(element);
  drag(element, surface, (x, y) => move(x, y));
  arrows(element, nudge);
  const set = (x, y, value, text) => {
    element.setAttribute("transform", `translate(${x} ${y})`);
    element.setAttribute("aria-valuenow", value);
    element.setAttribute("aria-valuetext", text);
  };
  return { element, set };
}

// -- a box ----------------------------------------------------------------------------------------------------

const CORNERS = [
  ["left", "top"],
  ["right", "top"],
  ["left", "bottom"],
  ["right", "bottom"],
];
const edgesOf = ({ left, top, width, height }) => ({ left, top, right: left + width, bottom: top + height });
const boxOf = ({ left, top, right, bottom }) => ({ left, top, width: right - left, height: bottom - top });

/** The box with its edge `side` brought to `at`: inside `room` (edges), and `least` away from the edge opposite. */
function pulled(edges, side, at, room, least) {
  const [low, high] = side === "left" || side === "right" ? ["left", "right"] : ["top", "bottom"];
  const limits = side === low ? [room[low], edges[high] - least] : [edges[low] + least, room[high]];
  return { ...edges, [side]: clamp(at, ...limits) };
}

/** The box with its upper left corner brought to (left, top), as far as `room` allows. */
function moved({ width, height }, left, top, room) {
  return {
    left: clamp(left, room.left, room.right - width),
    top: clamp(top, room.top, room.bottom - height),
    width,
    height,
  };
}

/**
 * A rectangle to drag, and to resize at its corners. The arrow keys move it by `step` pixels; with Shift they move its
 * lower right corner. `change({ left, top, width, height })` gets pixels of `surface`, within `room()`, which is such a
 * rectangle too; neither side becomes shorter than `least`. `set(rectangle, text)` shows it and says it.
 */
export function box({ label, surface, colour = "ink", room, step = 4, least = 24, change }) {
  let now = { left: 0, top: 0, width: least, height: least };
  const become = (next) => {
    now = next; // at once: a second key may come before the first is drawn
    change(next);
  };
  const resize = ([horizontal, vertical], x, y) => {
    const across = pulled(edgesOf(now), horizontal, x, edgesOf(room()), least);
    become(boxOf(pulled(across, vertical, y, edgesOf(room()), least)));
  };
  const move = (left, top) => become(moved(now, left, top, edgesOf(room())));
  const frame = svg("rect", { class: "dl-box-frame" });
  const grips = CORNERS.map(() =>
    svg("g", { class: "dl-grip" }, svg("circle", { r: 14, class: "dl-reach" }), marker("square", 0, 0, 5)),
  );
  const element = svg(
    "g",
    { class: `dl-box dl-${colour}`, tabindex: 0, role: "application", "aria-roledescription": "draggable box" },
    frame,
    ...grips,
  );
  keepTouch(element);
  let hold = null; // from the box's corner to where the pointer took hold of it
  drag(frame, surface, (x, y, first) => {
    if (first) hold = { x: x - now.left, y: y - now.top };
    move(x - hold.x, y - hold.y);
  });
  grips.forEach((grip, i) => drag(grip, surface, (x, y) => resize(CORNERS[i], x, y)));
  arrows(element, (dx, dy, shift) => {
    const [right, down] = [Math.sign(dx) * step, -Math.sign(dy) * step];
    if (shift) resize(CORNERS[3], now.left + now.width + right, now.top + now.height + down);
    else move(now.left + right, now.top + down);
  });
  const set = (rectangle, text) => {
    now = rectangle;
    fill(element, { "aria-label": `${label}: ${text}` }, []);
    fill(frame, { x: now.left, y: now.top, width: now.width, height: now.height }, []);
    const edges = edgesOf(now);
    grips.forEach((grip, i) =>
      fill(grip, { transform: `translate(${edges[CORNERS[i][0]]} ${edges[CORNERS[i][1]]})` }, []),
    );
  };
  return { element, set };
}

// -- a grid of cells ------------------------------------------------------------------------------------------

/**
 * Makes a grid of cells answer to pointer, finger and keys: the arrow keys move a cursor, Space presses.
 * `press(row, column, first)` is called for each cell pressed or crossed, `move(row, column)` for the cursor.
 */
export function board(canvas, { label, grid, press, move = () => {} }) {
  const { element } = canvas;
  fill(element, { tabindex: 0, role: "application", "aria-label": label, class: "dl-surface dl-board" }, []);
  const cell = (x, y) => {
    const {
      rows,
      columns,
      size,
      origin: [left, top],
    } = grid();
    return [Math.floor((y - top) / size), Math.floor((x - left) / size)].map((at, k) =>
      clamp(at, 0, [rows, columns][k] - 1),
    );
  };
  drag(element, element, (x, y, first) => press(...cell(x, y), first));
  arrows(element, (dx, dy) => {
    const {
      rows,
      columns,
      cursor: [row, column],
    } = grid();
    move(clamp(row - Math.sign(dy), 0, rows - 1), clamp(column + Math.sign(dx), 0, columns - 1));
  });
  element.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    press(...grid().cursor, true);
  });
}
