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
# # 3 Backpropagation
#
# A network with 6,570 parameters takes a picture of an 8 for a 3. Which of its weights should change, and by how much? Gradient descent needs
# one number for each of them: the partial derivative of the loss with respect to that weight. Two evaluations of the network for each weight
# would estimate them; backpropagation computes all of them up to rounding, and its matrix products take at most the multiplications of two more evaluations.
#
# This chapter builds it for single numbers, for layers, and in a network that learns to read digits. Each result is compared with
# PyTorch's. The terms that it defines stand in the [glossary](glossary.md).
#
# > **Study time** About 120 minutes. The core path, 90 minutes, is sections 3.1 to 3.4, 3.7, 3.8, 3.10 and 3.13; sections marked *going further* can wait.

# %%
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils import check, data, plots, widgets
from course_utils.progress import progress

SEED = check.seed(3)
torch.set_default_dtype(torch.float64)  # gradients are compared in double precision


# %% tags=["hide-input"]
def draw_slope() -> plots.Figure:
    """The loss against one weight, with its tangent."""
    w, here = torch.linspace(-2, 2, 200), torch.tensor(-0.2)
    a = torch.tanh(1.5 * here - 0.4)
    height, slope = (a - 0.6) ** 2, 3 * (a - 0.6) * (1 - a**2)
    fig, ax = plots.panel("derivative for one weight", x="weight $w$", y="loss $L$")
    ax.plot(w, (torch.tanh(1.5 * w - 0.4) - 0.6) ** 2)
    ax.plot(w, height + slope * (w - here), "--", color=plots.ORANGE)
    ax.plot(here, height, "o", color=plots.ORANGE, markersize=8)
    ax.text(0.15, 1.9, f"$dL/dw$ = −{-slope:.2f}", color=plots.ORANGE)
    ax.set(ylim=(0, 2.7))
    return fig


# %% tags=["hide-input"]
LOGARITHMIC = {"xscale": "log", "yscale": "log"}


def draw_cost() -> plots.Figure:
    """How many evaluations of the network a gradient costs."""
    n = torch.logspace(0, 6, 50)
    fig, ax = plots.panel(
        "cost of the whole gradient", x="number of weights", y="evaluations"
    )
    ax.plot(n, 2 * n, label="central differences")
    ax.plot(n, torch.full_like(n, 3), label="backpropagation (at most)")
    ax.set(**LOGARITHMIC)
    ax.legend()
    return fig


# %% tags=["hide-input"]
plots.show(draw_slope(), draw_cost(), alt=[
    "A curve of the loss against one weight, with its tangent at the present weight, whose slope is the derivative.",
    "Evaluations of the network against the number of weights, both axes logarithmic: central differences need two "
    "for each weight, backpropagation the multiplications of at most three whatever the number.",
])  # fmt: skip

# %% [markdown]
# ## 3.1 How do derivatives combine along a computation?
#
# Picture three gear wheels. When the first turns by one step, the second turns by three; when the second turns by one, the third turns back by
# two. A step of the first turns the third by minus six: along a path, rates of change multiply.
#
# Let two trains of gears lead from the first wheel to a differential, which adds up their turns, as a weight may influence the loss along several
# paths: each contributes its own product. The **chain rule** gives the derivative of a composed function: along a path
# the derivatives of the steps are multiplied, and over several paths these products are added.

# %% [markdown]
# For one path, $x \to u \to L$:
#
# $$ \frac{dL}{dx} = \frac{dL}{du}\,\frac{du}{dx} \tag{3.1} $$
#
# For several paths, $x \to u_1, \dots, u_m \to L$:
#
# $$ \frac{dL}{dx} = \sum_{i=1}^{m} \frac{\partial L}{\partial u_i}\,\frac{du_i}{dx} \tag{3.2} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $x,\ w,\ b,\ t$ | `x`, `w`, `b`, `t` | input, weight, bias, target of one neuron |
# | $z = wx + b$ | `z` | pre-activation |
# | $a = \tanh z$ | `a` | activation |
# | $L = (a - t)^2$ | `loss` | loss |
#
# In one neuron each parameter reaches the loss along a single path, so (3.1) suffices. Begin at the loss and go back, one factor at a time.


# %%
def neuron_gradient(x: float, w: float, b: float, t: float) -> tuple[float, float, float]:
    """dL/dw, dL/db and dL/dx of L = (tanh(w x + b) - t)^2, by the chain rule (eq. 3.1)."""
    a = math.tanh(w * x + b)
    dL_da = 2 * (a - t)
    dL_dz = dL_da * (1 - a**2)  # eq. 3.1: tanh'(z) = 1 - tanh(z)^2
    return dL_dz * x, dL_dz, dL_dz * w  # dz/dw = x, dz/db = 1, dz/dx = w


# %% [markdown]
# PyTorch records its own computation and differentiates it. Compare the three numbers with its results.

# %%
x, w, b, t = (torch.tensor(v, requires_grad=True) for v in (0.8, -1.3, 0.4, 0.6))
loss = (torch.tanh(w * x + b) - t) ** 2
expected = torch.autograd.grad(loss, (w, b, x))
gradient = neuron_gradient(0.8, -1.3, 0.4, 0.6)
for name, ours, theirs in zip(("dw", "db", "dx"), gradient, expected, strict=True):
    check.close(name, ours, theirs.item())

# %% [markdown]
# **Break it.** In $L = x \tanh x$ the input reaches the loss along two paths: directly, and through the tanh. If one is forgotten, the result
# is still a plausible number, and the comparison shows that it is wrong.

# %%
x = torch.tensor(0.7, requires_grad=True)
expected = torch.autograd.grad(x * torch.tanh(x), x)[0].item()
direct, through_tanh = math.tanh(0.7), 0.7 * (1 - math.tanh(0.7) ** 2)
slips = {"Only the direct path; eq. 3.2 adds the path through tanh.": direct}

check.close("both paths", direct + through_tanh, expected, slips=slips)
check.catches(
    "a forgotten path", lambda: check.close("dL/dx", direct, expected, slips=slips)
)

# %% [markdown]
# Layers pass on vectors. The **Jacobian** of a vector-valued function is the matrix of its partial derivatives, with
# $J_{ij} = \partial u_i / \partial x_j$ in row $i$ and column $j$. Rule (3.2) becomes a product of matrices:
#
# $$ \frac{\partial L}{\partial \mathbf{x}} = \frac{\partial L}{\partial \mathbf{u}_K}\; J_K\; J_{K-1} \cdots J_1 \tag{3.3} $$
#
# The product may be computed from either end. From the right, where the input is, a whole matrix is carried along; from the left, where the loss
# is, a single row. Count the multiplications for layers of 64, 64, 32 and 10 units, as in section 3.10.


# %%
from itertools import pairwise


def multiplications(sizes: Sequence[int], from_loss: bool) -> int:
    """What eq. 3.3 costs from either end, for layers of these sizes and a scalar loss."""
    shapes = [(rows, cols) for cols, rows in pairwise([*sizes, 1])]
    if from_loss:  # the last Jacobian is a row, which is carried through the others
        return sum(rows * cols for rows, cols in shapes[:-1])
    return sum(rows * cols * sizes[0] for rows, cols in shapes[1:])  # a matrix is carried


from_input, from_loss = (multiplications((64, 64, 32, 10), end) for end in (False, True))
print(f"from the input: {from_input:,}   from the loss: {from_loss:,}")
check.reaches("from the input, over from the loss", from_input / from_loss, at_least=20)

# %% [markdown]
# Both ways give the same product; from the loss it takes 23 times fewer multiplications here. A training loss is one number that depends on many
# parameters, so its gradient is computed from the loss backwards. By symmetry, a function of one input with many outputs is cheaper from the other end.

# %% tags=["hide-input"] jupyter={"source_hidden": true}
x = torch.tensor(2.0, requires_grad=True)
widgets.predict(
    "L = a · b, with a = 3x and b = x². How large is dL/dx at x = 2?",
    answer=torch.autograd.grad(3 * x * x**2, x)[0].item(),
    tolerance=0.1,
    because="Through a: b · 3 = 12. Through b: a · 2x = 24. The paths add up (3.2): 36.",
    slips={
        "That is the path through a alone; (3.2) adds the path through b.": 12,
        "That is the path through b alone; (3.2) adds the path through a.": 24,
        "Rates multiply along a path; the two paths are added, not multiplied.": 288,
    },
)

# %% [markdown]
# ## 3.2 How can a program differentiate itself?
#
# Every formula is made of small steps, such as a sum or a product, whose derivatives are known. The method of **automatic differentiation**
# computes derivatives by applying the chain rule to each elementary operation that a program executes. A **computational graph** has a node for each
# value of a computation and an edge from each value to those that were computed from it. A **tape** is the record of the operations that were
# executed, each with its inputs, its *parents*, and the local derivatives.

# %% [markdown]
# The **forward pass** computes the values, from the inputs to the loss. The **backward pass** computes the derivatives of the loss, from the loss
# back to the inputs and parameters. In the backward pass each value $v$ passes its derivative on to every parent $p$:
#
# $$ \frac{\partial L}{\partial p} \mathrel{+}= \frac{\partial L}{\partial v}\,\frac{\partial v}{\partial p} \tag{3.4} $$
#
# The `+=` is eq. (3.2): a parent that was used twice receives two contributions.


# %%
class Value:
    """A number that knows its parents, each with the local derivative dv/dp on the edge."""

    def __init__(self, number: float, parents: Sequence[tuple["Value", float]] = ()):
        self.number, self.parents, self.grad = float(number), parents, 0.0

    def __add__(self, other: "Value | float") -> "Value":
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.number + other.number, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other: "Value | float") -> "Value":
        other = other if isinstance(other, Value) else Value(other)
        return Value(
            self.number * other.number, [(self, other.number), (other, self.number)]
        )

    __radd__, __rmul__ = __add__, __mul__  # 2 + v and 2 * v

    def __sub__(self, other: "Value | float") -> "Value":
        return self + other * -1.0

    def __pow__(self, k: float) -> "Value":
        return Value(self.number**k, [(self, k * self.number ** (k - 1))])

    def tanh(self) -> "Value":
        a = math.tanh(self.number)
        return Value(a, [(self, 1 - a**2)])


# %% [markdown]
# A value may pass its derivative on only when it has received all contributions, so it has to wait for every value that was computed from it.
# List the graph so that parents come before children; the backward pass goes through this list from its end. A stack takes the place of
# recursion, whose depth Python limits, by default to 1,000 calls.


# %%
def in_order(v: Value) -> list[Value]:
    """All the values that `v` was made from and `v` itself, parents before children."""
    order, seen, stack = [], set(), [(v, False)]
    while stack:
        node, parents_listed = stack.pop()
        if parents_listed:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(parent, False) for parent, _ in node.parents]
    return order


# %%
def backward(loss: Value) -> None:
    """Add dL/dv to the `grad` of every value that `loss` was made from (eq. 3.4)."""
    order = in_order(loss)
    derivative = dict.fromkeys(order, 0.0)  # of this backward pass alone
    derivative[loss] = 1.0
    for v in reversed(order):
        v.grad += derivative[v]
        for parent, local in v.parents:
            derivative[parent] += derivative[v] * local  # eq. 3.4


# %% [markdown]
# Try it on a neuron whose weight is used twice, once inside the tanh and once in a penalty on its size.


# %%
def penalised(x: Value | Tensor, w: Value | Tensor, b: Value | Tensor) -> Value | Tensor:
    """L = (tanh(w x + b) - 0.6)^2 + 0.1 w^2, for values of our tape or of torch's."""
    return ((w * x + b).tanh() - 0.6) ** 2 + 0.1 * w**2


mine = [Value(v) for v in (0.8, -1.3, 0.4)]
backward(penalised(*mine))
leaves = [torch.tensor(v, requires_grad=True) for v in (0.8, -1.3, 0.4)]
theirs = torch.autograd.grad(penalised(*leaves), leaves)

for name, value, expected in zip(("dL/dx", "dL/dw", "dL/db"), mine, theirs, strict=True):
    check.close(name, value.grad, expected.item())

# %% [markdown]
# A second `backward` adds the same gradient again, in our tape as in torch. The next cell also differentiates a chain of 5,000 values.

# %%
w, w_torch = Value(3.0), torch.tensor(3.0, requires_grad=True)
cube, cube_torch = (2 * w) ** 3, (2 * w_torch) ** 3
for _ in range(2):
    backward(cube)
    cube_torch.backward(retain_graph=True)
check.close("backward twice", w.grad, w_torch.grad.item())

long = w = Value(1.5)
for _ in range(5000):
    long = long + w
backward(long)
check.close("a chain of 5,000 sums", w.grad, 5001.0)

# %% [markdown]
# Step through a graph yourself. Forward, the values appear; backward, each node receives its derivative. Change a leaf and see which derivatives
# change. Before the last step back, predict the derivative at $w$: multiply along the path.

# %%
leaf_values = {"x": 0.8, "w": -1.3, "b": 0.4, "t": 0.6}
widgets.ExpressionGraph.from_expression("(tanh(w * x + b) - t)**2", **leaf_values)

# %% [markdown]
# **Break it.** Write `=` where (3.4) has `+=`. The first test uses each value once, and the bug passes. The second one uses $w$ three times, and
# of its three contributions only the last one is left.


# %%
def backward_overwriting(loss: Value) -> None:
    """The bug: each contribution replaces the one before it."""
    loss.grad = 1.0
    for v in reversed(in_order(loss)):
        for parent, local in v.parents:
            parent.grad = v.grad * local


w, x = Value(3.0), Value(5.0)
backward_overwriting(w * x)
check.close("w x, each used once", w.grad, 5.0)

w = Value(3.0)
backward_overwriting(w * w + w)
slips = {"One contribution alone; eq. 3.4 adds.": 3.0}
check.catches("overwriting", lambda: check.close("dL/dw", w.grad, 7.0, slips=slips))

# %% [markdown]
# > **Remember.** A test of a backward pass must use some value more than once, or it cannot see this bug. That torch adds to `.grad` is the reason
# > why a training loop calls `zero_grad()`.

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.choose(
    "A training loop never calls `zero_grad()`. What does `w.grad` hold after the third `backward()`?",
    {
        "the sum of three gradients": True,
        "the third gradient": "`backward()` adds to what `.grad` holds; it does not overwrite.",
        "the mean of three gradients": "Nothing divides by three.",
        "nothing, since torch raises an error": "There is no error. Each step mixes in the older gradients.",
    },
    because="Every `backward()` adds its gradient to what stands in `.grad`.",
)

# %% [markdown]
# ## 3.3 How do you check a gradient?
#
# A gradient of your own function needs a reference that knows no derivative formula. A **central difference** estimates a derivative from two
# values of the function, one a small step above the point and one the same step below it. For each entry of a tensor:
#
# $$ \frac{\partial L}{\partial x_i} \approx \frac{L(\mathbf{x} + h\,\mathbf{e}_i) - L(\mathbf{x} - h\,\mathbf{e}_i)}{2h} \tag{3.5} $$
#
# $\mathbf{e}_i$ is the vector with a one in place $i$ and zeros elsewhere. A **gradient check** compares the gradient that a program computes with
# central differences of the loss. It costs two evaluations for each entry, so it is run on small cases.


# %%
def numeric_gradient(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    """dL/dx of a scalar function by central differences.   x: any shape -> the same"""
    steps = h * torch.eye(x.numel(), dtype=x.dtype).view(-1, *x.shape)  # h e_i, shaped as x
    slopes = [(f(x + step) - f(x - step)) / (2 * h) for step in steps]  # eq. 3.5
    return torch.stack(slopes).view(x.shape)


# %% [markdown]
# A difference of 0.001 is small for a gradient of 1,000 and large for one of 0.0001. So compare the difference with the size of the two gradients:
#
# $$ \text{relative error} = \frac{\lVert \mathbf{g} - \mathbf{g}' \rVert}{\lVert \mathbf{g} \rVert + \lVert \mathbf{g}' \rVert} \tag{3.6} $$
#
# By the triangle inequality it lies between 0, for equal gradients, and 1, which it reaches when they have opposite directions or one of them is zero.


# %%
def relative_error(g: Tensor, g_other: Tensor) -> float:
    """Distance of two gradients against their size (eq. 3.6); 0 when both are zero."""
    size = (g.norm() + g_other.norm()).item()
    return (g - g_other).norm().item() / size if size else 0.0


def f(x: Tensor) -> Tensor:
    """A test function with a gradient that is easily written down: sum of tanh(x)^2."""
    return (x.tanh() ** 2).sum()


x = torch.randn(2, 3, generator=torch.Generator().manual_seed(SEED))
exact = 2 * x.tanh() * (1 - x.tanh() ** 2)
error = relative_error(numeric_gradient(f, x), exact)
check.reaches("relative error of central differences", error, at_most=1e-9)

# %% [markdown]
# The Taylor expansion tells how the error depends on the step. In the difference of the two expansions the even powers of $h$ cancel:
#
# $$ \frac{L(x+h) - L(x-h)}{2h} = L'(x) + \frac{h^2}{6}\,L'''(x) + \dots \tag{3.7} $$
#
# A one-sided difference, $(L(x+h) - L(x))/h$, keeps the term $\tfrac{h}{2} L''(x)$. A tenth of the step should therefore divide the central error
# by 100, and the one-sided error by 10. For very small $h$ rounding takes over: the two values of $L$ agree in most of their digits.


# %%
def one_sided(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """Forward differences, one step upwards.   x: any shape -> the same"""
    steps = h * torch.eye(x.numel(), dtype=x.dtype).view(-1, *x.shape)
    return torch.stack([(f(x + step) - f(x)) / h for step in steps]).view(x.shape)


steps = torch.logspace(-12, 0, 49).tolist()
curves = {
    "one-sided, float64": [relative_error(one_sided(f, x, h), exact) for h in steps],
    "central, float64": [relative_error(numeric_gradient(f, x, h), exact) for h in steps],
    "central, float32": [
        relative_error(numeric_gradient(f, x.float(), h), exact) for h in steps
    ],
}

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "error of difference quotients",
    x="step $h$",
    y="relative error (3.6)",
    size=(5.6, 3.4),
    **LOGARITHMIC,
)
for name, errors in curves.items():
    ax.plot(steps, errors, label=name)
ax.legend()
plots.show(fig, alt="Relative error against the step h, both axes logarithmic: each curve falls and rises again. Central differences in "
           "float64 are best, between h = 1e-6 and 1e-5; the best one-sided and the best float32 errors are hundreds of times larger or more.")  # fmt: skip

# %%
for name, differences, low, high in (
    ("central", numeric_gradient, 99, 101),
    ("one-sided", one_sided, 9.5, 10.5),
):
    errors = [relative_error(differences(f, x, h), exact) for h in (1e-2, 1e-3)]
    ratio = errors[0] / errors[1]
    check.reaches(f"{name}: error at h = .01 over .001", ratio, at_least=low, at_most=high)

best = {name: min(errors) for name, errors in curves.items()}
check.reaches("best central difference, float64", best["central, float64"], at_most=1e-10)
ratio = best["one-sided, float64"] / best["central, float64"]
check.reaches("best one-sided over best central", ratio, at_least=100)
check.reaches(
    "best central difference, float32",
    best["central, float32"],
    at_least=4e-6,
    at_most=4e-5,
)

# %% [markdown]
# Check gradients in double precision: in single precision a right gradient differs from its best central difference by about $10^{-5}$. And take the
# central difference, with $h$ near $10^{-5}$ where inputs and derivatives are about one.
#
# **Break it.** Central differences fail at a kink. $\operatorname{ReLU}(z) = \max(0, z)$ has one at zero. If a point lies closer to it than $h$, the
# two evaluations stand on both sides of the kink, and a right gradient is reported as wrong.


# %%
def sum_of_relu(z: Tensor) -> Tensor:
    """Its gradient is 1 wherever z is positive, however slightly."""
    return z.relu().sum()


z = torch.tensor([1e-7, 0.5])
for h in (1e-5, 1e-8):
    print(f"h = {h:g}: ", numeric_gradient(sum_of_relu, z, h).tolist())

estimate, right = numeric_gradient(sum_of_relu, z), torch.ones(2)
check.catches("a kink between the points", lambda: check.close("slope", estimate, right))

# %% [markdown]
# > **Pitfall.** When a gradient check fails in one entry alone, look whether a kink lies there before you look for a bug.

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.predict(
    "A backward pass has a factor of 2 too many: it gives 2g where g is right. Which relative error (3.6) results?",
    answer=relative_error(exact, 2 * exact),
    tolerance=0.005,
    because="‖g − 2g‖ / (‖g‖ + ‖2g‖) = 1/3, for every g but zero. In double precision a right gradient stays below 10⁻⁷ here.",
    slips={
        "That divides by ‖g‖ alone; (3.6) divides by the sum of both norms.": 1,
        "That divides by ‖2g‖ alone; (3.6) divides by the sum of both norms.": 0.5,
    },
)

# %% [markdown]
# ## 3.4 Which loss belongs to which task?
#
# A loss can be derived from a model of how the targets came about. The network's output sets the parameters of a probability distribution over the
# target. The **likelihood** of parameters is the probability, or for real numbers the probability density, that a model with these parameters gives
# to the data that were observed. The principle of **maximum likelihood** chooses the parameters under which the observed data are most probable.

# %% [markdown]
# For independent
# examples the likelihood is a product; its logarithm is a sum, which is easier to differentiate and does not underflow as a product of many small numbers does. The
# **negative log-likelihood** is minus the logarithm of the likelihood, so that maximising the one minimises the other.

# %% [markdown]
# As a loss it is averaged over the $n$ examples of a batch:
#
# $$ L = -\frac1n \sum_{i=1}^{n} \log p(y_i \mid \mathbf x_i) \tag{3.8} $$
#
# | the target | its distribution | the network gives | the loss |
# |---|---|---|---|
# | real numbers | normal, of fixed variance | the mean $\hat y$ | mean squared error |
# | one of two classes | Bernoulli | one logit $z$ | binary cross-entropy |
# | one of $C$ classes | categorical | $C$ logits $\mathbf z$ | cross-entropy |
#
# Each function below returns two things, the loss and its gradient with respect to the network's output, because the backward pass begins with
# that gradient.

# %% [markdown]
# Begin with real numbers. Under a normal distribution with mean $\hat y$ and standard deviation $s$,
# $-\log p(y) = (\hat y - y)^2 / (2s^2) + \log(s\sqrt{2\pi})$. With $s$ fixed, the second term and the factor move no minimum.
#
# The **mean squared error** is the average of the squared differences between predictions and targets. Up to that factor and that term it is the
# negative log-likelihood:
#
# $$ \begin{gathered}
#    L = \frac{1}{nd} \sum_{i=1}^{n}\sum_{j=1}^{d} (\hat y_{ij} - y_{ij})^2, \\[6pt]
#    \frac{\partial L}{\partial \hat y_{ij}} = \frac{2}{nd}\,(\hat y_{ij} - y_{ij})
#    \end{gathered} \tag{3.9} $$


# %%
def mean_squared_error(y_hat: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and dL/dy_hat (eq. 3.9).   y_hat, y: (n, d) -> (), (n, d)"""
    error = y_hat - y
    return (error**2).mean(), 2 * error / error.numel()


# %%
rng, s = torch.Generator().manual_seed(SEED), 0.7
y_hat, y = (torch.randn(6, 4, generator=rng) for _ in range(2))
loss, gradient = mean_squared_error(y_hat, y)
nll = -torch.distributions.Normal(y_hat, s).log_prob(y).mean()
constant = math.log(s * math.sqrt(2 * math.pi))
check.close("negative log-likelihood", loss / (2 * s**2) + constant, nll)
leaf = y_hat.clone().requires_grad_()
expected = torch.autograd.grad(F.mse_loss(leaf, y), leaf)[0]
check.close("its gradient", gradient, expected)

# %% [markdown]
# For two classes the network gives one number. A **logit** is an output of a network before it is turned into a probability; it may be any real
# number. The **sigmoid** $\sigma(z) = 1/(1 + e^{-z})$ turns one logit into a probability between 0 and 1.
#
# With $p = \sigma(z)$ and $y \in \{0, 1\}$ the probability of the target is $p^y (1-p)^{1-y}$. The **binary cross-entropy** is the mean over the examples
# of minus the logarithm of the probability that was given to the true one of two classes. Written out:
#
# $$ \begin{gathered}
#    L = -\frac1n \sum_{i} \big[\, y_i \log \sigma(z_i) \qquad \\
#    \qquad {} + (1 - y_i) \log(1 - \sigma(z_i)) \,\big], \\[6pt]
#    \frac{\partial L}{\partial z_i} = \frac1n \big(\sigma(z_i) - y_i\big)
#    \end{gathered} \tag{3.10} $$
#
# The gradient is that short because $\sigma' = \sigma(1 - \sigma)$ cancels the denominators of the two logarithms' derivatives.

# %%
z = 2 * torch.randn(8, generator=rng)
y = torch.tensor([1.0, 0, 0, 1, 1, 0, 1, 0])


def from_probabilities(z: Tensor, y: Tensor) -> Tensor:
    """The binary cross-entropy as eq. 3.10 states it."""
    p = z.sigmoid()
    return -(y * p.log() + (1 - y) * (1 - p).log()).mean()


nll = -torch.distributions.Bernoulli(logits=z).log_prob(y).mean()
check.close("negative log-likelihood", from_probabilities(z, y), nll)
numeric = numeric_gradient(lambda v: from_probabilities(v, y), z)
error = relative_error((z.sigmoid() - y) / len(z), numeric)
check.reaches("binary cross-entropy: relative error", error, at_most=1e-7)

# %% [markdown]
# The **softmax** turns $C$ logits into $C$ positive numbers that sum to one, which serve as the probabilities of the classes.
# Subtracting the largest logit first cancels in the fraction, and keeps the exponential from overflowing:
#
# $$ p_{ij} = \frac{e^{z_{ij} - m_i}}{\sum_k e^{z_{ik} - m_i}}, \qquad m_i = \max_k z_{ik} \tag{3.11} $$

# %% [markdown]
# A class may be written as a **one-hot** vector, which holds a one at the place of the class and zeros elsewhere. For the class $c_i$, $y_{ij}$ is 1 at
# $j = c_i$. The **cross-entropy** of a classifier is the mean over the examples of minus the logarithm of the probability that it gives to the true
# class. As a formula:
#
# $$ \begin{gathered}
#    L = -\frac1n \sum_i \sum_j y_{ij} \log p_{ij} = -\frac1n \sum_i \log p_{i c_i}, \\[6pt]
#    \frac{\partial L}{\partial z_{ij}} = \frac1n\,(p_{ij} - y_{ij})
#    \end{gathered} \tag{3.12} $$
#
# The gradient is once more prediction minus target.


# %%
def softmax_cross_entropy(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and dL/dz (eq. 3.11, 3.12).   z: (n, C), labels: (n,) -> (), (n, C)"""
    shifted = z - z.max(dim=1, keepdim=True).values  # eq. 3.11
    log_p = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    rows = torch.arange(len(z))
    dz = log_p.exp()
    dz[rows, labels] -= 1  # eq. 3.12: p - y
    return -log_p[rows, labels].mean(), dz / len(z)


# %% [markdown]
# Compare it with torch on ordinary logits and on logits of about a thousand, and with the negative log-likelihood of a categorical distribution.

# %%
labels = torch.randint(5, (9,), generator=rng)
Z = torch.randn(9, 5, generator=rng)
nll = -torch.distributions.Categorical(logits=Z).log_prob(labels).mean()
check.close("negative log-likelihood", softmax_cross_entropy(Z, labels)[0], nll)
for name, logits in (("ordinary", Z), ("large", 1000 * Z)):
    leaf = logits.clone().requires_grad_()
    expected = F.cross_entropy(leaf, labels)
    gradient = torch.autograd.grad(expected, leaf)[0]
    check.close(
        f"{name} logits: (loss, gradient)",
        softmax_cross_entropy(logits, labels),
        (expected.detach(), gradient),
    )

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.choose(
    "A softmax gives p = (0.7, 0.2, 0.1), and the second class is the true one. "
    "What is the gradient of the cross-entropy with respect to the logits?",
    {
        "(0.7, −0.8, 0.1)": True,
        "(−0.7, 0.8, −0.1)": "That is y − p. A step against it would raise the loss.",
        "(0, −5, 0)": "That is the gradient with respect to p. The Jacobian of the softmax follows.",
        "(0, −0.8, 0)": "Raising any logit lowers the probabilities of the other classes, "
        "so each logit gets a gradient.",
    },
    because="It is p − y (3.12), with y = (0, 1, 0).",
)

# %% [markdown]
# ## 3.5 Why are the losses computed from the logits?
#
# *Going further.*
#
# Leave the maximum out of (3.11). On ordinary logits the result is the same. On large ones $e^z$ overflows to infinity, and infinity
# divided by infinity is not a number; in double precision this happens from $z = 710$ on. The binary cross-entropy has the same weakness: once $\sigma(z)$ is rounded to 1, $\log(1 - \sigma(z))$ is
# infinite, whereas the exact loss at $z = 800$ and $y = 0$ is 800.


# %%
def softmax_naive(z: Tensor) -> Tensor:
    """The bug: eq. 3.11 without the maximum.   z: (n, C) -> (n, C)"""
    return z.exp() / z.exp().sum(dim=1, keepdim=True)


ordinary, large = torch.tensor([[1.0, 2.0, 0.5]]), torch.tensor([[1000.0, 2.0, 0.5]])
check.close("ordinary logits", softmax_naive(ordinary), ordinary.softmax(dim=1))
wrong, right = softmax_naive(large), large.softmax(dim=1)
check.catches("no maximum", lambda: check.close("large logits", wrong, right))

z, y = torch.tensor([800.0]), torch.zeros(1)
print("from the probability:", from_probabilities(z, y).item())
print("from the logit:", F.binary_cross_entropy_with_logits(z, y).item())

# %% [markdown]
# torch's function starts from the logit. The exercises ask for that form.

# %% [markdown]
# ## 3.6 How do the gradients of the losses differ?
#
# *Going further.*
#
# A classifier of two classes may also give a plain score $s$ whose sign is the predicted class $t = \pm 1$. The margin $m = t s$ is positive for a
# right prediction. A support vector machine (Cortes and Vapnik, 1995) asks for $m \ge 1$ on every example, and counts by how much an example misses that: the slack
# $\max(0, 1 - m)$. The **hinge loss** of an example with margin $m$ is $\max(0, 1 - m)$: zero from a margin of one on, and growing linearly below.

# %% [markdown]
# Averaged over a batch, with the gradient, for which 0 is chosen at the corner $t_i s_i = 1$:
#
# $$ \begin{gathered}
#    L = \frac1n \sum_i \max(0,\ 1 - t_i s_i), \\[6pt]
#    \frac{\partial L}{\partial s_i} = \begin{cases} -t_i / n & t_i s_i < 1 \\ 0 & t_i s_i \ge 1 \end{cases}
#    \end{gathered} \tag{3.13} $$
#
# For a linear score $s = \mathbf w^{\mathsf T}\mathbf x + b$ the distance of a point from the decision boundary is $|s| / \lVert \mathbf w \rVert$. Scaling
# $\mathbf w$ and $b$ by a factor multiplies every margin by it and leaves the boundary where it is, and once all margins are positive it alone could bring the hinge
# to zero. So the hinge is minimised together with a penalty on $\lVert \mathbf w \rVert$; a margin of one is a distance of $1/\lVert \mathbf w \rVert$.

# %% [markdown]
# Compare the losses as functions of the margin; with a logit $z$ as the score, $\sigma(m)$ is the probability of the true class. The number of
# errors is constant except at zero, where it jumps: its derivative is zero wherever it exists, and gradient descent cannot use it.

# %% tags=["hide-input"]
m = torch.linspace(-3, 3, 241)
wrong = 1 - m.sigmoid()  # the probability of the wrong class
curves = {  # each loss, and minus its derivative
    "cross-entropy": (torch.log1p(torch.exp(-m)), wrong),
    "hinge": ((1 - m).clamp(min=0), (m < 1).double()),
    "squared error of $\\sigma(z)$": (wrong**2, 2 * wrong**2 * m.sigmoid()),
    "error count": ((m < 0).double(), torch.zeros_like(m)),
}
fig, ax = plots.panel("losses of two classes", x="margin $m$", y="loss")
slopes, ax2 = plots.panel("their derivatives", x="margin $m$", y="$-dL/dm$")
for name, (loss, slope) in curves.items():
    ax.plot(m, loss, label=name)
    ax2.plot(m, slope)
ax.set(ylim=(-0.1, 4))
ax.legend()
plots.show(fig, slopes, alt=[
    "Loss against the margin. Cross-entropy and hinge keep growing for negative margins; the squared error of the "
    "sigmoid stays below one. The error count drops from one to zero at margin zero.",
    "Minus the derivative of each loss. For negative margins that of the hinge is one and that of the cross-entropy "
    "comes near one; that of the squared error falls back towards zero, and that of the error count is zero.",
])  # fmt: skip

# %% [markdown]
# The derivative of the squared error of a sigmoid holds the factor $\sigma(z)(1 - \sigma(z))$, which is close to zero for a confident wrong
# prediction. Start one logit at $-8$ with the target 1, and count the steps of gradient descent, at two learning rates, until the prediction is right.


# %%
def steps_until_right(squared: bool, lr: float, z: float = -8.0) -> int:
    """Steps of gradient descent until z > 0, for a target of 1."""
    steps = 0
    while z < 0:
        p = 1 / (1 + math.exp(-z))
        z -= lr * (2 * (p - 1) * p * (1 - p) if squared else p - 1)  # eq. 3.10
        steps += 1
    return steps


for lr in (1, 10):
    entropy, squared = (steps_until_right(squared, lr) for squared in (False, True))
    print(f"rate {lr}: {entropy} with the cross-entropy, {squared} with the squared error")
    check.reaches(f"rate {lr}: squared error over entropy", squared / entropy, at_least=100)

# %% [markdown]
# **Break it.** Treat the softmax like an activation function that acts on each number by itself, $\partial L/\partial\mathbf z = \nabla_{\mathbf p} L \odot
# \sigma'(\mathbf z)$, where $\odot$ multiplies place by place. The outputs of a softmax share one denominator, so raising one logit lowers all the other
# probabilities, and the Jacobian is a full matrix:
#
# $$ \begin{gathered}
#    \frac{\partial p_i}{\partial z_j} = p_i\,(\delta_{ij} - p_j), \\[6pt]
#    J = \operatorname{diag}(\mathbf p) - \mathbf p\,\mathbf p^{\mathsf T}
#    \end{gathered} \tag{3.14} $$
#
# Here $\delta_{ij}$ is 1 for $i = j$ and 0 otherwise. The element-wise product keeps the diagonal of $J$ alone.

# %%
z = torch.tensor([0.2, -1.0, 1.7], requires_grad=True)
p = z.softmax(dim=0)
dL_dp = torch.tensor([0.5, -2.0, 1.0])
expected = torch.autograd.grad(p, z, dL_dp)[0]
p = p.detach()
jacobian = torch.diag(p) - torch.outer(p, p)  # eq. 3.14
diagonal = dL_dp * p * (1 - p)

check.close("with the full Jacobian", jacobian.T @ dL_dp, expected)
slips = {"The softmax is not element-wise: eq. 3.14 is a full matrix.": diagonal}
check.catches("element-wise", lambda: check.close("dL/dz", diagonal, expected, slips=slips))

# %% [markdown]
# ## 3.7 How does the error signal pass through a layer?
#
# The tape of section 3.2 makes one object for each product and each sum, more than four thousand products for one layer from 64 to 64 units and a
# single example. For whole layers the backward pass can be written with matrix products. Begin with one example. A layer computes
#
# $$ \begin{gathered}
#    \mathbf z_l = W_l\,\mathbf a_{l-1} + \mathbf b_l, \\[6pt]
#    \mathbf a_l = \sigma(\mathbf z_l), \qquad \mathbf a_0 = \mathbf x
#    \end{gathered} \tag{3.15} $$
#
# where $\sigma$ now stands for any activation function.

# %% [markdown]
# | symbol | name | shape for one example | shape for a batch, an example a row |
# |---|---|---|---|
# | $W_l$ | `W[l]` | $(n_l, n_{l-1})$ | the same |
# | $\mathbf b_l$ | `b[l]` | $(n_l)$ | the same |
# | $\mathbf a_l$ | `a[l]` | $(n_l)$ | $(n, n_l)$ |
# | $\mathbf z_l$ | `z[l]` | $(n_l)$ | $(n, n_l)$ |
# | $\boldsymbol\delta_l = \partial L / \partial \mathbf z_l$ | `delta[l]` | $(n_l)$ | $(n, n_l)$ |
#
# The **error signal** $\boldsymbol\delta_l$ of a layer is the gradient of the loss with respect to the layer's pre-activations. At the last layer it is the
# gradient with respect to the activations times the derivative of the activation function:
#
# $$ \boldsymbol\delta_K = \nabla_{\mathbf a_K} L \odot \sigma'(\mathbf z_K) \tag{3.16} $$

# %% [markdown]
# One layer further back, unit $j$ reaches every unit $i$ of the next layer with weight $W_{ij}$. Its error signal is the sum over these paths (3.2),
# times the derivative of its own activation function:
#
# $$ \boldsymbol\delta_l = \big(W_{l+1}^{\mathsf T}\,\boldsymbol\delta_{l+1}\big) \odot \sigma'(\mathbf z_l) \tag{3.17} $$
#
# The forward pass multiplies by $W$, the backward pass by its transpose. Since $z_i$ contains the product $W_{ij} a_j$, the gradient of a weight is the
# error signal at its output times the activation at its input:
#
# $$ \frac{\partial L}{\partial W_l} = \boldsymbol\delta_l\, \mathbf a_{l-1}^{\mathsf T}, \qquad
#    \frac{\partial L}{\partial \mathbf b_l} = \boldsymbol\delta_l \tag{3.18} $$

# %% [markdown]
# The algorithm of **backpropagation** computes the error signals of all layers from the last to the first, each from the one after it, and from them the gradients of
# all weights and biases.
#
# A batch has one example in each row. All examples share the weights, so their contributions add up (3.2), which the matrix product
# `delta.T @ a` does. The division by $n$ is part of the loss (3.8) and must not be repeated.


# %%
class Activation(NamedTuple):
    """An activation function, applied to each number by itself, and its derivative."""

    f: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]


TANH = Activation(torch.tanh, lambda z: 1 - z.tanh() ** 2)
SIGMOID = Activation(torch.sigmoid, lambda z: z.sigmoid() * (1 - z.sigmoid()))
RELU = Activation(torch.relu, lambda z: (z > 0).to(z.dtype))


# %%
class MLP:
    """A multilayer perceptron (eq. 3.15) whose last layer is linear and gives logits.

    X: (n, d_0) -> (n, d_K), in float64. The weights are drawn with variance 1/n_in.
    """

    def __init__(
        self, sizes: Sequence[int], rng: torch.Generator, activation: Activation = TANH
    ):
        self.activation = activation
        self.W = [torch.randn(o, i, generator=rng) / i**0.5 for i, o in pairwise(sizes)]
        self.b = [0.1 * torch.randn(o, generator=rng) for o in sizes[1:]]  # zeros hide bugs

    def forward(self, X: Tensor) -> Tensor:
        self.a, self.z = [X], []  # kept for backward
        for W, b in zip(self.W, self.b, strict=True):
            self.z.append(self.a[-1] @ W.T + b)  # eq. 3.15   (n, n_l)
            self.a.append(self.activation.f(self.z[-1]))
        return self.z[-1]  # the last pre-activations are the logits

    def backward(self, dz: Tensor) -> None:
        """From dL/dz of the last layer to all gradients, keeping every delta.   (n, d_K)"""
        self.delta, self.dW, self.db = ([torch.empty(0)] * len(self.W) for _ in range(3))
        for l in reversed(range(len(self.W))):
            self.delta[l] = dz
            self.dW[l] = dz.T @ self.a[l]  # eq. 3.18, summed over the batch
            self.db[l] = dz.sum(0)
            if l > 0:  # eq. 3.17   (n, n_{l-1})
                dz = (dz @ self.W[l]) * self.activation.slope(self.z[l - 1])

    def parameters(self) -> list[Tensor]:
        return [*self.W, *self.b]

    def gradients(self) -> list[Tensor]:
        return [*self.dW, *self.db]


# %% [markdown]
# With logits, (3.16) is part of the loss's gradient: (3.12) is taken with respect to $\mathbf z_K$. Compare every error signal and every gradient with
# torch's. No two of the layer sizes and the batch size are equal, so that a missing transpose cannot pass.


# %%
def by_autograd(net: MLP, X: Tensor, labels: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """The error signals dL/dz_l and the gradients of all parameters, as torch computes them."""
    leaves = [p.clone().requires_grad_() for p in net.parameters()]
    W, b = leaves[: len(net.W)], leaves[len(net.W) :]
    a, z = X, []
    for W_l, b_l in zip(W, b, strict=True):
        z.append(F.linear(a, W_l, b_l))
        a = net.activation.f(z[-1])
    grads = torch.autograd.grad(F.cross_entropy(z[-1], labels), [*z, *leaves])
    return list(grads[: len(z)]), list(grads[len(z) :])


def batch_of(n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """A random batch of five numbers an example, in three classes.   -> (n, 5), (n,)"""
    return torch.randn(n, 5, generator=rng), torch.randint(3, (n,), generator=rng)


# %%
rng = torch.Generator().manual_seed(SEED)
net = MLP((5, 7, 4, 3), rng)
X, labels = batch_of(6, rng)
net.backward(softmax_cross_entropy(net.forward(X), labels)[1])

deltas, gradients = by_autograd(net, X, labels)
check.close("error signals", net.delta, deltas)
check.close("gradients of weights and biases", net.gradients(), gradients)

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.choose(
    "W has shape (4, 7). Its inputs are a = σ(z), 7 numbers; its 4 outputs have the error signal δ. "
    "All are columns. What is ∂L/∂z?",
    {
        "(Wᵀδ) ⊙ σ′(z)": True,
        "(Wδ) ⊙ σ′(z)": "W has 7 columns and δ has 4 numbers: the sizes do not fit. "
        "For a square W it would run, and be wrong.",
        "(δᵀW) ⊙ σ′(z)": "A row times a column, place by place, becomes a 7 × 7 matrix, without an error.",
        "Wᵀ(δ ⊙ σ′(z))": "σ′(z) has 7 numbers and δ has 4. The derivatives belong to z, so they come after Wᵀ.",
    },
    because="Wᵀ sums over the 4 outputs that each input reaches; then σ′(z) follows (3.17).",
)

# %% [markdown]
# ## 3.8 What does the backward pass cost?
#
# For each example a layer from $n_{l-1}$ to $n_l$ units takes $n_l\, n_{l-1}$ multiplications forward. Backward it takes as many for `dW`, and as many
# again for the error signal of the layer before, which the first layer does not need. So the matrix products of the backward pass cost at most
# twice those of the forward pass; the one product with $\sigma'$ for each unit is not counted. Central differences take two forward passes for each parameter.

# %%
sizes = (64, 64, 32, 10)
forward_cost = sum(rows * cols for cols, rows in pairwise(sizes))
backward_cost = 2 * forward_cost - sizes[0] * sizes[1]
n_parameters = sum(rows * (cols + 1) for cols, rows in pairwise(sizes))
print(f"for one example: {forward_cost:,} forward, {backward_cost:,} backward")
print(f"by central differences: {2 * n_parameters * forward_cost:,}")
check.reaches("backward over forward", backward_cost / forward_cost, at_most=2)

# %% [markdown]
# **Why each error signal is stored.** $\boldsymbol\delta_{l+1}$ is used twice: for the gradients of its own layer, and for $\boldsymbol\delta_l$. If every layer's error signal were
# computed afresh from the loss, the first layer would repeat the products of all the others. For $K$ layers of equal width that is $1 + 2 + \dots + (K-1)$ products
# instead of $K - 1$, a factor of $K/2$.

# %% [markdown]
# **Memory.** (3.17) and (3.18) need $\mathbf z_l$ and $\mathbf a_{l-1}$ of every layer, so the forward pass of training keeps them until the backward pass has
# used them. (For tanh and sigmoid the derivative can be computed from the activation, so that one of the two is enough.) A forward pass without training
# may discard each layer's values once the next layer has used them.

# %%
rng = torch.Generator().manual_seed(SEED)
for batch in (32, 64):
    net = MLP(sizes, rng)
    net.forward(torch.randn(batch, sizes[0], generator=rng))
    kept = sum(t.numel() for t in (*net.a[:-1], *net.z[:-1]))  # what backward reads
    inference = batch * max(n + m for n, m in pairwise(sizes))
    print(
        f"batch of {batch}: {kept:,} numbers kept; {inference:,} at most without training"
    )

# %% [markdown]
# The numbers kept grow in proportion to the batch and, with layers of equal width, to the depth. Parameters and gradients come on top, 6,570 of each, whatever the batch.
#
# > **History.** S. Linnainmaa described reverse-mode automatic differentiation in 1970, in a master's thesis about rounding errors. P. Werbos proposed it for
# > fitting models in his thesis of 1974 and applied it to neural networks in 1982. D. Rumelhart, G. Hinton and R. Williams (1986) showed that hidden
# > layers learn useful representations with it.

# %% [markdown]
# ## 3.9 What does a gradient check find?
#
# *Going further.*
#
# A gradient check uses none of the formulas of section 3.7. Change each of the 89 parameters of a small network up and down.


# %%
def loss_with(
    net: MLP, parameter: Tensor, values: Tensor, X: Tensor, labels: Tensor
) -> Tensor:
    """The loss of `net` with `values` in place of one of its parameters."""
    kept = parameter.clone()
    parameter.copy_(values)
    loss, _ = softmax_cross_entropy(net.forward(X), labels)
    parameter.copy_(kept)
    return loss


# %%
rng = torch.Generator().manual_seed(SEED)
for name, activation in {"tanh": TANH, "sigmoid": SIGMOID}.items():
    net = MLP((5, 7, 4, 3), rng, activation)
    X, labels = batch_of(6, rng)
    net.backward(softmax_cross_entropy(net.forward(X), labels)[1])
    numeric = [
        numeric_gradient(lambda v: loss_with(net, p, v, X, labels), p)
        for p in net.parameters()
    ]
    error = max(relative_error(g, n) for g, n in zip(net.gradients(), numeric, strict=True))
    check.reaches(f"{name}: largest relative error", error, at_most=1e-7)

# %% [markdown]
# (3.16) itself is needed when the loss is given in the activations. Take a last layer of sigmoids under the mean squared error.

# %%
z, y = (torch.randn(6, 3, generator=rng) for _ in range(2))
dL_da = mean_squared_error(z.sigmoid(), y)[1]
leaf = z.clone().requires_grad_()
expected = torch.autograd.grad(F.mse_loss(leaf.sigmoid(), y), leaf)[0]
check.close("delta of the last layer", dL_da * SIGMOID.slope(z), expected)  # eq. 3.16

# %% [markdown]
# The lecture notes behind this course misplace two transposes. Take their formulas literally, with columns. The first, $W^{\mathsf T}\mathbf a$ with $W$ of
# shape $(n_l, n_{l-1})$, raises an error, because the sizes do not fit. On a square layer it runs and gives wrong values without an error.

# %%
rng = torch.Generator().manual_seed(SEED)
W, square, a = (torch.randn(size, generator=rng) for size in ((4, 7), (7, 7), (7, 1)))

check.raises("W^T a with 7 inputs and 4 outputs", RuntimeError, lambda: W.T @ a)
wrong, right = square.T @ a, square @ a
slips = {"W is transposed: eq. 3.15 has W a.": wrong}
check.catches("W^T a, square layer", lambda: check.close("z", wrong, right, slips=slips))

# %% [markdown]
# The second, $\boldsymbol\delta_{l+1}^{\mathsf T} W_{l+1} \odot \sigma'(\mathbf z_l)$, raises no error for any sizes. The left factor is a row and the right one
# a column, and broadcasting turns their product into a full matrix.

# %%
delta_next, z = torch.randn(4, 1, generator=rng), torch.randn(7, 1, generator=rng)
right = (W.T @ delta_next) * TANH.slope(z)  # eq. 3.17
as_printed = (delta_next.T @ W) * TANH.slope(z)

check.catches("a row times a column", lambda: check.close("delta", as_printed, right))

# %% [markdown]
# A third mistake is to average over the batch in `backward` although the loss has divided by $n$ already. With a batch of one it changes nothing. With six
# examples every gradient is six times too small, as if the learning rate were.

# %%
net = MLP((5, 7, 3), rng)
for n in (1, 6):
    X, labels = batch_of(n, rng)
    net.backward(softmax_cross_entropy(net.forward(X), labels)[1])
    expected = by_autograd(net, X, labels)[1][2]  # db of the first layer
    if n == 1:
        check.close("batch of 1, averaged", net.delta[0].mean(0), expected)
averaged = net.delta[0].mean(0)
slips = {"Averaged over the batch; the loss has divided by n already.": averaged}
check.catches("averaged", lambda: check.close("db", averaged, expected, slips=slips))

# %% [markdown]
# A footnote in the notes says that each unit could have an activation function of its own. (3.17) allows it, since $\odot$ acts on each unit by itself. Let
# half of the units be tanh and half ReLU.

# %%
half = torch.tensor([True, False] * 4)
MIXED = Activation(
    lambda z: torch.where(half[: z.shape[1]], z.tanh(), z.relu()),
    lambda z: torch.where(half[: z.shape[1]], TANH.slope(z), RELU.slope(z)),
)
mixed = MLP((5, 8, 3), rng, MIXED)
mixed.backward(softmax_cross_entropy(mixed.forward(X), labels)[1])
check.close("mixed activations", mixed.gradients(), by_autograd(mixed, X, labels)[1])

# %% [markdown]
# ## 3.10 Does the network learn to read digits?
#
# The data are 1,258 handwritten digits to train on and 539 to test on. Each step of gradient descent moves every parameter against its gradient,
#
# $$ \theta \leftarrow \theta - \eta\,\frac{\partial L}{\partial \theta} \tag{3.19} $$
#
# where $\theta$ stands for any weight or bias and $\eta$ is the learning rate. The gradient of each step is that of a batch of 32 examples, drawn at random
# (chapter 2).


# %%
def train(
    net: MLP, split: data.Split, epochs: int, lr: float, rng: torch.Generator
) -> list[float]:
    """Gradient descent on batches of 32 (eq. 3.19); returns the mean loss of each epoch."""
    history = []
    for _ in progress(range(epochs), "training"):
        losses = []
        for batch in torch.randperm(len(split.X_train), generator=rng).split(32):
            X, y = split.X_train[batch], split.y_train[batch]
            loss, dz = softmax_cross_entropy(net.forward(X), y)
            net.backward(dz)
            for parameter, gradient in zip(net.parameters(), net.gradients(), strict=True):
                parameter -= lr * gradient  # eq. 3.19
            losses.append(loss.item())
        history.append(sum(losses) / len(losses))
    return history


def accuracy(net: MLP, X: Tensor, y: Tensor) -> float:
    """Share of examples whose largest logit is the true class."""
    return (net.forward(X).argmax(dim=1) == y).double().mean().item()


# %%
digits, rng = data.digits(seed=SEED), torch.Generator().manual_seed(SEED)
reader = MLP((64, 64, 32, 10), rng)
history = train(reader, digits, epochs=25, lr=0.2, rng=rng)

n_parameters = sum(p.numel() for p in reader.parameters())
check.close("number of parameters", n_parameters, 6570)
score = accuracy(reader, digits.X_test, digits.y_test)
check.reaches("accuracy on test digits", score, at_least=0.95)

# %% tags=["hide-input"]
fig, ax = plots.panel("training loss", x="epoch", y="mean loss", yscale="log")
ax.plot(range(1, len(history) + 1), history)
p = reader.forward(digits.X_test).softmax(dim=1)
predicted = p.argmax(dim=1)
missed = (predicted != digits.y_test).nonzero().ravel()[:6]
title = "six misclassified digits"
faults, tiles = plots.tiles(title, len(missed), columns=3, size=(4.4, 3.0), room=0.2)
for tile, i in zip(tiles, missed.tolist(), strict=True):
    plots.image(tile, digits.X_test[i].reshape(8, 8).tolist(), shades="ink")
    tile.set_title(
        f"{digits.y_test[i]}, read as {predicted[i]} ({p[i].max():.2f})",
        fontsize=8,
        loc="center",
        pad=3,
    )
plots.show(fig, faults, alt=[
    "The training loss, on a logarithmic axis, falls over 25 epochs from about 1.5 to about 0.03.",
    "Six small images of digits that the network misclassifies, each with its class, the predicted class and its probability.",
])  # fmt: skip

# %% [markdown]
# On five seeds the network classified between 95.9 and 97.8 % of the test digits correctly. Draw a digit in the large field: the page reduces it to eight by eight pixels and runs your network on it. Then draw something else, such as a letter.
# The softmax has ten classes whose probabilities sum to one, and none for "no digit".


# %%
def torch_twin(net: MLP) -> torch.nn.Sequential:
    """The same network as torch modules, with copies of the same parameters."""
    layers: list[torch.nn.Module] = []
    for W, b in zip(net.W, net.b, strict=True):
        linear = torch.nn.Linear(W.shape[1], W.shape[0])
        with torch.no_grad():
            linear.weight.copy_(W)
            linear.bias.copy_(b)
        layers += [linear, torch.nn.Tanh()]
    return torch.nn.Sequential(*layers[:-1])  # the last layer gives logits


widgets.DrawDigit(torch_twin(reader))

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.arrange(
    "Put one step of gradient descent in order.",
    {
        "forward pass of a batch": "",
        "compute the loss and `dz`": "The loss needs the logits.",
        "backward pass: `dW`, `db` of all layers": "That begins with `dz`.",
        "move each parameter against its gradient": "That needs the gradients of all layers, "
        "and the backward pass needs the weights as they were.",
    },
    because="Each needs what the one before it gives: this is the inner loop of `train`.",
)

# %% [markdown]
# ## 3.11 What does a falling loss prove?
#
# *Going further.*
#
# *This section uses `digits`, `score` and `history` from section 3.10.*
#
# A network with a wrong gradient may learn all the same. Leave the factor $\sigma'(\mathbf z_l)$ out of (3.17) and train as before: on five seeds the
# loss falls to less than a tenth, and the accuracy is 0.7 to 2.4 points lower. The last loss is 1.7 to 2.8 times that of the right gradient, but without the right curve beside it
# nothing shows that a better one exists. A falling loss is no proof of a right gradient.

# %%
wrong = Activation(torch.tanh, torch.ones_like)  # the derivative of the identity
rng = torch.Generator().manual_seed(SEED)
net = MLP((64, 64, 32, 10), rng, wrong)
losses = train(net, digits, epochs=25, lr=0.2, rng=rng)
faulty = accuracy(net, digits.X_test, digits.y_test)
check.reaches("wrong gradient: last loss over first", losses[-1] / losses[0], at_most=0.1)
ratio = losses[-1] / history[-1]
check.reaches("last loss, wrong gradient over right", ratio, at_least=1.4, at_most=3.5)
check.reaches("wrong gradient: accuracy", faulty, at_least=0.93)
check.reaches("what the right gradient adds", score - faulty, at_least=0.005, at_most=0.03)

# %% [markdown]
# A stronger test: train the same network in torch from the same weights, on the same batches. If every step is right, both hold the same 6,570 numbers
# after 60 steps.

# %%
ours = MLP((64, 64, 32, 10), torch.Generator().manual_seed(SEED))
twin = torch_twin(ours)
optimizer = torch.optim.SGD(twin.parameters(), lr=0.2)
for step in range(60):
    batch = slice(20 * step, 20 * step + 20)
    X, y = digits.X_train[batch], digits.y_train[batch]
    ours.backward(softmax_cross_entropy(ours.forward(X), y)[1])
    for parameter, gradient in zip(ours.parameters(), ours.gradients(), strict=True):
        parameter -= 0.2 * gradient
    optimizer.zero_grad()
    F.cross_entropy(twin(X), y).backward()
    optimizer.step()

# %%
linears = [layer for layer in twin if isinstance(layer, torch.nn.Linear)]
W = [layer.weight.detach() for layer in linears]
b = [layer.bias.detach() for layer in linears]
check.close("weights after 60 steps", ours.W, W, rtol=0, atol=1e-10)
check.close("biases after 60 steps", ours.b, b, rtol=0, atol=1e-10)

# %% [markdown]
# ## 3.12 When does a hidden layer matter?
#
# *Going further.*
#
# *This section uses `digits` from section 3.10.*
#
# A network without a hidden layer comes close on these digits, when both are trained for longer than in section 3.10. On five seeds the hidden layers added 0.2 to 2.2
# points, 0.9 in the mean. The linear network got at least 99.2 % of the training digits right: the training digits are nearly linearly separable, so
# these data do not show what hidden layers are for.

# %%
trained = []
for sizes, epochs, lr in (((64, 10), 100, 0.5), ((64, 64, 32, 10), 60, 0.2)):
    rng = torch.Generator().manual_seed(SEED)
    trained.append(MLP(sizes, rng))
    train(trained[-1], digits, epochs, lr, rng)

without, hidden = (accuracy(net, digits.X_test, digits.y_test) for net in trained)
check.reaches("test accuracy without a hidden layer", without, at_least=0.945)
check.reaches("what the hidden layers add", hidden - without, at_least=0, at_most=0.03)
fitted = accuracy(trained[0], digits.X_train, digits.y_train)
check.reaches("training accuracy without a hidden layer", fitted, at_least=0.99)

# %% [markdown]
# Two spirals wind around each other; no straight line separates them. Train three networks in the same way: without a hidden layer, with one of 243 units (1,217
# parameters), and with two of 32 units (1,218 parameters).

# %%
spirals = data.spirals(n=600, turns=1.25, seed=SEED)
layers = {
    "no hidden layer": (2, 2),
    "one hidden layer": (2, 243, 2),
    "two hidden layers": (2, 32, 32, 2),
}
networks, scores = {}, {}
for name, sizes in layers.items():
    rng = torch.Generator().manual_seed(SEED)
    networks[name] = MLP(sizes, rng)
    train(networks[name], spirals, epochs=120, lr=0.3, rng=rng)
    scores[name] = accuracy(networks[name], spirals.X_test, spirals.y_test)

none, one, two = scores.values()
check.reaches("spirals, no hidden layer", none, at_most=0.75)
check.reaches("spirals, one hidden layer", one, at_least=0.9)
check.reaches("spirals, two hidden layers", two, at_least=0.9)
check.reaches("two hidden layers over one", two - one, at_least=-0.01, at_most=0.03)

# %% tags=["hide-input"]
panels = []
for title, net in networks.items():
    fig, ax = plots.panel(
        f"{title}: {scores[title]:.1%}", x="$x_1$", y="$x_2$", size=(3.4, 3.2)
    )
    plots.decision_regions(
        ax,
        lambda p: net.forward(torch.tensor(p)).argmax(dim=1).numpy(),
        spirals.X_test.numpy(),
        spirals.y_test.numpy(),
        steps=120,
    )
    panels.append(fig)
plots.show(*panels, alt=[
    "A straight decision boundary cuts through both spirals and misclassifies about a third of the points.",
    "The decision boundary of the network with one hidden layer follows the spirals.",
    "The decision boundary of the network with two hidden layers follows the spirals as well.",
])  # fmt: skip

# %% [markdown]
# This is the case for a hidden layer. It does not decide between one and two: on five seeds two layers were between 0.7 points worse and 2.7 points better
# than one, and other rates and numbers of epochs gave other differences. Chapter 1 has a function for which depth saves units.

# %% [markdown]
# ## 3.13 Why do gradients vanish or explode with depth?
#
# Unrolling (3.17), the error signal of layer $l$ is a product with two factors for each layer after it:
#
# $$ \boldsymbol\delta_l = D_l W_{l+1}^{\mathsf T}\; D_{l+1} W_{l+2}^{\mathsf T} \cdots D_{K-1} W_K^{\mathsf T}\; \boldsymbol\delta_K \tag{3.20} $$
#
# where $D_l$ is the diagonal matrix of the derivatives $\sigma'(\mathbf z_l)$.

# %% [markdown]
# A **vanishing gradient** is a gradient that shrinks from layer to layer on the way back, so that in the first layers it is smaller by orders of magnitude
# than in the last ones. An **exploding gradient** is a gradient that grows from layer to layer on the way back. Where
# the gradients of the weights do the same, a step (3.19) moves the first layers far less, or far more, than the last ones.
#
# The norm of the product (3.20) depends on both factors: on the derivatives, which for a sigmoid are at most ¼, and on the weights.

# %% [markdown]
# Take the network of section 3.7, which keeps every error signal, with 30 layers of width $n = 64$. Its weights have standard
# deviation $c/\sqrt n$ and its biases are zero; vary $c$. With $c = 1$ and linear units the variance of the pre-activations would stay the same from layer to layer; 0.01, long a usual standard deviation, is $c = 0.08$ here.


# %%
def deep_norms(activation: Activation, c: float) -> tuple[Tensor, Tensor]:
    """Norms in 30 layers over those in the last: of the error signals, of the dW.   -> (30,)"""
    rng = torch.Generator().manual_seed(SEED)
    X = torch.randn(16, 64, generator=rng)
    net = MLP((64,) * 31, rng, activation)
    net.W, net.b = [c * W for W in net.W], [torch.zeros(64)] * 30
    net.forward(X)
    net.backward(torch.ones(16, 64))
    delta, dW = (torch.stack([g.norm() for g in kept]) for kept in (net.delta, net.dW))
    return delta / delta[-1], dW / dW[-1]


ACTIVATIONS = {"sigmoid": SIGMOID, "tanh": TANH, "ReLU": RELU}
scales = torch.logspace(-2, 4, 19, base=2).tolist()  # c from 1/4 to 16
ratios = {
    name: [deep_norms(activation, c)[0][0].item() for c in scales]
    for name, activation in ACTIVATIONS.items()
}

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "error signal of each layer, $c = 1$",
    x="layer",
    y="norm, over the last layer",
    yscale="log",
)
scan, ax2 = plots.panel(
    "first layer, for each $c$",
    x="$c$ (weights of std $c/\\sqrt{n}$)",
    y="norm, over the last layer",
    **LOGARITHMIC,
)
for name, activation in ACTIVATIONS.items():
    ax.plot(range(1, 31), deep_norms(activation, 1)[0], label=name)
    ax2.plot(scales, ratios[name], label=name)
ax2.axhline(1, color="gray", linewidth=0.8)
ax.legend()
ax2.set(xticks=[0.25, 1, 4, 16], xticklabels=["¼", "1", "4", "16"])
plots.show(fig, scan, alt=[
    "With c = 1 the error signal of a sigmoid network falls by about 18 orders of magnitude from the last to the first of 30 layers, "
    "that of a ReLU network by between four and five and that of tanh by about one.",
    "The first layer's error signal over the last one's, against c, both axes logarithmic. Each curve rises with c: tanh crosses one "
    "a little above c = 1, ReLU near 1.4, and the sigmoid near 11.",
])  # fmt: skip

# %%
for name, c, low, high in (
    ("sigmoid", 1, 1e-20, 5e-18),
    ("sigmoid", 8, 1e-3, 0.1),
    ("sigmoid", 11, 0.1, 15),
    ("sigmoid", 16, 10, 1e5),
    ("tanh", 1, 0.02, 1),
    ("tanh", 1.5, 1, 10),
    ("tanh", 4, 1e4, 1e7),
    ("ReLU", 0.08, 5e-38, 5e-36),
    ("ReLU", 1, 1e-5, 1e-4),
    ("ReLU", 2**0.5, 0.1, 5),
    ("ReLU", 8, 5e20, 5e22),
):
    ratio = deep_norms(ACTIVATIONS[name], c)[0][0].item()
    check.reaches(f"{name}, c = {c:.3g}", ratio, at_least=low, at_most=high)

# %% [markdown]
# With each of the three activation functions the error signal vanishes for the smallest of these weights and explodes for the largest. The bounded tanh does so, too: explosion does not
# need an unbounded activation function. What differs is the scale at which the norm is kept over these 30 layers: $c$ between 1 and 1.5 for tanh, near $\sqrt 2$ for
# ReLU, near 11 for the sigmoid with zero biases.

# %% [markdown]
# "Vanishing is an issue of the sigmoid, and ReLU was designed to solve it" is therefore half of the truth. At $c = 1$ the sigmoid loses 18 orders of magnitude, ReLU more
# than four and tanh about one. But with weights of standard deviation 0.01 ReLU loses 36, and the sigmoid with weights eleven times as large keeps the norm within a factor of ten. These are numbers at random
# weights; whether a network with such weights learns is another matter. Initialisation, normalisation and clipping follow in chapter 4, shortcuts around layers in chapter 7.

# %% [markdown]
# A step changes a weight by its own gradient, which is the error signal times an activation (3.18). Compare the weight gradients of the first and
# the last layer.

# %%
for name, c, low, high in (
    ("sigmoid", 1, 1e-21, 1e-15),
    ("tanh", 0.25, 0.05, 20),
    ("tanh", 4, 1e3, 1e7),
    ("ReLU", 0.25, 0.05, 20),
    ("ReLU", 8, 0.05, 20),
):
    dW = deep_norms(ACTIVATIONS[name], c)[1][0].item()
    check.reaches(f"dW, {name}, c = {c}", dW, at_least=low, at_most=high)

# %% [markdown]
# The sigmoid's activations keep their size from layer to layer, so that at $c = 1$ its weight gradients vanish with the error signal. With ReLU and zero biases the activations shrink or grow on the way forward
# as the error signal does on the way back: the weight gradients are of about the same size in all layers, and all of them are tiny or huge together. The same holds for tanh
# with small weights, where it is nearly linear.

# %% [markdown]
# Vary the depth in the widget, with weights of five kinds: standard deviation 0.01 and 0.1, $c = 1$ (Xavier), $c = \sqrt 2$ (He) and $c = 11$. Which activation function keeps
# its error signal through fifty layers, and with which weights?

# %%
widgets.GradientDepth()

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.choose(
    "Thirty ReLU layers of width 64 have weights of standard deviation 0.01. "
    "What happens to δ = ∂L/∂z on its way to the first layer?",
    {
        "It vanishes.": True,
        "It keeps its size: ReLU's derivative is 1.": "The derivative is one factor, W the other (3.20), "
        "and these weights shrink it at every layer.",
        "It explodes: ReLU has no upper bound.": "That takes large weights, such as a standard deviation of 1.",
        "It is exactly zero: all units are inactive.": "About half of the units are active. δ is tiny, not zero.",
    },
    because="Each layer multiplies by weights and derivatives; here ‖δ‖ at the first is below 10⁻³⁰ of that at the last.",
)

# %% [markdown]
# ## 3.14 Your turn
#
# The [exercises of this chapter](../assignments/03_backpropagation/03_backpropagation.ipynb) take its pieces further.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | error signal of a sigmoid layer | Derive | ● | 10 |
# | one layer further back | Find the bug | ●● | 10 |
# | gradients of weights and biases | Find the bug | ●● | 10 |
# | central differences | Find the bug | ●● | 15 |
# | binary cross-entropy from logits | Derive | ●●● | 20 |
# | hinge loss | Write | ●● | 10 |
# | sizes before the run | Predict | ●● | 15 |
# | a deep sigmoid network | Go beyond | ●●● | 25 |
#
# And one to think about, without a check.
#
# <details><summary>Two networks have the same loss on a batch. One has a gradient of norm 0.001, the other of norm 1,000. Which is closer to a minimum?</summary>
#
# The norms do not tell. They measure the slope at the present weights, not the distance to a minimum. A sigmoid output that is confident and wrong has a
# tiny gradient under the squared error (section 3.6), and a network with an exploding gradient (section 3.13) may be close to a minimum in a steep valley.
#
# </details>
#
# ## 3.15 In five lines
#
# 1. Derivatives multiply along a path and add up over paths; backpropagation applies this chain rule from the loss backwards.
# 2. The error signal passes back through the transpose of the weights, times the derivative of the activation function.
# 3. A weight's gradient is the error signal at its output times the activation at its input, summed over the batch.
# 4. Squared error and cross-entropy are negative log-likelihoods; the gradient of the cross-entropy is prediction minus target, and central differences check it.
# 5. Error signals vanish or explode with depth by the product of weights and derivatives: with sigmoid, tanh and ReLU they do both, each at its own scales of the weights.
#
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, section 2.2, and Politecnico di Milano, "Error functions" and "Vanishing and exploding gradient"). In these
# places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 2.2 | $\mathbf z = W^{\mathsf T}\mathbf a$ with $W$ of shape $(n_l, n_{l-1})$ | $\mathbf z = W\mathbf a$ | Rumelhart, Hinton and Williams (1986) | section 3.9 |
# | Bologna 2.2 | $\boldsymbol\delta_l = \boldsymbol\delta_{l+1}^{\mathsf T} W_{l+1} \odot \sigma'(\mathbf z_l)$ | $(W_{l+1}^{\mathsf T}\boldsymbol\delta_{l+1}) \odot \sigma'(\mathbf z_l)$ | Rumelhart, Hinton and Williams (1986) | section 3.9 |
# | Bologna 2.2 * | the element-wise product for every activation function | the softmax has a full Jacobian | eq. (3.14) | section 3.6 |
# | Bologna 2.2 | under-braces such as $1 \times \mathbb R^{n}$ | shapes $1 \times n$; most likely lost in the conversion of the text | the table of shapes | section 3.7 |
# | Bologna 2.2, remark * | vanishing is an issue of the sigmoid, ReLU was designed to solve it | weights and derivatives act together: in 30 random layers the sigmoid's error signal keeps its norm at weights 11 times as large, with zero biases, and ReLU's vanishes with small ones | Pascanu, Mikolov and Bengio (2013); Glorot, Bordes and Bengio (2011) | section 3.13 |
# | Milano, Vanishing | ReLU is a solution to explosion too | with large weights the gradient of a ReLU network explodes, as does that of a tanh network | Pascanu, Mikolov and Bengio (2013) | section 3.13 |
#
# ## Further reading
#
# - D. E. Rumelhart, G. E. Hinton and R. J. Williams (1986), [*Learning representations by back-propagating errors*](https://doi.org/10.1038/323533a0), Nature 323: four pages.
# - S. Linnainmaa (1976), [*Taylor expansion of the accumulated rounding error*](https://doi.org/10.1007/BF01931367), BIT 16: the reverse mode, in English.
# - A. G. Baydin, B. A. Pearlmutter, A. A. Radul and J. M. Siskind (2018), [*Automatic differentiation in machine learning: a survey*](https://arxiv.org/abs/1502.05767),
#   JMLR 18: tapes, and the other direction.
# - R. Pascanu, T. Mikolov and Y. Bengio (2013), [*On the difficulty of training recurrent neural networks*](https://arxiv.org/abs/1211.5063), ICML: section 2 is the product
#   (3.20), for layers that share their weights.
# - C. Cortes and V. Vapnik (1995), [*Support-vector networks*](https://doi.org/10.1007/BF00994018), Machine Learning 20: the margin and the slack.
# - X. Glorot, A. Bordes and Y. Bengio (2011), [*Deep sparse rectifier neural networks*](https://proceedings.mlr.press/v15/glorot11a.html), AISTATS: the case for ReLU, as its authors made it.

# %% [markdown] tags=["neighbours"]
# Before: [2 Gradient descent and optimisers](02_optimization.ipynb). Next: [4 Making training work](04_stable_training.ipynb).
