"""The executing half: run one submission's program in a child and write down what came out.

Who runs this: the grader, or a Dask worker. It knows neither expected values nor rules nor marks: a `Program` holds
one submission and the inputs of the checks, a `Trace` what the child handed out. The judging half
(`course_tools.grading.judging.judge`) never runs on a worker.

A cell that ends the process is left out and the rest is run again in a fresh child, so that it costs no other
cell's marks; what had been sealed before stays.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from course_tools.grading.engine.runner import Child, Ended, Ran, Warm
from course_tools.grading.inside.frames import Message

CELL_SECONDS, PART_SECONDS, SUBMISSION_SECONDS = 30.0, 20.0, 180.0
LATE_SECONDS = 10.0  # for a cell or a part of a submission of which one has had its time
RESTARTS = 3
WHOLE = -1  # in place of a part's number: the cell itself
NOT_AGAIN = "had no time left: it ran too long when this was graded before, and was not tried again"


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

    `rules` is true in the instructor's own run alone: its parts hold their rules. `late`: what had its time in an
    earlier batch, as its trace says it.
    """

    steps: tuple[Step, ...]
    seed: str
    files: tuple[tuple[str, bytes], ...] = ()
    rules: bool = False
    late: Mapping[str, int] = field(default_factory=dict)


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

    `slow`: time ran out somewhere while it waited, for others or for nothing; `late`: something has had its time;
    `late_at`: which part that was, by the step's fingerprint.
    """

    cells: list[Cell]
    slow: bool = False
    late: bool = False
    late_at: dict[str, int] = field(default_factory=dict)


def seed_for(seed: str, name: str, part: int) -> int:
    """The random seed of a cell (part -1) or of one of its parts: the same for all in a batch, new in the next."""
    digest = hashlib.blake2b(f"{seed}/{name}/{part}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1


def execute(program: Program, warm: Warm) -> Trace:
    """Run `program`; never raises for anything that a submission does."""
    trace = Trace([Cell() for _ in program.steps])
    prints = fingerprints(program)
    deadline = time.monotonic() + SUBMISSION_SECONDS
    for _ in range(RESTARTS + 1):
        if _attempt(program, prints, trace, warm, deadline):
            return trace
    for cell in trace.cells:
        if not cell.ran and not cell.ended:
            cell.error, cell.detail = "NotRun", "was not run: earlier cells ended the process too often"
    return trace


def fingerprints(program: Program) -> list[str]:
    """A text for each step that changes when it does, or anything of the student's that came before."""
    before = hashlib.blake2b(repr(program.files).encode(errors="replace"), digest_size=16)
    found = []
    for step in program.steps:
        here = before.copy()
        here.update(repr((step.name, step.source, step.parts)).encode(errors="replace"))
        found.append(here.hexdigest())
        if not step.parts:
            before.update(repr(step.source).encode(errors="replace"))
    return found


def _attempt(program: Program, prints: Sequence[str], trace: Trace, warm: Warm, deadline: float) -> bool:
    """Run in a fresh child what has not ended one yet. True when nothing is left to run."""
    child = warm.child()
    try:
        child.wait_until_ready()
        if program.files:
            child.put_files(program.files)
        for step, fingerprint, cell in zip(program.steps, prints, trace.cells, strict=True):
            if not _Running(program, child, trace, deadline, step, fingerprint, cell).step():
                return False
        return True
    except Ended as ended:
        trace.slow |= ended.slow
        return False
    finally:
        child.end()


@dataclass
class _Running:
    """One step of a submission, in a child that ran those before it."""

    program: Program
    child: Child
    trace: Trace
    deadline: float
    of: Step
    fingerprint: str
    cell: Cell

    def step(self) -> bool:
        """Run it unless it is done or ended a process; False when it ended this one."""
        cell = self.cell
        done = cell.ran and len(cell.parts) == len(self.of.parts)
        if (self.of.parts and done) or cell.ended:
            return self._parts()
        if self._was_late(WHOLE):
            cell.error, cell.detail = "Timeout", NOT_AGAIN
            self._note_time(WHOLE, slow=False, late=True)
        elif self.of.source.strip():
            try:
                ran = self._ask({"run": self.of.source, "watch": bool(self.of.banned)}, WHOLE, CELL_SECONDS)
            except Ended as ended:
                cell.error, cell.detail, cell.ended = "Ended", ended.why, True
                self._note_time(WHOLE, ended.slow, ended.late)
                return False
            cell.outputs, cell.error, cell.detail, cell.operators = ran.outputs, ran.error, ran.detail, ran.operators
            self._note_time(WHOLE, ran.slow, ran.error == "Timeout")
        cell.ran = True
        return self._parts()

    def _parts(self) -> bool:
        """Run the parts that have not been run; one that ends the process is not tried again."""
        parts = self.cell.parts
        for i in range(len(parts), len(self.of.parts)):
            if self.cell.late:
                parts.append(Part(error="Timeout", detail="was not run: what came before it took too long"))
                continue
            if self._was_late(i):
                parts.append(Part(error="Timeout", detail=NOT_AGAIN))
                self._note_time(i, slow=False, late=True)
                continue
            asked = {"part": self.of.parts[i], "banned": list(self.of.banned), "rules": self.program.rules}
            try:
                ran = self._ask(asked, i, PART_SECONDS)
            except Ended as ended:
                parts.append(Part(error="Ended", detail=ended.why))
                self._note_time(i, ended.slow, ended.late)
                return False
            parts.append(Part(ran.seals, ran.error, ran.detail, ran.operators))
            self._note_time(i, ran.slow, ran.error == "Timeout")
        return True

    def _was_late(self, part: int) -> bool:
        """Whether this very part had its time in an earlier batch; then it has had it in this one, too."""
        return self.program.late.get(self.fingerprint) == part

    def _note_time(self, part: int, slow: bool, late: bool) -> None:
        """What ran too long is not tried again, and what comes after it has less time."""
        self.trace.slow |= slow
        self.trace.late |= late
        self.cell.late |= late
        if late and not slow:  # on another day it might wait less
            self.trace.late_at[self.fingerprint] = part

    def _ask(self, request: Message, part: int, seconds: float) -> Ran:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Ended("was not reached: the submission's time was used up", slow=True)
        seed = seed_for(self.program.seed, self.of.name, part)
        at_most = LATE_SECONDS if self.trace.late else seconds
        return self.child.ask(request | {"seed": seed}, min(at_most, left))


def names(steps: Sequence[Step]) -> list[str]:
    """The grade_ids of the steps that are tests."""
    return [step.name for step in steps if step.parts]
