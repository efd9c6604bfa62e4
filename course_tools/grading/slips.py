"""Planted wrong answers: each is a plausible mistake and names the hint that a student must get for it.

    change("softmax", "The sum runs over the rows.", "dim=1", "dim=0")

    @slip("output_delta", hint="the slope is taken at a, not at z")
    def slope_at_a(dL_da, z): ...

    equivalent("softmax", "A sum has no order.", "return e / e.flip(1).sum(dim=1, keepdim=True)")

`change` takes the solution and replaces one text by another, in one place or in several: old, new, old, new. A slip
that is written out suits a mistake that changes more. The first argument is always the name of the solution cell,
which is also the name that the cell defines. `equivalent` is for `course mutants`: lines that change the solution's
text and not what it does. The file is read, not run: all arguments are texts in quotes, and neither the grader nor
`course export` imports what it imports.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nbformat import NotebookNode

from course_utils.errors import CourseError

Definition = TypeVar("Definition", bound=Callable)
USAGE = {
    "slip": '@slip takes two texts in quotes, as in @slip("softmax", "The hint.")',
    "change": 'change takes texts in quotes, as in change("softmax", "The hint.", "old", "new")',
    "equivalent": 'equivalent takes texts in quotes, as in equivalent("softmax", "The reason.", "the changed line")',
}


@dataclass(frozen=True)
class Slip:
    """One planted mistake: what to put into the solution cell `cell`, and what must be said about it."""

    cell: str
    name: str
    hint: str
    source: str


def slip(cell: str, hint: str) -> Callable[[Definition], Definition]:
    """Mark a function or class as a wrong answer to `cell`; `hint` is what the feedback must say."""
    return lambda definition: definition


def change(cell: str, hint: str, *texts: str) -> None:
    """A wrong answer to `cell`: the solution with texts replaced; `texts` are old, new, old, new, ..."""


def equivalent(cell: str, reason: str, *lines: str) -> None:
    """Mutants of `cell` that compute the same as the solution, by the line as it stands after the change."""


def load(path: Path, solutions: Mapping[str, str]) -> list[Slip]:
    """Every planted mistake of a slips.py, in order, its source under the name that the exercise asks for.

    `solutions` are the solution cells by name, for `change`. Raises CourseError when the file is not Python, an
    argument is not a text in quotes, or a text to be replaced does not stand in the solution exactly once.
    """
    found = []
    for node in _statements(path):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (marked := _decorated(node, path)):
            cell, hint = marked
            name, node.name, node.decorator_list = node.name, cell, []
            found.append(Slip(cell, name, hint, ast.unparse(node)))
        elif call := _call(node, "change"):
            cell, hint, *texts = _texts(call, path, ("cell", "hint"), even=True)
            where = f"{path}, line {call.lineno}"
            name = f"{cell}_line_{call.lineno}"
            found.append(Slip(cell, name, hint, _changed(solutions.get(cell), cell, texts, where)))
    return found


def solutions(notebook: NotebookNode) -> dict[str, str]:
    """The solution cells of an instructor's notebook by name, for `load`."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    named = [(cell, cell.metadata.get("nbgrader", {})) for cell in cells]
    return {about["grade_id"]: cell.source for cell, about in named if about.get("solution")}


def equivalents(path: Path) -> dict[tuple[str, str], str]:
    """The mutants that a slips.py says do no harm: (cell, changed line) -> reason. Raises CourseError as `load`."""
    found: dict[tuple[str, str], str] = {}
    for node in _statements(path):
        if call := _call(node, "equivalent"):
            cell, reason, *lines = _texts(call, path, ("cell", "reason"))
            found |= {(cell, line): reason for line in lines}
    return found


def _statements(path: Path) -> list[ast.stmt]:
    try:
        return ast.parse(path.read_text(encoding="utf-8")).body
    except SyntaxError as e:
        raise CourseError(f"{path}, line {e.lineno}: this is not Python ({e.msg}). Correct it.") from e


def _changed(solution: str | None, cell: str, texts: Sequence[str], where: str) -> str:
    if solution is None:
        raise CourseError(f"{where}: there is no solution cell {cell!r}. Write the name of one.")
    source = solution
    for old, new in zip(texts[::2], texts[1::2], strict=True):
        if (count := source.count(old)) != 1:
            raise CourseError(f"{where}: {old!r} stands {count} times in the solution of {cell}. Give a text that "
                              "stands there once.")  # fmt: skip
        source = source.replace(old, new)
    try:
        ast.parse(source)
    except SyntaxError as e:
        raise CourseError(f"{where}: the changed solution of {cell} is not Python ({e.msg}). Correct it.") from e
    return source


def _decorated(node: ast.FunctionDef | ast.ClassDef, path: Path) -> tuple[str, str] | None:
    """The two arguments of the definition's `@slip`; None when it has none."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and _named(decorator, "slip"):
            cell, hint = _texts(decorator, path, ("cell", "hint"), most=2)
            return cell, hint
    return None


def _call(node: ast.stmt, name: str) -> ast.Call | None:
    call = node.value if isinstance(node, ast.Expr) else None
    return call if isinstance(call, ast.Call) and _named(call, name) else None


def _named(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == name


def _texts(
    call: ast.Call, path: Path, names: tuple[str, str], *, even: bool = False, most: int | None = None
) -> list[str]:
    """All arguments of a call, which must be texts in quotes; the first two may be given by name."""
    given = [_text(argument) for argument in call.args]
    by_name = {keyword.arg: _text(keyword.value) for keyword in call.keywords}
    missing = [name for name in names[len(given) :] if name not in by_name]
    texts = [*given, *(by_name[name] for name in names[len(given) :] if name in by_name)]
    complete = not missing and len(texts) == len(given) + len(by_name) and None not in texts
    counted = len(texts) == most if most else len(texts) > 2 and (not even or len(texts) % 2 == 0)
    if not (complete and counted):
        raise CourseError(f"{path}, line {call.lineno}: {USAGE[ast.unparse(call.func)]}.")
    return [text for text in texts if text is not None]


def _text(node: ast.expr) -> str | None:
    """What a text in quotes says; None for any other expression."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
