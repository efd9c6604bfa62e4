"""Formulas, made into HTML and MathML when the site is built: KaTeX runs in Node, no page loads it."""

import json
import shutil
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from course_utils.errors import CourseError

log = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("katex.js")


class FormulaError(ValueError):
    """A formula that KaTeX refuses; the message is KaTeX's."""


class Katex:
    """KaTeX in a Node process of its own, started by the first formula.

    Node ends when its input does: with `close`, or with this process, however that ends.
    """

    def __init__(self) -> None:
        self._node: subprocess.Popen[str] | None = None
        self._known: dict[tuple[str, bool], dict[str, str]] = {}  # short formulas stand in many places

    def render(self, script: Path, tex: str, display: bool) -> str:
        """The HTML of a formula; `script` is KaTeX's.

        Raises FormulaError when KaTeX does not understand it, CourseError when Node is missing or stops.
        """
        if (tex, display) not in self._known:
            self._known[tex, display] = self._ask(script, {"tex": tex, "display": display})
        answer = self._known[tex, display]
        if "error" in answer:
            raise FormulaError(answer["error"])
        return answer["html"]

    def _ask(self, script: Path, question: dict[str, str | bool]) -> dict[str, str]:
        if self._node is None:
            self._node = _start(script)
        questions, answers = self._node.stdin, self._node.stdout
        assert questions is not None
        assert answers is not None
        try:
            print(json.dumps(question), file=questions, flush=True)
            return dict(json.loads(answers.readline()))
        except (OSError, json.JSONDecodeError) as e:
            raise CourseError("Node stopped while it set the formulas; its message stands above. Try again.") from e

    def close(self) -> None:
        """End Node, if it runs."""
        if self._node is not None:
            self._node.communicate()  # closes its input
            self._node = None


def _start(script: Path) -> "subprocess.Popen[str]":
    node = shutil.which("node")
    if node is None:
        raise CourseError("The site's formulas need Node.js, and node is not installed. Install it and try again.")
    command = [node, str(PROGRAM), str(script.resolve())]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", errors="strict")


def rendered(katex: Katex, translator: Any, node: nodes.Element, display: bool) -> str:
    """The HTML of a math node; a formula that KaTeX refuses is a warning, which stops the build."""
    try:
        return katex.render(Path(translator.builder.config.course_katex), node.astext().strip(), display)
    except FormulaError as e:
        log.warning("%s", str(e).splitlines()[0], location=node, type="katex")
        return f"<code>{translator.encode(node.astext())}</code>"


def inline(katex: Katex, translator: Any, node: nodes.Element) -> None:
    """`$...$`"""
    html = rendered(katex, translator, node, display=False)
    translator.body.append(html.replace('<span class="katex">', '<span class="math katex">', 1))
    raise nodes.SkipNode


def block(katex: Katex, translator: Any, node: nodes.Element) -> None:
    """`$$...$$`, numbered by its own `\\tag`."""
    translator.body.append(f'<div class="math">{rendered(katex, translator, node, display=True)}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    katex = Katex()
    app.add_config_value("course_katex", "", "")  # the stamp of pages.py notices a new KaTeX, wherever it lies
    app.add_html_math_renderer("course_math", (partial(inline, katex), None), (partial(block, katex), None))
    app.config.html_math_renderer = "course_math"
    app.connect("build-finished", lambda app, exception: katex.close())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
