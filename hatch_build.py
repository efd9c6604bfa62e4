"""Runs when a wheel of the course is built: course_utils goes alone, without what belongs to the command `course`.

An editable install, `pip install -e .` in the repository, has everything.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.requirements import Requirement


class CourseUtilsAlone(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Take the command, the extras, and the packages that only course_tools needs out of the metadata."""
        if version == "standard":
            core = self.metadata.core
            core.scripts.clear()
            core.optional_dependencies.clear()
            tools = self.config["for-course-tools"]
            core.dependencies[:] = [line for line in core.dependencies if Requirement(line).name not in tools]
