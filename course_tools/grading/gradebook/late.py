"""`course late`: when an assignment is due, for whom later, when files were handed in, and who was late.

Only what the learning management system wrote itself is trusted: Moodle's grading worksheet has the time of each
submission, and Canvas writes LATE into the names of late files. Both date the files of an archive with the moment of
the download, and the dates inside a student's own zip are the student's: neither is used here.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from course_tools.grading.course import Course
from course_tools.grading.gradebook import handed_in, lateness, roster
from course_tools.grading.inside.text import shown
from course_tools.grading.intake.clean import TIMESTAMP, timestamp
from course_tools.grading.nbgrader_0_9.tables import as_utc, late_plugin, settle
from course_tools.paths import ROOT
from course_utils.errors import CourseError


def run(name: str, until: str = "", student: str = "", worksheet: Path | None = None, root: Path = ROOT) -> None:
    """Enter a due date, an extension of one student, or Moodle's times; then print who was late."""
    course = Course(root)
    name = course.assignment(name)
    moment = _moment(until) if until else None
    if student and not moment:
        raise CourseError(f'Say until when: course late {name} --for {shown(student)} --until "2026-12-02 23:59"')
    with course.gradebook() as book:
        if student and moment:
            _extend(book, name, student, moment)
        elif moment:
            book.update_or_create_assignment(name, duedate=moment)
        if worksheet:
            _enter_times(course, book, name, worksheet)
        settle_class(course, book, name)
        _print(course, book, name)


def settle_class(course: Course, book: Gradebook, name: str) -> None:
    """Bring nbgrader's fields up to the extensions, the files' times and what they cost."""
    settle(book, name, _times(course, name), lateness.extensions(book.db, name), late_plugin(course.settings))


def _times(course: Course, name: str) -> dict[str, datetime]:
    """When each student handed in, as far as a timestamp.txt tells."""
    files = course.folder("submitted").glob(f"*/{name}/{TIMESTAMP}")
    return {path.parents[1].name: moment for path in files if (moment := as_utc(timestamp(path.parent)))}


def _moment(text: str) -> datetime:
    """A time as an instructor writes it, by this machine's clock, in UTC."""
    try:
        if ":" not in text:
            raise ValueError("there is no hour")
        return handed_in.utc(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError) as e:
        raise CourseError(f'{shown(text)!r} is no time. Write day and hour as in "2026-11-30 23:59".') from e


def _extend(book: Gradebook, name: str, student: str, until: datetime) -> None:
    due = _due(book, name)
    known = {s.id for s in book.students}
    if student not in known:
        alike = next((f" Is it {shown(i)}?" for i in sorted(known) if i.partition("@")[0] == student), "")
        raise CourseError(
            f"There is no {shown(student)!r} in the class list.{alike} Read it with: course roster FILE"
        )
    if due is None:
        raise CourseError(f'Say first when it is due for the others: course late {name} --until "2026-11-30 23:59"')
    if until < due:
        raise CourseError(f"{_local(until)} is before the due date, {_local(due)}.")
    lateness.extend(book.db, name, student, until)
    book.db.commit()


def _due(book: Gradebook, name: str) -> datetime | None:
    try:
        return book.find_assignment(name).duedate
    except MissingEntry:
        return None


# -- Moodle's times ------------------------------------------------------------------------------------------------


def _enter_times(course: Course, book: Gradebook, name: str, worksheet: Path) -> None:
    """Write the time of each submission where nbgrader's exchange writes it: into its timestamp.txt."""
    cells = roster.handed_in(worksheet, book)
    if not cells:
        raise CourseError(
            f"{worksheet.name} has no column with the times of submissions. In Moodle: Submissions, Download grading "
            "worksheet."
        )
    times = {student: moment for student, cell in cells.items() if (moment := handed_in.moodles(cell))}
    odd = [cell for student, cell in cells.items() if student not in times and any(map(str.isdigit, cell))]
    entered = 0
    for student, moment in times.items():
        folder = course.folder("submitted") / student / name
        if folder.is_dir():
            (folder / TIMESTAMP).unlink(missing_ok=True)  # it may be a link, which leads elsewhere
            (folder / TIMESTAMP).write_text(f"{moment.isoformat(' ')} UTC\n", encoding="utf-8")
            entered += 1
    print(f"Times of {entered} submissions read from {shown(worksheet.name)}.")
    if odd:
        print(f"{len(odd)} times could not be read, such as {shown(odd[0])!r}.")


# -- what is known -------------------------------------------------------------------------------------------------


def _print(course: Course, book: Gradebook, name: str) -> None:
    due, later = _due(book, name), lateness.extensions(book.db, name)
    print(f"{name} is due {_local(due)}." if due else f"{name} has no due date.")
    for student, until in sorted(later.items()):
        print(f"  {shown(student)}: until {_local(until)}")
    late = lateness.class_lateness(book, name, course.downloaded(name), _times(course, name))
    print(f"{len(late)} handed in late{':' if late else '.'}")
    for student, how in sorted(late.items()):
        print(f"  {shown(student)}: {how}")
    _print_unknown(course, name, {student for student, how in late.items() if how.stated})


def _print_unknown(course: Course, name: str, stated: set[str]) -> None:
    """Say of how many no time is known, and what can be done about it."""
    folders = [path for path in course.folder("submitted").glob(f"*/{name}") if path.is_dir()]
    known: Mapping[str, str] = lateness.prefixes(course.downloaded(name))
    unknown = [path.parent.name for path in folders if not (path / TIMESTAMP).exists()]
    if of_moodle := [student for student in unknown if "_assignsubmission_" in known.get(student, "")]:
        print(
            f"When {len(of_moodle)} handed in is not known: Moodle's archive does not say. Give its grading "
            f"worksheet: course late {name} --worksheet FILE"
        )
    if len(unknown) > len(of_moodle):
        print(
            f"Of {len(unknown) - len(of_moodle)} no time is known"
            + (
                f", of whom Canvas calls {len(stated)} late, by its own dates. Give extensions there."
                if stated
                else "."
            )
        )


def _local(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=UTC).astimezone():%Y-%m-%d %H:%M %Z}"
