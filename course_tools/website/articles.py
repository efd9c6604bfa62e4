"""The text of built pages, taken out of them: slides and the book are made of it, and nothing is written twice."""

import base64
import mimetypes
import re
from collections.abc import Iterable
from pathlib import Path

from bs4 import BeautifulSoup, Tag

# Scripts of several pages set one name; what they set is gathered.
GATHER = "(globalThis.courseStates ??= []).push(courseWidgets.state);"
BACKSLASHED = r"<\\\1"  # the same text to JavaScript, and no end to HTML
TOGETHER = "globalThis.courseWidgets = { state: Object.assign({}, ...(globalThis.courseStates ?? [])) };"


def article(page: Path) -> Tag:
    """The text of a page, without the buttons and the signs beside its headings that belong to the page alone."""
    found = BeautifulSoup(page.read_text("utf-8"), "html.parser").find("article")
    assert isinstance(found, Tag)
    for part in found.select(".course-actions, .headerlink, script"):
        part.decompose()
    return found


def widgets(pages: Iterable[Path]) -> str:
    """A script that sets `courseWidgets` for all widgets of the pages together (see extensions/files.py)."""
    states = [page.with_suffix("") / "widgets.js" for page in pages]
    return "\n".join([*(f"{s.read_text('utf-8')}{GATHER}" for s in states if s.exists()), TOGETHER])


def inlined(css: Path) -> str:
    """A style sheet with the fonts that it names inside."""
    return re.sub(
        r"url\((?!data:)([^)]+)\)", lambda found: f"url({data(css.parent / found[1])})", css.read_text("utf-8")
    )


def data(file: Path) -> str:
    """The file as an address that holds it."""
    kind = "font/woff2" if file.suffix == ".woff2" else mimetypes.guess_type(file.name)[0]
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"


def script(code: str) -> str:
    """JavaScript as an element of a page; no text inside can end it."""
    return f"<script>{re.sub(r'<(/script|!--)', BACKSLASHED, code, flags=re.IGNORECASE)}</script>"
