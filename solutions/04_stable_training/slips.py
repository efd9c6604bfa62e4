"""Planted wrong answers to the exercises of chapter 4, each with the hint that it must get."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course_tools.grading.slips import slip

# -- elu ------------------------------------------------------------------------------------------------------


@slip("elu", "The slope below zero has lost its alpha.")
def slope_without_alpha(z: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    below, ones = torch.exp(z.clamp(max=0)), torch.ones_like(z)
    return torch.where(z > 0, z, alpha * (below - 1)), torch.where(z > 0, ones, below)


@slip("elu", "The slope below zero is ReLU's; the branch there is not flat.")
def slope_of_relu(z: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    below = torch.exp(z.clamp(max=0))
    return torch.where(z > 0, z, alpha * (below - 1)), (z > 0).to(z.dtype)


@slip("elu", "Alpha scales the positive side too; it belongs below zero alone.")
def alpha_everywhere(z: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    below, ones = torch.exp(z.clamp(max=0)), torch.ones_like(z)
    return alpha * torch.where(z > 0, z, below - 1), torch.where(z > 0, ones, alpha * below)


@slip("elu", "Infinity times zero: a branch that is not chosen still spoils the sum.")
def masks_multiplied(z: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    up, down = (z > 0).to(z.dtype), (z <= 0).to(z.dtype)
    return up * z + down * alpha * (torch.exp(z) - 1), up + down * alpha * torch.exp(z)


# -- softplus -------------------------------------------------------------------------------------------------


@slip("softplus", "The exponential of a large number is infinite.")
def overflowing(z: Tensor) -> tuple[Tensor, Tensor]:
    return torch.log(1 + torch.exp(z)), 1 / (1 + torch.exp(-z))


@slip("softplus", "The slope is that of ReLU; softplus passes zero smoothly.")
def slope_with_a_step(z: Tensor) -> tuple[Tensor, Tensor]:
    return z.clamp(min=0) + torch.log1p(torch.exp(-z.abs())), (z > 0).to(z.dtype)


@slip(
    "softplus", "The slope falls where it should rise: the sign of z is turned round in it."
)
def falling_slope(z: Tensor) -> tuple[Tensor, Tensor]:
    return z.clamp(min=0) + torch.log1p(torch.exp(-z.abs())), 1 / (1 + torch.exp(z))


@slip(
    "softplus", "The value falls where it should rise: the sign of z is turned round in it."
)
def falling_value(z: Tensor) -> tuple[Tensor, Tensor]:
    return (-z).clamp(min=0) + torch.log1p(torch.exp(-z.abs())), 1 / (1 + torch.exp(-z))


# -- dead_fraction --------------------------------------------------------------------------------------------


@slip(
    "dead_fraction", "This is the share of silent answers; count units that never answer."
)
def silent_answers(z: Tensor) -> float:
    return (z <= 0).double().mean().item()


@slip(
    "dead_fraction",
    "One silent answer is no death: every example has to leave the unit silent.",
)
def silent_once(z: Tensor) -> float:
    return (z <= 0).any(dim=0).double().mean().item()


@slip(
    "dead_fraction",
    "Examples that wake no unit are counted; count units that no example wakes.",
)
def dead_examples(z: Tensor) -> float:
    return (z <= 0).all(dim=1).double().mean().item()


@slip("dead_fraction", "A sum of exactly zero does not wake a unit either.")
def zero_is_alive(z: Tensor) -> float:
    return (z < 0).all(dim=0).double().mean().item()


# -- he_normal ------------------------------------------------------------------------------------------------


@slip("he_normal", "The variance stands where the standard deviation belongs.")
def variance_for_std(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    return 2 / n_in * torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)


@slip("he_normal", "The outputs are counted; here the incoming signals count.")
def counts_outputs(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    return (2 / n_out) ** 0.5 * torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)


@slip(
    "he_normal", "This is the rule for linear layers; ReLU throws half of the signal away."
)
def one_over_n(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    return (1 / n_in) ** 0.5 * torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)


@slip("he_normal", "Rows and columns are exchanged: a unit's weights stand in a row.")
def weights_turned(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    return (2 / n_in) ** 0.5 * torch.randn(n_in, n_out, generator=rng, dtype=torch.float64)


# -- xavier_uniform -------------------------------------------------------------------------------------------


@slip(
    "xavier_uniform", "The standard deviation was taken for the half-width of the interval."
)
def std_as_half_width(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    r = (2 / (n_in + n_out)) ** 0.5
    return r * (2 * torch.rand(n_out, n_in, generator=rng, dtype=torch.float64) - 1)


@slip("xavier_uniform", "All weights are positive; the interval lies around zero.")
def positive_only(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    r = (6 / (n_in + n_out)) ** 0.5
    return r * torch.rand(n_out, n_in, generator=rng, dtype=torch.float64)


@slip(
    "xavier_uniform", "Only the incoming signals are counted; the outgoing ones count too."
)
def incoming_only(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    r = (6 / n_in) ** 0.5
    return r * (2 * torch.rand(n_out, n_in, generator=rng, dtype=torch.float64) - 1)


@slip("xavier_uniform", "The mean of the two numbers was taken where their sum belongs.")
def mean_of_both(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    r = (6 / ((n_in + n_out) / 2)) ** 0.5
    return r * (2 * torch.rand(n_out, n_in, generator=rng, dtype=torch.float64) - 1)


# -- batch_norm_train -----------------------------------------------------------------------------------------


@slip(
    "batch_norm_train", "The variance is the unbiased one; this step takes the plain one."
)
def unbiased_forward(
    X: Tensor, gamma: Tensor, beta: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    mean, var = X.mean(dim=0), X.var(dim=0)
    return gamma * (X - mean) / (var + eps).sqrt() + beta, mean, var


@slip("batch_norm_train", "Epsilon stands outside the root; it belongs to the variance.")
def epsilon_outside(
    X: Tensor, gamma: Tensor, beta: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    mean, var = X.mean(dim=0), X.var(dim=0, correction=0)
    return gamma * (X - mean) / (var.sqrt() + eps) + beta, mean, var


@slip(
    "batch_norm_train",
    "The result is standardised only: its own scale and shift are missing.",
)
def standardised_only(
    X: Tensor, gamma: Tensor, beta: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    mean, var = X.mean(dim=0), X.var(dim=0, correction=0)
    return (X - mean) / (var + eps).sqrt(), mean, var


@slip("batch_norm_train", "It is divided by the variance; the spread is its root.")
def divided_by_the_variance(
    X: Tensor, gamma: Tensor, beta: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    mean, var = X.mean(dim=0), X.var(dim=0, correction=0)
    return gamma * (X - mean) / (var + eps) + beta, mean, var


# -- update_running -------------------------------------------------------------------------------------------


@slip("update_running", "The variance is the plain one; the stored one is unbiased.")
def biased_memory(
    running: tuple[Tensor, Tensor], mean: Tensor, var: Tensor, n: int, momentum: float
) -> tuple[Tensor, Tensor]:
    keep = 1 - momentum
    return keep * running[0] + momentum * mean, keep * running[1] + momentum * var


@slip(
    "update_running",
    "Old and new have exchanged their shares: the batch gets the small one.",
)
def shares_exchanged(
    running: tuple[Tensor, Tensor], mean: Tensor, var: Tensor, n: int, momentum: float
) -> tuple[Tensor, Tensor]:
    new = 1 - momentum
    return momentum * running[0] + new * mean, momentum * running[1] + new * var * n / (
        n - 1
    )


@slip(
    "update_running", "The correction is upside down: a sample's own variance is too small."
)
def correction_upside_down(
    running: tuple[Tensor, Tensor], mean: Tensor, var: Tensor, n: int, momentum: float
) -> tuple[Tensor, Tensor]:
    keep = 1 - momentum
    new_var = keep * running[1] + momentum * var * (n - 1) / n
    return keep * running[0] + momentum * mean, new_var


@slip("update_running", "The mean needs no correction; only the variance does.")
def mean_corrected(
    running: tuple[Tensor, Tensor], mean: Tensor, var: Tensor, n: int, momentum: float
) -> tuple[Tensor, Tensor]:
    keep, share = 1 - momentum, momentum * n / (n - 1)
    return keep * running[0] + share * mean, keep * running[1] + share * var


@slip("update_running", "The old averages belong to the caller, and were changed.")
def old_pair_changed(
    running: tuple[Tensor, Tensor], mean: Tensor, var: Tensor, n: int, momentum: float
) -> tuple[Tensor, Tensor]:
    for old, new in zip(running, (mean, var * n / (n - 1)), strict=True):
        old.mul_(1 - momentum).add_(momentum * new)
    return running[0].clone(), running[1].clone()


# -- batch_norm_eval ------------------------------------------------------------------------------------------


@slip(
    "batch_norm_eval",
    "These are the batch's own statistics; in service the stored ones count.",
)
def own_statistics(
    X: Tensor, gamma: Tensor, beta: Tensor, running: tuple[Tensor, Tensor], eps: float
) -> Tensor:
    mean, var = X.mean(dim=0), X.var(dim=0, correction=0)
    return gamma * (X - mean) / (var + eps).sqrt() + beta


@slip("batch_norm_eval", "It is divided by the variance; the spread is its root.")
def service_divides_by_the_variance(
    X: Tensor, gamma: Tensor, beta: Tensor, running: tuple[Tensor, Tensor], eps: float
) -> Tensor:
    return gamma * (X - running[0]) / (running[1] + eps) + beta


@slip("batch_norm_eval", "The scale and the shift that were learned are missing.")
def service_without_scale(
    X: Tensor, gamma: Tensor, beta: Tensor, running: tuple[Tensor, Tensor], eps: float
) -> Tensor:
    return (X - running[0]) / (running[1] + eps).sqrt()


@slip("batch_norm_eval", "The mean is not taken off.")
def mean_left_in(
    X: Tensor, gamma: Tensor, beta: Tensor, running: tuple[Tensor, Tensor], eps: float
) -> Tensor:
    return gamma * X / (running[1] + eps).sqrt() + beta


# -- clip_gradients -------------------------------------------------------------------------------------------


@slip("clip_gradients", "Each tensor was clipped by itself; they have one length together.")
def piece_by_piece(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    return [g * (c / g.norm()).clamp(max=1) if g.any() else g.clone() for g in gradients]


@slip("clip_gradients", "Each number was clipped by itself, which turns the direction.")
def number_by_number(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    return [g.clamp(-c, c) for g in gradients]


@slip("clip_gradients", "The lengths of the parts were added; lengths add up as squares.")
def lengths_added(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    norm = sum(g.norm() for g in gradients)
    return [g * (c / norm if norm > c else 1.0) for g in gradients]


@slip("clip_gradients", "A short gradient was made longer; leave it alone.")
def always_scaled(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    return [g * (c / norm) for g in gradients]


@slip("clip_gradients", "The gradients belong to the caller, and were changed.")
def changed_in_place(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    if norm > c:
        for g in gradients:
            g *= c / norm
    return [g.clone() for g in gradients]
