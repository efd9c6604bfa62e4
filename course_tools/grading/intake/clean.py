"""A submission as it came, made into the notebook that is graded.

Runs in the grader; every byte here is a student's. The result is built anew from the few things that a submission
may contribute (the sources of its own cells, their order, pictures in Markdown): cells that count are restored from
the instructor's version, whatever their flags, points, locks or text became, and everything else is left behind.
"""

import os
import stat
import sys
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict

from course_tools.grading.inside import text
from course_tools.grading.intake import sanitize
from course_tools.grading.intake.archives import by_itself
from course_tools.grading.intake.choice import MOST, Candidate, best, candidate, told
from course_tools.grading.intake.locked import difference
from course_tools.grading.intake.notebooks import Cell, Unreadable, parse, recognise
from course_tools.grading.judging.master import Master, grade_id, is_answer

MAX_NOTEBOOK = 64 << 20
MAX_FILES, MAX_FILE_BYTES, MAX_FOLDERS = 200, 32 << 20, 100
LONGEST_TIME = 100  # bytes
# how a student's file is opened; Windows knows other flags
ORDINARY = sum(getattr(os, f"O_{flag}", 0) for flag in ("NOFOLLOW", "NONBLOCK", "CLOEXEC", "BINARY", "NOINHERIT"))
TOLD = "told.txt"  # from `course collect`: what the summary shall say
TIMESTAMP = "timestamp.txt"  # when it was handed in, as nbgrader's exchange writes it
BOOKKEEPING = {TIMESTAMP, "submission_secret.txt", TOLD}  # no student's file, in capitals neither: see `is_noted`


@dataclass
class Cleaned:
    """The notebook to grade. `person` lists what somebody should look at; `unreadable` is set when none was found.

    `split`: by the name of an answer the texts of its other cells, where a student split it.
    """

    notebook: NotebookNode
    files: tuple[tuple[str, bytes], ...] = ()
    person: list[str] = field(default_factory=list)
    unreadable: str = ""
    split: dict[str, list[str]] = field(default_factory=dict)


def clean(folder: Path, master: Master) -> Cleaned:
    """The submission in `folder`, cleaned. Never raises for anything that a student handed in."""
    person = _told(folder)
    try:
        cells = read(_find(folder, master, person))
    except Unreadable as e:
        return Cleaned(_restored([], master, []), (), [*person, str(e)], unreadable=str(e))
    if cut := sum(cell.cut for cell in cells):
        person.append(f"{cut} cells were too long to be graded")
    given = {grade_id(cell): _as_given(cell, master) for cell in master.notebook.cells if grade_id(cell)}
    recognise(cells, given.values())
    split: dict[str, list[str]] = {}
    notebook = _restored(_unsplit(cells, given, split), master, person)
    return Cleaned(notebook, _other_files(folder, person), person, split=split)


# -- finding and reading -----------------------------------------------------------------------------------------


def _find(folder: Path, master: Master, person: list[str]) -> Path:
    """The notebook to grade: the only one there is, or the one that was changed last with work in it."""
    wanted = folder / f"{master.name}.ipynb"
    notebooks = [path for path in folder.glob("*.ipynb") if not by_itself(path.name)]
    found = sorted(notebooks, key=lambda p: (p == wanted, p.lstat().st_mtime), reverse=True)
    if not found:
        raise Unreadable(f"the submission has no notebook {wanted.name}")
    looked = {path: _candidate(path, path == wanted, master) for path in found[:MOST]} if found[1:] else {}
    chosen = best(looked.values()) if looked else None
    path = next((p for p, candidate in looked.items() if candidate is chosen), found[0])
    if path != wanted:
        person.append(f"the notebook was handed in as {_shown(path.name)!r}")
    if chosen and (sentence := told(chosen, looked.values(), "was graded")):
        person.append(sentence)
    return path


def _candidate(path: Path, named: bool, master: Master) -> Candidate:
    when = time.localtime(path.lstat().st_mtime)[:6]
    data = _read_regular(path, MAX_NOTEBOOK) or b""
    return candidate(_shown(path.name), (when, when), named, data, handed_out(master))


def handed_out(master: Master) -> NotebookNode:
    """The notebook as students have it, its answers empty."""
    from nbgrader.preprocessors import ClearSolutions

    return ClearSolutions().preprocess(deepcopy(master.notebook), {})[0]


def _told(folder: Path) -> list[str]:
    """What `course collect` noted for the summary."""
    said = _read_regular(folder / TOLD, 100_000) or b""
    return [text.valid(line) for line in said.decode("utf-8", "replace").splitlines()]


def read(path: Path) -> list[Cell]:
    """The cells of a notebook file. Raises Unreadable, and never opens anything but an ordinary file."""
    raw = _read_regular(path, MAX_NOTEBOOK)
    if raw is None:
        raise Unreadable("the notebook is not an ordinary file of at most 64 MiB")
    return parse(raw)


def _shown(name: str) -> str:
    """A file's name as it can be printed."""
    return text.valid(name)[:80]


def _read_regular(path: Path, limit: int) -> bytes | None:
    """The bytes of an ordinary file, not through a link and not from a device; None when it is none or too large."""
    try:
        opened = os.open(path, os.O_RDONLY | ORDINARY)
    except OSError:
        return None
    with os.fdopen(opened, "rb") as f:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode) or found.st_size > limit:
            return None
        return f.read(limit)


def is_noted(name: str) -> bool:
    """Whether a file's name is one of `BOOKKEEPING`, which are the same in capitals on Windows and macOS."""
    return name.casefold() in BOOKKEEPING


def timestamp(folder: Path) -> str:
    """What the timestamp.txt of a submission says; empty without one, and where it is a link or no text."""
    path = folder / TIMESTAMP
    if path.is_symlink() or not path.is_file():
        return ""
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_TIME).decode("utf-8").strip()
    except (ValueError, OSError):
        return ""


# -- restoring ---------------------------------------------------------------------------------------------------


def _as_given(cell: NotebookNode, master: Master) -> NotebookNode:
    """The instructor's cell with the text that students have; an answer's is the solution."""
    test = master.tests.get(grade_id(cell))
    return from_dict({**cell, "source": test.visible if test else cell.source})


def _unsplit(cells: list[Cell], given: dict[str, NotebookNode], split: dict[str, list[str]]) -> list[Cell]:
    """The cells without the traces of an editor's split, after which both halves go by one name.

    Halves of an answer stay cells: the last that is not empty is the answer, and the others, which become the
    student's own, are noted in `split`. Halves of the instructor's text become one cell again.
    """
    made: list[Cell] = []
    for name, group in groupby(cells, key=lambda cell: cell.name):
        halves = list(group)
        if name in given and len(halves) > 1:
            halves = _answer(halves, split) if is_answer(given[name]) else _whole(halves, given[name].source)
        made += halves
    return made


def _answer(halves: list[Cell], split: dict[str, list[str]]) -> list[Cell]:
    name = halves[0].name
    last = max((i for i, cell in enumerate(halves) if cell.source.strip()), default=0)
    for i, cell in enumerate(halves):
        if i != last:
            cell.name = ""
            split.setdefault(name, []).append(cell.source)
    return halves


def _whole(halves: list[Cell], text: str) -> list[Cell]:
    joined = "\n".join(cell.source for cell in halves)
    return [replace(halves[0], source=joined)] if difference(joined, text).complete else halves


def _restored(cells: list[Cell], master: Master, person: list[str]) -> NotebookNode:
    """The submission's cells with every cell that counts as the instructor made it, each once."""
    masters = {grade_id(cell): cell for cell in master.notebook.cells if grade_id(cell)}
    answers = {name for name, cell in masters.items() if is_answer(cell)}
    given = {cell.source for cell in master.notebook.cells if cell.cell_type == "markdown"}
    places = {cell.name: i for i, cell in reversed(list(enumerate(cells)))}  # the first of each name ...
    places |= {cell.name: i for i, cell in enumerate(cells) if cell.name in answers}  # ... but the last of an answer
    made: list[NotebookNode] = []
    for i, cell in enumerate(cells):
        counts = cell.name in masters
        if counts and places[cell.name] == i:
            made += _counting(cell, masters[cell.name], master, person)
        elif not counts or cell.name in answers:
            made.append(_free(cell, given))
        if counts and places[cell.name] != i:
            person.append(f"the cell {cell.name} was there more than once")
    _put_back(made, masters, person, told=bool(cells))
    for i, made_cell in enumerate(made):
        made_cell.id = f"cell-{i}"
    return from_dict({"cells": made, "metadata": master.notebook.metadata, "nbformat": 4, "nbformat_minor": 5})


def _counting(cell: Cell, original: NotebookNode, master: Master, person: list[str]) -> list[NotebookNode]:
    """A cell that counts: the instructor's flags, and the student's text only where the student is to write.

    What was added to the instructor's text follows, as a cell of the student's own; not what stands in a check's
    place.
    """
    if is_answer(original):
        return [_new(original.cell_type, cell.source, original, cell.pictures)]
    found = difference(cell.source, _as_given(original, master).source)
    if not found.complete:
        person.append(
            f"the text of {cell.name}, which is not the student's to write, was changed; "
            "it was graded with the text that was handed out"
        )
    kept = original.cell_type == "code" and (found.complete or cell.name not in master.tests)
    added = [_new("code", found.added)] if found.added and kept else []
    return [_new(original.cell_type, original.source, original), *added]


def _free(cell: Cell, given: set[str]) -> NotebookNode:
    """A cell that does not count. Text that is the instructor's, word for word, keeps its formulas as they are."""
    if cell.kind == "code":
        return _new("code", cell.source)
    if cell.kind == "markdown" and cell.source in given:
        return from_dict({"cell_type": "markdown", "metadata": {}, "source": cell.source})
    if cell.kind == "raw":  # shown as it is written, never as HTML
        return _new("markdown", sanitize.as_written(cell.source))
    return _new("markdown", cell.source, pictures=cell.pictures)


def _new(
    kind: str, source: str, original: NotebookNode | None = None, pictures: dict[str, dict[str, str]] | None = None
) -> NotebookNode:
    marks = {"nbgrader": _marks(original)} if original is not None else {}
    if kind == "code":
        return from_dict(
            {"cell_type": kind, "metadata": marks, "source": source, "outputs": [], "execution_count": None}
        )
    made = {"cell_type": "markdown", "metadata": marks, "source": sanitize.markdown(source, pictures or ())}
    return from_dict(made | ({"attachments": pictures} if pictures else {}))


def _marks(original: NotebookNode) -> dict[str, Any]:
    """nbgrader's metadata of the instructor's cell, with the checksum by which an untouched answer is known."""
    marks = dict(original.metadata.nbgrader)
    return {**marks, "cell_type": original.cell_type}


def _put_back(made: list[NotebookNode], masters: dict[str, NotebookNode], person: list[str], told: bool) -> None:
    """Put each missing cell behind the one that it follows in the instructor's notebook."""
    previous = ""
    for name, original in masters.items():
        here = [grade_id(cell) for cell in made]
        if name not in here:
            source = original.source
            if is_answer(original):
                source = "" if original.cell_type == "markdown" else "# This cell was not in the submission."
            made.insert(here.index(previous) + 1 if previous else 0, _new(original.cell_type, source, original))
            if told:
                person.append(f"the cell {name} was missing")
        previous = name


# -- other files ---------------------------------------------------------------------------------------------------


def _other_files(folder: Path, person: list[str]) -> tuple[tuple[str, bytes], ...]:
    """The ordinary files beside the notebook, as long as they are few and small and hide no module."""
    files: list[tuple[str, bytes]] = []
    left = MAX_FILE_BYTES
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".ipynb" or is_noted(name):
            continue
        if name != text.valid(name):
            person.append(f"the file {_shown(name)!r} has a name that is not text and was left out")
            continue
        if _hides_a_module(path.relative_to(folder)):
            person.append(f"the file {_shown(name)} would hide a module and was left out")
            continue
        content = _read_regular(path, left)
        if content is None or len(files) >= MAX_FILES:
            person.append(
                f"the file {_shown(name)} is not an ordinary file, or one too many or too large, and was left out"
            )
            continue
        left -= len(content)
        files.append((name, content))
    return tuple(files)


def _walk(folder: Path) -> Iterator[Path]:
    """Every path below `folder` that is no folder, without following links, up to a count."""
    for count, (here, folders, names) in enumerate(os.walk(folder)):
        if count >= MAX_FOLDERS:
            return
        folders[:] = [f for f in sorted(folders) if not (Path(here) / f).is_symlink()]
        yield from (Path(here) / name for name in sorted(names)[: MAX_FILES + 50])


def _hides_a_module(path: Path) -> bool:
    """A file beside the notebook is found before the installed module of that name."""
    from importlib.util import find_spec

    name = path.parts[0].split(".")[0]
    importable = path.suffix in (".py", ".pyc", ".so", ".pth") or path.name == "__init__.py" or len(path.parts) > 1
    if not importable:
        return False
    if not name.isidentifier():  # of .vscode/ or "my notes.py": no import statement finds it
        return False
    if name in sys.stdlib_module_names or name in ("sitecustomize", "usercustomize"):
        return True
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):  # a module without a description: `__main__` is one
        return True
