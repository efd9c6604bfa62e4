"""Pages of feedback: nbgrader finds marks and comments, and writes what `pages/feedback` makes of them."""

from collections.abc import Callable
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbgrader.apps import NbGraderAPI
from nbgrader.preprocessors import GetGrades

from course_tools.authoring.build import environment_on_path
from course_tools.grading.course import Course
from course_tools.grading.judging.master import grade_id
from course_tools.grading.pages import feedback
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


class GetMarks(GetGrades):
    """nbgrader's GetGrades, which says 0 of an answer that nobody has marked yet: `waits` tells the two apart."""

    def _get_score(self, cell: NotebookNode, resources: Any) -> None:
        super()._get_score(cell, resources)
        grade = self.gradebook.find_grade(grade_id(cell), self.notebook_id, self.assignment_id, self.student_id)
        cell.metadata.nbgrader["waits"] = grade.auto_score is None and grade.manual_score is None


class FeedbackExporter(Exporter):
    """What nbgrader's GenerateFeedback writes a graded notebook with, from `course feedback` and formgrader alike."""

    file_extension = ".html"
    output_mimetype = "text/html"

    def from_notebook_node(  # type: ignore[override]  # as nbconvert's own exporters of text
        self, nb: NotebookNode, resources: Any = None, **_: Any
    ) -> tuple[str, Any]:
        """The page; `resources["nbgrader"]` has what GetMarks found."""
        nb, resources = super().from_notebook_node(nb, resources)
        return feedback.render(nb, resources["nbgrader"]), resources
