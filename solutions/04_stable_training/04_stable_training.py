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
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, and where it
# recognises a slip it tells you which one. After handing in, each function is run again on other inputs: edge cases included.
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


# %% [markdown]
# ## 4.1 A bend that goes below zero
# *2 points · effort ● · about 10 minutes*
#
# Give the ELU of every number, and its slope:
#
# $$ \operatorname{ELU}_\alpha(z) = \begin{cases} z & z > 0 \\ \alpha\,(e^{z} - 1) & z \le 0 \end{cases} \tag{4.3} $$
#
# At $z = 0$ take the slope of the lower branch. Sums of several hundred must not break it.
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
z = numbers([[1.5, -0.5, 0.0], [-2.0, 0.2, -30.0]]).requires_grad_()
value = F.elu(z, alpha=0.7)
slope = numbers([[1.0, 0.424571, 0.7], [0.094735, 1.0, 0.0]])
value = value.detach()
without = numbers([[1.0, 0.606531, 1.0], [0.135335, 1.0, 0.0]])
both = numbers([[1.05, -0.275429, 0.0], [-0.605265, 0.14, -0.7]])
zero = numbers([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
slips = {
    "The slope below zero has lost its alpha.": (value, without),
    "The slope below zero is ReLU's; the branch there is not flat.": (value, zero),
    "Alpha scales the positive side too; it belongs below zero alone.": (both, slope),
}
check.close(
    "(value, slope)", elu(z.detach(), 0.7), (value, slope), rtol=0, atol=2e-6, slips=slips
)

large = numbers([800.0, -800.0])
no_number = numbers([float("nan"), -0.7])
slips = {
    "Infinity times zero: a branch that is not chosen still spoils the sum.": no_number
}
check.close(
    "the value of large sums", elu(large, 0.7)[0], numbers([800.0, -0.7]), slips=slips
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("elu", "ELU", "elu_", "celu", "CELU", "selu", "SELU", "autograd")
rng = torch.default_generator  # the grader seeds it anew for each batch
z = torch.cat([2 * normal(rng, 6), numbers([0.0, 800.0, -800.0])])
seal("ordinary, zero and large", elu(z, 1.3))
seal("alpha of one half", elu(normal(rng, 3, 2, 2), 0.5))
seal("a single number", elu(-normal(rng).abs(), 2.0))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.2 A smooth hinge
# *2 points · effort ●● · about 10 minutes*
#
# Give the softplus of every number, and its slope:
#
# $$ \operatorname{softplus}(z) = \log(1 + e^{z}) \tag{4.3} $$
#
# Both must survive sums of several hundred.
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
z = numbers([[0.5, -1.0, 0.0], [3.0, -4.0, 1.2]])
value = F.softplus(z)
slope = numbers([[0.622459, 0.268941, 0.5], [0.952574, 0.017986, 0.768525]])
step = numbers([[1.0, 0.0, 0.0], [1.0, 0.0, 1.0]])
slips = {
    "The slope is that of ReLU; softplus passes zero smoothly.": (value, step),
    "The slope falls where it should rise: the sign of z is turned round in it.": (
        value,
        1 - slope,
    ),
    "The value falls where it should rise: the sign of z is turned round in it.": (
        value - z,
        slope,
    ),
}
check.close("(value, slope)", softplus(z), (value, slope), rtol=0, atol=2e-6, slips=slips)

large, right = numbers([800.0, -800.0]), numbers([800.0, 0.0])
slips = {"The exponential of a large number is infinite.": numbers([float("inf"), 0.0])}
check.close("the value of large sums", softplus(large)[0], right, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("softplus", "Softplus", "softmax", "logsigmoid", "LogSigmoid", "autograd")
rng = torch.default_generator
z = torch.cat([3 * normal(rng, 6), numbers([0.0, 750.0, -750.0])])
seal("ordinary, zero and large", softplus(z))
seal("another shape", softplus(normal(rng, 2, 3, 2)))
seal("a single number", softplus(normal(rng)))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.3 Count the dead
# *2 points · effort ● · about 5 minutes*
#
# The sums of a ReLU layer for a batch: an example in each row, a unit in each column. Which share of the units does no example wake?
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
z = numbers(
    [
        [-1.0, 0.0, -0.3, 2.0, -1.0],
        [-2.0, -1.0, -0.1, 0.5, 0.0],
        [-0.5, -1.0, -0.7, 1.0, 3.0],
        [-0.1, 0.0, -2.0, -1.0, -1.0],
        [-0.1, -0.2, -2.0, -1.0, -1.0],
        [-0.1, -0.2, 1.0, -1.0, -1.0],
    ]
)
slips = {
    "This is the share of silent answers; count units that never answer.": 25 / 30,
    "One silent answer is no death: every example has to leave the unit silent.": 1.0,
    "Examples that wake no unit are counted; count units that no example wakes.": 1 / 3,
    "A sum of exactly zero does not wake a unit either.": 0.2,
}
check.close("dead fraction", dead_fraction(z), 0.4, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import number, seal

rng = torch.default_generator
z = normal(rng, 7, 9) - 1.2
z[:, 2] = -z[:, 2].abs()
z[:, 5] = -z[:, 5].abs()
z[3:5, 5] = 0.0
z[:, 7] = 0.0
z[0, :2] = 1.0
z[1] = -z[1].abs()
seal("a batch with a zero column", dead_fraction(z), rule=number())
seal("all alive", dead_fraction(normal(rng, 4, 3).abs() + 0.1), rule=number())
seal("all dead", dead_fraction(-normal(rng, 2, 6).abs()), rule=number())
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
drawn = normal(torch.Generator().manual_seed(44), 3, 5)
drawn_turned = normal(torch.Generator().manual_seed(44), 5, 3)
slips = {
    "The variance stands where the standard deviation belongs.": 0.4 * drawn,
    "The outputs are counted; here the incoming signals count.": 0.816497 * drawn,
    "This is the rule for linear layers; ReLU throws half of the signal away.": 0.447214
    * drawn,
    "Rows and columns are exchanged: a unit's weights stand in a row.": 0.632456
    * drawn_turned,
}
weights = he_normal(5, 3, torch.Generator().manual_seed(44))
check.close("weights", weights, 0.632456 * drawn, rtol=0, atol=2e-6, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("kaiming_normal_", "kaiming_uniform_", "kaiming_normal", "kaiming_uniform")
rng = torch.default_generator
seal("from 7 to 4", he_normal(7, 4, rng))
seal("from 1 to 6", he_normal(1, 6, rng))
seal("from 3 to 3", he_normal(3, 3, rng))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.5 Xavier's weights, uniform
# *2 points · effort ●● · about 10 minutes*
#
# The same task for layers whose signal and blame shall both be kept, and with a uniform draw between $-r$ and $r$. Choose $r$ so that
#
# $$ \operatorname{Var} w = \frac{2}{n_\text{in} + n_\text{out}} \tag{4.9} $$
#
# Draw with one call, `torch.rand(rows, columns, generator=rng, dtype=torch.float64)`, which gives numbers between 0 and 1.
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
rng = torch.Generator().manual_seed(45)
centred = 2 * torch.rand(3, 5, generator=rng, dtype=torch.float64) - 1
expected = 0.866025 * centred
slips = {
    "The standard deviation was taken for the half-width of the interval.": 0.5 * centred,
    "All weights are positive; the interval lies around zero.": (expected + 0.866025) / 2,
    "Only the incoming signals are counted; the outgoing ones count too.": 1.095445
    * centred,
    "The mean of the two numbers was taken where their sum belongs.": 1.224745 * centred,
}
weights = xavier_uniform(5, 3, torch.Generator().manual_seed(45))
check.close("weights", weights, expected, rtol=0, atol=2e-6, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("xavier_uniform_", "xavier_normal_", "xavier_uniform", "xavier_normal", "uniform_")
rng = torch.default_generator
seal("from 7 to 4", xavier_uniform(7, 4, rng))
seal("from 1 to 6", xavier_uniform(1, 6, rng))
seal("from 2 to 2", xavier_uniform(2, 2, rng))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.6 Batch normalisation, in training
# *3 points · effort ●● · about 10 minutes*
#
# Standardise each column over the batch, then scale and shift it. Give back the result and the two statistics, which the running averages will need.
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
X = numbers([[1.0, 4.0], [2.0, 0.0], [6.0, -1.0]])
gamma, beta = numbers([2.0, -1.0]), numbers([0.5, 3.0])
Y = F.batch_norm(X, None, None, gamma, beta, training=True, eps=0.25)
mean, var = numbers([3.0, 1.0]), numbers([4.666667, 4.666667])
slips = {
    "The variance is the unbiased one; this step takes the plain one.": (
        numbers([[-0.985563, 1.885828], [-0.242781, 3.371391], [2.728344, 3.742781]]),
        mean,
        1.5 * var,
    ),
    "Epsilon stands outside the root; it belongs to the variance.": (
        numbers([[-1.159581, 1.755314], [-0.329791, 3.414895], [2.989372, 3.829791]]),
        mean,
        var,
    ),
    "The result is standardised only: its own scale and shift are missing.": (
        (Y - beta) / gamma,
        mean,
        var,
    ),
    "It is divided by the variance; the spread is its root.": (
        numbers([[-0.313559, 2.389831], [0.093220, 3.203390], [1.720339, 3.406780]]),
        mean,
        var,
    ),
}
answer = batch_norm_train(X, gamma, beta, 0.25)
check.close("(Y, mean, var)", answer, (Y, mean, var), rtol=0, atol=2e-6, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("batch_norm", "BatchNorm1d", "BatchNorm2d", "native_batch_norm", "layer_norm")
rng = torch.default_generator
X = 3 + 0.1 * normal(rng, 6, 4)
seal("a batch", batch_norm_train(X, normal(rng, 4), normal(rng, 4), 0.01))
seal("two rows", batch_norm_train(normal(rng, 2, 3), normal(rng, 3), normal(rng, 3), 1e-5))
constant = 2 + torch.zeros(5, 2, dtype=torch.float64)
seal("a constant batch", batch_norm_train(constant, normal(rng, 2), normal(rng, 2), 1e-3))
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
old = numbers([0.0, 1.0, -2.0]), numbers([1.0, 4.0, 0.5])
mean, var = numbers([2.0, -1.0, 0.5]), numbers([3.0, 0.6, 1.2])
expected = numbers([0.4, 0.6, -1.5]), numbers([1.55, 3.35, 0.7])
slips = {
    "The variance is the plain one; the stored one is unbiased.": (
        expected[0],
        numbers([1.4, 3.32, 0.64]),
    ),
    "Old and new have exchanged their shares: the batch gets the small one.": (
        numbers([1.6, -0.6, 0.0]),
        numbers([3.2, 1.4, 1.3]),
    ),
    "The correction is upside down: a sample's own variance is too small.": (
        expected[0],
        numbers([1.28, 3.296, 0.592]),
    ),
    "The mean needs no correction; only the variance does.": (
        numbers([0.5, 0.55, -1.475]),
        expected[1],
    ),
}
before = tuple(t.clone() for t in old)
answer = update_running(old, mean, var, 5, 0.2)
check.close("(mean, variance)", answer, expected, slips=slips)
slips = {"The old averages belong to the caller, and were changed.": expected}
check.close("the old pair afterwards", old, before, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("batch_norm", "BatchNorm1d", "BatchNorm2d", "native_batch_norm", "lerp", "lerp_")
rng = torch.default_generator
old = normal(rng, 3), normal(rng, 3).exp()
new = update_running(old, normal(rng, 3), normal(rng, 3).exp(), 4, 0.1)
seal("a small batch, and the old pair afterwards", (new, old))
old = normal(rng, 2), normal(rng, 2).exp()
seal("two rows", update_running(old, normal(rng, 2), normal(rng, 2).exp(), 2, 0.3))
seal("everything new", update_running(old, normal(rng, 2), normal(rng, 2).exp(), 9, 1.0))
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
X = numbers([[1.0, 4.0], [2.0, 0.0], [6.0, -1.0]])
gamma, beta = numbers([2.0, -1.0]), numbers([0.5, 3.0])
running = numbers([2.0, 1.0]), numbers([3.75, 0.75])
Y = F.batch_norm(X, *running, gamma, beta, training=False, eps=0.25)
own = numbers([[-1.30395, 1.647037], [-0.401975, 3.450988], [3.205926, 3.901975]])
slips = {
    "These are the batch's own statistics; in service the stored ones count.": own,
    "It is divided by the variance; the spread is its root.": numbers(
        [[0.0, 0.0], [0.5, 4.0], [2.5, 5.0]]
    ),
    "The scale and the shift that were learned are missing.": (Y - beta) / gamma,
    "The mean is not taken off.": numbers([[1.5, -1.0], [2.5, 3.0], [6.5, 4.0]]),
}
answer = batch_norm_eval(X, gamma, beta, running, 0.25)
check.close("Y", answer, Y, rtol=0, atol=2e-6, slips=slips)
check.close("one row alone", batch_norm_eval(X[:1], gamma, beta, running, 0.25), answer[:1])
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("batch_norm", "BatchNorm1d", "BatchNorm2d", "native_batch_norm", "layer_norm")
rng = torch.default_generator
running = normal(rng, 4), normal(rng, 4).exp()
X, gamma, beta = normal(rng, 6, 4), normal(rng, 4), normal(rng, 4)
seal("a batch", batch_norm_eval(X, gamma, beta, running, 1e-2))
seal("one row", batch_norm_eval(X[:1] + 1, gamma, beta, running, 1e-5))
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
gradients = [numbers([[3.0, 0.0], [0.0, -4.0]]), numbers([12.0]), numbers([0.0, 0.0, 84.0])]
expected = [g * (1.7 / 85) for g in gradients]
apart = [gradients[0] * 0.34, numbers([1.7]), numbers([0.0, 0.0, 1.7])]
entries = [numbers([[1.7, 0.0], [0.0, -1.7]]), numbers([1.7]), numbers([0.0, 0.0, 1.7])]
slips = {
    "Each tensor was clipped by itself; they have one length together.": apart,
    "Each number was clipped by itself, which turns the direction.": entries,
    "The lengths of the parts were added; lengths add up as squares.": [
        g * (1.7 / 101) for g in gradients
    ],
}
before = [g.clone() for g in gradients]
check.close("long gradients", clip_gradients(gradients, 1.7), expected, slips=slips)
slips = {"The gradients belong to the caller, and were changed.": expected}
check.close("the gradients after the call", gradients, before, slips=slips)
longer = [g * (100 / 85) for g in gradients]
slips = {"A short gradient was made longer; leave it alone.": longer}
check.close("short gradients", clip_gradients(gradients, 100.0), gradients, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("clip_grad_norm_", "clip_grad_norm", "clip_grads_with_norm_", "clip_grad_value_")
rng = torch.default_generator
long = [3 * normal(rng, 2, 3), normal(rng, 4), 5 * normal(rng, 1)]
short = [0.01 * g for g in long]
answers = clip_gradients(long, 0.5), clip_gradients(short, 5.0)
seal("long and short ones, and the ones that were given", (answers, long, short))
zeros = [torch.zeros(2, 2, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)]
seal("zeros", clip_gradients(zeros, 1.0))
seal("a single tensor", clip_gradients([normal(rng, 3, 2)], 0.1))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
