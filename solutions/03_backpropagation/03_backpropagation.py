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
# # Exercises 3: backpropagation by hand
#
# Eight exercises, 20 points, on [chapter 3](../../chapters/03_backpropagation.ipynb). You derive what the chapter left out, repair functions that look
# right, predict numbers before a run, and design the start of a deep network.
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each answer is tried on other inputs: edge cases included.
#
# Write the mathematics yourself. torch's own losses and its automatic differentiation (`F.cross_entropy`, `torch.autograd.grad`, `.backward()` and their
# relatives) earn no points. Everything is in float64, and a batch has one example in each row; it may hold a single example, and a layer a
# single unit. What a function is given belongs to the caller: leave it as it was.

# %% setup
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils import check


def numbers(values: object) -> Tensor:
    """A float64 tensor of the given numbers."""
    return torch.tensor(values, dtype=torch.float64)


def normal(rng: torch.Generator, *size: int) -> Tensor:
    """Normal random numbers in float64."""
    return torch.randn(size, generator=rng, dtype=torch.float64)


def with_gradient(
    loss: Callable[..., Tensor], z: Tensor, *others: Tensor
) -> tuple[Tensor, Tensor]:
    """The value and the gradient of loss(z, ...) as torch computes them, to compare with."""
    z = z.clone().requires_grad_()
    value = loss(z, *others)
    return value.detach(), torch.autograd.grad(value, z)[0]


# %% [markdown]
# ## 3.1 Error signal of a sigmoid layer
# *Derive · 2 points · effort ● · about 10 minutes*
#
# The last layer of a network is $\mathbf a = \sigma(\mathbf z)$, with the sigmoid $\sigma(z) = 1/(1 + e^{-z})$. The gradient of the loss with respect to the
# activations, $\nabla_{\mathbf a} L$, is given. Derive $\sigma'(z)$, written with $\sigma(z)$ itself, and return the error signal:
#
# $$ \boldsymbol\delta = \nabla_{\mathbf a} L \odot \sigma'(\mathbf z) \tag{3.16} $$
#
# <details><summary>Hint</summary>
#
# Differentiate $(1 + e^{-z})^{-1}$ by the chain rule, and note that $e^{-z}/(1 + e^{-z}) = 1 - \sigma(z)$.
#
# </details>


# %% output_delta
def output_delta(dL_da: Tensor, z: Tensor) -> Tensor:
    """dL/dz of a layer a = sigmoid(z), from dL/da.   dL_da, z: (n, k) -> (n, k)"""
    ### BEGIN SOLUTION
    a = z.sigmoid()
    return dL_da * a * (1 - a)
    ### END SOLUTION


# %% test_output_delta points=2
rng = torch.Generator().manual_seed(31)
dL_da, z = normal(rng, 3, 4), 3 * normal(rng, 3, 4)
_, expected = with_gradient(lambda z: (dL_da * z.sigmoid()).sum(), z)
check.close("delta", lambda: output_delta(dL_da, z), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator  # the grader seeds it anew for each batch
dL_da, z = normal(rng, 4, 5), 3 * normal(rng, 4, 5)
seal("a batch, and the inputs afterwards", (output_delta(dL_da, z), dL_da, z))
seal("one example", output_delta(normal(rng, 1, 3), 3 * normal(rng, 1, 3)))
seal("one unit", output_delta(normal(rng, 6, 1), 3 * normal(rng, 6, 1)))
### END HIDDEN TESTS

# %% [markdown]
# ## 3.2 One layer further back
# *Find the bug · 2 points · effort ●● · about 10 minutes*
#
# The function below should carry the error signal $\boldsymbol\delta_{l+1}$ of the next layer back to the pre-activations of a tanh layer,
#
# $$ \boldsymbol\delta_l = \big(W_{l+1}^{\mathsf T}\,\boldsymbol\delta_{l+1}\big) \odot \tanh'(\mathbf z_l) \tag{3.17} $$
#
# for a batch with an example in each row. It returns the right shape and has two faults. Write a version without them.


# %%
def faulty_hidden_delta(delta_next: Tensor, W_next: Tensor, z: Tensor) -> Tensor:
    """Two faults.   delta_next: (n, m), W_next: (m, k), z: (n, k) -> (n, k)"""
    a = z.tanh()
    dL_da = delta_next @ W_next / len(delta_next)
    return dL_da * (1 - a.tanh() ** 2)


# %% [markdown]
# <details><summary>Hint</summary>
#
# For each line, ask which formula it stands for. Where does the loss divide by the number of examples, and at which point is the derivative taken?
#
# </details>


# %% hidden_delta
def hidden_delta(delta_next: Tensor, W_next: Tensor, z: Tensor) -> Tensor:
    """dL/dz of a tanh layer.   delta_next: (n, m), W_next: (m, k), z: (n, k) -> (n, k)"""
    ### BEGIN SOLUTION
    return (delta_next @ W_next) * (1 - z.tanh() ** 2)
    ### END SOLUTION


# %% test_hidden_delta points=2
rng = torch.Generator().manual_seed(32)
delta_next, W_next, z = normal(rng, 6, 3), normal(rng, 3, 4), normal(rng, 6, 4)
_, expected = with_gradient(lambda z: (delta_next * F.linear(z.tanh(), W_next)).sum(), z)
check.close("delta", lambda: hidden_delta(delta_next, W_next, z), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
for n, m, k in ((4, 5, 5), (4, 5, 3), (1, 2, 6), (7, 1, 2)):
    given = normal(rng, n, m), normal(rng, m, k), normal(rng, n, k)
    seal(f"{n} examples, {m} units from {k}", (hidden_delta(*given), *given))
### END HIDDEN TESTS

# %% [markdown]
# ## 3.3 Gradients of weights and biases
# *Find the bug · 3 points · effort ●● · about 10 minutes*
#
# From the error signal of a layer and the activations that came in, the function below should give the gradients of weights and biases for a batch:
#
# $$ \frac{\partial L}{\partial W} = \sum_{i=1}^{n} \boldsymbol\delta^{(i)}\, \mathbf a^{(i)\mathsf T}, \qquad
#    \frac{\partial L}{\partial \mathbf b} = \sum_{i=1}^{n} \boldsymbol\delta^{(i)} \tag{3.18} $$
#
# With a batch of one it is right. With more examples it has two faults. Write a version without them.


# %%
def faulty_layer_gradients(delta: Tensor, a_prev: Tensor) -> tuple[Tensor, Tensor]:
    """Two faults.   delta: (n, m), a_prev: (n, k) -> (m, k), (m,)"""
    dW = torch.outer(delta.sum(dim=0), a_prev.sum(dim=0))
    db = delta.mean(dim=0)
    return dW, db


# %% [markdown]
# <details><summary>Hint</summary>
#
# Is a sum of products the product of the sums? A matrix product of a $(m, n)$ and a $(n, k)$ matrix sums over the $n$ examples.
#
# </details>


# %% layer_gradients
def layer_gradients(delta: Tensor, a_prev: Tensor) -> tuple[Tensor, Tensor]:
    """dL/dW and dL/db of z = W a_prev + b, over a batch.

    delta: (n, m), a_prev: (n, k) -> (m, k), (m,)
    """
    ### BEGIN SOLUTION
    return delta.T @ a_prev, delta.sum(dim=0)
    ### END SOLUTION


# %% test_layer_gradients points=3
rng = torch.Generator().manual_seed(33)
delta, a_prev = normal(rng, 6, 3), normal(rng, 6, 4)
W, b = normal(rng, 3, 4).requires_grad_(), normal(rng, 3).requires_grad_()
expected = torch.autograd.grad(F.linear(a_prev, W, b), (W, b), delta)
check.close("(dW, db)", lambda: layer_gradients(delta, a_prev), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
for n, m, k in ((7, 3, 5), (1, 4, 2), (5, 5, 5)):
    given = normal(rng, n, m), normal(rng, n, k)
    seal(f"{n} examples, {m} units from {k}", (layer_gradients(*given), *given))
### END HIDDEN TESTS

# %% [markdown]
# ## 3.4 Central differences
# *Find the bug · 3 points · effort ●● · about 15 minutes*
#
# The function below should estimate the gradient of a scalar function by central differences,
#
# $$ \frac{\partial L}{\partial x_i} \approx \frac{L(\mathbf x + h\,\mathbf e_i) - L(\mathbf x - h\,\mathbf e_i)}{2h} \tag{3.5} $$
#
# for an `x` of any shape, even that of a single number. Two faults make it wrong, and it changes the caller's `x`. Write a version that does neither.


# %%
def faulty_numeric_gradient(
    f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5
) -> Tensor:
    """Two faults.   x: any shape -> the same"""
    grad, values = torch.empty_like(x), x.view(-1)
    for k in range(len(values)):
        values[k] += h
        above = f(x)
        values[k] -= 2 * h
        grad.view(-1)[k] = (above - f(x)) / h
    return grad


# %% [markdown]
# <details><summary>Hint</summary>
#
# How far apart are the two points? And where is `x` when the second number has its turn? `x.view(-1)` shares its memory with `x`.
#
# </details>


# %% numeric_gradient
def numeric_gradient(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    """dL/dx of a scalar function by central differences.   x: any shape -> the same"""
    ### BEGIN SOLUTION
    grad = torch.empty_like(x)
    for i in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[i] = h
        grad.view(-1)[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad
    ### END SOLUTION


# %% test_numeric_gradient points=3
x = normal(torch.Generator().manual_seed(34), 2, 3, 4)
y = x + 1  # a step of h both ways misses the slope of y^3 by h^2
expected = (3 * y**2 + 0.1**2) * y.flip(0) ** 3
check.close(
    "gradient",
    lambda: numeric_gradient(lambda v: ((v + 1).prod(dim=0) ** 3).sum(), x, h=0.1),
    expected,
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, close, seal

banned("autograd")
x = normal(torch.default_generator, 2, 4, 3)
gradient = numeric_gradient(lambda v: (v[0] ** 3 * v[1] ** 2).sum(), x, h=0.2)
seal("a large step, and x afterwards", (gradient, x))
for size in ((5,), ()):
    x = normal(torch.default_generator, *size)
    gradient = numeric_gradient(lambda v: (v.tanh() ** 2).sum(), x)
    seal(f"shape {size}", gradient, rule=close(rtol=1e-6, atol=1e-7))
### END HIDDEN TESTS

# %% [markdown]
# ## 3.5 Binary cross-entropy from logits
# *Derive · 4 points · effort ●●● · about 20 minutes*
#
# Computed from the probability $p_i = \sigma(z_i)$, the binary cross-entropy
#
# $$ L = -\frac1n \sum_{i} \big[\, y_i \log p_i + (1 - y_i) \log(1 - p_i) \,\big] \tag{3.10} $$
#
# becomes infinite or NaN as soon as a probability is rounded to 0 or 1. Derive a form in the logits $z_i$ that is right for logits of a thousand and of
# either sign, for both classes. Return this loss and its gradient with respect to the logits.
#
# <details><summary>Hint</summary>
#
# $-\log \sigma(z) = \log(1 + e^{-z})$ and $-\log(1 - \sigma(z)) = z + \log(1 + e^{-z})$. Put both into one formula in $y$. For $z < 0$ take $e^{-z}$ out of the
# logarithm, so that no exponent is positive. `z.clamp(min=0)` is $\max(z, 0)$, and `torch.log1p(u)` is $\log(1 + u)$, exact for a tiny $u$.
#
# </details>


# %% bce_with_logits
def bce_with_logits(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean binary cross-entropy of sigmoid(z), and dL/dz.

    z, y: (n,), y in {0, 1} -> (), (n,)
    """
    ### BEGIN SOLUTION
    loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))
    return loss.mean(), (z.sigmoid() - y) / len(z)
    ### END SOLUTION


# %% test_bce_with_logits points=4
z, y = numbers([0.5, -2.0, 1.5, 0.0, -0.7]), numbers([1, 0, 0, 1, 1])
expected = with_gradient(F.binary_cross_entropy_with_logits, z, y)
check.close("(loss, dz) of a sigmoid", lambda: bce_with_logits(z, y), expected)
z, y = numbers([800, -900, 700, -650]), numbers([0, 1, 1, 0])
expected = with_gradient(F.binary_cross_entropy_with_logits, z, y)
check.close("large logits of two classes", lambda: bce_with_logits(z, y), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("cross_entropy", "autograd")
rng = torch.default_generator
z = numbers([0.9, -2, 1.6, 0.1, -0.7, 800, -900, 750]) + 0.3 * normal(rng, 8)
y = numbers([1, 0, 0, 1, 1, 0, 1, 1])
seal("small and large logits, and the inputs afterwards", (bce_with_logits(z, y), z, y))
seal("one example", bce_with_logits(normal(rng, 1), numbers([1.0])))
seal(
    "a batch of ordinary logits",
    bce_with_logits(normal(rng, 9), (normal(rng, 9) > 0).double()),
)
### END HIDDEN TESTS

# %% [markdown]
# ## 3.6 Hinge loss
# *Write · 2 points · effort ●● · about 10 minutes*
#
# The hinge loss of scores $s_i$ for the classes $t_i = \pm 1$, averaged over the batch, and its gradient. At the corner $t_i s_i = 1$ take the derivative 0.
#
# $$ L = \frac1n \sum_i \max(0,\ 1 - t_i s_i), \qquad
#    \frac{\partial L}{\partial s_i} = \begin{cases} -t_i / n & t_i s_i < 1 \\ 0 & t_i s_i \ge 1 \end{cases} \tag{3.13} $$
#
# <details><summary>Hint</summary>
#
# `torch.where(condition, this, that)` chooses entry by entry.
#
# </details>


# %% hinge_loss
def hinge_loss(s: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Mean hinge loss, and dL/ds.   s, t: (n,), t in {-1, +1} -> (), (n,)"""
    ### BEGIN SOLUTION
    room = 1 - t * s
    return room.clamp(min=0).mean(), torch.where(room > 0, -t, torch.zeros_like(t)) / len(s)
    ### END SOLUTION


# %% test_hinge_loss points=2
s = numbers([0.31, -2.4, 1.0, -0.45, 2.63, -0.62, 1.7])
t = numbers([1, -1, 1, 1, -1, -1, 1])
loss = F.margin_ranking_loss(s, torch.zeros_like(s), t, margin=1.0)
expected = loss, numbers([-1, 0, 0, -1, 1, 1, 0]) / 7
check.close("(loss, ds)", lambda: hinge_loss(s, t), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
ts = numbers([-0.7, -1.2, 0.3, 0.6, 1.5, 2.4]) + 0.1 * normal(rng, 6).tanh()
t = numbers([1, -1, -1, 1, 1, -1, 1, -1, 1])
s = t * torch.cat([ts, numbers([1, 1]), 0.5 * normal(rng, 1).tanh()])
seal("wrong, right, at the corner, and the inputs afterwards", (hinge_loss(s, t), s, t))
seal("one example", hinge_loss(2 * normal(rng, 1), numbers([-1.0])))
seal("a batch", hinge_loss(2 * normal(rng, 13), normal(rng, 13).sign()))
### END HIDDEN TESTS

# %% [markdown]
# ## 3.7 Sizes before the run
# *Predict · 2 points · effort ●● · about 15 minutes*
#
# Predict four numbers, without running anything, to three digits, and write them as a list:
#
# 1. the cross-entropy of a classifier that gives the same logit to each of 8 classes;
# 2. by which factor the error of a central difference becomes smaller when $h$ goes from 0.08 to 0.02, where neither rounding nor the powers of $h$ above the second matter;
# 3. the relative error (3.6) of a backward pass whose gradient is three times the right one;
# 4. by which factor the norm of the error signal shrinks on the way back through 20 ReLU layers of width $n$ whose weights have the variance $1/n$, if each layer halves
#    the mean square of the error signal.
#
# <details><summary>Hint</summary>
#
# The first is minus a logarithm. For the last, what happens to a norm when its square is halved?
#
# </details>


# %% four_sizes
def four_sizes() -> list[float]:
    """The four predicted numbers, in order."""
    ### BEGIN SOLUTION
    return [2.079, 16, 0.5, 1024]
    ### END SOLUTION


# %% test_four_sizes points=2
check.predicted("the four numbers", lambda: four_sizes(), count=4)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

seal("the four numbers", numbers(four_sizes()), rule=close(rtol=5e-3, atol=1e-3))
### END HIDDEN TESTS

# %% [markdown]
# ## 3.8 A deep sigmoid network
# *Go beyond · 2 points · effort ●●● · about 25 minutes*
#
# In section 3.13 of the chapter the error signal of a deep sigmoid network keeps its norm, roughly, at one scale of the weights. With weights **and biases** of
# your own choice you can do better. Write `sigmoid_start(width, depth, rng)`: a list of `depth` pairs `(W, b)`, of shapes (width, width) and (width,), such that in
# a network of sigmoid layers
#
# - the norm of the first layer's error signal is between one half and twice that of the last layer's, and
# - the activations of the last layer still depend on the input: over the examples of a batch of normal random numbers their standard deviation, averaged over the units, is at
#   least 0.015,
#
# with 60 layers, for each random draw and for widths from 24 to 80. Random numbers, if you need them, come from `rng`; the numbers are in float64.


# %% measures
def measured(parameters: list[tuple[Tensor, Tensor]], X: Tensor) -> tuple[float, float]:
    """The first error signal's norm over the last one's, for dL/da_K = 1, and the spread of a_K."""
    a, slopes, norms = X, [], []
    for W, b in parameters:
        a = torch.sigmoid(a @ W.T + b)
        slopes.append(a * (1 - a))
    dL_da = torch.ones_like(a)
    for (W, _), slope in zip(reversed(parameters), reversed(slopes), strict=True):
        norms.append((dL_da * slope).norm().item())
        dL_da = dL_da * slope @ W
    return norms[-1] / norms[0], a.std(dim=0).mean().item()


def draws_that_succeed(start: Callable[..., list[tuple[Tensor, Tensor]]]) -> list[int]:
    """On how many of five draws the gradient is kept, and on how many the input is."""
    kept, dependent = 0, 0
    for seed, width in enumerate((80, 64, 48, 32, 24)):
        rng = torch.Generator().manual_seed(seed)
        ratio, spread = measured(start(width, 60, rng), normal(rng, 20, width))
        kept, dependent = kept + (0.5 <= ratio <= 2), dependent + (spread >= 0.015)
    return [kept, dependent]


# %% [markdown]
# <details><summary>Hint</summary>
#
# A sigmoid is a tanh in another scale: $\sigma(z) = \tfrac12 + \tfrac12 \tanh(z/2)$. Which bias takes the ½ out again, and which factor belongs to the weights? A product of
# orthogonal matrices keeps every norm; `torch.linalg.qr` makes one. Near $z = 0$ the derivative is largest.
#
# </details>


# %% sigmoid_start
def sigmoid_start(
    width: int, depth: int, rng: torch.Generator
) -> list[tuple[Tensor, Tensor]]:
    """Weights and biases of `depth` sigmoid layers.   -> depth times (width, width), (width,)"""
    ### BEGIN SOLUTION
    parameters = []
    for layer in range(depth):
        Q = torch.linalg.qr(normal(rng, width, width))[0]
        W = 4 * Q if layer else 0.2 * Q
        b = -W.sum(dim=1) / 2 if layer else torch.zeros(width, dtype=W.dtype)
        parameters.append((W, b))
    return parameters
    ### END SOLUTION


# %% test_sigmoid_start points=2
rng = torch.Generator().manual_seed(38)
check.close("number of layers", lambda: len(sigmoid_start(24, 60, rng)), 60)
check.close(
    "of 5 draws: gradient kept, input kept",
    lambda: draws_that_succeed(sigmoid_start),
    [5, 5],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import at_least, banned, seal

banned("autograd")
rng = torch.default_generator
kept, dependent = 0, 0
for width in (24, 40, 72):
    layers = [
        (torch.tensor(W.tolist()).double(), torch.tensor(b.tolist()).double())
        for W, b in sigmoid_start(width, 60, rng)
    ]
    a, slopes = torch.randn(20, width, generator=rng).double(), []
    for W, b in layers:
        a = 1 / (1 + (-(a @ W.T + b)).exp())
        slopes.append(a * (1 - a))
    back = [slopes[-1]]
    for (W, _), slope in zip(layers[:0:-1], slopes[-2::-1], strict=True):
        back.append(back[-1] @ W * slope)
    ratio = float(back[-1].norm() / back[0].norm())
    kept += (0.5 <= ratio <= 2) if len(layers) == 60 else -10
    dependent += bool(a.std(dim=0).mean() >= 0.015)
# 10 for each draw that keeps the gradient, 1 for each that keeps the input
seal("gradient and input are kept on each draw", 10 * kept + dependent, rule=at_least(33))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
