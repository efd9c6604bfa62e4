"""Pictures of classes that an embedding never saw, compared with templates; a threshold accepts or rejects."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import traitlets as t
from torch import Tensor, nn

from course_utils.widgets.kit.base import CourseWidget, Number, WidgetError
from course_utils.widgets.kit.net import answer, export, packed

__all__ = ["TemplateThreshold"]

MOST_CLASSES = 12
MOST_PIXELS = 28  # along a side
MOST_NETS = 2


class TemplateThreshold(CourseWidget):
    """Teaches what templates and a threshold make of distances, and how its two kinds of error trade off.

    `embeddings` maps one or two names to networks (n, 1, h, w) -> (n, k), which the page runs itself, with weights in
    6 bits; "raw pixels" is added, as a control. `X` (n, 1, h, w) in 0..1 and `y` (n,) are pictures of the classes
    `names`. Of each class the first `templates` pictures are its templates and the next `queries` are compared with
    them: the distance of a picture to a class is the mean Euclidean distance to the templates. `threshold` is a share
    of the largest such distance. Raises WidgetError for what does not fit.
    """

    title = t.Unicode("Near enough to be accepted?").tag(sync=True)
    hint = t.Unicode(
        "Choose a letter and move the threshold: which claims are accepted, and how many of them wrongly?"
    ).tag(sync=True)
    names = t.List(t.Unicode()).tag(sync=True)
    networks = t.List(t.Dict()).tag(sync=True)  # name, layers, count of the exported weights
    weights = t.Bytes().tag(sync=True)  # of all networks, one after the other, in 6 bits
    frames = t.Bytes().tag(sync=True)  # the pictures, class by class, templates first; a byte for each pixel
    shape = t.List(t.Int(), minlen=2, maxlen=2).tag(sync=True)  # height, width
    templates = t.Int(3, min=1, max=6).tag(sync=True)
    queries = t.Int(3, min=1, max=6).tag(sync=True)
    kind = t.Int(0, min=0, max=MOST_NETS).tag(sync=True)  # the last one is "raw pixels"
    chosen = t.List(t.Int(min=0), minlen=2, maxlen=2).tag(sync=True)  # number of the query, class
    threshold = Number(0.5, min=0, max=1).tag(sync=True)

    def __init__(
        self,
        embeddings: Mapping[str, nn.Module],
        X: Tensor,
        y: Tensor,
        names: Sequence[str],
        *,
        templates: int = 3,
        queries: int = 3,
        **traits: Any,
    ):
        pictures = _pictures(X, y, names, templates + queries)
        if not 1 <= len(embeddings) <= MOST_NETS:
            raise WidgetError(f"there are {len(embeddings)} embeddings; give a dict of 1 to {MOST_NETS} networks")
        networks, row = [], b""
        for name, net in embeddings.items():
            _require_vectors(name, net, pictures[0, :2])
            layers, own = export(net)
            networks.append({"name": name, "layers": layers, "count": len(own) // 4})
            row += own
        super().__init__(
            names=list(names),
            networks=networks,
            weights=packed(row),
            frames=(255 * pictures).round().byte().numpy().tobytes(),
            shape=list(pictures.shape[-2:]),
            templates=templates,
            queries=queries,
            **{"chosen": [0, 0], **traits},
        )


def _pictures(X: Any, y: Any, names: Sequence[str], count: int) -> Tensor:
    """The first `count` pictures of each class.   -> (classes, count, 1, h, w)

    Raises WidgetError for what does not fit.
    """
    if not isinstance(X, Tensor) or X.ndim != 4 or X.shape[1] != 1:
        raise WidgetError(f"the pictures have shape {tuple(getattr(X, 'shape', ()))}; give (n, 1, height, width)")
    if not 0 < min(X.shape[2:]) <= max(X.shape[2:]) <= MOST_PIXELS:
        raise WidgetError(f"the pictures have sides of {tuple(X.shape[2:])} pixels; give 1 to {MOST_PIXELS}")
    if not X.is_floating_point() or not bool(((X >= 0) & (X <= 1)).all()):
        raise WidgetError("the pictures hold values outside 0..1; divide bytes by 255")
    if not 2 <= len(names) <= MOST_CLASSES:
        raise WidgetError(f"there are {len(names)} classes; this widget shows 2 to {MOST_CLASSES}")
    if tuple(y.shape) != (len(X),):
        raise WidgetError(f"y has shape {tuple(y.shape)}; {len(X)} pictures need ({len(X)},)")
    chosen = []
    for c, name in enumerate(names):
        own = X[y == c]
        if len(own) < count:
            raise WidgetError(f"class {c} ({name}) has {len(own)} pictures; its templates and queries need {count}")
        chosen.append(own[:count])
    return torch.stack(chosen).detach().cpu().float()


def _require_vectors(name: str, net: nn.Module, pair: Tensor) -> None:
    """Raise WidgetError unless the network gives one vector for each picture."""
    try:
        given = tuple(answer(net, pair).shape)
    except (RuntimeError, ValueError) as problem:
        raise WidgetError(f"the network {name!r} cannot take the pictures: {problem}") from None
    if len(given) != 2 or given[0] != len(pair):
        raise WidgetError(f"the network {name!r} maps {len(pair)} pictures to {given}; give one vector for each")
