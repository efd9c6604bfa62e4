"""What a student should know of a notebook before it is handed in, exercise by exercise.

Whether each answer can be compiled, uses what its exercise bans, and passes its visible check. Answers that are still
empty are told by `submit` itself.
"""

import ast
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from course_tools.grading.intake.notebooks import Cell
from course_tools.grading.judging.master import grade_id, is_answer, is_grade, is_test, titled
from course_utils.check import banned
from course_utils.check.banned import Ban

MOST = 300  # characters that are told of one exercise


@dataclass(frozen=True)
class Exercise:
    """An exercise as it was handed out: the cell of its answer, the heading above it, its check and points."""

    name: str
    title: str
    check: str
    points: float


def exercises(released: NotebookNode) -> list[Exercise]:
    """The exercises that a check marks, in order."""
    found = []
    for title, cell in titled(released.cells):
        if is_test(cell):
            check = grade_id(cell)
            found.append(Exercise(check.removeprefix("test_"), title, check, float(cell.metadata.nbgrader.points)))
    return found


def by_hand(released: NotebookNode) -> float:
    """The points that a person gives."""
    marked = [cell for cell in released.cells if is_grade(cell) and is_answer(cell)]
    return sum(float(cell.metadata.nbgrader.points) for cell in marked)


def of_text(
    cells: Sequence[Cell], released: NotebookNode, bans: Sequence[Ban], files: Sequence[str]
) -> dict[str, str]:
    """By the name of an answer, why it cannot earn its points: its text alone is looked at."""
    found = {ban.exercise: _banned(ban, cells, released, files) for ban in bans}
    for cell in cells:
        if cell.kind == "code" and cell.name and (error := uncompiled(cell.source)):
            found[cell.name] = error
    return {name: said for name, said in found.items() if said}


def uncompiled(source: str) -> str:
    """What Python says of a cell that it cannot compile, and the line; "" when it can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plain = TransformerManager().transform_cell(source)
            compile(plain, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as e:
        return f"line {e.lineno or 1} cannot be read: {type(e).__name__}: {e.msg}"
    except (ValueError, RecursionError, MemoryError) as e:
        return f"cannot be read: {type(e).__name__}"
    return ""


def _banned(ban: Ban, cells: Sequence[Cell], released: NotebookNode, files: Sequence[str]) -> str:
    """What an answer uses and must not, looked for as the grader does."""
    code = [cell for cell in cells if cell.kind == "code"]
    given = {grade_id(cell): cell for cell in released.cells if grade_id(cell) and not is_answer(cell)}
    own = "\n".join(cell.source for cell in code if cell.name == ban.exercise)
    others = [cell.source for cell in code if cell.name != ban.exercise and cell.name not in given]
    context = [cell.source for cell in given.values() if cell.cell_type == "code"]
    hits = ban.hits(own, [*others, *files], context)
    return f"uses {', '.join(hits)}, {banned.ASKED_FOR}. {banned.TO_COMPARE}" if hits else ""


def sentences(
    known: Sequence[Exercise],
    empty: Collection[str],
    wrong: Mapping[str, str],
    told: Mapping[str, str | None],
) -> Iterator[str]:
    """A line for each exercise that is not empty: ✓ when nothing is wrong as far as its text and check tell."""
    for exercise in known:
        if exercise.name not in empty:
            said = wrong.get(exercise.name) or told.get(exercise.check, "")
            label = f"{exercise.name} ({exercise.title})" if exercise.title else exercise.name
            if said is None:
                yield f"? {label}: its check did not run"
            else:
                yield f"✗ {label}: {_short(said)}" if said else f"✓ {label}"


def total(
    known: Sequence[Exercise], wrong: Mapping[str, str], told: Mapping[str, str | None], others: float, stopped: bool
) -> str:
    """How many checks hold, and the points for them; `stopped`: they did not run to the end, and nothing is known."""
    held = [e for e in known if told.get(e.check) == "" and e.name not in wrong]
    points, most = (sum(e.points for e in these) for these in (held, known))
    person = f" A person gives up to {others:g} more." if others else ""
    if stopped:
        return f"The checks were stopped, so that nothing is known of their {most:g} points.{person}"
    return (
        f"{len(held)} of {len(known)} checks hold, {points:g} of {most:g} points by the visible checks; "
        f"hidden checks may take some away.{person}"
    )


def _short(text: str) -> str:
    return text if len(text) <= MOST else text[: MOST - 1] + "…"
