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
# You stand on a hillside in thick fog. The valley must be somewhere below, but you see nothing of it; you only feel under your feet which way the ground falls,
# and how steeply. So you take a step downhill, feel again, and take another one.
#
# That is how nearly every neural network is trained. Its weights say where it stands, its loss says how high, and a network with a million weights walks in a million
# dimensions. The walk below has only two, and already four walkers who start together take very different ways.
#
# How long may a step be? Must you feel the ground with every example of your data, or is a glance enough? May you run? Should the step be
# the same in every direction, and at every time of the day? Each of these questions has become a part of the optimisers that everybody uses. You will build them all.

# %%
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, widgets
from course_utils.progress import progress

SEED = check.seed(2)


# %% tags=["hide-input"]
def on_the_map(
    title: str, height: Callable[[Tensor], Tensor], limits: Sequence[float]
) -> tuple[plots.Figure, plots.Axes]:
    """A map of a loss in the plane, with contour lines that thin out upwards.   limits: left, right, low, high"""
    fig, ax = plots.panel(title, size=(3.6, 2.7))
    xs, ys = (
        torch.linspace(a, b, 160, dtype=torch.float64) for a, b in (limits[:2], limits[2:])
    )
    grid = torch.cartesian_prod(xs, ys)
    values = height(grid).reshape(160, 160).T
    low, high = values.min().item(), values.max().item()
    levels = low + (high - low) * torch.linspace(0.02, 1, 14) ** 2
    ax.contour(xs, ys, values, levels.tolist(), colors=[plots.GRID], linewidths=1)
    ax.set(xlim=limits[:2], ylim=limits[2:], xlabel="$w_1$", ylabel="$w_2$")
    return fig, ax


# %% tags=["hide-input"]
def paths_of_four(steps: int = 60) -> dict[str, Tensor]:
    """Where gradient descent, momentum, Nesterov and Adam go in a valley, from one start, by torch."""
    sgd, adam = torch.optim.SGD, torch.optim.Adam
    walkers = {
        "plain": (sgd, {"lr": 0.04}), "momentum": (sgd, {"lr": 0.04, "momentum": 0.85}),
        "Nesterov": (sgd, {"lr": 0.04, "momentum": 0.85, "nesterov": True}), "Adam": (adam, {"lr": 0.3}),
    }  # fmt: skip
    paths = {}
    for name, (kind, settings) in walkers.items():
        w = torch.tensor([-3.6, 1.2], dtype=torch.float64, requires_grad=True)
        walker, path = kind([w], **settings), [w.detach().clone()]
        for _ in range(steps):
            w.grad = torch.tensor([1.0, 20.0]).double() * w.detach()
            walker.step()
            path.append(w.detach().clone())
        paths[name] = torch.stack(path)
    return paths


# %% tags=["hide-input"]
def show_four_walkers() -> None:
    """The four walks on a map, and how high each walker still is after each step."""
    h = torch.tensor([1.0, 20.0], dtype=torch.float64)
    fig, ax = on_the_map(
        "four walkers in a valley", lambda w: (h * w**2).sum(1) / 2, (-4, 1.5, -1.6, 1.6)
    )
    falling, ax2 = plots.panel(
        "how high they still are", x="step", y="loss", yscale="log", size=(3.6, 2.7)
    )
    for name, path in paths_of_four().items():
        ax.plot(*path.T, linewidth=1.4)
        ax2.plot((h * path**2).sum(1) / 2, label=name)
    ax.plot(*path[0], "o", color=plots.INK)
    ax2.legend(fontsize=8)
    plots.show(fig, falling, alt=["Four paths from one start into a long valley: one creeps along its floor, the others swing or curve.",
        "The loss of the four against the step: plain descent falls slowest, the others reach far lower within sixty steps."])  # fmt: skip


show_four_walkers()

# %% [markdown]
# ## 2.1 Which way is down, and how far?
#
# Collect all the weights of a network in one long vector $\mathbf w$. The loss $L(\mathbf w)$ is the height at that place, and the gradient $\nabla L(\mathbf w)$ holds its slope in each
# direction: it points straight uphill. The recipe has four steps. Start somewhere, at random. Find the gradient. Take a small step *against* it. Repeat from the
# second until nothing moves any more.
#
# $$ \mathbf w \leftarrow \mathbf w - \eta\, \nabla L(\mathbf w) \tag{2.1} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf w$ | `w` | the place: all weights in one vector, shape $(d)$ |
# | $\nabla L(\mathbf w)$ | `gradient(w)` | the slopes there, shape $(d)$ |
# | $\eta$ | `eta` | the *learning rate*; some texts call it $\mu$ |
# | $-\eta\,\nabla L$ | | the step |
#
# Tell three things apart: $-\nabla L$ gives the direction, its length says how steep it is, and $\eta$ turns steepness into distance. So steps
# shorten by themselves where the ground flattens out. Whatever turns gradients into steps is an *optimiser*; this is the simplest.


# %%
class Gradient(Protocol):
    """Anything that gives the slopes at a place.   w: (d,) -> (d,)"""

    def __call__(self, w: Tensor) -> Tensor: ...


class Descent:
    """Plain gradient descent (eq. 2.1)."""

    def __init__(self, eta: float):
        self.eta = eta

    def step(self, w: Tensor, gradient: Gradient) -> Tensor:
        return w - self.eta * gradient(w)  # eq. 2.1


def walk(optimiser: Descent, gradient: Gradient, w: Tensor, steps: int) -> Tensor:
    """Every place on the way, the start first.   w: (d,) -> (steps + 1, d)"""
    path = [w]
    for _ in range(steps):
        path.append(optimiser.step(path[-1], gradient))
    return torch.stack(path)


# %% [markdown]
# For a first walk take a landscape whose gradient is easily written down, a sum of rounded troughs in random directions, and let torch walk beside you.


# %%
def troughs(w: Tensor, A: Tensor, c: Tensor) -> Tensor:
    """A loss: the sum of log cosh(A w - c).   A: (m, d), w: (d,) -> ()"""
    return (A @ w - c).cosh().log().sum()


def troughs_gradient(A: Tensor, c: Tensor) -> Gradient:
    """The gradient of `troughs`, A^T tanh(A w - c)."""
    return lambda w: A.T @ (A @ w - c).tanh()


def by_torch(
    make: Callable[[list[Tensor]], torch.optim.Optimizer],
    loss: Callable[[Tensor], Tensor],
    w: Tensor,
    steps: int,
) -> Tensor:
    """The same walk with torch's optimiser and torch's gradients.   -> (steps + 1, d)"""
    w = w.clone().requires_grad_()
    optimiser, path = make([w]), [w.detach().clone()]
    for _ in range(steps):
        optimiser.zero_grad()
        loss(w).backward()
        optimiser.step()
        path.append(w.detach().clone())
    return torch.stack(path)


# %%
def random_troughs(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Directions A: (5, 3), offsets c: (5,) and a start: (3,) for a walk among troughs."""
    rng = torch.Generator().manual_seed(seed)
    A, c, start = (torch.randn(*s, generator=rng).double() for s in ((5, 3), (5,), (3,)))
    return A, c, start


A, c, start = random_troughs(SEED)
mine = walk(Descent(0.1), troughs_gradient(A, c), start, 30)
theirs = by_torch(
    lambda p: torch.optim.SGD(p, lr=0.1), lambda w: troughs(w, A, c), start, 30
)
check.close("thirty steps in three dimensions", mine, theirs)

# %% [markdown]
# **Break it.** Lecture notes sometimes write a plus sign in (2.1). That walks *uphill*, and it does not take long to see. In the round bowl $L = \frac12 w^2$, whose gradient is $w$, take thirty
# steps from $w = 1$ with each sign.

# %%
bowl = torch.ones(1, dtype=torch.float64)
down = walk(Descent(0.1), lambda w: w, bowl, 30)[-1]
up = walk(Descent(-0.1), lambda w: w, bowl, 30)[-1]

slips = {"The step goes with the gradient; eq. 2.1 goes against it.": up}
check.close("thirty steps down", down, 0.9**30 * bowl)
check.catches("a plus sign", lambda: check.close("w", up, 0.9**30 * bowl, slips=slips))

# %% [markdown]
# ## 2.2 How long may a step be?
#
# Too short, and you never arrive. Too long, and you step right across the valley and land higher on the other side. Somewhere in between lies the border.
# Where?
#
# Near its bottom every smooth valley looks like a parabola. Let it have its steepest and its flattest direction along the axes, with the curvatures $h_i$:
#
# $$ \begin{gathered}
#    L(\mathbf w) = \tfrac12 \sum_i h_i\, w_i^2 \\
#    \nabla L = (h_1 w_1, \dots, h_d w_d)
#    \end{gathered} \tag{2.2} $$
#
# Put this into (2.1), and each coordinate goes its own way. It is multiplied by the same number in every step:
#
# $$ w_i \leftarrow (1 - \eta h_i)\, w_i \tag{2.3} $$
#
# It shrinks when that number lies between $-1$ and $1$. The largest curvature, $h_\text{max}$, is the first to break the rule, so the walk arrives exactly when
#
# $$ 0 < \eta < \frac{2}{h_\text{max}} \tag{2.4} $$
#
# Many texts write $L$ for $h_\text{max}$ and $\mu$ for $h_\text{min}$; here $L$ is the loss.


# %%
# a hundred times steeper across than along
VALLEY = torch.tensor([100, 1], dtype=torch.float64)
FAR = torch.tensor([1, 10], dtype=torch.float64)
KAPPA = 100.0  # the condition number of the valley


def valley_gradient(w: Tensor) -> Tensor:
    """Eq. 2.2 with the curvatures of VALLEY.   w: (2,) -> (2,)"""
    return VALLEY * w


def valley_loss(w: Tensor) -> Tensor:
    """Eq. 2.2.   w: (..., 2) -> (...)"""
    return (VALLEY * w**2).sum(-1) / 2


k = torch.arange(41, dtype=torch.float64)[:, None]
path = walk(Descent(0.015), valley_gradient, FAR, 40)
check.close("forty steps, by (2.3)", path, (1 - 0.015 * VALLEY) ** k * FAR)

# %% [markdown]
# A valley need not lie along the axes. Turn it any way you like; the curvatures are then the eigenvalues of the matrix of second derivatives, the *Hessian*. Find the border by trial, halving an interval of step lengths sixty times,
# and compare it with (2.4).


# %%
def arrives(hessian: Tensor, eta: float, start: Tensor, steps: int = 2000) -> bool:
    """Whether gradient descent on w^T H w / 2 ends nearer to the bottom than it started."""
    step = torch.eye(len(hessian), dtype=hessian.dtype) - eta * hessian
    return bool((torch.linalg.matrix_power(step, steps) @ start).norm() < start.norm())


def longest_step(hessian: Tensor, start: Tensor) -> float:
    """The largest learning rate that still arrives, by bisection."""
    low, high = 0.0, 1e3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if arrives(hessian, middle, start) else (low, middle)
    return low


rng = torch.Generator().manual_seed(SEED)
B, start = (torch.randn(*size, generator=rng).double() for size in ((7, 4), (4,)))
hessian = B.T @ B
border = longest_step(hessian, start)
expected = 2 / torch.linalg.eigvalsh(hessian).max().item()  # eq. 2.4
check.close("longest step", border, expected, rtol=2e-2)

# %% [markdown]
# The steepest direction dictates the step, and the flattest one has to live with it. How bad that is depends on how unequal they are, the *condition number* $\kappa = h_\text{max}/h_\text{min}$. The best step treats both ends alike; then each
# step leaves the same share at either end:
#
# $$ \begin{gathered}
#    \eta = \frac{2}{h_\text{max} + h_\text{min}} \\
#    \text{share left} = \frac{\kappa - 1}{\kappa + 1}
#    \end{gathered} \tag{2.5} $$
#
# In our valley $\kappa = 100$, and 98 % of the distance is left after each step. Count the steps until the loss is $10^{-8}$ of what it was.


# %%
def steps_needed(
    optimiser: Descent,
    gradient: Gradient = valley_gradient,
    start: Tensor = FAR,
    loss: Callable[[Tensor], Tensor] = valley_loss,
    most: int = 20_000,
) -> int:
    """Steps until the loss is 1e-8 of what it was at the start; `most` when it never is."""
    w, goal = start, 1e-8 * loss(start)
    for k in range(1, most):
        w = optimiser.step(w, gradient)
        if loss(w) <= goal:
            return k
    return most


check.close("steps with eta = 2 / (100 + 1)", steps_needed(Descent(2 / 101)), 461)
check.close("steps with eta = 1 / 100", steps_needed(Descent(1 / 100)), 882)
round_bowl = steps_needed(Descent(1), lambda w: w, loss=lambda w: (w**2).sum())
check.close("steps in a round bowl, eta = 1", round_bowl, 1)

# %% tags=["hide-input"]
figures = []
H20 = torch.tensor([1.0, 20.0], dtype=torch.float64)
for title, eta in {"careful": 0.01, "a zigzag": 0.097, "thrown out": 0.1015}.items():
    fig, ax = on_the_map(
        f"$\\eta$ = {eta}: {title}", lambda w: (H20 * w**2).sum(1) / 2, (-4, 1.5, -1.7, 1.7)
    )
    fig.set_size_inches(2.4, 2.3)
    track = walk(
        Descent(eta), lambda w: H20 * w, torch.tensor([-3.6, 0.6], dtype=torch.float64), 24
    )
    ax.plot(*track.T, "-o", color=plots.BLUE, markersize=2.5, linewidth=1.1)
    figures.append(fig)
plots.show(*figures, alt=[
    "With short steps the path bends into the valley and has hardly advanced along it after 24 steps.",
    "With nearly the longest step the path zigzags across the valley but makes good way along it.",
    "With a step a little longer than allowed the zigzag grows from step to step."])  # fmt: skip

# %% [markdown]
# The middle picture is the dilemma in one glance: the step that makes way along the valley nearly throws you out of it sideways. A long and narrow valley, a large $\kappa$, is what makes training slow, and the rest of this chapter is a collection of answers to it.
#
# ## 2.3 Why not simply set the derivative to zero?
#
# At school you found minima without any walking: take the derivative, set it to zero, solve. At the bottom the gradient is indeed zero. Why walk?
#
# Sometimes you need not. When the loss is a parabola, as for a linear model with squared error, "gradient equals zero" is a system of linear equations:
#
# $$ \begin{gathered}
#    L(\mathbf w) = \tfrac1n \lVert X\mathbf w - \mathbf y \rVert^2 \\
#    X^{\mathsf T} X\, \mathbf w = X^{\mathsf T} \mathbf y
#    \end{gathered} \tag{2.6} $$
#
# Solve it, walk it, and compare.

# %%
rng = torch.Generator().manual_seed(SEED)
X, noise = (torch.randn(*size, generator=rng).double() for size in ((50, 4), (50,)))
y = X @ torch.tensor([2.0, -1, 0.5, 3]).double() + noise
solved = torch.linalg.solve(X.T @ X, X.T @ y)  # eq. 2.6
start = torch.zeros(4, dtype=torch.float64)
walked = walk(Descent(0.2), lambda w: 2 * X.T @ (X @ w - y) / 50, start, 400)[-1]

check.close("the walk ends where the equations say", walked, solved)

# %% [markdown]
# Put one bend between two layers and in general no formula solves the equations any more. And even where one does, a zero gradient only says that the ground is level. It is level at the bottom, at a summit, and on a mountain pass. Take the landscape
#
# $$ \begin{gathered}
#    L(w_1, w_2) = \tfrac14 w_1^4 - \tfrac12 w_1^2 + \tfrac12 w_2^2 \\
#    \nabla L = (w_1^3 - w_1,\; w_2)
#    \end{gathered} \tag{2.7} $$
#
# Its gradient vanishes at three places: $w_1 = -1$, $0$ and $1$, each with $w_2 = 0$. What they are is told by the curvatures there: all positive means a minimum, mixed signs mean a *saddle*, the pass.


# %%
def two_valleys(w: Tensor) -> Tensor:
    """The height, eq. 2.7.   w: (..., 2) -> (...)"""
    return w[..., 0] ** 4 / 4 - w[..., 0] ** 2 / 2 + w[..., 1] ** 2 / 2


def two_valleys_gradient(w: Tensor) -> Tensor:
    """Its gradient, eq. 2.7.   w: (2,) -> (2,)"""
    return torch.stack([w[0] ** 3 - w[0], w[1]])


for place, kind in (([-1.0, 0], "minimum"), ([0.0, 0], "saddle"), ([1.0, 0], "minimum")):
    w = torch.tensor(place, dtype=torch.float64)
    curvatures = torch.linalg.eigvalsh(torch.autograd.functional.hessian(two_valleys, w))
    check.close(f"gradient at {place}", two_valleys_gradient(w), torch.zeros(2).double())
    check.close("all curvatures positive", bool((curvatures > 0).all()), kind == "minimum")

# %% [markdown]
# Setting the derivative to zero is a necessary condition, not a recipe. Does walking do better? Somebody who starts exactly on the ridge walks along it to the pass and stays there. But a millionth of a step to the side is enough: the
# pass pushes away everything that is not exactly on the line.

# %%
ends = {}
for side in (0.0, 1e-6):
    path = walk(Descent(0.1), two_valleys_gradient, torch.tensor([side, 1.0]).double(), 400)
    ends[side] = path[-1]
    near = int((path[:, 0].abs() < 0.1).sum())
    print(f"w1 from {side:g} to {path[-1, 0]:.4f}, with {near} steps near the pass")
check.close("from the ridge", ends[0.0], torch.zeros(2).double(), atol=1e-9)
check.close("from beside it", ends[1e-6], torch.tensor([1, 0]).double(), atol=1e-9)

# %% [markdown]
# In many dimensions passes are the rule. Let every coordinate have the two valleys of (2.7): in ten dimensions the gradient vanishes at $3^{10} = 59{,}049$ places, 1,024 of them minima, one a summit, and all the others passes. Random starts and noisy steps get past them; the price is
# the time spent on the level ground nearby.
#
# ## 2.4 Must you look at every example?
#
# The loss of a network is a mean over its data, and so is its gradient. With a million examples a single exact step costs a million gradients. If you want to know what a country thinks, do you ask everyone?
#
# You ask a sample. With $n$ examples and a random batch $\mathcal B$ of $M$ of them:
#
# $$ \nabla L = \frac1n \sum_{i=1}^{n} \nabla L_i \;\approx\; \frac1M \sum_{i \in \mathcal B} \nabla L_i \tag{2.8} $$
#
# | the batch | name |
# |---|---|
# | all $n$ examples | full-batch gradient descent: nothing random in it |
# | $1 < M < n$ of them | mini-batch: *stochastic* gradient descent |
# | a single one | online: stochastic too, with $M = 1$ |
#
# Take the question of chapter 1, is this digit a zero?, with a neuron that answers by a probability $\sigma(\mathbf w\cdot\mathbf x)$. The gradient of one example is short: what it said minus what is true, times what it saw. (Chapter 3 derives it.) A small penalty on large weights makes the bottom unique.


# %%
PENALTY = 0.01


def zero_loss(w: Tensor, X: Tensor, y: Tensor) -> Tensor:
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
exact = torch.autograd.grad(zero_loss(leaf, PIXELS, IS_ZERO), leaf)[0]
everyone = torch.arange(len(PIXELS))
check.close("all examples", batch_gradient(w, PIXELS, IS_ZERO, everyone), exact)
some = torch.randint(len(PIXELS), (7,), generator=rng)
expected = torch.autograd.grad(zero_loss(leaf, PIXELS[some], IS_ZERO[some]), leaf)[0]
check.close("seven of them", batch_gradient(w, PIXELS, IS_ZERO, some), expected)

# %% [markdown]
# **Break it.** Sum instead of averaging. With one example nobody notices; with seven every step is seven times as long, and a learning rate that was right for one batch size is wrong for every other.

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
# How good is a sample? It is *unbiased*: every example is drawn equally often, so on average over all batches (2.8) gives the exact gradient. And it scatters. A mean of $M$ independent draws has a variance $M$ times smaller than a single one:
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
SIZES = (1, 4, 16, 64, 256)
scatter, bias = {}, {}
for M in SIZES:
    rows = [torch.randint(len(singles), (M,), generator=rng) for _ in range(4000)]
    draws = torch.stack([singles[row].mean(0) for row in rows])
    scatter[M] = ((draws - exact).square().sum(1).mean() / (s2 / M)).item()
    bias[M] = ((draws.mean(0) - exact).norm() / (s2 / M / 4000).sqrt()).item()
    check.reaches(f"M = {M}: variance over s²/M", scatter[M], at_least=0.85, at_most=1.15)
    check.reaches(f"M = {M}: bias, in its own standard errors", bias[M], at_most=2)

# %% [markdown]
# To halve the error you need four times the work. That is why small batches pay: a batch of 16 costs 79 times less than all 1,258 digits, and early on any rough direction will do. (Drawing without putting back, as one does when going through the shuffled
# data, scatters a little less still: by the factor $(n-M)/(n-1)$, which is zero for the full batch, as it must be.)

# %%
n, M = len(singles), 256
rows = [torch.randperm(n, generator=rng)[:M] for _ in range(2000)]
unrepeated = torch.stack([singles[row].mean(0) for row in rows])
ratio = (unrepeated - exact).square().sum(1).mean() / (s2 / M * (n - M) / (n - 1))
check.reaches("variance without putting back", ratio, at_least=0.85, at_most=1.15)


# %% [markdown]
# So, does a walk on samples arrive at the same place as a walk on all the data? "Yes", say many notes. Go and see. Find the bottom exactly, by a long full-batch walk, and then walk with batches of 16: with a constant rate, and with one that falls like $1/t$.


# %%
def batches(n: int, M: int, rng: torch.Generator) -> Iterator[Tensor]:
    """Shuffled batches of M of n examples, for ever; the last of a round may be smaller."""
    while True:
        yield from torch.randperm(n, generator=rng).split(M)


def sampled(X: Tensor, y: Tensor, M: int, rng: torch.Generator) -> Gradient:
    """A gradient that looks at the next batch each time it is asked."""
    source = batches(len(X), M, rng)
    return lambda w: batch_gradient(w, X, y, next(source))


def descend_with(
    rate: Callable[[int], float], gradient: Gradient, w: Tensor, steps: int
) -> Tensor:
    """Gradient descent with the learning rate rate(t) in step t.   -> (steps + 1, d)"""
    path = [w]
    for t in range(steps):
        path.append(path[-1] - rate(t) * gradient(path[-1]))
    return torch.stack(path)


# %%
def all_gradient(w: Tensor) -> Tensor:
    """The gradient over all digits.   w: (65,) -> (65,)"""
    return example_gradients(w, PIXELS, IS_ZERO).mean(0)


w = torch.zeros(65, dtype=torch.float64)
bottom = walk(Descent(0.9), all_gradient, w, 4000)[-1]
check.reaches("slope at the bottom", all_gradient(bottom).norm(), at_most=1e-10)

RATES = {
    "constant 0.3": lambda t: 0.3,
    "constant 0.1": lambda t: 0.1,
    "falling": lambda t: 0.3 / (1 + t / 300),
}
gaps = {}
for name, rate in RATES.items():
    draw = sampled(PIXELS, IS_ZERO, 16, torch.Generator().manual_seed(SEED))
    gaps[name] = (descend_with(rate, draw, w, 10_000) - bottom).norm(dim=1) / bottom.norm()

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "how far from the bottom",
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
plots.show(fig, alt="Distance to the bottom against the step. The constant rates stop falling and wobble at a level, the smaller rate at a lower one; the falling rate keeps falling.")  # fmt: skip

# %%
last = {name: gap[-2500:].mean().item() for name, gap in gaps.items()}
check.reaches("constant 0.3: distance at the end", last["constant 0.3"], at_least=0.008)
check.reaches("0.3 over 0.1", last["constant 0.3"] / last["constant 0.1"], at_least=1.3)
check.reaches(
    "constant 0.3 over falling", last["constant 0.3"] / last["falling"], at_least=3
)

# %% [markdown]
# With a constant rate the walk reaches a neighbourhood of the bottom and then wanders about in it, kicked by every new batch; a smaller rate makes the neighbourhood smaller, not the walk more exact. Only with a rate that falls to zero, slowly enough, does it arrive (Robbins and Monro, 1951).
#
# There is one exception, and it is an important one. If every single example is content at the bottom, as when a model can fit all of its data without error, there is nothing left to kick.

# %%
rng = torch.Generator().manual_seed(SEED)
X, truth, noise = (
    torch.randn(*size, generator=rng).double() for size in ((60, 8), (8,), (60,))
)
gap = {}
for name, y in {"exact data": X @ truth, "noisy data": X @ truth + noise}.items():
    w, source = torch.zeros(8, dtype=torch.float64), batches(60, 5, rng)
    best = torch.linalg.lstsq(X, y[:, None]).solution[:, 0]
    for _ in range(3000):
        i = next(source)
        w = w - 0.05 * X[i].T @ (X[i] @ w - y[i]) / len(i)
    gap[name] = (w - best).norm().item()
check.reaches("exact data: distance at the end", gap["exact data"], at_most=1e-10)
check.reaches("noisy data: distance at the end", gap["noisy data"], at_least=0.005)

# %% [markdown]
# > **Remember.** Mini-batches lead to the same bottom when there is only one and the rate falls, or when the noise dies out there. With a constant rate they lead to its neighbourhood, and in a landscape with many bottoms, such as
# > a network's, perhaps to another one (section 2.9).
#
# ## 2.5 May you run?
#
# A skier does not stop after every metre to feel the slope. She has *momentum*: her speed carries on what she gained before, and the slope only changes it. Across the valley, where the slope points now left, now right, the pushes cancel. Along it they all point the same way, and add up.
#
# Let $\mathbf v$ be the speed. Each step keeps a share $\alpha$ of it and adds the push of the slope:
#
# $$ \begin{gathered}
#    \mathbf v \leftarrow \alpha\,\mathbf v - \eta\,\nabla L(\mathbf w) \\
#    \mathbf w \leftarrow \mathbf w + \mathbf v
#    \end{gathered} \tag{2.10} $$
#
# With $\alpha = 0$ it is (2.1). On a steady slope the speed grows until the loss of it balances the push, at $1/(1-\alpha)$ times a plain step: ten times for $\alpha = 0.9$. Polyak proposed it in 1964 and called it the *heavy ball*.


# %%
class Momentum:
    """The heavy ball (eq. 2.10), at rest at first."""

    def __init__(self, eta: float, alpha: float):
        self.eta, self.alpha, self.v = eta, alpha, 0.0

    def step(self, w: Tensor, gradient: Gradient) -> Tensor:
        self.v = self.alpha * self.v - self.eta * gradient(w)  # eq. 2.10
        return w + self.v


# %% [markdown]
# torch keeps another quantity, $\mathbf u = -\mathbf v/\eta$, and multiplies by the rate at the end. For a constant rate that is the same walk.

# %%
A, c, start = random_troughs(SEED)
mine = walk(Momentum(0.05, 0.9), troughs_gradient(A, c), start, 60)
theirs = by_torch(
    lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    lambda w: troughs(w, A, c),
    start,
    60,
)
check.close("sixty steps with momentum", mine, theirs, rtol=0, atol=1e-10)

places = walk(Momentum(0.01, 0.9), torch.ones_like, torch.zeros(1).double(), 200)
speed = (places[-1] - places[-2]).item()
check.close("speed on a steady slope of 1", speed, -0.01 / (1 - 0.9), rtol=1e-6)

# %% [markdown]
# **Break it.** One of the lecture notes behind this course writes $\mathbf v \leftarrow \mu\nabla L + \alpha\mathbf v$ and $\mathbf w \leftarrow \mathbf w + \mathbf v$, with a plus in both places. Now the speed is gained uphill, and it is kept. Thirty steps in the round bowl, from $w = 1$:

# %%
uphill = walk(Momentum(-0.1, 0.9), lambda w: w, torch.ones(1).double(), 30)[-1].item()
right = walk(Momentum(0.1, 0.9), lambda w: w, torch.ones(1).double(), 30)[-1].item()
print(f"with the minus of (2.10) w = {right:.3f}, with a plus w = {uphill:,.0f}")
check.reaches("with a plus: w after thirty steps", uphill, at_least=2000)
check.reaches("with the minus: w after thirty steps", abs(right), at_most=0.3)

# %% [markdown]
# How much does running gain? For the parabola (2.2) the best choice is known,
#
# $$ \begin{gathered}
#    \eta = \frac{4}{\big(\sqrt{h_\text{max}} + \sqrt{h_\text{min}}\big)^2} \\
#    \alpha = \Big(\frac{\sqrt\kappa - 1}{\sqrt\kappa + 1}\Big)^2
#    \end{gathered} \tag{2.11} $$
#
# and each step then leaves about $(\sqrt\kappa - 1)/(\sqrt\kappa + 1)$ of the distance. Compare with (2.5): the condition number has become its square root. A valley with $\kappa = 100$ feels like one with 10.

# %%
tuned = Momentum(4 / (10 + 1) ** 2, ((KAPPA**0.5 - 1) / (KAPPA**0.5 + 1)) ** 2)
check.close("heavy ball, tuned", steps_needed(tuned), 69)
check.close("heavy ball, eta 0.01 and alpha 0.9", steps_needed(Momentum(0.01, 0.9)), 162)

# %% [markdown]
# 69 steps instead of 461. The second line uses the values that people type without thinking, and still beats plain descent by far.
#
# ## 2.6 Can you look before you leap?
#
# The heavy ball feels the slope where it *is*, although it knows that its speed is about to carry it further. Nesterov's idea of 1983: feel the slope where the speed will take you, so that you brake before the bend and not in it.
#
# $$ \begin{gathered}
#    \mathbf v \leftarrow \alpha\,\mathbf v - \eta\,\nabla L(\mathbf w + \alpha\,\mathbf v) \\
#    \mathbf w \leftarrow \mathbf w + \mathbf v
#    \end{gathered} \tag{2.12} $$
#
# You will meet it in two more disguises. Nesterov himself wrote it without a speed: step from a point $\mathbf y$, then go on a little in the direction of the last move. (In his
# paper $\alpha$ grows from step to step; here it stays.)
#
# $$ \begin{gathered}
#    \mathbf w_{t+1} = \mathbf y_t - \eta\,\nabla L(\mathbf y_t) \\
#    \mathbf y_{t+1} = \mathbf w_{t+1} + \alpha\,(\mathbf w_{t+1} - \mathbf w_t)
#    \end{gathered} \tag{2.13} $$


# %%
class Nesterov:
    """Momentum with the slope felt where the speed leads (eq. 2.12)."""

    def __init__(self, eta: float, alpha: float):
        self.eta, self.alpha, self.v = eta, alpha, 0.0

    def step(self, w: Tensor, gradient: Gradient) -> Tensor:
        ahead = w + self.alpha * self.v
        self.v = self.alpha * self.v - self.eta * gradient(ahead)  # eq. 2.12
        return w + self.v


def nesterov_1983(
    eta: float, alpha: float, gradient: Gradient, w: Tensor, steps: int
) -> Tensor:
    """Nesterov's own form (eq. 2.13).   -> (steps + 1, d)"""
    path, y = [w], w
    for _ in range(steps):
        path.append(y - eta * gradient(y))  # eq. 2.13
        y = path[-1] + alpha * (path[-1] - path[-2])
    return torch.stack(path)


# %% [markdown]
# The third disguise is torch's. A library is handed the gradient at the weights that it stores; it cannot ask for another place. So let it store the look-ahead $\boldsymbol\theta = \mathbf w + \alpha\mathbf v$ instead of $\mathbf w$, and $\mathbf u = -\mathbf v/\eta$ instead of $\mathbf v$. Put both into (2.12):
#
# $$ \begin{gathered}
#    \mathbf u \leftarrow \alpha\,\mathbf u + \nabla L(\boldsymbol\theta) \\
#    \boldsymbol\theta \leftarrow \boldsymbol\theta - \eta\,\big(\nabla L(\boldsymbol\theta) + \alpha\,\mathbf u\big)
#    \end{gathered} \tag{2.14} $$
#
# So torch's weights are not our weights: they run ahead by $\alpha\mathbf v$. Undo that, and all three agree to the last digits.

# %%
A, c, start = random_troughs(SEED)
eta, alpha = 0.05, 0.9
ours = walk(Nesterov(eta, alpha), troughs_gradient(A, c), start, 60)
his = nesterov_1983(eta, alpha, troughs_gradient(A, c), start, 60)
check.close("(2.12) and (2.13)", ours, his, rtol=0, atol=1e-10)

theta = by_torch(
    lambda p: torch.optim.SGD(p, lr=eta, momentum=alpha, nesterov=True),
    lambda w: troughs(w, A, c),
    start,
    60,
)
# the speed with which each place was reached
v = torch.cat([torch.zeros(1, 3).double(), ours.diff(dim=0)])
check.close("torch's weights are w + alpha v", ours + alpha * v, theta, rtol=0, atol=1e-10)

# %%
slips = {"These are the weights; torch stores where the speed will take them.": ours}
check.catches(
    "comparing without the change of variables",
    lambda: check.close("theta", ours, theta, slips=slips),
)

# %% [markdown]
# The race through the valley, with the usual setting for Nesterov, $\eta = 1/h_\text{max}$ and $\alpha = (\sqrt\kappa - 1)/(\sqrt\kappa + 1)$, and with the values typed without thinking.

# %%
usual = Nesterov(1 / 100, (KAPPA**0.5 - 1) / (KAPPA**0.5 + 1))
check.close("Nesterov, tuned", steps_needed(usual), 108)
check.close("Nesterov, eta 0.01 and alpha 0.9", steps_needed(Nesterov(0.01, 0.9)), 99)

RACE = {
    "plain": lambda: Descent(2 / 101),
    "heavy ball": lambda: Momentum(4 / 121, (9 / 11) ** 2),
    "Nesterov": lambda: Nesterov(0.01, 9 / 11),
}
heights = {
    name: valley_loss(walk(make(), valley_gradient, FAR, 200))
    for name, make in RACE.items()
}

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "through a valley with κ = 100",
    x="step",
    y="loss, relative",
    yscale="log",
    size=(3.9, 3.0),
    ylim=(1e-13, 30),
)
for name, height in heights.items():
    ax.plot(height / height[0], label=name)
ax.axhline(1e-8, color=plots.MUTED, linewidth=0.8)
ax.legend()
plots.show(fig, alt="Loss against steps on a logarithmic scale: plain descent is a slow straight line, Nesterov falls several times faster, and the heavy ball, after a rise at the start, faster still. A thin line marks the goal, 1e-8.")  # fmt: skip

# %% [markdown]
# On a parabola that is perfectly known, the tuned heavy ball wins. With careless values Nesterov does, 99 steps to 162; and on other convex landscapes it keeps its speed where the heavy ball can fail to arrive at all. That guarantee, not this race, is its fame.
#
# ## 2.7 Does every weight need the same step?
#
# So far one learning rate serves all weights. But a weight that hears a rare and quiet input gets tiny gradients, and one that hears a loud input gets huge ones. In our valley the two directions differ a hundredfold. Could each weight find its *own* step?
#
# *RMSProp* (Hinton, 2012) keeps for each weight a running mean of its squared gradients and divides by its root. A weight with large gradients takes them less seriously:
#
# $$ \begin{gathered}
#    \mathbf g = \nabla L(\mathbf w) \\
#    \mathbf s \leftarrow \rho\,\mathbf s + (1 - \rho)\,\mathbf g^2 \\
#    \mathbf w \leftarrow \mathbf w - \eta\,\frac{\mathbf g}{\sqrt{\mathbf s} + \varepsilon}
#    \end{gathered} \tag{2.15} $$
#
# All of this is element by element, and $\varepsilon$ only keeps the denominator from being zero.
#
# *Adam* (Kingma and Ba, 2015) adds a running mean of the gradients themselves, which is momentum. Both means start at zero and are therefore too small at first: after $t$ steps the
# weights inside a mean add up to $1 - \beta^t$ only, not to 1. Adam divides by that sum:
#
# $$ \begin{gathered}
#    \mathbf m \leftarrow \beta_1 \mathbf m + (1-\beta_1)\,\mathbf g \\
#    \mathbf s \leftarrow \beta_2 \mathbf s + (1-\beta_2)\,\mathbf g^2 \\
#    \mathbf w \leftarrow \mathbf w - \eta\,\frac{\mathbf m / (1-\beta_1^t)}{\sqrt{\mathbf s / (1-\beta_2^t)} + \varepsilon}
#    \end{gathered} \tag{2.16} $$
#
# where $t$ counts the steps from 1. The usual values are $\beta_1 = 0.9$ and $\beta_2 = 0.999$.


# %%
class RMSProp:
    """A step for each weight, by the size of its gradients (eq. 2.15)."""

    def __init__(self, eta: float, rho: float = 0.99, eps: float = 1e-8):
        self.eta, self.rho, self.eps, self.s = eta, rho, eps, 0.0

    def step(self, w: Tensor, gradient: Gradient) -> Tensor:
        g = gradient(w)
        self.s = self.rho * self.s + (1 - self.rho) * g**2
        return w - self.eta * g / (self.s.sqrt() + self.eps)  # eq. 2.15


class Adam:
    """RMSProp with momentum; both means are corrected for their start at zero (eq. 2.16)."""

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
        return w - self.eta * m / (s.sqrt() + self.eps)  # eq. 2.16


# %%
A, c, start = random_troughs(SEED)
pairs = {
    "RMSProp": (
        RMSProp(0.02, rho=0.95),
        lambda p: torch.optim.RMSprop(p, lr=0.02, alpha=0.95),
    ),
    "Adam": (
        Adam(0.02, 0.8, 0.97),
        lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.97)),
    ),
}
for name, (ours, make) in pairs.items():
    mine = walk(ours, troughs_gradient(A, c), start, 60)
    theirs = by_torch(make, lambda w: troughs(w, A, c), start, 60)
    check.close(f"sixty steps of {name}", mine, theirs, rtol=0, atol=1e-10)

# %% [markdown]
# Look at Adam's very first step. There $\mathbf m/(1-\beta_1) = \mathbf g$ and $\mathbf s/(1-\beta_2) = \mathbf g^2$, so every weight moves by $\eta$, up to the tiny $\varepsilon$, whether its gradient is a thousand or a thousandth. A learning rate of Adam is not a factor for slopes but nearly a distance.
#
# **Break it.** Leave the correction out and the first step is $(1-\beta_1)/\sqrt{1-\beta_2} = 3.16$ times as long. Over many steps the difference fades, so a test that only looks at the end would not see it.


# %%
class Uncorrected(Adam):
    """The slip: the means as they are."""

    def step(self, w: Tensor, gradient: Gradient) -> Tensor:
        g = gradient(w)
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.s = self.beta2 * self.s + (1 - self.beta2) * g**2
        return w - self.eta * self.m / (self.s.sqrt() + self.eps)


w = torch.tensor([1000, 1, 0.001], dtype=torch.float64)
first = Adam(0.1, eps=1e-15).step(w, lambda w: w) - w
check.close("Adam's first step", first, torch.full((3,), -0.1).double())
wrong = Uncorrected(0.1, eps=1e-15).step(w, lambda w: w) - w
slips = {
    "The means start at zero and are too small at first; eq. 2.16 corrects them.": wrong
}
check.catches("no correction", lambda: check.close("first step", wrong, first, slips=slips))

# %% [markdown]
# What does a step of one's own gain? Make a round bowl a thousand times steeper along one axis. Plain descent now lives in another valley. Adam divides by the gradient's own size and does not notice: from the same start it takes the same way, to the last digits.

# %%
steep = torch.tensor([1000, 1], dtype=torch.float64)
start = torch.tensor([1.0, -2.0], dtype=torch.float64)
in_the_bowl = walk(Adam(0.1, eps=0), lambda w: w, start, 100)
in_the_valley = walk(Adam(0.1, eps=0), lambda w: steep * w, start, 100)
check.close("Adam, bowl and valley", in_the_valley, in_the_bowl, rtol=0, atol=1e-9)
thrown = walk(Descent(0.1), lambda w: steep * w, start, 5)[-1].abs().max()
check.reaches("plain descent in the valley, same rate, 5 steps", thrown, at_least=1e6)

# %% [markdown]
# > **Honest result.** The help ends when the valley lies askew. Adam measures along the axes, weight by weight. Turn the valley by 45°, and each weight sees a mixture of steep and flat; nothing is left to even out. Count the steps to $10^{-8}$ again, Adam with the best of 25 learning rates, in a valley
# > with $\kappa = 10{,}000$.

# %%
TURN = 0.5**0.5 * torch.tensor([[1, -1], [1, 1]], dtype=torch.float64)  # by 45°
STEEP = torch.diag(torch.tensor([10_000, 1], dtype=torch.float64))
START = torch.tensor([1, 2], dtype=torch.float64)


def best_count(make: Callable[[float], Descent], turn: Tensor) -> int:
    """Steps to 1e-8 of the loss in the turned steep valley, with the best of 25 learning rates."""
    hessian, counts = turn @ STEEP @ turn.T, []
    for eta in progress(torch.logspace(-3, 0.5, 25).tolist(), "learning rates"):
        most = min(counts, default=4000)  # no need to wait longer than for the best so far
        loss = lambda w: w @ hessian @ w  # noqa: E731
        counts.append(
            steps_needed(make(eta), lambda w: hessian @ w, turn @ START, loss, most)
        )
    return min(counts)


# %%
straight, askew = best_count(Adam, torch.eye(2).double()), best_count(Adam, TURN)
print(f"Adam along the axes: {straight} steps; turned by 45°: {askew} steps")
ball = Momentum(4 / (100 + 1) ** 2, (99 / 101) ** 2)
heavy = steps_needed(ball, lambda w: STEEP @ w, START, lambda w: w @ STEEP @ w)
print(f"heavy ball, tuned, in either: {heavy} steps")
check.reaches("Adam turned over straight", askew / straight, at_least=3)

# %% [markdown]
# Along the axes Adam needs 98 steps, far fewer than the tuned heavy ball's 831. In the turned valley it needs nearly two thousand, while the heavy ball, to which all directions are the same, takes its 831 in either.
#
# Now race them yourself. Drag the start, raise the learning rate until plain descent is thrown out of the valley, lengthen the valley, and look at the walks on noisy gradients of small batches.

# %%
widgets.OptimizerRace()

# %% [markdown]
# ## 2.8 Should the step stay the same all day?
#
# Section 2.4 left a wish open: long steps to get down quickly, short ones at the end to settle. Nothing forbids both. A *schedule* is a learning rate that depends on the step $t$; it is not part of the optimiser, which only turns gradients into steps. Two that you will meet everywhere: cut the rate
# by a factor $\gamma$ every $k$ steps, or let it follow half a cosine from $\eta_0$ down to nothing at step $T$.
#
# $$ \eta_t = \eta_0\,\gamma^{\lfloor t/k \rfloor}, \quad \eta_t = \tfrac12\,\eta_0\,\big(1 + \cos(\pi t / T)\big) \tag{2.17} $$
#
# Large networks often start with a *warm-up* of $m$ steps as well, because early gradients are wild and Adam's means have seen little: multiply by $\min(1, (t+1)/m)$.


# %%
def stairs(eta: float, gamma: float, k: int) -> Callable[[int], float]:
    """A rate that is cut by gamma every k steps (eq. 2.17, left)."""
    return lambda t: eta * gamma ** (t // k)


def half_cosine(eta: float, T: int) -> Callable[[int], float]:
    """A rate that follows half a cosine down to zero at step T (eq. 2.17, right)."""
    return lambda t: eta * (1 + math.cos(math.pi * t / T)) / 2


def warmed_up(rate: Callable[[int], float], m: int) -> Callable[[int], float]:
    """The rate, raised to its full height over the first m steps."""
    return lambda t: rate(t) * min(1.0, (t + 1) / m)


# %%
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
    "stairs": stairs(0.4, 0.5, 7),
    "cosine": half_cosine(0.4, 30),
    "warm-up": warmed_up(lambda t: 0.4, 5),
}
THEIRS = {
    "stairs": lambda o: lr_scheduler.StepLR(o, step_size=7, gamma=0.5),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=30),
    "warm-up": lambda o: lr_scheduler.LinearLR(o, start_factor=1 / 5, total_iters=4),
}
for name, rate in OURS.items():
    check.close(name, [rate(t) for t in range(30)], rates_of_torch(THEIRS[name], 30))

# %% [markdown]
# Is it worth the trouble? Give each schedule the same 2,000 steps on batches of 16 and the same first rate, and measure how far above the lowest possible loss each ends.


# %%
def end_loss(
    rate: Callable[[int], float], rng: torch.Generator, steps: int = 2000
) -> float:
    """The loss, over all data, after a walk on batches of 16."""
    draw = sampled(PIXELS, IS_ZERO, 16, rng)
    path = descend_with(rate, draw, torch.zeros(65).double(), steps)
    return zero_loss(path[-1], PIXELS, IS_ZERO).item()


# %%
exact_path = walk(Descent(0.9), all_gradient, torch.zeros(65).double(), 4000)
lowest = zero_loss(exact_path[-1], PIXELS, IS_ZERO).item()
plans = {
    "constant": lambda t: 0.3,
    "stairs": stairs(0.3, 0.3, 500),
    "half a cosine": half_cosine(0.3, 2000),
}
rngs = {name: torch.Generator().manual_seed(SEED) for name in plans}
above = {name: end_loss(rate, rngs[name]) - lowest for name, rate in plans.items()}
print({name: f"{value:.1e}" for name, value in above.items()})
check.reaches("constant over stairs", above["constant"] / above["stairs"], at_least=1.5)
check.reaches(
    "constant over half a cosine", above["constant"] / above["half a cosine"], at_least=1.5
)

# %% [markdown]
# The same number of steps and the same batches: the stairs end at least four times lower than the constant rate, half a cosine more than twenty times, with each of five seeds. A schedule costs nothing, which is why hardly any network is trained without one.
#
# ## 2.9 Which optimiser should you take?
#
# Valleys of two dimensions are for understanding. Now let your own optimisers train a network that reads digits: 64 pixels, 32 hidden neurons, 10 answers, 2,410 weights in one long vector. Each gets ten rounds through the data in batches of 32, once with each of eleven learning rates. torch
# only supplies the gradient.


# %%
from torch.nn.utils import parameters_to_vector, vector_to_parameters


def network(rng_seed: int) -> nn.Sequential:
    """A small network for digits, in float64."""
    torch.manual_seed(rng_seed)
    return nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10)).double()


def network_gradient(
    net: nn.Module, X: Tensor, y: Tensor, rng: torch.Generator
) -> Gradient:
    """The gradient of a network's loss, at a vector of all its weights, on the next 32 digits."""
    source, parameters = batches(len(X), 32, rng), list(net.parameters())

    def gradient(w: Tensor) -> Tensor:
        vector_to_parameters(w, parameters)
        batch = next(source)
        loss = F.cross_entropy(net(X[batch]), y[batch])
        return parameters_to_vector(torch.autograd.grad(loss, parameters))

    return gradient


# %%
def right_after(
    optimiser: Descent, net: nn.Module, rng: torch.Generator, steps: int = 400
) -> float:
    """Share of unseen digits that the network reads after this many steps."""
    w = parameters_to_vector(net.parameters()).detach()
    gradient = network_gradient(net, DIGITS.X_train, DIGITS.y_train, rng)
    for _ in range(steps):
        w = optimiser.step(w, gradient)
    vector_to_parameters(w, net.parameters())
    return data.accuracy(net, DIGITS.X_test, DIGITS.y_test)


# %%
CANDIDATES = {
    "plain": Descent,
    "momentum": lambda eta: Momentum(eta, 0.9),
    "Nesterov": lambda eta: Nesterov(eta, 0.9),
    "RMSProp": RMSProp,
    "Adam": Adam,
}
ETAS = torch.logspace(-4, 1, 11).tolist()
scores = {
    name: [
        right_after(make(eta), network(SEED), torch.Generator().manual_seed(SEED))
        for eta in ETAS
    ]
    for name, make in progress(CANDIDATES.items(), "five optimisers")
}
for name, row in scores.items():
    broad = sum(score >= 0.9 for score in row)
    print(f"{name:9s} best {max(row):.3f}, at least 0.9 with {broad} of 11 rates")

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "how well each reads, by its rate",
    x="learning rate",
    y="right on unseen digits",
    xscale="log",
    size=(3.9, 3.6),
    ylim=(0, 1.03),
)
looks = zip(
    (*plots.SERIES, plots.INK),
    (*plots.MARKERS, "v"),
    (*plots.LINES, (0, (1, 3))),
    strict=True,
)
for (name, row), (colour, marker, line) in zip(scores.items(), looks, strict=True):
    ax.plot(
        ETAS, row, linestyle=line, marker=marker, color=colour, label=name, linewidth=1.3
    )
fig.legend(loc="outside lower center", ncols=3)
plots.show(fig, alt="Accuracy against the learning rate for five optimisers: each has a broad hill of learning rates that work; RMSProp and Adam have theirs at about a hundredth, momentum and Nesterov near a tenth, plain descent near one; all hills are equally high.")  # fmt: skip

# %%
bests = {name: max(row) for name, row in scores.items()}
check.reaches(
    "the worst of the five, with its best rate", min(bests.values()), at_least=0.93
)
check.reaches(
    "between the best and the worst",
    max(bests.values()) - min(bests.values()),
    at_most=0.04,
)
at = {name: dict(zip(ETAS, row, strict=True))[ETAS[4]] for name, row in scores.items()}
print(
    f"all with the rate {ETAS[4]:.2g}:",
    {name: round(score, 3) for name, score in at.items()},
)
check.reaches("Adam over plain, both with 0.01", at["Adam"] - at["plain"], at_least=0.15)

# %% [markdown]
# Read the picture twice. Give all of them the rate 0.01 and Adam is far ahead of plain descent: that is how many comparisons are made, and it compares learning rates, not optimisers. Give each its own best rate and the best and the worst are about two digits in a hundred apart, or less. What Adam really offers is a good guess: a rate near 0.01 or below works for it on most networks, while the right rate for plain descent has to be looked for, anew for each network.
#
# (The best point of such a curve must not be reported as a result, because the unseen digits have been used to choose it. Chapter 5 explains.)
#
# And the remark about mini-batches? Let the same network start from the same weights twice, with the batches in another order.

# %%
ends, scores_of_both = [], []
for order in (0, 1):
    net, rng = network(SEED), torch.Generator().manual_seed(100 + SEED + order)
    scores_of_both.append(right_after(Momentum(0.03, 0.9), net, rng, steps=1200))
    ends.append(parameters_to_vector(net.parameters()).detach())
start = parameters_to_vector(network(SEED).parameters()).detach()
apart = (ends[0] - ends[1]).norm() / (ends[0] - start).norm()
difference = abs(scores_of_both[0] - scores_of_both[1])
check.reaches("difference in accuracy", difference, at_most=0.025)
check.reaches("distance of the two ends, against the distance walked", apart, at_least=0.02)

# %% [markdown]
# They read equally well, and they do not stand at the same place: six or seven hundredths of the way that they walked lie between them. In a network's landscape "the same result" means the same skill, not the same weights. (Which of the many bottoms one finds can even depend on the batch size: Keskar and others, 2017, saw large batches end in sharper ones.)
#
# ## 2.10 Your turn
#
# The [exercises of this chapter](../assignments/02_optimization/02_optimization.ipynb) ask you to write the pieces again, without looking. Each has a check that tells you at once what is wrong.
#
# | exercise | effort | minutes |
# |---|---|---|
# | one step of gradient descent (2.1) | ● | 5 |
# | the gradient of a mini-batch (2.8) | ●● | 10 |
# | momentum (2.10) | ●● | 10 |
# | Nesterov (2.12) | ●● | 15 |
# | how much a batch scatters (2.9) | ●● | 15 |
# | the longest step (2.4) | ●● | 10 |
# | Adam (2.16) | ●●● | 20 |
#
# And one to think about, without a check.
#
# <details><summary>Plain descent takes 461 steps in our valley. You may first replace the weights by others, by multiplying each of them with a factor of your choice. How few steps can it be?</summary>
#
# One. Take $\tilde w_i = \sqrt{h_i}\, w_i$; then $L = \frac12\sum \tilde w_i^2$ is a round bowl, and with $\eta = 1$ the first step lands in its middle, as the check in section 2.2 showed. That is what scaling the inputs of a network to equal size is for, and what batch normalisation does inside of it (chapter 4). A turned valley needs a matrix instead of
# factors, the square root of the Hessian; methods that use it are called second-order.
#
# </details>
#
# ## 2.11 In five lines
#
# 1. Step against the gradient; beyond a rate of $2/h_\text{max}$ the walk is thrown out, and how slow it is below depends on the condition number.
# 2. A zero gradient can be a pass as well as a bottom.
# 3. A random batch of $M$ examples gives an unbiased gradient with a variance of $s^2/M$: a constant rate ends in a neighbourhood of the bottom, one that falls slowly enough reaches it.
# 4. Momentum replaces the condition number by its square root; Nesterov's version feels the slope where the speed leads.
# 5. RMSProp and Adam give every weight a step of its own, which evens out steep and flat along the axes but not in a turned valley; each optimiser with its own best rate, they are hard to tell apart.
#
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, section 2.1, and Politecnico di Milano, "Gradient descent algorithms", "Learning Rate" and the end of "Universal approximation theorem"). In these places it differs from them.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 2.1, step 3 | a step "of size" $-\nabla L$ | the direction is $-\nabla L$, the step $-\mu\nabla L$ (a matter of precision) | eq. (2.1) | section 2.1 |
# | Bologna 2.1 | $\mathbf w = \mathbf w + \mu\nabla L$ | $\mathbf w - \mu\nabla L$ (Milano has it right) | eq. (2.1) | section 2.1 |
# | Bologna 2.1 | $\mathbf v = \mu\nabla L + \alpha\mathbf v$, then $\mathbf w + \mathbf v$ | $\mathbf v = \alpha\mathbf v - \mu\nabla L$, then $\mathbf w + \mathbf v$ | Polyak (1964); Sutskever et al. (2013) | section 2.5 |
# | Bologna 2.1 | an optimiser tunes the learning rate | it turns gradients into steps; changing the rate over time is a schedule (a matter of precision) | Bottou, Curtis and Nocedal (2018) | sections 2.1, 2.8 |
# | Bologna 2.1, remark | mini-batches converge to the same result as the full batch | to the same bottom when it is unique and the rate falls, or when the noise vanishes there; otherwise to a neighbourhood, or another bottom (a matter of precision) | Robbins and Monro (1951); Keskar et al. (2017) | sections 2.4, 2.9 |
# | Bologna 2.1 | full batch, mini-batch and online are three kinds of stochastic gradient descent | stochastic only if a sample is drawn; online is the mini-batch of one (a matter of precision) | Bottou, Curtis and Nocedal (2018) | section 2.4 |
# | Bologna 2.1 | Nesterov in words, without a formula | the gradient is taken at $\mathbf w + \alpha\mathbf v$ (a matter of precision) | Nesterov (1983); Sutskever et al. (2013) | section 2.6 |
# | Milano, end of "Universal approximation theorem" | minima are found by setting the derivatives to zero | that is necessary, not sufficient: passes and summits satisfy it too (a matter of precision) | eq. (2.7) | section 2.3 |
#
# ## Further reading
#
# - L. Bottou, F. E. Curtis and J. Nocedal (2018), *Optimization methods for large-scale machine learning*, SIAM Review 60: the whole subject, readable.
# - B. T. Polyak (1964), *Some methods of speeding up the convergence of iteration methods*, USSR Computational Mathematics and Mathematical Physics 4; Y. Nesterov (1983),
#   *A method for solving the convex programming problem with convergence rate O(1/k²)*, Soviet Mathematics Doklady 27: the two momenta.
# - I. Sutskever, J. Martens, G. Dahl and G. Hinton (2013), *On the importance of initialization and momentum in deep learning*, ICML: the form (2.12).
# - L. Lessard, B. Recht and A. Packard (2016), *Analysis and design of optimization algorithms via integral quadratic constraints*, SIAM Journal on Optimization 26: a
#   landscape in which the heavy ball never arrives.
# - T. Tieleman and G. Hinton (2012), *Lecture 6.5: RMSProp*, Coursera; D. P. Kingma and J. Ba (2015), *Adam: a method for stochastic optimization*, ICLR.
# - H. Robbins and S. Monro (1951), *A stochastic approximation method*, Annals of Mathematical Statistics 22; N. S. Keskar, D. Mudigere, J. Nocedal, M. Smelyanskiy and
#   P. T. P. Tang (2017), *On large-batch training for deep learning: generalization gap and sharp minima*, ICLR.
