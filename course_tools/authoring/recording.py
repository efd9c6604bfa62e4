"""What the visible checks of a cell compare, all of them: a check that fails is noted, and the cell goes on."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

from course_utils import check
from course_utils.check import hints
from course_utils.check.answers import of_slips, outcome
from course_utils.check.values import GROUPS, NUMERIC, as_array, kind


@dataclass(frozen=True)
class Failed:
    """A visible check that failed: its name, what it said, and the key of the hint for the value that it was given.

    `telling`: the value has enough in it to point to one mistake; `raised`: the exception
    that came in its place.
    """

    check: str
    said: str
    key: bytes
    hints: tuple[str, ...]
    telling: bool
    raised: str


@contextlib.contextmanager
def recording() -> Iterator[list[Failed]]:
    """Note in a list the checks that fail inside the block, in place of raising."""
    failed: list[Failed] = []

    def note(name: str, value: Any, problem: str, slips: Any) -> None:
        known = of_slips(value, slips or {}, None, None) or hints.opened(name, value)
        key, raised = hints.key(name, value), type(value).__name__ if isinstance(value, Exception) else ""
        failed.append(Failed(name, f"{name} {problem}", key, tuple(known), telling(value), raised))

    def close(name: str, actual: Any, expected: Any, *, slips: Any = None, **tolerances: Any) -> None:
        value, found = outcome(actual, expected, **tolerances)
        if found:
            note(name, value, found.problem, slips)

    def raises(name: str, error: type[Exception], call: Callable[[], Any], *, slips: Any = None) -> None:
        value, _ = outcome(call, None)
        if not isinstance(value, error):
            note(name, value, f"does not raise {error.__name__}", slips)

    with mock.patch.multiple(check, close=close, raises=raises):
        yield failed


def telling(value: Any) -> bool:
    """Whether few mistakes give this value: not a bool, a text, NaN, one whole number, or only zeros and ones."""
    numbers = np.asarray(list(_numbers(value)), float)
    fractions = numbers[np.isfinite(numbers) & (numbers != np.round(numbers))]
    return bool(fractions.size) or len(set(numbers[np.isfinite(numbers)]) - {-1.0, 0.0, 1.0}) > 1


def _numbers(value: Any) -> Iterator[float]:
    """The real numbers in a value, however it is nested."""
    if kind(value) in GROUPS:
        for item in value.values() if isinstance(value, dict) else value:
            yield from _numbers(item)
    elif kind(value) in NUMERIC and as_array(value).dtype.kind in "iuf":
        yield from as_array(value).reshape(-1).tolist()
