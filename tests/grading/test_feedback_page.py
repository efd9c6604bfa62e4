"""The page of feedback: what it says and in which order, its formulas, what it never does; names in a terminal."""

import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from rich.console import Console

from course_tools.authoring import build
from course_tools.grading.grade import Summary, print_summary
from course_tools.grading.gradebook.results import ResultWriter, Row
from course_tools.grading.inside.text import shown
from course_tools.grading.intake import sanitize
from course_tools.grading.judging.judge import Line, Verdict
from course_tools.grading.nbgrader_0_9.tables import StudentMarks
from course_tools.grading.pages import feedback, page, prose

HERE = {"assignment": "05_trees", "student": "Ada", "score": 4.5, "max_score": 7.0, "late_penalty": 0.5}
HINT = "The factor 2 is missing."


def cell(kind: str, source: str, **marks: Any) -> NotebookNode:
    made = nbformat.v4.new_code_cell(source) if kind == "code" else nbformat.v4.new_markdown_cell(source)
    made.metadata = nbformat.from_dict({"nbgrader": marks} if marks else {})
    return made


def graded(verdict: Verdict, answer: str = "def f(w):\n    return w", **more: Any) -> NotebookNode:
    """A notebook with one exercise that has this verdict."""
    test = cell(
        "code", "check.close('f', 1, 2)", grade=True, solution=False, grade_id="test_f", points=3.0, score=1.5
    )
    said = nbformat.from_dict({**verdict.output(), "execution_count": 1})
    test.outputs = [said, nbformat.v4.new_output("stream", text="\x1b[31m✗ f differs\x1b[0m")]
    own = cell("code", answer, grade=False, solution=True, grade_id="f", **more)
    texts = ["# Exercises 5\n\nAn introduction.", "## 5.1 The slope of $w^2$\n\nGive back $2w$."]
    setup = cell("code", "import torch", grade=False, solution=False, grade_id="setup")
    return nbformat.v4.new_notebook(
        cells=[
            cell("markdown", texts[0]),
            setup,
            cell("markdown", texts[1]),
            own,
            test,
            cell("markdown", "## The end"),
        ]
    )


WRONG = Verdict("test_f", 3.0, 1.5, [Line("one", "has wrong values", HINT), Line("two", "has wrong values", HINT)])


def test_marks_come_first_then_the_hint_the_answer_and_the_folded_rest() -> None:
    text = feedback.render(graded(WRONG, comment="Think of **both** factors."), HERE)
    order = [
        "<strong>4.5 of 7 points</strong>",
        "0.5 less, since it came late",
        '<td class="number">1.5</td><td class="number">3</td>',
        f"→ <b>{HINT}</b>",
        "✗ <b>one</b>, <b>two</b>: has wrong values.",
        "Think of <strong>both</strong> factors.",
        "Your answer",
        "<summary>The task</summary>",
        "Give back <math",
        "<summary>The checks that you saw</summary>",
        "✗ f differs",
    ]
    places = [text.find(part) for part in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)
    assert text.count(HINT) == 1
    assert not re.search(r"An introduction|import torch|The end", text), "neither the student's nor graded"
    assert "\x1b" not in text


def test_full_marks_look_different() -> None:
    full = Verdict("test_f", 3.0, 3.0, [Line("one")])
    notebook = graded(full)
    notebook.cells[4].metadata.nbgrader.score = 3.0
    assert 'class="verdict full"' in feedback.render(notebook, HERE)
    assert 'class="verdict full"' not in feedback.render(graded(WRONG), HERE)


def test_an_answer_in_words_that_nobody_marked_waits_for_a_person() -> None:
    notebook = graded(WRONG)
    words = {"grade_id": "why", "grade": True, "solution": True, "points": 2.0, "score": 0.0}
    why = cell("markdown", "# 1. So\n\nIt is.", **words, waits=True)
    notebook.cells += [
        cell("markdown", "## 2. Why?"),
        why,
        cell("markdown", "## 3. None"),
        cell("markdown", "", **words),
    ]
    text = feedback.render(notebook, HERE)
    assert "<strong>4.5 of 7 points so far</strong>; an answer waits for a person (2 points)" in text
    assert '<td class="number">waits for a person</td><td class="number">2</td>' in text
    assert '<span class="points">waits for a person (2 points)</span>' in text
    assert text.count("0 of 2 points") == 1, "the empty answer, which is marked"
    assert text.index("This answer waits for a person: up to 2 points.") < text.index("<h1>1. So</h1>")
    notebook.cells[-3].metadata.nbgrader.waits = False
    assert "wait" not in feedback.render(notebook, HERE).split("</style>")[1]


def test_a_number_in_a_heading_begins_no_list() -> None:
    assert prose.line("1. Mean of $x$ and *y*, `a < b`").startswith("1. Mean of <math")
    assert [prose.line(text) for text in ("3) a", "- b", "> c", "# d")] == ["3) a", "- b", "&gt; c", "# d"]
    assert "<script" not in prose.line("1. <script>x</script>")


def test_the_table_of_marks_says_what_waits() -> None:
    master: Any = SimpleNamespace(points={"test_f": 3.0, "why": 2.0})
    marks = StudentMarks({"test_f": 1.5, "why": 0.0}, waiting={"why"})
    row = ResultWriter._row(SimpleNamespace(master=master), "ada", marks, ())  # type: ignore[arg-type]
    assert (row.by_cell["why"], row.score) == (None, 1.5)
    console = Console(file=io.StringIO(), width=200)
    print_summary(console, "05_trees", Summary(1, 0, [row]), Path("marks.csv"))
    assert "1.5 + ?" in (said := console.file.getvalue())  # type: ignore[attr-defined]
    assert "an answer in words waits for a person to mark it" in said


def test_a_cell_of_the_students_own_is_shown_with_its_outputs() -> None:
    notebook = graded(WRONG)
    own = cell("code", "plot()")
    picture = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure size 640x480>"}
    own.outputs = [
        nbformat.v4.new_output("display_data", data=picture),
        nbformat.v4.new_output(
            "display_data", data={"text/html": "<table><tr><td>7</td></tr></table><script>x</script>"}
        ),
    ]
    notebook.cells.insert(4, own)
    text = feedback.render(notebook, HERE)
    assert "A cell of yours" in text
    assert '<img alt="&lt;Figure size 640x480&gt;" src="data:image/png;base64,iVBORw0KGgo=">' in text
    assert "<td>7</td>" in text
    assert "<script" not in text


def test_what_is_long_is_shown_without_colours() -> None:
    text = feedback.render(graded(WRONG, answer="x = 1\n" * 5_000), HERE)
    assert text.count('class="mi"') < 100
    assert text.count("x = 1") == 5_000


@pytest.mark.parametrize("source", build.exercises(), ids=lambda p: p.stem)
def test_every_formula_of_the_exercises_is_set(source: Path) -> None:
    texts = [c.source for c in build.read(source).cells if c.cell_type == "markdown"]
    formulas = [f for text in texts for f in re.findall(r"\$\$.+?\$\$|\$[^$\n]+\$", text, re.DOTALL)]
    assert formulas
    for formula in formulas:
        made = prose.html(formula)
        assert made.count("<math") == 1, formula
        assert "\\" not in re.sub(r"<[^>]+>", "", made), formula


@pytest.mark.parametrize(
    "formula",
    [
        r"$\href{javascript:hit()}{x}$",
        r"$\style{background:url(//evil.test)}{x}$",
        r"$\text{<img src=x onerror=hit()>}$",
        "$" + "{" * 900 + "x" + "}" * 900 + "$",
        "$" + "x" * 5_000 + "$",
        r"$\frac{1}$",
        r"$\begin{nonsense}$",
        "\ue0007\ue001 and $x$",
    ],
    ids=range(8),
)
def test_a_formula_that_is_none_does_no_harm(formula: str) -> None:
    made = prose.html(formula)
    assert not re.search(r"<(?!/?(p|code|math|m[a-z]+)\b)|href|style|\ue000", made), made
    assert "<" in made


# -- Markdown asks nobody for anything --------------------------------------------------------------------------

PICTURE = "data:image/png;base64,iVBORw0KGgo="
ASKS = {
    "another host": "![x](http://evil.test/a.png)",
    "without a scheme": "![x](//evil.test/a.png)",
    "this host": "![x](/api/shutdown)",
    "a file": "![x](file:///etc/passwd)",
    "by reference": "![x][1]\n\n[1]: http://evil.test/a.png",
    "by its own name": "![x]\n\n[x]: http://evil.test/a.png",
    "in brackets": "![x](<http://evil.test/a b.png>)",
    "over lines": "![x](\n  http://evil.test/a.png\n  'title')",
    "with entities": "![x](&#104;ttp://evil.test/a.png)",
    "in a link": "[![x](http://evil.test/a.png)](https://example.org)",
    "in a table": "| a |\n|---|\n| ![x](http://evil.test/a.png) |",
    "in a list": "- a\n  > ![x](http://evil.test/a.png)",
    "behind a formula": "$a<b$ ![x](http://evil.test/a.png) $c>d$",
    "that it does not bring": "![x](attachment:nothing.png)",
    "a drawing": "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "HTML": "<img src='http://evil.test/a.png'>",
}


@pytest.mark.parametrize("kind", ASKS)
@pytest.mark.parametrize("made", [prose.html, lambda text: "".join(sanitize._pages(sanitize.markdown(text), ()))])
def test_no_picture_of_another_place_is_shown(kind: str, made: Any) -> None:
    found = sanitize._Addresses(made(ASKS[kind]))
    assert found.asked == []


def test_pictures_that_come_along_and_links_stay() -> None:
    text = f"![a](attachment:a.png) ![b]({PICTURE}) [c](https://example.org/x)"
    assert sanitize.markdown(text, ["a.png"]) == text
    made = prose.html(text, {"a.png": {"image/png": "iVBORw0KGgo="}})
    assert sanitize._Addresses(made).asked == [PICTURE, PICTURE]
    assert sanitize._Addresses(made).offered == ["https://example.org/x"]


@pytest.mark.parametrize(
    "text",
    ["$a<b$ and more", "```python\nif a<b: pass\nx = '<script>'\n```\nmore", "a <- b, `x<y`, 1<2", "a<b>c</b>"],
)
def test_what_is_no_tag_is_not_lost(text: str) -> None:
    made = sanitize.markdown(text)
    assert re.sub(r"\s|&lt;", "", made).replace("<", "") == re.sub(r"\s", "", text).replace("<", "")


@pytest.mark.browser
def test_the_policy_holds_what_sanitising_would_miss(page_of: Any, tmp_path: Path) -> None:
    """With the policy a page with hostile HTML asks for nothing and runs nothing; without it, it does both."""
    body = "<img src='http://evil.test/x.png'><script>document.title = 'hit'</script><a href='javascript:1'>x</a>"
    for policy, asked in ((page.POLICY, False), ("", True)):
        file = tmp_path / "page.html"
        file.write_text(page.page("title", body).replace(page.POLICY, policy), encoding="utf-8")
        seen, title = page_of(file)
        assert (any("evil.test" in url for url in seen), title == "hit") == (asked, asked)


@pytest.fixture
def page_of(request: pytest.FixtureRequest) -> Any:
    """The addresses that a file asks for when it is opened, and its title then."""
    tab = request.getfixturevalue("page")

    def opened(file: Path) -> tuple[list[str], str]:
        asked: list[str] = []
        tab.on("requestfinished", lambda request: asked.append(request.url))
        tab.route("http://evil.test/*", lambda route: route.fulfill(body=""))
        tab.goto(file.as_uri())
        return asked, tab.title()

    return opened


# -- in a terminal ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[2Jgone", "␛[2Jgone"),
        ("\x1b]0;title\x07", "␛]0;title�"),
        ("\x9b31mred", "�31mred"),
        ("ada\rbob", "ada␍bob"),
        ("ada\nbob 9/9", "ada␊bob 9/9"),
        ("a\u202egpj.exe", "a�gpj.exe"),
        ("a\u2028b", "a�b"),
        ("\ud800x", "�x"),
        ("Žofie O’Neill 学生 سارا", "Žofie O’Neill 学生 سارا"),
    ],
)
def test_a_terminal_shows_a_name_and_does_not_obey_it(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_the_summary_sends_nothing_of_a_student_to_the_terminal() -> None:
    hostile = "\x1b[2J\x1b]0;x\x07\r\x9b1mada\u202e"
    row = Row(hostile, 1.0, 2.0, {}, 0.0, False, (f"the file {hostile} was left out",))
    console = Console(file=io.StringIO(), width=200)
    print_summary(
        console, "05_trees", Summary(1, 0, [row], {hostile: f"recording {hostile} failed"}), Path("marks.csv")
    )
    sent = console.file.getvalue()  # type: ignore[attr-defined]
    assert "ada" in sent
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", sent)
