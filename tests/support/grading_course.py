"""A small course in a folder of its own, for the grader's tests: one assignment, and submissions made to order."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from rich.console import Console

from course_tools.authoring import build
from course_tools.grading import grade as command
from course_tools.grading.course import Course
from course_tools.grading.grade import Summary
from course_tools.grading.judging.master import grade_id, load
from course_tools.paths import ROOT

HERE = Path(__file__).resolve().parent
NAME = "01_layers"
SOURCE = HERE / "attacks" / NAME
FULL = {"test_softmax": 2.0, "test_linear": 2.0, "test_accuracy": 2.0, "test_momentum_step": 3.0}
Edit = Callable[[NotebookNode], object]


def make(folder: Path) -> Path:
    """A course in `folder`, with the repository's nbgrader_config.py and the small assignment."""
    shutil.copytree(SOURCE, folder / "solutions" / NAME)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    build.assignment(folder / "solutions" / NAME / f"{NAME}.py", folder)
    return folder


def solved(root: Path) -> NotebookNode:
    """What a student hands in who solved everything: the released notebook with the solutions filled in."""
    notebook = nbformat.read(root / "assignments" / NAME / f"{NAME}.ipynb", as_version=4)
    answers = {grade_id(c): c.source for c in load(root / "solutions" / NAME).notebook.cells}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            lines = answers[grade_id(cell)].splitlines()
            cell.source = "\n".join(line for line in lines if "SOLUTION" not in line)
    return notebook


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell with the grade_id `name`."""
    return next(c for c in notebook.cells if grade_id(c) == name)


def hand_in(root: Path, student: str, notebook: NotebookNode | str | bytes | None) -> Path:
    """Put a submission where nbgrader collects them; the folder."""
    folder = root / ".grading" / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(notebook, NotebookNode):
        notebook = json.dumps(notebook)
    if isinstance(notebook, str):
        notebook = notebook.encode()
    if notebook is not None:
        (folder / f"{NAME}.ipynb").write_bytes(notebook)
    return folder


def grade(root: Path, count: int = 2, only: str = "", unsafe: bool = False, scheduler: str = "") -> Summary:
    """One batch, as `course grade` runs it, without its printing."""
    course = Course(root)
    with course.gradebook() as book:
        return command.grade(course, book, NAME, count, only, unsafe, scheduler, Console(quiet=True))


def marks(summary: Summary, student: str) -> dict[str, float | None]:
    """A student's marks by test cell."""
    return dict(next(row for row in summary.rows if row.student == student).by_cell)


def person(summary: Summary, student: str) -> str:
    """Why a person should look at a student's submission."""
    return "\n".join(next(row for row in summary.rows if row.student == student).person)


def outputs(root: Path, student: str) -> Mapping[str, Any]:
    """The outputs of the graded notebook's cells, by name."""
    notebook = nbformat.read(root / ".grading" / "autograded" / student / NAME / f"{NAME}.ipynb", as_version=4)
    nbformat.validate(notebook)
    return {grade_id(c): c.outputs for c in notebook.cells if c.cell_type == "code"}
