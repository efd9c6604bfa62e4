"""The cells of a task that varies: what `own` and `options` find in the notebook, change and put there."""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from course_utils.errors import CourseError


def named(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell of nbgrader's with this name. Raises CourseError when there is none."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == name:
            return cell
    raise CourseError(f"variants.py varies {name}, and there is no such cell. Correct the name.")


def above(notebook: NotebookNode, name: str) -> list[NotebookNode]:
    """The cells of a task above its answer `name`, from its heading on, that are no cells of nbgrader's."""
    at = notebook.cells.index(named(notebook, name))
    texts = [i for i in range(at) if notebook.cells[i].cell_type == "markdown"]
    first = max((i for i in texts if notebook.cells[i].source.startswith("## ")), default=0)
    return [cell for cell in notebook.cells[first:at] if "nbgrader" not in cell.metadata]


def reword(notebook: NotebookNode, name: str, texts: dict[str, str]) -> None:
    """Replace texts of a task, in place. Raises CourseError for one that does not stand there once."""
    cells = above(notebook, name)
    for old, new in texts.items():
        if (count := sum(cell.source.count(old) for cell in cells)) != 1:
            raise CourseError(f"variants.py, {name}: {old!r} stands {count} times in the task, not once.")
        for cell in cells:
            cell.source = cell.source.replace(old, new)


def locked(name: str, source: str, cell_id: str) -> NotebookNode:
    """A code cell of the instructor's, named `name`, that gives no points."""
    cell = new_code_cell(source, id=cell_id[:64])
    cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": name, "locked": True}
    cell.metadata["nbgrader"] |= {"grade": False, "solution": False, "task": False}
    return cell
