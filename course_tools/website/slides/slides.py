"""Slides for lecturing from a chapter: one file, made of the chapter itself, that a browser opens without a network.

chapters/NN_name.py -> run once (course_tools.authoring.execution) -> its pages (Sphinx) -> slides (deal.py)
"""

import copy
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_tools.authoring import elsewhere, execution, neighbours, parts
from course_tools.authoring.build import write_if_changed
from course_tools.authoring.chapters import CHAPTERS
from course_tools.paths import ROOT, SITE
from course_tools.website import html, links, vendor
from course_tools.website.extensions.code import without_tools
from course_tools.website.slides.deal import BEGIN, END, SKIP, WHOLE
from course_tools.website.slides.deck import deck
from course_utils.errors import CourseError, one_of

INDEX = "# Slides\n\n```{{toctree}}\n{}\n```\n"


def run(name: str) -> None:
    """Write the slides of a chapter, named by its name or number, and say where they are.

    Raises CourseError when there is no such chapter, it fails, or something is missing.
    """
    chapter = one_of(name, [chapter.name for chapter in CHAPTERS if chapter.is_written()])
    path = build(ROOT, chapter, SITE / "_build" / "slides")
    size = path.stat().st_size / 1e6
    print(f"{path.relative_to(ROOT)} ({size:.1f} MB): open it in a browser, with or without a network.")
    print("Arrow keys or space: on and back. S: speaker's notes. D: dark or light. F: full screen. ?: all keys.")
    print("To print, or to keep as PDF: print the page, a slide on each sheet.")


def build(root: Path, chapter: str, out: Path) -> Path:
    """The file of the slides of a chapter of the course in `root`, written into `out`.   See `run`."""
    if find_spec("sphinx") is None:
        raise CourseError("The slides need Sphinx. Install it with: pip install -e '.[site]'")
    work = out / chapter
    vendor.collect(SITE, work / "vendor")
    pages = _source(root, chapter, work / "source")
    built = html.build(SITE, work, elsewhere.find(root))
    path = out / f"{chapter}.html"
    path.write_text(deck([built / f"{page}.html" for page in pages], work / "vendor"), encoding="utf-8")
    return path


def _source(root: Path, chapter: str, folder: Path) -> list[str]:
    """Write what Sphinx reads; the names of the chapter's pages."""
    ran = execution.executed(root / "chapters" / f"{chapter}.py", root / ".cache" / "executed", say=print)
    pages = {f"chapters/{page}": _for_slides(notebook) for page, notebook in parts.pages({chapter: ran}).items()}
    (folder / "downloads").mkdir(parents=True, exist_ok=True)
    for stale in set(folder.glob("chapters/*")) - {folder / f"{page}.ipynb" for page in pages}:
        stale.unlink()
    for page, notebook in pages.items():
        write_if_changed(folder / f"{page}.ipynb", nbformat.writes(notebook))
    write_if_changed(folder / "index.md", INDEX.format("\n".join(pages)))
    return list(pages)


def _for_slides(page: NotebookNode) -> NotebookNode:
    """A page's cells as slides show them: without those to be left out, and without links to other pages."""
    page = neighbours.without_links(copy.deepcopy(page))
    page.cells = [cell for cell in page.cells if SKIP not in cell.metadata.get("tags", [])]
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.source = without_tools(cell.source)
            continue
        cell.source = links.words(cell.source)
        if WHOLE in cell.metadata.get("tags", []):
            cell.source = f"{BEGIN}\n\n{cell.source}\n\n{END}"
    return page
