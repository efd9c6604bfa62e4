"""Checks that teach: they say which result differs, where, by how much and, if they can, why.

A check that passes prints one line. A check that fails raises `CheckFailed`, which a notebook shows as a short
message instead of a traceback.
"""

import json
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.closeness import SHOWN, differing, tolerance


class CheckFailed(AssertionError):
    """A check did not hold. The message is written for the person who reads it in a notebook."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the message alone, without the wall of frames."""
        return [str(self)]


def close(
    name: str,
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    slips: Mapping[str, Any] | None = None,
) -> None:
    """Compare type, shape, dtype and values of `actual` with `expected`, in that order.

    Values are close when |actual - expected| <= atol + rtol * |expected|; the tolerances default to
    torch.testing's for the dtype. NaN equals only NaN. Tensors, arrays, numbers, strings, and lists, tuples and
    dicts of these can be compared. `slips` maps a sentence to the value that a known mistake gives: if `actual`
    is that value, the sentence is shown.

    Raises CheckFailed, or ValueError when a slip cannot be told from the expected value.
    """
    slips = slips or {}
    for sentence, wrong in slips.items():
        if not _difference(wrong, expected, rtol, atol):
            raise ValueError(f"check {name!r}: the slip {sentence!r} equals the expected value; change the inputs")
    problem = _difference(actual, expected, rtol, atol)
    if not problem:
        print(f"✓ {name}: {_agreement(actual, expected)}")
        return
    raise CheckFailed(_message(name, problem, _recognised(actual, slips, rtol, atol)))


def reaches(name: str, value: Any, *, at_least: float | None = None, at_most: float | None = None) -> None:
    """Hold a measured result to its floor (`at_least`) or ceiling (`at_most`).

    Raises CheckFailed when the bound is missed or the value is not finite, and ValueError when no bound is given.
    `make floors` records the values of several seeds (see `seed`).
    """
    if at_least is None and at_most is None:
        raise ValueError(f"reaches({name!r}) needs at_least or at_most")
    number = float(value)
    _record(name, number, at_least, at_most)
    if not math.isfinite(number):
        raise CheckFailed(_message(name, f"is {number}, not a finite number"))
    if at_least is not None and number < at_least:
        raise CheckFailed(_message(name, f"is {number:.4g}; it should be at least {at_least:g}"))
    if at_most is not None and number > at_most:
        raise CheckFailed(_message(name, f"is {number:.4g}; it should be at most {at_most:g}"))
    low = f"{at_least:g} ≤ " if at_least is not None else ""
    high = f" ≤ {at_most:g}" if at_most is not None else ""
    print(f"✓ {name}: {low}{number:.4g}{high}")


def raises(
    name: str,
    error: type[Exception],
    call: Callable[[], Any],
    *,
    slips: Mapping[str, Any] | None = None,
) -> None:
    """Hold that `call()` raises `error`. If it returns a value that a slip gives, the slip is named.

    Raises CheckFailed when it returns, or raises another error.
    """
    try:
        value = call()
    except error as e:
        print(f"✓ {name}: raises {type(e).__name__}")
        return
    except Exception as e:
        raise CheckFailed(_message(name, f"raises {type(e).__name__}: {e}; it should raise {error.__name__}")) from e
    problem = f"returns {_short(value)}; it should raise {error.__name__}"
    raise CheckFailed(_message(name, problem, _recognised(value, slips or {}, None, None)))


def catches(bug: str, check: Callable[[], None]) -> None:
    """Hold that `check()` fails on a planted bug, and show what it says.

    Raises CheckFailed when the check lets the bug pass.
    """
    try:
        check()
    except CheckFailed as failure:
        print(f"caught, {bug}:\n{failure}")
        return
    raise CheckFailed(_message(bug, "was not caught: the check passes in spite of it"))


def seed(default: int = 0) -> int:
    """The seed of this run: `default`, or the one that `make floors` asks for."""
    return int(os.environ.get("COURSE_SEED", default))


# -- how a difference is found and said ----------------------------------------------------------------------


def _message(name: str, problem: str, slip: str | None = None) -> str:
    return f"✗ {name} {problem}" + (f"\n  → {slip}" if slip else "")


def _recognised(actual: Any, slips: Mapping[str, Any], rtol: float | None, atol: float | None) -> str | None:
    for sentence, wrong in slips.items():
        if not _difference(actual, wrong, rtol, atol):
            return sentence
    return None


def _difference(actual: Any, expected: Any, rtol: float | None, atol: float | None) -> str:
    """How `actual` differs from `expected`, as the end of a sentence; empty when it does not."""
    if (kind := _kind(actual)) != (wanted := _kind(expected)):
        return f"is {kind}; it should be {wanted}"
    if wanted in ("a list", "a tuple", "a dict"):
        return _difference_of_items(actual, expected, rtol, atol)
    if wanted not in ("a tensor", "an array", "a number"):
        return "" if bool(actual == expected) else f"is {_short(actual)}; it should be {_short(expected)}"
    a, b = _as_array(actual), _as_array(expected)
    if a.shape != b.shape:
        return f"has shape {_shape(a)}; it should have {_shape(b)}"
    dtypes = _dtype(actual), _dtype(expected)
    if wanted != "a number" and dtypes[0] != dtypes[1]:
        return f"has dtype {dtypes[0]}; it should have {dtypes[1]}"
    return _difference_of_values(a, b, *tolerance(dtypes[1], rtol, atol, SHOWN))


def _difference_of_items(actual: Any, expected: Any, rtol: float | None, atol: float | None) -> str:
    if isinstance(expected, dict):
        if actual.keys() != expected.keys():
            return f"has the keys {_short(list(actual))}; it should have {_short(list(expected))}"
        pairs = [(key, actual[key], expected[key]) for key in expected]
    else:
        if len(actual) != len(expected):
            return f"has {len(actual)} items; it should have {len(expected)}"
        pairs = [(i, *pair) for i, pair in enumerate(zip(actual, expected, strict=True))]
    for key, a, b in pairs:
        if problem := _difference(a, b, rtol, atol):
            return f"[{key!r}] {problem}"
    return ""


def _difference_of_values(a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> str:
    wrong = differing(a, b, rtol, atol)
    if not wrong.any():
        return ""
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    found = f"is {_number(a[first])}; it should be {_number(b[first])}"
    if not first:
        return found
    with np.errstate(all="ignore"):
        gaps = np.abs(np.subtract(a, b, dtype=np.result_type(a, b, np.float64)))[wrong]
    largest = f"largest difference {gaps.max():.3g}" if np.isfinite(gaps).all() else "not all of them finite"
    where = ", ".join(map(str, first))
    return f"differs in {wrong.sum()} of {wrong.size} places ({largest}); the first is [{where}], which {found}"


def _agreement(actual: Any, expected: Any) -> str:
    if _kind(expected) not in ("a tensor", "an array", "a number"):
        return "as expected"
    a, b = _as_array(actual), _as_array(expected)
    if a.size == 0 or a.dtype.kind not in "fc":
        return "equal"
    with np.errstate(all="ignore"):
        gap = np.where(a == b, 0, np.abs(a - b))
    return f"agrees, largest difference {np.nanmax(gap) if np.isfinite(gap).any() else 0:.2g}"


def _kind(x: Any) -> str:
    if isinstance(x, bool | np.bool_):
        return "a bool"
    if isinstance(x, int | float | complex | np.number):
        return "a number"
    for name, cls in (("a list", list), ("a tuple", tuple), ("a dict", dict), ("text", str)):
        if isinstance(x, cls):
            return name
    if isinstance(x, np.ndarray):
        return "an array"
    if _is_tensor(x):
        return "a tensor"
    return "None (is a return missing?)" if x is None else f"of type {type(x).__name__}"


def _is_tensor(x: Any) -> bool:
    """Without importing torch: a chapter that uses no torch should not wait for it."""
    return any(cls.__module__ == "torch" and cls.__name__ == "Tensor" for cls in type(x).__mro__)


def _as_array(x: Any) -> np.ndarray:
    if not _is_tensor(x):
        return np.asarray(x)
    x = x.detach().cpu()
    return (x.float() if str(x.dtype) == "torch.bfloat16" else x).numpy()


def _dtype(x: Any) -> str:
    return str(x.dtype).removeprefix("torch.") if hasattr(x, "dtype") else str(np.asarray(x).dtype)


def _shape(a: np.ndarray) -> str:
    return str(tuple(a.shape)) if a.shape else "() (a single number)"


def _number(x: Any) -> str:
    return f"{x:.6g}" if isinstance(x, float | np.floating) else str(x)


def _short(x: Any) -> str:
    text = repr(x)
    return text if len(text) <= 60 else text[:57] + "..."


def _record(name: str, value: float, at_least: float | None, at_most: float | None) -> None:
    """Append the measured value to the file named by COURSE_RECORD, one JSON object a line."""
    if path := os.environ.get("COURSE_RECORD"):
        row = {"name": name, "value": value, "at_least": at_least, "at_most": at_most}
        with Path(path).open("a", encoding="utf-8") as f:
            f.write(json.dumps(row) + "\n")
