"""`course progress` and the start page's column: how far a student is, by the saved copies alone."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_tools.authoring.chapters import CHAPTERS
from course_tools.lab import copies, lab, progress, saved
from course_tools.paths import ROOT
from tests.support import patience

NAME = "03_backpropagation"
CHAPTER = f"chapters/{NAME}.ipynb"
EXERCISE = f"assignments/{NAME}/{NAME}.ipynb"
TODAY = date(2026, 11, 21)
STUDY = "> **Study time** About 120 minutes. The core path, 90 minutes, is section 3.1; sections marked *going"
TICK = new_output("stream", text="✓ delta: as expected\n")
FAILED = new_output("error", ename="CheckFailed", evalue="✗ delta", traceback=["✗ delta"])
WRITTEN = [chapter.name for chapter in CHAPTERS if chapter.is_written()]

Change = Callable[[NotebookNode], None]


def a_chapter() -> NotebookNode:
    """Four cells of code: one above the first section, one in 3.1, two in 3.2."""
    text, code = new_markdown_cell, new_code_cell
    cells = [text(f"# 3\n\n{STUDY} further* can wait."), code("import torch"), text("## 3.1 How?"), code("a = 1")]
    return new_notebook(cells=[*cells, text("## 3.2 Why?"), code("b = 2"), code("c = 3"), text("## Further reading")])


def a_check(name: str, points: int, source: str = "check.close(1, 1)") -> NotebookNode:
    marks = {"grade": True, "grade_id": f"test_{name}", "locked": True, "points": points, "solution": False}
    return new_code_cell(source, metadata={"nbgrader": marks})


def an_assignment() -> NotebookNode:
    """Three exercises of 10, 20 and 15 minutes; the second has two checks."""
    tasks = [
        new_markdown_cell(f"## 3.{k} Task\n*Write · 2 points · effort ● · about {minutes} minutes*\n\nDo it.")
        for k, minutes in enumerate((10, 20, 15))
    ]
    tests = a_check("one", 2), a_check("two", 3), a_check("three", 1), a_check("four", 4, "assert True")
    setup = new_code_cell("import torch", metadata={"nbgrader": {"grade": False, "grade_id": "setup"}})
    cells = [setup, tasks[0], tests[0], tasks[1], tests[1], new_markdown_cell("Now repair it."), tests[2], tasks[2]]
    return new_notebook(cells=[*cells, tests[3], new_markdown_cell("## Before you hand in")])


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with one chapter and its exercises, handed out."""
    for name, notebook in ((CHAPTER, a_chapter()), (EXERCISE, an_assignment())):
        (tmp_path / name).parent.mkdir(parents=True)
        nbformat.write(notebook, tmp_path / name)
    copies.hand_out(tmp_path, TODAY)
    return tmp_path


def change(path: Path, how: Change) -> None:
    notebook = nbformat.read(path, as_version=4)
    how(notebook)
    nbformat.write(notebook, path)


def ran(*which: int) -> Change:
    """The code cells of these numbers ran, in this order."""

    def how(notebook: NotebookNode) -> None:
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for count, number in enumerate(which, start=1):
            code[number].execution_count = count

    return how


def said(**outputs: NotebookNode | None) -> Change:
    """The checks of these names ran and showed these outputs."""

    def how(notebook: NotebookNode) -> None:
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "").removeprefix("test_")
            if name in outputs:
                cell.execution_count = 7
                cell.outputs = [output for output in [outputs[name]] if output]

    return how


# -- what was read ----------------------------------------------------------------------------------------------


def test_nothing_is_said_of_what_never_ran(course: Path, capsys: pytest.CaptureFixture[str]):
    assert progress.of(NAME, course) == []
    progress.run(course)
    assert capsys.readouterr().out == (
        "Nothing has run yet in your copies in work/. Open the course with `course lab`.\n"
    )


@pytest.mark.parametrize(
    ("which", "line"),
    [
        ((0,), "begun (25%), 90 min left"),
        ((0, 1), "read to 3.1 (50%), 60 min left"),
        ((2, 0), "read to 3.2 (50%), 60 min left"),  # run again, an earlier cell takes nothing back
        ((0, 1, 2), "read to 3.2 (75%), 30 min left"),
        ((0, 1, 2, 3), "read to the end"),
    ],
)
def test_a_chapter_was_read_as_far_as_its_cells_ran(course: Path, which: tuple[int, ...], line: str):
    change(course / "work" / CHAPTER, ran(*which))
    assert progress.of(NAME, course) == [line]


def test_an_empty_cell_at_the_end_does_not_count(course: Path):
    change(course / "work" / CHAPTER, ran(0, 1, 2, 3))
    change(course / "work" / CHAPTER, lambda notebook: notebook.cells.append(new_code_cell(" \n")))
    assert progress.of(NAME, course) == ["read to the end"]


def test_a_chapter_that_states_no_time_has_none_left(course: Path):
    change(course / "work" / CHAPTER, ran(0, 1))
    change(course / "work" / CHAPTER, lambda notebook: notebook.cells.pop(0))
    assert progress.of(NAME, course) == ["read to 3.1 (50%)"]


def test_of_several_copies_the_one_that_was_read_furthest_counts(course: Path):
    change(course / "work" / CHAPTER, ran(0))
    change(course / "work" / CHAPTER, lambda notebook: notebook.cells.append(new_code_cell("mine")))
    change(course / CHAPTER, lambda notebook: notebook.cells.append(new_code_cell("d = 4")))
    newer = copies.hand_out(course, TODAY).copies[CHAPTER][1]
    assert progress.of(NAME, course) == ["begun (20%), 95 min left"]
    change(course / "work" / newer, ran(0, 1))
    assert progress.of(NAME, course) == ["read to 3.1 (40%), 70 min left"]


# -- what was done ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outputs", "lines"),
    [
        ({"setup": None}, ["0 of 3 exercises, 45 min left", "0 of 10 points"]),
        ({"one": TICK}, ["1 of 3 exercises, 35 min left", "2 of 10 points"]),
        ({"one": FAILED}, ["0 of 3 exercises, 45 min left", "0 of 10 points"]),
        ({"one": None}, ["0 of 3 exercises, 45 min left", "0 of 10 points"]),  # a check that prints no tick
        ({"one": TICK, "two": TICK}, ["1 of 3 exercises, 35 min left", "5 of 10 points"]),
        ({"two": TICK, "three": TICK}, ["1 of 3 exercises, 25 min left", "4 of 10 points"]),
        ({"four": None}, ["1 of 3 exercises, 30 min left", "4 of 10 points"]),  # a plain assert
        ({"four": FAILED}, ["0 of 3 exercises, 45 min left", "0 of 10 points"]),
        (dict.fromkeys(("one", "two", "three", "four"), TICK), ["3 of 3 exercises", "10 of 10 points"]),
    ],
)
def test_an_exercise_is_done_when_all_its_checks_passed(
    course: Path, outputs: dict[str, NotebookNode | None], lines: list[str]
):
    change(course / "work" / EXERCISE, said(**outputs))
    assert progress.of(NAME, course) == lines


def test_a_check_that_failed_after_its_first_tick_did_not_pass(course: Path):
    change(course / "work" / EXERCISE, said(one=TICK))
    change(course / "work" / EXERCISE, lambda notebook: notebook.cells[2].outputs.append(FAILED))
    assert progress.of(NAME, course)[1] == "0 of 10 points"


def test_a_check_that_stands_there_twice_passes_twice_or_not_at_all(course: Path):
    change(course / "work" / EXERCISE, said(one=TICK))
    change(course / "work" / EXERCISE, lambda notebook: notebook.cells.append(a_check("one", 2)))
    assert progress.of(NAME, course)[1] == "0 of 10 points"


def test_a_tool_that_drops_nbgraders_names_leaves_the_cells_ids(course: Path):
    def strip(notebook: NotebookNode) -> None:
        for cell in notebook.cells:
            cell.metadata.pop("nbgrader", None)

    change(course / "work" / EXERCISE, said(one=TICK))
    change(course / "work" / EXERCISE, strip)
    assert progress.of(NAME, course)[1] == "2 of 10 points"


def test_points_are_those_that_were_handed_out(course: Path):
    def more(notebook: NotebookNode) -> None:
        notebook.cells[2].metadata.nbgrader.points = 100
        notebook.cells.append(a_check("made_up", 50))

    change(course / "work" / EXERCISE, more)
    change(course / "work" / EXERCISE, said(one=TICK, made_up=TICK))
    assert progress.of(NAME, course)[1] == "2 of 10 points"


def test_an_exercise_that_was_fetched_on_a_hub_counts_by_itself(course: Path):
    change(course / "work" / EXERCISE, ran(0))
    lines = progress.of(NAME, course)
    (course / EXERCISE).unlink()
    assert lines
    assert progress.of(NAME, course) == lines


def test_what_the_courses_own_checks_show_is_understood(tmp_path: Path):
    """A kernel runs them, as JupyterLab would, and the file says which passed."""
    sources = [
        "from course_utils import check",
        "check.close('a sum', lambda: 1 + 1, 2)",
        "check.close('a sum', lambda: 1 + 1, 3)",
        "check.predicted('a number', 4.0, count=1)",
        "check.chosen('a letter', 'Z', 'AB')",
        "check.close('first', 1, 1)\ncheck.raises('second', ValueError, lambda: 1)",
        "def unfinished():\n    raise NotImplementedError\ncheck.close('stub', lambda: unfinished(), 1)",
    ]
    notebook = new_notebook(cells=[a_check(f"n{k}", 1, source) for k, source in enumerate(sources)])
    NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=patience.SECONDS).execute(cwd=ROOT)
    nbformat.write(notebook, tmp_path / "saved.ipynb")
    assert [cell.passed for cell in saved.read(tmp_path / "saved.ipynb")[1:]] == [True, False, True] + [False] * 3


# -- files that are no notebooks --------------------------------------------------------------------------------

BROKEN = [
    b"",
    b"{",
    b"[]",
    b"\xff\xfe\x00",
    b'{"cells": 1}',
    b'{"cells": [1, null]}',
    b'{"cells": [{"cell_type": "code", "source": [1], "execution_count": 1}]}',
    b'{"cells": [{"cell_type": "code", "source": "a", "execution_count": 1, "outputs": [{}]}]}',
    b'{"cells": [{"cell_type": "code", "source": "a", "execution_count": 1, "metadata": {"nbgrader": 3}}]}',
    b'{"worksheets": [{"cells": []}]}',
    b"[" * 100_000,
    b'{"cells": [' + b"1," * saved.MAX_VALUES + b"1]}",
]


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_notebook_counts_as_not_begun(course: Path, broken: bytes):
    for name in (CHAPTER, EXERCISE):
        (course / "work" / name).write_bytes(broken)
    assert progress.of(NAME, course) == []
    assert lab.start_page(copies.hand_out(course, TODAY), course).count("[exercises 3]") == 1


def test_what_is_too_large_is_not_read(course: Path, monkeypatch: pytest.MonkeyPatch):
    change(course / "work" / CHAPTER, ran(0))
    monkeypatch.setattr(saved, "MAX_BYTES", (course / "work" / CHAPTER).stat().st_size - 1)
    assert progress.of(NAME, course) == []


def test_nulls_where_the_format_has_none_do_no_harm(course: Path):
    text = (
        '{"cells": [{"cell_type": "code", "source": "a", "execution_count": 1, "metadata": null, "outputs": null}]}'
    )
    (course / "work" / CHAPTER).write_text(text)
    assert progress.of(NAME, course) == ["read to the end"]


def test_without_copies_there_is_nothing_to_say(tmp_path: Path):
    assert progress.of(NAME, tmp_path) == []


# -- where it is said -------------------------------------------------------------------------------------------


def test_the_start_page_and_the_command_say_the_same(course: Path, capsys: pytest.CaptureFixture[str]):
    change(course / "work" / CHAPTER, ran(0, 1))
    change(course / "work" / EXERCISE, said(one=TICK))
    lines = ["read to 3.1 (50%), 60 min left", "1 of 3 exercises, 35 min left", "2 of 10 points"]
    page = lab.start_page(copies.hand_out(course, TODAY), course)
    so_far = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", page, re.MULTILINE)
    assert dict(so_far) == {**{str(chapter.number): "" for chapter in CHAPTERS}, "3": "<br>".join(lines)}
    assert progress.MEANING in page
    progress.run(course)
    shown = capsys.readouterr().out
    assert all(line in shown for line in lines)
    assert "3 Backpropagation" in shown
    assert "1 Neurons" not in shown
    assert "hidden checks may take" in " ".join(shown.split())


def test_nothing_that_the_student_wrote_comes_into_the_page(course: Path):
    change(course / "work" / CHAPTER, ran(0, 1))
    before = lab.start_page(copies.hand_out(course, TODAY), course)
    text = (course / "work" / CHAPTER).read_text(encoding="utf-8")
    heading = rf"## 3.1<script>| \ud800 `x`\n## 3.{'9' * 5000}\n{STUDY.replace('120', '9' * 5000)} further* can wait."
    (course / "work" / CHAPTER).write_text(text.replace("## 3.1 How?", heading), encoding="utf-8")
    assert lab.start_page(copies.hand_out(course, TODAY), course) == before


def test_asking_changes_no_file(course: Path):
    change(course / "work" / CHAPTER, ran(0))
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    progress.run(course)
    assert {path: path.read_bytes() for path in course.rglob("*") if path.is_file()} == before


def test_an_answer_in_words_is_stated_apart(course: Path):
    marks = {"grade": True, "grade_id": "why", "locked": False, "points": 3, "solution": True}
    asked = new_markdown_cell("YOUR ANSWER HERE", id="why", metadata={"nbgrader": marks})
    for at in (course, course / "work"):
        path = at / "assignments" / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=[asked]), path)
    assert progress.words(NAME, course) == []  # nothing was begun
    asked.source, asked.metadata = "Because.", {}  # as a tool leaves it that drops metadata
    nbformat.write(nbformat.v4.new_notebook(cells=[asked]), path)
    assert progress.words(NAME, course) == ["and 3 marked by a person: written"]
    ran = nbformat.v4.new_code_cell("1", execution_count=1)
    asked.source = "YOUR ANSWER HERE"
    nbformat.write(nbformat.v4.new_notebook(cells=[asked, ran]), path)
    assert progress.words(NAME, course) == ["and 3 marked by a person: 1 of 1 answers empty"]


# -- the course itself ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITTEN)
def test_every_chapter_states_what_the_column_needs(name: str, tmp_path: Path):
    """Run to the middle, each chapter has a section and minutes; its exercises have minutes, and checks that tick."""
    for folder in (ROOT / "chapters", ROOT / "assignments" / name):
        target = tmp_path / "work" / folder.relative_to(ROOT) / f"{name}.ipynb"
        target.parent.mkdir(parents=True)
        target.write_bytes((folder / f"{name}.ipynb").read_bytes())
        change(target, ran(*range(5)))
    (tmp_path / "assignments").symlink_to(ROOT / "assignments")
    number = int(name[:2])
    read, done, points = progress.of(name, tmp_path)
    assert re.fullmatch(rf"(read to {number}\.\d+|begun) \(\d+%\), \d+ min left", read)
    assert re.fullmatch(r"0 of \d+ exercises, \d+ min left", done)
    assert re.fullmatch(r"0 of \d+ points", points)
    checks = [cell for cell in saved.read(ROOT / "assignments" / name / f"{name}.ipynb") if cell.points is not None]
    assert all(saved.CHECKS in cell.source for cell in checks)
