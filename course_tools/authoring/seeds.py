"""Inputs of a student's own in visible checks: seeds that follow from the student's name.

A visible check that draws its inputs holds `manual_seed(31)`. In a students' notebook that `course build --variants`
made, it reads `manual_seed(check.own_seed(31))`: one student in eight has the inputs of the source. A second seed of
the same check stays as it is, for the build tries each of eight inputs, and not 64. The grader draws inputs of its
own, the same for all.
"""

import re
from collections.abc import Collection, Iterator
from copy import deepcopy
from functools import partial

from nbformat import NotebookNode

from course_tools.grading.cells import BEGIN
from course_utils.check.own import SEEDS, seeds

DRAWN = re.compile(r"\bmanual_seed\((\d+)\)")
OWN = re.compile(r"\bmanual_seed\(check\.own_seed\((\d+)\)\)")


def with_own(notebook: NotebookNode, answers: Collection[str]) -> NotebookNode:
    """The instructor's notebook with a student's own seeds in the visible checks of the answers named."""
    notebook = deepcopy(notebook)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").removeprefix("test_") in answers:
            visible, begin, hidden = cell.source.partition(BEGIN)
            cell.source = _with_own(visible) + begin + hidden
    return notebook


def _with_own(visible: str) -> str:
    first = DRAWN.search(visible)
    return visible.replace(first[0], f"manual_seed(check.own_seed({first[1]}))") if first else visible


def without_own(source: str) -> str:
    """The source of a check with the seeds that it has without variants."""
    return OWN.sub(r"manual_seed(\1)", source)


def each(visible: str) -> Iterator[str]:
    """A visible check as each eighth of a class runs it; alone where it has no seeds of a student's own."""
    for i in range(SEEDS if OWN.search(visible) else 1):
        yield OWN.sub(partial(_seeded, i), visible)


def _seeded(i: int, found: re.Match[str]) -> str:
    return f"manual_seed({seeds(int(found[1]))[i]})"
