"""How a wrong answer is related to the expected value, in one sentence for the student.

A relation is said only if it holds everywhere and chance hardly explains it. Chance is counted in bits: a value that
agrees by relation tells as many bits as its agreement is unlikely. A number with many digits tells about 20, a whole
number between -4 and 4 about 3, a 0 among zeros nearly none. A relation has to explain `ENOUGH` bits beyond the
numbers that were fitted for it. Two relations that explain the same answer are ambiguous; then nothing is said.

A relation that explains the whole answer comes before a sentence on where the answer is right, and this before one on
what the answer lacks.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, combinations, permutations
from typing import NamedTuple

import numpy as np

from course_utils.closeness import differing

ENOUGH = 24.0  # bits; one chance in 16 million for each relation tried
ENOUGH_FOR_A_NUMBER = 17.0  # a single number cannot tell more in float32, and few relations are tried for it
ENOUGH_FOR_AN_ORDER = 4.5  # the log of 4!: how many other orders of the values there would have been
ENOUGH_FOR_PLACES = 6.3  # the log of how many other sets of places of this size could have differed
MORE_FOR_PLACES = 5.0  # bits asked for on top of ENOUGH, for about 2 to this power sets of places are tried
MOST = 24.0  # bits of one value
LARGE = 200_000  # entries; for larger arrays only what is cheap is tried
# A multiple of 1/q is a simple number, which tells less: fractions, percentages, pixels, values with few decimals.
DENOMINATORS = (*range(1, 65), 100, 128, 255, 256, 1000, 1024, 10_000)


class Precision(NamedTuple):
    """To what a relation has to hold: a part of each value, and a part of the largest, whose last digits are lost."""

    each: float
    largest: float


WHOLE = Precision(1e-12, 0.0)
DOUBLE = Precision(1e-7, 1e-14)
PRECISIONS = {"f8": DOUBLE, "f4": Precision(5e-6, 1e-6), "f2": Precision(2e-3, 1e-3)}


def relation(
    actual: np.ndarray, expected: np.ndarray, sizes: Mapping[int, str] | None = None, *, rtol: float, atol: float
) -> str:
    """One sentence on how `actual` is related to `expected`, which has its shape and dtype; "" when none is sure.

    `sizes` says what the sizes of the inputs are, such as {4: "the number of rows of X"}: a factor may be one.
    """
    if not (_is_real(actual) and _is_real(expected)) or actual.shape != expected.shape or actual.size == 0:
        return ""
    wrong = differing(actual, expected, rtol, atol)
    if not wrong.any():
        return ""
    with np.errstate(all="ignore"):
        pair = Pair(_numbers(actual), _numbers(expected), wrong, _precision(actual, expected))
        return _of_bools(pair) if expected.dtype.kind == "b" else _not_finite(pair) or _said(pair, sizes or {})


class Reading(NamedTuple):
    """A relation as a sentence and as the values that it predicts."""

    sentence: str
    values: np.ndarray
    cost: float = 0.0  # the bits of the numbers that were fitted


@dataclass(frozen=True)
class Pair:
    """An answer, the expected value of the same shape, and where they differ."""

    actual: np.ndarray
    expected: np.ndarray
    wrong: np.ndarray
    precision: Precision

    @cached_property
    def bits(self) -> np.ndarray:
        """How many bits each value of the answer tells."""
        return _information(self.actual, self.precision)

    @cached_property
    def swapped(self) -> "Pair":
        """The same with the parts exchanged, for relations that lead from the answer to the expected value."""
        return Pair(self.expected, self.actual, self.wrong, self.precision)

    @property
    def ndim(self) -> int:
        return self.actual.ndim

    @property
    def long_axes(self) -> list[int]:
        return [axis for axis, size in enumerate(self.actual.shape) if size > 1]

    def holds(self, reading: Reading) -> bool:
        """Whether the reading predicts the whole answer, and chance does not explain it."""
        if not self.agrees(reading.values):
            return False
        number = _is_constant(self.actual) and _is_constant(self.expected)
        evidence = float(self.bits[self.wrong].sum()) - reading.cost
        return evidence >= (ENOUGH_FOR_A_NUMBER if number else ENOUGH)

    def agrees(self, values: np.ndarray) -> bool:
        return _same(values, self.actual, self.precision)


def _said(pair: Pair, sizes: Mapping[int, str]) -> str:
    """The surest sentence: what the answer is, then how it is made, then where it is right, then what it lacks."""
    if plain := _in_float32(pair) or _of_few_values(pair):
        return plain
    small = pair.actual.size <= LARGE
    found = [s for group in _groups(pair, sizes, small) if (s := group)]
    if found:
        return found[0] if len(found) == 1 else ""
    zero = bool((pair.actual[pair.wrong] == 0).all())
    right = _where_right(pair, chain(_positions(pair), _kinds(pair)), zero) or _zeros(pair)
    return right or (_structure(pair) if small else "") or _nearly_right(pair)


def _groups(pair: Pair, sizes: Mapping[int, str], small: bool) -> Iterator[str]:
    """What each group of relations says, each of which would explain the whole answer."""
    yield _first(pair, _signs(pair))
    yield _first(pair, _factor(pair, sizes)) or (_only(pair, _factors_along(pair)) if small else "")
    yield _first(pair, _offset(pair)) or (_only(pair, _offsets_along(pair)) if small else "")
    if small:
        yield _order(pair)
        yield _function(pair)


def _first(pair: Pair, readings: Iterable[Reading]) -> str:
    """Of readings each of which follows from those before it, the first that holds."""
    return next((r.sentence for r in readings if pair.holds(r)), "")


def _only(pair: Pair, readings: Iterable[Reading]) -> str:
    """The reading that holds, if no other does."""
    found = {r.sentence for r in readings if pair.holds(r)}
    return found.pop() if len(found) == 1 else ""


def _of_bools(pair: Pair) -> str:
    told = pair.swapped.bits
    if pair.wrong.all() and told.sum() >= ENOUGH:
        return "True and False are exchanged everywhere."
    if _is_constant(pair.actual) and told.sum() >= ENOUGH:
        return f"All values of yours are {bool(pair.actual.flat[0])}."
    return _order(pair) or _where_right(pair, _positions(pair))


# -- what is evidence -----------------------------------------------------------------------------------------


def _is_real(a: np.ndarray) -> bool:
    return a.dtype.kind in "fiub"


def _numbers(a: np.ndarray) -> np.ndarray:
    return np.asarray(a, dtype=np.float64)


def _precision(actual: np.ndarray, expected: np.ndarray) -> Precision:
    return max(PRECISIONS.get(a.dtype.str[1:], DOUBLE if a.dtype.kind == "f" else WHOLE) for a in (actual, expected))


def _scale(a: np.ndarray) -> float:
    finite = np.abs(a[np.isfinite(a)])
    return float(finite.max()) if finite.size else 0.0


def _same(a: np.ndarray, b: np.ndarray, precision: Precision) -> bool:
    if a.shape != b.shape:
        return False
    close = np.abs(a - b) <= precision.each * np.abs(b) + precision.largest * _scale(b)
    return bool(((close & np.isfinite(b)) | (a == b) | (np.isnan(a) & np.isnan(b))).all())


def _is_constant(a: np.ndarray) -> bool:
    return bool((a == a.flat[0]).all())


def _information(a: np.ndarray, precision: Precision) -> np.ndarray:
    """The bits that each value tells: as many as it has digits where it is unique, fewer the more often it occurs.

    Signs count apart, so that a pool of values and their negatives is taken for small.
    """
    scale = _scale(a)
    step = max(4 * precision.each * scale, float(np.finfo(np.float64).tiny))
    codes = np.where(np.isfinite(a), np.round(np.abs(a) / step), -1.0).ravel()
    _, index, inverse, counts = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
    full = _digits(np.abs(a.ravel()[index]), scale, min(MOST, -math.log2(precision.each)))
    repeated = np.minimum(full, np.log2(a.size / counts) + _entropy(float((a < 0).mean())))
    bits: np.ndarray = np.where(counts == 1, full, repeated)[inverse.ravel()]
    if a.size > 1 and _is_constant(a):
        bits[0] = full[0]  # a number that fills the array tells as much as a number alone
    return bits.reshape(a.shape)


def _digits(values: np.ndarray, scale: float, most: float) -> np.ndarray:
    """The bits of a value by its digits: a multiple of 1/q is one of about 2 q scale + 1 such numbers."""
    if len(values) > 4096:  # a sample is enough to tell simple numbers from others
        return np.full(len(values), float(_digits(values[:: len(values) // 1024], scale, most).min()))
    bits = np.full(len(values), most)
    bits[~np.isfinite(values)] = 0.0
    for q in reversed(DENOMINATORS):
        multiple = values * q
        simple = np.abs(multiple - np.round(multiple)) <= np.minimum(1e-6 * multiple, 1e-4)
        bits[simple] = min(most, math.log2(1 + 2 * min(scale, 1e12) * q))
    return bits


def _entropy(share: float) -> float:
    return -sum(p * math.log2(p) for p in (share, 1 - share) if p > 0)


def _choices(n: int, k: int) -> float:
    """The log of the number of ways to pick k of n places, in bits."""
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)


def _orders(a: np.ndarray) -> float:
    """The log of the number of different orders of these values, in bits."""
    counts = np.unique(a, return_counts=True)[1]
    return (math.lgamma(a.size + 1) - sum(math.lgamma(int(n) + 1) for n in counts)) / math.log(2)


# -- values that are no numbers, or few ------------------------------------------------------------------------


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
    return f"{places.sum()} of {places.size} {_plural(places.size, 'place')}"


def _plural(n: int, word: str) -> str:
    return word if n == 1 else f"{word}s"


def _of_few_values(pair: Pair) -> str:
    """An answer that is constant, or of zeros and ones, where the expected value tells much more."""
    a = pair.actual
    constant = _is_constant(a)
    if a.size < 2 or not (constant or np.isin(a, (0, 1)).all()) or _is_constant(pair.expected):
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
    if not _same(a, e, PRECISIONS["f4"]):
        return ""
    return "Yours agrees to about 7 digits: somewhere it was computed in float32."


# -- signs, factors, offsets -----------------------------------------------------------------------------------


def _signs(pair: Pair) -> Iterator[Reading]:
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
    yield Reading(text, np.where(pair.wrong, -e, e), _choices(a.size, n))


def _every(e: np.ndarray) -> str:
    return "Yours" if e.size == 1 else "Every value"


def _at_largest(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """In each row of `values` (rows, n), the one where `sizes` is largest."""
    where = np.where(np.isfinite(sizes), np.abs(sizes), -1.0).argmax(axis=1)
    return np.take_along_axis(values, where[:, None], axis=1)


def _factor(pair: Pair, sizes: Mapping[int, str]) -> Iterator[Reading]:
    a, e = pair.actual.reshape(1, -1), pair.expected.reshape(1, -1)
    c = float((_at_largest(a, e) / _at_largest(e, e)).item())
    if not math.isfinite(c) or c in (0, 1, -1):
        return
    telling, room = _telling(sizes, _is_constant(pair.actual)), 2 * pair.precision.each + 1e-15
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
        if 1 < value < 1e6 and abs(value - round(value)) <= 3e-6 * value:
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


def _factors_along(pair: Pair) -> Iterator[Reading]:
    for axis in pair.long_axes if pair.ndim > 1 else []:
        a, e = _rows(pair.actual, axis), _rows(pair.expected, axis)
        c = _at_largest(a, e) / _at_largest(e, e)
        c[~np.isfinite(c)] = 1.0
        touched = _rows(pair.wrong, axis).any(axis=1)
        if touched.sum() > 1 and (c != 0).all():
            text = f"Each {_name(axis, pair.ndim)} is the expected one times a factor of its own"
            shares = pair.ndim == 2 and _sums_to_one(pair.swapped, 1 - axis)
            text += f": the expected {_names(axis, 2)} sum to 1, yours do not." if shares else "."
            yield Reading(text, _unrows(c * e, axis, pair.actual.shape), MOST * int(touched.sum()))


def _offset(pair: Pair) -> Iterator[Reading]:
    a, e = pair.actual, pair.expected
    gaps = a - e
    gap = float(np.median(gaps[np.isfinite(gaps)])) if np.isfinite(gaps).any() else 0.0
    if not math.isfinite(gap):  # the mean of the two gaps in the middle can be too large
        return
    d = float(round(gap)) if abs(gap - round(gap)) <= pair.precision.each * _scale(a) else gap
    if d == 0:
        return
    word = "larger" if d > 0 else "smaller"
    where = "than expected" if e.size == 1 else "than the expected one"
    yield Reading(f"{_every(e)} is {word} by {abs(d):.6g} {where}.", e + d, 0.0 if abs(d) == 1 else MOST)


def _offsets_along(pair: Pair) -> Iterator[Reading]:
    for axis in pair.long_axes if pair.ndim > 1 else []:
        a, e = _rows(pair.actual, axis), _rows(pair.expected, axis)
        d = np.median(a - e, axis=1, keepdims=True)
        touched = _rows(pair.wrong, axis).any(axis=1)
        if touched.sum() > 1:
            text = f"Each {_name(axis, pair.ndim)} is shifted by a constant of its own."
            yield Reading(text, _unrows(e + d, axis, pair.actual.shape), MOST * int(touched.sum()))


def _rows(a: np.ndarray, axis: int) -> np.ndarray:
    """The entries along `axis` as rows.   (size of axis, all others)"""
    return np.moveaxis(a, axis, 0).reshape(a.shape[axis], -1)


def _unrows(rows: np.ndarray, axis: int, shape: tuple[int, ...]) -> np.ndarray:
    moved = (shape[axis], *shape[:axis], *shape[axis + 1 :])
    return np.moveaxis(rows.reshape(moved), 0, axis)


def _name(axis: int, ndim: int) -> str:
    return ("row", "column")[axis] if ndim == 2 else "entry" if ndim == 1 else f"entry along axis {axis}"


def _names(axis: int, ndim: int) -> str:
    return "entries" if ndim == 1 else f"{_name(axis, ndim)}s" if ndim == 2 else f"entries along axis {axis}"


# -- the order of the values -----------------------------------------------------------------------------------


def _order(pair: Pair) -> str:
    """The same values in other places: a plain reason if there is one, else whole rows, else single values."""
    if found := _only(pair, _copies(pair)):
        return found
    if _orders(pair.actual) >= ENOUGH_FOR_AN_ORDER:
        moves = chain(_transposed(pair), _flipped(pair), _rolled(pair), _shifted(pair))
        if found := _only(pair, moves) or _only(pair, _permuted(pair)):
            return found
    return _first(pair, _sorted(pair))


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
            text = f"The {_names(axis, pair.ndim)} of yours are moved {way} by one, round the end."
            yield Reading(text, np.roll(pair.expected, step, axis))


def _shifted(pair: Pair) -> Iterator[Reading]:
    """All entries along an axis stand one place further, and something else stands in the place left free."""
    for axis in pair.long_axes:
        for step, way, free in ((1, "forward", 0), (-1, "back", -1)):
            moved = np.roll(pair.expected, step, axis)
            if pair.agrees(moved):
                continue
            at = _at(axis, free)
            moved[at] = pair.actual[at]
            text = f"The {_names(axis, pair.ndim)} of yours are moved {way} by one."
            yield Reading(text, moved, float(pair.bits[at].sum()))


def _at(axis: int, index: int) -> tuple[slice | int, ...]:
    return (*(slice(None) for _ in range(axis)), index)


def _copies(pair: Pair) -> Iterator[Reading]:
    """One expected row in the place of all."""
    for axis in pair.long_axes if pair.ndim > 1 else []:
        for index, word in ((0, "first"), (-1, "last")):
            one = np.broadcast_to(np.take(pair.expected, [index], axis), pair.actual.shape)
            told = float(np.take(pair.swapped.bits, index, axis).sum())  # the row itself agrees, which tells as well
            yield Reading(f"Every {_name(axis, pair.ndim)} of yours is the {word} one expected.", one, -told)


def _permuted(pair: Pair) -> Iterator[Reading]:
    for axis in pair.long_axes if pair.ndim > 1 else []:
        a, e = _rows(pair.actual, axis), _rows(pair.expected, axis)
        moved = np.empty_like(e)
        moved[np.lexsort(a.T[::-1])] = e[np.lexsort(e.T[::-1])]
        text = f"The {_names(axis, pair.ndim)} of yours are the expected ones in another order."
        yield Reading(text, _unrows(moved, axis, pair.actual.shape), _choices_of_order(a.shape[0]))


def _choices_of_order(n: int) -> float:
    return math.lgamma(n + 1) / math.log(2)


def _sorted(pair: Pair) -> Iterator[Reading]:
    """The values of the places that differ, each of them in another of these places."""
    wrong, moved = pair.actual[pair.wrong], pair.expected.copy()
    values = np.empty(wrong.size)
    values[np.argsort(wrong, kind="stable")] = np.sort(pair.expected[pair.wrong])
    moved[pair.wrong] = values
    yield Reading("Yours holds the expected values in another order.", moved, _orders(wrong))


# -- functions of the values -----------------------------------------------------------------------------------


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


def _function(pair: Pair) -> str:
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
    if _is_constant(a):
        return
    low, high = float(a.min()), float(a.max())
    below, above = bool((e < low).any()), bool((e > high).any())
    ends = [f"below at {low:.6g}"] * below + [f"above at {high:.6g}"] * above
    bounds = np.array([low] * below + [high] * above)
    cost = float(_digits(np.abs(bounds), _scale(a), MOST).sum()) if bounds.size else 0.0
    told = _choices(a.size, int(pair.wrong.sum()))
    if ends and pair.wrong.sum() > 2:
        yield Reading(f"{what} {' and '.join(ends)}.", np.clip(e, low, high), cost - told)


# -- right in some places --------------------------------------------------------------------------------------


def _where_right(pair: Pair, places: Iterable[tuple[str, np.ndarray]], zero: bool = False) -> str:
    """What the places that differ have in common, if the others are not right by chance; `zero`: yours is 0 there."""
    if not _is_partly_right(pair):
        return ""
    found = [text for text, where in places if np.array_equal(where, pair.wrong)]
    if len(found) != 1:
        return ""
    note = "; elsewhere it is zero" if found[0].startswith("only") else "; there yours is zero"
    return f"Yours is right {found[0]}{note if zero else ''}."


def _zeros(pair: Pair) -> str:
    zero = np.array_equal(pair.actual == 0, pair.wrong)
    return "Yours is right except where it is zero." if zero and _is_partly_right(pair) else ""


def _is_partly_right(pair: Pair) -> bool:
    n, k = pair.actual.size, int(pair.wrong.sum())
    return _choices(n, k) >= ENOUGH_FOR_PLACES and float(pair.bits[~pair.wrong].sum()) >= ENOUGH + MORE_FOR_PLACES


def _positions(pair: Pair) -> Iterator[tuple[str, np.ndarray]]:
    return chain(_ends(pair), _edges(pair), _diagonals(pair))


def _kinds(pair: Pair) -> Iterator[tuple[str, np.ndarray]]:
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
            places[_at(axis, index)] = True
            name = f"the {word} {_name(axis, pair.ndim)}"
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
        places[_at(axis, 0)] = True
        places[_at(axis, -1)] = True
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


# -- structure -------------------------------------------------------------------------------------------------


def _structure(pair: Pair) -> str:
    """Sums of one, and numbers that do not vary where they should."""
    lines = [text for axis in pair.long_axes for text in _along(pair, axis)] if pair.ndim > 1 else []
    found = _sums_of_one(pair) or lines
    return found[0] if len(found) == 1 else ""


def _along(pair: Pair, axis: int) -> Iterator[str]:
    """Entries that are all equal along an axis in one of the two, and nowhere in the other."""
    lines = f"{_names(1 - axis, 2)}" if pair.ndim == 2 else f"lines along axis {axis}"
    if _is_level(pair, axis):
        yield f"The {lines} of yours hold one number throughout, where the expected value varies."
    if _is_level(pair.swapped, axis):
        yield f"The {lines} of the expected value hold one number throughout, where yours vary."


def _is_level(pair: Pair, axis: int) -> bool:
    """Whether the answer does not vary along the axis, where the expected value does and with enough digits."""
    told = pair.swapped.bits.sum() - pair.swapped.bits.max(axis=axis).sum()
    level = (pair.actual == np.take(pair.actual, [0], axis)).all()
    return bool(
        level and not _is_constant(pair.actual) and (np.ptp(pair.expected, axis=axis) > 0).all() and told >= ENOUGH
    )


def _sums_of_one(pair: Pair) -> list[str]:
    """Shares that sum to one along another axis, as after a softmax along it, or along none."""
    if pair.ndim != 2 or min(pair.actual.shape) < 2 or (pair.expected < 0).any():
        return []
    ones = [axis for axis in (0, 1) if _sums_to_one(pair.swapped, axis)]
    if len(ones) != 1 or np.isclose(pair.actual.sum(axis=ones[0]), 1, atol=1e-4).any():
        return []
    line, other = _name(1 - ones[0], 2), _name(ones[0], 2)
    text = f"Each {line} of the expected value sums to 1; the {line}s of yours do not"
    return [f"{text}, but its {other}s do." if _sums_to_one(pair, 1 - ones[0]) else f"{text}."]


def _sums_to_one(pair: Pair, axis: int) -> bool:
    """Each sum fixes one value, so it tells as much as the least telling value that it fixes."""
    sums = pair.actual.sum(axis=axis)
    told = float(pair.bits.min(axis=axis).sum())
    return bool(_same(np.ones_like(sums), sums, max(pair.precision, PRECISIONS["f4"]))) and told >= ENOUGH


def _nearly_right(pair: Pair) -> str:
    a, e = pair.actual, pair.expected
    near = (np.abs(a - e) <= 1e-3 * np.abs(e)) | (a == e)
    if not near.all() or float(np.minimum(pair.swapped.bits, 10)[pair.wrong].sum()) < ENOUGH:
        return ""
    return (
        "Yours differs by less than 0.1 % everywhere: an approximation, a rounding, "
        "or a small constant that is missing or in another place."
    )


# -- other shapes ----------------------------------------------------------------------------------------------


def of_shapes(actual: np.ndarray, expected: np.ndarray) -> str:
    """One sentence on how the shape of `actual` is related to that of `expected`; "" when none is sure."""
    if actual.shape == expected.shape or not (_is_real(actual) and _is_real(expected)) or not expected.size:
        return ""
    if actual.size == 0:
        return "Yours holds no values."
    with np.errstate(all="ignore"):
        a, e = _numbers(actual), _numbers(expected)
        like = Likeness(a, e, _precision(actual, expected))
        rules = (_of_ones, _of_reduction, _of_crossing, _of_axis, _of_numbers, _of_permuted, _of_flat, _of_length)
        return next((text for rule in rules if (text := rule(like))), "")


@dataclass(frozen=True)
class Likeness:
    """An answer and the expected value of another shape."""

    actual: np.ndarray
    expected: np.ndarray
    precision: Precision

    def same(self, a: np.ndarray, e: np.ndarray) -> bool:
        """Whether two arrays agree that were made of the two; chance must not explain it."""
        if a.shape != e.shape or a.size == 0:
            return False
        enough = ENOUGH_FOR_A_NUMBER if _is_constant(a) else ENOUGH
        return float(_information(e, self.precision).sum()) >= enough and _same(a, e, self.precision)

    def right(self, a: np.ndarray, e: np.ndarray) -> str:
        return "; the values are right." if self.same(a, e) else "."


def _of_ones(like: Likeness) -> str:
    """Axes of size 1 that are too many or missing."""
    a, e = like.actual, like.expected
    if tuple(n for n in a.shape if n > 1) != tuple(n for n in e.shape if n > 1) or a.ndim == e.ndim:
        return ""
    more, less = (a, e) if a.ndim > e.ndim else (e, a)
    axes = [axis for axis, n in enumerate(more.shape) if n == 1 and np.squeeze(more, axis).shape == less.shape]
    where = f", axis {axes[0]}," if len(axes) == 1 else ""  # between two axes of size 1 no one can tell
    end = like.right(a.reshape(e.shape), e)
    if more.ndim - less.ndim > 1:
        return f"Axes of size 1 are {'too many' if more is a else 'missing'} in yours{end}"
    return f"An axis of size 1{where} is {'too many' if more is a else 'missing'} in yours{end}"


def _of_crossing(like: Likeness) -> str:
    """Shape (n, n) where n values are expected: a column met a row."""
    n = like.expected.size
    if n < 2 or like.actual.shape != (n, n) or max(like.expected.shape) != n:
        return ""
    return f"Yours has {n} × {n} values where {n} are expected, as when shape ({n}, 1) meets shape ({n},)."


REDUCTIONS = (("sum", np.sum), ("mean", np.mean), ("largest value", np.max), ("product", np.prod))


def _of_reduction(like: Likeness) -> str:
    """One axis that is still to be summed, or was summed and should not have been."""
    a, e = like.actual, like.expected
    for more, less, text in (
        (a, e, "The {} along axis {} of yours is what is expected."),
        (e, a, "Yours is the {} of the expected value along axis {}."),
    ):
        made = _reduced(like, more, less)
        if len(made) == 1:
            return text.format(*made[0])
    return ""


def _of_axis(like: Likeness) -> str:
    """One axis too many, whatever should have been done along it."""
    a, e = like.actual, like.expected
    axes = [k for k in range(a.ndim) if np.delete(a.shape, k).tolist() == list(e.shape)]
    return f"Yours still has axis {axes[0]}, of size {a.shape[axes[0]]}." if len(axes) == 1 and e.ndim else ""


def _reduced(like: Likeness, more: np.ndarray, less: np.ndarray) -> list[tuple[str, int]]:
    """How `less` is made of `more` by a sum, a mean or the like along one axis."""
    found = []
    for axis in range(more.ndim):
        rest = np.delete(more.shape, axis).tolist()
        kept = [*rest[:axis], 1, *rest[axis:]]
        if more.shape[axis] > 1 and list(less.shape) in (rest, kept):
            for name, reduce in REDUCTIONS:
                if like.same(reduce(more, axis=axis).reshape(less.shape), less):
                    found.append((name, axis))
    return found


def _of_numbers(like: Likeness) -> str:
    """A single number for many, or the reverse."""
    a, e = like.actual, like.expected
    if (a.size == 1) == (e.size == 1):
        return ""
    more, number = (e, a) if a.size == 1 else (a, e)
    made = [name for name, reduce in REDUCTIONS if like.same(np.reshape(reduce(more), number.shape), number)]
    if a.size == 1:
        end = f": the {made[0]} of the expected values." if len(made) == 1 else f", where {e.size} are expected."
        return f"Yours is a single number{end}"
    end = f"; it is the {made[0]} of yours." if len(made) == 1 else "."
    return f"A single number is expected{end}"


def _of_permuted(like: Likeness) -> str:
    """The same sizes in another order."""
    a, e = like.actual, like.expected
    if sorted(a.shape) != sorted(e.shape) or a.ndim > 5:
        return ""
    orders = [p for p in permutations(range(a.ndim)) if np.transpose(a, p).shape == e.shape]
    right = [p for p in orders if like.same(np.transpose(a, p), e)]
    if a.ndim == 2:
        return f"Yours is transposed{'; the values are right.' if right else '.'}"
    if len(right) == 1:
        return f"The axes of yours are in another order; yours.transpose{right[0]} is right."
    return "The sizes of yours are right, but their axes are in another order."


def _of_flat(like: Likeness) -> str:
    """The same number of values in another shape."""
    a, e = like.actual, like.expected
    if a.size != e.size:
        return ""
    text = "Yours is flat" if a.ndim == 1 else "The expected value is flat" if e.ndim == 1 else ""
    end = like.right(a.reshape(e.shape), e)
    return (text or "Yours has as many values as expected, in another shape") + end


def _of_length(like: Likeness) -> str:
    """Entries too many or too few along one axis, and whether the others are right."""
    a, e = like.actual, like.expected
    axes = [k for k, (n, m) in enumerate(zip(a.shape, e.shape, strict=False)) if n != m]
    if a.ndim != e.ndim or len(axes) != 1:
        return ""
    axis, n, m = axes[0], a.shape[axes[0]], e.shape[axes[0]]
    if 1 in (n, m):
        return f"Axis {axis} of yours has size {n} in place of {m}."
    names = _name(axis, a.ndim) if abs(n - m) == 1 else _names(axis, a.ndim)
    ends = _loose_ends(like, *((a, e) if n > m else (e, a)), axis)
    end = f", at the {ends[0]}; all others are right." if len(ends) == 1 else "."
    return f"Yours has {abs(n - m)} {names} {'too many' if n > m else 'too few'}{end}"


def _loose_ends(like: Likeness, more: np.ndarray, less: np.ndarray, axis: int) -> list[str]:
    """At which ends of `more` one can cut entries off to have `less`."""
    n, m = less.shape[axis], more.shape[axis]
    cuts = (("end", range(n)), ("start", range(m - n, m)))
    return [word for word, kept in cuts if like.same(np.take(more, kept, axis), less)]


# -- other dtypes ----------------------------------------------------------------------------------------------


def of_dtypes(actual_dtype: str, expected_dtype: str) -> str:
    """One sentence on a dtype that differs; "" when nothing is to be said but their names."""
    a, e = _kind(actual_dtype), _kind(expected_dtype)
    if (actual_dtype, expected_dtype) == ("float32", "float64"):
        return "torch's default is float32: keep the dtype of the input."
    if (actual_dtype, expected_dtype) == ("float64", "float32"):
        return "NumPy's and Python's numbers are float64: keep the dtype of the input."
    return DTYPES.get((a, e), "")


DTYPES = {
    ("float", "float"): "Keep the dtype of the input.",
    ("int", "float"): "Yours holds whole numbers: digits after the point cannot be kept.",
    ("float", "int"): "Whole numbers are expected: counts, places or labels.",
    ("bool", "int"): "Yours holds True and False where numbers are expected.",
    ("bool", "float"): "Yours holds True and False where numbers are expected.",
    ("int", "bool"): "True and False are expected, as a comparison gives them.",
    ("float", "bool"): "True and False are expected, as a comparison gives them.",
    ("complex", "float"): "Yours is complex; real numbers are expected.",
    ("float", "complex"): "Yours is real; complex numbers are expected.",
}


def _kind(dtype: str) -> str:
    """bool, int, float or complex; "" for another."""
    name = dtype.removeprefix("torch.").rstrip("0123456789")
    return next((kind for kind in ("bool", "int", "float", "complex") if name.endswith(kind)), "")
