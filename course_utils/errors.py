"""The errors that a person reads."""

import difflib
from collections.abc import Iterable


class CourseError(Exception):
    """Something the user can put right: one sentence that says what is wrong, and one that says what to do.

    `course` prints the message alone, without a traceback, and ends with exit code 1.
    """


def one_of(name: str, known: Iterable[str], kind: str = "chapter") -> str:
    """The member of `known` that `name` means: its full name, or its number alone ("03" or "3").

    Raises CourseError that lists the nearest names.
    """
    names = list(known)
    numbers = {n[:2]: n for n in names if n[:2].isdigit()}
    found = name if name in names else numbers.get(name.zfill(2))
    if found:
        return found
    near = difflib.get_close_matches(name, names, n=3)
    if near:
        choice = f"Did you mean {' or '.join(near)}?"
    else:
        choice = f"There are: {', '.join(names)}." if names else "None is written yet."
    raise CourseError(f"There is no {kind} {name!r}. {choice}")
