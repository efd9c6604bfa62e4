// Sets formulas: each line of the input, {"tex": ..., "display": ...}, gets one line, {"html": ...} or {"error": ...}.
// The TeX that KaTeX repeats in each formula, a tenth of a page's formulas, is left out: MathML says the same to a reader.
// A wide space parts the clauses of a formula; where there is room for one only, the next begins a line (course.css).
// The first argument is KaTeX's script. The end of the input ends this process, so it cannot outlive who feeds it.
const { flat, plainer } = require("./flat.js");
const katex = require(process.argv[2]);

const BASE = '<span class="base">'; // what KaTeX keeps on one line: up to a relation or an operator
const WIDE_SPACE_AT_THE_END =
  /<span class="mspace" style="margin-right:([12])em;"><\/span><span class="mspace allowbreak"><\/span>(?:<span class="mspace" [^>]*><\/span>)?<\/span>$/;

/** A displayed formula with an element around each clause; its style sheet has the wide spaces between them. */
function inClauses(html) {
  const tag = html.indexOf('<span class="tag">');
  const [start, end] = [html.indexOf(BASE), tag < 0 ? html.length - "</span></span></span>".length : tag];
  const bases = html.slice(start, end).split(BASE).slice(1);
  const next = (_, space) => `</span></span><span class="clause${space === "1" ? " near" : ""}">`;
  const clauses = bases.map((base) => BASE + base.replace(WIDE_SPACE_AT_THE_END, next));
  return `${html.slice(0, start)}<span class="clause">${clauses.join("")}</span>${html.slice(end)}`;
}

/** The formula with flat HTML and plainer MathML. */
function flattened(html, display) {
  const [mathml, start] = ['<span class="katex-mathml"', '<span class="katex-html"'].map((part) =>
    html.indexOf(part),
  );
  const end = html.length - "</span>".length * (display ? 2 : 1);
  return html.slice(0, mathml) + plainer(html.slice(mathml, start)) + flat(html.slice(start, end)) + html.slice(end);
}

function answer({ tex, display }) {
  try {
    const breakable = display ? tex.replace(/\\q?quad(?![a-z])/g, "$&\\allowbreak ") : tex;
    const set = katex.renderToString(breakable, { displayMode: display, throwOnError: true, strict: "error" });
    const html = set.replace(/<annotation [^>]*>[^<]*<\/annotation>|<\/?semantics>| xmlns="[^"]*MathML"/g, "");
    return { html: flattened(display ? inClauses(html) : html, display) };
  } catch (error) {
    return { error: error.message };
  }
}

require("node:readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`));
