"""Figures: named, themed, and safe to put several of on one page."""

import base64
import io
import re

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.transforms import Bbox
from PIL import Image

from course_utils import data, plots, theme


def contrast(a: str, b: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_colours_stand_out_from_the_page(colours):
    for ground in ("page", "panel"):
        assert contrast(colours["ink"], colours[ground]) >= 7
        assert contrast(colours["muted"], colours[ground]) >= 4.5
        assert all(contrast(colours[name], colours[ground]) >= 3 for name in theme.SERIES)


def test_both_themes_have_the_same_colours_and_css_names_them():
    assert theme.LIGHT.keys() == theme.DARK.keys()
    assert all(theme.css().count(f"--dl-{name}:") == 3 for name in theme.LIGHT)  # light, dark, and by preference


def picture(alt: str = "A line that rises.") -> str:
    fig, ax = plots.panel("a title", x="x", y="y")
    ax.plot([0, 1], [0, 1], label="one")
    ax.legend()
    return plots.svg(fig, alt)


def test_a_figure_is_named_by_its_alternative_text():
    svg = picture('say "a < b"')
    assert 'role="img" aria-label="say &quot;a &lt; b&quot;"' in svg


@pytest.mark.parametrize("alt", ["", "  "])
def test_a_figure_without_alternative_text_is_refused(alt):
    with pytest.raises(ValueError, match="alternative text"):
        picture(alt)


def test_a_panel_without_a_title_is_refused():
    with pytest.raises(ValueError, match="title"):
        plots.panel("")


def test_the_ink_follows_the_theme():
    svg = picture()
    for colour in (plots.INK, plots.MUTED, plots.BLUE):
        assert not re.search(rf"(?<!,){colour}", svg), f"{colour} is fixed"
    assert "var(--dl-blue," in svg


def test_the_same_figure_gives_the_same_file_and_two_share_no_ids():
    ids = [set(re.findall(r'\bid="([^"]+)"', picture(alt))) for alt in ("first", "second")]
    assert picture() == picture()
    assert ids[0]
    assert not ids[0] & ids[1]
    for target in re.findall(r'(?:url\(#|href="#)([^")]+)', picture("first")):
        assert target in ids[0]


def test_every_figure_needs_its_own_text():
    fig, _ = plots.panel("a title")
    with pytest.raises(ValueError, match="2 figures need 2"):
        plots.show(fig, fig, alt="one text")


CODE = re.compile(r"data:image/(\w+);base64,\s*([\w+/=\s]+)")  # of each image: its kind and its bytes


def images(picture: np.ndarray) -> dict[str, np.ndarray]:
    """What kind of image a picture becomes in a figure, and its pixels.   picture: (h, w, 3) -> kind: (h', w', 3)"""
    fig, ax = plots.panel("picture", size=(3, 3))
    plots.bare(ax).imshow(picture)
    found = CODE.findall(plots.svg(fig, "A picture."))
    return {kind: np.asarray(Image.open(io.BytesIO(base64.b64decode(code))).convert("RGB")) for kind, code in found}


def test_photographs_are_stored_as_webp_and_look_the_same(monkeypatch):
    photograph = data.photo("cat", 224).permute(1, 2, 0).numpy()
    (light,) = (pixels for kind, pixels in images(photograph).items() if kind == "webp")
    monkeypatch.setattr(plots, "LARGE_IMAGE", 10**9)
    (exact,) = (pixels for kind, pixels in images(photograph).items() if kind == "png")
    assert light.shape == exact.shape
    assert np.abs(light.astype(float) - exact).mean() < 4  # of 255


def test_diagrams_keep_their_sharp_edges():
    assert list(images(np.random.default_rng(0).random((8, 8, 3)))) == ["png"]


# -- pictures and tiles -------------------------------------------------------------------------------------------


def drawn(pixels, **how) -> np.ndarray:
    """The colours that a picture of numbers gets.   pixels: (h, w) -> (h, w, 3) of 0..1"""
    _, ax = plots.panel("a picture")
    plots.image(ax, pixels, **how)
    (image,) = ax.images
    return image.cmap(image.norm(np.asarray(pixels)))[..., :3]


def test_shades_say_what_a_number_means():
    pixels = torch.tensor([[0.0, 1.0, 3.0], [0.5, 2.0, 0.0]])
    bright, ink = drawn(pixels).mean(2), drawn(pixels, shades="ink").mean(2)
    assert bright[0, 2] == 1
    assert bright[0, 0] == 0
    assert ink[0, 2] == 0
    assert ink[0, 0] == 1


def test_zero_is_white_between_the_signs_though_their_sizes_differ():
    colours = drawn([[-1.0, 0.0, 4.0], [2.0, -0.5, 1.0]], shades="signed")
    assert (colours[0, 1] > 0.95).all()
    red, blue = colours[..., 0], colours[..., 2]
    assert red[0, 0] > blue[0, 0]  # orange
    assert blue[0, 2] > red[0, 2]  # purple
    assert colours[0, 0].mean() > colours[1, 0].mean() > colours[0, 2].mean()  # paler the smaller, whatever the sign


def test_limits_are_the_two_end_colours():
    assert drawn([[0.2, 0.4]], limits=(0, 1)).mean(2) == pytest.approx(np.array([[0.2, 0.4]]), abs=0.1)
    free = drawn([[0.2, 0.4]]).mean(2)
    assert free.tolist() == [[0, 1]]


def test_a_colour_picture_keeps_its_colours_and_its_sides():
    pixels = np.random.default_rng(0).random((3, 4, 6))
    _, ax = plots.panel("a picture")
    plots.image(ax, pixels)
    np.testing.assert_array_equal(ax.images[0].get_array(), pixels.transpose(1, 2, 0))
    assert not ax.get_xticks().size


def test_only_photographs_are_smoothed():
    how = []
    for pixels, smooth in ((np.zeros((5, 7)), False), (np.zeros((5, 7)), True), (np.zeros((3, 5, 7)), False)):
        _, ax = plots.panel("a picture")
        plots.image(ax, pixels, smooth=smooth)
        how.append(ax.images[0].get_interpolation())
    assert how == ["nearest", "auto", "auto"]


def test_a_photograph_that_is_enlarged_is_stored_with_its_own_pixels_and_smooth():
    photograph = data.photo("cat", 224).permute(1, 2, 0).numpy()[::2, ::2]
    fig, ax = plots.panel("picture", size=(3, 3))
    plots.image(ax, photograph.transpose(2, 0, 1))
    text = plots.svg(fig, "A picture.")
    ((_, code),) = CODE.findall(text)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(code))))
    assert pixels.shape[:2] == (112, 112)
    assert "image-rendering" not in text


def test_a_figure_of_a_picture_has_its_shape(monkeypatch):
    figures = []
    monkeypatch.setattr(plots, "show", lambda *shown, alt: figures.extend(shown))
    plots.pictures({"wide": np.zeros((3, 40, 96)), "tall": np.zeros((96, 40))}, alt=["a", "b"], side=2)
    for figure, (rows, columns) in zip(figures, [(40, 96), (96, 40)], strict=True):
        width, height = figure.get_size_inches()
        assert (width, height - 0.25) == pytest.approx((2, 2 * rows / columns))
    with pytest.raises(ValueError, match=r"\(h, w\) or \(3, h, w\)"):
        plots.pictures({"none": np.zeros(5)}, alt=["a"])


@pytest.mark.parametrize("size", [(5,), (2, 4, 6), (4, 6, 3), (1, 3, 4, 6)])
def test_what_is_no_picture_is_refused(size):
    _, ax = plots.panel("a picture")
    with pytest.raises(ValueError, match=r"\(h, w\) or \(3, h, w\)"):
        plots.image(ax, np.zeros(size))


def test_unknown_shades_are_refused_and_the_known_ones_named():
    _, ax = plots.panel("a picture")
    with pytest.raises(ValueError, match="no shades 'Greys'; there are brightness, ink, signed"):
        plots.image(ax, np.zeros((2, 3)), shades="Greys")


def test_pictures_stand_side_by_side_under_their_titles(monkeypatch):
    shown = []
    monkeypatch.setattr(plots, "show", lambda *figures, alt: shown.append((figures, alt)))
    plots.pictures({"low": np.zeros((2, 3)), "high": np.ones((5, 4))}, alt=["Black.", "White."], limits=(0, 1))
    ((figures, alt),) = shown
    assert alt == ["Black.", "White."]
    assert [f.axes[0].get_title(loc="left") for f in figures] == ["low", "high"]
    assert [f.axes[0].images[0].get_array().shape for f in figures] == [(2, 3), (5, 4)]
    assert {f.axes[0].images[0].get_clim() for f in figures} == {(0, 1)}


def test_each_picture_needs_its_own_text():
    with pytest.raises(ValueError, match="2 figures need 2"):
        plots.pictures({"one": np.zeros((2, 3)), "two": np.zeros((2, 3))}, alt=["Only one."])


def boxes_of_tiles(n: int, columns: int, **how: float) -> list[Bbox]:
    """Where the tiles lie, in pixels from the bottom left."""
    fig, tiles = plots.tiles("some tiles", n, columns, size=(4, 3), **how)
    fig.draw_without_rendering()
    return [tile.get_window_extent() for tile in tiles]


@pytest.mark.parametrize(("n", "columns", "rows"), [(7, 3, 3), (6, 3, 2), (2, 5, 1)])
def test_tiles_go_row_by_row_and_do_not_touch(n, columns, rows):
    boxes = boxes_of_tiles(n, columns)
    assert len({round(box.x0) for box in boxes}) == min(n, columns)
    assert len({round(box.y0) for box in boxes}) == rows
    order = sorted(range(n), key=lambda i: (-round(boxes[i].y0), boxes[i].x0))
    assert order == list(range(n))
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_tiles_leave_room_above_them():
    usual, roomy = boxes_of_tiles(5, 3), boxes_of_tiles(5, 3, room=0.3)
    assert roomy[4].y0 == pytest.approx(usual[4].y0)
    assert roomy[4].height / usual[4].height == pytest.approx(0.7 / 0.92)


@pytest.mark.parametrize(("n", "columns"), [(0, 3), (4, 0)])
def test_no_tiles_are_refused(n, columns):
    with pytest.raises(ValueError, match="at least one of each"):
        plots.tiles("no tiles", n, columns, size=(4, 3))


def test_curves_take_their_colours_and_lines_by_themselves():
    _, ax = plots.panel("four curves")
    for i in range(4):
        ax.plot([0, 1], [i, i + 1])
    assert [line.get_color() for line in ax.lines] == list(plots.SERIES)
    assert [line.get_linestyle() for line in ax.lines] == list(plots.LINES)


def test_the_maps_run_between_the_courses_colours():
    ends = {"low": plots.DIVERGING(0.0), "high": plots.DIVERGING(1.0), "much": plots.SEQUENTIAL(1.0)}
    assert [to_hex(colour) for colour in ends.values()] == [plots.BLUE, plots.ORANGE, plots.BLUE]
    assert to_hex(plots.SEQUENTIAL(0.0)) == "#f2f2f2"
    assert np.ptp(plots.DIVERGING(0.5)[:3]) < 0.02  # grey in the middle
