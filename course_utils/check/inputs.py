"""What the call in a check is given: the sizes of its inputs, and whether it changes them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.check.values import as_array, is_tensor
from course_utils.closeness import SHOWN, differing, tolerance

Inputs = dict[str, Any]
AXES = {1: ("entries",), 2: ("rows", "columns")}


def inputs(call: Callable[[], Any]) -> Inputs:
    """The tensors, arrays, lists, tuples and dicts that a function without arguments names, by their names."""
    code = call.__code__
    cells = zip(code.co_freevars, call.__closure__ or (), strict=True)
    known = {**call.__globals__, **{name: cell.cell_contents for name, cell in cells}}
    named = {name: known[name] for name in (*code.co_names, *code.co_freevars) if name in known}
    return {name: x for name, x in named.items() if is_tensor(x) or isinstance(x, np.ndarray | list | tuple | dict)}


def copied(x: Any) -> Any:
    """A copy to compare with later. Only numbers are copied, and lists, tuples and dicts with numbers in them."""
    if is_tensor(x) or isinstance(x, np.ndarray):
        return as_array(x).copy()
    if isinstance(x, list | tuple):
        return [copied(item) for item in x]
    return {key: copied(item) for key, item in x.items()} if isinstance(x, dict) else x


def changed(before: Inputs, now: Inputs) -> list[str]:
    """The names of the inputs that are not what they were."""
    return [name for name in before if not _same(before[name], copied(now[name]))]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        if not isinstance(b, np.ndarray) or a.dtype != b.dtype or a.shape != b.shape:
            return False
        # a number that was nudged and put back may have lost its last digit
        return not differing(a, b, *tolerance(str(a.dtype), None, None, SHOWN)).any()
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    return a is b or (type(a) is type(b) and isinstance(a, int | float | str) and a == b)


def sizes(given: Inputs) -> dict[int, str]:
    """Each size from 3 up that means one thing -> what it is: 4 -> "the number of rows of X".

    A size that several inputs share counts when it is the first axis of each: the number of examples.
    """
    found: dict[int, set[tuple[str, int]]] = {}
    for name, x in given.items():
        shape = np.shape(as_array(x)) if not isinstance(x, list | tuple | dict) else (len(x),)
        for axis, size in enumerate(shape):
            found.setdefault(size, set()).add((name, axis))
    return {n: text for n, places in found.items() if n > 2 and (text := _meaning(places, given))}


def _meaning(places: set[tuple[str, int]], given: Inputs) -> str:
    names = sorted({name for name, _ in places})
    if len(places) == 1:
        ((name, axis),) = places
        rank = 1 if isinstance(given[name], list | tuple | dict) else np.ndim(as_array(given[name]))
        of_axis = AXES[rank][axis] if rank in AXES else ""
        return f"the number of {of_axis} of {name}" if of_axis else f"the size of axis {axis} of {name}"
    return f"the size of the first axis of {' and '.join(names)}" if {axis for _, axis in places} == {0} else ""
