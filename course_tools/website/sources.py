"""From the repository to the folder that Sphinx reads: executed chapters, generated pages, docs."""

import copy
import shutil
from pathlib import Path

import nbformat

from course_tools.authoring import execution
from course_tools.authoring.build import write_if_changed
from course_tools.authoring.chapters import CHAPTERS
from course_tools.website import links, pages
from course_utils.errors import CourseError


def assemble(root: Path, site: Path, folder: Path, say: bool = True) -> None:
    """Write the sources of the pages into `folder`; what did not change is not touched.

    Raises CourseError when there is no chapter, or one fails.
    """
    notebooks = _executed(root, say)
    files = {**_chapters(root, notebooks), **_downloads(root, notebooks), **_docs(root)}
    files |= _pages(site, notebooks, [name.removesuffix(".md") for name in files if name.startswith("docs/")])
    for name, text in files.items():
        write_if_changed(folder / name, text)
    for stale in [p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).as_posix() not in files]:
        stale.unlink()
        shutil.rmtree(folder.parent / "html", ignore_errors=True)  # its page would stay


def _executed(root: Path, say: bool) -> pages.Notebooks:
    written = [chapter for chapter in CHAPTERS if chapter.is_written(root)]
    if not written:
        raise CourseError(f"There is no chapter in {root / 'chapters'}. Is this the folder of the course?")
    notebooks = {}
    for chapter in written:
        if say:
            print(f"{chapter.name} ...", flush=True)
        notebooks[chapter.name] = execution.executed(chapter.source(root), root / ".cache" / "executed")
    return notebooks


def _chapters(root: Path, notebooks: pages.Notebooks) -> dict[str, str]:
    """Each executed chapter with its links made for the pages."""
    titles = {name: links.headings(notebook) for name, notebook in notebooks.items()}
    exercises = set(_assignments(root))
    files = {}
    for name, original in notebooks.items():
        notebook = copy.deepcopy(original)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = links.for_page(cell.source, titles, name, exercises)
        files[f"chapters/{name}.ipynb"] = nbformat.writes(notebook)
    return files


def _pages(site: Path, notebooks: pages.Notebooks, docs: list[str]) -> dict[str, str]:
    text = (site / "index.md").read_text("utf-8")
    return {
        "index.md": pages.start(text, notebooks, docs),
        "results.md": pages.results(notebooks),
        "errata.md": pages.errata(notebooks),
    }


def _docs(root: Path) -> dict[str, str]:
    folder = root / "docs"
    return {f"docs/{p.name}": links.outside(p.read_text("utf-8"), folder) for p in sorted(folder.glob("*.md"))}


def _downloads(root: Path, notebooks: pages.Notebooks) -> dict[str, str]:
    """The notebooks to take away: chapters without outputs, and the exercises."""
    bare = {name: execution.read(root / "chapters" / f"{name}.py") for name in notebooks}
    chapters = {f"downloads/chapters/{name}.ipynb": nbformat.writes(notebook) for name, notebook in bare.items()}
    exercises = {f"downloads/exercises/{n}.ipynb": p.read_text("utf-8") for n, p in _assignments(root).items()}
    return {**chapters, **exercises}


def _assignments(root: Path) -> dict[str, Path]:
    return {p.stem: p for p in sorted((root / "assignments").glob("*/*.ipynb")) if p.stem == p.parent.name}
