"""Marks for a spreadsheet, for Moodle and for Canvas, from nbgrader's gradebook.

Each is an nbgrader exporter: ``course export-marks 03 --format moodle``, or
``nbgrader export --exporter=course_tools.grading.gradebook.export_marks.MoodleExporter --to marks.csv``.

Formats: Moodle's grade import (Grades, Import, CSV file; as of Moodle 4.5) maps columns when it is uploaded and finds
people by email address, username, ID number or user id; an empty cell is no grade. Canvas's gradebook import
(lib/gradebook_importer.rb of the canvas-lms sources of 2025) wants Student, ID, SIS User ID, SIS Login ID, Section
and one column for each assignment, with a second row of the points possible; it finds people by ID, then by SIS
User ID and SIS Login ID.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry
from nbgrader.api import Student as GradebookStudent
from nbgrader.plugins import ExportPlugin

from course_tools.grading.course import Course
from course_tools.grading.gradebook import canvas
from course_tools.grading.gradebook.lateness import class_lateness
from course_tools.grading.inside.text import shown
from course_tools.paths import ROOT
from course_utils.errors import CourseError

FORMULA = re.compile(r"'* *[=+\-@\t\r\n]")  # how text begins that a spreadsheet may take for a formula


@dataclass(frozen=True)
class AssignmentMark:
    """What one student has for one assignment. `score` counts penalties and is None when nothing was handed in."""

    score: float | None
    max_score: float
    status: str  # "missing", "graded" or "needs a person"
    seconds_late: float = 0.0


def assignment_mark(book: Gradebook, assignment: Assignment, student: GradebookStudent) -> AssignmentMark:
    """The mark of a student, from the gradebook."""
    try:
        submission = book.find_submission(assignment.name, student.id)
    except MissingEntry:
        return AssignmentMark(None, assignment.max_score, "missing")
    score = max(0.0, submission.score - submission.late_submission_penalty)
    status = "needs a person" if submission.needs_manual_grade else "graded"
    return AssignmentMark(score, assignment.max_score, status, submission.total_seconds_late)


def unmarked(book: Gradebook, name: str) -> list[str]:
    """Whose marks are not complete, as an answer waits for a person."""
    assignment = book.find_assignment(name)
    return [s.id for s in book.students if assignment_mark(book, assignment, s).status == "needs a person"]


class CourseExporter(ExportPlugin):
    """What the three formats share: which students and assignments, and how cells are written."""

    default_file = "marks.csv"
    column = ""  # what Canvas calls the one assignment that is exported
    stated_late: Mapping[
        str, str
    ] = {}  # words for those who were late by the learning management system's word alone

    def export(self, gradebook: Gradebook) -> None:
        """Write the CSV file (`--to`); say how many marks still wait for a person."""
        path = Path(self.to or self.default_file)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([safe(cell) for cell in row] for row in self.rows(gradebook))
        self.log.info("Wrote %s", path)

    def rows(self, book: Gradebook) -> Iterator[list[object]]:
        """The lines of the file, headings first."""
        raise NotImplementedError

    def students(self, book: Gradebook) -> list[GradebookStudent]:
        """Those asked for (`--student`), or all, by name."""
        chosen = {str(s) for s in self.student}
        students = [s for s in book.students if not chosen or s.id in chosen]
        return sorted(students, key=lambda s: (s.last_name or "", s.first_name or "", s.id))

    def assignments(self, book: Gradebook) -> list[Assignment]:
        """Those asked for (`--assignment`), or all, by name."""
        chosen = {str(a) for a in self.assignment}
        return sorted((a for a in book.assignments if not chosen or a.name in chosen), key=lambda a: a.name)


class PlainExporter(CourseExporter):
    """One line for each student and assignment, with what a person wants to know."""

    def rows(self, book: Gradebook) -> Iterator[list[object]]:
        """Headings, then one line for each student of each assignment."""
        yield ["assignment", "student", "last name", "first name", "email", "points", "of", "status", "hours late"]
        for assignment in self.assignments(book):
            for student in self.students(book):
                m = assignment_mark(book, assignment, student)
                person = [student.id, student.last_name, student.first_name, student.email]
                hours = round(m.seconds_late / 3600, 2) or self.stated_late.get(student.id)
                yield [assignment.name, *person, m.score, m.max_score, m.status, hours]


class MoodleExporter(CourseExporter):
    """For Moodle's Grades, Import, CSV file: one line for each student, one column for each assignment."""

    default_file = "marks-moodle.csv"

    def rows(self, book: Gradebook) -> Iterator[list[object]]:
        """Headings as Moodle's own export has them, then one line for each student."""
        assignments = self.assignments(book)
        yield [
            "Username",
            "First name",
            "Last name",
            "Email address",
            *(f"Assignment: {a.name}" for a in assignments),
        ]
        for student in self.students(book):
            marks = [assignment_mark(book, assignment, student).score for assignment in assignments]
            yield [student.id, student.first_name, student.last_name, student.email, *marks]


class CanvasExporter(CourseExporter):
    """For Canvas's gradebook import: one line for each student, one column for each assignment."""

    default_file = "marks-canvas.csv"

    def rows(self, book: Gradebook) -> Iterator[list[object]]:
        """Headings, the points possible, then one line for each student, with what Canvas's own list says of them.

        Under the name of a column that Canvas has no points are given: Canvas would change its own to them.
        """
        assignments, people = self.assignments(book), canvas.people(book.db)
        names = [self.column] if self.column else [a.name for a in assignments]
        yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *names]
        yield ["    Points Possible", "", "", "", "", *("" if self.column else a.max_score for a in assignments)]
        for student in self.students(book):
            name = ", ".join(part for part in (student.last_name, student.first_name) if part) or student.id
            marks = [assignment_mark(book, assignment, student).score for assignment in assignments]
            own = people.get(student.id, canvas.Person("", student.id, ""))
            yield [name, student.lms_user_id, own.sis_user_id, own.sis_login_id, own.section, *marks]


EXPORTERS: dict[str, type[CourseExporter]] = {
    "plain": PlainExporter,
    "moodle": MoodleExporter,
    "canvas": CanvasExporter,
}


def safe(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe in front.

    So does text that begins like what has got one, so that `unguarded` gives each text back.
    """
    if cell is None:
        return ""
    return "'" + cell if isinstance(cell, str) and FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The text of which `safe` made a cell: an apostrophe of its own stays."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def kept_for_marks(root: Path, name: str) -> Path:
    """Where marks lie that nobody can commit by accident: git ignores the folder, and only its owner reads it."""
    folder = root / ".grading" / "marks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / name


def run(name: str, form: str = "plain", to: Path | None = None, root: Path = ROOT, column: str = "") -> None:
    """Write the marks of one assignment to `to`, or into .grading/marks, and say whose are not complete.

    `column` is what Canvas calls the assignment, in the first line of the gradebook that it exports.
    """
    if form not in EXPORTERS:
        raise CourseError(f"There is no format {form!r}. Choose one of {', '.join(EXPORTERS)}.")
    if column and form != "canvas":
        raise CourseError("--column names a column of Canvas. Add --format canvas, or leave it out.")
    course = Course(root)
    name = course.assignment(name)
    exporter = EXPORTERS[form](to=str(to or kept_for_marks(root, f"{name}-{form}.csv")), assignment=[name])
    with course.gradebook() as book:
        try:
            assignment = book.find_assignment(name)
        except MissingEntry as e:
            raise CourseError(f"Nothing of {name} is graded yet. Run `course grade {name}` first.") from e
        late = class_lateness(book, name, course.downloaded(name))
        exporter.stated_late = {student: str(how) for student, how in late.items() if how.stated}
        if column:
            exporter.column = column
            _check_column(column, assignment, canvas.columns(book.db))
        _write(exporter, book)
        waiting = unmarked(book, name)
    print(f"Wrote {exporter.to}")
    if waiting:
        print(f"Not complete, answers wait for a person: {shown(', '.join(waiting[:10]))} ({len(waiting)} in all)")


def _check_column(column: str, assignment: Assignment, known: Mapping[str, str]) -> None:
    """Raise CourseError for a column that Canvas does not have; say so where its points are others."""
    canvas.require_column(column, known)
    with suppress(ValueError):  # "(read only)", or nothing
        if column in known and (theirs := float(known[column])) != assignment.max_score:
            print(
                f"Canvas has {theirs:g} points for it, these marks are of {assignment.max_score:g}; nothing is scaled"
            )


def _write(exporter: CourseExporter, book: Gradebook) -> None:
    try:
        exporter.export(book)
    except OSError as e:
        raise CourseError(f"{exporter.to} cannot be written ({e.strerror}). Name another file with --to.") from e
