"""What a widget's example.py is made of: plain data. The tests and the benchmark read it and do what it says.

    EXAMPLE = Example(
        make=ReluFit,
        keys=[Press("slider", "hidden ReLUs", "End", says="60 hidden units")],
        pointer=[Drag("slider", "hidden ReLUs", 30, 0), Tap("button", "parabola")],
        bad=[Bad({"units": None}, "not a finite number")],
        refused=[Refused(TraitError, "not be less than 1", lambda: ReluFit(units=0))],
        equal=equal,
    )

A control is found by its ARIA role and its name, as a screen reader finds it. Values beyond the `bounds` of a trait
need no `bad` of their own: the tests try them for every trait.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from course_utils.widgets.kit.base import CourseWidget


@dataclass(frozen=True)
class Press:
    """Keys on a control ("Shift+ArrowUp Space", as playwright names them); then the status must hold `says`."""

    role: str
    name: str
    keys: str
    says: str


@dataclass(frozen=True)
class Tap:
    """A click, or a tap with a finger; the status must change."""

    role: str
    name: str


@dataclass(frozen=True)
class Drag:
    """The middle of a control dragged by (right, down) pixels; the status must change."""

    role: str
    name: str
    right: float
    down: float


@dataclass(frozen=True)
class Bad:
    """State that the traits would refuse, as a damaged page may hold it; the widget's sentence must hold `says`."""

    state: dict[str, Any]
    says: str


@dataclass(frozen=True)
class Refused:
    """A call that must raise `error`, with `says` in its message."""

    error: type[Exception]
    says: str
    make: Callable[[], Any]


@dataclass(frozen=True)
class Equal:
    """Numbers that must be Python's: `code` is the body of a function of the module `m` and of `argument`, as `x`.

    `pairs` takes what it returned and gives pairs of numbers, lists or arrays: (the page's, Python's), each equal
    within `rtol` and `atol`, or exactly where they are no numbers.
    """

    code: str
    argument: Any
    pairs: Callable[[Any], Iterable[tuple[Any, Any]]]
    rtol: float = 1e-6
    atol: float = 1e-12


@dataclass(frozen=True)
class Example:
    """How to make a widget, and what must happen to it. The benchmark measures the first drag of `pointer`.

    `plays`: what the status holds when Play has come to its end, for a widget that ends within seconds.
    `shared`: two views of one widget agree; False for what a reader answers, in each view by itself.
    """

    make: Callable[[], CourseWidget]
    keys: Sequence[Press]
    pointer: Sequence[Tap | Drag]
    bad: Sequence[Bad]
    equal: Callable[[], Iterable[Equal]]
    refused: Sequence[Refused] = field(default=())
    plays: str = ""
    shared: bool = True
