"""The seam to nbgrader 0.9: all that depends on how it works inside, and nothing else does.

    from course_tools.grading.nbgrader_0_9.plug import plug_in
    plug_in(c)                                     # in nbgrader_config.py

`plug` makes `nbgrader autograde` and formgrader's button grade as `course grade` does, `tables` reads and writes the
gradebook's rows, `marks` says what a cell earns, `pages` has feedback written, `extractor` unpacks archives for
`nbgrader zip_collect`, `validation` says what *Validate* found. Elsewhere the course uses what nbgrader documents:
the metadata of its cells, the Gradebook's methods, the class for exporters. Another minor of nbgrader gets a folder
of its own name, with the same functions. One file of this kind lies outside, since authors' builds need it, on which
this folder stands: `new_gradebook`.
"""

from importlib.metadata import version

from course_utils.errors import CourseError

FITS = "0.9"


def require_fitting(installed: str) -> None:
    """Raise CourseError, which says what to install, when nbgrader is of another minor version than this folder's."""
    if installed.split(".")[:2] != FITS.split("."):
        raise CourseError(
            f"nbgrader {installed} is installed, and this course grades with nbgrader {FITS}: "
            f"install it with pip install 'nbgrader=={FITS}.*'."
        )


require_fitting(version("nbgrader"))
