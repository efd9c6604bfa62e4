"""The whole course as one EPUB 3: the built pages as XHTML, with MathML, the light figures and no script.

Sphinx's own EPUB builder would set every page a second time, and its raw HTML would have to be mended all the same.
EbookLib reads XHTML as HTML and writes it with indents, in code and between words too. What an EPUB needs besides its
pages are three small files.
"""

import html
import mimetypes
import posixpath
import uuid
import zipfile
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from bs4 import BeautifulSoup, Comment, Tag

from course_tools.website import book, deliver, pieces
from course_utils import theme
from course_utils.errors import CourseError

NAME = "deep-learning-by-hand.epub"
TITLE = "Deep Learning by Hand"
CSS = Path(__file__).with_name("epub.css")
STYLE = "book.css"
CONTENTS = "contents"
NOT_HERE = ".katex-html, img.only-dark, details.hide > summary > .expanded"
TYPE = "application/epub+zip"
CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:language>en</dc:language>
<meta property="dcterms:modified">{modified:%Y-%m-%dT%H:%M:%SZ}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
</metadata>
<manifest>
{items}
</manifest>
<spine>
{pages}
</spine>
</package>
"""
PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><title>{title}</title><link rel="stylesheet" href="{style}"/></head>
<body data-theme="light">
{body}
</body>
</html>
"""


def write(folder: Path) -> Path:
    """Pack the pages in `folder` into an EPUB beside it. Raises CourseError if a page cannot stand in one."""
    content_of, path = files(folder), folder.parent / NAME
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(deliver.entry("mimetype", zipfile.ZIP_STORED), TYPE)  # first, and as it is: the format asks
        for name, content in content_of.items():
            archive.writestr(deliver.entry(name), content)
    return path


def files(folder: Path) -> dict[str, str | bytes]:
    """The files of the book by name, without the one that says what it is."""
    read, address = book.read(folder), book.address(folder)
    for name, article in read.items():
        _fit(article, name, read, address)
    pages = {
        f"{name}.xhtml": _page(name, _title(article), article.decode_contents()) for name, article in read.items()
    }
    listed = {**pages, f"{CONTENTS}.xhtml": _page(CONTENTS, "Contents", _contents(read)), STYLE: _style(folder)}
    figures = {
        path: (folder / path).read_bytes() for name, article in read.items() for path in _figures(article, name)
    }
    modified = max((folder / f"{name}.html").stat().st_mtime for name in read if name != book.BIBLIOGRAPHY)
    package = _package({**listed, **figures}, list(pages), datetime.fromtimestamp(modified, UTC))
    return {"META-INF/container.xml": CONTAINER, "book.opf": package, **listed, **figures}


def _fit(article: Tag, name: str, pages: Collection[str], address: str) -> None:
    """Change the text of a page into what a reader without scripts shows."""
    for part in article.select(NOT_HERE):
        part.decompose()
    for comment in article.find_all(string=lambda text: isinstance(text, Comment)):  # XML allows no -- in one
        comment.extract()
    for part in article.select("summary p"):
        part.name = "span"
    for math in article.find_all("math"):
        math["xmlns"] = "http://www.w3.org/1998/Math/MathML"
    for letters in article.select("mo > mrow"):  # KaTeX's \bmod; an operator is text
        letters.replace_with(letters.get_text())
    for math in article.find_all("math"):
        pieces.loosen(math)
    for numbered in article.select("mtable[width]"):  # one with several numbers: as large as one without
        numbered["displaystyle"] = "true"
    for cell in article.select("mtd[width]"):  # beside such a formula; only a style is allowed there
        cell["style"] = f"width:{cell.attrs.pop('width')}"
    for drawing in article.select("svg[viewbox]"):  # HTML does not ask how it is written
        drawing.attrs |= {"xmlns": "http://www.w3.org/2000/svg", "viewBox": drawing.attrs.pop("viewbox")}
    for image in article.find_all("img"):
        image["src"] = str(image["src"]).partition("?")[0]  # without the version of the file
    book.lead(article, name, pages, lambda page, anchor: _from(name, f"{page}.xhtml") + (anchor and f"#{anchor}"))
    for place in article.select(".course-widget"):  # after the links: this one leads out of the book
        place.replace_with(BeautifulSoup(_of_widget(f"{name}.html", address), "html.parser"))


def _of_widget(page: str, address: str) -> str:
    words = f'<a href="{html.escape(address + page)}">{page}</a>' if address else page
    return f'<p class="widget">Here is a widget. It moves on the page {words}.</p>'


def _figures(article: Tag, name: str) -> list[str]:
    """The files that a page shows."""
    return [
        book.beside(name, str(i["src"])) for i in article.find_all("img") if not str(i["src"]).startswith("data:")
    ]


def _title(article: Tag) -> str:
    return article.find("h1").get_text()  # type: ignore[union-attr]


def _from(name: str, path: str) -> str:
    """The address of a file of the book from its page `name`."""
    return posixpath.relpath(path, posixpath.dirname(name) or ".")


def _style(folder: Path) -> str:
    """The style sheet: the light colours, those of code, and what epub.css says."""
    colours = f"body{{{theme.properties(theme.LIGHT)}}}"
    return "\n".join([colours, *(file.read_text("utf-8") for file in (folder / "_static" / "pygments.css", CSS))])


def _page(name: str, title: str, body: str) -> str:
    """The file of a page. Raises CourseError when it is not well-formed."""
    text = PAGE.format(title=html.escape(title), style=_from(name, STYLE), body=body)
    try:
        ET.fromstring(text)
    except ET.ParseError as e:
        line = text.splitlines()[e.position[0] - 1]
        at = line[max(e.position[1] - 60, 0) : e.position[1] + 20]
        raise CourseError(
            f"The page {name}.html is not well-formed XML, as a page of an EPUB has to be, here: {at}"
        ) from e
    return text


def _contents(read: dict[str, Tag]) -> str:
    """The navigation document: every page and its sections."""
    pages = []
    for name, article in read.items():
        lines = [
            f'<a href="{name}.xhtml{html.escape(anchor and f"#{anchor}")}">{html.escape(heading.get_text())}</a>'
            for heading, anchor in book.headings(name, article)
        ]
        sections = "".join(f"<li>{line}</li>" for line in lines[1:])
        pages.append(f"<li>{lines[0]}{f'<ol>{sections}</ol>' if sections else ''}</li>")
    return f'<nav epub:type="toc"><h1>Contents</h1><ol>{"".join(pages)}</ol></nav>'


def _package(listed: dict[str, str | bytes], pages: list[str], modified: datetime) -> str:
    """The list of all files, and the order of the pages; the contents come after the start page."""
    numbers = {name: f"f{number}" for number, name in enumerate(listed)}
    return PACKAGE.format(
        identifier=uuid.uuid5(uuid.NAMESPACE_DNS, NAME),
        title=TITLE,
        modified=modified,
        items="\n".join(_item(name, number, listed[name]) for name, number in numbers.items()),
        pages="\n".join(
            f'<itemref idref="{numbers[name]}"/>' for name in (pages[0], f"{CONTENTS}.xhtml", *pages[1:])
        ),
    )


def _item(name: str, number: str, content: str | bytes) -> str:
    has = {"nav": "<nav ", "mathml": "<math ", "svg": "<svg "} if isinstance(content, str) else {}
    properties = " ".join(kind for kind, tag in has.items() if tag in str(content))
    told = f' properties="{properties}"' if properties else ""
    return f'<item id="{number}" href="{html.escape(name)}" media-type="{mimetypes.guess_type(name)[0]}"{told}/>'
