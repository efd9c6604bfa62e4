"""Answers in words: the sheet that a person fills in, its rubric and comments, and marks that are never lost."""

import csv
import shutil
from pathlib import Path

import nbformat
import pytest

from course_tools.authoring import build, exercises
from course_tools.grading.course import Course
from course_tools.grading.gradebook import roster, rubric, words
from course_tools.grading.gradebook.export_marks import safe, unguarded
from course_tools.grading.gradebook.rubric import Line, Question
from course_tools.grading.judging.master import load
from course_tools.grading.pages import feedback
from course_tools.paths import ROOT
from course_utils.errors import CourseError

NAME = "90_words"
SOURCE = """# %% [markdown]
# ## 1. Why?

# %% why [markdown] points=3
# ### BEGIN SOLUTION
# Because.
#
# - **2 points**: The cause is named.
# - **1 point**: It has a number.
# ### END SOLUTION
"""
COMMENTS = '[why]\nnumber = "Give a *number*."\n'
ANSWERS = {
    "ada": "It is the cause, twice 0.5.",
    "ben": '=HYPERLINK("http://evil.test")\n<script>alert(1)</script>',
    "cy": "It is the   cause, twice 0.5.",
    "dan": "",
}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course in which four have handed in an answer in words, one of them an empty one; dan's counts as marked."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    (tmp_path / "assignments" / NAME).mkdir(parents=True)
    folder = tmp_path / "solutions" / NAME
    (folder / "private").mkdir(parents=True)
    (folder / f"{NAME}.py").write_text(SOURCE, encoding="utf-8")
    (folder / "private" / "comments.toml").write_text(COMMENTS, encoding="utf-8")
    with Course(tmp_path).gradebook() as book:
        book.add_assignment(NAME)
        book.add_notebook(NAME, NAME)
        book.add_grade_cell("why", NAME, NAME, max_score=3, cell_type="markdown")
        book.add_solution_cell("why", NAME, NAME)
        book.add_source_cell("why", NAME, NAME, cell_type="markdown", source="", locked=False)
        for student, text in ANSWERS.items():
            book.add_student(student)
            book.add_submission(NAME, student)
            grade = book.find_grade("why", NAME, NAME, student)
            grade.auto_score, grade.needs_manual_grade = (None, True) if text else (0.0, False)
            cell = nbformat.v4.new_markdown_cell(text, metadata={"nbgrader": {"grade_id": "why"}})
            graded = tmp_path / ".grading" / "autograded" / student / NAME
            graded.mkdir(parents=True)
            nbformat.write(nbformat.v4.new_notebook(cells=[cell]), graded / f"{NAME}.ipynb")
        book.db.commit()
    return tmp_path


def sheet(course: Path, number: str = "") -> Path:
    return course / ".grading" / "marks" / f"{NAME}-why{number}.csv"


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def fill(course: Path, marks: dict[str, tuple[str, str, str]], delimiter: str = ",") -> Path:
    """A written sheet as a person gives it back: two cells of the rubric and a comment for some students."""
    words.run("90", root=course)
    rows = read(max((course / ".grading" / "marks").glob("*.csv"), key=lambda path: path.stat().st_mtime_ns))
    for row in rows[1:]:
        row[2:5] = marks.get(row[0], ("", "", ""))
    path = course / "filled.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def marks(course: Path) -> dict[str, tuple[float | None, bool, str | None]]:
    """What a person gave, whether the answer still waits, and the comment."""
    with Course(course).gradebook() as book:
        found = {}
        for student in ANSWERS:
            grade = book.find_grade("why", NAME, NAME, student)
            comment = book.find_comment("why", NAME, NAME, student).manual_comment
            found[student] = (grade.manual_score, grade.needs_manual_grade, comment)
        return found


def test_the_sheet_has_the_rubric_and_equal_answers_side_by_side(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words.run("90", root=course)
    rows = read(sheet(course))
    assert rows[0] == [
        *("student", "marked", "2: The cause is named.", "1: It has a number.", "comment", "answer to why"),
    ]
    assert [(row[0], row[-1]) for row in rows[1:]] == [
        ("ben", "'" + ANSWERS["ben"]), ("ada", ANSWERS["ada"]), ("cy", ANSWERS["cy"]),
    ]  # fmt: skip
    assert "why: 3 answers, 3 without marks" in (said := capsys.readouterr().out)
    assert "Comments to choose from: #number" in said
    assert sheet(course).parent.stat().st_mode & 0o077 == 0


def test_a_sheet_says_for_which_question_it_is(course: Path) -> None:
    asked = [Question(name, 2.0, (Line(2.0, "points"),), {}) for name in ("how", "why")]
    columns, path = ["student", "marked", "2: points", "comment"], course / "sheet.csv"
    assert words._of([*columns, "answer to why"], asked, NAME, path).name == "why"
    assert words._of([*columns, "answer"], asked[1:], NAME, path).name == "why"  # of an earlier version
    with pytest.raises(CourseError, match="may be for how or why"):
        words._of([*columns, "answer"], asked, NAME, path)
    with pytest.raises(CourseError, match="has other columns"):
        words._of([*columns, "answer to what"], asked, NAME, path)


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_marks_and_comments_of_a_filled_sheet(
    course: Path, delimiter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = fill(course, {"ada": ("x", "1", ""), "ben": ("0,5", "", "#number Well begun.")}, delimiter)
    words.run("90", path, root=course)
    assert "why: 2 marks entered, 0 were there, 1 rows empty." in capsys.readouterr().out
    found = marks(course)
    assert found["ada"] == (3, False, "- 2 of 2: The cause is named.\n- 1 of 1: It has a number.")
    assert found["ben"] == (
        *(0.5, False),
        "- 0.5 of 2: The cause is named.\n- 0 of 1: It has a number.\n\nGive a *number*. Well begun.",
    )
    assert found["cy"] == (None, True, None)
    words.run("90", path, root=course)
    assert "0 marks entered, 2 were there" in capsys.readouterr().out
    words.run("90", root=course)
    assert [(row[0], row[1]) for row in read(sheet(course, "-2"))[1:]] == [("cy", ""), ("ben", "0.5"), ("ada", "3")]


def test_a_persons_mark_is_not_written_over_unasked(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Course(course).gradebook() as book:
        book.find_grade("why", NAME, NAME, "ada").manual_score = 1.5
        book.find_comment("why", NAME, NAME, "ben").manual_comment = "Come and see me."
        book.db.commit()
    path = fill(course, {"ada": ("x", "x", ""), "ben": ("x", "", "")})
    words.run("90", path, root=course)
    said = capsys.readouterr().out
    assert "ada: has 1.5 points from a person; --replace gives 3" in said
    assert "ben: has a comment from a person; --replace gives 2" in said
    assert (marks(course)["ada"][0], marks(course)["ben"][2]) == (1.5, "Come and see me.")
    words.run("90", path, replace=True, root=course)
    assert marks(course)["ada"][0] == 3


def test_two_lines_of_a_rubric_that_are_the_same_both_count(course: Path) -> None:
    path = course / "solutions" / NAME / f"{NAME}.py"
    lines = "# - **1.5 points**: A reason.\n# - **1.5 points**: A reason.\n"
    path.write_text(SOURCE.replace("".join(SOURCE.splitlines(keepends=True)[7:9]), lines), encoding="utf-8")
    words.run("90", fill(course, {"ada": ("x", "", ""), "ben": ("1", "x", "")}), root=course)
    assert (marks(course)["ada"][0], marks(course)["ben"][0]) == (1.5, 2.5)


@pytest.mark.parametrize("student", ["'ada", "'+ada", "+ada", "''ada", "''-ada", "ada"])
def test_an_id_comes_back_as_it_is(student: str, tmp_path: Path) -> None:
    assert unguarded(str(safe(student))) == student
    (file := tmp_path / "marks.csv").write_text(f"Username\n{safe(student)}\n", encoding="utf-8")
    assert [found.id for found in roster.read(file)[0]] == [student]


def test_marks_of_an_id_with_an_apostrophe(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Course(course).gradebook() as book:
        student, submission = book.find_student("cy"), book.find_submission(NAME, "cy")
        student.id = submission.student_id = "'cy"
        book.db.commit()
    (course / ".grading" / "autograded" / "cy").rename(course / ".grading" / "autograded" / "'cy")
    words.run("90", fill(course, {"'cy": ("x", "x", "")}), root=course)
    monkeypatch.setitem(ANSWERS, "'cy", ANSWERS["cy"])
    monkeypatch.delitem(ANSWERS, "cy")
    assert marks(course)["'cy"][0] == 3


def test_a_filled_sheet_is_not_written_over(course: Path) -> None:
    words.run("90", root=course)
    before = sheet(course).read_bytes()
    words.run("90", root=course)
    assert not sheet(course, "-2").exists()
    sheet(course).write_bytes(before.replace(b"ada,,,,", b"ada,,x,,"))
    words.run("90", root=course)
    assert b"ada,,x,," in sheet(course).read_bytes()
    assert sheet(course, "-2").read_bytes() == before


def test_an_answer_that_was_changed_since_keeps_what_it_has(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = fill(course, {"ada": ("x", "x", "")})
    path.write_text(path.read_text(encoding="utf-8").replace("cause, twice 0.5", "cause, once 0.5"), encoding="utf-8")
    words.run("90", path, root=course)
    assert "ada: the answer was changed since the sheet was written" in capsys.readouterr().out
    assert marks(course)["ada"][0] is None


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (("3", "", ""), "3 is not between 0 and 2"),
        (("-1", "", ""), "-1 is not between 0 and 2"),
        (("nan", "", ""), "nan is not between"),
        (("good", "", ""), "'good' is neither a cross nor a number"),
        (("x", "", "#nmber"), "there is no comment '#nmber' among number"),
        (("", "", "Why?"), "it has a comment and no points; write 0 for none"),
    ],
)
def test_one_odd_row_and_nothing_is_entered(course: Path, cells: tuple[str, str, str], says: str) -> None:
    path = fill(course, {"ben": ("x", "x", ""), "cy": cells})
    with pytest.raises(CourseError, match=rf"Nothing was entered: Line \d \(cy\): {says}"):
        words.run("90", path, root=course)
    assert marks(course)["ben"][0] is None


def test_an_address_in_a_comment_calls_no_comment() -> None:
    said = rubric._said("see https://a.org/p#place and #number", {"number": "the number"})
    assert said == "see https://a.org/p#place and the number"


def test_what_is_no_sheet(course: Path) -> None:
    other = course / "other.csv"
    other.write_bytes(b"student,points\nada,3\n")
    with pytest.raises(CourseError, match="has other columns than a sheet of 90_words"):
        words.run("90", other, root=course)
    other.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CourseError, match="Save it again as CSV in UTF-8"):
        words.run("90", other, root=course)
    with pytest.raises(CourseError, match="cannot be read"):
        words.run("90", course / "gone.csv", root=course)
    path = fill(course, {"ada": ("x", "x", "")})
    path.write_text(path.read_text(encoding="utf-8").replace("ada,", "eve,"), encoding="utf-8")
    with pytest.raises(CourseError, match="eve has no answer to why"):
        words.run("90", path, root=course)


def test_a_rubric_adds_up(course: Path) -> None:
    path = course / "solutions" / NAME / f"{NAME}.py"
    path.write_text(SOURCE.replace("2 points", "1 point"), encoding="utf-8")
    with pytest.raises(CourseError, match="The rubric of why does not add up to its 3 points"):
        words.run("90", root=course)
    path.write_text("# %% [markdown]\n# Nothing\n", encoding="utf-8")
    with pytest.raises(CourseError, match="asks for no answer in words"):
        words.run("90", root=course)


def test_without_a_rubric_there_is_one_column() -> None:
    question = Question("why", 2.0, (Line(2.0, "points"),), {})
    assert rubric.mark(question, ["1.5"], "Well.") == rubric.Marked(1.5, "Well.")
    assert rubric.mark(question, [" "], "") is None


def test_the_page_of_feedback_has_the_rubrics_lines() -> None:
    comment = rubric.mark(Question("why", 3.0, (Line(2.0, "Why"), Line(1.0, "How")), {}), ["x", ""], "")
    assert comment is not None
    marks = {"grade_id": "why", "grade": True, "solution": True, "score": 2, "points": 3, "comment": comment.comment}
    cell = nbformat.v4.new_markdown_cell("So.", metadata={"nbgrader": marks})
    about = {"assignment": NAME, "student": "ada", "score": 2.0, "max_score": 3.0}
    text = feedback.render(nbformat.v4.new_notebook(cells=[cell]), about)
    assert text.count("<li>2 of 2: Why</li>") == 1
    assert "<li>0 of 1: How</li>" in text


WRITTEN = [(source, q) for source in build.exercises() for q in rubric.questions(load(source.parent))]


def test_two_chapters_ask_for_words() -> None:
    assert len({source for source, _ in WRITTEN}) >= 2


@pytest.mark.parametrize(("source", "question"), WRITTEN, ids=lambda x: getattr(x, "name", ""))
def test_each_question_of_the_course_has_a_rubric_that_no_student_sees(source: Path, question: Question) -> None:
    assert 3 <= len(question.rubric) <= 4
    assert question.comments
    released = exercises.released(source)
    [cell] = [c for c in released.cells if c.metadata.get("nbgrader", {}).get("grade_id") == question.name]
    assert cell.source == "YOUR ANSWER HERE"
    assert "`YOUR ANSWER HERE`" in released.cells[0].source, "the introduction says only where code is written"
    assert not [line for line in question.rubric if line.text in "".join(c.source for c in released.cells)]
