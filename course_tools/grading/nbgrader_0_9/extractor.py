"""What `nbgrader zip_collect` unpacks archives with, set by `plug_in`: notebooks go to their owners.

With --force nbgrader deletes what was collected before; it is moved away first, to where `course collect` keeps what
it replaces. `course collect` does more: it takes along what lies beside a notebook, and leaves what a person changed.
"""

import json
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExtractorPlugin

from course_tools.grading.inside.text import shown
from course_tools.grading.intake.collect import PREFIXES, choose, released
from course_tools.grading.intake.collected import set_aside
from course_tools.grading.intake.owners import People


class SubmissionExtractor(ExtractorPlugin):
    """Unpacks archives of submissions into ``extracted/STUDENT/ASSIGNMENT.ipynb``, one for each student."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Take the notebooks that `archive_path` holds; log one sentence for everything else and go on."""
        coursedir = self.parent.coursedir
        name = coursedir.assignment_id
        with Gradebook(coursedir.db_url, coursedir.course_id) as book:
            people = People(book)
        prefixes: dict[str, str] = {}
        for item in choose(Path(archive_path), name, released(Path(coursedir.root), name), people):
            if isinstance(item, str):
                self.log.warning("%s", shown(item))
                continue
            prefixes[item.student] = item.submission.prefix
            there = Path(coursedir.format_path(coursedir.submitted_directory, item.student, name))
            if self.parent.force and there.is_dir() and any(there.iterdir()):
                kept = set_aside(there, Path(archive_path).parent, item.student)
                self.log.warning("What %s had handed in lies in %s", shown(item.student), shown(str(kept)))
            target = Path(extracted_path) / item.student / f"{name}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(item.submission.notebook)
        (Path(extracted_path).parent / PREFIXES).write_text(json.dumps(prefixes, indent=1), encoding="utf-8")
