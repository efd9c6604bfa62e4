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
# Take a network of thirty layers, draw its weights at random, and send an input through it. Nothing has been trained yet; the one choice so far is the standard deviation of the weights.
# The figures below show how large the activations of the last layer are. While that one number goes from 0.01 to 1, they run through sixty powers of ten.
#
# This chapter is about keeping activations and gradients in a usable range: by the activation function, the first weights, normalisation, and a limit on the length
# of a step.
#
# > **Study time** About 140 minutes. The core path, 90 minutes, is sections 4.1, 4.3, 4.4, 4.6, 4.8 to 4.10 and 4.14; sections marked *going further* can wait. Terms set in bold are in the [glossary](glossary.md).

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
STDS = torch.logspace(-2, 0, 25, dtype=torch.float64)


def activation_map(
    f: Callable[[Tensor], Tensor], depth: int = 30, width: int = 128
) -> Tensor:
    """log10 of the activations' std for every weight std and layer.   -> (25, depth)"""
    rng = torch.Generator().manual_seed(SEED)
    a = data.normal(rng, 32, width).expand(len(STDS), -1, -1)
    sizes = []
    for _ in range(depth):
        W = data.normal(rng, width, width)
        a = f(a @ (STDS[:, None, None] * W.T))
        sizes.append(a.std(dim=(1, 2)).clamp(min=1e-40).log10())
    return torch.stack(sizes, dim=1)


# %% tags=["hide-input"]
def draw_map(title: str, sizes: Tensor, what: str) -> plots.Figure:
    """Blue where the numbers vanish, orange where they explode, contours at 1/10 and 10."""
    fig, ax = plots.panel(
        title, x="layer", y="standard deviation of the weights", yscale="log"
    )
    layers = torch.arange(1, sizes.shape[1] + 1).numpy()
    stds, sizes = STDS.numpy(), sizes.numpy()
    shades = {
        "cmap": plots.DIVERGING,
        "vmin": -9,
        "vmax": 9,
        "shading": "nearest",
        "rasterized": True,
    }
    drawn = ax.pcolormesh(layers, stds, sizes.clip(-9, 9), **shades)
    ax.contour(layers, stds, sizes, [-1, 1], colors="black", linestyles="solid")
    bar = fig.colorbar(
        drawn, ax=ax, label=f"std of the {what}", ticks=[-9, -6, -3, 0, 3, 6, 9]
    )
    bar.ax.yaxis.set_major_formatter(lambda v, _: f"$10^{{{v:.0f}}}$")
    ax.grid(False)
    return fig


# %% tags=["hide-input"]
sizes = activation_map(torch.relu)
check.reaches("powers of ten, std 0.01 to 1", sizes[-1, -1] - sizes[0, -1], at_least=59)

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "activations of layer 30",
    x="standard deviation of the weights",
    y="std of the activations",
    xscale="log",
    yscale="log",
)
ax.plot(STDS, 10 ** sizes[:, -1])
ax.axhspan(0.1, 10, color=plots.GREEN, alpha=0.25, linewidth=0)
ax.annotate("0.1 to 10", (0.011, 30), color=plots.GREEN)
plots.show(
    fig,
    draw_map("30 layers of 128 ReLUs", sizes, "activations"),
    alt=[
        "The size of the activations after 30 layers against the standard deviation of the "
        "weights: a steep line over sixty powers of ten, "
        "which crosses the narrow band between a tenth and ten near 0.125.",
        "A map of the activations' size by layer and standard deviation of the weights. "
        "Between vanishing below and exploding above lies a wedge that narrows with every "
        "layer.",
    ],
)
# %% [markdown]
# ## 4.1 Which activation function suits a hidden layer?
#
# Chapter 1 showed that a hidden layer needs a non-linear activation function: linear layers collapse into one. It left open which function to take. A unit turns its pre-activation $z$ into the activation
# $f(z)$, and backpropagation multiplies the error signal by the slope $f'(z)$ (3.15). So both functions count. The two S-shaped ones map any number into an interval:
#
# $$ \begin{gathered}
#    \sigma(z) = \frac{1}{1 + e^{-z}}, \ \ \sigma' = \sigma\,(1 - \sigma) \\
#    \tanh z = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}, \ \ \tanh' = 1 - \tanh^2
#    \end{gathered} \tag{4.1} $$
#
# Far from zero they are flat. **Saturation** is the state of a unit whose pre-activation lies where the activation function is so flat that its slope is close to zero. A saturated unit passes almost no error signal back.

# %% [markdown]
# The rectifiers leave the positive side as it is. A **leaky ReLU** is a ReLU whose slope on the negative side is a small constant $a$, such as 0.01, in place of zero.
# An **ELU** (exponential linear unit) is an activation function that equals $z$ above zero and $\alpha(e^z - 1)$ below, where it levels off at $-\alpha$.
# The **softplus** is the smooth function $\log(1 + e^z)$, which approaches the ReLU far from zero on either side.
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

# %% [markdown]
# Two smooth relatives multiply $z$ by a number between 0 and 1 that grows with $z$. A **GELU** (Gaussian error linear unit) is the activation function $z\,\Phi(z)$, where $\Phi$ is the distribution function of the standard normal distribution.
# A **SiLU** (sigmoid linear unit, also called Swish) is the activation function $z\,\sigma(z)$. Transformers (chapter 16) use them.
#
# $$ \begin{gathered}
#    \operatorname{GELU}(z) = z\,\Phi(z), \ \ \operatorname{GELU}' = \Phi(z) + z\,\varphi(z) \\
#    \operatorname{SiLU}(z) = z\,\sigma(z), \ \ \operatorname{SiLU}' = \sigma(z) + z\,\sigma'(z)
#    \end{gathered} \tag{4.4} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $z$, $f(z)$, $f'(z)$ | `z`, `f`, `slope` | pre-activation, activation, slope of the activation function |
# | $a$ | `a` | slope on the negative side |
# | $\alpha$ | `alpha` | how far below zero an ELU goes; chosen by hand |
# | $\Phi$, $\varphi$ | `normal_cdf`, `normal_density` | distribution function and density of the standard normal distribution |


# %%
class Activation(NamedTuple):
    """A function of each pre-activation by itself, and its derivative."""

    f: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]


def sigmoid(z: Tensor) -> Tensor:
    """1 / (1 + e^-z) (eq. 4.1).   any shape -> the same"""
    return 1 / (1 + (-z).exp())


def tanh(z: Tensor) -> Tensor:
    """tanh z (eq. 4.1), by e^-2|z| - 1: no overflow, and exact near zero."""
    t = torch.expm1(-2 * z.abs())
    return -z.sign() * t / (2 + t)


# %%
def leaky(a: float) -> Activation:
    """z where z > 0, else a z (eq. 4.2). a = 0 is ReLU, a = 1 is linear."""
    return Activation(
        lambda z: torch.where(z > 0, z, a * z),
        lambda z: torch.where(z > 0, torch.ones_like(z), a),
    )


def elu(alpha: float) -> Activation:
    """z where z > 0, else alpha (e^z - 1) (eq. 4.3)."""
    return Activation(
        lambda z: torch.where(z > 0, z, alpha * torch.expm1(z.clamp(max=0))),
        lambda z: torch.where(z > 0, 1.0, alpha * z.clamp(max=0).exp()),
    )


# %%
def normal_cdf(z: Tensor) -> Tensor:
    """Phi(z) of eq. 4.4."""
    return (1 + torch.erf(z / 2**0.5)) / 2


def normal_density(z: Tensor) -> Tensor:
    """phi(z) of eq. 4.4, the derivative of Phi."""
    return (-(z**2) / 2).exp() / (2 * math.pi) ** 0.5


def gelu_slope(z: Tensor) -> Tensor:
    """Phi(z) + z phi(z) (eq. 4.4)."""
    return normal_cdf(z) + z * normal_density(z)


def silu_slope(z: Tensor) -> Tensor:
    """sigma(z) + z sigma'(z) (eq. 4.4)."""
    return sigmoid(z) + z * sigmoid(z) * (1 - sigmoid(z))


# %% [markdown]
# The softplus is torch's; writing one that survives large numbers is an exercise. Autograd knows the slopes of torch's functions, so functions and slopes can be compared, on small pre-activations and on large ones.

# %%
ACTIVATIONS = {
    "linear": leaky(1.0),
    "sigmoid": Activation(sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": Activation(tanh, lambda z: 1 - tanh(z) ** 2),
    "ReLU": leaky(0.0),
    "leaky ReLU": leaky(0.01),
    "ELU": elu(1.0),
    "softplus": Activation(F.softplus, sigmoid),
    "GELU": Activation(lambda z: z * normal_cdf(z), gelu_slope),
    "SiLU": Activation(lambda z: z * sigmoid(z), silu_slope),
}

# %% tags=["hide-input"]
BY_TORCH = {
    "linear": lambda z: 1 * z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "ReLU": F.relu,
    "leaky ReLU": F.leaky_relu,
    "ELU": F.elu,
    "softplus": lambda z: torch.logaddexp(z, 0 * z),  # log(e^z + e^0)
    "GELU": F.gelu,
    "SiLU": F.silu,
}

# %%
rng = torch.Generator().manual_seed(SEED)
z = torch.cat([data.normal(rng, 9), torch.tensor([-30.0, 19.0, 700.0, -700.0]).double()])
for name, activation in ACTIVATIONS.items():
    leaf = z.clone().requires_grad_()
    expected = BY_TORCH[name](leaf)
    slope = torch.autograd.grad(expected.sum(), leaf)[0]
    check.close(name, activation.f(z), expected)
    check.close(f"slope of {name}", activation.slope(z), slope)

# %% tags=["hide-input"]
GROUPS = {
    "S-shaped": ("sigmoid", "tanh"),
    "rectifiers": ("ReLU", "leaky ReLU", "ELU"),
    "smooth rectifiers": ("softplus", "GELU", "SiLU"),
}
z, panels = torch.linspace(-4, 4, 321, dtype=torch.float64), []
for title, group in GROUPS.items():
    for part in ("f", "slope"):
        heading = title if part == "f" else f"{title}: slopes"
        label = {"f": "$f(z)$", "slope": "$f'(z)$"}[part]
        fig, ax = plots.panel(heading, x="$z$", y=label, size=(3.6, 2.5))
        for name in group:
            ax.plot(z, getattr(ACTIVATIONS[name], part)(z), label=name)
        ax.legend()
        panels.append(fig)

# %% tags=["hide-input"]
plots.show(
    *panels,
    alt=[
        "The sigmoid rises from 0 to 1, tanh from -1 to 1; tanh is almost flat beyond about 3, "
        "the sigmoid only at the edges of the figure, at 4.",
        "Their slopes are bells: tanh reaches 1 at zero, the sigmoid a quarter.",
        "ReLU, leaky ReLU and ELU agree for positive z; below zero ReLU is 0, ELU goes to "
        "-1, leaky ReLU sinks slowly.",
        "The slopes: ReLU jumps from 0 to 1, leaky ReLU from 0.01 to 1; that of the ELU "
        "falls continuously towards 0.",
        "Softplus is positive everywhere; GELU and SiLU have a shallow minimum below zero.",
        "The slopes: softplus has the sigmoid for its slope; those of GELU and SiLU are "
        "slightly negative on the left and slightly above 1 on the right.",
    ],
)

# %% [markdown]
# The largest slope of the sigmoid is a quarter, so each sigmoid layer shrinks an error signal at least fourfold before the weights act on it; at a slope of 1 the active ReLU leaves the error signal as it is.
# Glorot, Bordes and Bengio (2011) named this among the reasons for ReLU in hidden layers; sections 4.6 and 4.7 add the weights to the account.
#
# **Break it.** Formula (4.1) for tanh can be typed in as it stands, and for ordinary numbers it agrees with torch. At $z = 800$ the exponential $e^z$ is out of range, and infinity divided by infinity is NaN.


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
# ## 4.2 Must an activation function be fixed, smooth or centred?
#
# *Going further.*
#
# The slope of a leaky ReLU need not be a constant of the programmer's. A **parametric ReLU** is a leaky ReLU whose slope $a$ is learned by gradient descent like a weight (He and others, 2015). Its gradient collects the error
# signals of the negative pre-activations, because there $\partial f/\partial a = z$:
#
# $$ \frac{\partial L}{\partial a} = \sum_{z_i \le 0} \frac{\partial L}{\partial f_i}\, z_i \tag{4.5} $$

# %% [markdown]
# A **randomised leaky ReLU** is a leaky ReLU whose slope is drawn at random for every number during training and is the mean of that
# distribution when the trained network is used, at inference (Xu and others, 2015). Noise in training and its mean at inference return with dropout in chapter 5.


# %%
def prelu_gradient(z: Tensor, dL_df: Tensor) -> Tensor:
    """dL/da of a parametric ReLU whose slope a is shared by all of z (eq. 4.5).   -> ()"""
    return (dL_df * z)[z <= 0].sum()


def randomised_relu(
    z: Tensor, training: bool, rng: torch.Generator, low: float = 1 / 8, high: float = 1 / 3
) -> Tensor:
    """Leaky ReLU: a random slope for each number in training, the mean slope at inference."""
    a = (low + high) / 2
    if training:
        a = low + (high - low) * torch.rand(z.shape, generator=rng, dtype=z.dtype)
    return torch.where(z > 0, z, a * z)


# %%
rng = torch.Generator().manual_seed(SEED)
z, dL_df = (data.normal(rng, 4, 7) for _ in range(2))
a = torch.tensor([0.2], dtype=torch.float64, requires_grad=True)
expected = torch.autograd.grad(F.prelu(z, a), a, dL_df)[0][0]
check.close("dL/da of a parametric ReLU", prelu_gradient(z, dL_df), expected)

at_inference = randomised_relu(z, False, rng)
check.close("randomised leaky ReLU, inference", at_inference, F.rrelu(z, training=False))
drawn = torch.stack([randomised_relu(z, True, rng) for _ in range(4000)])
check.close("its mean in training", drawn.mean(0), at_inference, rtol=0, atol=0.01)

# %% [markdown]
# The notes ask for S-shaped, differentiable functions. ReLU, the usual choice, is neither. At its kink any slope between 0 and 1 is a *sub-gradient*, and torch takes 0.
# How often does a pre-activation land exactly on the kink? Count it for a million of them in single precision.

# %%
rng = torch.Generator().manual_seed(SEED)
z = torch.randn(1000, 128, generator=rng) @ torch.randn(128, 1000, generator=rng)
kink = torch.zeros(1, requires_grad=True)
slope = torch.autograd.grad(kink.relu(), kink)[0]

print(f"exactly zero: {(z == 0).sum().item()} of {z.numel():,} pre-activations")
check.close("torch's slope of ReLU at the kink", slope, torch.zeros(1))

# %% [markdown]
# For pre-activations from a continuous distribution it is too rare to matter. (It is not rare for an input of zeros when the biases are zero: then every pre-activation of the first layer lies on the kink.)
#
# Gradient descent needs a slope that differs from zero on more than a few points. The step function of the first perceptrons has a derivative everywhere except at one point, and it is zero. The same holds for
# "a sigmoid above one half counts as a 1": that is a decision rule for the finished network. Inside a network that is being trained it stops every error signal.

# %%
z = torch.randn(6, generator=rng, requires_grad=True)
smooth = torch.autograd.grad(z.sigmoid().sum(), z)[0]
rounded = torch.autograd.grad(z.sigmoid().round().sum(), z)[0]
check.close("gradient through the rounded sigmoid", rounded, torch.zeros(6))
check.reaches("smallest gradient through the sigmoid", smooth.min(), at_least=0.02)

# %% [markdown]
# The notes list four drawbacks of ReLU: the kink, no upper bound (section 4.7), units that die (section 4.4), and a mean that is not zero. For standard normal pre-activations the mean of a ReLU is $1/\sqrt{2\pi} \approx 0.40$.
#
# What does that do to learning? By (3.16) one example changes the weights of a unit by its error signal times the activations that come in. If these are all positive, the weights of a unit all increase or all decrease together.
# A mini-batch adds up several examples with different error signals, so the restriction need not survive there. Measure both.

# %%
rng = torch.Generator().manual_seed(SEED)
z = data.normal(rng, 200_000)
mean = {name: activation.f(z).mean().item() for name, activation in ACTIVATIONS.items()}
check.close("mean of ReLU", mean["ReLU"], 1 / math.sqrt(2 * math.pi), atol=0.005)
check.reaches("mean of ELU", mean["ELU"], at_most=0.17)

both_ways = {}
for name, n in (("tanh", 1), ("ReLU", 1), ("ReLU", 32)):
    delta, incoming = data.normal(rng, n, 50), data.normal(rng, n, 20)
    dW = delta.T @ ACTIVATIONS[name].f(incoming)  # eq. 3.16
    both_ways[name, n] = ((dW > 0).any(1) & (dW < 0).any(1)).double().mean()
    print(f"{name}, {n} examples: {both_ways[name, n]:.0%} of units move both up and down")
check.reaches("ReLU, one example", both_ways["ReLU", 1], at_most=0)
check.reaches("ReLU, 32 examples", both_ways["ReLU", 32], at_least=0.7)

# %% [markdown]
# So the restriction is one of single examples; with 32 examples, whose error signals have either sign, most units are free of it. The widget sends normal pre-activations through an activation function and reports their mean and the share with a slope below 0.05. Make the pre-activations four times as wide and compare the sigmoid with the ELU and the ReLU.


# %% tags=["hide-input"]
def through(activation: str, std: float) -> tuple[plots.Figure, str]:
    """What an activation function makes of normal pre-activations of this std."""
    z = std * data.normal(torch.Generator().manual_seed(SEED), 6_000)
    function = ACTIVATIONS[activation]
    a, flat = function.f(z), (function.slope(z).abs() < 0.05).double().mean()
    text = f"mean {a.mean():.2f}, std {a.std():.2f}, {flat:.0%} flat"
    fig, ax = plots.panel(text, x=f"$z$, and {activation} of $z$", y="share")
    how = {
        "bins": torch.linspace(-6, 6, 61).tolist(),
        "weights": torch.full_like(z, 1 / len(z)),
    }
    ax.hist(z.clamp(-6, 6), histtype="step", color=plots.MUTED, label="$z$", **how)
    ax.hist(a.clamp(-6, 6), color=plots.BLUE, alpha=0.7, label="$f(z)$", **how)
    ax.legend()
    ax.set(ylim=(0, 0.6))
    return fig, f"{activation}, pre-activations of standard deviation {std:g}: {text}."


# %% tags=["hide-input"]
widgets.explore(
    through,
    title="Normal pre-activations through an activation function",
    hint="Choose a function, then widen the pre-activations.",
    activation=["sigmoid", "ReLU", "ELU", "GELU"],
    std=[1.0, 4.0],
)

# %% [markdown]
# ## 4.3 Which activation function belongs at the output?
#
# In the last layer the activation function has to give an output of the right kind: a probability lies between 0 and 1, a waiting time is not negative, a temperature may be any number. The loss follows from the
# same choice (chapter 3), and so does the gradient with respect to the last pre-activation, the logit.
#
# | the target is | last layer | loss | gradient $\partial L / \partial z$ |
# |---|---|---|---|
# | any number | linear: $\hat y = z$ | squared error | $2(\hat y - y)$ |
# | a number that is never negative | softplus: $\hat y = \log(1 + e^z)$ | squared error | $2(\hat y - y)\,\sigma(z)$ |
# | yes or no; or several of these, independent of each other | sigmoid: $p = \sigma(z)$ | binary cross-entropy | $p - y$ |
# | exactly one of $C$ classes | softmax | categorical cross-entropy | $\mathbf p - \mathbf y$ |
#
# The softmax (3.12) turns a whole row of logits into probabilities. It is an output function, and the weighting in the attention of chapter 16.

# %% [markdown]
# **First mismatch.** A photograph shows a cat and a dog, and both labels are true. Two sigmoids can both approach 1. The probabilities of a softmax add up to 1, so the smaller of two is at most one half. Fit both to that one photograph.

# %%
target, probabilities = torch.ones(1, 2), {}
for name, output in {"softmax": lambda z: z.softmax(1), "sigmoid": torch.sigmoid}.items():
    z = torch.tensor([[0.5, -1.0]], requires_grad=True)
    for _ in range(300):
        loss = -(target * output(z).log()).sum()
        (gradient,) = torch.autograd.grad(loss, z)
        z = (z - 0.5 * gradient).detach().requires_grad_()
    probabilities[name] = output(z).detach()[0]
    print(f"{name}: cat {probabilities[name][0]:.3f}, dog {probabilities[name][1]:.3f}")
check.close("softmax", probabilities["softmax"], torch.tensor([0.5, 0.5]))
check.reaches("the smaller sigmoid", probabilities["sigmoid"].min(), at_least=0.98)

# %% [markdown]
# **Second mismatch.** Fit waiting times, which are never negative, with one unit, three last layers and 300 random starts of each. A linear layer can predict negative waits. A ReLU cannot, but it can start with a negative pre-activation for every
# example: then it predicts zero, its gradient is zero, and it stays there. The softplus has a positive slope everywhere, which is small where $z$ is very negative, so the size of the start matters to it: try standard deviations of 1 and of 20.


# %% tags=["hide-input"]
def fit_waiting(
    last: Callable[[Tensor], Tensor], std: float, rng: torch.Generator, starts: int = 300
) -> tuple[Tensor, Tensor]:
    """One-unit models fitted to waiting times; predictions (starts, n) and times (n,)."""
    x = torch.linspace(0, 1, 41, dtype=torch.float64)
    noise = torch.rand(41, generator=rng, dtype=torch.float64)
    y = F.softplus(10 * x - 6) / 2 + 0.05 * noise
    w, b = (std * data.normal(rng, starts, 1) for _ in range(2))
    for _ in range(600):
        leaves = [p.requires_grad_() for p in (w, b)]
        loss = ((last(w * x + b) - y) ** 2).mean(dim=1).sum()  # each start has its own
        dw, db = torch.autograd.grad(loss, leaves)
        w, b = (w - 0.2 * dw).detach(), (b - 0.2 * db).detach()
    return last(w * x + b), y


# %% tags=["hide-input"]
waits = {}
LAST = {"linear": lambda z: 1 * z, "ReLU": torch.relu, "softplus": F.softplus}
for name, std in (("linear", 1), ("ReLU", 1), ("softplus", 1), ("softplus", 20)):
    y_hat, y = fit_waiting(LAST[name], std, torch.Generator().manual_seed(SEED))
    error = ((y_hat - y) ** 2).mean(dim=1)
    stuck = error > 0.9 * (y**2).mean()  # no better than predicting zero
    negative = (y_hat < 0).double().mean()
    waits[name, std] = negative, stuck.double().mean(), error[~stuck].median()
    text = (
        "{:.0%} of predictions negative, {:.0%} of starts stuck, error of the others {:.4f}"
    )
    print(f"{name}, std {std}: " + text.format(*waits[name, std]))

# %% tags=["hide-input"]
check.reaches("linear: negative predictions", waits["linear", 1][0], at_least=0.1)
check.reaches("ReLU: stuck starts", waits["ReLU", 1][1], at_least=0.3)
check.reaches("softplus: stuck starts", waits["softplus", 1][1], at_most=0)
check.reaches("softplus, std 20: stuck starts", waits["softplus", 20][1], at_least=0.5)
gap = waits["softplus", 1][2] / waits["ReLU", 1][2]
check.reaches("error, softplus over the ReLUs that fit", gap, at_least=1.5)

# %% [markdown]
# From the moderate start no softplus is stuck, from the wide one more than half are. A ReLU that is not stuck fits these times with the smaller error; their true curve is almost zero for a while, as a ReLU's is.

# %% tags=["hide-input"]
widgets.choose(
    "A network shall report which of five faults a machine has; several can occur at once. Which output layer?",
    {
        "five sigmoids": True,
        "a softmax over five classes": "Its probabilities add up to 1, so two faults cannot both be certain.",
        "five ReLUs": "Their outputs have no upper bound and are no probabilities.",
        "one linear unit": "One number cannot report five independent facts.",
    },
    because="Each fault is a yes or no of its own: a sigmoid and a binary cross-entropy for each.",
)

# %% [markdown]
# ## 4.4 Can a unit die?
#
# A **dying ReLU** is a ReLU unit whose pre-activation becomes negative for every training example. Its activation is then zero, its slope is zero, and its weights receive a gradient of exactly zero: it has become a dead unit (chapter 1).
#
# For plain gradient descent on fixed inputs this is final in the first hidden layer, since neither the weights nor the inputs change. In deeper layers a change in the layers before can bring a unit back;
# new inputs can too. Count a unit as dead when its pre-activation is not positive for any training example:
#
# $$ \text{dead fraction} = \frac{1}{h} \,\#\big\{ j : z_{ij} \le 0 \text{ for all } i \big\} \tag{4.6} $$


# %%
def is_dead(z: Tensor) -> Tensor:
    """Which units are positive for no example (eq. 4.6).   z: (n, h) -> (h,), bool"""
    return (z <= 0).all(dim=0)


def dead_fraction(z: Tensor) -> float:
    """Share of dead units (eq. 4.6).   z: (n, h), pre-activations -> 0..1"""
    return is_dead(z).double().mean().item()


class Reader(nn.Module):
    """64 pixels -> 64 hidden units -> 10 logits; He initialisation (section 4.6)."""

    def __init__(self, f: Callable[[Tensor], Tensor], rng: torch.Generator):
        super().__init__()
        self.f = f
        self.hidden, self.out = nn.Linear(64, 64), nn.Linear(64, 10)
        for layer in (self.hidden, self.out):
            nn.init.normal_(layer.weight, std=(2 / layer.in_features) ** 0.5, generator=rng)
            nn.init.zeros_(layer.bias)

    def forward(self, X: Tensor) -> Tensor:
        return self.out(self.f(self.hidden(X)))


# %% [markdown]
# The training loop serves the whole chapter: gradient descent on mini-batches drawn at random, with momentum when asked for (chapter 2).


# %%
class How(NamedTuple):
    """How to train; `clip` limits the length of the gradient (section 4.13)."""

    lr: float
    momentum: float = 0.0
    batch: int = 32
    clip: float = math.inf


def train(
    net: nn.Module, split: data.Split, epochs: int, how: How, rng: torch.Generator
) -> list[float]:
    """Train on the cross-entropy; returns the test accuracy after each epoch."""
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
deaths = {}
for rate in (0.1, 0.3, 1.0, 3.0):
    rng = torch.Generator().manual_seed(SEED)
    net = Reader(torch.relu, rng)
    score = train(net, DIGITS, 3, How(rate), rng)[-1]
    deaths[rate] = dead_fraction(net.hidden(DIGITS.X_train).detach())
    print(f"learning rate {rate:>4}: {deaths[rate]:.0%} dead, accuracy {score:.3f}")

check.reaches("dead at learning rate 0.1", deaths[0.1], at_most=0.1)
check.reaches("dead at learning rate 3", deaths[3.0], at_least=0.5)

# %% [markdown]
# Only the learning rate differs between these runs, and with it the length of the steps: one long step can move the weights of a unit so far that all its pre-activations come out negative. Is it final?
# Take a network that was trained for one epoch at rate 3, go on at 0.1, and compare the weights of the dead units before and after.

# %%
import copy

rng = torch.Generator().manual_seed(SEED)
damaged = Reader(torch.relu, rng)
train(damaged, DIGITS, 1, How(3.0), rng)
dead = is_dead(damaged.hidden(DIGITS.X_train))
check.reaches("dead after an epoch at rate 3", dead.double().mean(), at_least=0.5)

later = copy.deepcopy(damaged)
train(later, DIGITS, 5, How(0.1), rng)
moved = (later.hidden.weight - damaged.hidden.weight).detach().abs()
still = torch.zeros_like(moved[dead])
check.close("change of the dead units' weights, 200 steps", moved[dead], still, atol=0)
check.reaches("largest change of a living unit's weight", moved[~dead].max(), at_least=0.01)

# %% tags=["hide-input"]
widgets.choose(
    "A ReLU unit of the first hidden layer is dead, and training goes on by plain gradient descent on the same images. What can bring it back?",
    {
        "nothing": True,
        "a larger learning rate": "Its gradient is exactly zero; any rate times zero is zero.",
        "more epochs": "Its gradient is zero in every epoch, as long as weights and images stay as they are.",
        "a change in the layers after it": "Its slope is zero, whatever error signal arrives.",
    },
    because="Neither its weights nor its inputs change. New images, or a change in layers before it, could.",
)

# %% [markdown]
# ## 4.5 Do leaky activation functions save dying units?
#
# *Going further.*
#
# The leaky relatives of ReLU were made against dying units (Maas, Hannun and Ng, 2013): with a slope below zero, error signals pass. Do they help? There are two cases to tell apart, both with the damage of an epoch at rate 3, followed by eight epochs at 0.1, on five seeds.
#
# - **repair**: a ReLU network is damaged, and only then its activation function is replaced;
# - **own damage**: each network has its activation function from the beginning, so that the epoch at rate 3 does to it what it does.


# %%
FUNCTIONS = {
    "ReLU": torch.relu,
    "slope 0.01": leaky(0.01).f,
    "slope 0.1": leaky(0.1).f,
    "ELU": F.elu,
}


def recovered(first: str, then: str, seed: int) -> float:
    """Accuracy after an epoch at rate 3 with one activation function, 8 at 0.1 with the other."""
    rng, split = torch.Generator().manual_seed(seed), data.digits(seed=seed)
    net = Reader(FUNCTIONS[first], rng)
    train(net, split, 1, How(3.0), rng)
    net.f = FUNCTIONS[then]
    return train(net, split, 8, How(0.1), rng)[-1]


# %%
scores = {}
for name in progress(FUNCTIONS, "recovery"):
    scores["repair", name] = torch.tensor([recovered("ReLU", name, s) for s in range(5)])
    own = [recovered(name, name, s) for s in range(5)] if name != "ReLU" else []
    scores["own damage", name] = torch.tensor(own) if own else scores["repair", name]

gains = {case: scores[case] - scores["repair", "ReLU"] for case in scores}
for (case, name), gain in gains.items():
    print(
        f"{case:>10}, {name:>10}: accuracy {scores[case, name].mean():.3f}, gain "
        f"{gain.mean():+.3f} (std {gain.std():.3f}, positive on {(gain > 0).sum()} of 5)"
    )

# %% tags=["hide-input"]
for name in ("slope 0.1", "ELU"):
    gain = gains["repair", name]
    check.reaches(f"repair, {name}: smallest gain", gain.min(), at_least=0.05)
    check.reaches(f"repair, {name}: gain over std", gain.mean() / gain.std(), at_least=2)
for case, name in (("repair", "slope 0.01"), ("own damage", "slope 0.1")):
    gain = gains[case, name]
    check.reaches(f"{case}, {name}: gain over std", gain.mean() / gain.std(), at_most=2)
small = gains["own damage", "slope 0.01"]
check.reaches("own damage, slope 0.01: smallest gain", small.min(), at_least=0.02)
check.reaches("own damage, slope 0.01: over std", small.mean() / small.std(), at_most=2)
check.reaches("own damage, ELU: mean gain", gains["own damage", "ELU"].mean(), at_most=0)

# %% [markdown]
# As a repair, a slope of 0.1 and the ELU pass this course's test for "helps": positive on five of five seeds, with a mean gain over two standard deviations. The usual slope of 0.01 does not; it passes a hundredth of the error signal.

# %% [markdown]
# As a protection none of the three passes the test. On average the ELU ends below the ReLU; a slope of 0.1 gains on some seeds and loses on others; 0.01 gains on five of five
# seeds, with too large a spread. A possible reason is that at rate 3 the functions with a larger slope below zero pass large gradients there too. The runs of section 4.4 name the surer remedy: at a rate of 0.1 almost no unit dies.

# %% [markdown]
# ## 4.6 How large should the first weights be?
#
# **Initialisation** is the choice of the parameters with which training begins. The map at the head of this chapter shows how much depends on it. Where does its narrow range lie, and how does it depend on activation function, width and depth?
#
# The **fan-in** $n_\text{in}$ of a unit is the number of its inputs. A pre-activation adds up $n_\text{in}$ products. If the weights are independent of each other and of the inputs, with mean zero, then the variances of the products add up:
#
# $$ \operatorname{Var} z = n_\text{in}\,\operatorname{Var} w\;\mathbb E\,[a^2] \tag{4.7} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $n_\text{in},\ n_\text{out}$ | `n_in`, `n_out` | number of inputs of a layer, of its outputs |
# | $\operatorname{Var} w$ | `std ** 2` | variance of the weights |
# | $\mathbb E[a^2]$ | | mean square of the incoming activations, not their variance: a ReLU's mean is not zero |

# %% [markdown]
# So a layer multiplies the variance by a factor, and thirty layers raise it to the power of thirty. To keep the variance, the factor has to be one.
#
# - For a linear layer that is $\operatorname{Var} w = 1/n_\text{in}$.
# - ReLU sets half of a symmetric distribution to zero, so $\mathbb E[a^2] = \frac12 \operatorname{Var} z$.
#
# **He initialisation** draws the weights of a layer with mean zero and variance $2/n_\text{in}$, which keeps the variance of the pre-activations from one ReLU layer to the next (He and others, 2015).
#
# $$ \operatorname{Var} w = \frac{2}{n_\text{in}} \tag{4.8} $$
#
# - Backward, each error signal of a linear layer adds up $n_\text{out}$ products, so that its variance is kept by $\operatorname{Var} w = 1/n_\text{out}$.
#
# **Xavier initialisation** draws the weights of a layer with mean zero and variance $2/(n_\text{in} + n_\text{out})$, a compromise between $1/n_\text{in}$ for the activations and $1/n_\text{out}$ for the error signals (Glorot and Bengio, 2010; it has the first author's given name).
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
    """Standard deviation between the two conditions (eq. 4.9)."""
    return (2 / (n_in + n_out)) ** 0.5


# %% tags=["hide-input"]
rng = torch.Generator().manual_seed(SEED)
n_in, n_out = 700, 500
empty = torch.empty(n_out, n_in, dtype=torch.float64)
he = nn.init.kaiming_normal_(empty, nonlinearity="relu", generator=rng).std().item()
xavier = nn.init.xavier_normal_(empty, generator=rng).std().item()
check.close("He: std of torch's 350,000 weights", he, he_std(n_in, n_out), rtol=0.01)
check.close("Xavier: the same", xavier, xavier_std(n_in, n_out), rtol=0.01)

x = data.normal(rng, 400, n_in).relu()
variance = (x @ normal_weights(n_in, n_out, 0.3, rng).T).var()
check.close("Var z (eq. 4.7)", variance, n_in * 0.3**2 * (x**2).mean(), rtol=0.05)
check.catches(
    "the variance of a in place of its mean square",
    lambda: check.close("Var z", n_in * 0.3**2 * x.var(), variance, rtol=0.05),
)

# %% [markdown]
# Both rules also come as uniform draws between $-r$ and $r$. A uniform number has the variance $r^2/3$, so $r = \sqrt{3 \operatorname{Var} w}$; for Xavier's rule that is $\sqrt{6/(n_\text{in} + n_\text{out})}$, the default of Keras.
#
# Send a batch through thirty layers of 256 units, with eight rules that are in use. "$\mathcal N(0, 0.01)$" in a text means a *variance* of 0.01, so a standard deviation of 0.1; many programs take 0.01 as the standard deviation. Run both.
# The last rule is what `nn.Linear` draws for its weights, uniform with $r = 1/\sqrt{n_\text{in}}$; its biases, which are random too, are left out here.


# %%
def size_at_depth(
    f: Callable[[Tensor], Tensor],
    draw: Callable[[int, int, torch.Generator], Tensor],
    seed: int,
    widths: Sequence[int] = (256,) * 31,
) -> float:
    """The activations' std after layers of these widths, for 64 standard normal inputs."""
    rng = torch.Generator().manual_seed(seed)
    a = data.normal(rng, 64, widths[0])
    for n_in, n_out in pairwise(widths):
        a = f(a @ draw(n_in, n_out, rng).T)
    return a.std().item()


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
print(" " * 18 + "".join(f"{name:>10}" for name in columns))
for rule, draw in RULES.items():
    for name in columns:
        depth_30[rule, name] = size_at_depth(ACTIVATIONS[name].f, draw, SEED)
    print(f"{rule:>18}" + "".join(f"{depth_30[rule, name]:>10.2g}" for name in columns))

# %% tags=["hide-input"]
check.reaches("ReLU, std 0.01", depth_30["std 0.01", "ReLU"], at_most=1e-27)
check.reaches("ReLU, std 1", depth_30["big: std 1", "ReLU"], at_least=1e30)
check.reaches("ReLU, Xavier", depth_30["Xavier", "ReLU"], at_most=1e-4)
check.reaches("ReLU, He", depth_30["He", "ReLU"], at_least=0.1, at_most=5)
check.reaches("tanh, std 0.01", depth_30["std 0.01", "tanh"], at_most=1e-22)
check.reaches("linear, 1/n_in", abs(depth_30["1/n_in", "linear"] - 1), at_most=0.25)
check.reaches("ReLU, nn.Linear", depth_30["torch's nn.Linear", "ReLU"], at_most=1e-10)

# %% [markdown]
# Read the table by columns. "Variance $1/n$ gives activations of variance one" holds in the first column, for linear layers and inputs of variance one. Under ReLU the same rule loses a
# factor $\sqrt{1/2}$ a layer, $2^{-15}$ over thirty. He's rule keeps the ReLU within a factor of ten. The variance that `nn.Linear` draws is $1/(3 n_\text{in})$, a sixth of He's: too small for thirty layers of ReLU.

# %% [markdown]
# In the sigmoid's column, below the row of zeros, nothing vanishes and nothing explodes. But this standard deviation mixes two things: how much the *units* differ from each other, and how much the *examples* do.
# A unit with the activation 0.4 for every input, beside one with 0.6 for every input, keeps the total spread up and carries no information about the input. Measure the second part by itself.

# %%
rng = torch.Generator().manual_seed(SEED)
a = data.normal(rng, 64, 256)
for _ in range(30):
    a = sigmoid(a @ RULES["1/n_in"](256, 256, rng).T)
apart = a.std(dim=0).mean().item()  # over the 64 inputs, unit by unit
print(f"std of all activations {a.std():.2f}, of one unit over 64 inputs {apart:.0e}")
check.reaches("sigmoid, 1/n_in: std over the inputs", apart, at_most=1e-12)

# %% [markdown]
# All 64 inputs have become the same vector, down to rounding. The weights keep the size of the differences between inputs on average, and the slope of at most a quarter divides them by four or more in every layer.

# %% tags=["hide-input"]
widgets.predict(
    "The weights of ten ReLU layers are drawn with variance 1/n_in, the biases are zero. By what factor does the variance of the pre-activations change from the first layer to the tenth?",
    answer=2.0**-9,
    tolerance=0.0002,
    because="Nine ReLUs lie between them; each halves the mean square, and the weights do not make up for it: (1/2)⁹ ≈ 0.002.",
    slips={
        "That is the factor of the standard deviation; the variance loses one half a layer.": 2.0
        ** -4.5,
        "That holds for linear layers; a ReLU halves the mean square.": 1,
    },
)

# %% [markdown]
# ## 4.7 What happens to the error signal on its way back?
#
# *Going further.*
#
# *This section uses `depth_30` from section 4.6.*
#
# Equation (3.15) takes the error signal back through the weights and the slope. With the assumptions of (4.7), and slopes that are independent of the error signal, a layer multiplies its mean square by
#
# $$ n_\text{out}\,\operatorname{Var} w\;\mathbb E\,[f'(z)^2] \tag{4.10} $$
#
# So *vanishing* and *exploding* are about weights and slopes together. For ReLU the last factor is one half, whatever the size of $z$. For tanh and the sigmoid it depends on how many units are saturated. Measure the map for error signals.


# %%
def error_map(activation: Activation, depth: int = 30, width: int = 64) -> Tensor:
    """log10 of the std of dL/dz for every weight std and layer.   -> (25, depth)"""
    rng = torch.Generator().manual_seed(SEED)
    a, pre = data.normal(rng, 32, width).expand(len(STDS), -1, -1), []
    W = [data.normal(rng, width, width) for _ in range(depth)]
    for l in range(depth):
        pre.append(a @ (STDS[:, None, None] * W[l].T))
        a = activation.f(pre[-1])
    delta = data.normal(rng, *pre[-1].shape[1:]) * activation.slope(pre[-1])
    sizes = [delta.std(dim=(1, 2))]
    for l in reversed(range(1, depth)):
        dL_da = delta @ (STDS[:, None, None] * W[l])
        delta = dL_da * activation.slope(pre[l - 1])  # eq. 3.15
        sizes.append(delta.std(dim=(1, 2)))
    return torch.stack(sizes[::-1], dim=1).clamp(min=1e-40).log10()


# %% tags=["hide-input"]
def explore_maps(activation: str, shows: str) -> tuple[plots.Figure, str]:
    """The map of the activations or of the error signal for one activation function."""
    forward = shows == "activations, forward"
    sizes = (
        activation_map(ACTIVATIONS[activation].f, width=64)
        if forward
        else error_map(ACTIVATIONS[activation])
    )
    usable = ((sizes[:, -1 if forward else 0]).abs() < 1).nonzero().ravel()
    span = (
        f"weights of std {STDS[usable[0]]:.2g} to {STDS[usable[-1]]:.2g} keep them near one"
        if len(usable)
        else "no standard deviation of the weights keeps them near one"
    )
    text = f"{activation}, {shows}: through 30 layers of 64 units {span}."
    what = "activations" if forward else "error signal"
    return draw_map(f"{activation}: {shows}", sizes, what), text


# %% tags=["hide-input"]
widgets.explore(
    explore_maps,
    title="Which first weights keep activations and error signals?",
    hint="Choose an activation function, and a direction.",
    activation=["sigmoid", "tanh", "ReLU"],
    shows=["activations, forward", "error signal, backward"],
)

# %% [markdown]
# "ReLU is a solution to explosion, too", say the notes; elsewhere its missing upper bound is named as a cause of explosions. Neither follows from (4.10), where the slope counts, together with the weights. The tanh is bounded, and with weights of standard deviation 1 its error signal explodes:
# most units are saturated, but a few lie near zero, where the slope is close to 1, and their large weights multiply the error signal. Compare the growth a layer with (4.10).

# %%
growth = {}
for name in ("tanh", "ReLU"):
    last, first = error_map(ACTIVATIONS[name])[-1][[-1, 0]]  # weights of std 1
    growth[name] = 10 ** ((first - last).item() / 29)
    z = data.normal(torch.Generator().manual_seed(SEED), 100_000)
    z *= (
        64 * depth_30["big: std 1", "tanh"] ** 2
    ) ** 0.5  # eq. 4.7; for ReLU any size will do
    mean_square = (ACTIVATIONS[name].slope(z) ** 2).mean()
    predicted = (64 * mean_square).sqrt().item()
    print(
        f"{name}: the error signal grows {growth[name]:.2f} a layer, by eq. 4.10 {predicted:.2f}"
    )
    check.close(f"{name}, growth a layer", growth[name], predicted, rtol=0.15)
check.reaches("tanh: growth a layer", growth["tanh"], at_least=1.8)

# %% [markdown]
# The tanh column of section 4.6 ends at 0.12 with $1/n_\text{in}$, and this can be predicted. For small pre-activations $\tanh z \approx z - z^3/3$, so a layer turns the variance $v$ into about
# $v - 2v^2$. Such a sequence falls like $1/(2l)$ with the layer $l$, and the standard deviation at layer thirty is:

# %%
predicted = (1 / (2 * 30)) ** 0.5
tanh_at_30 = depth_30["1/n_in", "tanh"]
check.close("tanh after 30 layers of 1/n_in", tanh_at_30, predicted, rtol=0.1)

# %% [markdown]
# The compromise of Xavier's rule can be tested where fan-in and fan-out differ. Take linear layers that are wide and narrow in turn, 400 and 100. By (4.9) a wide and a narrow layer together multiply the variance by
# $\frac{800}{500}\cdot\frac{200}{500} = 0.64$, in both directions. With $1/n_\text{in}$ the activations keep their size, and the mean square of the error signal is multiplied by $n_\text{out}/n_\text{in}$ in a layer: by a quarter in one and by four in the next. Over all layers
# the ratios cancel except for the first and last width, as He and others (2015) observe: satisfying one of the two conditions keeps the other in bounds.


# %%
def error_at_input(rule: str, widths: Sequence[int]) -> float:
    """The error signal's std at the first of these linear layers, for 64 normal rows."""
    rng = torch.Generator().manual_seed(SEED)
    weights = [RULES[rule](n_in, n_out, rng) for n_in, n_out in pairwise(widths)]
    delta = data.normal(rng, 64, widths[-1])
    for W in reversed(weights):
        delta = delta @ W
    return delta.std().item()


widths = [400, 100] * 15 + [400]
for rule in ("1/n_in", "Xavier"):
    forward = size_at_depth(ACTIVATIONS["linear"].f, RULES[rule], SEED, widths)
    backward = error_at_input(rule, widths)
    print(f"{rule}: activations {forward:.3f}, error signals {backward:.3f}")
    low, high = (0.4, 2) if rule == "1/n_in" else (0.4 * 0.64**7.5, 2 * 0.64**7.5)
    check.reaches(
        f"{rule}: activations after 30 layers", forward, at_least=low, at_most=high
    )
    check.reaches(f"{rule}: error signals after 30", backward, at_least=low, at_most=high)

# %% [markdown]
# So here $1/n_\text{in}$ keeps both, and the compromise loses a factor of thirty in each direction. For layers of one width the two rules agree.
#
# ## 4.8 Why must the weights be random?
#
# If small weights are safe, why not begin with zero? "All gradients would be zero", say the notes. That is almost right, and the exact statement depends on the activation function. Take a network with 16 hidden units and one output, all parameters zero, on eight examples of which two belong to class 1. What is the
# gradient of each parameter?


# %%
def logits(
    parameters: Sequence[Tensor], f: Callable[[Tensor], Tensor], X: Tensor
) -> Tensor:
    """One hidden layer; parameters W1 (h, d), b1 (h,), W2 (1, h), b2 (1,).   X: (n, d) -> (n,)"""
    W1, b1, W2, b2 = parameters
    return F.linear(f(F.linear(X, W1, b1)), W2, b2)[:, 0]


def gradients(
    parameters: Sequence[Tensor], f: Callable[[Tensor], Tensor], X: Tensor, y: Tensor
) -> list[Tensor]:
    """The gradients of the binary cross-entropy."""
    leaves = [p.clone().requires_grad_() for p in parameters]
    loss = F.binary_cross_entropy_with_logits(logits(leaves, f, X), y)
    return list(torch.autograd.grad(loss, leaves))


# %%
SHAPES = ((16, 2), (16,), (1, 16), (1,))
ZEROS = [torch.zeros(shape, dtype=torch.float64) for shape in SHAPES]
X = data.normal(torch.Generator().manual_seed(SEED), 8, 2)
y = torch.tensor([1.0, 0, 0, 1, 0, 0, 0, 0], dtype=torch.float64)
for name in ("ReLU", "tanh", "sigmoid"):
    grads = gradients(ZEROS, ACTIVATIONS[name].f, X, y)
    dW1, db1, dW2, db2 = (g.abs().max().item() for g in grads)
    print(f"{name:>8}: dW1 {dW1:g}, db1 {db1:g}, dW2 {dW2:g}, db2 {db2:g}")
    check.close(f"{name}: gradient of the output bias", db2, 0.25)
    last_weights = 0.125 if name == "sigmoid" else 0.0
    check.close(f"{name}: gradient of the last weights", dW2, last_weights)

# %% [markdown]
# With ReLU and tanh one number has a gradient, the output bias. It learns the frequency of class 1, and nothing else moves, since every other gradient is a
# product with a factor of zero. The sigmoid of zero is one half, so there the last weights move too, all by the same amount, and after them the first weights, again
# all alike. Train such networks on two moons, beside networks with random weights.


# %% tags=["hide-input"]
def train_on_moons(
    parameters: Sequence[Tensor], f: Callable[[Tensor], Tensor], seed: int, steps: int = 800
) -> tuple[float, list[Tensor]]:
    """Gradient descent on all examples; the test accuracy and the trained parameters."""
    split = data.moons(seed=seed, dtype=torch.float64)
    X, y = split.X_train, split.y_train.double()
    for _ in range(steps):
        steepest = gradients(parameters, f, X, y)
        parameters = [p - 2.0 * g for p, g in zip(parameters, steepest, strict=True)]
    right = (logits(parameters, f, split.X_test) > 0) == split.y_test.bool()
    return right.double().mean().item(), list(parameters)


# %%
rng = torch.Generator().manual_seed(SEED)
starts = {"zeros": ZEROS, "random": [data.normal(rng, *shape) for shape in SHAPES]}
starts["constant"] = [torch.full_like(p, 0.5) for p in ZEROS]
moons = {}
for name, start in (
    *((name, "zeros") for name in ("ReLU", "tanh", "sigmoid")),
    ("sigmoid", "constant"),
    ("sigmoid", "random"),
):
    moons[name, start] = train_on_moons(starts[start], ACTIVATIONS[name].f, SEED)
    print(f"{name:>8}, {start:>8}: accuracy {moons[name, start][0]:.3f}")

# %% tags=["hide-input"]
for name in ("ReLU", "tanh"):
    weights = moons[name, "zeros"][1][0]
    check.close(f"{name}: first weights after 800 steps", weights, ZEROS[0], atol=0)
for start in ("zeros", "constant"):
    weights = moons["sigmoid", start][1][0]
    alike = weights[:1].expand(16, 2)
    check.close(f"{start}: all units' weights and the first's", weights, alike, atol=1e-12)
    check.reaches(f"{start}: largest weight", weights.abs().max(), at_least=0.5)
    check.reaches(f"sixteen equal units, {start}", moons["sigmoid", start][0], at_most=0.93)
check.reaches("sigmoid, random weights", moons["sigmoid", "random"][0], at_least=0.95)

# %% tags=["hide-input"]
split, panels = data.moons(seed=SEED, dtype=torch.float64), []
points, labels = split.X_test.numpy(), split.y_test.numpy()
for start, title in {"zeros": "equal units", "random": "different units"}.items():
    score, parameters = moons["sigmoid", start]
    title = f"sixteen {title}: accuracy {score:.3f}"
    fig, ax = plots.panel(title, x="$x_1$", y="$x_2$", size=(3.9, 3.4))
    plots.decision_regions(
        ax,
        lambda p: (logits(parameters, sigmoid, torch.tensor(p)) > 0).long(),
        points,
        labels,
    )
    panels.append(fig)
plots.show(
    *panels,
    alt=[
        "From zeros: one straight decision boundary through both moons.",
        "From random weights: a decision boundary that winds between the moons.",
    ],
)

# %% [markdown]
# From zeros the sixteen sigmoid units stay copies of each other, and sixteen equal units draw the straight decision boundary of one. From a constant the same happens: units with identical weights receive identical gradients, and so stay identical.
# **Symmetry breaking** means to give the units of a layer different first weights, so that they receive different gradients and can become different. Random weights do that; the biases may begin at zero.

# %% [markdown]
# ## 4.9 What does batch normalisation compute?
#
# A good initialisation sets the size of the activations once. Then training changes the weights, and the sizes can drift. What if each layer measured its own pre-activations at every step, and put them back to mean zero and variance one?
#
# **Batch normalisation** is a layer that standardises each unit over the examples of the mini-batch and then scales and shifts it by two learned parameters (Ioffe and Szegedy, 2015). With the scale $\gamma$
# and the shift $\beta$ the layer can still represent other means and variances:
#
# $$ \begin{gathered}
#    \mu = \frac1n \sum_i x_i, \quad v = \frac1n \sum_i (x_i - \mu)^2 \\
#    \hat x_i = \frac{x_i - \mu}{\sqrt{v + \varepsilon}}, \qquad y_i = \gamma\,\hat x_i + \beta
#    \end{gathered} \tag{4.11} $$
#
# | symbol | name | shape | meaning |
# |---|---|---|---|
# | $x,\ \hat x,\ y$ | `X`, `X_hat`, `Y` | $(n, d)$ | input, standardised, output |
# | $\mu,\ v$ | `mean`, `var` | $(d)$ | of the mini-batch in training, stored ones at inference |
# | $\gamma,\ \beta$ | `gamma`, `beta` | $(d)$ | learned scale and shift; they begin at one and zero |
# | $\varepsilon$ | `eps` | | $10^{-5}$: keeps a constant unit from a division by zero |
# | $m$ | `momentum` | | share of the newest batch in the running statistics, 0.1 |

# %% [markdown]
# **Inference** is the use of a network after its training, when its parameters stay fixed. There may then be a single example and no batch. The **running statistics** of a batch normalisation layer are moving averages of the means and variances of the batches, which the layer uses in place of the batch's own at inference.
#
# $$ \begin{gathered}
#    \bar\mu \leftarrow (1 - m)\,\bar\mu + m\,\mu \\
#    \bar v \leftarrow (1 - m)\,\bar v + m\,\frac{n}{n-1}\,v
#    \end{gathered} \tag{4.12} $$
#
# The factor $n/(n-1)$ makes the stored variance an unbiased estimate of the variance of all data, for which a sample's own is a little too small on average. The variance in (4.11) stays the plain one.

# %% [markdown]
# Backward, an input acts on the output along three paths: directly, through the mean, and through the variance. Adding them up (3.2) gives, with $g_i = \gamma\,\partial L/\partial y_i$,
#
# $$ \begin{gathered}
#    \frac{\partial L}{\partial x_i} = \frac{1}{\sqrt{v + \varepsilon}} \Big( g_i - \frac1n\sum_k g_k - \frac{\hat x_i}{n}\sum_k g_k \hat x_k \Big) \\
#    \frac{\partial L}{\partial \gamma} = \sum_i \frac{\partial L}{\partial y_i}\,\hat x_i, \qquad \frac{\partial L}{\partial \beta} = \sum_i \frac{\partial L}{\partial y_i}
#    \end{gathered} \tag{4.13} $$


# %%
class BatchNorm1d:
    """Standardises each column over the batch, then scales and shifts it (eq. 4.11).

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
            var, mean = torch.var_mean(X, dim=0, correction=0)
            self.remember(mean, var, len(X))
        self.std = (var + self.eps).sqrt()
        self.X_hat = (X - mean) / self.std  # eq. 4.11
        return self.gamma * self.X_hat + self.beta

    def remember(self, mean: Tensor, var: Tensor, n: int) -> None:
        """Move the running statistics towards this batch (eq. 4.12)."""
        if n < 2:
            raise ValueError("batch normalisation needs at least two rows to train on")
        m, unbiased = self.momentum, var * n / (n - 1)
        self.running_mean = (1 - m) * self.running_mean + m * mean
        self.running_var = (1 - m) * self.running_var + m * unbiased

    def backward(self, dY: Tensor) -> Tensor:
        """dL/dX after a forward pass in training (eq. 4.13); keeps dgamma and dbeta."""
        self.dgamma, self.dbeta = (dY * self.X_hat).sum(dim=0), dY.sum(dim=0)
        g = dY * self.gamma
        return (g - g.mean(dim=0) - self.X_hat * (g * self.X_hat).mean(dim=0)) / self.std


# %% [markdown]
# In an image all pixels of a channel were computed with the same weights (chapter 6). So the two-dimensional version takes the statistics of a channel over the batch, the rows and the
# columns: the same layer, with every pixel as an example.


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
# Check both against torch: three training batches of different sizes, with gradients and running statistics, and then inference. $\gamma$ and $\beta$ are random, as ones and zeros would hide a missing
# factor.


# %% tags=["hide-input"]
def compare_with_torch(
    ours: BatchNorm1d, theirs: nn.Module, batches: Sequence[Tensor], rng: torch.Generator
) -> None:
    """Hold outputs, gradients and running statistics to torch's; then compare at inference."""
    with torch.no_grad():
        theirs.weight.copy_(ours.gamma), theirs.bias.copy_(ours.beta)
    for X in batches:
        leaf = X.clone().requires_grad_()
        expected, dY = theirs(leaf), data.normal(rng, *X.shape)
        gradients = torch.autograd.grad(expected, (leaf, theirs.weight, theirs.bias), dY)
        running = theirs.running_mean, theirs.running_var
        check.close(f"training, {tuple(X.shape)}", ours.forward(X, training=True), expected)
        mine = ours.backward(dY), ours.dgamma, ours.dbeta
        check.close("  dX, dgamma, dbeta", mine, gradients)
        check.close("  running statistics", (ours.running_mean, ours.running_var), running)
    theirs.eval()
    check.close("inference", ours.forward(batches[0], training=False), theirs(batches[0]))


# %% tags=["hide-input"]
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
# For $d$ units $2d$ numbers are learned, and $2d$ are kept as running statistics, without a gradient. torch also counts the batches that it has seen.

# %% tags=["hide-input"]
layer = nn.BatchNorm1d(37)
check.close("learned", sum(p.numel() for p in layer.parameters()), 2 * 37)
check.close("kept", sum(b.numel() for b in layer.buffers()), 2 * 37 + 1)

# %% [markdown]
# **Break it.** With $\varepsilon$ outside the root, ordinary data show a difference of some millionths, a nearly constant unit a large one. The plain variance in the running statistics is too small by the factor $(n-1)/n$: a
# sixth less for a batch of six, a thousandth for a batch of a thousand. And two-dimensional data whose statistics are taken over the batch alone keep a mean for every pixel: the shape is right, the layer is another.

# %%
six_rows = data.normal(rng, 6, 3)
small, layer = 1e-3 * six_rows, nn.BatchNorm1d(3).double()
outside = (small - small.mean(0)) / (small.var(0, correction=0).sqrt() + 1e-5)
check.catches(
    "eps outside the root", lambda: check.close("nearly constant", outside, layer(small))
)

layer = nn.BatchNorm1d(3).double()
layer(six_rows)
plain = 0.9 + 0.1 * six_rows.var(0, correction=0)
slips = {"The running variance is the plain one; eq. 4.12 stores the unbiased one.": plain}
check.catches(
    "a biased running variance",
    lambda: check.close("running variance", plain, layer.running_var, slips=slips),
)

images, layer = 3 + data.normal(rng, 4, 2, 5, 3), nn.BatchNorm2d(2).double()
by_pixel = (images - images.mean(0)) / (images.var(0, correction=0) + 1e-5).sqrt()
check.catches(
    "a mean for every pixel", lambda: check.close("images", by_pixel, layer(images))
)

# %% tags=["hide-input"]
widgets.choose(
    "A network with batch normalisation is trained, and you forget `net.eval()` before you classify a single photograph. What is used for the mean?",
    {
        "the mean of this photograph's own batch": True,
        "the running mean": "That takes evaluation mode; in training mode the batch's own statistics are used.",
        "zero": "Zero is only the first value of the running mean.",
        "the mean over the whole training set": "The layer never has the whole training set at once; the running mean approximates it.",
    },
    because="In training mode (4.11) takes the batch's own statistics, and (4.12) even changes the running ones.",
)

# %% [markdown]
# ## 4.10 What does batch normalisation change?
#
# Three facts follow from (4.11) with $\varepsilon = 0$. First, whatever is constant over the batch is subtracted: a bias in front of the layer has no effect, and its gradient is
# zero. Second, doubling the weights in front changes nothing, since the scale is divided out. Third, for that reason their gradient halves: large weights receive small steps.


# %%
def normalised(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """A linear layer, then eq. 4.11 with eps = 0."""
    z = F.linear(X, W, b)
    return (z - z.mean(dim=0)) / z.var(dim=0, correction=0).sqrt()


# %%
rng = torch.Generator().manual_seed(SEED)
X, target = (data.normal(rng, 9, size) for size in (4, 3))
W, b = data.normal(rng, 3, 4), torch.ones(3, dtype=torch.float64)
dW, db = {}, {}
for factor in (1, 2):
    leaves = [(factor * W).requires_grad_(), b.clone().requires_grad_()]
    loss = ((normalised(X, *leaves) - target) ** 2).sum()
    dW[factor], db[factor] = torch.autograd.grad(loss, leaves)

check.close("gradient of the bias", db[1], 0 * b, atol=1e-12)
check.close("doubled weights", normalised(X, 2 * W, b), normalised(X, W, b))
check.close("their gradient", dW[2], dW[1] / 2)

# %% [markdown]
# Now a network with eight hidden layers of sigmoids, nine layers in all, in which the differences between inputs vanish (section 4.6). It can be built plain, or with a normalisation layer in front of each activation function.


# %%
def deep_net(
    rng: torch.Generator,
    f: type[nn.Module],
    norm: Callable[[int], nn.Module] | None = None,
    std_factor: float = 1.0,
    hidden: int = 8,
    width: int = 64,
) -> nn.Sequential:
    """64 pixels -> `hidden` layers of `width` -> 10 logits; Xavier's weights, scaled."""
    layers: list[nn.Module] = []
    for n_in in [64] + [width] * (hidden - 1):
        layers += [nn.Linear(n_in, width), *([norm(width)] if norm else []), f()]
    layers.append(nn.Linear(width, 10))
    for layer in layers:
        if isinstance(layer, nn.Linear):
            std = std_factor * xavier_std(layer.in_features, layer.out_features)
            nn.init.normal_(layer.weight, std=std, generator=rng)
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


# %% [markdown]
# Before crediting normalisation, prepare a control. The sigmoid is a scaled and shifted tanh,
# $\sigma(z) = \frac12 + \frac12\tanh\frac z2$. So a sigmoid network can start exactly as a tanh network does, if its weights are four times as large and its biases take the half away again:
#
# $$ w \leftarrow 4w, \qquad b_j \leftarrow 2 b_j - \tfrac12 \sum_i w_{ji} \tag{4.14} $$
#
# (The sum is over the new weights. In the first layer, whose inputs are no sigmoids, $w \leftarrow 2w$ and $b_j \leftarrow 2b_j$; in the last, whose outputs are logits, $w \leftarrow 2w$ and $b_j \leftarrow b_j - \frac12\sum_i w_{ji}$.)


# %%
@torch.no_grad()
def like_tanh(net: nn.Sequential) -> nn.Sequential:
    """Make a sigmoid network start as a tanh network (eq. 4.14); changes and returns it."""
    linear = [layer for layer in net if isinstance(layer, nn.Linear)]
    for layer in linear[:-1]:
        layer.weight *= 2 if layer is linear[0] else 4
        layer.bias *= 2
    linear[-1].weight *= 2
    for layer in linear[1:]:
        layer.bias -= layer.weight.sum(dim=1) / 2
    return net


# %% tags=["hide-input"]
pair = []
for f in (nn.Tanh, nn.Sigmoid):
    rng = torch.Generator().manual_seed(SEED)
    net = deep_net(rng, f).double()
    for layer in net[::2]:
        nn.init.normal_(layer.bias, std=0.5, generator=rng)  # zeros would hide a factor
    pair.append(net)
X = DIGITS.X_test[:50].double()
check.close("logits of a tanh network, by sigmoids", like_tanh(pair[1])(X), pair[0](X))

# %% [markdown]
# "Normalisation does not directly address vanishing gradients", says one of the notes. Compare the gradient at the first layer with that at the last hidden one, before any training.


# %%
def first_over_last(net: nn.Sequential) -> float:
    """Norm of the first weights' gradient over that of the last hidden ones."""
    linear = [layer for layer in net.train() if isinstance(layer, nn.Linear)]
    loss = F.cross_entropy(net(DIGITS.X_train[:64]), DIGITS.y_train[:64])
    first, last = torch.autograd.grad(loss, [linear[0].weight, linear[-2].weight])
    return (first.norm() / last.norm()).item()


def nine_layers(kind: str) -> nn.Sequential:
    """The nine-layer network with the weights of this SEED."""
    rng, batch_norm = torch.Generator().manual_seed(SEED), nn.BatchNorm1d
    net = deep_net(rng, nn.Sigmoid, batch_norm if kind == "normalised" else None)
    return like_tanh(net) if kind == "plain, eq. 4.14" else net


# %%
KINDS = ("plain", "plain, eq. 4.14", "normalised")
ratios = {kind: first_over_last(nine_layers(kind)) for kind in KINDS}
for kind, ratio in ratios.items():
    print(f"{kind:>16}: gradient of the first over the last hidden layer {ratio:.2g}")
check.reaches("plain: first over last", ratios["plain"], at_most=1e-3)
for kind in KINDS[1:]:
    lifted = ratios[kind] / ratios["plain"]
    check.reaches(f"{kind}: ratio over plain", lifted, at_least=1000)

net = nine_layers("normalised").train()
divisor = net[:4](DIGITS.X_train[:64]).detach().std(dim=0).mean()  # z, second layer
check.reaches(
    "std that the second normalisation divides by", divisor, at_least=0.15, at_most=0.3
)

# %% [markdown]
# Batch normalisation lifts the gradient of the first layer by orders of magnitude, and so does the start of (4.14). In the second layer of the normalised network (4.13) divides the error signal by a standard deviation of about 0.2, which makes up for the small slope of the sigmoid.
#
# Train all three for twelve epochs, at two learning rates. The plain network stays at chance, so give it three more rates, for six epochs.

# %%
accuracy = {}
for rate in progress((0.03, 0.1), "nine layers"):
    for kind in KINDS:
        rng = torch.Generator().manual_seed(SEED)
        how = How(rate, momentum=0.9, batch=64)
        accuracy[kind, rate] = train(net := nine_layers(kind), DIGITS, 12, how, rng)
        if (kind, rate) == ("normalised", 0.03):
            NORMALISED = net
for rate in (0.01, 0.3, 1.0):
    rng, how = torch.Generator().manual_seed(SEED), How(rate, momentum=0.9, batch=64)
    accuracy["plain", rate] = train(nine_layers("plain"), DIGITS, 6, how, rng)

# %% tags=["hide-input"]
panels = []
for rate in (0.03, 0.1):
    fig, ax = plots.panel(
        f"nine layers of sigmoids, rate {rate:g}",
        x="epoch",
        y="test accuracy",
        size=(3.9, 3.1),
        ylim=(0, 1),
    )
    for kind in KINDS:
        ax.plot(range(1, 13), accuracy[kind, rate], label=kind)
    ax.legend(loc="center right")
    panels.append(fig)
plots.show(
    *panels,
    alt=[
        "Learning rate 0.03: the plain network stays at chance, the normalised one is above "
        "0.8 from the second epoch, and the plain one that starts like a tanh network "
        "follows below it.",
        "Learning rate 0.1: the plain network stays at chance, the other two end close "
        "together.",
    ],
)

# %% tags=["hide-input"]
plain = max(history[-1] for (kind, _), history in accuracy.items() if kind == "plain")
check.reaches("plain, best of five rates", plain, at_most=0.2)
gap = {r: accuracy["normalised", r][-1] - accuracy[KINDS[1], r][-1] for r in (0.03, 0.1)}
for rate in (0.03, 0.1):
    final = accuracy["normalised", rate][-1]
    check.reaches(f"normalised, rate {rate}", final, at_least=0.9)
    print(f"rate {rate}: normalised minus eq. 4.14 {gap[rate]:+.3f}")
check.reaches("gap at rate 0.03", gap[0.03], at_least=0.01)
check.reaches("gap at rate 0.1", gap[0.1], at_least=-0.05, at_most=0.06)

# %% [markdown]
# Without normalisation and with Xavier's weights the network stays at chance at five rates; with it, over 90 percent are right. The control learns as well: at a rate of 0.03 it stays behind the normalised network on each of five seeds, at 0.1 the difference changes its sign from seed to seed.
#
# > **Result** In this experiment a start by (4.14) makes the deep network trainable without normalisation, and at a rate of 0.1 as accurate. Normalisation is ahead at 0.03 and needs no analysis of the activation function; section 4.11 tries it with other starts and rates.

# %% [markdown]
# ## 4.11 Does normalisation make the start less important?
#
# *Going further.*
#
# Train small six-layer ReLU networks for three epochs, from weights between a tenth of He's and ten times He's, with learning rates from 0.03 to 0.3. How many of the fifteen combinations exceed an accuracy of one half?


# %%
FACTORS, RATES = (0.1, 0.5, 1.0, 2.0, 10.0), (0.03, 0.1, 0.3)


def range_of_starts(norm: Callable[[int], nn.Module] | None) -> Tensor:
    """Accuracy after three epochs for every weight size and learning rate.   -> (5, 3)"""
    scores = torch.zeros(len(FACTORS), len(RATES))
    for i in progress(range(len(FACTORS)), "weight sizes"):
        for j, lr in enumerate(RATES):
            rng, he = torch.Generator().manual_seed(SEED), 2**0.5  # in units of Xavier's
            net = deep_net(rng, nn.ReLU, norm, FACTORS[i] * he, hidden=5, width=32)
            scores[i, j] = train(net, DIGITS, 3, How(lr), rng)[-1]
    return scores


by_norm = {"plain": range_of_starts(None), "normalised": range_of_starts(nn.BatchNorm1d)}
works = {label: (scores > 0.5).double().mean().item() for label, scores in by_norm.items()}
check.reaches("combinations above one half, plain", works["plain"], at_most=0.3)
check.reaches("the same, normalised", works["normalised"], at_least=0.79)
check.reaches("plain, He's weights, best rate", by_norm["plain"][2].max(), at_least=0.5)


# %% tags=["hide-input"]
def draw_scores(title: str, scores: Tensor) -> plots.Figure:
    """The accuracies as a table of shades, large weights on top."""
    fig, ax = plots.panel(
        title, x="learning rate", y="weights, times He's", size=(3.8, 3.2)
    )
    ax.imshow(
        scores.tolist(),
        cmap=plots.SEQUENTIAL,
        vmin=0.1,
        vmax=1,
        aspect="auto",
        origin="lower",
    )
    for (i, j), score in zip(
        torch.cartesian_prod(*map(torch.arange, scores.shape)), scores.ravel(), strict=True
    ):
        ink = "white" if score > 0.75 else "black"
        ax.text(j, i, f"{score:.2f}", ha="center", va="center", color=ink, fontsize=9)
    ax.set_xticks(range(len(RATES)), [f"{v:g}" for v in RATES])
    ax.set_yticks(range(len(FACTORS)), [f"{v:g}" for v in FACTORS])
    ax.grid(False)
    return fig


# %% tags=["hide-input"]
panels = [draw_scores(f"{label}: accuracy", scores) for label, scores in by_norm.items()]
plots.show(
    *panels,
    alt=[
        f"Without normalisation {works['plain']:.0%} of the combinations of weight size "
        "and learning rate reach an accuracy above one half; all lie near He's weights.",
        f"With normalisation {works['normalised']:.0%} of them do, at every weight size but the largest.",
    ],
)

# %% [markdown]
# Within these three epochs the plain network works near He's weights and at some rates; the normalised one tolerates weights twenty times apart, from a tenth of He's to twice.

# %% [markdown]
# Why? The inventors' explanation was that the distribution of a layer's inputs no longer drifts while the
# layers before it learn. Santurkar and others (2018) added such a drift on purpose behind the
# normalisation, and training was as good as before. By their measurements the loss becomes smoother. The question is open; the three facts at the head of section 4.10 hold in any case.
#
# ## 4.12 What does batch normalisation cost?
#
# *Going further.*
#
# In training mode the output for one example depends on the other examples of its batch. Leave the trained network in training mode by mistake, and classify the same digit twice in
# different batches.


# %%
@torch.no_grad()
def changed_predictions(
    net: nn.Module, training: bool, size: int, rng: torch.Generator
) -> float:
    """Share of 150 test digits that two random batches of `size` classify differently."""
    net, differs = copy.deepcopy(net).train(training), 0
    for i in range(150):
        others = torch.randint(150, 500, (2, size - 1), generator=rng)
        first, second = (
            net(DIGITS.X_test[[i, *rest]])[0].argmax() for rest in others.tolist()
        )
        differs += int(first != second)
    return differs / 150


rng, changed = torch.Generator().manual_seed(SEED), {}
for size in (2, 8, 64):
    for training in (True, False):
        share = changed_predictions(NORMALISED, training, size, rng)
        changed[size, training] = share
        print(f"batches of {size:>2}, training mode {training}: {share:.0%} change")
check.reaches("changed, training mode, batches of 2", changed[2, True], at_least=0.5)
check.reaches("changed, evaluation mode", changed[2, False], at_most=0)

# %% [markdown]
# With two examples in a batch the prediction changes for most digits; in evaluation mode for none. The widget shows one normalised pre-activation of one digit in 400 random batches.


# %% tags=["hide-input"]
@torch.no_grad()
def one_unit(mode: str, batch: int) -> tuple[plots.Figure, str]:
    """The first normalised pre-activation of one test digit, in 400 random batches."""
    rng = torch.Generator().manual_seed(SEED)
    layers = copy.deepcopy(NORMALISED[:2]).train(mode == "training")
    digit, others, values = DIGITS.X_test[:1], DIGITS.X_test[1:], []
    for _ in range(400):
        rest = others[torch.randint(len(others), (batch - 1,), generator=rng)]
        values.append(layers(torch.cat([digit, rest]))[0, 0])
    values = torch.stack(values)
    text = f"std {values.std():.2f}"
    fig, ax = plots.panel(
        f"{mode}, batches of {batch}: {text}",
        x="normalised pre-activation of one unit",
        y="of 400 batches",
    )
    ax.hist(
        values.clamp(-3, 3).tolist(),
        bins=torch.linspace(-3, 3, 41).tolist(),
        color=plots.BLUE if mode == "training" else plots.ORANGE,
    )
    return fig, f"Histogram of one unit in {mode}, batches of {batch}: {text}."


# %% tags=["hide-input"]
widgets.explore(
    one_unit,
    title="One digit in many batches",
    hint="Change the size of the batch, then the mode.",
    mode=["training", "inference"],
    batch=[2, 8, 64],
)

# %% [markdown]
# A second cost shows in the left figure of section 4.10: after one epoch the normalised network stands near chance, after the second near its final accuracy. It has learned in the first epoch, as the statistics of the test batch in place of the running ones will show. What is wrong with the running statistics?
# After twenty batches, $0.9^{20} \approx 0.12$ of them is still the zeros and ones with which they began. Chapter 2 met the same fault in Adam; its bias correction divides that share out.


# %%
@torch.no_grad()
def corrected(net: nn.Sequential, batches: int) -> nn.Sequential:
    """A copy whose running statistics are freed of their first values, 0 and 1."""
    net, share = copy.deepcopy(net), 0.9**batches
    for layer in net:
        if isinstance(layer, nn.BatchNorm1d):
            layer.running_mean /= 1 - share
            layer.running_var.sub_(share).div_(1 - share)
    return net


# %%
rng, how = torch.Generator().manual_seed(SEED), How(0.03, momentum=0.9, batch=64)
young = nine_layers("normalised")
running = train(young, DIGITS, 1, how, rng)[-1]
freed = data.accuracy(corrected(young, 20), DIGITS.X_test, DIGITS.y_test)
with torch.no_grad():
    y_hat = copy.deepcopy(young).train()(DIGITS.X_test).argmax(dim=1)
own = (y_hat == DIGITS.y_test).double().mean()
print(f"running {running:.3f}, corrected {freed:.3f}, the test batch's own {own:.3f}")
check.reaches("one epoch, running statistics", running, at_most=0.4)
check.reaches("one epoch, corrected", freed, at_least=0.65)
check.reaches("one epoch, the batch's own statistics", own, at_least=0.65)

# %% [markdown]
# The correction alone restores the accuracy, so the first values were the fault. When a young network with batch normalisation does badly at inference, look at its running statistics first.

# %% [markdown]
# Two relatives take their statistics from one example at a time, so that training and inference are the same computation and a batch of one is allowed. **Layer normalisation** standardises the units of a layer for each example by itself and then scales and shifts each unit by
# learned parameters (Ba, Kiros and Hinton, 2016). **Group normalisation** standardises groups of channels of an image for each example by itself and then scales and shifts each channel by learned parameters (Wu and He, 2018).


# %%
def layer_norm(X: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """Each row standardised over its units.   X: (n, d), gamma, beta: (d,) -> (n, d)"""
    var, mean = torch.var_mean(X, dim=1, correction=0, keepdim=True)  # (n, 1)
    return gamma * (X - mean) / (var + eps).sqrt() + beta


def group_norm(
    X: Tensor, groups: int, gamma: Tensor, beta: Tensor, eps: float = 1e-5
) -> Tensor:
    """Groups of channels standardised in each image.   X: (n, c, h, w), gamma, beta: (c,)"""
    rows = X.reshape(len(X), groups, -1)
    var, mean = torch.var_mean(rows, dim=2, correction=0, keepdim=True)
    X_hat = ((rows - mean) / (var + eps).sqrt()).reshape(X.shape)
    return gamma[:, None, None] * X_hat + beta[:, None, None]


# %%
rng = torch.Generator().manual_seed(SEED)
X, images = 2 + 3 * data.normal(rng, 5, 7), 2 + 3 * data.normal(rng, 3, 6, 4, 5)
for size, ours, theirs in (
    (7, lambda g, b: layer_norm(X, g, b), lambda g, b: F.layer_norm(X, (7,), g, b)),
    (
        6,
        lambda g, b: group_norm(images, 2, g, b),
        lambda g, b: F.group_norm(images, 2, g, b),
    ),
):
    gamma, beta = (data.normal(rng, size) for _ in range(2))
    check.close(f"{size} units or channels", ours(gamma, beta), theirs(gamma, beta))

# %% [markdown]
# Train a small ReLU network on 600 digits with mini-batches of two, at two rates, and with fifteen. In a batch of two, (4.11) turns every unit into $+1$ and $-1$ (but for $\varepsilon$): only the order of the two examples is left.

# %%
FEW = DIGITS._replace(X_train=DIGITS.X_train[:600], y_train=DIGITS.y_train[:600])
by_batch = {}
for batch, rate in ((2, 0.01), (2, 0.03), (15, 0.1)):
    for norm in (nn.BatchNorm1d, nn.LayerNorm):
        rng = torch.Generator().manual_seed(SEED)
        net = deep_net(rng, nn.ReLU, norm, 2**0.5, hidden=3, width=32)
        by_batch[batch, rate, norm] = train(net, FEW, 2, How(rate, batch=batch), rng)[-1]
        final = by_batch[batch, rate, norm]
        print(f"batches of {batch}, rate {rate}, {norm.__name__}: accuracy {final:.3f}")

# %% tags=["hide-input"]
of_two = {norm: max(by_batch[2, r, norm] for r in (0.01, 0.03)) for norm in
          (nn.BatchNorm1d, nn.LayerNorm)}  # fmt: skip
check.reaches("batches of 2: batch norm, best rate", of_two[nn.BatchNorm1d], at_most=0.6)
check.reaches("batches of 2: layer norm, best rate", of_two[nn.LayerNorm], at_least=0.75)
with_15 = by_batch[15, 0.1, nn.BatchNorm1d]
check.reaches("batches of 15: batch norm", with_15, at_least=0.7)
lead = with_15 - by_batch[15, 0.1, nn.LayerNorm]
check.reaches("batches of 15: batch minus layer norm", lead, at_least=-0.1)

# %% [markdown]
# With two examples batch normalisation at its better rate stays far behind layer normalisation at its better rate; with fifteen it does not.
#
# Layer normalisation is no substitute everywhere, though. Put it into the nine sigmoid layers of section 4.10, at a rate of 0.03 (rates of 0.1 and 0.3 end at chance, too). There all inputs end in almost the same vector, and subtracting a mean over the *units* leaves what the *examples* have in common; a mean over the examples subtracts it.

# %%
rng = torch.Generator().manual_seed(SEED)
net = deep_net(rng, nn.Sigmoid, nn.LayerNorm)
score = train(net, DIGITS, 12, How(0.03, momentum=0.9, batch=64), rng)[-1]
check.reaches("nine sigmoid layers, layer normalisation", score, at_most=0.2)

# %% [markdown]
# ## 4.13 What if one step is too long?
#
# *Going further.*
#
# A few examples can have a gradient that is a thousand times longer than usual, and one step in proportion can undo the steps before it. **Gradient clipping** shortens a gradient that is longer than a limit $c$ to the length $c$ and keeps its direction. The length is that of all parameters' gradients together:
#
# $$ \mathbf g \leftarrow \mathbf g \cdot \min\!\Big(1,\ \frac{c}{\lVert \mathbf g \rVert}\Big) \tag{4.15} $$
#
# torch's `clip_grad_norm_` does it, and you write it as an exercise. If each tensor is clipped to the length $c$ by itself, the lengths are limited too, but the direction is another one.

# %%
pieces = torch.tensor([3.0, 4.0]), torch.tensor([0.0, 12.0])  # lengths 5, 12; together 13
parameters = [nn.Parameter(torch.zeros(2)) for _ in pieces]
for p, g in zip(parameters, pieces, strict=True):
    p.grad = g.clone()
check.close("length", nn.utils.clip_grad_norm_(parameters, 1.0).item(), 13.0)
together = [p.grad for p in parameters]
check.close("clipped", together, [g / 13 for g in pieces])

slips = {"Each piece was clipped by itself; eq. 4.15 has one length for all of them.": [pieces[0] / 5, pieces[1] / 12]}  # fmt: skip
apart = [pieces[0] / 5, pieces[1] / 12]
check.catches(
    "clipping piece by piece", lambda: check.close("clipped", apart, together, slips=slips)
)

# %% [markdown]
# Now spoil five of the 1,258 training digits: their pixels are a thousand times too large, as after a fault of the scanner. Train a network with He initialisation, with clipping at one and without. The control of clipping is a smaller learning rate, so try four rates without it, and the clean data too.

# %%
X = DIGITS.X_train.clone()
X[::300] *= 1000
spoilt = DIGITS._replace(X_train=X)


def small_net(split: data.Split, lr: float, clip: float) -> float:
    """Test accuracy of a network with three hidden layers after eight epochs."""
    rng = torch.Generator().manual_seed(SEED)
    net = deep_net(rng, nn.ReLU, None, 2**0.5, hidden=3, width=32)
    return train(net, split, 8, How(lr, batch=64, clip=clip), rng)[-1]


# %%
unclipped = {r: small_net(spoilt, r, math.inf) for r in (0.1, 0.01, 0.001, 0.0001)}
clipped, clean = small_net(spoilt, 0.1, 1.0), small_net(DIGITS, 0.1, math.inf)
for rate, score in unclipped.items():
    print(f"spoilt, not clipped, rate {rate:g}: accuracy {score:.3f}")
print(f"spoilt, clipped, rate 0.1: {clipped:.3f};  clean, not clipped: {clean:.3f}")
check.reaches("not clipped, best of four rates", max(unclipped.values()), at_most=0.5)
check.reaches("clipped", clipped, at_least=0.8)
check.reaches("clean minus clipped", clean - clipped, at_most=0.08)

# %% [markdown]
# With outliers, clipping reaches an accuracy that none of the four rates reaches without it. The case is different when *every* gradient is too long. Take twelve hidden layers of ReLU, with weights of twice He's standard deviation, and run the same control.

# %%
explosion = {}
for label, factor, lr, clip in (
    ("clipped", 2.0, 0.05, 1.0),
    ("rate 0.05", 2.0, 0.05, math.inf),
    ("rate 0.00001", 2.0, 0.00001, math.inf),
    ("He's, rate 0.1", 1.0, 0.1, math.inf),
):
    rng = torch.Generator().manual_seed(SEED)
    net = deep_net(rng, nn.ReLU, None, factor * 2**0.5, hidden=12)
    explosion[label] = train(net, DIGITS, 10, How(lr, batch=64, clip=clip), rng)[-1]
    print(f"{label:>14}: accuracy {explosion[label]:.3f}")

check.reaches("exploding, rate 0.05", explosion["rate 0.05"], at_most=0.2)
check.reaches("exploding, clipped", explosion["clipped"], at_least=0.35)
check.reaches("exploding, rate 0.00001", explosion["rate 0.00001"], at_least=0.3)
lead = explosion["He's, rate 0.1"] - max(explosion["clipped"], explosion["rate 0.00001"])
check.reaches("He's weights minus the better of both", lead, at_least=0.1)

# %% [markdown]
# Here a tiny learning rate comes close to clipping: when all gradients are clipped, clipping amounts to a smaller rate, chosen anew at each step. He's weights without clipping do better than both, at a rate of 0.1 on each of five seeds, at 0.05 on four of the five: here clipping does not replace a good initialisation. You will need it in chapter 15, where the same weights are applied once for every word of a sentence.

# %% tags=["hide-input"]
widgets.predict(
    "Two tensors have gradients of lengths 6 and 8. They are clipped together at c = 2. How long is the first afterwards?",
    answer=1.2,
    tolerance=0.01,
    because="Together they are 10 long; both are multiplied by 2/10.",
    slips={
        "That clips the tensor by itself; the length is that of both together.": 2,
        "The joint length is √(36 + 64) = 10; lengths do not simply add up.": 6 * 2 / 14,
    },
)

# %% [markdown]
# ## 4.14 What is left to choose?
#
# Parameters are learned from data. A **hyper-parameter** is a quantity that is fixed before training and not learned by gradient descent, such as the learning rate or the number of layers. Hyper-parameters are judged by results on data kept for that purpose (chapter 5). The second column has customary
# values to begin with, not results of this chapter.

# %% [markdown]
# | hyper-parameter | customary first choice | chapter |
# |---|---|---|
# | number of layers, and of units in each | small; enlarge while the training error falls | 1, 5 |
# | activation function | ReLU or a smooth relative in hidden layers; by the kind of target in the last | 4.1, 4.3 |
# | loss | belongs to the last layer | 3, 4.3 |
# | optimiser, momentum | SGD with momentum, or Adam | 2 |
# | learning rate, and its schedule | the largest that does not diverge, then smaller | 2, 4.4 |
# | batch size | 32 to 256; not too small for batch normalisation | 2, 4.12 |
# | initialisation | He for ReLU, Xavier for tanh, zero for biases | 4.6, 4.8 |
# | normalisation | batch normalisation in deep convolutional networks, layer normalisation in transformers | 4.9, 4.12 |
# | clipping | when single gradients are much longer than the others | 4.13 |
# | share of data kept for validation | a tenth to a fifth, or cross-validation | 5 |
#
# ## 4.15 Your turn
#
# The [exercises of this chapter](../assignments/04_stable_training/04_stable_training.ipynb) ask for pieces that this chapter took from torch, for a gradient that it did not derive, for repairs, predictions and a design of your own.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | softplus for large numbers | Write | ●● | 10 |
# | a faulty ELU | Find the bug | ● | 10 |
# | faulty first weights | Find the bug | ● | 10 |
# | a faulty batch normalisation | Find the bug | ●● | 15 |
# | gradient clipping | Write | ●● | 10 |
# | the backward pass of layer normalisation | Derive | ●●● | 30 |
# | seven numbers before a run | Predict | ●● | 15 |
# | a start for eight sigmoid layers | Go beyond | ●●● | 30 |
#
# And one to think about, without a check.
#
# <details><summary>You train with batch normalisation and a batch of one image of 32 by 32 pixels. torch does not complain for nn.BatchNorm2d, but it does for nn.BatchNorm1d. Why, and should it?</summary>
#
# For images every pixel counts as an example: 1,024 values for each channel, so mean and variance exist. A vector has a single value for each unit; its variance is zero, and it would always be normalised to $\beta$.
# In the first case the statistics exist, but they describe this one image: its brightness and contrast are removed in training, and kept at inference, when the running statistics are used.
#
# </details>
#
# ## 4.16 In five lines
#
# 1. A hidden layer's activation function is judged by its slope where the pre-activations lie: it must not be zero there, and smoothness is not required. The last layer follows from the kind of target.
# 2. Long steps can kill ReLU units; a leaky slope of 0.1 or an ELU repairs a damaged network, and no function of section 4.5 makes a learning rate safe that is far too large.
# 3. A layer multiplies the variance of activations by $n_\text{in}\operatorname{Var} w$ and half of that under ReLU, and that of error signals by $n_\text{out} \operatorname{Var} w\, \mathbb E[f'^2]$; a start keeps both near one, with random weights, since equal units stay equal.
# 4. Batch normalisation standardises every unit with the statistics of the batch in training and running statistics at inference. In the small networks here it tolerates more starts and rates; with batches of two it does badly.
# 5. Clipping limits the length of a step and keeps its direction: against rare long gradients none of four rates replaced it, against gradients that are all too long a small rate comes close.
#
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, sections 2.2 and 3.8, and Politecnico di Milano, "Activation functions", "Weight Initialization", "Batch normalization" and "Vanishing and exploding Gradient"). In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Milano, Activations | effective activations are S-shaped and must be differentiable | ReLU is neither; a slope that differs from zero on part of the range and a sub-gradient at the kink suffice | Glorot, Bordes and Bengio (2011) | sections 4.1, 4.2 |
# | Milano, Activations * | a sigmoid above 0.5 "outputs a 1"; the sigmoid serves binary classification in hidden layers | the threshold is a decision rule for the finished network; the sigmoid belongs to the output layer | | sections 4.2, 4.3 |
# | Milano, Activations * | the leaky ReLU (slope 0.01) is a fix for dying units | as a repair after an epoch at rate 3, 0.01 did not pass the test for "helps", 0.1 and the ELU did; as a protection from that epoch none passed it | measured here | section 4.5 |
# | Milano, Activations and Vanishing * | the ELU "is parametric"; $f(x) = x{+}{=}\dots$ | the ELU's $\alpha$ is chosen by hand, the parametric ReLU learns its slope; $x^{+}$ is meant | Clevert, Unterthiner and Hochreiter (2016); He and others (2015) | sections 4.1, 4.2 |
# | Milano, Initialization * | with zeros all gradients are zero and nothing is learned | with ReLU and tanh the output bias moves; with the sigmoid the weights move too, but all units stay equal | Goodfellow, Bengio and Courville (2016), section 8.4 | section 4.8 |
# | Milano, Initialization * | $1/n_\text{in}$ makes the variance of activations one; "more recently he proposed" | for inputs of variance one and linear layers; He is the first author's name; Keras draws the uniform variant of Xavier's rule | Glorot and Bengio (2010); He and others (2015) | section 4.6 |
# | Milano, Batch normalization * | it standardises inputs and outputs of each layer; no $\gamma$, $\beta$ or inference | standardised, then scaled and shifted by learned $\gamma$, $\beta$; running statistics at inference | Ioffe and Szegedy (2015) | section 4.9 |
# | Milano, Batch normalization * | does not directly address vanishing gradients | it lifts them by orders of magnitude in the nine-layer network, as a better initialisation does | measured here | section 4.10 |
# | Milano, Vanishing | ReLU is a solution to explosion too | growth is a matter of weights and slopes (4.10): a ReLU network with large weights explodes, and so does the bounded tanh; initialisation, normalisation, clipping, and shortcuts (chapter 7) act on it | Pascanu, Mikolov and Bengio (2013) | sections 4.6, 4.7, 4.13 |
# | Bologna 2.2, remark * | vanishing is an issue of the sigmoid, ReLU was designed to solve it | weights and slopes act together: a sigmoid network with (4.14) trains, a ReLU network with small weights vanishes | Pascanu, Mikolov and Bengio (2013); Glorot, Bordes and Bengio (2011) | sections 4.6, 4.10 |
# | Bologna 3.8 * | keeps the magnitude of the *weights* similar | of the pre-activations; the magnitude of the weights in front has no effect on the output. Biased variance in the forward pass, unbiased in the running one; the explanation by drifting distributions is disputed | Ioffe and Szegedy (2015); Santurkar and others (2018) | sections 4.9 to 4.11 |
#
# ## Further reading
#
# - X. Glorot and Y. Bengio (2010), [*Understanding the difficulty of training deep feedforward neural networks*](https://proceedings.mlr.press/v9/glorot10a.html), AISTATS: figures of saturating layers, and equation (4.9).
# - K. He, X. Zhang, S. Ren and J. Sun (2015), [*Delving deep into rectifiers*](https://arxiv.org/abs/1502.01852), ICCV: equation (4.8), its backward twin, and the parametric ReLU.
# - S. Ioffe and C. Szegedy (2015), [*Batch normalization*](https://arxiv.org/abs/1502.03167), ICML; and S. Santurkar, D. Tsipras, A. Ilyas and A. Madry (2018), [*How does batch normalization help optimization?*](https://arxiv.org/abs/1805.11604), NeurIPS: read them as a pair.
# - J. L. Ba, J. R. Kiros and G. E. Hinton (2016), [*Layer normalization*](https://arxiv.org/abs/1607.06450); and Y. Wu and K. He (2018), [*Group normalization*](https://arxiv.org/abs/1803.08494), ECCV: statistics without a batch.
# - A. Maas, A. Hannun and A. Ng (2013), *Rectifier nonlinearities improve neural network acoustic models* (the leaky ReLU); B. Xu, N. Wang, T. Chen and M. Li (2015), [*Empirical evaluation of rectified activations*](https://arxiv.org/abs/1505.00853) (the randomised one); D.-A. Clevert, T. Unterthiner and S. Hochreiter (2016), [*Exponential linear units*](https://arxiv.org/abs/1511.07289), ICLR;
#   D. Hendrycks and K. Gimpel (2016), [*Gaussian error linear units*](https://arxiv.org/abs/1606.08415) (GELU and SiLU).
# - R. Pascanu, T. Mikolov and Y. Bengio (2013), [*On the difficulty of training recurrent neural networks*](https://arxiv.org/abs/1211.5063), ICML: section 3 introduces the clipping of (4.15).

# %% [markdown] tags=["neighbours"]
# Before: [3 Backpropagation](03_backpropagation.ipynb). Next: [5 Generalisation](05_generalization.ipynb).
