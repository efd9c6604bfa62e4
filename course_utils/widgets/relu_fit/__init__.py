"""The number of hidden ReLUs against a target curve."""

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget

__all__ = ["ReluFit"]


class ReluFit(CourseWidget):
    """Teaches universal approximation by hand: each hidden ReLU changes the slope once, at its knot.

    The network c + sum_i v_i relu(x - t_i) meets the curve at evenly spaced knots on -2..2; v_i is the change of
    slope at t_i. No training: what is left is the error of the form itself. `units`: 1..60; `target`: waves
    (sin 3x + 0.3 cos 9x), bump, step or parabola; `parts` shows each unit's share. Raises TraitError otherwise.
    """

    title = t.Unicode("A curve from ReLUs").tag(sync=True)
    hint = t.Unicode("Add units. Which curve needs few, and which one never gets quite right?").tag(sync=True)
    units = t.Int(5, min=1, max=60).tag(sync=True)
    target = t.Enum(["waves", "bump", "step", "parabola"], "waves").tag(sync=True)
    parts = t.Bool(True).tag(sync=True)
