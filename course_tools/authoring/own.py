"""An assignment whose tasks have letters in place of numbers, and checks their own inputs: `course build --variants`.

The grader reads the instructor's notebook through the same function, so that what was handed out is known.
"""

from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from course_tools.authoring import options, seeds
from course_tools.authoring.task_cells import locked, named, reword
from course_tools.grading import variants
from course_tools.grading.cells import take_apart
from course_utils.errors import CourseError

WHOSE = """\
## Your own tasks

Write between the quotes the id under which you stand in the class list (your login, unless your teacher says
otherwise), and run the cell. Then checks draw inputs of your own, and a task with letters in place of numbers, or
with options in an order that is not everybody's, shows yours. The grader knows whose work it is: answers to somebody
else's task earn nothing."""


def asked(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """The instructor's notebook as it is built with variants; as it is for an assignment that has no key.

    Raises CourseError when a task that varies is not there, or is not one whose answer the visible check only notes.
    """
    key = variants.key(folder)
    if not key:
        return notebook
    notebook = seeds.with_own(notebook, variants.inputs(folder))
    for task in variants.of(folder):
        _require_told_later(notebook, task)
        reword(notebook, task.cell, task.task)
        lists = "".join(f"\n    {letter}={values}," for letter, values in task.letters.items())
        shows = locked(f"own_{task.cell}", f'check.own(\n    "{key}",{lists}\n)', f"own-{task.cell}")
        notebook.cells.insert(notebook.cells.index(named(notebook, task.cell)), shows)
    options.ask(notebook, folder, key)
    first = next(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code") + 1
    whose = [new_markdown_cell(WHOSE, id="own-numbers"), new_code_cell('check.student("")', id="own-name")]
    notebook.cells[first:first] = whose
    return notebook


def _require_told_later(notebook: NotebookNode, task: variants.Task) -> None:
    test = f"test_{task.cell}"
    if not take_apart(test, named(notebook, test).source).is_told_later:
        raise CourseError(f"{task.cell} cannot vary: {test} says what is right. Use check.predicted.")
