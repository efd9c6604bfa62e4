"""A map of word vectors that can be searched."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import traitlets as t
from torch import Tensor

from course_utils.widgets.kit.base import CourseWidget, WidgetError

__all__ = ["WordMap"]

FEWEST, MOST_WORDS, MOST_GROUPS = 3, 400, 6
LONGEST = 16  # letters of a word


class WordMap(CourseWidget):
    """Teaches which words an embedding takes for alike: each word's neighbours by cosine, and a map of all.

    `vectors` (V, d) belong to the V different `words`; `groups` maps up to six names to words, which are drawn alike.
    The map shows the first two principal components of the vectors scaled to length one; the cosines are those of the
    whole vectors. `word` is the one whose neighbours are listed. Raises WidgetError for what does not fit.
    """

    title = t.Unicode("Which words are alike?").tag(sync=True)
    hint = t.Unicode("Type a word, or choose one in the map or in the list. Which words are its neighbours?").tag(
        sync=True
    )
    words = t.List(t.Unicode()).tag(sync=True)
    groups = t.List(t.Unicode()).tag(sync=True)
    member = t.List(t.Int()).tag(sync=True)  # of each word: the number of its group, or -1
    weights = t.Bytes().tag(sync=True)  # float32: the vectors (V, d), of length one
    frames = t.Bytes().tag(sync=True)  # float32: their places in the map, (V, 2)
    word = t.Unicode().tag(sync=True)
    shares = t.List(t.Float(), minlen=2, maxlen=2).tag(sync=True)  # of the variance, along both axes

    def __init__(self, words: Sequence[str], vectors: Tensor, *, groups: Mapping[str, Sequence[str]], **traits: Any):
        U = _unit(vectors, words)
        places, shares = _plane(U)
        super().__init__(
            words=list(words),
            groups=list(groups),
            member=_members(words, groups),
            weights=U.astype("<f4").tobytes(),
            frames=places.astype("<f4").tobytes(),
            shares=shares,
            **{"word": words[0], **traits},
        )

    @t.validate("word")
    def _known(self, proposal: dict[str, Any]) -> str:
        word: str = proposal["value"]
        if word not in self.words:
            raise WidgetError(f"word={word!r}: it is not one of the {len(self.words)} words")
        return word


def _unit(vectors: Any, words: Sequence[str]) -> np.ndarray:
    """The vectors, scaled to length one.   -> (V, d). Raises WidgetError for what does not fit the words."""
    U = torch.as_tensor(vectors).detach().cpu().double().numpy()
    if not FEWEST <= len(words) <= MOST_WORDS:
        raise WidgetError(f"there are {len(words)} words; this widget shows {FEWEST} to {MOST_WORDS}")
    if len(set(words)) != len(words):
        raise WidgetError("a word stands in the list twice")
    if not all(isinstance(word, str) and 0 < len(word) <= LONGEST for word in words):
        raise WidgetError(f"a word has no letters, or more than {LONGEST}")
    if U.ndim != 2 or len(U) != len(words) or U.shape[1] < 2:
        raise WidgetError(f"the vectors have shape {U.shape}; {len(words)} words need ({len(words)}, 2 or more)")
    lengths = np.linalg.norm(U, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise WidgetError("a vector is zero, or not finite: it has no direction")
    return np.asarray(U / lengths)


def _plane(U: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """The first two principal components, and their shares of the variance.   (V, d) -> (V, 2)"""
    _, singular, Vt = np.linalg.svd(U - U.mean(axis=0), full_matrices=False)
    total = float((singular**2).sum()) or 1.0
    return (U - U.mean(axis=0)) @ Vt[:2].T, [float(s**2) / total for s in singular[:2]]


def _members(words: Sequence[str], groups: Mapping[str, Sequence[str]]) -> list[int]:
    """Of each word the number of its group, or -1. Raises WidgetError for a word that is not known."""
    if len(groups) > MOST_GROUPS:
        raise WidgetError(f"there are {len(groups)} groups; give at most {MOST_GROUPS}")
    member = dict.fromkeys(words, -1)
    for k, (name, own) in enumerate(groups.items()):
        for word in own:
            if word not in member:
                raise WidgetError(f"the group {name!r} holds {word!r}, which has no vector")
            member[word] = k
    return list(member.values())
