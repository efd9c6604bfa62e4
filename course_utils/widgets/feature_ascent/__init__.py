"""Image ascent in the page, with the first layers of a network that others trained."""

from typing import Any

import torch
import traitlets as t
from torch import Tensor, nn

from course_utils.widgets.kit.base import CourseWidget, WidgetError

__all__ = ["FeatureAscent"]

SIDE = 64
MOST_WEIGHTS = 120_000


class FeatureAscent(CourseWidget):
    """Teaches which input a channel responds to, and what each regulariser does to the picture that is found.

    The page itself climbs: it changes a picture so that the mean of one channel grows, by the gradient through the
    weights of `network` (the stem and the first blocks of `pretrained.efficientnet_lite0()`, in 8 bits). One step is
    x <- clamp(x + eta (g / rms(g) - tv dR/dx), 0, 1), with R the total variation, the
    summed absolute differences of neighbouring pixels.

    `photographs`, (n, 3, 64, 64) in 0..1: the first one is a start, and the largest mean of a channel on any of them
    is the dashed line. `stage` and `channel` say what is climbed, `step` how far (0 to 60). `start`: noise or
    photograph; `tv`: 0 to 1; `jitter`: off or on (each gradient is taken at a shifted picture); `steps`: pixels or
    fourier (each wave's amplitude in the gradient is divided by its squared frequency); `kind`: trained, or shuffled
    within each layer.
    Raises WidgetError when network or photographs do not fit.
    """

    title = t.Unicode("What does a channel respond to?").tag(sync=True)
    hint = t.Unicode("Pick a layer and a channel, then press Play. What does each regulariser change?").tag(sync=True)
    layers = t.List(t.Dict()).tag(sync=True)
    stages = t.List(t.Dict()).tag(sync=True)
    weights = t.Bytes().tag(sync=True)
    frames = t.Bytes().tag(sync=True)
    stage = t.Int(3, min=0, max=9).tag(sync=True)
    channel = t.Int(5, min=0, max=399).tag(sync=True)
    step = t.Int(0, min=0, max=60).tag(sync=True)
    start = t.Enum(["noise", "photograph"], "noise").tag(sync=True)
    tv = t.Float(0.1, min=0, max=1).tag(sync=True)
    jitter = t.Enum(["off", "on"], "on").tag(sync=True)
    steps = t.Enum(["pixels", "fourier"], "pixels").tag(sync=True)
    kind = t.Enum(["trained", "shuffled"], "trained").tag(sync=True)

    def __init__(self, network: nn.Module, photographs: Tensor, blocks: int = 4, **traits: Any):
        _check(photographs)
        layers, stages, weights = export(network, blocks)
        for stage, best in zip(stages, _best(network, photographs, blocks), strict=True):
            stage["best"] = best
        start = (photographs[0] * 255).round().to(torch.uint8)
        super().__init__(layers=layers, stages=stages, weights=weights, frames=start.numpy().tobytes(), **traits)


def _check(photographs: Tensor) -> None:
    """Raises WidgetError for photographs of another shape or range."""
    if photographs.ndim != 4 or tuple(photographs.shape[1:]) != (3, SIDE, SIDE) or len(photographs) == 0:
        raise WidgetError(f"the photographs have shape {tuple(photographs.shape)}; give (n, 3, {SIDE}, {SIDE})")
    if not photographs.is_floating_point() or not (photographs.min() >= 0 and photographs.max() <= 1):
        raise WidgetError("the photographs must hold numbers from 0 to 1")


def export(network: Any, blocks: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], bytes]:
    """The layers, what may be climbed, and the weights of the stem and the first `blocks` blocks.

    A batch normalisation is multiplied into its convolution. A kernel is kept as 8-bit whole numbers and one factor
    for each output channel: first all factors and biases (float32, little-endian), then all whole numbers.
    """
    if not all(hasattr(network, name) for name in ("_conv_stem", "_bn0", "_blocks")):
        raise WidgetError(f"the network is a {type(network).__name__}; give pretrained.efficientnet_lite0()")
    if not 1 <= blocks <= len(network._blocks):
        raise WidgetError(f"blocks is {blocks}; the network has 1 to {len(network._blocks)}")
    layers: list[dict[str, Any]] = []
    tensors: list[tuple[Tensor, Tensor, Tensor]] = []

    def convolution(conv: Any, norm: Any, bounded: bool) -> None:
        tensors.append(_quantised(conv, norm))
        layers.append(_settings(conv, bounded))

    convolution(network._conv_stem, network._bn0, True)
    stages = [{"name": "stem", "at": 0, "channels": layers[0]["outputs"]}]
    for i, block in enumerate(network._blocks[:blocks]):
        before = len(layers) - 1
        if hasattr(block, "_expand_conv"):
            convolution(block._expand_conv, block._bn0, True)
        convolution(block._depthwise_conv, block._bn1, True)
        convolution(block._project_conv, block._bn2, False)
        outputs = layers[-1]["outputs"]
        if block.id_skip and block._depthwise_conv.stride[0] == 1 and outputs == layers[before]["outputs"]:
            layers.append({"kind": "add", "from": before, "outputs": outputs})
        stages.append({"name": f"block {i}", "at": len(layers) - 1, "channels": outputs})
    count = sum(whole.numel() for _, _, whole in tensors)
    if count > MOST_WEIGHTS:
        raise WidgetError(f"{blocks} blocks have {count} weights; a page can hold {MOST_WEIGHTS}")
    floats = torch.cat([torch.cat([factor, bias]) for factor, bias, _ in tensors])
    whole = torch.cat([w.reshape(-1) for _, _, w in tensors])
    return layers, stages, floats.numpy().astype("<f4").tobytes() + whole.numpy().tobytes()


def _quantised(conv: Any, norm: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Factors and biases, one for each output channel, and the kernels as whole numbers from -127 to 127."""
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    kernels = (conv.weight * scale[:, None, None, None]).detach().float()
    bias = (norm.bias - norm.running_mean * scale).detach().float()
    factor = kernels.abs().amax(dim=(1, 2, 3)).clamp(min=1e-12) / 127
    return factor, bias, (kernels / factor[:, None, None, None]).round().to(torch.int8)


def _settings(conv: Any, bounded: bool) -> dict[str, Any]:
    padding = getattr(conv.static_padding, "padding", (0, 0, 0, 0))
    left, right, top, bottom = padding
    return {
        "kind": "conv",
        "inputs": conv.in_channels,
        "outputs": conv.out_channels,
        "kernel": conv.kernel_size[0],
        "stride": conv.stride[0],
        "groups": conv.groups,
        "padding": [left, right, top, bottom],
        "relu6": bounded,
    }


def _best(network: Any, photographs: Tensor, blocks: int) -> list[list[float]]:
    """For each stage and channel: the largest mean activation on any of the photographs."""
    best = []
    with torch.no_grad():
        X = network._swish(network._bn0(network._conv_stem((photographs * 255 - 127) / 128)))
        best.append(X.mean(dim=(2, 3)).amax(dim=0))
        for block in network._blocks[:blocks]:
            X = block(X)
            best.append(X.mean(dim=(2, 3)).amax(dim=0))
    return [[round(value, 4) for value in row.tolist()] for row in best]
