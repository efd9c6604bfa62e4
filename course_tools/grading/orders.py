"""Letters of a student's own: the options of a task in another order for each variant, lettered anew.

    shuffle("invariances", task={"First name them by their letters": "First name them"})

stands in `variants.py` beside `vary` (course_tools/grading/variants.py), for a task whose answer is letters that the
visible check only notes (`check.chosen`). Its options are rows `| A | text |` of a table, items `- **A.** text` of a
list, or lines of code that end in `# A`. Built with variants, a cell in their place shows them in the student's own
order. `task`: texts of the task that then read in another way. The file is read, not run.

The hints of the task's slips name options by the letters of the source; the feedback says the student's in their
place. So a capital letter that stands alone in a hint, outside formulas and `code`, must be an option. An "A" or "I"
that may be a word is refused.
"""

import ast
import hashlib
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from course_tools.grading import variants
from course_utils.check.options import LETTERS, Options, arranged
from course_utils.check.own import variant as whose
from course_utils.errors import CourseError

USAGE = "shuffle takes the name of an answer's cell and, where it needs some, task={...}"
TRIES = 1000  # orders to draw for one variant
CELL = "options_"  # with the name of the answer's cell: the one that shows the options
ALONE = re.compile(r"\$[^$]*\$|`[^`]*`|(?<![\w.'’-])([A-Z])(?![\w'’-])")
WORDS = "AI"  # letters that may be words; an option where what stands beside them says so
AFTER = re.compile(r"[,.:;)]|$| (is|are|and|or)\b")
BEFORE = re.compile(r"\b([Ii]n|[Oo]f|and|or|[Ll]ines?|than|[Aa]s|for|to|with) $")


@dataclass(frozen=True)
class Declared:
    """One `shuffle`: see above."""

    cell: str
    task: dict[str, str]


@dataclass(frozen=True)
class Shuffled:
    """A task's options: their texts in the author's order, and for each variant the author's letters in its order."""

    cell: str
    key: str
    heading: str
    texts: list[str]
    orders: list[str]

    def said(self, variant: int) -> str:
        """Letters stand for no numbers."""
        return ""

    def table(self, variant: int) -> Options:
        """The options as the students of a variant see them."""
        return Options(self.heading, arranged(self.texts, self.orders[variant]))

    def hint(self, text: str, variant: int) -> str:
        """A slip's hint with the letters of a variant."""
        return renamed(text, lambda letter: own(letter, self.orders[variant]))

    def authors(self, hint: str, student: str) -> str:
        """The hint that a student read, with the author's letters again."""
        order = self.orders[whose(self.key, student, len(self.orders))]
        return renamed(hint, lambda letter: order[LETTERS.index(letter)] if letter in order else letter)

    def answer(self, source: str, variant: int) -> str:
        """The solution or a slip with the letters of a variant."""
        returned, chosen = answer(self.cell, source)
        return source.replace(returned, repr(sorted(own(letter, self.orders[variant]) for letter in chosen)))


def load(path: Path) -> list[Declared]:
    """The tasks whose options are shuffled. Raises CourseError when one is not as `shuffle` wants it."""
    return [_declared(call, path) for call in variants.calls(path, "shuffle")]


def _declared(call: ast.Call, path: Path) -> Declared:
    try:
        (cell,) = [ast.literal_eval(argument) for argument in call.args]
        given = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
        if given.keys() - {"task"} or not isinstance(cell, str):
            raise ValueError(USAGE)
        return Declared(cell, dict(given.get("task", {})))
    except (ValueError, TypeError) as e:
        raise CourseError(f"{path}, line {call.lineno}: {USAGE}.") from e


def shown(notebook: NotebookNode) -> list[Shuffled]:
    """The tasks of a notebook built with variants whose options are shuffled, from the cells that show them."""
    names = [(str(cell.metadata.get("nbgrader", {}).get("grade_id", "")), cell) for cell in notebook.cells]
    return [_read(name.removeprefix(CELL), cell.source) for name, cell in names if name.startswith(CELL)]


def _read(cell: str, source: str) -> Shuffled:
    (call,) = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return Shuffled(cell, *map(ast.literal_eval, call.args))


# -- letters -----------------------------------------------------------------------------------------------------


def own(letter: str, order: str) -> str:
    """The letter that an option has in an order; any other letter as it is."""
    return LETTERS[order.index(letter)] if letter in order else letter


def answer(cell: str, source: str) -> tuple[str, list[str]]:
    """What a solution or a slip returns, as it is written, and its letters. Raises CourseError for other answers."""
    try:
        (value,) = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Return) and node.value]
        called = isinstance(value, ast.Call) and ast.unparse(value.func) == "list"  # list("ACEH")
        found = list(ast.literal_eval(value.args[0] if called else value))  # type: ignore[attr-defined]
        if not all(isinstance(letter, str) and letter in LETTERS for letter in found):
            raise ValueError(found)
    except (ValueError, TypeError, IndexError) as e:
        raise CourseError(f"{cell} is shuffled: its solution and slips must return one list of letters.") from e
    return ast.get_source_segment(source, value) or "", found


def named(text: str, options: str) -> list[str]:
    """The options that a text names for certain."""
    return [x[1] for x in ALONE.finditer(text) if x[1] and x[1] in options and not _may_be_a_word(x)]


def require_certain(cell: str, hint: str, options: str) -> None:
    """Refuse a hint where a letter may be a word: CourseError."""
    for found in ALONE.finditer(hint):
        if found[1] and (found[1] not in options or _may_be_a_word(found)):
            around = hint[max(0, found.start() - 10) : found.end() + 15]
            raise CourseError(
                f"{cell} is shuffled: in {around!r}, of a slip's hint, {found[1]} may be no option. Write 'in A', "
                "'A is', 'A and', or in other words."
            )


def _may_be_a_word(found: re.Match[str]) -> bool:
    text = found.string
    return found[1] in WORDS and not AFTER.match(text, found.end()) and not BEFORE.search(text[: found.start()])


def renamed(text: str, new: Callable[[str], str]) -> str:
    """A text with other letters where letters stand alone; formulas and code stay."""
    return ALONE.sub(lambda found: new(found[1]) if found[1] else found[0], text)


# -- drawing -----------------------------------------------------------------------------------------------------


def draw(
    key: str, cell: str, options: str, right: Iterable[str], wrong: Iterable[Iterable[str]], count: int
) -> list[str]:
    """An order for each of `count` variants, the first as it is; they follow from the key and the task.

    The `right` letters are others in each variant, and none of the sets that are `wrong` in the author's order, so
    that neither a neighbour's letters fit nor a slip's. Raises CourseError where there are too few sets of letters.
    """
    orders, right = [options], frozenset(right)
    taken = {right, *map(frozenset, wrong)}
    for variant in range(1, count):
        drawn = (_mixed(options, f"{key}/{cell}/{variant}/{i}") for i in range(TRIES))
        order = next((order for order in drawn if _letters(right, order) not in taken), None)
        if order is None:
            raise CourseError(f"{cell} cannot be shuffled: {count} orders whose right letters differ are too many.")
        orders.append(order)
        taken.add(_letters(right, order))
    return orders


def _letters(chosen: Collection[str], order: str) -> frozenset[str]:
    return frozenset(own(letter, order) for letter in chosen)


def _mixed(options: str, seed: str) -> str:
    """The letters in an order that is the same with every version of Python."""
    return "".join(sorted(options, key=lambda letter: hashlib.sha256(f"{seed}/{letter}".encode()).digest()))


# -- what an author writes -----------------------------------------------------------------------------------------


def shuffle(cell: str, *, task: dict[str, str] | None = None) -> None:
    """Say of the task whose answer stands in `cell` that its options may be lettered in each student's own order."""
