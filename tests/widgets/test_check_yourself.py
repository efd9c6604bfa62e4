"""Check yourself: numbers as people write them, right and wrong answers, by mouse, finger and keyboard alone."""

import math
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from course_utils import widgets
from course_utils.widgets import WidgetError
from course_utils.widgets.kit import base
from tests.support.widget_pages import open_page, static_page

IMPORT = "URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))"
STEPS = {"run the network": "", "compute `dz`": "It needs the logits.", "update": "It needs the gradients."}
MAKE = {
    "number": lambda: widgets.predict(
        "For `w * w + w` at w = 3: ∂L/∂w?", answer=-7.25, tolerance=0.1, unit="kg",
        because="Both paths.", slips={"One path only.": -6},
    ),
    "choice": lambda: widgets.choose(
        "Which product?", {"`W.T @ d`": True, "`W @ d`": "The sizes do not fit.", "`d @ W`": "A row."}, because="3.15"
    ),
    "order": lambda: widgets.arrange("Which order?", STEPS, because="Each needs the one before."),
}  # fmt: skip


# -- Python -----------------------------------------------------------------------------------------------------


def predict(**changes: Any) -> Any:
    return lambda: widgets.predict(**{"question": "?", "answer": 1, "tolerance": 0.1, "because": "b", **changes})


def choose(options: Any, question: str = "?", because: str = "b") -> Any:
    return lambda: widgets.choose(question, options, because=because)


def arrange(*steps: Any) -> Any:
    return lambda: widgets.arrange("?", steps, because="b")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (choose({"a": "no", "b": "no"}), "0 of 2 options are right"),
        (choose({"a": True, "b": True}), "2 of 2 options are right"),
        (choose({"a": True}), "give two or more"),
        (choose({"a": True, "b": ""}), "'b' has no reason"),
        (choose({"a": True, "b": False}), "'b' has no reason"),
        (choose({"a": True, " ": "no"}), "an option is ' '"),
        (choose({"a": True, "b": "no"}, question=" "), "question is ' '; give a text"),
        (choose({"a": True, "b": "no"}, because=""), "because is ''; give a text"),
        (arrange("a", "b"), "2 different steps of 2"),
        (arrange("a", "b", "a"), "2 different steps of 3"),
        (arrange("a", "b", 3), "a step is 3"),
        (predict(tolerance=0), "tolerance is 0; give a positive number"),
        (predict(tolerance=-1), "tolerance is -1"),
        (predict(tolerance=math.nan), "tolerance is nan; give a finite number"),
        (predict(answer=math.inf), "answer is inf"),
        (predict(answer="many"), "answer is 'many'; give a number"),
        (predict(slips={"why": math.nan}), "a slip is nan"),
        (predict(slips={"why": 1.05}), "counts as right"),
        (predict(slips={"": 3}), "a slip is ''; give a text"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(make, message):
    with pytest.raises(WidgetError, match=message):
        make()


def test_what_is_offered_is_mixed_and_the_same_at_every_run():
    for n in range(3, 8):
        steps = [f"step {i}" for i in range(n)]
        shown = widgets.arrange(f"{n}?", steps, because="b").shown
        assert sorted(shown) == list(range(n))
        assert shown != list(range(n))
        assert shown == widgets.arrange(f"{n}?", steps, because="b").shown
    first = [
        widgets.choose(f"{k}?", {"yes": True, "no": "n", "never": "n"}, because="b").options[0][0] for k in range(20)
    ]
    assert set(first) == {"yes", "no", "never"}  # the right one has no place of its own


def test_where_no_widget_can_run_the_question_stands():
    assert repr(MAKE["number"]()).startswith("Check yourself: For `w * w + w` at w = 3: ∂L/∂w?\n(To answer")
    assert {"- `W.T @ d`", "- `W @ d`", "- `d @ W`"} <= set(repr(MAKE["choice"]()).splitlines())
    assert {"- run the network", "- compute `dz`", "- update"} <= set(repr(MAKE["order"]()).splitlines())


# -- what a number may look like ----------------------------------------------------------------------------------

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0.25", [0.25]), ("0,25", [0.25]), (".5", [0.5]), ("−7", [-7]), ("–7", [-7]), ("-7", [-7]), ("+7.", [7]),
        (" 1 258 ", [1258]), ("6_570", [6570]), ("1,250", [1.25, 1250]), ("1,250.5", [1250.5]), ("0,250", [0.25]),
        ("1,234,567", [1234567]), ("1e−3", [0.001]), ("2E4", [20000]), ("1/4", [0.25]), ("−1/4", [-0.25]),
        ("2,5/5", [0.5]), ("1/0", []), ("1/2/3", []), ("25 %", [25]), ("3 kg", [3]), ("3kg", [3]), ("3 m", []),
        ("", []), ("abc", []), ("1.2.3", []), ("1e999", []), ("NaN", []), ("Infinity", []), ("-", []), ("0x10", []),
        ("\u00a01\u202f258", [1258]),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(page, text, numbers):
    script = f"async ([text, x]) => {{ const m = await import({IMPORT}); return m.readings(x, 'kg'); }}"
    got = page.evaluate(script, [base.bundle("check_yourself/widget"), text])
    assert got == pytest.approx(numbers)


# -- in the page ----------------------------------------------------------------------------------------------------


def status(root: Locator) -> str:
    return root.locator(".dl-status").inner_text()


def named(root: Locator, role: Any, name: str) -> Locator:
    return root.get_by_role(role, name=name, exact=True)


@pytest.fixture
def three(browser, tmp_path):
    """A page with one question of each kind: (opened with a finger or not) -> the three widgets."""
    pages = []

    def opened(touch: bool = False, width: int = 800, mode: str = "light") -> list[Locator]:
        text = static_page(*(make() for make in MAKE.values()), mode=mode)
        pages.append(open_page(browser, text, tmp_path, width=width, has_touch=touch))
        expect(pages[-1].locator(".dl-check")).to_have_count(3)
        return [pages[-1].locator(".dl-widget").nth(i) for i in range(3)]

    yield opened
    for page in pages:
        assert page.problems == []
        page.context.close()


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "touch"])
def test_answers_by_pointer(three, touch):
    number, choice, order = three(touch)
    press = lambda target: target.tap() if touch else target.click()  # noqa: E731
    check = lambda root: press(named(root, "button", "Check"))  # noqa: E731

    for given, said in [
        ("", "Type a number"), ("-8", "✗ Not yet. −8 kg is too small."), ("7.25", "✗ Not yet. 7.25 kg is too large."),
        ("−6,05", "✗ Not yet. One path only."), ("−7,34 kg", "✓ Right. Both paths."),
    ]:  # fmt: skip
        named(number, "textbox", "Your number").fill(given)
        check(number)
        assert said in status(number)

    check(choice)
    assert status(choice) == "Choose one of them first."
    press(choice.get_by_text("W @ d", exact=True))
    check(choice)
    assert status(choice) == "✗ Not yet. The sizes do not fit."
    press(choice.get_by_text("W.T @ d", exact=True))
    assert status(choice) == "Choose one, then press Check."  # the verdict was on another answer
    check(choice)
    assert status(choice) == "✓ Right. 3.15"

    check(order)
    assert "✗ Not yet. Number 1" in status(order)
    for name in ("Up: run the network", "Down: update"):
        button = named(order, "button", name)
        while button.get_attribute("aria-disabled") == "false":
            press(button)
    check(order)
    assert status(order) == "✓ Right. Each needs the one before."


def test_answers_by_keyboard_alone(three):
    """Tab, arrows, Space and Enter, from the top of the page to its end."""
    number, choice, order = three()
    keys = number.page.keyboard
    focused = lambda role, name: expect(named(number.page.locator("body"), role, name).first).to_be_focused()  # noqa: E731

    keys.press("Tab")
    focused("textbox", "Your number")
    keys.type("6")
    keys.press("Enter")
    assert "too large" in status(number)
    keys.press("Tab")
    keys.press("Tab")
    focused("button", "Show the answer")
    keys.press("Enter")
    assert status(number) == "The answer: −7.25 kg. Both paths."
    expect(named(number, "button", "Show the answer")).to_be_hidden()

    choice.get_by_role("radio").first.focus()
    keys.press("Space")
    for _ in range(3):  # once around
        keys.press("ArrowDown")
        keys.press("Enter")
        if status(choice).startswith("✓"):
            break
    assert status(choice) == "✓ Right. 3.15"

    for _ in range(2):  # the button that was pressed keeps the focus, at the ends too
        named(order, "button", "Down: update").focus()
        for _ in range(3):
            keys.press("Enter")
            focused("button", "Down: update")
    named(order, "button", "Up: run the network").focus()
    keys.press("Space")
    keys.press("Space")
    named(order, "button", "Check").focus()
    keys.press("Enter")
    assert status(order) == "✓ Right. Each needs the one before."


def test_what_was_given_is_kept_and_shown_again(browser, tmp_path):
    """By a widget whose state was saved with an answer."""
    number, choice, order = made = [make() for make in MAKE.values()]
    number.given, choice.given, order.given = ["6,5"], [1], [2, 0, 1]
    page = open_page(browser, static_page(*made), tmp_path)
    first, second, third = (page.locator(".dl-widget").nth(i) for i in range(3))
    expect(named(first, "textbox", "Your number")).to_have_value("6,5")
    expect(named(second, "radio", choice.options[1][0].strip("`"))).to_be_checked()
    expect(third.locator(".dl-step")).to_have_text([order.items[i][0].replace("`", "") for i in (2, 0, 1)])
    assert page.problems == []
    page.context.close()


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "touch"])
def test_a_step_is_dragged(three, touch):
    order = three(touch)[2]
    grip = named(order, "slider", "Place of: update")
    rows = order.locator("li")
    place = int(grip.get_attribute("aria-valuenow") or 0)
    target = 3 if place < 3 else 1
    grip.scroll_into_view_if_needed()
    start, end = grip.bounding_box(), rows.nth(target - 1).bounding_box()
    x, y = start["x"] + 8, start["y"] + start["height"] / 2
    points = [(x, y + (end["y"] + end["height"] / 2 - y) * i / 6) for i in range(7)]
    if touch:
        client = order.page.context.new_cdp_session(order.page)
        for i, (px, py) in enumerate(points):
            kind = "touchMove" if i else "touchStart"
            client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": px, "y": py}]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    else:
        order.page.mouse.move(*points[0])
        order.page.mouse.down()
        for point in points[1:]:
            order.page.mouse.move(*point)
        order.page.mouse.up()
    expect(grip).to_have_attribute("aria-valuenow", str(target))
    assert f"“update” is now number {target} of 3." in status(order)
    grip.focus()
    grip.press("ArrowUp" if target == 3 else "ArrowDown")
    expect(grip).to_have_attribute("aria-valuenow", "2")


def test_the_answer_is_offered_after_one_try_only(three):
    for root in three():
        show = named(root, "button", "Show the answer")
        expect(show).to_be_hidden()
        if named(root, "textbox", "Your number").count():
            named(root, "button", "Check").click()  # nothing was answered: no try
            expect(show).to_be_hidden()
            root.get_by_role("textbox").fill("1")
        elif root.get_by_role("radio").count():
            named(root, "radio", "W @ d").check()
        named(root, "button", "Check").click()
        show.click()
        assert status(root).startswith("The answer:")
        named(root, "button", "Check").click()  # what is shown is right
        assert status(root).startswith("✓ Right.")


@pytest.mark.parametrize(("mode", "width"), [("light", 390), ("dark", 800)])
@pytest.mark.parametrize("state", ["fresh", "wrong", "shown"])
def test_it_is_accessible_and_fits(three, mode, width, state):
    roots = three(touch=width == 390, width=width, mode=mode)
    page = roots[0].page
    if state != "fresh":
        roots[0].get_by_role("textbox").fill("3")
        named(roots[1], "radio", "d @ W").check()
        for root in roots:
            named(root, "button", "Check").click()
    if state == "shown":
        for root in roots:
            named(root, "button", "Show the answer").click()
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [root.locator(".dl-status").get_attribute("aria-live") for root in roots] == ["polite"] * 3


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("number", {"kind": "essay"}, "essay is not one of number, choice, order"),
        ("number", {"answer": None}, "not a finite number"),
        ("number", {"tolerance": 0}, "must be larger than 0"),
        ("choice", {"options": [["a", "no"], ["b", "no"]]}, "One option must be right"),
        ("choice", {"options": [["a", ""], ["b", ""]]}, "One option must be right"),
        ("order", {"shown": [0, 0, 1]}, "each shown once"),
        ("order", {"items": [["a", ""], ["b", ""]], "shown": [1, 0]}, "three steps or more"),
    ],
)
def test_a_damaged_page_is_answered_by_a_sentence(browser, tmp_path, name, changes, message):
    page = open_page(browser, static_page(MAKE[name](), changes=[changes]), tmp_path)
    alert = page.locator(".course-widget").first.get_by_role("alert")
    alert.wait_for()
    assert message in alert.inner_text()
    assert alert.inner_text().endswith(".")
    assert page.problems == []
    page.context.close()


def test_two_views_are_answered_apart(browser, tmp_path):
    question = MAKE["choice"]()
    page = open_page(browser, static_page(question, question), tmp_path)
    expect(page.get_by_role("radio")).to_have_count(6)
    first, second = (page.locator(".dl-widget").nth(i) for i in (0, 1))
    named(first, "radio", "W.T @ d").check()
    named(second, "radio", "W @ d").check()
    expect(named(first, "radio", "W.T @ d")).to_be_checked()  # the groups have names of their own
    page.context.close()
