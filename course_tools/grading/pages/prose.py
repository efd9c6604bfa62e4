"""Markdown as harmless HTML, with formulas as MathML, which browsers set without a script and without a network."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from html import escape
from typing import Any
from xml.etree import ElementTree

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin

from course_tools.grading.intake import sanitize
from course_utils.check.bans.families import words

Pictures = Mapping[str, Mapping[str, str]]
MOST = 2_000  # characters of a formula; longer ones are shown as they are written
MARKS = re.compile("[\ue000\ue001]")  # from Unicode's private use: around the number of a formula
MATHML = "{http://www.w3.org/1998/Math/MathML}"
ELEMENTS = words(
    """
        math mrow mi mn mo mtext mspace msqrt mroot mfrac mstyle mpadded mphantom menclose msub msup msubsup
        munder mover munderover mtable mtr mtd
        """
)
ATTRIBUTES = words(
    """
        display displaystyle scriptlevel mathvariant stretchy fence separator form accent accentunder largeop
        movablelimits symmetric minsize maxsize lspace rspace linethickness columnalign width height depth notation
        """
)


def html(text: str, pictures: Pictures | None = None) -> str:
    """The HTML of a Markdown text. `pictures`: a cell's attachments, by name and type.

    An address that is not of the web is no link, and a picture of another host is not shown.
    """
    return _made(_parser().render, text, pictures or {})


def line(text: str) -> str:
    """One line of Markdown, such as a heading: in "1. Mean" a number begins no list."""
    return _made(_parser().renderInline, text, {}).strip()


def _made(render: Callable[[str, dict[str, Any]], str], text: str, brought: Pictures) -> str:
    formulas: list[tuple[str, bool]] = []
    bounded = sanitize.markdown(MARKS.sub("", text), brought)
    clean = sanitize.html(render(bounded, {"pictures": brought, "formulas": formulas}))
    return re.sub("\ue000(\\d+)\ue001", lambda found: _formula(*formulas[int(found[1])]), clean)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, double_inline=True)
    for rule in ("math_inline", "math_inline_double", "math_block"):
        parser.add_render_rule(rule, _kept_formula)
    parser.add_render_rule("image", _picture)
    return parser


def _kept_formula(_: Any, tokens: list[Token], index: int, __: Any, env: dict[str, Any]) -> str:
    """Keep a formula aside until everything else is sanitised, and leave its number in its place."""
    token = tokens[index]
    env["formulas"].append((token.content, token.type != "math_inline"))
    mark = f"\ue000{len(env['formulas']) - 1}\ue001"
    return f"<p>{mark}</p>\n" if token.type == "math_block" else mark


def _picture(_: Any, tokens: list[Token], index: int, __: Any, env: dict[str, Any]) -> str:
    """A picture that the cell brings along, or the words for one of another place."""
    token = tokens[index]
    source, words_for = str(token.attrs.get("src", "")), escape(token.content)
    for kind, data in env["pictures"].get(source.removeprefix("attachment:"), {}).items():
        return f'<img alt="{words_for}" src="data:{escape(kind)};base64,{escape("".join(data.split()))}">'
    if source.startswith("data:"):
        return f'<img alt="{words_for}" src="{escape(source)}">'
    return f"(a picture that is not in the notebook: {words_for or 'without a description'})"


def _plain(latex: str) -> str:
    """LaTeX with what latex2mathml has no sign for written in another way."""
    latex = re.sub(r"\\[bB]igg?[lrm]?(?=\\)", "", latex.replace(r"\#", r"\text{#}"))
    return re.sub(r"\\tag\{([^{}]*)\}", r"\\qquad (\\text{\1})", latex)


def _formula(latex: str, display: bool) -> str:
    """A formula as MathML; as it is written where it is no LaTeX that can be set."""
    as_written = f"<code>{escape(latex)}</code>"
    if len(latex) > MOST:
        return as_written
    try:
        from latex2mathml.converter import convert

        tree = ElementTree.fromstring(convert(_plain(latex), display="block" if display else "inline"))
    except Exception:  # of a dozen kinds, for what students write
        return as_written
    for element in tree.iter():
        element.tag = element.tag.removeprefix(MATHML)
        element.attrib = {name: value for name, value in element.attrib.items() if name in ATTRIBUTES}
        if element.tag not in ELEMENTS:
            return as_written
    return ElementTree.tostring(tree, encoding="unicode", short_empty_elements=False)
