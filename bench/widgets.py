"""Frames a second while each widget is dragged, in a real Chromium.   python -m bench.widgets"""

import itertools
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, sync_playwright

from course_utils.widgets.kit.example import Drag
from tests.support.chromium import CHROMIUM_FLAGS
from tests.support.widget_pages import EXAMPLES, open_page, static_page

SECONDS = 3
RECORD = """() => {
  window.frames_ = [];
  const note = (now) => { frames_.push(now); window.recorder_ = requestAnimationFrame(note); };
  requestAnimationFrame(note);
}"""
STOP = "() => { cancelAnimationFrame(recorder_); return frames_; }"


def measure() -> list[dict[str, Any]]:
    """For each widget, while it is dragged: frames a second, the longest frame, the share of frames over 34 ms."""
    rows = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        for name, example in EXAMPLES.items():
            dragged = next(action for action in example.pointer if isinstance(action, Drag))
            page = open_page(browser, static_page(example.make()), Path(folder))
            target = page.get_by_role(dragged.role, name=dragged.name, exact=True)
            rows.append({"widget": name, **_drag(page, target)})
            page.context.close()
        browser.close()
    return rows


def _drag(page: Page, target: Locator) -> dict[str, float]:
    box = target.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(RECORD)
    started, step = page.evaluate("performance.now()"), 0
    while page.evaluate("performance.now()") - started < SECONDS * 1000:
        step += 1
        page.mouse.move(x + 40 * ((step % 20) / 10 - 1), y + 20 * ((step % 14) / 7 - 1))
    frames = page.evaluate(STOP)
    page.mouse.up()
    gaps = [b - a for a, b in itertools.pairwise(frames)]
    return {
        "fps": round(1000 / statistics.mean(gaps), 1),
        "longest_ms": round(max(gaps), 1),
        "slow_share": round(sum(gap > 34 for gap in gaps) / len(gaps), 3),
    }


def run() -> None:
    """Print the table."""
    print(f"{'widget':20} {'frames/s':>8} {'longest ms':>10} {'over 34 ms':>10}")
    for row in measure():
        print(f"{row['widget']:20} {row['fps']:8.1f} {row['longest_ms']:10.1f} {row['slow_share']:10.1%}")


if __name__ == "__main__":
    run()
