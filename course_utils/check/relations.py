"""How a wrong answer is related to the expected value, in one sentence for the student.

A relation is said only if it holds everywhere and chance hardly explains it. Chance is counted in bits: a value that
agrees by relation tells as many bits as its agreement is unlikely. A number with many digits tells about 20, a whole
number between -4 and 4 about 3, a 0 among zeros nearly none. A relation has to explain `ENOUGH` bits beyond the
numbers that were fitted for it. Two relations that explain the same answer are ambiguous; then nothing is said.

A relation that explains the whole answer comes before a sentence on where the answer is right, and this before one on
what the answer lacks.
"""

from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np

from course_utils.check.evidence import (
    DOUBLE,
    ENOUGH,
    ENOUGH_FOR_A_NUMBER,
    LARGE,
    PRECISIONS,
    Pair,
    as_numbers,
    is_constant,
    is_real,
    only,
    plural,
    precision_of,
    same_values,
    surest,
)
from course_utils.check.factors import factor, factors_along, offset, offsets_along, signs
from course_utils.check.functions import of_function
from course_utils.check.orders import of_order
from course_utils.check.places import kinds, nearly_right, positions, structure, where_right, zeros
from course_utils.closeness import differing


def relation(
    actual: np.ndarray, expected: np.ndarray, sizes: Mapping[int, str] | None = None, *, rtol: float, atol: float
) -> str:
    """One sentence on how `actual` is related to `expected`, which has its shape and dtype; "" when none is sure.

    `sizes` says what the sizes of the inputs are, such as {4: "the number of rows of X"}: a factor may be one.
    """
    if not (is_real(actual) and is_real(expected)) or actual.shape != expected.shape or actual.size == 0:
        return ""
    wrong = differing(actual, expected, rtol, atol)
    if not wrong.any():
        return ""
    with np.errstate(all="ignore"):
        pair = Pair(as_numbers(actual), as_numbers(expected), wrong, precision_of(actual, expected))
        return _of_bools(pair) if expected.dtype.kind == "b" else _not_finite(pair) or _said(pair, sizes or {})


def _said(pair: Pair, sizes: Mapping[int, str]) -> str:
    """The surest sentence: what the answer is, then how it is made, then where it is right, then what it lacks."""
    if plain := _in_float32(pair) or _of_few_values(pair):
        return plain
    small = pair.actual.size <= LARGE
    found = [sentence for sentence in _groups(pair, sizes, small) if sentence]
    if found:
        return found[0] if len(found) == 1 else ""
    zero = bool((pair.actual[pair.wrong] == 0).all())
    right = where_right(pair, chain(positions(pair), kinds(pair)), zero) or zeros(pair)
    return right or (structure(pair) if small else "") or nearly_right(pair)


def _groups(pair: Pair, sizes: Mapping[int, str], small: bool) -> Iterator[str]:
    """What each group of relations says, each of which would explain the whole answer."""
    yield surest(pair, signs(pair))
    yield surest(pair, factor(pair, sizes)) or (only(pair, factors_along(pair)) if small else "")
    yield surest(pair, offset(pair)) or (only(pair, offsets_along(pair)) if small else "")
    if small:
        yield of_order(pair)
        yield of_function(pair)


def _of_bools(pair: Pair) -> str:
    told = pair.swapped.bits
    if pair.wrong.all() and told.sum() >= ENOUGH:
        return "True and False are exchanged everywhere."
    if is_constant(pair.actual) and told.sum() >= ENOUGH:
        return f"All values of yours are {bool(pair.actual.flat[0])}."
    return of_order(pair) or where_right(pair, positions(pair))


def _not_finite(pair: Pair) -> str:
    a, e = pair.actual, pair.expected
    strange = ~np.isfinite(a) & np.isfinite(e)
    if a.size == 1 and strange.any():
        return f"Yours is {_strange(a)} where a number is expected."
    if strange.any():
        text = f"Yours has {_strange(a[strange])} in {_of(strange)} where numbers are expected"
        return f"{text}; all other values are right." if (pair.wrong == strange).all() else f"{text}."
    strange = np.isfinite(a) & ~np.isfinite(e)
    if strange.any():
        return f"Yours has numbers in {_of(strange)} where {_strange(e[strange])} is expected."
    return ""


def _strange(values: np.ndarray) -> str:
    nan = np.isnan(values)
    return "NaN" if nan.all() else "NaN or infinity" if nan.any() else "infinity"


def _of(places: np.ndarray) -> str:
    return f"{places.sum()} of {places.size} {plural(places.size, 'place')}"


def _of_few_values(pair: Pair) -> str:
    """An answer that is constant, or of zeros and ones, where the expected value tells much more."""
    a = pair.actual
    constant = is_constant(a)
    if a.size < 2 or not (constant or np.isin(a, (0, 1)).all()) or is_constant(pair.expected):
        return ""
    told = pair.swapped.bits
    if constant and float(told.sum() - told.max()) >= ENOUGH:
        number = a.flat[0]
        return "All values of yours are zero." if number == 0 else f"All values of yours are the same, {number:.6g}."
    if constant or float(np.maximum(told - 1, 0).sum()) < ENOUGH or np.isin(pair.expected, (0, 1)).all():
        return ""
    return "Yours holds only zeros and ones; the expected value holds other numbers too."


def _in_float32(pair: Pair) -> str:
    """Whether float64 values are those of a computation in float32."""
    a, e = pair.actual, pair.expected
    if pair.precision != DOUBLE or (e == e.astype(np.float32)).all():
        return ""
    if not (a == a.astype(np.float32)).all() or pair.bits.max() < ENOUGH_FOR_A_NUMBER:
        return ""  # a value of many digits has 29 zero bits at its end by chance once in half a billion
    if not same_values(a, e, PRECISIONS["f4"]):
        return ""
    return "Yours agrees to about 7 digits: somewhere it was computed in float32."
