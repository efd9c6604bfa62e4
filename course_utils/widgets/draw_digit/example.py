"""What the tests do with DrawDigit."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from course_utils.widgets.draw_digit import DrawDigit
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap

PAD = "Draw a digit here: pointer, or arrow keys and Space"


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10))


def equal() -> Iterator[Equal]:
    """The probabilities, which may be the network's own; the picture of a vertical stroke, in grey at its edges."""
    logits = np.random.default_rng(3).normal(size=10) * 4
    softmax = torch.tensor(logits).softmax(0)
    code = "return ['linear', 'softmax'].map((kind) => m.probabilities(x, [{ kind }]))"
    yield Equal(code, logits.tolist(), lambda got: [(got[0], softmax), (got[1], logits)])
    yield Equal("return m.rasterise(x)", [[[0.5, 0.2], [0.5, 0.9]]], lambda got: [(got, upright())])


def upright() -> np.ndarray:
    """A line 3.8 small pixels wide, with round ends, down the middle of 32 x 32; a pixel is the mean of 4 x 4."""
    y, x = np.mgrid[0:32, 0:32] + 0.5
    inside = np.hypot(x - 16, y - y.clip(1.9, 32 - 1.9)) <= 1.9
    return inside.reshape(8, 4, 8, 4).mean((1, 3)).flatten()


KEYS = "Space " + "ArrowDown " * 6 + "ArrowRight " * 3 + "Space"

EXAMPLE = Example(
    make=lambda: DrawDigit(network()),
    keys=[
        Press("application", PAD, KEYS, says="The network reads a"),
        Press("button", "Example", "Enter", says="The network reads a"),
        Press("button", "Clear", "Enter", says="Draw a digit"),
    ],
    pointer=[Drag("application", PAD, 30, 70), Tap("button", "Undo")],
    bad=[
        Bad({"layers": [{"kind": "lstm"}]}, "lstm is not known"),
        Bad({"strokes": [[[0.5, None]]]}, "not a finite number"),
        Bad({"strokes": [[[0.5, 0.5]] * 9000]}, "at most"),
    ],
    refused=[Refused(WidgetError, "to ten values", lambda: DrawDigit(nn.Sequential(nn.Linear(64, 9))))],
    equal=equal,
)
