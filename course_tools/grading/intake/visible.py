"""The visible checks of a student's notebook, run on the student's own machine in a kernel of its own.

The student's code runs here as it does in JupyterLab, and what counts is as it was handed out, as when it is graded.
For students alone: an instructor never runs a submission outside the sandbox.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from course_tools.authoring.build import KERNELSPEC
from course_tools.grading.intake.notebooks import Cell
from course_tools.grading.judging.master import grade_id, is_answer, is_test
from course_tools.lab import saved
from course_tools.paths import ROOT

SECONDS, SECONDS_A_CELL = 180, 30  # enough for every assignment of the course on a slow laptop
STOPPED = "KeyboardInterrupt"


def run(
    cells: Iterable[Cell], released: NotebookNode, folder: Path, seconds: float = SECONDS
) -> dict[str, str | None]:
    """What each check says, "" when it holds, None when it was not reached. `folder` is where the notebook lies."""
    notebook = program(cells, released)
    ends = time.monotonic() + seconds
    over: set[int] = set()  # the cells that came to an end: a kernel that dies in one leaves it as if it had passed
    client = NotebookClient(
        notebook,
        allow_errors=True,
        timeout_func=lambda cell: max(1, min(SECONDS_A_CELL, ends - time.monotonic())),
        interrupt_on_timeout=True,
        on_cell_executed=lambda cell_index, **_: over.add(cell_index),
        startup_timeout=SECONDS,
        shutdown_kernel="immediate",
        record_timing=False,
        extra_arguments=["--log-level=CRITICAL"],
        kernel_name=KERNELSPEC["name"],
        resources={"metadata": {"path": str(folder)}},
    )
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with contextlib.suppress(DeadKernelError):  # what ran before it died counts; the others are not reached
        client.execute(env={**os.environ, "PYTHONPATH": path, "COURSE_QUIET": "1"})
    return _told(notebook, over)


def program(cells: Iterable[Cell], released: NotebookNode) -> NotebookNode:
    """The notebook that is run: the student's cells in their order, those that count as they were handed out."""
    given = {grade_id(c): c for c in released.cells if grade_id(c) and c.cell_type == "code" and not is_answer(c)}
    made: list[NotebookNode] = []
    for cell in (cell for cell in cells if cell.kind == "code"):
        original = given.pop(cell.name, None)
        made.append(_copy(original) if original else new_code_cell(cell.source))
    missing = [_copy(cell) for cell in given.values()]
    setup = [cell for cell in missing if not is_test(cell)]
    return new_notebook(cells=[*setup, *made, *(cell for cell in missing if is_test(cell))])


def _copy(cell: NotebookNode) -> NotebookNode:
    return new_code_cell(cell.source, metadata=cell.metadata)


def _told(notebook: NotebookNode, over: set[int]) -> dict[str, str | None]:
    """What the checks of a notebook that ran say; whether they passed is read as from any saved notebook."""
    with tempfile.TemporaryDirectory(prefix="course-submit-") as place:
        nbformat.write(notebook, Path(place) / "ran.ipynb")
        ran = saved.read(Path(place) / "ran.ipynb")
    told: dict[str, str | None] = {}
    for i, (cell, source) in enumerate(zip(ran, notebook.cells, strict=True)):
        if cell.points is not None:
            told[cell.name] = None if i not in over else "" if cell.passed else _reason(source)
    return told


def _reason(cell: NotebookNode) -> str:
    """The first line of what a check that does not hold says."""
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if not errors:
        return "prints no ✓"
    name, text = errors[0].ename, errors[0].evalue
    if name == STOPPED:
        return f"takes longer than {SECONDS_A_CELL} seconds; it was stopped"
    said = text.strip().split("\n")[0]
    return said.removeprefix("✗ ") if name == "CheckFailed" else f"{name}: {said}".removesuffix(": ")
