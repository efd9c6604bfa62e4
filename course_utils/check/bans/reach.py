"""Which part of an exercise's own cell its check can run, and which names there are the student's own variables.

Reads syntax trees and runs nothing. A banned call that no check can reach (a student compares with torch's own
function below the answer) is as harmless as the same line in a cell of its own, and so is a variable that has the
name of something banned.
"""

import ast
import contextlib
import symtable
from collections import Counter, deque
from collections.abc import Iterable, Iterator

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LEAVES = (ast.Name, ast.Constant)  # most nodes are one of these, which have no parts
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree, each behind those that it is a part of, in the order of `ast.walk`, which is slower.

    Without Load, Store and Del, which say how a name is used.
    """
    left = deque([tree])
    while left:
        node = left.popleft()
        yield node
        if isinstance(node, LEAVES):
            continue
        for field in node._fields:
            part = getattr(node, field, None)
            if isinstance(part, list):
                left.extend([item for item in part if isinstance(item, ast.AST)])
            elif isinstance(part, ast.AST) and field != "ctx":
                left.append(part)


def reached(cell: ast.Module, asked: Iterable[str], modules: Iterable[str]) -> list[ast.stmt]:
    """The statements that make what the check asks for, and all that those need; the whole cell if it makes none.

    `asked`: the names that the check uses; `modules`: names that stand for libraries, whose calls make nothing.
    """
    makers: dict[str, list[ast.stmt]] = {}
    for statement in cell.body:
        for name in made(statement):
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


def made(statement: ast.stmt) -> set[str]:
    """The names that a statement binds or changes where it stands; of a function or class its own name."""
    if isinstance(statement, SCOPES):
        return {statement.name} | {name for node in walk(statement) for name in _declared(node)}
    return {name for node in walk(statement) for name in _bound(node)}


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that one node binds or may change: `x = 1`, `x.y = 1`, `x[0] = 1`, `x.append(1)`, `import x`.

    Not `x(1).mean()`, which changes what x gave: a student's own look at an answer makes no answer.
    """
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield _root(node.func, calls=False)
    elif isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        yield _root(node)
    yield from _declared(node)


def _declared(node: ast.AST) -> list[str]:
    return node.names if isinstance(node, ast.Global) else []


def _root(node: ast.AST, calls: bool = True) -> str:
    """x in x.y[0].z and, with `calls`, in x(1).y; empty where no name begins it."""
    while isinstance(node, ast.Attribute | ast.Subscript) or (calls and isinstance(node, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _needed(statement: ast.stmt) -> set[str]:
    """The names of the notebook that a statement reads, also when what it defines is called later."""
    if isinstance(statement, SCOPES):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return set(_globals(symtable.symtable(ast.unparse(statement), "cell", "exec")))
    return {node.id for node in walk(statement) if isinstance(node, ast.Name)}


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    outermost = table.get_type() == "module"
    yield from (symbol.get_name() for symbol in table.get_symbols() if outermost or symbol.is_global())
    for inner in table.get_children():
        yield from _globals(inner)


def rename_variables(tree: ast.AST) -> None:
    """Give the variables of functions names that nothing else has, in place, but those that an import binds.

    What a variable stands for needs no watching: a banned function put into it is read there under its own name.
    """
    nodes = list(walk(tree))
    if not any(isinstance(node, FUNCTIONS) for node in nodes):
        return
    declared = {name for node in nodes if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    own: Counter[str] = Counter()  # in how many of the functions around it a name is a variable
    left: list[ast.AST | frozenset[str]] = [tree]
    while left:
        node = left.pop()
        if isinstance(node, frozenset):  # the end of a function, whose variables these were
            own.subtract(node)
        elif isinstance(node, FUNCTIONS):
            body = _body(node)
            variables = _variables(node.args, body) - declared
            own.update(variables)
            inside = set(map(id, body))
            left += [*(part for part in ast.iter_child_nodes(node) if id(part) not in inside), variables, *body]
        else:
            if isinstance(node, ast.Name) and own[node.id]:
                node.id += "'"
            left += ast.iter_child_nodes(node)


def _body(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.AST]:
    """What a function runs when it is called: not its defaults and decorators."""
    return [node.body] if isinstance(node, ast.Lambda) else [*node.body]


def _variables(args: ast.arguments, body: list[ast.AST]) -> frozenset[str]:
    """The parameters and variables of one function, without what it imports."""
    bound, kept = {arg.arg for arg in walk(args) if isinstance(arg, ast.arg)}, set[str]()
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
