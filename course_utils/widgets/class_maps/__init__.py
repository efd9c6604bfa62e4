"""Class activation maps over a photograph, as the weighted sums of a trained network's feature maps."""

from typing import Any

import numpy as np
import torch
import traitlets as t
from torch import Tensor

from course_utils.widgets.kit import picture
from course_utils.widgets.kit.base import CourseWidget, Number, WidgetError

__all__ = ["ClassMaps"]

MOST_CLASSES = 8
MOST_PIXELS = 512  # along a side
MOST_VALUES = 200_000  # of the feature maps
LEVELS = 255


class ClassMaps(CourseWidget):
    """Teaches what a class activation map is: one weighted sum of the feature maps for each class.

    `image` is the picture, (3, h, w) in RGB or (1, h, w) in grey, 0..1; `features` (k, i, j) are the maps in front
    of global average pooling; `weights` (classes, k) and `bias` (classes,) belong to the dense layer behind it, and
    `names` to its classes. The page holds the maps in 8 bits and computes each class's map from them. `true_box` is
    (left, top, width, height) in pixels of the picture. Raises WidgetError for what does not fit.
    """

    title = t.Unicode("Where does the network see it?").tag(sync=True)
    hint = t.Unicode("Choose a class, then a place of its map: which logits does it raise, which lower?").tag(
        sync=True
    )
    names = t.List(t.Unicode()).tag(sync=True)
    shape = t.List(t.Int(), minlen=3, maxlen=3).tag(sync=True)  # of the feature maps: channels, rows, columns
    size = t.List(t.Int(), minlen=2, maxlen=2).tag(sync=True)  # height and width of the picture
    weights = t.Bytes().tag(
        sync=True
    )  # float32: classes x channels for the 8 bits, then the constants, then the biases
    frames = t.Bytes().tag(sync=True)  # the picture, then the maps
    sizes = t.List(t.Int(), minlen=2, maxlen=2).tag(sync=True)
    truth = t.List(Number()).tag(sync=True)
    chosen = t.Int(0, min=0, max=MOST_CLASSES - 1).tag(sync=True)
    shown = t.Enum(["signed", "ReLU"], "signed").tag(sync=True)
    opacity = Number(0.8, min=0, max=1).tag(sync=True)
    threshold = Number(0.4, min=0, max=0.95).tag(sync=True)
    place = t.List(t.Int(min=0), minlen=2, maxlen=2).tag(sync=True)

    def __init__(
        self,
        image: Tensor,
        features: Tensor,
        weights: Tensor,
        bias: Tensor,
        names: list[str],
        *,
        true_box: tuple[float, float, float, float] | None = None,
        **traits: Any,
    ):
        photo, maps = picture.jpeg(picture.pixels("the picture", image, 1, MOST_PIXELS)), _maps(features)
        W, b = _head(weights, bias, len(maps), names)
        low, step, levels = eight_bits(maps)
        row = np.concatenate([(W * step).ravel(), W @ low, b])
        super().__init__(
            names=list(names),
            shape=list(maps.shape),
            size=list(image.shape[-2:]),
            weights=row.astype("<f4").tobytes(),
            frames=photo + levels.tobytes(),
            sizes=[len(photo), levels.size],
            truth=[] if true_box is None else _box(true_box, image.shape[-2:]),
            place=_largest(maps, W[traits.get("chosen", 0) % len(W)]),
            **traits,
        )


def eight_bits(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(low, step, levels) with maps = low + step * levels within half a step, channel by channel.

    maps: (k, i, j) -> low, step: (k,), levels: (k, i, j) of bytes
    """
    low, high = maps.min((1, 2)), maps.max((1, 2))
    step = (high - low) / LEVELS
    levels = (maps - low[:, None, None]) / np.where(step > 0, step, 1)[:, None, None]
    return low, step, levels.round().astype(np.uint8)


def _array(name: str, values: Any, axes: int) -> np.ndarray:
    """`values` as an array of float64. Raises WidgetError for another number of axes, or what is not finite."""
    array = torch.as_tensor(values).detach().cpu().double().numpy()
    if array.ndim != axes or not array.size:
        raise WidgetError(f"{name} have shape {tuple(array.shape)}; give {axes} axes, and at least one value")
    if not np.isfinite(array).all():
        raise WidgetError(f"{name} hold a value that is not a finite number")
    return array


def _maps(features: Any) -> np.ndarray:
    maps = _array("the feature maps", features, 3)
    if maps.size > MOST_VALUES:
        raise WidgetError(f"the feature maps hold {maps.size} values; a page can hold {MOST_VALUES}")
    return maps


def _head(weights: Any, bias: Any, channels: int, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    W, b = _array("the weights", weights, 2), _array("the biases", bias, 1)
    if W.shape != (len(names), channels) or len(b) != len(names):
        wanted = f"{len(names)} names and {channels} feature maps need ({len(names)}, {channels}) and ({len(names)},)"
        raise WidgetError(f"the weights have shape {W.shape} and the biases {b.shape}; {wanted}")
    if len(names) > MOST_CLASSES:
        raise WidgetError(f"there are {len(names)} classes; this widget shows at most {MOST_CLASSES}")
    return W, b


def _box(box: Any, size: Any) -> list[float]:
    left, top, width, height = (float(value) for value in box)
    if min(left, top) < 0 or min(width, height) <= 0 or left + width > size[1] or top + height > size[0]:
        raise WidgetError(
            f"the box {(left, top, width, height)} leaves the picture of {size[0]} x {size[1]} pixels; give (left, "
            "top, width, height)"
        )
    return [left, top, width, height]


def _largest(maps: np.ndarray, w: np.ndarray) -> list[int]:
    """Row and column of the largest value of one class's map."""
    at = np.unravel_index(np.argmax(np.tensordot(w, maps, 1)), maps.shape[1:])
    return [int(i) for i in at]
