"""Honest work keeps its credit: right answers in many forms and file formats earn full marks, and nobody is told."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from course_tools.grading.engine import workers
from course_tools.grading.intake import submit
from course_tools.grading.intake.clean import clean
from course_tools.grading.intake.notebooks import parse
from course_tools.grading.judging import reference
from course_tools.grading.judging.master import Master, load
from course_tools.grading.judging.reference import Reference
from course_tools.grading.submission import Graded, finish, prepare
from course_tools.paths import ROOT
from tests.support import honest_variants as variants
from tests.support.honest_variants import ANSWERS, BESIDE, FORMATS, NAME, SETUP, Notebook


@pytest.fixture(scope="module")
def master() -> Master:
    return load(ROOT / "solutions" / NAME)


@pytest.fixture(scope="module")
def expected(master: Master) -> Iterator[Reference]:
    """The instructor's run, made once."""
    yield reference.run_reference(master, "seed 12", workers.warm(tuple(master.modules()), unsafe=False))
    workers.close()


@pytest.fixture(scope="module")
def right() -> Notebook:
    """A notebook in which everything is solved; copy it, do not change it."""
    return variants.solved()


def graded(file: bytes, master: Master, expected: Reference, folder: Path) -> Graded:
    """The file, handed in and graded in the sandbox."""
    (folder / f"{NAME}.ipynb").write_bytes(file)
    cleaned = clean(folder, master)
    trace = workers.run_program(prepare(cleaned, master, expected.seed), tuple(master.modules()), unsafe=False)
    return finish(cleaned, trace, expected)


def require_full_marks(done: Graded) -> None:
    lost = {v.cell: (v.score, [line for line in v.lines if line.problem], v.notes) for v in done.verdicts
            if v.score != v.points}  # fmt: skip
    assert (lost, done.person) == ({}, [])


def test_there_are_enough() -> None:
    assert len(ANSWERS) + len(BESIDE) + len(SETUP) + len(FORMATS) >= 60


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_in_another_form(name: str, right: Notebook, master: Master, expected: Reference, tmp_path: Path):
    notebook = variants.put(copy.deepcopy(right), *ANSWERS[name])
    require_full_marks(graded(variants.saved(notebook), master, expected, tmp_path))


@pytest.mark.parametrize("name", BESIDE)
def test_a_cell_beside_the_answers(name: str, right: Notebook, master: Master, expected: Reference, tmp_path: Path):
    notebook = variants.after_setup(copy.deepcopy(right), BESIDE[name])
    require_full_marks(graded(variants.saved(notebook), master, expected, tmp_path))


@pytest.mark.parametrize("name", SETUP)
def test_something_added_to_setup(name: str, right: Notebook, master: Master, expected: Reference, tmp_path: Path):
    change, answer = SETUP[name]
    notebook = variants.put(copy.deepcopy(right), "hidden_delta", answer)
    cell = notebook["cells"][variants.place(notebook, "setup")]
    cell["source"] = change(cell["source"])
    require_full_marks(graded(variants.saved(notebook), master, expected, tmp_path))


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_another_tool(name: str, right: Notebook, master: Master, expected: Reference, tmp_path: Path):
    require_full_marks(graded(FORMATS[name](copy.deepcopy(right)), master, expected, tmp_path))


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_another_tool_can_be_handed_in(name: str, right: Notebook):
    """What the grader reads, `course submit` packs; it finds every answer, and sees which are still empty."""
    released = nbformat.read(ROOT / "assignments" / NAME / f"{NAME}.ipynb", as_version=4)
    assert submit.empty_cells(parse(FORMATS[name](copy.deepcopy(right))), released) == []
    empty = json.loads(json.dumps(released))
    if "split" not in name:
        answers = [variants.name_of(cell) for cell in empty["cells"] if variants.is_answer(cell)]
        assert submit.empty_cells(parse(variants.saved(empty)), released) == answers


# what is lost all the same: name -> (exercise, its cell, what the student reads)
LOST: dict[str, tuple[str, str, str]] = {
    "autograd in the answer": (
        "output_delta",
        "def output_delta(dL_da, z):\n    z = z.clone().requires_grad_()\n"
        "    return torch.autograd.grad(z.sigmoid(), z, dL_da)[0]",
        "uses torch.autograd.grad, which this exercise asks you to write yourself",
    ),
    "autograd in a helper of the answer": (
        "output_delta",
        variants.DELTA + "def slope(z):\n    return torch.autograd.grad(z.sigmoid().sum(), z)[0]\n"
        "def output_delta(dL_da, z):\n    return dL_da * slope(z.requires_grad_())",
        "call it outside the answer, best in a cell of its own",
    ),
    "a module that the course has not": (
        "hidden_delta",
        "from google.colab import drive\n" + variants.HIDDEN,
        "stopped with ModuleNotFoundError, and nothing after that line ran",
    ),
}


@pytest.mark.parametrize("name", LOST)
def test_what_is_lost_says_why_and_what_to_do(
    name: str, right: Notebook, master: Master, expected: Reference, tmp_path: Path
):
    exercise, answer, told = LOST[name]
    notebook = variants.put(copy.deepcopy(right), exercise, answer)
    done = graded(variants.saved(notebook), master, expected, tmp_path)
    [verdict] = [verdict for verdict in done.verdicts if verdict.score != verdict.points]
    assert verdict.cell == f"test_{exercise}"
    assert told in " ".join(verdict.notes)


def test_a_changed_helper_of_the_setup_is_told_and_not_used(
    right: Notebook, master: Master, expected: Reference, tmp_path: Path
):
    notebook = copy.deepcopy(right)
    cell = notebook["cells"][variants.place(notebook, "setup")]
    cell["source"] = cell["source"].replace("torch.float64)", "torch.float32)") + "\nimport math"
    done = graded(variants.saved(notebook), master, expected, tmp_path)
    assert all(verdict.score == verdict.points for verdict in done.verdicts)
    assert [reason for reason in done.person if "text of setup" in reason] == done.person != []
    assert "import math" in [cell.source for cell in done.notebook.cells]


def test_a_line_added_to_a_check_runs_behind_it_and_one_in_its_place_does_not(
    right: Notebook, master: Master, tmp_path: Path
):
    notebook = copy.deepcopy(right)
    notebook["cells"][variants.place(notebook, "test_hinge_loss")]["source"] += "\nprint('mine')"
    notebook["cells"][variants.place(notebook, "test_output_delta")]["source"] = "print('instead')"
    (tmp_path / f"{NAME}.ipynb").write_bytes(variants.saved(notebook))
    cleaned = clean(tmp_path, master)
    sources = [cell.source for cell in cleaned.notebook.cells]
    assert "print('mine')" in sources
    assert "print('instead')" not in sources
    assert [reason.split(",")[0] for reason in cleaned.person] == ["the text of test_output_delta"]


def test_a_banned_call_in_the_other_half_of_a_split_answer_is_seen(
    right: Notebook, master: Master, expected: Reference, tmp_path: Path
):
    halves = ["def slope(z):\n    return torch.autograd.grad(z.sigmoid().sum(), z)[0]",
              "def output_delta(dL_da, z):\n    return dL_da * slope(z.requires_grad_())"]  # fmt: skip
    done = graded(variants.split(copy.deepcopy(right), "output_delta", halves), master, expected, tmp_path)
    [verdict] = [verdict for verdict in done.verdicts if verdict.cell == "test_output_delta"]
    assert verdict.score == 0
    assert any("torch.autograd.grad" in reason for reason in verdict.person)
