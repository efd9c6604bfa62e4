"""The course as nbgrader sees it: its settings, its folders and its gradebook."""

from pathlib import Path

from nbgrader.api import Gradebook
from traitlets.config import Config, PyFileConfigLoader

from course_tools.paths import ROOT
from course_utils.errors import CourseError, one_of


def settings(root: Path = ROOT) -> Config:
    """What nbgrader_config.py in `root` sets, read as nbgrader's own commands read it."""
    if not (root / "nbgrader_config.py").exists():
        raise CourseError(f"{root} holds no nbgrader_config.py. Run this command in the course's folder.")
    return PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()


def assignment_name(name: str, root: Path = ROOT) -> str:
    """The full name of an assignment from its name or number; CourseError when there is none like it."""
    return one_of(name, sorted(p.name for p in (root / "assignments").glob("*/")), kind="assignment")


def gradebook(root: Path = ROOT) -> Gradebook:
    """The course's gradebook, made when there is none yet. Use it in a `with`, which closes it."""
    directory = settings(root).CourseDirectory
    return Gradebook(directory.db_url, directory.course_id)


def folder(step: str, root: Path = ROOT) -> Path:
    """The folder of one of nbgrader's steps: "submitted", "autograded", "feedback", ..."""
    return root / str(settings(root).CourseDirectory[f"{step}_directory"])
