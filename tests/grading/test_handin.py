"""One file from a student, a zip of them from a learning management system, the class list, and the marks back."""

import copy
import csv
import io
import json
import os
import shutil
import stat
import struct
import time
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.plugins import LateSubmissionPlugin
from rich.console import Console
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session

from course_tools import demo
from course_tools.grading.course import Course
from course_tools.grading.grade import Summary, print_summary
from course_tools.grading.gradebook import canvas, export_marks, feedback, late, lateness, roster
from course_tools.grading.gradebook.results import Row
from course_tools.grading.intake import collect, owners, review, submit, visible
from course_tools.grading.intake.notebooks import parse
from course_tools.paths import ROOT
from course_utils.check import banned
from course_utils.errors import CourseError
from tests.support import patience

TINY = ROOT / "tests" / "support" / "tiny_course" / "solutions" / "90_tiny" / "90_tiny.py"
NAME = "90_tiny"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the tiny assignment; copy it, do not change it."""
    return demo.prepare(tmp_path_factory.mktemp("built"), TINY)


@pytest.fixture
def course(built: Path, tmp_path: Path) -> Path:
    """A course of one's own, with the student's copy of the assignment."""
    shutil.copytree(built, tmp_path / "course")
    shutil.copytree(built / "assignments", tmp_path / "course" / "work" / "assignments")
    return tmp_path / "course"


def notebook_of(course: Path) -> Path:
    return course / "work" / "assignments" / NAME / f"{NAME}.ipynb"


# -- a student hands in --------------------------------------------------------------------------------------


def test_the_file_holds_the_notebook_as_it_is(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = notebook_of(course).read_bytes()
    noon = time.mktime((2026, 3, 5, 12, 7, 0, 0, 0, -1))
    os.utime(notebook_of(course), (noon, noon))
    submit.run("90", course)
    with zipfile.ZipFile(course / "work" / "handin" / f"{NAME}.zip") as packed:
        assert packed.namelist() == [f"{NAME}.ipynb"]
        assert packed.read(f"{NAME}.ipynb") == before
    assert notebook_of(course).read_bytes() == before
    said = capsys.readouterr().out
    assert f"{NAME}.zip" in said
    assert "kB" in said
    assert "as you saved it at 12:07 on 05 March 2026" in said


def test_it_says_which_answers_are_still_empty(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = nbformat.read(notebook_of(course), as_version=4)
    answers = {"mean": "def mean(values):\n    return 0.0", "sigmoid": "def sigmoid(z):\n    return 0.5"}
    for cell in notebook.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    notebook.cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") != "relu"]
    nbformat.write(notebook, notebook_of(course))
    submit.run(NAME, course)
    empty = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Still empty")]
    assert empty == ["Still empty: variance", "Still empty: relu", "Still empty: why"]


def answered(course: Path, **answers: str) -> None:
    """Write answers into the student's copy."""
    notebook = nbformat.read(notebook_of(course), as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    nbformat.write(notebook, notebook_of(course))


def test_it_says_how_each_answer_stands(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checks run, in a kernel; one that was changed or deleted counts as it was handed out; a crash is told."""
    monkeypatch.setattr(visible, "SECONDS_A_CELL", patience.SECONDS)
    answered(
        course,
        mean="def mean(values):\n    return 3.0",
        test_mean="assert False",
        variance="def variance(values):\n    return (1",
        sigmoid="def sigmoid(z):\n    return 0.0",
        relu="def relu(z):\n    import os\n    os._exit(1)",
    )
    submit.run(NAME, course)
    lines = capsys.readouterr().out.splitlines()
    assert "✓ mean (1. Mean)" in lines
    assert "✗ variance (2. Variance): line 2 cannot be read: SyntaxError: '(' was never closed" in lines
    assert "✗ sigmoid (3. Sigmoid): AssertionError" in lines
    assert "? relu (4. Relu): its check did not run" in lines
    assert "1 of 4 checks hold, 2 of 8 points by the visible checks; hidden checks may take some away. A person" in (
        "".join(lines)
    )
    assert (course / "work" / "handin" / f"{NAME}.zip").exists()


def test_a_check_in_which_the_kernel_died_did_not_pass(course: Path) -> None:
    """It may have been noted as begun, and has no error: what counts is that it came to an end."""
    notebook = nbformat.read(course / "assignments" / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = 1, [new_output("stream", text="✓ mean: equal\n")]
    every = set(range(len(notebook.cells)))
    last = max(i for i, cell in enumerate(notebook.cells) if visible.is_test(cell))
    assert set(visible._told(notebook, every).values()) == {""}
    told = visible._told(notebook, every - {last})
    died = notebook.cells[last].metadata.nbgrader.grade_id
    assert [check for check, said in told.items() if said is None] == [died]


def test_a_name_that_is_not_allowed_is_told_without_running_anything() -> None:
    """Also where it came from a file beside the notebook, or from the other half of a split cell."""
    name = "03_backpropagation"
    released = nbformat.read(ROOT / "assignments" / name / f"{name}.ipynb", as_version=4)
    answer = "from mine import loss\ndef bce_with_logits(z, y):\n    return loss(z, y), (z.sigmoid() - y) / len(z)"
    alias = "import torch.nn.functional as N\nloss = N.binary_cross_entropy_with_logits"
    bans = banned.read(banned.FOLDER / f"{name}.json")
    notebook = copy.deepcopy(released)
    [cell] = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "bce_with_logits"]
    for first, files in ((alias, []), ("", [alias])):
        cell.source = answer.replace("from mine import loss\n", "")
        halves = [type(cell)({**cell, "source": first, "id": "half"})] * bool(first)
        notebook.cells[:] = [c for c in notebook.cells if c.id != "half"]
        place = notebook.cells.index(cell)
        notebook.cells[place:place] = halves
        cells = parse(nbformat.writes(notebook).encode())
        said = review.of_text(cells, released, bans, files)
        assert said.keys() == {"bce_with_logits"}
        assert (
            "uses torch.nn.functional.binary_cross_entropy_with_logits, which this exercise asks"
            in (said["bce_with_logits"])
        )
    assert review.of_text(parse(nbformat.writes(released).encode()), released, bans, []) == {}


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def f(:", "line 1 cannot be read: SyntaxError"),
        ("x = 1\n  y = 2", "line 2 cannot be read: IndentationError: unexpected indent"),
        ("return 3", "line 1 cannot be read: SyntaxError: 'return' outside function"),
        ("%time x = 1\n!true\nx?", ""),
        ("await f()\nprint('\\d')", ""),
        ("", ""),
    ],
)
def test_what_python_says_of_an_answer(source: str, says: str) -> None:
    said = review.uncompiled(source)
    assert said.startswith(says) if says else said == ""


@pytest.mark.parametrize(("seconds", "year"), [(-(2**31), 1980), (2**33 - 1, 2107), (2**53, 1980)])
def test_a_date_that_no_zip_can_hold_is_packed_as_the_nearest(
    course: Path, seconds: int, year: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(notebook_of(course), (1e9, min(seconds, 2**33 - 1)))
    if seconds > 2**33:  # not on every disk
        monkeypatch.setattr(Path, "stat", lambda path: SimpleNamespace(st_mtime=seconds))
    data = submit.pack(notebook_of(course), b"{}", {})
    [entry] = zipfile.ZipFile(io.BytesIO(data)).infolist()
    assert entry.date_time[0] == year


@pytest.mark.parametrize("stopped", [KeyboardInterrupt, RuntimeError])
def test_no_warning_stops_a_hand_in(
    course: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, stopped: type[BaseException]
) -> None:
    def run(*args: object) -> None:
        raise stopped

    monkeypatch.setattr(visible, "run", run)
    answered(course, mean="def mean(values):\n    return 3.0")
    submit.run(NAME, course)
    said = capsys.readouterr().out
    assert f"They were not run to the end ({stopped.__name__})." in said
    assert "? mean (1. Mean): its check did not run" in said
    assert "The checks were stopped, so that nothing is known of their 8 points. A person gives up to 2" in said
    assert "0 of 4" not in said
    assert (course / "work" / "handin" / f"{NAME}.zip").exists()


def test_a_file_that_another_program_holds_is_told(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on Windows: one beside the notebook is left out, and the one to hand in is named."""
    monkeypatch.setattr(submit, "_review", lambda *_: None)
    held = {"held.csv"}
    reading, writing = Path.read_bytes, Path.write_bytes

    def refused(path: Path) -> None:
        if path.name in held:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", lambda path: refused(path) or reading(path))
    monkeypatch.setattr(Path, "write_bytes", lambda path, data: refused(path) or writing(path, data))
    (notebook_of(course).parent / "held.csv").write_text("1")
    submit.run("90", course)
    assert "Not packed: held.csv (it cannot be read: Permission denied)" in capsys.readouterr().out
    held.add(f"{NAME}.zip")
    with pytest.raises(CourseError, match=r"zip cannot be written .* Close what uses it and try again"):
        submit.run("90", course)


def test_what_was_packed_before_is_kept(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handin = course / "work" / "handin"
    packed = []
    for answer in ("It is a sum.", "It is a sum.", "It is a mean.", "It is one of squares."):
        answered(course, why=answer)
        os.utime(notebook_of(course), (1_700_000_000, 1_700_000_000))
        submit.run(NAME, course)
        packed.append((handin / f"{NAME}.zip").read_bytes())
        os.utime(handin / f"{NAME}.zip", (1_700_000_000, 1_700_000_000))
    assert packed[0] == packed[1]
    others = {path.read_bytes() for path in handin.iterdir() if path.name != f"{NAME}.zip"}
    assert others == {packed[0], packed[2]}
    assert capsys.readouterr().out.count("What you packed before is kept: ") == 2


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"{ not JSON", "not a notebook that can be read"),
        (b"\xff\xfe\x00", "not a notebook that can be read"),
        (b'{"nbformat": 4}', "not a notebook that can be read"),
        (b" " * (submit.LIMIT + 1), "no more than 20 MB is taken"),
    ],
)
def test_a_notebook_that_cannot_be_graded_is_not_packed(course: Path, data: bytes, says: str) -> None:
    notebook_of(course).write_bytes(data)
    with pytest.raises(CourseError, match=says):
        submit.run(NAME, course)
    assert not (course / "work" / "handin").exists()


def test_without_a_copy_it_says_how_to_get_one(course: Path) -> None:
    notebook_of(course).unlink()
    with pytest.raises(CourseError, match="course lab"):
        submit.run(NAME, course)
    with pytest.raises(CourseError, match="There is no assignment '77'"):
        submit.run("77", course)


# -- an archive of them is collected -------------------------------------------------------------------------


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def notebook(text: str = "") -> bytes:
    return nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text, id="c")])).encode()


def moodle(name: str, number: int, file: str) -> str:
    return f"{name}_{number}_assignsubmission_file/{file}"


def read(tmp_path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> tuple[list[collect.Collection], list[str]]:
    """What the archive of a class holds whom no class list knows; and the sentences that it calls for."""
    folder = tmp_path / "archive"
    folder.mkdir(exist_ok=True)
    (folder / "all.zip").write_bytes(zipped(*entries))
    return chosen(folder)


def chosen(folder: Path) -> tuple[list[collect.Collection], list[str]]:
    items = list(collect.choose(folder, NAME, nbformat.v4.new_notebook(), NOBODY))
    sentences = [i for i in items if isinstance(i, str)]
    return [i for i in items if not isinstance(i, str)], [s for s in sentences if "is not in the class list" not in s]


class Nobody:
    """A gradebook without a class list."""

    students: tuple[()] = ()


NOBODY = owners.People(Nobody())


@pytest.mark.parametrize(
    ("label", "name", "number"),
    [
        ("Ada Lovelace_4711_assignsubmission_file/90_tiny.zip", "Ada Lovelace", "4711"),
        ("Ada Lovelace_4711_assignsubmission_file_/90_tiny.zip", "Ada Lovelace", "4711"),
        ("Ada Lovelace_4711_assignsubmission_file_90_tiny.zip", "Ada Lovelace", "4711"),
        ("X-90-12/Ada Lovelace_4711_assignsubmission_file/sub/90_tiny.zip", "Ada Lovelace", "4711"),
        ("lovelaceada_4711_90210_90_tiny.zip", "lovelaceada", "4711"),
        ("lovelaceada_LATE_4711_90210_90_tiny-1.ipynb", "lovelaceada", "4711"),
    ],
)
def test_whose_file_it_is(label: str, name: str, number: str) -> None:
    owned = owners.whose(label)
    assert owned is not None
    assert owned.owner == owners.Owner(name, number)


@pytest.mark.parametrize("label", ["90_tiny.zip", "notes.txt", "ada/90_tiny.ipynb"])
def test_a_file_of_nobody(label: str) -> None:
    assert owners.whose(label) is None


def huge(size: int) -> bytes:
    return b"\0" * size


BAD = {
    "a bomb": (zipped((f"{NAME}.ipynb", huge(submit.LIMIT + 1))), "larger than 20 MB when it is unpacked"),
    "not a zip": (b"PK\x03\x04 and no more", "not a zip that can be read"),
    "empty": (b"", "not a zip that can be read"),
    "no notebook": (zipped(("report.txt", b"x")), "holds no notebook"),
    "only outside": (zipped((f"../{NAME}.ipynb", notebook())), "leads outside the archive"),
    "absolute": (zipped((f"/etc/{NAME}.ipynb", notebook())), "leads outside the archive"),
    "windows": (zipped((f"C:\\{NAME}.ipynb", notebook())), "leads outside the archive"),
    "a link": (zipped((link(f"{NAME}.ipynb"), b"/etc/passwd")), "is a link, not a file"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_costs_one_sentence_and_nobody_else(tmp_path: Path, kind: str) -> None:
    data, sentence = BAD[kind]
    good = zipped((f"{NAME}.ipynb", notebook("good")))
    (inner := tmp_path / "inner").mkdir()
    taken, said = read(
        inner,
        (moodle("Ada One", 1, f"{NAME}.zip"), good),
        (moodle("Eve Bad", 2, f"{NAME}.zip"), data),
        (moodle("Zoe Last", 3, f"{NAME}.zip"), good),
    )
    assert [item.student for item in taken] == ["adaone_1", "zoelast_3"]
    assert any(sentence in line and "Eve Bad" in line for line in said), said
    assert len(said) <= 2
    assert not list(tmp_path.rglob("passwd"))  # beside `inner` neither


def test_a_lying_header_does_not_unpack_a_bomb(tmp_path: Path) -> None:
    """The size in the archive's directory says 10 bytes; the data goes on."""
    data = bytearray(zipped((f"{NAME}.ipynb", huge(submit.LIMIT * 2))))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 10)
    taken, said = read(tmp_path, (moodle("Eve Bad", 2, f"{NAME}.zip"), bytes(data)))
    assert not taken
    assert len(said) == 1


def test_a_locked_zip_says_so(tmp_path: Path) -> None:
    data = bytearray(zipped((f"{NAME}.ipynb", notebook())))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    _, said = read(tmp_path, (moodle("Eve Bad", 2, f"{NAME}.zip"), bytes(data)))
    assert "locked with a password" in said[0]


def test_a_name_that_is_not_marked_as_utf8(tmp_path: Path) -> None:
    label = moodle("Zoë Müller", 5, "90_tiny.ipynb").encode()
    plain = zipped((label.decode("ascii", "replace").replace("�", "?"), notebook()))
    taken, said = read(tmp_path, ("x.zip", b""))  # no owner
    assert not taken
    assert "does not say whose" in said[0]
    data = plain.replace(label.decode("ascii", "replace").replace("�", "?").encode(), label)
    (tmp_path / "archive" / "all.zip").write_bytes(data)
    [[item], _] = chosen(tmp_path / "archive")
    assert item.deliveries[0].owner == owners.Owner("Zoë Müller", "5")


def test_a_broken_archive_beside_a_good_one(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"nothing")
    (tmp_path / "b.zip").write_bytes(zipped((moodle("Ada One", 1, f"{NAME}.ipynb"), notebook())))
    [taken, said] = chosen(tmp_path)
    assert said[0] == "a.zip: it is not a zip that can be read; it was left out."
    assert len(taken) == 1


def test_a_class_is_collected(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The list knows Ada by number and Ben by name; Cy is not in it; Dee handed in twice; Eve sent a text."""
    people = tmp_path / "people.csv"
    people.write_text(
        "Identifier,Full name,Email address,Status\n"
        "Participant 11,Ada Lovelace,ada@x.org,\n,Ben Bitdiddle,ben@x.org,\nParticipant 14,Dee Jay,dee@x.org,\n",
        encoding="utf-8",
    )
    roster.run(people, course)
    packed = zipped((f"{NAME}.ipynb", notebook("ada")))
    early, late = (zipfile.ZipInfo(moodle("Dee Jay", 14, f), date) for f, date in DEE)
    archive = tmp_path / "Course-Tiny-99.zip"
    archive.write_bytes(
        zipped(
            (moodle("Countess of Lovelace", 11, f"{NAME}.zip"), packed),
            (moodle("Ben Bitdiddle", 12, "my answers.ipynb"), notebook("ben")),
            (moodle("Cy D", 13, f"{NAME}.ipynb"), notebook("cy")),
            (late, notebook("dee, new")),
            (early, notebook("dee, old")),
            (moodle("Eve Text", 15, "answers.txt"), b"my answers"),
            (moodle("Fay Broken", 16, f"{NAME}.ipynb"), b"{ not JSON"),
        )
    )
    collect.run(NAME, [archive], course)
    submitted = course / ".grading" / "submitted"
    found = {p.parents[1].name: p.read_bytes() for p in submitted.glob(f"*/{NAME}/{NAME}.ipynb")}
    assert found == {
        "ada@x.org": notebook("ada"),
        "ben@x.org": notebook("ben"),
        "cyd_13": notebook("cy"),
        "dee@x.org": notebook("dee, new"),
        "faybroken_16": b"{ not JSON",  # the grader gives it a row and a reason
    }
    said = capsys.readouterr().out
    assert "5 submissions" in said
    for sentence in ("Cy D is not in the class list", "dee@x.org handed in", "neither a zip nor a notebook"):
        assert sentence in said
    collect.run(NAME, [archive], course)  # once more: the newest archive counts
    assert len(list(submitted.glob(f"*/{NAME}/{NAME}.ipynb"))) == 5


DEE = (("old.ipynb", (2026, 1, 1, 8, 0, 0)), (f"{NAME}.ipynb", (2026, 1, 2, 8, 0, 0)))


def test_collect_without_a_file(course: Path, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="There is no file"):
        collect.run(NAME, [tmp_path / "gone.zip"], course)


def test_two_people_of_one_name(course: Path) -> None:
    with Course(course).gradebook() as book:
        for student in ("a1", "a2"):
            book.update_or_create_student(student, first_name="Ada", last_name="Lovelace")
        found = owners.People(book).find(owners.Owner("Ada Lovelace", "9"))
    assert found[0] == "adalovelace_9"
    assert "the name of several people" in found[1]


# -- the class list ------------------------------------------------------------------------------------------

LISTS = {
    "nbgrader": "id,first_name,last_name,email,lms_user_id\nada,Ada,Lovelace,ada@x.org,11\n",
    "moodle": "First name;Last name;Username;Email address;User ID\nAda;Lovelace;ada;ada@x.org;11\n",
    "canvas": 'Student,ID,SIS User ID,SIS Login ID,Section\n    Points Possible,,,,\n"Lovelace, Ada",11,s1,ada,A\n',
    "worksheet": "\ufeffIdentifier\tFull name\tUsername\tE-mail\nParticipant 11\tAda Lovelace\tada\tada@x.org\n",
}


@pytest.mark.parametrize("kind", LISTS)
def test_class_lists(tmp_path: Path, kind: str) -> None:
    (tmp_path / "list.csv").write_text(LISTS[kind], encoding="utf-8")
    [student], said = roster.read(tmp_path / "list.csv")
    assert said == []
    assert (student.id, student.first_name, student.last_name) == ("ada", "Ada", "Lovelace")
    assert student.lms_user_id == "11"
    assert student.email in ("ada@x.org", "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,name\nada,Ada\nada,Eve", "line 3: the id 'ada' stands in line 2 too"),
        ("id,name\n../ada,Ada", "line 2: the id '../ada' may hold only"),
        ("id,name\n,Ada", "line 2: the id is missing"),
    ],
)
def test_a_bad_row_costs_a_sentence(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "list.csv").write_text(text + "\nben,Ben", encoding="utf-8")
    students, [sentence] = roster.read(tmp_path / "list.csv")
    assert says in sentence
    assert students[-1].id == "ben"


@pytest.mark.parametrize("text", ["name,mark\nAda,3", ""])
def test_no_class_list(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match="has no column for the student's id"):
        roster.read(tmp_path / "list.csv")


def test_a_class_list_from_an_old_spreadsheet(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes("id;name\nzoe;Zoë Müller\n".encode("cp1252"))
    assert roster.read(tmp_path / "list.csv")[0][0].last_name == "Müller"


# -- feedback back -------------------------------------------------------------------------------------------


def test_feedback_goes_back_the_way_it_came(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Collected from Moodle's zip, graded, and packed under the names by which Moodle knows its students."""
    released = notebook_of(course).read_bytes()
    (tmp_path / "moodle.zip").write_bytes(
        zipped((moodle("Ada One", 11, f"{NAME}.zip"), zipped((f"{NAME}.ipynb", released))))
    )
    collect.run(NAME, [tmp_path / "moodle.zip"], course)
    with pytest.raises(CourseError, match="Nothing of 90_tiny is graded yet"):
        feedback.run(NAME, course)
    api = NbGraderAPI(config=Course(course).settings)
    assert api.generate_assignment(NAME)["success"]
    assert api.autograde(NAME, "adaone_11")["success"]
    feedback.run(NAME, course)
    with zipfile.ZipFile(course / ".grading" / f"{NAME}-feedback.zip") as packed:
        assert packed.namelist() == [f"Ada One_11_assignsubmission_file/{NAME}.html"]
        assert b"<html" in packed.read(packed.namelist()[0])
    assert "1 pages of feedback" in capsys.readouterr().out


# -- marks back ----------------------------------------------------------------------------------------------


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A course whose gradebook has one assignment of 5 points, and three students, one of them with evil names."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    (tmp_path / "assignments" / NAME).mkdir(parents=True)
    with Course(tmp_path).gradebook() as book:
        book.add_assignment(NAME, duedate=datetime(2026, 1, 1))
        book.add_notebook(NAME, NAME)
        book.add_grade_cell("test_a", NAME, NAME, max_score=5, cell_type="code")
        book.add_source_cell("test_a", NAME, NAME, cell_type="code", source="pass", locked=True)
        book.add_student("ada", first_name="Ada", last_name="Lovelace", email="ada@x.org", lms_user_id="11")
        book.add_student("eve", first_name="=1+1", last_name="@SUM(A1)", email="+1@x.org")
        book.add_student("gone", first_name="Gone", last_name="Zebra")
        for student, score in (("ada", 3.5), ("eve", 2)):
            book.add_submission(NAME, student, timestamp=datetime(2026, 1, 1, 12 if student == "ada" else 0))
            grade(book, student, score)
    return tmp_path


def grade(book: Gradebook, student: str, score: float) -> None:
    cell = book.find_grade("test_a", NAME, NAME, student)
    cell.auto_score, cell.needs_manual_grade = score, False
    book.db.commit()


def rows(course: Path, form: str) -> list[list[str]]:
    export_marks.run(NAME, form, course / "out.csv", course)
    with (course / "out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_marks_for_moodle(marked: Path) -> None:
    assert rows(marked, "moodle") == [
        ["Username", "First name", "Last name", "Email address", f"Assignment: {NAME}"],
        ["eve", "'=1+1", "'@SUM(A1)", "'+1@x.org", "2.0"],
        ["ada", "Ada", "Lovelace", "ada@x.org", "3.5"],
        ["gone", "Gone", "Zebra", "", ""],
    ]


def test_marks_for_canvas(marked: Path) -> None:
    assert rows(marked, "canvas") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", NAME],
        ["    Points Possible", "", "", "", "", "5.0"],
        ["'@SUM(A1), =1+1", "", "", "eve", "", "2.0"],
        ["Lovelace, Ada", "11", "", "ada", "", "3.5"],
        ["Zebra, Gone", "", "", "gone", "", ""],
    ]


EXPORTED = """Student,ID,SIS User ID,SIS Login ID,Integration ID,Section,Lab (7),Homework 3 (1234),Final Score (9)
    Points Possible,,,,,,2,10,(read only)
"Lovelace, Ada",11,s-11,ada.l@uni.test,,"DL 1, DL 2",2,,
"Zebra, Gone",12,,gone,,DL 1,,,
"""


@pytest.fixture
def exported(marked: Path) -> Path:
    """The same course after Canvas's gradebook was read as its class list; Ada has another id here than in Canvas."""
    (marked / "canvas.csv").write_text(EXPORTED.replace("ada.l@uni.test", "ada"), encoding="utf-8")
    roster.run(marked / "canvas.csv", marked)
    with Course(marked).gradebook() as book:
        people = canvas.people(book.db) | {"ada": canvas.Person("s-11", "ada.l@uni.test", "DL 1, DL 2")}
        canvas.keep(book.db, people, canvas.columns(book.db))
    return marked


def test_marks_under_canvass_own_names(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export_marks.run(NAME, "canvas", exported / "out.csv", exported, "Homework 3 (1234)")
    assert "Canvas has 10 points for it, these marks are of 5" in capsys.readouterr().out
    with (exported / "out.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Homework 3 (1234)"],
            ["    Points Possible", "", "", "", "", ""],
            ["'@SUM(A1), =1+1", "", "", "eve", "", "2.0"],
            ["Lovelace, Ada", "11", "s-11", "ada.l@uni.test", "DL 1, DL 2", "3.5"],
            ["Zebra, Gone", "12", "", "gone", "DL 1", ""],
        ]


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (
            "Homework 3",
            r"'Homework 3' is no column of Canvas.* Columns of the export .*: Lab \(7\); Homework 3 \(1234\)\.",
        ),
        ("Homework 3 (1235)", r"has no column 'Homework 3 \(1235\)'.* read it with: course roster FILE"),
        ("Final Score (9)", "takes no marks from a column whose name holds 'Final Score'"),
        ("a\nb (3)", "is no column of Canvas"),
    ],
)
def test_a_column_that_canvas_would_not_know(exported: Path, column: str, says: str) -> None:
    with pytest.raises(CourseError, match=says):
        export_marks.run(NAME, "canvas", exported / "out.csv", exported, column)
    assert not (exported / "out.csv").exists()


def test_a_column_without_a_list_of_canvas(marked: Path) -> None:
    with pytest.raises(CourseError, match="Copy it from the first line of the gradebook that Canvas exports"):
        export_marks.run(NAME, "canvas", marked / "out.csv", marked, "Homework 3")
    with pytest.raises(CourseError, match="Add --format canvas"):
        export_marks.run(NAME, "moodle", marked / "out.csv", marked, "Homework 3 (1234)")
    export_marks.run(NAME, "canvas", marked / "out.csv", marked, "Homework 3 (1234)")
    assert "Homework 3 (1234)" in (marked / "out.csv").read_text(encoding="utf-8")


def test_marks_for_a_spreadsheet(marked: Path) -> None:
    found = {row[1]: row[5:] for row in rows(marked, "plain")[1:]}
    assert found["ada"] == ["3.5", "5.0", "graded", "12.0"]
    assert found["gone"] == ["", "5.0", "missing", ""]


def test_lateness_in_marks(marked: Path) -> None:
    """By the time that is known where there is one, else by Canvas's word; an extension is nbgrader's own."""
    downloaded = Course(marked).downloaded(NAME)
    downloaded.mkdir(parents=True)
    told = {"ada": "lovelaceada_LATE_11_9_", "gone": "zebragone_LATE_12_9_", "eve": "eve_13_9_"}
    (downloaded / "prefixes.json").write_text(json.dumps(told), encoding="utf-8")
    found = {row[1]: row[8] for row in rows(marked, "plain")[1:]}
    assert found == {"ada": "12.0", "eve": "", "gone": "late (Canvas)"}
    with Course(marked).gradebook() as book:
        lateness.extend(book.db, NAME, "ada", datetime(2026, 1, 1, 11))
        late.settle_class(Course(marked), book, NAME)
        assert book.find_submission(NAME, "ada").extension == timedelta(hours=11)
    assert {row[1]: row[8] for row in rows(marked, "plain")[1:]}["ada"] == "1.0"


def test_our_tables_are_written_as_any_database_takes_it() -> None:
    """nbgrader's gradebook may lie in another one than SQLite."""
    engine = create_engine("sqlite://")
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    with Session(engine) as db:
        for number in ("1", "2"):
            canvas.keep(db, {"ada": canvas.Person(number, "", "")}, {"Lab (7)": number})
            lateness.extend(db, NAME, "ada", datetime(2026, 1, int(number)))
        lateness.extend(db, "91_other", "ada", datetime(2026, 1, 3))
        assert canvas.people(db) == {"ada": canvas.Person("2", "", "")}
        assert lateness.extensions(db, NAME) == {"ada": datetime(2026, 1, 2)}
        assert len(lateness.extensions(db, "91_other")) == 1
    assert not [statement for statement in sent if "OR REPLACE" in statement]


class TakesOne(LateSubmissionPlugin):
    """Takes a point for each hour."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        return total_seconds_late / 3600


def test_lateness_costs_what_the_configuration_says_and_never_more_than_there_is(marked: Path) -> None:
    course = Course(marked)
    for plugin, penalty in ((None, 0), (TakesOne, 3.5)):
        if plugin:
            course.settings.AssignLatePenalties.plugin_class = plugin
        with course.gradebook() as book:
            late.settle_class(course, book, NAME)
            assert book.find_submission(NAME, "ada").late_submission_penalty == penalty


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 min late"), (3600, "1 h late"), (7500, "2 h 5 min late"), (90000, "1 d 1 h late"), (86400, "1 d late")],
)
def test_lateness_in_words(seconds: float, said: str) -> None:
    assert str(lateness.Lateness(seconds)) == said
    assert str(lateness.Lateness()) == ""


def test_the_summary_of_marks_shows_who_was_late_where_somebody_was() -> None:
    for said in ("late (Canvas)", ""):
        row = Row("ada", 1.0, 2.0, {}, 0.0, False, (), said)
        console = Console(file=io.StringIO(), width=100)
        print_summary(console, NAME, Summary(1, 0, [row]), Path("marks.csv"))
        assert ("late" in console.file.getvalue()) == bool(said)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert export_marks.safe(text) == "'" + text


@pytest.mark.parametrize("cell", ["Ada", "x=1", "", 3.5, -1.0])
def test_other_cells_stay(cell: object) -> None:
    assert export_marks.safe(cell) == cell


def test_marks_that_wait_for_a_person_are_named(marked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Course(marked).gradebook() as book:
        cell = book.find_grade("test_a", NAME, NAME, "ada")
        cell.needs_manual_grade = True
        book.db.commit()
    rows(marked, "moodle")
    assert "answers wait for a person: ada (1 in all)" in capsys.readouterr().out


def test_marks_lie_where_git_does_not_see_them(marked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export_marks.run(NAME, "moodle", None, marked)
    written = marked / ".grading" / "marks" / f"{NAME}-moodle.csv"
    assert f"Wrote {written}" in capsys.readouterr().out
    assert written.exists()
    assert stat.S_IMODE(written.parent.stat().st_mode) == 0o700
    assert ".grading/" in (ROOT / ".gitignore").read_text().splitlines()


def test_exports_that_cannot_be(marked: Path) -> None:
    with pytest.raises(CourseError, match="There is no format 'excel'"):
        export_marks.run(NAME, "excel", None, marked)
    with pytest.raises(CourseError, match="cannot be written"):
        export_marks.run(NAME, "plain", marked / "no" / "such" / "folder.csv", marked)
    (marked / "assignments" / "91_new").mkdir()
    with pytest.raises(CourseError, match="Nothing of 91_new is graded yet"):
        export_marks.run("91_new", "plain", None, marked)
