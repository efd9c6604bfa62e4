# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---
# %% [markdown]
# # 2 Gradient descent and optimisers
#
# You stand on a hillside in thick fog and want to reach the valley. You cannot see it, but you feel which way the ground falls, and how steeply. So you take a step downhill, feel again, and take the next step.
#
# Neural networks are trained in this way. The **loss** is a number that measures how far a network's outputs are from the wanted ones. An **objective** is the function of the weights that training makes as small as possible. For a network with a million weights it is a function of a million variables. (The terms set in bold are collected in the [glossary](glossary.md).)

# %% [markdown]
# This chapter builds the optimisers that are in use: gradient descent, momentum, Nesterov momentum, AdaGrad, RMSProp and Adam, with mini-batches and learning-rate schedules. The figure below shows four of them on an objective with two weights.
#
# > **Study time** About 135 minutes. The core path, 90 minutes, is sections 2.1 to 2.4, 2.6 to 2.10, 2.13 and 2.17; sections marked *going further* can wait.

# %%
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, widgets

SEED = check.seed(2)


# %% tags=["hide-input"]
def contour_map(
    title: str, loss: Callable[[Tensor], Tensor], limits: Sequence[float]
) -> tuple[plots.Figure, plots.Axes]:
    """A loss in the plane, with contour lines that thin out upwards.   limits: left, right, low, high"""
    fig, ax = plots.panel(title, size=(3.6, 2.7))
    xs, ys = (
        torch.linspace(a, b, 160, dtype=torch.float64) for a, b in (limits[:2], limits[2:])
    )
    grid = torch.cartesian_prod(xs, ys)
    values = loss(grid).reshape(160, 160).T
    low, high = values.min().item(), values.max().item()
    levels = low + (high - low) * torch.linspace(0.02, 1, 14) ** 2
    ax.contour(xs, ys, values, levels.tolist(), colors=[plots.GRID], linewidths=1)
    ax.set(xlim=limits[:2], ylim=limits[2:], xlabel="$w_1$", ylabel="$w_2$")
    return fig, ax


# %% tags=["hide-input"]
def four_paths(steps: int = 60) -> dict[str, Tensor]:
    """The iterates of four optimisers of torch, from one start, on a quadratic with κ = 20."""
    sgd, adam = torch.optim.SGD, torch.optim.Adam
    optimisers = {
        "gradient descent": (sgd, {"lr": 0.04}), "momentum": (sgd, {"lr": 0.04, "momentum": 0.85}),
        "Nesterov": (sgd, {"lr": 0.04, "momentum": 0.85, "nesterov": True}), "Adam": (adam, {"lr": 0.3}),
    }  # fmt: skip
    paths = {}
    for name, (kind, settings) in optimisers.items():
        w = torch.tensor([-3.6, 1.2], dtype=torch.float64, requires_grad=True)
        optimiser, path = kind([w], **settings), [w.detach().clone()]
        for _ in range(steps):
            w.grad = torch.tensor([1.0, 20.0]).double() * w.detach()
            optimiser.step()
            path.append(w.detach().clone())
        paths[name] = torch.stack(path)
    return paths


# %% tags=["hide-input"]
def show_four_paths() -> None:
    """The four paths on a contour map, and the loss after each step."""
    h = torch.tensor([1.0, 20.0], dtype=torch.float64)
    fig, ax = contour_map(
        "four optimisers, one start", lambda w: (h * w**2).sum(1) / 2, (-4, 1.5, -1.6, 1.6)
    )
    falling, ax2 = plots.panel(
        "their loss", x="step", y="loss", yscale="log", size=(3.6, 2.7)
    )
    for name, path in four_paths().items():
        ax.plot(*path.T, linewidth=1.4)
        ax2.plot((h * path**2).sum(1) / 2, label=name)
    ax.plot(*path[0], "o", color=plots.INK)
    ax2.set(ylim=(1e-10, 100))
    ax2.legend(fontsize=8)
    plots.show(fig, falling, alt=["Four paths from one start into a long valley: gradient descent moves slowly along its floor, the others swing or curve.",
        "The loss of the four against the step: that of gradient descent falls slowest within these sixty steps."])  # fmt: skip


show_four_paths()

# %% [markdown]
# ## 2.1 Gradient descent in four steps
#
# Collect all weights of a network in one vector $\mathbf w$. The loss is a function $L(\mathbf w)$, and its gradient $\nabla L(\mathbf w)$ holds the partial derivatives. It points in the direction in which the loss grows fastest.
#
# **Gradient descent** is a method that lowers a function by repeated steps against its gradient. It has four steps: choose random weights; compute the gradient; take a small step against it; repeat from the second until the weights no longer change.
#
# $$ \mathbf w \leftarrow \mathbf w - \eta\, \nabla L(\mathbf w) \tag{2.1} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf w$ | `w` | all weights in one vector, shape $(d)$ |
# | $\nabla L(\mathbf w)$ | `gradient(w)` | the gradient at $\mathbf w$, shape $(d)$ |
# | $\eta$ | `eta` | the learning rate; some texts call it $\mu$ |
# | $-\eta\,\nabla L$ | | the step |

# %% [markdown]
# The **learning rate** is the factor by which the gradient is multiplied to give the step. So $-\nabla L$ gives the direction, its norm says how steep the loss is there, and $\eta$ turns this steepness into a distance. At a fixed rate the steps become shorter where the gradient becomes smaller.
#
# An **optimiser** is a rule that turns gradients into steps. Equation (2.1) is the simplest one.


# %%
class Gradient(Protocol):
    """Anything that gives the gradient at w.   w: (d,) -> (d,)"""

    def __call__(self, w: Tensor) -> Tensor: ...


class GradientDescent:
    """Gradient descent (eq. 2.1)."""

    def __init__(self, eta: float):
        self.eta = eta

    def step(self, w: Tensor, gradient: Gradient) -> Tensor:
        return w - self.eta * gradient(w)  # eq. 2.1


# %%
def trajectory(
    optimiser: GradientDescent, gradient: Gradient, w: Tensor, steps: int
) -> Tensor:
    """All iterates, the start first.   w: (d,) -> (steps + 1, d)"""
    path = [w]
    for _ in range(steps):
        path.append(optimiser.step(path[-1], gradient))
    return torch.stack(path)


# %% [markdown]
# For a first run take a loss whose gradient is easily written down, a sum of $\log\cosh$ in random directions, and compare every iterate with those of torch.


# %%
def log_cosh_loss(w: Tensor, A: Tensor, c: Tensor) -> Tensor:
    """A loss: the sum of log cosh(A w - c).   A: (m, d), w: (d,) -> ()"""
    return (A @ w - c).cosh().log().sum()


def log_cosh_gradient(A: Tensor, c: Tensor) -> Gradient:
    """The gradient of `log_cosh_loss`, A^T tanh(A w - c)."""
    return lambda w: A.T @ (A @ w - c).tanh()


# %% tags=["hide-input"]
def by_torch(
    make: Callable[[list[Tensor]], torch.optim.Optimizer],
    loss: Callable[[Tensor], Tensor],
    w: Tensor,
    steps: int,
) -> Tensor:
    """The same iterates with torch's optimiser and torch's gradients.   -> (steps + 1, d)"""
    w = w.clone().requires_grad_()
    optimiser, path = make([w]), [w.detach().clone()]
    for _ in range(steps):
        optimiser.zero_grad()
        loss(w).backward()
        optimiser.step()
        path.append(w.detach().clone())
    return torch.stack(path)


def log_cosh_problem(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Directions A: (5, 3), offsets c: (5,) and a start: (3,)."""
    rng = torch.Generator().manual_seed(seed)
    A, c, start = (torch.randn(*s, generator=rng).double() for s in ((5, 3), (5,), (3,)))
    return A, c, start


# %%
A, c, start = log_cosh_problem(SEED)
mine = trajectory(GradientDescent(0.1), log_cosh_gradient(A, c), start, 30)
theirs = by_torch(
    lambda p: torch.optim.SGD(p, lr=0.1), lambda w: log_cosh_loss(w, A, c), start, 30
)
check.close("thirty steps in three dimensions", mine, theirs)

# %% [markdown]
# **Break it.** Lecture notes sometimes write a plus sign in (2.1). On the quadratic $L = \frac12 w^2$, whose gradient is $w$, take thirty steps from $w = 1$ with each sign.

# %%
one = torch.ones(1, dtype=torch.float64)
down = trajectory(GradientDescent(0.1), lambda w: w, one, 30)[-1]
up = trajectory(GradientDescent(-0.1), lambda w: w, one, 30)[-1]

slips = {"The step goes with the gradient; eq. 2.1 goes against it.": up}
check.close("thirty steps down", down, 0.9**30 * one)
check.catches("a plus sign", lambda: check.close("w", up, 0.9**30 * one, slips=slips))

# %% [markdown]
# ## 2.2 How large may the learning rate be?
#
# With a small rate many steps are needed. With a large one a step crosses the valley and ends higher on the other side. The border between the two depends on the second derivatives.
#
# The **curvature** of a function in a direction is its second derivative along that direction. The **Hessian** is the matrix of all second partial derivatives of a function.
#
# Take a quadratic loss whose curvatures along the axes are $h_i > 0$:
#
# $$ \begin{gathered}
#    L(\mathbf w) = \tfrac12 \sum_i h_i\, w_i^2 \\
#    \nabla L = (h_1 w_1, \dots, h_d w_d)
#    \end{gathered} \tag{2.2} $$

# %% [markdown]
# This is more than an example. Near a minimum where all eigenvalues of the Hessian are positive, Taylor's formula says that a smooth loss is such a quadratic in rotated coordinates, up to a constant and terms of third order. (Where an eigenvalue is zero it says less: section 2.5.)
#
# Put (2.2) into (2.1). Each coordinate is multiplied by a number of its own in every step:
#
# $$ w_i \leftarrow (1 - \eta h_i)\, w_i \tag{2.3} $$
#
# It shrinks when this number lies between $-1$ and $1$. The largest curvature, $h_\text{max}$, sets the limit: from every start gradient descent converges exactly when
#
# $$ 0 < \eta < \frac{2}{h_\text{max}} \tag{2.4} $$
#
# Many texts write $L$ for $h_\text{max}$ and $\mu$ for $h_\text{min}$; here $L$ is the loss.

# %% [markdown]
# **Divergence** means that the iterates move away without bound instead of approaching a minimum. On a quadratic it sets in beyond the limit (2.4), for every start that has a component in the steepest direction.


# %%
# a hundred times as much curvature in one direction as in the other
CURVATURES = torch.tensor([100, 1], dtype=torch.float64)
START = torch.tensor([1, 10], dtype=torch.float64)


def quadratic_gradient(w: Tensor) -> Tensor:
    """Eq. 2.2 with CURVATURES.   w: (2,) -> (2,)"""
    return CURVATURES * w


def quadratic_loss(w: Tensor) -> Tensor:
    """Eq. 2.2.   w: (..., 2) -> (...)"""
    return (CURVATURES * w**2).sum(-1) / 2


k = torch.arange(41, dtype=torch.float64)[:, None]
path = trajectory(GradientDescent(0.015), quadratic_gradient, START, 40)
check.close("forty steps, by (2.3)", path, (1 - 0.015 * CURVATURES) ** k * START)

# %% [markdown]
# The axes of the quadratic need not be those of the weights. In general the loss is $\frac12 \mathbf w^{\mathsf T} H \mathbf w$ with a symmetric Hessian $H$, and the $h_i$ are its eigenvalues. The next cell finds the limit by trial, halving an interval of learning rates sixty times, and compares it with (2.4).


# %%
def converges(hessian: Tensor, eta: float, start: Tensor, steps: int = 2000) -> bool:
    """Whether gradient descent on w^T H w / 2 ends nearer to the minimum than it started."""
    step = torch.eye(len(hessian), dtype=hessian.dtype) - eta * hessian
    return bool((torch.linalg.matrix_power(step, steps) @ start).norm() < start.norm())


def largest_rate(hessian: Tensor, start: Tensor) -> float:
    """The largest learning rate with which gradient descent converges, by bisection."""
    low, high = 0.0, 1e3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if converges(hessian, middle, start) else (low, middle)
    return low


# %%
rng = torch.Generator().manual_seed(SEED)
B, start = (torch.randn(*size, generator=rng).double() for size in ((7, 4), (4,)))
hessian = B.T @ B
h_max = torch.linalg.eigvalsh(hessian).max().item()
check.close("limit of the rate", largest_rate(hessian, start), 2 / h_max, rtol=2e-2)

# %% tags=["hide-input"]
widgets.predict(
    "The Hessian of a quadratic loss has the eigenvalues 0.5, 2 and 40. Below which learning rate does gradient descent converge from every start?",
    answer=2 / 40,
    tolerance=0.001,
    because="The largest eigenvalue sets the limit (2.4): 2 / 40 = 0.05.",
    slips={
        "With 1 / 40 the steepest coordinate is at its minimum after one step; the limit is twice that.": 0.025,
        "That is the limit for the flattest direction; the steepest one diverges first.": 4,
        "That is the limit for the middle eigenvalue; the largest one decides.": 1,
    },
)

# %% [markdown]
# ## 2.3 What does the condition number cost?
#
# The largest curvature limits the rate, and the smallest one is then slow: it is multiplied by $1 - \eta h_\text{min}$ in each step. The **condition number** of a quadratic is the ratio of its largest to its smallest curvature. It is written $\kappa = h_\text{max}/h_\text{min}$.
#
# The best rate makes the factors of both ends equal in size:
#
# $$ \begin{gathered}
#    \eta = \frac{2}{h_\text{max} + h_\text{min}} \\
#    \text{factor of a step} = \frac{\kappa - 1}{\kappa + 1}
#    \end{gathered} \tag{2.5} $$
#
# For $\kappa = 100$ each step leaves 98 % of the distance to the minimum. Count the steps until the loss is $10^{-8}$ of what it was.


# %%
def steps_needed(
    optimiser: GradientDescent,
    gradient: Gradient = quadratic_gradient,
    start: Tensor = START,
    loss: Callable[[Tensor], Tensor] = quadratic_loss,
    most: int = 20_000,
) -> int:
    """Steps until the loss is 1e-8 of what it was at the start; `most` when it never is."""
    w, goal = start, 1e-8 * loss(start)
    for k in range(1, most):
        w = optimiser.step(w, gradient)
        if loss(w) <= goal:
            return k
    return most


# %%
check.close("eta = 2 / (100 + 1): steps", steps_needed(GradientDescent(2 / 101)), 461)
check.close("eta = 1 / 100: steps", steps_needed(GradientDescent(1 / 100)), 882)
in_one = steps_needed(GradientDescent(1), lambda w: w, loss=lambda w: (w**2).sum())
check.close("all curvatures 1, eta = 1: steps", in_one, 1)

# %% tags=["hide-input"]
figures = []
H20 = torch.tensor([1.0, 20.0], dtype=torch.float64)
for title, eta in {"slow": 0.01, "oscillates": 0.097, "diverges": 0.1015}.items():
    fig, ax = contour_map(
        f"$\\eta$ = {eta}: {title}", lambda w: (H20 * w**2).sum(1) / 2, (-4, 1.5, -1.7, 1.7)
    )
    fig.set_size_inches(2.4, 2.3)
    track = trajectory(
        GradientDescent(eta), lambda w: H20 * w, torch.tensor([-3.6, 0.6]).double(), 24
    )
    ax.plot(*track.T, "-o", color=plots.BLUE, markersize=2.5, linewidth=1.1)
    figures.append(fig)
plots.show(*figures, alt=[
    "With a small learning rate the path bends into the valley and has advanced little along it after 24 steps.",
    "With a rate just below the limit the path zigzags across the valley and advances well along it.",
    "With a rate a little above the limit the zigzag grows from step to step."])  # fmt: skip

# %% [markdown]
# The three pictures have $h = (1, 20)$, so the limit is 0.1. In the middle one the rate that makes progress along the valley is only 3 % below the one at which it diverges across it. A large $\kappa$ makes gradient descent slow; momentum (section 2.9) and a step for each weight (section 2.13) are two ways to depend on it less.

# %% [markdown]
# ## 2.4 Is a zero gradient a minimum?
#
# A **stationary point** is a point at which the gradient is zero. When the loss is quadratic, as for a linear model with squared error, setting the gradient to zero gives a system of linear equations, and no iteration is needed:
#
# $$ \begin{gathered}
#    L(\mathbf w) = \tfrac1n \lVert X\mathbf w - \mathbf y \rVert^2 \\
#    X^{\mathsf T} X\, \mathbf w = X^{\mathsf T} \mathbf y
#    \end{gathered} \tag{2.6} $$
#
# It has one solution if the columns of $X$ are linearly independent, as here.

# %%
rng = torch.Generator().manual_seed(SEED)
X, noise = (torch.randn(*size, generator=rng).double() for size in ((50, 4), (50,)))
y = X @ torch.tensor([2.0, -1, 0.5, 3]).double() + noise
solved = torch.linalg.solve(X.T @ X, X.T @ y)  # eq. 2.6
start = torch.zeros(4, dtype=torch.float64)
descent = trajectory(GradientDescent(0.2), lambda w: 2 * X.T @ (X @ w - y) / 50, start, 400)
check.close("gradient descent ends where (2.6) says", descent[-1], solved)

# %% [markdown]
# For a network with a non-linear hidden layer no such formula is known in general. And a zero gradient does not tell which kind of point it is.
#
# A **local minimum** is a point at which the function is not larger than at any point nearby. A **global minimum** is a point at which the function is not larger than anywhere else. A **saddle point** is a stationary point with larger and with smaller values arbitrarily close to it.

# %% [markdown]
# A function is **convex** if the straight line between any two points of its graph is nowhere below the graph. Every stationary point of a differentiable convex function is a global minimum. The losses of networks with hidden layers are not convex in general.

# %% [markdown]
# Take the function
#
# $$ \begin{gathered}
#    L(w_1, w_2) = \tfrac14 w_1^4 - \tfrac12 w_1^2 + \tfrac12 w_2^2 \\
#    \nabla L = (w_1^3 - w_1,\; w_2)
#    \end{gathered} \tag{2.7} $$
#
# It has three stationary points: $w_1 = -1$, $0$ and $1$, each with $w_2 = 0$. The eigenvalues of the Hessian tell the kind of a stationary point in three of these four cases:
#
# | eigenvalues | the stationary point is |
# |---|---|
# | all positive | a local minimum |
# | all negative | a local maximum |
# | some positive, some negative | a saddle point |
# | one or more are zero, the others have one sign | not decided by the Hessian |


# %%
def double_well(w: Tensor) -> Tensor:
    """The loss of eq. 2.7.   w: (..., 2) -> (...)"""
    return w[..., 0] ** 4 / 4 - w[..., 0] ** 2 / 2 + w[..., 1] ** 2 / 2


def double_well_gradient(w: Tensor) -> Tensor:
    """Its gradient, eq. 2.7.   w: (2,) -> (2,)"""
    return torch.stack([w[0] ** 3 - w[0], w[1]])


EXPECTED = {-1.0: [1.0, 2.0], 0.0: [-1.0, 1.0], 1.0: [1.0, 2.0]}  # w1 -> eigenvalues
for w1, eigenvalues in EXPECTED.items():
    w = torch.tensor([w1, 0], dtype=torch.float64)
    found = torch.linalg.eigvalsh(torch.autograd.functional.hessian(double_well, w))
    check.close(f"gradient at w1 = {w1}", double_well_gradient(w), torch.zeros(2).double())
    check.close(f"eigenvalues at w1 = {w1}", found, torch.tensor(eigenvalues).double())

# %% [markdown]
# The last row of the table needs only one weight. At $w = 0$ the functions $w^4$, $-w^4$ and $w^3$ have the same first and second derivative, zero, and three different kinds of stationary point.

# %%
FUNCTIONS = {"w⁴": (1, 4), "-w⁴": (-1, 4), "w³": (1, 3)}  # sign and power
for name, (sign, power) in FUNCTIONS.items():
    w = torch.tensor([-0.1, 0, 0.1], dtype=torch.float64, requires_grad=True)
    f = sign * w**power
    first = torch.autograd.grad(f.sum(), w, create_graph=True)[0]
    second = torch.autograd.grad(first.sum(), w)[0]
    derivatives = torch.stack([first[1], second[1]]).detach()
    check.close(
        f"{name}: first and second derivative at 0", derivatives, torch.zeros(2).double()
    )
    print(f"  {name} at -0.1, 0 and 0.1:", f.tolist())

# %% tags=["hide-input"]
widgets.choose(
    "At a stationary point the Hessian has the eigenvalues 3, 0 and 1. What is it?",
    {
        "it cannot be told from the eigenvalues": True,
        "a local minimum": "In the direction of the zero eigenvalue the loss may fall like -w⁴.",
        "a saddle point": "That needs an eigenvalue of each sign, or terms of higher order that fall.",
        "a local maximum": "Along the first eigenvector the loss grows.",
    },
    because="Along the eigenvector of 0 the terms of higher order decide.",
)

# %% [markdown]
# ## 2.5 How does gradient descent leave a saddle point?
#
# *Going further.*
#
# A start with $w_1 = 0$ exactly has no gradient component along $w_1$, so gradient descent on (2.7) ends at the saddle point. A start a millionth beside it does not: the distance to the line $w_1 = 0$ grows by the factor $1 + \eta$ in each step while it is small.

# %%
ends = {}
for side in (0.0, 1e-6):
    begin = torch.tensor([side, 1.0], dtype=torch.float64)
    path = trajectory(GradientDescent(0.1), double_well_gradient, begin, 400)
    ends[side] = path[-1]
check.close("from w1 = 0", ends[0.0], torch.zeros(2).double(), atol=1e-9)
check.close("steps within 0.1 of w1 = 0", int((path[:, 0].abs() < 0.1).sum()), 121)
check.close("from beside it", ends[1e-6], torch.tensor([1, 0]).double(), atol=1e-9)

# %% [markdown]
# Now let each of ten coordinates have the double well of (2.7). The gradient vanishes at $3^{10} = 59{,}049$ points: $2^{10} = 1{,}024$ minima, one maximum, and 58,024 saddle points. Start at 500 random points, and 500 times exactly at the maximum with a little noise on the gradient.

# %%
rng = torch.Generator().manual_seed(SEED)
starts = {"random": data.normal(rng, 500, 10), "the maximum": torch.zeros(500, 10).double()}
for name, w in starts.items():
    noise = 0.01 * (name == "the maximum")
    for _ in range(400):
        w = w - 0.1 * (w**3 - w + noise * data.normal(rng, 500, 10))
    share = ((w.abs() - 1).abs() < 0.05).all(1).double().mean()
    check.reaches(f"from {name}: share that ends near a minimum", share, at_least=1)

# %% [markdown]
# So for this loss saddle points are by far the most frequent stationary points, and none of the runs ended at one. For random starts that holds with probability one where each saddle point has a negative eigenvalue and the rate is small enough (Lee and others, 2016). Saddle points cost time: the start beside the line needed 121 steps to get 0.1 away from it.
#
# Where the Hessian at the minimum has a zero eigenvalue, gradient descent can be slower still. On $L = \frac14 w^4$ no rate gives a constant factor for each step: (2.1) leaves about $w = 1/\sqrt{2\eta k}$ after $k$ steps.

# %%
flat = trajectory(GradientDescent(0.1), lambda w: w**3, torch.ones(1).double(), 10_000)
for k in (100, 1000, 10_000):
    ratio = flat[k].item() * (2 * 0.1 * k) ** 0.5
    check.reaches(f"w times √(2ηk) after {k} steps", ratio, at_least=0.9, at_most=1.1)

# %% [markdown]
# ## 2.6 How good is the gradient of a mini-batch?
#
# The loss of a network is a mean over its training data, and so is its gradient. With a million examples an exact gradient costs a million gradients of single examples. A random sample gives an estimate of it:
#
# $$ \nabla L = \frac1n \sum_{i=1}^{n} \nabla L_i \;\approx\; \frac1M \sum_{i \in \mathcal B} \nabla L_i \tag{2.8} $$
#
# A **batch** is the set of examples from which one gradient is computed. A **mini-batch** is a batch that holds only a part of the training data. **Stochastic gradient descent** is gradient descent with the gradient of a randomly drawn batch in each step.

# %% [markdown]
# | the batch | name |
# |---|---|
# | all $n$ examples | full-batch gradient descent: nothing is drawn |
# | $1 < M < n$ examples | mini-batch (stochastic) gradient descent |
# | one example | stochastic gradient descent with $M = 1$, also called online |
#
# Authors differ here, and so do the two sets of lecture notes behind this course. In one, stochastic gradient descent (SGD) covers all three rows; in the other it is the last row alone. In libraries SGD is the name of the update, whatever the batch.

# %% [markdown]
# As an example take the task of chapter 1, is this digit a zero, with a neuron whose output is the probability $\sigma(\mathbf w\cdot\mathbf x)$. The gradient of one example is the error of this probability times the input (chapter 3 derives it). A small penalty on large weights makes the minimum unique.


# %%
PENALTY = 0.01


def logistic_loss(w: Tensor, X: Tensor, y: Tensor) -> Tensor:
    """Mean logistic loss with a penalty.   w: (d,), X: (n, d), y: (n,) in {0, 1} -> ()"""
    return F.binary_cross_entropy_with_logits(X @ w, y) + PENALTY / 2 * w @ w


def example_gradients(w: Tensor, X: Tensor, y: Tensor) -> Tensor:
    """The gradient of each example's own loss.   -> (n, d)"""
    return ((X @ w).sigmoid() - y)[:, None] * X + PENALTY * w


def batch_gradient(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    """The right side of eq. 2.8.   batch: (M,) indices -> (d,)"""
    return example_gradients(w, X[batch], y[batch]).mean(0)


# %%
DIGITS = data.digits(seed=SEED, dtype=torch.float64)
PIXELS = torch.cat([torch.ones(len(DIGITS.X_train), 1).double(), DIGITS.X_train], dim=1)
IS_ZERO = (DIGITS.y_train == 0).double()

rng = torch.Generator().manual_seed(SEED)
w = 0.1 * data.normal(rng, 65)
leaf = w.clone().requires_grad_()
exact = torch.autograd.grad(logistic_loss(leaf, PIXELS, IS_ZERO), leaf)[0]
every = torch.arange(len(PIXELS))
check.close("all examples", batch_gradient(w, PIXELS, IS_ZERO, every), exact)

# %%
some = torch.randint(len(PIXELS), (7,), generator=rng)
loss = logistic_loss(leaf, PIXELS[some], IS_ZERO[some])
expected = torch.autograd.grad(loss, leaf)[0]
check.close("seven of them", batch_gradient(w, PIXELS, IS_ZERO, some), expected)

# %% [markdown]
# **Break it.** Sum instead of averaging. With one example the result is the same. With seven every step is seven times as long, so that the limit (2.4) would depend on the batch size.

# %%
one = some[:1]
summed = example_gradients(w, PIXELS[some], IS_ZERO[some]).sum(0)
alone = example_gradients(w, PIXELS[one], IS_ZERO[one]).sum(0)
check.close("a batch of one", alone, batch_gradient(w, PIXELS, IS_ZERO, one))
slips = {"A sum over the batch; eq. 2.8 is a mean.": summed}
check.catches(
    "a sum", lambda: check.close("a batch of seven", summed, expected, slips=slips)
)

# %% [markdown]
# An estimate is **unbiased** if its expected value is the quantity that it estimates. A random batch in which every example is equally likely gives an unbiased gradient. The **variance of the gradient** is the mean squared distance of a batch's gradient from the exact one. For $M$ independent draws it is $M$ times smaller than for one:
#
# $$ \begin{gathered}
#    \mathbb E\Big[\tfrac1M \textstyle\sum_{i\in\mathcal B} \nabla L_i\Big] = \nabla L \\
#    \mathbb E\,\Big\lVert \tfrac1M \textstyle\sum_{i\in\mathcal B} \nabla L_i - \nabla L \Big\rVert^2 = \frac{s^2}{M}
#    \end{gathered} \tag{2.9} $$
#
# where $s^2$ is the mean squared distance of a single example's gradient from the exact one. Draw 4,000 batches of each size.

# %%
singles = example_gradients(w, PIXELS, IS_ZERO)
s2 = (singles - exact).square().sum(1).mean()
for M in (1, 4, 16, 64, 256):
    rows = [torch.randint(len(singles), (M,), generator=rng) for _ in range(4000)]
    draws = torch.stack([singles[row].mean(0) for row in rows])
    ratio = (draws - exact).square().sum(1).mean() / (s2 / M)
    bias = (draws.mean(0) - exact).norm() / (s2 / M / 4000).sqrt()
    check.reaches(f"M = {M}: variance over s²/M", ratio, at_least=0.9, at_most=1.1)
    check.reaches(f"M = {M}: bias, in its own standard errors", bias, at_most=2)

# %% [markdown]
# To halve the standard deviation of the gradient takes four times the examples. If no example may be drawn twice, the variance is smaller for $M > 1$, and 0 for the full batch; exercise 2.3 asks for the factor.

# %% tags=["hide-input"]
widgets.predict(
    "For batches of 4 independent draws the variance of the gradient is 36. What is it for batches of 48?",
    answer=3,
    tolerance=0.01,
    because="12 times as many draws, a variance 12 times smaller (2.9): 36 / 12 = 3.",
    slips={
        "The standard deviation falls with the root of M; the variance falls with M itself.": 36
        / 12**0.5,
        "36 is s²/4, and not s² itself.": 36 / 48,
        "A larger batch has a smaller variance.": 432,
    },
)

# %% [markdown]
# ## 2.7 What does an epoch of mini-batches give?
#
# Training programs usually do not draw each batch anew. They shuffle the data and cut them into batches of $M$. An **epoch** is one pass through the whole training set. After each epoch the data are shuffled again.


# %%
def batches(n: int, M: int, rng: torch.Generator) -> Iterator[Tensor]:
    """Shuffled batches of M of n examples, without end; the last of an epoch may be smaller."""
    while True:
        yield from torch.randperm(n, generator=rng).split(M)


# %%
rng = torch.Generator().manual_seed(SEED)
source = batches(11, 4, rng)
epoch = [next(source) for _ in range(3)]
check.close("sizes of an epoch's batches", [len(b) for b in epoch], [4, 4, 3])
seen = sorted(torch.cat(epoch).tolist())
check.close("each example once", seen, list(range(11)))
again = torch.cat([next(source) for _ in range(3)])
check.close("the next epoch, sorted", sorted(again.tolist()), list(range(11)))
check.close("in another order", again.tolist() == torch.cat(epoch).tolist(), False)

# %% [markdown]
# At fixed weights each batch of a shuffled epoch is by itself an unbiased sample. Two exact statements need more. The mean of an epoch's batch gradients is the full gradient if all batches have the same size; with a shorter last batch its few examples count for more. And in training the weights have already been moved by the earlier batches of the epoch, so that the next batch is not independent of them.

# %%
w = 0.1 * data.normal(rng, 65)
exact, n = example_gradients(w, PIXELS, IS_ZERO).mean(0), len(PIXELS)
for M in (37, 16):
    epoch = torch.randperm(n, generator=rng).split(M)
    g = torch.stack([batch_gradient(w, PIXELS, IS_ZERO, b) for b in epoch])
    sizes = torch.tensor([len(b) for b in epoch])
    weighted = (sizes[:, None] * g).sum(0) / n
    print(f"M = {M}: {len(epoch)} batches, the last of {sizes[-1]}")
    check.close("mean, weighted by size", weighted, exact)
    away = (g.mean(0) - exact).norm() / exact.norm()
    check.close("plain mean is the full gradient", bool(away < 1e-12), n % M == 0)

# %% [markdown]
# Libraries can leave a short last batch out (`drop_last` in torch's `DataLoader`). Of 1,258 examples with $M = 16$ it concerns ten.
#
# What do small batches gain? A batch of 16 costs 79 times less than all 1,258 digits. Give each batch size five epochs, that is, the same number of example gradients, with the best of several learning rates, and measure how far above the lowest loss it ends.


# %%
def sampled(X: Tensor, y: Tensor, M: int, rng: torch.Generator) -> Gradient:
    """The gradient of the next batch each time it is called."""
    source = batches(len(X), M, rng)
    return lambda w: batch_gradient(w, X, y, next(source))


def full_gradient(w: Tensor) -> Tensor:
    """The gradient over all digits.   w: (65,) -> (65,)"""
    return example_gradients(w, PIXELS, IS_ZERO).mean(0)


def lowest_point() -> Tensor:
    """The minimum of the logistic loss, by 2,000 full-batch steps.   -> (65,)"""
    start = torch.zeros(65, dtype=torch.float64)
    return trajectory(GradientDescent(2.0), full_gradient, start, 2000)[-1]


# %%
minimum = lowest_point()
check.reaches("gradient at the minimum", full_gradient(minimum).norm(), at_most=1e-10)
lowest, n = logistic_loss(minimum, PIXELS, IS_ZERO), len(PIXELS)
above = {}
for M, rates in {8: (0.1, 0.2, 0.4), 64: (0.4, 0.8, 1.6), n: (1.6, 2.4, 3.2)}.items():
    for eta in rates:
        draw = sampled(PIXELS, IS_ZERO, M, torch.Generator().manual_seed(SEED))
        path = trajectory(GradientDescent(eta), draw, torch.zeros(65).double(), 5 * n // M)
        gap = (logistic_loss(path[-1], PIXELS, IS_ZERO) - lowest).item()
        above[M] = min(gap, above.get(M, gap))
print({M: f"{gap:.1e}" for M, gap in above.items()})
check.reaches("full batch over M = 64", above[n] / above[64], at_least=10)
check.reaches("full batch over M = 8", above[n] / above[8], at_least=10)

# %% [markdown]
# After five epochs the full batch, which took five steps, is more than ten times as far above the lowest loss as either batch size. This compares examples, not time: a processor that computes many examples at once makes large batches cheaper.
#
# ## 2.8 Does stochastic gradient descent reach the minimum?
#
# Some notes say that mini-batches converge to the same result as the full batch. Test it on the logistic loss, whose minimum is unique: with batches of 16, and with rates that are constant, that fall like $1/t$, and that fall faster.


# %%
def descend_with(
    rate: Callable[[int], float], gradient: Gradient, w: Tensor, steps: int
) -> Tensor:
    """Gradient descent with the learning rate rate(t) in step t.   -> (steps + 1, d)"""
    path = [w]
    for t in range(steps):
        path.append(path[-1] - rate(t) * gradient(path[-1]))
    return torch.stack(path)


# %%
RATES = {
    "constant 0.3": lambda t: 0.3,
    "constant 0.1": lambda t: 0.1,
    "like 1/t": lambda t: 0.3 / (1 + t / 300),
    "too fast": lambda t: 0.3 * 0.99**t,
}
minimum, w, gaps = lowest_point(), torch.zeros(65, dtype=torch.float64), {}
for name, rate in RATES.items():
    draw = sampled(PIXELS, IS_ZERO, 16, torch.Generator().manual_seed(SEED))
    path = descend_with(rate, draw, w, 6000)
    gaps[name] = (path - minimum).norm(dim=1) / minimum.norm()

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "distance to the minimum",
    x="step",
    y="distance, relative",
    yscale="log",
    xscale="log",
    size=(3.9, 3.0),
)
for name, gap in gaps.items():
    places = np.unique(np.logspace(0, np.log10(len(gap) - 1), 220).astype(int))
    ax.plot(places, gap[places], label=name, linewidth=1.3)
ax.legend()
plots.show(fig, alt="Distance to the minimum against the step. The constant rates stop falling and fluctuate around a level, the smaller rate around a lower one; the rate like 1/t keeps falling; the rate that falls too fast stops far away.")  # fmt: skip

# %%
last = {name: gap[-1500:].mean().item() for name, gap in gaps.items()}
print({name: round(value, 4) for name, value in last.items()})
check.reaches("constant 0.3: distance at the end", last["constant 0.3"], at_least=0.01)
check.reaches("0.3 over 0.1", last["constant 0.3"] / last["constant 0.1"], at_least=1.8)
check.reaches("0.3 over 1/t", last["constant 0.3"] / last["like 1/t"], at_least=3)
check.reaches("too fast: distance at the end", last["too fast"], at_least=0.1)

# %% [markdown]
# With a constant rate the iterates reach a neighbourhood of the minimum and fluctuate in it; a smaller rate makes the neighbourhood smaller. If the rate falls too fast, the steps together are too short to get there. Robbins and Monro (1951) gave conditions on the rates for convergence, beside others on the function and its noise:
#
# $$ \sum_t \eta_t = \infty, \qquad \sum_t \eta_t^2 < \infty \tag{2.10} $$
#
# The rates $0.3/(1+t/300)$ satisfy both conditions. A constant rate breaks the second one. The rates $0.3 \cdot 0.99^t$ break the first: their sum is 30.

# %% [markdown]
# On a smooth convex loss a constant rate, if small enough, does suffice when the noise vanishes at the minimum, that is, when the gradient of every single example is zero there. So it is for a linear model that fits all of its data without error.

# %%
rng = torch.Generator().manual_seed(SEED)
X, truth, noise = (
    torch.randn(*size, generator=rng).double() for size in ((60, 8), (8,), (60,))
)
distance = {}
for name, y in {"exact data": X @ truth, "noisy data": X @ truth + noise}.items():
    w, source = torch.zeros(8, dtype=torch.float64), batches(60, 5, rng)
    best = torch.linalg.lstsq(X, y[:, None]).solution[:, 0]
    for _ in range(3000):
        i = next(source)
        w = w - 0.05 * X[i].T @ (X[i] @ w - y[i]) / len(i)
    distance[name] = (w - best).norm().item()
check.reaches("exact data: distance at the end", distance["exact data"], at_most=1e-10)
check.reaches("noisy data: distance at the end", distance["noisy data"], at_least=0.005)

# %% [markdown]
# > **Remember.** On a convex loss mini-batches lead to the same minimum as the full batch when it is unique and the rates satisfy (2.10), or when every example's gradient vanishes there and the rate is small enough. With a constant rate they otherwise lead to a neighbourhood. For networks see section 2.18.

# %% [markdown]
# ## 2.9 What does momentum gain?
#
# **Momentum** is an optimiser in which the gradient changes a velocity and the velocity changes the weights. The **velocity** is the vector that is added to the weights in each step. Where successive gradients point in opposite directions, as across the valley of section 2.3, their contributions to the velocity cancel in part. Where they agree, they add up.
#
# Each step keeps a share $\alpha$ of the velocity $\mathbf v$:
#
# $$ \begin{gathered}
#    \mathbf v \leftarrow \alpha\,\mathbf v - \eta\,\nabla L(\mathbf w) \\
#    \mathbf w \leftarrow \mathbf w + \mathbf v
#    \end{gathered} \tag{2.11} $$
#
# With $\alpha = 0$ this is (2.1). Under a constant gradient the velocity grows to $1/(1-\alpha)$ times the step of gradient descent: ten times for $\alpha = 0.9$. Polyak proposed it in 1964; it is also called the *heavy ball*.


# %%
class Momentum:
    """The heavy ball (eq. 2.11), with velocity zero at first."""

    def __init__(self, eta: float, alpha: float):
        self.eta, self.alpha, self.v = eta, alpha, 0.0

    def step(self, w: Tensor, gradient: Gradient) -> Tensor:
        self.v = self.alpha * self.v - self.eta * gradient(w)  # eq. 2.11
        return w + self.v


# %% [markdown]
# torch stores $\mathbf u = -\mathbf v/\eta$ and multiplies by the rate at the end. For a constant rate both give the same iterates.

# %%
A, c, start = log_cosh_problem(SEED)
mine = trajectory(Momentum(0.05, 0.9), log_cosh_gradient(A, c), start, 60)
theirs = by_torch(
    lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    lambda w: log_cosh_loss(w, A, c),
    start,
    60,
)
check.close("sixty steps with momentum", mine, theirs, rtol=0, atol=1e-10)

# %%
path = trajectory(Momentum(0.01, 0.9), torch.ones_like, torch.zeros(1).double(), 200)
velocity = (path[-1] - path[-2]).item()
check.close("velocity under a gradient of 1", velocity, -0.01 / (1 - 0.9), rtol=1e-6)

# %% [markdown]
# **Break it.** One of the lecture notes writes $\mathbf v \leftarrow \mu\nabla L + \alpha\mathbf v$ and $\mathbf w \leftarrow \mathbf w + \mathbf v$, with a plus in both places. The velocity then has the direction of the gradient, and the weight moves away from the minimum. Thirty steps on $\frac12 w^2$ from $w = 1$:

# %%
one = torch.ones(1, dtype=torch.float64)
uphill = trajectory(Momentum(-0.1, 0.9), lambda w: w, one, 30)[-1].item()
right = trajectory(Momentum(0.1, 0.9), lambda w: w, one, 30)[-1].item()
check.reaches("with a plus: w after thirty steps", uphill, at_least=2000)
check.reaches("with the minus of (2.11): |w|", abs(right), at_most=0.3)

# %% [markdown]
# How much does momentum gain? On the quadratic (2.2) the choice with the best guaranteed factor is known,
#
# $$ \begin{gathered}
#    \eta = \frac{4}{\big(\sqrt{h_\text{max}} + \sqrt{h_\text{min}}\big)^2} \\
#    \alpha = \Big(\frac{\sqrt\kappa - 1}{\sqrt\kappa + 1}\Big)^2
#    \end{gathered} \tag{2.12} $$
#
# and after many steps each further one leaves about $(\sqrt\kappa - 1)/(\sqrt\kappa + 1)$ of the distance. Compared with (2.5), $\kappa$ is replaced by its square root.

# %%
heavy_ball = Momentum(4 / (10 + 1) ** 2, (9 / 11) ** 2)  # eq. 2.12 with kappa = 100
check.close("heavy ball, eq. 2.12: steps", steps_needed(heavy_ball), 69)
check.close("eta 0.01, alpha 0.9: steps", steps_needed(Momentum(0.01, 0.9)), 162)

# %% [markdown]
# 69 steps, where gradient descent at its best rate took 461. With the common values $\alpha = 0.9$ and $\eta = 1/h_\text{max}$ it is 162.

# %% tags=["hide-input"]
widgets.predict(
    "The gradient stays at 2, with η = 0.05 and α = 0.8. How long does a step of momentum become in the end?",
    answer=0.5,
    tolerance=0.001,
    because="0.05 · 2 / (1 − 0.8) = 0.5: five times the step of gradient descent.",
    slips={
        "That is a step of gradient descent; the velocity keeps a share of 0.8 and grows.": 0.1,
        "The factor is 1/(1 − α), not 1/α.": 0.125,
        "The gradient is 2, not 1.": 0.25,
    },
)

# %% [markdown]
# ## 2.10 What does Nesterov momentum change?
#
# **Nesterov momentum** is momentum with the gradient taken at the point to which the kept velocity leads. It goes back to Nesterov (1983); Sutskever and others (2013) gave it this form:
#
# $$ \begin{gathered}
#    \mathbf v \leftarrow \alpha\,\mathbf v - \eta\,\nabla L(\mathbf w + \alpha\,\mathbf v) \\
#    \mathbf w \leftarrow \mathbf w + \mathbf v
#    \end{gathered} \tag{2.13} $$


# %%
class Nesterov:
    """Momentum with the gradient taken ahead (eq. 2.13)."""

    def __init__(self, eta: float, alpha: float):
        self.eta, self.alpha, self.v = eta, alpha, 0.0

    def step(self, w: Tensor, gradient: Gradient) -> Tensor:
        ahead = w + self.alpha * self.v
        self.v = self.alpha * self.v - self.eta * gradient(ahead)  # eq. 2.13
        return w + self.v


# %% [markdown]
# On the quadratic with $\kappa = 100$, with a common choice for Nesterov momentum, $\eta = 1/h_\text{max}$ and $\alpha = (\sqrt\kappa - 1)/(\sqrt\kappa + 1)$, and with $\alpha = 0.9$:

# %%
check.close("eta 0.01, alpha 9/11: steps", steps_needed(Nesterov(0.01, 9 / 11)), 108)
check.close("eta 0.01, alpha 0.9: steps", steps_needed(Nesterov(0.01, 0.9)), 99)

RACE = {
    "gradient descent": lambda: GradientDescent(2 / 101),
    "heavy ball": lambda: Momentum(4 / 121, (9 / 11) ** 2),
    "Nesterov": lambda: Nesterov(0.01, 9 / 11),
}
losses = {
    name: quadratic_loss(trajectory(make(), quadratic_gradient, START, 200))
    for name, make in RACE.items()
}

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "a quadratic with κ = 100",
    x="step",
    y="loss, relative",
    yscale="log",
    size=(3.9, 3.0),
    ylim=(1e-13, 1e6),
)
for name, loss in losses.items():
    ax.plot(loss / loss[0], label=name)
ax.axhline(1e-8, color=plots.MUTED, linewidth=0.8)
ax.legend(loc="upper right")
plots.show(fig, alt="Loss against steps on a logarithmic scale: gradient descent is a slowly falling straight line, Nesterov momentum falls several times faster, and the heavy ball, after a rise at the start, faster still. A thin line marks the goal, 1e-8.")  # fmt: skip

# %% [markdown]
# With these settings the heavy ball needs 69 steps and Nesterov momentum 108. With $\eta = 0.01$ and $\alpha = 0.9$ the order is reversed, 162 and 99. Two settings do not decide which is better; section 2.12 maps them all.
#
# ## 2.11 Three forms of Nesterov momentum
#
# *Going further.*
#
# Nesterov himself wrote it without a velocity: a gradient step from a point $\mathbf y$, then an extrapolation in the direction of the last change. (In his paper $\alpha$ grows from step to step; here it is constant.)
#
# $$ \begin{gathered}
#    \mathbf w_{t+1} = \mathbf y_t - \eta\,\nabla L(\mathbf y_t) \\
#    \mathbf y_{t+1} = \mathbf w_{t+1} + \alpha\,(\mathbf w_{t+1} - \mathbf w_t)
#    \end{gathered} \tag{2.14} $$


# %%
def nesterov_1983(
    eta: float, alpha: float, gradient: Gradient, w: Tensor, steps: int
) -> Tensor:
    """Nesterov's own form (eq. 2.14).   -> (steps + 1, d)"""
    path, y = [w], w
    for _ in range(steps):
        path.append(y - eta * gradient(y))  # eq. 2.14
        y = path[-1] + alpha * (path[-1] - path[-2])
    return torch.stack(path)


# %% [markdown]
# torch uses a third form. Its optimiser is handed the gradient at the weights that are stored, so it stores $\boldsymbol\theta = \mathbf w + \alpha\mathbf v$ instead of $\mathbf w$, and $\mathbf u = -\mathbf v/\eta$ instead of $\mathbf v$. Put both into (2.13):
#
# $$ \begin{gathered}
#    \mathbf u \leftarrow \alpha\,\mathbf u + \nabla L(\boldsymbol\theta) \\
#    \boldsymbol\theta \leftarrow \boldsymbol\theta - \eta\,\big(\nabla L(\boldsymbol\theta) + \alpha\,\mathbf u\big)
#    \end{gathered} \tag{2.15} $$
#
# torch's weights are therefore ahead of those of (2.13) by $\alpha\mathbf v$. After this change of variables the three forms agree.

# %%
A, c, start = log_cosh_problem(SEED)
ours = trajectory(Nesterov(0.05, 0.9), log_cosh_gradient(A, c), start, 60)
his = nesterov_1983(0.05, 0.9, log_cosh_gradient(A, c), start, 60)
check.close("(2.13) and (2.14)", ours, his, rtol=0, atol=1e-10)

theta = by_torch(
    lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    lambda w: log_cosh_loss(w, A, c),
    start,
    60,
)
v = torch.cat([torch.zeros(1, 3).double(), ours.diff(dim=0)])  # the velocity of each step
check.close("torch's weights are w + alpha v", ours + 0.9 * v, theta, rtol=0, atol=1e-10)

# %%
slips = {"These are the weights w; torch stores w + alpha v.": ours}
check.catches(
    "comparing without the change of variables",
    lambda: check.close("theta", ours, theta, slips=slips),
)

# %% [markdown]
# ## 2.12 Heavy ball or Nesterov momentum?
#
# *Going further.*

# %% [markdown]
# Look first at how large the rate may be. In one coordinate of (2.2) both methods are a linear recurrence of second order. At the limit one of its characteristic roots is $-1$, which gives
#
# $$ \eta_\text{heavy ball} < \frac{2(1+\alpha)}{h_\text{max}}, \qquad \eta_\text{Nesterov} < \frac{2(1+\alpha)}{(1+2\alpha)\,h_\text{max}} \tag{2.16} $$
#
# for $0 \le \alpha < 1$. Momentum raises the limit (2.4) of gradient descent, and Nesterov momentum lowers it: at $\alpha = 0.9$ and $h_\text{max} = 100$ the limits are 0.038 and 0.0136.


# %%
def largest_root(eta_h: float, alpha: float, look_ahead: bool) -> float:
    """Size of the larger characteristic root; the method converges when it is below 1."""
    a = 1 - eta_h
    first = (1 + alpha) * a if look_ahead else a + alpha
    second = alpha * a if look_ahead else alpha
    companion = torch.tensor([[first, -second], [1, 0]], dtype=torch.float64)
    return torch.linalg.eigvals(companion).abs().max().item()


for alpha in (0.0, 0.3, 0.9):
    for look_ahead in (False, True):
        limit = 2 * (1 + alpha) / (1 + 2 * alpha * look_ahead)  # eq. 2.16, times h
        inside, outside = (largest_root(limit * f, alpha, look_ahead) for f in (0.99, 1.01))
        check.close("converges below, not above", (inside < 1, outside < 1), (True, False))

# %% [markdown]
# For one setting, $\alpha = 0.9$, and four rates, count the steps; 3,000 stands for divergence.

# %%
for eta in (0.013, 0.015, 0.02, 0.03):
    ball = steps_needed(Momentum(eta, 0.9), most=3000)
    ahead = steps_needed(Nesterov(eta, 0.9), most=3000)
    print(f"η = {eta}: heavy ball {ball:5d}, Nesterov {ahead:5d}")
    check.reaches(f"heavy ball at {eta}: steps", ball, at_most=175)
    check.close("Nesterov diverges", ahead == 3000, eta > 0.0136)

# %% [markdown]
# Now the whole plane of $\alpha$ and $\eta$. To keep the special geometry of two weights out, take twenty curvatures between 1 and 100, evenly spaced in the logarithm, and a start in which each coordinate has the same share of the loss.


# %%
ALPHAS = torch.linspace(0, 0.98, 50, dtype=torch.float64)
ETAS = torch.logspace(-3, -1.2, 60, dtype=torch.float64)


def steps_on_the_plane(look_ahead: bool, most: int = 600) -> Tensor:
    """Steps to 1e-8 of the loss for each alpha and eta, NaN for more than `most`.   -> (50, 60)"""
    h = torch.logspace(0, 2, 20, dtype=torch.float64)
    alpha, eta = ALPHAS[:, None, None], ETAS[None, :, None]
    w = h.rsqrt().expand(50, 60, 20)
    v, count = torch.zeros_like(w), torch.full((50, 60), torch.nan, dtype=torch.float64)
    for k in range(1, most + 1):
        v = alpha * v - eta * h * (w + look_ahead * alpha * v)
        w = w + v
        reached = (h * w**2).sum(-1) <= 1e-8 * 20
        count[reached & count.isnan()] = k
    return count


# %%
ball, ahead = steps_on_the_plane(False), steps_on_the_plane(True)
converged = {name: ~c.isnan() for name, c in {"ball": ball, "ahead": ahead}.items()}
both = converged["ball"] & converged["ahead"]
low, high = both & (ALPHAS < 0.6)[:, None], both & (ALPHAS > 0.9)[:, None]
best = {name: c[~c.isnan()].min().item() for name, c in (("ball", ball), ("ahead", ahead))}
check.close("heavy ball, best setting: steps", best["ball"], 51.0)
check.close("Nesterov, best setting: steps", best["ahead"], 79.0)
only = (converged["ball"] & ~converged["ahead"]).double().mean()
check.reaches("share where only the heavy ball arrives", only, at_least=0.1)
check.reaches(
    "Nesterov faster, alpha < 0.6", (ahead < ball)[low].double().mean(), at_most=0.1
)
check.reaches(
    "Nesterov faster, alpha > 0.9", (ahead < ball)[high].double().mean(), at_least=0.5
)

# %% tags=["hide-input"]
figures = []
for title, count, ratio in (("heavy ball", ball, 0), ("Nesterov", ahead, 2)):
    fig, ax = plots.panel(
        f"steps of {title}", x="learning rate", y="α", xscale="log", size=(3.6, 3.0)
    )
    filled = ax.contourf(
        ETAS, ALPHAS, count, [0, 75, 100, 150, 200, 300, 400, 600], cmap=plots.SEQUENTIAL
    )
    ax.plot(
        2 * (1 + ALPHAS) / (1 + ratio * ALPHAS) / 100,
        ALPHAS,
        color=plots.ORANGE,
        linestyle="-",
    )
    ax.set(xlim=(1e-3, 10**-1.2), xticks=[0.001, 0.003, 0.01, 0.03])
    ax.set_xticklabels(["0.001", "0.003", "0.01", "0.03"])
    ax.minorticks_off()
    fig.colorbar(filled, ax=ax)
    figures.append(fig)
plots.show(*figures, alt=["Steps of the heavy ball over the learning rate and α: the coloured region, where 600 steps suffice, reaches larger rates as α grows, up to its limit line; it is lightest, with fewer than 75 steps, for α between 0.65 and 0.8 near that line.", "The same for Nesterov momentum: as α grows the limit line and the coloured region move to smaller rates."])  # fmt: skip

# %% [markdown]
# The lighter the blue, the fewer steps; where the map is white, 600 did not suffice. The orange lines are the limits (2.16). The map of the heavy ball is the wider one: more than a tenth of all settings reach the goal within 600 steps with it alone, since its limit grows with $\alpha$. Where both reach it, Nesterov momentum is faster in more than half of the settings with $\alpha > 0.9$, and in less than a tenth of those with $\alpha < 0.6$. Each with its best setting on this grid, the heavy ball needs 51 steps and Nesterov momentum 79.

# %% [markdown]
# On other functions the heavy ball can fail. Lessard, Recht and Packard (2016) found a convex one in one variable, whose gradient is continuous with slopes between 1 and 25, where the heavy ball with (2.12) ends in a cycle of three points:


# %%
def slopes_of_1_and_25(w: Tensor) -> Tensor:
    """The gradient of the example: slope 25, between w = 1 and w = 2 slope 1.   w: (1,) -> (1,)"""
    return torch.where(w < 1, 25 * w, torch.where(w < 2, w + 24, 25 * w - 24))


start = torch.tensor([3.3], dtype=torch.float64)
cycle = trajectory(Momentum(1 / 9, 4 / 9), slopes_of_1_and_25, start, 300)  # eq. 2.12
steady = trajectory(Nesterov(1 / 25, 2 / 3), slopes_of_1_and_25, start, 300)
print("the heavy ball's last six:", [round(w.item(), 3) for w in cycle[-6:, 0]])
check.close("the heavy ball repeats three points", cycle[-3:], cycle[-6:-3])
check.reaches("its distance from the minimum at 0", cycle[-3:].abs().min(), at_least=0.6)
check.close("Nesterov ends at", steady[-1], torch.zeros(1).double(), atol=1e-12)

# %% [markdown]
# Nesterov (1983) proved a rate of convergence for his method, with $\alpha$ growing from step to step, on every convex function with a Lipschitz gradient. For the heavy ball with (2.12) the factor of section 2.9 is guaranteed on quadratics; the example shows that it does not extend to all convex functions.
#
# ## 2.13 Does each weight need a step of its own?
#
# So far one learning rate serves all weights. But inputs of different scale give gradients of different scale: in our quadratic the two curvatures differ a hundredfold.

# %% [markdown]
# **AdaGrad** is an optimiser that divides each weight's gradient by the root of the sum of its squared gradients so far. It is due to Duchi, Hazan and Singer (2011):
#
# $$ \begin{gathered}
#    \mathbf g = \nabla L(\mathbf w), \qquad \mathbf s \leftarrow \mathbf s + \mathbf g^2 \\
#    \mathbf w \leftarrow \mathbf w - \eta\,\frac{\mathbf g}{\sqrt{\mathbf s} + \varepsilon}
#    \end{gathered} \tag{2.17} $$
#
# All operations are element by element, and $\varepsilon$ keeps the denominator from being zero. The sum only grows: under a constant gradient the step in iteration $t$ is $\eta/\sqrt t$.

# %% [markdown]
# **RMSProp** is AdaGrad with a running mean of the squared gradients in place of their sum. Hinton proposed it in a lecture of 2012. Old gradients are forgotten, so that the steps need not become small:
#
# $$ \begin{gathered}
#    \mathbf s \leftarrow \rho\,\mathbf s + (1 - \rho)\,\mathbf g^2 \\
#    \mathbf w \leftarrow \mathbf w - \eta\,\frac{\mathbf g}{\sqrt{\mathbf s} + \varepsilon}
#    \end{gathered} \tag{2.18} $$

# %% [markdown]
# **Adam** is RMSProp with a running mean of the gradients in place of the gradient, and with bias correction of both means (Kingma and Ba, 2015). Both means start at zero and are too small at first: after $t$ steps the weights inside a mean add up to $1 - \beta^t$, not to 1. **Bias correction** is the division of a running mean by the sum of its weights.
#
# $$ \begin{gathered}
#    \mathbf m \leftarrow \beta_1 \mathbf m + (1-\beta_1)\,\mathbf g \\
#    \mathbf s \leftarrow \beta_2 \mathbf s + (1-\beta_2)\,\mathbf g^2 \\
#    \mathbf w \leftarrow \mathbf w - \eta\,\frac{\mathbf m / (1-\beta_1^t)}{\sqrt{\mathbf s / (1-\beta_2^t)} + \varepsilon}
#    \end{gathered} \tag{2.19} $$
#
# Here $t$ counts the steps from 1. The usual values are $\beta_1 = 0.9$ and $\beta_2 = 0.999$.


# %%
class AdaGrad:
    """A step for each weight, by the sum of its squared gradients (eq. 2.17)."""

    def __init__(self, eta: float, eps: float = 1e-10):
        self.eta, self.eps, self.s = eta, eps, 0.0

    def step(self, w: Tensor, gradient: Gradient) -> Tensor:
        g = gradient(w)
        self.s = self.s + g**2
        return w - self.eta * g / (self.s.sqrt() + self.eps)  # eq. 2.17


class RMSProp:
    """A step for each weight, by the mean of its squared gradients (eq. 2.18)."""

    def __init__(self, eta: float, rho: float = 0.99, eps: float = 1e-8):
        self.eta, self.rho, self.eps, self.s = eta, rho, eps, 0.0

    def step(self, w: Tensor, gradient: Gradient) -> Tensor:
        g = gradient(w)
        self.s = self.rho * self.s + (1 - self.rho) * g**2
        return w - self.eta * g / (self.s.sqrt() + self.eps)  # eq. 2.18


# %%
class Adam:
    """RMSProp on a mean gradient; both means are corrected for their start at zero (eq. 2.19)."""

    def __init__(
        self, eta: float, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
    ):
        self.eta, self.beta1, self.beta2, self.eps = eta, beta1, beta2, eps
        self.m, self.s, self.t = 0.0, 0.0, 0

    def step(self, w: Tensor, gradient: Gradient) -> Tensor:
        g, self.t = gradient(w), self.t + 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.s = self.beta2 * self.s + (1 - self.beta2) * g**2
        m = self.m / (1 - self.beta1**self.t)
        s = self.s / (1 - self.beta2**self.t)
        return w - self.eta * m / (s.sqrt() + self.eps)  # eq. 2.19


# %%
torchs = torch.optim
PAIRS = {
    "AdaGrad": (AdaGrad(0.3), lambda p: torchs.Adagrad(p, lr=0.3)),
    "RMSProp": (RMSProp(0.02, 0.95), lambda p: torchs.RMSprop(p, lr=0.02, alpha=0.95)),
    "Adam": (Adam(0.02, 0.8, 0.97), lambda p: torchs.Adam(p, lr=0.02, betas=(0.8, 0.97))),
}
A, c, start = log_cosh_problem(SEED)
for name, (ours, make) in PAIRS.items():
    mine = trajectory(ours, log_cosh_gradient(A, c), start, 60)
    theirs = by_torch(make, lambda w: log_cosh_loss(w, A, c), start, 60)
    check.close(f"sixty steps of {name}", mine, theirs, rtol=0, atol=1e-10)

path = trajectory(AdaGrad(0.3), torch.ones_like, torch.zeros(1).double(), 50)
expected = -0.3 * torch.arange(1, 51).double().rsqrt()[:, None]
check.close("AdaGrad's steps under a gradient of 1", path.diff(dim=0), expected)

# %% [markdown]
# What does a step for each weight gain? Multiply the curvature of $\frac12\lVert\mathbf w\rVert^2$ by a thousand along one axis. Gradient descent with the same rate diverges. Adam with $\varepsilon = 0$ divides the factor out again and takes the same path. Section 2.17 compares them on a network.

# %%
steep = torch.tensor([1000, 1], dtype=torch.float64)
start = torch.tensor([1.0, -2.0], dtype=torch.float64)
before = trajectory(Adam(0.1, eps=0), lambda w: w, start, 100)
after = trajectory(Adam(0.1, eps=0), lambda w: steep * w, start, 100)
check.close("Adam, with and without the factor", after, before, rtol=0, atol=1e-9)
plain = trajectory(GradientDescent(0.1), lambda w: steep * w, start, 5)
check.reaches("gradient descent after 5 steps", plain[-1].abs().max(), at_least=1e6)

# %% [markdown]
# The widget runs four optimisers from a start that you can drag. Raise the learning rate until gradient descent diverges, raise the condition number, and compare full gradients with noisy ones.

# %%
widgets.OptimizerRace()

# %% [markdown]
# ## 2.14 What does the bias correction change?
#
# *Going further.*
#
# In Adam's first step $\mathbf m/(1-\beta_1) = \mathbf g$ and $\mathbf s/(1-\beta_2) = \mathbf g^2$, so every weight moves by $\eta$, up to the small $\varepsilon$, whether its gradient is a thousand or a thousandth.
#
# **Break it.** Leave the bias correction out, and the first step is $(1-\beta_1)/\sqrt{1-\beta_2} = 3.16$ times as long. A comparison of the two ends after 3,000 steps does not show the mistake, because both have reached the same minimum.


# %%
def uncorrected(eta: float, **options: float) -> Adam:
    """Adam without bias correction: with a step count so high that it changes nothing."""
    optimiser = Adam(eta, **options)
    optimiser.t = 10**9
    return optimiser


# %%
w = torch.tensor([1000, 1, 0.001], dtype=torch.float64)
first = Adam(0.1, eps=1e-15).step(w, lambda w: w) - w
check.close("Adam's first step", first, torch.full((3,), -0.1).double())
wrong = uncorrected(0.1, eps=1e-15).step(w, lambda w: w) - w
slips = {"The means start at zero; eq. 2.19 corrects them.": wrong}
check.catches("no correction", lambda: check.close("first step", wrong, first, slips=slips))

A, c, start = log_cosh_problem(SEED)
right = trajectory(Adam(0.02), log_cosh_gradient(A, c), start, 3000)
wrong = trajectory(uncorrected(0.02), log_cosh_gradient(A, c), start, 3000)
check.close("the two ends", wrong[-1], right[-1])
check.reaches(
    "largest distance on the way", (wrong - right).norm(dim=1).max(), at_least=0.5
)

# %% tags=["hide-input"]
widgets.choose(
    "Adam with η = 0.01 takes its first step. One weight has the gradient 200, another −0.05. How do they move?",
    {
        "by −0.01 and +0.01": True,
        "by −2 and +0.0005": "That is the step of gradient descent; Adam divides by the size of the gradient.",
        "by −0.032 and +0.032": "That is the first step without bias correction.",
        "by −0.01 and −0.01": "The sign of the gradient stays: a weight moves against it.",
    },
    because="With bias correction the first step is η times the sign, against the gradient (2.19).",
)

# %% [markdown]
# ## 2.15 Does Adam help in a rotated valley?
#
# *Going further.*
#
# Adam scales along the axes, weight by weight. Rotate the valley, and each weight's gradient is a mixture of large and small curvature. Count the steps to $10^{-8}$ of the loss for $\kappa = 10{,}000$ and several angles, each time with the best of 11 learning rates.

# %%
STEEP = torch.diag(torch.tensor([10_000, 1], dtype=torch.float64))


def rotated(degrees: float) -> tuple[Tensor, Tensor]:
    """The Hessian of the valley at this angle, and the start, rotated with it.   -> (2, 2), (2,)"""
    a = math.radians(degrees)
    turn = [[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]]
    turn = torch.tensor(turn, dtype=torch.float64)
    return turn @ STEEP @ turn.T, turn @ torch.tensor([1, 2], dtype=torch.float64)


def fewest_steps(make: Callable[[float], GradientDescent], degrees: float) -> int:
    """Steps to 1e-8 of the loss, with the best of 11 learning rates."""
    hessian, start = rotated(degrees)
    most = 2500  # then: the fewest so far, since it is of no use to wait longer
    for eta in torch.logspace(-2, 0.5, 11).tolist():
        most = steps_needed(
            make(eta), lambda w: hessian @ w, start, lambda w: w @ hessian @ w, most
        )
    return most


# %%
adam = {degrees: fewest_steps(Adam, degrees) for degrees in (0, 15, 45)}
print("Adam:", adam)
for degrees in adam:
    hessian, start = rotated(degrees)
    ball = Momentum(4 / (100 + 1) ** 2, (99 / 101) ** 2)  # eq. 2.12
    count = steps_needed(ball, lambda w: hessian @ w, start, lambda w: w @ hessian @ w)
    check.close(f"heavy ball, eq. 2.12, at {degrees}°: steps", count, 831)
check.reaches("Adam along the axes: steps", adam[0], at_most=200)
check.reaches("Adam at 15°: steps", adam[15], at_least=832)
check.reaches("Adam at 45°: steps", adam[45], at_least=832)

# %% [markdown]
# Along the axes Adam needs a fraction of the heavy ball's 831 steps, and in the two rotated valleys more. That is for the usual $\beta_1$ and $\beta_2$: with $\beta_2 = 0.9$ Adam needs fewer than 700 steps at 15°, and at 45° still more than 831. The heavy ball takes 831 at every angle, because its update commutes with rotations. How far the valleys of a network lie along the axes, this example does not tell.
#
# ## 2.16 Should the learning rate change during training?
#
# *Going further.*

# %% [markdown]
# Section 2.8 needed large steps at first and small ones at the end. A **learning-rate schedule** is a rule that gives the learning rate as a function of the step. It is no part of the optimiser, which turns gradients into steps. Two schedules are common: multiply the rate by $\gamma$ every $k$ steps, or let it follow half a cosine from $\eta_0$ to zero at step $T$.
#
# $$ \eta_t = \eta_0\,\gamma^{\lfloor t/k \rfloor}, \qquad \eta_t = \tfrac12\,\eta_0\,\big(1 + \cos(\pi t / T)\big) \tag{2.20} $$

# %% [markdown]
# **Warm-up** is a schedule that raises the learning rate from a small value to its full value in the first steps of training. Over $m$ steps the rate is multiplied by $\min(1, (t+1)/m)$. Goyal and others (2017) introduced it in this form for training with very large batches.


# %%
def step_decay(eta: float, gamma: float, k: int) -> Callable[[int], float]:
    """A rate that is multiplied by gamma every k steps (eq. 2.20, left)."""
    return lambda t: eta * gamma ** (t // k)


def cosine_decay(eta: float, T: int) -> Callable[[int], float]:
    """A rate that follows half a cosine down to zero at step T (eq. 2.20, right)."""
    return lambda t: eta * (1 + math.cos(math.pi * t / T)) / 2


def with_warm_up(rate: Callable[[int], float], m: int) -> Callable[[int], float]:
    """The rate, raised to its full value over the first m steps."""
    return lambda t: rate(t) * min(1.0, (t + 1) / m)


# %% tags=["hide-input"]
def rates_of_torch(
    make: Callable[[torch.optim.Optimizer], object], steps: int
) -> list[float]:
    """The learning rates that one of torch's schedulers would use, from a rate of 0.4."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    scheduler, rates = make(optimiser), []
    for _ in range(steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return rates


# %%
from torch.optim import lr_scheduler

OURS = {
    "step decay": step_decay(0.4, 0.5, 7),
    "cosine": cosine_decay(0.4, 30),
    "warm-up": with_warm_up(lambda t: 0.4, 5),
}
THEIRS = {
    "step decay": lambda o: lr_scheduler.StepLR(o, step_size=7, gamma=0.5),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=30),
    "warm-up": lambda o: lr_scheduler.LinearLR(o, start_factor=1 / 5, total_iters=4),
}
for name, rate in OURS.items():
    check.close(name, [rate(t) for t in range(30)], rates_of_torch(THEIRS[name], 30))

# %% [markdown]
# Compare the schedules with constant rates on the logistic loss of section 2.6: 2,000 steps on the same batches of 16, and for each the best of five initial rates, so that no constant rate is chosen badly. Measured is how far above the lowest loss the last step ends.


# %%
def end_loss(
    rate: Callable[[int], float], rng: torch.Generator, steps: int = 2000
) -> float:
    """The loss, over all data, after training on batches of 16."""
    draw = sampled(PIXELS, IS_ZERO, 16, rng)
    path = descend_with(rate, draw, torch.zeros(65).double(), steps)
    return logistic_loss(path[-1], PIXELS, IS_ZERO).item()


# %%
PLANS = {
    "constant": lambda eta: lambda t: eta,
    "step decay": lambda eta: step_decay(eta, 0.3, 500),
    "cosine": lambda eta: cosine_decay(eta, 2000),
}
lowest, above = logistic_loss(lowest_point(), PIXELS, IS_ZERO).item(), {}
for name, plan in PLANS.items():
    for eta in (0.07, 0.1, 0.15, 0.2, 0.3):
        gap = end_loss(plan(eta), torch.Generator().manual_seed(SEED)) - lowest
        above[name] = min(gap, above.get(name, gap))
print({name: f"{gap:.1e}" for name, gap in above.items()})
check.reaches("constant over cosine", above["constant"] / above["cosine"], at_least=3)
gain = above["constant"] / above["step decay"]
check.reaches("constant over step decay", gain, at_least=0.5, at_most=4)

# %% [markdown]
# The cosine schedule ends at least three times closer to the lowest loss than the best of the five constant rates, with each of five seeds. For step decay with these values the gain is small, and it depends on the seed.

# %% [markdown]
# Warm-up is not part of this comparison: very large batches, for which it was proposed, are not tested here.
#
# ## 2.17 Which optimiser should you take?

# %% [markdown]
# Now let the optimisers train a network that reads digits: 64 pixels, 32 hidden neurons, 10 outputs, 2,410 weights in one vector. Each gets ten epochs in batches of 32, once with each of 16 learning rates. The 16 networks of an optimiser are trained side by side, as rows of a matrix $(16, 2410)$: all our optimisers work element by element, so a column of rates gives each row its own. torch supplies the gradient.


# %%
def network(seed: int) -> nn.Sequential:
    """A small network for digits, in float64."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10)).double()


def initial_weights(seed: int) -> Tensor:
    """The weights of a new network as one row.   -> (1, 2410)"""
    parts = [p.detach().flatten() for p in network(seed).parameters()]
    return torch.cat(parts)[None]


def logits(w: Tensor, X: Tensor) -> Tensor:
    """The outputs of R networks, whose weights are the rows of w.   w: (R, 2410), X: (n, 64) -> (R, n, 10)"""
    W1, b1, W2, b2 = w.split([2048, 32, 320, 10], dim=1)
    H = (X @ W1.view(-1, 32, 64).mT + b1[:, None]).tanh()  # (R, n, 32)
    return H @ W2.view(-1, 10, 32).mT + b2[:, None]


# %%
def losses(w: Tensor, X: Tensor, y: Tensor) -> Tensor:
    """The cross-entropy of each of the R networks.   -> (R,)"""
    z = logits(w, X)
    each = F.cross_entropy(z.flatten(0, 1), y.repeat(len(w)), reduction="none")
    return each.view(len(w), -1).mean(1)


# %%
def accuracies(w: Tensor) -> Tensor:
    """Share of unseen digits that each of the R networks reads.   w: (R, 2410) -> (R,)"""
    right = logits(w, DIGITS.X_test).argmax(2) == DIGITS.y_test
    return right.double().mean(1)


def trained(
    optimiser: GradientDescent, w: Tensor, rng: torch.Generator, steps: int = 400
) -> Tensor:
    """The weights after training on batches of 32.   w: (R, 2410) -> (R, 2410)"""
    source = batches(len(DIGITS.X_train), 32, rng)

    def gradient(w: Tensor) -> Tensor:
        batch, w = next(source), w.detach().requires_grad_()
        loss = losses(w, DIGITS.X_train[batch], DIGITS.y_train[batch])
        return torch.autograd.grad(loss.sum(), w)[0]  # a row's loss depends on it alone

    for _ in range(steps):
        w = optimiser.step(w, gradient)
    return w


# %%
X, y = DIGITS.X_train[:5], DIGITS.y_train[:5]
both = torch.cat([initial_weights(SEED), initial_weights(SEED + 1)])
expected = [F.cross_entropy(network(SEED + i)(X), y).detach() for i in (0, 1)]
check.close("two networks side by side", losses(both, X, y), torch.stack(expected))

# %%
OPTIMISERS = {
    "gradient descent": GradientDescent,
    "momentum": lambda eta: Momentum(eta, 0.9),
    "Nesterov": lambda eta: Nesterov(eta, 0.9),
    "AdaGrad": AdaGrad,
    "RMSProp": RMSProp,
    "Adam": Adam,
}
LEARNING_RATES = torch.logspace(-4, 1, 16, dtype=torch.float64)[:, None]  # a column
scores, begin = {}, initial_weights(SEED).repeat(16, 1)
for name, make in OPTIMISERS.items():
    rng = torch.Generator().manual_seed(SEED)
    scores[name] = accuracies(trained(make(LEARNING_RATES), begin, rng))
    best, broad = scores[name].max().item(), int((scores[name] >= 0.9).sum())
    print(f"{name:16s} best {best:.3f}, at least 0.9 with {broad} of 16 rates")

# %% tags=["hide-input"]
fig, ax = plots.panel("accuracy by learning rate", "learning rate", "accuracy on unseen digits", (3.9, 3.6), xscale="log", ylim=(0, 1.03))  # fmt: skip
colours = (*plots.SERIES, plots.INK, plots.MUTED)
markers, lines = (*plots.MARKERS, "v", "x"), (*plots.LINES, (0, (1, 3)), (0, (5, 3)))
looks = zip(colours, markers, lines, strict=True)
for (name, row), (colour, marker, line) in zip(scores.items(), looks, strict=True):
    look = {"color": colour, "marker": marker, "linestyle": line, "linewidth": 1.2}
    ax.plot(LEARNING_RATES[:, 0], row, label=name, markersize=3.5, **look)
fig.legend(loc="outside lower center", ncols=2)
plots.show(fig, alt="Accuracy against the learning rate for six optimisers: each rises to a plateau and then falls, most of them to chance. RMSProp and Adam have their plateau around a hundredth or below, momentum, Nesterov momentum and AdaGrad near a tenth, gradient descent near one; the plateaus are about equally high.")  # fmt: skip

# %%
bests = [row.max().item() for row in scores.values()]
check.reaches("the worst of the six, best rate each", min(bests), at_least=0.93)
check.reaches("best minus worst, best rate each", max(bests) - min(bests), at_most=0.03)
at_001 = {name: round(row[6].item(), 3) for name, row in scores.items()}
print("all with the rate 0.01:", at_001)
ahead = at_001["Adam"] - at_001["gradient descent"]
check.reaches("Adam over gradient descent, both with 0.01", ahead, at_least=0.15)

# %% [markdown]
# Many comparisons give all optimisers one rate. With 0.01 Adam is far ahead of gradient descent here, but that compares learning rates. Each with its own best rate, the best and the worst of the six differ by at most three digits in a hundred, and which one comes first depends on the seed. For this network the learning rate matters more than the choice of the optimiser.

# %% [markdown]
# In (2.19) a constant factor of the loss cancels, apart from $\varepsilon$. Adam's rate therefore need not be changed when the loss is multiplied by a constant; that of gradient descent must be divided by it.
#
# (The largest value of such a curve must not be reported as a result, since the unseen digits were used to choose it. Chapter 5 explains this.)

# %% [markdown]
# ## 2.18 Do two training runs end in the same minimum?
#
# *Going further.*
#
# Section 2.8 had a unique minimum; the loss of a network has many. Train the network of section 2.17 three times: twice from the same initial weights with the batches in another order, and once from other initial weights. Then follow the loss along the straight line between the ends.


# %%
def loss_on_line(a: Tensor, b: Tensor) -> Tensor:
    """The training loss at 21 points of the line from a to b.   a, b: (1, 2410) -> (21,)"""
    t = torch.linspace(0, 1, 21, dtype=torch.float64)[:, None]
    return losses(a + t * (b - a), DIGITS.X_train, DIGITS.y_train)


def run(initial: int, order: int) -> Tensor:
    """The weights after 1,200 steps with momentum.   -> (1, 2410)"""
    rng = torch.Generator().manual_seed(order)
    return trained(Momentum(0.03, 0.9), initial_weights(initial), rng, 1200)


# %%
first, reordered = run(SEED, SEED + 100), run(SEED, SEED + 101)
other = run(SEED + 50, SEED + 100)
lines = {"another order": loss_on_line(first, reordered)}
lines["other initial weights"] = loss_on_line(first, other)
barrier = {name: (row.max() - row[[0, -1]].max()).item() for name, row in lines.items()}

moved = (first - initial_weights(SEED)).norm()
apart = (first - reordered).norm() / moved
check.reaches("another order: distance of the ends", apart, at_least=0.04, at_most=0.1)
check.reaches("another order: barrier", barrier["another order"], at_most=0.001)
check.reaches(
    "other initial weights: barrier", barrier["other initial weights"], at_least=0.1
)
difference = accuracies(torch.cat([first, reordered, other]))
spread = difference.max() - difference.min()
check.reaches("difference in accuracy of the three", spread, at_most=0.025)

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "loss between two trained networks",
    x="from the first to the second",
    y="training loss",
    size=(3.9, 2.8),
)
for name, row in lines.items():
    ax.plot(torch.linspace(0, 1, 21), row, label=name)
ax.set(ylim=(0, 1.4 * max(row.max().item() for row in lines.values())))
ax.legend(loc="upper left")
plots.show(fig, alt="Training loss along the straight line between two ends. With another order of the batches it stays at the level of the ends; with other initial weights it rises to several times that level in the middle.")  # fmt: skip

# %% [markdown]
# With another order the ends are different weights, 4 to 10 % of the distance travelled apart. But on the line between them the loss is nowhere more than 0.001 above the higher end: there is no barrier, and they do not lie in different valleys. They are not even minima yet, because the loss still falls:

# %%
rng, (X, y) = torch.Generator().manual_seed(SEED), (DIGITS.X_train, DIGITS.y_train)
longer = trained(Momentum(0.03, 0.9), first, rng, steps=1200)
falls = (losses(longer, X, y) / losses(first, X, y)).item()
check.reaches("loss after 1,200 more steps, over that before", falls, at_most=0.6)

# %% [markdown]
# With other initial weights there is a barrier of more than 0.1 on the straight line. The three networks read unseen digits about equally well. For a network "the same result" can thus mean a similar accuracy, with other weights.

# %% [markdown]
# Two cautions. Hidden neurons can be exchanged without changing what the network computes, so that distant weights may belong to the same function. And a barrier on the straight line does not exclude a curved path without one (Garipov and others, 2018). Keskar and others (2017) report that large batches end in sharper minima; that is not measured here.
#
# ## 2.19 Your turn

# %% [markdown]
# The [exercises of this chapter](../assignments/02_optimization/02_optimization.ipynb) are of five kinds. Each has a check that tells you at once what is wrong; predictions are judged after handing in.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | learning rates and factors (eq. 2.3 to 2.5, 2.16) | Predict | ● | 10 |
# | the gradient of a mini-batch (eq. 2.8) | Derive | ●● | 10 |
# | the variance without replacement (eq. 2.9) | Derive | ●●● | 20 |
# | the largest learning rate of a linear model (eq. 2.4) | Derive | ●● | 15 |
# | momentum (eq. 2.11) | Find the bug | ●● | 10 |
# | Nesterov momentum as torch stores it (eq. 2.15) | Write | ●● | 15 |
# | Adam (eq. 2.19) | Find the bug | ●●● | 20 |
# | a minimum within 300 gradients | Go beyond | ●●● | 25 |
#
# And one without a check.
#
# <details><summary>Gradient descent takes 461 steps on the quadratic of section 2.3. You may first multiply each weight by a factor of your choice. How few steps can it be?</summary>
#
# One. Take $\tilde w_i = \sqrt{h_i}\, w_i$; then $L = \frac12\sum \tilde w_i^2$ has all curvatures 1, and with $\eta = 1$ the first step ends at the minimum, as the check in section 2.3 showed. A rotated quadratic needs a matrix instead of factors, the square root of the Hessian; methods that use the Hessian are called second-order.
#
# </details>
#
# ## 2.20 In five lines

# %% [markdown]
# 1. On a quadratic gradient descent converges for rates below $2/h_\text{max}$; the number of steps grows with the condition number.
# 2. A stationary point can be a minimum, a maximum or a saddle point; the Hessian decides, unless an eigenvalue is zero and the others have one sign.
# 3. A batch of $M$ independent draws gives an unbiased gradient with variance $s^2/M$; at a small constant rate the iterates end in a neighbourhood of the minimum.
# 4. On a quadratic, momentum with the values (2.12) replaces the condition number by its square root in the factor of a step. Neither the heavy ball nor Nesterov momentum is faster at every setting.
# 5. AdaGrad, RMSProp and Adam scale the step of each weight. With their best rates the accuracies of six optimisers on digits differed by at most 0.03.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, section 2.1, and Politecnico di Milano, "Gradient descent algorithms", "Learning Rate" and the end of "Universal approximation theorem"). In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 2.1, step 3 * | a step "of size" $-\nabla L$ | the direction is $-\nabla L$, the step $-\mu\nabla L$ | eq. (2.1) | section 2.1 |
# | Bologna 2.1 | $\mathbf w = \mathbf w + \mu\nabla L$ | $\mathbf w - \mu\nabla L$ (Milano has it right) | eq. (2.1) | section 2.1 |
# | Bologna 2.1 | $\mathbf v = \mu\nabla L + \alpha\mathbf v$, then $\mathbf w + \mathbf v$ | $\mathbf v = \alpha\mathbf v - \mu\nabla L$, then $\mathbf w + \mathbf v$ | Polyak (1964); Sutskever et al. (2013) | section 2.9 |
# | Bologna 2.1 * | an optimiser tunes the learning rate | it turns gradients into steps; changing the rate over time is a schedule | Bottou, Curtis and Nocedal (2018) | sections 2.1, 2.16 |
# | Bologna 2.1, remark * | mini-batches converge to the same result as the full batch | on a convex loss to the same minimum when it is unique and the rates satisfy (2.10), or when every example's gradient vanishes there; otherwise, with a constant rate, to a neighbourhood; for networks to other weights | Robbins and Monro (1951) | sections 2.8, 2.18 |
# | Bologna 2.1; Milano * | stochastic gradient descent covers full batch, mini-batch and online (Bologna); it uses a single sample (Milano) | the two disagree; stochastic means that the batch is drawn at random, of one example or more | Bottou, Curtis and Nocedal (2018) | section 2.6 |
# | Bologna 2.1 * | Nesterov momentum in words, without a formula | the gradient is taken at $\mathbf w + \alpha\mathbf v$ | Nesterov (1983); Sutskever et al. (2013) | section 2.10 |
# | Milano, end of "Universal approximation theorem" * | minima are found by setting the derivatives to zero | that is necessary, not sufficient: saddle points and maxima satisfy it too | eq. (2.7) | section 2.4 |

# %% [markdown]
# ## Further reading
#
# - L. Bottou, F. E. Curtis and J. Nocedal (2018), [*Optimization methods for large-scale machine learning*](https://arxiv.org/abs/1606.04838), SIAM Review 60: the whole subject, readable.
# - B. T. Polyak (1964), [*Some methods of speeding up the convergence of iteration methods*](https://doi.org/10.1016/0041-5553%2864%2990137-5), USSR Computational Mathematics and Mathematical Physics 4; Y. Nesterov (1983), *A method for solving the convex programming problem with convergence rate O(1/k²)*, Soviet Mathematics Doklady 27.
# - I. Sutskever, J. Martens, G. Dahl and G. Hinton (2013), [*On the importance of initialization and momentum in deep learning*](https://proceedings.mlr.press/v28/sutskever13.html), ICML: the form (2.13).
# - L. Lessard, B. Recht and A. Packard (2016), [*Analysis and design of optimization algorithms via integral quadratic constraints*](https://arxiv.org/abs/1408.3595), SIAM Journal on Optimization 26: the cycle of section 2.12.
# - J. D. Lee, M. Simchowitz, M. I. Jordan and B. Recht (2016), [*Gradient descent only converges to minimizers*](https://arxiv.org/abs/1602.04915), COLT: saddle points and random starts.
# - J. Duchi, E. Hazan and Y. Singer (2011), [*Adaptive subgradient methods for online learning and stochastic optimization*](https://jmlr.org/papers/v12/duchi11a.html), Journal of Machine Learning Research 12: AdaGrad; T. Tieleman and G. Hinton (2012), *Lecture 6.5: RMSProp*, Coursera; D. P. Kingma and J. Ba (2015), [*Adam: a method for stochastic optimization*](https://arxiv.org/abs/1412.6980), ICLR.
# - P. Goyal and others (2017), [*Accurate, large minibatch SGD: training ImageNet in 1 hour*](https://arxiv.org/abs/1706.02677): warm-up.
# - H. Robbins and S. Monro (1951), [*A stochastic approximation method*](https://doi.org/10.1214/aoms/1177729586), Annals of Mathematical Statistics 22; N. S. Keskar, D. Mudigere, J. Nocedal, M. Smelyanskiy and P. T. P. Tang (2017), [*On large-batch training for deep learning: generalization gap and sharp minima*](https://arxiv.org/abs/1609.04836), ICLR; T. Garipov, P. Izmailov, D. Podoprikhin, D. Vetrov and A. G. Wilson (2018), [*Loss surfaces, mode connectivity, and fast ensembling of DNNs*](https://arxiv.org/abs/1802.10026), NeurIPS.

# %% [markdown] tags=["neighbours"]
# Before: [1 Neurons and expressivity](01_neurons.ipynb). Next: [3 Backpropagation](03_backpropagation.ipynb).
