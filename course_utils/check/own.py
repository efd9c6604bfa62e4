"""Numbers of a student's own: which ones they are follows from the student's name.

`course build --variants` puts these calls into a notebook. They show numbers and choose inputs of visible checks, no
more: the grader takes the student's name from the class list, and nothing that stands here.
"""

import hashlib
import os
import unicodedata
from collections.abc import Sequence

STATED = {"name": ""}
SEEDS = 8  # that a check may have: one student in eight has the same
FIRST = "First write your id into the cell with check.student(...) and run it; then run this cell again."


def student(name: str) -> None:
    """State under which name the work is handed in; on a JupyterHub the name of the account serves as well."""
    STATED["name"] = str(name).strip() or os.environ.get("JUPYTERHUB_USER", "")
    found = f"The tasks below are those of {STATED['name']}."
    print(found if STATED["name"] else "Write your id between the quotes.")


def own(key: str, **letters: Sequence[float]) -> None:
    """Show what each letter of a task stands for: one of the numbers listed, by the name that was stated."""
    if not (name := STATED["name"]):
        print(FIRST)
        return
    at = variant(key, name, len(next(iter(letters.values()))))
    print(f"The numbers of {name}: {told({letter: values[at] for letter, values in letters.items()})}")


def own_seed(seed: int) -> int:
    """The student's own seed in place of `seed`, by the name that was stated; `seed` itself where none was."""
    return seeds(seed)[variant(str(seed), name, SEEDS)] if (name := STATED["name"]) else seed


def seeds(seed: int) -> list[int]:
    """The seeds that students may have in place of `seed`, which is the first of them."""
    return [seed + 1000 * i for i in range(SEEDS)]


def told(letters: dict[str, float]) -> str:
    """ "C = 8, h = 0.02"."""
    return ", ".join(f"{letter} = {value}" for letter, value in letters.items())


def same(one: str, other: str) -> bool:
    """Whether two names are one student's: capitals, blanks around a name and what has no width do not matter."""
    return _plain(one) == _plain(other)


def variant(key: str, name: str, count: int) -> int:
    """Which of `count` variants is that of the student `name`."""
    digest = hashlib.sha256(f"{key}/{_plain(name)}".encode(errors="replace")).digest()
    return int.from_bytes(digest[:8], "big") % count


def _plain(name: str) -> str:
    seen = [c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf"]  # pages have others
    return "".join(seen).strip().casefold()
