"""Every hostile or broken submission of tests/attacks in one batch, beside honest ones."""

import re
from pathlib import Path

import pytest

from course_tools.grading.engine import program, workers
from course_tools.grading.grade import Summary
from course_tools.paths import ROOT
from tests.support import grading_course as course
from tests.support import grading_stock
from tests.support.attacks.catalogue import ATTACKS, HONEST, LEFT, MARKER, Attack, build
from tests.support.patience import wait_until

VICTIMS = ("aaa-first", "victim", "zzz-last")


def _tree(folder: Path) -> dict[str, int]:
    """Size of every ordinary file below a folder, by path."""
    return {str(p): p.lstat().st_size for p in sorted(folder.rglob("*")) if p.is_file() and not p.is_symlink()}


def _running(text: str) -> list[str]:
    """The command lines that hold `text`, of every process of this machine."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    """The course and the summary of one batch with every attack in it, graded two at a time."""
    root = course.make(tmp_path_factory.mktemp("class"))
    solved = course.solved(root)
    for victim in VICTIMS:
        course.hand_in(root, victim, solved)
    submitted = root / ".grading" / "submitted"
    for one in ATTACKS:
        build(one, solved, submitted / one.name / course.NAME, root)
    before = _tree(submitted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "CELL_SECONDS", 4.0)
        patch.setattr(program, "PART_SECONDS", 4.0)
        patch.setattr(program, "SUBMISSION_SECONDS", 25.0)
        summary = course.grade(root, count=2)
    assert _tree(submitted) == before
    return root, summary


def test_there_are_enough() -> None:
    assert len({one.name for one in ATTACKS}) >= 60


@pytest.mark.parametrize("one", ATTACKS, ids=lambda one: one.name)
def test_attack(batch: tuple[Path, Summary], one: Attack) -> None:
    """Its cells earn what they are worth, no more; honest ones keep theirs; a person is told where it shows."""
    _, summary = batch
    worth = {**(course.FULL if one.full else HONEST)}
    marks = course.marks(summary, one.name)
    for cell, points in worth.items():
        earned = marks[cell] or 0.0
        assert earned <= points
        assert earned == points or cell in one.lost
    told = course.person(summary, one.name)
    assert one.told in told
    if one.full:
        assert not told


@pytest.mark.parametrize("victim", VICTIMS)
def test_honest_neighbours_lose_nothing(batch: tuple[Path, Summary], victim: str) -> None:
    _, summary = batch
    assert course.marks(summary, victim) == course.FULL
    assert course.person(summary, victim) == ""


def test_the_batch_goes_to_its_end(batch: tuple[Path, Summary]) -> None:
    _, summary = batch
    assert summary.failed == {}
    assert len(summary.rows) == len(ATTACKS) + len(VICTIMS) == summary.graded


def test_nothing_leaks_and_nothing_acts(batch: tuple[Path, Summary]) -> None:
    """No graded notebook shows what was to stay hidden, or holds HTML that acts in a teacher's browser."""
    root, _ = batch
    for path in (root / ".grading" / "autograded").glob("*/*/*.ipynb"):
        shown = str(course.outputs(root, path.parent.parent.name))
        text = path.read_text(encoding="utf-8")
        assert "LEAK" not in shown, path.parent.parent.name
        assert "HIDDEN TESTS" not in text
        assert "seal(" not in text.replace("seal = lambda", "")
        assert path.stat().st_size < 4 << 20
    for name in ("scripts_in_outputs", "scripts_in_cells"):
        assert not re.search(r"<script|<[a-z][^>]*\bonerror|<iframe|href=.?javascript", str(_rendered(root, name)))


def _rendered(root: Path, student: str) -> str:
    """What nbgrader's HTML shows of a graded notebook's own contents."""
    from nbconvert.exporters import HTMLExporter

    path = root / ".grading" / "autograded" / student / course.NAME / f"{course.NAME}.ipynb"
    exporter = HTMLExporter(template_name="basic", exclude_input=True)
    return exporter.from_filename(str(path))[0]


def test_nothing_is_left_running(batch: tuple[Path, Summary]) -> None:
    wait_until(lambda: _running(MARKER) == [], "the kernel has ended what the submissions started")
    assert workers._warm == {}
    assert not [folder for folder in ("/tmp", "/dev/shm") if Path(folder, LEFT).exists()]


def test_the_table_in_the_documentation_is_the_present_one() -> None:
    assert grading_stock.table() in (ROOT / "docs" / "grading.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_stock_nbgrader_falls_for_what_the_table_says(tmp_path: Path) -> None:
    root = grading_stock.make(tmp_path)
    found = grading_stock.attacked(root, [one for one in ATTACKS if one.name in grading_stock.FALLS])
    assert found == grading_stock.FALLS
