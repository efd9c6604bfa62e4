"""The seam to nbgrader: marks are the verdicts' numbers, on both ways; what it reads, it reads once."""

import contextlib
import math
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import compute_checksum
from nbgrader.validator import Validator
from traitlets.config import Config

from course_tools.authoring.build import environment_on_path
from course_tools.grading import grade, new_gradebook, regrades
from course_tools.grading.course import Course
from course_tools.grading.engine import workers
from course_tools.grading.gradebook import export_marks, feedback
from course_tools.grading.judging.judge import Verdict
from course_tools.grading.nbgrader_0_9 import FITS, plug, require_fitting, validation
from course_tools.grading.nbgrader_0_9.marks import CellMark, NoVerdict, cell_marks
from course_tools.grading.similarity import similarity
from course_tools.grading.submission import Graded, finish
from course_utils.errors import CourseError
from tests.support import grading_course as course


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A course with two submissions: ada solved everything, bob all but softmax."""
    root = course.make(tmp_path)
    solved = course.solved(root)
    course.hand_in(root, "ada", solved)
    course.cell(solved, "softmax").source = "def softmax(Z): return Z"
    course.hand_in(root, "bob", solved)
    return root


@pytest.fixture
def api(root: Path) -> NbGraderAPI:
    """nbgrader with the course's own configuration, and the assignment generated."""
    environment_on_path()
    api = NbGraderAPI(config=Course(root).settings)
    assert api.generate_assignment(course.NAME)["success"]
    return api


def automatic(root: Path, student: str) -> list[float | None]:
    """What the gradebook holds for a student, cell by cell."""
    query = (
        "SELECT auto_score FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id "
        "JOIN submitted_assignment a ON n.assignment_id = a.id JOIN base_cell c ON g.cell_id = c.id "
        "WHERE a.student_id = ? ORDER BY c.name"
    )
    with contextlib.closing(sqlite3.connect(root / ".grading" / "gradebook.db")) as db:
        return [row[0] for row in db.execute(query, (student,))]


def graded_folder(root: Path, student: str) -> Path:
    return root / ".grading" / "autograded" / student / course.NAME


def without(name: str) -> Callable[..., Graded]:
    """`finish` that loses the verdict on one cell wherever softmax is wrong: bob's."""

    def lossy(*arguments: Any) -> Graded:
        graded = finish(*arguments)
        if any(verdict.score < verdict.points for verdict in graded.verdicts):
            graded.verdicts = [verdict for verdict in graded.verdicts if verdict.cell != name]
        return graded

    return lossy


def mute(*arguments: Any) -> Graded:
    """`finish` that leaves nothing in the outputs from which nbgrader could read a mark."""
    graded = finish(*arguments)
    for cell in graded.notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return graded


def test_course_grade_enters_nothing_without_a_verdict_and_goes_on(root: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(grade, "finish", without("test_linear"))
    summary = course.grade(root)
    assert summary.failed.keys() == {"bob"}
    assert "test_linear has no verdict" in summary.failed["bob"]
    assert {row.student: row.score for row in summary.rows} == {"ada": 9.0, "bob": None}
    assert "test_linear has no verdict" in course.person(summary, "bob")
    assert automatic(root, "bob") == [None] * 4
    assert not graded_folder(root, "bob").exists()
    monkeypatch.undo()
    assert {row.student: row.score for row in course.grade(root).rows} == {"ada": 9.0, "bob": 7.0}


def test_nbgrader_autograde_enters_nothing_without_a_verdict_and_goes_on(
    root: Path, api: NbGraderAPI, monkeypatch: Any
) -> None:
    monkeypatch.setattr(plug, "finish", without("test_linear"))
    done = api.autograde(course.NAME, "*")
    assert not done["success"]
    assert "test_linear has no verdict" in done["log"]
    assert automatic(root, "bob") == [None] * 4
    assert not graded_folder(root, "bob").exists()
    assert automatic(root, "ada") == [2.0, 2.0, 3.0, 2.0]


@pytest.mark.parametrize("way", ["course grade", "nbgrader autograde"])
def test_marks_do_not_come_from_outputs(way: str, root: Path, api: NbGraderAPI, monkeypatch: Any) -> None:
    """nbgrader gives full points to a cell without output."""
    if way == "course grade":
        monkeypatch.setattr(grade, "finish", mute)
        course.grade(root)
    else:
        monkeypatch.setattr(plug, "finish", mute)
        assert api.autograde(course.NAME, "*")["success"]
    assert course.outputs(root, "bob")["test_softmax"] == []
    assert automatic(root, "bob") == [2.0, 2.0, 3.0, 0.0]


def test_a_notebook_that_the_sealed_grader_did_not_run_has_no_marks(root: Path, api: NbGraderAPI) -> None:
    preprocessors = api.config.Autograde.autograde_preprocessors
    api.config.Autograde.autograde_preprocessors = [p for p in preprocessors if "SealedExecute" not in p]
    done = api.autograde(course.NAME, "ada")
    assert not done["success"]
    assert "was not run by the sealed grader" in done["log"]
    assert automatic(root, "ada") == [None] * 4


def test_autograde_loads_the_assignment_once_and_cleans_each_submission_once(
    root: Path, api: NbGraderAPI, monkeypatch: Any
) -> None:
    counts = {"load": 0, "clean": 0, "run_reference": 0}

    def counted(name: str) -> Callable[..., Any]:
        real = getattr(plug, name)

        def call(*arguments: Any) -> Any:
            counts[name] += 1
            return real(*arguments)

        return call

    for name in counts:
        monkeypatch.setattr(plug, name, counted(name))
    assert api.autograde(course.NAME, "*")["success"]
    assert counts == {"load": 1, "clean": 2, "run_reference": 1}
    text = (graded_folder(root, "ada") / f"{course.NAME}.ipynb").read_text(encoding="utf-8")
    assert "course_grading" not in text, "state of the grader rides in the notebook"


def test_a_command_executes_the_configuration_once(root: Path) -> None:
    count = root / "executed.txt"
    with (root / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write('\nwith (ROOT / "executed.txt").open("a") as count:\n    count.write("x")\n')
    for command in (grade.run, feedback.run, export_marks.run, similarity.run):
        options = {"to": root / "marks.csv"} if command is export_marks.run else {}
        count.unlink(missing_ok=True)
        command(course.NAME, root=root, **options)
        assert count.read_text() == "x", command.__module__


@pytest.fixture(scope="module", autouse=True)
def nothing_left_warm() -> Any:
    yield
    workers.close()


# -- what a cell earns ------------------------------------------------------------------------------------------


def cell(name: str, **flags: Any) -> nbformat.NotebookNode:
    metadata = {"nbgrader": {"grade_id": name, "grade": True, "solution": False, "locked": True, "points": 2} | flags}
    return nbformat.v4.new_code_cell("pass", metadata=metadata)


def marks(*cells: nbformat.NotebookNode, verdicts: list[Verdict], graded: str) -> dict[str, CellMark]:
    return cell_marks(nbformat.v4.new_notebook(cells=list(cells)), verdicts, [graded])


def test_a_mark_is_the_verdicts_number() -> None:
    verdicts = [Verdict("test_a", 2.0, 1.0 / 3.0, person=["look"]), Verdict("other", 2.0, 2.0)]
    assert marks(cell("test_a"), verdicts=verdicts, graded="test_a") == {"test_a": CellMark(1.0 / 3.0, doubtful=True)}


@pytest.mark.parametrize("score", [math.nan, -0.5, 2.5, math.inf])
def test_a_number_that_is_no_mark_is_an_error(score: float) -> None:
    with pytest.raises(NoVerdict, match="test_a has a verdict of"):
        marks(cell("test_a"), verdicts=[Verdict("test_a", 2.0, score)], graded="test_a")


def test_a_cell_or_a_verdict_that_is_missing_is_an_error() -> None:
    with pytest.raises(NoVerdict, match="test_a has no verdict"):
        marks(cell("test_a"), verdicts=[], graded="test_a")
    with pytest.raises(NoVerdict, match="test_b is not in the graded notebook"):
        marks(cell("test_a"), verdicts=[Verdict("test_b", 2.0, 2.0)], graded="test_b")


def test_an_answer_for_a_person_has_no_mark_unless_it_is_untouched() -> None:
    answer = cell("why", solution=True, locked=False)
    assert marks(answer, verdicts=[], graded="why") == {"why": CellMark(None)}
    answer.metadata.nbgrader.checksum = compute_checksum(answer)
    assert marks(answer, verdicts=[], graded="why") == {"why": CellMark(0.0)}


def test_a_blank_answer_waits_for_nobody() -> None:
    """`course words` writes no row for it, so that nobody would mark it."""
    answer = cell("why", solution=True, locked=False)
    answer.source = " \n"
    assert marks(answer, verdicts=[], graded="why") == {"why": CellMark(0.0)}


@pytest.mark.parametrize(
    ("mark", "by_hand", "look"),
    [
        (CellMark(1.0), None, False),
        (CellMark(1.0), 1.5, True),
        (CellMark(1.0, doubtful=True), None, True),
        (CellMark(None), None, True),
    ],
)
def test_a_mark_that_a_person_gave_stays(mark: CellMark, by_hand: float | None, look: bool) -> None:
    grade = SimpleNamespace(auto_score=0.5, manual_score=by_hand, needs_manual_grade=None)
    mark.enter(grade)
    assert (grade.auto_score, grade.manual_score, grade.needs_manual_grade) == (mark.score, by_hand, look)


# -- its version ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("installed", [f"{FITS}.0", f"{FITS}.6", f"{FITS}.10.dev0"])
def test_the_minor_that_it_fits(installed: str) -> None:
    require_fitting(installed)
    assert require_fitting.__module__.endswith(f"nbgrader_{FITS.replace('.', '_')}")


@pytest.mark.parametrize("installed", ["0.8.9", "0.10.0", "1.9.0", "0.95.1"])
def test_another_minor_of_nbgrader_is_one_sentence(installed: str) -> None:
    with pytest.raises(CourseError) as error:
        require_fitting(installed)
    said = str(error.value)
    assert f"nbgrader {installed} is installed" in said
    assert f"nbgrader=={FITS}.*" in said
    assert said.count(". ") == 0


def test_a_new_gradebook_has_the_version_that_nbgrader_gives_it() -> None:
    folder = Path(sys.executable).parent
    theirs = subprocess.run(
        [sys.executable, "-c", "from nbgrader.api import get_alembic_version; print(get_alembic_version())"],
        capture_output=True, text=True, check=True, env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert new_gradebook.version() == theirs.stdout.strip()


def test_nbgrader_autograde_keeps_what_a_regrade_changed(root: Path, api: NbGraderAPI) -> None:
    assert api.autograde(course.NAME, "bob")["success"]
    course.hand_in(root, "bob", course.solved(root))
    assert api.autograde(course.NAME, "bob", force=True)["success"]
    with Course(root).gradebook() as book:
        [change] = regrades.kept(book.db, course.NAME)
    assert (change.student, change.question) == ("bob", "test_softmax")
    assert (change.earlier, change.later, change.why) == (0.0, 2.0, regrades.UNKNOWN)


def a_test(name: str, points: int, source: str) -> nbformat.NotebookNode:
    marks = {"grade": True, "grade_id": name, "locked": True, "points": points, "solution": False}
    marks |= {"schema_version": 3, "task": False, "cell_type": "code"}
    return new_code_cell(source, metadata={"nbgrader": marks, "tags": ["raises-exception"]})


def test_validate_counts_the_checks_and_gives_a_line_to_each_that_fails(tmp_path: Path, capsys: Any) -> None:
    cells = [
        new_code_cell("from course_utils import check\ndef stub(x): raise NotImplementedError"),
        new_markdown_cell("## 3.1 A <b>sum</b>\n*Write · 2 points*"),
        a_test("test_sum", 2, "import warnings\nwarnings.warn('no harm')\ncheck.close('sum', lambda: 1 + 1, 2)"),
        a_test("test_other", 1, "check.close('other', lambda: 1 + 1, 2.5, slips={'The half is <lost>.': 2})"),
        new_markdown_cell("## 3.2 A stub"),
        a_test("test_stub", 3, "check.close('stub', lambda: stub(1), 2)"),
        a_test("test_missing", 4, "1 / 0"),
    ]
    kernel = {"display_name": ".venv (3.12.3)", "language": "python", "name": "of-another-tool"}  # VS Code's
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, tmp_path / "exercises.ipynb")
    config = Config()
    plug.plug_in(config)
    validator = Validator(config=config)
    validator.stream = sys.stdout
    validator.validate_and_print(str(tmp_path / "exercises.ipynb"))
    first, _, *lines = capsys.readouterr().out.splitlines()
    assert first == "1 of 4 checks hold, 2 of 10 points. What failed:"
    assert lines == [
        "3.1 A <b>sum</b>, other (1 point): The half is <lost>.",
        "3.2 A stub, stub (3 points): stub is not written yet: replace the two lines under `# YOUR CODE HERE`.",
        "3.2 A stub, missing (4 points): ZeroDivisionError: division by zero",
    ]


def test_what_the_dialog_of_validate_takes_as_html_is_escaped(tmp_path: Path, monkeypatch: Any) -> None:
    nbformat.write(new_notebook(cells=[a_test("test_sum", 2, "1 / 0")]), tmp_path / "exercises.ipynb")
    failed = [{"source": "1 / 0", "error": "", "raw_error": "<img src=x>"}]
    monkeypatch.setattr(validation, "nbgraders_validate", lambda *_: {"failed": failed})
    [shown] = validation.validate(Validator(), str(tmp_path / "exercises.ipynb"))["failed"]
    assert shown["source"] == "0 of 1 checks hold, 0 of 2 points"
    assert shown["error"] == "<div>sum (2 points): &lt;img src=x&gt;</div>"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("✗ loss is 3; it should be 2", "✗ loss is 3; it should be 2"),
        (
            "✗ loss differs\n  → The mean is\n    asked for.\n  → It is halved.",
            "The mean is asked for. It is halved.",
        ),
        ("Traceback\n  line 1\nNameError: name 'z' is not defined\n", "NameError: name 'z' is not defined"),
        ("", "It failed."),
        ("✗" + "x" * 1000, "✗" + "x" * 298 + "…"),
    ],
)
def test_what_a_failing_check_says_in_a_line(error: str, said: str) -> None:
    assert validation.shortly(error) == said
