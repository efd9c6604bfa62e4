"""What `nbgrader zip_collect` unpacks archives with, set by `plug_in`: notebooks go to their owners.

`course collect` does more: it takes along what lies beside a notebook, and keeps what it replaces.
"""

import json
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExtractorPlugin

from course_tools.grading.inside.text import shown
from course_tools.grading.intake.collect import PREFIXES, choose, released
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
            target = Path(extracted_path) / item.student / f"{name}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(item.submission.notebook)
        (Path(extracted_path).parent / PREFIXES).write_text(json.dumps(prefixes, indent=1), encoding="utf-8")
