"""What the tests do with PictureGrid."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from traitlets import TraitError

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused
from course_utils.widgets.kit.picture import sheet
from course_utils.widgets.picture_grid import PictureGrid

ROWS, COLUMNS = ("frequency", [1, 2, 3]), ("phase", [0.0, 1.5, 3.0, 4.5])


def waves(rows: int = 3, columns: int = 4, height: int = 44, width: int = 52) -> Tensor:
    """Smooth pictures, no two alike.   -> (rows, columns, 3, height, width)"""
    down, across = torch.linspace(0, 1, height)[:, None], torch.linspace(0, 1, width)
    colour = torch.arange(3.0)[:, None, None]
    table = [
        [(6 * (r + 1) * across + 4 * down + 1.5 * c + colour).sin() / 2 + 0.5 for c in range(columns)]
        for r in range(rows)
    ]
    return torch.stack([torch.stack(row) for row in table])


def make(**changed: Any) -> PictureGrid:
    content = torch.tensor([[0.4, 0.3, 0.2, 0.1], [0.5, 0.35, 0.3, 0.2], [0.9, 0.6, 0.5, 0.4]])
    settings: dict[str, Any] = {
        "rows": ROWS,
        "columns": COLUMNS,
        "numbers": {"content loss": content, "style loss": 0.1 / content**2},
        "beside": {"content": waves()[0, 0], "style": waves()[2, 3]},
        "title": "Waves",
    }
    return PictureGrid(changed.pop("pictures", waves()), **(settings | changed))


DECODE = """
  const images = await m.decoded(new DataView(Uint8Array.from(x[0]).buffer), 13, 4, [44, 52]);
  const context = new OffscreenCanvas(52, 44).getContext("2d");
  return x[1].map((at) => {
    context.drawImage(images[at], 0, 0);
    return Array.from(context.getImageData(0, 0, 52, 44).data.filter((_, i) => i % 4 < 3));
  });"""


def equal() -> Iterator[Equal]:
    """Each picture that is cut out of the sheet is the one that was put in, but for the loss of a JPEG."""
    pictures = [*waves().flatten(0, 1), waves()[1, 2]]
    places = [0, 6, 11, 12]

    def pairs(got: list[list[int]]) -> Iterator[tuple[Any, Any]]:
        for at, pixels in zip(places, got, strict=True):
            there = np.array(pixels).reshape(44, 52, 3) / 255
            yield there, pictures[at].permute(1, 2, 0).numpy()

    yield Equal(DECODE, [list(sheet(pictures, 4)), places], pairs, atol=0.12)
    yield Equal("return x.map((at) => m.placeOf(at, 4, [44, 52]))", [0, 7], lambda got: [(got, [[0, 0], [168, 48]])])


EXAMPLE = Example(
    make=make,
    keys=[
        Press("slider", "phase", "ArrowRight", says="frequency 1, phase 1.5: content loss 0.300, style loss 1.111."),
        Press("slider", "frequency", "End", says="frequency 3, phase 1.5"),
        Press(
            "application",
            "All pictures: pick one with the pointer or the arrow keys",
            "ArrowUp ArrowRight",
            says="frequency 2, phase 3",
        ),
    ],
    pointer=[
        Drag("slider", "phase", 60, 0),
        Drag("application", "All pictures: pick one with the pointer or the arrow keys", 40, 30),
    ],
    bad=[
        Bad({"axes": []}, "needs rows and columns"),
        Bad({"picked": [7, 7]}, "outside the table"),
        Bad({"size": [0, 4]}, "at least one pixel"),
        Bad({"numbers": [{"name": "loss", "values": [1]}]}, "loss holds only 1 numbers"),
    ],
    refused=[
        Refused(WidgetError, "give (3, 4, 3, height, width)", lambda: make(pictures=waves(2))),
        Refused(WidgetError, "from 0 to 1", lambda: make(pictures=2 * waves())),
        Refused(WidgetError, "from 0 to 1", lambda: make(pictures=waves() * torch.nan)),
        Refused(WidgetError, "style has shape (3, 9, 9)", lambda: make(beside={"style": torch.zeros(3, 9, 9)})),
        Refused(WidgetError, "loss does not hold 3 rows of 4 numbers", lambda: make(numbers={"loss": [[1.0]]})),
        Refused(WidgetError, "give a finite number", lambda: make(numbers={"loss": [[float("nan")]]})),
        Refused(WidgetError, "there are 1 notes for 12 pictures", lambda: make(notes=[["one"]])),
        Refused(WidgetError, "3 rows and 4 columns", lambda: make(picked=[3, 0])),
        Refused(
            WidgetError,
            "give 150 at most",
            lambda: PictureGrid(torch.zeros(16, 10, 3, 8, 8), ("a", range(16)), ("b", range(10))),
        ),
        Refused(TraitError, "length", lambda: setattr(make(), "picked", [1])),
    ],
    equal=equal,
)
