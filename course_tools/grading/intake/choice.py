"""Which of a student's notebooks is graded: the one that was changed last with work in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from nbformat import NotebookNode

from course_tools.grading.intake.notebooks import Unreadable, empty_cells, parse
from course_tools.grading.judging.master import is_answer

MOST = 20  # notebooks of one student that are looked into
Date = tuple[int, ...]  # year, month, day, hour, minute, second


@dataclass(frozen=True)
class Candidate:
    """A notebook that may be meant. `answered`: how many answers are not as they were handed out.

    `when` it was changed last, as far as the files tell, and what decides where that is the same.
    """

    shown: str
    when: tuple[Date, Date]
    named: bool
    readable: bool
    answered: int
    digest: str

    def rank(self) -> tuple[object, ...]:
        """Greater for the one to grade. Without work in it the right name tells more than the date does."""
        changed, handed_in = self.when
        if self.answered:
            return (2, changed, self.named, handed_in, self.answered)
        return (1 if self.readable else 0, self.named, changed, handed_in)

    def described(self) -> str:
        """Its name, when it was changed, and what is in it."""
        content = f"{self.answered} answered" if self.answered else "no answers" if self.readable else "not readable"
        year, month, day, hour, minute = self.when[0][:5]
        return f"{self.shown} ({year:04}-{month:02}-{day:02} {hour:02}:{minute:02}, {content})"


def candidate(shown: str, when: tuple[Date, Date], named: bool, data: bytes, released: NotebookNode) -> Candidate:
    """Look into a notebook; `released` is the notebook that was handed out."""
    digest = sha256(data).hexdigest()
    try:
        cells = parse(data)
    except Unreadable:
        return Candidate(shown, when, named, False, 0, digest)
    answers = sum(map(is_answer, released.cells))
    return Candidate(shown, when, named, True, answers - len(empty_cells(cells, released)), digest)


def best(candidates: Iterable[Candidate]) -> Candidate:
    """The notebook to grade."""
    return max(candidates, key=Candidate.rank)


def told(chosen: Candidate, candidates: Iterable[Candidate], verb: str) -> str:
    """A clause that says what was chosen among different notebooks; empty when there was nothing to choose."""
    others = {c.digest: c for c in candidates if c.digest != chosen.digest}
    if not others:
        return ""
    why = "the one that was changed last with work in it" if chosen.answered else "as none has an answer in it"
    left = sorted(others.values(), key=Candidate.rank, reverse=True)
    named = ", ".join(other.described() for other in left[:5]) + (", ..." if len(left) > 5 else "")
    return f"handed in {len(others) + 1} different notebooks: {chosen.described()} {verb}, {why}; not {named}"
