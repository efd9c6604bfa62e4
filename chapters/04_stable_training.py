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
# # 4 Making training work
#
# Build a network of thirty layers, fill it with random weights, and send a signal through. Nothing is trained yet. The one thing you chose is
# how large the weights are: their standard deviation.
#
# Choose 0.01, and what arrives at the end is a decimal point followed by more than thirty zeros. Choose 1, and it is a number with more than twenty-five digits.
# Between the two lies a narrow ridge on which the signal survives, and only on that ridge can the network learn. All of this is decided before the first example.
#
# This chapter is about staying on the ridge: which bends to use, how to draw the first weights, what to do when the signal
# drifts while training, and what when a single step goes wild. Each piece is built by hand and measured.

# %%
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, widgets
from course_utils.progress import progress

SEED = check.seed(4)

# %% tags=["hide-input"]
STDS = torch.logspace(-2, 0, 33, dtype=torch.float64)


def signal_map(
    bend: Callable[[Tensor], Tensor], depth: int = 30, width: int = 128
) -> Tensor:
    """log10 of the signal's std for every weight std and layer.   -> (33, depth)"""
    rng = torch.Generator().manual_seed(SEED)
    a = data.normal(rng, 32, width).expand(len(STDS), -1, -1)
    sizes = []
    for _ in range(depth):
        W = data.normal(rng, width, width)
        a = bend(a @ (STDS[:, None, None] * W.T))
        sizes.append(a.std(dim=(1, 2)).clamp(min=1e-40).log10())
    return torch.stack(sizes, dim=1)


# %% tags=["hide-input"]
def draw_map(title: str, sizes: Tensor) -> plots.Figure:
    """Blue where the signal fades, orange where it grows, contours at 1/10 and 10."""
    fig, ax = plots.panel(
        title, x="layer", y="standard deviation of the weights", yscale="log"
    )
    layers = torch.arange(1, sizes.shape[1] + 1)
    shades = {
        "cmap": plots.DIVERGING,
        "vmin": -9,
        "vmax": 9,
        "shading": "nearest",
        "rasterized": True,
    }
    drawn = ax.pcolormesh(layers, STDS, sizes.clamp(-9, 9), **shades)
    ax.contour(layers, STDS, sizes, [-1, 1], colors="black", linestyles="solid")
    bar = fig.colorbar(
        drawn, ax=ax, label="size of the signal", ticks=[-9, -6, -3, 0, 3, 6, 9]
    )
    bar.ax.yaxis.set_major_formatter(lambda v, _: f"$10^{{{v:.0f}}}$")
    ax.grid(False)
    return fig


# %% tags=["hide-input"]
sizes = signal_map(torch.relu)
fig, ax = plots.panel(
    "what is left after 30 layers",
    x="standard deviation of the weights",
    y="size of the signal",
    xscale="log",
    yscale="log",
)
ax.plot(STDS, 10 ** sizes[:, -1])
ax.axhspan(0.1, 10, color=plots.GREEN, alpha=0.25, linewidth=0)
ax.annotate("alive", (0.011, 30), color=plots.GREEN)
plots.show(
    fig,
    draw_map("the ridge: 30 layers of 128 ReLUs", sizes),
    alt=[
        "The size of the signal after 30 layers against the standard deviation of the "
        "weights: a steep line over sixty powers of ten, "
        "which crosses the narrow band between a tenth and ten near 0.125.",
        "A map of the signal's size by layer and weight size. Between fading below and "
        "growing above lies a wedge that narrows with every layer.",
    ],
)

# %% [markdown]
# ## 4.1 Which bend should a unit have?
#
# Chapter 1 showed why a unit must bend what it adds up: without a bend, thirty layers collapse into one. It did not say which bend. A unit
# receives a sum $z$ and answers $f(z)$; learning needs the slope $f'(z)$. What should a good pair of them look like?
#
# Begin with the S-shaped ones. They squeeze any number into an interval, and far from zero they are flat:
#
# $$ \begin{gathered}
#    \sigma(z) = \frac{1}{1 + e^{-z}}, \ \ \sigma' = \sigma\,(1 - \sigma) \\
#    \tanh z = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}, \ \ \tanh' = 1 - \tanh^2
#    \end{gathered} \tag{4.1} $$
#
# Then the ones that leave the positive side alone. ReLU cuts the negative side off; its relatives keep a trace of it:
#
# $$ \begin{gathered}
#    \operatorname{ReLU}(z) = \max(0, z) \\
#    \operatorname{leaky}_a(z) = \begin{cases} z & z > 0 \\ a z & z \le 0 \end{cases}
#    \end{gathered} \tag{4.2} $$
#
# $$ \begin{gathered}
#    \operatorname{ELU}_\alpha(z) = \begin{cases} z & z > 0 \\ \alpha\,(e^{z} - 1) & z \le 0 \end{cases} \\
#    \operatorname{softplus}(z) = \log(1 + e^{z})
#    \end{gathered} \tag{4.3} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $z$, $f(z)$, $f'(z)$ | `z`, `f`, `slope` | what a unit adds up, what it answers, how the answer moves with the sum |
# | $a$ | `a` | slope on the negative side: fixed at 0.01 (leaky), learned (parametric), drawn at random (randomized) |
# | $\alpha$ | `alpha` | how far below zero an ELU can go, chosen by hand |


# %%
class Activation(NamedTuple):
    """A function applied to each number by itself, and its derivative."""

    f: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]


def sigmoid(z: Tensor) -> Tensor:
    """1 / (1 + e^-z) (eq. 4.1).   any shape -> the same"""
    return 1 / (1 + (-z).exp())


def tanh(z: Tensor) -> Tensor:
    """tanh z (eq. 4.1), by e^-2|z| - 1: safe for a large z, exact for a small one."""
    t = torch.expm1(-2 * z.abs())
    return -z.sign() * t / (2 + t)


def softplus(z: Tensor) -> Tensor:
    """log(1 + e^z) (eq. 4.3); this exponential never grows."""
    return z.clamp(min=0) + torch.log1p((-z.abs()).exp())


# %%
def leaky(a: float) -> Activation:
    """z where z > 0, else a z (eq. 4.2). a = 0 is ReLU, a = 1 is linear."""
    return Activation(
        lambda z: torch.where(z > 0, z, a * z),
        lambda z: torch.where(z > 0, 1.0, a).to(z.dtype),
    )


def elu(alpha: float) -> Activation:
    """z where z > 0, else alpha (e^z - 1) (eq. 4.3)."""
    return Activation(
        lambda z: torch.where(z > 0, z, alpha * torch.expm1(z.clamp(max=0))),
        lambda z: torch.where(z > 0, 1.0, alpha * z.clamp(max=0).exp()),
    )


ACTIVATIONS = {
    "linear": leaky(1.0),
    "sigmoid": Activation(sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": Activation(tanh, lambda z: 1 - tanh(z) ** 2),
    "ReLU": leaky(0.0),
    "leaky ReLU": leaky(0.01),
    "ELU": elu(1.0),
    "softplus": Activation(softplus, sigmoid),
}

# %% [markdown]
# Seven functions and seven slopes. torch has the functions under other names, and autograd knows their slopes. Compare both, on small numbers and on large ones.

# %%
BY_TORCH = {
    "linear": lambda z: 1 * z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "ReLU": F.relu,
    "leaky ReLU": F.leaky_relu,
    "ELU": F.elu,
    "softplus": F.softplus,
}
rng = torch.Generator().manual_seed(SEED)
z = torch.cat([data.normal(rng, 9), torch.tensor([-30.0, 19.0, 800.0, -800.0]).double()])
for name, activation in ACTIVATIONS.items():
    leaf = z.clone().requires_grad_()
    expected = BY_TORCH[name](leaf)
    check.close(name, activation.f(z), expected)
    check.close(
        f"slope of {name}",
        activation.slope(z),
        torch.autograd.grad(expected.sum(), leaf)[0],
    )

# %% tags=["hide-input"]
z, panels = torch.linspace(-4, 4, 321, dtype=torch.float64), []
rectifiers = ("ReLU", "leaky ReLU", "ELU", "softplus")
groups = {"S-shaped": ("sigmoid", "tanh"), "rectifiers": rectifiers}
for title, group in groups.items():
    for part in ("f", "slope"):
        heading = title if part == "f" else f"{title}: their slopes"
        label = {"f": "$f(z)$", "slope": "$f'(z)$"}[part]
        fig, ax = plots.panel(heading, x="$z$", y=label, size=(3.6, 2.6))
        for name in group:
            ax.plot(z, getattr(ACTIVATIONS[name], part)(z), label=name)
        ax.legend()
        panels.append(fig)
plots.show(
    *panels,
    alt=[
        "The sigmoid rises from 0 to 1, tanh from -1 to 1; both are flat beyond about 4.",
        "Their slopes are bells: tanh reaches 1 at zero, the sigmoid only a quarter.",
        "ReLU, leaky ReLU, ELU and softplus agree on the far right; on the left ReLU is 0, "
        "ELU goes to -1, leaky ReLU sinks slowly.",
        "The slopes: ReLU jumps from 0 to 1, leaky ReLU from 0.01; ELU and softplus pass "
        "smoothly.",
    ],
)

# %% [markdown]
# **Break it, twice.** Formula (4.1) for tanh can be typed in as it stands, and on ordinary numbers it agrees to the last digit. At $z = 800$ the exponential is
# larger than any float, and infinity divided by infinity is no number.


# %%
def tanh_as_printed(z: Tensor) -> Tensor:
    """The slip: eq. 4.1 letter by letter."""
    return (z.exp() - (-z).exp()) / (z.exp() + (-z).exp())


ordinary, large = torch.tensor([0.3, -2.0]).double(), torch.tensor([0.3, 800.0]).double()
check.close("ordinary numbers", tanh_as_printed(ordinary), ordinary.tanh())
check.catches(
    "an overflow",
    lambda: check.close("large numbers", tanh_as_printed(large), large.tanh()),
)

# %% [markdown]
# The cure in many books is the identity $\tanh z = 2\sigma(2z) - 1$. It survives large numbers, it is exact on paper, and the check below passes it, because an absolute
# difference of $10^{-20}$ is nothing. But near zero the identity subtracts one from nearly one, and every digit is lost. The first draft of this chapter used it, and the table of section 4.4 then showed a
# plain zero after thirty layers where $10^{-24}$ belongs. Where small numbers matter, compare relative to their size.

# %%
tiny = torch.tensor([1e-20, -3e-18], dtype=torch.float64)
by_identity = 2 * sigmoid(2 * tiny) - 1

check.close("tiny numbers, by the absolute difference", by_identity, tiny.tanh())
check.close("our tanh, relative to the size", tanh(tiny), tiny.tanh(), atol=0)
check.catches(
    "digits lost near zero",
    lambda: check.close("tiny numbers", by_identity, tiny.tanh(), atol=0),
)

# %% [markdown]
# **Two relatives with a slope of their own.** A *parametric* ReLU learns $a$ like any weight. Its gradient collects what arrives at the
# negative sums, because there $\partial f/\partial a = z$:
#
# $$ \frac{\partial L}{\partial a} = \sum_{z_i \le 0} \frac{\partial L}{\partial f_i}\, z_i \tag{4.4} $$
#
# A *randomized* ReLU draws a fresh $a$ for every number while training, evenly between a lower and an upper bound, and uses the middle of the two when it is in
# service. It is a first member of a family that you will meet again: noise in training, its average afterwards.


# %%
def prelu_gradient(z: Tensor, dL_df: Tensor) -> Tensor:
    """dL/da of a parametric ReLU whose slope a is shared by all of z (eq. 4.4).   -> ()"""
    return (dL_df * z)[z <= 0].sum()


def randomized_relu(
    z: Tensor, training: bool, rng: torch.Generator, low: float = 1 / 8, high: float = 1 / 3
) -> Tensor:
    """Leaky ReLU: a random slope for each number in training, the mean slope afterwards."""
    a = (
        low + (high - low) * torch.rand(z.shape, generator=rng, dtype=z.dtype)
        if training
        else (low + high) / 2
    )
    return torch.where(z > 0, z, a * z)


# %%
rng = torch.Generator().manual_seed(SEED)
z, dL_df = (data.normal(rng, 4, 7) for _ in range(2))
a = torch.tensor([0.2], dtype=torch.float64, requires_grad=True)
expected = torch.autograd.grad(F.prelu(z, a), a, dL_df)[0][0]

check.close("dL/da of a parametric ReLU", prelu_gradient(z, dL_df), expected)
check.close(
    "randomized ReLU in service", randomized_relu(z, False, rng), F.rrelu(z, training=False)
)
drawn = torch.stack([randomized_relu(z, True, rng) for _ in range(4000)])
check.close(
    "its mean in training", drawn.mean(0), randomized_relu(z, False, rng), rtol=0, atol=0.01
)

# %% [markdown]
# **Softmax** is no bend of a single number: it turns a whole row of logits into probabilities, $p_i = e^{z_i} / \sum_k e^{z_k}$. Every output depends on
# every input, so its derivative is a matrix. Its place is the last layer (and the weights of an attention, in chapter 16), not the bend of a hidden unit:
#
# $$ \frac{\partial p_i}{\partial z_j} = p_i\,(\delta_{ij} - p_j) \tag{4.5} $$


# %%
def softmax(z: Tensor) -> Tensor:
    """Probabilities from logits; taking off the largest cancels.   (C,) -> (C,)"""
    weights = (z - z.max()).exp()
    return weights / weights.sum()


def softmax_jacobian(z: Tensor) -> Tensor:
    """dp_i/dz_j (eq. 4.5).   (C,) -> (C, C)"""
    p = softmax(z)
    return torch.diag(p) - torch.outer(p, p)


z = torch.tensor([2.0, -1.0, 0.5, 700.0, 699.0], dtype=torch.float64)
check.close("softmax", softmax(z), z.softmax(dim=0))
expected = torch.autograd.functional.jacobian(lambda v: v.softmax(dim=0), z)
check.close("its Jacobian", softmax_jacobian(z), expected)

# %% [markdown]
# Two sentences are often read about activations: that good ones are S-shaped, and that they must be differentiable. ReLU, the usual choice, is neither.
# At its kink any slope between 0 and 1 will do (a *sub-gradient*); torch takes 0. And how often does a sum land exactly on the kink? Count.

# %%
rng = torch.Generator().manual_seed(SEED)
sums = torch.randn(1000, 128, generator=rng) @ torch.randn(128, 1000, generator=rng)
kink = torch.zeros(1, requires_grad=True)

print(f"sums that are exactly zero: {(sums == 0).sum().item()} of {sums.numel():,}")
check.close(
    "torch's slope of ReLU at the kink",
    torch.autograd.grad(kink.relu(), kink)[0],
    torch.zeros(1),
)

# %% [markdown]
# What counts is not smoothness but a slope that says something. The step function of the first perceptrons has a derivative everywhere but in one point, and
# it is zero: no blame ever passes. The same holds for "a sigmoid above one half counts as one". That is a rule for deciding, applied to
# the finished network. Put it inside, and learning stops.

# %%
z = torch.randn(6, generator=rng, requires_grad=True)
check.close(
    "gradient through the sigmoid, rounded",
    torch.autograd.grad(z.sigmoid().round().sum(), z)[0],
    torch.zeros(6),
)
check.reaches(
    "gradient through the sigmoid",
    torch.autograd.grad(z.sigmoid().sum(), z)[0].min(),
    at_least=0.02,
)

# %% [markdown]
# ReLU has a list of drawbacks all the same: the kink, no upper bound, units that die (section 4.3), and an output that is never centred at zero. Measure the
# last. For standard normal sums the mean of ReLU is $1/\sqrt{2\pi} \approx 0.40$; ELU pulls it towards zero; tanh has none.
#
# Why would that matter? One example changes the weights of a unit by its blame times the incoming signals (3.16). When all signals are positive, all
# weights of the unit move up together or down together. A turn to the left needs a zigzag.

# %%
rng = torch.Generator().manual_seed(SEED)
z = data.normal(rng, 200_000)
mean = {name: activation.f(z).mean().item() for name, activation in ACTIVATIONS.items()}
check.close("mean of ReLU", mean["ReLU"], 1 / math.sqrt(2 * math.pi), atol=0.005)
check.reaches("mean of ELU", mean["ELU"], at_most=0.17)

delta, incoming = data.normal(rng, 50), data.normal(rng, 20)
for name in ("tanh", "ReLU"):
    dW = torch.outer(delta, ACTIVATIONS[name].f(incoming))  # eq. 3.16, one example
    both_ways = ((dW > 0).any(1) & (dW < 0).any(1)).double().mean()
    print(f"{name}: units whose weights may move both up and down: {both_ways:.0%}")


# %% [markdown]
# Send a bell of normal sums through each bend. Where does the bell end up, and how much of it sits where the slope is nearly zero? Make the sums
# four times as wide, and watch which units fall silent.


# %% tags=["hide-input"]
def bell_through(activation: str, width: float) -> tuple[plots.Figure, str]:
    """What an activation makes of normal sums of standard deviation `width`."""
    z = width * data.normal(torch.Generator().manual_seed(SEED), 20_000)
    bend = ACTIVATIONS[activation]
    answer, flat = bend.f(z), (bend.slope(z) < 0.05).double().mean()
    text = f"mean {answer.mean():.2f}, std {answer.std():.2f}, {flat:.0%} flat"
    fig, ax = plots.panel(text, x=f"sum $z$ and {activation} of $z$", y="share")
    how = {
        "bins": torch.linspace(-6, 6, 61).tolist(),
        "weights": torch.full_like(z, 1 / len(z)),
    }
    ax.hist(z.clamp(-6, 6), histtype="step", color=plots.MUTED, label="$z$", **how)
    ax.hist(answer.clamp(-6, 6), color=plots.BLUE, alpha=0.7, label="$f(z)$", **how)
    ax.legend()
    ax.set(ylim=(0, 0.6))
    return fig, f"{activation}, sums of standard deviation {width:g}: {text}."


# %% tags=["hide-input"]
widgets.explore(
    bell_through,
    title="What a bend makes of a bell",
    hint="Choose a bend, then widen the sums.",
    activation=list(ACTIVATIONS)[1:],
    width=[1.0, 4.0],
)

# %% [markdown]
# ## 4.2 What may the last layer say?
#
# Inside a network the bend serves learning. At the end it has another task: the answer has to be of the right kind. A probability lies between 0 and 1,
# a price is not negative, a temperature may be anything. Which last layer, then, and with which loss?
#
# | the answer is | last layer | loss | pull on the last sum |
# |---|---|---|---|
# | any number | linear: $\hat y = z$ | squared error | $2(\hat y - y)$ |
# | a number that is never negative | softplus: $\hat y = \log(1 + e^z)$ | squared error | $2(\hat y - y)\,\sigma(z)$ |
# | yes or no; or several of these, independent of each other | sigmoid: $p = \sigma(z)$ | binary cross-entropy | $p - y$ |
# | exactly one of $C$ classes | softmax | categorical cross-entropy | $\mathbf p - \mathbf y$ |
#
# As the bend of a hidden layer the softmax is not used, and the sigmoid is seldom a good choice: section 4.4 shows what it does to depth.
#
# **The wrong kind, first case.** A photograph shows a cat and a dog, and both labels are true. Two sigmoids can say yes twice. The softmax shares out one whole,
# so the smaller of the two probabilities can never pass one half.

# %%
rng = torch.Generator().manual_seed(SEED)
logits = 5 * data.normal(rng, 10_000, 2)
check.reaches(
    "softmax: the smaller of two yeses, at best",
    logits.softmax(1).min(1).values.max(),
    at_most=0.5,
)
check.reaches(
    "sigmoids: the smaller of two yeses, at best",
    logits.sigmoid().min(1).values.max(),
    at_least=0.99,
)

# %% [markdown]
# **Second case.** Fit waiting times, which are never negative. Take one unit, three last layers and 300 random starts of each. The linear one predicts
# waits below zero. ReLU cannot do that, but it can start on the wrong side for every example at once. Then it answers zero to everything, its
# gradient is zero, and it stays there. Softplus has neither fault. (A ReLU that does live fits these times best: their true curve is nearly zero for a while.)


# %%
def fit_waiting(
    last: Callable[[Tensor], Tensor], rng: torch.Generator, starts: int = 300
) -> tuple[Tensor, Tensor]:
    """One-unit models fitted to waiting times; predictions (starts, n) and times (n,)."""
    x = torch.linspace(0, 1, 41, dtype=torch.float64)
    noise = torch.rand(41, generator=rng, dtype=torch.float64)
    y = F.softplus(10 * x - 6) / 2 + 0.05 * noise
    w, b = (data.normal(rng, starts, 1).requires_grad_() for _ in range(2))
    for _ in range(600):
        errors = (last(w * x + b) - y) ** 2
        loss = errors.mean(dim=1).sum()  # each start has a loss of its own
        with torch.no_grad():
            for p, g in zip((w, b), torch.autograd.grad(loss, (w, b)), strict=True):
                p -= 0.2 * g
    return last(w * x + b).detach(), y


# %%
waits = {}
for name, last in {
    "linear": lambda z: 1 * z,
    "ReLU": torch.relu,
    "softplus": softplus,
}.items():
    said, times = fit_waiting(last, torch.Generator().manual_seed(SEED))
    waits[name] = {
        "negative": (said < 0).double().mean().item(),
        "stuck": (said == 0).all(dim=1).double().mean().item(),
        "error": ((said - times) ** 2).mean(dim=1).median().item(),
    }
    print(
        f"{name:>8}: {waits[name]['negative']:.0%} of its answers negative, "
        f"{waits[name]['stuck']:.0%} of its starts stuck at zero, "
        f"median error {waits[name]['error']:.4f}"
    )

check.reaches("linear: negative waits", waits["linear"]["negative"], at_least=0.1)
check.reaches("ReLU: starts that are stuck", waits["ReLU"]["stuck"], at_least=0.2)
check.reaches(
    "softplus: negative or stuck",
    waits["softplus"]["negative"] + waits["softplus"]["stuck"],
    at_most=0,
)

# %% [markdown]
# ## 4.3 Can a unit die?
#
# The stuck starts above are a small case of a large trouble. A ReLU whose sum is negative for every example answers zero to every example. Its slope is zero
# too, so no blame reaches its weights. In the first hidden layer nothing can bring it back; deeper down, only a change in the layers before it. How many units of a real network go this way, and what pushes them?
#
# Count a unit as dead when not one training example wakes it:
#
# $$ \text{dead fraction} = \frac{1}{h} \,\#\big\{ j : z_{ij} \le 0 \text{ for all } i \big\} \tag{4.6} $$


# %%
def dead_fraction(z: Tensor) -> float:
    """Share of units that no example wakes (eq. 4.6).   z: (n, h), the sums -> 0..1"""
    return (z <= 0).all(dim=0).double().mean().item()


class Reader(nn.Module):
    """64 pixels -> 64 hidden units -> 10 logits; He's initialisation (section 4.4)."""

    def __init__(self, activation: Callable[[Tensor], Tensor], rng: torch.Generator):
        super().__init__()
        self.activation = activation
        self.hidden, self.out = nn.Linear(64, 64), nn.Linear(64, 10)
        for layer in (self.hidden, self.out):
            nn.init.normal_(layer.weight, std=(2 / layer.in_features) ** 0.5, generator=rng)
            nn.init.zeros_(layer.bias)

    def forward(self, X: Tensor) -> Tensor:
        return self.out(self.activation(self.hidden(X)))


# %% [markdown]
# The training loop serves the whole chapter: plain gradient steps, with momentum when asked for (chapter 2), on batches drawn at random.


# %%
class How(NamedTuple):
    """How to train; `clip` limits the length of the gradient (section 4.8)."""

    lr: float
    momentum: float = 0.0
    batch: int = 32
    clip: float = math.inf


def train(
    net: nn.Module, split: data.Split, epochs: int, how: How, rng: torch.Generator
) -> list[float]:
    """Train on the cross-entropy; returns the accuracy on unseen data after each epoch."""
    optimizer = torch.optim.SGD(net.parameters(), lr=how.lr, momentum=how.momentum)
    history = []
    for _ in range(epochs):
        net.train()
        for rows in torch.randperm(len(split.X_train), generator=rng).split(how.batch):
            optimizer.zero_grad()
            F.cross_entropy(net(split.X_train[rows]), split.y_train[rows]).backward()
            if how.clip < math.inf:
                nn.utils.clip_grad_norm_(net.parameters(), how.clip)
            optimizer.step()
        history.append(data.accuracy(net, split.X_test, split.y_test))
    return history


# %%
DIGITS = data.digits(seed=SEED)
RATES = (0.1, 0.3, 1.0, 3.0, 8.0)
deaths = []
for rate in RATES:
    rng = torch.Generator().manual_seed(SEED)
    net = Reader(torch.relu, rng)
    score = train(net, DIGITS, 3, How(rate), rng)[-1]
    deaths.append(dead_fraction(net.hidden(DIGITS.X_train).detach()))
    print(
        f"learning rate {rate:>4}: {deaths[-1]:.0%} of the units dead, accuracy {score:.3f}"
    )

check.reaches("dead at learning rate 0.1", deaths[0], at_most=0.1)
check.reaches("dead at learning rate 3", deaths[3], at_least=0.5)

# %% [markdown]
# The killer is the long step. One of them throws the weights of a unit so far that all sums come out negative, and there they stay. "They stay" is a strong
# claim; hold it to the last bit. Take the network that was wrecked at rate 3, train it at a gentle 0.1, and compare the weights
# of the dead units before and after.

# %%
import copy

rng = torch.Generator().manual_seed(SEED)
wreck = Reader(torch.relu, rng)
train(wreck, DIGITS, 1, How(3.0), rng)
dead = (wreck.hidden(DIGITS.X_train) <= 0).all(dim=0)
before = wreck.hidden.weight.detach().clone()
survivor = copy.deepcopy(wreck)
train(survivor, DIGITS, 15, How(0.1), rng)

check.close(
    "weights of the dead units, 600 steps later",
    survivor.hidden.weight[dead],
    before[dead],
    rtol=0,
    atol=0,
)
moved = (survivor.hidden.weight - before)[~dead].abs().max().item()
check.reaches("largest change of a living unit's weight", moved, at_least=0.01)

# %% [markdown]
# Leaky relatives were invented against this. They keep a slope on the negative side, so blame passes. Does it help? Stage the accident cleanly: push the biases of 58 of
# the 64 units down until no example wakes them, by a margin of one half. Then train for eight gentle epochs with different bends, on five seeds.


# %%
def rescue(activation: Callable[[Tensor], Tensor], seed: int) -> tuple[float, float]:
    """Accuracy and silent fraction of a reader whose last 58 units begin silent."""
    rng, split = torch.Generator().manual_seed(seed), data.digits(seed=seed)
    net = Reader(activation, rng)
    with torch.no_grad():
        largest = net.hidden(split.X_train).max(dim=0).values
        net.hidden.bias[6:] -= largest[6:] + 0.5
    score = train(net, split, 8, How(0.1), rng)[-1]
    return score, dead_fraction(net.hidden(split.X_train).detach())


BENDS = {
    "ReLU": torch.relu,
    "slope 0.01": leaky(0.01).f,
    "slope 0.1": leaky(0.1).f,
    "ELU": F.elu,
}
rescued = {}
for name, bend in progress(BENDS.items(), "rescue"):
    rescued[name] = torch.tensor([rescue(bend, seed) for seed in range(5)])  # (5, 2)

# %%
gains = {name: results[:, 0] - rescued["ReLU"][:, 0] for name, results in rescued.items()}
for name, gain in gains.items():
    score, silent = rescued[name].mean(dim=0)
    print(
        f"{name:>10}: accuracy {score:.3f}, gain {gain.mean():+.3f} (std {gain.std():.3f}, "
        f"better on {(gain > 0).sum()} of 5 seeds), silent units {silent:.0%}"
    )

check.reaches("slope 0.01: mean gain", gains["slope 0.01"].mean(), at_most=0.015)
check.reaches("slope 0.1: smallest gain of five", gains["slope 0.1"].min(), at_least=0.005)
check.reaches("ELU: smallest gain of five", gains["ELU"].min(), at_least=0.05)
check.reaches(
    "ELU: mean gain over its standard deviation",
    gains["ELU"].mean() / gains["ELU"].std(),
    at_least=2,
)

# %% [markdown]
# The answer is worth reading twice. The usual slope of 0.01 changes nothing within these eight epochs: it lets a hundredth of the blame through, and with it the units move a hundred times too
# slowly. A slope of 0.1 wakes almost nobody, but its silent units work from the other side of zero: better on five of five seeds, by a mean gain of just under two standard deviations. The ELU, whose slope just below zero is near one, wakes most of them, and
# it alone passes this course's yardstick for "helps": the same sign on five of five seeds, and a mean gain of more than two standard deviations.
#
# ## 4.4 How large should a weight be?
#
# The map at the top showed a ridge. Where does it run, and does it depend on the bend, on the width, on the depth? One line of
# probability answers it.
#
# A unit sums $n_\text{in}$ products. If the weights are drawn independently with mean zero, the products do not
# conspire, and their variances simply add up:
#
# $$ \operatorname{Var} z = n_\text{in}\,\operatorname{Var} w\;\mathbb E\,[a^2] \tag{4.7} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $n_\text{in},\ n_\text{out}$ | `n_in`, `n_out` | how many signals enter a layer, how many leave it |
# | $\operatorname{Var} w$ | `std ** 2` | variance of the weights |
# | $\mathbb E[a^2]$ | | mean square of the incoming signals, not their variance: a ReLU's mean is not zero |
#
# So a layer multiplies the variance by $n_\text{in} \operatorname{Var} w$ and by what the bend leaves over. Thirty layers raise the product to the power of thirty.
# To stay on the ridge it has to be one:
#
# - For a linear layer, $\operatorname{Var} w = 1/n_\text{in}$.
# - ReLU throws half of a symmetric signal away, $\mathbb E[a^2] = \frac12 \operatorname{Var} z$. So twice as much (He and others, 2015):
#
# $$ \operatorname{Var} w = \frac{2}{n_\text{in}} \tag{4.8} $$
#
# - The blame travels the other way, through $n_\text{out}$ wires, and asks for $\operatorname{Var} w = 1/n_\text{out}$. Glorot and Bengio (2010) meet in the
#   middle; after the first author's given name it is also called Xavier's rule:
#
# $$ \operatorname{Var} w = \frac{2}{n_\text{in} + n_\text{out}} \tag{4.9} $$


# %%
def normal_weights(n_in: int, n_out: int, std: float, rng: torch.Generator) -> Tensor:
    """A weight matrix with normal entries.   -> (n_out, n_in)"""
    return std * data.normal(rng, n_out, n_in)


def he_std(n_in: int, n_out: int) -> float:
    """Standard deviation for layers followed by ReLU (eq. 4.8)."""
    return (2 / n_in) ** 0.5


def xavier_std(n_in: int, n_out: int) -> float:
    """Standard deviation between what signal and blame ask for (eq. 4.9)."""
    return (2 / (n_in + n_out)) ** 0.5


# %%
from functools import partial

rng = torch.Generator().manual_seed(SEED)
n_in, n_out = 700, 500
empty = torch.empty(n_out, n_in, dtype=torch.float64)
INITIALISERS = (
    ("He", he_std, partial(nn.init.kaiming_normal_, nonlinearity="relu")),
    ("Xavier", xavier_std, nn.init.xavier_normal_),
)
for name, rule, by_torch in INITIALISERS:
    mine = normal_weights(n_in, n_out, rule(n_in, n_out), rng).std()
    check.close(
        f"{name}: std of 350,000 weights, ours and torch's",
        mine,
        by_torch(empty, generator=rng).std(),
        rtol=0.01,
    )

# %%
x = data.normal(rng, 400, n_in).relu()
variance = (x @ normal_weights(n_in, n_out, 0.3, rng).T).var()
check.close(
    "Var z, measured and by eq. 4.7", variance, n_in * 0.3**2 * (x**2).mean(), rtol=0.05
)
check.catches(
    "the variance of a in place of its mean square",
    lambda: check.close("Var z", n_in * 0.3**2 * x.var(), variance, rtol=0.05),
)

# %% [markdown]
# Both rules also come as uniform draws between $-r$ and $r$. A uniform number has the variance $r^2/3$, so $r = \sqrt{3 \operatorname{Var} w}$. For Xavier's
# rule that is $r = \sqrt{6/(n_\text{in} + n_\text{out})}$, the default of Keras.
#
# Now send a batch through thirty layers of 256 units, with every rule that you may meet. Watch one detail: "$\mathcal N(0, 0.01)$" in a text
# means a *variance* of 0.01, so a standard deviation of 0.1. Many programs put 0.01 where the standard deviation goes. Run both.


# %%
def size_at_depth(
    f: Callable[[Tensor], Tensor],
    draw: Callable[[int, int, torch.Generator], Tensor],
    seed: int,
    widths: Sequence[int] = (256,) * 31,
) -> float:
    """The signal's std after layers of these widths, for 64 standard normal inputs."""
    rng = torch.Generator().manual_seed(seed)
    a = data.normal(rng, 64, widths[0])
    for n_in, n_out in pairwise(widths):
        a = f(a @ draw(n_in, n_out, rng).T)
    return a.std().item()


# %%
def of_std(
    rule: Callable[[int, int], float],
) -> Callable[[int, int, torch.Generator], Tensor]:
    """Turn a rule for the standard deviation into a way to draw normal weights."""
    return lambda n_in, n_out, rng: normal_weights(n_in, n_out, rule(n_in, n_out), rng)


# %%
RULES = {
    "zeros": of_std(lambda n_in, n_out: 0.0),
    "std 0.01": of_std(lambda n_in, n_out: 0.01),
    "variance 0.01": of_std(lambda n_in, n_out: 0.1),
    "big: std 1": of_std(lambda n_in, n_out: 1.0),
    "1/n_in": of_std(lambda n_in, n_out: n_in**-0.5),
    "Xavier": of_std(xavier_std),
    "He": of_std(he_std),
    "torch's nn.Linear": lambda n_in, n_out, rng: (
        (2 * torch.rand(n_out, n_in, generator=rng).double() - 1) / n_in**0.5
    ),
}

# %%
depth_30, columns = {}, ("linear", "sigmoid", "tanh", "ReLU")
print(" " * 18 + "".join(f"{bend:>10}" for bend in columns))
for rule, draw in RULES.items():
    for bend in columns:
        depth_30[rule, bend] = size_at_depth(ACTIVATIONS[bend].f, draw, SEED)
    print(f"{rule:>18}" + "".join(f"{depth_30[rule, bend]:>10.2g}" for bend in columns))

check.reaches("ReLU, std 0.01", depth_30["std 0.01", "ReLU"], at_most=1e-27)
check.reaches("ReLU, std 1", depth_30["big: std 1", "ReLU"], at_least=1e30)
check.reaches("ReLU, Xavier", depth_30["Xavier", "ReLU"], at_most=1e-4)
check.reaches("ReLU, He", depth_30["He", "ReLU"], at_least=0.1, at_most=5)
check.reaches("tanh, std 0.01", depth_30["std 0.01", "tanh"], at_most=1e-22)
check.reaches("linear, 1/n_in", abs(depth_30["1/n_in", "linear"] - 1), at_most=0.25)

# %% [markdown]
# Read the table by columns. "Variance 1/n gives activations of variance one" holds in the first column, for linear layers with unit inputs. Under ReLU the same rule loses a
# factor $\sqrt{1/2}$ a layer; over thirty of them that makes $2^{-15}$, a few hundred-thousandths. He's rule keeps ReLU within a factor of a few. The last row may surprise you: what `nn.Linear` draws by
# default is uniform with a variance of only $1/(3 n_\text{in})$. It is made for a few layers, not for thirty.
#
# The sigmoid's column looks the healthiest of all: nothing fades, nothing grows. But the number mixes two things: how much the *units* differ from each other, and how much the *examples* do.
# A unit that says 0.4 to every input beside one that says 0.6 to every input keeps the spread up and tells nothing. Measure the second part alone.

# %%
rng = torch.Generator().manual_seed(SEED)
a = data.normal(rng, 64, 256)
for _ in range(30):
    a = sigmoid(a @ RULES["1/n_in"](256, 256, rng).T)
apart = a.std(dim=0).mean().item()  # over the 64 inputs, unit by unit
print(f"std of all answers {a.std():.2f}, of one unit's answers to 64 inputs {apart:.0e}")
check.reaches("sigmoid, 1/n_in: std over the inputs", apart, at_most=1e-12)

# %% [markdown]
# All 64 inputs have become the same answer, down to the rounding. A slope of one quarter at most divides their differences by four or more in every layer: size is needed for a signal, but it is not yet one.
#
# The tanh column ends at 0.12 with $1/n_\text{in}$, and this can be predicted. For small sums $\tanh z \approx z - z^3/3$, so a layer turns the variance $v$ into about
# $v - 2v^2$. Such a sequence does not die exponentially; it falls like $1/(2l)$ with the layer $l$, and at thirty its root is:

# %%
predicted = (1 / (2 * 30)) ** 0.5
check.close(
    "tanh after 30 layers of 1/n_in", depth_30["1/n_in", "tanh"], predicted, rtol=0.1
)

# %% [markdown]
# And the middle between $n_\text{in}$ and $n_\text{out}$? Take linear layers that are wide and narrow in turn, 400 and 100. The rule $1/n_\text{in}$ keeps the signal. Xavier's gives up
# a little in each direction: one wide and one narrow layer multiply the variance by $\frac{800}{500}\cdot\frac{200}{500} = 0.64$. Over fifteen pairs that is a size of 0.035. A compromise pleases
# neither side entirely; in layers of one width the two rules agree.

# %%
widths = [400, 100] * 15 + [400]
kept, compromise = (
    size_at_depth(ACTIVATIONS["linear"].f, RULES[rule], SEED, widths)
    for rule in ("1/n_in", "Xavier")
)
print(f"1/n_in {kept:.2f}, Xavier {compromise:.3f}, predicted {0.64**7.5:.3f}")
check.reaches(
    "Xavier's size over its prediction", compromise / 0.64**7.5, at_least=0.5, at_most=2
)


# %% [markdown]
# Now draw the maps yourself, for the size of the signal on its way forward and of the blame on its way back. For the sigmoid, compare the two: only the blame shows what is lost. Before you choose tanh, predict: it cannot answer more than one, so can anything explode?


# %%
def blame_map(activation: Activation, depth: int = 30, width: int = 64) -> Tensor:
    """log10 of the std of dL/dz for every weight std and layer.   -> (33, depth)"""
    rng = torch.Generator().manual_seed(SEED)
    a, sums = (data.normal(rng, 32, width).expand(len(STDS), -1, -1), [])
    W = [data.normal(rng, width, width) for _ in range(depth)]
    for l in range(depth):
        sums.append(a @ (STDS[:, None, None] * W[l].T))
        a = activation.f(sums[-1])
    delta = data.normal(rng, *sums[-1].shape[1:]) * activation.slope(sums[-1])
    sizes = [delta.std(dim=(1, 2))]
    for l in reversed(range(1, depth)):
        dL_da = delta @ (STDS[:, None, None] * W[l])
        delta = dL_da * activation.slope(sums[l - 1])  # eq. 3.15
        sizes.append(delta.std(dim=(1, 2)))
    return torch.stack(sizes[::-1], dim=1).clamp(min=1e-40).log10()


# %% tags=["hide-input"]
def explore_maps(activation: str, shows: str) -> tuple[plots.Figure, str]:
    """The map of the signal or of the blame for one activation."""
    forward = shows == "signal, forward"
    sizes = (
        signal_map(ACTIVATIONS[activation].f, width=64)
        if forward
        else blame_map(ACTIVATIONS[activation])
    )
    alive = ((sizes[:, -1 if forward else 0]).abs() < 1).nonzero().ravel()
    span = (
        f"weights of std {STDS[alive[0]]:.2g} to {STDS[alive[-1]]:.2g} keep it near one"
        if len(alive)
        else "no size of weights keeps it"
    )
    text = f"{activation}, {shows}: through 30 layers of 64 units {span}."
    return draw_map(f"{activation}: {shows}", sizes), text


# %% tags=["hide-input"]
widgets.explore(
    explore_maps,
    title="Where is the ridge?",
    hint="Choose a bend, and a direction.",
    activation=["sigmoid", "tanh", "ReLU"],
    shows=["signal, forward", "blame, backward"],
)

# %% [markdown]
# It can. Large weights saturate tanh, and the signal looks healthy at every size. But in each layer a few units happen to lie near zero, where the slope is one, and through them the blame passes weights that are large: on its way back it explodes. A signal of the right size is not enough.

# %%
back = blame_map(ACTIVATIONS["tanh"])[-1]  # weights of std 1
check.reaches(
    "tanh, std 1: log10 of the blame, first layer over last", back[0] - back[-1], at_least=3
)
check.reaches(
    "tanh, std 1: the signal after 30 layers", depth_30["big: std 1", "tanh"], at_least=0.9
)

# %% [markdown]
# ## 4.5 What does a network of zeros learn?
#
# If small is safe, why not begin with zero, and let the gradient decide? "All gradients are zero and nothing is learned", say the notes. It is nearly right, and the
# exact answer is more interesting. Take a net with 16 hidden units and one output, all parameters zero, on eight examples of which two are "yes". What is the
# gradient of each parameter?


# %%
def hidden_layer_net(
    parameters: Sequence[Tensor], bend: Callable[[Tensor], Tensor], X: Tensor
) -> Tensor:
    """One hidden layer, one logit; parameters W1 (h, d), b1 (h,), W2 (1, h), b2 (1,).

    X: (n, d) -> (n,)
    """
    W1, b1, W2, b2 = parameters
    return F.linear(bend(F.linear(X, W1, b1)), W2, b2)[:, 0]


def gradients(
    parameters: Sequence[Tensor], bend: Callable[[Tensor], Tensor], X: Tensor, y: Tensor
) -> list[Tensor]:
    """The gradients of the binary cross-entropy."""
    leaves = [p.clone().requires_grad_() for p in parameters]
    loss = F.binary_cross_entropy_with_logits(hidden_layer_net(leaves, bend, X), y)
    return list(torch.autograd.grad(loss, leaves))


# %%
SHAPES = ((16, 2), (16,), (1, 16), (1,))
zeros = [torch.zeros(shape, dtype=torch.float64) for shape in SHAPES]
X = data.normal(torch.Generator().manual_seed(SEED), 8, 2)
y = torch.tensor([1.0, 0, 0, 1, 0, 0, 0, 0], dtype=torch.float64)
for name in ("ReLU", "tanh", "sigmoid"):
    grads = gradients(zeros, ACTIVATIONS[name].f, X, y)
    dW1, db1, dW2, db2 = (g.abs().max().item() for g in grads)
    print(f"{name:>8}: dW1 {dW1:g}, db1 {db1:g}, dW2 {dW2:g}, db2 {db2:g}")
    check.close(f"{name}: gradient of the output bias", db2, 0.25)
    last_weights = 0.125 if name == "sigmoid" else 0.0
    check.close(f"{name}: gradient of the last weights", dW2, last_weights)

# %% [markdown]
# With ReLU and tanh one number has a gradient: the output bias. It will learn how frequent "yes" is, and nothing else ever moves, since every weight's gradient is a
# product with something that is zero. The sigmoid of zero is one half, so there the last weights move too, all by the same amount, and then the first ones, again
# all alike. Train such nets on points from two moons, beside nets with random weights.


# %%
def train_on_moons(
    parameters: Sequence[Tensor],
    bend: Callable[[Tensor], Tensor],
    seed: int,
    steps: int = 1200,
) -> tuple[float, list[Tensor]]:
    """Full-batch gradient descent; the test accuracy and the trained parameters."""
    split = data.moons(seed=seed, dtype=torch.float64)
    X, y, parameters = (
        split.X_train,
        split.y_train.double(),
        [p.clone() for p in parameters],
    )
    for _ in range(steps):
        for p, g in zip(parameters, gradients(parameters, bend, X, y), strict=True):
            p -= 2.0 * g
    right = (hidden_layer_net(parameters, bend, split.X_test) > 0) == split.y_test.bool()
    return right.double().mean().item(), parameters


# %%
rng = torch.Generator().manual_seed(SEED)
started = [data.normal(rng, *shape) for shape in SHAPES]
moons = {}
for name in ("ReLU", "tanh", "sigmoid"):
    for start, parameters in {"zeros": zeros, "random": started}.items():
        moons[name, start] = train_on_moons(parameters, ACTIVATIONS[name].f, SEED)
    print(
        f"{name:>8}: accuracy from zeros {moons[name, 'zeros'][0]:.3f}, "
        f"from random weights {moons[name, 'random'][0]:.3f}"
    )

# %%
for name in ("ReLU", "tanh"):
    check.close(
        f"{name}: the first weights after 1,200 steps",
        moons[name, "zeros"][1][0],
        zeros[0],
        rtol=0,
        atol=0,
    )
first_weights = moons["sigmoid", "zeros"][1][0]
alike = first_weights[:1].expand(16, 2)
check.close(
    "sigmoid: every unit's weights, and those of the first unit",
    first_weights,
    alike,
    rtol=0,
    atol=1e-12,
)
check.reaches("sigmoid: largest first weight", first_weights.abs().max(), at_least=0.5)
check.reaches(
    "sigmoid, sixteen units that agree", moons["sigmoid", "zeros"][0], at_most=0.93
)
check.reaches("sigmoid, random weights", moons["sigmoid", "random"][0], at_least=0.95)

# %% tags=["hide-input"]
split, panels = data.moons(seed=SEED, dtype=torch.float64), []
points, labels = split.X_test.numpy(), split.y_test.numpy()
for start, title in {"zeros": "units that agree", "random": "units that differ"}.items():
    score, parameters = moons["sigmoid", start]
    title = f"sixteen {title}: {score:.1%} right"
    fig, ax = plots.panel(title, x="$x_1$", y="$x_2$", size=(3.9, 3.4))
    plots.decision_regions(
        ax,
        lambda p: (hidden_layer_net(parameters, sigmoid, torch.tensor(p)) > 0).long(),
        points,
        labels,
    )
    panels.append(fig)
plots.show(
    *panels,
    alt=[
        "From zeros: one straight border through both moons.",
        "From random weights: a border that winds between the moons.",
    ],
)

# %% [markdown]
# From zeros, the sixteen sigmoid units stay copies of each other to thirteen digits: a hidden layer with a single opinion, which draws a straight border. The same happens from any constant, for identical
# units receive identical gradients, and so stay identical. Random weights are there to break that tie. The biases may begin at zero; the weights have done the breaking.
#
# ## 4.6 Could the network rescale itself?
#
# A good start puts the signal on the ridge. Then training moves the weights, and nobody watches. What if each layer measured its own signal, and put it back to mean zero and
# variance one, at every step?
#
# *Batch normalisation* (Ioffe and Szegedy, 2015) does this for every unit separately, with the mean and the variance over the examples of the batch, and afterwards lets the unit choose its own scale $\gamma$
# and shift $\beta$, which are learned:
#
# $$ \begin{gathered}
#    \mu = \frac1n \sum_i x_i, \quad v = \frac1n \sum_i (x_i - \mu)^2 \\
#    \hat x_i = \frac{x_i - \mu}{\sqrt{v + \varepsilon}}, \qquad y_i = \gamma\,\hat x_i + \beta
#    \end{gathered} \tag{4.10} $$
#
# | symbol | name | shape | meaning |
# |---|---|---|---|
# | $x,\ \hat x,\ y$ | `X`, `X_hat`, `Y` | $(n, d)$ | what comes in, standardised, what goes out |
# | $\mu,\ v$ | `mean`, `var` | $(d)$ | over the batch in training, stored ones in service |
# | $\gamma,\ \beta$ | `gamma`, `beta` | $(d)$ | learned scale and shift; they begin at one and zero |
# | $\varepsilon$ | `eps` | | $10^{-5}$: keeps a constant unit from a division by zero |
# | $m$ | `momentum` | | share of the newest batch in the running averages, 0.1 |
#
# In service there may be no batch: one photograph, one answer. So while training, the layer keeps running averages, and in service it uses them in place of the batch's own:
#
# $$ \begin{gathered}
#    \bar\mu \leftarrow (1 - m)\,\bar\mu + m\,\mu \\
#    \bar v \leftarrow (1 - m)\,\bar v + m\,\frac{n}{n-1}\,v
#    \end{gathered} \tag{4.11} $$
#
# The factor $n/(n-1)$ makes the stored variance unbiased: it estimates the variance of all data, and a sample's own is a little too small for that. The variance in (4.10) stays the plain one.
#
# Backward, an input influences the answer along three paths: directly, through the mean, and through the variance. Adding them up (3.2) gives, with $g_i = \gamma\,\partial L/\partial y_i$,
#
# $$ \begin{gathered}
#    \frac{\partial L}{\partial x_i} = \frac{1}{\sqrt{v + \varepsilon}} \Big( g_i - \frac1n\sum_k g_k - \hat x_i\,\frac1n\sum_k g_k \hat x_k \Big) \\
#    \frac{\partial L}{\partial \gamma} = \sum_i \frac{\partial L}{\partial y_i}\,\hat x_i, \qquad \frac{\partial L}{\partial \beta} = \sum_i \frac{\partial L}{\partial y_i}
#    \end{gathered} \tag{4.12} $$


# %%
class BatchNorm1d:
    """Standardises each column over the batch, then scales and shifts it (eq. 4.10).

    X: (n, d) -> (n, d)
    """

    def __init__(self, d: int, eps: float = 1e-5, momentum: float = 0.1):
        self.eps, self.momentum = eps, momentum
        self.gamma = torch.ones(d, dtype=torch.float64)
        self.beta = torch.zeros(d, dtype=torch.float64)
        self.running_mean = torch.zeros_like(self.beta)
        self.running_var = torch.ones_like(self.gamma)

    def forward(self, X: Tensor, training: bool) -> Tensor:
        """Raises ValueError when training on a single row: it has no variance."""
        mean, var = self.running_mean, self.running_var
        if training:
            mean, var = X.mean(dim=0), X.var(dim=0, correction=0)
            self.remember(mean, var, len(X))
        self.std = (var + self.eps).sqrt()
        self.X_hat = (X - mean) / self.std  # eq. 4.10
        return self.gamma * self.X_hat + self.beta

    def remember(self, mean: Tensor, var: Tensor, n: int) -> None:
        """Move the running averages towards this batch (eq. 4.11)."""
        if n < 2:
            raise ValueError("batch normalisation needs at least two rows to train on")
        m, unbiased = self.momentum, var * n / (n - 1)
        self.running_mean = (1 - m) * self.running_mean + m * mean
        self.running_var = (1 - m) * self.running_var + m * unbiased

    def backward(self, dY: Tensor) -> Tensor:
        """dL/dX after a forward pass in training (eq. 4.12); keeps dgamma and dbeta."""
        self.dgamma, self.dbeta = (dY * self.X_hat).sum(dim=0), dY.sum(dim=0)
        g = dY * self.gamma
        return (g - g.mean(dim=0) - self.X_hat * (g * self.X_hat).mean(dim=0)) / self.std


# %% [markdown]
# An image has channels, and the pixels of a channel belong together: they were all made by one set of weights. So the two-dimensional version takes the statistics over the batch, the rows and the
# columns of each channel. It is the same layer, with every pixel as an example.


# %%
class BatchNorm2d(BatchNorm1d):
    """For images: one mean and one variance a channel.   X: (n, c, h, w) -> the same"""

    def forward(self, X: Tensor, training: bool) -> Tensor:
        self.size = X.shape
        return self.to_images(super().forward(self.to_rows(X), training))

    def backward(self, dY: Tensor) -> Tensor:
        return self.to_images(super().backward(self.to_rows(dY)))

    def to_rows(self, X: Tensor) -> Tensor:
        return X.movedim(1, -1).reshape(-1, X.shape[1])  # (n h w, c)

    def to_images(self, rows: Tensor) -> Tensor:
        n, c, h, w = self.size
        return rows.reshape(n, h, w, c).movedim(-1, 1)


# %% [markdown]
# Check both against torch: three training batches of different sizes, with their gradients and running averages, and then service. $\gamma$ and $\beta$ are random, as ones and zeros would hide a missing
# factor.


# %%
def compare_with_torch(
    ours: BatchNorm1d, theirs: nn.Module, batches: Sequence[Tensor], rng: torch.Generator
) -> None:
    """Hold outputs, gradients and running averages to torch's; then compare in service."""
    with torch.no_grad():
        theirs.weight.copy_(ours.gamma), theirs.bias.copy_(ours.beta)
    for X in batches:
        leaf = X.clone().requires_grad_()
        expected, dY = theirs(leaf), data.normal(rng, *X.shape)
        gradients = torch.autograd.grad(expected, (leaf, theirs.weight, theirs.bias), dY)
        averages = theirs.running_mean, theirs.running_var
        check.close(f"training, {tuple(X.shape)}", ours.forward(X, training=True), expected)
        mine = ours.backward(dY), ours.dgamma, ours.dbeta
        check.close("  dX, dgamma, dbeta", mine, gradients)
        check.close("  running averages", (ours.running_mean, ours.running_var), averages)
    theirs.eval()
    check.close("in service", ours.forward(batches[0], training=False), theirs(batches[0]))


# %%
rng = torch.Generator().manual_seed(SEED)
sizes = {
    BatchNorm1d: [(5, 3), (2, 3), (8, 3)],
    BatchNorm2d: [(2, 3, 4, 5), (1, 3, 2, 7), (6, 3, 1, 2)],
}
for ours, theirs in (
    (BatchNorm1d(3), nn.BatchNorm1d(3)),
    (BatchNorm2d(3), nn.BatchNorm2d(3)),
):
    ours.gamma, ours.beta = (data.normal(rng, 3) for _ in range(2))
    batches = [3 + 2 * data.normal(rng, *size) for size in sizes[type(ours)]]
    compare_with_torch(ours, theirs.double(), batches, rng)

# %% [markdown]
# How many numbers is that? For $d$ units, $2d$ are learned, and $2d$ are kept as running averages, without a gradient. torch also counts the batches that it has seen.

# %%
layer = nn.BatchNorm1d(37)
check.close("learned", sum(p.numel() for p in layer.parameters()), 2 * 37)
check.close("kept", sum(b.numel() for b in layer.buffers()), 2 * 37 + 1)

# %% [markdown]
# **Break it.** Three slips that look alike. With $\varepsilon$ outside the root, ordinary data never notices; a nearly constant unit does. The plain variance in the running average is off by $n/(n-1)$: a
# fifth of its share for a batch of six, and invisible for a batch of a thousand. And two-dimensional data whose statistics are taken over the batch alone keep a mean for every pixel: the shape is right, the layer is another.

# %%
six_rows = data.normal(rng, 6, 3)
nearly_constant, layer = 1e-3 * six_rows, nn.BatchNorm1d(3).double()
outside = (nearly_constant - nearly_constant.mean(0)) / (
    nearly_constant.var(0, correction=0).sqrt() + 1e-5
)
check.catches(
    "eps outside the root",
    lambda: check.close("nearly constant", outside, layer(nearly_constant)),
)

layer = nn.BatchNorm1d(3).double()
layer(six_rows)
plain = 0.9 + 0.1 * six_rows.var(0, correction=0)
slips = {"The running variance is the plain one; eq. 4.11 stores the unbiased one.": plain}
check.catches(
    "a biased running variance",
    lambda: check.close("running variance", plain, layer.running_var, slips=slips),
)

images = 3 + data.normal(rng, 4, 2, 5, 3)
by_pixel = (images - images.mean(0)) / (images.var(0, correction=0) + 1e-5).sqrt()
check.catches(
    "a mean for every pixel",
    lambda: check.close("images", by_pixel, nn.BatchNorm2d(2).double()(images)),
)

# %% [markdown]
# ## 4.7 What does normalising buy?
#
# Three things follow from (4.10) with nothing but a pencil, and each can be checked. First, whatever is constant over the batch is taken away: a bias in front of the layer is useless, and its gradient is exactly
# zero. Second, doubling the weights in front changes nothing, since the scale is divided out. Third, because of the second, their gradient halves. Large weights receive small steps: the layer adapts its own
# learning rate.


# %%
def normalised(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """A linear layer, then eq. 4.10 with eps = 0, to see the mathematics alone."""
    z = F.linear(X, W, b)
    return (z - z.mean(dim=0)) / z.var(dim=0, correction=0).sqrt()


# %%
rng = torch.Generator().manual_seed(SEED)
X, target = (data.normal(rng, 9, size) for size in (4, 3))
weights = data.normal(rng, 3, 4)
dW, db = {}, {}
for factor in (1, 2):
    leaves = [
        (factor * weights).requires_grad_(),
        torch.ones(3, dtype=torch.float64, requires_grad=True),
    ]
    dW[factor], db[factor] = torch.autograd.grad(
        ((normalised(X, *leaves) - target) ** 2).sum(), leaves
    )

bias = torch.zeros(3, dtype=torch.float64)
check.close("gradient of the bias", db[1], bias, atol=1e-12)
check.close(
    "output with doubled weights",
    normalised(X, 2 * weights, bias),
    normalised(X, weights, bias),
)
check.close("gradient with doubled weights", dW[2], dW[1] / 2)

# %% [markdown]
# Now the experiment that made the method famous, in the small: a network of nine layers with sigmoids, which by section 4.4 can hardly tell its inputs apart. Same weights at the start, same data, with and without
# normalisation.


# %%
def deep_net(
    rng: torch.Generator,
    bend: type[nn.Module],
    normalise: bool,
    std_factor: float = 1.0,
    hidden: int = 8,
    width: int = 64,
) -> nn.Sequential:
    """64 pixels -> `hidden` layers of `width` -> 10 logits; Xavier's weights, scaled."""
    layers: list[nn.Module] = []
    for n_in in [64] + [width] * (hidden - 1):
        layers += [
            nn.Linear(n_in, width),
            *([nn.BatchNorm1d(width)] if normalise else []),
            bend(),
        ]
    layers.append(nn.Linear(width, 10))
    for layer in layers:
        if isinstance(layer, nn.Linear):
            std = std_factor * xavier_std(layer.in_features, layer.out_features)
            nn.init.normal_(layer.weight, std=std, generator=rng)
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


# %%
STEADY = How(0.03, momentum=0.9, batch=64)
nine_layers = {}
for label in progress(("plain", "normalised"), "nine layers"):
    rng = torch.Generator().manual_seed(SEED)
    net = deep_net(rng, nn.Sigmoid, normalise=label == "normalised")
    nine_layers[label] = train(net, DIGITS, 12, STEADY, rng)

check.reaches("nine sigmoid layers, plain", nine_layers["plain"][-1], at_most=0.2)
check.reaches(
    "nine sigmoid layers, normalised", nine_layers["normalised"][-1], at_least=0.92
)

# %% [markdown]
# From chance to over 92 percent, by one added line a layer. Before you conclude that deep sigmoid networks *need* normalisation, run the control. The sigmoid is a squeezed and shifted tanh,
# $\sigma(z) = \frac12 + \frac12\tanh\frac z2$. So weights four times as large, and biases that take the half away again, should make the plain network behave like a tanh network:
#
# $$ w \leftarrow 4w, \qquad b_j \leftarrow -\tfrac12 \sum_i w_{ji} \tag{4.13} $$
#
# (In the first layer, whose inputs are no sigmoids, and in the last, whose sums are the answer, $w \leftarrow 2w$ does it; the first keeps its bias.)


# %%
@torch.no_grad()
def like_tanh(net: nn.Sequential) -> nn.Sequential:
    """Make a sigmoid network start as a tanh network (eq. 4.13); changes and returns it."""
    linear = [layer for layer in net if isinstance(layer, nn.Linear)]
    linear[0].weight *= 2
    for layer in linear[1:-1]:
        layer.weight *= 4
        layer.bias -= layer.weight.sum(dim=1) / 2
    linear[-1].weight *= 2  # its logits need no halving
    linear[-1].bias -= linear[-1].weight.sum(dim=1) / 2
    return net


rng = torch.Generator().manual_seed(SEED)
as_tanh = deep_net(rng, nn.Tanh, normalise=False).double()
as_sigmoid = like_tanh(
    deep_net(torch.Generator().manual_seed(SEED), nn.Sigmoid, normalise=False).double()
)
X = DIGITS.X_test[:50].double()
check.close("the logits of a tanh network, by sigmoids", as_sigmoid(X), as_tanh(X))

# %%
rng = torch.Generator().manual_seed(SEED)
net = like_tanh(deep_net(rng, nn.Sigmoid, normalise=False))
nine_layers["plain, eq. 4.13"] = train(net, DIGITS, 12, STEADY, rng)
check.reaches(
    "nine sigmoid layers, plain, better start",
    nine_layers["plain, eq. 4.13"][-1],
    at_least=0.8,
)

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "nine layers of sigmoids",
    x="epoch",
    y="accuracy on unseen digits",
    size=(3.9, 3.1),
    ylim=(0, 1),
)
for name, history in nine_layers.items():
    ax.plot(range(1, 13), history, label=name)
ax.legend(loc="center right")
plots.show(
    fig,
    alt="Accuracy over twelve epochs: the plain network stays at chance, the normalised "
    "one comes near 0.9 in the second epoch, and the plain one that starts like a tanh "
    "network follows a little lower.",
)

# %% [markdown]
# One more thing in the picture: after the first epoch the normalised network stands at chance, and after the second above ninety percent. Did it learn nothing in the first? Ask the same network with the statistics
# of the test batch in place of its running averages.

# %%
rng = torch.Generator().manual_seed(SEED)
young = deep_net(rng, nn.Sigmoid, normalise=True)
in_service = train(young, DIGITS, 1, STEADY, rng)[-1]
with torch.no_grad():
    said = copy.deepcopy(young).train()(DIGITS.X_test).argmax(dim=1)
by_batch = (said == DIGITS.y_test).double().mean()
print(
    f"after one epoch: {in_service:.3f} with running averages, {by_batch:.3f} with the batch's"
)
check.reaches("after one epoch, the batch's own statistics", by_batch, at_least=0.6)

# %% [markdown]
# It had learned most of its trade. But an epoch has twenty batches here, an eighth of the running averages ($0.9^{20} \approx 0.12$) is still the zeros and ones that they began with, and the rest remembers layers that have
# changed since. Through nine layers such small errors add up. When a young network looks bad in service, look at its averages before you look for a bug.
#
# > **Honest result.** A start made for the sigmoid also brings the plain network to life, if not quite as far. Normalisation does not do what nothing else could. It does it without your having to know how.
#
# That is the real gift, and it can be drawn. Train small six-layer ReLU networks for three epochs from weights that are too small, right, or too large, with learning rates from 0.003 to 0.3. How many of the combinations work?


# %%
FACTORS, SPEEDS = (0.1, 0.3, 1.0, 3.0, 10.0), (0.003, 0.03, 0.1, 0.3)


def forgiveness(normalise: bool) -> Tensor:
    """Accuracy after three epochs for every weight size and learning rate.   -> (5, 4)"""
    scores = torch.zeros(len(FACTORS), len(SPEEDS))
    for i in progress(range(len(FACTORS)), "normalised" if normalise else "plain"):
        for j, lr in enumerate(SPEEDS):
            rng = torch.Generator().manual_seed(SEED)
            net = deep_net(rng, nn.ReLU, normalise, FACTORS[i], hidden=5, width=32)
            scores[i, j] = train(net, DIGITS, 3, How(lr), rng)[-1]
    return scores


forgiven = {label: forgiveness(label == "normalised") for label in ("plain", "normalised")}
works = {label: (scores > 0.5).double().mean().item() for label, scores in forgiven.items()}
check.reaches("combinations that work, plain", works["plain"], at_most=0.25)
check.reaches("combinations that work, normalised", works["normalised"], at_least=0.45)


# %% tags=["hide-input"]
def draw_scores(title: str, scores: Tensor) -> plots.Figure:
    """The accuracies as a table of shades, large weights on top."""
    fig, ax = plots.panel(
        title, x="learning rate", y="weights, times Xavier's", size=(3.8, 3.2)
    )
    ax.imshow(
        scores, cmap=plots.SEQUENTIAL, vmin=0.1, vmax=1, aspect="auto", origin="lower"
    )
    for (i, j), score in zip(
        torch.cartesian_prod(*map(torch.arange, scores.shape)), scores.ravel(), strict=True
    ):
        ink = "white" if score > 0.75 else "black"
        ax.text(j, i, f"{score:.2f}", ha="center", va="center", color=ink, fontsize=9)
    ax.set_xticks(range(len(SPEEDS)), [f"{v:g}" for v in SPEEDS])
    ax.set_yticks(range(len(FACTORS)), [f"{v:g}" for v in FACTORS])
    ax.grid(False)
    return fig


# %% tags=["hide-input"]
panels = [draw_scores(f"{label}: accuracy", scores) for label, scores in forgiven.items()]
plots.show(
    *panels,
    alt=[
        f"Without normalisation {works['plain']:.0%} of the combinations of weight size "
        "and learning rate reach an accuracy above one half.",
        f"With normalisation {works['normalised']:.0%} of them do, at all weight sizes.",
    ],
)

# %% [markdown]
# **What it costs.** In training the answer to one example depends on its companions, as they share a mean. Take the trained network, leave it in training mode by mistake, and ask about the same digit twice in
# different company. With two examples in a batch the answers differ most of the time; in service they never do.

# %%
rng = torch.Generator().manual_seed(SEED)
net = deep_net(rng, nn.Sigmoid, normalise=True)
scored = train(net, DIGITS, 12, STEADY, rng)[-1]
print(f"trained: {scored:.3f} of the unseen digits are read, in service")


# %%
@torch.no_grad()
def changes_of_mind(
    net: nn.Module, training: bool, size: int, rng: torch.Generator
) -> float:
    """Share of 150 test digits that two random batches of `size` read differently."""
    net, differs = copy.deepcopy(net).train(training), 0
    for i in range(150):
        company = torch.randint(150, 500, (2, size - 1), generator=rng)
        first, second = (
            net(DIGITS.X_test[[i, *others]])[0].argmax() for others in company.tolist()
        )
        differs += int(first != second)
    return differs / 150


for size in (2, 8, 64):
    print(
        f"batches of {size:>2}: "
        f"{changes_of_mind(net, True, size, rng):.0%} change in training mode, "
        f"{changes_of_mind(net, False, size, rng):.0%} in service"
    )
check.reaches(
    "changed answers, batches of 2", changes_of_mind(net, True, 2, rng), at_least=0.5
)
check.reaches("changed answers in service", changes_of_mind(net, False, 2, rng), at_most=0)


# %% [markdown]
# Watch it for a single sum of the first layer, of one digit among random companions. The smaller the batch, the wilder the number that the rest of the network receives. In service the number stands still.


# %% tags=["hide-input"]
@torch.no_grad()
def one_sum_in_company(mode: str, batch: int) -> tuple[plots.Figure, str]:
    """The first normalised sum of one test digit, among 400 random companies."""
    rng = torch.Generator().manual_seed(SEED)
    layers = copy.deepcopy(net[:2]).train(mode == "training")
    digit, others, values = DIGITS.X_test[:1], DIGITS.X_test[1:], []
    for _ in range(400):
        company = others[torch.randint(len(others), (batch - 1,), generator=rng)]
        values.append(layers(torch.cat([digit, company]))[0, 0])
    values = torch.stack(values)
    text = f"std {values.std():.2f}"
    fig, ax = plots.panel(
        f"{mode}, batches of {batch}: {text}",
        x="normalised sum of one unit for one digit",
        y="of 400 companies",
    )
    ax.hist(
        values.clamp(-3, 3),
        bins=torch.linspace(-3, 3, 41).tolist(),
        color=plots.BLUE if mode == "training" else plots.ORANGE,
    )
    return fig, f"Histogram of one normalised sum in {mode}, batches of {batch}: {text}."


# %% tags=["hide-input"]
widgets.explore(
    one_sum_in_company,
    title="One digit, many companions",
    hint="Change the size of the batch, then put it into service.",
    mode=["training", "in service"],
    batch=[2, 8, 64],
)

# %% [markdown]
# Why does it work? The inventors said: because the distribution that a layer sees no longer drifts while the layers before it learn. Santurkar and others (2018) added such a drift on purpose behind the
# normalisation, and training was as good as before. Their measurements say instead that the loss becomes smoother. The case is not closed; what you can rely on are the three facts at the head of this section.
#
# ## 4.8 What if one step is too long?
#
# Good weights at the start, normalisation on the way, and then a single unlucky batch sits at the edge of a cliff, where the gradient is a thousand times longer than usual. One step, and the work of an hour is gone. Must a
# step be as long as the gradient?
#
# No. The gradient's direction is worth more than its length. *Clipping* keeps the direction and limits the length, for all parameters together:
#
# $$ \mathbf g \leftarrow \mathbf g \cdot \min\!\Big(1,\ \frac{c}{\lVert \mathbf g \rVert}\Big) \tag{4.14} $$


# %%
@torch.no_grad()
def clip_gradients(gradients: Sequence[Tensor], c: float) -> float:
    """Shorten in place to a joint length of at most c (eq. 4.14) -> the old length."""
    norm = torch.stack([(g**2).sum() for g in gradients]).sum().sqrt()
    for g in gradients:
        g *= (c / norm).clamp(max=1.0)
    return norm.item()


# %%
rng = torch.Generator().manual_seed(SEED)
for size in (0.01, 100.0):
    ours = [size * torch.randn(*shape, generator=rng) for shape in ((3, 4), (3,), (2, 3))]
    parameters = [nn.Parameter(torch.zeros_like(g)) for g in ours]
    for p, g in zip(parameters, ours, strict=True):
        p.grad = g.clone()
    expected = nn.utils.clip_grad_norm_(parameters, 1.0).item()
    check.close(f"length before, {size:g}", clip_gradients(ours, 1.0), expected, rtol=1e-5)
    check.close("clipped gradients", ours, [p.grad for p in parameters])

# %% [markdown]
# **Break it.** Clip every tensor to the length $c$ by itself and the shapes are right, the lengths are limited, and the direction is another one: a layer with a large gradient loses its lead.

# %%
pieces = torch.tensor([3.0, 4.0]), torch.tensor([0.0, 12.0])  # lengths 5, 12; together 13
together = [g / 13 for g in pieces]
apart = [pieces[0] / 5, pieces[1] / 12]
slips = {
    "Each piece was clipped by itself; eq. 4.14 has one length for all of them.": apart
}
check.catches(
    "clipping piece by piece", lambda: check.close("clipped", apart, together, slips=slips)
)

# %% [markdown]
# "ReLU is a solution to explosion, too", say the notes. It has no upper bound, so nothing stops it: the table of section 4.4 shows $10^{31}$. Take twelve hidden layers of ReLU whose weights are twice He's size. The first gradient is tens of
# thousands long. Train with and without clipping at one, and beside them a network that starts well. (Our function agrees with torch's, so the loop of section 4.3 calls torch's.)

# %%
explosion = {}
CASES = {
    "twice He's size": (2.0, math.inf),
    "twice He's size, clipped": (2.0, 1.0),
    "He's size": (1.0, math.inf),
}
for label, (factor, clip) in progress(CASES.items(), "clipping"):
    rng = torch.Generator().manual_seed(SEED)
    net = deep_net(rng, nn.ReLU, normalise=False, std_factor=factor * 2**0.5, hidden=12)
    explosion[label] = train(net, DIGITS, 10, How(0.05, batch=64, clip=clip), rng)
    broken = any(not p.isfinite().all() for p in net.parameters())
    print(
        f"{label:>26}: accuracy {explosion[label][-1]:.3f}"
        + (", some weights are no longer numbers" if broken else "")
    )

check.reaches("exploding", explosion["twice He's size"][-1], at_most=0.2)
check.reaches("clipped", explosion["twice He's size, clipped"][-1], at_least=0.35)

# %% [markdown]
# Clipping keeps the network alive, and it learns; it does not make a bad start good. It is a seat belt, not a motor. You will need it in chapter 15, where the same weights are multiplied once for every word of a sentence.
#
# What else helps a deep network? Here is the gradient at the first layer of the nine-layer network, divided by the one at its last hidden layer, before any training.


# %%
def first_over_last(net: nn.Sequential) -> float:
    """Norm of the first weights' gradient over that of the last hidden ones."""
    linear = [layer for layer in net.train() if isinstance(layer, nn.Linear)]
    loss = F.cross_entropy(net(DIGITS.X_train[:64]), DIGITS.y_train[:64])
    first, last = torch.autograd.grad(loss, [linear[0].weight, linear[-2].weight])
    return (first.norm() / last.norm()).item()


# %%
nets = {
    "sigmoid": deep_net(torch.Generator().manual_seed(SEED), nn.Sigmoid, False),
    "sigmoid, started like tanh": like_tanh(
        deep_net(torch.Generator().manual_seed(SEED), nn.Sigmoid, False)
    ),
    "sigmoid, normalised": deep_net(torch.Generator().manual_seed(SEED), nn.Sigmoid, True),
    "tanh": deep_net(torch.Generator().manual_seed(SEED), nn.Tanh, False),
    "ReLU, He": deep_net(torch.Generator().manual_seed(SEED), nn.ReLU, False, 2**0.5),
}
ratios = {name: first_over_last(net) for name, net in nets.items()}
for name, ratio in ratios.items():
    print(f"{name:>26}: {ratio:.2g}")
lifted = ratios["sigmoid, normalised"] / ratios["sigmoid"]
check.reaches("sigmoid: gradient, first over last", ratios["sigmoid"], at_most=1e-3)
check.reaches("the same, normalised over plain", lifted, at_least=1000)

# %% [markdown]
# So "normalisation does not directly address vanishing gradients", as one of the notes has it, is too modest: it lifts the first layer's gradient by orders of magnitude, because dividing by a small standard deviation in (4.12) multiplies
# the blame on its way back.
#
# ## 4.9 What is left to choose?
#
# *Parameters* are learned from data. *Hyper-parameters* are what you fix before learning begins, and judge afterwards, on data kept for that (chapter 5). After four chapters you can say something about each.
#
# | hyper-parameter | where to begin | chapter |
# |---|---|---|
# | number of layers, and of units in each | small; grow while the training error falls | 1, 5 |
# | activation | ReLU in hidden layers; by the kind of answer in the last | 4.1, 4.2 |
# | error function | belongs to the last layer | 3, 4.2 |
# | descent method, momentum | SGD with momentum, or Adam | 2 |
# | learning rate, and its schedule | the largest that does not diverge, then smaller | 2, 4.3 |
# | batch size | 32 to 256; not too small for batch normalisation | 2, 4.7 |
# | initialisation | He for ReLU, Xavier for tanh, zero for biases | 4.4, 4.5 |
# | normalisation | when the network is deep | 4.6 |
# | clipping | when gradients have outliers | 4.8 |
# | share of data kept for validation | a tenth to a fifth, or folds | 5 |
#
# ## 4.10 Your turn
#
# The [exercises of this chapter](../assignments/04_stable_training/04_stable_training.ipynb) ask for the pieces again. Each has a check that tells you at once what is wrong.
#
# | exercise | effort | minutes |
# |---|---|---|
# | ELU and its slope (4.3) | ● | 10 |
# | softplus that survives (4.3) | ●● | 10 |
# | counting the dead (4.6) | ● | 5 |
# | He's weights (4.8) | ● | 5 |
# | Xavier's weights, uniform (4.9) | ●● | 10 |
# | batch normalisation in training (4.10) | ●● | 10 |
# | its running averages (4.11) | ●●● | 10 |
# | batch normalisation in service | ●● | 10 |
# | clipping (4.14) | ●● | 10 |
#
# And one to think about, without a check.
#
# <details><summary>You train with batch normalisation and a batch of one image of 32 by 32 pixels. torch does not complain for nn.BatchNorm2d, but it does for nn.BatchNorm1d. Why, and should it?</summary>
#
# For images, every pixel counts as an example: 1,024 values for each channel, so mean and variance exist. A vector has a single value a unit; its variance is zero and it would always be normalised to $\beta$.
# In the first case the statistics exist, but they describe this one image: its brightness and contrast are taken away in training, and come back in service, when the running averages are used.
#
# </details>
#
# ## 4.11 In five lines
#
# 1. A bend is judged by its slope: it must say something where the sums are, and smoothness is not required.
# 2. The last layer is chosen by the kind of answer, and the loss with it.
# 3. Signals pass many layers only if each keeps their size: variance $2/n_\text{in}$ for ReLU, and between $1/n_\text{in}$ and $1/n_\text{out}$ otherwise; equal weights never become different.
# 4. Batch normalisation restores the size in every layer, with the batch's statistics in training and stored ones in service, and so forgives bad starts and bad rates.
# 5. A long step can kill units for good; clipping keeps its direction and limits its length. Where one cure works, look for the control: often another does too.
#
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, sections 2.2 and 3.8, and Politecnico di Milano, "Activation functions", "Weight Initialization", "Batch normalization" and "Vanishing and exploding Gradient"). In these places it differs from them.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Milano, Activations | effective activations are S-shaped and must be differentiable | ReLU is neither; a useful slope almost everywhere and a sub-gradient at the kink suffice | Glorot, Bordes and Bengio (2011) | section 4.1 |
# | Milano, Activations | a sigmoid above 0.5 "outputs a 1"; the sigmoid serves binary classification in hidden layers | the threshold is a rule for deciding; the sigmoid belongs to the output layer (a matter of precision) | | sections 4.1, 4.2 |
# | Milano, Activations | the leaky ReLU (slope 0.01) is a fix for dying units | it lets a hundredth of the blame through: in the staged accident it changed nothing in eight epochs, the ELU did (a matter of precision) | measured here | section 4.3 |
# | Milano, Activations and Vanishing | the ELU "is parametric"; $f(x) = x{+}{=}\dots$ | the ELU's $\alpha$ is chosen by hand, the parametric ReLU learns its slope; $x^{+}$ is meant (a matter of precision) | Clevert, Unterthiner and Hochreiter (2016); He and others (2015) | section 4.1 |
# | Milano, Initialization | with zeros all gradients are zero and nothing is learned | nearly: with ReLU and tanh the output bias alone moves; with the sigmoid the weights move too, but all units stay equal (a matter of precision) | Goodfellow, Bengio and Courville (2016), section 8.4 | section 4.5 |
# | Milano, Initialization | $1/n_\text{in}$ makes the variance of activations one; "more recently he proposed" | for unit inputs and linear layers; He is the first author's name; Keras draws the uniform variant of Xavier's rule (a matter of precision) | Glorot and Bengio (2010); He and others (2015) | section 4.4 |
# | Milano, Batch normalization | it standardises inputs and outputs of each layer; no $\gamma$, $\beta$ or inference | standardised, then scaled and shifted by learned $\gamma$, $\beta$; running averages in service (a matter of precision) | Ioffe and Szegedy (2015) | section 4.6 |
# | Milano, Batch normalization | does not directly address vanishing gradients | it lifts them by orders of magnitude in the nine-layer network (a matter of precision) | measured here | section 4.8 |
# | Milano, Vanishing | ReLU is a solution to explosion too | it has no bound: initialisation, normalisation and clipping, and shortcuts (chapter 7) | Pascanu, Mikolov and Bengio (2013) | sections 4.4, 4.8 |
# | Bologna 2.2, remark | vanishing is an issue of the sigmoid, ReLU was designed to solve it | weights and slopes act together: a sigmoid network with (4.13) trains, a ReLU network with small weights vanishes (a matter of precision) | Pascanu, Mikolov and Bengio (2013); Glorot, Bordes and Bengio (2011) | sections 4.4, 4.7 |
# | Bologna 3.8 | keeps the magnitude of the *weights* similar | of the activations; it makes the weights' magnitude irrelevant. Biased variance in the forward pass, unbiased in the running average; the story of the drifting distribution is disputed (a matter of precision) | Ioffe and Szegedy (2015); Santurkar and others (2018) | sections 4.6, 4.7 |
#
# ## Further reading
#
# - X. Glorot and Y. Bengio (2010), *Understanding the difficulty of training deep feedforward neural networks*, AISTATS: the pictures of saturating layers that began it all.
# - K. He, X. Zhang, S. Ren and J. Sun (2015), *Delving deep into rectifiers*, ICCV: equation (4.8), and the parametric ReLU, in two pages.
# - S. Ioffe and C. Szegedy (2015), *Batch normalization*, ICML; and S. Santurkar, D. Tsipras, A. Ilyas and A. Madry (2018), *How does batch normalization help optimization?*, NeurIPS: read them as a pair.
# - D.-A. Clevert, T. Unterthiner and S. Hochreiter (2016), *Fast and accurate deep network learning by exponential linear units*, ICLR: why a mean near zero helps.
# - R. Pascanu, T. Mikolov and Y. Bengio (2013), *On the difficulty of training recurrent neural networks*, ICML: section 3 introduces the clipping of (4.14).
