"""A chapter cut at its headings: the text and the code cells of each section, in order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nbformat import NotebookNode

HEADING = re.compile(r"^(?=## )", re.MULTILINE)


@dataclass
class Section:
    """`title` is the heading without its ##, "" for what stands above the first; `texts` are its pieces of prose."""

    title: str
    texts: list[str] = field(default_factory=list)
    code: list[NotebookNode] = field(default_factory=list)

    @property
    def number(self) -> str:
        """ "5.1", or "" for a section without one."""
        found = re.match(r"\d+\.\d+", self.title)
        return found[0] if found else ""

    def paragraphs(self) -> Iterator[str]:
        """Running prose, a paragraph a line: no headings, tables, lists, quotations, formulas or folded answers."""
        for text in self.texts:
            plain = re.sub(r"<details>.*?</details>|\$\$.*?\$\$", "", text, flags=re.DOTALL)
            for block in re.split(r"\n\s*\n", plain):
                if not re.match(r"\s*(#|\||>|<|- |\d+\. |$)", block):
                    yield " ".join(block.split())


def sections(notebook: NotebookNode) -> list[Section]:
    """The sections of a chapter; the first is what stands above the first heading of second rank."""
    found = [Section("")]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found[-1].code.append(cell)
            continue
        for piece in HEADING.split(cell.source):
            if piece.startswith("## "):
                title, _, piece = piece[3:].partition("\n")
                found.append(Section(title.strip()))
            found[-1].texts.append(piece)
    return found


def slug(title: str) -> str:
    """The anchor of a heading in JupyterLab, which the pages use too; they cannot hold a quotation mark in it."""
    return title.replace(" ", "-").replace('"', "")
