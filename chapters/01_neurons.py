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
# A neuron can do one thing. It adds up what it hears, each voice with a weight of its own, and says *yes* when the sum is large enough. Give it two
# numbers, the coordinates of a point, and all that it can ever do is to draw one straight line across the plane and say yes on one side of it.
#
# That sounds like next to nothing. Yet the third picture below was drawn by 32 neurons in three layers, and by nothing else: each of them
# draws one straight cut through what the layer before it says. None of them knows what an ear is.
#
# How far does this go? In this chapter you find out exactly: which questions one neuron can answer, how it learns from its mistakes, why layers
# need something that bends between them, and what the famous theorem about networks that approximate everything promises, and what it does not.

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


def cuts(corners: Sequence[tuple[float, float]]) -> tuple[Tensor, Tensor]:
    """The neurons that are positive inside each side of a convex shape.   -> W: (k, 2), b: (k,)"""
    p = torch.tensor(corners, dtype=torch.float64)
    side = p.roll(-1, 0) - p
    W = torch.stack([-side[:, 1], side[:, 0]], dim=1)  # inside is to the left of each side
    return W, -(W * p).sum(1)


AXIS = torch.linspace(-1.2, 1.2, 481, dtype=torch.float64)
PLANE = torch.cartesian_prod(AXIS, AXIS)


# %% tags=["hide-input"]
def on_the_plane(title: str, *regions: Tensor) -> plots.Figure:
    """A picture of where the answers are yes.   regions: (481 * 481,) each"""
    fig, ax = plots.panel(title, size=(2.4, 2.55))
    plots.bare(ax).spines[:].set(visible=True, color=plots.GRID)
    for i, yes in enumerate(regions):
        square = yes.double().reshape(481, 481).T
        ax.contourf(
            AXIS,
            AXIS,
            square,
            [0.5, 2],
            colors=[plots.SERIES[i % 4]],
            alpha=0.6 if len(regions) > 1 else 1,
        )
    ax.set(aspect="equal", xlim=(-1.2, 1.2), ylim=(-1.2, 1.2))
    return fig


# %% tags=["hide-input"]
def show_what_neurons_draw() -> None:
    """One cut, three cuts and the neuron that listens to them, and the cat."""
    inside = {
        name: ((PLANE @ W.T + b) >= 0).all(1)
        for name, (W, b) in zip(CAT, map(cuts, CAT.values()), strict=True)
    }
    face = inside["head"] | inside["left ear"] | inside["right ear"]
    cat = face & ~(inside["left eye"] | inside["right eye"] | inside["nose"])
    W, b = cuts(CAT["left ear"])
    plots.show(
        on_the_plane("one neuron", PLANE @ W[1] + b[1] >= 0), on_the_plane("four neurons", inside["left ear"]),
        on_the_plane("thirty-two neurons", cat), alt=["One neuron says yes on one side of a straight line.",
        "Three such cuts and a fourth neuron that wants all three of them: a triangle.",
        "Thirty-two neurons draw the face of a cat, with two ears, two eyes and a nose."])  # fmt: skip


show_what_neurons_draw()

# %% [markdown]
# ## 1.1 What can one neuron decide?
#
# You are choosing whether to go to the beach. The sun speaks for it, wind against it, and you are a little lazy: you need a good reason. Weigh
# each voice, add them up with your own reluctance, and go if the sum is not negative. That is a *perceptron*, and the reluctance is its *bias*:
#
# $$ \hat y = \begin{cases} 1 & \mathbf w \cdot \mathbf x + b \ge 0 \\ 0 & \text{otherwise} \end{cases} \tag{1.1} $$
#
# | symbol | name | shape | meaning |
# |---|---|---|---|
# | $\mathbf x$ | `x`, a row of `X` | $(d)$, $(n, d)$ | what the neuron hears: one example, $n$ examples |
# | $\mathbf w$ | `w` | $(d)$ | how much it cares for each voice |
# | $b$ | `b` | a number | how willing it is before anyone has spoken |
# | $z = \mathbf w \cdot \mathbf x + b$ | `z` | $(n)$ | the sum |
# | $\hat y$ | `y_hat` | $(n)$ | what it answers |
#
# Half of the literature writes it like this. The other half lets the neuron answer $+1$ or $-1$, and lets a sum of exactly zero mean *no*:
#
# $$ \hat t = \begin{cases} +1 & \mathbf w \cdot \mathbf x + b > 0 \\ -1 & \text{otherwise} \end{cases} \tag{1.2} $$
#
# Both are fine. In this course (1.1) is the rule unless we say otherwise; (1.2) makes learning simpler, and section 1.3 shows why.


# %%
def perceptron(X: Tensor, w: Tensor, b: float) -> Tensor:
    """Answers 1 or 0 (eq. 1.1).   X: (n, d), w: (d,) -> (n,)"""
    return (X @ w + b >= 0).to(X.dtype)


def perceptron_signs(X: Tensor, w: Tensor, b: float) -> Tensor:
    """Answers +1 or -1 (eq. 1.2).   X: (n, d), w: (d,) -> (n,)"""
    return torch.where(X @ w + b > 0, 1.0, -1.0).to(X.dtype)


# %% [markdown]
# To go from one to the other, stretch and shift, in either direction:
#
# $$ t = 2y - 1, \qquad y = \tfrac12\,(t + 1) \tag{1.3} $$
#
# Check both against the slowest thing that can be written, a loop over examples and voices, on seven examples of three voices.


# %%
def to_signs(y: Tensor) -> Tensor:
    """From {0, 1} to {-1, +1} (eq. 1.3)."""
    return 2 * y - 1


def to_bits(t: Tensor) -> Tensor:
    """From {-1, +1} to {0, 1} (eq. 1.3)."""
    return (t + 1) / 2


def by_loop(X: Tensor, w: Tensor, b: float) -> list[float]:
    """Eq. 1.1, one product at a time."""
    sums = [b + sum(float(w[j] * x[j]) for j in range(len(w))) for x in X]
    return [1.0 if z >= 0 else 0.0 for z in sums]


rng = torch.Generator().manual_seed(SEED)
X, w = data.normal(rng, 7, 3), data.normal(rng, 3)
expected = torch.tensor(by_loop(X, w, -0.3), dtype=torch.float64)
check.close("answers 0 and 1", perceptron(X, w, -0.3), expected)
check.close("answers -1 and +1", perceptron_signs(X, w, -0.3), to_signs(expected))
check.close("and back", to_bits(perceptron_signs(X, w, -0.3)), expected)

# %% [markdown]
# **Break it.** So the two conventions are the same thing, up to (1.3)? Nearly. Try the same weights on an *or*: yes when at least one of two switches is on.
# With $\mathbf w = (1, 1)$ and $b = -1$ a single switch gives a sum of exactly zero. That point lies *on* the line, and there the conventions disagree.

# %%
SWITCHES = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)
at_least_one = torch.tensor([0, 1, 1, 1], dtype=torch.float64)
w = torch.tensor([1, 1], dtype=torch.float64)

check.close("or, with 0 and 1", perceptron(SWITCHES, w, -1), at_least_one)
check.catches(
    "a sum of exactly zero",
    lambda: check.close("or", to_bits(perceptron_signs(SWITCHES, w, -1)), at_least_one),
)

# %% [markdown]
# Random numbers never meet the line, and the check above passed; whole numbers meet it all the time. When two programs agree on random inputs and
# disagree on a truth table, look there first. (With $b = -\frac12$ nothing lies on the line and both conventions agree.)
#
# The bias can also be seen as one more weight, for a voice that always says 1. Then the neuron is a single product, and every rule for
# weights is a rule for the bias too:
#
# $$ \begin{gathered}
#    \mathbf w \cdot \mathbf x + b = \tilde{\mathbf w} \cdot \tilde{\mathbf x} \\
#    \tilde{\mathbf w} = (b, w_1, \dots, w_d) \\
#    \tilde{\mathbf x} = (1, x_1, \dots, x_d)
#    \end{gathered} \tag{1.4} $$


# %%
def with_one(X: Tensor) -> Tensor:
    """Put the voice that always says 1 in front (eq. 1.4).   X: (n, d) -> (n, 1 + d)"""
    return torch.cat([torch.ones(len(X), 1, dtype=X.dtype), X], dim=1)


rng = torch.Generator().manual_seed(SEED)
X, w = data.normal(rng, 7, 3), data.normal(rng, 3)
b = torch.tensor([-0.3], dtype=torch.float64)
check.close("bias as a weight", with_one(X) @ torch.cat([b, w]), X @ w + b)

# %% [markdown]
# Where does the answer change? Where $\mathbf w \cdot \mathbf x + b = 0$: in the plane that is a line, in space a plane, in general a *hyperplane*. The
# weights stand at right angles to it and point to the side that says yes, and the sum itself measures how far away you are:
#
# $$ \operatorname{distance}(\mathbf x) = \frac{\mathbf w \cdot \mathbf x + b}{\lVert \mathbf w \rVert} \tag{1.5} $$
#
# It is positive on the side of yes. Walk that far straight against $\mathbf w$ and you should stand on the line, whatever the number of dimensions. Doubling
# $\mathbf w$ and $b$ together moves nothing; turning both signs round swaps yes and no everywhere off the line.


# %%
def distance(X: Tensor, w: Tensor, b: float) -> Tensor:
    """How far each point lies on the side of yes (eq. 1.5).   X: (n, d), w: (d,) -> (n,)"""
    return (X @ w + b) / w.norm()


feet = X - distance(X, w, -0.3)[:, None] * (w / w.norm())  # walk back to the hyperplane
check.close("the sum where you arrive", feet @ w - 0.3, torch.zeros(7, dtype=torch.float64))
check.close("twice the weights", perceptron(X, 2 * w, -0.6), perceptron(X, w, -0.3))
check.close("signs turned", perceptron(X, -w, 0.3), 1 - perceptron(X, w, -0.3))

# %% [markdown]
# Now take the line into your own hands. The four points are the settings of two switches; the round ones want a yes, the square ones a no. Start with *and*, then *nand*
# (not both) and *or*. Then try *xor*, exactly one of the two, and do not give up too soon.

# %%
widgets.PerceptronLine(table="and")

# %% [markdown]
# ## 1.2 Which questions can one neuron not answer?
#
# You could not do *xor*, and perhaps you suspect your own hands. Two switches have four settings, and each setting wants a yes or a no, so
# there are just sixteen questions that can be asked of two switches. Let the computer try 15,625 neurons on each of them.

# %%
YES_NO = torch.tensor([0, 1], dtype=torch.float64)
QUESTIONS = torch.cartesian_prod(*[YES_NO] * 4)  # (16, 4): answers at 00, 01, 10, 11

grid = torch.linspace(-3, 3, 25, dtype=torch.float64)
neurons = torch.cartesian_prod(grid, grid, grid)  # (15625, 3): b, w1, w2
answers = (neurons @ with_one(SWITCHES).T >= 0).double()  # (15625, 4)
right = (answers[:, None] == QUESTIONS).double().mean(2)  # (15625, 16)
best, which = right.max(dim=0)

check.close("questions answered without a fault", int((best == 1).sum()), 14)
for name, table in {"xor": [0, 1, 1, 0], "the same (not xor)": [1, 0, 0, 1]}.items():
    row = (torch.tensor(table) == QUESTIONS).all(1).nonzero().item()
    check.close(f"{name}: best share of right answers", best[row].item(), 0.75)


# %% tags=["hide-input"]
def draw_question(tile: plots.Axes, k: int) -> None:
    """Question k: filled and hollow corners, and the half-plane that answers it or a question mark."""
    tile.set(xlim=(-0.45, 1.45), ylim=(-0.45, 1.45), aspect="equal")
    tile.spines[:].set(visible=True, color=plots.MUTED)
    xs, ys = np.meshgrid(*[np.linspace(-0.45, 1.45, 120)] * 2)
    if best[k] == 1:
        b0, w1, w2 = neurons[right[:, k] == 1].mean(0).tolist()  # a typical one
        yes = (b0 + w1 * xs + w2 * ys >= 0).astype(float)
        tile.contourf(xs, ys, yes, [0.5, 2], colors=[plots.BLUE], alpha=0.3)
    else:
        tile.text(0.5, 0.5, "?", ha="center", va="center", fontsize=20, color=plots.ORANGE)
    for point, yes in zip(SWITCHES.tolist(), QUESTIONS[k], strict=True):
        fill = plots.INK if yes else "none"
        tile.plot(*point, "o", markersize=6, markeredgecolor=plots.INK, color=fill)


# %% tags=["hide-input"]
figures = []
for first in (0, 8):
    title = f"questions {first + 1} to {first + 8} of sixteen"
    fig, tiles = plots.tiles(title, 8, columns=4, size=(3.7, 2.2))
    for k, tile in enumerate(tiles):
        draw_question(tile, first + k)
    figures.append(fig)
plots.show(*figures, alt=[
    "Eight small squares, one for each way to answer yes (filled) or no (hollow) at four corners. A half-plane solves seven of them; the one with yes at two opposite corners carries a question mark.",
    "The other eight, which are the opposite answers: again a half-plane solves seven, and opposite corners carry a question mark."])  # fmt: skip

# %% [markdown]
# Fourteen fall at once; *xor* and its opposite never get past three of four. But a search is no proof: the right neuron might hide between two points of
# the grid. So suppose that a neuron did answer *xor*, and write down what its four answers say about its weights:
#
# $$ \begin{gathered}
#    \underbrace{b < 0}_{00 \to 0}, \qquad \underbrace{w_2 + b \ge 0}_{01 \to 1} \\
#    \underbrace{w_1 + b \ge 0}_{10 \to 1}, \qquad \underbrace{w_1 + w_2 + b < 0}_{11 \to 0}
#    \end{gathered} \tag{1.6} $$
#
# Add the second and the third: $w_1 + w_2 + 2b \ge 0$. Add the first and the last: $w_1 + w_2 + 2b < 0$. Both cannot be. No neuron answers *xor*, however patiently
# you look.
#
# You can also see it. A neuron says yes on one side of a line, and with two points it says yes to everything between them. The
# two points that want yes and the two that want no are the diagonals of a square, and the diagonals cross: the middle would have to be both.
#
# Two switches are a small world, and fourteen of sixteen looks like a good score. How does it go on? With $n$ switches there are $2^n$ settings and
# $2^{2^n}$ questions. Collect the different answers that neurons can give.


# %%
def questions_answered(n: int, largest: int) -> int:
    """How many truth tables of n switches the neurons with whole weights up to `largest` give."""
    switches = torch.cartesian_prod(*[torch.arange(2.0)] * n).reshape(-1, n)
    whole = torch.arange(-largest, largest + 1.0)
    weights = torch.cartesian_prod(*[whole] * n).reshape(-1, n)
    sums = weights @ switches.T  # (neurons, settings)
    biases = torch.arange(-n * largest, n * largest + 2) - 0.5  # between the whole numbers
    places = 2 ** torch.arange(2**n)  # read the answers as the digits of one number
    return torch.unique(((sums[:, None] + biases[:, None] >= 0) * places).sum(2)).numel()


for n, largest, known in ((2, 1, 14), (3, 2, 104), (4, 3, 1882)):
    found = questions_answered(n, largest)
    check.close(f"{n} switches", found, known)
    print(f"  {found:,} of {2**2**n:,} questions, {found / 2**2**n:.1%}")

# %% [markdown]
# The known numbers of such *threshold functions* are 14, 104 and 1,882, so the small weights missed none. One neuron answers 88 % of the questions about two
# switches, 41 % with three, and 3 % with four. The rest is why there are networks. But first: so far *we* chose the weights. Who chooses them
# when there are a thousand?
#
# ## 1.3 Can a neuron learn from its mistakes?
#
# In 1949 the psychologist Donald Hebb guessed how a synapse might learn: when one cell repeatedly takes part in firing another, the connection from the first to the second
# grows stronger. As a formula, with $x_i$ for what arrives through connection $i$ and $a$ for what the cell itself does:
#
# $$ w_i \leftarrow w_i + \eta\, x_i\, a \tag{1.7} $$
#
# $\eta$, the *learning rate*, says how fast. Take a dog that salivates at food (weight 1) and does not care about a bell (weight 0), with a bias of $-\frac12$. Ring the bell
# with each meal, six times. Then ring it without any meal.


# %%
def hebb(w: Tensor, x: Tensor, a: float, eta: float) -> Tensor:
    """What fires together is wired together (eq. 1.7).   w, x: (d,) -> (d,)"""
    return w + eta * x * a


food_and_bell, bell = torch.tensor([[1.0, 1.0], [0.0, 1.0]], dtype=torch.float64)
dog = torch.tensor([1.0, 0.0], dtype=torch.float64)
check.close("the bell alone, at first", perceptron(bell[None], dog, -0.5).item(), 0.0)
for _ in range(6):
    said = perceptron(food_and_bell[None], dog, -0.5).item()
    dog = hebb(dog, food_and_bell, said, eta=0.1)
said = perceptron(bell[None], dog, -0.5).item()
check.close("the bell alone, after six meals", said, 1.0)

for _ in range(20):  # the bell, and never any food again
    dog = hebb(dog, bell, perceptron(bell[None], dog, -0.5).item(), eta=0.1)
check.close("what the bell is worth now", dog[1].item(), 2.6)

# %% [markdown]
# It is a lovely rule, and you see what it lacks. Nobody tells the neuron what it *should* have done: there is no target in (1.7). So a habit that has formed
# can only grow; twenty empty rings made the bell stronger, not weaker.
#
# To learn from mistakes you need a teacher. Put the right answer $t$ in the place of the neuron's own, and change something only when
# the neuron is wrong. Examples come one at a time (*online*), and with (1.4) the bias learns like any other weight:
#
# $$ \tilde{\mathbf w} \leftarrow \tilde{\mathbf w} + \eta\, t\, \tilde{\mathbf x} \quad \text{if } \hat t \ne t, \qquad t = \pm 1 \tag{1.8} $$
#
# This often goes by Hebb's name, but learning from a target, and from mistakes alone, belongs to the perceptron, which Frank Rosenblatt presented in 1958.
# His rule is usually written with an error instead of a gate, and with answers 0 and 1:
#
# $$ \tilde{\mathbf w} \leftarrow \tilde{\mathbf w} + \eta\,(y - \hat y)\,\tilde{\mathbf x} \tag{1.9} $$
#
# Look at the error $y - \hat y$. It is 0 when the answer is right, $+1$ for a missed yes, and $-1$ for a wrong yes: it is the gate and $t$ in one.


# %%
def sign_of(z: float) -> float:
    """Eq. 1.2."""
    return 1.0 if z > 0 else -1.0


def bit_of(z: float) -> float:
    """Eq. 1.1."""
    return 1.0 if z >= 0 else 0.0


class Lesson(NamedTuple):
    """The weights at the start and after each correction, and the mistakes in each round."""

    weights: list[Tensor]
    mistakes: list[int]


def learn(
    X: Tensor,
    targets: Tensor,
    w: Tensor,
    eta: float,
    decide: Callable[[float], float],
    rounds: int = 100,
) -> Lesson:
    """Correct the weights after every wrong answer (eq. 1.8) until a round has none.

    X: (n, 1 + d), targets: (n,), w: (1 + d,)
    """
    weights, mistakes = [w], []
    while len(mistakes) < rounds and (not mistakes or mistakes[-1]):
        mistakes.append(0)
        for x, target in zip(X, targets, strict=True):
            if decide((weights[-1] @ x).item()) != target:
                weights.append(weights[-1] + eta * target * x)  # eq. 1.8
                mistakes[-1] += 1
    return Lesson(weights, mistakes)


# %%
def learn_by_error(X: Tensor, y: Tensor, w: Tensor, eta: float, rounds: int) -> Tensor:
    """Rosenblatt's form (eq. 1.9), answers 0 and 1.   X: (n, 1 + d), w: (1 + d,)"""
    for _ in range(rounds):
        for x, target in zip(X, y, strict=True):
            w = w + eta * (target - bit_of((w @ x).item())) * x
    return w


rng = torch.Generator().manual_seed(SEED)
X = data.normal(rng, 40, 6)
start = data.normal(rng, 7)
y = (torch.rand(40, generator=rng) < 0.5).double()  # nonsense: always something to correct
gated = learn(with_one(X), to_signs(y), start, 0.3, sign_of, rounds=5)
by_error = learn_by_error(with_one(X), y, start, 0.3, 5)
check.close("gate and sign, or error", gated.weights[-1], by_error)
print(f"{len(gated.weights) - 1} corrections in five rounds")

# %% [markdown]
# The two rules are one, as long as no sum is exactly zero. (Use the error $t - \hat t$ of the other convention and every step is twice as long.) Now let a neuron that knows nothing learn *nand* by
# correcting itself. Only whole numbers are involved, so its weights can be followed by hand.

# %%
X = with_one(SWITCHES)
GATES = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "nand": [1, 1, 1, 0], "xor": [0, 1, 1, 0]}
TRUTH = {name: torch.tensor(table, dtype=torch.float64) for name, table in GATES.items()}
NOTHING = torch.zeros(3, dtype=torch.float64)

nand = learn(X, to_signs(TRUTH["nand"]), NOTHING, 1, sign_of)
by_hand = torch.tensor([3, -2, -1], dtype=torch.float64)
check.close("nand: (b, w1, w2)", nand.weights[-1], by_hand)
print("mistakes in each round:", nand.mistakes)
for name, truth in TRUTH.items():
    lesson = learn(X, to_signs(truth), NOTHING, 1, sign_of, rounds=1000)
    shares = [((X @ w > 0) == truth).double().mean().item() for w in lesson.weights]
    bound = {"at_most": 0.75} if name == "xor" else {"at_least": 1.0}
    check.reaches(f"{name}: best share of right answers", max(shares), **bound)

# %% tags=["hide-input"]
fig, ax = plots.panel("a line that learns nand", x="$x_1$", y="$x_2$", size=(3.6, 3.1))
xs = np.array([-0.6, 1.9])
lines = [w.tolist() for w in nand.weights if w[2] != 0]
for i, (b0, w1, w2) in enumerate(lines):
    look = {"color": plots.MUTED, "linewidth": 1.2, "alpha": 0.15 + 0.45 * i / len(lines)}
    if i == len(lines) - 1:
        look = {"color": plots.BLUE, "linewidth": 2.2}
    ax.plot(xs, (-b0 - w1 * xs) / w2, "-", **look)
for point, yes in zip(SWITCHES.tolist(), TRUTH["nand"], strict=True):
    ax.plot(
        *point,
        "o",
        markersize=9,
        markeredgecolor=plots.INK,
        color=plots.INK if yes else "none",
    )
_ = ax.set(aspect="equal", xticks=[0, 1], yticks=[0, 1], xlim=xs, ylim=xs)

# %% tags=["hide-input"]
falling, ax2 = plots.panel(
    "mistakes in each round", x="round", y="mistakes", size=(3.9, 3.1), ylim=(-0.2, 4.3)
)
for (name, truth), marker in zip(TRUTH.items(), plots.MARKERS, strict=True):
    rounds = learn(X, to_signs(truth), NOTHING, 1, sign_of, rounds=12).mistakes
    ax2.plot(range(1, len(rounds) + 1), rounds, marker=marker, label=name)
ax2.set_yticks(range(5))
ax2.legend(loc="center right")
plots.show(fig, falling, alt=[
    "The neuron's line after each correction, older ones fainter; the last one passes through the corner (1, 1), whose sum is exactly zero, and leaves the other three on the side of yes.",
    "Mistakes in each round for four gates: and, or and nand come down to zero within six rounds, xor stays at four."])  # fmt: skip

# %% [markdown]
# The last line runs exactly through the corner $(1, 1)$: the sum there is zero, and by (1.2) that is a *no*.
#
# **Break it.** Now the trap. Take (1.8) as it stands and use the other convention, targets 0 and 1. It looks harmless: the lecture notes behind this
# course use both conventions. But a target of 0 makes the change $\eta\, t\, \tilde{\mathbf x}$ zero as well. A missed yes is corrected, a wrong yes never: every
# correction raises weights and none lowers them, while *nand* needs two negative ones.

# %%
stuck = learn(X, TRUTH["nand"], NOTHING, 1, bit_of)
check.close("the weights after 100 rounds", stuck.weights[-1], NOTHING)
always_yes = perceptron(SWITCHES, stuck.weights[-1][1:], stuck.weights[-1][0])
check.catches(
    "targets 0 and 1 in (1.8)", lambda: check.close("nand", always_yes, TRUTH["nand"])
)

# %% [markdown]
# From zero weights it says yes to everything and stays there for ever. Perhaps random weights would help? Start a thousand neurons at random,
# each weight between $-1$ and 1, teach them until nothing changes, and count those that end up right.


# %%
def lucky_starts(eta: float, signs: bool, rng: torch.Generator) -> int:
    """How many of 1,000 random neurons learn nand; targets -1 and 1 (`signs`) or 0 and 1."""
    W = 2 * torch.rand(1000, 3, generator=rng, dtype=torch.float64) - 1
    targets = to_signs(TRUTH["nand"]) if signs else TRUTH["nand"]
    for _ in range(round(30 / eta)):
        before = W.clone()
        for x, target, truth in zip(X, targets, TRUTH["nand"], strict=True):
            wrong = (W @ x > 0).double() != truth
            W += eta * target * wrong[:, None] * x  # eq. 1.8 for all neurons at once
        if torch.equal(W, before):
            break
    return int(((W @ X.T > 0).double() == TRUTH["nand"]).all(1).sum())


# %%
luck = {
    eta: lucky_starts(eta, False, torch.Generator().manual_seed(SEED))
    for eta in (1, 0.1, 0.01)
}
for eta, count in luck.items():
    check.reaches(f"targets 0 and 1, rate {eta}: right, of 1,000", count, at_most=260)
taught = lucky_starts(0.1, True, torch.Generator().manual_seed(SEED))
check.reaches("targets -1 and 1: right, of 1,000", taught, at_least=1000)

# %% [markdown]
# With a long step 38 to 54 of a thousand are right over five seeds, with short ones 126 to 213. Those were lucky: their random weights were low enough already, and
# small raises did not overshoot. With $\pm 1$ all thousand learn it.
#
# > **Remember.** With a gate and a target, code the answers as $\pm 1$, or use the error $y - \hat y$. A rule that can only raise weights cannot take anything back.
#
# Is it an accident that *and*, *or* and *nand* were learnt in a few rounds? No. If some neuron with weights $\mathbf u$ of length 1 answers every example right with a margin of at least
# $\gamma$, and no example $\tilde{\mathbf x}$ is longer than $R$, then a neuron that starts from zero makes at most so many mistakes, in whatever order the examples come:
#
# $$ \text{mistakes} \;\le\; \Big(\frac{R}{\gamma}\Big)^{2} \tag{1.10} $$
#
# <details><summary>Why? Three lines suffice.</summary>
#
# Take $\eta = 1$; the rate only scales the weights. Each correction adds $t\tilde{\mathbf x}$, so it raises $\mathbf u \cdot \tilde{\mathbf w}$ by $t\,\mathbf u\cdot\tilde{\mathbf x} \ge \gamma$:
# after $k$ corrections $\mathbf u \cdot \tilde{\mathbf w} \ge k\gamma$.
#
# It also changes the squared length by $2t\,\tilde{\mathbf w}\cdot\tilde{\mathbf x} + \lVert\tilde{\mathbf x}\rVert^2$. The first term is not positive, since the neuron was wrong; so $\lVert\tilde{\mathbf w}\rVert^2 \le kR^2$.
#
# And $\mathbf u \cdot \tilde{\mathbf w}$ is at most $\lVert\tilde{\mathbf w}\rVert$. So $k\gamma \le R\sqrt k$, which is (1.10). (Novikoff, 1962.)
#
# </details>
#
# For *nand* the weights $(3, -2, -2)$ have the margin $1/\sqrt{17}$, and the longest example has length $\sqrt 3$. Teach it in every possible order.

# %%
u = torch.tensor([3, -2, -2], dtype=torch.float64) / 17**0.5
margin = (to_signs(TRUTH["nand"]) * (X @ u)).min().item()
bound = 3 / margin**2
orders = [list(order) for order in permutations(range(4))]
corrections = [
    len(learn(X[o], to_signs(TRUTH["nand"])[o], NOTHING, 1, sign_of).weights) - 1
    for o in orders
]
check.close("the bound (1.10)", bound, 51.0)
check.reaches("most corrections in 24 orders", max(corrections), at_most=bound)

# %% [markdown]
# And when no such $\mathbf u$ exists, as for *xor*? Then it goes round in circles, to the letter. In a thousand rounds the neuron is corrected thousands of times,
# and all that time it walks through the same few weights.

# %%
xor = learn(X, to_signs(TRUTH["xor"]), NOTHING, 1, sign_of, rounds=1000)
visited = {tuple(w.tolist()) for w in xor.weights}
print(f"xor: {len(xor.weights) - 1:,} corrections, {len(visited)} different weights")
check.reaches("xor: different weights", len(visited), at_most=10)

# %% [markdown]
# Four points are a toy. Give a neuron 64 voices, the pixels of a handwritten digit, and ask it: *is this a zero?* It sees 1,258 digits, one at a
# time, until it makes no more mistakes, and is then asked about 539 others.

# %%
digits = data.digits(seed=SEED, dtype=torch.float64)
is_zero = to_signs((digits.y_train == 0).double())
is_zero_test = to_signs((digits.y_test == 0).double())
start = torch.zeros(65, dtype=torch.float64)
reader = learn(with_one(digits.X_train), is_zero, start, 1, sign_of)
said = perceptron_signs(digits.X_test, reader.weights[-1][1:], reader.weights[-1][0].item())

check.close("mistakes in the last round", reader.mistakes[-1], 0)
check.reaches("rounds", len(reader.mistakes), at_most=20)
check.reaches("corrections", len(reader.weights) - 1, at_most=120)
share = (said == is_zero_test).double().mean()
check.reaches("right on unseen digits", share, at_least=0.985)
print(f"always saying no would be right for {(is_zero_test == -1).double().mean():.1%}")

# %% [markdown]
# A few rounds and well under a hundred corrections were enough. What has it learnt? Its weights can be looked at, one for each pixel.

# %% tags=["hide-input"]
figures = []
zeros = digits.X_train[digits.y_train == 0].mean(0)
for title, picture in {
    "an average zero": zeros,
    "what the neuron looks for": reader.weights[-1][1:],
}.items():
    fig, ax = plots.panel(title, size=(2.9, 2.8))
    top, square = picture.abs().max().item(), picture.reshape(8, 8).tolist()
    plots.image(ax, square, shades="signed")
    for place, value in np.ndenumerate(np.array(square)):
        if title.startswith("what") and abs(value) > 0.3 * top:
            ink = (
                "white" if abs(value) > 0.7 * top else "black"
            )  # the tiles do not follow the page's theme
            ax.text(
                *place[::-1], "+" if value > 0 else "−", ha="center", va="center", color=ink
            )
    figures.append(fig)
plots.show(*figures, alt=[
    "The average of all zeros: a ring of ink.",
    "The weights of the neuron: the pixels in the middle, where a zero has no ink, count strongly against, some of the ring for."])  # fmt: skip

# %% [markdown]
# Ink in the middle speaks against a zero, more than any pixel of the ring speaks for it. Nobody drew that picture: every number in it is a sum of
# corrections.
#
# ## 1.4 What can neurons do together that one cannot?
#
# One neuron cannot do *xor*. But *xor* can be said with other words: one of the switches, and not both. Each half of this sentence is a question for one
# neuron. What if a third neuron listened to the two?
#
# It even goes with a single kind of neuron. *Nand* is logically complete: every question about switches can be asked with nands alone. Four of them make *xor*:
#
# $$ \begin{gathered}
#    h = \overline{x_1 x_2} \\
#    \operatorname{xor}(x_1, x_2) = \overline{\;\overline{x_1 h}\;\;\overline{x_2 h}\;}
#    \end{gathered} \tag{1.11} $$
#
# where the bar is *nand*. Mind what this says and what not. A perceptron can be a nand, and nands can be anything; yet a perceptron cannot be anything,
# because it is one nand, not a composition of several. The power lies in the wiring.
#
# Wiring is a graph. Each node names the nodes that it listens to, and it can be computed as soon as they are known. If no arrow leads back, there is an
# order in which everything can be computed once: the graph is *directed* and *acyclic*, and information only feeds forward.


# %%
from graphlib import CycleError, TopologicalSorter


class Gate(NamedTuple):
    """A perceptron in a graph: whom it listens to, with which weights and bias."""

    inputs: Sequence[str]
    w: Sequence[float]
    b: float


def evaluate(graph: dict[str, Gate], inputs: dict[str, float]) -> dict[str, float]:
    """The answer of every node, each computed once, after those that it listens to.

    Raises CycleError when an arrow leads back.
    """
    answers = dict(inputs)
    arrows = {name: gate.inputs for name, gate in graph.items()}
    for name in TopologicalSorter(arrows).static_order():
        if name in graph:
            gate = graph[name]
            heard = [answers[i] for i in gate.inputs]
            z = gate.b + sum(w * x for w, x in zip(gate.w, heard, strict=True))
            answers[name] = 1.0 if z >= 0 else 0.0  # eq. 1.1
    return answers


# %%
def nand_of(first: str, second: str) -> Gate:
    """A nand of two nodes: yes unless both say yes."""
    return Gate((first, second), w=(-2, -2), b=3)


XOR = {  # eq. 1.11, written from the answer to the question: the order does not matter
    "out": nand_of("left", "right"),
    "left": nand_of("x1", "h"),
    "right": nand_of("x2", "h"),
    "h": nand_of("x1", "x2"),
}
by_nands = [evaluate(XOR, {"x1": a, "x2": b})["out"] for a, b in SWITCHES.tolist()]
check.close("xor from four nands", by_nands, GATES["xor"])

looped = {**XOR, "h": nand_of("x1", "out")}
check.raises(
    "an arrow that leads back", CycleError, lambda: evaluate(looped, {"x1": 1.0, "x2": 1.0})
)

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
    ring = plots.INK if name.startswith("x") else plots.BLUE
    ax.plot(
        *place, "o", markersize=28, color="none", markeredgecolor=ring, markeredgewidth=1.6
    )
    ax.text(*place, labels.get(name, name), ha="center", va="center", fontsize=9)
plots.show(fig, alt="A graph with arrows from left to right: x1 and x2 lead to h; x1 and h lead to left, x2 and h to right; left and right lead to out.")  # fmt: skip

# %% [markdown]
# This graph is three gates deep, counted along its longest path, and two of its arrows skip a stage. Tidier is a graph in *layers*: every neuron of a layer listens to all of the layer before it, and
# to nothing else. Then a whole layer is one matrix, with a neuron in each row, and the network is a chain of functions:
#
# $$ \begin{gathered}
#    \mathbf a_0 = \mathbf x \\
#    \mathbf a_l = \sigma\big(W_l\, \mathbf a_{l-1} + \mathbf b_l\big), \quad l = 1, \dots, K
#    \end{gathered} \tag{1.12} $$
#
# | symbol | name | shape | meaning |
# |---|---|---|---|
# | $W_l$ | `W` | $(n_l, n_{l-1})$ | the weights, a neuron in each row |
# | $\mathbf b_l$ | `b` | $(n_l)$ | the biases |
# | $\sigma$ | `f` | | what each neuron does with its sum: a threshold so far |
# | $\mathbf a_l$ | `a` | $(n, n_l)$ for a batch | the answers of layer $l$, an example in each row |
#
# Such a chain is called a *multi-layer perceptron*, MLP. The layers between input and output are *hidden*: with one hidden layer the network is *shallow*,
# with more it is *deep*, and $K$ is its depth.


# %%
class Layer(NamedTuple):
    """One layer: weights (n_out, n_in), biases (n_out,), what its neurons do with their sums."""

    W: Tensor
    b: Tensor
    f: Callable[[Tensor], Tensor]


def forward(layers: Sequence[Layer], X: Tensor) -> Tensor:
    """The answers of the last layer (eq. 1.12).   X: (n, n_0) -> (n, n_K)"""
    a = X
    for layer in layers:
        a = layer.f(a @ layer.W.T + layer.b)  # eq. 1.12, an example in each row   (n, n_l)
    return a


def threshold(z: Tensor) -> Tensor:
    """1 where the sum is not negative, else 0: the perceptron's answer."""
    return (z >= 0).to(z.dtype)


# %% [markdown]
# Compare with torch's own layers, on sizes of which no two are equal. And *xor* again, now in layers: the hidden neurons ask "at least one?" and "not both?",
# and the last one wants both.


# %%
def random_layer(
    n_in: int, n_out: int, f: Callable[[Tensor], Tensor], rng: torch.Generator
) -> Layer:
    """A layer with normal weights and, so that nothing hides, normal biases."""
    W = data.normal(rng, n_out, n_in)
    return Layer(W, data.normal(rng, n_out), f)


rng = torch.Generator().manual_seed(SEED)
net = [random_layer(4, 7, torch.sigmoid, rng), random_layer(7, 3, threshold, rng)]
batch = data.normal(rng, 5, 4)
by_torch = F.linear(torch.sigmoid(F.linear(batch, net[0].W, net[0].b)), net[1].W, net[1].b)
check.close("two layers", forward(net, batch), (by_torch >= 0).double())

hidden = Layer(
    torch.tensor([[1.0, 1], [-1, -1]]).double(),
    torch.tensor([-0.5, 1.5]).double(),
    threshold,
)
both = Layer(torch.tensor([[1.0, 1]]).double(), torch.tensor([-1.5]).double(), threshold)
check.close("xor in two layers", forward([hidden, both], SWITCHES)[:, 0], TRUTH["xor"])

# %% [markdown]
# And now the cat. Every side of its six shapes is a straight cut: 25 neurons. A convex shape is where all of its cuts say yes: six neurons, each wanting
# all of its own. The last neuron says yes to the head or an ear, but not where there is an eye or the nose, whose weights of $-3$ outvote everything.


# %%
def cat() -> list[Layer]:
    """Three layers of 25, 6 and 1 perceptrons that say yes on the cat."""
    sides = [cuts(corners) for corners in CAT.values()]
    W, b = (torch.cat(parts) for parts in zip(*sides, strict=True))  # (25, 2), (25,)
    ones = [torch.ones(1, len(part), dtype=torch.float64) for _, part in sides]
    all_of = torch.block_diag(*ones)  # (6, 25)
    votes = torch.tensor([[1, 1, 1, -3, -3, -3]], dtype=torch.float64)
    return [
        Layer(W, b, threshold),
        Layer(all_of, 0.5 - all_of.sum(1), threshold),  # yes when no cut is missing
        Layer(votes, torch.tensor([-0.5], dtype=torch.float64), threshold),
    ]


CAT_NET = cat()
shapes = [tuple(layer.W.shape) for layer in CAT_NET]
print(shapes, "and", sum(len(layer.b) for layer in CAT_NET), "neurons")

# %% [markdown]
# Is it the right cat? matplotlib has a test of its own for points in polygons, which knows nothing of neurons. Ask it about 20,000 random points.


# %%
def on_the_cat(points: np.ndarray) -> np.ndarray:
    """Where the cat is, by matplotlib's test for points in polygons.   (n, 2) -> (n,)"""
    from matplotlib.path import Path

    inside = {name: Path(corners).contains_points(points) for name, corners in CAT.items()}
    face = inside["head"] | inside["left ear"] | inside["right ear"]
    return face & ~(inside["left eye"] | inside["right eye"] | inside["nose"])


points = 2.4 * torch.rand(20_000, 2, generator=rng, dtype=torch.float64) - 1.2
answers = forward(CAT_NET, points)[:, 0].bool()
check.close("the cat", answers, torch.tensor(on_the_cat(points.numpy())))

# %% tags=["hide-input"]
first, second = forward(CAT_NET[:1], PLANE), forward(CAT_NET[:2], PLANE)
lines = on_the_plane("layer 1: 25 straight cuts", torch.zeros(len(PLANE)))
for cut in first.T:
    lines.axes[0].contour(
        AXIS, AXIS, cut.reshape(481, 481).T, [0.5], colors=[plots.BLUE], linewidths=1
    )
shapes = on_the_plane("layer 2: six shapes", *second.T)
whole = on_the_plane("layer 3: the cat", forward(CAT_NET, PLANE)[:, 0])
plots.show(lines, shapes, whole, alt=["Twenty-five straight lines cross the plane.",
           "Six convex shapes, laid over one another: a head, two ears, two eyes, a nose.",
           "The shapes put together: the face of a cat."])  # fmt: skip

# %% [markdown]
# Cuts, then shapes, then a picture made of shapes: each layer speaks about what the layer before it said. Remember this ladder. When networks learn to see, in chapter
# 6, they climb it by themselves.
#
# ## 1.5 Why must something bend?
#
# The threshold is a nuisance: it is flat everywhere and jumps at one place. Could the neurons of a deep network not simply pass on their sums? Adding up
# weighted sums of weighted sums, a hundred layers deep, must surely give something richer than one layer.
#
# Put two layers without any bend behind each other and multiply out:
#
# $$ \begin{gathered}
#    W_2\,(W_1 \mathbf x + \mathbf b_1) + \mathbf b_2 \\
#    = \underbrace{W_2 W_1}_{W}\,\mathbf x + \underbrace{W_2\,\mathbf b_1 + \mathbf b_2}_{\mathbf b}
#    \end{gathered} \tag{1.13} $$
#
# It is one layer. Whatever you stack, it collapses.


# %%
def collapse(layers: Sequence[Layer]) -> tuple[Tensor, Tensor]:
    """The one layer that equals a stack of linear layers (eq. 1.13).   -> (n_K, n_0), (n_K,)"""
    W, b = layers[0].W, layers[0].b
    for layer in layers[1:]:
        W, b = layer.W @ W, layer.W @ b + layer.b  # eq. 1.13
    return W, b


def passed_on(z: Tensor) -> Tensor:
    """No bend at all."""
    return z


# %%
rng = torch.Generator().manual_seed(SEED)
stack = [random_layer(n, m, passed_on, rng) for n, m in pairwise((5, 8, 6, 7, 3))]
batch = data.normal(rng, 9, 5)
W, b = collapse(stack)
deep, shallow = forward(stack, batch), batch @ W.T + b
check.close(
    "four layers, or one", shallow, deep, rtol=1e-12, atol=1e-12 * deep.abs().max().item()
)

only_last = batch @ W.T + stack[-1].b
slips = {
    "The first biases are lost; eq. 1.13 sends them through the later weights.": only_last
}
check.catches(
    "a forgotten bias",
    lambda: check.close("four layers, or one", only_last, deep, slips=slips),
)

# %% [markdown]
# The four layers hold 175 numbers and can say no more than the 18 of a single layer. They could not even do *xor*, since one neuron with a threshold at the end of such a
# stack is still one neuron. Non-linearity is what lets layers be stacked; it is also what the world needs, where twice the dose is not twice the cure.
#
# **Break it.** Any bend will do to prevent the collapse, and a small one is enough. Put a ReLU, $\max(0, z)$, between the same layers and look for the one layer
# that would do the same: fit it by least squares to a thousand answers. What is left over is not rounding.


# %%
def left_over(layers: Sequence[Layer], rng: torch.Generator) -> float:
    """Share of a network's answers to 1,000 inputs that no single linear layer explains."""
    inputs = data.normal(rng, 1000, layers[0].W.shape[1])
    answers = forward(layers, inputs)
    best = torch.linalg.lstsq(with_one(inputs), answers).solution
    unexplained = answers - with_one(inputs) @ best
    return (unexplained.var(0).sum() / answers.var(0).sum()).item()


bent = [layer._replace(f=torch.relu) for layer in stack[:-1]] + [stack[-1]]
check.reaches("without a bend, left over", left_over(stack, rng), at_most=1e-24)
check.reaches("with ReLU, left over", left_over(bent, rng), at_least=0.05)

# %% [markdown]
# ## 1.6 Can one hidden layer draw any curve?
#
# Neurons with a threshold draw cuts, shapes and cats. Many questions want a number instead, how warm will it be, how far is the wall, and
# that is a curve over the input. Can one hidden layer, whose last neuron just adds up, follow *any* curve?
#
# $$ \hat y(x) = c + \sum_{i=1}^{m} v_i\,\sigma(w_i x + b_i) \tag{1.14} $$
#
# Before anyone proves a theorem, build it. A difference of two thresholds is a bump: it rises at $e_1$ and falls again at $e_2$. Any curve is nearly a row of bumps, each as
# high as the curve in its middle. Soften the thresholds into steep sigmoids, $\sigma(z) = 1/(1+e^{-z})$, and the bumps become smooth.


# %%
def waves(x: Tensor) -> Tensor:
    """The curve to follow."""
    return torch.sin(3 * x) + 0.3 * torch.cos(9 * x)


def bumps(
    f: Callable[[Tensor], Tensor],
    low: float,
    high: float,
    n: int,
    squash: Callable[[Tensor], Tensor],
) -> list[Layer]:
    """A row of n bumps, each as high as f in its middle, from 2n hidden neurons (eq. 1.14)."""
    edges = torch.linspace(low, high, n + 1, dtype=torch.float64)
    heights = f((edges[1:] + edges[:-1]) / 2)
    starts, ends = edges[:-1], edges[1:]
    hidden = Layer(torch.ones(2 * n, 1).double(), -torch.cat([starts, ends]), squash)
    heights = torch.cat([heights, -heights])[None]  # up at the start, down at the end
    return [hidden, Layer(heights, torch.zeros(1).double(), passed_on)]


def steep(z: Tensor) -> Tensor:
    """A sigmoid that rises within about a tenth."""
    return torch.sigmoid(60 * z)


# %% [markdown]
# Does the network do what the words say? Place each point in its bump by hand, and compare.

# %%
rng = torch.Generator().manual_seed(SEED)
x = 4 * torch.rand(200, generator=rng, dtype=torch.float64) - 2
edges = torch.linspace(-2, 2, 13, dtype=torch.float64)
middle = (edges[1:] + edges[:-1]) / 2
by_hand = waves(middle[torch.bucketize(x, edges[1:-1], right=True)])

by_network = forward(bumps(waves, -2, 2, 12, threshold), x[:, None])[:, 0]
check.close("twelve bumps", by_network, by_hand)

# %% [markdown]
# Bumps are flat on top. A ReLU bends once and goes straight on, so a sum of ReLUs is a chain of straight pieces. Take points $(x_i, y_i)$ on the curve, in order, and join them. Which
# weights does that need? A ReLU that begins at $x_i$ changes the slope there by its weight and changes nothing before. So its weight is the *change* of slope:
#
# $$ \begin{gathered}
#    \hat y(x) = y_0 + \sum_{i=0}^{m-1} (s_i - s_{i-1})\,\max(0,\ x - x_i) \\
#    s_i = \frac{y_{i+1} - y_i}{x_{i+1} - x_i}, \quad s_{-1} = 0
#    \end{gathered} \tag{1.15} $$
#
# With $m + 1$ points there are $m$ pieces and $m$ ReLUs.


# %%
def through_points(xs: Tensor, ys: Tensor) -> list[Layer]:
    """A layer of ReLUs that joins the points by straight lines (eq. 1.15).   xs, ys: (m + 1,)"""
    slopes = ys.diff() / xs.diff()
    changes = slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))  # s_i - s_{i-1}   (m,)
    hidden = Layer(torch.ones(len(slopes), 1, dtype=xs.dtype), -xs[:-1], torch.relu)
    return [hidden, Layer(changes[None], ys[:1], passed_on)]


# no two of the gaps are equal
xs = torch.tensor([-2, -1.5, -0.2, 0.2, 1, 2], dtype=torch.float64)
ys = waves(xs)
joined = torch.tensor(np.interp(x, xs, ys))
check.close("five pieces", forward(through_points(xs, ys), x[:, None])[:, 0], joined)

hidden, last = through_points(xs, ys)
slopes = (ys.diff() / xs.diff())[None]
wrong = forward([hidden, last._replace(W=slopes)], x[:, None])[:, 0]
slips = {"Each weight is a slope; eq. 1.15 wants the change of slope.": wrong}
check.catches("slopes", lambda: check.close("five pieces", wrong, joined, slips=slips))

# %% [markdown]
# ReLUs make bumps too: three of them, with weights $1, -2, 1$, make a tent. A tent over each point, as high as the curve there, adds up to the same chain of straight pieces.


# %%
def tent_at(x: Tensor, left: float, top: float, right: float) -> Tensor:
    """Three ReLUs: 0 up to `left`, 1 at `top` and 0 again from `right` on.   x: (n,) -> (n,)"""
    up, down = 1 / (top - left), 1 / (right - top)
    rise, turn, level = ((x - place).relu() for place in (left, top, right))
    return up * rise - (up + down) * turn + down * level


knots = torch.cat([xs[:1] - 1, xs, xs[-1:] + 1])  # a neighbour for the first and the last
tents = [ys[i] * tent_at(x, *knots[i : i + 3].tolist()) for i in range(len(xs))]
check.close("the sum of six tents", torch.stack(tents).sum(0), joined)

# %% tags=["hide-input"]
line = torch.linspace(-2, 2, 801, dtype=torch.float64)[:-1]
nets = {
    "12 bumps, thresholds": bumps(waves, -2, 2, 12, threshold),
    "12 bumps, sigmoids": bumps(waves, -2, 2, 12, steep),
    "12 pieces of ReLU": through_points(edges, waves(edges)),
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
# How fast does the error fall when there are more neurons? A flat step misses by as much as the curve moves across half of its width, so twice as many steps
# halve the error. A straight piece of width $h$ only misses what the curve bends away:
#
# $$ \max_x |\hat y(x) - f(x)| \le \tfrac18 h^2 \max_x |f''(x)| \tag{1.16} $$
#
# so twice as many pieces leave a quarter. Count.


# %%
def worst_errors(n: int) -> dict[str, float]:
    """The largest error on -2..2 of n bumps and of n straight pieces."""
    x = torch.linspace(-2, 2, 100_001, dtype=torch.float64)
    ends = torch.linspace(-2, 2, n + 1, dtype=torch.float64)
    which = ((x + 2) / 4 * n).floor().clamp(max=n - 1)  # the bump that x lies in
    flat = waves((which + 0.5) * 4 / n - 2)
    straight = torch.tensor(np.interp(x, ends, waves(ends)))
    gaps = {"bumps": flat - waves(x), "ReLU": straight - waves(x)}
    return {name: gap.abs().max().item() for name, gap in gaps.items()}


# %%
COUNTS = [2**k for k in range(3, 11)]
worst = [worst_errors(n) for n in COUNTS]
steepest_bend = 9 + 0.3 * 81  # no second derivative of the waves is larger
gain = {name: worst[-2][name] / worst[-1][name] for name in worst[0]}
check.reaches("bumps, 512 against 1,024", gain["bumps"], at_least=1.95, at_most=2.05)
check.reaches("ReLU, 512 against 1,024", gain["ReLU"], at_least=3.9, at_most=4.1)
promised = (4 / 1024) ** 2 * steepest_bend / 8  # eq. 1.16
check.reaches("ReLU against (1.16)", worst[-1]["ReLU"] / promised, at_most=1)

# %% tags=["hide-input"]
fig, ax = plots.panel("worst error against pieces", x="pieces", y="largest error",
                      xscale="log", yscale="log", size=(3.9, 3.0))  # fmt: skip
for name, marker in zip(worst[0], plots.MARKERS, strict=False):
    ax.plot(COUNTS, [errors[name] for errors in worst], marker=marker, label=name)
ax.legend()
plots.show(
    fig,
    alt="Two falling lines on logarithmic axes: the error of bumps halves when the pieces double, that of ReLUs falls to a quarter.",
)

# %% [markdown]
# Nothing in these constructions was special about our curve. That is the *universal approximation theorem*: for every continuous function $f$ on a closed and bounded set
# $K \subset \mathbb R^d$ and every $\varepsilon > 0$ there is a network with one hidden layer, wide enough, that stays within $\varepsilon$ of $f$ all over $K$. Cybenko proved it in 1989 for sigmoids, and Hornik, Stinchcombe and
# White in the same year; Leshno and others found in 1993 just what the bend must be: for a continuous one, anything but a polynomial. A function that jumps cannot be
# followed everywhere, but Hornik and his colleagues come within $\varepsilon$ of any measurable one except on a set as small as you like. *Approximate* is the word: only rarely is the network equal to $f$.
#
# Each condition matters. **Break** the first: let the bend be a square, $z^2$. A sum of squares of $wx + b$ is a parabola, however many there are.


# %%
def best_error(
    m: int, bend: Callable[[Tensor], Tensor], x: Tensor, rng: torch.Generator
) -> float:
    """Mean squared error of m random hidden neurons, the last layer fitted best.   x: (n,)"""
    w, b = data.normal(rng, 2, m)
    H = with_one(bend(x[:, None] * w + b))  # (n, 1 + m)
    v = torch.linalg.lstsq(H, torch.sin(3 * x)[:, None], driver="gelsd").solution
    return ((H @ v)[:, 0] - torch.sin(3 * x)).square().mean().item()


# %%
rng = torch.Generator().manual_seed(SEED)
x = torch.linspace(-2, 2, 401, dtype=torch.float64)
parabola = torch.stack([x**0, x, x**2], dim=1)
best = parabola @ torch.linalg.lstsq(parabola, torch.sin(3 * x)[:, None]).solution
floor = (best[:, 0] - torch.sin(3 * x)).square().mean().item()
for m in (5, 50, 500):
    error = best_error(m, torch.square, x, rng)
    check.close(f"{m} squares, against the best parabola", error, floor, rtol=1e-6)
check.reaches("500 ReLUs", best_error(500, torch.relu, x, rng), at_most=1e-4)

# %% [markdown]
# **Break** the second: leave the bounded set. Beyond its last bend a sum of ReLUs is a straight line, and the curve goes on waving without it.

# %%
ends = torch.linspace(-2, 2, 201, dtype=torch.float64)
follower = through_points(ends, waves(ends))
for name, (low, high) in {
    "inside": (-2, 2),
    "just outside": (2, 4),
    "far outside": (8, 10),
}.items():
    x = torch.linspace(low, high, 2001, dtype=torch.float64)
    gap = (forward(follower, x[:, None])[:, 0] - waves(x)).abs().max().item()
    bound = {"at_most": 0.01} if name == "inside" else {"at_least": 1.0}
    check.reaches(f"largest error {name}", gap, **bound)

# %% [markdown]
# Try it. Each ReLU adds one bend; watch where the error sits when there are too few of them, and which of the curves is never quite reached.

# %%
widgets.ReluFit(target="waves")

# %% [markdown]
# ## 1.7 What does the theorem not promise?
#
# It says that the weights *exist*. A map says that somewhere in this desert there is water. Three things it does not say, each of which you can measure.
#
# **First: that learning finds them.** By hand, 80 ReLUs follow our curve very closely. Now let 80 ReLUs find their weights themselves, from bends spread at random, with 2,000 steps of Adam,
# a good optimiser of the next chapter. (How a network gets the slopes that Adam needs is chapter 3's story; let torch do it today.)


# %%
def trained_error(m: int, rng: torch.Generator, steps: int = 2000) -> float:
    """Mean squared error on the waves of m ReLUs, trained from bends spread at random."""
    x = torch.linspace(-2, 2, 256, dtype=torch.float64)[:, None]
    w = 2.0 * (torch.rand(m, generator=rng) < 0.5).double() - 1
    bends = 4 * torch.rand(m, generator=rng, dtype=torch.float64) - 2
    b = -w * bends
    v = data.normal(rng, m) / m**0.5
    c = torch.zeros(1, dtype=torch.float64)
    adam = torch.optim.Adam([p.requires_grad_() for p in (w, b, v, c)], lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for _ in progress(range(steps), f"{m} ReLUs"):
        loss = ((x * w + b).relu() @ v + c - waves(x[:, 0])).square().mean()  # eq. 1.14
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
    return loss.item()


# %%
WIDTHS = (5, 20, 80)
rng = torch.Generator().manual_seed(SEED)
trained = {m: trained_error(m, rng) for m in WIDTHS}
x = torch.linspace(-2, 2, 256, dtype=torch.float64)
built = {}
for m in WIDTHS:
    ends = torch.linspace(-2, 2, m + 1, dtype=torch.float64)
    straight = torch.tensor(np.interp(x, ends, waves(ends)))
    built[m] = (straight - waves(x)).square().mean().item()
    print(f"{m:3d} ReLUs: built by hand {built[m]:.6f}, trained {trained[m]:.4f}")
check.reaches("80 ReLUs, trained", trained[80], at_most=0.01)
check.reaches("80 ReLUs, trained over built", trained[80] / built[80], at_least=50)
check.reaches("5 ReLUs, trained", trained[5], at_least=0.02)

# %% [markdown]
# Training does learn the curve, and wider is better. But with 80 ReLUs its squared error is 200 to 350 times that of a construction that a child could do with a ruler. The good weights are there; the way down does not lead to them.
#
# **Second: that "wide enough" is affordable.** The surest recipe for any question about $n$ switches is one hidden neuron for each setting that wants a yes. Take *parity*, the big brother of *xor*: is an odd number of switches on? Half of all $2^n$ settings want
# a yes, so the recipe needs $2^{n-1}$ neurons.
#
# Yet parity has a much smaller network. Let neuron $k$ ask "at least $k$ on?"; then add and subtract in turn: $n$ neurons. The recipe was wasteful because it never looked at the question.


# %%
def one_for_each_yes(yes: Tensor) -> list[Layer]:
    """A hidden neuron for each setting that wants a yes.   yes: (m, n) in {0, 1}"""
    hidden = Layer(2 * yes - 1, 0.5 - yes.sum(1), threshold)  # only this setting passes
    ones = torch.ones(1, len(yes), dtype=yes.dtype)
    return [hidden, Layer(ones, torch.tensor([-0.5]).double(), threshold)]


def parity_by_counting(n: int) -> list[Layer]:
    """n hidden neurons: "at least k on?" for k = 1..n, added and subtracted in turn."""
    at_least = 0.5 - torch.arange(1, n + 1, dtype=torch.float64)
    signs = 1 - 2 * (torch.arange(n, dtype=torch.float64) % 2)
    return [
        Layer(torch.ones(n, n, dtype=torch.float64), at_least, threshold),
        Layer(signs[None], torch.tensor([-0.5]).double(), threshold),
    ]


# %%
for n in (2, 5, 10):
    settings = torch.cartesian_prod(*[YES_NO] * n)
    odd = settings.sum(1) % 2
    nets = {
        "one for each yes": one_for_each_yes(settings[odd == 1]),
        "counting": parity_by_counting(n),
    }
    for recipe, net in nets.items():
        name = f"parity of {n}, {recipe}, {len(net[0].b)} hidden neurons"
        check.close(name, forward(net, settings)[:, 0], odd)

# %% [markdown]
# In the worst case there is no such trick. Counting shows it: there are fewer than $2^{n^2}$ different neurons on $n$ switches (section 1.2 met the first counts), so $m$ hidden neurons and the one that listens to them can be wired up in fewer than $2^{n^2 m + m^2}$ ways. That is far too few for $2^{2^n}$ questions, unless $m$ grows exponentially with $n$. A
# grid of bumps meets the same wall with smooth functions: ten to an axis are ten on a line and $10^{64}$ over the 64 pixels of a digit.
#
# **Third: that the network is right between the points that it was shown.** With as many ReLUs as it takes, (1.15) goes through 40 noisy measurements exactly. Compare with a chain of eleven pieces that fits them only as well as it can.


# %%
def best_chain(x: Tensor, y: Tensor, pieces: int) -> Callable[[Tensor], Tensor]:
    """The chain of equally long straight pieces nearest to the points.   x, y: (n,)"""
    bends = torch.linspace(x.min().item(), x.max().item(), pieces + 1, dtype=x.dtype)[:-1]
    v = torch.linalg.lstsq(with_one((x[:, None] - bends).relu()), y[:, None]).solution
    return lambda new: (with_one((new[:, None] - bends).relu()) @ v)[:, 0]


# %%
rng = torch.Generator().manual_seed(SEED)
x = (4 * torch.rand(40, generator=rng, dtype=torch.float64) - 2).sort().values
y = torch.sin(3 * x) + 0.3 * data.normal(rng, 40)
between = torch.linspace(x.min().item(), x.max().item(), 1001, dtype=torch.float64)
every_point, chain = through_points(x, y), best_chain(x, y, 11)
exact, smooth = forward(every_point, between[:, None])[:, 0], chain(between)
on_shown = (forward(every_point, x[:, None])[:, 0] - y).square().mean()
check.reaches("39 ReLUs, on the points shown", on_shown, at_most=1e-20)
on_shown = (chain(x) - y).square().mean()
check.reaches("11 ReLUs, on the points shown", on_shown, at_least=0.02)
large, small = ((f - torch.sin(3 * between)).square().mean() for f in (exact, smooth))
check.reaches("39 over 11 ReLUs, against the true curve", large / small, at_least=1.2)

# %% tags=["hide-input"]
fig, ax = plots.panel("40 noisy points", x="$x$", y="$y$", size=(3.9, 3.5))
ax.plot(x, y, "o", color=plots.INK, markersize=4, label="shown")
ax.plot(between, torch.sin(3 * between), ":", color=plots.MUTED, label="the truth")
ax.plot(between, exact, "-", color=plots.ORANGE, linewidth=1.1, label="39 ReLUs")
ax.plot(between, smooth, "--", color=plots.BLUE, label="11 ReLUs")
fig.legend(ncols=2, loc="outside lower center")
plots.show(
    fig,
    alt="Forty noisy points around a sine. The chain of 39 ReLUs zigzags through every one of them; eleven ReLUs stay near the sine.",
)

# %% [markdown]
# The network with 39 ReLUs is perfect on what it was shown, and on the truth in between its squared error is clearly larger than the small one's, by a factor of 1.4 to 2.8 over five seeds. It has learnt the noise. Chapter 5 is about nothing else.
#
# ## 1.8 Why deep, if shallow is enough?
#
# If one hidden layer can follow any curve, why does everybody stack dozens? Fold a sheet of paper. Fold it again, and once more: three folds, eight layers. Each fold
# doubles what is there. A cut through the folded paper becomes eight cuts.
#
# A layer can fold, too. Two ReLUs make a tent that lays the right half of the interval upon the left half, stretched to full length:
#
# $$ \begin{gathered}
#    T(x) = 2\max(0, x) - 4\max(0, x - \tfrac12) \\
#    0 \le x \le 1
#    \end{gathered} \tag{1.17} $$
#
# Compose it $k$ times, with two ReLUs in each layer. How many straight pieces does the graph have?


# %%
def tent(x: Tensor) -> Tensor:
    """Eq. 1.17."""
    return 2 * x.relu() - 4 * (x - 0.5).relu()


def folded(k: int) -> list[Layer]:
    """The tent composed k times, as k hidden layers of two ReLUs.   X: (n, 1) -> (n, 1)"""
    b, once = torch.tensor([0, -0.5]).double(), torch.tensor([[2.0, -4.0]]).double()
    first = Layer(torch.ones(2, 1).double(), b, torch.relu)
    again = Layer(once.repeat(2, 1), b, torch.relu)  # both neurons hear the tent below
    return [first, *[again] * (k - 1), Layer(once, torch.zeros(1).double(), passed_on)]


def pieces(x: Tensor, y: Tensor) -> int:
    """Straight pieces of a graph that bends only at points of x.   x, y: (n,)"""
    slopes = y.diff() / x.diff()
    return 1 + int((slopes[1:] != slopes[:-1]).sum())


# %% [markdown]
# The bends lie at multiples of $2^{-k}$, which binary numbers hold exactly, so the pieces can be counted without any tolerance.

# %%
x = torch.linspace(0, 1, 2**12 + 1, dtype=torch.float64)
composed, counted, apart = x, [], []
for k in range(1, 11):
    composed = tent(composed)
    y = forward(folded(k), x[:, None])[:, 0]
    counted.append(pieces(x, y))
    apart.append((y - composed).abs().max().item())
check.close("layers against the tent composed", apart, [0.0] * 10)
check.close("straight pieces, 1 to 10 folds", counted, [2**k for k in range(1, 11)])
print(counted)

# %% tags=["hide-input"]
figures = []
for k in (1, 3, 5):
    fig, ax = plots.panel(
        f"{2 * k} ReLUs: {2**k} pieces", x="$x$", size=(2.4, 2.2), ylim=(-0.05, 1.1)
    )
    ax.plot(x, forward(folded(k), x[:, None])[:, 0], "-", color=plots.BLUE, linewidth=1.4)
    figures.append(fig)
plots.show(
    *figures,
    alt=["One tent.", "Four tents side by side.", "Sixteen narrow tents, from ten ReLUs."],
)

# %% [markdown]
# Twenty ReLUs in ten layers make 1,024 pieces. In one hidden layer each ReLU bends once, wherever it is, so $m$ of them make at most $m + 1$ pieces: the same graph needs 1,023. Depth multiplies
# where width adds. (Telgarsky, 2016, shows that a much shallower network cannot even come close, unless it is enormous.)
#
# > **Honest result.** Does training find such a network? Give it the perfect shape, four layers of two ReLUs, and for comparison four layers of eight, and let Adam look for the sixteen
# > pieces. It does not. With each of five seeds the two-wide network ends where it answers ½ to everything, a loss equal to the variance of the target, and four layers of eight keep 87 % of that loss or more.

# %%
x = torch.linspace(0, 1, 513, dtype=torch.float64)[:, None]
zigzag = forward(folded(4), x)
for width in (2, 8):
    torch.manual_seed(SEED)
    sizes = pairwise((1, *[width] * 4))
    body = [part for n, m in sizes for part in (nn.Linear(n, m), nn.ReLU())]
    seeker = nn.Sequential(*body, nn.Linear(width, 1)).double()
    adam = torch.optim.Adam(seeker.parameters(), lr=0.01)
    for _ in progress(range(1500), f"looking for the folds, width {width}"):
        adam.zero_grad()
        loss = (seeker(x) - zigzag).square().mean()
        loss.backward()
        adam.step()
    share = loss.item() / zigzag.var(unbiased=False).item()
    check.reaches(f"width {width}: share of the variance that is left", share, at_least=0.5)

# %% [markdown]
# So depth *can* be exponentially cheaper, and here training cannot collect the prize: a fold only pays when all the other folds are in place. Real data are kinder than this zigzag. Their parts make sense one by one, as
# the cat's did, and that is where depth is won in practice.
#
# ## 1.9 What does a network cost?
#
# Before you train a network you will want to know how much memory it takes and how long it runs. Both can be read off its sizes. A layer from $S_\text{in}$ to $S_\text{out}$ numbers has a
# weight for every pair and a bias for every output:
#
# $$ \text{parameters} = S_\text{in}\, S_\text{out} + S_\text{out} \tag{1.18} $$
#
# For one example each weight is used once, in one multiplication and one addition: a *multiply-accumulate*, MAC. Counted one by one, $S_\text{in}$ products, $S_\text{in} - 1$ additions to sum them and one for the bias, each output costs exactly
#
# $$ \begin{gathered}
#    \text{MACs} = S_\text{in}\, S_\text{out} \\
#    \text{FLOPs} = 2\, S_\text{in}\, S_\text{out}
#    \end{gathered} \tag{1.19} $$
#
# FLOPs with a small s are floating-point operations, an amount of work. FLOPS with a capital S are operations *per second*, the speed of a machine.


# %%
def count_parameters(sizes: Sequence[int]) -> int:
    """Weights and biases of an MLP with these layer sizes (eq. 1.18)."""
    return sum(n_in * n_out + n_out for n_in, n_out in pairwise(sizes))


def count_macs(sizes: Sequence[int]) -> int:
    """Multiply-accumulates of an MLP for one example (eq. 1.19)."""
    return sum(n_in * n_out for n_in, n_out in pairwise(sizes))


def mlp(sizes: Sequence[int]) -> nn.Sequential:
    """A ReLU network of torch's own layers."""
    parts = [part for n, m in pairwise(sizes) for part in (nn.Linear(n, m), nn.ReLU())]
    return nn.Sequential(*parts[:-1])


# %% [markdown]
# A formula about a network should be held to a network. torch keeps a list of the parameters. For the work, hang a *hook* on each layer: a function that torch calls when the layer
# runs, and that sees what went in and what came out.


# %%
def macs_seen(net: nn.Module, batch: Tensor) -> int:
    """Multiply-accumulates of the linear layers for a batch, as hooks see them."""
    seen = []

    def note(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen.append(output.numel() * layer.in_features)  # each output sums over all inputs

    layers = [m for m in net.modules() if isinstance(m, nn.Linear)]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    net(batch)
    for hook in hooks:
        hook.remove()  # or it would count for ever
    return sum(seen)


# %%
from torch.utils.flop_counter import FlopCounterMode

SIZES = (64, 64, 32, 10)  # the network that reads digits in chapter 3
net = mlp(SIZES)
check.close("parameters", count_parameters(SIZES), sum(p.numel() for p in net.parameters()))
check.close("MACs for one digit", count_macs(SIZES), macs_seen(net, torch.zeros(1, 64)))
seven = torch.zeros(7, 64)
check.close("MACs for a batch of 7", 7 * count_macs(SIZES), macs_seen(net, seven))
with FlopCounterMode(display=False) as counter:
    net(torch.zeros(1, 64))
check.close("FLOPs, as torch counts them", 2 * count_macs(SIZES), counter.get_total_flops())
in_the_cat = sum(layer.W.numel() + layer.b.numel() for layer in CAT_NET)
check.close("parameters of the cat", count_parameters((2, 25, 6, 1)), in_the_cat)
print(f"{count_parameters(SIZES):,} parameters and {count_macs(SIZES):,} MACs read a digit")

# %% [markdown]
# **Break it.** Forget the biases and you are off by the number of neurons, here 106 of 6,570: few enough to look like a rounding, and a check on a network without biases would
# never tell.

# %%
without = sum(n * m for n, m in pairwise(SIZES))
slips = {"The biases are missing: eq. 1.18 has one for each output.": without}
check.catches("no biases", lambda: check.close("parameters", without, 6570, slips=slips))
unbiased = sum(p.numel() for p in nn.Linear(3, 5, bias=False).parameters())
check.close("a network without biases", count_macs((3, 5)), unbiased)

# %% [markdown]
# Now depth and width can be weighed against each other in numbers. The ten folds of section 1.8 take $6k + 1$ parameters; a shallow network with as many pieces takes three for each of its ReLUs, and one.

# %%
for k in (2, 5, 10):
    deep, shallow = count_parameters((1, *[2] * k, 1)), count_parameters((1, 2**k - 1, 1))
    check.close(f"deep, {2**k} pieces", deep, 6 * k + 1)
    check.close(f"shallow, {2**k} pieces", shallow, 3 * (2**k - 1) + 1)

# %% [markdown]
# Sixty-one against 3,070 for the same graph.
#
# ## 1.10 Your turn
#
# The [exercises of this chapter](../assignments/01_neurons/01_neurons.ipynb) ask you to write the pieces again, without looking. Each has a check that tells you at once what is wrong.
#
# | exercise | effort | minutes |
# |---|---|---|
# | a neuron's answers (1.1) | ● | 5 |
# | one correction (1.8) | ●● | 10 |
# | *xor* from nands (1.11) | ●● | 10 |
# | what a network costs (1.18, 1.19) | ●● | 10 |
# | the collapse (1.13) | ●● | 10 |
# | ReLUs through points (1.15) | ●●● | 20 |
#
# And one to think about, without a check.
#
# <details><summary>A neuron can tell zeros from other digits by its pixels. Someone turns half of all pictures into their negatives, white ink on black paper. Can one neuron still do it?</summary>
#
# No. For a picture $\mathbf x$ with pixels between 0 and 1 the negative is $1 - \mathbf x$. A neuron that says yes to a zero and to its negative says yes, by the argument of section 1.2, to the point half-way between them, which is grey all over; and a neuron that says no to a seven and
# to its negative says no to the same grey. It is *xor* again: ink or paper, but exactly one of the two.
#
# </details>
#
# ## 1.11 In five lines
#
# 1. A perceptron adds up weighted inputs and a bias and cuts space with one hyperplane; the two conventions for its answers differ only on the cut itself.
# 2. It learns by adding or subtracting the examples that it gets wrong, and succeeds whenever some hyperplane would do; for *xor* none does.
# 3. Networks of perceptrons can do *xor*, as graphs or in layers, provided that something bends in between: linear layers collapse into one.
# 4. One hidden layer, wide enough, follows any continuous function on a closed and bounded set; that does not say that training finds it, that it is affordable, or that it is right elsewhere.
# 5. Depth can do with $k$ folds what takes $2^k$ pieces side by side, and two short formulas count the cost of it all.
#
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, sections 1.1 to 1.2.1, and Politecnico di Milano, "Perceptron" to "Universal approximation theorem"). In these places it differs
# from them.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 1.1, Milano "Perceptron" | answers 0 and 1 with $\ge 0$; answers $\pm 1$ with $> 0$ | both are in use, related by $t = 2y - 1$; they differ on the line itself (the two notes disagree; neither is wrong) | Rosenblatt (1958) | section 1.1 |
# | Milano "Hebbian learning" | the gated rule with a target is Hebb's, and a quotation of him mentions the target | Hebb's rule has neither gate nor target; the gated form is Rosenblatt's, and it needs answers of $\pm 1$ | Hebb (1949); Rosenblatt (1958) | section 1.3 |
# | Bologna 1.2 | shallow networks approximate any continuous $f : \mathbb R \to [0, 1]$ | on closed and bounded sets of $\mathbb R^d$, with real values, for a bend that is no polynomial, with as many neurons as it takes (a matter of precision) | Cybenko (1989); Leshno et al. (1993) | section 1.6 |
# | Milano "Universal approximation" | Hornik 1991, S-shaped, any measurable function; networks "can represent any function" | measurable functions and squashing neurons are Hornik, Stinchcombe and White (1989), in measure; approximate, not represent (a matter of precision) | Hornik et al. (1989); Hornik (1991) | section 1.6 |
# | Bologna 1.2.1 | the number of FLOPS is of order $S_\text{in} S_\text{out}$ | the order is right; the product counts multiply-accumulates, FLOPs are twice that, and FLOPS is a speed (a matter of precision) | eq. (1.19) | section 1.9 |
#
# Milano's remark that a minimum is found by setting derivatives to zero, which stands in its section on the theorem, is taken up in chapter 2.
#
# ## Further reading
#
# - F. Rosenblatt (1958), *The perceptron: a probabilistic model for information storage and organization in the brain*, Psychological Review 65: the machine, and
#   the hopes.
# - D. O. Hebb (1949), *The Organization of Behavior*, Wiley: the rule (1.7), in words.
# - M. Minsky and S. Papert (1969), *Perceptrons*, MIT Press: what one layer cannot do, far beyond *xor*.
# - A. B. J. Novikoff (1962), *On convergence proofs for perceptrons*, Symposium on the Mathematical Theory of Automata: the bound (1.10).
# - G. Cybenko (1989), *Approximation by superpositions of a sigmoidal function*, Mathematics of Control, Signals and Systems 2; K. Hornik, M. Stinchcombe and
#   H. White (1989), *Multilayer feedforward networks are universal approximators*, Neural Networks 2; K. Hornik (1991), *Approximation capabilities of multilayer
#   feedforward networks*, Neural Networks 4; M. Leshno, V. Y. Lin, A. Pinkus and S. Schocken (1993), *Multilayer feedforward networks with a nonpolynomial
#   activation function can approximate any function*, Neural Networks 6: the theorem, step by step.
# - M. Telgarsky (2016), *Benefits of depth in neural networks*, COLT: the tents of section 1.8.
