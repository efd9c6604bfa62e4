"""What a gradebook that Canvas exported says beyond names, kept so that marks go back under Canvas's own words.

Two tables beside nbgrader's: `course_canvas` has each student's SIS User ID, SIS Login ID and Section as they stood
in the class list, `course_canvas_column` the assignments' columns with their points. Canvas's import
(lib/gradebook_importer.rb, 2025) finds an assignment by the number at the end of its column's name, passes over each
name that holds one of `TOTALS`, and takes over what "Points Possible" says.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from course_tools.grading.inside.text import shown
from course_utils.errors import CourseError

TABLES = (
    """CREATE TABLE IF NOT EXISTS course_canvas (student VARCHAR(128) PRIMARY KEY,
    sis_user_id TEXT NOT NULL, sis_login_id TEXT NOT NULL, section TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS course_canvas_column (name TEXT PRIMARY KEY, points TEXT NOT NULL)""",
)
COLUMN = re.compile(r"[^\n]+\([0-9]+\)")
TOTALS = (
    *("Current Score", "Current Points", "Current Grade"),
    *("Final Score", "Final Points", "Final Grade"),
    *("Override Score", "Override Grade", "Override Status"),
)


@dataclass(frozen=True)
class Person:
    """What Canvas wrote beside a student's name and number."""

    sis_user_id: str
    sis_login_id: str
    section: str


def assignments(names: Iterable[str], points: Iterable[str]) -> dict[str, str]:
    """The columns that are assignments, as Canvas calls them, each with its points."""
    cells = zip(map(str.strip, names), map(str.strip, points), strict=False)
    return {name: most for name, most in cells if COLUMN.fullmatch(name) and not any(t in name for t in TOTALS)}


def keep(db: Session, people: Mapping[str, Person], columns: Mapping[str, str]) -> None:
    """Enter what an export says: people beside those of earlier ones, its columns instead of theirs. Commits."""
    for table in TABLES:
        db.execute(text(table))
    for student, person in people.items():
        row = {"student": student, **vars(person)}
        db.execute(text("DELETE FROM course_canvas WHERE student = :student"), row)
        db.execute(text("INSERT INTO course_canvas VALUES (:student, :sis_user_id, :sis_login_id, :section)"), row)
    db.execute(text("DELETE FROM course_canvas_column"))
    for name, points in columns.items():
        db.execute(text("INSERT INTO course_canvas_column VALUES (:name, :points)"), {"name": name, "points": points})
    db.commit()


def people(db: Session) -> dict[str, Person]:
    """Whom the exports had, by id."""
    if not inspect(db.connection()).has_table("course_canvas"):
        return {}
    rows = db.execute(text("SELECT student, sis_user_id, sis_login_id, section FROM course_canvas"))
    return {row[0]: Person(*row[1:]) for row in rows}


def columns(db: Session) -> dict[str, str]:
    """The assignments of the last export, each with its points."""
    if not inspect(db.connection()).has_table("course_canvas_column"):
        return {}
    rows = db.execute(text("SELECT name, points FROM course_canvas_column"))
    return {row[0]: row[1] for row in rows}


def require_column(name: str, known: Iterable[str]) -> None:
    """Raise CourseError for a name under which Canvas would make a new assignment, or take nothing."""
    if total := next((total for total in TOTALS if total in name), ""):
        raise CourseError(
            f"Canvas takes no marks from a column whose name holds {total!r}. Name the assignment's own."
        )
    known = list(known)
    listed = f" Columns of the export that you imported: {'; '.join(known[:20])}." if known else ""
    if not COLUMN.fullmatch(name):
        raise CourseError(
            f"{shown(name)!r} is no column of Canvas: these end with a number, as in 'Homework 3 (1234)'."
            f"{listed or ' Copy it from the first line of the gradebook that Canvas exports.'}"
        )
    if known and name not in known:
        raise CourseError(
            f"The gradebook that you imported from Canvas has no column {shown(name)!r}.{listed} "
            "If the assignment is newer, export the gradebook again and read it with: course roster FILE"
        )
