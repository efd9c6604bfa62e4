"""What the columns of a class list are called: by nbgrader, by Canvas, and by Moodle in five languages.

English, Italian, German, Spanish and French are those of Moodle's language packs (moodle.php: firstname, lastname,
fullname, email, username, idnumber; assign.php: recordid), in the wording of 2.x to 4.x. Canvas writes its own in
English whatever the language (lib/gradebook_exporter.rb): LastName and FirstName, or Student, then ID, SIS User ID,
SIS Login ID and Section.
"""

import unicodedata
from collections.abc import Iterable

EMAIL = (
    *("email", "email address", "e-mail", "e-mail address"),
    *("indirizzo email", "indirizzo e-mail"),
    *("e-mail-adresse",),
    *("dirección de correo", "dirección email", "correo electrónico"),
    *("adresse de courriel", "adresse e-mail", "courriel"),
)
# The best id first: a row goes by the first that it has.
ID = (
    *("student_id", "username", "nome utente", "anmeldename", "nombre de usuario", "nom d'utilisateur"),
    *("sis login id", "id", "id number", "codice identificativo", "id-nummer", "número de id"),
    *("numéro d'identification", "matricola", "sis user id", *EMAIL),
)
# The learning management system's own number. German Moodle calls that column "ID": its cells tell.
NUMBER = ("lms_user_id", "identifier", "identificativo", "identificador", "identifiant", "user id")
# When the work was handed in, in Moodle's grading worksheet (assign.php: lastmodifiedsubmission).
HANDED_IN = (
    *("last modified (submission)", "ultima modifica (consegna)", "zuletzt geändert (abgabe)"),
    *("última modificación (entrega)", "última modificación (envío)", "dernière modification (travail remis)"),
)
FIRST = ("first_name", "first name", "firstname", "given name", "vorname", "prénom")
LAST = (
    *("last_name", "last name", "lastname", "surname", "family name", "cognome"),
    *("nachname", "apellido(s)", "apellidos", "nom de famille"),
)
FULL = (
    *("full name", "fullname", "name", "student"),
    *("nome completo", "vollständiger name", "nombre completo", "nom complet"),
)
# What is kept of Canvas's own list.
CANVAS = ("sis_user_id", "sis_login_id", "section")
# Half a name where the other half has a column of its own, else the whole.
FIRST_OR_FULL, LAST_OR_FULL = ("nome", "nombre"), ("nom",)


def plain(heading: str) -> str:
    """A heading as it stands above: without capitals, marks of the file's beginning, and typographic apostrophes."""
    text = unicodedata.normalize("NFKC", heading).replace("\ufeff", "").replace("’", "'")
    return " ".join(text.casefold().split())


def columns(headings: Iterable[str]) -> dict[str, list[int]]:
    """For each field of a student the columns that may hold it, the best first; none without any id."""
    place: dict[str, int] = {}
    for i, heading in enumerate(headings):
        place.setdefault(plain(heading), i)
    first, last, full = ([place[n] for n in names if n in place] for names in (FIRST, LAST, FULL))
    for names, mine, other in ((FIRST_OR_FULL, first, last), (LAST_OR_FULL, last, first)):
        (mine if other else full).extend(place[n] for n in names if n in place)
    found = {"first_name": first, "last_name": last, "name": full}
    found |= {field: [place[n] for n in names if n in place] for field, names in (("email", EMAIL), ("id", ID))}
    found["lms_user_id"] = [place[n] for n in NUMBER if n in place]
    found["handed_in"] = [place[n] for n in HANDED_IN if n in place]
    if (
        "sis login id" in place and "id" in place
    ):  # Canvas: `ID` is its own number, and an id only where all else lacks
        found["lms_user_id"] = [place["id"]]
        found["id"] = [i for i in found["id"] if i != place["id"]] + [place["id"]]
        for name in CANVAS:
            found[name] = [place[heading]] if (heading := name.replace("_", " ")) in place else []
    return found if found["id"] or found["lms_user_id"] else {}
