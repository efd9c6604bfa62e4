"""A test cell taken apart: what everybody sees, the sealed parts, and the calls that are banned.

Runs in the grader, on the instructor's own text; nothing of a student comes here.
"""

import ast
from dataclasses import dataclass

from course_tools.grading import banned
from course_utils.errors import CourseError

BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
AUTHOR_MODULE = "course_tools.grading.author"


@dataclass(frozen=True)
class TestCell:
    """`visible`: the source that students have; `parts`: one program for each statement that seals.

    `source` is what runs first: the visible part or, in a cell without seals, all of it. `reference_parts` are the
    parts with their ``rule=``, for the instructor's run alone; `banned` are the names whose calls are forbidden
    while the parts run.
    """

    name: str
    visible: str
    source: str
    parts: tuple[str, ...]
    reference_parts: tuple[str, ...]
    banned: tuple[str, ...]

    @property
    def is_told_later(self) -> bool:
        """Whether the visible part holds the form of a choice or a prediction alone, whose truth is sealed."""
        return "check.chosen(" in self.visible or "check.predicted(" in self.visible

    def asks_for(self) -> frozenset[str]:
        """The names of the notebook that the sealed parts use: the answer's, and those of the set-up's helpers."""
        names = [n for part in self.parts for n in ast.walk(ast.parse(part)) if isinstance(n, ast.Name)]
        return frozenset(n.id for n in names) - {n.id for n in names if isinstance(n.ctx, ast.Store)}


def take_apart(name: str, source: str) -> TestCell:
    """Split the instructor's source of the test cell `name`. Raises CourseError when its hidden part cannot be read.

    Each sealing statement becomes a program of its own: all earlier statements that do not seal, then it. So one
    failing check costs one check, and none sees what a student's function did to another's inputs.
    """
    visible, hidden = _split_lines(name, source)
    try:
        statements = ast.parse("\n".join(hidden)).body
    except SyntaxError as e:
        raise CourseError(f"The hidden part of {name} is not Python ({e.msg}). Correct the solution's source.") from e
    forbidden: list[str] = []
    inputs: list[ast.stmt] = []
    parts: list[str] = []
    reference: list[str] = []
    for statement in statements:
        if _is_author_import(statement):
            continue
        if (names := banned.names(name, statement)) is not None:
            forbidden += names
        elif not _seals(statement):
            inputs.append(statement)
        else:
            program = ast.unparse(ast.Module([*inputs, statement], []))
            reference.append(program)
            parts.append(ast.unparse(_WithoutRules().visit(ast.parse(program))))
    banned.require_known(name, forbidden)
    shown = "\n".join(visible).rstrip()
    source = shown if parts else "\n".join([shown, *hidden])
    return TestCell(name, shown, source, tuple(parts), tuple(reference), tuple(forbidden))


def _split_lines(name: str, source: str) -> tuple[list[str], list[str]]:
    visible: list[str] = []
    hidden: list[str] = []
    inside = False
    for line in source.split("\n"):
        if line.strip() in (BEGIN, END):
            inside = line.strip() == BEGIN
        else:
            (hidden if inside else visible).append(line)
    if inside:
        raise CourseError(f"{name} has {BEGIN!r} without {END!r}. Close the hidden part.")
    return visible, hidden


def _is_author_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == AUTHOR_MODULE


def _is_seal(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "seal"


def _seals(statement: ast.stmt) -> bool:
    return any(map(_is_seal, ast.walk(statement)))


class _WithoutRules(ast.NodeTransformer):
    """Take the rule out of each `seal` call: it may hold labels."""

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if _is_seal(node):
            node.args, node.keywords = node.args[:2], [k for k in node.keywords if k.arg in ("name", "value")]
        return node
