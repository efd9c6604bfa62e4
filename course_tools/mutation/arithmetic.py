"""Slips in a formula: a sign, a factor, a number, a comparison, a term."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from course_tools.mutation.code import Code, Edit, called, whole
from course_tools.mutation.tensors import axes

SAME_RANK = {
    ast.Mult: ("*", ["/"]),
    ast.Div: ("/", ["*", "//"]),
    ast.FloorDiv: ("//", ["/"]),
    ast.MatMult: ("@", ["*"]),
}
COMPARED = {
    ast.Lt: ("<", ["<=", ">=", ">"]),
    ast.LtE: ("<=", ["<", ">", ">="]),
    ast.Gt: (">", [">=", "<=", "<"]),
    ast.GtE: (">=", [">", "<", "<="]),
    ast.Eq: ("==", ["!="]),
    ast.NotEq: ("!=", ["=="]),
    ast.Is: ("is", ["is not"]),
    ast.IsNot: ("is not", ["is"]),
    ast.In: ("in", ["not in"]),
    ast.NotIn: ("not in", ["in"]),
}
WITHOUT_SIGN = (
    *("zeros", "zeros_like", "empty", "empty_like", "arange"),
    *("range", "list", "len", "slice", "pad", "divmod"),
)


def sign(node: ast.AST, code: Code) -> Iterator[Edit]:
    """a + b <-> a - b, a - b -> b - a, -a -> a, and the sign of a whole result turned round."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        old, new = ("+", "-") if isinstance(node.op, ast.Add) else ("-", "+")
        yield code.token(node, node.left, node.right, old, new)
        if old == "-" and not isinstance(node.right, ast.Constant):
            yield code.replace(node, f"{code.wrapped(node.right)} - {code.wrapped(node.left)}")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and whole(node) is None:
        yield code.replace(node, code.text(node.operand))
    elif isinstance(node, ast.Return | ast.Assign) and node.value is not None:
        for value in node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]:
            if _has_sign(value):
                yield code.replace(value, f"-{code.wrapped(value)}")


def _has_sign(value: ast.expr) -> bool:
    """Whether a result may be a number with a sign, as far as its text says."""
    if isinstance(value, ast.Call):
        return called(value) not in WITHOUT_SIGN
    return isinstance(value, ast.BinOp | ast.Name | ast.Subscript)


def factor(node: ast.AST, code: Code) -> Iterator[Edit]:
    """a * b <-> a / b, a / b <-> a // b, a @ b -> a * b, a / b -> b / a."""
    if isinstance(node, ast.BinOp) and type(node.op) in SAME_RANK:
        old, others = SAME_RANK[type(node.op)]
        for new in others:
            yield code.token(node, node.left, node.right, old, new)
        if old == "/":
            yield code.replace(node, f"{code.wrapped(node.right)} / {code.wrapped(node.left)}")


def constant(node: ast.AST, code: Code) -> Iterator[Edit]:
    """n -> n + 1, n - 1 for a whole number that is no index, axis or bound; a decimal one -> 1.0, 0.0, its double."""
    if not isinstance(node, ast.Constant) or _has_an_operator_of_its_own(node, code):
        return
    if type(node.value) is int:
        for number in (node.value + 1, node.value - 1):
            if number != _neutral(code.parents[node]):
                yield code.replace(node, str(number))
    elif type(node.value) is float:
        for value in (1.0, 0.0, 2 * node.value):
            yield code.replace(node, repr(value))


def _neutral(above: ast.AST) -> int | None:
    """The number that changes nothing as an operand: `term` makes that slip already."""
    if not isinstance(above, ast.BinOp):
        return None
    return 0 if isinstance(above.op, ast.Add | ast.Sub) else 1


def _has_an_operator_of_its_own(node: ast.AST, code: Code) -> bool:
    """Whether a number is an index (`index`), or an argument that counts axes (`axis`) or rounds (`index`)."""
    above = code.parents[node]
    while isinstance(above, ast.UnaryOp | ast.Tuple | ast.List):
        node, above = above, code.parents[above]
    if isinstance(above, ast.keyword):
        return above.arg in ("dim", "axis", "correction")
    if isinstance(above, ast.Subscript):
        return above.slice is node
    return isinstance(above, ast.Slice) or node in axes(above) or called(above) in ("range", "permute", "transpose")


def comparison(node: ast.AST, code: Code) -> Iterator[Edit]:
    """The boundary taken in or left out, the comparison denied, or turned round."""
    if isinstance(node, ast.Compare):
        for (left, right), op in zip(pairwise([node.left, *node.comparators]), node.ops, strict=True):
            old, others = COMPARED[type(op)]
            for new in others:
                yield code.token(node, left, right, old, new)


def term(node: ast.AST, code: Code) -> Iterator[Edit]:
    """One operand of an operator dropped, of `and` and `or` too; two neighbours of a returned tuple exchanged."""
    if isinstance(node, ast.BinOp):
        yield code.replace(node, code.text(node.left))
        if isinstance(node.op, ast.Add | ast.Mult | ast.MatMult):
            yield code.replace(node, code.text(node.right))
        elif isinstance(node.op, ast.Sub) and not isinstance(node.right, ast.Constant):
            yield code.replace(node, f"-{code.wrapped(node.right)}")
    elif isinstance(node, ast.BoolOp):
        for dropped in node.values:
            left = [code.wrapped(value) for value in node.values if value is not dropped]
            yield code.replace(node, (" and " if isinstance(node.op, ast.And) else " or ").join(left))
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
        yield from exchanged(node.value.elts, node.value, code)


def exchanged(items: list[ast.expr], node: ast.AST, code: Code) -> Iterator[Edit]:
    """Each two neighbours exchanged."""
    for left, right in pairwise(items):
        between = code.data[code.end(left) : code.start(right)].decode()
        if between.strip() == ",":  # no parentheses end or begin there
            text = f"{code.text(right)}{between}{code.text(left)}"
            yield Edit(code.start(left), code.end(right), text, node)
