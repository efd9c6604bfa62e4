"""Static pages with widgets on them, as the site makes them: for the widgets' tests and their benchmark."""

import copy
import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ipywidgets import DOMWidget
from ipywidgets.embed import embed_data
from playwright.sync_api import Browser, Page

from course_tools.paths import ROOT
from course_utils import theme
from course_utils.widgets import FOLDERS
from course_utils.widgets.kit.example import Example

LOADER = ROOT / "site" / "static" / "widgets.js"
# what each widget's folder says of it: how to make it, what to press and drag, what must be equal to Python
EXAMPLES: dict[str, Example] = {
    name: importlib.import_module(f"course_utils.widgets.{name}.example").EXAMPLE for name in FOLDERS
}


def static_page(*widgets: DOMWidget, changes: Sequence[dict[str, Any]] = (), mode: str = "light") -> str:
    """A page with the widgets' state and the site's loader.

    Each of `changes` adds a view of the first widget whose state is overwritten by it, in front of the others.
    """
    states = embed_data(views=list(widgets), drop_defaults=False)["manager_state"]["state"]
    views = [w.model_id for w in widgets]
    for i, change in reversed(list(enumerate(changes))):
        states[f"changed{i}"] = copy.deepcopy(states[widgets[0].model_id])
        states[f"changed{i}"]["state"].update(change)
        views.insert(0, f"changed{i}")
    places = "".join(f'<div class="course-widget" data-model="{view}"></div>' for view in views)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>widgets</title>'
        f'<meta name="viewport" content="width=device-width"><style>{theme.css()}'
        f"body{{background:var(--dl-page);color:var(--dl-ink);max-width:760px;margin:16px auto;padding:0 12px;"
        f'font-family:system-ui}}</style></head><body data-theme="{mode}"><main><h1>Widgets</h1>{places}</main>'
        f"{_script({'state': states})}"
        f"<script>{LOADER.read_text(encoding='utf-8')}</script></body></html>"
    )


def _script(states: dict[str, Any]) -> str:
    text = json.dumps(states).replace("</", "<\\/")
    return f"<script>courseWidgets = {text}</script>"


def open_page(
    browser: Browser, text: str, folder: Path, width: int = 800, script: str = "", **context: object
) -> Page:
    """The page from a file, in a fresh context; `script` runs first; its errors are kept in `page.problems`."""
    path = folder / f"page{len(list(folder.iterdir()))}.html"
    path.write_text(text, encoding="utf-8")
    page = browser.new_context(viewport={"width": width, "height": 900}, **context).new_page()
    page.problems = []
    page.add_init_script(script)
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector(".dl-widget")
    return page
