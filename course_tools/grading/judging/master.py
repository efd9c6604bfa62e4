"""The instructor's version of an assignment: the cells that count, and what its test cells demand.

Runs in the grader. It is read from the one source (solutions/NAME/NAME.py, or the .ipynb beside it), never from a
submission.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_tools.authoring import build, own, seeds
from course_tools.grading import orders, slips, variants
from course_tools.grading.cells import TestCell, take_apart
from course_utils.check.options import Options
from course_utils.errors import CourseError

HEADING = re.compile(r"^## +(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Master:
    """An assignment as its author wrote it. `tests` holds every automatically graded cell by name.

    With numbers of students' own, `own` has what the letters stand for in each test cell whose task has some, nothing
    where its options are shuffled. These are in `options`, by the cell that shows them.
    """

    name: str
    folder: Path
    notebook: NotebookNode
    tests: dict[str, TestCell]
    points: dict[str, float]
    slips: tuple[slips.Slip, ...]
    own: dict[str, str] = field(default_factory=dict)
    options: dict[str, Options] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Changes when any cell that counts, or a planted slip, changes."""
        cells = [
            (grade_id(c), c.cell_type, c.source, dict(c.metadata.get("nbgrader", {}))) for c in self.notebook.cells
        ]
        return hashlib.sha256(repr((cells, self.slips)).encode()).hexdigest()[:16]

    def modules(self) -> list[str]:
        """What the assignment imports, or has torch import: the warm process does, too."""
        found: list[str] = []
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                found += imported(cell.source)
                found += ["torch._dynamo"] * ("optim." in cell.source)  # the first optimiser imports it, in a second
        return list(dict.fromkeys(found))


def load(folder: Path) -> Master:
    """Read the assignment whose solution lies in `folder`, in its first variant where it has several.

    Raises CourseError when there is none or it is broken.
    """
    master = _as_written(folder)
    return _varied(master, 0) if variants.key(folder) else master


def load_variants(folder: Path) -> list[Master]:
    """All variants of an assignment that has several; its source is read once. Raises CourseError as `load` does."""
    master = _as_written(folder)
    return [_varied(master, i) for i in range(variants.count(folder / "variants.py"))]


def _as_written(folder: Path) -> Master:
    notebook, name = _read(folder), folder.name
    tests: dict[str, TestCell] = {}
    points: dict[str, float] = {}
    for cell in notebook.cells:
        if is_grade(cell):
            points[grade_id(cell)] = float(cell.metadata.nbgrader.points)
        if is_test(cell):
            test = take_apart(grade_id(cell), cell.source)
            tests[test.name] = replace(test, source=seeds.without_own(test.source))
    planted = folder / "slips.py"
    known = slips.load(planted, slips.solutions(notebook)) if planted.exists() else []
    return Master(name, folder, notebook, tests, points, tuple(known))


def _varied(master: Master, variant: int) -> Master:
    """The assignment with the numbers and the letters of a variant in the solution and in the slips."""
    shuffled = orders.shown(master.notebook)
    varied: list[variants.Task | orders.Shuffled] = [*variants.of(master.folder), *shuffled]
    tasks = {task.cell: task for task in varied}
    notebook = deepcopy(master.notebook)
    for cell in notebook.cells:
        if task := tasks.get(grade_id(cell)):
            cell.source = task.answer(cell.source, variant)
    known = [
        replace(slip, hint=task.hint(slip.hint, variant), source=task.answer(slip.source, variant)) if task else slip
        for slip, task in ((slip, tasks.get(slip.cell)) for slip in master.slips)
    ]
    said = {f"test_{task.cell}": task.said(variant) for task in tasks.values()}
    tables = {f"{orders.CELL}{task.cell}": task.table(variant) for task in shuffled}
    return replace(master, notebook=notebook, slips=tuple(known), own=said, options=tables)


def _read(folder: Path) -> NotebookNode:
    source, notebook = folder / f"{folder.name}.py", folder / f"{folder.name}.ipynb"
    try:
        if source.exists():
            return own.asked(build.nbgrader_source(source), folder)
        return nbformat.read(notebook, as_version=4)
    except FileNotFoundError as e:
        raise CourseError(f"There is no assignment {folder.name!r}: {notebook} does not exist.") from e
    except (build.BuildError, nbformat.reader.NotJSONError) as e:
        raise CourseError(f"The solution of {folder.name} cannot be read: {e}") from e


def grade_id(cell: NotebookNode) -> str:
    """The cell's name, empty when it is none of nbgrader's."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_test(cell: NotebookNode) -> bool:
    """Whether the cell is graded by running it."""
    return cell.cell_type == "code" and is_grade(cell) and not is_answer(cell)


def is_grade(cell: NotebookNode) -> bool:
    """Whether the cell has points: a test, or an answer that a person marks."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def is_answer(cell: NotebookNode) -> bool:
    """Whether the cell is the student's to write."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def titled(cells: Iterable[NotebookNode]) -> Iterator[tuple[str, NotebookNode]]:
    """Each cell with the heading of second rank above it, which is its exercise's; "" before the first."""
    title = ""
    for cell in cells:
        if cell.cell_type == "markdown" and (found := HEADING.findall(cell.source)):
            title = found[-1].strip()
        yield title, cell


def imported(source: str) -> list[str]:
    """The modules that a cell's top level imports; none when it is not plain Python."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return []
    found: list[str] = []
    for statement in statements:
        if isinstance(statement, ast.Import):
            found += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            found += [statement.module, *(f"{statement.module}.{alias.name}" for alias in statement.names)]
    return [name for name in found if not name.startswith("course_tools.grading")]
