"""From the text sources to notebooks: chapters are paired, exercises become nbgrader assignments.

course_tools/authoring/chapters.py -> the table in README.md
chapters/*.py                     -> chapters/glossary.md
chapters/03_x.py                  -> chapters/03_x.ipynb                 (no outputs)
solutions/03_x/03_x.py            -> solutions/03_x/03_x.ipynb           (nbgrader's source, not committed)
                                  -> assignments/03_x/03_x.ipynb         (the student's version)
solutions/03_x/slips.py           -> course_utils/hints/03_x.json        (the hints, each locked by its mistake)
solutions/03_x/variants.py        -> solutions/03_x/variants.json        (with --variants: numbers of one's own)
"""

import ast
import hashlib
import os
import re
import sys
import tempfile
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from course_tools.authoring import glossary, hints, neighbours, own, own_inputs
from course_tools.authoring.chapters import with_table
from course_tools.grading import banned, variants
from course_tools.paths import ROOT
from course_utils.check.hints import locks
from course_utils.errors import CourseError, one_of

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
KEY = re.compile(r'check\.(?:own|options)\(\s*"([0-9a-f]{8})"')
BEGIN_SOLUTION = "### BEGIN SOLUTION"
# the tag of a cell after whose error "Run All" goes on, in JupyterLab and in nbclient; the error stays
GOES_ON = "raises-exception"


class BuildError(CourseError):
    """A source that cannot be built; the message says which and what to change."""


def run(names: list[str], root: Path = ROOT, own_numbers: bool = False) -> None:
    """Pair the named chapters (all, when there is no name), build their assignments, and say what changed.

    `own_numbers`: from now on each student has numbers of their own in the assignments named.
    """
    sources = [*chapters(root), *exercises(root)]
    known = sorted({source.stem for source in sources})
    wanted = {one_of(name, known) for name in names} or set(known)
    if own_numbers and not names:
        raise CourseError("Name the assignment whose numbers shall vary: course build 03 --variants")
    for name in sorted(wanted) if own_numbers else ():
        _begin_variants(root / "solutions" / name)
    changed = 0
    for source in sources:
        if source.stem in wanted:
            is_chapter = source.parent.name == "chapters"
            if is_chapter:
                write_if_changed(source, neighbours.with_links(source.read_text(encoding="utf-8"), source.stem, root))
            if pair(source) if is_chapter else assignment(source, root):
                changed += 1
                print(f"{'chapter' if is_chapter else 'assignment'} {source.stem} written")
    if table(root):
        changed += 1
        print("README.md: the table of the chapters written")
    if terms(root):
        changed += 1
        print("chapters/glossary.md written")
    if not changed:
        print("Everything was up to date.")


def chapters(root: Path = ROOT) -> list[Path]:
    """The chapter sources, in order."""
    return sorted((root / "chapters").glob("[0-9][0-9]_*.py"))


def exercises(root: Path = ROOT) -> list[Path]:
    """The sources of the assignments, in order."""
    return [p for p in sorted((root / "solutions").glob("[0-9][0-9]_*/*.py")) if p.stem == p.parent.name]


def environment_on_path() -> None:
    """Put this Python's commands first on PATH: nbgrader calls a bare `alembic` and `jupyter`."""
    folder = str(Path(sys.executable).parent)
    if folder not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = folder + os.pathsep + os.environ.get("PATH", "")


def write_if_changed(path: Path, text: str) -> bool:
    """Write `text` unless the file holds it already; say whether anything was written."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def pair(source: Path) -> bool:
    """Write the notebook of a chapter beside its source; say whether it changed."""
    return write_if_changed(source.with_suffix(".ipynb"), _text(read(source)))


def table(root: Path = ROOT) -> bool:
    """Write the README's table of the chapters; say whether it changed."""
    readme = root / "README.md"
    return readme.exists() and write_if_changed(readme, with_table(readme.read_text(encoding="utf-8"), root))


def terms(root: Path = ROOT) -> bool:
    """Write the glossary of all chapters; say whether it changed."""
    notebooks = {source.stem: read(source) for source in chapters(root)}
    defined = any(glossary.terms(name, notebook) for name, notebook in notebooks.items())
    return defined and write_if_changed(glossary.path(root), glossary.page(notebooks))


def nbgrader_source(source: Path) -> NotebookNode:
    """The instructor's notebook of an assignment, with nbgrader's metadata.

    A cell whose header carries a name is one of nbgrader's:
    ``# %% softmax`` with BEGIN/END SOLUTION is a solution, ``# %% test_softmax points=2`` a locked test,
    ``# %% why [markdown] points=1`` an answer graded by hand, ``# %% setup`` read-only. An answer or a test that
    fails does not keep the cells below from running.
    """
    notebook = read(source)
    seen: set[str] = set()
    for cell in notebook.cells:
        name, points = cell.metadata.pop("title", None), cell.metadata.pop("points", None)
        if name is None:
            if BEGIN_SOLUTION in cell.source or points is not None:
                raise BuildError(f"{source.name}: a cell with a solution or points has no name:\n{cell.source[:80]}")
            continue
        if name in seen or not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            raise BuildError(f"{source.name}: the cell name {name!r} is used twice or is not one plain word")
        seen.add(name)
        cell.metadata["nbgrader"] = _nbgrader_metadata(cell, name, points)
        if cell.cell_type == "code" and (points is not None or BEGIN_SOLUTION in cell.source):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), GOES_ON]
        cell.id = _digest(name)
    return notebook


def assignment(source: Path, root: Path = ROOT) -> bool:
    """Build the student's notebook with nbgrader's own generate_assignment; say whether it changed."""
    plain = nbgrader_source(source)
    _require_known_bans(plain)
    built = own.asked(plain, source.parent)
    write_if_changed(source.with_suffix(".ipynb"), _text(built))
    released = _generate_assignment(source.stem, built)
    changed = write_if_changed(root / "assignments" / source.stem / f"{source.stem}.ipynb", _text(released))
    return _locked(source, built, root) or changed


def _begin_variants(folder: Path) -> None:
    source = folder / f"{folder.name}.py"
    if not source.exists():
        raise CourseError(f"There is no {source}. Only an assignment has numbers that can vary.")
    if not variants.key(folder):
        _require_not_handed_out(folder)
    variants.begin(folder, lambda: own_inputs.chosen(folder.name, nbgrader_source(source), folder / "slips.py"))
    own = ", ".join(variants.inputs(folder)) or "no answer"
    print(f"{folder.name}: students have inputs of their own in the visible checks of {own}")


def _require_not_handed_out(folder: Path) -> None:
    """Refuse to draw a key for an assignment that students have: their answers were to other numbers."""
    from course_tools.grading.course import Course

    name, root = folder.name, folder.parents[1]
    if handed_in := sorted(Course(root).folder("submitted").glob(f"*/{name}")):
        raise CourseError(
            f"{name} was handed in already ({len(handed_in)} in {handed_in[0].parents[1]}), and right answers would "
            "become wrong. Use --variants before students get an assignment."
        )
    released = root / "assignments" / name / f"{name}.ipynb"
    cells = nbformat.read(released, as_version=4).cells if released.exists() else []
    if drawn := [found for cell in cells if (found := KEY.match(cell.source))]:
        raise CourseError(
            f"{released} was built with the key {drawn[0][1]}, and {folder / 'variants.json'} is gone. Restore that "
            "file; or, if nobody has the notebook yet, run `course build` without --variants first."
        )


def _locked(source: Path, built: NotebookNode, root: Path) -> bool:
    """Write the locked hints of an assignment, unless they belong to it already; say whether they were written."""
    planted, path = source.parent / "slips.py", hints.path(source.stem, root)
    if not planted.exists() or hints.belongs(path, built, planted):
        return False
    written = write_if_changed(path, hints.text(source.stem, built, planted))
    locks.cache_clear()  # who asks for a hint in this process gets the new ones
    return written


def _require_known_bans(notebook: NotebookNode) -> None:
    """Refuse a `banned(...)` of a name that nothing has, before any student works with it."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and "banned(" in cell.source:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "A cell")
            for statement in ast.parse(cell.source).body:
                banned.require_known(name, banned.names(name, statement) or ())


def read(source: Path) -> NotebookNode:
    """A py:percent source as a notebook without outputs, its cells' ids the same at each reading."""
    try:
        notebook = jupytext.read(source, fmt="py:percent")
    except Exception as e:
        raise BuildError(f"{source.name} cannot be read as a py:percent script: {e}") from e
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell, cell_id in zip(notebook.cells, _cell_ids(notebook), strict=True):
        cell.metadata.pop("lines_to_next_cell", None)
        cell.id = cell_id
    return notebook


def _cell_ids(notebook: NotebookNode) -> list[str]:
    """An id for each cell from its section's heading and its place there: a rebuild changes none that stayed.

    (jupytext and nbgrader draw random ones.)
    """
    ids: list[str] = []
    count: dict[str, int] = {}
    section = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (headings := re.findall(r"^#{1,3} +(.+)$", cell.source, re.MULTILINE)):
            section = headings[-1]
        count[section] = count.get(section, 0) + 1
        ids.append(_digest(f"{section}/{count[section]}"))
    if len(set(ids)) < len(ids):
        raise BuildError("two cells would get the same id; give the sections different headings")
    return ids


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _nbgrader_metadata(cell: NotebookNode, name: str, points: float | None) -> dict[str, object]:
    by_hand = cell.cell_type == "markdown" and points is not None
    solution = BEGIN_SOLUTION in cell.source or by_hand
    metadata: dict[str, object] = {
        "schema_version": 3,
        "grade_id": name,
        "grade": points is not None,
        "solution": solution,
        "locked": not solution,
        "task": False,
    }
    return metadata if points is None else {**metadata, "points": points}


def _generate_assignment(name: str, built: NotebookNode) -> NotebookNode:
    """Run nbgrader's generate_assignment in a folder of its own: the instructor's gradebook is not touched."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    from course_tools.grading import new_gradebook

    environment_on_path()
    new_gradebook.make_it_here()
    with tempfile.TemporaryDirectory(prefix="course-build-") as folder:
        course = Path(folder)
        write_if_changed(course / "source" / name / f"{name}.ipynb", _text(built))
        config = Config()
        config.CourseDirectory.root = folder
        config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
        result = NbGraderAPI(config=config).generate_assignment(name)
        if not result["success"]:
            raise BuildError(f"nbgrader could not build {name}:\n{result.get('log') or result.get('error')}")
        released = nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)
    for cell, source_cell in zip(released.cells, built.cells, strict=True):
        cell.id = source_cell.id
    released.metadata = built.metadata
    return released


def _text(notebook: NotebookNode) -> str:
    """The notebook as text: validated, without outputs, and the same for the same contents."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"
