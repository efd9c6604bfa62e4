"""Which automatic marks changed when a submission was graded again: whose, from what to what, when and why.

nbgrader and `course grade` write a new mark over the old one, so that each change is kept here, for `course report`:
in a table `course_regrade` of nbgrader's gradebook, committed together with the new mark. Marks that a person gave
stay when a submission is graded again, and are no change.
"""

from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

TABLE = """
CREATE TABLE IF NOT EXISTS course_regrade (
    assignment VARCHAR(128) NOT NULL, student VARCHAR(128) NOT NULL, question VARCHAR(128) NOT NULL,
    earlier FLOAT NOT NULL, later FLOAT NOT NULL, at VARCHAR(32) NOT NULL, why VARCHAR(16) NOT NULL)
"""
EXERCISES, SUBMISSION, BOTH, UNKNOWN = "exercises", "submission", "both", ""  # what had changed


@dataclass(frozen=True)
class Change:
    """A mark that became another one; `why` is one of the words above, `at` is what `now` gave for the batch."""

    student: str
    question: str
    earlier: float
    later: float
    at: str
    why: str = UNKNOWN


def now() -> str:
    """The time as a change has it, in UTC: "2026-11-27 14:05:09"."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")


def keep(db: Session, assignment: str, change: Change) -> None:
    """Enter a change; the caller commits."""
    db.execute(text(TABLE))
    names = ("assignment", *(field.name for field in fields(Change)))
    values = dict(zip(names, (assignment, *astuple(change)), strict=True))
    columns, places = ", ".join(names), ", ".join(f":{name}" for name in names)
    db.execute(text(f"INSERT INTO course_regrade ({columns}) VALUES ({places})"), values)


def kept(db: Session, assignment: str) -> list[Change]:
    """Every change of an assignment, the latest batch first, by student."""
    if not inspect(db.connection()).has_table("course_regrade"):
        return []
    columns = ", ".join(field.name for field in fields(Change))
    query = f"SELECT {columns} FROM course_regrade WHERE assignment = :name ORDER BY at DESC, student, question"
    return [Change(*row) for row in db.execute(text(query), {"name": assignment})]
