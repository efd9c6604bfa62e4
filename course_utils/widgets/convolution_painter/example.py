"""What the tests do with ConvolutionPainter."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.widgets.convolution_painter import ConvolutionPainter
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused

IMAGE = "The image: paint with the pointer, or arrow keys and Space"
OUTPUT = "The output: choose a pixel with the pointer or the arrow keys"
CASES: list[tuple[int, int, dict[str, Any]]] = [  # the sides of the image and of the kernel, and how it slides
    (8, 3, {"stride": 1, "padding": 0, "dilation": 1}),
    (7, 2, {"stride": 2, "padding": 1, "dilation": 3}),
    (9, 4, {"stride": 3, "padding": 2, "dilation": 2}),
]
CODE = """
  const [image, kernel, how] = x, out = m.convolve(image, kernel, how);
  return { out, rows: out.map((line, i) => line.map((_, j) => m.matrixRow(image, kernel, i, j, how))) };"""


def equal() -> Iterator[Equal]:
    """The output is conv2d's, and the matrix times the image is the output."""
    for n, k, how in CASES:
        rng = torch.Generator().manual_seed(n)
        image, kernel = (torch.randn(s, s, generator=rng, dtype=torch.float64) for s in (n, k))
        argument = [image.tolist(), kernel.tolist(), how]
        want = F.conv2d(image[None, None], kernel[None, None], **how)[0, 0]
        yield Equal(CODE, argument, partial(pairs, image=image, want=want))


def pairs(got: dict[str, Any], image: Tensor, want: Tensor) -> list[tuple[Any, Any]]:
    matrix = torch.tensor(got["rows"], dtype=torch.float64).reshape(want.numel(), image.numel())
    return [(got["out"], want), (matrix @ image.flatten(), want.flatten())]


EXAMPLE = Example(
    make=ConvolutionPainter,
    keys=[
        Press("application", OUTPUT, "ArrowUp ArrowLeft", says="Output (1, 2)"),
        Press("application", IMAGE, "ArrowDown ArrowRight ArrowRight Space", says="Output (1, 2) ="),
        Press("slider", "dilation", "ArrowRight", says="5 × 5 wide"),
        Press("button", "sharpen", "Enter", says="5 of its 64 entries"),
    ],
    pointer=[Drag("application", IMAGE, -40, 0), Drag("application", OUTPUT, -30, -30)],
    bad=[
        Bad({"image": []}, "The image is empty"),
        Bad({"image": [[0] * 500] * 500}, "500 rows"),
        Bad({"image": [[0] * 13] * 13}, "13 rows; this widget shows at most 12"),
        Bad({"kernel": [[None]]}, "not a finite number"),
        Bad({"kernel": [[1] * 6] * 6}, "6 rows; this widget shows at most 5"),
        Bad({"dilation": 3, "kernel": [[1] * 5] * 5}, "larger than the padded image"),
    ],
    refused=[
        Refused(WidgetError, "the image has 0 rows", lambda: ConvolutionPainter(image=[])),
        Refused(WidgetError, "the image is not square", lambda: ConvolutionPainter(image=[[1, 2]])),
        Refused(WidgetError, "between 1 and 12", lambda: ConvolutionPainter(image=np.zeros((40, 40)))),
        Refused(WidgetError, "between 1 and 5", lambda: ConvolutionPainter(kernel=np.zeros((6, 6)))),
        Refused(WidgetError, "give a finite number", lambda: ConvolutionPainter(kernel=[[float("nan")]])),
    ],
    equal=equal,
)
