"""A progress bar for loops that take more than a moment."""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def progress(steps: Iterable[T], label: str = "") -> Iterator[T]:
    """Go through `steps` and show a bar that disappears when the loop ends.

    The bar goes to standard output: nbgrader takes marks for anything on standard error. Where nobody watches
    (autograding, the build of the site, the tests) there is no bar at all.
    """
    unwatched = bool(os.environ.get("NBGRADER_EXECUTION") or os.environ.get("COURSE_QUIET"))
    yield from tqdm(steps, desc=label, file=sys.stdout, leave=False, disable=unwatched, dynamic_ncols=True)
