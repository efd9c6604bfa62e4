"""Optimisers racing down a quadratic bowl."""

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget, Number

__all__ = ["OptimizerRace"]


class OptimizerRace(CourseWidget):
    """Teaches what the learning rate, momentum and the condition number do to the way down.

    The loss is L(w) = (w1^2 + kappa w2^2) / 2, so its largest curvature is kappa: gradient descent diverges for
    eta > 2/kappa. The page runs gradient descent, momentum v = alpha v - eta g, Nesterov (gradient at
    w + alpha v) and Adam (beta1 = alpha, beta2 = 0.999) from `start` for `steps` steps. `batch` 0 is the full
    gradient; 16 or 1 add normal noise of variance 1/batch to it, the same for all. Raises TraitError outside
    the ranges below.
    """

    title = t.Unicode("Four optimisers, one valley").tag(sync=True)
    hint = t.Unicode("Drag the start; raise the learning rate until plain descent is lost.").tag(sync=True)
    start = t.List(Number(min=-4, max=4), [-3.4, 1.2], minlen=2, maxlen=2).tag(sync=True)
    steps = t.Int(60, min=0, max=200).tag(sync=True)
    eta = Number(0.02, min=1e-3, max=1).tag(sync=True)
    alpha = Number(0.9, min=0, max=0.99).tag(sync=True)
    kappa = Number(20.0, min=1, max=100).tag(sync=True)
    batch = t.Enum([0, 16, 1], 0).tag(sync=True)
