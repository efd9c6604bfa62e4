"""Two arrays that should be equal as three small tables side by side: expected, yours, and yours − expected.

A wrong place has a colour and, for whoever does not see it, bold figures with a ✗. In a notebook whose outputs are
not trusted JupyterLab takes every <style> away; hence each cell has its style in itself. A coloured cell has its
own text colour too, so that it can be read on a light and on a dark page; all others take the page's.
"""

import html
import math
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from course_utils import theme

LARGEST = 12  # rows and columns; with more, nobody compares the tables by eye
LONGEST_INTEGER = (
    7  # characters; whole numbers are equal or not, hence all their figures are shown where there is room
)
# A difference grows from pale to full colour; black can be read on all of them, whatever the page's own ground is.
MIDDLE, NEGATIVE, POSITIVE = "#f2f2f2", theme.DARK["blue"], theme.DARK["orange"]
PALEST = 0.3  # the share of full colour that the smallest difference has: its side can be told
NO_SIDE = "#c8cdd3"  # a difference that is NaN
TEXT = "#000000"
OUTLINE = "#858c95"  # seen on light and on dark pages
_ROW = "display:flex;flex-wrap:wrap;align-items:flex-start;gap:.5em 1.6em;margin:.25em 0"
_SCROLLED = "max-width:100%;overflow-x:auto"
_TABLE = "width:auto;table-layout:auto;margin:0;border-collapse:collapse;font-variant-numeric:tabular-nums"
_CAPTION = "caption-side:top;padding:.2em .5em;text-align:left;font-weight:bold;white-space:nowrap"
_NOTE = "padding:.2em .5em"
_LINE = "background:none"  # without the stripes of JupyterLab's tables: here a ground means a wrong place
_CELL = "padding:.2em .4em;text-align:right;white-space:nowrap"
_NUMBER = f"{_CELL};font-weight:normal;font-style:italic"
_BOLD = ";font-weight:bold"


class Cell(NamedTuple):
    """What stands in a place of a table, and how it differs from the others in style."""

    text: str
    style: str = ""


def shown(actual: np.ndarray, expected: np.ndarray, wrong: np.ndarray) -> None:
    """Display the tables of `compared` where there is a notebook to show them; never raises."""
    try:
        if is_notebook() and (tables := compared(actual, expected, wrong)):
            from IPython.display import HTML, display

            display(HTML(tables))
    except Exception:
        # The tables are an extra: the check's own message must come, whatever is wrong with them.
        return


def compared(actual: np.ndarray, expected: np.ndarray, wrong: np.ndarray) -> str:
    """The three tables as HTML.   three arrays of one shape, `wrong` of bools

    Of more than two dimensions only the first slice with a wrong place is shown. Empty where tables would not help:
    nothing is wrong, the arrays are single numbers or hold no real ones, or they are larger than LARGEST.
    """
    if not _can_be_compared(actual, expected, wrong):
        return ""
    place = tuple(int(i) for i in np.argwhere(wrong)[0][:-2])
    yours, right, bad = (np.atleast_2d(x[place]) for x in (actual, expected, wrong))
    gaps = _grid(bad.shape, lambda i, j: _gap(yours[i, j].item(), right[i, j].item()))
    largest = max((abs(gap) for row in gaps for gap in row if math.isfinite(gap)), default=0) or 1
    grounds = _grid(bad.shape, lambda i, j: _ground(gaps[i][j], largest) if bad[i, j] else "")
    tables = {
        "expected": _grid(bad.shape, lambda i, j: _as_expected(right[i, j].item(), bool(bad[i, j]))),
        "yours": _grid(bad.shape, lambda i, j: _as_yours(yours[i, j].item(), grounds[i][j])),
        "difference": _grid(bad.shape, lambda i, j: _as_difference(gaps[i][j], grounds[i][j])),
    }
    width = max(len(cell.text.removeprefix("✗ ")) for cells in tables.values() for row in cells for cell in row)
    three = "".join(_table(caption, cells, width, wrong.ndim > 1) for caption, cells in tables.items())
    return f'{_slice(place)}<div style="{_ROW}">{three}</div>'


def _can_be_compared(actual: np.ndarray, expected: np.ndarray, wrong: np.ndarray) -> bool:
    real = all(x.dtype.kind in "biuf" for x in (actual, expected))
    fits = wrong.ndim > 0 and max(wrong.shape[-2:]) <= LARGEST
    return real and fits and actual.shape == expected.shape == wrong.shape and bool(wrong.any())


def _grid(shape: tuple[int, ...], make: Callable[[int, int], Any]) -> list[list[Any]]:
    """What `make` gives for each place, row by row."""
    return [[make(i, j) for j in range(shape[1])] for i in range(shape[0])]


# -- what stands in a cell -----------------------------------------------------------------------------------


def _gap(yours: float, right: float) -> float:
    """yours - right; nothing between equal infinities, or NaN and NaN. Python's whole numbers do not overflow."""
    both_nan = yours != yours and right != right
    return 0 if yours == right or both_nan else yours - right


def _number(x: float) -> str:
    """At most four significant digits, with a true minus sign; a short whole number in full."""
    text = str(x)
    if isinstance(x, float) or (len(text) > LONGEST_INTEGER and not isinstance(x, bool)):
        text = f"{x:.4g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _as_expected(x: float, is_wrong: bool) -> Cell:
    return Cell(_number(x), f"{_BOLD};outline:1px solid {OUTLINE};outline-offset:-2px" if is_wrong else "")


def _as_yours(x: float, ground: str) -> Cell:
    return Cell(f"✗ {_number(x)}", _on(ground)) if ground else Cell(_number(x))


def _as_difference(gap: float, ground: str) -> Cell:
    if ground:
        return Cell("+" * (gap > 0) + _number(gap), _on(ground))
    return Cell("≈ 0" if gap else "0")


def _on(ground: str) -> str:
    return f"{_BOLD};color:{TEXT};background:{ground}"


def _ground(gap: float, largest: float) -> str:
    """From near MIDDLE to NEGATIVE or POSITIVE as the gap grows to the largest."""
    if gap != gap:
        return NO_SIDE
    share = PALEST + (1 - PALEST) * (1 if math.isinf(gap) else abs(gap) / largest)
    ends = zip(_channels(MIDDLE), _channels(NEGATIVE if gap < 0 else POSITIVE), strict=True)
    return "#" + "".join(f"{round(low + share * (high - low)):02x}" for low, high in ends)


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


# -- HTML ----------------------------------------------------------------------------------------------------


def _table(caption: str, cells: list[list[Cell]], width: int, numbered: bool) -> str:
    """One table with its columns numbered from 0, and its rows too if they are `numbered`.

    `width` is the characters of the longest number: with it the columns of the three tables are alike.
    """
    # A dot is narrow, hence one character less.
    heads = "".join(
        f'<th scope="col" style="{_NUMBER};min-width:{width - 1}ch">{j}</th>' for j in range(len(cells[0]))
    )
    corner = f'<td style="{_CELL}"></td>' if numbered else ""
    top = f'<thead><tr style="{_LINE}">{corner}{heads}</tr></thead>'
    lines = "".join(_line(i, row, numbered) for i, row in enumerate(cells))
    head = f'<caption style="{_CAPTION}">{html.escape(caption)}</caption>{top}'
    table = f'<table style="{_TABLE}">{head}<tbody>{lines}</tbody></table>'
    # who has no mouse scrolls with the arrow keys, and must come there with the Tab key
    return f'<div tabindex="0" role="region" aria-label="{html.escape(caption)}" style="{_SCROLLED}">{table}</div>'


def _line(i: int, row: list[Cell], numbered: bool) -> str:
    head = f'<th scope="row" style="{_NUMBER}">{i}</th>' if numbered else ""
    cells = "".join(f'<td style="{_CELL}{cell.style}">{html.escape(cell.text)}</td>' for cell in row)
    return f'<tr style="{_LINE}">{head}{cells}</tr>'


def _slice(place: tuple[int, ...]) -> str:
    """Which slice the tables show, where they do not show all."""
    if not place:
        return ""
    indices = ", ".join([*map(str, place), ":", ":"])
    return f'<div style="{_NOTE}">The first slice with a wrong place, [{indices}]:</div>'


def is_notebook() -> bool:
    """Whether this runs in a Jupyter kernel. IPython is not imported for the question."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython else None
    return any(cls.__name__ == "ZMQInteractiveShell" for cls in type(shell).__mro__)
