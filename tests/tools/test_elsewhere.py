"""A notebook away from its course installs it where an address is configured, and else says where it belongs."""

import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_tools.authoring import elsewhere
from course_tools.authoring.elsewhere import Elsewhere
from course_tools.paths import ROOT
from course_utils.errors import CourseError

EXERCISES = ROOT / "assignments" / "01_neurons" / "01_neurons.ipynb"
ADDRESS = "git+https://github.com/someone/course"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("", Elsewhere()),
        ("https://github.com/someone/course", Elsewhere(ADDRESS, ("someone/course", "main"))),
        ("https://github.com/someone/course.git", Elsewhere(ADDRESS, ("someone/course", "main"))),
        ("https://github.com/a.b/c-d/tree/x/y/", Elsewhere("git+https://github.com/a.b/c-d@x/y", ("a.b/c-d", "x/y"))),
        ("https://git.uni.example/dl/course", Elsewhere("git+https://git.uni.example/dl/course")),
    ],
)
def test_the_address_stands_in_pyproject(tmp_path: Path, url: str, found: Elsewhere) -> None:
    assert elsewhere.find(tmp_path) == Elsewhere()
    (tmp_path / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{url}"\n')
    assert elsewhere.find(tmp_path) == found


@pytest.mark.parametrize("url", ["someone/course", "http://a.example/b", "https://a.example/b; rm -r .", "https://a"])
def test_what_is_no_address_is_refused(tmp_path: Path, url: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{url}"\n')
    with pytest.raises(CourseError, match="give https://github"):
        elsewhere.find(tmp_path)


def first_cell(place: Elsewhere) -> str:
    """What the cell does in the exercises of chapter 1; everything else in them is as it was."""
    text = EXERCISES.read_text("utf-8")
    given, taken = (
        nbformat.reads(text, as_version=4),
        nbformat.reads(elsewhere.with_course(text, place), as_version=4),
    )
    nbformat.validate(taken)
    number = next(i for i, cell in enumerate(taken.cells) if cell.cell_type == "code")
    assert number > 0  # the title comes first
    cell = taken.cells.pop(number)
    assert taken == given
    return str(cell.source)


def run(code: str) -> list[tuple[str, str]]:
    """The magics that a cell calls."""
    called: list[tuple[str, str]] = []
    shell = SimpleNamespace(run_line_magic=lambda *magic: called.append(magic))
    exec(TransformerManager().transform_cell(code), {"get_ipython": lambda: shell})
    return called


def test_without_an_address_it_says_in_one_sentence_where_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    code = first_cell(Elsewhere())
    assert run(code) == []
    monkeypatch.setitem(sys.modules, "course_utils", None)
    with pytest.raises(ModuleNotFoundError, match=r"^This notebook belongs to [^.]*: open it in [^.]* `pip wheel"):
        run(code)


def test_with_an_address_it_installs_the_course_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    code = first_cell(Elsewhere(ADDRESS))
    assert run(code) == []
    monkeypatch.setitem(sys.modules, "course_utils", None)
    assert run(code) == [("pip", f"install -q {ADDRESS}")]


def test_a_notebook_without_code_stays_as_it_is() -> None:
    text = nbformat.writes(new_notebook(cells=[new_markdown_cell("# 1")]))
    assert elsewhere.with_course(text, Elsewhere(ADDRESS)) == text
    assert elsewhere.with_course(nbformat.writes(new_notebook(cells=[new_code_cell("1")])), Elsewhere()) != text
