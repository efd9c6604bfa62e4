"""What the tests do with AttackedPhoto."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from traitlets import TraitError

from course_utils.widgets.attacked_photo import SIZES, AttackedPhoto, changed, random_signs
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap

NAMES = ["a slope", "a disc", "a stripe", "a square", "a cross", "a wave", "an unusually long name of a class"]
TALL, WIDE = 30, 44


def picture() -> Tensor:
    """A bright disc on a slope of colours.   -> (3, h, w)"""
    y, x = torch.meshgrid(torch.arange(TALL), torch.arange(WIDE), indexing="ij")
    slope = torch.stack([0.1 + 0.8 * x / WIDE, 0.2 + 0.5 * y / TALL, 0.7 - 0.3 * x / WIDE])
    return torch.where((y - 17) ** 2 + (x - 15) ** 2 < 60, 0.97, slope)


def matrix() -> Tensor:
    return torch.randn(7, 3 * TALL * WIDE, generator=torch.Generator().manual_seed(1)) / 3


def linear(pictures: Tensor) -> Tensor:
    """Logits: a linear map of the pictures, with the second class first on the example."""
    bias = torch.zeros(7)
    bias[1] = 30.0
    scores = pictures.flatten(1).float() @ matrix().T
    return scores - picture().flatten() @ matrix().T + bias / 10


def example(**traits: Any) -> AttackedPhoto:
    rows = matrix()
    attacks = {
        "away": lambda x: x + (rows[4] - rows[1]).view(3, TALL, WIDE),
        "to the stripe": lambda x: x + 0.02 * (rows[2] - rows[1]).view(3, TALL, WIDE),
    }
    return AttackedPhoto(picture(), linear, NAMES, attacks, label=1, target=2, **traits)


CODE = """
  const signs = m.signsOf(Uint8Array.from(x.bits), x.count);
  const pixels = Uint8Array.from(x.pixels);
  const found = x.sizes.map((size) => m.changed(pixels, signs, size));
  return { signs: [...signs], random: [...m.randomSigns(x.count)], found: found.map((row) => [...row]),
           measured: found.map((row) => Object.values(m.measured(pixels, row))) };"""


def equal() -> Iterator[Equal]:
    """Signs from bits and from a seed, the pictures, and the three measures of the change."""
    for seed, count in ((1, 1003), (2, 64)):
        rng = np.random.default_rng(seed)
        pixels, signs = rng.integers(0, 256, count), rng.choice([-1, 1], count)
        pixels[:9] = [0, 255, 1, 254, 3, 250, 0, 255, 128]
        bits = np.packbits(signs > 0, bitorder="little")
        argument = {"bits": bits.tolist(), "pixels": pixels.tolist(), "count": count, "sizes": list(SIZES[1:])}
        yield Equal(CODE, argument, partial(pairs, pixels=pixels.astype(np.uint8), signs=signs))


def pairs(got: Any, pixels: np.ndarray, signs: np.ndarray) -> Iterator[tuple[Any, Any]]:
    yield got["signs"], signs
    yield got["random"], random_signs(len(pixels))
    for size, there, numbers in zip(SIZES[1:], got["found"], got["measured"], strict=True):
        want = changed(pixels, signs, size)
        yield there, want
        d = (want.astype(float) - pixels) / 255
        yield numbers, [np.abs(d).max(), np.sqrt((d**2).sum()), 10 * np.log10(1 / (d**2).mean())]


def given(**arguments: Any) -> AttackedPhoto:
    """With other arguments than those that fit."""
    known: dict[str, Any] = {
        "image": picture(),
        "network": linear,
        "names": NAMES,
        "attacks": {"up": lambda x: x + 1},
    }
    return AttackedPhoto(**(known | {"label": 1} | arguments))


EXAMPLE = Example(
    make=example,
    keys=[
        Press("slider", "ε", "End", says="away, ε = 32/255: "),
        Press("button", "to the stripe", "Enter", says="a stripe"),
        Press("button", "random signs", "Enter", says="random signs, ε = 32/255: a disc"),
        Press("slider", "ε", "Home", says="The picture is the photograph itself."),
    ],
    pointer=[Drag("slider", "ε", 40, 0), Tap("button", "random signs"), Drag("slider", "ε", -30, 0)],
    bad=[
        Bad({"direction": 2, "directions": ["away"]}, "do not fit"),
        Bad({"shape": [3, 30, 45]}, "do not fit"),
        Bad({"sizes": [0, 1]}, "do not fit"),
        Bad({"photo": None}, "not a finite number"),
        Bad({"answers": [[]]}, "do not fit"),
        Bad({"label": 9}, "do not hold the true class 9"),
    ],
    refused=[
        Refused(WidgetError, "give (3, height, width)", lambda: given(image=torch.rand(1, TALL, WIDE))),
        Refused(WidgetError, "outside 0..1; divide bytes by 255", lambda: given(image=2 * picture())),
        Refused(WidgetError, "give 1 to 192", lambda: given(image=torch.rand(3, 20, 224))),
        Refused(WidgetError, "give a dict of 1 to 2", lambda: given(attacks={})),
        Refused(WidgetError, "it was given (1, 3, 30, 44)", lambda: given(attacks={"up": lambda x: x[0]})),
        Refused(WidgetError, "it has no direction", lambda: given(attacks={"up": lambda x: x})),
        Refused(WidgetError, "'up' gives a picture with a value", lambda: given(attacks={"up": lambda x: x / 0})),
        Refused(WidgetError, "label is 7; there are 7 classes", lambda: given(label=7)),
        Refused(WidgetError, "target is -1; there are 7", lambda: given(target=-1)),
        Refused(WidgetError, "6 names need (1, 6)", lambda: given(names=NAMES[:6])),
        Refused(WidgetError, "answer is not a finite", lambda: given(network=lambda x: linear(x) * torch.nan)),
        Refused(TraitError, "should not be greater than 10", lambda: given(at=11)),
    ],
    equal=equal,
)
