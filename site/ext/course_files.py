"""What a page need not carry before it is read: its figures and the state of its widgets, as files beside it.

A page of a hundred kilobytes shows its first words in half the time of one of four hundred, on a phone. The figures
are fetched when the reader comes near. Each is there twice, in light and in dark, since a picture in a file does not
see the theme of its page; only the one that is shown is fetched.
"""

import hashlib
import re
import shutil
from pathlib import Path

from course_policy import MARK
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
    for path in sorted(Path(app.outdir).rglob("*.html")) if exception is None else []:
        text = path.read_text("utf-8")
        if MARK in text:
            folder = path.with_suffix("")
            shutil.rmtree(folder, ignore_errors=True)
            path.write_text(_without_state(_without_figures(text, folder), folder), encoding="utf-8")


def _without_figures(text: str, folder: Path) -> str:
    """The page with an image in place of each drawing, whose files are written."""

    def image(figure: re.Match[str]) -> str:
        drawing = f"<svg{figure['rest']}"
        number = len(list(folder.glob("*-light.svg"))) + 1
        light = _image(folder / f"figure{number}-light.svg", _coloured(drawing, theme.LIGHT), figure)
        return light + _image(folder / f"figure{number}-dark.svg", _coloured(drawing, theme.DARK), figure)

    return _FIGURE.sub(image, _COLOURS.sub("", text))


def _image(path: Path, drawing: str, figure: re.Match[str]) -> str:
    """Write the file and give its tag. A theme's own classes show one of the two."""
    address = _write(path, drawing)
    size = _SIZE.search(drawing)
    if size is None:
        raise ValueError(f"a figure without a size: {figure['alt']}")
    room = f'width="{float(size["width"]):.0f}" height="{float(size["height"]):.0f}" loading="lazy"'
    kind = f"only-{path.stem.rpartition('-')[2]}"
    return f'<img class="{kind}" src="{address}" alt="{figure["alt"]}" {room} style="{figure["style"]}">'


def _coloured(drawing: str, colours: dict[str, str]) -> str:
    return re.sub(r"var\(--dl-(\w+),[^)]*\)", lambda name: colours[name[1]], drawing)


def _without_state(text: str, folder: Path) -> str:
    """The page with the state of its widgets in a script beside it, which widgets.js reads."""
    return _STATE.sub(lambda s: f'<script defer src="{_write(folder / "widgets.js", _script(s[1]))}"></script>', text)


def _script(state: str) -> str:
    return f"courseWidgets = {state};\n"


def _write(path: Path, text: str) -> str:
    """The address of the new file from its page; it changes with what the file holds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return f"{path.parent.name}/{path.name}?v={hashlib.sha256(text.encode()).hexdigest()[:8]}"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", lighten, priority=400)  # before the policy is written over the mark
    return {"parallel_read_safe": True, "parallel_write_safe": True}
