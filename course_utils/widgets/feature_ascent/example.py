"""What the tests do with FeatureAscent."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from traitlets import TraitError

from course_utils import data, pretrained
from course_utils.widgets.feature_ascent import FeatureAscent, export
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap

Model = tuple[list[dict[str, Any]], bytes]  # layers and weights, as `export` gives them
SETTINGS = [
    {"last": 0, "channel": 4, "tv": 0.0, "jitter": "off", "steps": "pixels"},
    {"last": 9, "channel": 7, "tv": 0.3, "jitter": "on", "steps": "pixels"},
    {"last": 13, "channel": 21, "tv": 0.0, "jitter": "on", "steps": "fourier"},
]
CODE = """
  const [layers, bytes, pictures, settings, square] = x;
  const net = m.unpacked(layers, new DataView(Uint8Array.from(bytes).buffer));
  const pick = (values) => Array.from(values);
  const all = m.values(net, pictures[0], layers.length - 1).list;
  const means = all.map(({ data }) => data.reduce((a, b) => a + b, 0) / data.length);
  const climbs = settings.map(({ last, channel }) => m.climb(net, pictures[0], last, channel));
  const walks = settings.map((how) => {
    let now = Float32Array.from(pictures[1]);
    for (let step = 0; step < 3; step++) now = m.stepped(net, now, how, step);
    return pick(now);
  });
  const other = m.shuffled(net);
  return { means, climbs: climbs.map(({ mean, gradient }) => [mean, pick(gradient)]), walks,
           sorted: other.filter(({ W }) => W).map(({ W }, l) => pick(W.slice().sort())),
           moved: other.filter(({ W }) => W).map(({ W }) => pick(W)),
           smooth: pick(m.smoothed(Float32Array.from(square))), rough: pick(m.roughness(Float32Array.from(square))),
           shifts: Array.from({ length: 3 }, (_, i) => m.shiftOf(i)) };"""


@cache
def network() -> Any:
    return pretrained.efficientnet_lite0()


@cache
def photographs() -> Tensor:
    return torch.stack([data.photo(name, 64) for name in ("cat", "coffee", "flower")])


def make(**traits: Any) -> FeatureAscent:
    return FeatureAscent(network(), photographs(), **traits)


def kernels(model: Model) -> list[tuple[Tensor, Tensor]]:
    """The kernels and biases that the 8-bit numbers stand for, in float64."""
    layers, weights = model
    convolutions = [layer for layer in layers if layer["kind"] == "conv"]
    count = sum(2 * layer["outputs"] for layer in convolutions)
    floats = torch.tensor(np.frombuffer(weights[: 4 * count], "<f4").astype(float))
    whole = torch.tensor(np.frombuffer(weights[4 * count :], np.int8).astype(float))
    found = []
    for layer in convolutions:
        k, o, each = layer["kernel"], layer["outputs"], layer["inputs"] // layer["groups"]
        (factor, bias), floats = floats[: 2 * o].view(2, o), floats[2 * o :]
        W, whole = whole[: o * each * k * k].view(o, each, k, k), whole[o * each * k * k :]
        found.append((W * factor[:, None, None, None], bias))
    return found


def forward(model: Model, picture: Tensor) -> list[Tensor]:
    """What lies behind each layer, by torch.   picture: (3, 64, 64) in 0..1"""
    left = iter(kernels(model))
    x, found = (255 * picture - 127) / 128, list[Tensor]()
    for layer in model[0]:
        if layer["kind"] == "add":
            x = x + found[layer["from"]]
        else:
            x = F.conv2d(
                F.pad(x, layer["padding"])[None], *next(left), stride=layer["stride"], groups=layer["groups"]
            )[0]
            x = F.relu6(x) if layer["relu6"] else x
        found.append(x)
    return found


def mean_and_gradient(model: Model, picture: Tensor, how: dict[str, Any]) -> tuple[float, Tensor]:
    x = picture.clone().requires_grad_()
    mean = forward(model, x)[how["last"]][how["channel"]].mean()
    return mean.item(), torch.autograd.grad(mean, x)[0]


def rough(x: Tensor) -> Tensor:
    x = x.clone().requires_grad_()
    R = x.diff(dim=1).abs().sum() + x.diff(dim=2).abs().sum()
    return torch.autograd.grad(R, x)[0]


def smooth(gradient: Tensor) -> Tensor:
    """Each amplitude divided by the squared frequency, 1/64 at least."""
    f = torch.fft.fftfreq(64, dtype=torch.float64)
    f = torch.hypot(f[:, None], f).clamp(min=1 / 64)
    return torch.fft.ifft2(torch.fft.fft2(gradient) / f.square()).real


def walk(model: Model, picture: Tensor, how: dict[str, Any], shifts: list[list[int]]) -> Tensor:
    x = picture
    for down, right in shifts:
        shift = (down, right) if how["jitter"] == "on" else (0, 0)
        g = mean_and_gradient(model, x.roll(shift, (1, 2)), how)[1].roll((-shift[0], -shift[1]), (1, 2))
        g = smooth(g) if how["steps"] == "fourier" else g
        x = (x + 0.03 * (g / g.square().mean().sqrt() - how["tv"] * rough(x))).clamp(0, 1)
    return x


def equal() -> Iterator[Equal]:
    """Layers, gradients and steps, by torch in float64 with the same 8-bit weights; roughly, by the network."""
    layers, stages, weights = export(network(), 5)
    pictures = [p.double() for p in (photographs()[1], 0.2 + 0.6 * photographs()[0])]
    square = torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    x = [layers, list(weights), [p.flatten().tolist() for p in pictures], SETTINGS, square.flatten().tolist()]
    model = (layers, weights)

    def pairs(got: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
        with torch.no_grad():
            yield got["means"], [value.mean() for value in forward(model, pictures[0])]
        yield got["smooth"], smooth(square).flatten()
        yield got["rough"], rough(square).flatten()
        for how, (mean, gradient), walked in zip(SETTINGS, got["climbs"], got["walks"], strict=True):
            want = mean_and_gradient(model, pictures[0], how)
            yield mean, want[0]
            off = (torch.tensor(gradient) - want[1].flatten()).norm() / want[1].norm()
            yield off.item() < 5e-3, True  # a unit at the kink of ReLU6 may fall on its other side in float32
            far = (torch.tensor(walked) - walk(model, pictures[1], how, got["shifts"]).flatten()).abs()
            yield far.mean().item() < 1e-4, True  # a step divides by a small number: single pixels may differ more
        for there, moved, (W, _) in zip(got["sorted"], got["moved"], kernels(model), strict=True):
            yield there, W.flatten().sort().values
            yield np.mean(np.array(moved) == W.flatten().float().numpy()) < 0.2, True
        yield all(apart < 0.12 for apart in from_the_network(stages, model, pictures[0])), True

    yield Equal(CODE, x, pairs, rtol=1e-3, atol=2e-5)


def from_the_network(stages: list[dict[str, Any]], model: Model, picture: Tensor) -> Iterator[float]:
    """For each stage: how far the 8-bit network's values are from the network's own, relative to their size."""
    with torch.no_grad():
        found = forward(model, picture)
        net = network()
        X = net._swish(net._bn0(net._conv_stem(pretrained.prepare(picture.float()[None]))))
        for i, stage in enumerate(stages):
            X = net._blocks[i - 1](X) if i else X
            yield ((found[stage["at"]] - X[0]).norm() / X.norm()).item()


EXAMPLE = Example(
    make=make,
    keys=[
        Press("slider", "channel", "ArrowRight", says="channel 6 behind block 2"),
        Press("slider", "step", "ArrowRight ArrowRight", says="after 2 steps from noise"),
        Press("button", "stem", "Enter", says="behind the stem"),
        Press("button", "photograph", "Enter", says="from the photograph"),
    ],
    pointer=[Drag("slider", "channel", 60, 0), Tap("button", "photograph"), Drag("slider", "step", -30, 0)],
    bad=[
        Bad({"step": None}, "The step holds a value that is not a finite number"),
        Bad({"stage": 9}, "There is no layer 9; there are 5"),
        Bad({"layers": []}, "weights are damaged"),
    ],
    refused=[
        Refused(TraitError, "should not be greater than 60", lambda: make(step=61)),
        Refused(WidgetError, "the network is a Linear", lambda: FeatureAscent(nn.Linear(2, 3), photographs())),
        Refused(WidgetError, "give (n, 3, 64, 64)", lambda: FeatureAscent(network(), photographs()[:, :, :32])),
        Refused(WidgetError, "from 0 to 1", lambda: FeatureAscent(network(), 255 * photographs())),
        Refused(WidgetError, "blocks is 0", lambda: FeatureAscent(network(), photographs(), blocks=0)),
        Refused(WidgetError, "a page can hold 120000", lambda: FeatureAscent(network(), photographs(), blocks=8)),
    ],
    equal=equal,
)
