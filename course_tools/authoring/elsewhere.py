"""Where the course can be had, and the first cell of a notebook that is taken away from it.

The one setting is the address of the published students' edition in pyproject.toml; without it nothing is offered:

    [project.urls]
    Repository = "https://github.com/owner/name"
"""

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from course_utils.errors import CourseError

GITHUB = re.compile(r"https://github\.com/(?P<name>[\w.-]+/[\w.-]+?)(\.git)?(/tree/(?P<branch>[\w./-]+?))?/?")
ANY = re.compile(r"https://[\w.:-]+(/[\w.~+-]+)+/?")  # it is written into a command, so no other characters
CELL = "course"  # the id of the cell
INSTALLS = """\
# This notebook belongs to the course "Deep Learning by Hand"; here the course is installed where it is missing.
try:
    import course_utils
except ModuleNotFoundError:
    %pip install -q {address}"""
SAYS = """\
try:
    import course_utils
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        'This notebook belongs to the course "Deep Learning by Hand": open it in the folder of the course, after '
        "`make lab` there, or install here the wheel that `pip wheel . --no-deps` makes there."
    ) from None"""


@dataclass(frozen=True)
class Elsewhere:
    """`address`: what pip installs, or ""; `github`: (repository, branch) for Colab and Binder, or ()."""

    address: str = ""
    github: tuple[str, str] | tuple[()] = ()


def find(root: Path) -> Elsewhere:
    """The setting of the course in `root`; COURSE_REPOSITORY=owner/name (and COURSE_BRANCH) wins over it.

    Raises CourseError when it is no address.
    """
    if named := os.environ.get("COURSE_REPOSITORY", ""):
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", named):
            raise CourseError(f"COURSE_REPOSITORY is {named!r}; give owner/name of the repository on GitHub.")
        url = f"https://github.com/{named}/tree/{os.environ.get('COURSE_BRANCH', 'main')}"
    else:
        url = _configured(root / "pyproject.toml")
    if not url:
        return Elsewhere()
    if not (there := GITHUB.fullmatch(url)):
        return Elsewhere(f"git+{url}")
    at = f"@{there['branch']}" if there["branch"] else ""
    return Elsewhere(f"git+https://github.com/{there['name']}{at}", (there["name"], there["branch"] or "main"))


def with_course(text: str, elsewhere: Elsewhere) -> str:
    """A notebook with a first code cell that installs the course where it is missing, or says in which it belongs.

    A notebook without code stays as it is.
    """
    notebook = nbformat.reads(text, as_version=4)
    first = next((i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"), None)
    if first is None:
        return text
    code = INSTALLS.format(address=elsewhere.address) if elsewhere.address else SAYS
    notebook.cells.insert(first, new_code_cell(code, id=CELL))
    return nbformat.writes(notebook) + "\n"


def _configured(pyproject: Path) -> str:
    """The address in pyproject.toml, or ""."""
    if not pyproject.exists():
        return ""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("project", {})
    url = str(project.get("urls", {}).get("Repository", ""))
    if url and not ANY.fullmatch(url):
        raise CourseError(f"Repository in pyproject.toml is {url!r}; give https://github.com/owner/name, say.")
    return url
