"""Draw a digit; a network that the chapter trained answers in the page."""

import contextlib
from typing import Any

import torch
import traitlets as t
from torch import nn

from course_utils.widgets.kit.base import CourseWidget, WidgetError
from course_utils.widgets.kit.net import answer, export

__all__ = ["DrawDigit"]


class DrawDigit(CourseWidget):
    """Teaches how a trained network meets input that it has never seen: the reader's own hand.

    `net` is an nn.Sequential, trained on `data.digits()` (8 x 8 pixels in 0..1), that maps (n, 64) or (n, 1, 8, 8)
    to ten logits or probabilities. Its weights travel with the page; see `network.export` for the layers it may have.
    `strokes` holds the drawing: lists of points (x, y) in 0..1. Raises WidgetError when the net does not fit.
    """

    title = t.Unicode("Draw a digit").tag(sync=True)
    hint = t.Unicode("Draw one well, then badly: how sure is the network when it is wrong?").tag(sync=True)
    layers = t.List(t.Dict()).tag(sync=True)
    weights = t.Bytes().tag(sync=True)
    shape = t.List(t.Int()).tag(sync=True)
    strokes: t.List[Any] = t.List().tag(sync=True)

    def __init__(self, net: nn.Sequential, **traits: Any):
        layers, weights = export(net)
        super().__init__(layers=layers, weights=weights, shape=_input_shape(net), **traits)


def _input_shape(net: nn.Sequential) -> list[int]:
    """The shape of one image that gives ten numbers. Raises WidgetError when neither shape does."""
    for shape in ([1, 8, 8], [64]):
        with contextlib.suppress(RuntimeError):
            if tuple(answer(net, torch.zeros(1, *shape)).shape) == (1, 10):
                return shape
    raise WidgetError("the network does not map 8 x 8 pixels, (n, 64) or (n, 1, 8, 8), to ten values")
