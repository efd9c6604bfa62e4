"""The class loop with nbgrader's own programs, in a course of its own: from release to export.

Where the tests run as root the student is another user of the machine, who owns nothing but a home; elsewhere the
student is the same user with another home.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from course_tools import demo
from course_tools.authoring import build
from course_tools.grading import grade
from course_tools.paths import ROOT
from course_utils.errors import CourseError
from tests.support import patience

pytestmark = pytest.mark.slow

TINY = ROOT / "tests" / "support" / "tiny_course" / "solutions" / "90_tiny" / "90_tiny.py"
NAME = "90_tiny"
NOBODY = 65534
# Another user, who can read everything (this Python may lie in root's home) but writes only what is theirs.
AS_NOBODY = [
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
]


@dataclass(frozen=True)
class Person:
    """Somebody who runs nbgrader in `home`; `become` is the command in front, for another user."""

    home: Path
    exchange: Path
    become: tuple[str, ...] = ()

    def nbgrader(self, *arguments: str) -> str:
        """Run a command of nbgrader and return what it said; fail the test when it fails."""
        env = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "XDG_"))}
        env |= {"HOME": str(self.home), "COURSE_EXCHANGE": str(self.exchange)}
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
        command = [*self.become, sys.executable, "-m", "nbgrader", *arguments]
        done = subprocess.run(
            command, cwd=self.home, env=env, capture_output=True, text=True, timeout=patience.SECONDS
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


def other_user() -> tuple[str, ...]:
    """The command that makes another user of one, where that is possible."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        return ()
    return tuple(AS_NOBODY) if subprocess.run([*AS_NOBODY, "true"]).returncode == 0 else ()


@pytest.fixture(scope="module")
def teacher() -> Iterator[Person]:
    """The instructor in a fresh course with one tiny assignment."""
    folder = Path(tempfile.mkdtemp(prefix="course-test-"))
    folder.chmod(0o755)
    (folder / "home").mkdir()
    demo.prepare(folder / "home", TINY)
    yield Person(folder / "home", folder / "exchange")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def student(teacher: Person) -> Person:
    """A student with the public edition's nbgrader_config.py in a home of their own."""
    home = teacher.home.parent / "student"
    home.mkdir()
    shutil.copy(ROOT / "nbgrader_config.py", home)
    become = other_user()
    if become:
        os.chown(home, NOBODY, NOBODY)
    return Person(home, teacher.exchange, become)


def answer(person: Person, cells: dict[str, str]) -> None:
    """Write answers into the student's copy, as the editor would."""
    path = person.home / "work" / "assignments" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = cells.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    owner = path.stat()
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    os.chown(path, owner.st_uid, owner.st_gid)


def book(teacher: Person) -> Gradebook:
    return Gradebook(f"sqlite:///{teacher.home}/.grading/gradebook.db")


def test_the_whole_loop_with_the_real_programs(teacher: Person, student: Person) -> None:
    solved = demo.solutions(build.nbgrader_source(TINY))
    before = (teacher.home / "assignments" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")

    teacher.nbgrader("generate_assignment", NAME, "--force")
    released = (teacher.home / "assignments" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert released == before, "generate_assignment changes the committed student version"
    teacher.nbgrader("release_assignment", NAME)

    assert NAME in student.nbgrader("list")
    student.nbgrader("fetch_assignment", NAME)
    fetched = student.home / "work" / "assignments" / NAME
    assert [p.name for p in fetched.iterdir()] == [f"{NAME}.ipynb"], "more than the notebook reached the student"
    assert "failed" in student.nbgrader("validate", str(fetched / f"{NAME}.ipynb"))
    answer(student, {**solved, "variance": "def variance(values):\n    return 0.0"})
    student.nbgrader("submit", NAME)
    assert NAME in student.nbgrader("list", "--cached")

    teacher.nbgrader("collect", NAME)
    collected = list((teacher.home / ".grading" / "submitted").glob(f"*/{NAME}/{NAME}.ipynb"))
    assert len(collected) == 1
    who = collected[0].parents[1].name
    teacher.nbgrader("autograde", NAME)
    graded = teacher.home / ".grading" / "autograded" / who / NAME
    assert not list(graded.glob("*.py")), "the solution lies beside the graded submission"
    with book(teacher) as marks:
        assert {g.name: g.auto_score for g in marks.find_submission_notebook(NAME, NAME, who).grades} == {
            "test_mean": 2,
            "test_variance": 0,
            "test_sigmoid": 1,
            "test_relu": 2,
            "why": None,
        }
    teacher.nbgrader("generate_feedback", NAME)
    teacher.nbgrader("release_feedback", NAME)

    student.nbgrader("fetch_feedback", NAME)
    pages = list((fetched / "feedback").glob(f"*/{NAME}.html"))
    assert len(pages) == 1
    assert "5 of 10 points so far</strong>; an answer waits for a person (2 points)" in pages[0].read_text(
        encoding="utf-8"
    )

    teacher.nbgrader("export", "--to", "grades.csv")
    with (teacher.home / "grades.csv").open(encoding="utf-8") as file:
        assert [(row["student_id"], float(row["score"])) for row in csv.DictReader(file)] == [(who, 5.0)]
    exporter = "course_tools.grading.gradebook.export_marks.CanvasExporter"
    teacher.nbgrader("export", f"--exporter={exporter}", "--to", "canvas.csv")
    assert (teacher.home / "canvas.csv").read_text(encoding="utf-8").startswith("Student,ID,SIS User ID,")


def test_a_corrected_test_keeps_the_marks_that_a_person_gave(teacher: Person, student: Person) -> None:
    """After the loop above: the answer in words gets 2 points by hand, and a wrong test is corrected."""
    with book(teacher) as marks:
        [grade] = [
            g for s in marks.assignment_submissions(NAME) for n in s.notebooks for g in n.grades if g.name == "why"
        ]
        grade.manual_score, grade.needs_manual_grade = 2, False
        marks.db.commit()
        who = grade.student.id

    source = teacher.home / "solutions" / NAME / f"{NAME}.py"
    text = source.read_text(encoding="utf-8").replace(
        'assert variance([1.0, 3.0]) == 1.0, "the squares are averaged over all values"',
        "assert variance([1.0, 3.0]) is not None",
    )
    hidden = "assert variance([2.0, 4.0, 9.0]) == 26 / 3"
    source.write_text(text.replace(hidden, "assert variance([2.0, 2.0]) == 0.0"), encoding="utf-8")
    build.assignment(source, teacher.home)
    teacher.nbgrader("generate_assignment", NAME, "--force")
    teacher.nbgrader("autograde", NAME, "--force")

    with book(teacher) as marks:
        scores = {g.name: g.score for g in marks.find_submission_notebook(NAME, NAME, who).grades}
    assert scores["test_variance"] == 3, "the corrected test was not used"
    assert scores["why"] == 2, "the mark that a person gave is gone"


def test_course_grade_after_a_correction_keeps_them_too(teacher: Person) -> None:
    """The same with `course grade`: a correction alone makes it grade again."""
    source = teacher.home / "solutions" / NAME / f"{NAME}.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("assert relu(3.0) == 3.0", "assert relu(3.0) == 4.0"), encoding="utf-8")
    build.assignment(source, teacher.home)
    with pytest.raises(CourseError, match="test_relu"):  # nobody is graded by a check that the solution fails
        grade.run(NAME, root=teacher.home)
    source.write_text(text.replace("assert relu(3.0) == 3.0", "assert relu(2.5) == 2.5"), encoding="utf-8")
    build.assignment(source, teacher.home)
    summary = grade.run(NAME, root=teacher.home)
    assert summary.graded == 1
    [row] = summary.rows
    assert row.by_cell["why"] == 2, "the mark that a person gave is gone"
    assert grade.run(NAME, root=teacher.home).graded == 0, "graded again without a change"


def test_nothing_of_a_solution_reaches_a_release(tmp_path: Path) -> None:
    """Whatever lies beside the source: Python, editors' copies, a private folder."""
    demo.prepare(tmp_path, TINY)
    beside = tmp_path / "solutions" / NAME
    (beside / "private").mkdir()
    for name in ("private/labels.csv", "90_tiny.py~", ".90_tiny.py.swp", "slips.py.orig", "old.bak", "table.csv"):
        (beside / name).write_text("secret", encoding="utf-8")
    Person(tmp_path, tmp_path / "exchange").nbgrader("generate_assignment", NAME, "--force")
    reached = {
        p.relative_to(tmp_path / "assignments" / NAME).as_posix() for p in (tmp_path / "assignments").rglob("*.*")
    }
    assert reached == {f"{NAME}.ipynb", "table.csv"}
    notebook = json.loads((tmp_path / "assignments" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    text = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert "math.exp" not in text
    assert "26 / 3" not in text
