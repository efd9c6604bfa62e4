"""What every finished page must keep: the Content-Security-Policy, alternative texts, no scripts of its own.

The policy is written into each page, so that it holds on every host and from a folder. Only the script of the
theme that sets light or dark before the first paint stands inside the pages; it is allowed by its hash.
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

log = logging.getLogger(__name__)

SCRIPT = "sha256-ySvT2PEZeueHGC1y2crNuNTfphBynFPP7i+U21fEgX0="
POLICY = {
    "default-src": "'none'",
    "script-src": f"'self' '{SCRIPT}' blob:",  # blob: is how a widget's module starts
    "style-src": "'self' 'unsafe-inline'",  # KaTeX and the figures place their parts by style attributes
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",  # the typeface of the text lies in its style sheet
    "connect-src": "'self'",  # the search reads the pages it found
    "form-action": "'self'",
    "base-uri": "'none'",
}
MARK = "COURSE-POLICY"  # what the template writes: a page that still has it was made in this build
REPAIRS = (  # names that the theme forgot, for people who do not see the page
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="Chapters">'),
    ('<p class="caption" role="heading">', '<p class="caption">'),  # a heading without a level, in a list of links
    ('<aside class="toc-drawer', '<aside aria-label="On this page" class="toc-drawer'),
)
_SCRIPTS = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL | re.IGNORECASE)
_PART_OF_A_FORMULA = re.compile(
    r'<svg xmlns="http://www.w3.org/2000/svg" width="[\d.]+em"'
)  # KaTeX hides them itself
_DATA = re.compile(r"""type=["']?application/""")


def policy() -> str:
    """The value of the policy's header."""
    return "; ".join(f"{name} {value}" for name, value in POLICY.items())


def made(app: Sphinx) -> Iterator[tuple[Path, str]]:
    """Every page that was made in this build, and its text."""
    for path in sorted(Path(app.outdir).rglob("*.html")):
        text = path.read_text("utf-8")
        if MARK in text:
            yield path, text


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Check every page that was made in this build and write the policy into it."""
    for path, text in made(app) if exception is None else []:
        for fault in faults(text):
            log.warning("%s", fault, location=str(path.relative_to(app.outdir).with_suffix("")))
        path.write_text(repaired(text.replace(MARK, policy())), encoding="utf-8")


def repaired(text: str) -> str:
    """The page with the names that its side bars lack, and no label that differs from the words shown."""
    for wrong, right in REPAIRS:
        text = text.replace(wrong, right)
    return text.replace(' aria-label="Toggle hidden content"', "")


def faults(text: str) -> list[str]:
    """What a page must not have, one sentence each."""
    found = [f"an image without alternative text: {tag[:90]}" for tag in _without_alt(text)]
    for script in _SCRIPTS.finditer(text):
        digest = base64.b64encode(hashlib.sha256(script["text"].encode()).digest()).decode()
        allowed = "src=" in script["attributes"] or _DATA.search(script["attributes"]) or f"sha256-{digest}" == SCRIPT
        if not allowed:
            found.append(
                f"a script in the page (sha256-{digest}); the policy allows none: {script['text'].strip()[:60]}"
            )
    handlers = re.findall(r"<[a-z][^<>]*\son[a-z]+\s*=[^<>]*>", _SCRIPTS.sub("", text))
    return found + [f"an inline event handler: {tag[:90]}" for tag in handlers]


def _without_alt(text: str) -> list[str]:
    """Images without alt, and drawings in the article without a name (outside of it they are the theme's icons)."""
    text = _SCRIPTS.sub("", text)
    images = [tag for tag in re.findall(r"<img\b[^>]*>", text) if not re.search(r'\balt="[^"]+"', tag)]
    article = re.search(r'<article role="main".*?</article>', text, re.DOTALL)
    drawings = re.findall(r"<svg\b[^>]*>", article[0]) if article else []
    unnamed = [tag for tag in drawings if not re.search(r'\baria-label="[^"]+"', tag)]
    return images + [tag for tag in unnamed if not _PART_OF_A_FORMULA.match(tag)]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
