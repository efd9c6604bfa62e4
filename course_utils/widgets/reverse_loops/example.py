"""What the tests do with ReverseLoops."""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from traitlets import TraitError

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused
from course_utils.widgets.kit.net import export, packed, unpacked
from course_utils.widgets.reverse_loops import ReverseLoops

TIMES = "return x.steps.map((steps) => m.timesOf(x.T, steps)).flat();"
PREDICT = """
  const predict = m.predictorOf(x.layers, new DataView(Uint8Array.from(x.bytes).buffer), x.width);
  return [...predict(x.points, x.t)];"""
STEP = """
  const sds = m.LOOPS.map((loop) => m.sigmaOf(loop, x.at, x.as, 0.3));
  return { sds, x: sds.map((sd) => [...m.stepOf(x.points, x.eps, x.z, x.at, x.as, sd)]) };"""
ENERGY = "return m.energyOf(x.a, x.b);"


def predictor(embedding: int = 6) -> nn.Sequential:
    """A small network with weights that are drawn."""
    net = nn.Sequential(nn.Linear(2 + embedding, 9), nn.SiLU(), nn.Linear(9, 2))
    rng = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=rng))
    return net


def schedule(T: int = 30) -> Tensor:
    return torch.linspace(1, 0, T + 1, dtype=torch.float64)[:-1].square().contiguous()


def example(**traits: Any) -> ReverseLoops:
    points = torch.randn(50, 2, generator=torch.Generator().manual_seed(1))
    return ReverseLoops(predictor(), schedule(), points, **traits)


def predicted(got: Any, points: Tensor, t: int) -> list[tuple[Any, Any]]:
    """The noise as torch's network gives it with the weights that the page has."""
    net = predictor()
    row = torch.tensor(np.frombuffer(unpacked(packed(export(net)[1])), "<f4"))
    nn.utils.vector_to_parameters(row, net.parameters())
    angle = t * torch.exp(torch.linspace(0, -math.log(10_000), 3))
    code = torch.cat([angle.sin(), angle.cos()]).expand(len(points), 6)
    with torch.no_grad():
        return [(got, net(torch.cat([points, code], dim=1)).flatten())]


def equal() -> Iterator[Equal]:
    """The steps that are taken; the network's noise; one step of each loop; the energy distance."""
    counts = (1, 3, 7, 16, 80, 200)
    times = [torch.linspace(200, 0, k + 1, dtype=torch.float64).round().long() for k in counts]
    yield Equal(TIMES, {"T": 200, "steps": list(counts)}, lambda got: [(got, torch.cat(times))])
    rng = torch.Generator().manual_seed(2)
    points, eps, z = torch.randn(3, 5, 2, generator=rng, dtype=torch.float64)
    layers, weights = export(predictor())
    argument = {"layers": layers, "bytes": list(packed(weights)), "width": 6, "t": 17}
    argument |= {"points": points.flatten().tolist()}
    yield Equal(PREDICT, argument, partial(predicted, points=points.float(), t=17), rtol=1e-4, atol=1e-5)
    a_t, a_s = 0.35, 0.6
    argument = {"at": a_t, "as": a_s, **{n: v.flatten().tolist() for n, v in (("points", points), ("eps", eps))}}
    posterior = ((1 - a_s) / (1 - a_t) * (1 - a_t / a_s)) ** 0.5
    sds = torch.tensor([posterior, 0.3 * posterior, (1 - a_s) ** 0.5], dtype=torch.float64)
    x0 = ((points - (1 - a_t) ** 0.5 * eps) / a_t**0.5).clamp(-3, 3)
    noise = (points - a_t**0.5 * x0) / (1 - a_t) ** 0.5
    want = [a_s**0.5 * x0 + (1 - a_s - sd**2).clamp(min=0).sqrt() * noise + sd * z for sd in sds]
    rows = torch.stack(want).flatten(1)
    yield Equal(
        STEP,
        argument | {"z": z.flatten().tolist()},
        lambda got: [(got["sds"], sds), (got["x"], rows)],
        rtol=1e-9,
        atol=1e-9,
    )
    a, b = points, torch.randn(7, 2, generator=rng, dtype=torch.float64)
    within = [torch.cdist(v, v).sum() / (len(v) * (len(v) - 1)) for v in (a, b)]
    distance = 2 * torch.cdist(a, b).mean() - sum(within)
    yield Equal(
        ENERGY, {"a": a.flatten().tolist(), "b": b.flatten().tolist()}, lambda got: [(got, distance)], rtol=1e-9
    )


EXAMPLE = Example(
    make=example,
    keys=[
        Press("slider", "steps", "ArrowRight", says="Step 21 of 21"),
        Press("slider", "steps done", "Home", says="Step 0 of 21, t = 29 of 29"),
        Press("slider", "η of DDIM", "End", says="η = 1"),
        Press("slider", "start", "ArrowRight", says="start 2"),
    ],
    pointer=[Drag("slider", "steps", 30, 0), Drag("slider", "start", 30, 0)],
    bad=[
        Bad({"steps": 31}, "trained with 29"),
        Bad({"eta": 2}, "must lie between"),
        Bad({"layers": [{"kind": "linear", "inputs": 8, "outputs": 3}]}, "more weights than its layers need"),
    ],
    refused=[
        Refused(TraitError, "trained with 29 steps", lambda: example(steps=31)),
        Refused(WidgetError, "give (m, 2)", lambda: ReverseLoops(predictor(), schedule(), torch.rand(4, 3))),
        Refused(
            WidgetError,
            "not a finite",
            lambda: ReverseLoops(predictor(), schedule(), torch.full((4, 2), torch.nan)),
        ),
        Refused(WidgetError, "has to fall", lambda: ReverseLoops(predictor(), schedule().flip(0), torch.rand(4, 2))),
        Refused(WidgetError, "give (T + 1,)", lambda: ReverseLoops(predictor(), torch.ones(1), torch.rand(4, 2))),
        Refused(WidgetError, "an even number", lambda: ReverseLoops(predictor(5), schedule(), torch.rand(4, 2))),
        Refused(
            WidgetError,
            "two numbers",
            lambda: ReverseLoops(nn.Sequential(nn.Linear(8, 3)), schedule(), torch.rand(4, 2)),
        ),
    ],
    equal=equal,
)
