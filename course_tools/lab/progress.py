"""`course progress`: how far a student is, by the student's own saved copies. Nothing is executed, nothing is sent.

The lab's start page says the same. What was edited after it ran cannot be told from a saved notebook: an execution
count and an output say what happened when a cell ran last.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from course_tools.authoring.chapters import CHAPTERS
from course_tools.authoring.study import STATED
from course_tools.lab import saved
from course_tools.lab.saved import Cell
from course_tools.paths import ROOT

NUMBERED = re.compile(r"^## ([0-9]{1,3}\.[0-9]{1,3})\b", re.MULTILINE)
EXERCISE = re.compile(r"^## ", re.MULTILINE)
MINUTES = re.compile(r"^\*.* · about ([0-9]{1,3}) minutes\*$", re.MULTILINE)
MEANING = (
    "Counted from what ran in your saved copies and what it showed then; nothing is sent. Points are those of the "
    "checks that you see: after handing in, hidden checks may take some away."
)


@dataclass(frozen=True)
class Reading:
    """How far a chapter was read: `ran` of its code cells `count`, the last of these in `section`, such as "3.4".

    `minutes` is the study time that its head states, 0 without.
    """

    ran: int
    count: int
    section: str
    minutes: int

    def lines(self) -> list[str]:
        """For example "read to 3.4 (31%), 85 min left": the stated minutes, for the share that did not run."""
        if self.ran == self.count:
            return ["read to the end"]
        how_far = f"read to {self.section}" if self.section else "begun"
        left = 5 * round(self.minutes * (1 - self.ran / self.count) / 5)
        return [f"{how_far} ({100 * self.ran // self.count}%){_left(left)}"]


@dataclass
class Exercise:
    """One exercise as it was handed out: the minutes that it states, 0 without, and the points of each check."""

    minutes: int
    checks: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """How many exercises of a chapter passed all their checks, the points, and the stated minutes of the others."""

    passed: int
    count: int
    points: float
    most: float
    minutes: int

    def lines(self) -> list[str]:
        """For example "4 of 8 exercises, 60 min left" and "9 of 20 points"."""
        return [
            f"{self.passed} of {self.count} exercises{_left(self.minutes)}",
            f"{self.points:g} of {self.most:g} points",
        ]


def run(root: Path = ROOT) -> None:
    """Print what was done of each chapter that was begun."""
    table = Table("chapter", "so far", show_lines=True)
    for chapter in CHAPTERS:
        if lines := [*of(chapter.name, root), *words(chapter.name, root)]:
            table.add_row(f"{chapter.number} {chapter.title}", "\n".join(lines))
    if not table.rows:
        print("Nothing has run yet in your copies in work/. Open the course with `course lab`.")
        return
    console = Console()
    console.print(table)
    console.print(MEANING, highlight=False)


def of(name: str, root: Path) -> list[str]:
    """How far the chapter `name` and its exercises are in the copies under `root`/work; [] if nothing ran."""
    own, exercises = root / "work" / "chapters", Path("assignments") / name / f"{name}.ipynb"
    readings = map(_reading, [own / f"{name}.ipynb", *own.glob(f"{name} (new *).ipynb")])
    furthest = max(readings, key=lambda reading: reading.ran)
    cells = saved.read(root / "work" / exercises)  # the copy that `course submit` hands in
    lines = furthest.lines() if furthest.ran else []
    if any(cell.ran for cell in cells):
        given = saved.read(root / exercises) or cells  # on a hub they come from nbgrader's exchange alone
        lines += _done(cells, given).lines()
    return lines


def words(name: str, root: Path) -> list[str]:
    """What a person marks of an assignment that was begun: the points, and how many of the answers are empty."""
    path = Path("assignments") / name / f"{name}.ipynb"
    given, own = [cell for cell in saved.read(root / path) if cell.by_person], saved.read(root / "work" / path)
    written = {key: cell.source.strip() for cell in own for key in (cell.name, cell.id) if key}
    empty = sum(written.get(cell.name, written.get(cell.id, "")) in ("", cell.source.strip()) for cell in given)
    if not given or not own or (empty == len(given) and not any(cell.ran for cell in own)):
        return []
    points = sum(cell.by_person or 0 for cell in given)
    state = f"{empty} of {len(given)} answers empty" if empty else "written"
    return [f"and {points:g} marked by a person: {state}"]


def _left(minutes: int) -> str:
    return f", {minutes} min left" if minutes else ""


def _reading(path: Path) -> Reading:
    """What ran in one copy of a chapter."""
    ran = count = minutes = 0
    section = last = ""
    for cell in saved.read(path):
        if cell.kind == "markdown":
            stated = STATED.search(cell.source)
            minutes = int(stated[1]) if stated else minutes
            section = next(reversed(NUMBERED.findall(cell.source)), section)
        elif cell.kind == "code" and cell.source.strip():
            count += 1
            ran += cell.ran
            last = section if cell.ran else last
    return Reading(ran, count, last, minutes)


def _done(cells: Iterable[Cell], given: list[Cell]) -> Done:
    """What passed among a student's `cells`, of the exercises as they were `given`."""
    names = {cell.id: cell.name for cell in given if cell.id and cell.name}  # some tools drop nbgrader's names
    outcomes: dict[str, list[bool]] = defaultdict(list)
    for cell in cells:
        outcomes[cell.name or names.get(cell.id, "")].append(cell.passed)
    passed = {name for name, outcome in outcomes.items() if all(outcome)}
    exercises = _exercises(given)
    to_do = [exercise for exercise in exercises if not exercise.checks.keys() <= passed]
    points = {name: value for exercise in exercises for name, value in exercise.checks.items()}
    return Done(
        passed=len(exercises) - len(to_do),
        count=len(exercises),
        points=sum(value for name, value in points.items() if name in passed),
        most=sum(points.values()),
        minutes=sum(exercise.minutes for exercise in to_do),
    )


def _exercises(given: list[Cell]) -> list[Exercise]:
    """The exercises of an assignment: each begins with a heading, and has at least one check."""
    found = [Exercise(0)]
    for cell in given:
        if cell.kind == "markdown" and EXERCISE.search(cell.source):
            minutes = MINUTES.search(cell.source)
            found.append(Exercise(int(minutes[1]) if minutes else 0))
        elif cell.points is not None:
            found[-1].checks[cell.name] = cell.points
    return [exercise for exercise in found if exercise.checks]
