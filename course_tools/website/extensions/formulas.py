"""Formulas, made into HTML and MathML when the site is built: KaTeX runs in this process, no page loads it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import quickjs
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

log = logging.getLogger(__name__)


@cache
def katex(script: Path) -> quickjs.Context:
    """A JavaScript context that knows KaTeX."""
    context = quickjs.Context()
    context.eval(script.read_text("utf-8"))
    return context


@cache
def formula(script: Path, tex: str, display: bool) -> str:
    """The HTML of a formula. Raises quickjs.JSException when KaTeX does not understand it."""
    options = {"displayMode": display, "throwOnError": True, "strict": "error"}
    return str(katex(script).eval(f"katex.renderToString({json.dumps(tex)}, {json.dumps(options)})"))


def rendered(translator: Any, node: nodes.Element, display: bool) -> str:
    """The HTML of a math node; a formula that KaTeX refuses is a warning, which stops the build."""
    try:
        return formula(Path(translator.builder.config.course_katex), node.astext().strip(), display)
    except quickjs.JSException as e:
        reason = str(e).splitlines()[0]
        log.warning("%s", reason, location=node, type="katex")
        return f"<code>{translator.encode(node.astext())}</code>"


def inline(translator: Any, node: nodes.Element) -> None:
    """`$...$`"""
    translator.body.append(f'<span class="math">{rendered(translator, node, display=False)}</span>')
    raise nodes.SkipNode


def block(translator: Any, node: nodes.Element) -> None:
    """`$$...$$`, numbered by its own `\\tag`."""
    translator.body.append(f'<div class="math">{rendered(translator, node, display=True)}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("course_katex", "", "env")
    app.add_html_math_renderer("course_math", (inline, None), (block, None))
    app.config.html_math_renderer = "course_math"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
