"""Class lists of every kind: an odd row costs a sentence, and nobody else anything."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from course_tools.grading.course import Course
from course_tools.grading.gradebook import roster
from course_tools.paths import ROOT
from course_utils.errors import CourseError

ADA_ROW = roster.Student("ada@x.org", "Ada", "One", "ada@x.org", "1")
LISTS = {
    "English worksheet": 'Identifier,"Full name","Email address",Status\n"Participant 1","Ada One",ada@x.org,\n',
    "Italian worksheet": 'Identificativo,"Nome completo","Indirizzo email"\n"Partecipante 1","Ada One",ada@x.org\n',
    "old Italian worksheet": 'Identificativo,Nome,"Indirizzo email",Stato\n"Partecipante 1","Ada One",ada@x.org,\n',
    "German worksheet": 'ID,"Vollständiger Name",E-Mail-Adresse,Status\n"Teilnehmer/in 1","Ada One",ada@x.org,\n',
    "Spanish worksheet": 'Identificador,"Nombre completo",Dirección de correo\n"Participante 1",Ada One,ada@x.org\n',
    "French worksheet": 'Identifiant,"Nom complet","Adresse de courriel"\n"Participant 1","Ada One",ada@x.org\n',
    "empty ID numbers": 'Identifier,"Full name","ID number",Email address\n"Participant 1","Ada One","",ada@x.org\n',
}
PEOPLE = {
    "English": 'First name,Last name,"ID number","Email address",Groups\nAda,One,,ada@x.org,G1\n',
    "old English": 'First name,Surname,"Email address"\nAda,One,ada@x.org\n',
    "Italian": 'Nome,Cognome,"Codice identificativo","Indirizzo email"\nAda,One,,ada@x.org\n',
    "German": "Vorname,Nachname,ID-Nummer,E-Mail-Adresse\nAda,One,,ada@x.org\n",
    "Spanish": 'Nombre,Apellido(s),"Número de ID",Institución,"Dirección de correo"\nAda,One,,,ada@x.org\n',
    "French": 'Prénom,Nom,"Numéro d\'identification","Adresse de courriel"\nAda,One,,ada@x.org\n',
    "French, typographic": "Prénom,Nom de famille,Numéro d’identification,Adresse de courriel\nAda,One,,ada@x.org\n",
}


def listed(tmp_path: Path, text: str | bytes) -> tuple[list[roster.Student], list[str]]:
    (tmp_path / "list.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return roster.read(tmp_path / "list.csv")


@pytest.mark.parametrize("kind", LISTS)
def test_worksheets_of_moodle(tmp_path: Path, kind: str) -> None:
    assert listed(tmp_path, LISTS[kind]) == ([ADA_ROW], [])


@pytest.mark.parametrize("kind", PEOPLE)
def test_participants_and_grades_of_moodle(tmp_path: Path, kind: str) -> None:
    [student], said = listed(tmp_path, PEOPLE[kind])
    assert (student.id, student.first_name, student.last_name, said) == ("ada@x.org", "Ada", "One", [])


FILES: dict[str, Callable[[str], bytes]] = {
    "UTF-8 with its mark": lambda s: s.encode("utf-8-sig"),
    "UTF-16 little": lambda s: b"\xff\xfe" + s.encode("utf-16-le"),
    "UTF-16 big": lambda s: b"\xfe\xff" + s.encode("utf-16-be"),
    "UTF-16 without its mark": lambda s: s.encode("utf-16-le"),
    "UTF-16 big without its mark": lambda s: s.encode("utf-16-be"),
    "Windows-1252": lambda s: s.encode("cp1252"),
    "semicolons": lambda s: s.replace(",", ";").encode(),
    "tabs": lambda s: s.replace(",", "\t").encode(),
    "tabs in UTF-16, as Excel's Unicode text": lambda s: b"\xff\xfe" + s.replace(",", "\t").encode("utf-16-le"),
    "sep=,": lambda s: b"sep=,\n" + s.encode(),
    "sep=;": lambda s: b"sep=;\r\n" + s.replace(",", ";").encode(),
    "sep=; with a mark": lambda s: b"\xef\xbb\xbfsep=;\r\n" + s.replace(",", ";").encode(),
    '"sep=;"': lambda s: b'"sep=;"\n' + s.replace(",", ";").encode(),
    "sep=tab": lambda s: b"sep=\t\n" + s.replace(",", "\t").encode(),
    "sep=|": lambda s: b"sep=|\n" + s.replace(",", "|").encode(),
    "Windows' ends of lines": lambda s: s.replace("\n", "\r\n").encode(),
    "old ends of lines": lambda s: s.replace("\n", "\r").encode(),
    "a title above": lambda s: b"Class of 2026\n\n" + s.encode(),
    "NULs": lambda s: s.encode() + b"\0\0\n",
}


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("kind", ["German worksheet", "Spanish worksheet", "Italian worksheet"])
def test_class_lists_in_every_form(tmp_path: Path, form: str, kind: str) -> None:
    assert listed(tmp_path, FILES[form](LISTS[kind])) == ([ADA_ROW], [])


CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section,Lab (12)\n"
ABOVE = {
    "none": "",
    "Manual Posting": ",,,,,Manual Posting\n",
    "hidden": ",,,,,Hidden\n",
    "two": ",,,,,Muted\n,,,,,Manual Posting\n",
    "spaces": "    ,,,,,Manual Posting\n",
}


@pytest.mark.parametrize("points", ["    Points Possible", "Points Possible", "points possible"])
@pytest.mark.parametrize("kind", ABOVE)
def test_rows_of_canvas_itself(tmp_path: Path, kind: str, points: str) -> None:
    students, said = listed(
        tmp_path, f'{CANVAS}{ABOVE[kind]}{points},,,,,5\n"One, Ada",1,s1,ada,A,\n"Two, Ben",2,s2,ben,A,\n'
    )
    assert [(s.id, s.first_name, s.last_name, s.lms_user_id) for s in students] == [
        ("ada", "Ada", "One", "1"), ("ben", "Ben", "Two", "2"),
    ]  # fmt: skip
    assert said == []


def test_the_test_student_of_canvas_is_nobody(tmp_path: Path) -> None:
    own = "c0ffee" * 6 + "0123"  # the login of Canvas's "Student View": 40 digits of a digest, and no SIS User ID
    students, [sentence] = listed(
        tmp_path, f'{CANVAS}    Points Possible,,,,,5\n"One, Ada",1,s1,ada,A,\n"Student, Test",9,,{own},A,\n'
    )
    assert [s.id for s in students] == ["ada"]
    assert "line 4: it is Canvas's own test student; the row was left out." in sentence


def test_canvas_with_names_in_two_columns(tmp_path: Path) -> None:
    text = "LastName,FirstName,ID,SIS Login ID,Section\n    Points Possible,,,,\nOne,Ada,1,ada,A\nTwo,Ben,2,,A\n"
    students, [sentence] = listed(tmp_path, text)
    assert [(s.id, s.last_name) for s in students] == [("ada", "One"), ("2", "Two")]
    assert "line 4: the id is missing; this student goes by 2." in sentence


# name -> an odd row between two others, the id that its student gets, and what is said
ODD = {
    "an apostrophe": ("oz,Oz,O'Brien,o'brien@x.org", "oz", ""),
    "no login": (
        ",Oz,O'Brien,o'brien@x.org",
        "o'brien@x.org",
        "the id is missing; this student goes by o'brien@x.org.",
    ),
    "a plus sign": (",Oz,Om,oz+ml@x.org", "oz+ml@x.org", "goes by oz+ml@x.org."),
    "a login that is no folder": ("../oz,Oz,Om,oz@x.org", "oz@x.org", "the id '../oz' may hold only letters"),
    "a login with a space": ("oz om,Oz,Om,oz@x.org", "oz@x.org", "goes by oz@x.org."),
    "a login of letters of any script": ("李雷,Lei,Li,", "李雷", ""),
    "a login of 200 letters": ("李" * 200 + ",Lei,Li,lei@x.org", "lei@x.org", "goes by lei@x.org."),
    "neither login nor address": (",Oz,Om,", "", "the id is missing; the row was left out."),
    "only a bad address": (",Oz,Om,oz/../om", "", "may hold only letters"),
    "twice": ("ada,Ada,One,ada@x.org", "", "the id 'ada' stands in line 2 too; this row was left out."),
    "twice in capitals": ("ADA,Eve,Five,eve@x.org", "", "stands in line 2 too"),
    "more cells than headings": ("oz,Om, Oz,Om,oz@x.org", "", "more cells than there are headings"),
    "fewer cells": ("oz", "oz", ""),
    "an open quotation mark": ('"oz,Oz,Om,oz@x.org', "", ""),
    "empty cells": (",,,", "", ""),
}


@pytest.mark.parametrize("kind", ODD)
def test_one_odd_row_costs_nobody_else_anything(tmp_path: Path, kind: str) -> None:
    row, student_id, sentence = ODD[kind]
    text = f"username,first name,last name,email\nada,Ada,One,ada@x.org\n{row}\nben,Ben,Two,ben@x.org\n"
    students, said = listed(tmp_path, text)
    ids = [student.id for student in students]
    assert ids[0] == "ada"
    if kind != "an open quotation mark":
        assert ids[-1] == "ben"
        assert ids[1:-1] == ([student_id] if student_id else [])
        assert [sentence in s for s in said] == ([True] if sentence else [])
    else:  # what follows stands in the quotation
        assert "a quotation mark is not closed" in said[0]


def test_a_line_in_another_encoding_spoils_no_other_name(tmp_path: Path) -> None:
    rows = [
        b"id,name",
        "zoe,Zoë Müller".encode(),
        "jose,José García".encode("cp1252"),
        "ida,Ida Söll".encode(),
    ]
    students, said = listed(tmp_path, b"\n".join(rows))
    assert [s.last_name for s in students] == ["Müller", "García", "Söll"]
    assert said == []


def test_a_cell_that_is_too_large_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="Save it again as CSV"):
        listed(tmp_path, "id,name\nada," + "x" * 200_000 + "\n")


def test_a_worksheet_without_addresses(tmp_path: Path) -> None:
    """Where Moodle shows no addresses, people go by what `course collect` would call them."""
    students, [sentence] = listed(
        tmp_path, 'Identifier,"Full name"\n"Participant 11","Ada One"\n"Participant 12","Ada One"\n'
    )
    assert [s.id for s in students] == ["adaone_11", "adaone_12"]
    assert "made of names and numbers" in sentence


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with a class list."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    with Course(tmp_path).gradebook() as book:
        book.add_student("ada", first_name="Ada", last_name="One", email="ada@x.org")
        book.add_student("ben", first_name="Ben", last_name="Two", email="ben@x.org")
    return tmp_path


def test_another_list_of_the_same_class_makes_nobody_twice(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = course / "list.csv"
    path.write_text("id,first_name,last_name,email\n77,Ada,One,ADA@x.org\nzoe,Zoe,Z,z@x.org\n", encoding="utf-8")
    roster.run(path, course)
    with Course(course).gradebook() as book:
        assert {s.id for s in book.students} == {"ada", "ben", "zoe"}
    assert "77 stays ada" in capsys.readouterr().out


def test_a_list_in_which_nothing_can_be_read(course: Path) -> None:
    (course / "list.csv").write_text("id,name\n../x,X\n", encoding="utf-8")
    with pytest.raises(CourseError, match="No student could be read"):
        roster.run(course / "list.csv", course)
