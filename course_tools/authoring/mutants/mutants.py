"""`course mutants`: every answer that differs from a solution by one small slip, and whether the checks notice it.

A mutant that a check accepts shows an input that does not tell right from wrong, unless the change changes nothing:
then slips.py says so, with the reason.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from course_tools.authoring import build
from course_tools.authoring.mutants import proved, trial
from course_tools.authoring.mutants.proposals import proposals
from course_tools.authoring.mutants.report import Equivalents, Report, Tried, unknown
from course_tools.authoring.mutants.trial import Exercise, Outcome
from course_tools.grading import slips
from course_tools.mutation import forks
from course_tools.mutation.operators import Mutant, mutants
from course_tools.paths import ROOT
from course_utils.errors import CourseError, one_of

LONGEST, SPARE, TIMES = 10.0, 2.0, 20  # seconds for a mutant at most; without end: SPARE + TIMES a solution's seconds
FOR_A_SOLUTION = 240.0  # it may run beside much else
WORKERS = 2


def run(name: str, only: str = "", hints: bool = False, workers: int = WORKERS, root: Path = ROOT) -> None:
    """Try the mutants of an assignment, or of the exercise `only`, print what survives, and note what has none.

    Raises CourseError when a mutant survives that is not listed as equivalent, or a listed one does not.
    """
    sources = {source.stem: source for source in build.exercises(root)}
    source = sources[one_of(name, sources, "assignment")]
    found, console = trial.load(source), Console(highlight=False, markup=False, soft_wrap=True)
    wanted = {one_of(only, [e.name for e in found], "exercise")} if only else {e.name for e in found}
    listed = slips.equivalents(source.parent / "slips.py")
    if strangers := unknown(listed, [e.name for e in found]):
        raise CourseError(f"slips.py lists equivalents of {', '.join(strangers)}, which is no exercise. Correct it.")
    chosen = {e.name: e for e in found if e.name in wanted}
    reports = tried(list(chosen.values()), listed, workers, console)
    for report in reports:
        for line in [*report.lines(), *(proposals(report, chosen[report.exercise].source) if hints else [])]:
            console.print(line)
    done = {r.exercise: proved.digest(chosen[r.exercise], listed) for r in reports if not r.survivors and not r.stale}
    proved.note(source.stem, done, [e.name for e in found], root)
    _require_none_left(source, reports)


def unproved(source: Path, root: Path = ROOT) -> list[str]:
    """The exercises that have changed since it was last seen that no mutant of theirs survives."""
    listed, known = slips.equivalents(source.parent / "slips.py"), proved.known(source.stem, root)
    return [e.name for e in trial.load(source) if known.get(e.name) != proved.digest(e, listed)]


def _require_none_left(source: Path, reports: list[Report]) -> None:
    survivors = sum(len(report.survivors) for report in reports)
    stale = sum(len(report.stale) for report in reports)
    if survivors or stale:
        raise CourseError(
            f"{source.stem}: {survivors} mutants survive, {stale} listed equivalents are stale. Give the checks"
            " inputs that tell right from wrong, or list what changes nothing in slips.py:"
            ' equivalent("exercise", "why", "the changed line").'
        )


def tried(exercises: list[Exercise], listed: Equivalents, workers: int, console: Console) -> list[Report]:
    """Try every mutant of the exercises, several side by side, with a bar that shows how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # no thread of the bar's own: a fork would copy a lock that the thread holds
    with Progress(
        *columns, console=console, transient=True, auto_refresh=False, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("mutants", total=None)
        solutions = _solutions(exercises, workers)
        planned = {e.name: mutants(e.source, trial.alike(solutions[e.name])) for e in exercises}
        bar.update(task, total=sum(map(len, planned.values())), refresh=True)
        verdicts = {}
        for place, verdict in _verdicts(exercises, planned, solutions, workers):
            verdicts[place] = verdict
            bar.update(task, advance=1, refresh=True)
    return [
        Report(name, [Tried(m, verdicts[name, i]) for i, m in enumerate(made)], listed)
        for name, made in planned.items()
    ]


def _solutions(exercises: list[Exercise], workers: int) -> dict[str, Outcome]:
    """What the true solutions do. Raises CourseError when one of them is not accepted."""
    known = {e.name: e for e in exercises}
    jobs = [forks.Job(e.name, partial(trial.outcome, e, e.source, watched=True), FOR_A_SOLUTION) for e in exercises]
    found = {name: trial.require_sound(known[name], result) for name, result in forks.results(jobs, workers)}
    trial.warm_up(found.values())
    return found


def _verdicts(
    exercises: list[Exercise],
    planned: dict[str, list[Mutant]],
    solutions: dict[str, Outcome],
    workers: int,
) -> Iterator[tuple[tuple[str, int], trial.Verdict]]:
    """The verdict on each mutant, as they come, under the name of its exercise and its number."""
    jobs = (
        forks.Job((e.name, i), partial(trial.outcome, e, mutant.source), _limit(solutions[e.name]))
        for e in exercises
        for i, mutant in enumerate(planned[e.name])
    )
    later = {e.name: e.test.is_told_later for e in exercises}
    for place, result in forks.results(jobs, workers):
        yield place, trial.verdict(result, solutions[place[0]], later[place[0]])


def _limit(solution: Outcome) -> float:
    return max(min(LONGEST, SPARE + TIMES * solution.seconds), 2 * solution.seconds)
