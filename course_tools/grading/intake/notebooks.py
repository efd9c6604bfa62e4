"""A notebook file as it came from a student's tool, made into plain cells, each with the name that it goes by.

Runs in the grader and where a student hands in; every byte here is a student's. Tools strip the metadata in which
nbgrader keeps a cell's name, or leave nulls where the format has none: what remains is enough for most notebooks.
"""

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from course_tools.grading.intake import sanitize
from course_tools.grading.judging.master import grade_id, is_answer

MAX_CELLS, MAX_SOURCE = 2_000, 1 << 20
DEFINITION = re.compile(r"^(?:async )?(?:def|class) (\w+)", re.MULTILINE)


class Unreadable(Exception):
    """There is no notebook to grade; the message says why, for the student and the teacher."""


@dataclass
class Cell:
    """What a submission may contribute to a cell. `name` is its grade_id, `ids` what else may tell which it is."""

    kind: str
    source: str
    name: str
    ids: tuple[str, ...]
    pictures: dict[str, dict[str, str]]


SignsOf = Callable[[Cell], Iterable[str]]


def parse(raw: bytes) -> list[Cell]:
    """The cells of a notebook file, of any version of the format. Raises Unreadable when there are none."""
    try:
        content = json.loads(raw.decode("utf-16" if raw[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig"))
    except UnicodeDecodeError as e:
        raise Unreadable("the notebook is not UTF-8 text") from e
    except RecursionError as e:
        raise Unreadable("the notebook is nested too deep to be read") from e
    except Exception as e:
        raise Unreadable("the notebook is not valid JSON, or of a version that cannot be read") from e
    cells = _raw_cells(content)
    if cells is None:
        raise Unreadable("the file is not a Jupyter notebook")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(cells)} cells; at most {MAX_CELLS} are graded")
    return [cell for made in cells if (cell := _cell(made))]


def _raw_cells(content: Any) -> list[Any] | None:
    """The list of cells; of formats 1 to 3, which had sheets of them, the cells of all sheets."""
    if not isinstance(content, dict):
        return None
    if type(cells := content.get("cells")) is list:
        return cells
    sheets = content.get("worksheets")
    if type(sheets) is not list:
        return None
    lists = [sheet["cells"] for sheet in sheets if isinstance(sheet, dict) and type(sheet.get("cells")) is list]
    return [cell for cells in lists for cell in cells]


def _cell(raw: Any) -> Cell | None:
    """A cell of any format: code was called `input` in formats 1 to 3, which had headings, too."""
    kind = raw.get("cell_type") if isinstance(raw, dict) else None
    if kind not in ("code", "markdown", "raw", "heading"):
        return None
    source = _text(raw.get("source", raw.get("input")), kind)
    if kind == "heading":
        level = raw.get("level")
        kind, source = "markdown", f"{'#' * (level if level in range(1, 7) else 1)} {source}"
    metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
    marks = metadata.get("nbgrader")
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    ids = tuple(x for x in (raw.get("id"), metadata.get("id")) if type(x) is str)
    return Cell(kind, source, name if type(name) is str else "", ids, _pictures(raw.get("attachments")))


def _text(source: Any, kind: str) -> str:
    if type(source) is list:
        source = "".join(line for line in source if type(line) is str)
    if source is None:
        source = ""
    if not isinstance(source, str) or len(source) > MAX_SOURCE:
        source = "# (this cell was too long to be graded)" if kind == "code" else ""
    return source.encode("utf-8", "replace").decode()  # lone surrogates cannot be written to a file


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """The pictures pasted into a Markdown cell; nothing else can be attached."""
    kept: dict[str, dict[str, str]] = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in bundle.items() if isinstance(bundle, dict) else ():
            if kind in sanitize.PICTURES and type(data) is str and sanitize.is_base64(data):
                kept[str(name)[:200]] = {kind: data}
    return kept


# -- names that a tool took away ---------------------------------------------------------------------------------


def recognise(cells: list[Cell], given: Iterable[NotebookNode]) -> None:
    """Name the cells that lost nbgrader's metadata, in place, as the instructor's cells `given` are named.

    By their ids; where the notebook has no name left and no id that is known, by what they hold: the text that was
    handed out, or the function that is asked for.
    """
    named = [cell for cell in given if grade_id(cell)]
    had_names = any(cell.name for cell in cells)
    _name_by(cells, {str(cell.get("id")): cell for cell in named}, lambda cell: cell.ids)
    if not had_names and not any(cell.name for cell in cells):
        _name_by(cells, {sign: cell for cell in named for sign in _signs(cell.source, is_answer(cell))}, _all_signs)


def _name_by(cells: list[Cell], known: dict[str, NotebookNode], signs_of: SignsOf) -> None:
    """Give each nameless cell the name of the instructor's cell with a sign of its own, if nothing bears it yet."""
    taken = {cell.name for cell in cells}
    for cell in cells:
        match = next((known[sign] for sign in signs_of(cell) if sign in known), None)
        if not cell.name and match is not None and match.cell_type == cell.kind and grade_id(match) not in taken:
            cell.name = grade_id(match)


def _all_signs(cell: Cell) -> list[str]:
    return [*_signs(cell.source, answer=False), *_signs(cell.source, answer=True)]


def _signs(source: str, answer: bool) -> list[str]:
    """What tells a cell by its text: of an answer the first function or class, else all words as they stand."""
    if not answer:
        return [" ".join(source.split())]
    first = DEFINITION.search(source)
    return [f"defines {first[1]}"] if first else []
