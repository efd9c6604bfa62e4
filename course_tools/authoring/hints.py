"""What `course build` locks into course_utils/hints: the hint of each planted mistake, under the value that it gives.

Each slip takes the place of its solution cell, and the visible check is run to its end; the values that it compares,
where they are wrong, are the keys. The file is written again when the assignment or its slips have changed.
"""

import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from nbformat import NotebookNode

from course_tools.grading import slips
from course_tools.grading.cells import take_apart
from course_utils import check
from course_utils.check import hints
from course_utils.check.answers import outcome
from course_utils.errors import CourseError


@dataclass(frozen=True)
class Compared:
    """One comparison of a visible check: its name, the key of the value that it was given, whether that is wrong."""

    check: str
    key: bytes
    wrong: bool


def made_from(notebook: NotebookNode, planted: str) -> str:
    """A digest of what the locks depend on: the code cells and the text of slips.py."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps([code, planted]).encode()).hexdigest()[:16]


def path(name: str, root: Path) -> Path:
    """Where the locks of an assignment lie."""
    return root / "course_utils" / "hints" / f"{name}.json"


def belongs(path: Path, notebook: NotebookNode, planted: Path) -> bool:
    """Whether the locks in a file were made from this assignment and these slips."""
    if not path.exists():
        return False
    digest = made_from(notebook, planted.read_text(encoding="utf-8"))
    return bool(json.loads(path.read_text(encoding="utf-8"))["made_from"] == digest)


def text(name: str, notebook: NotebookNode, planted: Path) -> str:
    """The file with the locks of all slips. Raises CourseError when two slips cannot be told apart."""
    locks: dict[str, str] = {}
    for opens, hint in _hints(name, notebook, planted):
        place, words = hints.locked(opens, hint)
        locks[place] = words
    digest = made_from(notebook, planted.read_text(encoding="utf-8"))
    return json.dumps({"made_from": digest, "locks": dict(sorted(locks.items()))}, indent=1) + "\n"


def _hints(name: str, notebook: NotebookNode, planted: Path) -> Iterator[tuple[bytes, str]]:
    """Each key with the one hint that it opens."""
    found: dict[bytes, dict[str, bool]] = {}  # key -> hint -> is it the first thing that is wrong with the slip?
    for slip in slips.load(planted, slips.solutions(notebook)):
        wrong = [compared for compared in asked(notebook, slip.cell, slip.source) if compared.wrong]
        for i, compared in enumerate(wrong):
            known = found.setdefault(compared.key, {})
            known[slip.hint] = known.get(slip.hint, False) or i == 0
    for opens, known in found.items():
        first = [hint for hint, is_first in known.items() if is_first]
        if len(first) > 1:
            raise CourseError(f"{name}: the slips {first[0]!r} and {first[1]!r} give the same value in the visible "
                              "check. Change its inputs, or let both say the same.")  # fmt: skip
        yield opens, (first or list(known))[0]


def asked(notebook: NotebookNode, cell: str, source: str) -> list[Compared]:
    """What the visible check of a solution cell compares when `source` stands in the cell's place."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in (c for c in notebook.cells if c.cell_type == "code"):
            name = code.metadata.get("nbgrader", {}).get("grade_id", "")
            if name == f"test_{cell}":
                return compared_by(take_apart(name, code.source).visible, namespace)
            if not code.metadata.get("nbgrader", {}).get("grade"):
                exec(source if name == cell else code.source, namespace)
    raise CourseError(f"The exercise {cell} has no cell test_{cell}. Write its check.")


def compared_by(test: str, namespace: dict[str, Any]) -> list[Compared]:
    """What a visible check compares, to its end: a comparison that fails is noted and does not stop it."""
    found: list[Compared] = []

    def close(
        name: str, actual: Any, expected: Any, *, rtol: Any = None, atol: Any = None, slips: Any = None
    ) -> None:
        result = outcome(actual, expected, rtol=rtol, atol=atol)
        found.append(Compared(name, hints.key(name, result.value), bool(result.problem)))

    def raises(name: str, error: type[Exception], call: Callable[[], Any], *, slips: Any = None) -> None:
        value = outcome(call, None).value
        found.append(Compared(name, hints.key(name, value), not isinstance(value, error)))

    with mock.patch.multiple(check, close=close, raises=raises), contextlib.suppress(Exception):
        exec(test, namespace)
    return found
