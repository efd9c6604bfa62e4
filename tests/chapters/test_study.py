"""What a chapter says of the time that it takes, and the terms that it defines."""

from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_tools.authoring import build, glossary, study
from course_tools.authoring.chapters import CHAPTERS
from course_tools.authoring.sections import sections
from course_tools.paths import ROOT

FINISHED = [chapter for chapter in CHAPTERS if chapter.seconds]
HEAD = (
    "# 5 A chapter\n\n> **Study time** About 20 minutes. The core path, 10 minutes, is sections 5.1 to 5.2; "
    "sections marked *going further* can wait."
)
FURTHER = "*Going further.*\n\n"
FOLDED = "<details><summary>A question</summary>\n\nIts **answer** is folded.\n\n</details>"


def lesson(head: str = HEAD, further: str = FURTHER) -> NotebookNode:
    """Two sections of five minutes, one of ten off the core path, and the exercises."""
    words = "word " * 650
    return new_notebook(
        cells=[
            new_markdown_cell(head),
            new_markdown_cell(f"## 5.1 One\n\n{words}"),
            new_markdown_cell("## 5.2 Two"),
            new_code_cell("a = 1\n" * 40),
            new_markdown_cell(f"## 5.3 Three\n\n{further}{words}"),
            new_code_cell("widgets.choose()\nplots.show()\nplots.show()\n", metadata={"tags": ["hide-input"]}),
            new_markdown_cell(f"## 5.4 Your turn\n\n{words * 9}\n\n## 5.5 In five lines"),
        ]
    )


@pytest.mark.parametrize("chapter", FINISHED, ids=lambda c: c.name)
def test_the_study_time_is_stated_as_estimated(chapter):
    assert study.problems(build.read(chapter.source())) == []


def test_minutes_count_words_lines_pictures_and_questions():
    taken = {section.number: study.minutes(section) for section in sections(lesson()) if section.number < "5.4"}
    assert {number: round(minutes) for number, minutes in taken.items() if number} == {"5.1": 5, "5.2": 5, "5.3": 10}


@pytest.mark.parametrize(
    ("head", "further", "said"),
    [
        ("# 5 A chapter", FURTHER, "its head states no study time (20 minutes by the estimate"),
        (HEAD.replace("20", "30"), FURTHER, "it is said to take 30 minutes; the estimate is 20"),
        (HEAD.replace("10", "45"), FURTHER, "its core path is said to take 45 minutes"),
        (HEAD.replace("5.1 to 5.2", "5.8"), FURTHER, "the core path, of 0 sections, takes"),
        (HEAD, "", "5.3: *Going further.* stands under its heading, or it is on the core path"),
    ],
)
def test_a_study_time_that_is_wrong_is_noticed(head: str, further: str, said: str):
    assert study.problems(lesson()) == []
    assert any(problem.startswith(said) for problem in study.problems(lesson(head, further)))


# -- the glossary ---------------------------------------------------------------------------------------------------


def taught(*texts: str) -> dict[str, NotebookNode]:
    """A made-up chapter with one section of these texts."""
    return {"90_tiny": new_notebook(cells=[new_markdown_cell("## 90.1 One\n\n" + "\n\n".join(texts))])}


def test_the_chapters_define_each_term_once_in_a_sentence_that_stands_alone():
    finished = {chapter.name: build.read(chapter.source()) for chapter in FINISHED}
    assert list(glossary.problems(finished)) == []


def test_the_glossary_belongs_to_the_chapters():
    notebooks = {source.stem: build.read(source) for source in build.chapters()}
    assert glossary.path().read_text(encoding="utf-8") == glossary.page(notebooks), "run `course build`"


@pytest.mark.parametrize("chapter", FINISHED, ids=lambda c: c.name)
def test_each_chapter_links_to_the_glossary(chapter):
    assert "](glossary.md)" in build.read(chapter.source()).cells[0].source


def test_a_term_is_the_bold_text_of_running_prose():
    chapter = taught(
        "First. The **step size** is what eq. (2.1) calls $\\eta$. It is small.\nAn **epoch** is a [pass](#x).",
        "**Break it.** Try a sum.",
        "> **Note** a quotation.",
        "| **a** | table |\n|---|---|",
        "- **an item** of a list.",
        FOLDED,
    )
    found = {term.name: term.sentence for term in glossary.terms("90_tiny", chapter["90_tiny"])}
    assert found == {
        "step size": "The **step size** is what eq. (2.1) calls $\\eta$.",
        "epoch": "An **epoch** is a pass.",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is called a **batch**.", "cannot stand alone"),
        ("A **batch** is", "does not end in a full stop"),
        ("A **batch** is " + "very " * 60 + "long.", "has 64 words; 60 at most"),
        ("A **batch** is one.\n\nA **Batch** is two.", "'Batch' is defined in 90_tiny already (90.1 One)"),
        ("A **batch** is one.", "90_tiny defines 1 terms in bold; at least 8"),
    ],
)
def test_a_definition_that_does_not_serve_is_noticed(text: str, said: str):
    assert any(said in problem for problem in glossary.problems(taught(text)))


def test_the_page_is_in_the_order_of_the_alphabet_with_links():
    page = glossary.page(taught("A **step** is one. A **1x1 kernel** is two. An **epoch** is three."))
    assert page.endswith(
        "\n## E\n\n**epoch**: An *epoch* is three. [section 90.1](90_tiny.ipynb#90.1-One)\n\n"
        "## S\n\n**step**: A *step* is one. [section 90.1](90_tiny.ipynb#90.1-One)\n\n"
        "## X\n\n**1x1 kernel**: A *1x1 kernel* is two. [section 90.1](90_tiny.ipynb#90.1-One)\n"
    )


def test_a_name_has_a_capital_only_where_it_always_has() -> None:
    page = glossary.page(taught("**Bagging** is one. **Adam** is two.", "With bagging and Adam."))
    assert "**bagging**: *Bagging* is one." in page
    assert "**Adam**: *Adam* is two." in page


def test_the_glossary_is_built_with_the_chapters(tmp_path: Path):
    source = tmp_path / "chapters" / "90_tiny.py"
    build.write_if_changed(source, "# %% [markdown]\n# ## 90.1 One\n#\n# An **epoch** is a pass.\n")
    build.run([], tmp_path)
    assert "**epoch**: An *epoch* is a pass." in glossary.path(tmp_path).read_text(encoding="utf-8")
    assert glossary.path().parent == ROOT / "chapters"
