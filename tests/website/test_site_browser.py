"""The course's pages in a real Chromium: under a sub-path and from a folder, under their own security policy."""

import functools
import gzip
import itertools
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup, SoupStrainer
from playwright.sync_api import Browser, Page, Request, expect

from course_tools.authoring import parts
from course_tools.paths import ROOT, SITE
from course_tools.website import site
from course_tools.website.extensions.code import without_tools

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

KIB = 1024
PHONE = {"width": 390, "height": 844}
STARTED = 60_000  # ms until the widgets of a page have started, on a machine that has much else to do


def served(folder: Path, top: Path) -> Iterator[str]:
    """The address of `folder` under the sub-path /course/ of a server on this machine, whose own folder is `top`."""
    (top / "course").symlink_to(folder, target_is_directory=True)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(top))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/course/"
        server.shutdown()


@pytest.fixture(scope="session")
def address(html: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from served(html, tmp_path_factory.mktemp("host"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The small course with widgets that fail in every way."""
    folder = tmp_path_factory.mktemp("tiny")
    root = Path(shutil.copytree(ROOT / "tests" / "support" / "tiny_site", folder / "course"))
    yield from served(site.build(root, folder / "out", say=False), tmp_path_factory.mktemp("host"))


GLOSSARY = "chapters/glossary.html"


def pages(html: Path) -> list[str]:
    return sorted(p.relative_to(html).as_posix() for p in html.rglob("*.html"))


def chapters(html: Path) -> list[str]:
    return [page for page in pages(html) if page.startswith("chapters/") and page != GLOSSARY]


Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Opens an address in a fresh context; afterwards no page may have had an error or asked another host."""
    contexts, problems = [], []

    def open_page(address: str, weights: dict[str, int] | None = None, **settings: Any) -> Page:
        contexts.append(browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings}))
        page = contexts[-1].new_page()
        own = f"{urlsplit(address).scheme}://{urlsplit(address).netloc}/"
        page.on("console", lambda m: problems.append(f"{m.type}: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda e: problems.append(str(e)))
        page.on("requestfailed", lambda r: problems.append(f"failed: {r.url}"))
        page.on("request", lambda r: None if r.url.startswith((own, "data:", "blob:")) else problems.append(r.url))
        if weights is not None:
            page.on("requestfinished", lambda r: weigh(r, weights))
        page.goto(address)
        page.wait_for_load_state("networkidle")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def weigh(request: Request, weights: dict[str, int]) -> None:
    """Note the compressed bytes of what was asked for; fonts are compressed."""
    response = request.response()
    if response and request.url.startswith("http"):
        path, body = urlsplit(request.url).path, response.body()
        weights[path] = len(body) if path.endswith(".woff2") else compressed(body)


def show_all(page: Page) -> Page:
    """Fetch and start what waits for the reader to come near."""
    page.eval_on_selector_all("img", "images => images.forEach((i) => i.checkVisibility() && (i.loading = 'eager'))")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".course-widget:not([data-state])")).to_have_count(0, timeout=STARTED)
    page.wait_for_load_state("networkidle")
    return page


# -- every page ------------------------------------------------------------------------------------------------------

WRITTEN = [
    f"chapters/{page}.html"
    for p in sorted((ROOT / "chapters").glob("*.py"))
    for page in itertools.islice(parts.names(p.stem), p.read_text("utf-8").count("\n# # "))
]
GUIDES = [f"docs/{p.stem}.html" for p in sorted((ROOT / "docs").glob("*.md"))]
MADE = [GLOSSARY, "errata.html", "index.html", "results.html", "search.html"]
EXERCISES = [f"exercises/{p.name}.html" for p in sorted((ROOT / "assignments").iterdir())]
PAGES = sorted([*WRITTEN, *EXERCISES, *GUIDES, *MADE])
LOOKED_AT = sorted([*WRITTEN, EXERCISES[-1], *GUIDES, *MADE])  # of the exercises, all of one make, the longest

SETTLED = """async () => {
    await document.fonts.ready;
    await new Promise((done) => setTimeout(done, 300)); // colours change in steps
    await new Promise((done) => requestIdleCallback(done, { timeout: 5000 })); // a busy page is never idle
}"""
# Half of a chapter's elements are words of code, in a few colours. Of those that look alike one is left to axe, which
# judges no single character, and no word that its box cuts off.
ONE_OF_EACH = """() => {
    const look = ({ color, backgroundColor, fontSize, fontWeight, opacity }) =>
        [color, backgroundColor, fontSize, fontWeight, opacity].join();
    const words = document.querySelectorAll(".highlight span"), judged = new Set();
    for (const word of words) word.style.visibility = "";
    for (const word of [...words].filter((w) => w.checkVisibility())) {
        const box = word.closest("pre"), under = [word, word.parentElement, box, box.parentElement];
        const kind = under.map((e) => look(getComputedStyle(e))).join(";");
        if (word.textContent.trim().length < 2 || judged.has(kind)) word.style.visibility = "hidden";
        else if (word.getBoundingClientRect().right < box.getBoundingClientRect().right) judged.add(kind);
    }
}"""


def test_every_page_is_looked_at(html: Path) -> None:
    assert pages(html) == PAGES


@pytest.mark.slow
@pytest.mark.parametrize("name", LOOKED_AT)
def test_every_page_is_light_live_accessible_and_fits_a_phone(
    name: str, html: Path, address: str, opened: Opened
) -> None:
    """Opened once for all of this: a chapter has much to draw."""
    weights: dict[str, int] = {}
    page = show_all(opened(address + name, weights, reduced_motion="reduce"))
    found = not_live(page)
    if name in WRITTEN:
        assert figures(page)
        assert page.locator(".course-widget").count() > 0
        assert any(path.endswith("-light.svg") for path in weights)  # what was asked for has been weighed
        found += too_heavy(html / name, weights)
    for mode in ("light", "dark", "phone"):
        if mode == "phone":
            page.set_viewport_size(PHONE)
        theme = "dark" if mode == "dark" else "light"
        page.evaluate("theme => { document.body.dataset.theme = theme }", theme)
        page.evaluate(SETTLED)
        found += [f"{mode}: {v}" for v in violations(page)]
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{mode}: {wider} px too wide"] * (wider > 0)
        found += [f"{mode}: shows {figure}" for figure in figures(page) if f"-{theme}.svg" not in figure]
    assert found == []


def not_live(page: Page) -> list[str]:
    """What is wrong with the page's widgets, all of which were to start."""
    states = page.eval_on_selector_all(".course-widget", "places => places.map((p) => p.dataset.state)")
    errors = page.locator(".course-widget .dl-error:visible").all_inner_texts()
    return [f"a widget is {state}" for state in states if state != "live"] + errors


def figures(page: Page) -> list[str]:
    """The addresses of the figures that can be seen."""
    seen = "all => all.filter((i) => i.checkVisibility()).map((i) => i.src)"
    return list(page.eval_on_selector_all(".dl-figures img", seen))


def violations(page: Page) -> list[str]:
    """What axe-core finds, of every impact: the rule and the first place."""
    page.evaluate(ONE_OF_EACH)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{v['id']} ({v['impact']}) {len(v['nodes'])} x {v['nodes'][0]['html'][:150]}" for v in found]


def test_a_formula_and_a_check_wrap_on_a_phone(tiny: str, opened: Opened) -> None:
    page = opened(tiny + "chapters/01_neurons.html", viewport=PHONE)
    formula, output = page.locator("div.math").first, page.locator(".cell_output pre").first
    cut = "part => part.scrollWidth - part.clientWidth"
    assert formula.evaluate(cut) == 0
    assert output.evaluate(cut) > 0  # a wide line that no check printed scrolls
    assert page.locator(".said").first.evaluate("part => part.getBoundingClientRect().right") <= PHONE["width"]
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator(".toc-tree a").nth(1)).to_be_in_viewport()  # in the margin, without a button


def test_axe_is_not_blind(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(address)
    page.evaluate("document.querySelector('article').insertAdjacentHTML('beforeend', '<img src=\"x.png\">')")
    assert any(v.startswith("image-alt") for v in violations(page))
    page.close()


@pytest.mark.parametrize(("part", "which"), [("span.kn", "first"), ("span.kn", "last"), ("pre", "first")])
def test_axe_sees_a_pale_word_of_code(tiny: str, browser: Browser, part: str, which: str) -> None:
    """A word with a colour of its own, a keyword, and those that have the colour of the text."""
    page = browser.new_page(reduced_motion="reduce")
    page.goto(tiny + "chapters/01_neurons.html")
    page.locator("details.hide summary").first.click()
    page.evaluate(SETTLED)
    assert violations(page) == []
    word = getattr(page.locator(f".highlight {part}:visible"), which)
    word.evaluate("word => { word.style.color = '#ccc' }")
    assert [v.split()[0] for v in violations(page)] == ["color-contrast"]
    page.close()


def test_every_page_opens_from_a_folder_without_an_error(html: Path, opened: Opened) -> None:
    for name in LOOKED_AT:
        opened((html / name).as_uri()).close()


def test_every_link_leads_somewhere(html: Path) -> None:
    ids = {}
    targets = []
    for name in pages(html):
        soup = BeautifulSoup((html / name).read_text("utf-8"), "html.parser")
        ids[name] = {tag["id"] for tag in soup.find_all(id=True)}
        assert len(ids[name]) == len(soup.find_all(id=True)), f"{name} gives an id twice"
        targets += [(name, tag["href"]) for tag in soup.find_all(href=True)]
        targets += [(name, tag["src"]) for tag in soup.find_all(src=True)]
    assert [f"{name}: {target}" for name, target in targets if not leads(html, ids, name, target)] == []
    assert len(targets) > 100


def leads(html: Path, ids: dict[str, set[str]], name: str, target: str) -> bool:
    """Whether a link of page `name` has its file and its anchor; other hosts are not asked."""
    if urlsplit(target).scheme:
        return True
    url = urlsplit(urljoin(f"/{name}", target))
    path = unquote(url.path).lstrip("/") or "index.html"
    if not (html / path).is_file():
        return False
    return not url.fragment or path not in ids or unquote(url.fragment) in ids[path]


def test_exercises_show_the_code_that_students_get_and_nothing_of_a_solution(html: Path) -> None:
    for name in EXERCISES:
        released = nbformat.read(ROOT / "assignments" / Path(name).stem / f"{Path(name).stem}.ipynb", as_version=4)
        codes = [without_tools(cell.source).strip() for cell in released.cells if cell.cell_type == "code"]
        article = BeautifulSoup((html / name).read_text("utf-8"), "html.parser", parse_only=SoupStrainer("article"))
        assert [box.text.strip() for box in article.select(".cell_input pre")] == codes
        assert not article.select(".cell_output")
        assert not re.search("BEGIN (HIDDEN|SOLUTION)|END (HIDDEN|SOLUTION)", article.text)
        assert (html / name).with_suffix(".ipynb").exists()


def test_every_page_has_its_policy_and_no_handler(html: Path) -> None:
    for name in pages(html):
        text = (html / name).read_text("utf-8")
        assert text.count("Content-Security-Policy") == 1
        assert "COURSE-POLICY" not in text
        assert "unsafe-eval" not in text.split("</head>")[0]
        assert '<svg role="img"' not in text  # each figure is a file of its own


def test_the_policy_is_in_force(address: str, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(address)
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.intruder = true";
        document.body.append(script);
    }""")
    assert page.evaluate("window.intruder") is None
    page.close()


# -- formulas -------------------------------------------------------------------------------------------------------

KATEX = SITE / "node_modules" / "katex" / "dist"
BOTH = """
const katex = require(process.argv[1]), { flat } = require(process.argv[2]);
const both = ([inside, displayMode]) => {
    const html = katex.renderToString(inside, { displayMode, output: "html" });
    const [, before, plain, after] = html.match(displayMode
        ? /^(<span[^>]*><span[^>]*>)(.*)(<.span><.span>)$/s : /^(<span[^>]*>)(.*)(<.span>)$/s);
    return [html, before + flat(plain) + after];
};
console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0)).map(both)));
"""
# Each letter, line and root of a formula: what it is, where it stands from the formula's beginning, in which font.
PLACES = """async () => {
    await Promise.all([...document.fonts].map((font) => font.load()));
    const from = ({ left, top, width, height }, o) => [left - o.left, top - o.top, width, height];
    const letters = (text, o) => [...text.data].map((letter, i) => {
        const range = document.createRange(), look = getComputedStyle(text.parentElement);
        range.setStart(text, i);
        range.setEnd(text, i + 1);
        const font = [look.fontFamily, look.fontStyle, look.fontWeight, look.color].join();
        return [`${letter} ${font}`, ...from(range.getBoundingClientRect(), o)];
    }).filter(([letter]) => letter[0] !== "\\u200b");
    return [...document.querySelectorAll("p")].map((p) => {
        const o = p.firstChild.getBoundingClientRect(), found = [];
        const texts = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) found.push(...letters(texts.currentNode, o));
        for (const part of p.querySelectorAll(".frac-line, .overline-line, svg"))
            found.push([part.tagName, ...from(part.getBoundingClientRect(), o)]);
        return found;
    });
}"""
SHEET = """.katex { font-size: 16px } p { white-space: nowrap } .katex-display { display: inline-block }
i { display: inline-block }"""


def formulas(name: str) -> set[tuple[str, bool]]:
    """The formulas in the text of a chapter; whether each is displayed."""
    lines = (ROOT / "chapters" / f"{name}.py").read_text("utf-8").splitlines()
    text = "\n".join(line[2:] for line in lines if line.startswith("# "))
    found = re.findall(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", text, re.DOTALL)
    return {(displayed or inline, bool(displayed)) for displayed, inline in found}


def test_a_flat_formula_has_every_letter_where_katex_puts_it(browser: Browser, tiny: str) -> None:
    asked = sorted(formulas("03_backpropagation") | formulas("06_convolution") | formulas("14_flows_diffusion"))
    flat = ROOT / "course_tools" / "website" / "extensions" / "flat.js"
    command = ["node", "-e", BOTH, str(KATEX / "katex.min.js"), str(flat)]
    ran = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    both = json.loads(ran.stdout)
    rules = (flat.parent / "formulas.css").read_text("utf-8") + SHEET
    body = "".join(f"<p><i></i>{html}</p>" for pair in both for html in pair)
    html = f'<!doctype html><link rel="stylesheet" href="katex.min.css"><style>{rules}</style>{body}'
    page = browser.new_page()
    page.route("**", lambda route: route.fulfill(path=KATEX / urlsplit(route.request.url).path[1:]))
    page.route("**/page", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto("http://formulas.test/page")
    places = page.evaluate(PLACES)
    page.close()
    plain, ours = places[::2], places[1::2]
    assert len(plain) == len(ours) == len(asked) > 200
    assert all(plain)
    assert [tex for (tex, _), a, b in zip(asked, plain, ours, strict=True) if not same(a, b)] == []
    assert sum(html.count("<") for _, html in both) < 0.32 * sum(html.count("<") for html, _ in both)


def same(one: list[list[Any]], other: list[list[Any]]) -> bool:
    """Whether both formulas show the same, no part of one more than half a pixel from that of the other."""
    if [what for what, *_ in one] != [what for what, *_ in other]:
        return False
    return all(abs(x - y) < 0.5 for a, b in zip(one, other, strict=True) for x, y in zip(a[1:], b[1:], strict=True))


# -- weight ---------------------------------------------------------------------------------------------------------


FRAMES = re.compile(
    r'"data": "[\w+/=]*", "encoding": "base64", "path": \["frames"\]'
)  # that `explore` drew beforehand


ELEMENTS = 7435  # of a page: half of what the heaviest had, 14,870


def too_heavy(chapter: Path, weights: dict[str, int]) -> list[str]:
    """What of a chapter's page is above its bound, beside the compressed bytes of all that it asked for, by file."""
    state = chapter.with_suffix("") / "widgets.js"
    text = state.read_text("utf-8") if state.exists() else ""
    drawn = sum(size for path, size in weights.items() if path.endswith("-light.svg"))
    drawn += compressed(text) - compressed(FRAMES.sub("", text))
    whole = sum(weights.values())
    page = chapter.read_text("utf-8")
    elements = len(re.findall(r"<[a-z]", page))
    parts = {  # KiB: measured, at most
        "text": (compressed(page), 80),  # what the first words wait for
        "whole": (whole, 1024),
        "beside drawn frames": (whole - drawn, 300),
    }
    heavy = [f"{name}: {size / KIB:.0f} KiB, {weights}" for name, (size, most) in parts.items() if size > most * KIB]
    return heavy + [f"{elements} elements"] * (elements > ELEMENTS)


def compressed(content: str | bytes) -> int:
    return len(gzip.compress(content.encode() if isinstance(content, str) else content, 6))


# -- what a reader does ---------------------------------------------------------------------------------------------


@pytest.fixture
def chapter(html: Path, address: str, opened: Opened) -> Page:
    """The first chapter that is written, in a window wide enough for the contents on the right."""
    return opened(address + chapters(html)[0], viewport={"width": 1500, "height": 900})


def test_the_theme_button_goes_through_light_and_dark(chapter: Page) -> None:
    seen = set()
    for _ in range(3):
        chapter.locator(".theme-toggle-content .theme-toggle").click()
        seen.add((chapter.evaluate("document.body.dataset.theme"), background(chapter)))
    assert seen == {("auto", WHITE), ("light", WHITE), ("dark", "rgb(19, 20, 22)")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_figure_is_seen_in_the_colours_that_the_reader_prefers(
    html: Path, address: str, opened: Opened, scheme: str
) -> None:
    seen = figures(opened(address + chapters(html)[0], color_scheme=scheme))
    assert seen
    assert all(f"-{scheme}.svg" in figure for figure in seen)


WHITE = "rgb(255, 255, 255)"


def test_a_figure_that_a_phone_shrinks_opens_in_full(html: Path, address: str, opened: Opened) -> None:
    """There its words are 5 pixels high. On a wide page it is no button."""
    name = "chapters/11_detection.html"
    page = opened(address + name, viewport=PHONE)
    small = page.locator(".dl-figures > img.only-light").first
    small.scroll_into_view_if_needed()
    shown = page.locator("dialog.dl-full img")
    for open_it in (small.click, lambda: small.press("Enter")):
        expect(small).to_have_role("button")
        open_it()
        assert shown.bounding_box()["width"] > 1.5 * small.bounding_box()["width"]
        assert shown.get_attribute("alt") == small.get_attribute("alt")
        assert page.locator("dialog").bounding_box()["width"] <= PHONE["width"]
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
        expect(small).to_be_focused()
    small.click()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("dialog")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(small).not_to_have_role("button")


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_copy_button_copies_the_code(chapter: Page) -> None:
    chapter.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell = chapter.locator("div.cell_input .highlight").first
    cell.hover()
    cell.locator("button.copybtn").click()
    copied = chapter.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == cell.locator("pre").inner_text().strip()


def test_download_gives_the_notebook(html: Path, chapter: Page) -> None:
    with chapter.expect_download() as download:
        chapter.get_by_text("Download notebook").click()
    notebook = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert notebook["nbformat"] == 4
    assert any("import torch" in "".join(cell["source"]) for cell in notebook["cells"])


def test_contents_and_folded_code_and_answers_open(chapter: Page) -> None:
    chapter.locator(".toc-tree a").nth(2).click()
    assert "#" in chapter.url
    folded = chapter.locator("details.hide").first
    folded.locator("summary").click()
    expect(folded.locator("pre").first).to_be_visible()


def test_a_link_to_a_section_ends_there(html: Path, address: str, opened: Opened) -> None:
    soup = BeautifulSoup((html / "errata.html").read_text("utf-8"), "html.parser")
    target = next(a["href"] for a in soup.select("article a") if a["href"].startswith("chapters/"))
    page = opened(address + target, reduced_motion="reduce")
    page.wait_for_timeout(500)  # widgets above it have taken their room
    top = page.evaluate(
        "document.getElementById(decodeURIComponent(location.hash.slice(1))).getBoundingClientRect().top"
    )
    assert -5 <= top <= 200


def test_a_link_of_the_contents_ends_at_its_section(html: Path, address: str, opened: Opened) -> None:
    """The first click on the page: no widget above has started, hardly a cell is laid out."""
    page = opened(address + "chapters/03_backpropagation.html")
    link = page.locator(".toc-tree a").nth(6)
    link.click()
    show_all(page)
    page.evaluate(SETTLED)
    top = page.locator(f"section{link.get_attribute('href')}").evaluate("part => part.getBoundingClientRect().top")
    assert -5 <= top <= 200


def test_side_bars_open_with_the_keyboard(address: str, opened: Opened) -> None:
    page = opened(address, viewport=PHONE)
    button = page.get_by_role("button", name="Chapters")
    button.focus()
    button.press("Enter")
    expect(page.locator(".sidebar-tree a").first).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator(".sidebar-tree a").first).not_to_be_in_viewport()


def test_previous_and_next_go_through_the_pages(html: Path, address: str, opened: Opened) -> None:
    row = ["index.html", *chapters(html)]
    for name, following in itertools.pairwise(row):
        assert leaf(html, name, "next") == following
        assert leaf(html, following, "prev") == name
    page = opened(address)
    page.locator("a.next-page").click()
    page.wait_for_url(f"**/{row[1]}")
    show_all(page).locator("a.prev-page").click()  # leaving while a widget starts would break its request off
    page.wait_for_url(f"**/{row[0]}")


def leaf(html: Path, name: str, way: str) -> str:
    """The page to which the link `next` or `prev` of a page leads."""
    soup = BeautifulSoup((html / name).read_text("utf-8"), "html.parser", parse_only=SoupStrainer("a"))
    return urljoin(f"/{name}", soup.select_one(f"a.{way}-page")["href"]).lstrip("/")


@pytest.mark.parametrize("how", ["http", "file"])
def test_search_finds_a_chapter(html: Path, address: str, opened: Opened, how: str) -> None:
    page = opened(address if how == "http" else (html / "index.html").as_uri())
    page.locator("input[name=q]").first.fill("softmax")
    page.keyboard.press("Enter")
    result = page.locator("#search-results a", has_text="Backpropagation").first
    expect(result).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert (page.locator("#search-results p.context").count() > 0) == (how == "http")  # a folder shows titles only
    result.click()
    page.wait_for_url("**/03_backpropagation.html*")


def test_a_search_leads_to_the_sections_with_clean_text(address: str, opened: Opened) -> None:
    page = opened(address + "search.html?q=reparameterisation")
    link = page.get_by_role("link", name="13.4 How does a gradient pass through a sample?", exact=True)
    piece = page.locator("#search-results p.context", has=link).first
    expect(piece).to_contain_text("reparameterisation of a Gaussian sample writes it as")
    piece.locator("a").click()
    page.wait_for_url("**/13_vae_gan.html#how-does-a-gradient-pass-through-a-sample")


def test_paper_is_light_and_has_no_menus(html: Path, address: str, opened: Opened) -> None:
    page = opened(address + chapters(html)[0], color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".sidebar-drawer")).to_be_hidden()
    expect(page.locator(".course-actions")).to_be_hidden()
    ink = page.evaluate("getComputedStyle(document.querySelector('article p')).color")
    assert ink == "rgb(31, 35, 40)"
    assert page.pdf(format="A4").startswith(b"%PDF")


# -- widgets without a kernel ---------------------------------------------------------------------------------------


def test_a_widget_reacts_and_its_views_share_one_model(tiny: str, opened: Opened) -> None:
    page = show_all(opened(tiny + "chapters/01_neurons.html"))
    first, second = (page.locator(".course-widget button").nth(i) for i in (0, 1))
    expect(first).to_have_text("3 of 7, 1")  # the binary trait was read, the model initialised once
    first.click()
    expect(first).to_have_text("4 of 7, 1")
    expect(second).to_have_text("4 of 7, 1")


def test_a_widget_cleans_up_when_the_page_goes_for_good(tiny: str, opened: Opened) -> None:
    page = show_all(opened(tiny + "chapters/01_neurons.html"))
    leave = "kept => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: kept }))"
    page.evaluate(leave, True)
    assert page.evaluate("window.left") is None
    page.evaluate(leave, False)
    assert page.evaluate("window.left") == 3  # one model, two views


def test_a_widget_that_cannot_run_says_why(tiny: str, opened: Opened) -> None:
    page = show_all(opened(tiny + "chapters/01_neurons.html"))
    notes = page.locator('.course-widget [role="note"]').all_inner_texts()
    assert len(notes) == 4
    broken, throws, sends, kernel = notes
    assert broken.startswith("This widget could not start: ")
    assert throws == "This widget could not start: the data are empty"
    assert sends == kernel == "This widget needs a running Python kernel. Download the notebook to use it."


def test_a_widget_starts_when_the_reader_comes_near(html: Path, address: str, opened: Opened) -> None:
    page = opened(address + "chapters/03_backpropagation.html", viewport=PHONE)
    last = page.locator(".course-widget").last
    assert last.get_attribute("data-state") is None
    page.set_viewport_size({"width": 390, "height": 40_000})  # near, and no sign of a reader yet
    expect(last).to_have_attribute("data-state", "live", timeout=STARTED)


def test_the_other_widgets_start_once_there_is_a_reader(html: Path, address: str, opened: Opened) -> None:
    page = opened(address + "chapters/03_backpropagation.html", viewport=PHONE)
    waiting = page.locator(".course-widget:not([data-state=live])")
    assert waiting.count() > 0
    page.mouse.move(9, 9)
    page.wait_for_timeout(500)
    page.mouse.move(300, 400, steps=20)  # one event may be lost before the first frame; a reader's hand makes many
    expect(waiting).to_have_count(0, timeout=STARTED)


def test_a_reader_who_moves_on_by_the_scroll_bar_is_left_there(html: Path, address: str, opened: Opened) -> None:
    page = opened(address + "chapters/03_backpropagation.html#further-reading", viewport=PHONE)
    page.wait_for_timeout(4000)  # no event says that a scroll bar is dragged; after this time nothing is put right
    page.evaluate("scrollTo(0, 0)")
    for _ in range(12):  # past every widget
        page.evaluate("scrollBy({ top: 2000, behavior: 'instant' })")
        page.wait_for_timeout(150)
    top = page.evaluate("document.getElementById('further-reading').getBoundingClientRect().top")
    assert top > 844


def test_without_javascript_a_sentence_stands_in_each_widget_s_place(tiny: str, opened: Opened) -> None:
    page = opened(tiny + "chapters/01_neurons.html", java_script_enabled=False)
    notes = page.locator('.course-widget [role="note"]')
    assert notes.count() == page.locator(".course-widget").count() == 6
    expect(notes.first).to_contain_text("a browser with JavaScript")


def test_a_browser_without_modules_shows_a_sentence(tiny: str, browser: Browser) -> None:
    page = browser.new_page()
    page.route("**/widgets.js*", lambda route: route.fulfill(body="import(", content_type="text/javascript"))
    page.goto(tiny + "chapters/01_neurons.html")  # such a browser stops at the script's first new word
    expect(page.locator('.course-widget [role="note"]').first).to_contain_text("of the year 2021 or later")
    page.close()
