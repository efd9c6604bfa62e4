"""One step for one student: whatever it raises becomes a sentence about that student, and the others go on.

`attempt` is the only place where a command of the grader catches what a submission causes. What would stop everybody
(a full disk, a gradebook that another program holds) ends the command with a sentence; Ctrl-C ends it at once.
"""

import errno
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError

from course_tools.grading.inside.text import valid
from course_utils.errors import CourseError

SECONDS = 20.0  # of processor time: an honest step takes a hundredth of it
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
T = TypeVar("T")


class TooLong(Exception):
    """A step took more processor time than any submission needs."""


@dataclass(frozen=True)
class Failed:
    """A step that was not done; the reason is a clause for the student's row."""

    reason: str


def attempt(what: str, step: Callable[[], T], seconds: float = SECONDS) -> T | Failed:
    """What `step` gives, or why it could not be done; `what` names it, as in "reading it".

    Raises CourseError for what would stop every other student, too.
    """
    try:
        with _processor_time(seconds):
            return step()
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as e:  # a panic of a library in Rust is no Exception
        if sentence := _stops_everybody(e):
            raise CourseError(sentence) from e
        return Failed(f"{what} failed: {_said(e)}")


@contextmanager
def _processor_time(seconds: float) -> Iterator[None]:
    """Raise TooLong in the block when it has used so much; only the main thread can be told."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_: Any) -> None:
        raise TooLong(f"it took more than {seconds:g} seconds of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stops_everybody(error: BaseException) -> str:
    """What to do about an error that no submission causes; empty for all others."""
    again = "run the command again; what is done is kept."
    if isinstance(error, OperationalError):
        if "locked" in str(error.orig):
            return f"Another program holds the gradebook. Close it and {again}"
        return f"The gradebook cannot be written ({error.orig}). Make room, or mend its rights, and {again}"
    if isinstance(error, OSError) and error.errno in FULL:
        return f"The disk cannot be written ({error.strerror}). Make room and {again}"
    return ""


def _said(error: BaseException) -> str:
    """An error as one line that can be printed and written."""
    if isinstance(error, RecursionError):
        return "something in it is nested too deep"
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    said = valid(" ".join(str(error).split()))[:300]
    return said if isinstance(error, CourseError | TooLong) else f"{said} ({type(error).__name__})"
