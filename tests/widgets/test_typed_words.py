"""The fields of WordMap and GateStrip: what is wrong with a word stays to be read until another word is shown."""

import pytest
from playwright.sync_api import expect

from tests.support.widget_driver import answer, status
from tests.support.widget_pages import EXAMPLES, open_page, static_page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("name", "wrong", "message", "right", "says"),
    [
        (
            "word_map",
            "horse",
            "“horse” is not in the vocabulary of 11 words. Words with h: hen.",
            "red",
            "Nearest to red",
        ),
        ("gate_strip", "d'este", "The letter ' is not known: type letters of a to z.", "sala", "After “sala”"),
    ],
)
def test_a_word_that_cannot_be_read_is_named_until_another_is_shown(
    browser, tmp_path, name, wrong, message, right, says
):
    page = open_page(browser, static_page(EXAMPLES[name].make()), tmp_path)
    root, field = page.locator(".dl-widget"), page.get_by_role("textbox", name="word", exact=True)
    before = status(root)
    field.press("Control+a")
    page.keyboard.type(wrong)
    field.press("Enter")
    page.wait_for_timeout(300)  # the line makes the widget higher, so it is drawn once more
    expect(root.get_by_text(message)).to_be_visible()
    expect(field).to_have_value(wrong)
    assert status(root) == before
    field.press("Control+a")
    page.keyboard.type(right)
    assert says in answer(root, lambda: field.press("Enter"))
    expect(root.get_by_text(message)).to_be_hidden()
    assert page.problems == []
    page.context.close()
