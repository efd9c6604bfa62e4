"""The unrolled recurrent network, and the size of the gradient at each of its steps."""

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget, Number

__all__ = ["UnrolledGradient"]


class UnrolledGradient(CourseWidget):
    """Teaches what the spectral radius says about the gradient along time, and what it leaves to the activation.

    The page itself runs h_t = act(U h_{t-1} + x_t) with 24 units, a random matrix U of spectral radius `radius` and
    normal inputs of size `inputs`, over `steps` steps, and sends a gradient of size 1 back from the last state.
    `activation`: linear, tanh or relu; `seed` picks the random numbers. Raises TraitError when one of them is none
    of these.
    """

    title = t.Unicode("How far back does the gradient reach?").tag(sync=True)
    hint = t.Unicode("Find the spectral radius at which the gradient keeps its size: linear first, then tanh.").tag(
        sync=True
    )
    radius = Number(1.2, min=0.2, max=3).tag(sync=True)
    steps = t.Int(20, min=2, max=40).tag(sync=True)
    inputs = Number(0.5, min=0, max=3).tag(sync=True)
    activation = t.Enum(["linear", "tanh", "relu"], "tanh").tag(sync=True)
    seed = t.Int(0, min=0, max=1000).tag(sync=True)
