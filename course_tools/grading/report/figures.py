"""The figures of a class, with nobody's name in them: question by question, mistakes, what a regrade changed.

A question tells strong from weak when those who did well in the rest of the assignment did well in it: the
correlation of its mark with the rest of the mark (item-rest; the point-biserial one where it is all or nothing).
Below LOW a question tells them hardly at all. FEWEST is so large that a good question, of correlation 0.4, comes
out below LOW less than once in twenty times: (artanh 0.4 - artanh 0.1) * sqrt(30 - 3) = 1.68 standard errors.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import StatisticsError, correlation, fmean

from course_tools.grading.nbgrader_0_9.marks import LEAST
from course_tools.grading.regrades import Change
from course_tools.grading.report.submissions import Question, Submission

LOW = 0.1
FEWEST = 30  # submissions
OTHERS = 5  # who must have another mark than most: fewer are chance


@dataclass(frozen=True)
class Tally:
    """What a class has for one question. `tells` is the correlation, None where there is none to speak of."""

    question: Question
    share: float | None  # the mean mark, of the points
    full: int
    some: int
    none: int
    empty: int  # of those with none: who wrote nothing
    waiting: int
    unexplained: int  # who lost marks with an answer in which no mistake was recognised
    alike: bool  # nearly everybody has the same mark
    tells: float | None = None


@dataclass(frozen=True)
class Slip:
    """A recognised mistake, by its hint, and how many made it."""

    question: Question
    hint: str
    count: int


@dataclass(frozen=True)
class Regrade:
    """What one batch changed for one reason: `rows` are (question, how many gained, how many lost, points in all)."""

    at: str
    why: str
    students: int
    rows: tuple[tuple[str, int, int, float], ...]


@dataclass(frozen=True)
class Figures:
    """A class: how many submissions count, how many do not, and what came out."""

    counted: int
    blank: int
    ungraded: int
    outdated: int  # graded before the exercises were corrected last
    missing: int
    listed: int  # in the class list
    late: int  # who handed in late
    waiting: int  # of those that count: with an answer that waits for a person
    tallies: list[Tally]
    slips: list[Slip]
    regrades: list[Regrade]


def tallies(questions: Sequence[Question], submissions: Sequence[Submission]) -> list[Tally]:
    """Question by question, what the class has."""
    told = correlations(questions, submissions)
    return [_tally(question, submissions, told.get(question.name)) for question in questions]


def _tally(question: Question, submissions: Sequence[Submission], tells: float | None) -> Tally:
    name = question.name
    marks = [mark for s in submissions if (mark := s.marks[name]) is not None]
    full = sum(map(question.is_full, marks))
    none = sum(mark < LEAST and not question.is_full(mark) for mark in marks)
    unexplained = sum(
        (mark := s.marks[name]) is not None
        and not question.is_full(mark)
        and name not in s.empty
        and not s.hints.get(name)
        for s in submissions
    )
    return Tally(
        question,
        share=fmean(marks) / question.points if marks and question.points else None,
        full=full,
        some=len(marks) - full - none,
        none=none,
        empty=sum(name in s.empty for s in submissions),
        waiting=len(submissions) - len(marks),
        unexplained=unexplained if question.has_hints else 0,
        alike=bool(marks) and _differ(marks) < OTHERS,
        tells=tells,
    )


def _differ(marks: Sequence[float]) -> int:
    """How many have another mark than the commonest."""
    return len(marks) - Counter(marks).most_common(1)[0][1]


def correlations(questions: Sequence[Question], submissions: Sequence[Submission]) -> dict[str, float]:
    """By question, the correlation of its mark with the rest of the mark, where it says something.

    A question of which answers wait for a person has none, and is in nobody's rest.
    """
    whole = [q.name for q in questions if all(s.marks[q.name] is not None for s in submissions)]
    if len(submissions) < FEWEST or len(whole) < 2:
        return {}
    columns = {name: [s.marks[name] or 0.0 for s in submissions] for name in whole}
    totals = [sum(row) for row in zip(*columns.values(), strict=True)]
    found: dict[str, float] = {}
    for name, marks in columns.items():
        rest = [total - mark for total, mark in zip(totals, marks, strict=True)]
        if _differ(marks) < OTHERS:
            continue
        try:
            found[name] = correlation(marks, rest)
        except StatisticsError:  # the rest is the same for everybody
            continue
    return found


def slips(questions: Sequence[Question], submissions: Sequence[Submission]) -> list[Slip]:
    """The recognised mistakes, the commonest first."""
    found = [
        Slip(question, hint, count)
        for question in questions
        for hint, count in Counter(h for s in submissions for h in s.hints.get(question.name, [])).items()
    ]
    return sorted(found, key=lambda slip: -slip.count)


def regrades(changes: Sequence[Change]) -> list[Regrade]:
    """The changes of marks by batch and reason, in the order of the changes' batches."""
    batches = sorted(changes, key=lambda c: (c.at, c.why), reverse=True)
    return [_regrade(at, why, list(group)) for (at, why), group in groupby(batches, key=lambda c: (c.at, c.why))]


def _regrade(at: str, why: str, changes: Sequence[Change]) -> Regrade:
    rows = []
    for question in sorted({change.question for change in changes}):
        gains = [change.later - change.earlier for change in changes if change.question == question]
        rows.append((question, sum(g > 0 for g in gains), sum(g < 0 for g in gains), sum(gains)))
    return Regrade(at, why, len({change.student for change in changes}), tuple(rows))
