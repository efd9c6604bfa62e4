"""Find the bug, and predict and test: their form is held at once, their truth is told after handing in."""

import shutil
from pathlib import Path

import pytest

from course_tools.authoring import build, exercises
from course_tools.grading import author
from course_tools.paths import ROOT
from course_utils.check import hints
from tests.grading.test_grading_values import same

SOURCE = ROOT / "tests" / "support" / "kinds" / "02_kinds" / "02_kinds.py"


def test_an_assignment_of_these_kinds_is_proved_as_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "FOLDER", tmp_path / "course_utils" / "hints")
    source = tmp_path / "solutions" / SOURCE.stem / SOURCE.name  # a copy: nbgrader's notebook is written beside it
    shutil.copytree(SOURCE.parent, source.parent)
    build.assignment(source, tmp_path)
    assert list(exercises.misbuilt(exercises.instructors(source), exercises.planted(source))) == []
    assert list(exercises.unproved(source, tmp_path)) == []
    hints.locks.cache_clear()


def test_the_visible_check_does_not_tell_a_right_choice_from_a_wrong_one() -> None:
    named = exercises.instructors(SOURCE)
    said = [exercises.run(named, {"fault": f'fault = "{letter}"'})["test_fault"] for letter in "AEL"]
    assert said == ["", "", ""]
    assert "none of the options" in exercises.run(named, {"fault": 'fault = "M"'})["test_fault"]
    assert "fault" in exercises.run(named, {"fault": "pass"})["test_fault"]


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        (["B", "E"], ""),
        (("E", "B"), ""),
        (["B", "D"], "is not the right choice"),
        (["B"], "does not name 2 different options"),
        (["B", "B"], "does not name 2 different options"),
        (["B", "E", "C"], "does not name 2 different options"),
        (["B", "Z"], "is not made of the options"),
        (["b", "e"], "is not made of the options"),
        ([1, 2], "is not made of the options"),
        (None, "is not made of the options"),
        (3.5, "is not made of the options"),
        ({"B": "E"}, "is not made of the options"),
    ],
)
def test_a_choice_is_right_as_a_whole(mine: object, said: str) -> None:
    assert same(mine, ["B", "E"], author.choice(*"ABCDEF", count=2)).startswith(said)
    assert bool(same(mine, ["B", "E"], author.choice(*"ABCDEF", count=2))) == bool(said)


def test_a_single_choice_is_a_text() -> None:
    rule = author.choice(*"ABCDEFGHIJ")
    assert same("C", "C", rule) == same(["C"], "C", rule) == ""
    assert same("D", "C", rule) == "is not the right choice"


def test_a_choice_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="9 answers are possible; offer options for at least 10"):
        author.choice(*"ABCDEFGHI")
    assert author.choice(*"ABCDE", count=2)["count"] == 2
