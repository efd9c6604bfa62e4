// Sets formulas: each line of the input, {"tex": ..., "display": ...}, gets one line, {"html": ...} or {"error": ...}.
// The TeX that KaTeX repeats in each formula, a tenth of a page's formulas, is left out: MathML says the same to a reader.
// The first argument is KaTeX's script. The end of the input ends this process, so it cannot outlive who feeds it.
const katex = require(process.argv[2]);

function answer({ tex, display }) {
  try {
    const html = katex.renderToString(tex, { displayMode: display, throwOnError: true, strict: "error" });
    return { html: html.replace(/<annotation [^>]*>[^<]*<\/annotation>/, "") };
  } catch (error) {
    return { error: error.message };
  }
}

require("node:readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`));
