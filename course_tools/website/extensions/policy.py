"""What every finished page must keep: the Content-Security-Policy, alternative texts, no scripts of its own.

The policy is written into each page, so that it holds on every host and from a folder. Only the script of the
theme that sets light or dark before the first paint stands inside the pages; it is allowed by its hash.
"""

import base64
import hashlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

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


def policy() -> str:
    """The value of the policy's header."""
    return "; ".join(f"{name} {value}" for name, value in POLICY.items())


def faults(text: str) -> list[str]:
    """What a page must not have, one sentence each."""
    page = _Page()
    page.feed(text)
    page.close()
    return page.faults


class _Page(HTMLParser):
    """Reads a page and keeps what it must not have in `faults`."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._in_article = False
        self._script: str | None = None  # the text so far of a script that needs to be allowed

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        words = (self.get_starttag_text() or "")[:90]
        if tag == "article":
            self._in_article = True
        elif tag == "script" and not _is_file_or_data(attributes):
            self._script = ""
        elif (tag == "img" and not attributes.get("alt")) or (tag == "svg" and self._is_unnamed(attributes)):
            self.faults.append(f"an image without alternative text: {words}")
        if any(name.startswith("on") for name in attributes):
            self.faults.append(f"an inline event handler: {words}")

    def _is_unnamed(self, attributes: dict[str, str]) -> bool:
        """Drawings outside of the article are the theme's icons; those of a width in em KaTeX hides itself."""
        part_of_a_formula = attributes.get("width", "").endswith("em")
        return self._in_article and not part_of_a_formula and not attributes.get("aria-label")

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._script += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._in_article = False
        elif tag == "script" and self._script is not None:
            digest = f"sha256-{base64.b64encode(hashlib.sha256(self._script.encode()).digest()).decode()}"
            if digest != SCRIPT:
                words = self._script.strip()[:60]
                self.faults.append(f"a script in the page ({digest}); the policy allows none: {words}")
            self._script = None


def _is_file_or_data(attributes: dict[str, str]) -> bool:
    return "src" in attributes or attributes.get("type", "").startswith("application/")


def setup(app: Sphinx) -> dict[str, bool]:
    made: list[str] = []  # the pages of this build

    def begin(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
        made.append(page)
        context["course_policy"] = policy()

    def check(app: Sphinx, exception: Exception | None) -> None:
        for page in made if exception is None else []:
            for fault in faults(Path(app.outdir, f"{page}.html").read_text("utf-8")):
                log.warning("%s", fault, location=page)

    app.connect("html-page-context", begin)
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
