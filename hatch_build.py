"""Runs when a wheel of the course is built: course_utils goes alone, so the command `course` stays behind."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CourseUtilsAlone(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Take the command out, except for an editable install, which finds course_tools in the repository."""
        if version == "standard":
            self.metadata.core.scripts.clear()
