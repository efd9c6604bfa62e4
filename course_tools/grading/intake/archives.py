"""What a learning management system's archives hold: each student's files, also those in a zip of their own.

Nothing is taken whose name leads elsewhere, and no file is unpacked beyond a fixed size: a path that leads outside, a
link or a zip bomb costs its own student a sentence and nobody else anything. Both systems date each file of an
archive with the moment of the download (Moodle's lib `zip_writer` where no time is given, Canvas's
`get_output_stream`); in a student's own zip the date is that of the last change.
"""

import filecmp
import io
import shutil
import stat
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from course_tools.grading.inside.text import valid
from course_tools.grading.intake.owners import Owner, certain, whose
from course_tools.grading.step import TooLong

LIMIT, PACKED = 20_000_000, 64_000_000  # bytes of one file, of a student's zip
MANY = 20_000  # files in one archive
ENTRY = b"PK\1\2"  # what the list of an archive's files has before each
DEEP = 2  # zips within a student's zip that are looked into
BROKEN = Exception  # zipfile raises a dozen kinds for bytes that are no archive, those of each packer's among them
# What programs leave behind by themselves; a folder that is only called alike ("checkpoint-1") is a student's own.
BY_ITSELF = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", ".DS_Store", "Thumbs.db", "desktop.ini"}


class NotTaken(Exception):
    """A file that is not taken; the message is a clause that says why."""


class Note(str):
    """A sentence that needs nobody to look: what it tells is no student's work."""


@dataclass(frozen=True)
class File:
    """A file of a student. `path` is the name that the student gave it, in the zip `source` of theirs, if any.

    `when` it was changed last, as far as the archives tell. `prefix` is what the learning management system wrote
    before the name, in the archive `archive`: a file that is to go back to the student begins with it. `read` raises
    NotTaken, or what zipfile raises.
    """

    path: str
    when: tuple[int, ...]
    handed_in: tuple[int, ...]
    read: Callable[[], bytes]
    prefix: str
    archive: str
    source: str = ""

    @property
    def name(self) -> str:
        """The last part of its path."""
        return PurePosixPath(self.path).name

    @property
    def shown(self) -> str:
        """How a sentence calls it."""
        return f"{self.source}: {self.path}" if self.source else self.path

    @property
    def suffix(self) -> str:
        """The ending that tells what it is; browsers save notebooks as `x.ipynb.txt` and `x.ipynb.json`."""
        found = PurePosixPath(self.path).suffix.lower()
        return (
            ".ipynb" if found in (".txt", ".json") and self.path.lower()[: -len(found)].endswith(".ipynb") else found
        )


@dataclass
class Delivery:
    """What one student handed in, according to one archive."""

    owner: Owner
    archive: str
    files: list[File] = field(default_factory=list)


# -- keeping what was downloaded -----------------------------------------------------------------------------------


def store(files: Iterable[Path], folder: Path) -> None:
    """Put archives beside those of earlier collections; two of one name stay two, and the same one stays one."""
    for file in files:
        kept = [path for path in folder.rglob("*") if path.is_file() and path.name == file.name]
        if any(filecmp.cmp(file, path, shallow=False) for path in kept):
            continue
        target, number = folder / file.name, 1
        while target.exists():
            number += 1
            target = folder / str(number) / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)


# -- reading -------------------------------------------------------------------------------------------------------


def read(folder: Path, stack: ExitStack) -> tuple[list[Delivery], list[str]]:
    """What the archives of a folder hold, student by student; a sentence for each file of nobody.

    The archives stay open as long as `stack` does: a file is unpacked when it is asked for.
    """
    found: dict[tuple[str, Owner], Delivery] = {}
    said: list[str] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        label = valid(path.relative_to(folder).as_posix())
        for item in _of_one(path, label, stack):
            if isinstance(item, str):
                said.append(item)
            else:
                owner, file = item
                found.setdefault((label, owner), Delivery(owner, label)).files.append(file)
    return list(found.values()), said


def _of_one(path: Path, label: str, stack: ExitStack) -> Iterator[tuple[Owner, File] | str]:
    """The files in an archive, or the one file of a student that lies in the folder by itself."""
    try:
        archive = stack.enter_context(zipfile.ZipFile(path)) if path.suffix.lower() == ".zip" else None
        entries, said = _entries(archive, path.name) if archive else ([], [])
    except BROKEN as e:
        archive, entries, said = None, [], [f"{path.name}: {reason(e)}; it was left out."]
    alone = whose(label)
    if alone and (certain(path.name) or not _of_a_class(entries)):
        when = time.localtime(path.stat().st_mtime)[:6]
        yield alone.owner, File(alone.file, when, when, partial(_whole, path), alone.prefix, label)
    elif alone:
        yield (
            f"{label}: its name is that of one student's file, but it holds those of a class; it was left out. "
            "If it is the archive of the class, rename it and collect again."
        )
    elif archive is None:
        yield from said or [f"{label}: its name does not say whose it is; it was left out."]
    else:
        yield from said
        yield from _of_archive(archive, entries, label)


def _of_archive(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], label: str
) -> Iterator[tuple[Owner, File] | str]:
    """Every file of a class's archive, with its owner; a sentence for those of nobody."""
    root = _wrapper(entries)
    left = 0
    for entry in entries:
        name, twin = _untwinned(_path(entry), root)
        owned = whose(name)
        if owned:
            path = f"__MACOSX/{owned.file}" if twin else owned.file
            when = entry.date_time
            yield owned.owner, File(path, when, when, partial(_unpack, archive, entry), owned.prefix, label)
        elif twin or by_itself(name):
            left += 1
        else:
            yield f"{label}: {name} has a name that does not say whose it is; it was left out."
    if left:
        yield Note(f"{label}: {left} files that macOS or another program made by itself were left out.")


def _of_a_class(entries: list[zipfile.ZipInfo]) -> bool:
    root = _wrapper(entries)
    return any(whose(_untwinned(_path(entry), root)[0]) for entry in entries)


def _wrapper(entries: list[zipfile.ZipInfo]) -> str:
    """The folder, if any, that somebody put around all that the system wrote: it is nobody's, whatever its name."""
    names = [name for name in map(_path, entries) if not name.startswith("__MACOSX/")]
    first = names[0].partition("/")[0] + "/" if names else ""
    inside = [name[len(first) :] for name in names if name.startswith(first)]
    return first if len(inside) == len(names) and any(map(whose, inside)) and not certain(first[:-1]) else ""


def _untwinned(name: str, root: str) -> tuple[str, bool]:
    """An entry's name below the folder `root`, and whether macOS made it, as it does beside each file, for itself."""
    twin = name.startswith("__MACOSX/")
    folder, slash, last = name.removeprefix("__MACOSX/").removeprefix(root).rpartition("/")
    twin = twin or last.startswith("._")
    return folder + slash + (last.removeprefix("._") if twin else last), twin


def by_itself(path: str) -> bool:
    """Whether a program left this file behind by itself, an editor's settings and a folder of git among them."""
    *folders, name = path.split("/")
    hidden = any(folder.startswith(".") for folder in folders)
    return hidden or name.startswith("._") or not BY_ITSELF.isdisjoint([*folders, name])


def _whole(path: Path) -> bytes:
    """A student's file that lies in the folder by itself, as when the archive was unpacked by hand."""
    if path.stat().st_size > (limit := _limit(path.name)):
        raise NotTaken(f"it is larger than {limit / 1e6:.0f} MB")
    return path.read_bytes()


def _limit(name: str) -> int:
    return PACKED if name.lower().endswith(".zip") else LIMIT


# -- a student's own zips ------------------------------------------------------------------------------------------


def unpacked(files: Iterable[File], said: list[str], depth: int = DEEP) -> list[File]:
    """The files, with what is in a zip in its place when there are notebooks in it; sentences go to `said`."""
    made: list[File] = []
    for file in files:
        if file.suffix != ".zip" or by_itself(file.path) or not depth:
            made.append(file)
            continue
        try:
            inside = unpacked(_packed(file, said), said, depth - 1)
        except TooLong:
            raise
        except BROKEN as e:
            said.append(f"{file.prefix}{file.shown}: {reason(e)}; it was left out.")
            continue
        made += inside if any(f.suffix == ".ipynb" for f in inside) else [file]
    return made


def _packed(file: File, said: list[str]) -> list[File]:
    data = file.read()
    if data.count(ENTRY) > MANY:
        raise NotTaken(f"it holds more than {MANY} files")
    archive = zipfile.ZipFile(io.BytesIO(data))
    entries, odd = _entries(archive, f"{file.prefix}{file.shown}")
    said += odd
    return [
        File(
            path=_path(entry),
            when=_changed(entry, file.when),
            handed_in=file.handed_in,
            read=partial(_unpack, archive, entry),
            prefix=file.prefix,
            archive=file.archive,
            source=file.shown,
        )
        for entry in entries
    ]


def _changed(entry: zipfile.ZipInfo, handed_in: tuple[int, ...]) -> tuple[int, ...]:
    """When a file was changed: not later than it was handed in, and some packers write no date at all."""
    return min(entry.date_time, handed_in) if entry.date_time > (1980, 1, 1, 0, 0, 0) else handed_in


# -- any zip -------------------------------------------------------------------------------------------------------


def _entries(archive: zipfile.ZipFile, label: str) -> tuple[list[zipfile.ZipInfo], list[str]]:
    """The plain files of an archive; a sentence for each entry that tries to be something else."""
    entries = [e for e in archive.infolist() if not e.is_dir()]
    if len(entries) > MANY:
        raise NotTaken(f"it holds {len(entries)} files, more than {MANY}")
    plain: list[zipfile.ZipInfo] = []
    said: list[str] = []
    for entry in entries:
        name, path = file_name(entry), PurePosixPath(_path(entry))
        if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            said.append(f"{label}: {name!r} leads outside the archive; it was left out.")
        elif stat.S_ISLNK(entry.external_attr >> 16):
            said.append(f"{label}: {name!r} is a link, not a file; it was left out.")
        else:
            plain.append(entry)
    return plain, said


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """The bytes of an entry, read no further than a limit whatever its header says."""
    limit = _limit(entry.filename)
    with archive.open(entry) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise NotTaken(f"it is larger than {limit / 1e6:.0f} MB when it is unpacked")
    return data


def file_name(entry: zipfile.ZipInfo) -> str:
    """The name of an entry: UTF-8 where it is, also when the archive does not say so."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return valid(name)


def _path(entry: zipfile.ZipInfo) -> str:
    """The name with slashes, also where Windows packed it, and without dots that lead nowhere."""
    return PurePosixPath(file_name(entry).replace("\\", "/")).as_posix()


def reason(error: Exception) -> str:
    if isinstance(error, NotTaken):
        return str(error)
    if "password" in str(error) or "encrypted" in str(error):
        return "it is locked with a password"
    return "it is not a zip that can be read"
