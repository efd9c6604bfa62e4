"""A trained one-stage detector in the page: its raw boxes, a threshold for their scores, non-maximum suppression."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import traitlets as t
from torch import Tensor, nn

from course_utils.widgets.kit.base import CourseWidget, Number, WidgetError
from course_utils.widgets.kit.net import answer, export, packed

__all__ = ["DetectorBoxes"]

MOST_PICTURES, MOST_PIXELS = 8, 128  # along a side
MOST_CLASSES, MOST_ANCHORS, MOST_OBJECTS = 8, 9, 12


class DetectorBoxes(CourseWidget):
    """Teaches what a detector gives before and after non-maximum suppression, and what each threshold costs.

    `net` maps pictures (n, c, h, w) in 0..1 to (n, B (5 + C), rows, columns), with t_x, t_y, t_w, t_h, the objectness
    and C class logits for each of B anchors; its weights travel with the page in 6 bits, see `export` in kit/net.py
    for its layers. `images` are (m, c, h, w), `anchors` (B, 2) widths and heights in pixels, `names` the classes.
    `truths` are pairs of corners (k, 4) in pixels and labels (k,); with `owners` (m, h, w), the number of the object
    from 1 on that a pixel belongs to, the reader can drag a copy of the first object of each picture over it.
    A score is the objectness times the largest class probability. Raises WidgetError for what does not fit.
    """

    title = t.Unicode("The detector's boxes, raw and suppressed").tag(sync=True)
    hint = t.Unicode("Set NMS off and lower the score; then move a copy of an object over its like.").tag(sync=True)
    layers = t.List(t.Dict()).tag(sync=True)
    weights = t.Bytes().tag(sync=True)
    frames = t.Bytes().tag(sync=True)  # the pictures, then for each the mask of its first object
    shape = t.List(t.Int(), minlen=4, maxlen=4).tag(sync=True)  # pictures, channels, height, width
    names = t.List(t.Unicode()).tag(sync=True)
    anchors: t.List[Any] = t.List().tag(sync=True)
    truths: t.List[Any] = t.List().tag(sync=True)  # for each picture: [x1, y1, x2, y2, class] of each object
    picture = t.Int(0, min=0, max=MOST_PICTURES - 1).tag(sync=True)
    score = Number(0.5, min=0.02, max=0.98).tag(sync=True)
    overlap = Number(0.5, min=0.05, max=0.95).tag(sync=True)
    suppress = t.Enum(["off", "within a class", "across classes"], "within a class").tag(sync=True)
    copy = t.List(Number()).tag(sync=True)  # how far the copied object is moved, (x, y) in pixels; [] for no copy

    def __init__(
        self,
        net: nn.Module,
        images: Tensor,
        anchors: Any,
        names: Sequence[str],
        *,
        truths: Any = None,
        owners: Tensor | None = None,
        **traits: Any,
    ):
        pixels, sides = _pixels(images), _anchors(anchors)
        layers, weights = export(net)
        _fits(net, images, len(sides) * (5 + len(names)))
        if not 0 < len(names) <= MOST_CLASSES:
            raise WidgetError(f"there are {len(names)} classes; give 1 to {MOST_CLASSES}")
        objects = _objects(truths, len(images), len(names))
        super().__init__(
            layers=layers,
            weights=packed(weights),
            frames=pixels.tobytes() + _masks(owners, images, objects).tobytes(),
            shape=list(images.shape),
            names=list(names),
            anchors=sides,
            truths=objects,
            **traits,
        )
        if self.picture >= len(images):
            raise WidgetError(f"there is no picture {self.picture}; there are {len(images)}, counted from 0")


def _pixels(images: Any) -> np.ndarray:
    """The pictures as bytes. Raises WidgetError for another shape or size, and for values outside 0..1."""
    if not isinstance(images, Tensor) or images.ndim != 4 or images.shape[1] not in (1, 3):
        shape = tuple(getattr(images, "shape", ()))
        raise WidgetError(f"the pictures have shape {shape}; give (pictures, 1 or 3, height, width)")
    if not 0 < len(images) <= MOST_PICTURES or not 0 < max(images.shape[2:]) <= MOST_PIXELS:
        raise WidgetError(
            f"there are {len(images)} pictures of {tuple(images.shape[2:])} pixels; give 1 to {MOST_PICTURES}, with "
            f"sides of at most {MOST_PIXELS}"
        )
    if not images.is_floating_point() or not bool(((images >= 0) & (images <= 1)).all()):
        raise WidgetError("the pictures hold values outside 0..1; divide bytes by 255")
    return (images.detach().cpu() * 255).round().byte().numpy()


def _anchors(anchors: Any) -> list[list[float]]:
    """Widths and heights. Raises WidgetError for what are none."""
    rows = [[float(side) for side in anchor] for anchor in anchors]
    if not 0 < len(rows) <= MOST_ANCHORS:
        raise WidgetError(f"there are {len(rows)} anchors; give 1 to {MOST_ANCHORS}")
    if any(len(row) != 2 or not all(math.isfinite(side) and side > 0 for side in row) for row in rows):
        raise WidgetError("an anchor is not a width and a height above 0")
    return rows


def _fits(net: nn.Module, images: Tensor, channels: int) -> None:
    """Raises WidgetError when the network does not give `channels` numbers for each cell of a grid."""
    try:
        shape = tuple(answer(net, images[:1]).shape)
    except (RuntimeError, AttributeError) as problem:
        raise WidgetError(f"the network does not take the pictures: {problem}") from None
    if len(shape) != 4 or shape[1] != channels:
        raise WidgetError(f"the network gives {shape}; these anchors and names need (1, {channels}, rows, columns)")
    height, width = images.shape[2:]
    if height % shape[2] or width % shape[3] or height // shape[2] != width // shape[3]:
        raise WidgetError(f"a grid of {shape[2:]} cells does not divide pictures of {height} x {width} pixels evenly")


def _objects(truths: Any, pictures: int, classes: int) -> list[list[list[float]]]:
    """[x1, y1, x2, y2, class] of each object. Raises WidgetError for boxes without an area, and for other classes."""
    if truths is None:
        return [[] for _ in range(pictures)]
    found = []
    for boxes, labels in truths:
        corners = torch.as_tensor(boxes).detach().cpu().double().reshape(-1, 4).tolist()
        classes_of = [int(label) for label in labels]
        if len(corners) != len(classes_of) or len(corners) > MOST_OBJECTS:
            raise WidgetError(
                f"{len(corners)} boxes and {len(classes_of)} labels; give as many, at most {MOST_OBJECTS}"
            )
        for box, label in zip(corners, classes_of, strict=True):
            if not all(map(math.isfinite, box)) or box[2] <= box[0] or box[3] <= box[1]:
                raise WidgetError(f"the true box {box} has no area; give (x1, y1, x2, y2)")
            if not 0 <= label < classes:
                raise WidgetError(f"there is no class {label}; there are {classes}, counted from 0")
        found.append([[round(x, 2) for x in box] + [label] for box, label in zip(corners, classes_of, strict=True)])
    if len(found) != pictures:
        raise WidgetError(f"there are truths for {len(found)} pictures, and {pictures} pictures")
    return found


def _masks(owners: Any, images: Tensor, objects: list[list[list[float]]]) -> np.ndarray:
    """1 for the pixels of each picture's first object; all 0 without owners.   -> (pictures, h, w) of bytes"""
    size = (len(images), *images.shape[2:])
    if owners is None:
        return np.zeros(size, np.uint8)
    if tuple(owners.shape) != size:
        raise WidgetError(f"the owners have shape {tuple(owners.shape)}; give {size}")
    if not all(objects):
        raise WidgetError("with owners, each picture needs the truth of one object at least")
    return (owners == 1).cpu().numpy().astype(np.uint8)
