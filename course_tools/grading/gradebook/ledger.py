"""The rows of one assignment in nbgrader's gradebook, read and written a class at a time.

Runs in the grader's main process alone. nbgrader's own calls commit after each step and load each object anew; here
a class is entered in one commit, and a result's marks are a few updates that wait for the caller's commit. Rows and
rules are nbgrader's (0.9): what it shows, exports and changes by hand afterwards is the same.
"""

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nbgrader import preprocessors
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import insert, select, text, update

from course_tools.grading.judging.master import Master
from course_utils.errors import CourseError

PREPARE = ("LockCells", "ClearSolutions", "ClearOutput", "CheckCellMetadata", "ComputeChecksums", "SaveCells")
TABLE = """
CREATE TABLE IF NOT EXISTS course_grading (
    assignment VARCHAR(128) NOT NULL, student VARCHAR(128) NOT NULL, fingerprint VARCHAR(64) NOT NULL,
    person TEXT NOT NULL, PRIMARY KEY (assignment, student))
"""


@dataclass(frozen=True)
class Row:
    """A line of the summary: a student's marks by question, and why a person should look."""

    student: str
    score: float
    max_score: float
    by_cell: dict[str, float | None]
    late_penalty: float
    needs_hand: bool
    person: tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """The automatic mark of a cell: None where a person has to give it; `doubtful` asks a person to look."""

    score: float | None
    doubtful: bool


class Ledger:
    """One assignment in the gradebook. Nothing is kept until `commit`, except what `enroll` and `register` say."""

    def __init__(self, book: Gradebook, master: Master) -> None:
        self.book, self.master = book, master
        self.db = book.db
        self.db.execute(text(TABLE))
        self.db.commit()
        self._register()
        notebook = book.find_notebook(master.name, master.name)
        self.notebook_id, self.assignment_id = notebook.id, notebook.assignment_id
        self.checksums = {cell.name: cell.checksum for cell in notebook.source_cells}
        self.graded = {cell.name: cell.id for cell in notebook.grade_cells}
        self.answers = {cell.name: cell.id for cell in notebook.solution_cells}
        self.submissions: dict[str, tuple[str, str]] = {}

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
            self.db.execute(insert(model.__table__), rows)

    def mark(self, student: str, marks: dict[str, Mark], untouched: set[str]) -> None:
        """Set each automatic mark and say which answers were left `untouched`; marks given by hand stay."""
        _, notebook = self.submissions[student]
        grade, comment = Grade.__table__, Comment.__table__
        for name, cell in self.graded.items():
            mark = marks[name]
            look = mark.score is None or mark.doubtful
            here = update(grade).where(grade.c.notebook_id == notebook, grade.c.cell_id == cell)
            by_hand = True if look else grade.c.manual_score.is_not(None)
            self.db.execute(here.values(auto_score=mark.score, needs_manual_grade=by_hand))
        for name, cell in self.answers.items():
            here = update(comment).where(comment.c.notebook_id == notebook, comment.c.cell_id == cell)
            self.db.execute(here.values(auto_comment="No response." if name in untouched else None))

    def penalise(self, student: str, timestamp: Any, plugin: Any) -> None:
        """Enter when it was handed in and what nbgrader's `plugin` takes for lateness: 0 to all of the score."""
        submission, notebook = self.submissions[student]
        table = SubmittedAssignment.__table__
        self.db.execute(update(table).where(table.c.id == submission).values(timestamp=timestamp))
        row = self.db.get(SubmittedAssignment, submission, populate_existing=True)
        penalty = None
        if row.total_seconds_late > 0:
            score = self.db.scalar(select(SubmittedNotebook.score).where(SubmittedNotebook.id == notebook))
            penalty = plugin.late_submission_penalty(student, score, row.total_seconds_late)
            penalty = None if penalty is None else min(max(penalty, 0), score)
        table = SubmittedNotebook.__table__
        self.db.execute(update(table).where(table.c.id == notebook).values(late_submission_penalty=penalty))

    def keep(self, student: str, fingerprint: str, person: list[str]) -> None:
        """Enter what the result was graded from, in the same commit as its marks."""
        values = {"name": self.master.name, "student": student}
        self.db.execute(text("DELETE FROM course_grading WHERE assignment = :name AND student = :student"), values)
        values |= {"fingerprint": fingerprint, "person": json.dumps(person)}
        self.db.execute(text("INSERT INTO course_grading VALUES (:name, :student, :fingerprint, :person)"), values)

    def commit(self) -> None:
        """Keep everything entered since the last commit, and forget the objects it took."""
        self.db.commit()
        self.db.expunge_all()

    def kept(self) -> dict[str, str]:
        """The fingerprint of what each student's kept result was graded from."""
        query = text("SELECT student, fingerprint FROM course_grading WHERE assignment = :name")
        return {row[0]: row[1] for row in self.db.execute(query, {"name": self.master.name})}

    def rows(self) -> list[Row]:
        """The summary of every kept result, by student."""
        query = text("SELECT student, person FROM course_grading WHERE assignment = :name ORDER BY student")
        kept = {row[0]: tuple(json.loads(row[1])) for row in self.db.execute(query, {"name": self.master.name})}
        marks: dict[str, dict[str, float | None]] = {student: {} for student in kept}
        penalties: dict[str, float] = {}
        by_hand: set[str] = set()
        for student, name, score, auto, manual, penalty in self.db.execute(self._marks()):
            if student in kept:
                marks[student][name] = score
                penalties[student] = penalty or 0.0
                if auto is None and manual is None:
                    by_hand.add(student)
        most = sum(self.master.points.values())
        found = []
        for student, person in kept.items():
            by_cell = {name: marks[student].get(name) for name in self.master.points}
            score = sum(x or 0.0 for x in by_cell.values()) - penalties.get(student, 0.0)
            found.append(Row(student, score, most, by_cell, penalties.get(student, 0.0), student in by_hand, person))
        return found

    def _marks(self) -> Any:
        return (
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
            .where(SubmittedAssignment.assignment_id == self.assignment_id)
        )


def _url(book: Gradebook) -> str:
    return book.engine.url.render_as_string(hide_password=False)
