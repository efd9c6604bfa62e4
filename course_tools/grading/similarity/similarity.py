"""`course similarity`: a page of submissions that agree beyond the exercise: leads for a person, never verdicts."""

from pathlib import Path

from course_tools.grading.course import Course
from course_tools.grading.similarity import compare, known, page
from course_tools.paths import ROOT
from course_utils.errors import CourseError


def run(name: str, root: Path = ROOT) -> None:
    """Compare the submissions of an assignment, and write the page."""
    course = Course(root)
    name = course.assignment(name)
    files = sorted(course.folder("submitted").glob(f"*/{name}/{name}.ipynb"))
    if len(files) < 2:
        raise CourseError(f"Fewer than two submissions of {name} are collected. Run `course collect {name}` first.")
    students, unread = compare.read(files)
    pairs = compare.compare(students, compare.baseline(name, root))
    equal = known.equal(students, name, root)
    target = root / ".grading" / "reports" / f"{name}-similarity.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page.render(name, students, pairs[: compare.MOST], unread, equal), encoding="utf-8")
    print(f"Pairs that agree beyond the exercise, among {len(students)} submissions: {len(pairs)}. Read {target}")
    for one in equal:
        print(f"  {one}: it may have been published.")
    print("A lead for a person, never a verdict.")
