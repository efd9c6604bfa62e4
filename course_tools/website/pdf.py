"""The whole course as one PDF: the built pages, one after the other, printed by Chromium.

Sphinx can put all pages into one too (singlehtml), but then a link to a heading that several chapters have, such as
"Further reading", leads to the first of them. Here each page's anchors carry its name.
"""

import html
import re
import shutil
import tempfile
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from course_tools.website import articles, book
from course_utils.errors import CourseError

NAME = "deep-learning-by-hand.pdf"
HERE = Path(__file__).resolve().parent
STYLES = ("theme.css", "serif/serif.css", "katex/katex.css", "pygments.css", "course.css")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
MINUTES = 20  # for one step; two cores that had much else to do took 11 for all of them
START = "all => all.forEach((image) => { image.loading = 'eager'; })"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Deep Learning by Hand</title>{styles}<style>{css}</style></head>
<body data-theme="light">
{pages}
<script src="_static/widgets.js"></script>
{states}
</body>
</html>
"""


def program() -> str:
    """The program that prints. Raises CourseError without Chromium or playwright."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise CourseError("The PDF is printed by Chromium, and it is not installed. Install it: apt install chromium")
    if find_spec("playwright") is None:
        raise CourseError("The PDF needs playwright. Install it with: pip install -e '.[site]'")
    return found


def write(folder: Path) -> Path:
    """Print the pages in `folder` into a PDF beside it. Raises CourseError as `program` does, and if that fails."""
    path = folder.parent / NAME
    whole_page = folder / "book.html"
    whole_page.write_text(whole(folder), encoding="utf-8")
    try:
        _print(program(), whole_page, path)
    finally:
        whole_page.unlink()
    return path


def whole(folder: Path) -> str:
    """All pages as one, with a table of contents on the start page."""
    read = book.read(folder)
    read["index"].append(_contents(read))
    return PAGE.format(
        styles="".join(f'<link rel="stylesheet" href="_static/{name}">' for name in STYLES),
        css=(HERE / "pdf.css").read_text("utf-8"),
        pages="\n".join(_page(name, article, read) for name, article in read.items()),
        states=articles.script(articles.widgets(folder / f"{name}.html" for name in read)),
    )


def _page(name: str, article: Tag, names: Collection[str]) -> str:
    for part in article.find_all(id=True):
        part["id"] = f"{name}:{part['id']}"
    book.lead(article, name, names, lambda page, anchor: f"#{page}:{anchor}")
    for answer in article.select("details:not(.hide)"):
        answer["open"] = ""
    for image in article.find_all("img", src=True):
        if not str(image["src"]).startswith("data:"):
            image["src"] = book.beside(name, str(image["src"]).partition("?")[0])
    for place in article.select(".course-widget"):
        note = BeautifulSoup(f'<p class="alive">This widget moves on the page {name}.html.</p>', "html.parser")
        place.insert_after(note)
    return f'<article id="{name}:">{article.decode_contents()}</article>'


def _contents(read: dict[str, Tag]) -> Tag:
    """Every page and its sections, for the start page: the addresses are those of the built pages."""
    lines = []
    for name, article in [(name, article) for name, article in read.items() if name != "index"]:
        for heading, anchor in book.headings(name, article):
            address = html.escape(f"{name}.html#{anchor}")
            lines.append(f'<p class="{heading.name}"><a href="{address}">{heading.decode_contents()}</a></p>')
    nav = BeautifulSoup(f"<nav><h2>Contents</h2>{''.join(lines)}</nav>", "html.parser").nav
    assert nav is not None
    return nav


def _print(program: str, whole_page: Path, path: Path) -> None:
    from playwright.sync_api import Error, sync_playwright

    try:
        with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
            browser = playwright.chromium.launch_persistent_context(
                home, executable_path=program, args=FLAGS, timeout=60_000
            )
            page = browser.new_page()
            page.set_default_timeout(MINUTES * 60_000)
            page.goto(whole_page.as_uri())
            page.eval_on_selector_all("img", START)
            page.evaluate("dispatchEvent(new Event('beforeprint'))")  # the widgets start
            page.wait_for_function("!document.querySelector('.course-widget:not([data-state])')")
            page.wait_for_function("[...document.images].every((i) => i.complete || !i.checkVisibility())")
            page.pdf(path=path, prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
            browser.close()
    except Error as e:
        reason = re.sub(r"\s+", " ", str(e))[:200]
        raise CourseError(f"Chromium could not print the course: {reason}") from e
