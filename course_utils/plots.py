"""One visual language for every figure of the course.

    fig, ax = plots.panel("loss while training", x="step", y="loss")
    ax.plot(losses, color=plots.BLUE)
    plots.show(fig, alt="The loss falls from 2.3 to 0.1 in 200 steps.")

Importing this module sets the style. Curves that are drawn one after the other take the colours of SERIES and the
LINES by themselves. A figure is a panel of a phone's width; `show` puts several side by side where there is room.
They become inline SVG whose ink and series colours follow the page's light or dark theme, with the alternative text
as their name.
"""

import base64
import hashlib
import html
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

from course_utils import theme

INK, MUTED, GRID = (theme.LIGHT[name] for name in ("ink", "muted", "grid"))
BLUE, ORANGE, GREEN, PURPLE = (theme.LIGHT[name] for name in theme.SERIES)
SERIES = (BLUE, ORANGE, GREEN, PURPLE)
MARKERS = ("o", "s", "^", "D")  # a series is told apart by shape as well as by colour
LINES = ("-", "--", "-.", ":")
SEQUENTIAL = LinearSegmentedColormap.from_list("sequential", ["#f2f2f2", BLUE])  # from none to much
DIVERGING = LinearSegmentedColormap.from_list("diverging", [BLUE, "#f2f2f2", ORANGE])  # to either side of a middle
SHADES = {"brightness": "Greys_r", "ink": "Greys", "signed": "PuOr"}  # what the numbers of a picture mean
LARGE_IMAGE = 10_000  # base64 characters; smaller ones are diagrams, whose edges stay sharp as PNG
PHOTOGRAPH_QUALITY = 75
AS_SQUARES = ' style="image-rendering:crisp-edges;image-rendering:pixelated"'  # an enlarged photograph is smooth

STYLE: Any = {  # matplotlib types its keys as several hundred literals
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": plt.cycler(color=SERIES, linestyle=LINES),
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "text.color": INK,
    "font.size": 10,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "svg.fonttype": "path",
    "svg.hashsalt": "course",  # the same figure gives the same file
}
mpl.rcParams.update(STYLE)


def panel(
    title: str, x: str = "", y: str = "", size: tuple[float, float] = (3.9, 2.8), **axes: Any
) -> tuple[Figure, Axes]:
    """A figure with one pair of axes in the style of the course.   size: inches (width, height)

    `axes` is passed to `Axes.set`, e.g. ``yscale="log"``. Raises ValueError without a title.
    """
    if not title:
        raise ValueError("a panel needs a title: say what the picture shows")
    fig, ax = plt.subplots(figsize=size)
    ax.set(title=title, xlabel=x, ylabel=y, **axes)
    plt.close(fig)  # only `show` displays it
    return fig, ax


def bare(ax: Axes) -> Axes:
    """Take ticks, grid and frame away, for pictures and diagrams."""
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return ax


def image(
    ax: Axes,
    pixels: Any,
    shades: str = "brightness",
    limits: tuple[float | None, float | None] = (None, None),
    smooth: bool = False,
) -> None:
    """Draw a picture on bare axes.   pixels: (h, w), or (3, h, w) in colour, 0..1; a tensor, an array or lists

    `shades` says what a number means: "brightness" (large is white), "ink" (large is black), or "signed" (negative
    is orange, zero white, positive purple). `limits` are the numbers of the two end colours; without them the
    picture's own extremes are, and for "signed" its largest size on either side of zero. Each number is a square of
    its own, unless a photograph is to be `smooth`; one in colour always is.

    Raises ValueError for another shape or other shades.
    """
    shown = np.asarray(pixels)
    if shades not in SHADES:
        raise ValueError(f"there are no shades {shades!r}; there are {', '.join(SHADES)}")
    if shown.ndim == 3 and len(shown) == 3:
        enlarged = bare(ax).get_window_extent().width / shown.shape[2]
        # The page smooths what is enlarged, as matplotlib would up to three times (then it draws squares), and a file
        # with the picture's own pixels is smaller than one with those of its place.
        ax.imshow(shown.transpose(1, 2, 0), interpolation="none" if 1 < enlarged < 3 else "auto")
        return
    if shown.ndim != 2:
        raise ValueError(f"a picture has the shape (h, w) or (3, h, w); this one has {shown.shape}")
    if shades == "signed" and limits == (None, None):
        largest = np.abs(shown).max()
        limits = (-largest, largest)
    bare(ax).imshow(shown, cmap=SHADES[shades], interpolation="auto" if smooth else "nearest", clim=limits)


def pictures(
    pictures: Mapping[str, Any],
    alt: Sequence[str],
    side: float = 1.6,
    shades: str = "brightness",
    limits: tuple[float | None, float | None] = (None, None),
    smooth: bool = False,
) -> None:
    """Show pictures side by side, each under its title.   pictures: title -> pixels; side: width in inches

    `alt` has a sentence for each; for the rest see `image`. Raises ValueError as `image` and `show` do.
    """
    panels = []
    for title, pixels in pictures.items():
        rows, columns = (1, 1, *np.asarray(pixels).shape)[-2:]
        fig, ax = panel(title, size=(side, side * rows / columns + 0.25))
        image(ax, pixels, shades, limits, smooth)
        panels.append(fig)
    show(*panels, alt=alt)


def tiles(
    title: str, n: int, columns: int, size: tuple[float, float], room: float = 0.08
) -> tuple[Figure, list[Axes]]:
    """A panel cut into `n` small bare axes, row by row from the top left.   size: inches (width, height)

    `room` is the share of a row's height that stays free above its tiles; a line of text needs about 0.2.
    Raises ValueError when there is no tile or no column.
    """
    if n < 1 or columns < 1:
        raise ValueError(f"{n} tiles in {columns} columns cannot be drawn: at least one of each is needed")
    fig, ax = panel(title, size=size)
    bare(ax)
    width, height = 1 / columns, 1 / -(-n // columns)
    corners = [(width * (i % columns), 1 - height * (i // columns + 1)) for i in range(n)]
    return fig, [bare(ax.inset_axes((x, y, 0.92 * width, (1 - room) * height))) for x, y in corners]


def decision_regions(
    ax: Axes, predict: Callable[[np.ndarray], np.ndarray], X: np.ndarray, y: np.ndarray, steps: int = 160
) -> None:
    """Shade the plane by a classifier's answer and draw the points on it.   X: (n, 2), y: (n,) in 0..1

    `predict` maps points (m, 2) to classes (m,).
    """
    low, high = X.min(0) - 0.3, X.max(0) + 0.3
    xs, ys = (np.linspace(low[i], high[i], steps) for i in (0, 1))
    grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    answer = np.asarray(predict(grid)).reshape(steps, steps)
    ax.imshow(
        answer, extent=(low[0], high[0], low[1], high[1]), origin="lower", aspect="auto", alpha=0.22,
        cmap=ListedColormap([BLUE, ORANGE]), vmin=0, vmax=1, interpolation="nearest",
    )  # fmt: skip
    for label, colour, marker in zip((0, 1), (BLUE, ORANGE), MARKERS, strict=False):
        ax.scatter(
            X[y == label, 0],
            X[y == label, 1],
            s=12,
            color=colour,
            marker=marker,
            linewidths=0,
            label=f"class {label}",
        )
    ax.grid(False)


def show(*figures: Figure, alt: str | Sequence[str]) -> None:
    """Display figures, side by side where there is room, each with its alternative text.

    `alt` says in a sentence what a person who cannot see the picture should know.
    Raises ValueError when a figure has no such sentence.
    """
    from IPython.display import HTML, display

    alts = [alt] if isinstance(alt, str) else list(alt)
    if len(alts) != len(figures):
        raise ValueError(f"{len(figures)} figures need {len(figures)} alternative texts, not {len(alts)}")
    pictures = "".join(svg(figure, text) for figure, text in zip(figures, alts, strict=True))
    row = '<div class="dl-figures" style="display:flex;flex-wrap:wrap;gap:1rem 1.5rem">'
    display(HTML(f"<style>{theme.css()}</style>{row}{pictures}</div>"))


def svg(figure: Figure, alt: str) -> str:
    """The figure as inline SVG that follows the page's theme and is named by `alt`.

    Raises ValueError when `alt` is empty.
    """
    if not alt.strip():
        raise ValueError("a figure needs an alternative text: say in a sentence what it shows")
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = text.replace(AS_SQUARES, "")
    text = _follow_theme(_unique_ids(_lighter_photographs(text), alt))
    width = figure.get_figwidth() * 96  # inches to CSS pixels
    text = re.sub(r' width="[\d.]+pt"| height="[\d.]+pt"', "", text, count=2)
    name = html.escape(alt, quote=True)
    style = f"width:100%;max-width:{width:.0f}px;height:auto"
    return text.replace("<svg", f'<svg role="img" aria-label="{name}" style="{style}"', 1)


def _lighter_photographs(text: str) -> str:
    """Store each large raster image as WebP where that halves it; matplotlib only writes PNG."""
    from PIL import Image

    def lighter(found: re.Match[str]) -> str:
        buffer = io.BytesIO()
        Image.open(io.BytesIO(base64.b64decode(found[1]))).save(buffer, "webp", quality=PHOTOGRAPH_QUALITY, method=6)
        webp = base64.b64encode(buffer.getvalue()).decode()
        return f"data:image/webp;base64,{webp}" if 2 * len(webp) < len(found[1]) else found[0]

    return re.sub(rf"data:image/png;base64,\s*([\w+/=\s]{{{LARGE_IMAGE},}})", lighter, text)


def _unique_ids(text: str, alt: str) -> str:
    """Give the figure's ids a prefix of their own: several figures share one page."""
    prefix = hashlib.sha256((alt + text).encode()).hexdigest()[:6]
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>f{prefix}-", text)


def _follow_theme(text: str) -> str:
    """Replace the light theme's colours by the custom properties that hold them in either theme."""
    for name, colour in theme.LIGHT.items():
        if name != "page":  # pure white may be part of an image's own colours
            text = text.replace(colour, f"var(--dl-{name},{colour})")
    return text
