"""The size of the gradient against depth, for activations and initialisations."""

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget

__all__ = ["GradientDepth"]


class GradientDepth(CourseWidget):
    """Teaches why gradients vanish or explode: each layer multiplies by a slope and by its weights.

    The page itself builds a network a_l = act(W_l a_{l-1}) of 48 units a layer, sends one random input forward and a
    gradient of size 1 back, and draws |dL/da_l| for each layer. `depth`: 1 to 50 layers; `activation`: all, sigmoid,
    tanh or relu; `start`: the weights are N(0, std^2) with std 0.01, 0.1, sqrt(1/48) (xavier), sqrt(2/48)
    (he) or 11/sqrt(48) (large); `seed` picks the random numbers. Raises TraitError when one of them is none of these.
    """

    title = t.Unicode("How far does a gradient reach?").tag(sync=True)
    hint = t.Unicode("Make the network deeper. Which activation, with which weights, keeps the gradient?").tag(
        sync=True
    )
    depth = t.Int(20, min=1, max=50).tag(sync=True)
    activation = t.Enum(["all", "sigmoid", "tanh", "relu"], "all").tag(sync=True)
    start = t.Enum(["0.01", "0.1", "xavier", "he", "large"], "xavier").tag(sync=True)
    seed = t.Int(0, min=0, max=1000).tag(sync=True)
