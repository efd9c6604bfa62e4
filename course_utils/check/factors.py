"""Relations: signs, factors and offsets, everywhere or along an axis."""

import math
from collections.abc import Iterator, Mapping
from itertools import chain, combinations

import numpy as np

from course_utils.check.axes import as_rows, at_largest, entry_name, entry_names, from_rows
from course_utils.check.evidence import MOST, Pair, Reading, choices, is_constant, scale_of
from course_utils.check.places import sums_to_one


def signs(pair: Pair) -> Iterator[Reading]:
    a, e = pair.actual, pair.expected
    yield Reading(f"{_every(e)} has the opposite sign.", -e)
    if a.size == 1:
        return
    yield Reading("Yours is the absolute value of the expected one: the negative signs are missing.", np.abs(e))
    yield Reading("All values of yours are negative or zero; apart from the sign they are right.", -np.abs(e))
    n = int(pair.wrong.sum())
    text = f"Yours is right but for the sign, which is reversed in {n} of {a.size} places."
    if (e >= 0).all():
        text = "The expected value is the absolute value of yours."
    yield Reading(text, np.where(pair.wrong, -e, e), choices(a.size, n))


def _every(e: np.ndarray) -> str:
    return "Yours" if e.size == 1 else "Every value"


def factor(pair: Pair, sizes: Mapping[int, str]) -> Iterator[Reading]:
    a, e = pair.actual.reshape(1, -1), pair.expected.reshape(1, -1)
    c = float((at_largest(a, e) / at_largest(e, e)).item())
    if not math.isfinite(c) or c in (0, 1, -1):
        return
    telling, room = _telling(sizes, is_constant(pair.actual)), 2 * pair.precision.each + 1e-15
    names = [(value, text) for value, text in telling if abs(abs(c) - value) <= room * value]
    if not names and f"{c:.6g}" == "1":
        return
    if names:
        c = math.copysign(names[0][0], c)
    name = names[0][1] if len(names) == 1 else ""
    mark = "" if name.endswith("?") else "."
    yield Reading(_times(pair.expected, c) + name + mark, c * pair.expected, 0.0 if names else MOST)


def _times(e: np.ndarray, c: float) -> str:
    who, it = _every(e), "the expected value" if e.size == 1 else "the expected one"
    if c in (2, 0.5):
        return f"{who} is {'twice' if c == 2 else 'half'} {it}"
    for value, word in ((c, "large"), (1 / c, "small")):
        if 1.5 < value < 1e6 and abs(value - round(value)) <= 3e-6 * value:
            return f"{who} is {round(value)} times too {word}"
    return f"{who} is {c:.6g} times {it}"


def _telling(sizes: Mapping[int, str], of_number: bool) -> Iterator[tuple[float, str]]:
    """Factors that say something about their cause: each with the end of the sentence that says it.

    For a single number, which tells little, only those that are most frequent.
    """
    known = [(size, name) for size, name in sizes.items() if size > 1]
    pairs = list(combinations(known, 2))
    products = [(s * t, f"{name} times {other}") for (s, name), (t, other) in pairs]
    yield from chain(_constants(), *(_sums(n, name) for n, name in (*known, *products)))
    yield from chain(*(_lessened(n, name, 1.0) for n, name in known))
    if not of_number:
        yield from chain(*(_roots(n, name) for n, name in known))
        for (s, name), (t, other) in (*pairs, *(pair[::-1] for pair in pairs)):
            yield s / t, f"; that is {s} / {t}, {name} over {other}"


def _constants() -> list[tuple[float, str]]:
    ln2, ln10, asked = math.log(2), math.log(10), "where the natural one is asked for?"
    return [
        (2.0, ""),
        (0.5, ""),
        (math.sqrt(2), "; that is the root of two"),
        (math.sqrt(0.5), "; that is one over the root of two"),
        (math.e, "; that is e"),
        (1 / math.e, "; that is 1 / e"),
        (math.pi, "; that is π"),
        (1 / math.pi, "; that is 1 / π"),
        (1 / ln2, f"; that is 1 / ln 2: is it the logarithm to base 2 {asked}"),
        (ln2, "; that is ln 2: is it the natural logarithm where the one to base 2 is asked for?"),
        (1 / ln10, f"; that is 1 / ln 10: is it the logarithm to base 10 {asked}"),
    ]


def _sums(n: int, name: str) -> Iterator[tuple[float, str]]:
    yield float(n), f"; {n} is {name}: is yours a sum where a mean is asked for?"
    yield 1 / n, f"; {n} is {name}: is yours a mean where a sum is asked for?"


def _lessened(n: int, name: str, power: float) -> Iterator[tuple[float, str]]:
    """What n - 1 in place of n does to a variance or, with the power 1/2, to a standard deviation.

    The question leaves open which was asked for: what is divided by a deviation changes the other way.
    """
    root = "" if power == 1 else "the root of "
    asked = f"for n = {n}, {name}: is n − 1 used where n is asked for, or the other way round?"
    yield (n / (n - 1)) ** power, f"; that is {root}n / (n − 1) {asked}"
    yield ((n - 1) / n) ** power, f"; that is {root}(n − 1) / n {asked}"


def _roots(n: int, name: str) -> Iterator[tuple[float, str]]:
    yield math.sqrt(n), f"; that is the root of {n}, {name}"
    yield 1 / math.sqrt(n), f"; that is one over the root of {n}, {name}"
    yield from _lessened(n, name, 0.5)


def factors_along(pair: Pair) -> Iterator[Reading]:
    for axis in pair.long_axes if pair.ndim > 1 else []:
        a, e = as_rows(pair.actual, axis), as_rows(pair.expected, axis)
        c = at_largest(a, e) / at_largest(e, e)
        c[~np.isfinite(c)] = 1.0
        touched = as_rows(pair.wrong, axis).any(axis=1)
        if touched.sum() > 1 and (c != 0).all():
            text = f"Each {entry_name(axis, pair.ndim)} is the expected one times a factor of its own"
            shares = pair.ndim == 2 and sums_to_one(pair.swapped, 1 - axis)
            text += f": the expected {entry_names(axis, 2)} sum to 1, yours do not." if shares else "."
            yield Reading(text, from_rows(c * e, axis, pair.actual.shape), MOST * int(touched.sum()))


def offset(pair: Pair) -> Iterator[Reading]:
    a, e = pair.actual, pair.expected
    gaps = a - e
    gap = float(np.median(gaps[np.isfinite(gaps)])) if np.isfinite(gaps).any() else 0.0
    if not math.isfinite(gap):  # the mean of the two gaps in the middle can be too large
        return
    d = float(round(gap)) if abs(gap - round(gap)) <= pair.precision.each * scale_of(a) else gap
    if d == 0:
        return
    word = "larger" if d > 0 else "smaller"
    where = "than expected" if e.size == 1 else "than the expected one"
    yield Reading(f"{_every(e)} is {word} by {abs(d):.6g} {where}.", e + d, 0.0 if abs(d) == 1 else MOST)


def offsets_along(pair: Pair) -> Iterator[Reading]:
    for axis in pair.long_axes if pair.ndim > 1 else []:
        a, e = as_rows(pair.actual, axis), as_rows(pair.expected, axis)
        d = np.median(a - e, axis=1, keepdims=True)
        touched = as_rows(pair.wrong, axis).any(axis=1)
        if touched.sum() > 1:
            text = f"Each {entry_name(axis, pair.ndim)} is shifted by a constant of its own."
            yield Reading(text, from_rows(e + d, axis, pair.actual.shape), MOST * int(touched.sum()))
