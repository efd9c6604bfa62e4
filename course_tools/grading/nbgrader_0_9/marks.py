"""What each cell that counts earns: the verdict's own number. `course grade` and `nbgrader autograde` both ask here.

nbgrader alone would read a mark from the text of a cell's output, and give full points where it finds none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Grade

from course_tools.grading.judging.judge import Verdict
from course_tools.grading.judging.master import grade_id, is_answer, is_test
from course_utils.errors import CourseError

LEAST = 1e-9  # points: marks that are nearer than this are the same


class NoVerdict(CourseError):
    """A graded cell has no verdict, or none that can be a mark: nothing may be entered for this submission."""


@dataclass(frozen=True)
class CellMark:
    """The automatic mark of a cell: None where a person has to give it; `doubtful` asks a person to look."""

    score: float | None
    doubtful: bool = False

    def enter(self, grade: Grade) -> tuple[float, float] | None:
        """Put it into nbgrader's row; a mark that a person gave stays. The caller commits.

        Gives the earlier mark and the new one, where there was another automatic mark that counted.
        """
        earlier = grade.auto_score if grade.manual_score is None else None
        grade.auto_score = self.score
        grade.needs_manual_grade = self.score is None or self.doubtful or grade.manual_score is not None
        if earlier is None or self.score is None or abs(earlier - self.score) <= LEAST:
            return None
        return earlier, self.score


def cell_marks(notebook: NotebookNode, verdicts: Iterable[Verdict], graded: Iterable[str]) -> dict[str, CellMark]:
    """The mark of each cell in `graded`, by name. The notebook's cells carry nbgrader's checksums.

    Raises NoVerdict when a cell that is graded by running it is missing, or has no verdict between 0 and its points.
    """
    cells = {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}
    by_cell = {verdict.cell: verdict for verdict in verdicts}
    return {name: _mark(name, cells, by_cell) for name in graded}


def _mark(name: str, cells: Mapping[str, NotebookNode], verdicts: Mapping[str, Verdict]) -> CellMark:
    if name not in cells:
        raise NoVerdict(f"{name} is not in the graded notebook, so that it has no mark. Grade this submission again.")
    if not is_test(cells[name]):
        return CellMark(0.0 if is_empty(cells[name]) else None)
    verdict = verdicts.get(name)
    if verdict is None or not 0 <= verdict.score <= verdict.points:
        found = "no verdict" if verdict is None else f"a verdict of {verdict.score} out of {verdict.points}"
        raise NoVerdict(f"{name} has {found}, so that it has no mark. Grade this submission again.")
    return CellMark(float(verdict.score), doubtful=bool(verdict.person))


def is_empty(cell: NotebookNode) -> bool:
    """Whether an answer is blank, or stands as it was handed out, by nbgrader's checksum in its metadata."""
    if not is_answer(cell):
        return False
    return not cell.source.strip() or cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
