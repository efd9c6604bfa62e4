"""Static pages with widgets on them, as the site makes them: for the widgets' tests and their benchmark."""

import json
from pathlib import Path

from ipywidgets import DOMWidget
from ipywidgets.embed import embed_data
from playwright.sync_api import Browser, Page

from course_utils import theme

ROOT = Path(__file__).resolve().parent.parent
LOADER = ROOT / "site" / "static" / "widgets.js"


def static_page(*widgets: DOMWidget, changes: dict | None = None, mode: str = "light") -> str:
    """A page with the widgets' state and the site's loader. `changes` overwrites state of the first widget."""
    data = embed_data(views=list(widgets), drop_defaults=False)
    states = data["manager_state"]["state"]
    states[widgets[0].model_id]["state"].update(changes or {})
    views = "".join(f'<div class="course-widget" data-model="{w.model_id}"></div>' for w in widgets)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>widgets</title>'
        f'<meta name="viewport" content="width=device-width"><style>{theme.css()}'
        f"body{{background:var(--dl-page);color:var(--dl-ink);max-width:760px;margin:16px auto;padding:0 12px;"
        f'font-family:system-ui}}</style></head><body data-theme="{mode}"><main><h1>Widgets</h1>{views}</main>'
        f"{_script({'state': states})}"
        f"<script>{LOADER.read_text(encoding='utf-8')}</script></body></html>"
    )


def _script(states: dict) -> str:
    text = json.dumps(states).replace("</", "<\\/")
    return f'<script type="application/vnd.jupyter.widget-state+json">{text}</script>'


def open_page(browser: Browser, text: str, folder: Path, width: int = 800, **context: object) -> Page:
    """The page from a file, in a fresh context; its errors are kept in `page.problems`."""
    path = folder / f"page{len(list(folder.iterdir()))}.html"
    path.write_text(text, encoding="utf-8")
    page = browser.new_context(viewport={"width": width, "height": 900}, **context).new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector(".dl-widget", timeout=5000)
    return page
