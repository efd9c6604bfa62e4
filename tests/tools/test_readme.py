"""README.md and CONTRIBUTING.md say what is true: the table of chapters, the commands, the links, the picture."""

import re
from pathlib import Path

import pytest
import typer

from course_tools import cli
from course_tools.authoring.chapters import CHAPTERS, Chapter
from course_tools.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")}
COMMANDS = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]
LONGEST_RUN = 120  # seconds
LARGEST_PICTURE = 100_000  # bytes


def row_of(chapter: Chapter, readme: str) -> str:
    """The line of the table that begins with the chapter's number."""
    found = re.findall(rf"^\| {chapter.number} \|.*$", readme, re.MULTILINE)
    assert len(found) == 1, f"chapter {chapter.number} stands in {len(found)} lines of the table"
    return found[0]


def wanted(chapter: Chapter, time: str, root: Path = ROOT) -> str:
    """The line that belongs there; `time` is the one that it states."""
    if not chapter.is_written(root):
        return f"| {chapter.number} | {chapter.title} | {chapter.builds} | planned |"
    return f"| {chapter.number} | [{chapter.title}](chapters/{chapter.name}.ipynb) | {chapter.builds} | {time} |"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
def test_the_table_tells_what_is_written(chapter: Chapter):
    row = row_of(chapter, README)
    stated = re.search(r"(\d+) s \|$", row)
    assert row == wanted(chapter, f"{stated[1] if stated else '??'} s")
    assert stated is None or 0 < int(stated[1]) < LONGEST_RUN


def test_a_wrong_table_is_noticed(tmp_path: Path):
    three = CHAPTERS[2]
    assert "planned" in wanted(three, "20 s", tmp_path)
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / f"{three.name}.py").touch()
    assert wanted(three, "20 s", tmp_path).endswith("| 20 s |")
    with pytest.raises(AssertionError, match="stands in 0 lines"):
        row_of(three, README.replace("| 3 |", "| 33 |"))


def test_no_chapter_is_forgotten():
    written = {path.stem for path in (ROOT / "chapters").glob("*.py")}
    assert written <= {chapter.name for chapter in CHAPTERS}
    assert [chapter.number for chapter in CHAPTERS] == list(range(1, 17))


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
