"""The public edition: what students need is in it, and nothing of a solution, slip or hidden check."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_tools.authoring import build, exercises, export
from course_tools.authoring.chapters import CHAPTERS
from course_tools.paths import ROOT
from course_utils.errors import CourseError

TINY = ROOT / "tests" / "support" / "tiny_course" / "solutions"
BLOCK = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", re.DOTALL)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public edition of this very course."""
    folder = tmp_path_factory.mktemp("public") / "course"
    export.run(folder)
    return folder


def everything(folder: Path) -> str:
    """All text of a folder without white space, JSON's escapes undone."""
    text = "".join(p.read_text(encoding="utf-8", errors="replace") for p in folder.rglob("*") if p.is_file())
    return re.sub(r"\s+", "", text.replace("\\n", "").replace('\\"', '"'))


def blocks() -> list[str]:
    """The body of each solution and each hidden check, and each planted mistake, of every assignment."""
    found = []
    for source in build.exercises():
        found += BLOCK.findall(source.read_text(encoding="utf-8"))
        found += [slip.source.partition("\n")[2] for slip in exercises.planted(source)]
    return found


def test_what_a_student_needs_is_there(edition: Path) -> None:
    for name in (
        "README.md",
        "pyproject.toml",
        "hatch_build.py",
        "constraints.txt",
        "nbgrader_config.py",
        "course_utils/check/__init__.py",
    ):
        assert (edition / name).exists(), name
    chapters = {p.name for p in (ROOT / "chapters").glob("*.ipynb")}
    assert chapters == {p.name for p in (edition / "chapters").glob("*.ipynb")}
    assert {p.parent.name for p in (edition / "assignments").glob("*/*.ipynb")} == {p.stem for p in build.exercises()}


def test_what_belongs_to_the_instructors_is_not(edition: Path) -> None:
    for name in ("solutions", "tests", ".git", ".grading", "work"):
        assert not (edition / name).exists(), name
    assert not list(edition.rglob("slips.py")) or (edition / "course_tools/grading/slips.py").exists()
    assert "### BEGIN HIDDEN TESTS\nseal" not in everything(edition)


def test_what_is_for_instructors_is_not(edition: Path) -> None:
    assert {p.name for p in edition.iterdir() if p.suffix in (".md", "") and p.is_file()} == {
        *("README.md", "Makefile", ".gitignore")
    }
    assert [path.name for path in (edition / "docs").iterdir()] == ["hub"]  # no guide for instructors
    assert not (edition / export.OWN).exists()
    readme = (edition / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"course ([a-z]+)", " ".join(re.findall(r"`([^`\n]+)`", readme)))) == {"lab", "submit"}
    assert all((edition / link).exists() for link in re.findall(r"\]\(([^)#]+)", readme))
    assert all(chapter.row() in readme for chapter in CHAPTERS)
    assert readme.count("## Sources and citation\n\nThe course follows the syllabus") == 1


def test_make_has_what_its_readme_says(edition: Path) -> None:
    readme = (edition / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"make ([a-z]+)", readme)) == {"lab", "submit", "progress"}
    for command in ("lab", "submit", "progress"):
        made = make(edition, "-n", command, "ARGS=3")
        assert made.endswith(f'"python3" course_tools/bootstrap.py lab\n.venv/bin/course {command} 3\n')
    assert all(f"make {command} " in make(edition) for command in ("lab", "submit", "progress"))


def make(folder: Path, *arguments: str) -> str:
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout


STUDENT = """
import sys
from pathlib import Path
from course_tools import cli, paths
from course_tools.grading.course import Course
from course_tools.grading.intake import submit
from course_tools.lab import lab, progress
lab.student_options(paths.ROOT, Path("work/.course/lab"))
submit.run("3")
progress.run()
assert Course().settings.CourseDirectory.course_id, "what Validate reads"
sys.argv = ["course", "--help"]
cli.main()
"""


def test_a_student_opens_it_hands_in_and_sees_no_other_commands(edition: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(edition, tmp_path / "course")
    environment = {**os.environ, "PYTHONPATH": str(folder), "TERM": "dumb"}
    command = [sys.executable, "-c", STUDENT]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "exercises 3](assignments/03_backpropagation/" in (folder / "work" / "start.md").read_text("utf-8")
    assert (folder / "work" / "handin" / "03_backpropagation.zip").exists()
    assert "Nothing has run yet" in done.stdout
    assert re.findall(r"^│ ([a-z][a-z-]*) ", done.stdout, re.MULTILINE) == ["lab", "progress", "submit"]


def test_no_whole_solution_slip_or_hidden_check_is_in_it(edition: Path) -> None:
    """Independent of the exporter's own search: each block as a whole, without white space.

    What a chapter itself teaches is public; `course export` names those answers.
    """
    text, chapters = everything(edition), everything(edition / "chapters")
    assert len(blocks()) > 20
    for block in blocks():
        squeezed = re.sub(r"\s+", "", block)
        if len(squeezed) > 40 and squeezed not in chapters:
            assert squeezed not in text, f"given away:\n{block}"


def test_an_answer_that_a_chapter_shows_is_named(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (small / "chapters").mkdir()
    (small / "chapters" / "90_tiny.py").write_text("def f(z):\n  return 1 / (1 + math.exp(-z))\n", encoding="utf-8")
    subprocess.run(["git", "-C", str(small), "add", "."], check=True)
    export.run(tmp_path / "out", small)
    assert "shows the answer to sigmoid of 90_tiny word for word" in capsys.readouterr().out


def test_no_line_of_them_is_in_it(edition: Path) -> None:
    assert list(export.find_leaks(edition)) == []
    assert len(export.secrets()) > 50, "the search looks for hardly anything"


# -- a small course, in which secrets are planted ------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git clone of a course with one tiny assignment; copy it, do not change it."""
    root = tmp_path_factory.mktemp("made") / "course"
    shutil.copytree(TINY, root / "solutions")
    build.assignment(root / "solutions" / "90_tiny" / "90_tiny.py", root)
    (root / "README.md").write_text("# A course\n", encoding="utf-8")
    (root / "course_utils").mkdir(exist_ok=True)
    (root / "course_utils" / "helper.py").write_text("x = 1\n", encoding="utf-8")
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    return root


@pytest.fixture
def small(made: Path, tmp_path: Path) -> Path:
    """A small course of one's own."""
    return Path(shutil.copytree(made, tmp_path / "course"))


def test_a_small_course_is_exported(small: Path, tmp_path: Path) -> None:
    export.run(tmp_path / "out", small)
    files = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    hints = "course_utils/hints/90_tiny.json"
    assert files == {"README.md", "course_utils/helper.py", hints, "assignments/90_tiny/90_tiny.ipynb"}


@pytest.mark.parametrize(
    ("line", "whose"),
    [
        ("  return 1/(1+math.exp( -z ))", "90_tiny, solution of sigmoid"),
        ("assert variance([2.0, 4.0, 9.0]) == 26 / 3", "90_tiny, hidden tests of test_variance"),
        (
            "return sum(((value - middle) ** 2 for value in values)) / (len(values) - 1)",
            "the slip divided_by_one_less",
        ),
    ],
)
@pytest.mark.parametrize("place", ["course_utils/helper.py", "README.md", "assignments/90_tiny/90_tiny.ipynb"])
def test_a_leak_stops_the_export(small: Path, tmp_path: Path, line: str, whose: str, place: str) -> None:
    file = small / place
    text = file.read_text(encoding="utf-8")
    if place.endswith(".ipynb"):
        text = text.replace("# A tiny assignment", f"# A tiny assignment\\n{line}")
    else:
        text += f"\n{line}\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match="would give away") as refused:
        export.run(tmp_path / "out", small)
    assert whose in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_files_that_git_does_not_know_stay(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "course_utils" / "my_solutions.py").write_text("return 1 / (1 + math.exp(-z))\n", encoding="utf-8")
    export.run(tmp_path / "out", small)
    assert not (tmp_path / "out" / "course_utils" / "my_solutions.py").exists()
    assert "git does not know course_utils/my_solutions.py" in capsys.readouterr().out


def test_nothing_is_overwritten(small: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(CourseError, match="is not an empty folder"):
        export.run(tmp_path / "mine", small)
    with pytest.raises(CourseError, match="is not an empty folder"):
        export.run(tmp_path / "mine" / "thesis.txt", small)
    assert (tmp_path / "mine" / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_with_an_address_its_chapters_install_the_course(small: Path, tmp_path: Path) -> None:
    (small / "chapters").mkdir()
    (small / "chapters" / "90_tiny.ipynb").write_text(nbformat.writes(new_notebook(cells=[new_code_cell("1")])))
    (small / "pyproject.toml").write_text('[project.urls]\nRepository = "https://github.com/someone/course"\n')
    subprocess.run(["git", "-C", str(small), "add", "."], check=True)
    export.run(tmp_path / "out", small)
    assert "%pip install" in (tmp_path / "out" / "chapters" / "90_tiny.ipynb").read_text()
    assert "%pip" not in (tmp_path / "out" / "assignments" / "90_tiny" / "90_tiny.ipynb").read_text()


@pytest.mark.parametrize("inside", ["", "course"])
def test_a_folder_that_is_no_clone_is_told_so(small: Path, tmp_path: Path, inside: str) -> None:
    plain = tmp_path / inside / "plain"  # also within a clone of something else
    plain.mkdir()
    with pytest.raises(CourseError, match=r"not a git clone .* git init && git add \."):
        export.run(tmp_path / "out", plain)


def test_without_git_it_says_so(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CourseError, match="git is needed"):
        export.run(tmp_path / "out", small)


def test_a_clone_of_somebody_else_is_told_so(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(CourseError, match="belongs to somebody else"):
        export.run(tmp_path / "out", small)
