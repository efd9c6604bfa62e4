"""What an exercise bans is said where the student works: by its visible check, by the rule that the grader has."""

import json

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from course_tools.authoring import build, hints
from course_tools.grading.judging.master import Master, grade_id, load
from course_tools.paths import ROOT
from course_utils.check import banned
from course_utils.check.bans.text import inspect
from tests.support import patience
from tests.support.visible_check import said

NAME = "03_backpropagation"
OURS = "loss = F.binary_cross_entropy_with_logits(z, y)"
BY_HAND = "loss = (z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))).mean()"
REASON = "uses torch.nn.functional.binary_cross_entropy_with_logits, which this exercise asks you to write yourself"


def bce(*lines: str) -> str:
    return "\n    ".join(["def bce_with_logits(z, y):", *lines, "return loss, (z.sigmoid() - y) / len(z)"])


@pytest.fixture(scope="module")
def master() -> Master:
    return load(ROOT / "solutions" / NAME)


def test_the_check_says_that_a_name_is_not_allowed(master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    message = said(master, "bce_with_logits", bce(OURS), monkeypatch)
    assert message.startswith(f"✗ (loss, dz) of a sigmoid {REASON}\n")
    assert "it earns nothing" in message


# what a student may do beside the answer, and what does not lead around the ban
@pytest.mark.parametrize(
    ("early", "answer", "fails"),
    [
        ("", bce(BY_HAND), False),
        ("", bce(BY_HAND) + "\nz = y = torch.ones(3).double()\nF.binary_cross_entropy_with_logits(z, y)", False),
        ("def ours(z, y): return F.binary_cross_entropy_with_logits(z, y)", bce(BY_HAND), False),
        (bce(OURS), bce(BY_HAND), False),  # an earlier version of the answer
        ("def ours(z, y): return F.binary_cross_entropy_with_logits(z, y)", bce("loss = ours(z, y)"), True),
        ("import torch.nn.functional as G", bce("loss = G.binary_cross_entropy_with_logits(z, y)"), True),
        ("", bce("v = z.clone().requires_grad_()", "v.sum().backward()", BY_HAND), True),
    ],
)
def test_what_counts_is_what_the_answer_needs(
    master: Master, monkeypatch: pytest.MonkeyPatch, early: str, answer: str, fails: bool
) -> None:
    assert ("asks you to write yourself" in said(master, "bce_with_logits", answer, monkeypatch, early)) == fails


@pytest.mark.parametrize("source", build.exercises(), ids=lambda source: source.stem)
def test_no_check_refuses_the_solution(source, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what an operator's name holds as by the answer's text: 14.1 bans solve and asks for solve_triangular."""
    own = load(source.parent)
    answers = {grade_id(cell): cell.source for cell in own.notebook.cells}
    for ban in banned.read(hints.path(source.stem, ROOT)):
        assert said(own, ban.exercise, answers[ban.exercise], monkeypatch) == "", ban.exercise


INPUTS = "z = y = torch.ones(3).double()"
PRINTED = f"{INPUTS}\nprint(bce_with_logits(z, y)[0].item(), F.binary_cross_entropy_with_logits(z, y).item())"
COMPARED = f"{INPUTS}\nassert bce_with_logits(z, y)[0].allclose(F.binary_cross_entropy_with_logits(z, y))"
HELPED = bce("loss = helper(z, y)")
HELPER = f"def helper(z, y):\n    {BY_HAND}\n    return loss"
# cells in the order in which a student ran them, and whether the check that follows each may hold
SESSION = [
    (bce(BY_HAND), True),
    (PRINTED, True),  # a method of what the answer gave makes no answer
    (COMPARED, True),
    ("In = 5", True),  # a variable of the student's
    ("helper = F.binary_cross_entropy_with_logits", True),
    (HELPED, False),
    (HELPER, True),  # mended: the name is the student's own function by now
    ("from torch.nn.functional import binary_cross_entropy_with_logits as helper", False),
    (HELPER, True),
]


def test_a_session_in_which_the_answer_is_tried_and_mended(master: Master) -> None:
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in master.notebook.cells}
    check = master.tests["test_bce_with_logits"].visible
    sources = [cells["setup"], *(source for ran, _ in SESSION for source in (ran, check))]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    NotebookClient(notebook, kernel_name="python3", allow_errors=True, timeout=patience.SECONDS).execute(cwd=ROOT)
    for (ran, holds), cell, after in zip(SESSION, notebook.cells[1::2], notebook.cells[2::2], strict=True):
        assert not any(output.output_type == "error" for output in cell.outputs), (ran, cell.outputs)
        shown = "".join(output.get("evalue", output.get("text", "")) for output in after.outputs)
        assert shown.startswith("✓") if holds else REASON in shown, (ran, shown)


@pytest.mark.parametrize("look", [PRINTED, COMPARED])
def test_a_look_below_the_answer_costs_nothing(master: Master, look: str) -> None:
    """By the grader's rule as by the check's."""
    asked = master.tests["test_bce_with_logits"].asks_for()
    setup = [cell.source for cell in master.notebook.cells if grade_id(cell) == "setup"]
    found = inspect(f"{bce(BY_HAND)}\n{look}", [], setup, ["cross_entropy"], asked=asked)
    assert found.hits == []


def test_a_check_is_known_with_lines_of_the_students_in_it(master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    check = master.tests["test_bce_with_logits"].visible
    edited = "# mine\nprint(1)\n" + check.replace("numbers([0.5", "numbers( [0.5") + "\nprint(2)"
    assert REASON in said(master, "bce_with_logits", bce(OURS), monkeypatch, check=edited)


def test_a_check_of_the_students_own_holds_nothing(master: Master, monkeypatch: pytest.MonkeyPatch) -> None:
    check = "z = y = numbers([1, 0])\ncheck.close('mine', lambda: bce_with_logits(z, y), bce_with_logits(z, y))"
    assert said(master, "bce_with_logits", bce(OURS), monkeypatch, check=check) == ""


def test_a_kernel_says_it_too(master: Master) -> None:
    """There the cells that ran are known without anybody's help."""
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in master.notebook.cells}
    sources = [cells["setup"], bce(OURS), master.tests["test_bce_with_logits"].visible]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    with pytest.raises(CellExecutionError, match="asks you to write yourself"):
        NotebookClient(notebook, kernel_name="python3", timeout=patience.SECONDS).execute(cwd=ROOT)


@pytest.mark.parametrize("source", build.exercises(), ids=lambda source: source.stem)
def test_the_built_file_has_the_bans_of_the_source(source) -> None:
    noted = json.loads(hints.path(source.stem, ROOT).read_text(encoding="utf-8"))["banned"]
    assert noted == hints.bans(build.nbgrader_source(source))
    assert all(ban["checks"] for ban in noted.values())


def test_no_check_of_a_chapter_is_taken_for_an_exercises() -> None:
    """Chapters have functions of the same names, and may use all that there is."""
    known = {digest for path in banned.FOLDER.glob("*.json") for ban in banned.read(path) for digest in ban.checks}
    for source in build.chapters():
        notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
        checks = [c.source for c in notebook.cells if c.cell_type == "code" and "check." in c.source]
        assert not known.intersection(digest for check in checks for digest in banned.digests(check)), source.stem


@pytest.mark.parametrize("text", ["", "[]", '{"banned": {"f": 1}}', '{"banned": {"f": {"names": 1}}}', "\udcff"])
def test_a_file_of_hints_that_is_damaged_bans_nothing(tmp_path, text: str) -> None:
    (tmp_path / "hints.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert banned.read(tmp_path / "hints.json") == []
    assert banned.read(tmp_path / "missing.json") == []
