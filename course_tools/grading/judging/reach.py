"""Which part of an exercise's own cell its check can run, and which names there are the student's own variables.

Runs in the grader, on syntax trees. A banned call that no check can reach (a student compares with torch's own
function below the answer) is as harmless as the same line in a cell of its own, and so is a variable that has the
name of something banned.
"""

import ast
import symtable
from collections.abc import Iterable, Iterator

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def reached(cell: ast.Module, asked: Iterable[str], modules: Iterable[str]) -> list[ast.stmt]:
    """The statements that make what the check asks for, and all that those need; the whole cell if it makes none.

    `asked`: the names that the check uses; `modules`: names that stand for libraries, whose calls make nothing.
    """
    wanted, found, left = set(asked), list[ast.stmt](), list(cell.body)
    libraries = frozenset(modules)
    while more := [statement for statement in left if wanted & (_made(statement) - libraries)]:
        found += more
        left = [statement for statement in left if statement not in more]
        wanted.update(*map(_needed, more))
    found += [statement for statement in left if "*" in _made(statement)] if found else []
    return found or cell.body


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
    try:
        return set(_globals(symtable.symtable(ast.unparse(statement), "cell", "exec")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
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
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
            own = _variables(node.args, body)
            for inner in (inner for part in body for inner in ast.walk(part)):
                if isinstance(inner, ast.Name) and inner.id in own:
                    inner.id += "'"


def _variables(args: ast.arguments, body: list[ast.AST]) -> set[str]:
    """The parameters and variables of one function, without what it imports and what is of a scope outside."""
    bound, kept = {arg.arg for arg in ast.walk(args) if isinstance(arg, ast.arg)}, set[str]()
    for node in _own_nodes(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            kept.update(_bound(node))
    for node in (node for part in body for node in ast.walk(part)):
        kept.update(node.names if isinstance(node, ast.Global | ast.Nonlocal) else ())
    return bound - kept


def _own_nodes(body: list[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a function's body, without those of what has variables of its own."""
    left = list(body)
    while left:
        node = left.pop()
        yield node
        if not isinstance(node, (*SCOPES, *COMPREHENSIONS)):
            left += ast.iter_child_nodes(node)
