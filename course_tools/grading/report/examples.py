"""An example of each mistake, in a few lines: a student's answer, or the author's planted one, which names nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent

from course_tools.grading.inside.text import valid
from course_tools.grading.intake.clean import handed_out
from course_tools.grading.judging.master import Master, grade_id
from course_tools.grading.orders import CELL
from course_tools.grading.report.submissions import Submission
from course_tools.grading.slips import solutions

MOST_LINES = 12
MOST_CHARACTERS = 160  # of a line


@dataclass(frozen=True)
class Example:
    """Some lines of a wrong answer, and who wrote it; nobody where its author planted it."""

    text: str
    student: str = ""


Examples = Mapping[tuple[str, str], Example]  # (question, hint) -> example


def of_students(submissions: Sequence[Submission], master: Master) -> dict[tuple[str, str], Example]:
    """For each mistake the shortest answer that makes it, without the lines that were handed out.

    Letters of a student's own tell others nothing: there the planted answer stands.
    """
    given = {grade_id(cell): cell.source for cell in handed_out(master).cells}
    own = {f"test_{cell.removeprefix(CELL)}" for cell in master.options}
    found = {key: example for key, example in planted(master).items() if key[0] in own}
    for submission in sorted(submissions, key=lambda s: s.student):
        for name, hints in submission.hints.items():
            if name in own:
                continue
            answer = submission.answers[name]
            example = Example(
                _own(answer, given.get(name.removeprefix("test_"), "")) or cut(answer), submission.student
            )
            for hint in hints:
                if (name, hint) not in found or len(example.text) < len(found[name, hint].text):
                    found[name, hint] = example
    return found


def planted(master: Master) -> dict[tuple[str, str], Example]:
    """For each mistake the lines of the planted answer that the solution does not have: no student wrote them."""
    solved = solutions(master.notebook)
    found: dict[tuple[str, str], Example] = {}
    for slip in master.slips:
        if text := _own(slip.source, solved.get(slip.cell, "")):
            found.setdefault((f"test_{slip.cell}", slip.hint), Example(text))
    return found


def _own(answer: str, given: str) -> str:
    """The lines of an answer that are its own."""
    known = {line.strip() for line in given.splitlines()}
    return cut("\n".join(line for line in answer.splitlines() if line.strip() not in known))


def cut(text: str) -> str:
    """A text that is short enough for a page, and says where it was cut."""
    lines = [line for line in dedent(valid(text)).splitlines() if line.strip()]
    shown = [line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]} …" for line in lines[:MOST_LINES]]
    more = [f"… (lines left out: {len(lines) - MOST_LINES})"] if len(lines) > MOST_LINES else []
    return "\n".join([*shown, *more])
