"""What an exercise asks the student to write by hand, said by its visible check in the student's own notebook.

`course build` notes in course_utils/hints what each exercise bans. The check that runs is known by its text, not by
its name, since chapters have functions of the same names. The text of the answer is judged as in the grader; then
banned calls raise while the check runs it, as they do there. Outside a notebook nothing is held: there is no text.
"""

import contextlib
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec

from course_utils.check.bans import text
from course_utils.check.bans.guard import BannedCall, banning
from course_utils.check.bans.reach import made
from course_utils.check.failure import failure
from course_utils.check.hints import FOLDER
from course_utils.check.tables import is_notebook
from course_utils.check.unrun import CHECKS

ASKED_FOR = "which this exercise asks you to write yourself"
TO_COMPARE = "As it is, it earns nothing. To compare with it, call it outside the answer, best in a cell of its own."

P = ParamSpec("P")


@dataclass(frozen=True)
class Ban:
    """What one exercise bans. `asked`: the names that its hidden checks use; `checks`: digests of the visible."""

    exercise: str
    names: tuple[str, ...]
    asked: tuple[str, ...]
    checks: tuple[str, ...]

    def hits(self, own: str, others: Sequence[str], context: Sequence[str] = ()) -> list[str]:
        """What the answer's cell `own` uses and must not; the other cells tell what names stand for."""
        return text.inspect(own, others, context, self.names, asked=self.asked).hits


def held(check: Callable[Concatenate[str, P], None]) -> Callable[Concatenate[str, P], None]:
    """The check, which fails with a sentence when the answer to it uses what its exercise bans."""

    @wraps(check)
    def holding(name: str, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with _held():
                check(name, *args, **kwargs)
        except BannedCall as call:
            raise failure(name, f"uses {call}, {ASKED_FOR}", [TO_COMPARE]) from None

    return holding


@contextlib.contextmanager
def _held() -> Iterator[None]:
    """Raise BannedCall when the answer to the check that runs uses what is banned, by its text or in this block."""
    ran = _ran()
    ban = _ban(ran[-1], FOLDER) if ran else None
    if ban is None:
        yield
        return
    if hits := _hits(ban, tuple(dict.fromkeys(reversed(ran)))):
        raise BannedCall(", ".join(hits))
    with banning(ban.names, set()):
        yield


def read(path: Path) -> list[Ban]:
    """The bans of one assignment; none when the file is missing or something else."""
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))["banned"]
        return [Ban(name, *(tuple(ban[key]) for key in ("names", "asked", "checks"))) for name, ban in noted.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def digests(check: str) -> list[str]:
    """What tells a visible check, whatever else a student writes into its cell: a digest of each statement."""
    statements = [s for s in text.statements(check) if "check." in s.replace("check.own_seed", "")]
    return [hashlib.sha256("".join(s.split()).encode()).hexdigest()[:16] for s in statements]


def _ran() -> list[str]:
    """The cells that ran in this notebook, the one that runs now last; none outside a notebook."""
    if not is_notebook():
        return []
    from IPython import get_ipython

    return [str(cell) for cell in get_ipython().history_manager.input_hist_parsed]  # `In` may be a student's variable


@cache
def _by_check(folder: Path) -> dict[str, Ban]:
    return {check: ban for path in sorted(folder.glob("*.json")) for ban in read(path) for check in ban.checks}


@lru_cache(maxsize=8)
def _ban(cell: str, folder: Path) -> Ban | None:
    """The ban of the exercise whose check stands in `cell`."""
    known = _by_check(folder)
    return next((known[digest] for digest in digests(cell) if digest in known), None)


@lru_cache(maxsize=8)
def _hits(ban: Ban, newest_first: tuple[str, ...]) -> list[str]:
    """What the answer uses: the cell that made it last, among those that ran."""
    named = [cell for cell in newest_first if ban.exercise in cell]
    makers = [cell for cell in named if any(ban.exercise in made(statement) for statement in text.parsed(cell))]
    others = [cell for cell in reversed(newest_first) if cell not in makers]
    return ban.hits(makers[0], others) if makers else []


def _hold(package: str) -> None:
    """Let the checks of the package look first, wherever they are called from."""
    module = sys.modules[package]
    for name in CHECKS:
        setattr(module, name, held(getattr(module, name)))


_hold(__name__.rpartition(".")[0])  # here, since no value that a chapter measures depends on this module
