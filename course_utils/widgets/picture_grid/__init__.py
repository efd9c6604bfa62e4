"""A table of pictures that were computed when the notebook ran: all of them small, one of them large."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import traitlets as t
from torch import Tensor

from course_utils.widgets.kit.base import CourseWidget, WidgetError, finite
from course_utils.widgets.kit.picture import sheet

__all__ = ["PictureGrid"]

MOST_PICTURES = 150


class PictureGrid(CourseWidget):
    """Teaches what two choices do to a picture: layers and channels, or the style's weight and the number of steps.

        PictureGrid(P, rows=("layer", ["block 5", "block 8"]), columns=("channel", [3, 14, 15]))

    `pictures`, (rows, columns, 3, h, w) in 0..1, become one JPEG. `numbers` gives a number for each picture, rows by
    columns, under a name; the first two are drawn against each other. `beside` holds pictures of the same size that
    are always seen; `notes`, rows by columns, sentences on each picture. `picked` is the row and the column of the
    large one.
    Raises WidgetError for what does not fit together, for more than 150 pictures and for more than 450 kB.
    """

    title = t.Unicode("A table of pictures").tag(sync=True)
    hint = t.Unicode("Pick a picture with the pointer, the arrow keys or the sliders.").tag(sync=True)
    axes = t.List(t.Dict()).tag(sync=True)
    picked = t.List(t.Int(), minlen=2, maxlen=2).tag(sync=True)
    frames = t.Bytes().tag(sync=True)
    size = t.List(t.Int(), minlen=2, maxlen=2).tag(sync=True)
    numbers = t.List(t.Dict()).tag(sync=True)
    beside = t.List(t.Unicode()).tag(sync=True)
    notes = t.List(t.Unicode()).tag(sync=True)

    def __init__(
        self,
        pictures: Tensor,
        rows: tuple[str, Sequence[Any]],
        columns: tuple[str, Sequence[Any]],
        *,
        numbers: Mapping[str, Any] | None = None,
        beside: Mapping[str, Tensor] | None = None,
        notes: Sequence[Sequence[str]] = (),
        picked: Sequence[int] = (0, 0),
        **traits: Any,
    ):
        counts = [len(rows[1]), len(columns[1])]
        _check(pictures, counts)
        if len(picked) != 2 or not all(0 <= at < n for at, n in zip(picked, counts, strict=True)):
            raise WidgetError(f"picked is {list(picked)}; the grid has {counts[0]} rows and {counts[1]} columns")
        beside = dict(beside or {})
        size = list(pictures.shape[3:])
        texts = [text for row in notes for text in row]
        if texts and len(texts) != math.prod(counts):
            raise WidgetError(f"there are {len(texts)} notes for {math.prod(counts)} pictures")
        super().__init__(
            axes=[{"name": name, "values": [_written(v) for v in values]} for name, values in (rows, columns)],
            picked=list(picked),
            frames=sheet([*pictures.flatten(0, 1), *_beside(beside, size)], counts[1]),
            size=size,
            numbers=[_numbers(name, values, counts) for name, values in (numbers or {}).items()],
            beside=list(beside),
            notes=texts,
            **traits,
        )


def _check(pictures: Tensor, counts: list[int]) -> None:
    """Raises WidgetError unless there is a picture for each pair of values, with numbers in 0..1."""
    if pictures.ndim != 5 or list(pictures.shape[:3]) != [*counts, 3] or not pictures.numel():
        shape = tuple(pictures.shape)
        raise WidgetError(f"the pictures have shape {shape}; give ({counts[0]}, {counts[1]}, 3, height, width)")
    if math.prod(counts) > MOST_PICTURES:
        raise WidgetError(f"there are {math.prod(counts)} pictures; give {MOST_PICTURES} at most")
    _in_range(pictures, "the pictures")


def _in_range(pictures: Tensor, name: str) -> None:
    if not pictures.is_floating_point() or not (pictures.min() >= 0 and pictures.max() <= 1):  # NaN fails, too
        raise WidgetError(f"{name} must hold numbers from 0 to 1")


def _beside(beside: dict[str, Tensor], size: list[int]) -> list[Tensor]:
    for name, picture in beside.items():
        if list(picture.shape) != [3, *size]:
            raise WidgetError(f"{name} has shape {tuple(picture.shape)}; the others have (3, {size[0]}, {size[1]})")
        _in_range(picture, name)
    return list(beside.values())


def _numbers(name: str, values: Any, counts: list[int]) -> dict[str, Any]:
    table = [[finite(name, value) for value in row] for row in values]
    if [len(row) for row in table] != [counts[1]] * counts[0]:
        raise WidgetError(f"{name} does not hold {counts[0]} rows of {counts[1]} numbers")
    return {"name": name, "values": [value for row in table for value in row]}


def _written(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
