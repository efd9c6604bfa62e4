"""Planted wrong answers to the exercises of chapter 3, each with the hint that it must get."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_tools.grading.slips import slip

# -- output_delta ---------------------------------------------------------------------------------------------


@slip(
    "output_delta",
    "This is blame on the answers; it has not passed the slope of the sigmoid yet.",
)
def no_slope(dL_da: Tensor, z: Tensor) -> Tensor:
    return dL_da


@slip("output_delta", "The slope is taken at the answers a; it belongs to the sums z.")
def slope_at_the_answers(dL_da: Tensor, z: Tensor) -> Tensor:
    a = z.sigmoid()
    return dL_da * a.sigmoid() * (1 - a.sigmoid())


@slip("output_delta", "The sigmoid itself stands where its slope should be.")
def sigmoid_for_slope(dL_da: Tensor, z: Tensor) -> Tensor:
    return dL_da * z.sigmoid()


# -- hidden_delta ---------------------------------------------------------------------------------------------


@slip("hidden_delta", "The blame travels through the weights in the forward direction.")
def weights_not_transposed(delta_next: Tensor, W_next: Tensor, z: Tensor) -> Tensor:
    return (delta_next @ W_next.T) * (1 - z.tanh() ** 2)


@slip("hidden_delta", "The blame has not passed the slope of tanh yet.")
def no_slope_of_tanh(delta_next: Tensor, W_next: Tensor, z: Tensor) -> Tensor:
    return delta_next @ W_next


@slip(
    "hidden_delta", "The slope is taken at the answers tanh(z); it belongs to the sums z."
)
def slope_at_tanh(delta_next: Tensor, W_next: Tensor, z: Tensor) -> Tensor:
    a = z.tanh()
    return (delta_next @ W_next) * (1 - a.tanh() ** 2)


# -- layer_gradients ------------------------------------------------------------------------------------------


@slip("layer_gradients", "Averaged over the batch; the loss has divided by n already.")
def averaged(delta: Tensor, a_prev: Tensor) -> tuple[Tensor, Tensor]:
    return delta.T @ a_prev / len(delta), delta.mean(dim=0)


@slip("layer_gradients", "dW is transposed: it has the shape of W, which is (m, k).")
def weights_transposed(delta: Tensor, a_prev: Tensor) -> tuple[Tensor, Tensor]:
    return a_prev.T @ delta, delta.sum(dim=0)


@slip("layer_gradients", "db holds one row for each example; all of them pull at one bias.")
def bias_not_summed(delta: Tensor, a_prev: Tensor) -> tuple[Tensor, Tensor]:
    return delta.T @ a_prev, delta


# -- numeric_gradient -----------------------------------------------------------------------------------------


@slip(
    "numeric_gradient",
    "Nudged one way only: that misses by about h, both ways by about h^2.",
)
def one_sided(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    grad = torch.empty_like(x)
    for i in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[i] = h
        grad.view(-1)[i] = (f(x + step) - f(x)) / h
    return grad


@slip("numeric_gradient", "Divided by h, but the two nudges are 2h apart.")
def divided_by_h(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    grad = torch.empty_like(x)
    for i in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[i] = h
        grad.view(-1)[i] = (f(x + step) - f(x - step)) / h
    return grad


@slip("numeric_gradient", "The sign is turned round: up minus down.")
def down_minus_up(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    grad = torch.empty_like(x)
    for i in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[i] = h
        grad.view(-1)[i] = (f(x - step) - f(x + step)) / (2 * h)
    return grad


@slip("numeric_gradient", "The result has lost the shape of x.")
def flat(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    grad = torch.empty(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


@slip("numeric_gradient", "x belongs to the caller, and was left changed.")
def leaves_x_nudged(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    grad = torch.empty_like(x)
    for i in range(x.numel()):
        old = x.view(-1)[i].item()
        x.view(-1)[i] = old + h
        up = f(x)
        x.view(-1)[i] = old - h
        grad.view(-1)[i] = (up - f(x)) / (2 * h)
    return grad


# -- softmax_cross_entropy ------------------------------------------------------------------------------------


@slip(
    "softmax_cross_entropy",
    "Both are summed over the batch; the loss is a mean, and so is its gradient.",
)
def summed(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    log_p = z - z.logsumexp(dim=1, keepdim=True)
    dz = log_p.exp()
    dz[torch.arange(len(z)), labels] -= 1
    return -log_p[torch.arange(len(z)), labels].sum(), dz


@slip("softmax_cross_entropy", "The loss is a mean but its gradient is not.")
def gradient_not_averaged(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    log_p = z - z.logsumexp(dim=1, keepdim=True)
    dz = log_p.exp()
    dz[torch.arange(len(z)), labels] -= 1
    return -log_p[torch.arange(len(z)), labels].mean(), dz


@slip(
    "softmax_cross_entropy",
    "The gradient has the wrong sign: it points to where the loss grows.",
)
def truth_minus_answer(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    log_p = z - z.logsumexp(dim=1, keepdim=True)
    dz = -log_p.exp()
    dz[torch.arange(len(z)), labels] += 1
    return -log_p[torch.arange(len(z)), labels].mean(), dz / len(z)


@slip("softmax_cross_entropy", "The softmax runs over the examples, not the classes.")
def wrong_axis(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    log_p = z - z.logsumexp(dim=0, keepdim=True)
    dz = log_p.exp()
    dz[torch.arange(len(z)), labels] -= 1
    return -log_p[torch.arange(len(z)), labels].mean(), dz / len(z)


@slip("softmax_cross_entropy", "Large logits overflow; take something off them first.")
def no_maximum(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    p = z.exp() / z.exp().sum(dim=1, keepdim=True)
    dz = p.clone()
    dz[torch.arange(len(z)), labels] -= 1
    return -p[torch.arange(len(z)), labels].log().mean(), dz / len(z)


# -- bce_with_logits ------------------------------------------------------------------------------------------


@slip(
    "bce_with_logits",
    "Both are summed over the batch; the loss is a mean, and so is its gradient.",
)
def summed_yes_or_no(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))
    return loss.sum(), z.sigmoid() - y


@slip("bce_with_logits", "The loss is a mean but its gradient is not.")
def yes_or_no_gradient_not_averaged(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))
    return loss.mean(), z.sigmoid() - y


@slip("bce_with_logits", "Only the examples whose answer is yes are charged.")
def a_no_is_free(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return -(y * z.sigmoid().log()).mean(), (z.sigmoid() - y) / len(z)


@slip(
    "bce_with_logits", "The gradient has the wrong sign: it points to where the loss grows."
)
def yes_or_no_uphill(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))
    return loss.mean(), (y - z.sigmoid()) / len(z)


@slip("bce_with_logits", "Large logits overflow, or round a probability to 0.")
def through_the_exponential(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return (torch.log(1 + z.exp()) - y * z).mean(), (z.sigmoid() - y) / len(z)


@slip("bce_with_logits", "Large logits overflow, or round a probability to 0.")
def logarithm_of_a_rounded_probability(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    p = z.sigmoid()
    return -(y * p.log() + (1 - y) * (1 - p).log()).mean(), (p - y) / len(z)


# -- hinge_loss -----------------------------------------------------------------------------------------------


@slip(
    "hinge_loss", "Without a margin: a right answer costs something until it is right by 1."
)
def no_margin(s: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    wrong = -t * s
    return wrong.clamp(min=0).mean(), torch.where(wrong > 0, -t, torch.zeros_like(t)) / len(
        s
    )


@slip("hinge_loss", "Answers beyond the margin still pull; leave them in peace.")
def everybody_pulls(s: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    return (1 - t * s).clamp(min=0).mean(), -t / len(s)


@slip("hinge_loss", "At the corner t s = 1 the slope that was asked for is 0.")
def corner_pulls(s: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    room = 1 - t * s
    return room.clamp(min=0).mean(), torch.where(room >= 0, -t, torch.zeros_like(t)) / len(
        s
    )


@slip("hinge_loss", "The loss is a mean but its gradient is not.")
def hinge_gradient_not_averaged(s: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    room = 1 - t * s
    return room.clamp(min=0).mean(), torch.where(room > 0, -t, torch.zeros_like(t))
