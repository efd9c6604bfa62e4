"""The last cell of each chapter: links to the chapter before it and to the next, which `course build` writes.

The pages of the site have links of their own for that, and leave the cell out.
"""

import re
from pathlib import Path

from nbformat import NotebookNode

from course_tools.authoring.chapters import CHAPTERS, Chapter
from course_tools.paths import ROOT

TAG = "neighbours"
CELL = re.compile(rf'\n# %% \[markdown\] tags=\["{TAG}"\]\n(?:#.*\n)*\Z')


def with_links(text: str, name: str, root: Path = ROOT) -> str:
    """The source of a chapter, `text`, with that cell as it is now; as it is when the chapter stands alone."""
    text = CELL.sub("", text)
    said = links(name, root)
    return f'{text.rstrip()}\n\n# %% [markdown] tags=["{TAG}"]\n# {said}\n' if said else text


def links(name: str, root: Path = ROOT) -> str:
    """For example "Before: [1 Neurons](...). Next: [3 Backpropagation](...)."; of those that are written."""
    written = [chapter for chapter in CHAPTERS if chapter.is_written(root)]
    places = [i for i, chapter in enumerate(written) if chapter.name == name]
    if not places:
        return ""
    before, after = written[: places[0]][-1:], written[places[0] + 1 :][:1]
    return " ".join([*(f"Before: {_link(c)}." for c in before), *(f"Next: {_link(c)}." for c in after)])


def without_links(notebook: NotebookNode) -> NotebookNode:
    """The notebook, whose cell with the links is taken out."""
    notebook.cells = [cell for cell in notebook.cells if TAG not in cell.metadata.get("tags", [])]
    return notebook


def _link(chapter: Chapter) -> str:
    return f"[{chapter.number} {chapter.title}]({chapter.name}.ipynb)"
