"""Pairs of submissions whose answers agree beyond what the exercise asks for: leads for a person, never verdicts.

Each answer is read as a syntax tree, so that comments, docstrings, annotations and layout do not count. Its nodes, in
order, are cut into overlapping runs of RUN nodes; in each run the names that the answer itself chose are numbered
anew, so that renaming changes nothing and a line put in between costs only the runs across it. Two answers agree
where they share a run (fingerprints by k-grams: Schleimer, Wilkerson and Aiken, "Winnowing", 2003; a class is small
enough to keep all of them instead of winnowing).

What the template has, what the model solution has and what more than half of the class writes does not count. The
rest counts by how rare it is: log2(class size / number of students who wrote it).
"""

import ast
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_tools.authoring.build import nbgrader_source
from course_tools.grading.inside.text import valid
from course_tools.grading.intake import clean
from course_tools.grading.step import Failed, attempt

RUN = 14  # nodes of a run: about a line and a half
FEWEST = 4  # runs that a pair must share to be worth a look
MOST = 60  # pairs on the page
MAX_ANSWER = 30_000  # characters: an answer of the course has a thousand


@dataclass(frozen=True)
class Token:
    """A node of a syntax tree: what it is, its name if the answer chose it, and its line (from 0)."""

    kind: str
    name: str
    line: int


@dataclass(frozen=True)
class Answer:
    """One answer of one student: its text, and the lines on which each run of nodes lies."""

    text: str
    runs: Mapping[tuple[str, ...], frozenset[int]]
    is_python: bool = True


LONG = Answer("(This answer is too long to be shown.)", {}, is_python=False)


@dataclass
class Pair:
    """Two students, the answers of theirs that agree, and how much that says (in bits, see above)."""

    first: str
    second: str
    weight: float = 0.0
    shared: dict[str, set[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(set))

    @property
    def runs(self) -> int:
        """How many runs the two share."""
        return sum(map(len, self.shared.values()))


Class = Mapping[str, Mapping[str, Answer]]  # student -> name of the cell -> answer


def read(files: Iterable[Path]) -> tuple[dict[str, dict[str, Answer]], list[str]]:
    """The answers in submitted notebooks (.../STUDENT/NAME/NAME.ipynb); a sentence for each that cannot be read."""
    students: dict[str, dict[str, Answer]] = {}
    unread: list[str] = []
    for file in files:
        student = valid(file.parent.parent.name)
        done = attempt("reading it", partial(_read, file))
        if isinstance(done, Failed):
            unread.append(f"{student}: the notebook cannot be read ({done.reason}).")
            continue
        students[student] = done
        unread += [
            f"{student}: {name} is not Python, or too long, and was not compared."
            for name, answer in done.items()
            if not answer.is_python
        ]
    return students, unread


def _read(file: Path) -> dict[str, Answer]:
    """A notebook's answers. Raises whatever a broken notebook causes."""
    cells = [cell for cell in clean.read(file) if cell.kind == "code" and cell.solution]
    return {cell.name: LONG if cell.cut else _answer(cell.source) for cell in cells}


def baseline(name: str, root: Path) -> set[tuple[str, ...]]:
    """The runs of the students' version and, where it is at hand, of the model solution: they say nothing."""
    notebooks = [nbformat.read(root / "assignments" / name / f"{name}.ipynb", as_version=4)]
    source = root / "solutions" / name / f"{name}.py"
    notebooks += [nbgrader_source(source)] if source.exists() else []
    return {r for notebook in notebooks for _, answer in answers(notebook) for r in answer.runs}


def compare(students: Class, known: set[tuple[str, ...]]) -> list[Pair]:
    """The pairs that share at least FEWEST runs, the most telling first."""
    who: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for student, cells in students.items():
        for cell, answer in cells.items():
            for r in answer.runs.keys() - known:
                who[cell, r].add(student)
    pairs: dict[tuple[str, str], Pair] = {}
    for (cell, r), sharing in who.items():
        if len(sharing) > max(3, len(students) / 2):
            continue
        for first, second in combinations(sorted(sharing), 2):
            pair = pairs.setdefault((first, second), Pair(first, second))
            pair.shared[cell].add(r)
            pair.weight += math.log2(max(2.0, len(students) / len(sharing)))
    found = [pair for pair in pairs.values() if pair.runs >= FEWEST]
    return sorted(found, key=lambda pair: (-pair.weight, pair.first, pair.second))


def answers(notebook: NotebookNode) -> Iterator[tuple[str, Answer]]:
    """The solution cells with code in them, by name; one that is not Python has no runs."""
    for cell in notebook.cells:
        metadata = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and metadata.get("solution"):
            yield str(metadata.get("grade_id")), _answer(cell.source)


def _answer(text: str) -> Answer:
    if len(text) > MAX_ANSWER:
        return LONG
    try:
        return Answer(text, runs(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Answer(text, {}, is_python=False)


def runs(text: str) -> dict[tuple[str, ...], frozenset[int]]:
    """The runs of RUN nodes in a piece of Python, each with the lines (from 0) that it touches."""
    found = list(tokens(ast.parse(text)))
    lines: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for i in range(len(found) - RUN + 1):
        window = found[i : i + RUN]
        lines[numbered(window)].update(token.line for token in window)
    return {key: frozenset(value) for key, value in lines.items()}


def tokens(tree: ast.AST) -> Iterator[Token]:
    """The nodes of a tree in order, without docstrings, annotations and contexts."""
    chosen = _chosen(tree)
    stack: list[tuple[ast.AST, int]] = [(tree, 0)]
    while stack:  # not recursive: a hostile answer may be nested deeply
        node, line = stack.pop()
        line = getattr(node, "lineno", line + 1) - 1
        name = _name(node)
        kind = type(node).__name__.replace("AnnAssign", "Assign") + ("" if name in chosen else f" {name}")
        if not isinstance(node, ast.Module | ast.Load | ast.Store | ast.Del | ast.Expr | ast.arguments):
            yield Token(kind, name if name in chosen else "", line)
        stack += [(child, line) for child in reversed(list(_children(node)))]


def _chosen(tree: ast.AST) -> set[str]:
    """The names that the answer is free to choose: variables, parameters, attributes that it sets."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names


def _name(node: ast.AST) -> str:
    for attribute in ("id", "arg", "attr", "name"):
        if isinstance(value := getattr(node, attribute, None), str):
            return value
    return repr(node.value) if isinstance(node, ast.Constant) else ""


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_comment"):
            continue
        items = value if isinstance(value, list) else [value]
        for i, item in enumerate(items):
            docstring = name == "body" and i == 0 and isinstance(item, ast.Expr) and _is_text(item.value)
            if isinstance(item, ast.AST) and not docstring:
                yield item


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def numbered(window: list[Token]) -> tuple[str, ...]:
    """A run with its chosen names as numbers in the order in which they come up in this run."""
    numbers: dict[str, int] = {}
    return tuple(
        f"{token.kind} #{numbers.setdefault(token.name, len(numbers))}" if token.name else token.kind
        for token in window
    )
