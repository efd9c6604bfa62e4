"""What the tests do with TemplateThreshold."""

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from traitlets import TraitError

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.kit.net import export, packed, unpacked
from course_utils.widgets.template_threshold import TemplateThreshold

BOARD = "The pictures: choose one with the pointer or the arrow keys"
NAMES = ["bar", "step", "ring"]


def shapes() -> tuple[Tensor, Tensor]:
    """Six pictures of each class, with noise.   -> X (18, 1, 10, 9), y (18,)"""
    rng = torch.Generator().manual_seed(4)
    clean = torch.zeros(3, 1, 10, 9)
    clean[0, 0, 1:9, 3:5] = 0.8
    clean[1, 0, 5:9, 1:8] = 0.7
    clean[2, 0, 2:8, 1:7] = 0.9
    clean[2, 0, 4:6, 3:5] = 0
    y = torch.arange(3).repeat(6)
    return (clean[y] + 0.15 * torch.randn(18, 1, 10, 9, generator=rng)).clamp(0, 1), y


def network(seed: int = 0) -> nn.Sequential:
    """An embedding with weights of every block full."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 5 * 4, 6)
    )


def example(**traits: Any) -> TemplateThreshold:
    return TemplateThreshold({"embedding": network(0), "another": network(1)}, *shapes(), NAMES, **traits)


EMBEDDED = """
  const rows = m.cut(m.unpacked(new DataView(Uint8Array.from(x.bytes).buffer)), x.counts);
  const input = [{ data: Float32Array.from(x.picture), shape: [1, 10, 9] }];
  return rows.map((row, k) => ({ row: [...row], e: [...m.run(x.layers[k], row, input).data] }));"""
COMPARED = """
  const vectors = x.vectors.map((own) => own.map((e) => Float64Array.from(e)));
  const compared = m.comparisons(vectors, x.templates);
  return { d: compared.map(({ d }) => d), truth: compared.map(({ truth }) => truth),
           counts: x.thresholds.map((at) => Object.values(m.claims(compared, at))) };"""
SHEET = "return [...m.sheet(x.rows.map((row) => row.map((p) => Float32Array.from(p))), x.size).data];"


def equal() -> Iterator[Equal]:
    """Networks in 6 bits; distances, and decisions on both sides of each threshold and on it; a sheet of pictures."""
    nets = [network(0), network(1)]
    exported = [export(net) for net in nets]
    argument: dict[str, Any] = {
        "bytes": list(packed(b"".join(row for _, row in exported))),
        "counts": [len(row) // 4 for _, row in exported],
        "layers": [layers for layers, _ in exported],
        "picture": shapes()[0][4].flatten().tolist(),
    }
    yield Equal(EMBEDDED, argument, partial(embedded, nets=nets), rtol=1e-5, atol=1e-6)
    rng = np.random.default_rng(5)
    for templates, each, k in ((2, 5, 7), (3, 4, 2)):
        vectors = rng.normal(size=(4, each, k)) + 2 * rng.normal(size=(4, 1, k))
        d, truth = apart(vectors, templates)
        thresholds = [0.0, float(np.median(d)), float(d.max()), float(d[1, 2])]
        argument = {"vectors": vectors.tolist(), "templates": templates, "thresholds": thresholds}
        yield Equal(COMPARED, argument, partial(decided, d=d, truth=truth, thresholds=thresholds), rtol=1e-9)
    pictures = rng.random((2, 3, 4, 5))
    argument = {"rows": pictures.reshape(2, 3, 20).tolist(), "size": [4, 5]}
    yield Equal(SHEET, argument, lambda got: [(got, np.block([list(row) for row in pictures]).ravel())])


def embedded(got: Any, nets: list[nn.Sequential]) -> Iterator[tuple[Any, Any]]:
    """The weights that Python unpacks; with them torch's embedding, which is near to that of the network itself."""
    whole = np.frombuffer(unpacked(packed(b"".join(export(net)[1] for net in nets))), "<f4")
    yield [value for there in got for value in there["row"]], whole
    picture = shapes()[0][4:5]
    for net, there in zip(nets, got, strict=True):
        coarse = copy.deepcopy(net)
        nn.utils.vector_to_parameters(torch.tensor(there["row"]), coarse.parameters())
        with torch.no_grad():
            yield there["e"], coarse(picture)[0].numpy()
            yield ((coarse(picture) - net(picture)).norm() / net(picture).norm()).item() < 0.1, True


def apart(vectors: np.ndarray, templates: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean distances (queries, classes) and the true classes, by torch."""
    V = torch.tensor(vectors)
    own, asked = V[:, :templates], V[:, templates:].flatten(0, 1)
    d = torch.stack([torch.cdist(asked, each).mean(dim=1) for each in own], dim=1)
    return d.numpy(), np.arange(len(V)).repeat(V.shape[1] - templates)


def decided(got: Any, d: np.ndarray, truth: np.ndarray, thresholds: list[float]) -> Iterator[tuple[Any, Any]]:
    yield got["d"], d
    yield got["truth"], truth
    own = np.eye(d.shape[1], dtype=bool)[truth]
    here = np.array(got["d"])  # on the threshold the last bit decides
    for at, there in zip(thresholds, got["counts"], strict=True):
        within = here <= at
        nearest = (here.argmin(1) == truth).sum()
        yield there, [own.sum(), (~own).sum(), (own & ~within).sum(), (~own & within).sum(), nearest]


def given(**arguments: Any) -> TemplateThreshold:
    """With other arguments than those that fit."""
    X, y = shapes()
    known: dict[str, Any] = {"embeddings": {"embedding": network()}, "X": X, "y": y, "names": NAMES}
    return TemplateThreshold(**(known | arguments))


EXAMPLE = Example(
    make=example,
    keys=[
        Press("application", BOARD, "ArrowRight ArrowDown", says="embedding: this step is nearest to step"),
        Press("slider", "threshold", "Home", says="accepted as none"),
        Press("button", "raw pixels", "Enter", says="raw pixels: this step is nearest to step"),
        Press("slider", "threshold", "End", says="false ones accepted 18 of 18, 100.0 %"),
        Press("button", "another", "Enter", says="another: this step"),
    ],
    pointer=[Drag("slider", "threshold", 30, 0), Tap("button", "raw pixels"), Drag("application", BOARD, 25, 10)],
    bad=[
        Bad({"names": ["bar"]}, "no second class"),
        Bad({"shape": [10, 10]}, "do not fit the classes"),
        Bad({"chosen": [0, 3]}, "There is no picture 0 of class 3"),
        Bad({"chosen": [None, 0]}, "not a finite number"),
        Bad({"networks": []}, "and the networks need 0"),
    ],
    refused=[
        Refused(WidgetError, "give (n, 1, height, width)", lambda: given(X=torch.rand(18, 10, 9))),
        Refused(WidgetError, "give 1 to 28", lambda: given(X=torch.rand(18, 1, 10, 40))),
        Refused(WidgetError, "divide bytes by 255", lambda: given(X=255 * shapes()[0])),
        Refused(WidgetError, "shows 2 to 12", lambda: given(names=NAMES[:1])),
        Refused(WidgetError, "18 pictures need (18,)", lambda: given(y=torch.arange(3))),
        Refused(WidgetError, "class 2 (ring) has 0 pictures", lambda: given(y=torch.arange(18) % 2)),
        Refused(WidgetError, "need 8", lambda: given(queries=5)),
        Refused(WidgetError, "1 to 2 networks", lambda: given(embeddings={})),
        Refused(WidgetError, "one vector for each", lambda: given(embeddings={"flat": nn.Conv2d(1, 2, 3)})),
        Refused(WidgetError, "cannot take the pictures", lambda: given(embeddings={"flat": nn.Linear(4, 2)})),
        Refused(TraitError, "should not be greater than 1", lambda: given(threshold=1.5)),
    ],
    equal=equal,
)
