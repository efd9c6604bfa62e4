"""The public edition of the course: what students get, without solutions, planted mistakes and hidden checks."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from course_tools.authoring import elsewhere
from course_tools.authoring.build import exercises, nbgrader_source
from course_tools.authoring.chapters import with_table
from course_tools.grading import slips
from course_tools.grading.inside.text import shown
from course_tools.paths import ROOT
from course_utils.errors import CourseError

# What goes: everything else stays with the instructors.
PUBLIC = (
    "README.md",
    "LICENSE*",
    "environment.yml",
    "pyproject.toml",
    "hatch_build.py",
    "constraints.txt",
    "Makefile",
    ".gitignore",
    "nbgrader_config.py",
    "chapters",
    "assignments",
    "course_utils",
    "course_tools",
    "docs/hub",  # the settings of a JupyterHub, which runs on this edition
)
OWN = Path("course_tools/authoring/edition")  # its README and Makefile, in the place of the repository's
SOURCES = "## Sources and citation"  # the part of the README that both have
SECRET = re.compile(
    r"^ *### BEGIN (SOLUTION|HIDDEN TESTS|MARK SCHEME)[^\n]*\n(.*?)^ *### END \1", re.DOTALL | re.MULTILINE
)
TELLING = 12  # a line of fewer characters without spaces ("return total") gives nothing away


def run(folder: Path, root: Path = ROOT) -> None:
    """Write the public edition into `folder`, which must be empty or new, and prove that nothing leaks."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CourseError(f"{folder} is not an empty folder. Name a new one: nothing is ever overwritten.")
    files = public_files(root)
    for file in files:
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / (OWN / file if (root / OWN / file).exists() else file), target)
    if (root / OWN / "README.md").exists():
        (folder / "README.md").write_text(readme(root), encoding="utf-8")
    if (place := elsewhere.find(root)).address:  # Colab opens these
        for notebook in folder.glob("chapters/*.ipynb"):
            notebook.write_text(elsewhere.with_course(notebook.read_text(encoding="utf-8"), place), encoding="utf-8")
    leaks = list(find_leaks(folder, root))
    if leaks:
        shutil.rmtree(folder)
        raise CourseError("Nothing was exported, because it would give away:\n  " + "\n  ".join(leaks[:20]))
    for answer in taught(root):
        print(f"Note: a chapter shows the answer to {answer} word for word.")
    if unknown := _git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *PUBLIC).split("\0")[:-1]:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        print(
            f"Note: git does not know {shown(', '.join(unknown[:5]))}{more}, so they are not in it. To add: git add"
        )
    print(f"{len(files)} files written to {folder}: no solution, planted mistake or hidden check is in them.")


def public_files(root: Path = ROOT) -> list[Path]:
    """The files under version control that the public edition has, relative to `root`."""
    listed = _git(root, "ls-files", "-z", "--", *PUBLIC)
    if not listed:  # a folder without git of its own, in somebody's clone of something else
        raise _not_a_clone(root)
    files = [Path(name) for name in listed.split("\0") if name and (root / name).is_file()]
    return [file for file in files if file.parent != OWN]


def _git(root: Path, *command: str) -> str:
    """What git prints; a CourseError that says what to do where it cannot."""
    try:
        environment = {**os.environ, "LC_ALL": "C"}  # its sentences in English
        done = subprocess.run(["git", "-C", str(root), *command], capture_output=True, text=True, env=environment)
    except OSError as e:
        raise CourseError("git is needed, which knows the files of the course. Install it and export again.") from e
    if "dubious ownership" in done.stderr:
        raise CourseError(
            f"git does not read {root}, for it belongs to somebody else. Export as its owner, or allow it: "
            f"git config --global --add safe.directory {shlex.quote(str(root))}"
        )
    if done.returncode:
        raise _not_a_clone(root)
    return done.stdout


def _not_a_clone(root: Path) -> CourseError:
    return CourseError(
        f"{root} is not a git clone of the course, so nothing tells its files from others that lie there. Export "
        "from a clone, or let git know what is in this folder now: git init && git add ."
    )


def readme(root: Path) -> str:
    """The README for students, with the table of the chapters and the sources, which the repository's README has."""
    own, whole = ((folder / "README.md").read_text(encoding="utf-8") for folder in (root / OWN, root))
    return with_table(own, root) + "\n" + "".join(whole.partition(SOURCES)[1:])


def find_leaks(folder: Path, root: Path = ROOT) -> Iterator[str]:
    """A sentence for each line of a secret that stands in a file of `folder`."""
    lines = secrets(root)
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        for line in _lines(file):
            if squeeze(line) in lines:
                yield f"{file.relative_to(folder)} has a line of {lines[squeeze(line)]}: {line.strip()}"


def secrets(root: Path = ROOT) -> dict[str, str]:
    """Each telling line of a solution, a hidden check or a planted mistake -> whose line it is.

    A line that a chapter teaches in the open, or that the exercise itself shows outside of them, is no secret.
    """
    found: dict[str, str] = {}
    shown: set[str] = set()
    for source in exercises(root):
        for where, text in _secret_texts(source):
            found.update(dict.fromkeys(_telling(text), f"{source.stem}, {where}"))
        shown.update(_telling("\n".join(SECRET.sub("", cell.source) for cell in nbgrader_source(source).cells)))
    for chapter in (root / "chapters").glob("*.py"):
        shown.update(_telling(chapter.read_text(encoding="utf-8")))
    return {line: where for line, where in found.items() if line not in shown}


def taught(root: Path = ROOT) -> list[str]:
    """The solutions that stand in a chapter as a whole; the chapters are public, so they are no secret."""
    chapters = squeeze("".join(p.read_text(encoding="utf-8") for p in sorted((root / "chapters").glob("*.py"))))
    return [
        f"{cell.metadata.nbgrader.grade_id} of {source.stem}"
        for source in exercises(root)
        for cell in nbgrader_source(source).cells
        for kind, text in SECRET.findall(cell.source)
        if kind == "SOLUTION" and len(squeeze(text)) >= TELLING and squeeze(text) in chapters
    ]


def _secret_texts(source: Path) -> Iterator[tuple[str, str]]:
    notebook = nbgrader_source(source)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        yield from ((f"{kind.lower()} of {name}", text) for kind, text in SECRET.findall(cell.source))
    planted = source.parent / "slips.py"
    known = slips.load(planted, slips.solutions(notebook)) if planted.exists() else []
    yield from ((f"the slip {slip.name}", slip.source) for slip in known)


def _telling(text: str) -> set[str]:
    """The lines of a text that say something: not the short ones, comments and imports."""
    lines = [line.strip() for line in text.splitlines()]
    said = {squeeze(line) for line in lines if not re.match(r"#|import |from \S+ import ", line)}
    return {line for line in said if len(line) >= TELLING}


def squeeze(line: str) -> str:
    """A line without any white space, so that neither layout nor indentation hides it."""
    return re.sub(r"\s+", "", line)


def _lines(file: Path) -> Iterator[str]:
    """The lines of a file; of a notebook, those of every text in it: cells, outputs, metadata."""
    text = file.read_bytes().decode("utf-8", errors="replace")
    texts: Iterable[str] = _strings(json.loads(text)) if file.suffix == ".ipynb" else [text]
    for each in texts:
        yield from each.splitlines()


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.items():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)
