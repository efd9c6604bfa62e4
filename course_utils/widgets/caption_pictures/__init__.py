"""Pictures that a model drew for captions, to be called up by words: a grid of results that travels with the page."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import traitlets as t
from torch import Tensor

from course_utils.widgets.kit.base import CourseWidget, WidgetError
from course_utils.widgets.kit.picture import sheet

__all__ = ["CaptionPictures"]

MOST_PICTURES, MOST_DRAWS = 600, 6
ANY = "any "  # a value that begins so stands for a word that the caption leaves out


class CaptionPictures(CourseWidget):
    """Teaches what a model draws for each caption, seen in training or not, with guidance and without.

    `kinds` maps each kind of word to its words; the last of them may be "any size" or the like: the caption leaves
    that kind out. `pictures` (captions, guidances, draws, 3, h, w) in 0..1 go through the captions as nested loops
    over the kinds do, the last kind fastest. `guidance` holds the numbers w. `right`, of the shape (captions,
    guidances, draws), says in which pictures an examiner found all words; `unseen` counts the captions that no
    training picture had. `picked` holds the place of each word, `level` that of w.
    Raises WidgetError for what does not fit together, and for more than 600 pictures or 6 draws.
    """

    title = t.Unicode("A caption, and what the model draws").tag(sync=True)
    hint = t.Unicode("Choose the words or type a caption; then change w.").tag(sync=True)
    kinds = t.List(t.Dict()).tag(sync=True)
    guidance = t.List(t.Float()).tag(sync=True)
    picked = t.List(t.Int()).tag(sync=True)
    level = t.Int(0, min=0).tag(sync=True)
    frames = t.Bytes().tag(sync=True)
    size = t.List(t.Int(min=8, max=64), minlen=2, maxlen=2).tag(sync=True)
    draws = t.Int(min=1, max=MOST_DRAWS).tag(sync=True)
    right = t.List(t.Bool()).tag(sync=True)
    unseen = t.List(t.Int()).tag(sync=True)

    def __init__(
        self,
        pictures: Tensor,
        kinds: Mapping[str, Sequence[str]],
        guidance: Sequence[float],
        right: Tensor,
        *,
        unseen: Sequence[int] = (),
        **traits: Any,
    ):
        captions = math.prod(len(words) for words in kinds.values())
        _words(kinds)
        _fits(pictures, captions, len(guidance), right)
        if not all(0 <= at < captions for at in unseen):
            raise WidgetError(f"there are {captions} captions, counted from 0; unseen names another one")
        given = {"picked": [0] * len(kinds), **traits}
        if len(given["picked"]) != len(kinds) or not all(
            0 <= at < len(words) for at, words in zip(given["picked"], kinds.values(), strict=True)
        ):
            raise WidgetError(f"picked is {given['picked']}; give the place of one word of each kind")
        if not 0 <= given.get("level", 0) < len(guidance):
            raise WidgetError(f"level is {given['level']}; there are {len(guidance)} values of w, counted from 0")
        draws = pictures.shape[2]
        super().__init__(
            kinds=[{"name": name, "values": list(words)} for name, words in kinds.items()],
            guidance=[float(w) for w in guidance],
            frames=sheet([*pictures.flatten(0, 2)], len(guidance) * draws, light=True),
            size=list(pictures.shape[4:]),
            draws=draws,
            right=[bool(yes) for yes in right.flatten().tolist()],
            unseen=list(unseen),
            **given,
        )


def _words(kinds: Mapping[str, Sequence[str]]) -> None:
    """Raises WidgetError unless each word stands for one thing."""
    words = [word for names in kinds.values() for word in names]
    if not words or any(not names for names in kinds.values()):
        raise WidgetError("each kind needs at least one word")
    if len(set(words)) < len(words):
        raise WidgetError("a word stands twice; a typed caption could not say which is meant")
    if any(" " in word and not word.startswith(ANY) for word in words):
        raise WidgetError('a word holds a blank; only values such as "any size" may')


def _fits(pictures: Tensor, captions: int, levels: int, right: Tensor) -> None:
    """Raises WidgetError unless there are pictures, and judgements, for each caption and each w."""
    shape = tuple(pictures.shape)
    if pictures.ndim != 6 or shape[:2] != (captions, levels) or shape[3] != 3 or not pictures.numel():
        raise WidgetError(f"the pictures have shape {shape}; give ({captions}, {levels}, draws, 3, height, width)")
    if math.prod(shape[:3]) > MOST_PICTURES or shape[2] > MOST_DRAWS:
        raise WidgetError(f"there are {math.prod(shape[:3])} pictures in {shape[2]} draws; give 600 in 6 at most")
    if not pictures.is_floating_point() or not (pictures.min() >= 0 and pictures.max() <= 1):  # NaN fails, too
        raise WidgetError("the pictures must hold numbers from 0 to 1")
    if tuple(right.shape) != shape[:3]:
        raise WidgetError(f"right has shape {tuple(right.shape)}; give {shape[:3]}, one value for each picture")
