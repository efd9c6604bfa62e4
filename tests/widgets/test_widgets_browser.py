"""The widgets in a real browser: their numbers, their controls, bad input, accessibility; in JupyterLab too."""

import base64
import math
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, expect
from torch import nn

from course_tools.authoring.build import KERNELSPEC
from course_utils import widgets
from course_utils.widgets.kit import base
from course_utils.widgets.kit import net as network
from tests.support import widget_pages
from tests.support.widget_pages import MAKE, open_page, static_page

pytestmark = pytest.mark.browser
IMPORT = "URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))"


@pytest.fixture(scope="module")
def blank(browser):
    """An empty page in which the modules' functions can be called."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def call(page: Any, module: str, code: str, argument: Any = None) -> Any:
    """The value of the JavaScript `code`, with the module as `m` and the argument as `x`."""
    script = f"async ([text, x]) => {{ const m = await import({IMPORT}); {code} }}"
    return page.evaluate(script, [base.bundle(module), argument])


# -- the same numbers as Python --------------------------------------------------------------------------------

FORMULAS = [
    "(w*x + b - y)**2",
    "z = w*x + b; a = sigmoid(z); L = (a - y)**2",
    "L = -(y*log(sigmoid(w*x + b)) + 0.3*log(1 - sigmoid(w*x + b)))",
    "relu(w*x) - relu(-b) + tanh(x*x) / (y + 7)",
    "exp(w - b) * x**3 - y**-2 + w*w*w + 2**2",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_expression_graph_computes_what_autograd_computes(blank, formula):
    rng = np.random.default_rng(3)
    for _ in range(5):
        leaves = dict(zip("wxby", (rng.uniform(0.2, 2, 4) * rng.choice([-1, 1], 4)).tolist(), strict=True))
        graph = widgets.ExpressionGraph.from_expression(formula, **leaves)
        code = "const n = m.readTape(x[0]); return m.compute(n, x[1], m.plan(n).length);"
        got = call(blank, "expression_graph", code, [graph.tape, graph.leaves])
        values, gradients = _autograd(graph.tape)
        assert got["values"] == pytest.approx(values, rel=1e-6)
        # a node of constants alone learns nothing; torch says None, the widget shows what arrives
        pairs = [(a, b) for a, b in zip(got["gradients"], gradients, strict=True) if b is not None]
        assert [a for a, _ in pairs] == pytest.approx([b for _, b in pairs], rel=1e-6)
        assert len(pairs) >= 8


TORCH = {
    "+": torch.add, "-": torch.sub, "*": torch.mul, "/": torch.div, "**": torch.pow, "neg": torch.neg,
    "tanh": torch.tanh, "exp": torch.exp, "log": torch.log, "relu": torch.relu, "sigmoid": torch.sigmoid,
}  # fmt: skip


def _autograd(tape: list[dict]) -> tuple[list[float], list[float | None]]:
    """The values and gradients of a tape, by torch."""
    nodes: dict[str, torch.Tensor] = {}
    for node in tape:
        if "op" not in node:
            nodes[node["name"]] = torch.tensor(node["value"], dtype=torch.float64, requires_grad=True)
            continue
        inputs = [nodes[i] if isinstance(i, str) else torch.tensor(i, dtype=torch.float64) for i in node["inputs"]]
        nodes[node["name"]] = TORCH[node["op"]](*inputs)
        if nodes[node["name"]].requires_grad:
            nodes[node["name"]].retain_grad()
    list(nodes.values())[-1].backward()
    return [v.item() for v in nodes.values()], [None if v.grad is None else v.grad.item() for v in nodes.values()]


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("start", ["0.01", "0.1", "xavier", "he"])
def test_the_gradient_norms_are_those_of_torch(blank, activation, start):
    code = """
      const { weights, input, last } = m.draws(5), std = m.spreadOf(x[0], 48);
      const cut = weights.slice(0, 12 * 48 * 48);
      return { norms: m.gradientNorms(weights, input, last, 12, std, x[1]), std,
               weights: Array.from(cut), input: Array.from(input), last: Array.from(last) };"""
    got = call(blank, "gradient_depth", code, [start, activation])
    stds = {"0.01": 0.01, "0.1": 0.1, "xavier": math.sqrt(2 / (48 + 48)), "he": math.sqrt(2 / 48)}
    assert got["std"] == pytest.approx(stds[start], rel=1e-12)
    weights = torch.tensor(got["weights"], dtype=torch.float64).reshape(12, 48, 48) * got["std"]
    layers = [torch.tensor(got["input"], dtype=torch.float64).requires_grad_()]
    for W in weights:
        layers.append(getattr(torch, activation)(W @ layers[-1]))
    gradients = torch.autograd.grad(layers[-1], layers, torch.tensor(got["last"], dtype=torch.float64))
    assert got["norms"] == pytest.approx([g.norm().item() for g in gradients], rel=1e-6)
    assert got["norms"][-1] == pytest.approx(1)


def test_the_random_numbers_are_standard_normal(blank):
    values = np.array(call(blank, "kit", "return Array.from(m.normals(100001, 3))"))
    assert abs(values.mean()) < 0.02
    assert abs(values.std() - 1) < 0.02
    assert abs((np.abs(values) < 1).mean() - 0.6827) < 0.01
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.02
    assert call(blank, "kit", "return m.normals(5, 3)[2]") != call(blank, "kit", "return m.normals(5, 4)[2]")


RACE = {"start": [-3.1, 1.7], "steps": 40, "eta": 0.03, "alpha": 0.8, "kappa": 17.0, "batch": 0}


@pytest.mark.parametrize("name", ["gd", "momentum", "adam"])
def test_an_optimiser_takes_the_steps_of_torch(blank, name):
    got = call(blank, "optimizer_race", "return m.race(...x)", [name, RACE])
    w = torch.tensor(RACE["start"], dtype=torch.float64, requires_grad=True)
    eta, alpha = RACE["eta"], RACE["alpha"]
    optimiser = {
        "gd": lambda: torch.optim.SGD([w], lr=eta),
        "momentum": lambda: torch.optim.SGD([w], lr=eta, momentum=alpha),
        "adam": lambda: torch.optim.Adam([w], lr=eta, betas=(alpha, 0.999)),
    }[name]()
    want = [w.detach().tolist()]
    for _ in range(RACE["steps"]):
        optimiser.zero_grad()
        (0.5 * (w[0] ** 2 + RACE["kappa"] * w[1] ** 2)).backward()
        optimiser.step()
        want.append(w.detach().tolist())
    assert np.allclose(got, want, rtol=1e-6, atol=1e-12)


def test_nesterov_looks_ahead(blank):
    got = call(blank, "optimizer_race", "return m.race(...x)", ["nesterov", RACE])
    w, v, want = np.array(RACE["start"]), np.zeros(2), [RACE["start"]]
    for _ in range(RACE["steps"]):
        v = RACE["alpha"] * v - RACE["eta"] * np.array([1, RACE["kappa"]]) * (w + RACE["alpha"] * v)
        w = w + v
        want.append(w.tolist())
    assert np.allclose(got, want, rtol=1e-6, atol=1e-12)


def test_a_batch_of_one_is_noisy_and_the_same_noise_for_all(blank):
    runs = [["gd", {**RACE, "steps": 1, "batch": batch}] for batch in (0, 1, 4)]
    code = "return x.map((run) => m.race(...run)[1])"
    full, one, four = map(np.array, call(blank, "optimizer_race", code, runs))
    assert np.allclose(one - full, 2 * (four - full))  # the standard deviation falls with the square root
    assert np.abs(one - full).min() > 0


@pytest.mark.parametrize("n", [1, 5, 33])
def test_the_relu_network_is_the_interpolant(blank, n):
    f = lambda x: np.sin(3 * x) + 0.3 * np.cos(9 * x)  # noqa: E731
    code = """
      const f = (t) => Math.sin(3 * t) + 0.3 * Math.cos(9 * t), net = m.fit(f, x);
      return { mse: m.meanSquaredError(f, net), at: [-2, -0.7, 0.3, 1.9].map((t) => m.evaluate(net, t)) };"""
    got = call(blank, "relu_fit", code, n)
    knots, xs = np.linspace(-2, 2, n + 1), np.linspace(-2, 2, 401)
    want = np.interp([-2, -0.7, 0.3, 1.9], knots, f(knots))
    assert got["at"] == pytest.approx(want.tolist(), rel=1e-6)
    assert got["mse"] == pytest.approx(np.mean((np.interp(xs, knots, f(knots)) - f(xs)) ** 2), rel=1e-6)


def test_the_perceptrons_answers_and_its_half_plane(blank):
    rng = np.random.default_rng(0)
    points = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    for w1, w2, b in rng.uniform(-2, 2, (20, 3)).tolist():
        code = "return { answers: m.answers(x), region: m.region(x), foot: m.foot(x) }"
        got = call(blank, "perceptron_line", code, {"w1": w1, "w2": w2, "b": b})
        assert got["answers"] == (points @ [w1, w2] + b >= 0).astype(int).tolist()
        assert all(w1 * x + w2 * y + b > -1e-9 for x, y in got["region"])
        assert w1 * got["foot"][0] + w2 * got["foot"][1] + b == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("n", "k", "how"),
    [
        (8, 3, {"stride": 1, "padding": 0, "dilation": 1}),
        (7, 2, {"stride": 2, "padding": 1, "dilation": 3}),
        (9, 4, {"stride": 3, "padding": 2, "dilation": 2}),
    ],
)
def test_the_painter_computes_what_conv2d_computes(blank, n, k, how):
    rng = torch.Generator().manual_seed(n)
    image, kernel = (torch.randn(s, s, generator=rng, dtype=torch.float64) for s in (n, k))
    code = """
      const [image, kernel, how] = x, out = m.convolve(image, kernel, how);
      return { out, rows: out.map((line, i) => line.map((_, j) => m.matrixRow(image, kernel, i, j, how))) };"""
    got = call(blank, "convolution_painter", code, [image.tolist(), kernel.tolist(), how])
    want = F.conv2d(image[None, None], kernel[None, None], **how)[0, 0]
    assert torch.allclose(torch.tensor(got["out"], dtype=torch.float64), want, rtol=1e-6, atol=1e-12)
    matrix = torch.tensor(got["rows"], dtype=torch.float64).reshape(want.numel(), n * n)
    assert torch.allclose(matrix @ image.flatten(), want.flatten(), rtol=1e-6, atol=1e-12)


def random_network(seed: int) -> tuple[nn.Sequential, list[int]]:
    """A random MLP or CNN in eval mode, with batch statistics that are not the first ones, and its input's shape."""
    rng = np.random.default_rng(seed)
    pick = lambda *options: options[rng.integers(len(options))]  # noqa: E731
    torch.manual_seed(seed)
    activation = lambda: pick(nn.ReLU, nn.Tanh, nn.Sigmoid)()  # noqa: E731
    if seed % 3 == 0:
        sizes = rng.integers(1, 20, 4).tolist()
        layers = [nn.Linear(sizes[0], sizes[1], bias=pick(True, False)), activation(), nn.BatchNorm1d(sizes[1])]
        layers += [nn.Dropout(0.5), nn.Sequential(nn.Linear(sizes[1], sizes[2]), activation()), nn.Softmax(dim=1)]
        shape = [sizes[0]]
    else:
        c0, c1, c2 = rng.integers(1, 6, 3).tolist()
        h, w = rng.integers(9, 13, 2).tolist()
        kernel, stride = (pick(2, 3), pick(1, 3)), (pick(1, 2), pick(1, 2))
        conv = nn.Conv2d(c0, c1, kernel, stride, pick(0, 1), pick(1, 2), bias=pick(True, False))
        pool = pick(nn.MaxPool2d(2), nn.MaxPool2d(3, 1, 1), nn.AvgPool2d(2, 1), nn.AvgPool2d(3, 2, 1))
        last = pick([nn.AdaptiveAvgPool2d(1), nn.Flatten()], [nn.Flatten()])
        layers = [conv, nn.BatchNorm2d(c1, affine=pick(True, False)), activation(), pool, nn.Conv2d(c1, c2, 1), *last]
        shape = [c0, h, w]
    net = nn.Sequential(*layers).train()
    for _ in range(3):
        net(torch.randn(6, *shape) * 2 + 0.5)
    return net.eval(), shape


def test_the_forward_pass_equals_torchs_on_random_networks(blank):
    cases, wants = [], []
    for seed in range(60):
        net, shape = random_network(seed)
        x = torch.randn(1, *shape)
        layers, weights = network.export(net)
        with torch.no_grad():
            wants.append(net(x).flatten().numpy())
        cases.append([layers, base64.b64encode(weights).decode(), x.flatten().tolist(), shape])
    code = """
      return x.map(([layers, text, input, shape]) => {
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        return Array.from(m.forward(layers, m.floats(new DataView(bytes.buffer)), input, shape));
      });"""
    gots = call(blank, "net", code, cases)
    for seed, (got, want) in enumerate(zip(gots, wants, strict=True)):
        assert len(got) == len(want), seed
        assert np.allclose(got, want, rtol=1e-5, atol=1e-5), seed


def test_a_network_that_does_not_fit_says_so(blank):
    code = "try { m.forward(x, new Float32Array(2), [1, 2, 3], [3]); } catch (e) { return e.message; }"
    linear = [{"kind": "linear", "inputs": 2, "outputs": 1}]
    assert "needs 2 numbers, and gets 3" in call(blank, "net", code, linear)
    assert "lstm is not known" in call(blank, "net", code, [{"kind": "lstm"}])
    assert "more weights" in call(blank, "net", code, [{"kind": "relu"}])
    short = [{"kind": "linear", "inputs": 3, "outputs": 1}]
    assert "fewer weights" in call(blank, "net", code, short)


# -- the same widgets on a static page and in JupyterLab -----------------------------------------------------------


def status(root: Any) -> str:
    """What the widget says below its picture."""
    expect(root.locator(".dl-status")).not_to_have_text("")
    expect(root.locator(".dl-error")).to_have_text("")
    return root.locator(".dl-status").inner_text()


DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def answer(root: Any, act: Callable[[], None]) -> str:
    """What the widget says after an action; fails when it goes on saying the same."""
    before = status(root)
    act()
    root.evaluate(DRAWN)  # else, of several keys, only the first may show
    expect(root.locator(".dl-status")).not_to_have_text(before, use_inner_text=True)
    return status(root)


def press(root: Any, role: str, name: str, *keys: str) -> str:
    """Focus a control, press keys, and give the status."""
    control = root.get_by_role(role, name=name, exact=True)
    control.focus()
    return answer(root, lambda: [control.press(key) for key in keys])


def drag(root: Any, target: Any, by: tuple[float, float], touch: bool = False) -> str:
    """Drag the middle of `target` by some pixels, with the mouse or with a finger, and give the status."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    points = [(x + by[0] * i / 4, y + by[1] * i / 4) for i in range(5)]
    return answer(root, lambda: (_with_a_finger if touch else _with_the_mouse)(root.page, points))


def _with_the_mouse(page: Any, points: list[tuple[float, float]]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def _with_a_finger(page: Any, points: list[tuple[float, float]]) -> None:
    client = page.context.new_cdp_session(page)
    for i, (x, y) in enumerate(points):
        kind = "touchMove" if i else "touchStart"
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(400)  # a tap that follows at once would count as part of the same gesture


OUTPUT = "The output: choose a pixel with the pointer or the arrow keys"
IMAGE = "The image: paint with the pointer, or arrow keys and Space"
PAD = "Draw a digit here: pointer, or arrow keys and Space"


def by_keyboard(name: str, root: Any) -> list[str]:
    """Use the widget by keyboard; what it says after each action."""
    button = lambda text: press(root, "button", text, "Enter")  # noqa: E731
    actions = {
        "graph": lambda: [button("End"), press(root, "slider", "w", "Home"), button("Back")],
        "depth": lambda: [press(root, "slider", "depth", "End"), button("tanh"), button("std 0.1"),
                          button("New weights")],
        "explore": lambda: [press(root, "slider", "n", "ArrowRight"), press(root, "slider", "a", "End")],
        "line": lambda: [press(root, "slider", "move the line", "ArrowUp", "Shift+ArrowRight"),
                         press(root, "slider", "turn the line", "Shift+ArrowUp"), button("XOR"),
                         press(root, "slider", "b", "Home")],
        "relus": lambda: [press(root, "slider", "hidden ReLUs", "End"), button("step")],
        "race": lambda: [press(root, "slider", "start", "Shift+ArrowRight", "ArrowDown"), button("1"),
                         press(root, "slider", "learning rate η", "End")],
        "painter": lambda: [press(root, "application", OUTPUT,
                                  "ArrowUp", "ArrowLeft"),
                            press(root, "application", IMAGE,
                                  "ArrowDown", "ArrowRight", "ArrowRight", "Space"),
                            press(root, "slider", "dilation", "ArrowRight"), button("sharpen")],
        "digit": lambda: [press(root, "application", PAD, "Space", *["ArrowDown"] * 6, *["ArrowRight"] * 3, "Space"),
                          button("Example"), button("Clear")],
    }  # fmt: skip
    return actions[name]()


def by_pointer(name: str, root: Any, touch: bool) -> list[str]:
    """Use the widget with a mouse or a finger; what it says after each action."""
    named = lambda role, text: root.get_by_role(role, name=text, exact=True)  # noqa: E731
    move = lambda target, dx, dy: drag(root, target, (dx, dy), touch)  # noqa: E731

    tap = lambda target: answer(root, target.tap if touch else target.click)  # noqa: E731

    actions = {
        "graph": lambda: [tap(named("button", "Step")), move(named("slider", "x"), 30, 0)],
        "depth": lambda: [tap(named("button", "He")), move(named("slider", "depth"), 40, 0)],
        "explore": lambda: [move(named("slider", "n"), 70, 0), move(named("slider", "a"), 70, 0)],
        "line": lambda: [
            move(named("slider", "move the line"), 40, -30),
            move(named("slider", "turn the line"), 9, 50),
        ],
        "relus": lambda: [tap(named("button", "parabola")), move(named("slider", "hidden ReLUs"), 30, 0)],
        "race": lambda: [move(named("slider", "start"), 90, 60), tap(named("button", "16"))],
        "painter": lambda: [
            move(root.locator(".dl-board").nth(1), -30, -30),
            move(root.locator(".dl-board").first, 50, 50),
        ],
        "digit": lambda: [move(root.locator(".dl-board"), 30, 70), tap(named("button", "Undo"))],
    }
    return actions[name]()


@pytest.fixture(scope="module")
def gallery() -> str:
    """One static page with every widget."""
    return static_page(*(make() for make in MAKE.values()))


@pytest.mark.parametrize("how", ["mouse", "touch", "keyboard"])
def test_every_widget_answers_on_a_static_page(browser, gallery, tmp_path, how):
    page = open_page(browser, gallery, tmp_path, has_touch=how == "touch")
    for i, name in enumerate(MAKE):
        root = page.locator(".dl-widget").nth(i)
        assert by_keyboard(name, root) if how == "keyboard" else by_pointer(name, root, how == "touch")
    assert page.problems == []
    page.context.close()


def test_play_moves_and_stops(browser, tmp_path):
    page = open_page(browser, static_page(MAKE["graph"](), MAKE["explore"]()), tmp_path, reduced_motion="reduce")
    for i, end in ((0, "∂L/∂w"), (1, "factor 3.0")):
        root = page.locator(".dl-widget").nth(i)
        root.get_by_role("button", name="Play").click()
        root.get_by_role("button", name="Pause").wait_for()
        page.wait_for_function(
            "([i, end]) => document.querySelectorAll('.dl-status')[i].textContent.includes(end)", arg=[i, end]
        )
        root.get_by_role("button", name="Play").wait_for()
    page.context.close()


def test_two_views_of_one_widget_stay_in_step(browser, tmp_path):
    graph = MAKE["graph"]()
    page = open_page(browser, static_page(graph, graph), tmp_path)
    first, second = (page.locator(".dl-widget").nth(i) for i in (0, 1))
    said = press(first, "button", "End", "Enter")
    expect(second.locator(".dl-status")).to_have_text(said, use_inner_text=True)
    moved = press(second, "slider", "w", "Home")
    expect(first.locator(".dl-status")).to_have_text(moved, use_inner_text=True)
    page.context.close()


def test_a_view_that_goes_leaves_no_listener_behind(blank):
    model = """
      const state = { ...x, title: 't', hint: 'h' }, heard = new Set();
      const model = { get: (k) => state[k], set: (k, v) => (state[k] = v), save_changes() {},
                      on: (k, f) => heard.add(f), off: (k, f) => heard.delete(f) };
      const el = document.body.appendChild(document.createElement('div'));
      const cleanup = m.default.render({ model, el });
      const before = heard.size;
      cleanup();
      return [before, heard.size];"""
    graph = MAKE["graph"]()
    before, after = call(blank, "expression_graph", model, {"tape": graph.tape, "leaves": graph.leaves, "step": 0})
    assert before > 0
    assert after == 0


BAD = [
    ("graph", {"tape": []}, "The tape is empty"),
    ("graph", {"tape": [{"name": f"n{i}", "value": 1} for i in range(5000)]}, "5000 nodes"),
    (
        "graph",
        {"leaves": {"w": None, "x": 1, "b": 1, "y": 1}},
        "The leaf w holds a value that is not a finite number",
    ),
    ("graph", {"step": 99}, "must lie between"),
    ("depth", {"depth": None}, "The depth holds a value that is not a finite number"),
    ("depth", {"depth": 1e9}, "must lie between"),
    ("depth", {"start": "?"}, "not among the choices"),
    ("explore", {"grid": []}, "nothing to explore"),
    ("explore", {"alts": []}, "needs 6 pictures"),
    ("explore", {"sizes": [1] * 6}, "damaged"),
    ("explore", {"position": [7, 7]}, "outside the grid"),
    ("line", {"w1": None}, "w1 holds a value that is not a finite number"),
    ("line", {"table": "nor"}, "not one of AND"),
    ("relus", {"units": 1e6}, "must lie between"),
    ("relus", {"target": "?"}, "not one of waves"),
    ("race", {"start": []}, "The start is empty"),
    ("race", {"start": [None, 1]}, "not a finite number"),
    ("race", {"eta": -1}, "must lie between"),
    ("painter", {"image": []}, "The image is empty"),
    ("painter", {"image": [[0] * 500] * 500}, "500 rows"),
    ("painter", {"kernel": [[None]]}, "not a finite number"),
    ("painter", {"dilation": 3, "kernel": [[1] * 5] * 5}, "larger than the padded image"),
    ("digit", {"layers": [{"kind": "lstm"}]}, "lstm is not known"),
    ("digit", {"strokes": [[[0.5, None]]]}, "not a finite number"),
    ("digit", {"strokes": [[[0.5, 0.5]] * 9000]}, "at most"),
]


@pytest.mark.parametrize(("name", "changes", "message"), BAD)
def test_bad_input_is_answered_by_a_sentence(browser, tmp_path, name, changes, message):
    page = open_page(browser, static_page(MAKE[name](), changes=changes), tmp_path)
    error = page.get_by_role("alert")
    error.wait_for(timeout=5000)
    assert message in error.inner_text()
    assert error.inner_text().endswith(".")
    assert page.problems == []
    page.context.close()


def test_not_a_number_and_a_step_off_the_cliff_are_named(blank, browser, tmp_path):
    say = "try { m.finite([1, NaN], 'The list'); } catch (e) { return e.message; }"
    assert call(blank, "kit", say) == "The list holds a value that is not a finite number, at place 1."
    graph = widgets.ExpressionGraph.from_expression("log(x) * w", x=1, w=2)
    page = open_page(browser, static_page(graph), tmp_path)
    root = page.locator(".dl-widget")
    press(root, "button", "End", "Enter")
    root.get_by_role("slider", name="x").press("Home")
    alert = page.get_by_role("alert")
    expect(alert).to_have_text("u1 is not a finite number (here x = −5.000). Move a slider.")
    root.get_by_role("slider", name="x").press("End")  # and it recovers
    expect(alert).to_be_hidden()
    assert "∂L/∂x" in status(root)
    page.context.close()


def test_a_browser_that_cannot_unpack_the_frames_says_so(browser, tmp_path):
    page = open_page(browser, static_page(MAKE["explore"]()), tmp_path, script="delete window.DecompressionStream")
    expect(page.get_by_role("alert")).to_contain_text("This browser is too old")
    page.context.close()


@pytest.mark.parametrize(("mode", "width"), [("light", 1000), ("dark", 1000), ("light", 390), ("dark", 390)])
def test_every_widget_is_accessible_and_fits(browser, gallery, tmp_path, mode, width):
    text = gallery.replace('data-theme="light"', f'data-theme="{mode}"')
    page = open_page(browser, text, tmp_path, width=width, has_touch=width == 390)
    for i in range(len(MAKE)):
        status(page.locator(".dl-widget").nth(i))
    violations = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.problems == []
    page.context.close()


# -- JupyterLab ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab's address, with a notebook that shows every widget twice."""
    folder = tmp_path_factory.mktemp("lab")
    source = Path(widget_pages.__file__).read_text(encoding="utf-8")
    helpers = source[source.index("def parabola") : source.index("def static_page")]
    packages = ("from typing import Any", "import numpy as np, torch", "from torch import nn")
    imports = "\n".join([*packages, "from course_utils import plots, widgets"])
    show = "display(*[make() for _ in range(2) for make in MAKE.values()])"  # for the keys, and for the mouse
    cells = [nbformat.v4.new_code_cell("\n".join([imports, helpers, show]))]
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC}), folder / "widgets.ipynb"
    )
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}",
         "--IdentityProvider.token=", "--LabApp.collaborative=False", f"--ServerApp.root_dir={folder}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data")},
    )  # fmt: skip
    yield f"http://127.0.0.1:{port}/lab/tree/widgets.ipynb"
    server.terminate()
    server.wait(30)


def test_every_widget_answers_in_jupyterlab_with_the_same_numbers(browser, lab, gallery, tmp_path):
    static = open_page(browser, gallery, tmp_path)
    page = browser.new_context(viewport={"width": 1300, "height": 900}).new_page()
    _open_when_ready(page, lab)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".dl-widget").nth(2 * len(MAKE) - 1).wait_for(timeout=90_000)
    for i, name in enumerate(MAKE):
        here, there = page.locator(".dl-widget").nth(i), static.locator(".dl-widget").nth(i)
        assert status(here) == status(there)
        assert by_keyboard(name, here) == by_keyboard(name, there), name
        assert by_pointer(name, page.locator(".dl-widget").nth(len(MAKE) + i), touch=False)
    page.context.close()
    static.context.close()


def _open_when_ready(page: Any, address: str) -> None:
    """Open a page of a server that is still starting."""
    for _ in range(120):
        try:
            page.goto(address)
            break
        except Error:
            page.wait_for_timeout(500)
    page.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for(timeout=90_000)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=90_000)
    page.get_by_text("| Idle", exact=False).wait_for(timeout=90_000)
    page.get_by_role("button", name="No", exact=True).click()  # no Jupyter news
    # on a busy machine the kernel may come after its sign: then JupyterLab asks which one
    page.add_locator_handler(page.get_by_role("button", name="Select", exact=True), lambda button: button.click())
