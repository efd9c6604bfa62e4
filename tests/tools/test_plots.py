"""Figures: named, themed, and safe to put several of on one page."""

import base64
import io
import re

import numpy as np
import pytest
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


def images(picture: np.ndarray) -> dict[str, np.ndarray]:
    """What kind of image a picture becomes in a figure, and its pixels.   picture: (h, w, 3) -> kind: (h', w', 3)"""
    fig, ax = plots.panel("picture", size=(3, 3))
    plots.bare(ax).imshow(picture)
    found = re.findall(r"data:image/(\w+);base64,\s*([\w+/=\s]+)", plots.svg(fig, "A picture."))
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
