"""What `nbgrader zip_collect` unpacks archives with: set by `plug_in`, asked by `course collect`."""

import json
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExtractorPlugin

from course_tools.grading.intake.collect import PREFIXES, PROBLEMS, People, choose


class SubmissionExtractor(ExtractorPlugin):
    """Unpacks archives of submissions into ``extracted/STUDENT/ASSIGNMENT.ipynb``, one for each student."""

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """Take what can be taken from `archive_path`; log one sentence for everything else and go on."""
        coursedir = self.parent.coursedir
        name = coursedir.assignment_id
        with Gradebook(coursedir.db_url, coursedir.course_id) as book:
            people = People(book)
        chosen, problems = choose(Path(archive_path), name, people)
        for student, item in chosen.items():
            target = Path(extracted_path) / student / f"{name}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(item.notebook)
        for sentence in problems:
            self.log.warning("%s", sentence)
        beside = Path(extracted_path).parent
        (beside / PROBLEMS).write_text("\n".join(problems), encoding="utf-8")
        prefixes = {student: item.prefix for student, item in chosen.items()}
        (beside / PREFIXES).write_text(json.dumps(prefixes, indent=1), encoding="utf-8")
