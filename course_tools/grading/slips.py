"""Planted wrong answers: each is a plausible mistake and names the hint that a student must get for it.

    @slip("output_delta", hint="the slope is taken at a, not at z")
    def slope_at_a(dL_da, z): ...

The first argument is the name of the solution cell, which is also the name that the cell defines.
"""

import ast
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

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

    def mark(definition: Definition) -> Definition:
        definition.__slip__ = (cell, hint)  # type: ignore[attr-defined]
        return definition

    return mark


def load(path: Path) -> list[Slip]:
    """Every planted mistake of a slips.py, in order, its source under the name that the exercise asks for."""
    text = path.read_text(encoding="utf-8")
    marked = {k: v.__slip__ for k, v in runpy.run_path(str(path)).items() if hasattr(v, "__slip__")}
    found = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in marked:
            cell, hint = marked[node.name]
            name, node.name, node.decorator_list = node.name, cell, []
            found.append(Slip(cell, name, hint, ast.unparse(node)))
    return found
