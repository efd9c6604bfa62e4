"""What the tests do with GradientDepth."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import torch
from traitlets import TraitError

from course_utils.widgets.gradient_depth import GradientDepth
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap

STDS = {
    "0.01": 0.01,
    "0.1": 0.1,
    "xavier": math.sqrt(2 / (48 + 48)),
    "he": math.sqrt(2 / 48),
    "large": 11 / math.sqrt(48),
}
CASES = list(itertools.product(STDS, ("sigmoid", "tanh", "relu")))
CODE = """
  const { weights, input, last } = m.draws(5, 12);
  const norms = ([std, activation]) => m.gradientNorms(weights, input, last, 12, std, activation);
  const stds = x.map(([start]) => m.spreadOf(start, 48));
  return { stds, norms: x.map(([, activation], i) => norms([stds[i], activation])),
           weights: Array.from(weights), input: Array.from(input), last: Array.from(last) };"""


def equal() -> Iterator[Equal]:
    """The size of the gradient at each of twelve layers, by torch."""
    yield Equal(CODE, CASES, pairs)


def pairs(got: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    normal = torch.tensor(got["weights"], dtype=torch.float64).reshape(12, 48, 48)
    for (start, activation), std, norms in zip(CASES, got["stds"], got["norms"], strict=True):
        layers = [torch.tensor(got["input"], dtype=torch.float64).requires_grad_()]
        for W in normal * std:
            layers.append(getattr(torch, activation)(W @ layers[-1]))
        gradients = torch.autograd.grad(layers[-1], layers, torch.tensor(got["last"], dtype=torch.float64))
        yield abs(std / STDS[start] - 1) < 1e-12, True
        yield norms, [g.norm().item() for g in gradients]
        yield norms[-1], 1.0


EXAMPLE = Example(
    make=GradientDepth,
    keys=[
        Press("slider", "depth", "End", says="size 1 at layer 50"),
        Press("button", "tanh", "Enter", says="it has size: tanh"),
        Press("button", "std 0.1", "Enter", says="tanh"),
        Press("button", "New weights", "Enter", says="tanh"),
    ],
    pointer=[Drag("slider", "depth", 40, 0), Tap("button", "He")],
    bad=[
        Bad({"depth": None}, "The depth holds a value that is not a finite number"),
        Bad({"depth": 1e9}, "must lie between"),
        Bad({"start": "?"}, "The start ? is not one of 0.01"),
    ],
    refused=[
        Refused(TraitError, "should not be greater than 50", lambda: GradientDepth(depth=51)),
        Refused(
            TraitError, "expected any of ['0.01', '0.1', 'xavier', 'he', 'large']", lambda: GradientDepth(start="big")
        ),
    ],
    equal=equal,
)
