"""What an exception in a student's function means: where it was raised, and in one plain sentence why.

    raises RuntimeError in line 4 of conv2d:  y = A @ B
      → In a matrix product the last size of the left must equal the first size of the right; here they are 3 and 4
      (left (2, 3), right (4, 5)).

The sentences stand in sentences.py, which is searched for the exception's own words. Nothing here imports torch: a
chapter that uses no torch should not wait for it.
"""

import builtins
import difflib
import linecache
import os
import re
import sysconfig
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

from course_utils.check.sentences import SENTENCES

LONGEST_LINE = 100  # characters of the student's line that are shown
LONGEST_TEXT = 200  # characters of an exception's own text that are shown
LIBRARIES = tuple(
    os.path.normcase(path) + os.sep
    for path in (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), str(Path(__file__).parents[1]))
)
TYPED_IN = ("<string>", "<stdin>", "<ipython-input")  # code without a file; other names in <> are Python's or torch's

DTYPES = {  # as torch's C++ writes them -> as a student does
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "long": "int64",
    "long int": "int64",
    "int": "int32",
}


def explained(error: BaseException, call: Callable[[], object]) -> str:
    """What is said of `error`, raised when a check called a student's function by `call()`.   at most three lines

    Never raises: whatever the exception is, its type is named.
    """
    kind = type(error).__name__.lstrip("_")
    try:
        frame, line = _place(error, call)
        source = linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip() if frame else ""
        said = _sentence(error, frame, source) or _own_text(error)
        return f"raises {kind}{_where(frame, line, source, call)}" + (f"\n  → {said}" if said else "")
    except Exception:
        # An exception can be made so that reading it fails; a student must see nothing of that.
        return f"raises {kind}"


# -- where it was raised -------------------------------------------------------------------------------------


def _place(error: BaseException, call: Callable[[], object]) -> tuple[FrameType | None, int]:
    """The innermost frame that is the student's, and the line in it.

    A function that a check hands to the student's, such as the one to differentiate, stands in the check's own cell:
    such frames count only where there are no others, and the frame of `call` itself counts last.
    """
    code = getattr(call, "__code__", None)
    every = list(traceback.walk_tb(error.__traceback__))
    start = next((i for i, pair in enumerate(every) if pair[0].f_code is code), 0)
    frames = [pair for pair in every[start:] if _is_students(pair[0].f_code.co_filename)]
    cell = getattr(code, "co_filename", None)
    elsewhere = [pair for pair in frames if pair[0].f_code.co_filename != cell]
    called = [pair for pair in frames if pair[0].f_code is not code]
    chosen = elsewhere or called or frames
    return chosen[-1] if chosen else (None, 0)


def _is_students(filename: str) -> bool:
    if filename.startswith("<"):
        return filename.startswith(TYPED_IN)
    library = {"site-packages", "dist-packages"} & set(Path(filename).parts)
    return not library and not os.path.normcase(filename).startswith(LIBRARIES)


def _where(frame: FrameType | None, line: int, source: str, call: Callable[[], object]) -> str:
    """The end of the first line: " in line 4 of conv2d:  y = A @ B"."""
    if frame is None:
        return ""
    ending = f":  {_shortened(source, LONGEST_LINE)}" if source else ""
    if frame.f_code is getattr(call, "__code__", None) and frame.f_code.co_name == "<lambda>":
        return f" in the check's own call{ending}"
    name = _function(frame)
    return f" in line {line}" + (f" of {name}" if name else "") + ending


def _function(frame: FrameType | None) -> str:
    """The name of the frame's function, of a method with its class; of a comprehension, the function around it."""
    if frame is None:
        return ""
    around = re.sub(r"(\.<locals>)?\.?<(?!locals).*", "", frame.f_code.co_qualname)
    return around.rpartition("<locals>.")[2]


# -- why -----------------------------------------------------------------------------------------------------


def _sentence(error: BaseException, frame: FrameType | None, source: str) -> str:
    """The sentence of the table, or of the names that are near; empty when the exception is not a usual one."""
    text = f"{type(error).__name__}: {_text(error)[:5_000]}\n{source}"
    for pattern, sentence in SENTENCES:
        if found := re.search(pattern, text):
            return sentence.format_map(_words(found, frame))
    if isinstance(error, NameError):
        return _unknown_name(error, frame)
    return _unknown_attribute(error) if isinstance(error, AttributeError) else ""


def _words(found: re.Match[str], frame: FrameType | None) -> dict[str, str]:
    """What the template of a sentence can name: the groups, with shapes as Python writes them, and a few more."""
    given = {name: text for name, text in found.groupdict().items() if text is not None}
    dtypes = {name: DTYPES.get(text.lower(), text.lower()) for name, text in given.items() if re.match(r"d\d", name)}
    groups = {name: _as_shapes(text) for name, text in given.items()} | dtypes
    return groups | {"all": " and ".join(groups.values()), "function": _function(frame) or "The function"}


def _as_shapes(text: str) -> str:
    """ "[2, 3]" or "(2,3) (4,)" as "(2, 3)" or as "(2, 3) and (4,)"; anything else as it is."""
    if not re.fullmatch(r"[\[(][-\d,()\[\] ]*[\])],? *", text):
        return text
    shapes = [str(tuple(map(int, re.findall(r"-?\d+", shape)))) for shape in re.findall(r"[\[(].*?[\])]", text)]
    return " and ".join([", ".join(shapes[:-1]), shapes[-1]] if len(shapes) > 1 else shapes)


def _unknown_name(error: NameError, frame: FrameType | None) -> str:
    name = error.name or "".join(re.findall(r"name '(\w+)'", _text(error)))
    known = {*frame.f_locals, *frame.f_globals, *dir(builtins)} if frame else set(dir(builtins))
    near = _nearest(name, known)
    return f"There is no `{name}` here: " + (
        f"did you mean `{near}`?" if near else "is it misspelled, or is the cell that defines it still to be run?"
    )


def _unknown_attribute(error: AttributeError) -> str:
    if not error.name:
        return ""
    owner = error.obj if hasattr(error.obj, "__name__") else type(error.obj)
    near = _nearest(error.name, dir(error.obj))
    return f"`{error.name}` is no attribute of {owner.__name__}: " + (
        f"did you mean `{near}`?" if near else "is it misspelled, or was it never assigned?"
    )


def _nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like `name`, if one is; names that begin with _ are nobody's business."""
    public = sorted(k for k in known if isinstance(k, str) and k.startswith("_") == name.startswith("_"))
    return next(iter(difflib.get_close_matches(name, public, n=1, cutoff=0.7)), "")


def _own_text(error: BaseException) -> str:
    return _shortened(" ".join(_text(error)[:5_000].split()), LONGEST_TEXT)


def _text(error: BaseException) -> str:
    """The exception's own text; empty when it has none, or fails to give it."""
    try:
        return str(error)
    except Exception:
        return ""


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
