# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 2: optimisers by hand
#
# Seven small functions, 20 points. You have met each of them in [chapter 2](../../chapters/02_optimization.ipynb); here you write them without looking.
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many slips, what went wrong. After handing in, each function is run again on other inputs.
#
# Write the steps yourself: torch's optimisers (`torch.optim`) do not count as an answer. Everything is in float64. The tensors that you are given belong to the caller:
# give back new ones, and leave the old ones as they are.

# %% setup
from collections.abc import Callable

import torch
from torch import Tensor

from course_utils import check


def numbers(values: object) -> Tensor:
    """A float64 tensor of the given numbers."""
    return torch.tensor(values, dtype=torch.float64)


def normal(rng: torch.Generator, *size: int) -> Tensor:
    """Normal random numbers in float64."""
    return torch.randn(size, generator=rng, dtype=torch.float64)


def by_torch(
    optimiser: Callable[..., torch.optim.Optimizer],
    w: Tensor,
    g: Tensor,
    state: dict,
    **options,
) -> Tensor:
    """Where one step of an optimiser of torch's leads. It goes on from `state`, and changes it."""
    place = w.clone().requires_grad_()
    place.grad = g.clone()
    torchs = optimiser([place], **options)
    torchs.state[place] = state
    torchs.step()
    return place.detach()


# %% [markdown]
# ## 2.1 One step down
# *2 points · effort ● · about 5 minutes*
#
# You know where you are and how the ground slopes. Take one step of gradient descent:
#
# $$ \mathbf w \leftarrow \mathbf w - \eta\, \nabla L(\mathbf w) \tag{2.1} $$
#
# <details><summary>Hint</summary>
#
# The gradient points uphill.
#
# </details>


# %% descend
def descend(w: Tensor, g: Tensor, eta: float) -> Tensor:
    """The next place.   w, g = gradient at w: (d,) -> (d,)"""
    ### BEGIN SOLUTION
    return w - eta * g
    ### END SOLUTION


# %% test_descend points=2
rng = torch.Generator().manual_seed(21)
w, g = normal(rng, 4), normal(rng, 4)
expected = by_torch(torch.optim.SGD, w, g, {}, lr=0.3)
check.close("next place", lambda: descend(w, g, eta=0.3), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("optim")
rng = torch.default_generator  # the grader seeds it anew for each batch
w, g = normal(rng, 5), normal(rng, 5)
seal("5 weights, and what was given", (descend(w, g, 0.2), w, g))
for d, eta in ((3, 1.7), (9, 0.04)):
    seal(f"{d} weights", descend(normal(rng, d), normal(rng, d), eta))
### END HIDDEN TESTS

# %% [markdown]
# ## 2.2 A glance at the data
# *2 points · effort ●● · about 10 minutes*
#
# A linear model predicts $\mathbf w \cdot \mathbf x_i$, and example $i$ is charged $L_i = (\mathbf w\cdot\mathbf x_i - y_i)^2$. Give the gradient over a mini-batch, the mean of its examples' gradients:
#
# $$ \frac1M \sum_{i \in \mathcal B} \nabla L_i, \qquad \nabla L_i = 2\,(\mathbf w\cdot\mathbf x_i - y_i)\,\mathbf x_i \tag{2.8} $$
#
# <details><summary>Hint</summary>
#
# `X[batch]` and `y[batch]` pick the examples. A matrix product can do the sum.
#
# </details>


# %% batch_gradient
def batch_gradient(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    """Mean gradient of (w x - y)^2 over a batch.   w: (d,), X: (n, d), y: (n,), batch: (M,) indices -> (d,)"""
    ### BEGIN SOLUTION
    error = X[batch] @ w - y[batch]
    return 2 * X[batch].T @ error / len(batch)
    ### END SOLUTION


# %% test_batch_gradient points=2
rng = torch.Generator().manual_seed(22)
X, y, w = normal(rng, 7, 3), normal(rng, 7), normal(rng, 3).requires_grad_()
batch = torch.tensor([3, 5, 0, 5, 2])  # drawn with putting back: one of them came twice
loss = (X[batch] @ w - y[batch]).square().mean()
expected, w = torch.autograd.grad(loss, w)[0], w.detach()
check.close("gradient of a batch", lambda: batch_gradient(w, X, y, batch), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
X, y, w = normal(rng, 9, 4), normal(rng, 9), normal(rng, 4)
batch = torch.tensor([7, 2, 2, 8, 0, 3])
seal("6 of 9, and what was given", (batch_gradient(w, X, y, batch), w, X, y))
for n, d, M in ((7, 2, 5), (10, 6, 4)):
    X, y, w = normal(rng, n, d), normal(rng, n), normal(rng, d)
    batch = torch.randperm(n)[:M]
    batch[2] = batch[1]
    seal(f"{M} of {n}, one twice", batch_gradient(w, X, y, batch))
### END HIDDEN TESTS

# %% [markdown]
# ## 2.3 The heavy ball
# *3 points · effort ●● · about 10 minutes*
#
# One step with momentum. Give the new place and the new speed:
#
# $$ \mathbf v \leftarrow \alpha\,\mathbf v - \eta\,\nabla L(\mathbf w), \qquad \mathbf w \leftarrow \mathbf w + \mathbf v \tag{2.10} $$
#
# <details><summary>Hint</summary>
#
# The order matters: first the speed, then the place.
#
# </details>


# %% heavy_ball
def heavy_ball(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    """The next place and the next speed.   w, v, g = gradient at w: (d,) -> (d,), (d,)"""
    ### BEGIN SOLUTION
    v = alpha * v - eta * g
    return w + v, v
    ### END SOLUTION


# %% test_heavy_ball points=3
rng = torch.Generator().manual_seed(23)
w, v, g = normal(rng, 4), normal(rng, 4), normal(rng, 4)
state = {"momentum_buffer": -v / 0.2}  # torch keeps -v / eta
place = by_torch(torch.optim.SGD, w, g, state, lr=0.2, momentum=0.7)
check.close(
    "place and speed", lambda: heavy_ball(w, v, g, eta=0.2, alpha=0.7), (place, place - w)
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("optim")
rng = torch.default_generator
w, v, g = normal(rng, 5), normal(rng, 5), normal(rng, 5)
seal("5 weights, and what was given", (heavy_ball(w, v, g, 0.3, 0.6), w, v, g))
for d, eta, alpha in ((3, 0.05, 0.9), (8, 1.4, 0.45)):
    answer = heavy_ball(normal(rng, d), normal(rng, d), normal(rng, d), eta, alpha)
    seal(f"{d} weights", answer)
w, v = normal(rng, 6), normal(rng, 6)
for _ in range(1, 6):
    w, v = heavy_ball(w, v, w.tanh() + normal(rng, 6), 0.1, 0.8)
seal("five steps", (w, v))
### END HIDDEN TESTS

# %% [markdown]
# ## 2.4 Look before you leap
# *3 points · effort ●● · about 15 minutes*
#
# One step of Nesterov's momentum. This time you are given the gradient as a function, since you decide where to ask for it. Give the new place and the new speed:
#
# $$ \mathbf v \leftarrow \alpha\,\mathbf v - \eta\,\nabla L(\mathbf w + \alpha\,\mathbf v), \qquad \mathbf w \leftarrow \mathbf w + \mathbf v \tag{2.12} $$
#
# <details><summary>Hint</summary>
#
# The slope is felt where the kept share of the speed would carry you. The step itself starts from `w`.
#
# </details>


# %% nesterov
def nesterov(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    """The next place and the next speed.   w, v: (d,) -> (d,), (d,)"""
    ### BEGIN SOLUTION
    v = alpha * v - eta * gradient(w + alpha * v)
    return w + v, v
    ### END SOLUTION


# %% test_nesterov points=3
w, v = normal(torch.Generator().manual_seed(24), 2, 4)
ahead, state = w + 0.7 * v, {"momentum_buffer": -v / 0.2}  # torch stores the place ahead
options = {"lr": 0.2, "momentum": 0.7, "nesterov": True}
by_torch(torch.optim.SGD, ahead, ahead.exp(), state, **options)
new = w - 0.2 * state["momentum_buffer"]
check.close("one look ahead", lambda: nesterov(w, v, torch.exp, 0.2, 0.7), (new, new - w))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("optim")
rng = torch.default_generator
w, v = normal(rng, 5), normal(rng, 5)
answer = nesterov(w, v, lambda p: (p + 1).sinh(), 0.3, 0.6)
seal("5 weights, and what was given", (answer, w, v))
for d, eta, alpha in ((3, 0.1, 0.9), (7, 0.9, 0.45)):
    A, w, v = normal(rng, d + 1, d), normal(rng, d), normal(rng, d)
    answer = nesterov(w, v, lambda p: A.T @ (A @ p + 1).tanh(), eta, alpha)
    seal(f"{d} weights", answer)
w, v = normal(rng, 6), normal(rng, 6)
for _ in range(1, 6):
    w, v = nesterov(w, v, lambda p: (p + 1).sinh() / 10, 0.1, 0.8)
seal("five steps", (w, v))
### END HIDDEN TESTS

# %% [markdown]
# ## 2.5 How much a batch scatters
# *3 points · effort ●● · about 15 minutes*
#
# You are given the gradient of every single example, at one place. Somebody draws a batch of $M$ examples at random, with putting back, and takes its mean gradient. Without drawing anything, give the mean squared distance of that mean from the exact gradient:
#
# $$ \frac{s^2}{M}, \qquad s^2 = \frac1n \sum_{i=1}^{n} \lVert \nabla L_i - \nabla L \rVert^2 \tag{2.9} $$
#
# <details><summary>Hint</summary>
#
# $\nabla L$ is the mean of the rows. A squared distance sums over the coordinates of a row.
#
# </details>


# %% scatter
def scatter(gradients: Tensor, M: int) -> Tensor:
    """Mean squared distance of a batch's gradient from the exact one.   gradients: (n, d) -> ()"""
    ### BEGIN SOLUTION
    s2 = (gradients - gradients.mean(0)).square().sum(1).mean()
    return s2 / M
    ### END SOLUTION


# %% test_scatter points=3
gradients = 1.5 + normal(torch.Generator().manual_seed(25), 8, 3)
of_one = gradients.var(dim=0, correction=0).sum()
check.close("a batch of 5", lambda: scatter(gradients, 5), of_one / 5)
check.close("a batch larger than the data", lambda: scatter(gradients, 11), of_one / 11)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
gradients = 1.5 + normal(rng, 30, 5)
seal("30 examples, batches of 7, and what was given", (scatter(gradients, 7), gradients))
for n, d, M in ((9, 2, 6), (8, 3, 13)):
    seal(f"{n} examples, batches of {M}", scatter(1.5 + normal(rng, n, d), M))
### END HIDDEN TESTS

# %% [markdown]
# ## 2.6 The longest step
# *3 points · effort ●● · about 10 minutes*
#
# A valley $\frac12 \mathbf w^{\mathsf T} H\, \mathbf w$ with a symmetric matrix $H$, all of whose curvatures are positive. Give the border, as a plain number: below this learning rate gradient descent arrives, above it is thrown out.
#
# $$ \eta < \frac{2}{h_\text{max}} \tag{2.4} $$
#
# <details><summary>Hint</summary>
#
# The curvatures are the eigenvalues of $H$, not the numbers on its diagonal. `torch.linalg.eigvalsh` finds them for a symmetric matrix.
#
# </details>


# %% longest_step
def longest_step(H: Tensor) -> float:
    """The learning rate at which gradient descent begins to diverge.   H: (d, d), symmetric"""
    ### BEGIN SOLUTION
    return 2 / torch.linalg.eigvalsh(H).max().item()
    ### END SOLUTION


# %% test_longest_step points=3
H = numbers([[31, 7, -3, -12], [7, 23, -4, 8], [-3, -4, 52, 9], [-12, 8, 9, 47]]) / 10
expected = 2 / torch.linalg.matrix_norm(H, 2).item()
check.close("longest step", lambda: longest_step(H), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for d in (5, 3, 6):
    A = normal(rng, d + 2, d)
    seal(f"{d} directions", longest_step(A.T @ A))
### END HIDDEN TESTS

# %% [markdown]
# ## 2.7 Adam
# *4 points · effort ●●● · about 20 minutes*
#
# One step of Adam. You are given the two running means as they are stored, and `t`, the number of this step, which counts from 1. Give the new weights and the two means to store:
#
# $$ \mathbf m \leftarrow \beta_1 \mathbf m + (1-\beta_1)\,\mathbf g, \quad \mathbf s \leftarrow \beta_2 \mathbf s + (1-\beta_2)\,\mathbf g^2, \qquad
#    \mathbf w \leftarrow \mathbf w - \eta\,\frac{\mathbf m / (1-\beta_1^t)}{\sqrt{\mathbf s / (1-\beta_2^t)} + \varepsilon} \tag{2.16} $$
#
# <details><summary>Hint</summary>
#
# The corrected means are used once, for the step; what is stored are the means without correction.
#
# </details>


# %% adam
def adam(
    w: Tensor,
    m: Tensor,
    s: Tensor,
    g: Tensor,
    t: int,
    eta: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:
    """The next weights and the two running means.   w, m, s, g = gradient at w: (d,) -> (d,), (d,), (d,)"""
    ### BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)
    return w - eta * m_hat / (s_hat.sqrt() + eps), m, s
    ### END SOLUTION


# %% test_adam points=4
w, m, s, g = numbers([[9, -20, 5], [3, -4, 6], [1, 2, 15], [2, 21, -6]]) / 10
state = {"step": torch.tensor(2.0), "exp_avg": m.clone(), "exp_avg_sq": s.clone()}
place = by_torch(torch.optim.Adam, w, g, state, lr=0.2, betas=(0.6, 0.8), eps=0.5)
expected = place, state["exp_avg"], state["exp_avg_sq"]
check.close("third step", lambda: adam(w, m, s, g, 3, 0.2, 0.6, 0.8, 0.5), expected)
rest, first = torch.zeros_like(w), w - 0.001 * g / (g.abs() + 1e-8)
expected = first, 0.1 * g, 0.001 * g**2
check.close("first step, usual values", lambda: adam(w, rest, rest, g, 1), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("optim")
rng = torch.default_generator
w, m, s, g = normal(rng, 5), normal(rng, 5), 2 * normal(rng, 5).square(), normal(rng, 5)
answer = adam(w, m, s, g, 4, 0.3, 0.7, 0.9, 0.6)
seal("5 weights, step 4, and what was given", (answer, w, m, s, g))
for d, t, *hyper in ((3, 7, 0.1, 0.8, 0.95, 0.7), (6, 2, 1.2, 0.5, 0.7, 0.9)):
    w, m, s, g = normal(rng, d), normal(rng, d), 2 * normal(rng, d).square(), normal(rng, d)
    seal(f"{d} weights, step {t}", adam(w, m, s, g, t, *hyper))
w, m, s = normal(rng, 4), torch.zeros(4).double(), torch.zeros(4).double()
for t in range(1, 7):
    w, m, s = adam(w, m, s, w.tanh() + normal(rng, 4), t)
seal("six steps from the start, usual values", (w, m, s))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
