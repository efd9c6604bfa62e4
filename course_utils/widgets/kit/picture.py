"""A picture that a widget is given, as an array, and what of it travels with the page."""

import io
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.widgets.kit.base import WidgetError

MOST_BYTES = 450_000  # of a sheet
BLOCK = 8  # JPEG works on blocks of 8 pixels: tiles that begin with a block do not run into one another


def pixels(name: str, picture: Any, least: int, most: int) -> np.ndarray:
    """The numbers of a picture (1 or 3, height, width) in 0..1, as float64, with `least` to `most` pixels a side.

    Raises WidgetError, which begins with `name`, for another shape, another size, and values outside 0..1.
    """
    if not isinstance(picture, Tensor) or picture.ndim != 3 or picture.shape[0] not in (1, 3):
        shape = tuple(getattr(picture, "shape", ()))
        raise WidgetError(
            f"{name} has shape {shape}; give (1, height, width) in grey, or (3, height, width) in RGB without an "
            "alpha channel"
        )
    if not all(least <= side <= most for side in picture.shape[1:]):
        raise WidgetError(f"{name} has sides of {tuple(picture.shape[1:])} pixels; give {least} to {most}")
    if not picture.is_floating_point() or not bool(((picture >= 0) & (picture <= 1)).all()):  # NaN fails, too
        raise WidgetError(f"{name} holds values outside 0..1; divide bytes by 255")
    return picture.detach().cpu().double().numpy()


def jpeg(colours: np.ndarray) -> bytes:
    """A picture (1 or 3, height, width) in 0..1 as JPEG, in RGB."""
    from PIL import Image

    rows = np.round(255 * colours).astype(np.uint8).transpose(1, 2, 0)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(np.broadcast_to(rows, (*rows.shape[:2], 3)))).save(file, "JPEG", quality=88)
    return file.getvalue()


def sheet(pictures: list[Tensor], columns: int, *, light: bool = False) -> bytes:
    """All pictures in one JPEG, `columns` in a line, each on whole blocks; `light` halves their weight.

    Raises WidgetError beyond 450 kB.
    """
    from PIL import Image

    height, width = pictures[0].shape[1:]
    below, right = -height % BLOCK, -width % BLOCK
    tiles = F.pad(torch.stack([p.detach().cpu().float() for p in pictures]), (0, right, 0, below), mode="replicate")
    empty = torch.zeros(-len(tiles) % columns, *tiles.shape[1:])
    lines = torch.cat([tiles, empty]).unflatten(0, (-1, columns))  # (lines, columns, 3, h, w)
    pixels = (lines.permute(0, 3, 1, 4, 2).flatten(2, 3).flatten(0, 1) * 255).round().to(torch.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(
        buffer, "JPEG", quality=50 if light else 75, subsampling=2 if light else 0, optimize=True
    )
    if buffer.tell() > MOST_BYTES:
        raise WidgetError(
            f"the pictures weigh {buffer.tell() / 1e3:.0f} kB; give fewer or smaller ones (450 at most)"
        )
    return buffer.getvalue()
