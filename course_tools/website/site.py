"""The rendered course: built from the chapters' sources, run once, into static files that need no server.

    chapters/*.py -> run (course_tools.authoring.execution) -> site/_build/source -> Sphinx -> site/_build/html

Everything generated lies under site/_build.
"""

from importlib.util import find_spec
from pathlib import Path

from course_tools.authoring import elsewhere
from course_tools.paths import ROOT, SITE
from course_tools.website import html, sources, vendor
from course_utils.errors import CourseError


def run(
    serve: bool = False, port: int = 8000, archive: bool = False, as_pdf: bool = False, as_epub: bool = False
) -> None:
    """Build the site; then pack it into one file, make a book of it, or show it in a browser, if asked.

    Raises CourseError when something is missing, a chapter fails, or a page is not as it should be.
    """
    from course_tools.website import deliver, epub, pdf

    if as_pdf:
        pdf.program()  # say what is missing before the pages are built
    folder = build()
    print(f"The pages are in {folder.relative_to(ROOT)}: open index.html there, with or without a server.")
    if archive:
        print(f"Packed into {deliver.pack(folder).relative_to(ROOT)}: unpack it on any static host.")
    if as_pdf:
        path = pdf.write(folder)
        print(f"The course as one PDF: {path.relative_to(ROOT)} ({path.stat().st_size / 1e6:.0f} MB).")
    if as_epub:
        path = epub.write(folder)
        print(f"The course as one EPUB: {path.relative_to(ROOT)} ({path.stat().st_size / 1e6:.1f} MB).")
    if serve:
        deliver.serve(folder, port)


def build(root: Path = ROOT, out: Path = SITE / "_build", say: bool = True) -> Path:
    """Build the site of the course in `root` into `out`; the folder of the pages.   See `run`."""
    if find_spec("sphinx") is None:
        raise CourseError("The pages need Sphinx. Install it with: pip install -e '.[site]'")
    vendor.collect(SITE, out / "vendor")
    sources.assemble(root, SITE, out / "source", say=say)
    return html.build(SITE, out, elsewhere.find(root))
