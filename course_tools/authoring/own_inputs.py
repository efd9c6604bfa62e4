"""Which visible checks may have inputs of a student's own: `course build --variants` asks it once an assignment.

A check holds with a seed when the solution passes, and each planted mistake gets its hint at the first comparison
that it fails. Whatever is written by hand in a check, expected numbers say, does not follow the seed, and shows here.
"""

from functools import partial
from pathlib import Path

from nbformat import NotebookNode

from course_tools.authoring import hints, seeds
from course_tools.grading import slips
from course_tools.mutation import forks
from course_utils.progress import progress

SECONDS = 120.0  # for one check with one seed: the solution and all its slips


def chosen(name: str, notebook: NotebookNode, planted: Path) -> list[str]:
    """The answers whose visible checks hold with all the seeds that students may have."""
    import torch  # here: whoever imports `build`, the grader among them, has no use for it

    torch.set_num_threads(1)  # see hints.text
    solutions = slips.solutions(notebook)
    drawn = [cell for cell in solutions if seeds.DRAWN.search(hints.visible(notebook, cell))]
    known, own = slips.load(planted, solutions), seeds.with_own(notebook, drawn)
    refused: set[str] = set()
    for cell in progress(drawn, f"inputs of {name}"):
        namespace, mine = hints.before(notebook, cell), [slip for slip in known if slip.cell == cell]
        works = [partial(_holds, solutions[cell], mine, t, namespace) for t in seeds.each(hints.visible(own, cell))]
        jobs = (forks.Job(i, work, SECONDS) for i, work in enumerate(works))
        if not all(held is True for _, held in forks.results(jobs, hints.WORKERS)):
            refused.add(cell)
    return [cell for cell in drawn if cell not in refused]


def _holds(solution: str, known: list[slips.Slip], test: str, namespace: hints.Names) -> bool:
    return hints.passes(solution, test, namespace) and hints.tells(hints.runs(known, test, namespace))
