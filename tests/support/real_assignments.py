"""Grading answers to the course's own assignments, one notebook at a time, without a gradebook."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode

from course_tools.grading.engine import workers
from course_tools.grading.intake.clean import clean
from course_tools.grading.judging.master import Master, grade_id
from course_tools.grading.judging.reference import Reference
from course_tools.grading.submission import Graded, finish, prepare


def handed_in(master: Master, answers: Mapping[str, str]) -> NotebookNode:
    """The instructor's notebook, as a student would have it, with these answers in it."""
    notebook = copy.deepcopy(master.notebook)
    for cell in notebook.cells:
        cell.source = answers.get(grade_id(cell), cell.source)
        if grade_id(cell) in master.tests:
            cell.source = master.tests[grade_id(cell)].visible
    return notebook


def grade(notebook: NotebookNode, master: Master, expected: Reference, folder: Path) -> Graded:
    """The notebook with its verdicts, run in the sandbox; `folder` is for its file."""
    path = folder / f"{master.name}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    cleaned = clean(folder, master)
    trace = workers.run_program(prepare(cleaned, master, expected.seed), tuple(master.modules()), unsafe=False)
    return finish(cleaned, trace, expected)
