"""Slips in the order of things: a line, an argument, a name, a way out."""

import ast
from collections.abc import Iterator, Mapping
from itertools import pairwise

from course_tools.mutation.arithmetic import exchanged
from course_tools.mutation.code import Code, Edit, called

AUGMENTED = {ast.Add: ("+=", "-="), ast.Sub: ("-=", "+="), ast.Mult: ("*=", "/="), ast.Div: ("/=", "*=")}
ELSEWHERE = ("dim", "axis", "keepdim", "keepdims", "dtype", "correction", "unbiased")  # keywords with an own operator
MOST_NAMES, MOST_ALIKE = 6, 2  # other names tried in the place of one


def line(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A line dropped, += as = or -=, two lines exchanged, an assignment of several names made one by one."""
    if isinstance(node, ast.Break | ast.Continue) or (_is_simple(node) and _bound_elsewhere(node, code)):
        yield dropped(node, code)
    if isinstance(node, ast.AugAssign) and type(node.op) in AUGMENTED:
        old, other = AUGMENTED[type(node.op)]
        for new in ("=", other):
            yield code.token(node, node.target, node.value, old, new)
    if isinstance(node, ast.For | ast.While | ast.FunctionDef | ast.If):
        yield from _exchanged_lines(node.body, code)
    if isinstance(node, ast.Assign):
        yield from _one_by_one(node, code)


def dropped(node: ast.AST, code: Code) -> Edit:
    """The edit that leaves a statement out; a comment tells it from others that are left out."""
    return code.replace(node, f"pass  # {code.text(node).splitlines()[0]}")


def _is_simple(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign | ast.AugAssign | ast.Expr)


def _bound_elsewhere(node: ast.AST, code: Code) -> bool:
    """Whether all names still have a value without this line; else leaving it out is no slip, only an error."""
    targets = node.targets if isinstance(node, ast.Assign) else []
    names = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names <= set(code.bound_before(node))


def _exchanged_lines(body: list[ast.stmt], code: Code) -> Iterator[Edit]:
    """Two neighbouring lines exchanged, of which one needs what the other changes."""
    for first, second in pairwise(body):
        needed = _stored(first) & _names(second) or _stored(second) & _names(first)
        if needed and _is_simple(first) and _is_simple(second) and _bound_elsewhere(first, code):
            between = code.data[code.end(first) : code.start(second)].decode()
            text = f"{code.text(second)}{between}{code.text(first)}"
            yield Edit(code.start(first), code.end(second), text, first)


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _stored(node: ast.AST) -> set[str]:
    """The names that an assignment changes, whole or in places."""
    if isinstance(node, ast.AugAssign):
        return {_root(node.target)}
    found = [t for target in node.targets for t in _parts(target)] if isinstance(node, ast.Assign) else []
    return {_root(target) for target in found}


def _parts(target: ast.expr) -> list[ast.expr]:
    return target.elts if isinstance(target, ast.Tuple | ast.List) else [target]


def _root(target: ast.expr) -> str:
    """The name `x` of a target such as x, x[i] or x.y[i]."""
    while isinstance(target, ast.Subscript | ast.Attribute | ast.Starred):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def _one_by_one(node: ast.Assign, code: Code) -> Iterator[Edit]:
    """`a, b = b, a + b` as `a = b; b = a + b`, where that is something else."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        pairs = list(zip(target.elts, value.elts, strict=True))
        if any(_names(t) & _names(v) for i, (t, _) in enumerate(pairs) for _, v in pairs[i + 1 :]):
            yield code.replace(node, "; ".join(f"{code.text(t)} = {code.text(v)}" for t, v in pairs))


def argument(node: ast.AST, code: Code) -> Iterator[Edit]:
    """Two arguments exchanged (items of a list, base and exponent too), or a keyword dropped."""
    if isinstance(node, ast.Call):
        yield from exchanged(node.args, node, code)
        for k in node.keywords:
            if k.arg not in ELSEWHERE:
                kept = [code.text(a) for a in (*node.args, *node.keywords) if a is not k]
                yield code.call(node, kept)
    elif isinstance(node, ast.List):
        yield from exchanged(node.elts, node, code)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        yield code.replace(node, f"{code.wrapped(node.right)} ** {code.wrapped(node.left)}")


def control(node: ast.AST, code: Code) -> Iterator[Edit]:
    """A branch always or never taken, a way out of a loop or a branch dropped."""
    if isinstance(node, ast.If | ast.While):
        yield code.replace(node.test, f"False and {code.wrapped(node.test)}")
        if isinstance(node, ast.If):
            yield code.replace(node.test, f"True or {code.wrapped(node.test)}")
    elif isinstance(node, ast.IfExp):
        yield code.replace(node, code.text(node.body))
        yield code.replace(node, code.text(node.orelse))
    elif isinstance(node, ast.Return) and _more_than_this(code.parents[node]):
        yield dropped(node, code)


def _more_than_this(above: ast.AST) -> bool:
    """Whether a branch or loop holds more than its `return`; if not, without it is the same as never taken."""
    return isinstance(above, ast.If | ast.For | ast.While) and len(above.body) > 1


def variable(node: ast.AST, code: Code, alike: Mapping[str, set[str]] | None) -> Iterator[Edit]:
    """Another name that has a value there: of the same kind, if it is known which are `alike`, the nearest first."""
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or _asked_for_its_form(node, code):
        return
    bound = code.bound_before(node)
    if node.id in bound:
        others = [n for n in bound if n not in (node.id, "_") and (alike is None or n in alike.get(node.id, ()))]
        others.sort(key=lambda other: _distance(bound, node.id, other))
        for other in others[: MOST_NAMES if alike is None else MOST_ALIKE]:
            yield code.replace(node, other)


def _asked_for_its_form(node: ast.Name, code: Code) -> bool:
    """Whether a name is called, or only asked for its length or type: any other of its shape gives the same."""
    above = code.parents[node]
    if isinstance(above, ast.Attribute):
        return above.attr in ("dtype", "numel", "device")
    return called(above) in (node.id, "len", "zeros_like", "ones_like", "empty_like")


def _distance(bound: Mapping[str, int], name: str, other: str) -> tuple[bool, int]:
    """How far apart two names got their values: in another line is further than anywhere in the same."""
    places = list(bound)
    return bound[name] != bound[other], abs(places.index(name) - places.index(other))
