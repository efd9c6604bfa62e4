"""The forward process of a diffusion model: a picture and a cloud of points at each step, as far as pure noise."""

from typing import Any

import numpy as np
import torch
import traitlets as t
from torch import Tensor

from course_utils.widgets.kit.base import CourseWidget, WidgetError
from course_utils.widgets.kit.picture import pixels

__all__ = ["ForwardNoise"]

MOST_POINTS, MOST_PIXELS = 600, 64


class ForwardNoise(CourseWidget):
    """Teaches how an example turns into noise in one step, what is left of it at t, and how two schedules differ.

    `picture` is (1 or 3, height, width) in 0..1 and is scaled to -1..1 before noise comes; `points` (m, 2) should
    have unit variance. The noise is drawn in the page, from the number of the draw; t keeps it, so that moving the
    slider mixes one example with one noise. Raises WidgetError for another shape and for values out of range.
    """

    title = t.Unicode("The forward process").tag(sync=True)
    hint = t.Unicode("Move t. At which step can you no longer tell the form? Compare the two schedules there.").tag(
        sync=True
    )
    frames = t.Bytes().tag(sync=True)  # float32: the picture, 0..1, channel by channel, then the points, (m, 2)
    size = t.List(t.Int(min=1, max=MOST_PIXELS), minlen=3, maxlen=3).tag(sync=True)  # channels, height, width
    steps = t.Int(200, min=10, max=1000).tag(sync=True)
    step = t.Int(40, min=0, max=1000).tag(sync=True)
    schedule = t.Enum(["cosine", "linear"], "cosine").tag(sync=True)
    draw = t.Int(1, min=1, max=1_000_000).tag(sync=True)

    def __init__(self, picture: Tensor, points: Tensor, **traits: Any):
        colours = pixels("the picture", picture, 2, MOST_PIXELS)
        super().__init__(
            frames=np.concatenate([colours.ravel(), _points(points).ravel()]).astype("<f4").tobytes(),
            size=list(colours.shape),
            **traits,
        )

    @t.validate("step")
    def _within(self, proposal: Any) -> int:
        step = int(proposal["value"])
        if step > self.steps:
            raise t.TraitError(f"step is {step}; the process has {self.steps} steps")
        return step


def _points(points: Any) -> np.ndarray:
    """The points as an array (m, 2). Raises WidgetError for another size, and for what is not finite."""
    places = torch.as_tensor(points).detach().cpu().double().numpy()
    if places.ndim != 2 or places.shape[1] != 2 or not 0 < len(places) <= MOST_POINTS:
        raise WidgetError(f"the points have shape {places.shape}; give (m, 2) with m from 1 to {MOST_POINTS}")
    if not np.isfinite(places).all():
        raise WidgetError("a point is not a finite number")
    return places
