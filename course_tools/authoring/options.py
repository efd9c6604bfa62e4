"""The options of a task leave its text: a cell in their place shows them in each student's own order.

`course build --variants` does so for each `shuffle` in variants.py (course_tools/grading/orders.py).
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from course_tools.authoring.task_cells import above, locked, named, reword
from course_tools.grading import orders, slips, variants
from course_tools.grading.cells import take_apart
from course_utils.errors import CourseError

TABLE = re.compile(
    r"^\| \| (?P<heading>.+) \|\n\|---\|---\|\n(?P<rows>(?:\| [A-Z] \| .+ \|(?:\n|\Z))+)", re.MULTILINE
)
LIST = re.compile(r"^(?P<rows>(?:- \*\*[A-Z]\.\*\* .+(?:\n+|\Z))+)", re.MULTILINE)
ROW = re.compile(r"^(?:\| |- \*\*)([A-Z])(?: \| (.+) \||\.\*\* (.+))$", re.MULTILINE)
LINE = re.compile(r"^ *(.+?)  # ([A-Z])$", re.MULTILINE)
BELOW = "The cell below has the options, in an order of your own. Run it to see them."


def ask(notebook: NotebookNode, folder: Path, key: str) -> None:
    """Take the options of all tasks that are shuffled out of their texts, and put the cells that show them there.

    Raises CourseError when a task is not there, or has no options whose letters are noted by the visible check alone.
    """
    path, solutions = folder / "variants.py", slips.solutions(notebook)
    planted = folder / "slips.py"
    known = slips.load(planted, solutions) if planted.exists() else []
    handed_out, count = variants.tasks(folder), variants.count(path)
    for task in (task for task in orders.load(path) if task.cell in handed_out):
        mine = [slip for slip in known if slip.cell == task.cell]
        right = orders.answer(task.cell, named(notebook, task.cell).source)[1]
        wrong = [orders.answer(task.cell, slip.source)[1] for slip in mine]
        reword(notebook, task.cell, task.task)
        options = _noted(notebook, task.cell)
        shows, heading, texts = _take_out(notebook, task.cell, options)
        for slip in mine:
            orders.require_certain(task.cell, slip.hint, options)
        drawn = orders.draw(key, task.cell, options, right, wrong, count)
        shows.source = _call(key, heading, texts, drawn)


def _call(key: str, heading: str, texts: list[str], drawn: list[str]) -> str:
    arguments = json.dumps([key, heading, texts, drawn], ensure_ascii=False, indent=4)  # reads as Python does
    return f"check.options({arguments[1:-1]})"


def _noted(notebook: NotebookNode, name: str) -> str:
    """The letters of which the visible check notes some."""
    visible = take_apart(f"test_{name}", named(notebook, f"test_{name}").source).visible
    for node in ast.walk(ast.parse(visible)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "check.chosen" and len(node.args) == 3:
            return "".join(ast.literal_eval(node.args[2]))
    raise CourseError(f"{name} cannot be shuffled: test_{name} says what is right. Use check.chosen.")


# -- taking the options out ----------------------------------------------------------------------------------------


def _take_out(notebook: NotebookNode, name: str, options: str) -> tuple[NotebookNode, str, list[str]]:
    """Put a cell, still empty, where the options of a task stood: it, what heads them, and their texts."""
    found = [(cell, *taken) for cell in above(notebook, name) for taken in _options(cell)]
    if [letters for _, _, _, letters, _ in found] != [options]:
        raise CourseError(f"{name} cannot be shuffled: its task must have the options {options}, once and in order.")
    ((cell, before, after, _, (heading, *texts)),) = found
    at = notebook.cells.index(cell)
    cell.source = before
    shows = locked(f"{orders.CELL}{name}", "", f"options-{name}")
    shows.metadata["jupyter"] = {"source_hidden": True}
    rest = [new_markdown_cell(after, id=f"after-{name}"[:64])] if after else []
    notebook.cells[at + 1 : at + 1] = [shows, *rest]
    for text in [*texts, *(cell.source for cell in above(notebook, name))]:
        if letters := orders.named(text, options):
            raise CourseError(f"{name} is shuffled, and its task names {letters[0]}: {text[:80]!r}. Reword it.")
    return shows, heading, texts


def _options(cell: NotebookNode) -> Iterator[tuple[str, str, str, list[str]]]:
    """What stands before and after options in a cell, their letters, and their heading with their texts."""
    if cell.cell_type == "code":
        if found := LINE.findall(cell.source):
            texts = [f"`{code}`".replace("|", r"\|") for code, _ in found]
            bare = LINE.sub(lambda line: line[0][: -len("  # A")], cell.source)
            yield bare, "", "".join(letter for _, letter in found), ["line", *texts]
        return
    for kind in (TABLE, LIST):
        for block in kind.finditer(cell.source):
            rows = ROW.findall(block["rows"])
            texts = [cell_ or item.replace("|", r"\|") for _, cell_, item in rows]
            heading = block["heading"] if kind is TABLE else "option"
            before = f"{cell.source[: block.start()].rstrip()}\n\n{BELOW}"
            yield before, cell.source[block.end() :].strip(), "".join(row[0] for row in rows), [heading, *texts]
