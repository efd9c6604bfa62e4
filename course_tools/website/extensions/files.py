"""What a page need not carry before it is read: its figures and the state of its widgets, as files beside it.

The first words of a page wait for all of it: on a simulated phone 3.8 s for 442 KiB, about 2 s for the 64 that are
left (`make bench ARGS=site`). The figures are fetched when the reader comes near. Each is there twice, in light and
in dark, since a picture in a file does not see the theme of its page; only the one that is shown is fetched.
"""

import hashlib
import re
import shutil
from itertools import count
from pathlib import Path

from course_tools.website.extensions.policy import made
from sphinx.application import Sphinx

from course_utils import theme

_FIGURE = re.compile(
    r'<svg role="img" aria-label="(?P<alt>[^"]*)" style="(?P<style>[^"]*)"(?P<rest>.*?</svg>)', re.DOTALL
)
_SIZE = re.compile(r'viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"')
_COLOURS = re.compile(rf"<style>{re.escape(theme.css())}</style>")  # the page's style sheet has them
_STATE = re.compile(r'<script type="application/vnd\.jupyter\.widget-state\+json">\s*(.*?)\s*</script>', re.DOTALL)


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """Move figures and widgets' state of every page that was made in this build into the page's folder."""
    for path, text in made(app) if exception is None else []:
        folder = path.with_suffix("")
        shutil.rmtree(folder, ignore_errors=True)
        path.write_text(_without_state(_without_figures(text, folder), folder), encoding="utf-8")


def _without_figures(text: str, folder: Path) -> str:
    """The page with two images in place of each drawing, whose files are written; the theme's classes show one."""
    numbers = count(1)

    def images(figure: re.Match[str]) -> str:
        drawing, number = f"<svg{figure['rest']}", next(numbers)
        size = _SIZE.search(drawing)
        if size is None:
            raise ValueError(f"a figure without a size: {figure['alt']}")
        room = f'width="{float(size["width"]):.0f}" height="{float(size["height"]):.0f}" loading="lazy"'
        tags = ""
        for theme_name, colours in (("light", theme.LIGHT), ("dark", theme.DARK)):
            address = _write(folder / f"figure{number}-{theme_name}.svg", _coloured(drawing, colours))
            named = f'class="only-{theme_name}" src="{address}" alt="{figure["alt"]}"'
            tags += f'<img {named} {room} style="{figure["style"]}">'
        return tags

    return _FIGURE.sub(images, _COLOURS.sub("", text))


def _coloured(drawing: str, colours: dict[str, str]) -> str:
    return re.sub(r"var\(--dl-(\w+),[^)]*\)", lambda name: colours[name[1]], drawing)


def _without_state(text: str, folder: Path) -> str:
    """The page with the state of its widgets in a script beside it, which widgets.js reads."""

    def script(state: re.Match[str]) -> str:
        return f'<script defer src="{_write(folder / "widgets.js", f"courseWidgets = {state[1]};")}"></script>'

    return _STATE.sub(script, text)


def _write(path: Path, text: str) -> str:
    """The address of the new file from its page; it changes with what the file holds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return f"{path.parent.name}/{path.name}?v={hashlib.sha256(text.encode()).hexdigest()[:8]}"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", lighten, priority=400)  # before the policy is written over the mark
    return {"parallel_read_safe": True, "parallel_write_safe": True}
