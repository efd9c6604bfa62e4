"""Planted wrong answers to the exercises of chapter 2, each with the hint that it must get."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.grading.slips import slip

# -- descend --------------------------------------------------------------------------------------------------


@slip("descend", "This goes uphill")
def plus_sign(w: Tensor, g: Tensor, eta: float) -> Tensor:
    return w + eta * g


@slip("descend", "The learning rate plays no part")
def rate_forgotten(w: Tensor, g: Tensor, eta: float) -> Tensor:
    return w - g


@slip("descend", "Only the sign of each slope")
def direction_alone(w: Tensor, g: Tensor, eta: float) -> Tensor:
    return w - eta * g.sign()


@slip("descend", "belongs to the caller")
def changes_its_input(w: Tensor, g: Tensor, eta: float) -> Tensor:
    w -= eta * g
    return w


# -- batch_gradient -------------------------------------------------------------------------------------------


@slip("batch_gradient", "A sum over the batch")
def summed_batch(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    return 2 * X[batch].T @ (X[batch] @ w - y[batch])


@slip("batch_gradient", "Divided by the number of all examples")
def over_all(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    return 2 * X[batch].T @ (X[batch] @ w - y[batch]) / len(X)


@slip("batch_gradient", "lost its factor")
def without_two(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    return X[batch].T @ (X[batch] @ w - y[batch]) / len(batch)


@slip("batch_gradient", "All examples are used")
def full_batch(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    return 2 * X.T @ (X @ w - y) / len(X)


# -- heavy_ball -----------------------------------------------------------------------------------------------


@slip("heavy_ball", "adds speed uphill")
def as_in_the_notes(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = eta * g + alpha * v
    return w + v, v


@slip("heavy_ball", "the speed of the step before")
def old_speed_moves(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + v, alpha * v - eta * g


@slip("heavy_ball", "weakened by 1 - alpha")
def running_mean(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v - (1 - alpha) * eta * g
    return w + v, v


@slip("heavy_ball", "the old speed is given back")
def speed_not_kept(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v - eta * g, v


# -- nesterov -------------------------------------------------------------------------------------------------


@slip("nesterov", "this is the heavy ball")
def slope_here(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v - eta * gradient(w)
    return w + v, v


@slip("nesterov", "too far ahead")
def whole_speed_ahead(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v - eta * gradient(w + v)
    return w + v, v


@slip("nesterov", "felt behind you")
def looks_back(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v - eta * gradient(w - alpha * v)
    return w + v, v


@slip("nesterov", "it starts from w")
def leaps_twice(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    ahead = w + alpha * v
    v = alpha * v - eta * gradient(ahead)
    return ahead + v, v


# -- scatter --------------------------------------------------------------------------------------------------


@slip("scatter", "the scatter of a single example")
def not_divided(gradients: Tensor, M: int) -> Tensor:
    return (gradients - gradients.mean(0)).square().sum(1).mean()


@slip("scatter", "the square root of M")
def divided_by_the_root(gradients: Tensor, M: int) -> Tensor:
    return (gradients - gradients.mean(0)).square().sum(1).mean() / M**0.5


@slip("scatter", "Divided by n - 1")
def torchs_variance(gradients: Tensor, M: int) -> Tensor:
    return gradients.var(0).sum() / M


@slip("scatter", "The coordinates are averaged")
def mean_of_everything(gradients: Tensor, M: int) -> Tensor:
    return (gradients - gradients.mean(0)).square().mean() / M


@slip("scatter", "their mean was not taken off")
def not_centred(gradients: Tensor, M: int) -> Tensor:
    return gradients.square().sum(1).mean() / M


# -- longest_step ---------------------------------------------------------------------------------------------


@slip("longest_step", "half of the longest step")
def one_over_curvature(H: Tensor) -> float:
    return 1 / torch.linalg.eigvalsh(H).max().item()


@slip("longest_step", "The flattest direction")
def smallest_eigenvalue(H: Tensor) -> float:
    return 2 / torch.linalg.eigvalsh(H).min().item()


@slip("longest_step", "The diagonal holds")
def largest_on_the_diagonal(H: Tensor) -> float:
    return 2 / H.diagonal().max().item()


# -- adam -----------------------------------------------------------------------------------------------------


@slip("adam", "were not corrected")
def uncorrected_means(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - eta * m / (s.sqrt() + eps), m, s


@slip("adam", "stands under the root")
def eps_under_the_root(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - eta * m / (1 - beta1**t) / (s / (1 - beta2**t) + eps).sqrt(), m, s


@slip("adam", "The root is missing")
def no_root(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - eta * m / (1 - beta1**t) / (s / (1 - beta2**t) + eps), m, s


@slip("adam", "counted from 0")
def one_step_behind(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m, s, t = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2, t - 1
    return w - eta * m / (1 - beta1**t) / ((s / (1 - beta2**t)).sqrt() + eps), m, s


@slip("adam", "the next step corrects them again")
def stores_the_corrected(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
    s = (beta2 * s + (1 - beta2) * g**2) / (1 - beta2**t)
    return w - eta * m / (s.sqrt() + eps), m, s
