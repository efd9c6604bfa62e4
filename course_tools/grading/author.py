"""What an author writes in the hidden part of a test cell.

    ### BEGIN HIDDEN TESTS
    from course_tools.grading.author import banned, close, seal

    banned("softmax")
    X = torch.randn(4, 7)
    seal("ordinary scores", softmax(X))
    seal("large scores", softmax(1000 * X), rule=close(atol=1e-6))
    ### END HIDDEN TESTS

Who runs this: nobody, when all is well. The sealed grader takes the import and `banned` out and puts functions of
own in place of `seal` and the rules (`inside/child.py`). Under stock nbgrader the functions below run, and refuse,
so that no sealed cell is marked by a set-up that cannot judge it. In an author's own notebook
`seal` says that it was reached.

A rule is a plain dict. What only a rule needs (the labels of `agree`) must stand inside ``rule=...``: that
argument is evaluated in the instructor's run alone and never reaches a student's process.
"""

import math
import os
from typing import Any

Rule = dict[str, Any]


class NotSealed(Exception):
    """A sealed cell was run by a set-up that cannot judge it."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def seal(name: str, value: Any, rule: Rule | None = None) -> None:
    """Hand `value` to the grader under `name`; it is compared, by `rule` (default: `close`), outside this process."""
    _refuse_under_stock_nbgrader()
    print(f"sealed {name!r}")


def banned(*names: str) -> None:
    """Forbid calls while this cell is graded: "softmax", "autograd", "conv2d", ... (see docs/grading.md)."""
    _refuse_under_stock_nbgrader()


def _refuse_under_stock_nbgrader() -> None:
    if os.environ.get("NBGRADER_EXECUTION"):
        raise NotSealed(
            "This cell holds sealed checks, which stock nbgrader cannot judge. "
            "Grade with `course grade`, or with nbgrader in the course's folder, whose nbgrader_config.py plugs "
            "the sealed grader in."
        )


# -- rules -----------------------------------------------------------------------------------------------------


def close(rtol: float | None = None, atol: float | None = None) -> Rule:
    """Same type, dtype and shape; values within atol + rtol * |expected| (defaults by dtype), NaN where NaN is."""
    return {"rule": "close", "rtol": rtol, "atol": atol}


def exact() -> Rule:
    """Same type, dtype, shape and values."""
    return {"rule": "exact"}


def number(rtol: float | None = None, atol: float | None = None) -> Rule:
    """One number close to the expected one, whether a Python number, a NumPy scalar or a tensor with one item."""
    return {"rule": "number", "rtol": rtol, "atol": atol}


def at_least(low: float) -> Rule:
    """One number, at least `low`. Only for what a student cannot simply claim: see `agree` for accuracies."""
    return {"rule": "between", "low": float(low), "high": math.inf}


def at_most(high: float) -> Rule:
    """One number, at most `high` and not negative infinity or NaN."""
    return {"rule": "between", "low": -1e300, "high": float(high)}


def agree(share: float, target: Any = None) -> Rule:
    """At least `share` (0..1) of the entries equal `target`, or the instructor's value when there is no target."""
    return {"rule": "agree", "share": float(share), **({} if target is None else {"target": target})}


def same_set() -> Rule:
    """The same items in any order, each as often."""
    return {"rule": "same_set"}


def choice(*options: str, count: int = 1) -> Rule:
    """`count` of the options, in any order, as a text or a list or tuple of texts: no share for half of them.

    Raises ValueError when fewer than `FEWEST_CHOICES` answers are possible: such a choice can be guessed.
    """
    possible = math.comb(len(set(options)), count)
    if possible < FEWEST_CHOICES:
        raise ValueError(f"choice: {possible} answers are possible; offer options for at least {FEWEST_CHOICES}")
    return {"rule": "choice", "options": list(options), "count": count}


FEWEST_CHOICES = 10
RULES = (close, exact, number, at_least, at_most, agree, same_set, choice)
