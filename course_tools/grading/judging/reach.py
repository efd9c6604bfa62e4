"""Which part of an exercise's own cell its check can run, and which names there are the student's own variables.

Runs in the grader, on syntax trees. A banned call that no check can reach (a student compares with torch's own
function below the answer) is as harmless as the same line in a cell of its own, and so is a variable that has the
name of something banned.
"""

import ast
import contextlib
import symtable
from collections.abc import Iterable, Iterator

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def reached(cell: ast.Module, asked: Iterable[str], modules: Iterable[str]) -> list[ast.stmt]:
    """The statements that make what the check asks for, and all that those need; the whole cell if it makes none.

    `asked`: the names that the check uses; `modules`: names that stand for libraries, whose calls make nothing.
    """
    makers: dict[str, list[ast.stmt]] = {}
    for statement in cell.body:
        for name in _made(statement):
            makers.setdefault(name, []).append(statement)
    stars, left = makers.pop("*", []), list(asked)
    for name in modules:
        makers.pop(name, None)
    found: dict[int, ast.stmt] = {}
    while left:  # each name once
        for statement in makers.pop(left.pop(), []):
            if id(statement) not in found:
                found[id(statement)] = statement
                left += _needed(statement)
    return [*found.values(), *stars] if found else cell.body


def _made(statement: ast.stmt) -> set[str]:
    """The names that a statement binds or changes where it stands; of a function or class its own name."""
    if isinstance(statement, SCOPES):
        return {statement.name} | {name for node in ast.walk(statement) for name in _declared(node)}
    return {name for node in ast.walk(statement) for name in _bound(node)}


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that one node binds or may change: `x = 1`, `x.y = 1`, `x[0] = 1`, `x.append(1)`, `import x`."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield _root(node.func)
    elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        yield _root(node)
    yield from _declared(node)


def _declared(node: ast.AST) -> list[str]:
    return node.names if isinstance(node, ast.Global) else []


def _root(node: ast.AST) -> str:
    """x in x.y[0].z, empty where no name begins it."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _needed(statement: ast.stmt) -> set[str]:
    """The names of the notebook that a statement reads, also when what it defines is called later."""
    if isinstance(statement, SCOPES):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return set(_globals(symtable.symtable(ast.unparse(statement), "cell", "exec")))
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    outermost = table.get_type() == "module"
    yield from (symbol.get_name() for symbol in table.get_symbols() if outermost or symbol.is_global())
    for inner in table.get_children():
        yield from _globals(inner)


def rename_variables(tree: ast.AST) -> None:
    """Give the variables of functions names that nothing else has, in place, but those that an import binds.

    What a variable stands for needs no watching: a banned function put into it is read there under its own name.
    """
    declared = {name for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    left: list[tuple[ast.AST, frozenset[str]]] = [(tree, frozenset())]
    while left:
        node, own = left.pop()
        if isinstance(node, ast.Name) and node.id in own:
            node.id += "'"
        body = _body(node)
        inner = own | (_variables(node.args, body) - declared) if isinstance(node, FUNCTIONS) else own
        inside = set(map(id, body))
        left += [(part, inner if id(part) in inside else own) for part in ast.iter_child_nodes(node)]


def _body(node: ast.AST) -> list[ast.AST]:
    """What a function runs when it is called: not its defaults and decorators."""
    if isinstance(node, ast.Lambda):
        return [node.body]
    return [*node.body] if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []


def _variables(args: ast.arguments, body: list[ast.AST]) -> frozenset[str]:
    """The parameters and variables of one function, without what it imports."""
    bound, kept = {arg.arg for arg in ast.walk(args) if isinstance(arg, ast.arg)}, set[str]()
    for node in _own_nodes(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            kept.update(_bound(node))
    return frozenset(bound - kept)


def _own_nodes(body: list[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a function's body, without those of what has variables of its own."""
    left = list(body)
    while left:
        node = left.pop()
        yield node
        if not isinstance(node, (*SCOPES, *COMPREHENSIONS)):
            left += ast.iter_child_nodes(node)
