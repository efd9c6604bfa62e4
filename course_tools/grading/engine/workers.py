"""Where programs run: threads of this process that each drive a child, or workers of an existing Dask cluster.

`run_program` is the whole of what a worker does. It gets one submission's program and gives back its trace; it has no
gradebook, no solutions and no other submission.
"""

import contextlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

from course_tools.grading.engine.program import Program, Trace, execute
from course_tools.grading.engine.runner import Warm, WarmEnded
from course_utils.errors import CourseError

SCHEDULER_SECONDS = 30  # in which a Dask scheduler answers, on a busy machine too

_lock = threading.Lock()
_warm: dict[tuple[tuple[str, ...], bool], Warm] = {}
_begun: dict[bool, Warm] = {}  # by `unsafe`: no assignment has been named yet


def begin(unsafe: bool) -> None:
    """Start a warm process before it is known for which assignment: it imports while the grader does.

    Where none can be started, nothing is said: `warm` will say it when one is needed.
    """
    with _lock, contextlib.suppress(CourseError):
        if not _warm and unsafe not in _begun:
            _begun[unsafe] = Warm(unsafe)


def warm(modules: Sequence[str], unsafe: bool) -> Warm:
    """This process's warm process for these modules, started when it is first asked for, or has ended."""
    key = (tuple(modules), unsafe)
    with _lock:
        if key not in _warm or _warm[key].process.poll() is not None:
            if key in _warm:
                _warm.pop(key).close()
            started = _begun.pop(unsafe, None) or Warm(unsafe)
            started.warm_up(key[0])
            _warm[key] = started
        return _warm[key]


def run_program(program: Program, modules: Sequence[str], unsafe: bool) -> Trace:
    """Run one submission's program here; a warm process that has ended is started again once."""
    try:
        return execute(program, warm(modules, unsafe))
    except WarmEnded:
        return execute(program, warm(modules, unsafe))


def close() -> None:
    """End every warm process that this process started, and so every child."""
    with _lock:
        for started in (_warm, _begun):
            while started:
                started.popitem()[1].close()


def executor(workers: int, scheduler: str) -> Executor:
    """Threads here, or the Dask cluster at the address `scheduler`."""
    if not scheduler:
        return ThreadPoolExecutor(workers, thread_name_prefix="grade")
    try:
        from distributed import Client
    except ImportError as e:
        raise CourseError("--scheduler needs Dask. Install it with: pip install -e '.[dask]'") from e
    try:
        return Client(scheduler, timeout=SCHEDULER_SECONDS, set_as_default=False).get_executor(pure=False, retries=2)
    except (OSError, ValueError) as e:
        raise CourseError(f"No Dask scheduler answers at {scheduler}. Start one, or leave --scheduler out.") from e


def stop(executor: Executor) -> None:
    """Let go of the executor; what it has not begun is not begun."""
    if isinstance(executor, ThreadPoolExecutor):
        executor.shutdown(wait=False, cancel_futures=True)
    else:
        executor.shutdown(wait=False)  # Dask's


def count() -> int:
    """How many submissions run at once when nobody says: one for each core that we may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
