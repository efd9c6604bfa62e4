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
# Nine exercises, 23 points, with the formulas of [chapter 2](../../chapters/02_optimization.ipynb). Some ask you to *write* what the chapter left to torch, some to *derive* a formula, to *find the bug* in code that looks right, to *predict* numbers, or to *go beyond* the chapter. One answer, in words, is marked by a person: 3 of the points.
#
# The answer in words goes in the place of `YOUR ANSWER HERE`, and no check reads it. In the others replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs.
#
# torch's optimisers (`torch.optim`) do not count as an answer. Everything is in float64. The tensors that a function is given belong to the caller:
# give back new ones, and leave the old ones as they are.

# %% setup
from collections.abc import Callable
from itertools import combinations

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
    """The weights after one step of an optimiser of torch, which goes on from `state` and changes it."""
    leaf = w.clone().requires_grad_()
    leaf.grad = g.clone()
    torchs = optimiser([leaf], **options)
    torchs.state[leaf] = state
    torchs.step()
    return leaf.detach()


# %% [markdown]
# ## 2.1 Rates and factors
# *Predict · 3 points · effort ● · about 10 minutes*
#
# Take the loss $L(\mathbf w) = \frac12\,(8\, w_1^2 + \frac12\, w_2^2)$. Predict five numbers without running anything, and give them with three decimals in this order:
#
# 1. the largest learning rate below which gradient descent converges (2.4);
# 2. the number by which $w_1$ is multiplied in each step of gradient descent with $\eta = 0.2$ (2.3);
# 3. the best learning rate of gradient descent (2.5);
# 4. the limit of the learning rate for the heavy ball with $\alpha = 0.6$ (2.16);
# 5. the limit of the learning rate for Nesterov momentum with $\alpha = 0.6$ (2.16).
#
# The check notes your predictions; whether they are right is told after handing in. Afterwards test them with a few lines of your own.


# %% predictions
def predictions() -> list[float]:
    """The five numbers, in the order of the list."""
    ### BEGIN SOLUTION
    return [0.25, -0.6, 0.235, 0.4, 0.182]
    ### END SOLUTION


# %% test_predictions points=3
check.predicted("five numbers", lambda: predictions(), count=5)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

seal("five numbers", numbers(predictions()), rule=close(atol=0.0011))
### END HIDDEN TESTS

# %% [markdown]
# ## 2.2 The gradient of a mini-batch
# *Derive · 2 points · effort ●● · about 10 minutes*
#
# The chapter's examples had the logistic loss. Now take a linear model $\mathbf w \cdot \mathbf x_i$ with the squared error $L_i = (\mathbf w\cdot\mathbf x_i - y_i)^2$. Derive $\nabla L_i$, and give the gradient over a mini-batch, in which an example may occur twice:
#
# $$ \frac1M \sum_{i \in \mathcal B} \nabla L_i \tag{2.8} $$
#
# <details><summary>Hint</summary>
#
# The chain rule: the derivative of a square, times the derivative of $\mathbf w\cdot\mathbf x_i - y_i$ by $\mathbf w$. `X[batch]` and `y[batch]` pick the examples. A matrix product can do the sum.
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
batch = torch.tensor([3, 5, 0, 5, 2])  # one example came twice
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
# ## 2.3 Batches without replacement
# *Derive · 3 points · effort ●●● · about 20 minutes*
#
# Equation (2.9) is for independent draws, in which an example may come twice. Now the $M$ examples of a batch are all different, and each of the possible batches is equally likely. You are given the gradient of every single example at one point. Derive the variance of the gradient,
#
# $$ \mathbb E\,\Big\lVert \tfrac1M \textstyle\sum_{i\in\mathcal B} \nabla L_i - \nabla L \Big\rVert^2 , $$
#
# as a formula in $s^2$ (the mean squared distance of a single gradient from $\nabla L$), $n$ and $M$. No drawing, and no list of all batches: for large $n$ there are too many.
#
# <details><summary>Hint</summary>
#
# The deviations $\mathbf d_i = \nabla L_i - \nabla L$ sum to zero. So for two different examples of a batch the mean of $\mathbf d_i \cdot \mathbf d_j$ is not 0, as it is for independent draws, but $-s^2/(n-1)$. Expand the square: it has $M$ terms with $i = j$ and $M(M-1)$ with $i \ne j$. For $M = 1$ you must get $s^2$, for $M = n$ zero.
#
# </details>


# %% gradient_variance
def gradient_variance(gradients: Tensor, M: int) -> Tensor:
    """Mean squared distance of a batch's gradient from the exact one, without replacement.   gradients: (n, d) -> ()"""
    ### BEGIN SOLUTION
    n = len(gradients)
    s2 = (gradients - gradients.mean(0)).square().sum(1).mean()
    return s2 / M * ((n - M) / (n - 1))
    ### END SOLUTION


# %% test_gradient_variance points=3
def over_all_batches(gradients: Tensor, M: int) -> Tensor:
    """The same by a list of all batches."""
    means = [gradients[list(b)].mean(0) for b in combinations(range(len(gradients)), M)]
    return (torch.stack(means) - gradients.mean(0)).square().sum(1).mean()


gradients = 1.5 + normal(torch.Generator().manual_seed(25), 8, 3)
for M in (5, 2):
    expected = over_all_batches(gradients, M)
    check.close(f"batches of {M} of 8", lambda: gradient_variance(gradients, M), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
gradients = 1.5 + normal(rng, 30, 5)
seal("batches of 7 of 30, and what was given", (gradient_variance(gradients, 7), gradients))
for n, d, M in ((9, 2, 6), (11, 4, 3)):
    seal(f"batches of {M} of {n}", gradient_variance(1.5 + normal(rng, n, d), M))
### END HIDDEN TESTS

# %% [markdown]
# ## 2.4 The largest learning rate of a linear model
# *Derive · 2 points · effort ●● · about 15 minutes*
#
# A linear model is trained by full-batch gradient descent on $L(\mathbf w) = \frac1n \lVert X\mathbf w - \mathbf y\rVert^2$. Derive its Hessian, and give the limit of the learning rate as a plain number: below it gradient descent converges, above it diverges.
#
# $$ \eta < \frac{2}{h_\text{max}} \tag{2.4} $$
#
# <details><summary>Hint</summary>
#
# The gradient is $\frac2n X^{\mathsf T}(X\mathbf w - \mathbf y)$; derive it once more. The curvatures are the eigenvalues of the Hessian, not the numbers on its diagonal. `torch.linalg.eigvalsh` finds them for a symmetric matrix.
#
# </details>


# %% largest_stable_rate
def largest_stable_rate(X: Tensor) -> float:
    """The learning rate at which gradient descent begins to diverge.   X: (n, d)"""
    ### BEGIN SOLUTION
    H = 2 * X.T @ X / len(X)
    return 2 / torch.linalg.eigvalsh(H).max().item()
    ### END SOLUTION


# %% test_largest_stable_rate points=2
X = (
    numbers(
        [
            [7, 2, -3, 3],
            [1, 6, -2, -5],
            [-4, 3, 9, 2],
            [2, -5, 6, 8],
            [-3, 4, 1, 7],
            [5, 1, 8, -2],
            [2, 3, -6, 1],
        ]
    )
    / 4
)
expected = len(X) / torch.linalg.matrix_norm(X, 2).item() ** 2
check.close("largest learning rate", lambda: largest_stable_rate(X), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
X = normal(rng, 8, 5)
seal("8 examples, and what was given", (largest_stable_rate(X), X))
for n, d in ((5, 3), (9, 6)):
    seal(f"{n} examples", largest_stable_rate(normal(rng, n, d)))
### END HIDDEN TESTS

# %% [markdown]
# ## 2.5 Momentum
# *Find the bug · 2 points · effort ●● · about 10 minutes*
#
# The function below should be one step with momentum: it is to give the new weights and the new velocity.
#
# $$ \mathbf v \leftarrow \alpha\,\mathbf v - \eta\,\nabla L(\mathbf w), \qquad \mathbf w \leftarrow \mathbf w + \mathbf v \tag{2.11} $$
#
# It runs, and with it the loss falls. But it has two faults. Find them and write the right function.


# %%
def faulty_heavy_ball(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    """Two things are wrong here."""
    w = w + v
    v = alpha * v - (1 - alpha) * eta * g
    return w, v


# %% [markdown]
# <details><summary>Hint</summary>
#
# Take $\mathbf v = 0$ and one step: where should the weights be? Then let the gradient be constant: how large does the velocity become in the end?
#
# </details>


# %% heavy_ball
def heavy_ball(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    """The next weights and the next velocity.   w, v, g = gradient at w: (d,) -> (d,), (d,)"""
    ### BEGIN SOLUTION
    v = alpha * v - eta * g
    return w + v, v
    ### END SOLUTION


# %% test_heavy_ball points=2
rng = torch.Generator().manual_seed(23)
w, v, g = normal(rng, 4), normal(rng, 4), normal(rng, 4)
state = {"momentum_buffer": -v / 0.2}  # torch keeps -v / eta
moved = by_torch(torch.optim.SGD, w, g, state, lr=0.2, momentum=0.7)
check.close(
    "weights and velocity",
    lambda: heavy_ball(w, v, g, eta=0.2, alpha=0.7),
    (moved, moved - w),
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
# ## 2.6 Nesterov momentum as torch stores it
# *Write · 2 points · effort ●● · about 15 minutes*
#
# In the chapter torch took the steps of its own form of Nesterov momentum. Write one of them. You are given the stored weights $\boldsymbol\theta$, the stored $\mathbf u$ and the gradient at $\boldsymbol\theta$; give the new $\boldsymbol\theta$ and the new $\mathbf u$:
#
# $$ \mathbf u \leftarrow \alpha\,\mathbf u + \nabla L(\boldsymbol\theta), \qquad \boldsymbol\theta \leftarrow \boldsymbol\theta - \eta\,\big(\nabla L(\boldsymbol\theta) + \alpha\,\mathbf u\big) \tag{2.15} $$
#
# <details><summary>Hint</summary>
#
# The second formula uses the new $\mathbf u$. The gradient comes in twice: in $\mathbf u$, and by itself.
#
# </details>


# %% torch_nesterov
def torch_nesterov(
    theta: Tensor, u: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    """The next stored weights and the next u.   theta, u, g = gradient at theta: (d,) -> (d,), (d,)"""
    ### BEGIN SOLUTION
    u = alpha * u + g
    return theta - eta * (g + alpha * u), u
    ### END SOLUTION


# %% test_torch_nesterov points=2
theta, u, g = numbers(
    [[0.8, -1.3, 2.1, -0.4], [1.7, 0.9, -0.6, -2.2], [-0.7, 1.9, 0.3, 1.2]]
)
state = {"momentum_buffer": u.clone()}
options = {"lr": 0.2, "momentum": 0.7, "nesterov": True}
expected = by_torch(torch.optim.SGD, theta, g, state, **options), state["momentum_buffer"]
check.close("weights and u", lambda: torch_nesterov(theta, u, g, 0.2, 0.7), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("optim")
rng = torch.default_generator
theta, u, g = normal(rng, 5), normal(rng, 5), normal(rng, 5)
answer = torch_nesterov(theta, u, g, 0.2, 0.6)
seal("5 weights, and what was given", (answer, theta, u, g))
for d, eta, alpha in ((3, 0.05, 0.9), (8, 1.4, 0.45)):
    answer = torch_nesterov(normal(rng, d), normal(rng, d), normal(rng, d), eta, alpha)
    seal(f"{d} weights", answer)
theta, u = normal(rng, 6), normal(rng, 6)
for _ in range(1, 6):
    theta, u = torch_nesterov(theta, u, theta.tanh() + normal(rng, 6), 0.1, 0.8)
seal("five steps", (theta, u))
### END HIDDEN TESTS

# %% [markdown]
# ## 2.7 Adam
# *Find the bug · 3 points · effort ●●● · about 20 minutes*
#
# One step of Adam is given the two running means as they are stored, and `t`, the number of this step, which counts from 1. It gives the new weights and the two means to store:
#
# $$ \mathbf m \leftarrow \beta_1 \mathbf m + (1-\beta_1)\,\mathbf g, \quad \mathbf s \leftarrow \beta_2 \mathbf s + (1-\beta_2)\,\mathbf g^2, \qquad
#    \mathbf w \leftarrow \mathbf w - \eta\,\frac{\mathbf m / (1-\beta_1^t)}{\sqrt{\mathbf s / (1-\beta_2^t)} + \varepsilon} \tag{2.19} $$
#
# Two of the lettered lines of `faulty_adam` are wrong. First name them by their letters, then write the function that is right.


# %%
def faulty_adam(
    w, m, s, g, t, eta=0.001, beta1=0.9, beta2=0.999, eps=1e-8
) -> tuple[Tensor, Tensor, Tensor]:
    """Two of the lines A to H are wrong."""
    m = m * beta1 + g * (1 - beta1)  # A
    s = s * beta2 + g**2 * (1 - beta2)  # B
    m = m / (1 - beta1**t)  # C
    s_hat = s / (1 - beta2**t)  # D
    root = (s_hat + eps).sqrt()  # E
    step = eta * m / root  # F
    w = w - step  # G
    return w, m, s  # H


# %% faulty_lines
def faulty_lines() -> list[str]:
    """The letters of the two."""
    ### BEGIN SOLUTION
    return ["C", "E"]
    ### END SOLUTION


# %% test_faulty_lines points=1
check.chosen("the two faulty lines", lambda: faulty_lines(), "ABCDEFGH", count=2)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import choice, seal

seal("the two faulty lines", faulty_lines(), rule=choice(*"ABCDEFGH", count=2))
### END HIDDEN TESTS

# %% [markdown]
# Now repair it.
#
# <details><summary>Hint</summary>
#
# Which means are used for this step, and which are stored for the next one? And what should happen to the step when $\mathbf s$ is zero?
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


# %% test_adam points=2
w, m, s, g = numbers([[9, -20, 5], [3, -4, 6], [1, 2, 15], [2, 21, -6]]) / 10
state = {"step": torch.tensor(2.0), "exp_avg": m.clone(), "exp_avg_sq": s.clone()}
moved = by_torch(torch.optim.Adam, w, g, state, lr=0.2, betas=(0.6, 0.8), eps=0.5)
expected = moved, state["exp_avg"], state["exp_avg_sq"]
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
# ## 2.8 A minimum within 300 gradients
# *Go beyond · 3 points · effort ●●● · about 25 minutes*
#
# The loss $L(\mathbf w) = \frac12 \mathbf w^{\mathsf T} H \mathbf w - \mathbf b\cdot\mathbf w$ has curvatures from `h_min` to `h_max`, with a condition number of 100. The eigenvectors of $H$ do not lie along the axes. You are given neither $H$ nor $\mathbf b$, but the gradient as a function. Find the minimum to seven digits from the given start, with at most 300 calls of `gradient`. How is up to you; any method of this course or of your own counts that needs the gradient alone.
#
# Estimate first: how much of the distance does gradient descent leave after 300 steps at its best rate (2.5)? Which method of the chapter does better?
#
# <details><summary>Hint</summary>
#
# $0.98^{300} \approx 0.002$ is not enough. The heavy ball (2.11) with the values (2.12) leaves a factor of $9/11$ in each step.
#
# </details>


# %% minimise
def minimise(
    gradient: Callable[[Tensor], Tensor], w: Tensor, h_min: float, h_max: float
) -> Tensor:
    """The minimum, by at most 300 calls of gradient.   w: (d,), the start -> (d,)"""
    ### BEGIN SOLUTION
    low, high = h_min**0.5, h_max**0.5
    eta, alpha = 4 / (high + low) ** 2, ((high - low) / (high + low)) ** 2
    v = torch.zeros_like(w)
    for _ in range(250):
        v = alpha * v - eta * gradient(w)
        w = w + v
    return w
    ### END SOLUTION


# %% test_minimise points=3
def rotated_quadratic(
    rng: torch.Generator, d: int, h_min: float
) -> tuple[Callable[[Tensor], Tensor], Tensor, Tensor]:
    """The gradient H w - b of a quadratic with curvatures from h_min to 100 h_min; H; b."""
    axes = torch.linalg.qr(normal(rng, d, d)).Q
    H = axes @ torch.logspace(0, 2, d, dtype=torch.float64).mul(h_min).diag() @ axes.T
    b, calls = 10 * h_min * (1 + normal(rng, d)), iter(range(300))

    def gradient(w: Tensor) -> Tensor:
        if next(calls, None) is None:
            raise RuntimeError("the gradient was called more than 300 times")
        return H @ w - b

    return gradient, H, b


for d, h_min in ((6, 0.05), (4, 12.0)):
    gradient, H, b = rotated_quadratic(torch.Generator().manual_seed(28), d, h_min)
    start = normal(torch.Generator().manual_seed(29), d)
    name = f"the minimum in {d} dimensions"
    expected = torch.linalg.solve(H, b)
    check.close(name, lambda: minimise(gradient, start, h_min, 100 * h_min), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("optim")
rng = torch.default_generator
for d, h_min in ((5, 0.03), (7, 0.7), (3, 20.0)):
    gradient = rotated_quadratic(rng, d, h_min)[0]
    start = normal(rng, d)
    seal(
        f"{d} dimensions, and what was given",
        (minimise(gradient, start, h_min, 100 * h_min), start),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 2.9 Why nearly twice as many steps?
# *Explain · 3 points · effort ●● · about 12 minutes*
#
# Section 2.3 takes 461 steps on a quadratic with the curvatures 1 to 100 at the rate $\eta = 2/101$, and 882 at $\eta = 1/100$. Explain this in at most eight sentences:
#
# - which of the curvatures decides how many steps are needed at $\eta = 1/100$, although the steepest direction is done after one step there;
# - why about half the rate takes about twice as many steps;
# - why a rate a little larger than $2/101$ takes more steps again, and from which rate on no number of steps is enough.
#
# Give the numbers that your sentences rest on. A person reads this answer; no check runs.

# %% why_twice_as_many [markdown] points=3
# ### BEGIN SOLUTION
# The direction of the smallest curvature, $h = 1$, decides. A step multiplies the distance to the minimum in it by $1 - \eta h$, at $\eta = 1/100$ by 0.99, while in the steepest direction the factor is $1 - 100/100 = 0$.
#
# A step removes the share $\eta$ of what is left there: 1 % against 1.98 %. The number of steps to a given share is $\ln(\text{share}) / \ln(1 - \eta)$, and $\ln(1 - \eta) \approx -\eta$, so half the rate takes twice the steps. They are 882, a little fewer than twice 461, since at 1/100 the steepest direction's half of the loss is gone after one step.
#
# At $\eta = 2/101$ the factors of both ends have the same size, $|1 - 200/101| = 1 - 2/101 = 0.980$. Above it the steepest direction has the larger factor and decides; from $\eta = 2/100$ on its factor is at least 1 in size, and it never gets nearer.
#
# Rubric:
#
# - **1 point**: The smallest curvature decides, with a factor of 0.99 for a step.
# - **1 point**: A step removes about $\eta$ of the distance (1 % against 2 %), so that the steps go as $1/\eta$.
# - **1 point**: At 2/101 both ends have the factor 0.98; above it the largest curvature decides, and from 0.02 on it does not converge.
# ### END SOLUTION

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓ and 2.9 has its answer in words, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
