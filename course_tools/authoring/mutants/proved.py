"""Exercises of which it was seen that no mutant survives, each with a digest of all on which that depends.

tests/chapters/mutants/03_x.json holds the digests; `course mutants` writes them. A test runs the mutants of every
exercise whose digest is another one, and with --all-mutants those of all.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from course_tools import mutation
from course_tools.authoring.mutants.trial import Exercise
from course_tools.paths import ROOT
from course_utils import check, closeness

SOURCES = (
    *sorted(Path(mutation.__file__).parent.glob("*.py")),
    Path(closeness.__file__),
    *(Path(check.__file__).parent / f"{name}.py" for name in ("answers", "differences", "inputs", "values")),
)


def path(name: str, root: Path = ROOT) -> Path:
    """Where the digests of an assignment lie."""
    return root / "tests" / "chapters" / "mutants" / f"{name}.json"


def digest(exercise: Exercise, equivalents: Mapping[tuple[str, str], str]) -> str:
    """A digest of the exercise, of the set-up before it, of its equivalents, of the operators and of what judges."""
    listed = sorted(line for cell, line in equivalents if cell == exercise.name)
    test = [exercise.test.visible, *exercise.test.reference_parts]
    code = [p.read_text(encoding="utf-8") for p in SOURCES]
    text = json.dumps([exercise.setup, exercise.source, test, listed, code])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def known(name: str, root: Path = ROOT) -> dict[str, str]:
    """The digests of an assignment's exercises, by name."""
    file = path(name, root)
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return found


def note(name: str, digests: Mapping[str, str], exercises: Iterable[str], root: Path = ROOT) -> None:
    """Write digests beside those that are known; names that are no exercises any more are dropped."""
    kept = {**known(name, root), **digests}
    kept = {exercise: kept[exercise] for exercise in exercises if exercise in kept}
    file = path(name, root)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
