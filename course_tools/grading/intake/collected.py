"""What `course collect` puts into the submitted folder: it changes only what it put there itself, and loses nothing.

`collected.json` remembers a digest of each student's folder as it was put there. A folder that has another one was
changed by hand, or came another way, and stays. What is replaced goes to `replaced/STUDENT/1`, `2` and so on.
"""

import hashlib
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from course_tools.grading.intake.clean import TIMESTAMP, TOLD
from course_tools.grading.intake.owners import Owner
from course_tools.grading.intake.student import Submission

RECORD = "collected.json"
OTHER = "?"  # the digest of a folder that holds more than ordinary files; it equals none


class Collected:
    """The submitted folder of an assignment while it is collected: `put` each student's submission, then `finish`."""

    def __init__(self, downloaded: Path, submitted: Path, name: str) -> None:
        self.downloaded, self.submitted, self.name = downloaded, submitted, name
        self.record: dict[str, dict[str, Any]] = _read(downloaded / RECORD)
        self.count: Counter[str] = Counter()
        self.prefixes: dict[str, str] = {}
        self.owners: dict[Owner, str] = {}

    def put(self, student: str, made: Submission, owners: Sequence[Owner]) -> str:
        """Put a submission into its student's folder; the sentence that this calls for, or ""."""
        self.owners |= dict.fromkeys(owners, student)
        self.prefixes[student] = made.prefix
        target = self.submitted / student / self.name
        files = {f"{self.name}.ipynb": made.notebook, **made.beside}
        wanted, there = digest(files), _digest_of(target)
        if there not in (None, wanted) and not self._is_ours(student, there, made):
            self.count["kept as they were"] += 1
            return (
                f"{student}: {_short(target)} was changed by hand since, or came another way; it stays. "
                f"To have {made.chosen.shown} graded, move that folder away and collect again."
            )
        self.count["new" if there is None else "unchanged" if there == wanted else "replaced"] += 1
        said = self._replace(student, files, made.when) if there != wanted else ""
        _tell(target / TOLD, made.told)
        self.record[student] = {"digest": wanted, "owners": [[o.name, o.number] for o in owners]}
        _save(self.downloaded / RECORD, self.record)
        return said

    def _replace(self, student: str, files: Mapping[str, bytes], when: tuple[int, ...]) -> str:
        """Put files where a student's submission lies, and what lies there away; a sentence about that."""
        target = self.submitted / student / self.name
        fresh = _written(target, files, when)
        earlier = _short(self._away(student)) if target.exists() else ""
        fresh.rename(target)
        return f"{student}: what was collected before was replaced; it lies in {earlier}." if earlier else ""

    def _is_ours(self, student: str, there: str | None, made: Submission) -> bool:
        """Whether a folder is as a collection put it: as recorded, or, before there was a record, one of theirs."""
        if student in self.record:
            return there == self.record[student]["digest"]
        notebook = self.submitted / student / self.name / f"{self.name}.ipynb"
        alone = [p.name for p in notebook.parent.iterdir()] == [notebook.name]
        return alone and hashlib.sha256(notebook.read_bytes()).hexdigest() in made.digests

    def _away(self, student: str) -> Path:
        return set_aside(self.submitted / student / self.name, self.downloaded, student)

    def finish(self, prefixes: Path) -> list[str]:
        """Write what each student's feedback begins with; sentences about those who go by another id since."""
        renamed = {student: now for student in self.record if (now := self._now(student)) not in ("", student)}
        said = [self._rename(student, now) for student, now in renamed.items()]
        earlier = {s: p for s, p in _read(prefixes).items() if s not in renamed}
        taken = set(self.prefixes.values())
        _save(prefixes, {s: p for s, p in earlier.items() if p not in taken} | self.prefixes)
        _save(self.downloaded / RECORD, self.record)
        return said

    def _now(self, student: str) -> str:
        """By which id somebody goes who was collected under this one; "" when the archives do not tell."""
        now = {self.owners.get(Owner(*owner), "") for owner in self.record[student]["owners"]} - {""}
        return student if student in now or len(now) != 1 else now.pop()

    def _rename(self, student: str, now: str) -> str:
        target = self.submitted / student / self.name
        if _digest_of(target) != self.record.pop(student)["digest"]:
            return f"{student} is {now} by now, but {_short(target)} was changed by hand; it stays. Move it away."
        return (
            f"{student} is {now} by now; what was collected as such lies in {_short(self._away(student))}. "
            f"Marks that {student} has already stay in the gradebook."
        )


def set_aside(folder: Path, downloaded: Path, student: str) -> Path:
    """Move a student's folder to where replaced ones lie; the new place."""
    place, number = downloaded / "replaced" / student, 1
    while (place / str(number)).exists():
        number += 1
    place.mkdir(parents=True, exist_ok=True)
    return Path(shutil.move(folder, place / str(number)))


def digest(files: Mapping[str, bytes]) -> str:
    """A digest of files by their paths."""
    parts = [(name, hashlib.sha256(data).hexdigest()) for name, data in sorted(files.items())]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _digest_of(folder: Path) -> str | None:
    """The digest of a student's folder, without what the course itself notes there; None when there is none."""
    if not folder.exists():
        return None
    files: dict[str, bytes] = {}
    for here, _, names in os.walk(folder):
        for path in (Path(here) / name for name in names):
            if path.is_symlink() or not path.is_file():
                return OTHER
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    for noted in (TOLD, TIMESTAMP):  # by `course collect` and `course late`
        files.pop(noted, None)
    return digest(files) if files else None


def _written(target: Path, files: Mapping[str, bytes], when: tuple[int, ...]) -> Path:
    """A folder with these files, beside the place where it belongs."""
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name, data in files.items():
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / name).write_bytes(data)
    with suppress(ValueError, OverflowError, OSError):  # a date that no calendar has
        changed = time.mktime((*when[:6], 0, 0, -1))  # type: ignore[arg-type]
        os.utime(fresh / f"{target.name}.ipynb", (changed, changed))
    return fresh


def _short(path: Path) -> str:
    """A path from the course's folder on."""
    parts = path.parts
    return "/".join(parts[parts.index(".grading") :] if ".grading" in parts else parts)


def _tell(path: Path, told: list[str]) -> None:
    text = "\n".join(told)
    if not told:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _save(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON so that a killed command leaves the old file or the new one."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(json.dumps(content, indent=1), encoding="utf-8")
    fresh.replace(path)
