"""A student hands in: one file that any learning management system takes, after a look at what is in it."""

import io
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_tools.grading.course import Course
from course_tools.grading.inside.text import shown
from course_tools.grading.intake import review, visible
from course_tools.grading.intake.archives import LIMIT, by_itself
from course_tools.grading.intake.clean import MAX_FILE_BYTES, MAX_FILES
from course_tools.grading.intake.notebooks import Cell, Unreadable, empty_cells, parse
from course_tools.paths import ROOT
from course_utils.check import banned
from course_utils.errors import CourseError

FIRST, LAST = datetime(1980, 1, 1), datetime(2107, 12, 31, 23, 59, 58)  # the dates that a zip can hold
FETCHED = "feedback/"  # what the student fetched earlier is not handed in again


def run(name: str, root: Path = ROOT) -> None:
    """Say how the student's notebook stands, pack it with what lies beside it, and say where the file lies.

    Nothing that is said keeps anybody from handing in.
    """
    name = Course(root).assignment(name)
    source = root / "work" / "assignments" / name / f"{name}.ipynb"
    data = _bytes(source, root)
    cells = _cells(data, source.relative_to(root))
    files, left = _beside(source, root / "assignments" / name)
    saved = f"{_changed(source):%H:%M on %d %B %Y}"
    new = pack(source, data, files)  # as it is now: the checks that run next take a while, and may write files
    _review(cells, files, source.parent, name, root)
    target = root / "work" / "handin" / f"{name}.zip"
    try:
        earlier = _set_aside(target, new)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(new)
    except OSError as e:  # on Windows a file that another program holds can be neither renamed nor written
        raise CourseError(f"{target} cannot be written ({e.strerror}). Close what uses it and try again.") from e
    if files:
        print(f"Packed with it: {shown(', '.join(sorted(files)))}")
    for file, why in left.items():
        print(shown(f"Not packed: {file} ({why})"))
    print(f"Your notebook as you saved it at {saved}; what you changed after that is not in it.")
    if earlier:
        print(f"What you packed before is kept: {earlier}")
    print(f"Ready to hand in: {target} ({len(new) / 1000:.0f} kB)")
    print("Upload this one file to the page of your course. Your notebook was not changed.")


def _review(cells: list[Cell], files: dict[str, bytes], folder: Path, name: str, root: Path) -> None:
    """Say which answers are empty, cannot be compiled, use what is banned, or fail their visible checks."""
    released = _released(name, root)
    empty, known = empty_cells(cells, released), review.exercises(released)
    for cell in empty:
        print(f"Still empty: {shown(cell)}")
    modules = [data.decode("utf-8", "replace") for file, data in files.items() if file.endswith(".py")]
    bans = banned.read(root / "course_utils" / "hints" / f"{name}.json")
    wrong = review.of_text(cells, released, bans, modules)
    told: dict[str, str | None] = {exercise.check: None for exercise in known}
    stopped = False
    if any(exercise.name not in empty for exercise in known):
        skip = "; Ctrl-C skips them" if sys.stdin.isatty() else ""
        print(f"The checks that you see run once more, from the top{skip}.", flush=True)
        try:
            told = visible.run(cells, released, folder)
        except (Exception, KeyboardInterrupt) as e:  # whatever happens here, the student can hand in
            stopped = True
            print(shown(f"They were not run to the end ({type(e).__name__})."))
    for line in review.sentences(known, empty, wrong, told):
        print(shown(line))
    print(review.total(known, wrong, told, review.by_hand(released), stopped))


def _set_aside(target: Path, new: bytes) -> Path | None:
    """Rename an earlier file that holds something else, by the time when it was made; its new path."""
    if not target.exists() or target.read_bytes() == new:
        return None
    made = f"{_changed(target):%Y-%m-%d %H.%M.%S}"
    name, count = f"{target.stem} ({made})", 1
    while (kept := target.with_name(f"{name}.zip" if count == 1 else f"{name}, {count}.zip")).exists():
        count += 1
    target.rename(kept)
    return kept


def pack(source: Path, data: bytes, files: dict[str, bytes]) -> bytes:
    """A zip that holds the notebook's bytes as they are, and the files beside it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {source.name: data, **files}.items():
            entry = zipfile.ZipInfo(name, date_time=_changed(source.parent / name).timetuple()[:6])
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _changed(path: Path) -> datetime:
    """When a file was changed, as far as a zip can say it; its first date where the disk has no sensible one."""
    try:
        return min(max(datetime.fromtimestamp(path.stat().st_mtime), FIRST), LAST)
    except (OverflowError, OSError, ValueError):
        return FIRST


def _beside(source: Path, released: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files that the notebook may need, as far as they are the student's own; and why others are not packed."""
    files: dict[str, bytes] = {}
    left: dict[str, str] = {}
    for path in sorted(p for p in source.parent.rglob("*") if p.is_file() and p != source):
        name = path.relative_to(source.parent).as_posix()
        if by_itself(name) or name.startswith(FETCHED):
            continue
        if path.suffix == ".ipynb":
            left[name] = f"only {source.name} is graded; if your work is in this one, copy it over"
        elif path.is_symlink() or sum(map(len, files.values())) + path.stat().st_size > MAX_FILE_BYTES:
            left[name] = "it is a link, or too large"
        elif len(files) >= MAX_FILES:
            left[name] = f"only {MAX_FILES} files are packed"
        else:
            try:
                content = path.read_bytes()
            except OSError as e:
                left[name] = f"it cannot be read: {e.strerror}"
                continue
            if not _same(content, released / name):
                files[name] = content
    return files, left


def _same(content: bytes, given: Path) -> bool:
    return given.is_file() and given.read_bytes() == content


def _released(name: str, root: Path) -> NotebookNode:
    return nbformat.read(root / "assignments" / name / f"{name}.ipynb", as_version=4)


def _bytes(source: Path, root: Path) -> bytes:
    where = source.relative_to(root)
    try:
        data = source.read_bytes()
    except FileNotFoundError as e:
        raise CourseError(f"There is no {where} to hand in. Open the exercise with `course lab` first.") from e
    except OSError as e:
        raise CourseError(f"{where} cannot be read ({e.strerror}). Close what uses it and try again.") from e
    if len(data) > LIMIT:
        raise CourseError(
            f"{where} is {len(data) / 1e6:.0f} MB and no more than {LIMIT / 1e6:.0f} MB is taken. "
            "In JupyterLab choose Edit, Clear Outputs of All Cells, save it and try again."
        )
    return data


def _cells(data: bytes, where: Path) -> list[Cell]:
    try:
        return parse(data)
    except Unreadable as e:
        raise CourseError(
            f"{where} is not a notebook that can be read: {e}. Open it in JupyterLab and save it again."
        ) from e
