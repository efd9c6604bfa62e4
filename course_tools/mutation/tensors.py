"""Slips with tensors: an axis, a shape, a reduction, an index, a type, a function."""

import ast
from collections.abc import Iterator

from course_tools.mutation.code import Code, Edit, called, is_builtin, method_of, whole

OVER_AN_AXIS = (
    *("sum", "mean", "max", "min", "amax", "amin", "argmax", "argmin", "std", "var", "prod", "any", "all", "norm"),
    *("softmax", "log_softmax", "logsumexp", "cumsum", "cumprod", "sort", "argsort", "median", "flatten"),
    *("unsqueeze", "squeeze", "flip", "cat", "stack", "concatenate", "repeat_interleave"),
)
REDUCED = (*OVER_AN_AXIS[:14], "logsumexp", "median")
OTHER_REDUCTION = {
    **{"mean": "sum", "sum": "mean", "max": "min", "min": "max", "amax": "amin", "amin": "amax"},
    **{"argmax": "argmin", "argmin": "argmax", "std": "var", "var": "std", "any": "all", "all": "any"},
    **{"prod": "sum", "cumsum": "cumprod"},
}
ELEMENTWISE = (
    *("exp", "log", "log1p", "log2", "sqrt", "abs", "relu", "tanh", "sigmoid", "floor", "ceil", "round", "clip"),
    *("clamp", "square", "sign", "item", "softmax", "int", "float", "maximum", "minimum", "diff", "flip"),
)
SIBLINGS = {
    **{"floor": ["ceil", "round"], "ceil": ["floor", "round"], "round": ["floor", "ceil"]},
    **{"maximum": ["minimum"], "minimum": ["maximum"], "log1p": ["log"], "log": ["log2"], "sqrt": ["square"]},
    **{"square": ["abs"], "tanh": ["sigmoid"], "sigmoid": ["tanh"], "softmax": ["sigmoid"], "relu": ["sigmoid"]},
    **{"zeros_like": ["ones_like"], "ones_like": ["zeros_like"], "rand": ["randn"], "randn": ["rand"]},
    **{"min": ["max"], "max": ["min"]},
}
CASTS = ("double", "float", "to", "long", "int", "type_as", "astype")


def axis(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Another axis, none, or one less; -1 for a 0, 1 or 2 is only another name of one of these."""
    for given in axes(node):
        if (number := whole(given)) is not None:
            for other in (0, 1, 2) if number >= 0 else (0, 1, -2):
                yield code.replace(given, str(other))
        elif isinstance(given, ast.Tuple | ast.List):
            for dropped in given.elts:
                left = ", ".join(code.text(item) for item in given.elts if item is not dropped)
                yield code.replace(given, f"({left},)" if len(given.elts) == 2 else f"({left})")
        if isinstance(node, ast.Call):
            yield code.call(node, _without(node, given, code))


def axes(node: ast.AST) -> list[ast.expr]:
    """The arguments of a call that name an axis; none when it is another node."""
    if not isinstance(node, ast.Call) or called(node) not in (*OVER_AN_AXIS, "diff") or is_builtin(node):
        return []
    named = [keyword.value for keyword in node.keywords if keyword.arg in ("dim", "axis")]
    if called(node) == "diff":
        return named  # its first number is no axis
    first = 0 if method_of(node) is not None else 1
    return named + node.args[first : first + (2 if called(node) == "flatten" else 1)]


def _without(node: ast.Call, dropped: ast.expr, code: Code) -> list[str]:
    """The arguments of a call but one."""
    kept = [a for a in node.args if a is not dropped] + [k for k in node.keywords if k.value is not dropped]
    return [code.text(argument) for argument in kept]


def keepdim(node: ast.AST, code: Code) -> Iterator[Edit]:
    """keepdim=True dropped, or added where an axis is reduced."""
    if not isinstance(node, ast.Call) or called(node) not in REDUCED or is_builtin(node):
        return
    kept = [keyword.value for keyword in node.keywords if keyword.arg in ("keepdim", "keepdims")]
    for value in kept:
        yield code.call(node, _without(node, value, code))
    if not kept and axes(node):
        yield code.call(node, [*code.arguments(node), "keepdim=True"])


def reduction(node: ast.AST, code: Code) -> Iterator[Edit]:
    """The mean for the sum, the smallest for the largest, n for n - 1, and the like."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    if other := OTHER_REDUCTION.get(node.func.attr):
        yield _renamed(node.func, other, code)
    corrections = [k.value for k in node.keywords if k.arg in ("correction", "unbiased")]
    for value in corrections:
        if isinstance(value, ast.Constant) and isinstance(value.value, bool):
            yield code.replace(value, repr(not value.value))
        elif (number := whole(value)) is not None:
            yield code.replace(value, str(1 - number))
    if node.func.attr in ("std", "var") and not corrections:
        yield code.call(node, [*code.arguments(node), "correction=0"])


def _renamed(function: ast.expr, name: str, code: Code) -> Edit:
    """The edit that calls another function of the same place."""
    end = code.end(function)
    old = function.attr if isinstance(function, ast.Attribute) else code.text(function)
    return Edit(end - len(old.encode()), end, name, code.parents[function])


def transpose(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A transposition dropped, or made, and the factors of a matrix product exchanged."""
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT", "H"):
        yield code.replace(node, code.text(node.value))
    elif isinstance(node, ast.Call) and called(node) in ("t", "transpose", "permute", "swapaxes"):
        value = method_of(node) or (node.args[0] if node.args else None)
        if value is not None:
            yield code.replace(node, code.text(value))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield code.replace(node, f"{code.wrapped(node.right)} @ {code.wrapped(node.left)}")
        for factor in (node.left, node.right):
            if not (isinstance(factor, ast.Attribute) and factor.attr in ("T", "mT")):
                yield code.replace(factor, f"{code.wrapped(factor)}.T")


def index(node: ast.AST, code: Code) -> Iterator[Edit]:
    """An index one off, first for last; a bound of a slice or of `range` one off, or dropped."""
    if isinstance(node, ast.Subscript):
        of_shape = isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
        for item in node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]:
            for other in _other_places(whole(item), of_shape):
                yield code.replace(item, str(other))
    elif isinstance(node, ast.Slice):
        for bound in filter(None, (node.lower, node.upper)):
            yield from _one_off(bound, code)
        for part in filter(None, (node.lower, node.upper, node.step)):
            yield code.replace(part, "")
    elif called(node) == "range":
        yield from _range(node, code)


def _other_places(number: int | None, of_shape: bool) -> list[int]:
    """Other indices; in a shape 0 is not confused with -1, which is only another name of a place."""
    if number is None:
        return []
    ends = {0: -1, -1: 0}
    others = {number + 1, number - 1, ends.get(number, number + 1)}
    return sorted(other for other in others if not of_shape or (other < 0) == (number < 0))


def _range(node: ast.AST, code: Code) -> Iterator[Edit]:
    if isinstance(node, ast.Call):
        for bound in node.args[:2]:
            yield from _one_off(bound, code)
        if len(node.args) == 2:
            yield code.call(node, [code.text(node.args[1])])
        if len(node.args) == 3:
            yield code.call(node, [code.text(bound) for bound in node.args[:2]])


def _one_off(bound: ast.expr, code: Code) -> Iterator[Edit]:
    number = whole(bound)
    for change in (1, -1):
        if number is not None:
            yield code.replace(bound, str(number + change))
        else:
            yield code.replace(bound, f"{code.text(bound)} {'+' if change > 0 else '-'} 1")


def dtype(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A dtype or a conversion dropped."""
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg == "dtype":
                yield code.call(node, _without(node, keyword.value, code))
        receiver = method_of(node)
        if receiver is not None and called(node) in CASTS:
            yield code.replace(node, code.text(receiver))


def call(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A function of one number left out, or its sibling in its place; `not` left out; a clamp at the other end."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield code.replace(node, code.text(node.operand))
    if not isinstance(node, ast.Call) or not (is_builtin(node) or isinstance(node.func, ast.Attribute)):
        return
    name, receiver = called(node), method_of(node)
    if name in ELEMENTWISE and not (name in CASTS and receiver is not None):
        for value in [receiver] if receiver is not None else node.args[:2]:
            yield code.replace(node, code.text(value))
    if name not in OTHER_REDUCTION or is_builtin(node):
        for other in SIBLINGS.get(name, []):
            yield _renamed(node.func, other, code)
    for keyword in node.keywords:
        if name in ("clamp", "clip") and keyword.arg in ("min", "max"):
            other = "max" if keyword.arg == "min" else "min"
            yield code.replace(keyword, f"{other}={code.text(keyword.value)}")


def in_place(node: ast.AST, code: Code) -> Iterator[Edit]:
    """What belongs to the caller is changed: x += y for x = x + y, no copy, no tensor of its own."""
    if isinstance(node, ast.Call):
        receiver = method_of(node)
        if receiver is not None and called(node) in ("clone", "copy", "detach"):
            yield code.replace(node, code.text(receiver))
        elif called(node) in ("zeros_like", "empty_like", "ones_like") and node.args:
            yield code.replace(node, code.text(node.args[0]))
        elif called(node) == "sorted" and len(node.args) == 1 and not node.keywords:
            yield code.replace(node, f"({code.wrapped(node.args[0])}.sort() or {code.text(node.args[0])})")
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        changed = _changed_parameter(node.value, code)
        if changed and changed[0] == code.text(node.targets[0]):
            yield code.replace(node, changed[1])
    elif isinstance(node, ast.Return) and node.value is not None:
        yield from _returned_in_place(node, code)


def _returned_in_place(node: ast.Return, code: Code) -> Iterator[Edit]:
    """`return w - step` as `w -= step; return w`."""
    value = node.value
    first = value.elts[0] if isinstance(value, ast.Tuple) else value
    if first is not None and (changed := _changed_parameter(first, code)):
        rest = code.data[code.end(first) : code.end(node)].decode()
        yield code.replace(node, f"{changed[1]}; return {changed[0]}{rest}")


def _changed_parameter(value: ast.expr, code: Code) -> tuple[str, str] | None:
    """For x + y, x a parameter: x, and the statement x += y."""
    signs = {ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.Div: "/="}
    if isinstance(value, ast.BinOp) and isinstance(value.left, ast.Name) and type(value.op) in signs:
        name = value.left.id
        if name in code.parameters(value):
            return name, f"{name} {signs[type(value.op)]} {code.text(value.right)}"
    return None
