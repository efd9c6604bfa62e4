"""`course floors`: run a chapter with five seeds and record the results that it promises.

tests/chapters/floors/<chapter>.json holds the seeds, each result's bound and five values, the version of torch, and a
digest of the code that made them. A test holds the record to the present code, so that a floor is never a claim
about an earlier one. What draws and what is said does not belong to that code (measured.py).
"""

import hashlib
import json
import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from course_tools.authoring import build, depends, execution, measured
from course_tools.paths import ROOT
from course_utils.errors import CourseError, one_of

SEEDS = range(5)
AT_ONCE = 2  # runs, each on one thread: the course is made for two cores
# What passes or fails and changes no value that is measured.
JUDGING = tuple(f"course_utils.check.{name}" for name in ("answers", "banned", "bugs", "failure"))


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
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for seed, ran in zip(SEEDS, pool.map(partial(execution.run, source), SEEDS), strict=True):
            for row in ran.metadata["course"]["results"]:
                bounds = {"at_least": row["at_least"], "at_most": row["at_most"]}
                result = results.setdefault(row["name"], {**bounds, "values": []})
                result["values"].append(row["value"])
                print(f"{source.stem}, seed {seed}: {row['name']} {row['value']:.4g}", flush=True)
    for name, result in results.items():
        if len(result["values"]) != len(SEEDS):
            raise CourseError(f"{source.name} measures {name!r} more than once a run. Give each result its own name.")
    return {"seeds": list(SEEDS), "torch": torch_version(root), "code": code_digest(source, root), "results": results}


def problems(record: dict[str, Any], code: str, promised: dict[str, dict[str, Any]]) -> list[str]:
    """Why a record of floors cannot be trusted; `promised` are the results of a run, by name."""
    found = []
    if record["code"] != code or record["torch"] != torch_version():
        found.append("the record belongs to other code: run `make floors`")
    if record["seeds"] != list(SEEDS) or record["results"].keys() != promised.keys():
        found.append("the record has other seeds or results: run `make floors`")
    for name, result in record["results"].items():
        bounds = {k: result[k] for k in ("at_least", "at_most")}
        if name in promised and bounds != {k: promised[name][k] for k in bounds}:
            found.append(f"{name}: the bound is another one")
        found += [f"{name}: {v} misses its bound" for v in result["values"] if not _within(v, **bounds)]
        if len(result["values"]) != len(SEEDS):
            found.append(f"{name}: {len(result['values'])} values for {len(SEEDS)} seeds")
    return found


def _within(value: float, at_least: float | None, at_most: float | None) -> bool:
    low = at_least if at_least is not None else -math.inf
    high = at_most if at_most is not None else math.inf
    return math.isfinite(value) and low <= value <= high


def torch_version(root: Path = ROOT) -> str:
    """The pinned version of torch, on which every value depends."""
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return next(line.removeprefix("torch==") for line in lines if line.startswith("torch=="))


def code_digest(source: Path, root: Path = ROOT) -> str:
    """A digest of the code that measures: of the chapter (see measured.py) and of what it reaches in course_utils."""
    cells = [cell.source for cell in build.read(source).cells if cell.cell_type == "code"]
    code = measured.code("\n".join(cells))
    reached = depends.reached(code, root, leave=(*measured.DRAWING, *JUDGING))
    helpers = [(name, measured.without_text(text)) for name, text in reached.definitions]
    return hashlib.sha256(json.dumps([code, helpers]).encode()).hexdigest()[:16]
