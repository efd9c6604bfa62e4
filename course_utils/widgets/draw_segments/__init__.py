"""Draw shapes; networks with and without skip connections segment them in the page, side by side."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t
from torch import Tensor, nn

from course_utils.widgets.kit import picture
from course_utils.widgets.kit.base import CourseWidget, WidgetError
from course_utils.widgets.kit.net import answer, export, packed

__all__ = ["DrawSegments"]

MOST_NETS = 6
MOST_CLASSES = 5  # with the background: one colour of the theme for each
LEAST_PIXELS, MOST_PIXELS = 8, 64  # along a side
MOST_POINTS = 4000
COLOURS = ((0.95, 0.85, 0.3), (0.9, 0.35, 0.4), (0.35, 0.75, 0.95), (0.95, 0.6, 0.85), (0.4, 0.85, 0.4))
RADIUS = 0.19  # of a shape that is set down by a tap: the radius of a disc of its area, 1 for the picture's side


class DrawSegments(CourseWidget):
    """Teaches what skip connections and the way of enlarging do to a segmentation, and where the difference sits.

    `nets` maps names to networks that were trained in the chapter: pictures (n, c, h, w) in 0..1 to logits
    (n, classes, h, w), or to logits of a coarse map (n, classes, h / f, w / f), which the page enlarges: nearest, as
    a bed of nails, or bilinearly, as the reader chooses. Their weights travel with the page in 6 bits; see `export`
    in kit/net.py for the layers they may have. `background` is a picture (c, h, w) of the training data without
    objects, c = 1 or 3; shapes get one of `colours`, in turn, and the background's noise. `names` are the classes,
    the background first. `strokes` holds the drawing: {"points": [[x, y], ...], "label": class}, x to the right and y
    down in 0..1; a stroke that stays near its first point sets a whole shape down. Raises WidgetError.
    """

    title = t.Unicode("Draw, and let the networks segment it").tag(sync=True)
    hint = t.Unicode("Tap to set a shape down, or draw an outline of your own. Which network keeps its corners?").tag(
        sync=True
    )
    names = t.List(t.Unicode()).tag(sync=True)
    networks = t.List(t.Dict()).tag(sync=True)  # name, layers, parameters, count: of the exported weights
    weights = t.Bytes().tag(sync=True)  # of all networks, one after the other
    frames = t.Bytes().tag(sync=True)  # the background, a byte for each value
    shape = t.List(t.Int(), minlen=3, maxlen=3).tag(sync=True)
    colours = t.List(t.List(t.Float())).tag(sync=True)
    stamps: t.List[Any] = t.List().tag(sync=True)  # of each class but the background, round (0, 0)
    strokes: t.List[Any] = t.List().tag(sync=True)
    label = t.Int(1, min=1, max=MOST_CLASSES - 1).tag(sync=True)
    upsampler = t.Enum(["nearest", "bed of nails", "bilinear"], "bilinear").tag(sync=True)
    shown = t.Enum(["labels", "errors"], "labels").tag(sync=True)

    def __init__(
        self,
        nets: Mapping[str, nn.Module],
        background: Tensor,
        names: Sequence[str],
        *,
        colours: Sequence[Sequence[float]] | None = None,
        **traits: Any,
    ):
        pixels = picture.pixels("the background", background, LEAST_PIXELS, MOST_PIXELS)
        if not 2 <= len(names) <= MOST_CLASSES:
            raise WidgetError(f"there are {len(names)} classes; this widget shows 2 to {MOST_CLASSES}")
        if not 1 <= len(nets) <= MOST_NETS:
            raise WidgetError(f"there are {len(nets)} networks; this widget compares 1 to {MOST_NETS}")
        networks, weights = [], b""
        for name, net in nets.items():
            _require_map(name, net, background, len(names))
            layers, row = export(net)
            parameters = sum(p.numel() for p in net.parameters())
            networks.append({"name": name, "layers": layers, "parameters": parameters, "count": len(row) // 4})
            weights += row
        channels = len(pixels)
        example = [{"points": [at], "label": 1 + k % (len(names) - 1)} for k, at in enumerate(PLACES)]
        super().__init__(
            names=list(names),
            networks=networks,
            weights=packed(weights),
            frames=np.round(255 * pixels).astype(np.uint8).tobytes(),
            shape=list(pixels.shape),
            colours=[_colour(colour, channels) for colour in (colours or COLOURS)],
            stamps=[stamp(name) for name in names[1:]],
            **{"strokes": example, **traits},
        )


PLACES = ([0.27, 0.3], [0.72, 0.28], [0.5, 0.72])


def stamp(name: str) -> list[list[float]]:
    """The outline of a whole shape: a square or a triangle if the class is called so, else a disc; of equal areas."""
    corners = {"square": 4, "triangle": 3}.get(name, 24)
    area = corners / 2 * math.sin(2 * math.pi / corners)  # of the polygon whose corners are 1 away
    reach = RADIUS * math.sqrt(math.pi / area)
    start = {4: math.pi / 4, 3: math.pi / 2}.get(corners, 0.0)
    angles = [start + 2 * math.pi * k / corners for k in range(corners)]
    return [[round(reach * math.cos(a), 4), round(-reach * math.sin(a), 4)] for a in angles]


def _require_map(name: str, net: nn.Module, background: Tensor, classes: int) -> None:
    """Raise WidgetError unless the network gives a map of logits at the picture's size, or at a whole part of it."""
    try:
        given = tuple(answer(net, background[None]).shape)
    except (RuntimeError, ValueError) as problem:
        raise WidgetError(f"the network {name!r} cannot take the background: {problem}") from None
    h, w = background.shape[1:]
    steps = {h / rows for rows in given[2:3]} | {w / columns for columns in given[3:4]}
    if len(given) != 4 or given[1] != classes or len(steps) != 1 or not steps.pop().is_integer():
        raise WidgetError(
            f"the network {name!r} maps the background to {given}; give (1, {classes}, {h}, {w}), or {h} and {w} "
            "divided by one whole number"
        )


def _colour(colour: Sequence[float], channels: int) -> list[float]:
    values = [float(value) for value in colour]
    values = [sum(values) / len(values)] if channels == 1 and values else values
    if len(values) != channels or not all(0 <= value <= 1 for value in values):
        raise WidgetError(f"the colour {tuple(colour)} does not fit; give {channels} numbers in 0..1")
    return values
