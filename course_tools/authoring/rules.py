"""What is asked of a chapter's text and code, by reading alone: each rule gives a sentence for each breach."""

import ast
import re
import sys

from nbformat import NotebookNode

LONGEST_CELL = 25  # lines
LONGEST_SETUP = 10  # lines, empty ones not counted
MOST_WORDS = 110  # in a cell of prose
ERRATA = "What the lecture notes get wrong"
COLUMNS = ("where", "they say", "what is right", "source", "shown in")

NOT_EVERYWHERE = {
    r"^:{3,}": "a MyST directive",
    r"^`{3,}\{": "a MyST directive",
    r"\{[a-z:]+\}`": "a MyST role",
    r"^\([\w-]+\)=$": "a MyST label",
    r"\\(eq)?ref\{": "a reference that only LaTeX resolves",
    r"^> \[!": "a GitHub alert",
    r"</summary>\n(?!\n)": "a <summary> without an empty line after it",
    r"\[\[": "a wiki link",
}


def not_alike(notebook: NotebookNode) -> list[str]:
    """The Markdown that looks different in JupyterLab, on GitHub, in Colab and on the site."""
    found = []
    for text in prose(notebook):
        first, plain = text.split("\n")[0], re.sub(r"(?<!\})`[^`\n]+`", "", text)  # without `code`
        found += [f"{first}: {kind}" for p, kind in NOT_EVERYWHERE.items() if re.search(p, plain, re.MULTILINE)]
    return found


def too_long(notebook: NotebookNode) -> list[str]:
    """The code cells that nobody reads at a glance."""
    code = [cell.source.rstrip() for cell in notebook.cells if cell.cell_type == "code"]
    long = [text for text in code if len(text.splitlines()) > LONGEST_CELL and not re.search(r"(?m)^class ", text)]
    return [
        f"{text.splitlines()[0]}: {len(text.splitlines())} lines; aim at 8, {LONGEST_CELL} at most" for text in long
    ]


def answers_shown(notebook: NotebookNode) -> list[str]:
    """The questions whose code is not folded on the page: it holds their answers."""
    return [
        f'{cell.source.splitlines()[0]}: its code holds the answer; fold it with tags=["hide-input"]'
        for cell in notebook.cells
        if cell.cell_type == "code"
        and re.search(r"\bwidgets\.(predict|choose|arrange)\(", cell.source)
        and "hide-input" not in cell.metadata.get("tags", [])
    ]


def misnumbered(notebook: NotebookNode) -> list[str]:
    """The first equation that breaks the count from 1 on: a reader looks for (3.4) between its neighbours."""
    tags = re.findall(r"\\tag\{(\d+)\.(\d+)\}", "\n".join(prose(notebook)))
    wrong = [f"equation ({n}.{k}) stands where ({n}.{i}) is due" for i, (n, k) in enumerate(tags, 1) if int(k) != i]
    return wrong[:1]


def setup_problems(notebook: NotebookNode, number: int) -> list[str]:
    """What is wrong with a chapter's first code cell, which has one shape in all chapters.

    Imports (standard library, third party, course_utils), then the SEED, then at most one default dtype; no other
    cell sets one, since a cell that is run again would then compute in another precision.
    """
    first, *later = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    body = ast.parse(first).body
    lines = [line for line in first.splitlines() if line.strip()]
    groups = [_import_group(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    after = [ast.unparse(node) for node in body[len(groups) :]]
    dtype = [text for text in after if text.startswith("torch.set_default_dtype(")]
    checks = {
        f"it has {len(lines)} lines; {LONGEST_SETUP} at most": len(lines) <= LONGEST_SETUP,
        "its imports are not in order: standard library, third party, course_utils": groups == sorted(groups),
        f"after its imports stand `SEED = check.seed({number})` and at most one default dtype, nothing else": (
            after == [f"SEED = check.seed({number})", *dtype[:1]]
        ),
        "it alone may set the default dtype": not any("set_default_dtype" in text for text in later),
    }
    return [f"the first code cell: {problem}" for problem, holds in checks.items() if not holds]


def _import_group(node: ast.Import | ast.ImportFrom) -> int:
    """0 for the standard library, 1 for third parties, 2 for course_utils."""
    module = (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
    root = module.split(".")[0]
    return 2 if root == "course_utils" else int(root not in sys.stdlib_module_names)


def too_wordy(notebook: NotebookNode) -> list[str]:
    """The paragraphs between two cells that are too much at once; tables, formulas, lists and hints do not count."""
    found = []
    for text in prose(notebook):
        body = re.sub(r"<details>.*?</details>|\$\$.*?\$\$", "", text, flags=re.DOTALL)
        lines = [line for line in body.splitlines() if not re.match(r"[#|>]|\d+\. |- ", line)]
        count = len(" ".join(lines).split())
        if count > MOST_WORDS:
            found.append(f"{text.split(chr(10))[0][:60]}: {count} words; make it two cells ({MOST_WORDS} at most)")
    return found


def undescribed(executed: NotebookNode) -> list[str]:
    """The pictures in a chapter's outputs that no alternative text describes."""
    found = []
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            tags = re.findall(r"<(?:svg|img)\b[^>]*>", "".join(data.get("text/html", "")))
            bare = [tag for tag in tags if not re.search(r"\b(label|alt)=\"\s*[^\"\s]", tag)]
            if bare or {"image/png", "image/svg+xml", "image/jpeg"} & data.keys():
                found.append(f"{cell.source.splitlines()[0]}: a picture without alternative text; use plots.show")
    return found


def errata_rows(notebook: NotebookNode) -> list[list[str]]:
    """The table of errata, heading and rule included; empty when there is none."""
    section = re.search(rf"^## {ERRATA}\n(.*?)(?=^#|\Z)", "\n".join(prose(notebook)), re.MULTILINE | re.DOTALL)
    lines = [line for line in section[1].splitlines() if line.startswith("|")] if section else []
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])] for line in lines]


def bad_errata(notebook: NotebookNode) -> list[str]:
    """A sentence for a table of errata with other columns than `COLUMNS`, or a row of another length."""
    wrong = [
        row
        for number, row in enumerate(errata_rows(notebook))
        if (number == 0 and tuple(row) != COLUMNS) or len(row) != len(COLUMNS)
    ]
    return [f"the errata need the columns {' | '.join(COLUMNS)}, but a row is {row}" for row in wrong]


def prose(notebook: NotebookNode) -> list[str]:
    """The Markdown cells' texts, in order."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
