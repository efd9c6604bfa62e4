"""The site without a browser: one run of each chapter, the pages made from it, and what must stop the build."""

import gc
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pygments import highlight
from pygments.lexers import PythonLexer, TextLexer

from course_tools.authoring import elsewhere, execution, rules, sections
from course_tools.authoring.chapters import CHAPTERS
from course_tools.paths import ROOT, UTILS
from course_tools.website import book, deliver, epub, links, pages, site, vendor
from course_tools.website.extensions import code, files, formulas
from course_tools.website.extensions import pages as page_extension
from course_utils import plots, theme
from course_utils.errors import CourseError
from tests.support import patience

TINY = ROOT / "tests" / "support" / "tiny_site"


# -- one run ---------------------------------------------------------------------------------------------------------


def test_two_processes_that_ask_at_once_share_one_run(tmp_path: Path) -> None:
    source = tmp_path / "01_counts.py"
    source.write_text(f"# %%\nwith open({str(tmp_path / 'runs')!r}, 'a') as f:\n    f.write('ran ')\n")
    ask = f"""
from pathlib import Path
from course_tools.paths import ROOT
from course_tools.authoring.execution import executed
print(executed(Path({str(source)!r}), Path({str(tmp_path / "cache")!r})).metadata.course.seconds)
"""
    both = [subprocess.Popen([sys.executable, "-c", ask], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=patience.SECONDS)[0] for process in both]
    assert answers[0] == answers[1] != ""
    assert (tmp_path / "runs").read_text() == "ran "


def test_a_failing_cell_is_named_with_its_section_and_error(tmp_path: Path) -> None:
    source = tmp_path / "01_fails.py"
    source.write_text("# %% [markdown]\n# ## 1.4 A section\n\n# %%\nx = 1\n\n# %%\nx / 0\n")
    with pytest.raises(CourseError) as failure:
        execution.executed(source, tmp_path / "cache")
    for part in ("01_fails.py", "cell 3", "1.4 A section", "x / 0", "ZeroDivisionError"):
        assert part in str(failure.value)


def test_a_run_is_quiet_seedable_and_measured(tmp_path: Path) -> None:
    source = tmp_path / "01_quiet.py"
    source.write_text(
        "# %%\nimport os\nfrom course_utils import check\n"
        "print(os.environ['COURSE_QUIET'], check.seed(3))\ncheck.reaches('share', 0.5, at_most=1)\n"
    )
    assert execution.run(source).cells[0].outputs[0].text.startswith("1 3\n")
    notebook = execution.run(source, seed=7)
    assert notebook.cells[0].outputs[0].text.startswith("1 7\n")
    assert notebook.metadata["course"]["results"] == [
        {"name": "share", "value": 0.5, "at_least": None, "at_most": 1, "cell": notebook.cells[0].id}
    ]
    assert notebook.metadata["course"]["seconds"] > 0


# -- all chapters ----------------------------------------------------------------------------------------------------


def chapter(folder: Path, name: str, code: str) -> Path:
    """A chapter of one cell."""
    source = folder / f"{name}.py"
    source.write_text(f"# %%\n{code}\n")
    return source


def test_two_chapters_run_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the other, which one at a time would do for ever; the answers keep the order asked for."""
    meet = f"""
import time
from pathlib import Path
Path({str(tmp_path)!r}, "MINE").touch()
end = time.monotonic() + 120
while not Path({str(tmp_path)!r}, "OTHER").exists():
    assert time.monotonic() < end, "alone"
    time.sleep(0.05)
print("MINE")
"""
    sources = [
        chapter(tmp_path, name, meet.replace("MINE", name).replace("OTHER", other))
        for name, other in (("01_first", "02_second"), ("02_second", "01_first"))
    ]
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    said: list[str] = []
    notebooks = execution.executed_all(sources, tmp_path / "cache", said.append)
    assert [notebook.cells[0].outputs[0].text.strip() for notebook in notebooks] == ["01_first", "02_second"]
    assert sorted(line.split(" in ")[0] for line in said) == [
        "01_first ran", "01_first runs ...", "02_second ran", "02_second runs ..."
    ]  # fmt: skip
    said.clear()
    execution.executed_all(sources, tmp_path / "cache", said.append)
    assert said == []


def test_chapters_are_read_by_several_threads() -> None:
    """Python 3.11 fails when another thread makes a syntax tree while a collection of garbage interrupts one."""
    give_way = lambda *_: time.sleep(1e-6)  # noqa: E731
    usual = gc.get_threshold()
    gc.callbacks.append(give_way)
    gc.set_threshold(100)
    try:
        with ThreadPoolExecutor(4) as pool:
            keys = set(
                pool.map(lambda _: execution.key(execution.read(TINY / "chapters" / "01_neurons.py")), range(8))
            )
    finally:
        gc.callbacks.remove(give_way)
        gc.set_threshold(*usual)
    assert len(keys) == 1


def test_a_chapter_that_fails_is_told_after_the_others_have_finished(tmp_path: Path) -> None:
    sources = [chapter(tmp_path, f"0{n}_x", code) for n, code in ((1, "1 / 0"), (2, "print(2)"), (3, "[][0]"))]
    with pytest.raises(CourseError) as failure:
        execution.executed_all(sources, tmp_path / "cache")
    first, second = str(failure.value).splitlines()
    assert first.startswith("01_x.py, ")
    assert "ZeroDivisionError" in first
    assert second.startswith("03_x.py, ")
    assert "IndexError" in second
    assert [p.name[:4] for p in (tmp_path / "cache").glob("*.ipynb")] == ["02_x"]


def test_what_a_cell_prints_in_pieces_is_one_output(tmp_path: Path) -> None:
    """Under load each piece came alone, and the page broke the line there."""
    source = chapter(tmp_path, "01_x", "print('a', end='', flush=True)\nprint(' b')\nprint()\nprint('c')")
    assert [output.text for output in execution.run(source).cells[0].outputs] == ["a b\n\nc\n"]


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until the condition holds; fail after two minutes."""
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that ended and was not asked for its exit status does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# A shell starts what runs in its background deaf to Ctrl-C, and the tests may be such a thing.
HEED_INTERRUPTS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_an_interrupt_ends_the_chapters_that_run(tmp_path: Path) -> None:
    pids = [tmp_path / "01_pid", tmp_path / "02_pid"]
    for path in pids:
        code = "import os, time\nfrom pathlib import Path\n"
        code += f"Path({str(path)!r}).write_text(f'{{os.getpid()}} ')\ntime.sleep(600)"
        chapter(tmp_path, path.name, code)
    program = (
        f"{HEED_INTERRUPTS}import os; os.cpu_count = lambda: 2\nfrom pathlib import Path\n"
        f"from course_tools.authoring.execution import executed_all\n"
        f"executed_all(sorted(Path({str(tmp_path)!r}).glob('*.py')), Path({str(tmp_path / 'cache')!r}))"
    )
    asked = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    until(lambda: all(path.exists() and path.read_text().endswith(" ") for path in pids), "no kernel started")
    asked.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in asked.communicate(timeout=120)[1]
    assert not [path.name for path in pids if is_alive(int(path.read_text()))]


USES_A_WIDGET = "from course_utils import check, widgets\ncheck.close(1, 1)\nwidgets.Line()"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small stand-in for course_utils, beside a constraints.txt."""
    files = {
        "__init__.py": "",
        "check.py": "def close(a, b): pass\n",
        "data.py": "",
        "widgets/__init__.py": "",
        "widgets/line/__init__.py": "from course_utils.widgets.kit.base import Base\nclass Line(Base): pass\n",
        "widgets/line/widget.js": "",
        "widgets/kit/__init__.py": "",
        "widgets/kit/base.py": "class Base: pass\n",
        "widgets/kit/kit.css": "",
        "widgets/other/__init__.py": "class Other: pass\n",
        "widgets/other/widget.js": "",
    }
    for name, text in files.items():
        path = tmp_path / "course_utils" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "constraints.txt").write_text("torch==1")
    return tmp_path / "course_utils"


@pytest.mark.parametrize(
    ("changed", "runs_again"),
    [
        ("widgets/line/widget.js", True),
        ("widgets/line/style.css", True),
        ("widgets/kit/kit.css", True),
        ("check.py", True),
        ("../constraints.txt", True),
        ("data.py", False),
        ("new.py", False),
        ("widgets/other/__init__.py", False),
        ("widgets/other/widget.js", False),
        ("widgets/tape/__init__.py", False),
        ("widgets/line/__pycache__/line.pyc", False),
    ],
)
def test_what_a_run_depends_on(package: Path, changed: str, runs_again: bool) -> None:
    notebook = new_notebook(cells=[new_code_cell(USES_A_WIDGET)])
    before = execution.key(notebook, package, package.parent / "constraints.txt")
    (package / changed).parent.mkdir(exist_ok=True)
    (package / changed).write_text("def close(a, b): return 2\n")
    assert (execution.key(notebook, package, package.parent / "constraints.txt") != before) == runs_again


def test_a_run_depends_on_code_and_not_on_prose() -> None:
    def key(**cells: str) -> str:
        notebook = execution.read(TINY / "chapters" / "02_optimization.py")
        for cell in notebook.cells:
            cell.source = cells.get(cell.cell_type, cell.source)
        return execution.key(notebook)

    assert key() == key(markdown="# other words")
    assert key() != key(code="print(3)")


# -- formulas --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def script(built: tuple[Path, Path]) -> Path:
    """KaTeX."""
    return built[1] / "vendor" / "build" / "katex.min.js"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[str]]:
    """The Node processes that the test starts."""
    processes, start = [], formulas._start

    def note(script: Path) -> subprocess.Popen[str]:
        processes.append(start(script))
        return processes[-1]

    monkeypatch.setattr(formulas, "_start", note)
    return processes


def test_each_formula_gets_its_own_answer(script: Path, started: list[subprocess.Popen[str]]) -> None:
    katex = formulas.Katex()
    own = {"a": "<mi>a</mi>", "\\frac{1}{2}": "<mfrac>", r"\text{é}" "\n+ b": "<mo>+</mo>"}
    for tex in (*own, "a"):
        answer = katex.render(script, tex, display=False)
        assert own[tex] in answer
        assert "<annotation" not in answer  # the TeX again: weight that no reader needs
        assert "<math><mrow>" not in answer
    assert "katex-display" in katex.render(script, "a", display=True)
    with pytest.raises(formulas.FormulaError, match="expected '}'"):
        katex.render(script, r"\frac{1}{x", display=False)
    assert "katex-error" not in katex.render(script, "c", display=False)
    katex.close()
    assert [process.poll() for process in started] == [0]


def test_a_displayed_formula_is_in_clauses_that_a_phone_puts_on_lines(script: Path) -> None:
    katex = formulas.Katex()
    page = katex.render(script, r"a = b, \qquad c \le d \quad e \tag{7}", display=True)
    katex.close()
    line = BeautifulSoup(page, "html.parser").select_one(".katex-html")
    assert [part["class"] for part in line.find_all(recursive=False)] == [
        ["clause"], ["clause"], ["clause", "near"], ["tag"]
    ]  # fmt: skip
    assert [clause.text for clause in line.select(".clause")] == ["a=b,", "c≤d", "e"]
    assert "2em" not in str(line.select_one(".clause"))  # the style sheet has the space between clauses


@pytest.mark.parametrize(
    ("formula", "outcome"),
    [("$c$", nullcontext()), (r"$\frac{1}{x$", pytest.raises(CourseError, match="KaTeX"))],
)
def test_a_build_starts_node_once_and_leaves_none(
    copied: tuple[Path, Path],
    started: list[subprocess.Popen[str]],
    formula: str,
    outcome: AbstractContextManager[object],
) -> None:
    change(copied[0], "02_optimization.py", "The sentence that a test changes", f"A formula {formula} and $b$")
    with outcome:
        site.build(*copied, say=False)
    assert len(started) == 1
    assert started[0].poll() is not None


def test_a_build_without_a_new_formula_starts_no_node(
    copied: tuple[Path, Path], started: list[subprocess.Popen[str]]
) -> None:
    for _ in range(2):  # the first makes every page, since the copy lies in another folder
        started.clear()
        site.build(*copied, say=False)
    assert started == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_node_does_not_outlive_the_build(script: Path, end: signal.Signals) -> None:
    program = (
        f"{HEED_INTERRUPTS}import time\nfrom pathlib import Path\n"
        "from course_tools.website.extensions.formulas import Katex\n"
        f"katex = Katex()\nkatex.render(Path({str(script)!r}), 'a', False)\n"
        "print(katex._node.pid, flush=True)\ntime.sleep(600)"
    )
    build = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert build.stdout is not None
    node = int(build.stdout.readline())
    assert is_alive(node)
    build.send_signal(end)
    build.communicate(timeout=120)
    until(lambda: not is_alive(node), "Node still runs")


def test_a_missing_node_is_one_sentence(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(CourseError, match=r"^The site's formulas need Node\.js, and node is not installed\."):
        formulas.Katex().render(script, "a", display=False)


def test_a_node_that_stops_is_one_sentence(script: Path, tmp_path: Path) -> None:
    (tmp_path / "katex.js").write_text("process.exit(3)")
    with pytest.raises(CourseError, match="Node stopped"):
        formulas.Katex().render(tmp_path / "katex.js", "a", display=False)


# -- figures ---------------------------------------------------------------------------------------------------------


def test_a_picture_that_is_drawn_twice_has_no_id(tmp_path: Path) -> None:
    twice = 2 * '<image id="i"/>'
    drawing = f'<svg xmlns="{files.SVG}" aria-label="a" style="" viewBox="0 0 1 1">{twice}</svg>'
    list(files._images(ET.fromstring(drawing), tmp_path / "x", 1))
    assert 'id="' not in (tmp_path / "x" / "figure1-light.svg").read_text()


def test_what_several_widgets_share_stands_in_the_script_once() -> None:
    """A widget's module is longer than the stretch in which gzip finds a repetition."""
    kinds = {"a": ("module one %s", "style"), "b": ("module one %s", "style"), "c": ("module two", "style")}
    state = {
        key: {"model_name": "AnyModel", "state": {"_esm": module, "_css": style, "title": f"widget {key}"}}
        for key, (module, style) in kinds.items()
    }
    state["layout"] = {"model_name": "LayoutModel", "state": {"width": None}}
    held = {"a": ["weights", "own"], "b": ["frames", "weights"], "c": [], "layout": []}
    for key, parts in held.items():
        state[key]["buffers"] = [{"data": data, "encoding": "base64", "path": [data]} for data in parts]
    whole = {"version_major": 2, "state": state}
    script = files.script(whole)
    assert [script.count(text) for text in ("module one", "module two", 'style"')] == [1, 1, 1]
    assert [script.count(f'"{data}", "encoding"') for data in ("own", "frames", "weights")] == [1, 1, 0]
    assert script.count('[["weights", [["a", 0], ["b", 1]]]]') == 1
    program = f"globalThis.courseWidgets = null; {script} console.log(JSON.stringify(courseWidgets))"
    ran = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == whole


def test_a_page_carries_modules_and_styles_without_their_comments() -> None:
    module = '// one\nconst a = "// b"; // c\n  /** two\n   * three\n   */\n  f(a / 2);\n'
    script = files.script({"state": {"1": {"state": {"_esm": module, "_css": "/* four */\np {}\n"}}}})
    program = f"globalThis.courseWidgets = null; {script} console.log(JSON.stringify(courseWidgets))"
    ran = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    expected = {"_esm": 'const a = "// b"; // c\n  f(a / 2);\n', "_css": "p {}\n"}
    assert json.loads(ran.stdout)["state"]["1"]["state"] == expected


def test_no_text_of_a_widget_has_a_line_that_looks_like_a_comment() -> None:
    for module in UTILS.glob("widgets/*/*.js"):
        inside = False  # a text between backticks that goes over several lines
        for line in module.read_text("utf-8").splitlines():
            comment = line.lstrip().startswith(("//", "/*", "*"))
            assert not (inside and comment), f"{module.parent.name}: {line}"
            if not comment:
                inside ^= (line.count("`") - line.count('"`"')) % 2 == 1
        assert not inside, module


def test_the_kit_with_which_all_modules_begin_stands_in_the_script_once() -> None:
    modules = [f"the kit,\nof two lines\n{own}" for own in ("first", "second", "first\nand more")]
    state = {str(i): {"state": {"_esm": module, "_css": "one"}} for i, module in enumerate(modules)}
    script = files.script({"state": state})
    assert [script.count(text) for text in ("the kit,", "of two lines", "second", "and more")] == [1, 1, 1, 1]
    program = f"globalThis.courseWidgets = null; {script} console.log(JSON.stringify(courseWidgets))"
    ran = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == {"state": state}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("y = f(x)  # fmt: skip\nz = 1  # eq. 3.4", "y = f(x)\nz = 1  # eq. 3.4"),
        ("import x  # noqa: F401, E402", "import x"),
        ('a = b["#"]  # type: ignore[no-any-return]\nb', 'a = b["#"]\nb'),
        ("x = 1  # format: a number", "x = 1  # format: a number"),
        ('s = "  # fmt: skip"', 's = "  # fmt: skip"'),
    ],
)
def test_comments_for_tools_are_not_on_the_page(written: str, read: str) -> None:
    assert code.without_tools(written) == read


def test_only_what_has_a_colour_of_its_own_is_an_element() -> None:
    page = highlight("def f(x):\n    return x.y + 2  # why\n", PythonLexer(), code.PlainNames())
    found = [(span["class"][0], span.text) for span in BeautifulSoup(page, "html.parser").pre.select("span[class]")]
    assert found == [("k", "def"), ("nf", "f"), ("k", "return"), ("mi", "2"), ("c1", "# why")]


def test_a_text_with_names_in_it_is_one_element_up_to_each() -> None:
    page = highlight('self.x = f"a {b!r:>3} {c}"\n', PythonLexer(), code.PlainNames())
    assert [span.text for span in BeautifulSoup(page, "html.parser").find_all("span")] == ['f"a {', "!r:>3} {", '}"']
    assert BeautifulSoup(page, "html.parser").pre.text == 'self.x = f"a {b!r:>3} {c}"\n'
    assert "<pre><span></span>\n" in highlight("\nx", PythonLexer(stripnl=False), code.PlainNames())


def test_a_check_s_sentence_is_an_element_that_can_wrap() -> None:
    long = "agrees, largest difference 3.6e-07 of <b>"
    text = f"✓ torch's own: {long}\n  → {long}\n✓ short\n{'a column   ' * 9}\n"
    page = highlight(text, TextLexer(), code.PlainNames())
    said = BeautifulSoup(page, "html.parser").select("pre .said")
    assert [line.text for line in said] == [f"✓ torch's own: {long}", f"  → {long}"]
    assert BeautifulSoup(page, "html.parser").text.strip() == text.strip()


def test_a_figure_becomes_a_light_and_a_dark_file(tmp_path: Path) -> None:
    alts = ['a "quoted" <curve> & more', "another"]
    drawings = []
    for alt in alts:
        figure, axes = plots.panel("loss")
        axes.plot([1, 3, 2], color=plots.BLUE)
        drawings.append(plots.svg(figure, alt))
    output = f'<style>{theme.css()}</style><div class="dl-figures" style="gap:1rem">{"".join(drawings)}</div>'
    html = files._without_drawings(output, tmp_path / "01_x", count(5))
    assert html.startswith('<div class="dl-figures" style="gap:1rem"><img ')
    images = BeautifulSoup(html, "html.parser").find_all("img")
    assert [image["alt"] for image in images] == [alts[0], alts[0], alts[1], alts[1]]
    assert [image["class"] for image in images] == [["only-light"], ["only-dark"]] * 2
    for image, (mode, colours) in zip(images, 2 * [("light", theme.LIGHT), ("dark", theme.DARK)], strict=True):
        assert "max-width" in image["style"]
        assert image["src"].startswith(f"01_x/figure{5 + images.index(image) // 2}-{mode}.svg?v=")
        text = (tmp_path / image["src"].partition("?")[0]).read_text("utf-8")
        drawing = ET.fromstring(text)
        assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
        assert f"--dl-blue:{colours['blue']};" in text
        assert "var(--dl-blue," in text
        assert float(drawing.attrib["viewBox"].split()[2]) == pytest.approx(float(image["width"]), abs=0.5)


# -- from Jupyter's links to the pages' ------------------------------------------------------------------------------

TITLES = {"01_a": ["1 A", "1.1 What is it?"], "02_b": ["2 B", "2.3 Why `W`, not $x$?"]}


@pytest.mark.parametrize(
    ("written", "on_the_page"),
    [
        ("[B](02_b.ipynb)", "[B](02_b.ipynb)"),
        ("[B](./02_b.ipynb)", "[B](02_b.ipynb)"),
        ("[it](#11-what-is-it)", "[it](#1.1-What-is-it?)"),
        ("[it](02_b.ipynb#2.3-Why-W,-not-x?)", "[it](02_b.ipynb#2.3-Why-`W`,-not-$x$?)"),
        ("[later](07_c.ipynb#x)", "later (planned)"),
        ("[do](../assignments/01_a/01_a.ipynb)", "[do](../exercises/01_a.ipynb)"),
        ("[do](../assignments/02_b/02_b.ipynb)", "do (planned)"),
        ("[out](https://example.org/a.html)", "[out](https://example.org/a.html)"),
        ("![picture](a.png)", "![picture](a.png)"),
        ("x[i](j) stays", "x[i](j) stays"),
    ],
)
def test_links_of_a_chapter(written: str, on_the_page: str) -> None:
    assert links.for_page(written, TITLES, "01_a", {"01_a"}) == on_the_page


def test_links_of_exercises_lead_out_of_their_folder() -> None:
    titles = {**TITLES, "here": ["1.2 An exercise"]}
    text = "[A](../../chapters/01_a.ipynb#11-what-is-it) [do](#12-an-exercise) [later](../../chapters/07_c.ipynb)"
    on_the_page = links.for_page(text, titles, "here", set(), chapters="../chapters/")
    assert on_the_page == "[A](../chapters/01_a.ipynb#1.1-What-is-it?) [do](#1.2-An-exercise) later (planned)"


def test_links_of_docs_that_leave_the_folder_become_text(tmp_path: Path) -> None:
    text = "[a](other.md) [b](../README.md) [c](#here) [d](https://example.org)"
    assert links.outside(text, tmp_path) == "[a](other.md) b [c](#here) [d](https://example.org)"


# -- the errata ------------------------------------------------------------------------------------------------------


def errata(tmp_path: Path, header: str, row: str) -> str:
    source = tmp_path / "01_neurons.py"
    lines = ["# 1 A", "", "## 1.1 B", "", f"## {rules.ERRATA}", "", header, "|---|---|---|---|---|", row]
    source.write_text("# %% [markdown]\n" + "\n".join(f"# {line}" for line in lines) + "\n")
    return pages.errata({"01_neurons": execution.read(source)})


HEADER = "| where | they say | what is right | source | shown in |"


def test_an_erratum_links_to_the_section_that_shows_it(tmp_path: Path) -> None:
    page = errata(tmp_path, HEADER, r"| B 1 | $\lvert x \rvert$, a \| b | $x$ | Someone (1999) | section 1.1 |")
    assert "[1.1 B](chapters/01_neurons.ipynb#1.1-B)" in page
    assert r"They say" in page
    assert r"a \| b" in page


@pytest.mark.parametrize(
    ("header", "row", "problem"),
    [
        (
            "| where | claim | what is right | source | shown in |",
            "| a | b | c | d | section 1.1 |",
            "need the columns",
        ),
        (HEADER, "| a | b | c | d |", "need the columns"),
        (HEADER, "| a | b | c | d | section 1.7 |", "no section has that number"),
    ],
)
def test_a_faulty_erratum_is_refused(tmp_path: Path, header: str, row: str, problem: str) -> None:
    with pytest.raises(CourseError, match=problem):
        errata(tmp_path, header, row)


# -- the pages -------------------------------------------------------------------------------------------------------


def course(folder: Path) -> Path:
    """A copy of the small course, with a cache of its own."""
    shutil.copytree(TINY, folder)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The small course and the folder into which it was built."""
    folder = tmp_path_factory.mktemp("site")
    root = course(folder / "course")
    site.build(root, folder / "out", say=False)
    return root, folder / "out"


def read(built: tuple[Path, Path], page: str) -> str:
    return (built[1] / "html" / page).read_text("utf-8")


def test_the_start_page_lists_all_chapters_and_marks_the_planned_ones(built: tuple[Path, Path]) -> None:
    page = read(built, "index.html")
    assert all(chapter.title in page for chapter in CHAPTERS)
    assert page.count("<em>planned</em>") == len(CHAPTERS) - 2
    assert 'href="chapters/01_neurons.html"' in page
    assert "runs in 15 s" in page


def test_a_chapter_page_has_formulas_anchors_buttons_and_no_raw_markup(built: tuple[Path, Path]) -> None:
    page = read(built, "chapters/01_neurons.html")
    assert page.count('class="katex-display"') == 1
    assert "<math" in page
    assert 'class="tag"' in page
    assert "$x" not in page
    assert "$$" not in page
    assert "later chapter (planned)" in page
    assert 'href="02_optimization.html#a-second-question"' in page
    assert 'href="#what-does-a-neuron-do"' in page
    assert ">the exercises</span></a>" in page
    assert page.count('href="../exercises/01_neurons.html"') == 2  # in the text, and the button
    assert "Download notebook" in page
    assert "Runs from top to bottom in about 15 s on two cores." in page  # as stated, not as this machine needed
    assert "Show the code" in page
    assert "colab" not in page
    assert "mybinder" not in page


def test_the_exercises_are_a_page_of_what_students_get(built: tuple[Path, Path]) -> None:
    page = BeautifulSoup(read(built, "exercises/01_neurons.html"), "html.parser")
    assert [heading.name for heading in page.select("article :is(h1, h2)")] == ["h1", "h2"]
    assert page.select_one("article .katex")
    assert page.select_one("article details summary").text == "Hint"
    stub, check = (code.text for code in page.select("article pre"))
    assert "NotImplementedError" in stub
    assert "fmt" not in stub
    assert check == "assert weighted([1, 2], [3, 4]) == 11\n"
    download, chapter = page.select(".course-button")
    assert (download["href"], chapter["href"]) == ("01_neurons.ipynb", "../chapters/01_neurons.html")
    assert page.find("a", href="../chapters/01_neurons.html#what-does-a-neuron-do")
    start = BeautifulSoup(read(built, "index.html"), "html.parser")
    assert start.select_one('.chapter-list a[href="exercises/01_neurons.html"]').text == "1\u00a0exercise"
    assert '"exercises/01_neurons"' in read(built, "searchindex.js")


def test_results_lead_to_the_cell_that_measured_them(built: tuple[Path, Path]) -> None:
    page, chapter = read(built, "results.html"), read(built, "chapters/01_neurons.html")
    anchor = page.split('href="chapters/01_neurons.html#cell-')[1].split('"')[0]
    assert f'id="cell-{anchor}"' in chapter
    assert "accuracy | of &lt;one&gt;" in page
    assert "≥ 0.9" in page
    assert "0.97" in page


def test_notebooks_to_take_away_have_no_outputs(built: tuple[Path, Path]) -> None:
    notebook = read(built, "chapters/01_neurons.ipynb")
    assert '"outputs": []' in notebook
    assert "0.97 " not in notebook
    assert "widgets" not in notebook.split('"metadata"')[-1]
    first = next(cell for cell in json.loads(notebook)["cells"] if cell["cell_type"] == "code")
    assert "".join(first["source"]) == elsewhere.SAYS
    exercises = (TINY / "assignments/01_neurons/01_neurons.ipynb").read_text()
    assert read(built, "exercises/01_neurons.ipynb") == elsewhere.with_course(exercises, elsewhere.Elsewhere())


def test_a_heading_with_quotation_marks_has_an_anchor_that_html_can_hold() -> None:
    assert sections.slug('From "a" to b') == "From-a-to-b"


def test_no_page_asks_another_host_for_anything(built: tuple[Path, Path]) -> None:
    for path in (built[1] / "html").rglob("*.html"):
        text = path.read_text("utf-8")
        assert '<link rel="stylesheet" href="http' not in text
        assert '<script src="http' not in text


def test_no_page_asks_for_the_next_one(built: tuple[Path, Path]) -> None:
    """Firefox would, and the page's own policy would refuse it, with an error in the console."""
    for path in (built[1] / "html").rglob("*.html"):
        assert '<link rel="next"' not in path.read_text("utf-8")


def test_only_the_fonts_that_browsers_of_today_read_are_shipped(built: tuple[Path, Path]) -> None:
    fonts = list((built[1] / "html" / "_static" / "katex" / "fonts").iterdir())
    css = (built[1] / "html" / "_static" / "katex" / "katex.css").read_text()
    assert {p.suffix for p in fonts} == {".woff2"}
    assert ".ttf" not in css
    assert ".woff)" not in css
    assert all(p.name in css for p in fonts)
    whole = sum(p.stat().st_size for p in (built[1] / "vendor" / "fonts" / "katex" / "fonts").iterdir())
    assert sum(p.stat().st_size for p in fonts) < 0.75 * whole  # cut to the characters in use


def test_a_new_character_reaches_the_fonts(copied: tuple[Path, Path]) -> None:
    from fontTools.ttLib import TTFont

    def knows(character: str) -> bool:
        font = copied[1] / "html" / "_static" / "katex" / "fonts" / "KaTeX_Main-Regular.woff2"
        return ord(character) in TTFont(font).getBestCmap()

    assert not knows("∅")
    change(copied[0], "02_optimization.py", "The sentence that a test changes", r"The empty set $\emptyset$")
    site.build(*copied, say=False)
    assert knows("∅")


def change(root: Path, chapter: str, old: str, new: str) -> None:
    path = root / "chapters" / chapter
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def copied(built: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """The built course once more, for tests that change it."""
    return (
        Path(shutil.copytree(built[0], tmp_path / "course")),
        Path(shutil.copytree(built[1], tmp_path / "out")),
    )


def test_no_change_and_a_change_of_prose_run_nothing_again(
    copied: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, out = copied
    monkeypatch.setattr(execution, "run", lambda source, seed=None: pytest.fail(f"{source.name} ran again"))
    site.build(root, out, say=False)
    change(root, "02_optimization.py", "The sentence that a test changes", "Other words stand here")
    page = site.build(root, out, say=False) / "chapters" / "02_optimization.html"
    assert "Other words stand here" in page.read_text()
    assert "two" in page.read_text()


def test_a_change_of_code_shows(copied: tuple[Path, Path]) -> None:
    root, out = copied
    change(root, "02_optimization.py", 'print("two")', 'print("t" + "hree")')
    assert "three" in (site.build(root, out, say=False) / "chapters" / "02_optimization.html").read_text()


def test_the_page_of_a_chapter_that_went_away_goes_too(copied: tuple[Path, Path]) -> None:
    root, out = copied
    (root / "chapters" / "02_optimization.py").unlink()
    html = site.build(root, out, say=False)
    assert not (html / "chapters" / "02_optimization.html").exists()
    assert "a section (planned)" in (html / "chapters" / "01_neurons.html").read_text()


@pytest.mark.parametrize("changed", ["extensions/katex.js", "templates/page.html", "static/course.css", "katex.js"])
def test_what_pages_are_made_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    """A change in it makes every page again, since the stamp is a value on which Sphinx's pages depend."""
    shutil.copytree(page_extension.HERE, tmp_path / "extensions")
    shutil.copy(page_extension.HERE.parent / "links.py", tmp_path)
    for folder in ("templates", "static"):
        shutil.copytree(ROOT / "site" / folder, tmp_path / folder)
    (tmp_path / "katex.js").write_text("KaTeX")
    monkeypatch.setattr(page_extension, "HERE", tmp_path / "extensions")
    monkeypatch.setattr(page_extension, "SITE", tmp_path)
    config = SimpleNamespace(course_katex=str(tmp_path / "katex.js"))

    def stamp() -> str:
        page_extension.stamp(None, config)
        return str(config.course_stamp)

    before = stamp()
    assert stamp() == before
    (tmp_path / changed).write_text("changed")
    assert stamp() != before


SECOND = """# %% [markdown]
# # 1 Neurons and expressivity, part two
#
# ## 1.2 What follows?
#
# Back to [the first section](#1.1-What-does-a-neuron-do?) and on [here](#12-what-follows).
# A **second term** stands here.

# %%
check.reaches("of part two", 1.0, at_least=0.5)
counter

# %%
class Broken"""


def test_a_heading_of_first_rank_begins_a_second_page(copied: tuple[Path, Path]) -> None:
    """The erratum of the second page is shown on the first, and one widget on both."""
    root, out = copied
    change(root, "01_neurons.py", "# %%\nclass Broken", SECOND)
    change(
        root, "02_optimization.py", "The sentence that", "On [what follows](01_neurons.ipynb#1.2-What-follows?), a"
    )
    html = site.build(root, out, say=False)
    first, second = ((html / "chapters" / f"01_neurons{n}.html").read_text() for n in ("", "_2"))
    assert "What follows?</h2>" not in first.split("<article")[1]
    assert 'href="01_neurons.html#what-does-a-neuron-do"' in second
    assert 'href="#what-follows"' in second
    assert 'href="01_neurons_2.html#what-follows"' in (html / "chapters" / "02_optimization.html").read_text()
    start = BeautifulSoup((html / "index.html").read_text(), "html.parser").select_one(".chapter-list")
    assert start.find("a", href="chapters/01_neurons_2.html").text == "Neurons and expressivity, part two"
    assert 'href="chapters/01_neurons_2.html#cell-' in (html / "results.html").read_text()
    assert (html / "results.html").read_text().count("The chapter runs in") == 2
    assert 'href="chapters/01_neurons.html#what-does-a-neuron-do"' in (html / "errata.html").read_text()
    assert 'href="01_neurons_2.html#what-follows"' in (html / "chapters" / "glossary.html").read_text()
    assert 'href="../exercises/01_neurons.html"' in second
    assert "in about 15 s" in second
    assert not (html / "chapters" / "01_neurons_2.ipynb").exists()  # one notebook to take away
    widgets = [(html / "chapters" / f"01_neurons{n}" / "widgets.js").read_text() for n in ("", "_2")]
    assert ["dead" in text for text in widgets] == [False, True]
    assert all("initialised" in text for text in widgets)


@pytest.mark.parametrize(
    ("prose", "problem"),
    [
        (r"a formula $\frac{1}{x$ unclosed", "KaTeX"),
        ("a link to [nothing](#no-such-heading)", "no-such-heading"),
        ('a picture <img src="data:image/png;base64,AA=="> unexplained', "without alternative text"),
        ("a drawing <svg viewBox='0 0 1 1'></svg> unexplained", "without alternative text"),
        ("a script <script>alert(1)</script> here", "a script in the page"),
        ('a handler <span onclick="alert(1)">here</span>', "an inline event handler"),
    ],
)
def test_a_faulty_page_stops_the_build_each_time(copied: tuple[Path, Path], prose: str, problem: str) -> None:
    root, out = copied
    change(root, "02_optimization.py", "The sentence that a test changes", prose)
    for _ in range(2):  # Sphinx reads an unchanged page only once
        with pytest.raises(CourseError, match=problem) as fault:
            site.build(root, out, say=False)
        assert "chapters/02_optimization.py" in str(fault.value)


def test_output_on_standard_error_stops_the_build_and_names_the_cell(copied: tuple[Path, Path]) -> None:
    root, out = copied
    change(root, "02_optimization.py", 'print("two")', 'import sys\nprint("two", file=sys.stderr)')
    with pytest.raises(CourseError, match=r"02_optimization\.py, cell 2 .*stderr"):
        site.build(root, out, say=False)


def test_buttons_to_colab_and_binder_when_the_repository_is_known(
    copied: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_REPOSITORY", "someone/course")
    page = (site.build(*copied, say=False) / "chapters" / "02_optimization.html").read_text()
    path = "someone/course/blob/main/chapters/02_optimization.ipynb"
    assert f'href="https://colab.research.google.com/github/{path}"' in page
    assert (
        'href="https://mybinder.org/v2/gh/someone/course/main?urlpath=lab/tree/chapters%2F02_optimization.ipynb"'
        in page
    )
    monkeypatch.setenv("COURSE_REPOSITORY", "https://somewhere/someone/course")
    with pytest.raises(CourseError, match="owner/name"):
        site.build(*copied, say=False)


def test_an_address_gives_buttons_and_notebooks_that_install_the_course(
    copied: tuple[Path, Path],
) -> None:
    root, out = copied
    address = '[project.urls]\nRepository = "https://github.com/someone/course/tree/spring"\n'
    (root / "pyproject.toml").write_text(address)
    html = site.build(root, out, say=False) / "chapters"
    page, notebook = ((html / f"02_optimization.{kind}").read_text() for kind in ("html", "ipynb"))
    assert "https://colab.research.google.com/github/someone/course/blob/spring/chapters/02_opt" in page
    assert "https://mybinder.org/v2/gh/someone/course/spring?urlpath=lab/tree/chapters%2F02_opt" in page
    assert "%pip install -q git+https://github.com/someone/course@spring" in notebook


def test_docs_are_pages_too(copied: tuple[Path, Path]) -> None:
    root, out = copied
    (root / "docs").mkdir()
    (root / "docs" / "grading.md").write_text("# How grading works\n\nSee [the readme](../README.md).\n")
    html = site.build(root, out, say=False)
    assert "See the readme." in (html / "docs" / "grading.html").read_text()
    assert "How grading works" in (html / "index.html").read_text()


def test_a_course_without_chapters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="There is no chapter"):
        site.build(tmp_path, tmp_path / "out")


# -- what each page must not have: the check itself ------------------------------------------------------------------


def policy():  # type: ignore[no-untyped-def]
    from course_tools.website.extensions import policy

    return policy


@pytest.mark.parametrize(
    ("html", "faults"),
    [
        ('<img alt="a cat" src="x">', 0),
        ('<img alt="" src="x">', 1),
        ('<svg class="icon"></svg>', 0),  # the theme's
        ('<article role="main"><svg aria-label="a curve" role="img"></svg></article>', 0),
        ('<article role="main"><svg role="img"></svg></article>', 1),
        ("<script>document.write(1)</script>", 1),
        ('<script src="a.js"></script><script type="application/json">{"a": "<img>"}</script>', 0),
        ('<p>the attribute onclick="x" in words</p>', 0),
        ('<button type="button" onclick="x()">', 1),
    ],
)
def test_faults_of_a_page(html: str, faults: int) -> None:
    assert len(policy().faults(html)) == faults


# -- the book --------------------------------------------------------------------------------------------------------


def test_the_small_course_is_a_book_in_which_every_address_leads_somewhere(built: tuple[Path, Path]) -> None:
    files = epub.files(built[1] / "html")
    pages = {name: BeautifulSoup(str(text), "html.parser") for name, text in files.items() if name.endswith(".xhtml")}
    assert "chapters/01_neurons.xhtml" in pages
    for name, page in pages.items():
        assert not page.select("script, .katex-html, .course-widget")
        addresses = [str(part.get("href") or part.get("src")) for part in page.select("[href], [src]")]
        for path, _, anchor in [address.partition("#") for address in addresses if "://" not in address]:
            target = book.beside(name, path)
            assert target in files, f"{name}: {path}"
            assert not anchor or pages[target].find(id=anchor), f"{name}: {path}#{anchor}"


# -- delivery --------------------------------------------------------------------------------------------------------


def test_the_zip_holds_every_page_and_is_the_same_each_time(copied: tuple[Path, Path]) -> None:
    html = copied[1] / "html"
    first = hashlib.sha256(deliver.pack(html).read_bytes()).hexdigest()
    os.utime(html / "index.html")
    archive = deliver.pack(html)
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == first
    assert set(zipfile.ZipFile(archive).namelist()) == {
        p.relative_to(html).as_posix() for p in html.rglob("*") if p.is_file()
    }


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as s:
        yield s.getsockname()[1]


def test_a_port_in_use_is_one_sentence(tmp_path: Path, taken: int) -> None:
    with pytest.raises(CourseError, match=f"Port {taken} cannot be used .* --port"):
        deliver.server(tmp_path, taken)


def test_packages_that_are_not_those_of_the_lock_file_are_fetched_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the times of the files say: an older folder copied here is the newer one."""
    shutil.copy(ROOT / "site" / "package-lock.json", tmp_path)
    packages = json.loads((tmp_path / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for place, package in packages.items():
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / place / "package.json").write_text(json.dumps(package), encoding="utf-8")
    (tmp_path / "node_modules" / ".package-lock.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(shutil, "which", lambda command: None)
    vendor._install(tmp_path)
    reveal = tmp_path / "node_modules" / "reveal.js"
    for text in ('{"version": "5.0.0"}', "[]", "{"):
        (reveal / "package.json").write_text(text, encoding="utf-8")
        with pytest.raises(CourseError, match="npm is not installed"):
            vendor.collect(tmp_path, tmp_path / "vendor")
    shutil.rmtree(reveal)
    with pytest.raises(CourseError, match="npm is not installed"):
        vendor.collect(tmp_path, tmp_path / "vendor")


def test_a_missing_npm_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "site" / "package-lock.json", tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(CourseError, match="npm is not installed"):
        vendor.collect(tmp_path, tmp_path / "vendor")


def test_the_page_of_results_states_the_time_of_the_table_of_chapters() -> None:
    """Not what the machine needed that built the pages, which may have been busy."""
    course = {"course": {"seconds": 312.0, "results": []}}
    text = new_markdown_cell("# 1 Neurons and expressivity")
    notebooks = {n: new_notebook(cells=[text], metadata=course) for n in ("01_neurons", "01_neurons_2", "90_tiny")}
    said = pages.results(notebooks)
    assert said.count("The chapter runs in") == 1
    assert f"runs in {CHAPTERS[0].seconds} s on two processor cores." in said
    assert "312" not in said


def test_the_table_of_chapters_has_the_titles_of_the_chapters() -> None:
    for chapter in CHAPTERS:
        if chapter.is_written():
            assert links.headings(execution.read(chapter.source()))[0] == f"{chapter.number} {chapter.title}"
