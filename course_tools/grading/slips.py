"""Planted wrong answers: each is a plausible mistake and names the hint that a student must get for it.

    @slip("output_delta", hint="the slope is taken at a, not at z")
    def slope_at_a(dL_da, z): ...

The first argument is the name of the solution cell, which is also the name that the cell defines; both arguments are
texts in quotes. The file is read, not run: neither the grader nor `course export` imports what it imports.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from course_utils.errors import CourseError

Definition = TypeVar("Definition", bound=Callable)


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


def load(path: Path) -> list[Slip]:
    """Every planted mistake of a slips.py, in order, its source under the name that the exercise asks for.

    Raises CourseError when the file is not Python, or a decorator's arguments are not two texts in quotes.
    """
    try:
        statements = ast.parse(path.read_text(encoding="utf-8")).body
    except SyntaxError as e:
        raise CourseError(f"{path}, line {e.lineno}: this is not Python ({e.msg}). Correct it.") from e
    found = []
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (marked := _marked(node, path)):
            cell, hint = marked
            name, node.name, node.decorator_list = node.name, cell, []
            found.append(Slip(cell, name, hint, ast.unparse(node)))
    return found


def _marked(node: ast.FunctionDef | ast.ClassDef, path: Path) -> tuple[str, str] | None:
    """The two arguments of the definition's `@slip`; None when it has none."""
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        if call and isinstance(call.func, ast.Name) and call.func.id == "slip":
            values = [*call.args, *(keyword.value for keyword in call.keywords)]
            names = ["cell", "hint"][: len(call.args)] + [keyword.arg for keyword in call.keywords]
            texts = {name: text for name, v in zip(names, values, strict=False) if (text := _text(v)) is not None}
            if len(values) == 2 and texts.keys() == {"cell", "hint"}:
                return texts["cell"], texts["hint"]
            raise CourseError(
                f'{path}, line {call.lineno}: @slip takes two texts in quotes, as in @slip("softmax", "The hint.").'
            )
    return None


def _text(node: ast.expr) -> str | None:
    """What a text in quotes says; None for any other expression."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
