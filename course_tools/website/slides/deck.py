"""One file that holds a chapter's slides with all that they need: figures, fonts, widgets and reveal.js."""

import html
from collections.abc import Iterable
from pathlib import Path

from bs4 import Tag

from course_tools.paths import SITE
from course_tools.website import articles
from course_tools.website.slides.deal import Slide, deal

HERE = Path(__file__).resolve().parent
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; frame-src 'self' file:; base-uri 'none'; form-action 'none'"
)
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: slides</title>
{styles}
</head>
<body>
<div class="reveal"><main class="slides">
{slides}
</main></div>
{scripts}
</body>
</html>
"""


def deck(pages: list[Path], vendor: Path) -> str:
    """The file made from the built pages of a chapter; `vendor` is the folder of vendor.py."""
    found = [(page, articles.article(page)) for page in pages]
    for page, article in found:
        _take_in(article, page.parent)
    heading = found[0][1].find("h1")
    assert isinstance(heading, Tag)
    return PAGE.format(
        policy=POLICY,
        title=html.escape(heading.get_text()),
        styles=_styles(pages[0].parents[1] / "_static", vendor / "slides"),
        slides="".join(_slide(slide) for _, article in found for slide in deal(article)),
        scripts="\n".join(articles.script(code) for code in _scripts(pages, vendor / "slides")),
    )


def _take_in(article: Tag, folder: Path) -> None:
    """Figures into the text, anchors away (reveal.js has its own), links to other places in a window of their own."""
    for image in article.find_all("img"):
        source, width = str(image["src"]), str(image.get("width", "320"))
        if not source.startswith("data:"):
            image["src"] = articles.data(folder / source.partition("?")[0])
        image["style"] = f"--width:{int(width) / 16:.2f}rem"
        del image["loading"]
    for part in article.find_all(id=True):
        del part["id"]
    for link in article.find_all("a", href=True):
        link.attrs |= {"target": "_blank", "rel": "noopener"}


def _slide(slide: Slide) -> str:
    kinds = " ".join(sorted({f"has-{kind}" for kind in slide.kinds}))
    head = f"<h2>{slide.title}</h2>" if slide.opens else f'<p class="running">{slide.title}</p>'
    notes = f'<aside class="notes">{_html(slide.notes)}</aside>' if slide.notes else ""
    opens = "opens " if slide.opens else ""
    body = _html(block for _, block in slide.blocks)
    return f'<section class="{opens}{kinds}">{head}<div class="body">{body}</div>{notes}</section>\n'


def _html(parts: Iterable[Tag]) -> str:
    return "".join(str(part) for part in parts)


def _styles(static: Path, reveal: Path) -> str:
    """Every style sheet inside; reveal.js has nothing to say on paper, where each slide is a page."""
    sheets = [static / name for name in ("theme.css", "serif/serif.css", "katex/katex.css", "pygments.css")]
    whole = "\n".join(articles.inlined(sheet) for sheet in [*sheets, HERE / "deck.css"])
    return f'<style media="screen">{(reveal / "reveal.css").read_text("utf-8")}</style>\n<style>{whole}</style>'


def _scripts(pages: list[Path], reveal: Path) -> list[str]:
    files = (reveal / "reveal.js", reveal / "notes.js", SITE / "static" / "widgets.js", HERE / "deck.js")
    return [articles.widgets(pages), *(file.read_text("utf-8") for file in files)]
