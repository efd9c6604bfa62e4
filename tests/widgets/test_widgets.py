"""Every widget's Python side: one folder each, one text of its modules, its rules, its bounds, and clear errors."""

import ast
import re
import sys
from pathlib import Path

import pytest
import torch
from traitlets import TraitError

import course_utils
from course_utils import widgets
from course_utils.widgets import FOLDERS
from course_utils.widgets.kit import base
from course_utils.widgets.kit.example import Drag
from tests.support.widget_pages import EXAMPLES

CLASSES = [getattr(widgets, name) for name in widgets.__all__ if isinstance(getattr(widgets, name), type)]
CLASSES = [cls for cls in CLASSES if issubclass(cls, base.CourseWidget)]
MODULES = sorted(base.WIDGETS.rglob("*.js"))
# A module that does any of these needs Python or another host, or lets text run as code.
FORBIDDEN = (
    r"\.send\(", r"\binvoke\(", r"\bfetch\(", "XMLHttpRequest", "WebSocket", "EventSource", r"sendBeacon",
    r"\bimport\(", r"\beval\(", r"\bFunction\(", "innerHTML", "outerHTML", "insertAdjacentHTML", r"document\.write",
    r"https?://(?!www\.w3\.org/2000/svg)", r"set(?:Timeout|Interval)\(\s*[\"'`]",
)  # fmt: skip


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_module_holds_all_its_logic_and_runs_no_text(path):
    text = path.read_text(encoding="utf-8")
    for pattern in FORBIDDEN:
        assert not re.search(pattern, text), f"{path.name} uses {pattern}"
    for source in re.findall(r'\bfrom\s+"([^"]+)"', text):
        assert re.fullmatch(r"(\./|\.\./kit/)\w+\.js", source), f"{path.name} imports {source}"


# -- one folder ---------------------------------------------------------------------------------------------------


def test_the_widgets_are_found_by_their_folders():
    assert len(FOLDERS) == len(CLASSES) >= 8
    assert {cls.__module__ for cls in CLASSES} == {f"course_utils.widgets.{name}" for name in FOLDERS}
    assert widgets.ReluFit().units == 5
    assert callable(widgets.explore)  # the function, though a folder has the same name


def test_a_widget_that_does_not_exist_is_named():
    with pytest.raises(
        AttributeError,
        match=r"There is no widget 'ReluFitt'. There are: "
        r".*ReluFit, ReverseLoops, RingGame, RiseMasks, TemplateThreshold, UnrolledGradient, WidgetError, WordMap",
    ):
        widgets.ReluFitt  # noqa: B018


def test_no_other_file_imports_a_widgets_folder():
    """So that a new one needs no edit outside its own."""
    for path in Path(course_utils.__file__).parent.rglob("*.py"):
        folder = path.parent.name
        text = path.read_text(encoding="utf-8")
        for name in set(FOLDERS) - {folder}:
            assert not re.search(rf"(from|import) course_utils\.widgets\.{name}\b", text), f"{path} imports {name}"


@pytest.mark.parametrize("name", FOLDERS)
def test_an_example_needs_nothing_that_a_student_lacks(name):
    """It ships with the package: it is data for the tests, and imports none of their tools."""
    tree = ast.parse((base.WIDGETS / name / "example.py").read_text(encoding="utf-8"))
    froms = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    roots = {module.split(".")[0] for module in froms | names}
    assert roots <= sys.stdlib_module_names | {"course_utils", "matplotlib", "numpy", "torch", "traitlets"}


@pytest.mark.parametrize("name", FOLDERS)
def test_an_example_says_all_that_the_tests_ask(name):
    example = EXAMPLES[name]
    assert isinstance(example.make(), base.CourseWidget)
    assert len(example.keys) >= 2
    assert any(isinstance(action, Drag) for action in example.pointer)
    assert example.bad
    assert example.refused


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_widget_is_one_text_with_every_name_defined_once(cls):
    assert not re.search("^import", cls._esm, re.MULTILINE)
    assert len(re.findall("^export default", cls._esm, re.MULTILINE)) == 1
    names = re.findall(r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", cls._esm, re.MULTILINE)
    assert len(names) == len(set(names))
    assert "--dl-blue" in cls._css
    assert ".dl-widget" in cls._css


def classes_of(path: Path) -> set[str]:
    """The names of the CSS classes that a file mentions."""
    return set(re.findall(r"\.(dl-[\w-]+)", path.read_text(encoding="utf-8"))) if path.exists() else set()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_widgets_style_is_its_own(name):
    """Styles of several widgets meet on a page: what one adds to the kit's belongs to no other, and is used."""
    kit = classes_of(base.WIDGETS / "kit" / "kit.css")
    own = classes_of(base.WIDGETS / name / "style.css") - kit
    for other in set(FOLDERS) - {name}:
        assert not own & classes_of(base.WIDGETS / other / "style.css"), other
    module = (base.WIDGETS / name / "widget.js").read_text(encoding="utf-8")
    assert [c for c in own if c not in module and not (c.startswith("dl-at-") and "dl-at-$" in module)] == []


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_widget_says_what_it_teaches_and_what_to_try(cls):
    assert cls.__doc__ is not None
    assert len(cls.__doc__) > 150
    hint = cls.class_traits()["hint"].default_value
    assert 20 < len(hint) < 100


def test_where_no_widget_can_run_there_is_a_sentence():
    assert repr(widgets.GradientDepth()).startswith("How far does a gradient reach? (an interactive picture")


# -- bounds and errors --------------------------------------------------------------------------------------------


def test_the_bounds_of_the_traits_travel_with_the_widget():
    assert widgets.OptimizerRace().bounds == {
        "start": {"min": -4, "max": 4},
        "steps": {"min": 0, "max": 200},
        "eta": {"min": 1e-3, "max": 1},
        "alpha": {"min": 0, "max": 0.99},
        "kappa": {"min": 1, "max": 100},
        "batch": {"values": [0, 16, 1]},
    }
    assert widgets.ConvolutionPainter().bounds["image"] == {"max": 12}
    assert "bounds" in widgets.ReluFit().get_state()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_value_beyond_a_bound_is_refused(name):
    widget = EXAMPLES[name].make()
    for trait, bounds in widget.bounds.items():
        if not isinstance(getattr(widget, trait), list):
            for value in beyond(bounds):
                with pytest.raises(TraitError):
                    setattr(widget, trait, value)


def beyond(bounds):
    """Values just outside what a trait allows."""
    if "values" in bounds:
        return ["?"]
    return [limit + step for limit, step in ((bounds.get("min"), -1), (bounds.get("max"), 1)) if limit is not None]


REFUSED = [(name, i) for name in FOLDERS for i in range(len(EXAMPLES[name].refused))]


@pytest.mark.parametrize(("name", "i"), REFUSED)
def test_what_an_example_calls_bad_is_refused_with_a_sentence(name, i):
    refused = EXAMPLES[name].refused[i]
    with pytest.raises(refused.error, match=re.escape(refused.says)):
        refused.make()


def test_the_painter_takes_a_tensor():
    assert widgets.ConvolutionPainter(image=torch.eye(3)).image == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
