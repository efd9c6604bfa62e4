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
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, and where it
# recognises a slip it tells you which one. After handing in, each function is run again on other inputs: edge cases included.
#
# Everything is in float64, and a batch has one example in each row.

# %% setup
from collections.abc import Callable, Sequence
from itertools import pairwise

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
w, b = numbers([2.0, -1.0]), -1.0
X = numbers([[1.0, 1.0], [0.0, 0.0], [2.0, 1.0], [0.0, -1.0], [0.5, 1.0], [1.0, 0.5]])
expected = numbers([1, 0, 1, 1, 0, 1])
slips = {
    "A point exactly on the line is put on the wrong side; look at eq. 1.1 once more.": numbers(
        [0, 0, 1, 0, 0, 1]
    ),
    "The neuron answers as if it had no bias.": numbers([1, 1, 1, 1, 1, 1]),
    "These are answers of -1 and 1; the other convention was asked for.": 2 * expected - 1,
    "The answers are True and False; numbers of the type of X were asked for.": expected.bool(),
}
check.close("answers", predict(w, b, X), expected, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator  # the grader seeds it anew for each batch
whole = torch.randint(-2, 3, (60, 2)).double()  # many sums are exactly zero
seal("whole numbers", predict(numbers([1.0, -1.0]), 1.0, whole))
for n, d in ((9, 4), (1, 3), (40, 1)):
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
# `w` belongs to the caller: give back a new tensor and leave the old one as it was.
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
w = numbers([1.0, -2.0, 0.5])
examples = [
    ([1, 1, 1], 1),
    ([1, 1, 1], -1),
    ([1, 0, 2], -1),
    ([1, 0.5, 0], 1),
    ([1, 0.5, 0], -1),
]
afterwards = torch.stack([correct(w.clone(), numbers(x), t, eta=0.4) for x, t in examples])
expected = numbers(
    [[1.4, -1.6, 0.9], [1, -2, 0.5], [0.6, -2, -0.3], [1.4, -1.8, 0.5], [1, -2, 0.5]]
)
ungated = numbers(
    [
        [1.4, -1.6, 0.9],
        [0.6, -2.4, 0.1],
        [0.6, -2, -0.3],
        [1.4, -1.8, 0.5],
        [0.6, -2.2, 0.5],
    ]
)
zero_is_yes = numbers(
    [[1.4, -1.6, 0.9], [1, -2, 0.5], [0.6, -2, -0.3], [1, -2, 0.5], [0.6, -2.2, 0.5]]
)
doubled = 2 * expected - w
slips = {
    "The weights change after right answers too.": ungated,
    "A sum of exactly zero gets the wrong answer; look at eq. 1.2 once more.": zero_is_yes,
    "The weights move away from the target.": 2 * w - expected,
    "The learning rate plays no part.": w + (expected - w) / 0.4,
    "Every correction is twice as long as asked; that happens with the error of two answers of -1 and 1.": doubled,
}
check.close(
    "weights after five examples, each from the same start",
    afterwards,
    expected,
    slips=slips,
)
before, changed = w.clone(), w + 0.4
correct(w, numbers([1, 1, 1]), 1, eta=0.4)
slips = {
    "w itself was changed; it belongs to the caller, so give back a new tensor.": changed
}
check.close("w after the call", w, before, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
w = numbers([0.0, 0.0])
answers = [correct(w, numbers([1.0, 3.0]), t, 0.6) for t in (-1.0, 1.0)]
seal("from zero weights, and w afterwards", (answers, w))
for d in (1, 4, 7):
    w, X = normal(rng, 1 + d), normal(rng, 12, 1 + d)
    for x, t in zip(X, [1.0, -1.0] * 6, strict=True):
        w = correct(w, x, t, 0.7)
    seal(f"twelve examples of {d} numbers", w)
### END HIDDEN TESTS

# %% [markdown]
# ## 1.3 What four nands can do
# *3 points · effort ●● · about 10 minutes*
#
# You are given a gate, `nand`, that takes two tensors of zeros and ones and gives back their *nand*. Make *xor* out of it, and out of nothing else: ask the gate
# four times and combine its answers by asking it again.
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
asked = []


def nand(a: Tensor, b: Tensor) -> Tensor:
    """Yes unless both say yes; it notes that it was asked."""
    asked.append((a, b))
    return (3 - 2 * a - 2 * b >= 0).double()


x1, x2 = numbers([0, 0, 1, 1]), numbers([0, 1, 0, 1])
answers = xor(x1, x2, nand)
expected = numbers([0, 1, 1, 0])
slips = {
    "The gate was never asked; the answer has to come from nands alone.": (expected, 0),
    "The answers are right, but there is one nand too many: one of them is asked twice.": (
        expected,
        5,
    ),
    "This is the opposite of xor, made with five nands.": (1 - expected, 5),
    "This is the opposite of xor.": (1 - expected, 4),
    "This says yes when both are on as well: it is or.": (numbers([0, 1, 1, 1]), 3),
}
check.close("(answers, nands asked)", (answers, len(asked)), (expected, 4), slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

x1, x2 = torch.randint(2, (2, 12)).double()
asked = []
seal("other switches", (xor(x1, x2, nand), len(asked)))
others = {"nor": lambda a, b: (1 - a) * (1 - b), "a sum": lambda a, b: 2 * a + 3 * b + 1}
for name, gate in others.items():
    seal(f"the same wiring with {name}", xor(x1, x2, gate))  # none by heart passes
### END HIDDEN TESTS

# %% [markdown]
# ## 1.4 What a network costs
# *3 points · effort ●● · about 10 minutes*
#
# The sizes of an MLP are given, the input first: `(64, 32, 10)` has 64 inputs, 32 hidden neurons and 10 outputs. Give two whole numbers: its parameters, and its
# multiply-accumulates for one example.
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
slips = {
    "The biases are not counted.": (64, 64),
    "The inputs are counted as neurons with a bias; they only hand on what they are given.": (
        80,
        64,
    ),
    "A multiply-accumulate is one piece of work here; this counts it as two.": (75, 128),
    "The biases are counted as multiply-accumulates; nothing is multiplied by a bias.": (
        75,
        75,
    ),
    "This is the answer for one layer from the first size to the last.": (18, 15),
}
check.close("(parameters, MACs) of (5, 8, 3)", cost((5, 8, 3)), (75, 64), slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

for layers in (1, 2, 3, 6):
    sizes = torch.randint(1, 900, (layers + 1,)).tolist()
    seal(f"{layers} layers", cost(sizes))
seal("an input and no layer", cost([7]))
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
stack = [
    (numbers([[1, 2], [0, 1]]), numbers([1, -1])),
    (numbers([[2, 0], [1, 1]]), numbers([0, 3])),
    (numbers([[1, -1], [2, 0]]), numbers([-2, 1])),
]
W, b = numbers([[1, 1], [4, 8]]), numbers([-3, 5])
slips = {
    "The matrices are multiplied in the wrong order: the first layer acts on x first.": (
        numbers([[8, -4], [3, -1]]),
        b,
    ),
    "The biases are only added up, but all of them except the last pass through later weights.": (
        W,
        numbers([-1, 3]),
    ),
    "Only the last bias is left.": (W, numbers([-2, 1])),
    "The weights of the layers are added; one after the other means a product.": (
        numbers([[4, 1], [3, 2]]),
        b,
    ),
}
check.close("(W, b)", collapse(stack), (W, b), slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for sizes in ((2, 2, 2, 2, 2), (4, 7, 2), (3, 1, 6, 5), (5, 3)):
    stack = [
        (normal(rng, n_out, n_in), normal(rng, n_out)) for n_in, n_out in pairwise(sizes)
    ]
    seal(f"layers of {sizes}", collapse(stack))
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
xs, ys = numbers([0.0, 1.0, 3.0, 4.5]), numbers([1.0, 3.0, 2.0, 5.0])
c, v = numbers(1.0), numbers([2.0, -2.5, 2.5])
slips = {
    "These are the slopes; each ReLU is on top of those that began before it.": (
        c,
        numbers([2, -0.5, 2]),
    ),
    "The gaps between the points are taken for 1.": (c, numbers([2, -3, 4])),
    "The first ReLU has no weight, so the curve stays flat up to the second point.": (
        c,
        numbers([0, -2.5, 2.5]),
    ),
    "One weight is missing: m + 1 points need m ReLUs.": (c, numbers([-2.5, 2.5])),
    "The slope changes in the wrong direction at the inner points.": (
        c,
        numbers([2, 2.5, -2.5]),
    ),
    "The curve starts at height 0 instead of at the first point.": (numbers(0.0), v),
}
check.close("(c, v)", relu_weights(xs, ys), (c, v), slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for m in (5, 1, 2, 20):
    xs = (normal(rng, m + 1).abs() + 0.1).cumsum(0) - 3
    c, v = relu_weights(xs, normal(rng, m + 1))
    seal(f"{m + 1} points", (c, v))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
