"""A trained torch network as plain data, for the forward pass in net.js."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.widgets.kit.base import WidgetError

Layer = tuple[dict[str, Any], list[Tensor]]  # what net.js reads, and the weights in its order

PLAIN = {nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.Flatten: "flatten", nn.Softmax: "softmax"}
SILENT = (nn.Dropout, nn.Dropout2d, nn.Identity)  # these do nothing once a network is trained
MOST_WEIGHTS = 1_000_000


def export(net: nn.Sequential) -> tuple[list[dict[str, Any]], bytes]:
    """The layers and the weights (float32, little-endian) of a trained network, as it answers in eval mode.

    Known layers: Linear, Conv2d (groups=1), BatchNorm1d/2d, ReLU, Tanh, Sigmoid, Softmax, MaxPool2d, AvgPool2d,
    AdaptiveAvgPool2d(1), Flatten, Dropout, Identity. Raises WidgetError for any other, for weights that are not
    finite, and for more than a million of them.
    """
    if not isinstance(net, nn.Sequential):
        raise WidgetError(f"the network is a {type(net).__name__}; give an nn.Sequential")
    layers = [_layer(module) for module in _modules(net)]
    weights = [w.detach().cpu().float().reshape(-1) for _, tensors in layers for w in tensors]
    row = torch.cat([torch.zeros(0), *weights])
    if len(row) > MOST_WEIGHTS:
        raise WidgetError(f"the network has {len(row)} weights; a page can hold {MOST_WEIGHTS}")
    if not row.isfinite().all():
        raise WidgetError("the network has weights that are not finite numbers; train it again with a smaller rate")
    return [layer for layer, _ in layers], row.numpy().astype("<f4").tobytes()


def _modules(net: nn.Sequential) -> Iterator[nn.Module]:
    """The layers in order, those of inner nn.Sequentials too."""
    for module in net:
        if isinstance(module, nn.Sequential):
            yield from _modules(module)
        elif not isinstance(module, SILENT):
            yield module


def _layer(module: nn.Module) -> Layer:
    if kind := PLAIN.get(type(module)):
        return {"kind": kind}, []
    if isinstance(module, nn.Linear):
        layer = {"kind": "linear", "inputs": module.in_features, "outputs": module.out_features}
        return layer, [module.weight, _bias(module)]
    if isinstance(module, nn.Conv2d):
        return _convolution(module), [module.weight, _bias(module)]
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        return _normalisation(module)
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d | nn.AdaptiveAvgPool2d):
        return _pooling(module), []
    raise WidgetError(f"the layer {module} cannot run in the page; see the list in export's docstring")


def _bias(module: nn.Linear | nn.Conv2d) -> Tensor:
    return torch.zeros(module.weight.shape[0]) if module.bias is None else module.bias


def _convolution(module: nn.Conv2d) -> dict[str, Any]:
    if module.groups != 1 or module.padding_mode != "zeros" or isinstance(module.padding, str):
        raise WidgetError(f"{module} cannot run in the page; use groups=1, zero padding, and padding as a number")
    window = {name: list(getattr(module, f"{name}{end}")) for name, end in _WINDOW}
    return {"kind": "conv2d", "inputs": module.in_channels, "outputs": module.out_channels, **window}


_WINDOW = (("kernel", "_size"), ("stride", ""), ("padding", ""), ("dilation", ""))


def _normalisation(module: nn.BatchNorm1d | nn.BatchNorm2d) -> Layer:
    """In eval mode batch normalisation is y = scale * x + shift, a channel each."""
    if module.running_mean is None or module.running_var is None:
        raise WidgetError(f"{module} keeps no running statistics; it cannot run in the page")
    scale = 1 / torch.sqrt(module.running_var.double() + module.eps)
    if module.affine:
        scale = scale * module.weight.detach().double()
    shift = -module.running_mean.double() * scale
    if module.affine:
        shift = shift + module.bias.detach().double()
    return {"kind": "affine", "channels": module.num_features}, [scale, shift]


def _pooling(module: nn.MaxPool2d | nn.AvgPool2d | nn.AdaptiveAvgPool2d) -> dict[str, Any]:
    if isinstance(module, nn.AdaptiveAvgPool2d):
        if module.output_size not in (1, (1, 1)):
            raise WidgetError(f"{module} cannot run in the page; only AdaptiveAvgPool2d(1) can")
        return {"kind": "globalpool"}
    unusual = [module.ceil_mode, getattr(module, "dilation", 1) not in (1, (1, 1))]
    if isinstance(module, nn.AvgPool2d):
        unusual += [not module.count_include_pad, module.divisor_override is not None]
    if any(unusual):
        raise WidgetError(f"{module} cannot run in the page; use only its kernel size, stride and padding")
    kind = "maxpool2d" if isinstance(module, nn.MaxPool2d) else "avgpool2d"
    return {"kind": kind, **{name: _pair(getattr(module, f"{name}{end}")) for name, end in _WINDOW[:3]}}


def _pair(size: int | tuple[int, ...]) -> list[int]:
    return [size, size] if isinstance(size, int) else list(size)
