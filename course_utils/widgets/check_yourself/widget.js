// A question, answered at once. What the reader gives is kept in the notebook, as the sliders of other widgets are; the
// verdict stays in this view, and nothing is graded or sent.
import { arrows, button, drag, finite, html, keepTouch, number, widget } from "../kit/kit.js";

const MARKS = { right: "✓ Right.", wrong: "✗ Not yet.", shown: "The answer:", none: "" };
const DIGITS = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** A text with `code` between backticks, as nodes. */
function prose(text) {
  return text.split("`").map((part, i) => (i % 2 ? html("code", {}, part) : part));
}

/**
 * What a reader may have meant by a number: a true minus sign, a decimal comma, a comma between thousands, a fraction,
 * the unit behind it. "1,250" is both 1.25 and 1250. Empty when it is no number.
 */
export function readings(text, unit = "") {
  let plain = text.replace(/[−–]/g, "-").trim();
  for (const end of [unit, "%"]) if (end && plain.endsWith(end)) plain = plain.slice(0, -end.length);
  plain = plain.replace(/[\s_\u00a0\u2009\u202f]/g, "");
  const [top, bottom, ...rest] = plain.split("/");
  if (rest.length) return [];
  if (bottom !== undefined)
    return readings(top)
      .flatMap((a) => readings(bottom).map((b) => a / b))
      .filter(Number.isFinite);
  const forms = [
    plain.replace(",", "."),
    /^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(plain) ? plain.replaceAll(",", "") : "",
  ];
  return forms
    .filter((form) => DIGITS.test(form))
    .map(Number)
    .filter(Number.isFinite);
}

/** A number as a text would write it: at most seven digits, a true minus sign. */
const written = (value) =>
  Math.abs(value) >= 1e7 || (value && Math.abs(value) < 1e-4)
    ? number(value)
    : String(Number(value.toPrecision(7))).replace("-", "−");

/** Right, or wrong with the reason. */
export function judgeNumber(text, { answer, tolerance, unit, slips }) {
  const given = readings(text, unit);
  if (!given.length) return { verdict: "none", why: "Type a number, such as 0.25, −3 or 1/4." };
  const within = (value) => given.some((g) => Math.abs(g - value) <= tolerance * (1 + 1e-9));
  if (within(answer)) return { verdict: "right" };
  const slip = slips.find(([, value]) => within(value));
  const size = given[0] < answer ? "small" : "large";
  return { verdict: "wrong", why: slip ? slip[0] : `${[written(given[0]), unit].join(" ").trim()} is too ${size}.` };
}

/** Right, or wrong with what stands too early; `order` holds the places that the steps have in the right order. */
export function judgeOrder(order, items) {
  const first = order.findIndex((step, i) => step !== i);
  if (first < 0) return { verdict: "right" };
  const [text, why] = items[order[first]];
  return { verdict: "wrong", why: `Number ${first + 1}, “${text}”, comes too early.${why ? ` ${why}` : ""}` };
}

// -- the three kinds: each gives its elements, judge(), which says what is right or why it is wrong, show(), and what
// the reader gave, as a list, by read() and put() ---------------------------------------------------------------------

function numberField(state) {
  const input = html("input", {
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    spellcheck: "false",
    size: 12,
    "aria-label": "Your number",
  });
  const element = html("p", { class: "dl-answer" }, input, state.unit ? html("span", {}, state.unit) : "");
  const put = ([text = ""]) => {
    input.value = text;
  };
  return {
    element,
    invite: "Type a number, then press Check.",
    judge: () => judgeNumber(input.value, state),
    show: () => put([written(state.answer)]),
    read: () => (input.value ? [input.value] : []),
    put,
  };
}

function choiceField({ options, name }) {
  const inputs = options.map((_, i) => html("input", { type: "radio", name, value: i }));
  const element = html(
    "div",
    { class: "dl-options" },
    ...options.map(([text], i) => html("label", {}, inputs[i], html("span", {}, ...prose(text)))),
  );
  const read = () => inputs.flatMap((input, i) => (input.checked ? [i] : []));
  const judge = () => {
    const [chosen] = read();
    if (chosen === undefined) return { verdict: "none", why: "Choose one of them first." };
    return options[chosen][1] ? { verdict: "wrong", why: options[chosen][1] } : { verdict: "right" };
  };
  const put = ([chosen]) => {
    for (const [i, input] of inputs.entries()) input.checked = i === chosen;
  };
  const show = () => put([options.findIndex(([, why]) => !why)]);
  return { element, invite: "Choose one, then press Check.", judge, show, read, put };
}

function orderField({ items, shown }, say, keep) {
  let order = [...shown];
  const list = html("ol", { class: "dl-steps" });
  const rows = items.map(([text], step) => {
    const move = (by, name, sign) =>
      button(sign, () => shift(step, by), { "aria-label": `${name}: ${text.replaceAll("`", "")}` });
    const [up, down] = [move(-1, "Up", "↑"), move(1, "Down", "↓")];
    const grip = html("span", {
      class: "dl-grip",
      role: "slider",
      tabindex: -1,
      "aria-label": `Place of: ${text.replaceAll("`", "")}`,
      "aria-valuemin": 1,
      "aria-valuemax": items.length,
    });
    arrows(grip, (_, dy) => shift(step, -Math.sign(dy)));
    keepTouch(grip);
    drag(grip, list, (_, y) => shift(step, Math.sign(placeAt(y) - order.indexOf(step))));
    return {
      up,
      down,
      grip,
      element: html("li", {}, grip, html("span", { class: "dl-step" }, ...prose(text)), up, down),
    };
  });
  /** The place of the row at a height in pixels. */
  const placeAt = (y) => order.filter((step, i) => i && y > rows[step].element.offsetTop - list.offsetTop).length;
  const draw = () =>
    order.forEach((step, i) => {
      const { element, grip, up, down } = rows[step];
      grip.textContent = `${i + 1}.`;
      grip.setAttribute("aria-valuenow", i + 1);
      if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
      up.setAttribute("aria-disabled", String(i === 0)); // not `disabled`: the focus would be lost at the ends
      down.setAttribute("aria-disabled", String(i === order.length - 1));
    });
  /** The neighbour is moved past the step, so that the button that was pressed keeps the focus. */
  const shift = (step, by) => {
    const at = order.indexOf(step);
    const other = order[at + by];
    if (!by || other === undefined) return;
    order[at] = other;
    order[at + by] = step;
    rows[step].element[by < 0 ? "after" : "before"](rows[other].element);
    draw();
    keep();
    say("none", `“${items[step][0]}” is now number ${at + by + 1} of ${order.length}.`);
  };
  const put = (given) => {
    order = given.length ? [...given] : [...shown];
    draw();
  };
  draw();
  return {
    element: list,
    invite: "Move the steps with the arrows, then press Check.",
    judge: () => judgeOrder(order, items),
    show: () => put(items.map((_, i) => i)),
    read: () => [...order],
    put,
  };
}

const FIELDS = { number: numberField, choice: choiceField, order: orderField };
let count = 0; // each view's radio buttons are a group of their own

/** The state of the model, or an Error that says what is wrong with it. */
function checked(model) {
  const names = ["kind", "question", "because", "answer", "tolerance", "unit", "slips", "options", "items", "shown"];
  const state = Object.fromEntries([...names, "given"].map((name) => [name, model.get(name)]));
  if (!Object.hasOwn(FIELDS, state.kind))
    throw new Error(`The kind ${state.kind} is not one of ${Object.keys(FIELDS).join(", ")}.`);
  finite([state.answer, state.tolerance], "The answer");
  if (!(state.tolerance > 0)) throw new Error("The tolerance must be larger than 0.");
  if (state.kind === "choice" && state.options.filter(([, why]) => !why).length !== 1)
    throw new Error("One option must be right.");
  const each = (order) => [...order].sort((a, b) => a - b).join() === state.items.map((_, i) => i).join();
  if (state.kind === "order" && !(state.items.length > 2 && each(state.shown)))
    throw new Error("An order needs three steps or more, each shown once.");
  const given = {
    number: ([text = ""]) => typeof text === "string",
    choice: ([i = 0]) => Object.hasOwn(state.options, i),
    order: each,
  };
  if (state.given.length && !given[state.kind](state.given)) throw new Error("The answer that was kept is none.");
  return { ...state, name: `dl-options-${count++}` };
}

export default widget(["question"], ({ model, view, set }) => {
  const state = checked(model);
  const said = view.root.querySelector(".dl-status");
  view.root.classList.add("dl-check");
  const say = (verdict, text) => {
    view.root.dataset.verdict = verdict;
    said.replaceChildren(html("b", {}, MARKS[verdict]), " ", ...prose(text));
  };
  const keep = () => set({ given: read() });
  const { element, invite, judge, show, read, put } = FIELDS[state.kind](state, say, keep);
  const reveal = button(
    "Show the answer",
    () => {
      show();
      keep();
      reveal.hidden = true;
      const text = state.kind === "number" ? `${[written(state.answer), state.unit].join(" ").trim()}. ` : "";
      say("shown", text + state.because);
    },
    { hidden: true },
  );
  const check = button("Check", () => {}, { type: "submit" });
  const legend = html("legend", {});
  const form = html(
    "form",
    {},
    html("fieldset", {}, legend, element),
    html("div", { class: "dl-controls" }, check, reveal),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault(); // the answer stays here
    const { verdict, why = state.because } = judge();
    say(verdict, why);
    reveal.hidden = verdict === "right" || (verdict === "none" && reveal.hidden);
  });
  form.addEventListener("input", () => {
    keep();
    if (!said.textContent.includes(invite)) say("none", invite); // a verdict on another answer
  });
  view.body.append(form);
  put(state.given); // what was kept; two views are then answered apart
  say("none", invite);
  return () => legend.replaceChildren(...prose(model.get("question")));
});
