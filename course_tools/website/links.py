"""Links that work in Jupyter, made to work on the pages too. Everything here maps Markdown to Markdown."""

import re
from collections.abc import Container, Mapping
from pathlib import Path

from nbformat import NotebookNode

from course_tools.authoring import parts
from course_tools.authoring.sections import slug

_LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#{1,3} +(.+?) *$", re.MULTILINE)


def headings(notebook: NotebookNode) -> list[str]:
    """The titles of a chapter's sections, in order."""
    return [h for cell in notebook.cells if cell.cell_type == "markdown" for h in _HEADING.findall(cell.source)]


def anchor(fragment: str, titles: list[str]) -> str | None:
    """The anchor of the heading that `fragment` means, in whatever way it was written (GitHub's, say)."""
    plain = {_plain(title): slug(title) for title in titles}
    return plain.get(_plain(fragment))


def place(fragment: str, titles: Mapping[str, list[str]], chapter: str) -> tuple[str, str]:
    """On which of a chapter's pages the heading is that `fragment` means, and its anchor there."""
    for page in parts.of(chapter, titles):
        if found := anchor(fragment, titles[page]):
            return page, found
    return chapter, fragment


def for_page(
    text: str, titles: Mapping[str, list[str]], here: str, exercises: Container[str], chapters: str = ""
) -> str:
    """A chapter's Markdown, or an assignment's, with links for the pages.

    `titles` holds the headings of every page of the written chapters and of this one, `here` is this page's name,
    `exercises` names the assignments that exist, `chapters` leads from here to the folder of the chapters. A link to
    a chapter or an assignment that does not exist yet becomes text.
    """

    def replace(match: re.Match[str]) -> str:
        words, target = match.groups()
        path, _, fragment = target.partition("#")
        name = Path(path).stem if path else parts.chapter_of(here)
        if "assignments/" in path:
            return f"[{words}](../exercises/{name}.ipynb)" if name in exercises else f"{words} (planned)"
        if path and not path.endswith(".ipynb"):
            return match[0]
        if name not in titles:
            return f"{words} (planned)"
        page, found = place(fragment, titles, name)
        file = f"{chapters}{page}.ipynb" if path or page != here else ""
        return f"[{words}]({file}{'#' + found if fragment else ''})"

    return _LINK.sub(replace, text)


def outside(text: str, folder: Path) -> str:
    """The Markdown of a page of docs/: a link to a file that is not beside it becomes its text."""

    def replace(match: re.Match[str]) -> str:
        words, target = match.groups()
        path = target.partition("#")[0]
        return match[0] if not path or "://" in target or (folder / path).parent == folder else words

    return _LINK.sub(replace, text)


def words(text: str) -> str:
    """The Markdown of a page that stands alone: a link to another page of the course becomes its text."""
    return _LINK.sub(lambda match: match[0] if "://" in match[2] else match[1], text)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
