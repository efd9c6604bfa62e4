"""Numbers of a student's own: which numbers of a task vary, and what its answer and its slips come to.

    vary(
        "sizes",
        letters={"N": [3, 5, 6], "R": [0.1, 0.2, 0.4]},
        task={"after three halvings": "after $N$ halvings", "at a rate of 0.1": "at a rate of $R$"},
        numbers=[{"0.125": "0.5**N", "0.167": "0.5 / N"}, {}, {"0.9": "1 - R", "0.1": "R"}],
        hints={"halved three times": "halved N times"},
    )

`variants.py` beside the source of an assignment holds a `vary` for each such task, whose answer is a list of numbers
that the visible check only notes (`check.predicted`). `letters`: what stands in place of a number, and its values,
one for each variant, the first as in the source. `task`: texts of the task, and how they read with letters.
`numbers`: for each number of the answer how it is computed, the right one first, then those of the slips; empty where
it does not vary. `hints`: as `task`, for the slips' hints. The file is read, not run.

It has no effect until `course build NAME --variants` writes `variants.json` beside it. That holds the key by which,
together with a student's name, it is known which variant is whose (docs/grading.md).

`shuffle`, for options that are shuffled, stands in the same file (course_tools/grading/orders.py).
"""

import ast
import json
import math
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from course_utils.check.own import told
from course_utils.errors import CourseError

FEWEST, MOST = 2, 16  # variants: the instructor's answers are run once for each
UNLESS_SAID = 8  # where no task has values that say how many
APART = 0.02  # in parts of the larger one: nearer numbers a check may take for one another
ROUNDED = 0.006  # in parts of a number: what three digits leave out
COUNTED = 0.0005  # the same for whole numbers, which are counted and not rounded
USAGE = "vary takes the name of an answer's cell, letters={...}, task={...}, numbers=[{...}] and hints={...}"
FUNCTIONS = {name: getattr(math, name) for name in ("log", "exp", "sqrt", "cos", "sin", "pi")}


@dataclass(frozen=True)
class Task:
    """One `vary`: see above."""

    cell: str
    letters: dict[str, list[float]]
    task: dict[str, str]
    numbers: list[dict[str, str]]
    hints: dict[str, str]

    @property
    def count(self) -> int:
        """How many variants there are."""
        return len(next(iter(self.letters.values())))

    def said(self, variant: int) -> str:
        """What the letters stand for, "C = 8, L = 20"."""
        return told(self._values(variant))

    def hint(self, text: str, variant: int) -> str:
        """A slip's hint with letters in place of numbers, the same in each variant."""
        for old, new in self.hints.items():
            text = text.replace(old, new)
        return text

    def answer(self, source: str, variant: int) -> str:
        """The solution or a slip with the numbers of a variant. Raises CourseError for one that has no formula."""
        nodes = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Return)]
        if len(nodes) != 1 or not isinstance(nodes[0], ast.List):
            raise CourseError(f"{self.cell} varies: its solution and slips must return one list of numbers.")
        items = [ast.get_source_segment(source, item) or "" for item in nodes[0].elts]
        numbers = [self._number(i, text, variant) for i, text in enumerate(items)]
        return source.replace(ast.get_source_segment(source, nodes[0]) or "", f"[{', '.join(numbers)}]")

    def compute(self, formula: str, variant: int) -> float:
        """What a formula in the letters comes to. Raises CourseError when it cannot be computed."""
        try:
            return float(eval(formula, {"__builtins__": {}, **FUNCTIONS}, self._values(variant)))
        except Exception as e:
            raise CourseError(f"{self.cell} varies: {formula!r} cannot be computed ({e}).") from e

    def _values(self, variant: int) -> dict[str, float]:
        return {letter: values[variant] for letter, values in self.letters.items()}

    def _number(self, i: int, text: str, variant: int) -> str:
        """The number at place `i`; a slip may have exchanged two."""
        if i < len(self.numbers) and not self.numbers[i]:
            return text
        known = [table[text] for table in [*self.numbers[i : i + 1], *self.numbers] if text in table]
        if not known:
            raise CourseError(f"{self.cell} varies: {text}, number {i + 1} of a slip, has no formula. Write it.")
        return repr(round(self.compute(known[0], variant), 12))


# -- reading ---------------------------------------------------------------------------------------------------


def load(path: Path) -> list[Task]:
    """The tasks that vary. Raises CourseError when the file is not there or not as `vary` wants it."""
    if not path.exists():
        raise CourseError(f"There is no {path}. Only an assignment with this file has numbers that can vary.")
    tasks = [_task(call, path) for call in calls(path, "vary")]
    if not tasks and not calls(path, "shuffle"):
        raise CourseError(f"{path} says of no task that it varies. {USAGE}.")
    for task in tasks:
        for problem in _problems(task, tasks[0].count):
            raise CourseError(f"{path}, {task.cell}: {problem}.")
    return tasks


def of(folder: Path) -> list[Task]:
    """The tasks of an assignment whose numbers are a student's own: none in one without a key.

    Raises CourseError as `load` does, and where a task that students have with variants has none any more.
    """
    path, handed_out = folder / "variants.py", tasks(folder)
    if lost := sorted(set(handed_out) - set(_declared(path, "vary", "shuffle"))):
        raise CourseError(f"{path} has no such cell as {lost[0]}, which students have. Restore its call.")
    found = load(path) if key(folder) and path.exists() else []
    return [task for task in found if task.cell in handed_out]


def count(path: Path) -> int:
    """How many variants an assignment has; one where inputs of visible checks are all that varies."""
    tasks = load(path) if path.exists() else []
    return tasks[0].count if tasks else UNLESS_SAID if calls(path, "shuffle") else 1


def calls(path: Path, name: str) -> list[ast.Call]:
    """The calls of a variants.py, if there is one, to one of the functions that an author writes there."""
    if not path.exists():
        return []
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except SyntaxError as e:
        raise CourseError(f"{path}, line {e.lineno}: this is not Python ({e.msg}). Correct it.") from e
    found = [node.value for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    return [call for call in found if isinstance(call.func, ast.Name) and call.func.id == name]


def _task(call: ast.Call, path: Path) -> Task:
    try:
        (cell,) = [ast.literal_eval(argument) for argument in call.args]
        given = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
        task = Task(cell, given["letters"], given["task"], given["numbers"], given.get("hints", {}))
        if given.keys() - {"letters", "task", "numbers", "hints"} or not task.count:
            raise ValueError(USAGE)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as e:
        raise CourseError(f"{path}, line {call.lineno}: {USAGE}.") from e
    return task


def _problems(task: Task, count: int) -> list[str]:
    """Why a task cannot vary as it is said to: a neighbour's number must not fit, nor a slip's be right."""
    if {len(values) for values in task.letters.values()} != {count} or not FEWEST <= count <= MOST:
        return [f"each letter needs as many values as all others of the assignment, {FEWEST} to {MOST}"]
    wrong = []
    for table in filter(None, task.numbers):
        (_, right), *slips = table.items()
        values = [task.compute(right, variant) for variant in range(count)]
        if any(_apart(*pair) < APART for pair in combinations(values, 2)):
            wrong.append(f"{right} comes to nearly the same in two variants: {values}")
        for text, formula in table.items():
            first = task.compute(formula, 0)
            if _apart(first, float(eval(text, {"__builtins__": {}}))) > ROUNDED:
                wrong.append(f"{formula} comes to {first:.5g} in the first variant, not to {text}")
        for text, formula in slips:
            if any(_alike(task.compute(formula, i), right) for i, right in enumerate(values)):
                wrong.append(f"{formula}, which stands for the slip's {text}, is right in some variant")
    return wrong


def _alike(one: float, other: float) -> bool:
    """Whether a check may take one number for the other."""
    return _apart(one, other) < (COUNTED if one.is_integer() and other.is_integer() else ROUNDED)


def _apart(one: float, other: float) -> float:
    """How far two numbers are apart, in parts of the larger one."""
    return abs(one - other) / max(abs(one), abs(other), 1e-12)


# -- whose is which ----------------------------------------------------------------------------------------------


def key(folder: Path) -> str:
    """The key of an assignment built with variants, "" for any other. Raises CourseError for a broken file."""
    return str(_kept(folder).get("key", ""))


def inputs(folder: Path) -> list[str]:
    """The answers whose visible checks have inputs of a student's own. Raises CourseError for a broken file."""
    return list(_kept(folder).get("inputs", []))


def tasks(folder: Path) -> list[str]:
    """The answers whose tasks vary in what was handed out; without variants.json all those of variants.py.

    A file written before options were shuffled names none: then numbers alone vary.
    """
    path = folder / "variants.py"
    return list(_kept(folder).get("tasks", _declared(path, "vary", "shuffle")))


def _declared(path: Path, *names: str) -> list[str]:
    """The first arguments of the calls of a variants.py, which are the names of answers' cells."""
    first = [call.args[0] for name in names for call in calls(path, name) if call.args]
    return [str(argument.value) for argument in first if isinstance(argument, ast.Constant)]


def _kept(folder: Path) -> dict[str, Any]:
    path = folder / "variants.json"
    if not path.exists():
        return {}
    try:
        kept: dict[str, Any] = {"inputs": [], "tasks": _declared(folder / "variants.py", "vary")}
        kept |= json.loads(path.read_text(encoding="utf-8"))
        broken = not re.fullmatch(r"[0-9a-f]{8}", kept["key"])
        broken |= not all(isinstance(kept[name], list) for name in ("inputs", "tasks"))
    except (ValueError, KeyError, TypeError, AttributeError):
        broken = True
    if broken:
        raise CourseError(f"{path} holds no key. Restore it: a new one would give everybody other numbers.")
    return kept


def begin(folder: Path, inputs: Callable[[], list[str]] = list) -> None:
    """Give an assignment a key, unless it has one, and note the answers that `inputs` gives.

    Raises CourseError when neither numbers nor inputs of its can vary.
    """
    if key(folder):
        return
    found, path = inputs(), folder / "variants.py"
    if not found or path.exists():
        load(path)
    kept = {"key": secrets.token_hex(4), "inputs": found, "tasks": _declared(path, "vary", "shuffle")}
    text = json.dumps(kept) + "\n"
    (folder / "variants.json").write_text(text, encoding="utf-8")


# -- what an author writes -----------------------------------------------------------------------------------------


def vary(
    cell: str,
    *,
    letters: dict[str, Sequence[float]],
    task: dict[str, str],
    numbers: Sequence[dict[str, str]],
    hints: dict[str, str] | None = None,
) -> None:
    """Say of the task whose answer stands in `cell` that its numbers may be each student's own."""
