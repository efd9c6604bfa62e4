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
# # Exercises 1: neurons by hand
#
# Six small functions, 20 points. You have met each of them in [chapter 1](../../chapters/01_neurons.ipynb); here you write them without looking.
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many slips, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
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
    """The weights and biases of the stack, from what it makes of the unit vectors and of zero."""
    n = stack[0][0].shape[1]
    X = torch.eye(n + 1, n, dtype=torch.float64)
    for W, b in stack:
        X = F.linear(X, W, b)
    return (X[:n] - X[n]).T, X[n]


# %% [markdown]
# ## 1.1 What a neuron says
# *2 points · effort ● · about 5 minutes*
#
# Give the answers of one perceptron to a whole batch, as numbers of the same type as `X`:
#
# $$ \hat y = \begin{cases} 1 & \mathbf w \cdot \mathbf x + b \ge 0 \\ 0 & \text{otherwise} \end{cases} \tag{1.1} $$
#
# <details><summary>Hint</summary>
#
# A comparison of tensors gives True and False, one for each row; `.to(X.dtype)` turns them into numbers. Read the sign of comparison twice.
#
# </details>


# %% predict
def predict(w: Tensor, b: float, X: Tensor) -> Tensor:
    """Answers of one perceptron, 1 or 0.   w: (d,), X: (n, d) -> (n,), of the type of X"""
    ### BEGIN SOLUTION
    return (X @ w + b >= 0).to(X.dtype)
    ### END SOLUTION


# %% test_predict points=2
X = torch.cartesian_prod(*map(numbers, ([2, -1, 0.5], [-3, 1, 0.5], [-0.5, 0.5, 3, -1])))
w, b = numbers([2.0, -1.0, 3.0]), -1.5
expected = numbers([int(digit) for digit in "111111101110011000100010111001100110"])
check.close("36 answers", lambda: predict(w, b, X), expected)
x = X[:1].float()
check.close(
    "one answer, in float32", lambda: predict(w.float(), b, x), expected[:1].float()
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator  # the grader seeds it anew for each batch
w, b = numbers([3.0, 1.0, -2.0]), -1.5
X = torch.randint(-4, 5, (60, 3)).double() / 2
X[:3] = numbers([[1, -0.5, 0.5], [1, -1, 0.5], [-0.5, 1.5, -1]])  # sums of 0, -0.5 and 0.5
one = X[:1].float()
answers = predict(w, b, X), predict(w.float(), b, one)
seal("halves, the first of them in float32 too, and the inputs afterwards", (answers, X, w))
for n, d in ((9, 4), (40, 1), (60, 5)):
    seal(f"{n} examples of {d} numbers", predict(normal(rng, d), 0.3, normal(rng, n, d)))
### END HIDDEN TESTS

# %% [markdown]
# ## 1.2 One correction
# *3 points · effort ●● · about 10 minutes*
#
# A neuron that answers $\pm 1$ has met one example. Give its weights afterwards: changed if its answer was wrong, as they were if it was right. The
# bias is the first weight, and `x` begins with a 1.
#
# $$ \tilde{\mathbf w} \leftarrow \tilde{\mathbf w} + \eta\, t\, \tilde{\mathbf x} \quad \text{if } \hat t \ne t, \qquad
#    \hat t = \begin{cases} +1 & \tilde{\mathbf w} \cdot \tilde{\mathbf x} > 0 \\ -1 & \text{otherwise} \end{cases} \tag{1.8, 1.2} $$
#
# `w` belongs to the caller: give back a new tensor, even when nothing changes, and leave the old one as it was.
#
# <details><summary>Hint</summary>
#
# Find the neuron's answer first. `w + ...` makes a new tensor, `w += ...` does not.
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
# ## 1.3 What four nands can do
# *3 points · effort ●● · about 10 minutes*
#
# You are given a gate, `nand`, that takes two tensors of zeros and ones and gives back their *nand*. Make *xor* out of it, and out of nothing else: ask the gate
# four times and combine its answers by asking it again. The check wires in a gate that takes fractions too, $1 - ab$.
#
# $$ h = \overline{x_1 x_2}, \qquad \operatorname{xor}(x_1, x_2) = \overline{\;\overline{x_1 h}\;\;\overline{x_2 h}\;} \tag{1.11} $$
#
# <details><summary>Hint</summary>
#
# $h$ is used twice. Ask for it once and keep it.
#
# </details>


# %% xor
def xor(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Exactly one of the two, from four calls of `nand`.   x1, x2: (n,) -> (n,)"""
    ### BEGIN SOLUTION
    h = nand(x1, x2)
    return nand(nand(x1, h), nand(x2, h))
    ### END SOLUTION


# %% test_xor points=3
def wired(x1: Tensor, x2: Tensor) -> tuple[Tensor, int]:
    """What xor makes of a nand that takes fractions too, and how often it asks."""
    asked = []

    def nand(a: Tensor, b: Tensor) -> Tensor:
        asked.append((a, b))
        return 1 - a * b

    return xor(x1, x2, nand), len(asked)


x1, x2 = numbers([1, 1, 0, 0, 0.5, 0.25]), numbers([0, 1, 1, 0, 0.2, 0.5])
expected = numbers([1, 0, 1, 0, 0.549, 0.560546875]), 4
check.close("(xor, nands asked)", lambda: wired(x1, x2), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

x1, x2 = torch.cat([torch.randint(2, (2, 12)).double(), torch.rand(2, 5).double()], dim=1)
seal("other switches and fractions", (wired(x1, x2), x1, x2))
others = {
    "nor": lambda a, b: (1 - a) * (1 - b),
    "a cosine": lambda a, b: (2 * a + 2 * b).cos(),
}
for name, gate in others.items():
    seal(f"the same wiring with {name}", xor(x1, x2, gate))  # none by heart passes
### END HIDDEN TESTS

# %% [markdown]
# ## 1.4 What a network costs
# *3 points · effort ●● · about 10 minutes*
#
# The sizes of an MLP are given, the input first: `(64, 32, 10)` has 64 inputs, 32 hidden neurons and 10 outputs. Give two whole numbers: its parameters, and its
# multiply-accumulates for one example. An input alone, `[7]`, has no layer and costs nothing.
#
# $$ \text{parameters} = \sum_{\text{layers}} \big(S_\text{in}\, S_\text{out} + S_\text{out}\big), \qquad
#    \text{MACs} = \sum_{\text{layers}} S_\text{in}\, S_\text{out} \tag{1.18, 1.19} $$
#
# <details><summary>Hint</summary>
#
# `pairwise(sizes)` goes through the layers as pairs of input and output size.
#
# </details>


# %% cost
def cost(sizes: Sequence[int]) -> tuple[int, int]:
    """Parameters, and multiply-accumulates for one example, of an MLP with these layer sizes."""
    ### BEGIN SOLUTION
    layers = list(pairwise(sizes))
    macs = sum(n_in * n_out for n_in, n_out in layers)
    return macs + sum(n_out for _, n_out in layers), macs
    ### END SOLUTION


# %% test_cost points=3
networks = [(5, 8, 3), [4, 7], (6, 1, 9, 2, 3), [7]]
expected = [(75, 64), (35, 28), (54, 39), (0, 0)]
check.close(
    "(parameters, MACs) of four", lambda: [cost(sizes) for sizes in networks], expected
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

networks = [torch.randint(1, 900, (layers + 1,)).tolist() for layers in (2, 1, 4, 0, 3)]
seal(
    "five networks, and their sizes afterwards",
    ([cost(sizes) for sizes in networks], networks),
)
for layers in (1, 3, 6):
    sizes = torch.randint(1, 900, (layers + 1,)).tolist()
    seal(f"{layers} layers", cost(sizes))
### END HIDDEN TESTS

# %% [markdown]
# ## 1.5 The collapse
# *4 points · effort ●● · about 10 minutes*
#
# A stack of linear layers, with nothing that bends between them, equals one linear layer. You get the layers in the order in which an example goes through them, each as
# its weights and its biases. Give the one layer.
#
# $$ W_2\,(W_1 \mathbf x + \mathbf b_1) + \mathbf b_2 = W_2 W_1\,\mathbf x + W_2\,\mathbf b_1 + \mathbf b_2 \tag{1.13} $$
#
# <details><summary>Hint</summary>
#
# Keep the one layer that stands for everything so far, and put one more layer behind it, until there is none left.
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


# %% test_collapse points=4
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
# ## 1.6 ReLUs through points
# *5 points · effort ●●● · about 20 minutes*
#
# Join $m + 1$ points by straight lines, with $m$ ReLUs in one hidden layer:
#
# $$ \hat y(x) = c + \sum_{i=0}^{m-1} v_i\,\max(0,\ x - x_i) \tag{1.15} $$
#
# The points come in order of $x$, with gaps of any length. Give $c$ and the weights $v_i$.
#
# <details><summary>Hint</summary>
#
# A ReLU that begins at $x_i$ changes the slope there and leaves everything to its left as it was. What is the slope before the first point? `ys.diff()` gives the differences of neighbours, and it takes `prepend=`.
#
# </details>


# %% relu_weights
def relu_weights(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    """c and the weights of the ReLUs that begin at xs[0], ..., xs[m-1].   xs, ys: (m + 1,) -> (), (m,)"""
    ### BEGIN SOLUTION
    slopes = ys.diff() / xs.diff()
    return ys[0], slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))
    ### END SOLUTION


# %% test_relu_weights points=5
xs = numbers([-1.5, -0.75, 0.5, 2.75, 3.25, 4.75])
ys = numbers([2.0, 3.25, -1.25, 0.75, 0.375, 5.0])
ramps = (xs[1:, None] - xs[:-1]).relu()  # what each ReLU gives at each point but the first
v = torch.linalg.solve(ramps, ys[1:] - ys[0])
check.close("(c, v) of six points", lambda: relu_weights(xs, ys), (ys[0], v))
xs, ys = xs[1:3], ys[1:3]
check.close("(c, v) of two points", lambda: relu_weights(xs, ys), (ys[0], numbers([-3.6])))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def points(m: int) -> tuple[Tensor, Tensor]:
    """m + 1 points in order of x."""
    gaps, ys = torch.rand(m + 1).double() + 0.1, 2 * normal(torch.default_generator, m + 1)
    ys[0] /= 4  # most often neither the lowest nor the highest
    return gaps.cumsum(0) - 3, ys


(xs, ys), two = points(7), points(1)
seal("eight points, and two", (relu_weights(xs, ys), relu_weights(*two), xs, ys))
for m in (5, 2, 20):
    seal(f"{m + 1} points", relu_weights(*points(m)))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
