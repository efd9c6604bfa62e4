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
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, and where it
# recognises a slip it tells you which one. After handing in, each function is run again on other inputs: edge cases included.
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
w, g = numbers([1.0, -2.0, 0.5]), numbers([0.4, 0.0, -1.0])
expected = numbers([0.8, -2.0, 1.0])
before = w.clone()
slips = {
    "This goes uphill.": 2 * before - expected,
    "The learning rate plays no part.": before + (expected - before) / 0.5,
    "Only the sign of each slope is used; a steep slope should move you further than a gentle one.": numbers(
        [0.5, -2.0, 1.0]
    ),
}
check.close("the next place", descend(w, g, eta=0.5), expected, slips=slips)
slips = {
    "w itself was changed; it belongs to the caller, so give back a new tensor.": expected
}
check.close("w after the call", w, before, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("optim")
rng = torch.default_generator  # the grader seeds it anew for each batch
for d in (1, 4, 9):
    w, g = normal(rng, d), normal(rng, d)
    seal(f"{d} weights, and w afterwards", (descend(w, g, 0.03), w))
seal("no slope", descend(normal(rng, 3), torch.zeros(3).double(), 1.0))
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
X, y = numbers([[1, 2], [0, 1], [3, -1], [2, 2]]), numbers([1, 0, 2, 3])
w, batch = numbers([1, -1]), torch.tensor([3, 0, 1])
expected = numbers([-16, -22]) / 3
over_all = 0.75 * expected
slips = {
    "This is a sum over the batch; a mean was asked for.": 3 * expected,
    "This is divided by the number of all examples; only those of the batch are summed.": over_all,
    "The derivative of the square has lost its factor.": expected / 2,
    "All examples are used; the batch names only some.": numbers([-1, -6.5]),
}
check.close(
    "gradient of a batch of 3", batch_gradient(w, X, y, batch), expected, slips=slips
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
for n, d, M in ((9, 4, 5), (6, 1, 1), (5, 3, 5)):
    X, y, w = normal(rng, n, d), normal(rng, n), normal(rng, d)
    seal(f"{M} of {n} examples", batch_gradient(w, X, y, torch.randperm(n)[:M]))
    seal(
        f"an example of {n} drawn twice",
        batch_gradient(w, X, y, torch.tensor([0, 0, n - 1])),
    )
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
w, v, g = numbers([1.0, -2.0]), numbers([0.5, 0.1]), numbers([2.0, -1.0])
expected = numbers([1.25, -1.81]), numbers([0.25, 0.19])
slips = {
    "The slope adds speed uphill.": (numbers([1.65, -2.01]), numbers([0.65, -0.01])),
    "The place was moved by the speed of the step before.": (
        numbers([1.5, -1.9]),
        expected[1],
    ),
    "The slope is weakened by 1 - alpha; eq. 2.10 has it in full.": (
        numbers([1.43, -1.9]),
        numbers([0.43, 0.1]),
    ),
    "The place is right, but the old speed is given back.": (
        expected[0],
        numbers([0.5, 0.1]),
    ),
}
before = w.clone(), v.clone()
check.close("(w, v)", heavy_ball(w, v, g, eta=0.1, alpha=0.9), expected, slips=slips)
check.close("w and v, which belong to the caller,", (w, v), before)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("optim")
rng = torch.default_generator
for d in (1, 5):
    w, v = normal(rng, d), torch.zeros(d).double()
    for _ in range(6):
        w, v = heavy_ball(w, v, w**3 + normal(rng, d), 0.05, 0.8)
    seal(f"six steps with {d} weights", (w, v))
seal(
    "without momentum", heavy_ball(normal(rng, 3), normal(rng, 3), normal(rng, 3), 0.1, 0.0)
)
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
w, v = numbers([1.0, -2.0]), numbers([0.5, 0.1])
expected = numbers([1.1256, -1.2122112]), numbers([0.1256, 0.7877888])
slips = {
    "The slope is felt where you stand: this is the heavy ball.": (
        numbers([1.3, -1.12]),
        numbers([0.3, 0.88]),
    ),
    "The slope is felt too far ahead; only a share of the speed is kept.": (
        numbers([1.0625, -1.2341]),
        numbers([0.0625, 0.7659]),
    ),
    "The slope is felt behind you.": (
        numbers([1.3784, -1.0201088]),
        numbers([0.3784, 0.9798912]),
    ),
    "The slope adds speed uphill.": (
        numbers([1.6744, -2.6277888]),
        numbers([0.6744, -0.6277888]),
    ),
    "The step starts from the place where you looked; it should start from w.": (
        numbers([1.5256, -1.1322112]),
        expected[1],
    ),
}
answer = nesterov(w, v, lambda w: w**3, eta=0.1, alpha=0.8)
check.close("(w, v)", answer, expected, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("optim")
rng = torch.default_generator
for d in (1, 5):
    A, w, v = normal(rng, d, d), normal(rng, d), torch.zeros(d).double()
    for _ in range(6):
        w, v = nesterov(w, v, lambda w: A.T @ (A @ w).tanh(), 0.05, 0.9)
    seal(f"six steps with {d} weights", (w, v))
asked = []
nesterov(normal(rng, 3), normal(rng, 3), lambda w: asked.append(w) or w, 0.1, 0.9)
seal("where the slope was felt", asked)
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
gradients, expected = numbers([[1, 0], [3, 2], [-1, 4], [1, -2]]), numbers(1.75)
single, by_root = 4 * expected, 2 * expected
slips = {
    "This is the scatter of a single example; a mean of several scatters less.": single,
    "This is divided by the square root of M: that would be right for the distance, not for its square.": by_root,
    "This is divided by n - 1, where eq. 2.9 has n.": expected * 4 / 3,
    "The coordinates are averaged; a squared distance is their sum.": expected / 2,
    "This is the squared length of the gradients; their mean was not taken off.": numbers(
        2.25
    ),
}
check.close("a batch of 4", scatter(gradients, 4), expected, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, d, M in ((30, 5, 7), (4, 1, 1), (12, 3, 100)):
    seal(f"{n} examples, batches of {M}", scatter(3 + normal(rng, n, d), M))
seal("examples that agree", scatter(normal(rng, 1, 4).repeat(5, 1), 2))
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
H = numbers([[3, 1], [1, 2]])
expected = 0.5527864
half = expected / 2
slips = {
    "This is half of the longest step: already at 1 over the curvature you land in the middle.": half,
    "The flattest direction does not set the limit.": 1.4472136,
    "The diagonal holds the curvatures along the axes; the steepest direction may lie between them.": 0.6666667,
    "This is 2 over the sum of all curvatures.": 0.4,
}
check.close("longest step", longest_step(H), expected, rtol=0, atol=1e-6, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import number, seal

rng = torch.default_generator
for d in (3, 1, 6):
    A = normal(rng, d + 2, d)
    seal(f"{d} directions", longest_step(A.T @ A), rule=number())
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
w, m, s, g = (
    numbers([1.0, -1.0]),
    numbers([0.1, 0.0]),
    numbers([0.04, 0.01]),
    numbers([0.5, -2.0]),
)
means = numbers([0.14, -0.2]), numbers([0.0421, 0.0499])
expected = numbers([0.9569701, -0.9434987]), *means
slips = {
    "The means are too small at first, and were not corrected.": (
        numbers([0.9349391, -0.9143040]),
        *means,
    ),
    "The small number stands under the root; eq. 2.16 has it outside.": (
        numbers([0.9567609, -0.9432315]),
        *means,
    ),
    "The root is missing.": (numbers([0.9638095, -0.9563329]), *means),
    "The steps are counted from 0 here; t is 1 in the first step.": (
        numbers([0.9496865, -0.9339430]),
        *means,
    ),
    "This goes uphill.": (numbers([1.0430299, -1.0565013]), *means),
    "The corrected means are stored; then the next step corrects them again.": (
        expected[0],
        means[0] / 0.271,
        means[1] / 0.029701,
    ),
}
answer = adam(w, m, s, g, t=3, eta=0.1, beta1=0.9, beta2=0.99, eps=0.01)
check.close("(w, m, s)", answer, expected, rtol=0, atol=1e-6, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("optim")
rng = torch.default_generator
for d in (5, 1):
    w, m, s = normal(rng, d), torch.zeros(d).double(), torch.zeros(d).double()
    for t in range(1, 7):
        w, m, s = adam(w, m, s, w**3 + normal(rng, d), t, 0.05, eps=0.01)
    seal(f"six steps with {d} weights", (w, m, s))
nothing = torch.zeros(3).double()
first = adam(nothing, nothing, nothing, normal(rng, 3), 1, 0.1, 0.5, 0.7, 0.1)
seal("a first step with a large ε", first)
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
