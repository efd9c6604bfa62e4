"""What counts as evidence that an answer is made of the expected value in a certain way.

Chance is counted in bits, see relations.py. A relation is read off a pair, and holds if it predicts the whole answer.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

ENOUGH = 24.0  # bits; one chance in 16 million for each relation tried
ENOUGH_FOR_A_NUMBER = 17.0  # a single number cannot tell more in float32, and few relations are tried for it
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
        return information(self.actual, self.precision)

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
        number = is_constant(self.actual) and is_constant(self.expected)
        evidence = float(self.bits[self.wrong].sum()) - reading.cost
        return evidence >= (ENOUGH_FOR_A_NUMBER if number else ENOUGH)

    def agrees(self, values: np.ndarray) -> bool:
        return same_values(values, self.actual, self.precision)


def surest(pair: Pair, readings: Iterable[Reading]) -> str:
    """Of readings each of which follows from those before it, the first that holds."""
    return next((r.sentence for r in readings if pair.holds(r)), "")


def only(pair: Pair, readings: Iterable[Reading]) -> str:
    """The reading that holds, if no other does."""
    found = {r.sentence for r in readings if pair.holds(r)}
    return found.pop() if len(found) == 1 else ""


def is_real(a: np.ndarray) -> bool:
    return a.dtype.kind in "fiub"


def as_numbers(a: np.ndarray) -> np.ndarray:
    return np.asarray(a, dtype=np.float64)


def precision_of(actual: np.ndarray, expected: np.ndarray) -> Precision:
    return max(PRECISIONS.get(a.dtype.str[1:], DOUBLE if a.dtype.kind == "f" else WHOLE) for a in (actual, expected))


def scale_of(a: np.ndarray) -> float:
    finite = np.abs(a[np.isfinite(a)])
    return float(finite.max()) if finite.size else 0.0


def same_values(a: np.ndarray, b: np.ndarray, precision: Precision) -> bool:
    if a.shape != b.shape:
        return False
    close = np.abs(a - b) <= precision.each * np.abs(b) + precision.largest * scale_of(b)
    return bool(((close & np.isfinite(b)) | (a == b) | (np.isnan(a) & np.isnan(b))).all())


def is_constant(a: np.ndarray) -> bool:
    return bool((a == a.flat[0]).all())


def information(a: np.ndarray, precision: Precision) -> np.ndarray:
    """The bits that each value tells: as many as it has digits where it is unique, fewer the more often it occurs.

    Signs count apart, so that a pool of values and their negatives is taken for small.
    """
    scale = scale_of(a)
    step = max(4 * precision.each * scale, float(np.finfo(np.float64).tiny))
    codes = np.where(np.isfinite(a), np.round(np.abs(a) / step), -1.0).ravel()
    _, index, inverse, counts = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
    full = digits_of(np.abs(a.ravel()[index]), scale, min(MOST, -math.log2(precision.each)))
    repeated = np.minimum(full, np.log2(a.size / counts) + _entropy(float((a < 0).mean())))
    bits: np.ndarray = np.where(counts == 1, full, repeated)[inverse.ravel()]
    if a.size > 1 and is_constant(a):
        bits[0] = full[0]  # a number that fills the array tells as much as a number alone
    return bits.reshape(a.shape)


def digits_of(values: np.ndarray, scale: float, most: float) -> np.ndarray:
    """The bits of a value by its digits: a multiple of 1/q is one of about 2 q scale + 1 such numbers."""
    if len(values) > 4096:  # a sample is enough to tell simple numbers from others
        return np.full(len(values), float(digits_of(values[:: len(values) // 1024], scale, most).min()))
    bits = np.full(len(values), most)
    bits[~np.isfinite(values)] = 0.0
    for q in reversed(DENOMINATORS):
        multiple = values * q
        simple = np.abs(multiple - np.round(multiple)) <= np.minimum(1e-6 * multiple, 1e-4)
        bits[simple] = min(most, math.log2(1 + 2 * min(scale, 1e12) * q))
    return bits


def _entropy(share: float) -> float:
    return -sum(p * math.log2(p) for p in (share, 1 - share) if p > 0)


def choices(n: int, k: int) -> float:
    """The log of the number of ways to pick k of n places, in bits."""
    return (math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)) / math.log(2)


def orders_of(a: np.ndarray) -> float:
    """The log of the number of different orders of these values, in bits."""
    counts = np.unique(a, return_counts=True)[1]
    return (math.lgamma(a.size + 1) - sum(math.lgamma(int(n) + 1) for n in counts)) / math.log(2)


def plural(n: int, word: str) -> str:
    return word if n == 1 else f"{word}s"
