"""Static pages with widgets on them, as the site makes them: for the widgets' tests and their benchmark."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ipywidgets import DOMWidget
from ipywidgets.embed import embed_data
from playwright.sync_api import Browser, Page
from torch import nn

from course_tools.paths import ROOT
from course_utils import plots, theme, widgets

LOADER = ROOT / "site" / "static" / "widgets.js"


def parabola(a: float, n: int) -> tuple[Any, str]:
    fig, ax = plots.panel("parabola")
    ax.plot(np.linspace(-1, 1, n) ** 2 * a)
    return fig, f"a parabola with factor {a} through {n} points"


def digits_network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10))


MAKE = {
    "graph": lambda: widgets.ExpressionGraph.from_expression("(w*x + b - y)**2", w=2, x=3, b=1, y=5),
    "depth": lambda: widgets.GradientDepth(),
    "explore": lambda: widgets.explore(parabola, title="Parabola", a=[1.0, 2.0, 3.0], n=[5, 9]),
    "line": lambda: widgets.PerceptronLine(),
    "relus": lambda: widgets.ReluFit(),
    "race": lambda: widgets.OptimizerRace(),
    "painter": lambda: widgets.ConvolutionPainter(),
    "digit": lambda: widgets.DrawDigit(digits_network()),
}


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
    page.wait_for_selector(".dl-widget", timeout=5000)
    return page
