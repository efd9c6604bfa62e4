"""nbgrader's pages of feedback, written for a class by one call."""

from collections.abc import Iterable, Iterator

from nbgrader.apps import NbGraderAPI

from course_tools.authoring.build import environment_on_path
from course_tools.grading.course import Course


def write_feedback(course: Course, name: str, students: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Write each student's page of the assignment `name` anew; yield the student and whether nbgrader could."""
    environment_on_path()
    api = NbGraderAPI(config=course.settings)
    for student in students:
        yield student, bool(api.generate_feedback(name, student, force=True)["success"])
