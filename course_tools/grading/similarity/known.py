"""How many answers equal the model solution, or code that the chapter prints: such an answer may have been published.

Equal means the same syntax tree but for names of the answer's own choice, comments, docstrings and annotations.
Definitions of fewer than FEWEST nodes have few forms, and are not counted; nor is what the exercise hands out.
"""

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_tools.authoring.build import nbgrader_source, read
from course_tools.grading.similarity.compare import Class, numbered, tokens

FEWEST = 40  # nodes: about four lines
Shape = tuple[str, ...]


@dataclass(frozen=True)
class Equal:
    """How many of the answers in a cell equal the model solution, and how many hold code of the chapter."""

    cell: str
    answers: int
    model: int
    chapter: int

    def __str__(self) -> str:
        said = [f"{self.model} of {self.answers} equal the model solution"] if self.model else []
        said += [f"{self.chapter} of {self.answers} hold code of the chapter"] if self.chapter else []
        return f"{self.cell}: {', '.join(said)}"


def equal(students: Class, name: str, root: Path) -> list[Equal]:
    """For each cell in which some answer is known already, how many are."""
    given = _shapes(nbformat.read(root / "assignments" / name / f"{name}.ipynb", as_version=4).cells)
    source, lesson = root / "solutions" / name / f"{name}.py", root / "chapters" / f"{name}.py"
    solved = (
        {_name(cell): shapes(cell.source) - given for cell in _code(nbgrader_source(source))}
        if source.exists()
        else {}
    )
    printed = _shapes(read(lesson).cells) - given if lesson.exists() else set()
    model, chapter, all_of = Counter[str](), Counter[str](), Counter[str]()
    for answers in students.values():
        for cell, answer in answers.items():
            own = shapes(answer.text) - given if answer.is_python else set()
            all_of[cell] += 1
            model[cell] += bool(own) and own == solved.get(cell)
            chapter[cell] += bool(own & printed)
    found = [Equal(cell, all_of[cell], model[cell], chapter[cell]) for cell in all_of]
    return [one for one in found if one.model or one.chapter]


def shapes(text: str) -> set[Shape]:
    """The functions and classes in a piece of Python that are long enough, each as a tree without chosen names."""
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    defined = [s for s in statements if isinstance(s, ast.FunctionDef | ast.ClassDef)]
    found = [list(tokens(ast.Module([statement], []))) for statement in defined]
    return {numbered(each) for each in found if len(each) >= FEWEST}


def _shapes(cells: Iterable[NotebookNode]) -> set[Shape]:
    return {shape for cell in cells if cell.cell_type == "code" for shape in shapes(cell.source)}


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells of code that nbgrader has solutions in."""
    marked = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [cell for cell in marked if cell.metadata.get("nbgrader", {}).get("solution")]


def _name(cell: NotebookNode) -> str:
    return str(cell.metadata.nbgrader.grade_id)
