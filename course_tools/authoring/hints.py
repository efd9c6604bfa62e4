"""What `course build` locks into course_utils/hints: a sentence for a wrong value, which only that value opens.

Each slip takes the place of its solution cell, and the visible check is run to its end; the values that it compares,
where they are wrong, are the keys of the slip's hint. Then all mutants of the solution are run in the same way: a
value that no slip gives, and that mutants of one kind alone give, opens a sentence about that kind. A value that
hangs on the random numbers drawn is no key: it would open by coincidence, or never. Memory that an answer reads
before it is filled counts as NaN.

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
from course_tools.authoring import seeds
from course_tools.authoring.chance import memory_filled, sow, state
from course_tools.authoring.recording import Failed, recording
from course_tools.grading import slips
from course_tools.grading.cells import take_apart
from course_tools.mutation import forks
from course_tools.mutation.kinds import SENTENCES, sentence
from course_tools.mutation.operators import Mutant, mutants
from course_utils.check import banned, hints
from course_utils.errors import CourseError
from course_utils.progress import progress

SECONDS = 10.0  # for one mutant
WORKERS = 2
SEEDS = (1, 2, 3)  # an answer that draws random numbers is tried with each
Names = dict[str, Any]
NOT_OWN = "Take it out of `inputs` in variants.json: its visible check is the same for everybody then."


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
    known, solutions = slips.load(planted, slips.solutions(notebook)), slips.solutions(notebook)
    tests = [(cell, test) for cell in solutions for test in seeds.each(visible(notebook, cell))]
    found: dict[bytes, str] = {}
    with memory_filled():
        for cell, test in progress(tests, f"hints of {name}"):
            namespace = before(notebook, cell)
            ran = runs([slip for slip in known if slip.cell == cell], test, namespace)
            is_own = test != visible(notebook, cell)
            if is_own and not (passes(solutions[cell], test, namespace) and tells(ran)):
                raise CourseError(f"{name}: {cell} does not hold with each seed. {NOT_OWN}")
            found |= {**_of_mutants(solutions[cell], test, namespace), **told(name, ran)}
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


def visible(notebook: NotebookNode, cell: str) -> str:
    """The visible check of the answer in `cell`, as students have it."""
    return take_apart(f"test_{cell}", _test(notebook, cell)).visible


def _test(notebook: NotebookNode, cell: str) -> str:
    for code in notebook.cells:
        if code.metadata.get("nbgrader", {}).get("grade_id") == f"test_{cell}":
            return str(code.source)
    raise CourseError(f"The exercise {cell} has no cell test_{cell}. Write its check.")


def passes(solution: str, test: str, namespace: Names) -> bool:
    """Whether a visible check runs to its end with an answer; the namespace is left as it was."""
    names = dict(namespace)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(Exception):
        exec(solution, names)
        exec(test, names)
        return True
    return False


def steady(source: str, test: str, namespace: Names) -> list[Failed]:
    """The comparisons of a visible check that an answer fails, each with the same value whatever the seed."""
    found: list[Failed] = []
    for i, seed in enumerate(SEEDS):
        sow(seed)
        sown = state()
        failed = failures(source, test, namespace)
        keys = {one.key for one in failed}
        found = [one for one in found if one.key in keys] if i else failed
        if not found or state() == sown:
            break  # nothing is left, or nothing was drawn: another seed changes nothing
    return found


def failures(source: str, test: str, namespace: Names) -> list[Failed]:
    """The comparisons of a visible check that an answer fails; the namespace is left as it was."""
    names = dict(namespace)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), recording() as failed:
        warnings.simplefilter("ignore")
        with contextlib.suppress(Exception):
            exec(source, names)
            exec(test, names)
    return failed


def runs(known: list[slips.Slip], test: str, namespace: Names) -> list[tuple[slips.Slip, list[Failed]]]:
    """Each slip with the comparisons of the visible check that it fails."""
    return [(slip, steady(slip.source, test, namespace)) for slip in known]


def told(name: str, ran: list[tuple[slips.Slip, list[Failed]]]) -> dict[bytes, str]:
    """Each key with the hint that it opens. Raises CourseError when two slips cannot be told apart."""
    found: dict[bytes, dict[str, bool]] = {}  # key -> hint -> is it the first thing that is wrong with the slip?
    for slip, failed in ran:
        for i, one in enumerate(failed):
            if one.raised == "NameError":
                raise CourseError(f"{name}: the slip {slip.hint!r} uses a name that is not there: {one.said}")
            said = found.setdefault(one.key, {})
            said[slip.hint] = said.get(slip.hint, False) or i == 0
    for said in found.values():
        first = [hint for hint, is_first in said.items() if is_first]
        if len(first) > 1:
            raise CourseError(
                f"{name}: the slips {first[0]!r} and {first[1]!r} give the same value in the visible check."
                " Change its inputs, or let both say the same."
            )
    return {key: max(said, key=lambda hint: said[hint]) for key, said in found.items()}


def tells(ran: list[tuple[slips.Slip, list[Failed]]]) -> bool:
    """Whether each slip gets its own hint, at the first comparison that it fails."""
    try:
        opened = told("", ran)
    except CourseError:
        return False
    return all(failed and opened[failed[0].key] == slip.hint for slip, failed in ran)


def _of_mutants(solution: str, test: str, namespace: Names) -> dict[bytes, str]:
    """The key of each value that mutants of one kind alone give, with what is said of that kind."""
    made = mutants(solution)
    jobs = (forks.Job(i, partial(steady, m.source, test, namespace), SECONDS) for i, m in enumerate(made))
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
