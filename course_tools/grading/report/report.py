"""`course report`: one page of what a class got wrong, for the teacher, or without names to show in class."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from course_tools.grading import regrades
from course_tools.grading.course import Course
from course_tools.grading.gradebook.kept import KeptResults
from course_tools.grading.gradebook.lateness import class_lateness
from course_tools.grading.inside.text import valid
from course_tools.grading.judging.master import Master, load
from course_tools.grading.nbgrader_0_9.tables import StudentMarks, class_marks
from course_tools.grading.report import examples, figures, submissions
from course_tools.grading.report.page import People, render
from course_tools.grading.report.submissions import Submission
from course_tools.paths import ROOT
from course_utils.errors import CourseError


def run(name: str, without_names: bool = False, root: Path = ROOT) -> None:
    """Write the page of an assignment, and say where it lies."""
    course = Course(root)
    name = course.assignment(name)
    files = sorted(course.folder("autograded").glob(f"*/{name}/{name}.ipynb"))
    if not files:
        raise _nothing_graded(name)
    master = load(course.folder("source") / name)
    handed_in = {valid(path.parent.name) for path in course.folder("submitted").glob(f"*/{name}") if path.is_dir()}
    with course.gradebook() as book:
        marks, names, changes = _marks(book, name), _names(book), regrades.kept(book.db, name)
        outdated = KeptResults(book.db, name).of_another(master.fingerprint)
        late = {student: str(how) for student, how in class_lateness(book, name, course.downloaded(name)).items()}
    graded = submissions.read(files, submissions.questions(master), marks)
    if not graded:
        raise _nothing_graded(name)
    people = _people(graded, handed_in, names, changes, late)
    counted = [submission for submission in graded if not submission.is_blank]
    found = _figures(master, counted, people, len(outdated))
    shown = examples.planted(master) if without_names else examples.of_students(counted, master)
    target = root / ".grading" / "reports" / f"{name}{'-without-names' if without_names else ''}.html"
    _write(target, render(name, found, shown, None if without_names else people))
    print(f"{len(counted)} submissions, {len(found.slips)} recognised mistakes. Read {target}")


def _nothing_graded(name: str) -> CourseError:
    return CourseError(f"Nothing of {name} is graded yet. Run `course grade {name}` first.")


def _marks(book: Gradebook, name: str) -> dict[str, StudentMarks]:
    try:
        return class_marks(book, book.find_assignment(name).id)
    except MissingEntry as e:
        raise _nothing_graded(name) from e


def _names(book: Gradebook) -> dict[str, str]:
    """What everybody in the class list is called, by id; "" for who has no name there."""
    return {s.id: " ".join(filter(None, (s.first_name, s.last_name))) for s in book.students}


def _people(
    graded: Sequence[Submission],
    handed_in: set[str],
    names: Mapping[str, str],
    changes: Sequence[regrades.Change],
    late: Mapping[str, str],
) -> People:
    done = {submission.student for submission in graded}
    return People(
        names=names,
        missing=sorted(names.keys() - handed_in - done),
        blank=[submission.student for submission in graded if submission.is_blank],
        ungraded=sorted(handed_in - done),
        changes=changes,
        late=late,
    )


def _figures(master: Master, counted: Sequence[Submission], people: People, outdated: int) -> figures.Figures:
    asked = submissions.questions(master)
    return figures.Figures(
        counted=len(counted),
        blank=len(people.blank),
        ungraded=len(people.ungraded),
        outdated=outdated,
        missing=len(people.missing),
        listed=len(people.names),
        late=len(people.late),
        waiting=sum(None in submission.marks.values() for submission in counted),
        tallies=figures.tallies(asked, counted),
        slips=figures.slips(asked, counted),
        regrades=figures.regrades(people.changes),
    )


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as e:
        raise CourseError(f"{target} cannot be written ({e.strerror}). Make room, or mend its rights.") from e
