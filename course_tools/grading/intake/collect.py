"""The other end of `course submit`: a learning management system's archive becomes nbgrader submissions.

nbgrader's own ``nbgrader zip_collect NAME`` does it, with the extractor in `nbgrader_0_9/extractor`;
``course collect NAME FILE`` puts the archive where zip_collect looks, runs it, and prints what needs a person.
"""

import re
import shutil
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

from nbgrader.api import Gradebook

from course_tools.authoring.build import environment_on_path
from course_tools.grading.course import Course
from course_tools.grading.intake.archives import HandedIn, read
from course_tools.paths import ROOT
from course_utils.errors import CourseError

# Beside nbgrader's folders `archive` and `extracted`, of the last collection:
PROBLEMS = "problems.txt"  # a sentence for each file that was left out or needs a look
PREFIXES = "prefixes.json"  # for each student what their file's name began with, for the way back


def choose(archive: Path, assignment: str, people: "People") -> tuple[dict[str, HandedIn], list[str]]:
    """The newest notebook of each student in the archives of a folder, and a sentence for everything else."""
    problems: list[str] = []
    chosen: dict[str, HandedIn] = {}
    for item in read(archive, assignment):
        problems += [item] if isinstance(item, str) else _choose(item, people, chosen)
    return chosen, problems


def _choose(item: HandedIn, people: "People", chosen: dict[str, HandedIn]) -> list[str]:
    """Put a notebook to its student, the newest when there are several; give the sentences that this calls for."""
    student, problem = people.find(item)
    earlier = chosen.get(student)
    if earlier is None or item.when >= earlier.when:
        chosen[student] = item
    if earlier is None:
        return [problem] if problem else []
    return [f"{student} handed in {earlier.file} and {item.file}; {chosen[student].file} was taken."]


class People:
    """The class list, asked by what a learning management system calls its people."""

    def __init__(self, book: Gradebook):
        students = list(book.students)
        self.by_number = {s.lms_user_id: s.id for s in students if s.lms_user_id}
        pairs = {(fold(f"{a}{b}"), s.id) for s in students for a, b in _orders(s.first_name, s.last_name)}
        count = Counter(name for name, _ in pairs)
        self.by_name = {name: student for name, student in pairs if name and count[name] == 1}
        self.shared = {name for name in count if count[name] > 1}

    def find(self, item: HandedIn) -> tuple[str, str]:
        """The student's id, and a sentence when it had to be made up."""
        if item.number in self.by_number:
            return self.by_number[item.number], ""
        name = fold(item.name)
        if name in self.by_name:
            return self.by_name[name], ""
        made_up = f"{name or 'student'}_{item.number}"
        why = "is the name of several people" if name in self.shared else "is not in the class list"
        return made_up, f"{item.name} {why}; collected as {made_up}. Import a class list that has the LMS's numbers."


def _orders(first: str | None, last: str | None) -> list[tuple[str, str]]:
    return [(first or "", last or ""), (last or "", first or "")]


def fold(name: str) -> str:
    """A name as lower-case letters and digits alone, without accents where ASCII has the letter."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    letters = re.sub(r"[^a-z0-9]", "", plain.lower())
    return letters or re.sub(r"\W", "", name.lower()).encode("utf-8").hex()


def run(name: str, files: list[Path], root: Path = ROOT) -> None:
    """Collect the submissions of an assignment from the archives that a learning management system gave out."""
    course = Course(root)
    name = course.assignment(name)
    downloaded, submitted = course.downloaded(name), course.folder("submitted")
    _put(files, downloaded / "archive")
    _zip_collect(name, root)
    collected = len(list(submitted.glob(f"*/{name}/{name}.ipynb")))
    print(f"{collected} submissions of {name} now lie in {submitted.relative_to(root)}.")
    problems = (downloaded / PROBLEMS).read_text(encoding="utf-8").splitlines()
    if problems:
        print(f"{len(problems)} need a person:")
        print("\n".join(f"  {sentence}" for sentence in problems))


def _put(files: list[Path], archive: Path) -> None:
    for file in files:
        if not file.is_file():
            raise CourseError(f"There is no file {file}. Give the archive as the learning management system made it.")
    shutil.rmtree(archive, ignore_errors=True)
    archive.mkdir(parents=True)
    for file in files:
        shutil.copy(file, archive / file.name)


def _zip_collect(name: str, root: Path) -> None:
    environment_on_path()
    command = [sys.executable, "-m", "nbgrader", "zip_collect", name, "--force"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise CourseError(f"nbgrader could not collect {name}:\n{done.stderr.strip()[-2000:]}")
