"""`course grade`: a class of submissions, graded side by side, kept one by one.

Runs in the grader's main process: it cleans, hands programs to the workers, judges what comes back and writes. Only
programs leave this process; only this process knows expected values and writes marks. Killed at any moment and
started again it goes on where it was.
"""

import csv
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout
from nbgrader.api import Gradebook
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from course_tools.grading.course import Course
from course_tools.grading.engine import workers
from course_tools.grading.engine.program import Program, Trace
from course_tools.grading.gradebook.late import settle_class
from course_tools.grading.gradebook.results import ResultWriter, Row
from course_tools.grading.inside.text import shown, valid
from course_tools.grading.intake.clean import Cleaned, clean
from course_tools.grading.judging.master import Master, load
from course_tools.grading.judging.own import References
from course_tools.grading.judging.reference import run_reference
from course_tools.grading.step import Failed, attempt
from course_tools.grading.submission import finish, prepare
from course_tools.paths import ROOT
from course_utils.errors import CourseError

T = TypeVar("T")
COMMIT_SECONDS = 0.5  # of grading that a kill can cost


@dataclass
class Summary:
    """What a batch did: how many it graded and found done, a row for each kept result, and what went wrong."""

    graded: int
    already: int
    rows: list[Row]
    failed: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def run(
    name: str, count: int | None = None, only: str = "", unsafe: bool = False, scheduler: str = "", root: Path = ROOT
) -> Summary:
    """Grade what was handed in for `name` and not graded yet; print the marks and who needs a person.

    Raises CourseError when the assignment, the sandbox or the cluster is not there, or another batch is running.
    """
    console = Console()
    course = Course(root)
    name = course.assignment(name)
    with _only_batch(root, name), course.gradebook() as book:
        summary = grade(course, book, name, count or workers.count(), only, unsafe, scheduler, console)
    path = root / ".grading" / f"{name}.csv"
    written = attempt(f"writing {path}", partial(write_csv, path, summary.rows))
    print_summary(console, name, summary, path)
    if isinstance(written, Failed):
        raise CourseError(f"{written.reason}. The marks above are in the gradebook.")
    if summary.failed:
        raise CourseError(
            f"{len(summary.failed)} submissions could not be graded. Run the command again to try them."
        )
    return summary


def grade(
    course: Course,
    book: Gradebook,
    name: str,
    count: int,
    only: str,
    unsafe: bool,
    scheduler: str,
    console: Console,
) -> Summary:
    """Grade into `book`; see `run`."""
    master = load(course.folder("source") / name)
    writer = ResultWriter(course, book, master)
    students, failed = _students(writer.submitted, name)
    if only and only not in students:
        raise CourseError(f"{only} has handed in nothing for {name}. Look into {writer.submitted}.")
    kept = writer.kept.fingerprints()
    fingerprints = _fingerprints(writer, [s for s in students if not only or s == only], failed)
    _enroll(writer, fingerprints)
    todo = [student for student, mark in fingerprints.items() if kept.get(student) != mark]
    summary = Summary(0, len(fingerprints) - len(todo), [], failed, _warnings(master, unsafe))
    if todo:
        _Batch(master, writer, fingerprints, summary, count, unsafe, scheduler, console).grade(todo)
    settle_class(course, book, name)
    writer.flag(summary.failed)
    summary.rows = [row for row in _with_failed(writer, summary.failed) if not only or row.student == only]
    return summary


def _students(submitted: Path, name: str) -> tuple[list[str], dict[str, str]]:
    """Who handed in; and why a folder whose name no gradebook can hold is left out, by the name as it is shown."""
    found = sorted(path.parent.name for path in submitted.glob(f"*/{name}") if path.is_dir())
    nameless = {valid(s): "its folder's name is not text; rename it" for s in found if valid(s) != s}
    return [s for s in found if valid(s) == s], nameless


def _fingerprints(writer: ResultWriter, students: Iterable[str], failed: dict[str, str]) -> dict[str, str]:
    """The fingerprint of each submission whose files can be looked at; the reason for each other one, in `failed`."""
    found: dict[str, str] = {}
    for student in students:
        done = attempt("looking at its files", partial(writer.fingerprint, student))
        if isinstance(done, Failed):
            failed[student] = done.reason
        else:
            found[student] = done
    return found


def _enroll(writer: ResultWriter, students: Iterable[str]) -> None:
    if isinstance(done := attempt("entering the class", partial(writer.enroll, students)), Failed):
        raise CourseError(f"{done.reason}. No submission is graded.")


def _with_failed(writer: ResultWriter, failed: Mapping[str, str]) -> list[Row]:
    """The summary's rows, with one, without marks or with old ones, for each student who could not be graded."""
    rows = {row.student: row for row in writer.rows()}
    for student, reason in failed.items():
        told = f"could not be graded: {reason}"
        if student in rows:
            told += "; these marks are an earlier version's"
        row = rows.get(student) or writer.empty_row(student)
        rows[student] = replace(row, person=(told, *row.person))
    return [rows[student] for student in sorted(rows)]


def _warnings(master: Master, unsafe: bool) -> list[str]:
    found = [f"{t.name} has no sealed checks: its mark can be forged." for t in master.tests.values() if not t.parts]
    if unsafe:
        found.append("Graded with --unsafe: nothing kept submissions from files, the network or each other.")
    return found


@dataclass
class _Batch:
    """The submissions in flight. A submission whose time ran out beside others is run again by itself at the end."""

    master: Master
    writer: ResultWriter
    fingerprints: dict[str, str]
    summary: Summary
    count: int
    unsafe: bool
    scheduler: str
    console: Console
    seed: str = field(default_factory=lambda: secrets.token_hex(8))
    entered: list[str] = field(default_factory=list)  # whose results wait for the commit
    commit_at: float = 0.0

    def grade(self, students: Sequence[str]) -> None:
        self.modules, self.late = tuple(self.master.modules()), self.writer.kept.late()
        with self._bar() as bar:
            task = bar.add_task("warming up", total=len(students))
            first = run_reference(self.master, self.seed, workers.warm(self.modules, self.unsafe))
            self.summary.warnings += [
                f"{test} is judged by a number that the submission's process measures, which can be forged."
                for test in first.measured_there()
            ]
            self.expected = References(self.writer.variants, first)
            for student in students:  # now, so that a solution that fails with some numbers stops the batch
                self.expected.of(student)
            bar.update(task, description=f"grading {self.master.name}")
            executor = workers.executor(self.count, self.scheduler)
            try:
                slow: list[str] = []
                for student in self._side_by_side(executor, students, slow):
                    bar.advance(task, student not in slow)
                for student in slow:
                    self._alone(student)
                    bar.advance(task)
            finally:
                workers.stop(executor)
                workers.close()

    def _bar(self) -> Progress:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        return Progress(*columns, console=self.console, transient=True)

    def _side_by_side(self, executor: Executor, students: Sequence[str], slow: list[str]) -> Iterator[str]:
        """Keep a few more submissions in flight than run at once; yield each student when done or found slow."""
        flying: dict[Future[Trace], tuple[str, Cleaned]] = {}
        left = iter(students)
        while True:
            while len(flying) < self.count + 2 and (student := next(left, None)) is not None:
                started = self._step(student, "reading it", partial(self._start, student, executor))
                if started is None:
                    yield student
                else:
                    flying[started[0]] = student, started[1]
            if not flying:
                self._commit()
                return
            arrived = {done: flying.pop(done) for done in wait(flying, return_when=FIRST_COMPLETED).done}
            for done, (student, cleaned) in arrived.items():
                self._finish(student, cleaned, done, slow)
            if time.monotonic() > self.commit_at:  # one write to the disk takes as long as judging one
                self._commit()
            yield from (student for student, _ in arrived.values())

    def _start(self, student: str, executor: Executor) -> tuple[Future[Trace], Cleaned]:
        cleaned, program = self._prepare(student)
        return executor.submit(workers.run_program, program, self.modules, self.unsafe), cleaned

    def _alone(self, student: str) -> None:
        """Run a submission with no neighbour that could have taken its time."""
        ran = self._step(student, "running it", partial(self._run, student))
        if ran is not None:
            self._keep(student, *ran, [])
            self._commit()

    def _run(self, student: str) -> tuple[Cleaned, Trace]:
        cleaned, program = self._prepare(student)
        return cleaned, workers.run_program(program, self.modules, self.unsafe)

    def _prepare(self, student: str) -> tuple[Cleaned, Program]:
        master = self.writer.variants.of(student)
        cleaned = clean(self.writer.handed_in(student), master)
        cleaned.person += self.writer.variants.another(cleaned.notebook, student)
        return cleaned, prepare(cleaned, master, self.seed, self.late.get(student))

    def _finish(self, student: str, cleaned: Cleaned, done: Future[Trace], slow: list[str]) -> None:
        trace = attempt("running it", done.result)
        if isinstance(trace, Failed):  # a worker is lost, whatever it says: its submission is tried here, by itself
            self.console.log(Text(shown(f"{student}: a worker was lost ({trace.reason}); it is graded here")))
            slow.append(student)
            return
        if trace.slow and self.count > 1:
            slow.append(student)
        else:
            self._keep(student, cleaned, trace, slow)

    def _keep(self, student: str, cleaned: Cleaned, trace: Trace, again: list[str]) -> None:
        """Judge and enter a result. What was entered beside one that fails half-way goes to `again`."""
        graded = self._step(student, "judging it", partial(finish, cleaned, trace, self.expected.of(student)))
        if graded is None:
            return
        save = partial(self.writer.save, student, graded, cleaned, self.fingerprints[student])
        if self._step(student, "recording it", lambda: save() or True):
            self.entered.append(student)
        else:
            self.writer.rollback()
            again += self.entered
            self.entered.clear()

    def _step(self, student: str, what: str, step: Callable[[], T]) -> T | None:
        """What a student's step gives; None when it failed, which their row then says."""
        done = attempt(what, step)
        if isinstance(done, Failed):
            self.summary.failed[student] = done.reason
            return None
        return done

    def _commit(self) -> None:
        done = attempt("writing the gradebook", self.writer.commit)
        if isinstance(done, Failed):
            raise CourseError(f"{done.reason}. Run the command again; what is graded is kept.")
        self.summary.graded += len(self.entered)
        self.entered.clear()
        self.commit_at = time.monotonic() + COMMIT_SECONDS


@contextmanager
def _only_batch(root: Path, name: str) -> Iterator[None]:
    """One batch of an assignment at a time; the lock goes with the process, however it ends."""
    folder = root / ".grading"
    folder.mkdir(exist_ok=True)
    try:
        held = FileLock(folder / f".{name}.lock").acquire(blocking=False)
    except Timeout as e:
        raise CourseError(f"{name} is being graded already. Wait for that batch, or stop it.") from e
    with held:
        yield


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """One line a student: the marks, question by question, and why a person should look."""
    cells = list(dict.fromkeys(cell for row in rows for cell in row.by_cell))
    with path.open("w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["student", "score", "max_score", *cells, "late", "late_penalty", "needs_a_person"])
        for row in rows:
            marks = [_number(row.by_cell.get(cell)) for cell in cells]
            why = "; ".join(_reasons(row))
            score = (_number(row.score), _number(row.max_score))
            writer.writerow([row.student, *score, *marks, row.late, row.late_penalty, why])


def print_summary(console: Console, name: str, summary: Summary, path: Path) -> None:
    """The table of marks and of who needs a person, and what the batch did."""
    table = Table(title=name, title_justify="left")
    late = any(row.late for row in summary.rows)
    for column in ("student", "marks", "of", *(["late"] if late else []), "needs a person"):
        table.add_column(column, justify="right" if column in ("marks", "of") else "left")
    for row in summary.rows:
        reasons = "\n".join(map(shown, _reasons(row)))
        cells = (shown(row.student), _so_far(row), _number(row.max_score))
        table.add_row(*map(Text, (*cells, *([row.late] if late else []), reasons)))
    console.print(table)
    for student, why in summary.failed.items():
        console.print(shown(f"{student} could not be graded: {why}"), markup=False)
    for warning in summary.warnings:
        console.print(f"[bold]Note:[/bold] {warning}")
    console.print(f"{summary.graded} graded now, {summary.already} before. Marks: {path}", markup=False)


def _reasons(row: Row) -> list[str]:
    return [*(["an answer in words waits for a person to mark it"] if row.needs_hand else []), *row.person]


def _so_far(row: Row) -> str:
    """The marks in the table; "5 + ?" where an answer waits for a person."""
    return f"{_number(row.score)} + ?" if row.needs_hand and row.score is not None else _number(row.score)


def _number(x: float | None) -> str:
    return "" if x is None else f"{x:.6g}"
