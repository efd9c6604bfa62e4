"""Which definitions of course_utils does a piece of code reach? Syntax trees are read; nothing is imported.

Two questions share the answer: when must a chapter run again (execution.key), and to which code do the recorded
values of five seeds belong (floors.code_digest)?

- Importing a module runs what stands loose in it (neither a definition nor an import), and the modules that it
  imports. Its functions, classes and assignments are reached when their names are used, directly or not.
- A module that is used as a value (``getattr(data, name)``) and a name that cannot be found reach all of it.
- The widgets package is a table of contents: ``widgets.ReluFit`` reaches the folder whose ``__init__.py`` defines
  ReluFit, with its files, and the kit that it imports. Other folders may come, change and go.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from course_tools.paths import ROOT

PACKAGE = "course_utils"
WIDGETS = "course_utils.widgets"
HINTS = "hints"  # the folder of locked hints: for answers to exercises, which no chapter holds
PYTHON = (".py", ".pyi")
ES_IMPORT = re.compile(r'\bfrom "(\.\.?/[^"]+)"')


@dataclass
class Module:
    """A module's top level: the names that it imports, the names that it defines, and its other statements."""

    name: str
    path: Path
    imports: dict[str, set[str]]  # local name -> what it stands for, e.g. "np" -> {"numpy"}
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    loose: list[ast.stmt] = field(default_factory=list)


@dataclass(frozen=True)
class Reached:
    """What some code depends on: definitions (dotted name, source) and files that are no Python, both sorted."""

    definitions: list[tuple[str, str]]
    files: list[Path]


def reached(code: str, root: Path = ROOT, leave: Iterable[str] = ()) -> Reached:
    """What `code` reaches of the course_utils in `root`; the modules that `leave` names are not entered.

    Code that is no plain Python (a line that begins with %) reaches everything.
    """
    walk = _Walk(root, tuple(leave))
    try:
        tree = ast.parse(code)
    except SyntaxError:
        walk.everything()
    else:
        walk.lesson(tree)
    return Reached(sorted(walk.found), walk.files())


def imports(tree: ast.AST, package: str = "", deep: bool = True) -> dict[str, set[str]]:
    """The names that import statements bind -> what each stands for: "data" -> {"course_utils.data"}.

    `package` is the one in which the code stands, for relative imports. Unless `deep`, only the statements at the
    top of the tree count.
    """
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree) if deep else ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.setdefault(alias.asname or alias.name, set()).add(alias.name)
                if not alias.asname:  # `import a.b` binds a
                    found.setdefault(alias.name.partition(".")[0], set()).add(alias.name.partition(".")[0])
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: 1 - node.level or None] if node.level else []
            base = ".".join([*parts, *filter(None, [node.module])])
            for alias in node.names:
                found.setdefault(alias.asname or alias.name, set()).add(f"{base}.{alias.name}")
    return found


class _Names(ast.NodeVisitor):
    """The names that code mentions, each with its attributes as far as they go: "data.digits", "x"."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if name := dotted(node):
            self.found.add(name)
        else:
            self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.found.add(node.id)


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; empty for an expression that is not a name with attributes."""
    if isinstance(node, ast.Name):
        return node.id
    base = dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{base}.{node.attr}" if base and isinstance(node, ast.Attribute) else ""


class _Walk:
    """Follows names from a lesson into course_utils, and on from there."""

    def __init__(self, root: Path, leave: tuple[str, ...]) -> None:
        self.root, self.leave = root, leave
        self.modules: dict[str, Module] = {}
        self.found: set[tuple[str, str]] = set()
        self.whole: set[str] = set()

    def lesson(self, tree: ast.Module) -> None:
        here = Module("", self.root, imports(tree))
        self._follow(tree, here)

    def everything(self) -> None:
        for path in sorted((self.root / PACKAGE).rglob("*.py")):
            name = ".".join(path.relative_to(self.root).with_suffix("").parts).removesuffix(".__init__")
            self._refer(name)

    def files(self) -> list[Path]:
        """The files beside the modules, and the ES modules that those import."""
        waiting = {path for module in self.modules.values() for path in _beside(module.path.parent)}
        known: set[Path] = set()
        while waiting:
            path = waiting.pop()
            known.add(path)
            if path.suffix == ".js":
                found = {(path.parent / name).resolve() for name in ES_IMPORT.findall(path.read_text("utf-8"))}
                waiting |= {other for other in found - known if other.is_file()}
        return sorted(known)

    def _follow(self, tree: ast.AST, module: Module) -> None:
        """Go where the names of a piece of `module` lead, its own late imports included."""
        local = imports(tree, _package(module))
        for target in _targets(local):
            self._enter(target)
        names = _Names()
        names.visit(tree)
        for first, _, rest in (name.partition(".") for name in names.found):
            for target in local.get(first, ()):
                self._refer(f"{target}.{rest}".rstrip("."))
            self._member(module, first, rest)

    def _enter(self, target: str) -> None:
        """Running an import runs the module, and the packages around it."""
        parts = target.split(".")
        for name in (".".join(parts[: i + 1]) for i in range(len(parts))):
            if name in self.modules or not self._is_ours(name) or not (module := _read(self.root, name)):
                continue
            self.modules[name] = module
            for statement in module.loose:
                self.found.add((name, ast.unparse(statement)))
                self._follow(statement, module)
            if name != WIDGETS:
                for imported in _targets(module.imports):
                    self._enter(imported)
        if parts[-1] == "*" and (module := self.modules.get(".".join(parts[:-1]))):
            self._whole(module)

    def _refer(self, target: str) -> None:
        """Reach what a full name stands for: a definition, or a whole module."""
        if not self._is_ours(target):
            return
        self._enter(target)
        parts = target.split(".")
        length = next((i for i in range(len(parts), 0, -1) if ".".join(parts[:i]) in self.modules), 0)
        if length == len(parts):
            self._whole(self.modules[target])
        elif length:
            module = self.modules[".".join(parts[:length])]
            if not self._member(module, parts[length], ".".join(parts[length + 1 :])):
                self._elsewhere(module, parts[length])

    def _member(self, module: Module, name: str, rest: str = "") -> bool:
        """Reach a name of a module; False when the module has none such."""
        for statement in module.definitions.get(name, []):
            definition = (f"{module.name}.{name}", ast.unparse(statement))
            if definition not in self.found:
                self.found.add(definition)
                self._follow(statement, module)
        for target in module.imports.get(name, ()):
            if module.name:
                self.found.add((f"{module.name}.{name}", target))
            self._refer(f"{target}.{rest}".rstrip("."))
        return name in module.definitions or name in module.imports

    def _elsewhere(self, module: Module, name: str) -> None:
        """A name that the module does not show: a widget of that name in a folder, else anything."""
        folders = _folders(module) if module.name == WIDGETS else []
        homes = [home for home in folders if name in home.definitions]
        for home in homes:
            self._refer(f"{home.name}.{name}")
        if not homes:
            self._whole(module)

    def _whole(self, module: Module) -> None:
        if module.name in self.whole:
            return
        self.whole.add(module.name)
        for name in [*module.definitions, *module.imports]:
            self._member(module, name)
        if module.name == WIDGETS:
            for folder in _folders(module):
                self._refer(folder.name)

    def _is_ours(self, name: str) -> bool:
        left_out = any(f"{name}.".startswith(f"{other}.") for other in self.leave)
        return name.partition(".")[0] == PACKAGE and not left_out


def _targets(imported: dict[str, set[str]]) -> set[str]:
    return set().union(*imported.values())


def _read(root: Path, name: str) -> Module | None:
    """The top level of a module; None where there is no such file."""
    stem = root.joinpath(*name.split("."))
    path = next((p for p in (stem / "__init__.py", stem.with_suffix(".py")) if p.is_file()), None)
    if path is None:
        return None
    tree = ast.parse(path.read_text(encoding="utf-8"))
    module = Module(name, path, {})
    module.imports = imports(tree, _package(module), deep=False)
    for statement in tree.body:
        names = _defined(statement)
        for defined in names:
            module.definitions.setdefault(defined, []).append(statement)
        if not names and not isinstance(statement, ast.Import | ast.ImportFrom) and not _is_text(statement):
            module.loose.append(statement)
            for local, targets in imports(statement, _package(module)).items():
                module.imports.setdefault(local, set()).update(targets)
    return module


def _defined(statement: ast.stmt) -> list[str]:
    """The names that a definition or a plain assignment makes; none for a statement that does something."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [] if statement.name == "__getattr__" else [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign) and statement.value:
        targets = [statement.target]
    parts = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return [part.id for part in parts if isinstance(part, ast.Name)] if all(_is_name(p) for p in parts) else []


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Name)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _package(module: Module) -> str:
    return module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]


def _folders(widgets: Module) -> list[Module]:
    """The widgets: each folder's ``__init__.py``."""
    names = sorted(path.parent.name for path in widgets.path.parent.glob("*/__init__.py"))
    return [found for name in names if (found := _read(widgets.path.parents[2], f"{WIDGETS}.{name}"))]


def _beside(folder: Path) -> Iterator[Path]:
    """The files of a package that are no Python, those of folders that are no packages included."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__pycache__")) or path.name == HINTS:
            continue
        if path.is_dir() and not (path / "__init__.py").exists():
            yield from _beside(path)
        elif path.is_file() and path.suffix not in PYTHON:
            yield path.resolve()
