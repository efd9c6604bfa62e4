"""torch's layers as plain data: what images.js, sequences.js and net.js read, and the weights in their order."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.widgets.kit.base import WidgetError

Layer = tuple[dict[str, Any], list[Tensor]]

SILENT = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Identity)  # these do nothing once a network is trained
RECURRENT = {nn.RNN: "rnn", nn.GRU: "gru", nn.LSTM: "lstm"}
ACTIVATIONS: dict[type[nn.Module], tuple[str, ...]] = {  # net.js's name, and the settings that it reads
    nn.ReLU: ("relu",),
    nn.Tanh: ("tanh",),
    nn.Sigmoid: ("sigmoid",),
    nn.SiLU: ("silu",),
    nn.GELU: ("gelu", "approximate"),
    nn.LeakyReLU: ("leakyrelu", "negative_slope"),
    nn.ELU: ("elu", "alpha"),
    nn.Softplus: ("softplus", "beta", "threshold"),
}
_WINDOW = (("kernel", "_size"), ("stride", ""), ("padding", ""), ("dilation", ""))


def layer_of(module: nn.Module) -> Layer:
    """The settings of a layer and its weights. Raises WidgetError for a layer that net.js cannot run."""
    kind = type(module)
    if kind in ACTIVATIONS:
        name, *settings = ACTIVATIONS[kind]
        return {"kind": name} | {setting: getattr(module, setting) for setting in settings}, []
    if kind not in _MAKERS:
        known = ", ".join(sorted(known.__name__ for known in (*ACTIVATIONS, *_MAKERS)))
        raise WidgetError(f"the layer {module} cannot run in the page; these can: {known}")
    return _MAKERS[kind](module)


def axis(dim: int | None, what: object) -> int:
    """torch's `dim` without the batch. Raises WidgetError for the batch itself, and where none is given."""
    if not dim:
        raise WidgetError(f"{what} works across the batch, or does not say where; give dim=1 or dim=-1")
    return dim - 1 if dim > 0 else dim


def _refuse(module: object, instead: str, unusual: bool) -> None:
    if unusual:
        raise WidgetError(f"{module} cannot run in the page; use {instead}")


def _pair(size: int | float | tuple[Any, ...]) -> list[Any]:
    return list(size) if isinstance(size, tuple | list) else [size, size]


def _scale_and_shift(module: Any, size: tuple[int, ...]) -> list[Tensor]:
    """A layer's weight and bias; ones and zeros where it has none."""
    weight = torch.ones(size) if module.weight is None else module.weight
    return [weight, torch.zeros(size) if module.bias is None else module.bias]


def _linear(module: nn.Linear) -> Layer:
    layer = {"kind": "linear", "inputs": module.in_features, "outputs": module.out_features}
    return layer, _scale_and_shift(module, (module.out_features,))


def _convolution(module: nn.Conv2d | nn.ConvTranspose2d) -> Layer:
    unusual = module.padding_mode != "zeros" or isinstance(module.padding, str)
    _refuse(module, "zero padding, and padding as a number", unusual)
    layer = {"kind": type(module).__name__.lower(), "inputs": module.in_channels, "outputs": module.out_channels}
    layer |= {name: list(getattr(module, f"{name}{end}")) for name, end in _WINDOW}
    layer |= {"groups": module.groups, "output_padding": list(module.output_padding)}
    return layer, _scale_and_shift(module, (module.out_channels,))


def _batch_norm(module: nn.BatchNorm1d | nn.BatchNorm2d) -> Layer:
    """In eval mode batch normalisation is y = scale * x + shift, a channel each."""
    if module.running_mean is None or module.running_var is None:
        raise WidgetError(f"{module} keeps no running statistics; it cannot run in the page")
    weight, bias = (w.detach().double() for w in _scale_and_shift(module, (module.num_features,)))
    scale = weight / torch.sqrt(module.running_var.double() + module.eps)
    shift = bias - module.running_mean.double() * scale
    return {"kind": "affine", "channels": module.num_features}, [scale, shift]


def _layer_norm(module: nn.LayerNorm) -> Layer:
    shape = module.normalized_shape
    return {"kind": "layernorm", "shape": list(shape), "eps": module.eps}, _scale_and_shift(module, shape)


def _group_norm(module: nn.GroupNorm) -> Layer:
    layer = {"kind": "groupnorm", "channels": module.num_channels, "groups": module.num_groups, "eps": module.eps}
    return layer, _scale_and_shift(module, (module.num_channels,))


def _pooling(module: nn.MaxPool2d | nn.AvgPool2d) -> Layer:
    unusual = [module.ceil_mode]
    if isinstance(module, nn.AvgPool2d):
        unusual += [not module.count_include_pad, module.divisor_override is not None]
    else:
        unusual += [module.dilation not in (1, (1, 1)), module.return_indices]
    _refuse(module, "only its kernel size, stride and padding", any(unusual))
    kind = "maxpool2d" if isinstance(module, nn.MaxPool2d) else "avgpool2d"
    return {"kind": kind, **{name: _pair(getattr(module, f"{name}{end}")) for name, end in _WINDOW[:3]}}, []


def _global_pooling(module: nn.AdaptiveAvgPool2d) -> Layer:
    _refuse(module, "AdaptiveAvgPool2d(1)", module.output_size not in (1, (1, 1)))
    return {"kind": "globalpool"}, []


def _upsampling(module: nn.Upsample) -> Layer:
    unusual = module.mode not in ("nearest", "bilinear") or bool(module.recompute_scale_factor)
    _refuse(module, "mode nearest or bilinear, without recompute_scale_factor", unusual)
    size, scale = (None if value is None else _pair(value) for value in (module.size, module.scale_factor))
    corners = bool(module.align_corners)
    return {"kind": "upsample", "mode": module.mode, "size": size, "scale": scale, "corners": corners}, []


def _embedding(module: nn.Embedding) -> Layer:
    _refuse(module, "an Embedding without max_norm", module.max_norm is not None)
    return {"kind": "embedding", "count": module.num_embeddings, "features": module.embedding_dim}, [module.weight]


def _recurrent(module: nn.RNN | nn.GRU | nn.LSTM) -> Layer:
    unusual = [not module.batch_first, module.num_layers != 1, module.bidirectional, module.proj_size != 0]
    if isinstance(module, nn.RNN):
        unusual.append(module.nonlinearity != "tanh")
    _refuse(module, "batch_first=True, one layer and one direction", any(unusual))
    sizes = {"inputs": module.input_size, "hidden": module.hidden_size}
    W, U = (module.get_parameter(f"weight_{part}_l0") for part in ("ih", "hh"))
    biases = [
        module.get_parameter(f"bias_{part}_l0") if module.bias else torch.zeros(len(W)) for part in ("ih", "hh")
    ]
    return {"kind": "recurrent", "cell": RECURRENT[type(module)], **sizes}, [W, U, *biases]


def _attention(module: nn.MultiheadAttention) -> Layer:
    """As its forward call says whether it is causal, that is added by the caller."""
    unusual = [not module.batch_first, module.in_proj_weight is None, module.bias_k is not None, module.add_zero_attn]
    _refuse(module, "batch_first=True, and keys and values as wide as the queries", any(unusual))
    width = module.embed_dim
    inner = torch.zeros(3 * width) if module.in_proj_bias is None else module.in_proj_bias
    outer = _scale_and_shift(module.out_proj, (width,))
    layer = {"kind": "attention", "features": width, "heads": module.num_heads, "causal": False}
    return layer, [module.in_proj_weight, inner, *outer]


def _flatten(module: nn.Flatten) -> Layer:
    return {"kind": "flatten", "start": axis(module.start_dim, module), "end": axis(module.end_dim, module)}, []


def _unflatten(module: nn.Unflatten) -> Layer:
    return {"kind": "unflatten", "axis": axis(module.dim, module), "sizes": list(module.unflattened_size)}, []


_MAKERS: dict[type[nn.Module], Callable[[Any], Layer]] = {
    nn.Linear: _linear,
    nn.Conv2d: _convolution,
    nn.ConvTranspose2d: _convolution,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.LayerNorm: _layer_norm,
    nn.GroupNorm: _group_norm,
    nn.MaxPool2d: _pooling,
    nn.AvgPool2d: _pooling,
    nn.AdaptiveAvgPool2d: _global_pooling,
    nn.Upsample: _upsampling,
    nn.Embedding: _embedding,
    nn.MultiheadAttention: _attention,
    nn.Softmax: lambda module: ({"kind": "softmax", "axis": axis(module.dim, module)}, []),
    nn.Flatten: _flatten,
    nn.Unflatten: _unflatten,
    **dict.fromkeys(RECURRENT, _recurrent),
}
