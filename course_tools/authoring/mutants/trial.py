"""One answer put to the test: what the visible check says, and what the hidden checks get to see.

It is judged as the grader judges it, with the same seeds, values and rules, but in a forked child of this process
and not in the sandbox: what runs here is the author's own. Calls are not banned, for no slip adds one.
"""

import contextlib
import importlib
import io
import itertools
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch

from course_tools.authoring import exercises
from course_tools.authoring.chance import sow
from course_tools.authoring.recording import Failed, recording
from course_tools.grading import author
from course_tools.grading.cells import TestCell, take_apart
from course_tools.grading.inside.values import decode_all, encode, plain
from course_tools.grading.judging.rules import compare
from course_tools.mutation.forks import Lost
from course_utils.errors import CourseError

SEED = 20_000
ANSWER = "<answer>"  # the file name of the answer's code, by which its frames are known
Sealed = dict[str, tuple[list, bytes]]


@dataclass(frozen=True)
class Exercise:
    """A solution cell with its test.

    `setup`: the cells that are neither solutions nor tests; `namespace`: the names that all cells but tests define.
    """

    name: str
    source: str
    test: TestCell
    setup: str
    namespace: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What an answer did: the visible checks that failed, the error that ended the cell, and what each part sealed.

    `kinds`: for the solution alone, the types and shapes that each of its names held; `modules`: what it imported.
    """

    failed: list[Failed]
    error: str
    parts: list[Sealed | None]
    seconds: float
    kinds: dict[str, set[str]] = field(default_factory=dict)
    modules: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """What the visible check says first; empty when it accepts the answer."""
        return self.failed[0].said if self.failed else self.error


@dataclass(frozen=True)
class Verdict:
    """What the two sides say of an answer, each empty when it accepts it; `failed`: the first visible check.

    `told_later`: the visible check holds the form of the answer alone.
    """

    visible: str
    hidden: str
    failed: Failed | None = None
    told_later: bool = False


def load(source: Path) -> list[Exercise]:
    """The exercises of an assignment, its cells run once with the true solutions."""
    torch.set_num_threads(1)  # a child inherits no threads
    named = exercises.instructors(source)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    code = [c for c in named.values() if c.cell_type == "code" and not c.metadata.nbgrader.grade]
    with _quiet():
        for cell in code:
            exec(cell.source, namespace)
    setup = "\n".join(c.source for c in code if not c.metadata.nbgrader.solution)
    tests = {name: take_apart(f"test_{name}", named[f"test_{name}"].source) for name in exercises.solutions(named)}
    return [Exercise(name, named[name].source, test, setup, namespace) for name, test in tests.items()]


# -- in the child ----------------------------------------------------------------------------------------------


def outcome(exercise: Exercise, answer: str, watched: bool = False) -> Outcome:
    """Run the answer's cell and its tests here, for good: the namespace and torch's settings are not put back."""
    kinds: dict[str, set[str]] = {}
    exercise.namespace.pop(exercise.name, None)  # the true solution helps nobody
    loaded = set(sys.modules)
    began = time.monotonic()
    with _quiet(), recording() as failed:
        if watched:
            sys.settrace(_watching(kinds))
        error = _error(lambda: exec(compile(answer, ANSWER, "exec"), exercise.namespace))
        error = error or _error(lambda: exec(exercise.test.visible, exercise.namespace))
        parts = [_sealed(part, exercise.namespace) for part in exercise.test.reference_parts]
        sys.settrace(None)
    return Outcome(failed, error, parts, time.monotonic() - began, kinds, tuple(sys.modules.keys() - loaded))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _error(work: Callable[[], None]) -> str:
    """What went wrong; empty when nothing did."""
    _start_afresh(SEED)
    try:
        work()
    except BaseException as e:  # whatever an answer raises, it is rejected
        return f"{type(e).__name__}: {e}"
    return ""


def _start_afresh(seed: int) -> None:
    """As the grader's child does before each cell and part."""
    torch.set_default_dtype(torch.float32)
    torch.set_grad_enabled(True)
    sow(seed)


def _sealed(part: str, namespace: dict[str, Any]) -> Sealed | None:
    """What a part seals; None when it raises."""
    sealed: Sealed = {}
    seeds = itertools.count(SEED + 1)

    def seal(name: str, value: Any, rule: author.Rule | None = None) -> None:
        (tree, blob), (rule_tree, rule_blob) = encode(value), encode(rule or author.close())
        sealed[name] = [tree, rule_tree], blob + rule_blob
        sow(next(seeds))

    namespace |= {"seal": seal, **{rule.__name__: rule for rule in author.RULES}}
    return None if _error(lambda: exec(part, namespace)) else sealed


def _watching(kinds: dict[str, set[str]]) -> Callable[..., Any]:
    """A trace function that notes what each local name of the answer holds, line by line."""

    def watch(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != ANSWER or frame.f_code.co_name == "<module>":
            return None
        for name, value in frame.f_locals.items():
            kinds.setdefault(name, set()).add(_kind(value))
        return watch

    return watch


def _kind(value: Any) -> str:
    shape = tuple(value.shape) if isinstance(value, torch.Tensor | np.ndarray) else ""
    return f"{type(value).__name__} {shape}"


# -- in the parent ---------------------------------------------------------------------------------------------


def warm_up(solutions: Iterable[Outcome]) -> None:
    """Import here what the checks import (autograd alone brings sympy): no child has to again."""
    for name in {name for solution in solutions for name in solution.modules}:
        with contextlib.suppress(Exception):  # not everything in sys.modules can be imported by its name
            importlib.import_module(name)


def alike(outcome: Outcome) -> dict[str, set[str]]:
    """For each name in a solution those that held a value of the same type and shape at some time."""
    kinds = outcome.kinds
    return {name: {other for other in kinds if other != name and kinds[name] & kinds[other]} for name in kinds}


def require_sound(exercise: Exercise, solution: Outcome | Lost) -> Outcome:
    """The outcome of the true solution. Raises CourseError when its own checks do not accept it."""
    if isinstance(solution, Lost):
        raise CourseError(f"{exercise.name}: the solution cannot be tried: {solution.reason}.")
    if solution.said or None in solution.parts:
        raise CourseError(f"test_{exercise.name} rejects the solution: {solution.said or 'a hidden part raises'}")
    return solution


def verdict(answer: Outcome | Lost, solution: Outcome, told_later: bool = False) -> Verdict:
    """What the visible and the hidden checks say of an answer."""
    if isinstance(answer, Lost):
        return Verdict(answer.reason, answer.reason)
    pairs = zip(answer.parts, solution.parts, strict=True)
    hidden = next((reason for mine, theirs in pairs if (reason := _difference(mine, theirs or {}))), "")
    return Verdict(answer.said, hidden, answer.failed[0] if answer.failed else None, told_later)


def _difference(mine: Sealed | None, theirs: Sealed) -> str:
    """Why a part rejects what an answer sealed; empty when it accepts it."""
    if mine is None or mine.keys() != theirs.keys():
        return "a part raises"
    for name, (trees, blob) in theirs.items():
        (want, rule), (got, _) = decode_all(trees, blob), decode_all(*mine[name])
        if reason := compare(got, want, plain(rule)):
            return f"{name} {reason}"
    return ""
