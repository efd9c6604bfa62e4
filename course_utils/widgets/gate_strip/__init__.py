"""The gates of a trained letter LSTM on a word that is typed in."""

import re
from typing import Any

import traitlets as t
from torch import nn

from course_utils.widgets.kit.base import CourseWidget, WidgetError
from course_utils.widgets.kit.net import export, packed

__all__ = ["GateStrip"]

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGEST = 16  # letters
MOST_UNITS = 48


class GateStrip(CourseWidget):
    """Teaches what each gate of an LSTM does while it reads, letter by letter, and what it then expects.

    `net` maps tokens (n, T) to logits (n, T, 27): an nn.Embedding of 27 tokens, an nn.LSTM with batch_first=True and
    an nn.Linear. Token 0 is START in the input and END in the output; 1 to 26 are the letters a to z. The page runs
    it, with weights in 6 bits. `word` is what it reads, `shown` the gate or state that is drawn, `step` the letter
    (0 is START) whose figures are given. Raises WidgetError for another network, and for a word that it cannot read.
    """

    title = t.Unicode("What do the gates do on a word?").tag(sync=True)
    hint = t.Unicode("Type a name. Where does the forget gate close, and what does the network expect next?").tag(
        sync=True
    )
    sizes = t.Dict().tag(sync=True)  # tokens, features, hidden
    weights = t.Bytes().tag(sync=True)  # in 6 bits: embedding, LSTM (W, U, two biases), output (matrix, bias)
    word = t.Unicode("rossi").tag(sync=True)
    shown = t.Enum(["forget", "input", "output", "candidate", "cell"], "forget").tag(sync=True)
    step = t.Int(0, min=0, max=LONGEST).tag(sync=True)

    def __init__(self, net: nn.Module, **traits: Any):
        layers, row = export(net)
        if [layer["kind"] for layer in layers] != ["embedding", "recurrent", "linear"] or layers[1]["cell"] != "lstm":
            raise WidgetError("the network has other layers; give an nn.Embedding, an nn.LSTM and an nn.Linear")
        table, lstm, out = layers
        if table["count"] != len(LETTERS) + 1 or out["outputs"] != len(LETTERS) + 1:
            raise WidgetError(
                f"the network reads {table['count']} tokens and predicts {out['outputs']}; give {len(LETTERS) + 1}"
            )
        if lstm["hidden"] > MOST_UNITS:
            raise WidgetError(f"the LSTM has {lstm['hidden']} units; this widget shows at most {MOST_UNITS}")
        sizes = {"tokens": table["count"], "features": table["features"], "hidden": lstm["hidden"]}
        super().__init__(sizes=sizes, weights=packed(row), **traits)

    @t.validate("word")
    def _readable(self, proposal: dict[str, Any]) -> str:
        word: str = proposal["value"]
        if not re.fullmatch(f"[a-z]{{1,{LONGEST}}}", word):
            raise WidgetError(f"word={word!r}: give 1 to {LONGEST} letters of a to z")
        return word
