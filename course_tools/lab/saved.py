"""A notebook as a student saved it: which cells ran, and which checks passed. Nothing in it is executed.

A file of another shape, of another tool or damaged, is as good as one in which nothing ran.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_tools.grading.inside import text

MAX_BYTES, MAX_VALUES = 100_000_000, 1_000_000  # in a file: far more than a chapter with all its figures has
TICK, CHECKS = "✓ ", "check."  # what a check of the course prints, and how a cell calls it


@dataclass(frozen=True)
class Cell:
    """One cell. `name` is nbgrader's, or ""; `points` are those of a check, `by_person` those of an answer in words.

    `ran`: it has an execution count; `passed`: it ran, and shows its ticks and no error.
    """

    kind: str
    source: str
    id: str
    name: str
    points: float | None
    ran: bool
    passed: bool
    by_person: float | None = None


def read(path: Path) -> list[Cell]:
    """The cells of a notebook; none when it is missing, damaged, too large or something else."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return []
        return [_cell(raw) for raw in text.load(path.read_bytes(), MAX_VALUES)["cells"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def _cell(raw: dict[str, Any]) -> Cell:
    kind, source = str(raw["cell_type"]), "".join(raw["source"])
    marks = (raw.get("metadata") or {}).get("nbgrader") or {}
    is_check = kind == "code" and marks.get("grade") and not marks.get("solution")
    ran, outputs = isinstance(raw.get("execution_count"), int), raw.get("outputs") or []
    failed = any(output["output_type"] == "error" for output in outputs)
    ticked = any(TICK in "".join(output["text"]) for output in outputs if output["output_type"] == "stream")
    return Cell(
        kind,
        source,
        id=str(raw.get("id", "")),
        name=str(marks.get("grade_id", "")),
        points=float(marks["points"]) if is_check else None,
        ran=ran,
        by_person=float(marks["points"]) if kind == "markdown" and marks.get("grade") else None,
        passed=ran and not failed and (ticked or CHECKS not in source),  # a plain assert prints nothing
    )
