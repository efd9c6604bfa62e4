"""explore's own rules: the order of its frames, their kind, and a browser that cannot unpack them."""

import gzip

import numpy as np
import pytest
from matplotlib.figure import Figure
from playwright.sync_api import expect

from course_utils import plots, widgets
from tests.support.widget_pages import EXAMPLES, open_page, static_page


def lines(a: float, n: int) -> tuple[Figure, str]:
    fig, ax = plots.panel("lines")
    ax.plot([0, a], [0, n])
    return fig, f"a line to ({a}, {n})"


def test_explore_draws_every_combination_in_order():
    shown = widgets.explore(lines, a=[0.5, 1.0], n=range(3))
    assert shown.grid == [{"name": "a", "values": ["0.5", "1"]}, {"name": "n", "values": ["0", "1", "2"]}]
    assert shown.alts == [f"a line to ({a}, {n})" for a in (0.5, 1.0) for n in range(3)]
    frames = gzip.decompress(shown.frames)
    assert len(frames) == sum(shown.sizes)
    assert frames.count(b"<svg") == 6
    assert b"var(--dl-" in frames  # it follows the page's theme


def test_explore_takes_a_picture_of_many_points_as_png():
    def cloud(seed: int) -> Figure:
        fig, ax = plots.panel("cloud")
        ax.plot(*np.random.default_rng(seed).random((2, 8000)))
        return fig

    shown = widgets.explore(cloud, seed=[1])
    assert shown.kind == "png"
    assert gzip.decompress(shown.frames).startswith(b"\x89PNG")
    assert shown.alts == ["cloud; seed = 1"]


@pytest.mark.browser
def test_a_browser_that_cannot_unpack_the_frames_says_so(browser, tmp_path):
    text = static_page(EXAMPLES["explore"].make())
    page = open_page(browser, text, tmp_path, script="delete window.DecompressionStream")
    expect(page.get_by_role("alert")).to_contain_text("This browser is too old")
    page.context.close()
