"""What `course report` reads: the questions of an assignment, and of each graded submission marks, hints and answers.

Marks come from the gradebook, since a person may have changed them; hints and answers from the graded notebooks,
which the grader wrote.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import nbformat

from course_tools.grading.judging.judge import hints
from course_tools.grading.judging.master import Master, grade_id, is_test
from course_tools.grading.nbgrader_0_9.marks import LEAST, is_empty
from course_tools.grading.nbgrader_0_9.tables import StudentMarks
from course_tools.grading.orders import Shuffled, shown
from course_tools.grading.pages.feedback import sections
from course_tools.grading.step import Failed, attempt


@dataclass(frozen=True)
class Question:
    """A cell with points. `title` is the heading above it, in Markdown; `has_hints`: mistakes are planted."""

    name: str
    title: str
    points: float
    has_hints: bool
    shuffled: Shuffled | None = None  # its options, where each student has them in an order of their own

    @property
    def answer(self) -> str:
        """The cell that a student fills."""
        return self.name.removeprefix("test_")

    def is_full(self, mark: float) -> bool:
        """Whether a mark is all of the points."""
        return mark > self.points - LEAST


@dataclass
class Submission:
    """A graded submission, by the questions' names. A mark is None where an answer waits for a person."""

    student: str
    marks: dict[str, float | None]
    hints: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was written, or nothing that could be read: it says nothing about what is hard."""
        return self.empty >= self.marks.keys() and not any(self.marks.values())


def questions(master: Master) -> list[Question]:
    """The questions of an assignment, in order."""
    hinted = {f"test_{slip.cell}" for slip in master.slips}
    shuffled = {f"test_{task.cell}": task for task in shown(master.notebook)}
    return [
        Question(name, section.title, master.points[name], is_test(cell) and name in hinted, shuffled.get(name))
        for section in sections(master.notebook)
        for cell in section.graded
        for name in [grade_id(cell)]
    ]


def read(files: Iterable[Path], asked: Iterable[Question], marks: Mapping[str, StudentMarks]) -> list[Submission]:
    """The graded notebooks (.../STUDENT/NAME/NAME.ipynb) of those who have marks, but for what cannot be read."""
    asked, found = list(asked), []
    for file in files:
        student = file.parent.parent.name
        if student not in marks:
            continue
        done = attempt("reading it", partial(_read, student, file, asked, marks[student]))
        if not isinstance(done, Failed):
            found.append(done)
    return found


def _read(student: str, file: Path, asked: list[Question], marks: StudentMarks) -> Submission:
    cells = {grade_id(cell): cell for cell in nbformat.read(file, as_version=4).cells}
    made = Submission(
        student, {q.name: None if q.name in marks.waiting else marks.by_cell.get(q.name) for q in asked}
    )
    for question in asked:
        answer = cells.get(question.answer)
        if answer is None or is_empty(answer):
            made.empty.add(question.name)
            continue
        made.answers[question.name] = answer.source
        mark = made.marks[question.name]
        if mark is not None and not question.is_full(mark) and question.name in cells:
            said, task = hints(cells[question.name]), question.shuffled
            made.hints[question.name] = [task.authors(hint, student) for hint in said] if task else said
    return made
