"""What the tests do with WordMap."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.word_map import WordMap

GROUPS = {
    "animals": ["cat", "cow", "dog", "hen"],
    "foods": ["bread", "cake", "rice", "soup"],
    "colours": ["blue", "red"],
}
WORDS = sorted([word for own in GROUPS.values() for word in own] + ["the"])


def vectors() -> Tensor:
    """Words of one group near each other.   -> (11, 5)"""
    rng = torch.Generator().manual_seed(3)
    middle = torch.randn(4, 5, generator=rng)
    group = [next((k for k, own in enumerate(GROUPS.values()) if word in own), 3) for word in WORDS]
    return 2 * middle[group] + 0.8 * torch.randn(len(WORDS), 5, generator=rng)


def example(**traits: Any) -> WordMap:
    return WordMap(WORDS, vectors(), groups=GROUPS, **traits)


NEAR = """
  const near = m.byCosine(Float64Array.from(x.vectors), x.d, x.chosen);
  return { order: near.map(({ i }) => i), cosines: near.map(({ cosine }) => cosine) };"""
LABELS = "return m.labelled(x.wanted, x.places, x.marks).map(([i, box]) => [i, ...box]);"


def equal() -> Iterator[Equal]:
    """The neighbours of a word, in order, with their cosines; and which labels find room."""
    rng = np.random.default_rng(4)
    for V, d, chosen in ((7, 3, 2), (30, 16, 0)):
        U = rng.normal(size=(V, d))
        U /= np.linalg.norm(U, axis=1, keepdims=True)
        argument: dict[str, Any] = {"vectors": U.ravel().tolist(), "d": d, "chosen": chosen}
        yield Equal(NEAR, argument, partial(sorted_by_cosine, U=U, chosen=chosen), rtol=1e-9)
    places = [
        [[0, 0, 20, 10], [0, 30, 20, 10]],  # the first lies over the label of word 1
        [[15, 5, 20, 10]],  # over the mark of word 3, and still there: it is the first
        [[40, 0, 9, 9]],
        [[60, 20, 9, 9]],  # over the mark of word 4
        [[45, 20, 9, 9]],
    ]
    marks = [[100, 0, 2, 2], [110, 0, 2, 2], [41, 1, 2, 2], [16, 6, 2, 2], [61, 21, 2, 2]]
    argument = {"wanted": [1, 0, 2, 4, 3], "places": places, "marks": marks}
    shown = [[1, *places[1][0]], [0, *places[0][1]], [2, *places[2][0]], [4, *places[4][0]]]
    yield Equal(LABELS, argument, lambda got: [(got, shown)])


def sorted_by_cosine(got: Any, U: np.ndarray, chosen: int) -> Iterator[tuple[Any, Any]]:
    cosine = U @ U[chosen]
    order = [int(i) for i in np.argsort(-cosine) if i != chosen]
    yield got["order"], order
    yield got["cosines"], cosine[order]


def given(**arguments: Any) -> WordMap:
    """With other arguments than those that fit."""
    known: dict[str, Any] = {"words": WORDS, "vectors": vectors(), "groups": GROUPS}
    return WordMap(**(known | arguments))


MAP = "A map of all words. The text below names the neighbours of the chosen one."
EXAMPLE = Example(
    make=partial(example, word="dog"),
    keys=[
        Press("textbox", "word", "Control+a r e d Enter", says="Nearest to red: blue"),
        Press("button", "neighbour 1: blue", "Enter", says="Nearest to blue: red"),
        Press("textbox", "word", "Control+a Shift+R i c e Enter", says="Nearest to rice"),
    ],
    pointer=[Tap("button", "neighbour 1: the"), Drag("img", MAP, -30, -150)],
    bad=[
        Bad({"word": "whale"}, "The word whale is not in the vocabulary"),
        Bad({"words": ["cat"]}, "There are 1 words; the map needs 3"),
        Bad({"member": [0]}, "do not fit the words"),
        Bad({"shares": [None, 0.2]}, "not a finite number"),
    ],
    refused=[
        Refused(WidgetError, "it is not one of the 11 words", lambda: example(word="whale")),
        Refused(WidgetError, "this widget shows 3 to 400", lambda: given(words=WORDS[:2])),
        Refused(WidgetError, "stands in the list twice", lambda: given(words=WORDS[:-1] + WORDS[:1])),
        Refused(WidgetError, "more than 16", lambda: given(words=[*WORDS[:-1], "a" * 17])),
        Refused(WidgetError, "11 words need (11, 2 or more)", lambda: given(vectors=torch.ones(4, 5))),
        Refused(WidgetError, "it has no direction", lambda: given(vectors=torch.zeros(11, 5))),
        Refused(WidgetError, "at most 6", lambda: given(groups={str(k): [] for k in range(7)})),
        Refused(WidgetError, "holds 'whale', which has no vector", lambda: given(groups={"animals": ["whale"]})),
    ],
    equal=equal,
)
