"""`course report`: its figures, its page, who is named and who never is, what a regrade changed."""

import math
import random
import shutil
from pathlib import Path
from statistics import correlation

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from sqlalchemy import inspect
from sqlalchemy import text as sql

from course_tools.grading.course import Course
from course_tools.grading.gradebook.results import _why
from course_tools.grading.regrades import BOTH, EXERCISES, SUBMISSION, UNKNOWN, Change, keep, kept
from course_tools.grading.report import examples, figures, report
from course_tools.grading.report.page import render
from course_tools.grading.report.submissions import Question, Submission
from course_utils.errors import CourseError
from tests.support import grading_course as course

A, B = Question("test_a", "1. A", 2.0, True), Question("test_b", "2. B", 1.0, True)
EVIL = "<script>document.title='owned'</script>"
CLASS = {
    "qqada77": ("Zuleika<b>", "O'Quuxley"),
    "qqbob78": (EVIL, "\u202eWyvernhart"),
    "qqcid79": ("Xanthippe", "&amp;Vorpalson"),
}


def submission(a: float | None, b: float | None, hints: list[str] | None = None) -> Submission:
    return Submission("s", {"test_a": a, "test_b": b}, {"test_a": hints or []}, {"test_a": "x"})


def test_a_tally_counts_full_partial_and_none() -> None:
    made = [submission(2, 1), submission(1, 1, ["slip"]), submission(0, 1), submission(None, 0)]
    made[2].empty.add("test_a")
    tally = figures.tallies([A, B], made)[0]
    assert (tally.full, tally.some, tally.none, tally.empty, tally.waiting) == (1, 1, 1, 1, 1)
    assert tally.share == 0.5
    assert tally.unexplained == 0
    assert tally.tells is None
    assert [(slip.hint, slip.count) for slip in figures.slips([A, B], made)] == [("slip", 1)]


def test_an_answer_that_waits_is_said_to() -> None:
    made = [submission(2, 1), submission(None, 0)]
    counts = dict.fromkeys(("blank", "ungraded", "outdated", "missing", "listed", "late"), 0)
    found = figures.Figures(2, waiting=1, tallies=figures.tallies([A, B], made), slips=[], regrades=[], **counts)
    text = render("05_trees", found, {}, None)
    assert "In 1 of them an answer waits for a person, and no mark of it is counted." in text
    assert '1. A <code class="muted">test_a</code> <span class="muted">(1 waits for a person)' in text
    assert "<ol" not in text


def test_a_question_is_judged_by_the_rest_of_the_mark_and_only_of_enough_submissions() -> None:
    made = [submission(2.0 * (i % 3 > 0), i % 3 > 0) for i in range(figures.FEWEST)]
    assert figures.correlations([A, B], made) == pytest.approx({"test_a": 1.0, "test_b": 1.0})
    assert figures.correlations([A, B], made[1:]) == {}
    alike = [submission(2.0, i % 3 > 0) for i in range(60)]
    assert figures.correlations([A, B], alike) == {}
    assert figures.tallies([A, B], alike)[0].alike


def test_a_good_question_is_seldom_named_by_chance() -> None:
    """What the least number of submissions is for: with a correlation of 0.4, less than once in twenty times."""
    rng, low = random.Random(1), 0
    for _ in range(2000):
        x = [rng.gauss(0, 1) for _ in range(figures.FEWEST)]
        y = [0.4 * a + math.sqrt(1 - 0.16) * rng.gauss(0, 1) for a in x]
        low += correlation(x, y) < figures.LOW
    assert low / 2000 < 0.06


def test_an_example_is_cut() -> None:
    text = examples.cut("\n".join(["    x = 1" + "0" * 500] * 40))
    assert len(text.splitlines()) == examples.MOST_LINES + 1
    assert len(text) < 2500
    assert text.endswith("(lines left out: 28)")


@pytest.mark.parametrize(
    ("earlier", "later", "why"),
    [
        ("2/a/x", "2/b/x", EXERCISES),
        ("2/a/x", "2/a/y", SUBMISSION),
        ("2/a/x", "2/b/y", BOTH),
        ("", "2/a/x", UNKNOWN),
        ("0123", "2/a/x", UNKNOWN),
    ],
)
def test_why_a_submission_was_graded_again(earlier: str, later: str, why: str) -> None:
    assert _why(earlier, later) == why


def test_changes_are_told_by_batch_and_reason() -> None:
    changes = [
        Change("x", "test_a", 0, 2, "2026-01-02 10:00:00", EXERCISES),
        Change("y", "test_a", 2, 1, "2026-01-02 10:00:00", EXERCISES),
        Change("y", "test_a", 0, 2, "2026-01-01 10:00:00", SUBMISSION),
    ]
    last, first = figures.regrades(changes)
    assert (last.students, last.rows) == (2, (("test_a", 1, 1, 1),))
    assert (first.why, first.students) == (SUBMISSION, 1)


def test_nothing_graded_and_no_such_assignment_are_one_sentence(tmp_path: Path) -> None:
    root = course.make(tmp_path)
    with pytest.raises(
        CourseError, match=r"Nothing of 01_layers is graded yet\. Run `course grade 01_layers` first\."
    ):
        report.run("1", root=root)
    with pytest.raises(CourseError, match="There is no assignment '7'"):
        report.run("7", root=root)
    assert not (root / ".grading" / "reports").exists()


# -- a graded class ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class with hostile names: one all right, one with a slip, one who handed in nothing; graded twice."""
    root = course.make(tmp_path_factory.mktemp("class"))
    with Course(root).gradebook() as book:
        for student, (first, last) in CLASS.items():
            book.update_or_create_student(student, first_name=first, last_name=last, email=f"{student}@uni.test")
    solved = course.solved(root)
    course.hand_in(root, "qqada77", solved)
    downloaded = Course(root).downloaded(course.NAME)
    downloaded.mkdir(parents=True)
    (downloaded / "prefixes.json").write_text('{"qqada77": "zuleika_LATE_77_9_"}', encoding="utf-8")
    course.cell(solved, "linear").source = f"# {EVIL} by qqbob78\ndef linear(X, W, b):\n    return X @ W.T"
    course.cell(solved, "accuracy").source = "def accuracy(scores, y):\n    return 0.0"
    course.hand_in(root, "qqbob78", solved)
    course.grade(root)
    with Course(root).gradebook() as book:  # as one that an earlier version made: it has no table of changes yet
        assert not inspect(book.db.connection()).has_table("course_regrade")
    course.cell(solved, "accuracy").source = course.cell(course.solved(root), "accuracy").source
    course.hand_in(root, "qqbob78", solved)
    course.grade(root)
    return root


def page(root: Path, without_names: bool) -> str:
    report.run("1", without_names, root)
    end = "-without-names" if without_names else ""
    return (root / ".grading" / "reports" / f"{course.NAME}{end}.html").read_text(encoding="utf-8")


def test_the_page_names_mistakes_who_is_missing_and_whose_marks_changed(graded: Path) -> None:
    text = page(graded, without_names=False)
    assert "1 of 2:</span> the bias is missing" in text
    assert "return" in text
    assert "1 student of 3 in the class list handed in nothing:" in text
    assert "Xanthippe &amp;amp;Vorpalson (qqcid79)" in text
    assert "<li>Zuleika&lt;b&gt; O&#x27;Quuxley (qqada77): late (Canvas)</li>" in text
    assert "of what was handed in anew" in text
    assert '<td class="number">0</td><td class="number">2</td>' in text
    assert "<script" not in text
    assert "\u202e" not in text
    assert '<th scope="row">' in text
    assert "<caption>" in text
    with Course(graded).gradebook() as book:
        [change] = kept(book.db, course.NAME)
    assert (change.student, change.question, change.why) == ("qqbob78", "test_accuracy", SUBMISSION)


def test_the_page_without_names_has_none_and_nothing_that_a_student_wrote(graded: Path) -> None:
    text = page(graded, without_names=True)
    assert "1 of 2:</span> the bias is missing" in text
    assert "1 student of 3 in the class list handed in nothing." in text
    assert "Marks of 1 student changed." in text
    assert "1 student handed in late." in text
    for word in (*CLASS, "qq", "uni.test", "Zuleika", "Quuxley", "owned", "Wyvernhart", "Xanthippe", "Vorpalson"):
        assert word not in text
    assert "X @ W.T" in text.replace("</span>", "").replace('<span class="o">', "").replace(
        '<span class="n">', ""
    ).replace('<span class="w">', "")


def test_a_mark_that_a_person_gave_is_no_change(graded: Path) -> None:
    with Course(graded).gradebook() as book:
        book.find_grade("test_linear", course.NAME, course.NAME, "qqbob78").manual_score = 1.0
        book.db.commit()
        before = kept(book.db, course.NAME)
    course.hand_in(graded, "qqbob78", course.solved(graded))
    course.grade(graded)
    with Course(graded).gradebook() as book:
        assert kept(book.db, course.NAME) == before


OURS = ("course_regrade", "course_grading", "course_late", "course_extension")


def test_a_gradebook_that_has_none_of_our_tables(graded: Path, tmp_path: Path) -> None:
    """One that nbgrader alone, or an earlier version, wrote."""
    old = shutil.copytree(graded, tmp_path / "old")
    with Course(old).gradebook() as book:
        for table in OURS:
            book.db.execute(sql(f"DROP TABLE IF EXISTS {table}"))
        book.db.commit()
    text = page(old, without_names=False)
    assert "No mark has changed by grading again." in text
    assert "older than the last correction" not in text
    with Course(old).gradebook() as book:
        keep(book.db, course.NAME, Change("qqbob78", "test_linear", 0, 2, "2026-01-02 10:00:00"))
        book.db.commit()
        assert len(kept(book.db, course.NAME)) == 1


def test_marks_that_are_older_than_the_last_correction_are_named(graded: Path, tmp_path: Path) -> None:
    assert "older than the last correction" not in page(graded, without_names=True)
    corrected = shutil.copytree(graded, tmp_path / "corrected")
    source = corrected / "solutions" / course.NAME / f"{course.NAME}.py"
    source.write_text(f"{source.read_text(encoding='utf-8')}\n# %% [markdown]\n# A correction.\n", encoding="utf-8")
    for without_names in (False, True):
        said = "The marks of 2 submissions are older than the last correction of the exercises</strong>: run"
        assert said in page(corrected, without_names)


@pytest.mark.browser
@pytest.mark.parametrize("without_names", [False, True])
def test_axe_finds_nothing(graded: Path, without_names: bool, browser: Browser) -> None:
    page(graded, without_names)
    end = "-without-names" if without_names else ""
    for scheme in ("light", "dark"):
        tab = browser.new_page(color_scheme=scheme, viewport={"width": 390, "height": 800})
        tab.goto((graded / ".grading" / "reports" / f"{course.NAME}{end}.html").as_uri())
        found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
        assert [f"{v['id']} {v['nodes'][0]['html'][:150]}" for v in found] == []
        tab.close()
