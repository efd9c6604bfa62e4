"""The widgets of the course: alive with a kernel and without, because each holds all its logic in its ES module."""

from course_utils.widgets.base import WidgetError
from course_utils.widgets.expression_graph import ExpressionGraph

__all__ = ["ExpressionGraph", "WidgetError"]
