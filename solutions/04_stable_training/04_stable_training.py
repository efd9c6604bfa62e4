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
# # Exercises 4: training that stays alive
#
# Nine small functions, 20 points. You have met each of them in [chapter 4](../../chapters/04_stable_training.ipynb); here you write them
# without looking.
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many slips, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
# What a function is given belongs to the caller: leave it as it was.
#
# Write the mathematics yourself. torch's own versions (`F.elu`, `F.softplus`, `nn.init`, `F.batch_norm`, `clip_grad_norm_` and their relatives) and its automatic
# differentiation do not count as an answer. Everything is in float64, and a batch has one example in each row.

# %% setup
from collections.abc import Sequence

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


def seeded(seed: int) -> torch.Generator:
    """A generator that begins at this seed."""
    return torch.Generator().manual_seed(seed)


# %% [markdown]
# ## 4.1 A bend that goes below zero
# *2 points · effort ● · about 10 minutes*
#
# Give the ELU of every number, and its slope:
#
# $$ \operatorname{ELU}_\alpha(z) = \begin{cases} z & z > 0 \\ \alpha\,(e^{z} - 1) & z \le 0 \end{cases} \tag{4.3} $$
#
# At $z = 0$ take the slope of the lower branch. Sums of several hundred must not break it, and `z` may have any shape, down to a single number.
#
# <details><summary>Hint</summary>
#
# `torch.where(condition, this, that)` computes both sides everywhere and then chooses. Differentiate each branch on paper first.
#
# </details>


# %% elu
def elu(z: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """ELU and its slope.   z: any shape, float64 -> two tensors of that shape"""
    ### BEGIN SOLUTION
    below = alpha * torch.exp(z.clamp(max=0))
    ones = torch.ones_like(z)
    return torch.where(z > 0, z, below - alpha), torch.where(z > 0, ones, below)
    ### END SOLUTION


# %% test_elu points=2
z = numbers([[2.5, -0.3, 0.0], [-2.0, 0.2, -0.9]]).requires_grad_()
value = F.elu(z, alpha=1.6)
slope = torch.autograd.grad(value.sum(), z)[0]
z, value = z.detach(), value.detach()
check.close("ELU and its slope", lambda: elu(z, 1.6), (value, slope))
z, expected = numbers([800.0, -900.0]), (numbers([800.0, -0.7]), numbers([1.0, 0.0]))
check.close("ELU of large sums", lambda: elu(z, 0.7), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("elu", "ELU", "elu_", "celu", "CELU", "selu", "SELU", "autograd")
rng = torch.default_generator  # the grader seeds it anew for each batch
scale = numbers([2.0, 0.5, 1.0, 2.0, 1.0, 0.3, 3.0, 1.0])
z = torch.cat([scale * normal(rng, 8), numbers([0.7, -0.2, -1.8, 0.0, 800.0, -800.0])])
seal("ordinary, zero and large, and z afterwards", (elu(z, 1.3), z))
seal("alpha below one", elu(normal(rng, 3, 2, 4), 0.45))
seal("a single number", elu(-normal(rng).abs() - 0.1, 2.0))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.2 A smooth hinge
# *2 points · effort ●● · about 10 minutes*
#
# Give the softplus of every number, and its slope:
#
# $$ \operatorname{softplus}(z) = \log(1 + e^{z}) \tag{4.3} $$
#
# Both must survive sums of several hundred, and `z` may have any shape, down to a single number.
#
# <details><summary>Hint</summary>
#
# Take $e^{z}$ out of the logarithm when $z$ is positive: $\log(1 + e^{z}) = z + \log(1 + e^{-z})$. With $|z|$ one line serves both signs. The slope is an old friend.
#
# </details>


# %% softplus
def softplus(z: Tensor) -> tuple[Tensor, Tensor]:
    """Softplus and its slope.   z: any shape, float64 -> two tensors of that shape"""
    ### BEGIN SOLUTION
    return z.clamp(min=0) + torch.log1p(torch.exp(-z.abs())), 1 / (1 + torch.exp(-z))
    ### END SOLUTION


# %% test_softplus points=2
z = numbers([[0.5, -1.0, 0.0], [3.0, -4.0, 1.2]]).requires_grad_()
value = F.softplus(z)
slope = torch.autograd.grad(value.sum(), z)[0]
z, value = z.detach(), value.detach()
check.close("softplus and its slope", lambda: softplus(z), (value, slope))
z, expected = numbers([800.0, -900.0]), (numbers([800.0, 0.0]), numbers([1.0, 0.0]))
check.close("softplus of large sums", lambda: softplus(z), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("softplus", "Softplus", "softmax", "logsigmoid", "LogSigmoid", "autograd")
rng = torch.default_generator
scale = numbers([1.0, 0.5, 3.0, 2.0, 1.0, 0.3])
z = torch.cat([scale * normal(rng, 6), numbers([0.8, -1.7, 0.0, 750.0, -750.0])])
seal("ordinary, zero and large, and z afterwards", (softplus(z), z))
seal("another shape", softplus(normal(rng, 2, 3, 4)))
seal("a single number", softplus(normal(rng)))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.3 Count the dead
# *2 points · effort ● · about 5 minutes*
#
# The sums of a ReLU layer for a batch: an example in each row, a unit in each column. Which share of the units does no example wake?
# It is 0 where every unit lives, and 1 where all are dead.
#
# $$ \text{dead fraction} = \frac{1}{h} \,\#\big\{ j : z_{ij} \le 0 \text{ for all } i \big\} \tag{4.6} $$
#
# <details><summary>Hint</summary>
#
# `(z <= 0)` is a table of true and false. Ask of each column whether all of it is true.
#
# </details>


# %% dead_fraction
def dead_fraction(z: Tensor) -> float:
    """Share of units that no example wakes.   z: (n, h) -> a Python number in 0..1"""
    ### BEGIN SOLUTION
    return (z <= 0).all(dim=0).double().mean().item()
    ### END SOLUTION


# %% test_dead_fraction points=2
z = [[-2, 0, -1, 1, -1, 0, 0, 0, -1, 0, 0], [-3, 0, -2, 2, -1, 0, 0, 1, -1, -2, -1]]
z += [[0, 0, -1, 0, -2, -3, -1, 0, -2, -1, -1], [-3, 0, -1, 1, 3, 2, 0, 1, -3, 1, -2]]
z = numbers([*z, [-3, 0, -3, 3, 3, 0, 0, 2, -1, 2, -1]])  # dead: 0, 1, 2, 6, 8 and 10
turned = z.T.clone()  # 11 examples and 5 units; dead: 2
check.close(
    "dead fractions", lambda: [dead_fraction(z), dead_fraction(turned)], [6 / 11, 1 / 5]
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def layer(n: int, h: int) -> Tensor:
    """Sums of dead, silenced, sleepy and lively units, and of some examples that wake no unit."""
    z = normal(torch.default_generator, n, h) + 0.5
    z[:, ::3] = -z[:, ::3].abs()
    z[::3, 3::6] = 0.0
    z[:, 5::7] = 0.0
    z[:, 4::5] = z[:, 4::5].abs()
    z[n // 2 :: 4] = -z[n // 2 :: 4].abs()
    z[0, 1], z[1, 2], z[-1, 4] = 0.6, 2.0, -0.4
    return z


layers = [layer(n, h) for n, h in ((5, 17), (13, 7), (7, 23))]
answers = [dead_fraction(z) for z in layers]
seal("three layers, and the sums afterwards", (answers, layers))
seal("another layer", [dead_fraction(layer(6, 29))])
lively = normal(torch.default_generator, 4, 3).abs() + 0.1
seal("all alive, all dead", [dead_fraction(lively), dead_fraction(-lively)])
### END HIDDEN TESTS

# %% [markdown]
# ## 4.4 He's weights
# *2 points · effort ● · about 5 minutes*
#
# Draw the weights of a layer that feeds ReLUs: normal numbers with mean zero and
#
# $$ \operatorname{Var} w = \frac{2}{n_\text{in}} \tag{4.8} $$
#
# Draw them with one call, `torch.randn(rows, columns, generator=rng, dtype=torch.float64)`, so that the check can draw the same. The layer computes `X @ W.T`.
#
# <details><summary>Hint</summary>
#
# A number with standard deviation $s$ is $s$ times a standard normal one. The formula gives the variance.
#
# </details>


# %% he_normal
def he_normal(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    """Weights for a layer from n_in signals to n_out ReLUs.   -> (n_out, n_in), float64"""
    ### BEGIN SOLUTION
    return (2 / n_in) ** 0.5 * torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)
    ### END SOLUTION


# %% test_he_normal points=2
for n_in, n_out in ((7, 3), (4, 5)):
    W = torch.empty(n_out, n_in, dtype=torch.float64)
    torch.nn.init.kaiming_normal_(W, nonlinearity="relu", generator=seeded(44))
    torch.manual_seed(1)  # an answer without rng draws from here
    check.close(
        f"He, from {n_in} to {n_out}", lambda: he_normal(n_in, n_out, seeded(44)), W
    )
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("kaiming_normal_", "kaiming_uniform_", "kaiming_normal", "kaiming_uniform")
seed = int(torch.randint(2**31, ()))  # rng is not the default generator
rng = seeded(seed)
seal("from 5 to 3 and from 7 to 8", (he_normal(5, 3, rng), he_normal(7, 8, rng)))
rng = seeded(seed + 1)
seal("from 11 to 2", he_normal(11, 2, rng))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.5 Xavier's weights, uniform
# *2 points · effort ●● · about 10 minutes*
#
# The same task for layers whose signal and blame shall both be kept, and with a uniform draw between $-r$ and $r$. Choose $r$ so that
#
# $$ \operatorname{Var} w = \frac{2}{n_\text{in} + n_\text{out}} \tag{4.9} $$
#
# Draw with one call, `torch.rand(rows, columns, generator=rng, dtype=torch.float64)`, which gives numbers between 0 and 1: a 0 becomes $-r$, a 1 becomes $r$.
# The layer computes `X @ W.T`.
#
# <details><summary>Hint</summary>
#
# The variance of a uniform number between $-r$ and $r$ is $r^2 / 3$. Stretch and shift the numbers between 0 and 1 so that they fill the interval.
#
# </details>


# %% xavier_uniform
def xavier_uniform(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    """Uniform weights of Xavier's variance.   -> (n_out, n_in), float64"""
    ### BEGIN SOLUTION
    r = (6 / (n_in + n_out)) ** 0.5
    return r * (2 * torch.rand(n_out, n_in, generator=rng, dtype=torch.float64) - 1)
    ### END SOLUTION


# %% test_xavier_uniform points=2
for n_in, n_out in ((7, 4), (3, 5)):
    W = torch.empty(n_out, n_in, dtype=torch.float64)
    torch.nn.init.xavier_uniform_(W, generator=seeded(45))
    torch.manual_seed(1)  # an answer without rng draws from here
    name = f"Xavier, from {n_in} to {n_out}"
    check.close(name, lambda: xavier_uniform(n_in, n_out, seeded(45)), W)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("xavier_uniform_", "xavier_normal_", "xavier_uniform", "xavier_normal", "uniform_")
seed = int(torch.randint(2**31, ()))  # rng is not the default generator
rng = seeded(seed)
seal("from 5 to 2 and from 7 to 8", (xavier_uniform(5, 2, rng), xavier_uniform(7, 8, rng)))
rng = seeded(seed + 1)
seal("from 11 to 2", xavier_uniform(11, 2, rng))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.6 Batch normalisation, in training
# *3 points · effort ●● · about 10 minutes*
#
# Standardise each column over the batch, then scale and shift it. Give back the result and the two statistics, which the running averages will need.
# A column of equal numbers has the variance 0 and comes out as $\beta$.
#
# $$ \mu = \frac1n \sum_i x_i, \quad v = \frac1n \sum_i (x_i - \mu)^2, \qquad
#    y_i = \gamma\,\frac{x_i - \mu}{\sqrt{v + \varepsilon}} + \beta \tag{4.10} $$
#
# <details><summary>Hint</summary>
#
# `X.var(dim=0)` divides by $n - 1$ unless you say `correction=0`. Mind where $\varepsilon$ stands.
#
# </details>


# %% batch_norm_train
def batch_norm_train(
    X: Tensor, gamma: Tensor, beta: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Y, mean and variance of eq. 4.10.   X: (n, d), gamma, beta: (d,) -> (n, d), (d,), (d,)"""
    ### BEGIN SOLUTION
    mean, var = X.mean(dim=0), X.var(dim=0, correction=0)
    return gamma * (X - mean) / (var + eps).sqrt() + beta, mean, var
    ### END SOLUTION


# %% test_batch_norm_train points=3
rng = seeded(46)
X, gamma, beta = 2 + 3 * normal(rng, 7, 4), normal(rng, 4), normal(rng, 4)
X[:, 2] = 3.0  # a column of equal numbers
Y = F.batch_norm(X, None, None, gamma, beta, training=True, eps=0.25)
expected = (Y, X.mean(dim=0), torch.cov(X.T, correction=0).diagonal())
check.close("(Y, mean, var)", lambda: batch_norm_train(X, gamma, beta, 0.25), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("batch_norm", "BatchNorm1d", "BatchNorm2d", "native_batch_norm", "layer_norm")
rng = torch.default_generator
X, gamma, beta = 3 + 0.4 * normal(rng, 8, 5), normal(rng, 5), normal(rng, 5)
X[:, 1] = -2.0
answer = batch_norm_train(X, gamma, beta, 0.02)
seal("a batch, and what was given afterwards", (answer, X, gamma, beta))
answer = batch_norm_train(1 - 5 * normal(rng, 11, 2), normal(rng, 2), normal(rng, 2), 0.6)
seal("a long batch", answer)
answer = batch_norm_train(normal(rng, 2, 3), normal(rng, 3), normal(rng, 3), 1e-4)
seal("two examples", answer)
### END HIDDEN TESTS

# %% [markdown]
# ## 4.7 Remember what the batches were like
# *2 points · effort ●●● · about 10 minutes*
#
# After each training step the layer moves its running averages a little towards the batch's statistics. Give the new pair, and leave the old one as it was.
#
# $$ \bar\mu \leftarrow (1 - m)\,\bar\mu + m\,\mu, \qquad \bar v \leftarrow (1 - m)\,\bar v + m\,\frac{n}{n-1}\,v \tag{4.11} $$
#
# Here $v$ is the plain variance of the batch, as exercise 4.6 returns it.
#
# <details><summary>Hint</summary>
#
# Two lines, no loop. Ask yourself which of the two averages needs the factor, and why.
#
# </details>


# %% update_running
def update_running(
    running: tuple[Tensor, Tensor], mean: Tensor, var: Tensor, n: int, momentum: float
) -> tuple[Tensor, Tensor]:
    """The new running mean and variance (eq. 4.11).

    running: the old pair; mean, var: of a batch of n rows, var the plain one; all (d,)
    """
    ### BEGIN SOLUTION
    old_mean, old_var = running
    new_mean = (1 - momentum) * old_mean + momentum * mean
    return new_mean, (1 - momentum) * old_var + momentum * var * n / (n - 1)
    ### END SOLUTION


# %% test_update_running points=2
rng = seeded(47)
X, old_mean, old_var = 2 + 3 * normal(rng, 7, 3), normal(rng, 3), normal(rng, 3).exp()
new = old_mean.clone(), old_var.clone()
F.batch_norm(X, *new, training=True, momentum=0.3)  # moves the two averages in place
mean, var = X.mean(dim=0), torch.cov(X.T, correction=0).diagonal()
check.close("averages", lambda: update_running((old_mean, old_var), mean, var, 7, 0.3), new)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("batch_norm", "BatchNorm1d", "BatchNorm2d", "native_batch_norm", "lerp", "lerp_")
rng = torch.default_generator
old, mean, var = (
    (normal(rng, 4), normal(rng, 4).exp()),
    2 + normal(rng, 4),
    normal(rng, 4).exp(),
)
new = update_running(old, mean, var, 8, 0.15)
seal("a small batch, and what was given afterwards", (new, old, mean, var))
old = normal(rng, 5), normal(rng, 5).exp()
seal("two rows", update_running(old, normal(rng, 5), normal(rng, 5).exp(), 2, 0.4))
seal("much of the new", update_running(old, normal(rng, 5), normal(rng, 5).exp(), 9, 0.8))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.8 In service
# *2 points · effort ●● · about 10 minutes*
#
# Now the layer answers a single example as well as a thousand. Use the stored statistics; the rest of (4.10) stays.
#
# <details><summary>Hint</summary>
#
# The answer to one row must not depend on the other rows. So nothing may be summed over the batch.
#
# </details>


# %% batch_norm_eval
def batch_norm_eval(
    X: Tensor, gamma: Tensor, beta: Tensor, running: tuple[Tensor, Tensor], eps: float
) -> Tensor:
    """Batch normalisation in service.

    X: (n, d), gamma, beta: (d,), running: the stored mean and variance, (d,) each -> (n, d)
    """
    ### BEGIN SOLUTION
    mean, var = running
    return gamma * (X - mean) / (var + eps).sqrt() + beta
    ### END SOLUTION


# %% test_batch_norm_eval points=2
rng = seeded(48)
X, gamma, beta = 2 + 3 * normal(rng, 5, 3), normal(rng, 3), normal(rng, 3)
mean, var = 1 + normal(rng, 3).exp(), normal(rng, 3).exp()
for batch in (X, X[1:2]):
    Y = F.batch_norm(batch, mean, var, gamma, beta, training=False, eps=0.6)
    name = f"at inference, batch of {len(batch)}"
    check.close(name, lambda: batch_norm_eval(batch, gamma, beta, (mean, var), 0.6), Y)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("batch_norm", "BatchNorm1d", "BatchNorm2d", "native_batch_norm", "layer_norm")
rng = torch.default_generator
mean, var = 0.5 + normal(rng, 4).exp(), normal(rng, 4).exp()
var[1] = 0.3
X, gamma, beta = 1 - 2 * normal(rng, 6, 4), normal(rng, 4), normal(rng, 4)
Y = batch_norm_eval(X, gamma, beta, (mean, var), 0.7)
seal("a batch, and what was given afterwards", (Y, X, gamma, beta, mean, var))
seal("one row", batch_norm_eval(X[:1] + 1, gamma, beta, (mean, var), 1e-3))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.9 The seat belt
# *3 points · effort ●● · about 10 minutes*
#
# Given the gradients of all parameters, give them back so that together they are at most $c$ long, in the same direction. Together means: as if all their numbers stood in one long
# vector. Leave the ones that you were given as they are.
#
# $$ \mathbf g \leftarrow \mathbf g \cdot \min\!\Big(1,\ \frac{c}{\lVert \mathbf g \rVert}\Big) \tag{4.14} $$
#
# Gradients that are all zero stay so.
#
# <details><summary>Hint</summary>
#
# The squared length of the long vector is the sum of all squared numbers. A short gradient is left alone: compare before you divide.
#
# </details>


# %% clip_gradients
def clip_gradients(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    """The gradients, shortened to a joint length of at most c.   -> new tensors, same shapes"""
    ### BEGIN SOLUTION
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    factor = c / norm if norm > c else 1.0
    return [g * factor for g in gradients]
    ### END SOLUTION


# %% test_clip_gradients points=3
gradients = [numbers([-1, -9, -5, -3]), numbers([[2, -4, 8], [-4, -5, 7]])]
gradients += [numbers([[-4], [-2]]), numbers([9, -3])]
for c, factor in ((5.2, 0.26), (16.0, 0.8), (25.0, 1.0)):  # together they are 20 long
    expected = [factor * g for g in gradients]
    check.close(f"clipped at {c:g}", lambda: clip_gradients(gradients, c), expected)
zeros = [0 * g for g in gradients]
check.close(
    "zero gradients", lambda: clip_gradients(zeros, 0.5), [0 * g for g in gradients]
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("clip_grad_norm_", "clip_grad_norm", "clip_grads_with_norm_", "clip_grad_value_")
rng = torch.default_generator
long = [2 + normal(rng, 4), normal(rng, 2, 3) - 6, 0.1 * normal(rng, 5), 3 + normal(rng, 2)]
length = sum(float((g**2).sum()) for g in long) ** 0.5
zeros = [torch.zeros(2, 3, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)]
given = (long, long, long, long, zeros)
limits = (0.6, 0.6 * length, 0.9 * length, 1.15 * length, 0.7)
answers = [clip_gradients(g, c) for g, c in zip(given, limits, strict=True)]
seal("long, short and zero gradients, and what was given", (answers, long, zeros))
seal("a single tensor", clip_gradients([2 + normal(rng, 3, 2)], 0.3))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
