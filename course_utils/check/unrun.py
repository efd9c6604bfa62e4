"""In a notebook: a check does not judge the function of an earlier run, when the cell that defines it stopped.

IPython says when a cell begins and when it has ended. If it ended with an error, and a function or class that it
defines is what it was before, then whoever runs the check below means another one than the check would call. That
holds for the cell that made the function, and for the one that was the first to define its name, as the answer's is:
any other cell that stops, below the answer, leaves the answer as it is. Cells are told by the ids that JupyterLab
sends; where none come, as from nbclient, by their text. A cell that was edited and not run cannot be told: its text
is the browser's alone.

Only a kernel is watched. In the grader, in tests and in scripts nothing happens here.
"""

import ast
import dis
import functools
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
Failure = Callable[[str, str, list[str]], AssertionError]  # of a check: its name, what is wrong, what to do

CHECKS = ("chosen", "close", "predicted", "raises")
DEFINITION = re.compile(r"^(?:async +)?(?:def|class) +(\w+)", re.MULTILINE)
LONGEST = 200  # characters of an error's own text
MEND = "Mend that cell, or delete it and run the cell of your answer again; then run this one."
NOTHING = object()  # what a name stands for that is not there

_before: dict[str, Any] = {}  # what the names that the running cell defines stood for when it began
_stopped: dict[str, tuple[Any, BaseException]] = {}  # what a name still stands for, and what stopped its cell
_first: dict[str, str] = {}  # the cell that was the first to define a name, or to try
_makers: dict[str, str] = {}  # the cell that made what a name stands for
_guards: dict[str, Any] = {}  # the checks that look first


def watch(failure: Failure) -> None:
    """Follow the cells of the notebook in whose kernel this runs, if there is one; `failure` makes what is raised."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and hasattr(shell, "kernel"):
        shell.events.register("pre_run_cell", lambda info: _begins(info.raw_cell, shell.user_ns))
        shell.events.register("post_run_cell", lambda result: _ended(result, shell.user_ns, failure))


def _begins(source: str, names: dict[str, Any]) -> None:
    _before.clear()
    _before.update({name: names.get(name, NOTHING) for name in _defined(source)})


def _ended(result: Any, names: dict[str, Any], failure: Failure) -> None:
    error = result.error_before_exec or result.error_in_exec
    cell = result.info.cell_id or result.info.raw_cell
    for name, was in _before.items():
        first = _first.setdefault(name, cell)
        if error is None or names.get(name, NOTHING) is not was:
            _stopped.pop(name, None)
            _makers[name] = cell
        elif cell in (first, _makers.get(name)):
            _stopped[name] = was, error
    _before.clear()
    if _stopped:
        _guard_checks(failure)


def _defined(source: str) -> set[str]:
    """The functions and classes that a cell defines at its top; of one that is no Python, those that it seems to."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the source: Python says it when the cell runs
            body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return set(DEFINITION.findall(source))
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


def _guard_checks(failure: Failure) -> None:
    """Let the checks look first whether what they are given was defined; from the first cell that stopped on."""
    package = sys.modules[__name__.rpartition(".")[0]]
    for name in CHECKS:
        if name not in _guards:
            _guards[name] = _guarded(getattr(package, name), failure)
            setattr(package, name, _guards[name])


def _guarded(check: Callable[P, R], failure: Failure) -> Callable[P, R]:
    @functools.wraps(check)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        for call in (*args, *kwargs.values()):
            if problem := _undefined(call):
                raise failure(str(args[0]), problem, [MEND])
        return check(*args, **kwargs)

    return guarded


def _undefined(call: object) -> str:
    """That the cell of a function stopped which `call`, that a check is given, uses; else nothing."""
    code, names = getattr(call, "__code__", None), getattr(call, "__globals__", {})
    for used in _globals(code) if isinstance(code, CodeType) else ():
        was, error = _stopped.get(used, (None, None))
        if error is not None and names.get(used, NOTHING) is was:
            return f"was not judged: the cell that defines {used} stopped with {_said(error)}"
    return ""


def _globals(code: CodeType) -> Iterator[str]:
    """The global names that a function uses, in its inner functions too."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _globals(inner)


def _said(error: BaseException) -> str:
    """ "NameError: name 'z' is not defined", or "SyntaxError in line 3: expected ':'"."""
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{kind} in line {error.lineno}: {error.msg}"
    try:
        text = " ".join(str(error)[: 10 * LONGEST].split())
    except Exception:  # an exception can be made so that reading it fails
        text = ""
    return ": ".join(filter(None, [kind, text[:LONGEST]]))
