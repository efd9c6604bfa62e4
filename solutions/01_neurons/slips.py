"""Planted wrong answers to the exercises of chapter 1, each with the hint that it must get."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from course_utils.grading.slips import slip

# -- predict --------------------------------------------------------------------------------------------------


@slip("predict", "lie exactly on the line")
def strictly_above(w: Tensor, b: float, X: Tensor) -> Tensor:
    return (X @ w + b > 0).to(X.dtype)


@slip("predict", "as if it had no bias")
def bias_dropped(w: Tensor, b: float, X: Tensor) -> Tensor:
    return (X @ w >= 0).to(X.dtype)


@slip("predict", "answers of -1 and 1")
def plus_or_minus(w: Tensor, b: float, X: Tensor) -> Tensor:
    return torch.where(X @ w + b >= 0, 1.0, -1.0).to(X.dtype)


@slip("predict", "True and False")
def truth_values(w: Tensor, b: float, X: Tensor) -> Tensor:
    return X @ w + b >= 0


# -- correct --------------------------------------------------------------------------------------------------


@slip("correct", "change after right answers too")
def hebb_without_gate(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    return w + eta * t * x


@slip("correct", "A sum of exactly zero")
def other_convention(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    t_hat = 1.0 if w @ x >= 0 else -1.0
    return w + eta * t * x if t_hat != t else w


@slip("correct", "move away from the target")
def wrong_direction(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    t_hat = 1.0 if w @ x > 0 else -1.0
    return w - eta * t * x if t_hat != t else w


@slip("correct", "The learning rate plays no part")
def rate_ignored(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    t_hat = 1.0 if w @ x > 0 else -1.0
    return w + t * x if t_hat != t else w


@slip("correct", "twice as long as asked")
def error_of_signs(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    t_hat = 1.0 if w @ x > 0 else -1.0
    return w + eta * (t - t_hat) * x


@slip("correct", "belongs to the caller")
def in_place(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    t_hat = 1.0 if w @ x > 0 else -1.0
    if t_hat != t:
        w += eta * t * x
    return w


# -- xor ------------------------------------------------------------------------------------------------------


@slip("xor", "The gate was never asked")
def compared_directly(
    x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    return (x1 != x2).to(x1.dtype)


@slip("xor", "one nand too many")
def five_nands(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return nand(nand(x1, nand(x1, x2)), nand(x2, nand(x1, x2)))


@slip("xor", "made with five nands")
def negated_at_the_end(
    x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    h = nand(x1, x2)
    out = nand(nand(x1, h), nand(x2, h))
    return nand(out, out)


@slip("xor", "it is or")
def or_instead(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return nand(nand(x1, x1), nand(x2, x2))


# -- cost -----------------------------------------------------------------------------------------------------


@slip("cost", "The biases are not counted")
def without_biases(sizes: Sequence[int]) -> tuple[int, int]:
    macs = sum(a * b for a, b in pairwise(sizes))
    return macs, macs


@slip("cost", "The inputs are counted as neurons")
def biased_inputs(sizes: Sequence[int]) -> tuple[int, int]:
    macs = sum(a * b for a, b in pairwise(sizes))
    return macs + sum(sizes), macs


@slip("cost", "this counts it as two")
def flops_for_macs(sizes: Sequence[int]) -> tuple[int, int]:
    macs = sum(a * b for a, b in pairwise(sizes))
    return macs + sum(sizes[1:]), 2 * macs


@slip("cost", "nothing is multiplied by a bias")
def bias_multiplied(sizes: Sequence[int]) -> tuple[int, int]:
    parameters = sum(a * b + b for a, b in pairwise(sizes))
    return parameters, parameters


# -- collapse -------------------------------------------------------------------------------------------------


@slip("collapse", "in the wrong order")
def order_reversed(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W @ W_next, W_next @ b + b_next
    return W, b


@slip("collapse", "The biases are only added up")
def biases_added(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W_next @ W, b + b_next
    return W, b


@slip("collapse", "Only the last bias is left")
def last_bias(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W_next @ W, b_next
    return W, b


# -- relu_weights ---------------------------------------------------------------------------------------------


@slip("relu_weights", "These are the slopes")
def slopes_themselves(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    return ys[0], ys.diff() / xs.diff()


@slip("relu_weights", "The gaps between the points are taken for 1")
def gaps_ignored(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    return ys[0], ys.diff().diff(prepend=torch.zeros(1, dtype=xs.dtype))


@slip("relu_weights", "One weight is missing")
def nothing_prepended(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    return ys[0], (ys.diff() / xs.diff()).diff()


@slip("relu_weights", "stays flat up to the second point")
def flat_first_piece(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    slopes = ys.diff() / xs.diff()
    return ys[0], slopes.diff(prepend=slopes[:1])


@slip("relu_weights", "starts at height 0")
def no_height(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    slopes = ys.diff() / xs.diff()
    return torch.zeros((), dtype=ys.dtype), slopes.diff(
        prepend=torch.zeros(1, dtype=xs.dtype)
    )
