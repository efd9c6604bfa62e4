"""What the tests do with DrawSegments."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from traitlets import TraitError

from course_utils.widgets.draw_segments import COLOURS, DrawSegments, stamp
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.kit.net import export

PAD = "Draw a shape here: pointer, or arrow keys and Space"
NAMES = ["background", "disc", "square"]


class Skip(nn.Module):
    """Scores at half the size; with `fine`, enlarged and added to scores at full size, and a join as a U-Net's."""

    def __init__(self, fine: bool, channels: int = 3):
        super().__init__()
        self.fine = fine
        self.conv, self.norm = nn.Conv2d(channels, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.pool, self.down = nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1)
        self.low, self.high = nn.Conv2d(8, 3, 1), nn.Conv2d(10, 3, 1)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        a = F.relu(self.norm(self.conv(x)))
        b = F.relu(self.down(self.pool(a)))
        if not self.fine:
            return self.low(b)
        large = F.interpolate(self.low(b), scale_factor=2, mode="bilinear", align_corners=False)
        return large + self.high(torch.cat([self.up(b), a], 1))


def network(fine: bool, channels: int = 3) -> Skip:
    """A network with numbers of its own in batch normalisation, too."""
    torch.manual_seed(3 + fine)
    net = Skip(fine, channels).eval()
    for values in (net.norm.weight, net.norm.bias, net.norm.running_mean):
        assert values is not None
        values.data.normal_()
    assert net.norm.running_var is not None
    net.norm.running_var.uniform_(0.5, 2)
    return net


def background(channels: int = 3, height: int = 16, width: int = 16) -> Tensor:
    rng = torch.Generator().manual_seed(5)
    return (0.3 + 0.08 * torch.randn(channels, height, width, generator=rng)).clamp(0, 1)


def example(**traits: Any) -> DrawSegments:
    nets = {"without a skip": network(False), "one skip": network(True)}
    return DrawSegments(nets, background(), NAMES, **traits)


RUN = """
  const image = Float32Array.from(x.image);
  const rows = m.shared(Float32Array.from(x.weights), x.counts);
  const scores = rows.map((weights, k) => m.network({ name: "a", layers: x.layers[k], weights }, x.shape, 3)(image));
  return scores.map(({ data }) => [...data]);"""
ENLARGED = """
  const scores = { data: Float32Array.from(x.scores), shape: x.shape };
  return ["nearest", "bed of nails", "bilinear"].map((how) => {
    const large = m.enlarged(scores, x.size, how);
    return { data: [...large.data], labels: [...m.labelsOf(large)] };
  });"""
PAINTED = """
  const { image, truth } = m.painted(Float32Array.from(x.background), x.strokes, x);
  return { image: [...image], truth: [...truth] };"""
COMPARED = """
  const [labels, truth] = [x.labels, x.truth].map((row) => Uint8Array.from(row));
  return [m.compared(labels, truth, x.size, 4), [...m.boundary(truth, x.size)]];"""


def equal() -> Iterator[Equal]:
    """Networks beside torch's; the three ways to enlarge; filled outlines; the scores."""
    yield answered([network(False), network(True)], 3)
    yield answered([network(False, 1)], 1)
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(3, 2, 3))
    argument = {"scores": scores.ravel().tolist(), "shape": [3, 2, 3], "size": [8, 12]}
    yield Equal(ENLARGED, argument, partial(enlarged, scores=scores), rtol=1e-5, atol=1e-5)
    for channels in (1, 3):
        yield drawn(channels)
    truth = rng.integers(0, 3, (5, 7)).repeat(2, 0).repeat(2, 1)
    labels = np.where(rng.random(truth.shape) < 0.3, rng.integers(0, 3, truth.shape), truth)
    labels[3, 4:9] = 255
    argument = {"labels": labels.ravel().tolist(), "truth": truth.ravel().tolist(), "size": list(truth.shape)}
    yield Equal(COMPARED, argument, partial(scored, labels=labels, truth=truth))


def answered(nets: list[Skip], channels: int) -> Equal:
    """The scores of each network, whose weights stand in one row."""
    exported = [export(net) for net in nets]
    image = torch.rand(channels, 12, 20, generator=torch.Generator().manual_seed(2))
    argument = {
        "weights": np.frombuffer(b"".join(row for _, row in exported), "<f4").tolist(),
        "counts": [len(row) // 4 for _, row in exported],
        "layers": [layers for layers, _ in exported],
        "image": image.flatten().tolist(),
        "shape": list(image.shape),
    }
    with torch.no_grad():
        wants = [net(image[None])[0].flatten().numpy() for net in nets]
    return Equal(RUN, argument, lambda got: list(zip(got, wants, strict=True)), rtol=1e-5, atol=1e-5)


def enlarged(got: Any, scores: np.ndarray) -> list[tuple[Any, Any]]:
    """Beside torch's nearest and bilinear; a bed of nails has a score in one pixel of 16, and no label elsewhere."""
    small = torch.tensor(scores)[None]
    nails = torch.zeros(1, 3, 8, 12, dtype=torch.float64)
    nails[:, :, ::4, ::4] = small
    smooth = F.interpolate(small, size=(8, 12), mode="bilinear", align_corners=False)
    wants = [F.interpolate(small, size=(8, 12), mode="nearest"), nails, smooth]
    pairs = []
    for result, want in zip(got, wants, strict=True):
        labels = want[0].argmax(0).masked_fill((want[0] == want[0, :1]).all(0), 255)
        pairs += [(result["data"], want.flatten().numpy()), (result["labels"], labels.flatten().numpy())]
    return pairs


def drawn(channels: int) -> Equal:
    """Filled outlines by the turns round each pixel; later shapes cover earlier ones; noise from the background."""
    height, width = 11, 17
    back = background(channels, height, width).double().numpy()
    colours = [list(colour[:channels]) for colour in COLOURS]
    outline = [[0.11, 0.13], [0.93, 0.42], [0.31, 0.97], [0.52, 0.05], [0.77, 0.88]]  # crosses itself
    strokes: list[dict[str, Any]] = [
        {"points": outline, "label": 2},
        {"points": [[0.3, 0.4]], "label": 1},
        {"points": [[0.8, 0.7], [0.81, 0.7], [0.8, 0.66]], "label": 2},
    ]
    stamps = [stamp("disc"), stamp("square")]
    argument = {
        "background": back.ravel().tolist(),
        "shape": [channels, height, width],
        "strokes": strokes,
        "colours": colours,
        "stamps": stamps,
    }
    image, truth = back.copy(), np.zeros((height, width))
    middles = np.array([[j, i] for i in range(height) for j in range(width)]) + 0.5
    for k, stroke in enumerate(strokes):
        ends = np.array(stroke["points"])
        if np.hypot(*(ends - ends[0]).T).max() <= 0.06:
            ends = ends[0] + np.array(stamps[stroke["label"] - 1])
        inside = turns(ends * [width, height], middles).reshape(height, width) != 0
        truth[inside] = stroke["label"]
        for c in range(channels):
            coloured = (colours[k][c] + back[c] - back[c].mean()).clip(0, 1)
            image[c] = np.where(inside, coloured, image[c])
    return Equal(
        PAINTED,
        argument,
        lambda got: [(got["truth"], truth.ravel()), (got["image"], image.ravel())],
        rtol=1e-5,
        atol=1e-5,
    )


def turns(ends: np.ndarray, middles: np.ndarray) -> np.ndarray:
    """How often the closed outline goes round each point: the angles under which its sides are seen, added up."""
    to = ends - middles[:, None]
    angles = np.arctan2(to[..., 1], to[..., 0])
    steps = np.diff(np.concatenate([angles, angles[:, :1]], axis=1), axis=1)
    return np.round(((steps + np.pi) % (2 * np.pi) - np.pi).sum(axis=1) / (2 * np.pi))


def scored(got: Any, labels: np.ndarray, truth: np.ndarray) -> list[tuple[Any, Any]]:
    """mIoU without the class that is in neither map; the band by torch's pooling; the shares of wrong pixels."""
    t = torch.tensor(truth)[None, None].float()
    high, low = (sign * F.max_pool2d(sign * t, 3, 1, 1) for sign in (1, -1))
    band = (high != low)[0, 0].numpy()
    ious = [((labels == c) & (truth == c)).sum() / ((labels == c) | (truth == c)).sum() for c in range(3)]
    wrong = labels != truth
    result, edges = got
    return [
        (edges, band.ravel()),
        (result["mIoU"], np.mean(ious)),
        (result["atEdges"], wrong[band].mean()),
        (result["elsewhere"], wrong[~band].mean()),
    ]


def broken(**traits: Any) -> DrawSegments:
    """With other arguments than those that fit."""
    given: dict[str, Any] = {"nets": {"one skip": network(True)}, "background": background(), "names": NAMES}
    return DrawSegments(**(given | traits))


KEYS = "ArrowLeft ArrowLeft Space " + "ArrowRight " * 6 + "ArrowDown " * 6 + "Space"

EXAMPLE = Example(
    make=example,
    keys=[
        Press("application", PAD, KEYS, says="4 shapes, mIoU"),
        Press("button", "bed of nails", "Enter", says="(without a skip) enlarged: bed of nails"),
        Press("button", "errors", "Enter", says="dark: background"),
        Press("button", "Undo", "Enter", says="3 shapes"),
        Press("button", "Example", "Enter", says="2 shapes"),
        Press("button", "Clear", "Enter", says="Nothing is drawn yet"),
    ],
    pointer=[Drag("application", PAD, 40, 60), Tap("button", "nearest"), Tap("button", "Undo")],
    bad=[
        Bad({"names": ["background"]}, "shows 2 to 5"),
        Bad({"networks": []}, "no network to show"),
        Bad({"shape": [3, 16, 15]}, "does not fit its shape"),
        Bad({"label": 4}, "must lie between 1.000 and 2.000"),
        Bad({"strokes": [{"points": [[0.5, None]], "label": 1}]}, "not a finite number"),
        Bad({"strokes": [{"points": [[0.5, 0.5]] * 9000, "label": 1}]}, "at most"),
        Bad({"strokes": [{"points": [[0.5, 0.5]], "label": 3}]}, "The class of a shape is 3.000"),
        Bad({"networks": [{"name": "a", "layers": [], "parameters": 1, "count": 5}]}, "more weights"),
    ],
    refused=[
        Refused(WidgetError, "give (1, height, width)", lambda: broken(background=torch.rand(4, 16, 16))),
        Refused(WidgetError, "give 8 to 64", lambda: broken(background=torch.rand(3, 16, 80))),
        Refused(WidgetError, "divide bytes by 255", lambda: broken(background=200 * background())),
        Refused(WidgetError, "shows 2 to 5", lambda: broken(names=[*"abcdef"])),
        Refused(WidgetError, "compares 1 to 6", lambda: broken(nets={})),
        Refused(WidgetError, "give (1, 2, 16, 16)", lambda: broken(names=NAMES[:2])),
        Refused(WidgetError, "cannot take the background", lambda: broken(background=background(1))),
        Refused(WidgetError, "give 3 numbers in 0..1", lambda: broken(colours=[(1, 0)])),
        Refused(TraitError, "expected any of", lambda: example(upsampler="cubic")),
    ],
    equal=equal,
)
