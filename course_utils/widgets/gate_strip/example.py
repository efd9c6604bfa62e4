"""What the tests do with GateStrip."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.widgets.gate_strip import GateStrip
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.kit.net import export, packed, unpacked


class Letters(nn.Module):
    """A letter LSTM as the chapter has it, untrained: (n, T) -> (n, T, tokens)."""

    def __init__(self, hidden: int = 12, tokens: int = 27, cell: type[nn.Module] = nn.LSTM):
        super().__init__()
        self.embedding = nn.Embedding(tokens, 5)
        self.lstm = cell(5, hidden, batch_first=True)
        self.out = nn.Linear(hidden, tokens)

    def forward(self, x: Tensor) -> Tensor:
        h, _ = self.lstm(self.embedding(x))
        logits: Tensor = self.out(h)
        return logits


def net(**settings: Any) -> Letters:
    torch.manual_seed(7)
    letters = Letters(**settings)
    for p in letters.parameters():
        nn.init.normal_(p, std=0.6)
    return letters


def page_net() -> Letters:
    """The network with the weights that the page has after packing."""
    own = net()
    row = torch.frombuffer(bytearray(unpacked(packed(export(own)[1]))), dtype=torch.float32)
    nn.utils.vector_to_parameters(row, own.parameters())
    return own


CODE = """
  const weights = Float32Array.from(x.weights);
  const { steps } = { steps: m.read(weights, x.sizes, x.word) };
  return steps.map((one) => Object.fromEntries(Object.entries(one).map(([name, v]) => [name, Array.from(v)])));"""
WORD = "zabra"


def equal() -> Iterator[Equal]:
    """Cell state, hidden state, gates and predictions at each letter, by torch."""
    own = page_net()
    row = nn.utils.parameters_to_vector(own.parameters()).tolist()
    argument = {"weights": row, "sizes": {"tokens": 27, "features": 5, "hidden": 12}, "word": WORD}
    yield Equal(CODE, argument, pairs, rtol=1e-4, atol=1e-6)


def pairs(got: list[dict[str, Any]]) -> Iterator[tuple[Any, Any]]:
    own = page_net()
    tokens = torch.tensor([[0, *(ord(letter) - 96 for letter in WORD)]])
    probabilities = own(tokens).softmax(dim=2)[0]
    state: Any = (torch.zeros(1, 1, 12), torch.zeros(1, 1, 12))
    for t, step in enumerate(got):
        x, before = own.embedding(tokens[:, t : t + 1]), state
        W, U, b, c = own.lstm.parameters()
        i, f, g, o = (x[0] @ W.T + before[0][0] @ U.T + b + c)[0].chunk(4)
        _, state = own.lstm(x, before)
        yield step["input"], i.sigmoid().tolist()
        yield step["forget"], f.sigmoid().tolist()
        yield step["candidate"], g.tanh().tolist()
        yield step["output"], o.sigmoid().tolist()
        yield step["hidden"], state[0][0, 0].tolist()
        yield step["cell"], state[1][0, 0].tolist()
        yield step["next"], probabilities[t].tolist()


EXAMPLE = Example(
    make=lambda: GateStrip(net()),
    keys=[
        Press("slider", "read so far", "End", says="After “rossi”"),
        Press("button", "cell state", "Enter", says="mean of the cell state"),
        Press("textbox", "word", "End b a Enter", says="After “rossiba”"),
        Press("slider", "read so far", "Home", says="At START"),
    ],
    pointer=[Drag("slider", "read so far", 40, 0), Tap("button", "input gate")],
    bad=[
        Bad({"word": "ro2"}, "The letter 2 is not known"),
        Bad({"word": ""}, "The word is empty"),
        Bad({"word": "a" * 17}, "The word has 17 letters"),
        Bad({"shown": "?"}, "What is drawn, ? is not one of forget"),
    ],
    refused=[
        Refused(WidgetError, "give 1 to 16 letters of a to z", lambda: GateStrip(net(), word="é")),
        Refused(WidgetError, "give 1 to 16 letters of a to z", lambda: GateStrip(net(), word="")),
        Refused(WidgetError, "the network has other layers", lambda: GateStrip(net(cell=nn.GRU))),
        Refused(WidgetError, "reads 9 tokens and predicts 9; give 27", lambda: GateStrip(net(tokens=9))),
        Refused(WidgetError, "has 49 units; this widget shows at most 48", lambda: GateStrip(net(hidden=49))),
    ],
    equal=equal,
)
