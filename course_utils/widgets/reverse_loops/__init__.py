"""Three reverse loops of a diffusion model side by side, each run in the page with one trained noise predictor."""

from typing import Any

import numpy as np
import torch
import traitlets as t
from torch import Tensor, nn

from course_utils.widgets.kit.base import CourseWidget, Number, WidgetError
from course_utils.widgets.kit.net import answer, export, packed

__all__ = ["ReverseLoops"]

MOST_POINTS = 400


class ReverseLoops(CourseWidget):
    """Teaches how DDPM, DDIM and fresh noise lead from the same noise to points, and what the number of steps does.

    `net` maps (n, 2 + embedding) to the noise (n, 2): its input is a noisy point and the sines, then the cosines of
    the step t at frequencies from 1 down to 1/10,000. Its weights travel with the page in 6 bits. `alpha_bar`
    (T + 1,) is the schedule that it was trained with, `points` (m, 2) are real points. The estimate of x_0 is kept in
    -3..3. Raises WidgetError for a network, a schedule or points that do not fit.
    """

    title = t.Unicode("Three ways back from noise").tag(sync=True)
    hint = t.Unicode("Press Play, then take 5, 20 and 200 steps. Whose points crowd together?").tag(sync=True)
    layers = t.List(t.Dict()).tag(sync=True)
    weights = t.Bytes().tag(sync=True)  # see `packed` in kit/net.py
    embedding = t.Int(16, min=2, max=128).tag(sync=True)
    schedule = t.List(Number(min=0, max=1), minlen=3, maxlen=1001).tag(sync=True)  # alpha_bar
    frames = t.Bytes().tag(sync=True)  # float32: the real points, (m, 2)
    steps = t.Int(20, min=1, max=1000).tag(sync=True)
    done = t.Int(20, min=0, max=1000).tag(sync=True)  # how many of the steps are shown as done
    eta = Number(0.0, min=0, max=1).tag(sync=True)  # of DDIM
    start = t.Int(1, min=1, max=20).tag(sync=True)  # the seed of the noise

    def __init__(self, net: nn.Module, alpha_bar: Tensor, points: Tensor, **traits: Any):
        places = torch.as_tensor(points).detach().cpu().double().numpy()
        if places.ndim != 2 or places.shape[1] != 2 or not 2 <= len(places) <= MOST_POINTS:
            raise WidgetError(f"the points have shape {places.shape}; give (m, 2) with m from 2 to {MOST_POINTS}")
        if not np.isfinite(places).all():
            raise WidgetError("a point is not a finite number")
        schedule = _schedule(alpha_bar)
        layers, weights = export(net)
        steps = int(traits.pop("steps", min(20, len(schedule) - 1)))
        super().__init__(
            layers=layers,
            weights=packed(weights),
            embedding=_embedding(net),
            schedule=schedule,
            frames=places.astype("<f4").tobytes(),
            steps=steps,
            done=int(traits.pop("done", steps)),
            **traits,
        )

    @t.validate("steps", "done")
    def _within(self, proposal: Any) -> int:
        count = int(proposal["value"])
        most = len(self.schedule) - 1
        if count > most:
            raise t.TraitError(f"{proposal['trait'].name} is {count}; the network was trained with {most} steps")
        return count


def _schedule(alpha_bar: Any) -> list[float]:
    """The schedule as a list. Raises WidgetError unless it falls from 1 to a number above 0."""
    values: Tensor = torch.as_tensor(alpha_bar).detach().cpu().double()
    if values.ndim != 1 or not 3 <= len(values) <= 1001:
        raise WidgetError(f"alpha_bar has shape {tuple(values.shape)}; give (T + 1,) with T from 2 to 1000")
    if values[0] != 1 or not bool((values.diff() < 0).all()) or values[-1] <= 0:
        raise WidgetError("alpha_bar has to fall from 1 at t = 0 and stay above 0")
    return [float(value) for value in values]


def _embedding(net: nn.Module) -> int:
    """The width of the time embedding. Raises WidgetError when the network does not give the noise of a point."""
    first = next((layer for layer in net.modules() if isinstance(layer, nn.Linear)), None)
    width = first.in_features - 2 if first is not None else 0
    if width < 2 or width % 2:
        raise WidgetError("the network has to begin with a Linear layer of 2 + an even number of inputs")
    if answer(net, torch.zeros(1, 2 + width)).shape != (1, 2):
        raise WidgetError("the network has to give two numbers, the noise of a point")
    return width
