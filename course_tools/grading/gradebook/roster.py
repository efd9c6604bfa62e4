"""The class list: a CSV from a learning management system, read into nbgrader's gradebook.

Columns are found by their headings (`headings`): those of nbgrader (`nbgrader db student import`), of Moodle (list of
participants, grading worksheet of an assignment, export of grades) and of Canvas (the exported gradebook).
A row that cannot be read costs a sentence, and nobody else anything.
"""

import csv
import io
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbgrader.api import Gradebook

from course_tools.grading.gradebook import canvas, headings
from course_tools.grading.gradebook.export_marks import unguarded
from course_tools.grading.inside.text import shown
from course_tools.grading.intake.owners import Owner, made_up_id
from course_tools.paths import ROOT
from course_utils.errors import CourseError

# An id names a folder in .grading/. A login or an address may hold an apostrophe and a plus sign.
ID = re.compile(r"[\w@'+-][\w.@'+-]*")
LONGEST = 200  # bytes of an id: a disk takes 255
NAMED_NUMBER = re.compile(r"[^\d@]+\s([0-9]+)")  # "Participant 4711" in Moodle's worksheet
NUMBER = re.compile(r"(?:[^\d@]+\s)?([0-9]+)")
TEST_STUDENT = re.compile(r"[0-9a-f]{40}")  # the login of Canvas's "Student View" (app/models/course.rb): a digest
ABOVE = 10  # lines that may stand above the headings
TOLD = ("first_name", "last_name", "email", "lms_user_id")  # what nbgrader's gradebook keeps


@dataclass(frozen=True)
class Student:
    """One row of the class list; `lms_user_id` is the number by which the learning management system knows them.

    `own` is what Canvas wrote beside it, None in other lists; `handed_in` the time in Moodle's grading worksheet.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""
    own: canvas.Person | None = field(default=None, compare=False)
    handed_in: str = field(default="", compare=False)


@dataclass(frozen=True)
class Row:
    """A line of the file, and the cells in it."""

    line: int
    cells: Sequence[str]

    def first(self, places: Sequence[int]) -> str:
        """The first of these cells that is not empty."""
        return next((cell for i in places if (cell := self.cell(i))), "")

    def cell(self, place: int) -> str:
        """A cell without the space around it, or our own guard before a formula; "" where the line is shorter."""
        return unguarded(self.cells[place].strip()) if place < len(self.cells) else ""


def run(file: Path, root: Path = ROOT) -> None:
    """Read a class list into the gradebook and say who is new."""
    from course_tools.grading.course import Course

    students, said = read(file)
    if not students:
        raise CourseError(f"No student could be read from {file.name}. " + " ".join(said[:3]))
    with Course(root).gradebook() as book:
        known = {student.id for student in book.students}
        students, kept = _as_known(students, book)
        for student in students:
            told = {key: value for key in TOLD if (value := getattr(student, key))}
            book.update_or_create_student(student.id, **told)
        if people := {student.id: student.own for student in students if student.own}:
            canvas.keep(book.db, people, canvas_columns(file))
    new = [student.id for student in students if student.id not in known]
    print(f"{len(students)} students read from {shown(file.name)}, {len(new)} of them new.")
    for sentence in said + kept:
        print(f"  {shown(sentence)}")


def _as_known(students: Sequence[Student], book: Gradebook) -> tuple[list[Student], list[str]]:
    """The students under the ids that they have: by their addresses, where another list called them otherwise."""
    known = {s.id for s in book.students}
    by_email = {s.email.casefold(): s.id for s in book.students if s.email}
    count = Counter(s.email.casefold() for s in students)
    once = {email: student for email, student in by_email.items() if count[email] == 1}
    made = [s if s.id in known else replace(s, id=once.get(s.email.casefold(), s.id)) for s in students]
    changed = [f"{old.id} stays {new.id}" for old, new in zip(students, made, strict=True) if old != new]
    more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
    return made, [f"Known already by their addresses: {', '.join(changed[:5])}{more}."] if changed else []


# -- reading -------------------------------------------------------------------------------------------------------


def read(file: Path) -> tuple[list[Student], list[str]]:
    """The students of a CSV file, and a sentence for each row that is odd.

    With commas, semicolons or tabs, in UTF-8, UTF-16 or Windows-1252. Raises CourseError for a file without ids.
    """
    rows = list(_rows(_text(file), file))
    for i, row in enumerate(rows[:ABOVE]):
        if columns := headings.columns(row.cells):
            return _students(list(_below(rows[i + 1 :])), columns, len(row.cells), file)
    raise CourseError(
        f"{file.name} has no column for the student's id. Name one `id`, `username` or `email` in its first line."
    )


def handed_in(file: Path, book: Gradebook) -> dict[str, str]:
    """What a grading worksheet says of when each student of the class list handed in, as it is written there."""
    students, _ = read(file)
    students, _ = _as_known(students, book)
    known = {student.id for student in book.students}
    by_number = {student.lms_user_id: student.id for student in book.students if student.lms_user_id}
    ids = [(s.id if s.id in known else by_number.get(s.lms_user_id, s.id), s.handed_in) for s in students]
    return {student: cell for student, cell in ids if cell}


def canvas_columns(file: Path) -> dict[str, str]:
    """The columns of assignments in a gradebook that Canvas exported, each with its points."""
    rows = list(_rows(_text(file), file))
    names = next(row for row in rows[:ABOVE] if headings.columns(row.cells))
    points = next((row for row in rows if _is_points(row)), Row(0, ()))
    return canvas.assignments(names.cells, map(points.cell, range(len(names.cells))))


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as e:
        raise CourseError(f"{file} cannot be read ({e.strerror}). Give the class list's CSV file.") from e
    if data[:2] in (BOM_UTF16_LE, BOM_UTF16_BE):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data[:2]:  # UTF-16 without its mark, which begins with a letter of ASCII
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le", errors="replace")
    return "".join(map(_line, data.removeprefix(BOM_UTF8).splitlines(keepends=True)))


def _line(data: bytes) -> str:
    """A line of UTF-8 or of Windows-1252, for itself: one that is odd spoils no other name."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _rows(text: str, file: Path) -> Iterator[Row]:
    """The lines that are not empty. Excel's first line `sep=;` names what stands between the cells."""
    text = text.replace("\0", "")
    named = re.match(r'"?sep=(.)"?[ \t]*\r?\n', text, re.IGNORECASE)
    line = 0
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=named[1] if named else _delimiter(text))
        for cells in reader:
            begun, line = line + 1, reader.line_num
            if any(cell.strip() for cell in cells) and not (named and begun == 1):
                yield Row(begun, cells)
    except csv.Error as e:
        raise CourseError(f"{file.name} cannot be read after line {line} ({e}). Save it again as CSV.") from e


def _delimiter(text: str) -> str:
    """What stands between the cells: that with which most headings are known."""
    lines = text.splitlines()[:ABOVE]
    known = {d: [headings.columns(cells) for cells in csv.reader(lines, delimiter=d)] for d in ",;\t"}
    return max(known, key=lambda d: max((sum(map(bool, found.values())) for found in known[d]), default=0))


def _below(rows: Sequence[Row]) -> Iterator[Row]:
    """The rows without Canvas's own: "Points Possible", and above it what has no name, such as "Manual Posting"."""
    own = [i for i, row in enumerate(rows) if _is_points(row)]
    for i, row in enumerate(rows):
        if i not in own and not (own and i < own[0] and not (row.cell(0) or row.cell(1))):
            yield row


def _is_points(row: Row) -> bool:
    return "points possible" in [headings.plain(cell) for cell in row.cells]


# -- rows ----------------------------------------------------------------------------------------------------------


def _students(
    rows: Sequence[Row], columns: dict[str, list[int]], width: int, file: Path
) -> tuple[list[Student], list[str]]:
    """The students, each id once; a sentence for each row that is odd."""
    usual = next((i for i in columns["id"] if any(_id(row.cell(i)) for row in rows)), None)
    found: dict[str, tuple[int, Student]] = {}
    said: list[str] = []
    if usual is None:
        said.append(f"{file.name} has neither logins nor addresses: the ids were made of names and numbers.")
    for row in rows:
        student, sentence = _student(row, columns, usual, width)
        earlier = found.get(student.id.casefold())
        if earlier:
            sentence = f"the id {student.id!r} stands in line {earlier[0]} too; this row was left out."
        elif student.id:
            found[student.id.casefold()] = (row.line, student)
        said += [f"{file.name}, line {row.line}: {sentence}"] if sentence else []
    return [student for _, student in found.values()], said


def _student(row: Row, columns: dict[str, list[int]], usual: int | None, width: int) -> tuple[Student, str]:
    """The student of a row, without an id where it cannot be used; and a sentence when the row is odd."""
    first, last = _split(row.first(columns["name"]))
    first, last = row.first(columns["first_name"]) or first, row.first(columns["last_name"]) or last
    number, own = _number_of(row, columns), None
    if headings.CANVAS[0] in columns:
        own = canvas.Person(*(row.first(columns[name]) for name in headings.CANVAS))
    email, handed_in = row.first(columns["email"]), row.first(columns["handed_in"])
    student = Student(_id_of(row, columns, usual), first, last, email, number, own, handed_in)
    if own and not own.sis_user_id and TEST_STUDENT.fullmatch(own.sis_login_id):
        return replace(student, id=""), "it is Canvas's own test student; the row was left out."
    if any(cell.strip() for cell in row.cells[width:]):
        return replace(student, id=""), "it has more cells than there are headings; the row was left out."
    if any("\n" in row.cell(i) for places in columns.values() for i in places):
        return replace(student, id=""), "a quotation mark is not closed; the row was left out, and those in it."
    odd = next((c for i in columns["id"] if (c := row.cell(i)) and not _id(c) and not NAMED_NUMBER.fullmatch(c)), "")
    what = f"the id {odd!r} may hold only letters, digits and . _ - @ ' +" if odd else "the id is missing"
    if not student.id:
        return student, f"{what}; the row was left out."
    usually = usual is None or _id(row.cell(usual))
    return student, "" if usually else f"{what}; this student goes by {student.id}."


def _id_of(row: Row, columns: dict[str, list[int]], usual: int | None) -> str:
    """The id of a row: in the usual column, else in another, else made up as `course collect` does."""
    ids = [_id(row.cell(i)) for i in ([] if usual is None else [usual]) + columns["id"]]
    name, number = row.first(columns["name"]) or row.first(columns["last_name"]), _number_of(row, columns)
    return next(filter(None, ids), "") or (made_up_id(Owner(name, number)) if name and number else "")


def _number_of(row: Row, columns: dict[str, list[int]]) -> str:
    """The system's number: in a column for it, or after a word ("Teilnehmer/in 4711") in one for ids."""
    asked = [(NUMBER, i) for i in columns["lms_user_id"]] + [(NAMED_NUMBER, i) for i in columns["id"]]
    return next((found[1] for pattern, i in asked if (found := pattern.fullmatch(row.cell(i)))), "")


def _id(cell: str) -> str:
    """The cell, where it can be an id."""
    return cell if ID.fullmatch(cell) and len(cell.encode()) <= LONGEST else ""


def _split(name: str) -> tuple[str, str]:
    """First and last name of "Ada Lovelace" and of "Lovelace, Ada"."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    first, _, last = name.rpartition(" ")
    return first.strip(), last.strip()
