"""All answers that differ from a solution by one small slip.

An operator is a function from a node to edits of the text. Operators make what students make: a wrong axis, a lost
term, a sign turned round; none doubles a whole result or renames what is not there, for nobody does.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from course_tools.mutation import arithmetic, statements, tensors
from course_tools.mutation.code import Code, Edit

OPERATORS = {
    "sign": arithmetic.sign,
    "factor": arithmetic.factor,
    "constant": arithmetic.constant,
    "comparison": arithmetic.comparison,
    "term": arithmetic.term,
    "axis": tensors.axis,
    "keepdim": tensors.keepdim,
    "reduction": tensors.reduction,
    "transpose": tensors.transpose,
    "index": tensors.index,
    "dtype": tensors.dtype,
    "call": tensors.call,
    "in-place": tensors.in_place,
    "line": statements.line,
    "argument": statements.argument,
    "control": statements.control,
}


@dataclass(frozen=True)
class Mutant:
    """A solution with one slip: `before` and `after` are the lines that it changes, `line` the first of them.

    `names` are the parameters of the function that occur in what was changed.
    """

    kind: str
    line: int
    before: str
    after: str
    source: str
    names: tuple[str, ...]


def mutants(source: str, alike: Mapping[str, set[str]] | None = None) -> list[Mutant]:
    """Every mutant of a cell, in the order of its lines, each once; `alike`: which names hold the same kind of thing.

    Raises SyntaxError when the cell is not Python.
    """
    code = Code(source)
    seen = {ast.dump(code.tree)}
    found = []
    for kind, edit in _edits(code, alike):
        mutated = _applied(code, edit)
        tree = _tree(mutated)
        if tree is not None and tree not in seen:
            seen.add(tree)
            found.append(_mutant(code, kind, edit, mutated))
    return sorted(found, key=lambda mutant: mutant.line)


def _edits(code: Code, alike: Mapping[str, set[str]] | None) -> Iterator[tuple[str, Edit]]:
    nodes = list(code.nodes())
    for kind, operator in OPERATORS.items():
        for node in nodes:
            yield from ((kind, edit) for edit in operator(node, code))
    for node in nodes:
        yield from (("variable", edit) for edit in statements.variable(node, code, alike))


def _applied(code: Code, edit: Edit) -> str:
    """The cell after the edit, with parentheses around the new text where it would mean something else without."""
    bare, wrapped = (_spliced(code, edit, text) for text in (edit.text, f"({edit.text})"))
    return bare if not edit.is_value or _tree(bare) == _tree(wrapped) else wrapped


def _spliced(code: Code, edit: Edit, text: str) -> str:
    return (code.data[: edit.start] + text.encode() + code.data[edit.end :]).decode()


def _tree(source: str) -> str | None:
    """What the source means to Python; None when it does not compile."""
    try:
        compile(source, "<mutant>", "exec")
        return ast.dump(ast.parse(source))
    except (SyntaxError, ValueError):
        return None


def _mutant(code: Code, kind: str, edit: Edit, mutated: str) -> Mutant:
    first = code.data[: edit.start].count(b"\n")
    below = code.data[edit.end :].count(b"\n")  # lines that stay as they are
    used = {n.id for n in ast.walk(edit.node) if isinstance(n, ast.Name)}
    names = tuple(name for name in code.parameters(edit.node) if name in used)
    before, after = (_stripped(source.split("\n"), first, below) for source in (code.source, mutated))
    return Mutant(kind, first + 1, before, after, mutated, names)


def _stripped(lines: list[str], first: int, below: int) -> str:
    return "\n".join(line.strip() for line in lines[first : len(lines) - below])
