"""The whole course as one book, from the built pages: their order, their links, a bibliography.

pdf.py prints it, epub.py packs it.
"""

import posixpath
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from course_tools.website import articles

GLOSSARY = "chapters/glossary"
BIBLIOGRAPHY = "bibliography"
BRACKETS = "The chapters' further reading, by first author. In brackets stand the chapters that have an entry."


def read(folder: Path) -> dict[str, Tag]:
    """The texts of all pages by name: start, chapters, the others in the order of the start page's contents.

    A bibliography, which no page is, stands at the end. All addresses are those of the built pages.
    """
    texts = {name: articles.article(folder / f"{name}.html") for name in order(folder)}
    return {**texts, BIBLIOGRAPHY: _bibliography(texts)}


def order(folder: Path) -> list[str]:
    """The names of the pages, as the side bar of the start page lists them."""
    links = [str(link["href"]) for link in _start(folder).select(".sidebar-tree a.internal")]
    return ["index", *(link.removesuffix(".html") for link in links if not link.startswith(("#", "http")))]


def address(folder: Path) -> str:
    """Where the pages are published, with a slash at the end; "" if site/conf.py does not say so (html_baseurl)."""
    start = _start(folder).select_one('link[rel="canonical"]')
    return str(start["href"]).removesuffix("index.html") if start else ""


def headings(name: str, article: Tag) -> Iterator[tuple[Tag, str]]:
    """What a table of contents lists of a page: its titles and its sections', each with its anchor."""
    for heading in article.find_all(["h1"] if name == GLOSSARY else ["h1", "h2"]):  # there, each letter is one
        yield heading, str(heading.parent.get("id", "")) if heading.name == "h2" and heading.parent else ""


def lead(article: Tag, name: str, pages: Collection[str], address: Callable[[str, str], str]) -> None:
    """Links to a page and an anchor lead to their `address`; a link to a file to take away becomes words."""
    for link in article.find_all("a", href=True):
        target = str(link["href"])
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        page = beside(name, path).removesuffix(".html") if path else name
        if page in pages:
            link["href"] = address(page, anchor)
        else:
            link.unwrap()


def beside(name: str, path: str) -> str:
    """An address on the page `name`, from the folder of all pages."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _start(folder: Path) -> BeautifulSoup:
    return BeautifulSoup((folder / "index.html").read_text("utf-8"), "html.parser")


def _bibliography(texts: dict[str, Tag]) -> Tag:
    """What the chapters name as further reading, by first author: each entry once, with the chapters that have it."""
    works: dict[str, tuple[str, list[str]]] = {}
    for name, article in texts.items():
        for section in [h.parent for h in article.find_all("h2", string="Further reading") if h.parent]:
            number = re.sub(r"\D.*", "", name.rpartition("/")[2]).lstrip("0")
            for item in section.find_all("li"):
                text, title = item.get_text(" ", strip=True), item.find("em")
                work = text[: text.find(title.get_text()) + len(title.get_text())] if title else text
                entry = works.setdefault(" ".join(work.split()), ((item.p or item).decode_contents(), []))
                entry[1].append(f'<a href="{name}.html#{section.get("id", "")}">{number}</a>')
    items = [f"<li>{words} [{', '.join(places)}]</li>" for _, (words, places) in sorted(works.items(), key=_author)]
    text = f"<article><h1>Bibliography</h1><p>{BRACKETS}</p><ul>{''.join(items)}</ul></article>"
    made = BeautifulSoup(text, "html.parser").article
    assert made is not None
    return made


def _author(work: tuple[str, object]) -> tuple[str, str]:
    """The first author's surname, and the rest."""
    return re.split(r",| and | et al| \(", work[0])[0].split()[-1].lower(), work[0]
