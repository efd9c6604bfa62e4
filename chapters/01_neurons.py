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
# # 1 Neurons and expressivity
#
# A neural network is built from units that each do very little: a neuron computes a weighted sum of its inputs and applies a fixed function to it.
# A neuron with two inputs and a threshold divides their plane into two half-planes. Layers of such neurons divide it in less simple ways:
# the third picture below is the output of 32 of them in three layers.
#
# The **expressivity** of a model is the set of functions that it can represent. This chapter asks which functions one neuron represents, how it
# learns from its mistakes, and what layers and depth add. Terms in bold are collected in the [glossary](glossary.md).
#
# > **Study time** About 145 minutes. The core path, 90 minutes, is sections 1.1 to 1.4, 1.8 to 1.12 and 1.14; sections marked *going further* can wait.

# %%
from collections.abc import Callable, Sequence
from itertools import pairwise, permutations
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, widgets
from course_utils.progress import progress

SEED = check.seed(1)

# %% tags=["hide-input"]
CAT = {  # the corners of six convex shapes, counter-clockwise
    "head": [(-.55, -.75), (.55, -.75), (.9, -.35), (.9, .2), (.6, .55), (-.6, .55), (-.9, .2), (-.9, -.35)],
    "left ear": [(-.85, .2), (-.3, .5), (-.8, 1.05)],
    "right ear": [(.85, .2), (.8, 1.05), (.3, .5)],
    "left eye": [(-.58, .1), (-.38, -.08), (-.18, .06), (-.38, .26)],
    "right eye": [(.18, .06), (.38, -.08), (.58, .1), (.38, .26)],
    "nose": [(0., -.42), (.14, -.26), (-.14, -.26)],
}  # fmt: skip


def half_planes(corners: Sequence[tuple[float, float]]) -> tuple[Tensor, Tensor]:
    """The neurons that are active inside each side of a convex shape.   -> W: (k, 2), b: (k,)"""
    p = torch.tensor(corners, dtype=torch.float64)
    side = p.roll(-1, 0) - p
    W = torch.stack([-side[:, 1], side[:, 0]], dim=1)  # inside is to the left of each side
    return W, -(W * p).sum(1)


AXIS = torch.linspace(-1.2, 1.2, 301, dtype=torch.float64)
PLANE = torch.cartesian_prod(AXIS, AXIS)


# %% tags=["hide-input"]
def on_the_plane(title: str, *regions: Tensor) -> plots.Figure:
    """A picture of where neurons are active.   regions: (301 * 301,) each"""
    fig, ax = plots.panel(title, size=(2.4, 2.55))
    plots.bare(ax).spines[:].set(visible=True, color=plots.GRID)
    for i, active in enumerate(regions):
        square = active.double().reshape(301, 301).T
        shade = {"colors": [plots.SERIES[i % 4]], "alpha": 0.6 if len(regions) > 1 else 1}
        ax.contourf(AXIS, AXIS, square, [0.5, 2], **shade)
    ax.set(aspect="equal", xlim=(-1.2, 1.2), ylim=(-1.2, 1.2))
    return fig


# %% tags=["hide-input"]
def show_what_neurons_draw() -> None:
    """One neuron, four neurons and 32 neurons: weighted sums and thresholds, and nothing else."""
    sides = [half_planes(corners) for corners in CAT.values()]
    layer_1 = [
        (PLANE @ W.T + b >= 0).double() for W, b in sides
    ]  # 25 neurons, shape by shape
    shapes = [a.sum(1) - (a.shape[1] - 0.5) >= 0 for a in layer_1]
    layer_2 = torch.stack(shapes, dim=1).double()  # 6 neurons
    weights = torch.tensor([1, 1, 1, -3, -3, -3], dtype=torch.float64)
    layer_3 = layer_2 @ weights - 0.5 >= 0  # 1 neuron
    plots.show(
        on_the_plane("one neuron", layer_1[1][:, 1]), on_the_plane("four neurons", layer_2[:, 1]),
        on_the_plane("32 neurons", layer_3), alt=["One neuron is active on one side of a straight line.",
        "Three neurons, and a fourth that is active where all three are: a triangle.",
        "32 neurons: the face of a cat, with two ears, two eyes and a nose."])  # fmt: skip


show_what_neurons_draw()

# %% [markdown]
# ## 1.1 What does an artificial neuron compute?
#
# In 1943 Warren McCulloch and Walter Pitts described the nerve cell as a logical device. A **McCulloch-Pitts neuron** has binary inputs, some excitatory and
# some inhibitory, and outputs 1 when no inhibitory input is 1 and at least $\theta$ excitatory inputs are, and 0 otherwise. The number $\theta$ is its threshold. All
# excitatory inputs count the same, and nothing is learnt: whoever draws the network chooses its connections and thresholds.
#
# The neurons of today generalise it. An **artificial neuron** computes a weighted sum of its inputs, adds a constant, and applies a fixed function to the result.

# %% [markdown]
# A **weight** is the factor by which a neuron multiplies one of its inputs. The **bias** of a neuron is the constant that it adds to the weighted sum of its inputs. The
# **pre-activation** of a neuron is the weighted sum of its inputs plus its bias. The **activation function** of a neuron is the fixed function that maps its pre-activation to its output. The
# **activation** of a neuron is its output, the value of its activation function at its pre-activation.

# %% [markdown]
# A **perceptron** is an artificial neuron whose activation function is a threshold: 1 where the pre-activation is at least 0, and 0 elsewhere. Its bias plays the part of $-\theta$:
#
# $$ \hat y = \begin{cases} 1 & \mathbf w \cdot \mathbf x + b \ge 0 \\ 0 & \text{otherwise} \end{cases} \tag{1.1} $$

# %% [markdown]
# | symbol | name | shape | meaning |
# |---|---|---|---|
# | $\mathbf x$ | `x`, a row of `X` | $(d)$, $(n, d)$ | the inputs: one example, $n$ examples |
# | $\mathbf w$ | `w` | $(d)$ | the weights |
# | $b$ | `b` | a number | the bias |
# | $z = \mathbf w \cdot \mathbf x + b$ | `z` | $(n)$ | the pre-activation |
# | $\hat y$ | `y_hat` | $(n)$ | the activation |
#
# Many texts write the perceptron like this; its activation function is also called the *Heaviside step function*. Others use the activations $+1$ and $-1$, and $-1$ at a pre-activation of exactly zero:
#
# $$ \hat t = \begin{cases} +1 & \mathbf w \cdot \mathbf x + b > 0 \\ -1 & \text{otherwise} \end{cases} \tag{1.2} $$
#
# This course uses (1.1) unless it says otherwise; section 1.5 shows where targets of $\pm 1$ are needed.


# %%
def perceptron(X: Tensor, w: Tensor, b: float) -> Tensor:
    """Activations 1 or 0 (eq. 1.1).   X: (n, d), w: (d,) -> (n,)"""
    return (X @ w + b >= 0).to(X.dtype)


def perceptron_signs(X: Tensor, w: Tensor, b: float) -> Tensor:
    """Activations +1 or -1 (eq. 1.2).   X: (n, d), w: (d,) -> (n,)"""
    return torch.where(X @ w + b > 0, 1.0, -1.0).to(X.dtype)


# %% [markdown]
# An affine map leads from one convention to the other:
#
# $$ t = 2y - 1, \qquad y = \tfrac12\,(t + 1) \tag{1.3} $$
#
# Both functions are compared with a loop over examples and inputs.


# %%
def to_signs(y: Tensor) -> Tensor:
    """From {0, 1} to {-1, +1} (eq. 1.3)."""
    return 2 * y - 1


def to_bits(t: Tensor) -> Tensor:
    """From {-1, +1} to {0, 1} (eq. 1.3)."""
    return (t + 1) / 2


def by_loop(X: Tensor, w: Tensor, b: float) -> list[float]:
    """Eq. 1.1, one product at a time."""
    z = [b + sum(float(w[j] * x[j]) for j in range(len(w))) for x in X]
    return [1.0 if z_i >= 0 else 0.0 for z_i in z]


# %%
rng = torch.Generator().manual_seed(SEED)
X, w = data.normal(rng, 7, 3), data.normal(rng, 3)
expected = torch.tensor(by_loop(X, w, -0.3), dtype=torch.float64)
check.close("activations 0 and 1", perceptron(X, w, -0.3), expected)
check.close("activations -1 and +1", perceptron_signs(X, w, -0.3), to_signs(expected))
check.close("and back", to_bits(perceptron_signs(X, w, -0.3)), expected)

# %% [markdown]
# **Break it.** The two conventions differ at a pre-activation of exactly zero. Take the *or* of two bits, $\mathbf w = (1, 1)$ and $b = -1$: with one bit set the
# pre-activation is zero.

# %%
BITS = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)
at_least_one = torch.tensor([0, 1, 1, 1], dtype=torch.float64)
w = torch.tensor([1, 1], dtype=torch.float64)

check.close("or, with 0 and 1", perceptron(BITS, w, -1), at_least_one)
check.catches(
    "a pre-activation of exactly zero",
    lambda: check.close("or", to_bits(perceptron_signs(BITS, w, -1)), at_least_one),
)

# %% [markdown]
# The check above passed because normal random numbers give a pre-activation of exactly zero with probability zero. Whole numbers give it often. When two programs agree on random inputs and
# disagree on a truth table, the case $z = 0$ is the first to look at. (With $b = -\frac12$ no pre-activation is zero, and both conventions agree.)

# %% [markdown]
# ## 1.2 Where is the decision boundary of a neuron?
#
# The bias can be written as one more weight, for an input that is always 1. Then the pre-activation is a single product, and a learning rule for the weights changes the bias too:
#
# $$ \begin{gathered}
#    \mathbf w \cdot \mathbf x + b = \tilde{\mathbf w} \cdot \tilde{\mathbf x} \\
#    \tilde{\mathbf w} = (b, w_1, \dots, w_d) \\
#    \tilde{\mathbf x} = (1, x_1, \dots, x_d)
#    \end{gathered} \tag{1.4} $$


# %%
def with_one(X: Tensor) -> Tensor:
    """Put the input that is always 1 in front (eq. 1.4).   X: (n, d) -> (n, 1 + d)"""
    return torch.cat([torch.ones(len(X), 1, dtype=X.dtype), X], dim=1)


rng = torch.Generator().manual_seed(SEED)
X, w = data.normal(rng, 7, 3), data.normal(rng, 3)
b = torch.tensor([-0.3], dtype=torch.float64)
check.close("bias as a weight", with_one(X) @ torch.cat([b, w]), X @ w + b)

# %% [markdown]
# The **decision boundary** of a classifier is the set of inputs at which its decision changes. For a perceptron with $\mathbf w \ne \mathbf 0$ it is the set where $\mathbf w \cdot \mathbf x + b = 0$: a line in
# the plane, a plane in space, in general a *hyperplane*. The vector $\mathbf w$ is perpendicular to it and points to the side where the activation is 1. Divided
# by the length of $\mathbf w$, the pre-activation is the signed distance from it:
#
# $$ \operatorname{distance}(\mathbf x) = \frac{\mathbf w \cdot \mathbf x + b}{\lVert \mathbf w \rVert} \tag{1.5} $$

# %% [markdown]
# Moving that far against $\mathbf w$ leads to the boundary. The same positive factor on $\mathbf w$ and $b$ leaves the boundary where it is; changing both signs exchanges the two
# activations everywhere off the boundary.


# %%
def distance(X: Tensor, w: Tensor, b: float) -> Tensor:
    """Signed distance from the decision boundary (eq. 1.5).   X: (n, d), w: (d,) -> (n,)"""
    return (X @ w + b) / w.norm()


feet = X - distance(X, w, -0.3)[:, None] * (w / w.norm())  # straight to the hyperplane
check.close("pre-activations there", feet @ w - 0.3, torch.zeros(7, dtype=torch.float64))
check.close("twice the weights", perceptron(X, 2 * w, -0.6), perceptron(X, w, -0.3))
check.close("signs changed", perceptron(X, -w, 0.3), 1 - perceptron(X, w, -0.3))

# %% tags=["hide-input"]
widgets.predict(
    "A perceptron has w = (3, −4) and b = 5. How far does the point (1, 3) lie from its decision boundary? "
    "Give the signed distance (1.5).",
    answer=distance(torch.tensor([[1.0, 3.0]]), torch.tensor([3.0, -4.0]), 5.0).item(),
    tolerance=0.02,
    because="The pre-activation is 3 − 12 + 5 = −4, and ‖w‖ = 5: the point lies 0.8 from the boundary, on the side of 0.",
    slips={
        "That is the pre-activation; (1.5) divides it by ‖w‖.": -4,
        "The sign says on which side the point lies.": 0.8,
        "‖w‖ is the square root of 9 + 16.": -4 / 25,
    },
)

# %% [markdown]
# The next four points are the values of two bits; the round ones have the target 1, the square ones the target 0. Move the boundary until all four are
# classified correctly: first *and*, then *nand* (not both) and *or*. Then try *xor*, exactly one of the two.

# %%
widgets.PerceptronLine(table="and")

# %% [markdown]
# ## 1.3 Which Boolean functions can one neuron compute?
#
# Two finite sets of points are **linearly separable** if some hyperplane has one set strictly on one side of it and the other set strictly on the other side. A perceptron can
# classify finitely many examples correctly exactly when the two classes are linearly separable.
#
# Two bits have four values, and each of them can have the target 0 or 1: there are 16 Boolean functions of two bits. Compare the activations of 15,625 neurons with
# each of the 16 truth tables. In the figure, filled corners have the target 1, and the blue half-plane is where a neuron with that table is active.

# %%
TABLES = torch.cartesian_prod(*[torch.arange(2.0, dtype=torch.float64)] * 4)  # (16, 4)

grid = torch.linspace(-3, 3, 25, dtype=torch.float64)
neurons = torch.cartesian_prod(grid, grid, grid)  # (15625, 3): b, w1, w2
activations = (neurons @ with_one(BITS).T >= 0).double()  # (15625, 4)
correct = (activations[:, None] == TABLES).double().mean(2)  # (15625, 16)
best = correct.max(dim=0).values

check.close("tables that some neuron computes", int((best == 1).sum()), 14)
for name, table in {"xor": [0, 1, 1, 0], "not xor": [1, 0, 0, 1]}.items():
    row = (torch.tensor(table) == TABLES).all(1).nonzero().item()
    check.close(f"{name}: best share of correct outputs", best[row].item(), 0.75)


# %% tags=["hide-input"]
def draw_table(tile: plots.Axes, k: int) -> None:
    """Truth table k: filled and hollow corners, and a half-plane that separates them or a question mark."""
    tile.set(xlim=(-0.45, 1.45), ylim=(-0.45, 1.45), aspect="equal")
    tile.spines[:].set(visible=True, color=plots.MUTED)
    xs, ys = np.meshgrid(*[np.linspace(-0.45, 1.45, 120)] * 2)
    if best[k] == 1:
        b0, w1, w2 = neurons[correct[:, k] == 1].mean(0).tolist()  # a typical one
        active = (b0 + w1 * xs + w2 * ys >= 0).astype(float)
        tile.contourf(xs, ys, active, [0.5, 2], colors=[plots.BLUE], alpha=0.3)
    else:
        tile.text(0.5, 0.5, "?", ha="center", va="center", fontsize=20, color=plots.ORANGE)
    for point, target in zip(BITS.tolist(), TABLES[k], strict=True):
        fill = plots.INK if target else "none"
        tile.plot(*point, "o", markersize=6, markeredgecolor=plots.INK, color=fill)


# %% tags=["hide-input"]
figures = []
for first in (0, 8):
    title = f"truth tables {first + 1} to {first + 8} of 16"
    fig, tiles = plots.tiles(title, 8, columns=4, size=(3.7, 2.2))
    for k, tile in enumerate(tiles):
        draw_table(tile, first + k)
    figures.append(fig)
plots.show(*figures, alt=[
    "Eight small squares, one for each truth table; corners with target 1 are filled. The first has none. For six others a half-plane covers exactly the filled corners; the one with two filled corners on a diagonal carries a question mark.",
    "The other eight, with filled and hollow corners exchanged, in reverse order: six half-planes, a square that is covered wholly, and a question mark at the table with a filled diagonal."])  # fmt: skip

# %% [markdown]
# For 14 tables the grid holds a neuron without an error; for *xor* and its negation the best neurons are correct on three of four inputs. A search over a grid is no proof. For a proof, suppose that a
# neuron computes *xor*, and write down what its four activations say about its weights:
#
# $$ \begin{gathered}
#    \underbrace{b < 0}_{00 \to 0}, \qquad \underbrace{w_2 + b \ge 0}_{01 \to 1} \\
#    \underbrace{w_1 + b \ge 0}_{10 \to 1}, \qquad \underbrace{w_1 + w_2 + b < 0}_{11 \to 0}
#    \end{gathered} \tag{1.6} $$
#
# The second and the third add up to $w_1 + w_2 + 2b \ge 0$, the first and the last to $w_1 + w_2 + 2b < 0$: a contradiction. No perceptron computes *xor*.

# %% [markdown]
# The picture shows the same. A perceptron that outputs 1 at two points outputs 1 everywhere between them, and likewise for 0. The two points with the target 1 and
# the two with the target 0 are the diagonals of a square. They cross in the middle, where the output would have to be both.
#
# With $n$ bits there are $2^n$ inputs and $2^{2^n}$ Boolean functions. How many of them are linearly separable? Collect the truth tables of neurons with small whole weights.


# %%
def separable_tables(n: int, largest: int) -> int:
    """How many truth tables of n bits the neurons with whole weights up to `largest` compute."""
    inputs = torch.cartesian_prod(*[torch.arange(2.0)] * n).reshape(-1, n)
    whole = torch.arange(-largest, largest + 1.0)
    z = torch.cartesian_prod(*[whole] * n).reshape(-1, n) @ inputs.T  # (neurons, inputs)
    biases = torch.arange(-n * largest, n * largest + 2) - 0.5  # between the whole numbers
    places = 2 ** torch.arange(2**n)  # read the outputs as the digits of one number
    return torch.unique(((z[:, None] + biases[:, None] >= 0) * places).sum(2)).numel()


for n, largest, known in ((2, 1, 14), (3, 2, 104), (4, 3, 1882)):
    found = separable_tables(n, largest)
    check.close(f"{n} bits", found, known)
    print(f"  {found:,} of {2**2**n:,} functions, {found / 2**2**n:.1%}")

# %% [markdown]
# The numbers of such *threshold functions* are known: 14, 104 and 1,882. One neuron computes 88 % of the Boolean functions of two bits, 41 % with three bits, and 3 % with four.

# %% [markdown]
# ## 1.4 How does a neuron learn from its mistakes?
#
# So far the weights were chosen by hand. In 1949 the psychologist Donald Hebb proposed how a synapse might change: when one cell repeatedly takes part in firing another, the connection from the first to the second
# grows stronger. **Hebbian learning** strengthens a connection whenever the neurons at its two ends are active together. As a formula, with the input $x_i$ of connection $i$ and the activation $a$ of the neuron:
#
# $$ w_i \leftarrow w_i + \eta\, x_i\, a \tag{1.7} $$
#
# The learning rate $\eta$ scales the change.

# %% [markdown]
# Take a dog that salivates at food (weight 1) and does not react to a bell (weight 0), with a bias of $-\frac12$. Ring the bell with each of six meals, and then twenty times without a meal.


# %%
def hebb(w: Tensor, x: Tensor, a: float, eta: float) -> Tensor:
    """The weights after one step of Hebbian learning (eq. 1.7).   w, x: (d,) -> (d,)"""
    return w + eta * x * a


food_and_bell, bell = torch.tensor([[1.0, 1.0], [0.0, 1.0]], dtype=torch.float64)
dog = torch.tensor([1.0, 0.0], dtype=torch.float64)
check.close("the bell alone, at first", perceptron(bell[None], dog, -0.5).item(), 0.0)
for _ in range(6):
    dog = hebb(dog, food_and_bell, perceptron(food_and_bell[None], dog, -0.5).item(), 0.1)
check.close(
    "the bell alone, after six meals", perceptron(bell[None], dog, -0.5).item(), 1.0
)

for _ in range(20):  # the bell, without food
    dog = hebb(dog, bell, perceptron(bell[None], dog, -0.5).item(), 0.1)
check.close("the weight of the bell now", dog[1].item(), 2.6)

# %% [markdown]
# No target appears in (1.7). Where inputs and activations are not negative, as here, no change is negative either: twenty rings without food raised the weight of the bell.
#
# To learn from mistakes a neuron needs targets. The **error-correction rule** changes the weights of a neuron only when its output differs from the target $t = \pm 1$, and then by the learning rate times the target times the input. Examples
# come one at a time (*online*); one pass through all of them is an *epoch*. With (1.4) the bias is learnt like any other weight:
#
# $$ \tilde{\mathbf w} \leftarrow \tilde{\mathbf w} + \eta\, t\, \tilde{\mathbf x} \quad \text{if } \hat t \ne t, \qquad t = \pm 1 \tag{1.8} $$

# %% [markdown]
# The rule is sometimes called Hebb's, but Hebb's has neither a target nor a condition. It is Rosenblatt's. His paper of 1958 presented the perceptron with other rules of reinforcement; the
# error-correction procedure, and the proofs that it converges, followed in reports from 1960 and in his book of 1962. It is usually written with the error of the activations 0 and 1:
#
# $$ \tilde{\mathbf w} \leftarrow \tilde{\mathbf w} + \eta\,(y - \hat y)\,\tilde{\mathbf x} \tag{1.9} $$
#
# The error $y - \hat y$ is 0 for a correct output, $+1$ where 1 was missed, and $-1$ where 0 was missed: it combines the condition and $t$.


# %%
def sign_of(z: float) -> float:
    """Eq. 1.2."""
    return 1.0 if z > 0 else -1.0


def bit_of(z: float) -> float:
    """Eq. 1.1."""
    return 1.0 if z >= 0 else 0.0


class History(NamedTuple):
    """The weights at the start and after each correction, and the mistakes in each epoch."""

    weights: list[Tensor]
    mistakes: list[int]


# %%
def train(
    X: Tensor, targets: Tensor, w: Tensor, eta: float,
    activation: Callable[[float], float], epochs: int = 100,
) -> History:  # fmt: skip
    """Correct the weights after every wrong output (eq. 1.8) until an epoch has none.

    X: (n, 1 + d), targets: (n,), w: (1 + d,)
    """
    weights, mistakes = [w], []
    while len(mistakes) < epochs and (not mistakes or mistakes[-1]):
        mistakes.append(0)  # an epoch is one pass through all examples
        for x, target in zip(X, targets, strict=True):
            if activation((weights[-1] @ x).item()) != target:
                weights.append(weights[-1] + eta * target * x)  # eq. 1.8
                mistakes[-1] += 1
    return History(weights, mistakes)


def train_by_error(X: Tensor, y: Tensor, w: Tensor, eta: float, epochs: int) -> Tensor:
    """Eq. 1.9, activations 0 and 1.   X: (n, 1 + d), y: (n,), w: (1 + d,)"""
    for _ in range(epochs):
        for x, target in zip(X, y, strict=True):
            w = w + eta * (target - bit_of((w @ x).item())) * x
    return w


# %% [markdown]
# The two forms agree as long as no pre-activation is exactly zero. The comparison uses random targets, with which there are corrections in every epoch. (With the error $t - \hat t$ of the activations $\pm 1$ every step would be twice as long.)

# %%
rng = torch.Generator().manual_seed(SEED)
X = data.normal(rng, 40, 6)
start = data.normal(rng, 7)
y = (torch.rand(40, generator=rng) < 0.5).double()
by_gate = train(with_one(X), to_signs(y), start, 0.3, sign_of, epochs=5)
by_error = train_by_error(with_one(X), y, start, 0.3, 5)
check.close("(1.8) and (1.9)", by_gate.weights[-1], by_error)
print("corrections in each of the five epochs:", *by_gate.mistakes)

# %% [markdown]
# Now train a neuron, from weights that are all zero, on four Boolean functions. Only whole numbers are involved, so you can follow *nand* by hand.

# %%
X_BITS = with_one(BITS)
GATES = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "nand": [1, 1, 1, 0], "xor": [0, 1, 1, 0]}
TRUTH = {name: torch.tensor(table, dtype=torch.float64) for name, table in GATES.items()}
ZEROS = torch.zeros(3, dtype=torch.float64)

nand = train(X_BITS, to_signs(TRUTH["nand"]), ZEROS, 1, sign_of)
by_hand = torch.tensor([3, -2, -1], dtype=torch.float64)
check.close("nand: (b, w1, w2)", nand.weights[-1], by_hand)
for name, truth in TRUTH.items():
    history = train(X_BITS, to_signs(truth), ZEROS, 1, sign_of, epochs=1000)
    shares = [((X_BITS @ w > 0) == truth).double().mean().item() for w in history.weights]
    bound = {"at_most": 0.75} if name == "xor" else {"at_least": 1.0}
    check.reaches(f"{name}: best share of correct outputs", max(shares), **bound)

# %% tags=["hide-input"]
fig, ax = plots.panel("decision boundaries for nand", x="$x_1$", y="$x_2$", size=(3.6, 3.1))
xs = np.array([-0.6, 1.9])
lines = [w.tolist() for w in nand.weights if w[2] != 0]
for i, (b0, w1, w2) in enumerate(lines):
    look = {"color": plots.MUTED, "linewidth": 1.2, "alpha": 0.15 + 0.45 * i / len(lines)}
    if i == len(lines) - 1:
        look = {"color": plots.BLUE, "linewidth": 2.2}
    ax.plot(xs, (-b0 - w1 * xs) / w2, "-", **look)
for point, target in zip(BITS.tolist(), TRUTH["nand"], strict=True):
    look = {"markersize": 9, "markeredgecolor": plots.INK}
    ax.plot(*point, "o", color=plots.INK if target else "none", **look)
_ = ax.set(aspect="equal", xticks=[0, 1], yticks=[0, 1], xlim=xs, ylim=xs)

# %% tags=["hide-input"]
falling, ax2 = plots.panel(
    "mistakes in each epoch", x="epoch", y="mistakes", size=(3.9, 3.1), ylim=(-0.2, 4.3)
)
for (name, truth), marker in zip(TRUTH.items(), plots.MARKERS, strict=True):
    counts = train(X_BITS, to_signs(truth), ZEROS, 1, sign_of, epochs=12).mistakes
    ax2.plot(range(1, len(counts) + 1), counts, marker=marker, label=name)
ax2.set_yticks(range(5))
ax2.legend(loc="center right")
plots.show(fig, falling, alt=[
    "Filled corners have the target 1. Decision boundaries after successive corrections, older ones fainter; the last one passes through the corner (1, 1), whose pre-activation is exactly zero, and leaves the other three on the side of 1.",
    "Mistakes in each epoch for four gates: or comes down to zero in epoch 4; and and nand, whose curves coincide from epoch 2, in epoch 6; xor reaches four in epoch 3 and stays there."])  # fmt: skip

# %% [markdown]
# Filled corners have the target 1. The last boundary for *nand* runs through the corner $(1, 1)$: the pre-activation there is zero, and by (1.2) the activation is $-1$. With *xor* the neuron makes four mistakes in each epoch from the third on.

# %% [markdown]
# ## 1.5 Which targets does the error-correction rule need?
#
# *Going further.*
#
# The lecture notes behind this course use both conventions. Take (1.8) as it stands with targets 0 and 1. A target of 0 makes the change $\eta\, t\, \tilde{\mathbf x}$ zero as well: a missed 1 is corrected,
# a missed 0 is not. For inputs that are not negative a correction can then only raise weights, while *nand* needs two negative ones.

# %%
stuck = train(X_BITS, TRUTH["nand"], ZEROS, 1, bit_of)
check.close("the weights after 100 epochs", stuck.weights[-1], ZEROS)
always_one = perceptron(BITS, stuck.weights[-1][1:], stuck.weights[-1][0])
check.catches(
    "targets 0 and 1 in (1.8)", lambda: check.close("nand", always_one, TRUTH["nand"])
)

# %% [markdown]
# From zero weights the output is 1 for every input, and no correction changes anything. Do random initial weights help? Take a thousand neurons, each weight uniform between $-1$ and 1, and correct them until nothing changes.


# %%
def learns_nand(eta: float, signs: bool, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """A thousand random starts; which of them learn nand, with targets -1 and 1 (`signs`) or 0 and 1?"""
    start = 2 * torch.rand(1000, 3, generator=rng, dtype=torch.float64) - 1
    targets = to_signs(TRUTH["nand"]) if signs else TRUTH["nand"]
    W = start.clone()
    for _ in range(round(30 / eta)):
        before = W.clone()
        for x, target, truth in zip(X_BITS, targets, TRUTH["nand"], strict=True):
            wrong = (W @ x > 0).double() != truth
            W += eta * target * wrong[:, None] * x  # eq. 1.8 for all neurons at once
        if torch.equal(W, before):
            break
    return start, ((W @ X_BITS.T > 0).double() == TRUTH["nand"]).all(1)


# %%
for eta, bounds in {1: (20, 80), 0.1: (100, 200), 0.01: (140, 250)}.items():
    start, learnt = learns_nand(eta, False, torch.Generator().manual_seed(SEED))
    low, high = bounds
    count = int(learnt.sum())
    check.reaches(
        f"targets 0 and 1, rate {eta}: of 1,000", count, at_least=low, at_most=high
    )
    check.reaches(
        f"rate {eta}: their largest initial z at (1, 1)",
        start[learnt].sum(1).max(),
        at_most=0,
    )
_, learnt = learns_nand(0.1, True, torch.Generator().manual_seed(SEED))
check.reaches("targets -1 and 1: of 1,000", int(learnt.sum()), at_least=1000)

# %% [markdown]
# With targets 0 and 1 and at these rates, at most a quarter of the starts learn *nand*. All of those began with a pre-activation at $(1, 1)$ that was not positive: since no correction lowers it, the others cannot become correct. With targets $\pm 1$ all thousand
# learn it, as section 1.6 explains.
#
# > **Remember.** In (1.8), with its condition and target, code the targets as $\pm 1$; or use the error $y - \hat y$ of (1.9).

# %% [markdown]
# ## 1.6 When does the error-correction rule converge?
#
# *Going further.*
#
# It converges whenever the classes are linearly separable. The **margin** of a separating hyperplane is its distance from the nearest example. Suppose that weights $\mathbf u$ of length 1 classify all examples with $t\,\mathbf u \cdot \tilde{\mathbf x} \ge \gamma > 0$, a margin of at least
# $\gamma$ in the space of $\tilde{\mathbf x}$, and that no $\tilde{\mathbf x}$ is longer than $R$. Then a neuron that starts from zero makes, in whatever order the examples come, no more mistakes than
#
# $$ \text{mistakes} \;\le\; \Big(\frac{R}{\gamma}\Big)^{2} \tag{1.10} $$

# %% [markdown]
# <details><summary>The proof has three lines.</summary>
#
# Take $\eta = 1$: from zero weights the rate only scales the weights. Each correction adds $t\tilde{\mathbf x}$, so it raises $\mathbf u \cdot \tilde{\mathbf w}$ by $t\,\mathbf u\cdot\tilde{\mathbf x} \ge \gamma$:
# after $k$ corrections $\mathbf u \cdot \tilde{\mathbf w} \ge k\gamma$.
#
# It also changes the squared length by $2t\,\tilde{\mathbf w}\cdot\tilde{\mathbf x} + \lVert\tilde{\mathbf x}\rVert^2$. The first term is not positive, since the output was wrong; so $\lVert\tilde{\mathbf w}\rVert^2 \le kR^2$.
#
# And $\mathbf u \cdot \tilde{\mathbf w}$ is at most $\lVert\tilde{\mathbf w}\rVert$. So $k\gamma \le R\sqrt k$, which is (1.10). (Novikoff, 1962.) From other weights the same argument gives another bound, which is finite too.
#
# </details>
#
# For *nand* the weights $(3, -2, -2)$ have the margin $1/\sqrt{17}$, and the longest example has the length $\sqrt 3$. Train in every possible order of the four examples.

# %%
u = torch.tensor([3, -2, -2], dtype=torch.float64) / 17**0.5
margin = (to_signs(TRUTH["nand"]) * (X_BITS @ u)).min().item()
bound = 3 / margin**2
orders = [list(order) for order in permutations(range(4))]
corrections = [
    len(train(X_BITS[o], to_signs(TRUTH["nand"])[o], ZEROS, 1, sign_of).weights) - 1
    for o in orders
]
check.close("the bound (1.10)", bound, 51.0)
check.reaches("most corrections in 24 orders", max(corrections), at_most=bound)

# %% [markdown]
# For *xor* no such $\mathbf u$ exists. In a thousand epochs the neuron is corrected thousands of times, and its weights return to the same few values.

# %%
xor = train(X_BITS, to_signs(TRUTH["xor"]), ZEROS, 1, sign_of, epochs=1000)
visited = {tuple(w.tolist()) for w in xor.weights}
print(f"xor: {len(xor.weights) - 1:,} corrections, {len(visited)} different weights")
check.reaches("xor: different weights", len(visited), at_most=10)

# %% [markdown]
# ## 1.7 Can one neuron recognise a handwritten digit?
#
# *Going further.*
#
# Give a neuron the 64 pixels of a handwritten digit, with the target 1 for a zero and $-1$ for any other digit. It is trained on 1,258 digits until an epoch has no mistake, and tested on 539 others. Two controls: the output that is always $-1$, and the class whose
# mean picture is nearer.

# %%
digits = data.digits(seed=SEED, dtype=torch.float64)
is_zero = to_signs((digits.y_train == 0).double())
is_zero_test = to_signs((digits.y_test == 0).double())
start = torch.zeros(65, dtype=torch.float64)
neuron = train(with_one(digits.X_train), is_zero, start, 1, sign_of)
b, w = neuron.weights[-1][0].item(), neuron.weights[-1][1:]
predicted = perceptron_signs(digits.X_test, w, b)

check.close("mistakes in the last epoch", neuron.mistakes[-1], 0)
check.reaches("epochs", len(neuron.mistakes), at_most=10)
check.reaches("corrections", len(neuron.weights) - 1, at_most=99)
accuracy = (predicted == is_zero_test).double().mean()
check.reaches("accuracy on the test digits", accuracy, at_least=0.985)

# %%
means = torch.stack([digits.X_train[is_zero == t].mean(0) for t in (-1, 1)])  # (2, 64)
nearer = torch.cdist(digits.X_test, means).argmin(1)
by_means = (to_signs(nearer.double()) == is_zero_test).double().mean()
check.reaches("accuracy of the nearer mean", by_means, at_least=0.96, at_most=0.99)
check.reaches("the neuron's lead", accuracy - by_means, at_least=0.003, at_most=0.031)
print(f"always -1: {(is_zero_test == -1).double().mean():.1%}")

# %% [markdown]
# The neuron classifies at least 98.5 % of the test digits correctly. The training data are linearly separable: on each of five seeds at most ten epochs and fewer than a hundred corrections suffice. The lead over the nearer mean is small: 0.3 to 3 points over five seeds. The weights can be drawn as a picture.

# %% tags=["hide-input"]
figures = []
for title, values in {"mean of the zeros": means[1], "weights of the neuron": w}.items():
    fig, ax = plots.panel(title, size=(2.9, 2.8))
    top, square = values.abs().max().item(), values.reshape(8, 8).tolist()
    plots.image(ax, square, shades="signed")
    for place, value in np.ndenumerate(np.array(square)):
        if title.startswith("weights") and abs(value) > 0.3 * top:
            ink = "white" if abs(value) > 0.7 * top else "black"  # tiles ignore the theme
            sign = "+" if value > 0 else "−"
            ax.text(*place[::-1], sign, ha="center", va="center", color=ink)
    figures.append(fig)
plots.show(*figures, alt=[
    "The mean of all zeros: a ring of ink.",
    "The weights of the neuron: large negative weights in the middle, where a zero has no ink, and smaller positive ones, most of them on the ring."])  # fmt: skip

# %%
largest = (w.argmin().item(), w.max().item() / -w.min().item())
check.close("the largest negative weight: row and column", divmod(largest[0], 8), (3, 4))
check.reaches("largest positive over largest negative", largest[1], at_most=0.75)

# %% [markdown]
# The largest weight is negative and stands in the middle of the picture, where a zero has no ink; no positive weight on the ring is as large. Every weight is a sum of corrections.

# %% [markdown]
# ## 1.8 What can a graph of neurons compute?
#
# One neuron cannot compute *xor*. But *xor* is the conjunction of two functions that one neuron can compute: at least one of the bits, and not both. A third neuron can combine the two.
#
# A single kind of neuron suffices. *Nand* is logically complete: every Boolean function is a composition of nands. Four of them make *xor*:
#
# $$ \begin{gathered}
#    h = \overline{x_1 x_2} \\
#    \operatorname{xor}(x_1, x_2) = \overline{\;\overline{x_1 h}\;\;\overline{x_2 h}\;}
#    \end{gathered} \tag{1.11} $$
#
# where the bar is *nand*. A perceptron can be a nand, so networks of perceptrons compute every Boolean function. A single perceptron computes the linearly separable ones alone.

# %% [markdown]
# Such a composition is a graph. Each node names the nodes from which it gets its inputs, and can be computed as soon as they are known. If the connections form no cycle, the graph is *directed* and *acyclic*, and there is an
# order in which every node is computed once. A **feedforward network** is a network of neurons whose connections form no cycle.


# %%
from graphlib import CycleError, TopologicalSorter


class Gate(NamedTuple):
    """A perceptron in a graph: the names of its inputs, its weights and its bias."""

    inputs: Sequence[str]
    w: Sequence[float]
    b: float


def evaluate(graph: dict[str, Gate], inputs: dict[str, float]) -> dict[str, float]:
    """The activation of every node, each computed once, after its inputs.

    Raises CycleError when the connections form a cycle.
    """
    a = dict(inputs)
    connections = {name: gate.inputs for name, gate in graph.items()}
    for name in TopologicalSorter(connections).static_order():
        if name in graph:
            gate = graph[name]
            z = gate.b + sum(w * a[i] for w, i in zip(gate.w, gate.inputs, strict=True))
            a[name] = 1.0 if z >= 0 else 0.0  # eq. 1.1
    return a


# %%
def nand_of(first: str, second: str) -> Gate:
    """A nand of two nodes: 1 unless both are 1."""
    return Gate((first, second), w=(-2, -2), b=3)


XOR = {  # eq. 1.11, the output first: the order does not matter
    "out": nand_of("left", "right"),
    "left": nand_of("x1", "h"),
    "right": nand_of("x2", "h"),
    "h": nand_of("x1", "x2"),
}
by_nands = [evaluate(XOR, {"x1": a, "x2": b})["out"] for a, b in BITS.tolist()]
check.close("xor from four nands", by_nands, GATES["xor"])

cyclic = {**XOR, "h": nand_of("x1", "out")}
check.raises("a cycle", CycleError, lambda: evaluate(cyclic, {"x1": 1.0, "x2": 1.0}))

# %% tags=["hide-input"]
places = {"x1": (0, 2.5), "x2": (0, 0.5), "h": (2, 1.5), "left": (4, 2.5), "right": (4, 0.5), "out": (6, 1.5)}  # fmt: skip
labels = {"x1": "$x_1$", "x2": "$x_2$", "h": "$h$"}
fig, ax = plots.panel(
    "xor from four nands", size=(3.9, 2.2), xlim=(-0.6, 6.6), ylim=(-0.1, 3.1)
)
plots.bare(ax)
arrow = {"arrowstyle": "-|>", "color": plots.MUTED, "shrinkA": 16, "shrinkB": 16}
for name, gate in XOR.items():
    for source in gate.inputs:
        ax.annotate("", places[name], places[source], arrowprops=arrow)
for name, place in places.items():
    ring = {"markeredgecolor": plots.INK if name.startswith("x") else plots.BLUE}
    ax.plot(*place, "o", markersize=28, color="none", markeredgewidth=1.6, **ring)
    ax.text(*place, labels.get(name, name), ha="center", va="center", fontsize=9)
plots.show(fig, alt="A graph with arrows from left to right: x1 and x2 lead to h; x1 and h lead to left, x2 and h to right; left and right lead to out.")  # fmt: skip

# %% [markdown]
# ## 1.9 What does a multilayer perceptron compute?
#
# In a graph any neuron can get its inputs from any other. A **layer** is a group of neurons that get the same inputs and none from one another. A **multilayer perceptron** is a feedforward network of layers in which the
# inputs of each layer are the activations of the layer before. A layer is then one matrix, with a neuron in each row, and the network is a chain of functions:
#
# $$ \begin{gathered}
#    \mathbf a_0 = \mathbf x \\
#    \mathbf a_l = \sigma\big(W_l\, \mathbf a_{l-1} + \mathbf b_l\big), \quad l = 1, \dots, K
#    \end{gathered} \tag{1.12} $$

# %% [markdown]
# | symbol | name | shape | meaning |
# |---|---|---|---|
# | $W_l$ | `W` | $(n_l, n_{l-1})$ | the weights, a neuron in each row |
# | $\mathbf b_l$ | `b` | $(n_l)$ | the biases |
# | $\sigma$ | `f` | | the activation function: a threshold so far |
# | $\mathbf a_l$ | `a` | $(n, n_l)$ for a batch | the activations of layer $l$, an example in each row |
#
# A **hidden layer** is a layer between the input and the output layer. The **width** of a layer is the number of its neurons. The **depth** of a network is the number of its layers, not
# counting the input. A network with one hidden layer is called *shallow*, one with more *deep*.


# %%
class Layer(NamedTuple):
    """One layer: weights (n_out, n_in), biases (n_out,), activation function."""

    W: Tensor
    b: Tensor
    f: Callable[[Tensor], Tensor]


def forward(layers: Sequence[Layer], X: Tensor) -> Tensor:
    """The activations of the last layer (eq. 1.12).   X: (n, n_0) -> (n, n_K)"""
    a = X
    for layer in layers:
        a = layer.f(a @ layer.W.T + layer.b)  # eq. 1.12, an example in each row   (n, n_l)
    return a


def threshold(z: Tensor) -> Tensor:
    """1 where the pre-activation is not negative, else 0."""
    return (z >= 0).to(z.dtype)


# %% tags=["hide-input"]
def random_layer(
    n_in: int, n_out: int, f: Callable[[Tensor], Tensor], rng: torch.Generator
) -> Layer:
    """A layer with normal weights and, so that nothing hides, normal biases."""
    W = data.normal(rng, n_out, n_in)
    return Layer(W, data.normal(rng, n_out), f)


# %% [markdown]
# Compare with torch's own layers, on sizes of which no two are equal. The last layer has a sigmoid, $1/(1+e^{-z})$, and no threshold: a threshold would hide small errors.

# %%
rng = torch.Generator().manual_seed(SEED)
net = [random_layer(4, 7, torch.tanh, rng), random_layer(7, 3, torch.sigmoid, rng)]
batch = data.normal(rng, 5, 4)
hidden = torch.tanh(F.linear(batch, net[0].W, net[0].b))
by_torch = torch.sigmoid(F.linear(hidden, net[1].W, net[1].b))
check.close("two layers", forward(net, batch), by_torch)

without = forward([net[0]._replace(b=0.01 * net[0].b), net[1]], batch)
check.catches(
    "hidden biases that are too small", lambda: check.close("a", without, by_torch)
)

# %% [markdown]
# **Break it.** After a threshold the same fault can pass: biases of another size change an output only where they change the sign of a pre-activation. Here the hidden neurons of *xor* compute "at least one" and "not both", and the output neuron their conjunction. With biases that are a fifth wrong the truth table
# is still the right one.


# %%
def column(*values: float) -> Tensor:
    """A vector in float64."""
    return torch.tensor(values, dtype=torch.float64)


hidden = Layer(torch.stack([column(1, 1), column(-1, -1)]), column(-0.5, 1.5), threshold)
both = Layer(column(1, 1)[None], column(-1.5), threshold)
check.close("xor in two layers", forward([hidden, both], BITS)[:, 0], TRUTH["xor"])

wrong = [layer._replace(b=0.8 * layer.b) for layer in (hidden, both)]
check.close("xor with wrong biases", forward(wrong, BITS)[:, 0], TRUTH["xor"])

# %% [markdown]
# The cat of the first picture is such a network. Every side of its six convex shapes bounds a half-plane: 25 neurons. A convex shape is the intersection of its half-planes: six neurons that are active when all of theirs are.
# The output neuron is active in the head or an ear, and not in an eye or the nose: the head and the two ears together add at most $3 - \frac12$, and one weight of $-3$ makes the pre-activation negative.


# %%
def cat() -> list[Layer]:
    """Three layers of 25, 6 and 1 perceptrons that are active on the cat."""
    sides = [half_planes(corners) for corners in CAT.values()]
    W, b = (torch.cat(parts) for parts in zip(*sides, strict=True))  # (25, 2), (25,)
    ones = [torch.ones(1, len(part), dtype=torch.float64) for _, part in sides]
    all_of = torch.block_diag(*ones)  # (6, 25)
    return [
        Layer(W, b, threshold),
        Layer(all_of, 0.5 - all_of.sum(1), threshold),  # 1 when all half-planes are
        Layer(column(1, 1, 1, -3, -3, -3)[None], column(-0.5), threshold),
    ]


CAT_NET = cat()
shapes = [tuple(layer.W.shape) for layer in CAT_NET]
print(shapes, "and", sum(len(layer.b) for layer in CAT_NET), "neurons")

# %% [markdown]
# matplotlib has a test of its own for points in polygons. It agrees with the network on 20,000 random points.


# %% tags=["hide-input"]
def on_the_cat(points: np.ndarray) -> np.ndarray:
    """Where the cat is, by matplotlib's test for points in polygons.   (n, 2) -> (n,)"""
    from matplotlib.path import Path

    inside = {name: Path(corners).contains_points(points) for name, corners in CAT.items()}
    face = inside["head"] | inside["left ear"] | inside["right ear"]
    return face & ~(inside["left eye"] | inside["right eye"] | inside["nose"])


# %%
rng = torch.Generator().manual_seed(SEED)
points = 2.4 * torch.rand(20_000, 2, generator=rng, dtype=torch.float64) - 1.2
active = forward(CAT_NET, points)[:, 0].bool()
check.close("the cat", active, torch.tensor(on_the_cat(points.numpy())))

# %% tags=["hide-input"]
first, second = forward(CAT_NET[:1], PLANE), forward(CAT_NET[:2], PLANE)
lines = on_the_plane("layer 1: 25 half-planes", torch.zeros(len(PLANE)))
for half_plane in first.T:
    lines.axes[0].contour(
        AXIS, AXIS, half_plane.reshape(301, 301).T, [0.5], colors=[plots.BLUE], linewidths=1
    )
convex = on_the_plane("layer 2: six shapes", *second.T)
whole = on_the_plane("layer 3: the cat", forward(CAT_NET, PLANE)[:, 0])
plots.show(lines, convex, whole, alt=["Twenty-five straight lines cross the plane.",
           "Six convex shapes, laid over one another: a head, two ears, two eyes, a nose.",
           "The shapes combined: the face of a cat."])  # fmt: skip

# %% [markdown]
# Half-planes, then convex shapes, then combinations of shapes: each layer computes functions of the activations of the layer before.

# %% [markdown]
# ## 1.10 Why does a network need non-linear activation functions?
#
# A threshold is constant except for one jump. What if the activation function of all neurons is the identity, so that each passes on its pre-activation? Take two such layers, and multiply out:
#
# $$ \begin{gathered}
#    W_2\,(W_1 \mathbf x + \mathbf b_1) + \mathbf b_2 \\
#    = \underbrace{W_2 W_1}_{W}\,\mathbf x + \underbrace{W_2\,\mathbf b_1 + \mathbf b_2}_{\mathbf b}
#    \end{gathered} \tag{1.13} $$
#
# They equal one layer. By induction, so does a stack of any number of linear layers.


# %%
from functools import reduce


def identity(z: Tensor) -> Tensor:
    """The activation function of a linear layer."""
    return z


def merged(first: Layer, second: Layer) -> Layer:
    """The one layer that equals two linear layers (eq. 1.13)."""
    return Layer(second.W @ first.W, second.W @ first.b + second.b, identity)


# %%
rng = torch.Generator().manual_seed(SEED)
stack = [random_layer(n, m, identity, rng) for n, m in pairwise((5, 8, 6, 7, 3))]
batch = data.normal(rng, 9, 5)
single = reduce(merged, stack)
four, one = forward(stack, batch), forward([single], batch)
atol = 1e-12 * four.abs().max().item()
check.close("four layers, or one", one, four, rtol=1e-12, atol=atol)
sizes = [
    sum(layer.W.numel() + layer.b.numel() for layer in net) for net in (stack, [single])
]
check.close("weights and biases of the four, and of the one", sizes, [175, 18])

only_last = batch @ single.W.T + stack[-1].b
slips = {
    "The first biases are lost; eq. 1.13 sends them through the later weights.": only_last
}
check.catches(
    "a forgotten bias", lambda: check.close("one layer", only_last, four, slips=slips)
)

# %% [markdown]
# The 175 weights and biases of the four layers represent no more functions than the 18 of one. With one output and a threshold at its end, such a stack is one perceptron, which cannot compute *xor*.
#
# What prevents the collapse is an activation function that is not affine. The **ReLU**, short for rectified linear unit, is the activation function $\max(0, z)$. Put it between the same layers, and fit one linear layer to a thousand outputs by least squares. The share of the variance that the fit leaves unexplained is far above rounding errors, also for a
# leaky ReLU, whose slope is 0.9 instead of 0 below zero.


# %%
def unexplained(layers: Sequence[Layer], rng: torch.Generator) -> float:
    """Share of the variance of a network's outputs that no single linear layer explains."""
    X = with_one(data.normal(rng, 1000, layers[0].W.shape[1]))
    outputs = forward(layers, X[:, 1:])
    residuals = outputs - X @ torch.linalg.lstsq(X, outputs).solution
    return (residuals.var(0).sum() / outputs.var(0).sum()).item()


def nearly_linear(z: Tensor) -> Tensor:
    """A leaky ReLU whose slopes are 0.9 and 1."""
    return F.leaky_relu(z, 0.9)


for f, bound in (
    (identity, {"at_most": 1e-24}), (torch.relu, {"at_least": 0.05}), (nearly_linear, {"at_least": 1e-4}),
):  # fmt: skip
    net = [layer._replace(f=f) for layer in stack[:-1]] + [stack[-1]]
    check.reaches(f"unexplained with {f.__name__}", unexplained(net, rng), **bound)

# %% tags=["hide-input"]
widgets.choose(
    "A network with 5 inputs has ten hidden layers of width 100 with the activation function f(z) = 3z + 1. Which functions can it represent?",
    {
        "those of one linear layer": True,
        "those of one linear layer, without a bias": "The constant 1 of f reaches the output like a bias; (1.13) keeps it.",
        "polynomials of degree 10": "No product of two inputs appears anywhere: each layer maps affine functions to affine functions.",
        "every continuous function": "That needs an activation function that is not affine.",
    },
    because="f is affine, and compositions of affine functions are affine. The factor 3 and the 1 become part of W and b.",
)

# %% [markdown]
# ## 1.11 How well does one hidden layer approximate a curve?
#
# Many targets are numbers and not classes, and a function of one input is a curve. Let the output neuron be linear. Which curves can one hidden layer of $m$ neurons approximate?
#
# $$ \hat y(x) = c + \sum_{i=1}^{m} v_i\,\sigma(w_i x + b_i) \tag{1.14} $$
#
# A network can be constructed by hand. A difference of two thresholds is a bump: it rises at $e_1$ and falls at $e_2$. A row of adjacent bumps, each as high as the curve in its middle, approximates a continuous curve. With steep sigmoids in place of the thresholds the bumps are smooth.


# %%
def waves(x: Tensor) -> Tensor:
    """The target curve."""
    return torch.sin(3 * x) + 0.3 * torch.cos(9 * x)


def steep(z: Tensor) -> Tensor:
    """A sigmoid that rises within about a tenth."""
    return torch.sigmoid(60 * z)


def bumps(target: Callable, low: float, high: float, n: int, f: Callable) -> list[Layer]:
    """A row of n bumps, each as high as the target in its middle, from 2n hidden neurons."""
    edges = torch.linspace(low, high, n + 1, dtype=torch.float64)
    heights = target((edges[1:] + edges[:-1]) / 2)
    starts, ends = edges[:-1], edges[1:]
    hidden = Layer(torch.ones(2 * n, 1).double(), -torch.cat([starts, ends]), f)
    v = torch.cat([heights, -heights])[None]  # up at the start, down at the end
    return [hidden, Layer(v, column(0), identity)]


# %% [markdown]
# Is each output the height of the bump in which the input lies?

# %%
rng = torch.Generator().manual_seed(SEED)
x = 4 * torch.rand(200, generator=rng, dtype=torch.float64) - 2
edges = torch.linspace(-2, 2, 13, dtype=torch.float64)
middle = (edges[1:] + edges[:-1]) / 2
by_hand = waves(middle[torch.bucketize(x, edges[1:-1], right=True)])

by_network = forward(bumps(waves, -2, 2, 12, threshold), x[:, None])[:, 0]
check.close("twelve bumps", by_network, by_hand)

# %% [markdown]
# The function $\max(0, x - x_i)$ is zero up to $x_i$ and a straight line beyond it, so a weighted sum of such ReLUs is *piecewise linear*. Take points $(x_i, y_i)$ on the curve, in order of $x$, and join neighbours by straight lines. A ReLU that begins at $x_i$ leaves everything before $x_i$ as it is and
# adds its weight to the slope after it. So its weight is the *change* of slope at $x_i$:
#
# $$ \begin{gathered}
#    \hat y(x) = y_0 + \sum_{i=0}^{m-1} (s_i - s_{i-1})\,\max(0,\ x - x_i) \\
#    s_i = \frac{y_{i+1} - y_i}{x_{i+1} - x_i}, \quad s_{-1} = 0
#    \end{gathered} \tag{1.15} $$
#
# With $m + 1$ points there are $m$ pieces and $m$ ReLUs.


# %%
def through_points(xs: Tensor, ys: Tensor) -> list[Layer]:
    """ReLUs that join the points by straight lines (eq. 1.15).   xs, ys: (m + 1,)"""
    slopes = ys.diff() / xs.diff()
    changes = slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))  # s_i - s_{i-1}   (m,)
    hidden = Layer(torch.ones(len(slopes), 1, dtype=xs.dtype), -xs[:-1], torch.relu)
    return [hidden, Layer(changes[None], ys[:1], identity)]


xs = column(-2, -1.5, -0.2, 0.2, 1, 2)  # no two of the gaps are equal
ys = waves(xs)
joined = torch.tensor(np.interp(x, xs, ys))
check.close("five pieces", forward(through_points(xs, ys), x[:, None])[:, 0], joined)

hidden, last = through_points(xs, ys)
slopes = (ys.diff() / xs.diff())[None]
wrong = forward([hidden, last._replace(W=slopes)], x[:, None])[:, 0]
slips = {"Each weight is a slope; eq. 1.15 has the change of slope.": wrong}
check.catches("slopes", lambda: check.close("five pieces", wrong, joined, slips=slips))

# %% tags=["hide-input"]
line = torch.linspace(-2, 2, 801, dtype=torch.float64)[:-1]
nets = {
    "12 bumps, thresholds": bumps(waves, -2, 2, 12, threshold),
    "12 bumps, sigmoids": bumps(waves, -2, 2, 12, steep),
    "12 linear pieces, ReLU": through_points(edges, waves(edges)),
}
figures = []
for title, net in nets.items():
    fig, ax = plots.panel(title, x="$x$", size=(2.4, 2.35), ylim=(-1.5, 1.5))
    ax.plot(line, waves(line), "-", color=plots.MUTED, linewidth=1.2)
    ax.plot(line, forward(net, line[:, None])[:, 0], "-", color=plots.BLUE)
    figures.append(fig)
plots.show(*figures, alt=["A staircase of twelve flat steps follows a wavy curve, drawn in grey.", "The same steps with rounded edges.",
                          "Twelve straight pieces follow the curve more closely."])  # fmt: skip

# %% [markdown]
# How fast does the error fall with the number of neurons? On a short piece of a smooth curve a constant is wrong by about the slope times half of the width $h$ of the piece, so twice as many bumps halve the error. A straight line through both ends is wrong by at most
#
# $$ \max_x |\hat y(x) - f(x)| \le \tfrac18 h^2 \max_x |f''(x)| \tag{1.16} $$
#
# so twice as many pieces divide this bound by four. The check below finds the same factors for the errors themselves, from 512 to 1,024.


# %%
def largest_errors(n: int) -> dict[str, float]:
    """The largest error on -2..2 of n bumps and of n linear pieces."""
    x = torch.linspace(-2, 2, 100_001, dtype=torch.float64)
    ends = torch.linspace(-2, 2, n + 1, dtype=torch.float64)
    piece = ((x + 2) / 4 * n).floor().clamp(max=n - 1)  # in which x lies
    constant = waves((piece + 0.5) * 4 / n - 2)
    linear = torch.tensor(np.interp(x, ends, waves(ends)))
    errors = {"bumps": constant - waves(x), "linear pieces": linear - waves(x)}
    return {name: error.abs().max().item() for name, error in errors.items()}


# %%
COUNTS = [2**k for k in range(3, 11)]
errors = [largest_errors(n) for n in COUNTS]
largest_second_derivative = 9 + 0.3 * 81  # no second derivative of the waves is larger
gain = {name: errors[-2][name] / errors[-1][name] for name in errors[0]}
check.reaches("bumps, 512 against 1,024", gain["bumps"], at_least=1.95, at_most=2.05)
check.reaches("pieces, 512 against 1,024", gain["linear pieces"], at_least=3.9, at_most=4.1)
bound = (4 / 1024) ** 2 * largest_second_derivative / 8  # eq. 1.16
check.reaches("1,024 pieces against (1.16)", errors[-1]["linear pieces"] / bound, at_most=1)

# %% tags=["hide-input"]
fig, ax = plots.panel("largest error on [-2, 2]", x="bumps or pieces", y="largest error",
                      xscale="log", yscale="log", size=(3.9, 3.0))  # fmt: skip
for name, marker in zip(errors[0], plots.MARKERS, strict=False):
    ax.plot(COUNTS, [error[name] for error in errors], marker=marker, label=name)
ax.legend()
plots.show(
    fig,
    alt="Two falling lines on logarithmic axes: towards the right the error of bumps halves when their number doubles, that of linear pieces falls to a quarter.",
)

# %% [markdown]
# ## 1.12 What does the universal approximation theorem state?
#
# The constructions work for every continuous curve on an interval; other proofs cover any number of inputs. The **universal approximation theorem** states that for every continuous function $f$ on a closed and bounded set $C \subset \mathbb R^d$ and every $\varepsilon > 0$ some network with one hidden layer, wide enough and with a continuous activation function that is no polynomial, differs from $f$ by less than $\varepsilon$ everywhere on $C$.

# %% [markdown]
# Cybenko (1989) proved it for continuous sigmoids. Leshno and others (1993) found the exact condition for continuous activation functions: any but a polynomial. Hornik, Stinchcombe and White (1989) approximate measurable functions too, which may jump: for any probability distribution of the inputs, within $\varepsilon$ except on a set of probability below $\varepsilon$. The theorem says *approximate*; such a network equals $f$ only in special cases.

# %% [markdown]
# **Break the first condition.** Take a polynomial activation function, $z^2$. A sum of squares of $wx + b$ is a polynomial of degree at most two, whatever the width.


# %%
def best_error(m: int, f: Callable, x: Tensor, rng: torch.Generator) -> float:
    """Mean squared error of m random hidden neurons, the last layer fitted best.   x: (n,)"""
    w, b = data.normal(rng, 2, m)
    H = with_one(f(x[:, None] * w + b))  # (n, 1 + m)
    v = torch.linalg.lstsq(H, torch.sin(3 * x)[:, None], driver="gelsd").solution
    return ((H @ v)[:, 0] - torch.sin(3 * x)).square().mean().item()


# %%
rng = torch.Generator().manual_seed(SEED)
x = torch.linspace(-2, 2, 401, dtype=torch.float64)
powers = torch.stack([x**0, x, x**2], dim=1)
best = powers @ torch.linalg.lstsq(powers, torch.sin(3 * x)[:, None]).solution
of_the_best_parabola = (best[:, 0] - torch.sin(3 * x)).square().mean().item()
for m in (5, 50, 500):
    error = best_error(m, torch.square, x, rng)
    check.close(
        f"{m} squares, and the best parabola", error, of_the_best_parabola, rtol=1e-6
    )
check.reaches("500 ReLUs", best_error(500, torch.relu, x, rng), at_most=1e-4)

# %% [markdown]
# **Break the second condition.** Leave the bounded set. Beyond its last point a piecewise linear function is a straight line.

# %%
ends = torch.linspace(-2, 2, 201, dtype=torch.float64)
net = through_points(ends, waves(ends))
for name, (low, high) in {
    "inside": (-2, 2),
    "just outside": (2, 4),
    "far": (8, 10),
}.items():
    x = torch.linspace(low, high, 2001, dtype=torch.float64)
    error = (forward(net, x[:, None])[:, 0] - waves(x)).abs().max().item()
    bound = {"at_most": 0.01} if name == "inside" else {"at_least": 1.0}
    check.reaches(f"largest error {name}", error, **bound)

# %% [markdown]
# In the next figure you choose the number of ReLUs. Where is the error largest when there are few? For which of the four targets does the largest error not shrink, however many there are?

# %%
widgets.ReluFit(target="waves")

# %% [markdown]
# ## 1.13 What does the theorem not promise?
#
# *Going further.*
#
# The theorem says that weights exist. It says nothing about three other things, each of which can be measured.
#
# **First: that training finds them.** Start from ReLUs that begin at random points of the interval, and minimise the mean squared error with 2,000 steps of Adam (chapter 2; chapter 3 explains how torch computes the gradients). The control keeps the random hidden layer and fits the output layer alone, by least squares.


# %%
def random_relus(m: int, rng: torch.Generator) -> list[Tensor]:
    """Weights w, b, v and c of eq. 1.14; the ReLUs begin at random points of -2..2."""
    w = 2.0 * (torch.rand(m, generator=rng) < 0.5).double() - 1
    knots = 4 * torch.rand(m, generator=rng, dtype=torch.float64) - 2
    return [w, -w * knots, data.normal(rng, m) / m**0.5, column(0)]


def trained_error(x: Tensor, weights: list[Tensor], steps: int = 2000) -> float:
    """Mean squared error on the waves after training with Adam.   x: (n, 1)"""
    w, b, v, c = weights = [p.clone().requires_grad_() for p in weights]
    adam = torch.optim.Adam(weights, lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for _ in progress(range(steps), f"{len(w)} ReLUs"):
        loss = ((x * w + b).relu() @ v + c - waves(x[:, 0])).square().mean()  # eq. 1.14
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
    return loss.item()


# %%
def fitted_error(x: Tensor, w: Tensor, b: Tensor) -> float:
    """The same with the hidden layer as it is and the best output layer.   x: (n, 1)"""
    H, y = with_one((x * w + b).relu()), waves(x)
    return (
        (H @ torch.linalg.lstsq(H, y, driver="gelsd").solution - y).square().mean().item()
    )


# %%
rng = torch.Generator().manual_seed(SEED)
x = torch.linspace(-2, 2, 256, dtype=torch.float64)[:, None]
built, fitted, trained = {}, {}, {}
for m in (20, 80):
    ends, weights = torch.linspace(-2, 2, m + 1, dtype=torch.float64), random_relus(m, rng)
    net = through_points(ends, waves(ends))
    built[m] = (forward(net, x) - waves(x)).square().mean().item()
    fitted[m], trained[m] = fitted_error(x, *weights[:2]), trained_error(x, weights)
    print(
        f"{m:2d} ReLUs: by hand {built[m]:.6f}, fitted {fitted[m]:.6f}, trained {trained[m]:.4f}"
    )
check.reaches("80 ReLUs, trained over built", trained[80] / built[80], at_least=100)
check.reaches("80 ReLUs, trained over fitted", trained[80] / fitted[80], at_least=10)

# %% [markdown]
# With 80 ReLUs the trained network has more than a hundred times the squared error of the construction, and more than ten times that of the least-squares fit, whose hidden layer is random. So after 2,000 steps the width is not what limits it: the training is. It had not ended: in separate runs on five seeds the factor against the
# construction was 229 to 602 with 2,000 steps and 101 to 188 with 8,000. The rates .003, .03 and .1 ended higher on average than .01.

# %% [markdown]
# **Second: that "wide enough" is affordable.** A network for any Boolean function of $n$ bits has one hidden neuron for each input with the target 1. *Parity*, whether an odd number of bits is 1, has the target 1 for half of the $2^n$ inputs, which makes $2^{n-1}$ hidden neurons.
#
# Parity has a much smaller network. Let neuron $k$ compute "at least $k$ bits are 1", and add and subtract in turn: $n$ hidden neurons.


# %%
def one_for_each(ones: Tensor) -> list[Layer]:
    """A hidden neuron for each input with the target 1.   ones: (m, n) in {0, 1}"""
    hidden = Layer(
        2 * ones - 1, 0.5 - ones.sum(1), threshold
    )  # active for this input alone
    return [
        hidden,
        Layer(torch.ones(1, len(ones), dtype=ones.dtype), column(-0.5), threshold),
    ]


def parity_by_counting(n: int) -> list[Layer]:
    """n hidden neurons: "at least k bits are 1" for k = 1..n, added and subtracted in turn."""
    at_least = 0.5 - torch.arange(1, n + 1, dtype=torch.float64)
    signs = 1 - 2 * (torch.arange(n, dtype=torch.float64) % 2)
    hidden = Layer(torch.ones(n, n, dtype=torch.float64), at_least, threshold)
    return [hidden, Layer(signs[None], column(-0.5), threshold)]


for n in (2, 5, 10):
    inputs = torch.cartesian_prod(*[torch.arange(2.0, dtype=torch.float64)] * n)
    odd = inputs.sum(1) % 2
    for net in (one_for_each(inputs[odd == 1]), parity_by_counting(n)):
        name = f"parity of {n}, {len(net[0].b)} hidden neurons"
        check.close(name, forward(net, inputs)[:, 0], odd)

# %% [markdown]
# For most functions there is no such saving. On $n \ge 2$ bits there are fewer than $2^{n^2}$ different perceptrons (section 1.3 counted them up to $n = 4$), so $m$ hidden perceptrons and an output perceptron compute fewer than $2^{n^2 m + m^2}$ functions. There are $2^{2^n}$ in all, so for most of them $m$ must grow exponentially with $n$ as $n$ becomes large. A
# grid of bumps grows exponentially with the number of inputs: ten to an axis are ten on a line and $10^{64}$ over the 64 pixels of a digit.

# %% [markdown]
# **Third: that the network is right between the training points.** With 39 ReLUs, (1.15) passes through 40 noisy points exactly. Compare with the least-squares fit of fewer pieces.


# %%
def fitted_pieces(x: Tensor, y: Tensor, n: int) -> Callable[[Tensor], Tensor]:
    """The n equally long linear pieces nearest to the points.   x, y: (number of points,)"""
    knots = torch.linspace(x.min().item(), x.max().item(), n + 1, dtype=x.dtype)[:-1]
    v = torch.linalg.lstsq(with_one((x[:, None] - knots).relu()), y[:, None]).solution
    return lambda new: (with_one((new[:, None] - knots).relu()) @ v)[:, 0]


rng = torch.Generator().manual_seed(SEED)
x = (4 * torch.rand(40, generator=rng, dtype=torch.float64) - 2).sort().values
y = torch.sin(3 * x) + 0.3 * data.normal(rng, 40)
between = torch.linspace(x.min().item(), x.max().item(), 1001, dtype=torch.float64)
truth = torch.sin(3 * between)
net = through_points(x, y)
exact, smooth = forward(net, between[:, None])[:, 0], fitted_pieces(x, y, 11)(between)

# %%
error = (forward(net, x[:, None])[:, 0] - y).square().mean()
check.reaches("39 ReLUs, training points", error, at_most=1e-20)
error = (fitted_pieces(x, y, 11)(x) - y).square().mean()
check.reaches("11 ReLUs, training points", error, at_least=0.02)
of = {n: (fitted_pieces(x, y, n)(between) - truth).square().mean() for n in (3, 11)}
of[39] = (exact - truth).square().mean()
check.reaches("39 over 11 ReLUs, true curve", of[39] / of[11], at_least=1.2)
check.reaches("3 over 11 ReLUs, true curve", of[3] / of[11], at_least=2)

# %% tags=["hide-input"]
fig, ax = plots.panel("40 noisy points", x="$x$", y="$y$", size=(3.9, 3.5))
ax.plot(x, y, "o", color=plots.INK, markersize=4, label="training points")
ax.plot(between, truth, ":", color=plots.MUTED, label="true curve")
ax.plot(between, exact, "-", color=plots.ORANGE, linewidth=1.1, label="39 ReLUs")
ax.plot(between, smooth, "--", color=plots.BLUE, label="11 ReLUs")
fig.legend(ncols=2, loc="outside lower center")
plots.show(
    fig,
    alt="Forty noisy points around a sine. The 39 ReLUs pass through every one of them; eleven ReLUs stay near the sine.",
)

# %% [markdown]
# The 39 ReLUs have no error on the training points, and between them at least 1.2 times the squared error of the 11: they follow the noise. Too few ReLUs are no better; three have at least twice the error of 11. Here 11 was chosen with the true curve in view; chapter 5 chooses without it.

# %% [markdown]
# ## 1.14 What does depth add?
#
# One hidden layer can approximate any curve. How many neurons it takes is another matter. Consider the *tent map*, which lays the right half of the interval over the left half, each stretched to full length:
#
# $$ \begin{gathered}
#    T(x) = 2\max(0, x) - 4\max(0, x - \tfrac12) \\
#    0 \le x \le 1
#    \end{gathered} \tag{1.17} $$
#
# It needs two ReLUs. Composed $k$ times it is a network of $k$ hidden layers of width two. How many linear pieces does it have?


# %%
def tent(x: Tensor) -> Tensor:
    """Eq. 1.17."""
    return 2 * x.relu() - 4 * (x - 0.5).relu()


def composed_tents(k: int) -> list[Layer]:
    """The tent composed k times, as k hidden layers of two ReLUs.   X: (n, 1) -> (n, 1)"""
    b, v = column(0, -0.5), column(2, -4)[None]
    first = Layer(column(1, 1)[:, None], b, torch.relu)
    again = Layer(v.repeat(2, 1), b, torch.relu)  # both neurons get the tent before
    return [first, *[again] * (k - 1), Layer(v, column(0), identity)]


def linear_pieces(x: Tensor, y: Tensor) -> int:
    """Linear pieces of a graph whose slope changes only at points of x.   x, y: (n,)"""
    slopes = y.diff() / x.diff()
    return 1 + int((slopes[1:] != slopes[:-1]).sum())


# %% [markdown]
# The slope changes at multiples of $2^{-k}$, which binary numbers hold exactly: the pieces can be counted without a tolerance.

# %%
x = torch.linspace(0, 1, 2**12 + 1, dtype=torch.float64)
composed, counted, differences = x, [], []
for k in range(1, 11):
    composed = tent(composed)
    y = forward(composed_tents(k), x[:, None])[:, 0]
    counted.append(linear_pieces(x, y))
    differences.append((y - composed).abs().max().item())
check.close("layers against the tent composed", differences, [0.0] * 10)
check.close("linear pieces, k = 1 to 10", counted, [2**k for k in range(1, 11)])

knots = torch.linspace(0, 1, 2**10 + 1, dtype=torch.float64)
wide = through_points(knots, composed[::4])
check.close("one hidden layer of 1,024", forward(wide, x[:, None])[:, 0], composed)

# %% tags=["hide-input"]
figures = []
for k in (1, 3, 5):
    fig, ax = plots.panel(
        f"{2 * k} ReLUs: {2**k} pieces", x="$x$", size=(2.4, 2.2), ylim=(-0.05, 1.1)
    )
    y = forward(composed_tents(k), x[:, None])[:, 0]
    ax.plot(x, y, "-", color=plots.BLUE, linewidth=1.4)
    figures.append(fig)
plots.show(
    *figures,
    alt=["One tent.", "Four tents side by side.", "Sixteen narrow tents, from ten ReLUs."],
)

# %% [markdown]
# Twenty ReLUs in ten hidden layers make 1,024 pieces. In one hidden layer each ReLU changes the slope at one point, so $m$ of them make at most $m + 1$ pieces: for 1,024 pieces at least 1,023 ReLUs are needed, and (1.15) takes 1,024. For this function the number of neurons is linear in $k$ with depth and exponential in $k$ without. (Telgarsky, 2016: much
# shallower networks of less than exponential width do not even approximate it.) Whether depth helps on a given data set is another question, which has to be measured there.

# %% [markdown]
# ## 1.15 Does training find the deep network?
#
# *Going further.*
#
# Four hidden layers of width two represent the tent composed four times exactly. Train networks of this shape from a hundred random starts, with torch's usual initial weights, and look at them before the first step.

# %% [markdown]
# A **dead unit** is a unit with a ReLU whose pre-activation is not positive for any training example. Its activation is 0, and so is the derivative of its ReLU: no gradient reaches its weights. When all units of a layer are dead, the output is the same for every training example.

# %%
POINTS = torch.linspace(0, 1, 129, dtype=torch.float64)[:, None]
ZIGZAG = forward(composed_tents(4), POINTS)


def random_starts(n: int, width: int, he: bool = False) -> list[Tensor]:
    """Weights and biases of n networks with four hidden layers, in turn.   (n, n_out, n_in), (n, n_out)"""
    parts = []
    for n_in, n_out in pairwise((1, *[width] * 4, 1)):
        W, b = (
            2 * torch.rand(n, n_out, n_in).double() - 1,
            2 * torch.rand(n, n_out).double() - 1,
        )
        if he:  # normal weights of variance 2 / n_in, zero biases: chapter 4
            W, b = (
                torch.randn(n, n_out, n_in).double() * 2**0.5,
                torch.zeros(n, n_out).double(),
            )
        parts += [W / n_in**0.5, b / n_in**0.5]
    return parts


# %%
def all_activations(parts: list[Tensor], x: Tensor) -> list[Tensor]:
    """The activations of each layer of n networks at once.   x: (points, 1) -> (n, points, width)"""
    a = [x.expand(len(parts[0]), -1, -1)]
    for i, (W, b) in enumerate(zip(parts[::2], parts[1::2], strict=True)):
        z = a[-1] @ W.transpose(1, 2) + b[:, None]
        a.append(z if i == 4 else z.relu())
    return a[1:]


# %%
torch.manual_seed(SEED)
parts = [p.requires_grad_() for p in random_starts(100, width=2)]
*hidden, output = all_activations(parts, POINTS)
dead = torch.stack([(a == 0).all(1) for a in hidden])  # (4, 100, 2)
lost = dead.all(2).any(0)  # some hidden layer is wholly dead
check.close("their output is constant", output[lost].std(1).max().item(), 0.0, atol=1e-12)
gradient = torch.autograd.grad((output - ZIGZAG).square().mean(), parts[0])[0]
check.close("the gradient of their first layer", gradient[lost].abs().max().item(), 0.0)
check.reaches("dead units", dead.double().mean(), at_least=0.3, at_most=0.6)
check.reaches("networks with a wholly dead layer, of 100", int(lost.sum()), at_least=51)

# %% [markdown]
# More than half of these networks have a constant output before training begins, and no gradient reaches their first layer. When a loss does not fall, count the dead units, layer by layer.
#
# Are dead units the only obstacle? Start other networks near the solution: its exact weights plus normal noise. And train wider ones, of width eight, from initial weights that suit ReLUs. All are trained with Adam at the rate .003 for 1,000 steps; the loss is given as a share of the variance of the target.


# %%
def shares_left(parts: list[Tensor], steps: int = 1000) -> Tensor:
    """The loss of each of n networks after training, over the variance of the target.   -> (n,)"""
    parts = [p.detach().clone().requires_grad_() for p in parts]
    adam = torch.optim.Adam(parts, lr=0.003)
    for _ in progress(range(steps), f"{len(parts[0])} networks"):
        losses = (all_activations(parts, POINTS)[-1] - ZIGZAG).square().mean((1, 2))
        adam.zero_grad()
        losses.sum().backward()  # each network has parameters of its own
        adam.step()
    return losses.detach() / ZIGZAG.var(unbiased=False)


def near_the_solution(n: int, noise: float) -> list[Tensor]:
    """The exact weights of n networks plus normal noise."""
    exact = [p for layer in composed_tents(4) for p in (layer.W, layer.b)]
    return [p + noise * torch.randn(n, *p.shape).double() for p in exact]


# %%
torch.manual_seed(SEED)
groups = [random_starts(20, 2), near_the_solution(10, 0.01), near_the_solution(10, 0.1)]
narrow = shares_left([torch.cat(parts) for parts in zip(*groups, strict=True)])
wide = shares_left(random_starts(10, width=8, he=True))
check.reaches("width 2: lowest of 20", narrow[:20].min(), at_least=0.9)
check.reaches(
    "near the solution, noise .01: highest of 10", narrow[20:30].max(), at_most=0.05
)
check.reaches("noise .1: lowest of 10", narrow[30:].min(), at_least=0.15)
check.reaches("width 8: lowest of 10", wide.min(), at_least=0.6)
check.reaches("width 8: median of 10", wide.median(), at_least=0.8)

# %% tags=["hide-input"]
fig, ax = plots.panel("training the tent composed four times", x="share of the variance left", size=(5.2, 2.5), xlim=(-0.05, 1.05))  # fmt: skip
rows = {
    "width 2, random": narrow[:20],
    "solution + noise .01": narrow[20:30],
    "solution + noise .1": narrow[30:],
    "width 8, random": wide,
}
for i, (values, marker) in enumerate(zip(rows.values(), plots.MARKERS, strict=False)):
    ax.plot(values, [-i] * len(values), marker, color=plots.SERIES[i], alpha=0.6)
ax.set(yticks=[-i for i in range(4)], yticklabels=list(rows), ylim=(-3.6, 0.6))
plots.show(
    fig,
    alt="Four rows of dots. Random starts of width two end near 1, starts with noise .01 near 0, those with noise .1 between, and those of width eight between 0.7 and 1.",
)

# %% [markdown]
# > **Honest result.** Starts close to the solution reach it; at ten times the distance none does, and random ones of width two leave nine tenths of the variance or more.

# %% [markdown]
# Dead layers are not the only cause. In a separate run 25 of 60 two-wide starts had no wholly dead layer, and the best of these left .95; a leaky ReLU with the slope .1 below zero, whose derivative is nowhere zero, left .86 or more in 40 of 40 starts.
#
# With more steps and more width less is left. At width 8 the median fell from .94 after 1,500 steps to .84 and .81 after 6,000 (two draws of 20 starts), and width 32 ended between .26 and .80 after 3,000 (two draws of 10).

# %% [markdown]
# ## 1.16 What does a network cost?
#
# *Going further.*
#
# The **parameters** of a network are its weights and biases. A layer with $S_\text{in}$ inputs and $S_\text{out}$ outputs has a weight for every pair and a bias for every output:
#
# $$ \text{parameters} = S_\text{in}\, S_\text{out} + S_\text{out} \tag{1.18} $$
#
# A **FLOP** is one floating-point operation, such as an addition or a multiplication. A **multiply-accumulate**, MAC, is one multiplication and the addition of its result to a running total: two FLOPs.

# %% [markdown]
# For one example each weight is used in one multiplication. Each output takes $S_\text{in}$ products, $S_\text{in} - 1$ additions to sum them, and one for the bias:
#
# $$ \begin{gathered}
#    \text{MACs} = S_\text{in}\, S_\text{out} \\
#    \text{FLOPs} = 2\, S_\text{in}\, S_\text{out}
#    \end{gathered} \tag{1.19} $$
#
# FLOPs with a small s are an amount of work. FLOPS with a capital S are operations *per second*, the throughput of a machine.


# %%
def count_parameters(sizes: Sequence[int]) -> int:
    """Weights and biases of an MLP with these layer sizes (eq. 1.18)."""
    return sum(n_in * n_out + n_out for n_in, n_out in pairwise(sizes))


def count_macs(sizes: Sequence[int]) -> int:
    """Multiply-accumulates of an MLP for one example (eq. 1.19)."""
    return sum(n_in * n_out for n_in, n_out in pairwise(sizes))


# %% [markdown]
# How can such formulas be tested? torch keeps a list of the parameters. The operations can be counted where they happen, with numbers that count: each multiplication and each addition of a `Counted` is recorded.


# %%
OPERATIONS = []


class Counted(float):
    """A number that records each multiplication and addition in OPERATIONS."""

    def __mul__(self, other: float) -> "Counted":
        OPERATIONS.append("multiplication")
        return Counted(float(self) * other)

    def __add__(self, other: float) -> "Counted":
        OPERATIONS.append("addition")
        return Counted(float(self) + other)


# %%
def by_numbers(layers: Sequence[nn.Linear], x: list[float]) -> list[float]:
    """Linear layers with a ReLU between them, one number at a time."""
    for i, layer in enumerate(layers):
        z = []
        for row, b in zip(layer.weight.tolist(), layer.bias.tolist(), strict=True):
            total = Counted(row[0]) * x[0]
            for w_j, x_j in zip(row[1:], x[1:], strict=True):
                total = total + Counted(w_j) * x_j
            z.append(total + b)
        x = z if i == len(layers) - 1 else [max(z_j, Counted(0.0)) for z_j in z]
    return x


# %%
SIZES = (64, 64, 32, 10)  # a network for the digits, as in chapter 3
layers = [nn.Linear(n, m) for n, m in pairwise(SIZES)]
net = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2]).double()
x = data.normal(torch.Generator().manual_seed(SEED), 1, 64)
OPERATIONS.clear()
output = by_numbers(layers, x[0].tolist())
counts = [OPERATIONS.count(kind) for kind in ("multiplication", "addition")]
check.close(
    "the same outputs", torch.tensor([output], dtype=torch.float64), net(x).detach()
)
check.close("multiplications, additions", counts, [count_macs(SIZES)] * 2)
check.close("parameters", count_parameters(SIZES), sum(p.numel() for p in net.parameters()))
in_the_cat = sum(layer.W.numel() + layer.b.numel() for layer in CAT_NET)
check.close("parameters of the cat", count_parameters((2, 25, 6, 1)), in_the_cat)
print(f"{count_parameters(SIZES):,} parameters, {count_macs(SIZES):,} MACs for one digit")

# %% [markdown]
# For a large network counting one by one is too slow. A *hook* is a function that torch calls whenever a layer runs, with its inputs and its output. The one below evaluates (1.19) for the layers that really ran, and for the whole batch.


# %%
def macs_seen(net: nn.Module, batch: Tensor) -> int:
    """Multiply-accumulates of the linear layers that run on a batch."""
    seen = []

    def note(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen.append(output.numel() * layer.in_features)  # each output sums over all inputs

    linear = [m for m in net.modules() if isinstance(m, nn.Linear)]
    hooks = [layer.register_forward_hook(note) for layer in linear]
    net(batch)
    for hook in hooks:
        hook.remove()  # otherwise it would go on counting
    return sum(seen)


batch = torch.zeros(7, 64, dtype=torch.float64)
check.close("MACs for a batch of 7", macs_seen(net, batch), 7 * count_macs(SIZES))

# %% [markdown]
# **Break it.** Without the biases the count is wrong by the number of neurons, here 106 of 6,570, which is less than two per cent. On a layer without biases a check would not notice.

# %%
without = sum(n * m for n, m in pairwise(SIZES))
slips = {"The biases are missing: eq. 1.18 has one for each output.": without}
check.catches("no biases", lambda: check.close("parameters", without, 6570, slips=slips))
no_bias = sum(p.numel() for p in nn.Linear(3, 5, bias=False).parameters())
check.close("a layer without biases", count_macs((3, 5)), no_bias)

# %% [markdown]
# The networks of section 1.14 can now be compared. The tent composed $k$ times takes $6k + 1$ parameters in $k$ hidden layers; one hidden layer of $2^k$ ReLUs takes three for each of them, and one.

# %%
for k in (2, 5, 10):
    deep, shallow = count_parameters((1, *[2] * k, 1)), count_parameters((1, 2**k, 1))
    check.close(
        f"deep and shallow, {2**k} pieces", (deep, shallow), (6 * k + 1, 3 * 2**k + 1)
    )

# %% [markdown]
# For 1,024 pieces these are 61 parameters against 3,073.

# %% [markdown]
# ## 1.17 Your turn
#
# The [exercises of this chapter](../assignments/01_neurons/01_neurons.ipynb) are of five kinds; the numbers in brackets are the sections to read first. Each has a check; what you predict is judged after you hand it in.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | a McCulloch-Pitts neuron (1.1) | Write | ● | 10 |
# | one correction (1.4) | Find the bug | ●● | 15 |
# | *xor* from four nands (1.8) | Write | ●● | 10 |
# | linearly separable functions (1.3) | Predict | ●● | 10 |
# | one epoch by hand (1.4) | Predict | ●● | 10 |
# | a stack of linear layers (1.10) | Find the bug | ●● | 15 |
# | ReLUs that end at the points (1.11) | Derive | ●●● | 25 |
# | a star from perceptrons (1.9) | Go beyond | ●●● | 25 |
#
# And one to think about, without a check.
#
# <details><summary>Suppose that one neuron can tell zeros from sevens by their pixels. Any picture may now also appear as its negative, white ink on black paper. Can one neuron still do it?</summary>
#
# No. For a picture $\mathbf x$ with pixels between 0 and 1 the negative is $1 - \mathbf x$, and the mean of the two is grey everywhere. A neuron that is active for a zero and for its negative is active, by the argument of section 1.3, for the grey picture between them; one that is inactive for a seven and
# for its negative is inactive for the same grey picture.
#
# </details>

# %% [markdown]
# ## 1.18 In five lines
#
# 1. A neuron adds weighted inputs and a bias and applies an activation function; with a threshold its decision boundary is a hyperplane, so one neuron classifies exactly what is linearly separable.
# 2. The error-correction rule adds or subtracts the misclassified examples and converges whenever the classes are linearly separable; for *xor* they are not.
# 3. Networks of neurons compute *xor* and every other Boolean function; linear layers alone collapse into one, so the activation function between them must not be affine.
# 4. One hidden layer, wide enough, approximates any continuous function on a closed and bounded set; training need not find it, its width need not be affordable, and it need not be right between the training points.
# 5. For some functions a deep network needs exponentially fewer neurons than one with one hidden layer; two short formulas count parameters and multiply-accumulates.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, sections 1.1 to 1.2.1, and Politecnico di Milano, "Perceptron" to "Universal approximation theorem"). In these places it differs
# from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 1.1, Milano "Perceptron" * | activations 0 and 1 with $\ge 0$; activations $\pm 1$ with $> 0$ | both are in use, related by $t = 2y - 1$; they differ on the decision boundary (the two notes disagree; neither is wrong) | Rosenblatt (1958) | section 1.1 |
# | Milano "Hebbian learning" | the gated rule with a target is Hebb's, and a quotation of him mentions the target | Hebb's rule has neither condition nor target; the error-correction rule is Rosenblatt's, and in this form it needs targets of $\pm 1$ | Hebb (1949); Rosenblatt (1962) | sections 1.4 and 1.5 |
# | Bologna 1.2 * | shallow networks approximate any continuous $f : \mathbb R \to [0, 1]$ | on closed and bounded sets of $\mathbb R^d$, with real values, for an activation function that is no polynomial, with as many neurons as it takes | Cybenko (1989); Leshno et al. (1993) | section 1.12 |
# | Milano "Universal approximation" * | Hornik 1991, S-shaped, any measurable function; networks "can represent any function" | measurable functions and squashing activation functions are Hornik, Stinchcombe and White (1989), in measure; approximate, not represent | Hornik et al. (1989); Hornik (1991) | section 1.12 |
# | Bologna 1.2.1 * | the number of FLOPS is of order $S_\text{in} S_\text{out}$ | the order is right; the product counts multiply-accumulates, FLOPs are twice that, and FLOPS is a throughput | eq. (1.19) | section 1.16 |
#
# Milano's remark that a minimum is found by setting derivatives to zero, which stands in its section on the theorem, is taken up in chapter 2.

# %% [markdown]
# ## Further reading
#
# - W. S. McCulloch and W. Pitts (1943), [*A logical calculus of the ideas immanent in nervous activity*](https://doi.org/10.1007/BF02478259), Bulletin of Mathematical Biophysics 5: neurons as logic.
# - D. O. Hebb (1949), *The Organization of Behavior*, Wiley: the rule (1.7), in words.
# - F. Rosenblatt (1958), [*The perceptron: a probabilistic model for information storage and organization in the brain*](https://doi.org/10.1037/h0042519), Psychological Review 65; F. Rosenblatt (1962),
#   *Principles of Neurodynamics*, Spartan Books: the machine, and the error-correction procedure.
# - A. B. J. Novikoff (1962), *On convergence proofs on perceptrons*, Symposium on the Mathematical Theory of Automata: the bound (1.10).
# - M. Minsky and S. Papert (1969), *Perceptrons*, MIT Press: what one layer cannot compute, far beyond *xor*.
# - G. Cybenko (1989), [*Approximation by superpositions of a sigmoidal function*](https://doi.org/10.1007/BF02551274), Mathematics of Control, Signals and Systems 2; K. Hornik, M. Stinchcombe and
#   H. White (1989), [*Multilayer feedforward networks are universal approximators*](https://doi.org/10.1016/0893-6080%2889%2990020-8), Neural Networks 2; K. Hornik (1991), [*Approximation capabilities of multilayer
#   feedforward networks*](https://doi.org/10.1016/0893-6080%2891%2990009-T), Neural Networks 4; M. Leshno, V. Y. Lin, A. Pinkus and S. Schocken (1993), [*Multilayer feedforward networks with a nonpolynomial
#   activation function can approximate any function*](https://doi.org/10.1016/S0893-6080%2805%2980131-5), Neural Networks 6: the theorem, step by step.
# - M. Telgarsky (2016), [*Benefits of depth in neural networks*](https://arxiv.org/abs/1602.04485), COLT: the tents of section 1.14.

# %% [markdown] tags=["neighbours"]
# Next: [2 Gradient descent and optimisers](02_optimization.ipynb).
