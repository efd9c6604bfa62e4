"""Planted wrong answers to the exercises of chapter 1, each with the hint that it must get."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from course_tools.grading.slips import slip

# -- predict --------------------------------------------------------------------------------------------------


@slip(
    "predict",
    "A point exactly on the line is put on the wrong side; look at eq. 1.1 once more.",
)
def strictly_above(w: Tensor, b: float, X: Tensor) -> Tensor:
    return (X @ w + b > 0).to(X.dtype)


@slip("predict", "The neuron answers as if it had no bias.")
def bias_dropped(w: Tensor, b: float, X: Tensor) -> Tensor:
    return (X @ w >= 0).to(X.dtype)


@slip("predict", "These are answers of -1 and 1; the other convention was asked for.")
def plus_or_minus(w: Tensor, b: float, X: Tensor) -> Tensor:
    return torch.where(X @ w + b >= 0, 1.0, -1.0).to(X.dtype)


@slip("predict", "The answers are True and False; numbers of the type of X were asked for.")
def truth_values(w: Tensor, b: float, X: Tensor) -> Tensor:
    return X @ w + b >= 0


# -- correct --------------------------------------------------------------------------------------------------


@slip("correct", "The weights change after right answers too.")
def hebb_without_gate(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    return w + eta * t * x


@slip("correct", "A sum of exactly zero gets the wrong answer; look at eq. 1.2 once more.")
def other_convention(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    t_hat = 1.0 if w @ x >= 0 else -1.0
    return w + eta * t * x if t_hat != t else w


@slip("correct", "The weights move away from the target.")
def wrong_direction(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    t_hat = 1.0 if w @ x > 0 else -1.0
    return w - eta * t * x if t_hat != t else w


@slip("correct", "The learning rate plays no part.")
def rate_ignored(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    t_hat = 1.0 if w @ x > 0 else -1.0
    return w + t * x if t_hat != t else w


@slip(
    "correct",
    "Every correction is twice as long as asked; that happens with the error of two answers of -1 and 1.",
)
def error_of_signs(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    t_hat = 1.0 if w @ x > 0 else -1.0
    return w + eta * (t - t_hat) * x


@slip(
    "correct", "w itself was changed; it belongs to the caller, so give back a new tensor."
)
def in_place(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    t_hat = 1.0 if w @ x > 0 else -1.0
    if t_hat != t:
        w += eta * t * x
    return w


# -- xor ------------------------------------------------------------------------------------------------------


@slip("xor", "The gate was never asked; the answer has to come from nands alone.")
def compared_directly(
    x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    return (x1 != x2).to(x1.dtype)


@slip(
    "xor",
    "The answers are right, but there is one nand too many: one of them is asked twice.",
)
def five_nands(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return nand(nand(x1, nand(x1, x2)), nand(x2, nand(x1, x2)))


@slip("xor", "This is the opposite of xor, made with five nands.")
def negated_at_the_end(
    x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    h = nand(x1, x2)
    out = nand(nand(x1, h), nand(x2, h))
    return nand(out, out)


@slip("xor", "This says yes when both are on as well: it is or.")
def or_instead(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return nand(nand(x1, x1), nand(x2, x2))


# -- cost -----------------------------------------------------------------------------------------------------


@slip("cost", "The biases are not counted.")
def without_biases(sizes: Sequence[int]) -> tuple[int, int]:
    macs = sum(a * b for a, b in pairwise(sizes))
    return macs, macs


@slip(
    "cost",
    "The inputs are counted as neurons with a bias; they only hand on what they are given.",
)
def biased_inputs(sizes: Sequence[int]) -> tuple[int, int]:
    macs = sum(a * b for a, b in pairwise(sizes))
    return macs + sum(sizes), macs


@slip("cost", "A multiply-accumulate is one piece of work here; this counts it as two.")
def flops_for_macs(sizes: Sequence[int]) -> tuple[int, int]:
    macs = sum(a * b for a, b in pairwise(sizes))
    return macs + sum(sizes[1:]), 2 * macs


@slip(
    "cost",
    "The biases are counted as multiply-accumulates; nothing is multiplied by a bias.",
)
def bias_multiplied(sizes: Sequence[int]) -> tuple[int, int]:
    parameters = sum(a * b + b for a, b in pairwise(sizes))
    return parameters, parameters


# -- collapse -------------------------------------------------------------------------------------------------


@slip(
    "collapse",
    "The matrices are multiplied in the wrong order: the first layer acts on x first.",
)
def order_reversed(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W @ W_next, W_next @ b + b_next
    return W, b


@slip(
    "collapse",
    "The biases are only added up, but all of them except the last pass through later weights.",
)
def biases_added(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W_next @ W, b + b_next
    return W, b


@slip("collapse", "Only the last bias is left.")
def last_bias(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W_next @ W, b_next
    return W, b


# -- relu_weights ---------------------------------------------------------------------------------------------


@slip(
    "relu_weights",
    "These are the slopes; each ReLU is on top of those that began before it.",
)
def slopes_themselves(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    return ys[0], ys.diff() / xs.diff()


@slip("relu_weights", "The gaps between the points are taken for 1.")
def gaps_ignored(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    return ys[0], ys.diff().diff(prepend=torch.zeros(1, dtype=xs.dtype))


@slip("relu_weights", "One weight is missing: m + 1 points need m ReLUs.")
def nothing_prepended(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    return ys[0], (ys.diff() / xs.diff()).diff()


@slip(
    "relu_weights",
    "The first ReLU has no weight, so the curve stays flat up to the second point.",
)
def flat_first_piece(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    slopes = ys.diff() / xs.diff()
    return ys[0], slopes.diff(prepend=slopes[:1])


@slip("relu_weights", "The curve starts at height 0 instead of at the first point.")
def no_height(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    slopes = ys.diff() / xs.diff()
    return torch.zeros((), dtype=ys.dtype), slopes.diff(
        prepend=torch.zeros(1, dtype=xs.dtype)
    )
