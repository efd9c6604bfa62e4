"""Every assignment: the stub earns nothing, the solution everything, each planted slip loses its own points alone.

The cells run in this process, which is quick, and only what students see is judged: the hidden checks are sealed, and
tests/grading/test_grading_solutions.py puts every assignment through the sealed grader.
"""

from functools import cache
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from course_tools.authoring import build, chapters, exercises, hints
from course_tools.paths import ROOT
from tests.support import patience

EXERCISES = build.exercises()
each_assignment = pytest.mark.parametrize("source", EXERCISES, ids=lambda p: p.stem)


@cache
def instructor(source: Path) -> dict[str, NotebookNode]:
    return exercises.instructors(source)


def is_draft(source: Path) -> bool:
    """A chapter that states no run time is not finished; `course check` lists what is missing."""
    chapter = chapters.of(source.stem)
    return chapter is None or chapter.seconds is None


@each_assignment
def test_there_are_enough_exercises_each_with_its_check_points_and_slips(source):
    named = instructor(source)
    assert len(exercises.solutions(named)) >= (1 if is_draft(source) else exercises.FEWEST)
    assert list(exercises.misbuilt(named, exercises.planted(source))) == []


@each_assignment
def test_each_kind_of_exercise_is_there_and_none_is_printed_in_the_chapter(source):
    if not is_draft(source):
        assert list(exercises.mislabelled(source)) == []
        assert list(exercises.copied(source, build.read(ROOT / "chapters" / source.name))) == []


def test_a_solution_is_known_under_other_names():
    cell = "def mean(values):\n    total = values.sum()\n    return total / len(values)\n"
    chapter = new_notebook(cells=[new_code_cell(cell)])
    assert exercises.printed("def m(x):\n    'Mean.'\n    s = x.sum()\n    return s / len(x)\n", chapter) == 1
    assert exercises.printed("def m(x):\n    s = x.sum()\n    return len(x) / s\n", chapter) == 0.5
    assert exercises.printed("def m(x):\n    return x.mean()\n", chapter) == 0


def test_a_kind_or_points_that_are_missing_are_noticed(tmp_path):
    source = tmp_path / "02_kinds.py"
    source.write_text((ROOT / "tests/support/kinds/02_kinds/02_kinds.py").read_text(encoding="utf-8"))
    assert "there is no exercise of the kind 'Go beyond'" in list(exercises.mislabelled(source))
    assert "the headings promise 0 points, the tests give 4" in list(exercises.mislabelled(source))


@each_assignment
def test_the_solution_earns_everything(source):
    assert set(exercises.run(instructor(source), {}).values()) == {""}


@each_assignment
def test_the_stub_earns_nothing(source):
    named = exercises.cells(exercises.released(source))
    stubs = {n: c.source for n, c in named.items() if c.metadata.nbgrader.solution}
    said = exercises.run(instructor(source), stubs)
    assert [message for message in said.values() if "is not written yet" not in message] == []


@each_assignment
def test_a_slip_loses_its_own_points_alone_and_gets_its_hint(source):
    assert list(exercises.unproved(source)) == []


@each_assignment
def test_nothing_of_a_solution_or_a_hidden_test_is_released(source):
    text = "\n".join(cell.source for cell in exercises.released(source).cells)
    shown, kept = parted("\n".join(cell.source for cell in instructor(source).values()))
    secrets = [line for line in kept if len(line) > 12 and line not in shown]
    assert len(secrets) >= 2 * len(exercises.solutions(instructor(source)))
    assert not [line for line in secrets if line in text]
    assert "HIDDEN TESTS" not in text
    assert "SOLUTION" not in text
    assert not [planted.name for planted in exercises.planted(source) if f"def {planted.name}" in text]


def parted(text: str) -> tuple[str, list[str]]:
    """What a student may see, and the lines between the markers."""
    shown, kept, inside = [], [], False
    for line in map(str.strip, text.splitlines()):
        if line.startswith(("### BEGIN", "### END")):
            inside = line.startswith("### BEGIN")
        else:
            (kept if inside else shown).append(line)
    return "\n".join(shown), kept


@each_assignment
def test_the_locked_hints_belong_to_the_exercises(source):
    planted, path = source.parent / "slips.py", hints.path(source.stem, ROOT)
    assert hints.belongs(path, build.nbgrader_source(source), planted), f"run `course build {source.stem}`"
    text = path.read_text(encoding="utf-8")
    assert not [slip.hint for slip in exercises.planted(source) if slip.hint in text]


@each_assignment
def test_only_the_notebook_is_released(source):
    folder = ROOT / "assignments" / source.stem
    assert [p.name for p in folder.iterdir() if not p.name.startswith(".")] == [f"{source.stem}.ipynb"]


def test_run_all_goes_on_after_a_broken_answer_and_a_failing_check_and_both_still_count(tmp_path):
    notebook = build.nbgrader_source(ROOT / "tests/support/tiny_course/solutions/90_tiny/90_tiny.py")
    named = exercises.cells(notebook)
    named["mean"].source = "def mean(values:"
    named["variance"].source = "def variance(values): raise NotImplementedError"
    NotebookClient(notebook, kernel_name="python3", timeout=patience.SECONDS).execute(cwd=tmp_path)
    code = {name: cell for name, cell in named.items() if cell.cell_type == "code"}
    failed = [name for name, cell in code.items() if any(output.output_type == "error" for output in cell.outputs)]
    assert failed == ["mean", "test_mean", "test_variance"]
    grades = {name: determine_grade(cell) for name, cell in code.items() if cell.metadata.nbgrader.grade}
    expected = {"test_mean": (0, 2), "test_variance": (0, 3), "test_sigmoid": (1, 1), "test_relu": (2, 2)}
    assert grades == expected
