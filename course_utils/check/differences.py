"""How an answer differs from what is expected: in kind, shape, dtype, or in its values."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from course_utils.check.failure import Arrays
from course_utils.check.relations import relation
from course_utils.check.shapes import of_dtypes, of_shapes
from course_utils.check.values import GROUPS, NUMERIC, as_array, dtype, kind, short
from course_utils.closeness import SHOWN, differing, tolerance


@dataclass(frozen=True)
class Difference:
    """The first thing that differs: `problem` ends the sentence "✗ name ...".

    `right` says which items are as expected; the arrays are there when shape and dtype agree.
    """

    problem: str
    find_relation: Callable[[], str] = str
    arrays: Arrays | None = None
    right: str = ""

    @cached_property
    def relation(self) -> str:
        """How the values are related, if they are. It takes time, and is looked for when somebody asks."""
        return self.find_relation()


Sizes = dict[int, str]


def difference(
    actual: Any, expected: Any, rtol: float | None, atol: float | None, sizes: Sizes | None = None
) -> Difference | None:
    """How `actual` differs from `expected`; None when it does not. `sizes` names the sizes of the inputs."""
    if (found := kind(actual)) != (wanted := kind(expected)):
        return Difference(f"is {found}; it should be {wanted}", partial(_of_kinds, actual, expected))
    if wanted in GROUPS:
        return _of_items(actual, expected, rtol, atol, sizes or {})
    if wanted not in NUMERIC:
        same = bool(actual == expected)
        return None if same else Difference(f"is {short(actual)}; it should be {short(expected)}")
    a, b = as_array(actual), as_array(expected)
    if a.shape != b.shape:
        return Difference(f"has shape {_shape(a)}; it should have {_shape(b)}", partial(of_shapes, a, b))
    dtypes = dtype(actual), dtype(expected)
    if wanted != "a number" and dtypes[0] != dtypes[1]:
        return Difference(f"has dtype {dtypes[0]}; it should have {dtypes[1]}", partial(of_dtypes, *dtypes))
    return _of_values(a, b, *tolerance(dtypes[1], rtol, atol, SHOWN), sizes or {})


def agreement(actual: Any, expected: Any) -> str:
    """What a check that passes says."""
    if kind(expected) not in NUMERIC:
        return "as expected"
    a, b = as_array(actual), as_array(expected)
    if a.size == 0 or a.dtype.kind not in "fc":
        return "equal"
    with np.errstate(all="ignore"):
        gap = np.where(a == b, 0, np.abs(a - b))
    return f"agrees, largest difference {np.nanmax(gap) if np.isfinite(gap).any() else 0:.2g}"


def _of_kinds(actual: Any, expected: Any) -> str:
    """What a value of the wrong kind has to do with the expected one."""
    if actual is None:
        return ""  # the problem itself asks whether a return is missing
    if kind(expected) == "a tuple" and kind(actual) in ("a list", *NUMERIC):
        return f"Return {len(expected)} values, with commas between them."
    if kind(actual) == "a tuple" and len(actual) == 1:
        return "A comma at the end of a line makes a tuple of one item."
    if kind(actual) in NUMERIC and kind(expected) in NUMERIC and as_array(actual).size == 1:
        return {"a number": "`.item()` gives the number in a tensor.", "a tensor": "A tensor is asked for."}.get(
            kind(expected), ""
        )
    return ""


def _of_items(actual: Any, expected: Any, rtol: float | None, atol: float | None, sizes: Sizes) -> Difference | None:
    if isinstance(expected, dict):
        if actual.keys() != expected.keys():
            return Difference(f"has the keys {short(list(actual))}; it should have {short(list(expected))}")
        pairs = [(key, actual[key], expected[key]) for key in expected]
    else:
        if len(actual) != len(expected):
            return Difference(f"has {len(actual)} items; it should have {len(expected)}")
        pairs = [(i, *pair) for i, pair in enumerate(zip(actual, expected, strict=True))]
    found = [(key, difference(a, b, rtol, atol, sizes)) for key, a, b in pairs]
    wrong = [(key, d) for key, d in found if d]
    if not wrong:
        return None
    key, first = wrong[0]
    right = [f"[{key!r}]" for key, d in found if not d]
    said = f"{_listed(right)} right." if 0 < len(right) < 6 else ""
    group = partial(_of_group, pairs, wrong, rtol, atol, sizes)
    return Difference(f"[{key!r}] {first.problem}", group, first.arrays, said)


def _of_group(
    pairs: list[tuple[Any, Any, Any]],
    wrong: list[tuple[Any, Difference]],
    rtol: float | None,
    atol: float | None,
    sizes: Sizes,
) -> str:
    """What the items that differ have in common; several plain numbers are read as one array."""
    actual, expected = [a for _, a, _ in pairs], [b for _, _, b in pairs]
    if len(pairs) > 2 and all(kind(x) == "a number" for x in actual + expected):
        a, b = np.asarray(actual, float), np.asarray(expected, float)
        return _related(a, b, *tolerance("float64", rtol, atol, SHOWN), sizes)
    key, said = wrong[0][0], wrong[0][1].relation
    if not said or len(wrong) == 1:
        return said
    everywhere = len(wrong) == len(pairs) and all(d.relation == said for _, d in wrong)
    place = f"In all {len(pairs)} items" if everywhere else f"In [{key!r}]"
    return f"{place}, in {said.removeprefix('In ')}" if said.startswith("In ") else f"{place}: {said}"


def _listed(names: list[str]) -> str:
    return f"{names[0]} is" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} are"


def _of_values(a: np.ndarray, b: np.ndarray, rtol: float, atol: float, sizes: Sizes) -> Difference | None:
    wrong = differing(a, b, rtol, atol)
    if not wrong.any():
        return None
    related = partial(_related, a, b, rtol, atol, sizes)
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    found = f"is {_number(a[first])}; it should be {_number(b[first])}"
    if not first:
        return Difference(found, related)
    with np.errstate(all="ignore"):
        gaps = np.abs(np.subtract(a, b, dtype=np.result_type(a, b, np.float64)))[wrong]
    largest = f"largest difference {gaps.max():.3g}" if np.isfinite(gaps).all() else "not all of them finite"
    where = ", ".join(map(str, first))
    problem = f"differs in {wrong.sum()} of {wrong.size} places ({largest}); the first is [{where}], which {found}"
    return Difference(problem, related, (a, b, wrong))


def _related(a: np.ndarray, b: np.ndarray, rtol: float, atol: float, sizes: Sizes) -> str:
    kinds = a.dtype.kind + b.dtype.kind
    return "" if "O" in kinds else relation(a, b, sizes, rtol=rtol, atol=atol)


def _shape(a: np.ndarray) -> str:
    return str(tuple(a.shape)) if a.shape else "() (a single number)"


def _number(x: Any) -> str:
    return f"{x:.6g}" if isinstance(x, float | np.floating) else str(x)
