"""Every assignment of the course, through the sealed grader: the stub, the solution and each planted slip."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from course_tools.authoring import build
from course_tools.grading.engine import workers
from course_tools.grading.intake.clean import clean
from course_tools.grading.judging import reference
from course_tools.grading.judging.judge import judge
from course_tools.grading.judging.master import Master, grade_id, load
from course_tools.grading.judging.reference import Reference
from course_tools.grading.submission import Graded
from course_tools.paths import ROOT
from tests.support.real_assignments import grade, handed_in

MADE_UP = [
    ROOT / "tests" / "support" / name for name in ("attacks/01_layers/01_layers.py", "kinds/02_kinds/02_kinds.py")
]
ASSIGNMENTS = [*build.exercises(), *MADE_UP]


@pytest.fixture(scope="module", params=ASSIGNMENTS, ids=lambda path: path.stem)
def sealed(request: pytest.FixtureRequest) -> Iterator[tuple[Master, Reference]]:
    """An assignment and what the instructor's own run seals: it is refused unless every seal holds."""
    master = load(request.param.parent)
    yield master, reference.run_reference(master, "seed 2", workers.warm(tuple(master.modules()), unsafe=False))
    workers.close()


def _scores(graded: Graded) -> dict[str, float]:
    return {verdict.cell: verdict.score for verdict in graded.verdicts}


def test_every_test_cell_is_sealed(sealed: tuple[Master, Reference]) -> None:
    master, _ = sealed
    assert [name for name, test in master.tests.items() if not test.parts] == []


def test_the_solution_earns_full_marks(sealed: tuple[Master, Reference], tmp_path: Path) -> None:
    master, _ = sealed
    graded = grade(handed_in(master, {}), *sealed, tmp_path)
    assert _scores(graded) == {name: master.points[name] for name in master.tests}
    assert graded.person == []


def test_the_stub_earns_nothing(sealed: tuple[Master, Reference], tmp_path: Path) -> None:
    master, _ = sealed
    released = ROOT / "assignments" / master.name / f"{master.name}.ipynb"
    stub = "raise NotImplementedError()"
    answers = {grade_id(c): stub for c in master.notebook.cells if "BEGIN SOLUTION" in c.source}
    notebook = nbformat.read(released, as_version=4) if released.exists() else handed_in(master, answers)
    assert set(_scores(grade(notebook, *sealed, tmp_path)).values()) == {0.0}


@pytest.mark.parametrize("source", build.exercises(), ids=lambda path: path.stem)
def test_the_text_of_the_exercises_reaches_the_feedback_as_it_is(source: Path) -> None:
    """Formulas and folded hints of our own are not taken for a student's HTML."""
    released = ROOT / "assignments" / source.stem / source.with_suffix(".ipynb").name
    cleaned = clean(released.parent, load(source.parent)).notebook
    texts = [[c.source for c in n.cells if c.cell_type == "markdown"] for n in (nbformat.read(released, 4), cleaned)]
    assert len(texts[0]) > len(load(source.parent).tests)  # an introduction, and a text for each
    assert texts[0] == texts[1]


def test_a_slip_loses_its_own_points_alone(sealed: tuple[Master, Reference], tmp_path: Path) -> None:
    """The first slip of each exercise, handed in; all others are judged below without a submission around them."""
    master, _ = sealed
    first = {slip.cell: slip for slip in reversed(master.slips)}
    assert first.keys() == {name.removeprefix("test_") for name in master.tests}
    for slip in first.values():
        graded = grade(handed_in(master, {slip.cell: slip.source}), *sealed, tmp_path)
        for verdict in graded.verdicts:
            assert (verdict.score < verdict.points) == (verdict.cell == f"test_{slip.cell}"), (slip.name, verdict)


def test_each_slip_loses_its_points_and_gets_its_hint(sealed: tuple[Master, Reference]) -> None:
    """All of the exercise's points where the first seal sees the slip, some where only a later one can."""
    master, known = sealed
    tried = [(test, *pair) for test in master.tests for pair in known.run_slips(test)]
    assert len(tried) == len(master.slips) > 0
    for test, slip, cell in tried:
        verdict = judge(test, cell, known)
        assert verdict.score < verdict.points, slip.name
        if master.name != "01_layers":
            assert verdict.score == 0, (slip.name, verdict)
        assert slip.hint in [line.hint for line in verdict.lines], (slip.name, slip.hint, verdict)


def test_an_answer_that_knows_only_the_shown_numbers_earns_nothing(tmp_path: Path) -> None:
    """What a visible check expects may be copied from it: the sealed checks draw other inputs."""
    master = load(ROOT / "solutions" / "03_backpropagation")
    expected = reference.run_reference(master, "seed 3", workers.warm(tuple(master.modules()), unsafe=False))
    gradient = "numbers([-1, 0, 0, -1, 1, 1, 0]) / 7"
    assert gradient in master.tests["test_hinge_loss"].visible
    copied = f"def hinge_loss(s, t):\n    return (1 - t * s).clamp(min=0).mean(), {gradient}"
    graded = grade(handed_in(master, {"hinge_loss": copied}), master, expected, tmp_path)
    workers.close()
    assert [name for name, score in _scores(graded).items() if score == 0] == ["test_hinge_loss"]
