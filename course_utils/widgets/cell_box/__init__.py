"""One cell of a grid, one anchor and four numbers: the box that YOLO decodes, and back again."""

import math
from typing import Any

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget, Number, WidgetError

__all__ = ["CellBox"]

MOST_CELLS, MOST_ANCHORS = 16, 9


class CellBox(CourseWidget):
    """Teaches how a cell, an anchor and t_x, t_y, t_w, t_h make a box, and which cell an object belongs to.

    `anchors` are widths and heights in pixels, `grid` the rows and columns of cells, `stride` the side of a cell in
    pixels and `cell` the row and the column of the one that predicts. `truth` (x1, y1, x2, y2) in pixels is a box to
    reach, None for none. Then b_x = c_x + sigma(t_x), b_w = p_w exp(t_w), and so for y and h, with c = (column, row).
    Raises WidgetError for anchors, a grid, a cell or a box that do not fit.
    """

    title = t.Unicode("From four numbers to a box").tag(sync=True)
    hint = t.Unicode("Raise t_x to its end: does the centre leave its cell? Then drag the centre.").tag(sync=True)
    anchors: t.List[Any] = t.List().tag(sync=True)
    grid = t.List(t.Int(min=1, max=MOST_CELLS), [6, 8], minlen=2, maxlen=2).tag(sync=True)
    stride = t.Int(8, min=1, max=64).tag(sync=True)
    truth = t.List(Number()).tag(sync=True)
    cell = t.List(t.Int(min=0), [2, 3], minlen=2, maxlen=2).tag(sync=True)
    anchor = t.Int(0, min=0, max=MOST_ANCHORS - 1).tag(sync=True)
    tx = Number(0.0, min=-5, max=5).tag(sync=True)
    ty = Number(0.0, min=-5, max=5).tag(sync=True)
    tw = Number(0.0, min=-2, max=2).tag(sync=True)
    th = Number(0.0, min=-2, max=2).tag(sync=True)

    def __init__(self, anchors: Any = ((24, 16), (12, 28)), *, truth: Any = None, **traits: Any):
        super().__init__(anchors=_sides(anchors), truth=[] if truth is None else _box(truth), **traits)
        rows, columns = self.grid
        if self.cell[0] >= rows or self.cell[1] >= columns:
            raise WidgetError(f"cell {self.cell} (row, column) is not in the grid of {rows} x {columns}")
        if self.anchor >= len(self.anchors):
            raise WidgetError(f"there is no anchor {self.anchor}; there are {len(self.anchors)}, counted from 0")
        if self.truth and (self.truth[2] > columns * self.stride or self.truth[3] > rows * self.stride):
            raise WidgetError(
                f"the box {self.truth} leaves the picture, {columns * self.stride} wide and {rows * self.stride} high"
            )


def _sides(anchors: Any) -> list[list[float]]:
    """Widths and heights. Raises WidgetError for what are none."""
    rows = [[float(side) for side in anchor] for anchor in anchors]
    if not 0 < len(rows) <= MOST_ANCHORS:
        raise WidgetError(f"there are {len(rows)} anchors; give 1 to {MOST_ANCHORS}")
    if any(len(row) != 2 or not all(math.isfinite(side) and side > 0 for side in row) for row in rows):
        raise WidgetError("an anchor is not a width and a height above 0")
    return [[round(side, 3) for side in row] for row in rows]


def _box(truth: Any) -> list[float]:
    """Four corners of a box with an area. Raises WidgetError otherwise."""
    corners = [float(value) for value in truth]
    if len(corners) != 4 or not all(map(math.isfinite, corners)) or min(corners) < 0:
        raise WidgetError(f"the box {corners} is not (x1, y1, x2, y2) in pixels")
    if corners[2] <= corners[0] or corners[3] <= corners[1]:
        raise WidgetError(f"the box {corners} has no area; give x1 < x2 and y1 < y2")
    return corners
