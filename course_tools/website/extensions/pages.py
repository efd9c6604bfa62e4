"""What a chapter's page has and a notebook has not: its buttons, its run time, an anchor at every cell."""

import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx

from course_tools.paths import SITE

HERE = Path(__file__).resolve().parent
_VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">\s*(.*?)\s*</script>', re.DOTALL)
NO_SCRIPT = "This widget moves in a browser with JavaScript, of the year 2021 or later. Its notebook has it too."


def source_of(app: Sphinx, page: str) -> dict[str, Any] | None:
    """The executed notebook of a page; None where the page is not a chapter."""
    path = Path(app.srcdir, f"{page}.ipynb")
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def name_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Give each code cell the anchor ``cell-`` and its id, so that a result can point to it."""
    notebook = source_of(app, app.env.docname)
    if notebook is None:
        return
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code":
            cell["ids"].append(f"cell-{notebook['cells'][cell['cell_index']]['id']}")


def add_buttons(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the run time and the buttons under the title of a chapter."""
    notebook = source_of(app, page)
    if notebook is None or "body" not in context:
        return
    name = Path(page).name
    took = notebook["metadata"]["course"]["seconds"]
    parts = [f'<span class="course-took">Runs from top to bottom in {took:.0f} s on one core.</span>']
    parts.append(_button(f"{name}.ipynb", "Download notebook", download=True))
    if Path(app.srcdir, "downloads", "exercises", f"{name}.ipynb").exists():
        parts.append(_button(f"../exercises/{name}.ipynb", "Download exercises", download=True))
    if app.config.course_repository:
        parts += _elsewhere(app.config.course_repository, app.config.course_branch, f"chapters/{name}.ipynb")
    line = f'<div class="course-actions">{" ".join(parts)}</div>'
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{line}", 1)


def place_widgets(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put a sentence where each widget will be; widgets.js replaces it by the widget."""
    if "body" in context:
        context["body"] = _VIEW.sub(_place, context["body"])


def _place(view: re.Match[str]) -> str:
    model = html.escape(json.loads(view[1])["model_id"])
    return f'<div class="course-widget" data-model="{model}"><p role="note">{NO_SCRIPT}</p></div>'


def _elsewhere(repository: str, branch: str, path: str) -> list[str]:
    colab = f"https://colab.research.google.com/github/{repository}/blob/{branch}/{path}"
    binder = (
        f"https://mybinder.org/v2/gh/{repository}/{quote(branch, safe='')}?urlpath=lab/tree/{quote(path, safe='')}"
    )
    return [_button(colab, "Open in Colab"), _button(binder, "Open in Binder")]


def _button(target: str, words: str, download: bool = False) -> str:
    return f'<a class="course-button" href="{html.escape(target)}"{" download" if download else ""}>{words}</a>'


def stamp(app: Sphinx, config: Any) -> None:
    """These extensions belong to what a page is made from: a change in them makes every page again."""
    code = [p.read_bytes() for folder in (HERE, SITE / "templates") for p in sorted(folder.glob("*.*"))]
    config.course_stamp = hashlib.sha256(b"".join(code)).hexdigest()


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("course_repository", "", "html")
    app.add_config_value("course_branch", "main", "html")
    app.add_config_value("course_stamp", "", "env")
    app.connect("config-inited", stamp)
    app.connect("doctree-read", name_cells)
    app.connect("html-page-context", add_buttons)
    app.connect("html-page-context", place_widgets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
