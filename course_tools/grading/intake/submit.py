"""A student hands in: one file that any learning management system takes."""

import io
import time
import zipfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_tools.grading.course import Course
from course_tools.grading.inside.text import shown
from course_tools.grading.intake.notebooks import Cell, Unreadable, parse, recognise
from course_tools.grading.judging.master import grade_id, is_answer
from course_tools.paths import ROOT
from course_utils.errors import CourseError

LIMIT = 20_000_000  # bytes of a notebook; `collect` takes no more


def run(name: str, root: Path = ROOT) -> None:
    """Pack the student's notebook and say where the file lies and what is still empty."""
    name = Course(root).assignment(name)
    source = root / "work" / "assignments" / name / f"{name}.ipynb"
    data = _bytes(source, root)
    for cell in empty_cells(_cells(data, source.relative_to(root)), _released(name, root)):
        print(f"Still empty: {shown(cell)}")
    packed = pack(source, data, root / "work" / "handin" / f"{name}.zip")
    print(f"Ready to hand in: {packed} ({packed.stat().st_size / 1000:.0f} kB)")
    print("Upload this one file to the page of your course. Your notebook was not changed.")


def pack(source: Path, data: bytes, target: Path) -> Path:
    """Write a zip that holds the notebook's bytes as they are; return its path."""
    when = time.localtime(source.stat().st_mtime)[:6]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(source.name, date_time=max(when, (1980, 1, 1, 0, 0, 0)))
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(buffer.getvalue())
    return target


def empty_cells(cells: list[Cell], released: NotebookNode) -> list[str]:
    """The names of the answers that stand as they were handed out, or are no longer there."""
    recognise(cells, released.cells)
    answers = {cell.name: cell.source for cell in cells if cell.source.strip()}
    return [
        grade_id(cell)
        for cell in released.cells
        if is_answer(cell) and answers.get(grade_id(cell), cell.source).strip() == cell.source.strip()
    ]


def _released(name: str, root: Path) -> NotebookNode:
    return nbformat.read(root / "assignments" / name / f"{name}.ipynb", as_version=4)


def _bytes(source: Path, root: Path) -> bytes:
    where = source.relative_to(root)
    try:
        data = source.read_bytes()
    except FileNotFoundError as e:
        raise CourseError(f"There is no {where} to hand in. Open the exercise with `course lab` first.") from e
    except OSError as e:
        raise CourseError(f"{where} cannot be read ({e.strerror}). Close what uses it and try again.") from e
    if len(data) > LIMIT:
        raise CourseError(
            f"{where} is {len(data) / 1e6:.0f} MB and no more than {LIMIT / 1e6:.0f} MB is taken. "
            "In JupyterLab choose Edit, Clear Outputs of All Cells, save it and try again."
        )
    return data


def _cells(data: bytes, where: Path) -> list[Cell]:
    try:
        return parse(data)
    except Unreadable as e:
        raise CourseError(
            f"{where} is not a notebook that can be read: {e}. Open it in JupyterLab and save it again."
        ) from e
