"""What a page need not carry before it is read: its figures and the state of its widgets, as files beside it.

The first words of a page wait for all of it: on a simulated phone 3.8 s for 442 KiB, about 2 s for the 64 that are
left (`make bench ARGS=site`). The figures are fetched when the reader comes near. Each is there twice, in light and
in dark, since a picture in a file does not see the theme of its page; only the one that is shown is fetched.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from itertools import count
from os.path import commonprefix
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from docutils import nodes
from sphinx.application import Sphinx

from course_tools.website.extensions.pages import Beside, source_of
from course_utils import theme

SVG = "http://www.w3.org/2000/svg"
ET.register_namespace("", SVG)  # else every tag of a written drawing would carry a prefix
ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
FIGURES = "dl-figures"  # the class of a row of figures: what course_utils.plots.show displays
LOADER = "widgets.js"
SHARED = ("_esm", "_css")  # what each widget of a kind has
# Of a module and its style sheet, what only those read who open the source: a quarter of their compressed bytes.
# Comments have lines of their own; no text of a widget has a line that looks like one (tests/website/test_site.py).
COMMENTS = re.compile(r"^[ \t]*(?://[^\n]*|/\*.*?\*/[ \t]*)\n", re.DOTALL | re.MULTILINE)
GIVE_BACK = (
    "for (const [name, start, ends] of %s) for (const [end, keys] of ends) for (const key of keys) "
    "courseWidgets.state[key].state[name] = start + end;"
)
GIVE_BACK_DATA = (
    "for (const [data, places] of %s) for (const [key, i] of places) courseWidgets.state[key].buffers[i].data = data;"
)


def lighten(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Move the figures of a page that is being made, and its widgets' state, into the page's folder."""
    folder, numbers = Path(app.outdir, page), count(1)
    shutil.rmtree(folder, ignore_errors=True)
    for output in [raw for raw in doctree.findall(nodes.raw) if FIGURES in raw.astext()]:
        output.children = [nodes.Text(_without_drawings(output.astext(), folder, numbers))]
    if state := widgets_of(app, page):
        address = _write(folder / "widgets.js", script(state))
        doctree += Beside(html=f'<script defer src="{address}"></script>\n')


def script(state: dict[str, Any]) -> str:
    """The state of a page's widgets as the script that sets it; what several share stands there once.

    That is a kind's module and style, without their comments; the text with which those of all kinds begin, the
    kit's; and the weights of a network that two widgets run. (Compression would not find it again: a widget is larger
    than the stretch of text in which gzip looks back.)
    """
    models = {key: {**model, "state": dict(model["state"])} for key, model in state["state"].items()}
    held: dict[str, dict[str, list[str]]] = {name: {} for name in SHARED}
    for key, model in models.items():
        for name in SHARED:
            if name in model["state"]:
                held[name].setdefault(COMMENTS.sub("", model["state"].pop(name)), []).append(key)
    starts = {name: _common_lines(list(kinds)) for name, kinds in held.items()}
    texts = [
        [name, start, [[text.removeprefix(start), keys] for text, keys in held[name].items()]]
        for name, start in starts.items()
    ]
    data = GIVE_BACK_DATA % json.dumps(_repeated_data(models))
    return f"courseWidgets = {json.dumps({**state, 'state': models})};\n{GIVE_BACK % json.dumps(texts)}\n{data}\n"


def _repeated_data(models: dict[str, Any]) -> list[tuple[str, list[tuple[str, int]]]]:
    """What several widgets hold as binary data, with the places where it stood; it is taken out of `models`."""
    places: dict[str, list[tuple[str, int]]] = {}
    for key, model in models.items():
        if "buffers" in model:
            model["buffers"] = [dict(buffer) for buffer in model["buffers"]]
        for i, buffer in enumerate(model.get("buffers", [])):
            places.setdefault(buffer["data"], []).append((key, i))
    repeated = [(data, found) for data, found in places.items() if len(found) > 1]
    for _, found in repeated:
        for key, i in found:
            models[key]["buffers"][i]["data"] = ""
    return repeated


def _common_lines(texts: list[str]) -> str:
    """The whole lines with which all texts begin."""
    start = commonprefix(texts)  # noqa: RUF071  (these are no paths)
    return start[: start.rfind("\n") + 1]


def _without_drawings(output: str, folder: Path, numbers: Iterator[int]) -> str:
    """An output of `course_utils.plots.show` with images in place of its drawings, whose files are written.

    Its style sheet goes too: the page has it.
    """
    whole = ET.fromstring(f"<div>{output}</div>")
    for sheet in whole.findall("style"):
        whole.remove(sheet)
    for row in whole.findall(f"div[@class='{FIGURES}']"):
        drawings = list(row)
        row[:] = [image for drawing in drawings for image in _images(drawing, folder, next(numbers))]
    return "".join(ET.tostring(part, encoding="unicode", method="html") for part in whole)


def _images(drawing: ET.Element, folder: Path, number: int) -> Iterator[ET.Element]:
    """Two images of a drawing, whose files are written; the theme's classes show one."""
    alt, style = drawing.attrib.pop("aria-label"), drawing.attrib.pop("style")
    for picture in drawing.iter(f"{{{SVG}}}image"):  # one that is drawn twice has its id twice, and nothing names it
        picture.attrib.pop("id", None)
    width, height = (f"{float(size):.0f}" for size in drawing.attrib["viewBox"].split()[2:])
    for mode, colours in (("light", theme.LIGHT), ("dark", theme.DARK)):
        address = _write(folder / f"figure{number}-{mode}.svg", _in_colours(drawing, colours))
        shown = {"class": f"only-{mode}", "src": address, "alt": alt, "style": style}
        yield ET.Element("img", {**shown, "width": width, "height": height, "loading": "lazy"})


def _in_colours(drawing: ET.Element, colours: dict[str, str]) -> str:
    """The drawing as a file that says itself what the colours are that it names."""
    rule = ET.Element(f"{{{SVG}}}style")
    rule.text = f"svg{{{theme.properties(colours)}}}"
    drawing.insert(0, rule)
    text = ET.tostring(drawing, encoding="unicode")
    drawing.remove(rule)
    return text


def widgets_of(app: Sphinx, page: str) -> dict[str, Any]:
    """The saved state of a page's widgets; empty where it has none."""
    notebook = source_of(app, page)
    return notebook["metadata"].get("course", {}).get("widgets", {}) if notebook else {}


def add_loader(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """A page with widgets needs the script that starts them."""
    if widgets_of(app, page):
        app.add_js_file(LOADER, defer="defer")


def _write(path: Path, text: str) -> str:
    """The address of the new file from its page; it changes with what the file holds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return f"{path.parent.name}/{path.name}?v={hashlib.sha256(text.encode()).hexdigest()[:8]}"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", lighten)
    app.connect("html-page-context", add_loader)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
