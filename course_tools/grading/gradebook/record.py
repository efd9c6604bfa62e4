"""The one writer: results go into nbgrader's folders and gradebook, all of a submission or nothing.

Runs in the grader's main process alone. The graded notebook's folder is written first and put in place whole; then
marks, comments and the row that says "kept" are committed together. A batch that was killed finds there what is done.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from nbgrader import utils
from nbgrader.plugins import LateSubmissionPlugin

from course_tools.grading.gradebook.ledger import Ledger, Mark
from course_tools.grading.intake.clean import BOOKKEEPING, Cleaned
from course_tools.grading.judging.master import Master, grade_id
from course_tools.grading.submission import Graded

VERSION = "1"  # a new one grades every submission again


class Recorder:
    """Writes one assignment's results: `save` as many as are there, then `commit`."""

    def __init__(self, ledger: Ledger, submitted: Path, autograded: Path, config: Any) -> None:
        self.ledger, self.submitted, self.autograded = ledger, submitted, autograded
        plugin = config.AssignLatePenalties.get("plugin_class", LateSubmissionPlugin)
        self.late = (plugin if isinstance(plugin, type) else LateSubmissionPlugin)(config=config)

    @property
    def master(self) -> Master:
        """The assignment that is graded."""
        return self.ledger.master

    def fingerprints(self, students: Iterable[str]) -> dict[str, str]:
        """For each student a text that changes when anything handed in, or the assignment, changes."""
        base = f"{VERSION}/{self.master.fingerprint}"
        return {student: self._fingerprint(base, self._handed_in(student)) for student in students}

    def _fingerprint(self, base: str, folder: Path) -> str:
        digest = hashlib.sha256(base.encode())
        for here, folders, names in os.walk(folder):
            folders.sort()
            for path in (Path(here) / name for name in sorted(names)):
                found = path.lstat()
                facts = (path.relative_to(folder), found.st_mode, found.st_size, found.st_mtime_ns)
                digest.update(repr(facts).encode(errors="replace"))
        return digest.hexdigest()

    def _handed_in(self, student: str) -> Path:
        return self.submitted / student / self.master.name

    def save(self, student: str, graded: Graded, cleaned: Cleaned, fingerprint: str) -> None:
        """Write the graded notebook's folder, and enter the result for the next `commit`."""
        cells = {grade_id(cell): cell for cell in graded.notebook.cells if grade_id(cell)}
        checksums = self.ledger.checksums
        for name, cell in cells.items():
            cell.metadata.nbgrader["checksum"] = checksums[name]
        self._write_folder(student, graded, cleaned)
        doubtful = {verdict.cell for verdict in graded.verdicts if verdict.person}
        marks = {name: Mark(utils.determine_grade(cells[name])[0], name in doubtful) for name in self.ledger.graded}
        untouched = {name for name in self.ledger.answers if checksums[name] == utils.compute_checksum(cells[name])}
        self.ledger.mark(student, marks, untouched)
        self.ledger.penalise(student, self._timestamp(student), self.late)
        self.ledger.keep(student, fingerprint, graded.person)

    def _write_folder(self, student: str, graded: Graded, cleaned: Cleaned) -> None:
        target = self.autograded / student / self.master.name
        fresh = target.with_name(f".{target.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name, content in cleaned.files:
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_bytes(content)
        for name in BOOKKEEPING:
            source = self._handed_in(student) / name
            if source.is_file() and not source.is_symlink():
                shutil.copyfile(source, fresh / name)
        text = nbformat.v4.writes(graded.notebook)
        (fresh / f"{self.master.name}.ipynb").write_text(text + "\n", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)

    def _timestamp(self, student: str) -> Any:
        """When it was handed in, as nbgrader's timestamp.txt says; None without one that can be read."""
        path = self._handed_in(student) / "timestamp.txt"
        try:
            return utils.parse_utc(path.read_text(encoding="utf-8")[:100].strip()) if path.is_file() else None
        except (ValueError, OverflowError):
            return None
