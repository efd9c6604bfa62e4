"""What the tests do with LatentPlane."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.kit.net import export, packed, unpacked
from course_utils.widgets.latent_plane import LatentPlane

SIZE = (5, 7)
POINT = "the latent point z"


def painter(hidden: int = 9, pixels: int = 35) -> nn.Sequential:
    """A decoder with weights that are drawn, one row of them 0."""
    first, second, last = nn.Linear(2, hidden), nn.Linear(hidden, 6), nn.Linear(6, pixels)
    rng = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for layer in (first, second, last):
            for parameter in layer.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=rng))
        first.weight[3] = 0
    return nn.Sequential(first, nn.Tanh(), second, nn.ReLU(), last)


def points() -> tuple[Tensor, list[str]]:
    """Codes (30, 2) in three groups, and their labels."""
    rng = torch.Generator().manual_seed(2)
    middle = torch.tensor([[0.0, 0.0], [2.0, 0.5], [-1.0, 1.5]]).repeat_interleave(10, dim=0)
    return middle + 0.2 * torch.randn(30, 2, generator=rng), [*"aaaaaaaaaabbbbbbbbbbcccccccccc"]


def example(decoder: nn.Module | None = None, logits: bool = True, **traits: Any) -> LatentPlane:
    return LatentPlane(decoder or painter(), *points(), shape=SIZE, logits=logits, **traits)


DECODE = """
  const decode = m.decoderOf(x.layers, new DataView(Uint8Array.from(x.bytes).buffer), x.size);
  const tiles = m.tiled(decode, x.size, 3);
  return { pictures: x.places.map((z) => [...decode(z)]), shape: tiles.shape,
           corner: Array.from({ length: x.size[0] * x.size[1] }, (_, k) =>
             tiles.data[Math.floor(k / x.size[1]) * tiles.shape[1] + (k % x.size[1])]) };"""
NEAR = """
  const near = m.nearestCodes(x.codes, x.place, x.count);
  return { places: near.map(({ i }) => i), distances: near.map(({ distance }) => distance),
           counts: m.counts(x.labels, near) };"""
PRIOR = """
  const draws = Array.from({ length: x.count }, (_, n) => m.drawn(n, 8));
  const far = draws.filter((z) => Math.hypot(...z) > x.radius).length;
  const mean = (f) => draws.reduce((sum, z) => sum + f(z), 0) / x.count;
  return { share: far / x.count, said: m.farther([x.radius, 0]), means: [mean((z) => z[0]), mean((z) => z[1])],
           squares: [mean((z) => z[0] ** 2), mean((z) => z[1] ** 2), mean((z) => z[0] * z[1])] };"""


def equal() -> Iterator[Equal]:
    """Pictures as torch's decoder with the weights of the page makes them; codes by distance; the prior."""
    net = painter()
    layers, weights = export(net)
    places = torch.tensor([[0.0, 0.0], [1.5, -0.7], [-2.5, 2.0], [-3 + 3 / 13, 3 - 3 / 13]])
    argument = {"layers": [*layers, {"kind": "sigmoid"}], "bytes": list(packed(weights))}
    argument |= {"places": places.tolist(), "size": list(SIZE)}
    yield Equal(DECODE, argument, partial(decoded, net=net, places=places), rtol=1e-4, atol=1e-5)
    codes, labels = points()
    argument = {"codes": codes.flatten().tolist(), "labels": labels, "place": [1.1, 0.3], "count": 13}
    distance = (codes.double() - torch.tensor([1.1, 0.3]).double()).norm(dim=1)
    order = distance.argsort()[:13]
    names = [labels[i] for i in order]
    table = sorted(((name, names.count(name)) for name in set(names)), key=lambda pair: -pair[1])
    yield Equal(
        NEAR,
        argument,
        lambda got: [
            (got["places"], order),
            (got["distances"], distance[order]),
            ([[ord(name), n] for name, n in got["counts"]], [[ord(name), n] for name, n in table]),
        ],
        rtol=1e-5,
    )
    yield Equal(
        PRIOR,
        {"count": 20_000, "radius": 1.3},
        lambda got: [
            (got["share"], np.exp(-(1.3**2) / 2)),
            (got["said"], np.exp(-(1.3**2) / 2)),
            (got["means"], [0, 0]),
            (got["squares"], [1, 1, 0]),
        ],
        atol=0.025,
    )


def decoded(got: Any, net: nn.Sequential, places: Tensor) -> list[tuple[Any, Any]]:
    """The pictures, and the upper left one of the grid, of torch's decoder with the weights that the page has."""
    row = torch.tensor(np.frombuffer(unpacked(packed(export(net)[1])), "<f4"))
    nn.utils.vector_to_parameters(row, net.parameters())
    with torch.no_grad():
        pictures = net(places).sigmoid()
    return [(got["pictures"], pictures), (got["corner"], pictures[-1]), (got["shape"], [13 * 5, 13 * 7])]


def single() -> nn.Sequential:
    """A decoder that keeps a picture's shape, of a latent space of size 3."""
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 35))


EXAMPLE = Example(
    make=example,
    keys=[
        Press("slider", POINT, "ArrowRight ArrowUp", says="z = (0.05, 0.05)"),
        Press("slider", POINT, "Shift+ArrowRight Shift+ArrowRight Shift+ArrowRight Shift+ArrowRight", says=": b,"),
        Press("button", "draw from the prior", "Enter", says="Draw 1 from the prior"),
        Press("button", "pictures", "Enter", says="13 × 13 decoded pictures"),
        Press("slider", POINT, "Shift+ArrowLeft", says="from the origin"),
    ],
    pointer=[Drag("slider", POINT, 60, -30), Tap("button", "draw from the prior")],
    bad=[
        Bad({"place": [9, 0]}, "must lie between"),
        Bad({"place": [None, 0]}, "not a finite number"),
        Bad({"labels": ["a", "b"]}, "2 labels for 30 codes"),
        Bad({"size": [5, 8]}, "35 numbers for a picture of 5 × 8"),
        Bad({"layers": [{"kind": "linear", "inputs": 2, "outputs": 3}]}, "more weights than its layers need"),
    ],
    refused=[
        Refused(WidgetError, "a latent of size 2", lambda: example(single())),
        Refused(
            WidgetError,
            "a latent space of size 2",
            lambda: LatentPlane(painter(), torch.rand(4, 3), "abcd", shape=SIZE),
        ),
        Refused(
            WidgetError, "5 labels for 4 codes", lambda: LatentPlane(painter(), torch.rand(4, 2), "abcde", shape=SIZE)
        ),
        Refused(WidgetError, "needs 40", lambda: LatentPlane(painter(), *points(), shape=(5, 8))),
        Refused(WidgetError, "outside 0..1", lambda: example(logits=False)),
        Refused(WidgetError, "give 1 to 600", lambda: LatentPlane(painter(), torch.rand(0, 2), "", shape=SIZE)),
        Refused(
            WidgetError,
            "not a finite number",
            lambda: LatentPlane(painter(), torch.full((2, 2), torch.nan), "ab", shape=SIZE),
        ),
        Refused(
            WidgetError,
            "more than 8 letters",
            lambda: LatentPlane(painter(), torch.rand(1, 2), ["a long label"], shape=SIZE),
        ),
        Refused(
            WidgetError, "cannot run in the page", lambda: example(nn.Sequential(nn.Linear(2, 35), nn.Hardtanh()))
        ),
    ],
    equal=equal,
)
