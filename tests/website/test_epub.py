"""The course as one EPUB, of a small course's pages as they would be built. test_site.py makes one of real pages."""

import posixpath
import zipfile
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup

from course_tools.website import epub
from course_utils.errors import CourseError

OPF = "{http://www.idpf.org/2007/opf}"
XHTML = "{http://www.w3.org/1999/xhtml}"
HEAD = '<head><link rel="canonical" href="https://pages.example/c/index.html"></head>'
TREE = '<div class="sidebar-tree"><a class="internal" href="chapters/01_a.html"></a></div>'
MATH = (
    '<span class="katex"><span class="katex-mathml"><math><mi>x</mi></math></span>'
    '<span class="katex-html">twice</span></span>'
)
NUMBERED = (  # two numbers
    '<math><mtable width="100%"><mtr><mtd width="50%"></mtd>'
    "<mtd><mo><mrow><mi>m</mi></mrow></mo></mtd></mtr></mtable></math>"
)


def numbered(formula: str, number: str) -> str:
    """A formula as KaTeX leaves it."""
    side = '<mtd width="50%"></mtd>'
    cells = f"{side}<mtd><mrow>{formula}</mrow></mtd>{side}<mtd><mtext>({number})</mtext></mtd>"
    return f'<div class="math"><math display="block"><mtable width="100%"><mtr>{cells}</mtr></mtable></math></div>'


CHAPTER = f"""<h1>1 A &amp; B</h1><div class="course-actions">x</div><!-- a -- b -->
<section id="s"><h2>1.1 {MATH}<a class="headerlink" href="#s">¶</a></h2>{NUMBERED}<br>
<a href="#s">here</a> <a href="../index.html">start</a> <a href="../exercises/01_a.ipynb">take</a> <a href="https://a.b/">out</a>
<img class="only-light" src="01_a/f-light.svg?v=1" alt="a curve"><img class="only-dark" src="01_a/f-dark.svg" alt="">
<div class="course-widget" data-model="m"><p>scripts</p></div>
<details class="hide"><summary><p class="collapsed">Show</p><p class="expanded">Hide</p></summary>
<pre>a  b</pre></details>
</section>"""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder of pages, as Sphinx leaves them."""
    html = tmp_path / "html"
    (html / "chapters" / "01_a").mkdir(parents=True)
    (html / "chapters" / "01_a" / "f-light.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (html / "_static").mkdir()
    (html / "_static" / "pygments.css").write_text(".k { color: red }")
    write(html, "index", f"<h1>Course</h1>{TREE}", HEAD)
    write(html, "chapters/01_a", CHAPTER)
    return html


def write(html: Path, name: str, article: str, head: str = "") -> None:
    (html / f"{name}.html").write_text(f"{head}{TREE}<article>{article}</article>")


def chapter(built: Path) -> BeautifulSoup:
    return BeautifulSoup(str(epub.files(built)["chapters/01_a.xhtml"]), "html.parser")


def test_the_file_lists_what_is_in_it_in_the_courses_order(built: Path) -> None:
    with zipfile.ZipFile(epub.write(built)) as archive:
        first, container, package, *others = archive.infolist()
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert (container.filename, package.filename) == ("META-INF/container.xml", "book.opf")
        opf = ET.fromstring(archive.read(package))
    items = {item.attrib["id"]: item.attrib for item in opf.iter(f"{OPF}item")}
    assert [item["href"] for item in items.values()] == [info.filename for info in others]
    assert [items[place.attrib["idref"]]["href"] for place in opf.iter(f"{OPF}itemref")] == [
        "index.xhtml", "contents.xhtml", "chapters/01_a.xhtml", "bibliography.xhtml"
    ]  # fmt: skip
    kinds = {
        posixpath.basename(item["href"]): (item["media-type"], item.get("properties")) for item in items.values()
    }
    assert kinds["01_a.xhtml"] == ("application/xhtml+xml", "mathml")
    assert kinds["contents.xhtml"] == ("application/xhtml+xml", "nav")
    assert kinds["f-light.svg"] == ("image/svg+xml", None)


def test_the_contents_lead_to_pages_and_their_sections(built: Path) -> None:
    contents = ET.fromstring(str(epub.files(built)["contents.xhtml"]))
    assert [("".join(a.itertext()), a.attrib["href"]) for a in contents.iter(f"{XHTML}a")] == [
        ("Course", "index.xhtml"),
        ("1 A & B", "chapters/01_a.xhtml"),
        ("1.1 x", "chapters/01_a.xhtml#s"),
        ("Bibliography", "bibliography.xhtml"),
    ]


def test_links_lead_within_the_book(built: Path) -> None:
    """A file to take away is no link here; the page of a widget is where the pages are published."""
    assert {a.text: a["href"] for a in chapter(built).find_all("a")} == {
        "here": "01_a.xhtml#s",
        "start": "../index.xhtml",
        "out": "https://a.b/",
        "chapters/01_a.html": "https://pages.example/c/chapters/01_a.html",
    }


def test_a_page_has_what_a_reader_without_scripts_shows(built: Path) -> None:
    page = chapter(built)
    assert "twice" not in page.text
    assert page.math["xmlns"] == "http://www.w3.org/1998/Math/MathML"
    assert str(page.select_one("mtd + mtd")) == "<mtd><mo>m</mo></mtd>"
    assert [(image["src"], image["alt"]) for image in page.find_all("img")] == [("01_a/f-light.svg", "a curve")]
    assert page.select_one(".widget").text == "Here is a widget. It moves on the page chapters/01_a.html."
    assert page.summary.text == "Show"
    assert page.pre.text == "a  b"
    assert not page.find("script")


FORMULAS = {
    "a=b+c": ["a", "=b", "+c"],
    "=b": ["=b"],  # nothing before it
    "a=−b": ["a", "=−b"],  # a sign, not an operation
    "f(a+b)−c": ["f(a+b)", "−c"],
    "∥a−b∥+c": ["∥a−b∥", "+c"],
    "a=b_c=d": ["a", "=b", "_", "c", "=d"],  # _ stands for a wide space here
    "(a+b)²−c": ["(a+b)²", "−c"],  # ² for an index of the bracket
}


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_numbered_formula_can_be_broken_between_its_parts(built: Path, formula: str) -> None:
    """A reader turns pages and does not scroll; at a width of 346 pixels, 159 of 254 formulas were cut."""
    tags = "".join(f"<mi>{c}</mi>" if c.isalpha() else f"<mo>{c}</mo>" for c in formula)
    tags = tags.replace("<mo>_</mo>", '<mspace width="2em"></mspace>')
    tags = tags.replace("<mo>)</mo><mo>²</mo>", "<msup><mo>)</mo><mo>²</mo></msup>")
    write(built, "chapters/01_a", f"<h1>1</h1>{numbered(tags, '1.1')}")
    *groups, number = chapter(built).select_one("div.math").find_all(True, recursive=False)
    parts = [[part.text for part in group.select("math[displaystyle=true]")] for group in groups]
    assert parts == [list(group) for wide, group in groupby(FORMULAS[formula], "_".__eq__) if not wide]
    assert (number["class"], number.text) == (["number"], "(1.1)")


def test_a_sign_that_begins_a_part_keeps_its_spaces(built: Path) -> None:
    write(built, "chapters/01_a", f"<h1>1</h1>{numbered('<mi>a</mi><mo>−</mo><mi>b</mi>', '1.1')}")
    assert [operator.get("form") for operator in chapter(built).find_all("mo")] == ["infix"]


def test_without_an_address_a_widget_names_its_page(built: Path) -> None:
    write(built, "index", "<h1>Course</h1>")
    assert not chapter(built).select(".widget a")


def test_a_page_that_is_not_well_formed_is_one_sentence(built: Path) -> None:
    write(built, "index", '<h1>Course</h1><p id="a"-b"c">words</p>')
    with pytest.raises(CourseError, match=r'^The page index\.html is not well-formed XML, .*: .*id="a"'):
        epub.files(built)
