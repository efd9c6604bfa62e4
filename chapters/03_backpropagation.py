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
# A network looks at a blurred 8 and answers "3". The reason is spread over all of its 6,570 weights: a little too much here, a little too
# little there. To do better next time, the network needs one number for every weight: *had you been slightly larger, how much worse would
# this answer have been?*
#
# You could find each number by experiment. Nudge one weight, run the network again, see what happens to the loss, and put the weight back:
# thousands of runs for a single picture. Backpropagation finds all of the numbers, exactly, for the price of about two more runs.
#
# This chapter builds it three times: for single numbers, for whole layers, and inside a network that learns to read. Each time PyTorch
# has to agree, to the last few digits.

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
    """The number that learning needs, for one weight: the slope of the loss."""
    w, here = torch.linspace(-2, 2, 200), torch.tensor(-0.2)
    a = torch.tanh(1.5 * here - 0.4)
    height, slope = (a - 0.6) ** 2, 3 * (a - 0.6) * (1 - a**2)
    fig, ax = plots.panel(
        "the number we want, for one weight", x="weight $w$", y="loss $L$"
    )
    ax.plot(w, (torch.tanh(1.5 * w - 0.4) - 0.6) ** 2)
    ax.plot(w, height + slope * (w - here), "--", color=plots.ORANGE)
    ax.plot(here, height, "o", color=plots.ORANGE, markersize=8)
    ax.text(0.15, 1.9, f"slope −{-slope:.2f}", color=plots.ORANGE)
    ax.set(ylim=(0, 2.7))
    return fig


# %% tags=["hide-input"]
def draw_cost() -> plots.Figure:
    """How many runs of the network it takes to get the slopes of all weights."""
    n = torch.logspace(0, 6, 50)
    fig, ax = plots.panel(
        "runs of the network for all slopes", x="number of weights", y="runs"
    )
    ax.plot(n, 2 * n, label="nudge each weight up and down")
    ax.plot(n, torch.full_like(n, 3), label="backpropagation")
    ax.set(xscale="log", yscale="log")
    ax.legend()
    return fig


# %% tags=["hide-input"]
plots.show(draw_slope(), draw_cost(), alt=[
    "A curve of the loss against one weight, with its tangent: the slope at the present "
    "weight is the number that learning needs.",
    "Runs needed against the number of weights: nudging needs two a weight, "
    "backpropagation about three whatever the number.",
])  # fmt: skip

# %% [markdown]
# ## 3.1 How does a nudge travel?
#
# Picture three gear wheels. When the first turns by one step, the second turns by three; when the second turns by one, the third turns
# back by two. Turn the first wheel by one step: where does the third end up? It moves by minus six. Along a path, rates multiply.
#
# Now let the first wheel drive the last one through two different trains of gears at once, as a weight may influence the loss along
# several routes. Each route delivers its own turn, and the turns add up. Those two sentences are the whole of the chain rule.
#
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
# | $z = wx + b$ | `z` | what the neuron adds up |
# | $a = \tanh z$ | `a` | what it answers |
# | $L = (a - t)^2$ | `loss` | how wrong the answer is |
#
# One neuron is a single path, so (3.1) suffices. Begin at the loss and walk back, one rate at a time.


# %%
def neuron_gradient(x: float, w: float, b: float, t: float) -> tuple[float, float, float]:
    """dL/dw, dL/db and dL/dx of L = (tanh(w x + b) - t)^2, by the chain rule (eq. 3.1)."""
    a = math.tanh(w * x + b)
    dL_da = 2 * (a - t)
    dL_dz = dL_da * (1 - a**2)  # eq. 3.1: tanh'(z) = 1 - tanh(z)^2
    return dL_dz * x, dL_dz, dL_dz * w  # dz/dw = x, dz/db = 1, dz/dx = w


# %% [markdown]
# Is it right? PyTorch records its own computation and differentiates it. Ask it for the same three numbers.

# %%
x, w, b, t = (torch.tensor(v, requires_grad=True) for v in (0.8, -1.3, 0.4, 0.6))
loss = (torch.tanh(w * x + b) - t) ** 2
expected = torch.autograd.grad(loss, (w, b, x))

dw, db, dx = neuron_gradient(0.8, -1.3, 0.4, 0.6)
check.close("dL/dw", dw, expected[0].item())
check.close("dL/db", db, expected[1].item())
check.close("dL/dx", dx, expected[2].item())

# %% [markdown]
# **Break it.** In $L = x \tanh x$ the input takes two paths: directly, and through the tanh. Forget one of them, which is easy to do
# when a variable appears twice, and the answer looks perfectly reasonable. Only the comparison gives it away.

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
# Layers pass on vectors, and then the rate from one layer to the next is a matrix of rates, the Jacobian
# $J_{ij} = \partial u_i / \partial x_j$. Rule (3.2) becomes a product of matrices:
#
# $$ \frac{\partial L}{\partial \mathbf{x}} = \frac{\partial L}{\partial \mathbf{u}_K}\; J_K\; J_{K-1} \cdots J_1 \tag{3.3} $$
#
# You may multiply from either end. From the right you carry a whole matrix along; from the left, where the loss is, a single row. Count
# the multiplications for the network of section 3.6, whose layers have 64, 64, 32 and 10 units.


# %%
from itertools import pairwise


def multiplications(sizes: Sequence[int], from_loss: bool) -> int:
    """What eq. 3.3 costs from either end, for layers of these sizes and a scalar loss."""
    shapes = [(rows, cols) for cols, rows in pairwise([*sizes, 1])]
    if from_loss:  # the last Jacobian is a row, which is carried through the others
        return sum(rows * cols for rows, cols in shapes[:-1])
    return sum(rows * cols * sizes[0] for rows, cols in shapes[1:])  # a matrix is carried


sizes = (64, 64, 32, 10)
print(
    f"from the input: {multiplications(sizes, False):,}",
    f"from the loss: {multiplications(sizes, True):,}",
)

# %% [markdown]
# The same product, with twenty times less work. This is why the gradient is computed backwards: there is one loss, and there are many weights.
# Starting at the end that has a single number keeps everything small.

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
# ## 3.2 Can a program apply the chain rule for us?
#
# You differentiated one neuron on paper. Nobody does that for a network. But every formula is made of small steps, a sum here, a product
# there, and each step knows its own derivative. Could the program simply write down each step as it happens, and read its notes backwards?
#
# It can. The notes are called a *tape*. Each number remembers which numbers it was made from, its parents, and on the edge to each
# parent the local derivative. Going backwards, every node hands each parent its share:
#
# $$ \frac{\partial L}{\partial p} \mathrel{+}= \frac{\partial L}{\partial v}\,\frac{\partial v}{\partial p} \tag{3.4} $$
#
# for every parent $p$ of $v$. The `+=` is eq. (3.2): a parent that was used twice receives two shares.


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

    def __pow__(self, k: float) -> "Value":
        return Value(self.number**k, [(self, k * self.number ** (k - 1))])

    def __sub__(self, other: "Value | float") -> "Value":
        return self + other * -1.0

    def tanh(self) -> "Value":
        a = math.tanh(self.number)
        return Value(a, [(self, 1 - a**2)])


# %% [markdown]
# One question of order remains. A node may pass its gradient on only when it has received every share of it, so each node has to wait for all
# nodes that were made from it. Sorting the graph so that parents come before children, and walking that list backwards, does it.


# %%
def in_order(v: Value) -> list[Value]:
    """All the values that `v` was made from and `v` itself, parents before children."""
    order: list[Value] = []

    def visit(node: Value) -> None:
        if node not in order:
            for parent, _ in node.parents:
                visit(parent)
            order.append(node)

    visit(v)
    return order


def backward(loss: Value) -> None:
    """Give every value that `loss` was made from its gradient dL/dv (eq. 3.4)."""
    loss.grad = 1.0
    for v in reversed(in_order(loss)):
        for parent, local in v.parents:
            parent.grad += v.grad * local  # eq. 3.4: add, do not overwrite


# %% [markdown]
# Try it on a neuron whose weight is used twice, once inside the tanh and once in a penalty on its size.


# %%
def penalised(x: Value | Tensor, w: Value | Tensor, b: Value | Tensor) -> Value | Tensor:
    """L = (tanh(w x + b) - 0.6)^2 + 0.1 w^2, for values of our tape or of torch's."""
    return ((w * x + b).tanh() - 0.6) ** 2 + w**2 * 0.1


mine = [Value(v) for v in (0.8, -1.3, 0.4)]
backward(penalised(*mine))
leaves = [torch.tensor(v, requires_grad=True) for v in (0.8, -1.3, 0.4)]
theirs = torch.autograd.grad(penalised(*leaves), leaves)

for name, value, expected in zip(("dL/dx", "dL/dw", "dL/db"), mine, theirs, strict=True):
    check.close(name, value.grad, expected.item())

# %% [markdown]
# Walk through the tape yourself. Step forward and the numbers appear; step back and each node receives its gradient. Change a leaf and
# watch which gradients move. Before the last step back, predict the gradient at $w$: multiply along the path.

# %%
leaf_values = {"x": 0.8, "w": -1.3, "b": 0.4, "t": 0.6}
widgets.ExpressionGraph.from_expression("(tanh(w * x + b) - t)**2", **leaf_values)

# %% [markdown]
# **Break it.** Write `=` where (3.4) has `+=`. The first test below uses every value once, and the bug passes. The second one uses $w$ twice,
# and the share that arrived first is lost.


# %%
def backward_overwriting(loss: Value) -> None:
    """The slip: each share replaces the one before it."""
    loss.grad = 1.0
    for v in reversed(in_order(loss)):
        for parent, local in v.parents:
            parent.grad = v.grad * local


w, x = Value(3.0), Value(5.0)
backward_overwriting(w * x)
check.close("w x, each used once", w.grad, 5.0)

w = Value(3.0)
backward_overwriting(w * w + w)
slips = {"One share only; eq. 3.4 adds.": 3.0}
check.catches("overwriting", lambda: check.close("dL/dw", w.grad, 7.0, slips=slips))

# %% [markdown]
# > **Remember.** A gradient check must use some value more than once, or it cannot see this bug. torch has the same habit on purpose:
# > `.backward()` adds to `.grad`, which is why training loops begin with `zero_grad()`.

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.choose(
    "A training loop never calls `zero_grad()`. What does `w.grad` hold after the third `backward()`?",
    {
        "the sum of three gradients": True,
        "the third gradient": "`backward()` adds to what `.grad` holds, as (3.4) does; it does not overwrite.",
        "the mean of three gradients": "Nothing divides by three: (3.4) only adds.",
        "nothing, since torch raises an error": "There is no error. Training goes on, and each step mixes in older gradients.",
    },
    because="Every `backward()` adds its share, and nobody has taken the first two away.",
)

# %% [markdown]
# ## 3.3 How do you know that a gradient is right?
#
# So far torch has been the judge. What if the function is your own and no library has it? Then go back to what a derivative is: the
# change of the loss for a small change of one number. Nudge it both ways and divide:
#
# $$ \frac{\partial L}{\partial x_i} \approx \frac{L(\mathbf{x} + h\,\mathbf{e}_i) - L(\mathbf{x} - h\,\mathbf{e}_i)}{2h} \tag{3.5} $$
#
# $\mathbf{e}_i$ is the vector with a one in place $i$ and zeros elsewhere. This is the slow method of the introduction, two runs for each
# number, and that is fine: it only has to run once, on a small case, to prove that the fast one is right.


# %%
def numeric_gradient(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    """dL/dx of a scalar function by central differences.   x: any shape -> the same"""
    grad = torch.empty_like(x)
    for i in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[i] = h
        grad.view(-1)[i] = (f(x + step) - f(x - step)) / (2 * h)  # eq. 3.5
    return grad


# %% [markdown]
# How close is close enough? A difference of 0.001 is tiny for a gradient of 1,000 and hopeless for one of 0.0001. Compare the difference
# with the size of the two gradients themselves:
#
# $$ \text{relative error} = \frac{\lVert \mathbf{g} - \mathbf{g}' \rVert}{\lVert \mathbf{g} \rVert + \lVert \mathbf{g}' \rVert} \tag{3.6} $$
#
# It lies between 0, for equal gradients, and 1, for opposite ones.


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
# The step $h$ has to be chosen. Make it large and the curve bends away between the two points. Make it tiny and the two losses agree in nearly all of
# their digits, so that their difference is mostly rounding. Somewhere in between lies the best step: let the experiment find it, also for
# the cheaper difference that nudges one way only, and for numbers of single precision.


# %%
def one_sided(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """Forward differences: one nudge, upwards only.   x: any shape -> the same shape"""
    grad = torch.empty_like(x)
    for i in range(x.numel()):
        step = torch.zeros_like(x)
        step.view(-1)[i] = h
        grad.view(-1)[i] = (f(x + step) - f(x)) / h
    return grad


steps = torch.logspace(-12, 0, 49).tolist()
single = x.float()
curves = {
    "one-sided, float64": [relative_error(one_sided(f, x, h), exact) for h in steps],
    "central, float64": [relative_error(numeric_gradient(f, x, h), exact) for h in steps],
    "central, float32": [
        relative_error(numeric_gradient(f, single, h), exact) for h in steps
    ],
}

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "a step too long, a step too short",
    x="step $h$",
    y="relative error (3.6)",
    xscale="log",
    yscale="log",
    size=(5.6, 3.4),
)
for name, errors in curves.items():
    ax.plot(steps, errors, label=name)
ax.legend()
plots.show(fig, alt="Relative error against the step h: each curve falls and rises again. Central differences in float64 are best, near h = 1e-5; "
           "one-sided ones are far worse, and float32 stays above 1e-5.")  # fmt: skip

# %%
best = {name: min(errors) for name, errors in curves.items()}
check.reaches("best central difference, float64", best["central, float64"], at_most=1e-9)
ratio = best["one-sided, float64"] / best["central, float64"]
check.reaches("one-sided over central", ratio, at_least=30)
check.reaches("best central difference, float32", best["central, float32"], at_least=1e-6)

# %% [markdown]
# Two habits follow. Check gradients in double precision: in single precision even a right gradient disagrees with its check in the fifth
# digit or so. And nudge both ways, with $h$ near $10^{-5}$.
#
# **Break it.** The checker itself has a blind spot. ReLU, $\max(0, z)$, has a kink at zero. Put a point closer to the kink than $h$ and
# the two nudges straddle it: the checker then calls a right gradient wrong.


# %%
def sum_of_relu(z: Tensor) -> Tensor:
    """Its gradient is 1 wherever z is positive, however slightly."""
    return z.relu().sum()


z = torch.tensor([1e-7, 0.5])
for h in (1e-5, 1e-8):
    print(f"h = {h:g}: ", numeric_gradient(sum_of_relu, z, h).tolist())

nudged, right = numeric_gradient(sum_of_relu, z), torch.ones(2)
check.catches("a kink between the nudges", lambda: check.close("slope", nudged, right))

# %% [markdown]
# > **Pitfall.** When a gradient check fails at one place only, look whether a kink lies there before you look for a bug.

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.predict(
    "A backward pass has a factor of 2 too many: it gives 2g where g is right. Which relative error (3.6) results?",
    answer=relative_error(exact, 2 * exact),
    tolerance=0.005,
    because="‖g − 2g‖ / (‖g‖ + ‖2g‖) = 1/3, for every g but zero. In double precision a right gradient stays below 10⁻⁷.",
    slips={
        "That divides by ‖g‖ alone; (3.6) divides by the sum of both norms.": 1,
        "That divides by ‖2g‖ alone; (3.6) divides by the sum of both norms.": 0.5,
    },
)

# %% [markdown]
# ## 3.4 What should a network be punished for?
#
# A gradient needs something to be the gradient of. The loss says what a mistake is, and a different loss makes a different network out of
# the same data. How should the price of a mistake grow with the mistake?
#
# Four losses cover most of practice. Each function below returns two things, the loss and its gradient with respect to what the network said, because
# the second is where backpropagation begins. All of them average over the $n$ examples of a batch.
#
# | the task | the last layer gives | loss |
# |---|---|---|
# | a number, or several | the numbers $\hat y$ themselves | mean squared error |
# | yes or no | one logit $z$; the probability is $\sigma(z)$ | binary cross-entropy |
# | one of $C$ classes | $C$ logits; the probabilities are $\operatorname{softmax}(\mathbf z)$ | categorical cross-entropy |
# | yes or no, with a margin | one score $s$ | hinge |
#
# **A number.** The mean squared error charges the square of the distance, so a mistake twice as large costs four times as much:
#
# $$ \begin{gathered}
#    L = \frac{1}{nd} \sum_{i=1}^{n}\sum_{j=1}^{d} (\hat y_{ij} - y_{ij})^2, \\[6pt]
#    \frac{\partial L}{\partial \hat y_{ij}} = \frac{2}{nd}\,(\hat y_{ij} - y_{ij})
#    \end{gathered} \tag{3.7} $$


# %%
def mean_squared_error(y_hat: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and dL/dy_hat (eq. 3.7).   y_hat, y: (n, d) -> (), (n, d)"""
    error = y_hat - y
    return (error**2).mean(), 2 * error / error.numel()


# %% [markdown]
# **Yes or no.** Let the network give any number $z$, the *logit*, and squash it into a probability $\sigma(z) = 1/(1 + e^{-z})$. The price
# is minus the logarithm of the probability that it gave to the truth: nothing for a sure and right answer, and without limit for a sure and wrong one.
# Written with the logit, it can be computed without ever taking the logarithm of a rounded zero:
#
# $$ \begin{gathered}
#    L = \frac1n \sum_{i} \ell_i, \\[6pt]
#    \ell_i = \max(z_i, 0) - y_i z_i + \log\!\big(1 + e^{-|z_i|}\big), \\[6pt]
#    \frac{\partial L}{\partial z_i} = \frac1n \big(\sigma(z_i) - y_i\big)
#    \end{gathered} \tag{3.8} $$


# %%
def binary_cross_entropy(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and dL/dz from logits (eq. 3.8).   z, y: (n,), y in {0, 1} -> (), (n,)"""
    loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))
    return loss.mean(), (z.sigmoid() - y) / len(z)


# %% [markdown]
# **One of many.** The softmax turns $C$ logits into $C$ positive numbers that sum to one. Subtracting the largest logit first changes nothing in the
# result, since it cancels, and keeps the exponential from overflowing:
#
# $$ p_{ij} = \frac{e^{z_{ij} - m_i}}{\sum_k e^{z_{ik} - m_i}}, \qquad m_i = \max_k z_{ik} \tag{3.9} $$
#
# With the true class $c_i$ of example $i$, and $y_{ij} = 1$ for $j = c_i$ and 0 otherwise:
#
# $$ \begin{gathered}
#    L = -\frac1n \sum_i \log p_{i c_i}, \\[6pt]
#    \frac{\partial L}{\partial z_{ij}} = \frac1n\,(p_{ij} - y_{ij})
#    \end{gathered} \tag{3.10} $$
#
# Read the gradient aloud: what you said, minus what was true. Few results in this field are as tidy.


# %%
def softmax_cross_entropy(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and dL/dz (eq. 3.9, 3.10).   z: (n, C), labels: (n,) -> (), (n, C)"""
    shifted = z - z.max(dim=1, keepdim=True).values  # eq. 3.9
    log_p = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
    rows = torch.arange(len(z))
    dz = log_p.exp()
    dz[rows, labels] -= 1  # eq. 3.10: p - y
    return -log_p[rows, labels].mean(), dz / len(z)


# %% [markdown]
# **Yes or no, with a margin.** The hinge loss asks for the right sign and a little more. With $t_i = \pm 1$, a score $s_i$ on the right side of the
# margin, $t_i s_i \ge 1$, costs nothing and teaches nothing:
#
# $$ \begin{gathered}
#    L = \frac1n \sum_i \max(0,\ 1 - t_i s_i), \\[6pt]
#    \frac{\partial L}{\partial s_i} = \begin{cases} -t_i / n & t_i s_i < 1 \\ 0 & t_i s_i \ge 1 \end{cases}
#    \end{gathered} \tag{3.11} $$
#
# At the corner, $t_i s_i = 1$, there is no single slope; any number between $-t_i/n$ and 0 will do, and we take 0.


# %%
def hinge(s: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and dL/ds (eq. 3.11).   s, t: (n,), t in {-1, +1} -> (), (n,)"""
    room = 1 - t * s
    return room.clamp(min=0).mean(), torch.where(room > 0, -t, torch.zeros_like(t)) / len(s)


# %% [markdown]
# Four losses, four gradients, all to be proved. torch has three of the losses under a name; the hinge is its multi-class margin loss on the two scores
# $\pm s/2$, times the number of classes, by which torch divides.


# %%
def hinge_by_torch(s: Tensor, t: Tensor) -> Tensor:
    """The hinge loss as torch's multi-class margin loss over the classes "no" and "yes"."""
    return 2 * F.multi_margin_loss(torch.stack([-s / 2, s / 2], dim=1), (t > 0).long())


rng = torch.Generator().manual_seed(SEED)
labels, flips = torch.randint(5, (9,), generator=rng), torch.rand(8, generator=rng) < 0.5
y_hat, y, z, Z, s = (
    torch.randn(size, generator=rng) for size in ((6, 4), (6, 4), (8,), (9, 5), (8,))
)
cases = [
    ("squared error", mean_squared_error, F.mse_loss, y_hat, y),
    ("yes or no", binary_cross_entropy, F.binary_cross_entropy_with_logits, z, 1.0 * flips),
    ("one of many", softmax_cross_entropy, F.cross_entropy, Z, labels),
    ("hinge", hinge, hinge_by_torch, s, 2.0 * flips - 1),
]

# %%
for name, ours, by_torch, said, truth in cases:
    leaf = said.clone().requires_grad_()
    expected = by_torch(leaf, truth)
    gradient = torch.autograd.grad(expected, leaf)[0]
    check.close(
        f"{name}: (loss, gradient)", ours(said, truth), (expected.detach(), gradient)
    )

# %% [markdown]
# And the checker of the last section agrees, without asking torch for a derivative.

# %%
for name, ours, _, said, truth in cases:
    error = relative_error(
        ours(said, truth)[1], numeric_gradient(lambda z: ours(z, truth)[0], said)
    )
    check.reaches(f"{name}: relative error", error, at_most=1e-7)

# %% [markdown]
# Draw the price of a yes-or-no answer against the margin $m = ts$: negative means wrong, and the further left, the more sure of it. Nobody can
# descend the count of mistakes itself, since it is flat nearly everywhere. The other three are slopes that lead to it, each with its own character.

# %% tags=["hide-input"]
m = torch.linspace(-3, 3, 241)
wrong = 1 - m.sigmoid()  # the probability that the network gives to the wrong answer
curves = {  # each loss, and how hard it pulls towards the right answer
    "cross-entropy": (torch.log1p(torch.exp(-m)), wrong),
    "hinge": ((1 - m).clamp(min=0), (m < 1).double()),
    "squared error of $\\sigma(z)$": (wrong**2, 2 * wrong**2 * m.sigmoid()),
    "mistakes": ((m < 0).double(), torch.zeros_like(m)),
}
fig, ax = plots.panel("what a mistake costs", x="margin $m = t\\,s$", y="loss")
pulls, ax2 = plots.panel("how hard it pulls", x="margin $m = t\\,s$", y="$-dL/dm$")
for name, (loss, pull) in curves.items():
    ax.plot(m, loss, label=name)
    ax2.plot(m, pull)
ax.set(ylim=(-0.1, 4))
ax.legend()
plots.show(fig, pulls, alt=[
    "Loss against the margin. Cross-entropy and hinge keep rising for wrong answers; the "
    "squared error of the sigmoid levels off below one.",
    "The pull of each loss. For wrong answers cross-entropy and hinge pull with strength "
    "near one, the squared error and the count of mistakes with nearly none.",
])  # fmt: skip

# %% [markdown]
# Look at the far left of the right-hand picture. A network that is wrong and sure of it gets the full pull from the cross-entropy and from the hinge.
# The squared error of a sigmoid hardly pulls at all: the sigmoid is flat there, and its slope is a factor of the gradient. How weak is it?

# %%
z = torch.tensor([-8.0], requires_grad=True)  # the truth is "yes": wrong, and very sure
by_square = torch.autograd.grad(((z.sigmoid() - 1) ** 2).mean(), z)[0].item()
by_entropy = binary_cross_entropy(z.detach(), torch.ones(1))[1].item()
print(f"pull of the squared error {by_square:.5f}, of the cross-entropy {by_entropy:.5f}")
check.reaches("cross-entropy over squared error", by_entropy / by_square, at_least=1000)

# %% [markdown]
# **Break it, twice.** First, drop the maximum from (3.9). On ordinary logits nobody will ever notice. On large ones $e^z$ overflows, and
# infinity divided by infinity is not a number.


# %%
def softmax_naive(z: Tensor) -> Tensor:
    """The slip: eq. 3.9 without the maximum.   z: (n, C) -> (n, C)"""
    return z.exp() / z.exp().sum(dim=1, keepdim=True)


ordinary, large = torch.tensor([[1.0, 2.0, 0.5]]), torch.tensor([[1000.0, 2.0, 0.5]])
check.close("ordinary logits", softmax_naive(ordinary), ordinary.softmax(dim=1))
answer, right = softmax_naive(large), large.softmax(dim=1)
check.catches("no maximum", lambda: check.close("large logits", answer, right))

# %% [markdown]
# Second, treat the softmax like any other activation. Lecture notes often write the backward step as an element-wise product,
# $\partial L/\partial\mathbf z = \nabla_{\mathbf p} L \odot \sigma'(\mathbf z)$. That holds when each output depends on its own input alone. The outputs
# of a softmax share one denominator, so raising one logit lowers all the other probabilities, and the Jacobian is a full matrix:
#
# $$ \begin{gathered}
#    \frac{\partial p_i}{\partial z_j} = p_i\,(\delta_{ij} - p_j), \\[6pt]
#    J = \operatorname{diag}(\mathbf p) - \mathbf p\,\mathbf p^{\mathsf T}
#    \end{gathered} \tag{3.12} $$
#
# Here $\delta_{ij}$ is 1 for $i = j$ and 0 otherwise. The element-wise product keeps the diagonal of $J$ and throws the rest away.

# %%
z = torch.tensor([0.2, -1.0, 1.7], requires_grad=True)
p = z.softmax(dim=0)
dL_dp = torch.tensor([0.5, -2.0, 1.0])
expected = torch.autograd.grad(p, z, dL_dp)[0]
p = p.detach()
jacobian = torch.diag(p) - torch.outer(p, p)  # eq. 3.12
diagonal = dL_dp * p * (1 - p)

check.close("with the full Jacobian", jacobian.T @ dL_dp, expected)
slips = {"The softmax is not element-wise: eq. 3.12 is a full matrix.": diagonal}
check.catches("element-wise", lambda: check.close("dL/dz", diagonal, expected, slips=slips))

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.choose(
    "A softmax gives p = (0.7, 0.2, 0.1), and the second class is the true one. "
    "What is the gradient of the cross-entropy with respect to the logits?",
    {
        "(0.7, −0.8, 0.1)": True,
        "(−0.7, 0.8, −0.1)": "That is y − p. A step against it would raise the loss.",
        "(0, −5, 0)": "That is the gradient with respect to p. The Jacobian of the softmax (3.12) follows.",
        "(0, −0.8, 0)": "That takes the softmax for element-wise. Each logit changes all "
        "probabilities, so each gets a gradient (3.12).",
    },
    because="It is p − y (3.10), with y = (0, 1, 0).",
)

# %% [markdown]
# ## 3.5 How does blame travel through a layer?
#
# The tape of section 3.2 makes one small object for each product and each sum: over four thousand products for the first layer
# of a modest network and a single picture. Layers are regular, though. Can the whole walk back through a layer be written as two matrix products?
#
# Begin with one example. A layer mixes the previous answers and bends each sum:
#
# $$ \begin{gathered}
#    \mathbf z_l = W_l\,\mathbf a_{l-1} + \mathbf b_l, \\[6pt]
#    \mathbf a_l = \sigma(\mathbf z_l), \qquad \mathbf a_0 = \mathbf x
#    \end{gathered} \tag{3.13} $$
#
# | symbol | name | shape for one example | shape for a batch, an example a row |
# |---|---|---|---|
# | $W_l$ | `W[l]` | $(n_l, n_{l-1})$ | the same |
# | $\mathbf b_l$ | `b[l]` | $(n_l)$ | the same |
# | $\mathbf a_l$ | `a[l]` | $(n_l)$ | $(n, n_l)$ |
# | $\mathbf z_l$ | `z[l]` | $(n_l)$ | $(n, n_l)$ |
# | $\boldsymbol\delta_l = \partial L / \partial \mathbf z_l$ | `delta[l]` | $(n_l)$ | $(n, n_l)$ |
#
# The quantity to carry backwards is $\boldsymbol\delta_l$: the blame that falls on the sums of layer $l$. At the end it is the slope of the loss
# times the slope of the last activation. Here $\odot$ multiplies place by place:
#
# $$ \boldsymbol\delta_K = \nabla_{\mathbf a_K} L \odot \sigma'(\mathbf z_K) \tag{3.14} $$
#
# One layer further back, unit $j$ has fed every unit $i$ of the next layer with weight $W_{ij}$. So it collects blame from all of them, by the same
# weights, and (3.2) sums it. Then the blame passes the bend:
#
# $$ \boldsymbol\delta_l = \big(W_{l+1}^{\mathsf T}\,\boldsymbol\delta_{l+1}\big) \odot \sigma'(\mathbf z_l) \tag{3.15} $$
#
# Forward goes through $W$, backward through its transpose: the same wires, used in the other direction. What a single weight $W_{ij}$ deserves is
# then the blame at its output end times the signal at its input end:
#
# $$ \frac{\partial L}{\partial W_l} = \boldsymbol\delta_l\, \mathbf a_{l-1}^{\mathsf T}, \qquad
#    \frac{\partial L}{\partial \mathbf b_l} = \boldsymbol\delta_l \tag{3.16} $$
#
# A batch has one example in each row. Every example sends its own blame to the same weights, so these shares add up (3.2), and the sum
# over the examples is exactly what a matrix product does: `delta.T @ a`. The division by $n$ has happened already, inside the loss.


# %%
class Activation(NamedTuple):
    """A function applied to each number by itself, and its derivative."""

    f: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]


TANH = Activation(torch.tanh, lambda z: 1 - z.tanh() ** 2)
SIGMOID = Activation(torch.sigmoid, lambda z: z.sigmoid() * (1 - z.sigmoid()))
RELU = Activation(torch.relu, lambda z: (z > 0).to(z.dtype))


# %%
class MLP:
    """A multi-layer perceptron (eq. 3.13) whose last layer is linear and gives logits.

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
            self.z.append(self.a[-1] @ W.T + b)  # eq. 3.13   (n, n_l)
            self.a.append(self.activation.f(self.z[-1]))
        return self.z[-1]  # the last sums are the logits

    def backward(self, dz: Tensor) -> None:
        """From dL/dz of the last layer to all gradients, keeping every delta.   (n, d_K)"""
        self.delta, self.dW, self.db = ([torch.empty(0)] * len(self.W) for _ in range(3))
        for l in reversed(range(len(self.W))):
            self.delta[l] = dz
            self.dW[l] = dz.T @ self.a[l]  # eq. 3.16, summed over the batch
            self.db[l] = dz.sum(0)
            if l > 0:  # eq. 3.15   (n, n_{l-1})
                dz = (dz @ self.W[l]) * self.activation.slope(self.z[l - 1])

    def parameters(self) -> list[Tensor]:
        return [*self.W, *self.b]

    def gradients(self) -> list[Tensor]:
        return [*self.dW, *self.db]


# %% [markdown]
# With logits, (3.14) is already done: (3.10) is the derivative with respect to $\mathbf z_K$. Now the proof. Take four layer sizes of which no two are equal,
# and a batch of yet another size, so that no transpose can hide. Compare every stored $\boldsymbol\delta$ and every gradient with torch's.


# %%
def by_autograd(net: MLP, X: Tensor, labels: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """The deltas dL/dz_l and the gradients of all parameters, as torch computes them."""
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
loss, dz = softmax_cross_entropy(net.forward(X), labels)
net.backward(dz)

deltas, gradients = by_autograd(net, X, labels)
for l, expected in enumerate(deltas):
    check.close(f"delta {l + 1}, shape {tuple(expected.shape)}", net.delta[l], expected)
names = [f"{kind} of layer {l}" for kind in ("dW", "db") for l in (1, 2, 3)]
for name, mine, expected in zip(names, net.gradients(), gradients, strict=True):
    check.close(f"{name}, shape {tuple(expected.shape)}", mine, expected)

# %% [markdown]
# The numeric checker gets the last word, since it knows nothing of deltas: nudge each of the 89 numbers up and down.


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
# **Break it.** The lecture notes behind this course write two of these formulas with the transposes misplaced. Follow them to the letter, on
# columns, and see what happens. The first, $W^{\mathsf T}\mathbf a$ with $W$ of shape $(n_l, n_{l-1})$, stops at once, because the sizes do not fit.
# But on a square layer it runs, and is wrong in silence.

# %%
rng = torch.Generator().manual_seed(SEED)
W, square, a = (torch.randn(size, generator=rng) for size in ((4, 7), (7, 7), (7, 1)))

check.raises("W^T a with 7 inputs and 4 outputs", RuntimeError, lambda: W.T @ a)
wrong, right = square.T @ a, square @ a
slips = {"W is transposed: eq. 3.13 has W a.": wrong}
check.catches("W^T a, square layer", lambda: check.close("z", wrong, right, slips=slips))

# %% [markdown]
# The second, $\boldsymbol\delta_{l+1}^{\mathsf T} W_{l+1} \odot \sigma'(\mathbf z_l)$, is worse: it does not stop. The left factor is a row, the right one a
# column, and instead of complaining the library stretches both into a full matrix.

# %%
delta_next, z = torch.randn(4, 1, generator=rng), torch.randn(7, 1, generator=rng)
right = (W.T @ delta_next) * TANH.slope(z)  # eq. 3.15
as_printed = (delta_next.T @ W) * TANH.slope(z)

check.catches("a row times a column", lambda: check.close("delta", as_printed, right))

# %% [markdown]
# A third slip is the most common in practice: averaging over the batch in `backward`, although the loss has already divided by $n$. With a batch of one
# it cannot be seen. With six examples every gradient is six times too short, and training merely looks slow.

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
# A footnote in the notes says that each unit could have an activation of its own. Nothing above forbids it: $\odot$ works place by place. Let half of
# the units be tanh and half ReLU.

# %%
half = torch.tensor([True, False] * 4)
MIXED = Activation(
    lambda z: torch.where(half[: z.shape[1]], z.tanh(), z.relu()),
    lambda z: torch.where(half[: z.shape[1]], TANH.slope(z), RELU.slope(z)),
)
mixed = MLP((5, 8, 3), rng, MIXED)
mixed.backward(softmax_cross_entropy(mixed.forward(X), labels)[1])
for mine, expected in zip(mixed.gradients(), by_autograd(mixed, X, labels)[1], strict=True):
    check.close(f"mixed activations, shape {tuple(expected.shape)}", mine, expected)

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.choose(
    "W has shape (4, 7). Its inputs are a = σ(z), 7 numbers; its 4 outputs have the gradient δ. "
    "All are columns. What is ∂L/∂z?",
    {
        "(Wᵀδ) ⊙ σ′(z)": True,
        "(Wδ) ⊙ σ′(z)": "W has 7 columns and δ has 4 numbers: the sizes do not fit. "
        "For a square W it would run, and be wrong.",
        "(δᵀW) ⊙ σ′(z)": "A row times a column, place by place, becomes a 7 × 7 matrix, without an error.",
        "Wᵀ(δ ⊙ σ′(z))": "σ′(z) has 7 numbers and δ has 4. The slopes belong to z, so they come after Wᵀ.",
    },
    because="Wᵀ sums over the 4 outputs that each input feeds; then the slopes follow (3.15).",
)

# %% [markdown]
# ## 3.6 Does it learn to read?
#
# Everything is proved in the small. Does it work in the large, on 1,258 handwritten digits that we train on and 539 that the network has never seen?
#
# Learning is a loop of three lines: predict, find the blame, and move each parameter a small step against its gradient,
#
# $$ \theta \leftarrow \theta - \eta\,\frac{\partial L}{\partial \theta} \tag{3.17} $$
#
# where $\theta$ stands for any weight or bias, and $\eta$, the learning rate, is the length of the step. Each step looks at 32 examples only, drawn at
# random. Chapter 2 says why that is enough.


# %%
def train(
    net: MLP, split: data.Split, epochs: int, lr: float, rng: torch.Generator
) -> list[float]:
    """Gradient descent on batches of 32 (eq. 3.17); returns the mean loss of each epoch."""
    history = []
    for _ in progress(range(epochs), "training"):
        losses = []
        for batch in torch.randperm(len(split.X_train), generator=rng).split(32):
            X, y = split.X_train[batch], split.y_train[batch]
            loss, dz = softmax_cross_entropy(net.forward(X), y)
            net.backward(dz)
            for parameter, gradient in zip(net.parameters(), net.gradients(), strict=True):
                parameter -= lr * gradient  # eq. 3.17
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
check.reaches("accuracy on unseen digits", score, at_least=0.945)

# %% tags=["hide-input"]
fig, ax = plots.panel("learning to read", x="epoch", y="mean loss", yscale="log")
ax.plot(range(1, len(history) + 1), history)
answers = reader.forward(digits.X_test).argmax(dim=1)
missed = (answers != digits.y_test).nonzero().ravel()[:6]
title = "six digits that it misreads"
faults, tiles = plots.tiles(title, len(missed), columns=3, size=(4.4, 3.0), room=0.2)
for tile, i in zip(tiles, missed, strict=True):
    plots.image(tile, digits.X_test[i].reshape(8, 8), shades="ink")
    tile.set_title(
        f"{digits.y_test[i]}, read as {answers[i]}", fontsize=9, loc="center", pad=3
    )
plots.show(fig, faults, alt=[
    "The training loss falls over 25 epochs from about one to about 0.02.",
    "Six small images of digits that the network misreads; most are hard to read for a person too.",
])  # fmt: skip

# %% [markdown]
# A falling loss and a good score are pleasant, but they prove little: a network with a wrong gradient often learns too, only worse. So run a twin in
# torch from the same start, on the same batches. If every step is right, then after 60 steps the two networks hold the same 6,570 numbers.


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
for l, layer in enumerate(linears):
    W, b = layer.weight.detach(), layer.bias.detach()
    check.close(f"W of layer {l + 1} after 60 steps", ours.W[l], W, rtol=0, atol=1e-10)
    check.close(f"b of layer {l + 1} after 60 steps", ours.b[l], b, rtol=0, atol=1e-10)

# %% [markdown]
# Your network reads what it was shown in a tidy dataset. Does it read you? Draw a digit in the large field: the page shrinks it to eight by eight pixels and runs your 6,570 numbers on it.
# Then draw badly, or a letter. The network has ten answers and must choose one, and it can be wrong and very sure.

# %%
widgets.DrawDigit(torch_twin(reader))

# %% [markdown]
# Now the promise of the introduction: all gradients for about two more runs. Count multiplications. Forward, a layer of shape $(n_l, n_{l-1})$ costs
# $n_l\, n_{l-1}$ for each example; backward it costs the same once for `dW` and once for the next delta, which the first layer does not need.

# %%
forward_cost = sum(W.numel() for W in reader.W)
backward_cost = 2 * forward_cost - reader.W[0].numel()
print(
    f"multiplications for one digit: {forward_cost:,} forward, {backward_cost:,} backward"
)
print(f"that is {backward_cost / forward_cost:.2f} times as many")
print(f"by nudging: {2 * n_parameters * forward_cost:,}")

# %% [markdown]
# > **Honest result.** A network without any hidden layer does nearly as well on these digits. The next cell trains one for longer, as it
# > learns more slowly. On five seeds the difference lay between −0.4 and +1.7 points. Eight by eight pixels of well-centred digits are close to linearly separable, so they do not show what hidden layers are for.

# %%
rng = torch.Generator().manual_seed(SEED)
no_hidden = MLP((64, 10), rng)
train(no_hidden, digits, epochs=100, lr=0.5, rng=rng)
without = accuracy(no_hidden, digits.X_test, digits.y_test)
check.reaches("accuracy without a hidden layer", without, at_least=0.935)
check.reaches("what the hidden layers add on digits", score - without, at_most=0.03)

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.arrange(
    "Put one step of gradient descent in order.",
    {
        "run the network on a batch": "",
        "compute the loss and `dz`": "The loss needs the logits.",
        "go back through the layers: `dW`, `db`": "That begins with `dz`.",
        "move each parameter against its gradient": "That needs the gradients of all layers, "
        "and going back needs the weights as they were.",
    },
    because="Each needs what the one before it gives: this is the inner loop of `train`.",
)

# %% [markdown]
# ## 3.7 When does a hidden layer matter?
#
# Two spirals wind around each other. No straight line can part them, whatever its weights. Give the same training to a network without a hidden layer and to one with
# two hidden layers of 32: how far apart do they end?

# %%
spirals = data.spirals(n=600, turns=1.25, seed=SEED)
rng = torch.Generator().manual_seed(SEED)
straight, bent = MLP((2, 2), rng), MLP((2, 32, 32, 2), rng)
for net in (straight, bent):
    train(net, spirals, epochs=200, lr=0.3, rng=rng)

test = spirals.X_test, spirals.y_test
check.reaches("spirals, no hidden layer", accuracy(straight, *test), at_most=0.77)
check.reaches("spirals, two hidden layers", accuracy(bent, *test), at_least=0.95)

# %% tags=["hide-input"]
panels = []
for title, net in {"no hidden layer": straight, "two hidden layers of 32": bent}.items():
    score = accuracy(net, spirals.X_test, spirals.y_test)
    fig, ax = plots.panel(
        f"{title}: {score:.1%} right", x="$x_1$", y="$x_2$", size=(3.9, 3.6)
    )
    plots.decision_regions(
        ax,
        lambda p: net.forward(torch.tensor(p)).argmax(dim=1),
        spirals.X_test.numpy(),
        spirals.y_test.numpy(),
    )
    panels.append(fig)
plots.show(*panels, alt=[
    "A straight border cuts through both spirals and gets about a third of the points wrong.",
    "The border of the network with hidden layers winds between the spirals and gets nearly every point right.",
])  # fmt: skip

# %% [markdown]
# The bounds in the cell above held for five different seeds, with new spirals and new starting weights each time. This is the case for depth, and also the case for
# choosing a test that can tell two models apart.
#
# ## 3.8 Why does a deep network forget its first layers?
#
# Stack thirty layers instead of three and training often stalls: the last layers learn while the first ones hardly move. Where does their gradient go?
#
# Look at (3.15) again and unroll it. Every layer on the way back multiplies the blame by a matrix and by the slopes of the activation:
#
# $$ \boldsymbol\delta_l = D_l W_{l+1}^{\mathsf T}\; D_{l+1} W_{l+2}^{\mathsf T} \cdots D_{K-1} W_K^{\mathsf T}\; \boldsymbol\delta_K \tag{3.18} $$
#
# where $D_l$ is the diagonal matrix of the slopes $\sigma'(\mathbf z_l)$.
# A product of many factors seldom stays near one. If a typical factor shrinks the blame, it *vanishes* with depth; if it stretches it, it *explodes*.
# The slope of a sigmoid is at most ¼. The weights count just as much: the factor is the product of both.


# %%
def gradient_norms(
    activation: Activation, std: float, depth: int, width: int, rng: torch.Generator
) -> Tensor:
    """The norm of dL/dz at each layer of a random net, relative to the last (eq. 3.18).

    The first layer comes first.   -> (depth,)
    """
    a, layers = torch.randn(16, width, generator=rng), []
    for _ in range(depth):
        W = std * torch.randn(width, width, generator=rng)
        z = a @ W.T
        layers.append((W, z))
        a = activation.f(z)
    delta, norms = torch.ones_like(a), []
    for W, z in reversed(layers):
        delta = delta * activation.slope(z)  # dL/dz of this layer
        norms.append(delta.norm())
        delta = delta @ W  # dL/da of the layer before
    return torch.stack(norms[::-1]) / norms[0]


# %% [markdown]
# Draw the weights of 30 layers of width 64 in three ways: with a standard deviation of 0.01, as was long usual; scaled to the width, by $\sqrt{1/n}$ for sigmoid and
# tanh and $\sqrt{2/n}$ for ReLU; and with a standard deviation of 1.

# %%
WIDTH, DEPTH = 64, 30
scaled = {"sigmoid": WIDTH**-0.5, "tanh": WIDTH**-0.5, "ReLU": (2 / WIDTH) ** 0.5}
norms = {}
for name, activation in {"sigmoid": SIGMOID, "tanh": TANH, "ReLU": RELU}.items():
    for label, std in {"0.01": 0.01, "scaled": scaled[name], "1": 1.0}.items():
        rng = torch.Generator().manual_seed(SEED)
        norms[name, label] = gradient_norms(activation, std, DEPTH, WIDTH, rng)

# %% tags=["hide-input"]
panels = []
titles = {
    "0.01": "weights of std 0.01",
    "scaled": "weights scaled to the width",
    "1": "weights of std 1",
}
for label, title in titles.items():
    fig, ax = plots.panel(
        title,
        x="layer (the loss is on the right)",
        y="norm of the gradient",
        yscale="log",
        size=(3.6, 3.0),
    )
    for name in scaled:
        ax.plot(range(1, DEPTH + 1), norms[name, label], label=name)
    ax.legend()
    panels.append(fig)
plots.show(*panels, alt=[
    "With small weights all three gradients vanish towards the first layer, by more than 30 orders of magnitude, ReLU too.",
    "With scaled weights tanh and ReLU keep their gradient within a few powers of ten, while the sigmoid loses about 18.",
    "With weights of standard deviation 1 the gradient explodes for tanh and even more for ReLU, by some 22 orders of magnitude.",
])  # fmt: skip

# %%
first = {key: n[0].item() for key, n in norms.items()}
check.reaches("sigmoid, scaled: first over last", first["sigmoid", "scaled"], at_most=1e-15)
check.reaches("tanh, scaled weights", first["tanh", "scaled"], at_least=1e-3)
check.reaches("ReLU, scaled weights", first["ReLU", "scaled"], at_least=0.1)
check.reaches("ReLU, std 0.01: vanishes too", first["ReLU", "0.01"], at_most=1e-30)
check.reaches("ReLU, std 1: explodes", first["ReLU", "1"], at_least=1e18)

# %% [markdown]
# So "vanishing is the sigmoid's fault, and ReLU was made to cure it" is half true. The sigmoid cannot be helped by scaling its weights to the width, and
# ReLU's slope of one on the positive side lets the blame pass. But ReLU with small weights vanishes just as thoroughly, and with large ones it explodes.
# What matters is the product of weight and slope. Careful initialisation, normalisation and clipping follow in chapter 4, shortcuts
# around layers in chapter 7.
#
# Turn the knobs yourself. Which of the three activations still has a gradient after fifty layers, and with which weights?

# %%
widgets.GradientDepth()

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.choose(
    "Thirty ReLU layers of width 64 have weights of standard deviation 0.01. "
    "What happens to δ = ∂L/∂z on its way to the first layer?",
    {
        "It vanishes.": True,
        "It keeps its size: ReLU's slope is 1.": "The slope is one factor, W the other (3.18), "
        "and these weights shrink it at every layer.",
        "It explodes: ReLU has no upper bound.": "That takes large weights, such as a standard deviation of 1.",
        "It is exactly zero: all units are off.": "About half of the units are on. δ is tiny, not zero.",
    },
    because="Each layer multiplies by weight and slope; here ‖δ‖ at the first is below 10⁻³⁰ of that at the last.",
)

# %% [markdown]
# ## 3.9 Your turn
#
# The [exercises of this chapter](../assignments/03_backpropagation/03_backpropagation.ipynb) ask you to write the pieces again, without looking: each
# has a check that tells you at once what is wrong.
#
# | exercise | effort | minutes |
# |---|---|---|
# | blame at the output (3.14) | ● | 5 |
# | blame one layer further back (3.15) | ●● | 10 |
# | gradients of weights and biases (3.16) | ●● | 10 |
# | a numeric gradient (3.5) | ●● | 15 |
# | stable softmax cross-entropy (3.9, 3.10) | ●●● | 20 |
# | binary cross-entropy from logits (3.8) | ●● | 15 |
# | hinge loss (3.11) | ●● | 10 |
#
# And one to think about, without a check.
#
# <details><summary>Two networks have the same loss on a batch. One has a gradient of norm 0.001, the other of norm 1,000. Which is closer to having learned the task?</summary>
#
# You cannot tell. The norm says how steep the loss is at this place, not how far the bottom lies. A sigmoid network that is sure and wrong has a tiny
# gradient under the squared error (section 3.4), and a network with exploding gradients (section 3.8) may be a hair's breadth away from a good answer.
#
# </details>
#
# ## 3.10 In five lines
#
# 1. Rates multiply along a path and add up over paths; backpropagation is this chain rule, applied from the loss backwards.
# 2. A layer passes blame back through the transpose of its weights, and through the slopes of its activation.
# 3. A weight's gradient is the blame at its output times the signal at its input, summed over the batch.
# 4. Losses built from logits start the walk with "what you said, minus what was true"; every gradient can be checked by nudging.
# 5. Deep products of weights and slopes vanish or explode unless their size is kept near one.
#
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, section 2.2, and Politecnico di Milano, "Error functions" and "Vanishing and exploding gradient"). In these
# places it differs from them.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 2.2 | $\mathbf z = W^{\mathsf T}\mathbf a$ with $W$ of shape $(n_l, n_{l-1})$ | $\mathbf z = W\mathbf a$ | Rumelhart, Hinton and Williams (1986) | section 3.5 |
# | Bologna 2.2 | $\boldsymbol\delta_l = \boldsymbol\delta_{l+1}^{\mathsf T} W_{l+1} \odot \sigma'(\mathbf z_l)$ | $(W_{l+1}^{\mathsf T}\boldsymbol\delta_{l+1}) \odot \sigma'(\mathbf z_l)$ | Rumelhart, Hinton and Williams (1986) | section 3.5 |
# | Bologna 2.2 | the element-wise product for every activation | the softmax has a full Jacobian (a matter of precision) | eq. (3.12) | section 3.4 |
# | Bologna 2.2 | under-braces such as $1 \times \mathbb R^{n}$ | shapes $1 \times n$; most likely lost in the conversion of the text | the table of shapes | section 3.5 |
# | Bologna 2.2, remark | vanishing is an issue of the sigmoid, ReLU was designed to solve it | weights and slopes act together; ReLU mitigates (a matter of precision) | Pascanu, Mikolov and Bengio (2013); Glorot, Bordes and Bengio (2011) | section 3.8 |
# | Milano, Vanishing | ReLU is a solution to explosion too | ReLU has no upper bound and explodes with large weights | Pascanu, Mikolov and Bengio (2013) | section 3.8 |
#
# ## Further reading
#
# - D. E. Rumelhart, G. E. Hinton and R. J. Williams (1986), *Learning representations by back-propagating errors*, Nature 323: four pages
#   that are still the clearest.
# - A. G. Baydin, B. A. Pearlmutter, A. A. Radul and J. M. Siskind (2018), *Automatic differentiation in machine learning: a survey*,
#   JMLR 18: tapes, and the other direction.
# - R. Pascanu, T. Mikolov and Y. Bengio (2013), *On the difficulty of training recurrent neural networks*, ICML: section 2 is the product
#   (3.18), for layers that share their weights.
# - X. Glorot, A. Bordes and Y. Bengio (2011), *Deep sparse rectifier neural networks*, AISTATS: the case for ReLU, as its authors made it.
