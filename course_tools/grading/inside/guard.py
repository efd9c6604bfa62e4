"""Banned calls raise while a sealed part runs.

Who runs this: the child, around each part of a cell that bans something. It is the second line of two, since it
shares the process with the student's code; the first, which reads the syntax tree, is outside
(`course_tools.grading.judging.bans`). It catches what no syntax tree shows: a call under another name, through
``torch.ops``, inside ``exec``, in a function that came from elsewhere.
"""

import contextlib
import sys
import types
from collections.abc import Iterator, Sequence
from typing import Any

from course_tools.grading.inside.families import AUTOGRAD, relatives

# Where the Python functions of that name live that never reach one of torch's operators.
MODULES = (
    "torch",
    "torch.nn.functional",
    "torch.special",
    "torch.autograd",
    "torch.autograd.graph",
    "torch.autograd.functional",
    "torch.func",
    "torch._C._nn",
    "torch.Tensor",
    "scipy.special",
    "scipy.special._logsumexp",
    "scipy.signal",
    "scipy.ndimage",
    "scipy.optimize",
    "sklearn.utils.extmath",
    "numpy",
    "numpy.linalg",
)


class BannedCall(Exception):
    """A call that the exercise asks the student to write by hand."""


@contextlib.contextmanager
def banning(names: Sequence[str]) -> Iterator[None]:
    """Make calls of `names` and their relatives raise BannedCall inside the block."""
    if not names:
        yield
        return
    banned = relatives(names)
    with _patched(banned), _operators(banned, bool(AUTOGRAD & set(names))):
        yield


def _operators(banned: frozenset[str], autograd: bool) -> Any:
    """A mode that sees each of torch's operators below Python, whatever called it."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            name = func.overloadpacket.__name__
            if name in banned or name.strip("_") in banned:
                raise BannedCall(name.strip("_"))
            if autograd and torch._C._current_graph_task_id() != -1:
                raise BannedCall("autograd")
            return func(*args, **(kwargs or {}))

    return Watch()


@contextlib.contextmanager
def _patched(banned: frozenset[str]) -> Iterator[None]:
    """Replace what carries a banned name, and the code of those that are plain Python, for all who hold them."""
    undo: list[tuple[Any, str, Any]] = []
    for place in filter(None, map(_found, MODULES)):
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
        "def raising(*args, **kwargs):\n    from course_tools.grading.inside.guard import BannedCall\n"
        f"    raise BannedCall({name!r})"
    )
    exec(text, space)
    return space["raising"].__code__
