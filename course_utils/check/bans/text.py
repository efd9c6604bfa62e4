"""Calls that an exercise asks the student to write by hand, looked for in the syntax tree.

Runs in the grader, on the text of a submission, so that nothing the student's code does can blind it; in the visible
checks of a notebook, so that no student is surprised; and before a student hands in. What it finds in the exercise's
own cell (a name of the library that is banned) costs the cell its points; what could hide such a call (getattr with
a computed name, exec, modules that reach around) is a reason for a person to look. While the cell is graded `guard`
makes the calls themselves raise; `course_tools.grading.judging.operators` compares what ran.
"""

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from course_utils.check.bans.families import (
    AUTOGRAD,
    DYNAMIC_CALLS,
    DYNAMIC_NAMES,
    HARMLESS_OF_AUTOGRAD,
    LIBRARIES,
    PLAIN_EXTENSIONS,
    PLAIN_IMPORTS,
    PLAIN_MAGICS,
    relatives,
)
from course_utils.check.bans.reach import reached, rename_variables, walk

MAGICS = {"run_line_magic", "run_cell_magic"}
SHELL = {"system", "getoutput"}
ESCAPES = (",", ";", "/")
LINKS = (ast.Attribute, ast.Subscript, ast.Call)
MAX_LINKS = 60  # of x.a[0].b(): what is looked for at each of them takes time that grows with their square
MAX_TEXT = 100_000  # characters of all that is read for one cell: a tree takes 700 times as many bytes
MAX_ODD_WORK = 250_000  # of all that is no plain Python: its characters times what may begin a magic
MAX_SCANS, BLANK = 50_000_000, 20  # of all that is no plain Python: the squares of what may be read again and again
MAX_ODD, MAX_ODD_TEXT = 100, 20_000  # in a cell that is no plain Python: what may begin a magic, and all characters


@dataclass
class Findings:
    """`hits`: banned calls in the exercise's own cell; `doubts`: what a person should look at."""

    hits: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def inspect(
    own: str,
    others: Iterable[str],
    context: Iterable[str],
    banned: Iterable[str],
    modules: Iterable[str] = (),
    asked: Iterable[str] = (),
) -> Findings:
    """Look for `banned` in the exercise's cell `own`, and for what could smuggle it in, in it and in `others`.

    `context` are the instructor's own cells: they only tell what imported names stand for. `modules` are the
    submission's own files, which stand in `others` too. `asked` are the names that the check uses: what they do not
    need of `own` is looked at as `others` are.
    """
    findings, names, aliases = Findings(), frozenset(banned), dict(_aliases_of(tuple(context)))
    others = list(others)
    read = _trees([own, *others])
    trees = {source: tree or ast.Module([], []) for source, tree in read.items()}
    for source in [*others, own]:  # what a name stands for in the exercise's own cell counts most
        _collect_aliases(trees[source], aliases)
    plain = PLAIN_IMPORTS.union(modules)
    answer = ast.Module(reached(trees[own], asked, _of_libraries(aliases)), [])
    needed = set(map(id, answer.body))
    beside = [statement for statement in trees[own].body if id(statement) not in needed]
    for part in [*beside, *(trees[source] for source in others)]:
        findings.doubts += filter(
            None, (_doubt(node, aliases, plain) for node in _suspect(list(walk(part)), aliases))
        )
    rename_variables(answer)
    _look(answer, aliases, names, plain, findings)
    if None in read.values():
        findings.doubts.append(
            "has a cell that is too deep, is too long, or has too many magics or too long lines, to be read"
        )
    return Findings(*(sorted(set(map(_printable, found))) for found in (findings.hits, findings.doubts)))


def _printable(text: str) -> str:
    """An escape in a text of the student's can stand for half a character, or for one that a terminal obeys."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def parsed(cell: str) -> list[ast.stmt]:
    """The statements of a cell, none when it cannot be read."""
    tree = _tree(cell, _Room())
    return tree.body if tree else []


def statements(cell: str) -> list[str]:
    """The text of each statement of a cell of plain Python, none of another."""
    try:
        return [ast.get_source_segment(cell, statement) or "" for statement in ast.parse(cell).body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


@dataclass
class _Room:
    """What may still be read for one cell: characters, characters times the magics among them, and `_scans`."""

    text: int = MAX_TEXT
    odd: int = MAX_ODD_WORK
    scans: int = MAX_SCANS


def _trees(sources: Iterable[str]) -> dict[str, ast.Module | None]:
    """The tree of each text, as `_tree` gives it."""
    room = _Room()
    return {source: _tree(source, room) for source in dict.fromkeys(sources)}


def _tree(source: str, room: _Room) -> ast.Module | None:
    """The syntax tree of what IPython makes of a cell, empty where it makes no Python, for then nothing runs.

    None where reading it would take too long or too deep: it might run all the same.
    """
    room.text -= len(source)
    if room.text < 0:
        return None
    try:
        return _with_magics(ast.parse(source), room)
    except (SyntaxError, ValueError):
        return None if _is_tedious(source, room) else _tree_of_transformed(source, room)
    except (RecursionError, MemoryError):
        return None


def _is_tedious(source: str, room: _Room) -> bool:
    """Whether IPython, which begins anew after each magic, would hold the grader up."""
    odd = sum(map(source.count, "%!?")) + sum(line.lstrip()[:1] in ESCAPES for line in source.splitlines())
    room.odd -= odd * len(source)
    room.scans -= (odd + 1) * _scans(source)
    return odd > MAX_ODD or len(source) > MAX_ODD_TEXT or room.odd < 0 or room.scans < 0


def _scans(source: str) -> int:
    """What the tokenizer may have to read: behind a character that it cannot, it reads the rest of a line anew.

    That is for an open string half a line for each of its characters, for a run of blanks half the run, more slowly.
    """
    lines, blanks = source.split("\n"), re.findall(r"[ \t\f]+", source)
    return sum(len(line) ** 2 for line in lines) + BLANK * sum(len(run) ** 2 for run in blanks)


def _tree_of_transformed(source: str, room: _Room) -> ast.Module | None:
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return _with_magics(ast.parse(TransformerManager().transform_cell(source)), room)
    except (SyntaxError, ValueError):
        return ast.Module([], [])
    except (RuntimeError, MemoryError):
        return None


def _with_magics(tree: ast.Module, room: _Room) -> ast.Module | None:
    """The tree with the code that well-known magics run, and without their calls and those of the shell.

    None where it is too deep.
    """
    nodes = list(walk(tree))
    if _links(nodes) > MAX_LINKS:
        return None
    for node in nodes:
        if isinstance(node, ast.Call) and (method := _method_of_ipython(node)) in MAGICS | SHELL:
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if method in SHELL or (len(texts) == len(node.args) and _is_plain_magic(texts)):
                node.func, node.args = ast.Constant(None), []
                run = [_tree(code, room) for code in texts[1:]]
                if None in run:
                    return None
                tree.body += [part for code in filter(None, run) for part in code.body]
    return tree


def _links(nodes: Iterable[ast.AST]) -> int:
    """How many links the longest chain like x.a[0].b() has; each node comes behind those that it is a part of."""
    links: dict[int, int] = {}
    for node in nodes:
        if isinstance(node, LINKS):
            inner = node.func if isinstance(node, ast.Call) else node.value
            links[id(inner)] = links.get(id(node), 0) + 1
    return max(links.values(), default=0)


def _is_plain_magic(texts: list[str]) -> bool:
    """Whether a magic, given by its name and what follows it, runs no code but what stands there."""
    if texts[:1] == ["load_ext"]:
        return set(" ".join(texts[1:]).split()) <= PLAIN_EXTENSIONS
    return bool(texts) and texts[0] in PLAIN_MAGICS


def _method_of_ipython(node: ast.Call) -> str:
    """The method in `get_ipython().method(...)`, empty in other calls."""
    method = node.func
    if not isinstance(method, ast.Attribute) or not isinstance(method.value, ast.Call):
        return ""
    owner = method.value.func
    return method.attr if isinstance(owner, ast.Name) and owner.id == "get_ipython" else ""


@functools.lru_cache(maxsize=64)
def _aliases_of(context: tuple[str, ...]) -> Mapping[str, str]:
    """What names stand for after the instructor's cells, which are the same for the whole class."""
    aliases: dict[str, str] = {}
    for tree in _trees(context).values():
        _collect_aliases(tree or ast.Module([], []), aliases)
    return aliases


def _collect_aliases(tree: ast.Module, aliases: dict[str, str]) -> None:
    """What each imported or simply renamed name stands for: F -> torch.nn.functional, s -> torch.softmax.

    A function that a later cell defines takes its name back; within a cell what is imported counts.
    """
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            aliases.pop(statement.name, None)
    for node in walk(tree):
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


def _of_libraries(aliases: Mapping[str, str]) -> list[str]:
    """The names that stand for a library, or for a part of one."""
    return [name for name, path in aliases.items() if path.split(".")[0] in LIBRARIES]


def _look(
    tree: ast.AST, aliases: Mapping[str, str], names: frozenset[str], plain: Set[str], findings: Findings
) -> None:
    """Add to the findings what the exercise's own cell holds."""
    banned, by_name, nodes = relatives(names), relatives(names - AUTOGRAD), list(walk(tree))
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}  # torch.nn in torch.nn.X
    for node in _suspect(nodes, aliases):
        if id(node) not in inner and (path := _banned_path(node, aliases, banned)):
            findings.hits.append(path)
        elif doubt := _doubt(node, aliases, plain) or _named(node, by_name):
            findings.doubts.append(doubt)


def _suspect(nodes: Sequence[ast.AST], aliases: Mapping[str, str]) -> Iterator[ast.AST]:
    """All nodes but the harmless ones that look like a way around: `net.modules()`, `re.compile`."""
    plain = set[int]()
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "modules":
            plain.add(id(node.func) if not node.args else 0)  # sys.modules cannot be called
        elif isinstance(node, ast.Attribute) and node.attr == "compile" and isinstance(node.value, ast.Name):
            plain.add(id(node) if aliases.get(node.value.id) == "re" else 0)
    yield from (node for node in nodes if id(node) not in plain)


def _named(node: ast.AST, banned: frozenset[str]) -> str:
    """A banned name that no library's path leads to: a method of some object, or a text."""
    if isinstance(node, ast.Attribute) and node.attr in banned:
        return f"uses .{node.attr}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in banned:
        return f"names {node.value!r} in a text"
    return ""


def _banned_path(node: ast.AST, aliases: Mapping[str, str], banned: frozenset[str]) -> str:
    """The banned path that a node uses. An import uses none, unless it takes all that there is."""
    path = ""
    if isinstance(node, ast.ImportFrom) and node.module and node.names[0].name == "*":
        path = f"{node.module}.*"
    elif isinstance(node, ast.Attribute | ast.Call) or (
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ):
        path = _path(node, aliases)
    library, *parts = path.split(".")
    found = banned.intersection(parts) if library in LIBRARIES else frozenset()
    return "" if found <= AUTOGRAD and parts[-1:] and parts[-1] in HARMLESS_OF_AUTOGRAD else path if found else ""


def _doubt(node: ast.AST, aliases: Mapping[str, str], plain: Set[str]) -> str:
    """What could hide a banned call, wherever it stands."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return _doubtful_import(node, plain)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DYNAMIC_CALLS:
        return "" if _is_plain_getattr(node) else f"uses {node.func.id}()"
    if isinstance(node, ast.Attribute):
        if node.attr in DYNAMIC_NAMES:
            return f"uses .{node.attr}"
        path = _path(node, aliases)
        if isinstance(node.ctx, ast.Store | ast.Del) and _path(node.value, aliases):
            return "" if path.startswith("torch.backends.") else f"replaces {path}"
        if _private(path):
            return f"uses {path}"
    if isinstance(node, ast.Name) and node.id in DYNAMIC_NAMES:
        return f"uses {node.id}"
    return ""


def _is_plain_getattr(node: ast.Call) -> bool:
    """`getattr(x, "name")` with a name that `x.name` may have, too: what is banned in it is found all the same."""
    name = node.args[1] if len(node.args) > 1 else None
    known = isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith("_")
    return known and ast.unparse(node.func) == "getattr" and name.value not in DYNAMIC_NAMES  # type: ignore[union-attr]


def _doubtful_import(node: ast.Import | ast.ImportFrom, plain: Set[str]) -> str:
    paths = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        paths = [f"{node.module or ''}.{path}" for path in paths]
    for path in paths:
        parts = path.split(".")
        if parts[0] not in plain or DYNAMIC_NAMES.intersection(parts) or _private(path):
            return f"imports {path}"
    return ""


def _private(path: str) -> bool:
    """Whether a library's path leads through one of its private modules, where twins of its functions live."""
    library, *parts = path.split(".")
    return library in LIBRARIES and any(part.startswith("_") and not part.startswith("__") for part in parts)
