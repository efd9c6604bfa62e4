"""The kit's parts: numbers, plots, bitmaps, a box to drag, a text field, panels; in a page of their own."""

from typing import Any

import numpy as np
import pytest
import traitlets as t
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from course_utils import theme
from course_utils.widgets.kit import base
from course_utils.widgets.kit.base import CourseWidget, Number, bounds_of
from tests.support.widget_driver import answer, call, drag, status
from tests.support.widget_pages import EXAMPLES, open_page, static_page

PARTS = "../../tests/support/parts/widget"
BOX = {"left": 40, "top": 30, "width": 60, "height": 50}


class Parts(CourseWidget):
    """All parts on one page."""

    _esm = base.bundle(PARTS)
    _css = base.style("kit")
    hint = t.Unicode("Drag the box.").tag(sync=True)
    box = t.Dict(BOX).tag(sync=True)
    text = t.Float(0.5).tag(sync=True)
    grey = t.Dict({"data": [0, 0.5, 1, 2], "shape": [1, 2, 2]}).tag(sync=True)
    colour = t.Dict({"data": [1, 0, 0, 1, 0, 0.5], "shape": [3, 1, 2]}).tag(sync=True)
    signed = t.Dict({"data": [-2, -1, 0, 1, 2, 4], "shape": [2, 3]}).tag(sync=True)


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """The parts in a page, opened once."""
    opened = open_page(browser, static_page(Parts()), tmp_path_factory.mktemp("parts"), has_touch=True)
    yield opened
    assert opened.problems == []
    opened.context.close()


# -- keys ---------------------------------------------------------------------------------------------------------

LISTEN = """() => {
  window.heard = [];
  document.addEventListener("keydown", (e) => {
    if (["Control", "Meta", "Shift"].includes(e.key)) return;
    heard.push([e.key, e.target.closest(".dl-widget") ? "inside" : "outside"]);
    if (heard.length === 1) e.preventDefault(); // as JupyterLab does when it saves
  });
  document.querySelector(".dl-widget").addEventListener("keydown", (e) => {
    if (e.key === "s") heard.push(e.defaultPrevented);
  });
}"""


def test_only_saving_leaves_the_widget(page):
    """JupyterLab does not listen to what is pressed inside; the page keeps its own Ctrl+S, and hears it once."""
    page.evaluate(LISTEN)
    page.locator(".dl-widget").get_by_role("textbox").first.focus()
    for keys in ("Control+s", "Meta+s", "s", "ArrowLeft", "Control+z", "Control+Shift+S"):
        page.keyboard.press(keys)
    assert page.evaluate("heard") == [
        *(["s", "outside"], True),
        *(["s", "outside"], False),
        False,  # an s in the text
        *(["z", "inside"], ["S", "inside"]),
    ]


# -- bounds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trait", "bounds"),
    [
        (t.Int(1, min=1, max=9), {"min": 1, "max": 9}),
        (Number(1.0, min=0), {"min": 0}),
        (t.Float(1.0), {}),
        (t.Unicode(), {}),
        (t.Enum(["a", "b"], "a"), {"values": ["a", "b"]}),
        (t.List(Number(min=-4, max=4)), {"min": -4, "max": 4}),
        (t.List().tag(max=12), {"max": 12}),
    ],
)
def test_the_bounds_of_a_trait(trait, bounds):
    assert bounds_of(trait) == bounds


# -- numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_the_random_numbers_are_standard_normal(blank):
    values = np.array(call(blank, "kit/kit", "return Array.from(m.normals(100001, 3))"))
    assert abs(values.mean()) < 0.02
    assert abs(values.std() - 1) < 0.02
    assert abs((np.abs(values) < 1).mean() - 0.6827) < 0.01
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.02
    other = call(blank, "kit/kit", "return m.normals(5, 4)[2]")
    assert call(blank, "kit/kit", "return m.normals(5, 3)[2]") != other


def complaint(blank: Any, module: str, code: str, argument: Any = None) -> str:
    """The sentence of the error that the code throws."""
    return call(blank, module, f"try {{ {code} }} catch (e) {{ return e.message; }}", argument)


@pytest.mark.browser
def test_a_number_that_is_none_is_named(blank):
    said = complaint(blank, "kit/kit", "m.finite([1, NaN], 'The list');")
    assert said == "The list holds a value that is not a finite number, at place 1."
    model = "const model = { get: (name) => ({ bounds: { n: { min: 1 } }, n: -2 })[name] };"
    said = complaint(blank, "kit/kit", f"{model} m.bounded(model, 'n', 'The count');")
    assert said == "The count is −2.000; it must lie between 1.000 and ∞."


# -- plots --------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_plot_takes_its_range_from_the_data(blank):
    code = """
      const canvas = m.surface({ label: "" });
      const lines = [{ xs: [2, 4], ys: [0.001, 100], colour: "blue" }, { xs: [3], ys: [NaN], colour: "blue" }];
      const [across, up] = [{}, { log: true, title: "loss" }];
      const at = m.plot(canvas, { width: 200, height: 100, x: across, y: up, lines });
      return { ends: [at.x(2), at.x(4), at.y(0.001), at.y(100)], box: at.box, back: at.x.invert(at.x(2.5)),
               ticks: at.y.ticks().map(({ text }) => text), text: canvas.element.textContent,
               curve: canvas.element.querySelector(".dl-curve").getAttribute("d") };"""
    got = call(blank, PARTS, code)
    box = got["box"]
    right, bottom = box["left"] + box["width"], box["top"] + box["height"]
    assert got["ends"] == [box["left"], right, bottom, box["top"]]
    assert got["ticks"] == ["10⁻³", "10⁻²", "10⁻¹", "10⁰", "10¹", "10²"]
    assert got["back"] == pytest.approx(2.5)
    assert "loss" in got["text"]
    assert got["curve"] == f"M{box['left']:.1f} {bottom:.1f}L{right:.1f} {box['top']:.1f}"


@pytest.mark.browser
def test_a_plot_leaves_a_gap_and_no_marker_where_a_value_is_missing(page):
    plot = page.get_by_role("img", name="a plot")
    assert plot.locator(".dl-curve").get_attribute("d").count("M") == 2
    assert plot.locator("g.dl-blue circle").count() == 3


# -- bitmaps ------------------------------------------------------------------------------------------------------

PIXELS = """(canvas) => ({ size: [canvas.width, canvas.height],
    data: Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data) })"""


def pixels(page: Any, name: str) -> np.ndarray:
    """The raster behind a picture: (rows, columns, red green blue and opacity)."""
    got = page.get_by_role("img", name=f"the {name} picture").evaluate(PIXELS)
    return np.array(got["data"]).reshape(*got["size"][::-1], 4)


@pytest.mark.browser
def test_a_bitmap_is_one_canvas_with_a_pixel_for_a_value(page):
    status(page.locator(".dl-widget"))
    assert pixels(page, "grey").tolist() == [[[0] * 3 + [255], [128] * 3 + [255]], [[255] * 4, [255] * 4]]
    assert pixels(page, "colour").tolist() == [[[255, 0, 0, 255], [0, 255, 128, 255]]]
    grey = page.get_by_role("img", name="the grey picture")
    assert grey.evaluate("(canvas) => getComputedStyle(canvas).imageRendering") == "pixelated"
    box = grey.bounding_box()
    assert (box["width"], box["height"]) == (40, 20)


@pytest.mark.browser
def test_a_signed_bitmap_follows_the_pages_colours(page):
    for mode, colours in (("light", theme.LIGHT), ("dark", theme.DARK)):
        page.evaluate("(mode) => (document.body.dataset.theme = mode)", mode)
        rgb = {name: [int(colours[name][i : i + 2], 16) for i in (1, 3, 5)] for name in ("blue", "orange")}
        expect(page.locator(".dl-error")).to_be_hidden()
        page.wait_for_function(
            """(red) => { const canvas = document.querySelector('[aria-label="the signed picture"]');
                          const pixel = canvas.getContext('2d').getImageData(0, 0, 1, 1).data;
                          return Math.abs(pixel[0] - red) < 3; }""",
            arg=rgb["orange"][0],
        )
        got = pixels(page, "signed")
        assert got[..., 3].tolist() == [[158, 79, 0], [79, 158, 158]]  # 0.62 of 255 in full colour, from 2 on
        assert np.abs(got[0, 0, :3] - rgb["orange"]).max() < 3  # a canvas keeps colours times opacity, rounded
        assert np.abs(got[1, 1, :3] - rgb["blue"]).max() < 3
    page.evaluate("document.body.dataset.theme = 'light'")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("raster", "message"),
    [
        ({"data": [1, 2, 3], "shape": [2, 2]}, "The picture holds 3 values; its shape 2 × 2 does not fit them."),
        ({"data": [], "shape": [0, 2]}, "The picture holds 0 values; its shape 0 × 2 does not fit them."),
        ({"data": [1, 2], "shape": [2, 1, 1]}, "A picture has one channel or three, and this one has 2."),
    ],
)
def test_a_raster_that_is_none_is_refused_with_a_sentence(blank, raster, message):
    assert complaint(blank, PARTS, "m.bitmap().set(x, { width: 1, height: 1 });", raster) == message


@pytest.mark.browser
def test_bytes_are_colours_from_0_to_255(blank):
    code = """
      const picture = m.bitmap();
      picture.set({ data: Uint8Array.of(0, 51, 255), shape: [3, 1, 1] }, { width: 9, height: 9 });
      return Array.from(picture.element.getContext('2d').getImageData(0, 0, 1, 1).data);"""
    assert call(blank, PARTS, code) == [0, 51, 255, 255]


# -- a box --------------------------------------------------------------------------------------------------------


def rectangle(text: str) -> list[int]:
    """left, top, width and height of the box, from the status."""
    left, top, size = text.removeprefix("box ").split(";")[0].split(", ")
    return [round(float(v)) for v in (left, top, *size.split(" × "))]


@pytest.mark.browser
def test_a_box_answers_to_the_arrow_keys(page):
    root, box = page.locator(".dl-widget"), page.get_by_role("application", name="object")
    box.focus()
    assert rectangle(answer(root, lambda: box.press("ArrowRight"))) == [44, 30, 60, 50]
    assert rectangle(answer(root, lambda: box.press("ArrowUp"))) == [44, 26, 60, 50]
    assert rectangle(answer(root, lambda: box.press("Shift+ArrowRight"))) == [44, 26, 64, 50]
    assert rectangle(answer(root, lambda: box.press("Shift+ArrowUp"))) == [44, 26, 64, 46]
    assert rectangle(answer(root, lambda: [box.press("ArrowLeft") for _ in range(15)])) == [0, 26, 64, 46]
    assert rectangle(answer(root, lambda: [box.press("Shift+ArrowLeft") for _ in range(20)])) == [0, 26, 24, 46]
    assert box.get_attribute("aria-label") == "object: 0, 26, 24 × 46"


@pytest.mark.browser
@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "touch"])
def test_a_box_is_dragged_and_resized(browser, tmp_path, touch):
    page = open_page(browser, static_page(Parts()), tmp_path, has_touch=touch)
    root = page.locator(".dl-widget")
    frame, grips = root.locator(".dl-box-frame"), root.locator(".dl-grip .dl-reach")
    assert rectangle(answer(root, lambda: drag(frame, (40, 20), touch))) == [80, 50, 60, 50]
    assert rectangle(answer(root, lambda: drag(grips.nth(3), (20, 10), touch))) == [80, 50, 80, 60]
    assert rectangle(answer(root, lambda: drag(grips.nth(0), (-30, 12), touch))) == [50, 62, 110, 48]
    assert rectangle(answer(root, lambda: drag(grips.nth(1), (-400, 8), touch))) == [50, 70, 24, 40]  # the least
    assert rectangle(answer(root, lambda: drag(grips.nth(2), (-400, 400), touch))) == [0, 70, 74, 90]  # the picture
    assert rectangle(answer(root, lambda: drag(frame, (400, -400), touch))) == [166, 0, 74, 90]
    expect(root.get_by_role("application", name="object")).to_be_focused()
    assert page.problems == []
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "touch"])
def test_a_point_follows_the_mouse_and_the_finger_all_the_way(browser, tmp_path, touch):
    page = open_page(browser, static_page(EXAMPLES["optimizer_race"].make()), tmp_path, has_touch=touch)
    ring = page.get_by_role("slider", name="start").locator(".dl-ring")
    before = ring.bounding_box()
    answer(page.locator(".dl-widget"), lambda: drag(ring, (80, 40), touch))
    after = ring.bounding_box()
    assert after["x"] - before["x"] == pytest.approx(80, abs=1)
    assert after["y"] - before["y"] == pytest.approx(40, abs=1)
    page.context.close()


# -- text and panels ----------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_text_field_says_what_is_wrong_and_takes_what_is_right(page):
    root, field = page.locator(".dl-widget"), page.get_by_role("textbox", name="threshold", exact=True)
    before = status(root)
    field.fill("-1")
    field.press("Enter")
    message = root.get_by_text("Give a number above zero.")
    expect(message).to_be_visible()
    expect(message).to_have_role("alert")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("Give a number above zero.")
    assert status(root) == before
    field.fill("0.75")
    assert "threshold 0.75" in answer(root, lambda: field.press("Enter"))
    expect(message).to_be_hidden()
    expect(field).to_have_attribute("aria-invalid", "false")


@pytest.mark.browser
def test_panels_stand_side_by_side_and_wrap_on_a_phone(browser, tmp_path):
    for width, beside in ((800, True), (390, False)):
        page = open_page(browser, static_page(Parts()), tmp_path, width=width)
        status(page.locator(".dl-widget"))
        first, second = (page.get_by_role("group", name=name, exact=True).bounding_box() for name in ("box", "plot"))
        assert (first["y"] == second["y"]) is beside
        assert (second["y"] >= first["y"] + first["height"]) is not beside
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_parts_are_accessible(browser, tmp_path, mode):
    page = open_page(browser, static_page(Parts(), mode=mode), tmp_path)
    status(page.locator(".dl-widget"))
    field = page.get_by_role("textbox", name="threshold", exact=True)
    field.fill("no")
    field.press("Enter")
    expect(page.get_by_text("Give a number above zero.")).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in violations] == []
    page.context.close()
