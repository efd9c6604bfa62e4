"""What a chapter's page has and a notebook has not: its buttons, its run time, an anchor at every cell."""

import hashlib
import html
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx

from course_tools.authoring import chapters, parts
from course_tools.paths import ROOT, SITE

HERE = Path(__file__).resolve().parent
NO_SCRIPT = "This widget moves in a browser with JavaScript, of the year 2021 or later. Its notebook has it too."

TO_READ = "Here to read. You write your answers in the notebook, where the checks run too."


class Beside(nodes.General, nodes.Element):
    """HTML (its attribute `html`) that is no part of a page's text: the search does not index it, unlike `raw`."""


def write_beside(translator: Any, node: Beside) -> None:
    """Write the HTML as it is."""
    translator.body.append(node["html"])
    raise nodes.SkipNode


def source_of(app: Sphinx, page: str) -> dict[str, Any] | None:
    """The notebook of a page; None where the page is neither a chapter nor exercises."""
    path = Path(app.srcdir, f"{page}.ipynb")
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def name_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Give each code cell that measured something the anchor ``cell-`` and its id: its results point to it."""
    notebook = source_of(app, app.env.docname)
    if notebook is None:
        return
    measured = {row["cell"] for row in notebook["metadata"].get("course", {}).get("results", [])}
    for cell in [c for c in doctree.findall(nodes.container) if c.get("nb_element") == "cell_code"]:
        name = notebook["cells"][cell["cell_index"]]["id"]
        if name in measured:
            cell["ids"].append(f"cell-{name}")


def add_buttons(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put a sentence and the buttons under the title of a chapter's page, or of its exercises'."""
    title = next(doctree.findall(nodes.title), None)
    if source_of(app, page) is None or title is None:
        return
    name, of_exercises = parts.chapter_of(Path(page).name), page.startswith("exercises/")
    items = _of_exercises(name) if of_exercises else _of_chapter(app, name)
    if app.config.course_github:
        repository, branch = app.config.course_github
        path = f"assignments/{name}/{name}.ipynb" if of_exercises else f"chapters/{name}.ipynb"
        items += _elsewhere(repository, branch, path)
    line = Beside(html=f'<div class="course-actions">{" ".join(items)}</div>\n')
    title.parent.insert(title.parent.index(title) + 1, line)


def _of_chapter(app: Sphinx, name: str) -> list[str]:
    items = []
    if stated := next((chapter.seconds for chapter in chapters.CHAPTERS if chapter.name == name), None):
        items.append(_words(f"Runs from top to bottom in about {stated} s on two cores."))
    items.append(_button(f"{name}.ipynb", "Download notebook", download=True))
    if Path(app.srcdir, "exercises", f"{name}.ipynb").exists():
        items.append(_button(f"../exercises/{name}.html", "Exercises"))
    return items


def _of_exercises(name: str) -> list[str]:
    chapter = _button(f"../chapters/{name}.html", "To the chapter")
    return [_words(TO_READ), _button(f"{name}.ipynb", "Download notebook", download=True), chapter]


def _words(words: str) -> str:
    return f'<span class="course-took">{words}</span>'


def place_widgets(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put a sentence where each widget will be; widgets.js replaces it by the widget."""
    for view in [raw for raw in doctree.findall(nodes.raw) if parts.WIDGET_VIEW in raw.astext()]:
        script = BeautifulSoup(view.astext(), "html.parser").find("script", type=parts.WIDGET_VIEW)
        if script is not None:
            view.replace_self(Beside(html=_place(json.loads(script.text)["model_id"])))


def _place(model: str) -> str:
    return f'<div class="course-widget" data-model="{html.escape(model)}"><p role="note">{NO_SCRIPT}</p></div>'


def _elsewhere(repository: str, branch: str, path: str) -> list[str]:
    colab = f"https://colab.research.google.com/github/{repository}/blob/{branch}/{path}"
    binder = (
        f"https://mybinder.org/v2/gh/{repository}/{quote(branch, safe='')}?urlpath=lab/tree/{quote(path, safe='')}"
    )
    return [_button(colab, "Open in Colab"), _button(binder, "Open in Binder")]


def _button(target: str, words: str, download: bool = False) -> str:
    return f'<a class="course-button" href="{html.escape(target)}"{" download" if download else ""}>{words}</a>'


def stamp(app: Sphinx, config: Any) -> None:
    """What pages are made from, besides their texts and conf.py: a change in it makes every page again.

    That is: these extensions, the anchors of headings, the table of chapters with their times, the templates, the
    addresses of styles and scripts (they change with the files), KaTeX, and the pinned versions of Sphinx and its
    theme.
    """
    folders = (HERE, SITE / "templates", SITE / "static")
    files = [path for folder in folders for path in sorted(folder.glob("*.*"))]
    files += [
        HERE.parent / "links.py",
        Path(parts.__file__),
        Path(chapters.__file__),
        ROOT / "constraints.txt",
        Path(config.course_katex),
    ]
    config.course_stamp = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("course_github", (), "html")  # (repository, branch), where Colab and Binder find notebooks
    app.add_config_value("course_stamp", "", "env")
    app.add_node(Beside, html=(write_beside, None))
    app.connect("config-inited", stamp)
    app.connect("doctree-read", name_cells)
    app.connect("doctree-resolved", add_buttons)
    app.connect("doctree-resolved", place_widgets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
