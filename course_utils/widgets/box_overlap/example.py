"""What the tests do with BoxOverlap."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from traitlets import TraitError

from course_utils.widgets.box_overlap import BoxOverlap
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap

CODE = "return m.compared(...x)"
BY_HAND = [  # boxes, then both, union and hull, counted on squared paper
    ([1, 2, 5, 6], [3, 3, 8, 7], 6, 30, 35),
    ([1, 1, 8, 7], [3, 3, 6, 5], 6, 42, 42),  # one inside
    ([1, 2, 4, 6], [4, 2, 8, 6], 0, 28, 28),  # touching
    ([0, 0, 1, 2], [4, 3, 6, 4], 0, 4, 24),  # both differences are negative: no intersection
    ([2, 2, 7, 6], [2, 2, 7, 6], 20, 20, 20),
]


def equal() -> Iterator[Equal]:
    """Areas counted by hand; and those of boxes of whole numbers, counted square by square."""
    for a, b, both, union, hull in BY_HAND:
        yield Equal(CODE, [a, b], partial(pairs, both=both, union=union, hull=hull))
    rng = np.random.default_rng(11)
    for _ in range(24):
        (a, b), plane = rng.integers(0, 8, (2, 4)).tolist(), np.zeros((2, 17, 17), bool)
        for k, box in enumerate((a, b)):
            box[2:] = [box[0] + box[2] + 1, box[1] + box[3] + 1]
            plane[k, box[1] : box[3], box[0] : box[2]] = True
        rows, columns = (np.flatnonzero(plane.any(axes)) for axes in ((0, 2), (0, 1)))
        hull = int((np.ptp(rows) + 1) * (np.ptp(columns) + 1))
        yield Equal(CODE, [a, b], partial(pairs, both=plane.all(0).sum(), union=plane.any(0).sum(), hull=hull))
    yield Equal(CODE, [[1, 1, 1, 1], [1, 1, 1, 1]], partial(pairs, both=0, union=0, hull=0))  # no area


def pairs(got: dict[str, Any], both: int, union: int, hull: int) -> list[tuple[Any, Any]]:
    iou = both / union if union else 0
    giou = iou - (hull - union) / hull if hull else iou
    return [(got["both"], both), (got["union"], union), (got["hull"], hull), (got["iou"], iou), (got["giou"], giou)]


EXAMPLE = Example(
    make=BoxOverlap,
    keys=[
        Press("application", "box a: 1.0, 2.0, 5.0, 6.0", "ArrowRight", says="GIoU"),
        Press("button", "apart", "Enter", says="IoU = 0.00 / 16.50 = 0.00"),
        Press("application", "box b: 6.5, 4.5, 9.5, 7.5", "Shift+ArrowLeft", says="union 16.2"),
        Press("button", "the same", "Enter", says="= 1.00"),
    ],
    pointer=[
        Drag("application", "box a: 1.0, 2.0, 5.0, 6.0", -20, 10),
        Drag("application", "box b: 4.0, 3.0, 9.0, 7.0", 25, 0),
        Tap("button", "touching"),
    ],
    bad=[
        Bad({"a": [1, 1, None, 3]}, "not a finite number"),
        Bad({"a": [5, 1, 2, 3]}, "with x1 < x2"),
        Bad({"b": [1, 1, 4, 9]}, "leaves the plane"),
    ],
    refused=[
        Refused(WidgetError, "must be at least 0.5", lambda: BoxOverlap(a=(5, 1, 2, 3))),
        Refused(WidgetError, "leaves the plane of 10 x 8", lambda: BoxOverlap(b=(1, 1, 4, 9))),
        Refused(WidgetError, "four finite numbers", lambda: BoxOverlap(b=(1, 1, 4, float("nan")))),
        Refused(WidgetError, "four finite numbers", lambda: BoxOverlap(b=(1, 1, 4))),
        Refused(TraitError, "length", lambda: setattr(BoxOverlap(), "a", [1.0, 2.0])),
    ],
    equal=equal,
)
