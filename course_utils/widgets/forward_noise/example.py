"""What the tests do with ForwardNoise."""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor
from traitlets import TraitError

from course_utils.widgets.forward_noise import ForwardNoise
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap

ALPHA = "return ['cosine', 'linear'].map((name) => m.alphaBar(name, x.T));"
MIX = "return [...m.mixed(x.x0, x.noise, x.share)];"


def alpha_bar(name: str, T: int) -> Tensor:
    """The schedule as torch computes it, from the products of 1 - beta."""
    if name == "linear":
        beta = torch.linspace(0.1 / T, min(20 / T, 0.999), T, dtype=torch.float64)
    else:
        u = torch.arange(T + 1, dtype=torch.float64) / T
        f = ((u + 0.008) / 1.008 * math.pi / 2).cos() ** 2
        beta = (1 - f[1:] / f[:-1]).clamp(max=0.999)
    return torch.cat([torch.ones(1).double(), (1 - beta).cumprod(dim=0)])


def equal() -> Iterator[Equal]:
    """Both schedules, one of them with a beta that is cut off; the mixture."""
    for T in (13, 200):
        want = [alpha_bar(name, T) for name in ("cosine", "linear")]
        yield Equal(ALPHA, {"T": T}, partial(zip, want), rtol=1e-9, atol=1e-13)
    rng = torch.Generator().manual_seed(2)
    x0, noise = torch.randn(2, 7, generator=rng, dtype=torch.float64)
    argument = {"x0": x0.tolist(), "noise": noise.tolist(), "share": 0.3}
    yield Equal(MIX, argument, lambda got: [(got, 0.3**0.5 * x0 + 0.7**0.5 * noise)])


def example(**traits: Any) -> ForwardNoise:
    rng = torch.Generator().manual_seed(1)
    picture = torch.rand(3, 5, 7, generator=rng)
    return ForwardNoise(picture, torch.randn(40, 2, generator=rng), **traits)


EXAMPLE = Example(
    make=example,
    keys=[
        Press("slider", "step t", "ArrowRight ArrowRight", says="t = 42 of 200, cosine schedule"),
        Press("button", "linear", "Enter", says="linear schedule"),
        Press("button", "new noise", "Enter", says="noise number 2"),
        Press("slider", "step t", "Home", says="signal-to-noise ratio without limit"),
    ],
    pointer=[Drag("slider", "step t", 40, 0), Tap("button", "new noise"), Tap("button", "linear")],
    bad=[
        Bad({"step": 201}, "must lie between"),
        Bad({"size": [3, 8, 8]}, "do not fit a picture"),
        Bad({"schedule": "square"}, "not one of"),
    ],
    refused=[
        Refused(TraitError, "has 200 steps", lambda: example(step=201)),
        Refused(WidgetError, "give (1, height, width)", lambda: ForwardNoise(torch.rand(5, 7), torch.rand(4, 2))),
        Refused(WidgetError, "give (m, 2)", lambda: ForwardNoise(torch.rand(3, 5, 7), torch.rand(4, 3))),
        Refused(
            WidgetError, "not a finite", lambda: ForwardNoise(torch.rand(3, 5, 7), torch.full((4, 2), torch.nan))
        ),
    ],
    equal=equal,
)
