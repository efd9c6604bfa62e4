"""`course new` and `course check`: a newcomer begins a chapter, and is told what is missing and what is wrong."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_tools.authoring import check, new
from course_tools.authoring.chapters import CHAPTERS
from course_tools.authoring.check import Finding, Lesson, row
from course_tools.paths import ROOT
from course_utils.errors import CourseError

NEXT = str(len(CHAPTERS) + 1)
MADE_UP = f"{int(NEXT):02d}_made_up"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*cache", "_build", "node_modules", "__pycache__", "work")


@pytest.mark.parametrize(
    ("number", "name", "sentence"),
    [
        ("0", "x", "'0' is not a chapter's number. Give one from 1 to 99."),
        ("eight", "x", "'eight' is not a chapter's number"),
        ("100", "x", "'100' is not a chapter's number"),
        (NEXT, "Made-Up", "'Made-Up' is not a chapter's name."),
        (NEXT, "class", "'class' is not a chapter's name."),
        (NEXT, "../x", "'../x' is not a chapter's name."),
        ("16", "flow", "Chapter 16 is 16_attention in the course's table."),
        ("3", "backpropagation", "Chapter 3 is begun already: chapters/03_backpropagation.ipynb is there."),
    ],
)
def test_a_bad_name_is_refused_in_a_sentence(number: str, name: str, sentence: str) -> None:
    with pytest.raises(CourseError) as error:
        new.run(number, name)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("place", ["chapters/{}.py", "solutions/{}/notes.md", "tests/chapters/test_{}.py"])
def test_nothing_is_overwritten(tmp_path: Path, place: str) -> None:
    mine = tmp_path / place.format(f"{int(NEXT):02d}_mine")
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(CourseError, match="begun already"):
        new.run(NEXT, "made_up", tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine"


def test_a_planned_chapter_has_its_title_from_the_table() -> None:
    texts = new.skeletons(CHAPTERS[-1].name)
    assert f"# # {CHAPTERS[-1].number} {CHAPTERS[-1].title}\n" in texts[f"chapters/{CHAPTERS[-1].name}.py"]
    assert all("TODO" in text and "{{" not in text.replace("{{{", "") for text in texts.values())


def test_a_finding_says_first_what_is_wrong() -> None:
    assert Finding(["a"], ["b"], "c").lines("code") == ["  ✗ code        a", "  … code        b"]
    assert Finding(fine="c").lines("code") == ["  ✓ code        c"]


def test_a_chapter_without_a_row_is_noticed() -> None:
    assert row(Lesson(MADE_UP)).wrong[0].startswith(f'add Chapter("{MADE_UP}", title')


def test_what_passed_is_proved_again_only_after_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "CHECKED", tmp_path)
    asked = []

    def proved(state: str, *problems: str) -> list[str]:
        def prove() -> list[str]:
            asked.append(state)
            return [*problems]

        return check._unless_proved("tests", Lesson(MADE_UP), lambda: state, prove)

    assert [proved("a", "wrong"), proved("a"), proved("a"), proved("b"), proved("b")] == [["wrong"], [], [], [], []]
    assert asked == ["a", "a", "b"]


# -- the whole way, in a copy of the repository --------------------------------------------------------------------

ROW = f'    Chapter("{MADE_UP}", "Made up", "a made-up thing"),\n'
WIDGET = '''"""A number that doubles."""

import traitlets as t

from course_utils.widgets.kit.base import CourseWidget

__all__ = ["MadeUp"]


class MadeUp(CourseWidget):
    """Teaches doubling."""

    title = t.Unicode("Twice").tag(sync=True)
    n = t.Int(1, min=0, max=9).tag(sync=True)
'''
MODULE = """import { html, widget } from "../kit/kit.js";

export default widget(["n"], ({ root, model }) => root.append(html("p", {}, String(2 * model.get("n")))));
"""
EXAMPLE = """from course_utils.widgets.kit.example import Example
from course_utils.widgets.made_up import MadeUp

EXAMPLE = Example(make=MadeUp)
"""
SECOND_EXERCISE = '''
# %% [markdown]
# ## Double
# *1 point · effort ● · about 2 minutes*
#
# Give back twice the number.


# %% double
def double(x: Tensor) -> Tensor:
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% test_double points=1
x = numbers([3.0, -0.5])
check.close("double", lambda: double(x), x + x)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

seal("a negative number", double(numbers([-1.5, 0.25])))
### END HIDDEN TESTS
'''
SECOND_SLIPS = """
change("double", "It is squared.", "2 * x", "x * x")
change("double", "It is halved.", "2 * x", "x / 2")
change("double", "It is left.", "2 * x", "x")
"""
FLOOR = """
# %%
check.reaches("the mean square", mean_square(torch.ones(3)), at_least=0)

# %%
from course_utils.widgets.made_up import MadeUp

MadeUp(n=3)
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files in a repository of their own, committed."""
    folder = tmp_path_factory.mktemp("newcomer") / "course"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "As it was"]):
        git(folder, *command)
    return folder


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def course(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from course_tools.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.mark.slow
def test_a_newcomers_chapter_touches_its_own_files_and_one_row(copy: Path) -> None:
    begun = course(copy, "new", NEXT, "made_up")
    assert begun.returncode == 0, begun.stderr
    assert f'Chapter("{MADE_UP}", "Made up",' in begun.stdout

    table = copy / "course_tools" / "authoring" / "chapters.py"
    table.write_text(table.read_text("utf-8").replace("\n)\n\nREADME_TABLE", f"\n{ROW})\n\nREADME_TABLE"), "utf-8")
    append(copy / "chapters" / f"{MADE_UP}.py", FLOOR)
    append(copy / "solutions" / MADE_UP / f"{MADE_UP}.py", SECOND_EXERCISE)
    append(copy / "solutions" / MADE_UP / "slips.py", SECOND_SLIPS)
    widget = copy / "course_utils" / "widgets" / "made_up"
    widget.mkdir()
    for name, text in {"__init__.py": WIDGET, "widget.js": MODULE, "example.py": EXAMPLE, "style.css": ""}.items():
        (widget / name).write_text(text, encoding="utf-8")
    recorded = course(copy, "floors", NEXT)
    assert recorded.returncode == 0, recorded.stderr

    content = course(copy, "check", NEXT)
    assert content.returncode == 0, content.stdout
    marks = {line.split()[1]: line.split()[0] for line in content.stdout.splitlines()[1:]}
    assert [t for t, mark in marks.items() if mark == "…"] == ["study", "errata", "exercises", "table", "text"]
    assert "widgets     made_up" in content.stdout
    assert touched(copy) == {
        f"assignments/{MADE_UP}/{MADE_UP}.ipynb",
        f"course_utils/hints/{MADE_UP}.json",
        f"chapters/{MADE_UP}.ipynb",
        f"chapters/{MADE_UP}.py",
        f"solutions/{MADE_UP}/{MADE_UP}.py",
        f"solutions/{MADE_UP}/slips.py",
        f"tests/chapters/test_{MADE_UP}.py",
        f"tests/chapters/floors/{MADE_UP}.json",
        *(f"course_utils/widgets/made_up/{name}" for name in ("__init__.py", "widget.js", "example.py", "style.css")),
    }
    assert git(copy, "diff", "--numstat", "HEAD", "--diff-filter=M").split("\n")[:-1] == [
        "1\t0\tREADME.md",  # course build writes it
        "1\t0\tcourse_tools/authoring/chapters.py",
    ]


def touched(copy: Path) -> set[str]:
    """The files that are new."""
    git(copy, "add", "-A")
    return set(git(copy, "diff", "--name-only", "HEAD", "--diff-filter=A").splitlines())


@pytest.mark.slow
def test_what_the_newcomer_wrote_is_checked(copy: Path) -> None:
    """Goes on where the test above ended: a slip that is no mistake, and a measured value that is another one."""
    slips, chapter = copy / "solutions" / MADE_UP / "slips.py", copy / "chapters" / f"{MADE_UP}.py"
    slips.write_text(slips.read_text("utf-8").replace('"x / 2"', '"x * 2"'), "utf-8")
    chapter.write_text(chapter.read_text("utf-8").replace("torch.ones(3)", "torch.ones(4)"), "utf-8")
    done = course(copy, "check", NEXT)
    assert done.returncode == 1
    assert "✗ exercises   the slip double_line_12 loses the points of nothing, not of test_double" in done.stdout
    assert "✗ floors      the record belongs to other code: run `make floors`" in done.stdout
    assert done.stderr.startswith(f"course: {MADE_UP} is not in order")
