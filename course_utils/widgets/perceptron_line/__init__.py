"""A perceptron's line over the points of AND, NAND, OR and XOR."""

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget, Number

__all__ = ["PerceptronLine"]


class PerceptronLine(CourseWidget):
    """Teaches that a perceptron is a half-plane: AND, NAND and OR have one, XOR has none (3 of 4 at best).

    The answer is 1 where w1 x1 + w2 x2 + b >= 0. `w1`, `w2`, `b` lie in -3..3; `table` is and, nand, or, xor.
    Raises TraitError for anything else.
    """

    title = t.Unicode("One perceptron, one line").tag(sync=True)
    hint = t.Unicode("Drag the dot to move the line, the diamond to turn it. Which table is out of reach?").tag(
        sync=True
    )
    table = t.Enum(["and", "nand", "or", "xor"], "and").tag(sync=True)
    w1 = Number(1.0, min=-3, max=3).tag(sync=True)
    w2 = Number(-0.5, min=-3, max=3).tag(sync=True)
    b = Number(-0.25, min=-3, max=3).tag(sync=True)
