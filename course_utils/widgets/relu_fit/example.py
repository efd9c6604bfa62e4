"""What the tests do with ReluFit."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from traitlets import TraitError

from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.relu_fit import ReluFit

CODE = """
  const f = (t) => Math.sin(3 * t) + 0.3 * Math.cos(9 * t), net = m.fit(f, x);
  return { mse: m.meanSquaredError(f, net), at: [-2, -0.7, 0.3, 1.9].map((t) => m.evaluate(net, t)) };"""


def waves(x: np.ndarray) -> np.ndarray:
    return np.sin(3 * x) + 0.3 * np.cos(9 * x)


def equal() -> Iterator[Equal]:
    """The network is the curve's linear interpolant at its knots."""
    for n in (1, 5, 33):
        yield Equal(CODE, n, partial(pairs, n=n))


def pairs(got: dict[str, Any], n: int) -> list[tuple[Any, Any]]:
    knots, xs = np.linspace(-2, 2, n + 1), np.linspace(-2, 2, 401)
    at = np.interp([-2, -0.7, 0.3, 1.9], knots, waves(knots))
    mse = np.mean((np.interp(xs, knots, waves(knots)) - waves(xs)) ** 2)
    return [(got["at"], at), (got["mse"], mse)]


EXAMPLE = Example(
    make=ReluFit,
    keys=[
        Press("slider", "hidden ReLUs", "End", says="60 hidden units, 181 parameters"),
        Press("button", "step", "Enter", says="60 hidden units"),
    ],
    pointer=[Drag("slider", "hidden ReLUs", 30, 0), Tap("button", "parabola")],
    bad=[Bad({"units": 1e6}, "must lie between"), Bad({"target": "?"}, "not one of waves")],
    refused=[Refused(TraitError, "should not be less than 1", lambda: ReluFit(units=0))],
    equal=equal,
)
