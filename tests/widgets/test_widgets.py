"""The widgets' Python side: the one text of each module, its rules, and clear errors."""

import gzip
import re

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn
from traitlets import TraitError

from course_utils import plots, widgets
from course_utils.widgets import WidgetError
from course_utils.widgets.expression_graph import tape_of
from course_utils.widgets.kit import base
from course_utils.widgets.kit import net as network

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


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_widget_is_one_text_with_every_name_defined_once(cls):
    assert not re.search("^import", cls._esm, re.MULTILINE)
    assert len(re.findall("^export default", cls._esm, re.MULTILINE)) == 1
    names = re.findall(r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", cls._esm, re.MULTILINE)
    assert len(names) == len(set(names))
    assert "--dl-blue" in cls._css
    assert ".dl-widget" in cls._css


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_widget_says_what_it_teaches_and_what_to_try(cls):
    assert cls.__doc__ is not None
    assert len(cls.__doc__) > 150
    hint = cls.class_traits()["hint"].default_value
    assert 20 < len(hint) < 100


def test_where_no_widget_can_run_there_is_a_sentence():
    assert repr(widgets.GradientDepth()).startswith("How far does a gradient reach? (an interactive picture")


# -- the expression graph -------------------------------------------------------------------------------------


def test_a_formula_becomes_a_tape():
    assert tape_of("z = w*x + 2; L = -z", {"w": 3, "x": 4}) == [
        {"name": "w", "value": 3},
        {"name": "x", "value": 4},
        {"name": "u1", "op": "*", "inputs": ["w", "x"]},
        {"name": "z", "op": "+", "inputs": ["u1", 2]},
        {"name": "L", "op": "neg", "inputs": ["z"]},
    ]


@pytest.mark.parametrize(
    ("formula", "leaves", "message"),
    [
        ("w *", {"w": 1}, "not a formula"),
        ("w @ x", {"w": 1, "x": 1}, "cannot be drawn"),
        ("cos(w)", {"w": 1}, "'cos(w)' cannot be drawn"),
        ("__import__('os')", {}, "cannot be drawn"),
        ("w * x", {"w": 1}, "x has no value"),
        ("w * 2", {"w": 1, "x": 1}, "does not use x"),
        ("w ** x", {"w": 1, "x": 1}, "exponent must be a number"),
        ("tanh(w, w)", {"w": 1}, "tanh takes 1"),
        ("w * 2", {"w": float("nan")}, "w is nan; give a finite number"),
        ("w * 2", {"w": "two"}, "give a number"),
        ("w = w * 2", {"w": 1}, "a name of its own"),
        ("for w in x: pass", {"w": 1}, "is not a formula"),
        ("w", {"w": 1}, "cannot be drawn"),
        ("2 * 3", {}, None),
        ("+".join(["w"] * 40), {"w": 1}, "has 40 nodes"),
    ],
)
def test_a_formula_that_cannot_be_drawn_is_refused_with_a_sentence(formula, leaves, message):
    if message is None:
        assert widgets.ExpressionGraph.from_expression(formula, **leaves).leaves == {}
        return
    with pytest.raises(WidgetError, match=re.escape(message)):
        widgets.ExpressionGraph.from_expression(formula, **leaves)


@pytest.mark.parametrize(
    ("tape", "message"),
    [
        ([], "0 nodes"),
        ([{"value": 1.0}], "name of its own"),
        ([{"name": "w", "value": 1.0}], "must be an operation"),
        ([{"name": "w", "value": 9.0, "min": 0, "max": 1}], "between its min 0 and its max 1"),
        ([{"name": "w", "value": 1.0}, {"name": "u", "op": "+", "inputs": ["w", "v"]}], "u uses v before"),
        ([{"name": "w", "value": 1.0}, {"name": "u", "op": "sin", "inputs": ["w"]}], "'sin'"),
    ],
)
def test_a_tape_that_is_none_is_refused_with_a_sentence(tape, message):
    with pytest.raises(WidgetError, match=re.escape(message)):
        widgets.ExpressionGraph(tape)


# -- explore ----------------------------------------------------------------------------------------------------


def lines(a: float, n: int) -> tuple[Figure, str]:
    fig, ax = plots.panel("lines")
    ax.plot([0, a], [0, n])
    return fig, f"a line to ({a}, {n})"


def test_explore_draws_every_combination_in_order():
    shown = widgets.explore(lines, a=[0.5, 1.0], n=range(3))
    assert shown.grid == [{"name": "a", "values": ["0.5", "1"]}, {"name": "n", "values": ["0", "1", "2"]}]
    assert shown.alts == [f"a line to ({a}, {n})" for a in (0.5, 1.0) for n in range(3)]
    frames = gzip.decompress(shown.frames)
    assert len(frames) == sum(shown.sizes)
    assert frames.count(b"<svg") == 6
    assert b"var(--dl-" in frames  # it follows the page's theme


def test_explore_takes_a_picture_of_many_points_as_png():
    def cloud(seed: int) -> Figure:
        fig, ax = plots.panel("cloud")
        ax.plot(*np.random.default_rng(seed).random((2, 8000)))
        return fig

    shown = widgets.explore(cloud, seed=[1])
    assert shown.kind == "png"
    assert gzip.decompress(shown.frames).startswith(b"\x89PNG")
    assert shown.alts == ["cloud; seed = 1"]


@pytest.mark.parametrize(
    ("grid", "message"),
    [({}, "at least one parameter"), ({"a": []}, "at least one"), ({"a": range(20), "n": range(20)}, "400 frames")],
)
def test_explore_refuses_an_empty_or_a_huge_grid(grid, message):
    with pytest.raises(WidgetError, match=message):
        widgets.explore(lines, **grid)


def test_explore_refuses_what_is_no_figure():
    with pytest.raises(WidgetError, match="returned int"):
        widgets.explore(lambda a: a, a=[1])


# -- networks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (nn.GELU(), "GELU"),
        (nn.LSTM(2, 2), "LSTM"),
        (nn.Conv2d(2, 2, 3, groups=2), "groups=1"),
        (nn.Conv2d(1, 2, 3, padding="same"), "padding as a number"),
        (nn.Conv2d(1, 2, 3, padding=1, padding_mode="reflect"), "zero padding"),
        (nn.BatchNorm2d(2, track_running_stats=False), "no running statistics"),
        (nn.MaxPool2d(2, ceil_mode=True), "MaxPool2d"),
        (nn.AvgPool2d(2, count_include_pad=False), "AvgPool2d"),
        (nn.AdaptiveAvgPool2d(2), r"AdaptiveAvgPool2d\(1\)"),
    ],
)
def test_a_layer_that_the_page_cannot_run_is_refused(layer, message):
    with pytest.raises(WidgetError, match=message):
        network.export(nn.Sequential(layer))


def test_a_network_that_is_broken_or_too_large_is_refused():
    broken = nn.Linear(2, 2)
    nn.init.constant_(broken.weight, float("nan"))
    for net, message in (
        (nn.Sequential(broken), "not finite"),
        (nn.Sequential(nn.Linear(2000, 1000)), "2001000 weights"),
        (nn.Linear(2, 2), "give an nn.Sequential"),
    ):
        with pytest.raises(WidgetError, match=message):
            network.export(net)


def test_draw_digit_finds_the_shape_of_the_networks_input():
    assert widgets.DrawDigit(nn.Sequential(nn.Linear(64, 10))).shape == [64]
    assert widgets.DrawDigit(nn.Sequential(nn.Flatten(), nn.Linear(64, 10))).shape in ([64], [1, 8, 8])
    with pytest.raises(WidgetError, match="ten values"):
        widgets.DrawDigit(nn.Sequential(nn.Linear(64, 9)))
    net = nn.Sequential(nn.Linear(64, 10), nn.BatchNorm1d(10)).train()
    widgets.DrawDigit(net)
    assert net.training  # it is handed back as it was


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: widgets.GradientDepth(depth=51), TraitError),
        (lambda: widgets.GradientDepth(start="big"), TraitError),
        (lambda: widgets.PerceptronLine(w1=float("inf")), TraitError),
        (lambda: widgets.PerceptronLine(b=float("nan")), TraitError),
        (lambda: widgets.OptimizerRace(start=[1.0, float("nan")]), TraitError),
        (lambda: widgets.ReluFit(units=0), TraitError),
        (lambda: widgets.OptimizerRace(start=[1.0]), TraitError),
        (lambda: widgets.ConvolutionPainter(image=[]), WidgetError),
        (lambda: widgets.ConvolutionPainter(image=[[1, 2]]), WidgetError),
        (lambda: widgets.ConvolutionPainter(image=np.zeros((40, 40))), WidgetError),
        (lambda: widgets.ConvolutionPainter(kernel=[[float("nan")]]), WidgetError),
    ],
)
def test_a_value_outside_the_range_is_refused(make, error):
    with pytest.raises(error):
        make()


def test_the_painter_takes_a_tensor():
    assert widgets.ConvolutionPainter(image=torch.eye(3)).image == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
