"""The expression graph's own rules: formulas, tapes, and a value off the cliff."""

import re

import pytest
from playwright.sync_api import expect

from course_utils import widgets
from course_utils.widgets import WidgetError
from course_utils.widgets.expression_graph import tape_of
from course_utils.widgets.kit.example import Press
from tests.support.widget_driver import act, status
from tests.support.widget_pages import open_page, static_page


def test_a_formula_becomes_a_tape():
    assert tape_of("z = w*x + 2; L = -z", {"w": 3, "x": 4}) == [
        {"name": "w", "value": 3},
        {"name": "x", "value": 4},
        {"name": "u1", "op": "*", "inputs": ["w", "x"]},
        {"name": "z", "op": "+", "inputs": ["u1", 2]},
        {"name": "L", "op": "neg", "inputs": ["z"]},
    ]


@pytest.mark.parametrize(
    ("formula", "leaves", "message"),
    [
        ("w *", {"w": 1}, "not a formula"),
        ("w @ x", {"w": 1, "x": 1}, "cannot be drawn"),
        ("cos(w)", {"w": 1}, "'cos(w)' cannot be drawn"),
        ("__import__('os')", {}, "cannot be drawn"),
        ("w * x", {"w": 1}, "x has no value"),
        ("w * 2", {"w": 1, "x": 1}, "does not use x"),
        ("w ** x", {"w": 1, "x": 1}, "exponent must be a number"),
        ("tanh(w, w)", {"w": 1}, "tanh takes 1"),
        ("w * 2", {"w": float("nan")}, "w is nan; give a finite number"),
        ("w * 2", {"w": "two"}, "give a number"),
        ("w = w * 2", {"w": 1}, "a name of its own"),
        ("for w in x: pass", {"w": 1}, "is not a formula"),
        ("w", {"w": 1}, "cannot be drawn"),
        ("2 * 3", {}, None),
        ("+".join(["w"] * 40), {"w": 1}, "has 40 nodes"),
    ],
)
def test_a_formula_that_cannot_be_drawn_is_refused_with_a_sentence(formula, leaves, message):
    if message is None:
        assert widgets.ExpressionGraph.from_expression(formula, **leaves).leaves == {}
        return
    with pytest.raises(WidgetError, match=re.escape(message)):
        widgets.ExpressionGraph.from_expression(formula, **leaves)


@pytest.mark.parametrize(
    ("tape", "message"),
    [
        ([], "0 nodes"),
        ([{"value": 1.0}], "name of its own"),
        ([{"name": "w", "value": 1.0}], "must be an operation"),
        ([{"name": "w", "value": 9.0, "min": 0, "max": 1}], "between its min 0 and its max 1"),
        ([{"name": "w", "value": 1.0}, {"name": "u", "op": "+", "inputs": ["w", "v"]}], "u uses v before"),
        ([{"name": "w", "value": 1.0}, {"name": "u", "op": "sin", "inputs": ["w"]}], "'sin'"),
    ],
)
def test_a_tape_that_is_none_is_refused_with_a_sentence(tape, message):
    with pytest.raises(WidgetError, match=re.escape(message)):
        widgets.ExpressionGraph(tape)


@pytest.mark.browser
def test_a_step_off_the_cliff_is_named(browser, tmp_path):
    graph = widgets.ExpressionGraph.from_expression("log(x) * w", x=1, w=2)
    page = open_page(browser, static_page(graph), tmp_path)
    root = page.locator(".dl-widget")
    act(root, Press("button", "End", "Enter", says="∂L/∂x"))
    root.get_by_role("slider", name="x").press("Home")
    alert = page.get_by_role("alert")
    expect(alert).to_have_text("u1 is not a finite number (here x = −5.000). Move a slider.")
    root.get_by_role("slider", name="x").press("End")  # and it recovers
    expect(alert).to_be_hidden()
    assert "∂L/∂x" in status(root)
    page.context.close()
