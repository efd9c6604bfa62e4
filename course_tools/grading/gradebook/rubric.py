"""The rubric of an answer in words, comments to choose from, and what a person's row comes to.

The rubric stands in the model answer, a line for each thing that earns points:

    - **1 point**: The smallest curvature decides.

Comments that return lie in `private/comments.toml` beside the source, where nothing reaches a student, under the
question's name: `units = "Give the units."`. A person's comment calls them by `#units`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from course_tools.grading.judging.master import Master, grade_id, is_answer, is_grade
from course_tools.grading.nbgrader_0_9.marks import LEAST
from course_utils.errors import CourseError

LINE = re.compile(r"^- \*\*(\d+(?:\.\d+)?) points?\*\*: (.+)$", re.MULTILINE)
CALLED = re.compile(r"(?<![\w/])#([A-Za-z][\w-]*)")  # not a place on a page: https://a.org/p#place
COMMENTS = "private/comments.toml"
YES = ("x", "✓", "yes")


@dataclass(frozen=True)
class Line:
    """A line of a rubric."""

    points: float
    text: str


@dataclass(frozen=True)
class Question:
    """A question that is answered in words: its points, its rubric (one line of all points where it has none)."""

    name: str
    points: float
    rubric: tuple[Line, ...]
    comments: Mapping[str, str]

    @property
    def columns(self) -> list[str]:
        """The headings of the sheet's columns for the rubric."""
        return [f"{line.points:g}: {line.text}" for line in self.rubric]


@dataclass(frozen=True)
class Marked:
    """What a person gives an answer. The comment is Markdown, and begins with the lines of the rubric."""

    points: float
    comment: str


def questions(master: Master) -> list[Question]:
    """The questions of an assignment that are answered in words."""
    comments = _comments(master.folder / COMMENTS)
    cells = [cell for cell in master.notebook.cells if cell.cell_type == "markdown" and is_grade(cell)]
    found = []
    for cell in filter(is_answer, cells):
        name, points = grade_id(cell), float(cell.metadata.nbgrader.points)
        lines = tuple(Line(float(worth), text.strip()) for worth, text in LINE.findall(cell.source))
        if lines and abs(sum(line.points for line in lines) - points) > LEAST:
            raise CourseError(f"The rubric of {name} does not add up to its {points:g} points. Correct the solution.")
        found.append(Question(name, points, lines or (Line(points, "points"),), comments.get(name, {})))
    return found


def _comments(path: Path) -> dict[str, dict[str, str]]:
    if not path.exists():
        return {}
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as e:
        raise CourseError(f"{path} cannot be read: {e}") from e
    return {name: {key: str(text) for key, text in of.items()} for name, of in read.items() if isinstance(of, dict)}


def mark(question: Question, cells: Sequence[str], comment: str) -> Marked | None:
    """What a row comes to: None where nothing is filled in. Raises ValueError, with a clause, for what cannot be.

    A cell of the rubric takes a cross for all of its points, or a number; empty beside others, it is 0.
    """
    if not any(cell.strip() for cell in cells):
        if comment.strip():
            raise ValueError("it has a comment and no points; write 0 for none")
        return None
    earned = [_earned(cell, line) for cell, line in zip(cells, question.rubric, strict=True)]
    said = _said(comment, question.comments)
    if len(question.rubric) == 1:
        return Marked(sum(earned), said)
    lines = [f"- {x:g} of {line.points:g}: {line.text}" for x, line in zip(earned, question.rubric, strict=True)]
    return Marked(sum(earned), "\n".join(lines) + (f"\n\n{said}" if said else ""))


def _earned(cell: str, line: Line) -> float:
    text = cell.strip().casefold().removeprefix("'")
    if text in YES:
        return line.points
    try:
        points = float(text.replace(",", ".") or 0)
    except ValueError as e:
        raise ValueError(f"{cell.strip()[:40]!r} is neither a cross nor a number") from e
    if not isfinite(points) or not 0 <= points <= line.points:
        raise ValueError(f"{points:g} is not between 0 and {line.points:g}")
    return points


def _said(comment: str, known: Mapping[str, str]) -> str:
    """A comment with the words that its #names stand for."""

    def words(found: re.Match[str]) -> str:
        if found[1] not in known:
            raise ValueError(f"there is no comment {found[0]!r}" + (f" among {', '.join(known)}" if known else ""))
        return known[found[1]]

    return CALLED.sub(words, comment.strip().removeprefix("'"))
