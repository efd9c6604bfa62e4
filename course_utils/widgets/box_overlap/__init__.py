"""Two boxes to drag: their intersection, union and enclosing box, IoU and GIoU."""

import math
from typing import Any

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget, Number, WidgetError

__all__ = ["BoxOverlap"]

WIDTH, HEIGHT, LEAST = 10, 8, 0.5  # of the plane, and the shortest side of a box


class BoxOverlap(CourseWidget):
    """Teaches what IoU and GIoU measure, and what each says of boxes that do not overlap.

    `a` and `b` are corners (x1, y1, x2, y2) on a plane of 10 x 8, x to the right and y down. IoU is intersection over
    union; GIoU takes off the share of the smallest enclosing box that the union leaves empty.
    Raises WidgetError for a box that leaves the plane, or with a side shorter than 0.5.
    """

    title = t.Unicode("Two boxes: IoU and GIoU").tag(sync=True)
    hint = t.Unicode("Pull the boxes apart: from where on does IoU stop telling far from near?").tag(sync=True)
    a = t.List(Number(), [1.0, 2.0, 5.0, 6.0], minlen=4, maxlen=4).tag(sync=True)
    b = t.List(Number(), [4.0, 3.0, 9.0, 7.0], minlen=4, maxlen=4).tag(sync=True)

    def __init__(self, a: Any = (1, 2, 5, 6), b: Any = (4, 3, 9, 7), **traits: Any):
        super().__init__(a=_corners("a", a), b=_corners("b", b), **traits)


def _corners(name: str, box: Any) -> list[float]:
    """`box` as four floats. Raises WidgetError when it is no box on the plane."""
    corners = [float(value) for value in box]
    if len(corners) != 4 or not all(map(math.isfinite, corners)):
        raise WidgetError(f"box {name} is {corners}; give four finite numbers (x1, y1, x2, y2)")
    x1, y1, x2, y2 = corners
    if min(x1, y1) < 0 or x2 > WIDTH or y2 > HEIGHT:
        raise WidgetError(f"box {name} is {corners}; it leaves the plane of {WIDTH} x {HEIGHT}")
    if min(x2 - x1, y2 - y1) < LEAST:
        raise WidgetError(f"box {name} is {corners}; x2 - x1 and y2 - y1 must be at least {LEAST}")
    return corners
