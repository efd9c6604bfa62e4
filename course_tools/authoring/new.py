"""`course new`: begin a chapter with skeletons in all places, working samples that say TODO where you write."""

import re
from keyword import iskeyword
from pathlib import Path

from course_tools.authoring import build
from course_tools.authoring.chapters import CHAPTERS, of
from course_tools.paths import ROOT
from course_utils.errors import CourseError

SKELETON = Path(__file__).resolve().parent / "skeleton"
BEGUN = ("chapters/{}_*", "solutions/{}_*", "assignments/{}_*", "tests/chapters/test_{}_*")


def run(number: str, name: str, root: Path = ROOT) -> None:
    """Write and build the skeletons of chapter `number`, called `name`, and say what comes next.

    Raises CourseError when the number or the name cannot be had. No file is ever overwritten.
    """
    full = full_name(number, name)
    if begun := [path for pattern in BEGUN for path in sorted(root.glob(pattern.format(full[:2])))]:
        raise CourseError(f"Chapter {int(number)} is begun already: {begun[0].relative_to(root)} is there.")
    for path, text in skeletons(full).items():
        build.write_if_changed(root / path, text)
        print(f"{path} written")
    build.run([full], root)
    if of(full) is None:
        row = f'Chapter("{full}", "{_title(full)}", "what the reader builds in it"),'
        print(f"Add its row to CHAPTERS in course_tools/authoring/chapters.py:\n    {row}")
    print(f"`course check {full[:2]}` says what is missing.")


def full_name(number: str, name: str) -> str:
    """ "8", "feature_visualization" -> "08_feature_visualization". Raises CourseError for no chapter's name."""
    if not re.fullmatch(r"[0-9]{1,2}", number) or int(number) == 0:
        raise CourseError(f"{number!r} is not a chapter's number. Give one from 1 to 99.")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or iskeyword(name):
        raise CourseError(f"{name!r} is not a chapter's name. Use small letters, digits and _ alone.")
    full = f"{int(number):02d}_{name}"
    planned = next((chapter.name for chapter in CHAPTERS if chapter.number == int(number)), full)
    if full != planned:
        raise CourseError(
            f"Chapter {int(number)} is {planned} in the course's table. Call it so, or change its row in "
            "course_tools/authoring/chapters.py first."
        )
    return full


def skeletons(name: str) -> dict[str, str]:
    """The files of a new chapter: path below the root -> text."""
    words = {"name": name, "number": str(int(name[:2])), "title": _title(name)}
    texts = {}
    for path, skeleton in _places(name).items():
        text = (SKELETON / skeleton).read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(f"{{{{{word}}}}}", value)
        texts[path] = text
    return texts


def _places(name: str) -> dict[str, str]:
    """Where a chapter's sources lie -> from which skeleton each is made."""
    return {
        f"chapters/{name}.py": "chapter.txt",
        f"solutions/{name}/{name}.py": "exercises.txt",
        f"solutions/{name}/slips.py": "slips.txt",
        f"tests/chapters/test_{name}.py": "tests.txt",
    }


def _title(name: str) -> str:
    chapter = of(name)
    return chapter.title if chapter else name[3:].replace("_", " ").capitalize()
