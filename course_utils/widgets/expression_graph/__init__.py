"""The expression graph: a scalar formula that steps forward (values) and backward (gradients)."""

import ast
from typing import Any, Self

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget, WidgetError, finite

__all__ = ["ExpressionGraph"]

ARITY = {"+": 2, "-": 2, "*": 2, "/": 2, "**": 2, "neg": 1, "tanh": 1, "exp": 1, "log": 1, "relu": 1, "sigmoid": 1}
FUNCTIONS = ("tanh", "exp", "log", "relu", "sigmoid")
OPERATORS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
MOST_NODES = 24

Tape = list[dict[str, Any]]


class ExpressionGraph(CourseWidget):
    """Teaches backpropagation: each node needs only its own slope and the gradient that arrives from above.

    `tape` lists the nodes in the order of computation; the last one is the output. A leaf is
    ``{"name": "w", "value": 2.0}`` (and, if you like, "min" and "max" of its slider), an operation is
    ``{"name": "u", "op": "*", "inputs": ["w", "x"]}``; an input is the name of an earlier node, or a number.
    Operations: + - * / ** neg tanh exp log relu sigmoid; the exponent of ** is a number.

    `leaves` holds the present values of the leaves and `step` how many steps were taken; both change when the
    reader moves something, and may be set. Raises WidgetError when the tape is not one.
    """

    title = t.Unicode("Forward, then backward").tag(sync=True)
    hint = t.Unicode("Step through it, then move a leaf: which gradients change, and why?").tag(sync=True)
    tape = t.List(t.Dict()).tag(sync=True, max=MOST_NODES)
    leaves = t.Dict().tag(sync=True)
    step = t.Int(0).tag(sync=True)

    def __init__(self, tape: Tape, **traits: Any):
        checked = check_tape(tape)
        leaves = {node["name"]: node["value"] for node in checked if "op" not in node}
        super().__init__(tape=checked, leaves=leaves, **traits)

    @classmethod
    def from_expression(cls, expression: str, **leaves: float) -> Self:
        """The graph of a formula, e.g. ``from_expression("z = w*x + b; L = (z - y)**2", w=2, x=3, b=1, y=5)``.

        Parts that are given a name with ``=`` keep it; the others are called u1, u2, ... and the last one L.
        Raises WidgetError when the formula uses anything but + - * / **, tanh, exp, log, relu, sigmoid, names and
        numbers.
        """
        return cls(tape_of(expression, leaves))


def tape_of(expression: str, leaves: dict[str, float]) -> Tape:
    """The tape of a formula. Raises WidgetError when it cannot be read."""
    try:
        statements = ast.parse(expression.strip()).body
    except SyntaxError:
        raise WidgetError(f"{expression!r} is not a formula that Python can read") from None
    writer = _Writer(leaves)
    for i, statement in enumerate(statements):
        writer.statement(statement, last=i == len(statements) - 1)
    if unused := leaves.keys() - writer.used:
        raise WidgetError(f"the formula does not use {', '.join(sorted(unused))}")
    return writer.tape


class _Writer:
    """Walks a formula and appends a node for each leaf and operation."""

    def __init__(self, leaves: dict[str, float]):
        self.leaves, self.used = leaves, set[str]()
        self.tape: Tape = []

    def statement(self, statement: ast.stmt, last: bool) -> None:
        if isinstance(statement, ast.Expr):
            self.operation(statement.value, "L" if last else self.fresh())
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            self.operation(statement.value, statement.targets[0].id)
        else:
            raise WidgetError(f"{ast.unparse(statement)!r} is not a formula; write for example z = w*x + b")

    def operation(self, node: ast.expr, name: str | None = None) -> str:
        """Append the node of an operation and return its name."""
        op, parts = _operation(node)
        inputs = [self.operand(part) for part in parts]
        name = name or self.fresh()
        self.tape.append({"name": name, "op": op, "inputs": inputs})
        return name

    def operand(self, node: ast.expr) -> str | float:
        """An input of an operation: a number, a leaf, or the name of the operation that computes it."""
        if (number := _number(node)) is not None:
            return number
        return self.name(node.id) if isinstance(node, ast.Name) else self.operation(node)

    def name(self, name: str) -> str:
        """A name in the formula: a part that was computed before, or a leaf."""
        if all(node["name"] != name for node in self.tape):
            if name not in self.leaves:
                raise WidgetError(f"{name} has no value; give one, for example {name}=1.0")
            self.tape.append({"name": name, "value": self.leaves[name]})
            self.used.add(name)
        return name

    def fresh(self) -> str:
        taken = {node["name"] for node in self.tape} | self.leaves.keys()
        return next(f"u{i}" for i in range(1, 1000) if f"u{i}" not in taken)


def _number(node: ast.expr) -> float | None:
    """The value of a literal, also of one with a minus sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    return None


def _operation(node: ast.expr) -> tuple[str, list[ast.expr]]:
    """The operation of a syntax node and its operands. Raises WidgetError when it is not one of ours."""
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)], [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return "neg", [node.operand]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        return node.func.id, list(node.args)
    usable = "+ - * / **, " + ", ".join(FUNCTIONS) + ", names and numbers"
    raise WidgetError(f"{ast.unparse(node)!r} cannot be drawn; use {usable}")


def check_tape(tape: Tape) -> Tape:
    """The tape with each leaf's value and slider range filled in. Raises WidgetError when it is not a tape."""
    if not 0 < len(tape) <= MOST_NODES:
        raise WidgetError(f"the tape has {len(tape)} nodes; it needs between 1 and {MOST_NODES}")
    known: set[str] = set()
    checked = []
    for node in tape:
        name = node.get("name")
        if not isinstance(name, str) or name in known:
            raise WidgetError(f"every node needs a name of its own; {name!r} is not one")
        checked.append(_check_operation(node, known) if "op" in node else _check_leaf(node))
        known.add(name)
    if "op" not in checked[-1]:
        raise WidgetError("the last node of the tape is the output; it must be an operation")
    return checked


def _check_leaf(node: dict[str, Any]) -> dict[str, Any]:
    name = node["name"]
    value = finite(name, node.get("value"))
    low, high = finite(f"min of {name}", node.get("min", min(-5, value))), node.get("max", max(5, value))
    if not low <= value <= finite(f"max of {name}", high) or low == high:
        raise WidgetError(f"{name} is {value:g}; it must lie between its min {low:g} and its max {high:g}")
    return {"name": name, "value": value, "min": low, "max": float(high)}


def _check_operation(node: dict[str, Any], known: set[str]) -> dict[str, Any]:
    name, op, inputs = node["name"], node["op"], list(node.get("inputs", []))
    if op not in ARITY:
        raise WidgetError(f"{name} uses the operation {op!r}; use one of {' '.join(ARITY)}")
    if len(inputs) != ARITY[op]:
        raise WidgetError(f"{name} has {len(inputs)} inputs; {op} takes {ARITY[op]}")
    for i, value in enumerate(inputs):
        if isinstance(value, str) and value not in known:
            raise WidgetError(f"{name} uses {value} before it is on the tape")
        if not isinstance(value, str):
            inputs[i] = finite(f"an input of {name}", value)
    if op == "**" and isinstance(inputs[1], str):
        raise WidgetError(f"{name} has {inputs[1]} as exponent; the exponent must be a number")
    return {"name": name, "op": op, "inputs": inputs}
