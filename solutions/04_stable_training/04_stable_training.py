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
# # Exercises 4: making training work
#
# Eight exercises, 20 points, on [chapter 4](../../chapters/04_stable_training.ipynb). The first word under each heading names its kind: *Write* a piece that the chapter took from torch, *Find the bug* in a function that
# looks right, *Derive* a gradient, *Predict* numbers before a run, *Go beyond* the chapter.
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many slips, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
# What a function is given belongs to the caller: leave it as it was.
#
# Write the mathematics yourself. torch's own versions (`F.elu`, `F.softplus`, `nn.init`, `F.batch_norm`, `F.layer_norm`, `clip_grad_norm_` and their relatives) and its automatic
# differentiation do not count as an answer. Everything is in float64, and a batch has one example in each row.

# %% setup
from collections.abc import Sequence
from itertools import pairwise

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
# ## 4.1 A softplus for large numbers
# *Write · 2 points · effort ●● · about 10 minutes*
#
# Give the softplus of every number, and its slope:
#
# $$ \operatorname{softplus}(z) = \log(1 + e^{z}) \tag{4.3} $$
#
# Both must be right for pre-activations of several hundred, positive or negative, and `z` may have any shape, down to a single number.
#
# <details><summary>Hint</summary>
#
# Take $e^{z}$ out of the logarithm when $z$ is positive: $\log(1 + e^{z}) = z + \log(1 + e^{-z})$. With $|z|$ one line serves both signs. The slope is a function of (4.1).
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
check.close("softplus of large pre-activations", lambda: softplus(z), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("softplus", "Softplus", "softmax", "logsigmoid", "LogSigmoid", "logaddexp")
banned("autograd")
rng = torch.default_generator
scale = numbers([1.0, 0.5, 3.0, 2.0, 1.0, 0.3])
z = torch.cat([scale * normal(rng, 6), numbers([0.8, -1.7, 0.0, 750.0, -750.0])])
seal("ordinary, zero and large, and z afterwards", (softplus(z), z))
seal("another shape", softplus(normal(rng, 2, 3, 4)))
seal("a single number", softplus(normal(rng)))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.2 A faulty ELU
# *Find the bug · 2 points · effort ● · about 10 minutes*
#
# This function shall give the ELU of every number, and its slope:
#
# $$ \operatorname{ELU}_\alpha(z) = \begin{cases} z & z > 0 \\ \alpha\,(e^{z} - 1) & z \le 0 \end{cases} \tag{4.3} $$
#
# For $\alpha = 1$ it agrees with torch. For other values two lines are wrong. Write a repaired `elu`. At $z = 0$ take the slope of the lower branch. Pre-activations of several hundred must stay right, and `z` may have any shape, down to a single number.
#
# <details><summary>Hint</summary>
#
# Differentiate the lower branch on paper, with $\alpha$ in it. Then try $\alpha = 2$ at $z = 0$: does the lower branch meet the upper one?
#
# </details>


# %%
def faulty_elu(z: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """ELU and its slope; two lines are wrong."""
    power = torch.exp(z.clamp(max=0))
    value = torch.where(z > 0, z, alpha * power - 1)
    slope = torch.where(z > 0, 1.0, power)
    return value, slope


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
check.close("ELU of large pre-activations", lambda: elu(z, 0.7), expected)
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
# ## 4.3 Faulty first weights
# *Find the bug · 2 points · effort ● · about 10 minutes*
#
# This function shall draw the weights of a layer that is followed by ReLU, normal numbers with mean zero and
#
# $$ \operatorname{Var} w = \frac{2}{n_\text{in}} \tag{4.8} $$
#
# The shape is right, and a network of one width with $n_\text{in} = n_\text{out} = 2$ shows no fault. Two things are wrong. Write a repaired `he_normal`.
# Draw the numbers with one call, as here, so that the check can draw the same. The layer computes `X @ W.T`.
#
# <details><summary>Hint</summary>
#
# A number with standard deviation $s$ is $s$ times a standard normal one. What does (4.8) give, and for which side of the layer?
#
# </details>


# %%
def faulty_he_normal(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    """He initialisation; two things are wrong.   -> (n_out, n_in), float64"""
    spread = 2 / n_out
    return spread * torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)


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
# ## 4.4 A faulty batch normalisation
# *Find the bug · 3 points · effort ●● · about 15 minutes*
#
# This function shall standardise each column over the batch, then scale and shift it, and give back the result with the two statistics, which the running statistics will need:
#
# $$ \mu = \frac1n \sum_i x_i, \quad v = \frac1n \sum_i (x_i - \mu)^2, \qquad
#    y_i = \gamma\,\frac{x_i - \mu}{\sqrt{v + \varepsilon}} + \beta \tag{4.10} $$
#
# For a large batch of ordinary data its result agrees with torch's to a few digits. Two things are wrong. Write a repaired `batch_norm_train`.
# A column of equal numbers has the variance 0 and comes out as $\beta$.
#
# <details><summary>Hint</summary>
#
# Compare with torch on a batch of two rows, and on a column whose variance is about as small as $\varepsilon$.
#
# </details>


# %%
def faulty_batch_norm(
    X: Tensor, gamma: Tensor, beta: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Y, mean and variance; two things are wrong."""
    mean, var = X.mean(dim=0), X.var(dim=0)
    X_hat = (X - mean) / (var.sqrt() + eps)
    return gamma * X_hat + beta, mean, var


# %% batch_norm_train
def batch_norm_train(
    X: Tensor, gamma: Tensor, beta: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Y, mean and variance of eq. 4.11.   X: (n, d), gamma, beta: (d,) -> (n, d), (d,), (d,)"""
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
# ## 4.5 Gradient clipping
# *Write · 3 points · effort ●● · about 10 minutes*
#
# Given the gradients of all parameters, give back gradients whose joint length is at most $c$, in the same direction. Joint means: as if all their numbers stood in one long
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
# ## 4.6 The backward pass of layer normalisation
# *Derive · 3 points · effort ●●● · about 30 minutes*
#
# Layer normalisation standardises each *row* over its $d$ units, then scales and shifts each unit:
#
# $$ \mu = \frac1d \sum_j x_j, \quad v = \frac1d \sum_j (x_j - \mu)^2, \quad \hat x_j = \frac{x_j - \mu}{\sqrt{v + \varepsilon}}, \qquad y_j = \gamma_j\,\hat x_j + \beta_j $$
#
# Given $\partial L/\partial Y$ for a batch, derive the gradients with respect to $X$, $\gamma$ and $\beta$, and write them as code. Note which sums run over the units of a row and which over the examples of the batch.
#
# <details><summary>Hint</summary>
#
# An input acts on its row along three paths: directly, through the mean, through the variance. (4.13) has the result for statistics over the batch; $g_j = \gamma_j\,\partial L/\partial y_j$ helps here too.
# $\gamma$ and $\beta$ are shared by all rows.
#
# </details>


# %% layer_norm_gradients
def layer_norm_gradients(
    X: Tensor, gamma: Tensor, dY: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """dL/dX, dL/dgamma, dL/dbeta.   X, dY: (n, d), gamma: (d,) -> (n, d), (d,), (d,)"""
    ### BEGIN SOLUTION
    centred = X - X.mean(dim=1, keepdim=True)
    std = ((centred**2).mean(dim=1, keepdim=True) + eps).sqrt()
    X_hat = centred / std
    g = gamma * dY
    along = (g * X_hat).mean(dim=1, keepdim=True)
    dX = (g - g.mean(dim=1, keepdim=True) - X_hat * along) / std
    return dX, (dY * X_hat).sum(dim=0), dY.sum(dim=0)
    ### END SOLUTION


# %% test_layer_norm_gradients points=3
rng = seeded(46)
X, dY = 2 + 3 * normal(rng, 7, 4), normal(rng, 7, 4)
gamma, beta = normal(rng, 4), normal(rng, 4)
leaves = [t.clone().requires_grad_() for t in (X, gamma, beta)]
Y = F.layer_norm(leaves[0], (4,), leaves[1], leaves[2], eps=0.4)
expected = torch.autograd.grad(Y, leaves, dY)
check.close(
    "(dX, dgamma, dbeta)", lambda: layer_norm_gradients(X, gamma, dY, 0.4), expected
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("layer_norm", "LayerNorm", "native_layer_norm", "group_norm", "batch_norm")
banned("autograd")
rng = torch.default_generator
X, gamma, dY = 1 - 2 * normal(rng, 5, 8), normal(rng, 8), normal(rng, 5, 8)
answer = layer_norm_gradients(X, gamma, dY, 0.3)
seal("a batch, and what was given afterwards", (answer, X, gamma, dY))
X, gamma, dY = 4 + normal(rng, 9, 3), normal(rng, 3), normal(rng, 9, 3)
seal("a long batch", layer_norm_gradients(X, gamma, dY, 0.02))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.7 Seven numbers before a run
# *Predict · 2 points · effort ●● · about 15 minutes*
#
# Work out these numbers, with three significant digits, before you run anything. The check holds the form of your answer; whether the numbers are right is sealed.
#
# 1. Inputs of mean 0 and standard deviation 1, 100 in number, pass eight *linear* layers of 100 units without biases, with weights of mean 0 and standard deviation 0.05. What is the standard deviation of the last activations?
# 2. All hidden layers have a leaky ReLU with slope 0.5 below zero; their pre-activations are distributed symmetrically about zero. Which value of $n_\text{in} \operatorname{Var} w$ keeps the variance of the pre-activations?
# 3. In a deep tanh network of 200 units a layer, the weights have variance 1, and the mean of $f'(z)^2$ is 0.02. By what factor does the standard deviation of the error signal grow in a layer (4.10)?
# 4. A batch normalisation layer is new, its running mean is 0 and $m = 0.1$. Three batches follow, each with the mean 10. What is the running mean?
# 5. Another new layer, with running variance 1 and $m = 0.1$, sees one batch of 5 rows with the plain variance $v = 8$. What is the running variance?
# 6. The weights in front of a batch normalisation layer ($\varepsilon = 0$) are multiplied by 4. By what factor is their gradient multiplied?
# 7. Three tensors have gradients of lengths 2, 3 and 6. They are clipped together at $c = 3.5$. How long is the last one afterwards?


# %% predictions
def predictions() -> list[float]:
    """The seven numbers, in this order."""
    ### BEGIN SOLUTION
    return [0.00390625, 1.6, 2.0, 2.71, 1.9, 0.25, 3.0]
    ### END SOLUTION


# %% test_predictions points=2
check.predicted("seven numbers", lambda: predictions(), count=7)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

seal("seven numbers", numbers(list(predictions())), rule=close(rtol=0.006))
### END HIDDEN TESTS

# %% [markdown]
# ## 4.8 A start for eight sigmoid layers
# *Go beyond · 3 points · effort ●●● · about 30 minutes*
#
# Plain networks of many sigmoid layers do not train from the usual weights. Design a start, weights and biases, for `eight_layers` below, so that
#
# - before training, the activations of each hidden layer differ between the points: their standard deviation over the points, averaged over the units of the layer, is at least 0.05;
# - after `trained`, at least 90 percent of fresh points are classified correctly.
#
# `sizes` lists the number of inputs, of units in each layer, and of outputs. Give a pair `(W, b)` for each layer, in float64, `W` of shape (outputs, inputs); take all random numbers from `rng`. Any start that reaches both bounds counts; it is tried on other points, other seeds and another width.
#
# <details><summary>Hint</summary>
#
# By what factor does a sigmoid layer shrink differences between inputs, and what does (4.14) do about it? Without the biases the units leave the middle of the sigmoid.
#
# </details>


# %% eight_layers
def two_moons(n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two half-circles with noise.   -> (n, 2) points, (n,) labels 0 and 1"""
    angle = torch.pi * torch.rand(n, generator=rng, dtype=torch.float64)
    y = (torch.arange(n) % 2).double()
    X = torch.stack([angle.cos() * (1 - 2 * y) + y, angle.sin() * (1 - 2 * y) + y / 2], 1)
    return X + 0.1 * torch.randn(n, 2, generator=rng, dtype=torch.float64), y


def eight_layers(parameters: list[tuple[Tensor, Tensor]], X: Tensor) -> list[Tensor]:
    """The activations of the hidden layers, and last the logits.   X: (n, 2) -> (n, h), ..., (n, 1)"""
    outputs = [X]
    for i, (W, b) in enumerate(parameters, start=1):
        z = outputs[-1] @ W.T + b
        outputs.append(z if i == len(parameters) else torch.sigmoid(z))
    return outputs[1:]


def trained(
    parameters: list[tuple[Tensor, Tensor]], X: Tensor, y: Tensor
) -> list[tuple[Tensor, Tensor]]:
    """The parameters after 150 steps with momentum and clipping on all points."""
    flat = [t.detach().clone().requires_grad_() for pair in parameters for t in pair]
    optimizer = torch.optim.SGD(flat, lr=0.2, momentum=0.9)
    for _ in range(150):
        logits = eight_layers(list(zip(flat[::2], flat[1::2], strict=True)), X)[-1][:, 0]
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(logits, y).backward()
        torch.nn.utils.clip_grad_norm_(flat, 0.3)
        optimizer.step()
    flat = [t.detach() for t in flat]
    return list(zip(flat[::2], flat[1::2], strict=True))


# %% start
def start(sizes: Sequence[int], rng: torch.Generator) -> list[tuple[Tensor, Tensor]]:
    """First parameters.   sizes: (d, h, ..., h, 1) -> a pair (W, b) for each layer"""
    ### BEGIN SOLUTION
    parameters = []
    for n_in, n_out in pairwise(sizes):
        W = torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)
        W = 4 * (2 / (n_in + n_out)) ** 0.5 * W
        parameters.append((W, -0.5 * W.sum(dim=1)))
    return parameters
    ### END SOLUTION


# %% test_start points=3
sizes = (2, *[16] * 8, 1)
X, y = two_moons(300, seeded(48))
fresh, labels = two_moons(200, seeded(49))


def forms(parameters: list[tuple[Tensor, Tensor]]) -> list[tuple]:
    """The shapes and dtypes of weights and biases."""
    return [(tuple(t.shape), str(t.dtype)) for pair in parameters for t in pair]


def next_number() -> float:
    """What torch draws next, after a start; it is not to draw from there."""
    torch.manual_seed(1)
    start(sizes, seeded(50))
    return torch.rand(()).item()


def differing(parameters: list[tuple[Tensor, Tensor]]) -> list[bool]:
    """For each hidden layer: whether its activations differ enough between the points."""
    hidden = eight_layers(parameters, X)[:-1]
    return [a.std(dim=0).mean().item() >= 0.05 for a in hidden]


def right(parameters: list[tuple[Tensor, Tensor]]) -> float:
    """The share of fresh points that the trained network classifies correctly."""
    logits = eight_layers(trained(parameters, X, y), fresh)[-1][:, 0]
    return ((logits > 0) == (labels > 0)).double().mean().item()


wanted = [(size, "torch.float64") for n, m in pairwise(sizes) for size in ((m, n), (m,))]
check.close("shapes and dtypes", lambda: forms(start(sizes, seeded(50))), wanted)
torch.manual_seed(1)
check.close("random numbers from rng alone", next_number, torch.rand(()).item())
check.close("layers that differ", lambda: differing(start(sizes, seeded(50))), [True] * 8)
narrow = (2, *[12] * 8, 1)
check.close("the same with 12", lambda: differing(start(narrow, seeded(51))), [True] * 8)
check.close("90 % right", lambda: right(start(sizes, seeded(50))) >= 0.9, True)
### BEGIN HIDDEN TESTS
import torch as library  # not what a notebook may have put in the place of torch

from course_tools.grading.author import agree, seal

seeds = [int(s) for s in library.randint(2**31, (2,))]
widths = [(2, *[16] * 8, 1), (2, *[12] * 8, 1)]
starts = [
    [start(w, seeded(s)) for _ in range(2)] for w, s in zip(widths, seeds, strict=True)
]


def moons_of(y: library.Tensor) -> library.Tensor:
    angle = library.pi * library.rand(len(y)).double()
    X = [angle.cos() * (1 - 2 * y) + y, angle.sin() * (1 - 2 * y) + y / 2]
    return library.stack(X, 1) + 0.1 * library.randn(len(y), 2).double()


def logits_of(flat: list, X: library.Tensor) -> library.Tensor:
    for W, b in zip(flat[:-2:2], flat[1:-2:2], strict=True):
        X = library.sigmoid(X @ W.T + b)
    return (X @ flat[-2].T + flat[-1])[:, 0]


def predictions_of(
    which: int, X: library.Tensor, y: library.Tensor, fresh: library.Tensor
) -> library.Tensor:
    first, again = ([t for pair in p for t in pair] for p in starts[which])
    form = [float(n) for t in first for n in (*t.shape, t.element_size())]
    if form != [float(n) for a, b in pairwise(widths[which]) for n in (b, a, 8, b, 8)]:
        return library.tensor(form)
    if [t.tolist() for t in first] != [t.tolist() for t in again]:
        return -2 * library.ones(len(fresh)).double()
    flat, a = [library.tensor(t.tolist()).double() for t in first], X
    for W, b in zip(flat[:-2:2], flat[1:-2:2], strict=True):
        a = library.sigmoid(a @ W.T + b)
        if not a.std(0).mean() >= 0.04:  # the first bound, with some room for another draw
            return -library.ones(len(fresh)).double()
    flat = [t.requires_grad_() for t in flat]
    optimizer = library.optim.SGD(flat, lr=0.2, momentum=0.9)
    for _ in range(150):
        optimizer.zero_grad()
        z = logits_of(flat, X)
        (z.clamp(min=0) - y * z + library.log1p((-z.abs()).exp())).mean().backward()
        library.nn.utils.clip_grad_norm_(flat, 0.3)
        optimizer.step()
    return (logits_of(flat, fresh) > 0).double()


y, labels = library.randint(2, (300,)).double(), library.randint(2, (200,)).double()
X, fresh = moons_of(y), moons_of(labels)
seal("fresh points", predictions_of(0, X, y, fresh), rule=agree(0.9, target=labels))
seal("another width", predictions_of(1, X, y, fresh), rule=agree(0.9, target=labels))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
