"""The house keeps its shape: two packages, no circle, no arrow back up, and one side of the sandbox a folder."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from course_tools.cli import app
from course_tools.paths import ROOT

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("course_utils", "course_tools")
    for path in sorted((ROOT / package).rglob("*.py"))
}
INSIDE = "course_tools.grading.inside"
FLOORS = ("course_utils", "course_tools")


def imports(path: Path, late: bool = True) -> set[str]:
    """The course's modules that a file imports; without the `late` ones, only those that its own import needs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if late else tree.body
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {name for name in found if name in MODULES}


GRAPH = {name: imports(path) - {name} for name, path in MODULES.items()}


def test_a_lesson_imports_nothing_that_stands_behind_the_command() -> None:
    for name in MODULES:
        if name.startswith("course_utils"):
            assert not [n for n in GRAPH[name] if n.startswith("course_tools")], name
    for chapter in (ROOT / "chapters").glob("*.py"):
        assert "course_tools" not in chapter.read_text(encoding="utf-8"), chapter.name


def test_course_utils_holds_what_lessons_import_and_nothing_else() -> None:
    there = {p.name for p in (ROOT / "course_utils").iterdir() if p.name != "__pycache__"}
    names = ("__init__", "data", "device", "errors", "plots", "pretrained", "progress", "theme")
    core = "closeness"  # of check: the grader judges by it too, so that no mark is stricter than what was shown
    assert there == {*(f"{name}.py" for name in (*names, core)), "check", "hints", "widgets", "py.typed"}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A way through the graph that comes back to where it began; empty when there is none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph[name]):
            if found := walk(other, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in graph if (found := walk(name, []))), [])


def test_a_circle_would_be_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_circle() -> None:
    assert circle(GRAPH) == []


def room(name: str) -> str:
    """The folder of a module; one in the hall of a package (paths, cli, author, grade) is its own."""
    parent = str(MODULES[name].parent.relative_to(ROOT))
    hall = parent in ("course_utils", "course_tools", "course_tools/grading")
    return name if hall else parent


def test_no_arrow_between_folders_runs_back() -> None:
    """Each folder can be understood after those that it stands on."""
    rooms: dict[str, set[str]] = {room(name): set() for name in MODULES}
    for name, others in GRAPH.items():
        rooms[room(name)] |= {room(other) for other in others} - {room(name)}
    assert circle(rooms) == []


def test_nothing_imports_the_command_line() -> None:
    assert not [name for name, others in GRAPH.items() if "course_tools.cli" in others]


def test_what_runs_beside_a_students_code_imports_only_what_the_sandbox_shows() -> None:
    for name, others in GRAPH.items():
        if name.startswith(INSIDE):
            outside = {n for n in others if not n.startswith((INSIDE, "course_utils")) and n in MODULES}
            assert outside <= {"course_tools.grading.author", "course_tools.grading"}, name


@pytest.mark.parametrize(
    "command", [command.name or command.callback.__name__ for command in app.registered_commands]
)
def test_each_command_has_a_module_of_its_name(command: str) -> None:
    path = ROOT / "course_tools" / "cli.py"
    function = next(
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == command.replace("-", "_")
    )
    imported = [node for node in ast.walk(function) if isinstance(node, ast.ImportFrom)]
    assert [alias.name for node in imported for alias in node.names] == [command.replace("-", "_")]


@pytest.mark.parametrize("name", ["course_tools.authoring.build", "course_tools.grading.grade"])
def test_what_starts_often_does_not_wait_for_torch(name: str) -> None:
    """The grader's own process never needs it, and building only where something has changed."""
    command = [sys.executable, "-c", f"import sys, {name}; sys.exit('torch' in sys.modules)"]
    assert subprocess.run(command, check=False).returncode == 0


def test_the_repository_is_found_in_one_place() -> None:
    """Only paths.py says where the root is; bootstrap.py runs before anything can be imported."""
    for package in (*FLOORS, "tests", "bench"):
        for path in (ROOT / package).rglob("*.py"):
            if path.name not in ("paths.py", "bootstrap.py"):
                assert not [line for line in path.read_text("utf-8").splitlines() if line.startswith("ROOT =")], path


def test_importing_every_module_of_a_lesson_loads_nothing_behind_the_command() -> None:
    names = [name for name in MODULES if name.startswith("course_utils") and not name.endswith(".example")]
    program = (
        f"import sys, importlib\nfor name in {names}: importlib.import_module(name)\n"
        "print([name for name in sys.modules if name.startswith('course_tools')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout.strip() == "[]"
