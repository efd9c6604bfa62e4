"""What the tests do with RingGame."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from traitlets import TraitError

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.ring_game import RingGame

SETTINGS = {"start": 3, "modes": 5, "radius": 1.5, "spread": 0.2, "hidden": 7, "judge": 5, "rate": 0.01}
MOVES = "DDNDSSDN"

PLAY = """
  const game = m.newGame(x.settings);
  const before = { G: [...game.G.row], D: [...game.D.row] };
  const batches = [...x.moves].map((_, n) => m.batchOf(x.settings, n)).map(({ z, real }) => [[...z], [...real]]);
  for (const letter of x.moves) m.move(game, letter);
  const points = m.generated(game, Float64Array.from(x.probe));
  return { before, batches, G: [...game.G.row], D: [...game.D.row], losses: game.losses.map(([, , loss]) => loss),
           points: [...points], N: [...m.pushes(game, points, "N")], S: [...m.pushes(game, points, "S")] };"""
COUNT = """
  const { holds, covered, on } = m.counted(x.points, x.settings);
  return { holds: holds.map(Number), covered, on };"""
DATA = """
  const all = Array.from({ length: 400 }, (_, n) => m.batchOf(x, n));
  const real = all.flatMap(({ real }) => [...real]), z = all.flatMap(({ z }) => [...z]);
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const off = real.map((value, i) => value - m.centres(x)[(i >> 1) % 64 % x.modes][i & 1]);
  return { z: [mean(z), mean(z.map((v) => v * v))], off: [mean(off), mean(off.map((v) => v * v))],
           both: mean(z.map((v, i) => v * off[i])) };"""


def network(row: list[float], sizes: list[int]) -> nn.Sequential:
    """torch's network with the weights of a row."""
    values, at, layers = torch.tensor(row, dtype=torch.float64), 0, []
    for inputs, outputs in itertools.pairwise(sizes):
        layer = nn.Linear(inputs, outputs).double()
        with torch.no_grad():
            layer.weight.copy_(values[at : at + inputs * outputs].reshape(outputs, inputs))
            layer.bias.copy_(values[at + inputs * outputs :][:outputs])
        at += (inputs + 1) * outputs
        layers += [layer, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def weights(net: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def played(got: Any, probe: Tensor) -> list[tuple[Any, Any]]:
    """The same game, played by torch's networks, autograd and Adam."""
    G = network(got["before"]["G"], [2, 7, 7, 2])
    D = network(got["before"]["D"], [2, 5, 5, 1])
    optimisers = {name: torch.optim.Adam(net.parameters(), 0.01, (0.5, 0.99)) for name, net in (("G", G), ("D", D))}
    losses = []
    for letter, batch in zip(MOVES, got["batches"], strict=True):
        z, real = (torch.tensor(each, dtype=torch.float64).reshape(-1, 2) for each in batch)
        fake = D(G(z))
        if letter == "D":
            logits = torch.cat([D(real), fake])
            targets = torch.cat([torch.ones_like(fake), torch.zeros_like(fake)])
            loss = 2 * F.binary_cross_entropy_with_logits(logits, targets)
        else:
            loss = -F.logsigmoid(fake).mean() if letter == "N" else F.logsigmoid(-fake).mean()
        optimiser = optimisers["D" if letter == "D" else "G"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    points = G(probe).detach().requires_grad_()
    push_n = torch.autograd.grad(F.logsigmoid(D(points)).sum(), points)[0]
    push_s = -torch.autograd.grad(F.logsigmoid(-D(points)).sum(), points)[0]
    return [
        (got["losses"], losses),
        (got["G"], weights(G)),
        (got["D"], weights(D)),
        (got["points"], points.detach().flatten()),
        (got["N"], push_n.flatten()),
        (got["S"], push_s.flatten()),
    ]


def equal() -> Iterator[Equal]:
    """Eight moves as torch plays them; the count of covered Gaussians; the draws of the batches."""
    probe = torch.randn(11, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    argument = {"settings": SETTINGS, "moves": MOVES, "probe": probe.flatten().tolist()}
    yield Equal(PLAY, argument, partial(played, probe=probe), rtol=1e-7, atol=1e-9)
    angle = np.arange(5) * 2 * np.pi / 5
    centres = 1.5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    near = [centres[0] + [0.59, 0.0], centres[0] - [0.0, 0.61], centres[1] + 0.4, centres[3], [0.0, 0.0]]
    points = np.concatenate([np.array(near), np.full((300, 2), 9.0), np.tile(centres[2], (7, 1))])
    distance = np.linalg.norm(points[:, None] - centres, axis=2)
    inside = (distance <= 0.6).sum(0)
    argument = {"points": points.ravel().tolist(), "settings": SETTINGS}
    holds = (inside >= len(points) / 50).astype(int)
    want = [holds.tolist(), int(holds.sum()), inside.sum() / len(points)]
    yield Equal(COUNT, argument, lambda got: list(zip([got["holds"], got["covered"], got["on"]], want, strict=True)))
    yield Equal(
        DATA,
        SETTINGS,
        lambda got: [(got["z"], [0, 1]), (got["off"], [0, 0.04]), (got["both"], 0)],
        atol=0.02,
    )


EXAMPLE = Example(
    make=RingGame,
    keys=[
        Press("button", "discriminator step", "Enter", says="10 steps of the discriminator, 0 of the generator"),
        Press("button", "generator step", "Enter", says="10 steps of the discriminator, 10 of the generator"),
        Press("button", "restart", "Enter", says="Start 1: 0 steps of the discriminator, 0 of the generator"),
    ],
    pointer=[Tap("button", "generator step"), Drag("slider", "start", 40, 0), Tap("button", "discriminator step")],
    bad=[
        Bad({"moves": "DNX"}, "The move X is not one of"),
        Bad({"moves": "D" * 4001}, "at most 4000 letters"),
        Bad({"moves": None}, "at most 4000 letters"),
    ],
    refused=[
        Refused(TraitError, "give D, N and S only", lambda: RingGame(moves="DG")),
        Refused(TraitError, "at most 4000", lambda: RingGame(moves="D" * 4001)),
        Refused(WidgetError, "overlap on a ring", lambda: RingGame(spread=0.3)),
    ],
    equal=equal,
)
