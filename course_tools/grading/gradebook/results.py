"""The one writer of `course grade`: a result goes into the folders and the gradebook, all of a submission or nothing.

Runs in the grader's main process alone. The graded notebook's folder is written first and put in place whole; then
nbgrader's rows (`nbgrader_0_9/tables`) and the row of ours that says "kept" (`kept`) are committed together. A batch
that was killed finds there what is done.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from course_tools.grading import regrades
from course_tools.grading.course import Course
from course_tools.grading.gradebook.kept import KeptResults
from course_tools.grading.gradebook.lateness import class_lateness
from course_tools.grading.intake.clean import BOOKKEEPING, TIMESTAMP, Cleaned, timestamp
from course_tools.grading.judging.master import Master
from course_tools.grading.judging.own import Variants
from course_tools.grading.nbgrader_0_9.tables import NbgraderTables, StudentMarks
from course_tools.grading.submission import Graded

VERSION = "2"  # a new one grades every submission again


@dataclass(frozen=True)
class Row:
    """A line of the summary: a student's marks by question, and why a person should look.

    No score: not graded. No mark of a question: it waits for a person, and the score is without it.
    """

    student: str
    score: float | None
    max_score: float
    by_cell: dict[str, float | None]
    late_penalty: float
    needs_hand: bool
    person: tuple[str, ...]
    late: str = ""  # how late it was handed in, in words


class ResultWriter:
    """Writes one assignment's results: `enroll` the class, `save` as many results as are there, then `commit`."""

    def __init__(self, course: Course, book: Gradebook, master: Master) -> None:
        self.master, self.book, self.downloaded = master, book, course.downloaded(master.name)
        self.variants = Variants(master)
        self.submitted, self.autograded = course.folder("submitted"), course.folder("autograded")
        self.kept = KeptResults(book.db, master.name)
        self.tables = NbgraderTables(book, master, course.settings)
        self.began = regrades.now()

    def fingerprint(self, student: str) -> str:
        """A text that changes when anything that the student handed in, but its time, or the assignment changes.

        It says which of them: this module's version, the assignment and the files, with a slash between them.
        """
        folder = self.handed_in(student)
        digest = hashlib.sha256()
        for here, folders, names in os.walk(folder):
            folders.sort()
            for path in (Path(here) / name for name in sorted(names) if name != TIMESTAMP):
                found = path.lstat()
                facts = (path.relative_to(folder), found.st_mode, found.st_size, found.st_mtime_ns)
                digest.update(repr(facts).encode(errors="replace"))
        return f"{VERSION}/{self.variants.of(student).fingerprint}/{digest.hexdigest()[:40]}"

    def handed_in(self, student: str) -> Path:
        """The folder of what a student handed in."""
        return self.submitted / student / self.master.name

    def enroll(self, students: Iterable[str]) -> None:
        """Make the rows that these students still lack, in a commit of its own."""
        self.tables.enroll(students)

    def save(self, student: str, graded: Graded, cleaned: Cleaned, fingerprint: str) -> None:
        """Write the graded notebook's folder, and enter the result for the next `commit`.

        Raises NoVerdict when a graded cell has no mark, and OSError when the folder cannot be written; nothing is
        entered then, and without a mark nothing is written either.
        """
        marks = self.tables.stamp(graded)
        self._write_folder(student, graded, cleaned)
        changed = self.tables.enter(student, graded, marks, timestamp(self.handed_in(student)))
        why = _why(self.kept.fingerprint(student), fingerprint)
        for question, (earlier, later) in changed.items():
            change = regrades.Change(student, question, earlier, later, self.began, why)
            regrades.keep(self.kept.db, self.master.name, change)
        self.kept.keep(student, fingerprint, graded.person, graded.late)

    def commit(self) -> None:
        """Keep marks and bookkeeping of all that was saved, in one commit."""
        self.tables.commit()

    def rollback(self) -> None:
        """Forget everything that was saved since the last commit."""
        self.tables.rollback()

    def flag(self, students: Iterable[str]) -> None:
        """Tell the gradebook that a person must look at these, in a commit of its own; those it does not have, no."""
        self.tables.flag(students)

    def empty_row(self, student: str) -> Row:
        """The summary of a student who has no marks."""
        most = sum(self.master.points.values())
        return Row(student, None, most, dict.fromkeys(self.master.points), 0.0, False, ())

    def rows(self) -> list[Row]:
        """The summary of every kept result, by student."""
        marks = self.tables.marks()
        person = self.kept.person()
        rows = [self._row(student, marks.get(student, StudentMarks()), why) for student, why in person.items()]
        late = class_lateness(self.book, self.master.name, self.downloaded)
        return [replace(row, late=str(late.get(row.student, ""))) for row in rows]

    def _row(self, student: str, marks: StudentMarks, person: tuple[str, ...]) -> Row:
        by_cell = {name: None if name in marks.waiting else marks.by_cell.get(name) for name in self.master.points}
        score = sum(x or 0.0 for x in by_cell.values()) - marks.late_penalty
        most = sum(self.master.points.values())
        return Row(student, score, most, by_cell, marks.late_penalty, marks.needs_hand, person)

    def _write_folder(self, student: str, graded: Graded, cleaned: Cleaned) -> None:
        target = self.autograded / student / self.master.name
        fresh = target.with_name(f".{target.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name, content in cleaned.files:
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_bytes(content)
        for name in BOOKKEEPING:
            source = self.handed_in(student) / name
            if source.is_file() and not source.is_symlink():
                shutil.copyfile(source, fresh / name)
        text = nbformat.v4.writes(graded.notebook)
        (fresh / f"{self.master.name}.ipynb").write_text(text + "\n", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)


def _why(earlier: str, later: str) -> str:
    """What changed between two fingerprints of one student: the exercises, the submission, or both."""
    then, now = earlier.split("/"), later.split("/")
    if len(then) != len(now):  # graded by nbgrader alone, or by a version that did not tell them apart
        return regrades.UNKNOWN
    exercises, files = then[1] != now[1], then[2] != now[2]
    if exercises and files:
        return regrades.BOTH
    return regrades.EXERCISES if exercises else regrades.SUBMISSION if files else regrades.UNKNOWN
