"""What comes from elsewhere: KaTeX, a typeface and reveal.js, from npm at the versions of site/package-lock.json."""

import json
import re
import shutil
import subprocess
from pathlib import Path

from course_utils import theme
from course_utils.errors import CourseError

FLAT = Path(__file__).parent / "extensions" / "formulas.css"  # of formulas as the extension sets them
SLIDES = ("reveal.js", "reveal.css", "plugin/notes.js")
SERIF = ("400-normal", "400-italic", "600-normal")
# Until the typeface is read, a moment after the first paint, a face of every computer stands in for it. Stretched to
# the same mean width (measured on a chapter's prose), it breaks nearly all lines at the same words: little moves.
STAND_IN = {"400-normal": ("", 117.5), "400-italic": (" Italic", 107.8), "600-normal": (" Bold", 110.8)}


def collect(site: Path, folder: Path) -> None:
    """Put KaTeX's script, style sheets and fonts into `folder`/build, `static` and `fonts`, reveal.js into `slides`.

    Raises CourseError without npm.
    """
    stamp = folder / "made-from"
    own = (site / "package-lock.json", Path(__file__), FLAT)
    made_from = theme.css() + "".join(path.read_text("utf-8") for path in own)
    if stamp.exists() and stamp.read_text("utf-8") == made_from:
        return
    _install(site)
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("build", "static/katex", "static/serif", "fonts/katex/fonts", "fonts/serif", "slides"):
        (folder / part).mkdir(parents=True)
    _katex(site / "node_modules" / "katex" / "dist", folder)
    _serif(site / "node_modules" / "@fontsource" / "source-serif-4" / "files", folder)
    for name in SLIDES:
        shutil.copy(site / "node_modules" / "reveal.js" / "dist" / name, folder / "slides")
    (folder / "static" / "theme.css").write_text(_colours(), encoding="utf-8")
    stamp.write_text(made_from, encoding="utf-8")


def _install(site: Path) -> None:
    """`npm ci`, unless what is installed is what the lock file asks for."""
    if _is_installed(site):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise CourseError(
            "Pages and slides need KaTeX from npm, and npm is not installed. Install Node.js and try again."
        )
    print("Fetching KaTeX and the typeface (once) ...", flush=True)
    ran = subprocess.run([npm, "ci", "--ignore-scripts"], cwd=site, capture_output=True, text=True)
    if ran.returncode:
        reason = (ran.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CourseError(f"npm could not install KaTeX: {reason} Check the network and try again.")


def _is_installed(site: Path) -> bool:
    """Whether every package of the lock file is there at its version: the files' times say nothing about that."""
    wanted = json.loads((site / "package-lock.json").read_text("utf-8"))["packages"]
    return all(_version(site / place) == package["version"] for place, package in wanted.items() if place)


def _version(package: Path) -> str:
    """The version of an installed package; "" where there is none that can be read."""
    try:
        return str(json.loads((package / "package.json").read_text("utf-8")).get("version"))
    except (OSError, ValueError, AttributeError):
        return ""


def _katex(dist: Path, folder: Path) -> None:
    """KaTeX's style sheet and ours, with the one font format that every browser of today reads."""
    css = re.sub(r',url\([^)]*\.(?:woff|ttf)\) format\("\w+"\)', "", (dist / "katex.min.css").read_text("utf-8"))
    (folder / "static" / "katex" / "katex.css").write_text(css + FLAT.read_text("utf-8"), encoding="utf-8")
    for font in dist.glob("fonts/*.woff2"):
        shutil.copy(font, folder / "fonts" / "katex" / "fonts")
    shutil.copy(dist / "katex.min.js", folder / "build")


def _serif(files: Path, folder: Path) -> None:
    faces = []
    for face in SERIF:
        weight, style = face.split("-")
        name = f"source-serif-4-latin-{face}.woff2"
        shutil.copy(files / name, folder / "fonts" / "serif")
        faces.append(
            f'@font-face{{font-family:"Source Serif 4";font-style:{style};font-weight:{weight};'
            f'font-display:block;src:url({name}) format("woff2")}}'
        )
        kind, stretch = STAND_IN[face]
        faces.append(
            f'@font-face{{font-family:"Serif Stand-in";font-style:{style};font-weight:{weight};'
            f'size-adjust:{stretch}%;src:local("Times New Roman{kind}"),local("Liberation Serif{kind}")}}'
        )
    (folder / "static" / "serif" / "serif.css").write_text("\n".join(faces), encoding="utf-8")


def _colours() -> str:
    """The course's colours: on paper the light ones, and dark ones also before a script has said so."""
    light, dark = theme.properties(theme.LIGHT), theme.properties(theme.DARK)
    unsaid = f"@media (prefers-color-scheme:dark){{body:not([data-theme]){{{dark}}}}}"
    return f"{theme.css()}\n{unsaid}\n@media print{{html body:is([data-theme],:not([data-theme])){{{light}}}}}\n"
