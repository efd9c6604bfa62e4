"""A trained torch network as plain data, for the forward pass in net.js."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import fx, nn

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.steps import Writer

MOST_WEIGHTS = 1_000_000
BLOCK = 64  # weights that share a scale
LEVELS = 31  # each is a whole number from -31 to 31 times the scale


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


def packed(weights: bytes) -> bytes:
    """Weights (float32, from `export`) in 6 bits each: a fifth of the bytes, each within half a step of what it was.

    First the whole numbers, four in three bytes, in blocks of 64; then a scale (float32) for each block, 1/31 of its
    largest absolute value; at the end how many weights there are (32 bits). In a page's base64 each of the whole
    numbers is one character, so that compression finds how often the small ones stand there.
    """
    row = np.frombuffer(weights, "<f4").astype(np.float64)
    blocks = np.pad(row, (0, -len(row) % BLOCK)).reshape(-1, BLOCK)
    scales = (np.abs(blocks).max(axis=1, initial=0) / LEVELS).astype("<f4")
    steps = np.where(scales > 0, scales, 1).astype(np.float64)
    levels = np.round(blocks / steps[:, None]).clip(-LEVELS, LEVELS).astype(np.int64)
    bits = np.unpackbits((levels + LEVELS + 1).astype(np.uint8).reshape(-1, 1), axis=1)[:, 2:]
    return np.packbits(bits).tobytes() + scales.tobytes() + len(row).to_bytes(4, "little")


def unpacked(data: bytes) -> bytes:
    """The weights (float32) that the page has after `packed`."""
    count = int.from_bytes(data[-4:], "little")
    blocks = -(-count // BLOCK)
    bits = np.unpackbits(np.frombuffer(data, np.uint8, blocks * BLOCK * 6 // 8)).reshape(-1, 6)
    levels = np.packbits(np.pad(bits, ((0, 0), (2, 0)))).astype(np.int64) - LEVELS - 1
    scales = np.frombuffer(data, "<f4", blocks, blocks * BLOCK * 6 // 8).astype(np.float64)
    return (scales[:, None] * levels.reshape(-1, BLOCK)).ravel()[:count].astype("<f4").tobytes()


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


def answer(net: nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """What the network gives in eval mode, without a graph, for a batch that is brought to its device and type.

    Raises what the network raises when it cannot take the batch.
    """
    parameter = next(net.parameters(), torch.zeros(1))
    with evaluating(net), torch.no_grad():
        given: torch.Tensor = net(batch.to(parameter))
    return given


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
