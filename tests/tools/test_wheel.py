"""The wheel is course_utils alone, and every chapter and exercise begins with nothing of the course but it."""

import ast
import json
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_tools.paths import ROOT, UTILS

PACKAGES = packages_distributions()  # by what is imported
SECONDS = 900  # of patience with a busy machine
BUILD = "import sys; from hatchling import build; print(getattr(build, sys.argv[1])(sys.argv[2]))"

# No .pth file is read (python -S), so the repository is not there, however it is installed; nor is a network.
ALONE = """
import ast, importlib, importlib.util, json, socket, sys
sys.path[:0] = json.loads(sys.argv[1])
assert importlib.util.find_spec("course_tools") is None
def refuse(*_): raise OSError("there is no network here")
socket.socket.connect = socket.getaddrinfo = refuse

from course_utils import widgets
for folder in widgets.FOLDERS:
    widget = importlib.import_module(f"course_utils.widgets.{folder}.example").EXAMPLE.make()
    assert "export default" in widget._esm and widget._css, folder
print(len(widgets.FOLDERS), "widgets")
"""

# what a notebook begins with, then all that its other cells import
BEGIN = """
def statements(notebook):
    first, *others = ["".join(c["source"]) for c in json.load(open(notebook))["cells"] if c["cell_type"] == "code"]
    yield from ast.parse(first).body
    for cell in others:
        yield from (s for s in ast.walk(ast.parse(cell)) if isinstance(s, ast.Import | ast.ImportFrom))

for notebook in sys.argv[2:]:
    exec(compile(ast.Module([*statements(notebook)], []), notebook, "exec"), {"__name__": "__main__"})
print(len(sys.argv[2:]), "notebooks")
"""

WRONG = "def mcculloch_pitts(E, I, theta):\n    return ((E.sum(1) > theta) & (I.sum(1) == 0)).to(E.dtype)"
HINT = "theta excitatory inputs are enough"  # it is locked: solutions/01_neurons/slips.py has it in the open


def built(hook: str, folder: Path) -> Path:
    """What hatchling makes of the repository: `hook` is build_wheel or build_editable."""
    command = [sys.executable, "-c", BUILD, hook, str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(built("build_wheel", folder)) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_it_holds_every_file_of_course_utils_and_nothing_else(wheel: Path) -> None:
    held = {p.relative_to(wheel).as_posix() for p in wheel.rglob("*") if p.is_file()}
    lessons = {name for name in held if name.startswith("course_utils/")}
    files = {p for p in UTILS.rglob("*") if p.is_file() and p.parent.name != "__pycache__"}
    assert lessons == {p.relative_to(ROOT).as_posix() for p in files}
    assert {name.rpartition("/")[2] for name in held - lessons} == {"METADATA", "WHEEL", "RECORD"}  # no command
    assert {name.rpartition(".")[2] for name in lessons} == {"py", "typed", "js", "css", "json"}


def imported(path: Path) -> set[str]:
    """The packages that a file imports, by the names that pip knows."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    tops = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"course_utils"}
    return {canonicalize_name(name) for top in tops for name in PACKAGES[top]}


def test_it_asks_for_the_packages_of_the_lessons_and_not_for_those_of_the_tools(wheel: Path) -> None:
    said = next(wheel.glob("*.dist-info/METADATA")).read_text("utf-8").partition("\n\n")[0]
    asked = {Requirement(line) for line in re.findall("^Requires-Dist: (.+)$", said, re.MULTILINE)}
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for_tools = pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]["for-course-tools"]
    all_of_them = {Requirement(line) for line in pyproject["project"]["dependencies"]}
    assert asked == {requirement for requirement in all_of_them if requirement.name not in for_tools}
    assert set(for_tools) <= {requirement.name for requirement in all_of_them}
    lessons = [*UTILS.rglob("*.py"), *(ROOT / "chapters").glob("*.py")]
    assert set().union(*map(imported, lessons)) <= {canonicalize_name(requirement.name) for requirement in asked}
    assert "Provides-Extra" not in said


def test_an_editable_install_has_both_packages_and_the_command(tmp_path: Path) -> None:
    with zipfile.ZipFile(built("build_editable", tmp_path)) as archive:
        texts = {Path(name).suffix or Path(name).name: archive.read(name).decode() for name in archive.namelist()}
    assert texts[".pth"].strip() == str(ROOT)
    assert "course = course_tools.cli:main" in texts[".txt"]
    assert "Requires-Dist: nbgrader" in texts["METADATA"]


def test_all_chapters_exercises_widgets_and_hints_work_with_it_alone(wheel: Path, tmp_path: Path) -> None:
    notebooks = [*sorted(ROOT.glob("chapters/*.ipynb")), *sorted(ROOT.glob("assignments/*/*.ipynb"))]
    packages = [str(wheel), *map(sysconfig.get_path, ("purelib", "platlib"))]
    program = "\n".join([ALONE, BEGIN, *cells("setup"), WRONG, *cells("test_mcculloch_pitts")])
    command = [sys.executable, "-I", "-S", "-c", program, json.dumps(packages), *map(str, notebooks)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS)
    folders = len(list((UTILS / "widgets").glob("*/widget.js")))
    assert done.stdout == f"{folders} widgets\n{len(notebooks)} notebooks\n", done.stderr
    assert len(notebooks) >= 32
    assert "CheckFailed" in done.stderr
    assert HINT in done.stderr


def cells(name: str) -> list[str]:
    """The code of a cell of the first exercises."""
    notebook = json.loads((ROOT / "assignments/01_neurons/01_neurons.ipynb").read_text("utf-8"))
    return [
        "".join(c["source"]) for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name
    ]
