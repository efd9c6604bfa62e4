"""A transformer on characters with drawn weights, in torch alone: what the tests compare decoder.js with."""

import math
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from course_utils.widgets.kit.net import unpacked

LETTERS = " abcdefg.,"


class Heads(nn.Module):
    """The four projections of an attention."""

    def __init__(self, d: int, heads: int):
        super().__init__()
        self.heads = heads
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d, d) for _ in range(4))


class Attention(nn.Module):
    """Heads, and whether a token sees those behind it."""

    def __init__(self, d: int, heads: int, causal: bool):
        super().__init__()
        self.heads, self.causal = Heads(d, heads), causal


class Letters(nn.Module):
    """The network that kit/decoder.py describes, of ten characters and a masked one."""

    def __init__(self, causal: bool = True, d: int = 12, heads: int = 2, layers: int = 2, places: int = 30):
        super().__init__()
        self.places, self.embed = places, nn.Embedding(11, d)
        self.attentions = nn.ModuleList(Attention(d, heads, causal) for _ in range(layers))
        self.dense = nn.ModuleList(nn.Sequential(nn.Linear(d, 7), nn.ReLU(), nn.Linear(7, d)) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(2 * layers + 1))
        self.out = nn.Linear(d, len(LETTERS))
        rng = torch.Generator().manual_seed(5)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(0.5 * torch.randn(parameter.shape, generator=rng))

    def heads(self, i: int) -> Heads:
        """The attention of layer i."""
        return cast("Attention", self.attentions[i]).heads

    def forward(self, ids: Tensor, temperature: float = 1.0, causal: bool = True) -> tuple[Tensor, Tensor]:
        """One text: (n,) -> logits (n, 10), attention weights (layers, heads, n, n)."""
        x, maps, n = self.embed(ids), [], len(ids)
        for i in range(len(self.attentions)):
            h, z = self.heads(i), self.norms[2 * i](x)
            q, k, v = (W(z).unflatten(-1, (h.heads, -1)).transpose(0, 1) for W in (h.W_q, h.W_k, h.W_v))
            scores = turned(q) @ turned(k).mT / (math.sqrt(q.shape[-1]) * temperature)
            if causal:
                scores = scores.masked_fill(torch.ones(n, n).triu(1) > 0, -torch.inf)
            maps.append(scores.softmax(dim=-1))
            x = x + h.W_o((maps[-1] @ v).transpose(0, 1).flatten(1))
            x = x + self.dense[i](self.norms[2 * i + 1](x))
        logits: Tensor = self.out(self.norms[-1](x))
        return logits, torch.stack(maps)


def turned(x: Tensor) -> Tensor:
    """Rotary positions as complex numbers.   (..., n, d) -> (..., n, d)"""
    n, d = x.shape[-2:]
    angle = torch.arange(n).double()[:, None] * 10_000.0 ** (-torch.arange(d // 2).double() * 2 / d)
    pairs = torch.view_as_complex(x.double().unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(-2).to(x)


def in_the_page(net: Letters, weights: bytes) -> Letters:
    """The network with the rounded weights that the page has."""
    layers: list[nn.Module] = [net.embed]
    for i in range(len(net.attentions)):
        layers += [net.norms[2 * i], net.heads(i), net.norms[2 * i + 1], net.dense[i]]
    order = [weight for layer in [*layers, net.norms[-1], net.out] for weight in layer.parameters()]
    nn.utils.vector_to_parameters(torch.tensor(np.frombuffer(unpacked(weights), "<f4")), order)
    return net.requires_grad_(False)
