"""Every assignment: the stub earns nothing, the solution everything, each planted slip loses its own points alone.

The cells run in this process, which is quick, and only what students see is judged: the hidden checks are sealed, and
tests/grading/test_grading_solutions.py puts every assignment through the sealed grader.
"""

import contextlib
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

from course_tools.authoring import build
from course_tools.grading import slips
from course_tools.paths import ROOT
from course_utils import check

EXERCISES = build.exercises()
SLIPS = [(source, planted) for source in EXERCISES for planted in slips.load(source.parent / "slips.py")]
each_assignment = pytest.mark.parametrize("source", EXERCISES, ids=lambda p: p.stem)


def cells(notebook: NotebookNode) -> dict[str, NotebookNode]:
    return {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}


@cache
def instructor(source: Path) -> dict[str, NotebookNode]:
    return cells(build.nbgrader_source(source))


def released(source: Path) -> NotebookNode:
    path = ROOT / "assignments" / source.stem / f"{source.stem}.ipynb"
    return nbformat.read(path, as_version=4)


def run(source: Path, answers: dict[str, str]) -> dict[str, str]:
    """What each test cell says, '' when it passes, with `answers` in place of the solution cells named."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    said = {}
    for name, cell in instructor(source).items():
        text = answers.get(name, cell.source)
        if not cell.metadata.nbgrader.grade:
            with contextlib.suppress(NotImplementedError):
                exec(text, namespace)
        elif cell.cell_type == "code":
            said[name] = verdict(lambda text=text: exec(text, namespace))
    return said


def verdict(test: Callable[[], None]) -> str:
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            test()
        except check.CheckFailed as failed:
            return str(failed)
        except Exception as e:
            return f"{type(e).__name__}: {e}"
    return ""


@each_assignment
def test_there_are_enough_exercises_each_with_its_check_points_and_slips(source):
    named = instructor(source)
    solutions = [n for n, c in named.items() if c.metadata.nbgrader.solution and c.cell_type == "code"]
    planted = [s.cell for s in slips.load(source.parent / "slips.py")]
    assert len(solutions) >= 5
    for name in solutions:
        assert named[f"test_{name}"].metadata.nbgrader.points > 0
        assert planted.count(name) >= 3, f"{name} has {planted.count(name)} planted slips; plant at least 3"
        assert f"def {name}(" in named[name].source or f"class {name}" in named[name].source
        assert "### BEGIN HIDDEN TESTS" in named[f"test_{name}"].source


@each_assignment
def test_the_solution_earns_everything(source):
    assert set(run(source, {}).values()) == {""}


@each_assignment
def test_the_stub_earns_nothing(source):
    stubs = {n: c.source for n, c in cells(released(source)).items() if c.metadata.nbgrader.solution}
    assert all(said.startswith("NotImplementedError") for said in run(source, stubs).values())


@pytest.mark.parametrize(("source", "planted"), SLIPS, ids=[f"{s.stem}-{p.name}" for s, p in SLIPS])
def test_a_slip_loses_its_own_points_alone_and_gets_its_hint(source, planted):
    said = run(source, {planted.cell: planted.source})
    failed = [name for name, message in said.items() if message]
    assert failed == [f"test_{planted.cell}"]
    assert planted.hint in said[failed[0]]


@each_assignment
def test_nothing_of_a_solution_or_a_hidden_test_is_released(source):
    text = "\n".join(cell.source for cell in released(source).cells)
    shown, kept = parted("\n".join(cell.source for cell in instructor(source).values()))
    secrets = [line for line in kept if len(line) > 12 and line not in shown]
    assert len(secrets) > 10
    assert not [line for line in secrets if line in text]
    assert "HIDDEN TESTS" not in text
    assert "SOLUTION" not in text
    assert not [planted.name for planted in slips.load(source.parent / "slips.py") if f"def {planted.name}" in text]


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
def test_only_the_notebook_is_released(source):
    folder = ROOT / "assignments" / source.stem
    assert [p.name for p in folder.iterdir() if not p.name.startswith(".")] == [f"{source.stem}.ipynb"]
