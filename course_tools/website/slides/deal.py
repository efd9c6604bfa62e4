"""The rule by which a chapter's page becomes slides.

A heading of second rank begins a section: first a slide of its title and the question under it, then the rest. A
figure or a widget has a slide of its own, with the words that lead to it; words that follow a formula, a table or
printed results begin a new slide. A paragraph of more than `SHORT` words is shown by its sentences with a bold word,
which are definitions, or by its first; all of it is in the speaker's notes. Code is folded. What does not fit on a
slide is divided by deck.js, which can measure it.

Two tags of cells decide where this rule cannot: a cell `slide-skip` is left out, one `slide-whole` shows its
paragraphs, or its code, in full.
"""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bs4 import Comment, NavigableString, Tag

from course_tools.authoring.rules import ERRATA
from course_tools.authoring.study import FURTHER

SHORT = 45  # words of a paragraph that is shown in full
LEFT_OUT = (ERRATA, "Further reading")
SKIP, WHOLE = "slide-skip", "slide-whole"
BEGIN, END = f"<!-- {WHOLE} -->", f"<!-- {WHOLE} ends -->"  # around the text of a cell with that tag
FOR_READERS = re.compile(r"Study time\b|This section uses\b")
SENTENCE_ENDS = re.compile(r"(?<=[^A-Z\s][.?!])(?<!al\.)\s+(?=[A-Z(])")
NAMED = re.compile(r"^(?:def|class) (\w+)", re.MULTILINE)
CLOSING = ("formula", "table", "result")  # words after one of these begin a slide


Block = tuple[str, Tag, Tag | None]  # its kind, what the slide shows, what the speaker's notes say


@dataclass
class Slide:
    """`title` is its section's; `notes` are for the speaker. The slide that `opens` a section has its title large."""

    title: str
    opens: bool = False
    blocks: list[tuple[str, Tag]] = field(default_factory=list)
    notes: list[Tag] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        """What its blocks are, in order."""
        return [kind for kind, _ in self.blocks]


def deal(article: Tag) -> list[Slide]:
    """The slides of a page, in order."""
    slides = []
    for section in _sections(article):
        heading = section.find(["h1", "h2"], recursive=False)
        if heading is not None and _words(heading) not in LEFT_OUT:
            slides += _of_section(heading, section)
    return slides


def _sections(article: Tag) -> Iterator[Tag]:
    """The sections of first and second rank."""
    for section in article.find_all("section"):
        if section.find(["h1", "h2"], recursive=False):
            yield section


def _of_section(heading: Tag, section: Tag) -> list[Slide]:
    title = heading.decode_contents()
    slides = [Slide(title, opens=True)]
    for kind, block, notes in _blocks(section):
        if _begins(slides[-1], kind):
            slides.append(Slide(title))
        if kind == "widget":  # deck.js takes the words away from a tall one
            slides[-1].notes += [words for _, words in slides[-1].blocks]
        slides[-1].blocks.append((kind, block))
        slides[-1].notes += [notes] if notes is not None else []
    return slides


def _begins(slide: Slide, kind: str) -> bool:
    """Whether a block begins a slide after `slide`."""
    kinds = slide.kinds
    if kind == "label":
        return False
    if kind == "heading" or "figure" in kinds or "widget" in kinds:
        return bool(kinds)
    if kind in ("figure", "widget"):
        return slide.opens or any(k in CLOSING for k in kinds) or kinds.count("text") > 1
    if slide.opens:  # the question, and the formula that it leads to
        return kind != "formula" and (kind != "text" or "text" in kinds)
    return kind == "text" and any(k in CLOSING for k in kinds)


def _blocks(section: Tag) -> Iterator[Block]:
    """What stands in a section, in order."""
    whole = False
    for part in section.children:
        if isinstance(part, Comment):
            whole = {BEGIN[5:-4]: True, END[5:-4]: False}.get(part.strip(), whole)
        if not isinstance(part, Tag) or part.name in ("h1", "h2", "span"):
            continue
        if part.name == "section":
            if part.find("h2", recursive=False) is None:  # a third rank stays with its second
                yield from _blocks(part)
        elif "cell" in _classes(part):
            yield from _cell(part)
        elif not FOR_READERS.match(_words(part)):
            yield _text(part, whole)


def _text(part: Tag, whole: bool) -> Block:
    if _words(part) == FURTHER.strip("*"):
        return "label", part, None
    if part.name == "p" and not whole and len(_words(part).split()) > SHORT:
        return "text", _in_short(part), part
    kinds = {"h3": "heading", "div": "formula", "ol": "table", "ul": "table", "details": "result"}
    return "table" if part.find("table") else kinds.get(part.name, "text"), part, None


def _in_short(paragraph: Tag) -> Tag:
    """The sentences of a long paragraph that have a bold word, or else its first."""
    sentences = _sentences(paragraph)
    chosen = [s for s in sentences if s.find("strong")] or sentences[:1]
    short = copy.copy(paragraph)
    short.clear()
    for i, sentence in enumerate(chosen):
        if sentence.get_text().endswith(".") and len(_words(sentence).split()) < 4 and sentence.find("strong"):
            following = sentences[sentences.index(sentence) + 1 :][:1]  # "Break it." alone says too little
            chosen[i + 1 : i + 1] = [s for s in following if s not in chosen]
    for sentence in chosen:
        short.extend([*list(sentence.children), NavigableString(" ")])
    return short


def _sentences(paragraph: Tag) -> list[Tag]:
    """The sentences of a paragraph, each as an element that holds its words and formulas."""
    sentences = [copy.copy(paragraph)]
    sentences[0].clear()

    def begin() -> None:
        sentences.append(copy.copy(sentences[0]))
        sentences[-1].clear()

    for child in list(paragraph.children):
        if isinstance(child, Tag):
            sentences[-1].append(copy.copy(child))
            if child.name == "strong" and child.get_text().endswith("."):
                begin()
            continue
        first, *more = SENTENCE_ENDS.split(str(child))
        sentences[-1].append(first)
        for words in more:
            begin()
            sentences[-1].append(words)
        if re.search(r"[^A-Z][.?!]\s+$", str(child)):
            begin()
    return [sentence for sentence in sentences if sentence.get_text().strip()]


def _cell(cell: Tag) -> Iterator[Block]:
    """A code cell: its code, folded, unless the author hid it; then each output."""
    code = cell.select_one(".cell_input")
    if (
        code is not None
        and code.find_parent("details") is None
        and (cell.select(".output") or NAMED.search(code.text))
    ):
        yield "code", _folded(code, f"tag_{WHOLE}" in _classes(cell)), None
    for output in cell.select(".cell_output > *"):
        yield _kind(output), output, None


def _kind(output: Tag) -> str:
    if "course-widget" in _classes(output) or output.select_one(".course-widget"):
        return "widget"
    return "figure" if output.select_one(".dl-figures") else "result"


def _folded(code: Tag, unfolded: bool) -> Tag:
    """The code under a line that names what it defines."""
    names = NAMED.findall(code.text)
    made = Tag(name="details", attrs={"class": "code", **({"open": ""} if unfolded else {})})
    summary = Tag(name="summary")
    summary.string = f"Code: {', '.join(names)}" if names else "Code"
    made.extend([summary, code])
    return made


def _classes(part: Tag) -> list[str]:
    return part.get_attribute_list("class")


def _words(part: Tag) -> str:
    """The text of a part, without what formulas say a second time for people who do not see them."""
    return " ".join("".join(_pieces(part)).split())


def _pieces(part: Tag) -> Iterator[str]:
    for child in part.children:
        if isinstance(child, Tag):
            yield "x" if "math" in _classes(child) else "".join(_pieces(child))
        elif not isinstance(child, Comment):
            yield str(child)
