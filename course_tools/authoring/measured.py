"""The part of a chapter's code on which its measured values depend: not its pictures, and not its words.

The rule, on the syntax tree, cell after cell:

1. Comments, docstrings, and `alt` texts are words.
2. A statement that draws or prints is a call of a function of `plots` or `widgets`, of `print`, or of a method of a
   figure or axes (a name that nothing but `plots` makes). It counts for those arguments alone in which something is
   called, because a call may train, or draw random numbers. The same holds for the arguments of `plots.panel`,
   wherever it stands.
3. `plots.decision_regions` and `widgets.explore` call functions of the chapter: of them only the words are left out.
4. Everything else counts, in order: text in a variable, the name of a check, a picture's data.

So the rule keeps too much rather than too little, and a record may be void although its values would be the same.
What `plots` and `widgets` do is not followed: a result that is measured must not depend on them.
"""

import ast
from collections.abc import Iterable, Iterator

from course_tools.authoring.depends import dotted, imports

DRAWING = ("course_utils.plots", "course_utils.widgets", "course_utils.progress", "course_utils.theme")
CALL_BACK = {"AttackedPhoto", "decision_regions", "explore"}  # these call a function of the chapter
WORDS = {"alt", "title", "hint"}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
ACTS = (ast.Call, ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Starred, *COMPREHENSIONS)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Scope = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def code(text: str) -> str:
    """What counts of a chapter's code, as code. Raises SyntaxError when it is no Python."""
    tree = ast.parse(text)
    imported = imports(tree)
    drawing = {name for name, targets in imported.items() if targets <= set(DRAWING[:2])} | {"print"}
    bars = {name for name, targets in imported.items() if targets == {"course_utils.progress.progress"}}
    bound = _bound(tree)
    return without_text(ast.unparse(_Measured(drawing - bound, bars - bound, _shared(tree)).visit(tree)))


def without_text(text: str) -> str:
    """Code without docstrings and `pass`, and the same whatever its layout and comments."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            if isinstance(block := getattr(node, name, None), list):
                kept = [statement for statement in block if not _says_nothing(statement)]
                setattr(node, name, kept if kept or name == "orelse" else [ast.Pass()])
    return ast.unparse(tree)


def _says_nothing(statement: ast.AST) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(statement, ast.Pass) or (isinstance(value, ast.Constant) and isinstance(value.value, str))


def _bound(tree: ast.Module) -> set[str]:
    """The names that are assigned, or are arguments, functions or classes, anywhere: a module is none of them."""
    nodes = list(ast.walk(tree))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return stored | arguments | {node.name for node in nodes if isinstance(node, (*FUNCTIONS, ast.ClassDef))}


def _shared(tree: ast.Module) -> set[str]:
    """The names that a function declares global or nonlocal, and so may assign elsewhere: no figures."""
    declared = [node.names for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal)]
    return {name for names in declared for name in names}


class _Measured(ast.NodeTransformer):
    """Takes away what only draws.

    `drawing` are the chapter's names for plots, widgets and print, `bars` those for progress; `never` are names that
    are no figures whatever they are assigned.
    """

    def __init__(self, drawing: set[str], bars: set[str], never: set[str]) -> None:
        self.drawing, self.bars, self.never = drawing, bars, never
        self.figures: set[str] = set()

    def scope(self, node: Scope) -> ast.AST:
        outer, self.figures = self.figures, _figures(node, self.drawing) - self.never
        self.generic_visit(node)
        self.figures = outer
        return node

    visit_Module = visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = scope

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if not self._draws(node.value):
            return self.generic_visit(node)
        kept = list(self._acting(node.value))
        return ast.Expr(ast.Tuple(kept, ast.Load())) if kept else ast.Pass()

    def visit_Call(self, node: ast.Call) -> ast.AST:
        drawn, name = _is_of(node.func, self.drawing), dotted(node.func)
        if drawn and name.endswith(".panel"):
            node.args, node.keywords = list(self._acting(node)), []
            return node
        if name in self.bars:
            node.args = [*node.args[:1], *self._acting_in(node.args[1:])]
        words = (WORDS if drawn else {"alt"}) | ({"label"} if name in self.bars else set())
        node.keywords = [kept for k in node.keywords for kept in (self._said(k) if k.arg in words else [k])]
        return self.generic_visit(node)

    def _said(self, keyword: ast.keyword) -> list[ast.keyword]:
        """A text as an argument: what is called in it."""
        return [ast.keyword(keyword.arg, part) for part in self._acting(keyword.value)]

    def _draws(self, node: ast.expr) -> bool:
        """Is it a call of plots, widgets or print, a method of what such a call gives, or of a figure?"""
        if not isinstance(node, ast.Call) or any(keyword.arg == "file" for keyword in node.keywords):
            return False
        base: ast.expr = node
        first = node
        while isinstance(base, ast.Call | ast.Attribute | ast.Subscript):
            first = base if isinstance(base, ast.Call) else first
            base = base.func if isinstance(base, ast.Call) else base.value
        if dotted(first.func).rpartition(".")[2] in CALL_BACK:
            return False
        return self._is_drawing(first) or (isinstance(base, ast.Name) and base.id in self.figures)

    def _is_drawing(self, call: ast.Call) -> bool:
        """Is it `print(...)`, or a function of plots or widgets itself (`plots.np.random.seed(1)` is none)?"""
        return dotted(call.func) == "print" in self.drawing or _is_of(call.func, self.drawing)

    def _acting(self, node: ast.expr) -> Iterator[ast.expr]:
        """The parts of what is drawn or said in which something is called that does not draw itself."""
        if not any(isinstance(part, ACTS) for part in ast.walk(node)):
            return
        if isinstance(node, ast.Call) and self._draws(node):
            yield from self._acting_in([*_links(node.func), *node.args, *(k.value for k in node.keywords)])
        elif isinstance(node, ast.JoinedStr):
            yield from self._acting_in(node.values)
        elif isinstance(node, ast.FormattedValue):
            yield from self._acting_in([node.value, *filter(None, [node.format_spec])])
        elif isinstance(node, ast.List | ast.Tuple):
            yield from self._acting_in(node.elts)
        elif isinstance(node, ast.Dict):
            yield from self._acting_in([*filter(None, node.keys), *node.values])
        else:
            yield self.visit(node)

    def _acting_in(self, nodes: Iterable[ast.expr]) -> Iterator[ast.expr]:
        for node in nodes:
            yield from self._acting(node)


def _links(function: ast.expr) -> Iterator[ast.expr]:
    """What stands on the way to a method: the call and the index of `plots.bare(ax).spines[i].set`."""
    while isinstance(function, ast.Attribute | ast.Subscript):
        if isinstance(function, ast.Subscript):
            yield function.slice
        function = function.value
    if isinstance(function, ast.Call):
        yield function


def _figures(scope: Scope, drawing: set[str]) -> set[str]:
    """The names to which a scope gives figures and axes, and nothing else."""
    figures, others = _figure_arguments(scope, drawing)
    own = list(_own(scope))
    for node in own:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _is_of(node.value.func, drawing):
            made = {part for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)}
            figures |= {name.id for name in made}
            own = [part for part in own if part not in made]
    others |= {part.id for part in own if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)}
    others |= {name for part in own if isinstance(part, ast.Import | ast.ImportFrom) for name in imports(part)}
    others |= {part.name for part in own if isinstance(part, (*FUNCTIONS, ast.ClassDef))}
    return figures - others


def _figure_arguments(scope: Scope, drawing: set[str]) -> tuple[set[str], set[str]]:
    """A function's arguments that are annotated as plots' (`ax: plots.Axes`), and the others."""
    arguments = (
        [node for node in ast.walk(scope.args) if isinstance(node, ast.arg)] if isinstance(scope, FUNCTIONS) else []
    )
    figures = {a.arg for a in arguments if a.annotation and _is_of(a.annotation, drawing)}
    return figures, {a.arg for a in arguments} - figures


def _is_of(node: ast.expr, drawing: set[str]) -> bool:
    """Is it a name of plots or widgets themselves, such as `plots.Axes`?"""
    return dotted(node).count(".") == 1 and dotted(node).partition(".")[0] in drawing


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of the functions and classes in it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _own(child)
