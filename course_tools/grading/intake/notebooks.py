"""A notebook file as it came from a student's tool, made into plain cells, each with the name that it goes by.

Runs in the grader and where a student hands in; every byte here is a student's. Tools strip the metadata in which
nbgrader keeps a cell's name, or leave nulls where the format has none: what remains is enough for most notebooks.
"""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from course_tools.grading.inside import text
from course_tools.grading.intake import sanitize
from course_tools.grading.judging.master import grade_id, is_answer

MAX_VALUES, MAX_OLD = 1_000_000, 20_000  # values in the file; in one of an old format
MAX_CELLS, MAX_SOURCE = 2_000, 1 << 20  # cells; characters of one with the pictures written into it
MAX_CODE, MAX_TEXT = 100_000, 500_000  # characters of a code cell; of all cells, pictures not counted
MAX_PICTURES = 16 << 20  # characters of all attached pictures together
TOO_LONG = "(this cell was too long to be graded)"
DEFINITION = re.compile(r"^(?:async )?(?:def|class) (\w+)", re.MULTILINE)


class Unreadable(Exception):
    """There is no notebook to grade; the message says why, for the student and the teacher."""


@dataclass
class Cell:
    """What a submission may contribute to a cell. `name` is its grade_id, `ids` what else may tell which it is.

    `solution`: nbgrader's metadata calls it an answer; `cut`: it held too much, and its source says so.
    """

    kind: str
    source: str
    name: str
    ids: tuple[str, ...]
    pictures: dict[str, dict[str, str]]
    solution: bool
    cut: bool


SignsOf = Callable[[Cell], Iterable[str]]


@dataclass
class _Room:
    """What the cells that are still to come may hold, in characters."""

    text: int = MAX_TEXT
    pictures: int = MAX_PICTURES

    def takes(self, source: str, kind: str) -> bool:
        """Whether a cell's text is short enough; it is counted then."""
        size = len(source) if kind == "code" else len(sanitize.without_pictures(source))
        if size > min(self.text, MAX_CODE if kind == "code" else MAX_TEXT) or len(source) > MAX_SOURCE:
            return False
        self.text -= size
        return True


def parse(raw: bytes) -> list[Cell]:
    """The cells of a notebook file, of any version of the format. Raises Unreadable when there are none."""
    try:
        raw = raw.decode("utf-16").encode() if raw[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else raw
        content = text.load(raw, MAX_VALUES)
    except UnicodeDecodeError as e:
        raise Unreadable("the notebook is not UTF-8 text") from e
    except RecursionError as e:
        raise Unreadable("the notebook is nested too deep to be read") from e
    except Exception as e:
        raise Unreadable("the notebook is not valid JSON, or holds too much") from e
    cells = _raw_cells(content)
    if isinstance(content, dict) and content.get("nbformat") in (1, 2, 3) and text.nodes(raw, MAX_OLD) > MAX_OLD:
        raise Unreadable("the notebook is of an old format and holds too much; open it in JupyterLab and save it")
    if cells is None:
        raise Unreadable("the file is not a Jupyter notebook")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(cells)} cells; at most {MAX_CELLS} are graded")
    room = _Room()
    return [cell for made in cells if (cell := _cell(made, room))]


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


def _cell(raw: Any, room: _Room) -> Cell | None:
    """A cell of any format: code was called `input` in formats 1 to 3, which had headings, too."""
    kind = raw.get("cell_type") if isinstance(raw, dict) else None
    if kind not in ("code", "markdown", "raw", "heading"):
        return None
    source = _text(raw.get("source", raw.get("input")))
    if kind == "heading":
        level = raw.get("level")
        kind, source = "markdown", f"{'#' * (level if type(level) is int and 1 <= level <= 6 else 1)} {source}"
    if cut := not room.takes(source, kind):
        source = f"# {TOO_LONG}" if kind == "code" else TOO_LONG
    metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
    marks = metadata["nbgrader"] if isinstance(metadata.get("nbgrader"), dict) else {}
    name = text.valid(marks["grade_id"]) if type(marks.get("grade_id")) is str else ""
    ids = tuple(x for x in (raw.get("id"), metadata.get("id")) if type(x) is str)
    return Cell(kind, source, name, ids, _pictures(raw.get("attachments"), room), bool(marks.get("solution")), cut)


def _text(source: Any) -> str:
    if type(source) is list:
        source = "".join(line for line in source if type(line) is str)
    return text.valid(source) if type(source) is str else ""


def _pictures(attachments: Any, room: _Room) -> dict[str, dict[str, str]]:
    """The pictures pasted into a Markdown cell; nothing else can be attached."""
    kept: dict[str, dict[str, str]] = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in bundle.items() if isinstance(bundle, dict) else ():
            if kind not in sanitize.PICTURES or type(data) is not str or len(data) > room.pictures:
                continue
            room.pictures -= len(data) + 100
            if sanitize.is_base64(data):
                kept[text.valid(name)[:200]] = {kind: data}
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


def empty_cells(cells: list[Cell], released: NotebookNode) -> list[str]:
    """The names of the answers that stand as they were handed out, or are no longer there."""
    recognise(cells, released.cells)
    answers = {cell.name: cell.source for cell in cells if cell.source.strip()}
    return [
        grade_id(cell)
        for cell in released.cells
        if is_answer(cell) and answers.get(grade_id(cell), cell.source).strip() == cell.source.strip()
    ]


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
