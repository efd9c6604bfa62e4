"""How a student's sealed value is compared with the instructor's.

Runs in the grader, on decoded values. A reason shows the student's own type, dtype or shape at most: never an
expected value or shape and never a distance, which would be an oracle.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_tools.grading.inside.values import ARRAYS, Value, plain

# (rtol, atol) by the expected dtype: wide enough for another order of summation, narrow enough for a wrong term.
TOLERANCES = {
    "float64": (1e-6, 1e-9),
    "complex128": (1e-6, 1e-9),
    "float32": (1e-4, 1e-5),
    "complex64": (1e-4, 1e-5),
    "float16": (1e-2, 1e-3),
    "bfloat16": (4e-2, 1e-2),
}
Rule = dict[str, Any]


def compare(got: Value, want: Value, rule: Rule) -> str:
    """Why `got` does not hold against `want`; empty when it does."""
    return _RULES[rule["rule"]](got, want, rule)


def described(value: Value) -> str:
    """The kind of a student's value, as it may be shown to them."""
    names = {"none": "None (is a return missing?)", "str": "text", "int": "a whole number", "float": "a number"}
    if value.kind in ARRAYS:
        return f"a tensor of {value.dtype}" if value.kind == "tensor" else f"a NumPy {value.kind} of {value.dtype}"
    return names.get(value.kind, f"a {value.kind}")


def _same(got: Value, want: Value, rule: Rule) -> str:
    if got.kind != want.kind:
        return f"is {described(got)}, which is not the kind asked for"
    if want.kind in ARRAYS:
        return _same_arrays(got, want, rule)
    if want.kind in ("list", "tuple", "dict"):
        return _same_items(got, want, rule)
    if want.kind == "float":
        return (
            "" if _values_agree(np.asarray(got.data), np.asarray(want.data), rule, "float64") else "has a wrong value"
        )
    return "" if got.data == want.data else "has a wrong value"


def _same_arrays(got: Value, want: Value, rule: Rule) -> str:
    if got.dtype != want.dtype:
        return f"has the wrong dtype; yours is {got.dtype}"
    if got.data.shape != want.data.shape:
        return f"has the wrong shape; yours is {tuple(got.data.shape)}"
    if _values_agree(got.data, want.data, rule, want.dtype):
        return ""
    new_nan = got.data.dtype.kind == "f" and np.isnan(got.data).any() and not np.isnan(want.data).any()
    return "has NaN among its values" if new_nan else "has wrong values"


def _same_items(got: Value, want: Value, rule: Rule) -> str:
    if len(got.data) != len(want.data):
        return f"has the wrong number of items; yours has {len(got.data)}"
    if want.kind == "dict":
        mine = {plain(key): item for key, item in got.data}
        if mine.keys() != {plain(key) for key, _ in want.data}:
            return "has the wrong keys"
        pairs = [(mine[plain(key)], item) for key, item in want.data]
    else:
        pairs = list(zip(got.data, want.data, strict=True))
    return next((reason for a, b in pairs if (reason := _same(a, b, rule))), "")


def _values_agree(a: np.ndarray, b: np.ndarray, rule: Rule, dtype: str) -> bool:
    with np.errstate(all="ignore"):
        if rule["rule"] == "exact" or b.dtype.kind not in "fc":
            return bool(((a == b) | ((a != a) & (b != b))).all())
        usual = TOLERANCES.get(dtype, (0.0, 0.0))
        rtol = usual[0] if rule.get("rtol") is None else rule["rtol"]
        atol = usual[1] if rule.get("atol") is None else rule["atol"]
        return bool(np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True).all())


def _one_number(value: Value) -> np.ndarray | None:
    """The value as a float64 array of shape (), or None when it is not one real number."""
    if value.kind not in ("int", "float", *ARRAYS) or np.size(value.data) != 1:
        return None
    array = np.asarray(value.data)
    return None if array.dtype.kind not in "iuf" else array.astype(np.float64).reshape(())


def _number(got: Value, want: Value, rule: Rule) -> str:
    mine, theirs = _one_number(got), _one_number(want)
    if mine is None or theirs is None:
        return f"is {described(got)}; one number was asked for"
    dtype = want.dtype if want.dtype in TOLERANCES else "float64"
    return "" if _values_agree(mine, theirs, rule, dtype) else "has a wrong value"


def _between(got: Value, want: Value, rule: Rule) -> str:
    mine = _one_number(got)
    if mine is None:
        return f"is {described(got)}; one number was asked for"
    return "" if rule["low"] <= float(mine) <= rule["high"] else "does not reach the bound"


def _agree(got: Value, want: Value, rule: Rule) -> str:
    target = np.asarray(rule["target"] if "target" in rule else plain(want))
    if got.kind != want.kind or got.kind not in ("tensor", "array", "list"):
        return f"is {described(got)}, which is not the kind asked for"
    mine = np.asarray(plain(got))
    if mine.shape != target.shape or not target.size:
        return f"has the wrong shape; yours is {tuple(mine.shape)}"
    return "" if float((mine == target).mean()) >= rule["share"] else "agrees in too few places"


def _same_set(got: Value, want: Value, rule: Rule) -> str:
    if got.kind != want.kind or got.kind not in ("list", "tuple", *ARRAYS):
        return f"is {described(got)}, which is not the kind asked for"
    mine, theirs = _sorted_items(got), _sorted_items(want)
    return "" if mine == theirs else "does not hold the right items"


def _sorted_items(value: Value) -> list[str]:
    items = value.data.reshape(-1).tolist() if value.kind in ARRAYS else [(v.kind, plain(v)) for v in value.data]
    return sorted(map(repr, items))


_RULES: dict[str, Callable[[Value, Value, Rule], str]] = {
    "close": _same,
    "exact": _same,
    "number": _number,
    "between": _between,
    "agree": _agree,
    "same_set": _same_set,
}
