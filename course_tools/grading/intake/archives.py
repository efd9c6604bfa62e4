"""What a learning management system's archive holds: whose files they are, and the notebook in each.

Nothing of an archive is written under a name that stands in it, and no file is unpacked beyond a fixed size: a path
that leads outside, a link or a zip bomb costs its own student a sentence and nobody else anything.

Names of files, by system (mod/assign/classes/downloader.php of Moodle 4.5, lib/content_zipper.rb of Canvas):

    Ada Lovelace_4711_assignsubmission_file/03_x.zip     Moodle, a folder for each student ("_file_" before 4.0)
    Ada Lovelace_4711_assignsubmission_file_03_x.zip     Moodle, without folders
    lovelaceada_4711_90210_03_x.zip                      Canvas ("lovelaceada_LATE_4711_..." when late)
"""

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from course_tools.grading.inside.text import valid
from course_tools.grading.intake.submit import LIMIT

MOODLE = re.compile(r"(?:.*/)?(?P<name>[^/]*)_(?P<number>\d+)_assignsubmission_file_?(?:/(?:.*/)?)?(?P<file>[^/]+)")
CANVAS = re.compile(r"(?:.*/)?(?P<name>[^/_]+)(?:_LATE)?_(?P<number>\d+)_\d+_(?P<file>[^/]+)")
MANY = 20_000  # files in one archive
ENTRY = b"PK\1\2"  # what the list of an archive's files has before each
BROKEN = Exception  # zipfile raises a dozen kinds for bytes that are no archive, those of each packer's among them


class NotTaken(Exception):
    """A file that is not taken; the message is one sentence that says why."""


@dataclass(frozen=True)
class HandedIn:
    """One file of one student: their name and number in the learning management system, and a notebook's bytes.

    `prefix` is what stands before the file's name in the archive: a file that is to go back to the student begins
    with it.
    """

    name: str
    number: str
    prefix: str
    file: str
    when: tuple[int, ...]
    notebook: bytes


def read(folder: Path, assignment: str) -> Iterator[HandedIn | str]:
    """Every notebook in the archives of a folder; a sentence for each file that is not taken."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        label = valid(path.relative_to(folder).as_posix())
        if owner(label):
            yield from _file(label, path, assignment)
        elif path.suffix.lower() == ".zip":
            yield from _archive(path, assignment)
        else:
            yield f"{label}: its name does not say whose it is; it was left out."


def owner(label: str) -> re.Match[str] | None:
    """Whose file this is, from its path in the archive: groups `name`, `number` and `file`."""
    return MOODLE.fullmatch(label) or CANVAS.fullmatch(label)


def _file(label: str, path: Path, assignment: str) -> Iterator[HandedIn | str]:
    """A student's file that lies in the folder by itself, as when the archive was unpacked by hand."""
    if path.stat().st_size > LIMIT:
        yield f"{label}: it is larger than {LIMIT / 1e6:.0f} MB; it was left out."
        return
    yield from _handed_in(label, path.read_bytes(), (0,), assignment)


def _archive(path: Path, assignment: str) -> Iterator[HandedIn | str]:
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in _entries(archive, path.name):
                yield from [entry] if isinstance(entry, str) else _entry(archive, entry, assignment)
    except BROKEN as e:
        yield f"{path.name}: {_reason(e)}; it was left out."


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, assignment: str) -> Iterator[HandedIn | str]:
    label = file_name(entry)
    if not owner(label):
        yield f"{label}: its name does not say whose it is; it was left out."
        return
    try:
        data = _unpack(archive, entry)
    except BROKEN as e:
        yield f"{label}: {_reason(e)}; it was left out."
        return
    yield from _handed_in(label, data, entry.date_time, assignment)


def _handed_in(label: str, data: bytes, when: tuple[int, ...], assignment: str) -> Iterator[HandedIn | str]:
    """The notebook of a file that a student handed in: a zip, or the notebook itself."""
    match = owner(label)
    assert match is not None
    suffix = PurePosixPath(label).suffix.lower()
    if suffix not in (".zip", ".ipynb"):
        yield f"{label}: it is neither a zip nor a notebook; it was left out."
        return
    try:
        if suffix == ".zip":
            if data.count(ENTRY) > MANY:
                raise NotTaken(f"it holds more than {MANY} files")
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                entries = list(_entries(packed, label))
                yield from (entry for entry in entries if isinstance(entry, str))
                data = _unpack(packed, _notebook([e for e in entries if not isinstance(e, str)], assignment))
        prefix = label[: match.start("file")]
        yield HandedIn(match["name"], match["number"], prefix, match["file"], when, data)
    except BROKEN as e:
        yield f"{label}: {_reason(e)}; it was left out."


def _entries(archive: zipfile.ZipFile, label: str) -> Iterator[zipfile.ZipInfo | str]:
    """The plain files of an archive; a sentence for each entry that tries to be something else."""
    entries = [e for e in archive.infolist() if not e.is_dir()]
    if len(entries) > MANY:
        raise NotTaken(f"it holds {len(entries)} files, more than {MANY}")
    seen: set[str] = set()
    for entry in entries:
        name = file_name(entry)
        path = PurePosixPath(name.replace("\\", "/"))
        if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            yield f"{label}: {name!r} leads outside the archive; it was left out."
        elif stat.S_ISLNK(entry.external_attr >> 16):
            yield f"{label}: {name!r} is a link, not a file; it was left out."
        elif name in seen:
            yield f"{label}: it holds {name!r} twice; the first was taken."
        else:
            seen.add(name)
            yield entry


def _notebook(entries: list[zipfile.ZipInfo], assignment: str) -> zipfile.ZipInfo:
    """The one notebook that is meant: the assignment's by name, or the only one."""
    found = [e for e in entries if file_name(e).lower().endswith(".ipynb") and "checkpoint" not in file_name(e)]
    named = [e for e in found if PurePosixPath(file_name(e)).name == f"{assignment}.ipynb"]
    if not found:
        raise NotTaken("it holds no notebook")
    if len(named) != 1 and len(found) != 1:
        raise NotTaken(f"it holds {len(found)} notebooks and not exactly one is called {assignment}.ipynb")
    return (named if len(named) == 1 else found)[0]


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes of an entry, read no further than LIMIT whatever its header says."""
    with archive.open(entry) as file:
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise NotTaken(f"it is larger than {LIMIT / 1e6:.0f} MB when it is unpacked")
    return data


def file_name(entry: zipfile.ZipInfo) -> str:
    """The name of an entry: UTF-8 where it is, also when the archive does not say so."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return valid(name)


def _reason(error: Exception) -> str:
    if isinstance(error, NotTaken):
        return str(error)
    if "password" in str(error) or "encrypted" in str(error):
        return "it is locked with a password"
    return "it is not a zip that can be read"
