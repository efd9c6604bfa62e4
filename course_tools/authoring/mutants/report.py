"""What came of the mutants of one exercise: which survive, which are known to be equivalent, and what is stale."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from course_tools.authoring.mutants.trial import Verdict
from course_tools.mutation.operators import Mutant

Equivalents = Mapping[tuple[str, str], str]  # (cell, the line as `Mutant.after` has it) -> why it changes nothing


@dataclass(frozen=True)
class Tried:
    """A mutant and what the checks said of it."""

    mutant: Mutant
    verdict: Verdict

    @property
    def passes(self) -> str:
        """Which checks accept it; empty when all reject it."""
        if not self.verdict.visible and not self.verdict.told_later:
            return "the visible check" if self.verdict.hidden else "both"
        return "" if self.verdict.hidden else "the hidden checks"


@dataclass(frozen=True)
class Report:
    """The mutants of one exercise."""

    exercise: str
    tried: list[Tried]
    equivalents: Equivalents

    @property
    def survivors(self) -> list[Tried]:
        """The mutants that a side accepts and that nobody has called equivalent."""
        return [t for t in self.tried if t.passes and (self.exercise, t.mutant.after) not in self.equivalents]

    @property
    def excused(self) -> list[Tried]:
        """The mutants that a side accepts and that are listed as equivalent."""
        return [t for t in self.tried if t.passes and (self.exercise, t.mutant.after) in self.equivalents]

    @property
    def stale(self) -> list[str]:
        """The lines listed as equivalent that no mutant has which a side accepts."""
        used = {t.mutant.after for t in self.excused}
        return [line for cell, line in self.equivalents if cell == self.exercise and line not in used]

    def lines(self) -> Iterator[str]:
        """For people: a line for the exercise, and one for each thing to do."""
        survivors, excused = self.survivors, self.excused
        killed = len(self.tried) - len(survivors) - len(excused)
        yield f"{self.exercise}: {len(self.tried)} mutants, {killed} rejected, {len(excused)} equivalent"
        for t in survivors:
            m = t.mutant
            where, change = f"{self.exercise} line {m.line} [{m.kind}]", f"{_one(m.before)}  →  {_one(m.after)}"
            yield f"  {where}  passes {t.passes}:  {change}"
        for line in self.stale:
            yield f"  {self.exercise}: no mutant survives any more that is listed as equivalent:  {_one(line)}"


def unknown(equivalents: Equivalents, exercises: list[str]) -> list[str]:
    """The cells for which equivalents are listed although the assignment has no such exercise."""
    return sorted({cell for cell, _ in equivalents} - set(exercises))


def _one(lines: str) -> str:
    return lines.replace("\n", " ⏎ ")
