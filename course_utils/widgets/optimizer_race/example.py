"""What the tests do with OptimizerRace."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from traitlets import TraitError

from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.optimizer_race import OptimizerRace

RACE: dict[str, Any] = {"start": [-3.1, 1.7], "steps": 40, "eta": 0.03, "alpha": 0.8, "kappa": 17.0, "batch": 0}


def equal() -> Iterator[Equal]:
    """Three optimisers take torch's steps; Nesterov those of its formula; noise is the same for all."""
    for name in ("gd", "momentum", "adam"):
        yield Equal("return m.race(...x)", [name, RACE], partial(beside_torch, name=name))
    yield Equal("return m.race(...x)", ["nesterov", RACE], lambda got: [(got, nesterov())])
    runs = [["gd", {**RACE, "steps": 1, "batch": batch}] for batch in (0, 1, 4)]
    yield Equal("return x.map((run) => m.race(...run)[1])", runs, noise)


def beside_torch(got: Any, name: str) -> list[tuple[Any, Any]]:
    return [(got, steps_of_torch(name))]


def steps_of_torch(name: str) -> list[list[float]]:
    w = torch.tensor(RACE["start"], dtype=torch.float64, requires_grad=True)
    eta, alpha = RACE["eta"], RACE["alpha"]
    optimiser: torch.optim.Optimizer = {
        "gd": lambda: torch.optim.SGD([w], lr=eta),
        "momentum": lambda: torch.optim.SGD([w], lr=eta, momentum=alpha),
        "adam": lambda: torch.optim.Adam([w], lr=eta, betas=(alpha, 0.999)),
    }[name]()
    path = [w.detach().tolist()]
    for _ in range(RACE["steps"]):
        optimiser.zero_grad()
        (0.5 * (w[0] ** 2 + RACE["kappa"] * w[1] ** 2)).backward()
        optimiser.step()
        path.append(w.detach().tolist())
    return path


def nesterov() -> list[list[float]]:
    w, v, path = np.array(RACE["start"]), np.zeros(2), [RACE["start"]]
    for _ in range(RACE["steps"]):
        v = RACE["alpha"] * v - RACE["eta"] * np.array([1, RACE["kappa"]]) * (w + RACE["alpha"] * v)
        w = w + v
        path.append(w.tolist())
    return path


def noise(got: Any) -> list[tuple[Any, Any]]:
    """Its standard deviation falls with the square root of the batch; both coordinates have some."""
    full, one, four = map(np.array, got)
    return [(one - full, 2 * (four - full)), (np.abs(one - full).min() > 0, True)]


EXAMPLE = Example(
    make=OptimizerRace,
    keys=[
        Press("slider", "start", "Shift+ArrowRight ArrowDown", says="Loss after 60 steps: gradient descent"),
        Press("button", "1", "Enter", says="reaches a neighbourhood of the minimum"),
        Press("slider", "learning rate η", "End", says="gradient descent diverges"),
    ],
    pointer=[Drag("slider", "start", 90, 60), Tap("button", "16")],
    bad=[
        Bad({"start": []}, "The start is empty"),
        Bad({"start": [None, 1]}, "not a finite number"),
        Bad({"start": [0, 5]}, "w2 of the start is 5.000; it must lie between −4.000 and 4.000"),
        Bad({"eta": -1}, "must lie between"),
    ],
    refused=[
        Refused(TraitError, "nan; give a finite number", lambda: OptimizerRace(start=[1.0, float("nan")])),
        Refused(TraitError, "length 2", lambda: OptimizerRace(start=[1.0])),
    ],
    equal=equal,
)
