"""`course words`: all answers in words on one sheet for each question, and the marks that a person writes into it.

A sheet is a CSV file with a row for each answer, those without marks first and equal ones side by side, and a column
for each line of the question's rubric. What is read back goes where Formgrader writes: into nbgrader's manual marks
and comments, so that the page of feedback shows the lines of the rubric with their points. A mark or a comment that
a person gave before is never written over without --replace.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from course_tools.grading.course import Course
from course_tools.grading.gradebook.export_marks import kept_for_marks, safe, unguarded
from course_tools.grading.gradebook.rubric import Marked, Question, mark, questions
from course_tools.grading.inside.text import shown, valid
from course_tools.grading.judging.master import grade_id, load
from course_tools.grading.nbgrader_0_9.marks import LEAST
from course_tools.grading.step import Failed, attempt
from course_tools.paths import ROOT
from course_utils.errors import CourseError

LONGEST = 6_000  # characters of an answer: a spreadsheet's cell takes 32,767
LARGEST = 50_000_000  # bytes of a sheet
FIXED = ("student", "marked", "comment")  # the columns around the rubric's; the last one names the question
ANSWER = "answer"


@dataclass
class Answer:
    """A student's answer to a question, and what a person gave it."""

    student: str
    text: str
    points: float | None
    comment: str


@dataclass
class Outcome:
    """What reading a sheet did: marks entered, rows that are empty, marks that were there, and why others stayed."""

    entered: int = 0
    empty: int = 0
    same: int = 0
    kept: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def run(name: str, sheet: Path | None = None, replace: bool = False, root: Path = ROOT) -> None:
    """Write the sheets of an assignment, or enter the marks of one that a person filled in."""
    course = Course(root)
    name = course.assignment(name)
    asked = questions(load(course.folder("source") / name))
    if not asked:
        raise CourseError(f"{name} asks for no answer in words. CONTRIBUTING.md says how to write such a question.")
    with course.gradebook() as book:
        answers = {question.name: _answers(course, book, name, question) for question in asked}
        if not any(answers.values()):
            raise CourseError(f"Nothing of {name} is graded yet. Run `course grade {name}` first.")
        if sheet:
            _enter(book, name, asked, answers, sheet, replace)
        else:
            for question in asked:
                _write(question, answers[question.name], name, root)


def _answers(course: Course, book: Gradebook, name: str, question: Question) -> list[Answer]:
    """The answers that are not empty, without marks first, then by their words, so that equal ones stand together."""
    found: list[Answer] = []
    for file in sorted(course.folder("autograded").glob(f"*/{name}/{name}.ipynb")):
        student = valid(file.parents[1].name)
        text = attempt("reading it", partial(_text, file, question))
        if isinstance(text, Failed) or not text:
            continue
        try:
            grade = book.find_grade(question.name, name, name, student)
            comment = book.find_comment(question.name, name, name, student)
        except MissingEntry:
            continue
        if grade.manual_score is not None or grade.auto_score is None:
            found.append(Answer(student, text, grade.manual_score, comment.manual_comment or ""))
    return sorted(found, key=lambda a: (a.points is not None, _plain(a.text), a.student))


def _text(file: Path, question: Question) -> str:
    cells = {grade_id(cell): cell.source for cell in nbformat.read(file, as_version=4).cells}
    text = valid(cells.get(question.name, "")).strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … (cut; the whole is in Formgrader)"


# -- the sheet ----------------------------------------------------------------------------------------------------


def _write(question: Question, answers: Sequence[Answer], name: str, root: Path) -> None:
    """Write a sheet beside earlier ones, in which a person may have written."""
    rows: list[list[object]] = [[*_columns(question), f"{ANSWER} to {question.name}"]]
    for answer in answers:
        empty = [""] * len(question.columns)
        rows.append([answer.student, "" if answer.points is None else f"{answer.points:g}", *empty, "", answer.text])
    text = io.StringIO(newline="")
    csv.writer(text).writerows([safe(cell) for cell in row] for row in rows)
    path, number = kept_for_marks(root, f"{name}-{question.name}.csv"), 1
    data = text.getvalue().encode("utf-8-sig")  # with the mark by which Excel knows UTF-8
    while path.exists() and path.read_bytes() != data:
        number += 1
        path = path.with_name(f"{name}-{question.name}-{number}.csv")
    path.write_bytes(data)
    left = sum(answer.points is None for answer in answers)
    print(f"{question.name}: {len(answers)} answers, {left} without marks. Fill in {path}")
    for line in question.rubric:
        print(f"  {line.points:g}: {line.text}")
    if question.comments:
        print(f"  Comments to choose from: {', '.join(f'#{key}' for key in question.comments)}")


def _enter(
    book: Gradebook,
    name: str,
    asked: Sequence[Question],
    answers: Mapping[str, Sequence[Answer]],
    sheet: Path,
    replace: bool,
) -> None:
    rows = list(_rows(sheet))
    headings = rows[0] if rows else []
    question = _of(headings, asked, name, sheet)
    known = {answer.student: answer for answer in answers[question.name]}
    outcome = Outcome()
    for number, row in enumerate(rows[1:], start=2):
        cells = [*row, *[""] * len(headings)][: len(headings)]
        _enter_row(book, name, question, known, cells, number, replace, outcome)
    if outcome.odd:
        book.db.rollback()
        more = f" and {len(outcome.odd) - 5} more" if len(outcome.odd) > 5 else ""
        raise CourseError(f"Nothing was entered: {' '.join(outcome.odd[:5])}{more}")
    book.db.commit()
    _report(question, outcome)


def _columns(question: Question) -> list[str]:
    """The headings of a question's sheet, but the last."""
    return [*FIXED[:2], *question.columns, *FIXED[2:]]


def _of(headings: Sequence[str], asked: Sequence[Question], name: str, sheet: Path) -> Question:
    """The question that a sheet is for. One that does not name it, as earlier ones, is taken where one alone fits."""
    *columns, last = headings or [""]
    fit = [
        question
        for question in asked
        if _columns(question) == columns and last in (ANSWER, f"{ANSWER} to {question.name}")
    ]
    if not fit:
        raise CourseError(
            f"{sheet.name} has other columns than a sheet of {name}. Write one with: course words {name}; if the "
            "rubric changed since, carry the marks over."
        )
    if len(fit) > 1:
        raise CourseError(
            f"{sheet.name} may be for {' or '.join(question.name for question in fit)}. Write for which one it is "
            f"into its last heading, as in: {ANSWER} to {fit[0].name}"
        )
    return fit[0]


def _rows(sheet: Path) -> Iterator[list[str]]:
    try:
        if sheet.stat().st_size > LARGEST:
            raise CourseError(f"{sheet.name} is larger than {LARGEST / 1e6:.0f} MB; is it the right file?")
        text = sheet.read_bytes().decode("utf-8-sig")
        delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except OSError as e:
        raise CourseError(f"{sheet} cannot be read ({e.strerror}). Give a sheet that `course words` wrote.") from e
    except (UnicodeDecodeError, csv.Error) as e:
        raise CourseError(f"{sheet.name} cannot be read ({e}). Save it again as CSV in UTF-8.") from e


def _enter_row(
    book: Gradebook,
    name: str,
    question: Question,
    known: Mapping[str, Answer],
    cells: Sequence[str],
    number: int,
    replace: bool,
    outcome: Outcome,
) -> None:
    """Enter a row; the caller commits."""
    given, _, *earned, comment, answer = cells  # by place: two lines of a rubric may be the same
    student = unguarded(given.strip())
    try:
        marked = mark(question, earned, comment)
    except ValueError as e:
        outcome.odd.append(f"Line {number} ({shown(student)}): {e}.")
        return
    if marked is None:
        outcome.empty += 1
    elif student not in known:
        outcome.odd.append(f"Line {number}: {shown(student)} has no answer to {question.name}.")
    elif _plain(known[student].text) != _plain(answer):
        outcome.kept.append(f"{student}: the answer was changed since the sheet was written; write a new one")
    else:
        _put(book, name, question, known[student], marked, replace, outcome)


def _put(
    book: Gradebook, name: str, question: Question, had: Answer, marked: Marked, replace: bool, outcome: Outcome
) -> None:
    alike = had.points is not None and abs(had.points - marked.points) <= LEAST
    if alike and had.comment == marked.comment:
        outcome.same += 1
    elif (had.points is not None or had.comment) and not replace:
        points = "a comment" if had.points is None else f"{had.points:g} points"
        outcome.kept.append(f"{had.student}: has {points} from a person; --replace gives {marked.points:g}")
    else:
        grade = book.find_grade(question.name, name, name, had.student)
        grade.manual_score, grade.needs_manual_grade = marked.points, False
        book.find_comment(question.name, name, name, had.student).manual_comment = marked.comment
        outcome.entered += 1


def _report(question: Question, outcome: Outcome) -> None:
    print(f"{question.name}: {outcome.entered} marks entered, {outcome.same} were there, {outcome.empty} rows empty.")
    if outcome.kept:
        print(f"{len(outcome.kept)} stay as they are:")
        print("\n".join(f"  {shown(sentence)}" for sentence in outcome.kept))


def _plain(text: str) -> str:
    """An answer as a spreadsheet may give it back: spaces and the ends of its lines do not count."""
    return " ".join(text.strip().lstrip("'").split())
