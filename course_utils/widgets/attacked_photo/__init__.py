"""A photograph with a change that an attack found, at any size, and what the network answers to each."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import traitlets as t
from torch import Tensor

from course_utils.widgets.kit import picture
from course_utils.widgets.kit.base import CourseWidget, WidgetError

__all__ = ["AttackedPhoto"]

SIZES = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)  # of the change of each colour, out of 255
MOST_ATTACKS = 2
MOST_PIXELS = 192  # along a side
SHOWN = 5  # classes for each answer
SEED = 12  # of the random signs


class AttackedPhoto(CourseWidget):
    """Teaches how small a change of a photograph may be that changes a network's answer, beside random signs.

    `image` is (3, h, w) in 0..1; `network` maps such pictures (n, 3, h, w) to logits (n, classes), and `names` are
    its classes. `attacks` maps one or two names to functions of the photograph (1, 3, h, w), as the page holds it,
    that give the picture changed. Of each change the page keeps the signs, one bit for each colour of a pixel (0
    counts as +). "random signs" are added, as a control. The picture shown is x + eps sign, cut off at 0 and 255, and
    the answers are the network's to this very picture, in 8 bits. `label` is the true class, `target` the one that a
    targeted attack wants. `at` counts the sizes 0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32 of 255 from 0. Raises
    WidgetError for what does not fit.
    """

    title = t.Unicode("How small a change is enough?").tag(sync=True)
    hint = t.Unicode("Move ε, then choose another direction of the same size: which changes the answer?").tag(
        sync=True
    )
    directions = t.List(t.Unicode()).tag(sync=True)
    sizes = t.List(t.Int(min=0, max=255)).tag(sync=True)  # of the change, out of 255
    shape = t.List(t.Int(), minlen=3, maxlen=3).tag(sync=True)  # 3, height, width
    frames = t.Bytes().tag(sync=True)  # the picture as JPEG, then the signs of each change, a bit each
    photo = t.Int(min=0).tag(sync=True)  # bytes of the JPEG
    names = t.Dict().tag(sync=True)  # of the classes that any answer shows
    answers: t.List[Any] = t.List().tag(
        sync=True
    )  # for each direction and size: [class, probability] of some classes
    label = t.Int(min=0).tag(sync=True)
    target = t.Int(-1, min=-1).tag(sync=True)  # -1: there is none
    direction = t.Int(0, min=0, max=MOST_ATTACKS).tag(sync=True)
    at = t.Int(0, min=0, max=len(SIZES) - 1).tag(sync=True)
    enlarged = t.Enum([5, 10, 30], 10).tag(sync=True)

    def __init__(
        self,
        image: Tensor,
        network: Callable[[Tensor], Tensor],
        names: Sequence[str],
        attacks: Mapping[str, Callable[[Tensor], Tensor]],
        *,
        label: int,
        target: int | None = None,
        **traits: Any,
    ):
        jpeg, pixels = _photograph(image)
        signs = {name: _signs(name, attack, pixels) for name, attack in _few(attacks).items()}
        for which, value in (("label", label), ("target", target)):
            if value is not None and not 0 <= value < len(names):
                raise WidgetError(f"{which} is {value}; there are {len(names)} classes, counted from 0")
        packed = b"".join(np.packbits(s.ravel() > 0, bitorder="little").tobytes() for s in signs.values())
        signs["random signs"] = random_signs(pixels.size).reshape(pixels.shape)
        always = [label] if target is None else [label, target]
        answers = [_answers(network, pixels, s, names, always) for s in signs.values()]
        seen = {c for rows in answers for row in rows for c, _ in row}
        super().__init__(
            directions=list(signs),
            sizes=list(SIZES),
            shape=list(pixels.shape),
            frames=jpeg + packed,
            photo=len(jpeg),
            names={str(int(c)): names[int(c)] for c in sorted(seen)},
            answers=answers,
            label=label,
            target=-1 if target is None else target,
            **traits,
        )


def changed(pixels: np.ndarray, signs: np.ndarray, size: int) -> np.ndarray:
    """x + size * sign, cut off at 0 and 255.   pixels: bytes, signs: -1 or 1"""
    return (pixels.astype(int) + size * signs).clip(0, 255).astype(np.uint8)


def random_signs(count: int, seed: int = SEED) -> np.ndarray:
    """`count` signs -1 or 1, the same as the page's (mulberry32)."""
    state = (np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x6D2B79F5)) & np.uint64(
        0xFFFFFFFF
    )
    mixed = _product(state ^ (state >> np.uint64(15)), state | np.uint64(1))
    mixed ^= (mixed + _product(mixed ^ (mixed >> np.uint64(7)), mixed | np.uint64(61))) & np.uint64(0xFFFFFFFF)
    mixed ^= mixed >> np.uint64(14)
    return np.where(mixed < np.uint64(2**31), -1, 1)


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The last 32 bits of a product."""
    return (a * b) & np.uint64(0xFFFFFFFF)  # uint64 wraps, and its last 32 bits are right


def _photograph(image: Any) -> tuple[bytes, np.ndarray]:
    """The picture as JPEG, and the pixels (3, h, w) of this JPEG. Raises WidgetError for what is no picture."""
    from PIL import Image

    colours = picture.pixels("the picture", image, 1, MOST_PIXELS)
    if len(colours) != 3:
        raise WidgetError(f"the picture has shape {colours.shape}; give (3, height, width) in RGB")
    file = picture.jpeg(colours)
    return file, np.asarray(Image.open(io.BytesIO(file))).transpose(2, 0, 1)


def _few(attacks: Any) -> Mapping[str, Callable[[Tensor], Tensor]]:
    if not isinstance(attacks, Mapping) or not 1 <= len(attacks) <= MOST_ATTACKS:
        count = len(attacks) if isinstance(attacks, Mapping) else 0
        raise WidgetError(f"there are {count} attacks; give a dict of 1 to {MOST_ATTACKS} names and functions")
    return attacks


def _tensor(pixels: np.ndarray) -> Tensor:
    """Bytes as a batch of one picture in 0..1."""
    return torch.tensor(pixels).to(torch.get_default_dtype())[None] / 255


def _signs(name: str, attack: Callable[[Tensor], Tensor], pixels: np.ndarray) -> np.ndarray:
    """-1 or 1 for each value of the change. Raises WidgetError for another shape, no change, and no finite number."""
    x = _tensor(pixels)
    given = attack(x.clone()).detach().cpu()
    if given.shape != x.shape:
        raise WidgetError(f"{name!r} gives a picture of shape {tuple(given.shape)}; it was given {tuple(x.shape)}")
    change = (given.to(x) - x)[0]
    if not bool(change.isfinite().all()):
        raise WidgetError(f"{name!r} gives a picture with a value that is not a finite number")
    if not bool(change.any()):
        raise WidgetError(f"{name!r} changes nothing: it has no direction")
    return torch.where(change < 0, -1, 1).numpy()


@torch.no_grad()
def _answers(
    network: Callable[[Tensor], Tensor],
    pixels: np.ndarray,
    signs: np.ndarray,
    names: Sequence[str],
    always: list[int],
) -> list[list[list[float]]]:
    """For each size [class, probability] of the most probable classes and of those that are always shown."""
    rows = []
    for size in SIZES:
        logits = network(_tensor(changed(pixels, signs, size)))
        if logits.shape != (1, len(names)):
            raise WidgetError(
                f"the network gives {tuple(logits.shape)} for one picture; {len(names)} names need (1, {len(names)})"
            )
        p = logits[0].softmax(dim=0).double()
        if not bool(p.isfinite().all()):
            raise WidgetError("the network's answer is not a finite number")
        best = p.topk(min(SHOWN, len(names))).indices.tolist()
        shown = best + [c for c in always if c not in best]
        rows.append([[c, round(p[c].item(), 5)] for c in shown])
    return rows
