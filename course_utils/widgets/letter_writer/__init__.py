"""A text continued letter by letter in the page by a trained transformer."""

from typing import Any

import traitlets as t
from torch import nn

from course_utils.widgets.kit.base import CourseWidget, Number
from course_utils.widgets.kit.decoder import decoder_of, text_of

__all__ = ["LetterWriter"]

MOST_START = 60


class LetterWriter(CourseWidget):
    """Teaches how a causal language model writes: a distribution, a draw from it, and the letter becomes input.

    `net` is a transformer on characters with the parts that kit/decoder.py names, `letters` its characters in the
    order of its tokens; its weights travel with the page in 6 bits. `text` is what it continues. Temperature and k
    shape the distribution as in (16.19). Raises WidgetError for a network that lacks a part and for a text that the
    network cannot read.
    """

    title = t.Unicode("A text, continued letter by letter").tag(sync=True)
    hint = t.Unicode("Write one letter at a time, or play; then change the temperature and k.").tag(sync=True)
    settings = t.Dict().tag(sync=True)
    weights = t.Bytes().tag(sync=True)  # see `packed` in kit/net.py
    letters = t.Unicode().tag(sync=True)
    text = t.Unicode("the ").tag(sync=True)
    written = t.Unicode("").tag(sync=True)
    temperature = Number(0.7, min=0.0, max=2.0).tag(sync=True)
    k = t.Int(29, min=1, max=60).tag(sync=True)
    seed = t.Int(0, min=0, max=1_000_000).tag(sync=True)  # of the draws

    def __init__(self, net: nn.Module, letters: str, *, text: str = "the ", **traits: Any):
        settings, weights = decoder_of(net, letters)
        text = text_of(text, letters, min(MOST_START, settings["places"]))
        given = {"k": settings["outputs"], **traits}
        super().__init__(settings=settings, weights=weights, letters=letters, text=text, **given)
