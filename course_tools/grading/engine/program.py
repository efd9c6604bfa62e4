"""The executing half: run one submission's program in a child and write down what came out.

Who runs this: the grader, or a Dask worker. It knows neither expected values nor rules nor marks: a `Program` holds
one submission and the inputs of the checks, a `Trace` what the child handed out. The judging half
(`course_tools.grading.judging.judge`) never runs on a worker.

A cell that ends the process is left out and the rest is run again in a fresh child, so that it costs no other
cell's marks; what had been sealed before stays.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from course_tools.grading.engine.runner import Child, Ended, Ran, Warm
from course_tools.grading.inside.frames import Message

CELL_SECONDS, PART_SECONDS, SUBMISSION_SECONDS = 30.0, 20.0, 180.0
LATE_SECONDS = 10.0  # for a cell or a part of a submission of which one has had its time
RESTARTS = 3


@dataclass(frozen=True)
class Step:
    """One code cell: its source and, for a test cell, the sealed parts that follow. `name` is its grade_id."""

    name: str
    source: str
    parts: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """All that a child is given: the cells, the other files of the submission, and the batch's seed.

    `rules` is true in the instructor's own run alone: its parts hold their rules.
    """

    steps: tuple[Step, ...]
    seed: str
    files: tuple[tuple[str, bytes], ...] = ()
    rules: bool = False


@dataclass
class Part:
    """What one sealed part handed out, still undecoded, the operators that it ran, and the error that ended it."""

    seals: list[tuple[Message, bytes]] = field(default_factory=list)
    error: str = ""
    detail: str = ""
    operators: frozenset[str] = frozenset()


@dataclass
class Cell:
    """What one step gave. `error` is empty when it ran to its end; `ended` when it took the process with it."""

    ran: bool = False
    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    detail: str = ""
    ended: bool = False
    late: bool = False
    operators: frozenset[str] = frozenset()
    parts: list[Part] = field(default_factory=list)


@dataclass
class Trace:
    """What a submission's program gave, step by step.

    `slow`: time ran out somewhere while it waited, for others or for nothing; `late`: something has had its time.
    """

    cells: list[Cell]
    slow: bool = False
    late: bool = False


def seed_for(seed: str, name: str, part: int) -> int:
    """The random seed of a cell (part -1) or of one of its parts: the same for all in a batch, new in the next."""
    digest = hashlib.blake2b(f"{seed}/{name}/{part}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1


def execute(program: Program, warm: Warm) -> Trace:
    """Run `program`; never raises for anything that a submission does."""
    trace = Trace([Cell() for _ in program.steps])
    deadline = time.monotonic() + SUBMISSION_SECONDS
    for _ in range(RESTARTS + 1):
        if _attempt(program, trace, warm, deadline):
            return trace
    for cell in trace.cells:
        if not cell.ran and not cell.ended:
            cell.error, cell.detail = "NotRun", "was not run: earlier cells ended the process too often"
    return trace


def _attempt(program: Program, trace: Trace, warm: Warm, deadline: float) -> bool:
    """Run in a fresh child what has not ended one yet. True when nothing is left to run."""
    child = warm.child()
    try:
        child.wait_until_ready()
        if program.files:
            child.put_files(program.files)
        for step, cell in zip(program.steps, trace.cells, strict=True):
            if not _run_step(step, cell, program, child, trace, deadline):
                return False
        return True
    except Ended as ended:
        trace.slow |= ended.slow
        return False
    finally:
        child.end()


def _run_step(step: Step, cell: Cell, program: Program, child: Child, trace: Trace, deadline: float) -> bool:
    """Run a step unless it is done or ended a process; False when it ended this one."""
    done = cell.ran and len(cell.parts) == len(step.parts)
    if (step.parts and done) or cell.ended:
        return _run_parts(step, cell, program, child, trace, deadline)
    if step.source.strip():
        seed = seed_for(program.seed, step.name, -1)
        request = {"run": step.source, "seed": seed, "watch": bool(step.banned)}
        try:
            ran = _ask(child, request, LATE_SECONDS if trace.late else CELL_SECONDS, deadline)
        except Ended as ended:
            cell.error, cell.detail, cell.ended = "Ended", ended.why, True
            _note_time(trace, cell, ended.slow, ended.late)
            return False
        cell.outputs, cell.error, cell.detail, cell.operators = ran.outputs, ran.error, ran.detail, ran.operators
        _note_time(trace, cell, ran.slow, ran.error == "Timeout")
    cell.ran = True
    return _run_parts(step, cell, program, child, trace, deadline)


def _run_parts(step: Step, cell: Cell, program: Program, child: Child, trace: Trace, deadline: float) -> bool:
    """Run the parts that have not been run; one that ends the process is not tried again."""
    for i in range(len(cell.parts), len(step.parts)):
        if cell.late:
            cell.parts.append(Part(error="Timeout", detail="was not run: what came before it took too long"))
            continue
        request = {
            "part": step.parts[i],
            "seed": seed_for(program.seed, step.name, i),
            "banned": list(step.banned),
            "rules": program.rules,
        }
        try:
            ran = _ask(child, request, LATE_SECONDS if trace.late else PART_SECONDS, deadline)
        except Ended as ended:
            cell.parts.append(Part(error="Ended", detail=ended.why))
            _note_time(trace, cell, ended.slow, ended.late)
            return False
        cell.parts.append(Part(ran.seals, ran.error, ran.detail, ran.operators))
        _note_time(trace, cell, ran.slow, ran.error == "Timeout")
    return True


def _note_time(trace: Trace, cell: Cell, slow: bool, late: bool) -> None:
    """What ran too long is not tried again, and what comes after it has less time."""
    trace.slow |= slow
    trace.late |= late
    cell.late |= late


def _ask(child: Child, request: Message, seconds: float, deadline: float) -> Ran:
    left = deadline - time.monotonic()
    if left <= 0:
        raise Ended("was not reached: the submission's time was used up", slow=True)
    return child.ask(request, min(seconds, left))


def names(steps: Sequence[Step]) -> list[str]:
    """The grade_ids of the steps that are tests."""
    return [step.name for step in steps if step.parts]
