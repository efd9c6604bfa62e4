"""What the tests do with CheckYourself; tests/widgets/test_check_yourself.py has the other two kinds."""

from collections.abc import Callable, Iterator
from typing import Any

from course_utils.widgets.check_yourself import CheckYourself, arrange, predict
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap

STEPS = {"run the network": "", "compute the loss": "It needs the logits.", "update": "It needs the gradients."}


def make() -> CheckYourself:
    return arrange("In which order is one step of training done?", STEPS, because="Each needs the one before it.")


def equal() -> Iterator[Equal]:
    """A number is read as Python reads it, whatever signs a reader uses for the minus and the decimal point."""
    for text, number in (("−0,25", -0.25), ("1e−3", 1e-3), ("1/8", 1 / 8), ("1 258", 1258)):
        yield Equal("return m.readings(x)", text, _same_as(number))


def _same_as(number: float) -> Callable[[Any], list[tuple[Any, Any]]]:
    return lambda got: [(got, [number])]


EXAMPLE = Example(
    make=make,
    keys=[
        Press("button", "Check", "Enter", says="✗ Not yet. Number 2, “update”, comes too early."),
        Press("button", "Show the answer", "Enter", says="The answer: Each needs"),
        Press("button", "Down: run the network", "Space", says="“run the network” is now number 2 of 3."),
        Press("button", "Check", "Enter", says="“compute the loss”, comes too early. It needs the logits."),
    ],
    pointer=[Drag("slider", "Place of: compute the loss", 0, -60), Tap("button", "Check")],
    bad=[
        Bad({"kind": "essay"}, "essay is not one of"),
        Bad({"shown": [0, 0, 1]}, "each shown once"),
        Bad({"given": [0, 0, 1]}, "The answer that was kept is none"),
        Bad({"kind": "number", "answer": None}, "not a finite number"),
    ],
    refused=[
        Refused(WidgetError, "give at least three", lambda: arrange("?", ["a", "b"], because="b")),
        Refused(WidgetError, "give a positive number", lambda: predict("?", answer=1, tolerance=0, because="b")),
    ],
    equal=equal,
    shared=False,
)
