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
# # Exercises 1: neurons and expressivity
#
# Eight exercises, 20 points, on [chapter 1](../../chapters/01_neurons.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs of the same kinds. The
# check of a prediction holds its form alone; whether it is right is judged after handing in.
#
# Everything is in float64, and a batch has one example in each row.

# %% setup
from collections.abc import Callable, Sequence
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


def stack_of(rng: torch.Generator, *sizes: int) -> list[tuple[Tensor, Tensor]]:
    """Random layers that lead from each of the sizes to the next."""
    return [
        (normal(rng, n_out, n_in), normal(rng, n_out)) for n_in, n_out in pairwise(sizes)
    ]


def through(stack: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """The weights and biases of the stack, from its outputs for the unit vectors and for zero."""
    n = stack[0][0].shape[1]
    X = torch.eye(n + 1, n, dtype=torch.float64)
    for W, b in stack:
        X = F.linear(X, W, b)
    return (X[:n] - X[n]).T, X[n]


turns = (0.5 + 0.4 * torch.arange(5, dtype=torch.float64)) * torch.pi
TIPS = torch.stack([turns.cos(), turns.sin()], dim=1)  # the tips of the star in 1.8: (5, 2)


# %% [markdown]
# ## 1.1 A McCulloch-Pitts neuron
# *Write · 2 points · effort ● · about 10 minutes*
#
# Give the outputs of one McCulloch-Pitts neuron for $n$ examples, as numbers of the same type as `E`. All inputs are 0 or 1. The output is 1 if no inhibitory input is 1 and at least $\theta$
# excitatory inputs are 1, and 0 otherwise. The neuron may have no inhibitory inputs; then `I` has no columns.
#
# <details><summary>Hint</summary>
#
# Two conditions for each row, joined by `&`. What is the sum of a row without columns?
#
# </details>


# %% mcculloch_pitts
def mcculloch_pitts(E: Tensor, I: Tensor, theta: int) -> Tensor:
    """Outputs 1 or 0.   E: (n, excitatory), I: (n, inhibitory), of 0 and 1 -> (n,), of the type of E"""
    ### BEGIN SOLUTION
    return ((E.sum(1) >= theta) & (I.sum(1) == 0)).to(E.dtype)
    ### END SOLUTION


# %% test_mcculloch_pitts points=2
inputs = torch.cartesian_prod(*[numbers([1, 0])] * 6)  # 64 examples, all different
digits = "00010001000100010001000100010000" + "00010001000100000001000000000000"
expected, E, I = numbers([int(digit) for digit in digits]), inputs[:, :4], inputs[:, 4:]
check.close("64 outputs", lambda: mcculloch_pitts(E, I, 2), expected)
e, i = inputs[::5, :4].float(), inputs[::5, :0].float()
expected_3 = numbers([int(digit) for digit in "1110000100000"]).float()
check.close("none inhibitory, float32", lambda: mcculloch_pitts(e, i, 3), expected_3)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def bits(n: int, d: int) -> Tensor:
    """n random examples of d bits."""
    return torch.randint(2, (n, d)).double()


E, I = bits(60, 4), bits(60, 2)
outputs = mcculloch_pitts(E, I, 2), mcculloch_pitts(E.float(), I.float(), 2)
seal("sixty examples, in float32 too, and the inputs afterwards", (outputs, E, I))
seal("no inhibitory inputs", mcculloch_pitts(bits(30, 5), bits(30, 0), 3))
seal("one input of each kind", mcculloch_pitts(bits(9, 1), bits(9, 1), 1))
### END HIDDEN TESTS

# %% [markdown]
# ## 1.2 One correction
# *Find the bug · 3 points · effort ●● · about 15 minutes*
#
# The next cell is meant to give the weights of a neuron with the activations $\pm 1$ after it has met one example: changed if its output was wrong, as they were if it was correct. The
# bias is the first weight, and `x` begins with a 1.
#
# $$ \tilde{\mathbf w} \leftarrow \tilde{\mathbf w} + \eta\, t\, \tilde{\mathbf x} \quad \text{if } \hat t \ne t, \qquad
#    \hat t = \begin{cases} +1 & \tilde{\mathbf w} \cdot \tilde{\mathbf x} > 0 \\ -1 & \text{otherwise} \end{cases} \tag{1.8, 1.2} $$
#
# `w` belongs to the caller: it has to stay as it was, and a new tensor is asked for, also when nothing changes. The cell has two faults. Write `correct` without them.


# %%
def faulty_correct(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    """With two faults."""
    t_hat = 1.0 if w @ x >= 0 else -1.0
    if t_hat != t:
        w += eta * t * x
    return w


# %% [markdown]
# <details><summary>Hint</summary>
#
# One fault shows only at one value of the pre-activation. The other shows in `w` after the call: `w + ...` makes a new tensor, `w += ...` does not.
#
# </details>


# %% correct
def correct(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    """The weights after one example with the target t = -1 or +1.   w, x: (1 + d,) -> (1 + d,)"""
    ### BEGIN SOLUTION
    t_hat = 1.0 if w @ x > 0 else -1.0
    return w + eta * t * x if t_hat != t else w.clone()
    ### END SOLUTION


# %% test_correct points=3
X = torch.cartesian_prod(*map(numbers, ([1], [3, 0.5, 2, -1], [-2, 1, 2.5])))
W = numbers([-1.5, 1.0, -0.5]).repeat(12, 1)  # twelve neurons, each meets one example
targets, eta = [-1, 1, 1, -1, 1, -1, -1, 1, -1, 1, -1, 1], [0.3] * 12
pulls = numbers([-1, 0, 0, 0, 1, 0, -1, 1, 0, 1, 0, 1])
answers = W + 0.3 * pulls[:, None] * X
check.close("weights", lambda: torch.stack([*map(correct, W, X, targets, eta)]), answers)
w, x = W[1], X[1]
check.close("whether w itself comes back", lambda: correct(w, x, 1, 0.3) is w, False)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
W, X = numbers([0.5, -1.5, 0.25]).repeat(30, 1), normal(rng, 30, 3)
X[:, 0], X[:2, 1], X[:2, 2] = (
    1.0,
    numbers([1.0, 3.0]),
    numbers([4.0, 16.0]),
)  # two sums are zero
rows, targets = list(W), [1.0, -1.0] * 15
answers = [correct(w, x, t, 0.6) for w, x, t in zip(rows, X, targets, strict=True)]
itself = [answer is w for answer, w in zip(answers, rows, strict=True)]
seal("thirty neurons, and their weights and examples afterwards", (answers, W, X, itself))
w = numbers([0.0, 0.0])
answers = [correct(w, numbers([1.0, 3.0]), t, 0.6) for t in (-1.0, 1.0)]
seal("from zero weights, and w afterwards", (answers, w))
for d in (1, 4, 7):
    w, X = normal(rng, 1 + d), normal(rng, 12, 1 + d)
    X[:, 0] = 1.0
    for x, t in zip(X, [1.0, -1.0] * 6, strict=True):
        w = correct(w, x, t, 0.7)
    seal(f"twelve examples of {d} numbers, one after the other", w)
### END HIDDEN TESTS

# %% [markdown]
# ## 1.3 Xor from four nands
# *Write · 2 points · effort ●● · about 10 minutes*
#
# You are given a function, `nand`, that takes two tensors of zeros and ones and returns their *nand*. Make *xor* out of it, and out of nothing else: call it
# four times. The check uses a nand that takes fractions too, $1 - ab$; after handing in, other functions of two tensors take its place as well.
#
# $$ h = \overline{x_1 x_2}, \qquad \operatorname{xor}(x_1, x_2) = \overline{\;\overline{x_1 h}\;\;\overline{x_2 h}\;} \tag{1.11} $$
#
# <details><summary>Hint</summary>
#
# $h$ is used twice. Compute it once and keep it.
#
# </details>


# %% xor
def xor(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Exactly one of the two, from four calls of `nand`.   x1, x2: (n,) -> (n,)"""
    ### BEGIN SOLUTION
    h = nand(x1, x2)
    return nand(nand(x1, h), nand(x2, h))
    ### END SOLUTION


# %% test_xor points=2
def wired(x1: Tensor, x2: Tensor) -> tuple[Tensor, int]:
    """The output of xor with a nand that takes fractions too, and the number of calls."""
    calls = []

    def nand(a: Tensor, b: Tensor) -> Tensor:
        calls.append((a, b))
        return 1 - a * b

    return xor(x1, x2, nand), len(calls)


x1, x2 = numbers([1, 1, 0, 0, 0.5, 0.25]), numbers([0, 1, 1, 0, 0.2, 0.5])
expected = numbers([1, 0, 1, 0, 0.549, 0.560546875]), 4
check.close("(xor, calls of nand)", lambda: wired(x1, x2), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

x1, x2 = torch.cat([torch.randint(2, (2, 12)).double(), torch.rand(2, 5).double()], dim=1)
seal("other bits and fractions", (wired(x1, x2), x1, x2))
others = {
    "nor": lambda a, b: (1 - a) * (1 - b),
    "a cosine": lambda a, b: (2 * a + 2 * b).cos(),
}
for name, gate in others.items():
    seal(f"the same wiring with {name}", xor(x1, x2, gate))  # none by heart passes
### END HIDDEN TESTS

# %% [markdown]
# ## 1.4 Linearly separable functions
# *Predict · 2 points · effort ●● · about 10 minutes*
#
# Which four of these eight Boolean functions of three bits are linearly separable? Decide with pencil and paper: give weights, or a contradiction like (1.6).
#
# | | the function is 1 exactly when |
# |---|---|
# | A | $x_1 = x_2$ |
# | B | at least two of the three bits are 1 |
# | C | $x_1 = 1$, and at least one of $x_2$, $x_3$ is 1 |
# | D | an odd number of bits is 1 |
# | E | $x_1 = x_2 = 1$, or $x_3 = 1$ |
# | F | exactly one bit is 1 |
# | G | not all three bits are 1 |
# | H | $x_1 = x_2 = 1$, or $x_1 = 0$ and $x_3 = 1$ |
#
# Give four letters, such as `["A", "B", "C", "D"]`.


# %% separable
def separable() -> list[str]:
    """The letters of the four linearly separable functions."""
    ### BEGIN SOLUTION
    return ["B", "C", "E", "G"]
    ### END SOLUTION


# %% test_separable points=2
check.chosen("the linearly separable ones", lambda: separable(), "ABCDEFGH", count=4)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import choice, seal

seal("the linearly separable ones", separable(), rule=choice(*"ABCDEFGH", count=4))
### END HIDDEN TESTS

# %% [markdown]
# ## 1.5 One epoch by hand
# *Predict · 2 points · effort ●● · about 10 minutes*
#
# A neuron with the activations $\pm 1$ (1.2) learns the *and* of two bits by (1.8), with $\eta = \frac12$. It starts with all weights zero. The examples come in the order $(1, 1)$, $(0, 0)$, $(1, 0)$, $(0, 1)$. Predict
# its bias and its two weights after this one epoch, before you run anything: `[b, w1, w2]`.


# %% one_epoch
def one_epoch() -> list[float]:
    """The bias and the two weights after one epoch."""
    ### BEGIN SOLUTION
    return [-0.5, 0.0, 0.5]
    ### END SOLUTION


# %% test_one_epoch points=2
check.predicted("b, w1, w2", lambda: one_epoch(), count=3)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

seal("b, w1, w2", torch.tensor([float(x) for x in one_epoch()]), rule=close(atol=0.005))
### END HIDDEN TESTS

# %% [markdown]
# ## 1.6 A stack of linear layers
# *Find the bug · 3 points · effort ●● · about 15 minutes*
#
# The next cell is meant to give the one linear layer that equals a stack of them. The layers come in the order in which an example passes them, each as its weights and its biases.
#
# $$ W_2\,(W_1 \mathbf x + \mathbf b_1) + \mathbf b_2 = W_2 W_1\,\mathbf x + W_2\,\mathbf b_1 + \mathbf b_2 \tag{1.13} $$
#
# With square layers it runs without an error, and its result is wrong. It has two faults. Write `collapse` without them.


# %%
def faulty_collapse(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """With two faults."""
    weights, biases = layers[0]
    for W, b in layers[1:]:
        weights = weights @ W
        biases = weights @ biases + b
    return weights, biases


# %% [markdown]
# <details><summary>Hint</summary>
#
# Call it with two layers of unequal sizes and read the error. Then ask of each product in (1.13) which layer's weights stand in it.
#
# </details>


# %% collapse
def collapse(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """The weights and biases of the one layer that equals the stack.   W: (n_l, n_{l-1}), b: (n_l,) each -> (n_K, n_0), (n_K,)"""
    ### BEGIN SOLUTION
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W_next @ W, W_next @ b + b_next
    return W, b
    ### END SOLUTION


# %% test_collapse points=3
rng = torch.Generator().manual_seed(15)
square, single = stack_of(rng, 3, 3, 3, 3, 3), stack_of(rng, 4, 2)
check.close("four square layers", lambda: collapse(square), through(square))
check.close("a single layer", lambda: collapse(single), through(single))
stack = stack_of(rng, 4, 5, 3, 2)
check.close("three layers of other sizes", lambda: collapse(stack), through(stack))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
square, single = stack_of(rng, 4, 4, 4, 4, 4), stack_of(rng, 5, 5)
answers = collapse(square), collapse(single)
seal("square layers, a single one, and the layers afterwards", (answers, square, single))
for sizes in ((5, 3), (4, 7, 2), (3, 1, 6, 5)):
    seal(f"layers of {sizes}", collapse(stack_of(rng, *sizes)))
### END HIDDEN TESTS

# %% [markdown]
# ## 1.7 ReLUs that end at the points
# *Derive · 3 points · effort ●●● · about 25 minutes*
#
# In (1.15) the ReLUs begin at the points and act to the right of them. Join $m + 1$ points by straight lines with $m$ ReLUs that act to the *left* of a point and end there:
#
# $$ \hat y(x) = c + \sum_{i=1}^{m} v_i\,\max(0,\ x_i - x) $$
#
# The points come in order of $x$, with gaps of any length. Derive $c$ and the weights $v_1, \dots, v_m$, and give them as code.
#
# <details><summary>Hint</summary>
#
# What does the sum give at the last point, and what is the slope of $\max(0, x_i - x)$ to the left of $x_i$? By how much does the slope of $\hat y$ change at $x_i$?
#
# </details>


# %% relu_weights
def relu_weights(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    """c and the weights of the ReLUs that end at xs[1], ..., xs[m].   xs, ys: (m + 1,) -> (), (m,)"""
    ### BEGIN SOLUTION
    slopes = (ys[1:] - ys[:-1]) / (xs[1:] - xs[:-1])
    return ys[-1], slopes.diff(append=torch.zeros(1, dtype=xs.dtype))
    ### END SOLUTION


# %% test_relu_weights points=3
xs = numbers([-1.5, -0.75, 0.5, 2.75, 3.25, 4.75])
ys = numbers([2.0, 3.25, -1.25, 0.75, 0.375, 5.0])
ramps = (xs[1:] - xs[:-1, None]).relu()  # what each ReLU gives at each point but the last
v = torch.linalg.solve(ramps, ys[:-1] - ys[-1])
check.close("(c, v) of six points", lambda: relu_weights(xs, ys), (ys[-1], v))
xs, ys = xs[1:3], ys[1:3]
check.close("(c, v) of two points", lambda: relu_weights(xs, ys), (ys[1], numbers([3.6])))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def points(m: int) -> tuple[Tensor, Tensor]:
    """m + 1 points in order of x."""
    gaps, ys = torch.rand(m + 1).double() + 0.1, 2 * normal(torch.default_generator, m + 1)
    ys[-1] /= 4  # most often neither the lowest nor the highest
    return gaps.cumsum(0) - 3, ys


(xs, ys), two = points(7), points(1)
seal("eight points, and two", (relu_weights(xs, ys), relu_weights(*two), xs, ys))
for m in (5, 2, 20):
    seal(f"{m + 1} points", relu_weights(*points(m)))
### END HIDDEN TESTS

# %% [markdown]
# ## 1.8 A star from perceptrons
# *Go beyond · 3 points · effort ●●● · about 25 minutes*
#
# Design a network of perceptrons (1.1) that is active inside a five-pointed star and nowhere else, with at most 12 neurons in all. `TIPS`, made in the first cell, holds the tips of the star, counter-clockwise from the top; its sides lie on the five lines that join
# each tip with the next but one. Give the layers in order, each as its weights `(n_out, n_in)` and biases `(n_out,)`; the last layer has one neuron. After handing in, at least 97 % of fresh random points, in the square from $-1$ to 1 and near the tips, have to be classified correctly; a network of more than 12 neurons
# earns nothing.
#
# <details><summary>Hint</summary>
#
# The star is not convex, so it is no intersection of half-planes. For a point in the middle, for one near a tip, and for one between two tips: on how many of the five lines' inner sides does it lie?
#
# </details>


# %% star
def star() -> list[tuple[Tensor, Tensor]]:
    """Layers of perceptrons that are active inside the star, at most 12 neurons."""
    ### BEGIN SOLUTION
    sides = -TIPS, (TIPS * TIPS.roll(1, 0)).sum(1)  # the line beyond which a tip lies
    at_least_four = torch.ones(1, 5, dtype=torch.float64), numbers([-3.5])
    return [sides, at_least_four]
    ### END SOLUTION


# %% test_star points=3
def active(layers: list[tuple[Tensor, Tensor]], X: Tensor) -> Tensor:
    """The outputs of layers of perceptrons.   X: (n, 2) -> (n,)"""
    for W, b in layers:
        X = (F.linear(X, W, b) >= 0).double()
    return X.squeeze(1)


def size(layers: list[tuple[Tensor, Tensor]]) -> int:
    """The number of neurons."""
    return sum(len(b) for _, b in layers)


notches = -TIPS  # between two tips, as far away from the middle as a tip
probes = torch.cat(
    [0 * TIPS[:1], 0.3 * notches, 0.6 * notches, 0.28 * TIPS, 0.9 * TIPS, 1.1 * TIPS]
)
probes = torch.cat([probes, 0.8 * TIPS @ numbers([[0.92, 0.4], [-0.4, 0.92]])])
expected = numbers([int(digit) for digit in "1111110000011111111110000000000"])
check.close("31 points", lambda: active(star(), probes), expected)
check.close("at most 12 neurons", lambda: size(star()) <= 12, True)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import agree, seal


def classified(layers: list[tuple[Tensor, Tensor]], X: Tensor) -> Tensor:
    """The outputs of at most 12 perceptrons; -1 everywhere for more."""
    if sum(W.shape[0] for W, _ in layers) > 12:
        return -torch.ones(len(X), dtype=torch.float64)
    for W, b in layers:
        X = (X @ W.T + b >= 0).double()
    return X.squeeze(1)


X = 2 * torch.rand(3000, 2).double() - 1
near = TIPS.repeat(200, 1) * (0.6 + 0.4 * torch.rand(1000, 1)) + 0.1 * torch.randn(1000, 2)
seal("3,000 points of the square", classified(star(), X), rule=agree(0.97))
seal("1,000 points near the tips", classified(star(), near), rule=agree(0.97))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
