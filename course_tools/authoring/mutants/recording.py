"""What the visible checks say, all of them: a check that fails is noted, and the cell goes on."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from course_utils import check

CHECKS = ("close", "raises", "reaches")


@dataclass(frozen=True)
class Failed:
    """A visible check that failed: its name, what it said, and the value that it was given, as text."""

    check: str
    said: str
    value: str

    @property
    def has_hint(self) -> bool:
        """Whether the check recognised a slip."""
        return "\n  → " in self.said


@contextlib.contextmanager
def recording() -> Iterator[list[Failed]]:
    """Note in a list the checks that fail inside the block, in place of raising."""
    failed: list[Failed] = []
    originals = {name: getattr(check, name) for name in CHECKS}
    for name, original in originals.items():
        setattr(check, name, _noting(original, failed))
    try:
        yield failed
    finally:
        for name, original in originals.items():
            setattr(check, name, original)


def _noting(original: Callable[..., None], failed: list[Failed]) -> Callable[..., None]:
    def noted(name: str, value: Any, *rest: Any, **settings: Any) -> None:
        try:
            original(name, value, *rest, **settings)
        except check.CheckFailed as e:
            failed.append(Failed(name, str(e), str(e) if callable(value) or isinstance(value, type) else str(value)))

    return noted
