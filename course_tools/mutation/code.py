"""A solution cell as text and tree at once: places are found in the tree and changed in the text.

So a changed answer keeps the layout of the original, and the line that changed can be shown as it was written.
"""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

ATOMS = (ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Dict)
LIBRARIES = ("torch", "F", "np", "math", "nn")  # torch.exp(x) is a function of x, x.exp() a method


@dataclass(frozen=True)
class Edit:
    """Bytes `start` to `end` of a cell become `text`; `node` is what changes by it.

    `is_value`: the text is an expression in the place of one, and gets parentheses where it needs them.
    """

    start: int
    end: int
    text: str
    node: ast.AST
    is_value: bool = False


@dataclass(frozen=True)
class Code:
    """The source of one cell. Raises SyntaxError when first read, if it is not Python."""

    source: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.source)

    @cached_property
    def data(self) -> bytes:
        """The source in UTF-8, in which Python counts columns."""
        return self.source.encode()

    @cached_property
    def _lines(self) -> list[int]:
        offsets = [0]
        for line in self.data.split(b"\n"):
            offsets.append(offsets[-1] + len(line) + 1)
        return offsets

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """What each node stands in."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    # -- text ----------------------------------------------------------------------------------------------------

    def start(self, node: ast.AST) -> int:
        """The first byte of an expression, statement or keyword."""
        return self._lines[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        """The byte behind its last."""
        return self._lines[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def text(self, node: ast.AST) -> str:
        """The node as it is written, without parentheses around it."""
        return self.data[self.start(node) : self.end(node)].decode()

    def wrapped(self, node: ast.AST) -> str:
        """The node as it is written, in parentheses unless it holds together by itself."""
        return self.text(node) if isinstance(node, ATOMS) else f"({self.text(node)})"

    def replace(self, node: ast.AST, text: str) -> Edit:
        """The edit that puts `text` in the place of a node."""
        return Edit(self.start(node), self.end(node), text, node, is_value=isinstance(node, ast.expr) and text != "")

    def token(self, node: ast.AST, left: ast.AST, right: ast.AST, old: str, new: str) -> Edit:
        """The edit that puts `new` for the operator `old`, which stands between two operands of `node`."""
        at = self.data.index(old.encode(), self.end(left), self.start(right))
        return Edit(at, at + len(old), new, node)

    def call(self, node: ast.Call, arguments: list[str]) -> Edit:
        """The edit that gives a call other arguments."""
        name = self.data[self.start(node) : self.end(node.func)].decode()
        return self.replace(node, f"{name}({', '.join(arguments)})")

    def arguments(self, node: ast.Call) -> list[str]:
        """The arguments of a call as they are written, first those without a keyword."""
        return [self.text(argument) for argument in (*node.args, *node.keywords)]

    # -- tree ----------------------------------------------------------------------------------------------------

    def nodes(self) -> Iterator[ast.AST]:
        """The nodes that a student writes: no docstring, annotation, default, decorator or raised message."""
        pending: list[ast.AST] = list(reversed(self.tree.body))
        while pending:
            node = pending.pop()
            yield node
            pending += reversed(list(_written(node)))

    def function(self, node: ast.AST) -> ast.FunctionDef | None:
        """The function in which a node stands."""
        above = self.parents.get(node)
        while above is not None and not isinstance(above, ast.FunctionDef):
            above = self.parents.get(above)
        return above

    def parameters(self, node: ast.AST) -> list[str]:
        """The names of the parameters of the function in which a node stands."""
        function = self.function(node)
        found = ast.walk(function.args) if function else ()
        return [argument.arg for argument in found if isinstance(argument, ast.arg)]

    def bound_before(self, node: ast.AST) -> dict[str, int]:
        """The parameters and local variables that have a value where a node stands, each with its first line."""
        function = self.function(node)
        bound = dict.fromkeys(self.parameters(node), function.lineno if function else 0)
        for name in ast.walk(function) if function else ():
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store) and self.start(name) < self.start(node):
                bound.setdefault(name.id, name.lineno)
        return {name: at for name, at in bound.items() if at < node.lineno}  # type: ignore[attr-defined]


def _written(node: ast.AST) -> Iterator[ast.AST]:
    """The children of a node that count."""
    if isinstance(node, ast.Raise | ast.JoinedStr):
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield from node.body[1 if ast.get_docstring(node) is not None else 0 :]
    elif isinstance(node, ast.AnnAssign):
        yield from filter(None, (node.target, node.value))
    elif isinstance(node, ast.Assert):
        yield node.test
    else:
        yield from ast.iter_child_nodes(node)


def called(node: ast.AST) -> str:
    """The name of the function or method that is called; empty when the node is no call of a plain name."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def method_of(node: ast.Call) -> ast.expr | None:
    """The object whose method is called; None for a function, torch's too."""
    if not isinstance(node.func, ast.Attribute):
        return None
    value = node.func.value
    return None if isinstance(value, ast.Name) and value.id in LIBRARIES else value


def whole(node: ast.AST | None) -> int | None:
    """The value of a whole number in the text, a negative one too; None for anything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = whole(node.operand)
        return None if value is None else -value
    return node.value if isinstance(node, ast.Constant) and type(node.value) is int else None


def is_builtin(node: ast.AST) -> bool:
    """Whether a call is one of Python's own functions, such as `range`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and hasattr(builtins, node.func.id)
