"""A trained decoder in the page: each point of its two-dimensional latent space as the picture that it becomes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import traitlets as t
from torch import Tensor, nn

from course_utils.widgets.kit.base import CourseWidget, Number, WidgetError
from course_utils.widgets.kit.net import answer, export, packed

__all__ = ["LatentPlane"]

MOST_CODES, MOST_PIXELS, FARTHEST = 600, 64, 8


class LatentPlane(CourseWidget):
    """Teaches what a decoder makes of each point of a two-dimensional latent space, and where real pictures lie.

    `decoder` maps (n, 2) to (n, h w) or (n, 1, h, w); its weights travel with the page in 6 bits, see `export` in
    kit/net.py for the layers that it may have. With `logits` a sigmoid follows it. `codes` (m, 2) are the encoder's
    means of real pictures and `labels` (m,) what they show, as whole numbers or short texts. `shape` is (h, w).
    Raises WidgetError for what does not fit: another size of the latent space, of the picture, of the labels.
    """

    title = t.Unicode("A latent space and its decoder").tag(sync=True)
    hint = t.Unicode("Drag the point over the plane; go where no codes are, and draw from the prior.").tag(sync=True)
    layers = t.List(t.Dict()).tag(sync=True)
    weights = t.Bytes().tag(sync=True)  # see `packed` in kit/net.py
    frames = t.Bytes().tag(sync=True)  # float32: the codes, (m, 2)
    labels = t.List(t.Unicode()).tag(sync=True)
    size = t.List(t.Int(min=1, max=MOST_PIXELS), minlen=2, maxlen=2).tag(sync=True)
    reach = t.Int(4, min=2, max=FARTHEST).tag(sync=True)  # the plane shows -reach to reach along both axes
    place = t.List(Number(min=-FARTHEST, max=FARTHEST), [0.0, 0.0], minlen=2, maxlen=2).tag(sync=True)
    shown = t.Enum(["codes", "pictures"], "codes").tag(sync=True)
    draws = t.Int(0, min=0, max=1_000_000).tag(sync=True)  # how often the prior was drawn from

    def __init__(
        self,
        decoder: nn.Module,
        codes: Tensor,
        labels: Sequence[Any] | Tensor,
        *,
        shape: tuple[int, int],
        logits: bool = False,
        **traits: Any,
    ):
        places, names = _codes(codes), _labels(labels, len(codes))
        layers, weights = export(decoder)
        _fits(decoder, shape, bool(logits))
        if logits:
            layers = [*layers, {"kind": "sigmoid"}]
        reach = int(np.clip(np.ceil(np.abs(places).max() + 0.2), 3, FARTHEST))
        given = {"reach": reach, **traits}
        super().__init__(
            layers=layers,
            weights=packed(weights),
            frames=places.astype("<f4").tobytes(),
            labels=names,
            size=[int(side) for side in shape],
            **given,
        )


def _codes(codes: Any) -> np.ndarray:
    """The codes as an array (m, 2). Raises WidgetError for another size, and for what is not finite."""
    places = torch.as_tensor(codes).detach().cpu().double().numpy()
    if places.ndim != 2 or places.shape[1] != 2:
        raise WidgetError(f"the codes have shape {places.shape}; this widget needs a latent space of size 2: (m, 2)")
    if not 0 < len(places) <= MOST_CODES:
        raise WidgetError(f"there are {len(places)} codes; give 1 to {MOST_CODES}")
    if not np.isfinite(places).all():
        raise WidgetError("a code is not a finite number; train with a smaller rate")
    return places


def _labels(labels: Any, count: int) -> list[str]:
    """The labels as texts. Raises WidgetError when there are not as many as codes."""
    names = [str(label) for label in (labels.tolist() if isinstance(labels, Tensor) else labels)]
    if len(names) != count:
        raise WidgetError(f"there are {len(names)} labels for {count} codes; give one for each")
    if max(map(len, names)) > 8:
        raise WidgetError("a label has more than 8 letters; they stand at their codes in the plane")
    return names


def _fits(decoder: nn.Module, size: tuple[int, int], logits: bool) -> None:
    """Raises WidgetError when the decoder does not make a picture of this size from two numbers."""
    try:
        picture = answer(decoder, torch.zeros(1, 2))
    except RuntimeError as problem:
        raise WidgetError(f"the decoder does not take a latent of size 2: {problem}") from None
    if picture.numel() != size[0] * size[1]:
        raise WidgetError(
            f"the decoder gives {picture.numel()} numbers; a picture of {size} needs {size[0] * size[1]}"
        )
    if not logits and not bool(((picture >= 0) & (picture <= 1)).all()):
        raise WidgetError("the decoder gives values outside 0..1; are they logits? Then say logits=True")
