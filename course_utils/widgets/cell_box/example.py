"""What the tests do with CellBox."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from traitlets import TraitError

from course_utils.widgets.cell_box import CellBox
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap

ANCHORS = [(30, 14), (12, 26), (20, 20)]
CODE = """
  const [t, cell, anchor, stride] = x;
  const box = m.decoded(t, cell, anchor, stride), back = m.encoded(box, anchor, stride);
  return { box, cell: back.cell, t: back.t, again: m.centreOf(m.cornersOf(box)) };"""


def equal() -> Iterator[Equal]:
    """The decoded box is torch's; encoded again it gives the cell and the t; IoU by counting."""
    rng = np.random.default_rng(3)
    for stride in (8, 13):
        t, cell = rng.normal(size=4).tolist(), rng.integers(0, 7, 2).tolist()
        anchor = rng.uniform(5, 40, 2).tolist()
        yield Equal(CODE, [t, cell, anchor, stride], partial(pairs, t=t, cell=cell, anchor=anchor, stride=stride))
    yield Equal("return m.iouOf(...x)", [[1, 2, 5, 6], [3, 3, 8, 7]], lambda got: [(got, 6 / 30)])
    yield Equal("return m.iouOf(...x)", [[0, 0, 1, 2], [4, 3, 6, 4]], lambda got: [(got, 0)])


def pairs(
    got: dict[str, Any], t: list[float], cell: list[int], anchor: list[float], stride: int
) -> list[tuple[Any, Any]]:
    numbers = torch.tensor(t, dtype=torch.float64)
    centre = (torch.tensor([cell[1], cell[0]]) + numbers[:2].sigmoid()) * stride
    box = torch.cat([centre, torch.tensor(anchor, dtype=torch.float64) * numbers[2:].exp()])
    return [(got["box"], box), (got["cell"], cell), (got["t"], t), (got["again"], box)]


def example(**traits: Any) -> CellBox:
    return CellBox(ANCHORS, grid=[6, 8], stride=8, truth=(9, 14, 37, 30), cell=[2, 3], **traits)


EXAMPLE = Example(
    make=example,
    keys=[
        Press("slider", "t_x", "End", says="3 + σ(5.0) = 3.99 cells"),
        Press("slider", "t_h", "Home", says="14.0 · exp(−2.0) = 1.9 px"),
        Press("button", "12 × 26", "Enter", says="b_w = 12.0"),
        Press("slider", "centre of the box", "Shift+ArrowLeft", says="this cell holds its centre"),
        Press("slider", "lower right corner of the box", "Shift+ArrowRight", says="exp(0.5)"),
    ],
    pointer=[
        Drag("slider", "centre of the box", 90, -60),
        Drag("slider", "lower right corner of the box", 20, 20),
        Tap("button", "20 × 20"),
    ],
    bad=[
        Bad({"anchors": []}, "no anchor to begin with"),
        Bad({"anchors": [[0, 3]]}, "a side of 0 or less"),
        Bad({"anchor": 4}, "There is no anchor 4"),
        Bad({"cell": [None, 1]}, "not a finite number"),
    ],
    refused=[
        Refused(WidgetError, "give 1 to 9", lambda: CellBox([])),
        Refused(WidgetError, "not a width and a height above 0", lambda: CellBox([(3, -1)])),
        Refused(WidgetError, "is not in the grid of 6 x 8", lambda: CellBox(ANCHORS, cell=[6, 1])),
        Refused(WidgetError, "has no area", lambda: CellBox(ANCHORS, truth=(9, 9, 9, 20))),
        Refused(WidgetError, "is not (x1, y1, x2, y2)", lambda: CellBox(ANCHORS, truth=(9, 9, 20))),
        Refused(
            WidgetError, "leaves the picture, 64 wide and 48 high", lambda: CellBox(ANCHORS, truth=(9, 9, 65, 20))
        ),
        Refused(WidgetError, "there is no anchor 3", lambda: CellBox(ANCHORS, anchor=3)),
        Refused(TraitError, "tx is nan", lambda: CellBox(ANCHORS, tx=float("nan"))),
    ],
    equal=equal,
)
