"""The seam to nbgrader: `nbgrader autograde` and formgrader's button grade as `course grade` does.

    from course_tools.grading.plug import plug_in
    plug_in(c)                                     # in nbgrader_config.py

Runs in nbgrader's process. nbgrader reads each submission through `CleanExporter`, which gives it the cleaned
notebook, and executes it with `SealedExecute`, which asks the same engine and writes the verdicts where nbgrader
looks for marks; gradebook, late penalties and feedback stay nbgrader's.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config

from course_tools.grading.engine import workers
from course_tools.grading.engine.program import Trace
from course_tools.grading.intake.clean import Cleaned, clean, clean_notebook
from course_tools.grading.judging import reference
from course_tools.grading.judging.master import Master, load
from course_tools.grading.judging.reference import Reference
from course_tools.grading.submission import finish, prepare

HERE = "course_tools.grading.plug"
MARK = "course_grading"

_seed = secrets.token_hex(8)  # one batch: the life of this process, or until the assignment changes
_references: dict[str, Reference] = {}


def plug_in(c: Any) -> None:
    """Set what makes nbgrader's Autograde sealed, in the configuration `c`."""
    rest = ("LimitOutput", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata")
    c.Autograde.exporter_class = f"{HERE}.CleanExporter"
    c.Autograde.pre_convert_hook = f"{HERE}.set_aside"
    c.Autograde.autograde_preprocessors = [f"{HERE}.SealedExecute", *(f"nbgrader.preprocessors.{p}" for p in rest)]
    c.Autograde.sanitize_preprocessors = [
        f"nbgrader.preprocessors.{p}" for p in ("OverwriteCells", "CheckCellMetadata")
    ]


def master_of(config: Config, assignment: str) -> Master:
    """The instructor's version of an assignment in the course that `config` describes."""
    directory = CourseDirectory(config=config)
    folder = Path(directory.root) / directory.format_path(directory.source_directory, ".", assignment)
    return load(folder)


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


class CleanExporter(NotebookExporter):
    """Reads a submission as `course_tools.grading.intake.clean` does, instead of failing on a broken one."""

    def from_filename(self, filename: str, resources: dict | None = None, **kw: Any) -> tuple[NotebookNode, dict]:
        path = Path(filename)
        names = (resources or {}).get("nbgrader", {})
        if not names or not _is_submitted(self.config, path, names):
            return super().from_filename(filename, resources, **kw)
        cleaned = clean_notebook(path, master_of(self.config, names["assignment"]))
        cleaned.notebook.metadata[MARK] = {"person": cleaned.person, "unreadable": cleaned.unreadable}
        resources = {**(resources or {}), "metadata": {"name": path.stem, "path": str(path.parent)}}
        return self.from_notebook_node(cleaned.notebook, resources, **kw)


def _is_submitted(config: Config, path: Path, names: dict[str, str]) -> bool:
    """Whether nbgrader reads what a student handed in, not what it wrote itself a step before."""
    directory = CourseDirectory(config=config)
    folder = directory.format_path(directory.submitted_directory, names["student"], names["assignment"])
    return path.resolve().parent == (Path(directory.root) / folder).resolve()


class SealedExecute(NbGraderPreprocessor):
    """In the place of nbgrader's Execute: cells run in the sandbox, seals are judged here."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        names = resources["nbgrader"]
        master = master_of(self.config, names["assignment"])
        modules = tuple(master.modules())
        found = _reference(master, modules)
        cleaned = self._cleaned(nb, names, master)
        program = prepare(cleaned, master, found.seed)
        trace = Trace([]) if cleaned.unreadable else workers.run_program(program, modules, unsafe=False)
        graded = finish(cleaned, trace, found)
        for reason in graded.person:
            self.log.warning("%s needs a person: %s", names["student"], reason)
        return graded.notebook, resources

    def _cleaned(self, nb: NotebookNode, names: dict[str, str], master: Master) -> Cleaned:
        """nbgrader's copy of the cleaned notebook, with the files that the student handed in beside it."""
        mark = json.loads(json.dumps(nb.metadata.pop(MARK, {})))
        directory = CourseDirectory(config=self.config)
        folder = directory.format_path(directory.submitted_directory, names["student"], names["assignment"])
        files = clean(Path(directory.root) / folder, master).files
        return Cleaned(nb, files, mark.get("person", []), mark.get("unreadable", ""))


def _reference(master: Master, modules: tuple[str, ...]) -> Reference:
    """The instructor's run, once in the life of this process unless the assignment changes."""
    key = master.fingerprint
    warm = workers.warm(modules, unsafe=False)
    if key not in _references or _references[key].warm is not warm:
        _references[key] = reference.run_reference(master, _seed, warm)
    return _references[key]
