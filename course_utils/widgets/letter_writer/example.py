"""What the tests do with LetterWriter."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.decoder import decoder_of
from course_utils.widgets.kit.decoder_example import LETTERS, Letters, in_the_page
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.letter_writer import LetterWriter

TEXT = "a bad cab, faded. bag decade. age"  # longer than the network's 30 places


def example(net: nn.Module | None = None, text: str = "a bad ", **traits: Any) -> LetterWriter:
    return LetterWriter(net or Letters(), LETTERS, text=text, **traits)


CODE = """
  const net = m.networkOf(x.settings, new DataView(Uint8Array.from(x.bytes).buffer));
  const logits = m.nextLogits(net, x.tokens);
  const chances = x.cases.map(([temperature, k]) => m.chancesOf(logits, temperature, k));
  const draws = Array.from({ length: 4000 }, (_, i) => m.drawn(chances[0], (i + 0.5) / 4000));
  const share = Array.from(logits, (_, i) => draws.filter((draw) => draw === i).length / 4000);
  return { logits: [...logits], chances: chances.map((row) => [...row]), share };"""


def equal() -> Iterator[Equal]:
    """The next letter's logits behind a text that is longer than the network takes, its distribution, the draws."""
    settings, weights = decoder_of(Letters(), LETTERS)
    cases = [(0.7, 10), (1.0, 3), (2.0, 4), (0.0, 10)]
    argument = {"settings": settings, "bytes": list(weights), "cases": cases}
    argument["tokens"] = [LETTERS.index(c) for c in TEXT]

    def pairs(got: Any) -> Iterator[tuple[Any, Any]]:
        net = in_the_page(Letters(), weights)
        logits = net(torch.tensor([LETTERS.index(c) for c in TEXT[-30:]]))[0][-1]
        yield got["logits"], logits
        for found, (warmth, k) in zip(got["chances"], cases, strict=True):
            low = logits.masked_fill(logits < logits.topk(k).values[-1], -torch.inf)
            expected = torch.eye(len(logits))[logits.argmax()] if warmth == 0 else (low / warmth).softmax(dim=-1)
            yield found, expected
        yield [round(s, 2) for s in got["share"]], [round(p, 2) for p in (logits / 0.7).softmax(dim=-1).tolist()]

    yield Equal(CODE, argument, pairs, rtol=1e-3, atol=1e-4)


EXAMPLE = Example(
    make=example,
    keys=[
        Press("button", "write a letter", "Enter Enter", says="2 letters written"),
        Press("slider", "k", "Home", says="1 letter is possible"),
        Press("slider", "temperature", "Home", says="Temperature 0.0"),
        Press("button", "start again", "Enter", says="0 letters written"),
    ],
    pointer=[Drag("slider", "temperature", 30, 0), Tap("button", "write a letter"), Tap("button", "start again")],
    bad=[
        Bad({"text": ""}, "The text is empty"),
        Bad({"text": "a box"}, 'does not know "o"'),
        Bad({"written": "a" * 241}, "240 at most"),
        Bad({"temperature": None}, "not a finite number"),
        Bad({"letters": "abc"}, "3 letters for 10 logits"),
        Bad({"settings": {"tokens": 11}}, "must be a whole number above 0"),
    ],
    refused=[
        Refused(WidgetError, "lacks a part", lambda: example(nn.Sequential(nn.Linear(2, 3)))),
        Refused(WidgetError, "does not know 'o'", lambda: example(text="box")),
        Refused(WidgetError, "give 1 to 30", lambda: example(text="a" * 31)),
    ],
    equal=equal,
)
