"""The copies in which a student works: handed out under work/, never overwritten once they were edited.

work/.course/handed_out.json remembers, for each notebook of the course and for its glossary, the copies that were
handed out and a digest of what stood in them then. A copy whose text still has that digest was not edited (running
cells changes outputs, not text), so it may be brought up to date; beside any other, a newer version is put down.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from course_utils.errors import CourseError

RECORD = Path(".course/handed_out.json")
UNKNOWN = "?"  # the digest of a copy that no record knows; it equals none, so that the copy counts as edited

Record = dict[str, list[tuple[str, str]]]


@dataclass(frozen=True)
class Outcome:
    """`copies`: each notebook's copies, the oldest first; `news`: sentences for the student."""

    copies: dict[str, list[str]]
    news: list[str]


def hand_out(root: Path, today: date) -> Outcome:
    """Bring the copies under `root`/work up to date.

    All paths in the outcome are relative to work/. Raises CourseError when a notebook of the course itself is
    unreadable.
    """
    work = root / "work"
    record, news = _read_record(work), []
    notebooks = [*root.glob("chapters/*.ipynb"), *root.glob("assignments/*/*.ipynb")]
    for source in sorted([*notebooks, *root.glob("chapters/*.md")]):
        key = source.relative_to(root).as_posix()
        record[key], sentence = _hand_out_one(source, work, key, record.get(key, []), today)
        news += [sentence] if sentence else []
    _write(work / RECORD, json.dumps(record, indent=1))
    return Outcome({key: [path for path, _ in given] for key, given in record.items()}, news)


def digest(path: Path) -> str | None:
    """A digest of a page's text, or of a notebook's without outputs; None when it cannot be read as one."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            text = json.dumps([(c["cell_type"], "".join(c["source"])) for c in json.loads(text)["cells"]])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _hand_out_one(
    source: Path, work: Path, key: str, given: list[tuple[str, str]], today: date
) -> tuple[list[tuple[str, str]], str]:
    """The copies of one notebook after handing it out, and a sentence for the student, or ""."""
    wanted = digest(source)
    if wanted is None:
        raise CourseError(f"{key} is not a notebook. Write it again with: course build")
    given = [(path, was) for path, was in given if (work / path).exists()]
    if not given and (work / key).exists():
        given = [(key, UNKNOWN)]
    now = {path: digest(work / path) for path, _ in given}
    if any(now[path] is not None and wanted in (was, now[path]) for path, was in given):
        return given, ""
    text = source.read_text(encoding="utf-8")
    if not given or now[given[-1][0]] == given[-1][1]:
        path = given[-1][0] if given else key
        _write(work / path, text)
        return [*given[:-1], (path, wanted)], ""
    path = _name_beside(work, key, today)
    _write(work / path, text)
    return [*given, (path, wanted)], _sentence(given[-1][0], readable=now[given[-1][0]] is not None, new=path)


def _sentence(path: str, readable: bool, new: str) -> str:
    if readable:
        return f"There is a newer version of work/{path}; yours was edited and stays. The new one: work/{new}"
    return f"work/{path} cannot be read as a notebook; it stays as it is. A fresh copy: work/{new}"


def _name_beside(work: Path, key: str, today: date) -> str:
    """A name that no file has: "chapters/03_x (new 2026-11-21).ipynb", then "... (new 2026-11-21, 2).ipynb"."""
    (stem, dot, kind), count = key.rpartition("."), 1
    name = f"{stem} (new {today}){dot}{kind}"
    while (work / name).exists():
        count += 1
        name = f"{stem} (new {today}, {count}){dot}{kind}"
    return name


def _read_record(work: Path) -> Record:
    try:
        rows = json.loads((work / RECORD).read_text(encoding="utf-8"))
        return {key: [(path, was) for path, was in given] for key, given in rows.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _write(path: Path, text: str) -> None:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
