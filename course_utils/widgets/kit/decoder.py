"""A trained transformer on characters as plain data, for its pass in decoder.js.

net.py follows a network of torch's layers; attention by hand with rotary positions is none of them, and a picture of
the attention needs its weights. So this network is read by its parts:

    net.embed        nn.Embedding, its first rows the characters, in their order
    net.attentions   one a layer: .heads with W_q, W_k, W_v, W_o (nn.Linear) and .heads.heads, their number; .causal
    net.dense        one a layer: nn.Sequential(nn.Linear, nn.ReLU, nn.Linear)
    net.norms        nn.LayerNorm, two a layer and one at the end (pre-norm)
    net.out          nn.Linear to a logit for each character
    net.places       how many characters it takes
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.widgets.kit.base import WidgetError
from course_utils.widgets.kit.net import MOST_WEIGHTS, packed

MOST_PLACES = 256


def decoder_of(net: Any, letters: str) -> tuple[dict[str, Any], bytes]:
    """The settings and the weights (six bits each, see `packed`) of a transformer on these characters.

    Raises WidgetError for a network without these parts, for other letters than its logits, and for weights that are
    not finite or too many.
    """
    try:
        settings = _settings(net)
        tensors = list(_weights(net))
    except (AttributeError, TypeError, IndexError) as problem:
        raise WidgetError(f"the network lacks a part that kit/decoder.py reads: {problem}") from None
    if len(letters) != settings["outputs"] or len(set(letters)) != len(letters):
        raise WidgetError(
            f"{len(letters)} letters for {settings['outputs']} logits; give each character of the network once"
        )
    row = torch.cat([w.detach().cpu().float().reshape(-1) for w in tensors])
    if len(row) > MOST_WEIGHTS:
        raise WidgetError(f"the network has {len(row)} weights; a page can hold {MOST_WEIGHTS}")
    if not row.isfinite().all():
        raise WidgetError("the network has weights that are not finite numbers; train it again with a smaller rate")
    return settings, packed(row.numpy().astype("<f4").tobytes())


def text_of(text: str, letters: str, most: int) -> str:
    """The text. Raises WidgetError for an empty one, a letter that is unknown and one that is too long."""
    unknown = [c for c in text if c not in letters]
    if unknown:
        raise WidgetError(f"the network does not know {unknown[0]!r}")
    if not 0 < len(text) <= most:
        raise WidgetError(f"the text has {len(text)} characters; give 1 to {most}")
    return text


def _settings(net: Any) -> dict[str, Any]:
    first = net.attentions[0]
    return {
        "tokens": net.embed.num_embeddings,
        "width": net.embed.embedding_dim,
        "heads": int(first.heads.heads),
        "layers": len(net.attentions),
        "hidden": net.dense[0][0].out_features,
        "outputs": net.out.out_features,
        "places": min(int(net.places), MOST_PLACES),
        "causal": bool(first.causal),
        "eps": float(net.norms[0].eps),
    }


def _weights(net: Any) -> Iterator[Tensor]:
    """All weights in the order in which decoder.js takes them."""
    yield net.embed.weight
    for i, (attention, dense) in enumerate(zip(net.attentions, net.dense, strict=True)):
        h = attention.heads
        for layer in (net.norms[2 * i], h.W_q, h.W_k, h.W_v, h.W_o, net.norms[2 * i + 1], dense[0], dense[2]):
            yield from _pair(layer)
    yield from _pair(net.norms[2 * len(net.attentions)])
    yield from _pair(net.out)


def _pair(layer: nn.Module) -> tuple[Tensor, Tensor]:
    return layer.get_parameter("weight"), layer.get_parameter("bias")
