"""The glossary: each standard term with the sentence that defines it, from the chapters themselves.

A chapter sets a term in bold where it defines it, in running prose and in one sentence that can stand alone. Bold
text that ends in a full stop, a colon or a comma is a lead-in ("**Break it.**") and no term. `course build` writes
chapters/glossary.md from these sentences.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from course_tools.authoring.sections import sections, slug
from course_tools.paths import ROOT

FEWEST = 8  # terms in a chapter
MOST_WORDS = 60  # in a defining sentence
BOLD = re.compile(r"\*\*([^*]+[^*.:,;!?])\*\*")
LINK = re.compile(r"\[([^\[\]]+)\]\([^()\s]+\)")
# a sentence ends where white space and a capital, a digit, a formula or code follow; not after these abbreviations
END = re.compile(r"(?<!\beq\.)(?<!\bal\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bcf\.)(?<=[.?!])\s+(?=[A-Z0-9$`*\"(\[])")
LEANING = re.compile(r"^(It|Its|This|These|Those|They|Their|That|He|She|So|But|And|Then|Here|Both)\b")
INTRODUCTION = (
    "Each term with the sentence that defines it in the chapters, and the section where it stands. A chapter sets a "
    "term in bold where it defines it."
)


@dataclass(frozen=True)
class Term:
    """A `name`, the `sentence` that defines it, and where: the `chapter`'s name and the section's `title`."""

    name: str
    sentence: str
    chapter: str
    title: str


def path(root: Path = ROOT) -> Path:
    """Where the glossary lies: beside the chapters, which link to it."""
    return root / "chapters" / "glossary.md"


def terms(chapter: str, notebook: NotebookNode) -> list[Term]:
    """The terms that a chapter defines, in its order."""
    found = []
    for section in sections(notebook):
        for paragraph in section.paragraphs():
            for sentence in END.split(paragraph):
                plain = LINK.sub(r"\1", sentence)
                found += [Term(name, plain, chapter, section.title) for name in BOLD.findall(plain)]
    return found


def problems(chapters: Mapping[str, NotebookNode]) -> Iterator[str]:
    """A sentence for each definition that cannot stand alone, or that stands twice."""
    first: dict[str, Term] = {}
    for chapter, notebook in chapters.items():
        found = terms(chapter, notebook)
        if len(found) < FEWEST:
            yield f"{chapter} defines {len(found)} terms in bold; at least {FEWEST}"
        for term in found:
            other = first.setdefault(term.name.lower(), term)
            if other is not term:
                yield f"{chapter}: {term.name!r} is defined in {other.chapter} already ({other.title})"
            yield from _incomplete(term)


def _incomplete(term: Term) -> Iterator[str]:
    where = f"{term.chapter}, {term.title}: the sentence of {term.name!r}"
    if not term.sentence.rstrip(')"').endswith("."):
        yield f"{where} does not end in a full stop: {term.sentence[-60:]!r}"
    if LEANING.match(term.sentence):
        yield f"{where} cannot stand alone: {term.sentence[:60]!r}"
    if (count := len(term.sentence.split())) > MOST_WORDS:
        yield f"{where} has {count} words; {MOST_WORDS} at most"


def page(chapters: Mapping[str, NotebookNode]) -> str:
    """The glossary as Markdown, in the order of the alphabet, with links to the sections."""
    prose = " ".join(cell.source for n in chapters.values() for cell in n.cells if cell.cell_type == "markdown")
    found = sorted(_first(t for chapter in chapters for t in terms(chapter, chapters[chapter])), key=_order)
    parts, letter = ["# Glossary", "", INTRODUCTION], ""
    for term in found:
        if _order(term)[0] != letter:
            letter = _order(term)[0]
            parts += ["", f"## {letter.upper()}"]
        anchor = f"#{slug(term.title)}" if term.title else ""
        where = f"[{_section(term)}]({term.chapter}.ipynb{anchor})"
        said = BOLD.sub(r"*\1*", term.sentence)
        parts += ["", f"**{_plain(term.name, prose)}**: {said} {where}"]
    return "\n".join(parts) + "\n"


def _first(found: Iterable[Term]) -> list[Term]:
    """Each term once, where it is defined first."""
    by_name: dict[str, Term] = {}
    for term in found:
        by_name.setdefault(term.name.lower(), term)
    return list(by_name.values())


def _plain(name: str, prose: str) -> str:
    """The name without the capital of a sentence's beginning: the chapters write it so elsewhere."""
    small = name[0].lower() + name[1:]
    return small if re.search(rf"\b{re.escape(small)}\b", prose) else name


def _order(term: Term) -> str:
    """By its letters; what begins with none comes under the first letter that it has."""
    return re.sub(r"[^a-z ]", "", term.name.lower()).strip() or "#"


def _section(term: Term) -> str:
    """ "section 3.2", or "chapter 3" for a term of its opening."""
    return f"section {term.title.split()[0]}" if term.title else f"chapter {int(term.chapter[:2])}"
