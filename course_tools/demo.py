"""A class of six in a folder of its own, through the whole loop: release, hand in, collect, grade, return, export.

Everything is done by nbgrader, with the settings of this course; nothing outside the folder is touched. The folder is
kept, so that the feedback can be read, until the user deletes it.
"""

import copy
import re
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeSubmit
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy.exc import SAWarning

from course_tools.authoring import build
from course_tools.grading import slips
from course_tools.grading.course import Course
from course_tools.grading.gradebook import export_marks
from course_tools.paths import ROOT
from course_utils.errors import CourseError, one_of

CRASH = "import os\n\nos._exit(1)  # the whole process ends here\n\n"


@dataclass(frozen=True)
class Pupil:
    """One of the six, and what they hand in."""

    id: str
    does: str
    late: bool = False


PUPILS = (
    Pupil("ada", "perfect"),
    Pupil("ben", "half right"),
    Pupil("cleo", "one slip"),
    Pupil("dan", "untouched"),
    Pupil("eve", "crashing"),
    Pupil("finn", "right, but late", late=True),
)


def run(name: str | None = None, root: Path = ROOT) -> None:
    """Take the class through the assignment `name` (the first one when it is None) and print the marks."""
    source = _source(name, root)
    console = Console()
    folder = Path(tempfile.mkdtemp(prefix="course-demo-"))
    Loop(prepare(folder, source), source).run(console)
    feedback = folder / ".grading" / "feedback"
    console.print("\nEach student's feedback is a page to open in a browser, for example")
    console.print(f"  {_page(feedback, source)}", soft_wrap=True)
    console.print(f"The marks for a spreadsheet: {folder / 'marks.csv'}", soft_wrap=True)
    console.print(f"Everything lies in {folder}, which stays until you delete it.", soft_wrap=True)


def prepare(folder: Path, source: Path) -> Path:
    """A course in `folder` that holds one assignment and nbgrader's settings; return the folder."""
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    source_copy = folder / "solutions" / source.stem
    shutil.copytree(source.parent, source_copy, ignore=shutil.ignore_patterns("*.ipynb", "__pycache__"))
    build.assignment(source_copy / source.name, folder)
    return folder


def _source(name: str | None, root: Path) -> Path:
    sources = {path.stem: path for path in build.exercises(root)}
    if not sources:
        raise CourseError("There is no exercise in solutions/ yet. CONTRIBUTING.md shows how to write one.")
    return sources[one_of(name, sources, kind="exercise")] if name else next(iter(sources.values()))


def _page(feedback: Path, source: Path) -> Path | str:
    pages = sorted(feedback.glob(f"*/{source.stem}/{source.stem}.html"))
    return next((p for p in pages if "cleo" in p.parts), pages[0] if pages else feedback)


class Loop:
    """One run of the class through one assignment, in a folder that `prepare` made."""

    def __init__(self, folder: Path, source: Path):
        self.folder, self.name = folder, source.stem
        self.solved = build.nbgrader_source(source)
        planted = source.parent / "slips.py"
        self.slips = slips.load(planted, slips.solutions(self.solved)) if planted.exists() else []
        self.course = Course(folder)
        self.config = self.course.settings
        self.config.Exchange.root = str(folder / ".grading" / "exchange")  # whatever COURSE_EXCHANGE says
        self.config.Exchange.cache = str(folder / ".grading" / "cache")
        self.api = NbGraderAPI(config=self.config)
        self.failed: dict[str, str] = {}

    def run(self, console: Console) -> None:
        """Every step of the loop with a bar, then the table of marks."""
        build.environment_on_path()
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, about SQLAlchemy 2
        columns = TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn()
        with Progress(*columns, console=console, transient=True) as bar:
            steps = list(self.steps())
            task = bar.add_task("", total=len(steps))
            for label, step in steps:
                bar.update(task, description=label)
                step()
                bar.advance(task)
        console.print(self.table())
        for pupil in PUPILS:
            if pupil.id in self.failed:
                console.print(f"{pupil.id} was not graded: {self.failed[pupil.id]}")

    def steps(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """What happens, in order, each with a label for the bar."""
        yield "releasing", self.release
        for pupil in PUPILS:
            yield f"{pupil.id} hands in", partial(self.hand_in, pupil)
        yield "collecting", partial(self.do, self.api.collect, self.name)
        for pupil in PUPILS:
            yield f"grading {pupil.id}", partial(self.grade, pupil)
        for pupil in PUPILS:
            yield f"feedback for {pupil.id}", partial(self.give_back, pupil)
        yield "exporting the marks", self.export

    def do(self, step: Callable[..., dict], *arguments: str) -> None:
        """One of nbgrader's steps; CourseError with its log when it fails."""
        result = step(*arguments)
        if not result["success"]:
            raise CourseError(f"nbgrader's {step.__name__} failed in {self.folder}:\n{_reason(result)}")

    def release(self) -> None:
        """Write the students' version, put it into the exchange, and enter the class."""
        self.do(self.api.generate_assignment, self.name)
        self.do(self.api.release_assignment, self.name)
        with self.gradebook() as book:
            for pupil in PUPILS:
                book.update_or_create_student(pupil.id, first_name=pupil.id.title(), last_name="of the demo")

    def hand_in(self, pupil: Pupil) -> None:
        """Answer as the pupil does, and submit; who is late hands in after the date that the work is due."""
        if pupil.late:
            self.set_due(datetime.now(UTC))
            time.sleep(1)
        home = self.folder / "students" / pupil.id
        released = self.folder / "assignments" / self.name / f"{self.name}.ipynb"
        notebook = self.answered(nbformat.read(released, as_version=4), pupil)
        build.write_if_changed(home / self.name / released.name, nbformat.writes(notebook))
        config = copy.deepcopy(self.config)
        config.CourseDirectory.update(student_id=pupil.id, assignment_id=self.name)
        config.Exchange.assignment_dir = str(home)
        ExchangeSubmit(coursedir=CourseDirectory(config=config), authenticator=Authenticator(), config=config).start()

    def set_due(self, when: datetime) -> None:
        """The assignment is due at `when`."""
        with self.gradebook() as book:
            book.update_or_create_assignment(self.name, duedate=when.replace(tzinfo=None))

    def grade(self, pupil: Pupil) -> None:
        """Autograde; where nbgrader gives a submission up, keep the reason and go on."""
        result = self.api.autograde(self.name, pupil.id)
        if not result["success"]:
            self.failed[pupil.id] = _reason(result)

    def give_back(self, pupil: Pupil) -> None:
        """The feedback pages, put where the students fetch them."""
        if pupil.id not in self.failed:
            self.do(self.api.generate_feedback, self.name, pupil.id)
            self.do(self.api.release_feedback, self.name, pupil.id)

    def export(self) -> None:
        """The marks as a plain CSV file."""
        with self.gradebook() as book:
            export_marks.PlainExporter(to=str(self.folder / "marks.csv"), assignment=[self.name]).export(book)

    def answered(self, released: NotebookNode, pupil: Pupil) -> NotebookNode:
        """The students' version with the pupil's answers in it."""
        answers = self.answers(pupil)
        for cell in released.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = answers.get(name, cell.source)
        return released

    def answers(self, pupil: Pupil) -> dict[str, str]:
        """What the pupil writes into which cell."""
        right = solutions(self.solved)
        names = list(right)
        middle = names[len(names) // 2]
        before = {name: right[name] for name in names[: names.index(middle)]}
        if pupil.does == "one slip":
            return {**right, **self.slip()}
        return {
            "untouched": {},
            "half right": {name: right[name] for name in names[::2]},
            "crashing": {**before, middle: CRASH + right[middle]},
        }.get(pupil.does, right)

    def slip(self) -> dict[str, str]:
        """The first planted mistake of slips.py; CourseError when there is none."""
        if not self.slips:
            raise CourseError(
                f"solutions/{self.name}/slips.py plants no mistake. Write one, as CONTRIBUTING.md shows."
            )
        return {self.slips[0].cell: self.slips[0].source}

    def gradebook(self) -> Gradebook:
        """The gradebook of the folder."""
        return self.course.gradebook()

    def table(self) -> Table:
        """The marks, question by question."""
        caption = ", ".join(f"{pupil.id}: {pupil.does}" for pupil in PUPILS)
        table = Table(title=f"{self.name}: a class of six", caption=caption, show_footer=True)
        with self.gradebook() as book:
            marks = {pupil.id: self.marks(book, pupil) for pupil in PUPILS}
            questions = {g.name: g.max_score for g in book.find_assignment(self.name).notebooks[0].grade_cells}
            late = {pupil.id for pupil in PUPILS if self.is_late(book, pupil)}
        table.add_column("question", footer="together", no_wrap=True)
        table.add_column("of", footer=_number(sum(questions.values())), justify="right")
        for pupil in PUPILS:
            heading = f"{pupil.id}\n[bold]late[/bold]" if pupil.id in late else pupil.id
            table.add_column(heading, footer=_total(marks[pupil.id]), justify="right")
        for question, most in questions.items():
            table.add_row(
                question.removeprefix("test_"), _number(most), *(marks[p.id].get(question, "-") for p in PUPILS)
            )
        return table

    def marks(self, book: Gradebook, pupil: Pupil) -> dict[str, str]:
        """For each question the pupil's points as text: "?" where a person has to read the answer."""
        if pupil.id in self.failed:
            return {}
        notebook = book.find_submission_notebook(self.name, self.name, pupil.id)
        return {g.name: "?" if g.needs_manual_grade else _number(g.score) for g in notebook.grades}

    def is_late(self, book: Gradebook, pupil: Pupil) -> bool:
        """Whether the pupil handed in after the date that the work was due."""
        try:
            return book.find_submission(self.name, pupil.id).total_seconds_late > 0
        except MissingEntry:
            return False


def solutions(solved: NotebookNode) -> dict[str, str]:
    """The answers of an instructor's notebook by the cells' names, without the marks around them."""
    marks = re.compile(r"^ *### (BEGIN|END) SOLUTION *\n?", re.MULTILINE)
    cells = [cell for cell in solved.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    return {cell.metadata.nbgrader.grade_id: marks.sub("", cell.source).rstrip() for cell in cells}


def _number(points: float) -> str:
    return f"{points:g}"


def _total(marks: dict[str, str]) -> str:
    if not marks:
        return "none"
    total = _number(sum(float(points) for points in marks.values() if points != "?"))
    return f"{total} + ?" if "?" in marks.values() else total


def _reason(result: dict) -> str:
    """The line of nbgrader's log that says what went wrong: its first error, or else its last line."""
    lines = [
        line.strip() for line in str(result.get("error") or result.get("log") or "").splitlines() if line.strip()
    ]
    return next((line for line in lines if re.match(r"[\w.]+(Error|Exception): ", line)), lines[-1] if lines else "")
