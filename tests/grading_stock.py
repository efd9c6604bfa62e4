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

import grading_course as course

sys.path.insert(0, str(course.HERE / "attacks"))
from catalogue import Attack, build

CONFIG = """c = get_config()
c.CourseDirectory.source_directory, c.CourseDirectory.release_directory = "solutions", "assignments"
c.CourseDirectory.submitted_directory = ".grading/submitted"
c.CourseDirectory.autograded_directory = ".grading/autograded"
c.CourseDirectory.db_url = "sqlite:///.grading/gradebook.db"
c.CourseDirectory.ignore = ["*.py"]
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
c.ExecutePreprocessor.timeout = 10
c.Execute.timeout = 10
"""
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
    from course_utils import build as course_build

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
    """Each student's automatic score in the gradebook; students whose submission was dropped have none."""
    query = (
        "SELECT a.student_id, SUM(g.auto_score) FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id "
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
