"""What kind of value something is, as a sentence names it, and its numbers as an array."""

from typing import Any

import numpy as np

NUMERIC = ("a tensor", "an array", "a number")
GROUPS = ("a list", "a tuple", "a dict")


def kind(x: Any) -> str:
    """ "a tensor", "an array", "a number", "a list", ...: what a check compares first."""
    if isinstance(x, bool | np.bool_):
        return "a bool"
    if isinstance(x, int | float | complex | np.number):
        return "a number"
    for name, cls in (("a list", list), ("a tuple", tuple), ("a dict", dict), ("text", str)):
        if isinstance(x, cls):
            return name
    if isinstance(x, np.ndarray):
        return "an array"
    if is_tensor(x):
        return "a tensor"
    return "None (is a return missing?)" if x is None else f"of type {type(x).__name__}"


def is_tensor(x: Any) -> bool:
    """Without importing torch: a chapter that uses no torch should not wait for it."""
    return any(cls.__module__ == "torch" and cls.__name__ == "Tensor" for cls in type(x).__mro__)


def as_array(x: Any) -> np.ndarray:
    """The numbers of a tensor, an array or a number; a bfloat16 tensor's as float32."""
    if not is_tensor(x):
        return np.asarray(x)
    x = x.detach().cpu()
    return (x.float() if str(x.dtype) == "torch.bfloat16" else x).numpy()


def dtype(x: Any) -> str:
    """Its dtype by name, "float32"; that of the array which NumPy makes of a plain number."""
    return str(x.dtype).removeprefix("torch.") if hasattr(x, "dtype") else str(np.asarray(x).dtype)


def short(x: Any) -> str:
    """Its repr, cut to 60 characters."""
    text = repr(x)
    return text if len(text) <= 60 else text[:57] + "..."
