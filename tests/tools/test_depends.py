"""One import graph: which definitions and files of course_utils does a piece of code reach?"""

from pathlib import Path

import pytest

from course_tools.authoring import build, depends

FILES = {
    "__init__.py": '"""Nothing."""\n',
    "py.typed": "",
    "data.py": """import numpy as np
from course_utils.device import device
A, B = 1, 2
SIZE: int = 3
def digits(): return np.zeros(SIZE, _device())
def _device(): return device()
def faces(): return A
def letters():
    from course_utils import fonts
    return fonts.LIST
""",
    "choice.py": "try:\n    from course_utils import data\nexcept E: pass\ndef read(): return data.digits()\n",
    "device.py": "def device(): return 'cpu'\nother = 1\n",
    "fonts.py": "LIST = []\nELSE = 2\n",
    "plots.py": "from course_utils import theme\nSTYLE = 1\nuse(STYLE)\nINK = theme.INK\ndef show(): pass\n",
    "theme.py": "INK, PAGE = 1, 2\n",
    "loud.py": "from course_utils import plots\nx = 1\n",
    "lazy.py": "def __getattr__(name): return secret()\ndef secret(): return 1\n",
    "widgets/__init__.py": "for folder in __path__: load(folder)\n",
    "widgets/kit/__init__.py": "",
    "widgets/kit/base.py": "class Base: pass\n",
    "widgets/kit/net.py": "def export(): pass\n",
    "widgets/kit/kit.js": "",
    "widgets/kit/kit.css": "",
    "widgets/line/__init__.py": "from course_utils.widgets.kit.base import Base\nclass Line(Base): pass\n",
    "widgets/line/widget.js": 'import { x } from "../kit/kit.js";\nimport { y } from "../shape/shape.js";\n',
    "widgets/line/example.py": "from course_utils.widgets.line import Line\n",
    "widgets/line/pictures/one.png": "",
    "widgets/shape/__init__.py": "class Shape: pass\ndef make(): return Shape()\n",
    "widgets/shape/shape.js": "",
    "widgets/shape/widget.js": "",
    "widgets/shape/__pycache__/shape.pyc": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        build.write_if_changed(tmp_path / "course_utils" / name, text)
    return tmp_path


def names(code: str, root: Path, **options: tuple[str, ...]) -> set[str]:
    found = depends.reached(code, root, **options).definitions
    return {name.removeprefix("course_utils.") for name, _ in found}


def files(code: str, root: Path) -> set[str]:
    found = depends.reached(code, root).files
    return {str(path.relative_to(root / "course_utils")) for path in found} - {"py.typed"}


DIGITS = {"data.digits", "data.np", "data.SIZE", "data._device", "data.device", "device.device"}
SHAPE = {"widgets.shape.make", "widgets.shape.Shape"}
PLOTS = {"plots", "plots.STYLE"}  # `use(STYLE)` stands loose in the module


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("x = 1", set()),
        ("from course_utils import data", set()),
        ("from course_utils import data\ndata.digits()", DIGITS),
        ("from course_utils import data as d\nd.digits().sum()", DIGITS),
        ("from course_utils.data import digits\ndigits()", DIGITS),
        ("from course_utils.data import digits as d\nd()", DIGITS),
        ("import course_utils.data\ncourse_utils.data.digits()", DIGITS),
        ("import course_utils.data as d\nd.digits()", DIGITS),
        (
            "from course_utils.data import digits as f\nf()\nfrom course_utils.fonts import ELSE as f",
            {*DIGITS, "fonts.ELSE"},
        ),
        ("try:\n    from course_utils import data\nexcept E: pass\ndata.digits()", DIGITS),
        ("from course_utils import choice\nchoice.read()", DIGITS | {"choice", "choice.read", "choice.data"}),
        ("def f():\n    from course_utils import data\n    return data.digits()", DIGITS),
        ("from course_utils import data\ndef f(): return [data.digits for _ in x]", DIGITS),
        ("from course_utils import data\ndata.B", {"data.B"}),
        ("from course_utils import data\ndata.letters()", {"data.letters", "fonts.LIST"}),
        ("from course_utils import plots", PLOTS),
        ("from course_utils import plots\nplots.theme.PAGE", PLOTS | {"plots.theme", "theme.PAGE"}),
        ("from course_utils import loud", PLOTS),
        ("from course_utils import lazy", {"lazy", "lazy.secret"}),
        ("from course_utils import widgets", {"widgets"}),
        (
            "from course_utils import widgets\nwidgets.make()",
            {"widgets", "widgets.shape.make", "widgets.shape.Shape"},
        ),
    ],
)
def test_what_is_reached(root: Path, code: str, wanted: set[str]) -> None:
    assert names(code, root) == wanted


@pytest.mark.parametrize(
    "code", ["getattr(data, x)", "f(data)", "data.unheard_of", "from course_utils.data import *"]
)
def test_what_cannot_be_told_reaches_all_of_the_module(root: Path, code: str) -> None:
    assert {"data.faces", "data.letters", "data.digits"} <= names(f"from course_utils import data\n{code}", root)


def test_code_that_is_no_python_reaches_everything(root: Path) -> None:
    assert {"data.faces", "widgets.line.Line", "plots.show", "theme.PAGE"} <= names("%magic\n", root)


def test_modules_can_be_left_out(root: Path) -> None:
    code = "from course_utils import data, plots, widgets\nplots.show(data.B, widgets.Line())"
    assert names(code, root, leave=("course_utils.plots", "course_utils.widgets")) == {"data.B"}


KIT = {"widgets/kit/kit.js", "widgets/kit/kit.css"}
LINE = {"widgets/line/widget.js", "widgets/line/pictures/one.png", "widgets/shape/shape.js"} | KIT


def test_a_widget_brings_its_folder_its_kit_and_the_modules_that_its_module_imports(root: Path) -> None:
    assert files("from course_utils import data, widgets\ndata.digits()", root) == set()
    assert files("from course_utils import widgets\nwidgets.Line()", root) == LINE
    assert files("from course_utils import widgets\nwidgets.make()", root) == {
        "widgets/shape/widget.js",
        "widgets/shape/shape.js",
    }


@pytest.mark.parametrize("use", ["getattr(widgets, name)", "widgets.NotThere()"])
def test_widgets_that_cannot_be_told_are_all_of_them(root: Path, use: str) -> None:
    assert files(f"from course_utils import widgets\n{use}", root) == LINE | {"widgets/shape/widget.js"}


def test_a_widget_that_the_package_imports_by_name_is_found_as_well(root: Path) -> None:
    listed = "from course_utils.widgets.line import Line\nfrom course_utils.widgets.shape import Shape, make\n"
    (root / "course_utils" / "widgets" / "__init__.py").write_text(listed)
    assert files("from course_utils import widgets\nwidgets.Line()", root) == LINE


@pytest.mark.parametrize("source", build.chapters(), ids=lambda p: p.stem)
def test_a_chapter_reaches_its_own_widgets_alone(source: Path) -> None:
    code = "\n".join(cell.source for cell in build.read(source).cells if cell.cell_type == "code")
    reached = depends.reached(code)
    folders = {path.parent.name for path in reached.files if path.name == "widget.js"}
    used = {
        name for name, _ in reached.definitions if name.startswith("course_utils.widgets.") and ".kit" not in name
    }
    assert folders
    assert folders == {name.split(".")[2] for name in used if name.count(".") > 2}
    assert "course_utils.check.reaches" in {name for name, _ in reached.definitions}
