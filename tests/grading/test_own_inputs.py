"""Inputs of students' own in visible checks: a seed for each eighth of a class; the grader's are for everybody."""

import contextlib
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from rich.console import Console

from course_tools.authoring import build, hints, own_inputs, seeds
from course_tools.grading import grade as command
from course_tools.grading import slips, variants
from course_tools.grading.cells import BEGIN
from course_tools.grading.course import Course
from course_tools.grading.judging.master import grade_id, load
from course_tools.paths import ROOT
from course_utils import check
from course_utils.check import hints as locked
from course_utils.check.banned import digests
from course_utils.check.own import SEEDS, own_seed, same, variant
from course_utils.errors import CourseError

NAME = "03_backpropagation"
ANSWER = "output_delta"
SEED = 31  # in its visible check
SOURCE = ROOT / "solutions" / NAME / f"{NAME}.py"


def short() -> str:
    """Of the exercises of chapter 3, the set-up and the first one."""
    text = SOURCE.read_text(encoding="utf-8")
    setup, exercise = text.index("# %% setup"), text.index("# %% [markdown]\n# ## 3.1")
    middle = text.index("# %% [markdown]", setup)
    return text[:middle] + text[exercise : text.index("# %% [markdown]\n# ## 3.2")]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one exercise, built with variants; nothing is said of numbers that vary."""
    root = tmp_path_factory.mktemp("inputs")
    folder = root / "solutions" / NAME
    folder.mkdir(parents=True)
    (folder / SOURCE.name).write_text(short(), encoding="utf-8")
    planted = slips.load(SOURCE.parent / "slips.py", slips.solutions(build.nbgrader_source(SOURCE)))
    texts = [f'@slip("{ANSWER}", hint={slip.hint!r})\n{slip.source}\n' for slip in planted if slip.cell == ANSWER]
    (folder / "slips.py").write_text("\n".join(texts), encoding="utf-8")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    build.run([NAME], root, own_numbers=True)
    return root


@pytest.fixture
def its_hints(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(locked, "FOLDER", root / "course_utils" / "hints")
    locked.locks.cache_clear()
    yield
    monkeypatch.undo()
    locked.locks.cache_clear()
    with contextlib.redirect_stdout(io.StringIO()):
        check.student("")


@pytest.fixture(scope="module")
def notebook(root: Path) -> NotebookNode:
    """The students' notebook."""
    return nbformat.read(root / "assignments" / NAME / f"{NAME}.ipynb", as_version=4)


def one_of_each() -> dict[int, str]:
    """A student with each of the seeds."""
    found: dict[int, str] = {}
    for i in range(200):
        check.student(f"student{i}")
        found.setdefault(own_seed(SEED), f"student{i}")
    return found


def ran(notebook: NotebookNode, student: str, answer: str) -> dict[str, object]:
    """The notebook's cells as the student runs them; raises what the visible check raises."""
    names: dict[str, object] = {"__name__": "__main__"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            text = cell.source.replace('student("")', f'student("{student}")')
            with contextlib.redirect_stdout(io.StringIO()):
                exec(answer if grade_id(cell) == ANSWER else text, names)
    return names


def solved(root: Path) -> str:
    return slips.solutions(build.nbgrader_source(root / "solutions" / NAME / f"{NAME}.py"))[ANSWER]


def by_heart(names: dict[str, object]) -> str:
    """An answer that gives what the visible check of a neighbour expects."""
    return f"def {ANSWER}(dL_da, z):\n    return torch.tensor({names['expected'].tolist()}, dtype=torch.float64)"


@pytest.mark.usefixtures("its_hints")
def test_every_student_has_inputs_and_hints_of_their_own(root: Path, notebook: NotebookNode) -> None:
    known = slips.load(root / "solutions" / NAME / "slips.py", {})
    students = one_of_each()
    assert sorted(students) == [SEED + 1000 * i for i in range(SEEDS)]
    expected = [ran(notebook, student, solved(root))["expected"] for student in students.values()]
    assert len({str(values) for values in expected}) == SEEDS
    for student in students.values():
        for slip in known:
            with pytest.raises(check.CheckFailed) as failed:
                ran(notebook, student, slip.source)
            assert slip.hint in str(failed.value)


@pytest.mark.usefixtures("its_hints")
def test_a_neighbours_constants_do_not_fit(root: Path, notebook: NotebookNode) -> None:
    mine, other = list(one_of_each().values())[2:4]
    copied = by_heart(ran(notebook, mine, solved(root)))
    ran(notebook, mine, copied)
    with pytest.raises(check.CheckFailed):
        ran(notebook, other, copied)


@pytest.mark.usefixtures("its_hints")
def test_without_a_name_the_inputs_are_those_of_the_source(root: Path, notebook: NotebookNode) -> None:
    assert f"manual_seed(check.own_seed({SEED}))" in str(notebook)
    plain = ran(build.nbgrader_source(root / "solutions" / NAME / f"{NAME}.py"), "", solved(root))
    assert str(ran(notebook, "", solved(root))["expected"]) == str(plain["expected"])


@pytest.mark.usefixtures("its_hints")
def test_the_grader_draws_its_own_and_takes_no_constants(root: Path, notebook: NotebookNode) -> None:
    """Whatever name a notebook states: only what is right for the grader's inputs earns marks."""
    ada, bob = list(one_of_each().values())[4:6]
    answers = {"right": solved(root), "mine": by_heart(ran(notebook, ada, solved(root)))}
    answers |= {"others": by_heart(ran(notebook, bob, solved(root))), "unnamed": answers["right"]}
    for student, answer in answers.items():
        handed_in = nbformat.from_dict(json.loads(json.dumps(notebook)))
        for cell in handed_in.cells:
            cell.source = answer if grade_id(cell) == ANSWER else cell.source
            cell.source = cell.source.replace('student("")', f'student("{"" if student == "unnamed" else ada}")')
        folder = root / ".grading" / "submitted" / student / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_text(json.dumps(handed_in), encoding="utf-8")
    course = Course(root)
    with course.gradebook() as book:
        summary = command.grade(course, book, NAME, 2, "", False, "", Console(quiet=True))
    assert {row.student: row.score for row in summary.rows} == {"right": 2, "mine": 0, "others": 0, "unnamed": 2}
    assert not summary.failed
    assert not [line for row in summary.rows for line in row.person if "test_" in line]


@pytest.mark.parametrize(
    "written", [" Jürgen ", "JU\u0308RGEN", "\ufeffjürgen", "jür\u200bgen\u00a0\u200e", "Jür\u00adgen"]
)
def test_a_name_that_was_pasted_is_the_same_student(written: str) -> None:
    assert same(written, "jürgen")
    assert variant("key", written, 1000) == variant("key", "jürgen", 1000)
    assert not same(written, "jurgen")


def test_a_check_with_two_seeds_runs_for_each_student_as_the_build_tried_it() -> None:
    check_of = "rng, other = seeded.manual_seed(28), seeded.manual_seed(29)\nagain = seeded.manual_seed(28)"
    cell = nbformat.v4.new_code_cell(check_of, metadata={"nbgrader": {"grade_id": "test_two"}})
    shown = seeds.with_own(nbformat.v4.new_notebook(cells=[cell]), ["two"]).cells[0].source
    tried = set(seeds.each(shown))
    for student in (*map(str, range(40)), ""):
        with contextlib.redirect_stdout(io.StringIO()):
            check.student(student)
        assert seeds.OWN.sub(lambda found: f"manual_seed({own_seed(int(found[1]))})", shown) in tried
    assert len(tried) == SEEDS
    assert seeds.without_own(shown) == check_of


def test_only_checks_that_hold_with_every_seed_have_own_inputs(root: Path) -> None:
    folder = root / "solutions" / NAME
    assert variants.inputs(folder) == [ANSWER]
    instructors = build.nbgrader_source(folder / f"{NAME}.py")
    for cell in instructors.cells:
        if grade_id(cell) == f"test_{ANSWER}":
            visible, begin, hidden = cell.source.partition(BEGIN)
            shape = "expected = expected * (1 if dL_da[0, 0].sign() == numbers(-0.2868).sign() else 2)\n"
            cell.source = visible.replace("check.close", f"{shape}check.close") + begin + hidden
    assert own_inputs.chosen(NAME, instructors, folder / "slips.py") == []
    with pytest.raises(CourseError, match="Take it out of `inputs`"):
        hints.text(NAME, seeds.with_own(instructors, [ANSWER]), folder / "slips.py")


def test_a_seed_does_not_tell_which_check_runs(notebook: NotebookNode) -> None:
    """Several checks may have the same one; what an exercise bans is known by the text of its checks."""
    visible = next(cell.source for cell in notebook.cells if grade_id(cell) == f"test_{ANSWER}")
    assert "own_seed" in visible
    assert digests(visible) == digests(visible.replace(f"{SEED}", f"{SEED + 1}")) != []


def test_the_graders_source_is_that_without_variants(root: Path) -> None:
    """What runs before the sealed parts has the same inputs for everybody."""
    folder = root / "solutions" / NAME
    master = load(folder)
    shown = next(c.source for c in master.notebook.cells if grade_id(c) == f"test_{ANSWER}")
    plain = next(
        c.source for c in build.nbgrader_source(folder / f"{NAME}.py").cells if grade_id(c) == f"test_{ANSWER}"
    )
    assert "own_seed" in shown
    assert seeds.without_own(shown) == plain
    assert "own_seed" not in master.tests[f"test_{ANSWER}"].source
