"""Slides: the rule that cuts a chapter, the tags of cells, and every slide of a real chapter in Chromium."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser

from course_tools.website.slides import slides
from course_tools.website.slides.deal import BEGIN, END, SHORT, deal
from course_tools.website.slides.deck import deck

FORMULA, TABLE = '<div class="math-wrapper"></div>', '<div class="table-wrapper"><table></table></div>'
FIGURE = (
    '<div class="cell"><div class="cell_output"><div class="output"><div class="dl-figures"></div></div></div></div>'
)
WIDGET = '<div class="cell"><div class="cell_output"><div class="course-widget"></div></div></div>'
CODE = FIGURE.replace("dl-figures", "").replace('"cell">', '"cell"><div class="cell_input">def f():</div>', 1)
LONG = f"<p>First e.g. this one. A <strong>term</strong> is a word. {'More and more words. ' * SHORT}</p>"


def dealt(text: str) -> list[list[str]]:
    """The kinds of blocks on each slide of a section with this text."""
    article = BeautifulSoup(f"<article><section><h2>1.1 Why?</h2>{text}</section></article>", "html.parser").article
    return [slide.kinds for slide in deal(article)]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("<p>a</p>" + FORMULA, [["text", "formula"]]),
        ("<p>a</p>" + FIGURE, [["text"], ["figure"]]),
        ("<p>a</p><p>b</p>" + WIDGET + WIDGET, [["text"], ["text", "widget"], ["widget"]]),
        ("<p>a</p><p>b</p>" + TABLE + "<p>c</p>" + CODE, [["text"], ["text", "table"], ["text", "code", "result"]]),
        ("<p><em>Going further.</em></p><p>a</p>", [["label", "text"]]),
        ("<blockquote><p><strong>Study time</strong> 9 minutes</p></blockquote>", [[]]),
    ],
)
def test_where_a_slide_begins(text: str, kinds: list[list[str]]) -> None:
    assert dealt(text) == kinds


@pytest.mark.parametrize("left_out", ["What the lecture notes get wrong", "Further reading"])
def test_sections_for_readers_are_left_out(left_out: str) -> None:
    assert dealt(f"</section><section><h2>{left_out}</h2><p>a</p>") == [[]]


@pytest.mark.parametrize(
    ("text", "shown", "noted"),
    [
        (LONG, "A term is a word.", True),
        (LONG.replace("strong", "em"), "First e.g. this one.", True),
        (BEGIN + LONG + END, "First e.g. this one. A term", False),
        (
            LONG.replace("First e.g.", "<strong>Break it.</strong> Try"),
            "Break it. Try this one. A term is a word.",
            True,
        ),
    ],
)
def test_a_long_paragraph_is_shown_in_short_and_whole_in_the_notes(text: str, shown: str, noted: bool) -> None:
    (slide,) = deal(BeautifulSoup(f"<article><section><h2>1.1 Why?</h2>{text}</section></article>", "html.parser"))
    words = " ".join(slide.blocks[0][1].get_text().split())
    assert words.startswith(shown)
    assert len(words) < 60 or not noted
    assert [len(note.get_text().split()) > SHORT for note in slide.notes] == [True] * noted


CHAPTER = """# %% [markdown]
# # 6 Convolution
#
# See [chapter 3](03_backpropagation.ipynb) and $x^2$.

# %% tags=["slide-skip"]
print("not in the lecture")

# %% tags=["slide-whole"]
print("in the lecture </script>")
"""


def test_a_chapter_becomes_one_file_and_tags_decide(tmp_path: Path) -> None:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "06_convolution.py").write_text(CHAPTER)
    path = slides.build(tmp_path, "06_convolution", tmp_path / "out")
    text = path.read_text("utf-8")
    page = BeautifulSoup(text, "html.parser")
    assert path.name == "06_convolution.html"
    assert "not in the lecture" not in text
    assert isinstance(page.select_one("details.code[open] .highlight"), Tag)
    assert "See chapter 3 and" in page.select_one("main").text
    assert page.select_one("main .katex")
    assert not page.select("link, script[src], [href], img[src^=http]")
    assert all("url(" not in style.text.replace("url(data:", "") for style in page.select("style"))
    assert len(page.select("script")) == 5  # no text inside ends one


SHOW = """async () => {
    const cut = [];
    for (let i = 0; i < Reveal.getTotalSlides(); i++) {
        Reveal.slide(i);
        const slide = Reveal.getCurrentSlide(), body = slide.querySelector(".body");
        const isCut = () => body.scrollHeight > body.clientHeight + 1 || body.scrollWidth > body.clientWidth + 1;
        const live = () => [...slide.querySelectorAll(".course-widget")].every((w) => w.dataset.state === "live");
        while (!live()) await new Promise((done) => setTimeout(done, 50));
        const end = performance.now() + 60000; // a widget is fitted in a few frames, on a busy machine later
        while (isCut() && performance.now() < end) await new Promise((done) => setTimeout(done, 100));
        if (isCut()) cut.push(`${i}: ${slide.innerText.slice(0, 80)}`);
    }
    return cut;
}"""


@pytest.mark.browser
def test_no_slide_of_a_chapter_is_cut(html: Path, tmp_path: Path, browser: Browser) -> None:
    """The keyboard goes on and back, D turns it dark, figures keep their alternative texts, on paper all is there."""
    (tmp_path / "slides.html").write_text(
        deck([html / "chapters" / "06_convolution.html"], html.parent / "vendor"), encoding="utf-8"
    )
    context = browser.new_context(viewport={"width": 1280, "height": 720}, reduced_motion="reduce")
    page, problems = context.new_page(), []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: problems.append(str(e)))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else problems.append(r.url))
    page.goto((tmp_path / "slides.html").as_uri())
    page.wait_for_selector("body[data-deck=ready]")
    assert page.evaluate("Reveal.getConfig().transition") == "none"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("Reveal.getIndices().h") == 1
    page.keyboard.press("d")
    assert page.evaluate("document.body.dataset.theme") == "dark"
    assert page.evaluate(SHOW) == []
    assert page.locator("img:not([alt]), img[alt='']").count() == 0
    page.emulate_media(media="print")
    total = page.evaluate("Reveal.getTotalSlides()")
    assert page.locator("main > section:visible").count() == total > 50
    assert problems == []
    context.close()
