"""Functions run in forked children, several side by side: each has this process's memory, and none can harm it.

A child that takes too long is ended; one that takes too much memory gets an error where it asks for more.
"""

import contextlib
import os
import pickle
import select
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError

MORE_MEMORY = 1 << 30  # what a child may take beyond what it has at birth
CHUNK = 1 << 16


@dataclass(frozen=True)
class Job:
    """Something to do in a child: a name for its result, the function, and the seconds that it may take."""

    name: Any
    work: Callable[[], Any]
    limit: float


@dataclass(frozen=True)
class Lost:
    """The result of a child that gave none: why."""

    reason: str


@dataclass
class _Child:
    job: Job
    pid: int
    pipe: int
    deadline: float
    answer: bytearray = field(default_factory=bytearray)


def results(jobs: Iterable[Job], workers: int) -> Iterator[tuple[Any, Any]]:
    """The name and the result of each job, as they end: what `work` returned, or `Lost`.

    Raises CourseError on Windows, where no process forks.
    """
    if not hasattr(os, "fork"):
        raise CourseError("Hints and mutants are computed on Linux or macOS only. On Windows do it in WSL.")
    waiting, running = iter(jobs), dict[int, _Child]()
    try:
        while True:
            while len(running) < workers and (job := next(waiting, None)) is not None:
                child = _born(job)
                running[child.pipe] = child
            if not running:
                return
            for child in list(_ended(running)):
                del running[child.pipe]
                yield child.job.name, _result(child)
    finally:
        for child in running.values():
            _end(child)


def _born(job: Job) -> _Child:
    sys.stdout.flush()
    sys.stderr.flush()
    there, here = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(there)
        _live(job.work, here)
    os.close(here)
    return _Child(job, pid, there, time.monotonic() + job.limit)


def _live(work: Callable[[], Any], pipe: int) -> None:
    """The life of a child. It never returns: nothing of its parent's must run a second time."""
    try:
        _limit_memory()
        with os.fdopen(pipe, "wb") as f:
            f.write(pickle.dumps(work()))
    finally:
        os._exit(0)


def _limit_memory() -> None:
    import resource  # Windows has none, and imports this module with others

    with contextlib.suppress(OSError, ValueError):  # only Linux says how much there is, and holds to the limit
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MORE_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _ended(running: dict[int, _Child]) -> Iterator[_Child]:
    """The children that have said all, or have no time left, once there is news."""
    first = min(child.deadline for child in running.values())
    ready, _, _ = select.select(list(running), [], [], max(0.0, first - time.monotonic()))
    for child in list(running.values()):
        if child.pipe in ready:
            chunk = os.read(child.pipe, CHUNK)
            child.answer += chunk
            if not chunk:
                yield child
        elif time.monotonic() >= child.deadline:
            child.answer.clear()
            yield child


def _result(child: _Child) -> Any:
    late = time.monotonic() >= child.deadline and not child.answer
    _end(child)
    if child.answer:
        return pickle.loads(bytes(child.answer))
    return Lost("it does not end" if late else "its process died")


def _end(child: _Child) -> None:
    os.close(child.pipe)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
    os.waitpid(child.pid, 0)
