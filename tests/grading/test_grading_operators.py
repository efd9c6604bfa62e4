"""Where a call is banned in the course's own exercises: no honest style is flagged, and no evasion earns unseen."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from course_tools.grading.engine import workers
from course_tools.grading.judging import reference
from course_tools.grading.judging.judge import Verdict
from course_tools.grading.judging.master import Master, load
from course_tools.grading.judging.operators import Seen, for_a_person, unseen
from course_tools.grading.judging.reference import Reference
from course_tools.paths import ROOT
from tests.support.attacks.bans import EVASIONS, HONEST
from tests.support.real_assignments import grade, handed_in
from tests.support.visible_check import said

NOTHING: frozenset[str] = frozenset()
References = dict[str, tuple[Master, Reference]]


@pytest.fixture(scope="module")
def references() -> Iterator[References]:
    """Each assignment and its instructor's run, when first asked for."""
    made: References = {}
    for name in HONEST.keys() | EVASIONS.keys():
        master = load(ROOT / "solutions" / name)
        made[name] = (
            master,
            reference.run_reference(master, "seed 4", workers.warm(tuple(master.modules()), unsafe=False)),
        )
    yield made
    workers.close()


@pytest.fixture
def graded(references: References, tmp_path):
    """A function: the verdict on one answer, handed in with the instructor's others, perhaps after a cell."""

    def verdict_on(assignment: str, exercise: str, answer: str, early: str = "") -> Verdict:
        master, expected = references[assignment]
        notebook = handed_in(master, {exercise: answer})
        if early:
            free = notebook.cells[1].copy()
            free.update(cell_type="code", source=early, metadata={}, outputs=[], execution_count=None)
            at = next(i for i, cell in enumerate(notebook.cells) if "import torch" in cell.source)
            notebook.cells.insert(at + 1, free)
        verdicts = grade(notebook, master, expected, tmp_path).verdicts
        return next(verdict for verdict in verdicts if verdict.cell == f"test_{exercise}")

    return verdict_on


def test_there_are_enough() -> None:
    assert sum(map(len, HONEST.values())) >= 30
    assert sum(map(len, EVASIONS.values())) >= 30


@pytest.mark.parametrize(("assignment", "style"), [(a, style) for a, styles in HONEST.items() for style in styles])
def test_an_honest_style_keeps_its_marks_and_nobody_is_told(
    graded, references: References, monkeypatch: pytest.MonkeyPatch, assignment: str, style: str
) -> None:
    verdict = graded(assignment, *HONEST[assignment][style])
    assert said(references[assignment][0], *HONEST[assignment][style], monkeypatch) == ""
    assert verdict.person == []
    assert verdict.score == verdict.points, verdict.lines


@pytest.mark.parametrize(("assignment", "kind"), [(a, kind) for a, kinds in EVASIONS.items() for kind in kinds])
def test_an_evasion_earns_nothing_or_a_person_is_told(
    graded, references: References, monkeypatch: pytest.MonkeyPatch, assignment: str, kind: str
) -> None:
    exercise, early, answer = EVASIONS[assignment][kind]
    verdict = graded(assignment, exercise, answer, early)
    problems = " ".join(line.problem for line in verdict.lines)
    if not verdict.score:
        assert "asks you to write yourself" in problems + " ".join(verdict.notes), verdict  # and not merely wrong
        visible = said(references[assignment][0], exercise, answer, monkeypatch, early)
        assert "asks you to write yourself" in visible  # nobody sees ticks and earns nothing
    assert verdict.person, verdict


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("log_softmax", "_log_softmax"),
        ("another loss", "multilabel_soft_margin_loss"),
        ("a loss made of elementary operators", "margin_ranking_loss"),
        ("the same out of a module", "margin_ranking_loss"),
    ],
)
def test_the_flag_names_the_operator_and_takes_no_marks(graded, kind: str, named: str) -> None:
    exercise, early, answer = EVASIONS["03_backpropagation"][kind]
    verdict = graded("03_backpropagation", exercise, answer, early)
    assert [reason for reason in verdict.person if reason.startswith("ran ") and named in reason]
    assert verdict.score == verdict.points


def test_notes_that_were_switched_off_are_missed(graded) -> None:
    exercise, early, answer = EVASIONS["04_stable_training"]["the guard and its notes switched off"]
    verdict = graded("04_stable_training", exercise, answer, early)
    assert "reported none of the operators that it ran, where a call is banned" in verdict.person


@pytest.mark.parametrize(
    ("operator", "banned", "flagged"),
    [
        ("max_pool2d_with_indices", ("max_pool2d",), True),
        ("mkldnn_convolution", ("conv2d",), True),
        ("tanh_backward", ("autograd",), True),
        ("tanh_backward", ("conv2d",), False),
        ("grad_fn", ("autograd",), True),
        ("grad_fn", ("softmax",), False),
        ("_log_softmax", ("autograd",), True),
        ("linalg_solve_ex", ("autograd",), True),
        ("prims.exp", ("autograd",), True),
        ("relu_", ("elu",), False),
        ("_foreach_add_", ("autograd",), False),
        ("index_put_", ("conv2d",), False),
    ],
)
def test_which_operators_are_shown(operator: str, banned: tuple[str, ...], flagged: bool) -> None:
    answer, instructor = Seen(NOTHING, frozenset({operator, "mul"})), Seen(NOTHING, frozenset({"mul"}))
    assert unseen(answer, instructor, banned) == ([operator] if flagged else [])
    assert unseen(answer, Seen(NOTHING, frozenset({operator})), banned) == []
    assert unseen(Seen(answer.sealed, NOTHING), instructor, banned) == ([operator] if flagged else [])


def test_what_the_visible_part_compares_with_is_no_leave_to_call_it() -> None:
    """The instructor's visible part runs the banned operator; in a sealed part it is seen all the same."""
    operator = frozenset({"convolution"})
    assert unseen(Seen(operator, NOTHING), Seen(operator, NOTHING), ("conv2d",)) == []
    assert unseen(Seen(operator, operator), Seen(operator, NOTHING), ("conv2d",)) == ["convolution"]


def test_an_answer_that_hands_out_tensors_and_reports_no_operator_is_shown() -> None:
    silent, instructor = Seen(NOTHING, NOTHING), Seen(NOTHING, frozenset({"detach"}))
    assert "none of the operators" in for_a_person(silent, instructor, ("elu",))
    assert for_a_person(silent, silent, ("elu",)) == ""


def test_watching_does_not_load_the_compiler_of_torch() -> None:
    """It would take each first watched cell a second."""
    program = (
        "import sys, torch\nfrom course_utils.check.bans.guard import banning\nseen = set()\n"
        "with banning(['softmax'], seen): torch.ones(3) + 1\n"
        "assert 'add' in seen and 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
