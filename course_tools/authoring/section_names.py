"""Which names a section of a chapter takes from earlier sections without saying so.

A reader may start at any section, and an author may move one. So a section may read what its own cells assigned
before, and from everywhere above: imports, functions, classes and CONSTANTS. Anything else it declares in its first
text, in a line such as

    *This section uses `digits` and `net` from section 3.6.*
"""

import ast
import builtins
import re
import symtable
from collections.abc import Iterator

from nbformat import NotebookNode

from course_tools.authoring.sections import Section, sections

DECLARATION = re.compile(r"^\*This section uses (.+) from section .+\*$", re.MULTILINE)
COMPOUND = (ast.For, ast.While, ast.With, ast.If, ast.Try)  # these assign names before they read them
DEFINING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


def leaks(notebook: NotebookNode) -> Iterator[str]:
    """A sentence for each name that a section reads and does not own, and for each declaration without a use."""
    shared: set[str] = set(dir(builtins)) | {"get_ipython", "display"}
    for section in sections(notebook):
        heading, declared = section.title or "the introduction", _declared(section)
        own: set[str] = set()
        used: set[str] = set()
        for cell in section.code:
            for statement in ast.parse(cell.source).body:
                read, assigned = _names(statement)
                foreign = read - own - shared
                used |= foreign
                for name in sorted(foreign - declared):
                    yield (
                        f"{heading!r} reads `{name}`, assigned in an earlier one: compute it again, or "
                        f"add to the section's text: *This section uses `{name}` from section ...*"
                    )
                own |= assigned
                shared |= assigned if isinstance(statement, DEFINING) else {n for n in assigned if n.isupper()}
        for name in sorted(declared - used):
            yield f"{heading!r} says that it uses `{name}`, and does not."


def _declared(section: Section) -> set[str]:
    """The names that a section's texts say it takes from earlier ones."""
    lines = [line for text in section.texts for line in DECLARATION.findall(text)]
    return {name for line in lines for name in re.findall(r"`(\w+)`", line)}


def _names(statement: ast.stmt) -> tuple[set[str], set[str]]:
    """The global names that a top-level statement reads, function bodies included, and those that it assigns."""
    table = symtable.symtable(ast.unparse(statement), "cell", "exec")
    read = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    assigned = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    for child in table.get_children():
        read |= _global_reads(child)
    if isinstance(statement, (*COMPOUND, *DEFINING)):  # a function may call itself
        read -= assigned
    return read | _changed_in_place(statement), assigned


def _changed_in_place(statement: ast.stmt) -> set[str]:
    """The x of `x += 1`, which is read as well, unless the statement itself assigned it first."""
    if isinstance(statement, DEFINING):
        return set()
    names = [n for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    changed = [n.target for n in ast.walk(statement) if isinstance(n, ast.AugAssign)]
    return {n.id for n in names if n in changed} - {n.id for n in names if n not in changed}


def _global_reads(table: symtable.SymbolTable) -> set[str]:
    read = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    return read.union(*map(_global_reads, table.get_children()))
