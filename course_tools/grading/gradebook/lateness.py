"""Who handed in late: by a time that nbgrader knows, else by the word of the learning management system.

The due date, the time of a submission and an extension are nbgrader's own fields, and so is what lateness costs. A
table of ours, `course_extension`, keeps extensions of those who have not handed in yet, of whom nbgrader has no row.
Canvas writes LATE into the names of late files, and no time into its archive.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, SubmittedAssignment
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from course_tools.grading.intake.collect import PREFIXES
from course_tools.grading.intake.owners import says_late

TABLE = """
CREATE TABLE IF NOT EXISTS course_extension (
    assignment VARCHAR(128) NOT NULL, student VARCHAR(128) NOT NULL, until VARCHAR(32) NOT NULL,
    PRIMARY KEY (assignment, student))
"""


@dataclass(frozen=True)
class Lateness:
    """How late a submission came: `seconds` where its time is known, else whether Canvas says that it was late."""

    seconds: float = 0.0
    stated: bool = False

    def __bool__(self) -> bool:
        return self.seconds > 0 or self.stated

    def __str__(self) -> str:
        if not self.seconds:
            return "late (Canvas)" if self.stated else ""
        minutes = max(1, round(self.seconds / 60))
        days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
        parts = [f"{days} d" * bool(days), f"{hours} h" * bool(hours), f"{minutes} min" * bool(minutes and not days)]
        return " ".join(filter(None, [*parts, "late"]))


def class_lateness(
    book: Gradebook, name: str, downloaded: Path, times: Mapping[str, datetime] | None = None
) -> dict[str, Lateness]:
    """The lateness of everybody who handed in late; `downloaded` is where the archives of the assignment lie.

    `times` has when those handed in who are not graded yet, and have no row in the gradebook.
    """
    rows = book.db.query(SubmittedAssignment).join(Assignment).filter(Assignment.name == name).all()
    seconds = {row.student_id: row.total_seconds_late for row in rows if row.timestamp and row.assignment.duedate}
    due = book.db.query(Assignment.duedate).filter(Assignment.name == name).scalar()
    until = extensions(book.db, name)
    for student, moment in (times or {}).items():
        if due and student not in seconds:
            seconds[student] = max(0, (moment - max(due, until.get(student, due))).total_seconds())
    stated = {student for student, prefix in prefixes(downloaded).items() if says_late(prefix)}
    found = {student: Lateness(late) for student, late in seconds.items() if late > 0}
    return found | {student: Lateness(stated=True) for student in stated - seconds.keys()}


def prefixes(downloaded: Path) -> dict[str, str]:
    """What each collected student's file began with, as the learning management system wrote it."""
    path = downloaded / PREFIXES
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def extend(db: Session, name: str, student: str, until: datetime) -> None:
    """Keep an extension; the caller commits."""
    db.execute(text(TABLE))
    row = {"name": name, "student": student, "until": until.isoformat()}
    db.execute(text("DELETE FROM course_extension WHERE assignment = :name AND student = :student"), row)
    db.execute(text("INSERT INTO course_extension VALUES (:name, :student, :until)"), row)


def extensions(db: Session, name: str) -> dict[str, datetime]:
    """Until when each student may hand in who has an extension, in UTC."""
    if not inspect(db.connection()).has_table("course_extension"):
        return {}
    rows = db.execute(text("SELECT student, until FROM course_extension WHERE assignment = :name"), {"name": name})
    return {student: datetime.fromisoformat(until) for student, until in rows}
