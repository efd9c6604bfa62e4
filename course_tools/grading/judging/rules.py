"""How a student's sealed value is compared with the instructor's.

Runs in the grader, on decoded values. What `course_utils.check` takes for the same in a notebook is the same here.
A reason shows the student's own type, dtype or shape at most: never an expected value or shape and never a distance,
which would be an oracle.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_tools.grading.inside.values import ARRAYS, Value, plain
from course_utils.closeness import SEALED, differing, tolerance

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
    kind = _kind(want, rule)
    if _kind(got, rule) != kind:
        return f"is {described(got)}, which is not the kind asked for"
    if kind in ("tensor", "array"):
        return _same_arrays(got, want, rule)
    if kind in ("list", "tuple", "dict"):
        return _same_items(got, want, rule)
    if want.kind in ("int", "float", "scalar"):
        holds = _values_agree(np.asarray(got.data), np.asarray(want.data), rule, _dtype(want))
    else:
        holds = bool(got.data == want.data)
    return "" if holds else "has a wrong value"


def _kind(value: Value, rule: Rule) -> str:
    """What must be the same: for "close" a number may be of any numeric type, as in a visible check."""
    if rule["rule"] == "exact" or value.kind not in ("bool", "int", "float", "scalar"):
        return f"{value.kind} {value.dtype}" if value.kind == "scalar" else value.kind
    return "bool" if "bool" in (value.kind, value.dtype) else "number"


def _dtype(value: Value) -> str:
    return value.dtype or {"float": "float64"}.get(value.kind, value.kind)


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
    exact = rule["rule"] == "exact"
    rtol, atol = (0.0, 0.0) if exact else tolerance(dtype, rule.get("rtol"), rule.get("atol"), SEALED)
    return not differing(a, b, rtol, atol).any()


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
    dtype = want.dtype if want.dtype in SEALED else "float64"
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


def _choice(got: Value, want: Value, rule: Rule) -> str:
    mine, theirs = _chosen(got), _chosen(want)
    if mine is None or theirs is None or not set(mine) <= set(rule["options"]):
        return "is not made of the options; copy them letter by letter"
    if len(mine) != rule["count"] or len(set(mine)) != len(mine):
        return f"does not name {rule['count']} different options"
    return "" if set(mine) == set(theirs) else "is not the right choice"


def _chosen(value: Value) -> list[str] | None:
    """The texts of a choice; None when it is none."""
    chosen = plain(value)
    items = [chosen] if isinstance(chosen, str) else chosen
    texts = isinstance(items, list | tuple) and all(isinstance(x, str) for x in items)
    return sorted(items) if texts else None


_RULES: dict[str, Callable[[Value, Value, Rule], str]] = {
    "close": _same,
    "exact": _same,
    "number": _number,
    "between": _between,
    "agree": _agree,
    "same_set": _same_set,
    "choice": _choice,
}
