"""The small assignment as stock nbgrader grades it, with ordinary hidden asserts, and the attacks run against it."""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.support import grading_course as course
from tests.support.attacks.bans import EVASIONS
from tests.support.attacks.catalogue import ATTACKS, HONEST, Attack, build

CONFIG = """c = get_config()
c.CourseDirectory.source_directory, c.CourseDirectory.release_directory = "solutions", "assignments"
c.CourseDirectory.submitted_directory = ".grading/submitted"
c.CourseDirectory.autograded_directory = ".grading/autograded"
c.CourseDirectory.db_url = "sqlite:///.grading/gradebook.db"
c.CourseDirectory.ignore = ["*.py"]
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
c.ExecutePreprocessor.timeout = 600
c.Execute.timeout = 600
"""
# What stock nbgrader gives to attacks that it falls for: a score, or None where it drops the submission. Only those
# that are safe without a sandbox are run (none kills, forks or fills).
FALLS: dict[str, float | None] = {
    "stripped_asserts": 9.0,
    "displayed_mark": 7.0,
    "torch_softmax": 7.0,
    "edits_gradebook": 36.0,
    "exits": None,
    "exits_in_answer": None,
    "broken_json": None,
    "doubled_cells": None,
    "honest_warnings": 7.0,
}
HIDDEN = {
    "softmax": "Z = torch.randn(4, 7)\nassert torch.allclose(softmax(Z), torch.softmax(Z, 1), atol=1e-5)",
    "linear": "X, W, b = torch.randn(5, 3), torch.randn(7, 3), torch.randn(7)\n"
    "assert torch.allclose(linear(X, W, b), X @ W.T + b, atol=1e-5)",
    "accuracy": "assert abs(accuracy(torch.eye(4), torch.arange(4)) - 1) < 1e-6",
    "momentum_step": "w, v = momentum_step(torch.ones(3), torch.ones(3), torch.ones(3), 0.1, 0.5)\n"
    "assert torch.allclose(v, torch.full((3,), 1.5))",
}


def make(folder: Path) -> Path:
    """The course with the unsealed assignment and nbgrader's usual settings."""
    course.make(folder)
    source = folder / "solutions" / course.NAME / f"{course.NAME}.py"
    text = source.read_text()
    for name, hidden in HIDDEN.items():
        part = re.compile(rf"(# %% test_{name} .*?### BEGIN HIDDEN TESTS\n).*?(### END)", re.DOTALL)
        text = part.sub(lambda m, hidden=hidden: f"{m.group(1)}{hidden}\n{m.group(2)}", text)
    source.write_text(text)
    shutil.rmtree(folder / "assignments")
    (folder / "nbgrader_config.py").write_text(CONFIG)
    from course_tools.authoring import build as course_build

    course_build.assignment(source, folder)
    (folder / ".grading").mkdir(exist_ok=True)
    nbgrader(folder, "generate_assignment", course.NAME, "--force")
    return folder


def nbgrader(root: Path, *line: str) -> subprocess.CompletedProcess:
    """One of nbgrader's commands in the course's folder; Jupyter's own configuration is left out."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1"}
    return subprocess.run(["nbgrader", *line], cwd=root, env=environment, capture_output=True, text=True, check=False)


def scores(root: Path) -> dict[str, float]:
    """Each student's score in the gradebook; a student whose submission was dropped has none."""
    query = (
        "SELECT a.student_id, SUM(COALESCE(g.manual_score, g.auto_score)) "
        "FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id "
        "JOIN submitted_assignment a ON n.assignment_id = a.id GROUP BY 1"
    )
    with contextlib.closing(sqlite3.connect(root / ".grading" / "gradebook.db")) as db:
        return {row[0]: row[1] for row in db.execute(query) if row[1] is not None}


def attacked(root: Path, attacks: Iterable[Attack]) -> dict[str, float | None]:
    """What stock nbgrader gives each attack, one by one; None where the submission is dropped."""
    solved = course.solved(root)
    found: dict[str, float | None] = {}
    for one in attacks:
        build(one, solved, root / ".grading" / "submitted" / one.name / course.NAME, root)
        nbgrader(root, "autograde", course.NAME, "--student", one.name)
        graded = root / ".grading" / "autograded" / one.name / course.NAME / f"{course.NAME}.ipynb"
        found[one.name] = scores(root).get(one.name) if graded.exists() else None
    return found


def table() -> str:
    """Every kind of attack with what stock nbgrader gives it, where that was tried, and what we give, as Markdown."""
    lines = ["| kind | worth | stock | ours |", "|---|--:|--:|--:|"]
    for one in ATTACKS:
        worth = course.FULL if one.full else HONEST
        ours = sum(points for cell, points in worth.items() if cell not in one.lost)
        stock = FALLS.get(one.name, "")
        lines.append(f"| {one.about} | {sum(worth.values()):g} | {_said(stock)} | {ours:g} |")
    return "\n".join(lines)


def ways_around() -> str:
    """Every way around a ban that is tried, by assignment, as Markdown."""
    lines = ["| assignment | way |", "|---|---|"]
    lines += [f"| {assignment} | {kind} |" for assignment, kinds in EVASIONS.items() for kind in kinds]
    return "\n".join(lines)


def _said(stock: float | str | None) -> str:
    return "dropped" if stock is None else f"**{stock:g}**" if isinstance(stock, float) else stock
