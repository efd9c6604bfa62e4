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
# Seven small functions, 20 points. You have met each of them in [chapter 3](../../chapters/03_backpropagation.ipynb); here you write them
# without looking.
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many slips, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# Write the mathematics yourself. torch's own losses and its automatic differentiation (`F.cross_entropy`, `torch.autograd.grad`, `.backward()` and their
# relatives) do not count as an answer. Everything is in float64, and a batch has one example in each row; it may hold a single example, and a layer a
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
    """What torch says of loss(z, ...): its value and its gradient, to compare with."""
    z = z.clone().requires_grad_()
    value = loss(z, *others)
    return value.detach(), torch.autograd.grad(value, z)[0]


# %% [markdown]
# ## 3.1 Blame at the output
# *2 points · effort ● · about 5 minutes*
#
# The last layer of a network is a sigmoid: $\mathbf a = \sigma(\mathbf z)$. The loss has told you how it changes with each answer, $\partial L/\partial\mathbf a$.
# Give back how it changes with each sum:
#
# $$ \boldsymbol\delta = \nabla_{\mathbf a} L \odot \sigma'(\mathbf z) \tag{3.14} $$
#
# <details><summary>Hint</summary>
#
# The slope of the sigmoid can be written with the sigmoid itself, $\sigma' = \sigma\,(1 - \sigma)$. Mind where it is taken.
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
seal("one answer each", output_delta(normal(rng, 6, 1), 3 * normal(rng, 6, 1)))
### END HIDDEN TESTS

# %% [markdown]
# ## 3.2 One layer further back
# *2 points · effort ●● · about 10 minutes*
#
# You know the blame $\boldsymbol\delta_{l+1}$ on the sums of the next layer, and the weights that lead there. Carry it back to the sums of a tanh layer:
#
# $$ \boldsymbol\delta_l = \big(W_{l+1}^{\mathsf T}\,\boldsymbol\delta_{l+1}\big) \odot \tanh'(\mathbf z_l) \tag{3.15} $$
#
# The formula speaks of one example, a column. Your input is a batch with an example in each row.
#
# <details><summary>Hint</summary>
#
# Write down the shapes: $(n, m)$ for the blame, $(m, k)$ for the weights, and $(n, k)$ for the result. Only one product fits. The slope of tanh is
# $1 - \tanh^2$.
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
    seal(f"{n} examples, {m} sums from {k}", (hidden_delta(*given), *given))
### END HIDDEN TESTS

# %% [markdown]
# ## 3.3 What the weights and biases deserve
# *3 points · effort ●● · about 10 minutes*
#
# From the blame on the sums of a layer and the answers that came in, give the gradients of its weights and of its biases, for a whole batch:
#
# $$ \frac{\partial L}{\partial W} = \sum_{i=1}^{n} \boldsymbol\delta^{(i)}\, \mathbf a^{(i)\mathsf T}, \qquad
#    \frac{\partial L}{\partial \mathbf b} = \sum_{i=1}^{n} \boldsymbol\delta^{(i)} \tag{3.16} $$
#
# <details><summary>Hint</summary>
#
# $W$ has shape $(m, k)$ and turns $k$ numbers into $m$; its gradient has the same shape. A matrix product of a $(m, n)$ and a $(n, k)$ matrix sums over the
# $n$ examples by itself.
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
    seal(f"{n} examples, {m} sums from {k}", (layer_gradients(*given), *given))
### END HIDDEN TESTS

# %% [markdown]
# ## 3.4 The judge
# *3 points · effort ●● · about 15 minutes*
#
# Write the function that can tell whether a gradient is right without knowing any formula: nudge every number of `x` up and down by `h`.
#
# $$ \frac{\partial L}{\partial x_i} \approx \frac{L(\mathbf x + h\,\mathbf e_i) - L(\mathbf x - h\,\mathbf e_i)}{2h} \tag{3.5} $$
#
# `x` may have any shape, even that of a single number, and it belongs to the caller: leave it as it was.
#
# <details><summary>Hint</summary>
#
# `x.view(-1)` and `grad.view(-1)` look at a tensor of any shape as one long row, which makes one loop enough. Make a copy before you nudge.
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
y = x + 1  # nudging y^3 both ways by h misses its slope by h^2
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
# ## 3.5 One of many
# *4 points · effort ●●● · about 20 minutes*
#
# The softmax cross-entropy from logits, averaged over the batch, and its gradient. It must survive logits of a thousand.
#
# $$ p_{ij} = \frac{e^{z_{ij} - m_i}}{\sum_k e^{z_{ik} - m_i}}, \quad m_i = \max_k z_{ik}, \qquad
#    L = -\frac1n \sum_i \log p_{i c_i}, \qquad \frac{\partial L}{\partial z_{ij}} = \frac1n\,(p_{ij} - y_{ij}) \tag{3.9, 3.10} $$
#
# <details><summary>Hint</summary>
#
# Work with $\log p_{ij} = (z_{ij} - m_i) - \log \sum_k e^{z_{ik} - m_i}$ from the start; then no logarithm ever sees a zero.
# `log_p[torch.arange(n), labels]` picks one number from each row.
#
# </details>


# %% softmax_cross_entropy
def softmax_cross_entropy(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy of softmax(z), and dL/dz.

    z: (n, C), labels: (n,) in 0..C-1 -> (), (n, C)
    """
    ### BEGIN SOLUTION
    shifted = z - z.max(dim=1, keepdim=True).values
    log_p = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    rows = torch.arange(len(z))
    dz = log_p.exp()
    dz[rows, labels] -= 1
    return -log_p[rows, labels].mean(), dz / len(z)
    ### END SOLUTION


# %% test_softmax_cross_entropy points=4
rng = torch.Generator().manual_seed(35)
z, labels = 2 * normal(rng, 3, 5), torch.tensor([2, 0, 2])
expected = with_gradient(F.cross_entropy, z, labels)
check.close("(loss, dz) of a softmax", lambda: softmax_cross_entropy(z, labels), expected)
z = numbers([[1000, -900, -990, 2], [-1000, -1001, -1000, -1003], [5, 7, 7, 3]])
labels = torch.tensor([1, 0, 2])
expected = with_gradient(F.cross_entropy, z, labels)
check.close("large logits", lambda: softmax_cross_entropy(z, labels), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("cross_entropy", "autograd")
rng = torch.default_generator
large = numbers([[950, -900, -980, 3], [-970, -1000, -990, -1020], [-980, 20, 10, -5]])
z = torch.cat([3 * normal(rng, 4, 4), large + normal(rng, 3, 4)])
labels = torch.cat([torch.randint(3, (4,)), torch.tensor([2, 1, 0])])
seal("small and large logits, and z afterwards", (softmax_cross_entropy(z, labels), z))
labels = torch.tensor([1, 2, 1])
seal("more classes than examples", softmax_cross_entropy(3 * normal(rng, 3, 5), labels))
seal("one example", softmax_cross_entropy(3 * normal(rng, 1, 5), torch.randint(5, (1,))))
seal("two classes", softmax_cross_entropy(normal(rng, 7, 2), torch.randint(2, (7,))))
### END HIDDEN TESTS

# %% [markdown]
# ## 3.6 Yes or no
# *3 points · effort ●● · about 15 minutes*
#
# The binary cross-entropy from logits, averaged over the batch, and its gradient. Again, large logits must not break it.
#
# $$ L = \frac1n \sum_{i} \Big[ \max(z_i, 0) - y_i z_i + \log\!\big(1 + e^{-|z_i|}\big) \Big], \qquad
#    \frac{\partial L}{\partial z_i} = \frac1n \big(\sigma(z_i) - y_i\big) \tag{3.8} $$
#
# <details><summary>Hint</summary>
#
# `z.clamp(min=0)` is $\max(z, 0)$, and `torch.log1p(u)` is $\log(1 + u)$ without losing a tiny $u$.
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


# %% test_bce_with_logits points=3
z, y = numbers([0.5, -2.0, 1.5, 0.0, -0.7]), numbers([1, 0, 0, 1, 1])
expected = with_gradient(F.binary_cross_entropy_with_logits, z, y)
check.close("(loss, dz) of a sigmoid", lambda: bce_with_logits(z, y), expected)
z, y = numbers([800, -900, 700, -650]), numbers([0, 1, 1, 0])
expected = with_gradient(F.binary_cross_entropy_with_logits, z, y)
check.close("large logits, yes or no", lambda: bce_with_logits(z, y), expected)
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
# ## 3.7 Right, and by a margin
# *3 points · effort ●● · about 10 minutes*
#
# The hinge loss of scores $s_i$ for truths $t_i = \pm 1$, averaged over the batch, and its gradient. At the corner $t_i s_i = 1$ take the slope 0.
#
# $$ L = \frac1n \sum_i \max(0,\ 1 - t_i s_i), \qquad
#    \frac{\partial L}{\partial s_i} = \begin{cases} -t_i / n & t_i s_i < 1 \\ 0 & t_i s_i \ge 1 \end{cases} \tag{3.11} $$
#
# <details><summary>Hint</summary>
#
# `torch.where(condition, this, that)` chooses place by place.
#
# </details>


# %% hinge_loss
def hinge_loss(s: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Mean hinge loss, and dL/ds.   s, t: (n,), t in {-1, +1} -> (), (n,)"""
    ### BEGIN SOLUTION
    room = 1 - t * s
    return room.clamp(min=0).mean(), torch.where(room > 0, -t, torch.zeros_like(t)) / len(s)
    ### END SOLUTION


# %% test_hinge_loss points=3
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
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
