"""The class list: a CSV from a learning management system, read into nbgrader's gradebook.

Columns are found by their headings, those of nbgrader (`nbgrader db student import`), of Moodle (the list of
participants, the grading worksheet of an assignment) and of Canvas (the exported gradebook).
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from course_tools.paths import ROOT
from course_utils.errors import CourseError

# An id names a folder in .grading/, and nbgrader's exchange separates its parts with a plus sign.
ID = re.compile(r"[A-Za-z0-9_@-][A-Za-z0-9_.@-]*")

EMAIL = ("email", "email address", "e-mail", "e-mail address")
HEADINGS = {
    "id": ("student_id", "username", "sis login id", "id", "id number", "sis user id", *EMAIL),
    "lms_user_id": ("lms_user_id", "identifier", "user id"),
    "first_name": ("first_name", "first name", "firstname", "given name"),
    "last_name": ("last_name", "last name", "lastname", "surname", "family name"),
    "name": ("full name", "fullname", "name", "student"),
    "email": EMAIL,
}


@dataclass(frozen=True)
class Student:
    """One row of the class list; `lms_user_id` is the number by which the learning management system knows them."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""


def run(file: Path, root: Path = ROOT) -> None:
    """Read a class list into the gradebook and say who is new."""
    from course_tools.grading.course import Course

    students = read(file)
    with Course(root).gradebook() as book:
        known = {student.id for student in book.students}
        for student in students:
            told = {key: value for key, value in asdict(student).items() if value and key != "id"}
            book.update_or_create_student(student.id, **told)
    new = [student.id for student in students if student.id not in known]
    print(f"{len(students)} students read from {file.name}, {len(new)} of them new.")


def read(file: Path) -> list[Student]:
    """The students of a CSV file, with commas, semicolons or tabs, in UTF-8 or Windows-1252.

    Raises CourseError that names the line when an id is missing, is used twice or cannot name a folder.
    """
    rows = csv.DictReader(_text(file).splitlines(), delimiter=_delimiter(_text(file)))
    columns = _columns(rows.fieldnames or [], file)
    students: dict[str, int] = {}
    found = []
    for line, row in enumerate(rows, start=2):
        if not any(row.values()) or "points possible" in str(row).lower():  # Canvas's second row
            continue
        student = _student(row, columns)
        _check(student.id, students, line, file)
        students[student.id] = line
        found.append(student)
    return found


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as e:
        raise CourseError(f"{file} cannot be read ({e.strerror}). Give the class list's CSV file.") from e
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    heading = text.split("\n", 1)[0]
    return max(",;\t", key=heading.count)


def _columns(headings: Sequence[str], file: Path) -> dict[str, str]:
    """For each field of a student, the heading of the column that holds it."""
    present = {heading.strip().lower(): heading for heading in headings if heading}
    columns = {
        field: present[next(n for n in names if n in present)]
        for field, names in HEADINGS.items()
        if any(n in present for n in names)
    }
    if "sis login id" in present and "id" in present:  # Canvas: `ID` is its own number
        columns["lms_user_id"] = present["id"]
    if "id" not in columns:
        raise CourseError(f"{file.name} has no column for the student's id. Name one `id`, `username` or `email`.")
    return columns


def _student(row: dict[str, str], columns: dict[str, str]) -> Student:
    cells = {field: (row.get(heading) or "").strip() for field, heading in columns.items()}
    first, last = _split(cells.pop("name", ""))
    cells["first_name"] = cells.get("first_name") or first
    cells["last_name"] = cells.get("last_name") or last
    # Moodle writes "Participant 4711"
    cells["lms_user_id"] = re.sub(r"^\D+(?=\d+$)", "", cells.get("lms_user_id", ""))
    return Student(**cells)


def _split(name: str) -> tuple[str, str]:
    """First and last name of "Ada Lovelace" and of "Lovelace, Ada"."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return first.strip(), last.strip()


def _check(student_id: str, seen: dict[str, int], line: int, file: Path) -> None:
    where = f"{file.name}, line {line}"
    if not ID.fullmatch(student_id):
        what = (
            f"the id {student_id!r} may hold only letters, digits and . _ - @" if student_id else "the id is missing"
        )
        raise CourseError(f"{where}: {what}. Nothing was read; correct the file and import it again.")
    if student_id in seen:
        raise CourseError(
            f"{where}: the id {student_id!r} stands in line {seen[student_id]} too. Remove one of them."
        )
