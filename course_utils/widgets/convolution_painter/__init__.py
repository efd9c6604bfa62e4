"""The convolution painter: a kernel over an image, its output, and the sparse matrix behind it."""

from typing import Any

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget, WidgetError, finite

__all__ = ["ConvolutionPainter"]

EDGE = [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
HOUSE = [
    [0, 0, 0, 1, 1, 0, 0, 0],
    [0, 0, 1, 1, 1, 1, 0, 0],
    [0, 1, 1, 1, 1, 1, 1, 0],
    [1, 1, 1, 1, 1, 1, 1, 1],
    [0, 1, 1, 0, 0, 1, 1, 0],
    [0, 1, 1, 0, 0, 1, 1, 0],
    [0, 1, 1, 1, 1, 1, 1, 0],
    [0, 0, 0, 0, 0, 0, 0, 0],
]


class ConvolutionPainter(CourseWidget):
    """Teaches what a convolution computes: window by window, and as one sparse matrix.

    The output is the cross-correlation of the square `image` (at most 12 x 12) with the square `kernel` (at most
    5 x 5), with `stride` 1..4, `padding` 0..3 of zeros and `dilation` 1..3, as torch.nn.functional.conv2d computes
    it. `chosen` is the output pixel (row, column) whose window and matrix row are shown.
    Raises WidgetError when the image or the kernel is not a square of finite numbers, TraitError otherwise.
    """

    title = t.Unicode("A convolution, pixel by pixel").tag(sync=True)
    hint = t.Unicode("Paint, change the kernel, choose an output pixel: which pixels does it see?").tag(sync=True)
    image: t.List[Any] = t.List().tag(sync=True, max=12)  # rows, and columns
    kernel: t.List[Any] = t.List().tag(sync=True, max=5)
    stride = t.Int(1, min=1, max=4).tag(sync=True)
    padding = t.Int(0, min=0, max=3).tag(sync=True)
    dilation = t.Int(1, min=1, max=3).tag(sync=True)
    chosen = t.List(t.Int(min=0), [2, 3], minlen=2, maxlen=2).tag(sync=True)

    def __init__(self, image: Any = HOUSE, kernel: Any = EDGE, **traits: Any):
        super().__init__(image=_lists(image), kernel=_lists(kernel), **traits)

    @t.validate("image", "kernel")
    def _square(self, proposal: Any) -> list[list[float]]:
        trait = proposal["trait"]
        return square(f"the {trait.name}", proposal["value"], trait.metadata["max"])


def _lists(rows: Any) -> Any:
    """Lists from an array or a tensor, which no trait can hold."""
    return rows.tolist() if hasattr(rows, "tolist") else rows


def square(name: str, rows: Any, most: int) -> list[list[float]]:
    """`rows` as a square of floats. Raises WidgetError when it is not one."""
    if not 0 < len(rows) <= most:
        raise WidgetError(f"{name} has {len(rows)} rows; give between 1 and {most}")
    if any(len(row) != len(rows) for row in rows):
        raise WidgetError(f"{name} is not square; give as many columns as rows")
    return [[finite(f"a value of {name}", value) for value in row] for row in rows]
