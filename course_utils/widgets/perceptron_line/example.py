"""What the tests do with PerceptronLine."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from traitlets import TraitError

from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused
from course_utils.widgets.perceptron_line import PerceptronLine

POINTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
CODE = "return { answers: m.answers(x), region: m.region(x), foot: m.foot(x) }"


def equal() -> Iterator[Equal]:
    """The answers to the four points; the shaded side; the foot, which lies on the line."""
    for w1, w2, b in np.random.default_rng(0).uniform(-2, 2, (20, 3)).tolist():
        argument = {"w1": w1, "w2": w2, "b": b}
        yield Equal(CODE, argument, partial(pairs, w=np.array([w1, w2]), b=b), atol=1e-9)


def pairs(got: dict[str, Any], w: np.ndarray, b: float) -> list[tuple[Any, Any]]:
    shaded = np.array(got["region"]).reshape(-1, 2) @ w + b > -1e-9
    return [(got["answers"], POINTS @ w + b >= 0), (np.dot(got["foot"], w) + b, 0), (shaded, np.ones(len(shaded)))]


EXAMPLE = Example(
    make=PerceptronLine,
    keys=[
        Press("slider", "move the line", "ArrowUp Shift+ArrowRight", says="of 4 right"),
        Press("slider", "turn the line", "Shift+ArrowUp", says="of 4 right"),
        Press("button", "XOR", "Enter", says="of 4 right"),
        Press("slider", "b", "Home", says="− 3.00 ≥ 0"),
    ],
    pointer=[Drag("slider", "move the line", 40, -30), Drag("slider", "turn the line", 9, 50)],
    bad=[
        Bad({"w1": None}, "w1 holds a value that is not a finite number"),
        Bad({"table": "nor"}, "The table nor is not one of and"),
    ],
    refused=[
        Refused(TraitError, "inf", lambda: PerceptronLine(w1=float("inf"))),
        Refused(TraitError, "b is nan; give a finite number", lambda: PerceptronLine(b=float("nan"))),
    ],
    equal=equal,
)
