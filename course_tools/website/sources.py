"""From the repository to the folder that Sphinx reads: executed chapters, generated pages, docs."""

import copy
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_tools.authoring import elsewhere, execution, glossary, neighbours, parts
from course_tools.authoring.build import write_if_changed
from course_tools.authoring.chapters import CHAPTERS
from course_tools.website import links, pages
from course_tools.website.extensions.code import without_tools
from course_utils.errors import CourseError


def assemble(root: Path, site: Path, folder: Path, say: bool = True) -> None:
    """Write the sources of the pages into `folder`; what did not change is not touched.

    Raises CourseError when there is no chapter, or one fails.
    """
    notebooks = _executed(root, say)
    cut = parts.pages(notebooks)
    exercises = {n: nbformat.read(p, as_version=4) for n, p in _assignments(root).items() if n in notebooks}
    files = {**_chapters(cut, exercises), **_exercises(cut, exercises), **_downloads(root, notebooks), **_docs(root)}
    docs = [name.removesuffix(".md") for name in files if name.startswith("docs/")]
    files |= _pages(site, cut, exercises, docs)
    for name, text in files.items():
        write_if_changed(folder / name, text)
    for stale in [p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).as_posix() not in files]:
        stale.unlink()
        shutil.rmtree(folder.parent / "html", ignore_errors=True)  # its page would stay


def _executed(root: Path, say: bool) -> parts.Notebooks:
    written = [chapter for chapter in CHAPTERS if chapter.is_written(root)]
    if not written:
        raise CourseError(f"There is no chapter in {root / 'chapters'}. Is this the folder of the course?")
    sources = [chapter.source(root) for chapter in written]
    ran = execution.executed_all(sources, root / ".cache" / "executed", say=_say if say else None)
    return {chapter.name: notebook for chapter, notebook in zip(written, ran, strict=True)}


def _say(line: str) -> None:
    """Print a whole line at once: two chapters may speak at the same time."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _chapters(notebooks: parts.Notebooks, exercises: parts.Notebooks) -> dict[str, str]:
    """Each page of an executed chapter, and the glossary of all, with their links made for the pages."""
    titles = {name: links.headings(notebook) for name, notebook in notebooks.items()}
    for_page = partial(links.for_page, titles=titles, exercises=exercises)
    files = {f"chapters/{name}.ipynb": _page(book, partial(for_page, here=name)) for name, book in notebooks.items()}
    files["chapters/glossary.md"] = for_page(glossary.page(notebooks), here="glossary")
    return files


def _exercises(notebooks: parts.Notebooks, exercises: parts.Notebooks) -> dict[str, str]:
    """A page of each assignment as students get it, which is not run.

    No menu lists it (an orphan, to Sphinx): sixteen more lines would weigh on every page.
    """
    titles = {name: links.headings(notebook) for name, notebook in notebooks.items()}
    files = {}
    for name, assignment in exercises.items():
        all_titles = {**titles, "here": links.headings(assignment)}
        for_page = partial(
            links.for_page, titles=all_titles, here="here", exercises=exercises, chapters="../chapters/"
        )
        files[f"exercises/{name}.ipynb"] = _page(assignment, for_page, orphan=True)
    return files


def _page(notebook: NotebookNode, for_page: Callable[[str], str], **metadata: bool) -> str:
    """A notebook as Sphinx reads it: Markdown made for the pages, code without comments for tools."""
    page = neighbours.without_links(copy.deepcopy(notebook))
    page.metadata.update(metadata)
    for cell in page.cells:
        cell.source = for_page(cell.source) if cell.cell_type == "markdown" else without_tools(cell.source)
    return str(nbformat.writes(page))


def _pages(site: Path, notebooks: parts.Notebooks, exercises: parts.Notebooks, docs: list[str]) -> dict[str, str]:
    text = (site / "index.md").read_text("utf-8")
    return {
        "index.md": pages.start(text, notebooks, exercises, docs),
        "results.md": pages.results(notebooks),
        "errata.md": pages.errata(notebooks),
    }


def _docs(root: Path) -> dict[str, str]:
    folder = root / "docs"
    return {f"docs/{p.name}": links.outside(p.read_text("utf-8"), folder) for p in sorted(folder.glob("*.md"))}


def _downloads(root: Path, notebooks: parts.Notebooks) -> dict[str, str]:
    """The notebooks to take away: chapters without outputs, and the exercises; each asks for the course first."""
    texts = {f"chapters/{name}": nbformat.writes(_bare(chapter)) for name, chapter in notebooks.items()}
    texts |= {f"exercises/{name}": path.read_text("utf-8") for name, path in _assignments(root).items()}
    place = elsewhere.find(root)
    return {f"downloads/{name}.ipynb": elsewhere.with_course(text, place) for name, text in texts.items()}


def _bare(executed: NotebookNode) -> NotebookNode:
    """The notebook as it was before it ran."""
    notebook = copy.deepcopy(executed)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    for name in ("course", "widgets"):
        notebook.metadata.pop(name, None)
    return notebook


def _assignments(root: Path) -> dict[str, Path]:
    return {p.stem: p for p in sorted((root / "assignments").glob("*/*.ipynb")) if p.stem == p.parent.name}
