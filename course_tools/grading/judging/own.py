"""Whose numbers are which: the variant of an assignment by which a student's submission is judged.

Runs in the grader. The student is the one who handed in, by the class list; what a notebook says of its student
changes no mark, and a person is told where it names another.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

from nbformat import NotebookNode

from course_tools.grading import variants
from course_tools.grading.inside.text import valid
from course_tools.grading.judging.master import Master, load_variants
from course_tools.grading.judging.reference import Reference, run_variant
from course_utils.check.own import same, variant

STATED = re.compile(r"""^ *check\.student\(\s*(?:name *= *)?(["'])(.{1,200}?)\1\s*,?\s*\)""", re.MULTILINE)
MOST = 3  # other names that the summary tells of


@dataclass(frozen=True)
class Variants:
    """An assignment in all its variants; `first` is the only one where nobody has numbers of their own."""

    first: Master

    @cached_property
    def key(self) -> str:
        """What says, together with a name, which variant is whose; empty where there is one alone."""
        return variants.key(self.first.folder)

    @cached_property
    def masters(self) -> list[Master]:
        """The assignment with the numbers of each variant."""
        return [self.first, *load_variants(self.first.folder)[1:]] if self.key else [self.first]

    def number(self, student: str) -> int:
        """Which variant is the student's."""
        return variant(self.key, student, len(self.masters))

    def of(self, student: str) -> Master:
        """The assignment with the student's own numbers."""
        return self.masters[self.number(student)]

    def another(self, notebook: NotebookNode, student: str) -> list[str]:
        """A sentence for a person where the notebook names another student than the one who handed it in."""
        code = [cell.source for cell in notebook.cells if cell.cell_type == "code"] if self.key else []
        names = [name for source in code for _, name in STATED.findall(source)]
        others = list(dict.fromkeys(valid(name)[:80] for name in names if not same(name, student)))[:MOST]
        return [f"the notebook shows the numbers of {name!r}; it was graded with {student}'s" for name in others]


@dataclass
class References:
    """What the solution seals in each variant; run when a student's is asked for, once."""

    variants: Variants
    first: Reference
    others: dict[int, Reference] = field(default_factory=dict)

    def of(self, student: str) -> Reference:
        """What a student's answers are compared with. Raises CourseError when the solution fails."""
        number = self.variants.number(student)
        if number and number not in self.others:
            self.others[number] = run_variant(self.variants.masters[number], self.first)
        return self.others[number] if number else self.first
