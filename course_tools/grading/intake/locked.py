"""What a student, or a tool that formats code, made of a cell that is the instructor's to write.

Runs in the grader. The instructor's text is what counts; what was added to it, an import in the set-up cell say, is
code like that of any cell of the student's own.
"""

import ast
from dataclasses import dataclass

MAX_READ = 20_000  # characters; longer texts are compared word by word


@dataclass(frozen=True)
class Difference:
    """`added`: code that stands beside the instructor's; `complete`: whether all of the instructor's is there."""

    added: str
    complete: bool


def difference(text: str, original: str) -> Difference:
    """How `text` differs from the `original`, whatever its layout, comments and order of imports."""
    if text.split() == original.split():
        return Difference("", True)
    code = [line for line in text.splitlines() if not line.startswith(("%", "!"))]
    asked = [line for line in original.splitlines() if not line.startswith(("%", "!"))]
    mine, given = _pieces("\n".join(code)), _pieces("\n".join(asked))
    if mine is None or given is None:
        return Difference("", False)
    magics = [s for s in text.splitlines() if s.startswith(("%", "!")) and not s.startswith("%%")]
    made = {name for piece in given.values() for name in _names(piece)}
    added = [piece for piece, node in mine.items() if piece not in given and not made & _names(node)]
    lines = set(original.splitlines())
    kept = [line for line in magics if line not in lines] + added
    return Difference("\n".join(kept), given.keys() <= mine.keys())


def _pieces(source: str) -> dict[str, ast.stmt] | None:
    """The statements by their text in one layout, each imported name by itself; None where it cannot be read."""
    if len(source) > MAX_READ:
        return None
    try:
        return {ast.unparse(piece): piece for node in ast.parse(source).body for piece in _alone(node)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _alone(node: ast.stmt) -> list[ast.stmt]:
    if isinstance(node, ast.Import):
        return [ast.Import([alias]) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [ast.ImportFrom(node.module, [alias], node.level) for alias in node.names]
    return [node]


def _names(node: ast.stmt) -> set[str]:
    """The names that a statement binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
