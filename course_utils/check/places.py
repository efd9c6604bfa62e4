"""Where an answer is right, and what it lacks where it is not."""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from course_utils.check.axes import entry, entry_name, entry_names
from course_utils.check.evidence import ENOUGH, PRECISIONS, Pair, choices, is_constant, same_values

ENOUGH_FOR_PLACES = 6.3  # the log of how many other sets of places of this size could have differed
MORE_FOR_PLACES = 5.0  # bits asked for on top of ENOUGH, for about 2 to this power sets of places are tried


def where_right(pair: Pair, places: Iterable[tuple[str, np.ndarray]], zero: bool = False) -> str:
    """What the places that differ have in common, if the others are not right by chance; `zero`: yours is 0 there."""
    if not _is_partly_right(pair):
        return ""
    found = [text for text, where in places if np.array_equal(where, pair.wrong)]
    if len(found) != 1:
        return ""
    note = "; elsewhere it is zero" if found[0].startswith("only") else "; there yours is zero"
    return f"Yours is right {found[0]}{note if zero else ''}."


def zeros(pair: Pair) -> str:
    zero = np.array_equal(pair.actual == 0, pair.wrong)
    return "Yours is right except where it is zero." if zero and _is_partly_right(pair) else ""


def _is_partly_right(pair: Pair) -> bool:
    n, k = pair.actual.size, int(pair.wrong.sum())
    return choices(n, k) >= ENOUGH_FOR_PLACES and float(pair.bits[~pair.wrong].sum()) >= ENOUGH + MORE_FOR_PLACES


def positions(pair: Pair) -> Iterator[tuple[str, np.ndarray]]:
    return chain(_ends(pair), _edges(pair), _diagonals(pair))


def kinds(pair: Pair) -> Iterator[tuple[str, np.ndarray]]:
    e, text = pair.expected, "except where the expected value is"
    yield f"{text} negative", e < 0
    yield f"{text} positive", e > 0
    if (e < 0).any() and (e > 0).any():
        yield f"{text} zero", e == 0
        yield "only where the expected value is zero", e != 0
    for word, end in (("largest", e.max()), ("smallest", e.min())):
        yield f"{text} {f'{word}, {end:.6g}' if end else 'zero'}", e == end


def _ends(pair: Pair) -> Iterator[tuple[str, np.ndarray]]:
    """The first and the last entry along each axis, and all but these."""
    for axis in pair.long_axes:
        for index, word in ((0, "first"), (-1, "last")):
            places = np.zeros(pair.actual.shape, dtype=bool)
            places[entry(axis, index)] = True
            name = f"the {word} {entry_name(axis, pair.ndim)}"
            yield f"except in {name}", places
            if pair.actual.shape[axis] > 2:
                yield f"only in {name}", ~places


def _edges(pair: Pair) -> Iterator[tuple[str, np.ndarray]]:
    """The border of the last two axes, as of an image, or the two ends of a list."""
    last = pair.long_axes[-2:]
    if not last or any(pair.actual.shape[axis] < 3 for axis in last):
        return
    places = np.zeros(pair.actual.shape, dtype=bool)
    for axis in last:
        places[entry(axis, 0)] = True
        places[entry(axis, -1)] = True
    name = "at the border" if pair.ndim > 1 else "at both ends"
    yield f"except {name}", places
    yield f"only {name}", ~places


def _diagonals(pair: Pair) -> Iterator[tuple[str, np.ndarray]]:
    if pair.ndim != 2 or pair.actual.shape[0] != pair.actual.shape[1]:
        return
    above = np.triu(np.ones(pair.actual.shape, dtype=bool), 1)
    on = np.eye(len(above), dtype=bool)
    yield "except on the diagonal", on
    yield "only on the diagonal", ~on
    yield "except above the diagonal", above
    yield "except below the diagonal", above.T
    yield "except on and above the diagonal", above | on
    yield "except on and below the diagonal", above.T | on


def structure(pair: Pair) -> str:
    """Sums of one, and numbers that do not vary where they should."""
    lines = [text for axis in pair.long_axes for text in _along(pair, axis)] if pair.ndim > 1 else []
    found = _sums_of_one(pair) or lines
    return found[0] if len(found) == 1 else ""


def _along(pair: Pair, axis: int) -> Iterator[str]:
    """Entries that are all equal along an axis in one of the two, and nowhere in the other."""
    lines = f"{entry_names(1 - axis, 2)}" if pair.ndim == 2 else f"lines along axis {axis}"
    if _is_level(pair, axis):
        yield f"The {lines} of yours hold one number throughout, where the expected value varies."
    if _is_level(pair.swapped, axis):
        yield f"The {lines} of the expected value hold one number throughout, where yours vary."


def _is_level(pair: Pair, axis: int) -> bool:
    """Whether the answer does not vary along the axis, where the expected value does and with enough digits."""
    told = pair.swapped.bits.sum() - pair.swapped.bits.max(axis=axis).sum()
    level = (pair.actual == np.take(pair.actual, [0], axis)).all()
    return bool(
        level and not is_constant(pair.actual) and (np.ptp(pair.expected, axis=axis) > 0).all() and told >= ENOUGH
    )


def _sums_of_one(pair: Pair) -> list[str]:
    """Shares that sum to one along another axis, as after a softmax along it, or along none."""
    if pair.ndim != 2 or min(pair.actual.shape) < 2 or (pair.expected < 0).any():
        return []
    ones = [axis for axis in (0, 1) if sums_to_one(pair.swapped, axis)]
    if len(ones) != 1 or np.isclose(pair.actual.sum(axis=ones[0]), 1, atol=1e-4).any():
        return []
    line, other = entry_name(1 - ones[0], 2), entry_name(ones[0], 2)
    text = f"Each {line} of the expected value sums to 1; the {line}s of yours do not"
    return [f"{text}, but its {other}s do." if sums_to_one(pair, 1 - ones[0]) else f"{text}."]


def sums_to_one(pair: Pair, axis: int) -> bool:
    """Each sum fixes one value, so it tells as much as the least telling value that it fixes."""
    sums = pair.actual.sum(axis=axis)
    told = float(pair.bits.min(axis=axis).sum())
    return bool(same_values(np.ones_like(sums), sums, max(pair.precision, PRECISIONS["f4"]))) and told >= ENOUGH


def nearly_right(pair: Pair) -> str:
    a, e = pair.actual, pair.expected
    near = (np.abs(a - e) <= 1e-3 * np.abs(e)) | (a == e)
    if not near.all() or float(np.minimum(pair.swapped.bits, 10)[pair.wrong].sum()) < ENOUGH:
        return ""
    return (
        "Yours differs by less than 0.1 % everywhere: an approximation, a rounding, "
        "or a small constant that is missing or in another place."
    )
