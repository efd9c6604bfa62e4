"""nbgrader's pages of feedback, written for a class with one API object."""

from collections.abc import Callable

from nbgrader.apps import NbGraderAPI

from course_tools.authoring.build import environment_on_path
from course_tools.grading.course import Course
from course_utils.errors import CourseError


def page_writer(course: Course, name: str) -> Callable[[str], None]:
    """What writes a student's page of the assignment `name` anew; it raises CourseError when nbgrader could not."""
    environment_on_path()
    api = NbGraderAPI(config=course.settings)

    def write(student: str) -> None:
        result = api.generate_feedback(name, student, force=True)
        if not result["success"]:
            lines = str(result.get("error") or result.get("log") or "").strip().splitlines()
            raise CourseError(f"nbgrader said {lines[-1] if lines else 'nothing'}")

    return write
