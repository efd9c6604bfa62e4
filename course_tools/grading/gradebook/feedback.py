"""Feedback for the class: nbgrader's pages, and one zip of them for the system through which the class handed in.

In Moodle it is uploaded on the assignment's page: Submissions, "Upload multiple feedback files in a zip" (the
assignment needs the feedback type "Feedback files"); in Canvas: "Upload Submissions". Both know each student by what
the files' names begin with, which `course collect` kept.
"""

import json
import zipfile
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from rich.progress import track

from course_tools.authoring.build import environment_on_path
from course_tools.grading.course import assignment_name, folder, settings
from course_tools.grading.intake.collect import PREFIXES
from course_tools.paths import ROOT
from course_utils.errors import CourseError


def run(name: str, root: Path = ROOT) -> None:
    """Write the feedback page of everybody who is graded, and the zip where there is a way back."""
    name = assignment_name(name, root)
    students = sorted(p.parent.name for p in folder("autograded", root).glob(f"*/{name}"))
    if not students:
        raise CourseError(f"Nothing of {name} is graded yet. Run `course grade {name}` first.")
    failed = write_pages(name, students, root)
    pages = {s: folder("feedback", root) / s / name / f"{name}.html" for s in students if s not in failed}
    print(f"{len(pages)} pages of feedback lie in {folder('feedback', root)}.")
    prefixes = root / str(settings(root).ZipCollectApp.downloaded_directory) / name / PREFIXES
    if prefixes.exists():
        packed = pack(
            pages, json.loads(prefixes.read_text(encoding="utf-8")), root / ".grading" / f"{name}-feedback.zip"
        )
        print(f"To upload where the class handed in: {packed}")
    if failed:
        raise CourseError(f"nbgrader could write no page for {', '.join(failed)}. Grade them again with --only.")


def write_pages(name: str, students: list[str], root: Path) -> list[str]:
    """Let nbgrader write each page anew; the students for whom it could not."""
    environment_on_path()
    api = NbGraderAPI(config=settings(root))
    steps = track(students, description="feedback", transient=True)
    return [student for student in steps if not api.generate_feedback(name, student, force=True)["success"]]


def pack(pages: dict[str, Path], prefixes: dict[str, str], target: Path) -> Path:
    """Write the zip of the pages whose way back is known; return its path."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, page in pages.items():
            if student in prefixes:
                archive.write(page, prefixes[student] + page.name)
    return target
