"""A long chapter on several pages: it is one notebook, and a heading of first rank inside it begins a further page.

The first page has the chapter's name; `14_flows_diffusion_2` is the second of `14_flows_diffusion`.
"""

import copy
import itertools
import json
import re
from collections.abc import Container, Iterable, Iterator
from typing import Any

from nbformat import NotebookNode

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
Notebooks = dict[str, NotebookNode]  # by the name of the chapter, or of the page


def pages(notebooks: Notebooks) -> Notebooks:
    """Each executed chapter cut where a page begins, by the name of the page. What was given is not changed.

    A page has the results that its own cells measured, and the state of the widgets that it shows. The state lies in
    metadata `course.widgets`, where MyST-NB does not look: it would write all of it into the page.
    """
    return {
        page: notebook
        for name, chapter in notebooks.items()
        for page, notebook in zip(names(name), _cut(chapter), strict=False)
    }


def names(chapter: str) -> Iterator[str]:
    """The names of a chapter's first, second, ... page."""
    return itertools.chain([chapter], (f"{chapter}_{k}" for k in itertools.count(2)))


def of(chapter: str, written: Container[str]) -> list[str]:
    """The names of a chapter's pages, of all pages that are written."""
    return list(itertools.takewhile(written.__contains__, names(chapter)))


def chapter_of(page: str) -> str:
    """The chapter that a page belongs to."""
    return re.sub(r"_\d+$", "", page)


def _cut(chapter: NotebookNode) -> list[NotebookNode]:
    """The pages of one chapter."""
    begins = [i for i, cell in enumerate(chapter.cells) if cell.cell_type == "markdown" and cell.source[:2] == "# "]
    ends = [*begins[1:], len(chapter.cells)]
    return [_page(chapter, start, end) for start, end in zip([0, *begins[1:]], ends, strict=True)]


def _page(chapter: NotebookNode, start: int, end: int) -> NotebookNode:
    page = copy.copy(chapter)
    page.cells = copy.deepcopy(chapter.cells[start:end])
    page.metadata = copy.deepcopy(chapter.metadata)
    own = {cell.id for cell in page.cells}
    course = page.metadata["course"]
    course["results"] = [row for row in course["results"] if row["cell"] in own or (start == 0 and not row["cell"])]
    course["widgets"] = _shown(page.metadata.pop("widgets", {}).get(WIDGET_STATE, {}), page)
    return page


def _shown(widgets: dict[str, Any], page: NotebookNode) -> dict[str, Any]:
    """The state of the widgets that a page shows, and of those that they consist of."""
    shown = whole(widgets_in(page.cells), widgets.get("state", {}))
    return {**widgets, "state": shown} if shown else {}


def widgets_in(cells: Iterable[Any]) -> list[str]:
    """The ids of the widgets in the cells' outputs."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [o["data"][WIDGET_VIEW]["model_id"] for o in outputs if WIDGET_VIEW in o.get("data", {})]


def whole(names: Iterable[str], states: dict[str, Any]) -> dict[str, Any]:
    """Those of the states that belong to the widgets `names`, and to those that they consist of."""
    found: dict[str, Any] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found and name in states:
            found[name] = states[name]
            waiting += re.findall(r"IPY_MODEL_(\w+)", json.dumps(states[name]))
    return found
