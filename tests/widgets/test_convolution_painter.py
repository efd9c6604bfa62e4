"""The painter's own field for each number of the kernel, and its two pictures of pixels."""

import pytest
from playwright.sync_api import expect

from tests.support.widget_driver import answer, status
from tests.support.widget_pages import EXAMPLES, open_page, static_page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    opened = open_page(
        browser, static_page(EXAMPLES["convolution_painter"].make()), tmp_path_factory.mktemp("painter")
    )
    yield opened
    assert opened.problems == []
    opened.context.close()


def test_a_number_of_the_kernel_is_typed_and_a_missing_one_is_named(page):
    root = page.locator(".dl-widget")
    field = root.get_by_role("spinbutton", name="kernel row 0, column 0", exact=True)
    assert status(root).startswith("Output (2, 3) = 1.000")
    field.fill("2.5")
    assert answer(root, lambda: field.press("Enter")).startswith("Output (2, 3) = 4.500")
    field.fill("")
    field.press("Enter")
    expect(root.get_by_text("Row 0, column 0 holds a value that is not a finite number")).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert status(root).startswith("Output (2, 3) = 4.500")  # the kernel is as it was
    field.fill("-1")
    assert answer(root, lambda: field.press("Enter")).startswith("Output (2, 3) = 1.000")
    expect(field).to_have_attribute("aria-invalid", "false")


def test_image_and_output_are_one_canvas_each(page):
    sizes = page.locator("canvas.dl-bitmap").evaluate_all("(all) => all.map((c) => [c.width, c.height])")
    assert sizes == [[8, 8], [6, 6]]
    assert page.locator(".dl-cells rect").count() == 0
