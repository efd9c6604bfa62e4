"""Our own bookkeeping: which results are kept, from what they were graded, why a person should look, what was late.

Two tables, `course_grading` and `course_late`, in the database of nbgrader's gradebook, so that a row of them is
committed together with the marks that nbgrader keeps (`nbgrader_0_9/tables`). nbgrader does not know them.
"""

import json
from collections.abc import Iterable, Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from course_tools.grading.inside.text import valid

TABLE = """
CREATE TABLE IF NOT EXISTS course_grading (
    assignment VARCHAR(128) NOT NULL, student VARCHAR(128) NOT NULL, fingerprint VARCHAR(64) NOT NULL,
    person TEXT NOT NULL, PRIMARY KEY (assignment, student))
"""
LATE = """
CREATE TABLE IF NOT EXISTS course_late (
    assignment VARCHAR(128) NOT NULL, student VARCHAR(128) NOT NULL, step VARCHAR(64) NOT NULL,
    part INTEGER NOT NULL, PRIMARY KEY (assignment, student, step))
"""


class KeptResults:
    """The kept results of one assignment, in the session of the gradebook; the caller commits."""

    def __init__(self, db: Session, assignment: str) -> None:
        self.db, self.assignment = db, assignment
        self.db.execute(text(TABLE))
        self.db.execute(text(LATE))
        self.db.commit()

    def keep(self, student: str, fingerprint: str, person: Iterable[str], late: Mapping[str, int]) -> None:
        """Enter what a result was graded from and what ran too long, in the same commit as its marks."""
        values = {"name": self.assignment, "student": student}
        self.db.execute(text("DELETE FROM course_grading WHERE assignment = :name AND student = :student"), values)
        values |= {"fingerprint": fingerprint, "person": json.dumps([*map(valid, person)])}
        self.db.execute(text("INSERT INTO course_grading VALUES (:name, :student, :fingerprint, :person)"), values)
        self.db.execute(text("DELETE FROM course_late WHERE assignment = :name AND student = :student"), values)
        for step, part in late.items():
            row = values | {"step": step, "part": part}
            self.db.execute(text("INSERT INTO course_late VALUES (:name, :student, :step, :part)"), row)

    def fingerprint(self, student: str) -> str:
        """The fingerprint of what a student's kept result was graded from; empty without a result."""
        query = text("SELECT fingerprint FROM course_grading WHERE assignment = :name AND student = :student")
        return self.db.scalar(query, {"name": self.assignment, "student": student}) or ""

    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of what each student's kept result was graded from."""
        query = text("SELECT student, fingerprint FROM course_grading WHERE assignment = :name")
        return {row[0]: row[1] for row in self.db.execute(query, {"name": self.assignment})}

    def of_another(self, master: str) -> set[str]:
        """Whose kept results were graded by other exercises than those of the fingerprint `master`."""
        parts = {student: found.split("/") for student, found in self.fingerprints().items()}
        return {student for student, found in parts.items() if len(found) > 1 and found[1] != master}

    def late(self) -> dict[str, dict[str, int]]:
        """For each student of whom something ran too long: which part of which step."""
        query = text("SELECT student, step, part FROM course_late WHERE assignment = :name")
        found: dict[str, dict[str, int]] = {}
        for student, step, part in self.db.execute(query, {"name": self.assignment}):
            found.setdefault(student, {})[step] = part
        return found

    def person(self) -> dict[str, tuple[str, ...]]:
        """For each student with a kept result, in order, why a person should look at it."""
        query = text("SELECT student, person FROM course_grading WHERE assignment = :name ORDER BY student")
        return {
            row[0]: tuple(map(valid, json.loads(row[1]))) for row in self.db.execute(query, {"name": self.assignment})
        }
