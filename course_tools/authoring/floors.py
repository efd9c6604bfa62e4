"""`course floors`: run a chapter with five seeds and record the results that it promises.

tests/chapters/floors/<chapter>.json holds the seeds, each result's bound and five values, the version of torch, and a
digest of the code that made them. A test holds the record to the present code, so that a floor is never a claim
about an earlier one.
"""

import ast
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from course_tools.authoring import build, execution
from course_tools.paths import ROOT
from course_utils.errors import CourseError, one_of

SEEDS = range(5)
PICTURES = {"plots", "widgets", "progress"}  # modules that draw; no result depends on them


def run(names: list[str], root: Path = ROOT) -> None:
    """Record the named chapters, or all; say each value. Raises CourseError when a bound is missed."""
    sources = {source.stem: source for source in build.chapters(root)}
    for name in [one_of(name, sources) for name in names] or sources:
        path = record_path(name, root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps(record(sources[name], root), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        print(f"{name} recorded in {path.relative_to(root)}")


def record_path(name: str, root: Path = ROOT) -> Path:
    """Where the record of a chapter lies."""
    return root / "tests" / "chapters" / "floors" / f"{name}.json"


def record(source: Path, root: Path = ROOT) -> dict[str, Any]:
    """Run a chapter with each seed.

    Returns the seeds, `results` (name -> at_least, at_most, values), torch's version and the digest of the code.
    """
    results: dict[str, dict[str, Any]] = {}
    for seed in SEEDS:
        measured = execution.run(source, seed).metadata["course"]["results"]
        for row in measured:
            bounds = {"at_least": row["at_least"], "at_most": row["at_most"]}
            result = results.setdefault(row["name"], {**bounds, "values": []})
            result["values"].append(row["value"])
            print(f"{source.stem}, seed {seed}: {row['name']} {row['value']:.4g}", flush=True)
    for name, result in results.items():
        if len(result["values"]) != len(SEEDS):
            raise CourseError(f"{source.name} measures {name!r} more than once a run. Give each result its own name.")
    return {"seeds": list(SEEDS), "torch": torch_version(root), "code": code_digest(source, root), "results": results}


def torch_version(root: Path = ROOT) -> str:
    """The pinned version of torch, on which every value depends."""
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return next(line.removeprefix("torch==") for line in lines if line.startswith("torch=="))


def code_digest(source: Path, root: Path = ROOT) -> str:
    """A digest of a chapter's code and of the definitions of course_utils that it reaches, whatever their layout."""
    cells = [cell.source for cell in build.read(source).cells if cell.cell_type == "code"]
    code = ast.unparse(ast.parse("\n".join(cells)))
    return hashlib.sha256(json.dumps([code, *reached(code, root)]).encode()).hexdigest()[:16]


def reached(code: str, root: Path = ROOT) -> list[str]:
    """The definitions in the modules that `code` draws on whose names stand in it, or in one already found.

    So a new data set leaves the records of the chapters that do not use it as they are.
    """
    waiting = [d for module in sorted(drawn_on(code, root)) for d in _definitions(root, module)]
    found: list[str] = []
    words = set(re.findall(r"\w+", code))
    while near := [(name, text) for name, text in waiting if name in words]:
        for definition in near:
            waiting.remove(definition)
            found.append(definition[1])
            words |= set(re.findall(r"\w+", definition[1]))
    return sorted(found)


def _definitions(root: Path, module: str) -> list[tuple[str, str]]:
    """The functions, classes and assignments at the top of a module: name and text."""
    found: list[tuple[str, str]] = []
    for node in ast.parse((root / "course_utils" / f"{module}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append((node.name, ast.unparse(node)))
        elif isinstance(node, ast.Assign):
            found += [(t.id, ast.unparse(node)) for t in node.targets if isinstance(t, ast.Name)]
    return found


def drawn_on(code: str, root: Path = ROOT) -> set[str]:
    """The modules of course_utils that `code` imports, and those that they import, except those that draw."""
    found: set[str] = set()
    waiting = _imported(code)
    while waiting:
        name = waiting.pop()
        path = root / "course_utils" / f"{name}.py"
        if name not in PICTURES | found and path.exists():
            found.add(name)
            waiting |= _imported(path.read_text(encoding="utf-8"))
    return found


def _imported(code: str) -> set[str]:
    """`from course_utils import a` and `from course_utils.a import b` both import `a`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == "course_utils":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_utils."):
            names.add(str(node.module).split(".")[1])
    return names
