"""`course floors`: run a chapter with five seeds and record the results that it promises.

tests/floors/<chapter>.json holds the seeds, each result's bound and five values, the version of torch, and a
digest of the code that made them. A test holds the record to the present code, so that a floor is never a claim
about an earlier one.
"""

import ast
import hashlib
import json
from pathlib import Path
from typing import Any

from course_utils import build, execution
from course_utils.errors import CourseError, one_of

ROOT = Path(__file__).resolve().parent.parent
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
    return root / "tests" / "floors" / f"{name}.json"


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
    """A digest of a chapter's code cells and of the modules of course_utils that its results draw on."""
    code = [cell.source for cell in build.read(source).cells if cell.cell_type == "code"]
    modules = sorted(drawn_on("\n".join(code), root))
    parts = [*code, *((root / "course_utils" / f"{name}.py").read_text(encoding="utf-8") for name in modules)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


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
