"""What the tests do with RiseMasks."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.kit.net import export
from course_utils.widgets.rise_masks import RiseMasks

NAMES = ["upper half", "lower half", "neither"]


def network(channels: int = 1) -> nn.Sequential:
    """Convolutions, global average pooling and a dense layer, as the chapter's."""
    torch.manual_seed(4)
    body = [nn.Conv2d(channels, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3)]
    return nn.Sequential(*body, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)).eval()


def picture(channels: int = 1, height: int = 14, width: int = 18) -> Tensor:
    """A bright bar on the right of a dark ground.   -> (channels, h, w)"""
    image = torch.full((channels, height, width), 0.1)
    image[:, 3:9, 11:15] = 0.9
    return image


def maps() -> Tensor:
    return torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(2))


NETWORK = """
  const picture = m.behind(Float32Array.from(x.image), x.mask);
  return m.chances(x.layers, Float32Array.from(x.weights), picture, x.shape);"""
MASK = "return [...m.maskOf(Float32Array.from(x.grid), x.shift, x.size, x.cells)]"
MEAN = """
  const { size, cells, keep, count } = x, sum = new Float64Array(size[0] * size[1]);
  let [low, high] = [1, 0];
  for (let n = 0; n < count; n++) {
    const mask = m.randomMask(n, size, cells, keep);
    mask.forEach((value, at) => { sum[at] += value / count; });
    [low, high] = [Math.min(low, ...mask), Math.max(high, ...mask)];
  }
  return { mean: [...sum], range: [low, high] };"""
SUM = "return { map: [...m.riseMap(x.scores, x.masks, x.keep, x.count, x.first, x.step)] }"


def equal() -> Iterator[Equal]:
    """The network's answer, a mask, the mean of many masks, the weighted sum, and the rank correlation."""
    for channels in (1, 3):
        yield answered(channels)
    for size, cells, shift in (([13, 22], 4, [3, 5]), ([9, 9], 9, [0, 0]), ([7, 10], 5, [0, 1])):
        grid = np.random.default_rng(cells).integers(0, 2, (cells + 1, cells + 1)).astype(np.float32)
        argument = {"grid": grid.ravel().tolist(), "shift": shift, "size": size, "cells": cells}
        yield Equal(MASK, argument, partial(cut, grid=grid, size=size, cells=cells, shift=shift), atol=1e-6)
    for keep in (0.3, 0.7):  # at the corners too, and never outside 0..1
        argument = {"size": [7, 9], "cells": 3, "keep": keep, "count": 8000}
        yield Equal(MEAN, argument, partial(fair, keep=keep), atol=0.03)
    rng = np.random.default_rng(5)
    scores, masks = rng.random(7), rng.random((7, 12))
    argument = {"scores": scores.tolist(), "masks": masks.tolist(), "keep": 0.4, "count": 6, "first": 1, "step": 2}
    want = (scores[1:6:2, None] * masks[1:6:2]).sum(0) / (3 * 0.4)
    yield Equal(SUM, argument, lambda got: [(got["map"], want)])
    a, b = rng.integers(0, 6, 40).astype(float), rng.normal(size=40).round(1)
    want = np.corrcoef(ranked(a), ranked(b))[0, 1]
    yield Equal("return m.rankCorrelation(...x)", [a.tolist(), b.tolist()], lambda got: [(got, want)])
    yield Equal("return m.rankCorrelation(...x)", [[1.0] * 40, b.tolist()], lambda got: [(got, 0)])


def answered(channels: int) -> Equal:
    """The probabilities of a network behind a mask."""
    net, image = network(channels), picture(channels)
    layers, weights = export(net)
    mask = torch.rand(image.shape[1:], generator=torch.Generator().manual_seed(1))
    argument = {"layers": layers, "weights": np.frombuffer(weights, "<f4").tolist(), "shape": list(image.shape)}
    argument |= {"image": image.flatten().tolist(), "mask": mask.flatten().tolist()}
    with torch.no_grad():
        want = net((image * mask)[None])[0].softmax(0)
    return Equal(NETWORK, argument, lambda got: [(got, want.numpy())], rtol=0, atol=1e-6)


def fair(got: Any, keep: float) -> list[tuple[Any, Any]]:
    """The mean of many masks, pixel by pixel, and their smallest and largest values."""
    return [(got["mean"], [keep] * 63), (got["range"], [0, 1])]


def cut(got: Any, grid: np.ndarray, size: list[int], cells: int, shift: list[int]) -> list[tuple[Any, Any]]:
    """The grid enlarged by torch, and cut out."""
    cell = [-(-length // cells) for length in size]
    large = F.interpolate(
        torch.tensor(grid)[None, None], size=[n * (cells + 1) for n in cell], mode="bilinear", align_corners=False
    )[0, 0]
    return [(got, large[shift[0] : shift[0] + size[0], shift[1] : shift[1] + size[1]].flatten())]


def ranked(values: np.ndarray) -> np.ndarray:
    """Ranks from 0 on, the mean of theirs for equal values."""
    return np.array([(values < v).sum() + ((values == v).sum() - 1) / 2 for v in values])


EXAMPLE = Example(
    make=lambda: RiseMasks(network(), picture(), NAMES, maps=maps()),
    keys=[
        Press("slider", "masks", "ArrowRight", says="32 masks, p = 0.50"),
        Press("button", "upper half", "Enter", says="probability of upper half"),
        Press("slider", "cells a side", "End", says="without a mask"),
        Press("slider", "share kept, p", "Home", says="p = 0.10"),
        Press("slider", "masks", "Home", says="1 mask, p = 0.10"),
    ],
    pointer=[Drag("slider", "masks", 30, 0), Tap("button", "neither"), Drag("slider", "cells a side", 20, 0)],
    plays="1024 masks",
    bad=[
        Bad({"chosen": 7}, "There is no class 7"),
        Bad({"names": ["a", "b"]}, "3 values for 2 names"),
        Bad({"layers": [{"kind": "lstm"}]}, "lstm is not known"),
        Bad({"image": [0.5] * 9}, "at least 252"),
        Bad({"map_shape": [3, 4, 5]}, "do not fit the classes"),
    ],
    refused=[
        Refused(WidgetError, "to 2 logits", lambda: RiseMasks(network(), picture(), NAMES[:2])),
        Refused(WidgetError, "does not map", lambda: RiseMasks(network(3), picture(), NAMES)),
        Refused(WidgetError, "give (1, height, width)", lambda: RiseMasks(network(), torch.rand(4, 9, 9), NAMES)),
        Refused(WidgetError, "give 2 to 96", lambda: RiseMasks(network(), torch.rand(1, 9, 200), NAMES)),
        Refused(WidgetError, "divide bytes by 255", lambda: RiseMasks(network(), 255 * picture(), NAMES)),
        Refused(
            WidgetError,
            "give (3, rows, columns)",
            lambda: RiseMasks(network(), picture(), NAMES, maps=maps()[:2]),
        ),
    ],
    equal=equal,
)
