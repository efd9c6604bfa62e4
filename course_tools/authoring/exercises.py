"""The proof of an assignment: the stub earns nothing, the solution everything, a slip loses its own points.

Only what students see is judged here, in this process, which is quick; the hidden checks are sealed, and the
grader's tests put every assignment through the sandbox.
"""

import ast
import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from course_tools.authoring import build
from course_tools.grading import slips
from course_tools.grading.cells import take_apart
from course_tools.paths import ROOT
from course_utils import check

FEWEST = 5  # exercises in an assignment that is finished
KINDS = ("Write", "Derive", "Find the bug", "Predict", "Go beyond")  # each at least once in such an assignment
WORDS = "Explain"  # an answer in words, which a person marks: where it helps, in no fixed number
HEADER = re.compile(
    rf"^\*({'|'.join([*KINDS, WORDS])}) · (\d+) points? · effort ●{{1,3}} · about \d+ minutes\*$", re.MULTILINE
)
MOST_PRINTED = 0.5  # of a solution's statements, that its chapter may print
FEWEST_SLIPS = 3  # planted mistakes for each exercise


def cells(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """The cells of nbgrader's, by name."""
    return {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}


def instructors(source: Path) -> dict[str, NotebookNode]:
    """The named cells of an assignment with its solutions."""
    return cells(build.nbgrader_source(source))


def released(source: Path, root: Path = ROOT) -> NotebookNode:
    """The committed notebook that students get."""
    return nbformat.read(root / "assignments" / source.stem / f"{source.stem}.ipynb", as_version=4)


def solutions(named: dict[str, NotebookNode]) -> list[str]:
    """The names of the cells in which students write code."""
    return [name for name, cell in named.items() if cell.metadata.nbgrader.solution and cell.cell_type == "code"]


def run(named: dict[str, NotebookNode], answers: dict[str, str], only: str = "") -> dict[str, str]:
    """What each test cell says, '' when it passes, with `answers` in place of the solution cells named.

    `only`: the one test to run.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    said = {}
    for name, cell in named.items():
        text = answers.get(name, cell.source)
        if not cell.metadata.nbgrader.grade:
            with contextlib.suppress(NotImplementedError):
                exec(text, namespace)
        elif cell.cell_type == "code" and only in ("", name):
            said[name] = _verdict(text, namespace)
    return said


def planted(source: Path) -> list[slips.Slip]:
    """The planted mistakes of an assignment."""
    return slips.load(source.parent / "slips.py", slips.solutions(build.nbgrader_source(source)))


def _verdict(test: str, namespace: dict[str, Any]) -> str:
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            exec(test, namespace)
        except check.CheckFailed as failed:
            return str(failed)
        except Exception as e:
            return f"{type(e).__name__}: {e}"
    return ""


def misbuilt(named: dict[str, NotebookNode], known: list[slips.Slip]) -> Iterator[str]:
    """A sentence for each exercise without a test with points, hidden checks, or enough planted mistakes."""
    for name in solutions(named):
        test = named.get(f"test_{name}")
        if test is None or not test.metadata.nbgrader.get("points", 0) > 0:
            yield f"{name} has no cell `test_{name}` with points"
        elif "### BEGIN HIDDEN TESTS" not in test.source:
            yield f"test_{name} has no hidden tests"
        if not any(text in named[name].source for text in (f"def {name}(", f"class {name}", f"{name} = ")):
            yield f"the cell {name} does not define {name}"
        count = [slip.cell for slip in known].count(name)
        if count < FEWEST_SLIPS:
            yield f"{name} has {count} planted slips; plant at least {FEWEST_SLIPS}"


def kinds(notebook: NotebookNode) -> list[tuple[str, int]]:
    """The kind and the points that each exercise's heading names."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [(kind, int(points)) for kind, points in HEADER.findall("\n\n".join(texts))]


def mislabelled(source: Path) -> Iterator[str]:
    """A sentence for each kind of exercise that is missing, and for points that the headings do not add up to."""
    notebook = build.nbgrader_source(source)
    named = kinds(notebook)
    for kind in KINDS:
        if kind not in [kind for kind, _ in named]:
            yield f"there is no exercise of the kind {kind!r}"
    graded = [c.metadata.nbgrader.points for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    if (said := sum(points for _, points in named)) != sum(graded):
        yield f"the headings promise {said} points, the tests give {sum(graded)}"


def copied(source: Path, chapter: NotebookNode) -> Iterator[str]:
    """A sentence for each exercise whose solution its chapter prints."""
    named = instructors(source)
    for name in solutions(named):
        if (share := printed(named[name].source, chapter)) > MOST_PRINTED:
            yield f"{name}: {share:.0%} of its solution stand in the chapter; ask for something else"


def printed(solution: str, chapter: NotebookNode) -> float:
    """The share of a solution's statements that its chapter shows, whatever the names: copying earns no points."""
    shown = {text for c in chapter.cells if c.cell_type == "code" for text in _statements(c.source)}
    own = _statements(solution)
    return sum(text in shown for text in own) / max(len(own), 1)


def _statements(source: str) -> list[str]:
    """The simple statements within functions, each with its names in the order in which they come."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    inside = [node for function in functions for node in ast.walk(function) if isinstance(node, SIMPLE)]
    return [_nameless(node) for node in inside if not _is_text(node)]


SIMPLE = (ast.Assign, ast.AugAssign, ast.Return, ast.Expr, ast.Raise)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _nameless(node: ast.stmt) -> str:
    """The statement with a, b, c, ... for its variables."""
    order = list(dict.fromkeys(n.id for n in ast.walk(node) if isinstance(n, ast.Name)))
    text = ast.unparse(node)
    for i, name in enumerate(order):
        text = re.sub(rf"(?<![\w.]){re.escape(name)}\b", f"·{i}", text)
    return text


def unproved(source: Path, root: Path = ROOT) -> Iterator[str]:
    """A sentence for each thing that the stub, the solution or a planted mistake does and should not."""
    named = instructors(source)
    for test, said in run(named, {}).items():
        if said:
            yield f"{test} fails on the solution: {said}"
    stubs = {n: c.source for n, c in cells(released(source, root)).items() if c.metadata.nbgrader.solution}
    for test, said in run(named, stubs).items():
        if not said:
            yield f"{test} gives points to the empty stub"
    seen: set[str] = set()
    for slip in planted(source):
        # exercises do not build on one another: one slip of each is tried with all tests, the others with their own
        test = f"test_{slip.cell}"
        verdicts = run(named, {slip.cell: slip.source}, only=test if slip.cell in seen else "")
        seen.add(slip.cell)
        if not take_apart(test, named[test].source).is_told_later or any(verdicts.values()):
            yield from _missed(slip, verdicts)


def _missed(slip: slips.Slip, said: dict[str, str]) -> Iterator[str]:
    failed = [name for name, message in said.items() if message]
    if failed != [f"test_{slip.cell}"]:
        yield f"the slip {slip.name} loses the points of {', '.join(failed) or 'nothing'}, not of test_{slip.cell}"
    elif slip.hint not in said[failed[0]]:
        yield f"the slip {slip.name} does not get its hint, but: {said[failed[0]]}"
