"""README.md and CONTRIBUTING.md say what is true: the table of chapters, the commands, the links, the picture."""

import re
from pathlib import Path

import pytest
import typer

from course_tools import cli
from course_tools.authoring import build
from course_tools.authoring.chapters import CHAPTERS, Chapter, with_table
from course_tools.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")}
COMMANDS = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
LONGEST_RUN = 120  # seconds
LARGEST_PICTURE = 100_000  # bytes


def test_the_table_is_the_one_of_the_chapters():
    assert with_table(README) == README, "run `course build`"
    for chapter in CHAPTERS:
        assert README.count(f"| {chapter.number} | ") == 1
        assert chapter.row() in README
        assert chapter.seconds is None or 0 < chapter.seconds < LONGEST_RUN


def test_a_chapter_is_planned_then_a_draft_and_then_takes_so_many_seconds(tmp_path: Path):
    draft, timed = (Chapter("17_made_up", "Made up", "nothing", seconds) for seconds in (None, 20))
    assert timed.row(tmp_path) == "| 17 | Made up | nothing | planned |"
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "17_made_up.py").touch()
    assert draft.row(tmp_path) == "| 17 | [Made up](chapters/17_made_up.ipynb) | nothing | draft |"
    assert timed.row(tmp_path) == "| 17 | [Made up](chapters/17_made_up.ipynb) | nothing | 20 s |"


def test_a_wrong_table_is_noticed_and_mended():
    wrong = README.replace(CHAPTERS[2].row(), CHAPTERS[2].row().replace(" s |", "0 s |"))
    assert wrong != README
    assert with_table(wrong) == README


def test_build_writes_the_table(tmp_path: Path):
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    assert build.table(tmp_path)
    assert (tmp_path / "README.md").read_text(encoding="utf-8").count("| planned |") == len(CHAPTERS)
    assert not build.table(tmp_path)


def test_no_chapter_is_forgotten():
    written = {path.stem for path in (ROOT / "chapters").glob("*.py")}
    assert written <= {chapter.name for chapter in CHAPTERS}
    assert [chapter.number for chapter in CHAPTERS] == list(range(1, len(CHAPTERS) + 1))
    assert len(CHAPTERS) >= 16


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str):
    for link in re.findall(r"\]\(([^)#]+)", PAGES[name]):
        assert link.startswith("https://") or (ROOT / link).exists(), f"{name}: {link}"


@pytest.mark.parametrize("name", PAGES)
def test_commands_exist(name: str):
    code = "\n".join(
        re.findall(r"`([^`\n]+)`", PAGES[name]) + re.findall(r"^ {4,}((?:course|make) .+)$", PAGES[name], re.M)
    )
    courses = re.findall(r"^(?:.*/)?course ([a-z][a-z-]+)", code, re.MULTILINE)
    makes = re.findall(r"^make ([a-z]+)", code, re.MULTILINE)
    assert len(courses) > 3
    assert set(courses) <= COMMANDS.keys()
    assert set(makes) <= set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", PAGES)
def test_options_exist(name: str):
    for command, options in re.findall(r"`course ([a-z-]+)((?: [^`]+)?)`", PAGES[name]):
        known = {flag for parameter in COMMANDS[command].params for flag in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", options)) <= known, command


def test_the_picture_is_small_and_described():
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", README)
    assert pictures
    for alt, path in pictures:
        assert len(alt) > 30
        assert (ROOT / path).stat().st_size < LARGEST_PICTURE
