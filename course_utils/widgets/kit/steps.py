"""The steps of a traced forward pass as layers of net.js, one after the other."""

import operator
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.layers import ACTIVATIONS, RECURRENT, SILENT, Layer, axis, layer_of

# Functions with a layer of the same meaning and the same settings; a text is the name of a tensor's method.
AS_LAYERS: dict[Any, Callable[..., nn.Module]] = {
    **{getattr(F, kind.__name__.lower()): kind for kind in ACTIVATIONS if kind is not nn.LeakyReLU},
    F.leaky_relu: nn.LeakyReLU,
    F.interpolate: nn.Upsample,
    **dict.fromkeys((torch.relu, "relu"), nn.ReLU),
    **dict.fromkeys((torch.tanh, "tanh"), nn.Tanh),
    **dict.fromkeys((torch.sigmoid, "sigmoid"), nn.Sigmoid),
    **dict.fromkeys((F.softmax, torch.softmax, "softmax"), nn.Softmax),
    **dict.fromkeys((torch.flatten, "flatten"), lambda start_dim=0, end_dim=-1: nn.Flatten(start_dim, end_dim)),
    "unflatten": nn.Unflatten,
}
# Functions of values alone; a number counts as a value.
OF_VALUES: dict[Any, str] = {
    **dict.fromkeys((operator.add, torch.add), "add"),
    **dict.fromkeys((operator.sub, torch.sub), "subtract"),
    **dict.fromkeys((operator.mul, torch.mul), "multiply"),
    **dict.fromkeys((operator.truediv, torch.div), "divide"),
    **{getattr(torch, name): name for name in ("sin", "cos", "exp")},
}
ALL = slice(None)


class Writer:
    """Writes each step once, after those that it needs. A place: 0, 1, ... a layer's value; -1, -2, ... an input."""

    def __init__(self, net: nn.Module, graph: fx.Graph):
        self.net, self.layers, self.weights = net, list[dict[str, Any]](), list[Tensor]()
        calls = [node for node in graph.nodes if node.op == "call_module"]
        given = [node for node in graph.nodes if node.op == "placeholder"]
        states = {_origin(a) for n in calls if self.kind(n) in RECURRENT for a in n.all_input_nodes[1:]}
        self.states = states.intersection(given)
        self.places = {node: -1 - i for i, node in enumerate(n for n in given if n not in states)}
        for value in (*calls, graph.output_node().args[0]):  # in order, so that no step has to go far back
            self.place(value)

    def module(self, node: fx.Node) -> nn.Module:
        return self.net.get_submodule(str(node.target))

    def kind(self, node: fx.Node) -> type | None:
        """The layer that a step runs; None for another step."""
        return type(self.module(node)) if node.op == "call_module" else None

    def tensor(self, node: fx.Node) -> Tensor:
        """A parameter or a buffer of the network."""
        found: Tensor = operator.attrgetter(str(node.target))(self.net)
        return found

    def write(self, layer: Layer, *sources: int) -> int:
        """The place of a new layer's value."""
        settings, weights = layer
        follows = sources == (len(self.layers) - 1,)
        self.layers.append(settings if follows else {**settings, "from": list(sources)})
        self.weights += weights
        return len(self.layers) - 1

    def constant(self, tensor: Tensor) -> int:
        return self.write(({"kind": "constant", "shape": list(tensor.shape)}, [tensor]))

    def place(self, value: Any) -> int:
        """Where net.js finds the value of a step, or a number."""
        if isinstance(value, int | float):
            return self.constant(torch.tensor(float(value)))
        if not isinstance(value, fx.Node):
            raise _unknown(value)
        if value not in self.places:
            self.places[value] = _written(self, value)
        return self.places[value]


def _written(writer: Writer, node: fx.Node) -> int:
    if node.op == "call_module":
        return _module(writer, node)
    if node.op == "get_attr":
        return writer.constant(_without_batch(writer.tensor(node)))
    if node.target in AS_LAYERS:
        return _as_layer(writer, node)
    if node.target in OF_VALUES and not node.kwargs:
        return writer.write(({"kind": OF_VALUES[node.target]}, []), *map(writer.place, node.args))
    return _OTHERS.get(node.target, _refused)(writer, node)


def _refused(_: Writer, node: fx.Node) -> int:
    raise _unknown(node)


def _unknown(value: Any) -> WidgetError:
    name = getattr(value.target, "__name__", value.target) if isinstance(value, fx.Node) else value
    return WidgetError(
        f"the forward pass uses {name} in a way that cannot run in the page; use torch's layers, activation "
        "functions, + - * /, torch.cat, flatten, unflatten, reshape(-1, ...), x[:, -1] for the last token, "
        "table[: x.shape[1]] for its first rows; a recurrent layer's state only comes in and goes out"
    )


def _without_batch(tensor: Tensor) -> Tensor:
    return tensor[0] if tensor.ndim > 1 and len(tensor) == 1 else tensor


def _given(node: fx.Node) -> list[Any]:
    """A step's arguments without names."""
    return list(node.args)


def _origin(node: Any) -> Any:
    """What a step took an item or a part of."""
    while isinstance(node, fx.Node) and node.target is operator.getitem:
        node = node.args[0]
    return node


def _module(writer: Writer, node: fx.Node) -> int:
    module, sources = writer.module(node), _given(node)
    if isinstance(module, SILENT):
        return writer.place(sources[0])
    layer = layer_of(module)
    if isinstance(module, nn.MultiheadAttention):
        return _attention(writer, node, layer)
    if type(module) in RECURRENT:
        if not writer.states.issuperset(map(_origin, node.all_input_nodes[1:])):
            raise _unknown(node)
        return writer.write(layer, writer.place(node.all_input_nodes[0]))
    if isinstance(module, nn.Embedding) and getattr(sources[0], "target", None) is torch.arange:
        return _rows(writer, module.weight, sources[0].args[-1], node)
    if len(sources) != 1 or node.kwargs:
        raise _unknown(node)
    return writer.write(layer, writer.place(sources[0]))


def _attention(writer: Writer, node: fx.Node, layer: Layer) -> int:
    settings, weights = layer
    if len(node.args) != 3 or node.kwargs.get("key_padding_mask") is not None:
        raise _unknown(node)
    causal = _causal(writer, node.kwargs.get("attn_mask"))
    return writer.write((settings | {"causal": causal}, weights), *map(writer.place, node.args))


def _causal(writer: Writer, mask: Any) -> bool:
    """Whether a mask is causal; None masks nothing. Raises WidgetError for any other."""
    if mask is None:
        return False
    origin = _origin(mask)
    if isinstance(origin, fx.Node) and origin.op == "get_attr" and all(_from_the_start(i) for i in _parts(mask)):
        tensor = writer.tensor(origin)
        hidden = tensor if tensor.dtype == torch.bool else tensor == -torch.inf
        zero = torch.where(hidden, 0, tensor)  # where nothing is hidden, nothing may be added
        if tensor.ndim == 2 and hidden.equal(torch.ones_like(hidden).triu(1)) and not zero.any():
            return True
    raise WidgetError("an attention mask that is not causal, or not a buffer of the network, cannot run in the page")


def _parts(node: fx.Node) -> list[Any]:
    """The indices of a step that takes a part, one an axis."""
    if node.target is not operator.getitem:
        return []
    index = node.args[1]
    return list(index) if isinstance(index, tuple) else [index]


def _from_the_start(part: Any) -> bool:
    return isinstance(part, slice) and part.start is None and part.step is None


def _as_layer(writer: Writer, node: fx.Node) -> int:
    """A function such as F.gelu as the layer nn.GELU. What is None or False is left to the layer."""
    settings = {k: v for k, v in node.kwargs.items() if v is not None and v is not False and k != "_stacklevel"}
    if any(isinstance(value, fx.Node) for value in (*node.args[1:], *settings.values())):
        raise _unknown(node)
    try:
        module = AS_LAYERS[node.target](*node.args[1:], **settings)
    except TypeError:
        raise _unknown(node) from None
    return writer.write(layer_of(module), writer.place(node.args[0]))


def _concatenate(writer: Writer, node: fx.Node) -> int:
    values, dim = [*_given(node), *node.kwargs.values(), 0][:2]
    layer = {"kind": "concatenate", "axis": axis(dim, "torch.cat")}
    return writer.write((layer, []), *map(writer.place, values))


def _dot_product_attention(writer: Writer, node: fx.Node) -> int:
    if len(node.args) != 3 or not node.kwargs.keys() <= {"is_causal"}:
        raise _unknown(node)
    layer = {"kind": "attend", "causal": bool(node.kwargs.get("is_causal"))}
    return writer.write((layer, []), *map(writer.place, node.args))


def _dropout(writer: Writer, node: fx.Node) -> int:
    if node.kwargs.get("training", True):  # it would drop in eval mode too
        raise _unknown(node)
    return writer.place(node.args[0])


def _reshape(writer: Writer, node: fx.Node) -> int:
    """x.reshape(-1, a, b): each example by itself."""
    value, *sizes = _given(node)
    sizes = list(sizes[0]) if isinstance(sizes[0], tuple | list) else sizes
    if sizes[0] != -1 or not all(isinstance(n, int) and n > 0 for n in sizes[1:]):
        raise _unknown(node)
    flat = writer.write(({"kind": "flatten"}, []), writer.place(value))
    return writer.write(({"kind": "unflatten", "axis": 0, "sizes": sizes[1:]}, []), flat)


def _item(writer: Writer, node: fx.Node) -> int:
    """The values of a layer that gives two things; a row of x; the first rows of a table."""
    value, index = _given(node)
    if isinstance(value, fx.Node) and writer.kind(value) in (*RECURRENT, nn.MultiheadAttention) and index == 0:
        return writer.place(value)
    if isinstance(index, tuple) and len(index) == 2 and index[0] == ALL and isinstance(index[1], int):
        return writer.write(({"kind": "pick", "index": index[1]}, []), writer.place(value))
    parts = [part for part in _parts(node) if part != ALL]
    if isinstance(value, fx.Node) and value.op == "get_attr" and len(parts) == 1 and _from_the_start(parts[0]):
        table = writer.tensor(value)
        leading = len(_parts(node)) - 1  # [:, :n] of a table with an axis for the batch
        if leading == 0 or (leading == 1 and len(table) == 1):
            return _rows(writer, table[0] if leading else table, parts[0].stop, node)
    raise _unknown(node)


def _rows(writer: Writer, table: Tensor, count: Any, node: fx.Node) -> int:
    """As many rows of a table as the value that `count` measures has tokens."""
    measured = _measured(count)
    if measured is None:
        raise _unknown(node)
    return writer.write(({"kind": "rows"}, []), writer.constant(table), writer.place(measured))


def _measured(count: Any) -> Any:
    """The x of x.shape[1] or x.size(1); None for anything else."""
    if not isinstance(count, fx.Node):
        return None
    value, *rest = _given(count)
    if count.target is operator.getitem and rest == [1]:
        count, (value, *rest) = value, _given(value)
        return value if count.target == "size" or rest == ["shape"] else None
    return value if count.target == "size" and rest == [1] else None


_OTHERS: dict[Any, Callable[[Writer, fx.Node], int]] = {
    operator.getitem: _item,
    torch.cat: _concatenate,
    F.scaled_dot_product_attention: _dot_product_attention,
    F.dropout: _dropout,
    **dict.fromkeys(("reshape", "view"), _reshape),
}
