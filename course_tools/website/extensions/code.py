"""Code on the pages: names, operators and punctuation have the colour of the text, and no element of their own.
A check's sentence has one, so that it wraps where a phone cuts it off, and the columns of a table stay together.

They are most of a chapter's tokens. Without their elements (and without the comments for tools and the TeX inside
formulas) the compressed text of the pages of chapters 3 and 13 is smaller by 17 and 20 percent, their elements are
fewer by 37 and 47, and what stands out are keywords, functions, numbers, texts and comments.
"""

import re
from collections.abc import Iterable, Iterator

from pygments.formatters import HtmlFormatter
from pygments.token import Name, Operator, Punctuation, Text, Whitespace, _TokenType
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

PLAIN = {Name, Name.Namespace, Name.Other, Operator, Punctuation, Punctuation.Marker, Text, Whitespace}
SAID = ("✓", "✗", "→")  # with which the lines of a check begin
PHONE = 40  # characters of code in a line there
FOR_TOOLS = re.compile(r"  # (?:fmt|noqa|type|ruff): ?[\w\[\], -]*$", re.MULTILINE)


class PlainNames(HtmlFormatter[str]):
    """HTML with an element for what has a colour of its own."""

    def wrap(self, source: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        yield from super().wrap((is_line, said(line) if is_line else line) for is_line, line in source)

    def _get_css_classes(self, ttype: _TokenType) -> str:
        return "" if ttype in PLAIN else str(super()._get_css_classes(ttype))


def said(line: str) -> str:
    """A line of HTML; one that a check printed, if it may be wider than a phone, in an element."""
    words = line.rstrip("\n")
    is_wide = len(words) > PHONE and words.lstrip()[:1] in SAID
    return f'<span class="said">{words}</span>{line[len(words) :]}' if is_wide else line


def without_tools(source: str) -> str:
    """Code as it is read: without the comments that are meant for a formatter or a linter."""
    return FOR_TOOLS.sub("", source)


def setup(app: Sphinx) -> dict[str, bool]:
    PygmentsBridge.html_formatter = PlainNames
    return {"parallel_read_safe": True, "parallel_write_safe": True}
