"""Planted bugs in a chapter: the check must see them, and the reader sees what it says."""

from collections.abc import Callable

from course_utils.check.failure import CheckFailed, failure


def catches(bug: str, check: Callable[[], None]) -> None:
    """Hold that `check()` fails on a planted bug, and show what it says.

    Raises CheckFailed when the check lets the bug pass.
    """
    try:
        check()
    except CheckFailed as failed:
        print(f"caught, {bug}:\n{failed}")
        return
    raise failure(bug, "was not caught: the check passes in spite of it")
