"""The widgets of the course: alive with a kernel and without, because each holds all its logic in its ES module.

A new one is a class here (traits, a docstring that says what it teaches, a title and a hint) and a module beside it
that imports its parts from kit.js and ends with ``export default widget([traits], build)``; kit.js says how.
"""

from course_utils.widgets.convolution_painter import ConvolutionPainter
from course_utils.widgets.draw_digit import DrawDigit
from course_utils.widgets.explore import Explore, explore
from course_utils.widgets.expression_graph import ExpressionGraph
from course_utils.widgets.gradient_depth import GradientDepth
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.optimizer_race import OptimizerRace
from course_utils.widgets.perceptron_line import PerceptronLine
from course_utils.widgets.relu_fit import ReluFit

__all__ = [
    "ConvolutionPainter",
    "DrawDigit",
    "Explore",
    "ExpressionGraph",
    "GradientDepth",
    "OptimizerRace",
    "PerceptronLine",
    "ReluFit",
    "WidgetError",
    "explore",
]
