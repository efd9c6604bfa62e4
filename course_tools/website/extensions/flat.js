// KaTeX's HTML with a quarter of its elements: the same letters in the same places, from KaTeX's own numbers.
// A script is one element in place of ten, what stands above one another one and one for each part; a space is a margin
// of its neighbour, letters of one font are one text, and what the style sheet knows nothing of is left out.
// What is not known here stays as KaTeX made it. formulas.css has the rules of `stack` and `script`.
const SIZES = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.44, 1.728, 2.074, 2.488]; // of KaTeX's classes size1, size2, ...
const STRUT = 3; // em from the top of a part to its baseline (formulas.css)
const LINE = { above: 0.9, below: 0.28 }; // em that a line of letters has without a strut
const SCRIPT = 0.7; // its size, and its space behind, as in formulas.css
const BEHIND = "0.0714em";

const words = (text) => new Set(text.split(" "));
const WITHOUT_A_RULE = words("mord mrel mbin mopen mclose mpunct minner mop mtight mathrm text textord");
const FONTS = words("mathnormal mathit mathbf boldsymbol mathbb mathcal mathsf mathtt texttt textbf textit textrm");
const SYMBOLS = words("delimsizing size1 size2 size3 size4 op-symbol small-op large-op");
const PARTS = words("frac-line overline-line hide-tail stretchy accent-body accent-full svg-align");
const GROUPS = words("mfrac accent op-limits sqrt mtable msupsub munder mover overline");
const COLUMNS = words("col-align-c col-align-l col-align-r");
const CENTRED = words("mfrac accent op-limits munder mover col-align-c");
const KEPT = new Set([...FONTS, ...SYMBOLS, ...PARTS]);
const LAID_OUT = new Set([...WITHOUT_A_RULE, ...GROUPS, ...COLUMNS, "delimcenter", "vlist-t", "vlist-t2"]);

const em = (number, digits = 4) => `${Number(number.toFixed(digits))}em`;
const size = (length) => Number.parseFloat(length ?? "0");

/** The elements and texts of HTML as KaTeX and katex.js write it. */
function read(html) {
  const top = { kids: [] };
  const open = [top];
  for (const [all, end, tag, attributes, empty] of html.matchAll(/<(\/?)(\w+)([^>]*?)(\/?)>|[^<]+/g)) {
    if (end) open.pop();
    else if (!tag) open.at(-1).kids.push(all);
    else {
      const node = element(tag, attributes);
      open.at(-1).kids.push(node);
      if (!empty) open.push(node);
    }
  }
  return top.kids;
}

function element(tag, attributes) {
  const node = { tag, classes: [], style: {}, rest: "", kids: [] };
  for (const [all, name, value] of attributes.matchAll(/ ([\w:-]+)="([^"]*)"/g)) {
    if (name === "class") node.classes = value.split(" ").filter(Boolean);
    else if (name === "style") node.style = Object.fromEntries(value.split(";").filter(Boolean).map(pair));
    else node.rest += all;
  }
  return node;
}

const pair = (declaration) => declaration.split(/:(.*)/, 2);

const span = (classes, style, kids) => ({ tag: "span", classes, style, rest: "", kids });

function written(node) {
  if (typeof node === "string") return node;
  const style = Object.entries(node.style)
    .filter(([name, value]) => !(node.classes.includes("script") && name === "margin-right" && value === BEHIND))
    .map(([name, value]) => `${name}:${value}`);
  const classes = node.classes.length ? ` class="${node.classes.join(" ")}"` : "";
  const styles = style.length ? ` style="${style.join(";")}"` : "";
  return `<${node.tag}${classes}${styles}${node.rest}>${node.kids.map(written).join("")}</${node.tag}>`;
}

const has = (node, name) => typeof node !== "string" && node.classes?.includes(name);

/** The items of a line: texts, elements, and spaces ({ space } in em). */
function items(nodes, within = []) {
  return nodes.flatMap((node) => (typeof node === "string" ? [node] : itemsOf(node, within)));
}

function itemsOf(node, within) {
  if (has(node, "mspace") && node.kids.length) return node.kids; // a space that is a character
  if (has(node, "mspace")) return [{ space: size(node.style["margin-right"]) }];
  if (has(node, "arraycolsep")) return [{ space: size(node.style.width) }];
  if (has(node, "nulldelimiter")) return [{ space: 0.12 * ratioOf(node) }];
  if (!node.classes.every((name) => KEPT.has(name) || LAID_OUT.has(name)) || node.tag !== "span")
    return [asItIs(node)];
  if (has(node, "vlist-t")) return [stack(node, within)];
  if (has(node, "msupsub")) return [scripts(node)];
  const classes = node.classes.filter((name) => KEPT.has(name));
  const style = { ...node.style };
  if (has(node, "delimcenter") && size(style.top) === 0) delete style.top;
  else if (has(node, "delimcenter")) style.position = "relative";
  if (!classes.length && !Object.keys(style).length) return items(node.kids, node.classes);
  return [joined(span(classes, style, line(items(node.kids, node.classes))))];
}

const asItIs = (node) => ({ ...node, fixed: true });

/** An element around one other as one element, if neither moves the other. */
function joined(outer) {
  const [inner, ...more] = outer.kids;
  const isOfLetters = inner?.classes?.every((name) => FONTS.has(name) || SYMBOLS.has(name)) && !inner.fixed;
  const isMoved = isOfLetters && ["top", "left", "padding-left"].some((name) => inner.style[name]);
  if (more.length || !isOfLetters || isMoved || outer.classes.some((name) => PARTS.has(name))) return outer;
  const style = { ...inner.style, ...outer.style };
  for (const side of ["margin-left", "margin-right"])
    if (outer.style[side] && inner.style[side]) style[side] = em(size(outer.style[side]) + size(inner.style[side]));
  return { ...outer, classes: [...outer.classes, ...inner.classes], style, kids: inner.kids };
}

/** A line without spaces: letters of one font are one text, a space is a margin of what stands before or behind it. */
function line(parts) {
  const together = parts.reduce(added, []);
  return together.reduce((done, part, i) => {
    const [before, behind] = [done.at(-1), together[i + 1]];
    if (part.space === undefined) done.push(part);
    else if (takes(before)) widen(before, "margin-right", part.space);
    else if (takes(behind)) widen(behind, "margin-left", part.space);
    else done.push(span([], { "margin-right": em(part.space) }, typeof before === "string" ? [done.pop()] : []));
    return done;
  }, []);
}

const takes = (part) => part?.classes && !part.fixed;

function widen(part, side, space) {
  part.style[side] = em(size(part.style[side]) + space / (part.ratio ?? 1));
}

function added(parts, part) {
  const last = parts.at(-1);
  if (part.space === 0) return parts;
  if (typeof part === "string" && typeof last === "string") parts[parts.length - 1] += part;
  else if (part.space !== undefined && last?.space !== undefined) last.space += part.space;
  else if (last && canFollow(last, part)) {
    last.kids = [last.kids.join("") + part.kids.join("")];
    last.style = { ...last.style, ...part.style };
  } else parts.push(part);
  return parts;
}

/** Whether letters can stand in the element of those before them: they have one font, and nothing parts them. */
function canFollow(last, part) {
  const isOneText = (item) =>
    item.classes?.length === 1 && FONTS.has(item.classes[0]) && typeof item.kids[0] === "string";
  if (!isOneText(last) || !isOneText(part) || last.classes[0] !== part.classes[0]) return false;
  return !Object.keys(last.style).length && Object.keys(part.style).every((name) => name === "margin-right");
}

/** The size of letters in a node, measured in those around it. */
function ratioOf({ classes }) {
  const [from, to] = ["reset-size", "size"].map((name) => classes.find((c) => c.startsWith(name) && /\d$/.test(c)));
  return from ? SIZES[size(to.slice(4)) - 1] / SIZES[size(from.slice(10)) - 1] : 1;
}

/** What KaTeX's list of parts above one another holds: each with its shift below the baseline. */
function partsOf(table) {
  const list = table.kids[0].kids[0]; // vlist-t > vlist-r > vlist
  return list.kids.map((place) => {
    const [strut, ...content] = place.kids;
    const [inner] = content;
    const isSized = content.length === 1 && has(inner, "sizing");
    const ratio = isSized ? ratioOf(inner) : 1;
    const pstrut = size(strut.style.height);
    const { top, ...margins } = place.style;
    const own = Object.entries(margins).map(([side, length]) => [side, size(length) / ratio]);
    const style = Object.fromEntries(own.filter(([, length]) => length).map(([side, length]) => [side, em(length)]));
    const kids = line(items(isSized ? inner.kids : content));
    return {
      shift: (size(top) + pstrut) / ratio,
      height: (pstrut - 2) / ratio,
      ratio,
      style,
      kids,
      classes: place.classes,
    };
  });
}

const isScript = (ratio) => Math.abs(ratio - SCRIPT) < 1e-4;

function sized({ ratio, classes, style }) {
  if (isScript(ratio)) return { classes: [...classes, "small"], style };
  return { classes, style: ratio === 1 ? style : { "font-size": em(ratio, 9), ...style } };
}

function stack(table, within) {
  const align = within.some((name) => CENTRED.has(name)) ? ["centre"] : within.includes("msupsub") ? ["left"] : [];
  if (within.includes("col-align-r")) align.push("right");
  else if (within.includes("col-align-l")) align.push("left");
  const parts = partsOf(table).map((part) => {
    const { classes, style } = sized(part);
    const strut = Math.max(STRUT, Math.ceil(part.height + 1));
    const place = { top: em(part.shift - strut), ...(strut > STRUT ? { "--strut": `${strut}em` } : {}), ...style };
    return joined(span(classes, place, part.kids));
  });
  return span(["stack", ...align], {}, parts);
}

function scripts(node) {
  const [table] = node.kids;
  const parts = partsOf(table);
  if (parts.length > 1) return stack(table, node.classes);
  const [part] = parts;
  const font = isScript(part.ratio) ? {} : { "font-size": em(part.ratio, 9) };
  const style = { ...font, "vertical-align": em(-part.shift), "margin-right": "0em", ...part.style };
  return { ...joined(span(["script"], style, part.kids)), ratio: part.ratio };
}

/** What a line of a formula is broken into; its strut only where the formula is higher than letters. */
function base(node) {
  const [strut, ...rest] = node.kids;
  const below = -size(strut.style["vertical-align"]);
  const above = size(strut.style.height) - below;
  const isHigh = above > LINE.above || below > LINE.below;
  const style = isHigh ? { "--height": em(above + below), "--depth": em(-below) } : {};
  return span(["base"], style, line(items(rest)));
}

function row(node) {
  if (has(node, "base")) return base(node);
  if (has(node, "tag")) return { ...node, kids: [node.kids[0], ...line(items(node.kids.slice(1)))] };
  return { ...node, kids: (node.kids ?? []).map(row) };
}

/** MathML without rows of one part, which say nothing; one around an operator does: there it has no sides. */
function plainer(node) {
  if (typeof node === "string" || node.tag === "mo") return node;
  const kids = node.kids.map(plainer);
  const [only, ...more] = kids;
  const isNeedless = ({ tag, rest }) => tag === "mrow" && !rest;
  if (isNeedless(node) && only?.tag && only.tag !== "mo" && !more.length) return only;
  if (node.tag === "math" && only && isNeedless(only) && !more.length) return { ...node, kids: only.kids };
  return { ...node, kids };
}

/** The MathML in a span, plainer. */
exports.plainer = (html) => read(html).map(plainer).map(written).join("");

/** The HTML of `katex-html`, flat. */
exports.flat = (html) => {
  const [whole] = read(html).map(row);
  const [only, ...more] = whole.kids;
  if (more.length || !has(only, "base")) return written(whole);
  return written({ ...only, classes: [...whole.classes, "base"], rest: whole.rest });
};
