"""Whatever a step raises for one student is that student's row; the others, the CSV and the summary come."""

import csv
import errno
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from course_tools.grading import grade
from course_tools.grading.engine import workers
from course_tools.grading.grade import Summary
from course_tools.grading.gradebook.kept import KeptResults
from course_tools.grading.gradebook.results import ResultWriter
from course_tools.grading.nbgrader_0_9.tables import NbgraderTables
from course_tools.grading.step import Failed, attempt
from course_utils.errors import CourseError
from tests.support import grading_course as course


class Panic(BaseException):
    """What a panic in a library written in Rust becomes."""


ERRORS = {
    "recursion": RecursionError("maximum recursion depth exceeded"),
    "surrogate": UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    "memory": MemoryError(),
    "value": ValueError("odd \ud800 \x00 text"),
    "disk": OSError(errno.EIO, "one bad block"),
    "key": KeyError("test_linear"),
    "panic": Panic("called `Option::unwrap()` on a `None` value"),
}
STEPS = ("fingerprint", "clean", "prepare", "run", "finish", "save", "enter", "keep")
NEIGHBOURS = ("aaa", "mmm", "zzz")


def _raise_for(student: str, step: str) -> None:
    if student.startswith(f"{step}-"):
        raise ERRORS[student.removeprefix(f"{step}-")]


def _faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each step fail for the students whose names say so; a file beside the notebook tells later steps who."""

    def wrap(where: Any, name: str, step: str, who: Callable[..., str]) -> None:
        original = getattr(where, name)

        def faulty(*arguments: Any) -> Any:
            result = original(*arguments) if step in ("enter", "keep") else None  # these fail half-way
            _raise_for(who(*arguments), step)
            return result if step in ("enter", "keep") else original(*arguments)

        monkeypatch.setattr(where, name, faulty)

    def of(files: Any) -> str:
        return next((text.decode() for name, text in files if name == "who.txt"), "")

    wrap(ResultWriter, "fingerprint", "fingerprint", lambda writer, student: student)
    wrap(grade, "clean", "clean", lambda folder, master: folder.parent.name)
    wrap(grade, "prepare", "prepare", lambda cleaned, master, seed, late: of(cleaned.files))
    wrap(workers, "run_program", "run", lambda program, modules, unsafe: of(program.files))
    wrap(grade, "finish", "finish", lambda cleaned, trace, expected: of(cleaned.files))
    wrap(ResultWriter, "_write_folder", "save", lambda writer, student, graded, cleaned: student)
    wrap(NbgraderTables, "enter", "enter", lambda tables, student, *rest: student)
    wrap(KeptResults, "keep", "keep", lambda kept, student, *rest: student)


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    """One batch in which each step fails with each error for a student of its own, beside honest neighbours."""
    root = course.make(tmp_path_factory.mktemp("faulty"))
    solved = course.solved(root)
    for student in (*NEIGHBOURS, *(f"{step}-{error}" for step in STEPS for error in ERRORS)):
        (course.hand_in(root, student, solved) / "who.txt").write_text(student)
    with pytest.MonkeyPatch.context() as patch:
        _faulty(patch)
        return root, course.grade(root)


def test_each_failed_student_has_a_row_with_a_reason(batch: tuple[Path, Summary]) -> None:
    _, summary = batch
    rows = {row.student: row for row in summary.rows}
    for student in (f"{step}-{error}" for step in STEPS for error in ERRORS):
        assert rows[student].score is None
        assert "could not be graded" in course.person(summary, student)
        course.person(summary, student).encode()
    assert len(summary.failed) == len(STEPS) * len(ERRORS)


def test_neighbours_keep_their_marks(batch: tuple[Path, Summary]) -> None:
    _, summary = batch
    for student in NEIGHBOURS:
        assert course.marks(summary, student) == course.FULL
        assert course.person(summary, student) == ""
    assert summary.graded == len(NEIGHBOURS)


def test_the_table_can_be_written_and_the_next_batch_grades_the_rest(batch: tuple[Path, Summary]) -> None:
    root, summary = batch
    grade.write_csv(root / "marks.csv", summary.rows)
    rows = list(csv.DictReader((root / "marks.csv").open(encoding="utf-8")))
    assert len(rows) == len(summary.rows)
    assert {row["score"] for row in rows} == {"9", ""}
    again = course.grade(root)
    assert (again.failed, again.already) == ({}, len(NEIGHBOURS))
    assert {row.score for row in again.rows} == {9.0}


def test_a_later_failure_keeps_the_earlier_marks_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = course.make(tmp_path)
    course.hand_in(root, "finish-value", course.solved(root))
    course.grade(root)
    (course.hand_in(root, "finish-value", course.solved(root)) / "who.txt").write_text("finish-value")
    _faulty(monkeypatch)
    summary = course.grade(root)
    assert course.marks(summary, "finish-value") == course.FULL
    assert "an earlier version's" in course.person(summary, "finish-value")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "Make room"),
        (OSError(errno.EROFS, "Read-only file system"), "Make room"),
        (OperationalError("INSERT", {}, Exception("database is locked")), "Another program holds"),
        (OperationalError("INSERT", {}, Exception("database or disk is full")), "Make room"),
    ],
)
def test_what_stops_everybody_is_a_sentence(error: Exception, said: str) -> None:
    def step() -> None:
        raise error

    with pytest.raises(CourseError, match=said):
        attempt("recording it", step)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_the_teacher_can_stop_it(error: type[BaseException]) -> None:
    def step() -> None:
        raise error

    with pytest.raises(error):
        attempt("reading it", step)


def test_an_endless_step_ends() -> None:
    def step() -> None:
        while True:
            pass

    start = time.process_time()
    done = attempt("reading it", step, seconds=0.2)
    assert isinstance(done, Failed)
    assert "processor time" in done.reason
    assert time.process_time() - start < 2
