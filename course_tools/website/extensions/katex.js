// Sets formulas: each line of the input, {"tex": ..., "display": ...}, gets one line, {"html": ...} or {"error": ...}.
// The first argument is KaTeX's script. The end of the input ends this process, so it cannot outlive who feeds it.
const katex = require(process.argv[2]);

function answer({ tex, display }) {
  try {
    return { html: katex.renderToString(tex, { displayMode: display, throwOnError: true, strict: "error" }) };
  } catch (error) {
    return { error: error.message };
  }
}

require("node:readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`));
