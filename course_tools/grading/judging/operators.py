"""Whether an answer ran an operator that the instructor's own answer to the same cell did not.

Runs in the grader, on names that a child reported. Honest answers differ in elementary operators; a convolution, a
loss or a gradient among them is shown to a person. It costs no marks: the report is evidence, not proof.
"""

from dataclasses import dataclass

from course_tools.grading.engine.program import Cell
from course_utils.check.bans.families import FAMILIES, elementary, relative_of, relatives


@dataclass(frozen=True)
class Seen:
    """The operators of one run of a test cell: those of its visible part, and those of all its sealed parts.

    They are kept apart, since the visible part often calls what is banned, to compare with it.
    """

    visible: frozenset[str]
    sealed: frozenset[str]

    @classmethod
    def of(cls, cell: Cell) -> "Seen":
        """What a run of the cell reported."""
        return cls(cell.operators, frozenset().union(*(part.operators for part in cell.parts)))


def for_a_person(answer: Seen, instructor: Seen, banned: tuple[str, ...]) -> str:
    """Why a person should look at an answer that earned marks; empty when nothing speaks against it."""
    if instructor.sealed and not answer.sealed:  # handing out a tensor is an operator, too
        return "reported none of the operators that it ran"
    more = unseen(answer, instructor, banned)
    return f"ran {', '.join(more)}, unlike the instructor's answer" if more else ""


def unseen(answer: Seen, instructor: Seen, banned: tuple[str, ...]) -> list[str]:
    """The operators that only `answer` ran and that are banned or not elementary, by name."""
    more = (answer.visible - instructor.visible) | (answer.sealed - instructor.sealed)
    names = relatives(banned)
    return sorted(name for name in more if _remarkable(name, names))


def _remarkable(operator: str, banned: frozenset[str]) -> bool:
    of_a_gradient = relative_of(operator, FAMILIES["autograd"])
    return relative_of(operator, banned) or not (elementary(operator) or of_a_gradient)
