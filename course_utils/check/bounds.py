"""Measured results and the floors that they are held to."""

import json
import math
import os
from pathlib import Path

from course_utils.check.failure import failure


def reaches(name: str, value: float, *, at_least: float | None = None, at_most: float | None = None) -> None:
    """Hold a measured result to its floor (`at_least`) or ceiling (`at_most`).

    `value` is anything that `float` takes. Raises CheckFailed when the bound is missed or the value is not finite,
    and ValueError when no bound is given. `make floors` records the values of several seeds (see `seed`).
    """
    if at_least is None and at_most is None:
        raise ValueError(f"reaches({name!r}) needs at_least or at_most")
    number = float(value)
    _record(name, number, at_least, at_most)
    if not math.isfinite(number):
        raise failure(name, f"is {number}, not a finite number")
    if at_least is not None and number < at_least:
        raise failure(name, f"is {number:.4g}; it should be at least {at_least:g}")
    if at_most is not None and number > at_most:
        raise failure(name, f"is {number:.4g}; it should be at most {at_most:g}")
    low = f"{at_least:g} ≤ " if at_least is not None else ""
    high = f" ≤ {at_most:g}" if at_most is not None else ""
    print(f"✓ {name}: {low}{number:.4g}{high}")


def seed(default: int = 0) -> int:
    """The seed of this run: `default`, or the one that `make floors` asks for."""
    return int(os.environ.get("COURSE_SEED", default))


def _record(name: str, value: float, at_least: float | None, at_most: float | None) -> None:
    """Append the measured value to the file named by COURSE_RECORD, one JSON object a line."""
    if path := os.environ.get("COURSE_RECORD"):
        row = {"name": name, "value": value, "at_least": at_least, "at_most": at_most}
        with Path(path).open("a", encoding="utf-8") as f:
            f.write(json.dumps(row) + "\n")
