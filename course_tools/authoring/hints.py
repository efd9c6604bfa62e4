"""What `course build` locks into course_utils/hints: a sentence for a wrong value, which only that value opens.

Each slip takes the place of its solution cell, and the visible check is run to its end; the values that it compares,
where they are wrong, are the keys of the slip's hint. Then all mutants of the solution are run in the same way: a
value that no slip gives, and that mutants of one kind alone give, opens a sentence about that kind.

The file is written again when the assignment, its slips or the operators have changed.
"""

import builtins
import contextlib
import hashlib
import io
import json
import warnings
from functools import partial
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course_tools import mutation
from course_tools.authoring.recording import Failed, recording
from course_tools.grading import slips
from course_tools.grading.cells import take_apart
from course_tools.mutation import forks
from course_tools.mutation.kinds import SENTENCES, sentence
from course_tools.mutation.operators import Mutant, mutants
from course_utils.check import banned, hints
from course_utils.errors import CourseError

SECONDS = 10.0  # for one mutant
WORKERS = 2
Names = dict[str, Any]


def path(name: str, root: Path) -> Path:
    """Where the locks of an assignment lie."""
    return root / "course_utils" / "hints" / f"{name}.json"


def belongs(path: Path, notebook: NotebookNode, planted: Path) -> bool:
    """Whether the locks in a file were made from this assignment, these slips and the present operators."""
    if not path.exists():
        return False
    return bool(json.loads(path.read_text(encoding="utf-8"))["made_from"] == made_from(notebook, planted))


def made_from(notebook: NotebookNode, planted: Path) -> str:
    """A digest of what the locks depend on: the code cells, the slips, the operators, and how a lock is made."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    machinery = [*sorted(Path(mutation.__file__).parent.glob("*.py")), Path(hints.__file__)]
    texts = [path.read_text(encoding="utf-8") for path in (planted, *machinery)]
    return hashlib.sha256(json.dumps([code, texts]).encode()).hexdigest()[:16]


def text(name: str, notebook: NotebookNode, planted: Path) -> str:
    """The file with the locks. Raises CourseError when two slips cannot be told apart."""
    import torch  # here: whoever imports `build`, the grader among them, has no use for it

    torch.set_num_threads(1)  # a forked child has no threads but its own, and would wait for the others
    known = slips.load(planted, slips.solutions(notebook))
    found: dict[bytes, str] = {}
    for cell in slips.solutions(notebook):
        namespace = before(notebook, cell)
        test = take_apart(f"test_{cell}", _test(notebook, cell)).visible
        of_slips = _of_slips(name, [slip for slip in known if slip.cell == cell], test, namespace)
        found |= {**_of_mutants(slips.solutions(notebook)[cell], test, namespace), **of_slips}
    locks = dict(sorted(hints.locked(key, hint) for key, hint in found.items()))
    made = {"made_from": made_from(notebook, planted), "banned": bans(notebook), "locks": locks}
    return json.dumps(made, indent=1) + "\n"


def bans(notebook: NotebookNode) -> dict[str, dict[str, list[str]]]:
    """What each exercise bans, as `course_utils.check.banned` reads it."""
    found = {}
    for name in slips.solutions(notebook):
        test = take_apart(f"test_{name}", _test(notebook, name))
        if test.banned:
            asked, checks = sorted(test.asks_for() - set(dir(builtins))), banned.digests(test.visible)
            found[name] = {"names": list(test.banned), "asked": asked, "checks": checks}
    return found


def before(notebook: NotebookNode, cell: str) -> Names:
    """The names that stand before a solution cell: those that the cells without points define."""
    namespace: Names = {"__name__": "__main__"}
    for code in (c for c in notebook.cells if c.cell_type == "code"):
        about = code.metadata.get("nbgrader", {})
        if about.get("grade_id") == cell:
            return namespace
        if not about.get("grade"):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code.source, namespace)
    raise CourseError(f"There is no solution cell {cell}.")


def _test(notebook: NotebookNode, cell: str) -> str:
    for code in notebook.cells:
        if code.metadata.get("nbgrader", {}).get("grade_id") == f"test_{cell}":
            return str(code.source)
    raise CourseError(f"The exercise {cell} has no cell test_{cell}. Write its check.")


def failures(source: str, test: str, namespace: Names) -> list[Failed]:
    """The comparisons of a visible check that an answer fails; the namespace is left as it was."""
    names = dict(namespace)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), recording() as failed:
        warnings.simplefilter("ignore")
        with contextlib.suppress(Exception):
            exec(source, names)
            exec(test, names)
    return failed


def _of_slips(name: str, known: list[slips.Slip], test: str, namespace: Names) -> dict[bytes, str]:
    """Each key with the hint that it opens."""
    found: dict[bytes, dict[str, bool]] = {}  # key -> hint -> is it the first thing that is wrong with the slip?
    for slip in known:
        for i, failed in enumerate(failures(slip.source, test, namespace)):
            if failed.raised == "NameError":
                raise CourseError(f"{name}: the slip {slip.hint!r} uses a name that is not there: {failed.said}")
            said = found.setdefault(failed.key, {})
            said[slip.hint] = said.get(slip.hint, False) or i == 0
    for said in found.values():
        first = [hint for hint, is_first in said.items() if is_first]
        if len(first) > 1:
            raise CourseError(
                f"{name}: the slips {first[0]!r} and {first[1]!r} give the same value in the visible check."
                " Change its inputs, or let both say the same."
            )
    return {key: max(said, key=lambda hint: said[hint]) for key, said in found.items()}


def _of_mutants(solution: str, test: str, namespace: Names) -> dict[bytes, str]:
    """The key of each value that mutants of one kind alone give, with what is said of that kind."""
    made = mutants(solution)
    jobs = (forks.Job(i, partial(failures, m.source, test, namespace), SECONDS) for i, m in enumerate(made))
    found: dict[bytes, list[Mutant]] = {}
    for i, result in forks.results(jobs, WORKERS):
        for failed in [] if isinstance(result, forks.Lost) else result:
            if failed.telling and made[i].kind in SENTENCES:
                found.setdefault(failed.key, []).append(made[i])
    return {key: said for key, alike in found.items() if (said := _said(alike))}


def _said(alike: list[Mutant]) -> str:
    """The sentence for mutants that give one value; empty when they are of several kinds."""
    kinds, names = {m.kind for m in alike}, {m.names for m in alike}
    return sentence(kinds.pop(), names.pop() if len(names) == 1 else ()) if len(kinds) == 1 else ""
