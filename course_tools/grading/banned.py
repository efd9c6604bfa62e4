"""The names that an author bans: read from a test cell, and refused when nothing has that name.

    python -m course_tools.grading.banned NAME ...

says as JSON which of the names nothing has, and what is called nearly so.
"""

import ast
import builtins
import contextlib
import difflib
import functools
import importlib
import json
import subprocess
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from course_tools.paths import ROOT
from course_utils.check.bans.families import ELEMENTARY, FAMILIES, LIBRARIES, LOOKED_UP, PLACES
from course_utils.errors import CourseError

FAMILIAR = ELEMENTARY.union(FAMILIES, *FAMILIES.values(), dir(builtins))


def names(cell: str, statement: ast.stmt) -> tuple[str, ...] | None:
    """The names of a `banned(...)` statement of the test cell `cell`; None when it is another statement.

    Raises CourseError unless they are texts.
    """
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "banned"):
        return None
    found = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    if len(found) != len(call.args) or call.keywords or not found:
        raise CourseError(f'{cell}: banned(...) takes names in quotes, as in banned("softmax").')
    return tuple(found)


def require_known(cell: str, banned: Iterable[str]) -> None:
    """Raise CourseError when `cell` bans a name that no function, method, module or operator has."""
    last = {name.rpartition(".")[2] for name in banned}
    unknown = tuple(sorted(name for name in last if name not in FAMILIAR and name.strip("_") not in ELEMENTARY))
    for name, near in _unknown(unknown).items():
        choice = f"Did you mean {' or '.join(near)}?" if near else "Write it as the library does."
        raise CourseError(f"{cell} bans {name!r}, and nothing has that name. {choice}")


@functools.cache
def _unknown(candidates: tuple[str, ...]) -> dict[str, list[str]]:
    """Those that nothing has, with the nearest names; found in a process of its own: the grader loads no torch."""
    if not candidates:
        return {}
    program = [sys.executable, "-m", __name__, *candidates]
    return json.loads(subprocess.run(program, capture_output=True, text=True, check=True, cwd=ROOT).stdout)


def look_up(candidates: Iterable[str]) -> dict[str, list[str]]:
    """As `_unknown`, in this process: imports the libraries."""
    everything = FAMILIAR | in_the_libraries()
    missing = [name for name in candidates if name not in everything]
    return {name: difflib.get_close_matches(name, sorted(everything), n=3) for name in missing}


def in_the_libraries() -> frozenset[str]:
    """The last parts of the names in the libraries that a course can ban, as they are installed."""
    return _operators().union(*map(_inside, sorted(PLACES | LOOKED_UP)))


def _inside(path: str) -> set[str]:
    """The names that the module or class at `path` holds, functions, classes and modules alone, and its own."""
    place = _found(path)
    held = {name: getattr(place, name, None) for name in dir(place)}
    if isinstance(place, ModuleType):
        held = {name: value for name, value in held.items() if callable(value) or _is_of_a_library(value)}
    return {*path.split("."), *held} if held else set()


def _is_of_a_library(value: Any) -> bool:
    return isinstance(value, ModuleType) and value.__name__.split(".")[0] in LIBRARIES


def _found(path: str) -> Any:
    """The module or class at a dotted path, None where it is not installed."""
    with contextlib.suppress(ImportError):
        return importlib.import_module(path)
    module, _, name = path.rpartition(".")
    with contextlib.suppress(ImportError):
        return getattr(importlib.import_module(module), name, None)
    return None


def _operators() -> frozenset[str]:
    """Torch's operators below Python: _softmax, max_pool2d_with_indices, ..."""
    import torch

    return frozenset(name.partition("::")[2].partition(".")[0] for name in torch._C._dispatch_get_all_op_names())


if __name__ == "__main__":
    print(json.dumps(look_up(sys.argv[1:])))
