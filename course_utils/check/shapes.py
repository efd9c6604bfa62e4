"""How an answer of another shape or dtype is related to the expected value."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from course_utils.check.axes import entry_name, entry_names
from course_utils.check.evidence import (
    ENOUGH,
    ENOUGH_FOR_A_NUMBER,
    Precision,
    as_numbers,
    information,
    is_constant,
    is_real,
    precision_of,
    same_values,
)


def of_shapes(actual: np.ndarray, expected: np.ndarray) -> str:
    """One sentence on how the shape of `actual` is related to that of `expected`; "" when none is sure."""
    if actual.shape == expected.shape or not (is_real(actual) and is_real(expected)) or not expected.size:
        return ""
    if actual.size == 0:
        return "Yours holds no values."
    with np.errstate(all="ignore"):
        a, e = as_numbers(actual), as_numbers(expected)
        like = Likeness(a, e, precision_of(actual, expected))
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
        enough = ENOUGH_FOR_A_NUMBER if is_constant(a) else ENOUGH
        return float(information(e, self.precision).sum()) >= enough and same_values(a, e, self.precision)

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
    """One axis too many, whatever should have been done along it, or one that is missing."""
    a, e = like.actual, like.expected
    axes = [k for k in range(a.ndim) if np.delete(a.shape, k).tolist() == list(e.shape)]
    if len(axes) == 1 and e.ndim:
        return f"Yours still has axis {axes[0]}, of size {a.shape[axes[0]]}."
    axes = [k for k in range(e.ndim) if np.delete(e.shape, k).tolist() == list(a.shape)]
    return _of_missing_axis(like, axes[0]) if len(axes) == 1 and a.ndim else ""


def _of_missing_axis(like: Likeness, axis: int) -> str:
    for index, word in ((0, "first"), (-1, "last")):
        if like.same(np.take(like.expected, index, axis), like.actual):
            return f"Yours is the {word} {entry_name(axis, like.expected.ndim)} of the expected value alone."
    return f"Axis {axis} of the expected value, of size {like.expected.shape[axis]}, is missing in yours."


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
        return "Yours is transposed; the values are right." if right else "The two sizes of yours are exchanged."
    if len(right) == 1:
        return f"The axes of yours are in another order; taken in the order {right[0]} they are right."
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
    ends = _loose_ends(like, *((a, e) if n > m else (e, a)), axis)
    if 1 in (n, m) or len(ends) != 1:  # to speak of rows too many would be to say that some should go
        return f"Axis {axis} of yours has size {n} in place of {m}."
    names = entry_name(axis, a.ndim) if abs(n - m) == 1 else entry_names(axis, a.ndim)
    count = f"{abs(n - m)} {names} {'too many' if n > m else 'too few'}"
    return f"Yours has {count}, at the {ends[0]}; all others are right."


def _loose_ends(like: Likeness, more: np.ndarray, less: np.ndarray, axis: int) -> list[str]:
    """At which ends of `more` one can cut entries off to have `less`."""
    n, m = less.shape[axis], more.shape[axis]
    cuts = (("end", range(n)), ("start", range(m - n, m)))
    return [word for word, kept in cuts if like.same(np.take(more, kept, axis), less)]


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
