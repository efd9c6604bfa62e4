"""The course as one PDF, of the small course's pages as they would be built."""

import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from course_tools.website import pdf
from course_utils.errors import CourseError
from tests.conftest import need

LINKS = '<a class="internal" href="chapters/01_a.html"></a><a class="internal" href="chapters/02_b.html"></a>'
TREE = f'<div class="sidebar-tree">{LINKS}</div>'
READING = (
    '<section id="further-reading"><h2>Further reading<a class="headerlink" href="#further-reading">¶</a></h2>'
    "<ul><li>{}, <em>A work</em>: why.</li></ul></section>"
)
FIRST = (
    '<h1 id="a">1 A</h1><div class="course-actions">x</div><p><a href="02_b.html#further-reading">on</a>'
    '<a href="../exercises/01_a.ipynb">take</a><a href="https://example.org/">out</a></p><img src="01_a/f.svg?v=1">'
    '<div class="course-widget" data-model="m"></div>'
)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder of pages, as Sphinx leaves them."""
    html = tmp_path / "html"
    (html / "chapters" / "01_a").mkdir(parents=True)
    (html / "chapters" / "01_a" / "f.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>')
    (html / "chapters" / "01_a" / "widgets.js").write_text('courseWidgets = {"state": {"m": {"state": {}}}};')
    (html / "_static").mkdir()
    shutil.copy(pdf.HERE.parents[1] / "site" / "static" / "widgets.js", html / "_static")
    texts = {
        "index": f"{TREE}<article><h1>Course</h1></article>",
        "chapters/01_a": f"<article>{FIRST}{READING.format('B. Second (2001)')}</article>",
        "chapters/02_b": f"<article><h1>2 B</h1>{READING.format('C. First and A. X (1999)')}"
        f"{READING.format('B. Second (2001)')}</article>",
    }
    for name, text in texts.items():
        (html / f"{name}.html").write_text(text)
    return html


def test_links_lead_within_the_book(built: Path) -> None:
    """Two chapters have a heading of the same words; a file to take away is no link on paper."""
    book = BeautifulSoup(pdf.whole(built), "html.parser")
    anchors = {link.text: link["href"] for link in book.select("article a")}
    assert anchors["on"] == "#chapters/02_b:further-reading"
    assert anchors["out"] == "https://example.org/"
    assert "take" not in anchors
    assert [link.text for link in book.select("nav a")] == [
        "1 A", "Further reading", "2 B", "Further reading", "Further reading", "Bibliography"
    ]  # fmt: skip
    ids = {part["id"] for part in book.find_all(id=True)}
    assert {link["href"][1:] for link in book.select("a[href^='#']")} <= ids
    assert book.select_one("img")["src"] == "chapters/01_a/f.svg"
    assert "This widget moves on the page chapters/01_a.html." in book.text


def test_the_bibliography_has_each_work_once_by_author(built: Path) -> None:
    items = BeautifulSoup(pdf.whole(built), "html.parser").select('article[id="bibliography:"] li')
    assert [item.text for item in items] == [
        "C. First and A. X (1999), A work: why. [2]",
        "B. Second (2001), A work: why. [1, 2]",
    ]


@pytest.mark.browser
def test_chromium_prints_it(built: Path) -> None:
    need("chromium")
    path = pdf.write(built)
    assert path.read_bytes()[:5] == b"%PDF-"
    assert b"/Outlines" in path.read_bytes()
    assert not (built / "book.html").exists()


def test_a_missing_chromium_is_two_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(CourseError, match=r"Chromium, and it is not installed\. Install it: apt install chromium"):
        pdf.program()
