"""Calls that an exercise asks the student to write by hand, looked for in the syntax tree.

Runs in the grader, on the text of a submission, so that nothing the student's code does can blind it. What it finds
in the exercise's own cell (a name of the library that is banned) costs the cell its points; what could hide such a
call (getattr with a computed name, exec, modules that reach around) is a reason for a person to look. While the
cell is graded `course_tools.grading.inside.guard` makes the calls themselves raise.
"""

import ast
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from course_tools.grading.inside.families import AUTOGRAD, relatives

LIBRARIES = ("torch", "numpy", "scipy", "sklearn", "jax", "tensorflow")
PLAIN_IMPORTS = {
    *("torch", "numpy", "math", "cmath", "random", "typing", "collections", "dataclasses", "functools", "itertools"),
    *("matplotlib", "time", "sys", "os", "pathlib", "abc", "enum", "copy", "string", "re", "statistics", "warnings"),
    *("__future__", "course_utils", "tqdm", "IPython", "pandas", "json", "decimal", "fractions", "numbers", "heapq"),
}
DYNAMIC_CALLS = {
    "exec",
    "eval",
    "compile",
    "__import__",
    "globals",
    "locals",
    "vars",
    "setattr",
    "delattr",
    "getattr",
}
DYNAMIC_NAMES = {
    *(
        "__dict__",
        "__globals__",
        "__code__",
        "__closure__",
        "__getattribute__",
        "__subclasses__",
        "__mro__",
        "__bases__",
    ),
    *(
        "__builtins__",
        "__loader__",
        "__spec__",
        "__wrapped__",
        "f_globals",
        "f_locals",
        "f_back",
        "tb_frame",
        "gi_frame",
    ),
    *(
        "_getframe",
        "modules",
        "attrgetter",
        "methodcaller",
        "import_module",
        "reload",
        "get_objects",
        "get_referrers",
    ),
    *("_C", "ops", "library", "jit", "_dispatch", "_python_dispatch", "__torch_dispatch__", "_ops", "overrides"),
    *("_dispatch_mode", "_pop_mode_temporarily", "_disable_current_modes", "no_dispatch", "compile", "export"),
    *("guard", "grading", "Thread", "ThreadPoolExecutor", "start_new_thread", "run_line_magic", "system", "popen"),
}


@dataclass
class Findings:
    """`hits`: banned calls in the exercise's own cell; `doubts`: what a person should look at."""

    hits: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def inspect(
    own: str, others: Iterable[str], context: Iterable[str], banned: Iterable[str], modules: Iterable[str] = ()
) -> Findings:
    """Look for `banned` in the exercise's cell `own`, and for what could smuggle it in, in it and in `others`.

    `context` are the instructor's own cells: they only tell what imported names stand for. `modules` are the
    submission's own files, which stand in `others` too.
    """
    findings = Findings()
    names = frozenset(banned)
    aliases: dict[str, str] = {}
    others = list(others)
    for source in [*context, *others]:
        _collect_aliases(_tree(source), aliases)
    tree = _tree(own)
    _collect_aliases(tree, aliases)
    plain = PLAIN_IMPORTS.union(modules)
    _look(tree, aliases, names, plain, findings)
    for source in others:
        findings.doubts += filter(None, (_doubt(node, aliases, plain) for node in ast.walk(_tree(source))))
    findings.hits, findings.doubts = sorted(set(findings.hits)), sorted(set(findings.doubts))
    return findings


def _tree(source: str) -> ast.AST:
    """The syntax tree; lines of IPython's own (magics) are left out, and counted as doubtful elsewhere."""
    lines = ["pass" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _collect_aliases(tree: ast.AST, aliases: dict[str, str]) -> None:
    """What each imported or simply renamed name stands for: F -> torch.nn.functional, s -> torch.softmax."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                aliases[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        elif isinstance(node, ast.Assign) and (path := _path(node.value, aliases)):
            aliases.update({target.id: path for target in node.targets if isinstance(target, ast.Name)})


def _path(node: ast.AST, aliases: Mapping[str, str]) -> str:
    """The dotted path of a library that an expression names, empty when it names none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "getattr"
        and len(node.args) > 1
    ):
        name = node.args[1]
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            base = _path(node.args[0], aliases)
            return ".".join([base, name.value, *reversed(parts)]) if base else ""
    if not isinstance(node, ast.Name) or node.id not in aliases:
        return ""
    path = ".".join([aliases[node.id], *reversed(parts)])
    return path if path.split(".")[0] in LIBRARIES else ""


def _look(
    tree: ast.AST, aliases: Mapping[str, str], names: frozenset[str], plain: Set[str], findings: Findings
) -> None:
    """Add to the findings what the exercise's own cell holds."""
    banned = relatives(names)
    for node in ast.walk(tree):
        if path := _banned_path(node, aliases, banned):
            findings.hits.append(path)
        elif doubt := _doubt(node, aliases, plain) or _named(node, relatives(names - AUTOGRAD)):
            findings.doubts.append(doubt)


def _named(node: ast.AST, banned: frozenset[str]) -> str:
    """A banned name that no library's path leads to: a method of some object, or a text."""
    if isinstance(node, ast.Attribute) and node.attr in banned:
        return f"uses .{node.attr}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in banned:
        return f"names {node.value!r} in a text"
    return ""


def _banned_path(node: ast.AST, aliases: Mapping[str, str], banned: frozenset[str]) -> str:
    paths: list[str] = []
    if isinstance(node, ast.ImportFrom) and node.module:
        paths = [f"{node.module}.{alias.name}" for alias in node.names]
    elif isinstance(node, ast.Import):
        paths = [alias.name for alias in node.names]
    elif isinstance(node, ast.Attribute | ast.Call) or (
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ):
        paths = [_path(node, aliases)]
    for path in paths:
        if path.split(".")[0] in LIBRARIES and banned.intersection(path.split(".")[1:]):
            return path
    return ""


def _doubt(node: ast.AST, aliases: Mapping[str, str], plain: Set[str]) -> str:
    """What could hide a banned call, wherever it stands."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _doubtful_import(node, plain)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DYNAMIC_CALLS:
        return f"uses {node.func.id}()"
    if isinstance(node, ast.Attribute):
        if node.attr in DYNAMIC_NAMES:
            return f"uses .{node.attr}"
        if isinstance(node.ctx, ast.Store | ast.Del) and _path(node.value, aliases):
            return f"replaces {_path(node, aliases)}"
    if isinstance(node, ast.Name) and node.id in DYNAMIC_NAMES:
        return f"uses {node.id}"
    return ""


def _doubtful_import(node: ast.Import | ast.ImportFrom, plain: Set[str]) -> str:
    paths = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        paths = [f"{node.module or ''}.{path}" for path in paths]
    for path in paths:
        parts = path.split(".")
        if parts[0] not in plain or DYNAMIC_NAMES.intersection(parts):
            return f"imports {path}"
    return ""
