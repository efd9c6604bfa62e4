"""Fonts with only the characters that the pages use: less than half of their weight on a phone."""

import base64
import json
import logging
import shutil
from pathlib import Path

from sphinx.application import Sphinx

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells every step
ASCII = "".join(map(chr, range(32, 127)))


def slim(app: Sphinx, exception: Exception | None) -> None:
    """Write every font of the vendor's folder into the pages' folder, cut down to their characters."""
    if exception is not None or not app.config.course_fonts:
        return
    originals, cut = Path(app.config.course_fonts), Path(app.config.course_fonts).parent / "cut-fonts"
    used = "".join(sorted(set(ASCII).union(*(page.read_text("utf-8") for page in Path(app.outdir).rglob("*.html")))))
    stamp = cut / "characters.json"
    if not stamp.exists() or json.loads(stamp.read_text("utf-8")) != used:
        for font in sorted(originals.rglob("*.woff2")):
            _cut(font, cut / font.relative_to(originals), used)
        stamp.write_text(json.dumps(used), encoding="utf-8")
    shutil.copytree(cut, Path(app.outdir, "_static"), dirs_exist_ok=True, ignore=shutil.ignore_patterns(stamp.name))
    _inline(Path(app.outdir, "_static", "serif"))


def _inline(folder: Path) -> None:
    """Put the typeface of the text into its style sheet: it is there a moment after the first paint at the latest."""
    css = (folder / "serif.css").read_text("utf-8")
    for font in sorted(folder.glob("*.woff2")):
        data = base64.b64encode(font.read_bytes()).decode()
        css = css.replace(f"url({font.name})", f"url(data:font/woff2;base64,{data})")
        font.unlink()
    (folder / "serif.css").write_text(css, encoding="utf-8")


def _cut(font: Path, target: Path, characters: str) -> None:
    from fontTools import subset  # 0.2 s, and only needed when a character is new

    options = subset.Options(flavor="woff2", layout_features=["*"], notdef_outline=True)
    loaded = subset.load_font(font, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(loaded)
    target.parent.mkdir(parents=True, exist_ok=True)
    subset.save_font(loaded, target, options)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("course_fonts", "", "")
    app.connect("build-finished", slim)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
