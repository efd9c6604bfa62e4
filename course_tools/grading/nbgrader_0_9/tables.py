"""nbgrader's rows of one assignment in its gradebook, read and written a class at a time.

Runs in the grader's main process alone. nbgrader's own calls commit after each step and load each object anew; here
a class is entered in one commit, and a result's marks wait for the caller's commit. Rows and rules are nbgrader's:
what it shows, exports and changes by hand afterwards is the same.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from nbgrader import preprocessors, utils
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import LateSubmissionPlugin
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, load_only
from traitlets.config import Config

from course_tools.grading.judging.master import Master, grade_id
from course_tools.grading.nbgrader_0_9.marks import CellMark, cell_marks, is_empty
from course_tools.grading.submission import Graded
from course_utils.errors import CourseError

PREPARE = ("LockCells", "ClearSolutions", "ClearOutput", "CheckCellMetadata", "ComputeChecksums", "SaveCells")


@dataclass
class StudentMarks:
    """What the gradebook holds for one student: a score for each cell, the late penalty, what waits for a person.

    A cell that waits for a person has a score of 0.
    """

    by_cell: dict[str, float | None] = field(default_factory=dict)
    late_penalty: float = 0.0
    waiting: set[str] = field(default_factory=set)

    @property
    def needs_hand(self) -> bool:
        """Whether an answer waits for a person."""
        return bool(self.waiting)


class NbgraderTables:
    """One assignment in nbgrader's gradebook. Only `enroll` commits by itself; all else waits for `commit`."""

    def __init__(self, book: Gradebook, master: Master, config: Config) -> None:
        self.book, self.master = book, master
        self.db = book.db
        self._register()
        notebook = book.find_notebook(master.name, master.name)
        self.notebook_id, self.assignment_id = notebook.id, notebook.assignment_id
        self.checksums = {cell.name: cell.checksum for cell in notebook.source_cells}
        self.graded = {cell.name: cell.id for cell in notebook.grade_cells}
        self.answers = {cell.name: cell.id for cell in notebook.solution_cells}
        self.submissions: dict[str, tuple[str, str]] = {}
        self.late = late_plugin(config)

    def _register(self) -> None:
        """Bring the gradebook's picture of the assignment up to the source, as generate_assignment would."""
        name = self.master.name
        self.book.update_or_create_assignment(name)
        notebook = copy.deepcopy(self.master.notebook)
        resources = {"nbgrader": {"notebook": name, "assignment": name, "db_url": _url(self.book)}}
        try:
            for step in PREPARE:
                notebook, resources = getattr(preprocessors, step)().preprocess(notebook, resources)
        except RuntimeError as e:
            raise CourseError(
                f"The cells of {name} changed after submissions were graded, which the gradebook cannot follow. "
                "Restore the names of its cells, or give the corrected assignment a new name."
            ) from e
        self.db.expire_all()

    def enroll(self, students: Iterable[str]) -> None:
        """Make the rows that these students and their submissions still lack, in one commit."""
        students = list(students)
        known = set(self.db.scalars(select(Student.id)))
        self._add(Student, ({"id": s} for s in students if s not in known))
        has = select(SubmittedAssignment.student_id, SubmittedAssignment.id).where(
            SubmittedAssignment.assignment_id == self.assignment_id
        )
        entered = {row[0] for row in self.db.execute(has)}
        new = [{"assignment_id": self.assignment_id, "student_id": s} for s in students if s not in entered]
        self._add(SubmittedAssignment, new)
        submissions = {row[0]: row[1] for row in self.db.execute(has)}
        self._add_notebooks([submissions[s] for s in students])
        notebooks = self._notebooks()
        self.submissions = {s: (submissions[s], notebooks[submissions[s]]) for s in students}
        wanted = [notebook for _, notebook in self.submissions.values()]
        self._add_cells(Grade, wanted, self.graded.values())
        self._add_cells(Comment, wanted, self.answers.values())
        self.db.commit()

    def _notebooks(self) -> dict[str, str]:
        has = select(SubmittedNotebook.assignment_id, SubmittedNotebook.id).where(
            SubmittedNotebook.notebook_id == self.notebook_id
        )
        return {row[0]: row[1] for row in self.db.execute(has)}

    def _add_notebooks(self, submissions: list[str]) -> None:
        has = self._notebooks()
        rows = [{"assignment_id": s, "notebook_id": self.notebook_id} for s in submissions if s not in has]
        self._add(SubmittedNotebook, rows)

    def _add_cells(self, model: Any, notebooks: list[str], cells: Iterable[str]) -> None:
        has = {tuple(row) for row in self.db.execute(select(model.notebook_id, model.cell_id))}
        pairs = [(notebook, cell) for notebook in notebooks for cell in cells]
        self._add(model, ({"notebook_id": n, "cell_id": c} for n, c in pairs if (n, c) not in has))

    def _add(self, model: Any, rows: Iterable[dict[str, Any]]) -> None:
        if rows := list(rows):
            self.db.execute(insert(model), rows)

    def stamp(self, graded: Graded) -> dict[str, CellMark]:
        """The mark of each cell; nbgrader's checksums are put into the notebook, by which it knows untouched answers.

        Raises NoVerdict when a graded cell has no mark.
        """
        for cell in graded.notebook.cells:
            if grade_id(cell):
                cell.metadata.nbgrader["checksum"] = self.checksums[grade_id(cell)]
        return cell_marks(graded.notebook, graded.verdicts, self.graded)

    def enter(
        self, student: str, graded: Graded, marks: dict[str, CellMark], timestamp: str
    ) -> dict[str, tuple[float, float]]:
        """Enter the marks of a stamped notebook, which answers are empty, and when it was handed in.

        Marks that a person gave stay. Gives (the earlier mark, the new one) of each cell whose mark changed.
        """
        _, notebook = self.submissions[student]
        columns = load_only(Grade.cell_id, Grade.auto_score, Grade.manual_score, Grade.needs_manual_grade)
        grades = self.db.scalars(select(Grade).where(Grade.notebook_id == notebook).options(columns))
        by_cell = {grade.cell_id: grade for grade in grades}
        entered = {name: mark.enter(by_cell[self.graded[name]]) for name, mark in marks.items()}
        empty = {self.answers[grade_id(cell)] for cell in graded.notebook.cells if is_empty(cell)}
        for comment in self.db.scalars(select(Comment).where(Comment.notebook_id == notebook)):
            comment.auto_comment = "No response." if comment.cell_id in empty else None
        self._penalise(student, as_utc(timestamp))
        return {name: changed for name, changed in entered.items() if changed}

    def _penalise(self, student: str, timestamp: datetime | None) -> None:
        """Enter when it was handed in and what nbgrader's plugin takes for lateness: 0 to all of the score."""
        submission_id, notebook_id = self.submissions[student]
        submission = self.db.get(SubmittedAssignment, submission_id)
        submission.timestamp = timestamp
        _penalise(self.db, self.late, submission, notebook_id)

    def commit(self) -> None:
        """Keep everything entered since the last commit, and forget the objects it took."""
        self.db.commit()
        self.db.expunge_all()

    def rollback(self) -> None:
        """Forget everything entered since the last commit."""
        self.db.rollback()
        self.db.expunge_all()

    def flag(self, students: Iterable[str]) -> None:
        """Enter that a person must look at the marks of these students, in one commit."""
        notebooks = [self.submissions[s][1] for s in students if s in self.submissions]
        if notebooks:
            self.db.execute(update(Grade).where(Grade.notebook_id.in_(notebooks)).values(needs_manual_grade=True))
            self.commit()

    def marks(self) -> dict[str, StudentMarks]:
        """What the gradebook holds for each student who handed in."""
        return class_marks(self.book, self.assignment_id)


def class_marks(book: Gradebook, assignment_id: str) -> dict[str, StudentMarks]:
    """What the gradebook holds for each student who handed in an assignment; writes nothing."""
    query = (
        select(
            SubmittedAssignment.student_id,
            BaseCell.name,
            Grade.score,
            Grade.auto_score,
            Grade.manual_score,
            SubmittedNotebook.late_submission_penalty,
        )
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .where(SubmittedAssignment.assignment_id == assignment_id)
    )
    found: dict[str, StudentMarks] = {}
    for student, name, score, auto, manual, penalty in book.db.execute(query):
        marks = found.setdefault(student, StudentMarks(late_penalty=penalty or 0.0))
        marks.by_cell[name] = score
        if auto is None and manual is None:
            marks.waiting.add(name)
    return found


def late_plugin(config: Config) -> LateSubmissionPlugin:
    """What says how many points lateness costs: none, unless nbgrader's configuration names another."""
    plugin = config.AssignLatePenalties.get("plugin_class", LateSubmissionPlugin)
    return (plugin if isinstance(plugin, type) else LateSubmissionPlugin)(config=config)


def settle(
    book: Gradebook,
    name: str,
    times: Mapping[str, datetime],
    until: Mapping[str, datetime],
    late: LateSubmissionPlugin,
) -> None:
    """Bring each submission's time, extension and penalty up to what is known, all in UTC, in one commit."""
    rows = book.db.query(SubmittedAssignment).join(Assignment).filter(Assignment.name == name)
    for submission in rows.all():
        student, due = submission.student_id, submission.assignment.duedate
        submission.timestamp = times.get(student, submission.timestamp)
        if student in until and due:
            submission.extension = max(timedelta(0), until[student] - due)
        for notebook in submission.notebooks:
            _penalise(book.db, late, submission, notebook.id)
    book.db.commit()


def _penalise(db: Session, late: LateSubmissionPlugin, submission: SubmittedAssignment, notebook_id: str) -> None:
    db.flush()
    penalty = None
    if submission.total_seconds_late > 0:
        score = db.scalar(select(SubmittedNotebook.score).where(SubmittedNotebook.id == notebook_id))
        penalty = late.late_submission_penalty(submission.student_id, score, submission.total_seconds_late)
        penalty = None if penalty is None else min(max(penalty, 0), score)
    row = update(SubmittedNotebook).where(SubmittedNotebook.id == notebook_id)
    db.execute(row.values(late_submission_penalty=penalty))


def _url(book: Gradebook) -> str:
    return book.engine.url.render_as_string(hide_password=False)


def as_utc(timestamp: str) -> datetime | None:
    """What nbgrader's timestamp.txt says; None without a time that can be read."""
    try:
        return utils.parse_utc(timestamp) if timestamp else None
    except (ValueError, OverflowError):
        return None
