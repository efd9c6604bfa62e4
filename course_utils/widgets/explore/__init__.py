"""explore(fn, ...): an `interact` that stays alive without a kernel, because its frames were drawn beforehand."""

import gzip
import io
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import traitlets as t
from matplotlib.figure import Figure

from course_utils import plots
from course_utils.widgets.kit.base import CourseWidget, WidgetError

__all__ = ["Explore", "explore"]

MOST_FRAMES = 150
MOST_BYTES = 3_000_000


class Explore(CourseWidget):
    """Frames on a grid of parameters, each with its alternative text; made by `explore`.

    `position` says which value of each parameter is shown and may be set; the frames are one gzip stream, cut at
    `sizes` bytes, in the order of itertools.product; `size` is (width, height) in pixels.
    """

    hint = t.Unicode("Move the sliders; the picture follows.").tag(sync=True)
    grid = t.List(t.Dict()).tag(sync=True)
    position = t.List(t.Int()).tag(sync=True)
    kind = t.Enum(["svg", "png"]).tag(sync=True)
    frames = t.Bytes().tag(sync=True)
    sizes = t.List(t.Int()).tag(sync=True)
    size = t.List(t.Float(), minlen=2, maxlen=2).tag(sync=True)
    alts = t.List(t.Unicode()).tag(sync=True)


def explore(
    fn: Callable[..., Figure | tuple[Figure, str]],
    *,
    title: str = "Explore",
    hint: str = "Move the sliders; the picture follows.",
    **grid: Sequence[Any],
) -> Explore:
    """Draw ``fn(**values)`` for every combination of the `grid` now, and show the frames with a slider each.

        explore(draw, lr=[0.01, 0.1, 1.0], steps=range(1, 20))

    `fn` returns a matplotlib Figure, or (Figure, alternative text); without a text the title of the first axes and
    the values are its text. The figures travel as SVG or PNG, whichever is smaller, compressed together.
    Raises WidgetError when the grid is empty, or asks for more than 150 frames or 3 MB.
    """
    points = _points(grid)
    drawn = [_drawn(fn, point) for point in points]
    kind, frames = _smaller([plots.svg(*d).encode() for d in drawn], [_png(figure) for figure, _ in drawn])
    packed = _pack(frames)
    if len(packed) > MOST_BYTES:
        raise WidgetError(f"the frames weigh {len(packed) / 1e6:.1f} MB; draw fewer or simpler ones (3 MB at most)")
    return Explore(
        title=title,
        hint=hint,
        grid=[{"name": name, "values": [_written(value) for value in values]} for name, values in grid.items()],
        position=[0] * len(grid),
        kind=kind,
        frames=packed,
        sizes=[len(frame) for frame in frames],
        size=[float(inches) * 96 for inches in drawn[0][0].get_size_inches()],
        alts=[alt for _, alt in drawn],
    )


def _points(grid: dict[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """The combinations of the grid's values. Raises WidgetError when there are none or too many."""
    count = math.prod(len(values) for values in grid.values())
    if not grid or not count:
        raise WidgetError("explore needs at least one parameter, each with at least one value")
    if count > MOST_FRAMES:
        raise WidgetError(f"the grid asks for {count} frames; give fewer values ({MOST_FRAMES} frames at most)")
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def _drawn(fn: Callable[..., Figure | tuple[Figure, str]], point: dict[str, Any]) -> tuple[Figure, str]:
    """The figure at one point of the grid, and its alternative text."""
    import matplotlib.pyplot as plt

    result = fn(**point)
    figure, alt = result if isinstance(result, tuple) else (result, "")
    if not isinstance(figure, Figure):
        raise WidgetError(f"the function returned {type(figure).__name__}; it should return a matplotlib Figure")
    plt.close(figure)  # the frame alone is shown
    values = ", ".join(f"{name} = {_written(value)}" for name, value in point.items())
    heading = next(
        (axes.get_title(loc) for axes in figure.axes for loc in ("left", "center") if axes.get_title(loc)), ""
    )
    return figure, alt or f"{heading or 'Figure'}; {values}"


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, facecolor="white")  # a picture cannot follow the page's theme
    return buffer.getvalue()


def _smaller(svgs: list[bytes], pngs: list[bytes]) -> tuple[str, list[bytes]]:
    """The lighter kind. SVG may be half as heavy again: it stays sharp and follows the page's theme."""
    return ("svg", svgs) if len(_pack(svgs)) <= 1.5 * len(_pack(pngs)) else ("png", pngs)


def _pack(frames: list[bytes]) -> bytes:
    return gzip.compress(b"".join(frames), mtime=0)


def _written(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
