"""When two values are close: one answer for what a student is shown and for what earns marks.

`course_utils.check` asks here in a notebook, `course_tools.grading.judging.rules` in the grader, which has no torch.
"""

from collections.abc import Mapping

import numpy as np

Tolerances = Mapping[str, tuple[float, float]]

# torch.testing's tolerances (rtol, atol) for each floating type; integers and bools must be equal.
SHOWN: Tolerances = {
    "float64": (1e-7, 1e-7),
    "float32": (1.3e-6, 1e-5),
    "float16": (1e-3, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "complex128": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5),
}
# For sealed values, whose inputs are drawn anew: never narrower than those above, nor than the six printed digits
# that visible checks compare with; wide enough for another order of summation, narrow enough for a wrong term.
SEALED: Tolerances = {
    "float64": (1e-6, 2e-6),
    "float32": (1e-4, 1e-5),
    "float16": (1e-2, 1e-3),
    "bfloat16": (4e-2, 1e-2),
    "complex128": (1e-6, 2e-6),
    "complex64": (1e-4, 1e-5),
}


def tolerance(dtype: str, rtol: float | None, atol: float | None, usual: Tolerances) -> tuple[float, float]:
    """(rtol, atol) as given; where None, the usual ones of the expected value's dtype."""
    of_dtype = usual.get(dtype, (0.0, 0.0))
    return of_dtype[0] if rtol is None else rtol, of_dtype[1] if atol is None else atol


def differing(a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    """Where |a - b| > atol + rtol |b|; NaN equals only NaN, whole numbers only themselves.   bools of their shape"""
    kinds = a.dtype.kind + b.dtype.kind
    with np.errstate(all="ignore"):
        if "O" not in kinds and ("f" in kinds or "c" in kinds):
            return ~np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
        return np.asarray(a != b)  # "O": whole numbers of more than 64 bits
