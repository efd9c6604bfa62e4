"""`course check`: build, run and test one chapter, and say what is missing.

What was proved stays proved until something changes on which it depends: the run is kept by execution.py, and a small
file under .cache/checked names the state in which the exercises and the tests of a chapter last passed.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course_tools.authoring import (
    build,
    chapters,
    depends,
    execution,
    exercises,
    floors,
    glossary,
    rules,
    section_names,
)
from course_tools.authoring import study as study_time
from course_tools.paths import ROOT
from course_utils.errors import CourseError, one_of

CHECKED = ROOT / ".cache" / "checked"
WIDGET_FILES = ("widget.js", "example.py")
FINE, MISSING, WRONG = "✓", "…", "✗"


@dataclass
class Finding:
    """What one check found: what is wrong, what is still to do, and what to say when there is neither."""

    wrong: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    fine: str = ""

    def lines(self, title: str) -> list[str]:
        """For people: a mark, the check's title, a sentence."""
        said = [(WRONG, text) for text in self.wrong] + [(MISSING, text) for text in self.missing]
        return [f"  {mark} {title:11} {text}" for mark, text in said or [(FINE, self.fine)]]


@dataclass(frozen=True)
class Lesson:
    """A chapter as it lies in the repository, with its exercises and tests."""

    name: str

    @property
    def source(self) -> Path:
        return ROOT / "chapters" / f"{self.name}.py"

    @property
    def exercises(self) -> Path:
        return ROOT / "solutions" / self.name / f"{self.name}.py"

    @property
    def tests(self) -> Path:
        return ROOT / "tests" / "chapters" / f"test_{self.name}.py"

    @cached_property
    def notebook(self) -> NotebookNode:
        return build.read(self.source)

    @cached_property
    def executed(self) -> NotebookNode:
        return execution.executed(self.source)

    @property
    def course(self) -> dict[str, Any]:
        """What its run measured: `seconds` and `results`."""
        return self.executed.metadata["course"]


def run(name: str) -> None:
    """Check the chapter that `name` means and print what was found. Raises CourseError when something is wrong."""
    lesson = Lesson(one_of(name, [source.stem for source in build.chapters()]))
    print(lesson.name)
    wrong = 0
    for title, check in CHECKS.items():
        finding = check(lesson)
        wrong += len(finding.wrong)
        print("\n".join(finding.lines(title)), flush=True)
    if wrong:
        raise CourseError(f"{lesson.name} is not in order: see the lines with {WRONG} ({wrong}).")


def notebook(lesson: Lesson) -> Finding:
    """Its notebook, written anew if it must be; then the run, which everything below goes by."""
    written = build.pair(lesson.source)
    return Finding(fine="written anew" if written else "belongs to its source")


def ran(lesson: Lesson) -> Finding:
    """From the top to the end."""
    return Finding(fine=f"{lesson.course['seconds']:.0f} s")


def sections(lesson: Lesson) -> Finding:
    """Each stands by itself."""
    return Finding(list(section_names.leaks(lesson.notebook)), fine="each stands by itself")


def cells(lesson: Lesson) -> Finding:
    """Short cells of code, the first of the shape that all chapters share; the answers of questions are folded."""
    wrong = rules.setup_problems(lesson.notebook, int(lesson.name[:2])) + rules.too_long(lesson.notebook)
    wrong += rules.answers_shown(lesson.notebook)
    return Finding(wrong, fine=f"{rules.LONGEST_CELL} lines at most, the set-up in its shape")


def prose(lesson: Lesson) -> Finding:
    """Markdown that looks alike everywhere, in short pieces; equations numbered in order."""
    long = rules.too_wordy(lesson.notebook)
    wrong = rules.not_alike(lesson.notebook) + rules.misnumbered(lesson.notebook)
    return Finding(wrong, long, f"{rules.MOST_WORDS} words a cell at most")


def study(lesson: Lesson) -> Finding:
    """The time that it takes to study, and the terms that it defines for the glossary, which is written anew."""
    build.terms()
    others = {source.stem: build.read(source) for source in build.chapters() if source.stem != lesson.name}
    known = [text for text in glossary.problems({**others, lesson.name: lesson.notebook}) if lesson.name in text]
    count = len(glossary.terms(lesson.name, lesson.notebook))
    return Finding(missing=[*study_time.problems(lesson.notebook), *known], fine=f"as estimated; {count} terms")


def pictures(lesson: Lesson) -> Finding:
    """Each with an alternative text."""
    return Finding(rules.undescribed(lesson.executed), fine="each has its alternative text")


def errata(lesson: Lesson) -> Finding:
    """The table of what the lecture notes get wrong."""
    rows = rules.errata_rows(lesson.notebook)[2:]
    return Finding(rules.bad_errata(lesson.notebook), [] if rows else ["no row yet"], f"{len(rows)} rows")


def recorded(lesson: Lesson) -> Finding:
    """The floors: recorded with five seeds, for the present code."""
    promised = {row["name"]: row for row in lesson.course["results"]}
    path = floors.record_path(lesson.name)
    if not promised:
        return Finding(missing=["no result is held to a floor (check.reaches)"])
    if not path.exists():
        return Finding([f"not recorded: run `make floors ARGS={lesson.name}`"])
    record = json.loads(path.read_text(encoding="utf-8"))
    problems = floors.problems(record, floors.code_digest(lesson.source), promised)
    return Finding(problems, fine=f"{len(promised)} results, five seeds each")


def assignment(lesson: Lesson) -> Finding:
    """The exercises: the stub earns nothing, the solution everything, each planted mistake loses its own points."""
    if not lesson.exercises.exists():
        return Finding(missing=[f"none: solutions/{lesson.name}/{lesson.name}.py is not there"])
    problems = _unless_proved("exercises", lesson, lambda: _assignment_state(lesson), lambda: _prove(lesson))
    count = len(exercises.solutions(exercises.instructors(lesson.exercises)))
    few = [f"{count} of at least {exercises.FEWEST}"] if count < exercises.FEWEST else []
    left = [*few, *exercises.mislabelled(lesson.exercises), *exercises.copied(lesson.exercises, lesson.notebook)]
    return Finding(problems, left, f"{count}, of all kinds, proved with their slips")


def _prove(lesson: Lesson) -> list[str]:
    build.assignment(lesson.exercises)
    known = exercises.planted(lesson.exercises)
    misbuilt = list(exercises.misbuilt(exercises.instructors(lesson.exercises), known))
    return misbuilt or list(exercises.unproved(lesson.exercises))


def _assignment_state(lesson: Lesson) -> str:
    tools = [*(ROOT / "course_tools" / "authoring").glob("*.py"), *(ROOT / "course_tools" / "grading").rglob("*.py")]
    built = ROOT / "assignments" / lesson.name / f"{lesson.name}.ipynb"
    return _state(lesson.exercises, [lesson.exercises.parent / "slips.py", built, *tools])


def tests(lesson: Lesson) -> Finding:
    """The chapter's own tests."""
    where = lesson.tests.relative_to(ROOT)
    if not lesson.tests.exists():
        return Finding(missing=[f"none: {where} is not there"])
    beside = [lesson.tests, ROOT / "tests" / "conftest.py", *(ROOT / "tests" / "support").glob("*.py")]
    problems = _unless_proved("tests", lesson, lambda: _state(lesson.source, beside), lambda: _failed(lesson.tests))
    return Finding(problems, fine=f"{where} passes")


def _failed(path: Path) -> list[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    said = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return [] if done.returncode == 0 else said or [f"{path.name}: pytest ended with {done.returncode}"]


def widgets(lesson: Lesson) -> Finding:
    """The widgets that the chapter uses: each folder is whole."""
    code = "\n".join(cell.source for cell in lesson.notebook.cells if cell.cell_type == "code")
    used = {path.parent for path in depends.reached(code).files if path.name == "widget.js"}
    lacking = [folder / name for folder in used for name in WIDGET_FILES if not (folder / name).exists()]
    wrong = [f"{path.relative_to(ROOT)} is not there" for path in sorted(lacking)]
    return Finding(wrong, [] if used else ["none is used"], ", ".join(sorted(folder.name for folder in used)))


def row(lesson: Lesson) -> Finding:
    """Its row in the table of chapters, and the time that it states."""
    build.table()
    chapter = chapters.of(lesson.name)
    if chapter is None:
        return Finding([f'add Chapter("{lesson.name}", title, what one builds in it) to authoring/chapters.py'])
    seconds = lesson.course["seconds"]
    if chapter.seconds is None:
        return Finding(missing=[f"a draft: state its run time when it is finished ({seconds:.0f} s here)"])
    return Finding(fine=f"{chapter.seconds} s stated, {seconds:.0f} s here")


def written(lesson: Lesson) -> Finding:
    """What its author left for later."""
    sources = [lesson.source, lesson.exercises, lesson.exercises.parent / "slips.py", lesson.tests]
    left = [
        f"{path.relative_to(ROOT)}:{number} {line[line.index('TODO') :][:70]}"
        for path in sources
        if path.exists()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if "TODO" in line
    ]
    return Finding(missing=left, fine="no TODO is left")


CHECKS: dict[str, Callable[[Lesson], Finding]] = {
    "notebook": notebook,
    "run": ran,
    "sections": sections,
    "code": cells,
    "prose": prose,
    "study": study,
    "pictures": pictures,
    "errata": errata,
    "floors": recorded,
    "exercises": assignment,
    "tests": tests,
    "widgets": widgets,
    "table": row,
    "text": written,
}


def _unless_proved(what: str, lesson: Lesson, state: Callable[[], str], prove: Callable[[], list[str]]) -> list[str]:
    """The problems that `prove` finds; none, without asking, in the state in which it last found none."""
    kept = CHECKED / f"{lesson.name}-{what}"
    if kept.exists() and kept.read_text(encoding="utf-8") == state():
        return []
    problems = prove()
    if not problems:
        build.write_if_changed(kept, state())
    return problems


def _state(source: Path, others: Iterable[Path]) -> str:
    """A digest of a source, of what it reaches, of other files, and of the pinned versions."""
    digest = hashlib.sha256(execution.key(build.read(source)).encode())
    for path in [source, *sorted(others)]:
        digest.update(f"{path.name} ".encode() + (path.read_bytes() if path.exists() else b""))
    return digest.hexdigest()
