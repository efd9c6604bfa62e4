"""What the tests do with UnrolledGradient."""

import itertools
from collections.abc import Iterator
from typing import Any

import torch
from traitlets import TraitError

from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.unrolled_gradient import UnrolledGradient

SLOPED = {"linear": lambda z: z, "tanh": torch.tanh, "relu": torch.relu}
CASES = list(itertools.product((0.7, 1.3), SLOPED))
CODE = """
  const drawn = m.draws(5, 12);
  const sizes = x.map(([radius, kind]) => m.gradientSizes(drawn, radius, 11, 0.8, kind));
  return { sizes, radius: m.spectralRadius([0, -2, 0, 3, 0, 0, 1, 1, 0.5], 3), U: Array.from(drawn.U),
           inputs: Array.from(drawn.inputs), last: Array.from(drawn.last) };"""


def equal() -> Iterator[Equal]:
    """The spectral radius, and the size of the gradient at each of eleven steps, by torch."""
    yield Equal(CODE, CASES, pairs)


def pairs(got: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    U = torch.tensor(got["U"], dtype=torch.float64).reshape(24, 24)
    x, last = (torch.tensor(got[name], dtype=torch.float64) for name in ("inputs", "last"))
    yield torch.linalg.eigvals(U).abs().max().item(), 1.0
    yield got["radius"], 6**0.5
    for (radius, kind), sizes in zip(CASES, got["sizes"], strict=True):
        states = [torch.zeros(24, dtype=torch.float64, requires_grad=True)]
        for x_t in x.reshape(12, 24)[:11]:
            states.append(SLOPED[kind](radius * U @ states[-1] + 0.8 * x_t))
        gradients = torch.autograd.grad(states[-1], states, last)
        yield sizes, [g.norm().item() for g in gradients]
        yield sizes[-1], 1.0


EXAMPLE = Example(
    make=UnrolledGradient,
    keys=[
        Press("slider", "spectral radius", "Home", says="It vanishes"),
        Press("button", "none (linear)", "Enter", says="spectral radius is 0.20"),
        Press("slider", "spectral radius", "End", says="It explodes"),
        Press("slider", "steps", "End", says="From step 40"),
        Press("button", "New weights", "Enter", says="From step 40"),
        Press("button", "tanh", "Enter", says="From step 40"),
        Press("slider", "size of the inputs", "Home", says="From step 40"),
    ],
    pointer=[Drag("slider", "spectral radius", -30, 0), Tap("button", "ReLU")],
    bad=[
        Bad({"radius": None}, "The spectral radius holds a value that is not a finite number"),
        Bad({"steps": 1e9}, "must lie between"),
        Bad({"activation": "?"}, "The activation ? is not one of linear"),
    ],
    refused=[
        Refused(TraitError, "should not be greater than 40", lambda: UnrolledGradient(steps=41)),
        Refused(TraitError, "expected any of ['linear', 'tanh', 'relu']", lambda: UnrolledGradient(activation="elu")),
    ],
    equal=equal,
)
