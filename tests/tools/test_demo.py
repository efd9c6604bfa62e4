"""`course demo`: the class of six gets the marks that its answers earn."""

import csv
from pathlib import Path

import pytest
from rich.console import Console

from course_tools import demo
from course_tools.paths import ROOT
from course_utils.errors import CourseError

TINY = ROOT / "tests" / "support" / "tiny_course" / "solutions" / "90_tiny" / "90_tiny.py"
QUESTIONS = ("test_mean", "test_variance", "test_sigmoid", "test_relu", "why")


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> demo.Loop:
    """The tiny assignment taken through the whole loop once."""
    folder = tmp_path_factory.mktemp("class")
    loop = demo.Loop(demo.prepare(folder, TINY), TINY)
    with (folder / "screen.txt").open("w", encoding="utf-8") as screen:
        loop.run(Console(file=screen, width=80))
    return loop


def marks(loop: demo.Loop, who: str) -> list[str]:
    """The points of one pupil as the table shows them, question by question."""
    pupil = next(p for p in demo.PUPILS if p.id == who)
    with loop.gradebook() as book:
        found = loop.marks(book, pupil)
    return [found.get(question, "-") for question in QUESTIONS]


@pytest.mark.parametrize(
    ("who", "points"),
    [
        ("ada", ["2", "3", "1", "2", "?"]),
        ("ben", ["2", "0", "1", "0", "?"]),
        ("cleo", ["2", "0", "1", "2", "?"]),
        ("dan", ["0", "0", "0", "0", "0"]),
        ("finn", ["2", "3", "1", "2", "?"]),
    ],
)
def test_each_gets_what_the_answers_earn(loop: demo.Loop, who: str, points: list[str]) -> None:
    assert marks(loop, who) == points


def test_the_one_who_crashes_loses_nothing_that_was_earned(loop: demo.Loop) -> None:
    """Eve's second half is gone with her process; it must not take the others, or her first half, along."""
    assert "eve" not in loop.failed, loop.failed.get("eve")
    assert marks(loop, "eve")[:2] == ["2", "3"]


def test_only_the_last_one_is_late(loop: demo.Loop) -> None:
    with loop.gradebook() as book:
        assert [pupil.id for pupil in demo.PUPILS if loop.is_late(book, pupil)] == ["finn"]


def test_the_table_fits_a_terminal_and_names_everybody(loop: demo.Loop) -> None:
    screen = (loop.folder / "screen.txt").read_text(encoding="utf-8")
    assert "…" not in screen, "a cell of the table is cut off"
    assert all(pupil.id in screen and pupil.does in screen for pupil in demo.PUPILS)
    assert all(question.removeprefix("test_") in screen for question in QUESTIONS)
    assert "late" in screen


def test_feedback_and_marks_lie_where_it_says(loop: demo.Loop) -> None:
    pages = list((loop.folder / ".grading" / "feedback").glob("*/90_tiny/90_tiny.html"))
    assert len(pages) == len(demo.PUPILS)
    with (loop.folder / "marks.csv").open(encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["ada"]["points"] == "8.0"
    assert rows["ada"]["status"] == "needs a person"
    assert rows["dan"]["points"] == "0.0"
    assert float(rows["finn"]["hours late"] or 0) >= 0


def test_nothing_of_the_course_itself_is_touched(loop: demo.Loop) -> None:
    gradebook = str(loop.config.CourseDirectory.db_url)
    assert str(ROOT) not in gradebook
    assert str(ROOT) not in str(loop.config.Exchange.root)


def test_unknown_exercise(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="There is no exercise 'nonsense'"):
        demo.run("nonsense", TINY.parents[2])
    with pytest.raises(CourseError, match="no exercise in solutions"):
        demo.run(None, tmp_path)


def test_without_a_planted_mistake_it_says_what_to_write(tmp_path: Path) -> None:
    loop = demo.Loop(demo.prepare(tmp_path, TINY), TINY)
    loop.slips = []
    with pytest.raises(CourseError, match=r"slips\.py plants no mistake"):
        loop.slip()
