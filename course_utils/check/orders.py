"""Relations: the right values in another order."""

import math
from collections.abc import Iterator
from itertools import chain, combinations

import numpy as np

from course_utils.check.axes import as_rows, entry, entry_name, entry_names, from_rows
from course_utils.check.evidence import Pair, Reading, only, orders_of, surest

ENOUGH_FOR_AN_ORDER = 4.5  # the log of 4!: how many other orders of the values there would have been


def of_order(pair: Pair) -> str:
    """The same values in other places: a plain reason if there is one, else whole rows, else single values."""
    if found := only(pair, _copies(pair)):
        return found
    if orders_of(pair.actual) >= ENOUGH_FOR_AN_ORDER:
        moves = chain(_transposed(pair), _flipped(pair), _rolled(pair), _shifted(pair))
        if found := only(pair, moves) or only(pair, _permuted(pair)):
            return found
    return surest(pair, _sorted(pair))


def _transposed(pair: Pair) -> Iterator[Reading]:
    for one, two in combinations(pair.long_axes, 2):
        if pair.actual.shape[one] == pair.actual.shape[two]:
            text = "Yours is transposed" if pair.ndim == 2 else f"Axes {one} and {two} of yours are swapped"
            yield Reading(f"{text}; the values are right.", pair.expected.swapaxes(one, two))


def _flipped(pair: Pair) -> Iterator[Reading]:
    axes = pair.long_axes
    for chosen in chain(*(combinations(axes, n) for n in range(1, len(axes) + 1))):
        along = " and ".join(f"axis {axis}" for axis in chosen)
        text = "Yours is in reverse order" if pair.ndim == 1 else f"Yours is flipped along {along}"
        yield Reading(f"{text}; the values are right.", np.flip(pair.expected, chosen))


def _rolled(pair: Pair) -> Iterator[Reading]:
    for axis in pair.long_axes:
        for step, way in ((1, "forward"), (-1, "back")):
            text = f"The {entry_names(axis, pair.ndim)} of yours are moved {way} by one, round the end."
            yield Reading(text, np.roll(pair.expected, step, axis))


def _shifted(pair: Pair) -> Iterator[Reading]:
    """All entries along an axis stand one place further, and something else stands in the place left free."""
    for axis in pair.long_axes:
        for step, way, free in ((1, "forward", 0), (-1, "back", -1)):
            moved = np.roll(pair.expected, step, axis)
            if pair.agrees(moved):
                continue
            at = entry(axis, free)
            moved[at] = pair.actual[at]
            text = f"The {entry_names(axis, pair.ndim)} of yours are moved {way} by one."
            yield Reading(text, moved, float(pair.bits[at].sum()))


def _copies(pair: Pair) -> Iterator[Reading]:
    """One expected row in the place of all."""
    for axis in pair.long_axes if pair.ndim > 1 else []:
        for index, word in ((0, "first"), (-1, "last")):
            one = np.broadcast_to(np.take(pair.expected, [index], axis), pair.actual.shape)
            told = float(np.take(pair.swapped.bits, index, axis).sum())  # the row itself agrees, which tells as well
            yield Reading(f"Every {entry_name(axis, pair.ndim)} of yours is the {word} one expected.", one, -told)


def _permuted(pair: Pair) -> Iterator[Reading]:
    for axis in pair.long_axes if pair.ndim > 1 else []:
        a, e = as_rows(pair.actual, axis), as_rows(pair.expected, axis)
        moved = np.empty_like(e)
        moved[np.lexsort(a.T[::-1])] = e[np.lexsort(e.T[::-1])]
        text = f"The {entry_names(axis, pair.ndim)} of yours are the expected ones in another order."
        yield Reading(text, from_rows(moved, axis, pair.actual.shape), _choices_of_order(a.shape[0]))


def _choices_of_order(n: int) -> float:
    return math.lgamma(n + 1) / math.log(2)


def _sorted(pair: Pair) -> Iterator[Reading]:
    """The values of the places that differ, each of them in another of these places."""
    wrong, moved = pair.actual[pair.wrong], pair.expected.copy()
    values = np.empty(wrong.size)
    values[np.argsort(wrong, kind="stable")] = np.sort(pair.expected[pair.wrong])
    moved[pair.wrong] = values
    yield Reading("Yours holds the expected values in another order.", moved, orders_of(wrong))
