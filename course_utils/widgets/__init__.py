"""The widgets of the course: alive with a kernel and without, because each holds all its logic in its ES module."""

from course_utils.widgets.base import WidgetError
from course_utils.widgets.explore import Explore, explore
from course_utils.widgets.expression_graph import ExpressionGraph
from course_utils.widgets.gradient_depth import GradientDepth

__all__ = ["Explore", "ExpressionGraph", "GradientDepth", "WidgetError", "explore"]
