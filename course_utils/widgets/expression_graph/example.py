"""What the tests do with ExpressionGraph."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.widgets.expression_graph import ExpressionGraph
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap

FORMULAS = [
    "(w*x + b - y)**2",
    "z = w*x + b; a = sigmoid(z); L = (a - y)**2",
    "L = -(y*log(sigmoid(w*x + b)) + 0.3*log(1 - sigmoid(w*x + b)))",
    "relu(w*x) - relu(-b) + tanh(x*x) / (y + 7)",
    "exp(w - b) * x**3 - y**-2 + w*w*w + 2**2",
]
CODE = "const n = m.readTape(x[0]); return m.compute(n, x[1], m.plan(n).length);"
TORCH: dict[str, Callable[..., Tensor]] = {
    "+": torch.add, "-": torch.sub, "*": torch.mul, "/": torch.div, "**": torch.pow, "neg": torch.neg,
    "tanh": torch.tanh, "exp": torch.exp, "log": torch.log, "relu": torch.relu, "sigmoid": torch.sigmoid,
}  # fmt: skip


def equal() -> Iterator[Equal]:
    """Every value and every gradient of five formulas, by autograd."""
    for formula in FORMULAS:
        rng = np.random.default_rng(3)
        for _ in range(5):
            leaves = dict(zip("wxby", (rng.uniform(0.2, 2, 4) * rng.choice([-1, 1], 4)).tolist(), strict=True))
            graph = ExpressionGraph.from_expression(formula, **leaves)
            yield Equal(CODE, [graph.tape, graph.leaves], partial(pairs, tape=graph.tape))


def pairs(got: dict[str, Any], tape: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
    nodes = autograd(tape)
    # a node of constants alone learns nothing; torch says None, the widget shows what arrives
    learned = [(a, b.grad) for a, b in zip(got["gradients"], nodes, strict=True) if b.grad is not None]
    ours, theirs = zip(*learned, strict=True)
    values = [node.item() for node in nodes]
    return [(got["values"], values), (ours, [g.item() for g in theirs]), (len(ours) >= 8, True)]


def autograd(tape: list[dict[str, Any]]) -> list[Tensor]:
    """The nodes of a tape as tensors, with their gradients."""
    nodes: dict[str, Tensor] = {}
    for node in tape:
        if "op" not in node:
            nodes[node["name"]] = torch.tensor(node["value"], dtype=torch.float64, requires_grad=True)
            continue
        inputs = [nodes[i] if isinstance(i, str) else torch.tensor(i, dtype=torch.float64) for i in node["inputs"]]
        nodes[node["name"]] = TORCH[node["op"]](*inputs)
        if nodes[node["name"]].requires_grad:
            nodes[node["name"]].retain_grad()
    list(nodes.values())[-1].backward()
    return list(nodes.values())


EXAMPLE = Example(
    make=lambda: ExpressionGraph.from_expression("(w*x + b - y)**2", w=2, x=3, b=1, y=5),
    keys=[
        Press("button", "End", "Enter", says="∂L/∂w += "),
        Press("slider", "w", "Home", says="∂L/∂w += "),
        Press("button", "Back", "Enter", says="∂L/∂u1 += "),
    ],
    pointer=[Tap("button", "Step"), Drag("slider", "x", 30, 0)],
    bad=[
        Bad({"tape": []}, "The tape is empty"),
        Bad({"tape": [{"name": f"n{i}", "value": 1} for i in range(5000)]}, "5000 nodes"),
        Bad({"tape": [{"name": f"n{i}", "value": 1} for i in range(25)]}, "25 nodes; this widget shows at most 24"),
        Bad({"leaves": {"w": None, "x": 1, "b": 1, "y": 1}}, "The leaf w holds a value that is not a finite number"),
        Bad({"step": 99}, "must lie between"),
    ],
    refused=[
        Refused(WidgetError, "is not a formula", lambda: ExpressionGraph.from_expression("w *", w=1)),
        Refused(WidgetError, "0 nodes", lambda: ExpressionGraph([])),
        Refused(WidgetError, "has 40 nodes", lambda: ExpressionGraph.from_expression("+".join("w" * 40), w=1)),
    ],
    equal=equal,
    plays="∂L/∂w",
)
