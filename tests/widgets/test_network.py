"""Trained networks in the page: the forward pass of kit/net.js is torch's, and what it cannot run is refused."""

import base64

import numpy as np
import pytest
import torch
from torch import nn

from course_utils import widgets
from course_utils.widgets import WidgetError
from course_utils.widgets.kit import net as network
from tests.support.widget_driver import call


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (nn.PReLU(), "PReLU"),
        (nn.LSTM(2, 2), "LSTM"),
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


@pytest.mark.browser
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
    gots = call(blank, "kit/net", code, cases)
    for seed, (got, want) in enumerate(zip(gots, wants, strict=True)):
        assert len(got) == len(want), seed
        assert np.allclose(got, want, rtol=1e-5, atol=1e-5), seed


@pytest.mark.browser
def test_a_network_that_does_not_fit_says_so(blank):
    code = "try { m.forward(x, new Float32Array(2), [1, 2, 3], [3]); } catch (e) { return e.message; }"
    linear = [{"kind": "linear", "inputs": 2, "outputs": 1}]
    assert "needs 2 numbers, and gets 3" in call(blank, "kit/net", code, linear)
    assert "lstm is not known" in call(blank, "kit/net", code, [{"kind": "lstm"}])
    assert "more weights" in call(blank, "kit/net", code, [{"kind": "relu"}])
    short = [{"kind": "linear", "inputs": 3, "outputs": 1}]
    assert "fewer weights" in call(blank, "kit/net", code, short)
