"""A chapter's definitions without its training: what the tests of a chapter hold to torch."""

import ast
from typing import Any

from course_tools.paths import ROOT

DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def definitions(name: str) -> dict[str, Any]:
    """The imports, functions, classes and constants of chapters/<name>.py, as a namespace.

    A constant is a name of three or more capitals (a matrix W is none); nothing else of the chapter runs.
    """
    source = ROOT / "chapters" / f"{name}.py"
    tree = ast.parse(source.read_text(encoding="utf-8"), str(source))
    tree.body = [node for node in tree.body if isinstance(node, DEFINITIONS) or _is_constant(node)]
    namespace: dict[str, Any] = {"__name__": name}
    exec(compile(tree, str(source), "exec"), namespace)
    return namespace


def _is_constant(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign):
        return False
    names = [n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)]
    return bool(names) and all(name.isupper() and len(name) > 2 for name in names)
