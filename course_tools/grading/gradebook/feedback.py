"""Feedback for the class: nbgrader's pages, and one zip of them for the system through which the class handed in.

In Moodle it is uploaded on the assignment's page: Submissions, "Upload multiple feedback files in a zip" (the
assignment needs the feedback type "Feedback files"); in Canvas: "Upload Submissions". Both know each student by what
the files' names begin with, which `course collect` kept.
"""

import json
import zipfile
from functools import partial
from pathlib import Path

from rich.progress import track

from course_tools.grading.course import Course
from course_tools.grading.inside.text import valid
from course_tools.grading.intake.collect import PREFIXES
from course_tools.grading.nbgrader_0_9.pages import page_writer
from course_tools.grading.nbgrader_0_9.tables import class_marks
from course_tools.grading.step import Failed, attempt
from course_tools.paths import ROOT
from course_utils.errors import CourseError

SECONDS = 60.0  # of processor time for a page: colouring 100,000 characters of code takes 8


def run(name: str, root: Path = ROOT) -> None:
    """Write the feedback page of everybody who is graded, and the zip where there is a way back."""
    course = Course(root)
    name = course.assignment(name)
    students = sorted(p.parent.name for p in course.folder("autograded").glob(f"*/{name}"))
    if not students:
        raise CourseError(f"Nothing of {name} is graded yet. Run `course grade {name}` first.")
    write = page_writer(course, name)
    failed: dict[str, str] = {}
    for student in track(students, "feedback", transient=True):
        if isinstance(done := attempt("writing the page", partial(write, student), SECONDS), Failed):
            failed[student] = done.reason
    pages = {s: course.folder("feedback") / s / name / f"{name}.html" for s in students if s not in failed}
    print(f"{len(pages)} pages of feedback lie in {course.folder('feedback')}.")
    with course.gradebook() as book:
        marks = class_marks(book, book.find_assignment(name).id)
    if waiting := sum(marks[student].needs_hand for student in pages if student in marks):
        print(f"In {waiting} of them an answer waits for a person, and the total is without it so far.")
    prefixes = course.downloaded(name) / PREFIXES
    if prefixes.exists():
        told = json.loads(prefixes.read_text(encoding="utf-8"))
        packed = pack(pages, told, root / ".grading" / f"{name}-feedback.zip")
        print(f"To upload where the class handed in: {packed}")
        if alone := sorted(set(pages) - set(told)):
            print(f"Not in it, as they were not collected from an archive: {', '.join(alone)}")
    if failed:
        reasons = "; ".join(f"{student}: {reason}" for student, reason in failed.items())
        raise CourseError(f"There is no page for some ({reasons}). Grade them again with --only.")


def pack(pages: dict[str, Path], prefixes: dict[str, str], target: Path) -> Path:
    """Write the zip of the pages whose way back is known; return its path."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, page in pages.items():
            if student in prefixes:
                archive.write(page, valid(prefixes[student]) + page.name)
    return target
