"""Do pyproject.toml, constraints.txt, environment.yml and bootstrap.py agree with one another?"""

import ast
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distributions, requires
from itertools import pairwise
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

OURSELVES = "deep-learning-by-hand"


def disagreements(
    pyproject: dict[str, Any], constraints: str, environment: dict[str, Any], bootstrap: str
) -> list[str]:
    """A sentence for each place where the files contradict one another."""
    pins, bad_lines = read_pins(constraints)
    return [
        *bad_lines,
        *bounds(pyproject["project"], pins),
        *conda(pyproject["project"], environment),
        *pythons(pyproject, bootstrap),
        *groups(pyproject["project"], bootstrap),
    ]


def read_pins(constraints: str) -> tuple[dict[str, str], list[str]]:
    """The exact versions, by name; and a sentence for each line that is none."""
    pins: dict[str, str] = {}
    problems = []
    for line in filter(None, (line.split("#")[0].strip() for line in constraints.splitlines())):
        name, equal, version = line.partition("==")
        if not equal or canonicalize_name(name) in pins:
            problems.append(f"constraints.txt: {line!r} is not an exact version, or stands there twice")
        pins[canonicalize_name(name)] = version
    return pins, problems


def requirements(project: dict[str, Any]) -> list[Requirement]:
    """Every dependency, the optional ones included, without ourselves."""
    lines = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    return [r for r in map(Requirement, lines) if canonicalize_name(r.name) != OURSELVES]


def bounds(project: dict[str, Any], pins: dict[str, str]) -> Iterator[str]:
    """Each dependency is bounded from above, and pinned inside its bounds."""
    for requirement in requirements(project):
        if not any(s.operator in ("<", "==") for s in requirement.specifier):
            yield f"pyproject.toml: {requirement} has no upper bound"
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None or not requirement.specifier.contains(pin, prereleases=True):
            yield f"constraints.txt pins {requirement.name} at {pin}; pyproject.toml asks for {requirement.specifier}"


def conda(project: dict[str, Any], environment: dict[str, Any]) -> Iterator[str]:
    """environment.yml asks conda for Python and torch in our bounds, and pip for the rest: ourselves."""
    lines = [line for line in environment["dependencies"] if isinstance(line, str)]
    asked = {name: SpecifierSet(spec) for name, _, spec in (line.partition(" ") for line in lines)}
    torch = next(r.specifier for r in requirements(project) if r.name == "torch")
    wanted = {"python": SpecifierSet(project["requires-python"]), "pytorch-cpu": torch, "pip": SpecifierSet()}
    if asked != wanted:
        yield f"environment.yml asks conda for {asked}; pyproject.toml for {wanted}"
    if [line["pip"] for line in environment["dependencies"] if isinstance(line, dict)] != [["-e ."]]:
        yield "environment.yml must leave the rest to pip, as `-e .`"
    if environment["channels"] != ["conda-forge"] or environment["name"] != OURSELVES:
        yield f"environment.yml must be called {OURSELVES} and use conda-forge alone"


def pythons(pyproject: dict[str, Any], bootstrap: str) -> Iterator[str]:
    """The set-up accepts exactly the Pythons of requires-python, and ruff reads the code as the oldest does."""
    asked = SpecifierSet(pyproject["project"]["requires-python"])
    allowed = [minor for minor in range(30) if asked.contains(f"3.{minor}.5")]
    found = re.search(r"\(3, (\d+)\) <= sys\.version_info\[:2\] <= \(3, (\d+)\)", bootstrap)
    if not found or [int(found[1]), int(found[2])] != [allowed[0], allowed[-1]]:
        yield f"bootstrap.py accepts other Pythons than {asked}"
    if pyproject["tool"]["ruff"]["target-version"] != f"py3{allowed[0]}":
        yield f"ruff's target-version is not the oldest Python of {asked}"


def groups(project: dict[str, Any], bootstrap: str) -> Iterator[str]:
    """What the set-up can install: first what the course needs, then extras that each hold the one before."""
    found = re.search(r"^GROUPS = (\{.+\})$", bootstrap, re.MULTILINE)
    extras = [extra.strip("[]") for extra in ast.literal_eval(found[1]).values()] if found else []
    if extras[:1] != [""] or any(extra not in project["optional-dependencies"] for extra in extras[1:]):
        yield f"bootstrap.py installs {extras}, which are not the course and extras of pyproject.toml"
        return
    for smaller, larger in pairwise(extras[1:]):
        if not packages(project, smaller) <= packages(project, larger):
            yield f"bootstrap.py takes {larger!r} to hold {smaller!r}; pyproject.toml does not say so"


def packages(project: dict[str, Any], extra: str) -> set[str]:
    """What an extra asks for, with the extras that it names."""
    asked = [Requirement(line) for line in project["optional-dependencies"][extra]]
    inner = [name for r in asked if canonicalize_name(r.name) == OURSELVES for name in r.extras]
    return {str(r) for r in asked}.union(*(packages(project, name) for name in inner))


def unpinned(pins: dict[str, str]) -> list[str]:
    """The packages that ours need here, directly or not, and that constraints.txt does not pin."""
    waiting, seen = [Requirement(f"{OURSELVES}[dev]")], set()
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), sorted(requirement.extras) or [""]
        if (name, *extras) in seen:
            continue
        seen.add((name, *extras))
        try:
            needed = [Requirement(line) for line in requires(name) or []]
        except PackageNotFoundError:
            continue
        waiting += [r for r in needed if r.marker is None or any(r.marker.evaluate({"extra": e}) for e in extras)]
    return sorted({name for name, *_ in seen} - pins.keys() - {OURSELVES})


def refusals(pins: dict[str, str], pythons: SpecifierSet) -> list[str]:
    """The pins that do not install on the first release of a Python that we allow, as far as they lie here.

    Computers keep the release that their system came with: Debian 12 has 3.11.2.
    """
    first = [f"3.{minor}.0" for minor in range(30) if pythons.contains(f"3.{minor}.0")]
    return sorted(
        f"{canonicalize_name(package.name)} {package.version} needs Python {wanted}"
        for package in distributions()
        if package.version == pins.get(canonicalize_name(package.name))
        and (wanted := package.metadata.get("Requires-Python"))
        and not all(SpecifierSet(wanted).contains(python) for python in first)
    )
