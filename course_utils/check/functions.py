"""Relations: a function of the expected value, or the other way round."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np

from course_utils.check.evidence import MOST, Pair, Reading, choices, digits_of, is_constant, scale_of


class Function(NamedTuple):
    """A function with what is said when the answer is that of the expected value, and the other way round."""

    of: Callable[[np.ndarray], np.ndarray]
    too_many: str
    missing: str


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


FUNCTIONS = (
    Function(np.square, "Yours is the square of the expected value.", "The expected value is the square of yours."),
    Function(
        np.exp,
        "Yours is the exponential of the expected value: is a logarithm missing?",
        "The expected value is the exponential of yours: is exp missing?",
    ),
    Function(np.reciprocal, "Yours is one over the expected value.", ""),
    Function(lambda x: 1 - x, "Yours is 1 minus the expected value.", ""),
    Function(
        _sigmoid,
        "Yours is the sigmoid of the expected value: is there a sigmoid too many?",
        "The expected value is the sigmoid of yours: is the sigmoid missing?",
    ),
    Function(
        np.tanh,
        "Yours is the hyperbolic tangent of the expected value: is there a tanh too many?",
        "The expected value is the hyperbolic tangent of yours: is tanh missing?",
    ),
)


ROUNDINGS = (
    Function(
        np.round, "Yours is rounded to whole numbers.", "The expected value is yours, rounded to whole numbers."
    ),
    Function(
        np.trunc, "Yours lacks the digits after the point.", "The expected value is yours, cut to whole numbers."
    ),
    Function(np.floor, "Yours is rounded down.", "The expected value is yours, rounded down."),
    Function(np.ceil, "Yours is rounded up.", "The expected value is yours, rounded up."),
)


def of_function(pair: Pair) -> str:
    """One function between the two; when several would do, no one knows which it was."""
    other, x, y = pair.swapped, pair.expected, pair.actual
    there = chain(_applied(pair, x, 0), _clipped(pair, "Yours is cut off"))
    back = chain(_applied(other, y, 1), _clipped(other, "The expected value is yours, cut off"))
    found = {r.sentence for r in there if pair.holds(r)} | {r.sentence for r in back if other.holds(r)}
    text = found.pop() if len(found) == 1 else ""
    if text == FUNCTIONS[0].too_many and (x >= 0).all():
        return "The expected value is the square root of yours: is a root missing?"
    return text


def _applied(pair: Pair, x: np.ndarray, way: int) -> Iterator[Reading]:
    """All functions of `x`; `way` is 0 where the answer would be the function's value, 1 where the expected is."""
    for f in (*FUNCTIONS, *_roundings(x), *_functions_along(pair)):
        if sentence := (f.too_many, f.missing)[way]:
            yield Reading(sentence, f.of(x))


def _roundings(x: np.ndarray) -> list[Function]:
    """Down and up only where they are not the same as to cut the digits."""
    cut = np.trunc(x)
    return [f for f in ROUNDINGS if f.of not in (np.floor, np.ceil) or not np.array_equal(f.of(x), cut)]


def _functions_along(pair: Pair) -> Iterator[Function]:
    for axis in pair.long_axes:
        along = "" if pair.ndim == 1 else f" along axis {axis}"
        yield Function(
            partial(np.cumsum, axis=axis),
            f"Yours is the cumulative sum of the expected values{along}.",
            f"The expected value is the cumulative sum of yours{along}.",
        )
        soft = f"The expected value is the softmax of yours{along}: is the softmax missing?"
        yield Function(partial(_softmax, axis=axis), "", soft)


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=axis, keepdims=True)
    return shares


def _clipped(pair: Pair, what: str) -> Iterator[Reading]:
    """Values beyond a bound are replaced by it: which values these are tells as much as the bound itself costs."""
    a, e = pair.actual, pair.expected
    if is_constant(a) or np.isin(a, (0, 1)).all():  # -1 and 1 for 0 and 1 are no cut-off numbers
        return
    low, high = float(a.min()), float(a.max())
    below, above = bool((e < low).any()), bool((e > high).any())
    ends = [f"below at {low:.6g}"] * below + [f"above at {high:.6g}"] * above
    bounds = np.array([low] * below + [high] * above)
    cost = float(digits_of(np.abs(bounds), scale_of(a), MOST).sum()) if bounds.size else 0.0
    told = choices(a.size, int(pair.wrong.sum()))
    if ends and pair.wrong.sum() > 2:
        yield Reading(f"{what} {' and '.join(ends)}.", np.clip(e, low, high), cost - told)
