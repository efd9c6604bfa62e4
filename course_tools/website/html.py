"""Sphinx, run in this process; a warning about any page stops the build."""

import io
import re
import shutil
from pathlib import Path

import nbformat

from course_tools.authoring import parts
from course_tools.authoring.elsewhere import Elsewhere
from course_utils.errors import CourseError

SHOWN = 8  # warnings: more would hide the first
_WHERE = re.compile(r"^(?P<file>.+?)(?::(?P<line>\d+))?: (?:WARNING|ERROR|CRITICAL|SEVERE): (?P<text>.*)$")


def build(site: Path, out: Path, place: Elsewhere) -> Path:
    """The folder of the pages made from `out`/source; `place` is where their buttons lead.

    Raises CourseError that lists the warnings.
    """
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    given = {
        "html_static_path": [str(site / "static"), str(out / "vendor" / "static")],
        "html_extra_path": [str(out / "source" / "downloads")],
        "course_katex": str(out / "vendor" / "build" / "katex.min.js"),
        "course_fonts": str(out / "vendor" / "fonts"),
        "course_github": place.github,
    }
    try:
        with patch_docutils(site), docutils_namespace():
            folders = (out / "source", site, out / "html", out / "doctrees")
            app = Sphinx(*folders, "html", confoverrides=given, status=None, warning=warnings, warningiserror=False)
            app.build()
    except SphinxError as e:
        raise CourseError(f"The site cannot be built: {e}") from e
    found = [line for line in warnings.getvalue().splitlines() if line.strip()]
    if found:
        shutil.rmtree(out / "doctrees", ignore_errors=True)  # else the next build would not see them again
        raise CourseError(_message(found, out / "source"))
    return out / "html"


def _message(lines: list[str], source: Path) -> str:
    lines = [_plain(re.sub(r"\x1b\[[\d;]*m", "", line), source) for line in lines]
    more = [f"... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return "\n  ".join(["The pages have faults; mend them and build again:", *lines[:SHOWN], *more])


def _plain(line: str, source: Path) -> str:
    """A warning as a person finds its place: a chapter's source and the line there."""
    match = _WHERE.match(line)
    if not match:
        return line
    file, number = Path(match["file"]), int(match["line"] or 0)
    where = str(file.relative_to(source)) if file.is_relative_to(source) else str(file)
    if file.suffix == ".ipynb" and file.exists():
        name = parts.chapter_of(file.stem)
        folder = f"solutions/{name}" if file.parent.name == "exercises" else "chapters"
        where = f"{folder}/{name}.py, {_cell(file, number)}"
    elif number:
        where = f"{where}:{number}"
    text = re.sub(r"( \[[\w.]+\])+$", "", match["text"])  # Sphinx's kind of warning
    return f"{where}: {text}"


def _cell(notebook: Path, number: int) -> str:
    """MyST-NB counts 10,000 lines to a cell: the cell's number and the line it means."""
    cells = nbformat.read(notebook, as_version=4).cells
    cell, line = divmod(number, 10000)
    if not 0 < cell <= len(cells):
        return "as a whole"
    lines = cells[cell - 1].source.splitlines() or [""]
    return f"cell {cell} ({lines[min(max(line - 1, 0), len(lines) - 1)].strip()[:60]})"
