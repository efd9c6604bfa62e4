"""The options of a task in a student's own order, which follows from the student's name.

`course build --variants` puts the call into a notebook in place of the options. It only shows them: the grader knows
each student's order from the class list (`course_utils/check/own.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase as LETTERS

from course_utils.check.own import FIRST, STATED, variant


def options(key: str, heading: str, texts: Sequence[str], orders: Sequence[str]) -> None:
    """Show the `texts`, cells of a Markdown table, lettered anew in one of the `orders`, by the name that was stated.

    An order such as "CAB" says which of the texts, as their author letters them, get the letters A, B and C.
    """
    from IPython.display import display

    if not (name := STATED["name"]):
        print(FIRST)
        return
    print(f"The options of {name}:")
    display(Options(heading, arranged(texts, orders[variant(key, name, len(orders))])))


def arranged(texts: Sequence[str], order: str) -> list[str]:
    """The texts in an order."""
    return [texts[LETTERS.index(letter)] for letter in order]


@dataclass(frozen=True, repr=False)
class Options:
    """Lettered options: a table where Markdown is shown, lines of text elsewhere."""

    heading: str
    texts: Sequence[str]

    def _repr_markdown_(self) -> str:
        rows = [f"| {letter} | {text} |" for letter, text in zip(LETTERS, self.texts, strict=False)]
        return "\n".join([f"| | {self.heading} |", "|---|---|", *rows])

    def data(self) -> dict[str, str]:
        """The same as an output of a notebook has it."""
        return {"text/markdown": self._repr_markdown_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return "\n".join(f"{x}  {text}".replace(r"\|", "|") for x, text in zip(LETTERS, self.texts, strict=False))
