"""The other end of `course submit`: a learning management system's archives become submissions to grade.

All archives that were ever collected for an assignment are kept and read again each time, so that neither the order
in which they come nor a second collection loses anything. What nbgrader calls the submitted folder then holds, for
each student, the notebook to grade, what lies beside it, and `told.txt`: what the summary of the marks shall say.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_tools.grading.course import Course
from course_tools.grading.inside.text import shown
from course_tools.grading.intake import archives
from course_tools.grading.intake.archives import Delivery, Note
from course_tools.grading.intake.collected import Collected
from course_tools.grading.intake.owners import People
from course_tools.grading.intake.student import Submission, submission
from course_tools.grading.step import Failed, attempt
from course_tools.paths import ROOT
from course_utils.errors import CourseError

# Beside nbgrader's folder `archive`, of the last collection:
PROBLEMS = "problems.txt"  # a sentence for each file that was left out or needs a look
PREFIXES = "prefixes.json"  # for each student what their file's name began with, for the way back


@dataclass(frozen=True)
class Collection:
    """What there is of one student in all archives together."""

    student: str
    submission: Submission
    deliveries: list[Delivery]


def choose(folder: Path, name: str, released: NotebookNode, people: People) -> Iterator[Collection | str]:
    """The submission of each student in the archives of a folder, and a sentence for everything else."""
    with ExitStack() as stack:
        deliveries, said = archives.read(folder, stack)
        yield from said
        assigned = people.assign({delivery.owner for delivery in deliveries})
        yield from (sentence for _, sentence in assigned.values() if sentence)
        by_student: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            by_student.setdefault(assigned[delivery.owner][0], []).append(delivery)
        left = 0
        for student, theirs in by_student.items():
            for item in _of_one(student, theirs, name, released):
                left += 0 if isinstance(item, str) else item.submission.by_itself
                yield item
        if left:
            yield Note(f"{left} files that macOS, Jupyter or an editor made by itself were left out.")


def _of_one(
    student: str, deliveries: list[Delivery], name: str, released: NotebookNode
) -> Iterator[Collection | str]:
    done = attempt("collecting it", partial(submission, deliveries, name, released))
    if isinstance(done, Failed):
        yield f"{student}: {done.reason}; nothing of it was collected now."
        return
    made, said = done
    yield from said
    if made is not None:
        yield from (f"{student} {clause}." for clause in made.told)
        yield Collection(student, made, deliveries)


def released(root: Path, name: str) -> NotebookNode:
    """The notebook that students were given. Raises CourseError where it cannot be read."""
    path = root / "assignments" / name / f"{name}.ipynb"
    try:
        return nbformat.read(path, as_version=4)
    except Exception as e:
        raise CourseError(f"{path} cannot be read. Write it again with: course build {name}") from e


def run(name: str, files: list[Path], root: Path = ROOT) -> None:
    """Collect the submissions of an assignment from the archives that a learning management system gave out."""
    course = Course(root)
    name = course.assignment(name)
    downloaded, submitted = course.downloaded(name), course.folder("submitted")
    given = released(root, name)
    _require_files(files)
    archives.store(files, downloaded / "archive")
    with course.gradebook() as book:
        people = People(book)
    collected, said = Collected(downloaded, submitted, name), list[str]()
    for item in choose(downloaded / "archive", name, given, people):
        said += [item] if isinstance(item, str) else _put(item, collected)
    said += collected.finish(downloaded / PREFIXES)
    notes = list(dict.fromkeys(shown(s) for s in said if isinstance(s, Note)))
    problems = list(dict.fromkeys(shown(s) for s in said if not isinstance(s, Note)))
    (downloaded / PROBLEMS).write_text("\n".join(problems), encoding="utf-8")
    _report(collected, problems, notes, root)


def _require_files(files: list[Path]) -> None:
    for file in files:
        if file.is_dir():
            raise CourseError(f"{file} is a folder. Pack it into a zip again and give that.")
        if not file.is_file():
            raise CourseError(f"There is no file {file}. Give the archive as the learning management system made it.")


def _put(item: Collection, collected: Collected) -> list[str]:
    owners = list(dict.fromkeys(delivery.owner for delivery in item.deliveries))
    done = attempt("putting it into its folder", partial(collected.put, item.student, item.submission, owners))
    if isinstance(done, Failed):
        return [f"{item.student}: {done.reason}."]
    return [done] if done else []


def _report(collected: Collected, problems: list[str], notes: list[str], root: Path) -> None:
    submitted, name = collected.submitted, collected.name
    there = len(list(submitted.glob(f"*/{name}/{name}.ipynb")))
    parts = ", ".join(f"{count} {what}" for what, count in collected.count.items())
    print(
        f"{there} submissions of {name} now lie in {submitted.relative_to(root)}" + (f" ({parts})." if parts else ".")
    )
    for note in notes:
        print(note)
    if problems:
        print(f"{len(problems)} need a person:")
        print("\n".join(f"  {sentence}" for sentence in problems))
