"""What the tests do with CaptionPictures."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from course_utils.widgets.caption_pictures import CaptionPictures
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.kit.picture import sheet

KINDS = {"size": ["small", "large", "any size"], "colour": ["red", "blue"], "form": ["disc", "ring"]}
CAPTIONS, LEVELS, DRAWS = 12, 2, 3


def stripes() -> Tensor:
    """Smooth pictures, no two alike.   -> (captions, levels, draws, 3, 20, 28)"""
    down, across = torch.linspace(0, 1, 20)[:, None], torch.linspace(0, 1, 28)
    colour = torch.arange(3.0)[:, None, None]
    count = CAPTIONS * LEVELS * DRAWS
    every = [(0.3 * k + 3 * across + 2 * down + colour).sin() / 2 + 0.5 for k in range(count)]
    return torch.stack(every).unflatten(0, (CAPTIONS, LEVELS, DRAWS))


def judged() -> Tensor:
    """Which pictures show their words: (captions, levels, draws)."""
    return torch.rand(CAPTIONS, LEVELS, DRAWS, generator=torch.Generator().manual_seed(5)) < 0.6


def make(**changed: Any) -> CaptionPictures:
    given: dict[str, Any] = {"pictures": stripes(), "kinds": KINDS, "guidance": [1.0, 3.0], "right": judged()}
    return CaptionPictures(**({"unseen": [1, 6]} | given | changed))


def equal() -> Iterator[Equal]:
    """The caption's number is that of nested loops, and the picture called up is the one that was put in."""
    kinds = [{"name": name, "values": words} for name, words in KINDS.items()]
    every = torch.cartesian_prod(*(torch.arange(len(words)) for words in KINDS.values())).tolist()
    yield Equal(
        "return x.every.map((picked) => m.captionAt(picked, x.kinds))",
        {"every": every, "kinds": kinds},
        lambda got: [(got, list(range(CAPTIONS)))],
    )
    texts = ["a large red ring", "The BLUE disc.", "small blue  ring"]
    yield Equal(
        "return x.texts.map((text) => m.understood(text, x.kinds))",
        {"texts": texts, "kinds": kinds},
        lambda got: [(got, [[1, 0, 1], [2, 1, 0], [0, 1, 1]])],
    )
    said = ["“purple” is not among the words that the model knows", "two of red, blue", "Name one of disc, ring"]
    yield Equal(
        "return x.texts.map((text, i) => { try { return m.understood(text, x.kinds).length; }"
        " catch (problem) { return -Number(problem.message.includes(x.said[i])); } })",
        {"texts": ["a purple ring", "a red blue ring", "a red"], "kinds": kinds, "said": said},
        lambda got: [(got, [-1, -1, -1])],
    )
    assert make().frames == sheet([*stripes().flatten(0, 2)], LEVELS * DRAWS, light=True)


EXAMPLE = Example(
    make=make,
    keys=[
        Press("button", "large", "Enter", says="a large red disc, w = 1: the examiner finds all its words in"),
        Press("button", "ring", "Space", says="a large red ring, w = 1"),
        Press("slider", "guidance w", "End", says="a large red ring, w = 3"),
        Press("button", "any size", "Enter", says="a red ring, w = 3"),
        Press("button", "small", "Enter", says="No training picture has this combination of words."),
    ],
    pointer=[Tap("button", "blue"), Drag("slider", "guidance w", 60, 0)],
    bad=[
        Bad({"kinds": []}, "Each kind needs a word"),
        Bad({"picked": [7, 0, 0]}, "outside its list"),
        Bad({"right": [True]}, "There are not 72 judgements"),
        Bad({"guidance": []}, "The values of w"),
        Bad({"level": 5}, "must lie between"),
    ],
    refused=[
        Refused(WidgetError, "give (12, 2, draws, 3, height, width)", lambda: make(pictures=stripes()[:5])),
        Refused(WidgetError, "from 0 to 1", lambda: make(pictures=stripes() * 2)),
        Refused(WidgetError, "from 0 to 1", lambda: make(pictures=stripes() * torch.nan)),
        Refused(WidgetError, "600 in 6 at most", lambda: make(pictures=stripes().repeat(1, 1, 3, 1, 1, 1))),
        Refused(WidgetError, "right has shape (12, 2)", lambda: make(right=judged()[:, :, 0])),
        Refused(WidgetError, "at least one word", lambda: make(kinds={"size": []})),
        Refused(WidgetError, "a word stands twice", lambda: make(kinds=KINDS | {"form": ["red", "ring"]})),
        Refused(WidgetError, "a word holds a blank", lambda: make(kinds=KINDS | {"form": ["a disc", "ring"]})),
        Refused(WidgetError, "unseen names another one", lambda: make(unseen=[12])),
        Refused(WidgetError, "one word of each kind", lambda: make(picked=[3, 0, 0])),
        Refused(WidgetError, "there are 2 values of w", lambda: make(level=2)),
    ],
    equal=equal,
)
