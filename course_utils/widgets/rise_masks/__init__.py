"""RISE, mask by mask: a trained network answers in the page what it sees behind random masks."""

from typing import Any

import numpy as np
import torch
import traitlets as t
from torch import Tensor, nn

from course_utils.widgets.kit import picture
from course_utils.widgets.kit.base import CourseWidget, Number, WidgetError
from course_utils.widgets.kit.net import answer, export, packed

__all__ = ["RiseMasks"]

MOST_CLASSES = 12
MOST_PIXELS = 96  # along a side
MOST_MASKS = 1024


class RiseMasks(CourseWidget):
    """Teaches how RISE estimates a map from outputs alone, and how slowly its error falls with the number of masks.

    `net` maps (n, c, h, w) to logits (n, classes) and was trained in the chapter; its weights travel with the page
    in 6 bits, see `export` in kit/net.py for the layers that it may have. `image` is (1, h, w) or (3, h, w) in 0..1,
    `names` the classes' names, `maps` (classes, i, j) the class activation maps to compare with, None for none.
    The score is the softmax probability of the class `chosen`. Raises WidgetError for what does not fit.
    """

    title = t.Unicode("RISE: what does the network still see behind a mask?").tag(sync=True)
    hint = t.Unicode("Raise the number of masks; then change the size of the cells. When does the map settle?").tag(
        sync=True
    )
    layers = t.List(t.Dict()).tag(sync=True)
    weights = t.Bytes().tag(sync=True)
    image = t.List(t.Float()).tag(sync=True)
    shape = t.List(t.Int(), minlen=3, maxlen=3).tag(sync=True)
    names = t.List(t.Unicode()).tag(sync=True)
    maps = t.List(t.Float()).tag(sync=True)
    map_shape = t.List(t.Int()).tag(sync=True)
    chosen = t.Int(0, min=0, max=MOST_CLASSES - 1).tag(sync=True)
    masks = t.Int(16, min=1, max=MOST_MASKS).tag(sync=True)
    cells = t.Int(6, min=2, max=16).tag(sync=True)
    keep = Number(0.5, min=0.1, max=0.9).tag(sync=True)

    def __init__(self, net: nn.Module, image: Tensor, names: list[str], *, maps: Any = None, **traits: Any):
        pixels = picture.pixels("the picture", image, 2, MOST_PIXELS)
        layers, weights = export(net)
        logits = _logits(net, image)
        if logits is None or len(logits) != len(names):
            raise WidgetError(
                f"the network does not map the picture {tuple(image.shape)} to {len(names)} logits, one for each name"
            )
        if len(names) > MOST_CLASSES:
            raise WidgetError(f"there are {len(names)} classes; this widget shows at most {MOST_CLASSES}")
        compared = _compared(maps, len(names))
        super().__init__(
            layers=layers,
            weights=packed(weights),
            image=pixels.ravel().round(4).tolist(),
            shape=list(pixels.shape),
            names=list(names),
            maps=compared.ravel().round(4).tolist(),
            map_shape=list(compared.shape),
            **{"chosen": int(logits.argmax()), **traits},
        )


def _logits(net: nn.Module, image: Tensor) -> Tensor | None:
    """The logits (classes,) of one picture; None when the network cannot take it."""
    try:
        logits = answer(net, image[None])
    except RuntimeError:
        return None
    return logits[0] if logits.ndim == 2 else None


def _compared(maps: Any, classes: int) -> np.ndarray:
    """The maps to compare with; none where `maps` is None. Raises WidgetError for another shape."""
    if maps is None:
        return np.zeros((0, 0, 0))
    array = torch.as_tensor(maps).detach().cpu().double().numpy()
    if array.ndim != 3 or len(array) != classes or not np.isfinite(array).all():
        raise WidgetError(
            f"the maps have shape {tuple(array.shape)}; give ({classes}, rows, columns) of finite numbers"
        )
    return array
