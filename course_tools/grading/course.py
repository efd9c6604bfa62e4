"""The course as nbgrader sees it: its settings, its folders and its gradebook."""

from functools import cached_property
from pathlib import Path

from nbgrader.api import Gradebook
from traitlets.config import Config, PyFileConfigLoader

from course_tools.paths import ROOT
from course_utils.errors import CourseError, one_of


class Course:
    """The course in the folder `root`. A command makes one, so that the configuration is executed once."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root

    @cached_property
    def settings(self) -> Config:
        """What nbgrader_config.py sets, read as nbgrader's own commands read it. Raises CourseError without one."""
        if not (self.root / "nbgrader_config.py").exists():
            raise CourseError(f"{self.root} holds no nbgrader_config.py. Run this command in the course's folder.")
        return PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()

    def assignment(self, name: str) -> str:
        """The full name of an assignment from its name or number; CourseError when there is none like it."""
        return one_of(name, sorted(p.name for p in (self.root / "assignments").glob("*/")), kind="assignment")

    def gradebook(self) -> Gradebook:
        """The course's gradebook, made when there is none yet. Use it in a `with`, which closes it."""
        directory = self.settings.CourseDirectory
        return Gradebook(directory.db_url, directory.course_id)

    def folder(self, step: str) -> Path:
        """The folder of one of nbgrader's steps: "submitted", "autograded", "feedback", ..."""
        return self.root / str(self.settings.CourseDirectory[f"{step}_directory"])

    def downloaded(self, name: str) -> Path:
        """Where the archives of an assignment lie that a learning management system gave out."""
        return self.root / str(self.settings.ZipCollectApp.downloaded_directory) / name
