"""What the tests do with ClassMaps."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.widgets.class_maps import ClassMaps, eight_bits
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap

MAP = "The map: choose a place with the pointer or the arrow keys"
NAMES = ["left half", "lower edge", "nowhere"]


def picture(height: int = 60, width: int = 80) -> Tensor:
    """A bright disc on a slope of grey.   -> (3, h, w)"""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    slope = 0.2 + 0.4 * x / width
    disc = (y - 0.6 * height) ** 2 + (x - 0.3 * width) ** 2 < (0.2 * height) ** 2
    return torch.where(disc, 0.9, slope).expand(3, -1, -1)


def head() -> tuple[Tensor, Tensor, Tensor]:
    """Feature maps (5, 6, 8), weights (3, 5) and biases (3,): the third class has no value above zero."""
    rng = torch.Generator().manual_seed(9)
    maps = F.interpolate(torch.randn(1, 5, 3, 4, generator=rng), size=(6, 8), mode="bilinear")[0].clamp(min=0)
    maps[0, :, :4] += 1.5
    maps[1, 4:] += 2.0
    weights = torch.randn(3, 5, generator=rng) / 4
    weights[0, 0], weights[1, 1] = 2.0, 1.5
    weights[2] = -weights[2].abs()
    return maps, weights, torch.tensor([0.25, -0.5, -1.0])


def example(**traits: Any) -> ClassMaps:
    return ClassMaps(picture(), *head(), NAMES, **traits)


CODE = """
  const { levels, shape, weights, constants, size, level } = x;
  const maps = constants.map((_, c) => m.classMap(levels, shape, weights, constants, c));
  const fine = maps.map((map) => m.upsampled(map, shape.slice(1), size));
  return { maps: maps.map((map) => [...map]), fine: fine.map((map) => [...map]),
           boxes: fine.map((map) => Object.values(m.largestBox(map, size, level) ?? {})) };"""


def equal() -> Iterator[Equal]:
    """The weighted sums of the feature maps in 8 bits; bilinear as torch's; the box as a flood gives it."""
    for seed, (k, i, j), size, level in ((1, (7, 5, 4), [23, 31], 0.3), (2, (3, 6, 9), [40, 17], -0.2)):
        rng = np.random.default_rng(seed)
        maps, W = rng.normal(size=(k, i, j)), rng.normal(size=(2, k))
        low, step, levels = eight_bits(maps)
        argument = {"levels": levels.ravel().tolist(), "shape": [k, i, j], "weights": (W * step).ravel().tolist()}
        argument |= {"constants": (W @ low).tolist(), "size": size, "level": level}
        yield Equal(CODE, argument, partial(pairs, maps=maps, W=W, size=size, level=level), atol=2e-5, rtol=1e-5)
    boxes = [{"left": 2, "top": 1, "width": 5, "height": 4}, {"left": 4, "top": 3, "width": 6, "height": 3}]
    yield Equal("return m.overlap(...x)", boxes, lambda got: [(got, 6 / 32)])


def pairs(got: Any, maps: np.ndarray, W: np.ndarray, size: list[int], level: float) -> list[tuple[Any, Any]]:
    """The page's against torch's: from the maps in 8 bits closely, from the maps themselves within their rounding."""
    low, step, levels = eight_bits(maps)
    rounded = low[:, None, None] + step[:, None, None] * levels
    want, true = (np.tensordot(W, each, 1) for each in (rounded, maps))
    fine = F.interpolate(torch.tensor(want)[None], size=size, mode="bilinear", align_corners=False)[0].numpy()
    there = np.array(got["maps"]).reshape(want.shape)
    slack = (np.abs(W) @ step / 2)[:, None, None]
    near = np.where(np.abs(there - true) <= slack + 1e-9, true, np.nan)
    return [
        (there, want),
        (near, true),
        (got["fine"], fine.reshape(len(W), -1)),
        (got["boxes"], [flooded(each > level) for each in fine]),
    ]


def flooded(above: np.ndarray) -> list[int]:
    """(left, top, width, height) of the largest region whose pixels share sides, by spreading it until it stays."""
    best, rest = np.zeros_like(above), above.copy()
    while rest.any():
        region = np.zeros_like(above)
        region[np.unravel_index(rest.argmax(), rest.shape)] = True
        size = 0
        while region.sum() > size:
            size = region.sum()
            grown = np.pad(region, 1)
            near = grown[:-2, 1:-1] | grown[2:, 1:-1] | grown[1:-1, :-2] | grown[1:-1, 2:]
            region |= near & above
        rest &= ~region
        if region.sum() > best.sum():
            best = region
    rows, columns = np.flatnonzero(best.any(1)), np.flatnonzero(best.any(0))
    return [int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1]


EXAMPLE = Example(
    make=partial(example, true_box=(10, 20, 30, 30)),
    keys=[
        Press("button", "lower edge", "Enter", says="lower edge: logit"),
        Press("application", MAP, "ArrowLeft ArrowUp", says="At row"),
        Press("slider", "threshold", "End", says="The box above 0.95"),
        Press("button", "nowhere", "Enter", says="No value is above zero"),
    ],
    pointer=[Drag("application", MAP, -40, 30), Tap("button", "lower edge"), Drag("slider", "threshold", 20, 0)],
    bad=[
        Bad({"chosen": 5}, "There is no class 5"),
        Bad({"names": []}, "no class to show"),
        Bad({"shape": [4, 6, 8]}, "do not fit"),
        Bad({"place": [None, 0]}, "not a finite number"),
        Bad({"sizes": [10, 240]}, "do not fit"),
    ],
    refused=[
        Refused(WidgetError, "without an alpha channel", lambda: ClassMaps(torch.rand(4, 9, 9), *head(), NAMES)),
        Refused(WidgetError, "divide bytes by 255", lambda: ClassMaps(picture().mul(255).byte(), *head(), NAMES)),
        Refused(WidgetError, "give 1 to 512", lambda: ClassMaps(torch.zeros(1, 9, 600), *head(), NAMES)),
        Refused(WidgetError, "2 names and 5 feature maps", lambda: ClassMaps(picture(), *head(), NAMES[:2])),
        Refused(WidgetError, "leaves the picture of 60 x 80", lambda: example(true_box=(10, 20, 30, 60))),
        Refused(
            WidgetError,
            "not a finite number",
            lambda: ClassMaps(picture(), head()[0] / 0, *head()[1:], NAMES),
        ),
        Refused(WidgetError, "give 3 axes", lambda: ClassMaps(picture(), head()[0][None], *head()[1:], NAMES)),
    ],
    equal=equal,
)
