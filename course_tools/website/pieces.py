"""Numbered formulas in pieces, between which a narrow reader breaks the line.

KaTeX sets a formula and its number as a table as wide as the page. A reader of books cuts off what does not fit,
since it turns the page where a browser would scroll.
"""

from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

RELATIONS = frozenset("=≠≈≡≤≥<>≪≫∼∝→←↦⟶⟸⟹⟺")
SIGNS = frozenset("+−±")
OPENING, CLOSING, BARS = frozenset("([{⌊⌈⟨"), frozenset(")]}⌋⌉⟩"), frozenset("|∥")
WIDE = 1.0  # em: a space as between two formulas


def loosen(math: Tag) -> None:
    """Put the pieces of a numbered formula, and its number behind them, in the place of `math`."""
    cells = math.select("mtable[width] > mtr > mtd")
    if len(cells) != 4:  # several numbers, or none: as it is
        return
    row = cells[1].find("mrow", recursive=False) or cells[1]
    new = BeautifulSoup("", "html.parser").new_tag
    groups = [new("span", attrs={"class": "formula"})]  # broken within only where it is too wide for a line
    for piece in _pieces([child for child in row.children if isinstance(child, Tag)]):
        if not piece:
            groups.append(new("span", attrs={"class": "formula"}))
            continue
        part = new("math", attrs={"displaystyle": "true", "xmlns": str(math["xmlns"])})
        if piece[0].name == "mo":
            piece[0]["form"] = "infix"  # not a sign, although it stands first
        part.extend(piece)
        groups[-1].append(part)
    number = new("span", attrs={"class": "number"})
    number.string = cells[3].get_text()
    math.replace_with(*groups, number)


def _pieces(children: list[Tag]) -> Iterator[list[Tag]]:
    """The parts of a formula; an empty one stands for a wide space."""
    piece: list[Tag] = []
    depth, barred, before = 0, False, ""
    for child in children:
        sign = _operator(child)
        outside = depth == 0 and not barred
        if outside and piece and child.name == "mspace" and _width(child) >= WIDE:
            yield piece
            yield []
            piece, before = [], ""
            continue
        joins = sign in RELATIONS or (sign in SIGNS and (not before or before in CLOSING | BARS))
        if outside and piece and child.name == "mo" and joins:
            yield piece
            piece = []
        depth += (sign in OPENING) - (sign in CLOSING)
        barred ^= sign in BARS
        before = sign
        piece.append(child)
    if piece:
        yield piece


def _operator(tag: Tag) -> str:
    """The operator that a tag is, or carries an index: a closing bracket may have an exponent."""
    while tag.name in ("msub", "msup", "msubsup") and (first := tag.find(True, recursive=False)):
        tag = first
    return tag.get_text() if tag.name == "mo" else ""


def _width(space: Tag) -> float:
    width = str(space.get("width", "")).removesuffix("em")
    return float(width) if width.replace(".", "", 1).isdigit() else 0.0
