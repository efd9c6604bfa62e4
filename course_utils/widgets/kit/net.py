"""A trained torch network as plain data, for the forward pass in net.js."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import fx, nn

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.steps import Writer

MOST_WEIGHTS = 1_000_000


def export(net: nn.Module) -> tuple[list[dict[str, Any]], bytes]:
    """The layers and the weights (float32, little-endian) of a trained network, as it answers in eval mode.

    `net` is an nn.Sequential, or a module of your own whose forward is followed once: it may add, multiply and
    join (torch.cat) what torch's layers give, apply activation functions, hand a state through an RNN, a GRU or an
    LSTM, and give a MultiheadAttention a causal mask. Of several answers only the first counts. The layers that can
    run stand in layers.py, the other steps in steps.py; the message for any other lists them. Raises WidgetError for
    what cannot run, for weights that are not finite, and for more than a million of them.
    """
    writer = Writer(net, _traced(net))
    row = torch.cat([torch.zeros(0), *(w.detach().cpu().float().reshape(-1) for w in writer.weights)])
    if len(row) > MOST_WEIGHTS:
        raise WidgetError(f"the network has {len(row)} weights; a page can hold {MOST_WEIGHTS}")
    if not row.isfinite().all():
        raise WidgetError("the network has weights that are not finite numbers; train it again with a smaller rate")
    return writer.layers, row.numpy().astype("<f4").tobytes()


@contextmanager
def evaluating(net: nn.Module) -> Iterator[None]:
    """The network in eval mode for a while; afterwards each of its modules is in the mode that it had."""
    training = [module for module in net.modules() if module.training]
    net.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


class _Tracer(fx.Tracer):
    proxy_buffer_attributes = True  # a mask or a table of positions may be cut to the length of the input


def _traced(net: nn.Module) -> fx.Graph:
    """The steps that the network's first answer needs, each of torch's layers as one step."""
    name = type(net).__name__
    if not isinstance(net, nn.Module) or _Tracer().is_leaf_module(net, ""):
        raise WidgetError(f"the network is a {name}; give an nn.Sequential, or a module of your own")
    try:
        with evaluating(net):
            graph = _Tracer().trace(net)
    except Exception as problem:  # the network's own code, which gets a stand-in for a tensor
        raise WidgetError(f"the forward pass of {name} cannot be followed without values: {problem}") from None
    output = graph.output_node()
    answer = output.args[0]
    output.args = (answer[0] if isinstance(answer, tuple) else answer,)
    graph.eliminate_dead_code(lambda node: node.op in ("placeholder", "output"))
    return graph
