"""Whose is it, and which of it is graded: archives of every kind, each kind with many members."""

import io
import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps import ZipCollectApp

from course_tools import demo
from course_tools.grading.course import Course
from course_tools.grading.gradebook import feedback, handed_in, late
from course_tools.grading.intake import archives, collect, collected, owners, submit
from course_tools.grading.intake.choice import candidate
from course_tools.grading.intake.clean import TIMESTAMP, clean
from course_tools.grading.judging.master import load
from course_tools.paths import ROOT
from course_utils.errors import CourseError

TINY = ROOT / "tests" / "support" / "tiny_course" / "solutions" / "90_tiny" / "90_tiny.py"
NAME = "90_tiny"
FILE = f"{NAME}.ipynb"
NOON = datetime(2026, 11, 20, 12)
Entry = tuple[str, bytes] | tuple[str, bytes, datetime]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the tiny assignment and three people in its class list; copy it, do not change it."""
    folder = demo.prepare(tmp_path_factory.mktemp("built"), TINY)
    with Course(folder).gradebook() as book:
        for number, name in enumerate(("Ada One", "Ben Two", "Cy Three"), start=1):
            first, last = name.split()
            email = f"{first.lower()}@x.org"
            book.add_student(first.lower(), first_name=first, last_name=last, email=email, lms_user_id=str(number))
    return folder


@pytest.fixture
def course(built: Path, tmp_path: Path) -> Path:
    """A course of one's own."""
    return shutil.copytree(built, tmp_path / "course")


@pytest.fixture
def untouched(built: Path) -> bytes:
    return (built / "assignments" / NAME / FILE).read_bytes()


@pytest.fixture
def worked(untouched: bytes) -> Callable[..., bytes]:
    """What makes a notebook in which one answer is the text."""

    def make(text: str) -> bytes:
        notebook = json.loads(untouched)
        cell = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "mean")
        cell["source"] = f"def mean(values):\n    return {text!r}"
        return json.dumps(notebook).encode()

    return make


def zipped(*entries: Entry) -> bytes:
    """A zip of names with their contents, and their dates where it matters."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, *when in entries:
            date = (when[0] if when else NOON).timetuple()[:6]
            archive.writestr(zipfile.ZipInfo(name, date), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def of(name: str, number: int, file: str) -> str:
    return f"{name}_{number}_assignsubmission_file/{file}"


ADA, BEN, CY = ("Ada One", 1), ("Ben Two", 2), ("Cy Three", 3)


def gather(course: Path, *downloads: bytes, name: str = "all.zip") -> list[str]:
    """Collect archives one after another, each from a folder of its own; the sentences of the last time."""
    for data in downloads:
        place = course.parent / "downloads"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        (place / name).write_bytes(data)
        collect.run(NAME, [place / name], course)
    return (Course(course).downloaded(NAME) / collect.PROBLEMS).read_text(encoding="utf-8").splitlines()


def submitted(course: Path) -> dict[str, bytes]:
    """The notebook of each student who is collected."""
    folder = course / ".grading" / "submitted"
    return {path.parents[1].name: path.read_bytes() for path in folder.glob(f"*/{NAME}/{FILE}")}


def beside(course: Path, student: str) -> set[str]:
    """What lies beside a student's notebook."""
    folder = course / ".grading" / "submitted" / student / NAME
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    return files - {FILE, "told.txt"}


def kept(course: Path) -> list[bytes]:
    """Every notebook that was replaced."""
    return [path.read_bytes() for path in (Course(course).downloaded(NAME) / "replaced").rglob(FILE)]


# -- the identity is the system's ----------------------------------------------------------------------------------

OF_THE_SYSTEM = {
    "Ada One_4711_assignsubmission_file/x.ipynb": (
        "Ada One",
        "4711",
        "Ada One_4711_assignsubmission_file/",
        "x.ipynb",
    ),
    "Ada One_4711_assignsubmission_file_/a/x.ipynb": (
        *("Ada One", "4711", "Ada One_4711_assignsubmission_file_/"),
        "a/x.ipynb",
    ),
    "Ada One_4711_assignsubmission_file_x.ipynb": (
        "Ada One",
        "4711",
        "Ada One_4711_assignsubmission_file_",
        "x.ipynb",
    ),
    "Ada One_4711_assignsubmission_onlinetext/onlinetext.html": (
        *("Ada One", "4711", "Ada One_4711_assignsubmission_onlinetext/"),
        "onlinetext.html",
    ),
    "Team A-Ada One_4711_assignsubmission_file/x.zip": (
        *("Team A-Ada One", "4711", "Team A-Ada One_4711_assignsubmission_file/"),
        "x.zip",
    ),
    "D'Arcy Ó Súil-Bán_7_assignsubmission_file/x.zip": (
        *("D'Arcy Ó Súil-Bán", "7", "D'Arcy Ó Súil-Bán_7_assignsubmission_file/"),
        "x.zip",
    ),
    "Team_A_4711_assignsubmission_file/x.zip": ("Team_A", "4711", "Team_A_4711_assignsubmission_file/", "x.zip"),
    "oneada_4711_90210_01_x.ipynb": ("oneada", "4711", "oneada_4711_90210_", "01_x.ipynb"),
    "oneada_LATE_4711_90210_x-1.ipynb": ("oneada", "4711", "oneada_LATE_4711_90210_", "x-1.ipynb"),
    "one_ada_4711_90210_x.ipynb": ("one_ada", "4711", "one_ada_4711_90210_", "x.ipynb"),
    "anon_x7Yq2_90210_x.ipynb": ("anon", "x7Yq2", "anon_x7Yq2_90210_", "x.ipynb"),
    "LATE_anon_x7Yq2_90210_x.ipynb": ("anon", "x7Yq2", "LATE_anon_x7Yq2_90210_", "x.ipynb"),
}


@pytest.mark.parametrize("label", OF_THE_SYSTEM)
def test_what_a_system_writes(label: str) -> None:
    owned = owners.whose(label)
    assert owned is not None
    assert (owned.owner.name, owned.owner.number, owned.prefix, owned.file) == OF_THE_SYSTEM[label]


ANOTHERS = (
    "Ada One_1_assignsubmission_file/x.ipynb",
    "Ada One_1_assignsubmission_file_x.ipynb",
    "Ada One_1_assignsubmission_file_/x.ipynb",
    "oneada_1_90210_x.ipynb",
    "oneada_LATE_1_90210_x.ipynb",
    "anon_abc_1_x.ipynb",
    "_1_assignsubmission_file_x.ipynb",
    "Eve Five_5_assignsubmission_file/Ada One_1_assignsubmission_file/x.ipynb",
    "sub/Ada One_1_assignsubmission_file/x.ipynb",
)
IN_FRONT = ("Eve Five_5_assignsubmission_file/", "Eve Five_5_assignsubmission_file_", "fiveeve_5_77_")


@pytest.mark.parametrize("prefix", IN_FRONT)
@pytest.mark.parametrize("forged", ANOTHERS)
def test_a_students_own_file_never_bears_anothers_name(prefix: str, forged: str) -> None:
    owned = owners.whose(prefix + forged)
    assert owned is not None
    assert owned.owner.number == "5"
    assert owned.prefix == prefix


@pytest.mark.parametrize(
    ("form", "forged", "packed"),
    [(f, x, p) for p, f in ((0, "folder"), (1, "flat"), (0, "canvas"), (1, "canvas")) for x in ANOTHERS[p::2]],
)
def test_nobody_replaces_anothers_submission(
    course: Path, worked: Callable[..., bytes], form: str, forged: str, packed: int
) -> None:
    before = {"folder": "{}_{}_assignsubmission_file/", "flat": "{}_{}_assignsubmission_file_", "canvas": "{}_{}_9_"}
    ada, eve = (before[form].format(name, n) for name, n in (ADA, ("Eve Five", 5)))
    bad = zipped((forged, worked("eve"), NOON + timedelta(days=9))) if packed else worked("eve")
    gather(course, zipped((ada + FILE, worked("ada")), (eve + ("hw.zip" if packed else forged), bad)))
    assert submitted(course) == {"ada": worked("ada"), "evefive_5": worked("eve")}
    prefixes = json.loads((Course(course).downloaded(NAME) / collect.PREFIXES).read_text(encoding="utf-8"))
    assert prefixes == {"ada": ada, "evefive_5": eve}


def test_a_students_zip_given_by_itself_is_not_the_archive_of_a_class(
    course: Path, worked: Callable[..., bytes]
) -> None:
    bad = zipped((of(*ADA, FILE), worked("eve")))
    gather(course, bad, name="Eve Five_5_assignsubmission_file_hw.zip")
    assert submitted(course) == {"evefive_5": worked("eve")}
    said = gather(course, bad, zipped((of(*BEN, FILE), worked("ben"))), name="fiveeve_5_77_hw.zip")
    assert submitted(course) == {"evefive_5": worked("eve")}
    assert len([sentence for sentence in said if "rename it and collect again" in sentence]) == 2


@pytest.mark.parametrize("wrapper", ["all/", "Course-90-12/", "DL_2025_26_A-90_tiny-12/", "./", "__ all/"])
def test_a_folder_around_it_all_is_nobodys(course: Path, worked: Callable[..., bytes], wrapper: str) -> None:
    gather(course, zipped(*((wrapper + of(*who, FILE), worked(who[0])) for who in (ADA, BEN))))
    assert submitted(course) == {"ada": worked("Ada One"), "ben": worked("Ben Two")}


def test_two_people_of_a_system_are_never_one_student(course: Path, worked: Callable[..., bytes]) -> None:
    said = gather(
        course,
        zipped(
            (of("Ada One", 1, FILE), worked("ada")),
            (of("Ada One", 77, FILE), worked("namesake"), NOON + timedelta(days=1)),
            (of("Team B", 2, FILE), worked("team"), NOON + timedelta(days=1)),
            (of("Ben Two", 2, FILE), worked("ben")),
            (of("Cy Three", 1, FILE), worked("a number of another course")),
        ),
    )
    found = submitted(course)
    assert (found["ada"], found["ben"]) == (worked("ada"), worked("ben"))
    assert len(found) == 5
    assert len([s for s in said if "collected as" in s]) == 3


@pytest.mark.parametrize(
    "name", ["Participant", "Partecipante", "Participante", "Teilnehmerin", "Adele One", "One Ada"]
)
def test_the_number_tells_where_the_name_does_not_speak_against_it(
    course: Path, worked: Callable[..., bytes], name: str
) -> None:
    assert gather(course, zipped((of(name, 1, FILE), worked("ada")))) == []
    assert submitted(course) == {"ada": worked("ada")}


@pytest.mark.parametrize("name", ["Team A", "Default group", "Eve Five", "Ben Two"])
def test_the_number_alone_is_not_enough_where_the_name_is_anothers(
    course: Path, worked: Callable[..., bytes], name: str
) -> None:
    [sentence] = gather(course, zipped((of(name, 1, FILE), worked("not Ada's"))))
    assert "ada" not in submitted(course)
    assert "collected as" in sentence


NAMES = {
    "50 Chinese": "李" * 50,
    "200 Chinese": "李" * 200,
    "50 Cyrillic": "Ж" * 50,
    "200 Arabic": "م" * 200,
    "50 emoji": "🦉" * 50,
    "200 Latin": "Maria " * 34,
    "accents": "É̂" * 50,
    "mixed": "李 Anna",
    "dots": "..",
    "a space": " ",
}


@pytest.mark.parametrize("kind", NAMES)
def test_no_name_ends_the_run(course: Path, worked: Callable[..., bytes], kind: str) -> None:
    said = gather(
        course,
        zipped(
            (of(*ADA, FILE), worked("ada")),
            (of(NAMES[kind], 8, FILE), worked("long")),
            (of(NAMES[kind] + "x", 8, FILE), worked("another")),
            (of(*CY, FILE), worked("cy")),
        ),
    )
    found = submitted(course)
    assert sorted(found.values()) == sorted(map(worked, ("ada", "long", "another", "cy")))
    assert all(len(student.encode()) < 100 and student.isascii() for student in found)
    assert len(said) == 2


def test_names_are_told_apart_in_any_script() -> None:
    assert owners.fold("李 Anna") != owners.fold("王 Anna")
    assert owners.fold("Zoë MÜLLER") == owners.fold("zoe muller") == owners.fold("Zoe\u0308 Mu\u0308ller")
    assert owners.made_up_id(owners.Owner("李", "1")) != owners.made_up_id(owners.Owner("王", "1"))


# -- order and collecting again ----------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("same_name", [False, True])
def test_the_newer_stays_whatever_comes_last(
    course: Path, worked: Callable[..., bytes], together: bool, newest_first: bool, packed: bool, same_name: bool
) -> None:
    def download(text: str, when: datetime) -> bytes:
        inside = zipped((FILE, worked(text), when))
        return zipped((of(*ADA, "hw.zip"), inside, when) if packed else (of(*ADA, FILE), worked(text), when))

    downloads = [download("old", NOON), download("new", NOON + timedelta(days=1))]
    downloads = downloads[::-1] if newest_first else downloads
    if together:
        paths = [course.parent / str(i) / ("all.zip" if same_name else f"{i}.zip") for i in range(2)]
        for path, data in zip(paths, downloads, strict=True):
            path.parent.mkdir()
            path.write_bytes(data)
        collect.run(NAME, paths, course)
        said = (Course(course).downloaded(NAME) / collect.PROBLEMS).read_text(encoding="utf-8").splitlines()
    else:
        said = [gather(course, d, name="all.zip" if same_name else f"{i}.zip") for i, d in enumerate(downloads)][-1]
    assert submitted(course) == {"ada": worked("new")}
    assert "handed in 2 different notebooks" in said[0]
    assert "changed last with work in it" in said[0]
    assert kept(course) == ([] if together or newest_first else [worked("old")])


def test_archives_of_one_name_hold_different_students(course: Path, worked: Callable[..., bytes]) -> None:
    """Two sections, each downloaded as submissions.zip: nobody vanishes, whoever is collected later."""
    for who in (ADA, BEN, CY):
        gather(course, zipped((of(*who, FILE), worked(who[0]))), name="submissions.zip")
    assert submitted(course) == {"ada": worked("Ada One"), "ben": worked("Ben Two"), "cy": worked("Cy Three")}
    prefixes = json.loads((Course(course).downloaded(NAME) / collect.PREFIXES).read_text(encoding="utf-8"))
    assert set(prefixes) == {"ada", "ben", "cy"}


def test_every_page_of_feedback_finds_its_way_after_many_collections(
    course: Path, worked: Callable[..., bytes]
) -> None:
    downloaded = Course(course).downloaded(NAME)
    downloaded.mkdir(parents=True)
    (downloaded / collect.PREFIXES).write_text('{"zoe": "Zoe_26_assignsubmission_file/"}')  # of an earlier version
    for who in (ADA, BEN, CY):
        gather(course, zipped((of(*who, FILE), worked(who[0]))))
    told = json.loads((downloaded / collect.PREFIXES).read_text(encoding="utf-8"))
    pages = {student: course / f"{student}.html" for student in told}
    for student, page in pages.items():
        page.write_text(student)
    with zipfile.ZipFile(feedback.pack(pages, told, course / "feedback.zip")) as packed:
        assert {packed.read(name).decode(): name.partition("_")[0] for name in packed.namelist()} == {
            "ada": "Ada One", "ben": "Ben Two", "cy": "Cy Three", "zoe": "Zoe",
        }  # fmt: skip


def test_what_did_not_change_is_not_touched(course: Path, worked: Callable[..., bytes]) -> None:
    """A second collection changes no file, so that nobody is graded again."""
    data = zipped((of(*ADA, FILE), worked("ada")), (of(*BEN, "a.ipynb"), worked("ben")), (of(*BEN, "b.ipynb"), b"{"))
    gather(course, data)
    folder = course / ".grading" / "submitted"
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*")}
    gather(course, data)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*")} == before


def test_what_a_person_changed_by_hand_stays(course: Path, worked: Callable[..., bytes]) -> None:
    gather(course, zipped((of(*ADA, FILE), worked("old"))))
    mended = course / ".grading" / "submitted" / "ada" / NAME / FILE
    mended.write_bytes(worked("mended by the teacher"))
    [*_, sentence] = gather(course, zipped((of(*ADA, FILE), worked("new"), NOON + timedelta(days=1))))
    assert submitted(course) == {"ada": worked("mended by the teacher")}
    assert "changed by hand" in sentence


def test_a_time_is_read_from_a_short_file_and_never_through_a_link(course: Path) -> None:
    elsewhere = course / "elsewhere.txt"
    elsewhere.write_text("2026-11-20 12:00:00 UTC", encoding="utf-8")
    folders = [course / ".grading" / "submitted" / student / NAME for student in ("ada", "ben")]
    for folder in folders:
        folder.mkdir(parents=True)
    (folders[0] / TIMESTAMP).symlink_to(elsewhere)
    with (folders[1] / TIMESTAMP).open("wb") as file:
        file.write(b"2026-11-21 12:00:00 UTC".ljust(100))
        file.truncate(1 << 40)  # as large as a disk: it takes no room, and no memory holds it
    assert late._times(Course(course), NAME) == {"ben": datetime(2026, 11, 21, 12)}
    with Course(course).gradebook() as book:
        (course / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8")
        late._enter_times(Course(course), book, NAME, course / "worksheet.csv")
    assert elsewhere.read_text(encoding="utf-8") == "2026-11-20 12:00:00 UTC", "nothing is written through a link"
    assert "ada" in late._times(Course(course), NAME)


def test_what_came_through_the_exchange_stays(course: Path, worked: Callable[..., bytes]) -> None:
    folder = course / ".grading" / "submitted" / "ada" / NAME
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(worked("exchange"))
    (folder / "timestamp.txt").write_text("2026-11-20 12:00:00 UTC")
    gather(course, zipped((of(*ADA, FILE), worked("archive")), (of(*BEN, FILE), worked("ben"))))
    assert submitted(course) == {"ada": worked("exchange"), "ben": worked("ben")}


def test_a_submission_from_before_there_was_a_record_is_replaced(course: Path, worked: Callable[..., bytes]) -> None:
    old, new = (zipped((of(*ADA, FILE), worked(t), NOON + timedelta(days=d))) for t, d in (("old", 0), ("new", 1)))
    gather(course, old)
    (Course(course).downloaded(NAME) / collected.RECORD).unlink()
    gather(course, new)
    assert submitted(course) == {"ada": worked("new")}
    assert kept(course) == [worked("old")]


def test_who_comes_into_the_class_list_later_is_one_student(course: Path, worked: Callable[..., bytes]) -> None:
    data = zipped((of("Dee Four", 4, FILE), worked("dee")))
    gather(course, data)
    assert set(submitted(course)) == {"deefour_4"}
    with Course(course).gradebook() as book:
        book.add_student("dee", first_name="Dee", last_name="Four", lms_user_id="4")
    [sentence] = gather(course, data)
    assert set(submitted(course)) == {"dee"}
    assert "deefour_4 is dee by now" in sentence
    assert kept(course) == [worked("dee")]
    assert gather(course, data) == []


# -- which notebook, and what lies beside it -----------------------------------------------------------------------

LATER, EARLIER = NOON + timedelta(hours=1), NOON - timedelta(hours=1)
# name -> the files of a submission: name, text of the answer (None: untouched, "{": broken), date; which is graded
CHOICES: dict[str, tuple[list[tuple[str, str | None, datetime]], int]] = {
    "a solved copy beside an untouched original": ([(FILE, None, LATER), (f"{NAME}-Copy1.ipynb", "x", NOON)], 1),
    "an untouched copy beside the solved original": ([(FILE, "x", NOON), (f"{NAME}-Copy1.ipynb", None, LATER)], 0),
    "a solved copy changed later": ([(FILE, "x", NOON), (f"{NAME}-Copy1.ipynb", "y", LATER)], 1),
    "a solved copy changed earlier": ([(FILE, "x", NOON), (f"{NAME}-Copy1.ipynb", "y", EARLIER)], 0),
    "a download beside": ([(FILE, None, NOON), (f"{NAME} (1).ipynb", "x", NOON)], 1),
    "two that are misnamed": ([("old.ipynb", "x", EARLIER), ("final.ipynb", "y", NOON)], 1),
    "both untouched": ([("other.ipynb", None, LATER), (FILE, None, NOON)], 1),
    "a broken one of the right name": ([(FILE, "{", LATER), ("mine.ipynb", "x", EARLIER)], 1),
    "in two folders": ([(f"a/{FILE}", "x", EARLIER), (f"b/{FILE}", "y", NOON)], 1),
    "the original in a folder": ([(FILE, "x", NOON), (f"original/{FILE}", None, LATER)], 0),
    "dates alike": ([("z.ipynb", "y", NOON), (FILE, "x", NOON)], 1),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", CHOICES)
def test_the_notebook_changed_last_with_work_in_it_is_graded(
    course: Path, untouched: bytes, worked: Callable[..., bytes], kind: str, packed: bool
) -> None:
    files, right = CHOICES[kind]
    empty = (untouched + b"\n" * i for i in range(9))  # different files all the same
    content = [next(empty) if text is None else b"{" if text == "{" else worked(text) for _, text, _ in files]
    entries = [(name, data, when) for (name, _, when), data in zip(files, content, strict=True)]
    if packed:
        data = zipped((of(*ADA, "hw.zip"), zipped(*entries), LATER))
    else:
        data = zipped(*((of(*ADA, name), text, when) for name, text, when in entries))
    said = gather(course, zipped_with(data, (of(*BEN, FILE), worked("ben"))))
    assert submitted(course) == {"ada": content[right], "ben": worked("ben")}
    assert [s for s in said if s.startswith("ada handed in 2 different notebooks")], said
    master = load(course / "solutions" / NAME)
    for student, flags in (("ada", 1), ("ben", 0)):  # the summary of the marks says it, too
        person = clean(course / ".grading" / "submitted" / student / NAME, master).person
        assert len([reason for reason in person if "2 different notebooks" in reason]) == flags


def zipped_with(data: bytes, *entries: Entry) -> bytes:
    """An archive with more entries in it."""
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        for name, content, *_ in entries:
            archive.writestr(zipfile.ZipInfo(name, NOON.timetuple()[:6]), content)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", [kind for kind in CHOICES if "folder" not in kind])
def test_the_grader_chooses_alike_where_a_student_handed_in_a_folder(
    course: Path, untouched: bytes, worked: Callable[..., bytes], kind: str, tmp_path: Path
) -> None:
    files, right = CHOICES[kind]
    folder = tmp_path / "ada"
    folder.mkdir()
    for i, (name, text, when) in enumerate(files):
        (folder / name).write_bytes(untouched + b"\n" * i if text is None else b"{" if text == "{" else worked(text))
        os.utime(folder / name, (when.timestamp(), when.timestamp()))
    (folder / f"._{FILE}").write_bytes(b"\0\5\x16\7")
    cleaned = clean(folder, load(course / "solutions" / NAME))
    sources = "\n".join(cell.source for cell in cleaned.notebook.cells)
    text = files[right][1]
    assert (f"return {text!r}" in sources) if text else ("return '" not in sources)
    [reason] = [r for r in cleaned.person if "2 different notebooks" in r]
    assert "was graded" in reason


def test_the_same_notebook_twice_is_no_choice(course: Path, worked: Callable[..., bytes]) -> None:
    said = gather(course, zipped((of(*ADA, FILE), worked("x")), (of(*ADA, "copy.ipynb"), worked("x"))))
    assert said == []


TWINS = {
    "Finder's Compress": ["{}", "__MACOSX/._{}"],
    "Finder's Compress of a folder": ["hw/{}", "__MACOSX/._hw", "__MACOSX/hw/._{}"],
    "a disk of Windows": ["{}", "._{}"],
    "with .DS_Store": ["{}", ".DS_Store", "__MACOSX/._.DS_Store"],
    "Jupyter's copy": ["{}", ".ipynb_checkpoints/{}-checkpoint.ipynb"],
    "an editor's": ["{}", ".vscode/{}", ".git/{}"],
}


@pytest.mark.parametrize("where", ["in the student's zip", "in the archive", "in an archive without folders"])
@pytest.mark.parametrize("name", [FILE, "my homework.ipynb"])
@pytest.mark.parametrize("kind", TWINS)
@pytest.mark.parametrize("twin_first", [False, True])
def test_twins_never_win(
    course: Path, worked: Callable[..., bytes], kind: str, name: str, where: str, twin_first: bool
) -> None:
    twin = zipped((FILE, b"\0\5\x16\7 Mac OS X"))[:60] + b"Mac OS X"
    names = [form.replace("{}", name) for form in TWINS[kind]]
    entries = [(n, worked("ada") if i == 0 else twin, NOON + timedelta(days=i)) for i, n in enumerate(names)]
    entries = entries[::-1] if twin_first else entries
    if where == "in the student's zip":
        data = zipped((of(*ADA, "hw.zip"), zipped(*entries), NOON))
    else:  # the teacher's Mac unpacked and packed the archive: each file of it has a twin
        mine = of(*ADA, name) if where == "in the archive" else of(*ADA, name).replace("/", "_")
        folder, _, last = mine.rpartition("/")
        twins = [f"__MACOSX/{folder}/._{last}".replace("//", "/"), f"{folder}/._{last}".removeprefix("/")]
        marks = [(n, twin, NOON + timedelta(days=2)) for n in (*twins, "__MACOSX/._all", ".DS_Store")]
        data = zipped(*(marks if twin_first else []), (mine, worked("ada"), NOON), *([] if twin_first else marks))
    said = gather(course, data)
    assert submitted(course) == {"ada": worked("ada")}
    assert said == []
    assert not beside(course, "ada")


def test_a_checkpoint_is_taken_where_there_is_nothing_else(course: Path, worked: Callable[..., bytes]) -> None:
    inside = zipped((f".ipynb_checkpoints/{NAME}-checkpoint.ipynb", worked("saved")))
    gather(course, zipped((of(*ADA, "hw.zip"), inside)))
    assert submitted(course) == {"ada": worked("saved")}


FOLDERS = (
    "checkpoint-1",
    "checkpoints",
    "my checkpoint",
    "ipynb_checkpoints",
    "MACOSX",
    "pycache",
    "final/checkpoint",
)


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_that_are_only_called_alike(course: Path, worked: Callable[..., bytes], folder: str) -> None:
    said = gather(
        course, zipped((of(*ADA, "hw.zip"), zipped((f"{folder}/{FILE}", worked("x")), (f"{folder}/t.py", b""))))
    )
    assert submitted(course) == {"ada": worked("x")}
    assert beside(course, "ada") == {"t.py"}
    assert said == []


HELPERS = {
    "beside it": (["{nb}", "my_tools.py"], {"my_tools.py"}),
    "in a folder": (["{nb}", "data/x.csv", "pkg/__init__.py"], {"data/x.csv", "pkg/__init__.py"}),
    "all in a folder": (["hw/{nb}", "hw/my_tools.py", "hw/data/x.csv"], {"my_tools.py", "data/x.csv"}),
    "a zip of data": (["{nb}", "data.zip"], {"data.zip"}),
    "Windows' slashes": (["hw\\{nb}", "hw\\my_tools.py"], {"my_tools.py"}),
}


@pytest.mark.parametrize("name", [f"{FILE}.txt", f"{FILE}.json", "Untitled.IPYNB", f"{NAME}.ipynb.zip"])
def test_what_a_browser_makes_of_a_notebooks_name(course: Path, worked: Callable[..., bytes], name: str) -> None:
    data = zipped((FILE, worked("x"))) if name.endswith(".zip") else worked("x")
    gather(course, zipped((of(*ADA, name), data)))
    assert submitted(course) == {"ada": worked("x")}


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), (f"{FILE}/x",), ("told.txt/x",), ("a", "a")])
def test_names_that_do_not_go_together(course: Path, worked: Callable[..., bytes], names: tuple[str, ...]) -> None:
    inside = zipped((FILE, worked("x")), *((name, b"1") for name in names))
    said = gather(course, zipped((of(*ADA, "hw.zip"), inside)))
    assert submitted(course) == {"ada": worked("x")}
    assert len([sentence for sentence in said if "another file has its name" in sentence]) == 1


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", HELPERS)
def test_helper_files_travel(course: Path, worked: Callable[..., bytes], kind: str, packed: bool) -> None:
    names, expected = HELPERS[kind]
    helper = zipped(("x.csv", b"1"))
    entries = [(n.replace("{nb}", FILE), worked("x") if "{nb}" in n else helper) for n in names]
    data = [(of(*ADA, "hw.zip"), zipped(*entries))] if packed else [(of(*ADA, n), b) for n, b in entries]
    said = gather(course, zipped(*data))
    assert beside(course, "ada") == expected
    assert said == []
    assert {
        n for n, _ in clean(course / ".grading/submitted/ada" / NAME, load(course / "solutions" / NAME)).files
    } == {*expected}


def test_a_helper_beside_the_students_zip_and_canvas_flat_names(course: Path, worked: Callable[..., bytes]) -> None:
    gather(
        course,
        zipped(
            (of(*ADA, "hw.zip"), zipped((FILE, worked("x")))),
            (of(*ADA, "my_tools.py"), b"1"),
            ("twoben_2_801_hw.ipynb", worked("ben")),
            ("twoben_2_802_my_tools.py", b"1"),
        ),
    )
    assert beside(course, "ada") == beside(course, "ben") == {"my_tools.py"}


LEFT_OUT = {
    "elsewhere": ([("hw/{nb}", 0), ("my_tools.py", 1)], "my_tools.py, which was left out: it does not lie beside"),
    "too long": ([("{nb}", 0), ("y" * 230, 1)], "its name is too long"),
    "too much": ([("{nb}", 0), ("a", 19_000_000), ("b", 19_000_000)], "more than 32 MiB lie beside the notebook"),
    "the course's": ([("{nb}", 0), ("timestamp.txt", 1)], "timestamp.txt, which was left out: another file"),
    "what collect notes": ([("{nb}", 0), ("told.txt", 1)], "told.txt, which was left out: another file"),
    "in capitals": ([("{nb}", 0), ("TimeStamp.TXT", 1)], "TimeStamp.TXT, which was left out: another file"),
    "many": ([("{nb}", 0), *((f"f{i}.csv", 1) for i in range(250))], "handed in 40 more files that were left out"),
}


@pytest.mark.parametrize("kind", LEFT_OUT)
def test_what_does_not_travel_is_told(course: Path, worked: Callable[..., bytes], kind: str) -> None:
    files, sentence = LEFT_OUT[kind]
    entries = [(n.replace("{nb}", FILE), worked("x") if "{nb}" in n else b"0" * size) for n, size in files]
    said = gather(course, zipped((of(*ADA, "hw.zip"), zipped(*entries))))
    assert submitted(course) == {"ada": worked("x")}
    assert sentence in "\n".join(said)
    person = clean(course / ".grading/submitted/ada" / NAME, load(course / "solutions" / NAME)).person
    assert sentence in "\n".join(person)


def test_one_student_never_stops_another(
    course: Path, worked: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a step raises for one of them."""
    real = collect.submission

    def broken(deliveries: list[archives.Delivery], *rest: object) -> object:
        if deliveries[0].owner.number == "2":
            raise RuntimeError("\ud800\x1b[2J")
        return real(deliveries, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(collect, "submission", broken)
    said = gather(course, zipped(*((of(*who, FILE), worked(who[0])) for who in (ADA, BEN, CY))))
    assert set(submitted(course)) == {"ada", "cy"}
    assert len(said) == 1
    assert said[0].isprintable()


def test_names_of_files_are_shown_and_never_sent(
    course: Path, worked: Callable[..., bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    gather(
        course,
        zipped((of(*ADA, FILE), worked("x")), ("\x1b[31mred\x07.zip", b""), (of(*BEN, "\x1b]0;t\x07.txt"), b"")),
    )
    assert "\x1b" not in capsys.readouterr().out


def test_a_folder_is_no_archive(course: Path, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="is a folder"):
        collect.run(NAME, [tmp_path], course)


# -- handing in ----------------------------------------------------------------------------------------------------


@pytest.fixture
def at_work(course: Path, worked: Callable[..., bytes]) -> Path:
    """A student's folder with a notebook that is worked on."""
    folder = course / "work" / "assignments" / NAME
    shutil.copytree(course / "assignments" / NAME, folder)
    (folder / FILE).write_bytes(worked("x"))
    return folder


def test_submit_takes_helper_files_along(course: Path, at_work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (course / "assignments" / NAME / "table.csv").write_text("given")
    for name, text in {
        "my_tools.py": "1",
        "data/x.csv": "2",
        "table.csv": "given",
        ".DS_Store": "",
        "mine.ipynb": "{}",
    }.items():
        (at_work / name).parent.mkdir(exist_ok=True)
        (at_work / name).write_text(text)
    for folder in (".ipynb_checkpoints", "__pycache__", "feedback"):
        (at_work / folder).mkdir()
        (at_work / folder / "x.pyc").write_text("")
    (at_work / "huge.bin").write_bytes(bytes(33 << 20))
    submit.run(NAME, course)
    with zipfile.ZipFile(course / "work" / "handin" / f"{NAME}.zip") as packed:
        assert set(packed.namelist()) == {FILE, "my_tools.py", "data/x.csv"}
    said = capsys.readouterr().out
    assert "Packed with it: data/x.csv, my_tools.py" in said
    assert "Not packed: huge.bin" in said
    assert "Not packed: mine.ipynb" in said


def test_what_submit_packs_collect_takes(course: Path, at_work: Path) -> None:
    (at_work / "my_tools.py").write_text("1")
    submit.run(NAME, course)
    packed = (course / "work" / "handin" / f"{NAME}.zip").read_bytes()
    assert gather(course, zipped((of(*ADA, f"{NAME}.zip"), packed))) == []
    assert submitted(course) == {"ada": (at_work / FILE).read_bytes()}
    assert beside(course, "ada") == {"my_tools.py"}


# -- what it needs ---------------------------------------------------------------------------------------------------


def test_the_notebook_that_was_handed_out_is_needed(course: Path, tmp_path: Path) -> None:
    (course / "assignments" / NAME / FILE).write_text("{")
    (tmp_path / "all.zip").write_bytes(zipped())
    with pytest.raises(CourseError, match="course build"):
        collect.run(NAME, [tmp_path / "all.zip"], course)


def test_empty_notebooks_are_no_work(untouched: bytes, worked: Callable[..., bytes]) -> None:
    given = nbformat.reads(untouched.decode(), as_version=4)
    when = (NOON.timetuple()[:6], NOON.timetuple()[:6])
    answers = {
        "untouched": untouched,
        "worked": worked("x"),
        "foreign": b'{"cells": [], "nbformat": 4}',
        "broken": b"{",
    }
    found = {name: candidate(name, when, True, data, given) for name, data in answers.items()}
    assert {name: c.answered for name, c in found.items()} == {"untouched": 0, "worked": 1, "foreign": 0, "broken": 0}
    assert not found["broken"].readable


# -- made-up bytes -------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("seed", range(30))
def test_whatever_one_student_hands_in_the_others_are_collected(untouched: bytes, seed: int, tmp_path: Path) -> None:
    """Zips with a few bytes changed, and names that a grammar makes up."""
    draw = random.Random(seed)
    pieces = ("a", "..", ".", "", "/", "\\", "C:", "\0", "\ud800", "李", "x" * 300, "__MACOSX", "._", FILE, *ANOTHERS)
    names = [
        "".join(draw.choices(pieces, k=draw.randint(1, 6))).encode("utf-8", "replace").decode() for _ in range(8)
    ]
    bad = bytearray(zipped(*((name, draw.randbytes(draw.randint(0, 300))) for name in names)))
    for _ in range(draw.randint(0, 4)):
        bad[draw.randrange(len(bad))] = draw.randrange(256)
    eve = [(of("Eve Five", 5, draw.choice(["hw.zip", FILE, *names])), bytes(bad)) for _ in range(2)]
    (tmp_path / "all.zip").write_bytes(zipped((of(*ADA, FILE), untouched), *eve, (of(*CY, FILE), untouched)))
    released = nbformat.reads(untouched.decode(), as_version=4)
    found = list(collect.choose(tmp_path, NAME, released, owners.People(Nobody())))
    taken = {item.student: item for item in found if not isinstance(item, str)}
    assert taken["adaone_1"].submission.notebook == taken["cythree_3"].submission.notebook == untouched
    assert taken.keys() - {"adaone_1", "cythree_3"} <= {"evefive_5"}
    assert all(str(item).encode() for item in found if isinstance(item, str))


class Nobody:
    """A gradebook without a class list."""

    students: tuple[()] = ()


# -- nbgrader's own zip_collect ------------------------------------------------------------------------------------


def test_zip_collect_with_force_loses_nothing(
    course: Path, worked: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was collected before and mended by hand is kept where `course collect` keeps what it replaces."""
    gather(course, zipped((of(*ADA, FILE), worked("ada"))))
    mended = course / ".grading" / "submitted" / "ada" / NAME
    (mended / "note.txt").write_text("mended", encoding="utf-8")
    monkeypatch.chdir(course)
    app = ZipCollectApp(config=Course(course).settings)
    app.initialize([NAME, "--force"])
    app.start()
    assert [path.name for path in mended.iterdir()] == [FILE]
    aside = Course(course).downloaded(NAME) / "replaced" / "ada" / "1"
    assert (aside / "note.txt").read_text(encoding="utf-8") == "mended"
    assert (aside / FILE).read_bytes() == worked("ada")


# -- lateness ------------------------------------------------------------------------------------------------------

WORKSHEET = (
    'Identifier,"Full name","Email address",Status,Grade,"Last modified (submission)","Last modified (grade)"\n'
    '"Participant 1","Ada One",ada@x.org,"Submitted for grading",,"Monday, 30 November 2026, 11:59 PM",-\n'
    '"Participant 2","Ben Two",ben@x.org,"Submitted for grading",,"Friday, 27 November 2026, 1:00 AM",-\n'
    '"Participant 3","Cy Three",cy@x.org,"No submission",,-,-\n'
)


def test_moodles_worksheet_says_who_was_late(
    course: Path, worked: Callable[..., bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the archive's dates nor those in a student's own zip say anything: the worksheet of Moodle does."""
    forged = zipped((FILE, worked("ada"), NOON - timedelta(days=99)))
    archive = zipped(
        (of(*ADA, "hw.zip"), forged, NOON + timedelta(days=99)),
        (of(*BEN, FILE), worked("ben"), NOON + timedelta(days=99)),
    )
    gather(course, archive)
    late.run(NAME, "2026-11-30 21:54", root=course)
    said = capsys.readouterr().out
    assert "0 handed in late." in said
    assert "When 2 handed in is not known: Moodle's archive does not say" in said
    (course / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8")
    late.run(NAME, worksheet=course / "worksheet.csv", root=course)
    said = capsys.readouterr().out
    assert "Times of 2 submissions read" in said
    assert "1 handed in late:\n  ada: 2 h 5 min late\n" in said
    assert "not known" not in said
    late.run(NAME, "2026-12-01 12:00", "ada", root=course)
    assert "0 handed in late." in capsys.readouterr().out
    late.run(NAME, "2026-11-30 21:54", "ada", root=course)
    assert "1 handed in late:" in capsys.readouterr().out
    late.run(NAME, "2026-12-03 12:00", root=course)  # later than the extension, which then is none
    assert "0 handed in late." in capsys.readouterr().out
    assert gather(course, archive) == []
    assert "2 unchanged" in capsys.readouterr().out


def test_a_file_handed_in_anew_has_no_time_until_the_worksheet_says_it(
    course: Path, worked: Callable[..., bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    gather(course, zipped((of(*ADA, FILE), worked("first"))))
    (course / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8")
    late.run(NAME, "2026-11-29 12:00", "", course / "worksheet.csv", course)
    assert "ada: 1 d 11 h late" in capsys.readouterr().out
    gather(course, zipped((of(*ADA, FILE), worked("second"), NOON + timedelta(days=1))), name="later.zip")
    late.run(NAME, root=course)
    assert "When 1 handed in is not known" in capsys.readouterr().out


def test_canvas_says_who_was_late(
    course: Path, worked: Callable[..., bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    gather(course, zipped((f"oneada_LATE_1_9_{FILE}", worked("ada")), (f"twoben_2_9_{FILE}", worked("ben"))))
    late.run(NAME, "2026-11-01 12:00", root=course)
    said = capsys.readouterr().out
    assert "1 handed in late:\n  ada: late (Canvas)\n" in said
    assert "Of 2 no time is known, of whom Canvas calls 1 late, by its own dates" in said


@pytest.mark.parametrize(
    "prefix", ["Ada_LATE_4_7_assignsubmission_file/", "oneada_4_7_", "LATE_4_7_", "oneLATE_4_7_"]
)
def test_no_name_looks_late(prefix: str) -> None:
    assert not owners.says_late(prefix)
    assert owners.says_late("oneada_LATE_4_7_")
    assert owners.says_late("LATE_anon_x7_9_")


def test_due_dates_that_cannot_be(course: Path) -> None:
    for text in ("tomorrow", "2026-11-30", "2026-13-01 10:00"):
        with pytest.raises(CourseError, match=f"'{text}' is no time"):
            late.run(NAME, text, root=course)
    with pytest.raises(CourseError, match="Say first when it is due for the others"):
        late.run(NAME, "2026-11-30 10:00", "ada", root=course)
    with pytest.raises(CourseError, match="Say until when"):
        late.run(NAME, student="ada", root=course)
    late.run(NAME, "2026-11-30 10:00", root=course)
    with pytest.raises(CourseError, match="There is no 'eve' in the class list"):
        late.run(NAME, "2026-12-01 10:00", "eve", root=course)
    with Course(course).gradebook() as book:
        book.add_student("eve@x.org")
    with pytest.raises(CourseError, match=r"There is no 'eve' in the class list\. Is it eve@x\.org\?"):
        late.run(NAME, "2026-12-01 10:00", "eve", root=course)
    with pytest.raises(CourseError, match="is before the due date"):
        late.run(NAME, "2026-11-01 10:00", "ada", root=course)
    (course / "list.csv").write_text("id,name\nada,Ada\n", encoding="utf-8")
    with pytest.raises(CourseError, match="has no column with the times of submissions"):
        late.run(NAME, worksheet=course / "list.csv", root=course)


@pytest.mark.parametrize(
    "text",
    [
        "Monday, 30 November 2026, 11:59 PM",
        "Monday, November 30, 2026, 11:59 PM",
        "lunedì, 30 novembre 2026, 23:59",
        "Montag, 30. November 2026, 23:59",
        "lunes, 30 de noviembre de 2026, 23:59",
        "lundi 30 novembre 2026, 23:59",
        "Monday,\u00a030 November 2026, 11:59\u202fPM",
    ],
)
def test_times_of_moodle(text: str) -> None:
    assert handed_in.moodles(text) == handed_in.utc(datetime(2026, 11, 30, 23, 59))


@pytest.mark.parametrize(
    "text", ["-", "", "30/11/2026 23:59", "Monday, 31 November 2026, 11:59 PM", "1 May 99999, 1:00"]
)
def test_what_is_no_time_of_moodle(text: str) -> None:
    assert handed_in.moodles(text) is None
