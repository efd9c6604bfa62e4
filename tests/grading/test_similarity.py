"""The similarity report: it finds what was copied and renamed, and leaves honest answers alone."""

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_tools.grading.similarity import compare as comparison
from course_tools.grading.similarity import known, page, similarity
from course_tools.grading.similarity.compare import Answer, compare, read, runs
from course_tools.paths import ROOT
from course_utils.errors import CourseError

NAME = "90_tiny"

TEMPLATE = '''
def spread(values: list[float]) -> float:
    """How far apart the values are."""
    raise NotImplementedError
'''
ODD = """
def spread(values: list[float]) -> float:
    lowest, highest = values[0], values[0]
    for position in range(1, len(values)):
        if values[position] < lowest:
            lowest = values[position]
        elif values[position] > highest:
            highest = values[position]
    gap = highest - lowest
    return gap if gap >= 0 else -gap
"""
RENAMED = '''
def spread(numbers):
    """My own way to do it."""
    # I wrote this alone
    a, z = numbers[0], numbers[0]
    for i in range(1, len(numbers)):
        if numbers[i] < a:
            a = numbers[i]
        elif numbers[i] > z:
            z = numbers[i]
    d: float = z - a
    return d if d >= 0 else -d
'''
PADDED = (
    ODD.replace("    gap =", "    print('so far', lowest)\n    gap =").replace("values", "v").replace("position", "k")
)
HONEST = {
    "honest1": "def spread(values):\n    return max(values) - min(values)",
    "honest2": "def spread(v):\n    s = sorted(v)\n    return s[-1] - s[0]",
    "honest3": "def spread(values):\n    low = min(values)\n    high = max(values)\n    return high - low",
    "honest4": "import numpy as np\n\ndef spread(values):\n    return float(np.ptp(np.array(values)))",
    "honest5": "def spread(values):\n    best = 0.0\n    for a in values:\n        for b in values:\n"
    "            best = max(best, abs(a - b))\n    return best",
}


def answered(text: str) -> dict[str, Answer]:
    return {"spread": Answer(text, runs(text))}


def pairs(**texts: str) -> list[comparison.Pair]:
    students = {name: answered(text) for name, text in {**HONEST, **texts}.items()}
    return compare(students, set(runs(TEMPLATE)))


def names(found: list[comparison.Pair]) -> list[tuple[str, str]]:
    return [(pair.first, pair.second) for pair in found]


def test_a_renamed_copy_is_the_same_to_the_last_node() -> None:
    assert runs(ODD).keys() == runs(RENAMED).keys()


@pytest.mark.parametrize("copied", [ODD, RENAMED, PADDED], ids=["copied", "renamed", "padded and renamed"])
def test_a_copy_is_found_and_nothing_else(copied: str) -> None:
    assert names(pairs(ann=ODD, bob=copied)) == [("ann", "bob")]


def test_honest_answers_are_left_alone() -> None:
    assert pairs() == []
    assert pairs(ann=ODD) == []


def test_the_template_does_not_count() -> None:
    long = TEMPLATE.replace("raise NotImplementedError", "\n    ".join(f"x{i} = values[{i}] * 2" for i in range(8)))
    students = {name: answered(long) for name in ("a", "b")}
    assert compare(students, set(runs(long))) == []
    assert compare(students, set()) != []


def test_what_most_of_the_class_writes_does_not_count() -> None:
    most = {f"s{i}": RENAMED for i in range(7)}
    assert names(pairs(**most)) == []


def test_a_group_of_three_is_three_pairs() -> None:
    assert names(pairs(ann=ODD, bob=RENAMED, cid=ODD)) == [("ann", "bob"), ("ann", "cid"), ("bob", "cid")]


def test_rare_runs_count_more() -> None:
    """Two who share alone stand above a pair whose runs others have too."""
    other = (
        "def spread(q):\n    while True:\n        t = [w * 2 for w in q if w]\n"
        "        u = t[0] + t[-1] - len(t)\n        return u / 2"
    )
    found = pairs(ann=ODD, bob=RENAMED, cid=ODD, dan=other, eli=other)
    weight = {(p.first, p.second): p.weight / p.runs for p in found}
    assert weight["dan", "eli"] > weight["ann", "bob"]


def test_one_line_in_common_is_not_enough() -> None:
    common = "    total = sum(values) / len(values)\n"
    first = f"def spread(values):\n{common}    return max(abs(v - total) for v in values)"
    second = f"def spread(values):\n{common}    return [v for v in values if v > total][0]"
    assert pairs(ann=first, bob=second) == []


@pytest.mark.parametrize("text", ["def broken(:\n", "%matplotlib inline", "\0", "x = " + "(" * 500 + ")" * 500])
def test_what_is_not_python_is_named_and_costs_nothing(text: str) -> None:
    assert not comparison._answer(text).is_python


def test_deeply_nested_code_is_survived() -> None:
    """It is read where Python can parse it, and named where it cannot."""
    answer = comparison._answer("x = " + "-" * 5000 + "1")
    assert answer.is_python == bool(answer.runs)


# -- the page ------------------------------------------------------------------------------------------------

EVIL = "</pre><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course in which ann and a hostile bob handed in the same, and others honest answers."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    hand_in(tmp_path / "assignments" / NAME, TEMPLATE)
    texts = {**HONEST, "ann": ODD, "bob": f'{RENAMED}\n"""{EVIL}"""\n'}
    for student, text in texts.items():
        hand_in(tmp_path / ".grading" / "submitted" / student / NAME, text)
    hand_in(tmp_path / ".grading" / "submitted" / "cat" / NAME, "def spread(:")
    broken = tmp_path / ".grading" / "submitted" / "dog" / NAME / f"{NAME}.ipynb"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"\xff\xfe{")
    return tmp_path


def hand_in(folder: Path, text: str) -> None:
    cell = nbformat.v4.new_code_cell(text, metadata={"nbgrader": {"grade_id": "spread", "solution": True}})
    folder.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / f"{NAME}.ipynb")


def test_the_report(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    similarity.run("90", course)
    text = (course / ".grading" / "reports" / f"{NAME}-similarity.html").read_text(encoding="utf-8")
    assert "among 8 submissions: 1." in capsys.readouterr().out
    assert page.NOTE in text
    assert "<script" not in text
    assert "cat: spread is not Python" in text
    assert "dog: the notebook cannot be read" in text


SOLUTION = "# %% spread\n" + RENAMED.replace("numbers):", "numbers):\n    ### BEGIN SOLUTION", 1)
PRINTED = """
def spread(values):
    pairs = [(a, b) for a in values for b in values]
    gaps = [abs(a - b) for a, b in pairs]
    gaps.sort()
    print("of", len(pairs), "pairs")
    return gaps[-1] if gaps else 0.0
"""
SHORT = "def spread(values):\n    return max(values) - min(values)\n"


def test_answers_that_equal_the_model_solution_or_the_chapter_are_counted(
    course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A renamed copy of the model and the model itself; in the chapter, code that another answer holds."""
    (course / "solutions" / NAME).mkdir(parents=True)
    (course / "solutions" / NAME / f"{NAME}.py").write_text(f"{SOLUTION}    ### END SOLUTION\n", encoding="utf-8")
    (course / "chapters").mkdir()
    hand_in(course / ".grading" / "submitted" / "eli" / NAME, PRINTED)
    lesson = PRINTED.replace("spread", "widest").replace("gaps", "found")
    (course / "chapters" / f"{NAME}.py").write_text(f"# %%\n{SHORT}\n\n{lesson}\n", encoding="utf-8")
    similarity.run("90", course)
    said = capsys.readouterr().out
    assert "among 9 submissions: 0." in said
    told = "spread: 2 of 9 equal the model solution, 1 of 9 hold code of the chapter"
    assert f"  {told}: it may have been published." in said
    text = (course / ".grading" / "reports" / f"{NAME}-similarity.html").read_text(encoding="utf-8")
    assert f"<li>{told}</li>" in text


def test_what_is_short_or_handed_out_is_no_known_answer(course: Path) -> None:
    (course / "solutions" / NAME).mkdir(parents=True)
    solution = SHORT.replace("return", "### BEGIN SOLUTION\n    return")
    path = course / "solutions" / NAME / f"{NAME}.py"
    path.write_text(f"# %% spread\n{solution}    ### END SOLUTION\n", encoding="utf-8")
    students = {name: answered(text) for name, text in {**HONEST, "ann": ODD}.items()}
    assert known.equal(students, NAME, course) == []
    hand_out(course, ODD)
    path.write_text(f"# %% spread\n{ODD}# ### BEGIN SOLUTION\n# ### END SOLUTION\n", encoding="utf-8")
    assert known.equal(students, NAME, course) == []


def hand_out(course: Path, text: str) -> None:
    shutil.rmtree(course / "assignments")
    hand_in(course / "assignments" / NAME, text)


def test_two_are_needed(tmp_path: Path) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    hand_in(tmp_path / "assignments" / NAME, TEMPLATE)
    with pytest.raises(CourseError, match="Fewer than two submissions"):
        similarity.run(NAME, tmp_path)


@pytest.mark.browser
def test_the_page_in_a_browser(course: Path, page: Any) -> None:
    """Nothing that a student wrote runs; the two stand side by side, and below one another on a phone."""
    similarity.run("90", course)
    page.goto((course / ".grading" / "reports" / f"{NAME}-similarity.html").as_uri())
    page.set_viewport_size({"width": 1200, "height": 900})
    assert page.title() == f"{NAME}: answers that agree"
    assert page.locator("tbody tr").count() == 1
    assert page.locator("mark").count() >= 16
    left, right = (page.locator("figure").nth(i).bounding_box() for i in (0, 1))
    assert left["y"] == right["y"]
    assert "def spread(:" not in page.content()
    page.set_viewport_size({"width": 390, "height": 800})
    left, right = (page.locator("figure").nth(i).bounding_box() for i in (0, 1))
    assert left["y"] < right["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_submissions_are_read_by_student(course: Path) -> None:
    students, unread = read(sorted((course / ".grading" / "submitted").glob("*/*/*.ipynb")))
    assert set(students) == {*HONEST, "ann", "bob", "cat"}
    assert len(unread) == 2
