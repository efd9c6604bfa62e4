"""The attention of a trained transformer on characters that are typed, computed in the page."""

from typing import Any

import traitlets as t
from torch import nn

from course_utils.widgets.kit.base import CourseWidget, Number, WidgetError
from course_utils.widgets.kit.decoder import decoder_of, text_of

__all__ = ["AttentionMap"]

MOST_LETTERS = 24


class AttentionMap(CourseWidget):
    """Teaches which characters each character attends to, head by head, and what mask and temperature do to a row.

    `net` is a transformer on characters with the parts that kit/decoder.py names, `letters` its characters in the
    order of its tokens; its weights travel with the page in 6 bits. `text` has 1 to 24 characters. Raises WidgetError
    for a network that lacks a part and for a text that the network cannot read.
    """

    title = t.Unicode("Attention on a typed text").tag(sync=True)
    hint = t.Unicode("Type a text, then choose a row: which letters does this letter attend to?").tag(sync=True)
    settings = t.Dict().tag(sync=True)
    weights = t.Bytes().tag(sync=True)  # see `packed` in kit/net.py
    letters = t.Unicode().tag(sync=True)
    text = t.Unicode("the value of the object").tag(sync=True)
    layer = t.Int(1, min=1, max=12).tag(sync=True)
    head = t.Int(1, min=1, max=16).tag(sync=True)
    causal = t.Bool(True).tag(sync=True)
    temperature = Number(1.0, min=0.2, max=3.0).tag(sync=True)
    row = t.Int(1, min=1, max=MOST_LETTERS).tag(sync=True)

    def __init__(self, net: nn.Module, letters: str, *, text: str = "the value of the object", **traits: Any):
        settings, weights = decoder_of(net, letters)
        text = text_of(text, letters, min(MOST_LETTERS, settings["places"]))
        given = {"causal": settings["causal"], "row": len(text), **traits}
        super().__init__(settings=settings, weights=weights, letters=letters, text=text, **given)
        for name, most in (("layer", settings["layers"]), ("head", settings["heads"]), ("row", len(text))):
            if getattr(self, name) > most:
                raise WidgetError(f"{name} = {getattr(self, name)}; there are {most}")
