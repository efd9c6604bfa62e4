"""Whose file it is: read from what the learning management system wrote, never from a student's own file name.

What the systems write (mod/assign/classes/downloader.php of Moodle 4.5; lib/content_zipper.rb of Canvas, 2025):

    Ada Lovelace_4711_assignsubmission_file/03_x.zip     Moodle, a folder for each student ("_file_" before 4.0)
    Ada Lovelace_4711_assignsubmission_file_03_x.zip     Moodle, without folders
    lovelaceada_4711_90210_03_x.zip                      Canvas ("lovelaceada_LATE_4711_..." when late)
    anon_x7Yq2_90210_03_x.zip                            Canvas, graded without names

Both write it in front of everything that a student named. So the outermost folder or file with such a name tells, and
in it the first number that fits: neither system leaves an underscore (Moodle) or `_12_` (Canvas) in a person's name.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from nbgrader.api import Gradebook
from nbgrader.api import Student as GradebookStudent

_NUMBER = "(?P<number>[0-9]{1,18})"
MOODLE = re.compile(rf"(?P<name>.+?)_{_NUMBER}_assignsubmission_[a-z]+(?:_(?P<file>.*))?", re.DOTALL)
CANVAS = re.compile(rf"(?P<name>.+?)(?:_LATE)?_{_NUMBER}_[0-9]{{1,18}}_(?P<file>.+)", re.DOTALL)
LATE = re.compile(r".+_LATE_[0-9]{1,18}_[0-9]{1,18}_|LATE_anon_.+", re.DOTALL)
NAMELESS = re.compile(r"(?:LATE_)?(?P<name>anon)_(?P<number>[0-9A-Za-z]{1,18})_[0-9]{1,18}_(?P<file>.+)", re.DOTALL)

# What stands for a name where work is graded without names: Canvas's word, and Moodle's in five languages.
NO_NAMES = {"anon", "participant", "partecipante", "participante", "teilnehmerin"}


@dataclass(frozen=True)
class Owner:
    """A student as the learning management system calls them."""

    name: str
    number: str


@dataclass(frozen=True)
class Owned:
    """A file's owner, what the system wrote in front of its name, and the name that the student gave it."""

    owner: Owner
    prefix: str
    file: str


def whose(label: str) -> Owned | None:
    """Whose file has this path in a system's archive; None when no system wrote it."""
    parts = label.split("/")
    for i, part in enumerate(parts):
        forms = [found for form in (MOODLE, CANVAS, NAMELESS) if (found := form.fullmatch(part))]
        if not forms:
            continue
        found = min(forms, key=lambda form: form.start("number"))
        own = "/".join([rest for rest in [found["file"]] if rest] + parts[i + 1 :])
        folder = i < len(parts) - 1 and not found["file"]
        prefix = f"{part}/" if folder else part[: len(part) - len(found["file"] or "")]
        return Owned(Owner(found["name"], found["number"]), prefix, own) if own else None
    return None


def says_late(prefix: str) -> bool:
    """Whether Canvas wrote in front of a file's name that it was handed in late."""
    return LATE.fullmatch(prefix) is not None


def certain(label: str) -> bool:
    """Whether the name cannot be chance: "DL_2025_26_A.zip" has Canvas's form, too."""
    return MOODLE.fullmatch(label.split("/")[0]) is not None


class People:
    """The class list, asked by what a learning management system calls its people."""

    def __init__(self, book: Gradebook):
        self.students: dict[str, GradebookStudent] = {s.id: s for s in book.students}
        numbers = Counter(s.lms_user_id for s in self.students.values())
        self.by_number = {s.lms_user_id: s.id for s in self.students.values() if numbers[s.lms_user_id] == 1}
        self.by_number.pop("", None)
        pairs = {(name, s.id) for s in self.students.values() for name in _names(s)}
        count = Counter(name for name, _ in pairs)
        self.by_name = {name: student for name, student in pairs if count[name] == 1}
        self.shared = {name for name in count if count[name] > 1}

    def assign(self, owners: Iterable[Owner]) -> dict[Owner, tuple[str, str]]:
        """For each owner the student's id, and a sentence when a person should look at that.

        Two people of a system are never one student: where a name alone would make them so, it decides nothing.
        """
        found = {owner: self.find(owner) for owner in owners}
        groups: dict[str, list[Owner]] = defaultdict(list)
        for owner, (student, _) in found.items():
            groups[student].append(owner)
        for student, group in groups.items():
            sure = [owner for owner in group if self._is_sure(owner, student)]
            if sure or len({owner.number for owner in group}) > 1:
                unsure = [owner for owner in group if owner not in sure] if len(group) > 1 else []
                found |= {
                    o: _made_up(o, f"is not the only one whom the archives would call {student}") for o in unsure
                }
        return found

    def _is_sure(self, owner: Owner, student: str) -> bool:
        return self.by_number.get(owner.number) == student and self._fits(fold(owner.name), student)

    def find(self, owner: Owner) -> tuple[str, str]:
        """The student's id by the class list alone, and a sentence when it had to be made up or is not sure."""
        name = fold(owner.name)
        named, numbered = self.by_name.get(name), self.by_number.get(owner.number)
        if numbered and named and named != numbered:
            return _made_up(
                owner, f"is {named} in the class list by name, and {numbered} by the number {owner.number}"
            )
        if numbered and not self._fits(name, numbered):  # a team, say: its number is of another kind
            return _made_up(owner, f"has the number of {numbered}, who has another name in the class list")
        if student := numbered or named:
            return student, ""
        return _made_up(owner, "is the name of several people" if name in self.shared else "is not in the class list")

    def _fits(self, name: str, student: str) -> bool:
        """Whether a part of the student's name, as the class list has it, is in this one, or one of them is none."""
        listed = self.students[student]
        parts = [fold(part) for part in (listed.first_name or "", listed.last_name or "") if fold(part)]
        return name in NO_NAMES or not parts or any(part in name for part in parts)


def _made_up(owner: Owner, why: str) -> tuple[str, str]:
    student = made_up_id(owner)
    todo = "Import a class list that has the LMS's numbers and collect again."
    return student, f"{owner.name} {why}; collected as {student}. {todo}"


def made_up_id(owner: Owner) -> str:
    """An id for somebody whom the class list does not have: short, and of letters that all disks take.

    What a name loses on the way, because it is long or not Latin, is made up for by a few digits of its digest.
    """
    whole = fold(owner.name)
    letters = re.sub(r"[^a-z0-9]", "", whole)[:40]
    digest = "" if letters == whole and letters else "_" + sha256(whole.encode()).hexdigest()[:8]
    return f"{letters or 'student'}{digest}_{owner.number}"


def fold(name: str) -> str:
    """A name as lower-case letters and digits alone, of any script, without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalnum())


def _names(student: GradebookStudent) -> set[str]:
    """The student's name in both orders, folded; none when the class list has no name."""
    first, last = student.first_name or "", student.last_name or ""
    return {fold(f"{first}{last}"), fold(f"{last}{first}")} - {""}
