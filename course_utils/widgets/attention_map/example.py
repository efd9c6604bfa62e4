"""What the tests do with AttentionMap."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.widgets.attention_map import AttentionMap
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.decoder import decoder_of
from course_utils.widgets.kit.decoder_example import LETTERS, Letters, in_the_page
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap

TEXT = "bad cabbage. a"
MAP = (
    "Attention weights: a row for each letter that attends, a column for each it attends to. "
    "The text below describes the chosen row."
)


def example(net: nn.Module | None = None, text: str = TEXT, **traits: Any) -> AttentionMap:
    return AttentionMap(net or Letters(), LETTERS, text=text, **traits)


CODE = """
  const net = m.networkOf(x.settings, new DataView(Uint8Array.from(x.bytes).buffer));
  return x.cases.map(({ causal, temperature }) => {
    const { logits, maps } = m.passOf(net, x.text, x.letters, { causal, temperature });
    const n = x.text.length;
    return { logits: [...logits.data], maps: maps.flat().map((map) => [...map]), entropy: m.entropy(maps[1][1], n, 5),
             first: m.strongest(maps[1][1], n, 9, 4).map(({ u }) => u) };
  });"""


def equal() -> Iterator[Equal]:
    """Logits, attention weights of each head, the entropy of a row and its strongest places."""
    settings, weights = decoder_of(Letters(), LETTERS)
    cases = [(True, 1.0), (False, 1.0), (True, 0.3), (False, 2.5)]
    argument = {"settings": settings, "bytes": list(weights), "letters": LETTERS, "text": TEXT}
    argument["cases"] = [{"causal": causal, "temperature": warmth} for causal, warmth in cases]

    def pairs(got: Any) -> Iterator[tuple[Any, Any]]:
        net, ids = in_the_page(Letters(), weights), torch.tensor([LETTERS.index(c) for c in TEXT])
        for found, (causal, warmth) in zip(got, cases, strict=True):
            logits, maps = net(ids, warmth, causal)
            yield found["logits"], logits.flatten()
            yield found["maps"], maps.flatten(0, 1).flatten(1)
            yield found["entropy"], bits(maps[1, 1, 5])
            yield found["first"], maps[1, 1, 9].argsort(descending=True)[:4]

    yield Equal(CODE, argument, pairs, rtol=1e-4, atol=1e-4)


def bits(row: Tensor) -> Tensor:
    """The entropy of a row."""
    return -(row[row > 0] * row[row > 0].log2()).sum()


EXAMPLE = Example(
    make=example,
    keys=[
        Press("slider", "row", "ArrowLeft", says="Row 13, the letter ␣"),
        Press("button", "none", "Enter", says="without the causal mask"),
        Press("slider", "temperature", "End", says="temperature 3.0"),
        Press("slider", "row", "Home", says="Row 1, the letter b"),
    ],
    pointer=[
        Drag(
            "img",
            MAP,
            0,
            60,
        ),
        Tap("button", "none"),
    ],
    bad=[
        Bad({"text": ""}, "The text is empty"),
        Bad({"text": "bad xyz"}, 'does not know "x"'),
        Bad({"text": "a" * 25}, "25 characters"),
        Bad({"layer": 3}, "no layer 3"),
        Bad({"head": 3}, "no head 3"),
        Bad({"temperature": None}, "not a finite number"),
        Bad({"settings": {"tokens": 11}}, "must be a whole number above 0"),
        Bad({"letters": "xyz"}, "does not know"),
    ],
    refused=[
        Refused(WidgetError, "lacks a part", lambda: example(nn.Sequential(nn.Linear(2, 3)))),
        Refused(WidgetError, "letters for 10 logits", lambda: AttentionMap(Letters(), "abc", text="a")),
        Refused(WidgetError, "does not know 'o'", lambda: example(text="box")),
        Refused(WidgetError, "give 1 to 24", lambda: example(text="")),
        Refused(WidgetError, "give 1 to 24", lambda: example(text="a" * 25)),
        Refused(WidgetError, "there are 2", lambda: example(layer=3)),
    ],
    equal=equal,
)
