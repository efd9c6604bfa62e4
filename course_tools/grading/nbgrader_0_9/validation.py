"""What *Validate* and `nbgrader validate` say of a notebook: how many checks hold, and a line for each that does not.

Runs on a student's machine, in nbgrader's process. nbgrader itself shows each failing cell with its code and
traceback, and both its button and its command show what Validator.validate gives: pieces, each a `source` and an
error. Here there is one piece: the count is its source, the lines are its error.
"""

import html
from collections.abc import Iterator
from typing import Any

import nbformat
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbgrader.validator import Validator

from course_tools.grading.judging.master import grade_id, is_grade, is_test, titled

LONGEST = 300  # characters of what a check says
Results = dict[str, list[dict[str, str]]]

nbgraders_validate, nbgraders_run = Validator.validate, Validator._preprocess


def plug_in(c: Any) -> None:
    """Let nbgrader's Validator say it shortly, and set what its command prints before it in the configuration `c`."""
    Validator.validate = validate
    Validator._preprocess = _run
    Validator._print_error = _print_error
    c.Validator.failed_warning = ""
    c.Execute.kernel_name = "python3"  # this environment's: VS Code and conda write other names into a notebook


def validate(self: Validator, filename: str) -> Results:
    """nbgrader's results of running the notebook; what failed as one piece."""
    results: Results = nbgraders_validate(self, filename)
    if failed := results.get("failed"):
        errors = {row["source"]: row["raw_error"] for row in failed}
        cells = nbformat.read(filename, as_version=4).cells
        said = list(lines(cells, errors))
        shown = "".join(f"<div>{html.escape(line)}</div>" for line in said)
        results["failed"] = [{"source": count(cells, errors), "error": shown, "raw_error": "\n".join(said)}]
    return results


def count(cells: list[NotebookNode], errors: dict[str, str]) -> str:
    """For example "4 of 7 checks hold, 9 of 20 points", by the sources of the cells that failed."""
    points = [(float(cell.metadata.nbgrader.points), cell.source.strip()) for cell in cells if is_test(cell)]
    earned = [value for value, source in points if source not in errors]
    most = sum(value for value, _ in points)
    return f"{len(earned)} of {len(points)} checks hold, {sum(earned):g} of {most:g} points"


def lines(cells: list[NotebookNode], errors: dict[str, str]) -> Iterator[str]:
    """For each cell with points that failed its exercise's heading and name, its points, and what the check says."""
    for title, cell in titled(cells):
        if is_grade(cell) and cell.source.strip() in errors:
            exercise = ", ".join(filter(None, [title, grade_id(cell).removeprefix("test_")]))
            points = f"{float(cell.metadata.nbgrader.points):g}"
            said = shortly(errors[cell.source.strip()])
            yield f"{exercise} ({points} point{'s' * (points != '1')}): {said}"


def shortly(error: str) -> str:
    """The hints of a check of the course, or what it says without any; of another error its last line."""
    written = [line.strip() for line in strip_ansi(error).splitlines() if line.strip()] or ["It failed."]
    said = " ".join(written) if written[0].startswith("✗") else written[-1]
    said = said.partition(" → ")[2].replace(" → ", " ") or said
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _run(self: Validator, notebook: NotebookNode) -> NotebookNode:
    """The notebook as nbgrader ran it, without warnings: nbgrader takes a check that wrote any for failed."""
    ran: NotebookNode = nbgraders_run(self, notebook)
    for cell in filter(is_test, ran.cells):
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    return ran


def _print_error(self: Validator, source: str, error: str) -> None:
    """Print the one piece, for the command."""
    self.stream.write(f"{source}. What failed:\n\n{error}\n")
