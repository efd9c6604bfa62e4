"""What the tests do with DetectorBoxes."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from course_utils.widgets.detector_boxes import DetectorBoxes
from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.example import Bad, Drag, Equal, Example, Press, Refused, Tap
from course_utils.widgets.kit.net import export

NAMES, ANCHORS, STRIDE = ["red", "green"], [(14.0, 10.0), (13.0, 11.0)], 8


def finder() -> nn.Sequential:
    """A detector made by hand: a cell that is bright in red or green holds an object, and its neighbours nearly."""
    blur = nn.Conv2d(3, 3, 3, padding=1, groups=3, bias=False)
    head = nn.Conv2d(3, 14, STRIDE, stride=STRIDE)
    bias = torch.zeros(14)
    with torch.no_grad():
        blur.weight.fill_(1 / 9)
        head.weight.zero_()
        for b in (0, 1):
            head.weight[7 * b + 4] = 40 / STRIDE**2
            head.weight[7 * b + 5, 0], head.weight[7 * b + 6, 1] = 8 / STRIDE**2, 8 / STRIDE**2
            bias[7 * b + 4], bias[7 * b + 5 : 7 * b + 7] = -20.0 - b, -1.0
        head.bias = nn.Parameter(bias)
    return nn.Sequential(blur, head).eval()


def pictures() -> tuple[Tensor, list[tuple[Tensor, Tensor]], Tensor]:
    """Two pictures (2, 3, 40, 48) with bright rectangles, their boxes and labels, and their owners."""
    images, owners = torch.full((2, 3, 40, 48), 0.05), torch.zeros(2, 40, 48, dtype=torch.int64)
    truths = []
    for k, rectangles in enumerate(([(8, 8, 22, 18, 0), (30, 20, 44, 30, 1)], [(25, 10, 39, 20, 1)])):
        for n, (x1, y1, x2, y2, label) in enumerate(rectangles):
            images[k, label, y1:y2, x1:x2] = 0.9
            owners[k, y1:y2, x1:x2] = n + 1
        truths.append((torch.tensor(rectangles)[:, :4].double(), torch.tensor(rectangles)[:, 4]))
    return images, truths, owners


def example(net: nn.Module | None = None, **traits: Any) -> DetectorBoxes:
    images, truths, owners = pictures()
    return DetectorBoxes(net or finder(), images, ANCHORS, NAMES, truths=truths, owners=owners, **traits)


def deep() -> nn.Sequential:
    """A network as the chapter's, with all that it may have: convolutions, normalisation with statistics, ReLU."""
    torch.manual_seed(5)
    layers: list[nn.Module] = []
    for inputs, outputs in ((3, 8), (8, 12), (12, 10)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    net = nn.Sequential(*layers, nn.Conv2d(10, 2 * (5 + 3), 1))
    net(torch.rand(6, 3, 40, 56))  # statistics
    return net.eval()


NETWORK = """
  const found = m.boxesOf(x.layers, Float32Array.from(x.weights), x.image, x.shape, x.anchors, x.classes);
  const all = (name) => found.map((each) => each[name]);
  return { boxes: all("box"), labels: all("label"), scores: all("score") };"""
DECODE = """
  const found = m.decodedAll({ data: Float32Array.from(x.raw), shape: x.shape }, x.anchors, x.stride, x.classes);
  const all = (name) => found.map((each) => each[name]);
  return { boxes: all("box"), labels: all("label"), scores: all("score") };"""
NMS = """
  const found = x.boxes.map((box, i) => ({ box, score: x.scores[i], label: x.labels[i] }));
  return ["off", "within a class", "across classes"].map((how) => m.suppressed(found, x.threshold, how));"""
COUNT = "return m.counted(x.boxes.map((box, i) => ({ box, label: x.labels[i] })), x.objects)"
COPY = "return [...m.withCopy(Float32Array.from(x.image), x.mask, x.shape, x.by)]"


def equal() -> Iterator[Equal]:
    """A network's boxes as torch decodes them, suppression by another way, counts, the copied pixels."""
    for net, classes in ((finder(), 2), (deep(), 3)):
        layers, weights = export(net)
        image = torch.rand(3, 40, 56, generator=torch.Generator().manual_seed(1))
        argument = {"layers": layers, "weights": np.frombuffer(weights, "<f4").tolist(), "shape": [3, 40, 56]}
        argument |= {"image": image.flatten().tolist(), "anchors": ANCHORS, "classes": classes}
        with torch.no_grad():
            raw = net(image[None])[0].double()
        said = partial(decoded, raw=raw, anchors=ANCHORS, stride=STRIDE)
        yield Equal(NETWORK, argument, said, rtol=1e-4, atol=1e-4)
    raw = torch.randn(3 * 8, 4, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    anchors = [[20.0, 9.0], [7.0, 31.0], [12.0, 12.0]]
    argument = {"raw": raw.flatten().tolist(), "shape": [24, 4, 5], "anchors": anchors, "stride": 6, "classes": 3}
    yield Equal(DECODE, argument, partial(decoded, raw=raw, anchors=anchors, stride=6), rtol=1e-5, atol=1e-5)
    for seed, threshold in ((1, 0.2), (2, 0.5), (3, 0.7)):
        rng = np.random.default_rng(seed)
        corner = rng.uniform(0, 12, (30, 2))
        boxes = np.concatenate([corner, corner + rng.uniform(4, 12, (30, 2))], 1)
        scores, labels = rng.integers(1, 12, 30) / 12, rng.integers(0, 3, 30)  # many scores are equal
        argument = {"boxes": boxes.tolist(), "scores": scores.tolist(), "labels": labels.tolist()}
        yield Equal(NMS, argument | {"threshold": threshold}, partial(left, threshold=threshold, **by_name(argument)))
    found = [[0, 0, 10, 10], [1, 0, 10, 10], [0, 0, 10, 10], [30, 30, 40, 40], [0, 0, 10, 4]]
    argument = {"boxes": found, "labels": [1, 1, 0, 0, 1], "objects": [[0, 0, 10, 10, 1], [20, 20, 30, 30, 1]]}
    yield Equal(COUNT, argument, lambda got: [(list(got.values()), [5, 1, 1, 3, 1])])
    yield Equal(COUNT, argument | {"objects": []}, lambda got: [(list(got.values()), [5, 0, 0, 5, 0])])
    pixels, mask = np.random.default_rng(4).random((2, 5, 7)).astype(np.float32), np.zeros((5, 7), bool)
    mask[1:4, 2:5] = True
    for right, down in ((2, 1), (-3, 2), (9, 0)):
        argument = {"image": pixels.ravel().tolist(), "mask": mask.ravel().astype(int).tolist()}
        argument |= {"shape": [2, 5, 7], "by": [right, down]}
        yield Equal(COPY, argument, partial(moved, image=pixels, mask=mask, right=right, down=down))


def by_name(argument: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.array(values) for name, values in argument.items()}


def decoded(got: Any, raw: Tensor, anchors: Sequence[Sequence[float]], stride: int) -> list[tuple[Any, Any]]:
    """By torch, all cells at once.   raw: (anchors * (5 + classes), rows, columns)"""
    rows, columns = raw.shape[1:]
    T = raw.view(len(anchors), -1, rows, columns).permute(2, 3, 0, 1)  # (rows, columns, anchors, 5 + classes)
    cells = torch.stack(torch.meshgrid(torch.arange(columns), torch.arange(rows), indexing="xy"), dim=2)
    centre = (cells[:, :, None] + T[..., :2].sigmoid()) * stride
    sides = torch.tensor(anchors, dtype=torch.float64) * T[..., 2:4].exp()
    boxes = torch.cat([centre - sides / 2, centre + sides / 2], dim=3).reshape(-1, 4)
    best, labels = T[..., 5:].sigmoid().max(dim=3)
    scores = T[..., 4].sigmoid() * best
    return [(got["boxes"], boxes), (got["labels"], labels.flatten()), (got["scores"], scores.flatten())]


def left(
    got: Any, threshold: float, boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray
) -> list[tuple[Any, Any]]:
    """By throwing away, one kept box after the other."""
    low = np.maximum(boxes[:, None, :2], boxes[:, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[:, 2:])
    both, area = (high - low).clip(0).prod(2), (boxes[:, 2:] - boxes[:, :2]).prod(1)
    iou = both / (area[:, None] + area - both)
    order = np.argsort(-scores, kind="stable")
    pairs: list[tuple[Any, Any]] = [(got[0], order)]
    for found, rivals in ((got[1], labels[:, None] == labels), (got[2], np.ones((30, 30), bool))):
        waiting, stay = list(order), []
        while waiting:
            best = waiting.pop(0)
            stay.append(best)
            waiting = [i for i in waiting if not (rivals[best, i] and iou[best, i] > threshold)]
        pairs.append((found, stay))
    return pairs


def moved(got: Any, image: np.ndarray, mask: np.ndarray, right: int, down: int) -> list[tuple[Any, Any]]:
    """Pixel by pixel."""
    want = image.copy()
    for i, j in zip(*np.nonzero(mask), strict=True):
        if 0 <= i + down < 5 and 0 <= j + right < 7:
            want[:, i + down, j + right] = image[:, i, j]
    return [(np.array(got), want.ravel())]


def make(**changes: Any) -> DetectorBoxes:
    """The example with other arguments, for the tests of bad input."""
    images, truths, owners = pictures()
    given: dict[str, Any] = {"images": images, "anchors": ANCHORS, "names": NAMES, "truths": truths, "owners": owners}
    return DetectorBoxes(net=finder(), **(given | changes))


EXAMPLE = Example(
    make=example,
    keys=[
        Press("slider", "least score", "Home", says="60 raw boxes"),
        Press("button", "off", "Enter", says="without NMS all of them stay"),
        Press("button", "across classes", "Enter", says="NMS across classes at IoU 0.50"),
        Press("slider", "NMS removes above IoU", "End", says="at IoU 0.95"),
        Press("button", "copy an object", "Enter", says="of 3; duplicates"),
        Press("slider", "the copied object", "Shift+ArrowLeft Shift+ArrowUp", says="of 3; duplicates"),
        Press("button", "2", "Enter", says="of 1; duplicates"),
    ],
    pointer=[
        Drag("slider", "least score", -40, 0),
        Tap("button", "copy an object"),
        Drag("slider", "the copied object", -60, -40),
        Tap("button", "off"),
    ],
    bad=[
        Bad({"picture": 2}, "There is no picture 2"),
        Bad({"names": []}, "no classes or no anchors"),
        Bad({"anchors": [[8, None], [9, 9]]}, "not a finite number"),
        Bad({"shape": [2, 3, 40, 40]}, "do not fit"),
        Bad({"layers": []}, "has more weights than its layers need"),
    ],
    refused=[
        Refused(
            WidgetError, "need (1, 21, rows, columns)", lambda: make(names=["a", "b"], anchors=[*ANCHORS, (9, 9)])
        ),
        Refused(WidgetError, "divide bytes by 255", lambda: make(images=pictures()[0] * 255)),
        Refused(WidgetError, "give (pictures, 1 or 3, height, width)", lambda: make(images=pictures()[0][0])),
        Refused(WidgetError, "does not take the pictures", lambda: make(images=pictures()[0][:, :1])),
        Refused(WidgetError, "does not divide", lambda: make(images=torch.rand(2, 3, 44, 48))),
        Refused(WidgetError, "not a width and a height", lambda: make(anchors=[(9, 0), (3, 3)])),
        Refused(WidgetError, "truths for 1 pictures", lambda: make(truths=pictures()[1][:1])),
        Refused(WidgetError, "has no area", lambda: make(truths=[([[3, 3, 3, 9]], [0])] * 2)),
        Refused(WidgetError, "there is no class 2", lambda: make(truths=[([[3, 3, 5, 9]], [2])] * 2)),
        Refused(WidgetError, "give (2, 40, 48)", lambda: make(owners=pictures()[2][:1])),
        Refused(WidgetError, "needs the truth of one object", lambda: make(truths=None)),
        Refused(WidgetError, "there is no picture 2", lambda: make(picture=2)),
    ],
    equal=equal,
)
