"""slips.py, read by its syntax tree: every planted mistake with its hint, and a sentence for what cannot be read."""

import re
from pathlib import Path

import pytest

from course_tools.grading import slips
from course_tools.grading.slips import Slip, slip
from course_utils.errors import CourseError

TEXT = """
import no_such_module
from course_tools.grading.slips import slip


def helper(x):
    return x


@slip("softmax", "The sum runs " "over the rows.")
def wrong_axis(Z):
    return Z


@slip(hint="The bias is missing.", cell="Linear")
@final
class NoBias:
    pass
"""


SOLUTIONS = {"softmax": "def softmax(Z):\n    e = Z.exp()\n    return e / e.sum(dim=1, keepdim=True)"}


def load(folder: Path, text: str) -> list[Slip]:
    (folder / "slips.py").write_text(text, encoding="utf-8")
    return slips.load(folder / "slips.py", SOLUTIONS)


def test_the_planted_mistakes_under_the_names_that_the_exercise_asks_for(tmp_path: Path) -> None:
    """The file is not run: it may import what is not installed here."""
    assert load(tmp_path, TEXT) == [
        Slip("softmax", "wrong_axis", "The sum runs over the rows.", "def softmax(Z):\n    return Z"),
        Slip("Linear", "NoBias", "The bias is missing.", "class Linear:\n    pass"),
    ]


def test_a_change_is_the_solution_with_texts_replaced(tmp_path: Path) -> None:
    text = 'x = 1\nchange("softmax", "The rows.", "dim=1", "dim=0", ", keepdim=True", "")\n'
    changed = "def softmax(Z):\n    e = Z.exp()\n    return e / e.sum(dim=0)"
    assert load(tmp_path, text) == [Slip("softmax", "softmax_line_2", "The rows.", changed)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('"relu", "hint", "a", "b"', "there is no solution cell 'relu'"),
        ('"softmax", "hint", "dim=2", "b"', "'dim=2' stands 0 times"),
        ('"softmax", "hint", "e", "b"', "stands 9 times"),
        ('"softmax", "hint", "Z.exp()", "Z.exp("', "is not Python"),
        ('"softmax", "hint", "Z.exp()"', "change takes texts in quotes"),
        ('"softmax", "hint"', "change takes texts in quotes"),
        ('"softmax", "hint", "a", b', "change takes texts in quotes"),
    ],
)
def test_a_change_that_cannot_be_made_is_one_sentence(tmp_path: Path, arguments: str, said: str) -> None:
    with pytest.raises(CourseError, match=re.escape(said)) as error:
        load(tmp_path, f"change({arguments})\n")
    assert "slips.py, line 1" in str(error.value)


def test_equivalent_mutants_with_their_reasons(tmp_path: Path) -> None:
    reason = "A sum has no order."
    listed = f'equivalent("softmax", "{reason}", "one", "two")'
    assert len(load(tmp_path, f'{listed}\nchange("softmax", "h", "dim=1", "dim=0")')) == 1
    found = slips.equivalents(tmp_path / "slips.py")
    assert found == {("softmax", "one"): reason, ("softmax", "two"): reason}
    (tmp_path / "slips.py").write_text("equivalent('softmax', 'why')", encoding="utf-8")
    with pytest.raises(CourseError, match="equivalent takes texts in quotes"):
        slips.equivalents(tmp_path / "slips.py")


@pytest.mark.parametrize(
    "decorator",
    [
        "slip('softmax')",
        "slip(SOFTMAX, 'hint')",
        "slip('softmax', f'hint {1}')",
        "slip('softmax', 1)",
        "slip('softmax', 'hint', 'more')",
        "slip('softmax', cell='softmax')",
        "slip('softmax', **more)",
    ],
)
def test_arguments_that_are_not_two_texts_are_one_sentence(tmp_path: Path, decorator: str) -> None:
    with pytest.raises(CourseError, match=r"slips.py, line 1: @slip takes two texts in quotes"):
        load(tmp_path, f"@{decorator}\ndef wrong(Z):\n    return Z\n")


def test_a_file_that_is_not_python_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="line 2: this is not Python"):
        load(tmp_path, "x = 1\ndef wrong(:\n")


def test_the_decorator_leaves_a_definition_as_it_is() -> None:
    assert slip("abs", "The sign stays.")(abs) is abs
