"""Check yourself: a question at the end of a section, answered at once; nothing is graded or sent."""

import random
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget, Number, WidgetError, finite

__all__ = ["CheckYourself", "arrange", "choose", "predict"]


class CheckYourself(CourseWidget):
    """Teaches by asking: a number to predict, one choice among several, or steps to put in order.

    Made by `predict`, `choose` and `arrange`. A wrong answer is told why it is wrong, and may be followed by another;
    the right one can be shown after one try. What the reader gave last is kept in `given`, and so in a saved
    notebook; a new view begins with it. It is neither graded nor sent, and the verdict is not kept. `options` are
    [text, why it is wrong], in the order in which they are shown, with "" for the right one; `items` are
    [text, why it cannot come earlier] in the right order, `shown` the order in which they are offered.

    Texts are plain: Unicode for formulas (∂L/∂w, Wᵀδ, σ′(z)), and `code` between backticks. TeX would stay as typed:
    the pages typeset formulas when they are built, and a widget draws itself later.
    """

    title = t.Unicode("Check yourself").tag(sync=True)
    hint = t.Unicode("Answer before you read on. Nothing is graded.").tag(sync=True)
    kind = t.Enum(["number", "choice", "order"]).tag(sync=True)
    question = t.Unicode().tag(sync=True)
    because = t.Unicode().tag(sync=True)
    answer = Number(0.0).tag(sync=True)
    tolerance = Number(1.0).tag(sync=True)
    unit = t.Unicode("").tag(sync=True)
    slips: t.List[Any] = t.List().tag(sync=True)
    options: t.List[Any] = t.List().tag(sync=True)
    items: t.List[Any] = t.List().tag(sync=True)
    shown: t.List[int] = t.List(t.Int()).tag(sync=True)
    given: t.List[Any] = t.List().tag(sync=True)

    def __repr__(self) -> str:
        """What is shown where no widget can run (on GitHub, for example): the question, and what it offers."""
        offered = [text for text, _ in self.options] + [self.items[i][0] for i in self.shown]
        lines = [f"{self.title}: {self.question}", *(f"- {text}" for text in offered)]
        return "\n".join([*lines, "(To answer, open the notebook or the course's page.)"])


def predict(
    question: str,
    *,
    answer: float,
    tolerance: float,
    because: str,
    unit: str = "",
    slips: Mapping[str, float] | None = None,
) -> CheckYourself:
    """A number to predict; right within `tolerance`, which is in the same `unit` as the answer.

        predict("What is dL/dw for `L = w * w + w` at w = 3?", answer=7, tolerance=0.01,
                because="The rates of both paths add up: 2w + 1.", slips={"One path is missing.": 3})

    `because` is said after the right answer. `slips` are typical mistakes with the number that each gives: a reader
    who makes one is told which; another wrong number is called too small or too large.
    Raises WidgetError for a text that is empty, a number that is not finite, a tolerance that is not positive, and a
    slip within the tolerance.
    """
    answer, tolerance = finite("answer", answer), finite("tolerance", tolerance)
    if tolerance <= 0:
        raise WidgetError(f"tolerance is {tolerance:g}; give a positive number, by how much an answer may differ")
    wrong = [(_text("a slip", why), finite("a slip", value)) for why, value in (slips or {}).items()]
    for why, value in wrong:
        if abs(value - answer) <= tolerance:
            raise WidgetError(f"the slip {why!r} gives {value:g}, which counts as right")
    return _widget("number", question, because, answer=answer, tolerance=tolerance, unit=unit, slips=wrong)


def choose(question: str, options: Mapping[str, str | bool], *, because: str) -> CheckYourself:
    """One choice among several: `options` gives the right one True, and each wrong one the reason why it is wrong.

        choose("Which matrix takes δ back?", {"Wᵀ": True, "W": "It maps inputs to outputs."}, because="Eq. 3.15.")

    They are offered in an order that depends on the question alone. `because` is said after the right choice.
    Raises WidgetError for fewer than two options, no or several right ones, and a wrong one without a reason.
    """
    right = [text for text, why in options.items() if why is True]
    if len(options) < 2 or len(right) != 1:
        raise WidgetError(f"{len(right)} of {len(options)} options are right; give two or more, one of them True")
    for text, why in options.items():
        if why is not True and not (isinstance(why, str) and why.strip()):
            raise WidgetError(f"the option {text!r} has no reason; say why it is wrong")
    pairs = [[_text("an option", text), "" if why is True else why] for text, why in options.items()]
    return _widget("choice", question, because, options=[pairs[i] for i in _shuffled(question, len(pairs))])


def arrange(question: str, steps: Sequence[str] | Mapping[str, str], *, because: str) -> CheckYourself:
    """Steps to put in order; `steps` has them in the right one, and may say of each why it cannot come earlier.

        arrange("How is one step of training done?", {"forward": "", "backward": "It needs the loss.",
                "update": "It needs the gradients."}, because="Each needs what the one before it gives.")

    They are offered in another order, which depends on the question alone. `because` is said after the right order.
    Raises WidgetError for fewer than three steps and for one that stands there twice.
    """
    items = list(steps.items()) if isinstance(steps, Mapping) else [(text, "") for text in steps]
    texts = [_text("a step", text) for text, _ in items]
    if len(texts) < 3 or len(set(texts)) < len(texts):
        raise WidgetError(f"{len(set(texts))} different steps of {len(texts)}; give at least three, each once")
    shown = _shuffled(question, len(texts))
    return _widget("order", question, because, items=[list(item) for item in items], shown=shown)


def _widget(kind: str, question: str, because: str, **traits: Any) -> CheckYourself:
    texts = {"question": _text("question", question), "because": _text("because", because)}
    return CheckYourself(kind=kind, **texts, **traits)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise WidgetError(f"{name} is {value!r}; give a text")
    return value


def _shuffled(question: str, count: int) -> list[int]:
    """0..count-1 in an order that is the same at every run, and not the given one."""
    order = list(range(count))
    rng = random.Random(zlib.crc32(question.encode()))
    while order == sorted(order):
        rng.shuffle(order)
    return order
