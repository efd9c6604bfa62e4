"""What a check that does not hold raises."""

import textwrap
from collections.abc import Sequence

import numpy as np

from course_utils.check.tables import shown
from course_utils.check.unrun import watch

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]
WIDTH = 88  # JupyterLab breaks longer lines in the middle of a number


class CheckFailed(AssertionError):
    """A check did not hold. The message is written for the person who reads it in a notebook."""

    arrays: Arrays | None = None  # actual, expected, where they differ: shown as tables where nobody catches this

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the message alone, in lines of readable length, without the wall of frames.

        From version 9 on IPython asks twice, for the cell and for its history; the tables are shown once.
        """
        if self.arrays:
            arrays, self.arrays = self.arrays, None
            shown(*arrays)
        return ["\n".join(_wrapped(line) for line in str(self).split("\n"))]


def _wrapped(line: str) -> str:
    """A line of code that an error quotes stays as it is: it stands behind two blanks."""
    if ":  " in line:
        return line
    return textwrap.fill(line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def failure(name: str, problem: str, hints: Sequence[str] = (), arrays: Arrays | None = None) -> CheckFailed:
    """The failure of the check `name`: what is wrong, then each hint on a line of its own."""
    failed = CheckFailed("\n".join([f"✗ {name} {problem}", *(f"  → {hint}" for hint in hints)]))
    failed.arrays = arrays
    return failed


watch(failure)  # here, since every check stands on this module
