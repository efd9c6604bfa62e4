"""What a student's notebook shows must not act in a teacher's browser.

Runs in the grader, on the outputs of a graded run and on a submission's Markdown. Pictures and plain text stay;
HTML keeps a list of harmless tags; scripts, handlers, frames, forms and addresses of other hosts go.
"""

import base64
import binascii
import re
from collections.abc import Collection, Iterable, Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any

import nh3

from course_tools.grading.inside.text import valid
from course_utils.check.bans.families import words

MAX_HTML, MAX_TEXT = 384 << 10, 256 << 10
MAX_TAGS = 10_000  # in one text: reading nested ones takes time that grows with their square
MAX_MARKS, MAX_WRITTEN = 4_000, 20_000  # of Markdown in one text; characters of one that has more
MAX_LINKED = 5_000_000  # of what may begin a link or a tag, times the characters, after which its end is looked for
PICTURES = ("image/png", "image/jpeg", "image/gif")
TEXTS = ("text/plain", "text/latex")
TAGS = words(
    """
        a abbr b blockquote br caption code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr
        i img kbd li ol p pre s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul
        var svg g path rect circle ellipse line polyline polygon text tspan defs clipPath use title desc
        marker linearGradient radialGradient stop symbol
        """
)
STYLES = words(
    """
        color background-color font-family font-size font-style font-weight text-align text-anchor
        text-decoration width height max-width margin padding border display flex flex-wrap gap opacity
        vertical-align white-space fill fill-opacity fill-rule stroke stroke-linecap stroke-linejoin
        stroke-opacity stroke-width
        """
)
_ATTRIBUTES = words(
    """
        class title alt role aria-label aria-hidden width height colspan rowspan style viewBox d x y x1 y1 x2
        y2 cx cy r rx ry points transform fill fill-opacity fill-rule stroke stroke-width stroke-opacity
        stroke-linecap stroke-linejoin stroke-dasharray stroke-miterlimit clip-path clip-rule opacity offset
        stop-color id text-anchor font-size font-family dx dy preserveAspectRatio
        """
)
_PICTURE_ADDRESS = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*\Z")
_PICTURE = re.compile(r"data:image/\w+;base64,[A-Za-z0-9+/=]+")
_TEXTS = frozenset({"title", "alt", "aria-label", "class"})
# url(#x) is a place in the same picture; a backslash can spell any of the names
_ASKS_A_HOST = re.compile(r"url\s*\((?!\s*[\"']?#)|(image|image-set|src)\s*\(|\\", re.IGNORECASE)


# a reference to a character by a number that none has: Python refuses to read the longest ones
_NO_CHARACTER = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")
# blanks of which Markdown shows one; its readers look from each for the end of the line
_LONG_BLANK = re.compile(r"([^\S\n]{200})[^\S\n]+")
# an address that acts when somebody follows it, without the spaces and backslashes that a browser or Markdown skips
_ACTS = re.compile(r"(javascript|vbscript):|data:\w*[/,;]")
_RUNS = re.compile(r"(javascript|vbscript):")
# formulas and code, in which `<` is no tag's; a longer one of code counts as text
_VERBATIM = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$|(?<!`)(`++).{1,5000}?\1", re.DOTALL)
_LIKE_A_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_NO_TAG_OF_OURS = re.compile(rf"<(?!/?(?:{'|'.join(sorted(TAGS))})[\s/>])(?=[A-Za-z/!?])", re.IGNORECASE)


def _spelled_out(text: str) -> str:
    """`text` as a browser reads an address in it: lower case, without white space and control characters."""
    return re.sub(r"[\x00-\x20\\]", "", text).lower()


def _kept(tag: str, name: str, value: str) -> str | None:
    """The value of an allowed attribute, or None where it leads elsewhere than this attribute may lead."""
    if name == "href":  # of a link: an address; of all else: a place in the same picture
        held = not _spelled_out(value).startswith("data:") if tag == "a" else value.startswith("#")
    elif name == "src":
        held = bool(_PICTURE_ADDRESS.match(value))
    else:
        held = name in _TEXTS or not _ASKS_A_HOST.search(value)
    return value if held else None


_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags={"script", "style"},
    attributes={"*": set(_ATTRIBUTES), "a": {"href"}, "img": {"src"}, "use": {"href"}},
    attribute_filter=_kept,
    url_schemes={"http", "https", "mailto", "data"},
    link_rel="noopener noreferrer",
    filter_style_properties=set(STYLES),
)


def html(text: str) -> str:
    """`text` with nothing in it that acts or asks another host for anything."""
    if len(text) > MAX_HTML or text.count("<") > MAX_TAGS:
        return "<p>(This output is too large to be shown.)</p>"
    return _CLEANER.clean(text)


def markdown(text: str, pictures: Collection[str] = ()) -> str:
    """Markdown that becomes harmless HTML. What is no tag stays as it is, but for a space behind a `<`, as in $a< b$,
    and for more than 200 blanks in a row.

    `pictures`: the names of those that its cell brings along; nbconvert makes no page of a text that shows another.

    Where an address would act when it is followed, or a picture would be asked of another place, no link and no
    picture of this text is one any more; where that does not help, the text is shown as it is written.
    """
    text = _LONG_BLANK.sub(r"\1", _NO_CHARACTER.sub("\ufffd", text))
    if sum(map(without_pictures(text).count, "[]*_`<|$~^\\")) > MAX_MARKS:
        # what makes pages of Markdown takes time that grows with the square of the brackets and asterisks
        text = f"(This text has too many marks of Markdown. It begins:)\n\n{as_written(text[:MAX_WRITTEN])}"
    text = _VERBATIM.sub(lambda found: _LIKE_A_TAG.sub("< ", found[0]), text)
    text = _NO_TAG_OF_OURS.sub("< ", text)
    text = html(text) if _LIKE_A_TAG.search(text) else text
    unlinked = text.replace("](", "] (").replace("]:", "] :")
    if _RUNS.search(_spelled_out(unescape(text))):
        text = unlinked
    return next((made for made in (text, unlinked) if _stays_here(made, pictures)), as_written(text))


class _Addresses(HTMLParser):
    """The addresses that a page asks for by itself, and those that a person can follow."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.offered: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "srcset", "poster", "background"):
                self.asked.append(value or "")
            elif name in ("href", "xlink:href", "action", "formaction"):
                self.offered.append(value or "")


def _stays_here(text: str, pictures: Collection[str]) -> bool:
    """Whether what Markdown becomes asks nobody for anything and offers no address that acts."""
    marks = sum(map(text.count, ("](", "]:", "<")))
    if not marks:  # neither a link nor a picture nor a tag
        return True
    if marks * len(text) > MAX_LINKED:
        return False
    try:
        pages = [_Addresses(page) for page in _pages(text, pictures)]
    except Exception:  # no page could be made of it elsewhere either
        return False
    known = {f"attachment:{name}" for name in pictures}
    asked = [address for page in pages for address in page.asked]
    offered = [address for page in pages for address in page.offered]
    brought_along = all(address in known or _PICTURE_ADDRESS.match(address) for address in asked)
    return brought_along and not any(_ACTS.match(_spelled_out(address)) for address in offered)


def _pages(text: str, pictures: Collection[str]) -> Iterator[str]:
    """The text as HTML, by nbconvert's reader, which formgrader uses, and by that of our own pages."""
    from markdown_it import MarkdownIt
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath  # here: it takes 0.25 s

    brought = {name: {"image/png": "AAAA"} for name in pictures}
    yield MarkdownWithMath(renderer=IPythonRenderer(escape=False, attachments=brought)).render(text)
    yield MarkdownIt("commonmark").enable("table").render(text)


def as_written(text: str) -> str:
    """Markdown that shows a text as it is written."""
    return "\n".join(f"    {line}" for line in text.splitlines())


def without_pictures(text: str) -> str:
    """`text` without the pictures that are written into it."""
    return _PICTURE.sub("", text)


def outputs(raw: Iterable[Any]) -> list[dict[str, Any]]:
    """Outputs of an untrusted process as valid, harmless nbformat ones, in order; neighbouring text is joined.

    None has the type from which nbgrader reads marks: results become displays, errors and stderr become text.
    """
    clean: list[dict[str, Any]] = []
    for output in raw:
        made = _output(output)
        if made is None:
            continue
        if clean and made["output_type"] == "stream" == clean[-1]["output_type"]:
            clean[-1]["text"] = (clean[-1]["text"] + made["text"])[:MAX_TEXT]
        else:
            clean.append(made)
    return clean


def _output(output: Any) -> dict[str, Any] | None:
    kind = output.get("output_type") if type(output) is dict else None
    if kind == "stream":
        return _stream(output.get("text"))
    if kind == "error":
        lines = output.get("traceback")
        told = [line[:2000] for line in lines[:100] if type(line) is str] if type(lines) is list else []
        return _stream("\n".join(told) + "\n") if told else None
    if kind == "display_data" and type(output.get("data")) is dict:
        data = _data(output["data"])
        return {"output_type": "display_data", "data": data, "metadata": {}} if data else None
    return None


def _stream(text: Any) -> dict[str, Any] | None:
    return {"output_type": "stream", "name": "stdout", "text": valid(text[:MAX_TEXT])} if type(text) is str else None


def _data(data: dict[str, Any]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for kind, value in data.items():
        if type(value) is not str:
            continue
        if kind in TEXTS:
            kept[kind] = valid(value[:MAX_TEXT])
        elif kind in PICTURES and is_base64(value):
            kept[kind] = value
        elif kind in ("text/html", "image/svg+xml"):
            kept["text/html"] = html(valid(value))
        elif kind == "text/markdown":
            kept[kind] = markdown(valid(value[:MAX_TEXT]))
    return kept


def is_base64(text: str) -> bool:
    """Whether `text` is what a picture's bytes look like, and nothing else."""
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
