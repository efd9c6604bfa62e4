"""Hints that open only for the value that earns them.

`course build` runs each planted mistake on the inputs of the visible check, and locks its hint with the rounded value
that comes out: who has not made the mistake cannot read the hint. The locks lie in course_utils/hints, one file an
assignment; without them a check works as well, and says less.

A lock is found under a digest of the check's name and the value, and opened by another. The value is rounded to a
grid, so that another processor's last digits do not matter; numbers near the border of two cells are tried in both.
"""

import base64
import hashlib
import itertools
import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.check.values import GROUPS, NUMERIC, as_array, dtype, kind

FOLDER = Path(__file__).parents[1] / "hints"
GRIDS = {"float64": 2.0**-22, "complex128": 2.0**-22}  # cells, in parts of the largest number; others: 2^-12
BORDER = 0.03  # in parts of a cell: nearer to its end than this, the next cell is tried as well
MOST_TRIED = 256
SPECIAL = {"nan": 2**62, "inf": 2**61, "-inf": -(2**61)}


def key(name: str, value: Any) -> bytes:
    """What opens the hint for `value` (or for an exception, when it was raised) in the check `name`."""
    return _key(name, next(_forms(value)))


def locked(opens: bytes, hint: str) -> tuple[str, str]:
    """The lock of a hint of one or more lines: where it is found, and its text, which only that key opens."""
    return _place(opens), base64.b64encode(_mixed(hint.encode(), opens)).decode()


def opened(name: str, value: Any) -> list[str]:
    """The hint for this value of the check `name`, in a list; an empty list when there is none."""
    for form in itertools.islice(_forms(value), MOST_TRIED):
        opens = _key(name, form)
        if (text := locks().get(_place(opens))) is not None:
            return _mixed(base64.b64decode(text), opens).decode().split("\n")
    return []


@cache
def locks() -> dict[str, str]:
    """All the locks there are. A file that cannot be read is left out: a check must not fail for want of a hint."""
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.json")):
        try:
            found |= json.loads(path.read_text(encoding="utf-8"))["locks"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def _key(name: str, form: bytes) -> bytes:
    return hashlib.sha256(json.dumps(name).encode() + form).digest()


def _place(opens: bytes) -> str:
    return hashlib.sha256(b"place" + opens).hexdigest()[:20]


def _mixed(text: bytes, opens: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(text, hashlib.shake_256(opens).digest(len(text)), strict=True))


def _forms(value: Any) -> Iterator[bytes]:
    """The rounded value as bytes: first as it is, then with the numbers at a border in their other cell."""
    leaves: list[tuple[np.ndarray, np.ndarray]] = []
    outline = _outline(value, leaves).encode()
    cells = np.concatenate([np.zeros(0, np.int64), *(cell for cell, _ in leaves)])
    others = np.concatenate([np.zeros(0, np.int64), *(other for _, other in leaves)])
    unsure = np.flatnonzero(others)[: int(math.log2(MOST_TRIED))]
    for moves in itertools.product((0, 1), repeat=len(unsure)):
        tried = cells.copy()
        tried[unsure] += np.asarray(moves, np.int64) * others[unsure]
        yield outline + tried.tobytes()


def _outline(value: Any, leaves: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Everything but the numbers of floating type, whose cells are put into `leaves`."""
    what = kind(value)
    if what in GROUPS:
        items = sorted(value.items(), key=repr) if what == "a dict" else list(enumerate(value))
        return f"{what}({','.join(f'{key!r}:{_outline(item, leaves)}' for key, item in items)})"
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    if what not in NUMERIC:
        return f"{what} {value!r}" if what in ("a bool", "text") else what
    array = as_array(value)
    if what == "a number" and array.dtype.kind in "iu":  # as in a comparison, 2 and 2.0 are one number
        array = array.astype(np.float64)
    if array.dtype.kind not in "fc":
        return f"{what} {array.shape} {array.tolist()!r}"
    leaves.append(_cells(array, "float64" if what == "a number" else dtype(value)))
    return f"{what} {array.shape} {dtype(value) if what != 'a number' else ''}"


def _cells(array: np.ndarray, named: str) -> tuple[np.ndarray, np.ndarray]:
    """The cell of each number on a grid that the largest one sets, and the way (-1, 0, 1) to its neighbour."""
    flat = array.reshape(-1)
    if flat.dtype.kind == "c":
        flat = np.concatenate([flat.real, flat.imag])
    flat = flat.astype(np.float64)
    finite = np.isfinite(flat)
    exponent = _exponent(np.abs(flat[finite]).max(initial=0.0))
    cell = math.ldexp(GRIDS.get(named, 2.0**-12), exponent)
    with np.errstate(all="ignore"):
        at = np.where(finite, flat, 0) / cell + 0.377  # so that simple fractions lie inside a cell
        at = np.clip(at, -(2.0**50), 2.0**50)  # numbers beyond all measure: see _exponent
    cells = np.floor(at)
    inside = at - cells
    others = np.where(inside < BORDER, -1, np.where(inside > 1 - BORDER, 1, 0)) * finite
    special = [0 if ok else SPECIAL[str(x)] for ok, x in zip(finite, flat, strict=True)]
    numbers = cells.astype(np.int64) + np.asarray(special, np.int64)
    return np.append(numbers, exponent), np.append(others.astype(np.int64), 0)


def _exponent(largest: float) -> int:
    """The power of two that the grid goes by; the odd factor lest a last digit change the grid at a power of two."""
    return math.ceil(math.log2(largest * 1.0173)) if 1e-250 < largest < 1e250 else 0
