"""What the tests do to a widget in a browser: call its module, press, drag, and read what it says."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from course_utils.widgets.kit.base import bundle
from course_utils.widgets.kit.example import Drag, Press, Tap

IMPORT = "URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))"
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def call(page: Page, module: str, code: str, argument: Any = None) -> Any:
    """The value of the JavaScript `code`, with the module ("kit/kit") as `m` and the argument as `x`."""
    script = f"async ([text, x]) => {{ const m = await import({IMPORT}); {code} }}"
    return page.evaluate(script, [bundle(module), argument])


def status(root: Locator) -> str:
    """What the widget says below its picture."""
    expect(root.locator(".dl-status")).not_to_have_text("")
    expect(root.locator(".dl-error")).to_have_text("")
    return root.locator(".dl-status").inner_text()


def act(root: Locator, action: Press | Tap | Drag, touch: bool = False) -> str:
    """Do what an example says, with keys, a mouse or a finger, and give the status, which must have changed."""
    target = root.get_by_role(action.role, name=action.name, exact=True)
    if isinstance(action, Press):
        target.focus()
        said = answer(root, lambda: [target.press(key) for key in action.keys.split()])
        assert action.says in said, f"{action}: {said}"
        return said
    if isinstance(action, Tap):
        return answer(root, target.tap if touch else target.click)
    return answer(root, lambda: drag(target, (action.right, action.down), touch))


def answer(root: Locator, do: Callable[[], Any]) -> str:
    """What the widget says after an action; fails when it goes on saying the same."""
    before = status(root)
    do()
    root.evaluate(DRAWN)  # else, of several keys, only the first may show
    expect(root.locator(".dl-status")).not_to_have_text(before, use_inner_text=True)
    return status(root)


def drag(target: Locator, by: tuple[float, float], touch: bool = False, at: tuple[float, float] = (0.5, 0.5)) -> None:
    """Drag by some pixels, with the mouse or with a finger, from a place in the target (its middle by default)."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    x, y = box["x"] + box["width"] * at[0], box["y"] + box["height"] * at[1]
    points = [(x + by[0] * i / 4, y + by[1] * i / 4) for i in range(5)]
    (_with_a_finger if touch else _with_the_mouse)(target.page, points)


def _with_the_mouse(page: Page, points: list[tuple[float, float]]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def _with_a_finger(page: Page, points: list[tuple[float, float]]) -> None:
    client = page.context.new_cdp_session(page)
    for i, (x, y) in enumerate(points):
        kind = "touchMove" if i else "touchStart"
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(400)  # a tap that follows at once would count as part of the same gesture
