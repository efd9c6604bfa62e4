"""The one writer: results go into nbgrader's gradebook and folders, all of a submission or nothing.

Runs in the grader's main process alone. A result counts as kept when its row in `course_grading`, a table of ours in
the same database, is committed together with its marks; a batch that was killed finds there what is done. The
graded notebook is written before, under another name first, so that it is whole whenever the marks are there.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader import preprocessors, utils
from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.plugins import LateSubmissionPlugin
from sqlalchemy import text
from sqlalchemy.orm import joinedload

from course_utils.errors import CourseError
from course_utils.grading.clean import BOOKKEEPING, Cleaned
from course_utils.grading.master import Master, grade_id
from course_utils.grading.submission import Graded

VERSION = "1"  # a new one grades every submission again
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


class Recorder:
    """Writes one assignment's results. One at a time, in one process."""

    def __init__(self, book: Gradebook, master: Master, submitted: Path, autograded: Path, config: Any) -> None:
        self.book, self.master = book, master
        self.submitted, self.autograded = submitted, autograded
        plugin = config.AssignLatePenalties.get("plugin_class", LateSubmissionPlugin)
        self.late = (plugin if isinstance(plugin, type) else LateSubmissionPlugin)(config=config)
        self.book.db.execute(text(TABLE))
        self.book.db.commit()
        self._register()
        self.checksums = self._checksums()

    def _register(self) -> None:
        """Bring the gradebook's picture of the assignment up to the source, as generate_assignment would."""
        name = self.master.name
        self.book.update_or_create_assignment(name)
        notebook = nbformat.from_dict(json.loads(json.dumps(self.master.notebook)))
        resources = {"nbgrader": {"notebook": name, "assignment": name, "db_url": str(self.book.engine.url)}}
        try:
            for step in PREPARE:
                notebook, resources = getattr(preprocessors, step)().preprocess(notebook, resources)
        except RuntimeError as e:
            raise CourseError(
                f"The cells of {name} changed after submissions were graded: nbgrader's gradebook cannot follow. "
                "Give the corrected assignment a new name, or restore the names of its cells."
            ) from e
        self.book.db.expire_all()

    def _checksums(self) -> dict[str, str]:
        notebook = self.book.find_notebook(self.master.name, self.master.name)
        return {cell.name: cell.checksum for cell in notebook.source_cells}

    def kept(self) -> dict[str, str]:
        """The fingerprint of what each student's kept result was graded from."""
        query = text("SELECT student, fingerprint FROM course_grading WHERE assignment = :name")
        return {row[0]: row[1] for row in self.book.db.execute(query, {"name": self.master.name})}

    def fingerprint(self, student: str) -> str:
        """Changes when anything that was handed in, or the assignment, changes."""
        digest = hashlib.sha256(f"{VERSION}/{self.master.fingerprint}".encode())
        folder = self.submitted / student / self.master.name
        for here, folders, names in os.walk(folder):
            folders.sort()
            for path in (Path(here) / name for name in sorted(names)):
                found = path.lstat()
                digest.update(
                    f"{path.relative_to(folder)}/{found.st_mode}/{found.st_size}/{found.st_mtime_ns}".encode(
                        errors="replace"
                    )
                )
        return digest.hexdigest()

    def save(self, student: str, graded: Graded, cleaned: Cleaned, fingerprint: str) -> None:
        """Keep one result: the notebook's folder first, then marks, comments and the row of ours in one commit."""
        for cell in graded.notebook.cells:
            if (name := grade_id(cell)) in self.checksums:
                cell.metadata.nbgrader["checksum"] = self.checksums[name]
        self._write_folder(student, graded, cleaned)
        notebook = self._submitted_notebook(student)
        self._mark(notebook, graded)
        self._penalise(notebook, student)
        values = {"name": self.master.name, "student": student}
        self.book.db.execute(
            text("DELETE FROM course_grading WHERE assignment = :name AND student = :student"), values
        )
        values |= {"fingerprint": fingerprint, "person": json.dumps(graded.person)}
        self.book.db.execute(
            text("INSERT INTO course_grading VALUES (:name, :student, :fingerprint, :person)"), values
        )
        self.book.db.commit()
        self.book.db.expunge_all()  # memory must not grow with the class

    def _write_folder(self, student: str, graded: Graded, cleaned: Cleaned) -> None:
        source, target = self.submitted / student / self.master.name, self.autograded / student / self.master.name
        fresh = target.with_name(f".{target.name}.new")
        for folder in (fresh, target):
            shutil.rmtree(folder, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name, content in cleaned.files:
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_bytes(content)
        for name in BOOKKEEPING:
            if (source / name).is_file() and not (source / name).is_symlink():
                shutil.copyfile(source / name, fresh / name)
        (fresh / f"{self.master.name}.ipynb").write_text(nbformat.v4.writes(graded.notebook) + "\n", encoding="utf-8")
        fresh.rename(target)

    def _submitted_notebook(self, student: str) -> SubmittedNotebook:
        """The gradebook's row for this student's notebook, made when it is missing, with its marks loaded."""
        try:
            self.book.find_student(student)
        except MissingEntry:
            self.book.add_student(student)
        found: dict[str, Any] = {}
        if timestamp := self._timestamp(student):
            found["timestamp"] = timestamp
        submission = self.book.update_or_create_submission(self.master.name, student, **found)
        query = self.book.db.query(SubmittedNotebook).filter(SubmittedNotebook.assignment_id == submission.id)
        loaded = query.options(joinedload(SubmittedNotebook.grades), joinedload(SubmittedNotebook.comments))
        return loaded.populate_existing().all()[0]

    def _timestamp(self, student: str) -> Any:
        path = self.submitted / student / self.master.name / "timestamp.txt"
        try:
            return utils.parse_utc(path.read_text(encoding="utf-8")[:100].strip()) if path.is_file() else None
        except (ValueError, OverflowError, UnicodeDecodeError):
            return None

    def _mark(self, notebook: SubmittedNotebook, graded: Graded) -> None:
        """Set every automatic mark, from the graded cells alone; marks given by hand stay."""
        cells = {grade_id(cell): cell for cell in graded.notebook.cells if grade_id(cell)}
        doubtful = {verdict.cell for verdict in graded.verdicts if verdict.person}
        for grade in notebook.grades:
            grade.auto_score, _ = utils.determine_grade(cells[grade.name])
            by_hand = grade.manual_score is not None or grade.auto_score is None
            grade.needs_manual_grade = by_hand or grade.name in doubtful
        for comment in notebook.comments:
            cell = cells[comment.name]
            untouched = self.checksums[comment.name] == utils.compute_checksum(cell)
            comment.auto_comment = "No response." if untouched else None

    def _penalise(self, notebook: SubmittedNotebook, student: str) -> None:
        """The late penalty of nbgrader's plugin, at least 0 and at most the score."""
        notebook.late_submission_penalty = None
        late = notebook.assignment.total_seconds_late
        if late > 0:
            self.book.db.flush()
            self.book.db.refresh(notebook)
            penalty = self.late.late_submission_penalty(student, notebook.score, late)
            if penalty is not None:
                notebook.late_submission_penalty = min(max(penalty, 0), notebook.score)

    def rows(self) -> list[Row]:
        """The summary of every kept result, by student."""
        query = text("SELECT student, person FROM course_grading WHERE assignment = :name ORDER BY student")
        kept = list(self.book.db.execute(query, {"name": self.master.name}))
        return [self._row(student, tuple(json.loads(person))) for student, person in kept]

    def _row(self, student: str, person: tuple[str, ...]) -> Row:
        notebook = self.book.find_submission_notebook(self.master.name, self.master.name, student)
        by_cell = {grade.name: grade.score for grade in notebook.grades}
        by_hand = any(grade.needs_manual_grade and grade.auto_score is None for grade in notebook.grades)
        penalty = notebook.late_submission_penalty or 0.0
        row = Row(student, notebook.score - penalty, notebook.max_score, by_cell, penalty, by_hand, person)
        self.book.db.expunge_all()
        return row
