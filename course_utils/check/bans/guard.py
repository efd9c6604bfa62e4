"""Banned calls raise while an answer is checked, and what runs is noted.

Who runs this: the grader's child, around each sealed part of a cell that bans something, and the visible checks in a
student's notebook. It shares the process with the student's code, so what it reports is evidence for a person and no
proof; the syntax tree is read outside (`course_utils.check.bans.text`). It catches what no syntax tree shows: a call
under another name, through ``torch.ops``, inside ``exec``, in a function that came from elsewhere.
"""

import contextlib
import functools
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from course_utils.check.bans.families import FAMILIES, PLACES, relative_of, relatives


class BannedCall(BaseException):
    """A call that the exercise asks the student to write by hand; no `except Exception` takes it for an error."""


@contextlib.contextmanager
def banning(names: Sequence[str], seen: set[str]) -> Iterator[None]:
    """Make calls of `names` and their relatives raise BannedCall inside the block; note in `seen` what runs."""
    banned = relatives(names)
    with _patched(banned), watching(seen, banned):
        yield


@contextlib.contextmanager
def watching(seen: set[str], banned: frozenset[str] = frozenset()) -> Iterator[None]:
    """Note in `seen` torch's operators and functionals that run inside the block; those `banned` raise BannedCall."""

    def note(name: str) -> None:
        seen.add(name)
        if relative_of(name, banned):
            raise BannedCall(name.strip("_"))

    with _operators(note), _functions(note):
        yield


def _operators(note: Callable[[str], None]) -> Any:
    """A mode that sees each of torch's operators below Python, whatever called it."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    class Operators(TorchDispatchMode):
        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            """No: nothing is compiled here, and torch would import its compiler, in a second, to make sure of it."""
            return False

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            name = func.overloadpacket.__name__
            note(name if func.namespace == "aten" else f"{func.namespace}.{name}")
            if torch._C._current_graph_task_id() != -1:
                note("autograd")
            return func(*args, **(kwargs or {}))

    return Operators()


def _functions(note: Callable[[str], None]) -> Any:
    """A mode that sees what leaves no operator of its own: losses made of elementary ones, and ways to a gradient."""
    from torch.overrides import TorchFunctionMode

    watched = _functionals() | FAMILIES["autograd"]

    class Functions(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            name = getattr(func, "__name__", "")
            if name in watched:
                note(name)
            result = func(*args, **(kwargs or {}))
            read = getattr(func.__self__, "__name__", "") if name == "__get__" else ""
            if read == "grad_fn" and result is not None:
                note(read)
            return result

    return Functions()


@functools.cache
def _functionals() -> frozenset[str]:
    import torch

    return frozenset(name for name, value in vars(torch.nn.functional).items() if callable(value))


@contextlib.contextmanager
def _patched(banned: frozenset[str]) -> Iterator[None]:
    """Replace what carries a banned name, and the code of those that are plain Python, for all who hold them."""
    undo: list[tuple[Any, str, Any]] = []
    for place in filter(None, map(_found, PLACES)):
        for name in banned:
            original = vars(place).get(name)
            if callable(original):
                undo.append((place, name, original))
                with contextlib.suppress(TypeError, AttributeError):
                    setattr(place, name, _raiser(name))
                if isinstance(original, types.FunctionType) and not original.__closure__:
                    undo.append((original, "__code__", original.__code__))
                    original.__code__ = _raising_code(name)
    try:
        yield
    finally:
        for place, name, original in reversed(undo):
            with contextlib.suppress(TypeError, AttributeError):
                setattr(place, name, original)


def _found(path: str) -> Any:
    if path in sys.modules:
        return sys.modules[path]
    module, _, name = path.rpartition(".")
    return getattr(sys.modules.get(module), name, None)


def _raiser(name: str) -> Any:
    def raising(*args: Any, **kwargs: Any) -> Any:
        raise BannedCall(name)

    return raising


def _raising_code(name: str) -> types.CodeType:
    """Code without a closure, to put into a function of any signature."""
    space: dict[str, Any] = {}
    text = (
        "def raising(*args, **kwargs):\n    from course_utils.check.bans.guard import BannedCall\n"
        f"    raise BannedCall({name!r})"
    )
    exec(text, space)
    return space["raising"].__code__
