"""`nbgrader autograde` and formgrader's button grade as `course grade` does.

Runs in nbgrader's process. nbgrader reads each submission through `CleanExporter`, which gives it the cleaned
notebook, executes it with `SealedExecute`, which asks the same engine, and enters marks with `SaveVerdicts`, which
takes the verdicts' own numbers. Gradebook and late penalties stay nbgrader's; `FeedbackExporter` writes the pages.

What one run of Autograde knows (the assignment, the instructor's run, the submission in hand) is held by its
exporter, which nbgrader makes once and gives to each preprocessor as `parent`. The warm process outlives it
(`engine/workers`).
"""

import os
import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades

from course_tools.grading import new_gradebook, regrades
from course_tools.grading.engine import workers
from course_tools.grading.engine.program import Trace
from course_tools.grading.intake.clean import Cleaned, clean
from course_tools.grading.judging.master import grade_id, is_grade, load
from course_tools.grading.judging.own import References, Variants
from course_tools.grading.judging.reference import Reference, run_reference
from course_tools.grading.nbgrader_0_9 import validation
from course_tools.grading.nbgrader_0_9.marks import NoVerdict, cell_marks
from course_tools.grading.submission import Graded, finish, prepare

HERE = "course_tools.grading.nbgrader_0_9"
GRADED = "course_grading"  # in an exporter's resources: what SealedExecute found, for SaveVerdicts


def plug_in(c: Any) -> None:
    """Set in the configuration `c` what makes nbgrader's Autograde sealed, `zip_collect` read our archives, and
    *Validate* short.
    """
    new_gradebook.make_it_here()
    validation.plug_in(c)
    c.Autograde.exporter_class = f"{HERE}.plug.CleanExporter"
    c.Autograde.pre_convert_hook = f"{HERE}.plug.set_aside"
    c.Autograde.sanitize_preprocessors = _nbgraders("OverwriteCells", "CheckCellMetadata")
    c.Autograde.autograde_preprocessors = [
        f"{HERE}.plug.SealedExecute",
        *_nbgraders("LimitOutput"),
        f"{HERE}.plug.SaveVerdicts",
        *_nbgraders("AssignLatePenalties", "CheckCellMetadata"),
    ]
    c.GenerateFeedback.exporter_class = f"{HERE}.pages.FeedbackExporter"
    c.GenerateFeedback.preprocessors = [f"{HERE}.pages.GetMarks"]
    c.ZipCollectApp.extractor_plugin = f"{HERE}.extractor.SubmissionExtractor"


def _nbgraders(*names: str) -> list[str]:
    return [f"nbgrader.preprocessors.{name}" for name in names]


def set_aside(notebooks: list[str], **names: str) -> None:
    """Move links, pipes and devices out of a submission, into `.set_aside` beside it: nbgrader copies what is there.

    A link would bring the teacher's own files to the student, and a pipe would never end.
    """
    for folder in {Path(notebook).parent for notebook in notebooks}:
        for path in [folder / name for name in os.listdir(folder)]:
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                away = folder.parent / ".set_aside"
                away.mkdir(exist_ok=True)
                path.rename(away / f"{folder.name}-{path.name}")


@dataclass
class Autograding:
    """One run of nbgrader's Autograde: each assignment read and run once, each submission cleaned once."""

    directory: CourseDirectory
    seed: str = field(default_factory=lambda: secrets.token_hex(8))
    began: str = field(default_factory=regrades.now)
    variants: dict[str, Variants] = field(default_factory=dict)
    references: dict[str, References] = field(default_factory=dict)
    cleaned: dict[tuple[str, str], Cleaned] = field(default_factory=dict)

    def clean(self, assignment: str, student: str) -> Cleaned:
        """The submission of `student`, cleaned; kept until `grade` takes it."""
        variants = self._variants(assignment)
        cleaned = clean(self.submitted(assignment, student), variants.of(student))
        cleaned.person += variants.another(cleaned.notebook, student)
        self.cleaned[assignment, student] = cleaned
        return cleaned

    def grade(self, notebook: NotebookNode, assignment: str, student: str) -> Graded:
        """Run and judge nbgrader's copy of the notebook that `clean` gave. Raises KeyError when it gave none."""
        cleaned = replace(self.cleaned.pop((assignment, student)), notebook=notebook)
        reference = self._reference(assignment, student)
        program = prepare(cleaned, reference.master, reference.seed)
        modules = reference.master.modules()
        trace = Trace([]) if cleaned.unreadable else workers.run_program(program, modules, unsafe=False)
        return finish(cleaned, trace, reference)

    def submitted(self, assignment: str, student: str) -> Path:
        """The folder of what a student handed in."""
        return self._folder(self.directory.submitted_directory, student, assignment)

    def _folder(self, step: str, student: str, assignment: str) -> Path:
        return Path(self.directory.root) / self.directory.format_path(step, student, assignment)

    def _variants(self, assignment: str) -> Variants:
        if assignment not in self.variants:
            folder = self._folder(self.directory.source_directory, ".", assignment)
            self.variants[assignment] = Variants(load(folder))
        return self.variants[assignment]

    def _reference(self, assignment: str, student: str) -> Reference:
        """The instructor's run; once more when the warm process had to be started again."""
        variants = self._variants(assignment)
        warm = workers.warm(variants.first.modules(), unsafe=False)
        if assignment not in self.references or self.references[assignment].first.warm is not warm:
            self.references[assignment] = References(variants, run_reference(variants.first, self.seed, warm))
        return self.references[assignment].of(student)


class CleanExporter(NotebookExporter):
    """Reads a submission as `course_tools.grading.intake.clean` does, instead of failing on a broken one."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**kw)
        autograde: Any = self.parent
        self.run = Autograding(autograde.coursedir)

    def from_filename(self, filename: str, resources: dict | None = None, **kw: Any) -> tuple[NotebookNode, dict]:
        path = Path(filename)
        names = (resources or {})["nbgrader"]
        assignment, student = names["assignment"], names["student"]
        if path.resolve().parent != self.run.submitted(assignment, student).resolve():  # what nbgrader wrote itself
            return super().from_filename(filename, resources, **kw)
        resources = {**(resources or {}), "metadata": {"name": path.stem, "path": str(path.parent)}}
        return self.from_notebook_node(self.run.clean(assignment, student).notebook, resources, **kw)


class SealedExecute(NbGraderPreprocessor):
    """In the place of nbgrader's Execute: cells run in the sandbox, seals are judged here."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Run the notebook and fill in its outputs; the verdicts go on in the resources."""
        names = resources["nbgrader"]
        graded = self.parent.run.grade(nb, names["assignment"], names["student"])
        for reason in graded.person:
            self.log.warning("%s needs a person: %s", names["student"], reason)
        return graded.notebook, {**resources, GRADED: graded}


class SaveVerdicts(SaveAutoGrades):
    """In the place of nbgrader's SaveAutoGrades: the marks are the verdicts' numbers, never read from an output."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Enter the marks. Raises NoVerdict, before anything is entered, when a graded cell has none."""
        if GRADED not in resources:
            raise NoVerdict("This notebook was not run by the sealed grader, so that it has no marks.")
        graded = [grade_id(cell) for cell in nb.cells if is_grade(cell)]
        self.marks = cell_marks(nb, resources[GRADED].verdicts, graded)
        return super().preprocess(nb, resources)

    def _add_score(self, cell: NotebookNode, resources: dict) -> None:
        name = grade_id(cell)
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        if changed := self.marks[name].enter(grade):
            change = regrades.Change(self.student_id, name, *changed, self.parent.run.began)
            regrades.keep(self.gradebook.db, self.assignment_id, change)
        self.gradebook.db.commit()
