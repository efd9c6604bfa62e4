"""The whole course as one PDF: the built pages, one after the other, printed by Chromium.

Sphinx can put all pages into one too (singlehtml), but then a link to a heading that several chapters have, such as
"Further reading", leads to the first of them. Here each page's anchors carry its name.
"""

import html
import re
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from course_tools.website import articles
from course_utils.errors import CourseError

NAME = "deep-learning-by-hand.pdf"
HERE = Path(__file__).resolve().parent
STYLES = ("theme.css", "serif/serif.css", "katex/katex.css", "pygments.css", "course.css")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
GLOSSARY = "chapters/glossary"
BIBLIOGRAPHY = "bibliography"
BRACKETS = "The chapters' further reading, by first author. In brackets stand the chapters that have an entry."
MINUTES = 20  # the whole course is printed in 2 or 3
START = "all => all.forEach((image) => { image.loading = 'eager'; })"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Deep Learning by Hand</title>{styles}<style>{css}</style></head>
<body data-theme="light">
{pages}
<script src="_static/widgets.js"></script>
<script>{states}</script>
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
    book = folder / "book.html"
    book.write_text(whole(folder), encoding="utf-8")
    try:
        _print(program(), book, path)
    finally:
        book.unlink()
    return path


def whole(folder: Path) -> str:
    """All pages as one: start, chapters, then the others in the order of the start page's contents."""
    names = order(folder)
    read = {name: articles.article(folder / f"{name}.html") for name in names}
    further = _bibliography(read)
    read["index"].append(_contents(read))
    return PAGE.format(
        styles="".join(f'<link rel="stylesheet" href="_static/{name}">' for name in STYLES),
        css=(HERE / "pdf.css").read_text("utf-8"),
        pages="\n".join([*(_page(name, article, names) for name, article in read.items()), further]),
        states=articles.widgets(folder / f"{name}.html" for name in names).replace("</script", r"<\/script"),
    )


def order(folder: Path) -> list[str]:
    """The names of the pages, as the side bar of the start page lists them."""
    start = BeautifulSoup((folder / "index.html").read_text("utf-8"), "html.parser")
    links = [str(link["href"]) for link in start.select(".sidebar-tree a.internal")]
    return ["index", *(link.removesuffix(".html") for link in links if not link.startswith(("#", "http")))]


def _page(name: str, article: Tag, names: list[str]) -> str:
    for part in article.find_all(id=True):
        part["id"] = f"{name}:{part['id']}"
    for link in article.find_all("a", href=True):
        _lead(link, name, names)
    for answer in article.select("details:not(.hide)"):
        answer["open"] = ""
    for image in article.find_all("img", src=True):
        if not str(image["src"]).startswith("data:"):
            image["src"] = _beside(name, str(image["src"]).partition("?")[0])
    for place in article.select(".course-widget"):
        note = BeautifulSoup(f'<p class="alive">This widget moves on the page {name}.html.</p>', "html.parser")
        place.insert_after(note)
    return f'<article id="{name}:">{article.decode_contents()}</article>'


def _lead(link: Tag, name: str, names: list[str]) -> None:
    """A link to a page of the course leads to its place here; one to a file to take away becomes words."""
    target = str(link["href"])
    if "://" in target or target.startswith("mailto:"):
        return
    path, _, anchor = target.partition("#")
    page = _beside(name, path).removesuffix(".html") if path else name
    if page in (*names, BIBLIOGRAPHY):
        link["href"] = f"#{page}:{anchor}"
    else:
        link.unwrap()


def _beside(name: str, path: str) -> str:
    """An address on the page `name`, from the folder of all pages."""
    whole = [*name.split("/")[:-1], *path.split("/")]
    while ".." in whole:
        at = whole.index("..")
        del whole[max(at - 1, 0) : at + 1]
    return "/".join(whole)


def _contents(read: dict[str, Tag]) -> Tag:
    """Every page and its sections, for the start page: the addresses are those of the built pages."""
    lines = []
    for name, article in [(name, article) for name, article in read.items() if name != "index"]:
        for heading in article.find_all(["h1"] if name == GLOSSARY else ["h1", "h2"]):  # there, each letter is one
            anchor = heading.parent.get("id", "") if heading.name == "h2" and heading.parent else ""
            address = html.escape(f"{name}.html#{anchor}")
            lines.append(f'<p class="{heading.name}"><a href="{address}">{heading.decode_contents()}</a></p>')
    lines.append(f'<p class="h1"><a href="{BIBLIOGRAPHY}.html#">Bibliography</a></p>')
    nav = BeautifulSoup(f"<nav><h2>Contents</h2>{''.join(lines)}</nav>", "html.parser").nav
    assert nav is not None
    return nav


def _bibliography(read: dict[str, Tag]) -> str:
    """What the chapters name as further reading, by first author: each entry once, with the chapters that have it."""
    works: dict[str, tuple[str, list[str]]] = {}
    for name, article in read.items():
        for section in [h.parent for h in article.find_all("h2", string="Further reading") if h.parent]:
            anchor = f"{name}:{section.get('id', '')}"
            number = re.sub(r"\D.*", "", name.rpartition("/")[2]).lstrip("0")
            for item in section.find_all("li"):
                text, title = item.get_text(" ", strip=True), item.find("em")
                work = text[: text.find(title.get_text()) + len(title.get_text())] if title else text
                entry = works.setdefault(" ".join(work.split()), ((item.p or item).decode_contents(), []))
                entry[1].append(f'<a href="#{html.escape(anchor)}">{number}</a>')
    items = [f"<li>{words} [{', '.join(places)}]</li>" for _, (words, places) in sorted(works.items(), key=_author)]
    return f'<article id="{BIBLIOGRAPHY}:"><h1>Bibliography</h1><p>{BRACKETS}</p><ul>{"".join(items)}</ul></article>'


def _author(work: tuple[str, object]) -> tuple[str, str]:
    """The first author's surname, and the rest."""
    return re.split(r",| and | et al| \(", work[0])[0].split()[-1].lower(), work[0]


def _print(program: str, book: Path, path: Path) -> None:
    from playwright.sync_api import Error, sync_playwright

    try:
        with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
            browser = playwright.chromium.launch_persistent_context(
                home, executable_path=program, args=FLAGS, timeout=60_000
            )
            page = browser.new_page()
            page.set_default_timeout(MINUTES * 60_000)
            page.goto(book.as_uri())
            page.eval_on_selector_all("img", START)
            page.evaluate("dispatchEvent(new Event('beforeprint'))")  # the widgets start
            page.wait_for_function("!document.querySelector('.course-widget:not([data-state])')")
            page.wait_for_function("[...document.images].every((i) => i.complete || !i.checkVisibility())")
            page.pdf(path=path, prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
            browser.close()
    except Error as e:
        reason = re.sub(r"\s+", " ", str(e))[:200]
        raise CourseError(f"Chromium could not print the course: {reason}") from e
