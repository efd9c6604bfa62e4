"""Planted wrong answers to the exercises of chapter 2, each with the hint that it must get."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_tools.grading.slips import slip

# -- descend --------------------------------------------------------------------------------------------------


@slip("descend", "This goes uphill.")
def plus_sign(w: Tensor, g: Tensor, eta: float) -> Tensor:
    return w + eta * g


@slip("descend", "The learning rate plays no part.")
def rate_forgotten(w: Tensor, g: Tensor, eta: float) -> Tensor:
    return w - g


@slip(
    "descend",
    "Only the sign of each slope is used; a steep slope should move you further than a gentle one.",
)
def direction_alone(w: Tensor, g: Tensor, eta: float) -> Tensor:
    return w - eta * g.sign()


@slip(
    "descend", "w itself was changed; it belongs to the caller, so give back a new tensor."
)
def changes_its_input(w: Tensor, g: Tensor, eta: float) -> Tensor:
    w -= eta * g
    return w


# -- batch_gradient -------------------------------------------------------------------------------------------


@slip("batch_gradient", "This is a sum over the batch; a mean was asked for.")
def summed_batch(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    return 2 * X[batch].T @ (X[batch] @ w - y[batch])


@slip(
    "batch_gradient",
    "This is divided by the number of all examples; only those of the batch are summed.",
)
def over_all(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    return 2 * X[batch].T @ (X[batch] @ w - y[batch]) / len(X)


@slip("batch_gradient", "The derivative of the square has lost its factor.")
def without_two(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    return X[batch].T @ (X[batch] @ w - y[batch]) / len(batch)


@slip("batch_gradient", "All examples are used; the batch names only some.")
def full_batch(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    return 2 * X.T @ (X @ w - y) / len(X)


# -- heavy_ball -----------------------------------------------------------------------------------------------


@slip("heavy_ball", "The slope adds speed uphill.")
def as_in_the_notes(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = eta * g + alpha * v
    return w + v, v


@slip("heavy_ball", "The place was moved by the speed of the step before.")
def old_speed_moves(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + v, alpha * v - eta * g


@slip("heavy_ball", "The slope is weakened by 1 - alpha; eq. 2.10 has it in full.")
def running_mean(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v - (1 - alpha) * eta * g
    return w + v, v


@slip("heavy_ball", "The place is right, but the old speed is given back.")
def speed_not_kept(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v - eta * g, v


# -- nesterov -------------------------------------------------------------------------------------------------


@slip("nesterov", "The slope is felt where you stand: this is the heavy ball.")
def slope_here(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v - eta * gradient(w)
    return w + v, v


@slip("nesterov", "The slope is felt too far ahead; only a share of the speed is kept.")
def whole_speed_ahead(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v - eta * gradient(w + v)
    return w + v, v


@slip("nesterov", "The slope is felt behind you.")
def looks_back(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v - eta * gradient(w - alpha * v)
    return w + v, v


@slip(
    "nesterov", "The step starts from the place where you looked; it should start from w."
)
def leaps_twice(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    ahead = w + alpha * v
    v = alpha * v - eta * gradient(ahead)
    return ahead + v, v


# -- scatter --------------------------------------------------------------------------------------------------


@slip(
    "scatter", "This is the scatter of a single example; a mean of several scatters less."
)
def not_divided(gradients: Tensor, M: int) -> Tensor:
    return (gradients - gradients.mean(0)).square().sum(1).mean()


@slip(
    "scatter",
    "This is divided by the square root of M: that would be right for the distance, not for its square.",
)
def divided_by_the_root(gradients: Tensor, M: int) -> Tensor:
    return (gradients - gradients.mean(0)).square().sum(1).mean() / M**0.5


@slip("scatter", "This is divided by n - 1, where eq. 2.9 has n.")
def torchs_variance(gradients: Tensor, M: int) -> Tensor:
    return gradients.var(0).sum() / M


@slip("scatter", "The coordinates are averaged; a squared distance is their sum.")
def mean_of_everything(gradients: Tensor, M: int) -> Tensor:
    return (gradients - gradients.mean(0)).square().mean() / M


@slip(
    "scatter", "This is the squared length of the gradients; their mean was not taken off."
)
def not_centred(gradients: Tensor, M: int) -> Tensor:
    return gradients.square().sum(1).mean() / M


# -- longest_step ---------------------------------------------------------------------------------------------


@slip(
    "longest_step",
    "This is half of the longest step: already at 1 over the curvature you land in the middle.",
)
def one_over_curvature(H: Tensor) -> float:
    return 1 / torch.linalg.eigvalsh(H).max().item()


@slip("longest_step", "The flattest direction does not set the limit.")
def smallest_eigenvalue(H: Tensor) -> float:
    return 2 / torch.linalg.eigvalsh(H).min().item()


@slip(
    "longest_step",
    "The diagonal holds the curvatures along the axes; the steepest direction may lie between them.",
)
def largest_on_the_diagonal(H: Tensor) -> float:
    return 2 / H.diagonal().max().item()


# -- adam -----------------------------------------------------------------------------------------------------


@slip("adam", "The means are too small at first, and were not corrected.")
def uncorrected_means(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - eta * m / (s.sqrt() + eps), m, s


@slip("adam", "The small number stands under the root; eq. 2.16 has it outside.")
def eps_under_the_root(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - eta * m / (1 - beta1**t) / (s / (1 - beta2**t) + eps).sqrt(), m, s


@slip("adam", "The root is missing.")
def no_root(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - eta * m / (1 - beta1**t) / (s / (1 - beta2**t) + eps), m, s


@slip("adam", "The steps are counted from 0 here; t is 1 in the first step.")
def one_step_behind(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m, s, t = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2, t - 1
    return w - eta * m / (1 - beta1**t) / ((s / (1 - beta2**t)).sqrt() + eps), m, s


@slip("adam", "The corrected means are stored; then the next step corrects them again.")
def stores_the_corrected(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
    s = (beta2 * s + (1 - beta2) * g**2) / (1 - beta2**t)
    return w - eta * m / (s.sqrt() + eps), m, s
