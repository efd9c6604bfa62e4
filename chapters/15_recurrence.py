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
# # 15 Recurrence
#
# A text, a melody and a series of measurements have an order, and what comes next depends on what came before. This chapter builds the networks that read a sequence step by step and carry a state along: the recurrent network, its gradient through time, and the gated cells that were invented because that gradient vanishes.
#
# Its second half is about words: models that count, vectors that are learned from the company which a word keeps, and names that a network writes letter by letter.
#
# Terms in bold are collected in the [glossary](glossary.md).

# %% [markdown]
# > **Study time** About 165 minutes. The core path, 90 minutes, is sections 15.2 to 15.4, 15.6, 15.10 and 15.12; sections marked *going further* can wait. The chapter has two parts: part two, words and language, begins with section 15.10.

# %%
import itertools
import math
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, widgets
from course_utils.progress import progress

SEED = check.seed(15)


# %%
YEARS, COUNTS = data.sunspots()
SPLIT = len(YEARS) - 60  # the last 60 years are for the test

# %% [markdown]
# ## 15.1 What does a model without memory see?
#
# *Going further.*
#
# A **static data set** is a set of examples without an order in time, as the pictures of the chapters before are. A **time series** is a sequence of values in the order of time, in which a value may depend on all earlier ones. The notes call such data dynamic. The series of this section is the mean number of sunspots of each year from 1700 to 2008, with cycles of about eleven years.

# %% [markdown]
# A **memoryless model** is a model that predicts from a fixed number of the latest values and keeps nothing of what came before. An **autoregressive model** of order $p$ is a model that predicts a value from the $p$ values before it. The linear one is
#
# $$ \hat x_t = a_0 + \sum_{k=1}^{p} a_k\, x_{t-k} . \tag{15.1} $$
#
# The Milan notes say that such a model takes the current input only; a window may have any fixed length.


# %%
def windows(series: Tensor, p: int) -> tuple[Tensor, Tensor]:
    """The p values before each value, and the value.   (T,) -> X (T - p, p), y (T - p,)"""
    if not 0 < p < len(series):
        raise ValueError(f"a window of {p} values does not fit a series of {len(series)}")
    return series[:-1].unfold(0, p, 1), series[p:]


X, y = windows(COUNTS, 9)
by_loop = torch.stack([COUNTS[t - 9 : t] for t in range(9, len(COUNTS))])
check.close("windows, by a loop", X, by_loop)
check.catches("a window that holds its target", lambda: check.close("windows", COUNTS.unfold(0, 9, 1)[1:], by_loop))  # fmt: skip
check.raises("a series without values", ValueError, lambda: windows(COUNTS[:0], 9))

# %% [markdown]
# All models are scored by the root of the mean squared error (RMSE) on the last 60 years, each predicted from the years before it. The parameters are fitted on the earlier years alone. The **persistence forecast** is the forecast that the next value equals the last one; it needs no training, and any other model has to be compared with it.


# %%
def with_one(X: Tensor) -> Tensor:
    return torch.cat([X, torch.ones(len(X), 1)], dim=1)


def least_squares(X: Tensor, y: Tensor) -> Tensor:
    """The coefficients of (15.1), the constant last.   -> (p + 1,)"""
    return torch.linalg.lstsq(with_one(X), y[:, None]).solution[:, 0]


def rmse(predicted: Tensor, y: Tensor) -> float:
    return (predicted - y).square().mean().sqrt().item()


FUTURE, errors = COUNTS[SPLIT:], {}
errors["persistence"] = rmse(COUNTS[SPLIT - 1 : -1], FUTURE)
errors["eleven years ago"] = rmse(COUNTS[SPLIT - 11 : -11], FUTURE)
for p in (1, 2, 9, 20):
    X, y = windows(COUNTS, p)
    errors[f"window of {p}"] = rmse(with_one(X[-60:]) @ least_squares(X[:-60], y[:-60]), FUTURE)  # fmt: skip

# %% [markdown]
# A model with memory reads the series value by value; sections 15.2 and 15.3 build it. Here torch's own serves, with a state of 16 numbers and no window.


# %%
class Forecaster(nn.Module):
    """A recurrent network that predicts the next value at each step.   (n, T, 1) -> (n, T, 1)"""

    def __init__(self, width: int = 16):
        super().__init__()
        self.rnn, self.out = nn.RNN(1, width, batch_first=True), nn.Linear(width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.rnn(x)[0])


torch.manual_seed(SEED)
forecaster, scaled = Forecaster(), COUNTS[None, :, None] / 100
optimizer = torch.optim.Adam(forecaster.parameters(), 0.01)
for _ in progress(range(150), "RNN"):
    optimizer.zero_grad()
    predicted = forecaster(scaled[:, : SPLIT - 1])
    F.mse_loss(predicted[:, 9:], scaled[:, 10:SPLIT]).backward()
    nn.utils.clip_grad_norm_(forecaster.parameters(), 1.0)
    optimizer.step()
with torch.no_grad():
    recurrent = 100 * forecaster(scaled[:, :-1])[0, SPLIT - 1 :, 0]
errors["recurrent network"] = rmse(recurrent, FUTURE)
for name, error in errors.items():
    print(f"{name:18}: RMSE {error:5.1f} sunspots")

# %%
check.reaches("persistence minus a window of 9", errors["persistence"] - errors["window of 9"], at_least=10)  # fmt: skip
check.reaches("window of 1 minus window of 9", errors["window of 1"] - errors["window of 9"], at_least=10)  # fmt: skip
check.reaches("window of 20 minus window of 9", errors["window of 20"] - errors["window of 9"], at_least=0.0)  # fmt: skip
check.reaches("persistence minus the recurrent network", errors["persistence"] - errors["recurrent network"], at_least=8)  # fmt: skip
check.reaches("recurrent network minus a window of 9", abs(errors["recurrent network"] - errors["window of 9"]), at_most=5)  # fmt: skip

# %% tags=["hide-input"]
X, y = windows(COUNTS, 9)
ar9 = with_one(X[-60:]) @ least_squares(X[:-60], y[:-60])
fig, ax = plots.panel("the last 60 years", x="year", y="sunspots", size=(5.2, 2.6))
ax.plot(YEARS[SPLIT:], FUTURE, "-", color=plots.BLUE, label="observed")
ax.plot(YEARS[SPLIT:], ar9, "--", color=plots.ORANGE, label="window of 9")
ax.plot(YEARS[SPLIT:], recurrent, ":", color=plots.GREEN, label="recurrent network")
ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncol=3)
plots.show(fig, alt="Five cycles of sunspots; both predictions follow them closely and miss the height of some maxima.")  # fmt: skip

# %% [markdown]
# The window of nine years and the recurrent network are both far better than persistence and differ little from each other. The value of eleven years ago, one cycle back, is a worse forecast than persistence. A window of 20 years gains nothing over one of nine, so on this short series a longer memory has little to add.
#
# Two mistakes are run here: a window that ends with its target, and test years that are drawn at random.

# %%
leaked = COUNTS.unfold(0, 9, 1)[1:]
with_target = rmse(with_one(leaked[-60:]) @ least_squares(leaked[:-60], y[:-60]), FUTURE)
print(f"a window that ends with its target: RMSE {with_target:.4f}")
print(f"mean number of sunspots: until 1948 {COUNTS[:SPLIT].mean():.0f}, from 1949 on {FUTURE.mean():.0f}")  # fmt: skip
check.reaches("mean number: the last 60 years minus the others", (FUTURE.mean() - COUNTS[:SPLIT].mean()).item(), at_least=20)  # fmt: skip
check.reaches("RMSE with the target in the window", with_target, at_most=0.1)
rng, mixed = torch.Generator().manual_seed(SEED), []
for _ in range(20):
    rows = torch.randperm(len(y), generator=rng)
    held, kept = rows[:60], rows[60:]
    mixed.append((rmse(with_one(X[held]) @ least_squares(X[kept], y[kept]), y[held]), rmse(X[held, -1], y[held])))  # fmt: skip
shuffled, shuffled_persistence = torch.tensor(mixed).mean(dim=0).tolist()
print(f"years at random: window of 9 {shuffled:.1f}, persistence {shuffled_persistence:.1f};  the future: {errors['window of 9']:.1f}, {errors['persistence']:.1f}")  # fmt: skip
check.reaches("window of 9: future minus shuffled", errors["window of 9"] - shuffled, at_least=2.5)  # fmt: skip
check.reaches("persistence: future minus shuffled", errors["persistence"] - shuffled_persistence, at_least=5)  # fmt: skip

# %% [markdown]
# The first error is zero: the prediction is the target itself. A shuffled split promises an error that the future does not keep. Persistence, which has no parameters that could learn from the neighbouring years, differs between the two splits as well: the recent cycles are higher than the earlier ones. Only a test on the future contains such a change, and only beside persistence on the same years can an error be judged.

# %% [markdown]
# ## 15.2 How does a network remember?
#
# A **recurrent neural network** (RNN) is a network that reads a sequence step by step and feeds a vector that it computed at one step back into itself at the next. The **hidden state** of a recurrent network is the vector $\mathbf h_t$ that it hands from one step to the next: all that it keeps of $\mathbf x_1, \dots, \mathbf x_t$. The plain cell, with a linear output, is
#
# $$ \mathbf h_t = \tanh(W \mathbf x_t + U \mathbf h_{t-1} + \mathbf b), \qquad \hat{\mathbf y}_t = V \mathbf h_t + \mathbf c . \tag{15.2} $$

# %% [markdown]
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf x_t, \mathbf h_t$ | `x[:, t]`, `h` | input $(n, d)$ and state $(n, k)$ at step $t$ |
# | $W, U, \mathbf b$ | `W`, `U`, `b` | weights $(k, d)$, $(k, k)$ and bias $(k,)$, the same at each step |
# | $V, \mathbf c$ | `V`, `c` | weights $(m, k)$ and bias of the output |
# | $T$ | `x.shape[1]` | number of steps |
#
# The number of parameters does not depend on $T$.


# %%
def rnn_step(x: Tensor, h: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
    """One step of (15.2).   x: (n, d), h: (n, k) -> (n, k)"""
    return torch.tanh(x @ W.T + h @ U.T + b)


def unfold(step: Callable[[Tensor, Tensor], Tensor], x: Tensor, h: Tensor) -> Tensor:
    """The state after each step.   step: (x_t, h) -> h, x: (n, T, d), h: (n, k) -> (n, T, k)"""
    if x.shape[1] == 0:
        raise ValueError("an empty sequence has no last state: give one step at least")
    states = []
    for x_t in x.unbind(dim=1):
        h = step(x_t, h)
        states.append(h)
    return torch.stack(states, dim=1)


# %% [markdown]
# The **unfolding** of a recurrent network is the feedforward network that has one layer for each step, all with the same weights. The loop above runs through it. torch's `nn.RNN` has two bias vectors, of which only the sum matters; with its weights copied the states agree.

# %%
torch.manual_seed(SEED)
rnn, rng = nn.RNN(3, 6, batch_first=True).double(), torch.Generator().manual_seed(SEED)
W, U, b_x, b_h = (p.detach() for p in rnn.parameters())
x, h_0 = data.normal(rng, 4, 5, 3), data.normal(rng, 4, 6)
states = unfold(lambda x, h: rnn_step(x, h, W, U, b_x + b_h), x, h_0)
check.close("states, as torch's", states, rnn(x, h_0[None])[0])
one_bias = unfold(lambda x, h: rnn_step(x, h, W, U, b_x), x, h_0)
check.catches("one of the two biases", lambda: check.close("states", one_bias, rnn(x, h_0[None])[0]))  # fmt: skip
check.raises("an empty sequence", ValueError, lambda: unfold(lambda x, h: h, x[:, :0], h_0))

# %% [markdown]
# What does the state keep? Change the first input and compare: the last state changes, where a window of the last four inputs would see no difference. And the order counts, which a sum over the inputs would lose.

# %%
other = torch.cat([x[:, :1] + 1, x[:, 1:]], dim=1)
reversed_states = unfold(lambda x, h: rnn_step(x, h, W, U, b_x + b_h), x.flip(1), h_0)
other_states = unfold(lambda x, h: rnn_step(x, h, W, U, b_x + b_h), other, h_0)
moved = (other_states - states).norm(dim=2).mean(dim=0)
for t, size in enumerate(moved, start=1):
    print(f"step {t}: the state differs by {size:.3f}")
check.reaches("the last state, after another first input", moved[-1].item(), at_least=1e-3)
check.reaches("its difference, last step over first", (moved[-1] / moved[0]).item(), at_most=0.5)  # fmt: skip
check.reaches("the last state, after the reversed input", (reversed_states - states)[:, -1].norm(dim=1).mean().item(), at_least=0.1)  # fmt: skip

# %% [markdown]
# The influence of the first input decreases from step to step here. Why, and when it grows instead, is the subject of section 15.4. The Milan notes call the state an infinite memory: it has no fixed length in time, but it is one vector of $k$ numbers, whatever $T$ is. Since each step needs the state of the step before it, the steps of one sequence cannot be computed in parallel; the sequences of a batch can.

# %% tags=["hide-input"]
widgets.predict(
    "A recurrent layer has 20 inputs and 50 hidden units, with one bias vector. How many parameters does it have if the sequences have 100 steps?",
    answer=3550,
    tolerance=0.5,
    because="W has 50 × 20, U has 50 × 50 and b has 50 numbers, used at each of the 100 steps.",
    slips={
        "The steps share their weights.": 355000,
        "U is missing.": 1050,
        "U and the bias are missing.": 1000,
        "The bias is missing.": 3500,
        "torch has two bias vectors; this layer has one.": 3600,
    },
)

# %% [markdown]
# ## 15.3 How does the gradient go back through time?
#
# **Backpropagation through time** (BPTT; Werbos 1990) is backpropagation in the unfolded network. Let the loss be a sum over the steps, $L = \sum_t \ell_t$, with $\mathbf e_t = \partial \ell_t / \partial \hat{\mathbf y}_t$. The error signal $\boldsymbol\delta_t$ of the pre-activation at step $t$ collects what comes from the output of this step and what comes from the next step:
#
# $$ \boldsymbol\delta_t = (\mathbf 1 - \mathbf h_t^2) \odot \big( V^\top \mathbf e_t + U^\top \boldsymbol\delta_{t+1} \big), \qquad \boldsymbol\delta_{T+1} = \mathbf 0 . \tag{15.3} $$

# %% [markdown]
# The weights are the same at each step, and each step contributes to the loss. By the rule for a variable that is used several times, the contributions add up:
#
# $$ \frac{\partial L}{\partial U} = \sum_{t=1}^{T} \boldsymbol\delta_t\, \mathbf h_{t-1}^\top, \qquad \frac{\partial L}{\partial W} = \sum_{t=1}^{T} \boldsymbol\delta_t\, \mathbf x_t^\top, \qquad \frac{\partial L}{\partial \mathbf b} = \sum_{t=1}^{T} \boldsymbol\delta_t . \tag{15.4} $$
#
# The Bologna notes take the average over the steps. That is $1/T$ times the gradient of this loss; it would be the gradient if the *loss* were averaged.


# %%
def bptt(x: Tensor, h: Tensor, e: Tensor, U: Tensor, V: Tensor) -> list[Tensor]:
    """(15.3) and (15.4).   x: (n, T, d), h: states 0..T (n, T + 1, k), e: (n, T, m) -> dW, dU, db, dh_0"""
    delta, deltas = torch.zeros_like(h[:, 0]), []
    for t in reversed(range(x.shape[1])):
        delta = (1 - h[:, t + 1] ** 2) * (e[:, t] @ V + delta @ U)
        deltas.append(delta)
    D = torch.stack(deltas[::-1], dim=1)  # (n, T, k)
    dW, dU = torch.einsum("ntk,ntd->kd", D, x), torch.einsum("ntk,ntj->kj", D, h[:, :-1])
    return [dW, dU, D.sum(dim=(0, 1)), delta @ U]


# %%
rng = torch.Generator().manual_seed(SEED)
x, y, h_0 = data.normal(rng, 4, 7, 3), data.normal(rng, 4, 7, 2), data.normal(rng, 4, 6)  # fmt: skip
W, U, b, V = (data.normal(rng, *size) for size in ((6, 3), (6, 6), (6,), (2, 6)))
leaves = [p.requires_grad_() for p in (W, U, b, h_0)]
states = [h_0]
for t in range(7):
    states.append(rnn_step(x[:, t], states[-1], W, U, b))
h = torch.stack(states, dim=1)
e = h[:, 1:] @ V.T - y  # of half the squared error
expected = torch.autograd.grad(e.square().sum() / 2, leaves)
found = bptt(x, h.detach(), e.detach(), U.detach(), V)
for name, mine, right in zip(("dW", "dU", "db", "dh_0"), found, expected, strict=True):
    check.close(f"{name}, as autograd's", mine, right, rtol=1e-10, atol=1e-10)
slips = {"The contributions of the steps are averaged; they add up (eq. 15.4).": expected[1] / 7}  # fmt: skip
check.catches("the average over the steps", lambda: check.close("dU", found[1] / 7, expected[1], slips=slips))  # fmt: skip

# %% [markdown]
# The states of all $T$ steps are kept for the way back, so memory grows with $T$. **Truncated backpropagation through time** is backpropagation through time in pieces of $k$ steps: the state goes on from one piece to the next, the gradient stops at the border. In code the state is detached between the pieces, and only there.


# %%
def in_pieces(net: nn.RNN, x: Tensor, h: Tensor, k: int) -> Iterator[Tensor]:
    """States, piece by piece, of k steps each; no gradient crosses a border.   x: (n, T, d), h: (1, n, h)"""
    if k < 1:
        raise ValueError(f"a piece of {k} steps: give one at least")
    for piece in x.split(k, dim=1):
        out, h = net(piece, h.detach())
        yield out


rnn = nn.RNN(3, 6, batch_first=True).double()
x.requires_grad_()
pieces = list(in_pieces(rnn, x, x.new_zeros(1, 4, 6), 4))
check.close("the states are those of the whole", torch.cat(pieces, dim=1), rnn(x)[0])
(grad,) = torch.autograd.grad(pieces[1].square().sum(), x)
check.close("the piece before gets no gradient", grad[:, :4].abs().sum().item(), 0.0)
check.close(
    "the first step of the own piece gets one", bool((grad[:, 4].abs() > 0).all()), True
)

# %% [markdown]
# What does truncation cost? The network shall repeat its input, a random bit, five steps later. In pieces of five steps, no gradient leads from an output to the input that it depends on; in pieces of six, one leads from the last output of each piece to its first input. Another control is a delay of one step with pieces of two.


# %%
def echo_accuracy(delay: int, k: int, steps: int = 250) -> float:
    """Train an RNN to repeat its input after `delay` steps, in pieces of k steps; the share of right bits, unseen."""
    torch.manual_seed(SEED)
    rng, net, out = torch.Generator().manual_seed(SEED), nn.RNN(1, 24, batch_first=True), nn.Linear(24, 1)  # fmt: skip
    optimizer = torch.optim.Adam([*net.parameters(), *out.parameters()], 0.01)

    def outputs() -> tuple[Tensor, Tensor]:
        bits = torch.randint(2, (32, 20, 1), generator=rng).float()
        pieces = in_pieces(net, 2 * bits - 1, torch.zeros(1, 32, 24), k)
        return torch.cat([out(h) for h in pieces], dim=1)[:, delay:], bits[:, :-delay]

    for _ in range(steps):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(*outputs()).backward()
        optimizer.step()
    logits, bits = outputs()
    return ((logits > 0) == (bits > 0)).double().mean().item()


# %%
runs = {pair: echo_accuracy(*pair) for pair in progress([(5, 5), (5, 6), (1, 2)], "echo")}
for (delay, k), right in runs.items():
    print(f"delay {delay}, pieces of {k} steps: {right:.2f} of the bits right")
check.reaches("delay 5, pieces of 5", runs[5, 5], at_most=0.75)
check.reaches("delay 5, pieces of 6", runs[5, 6], at_least=0.85)
check.reaches("delay 1, pieces of 2", runs[1, 2], at_least=0.98)

# %% [markdown]
# One step more in a piece decides. The state itself crosses the border in each case, and it still holds traces of the input of five steps before; but without a gradient across that distance the network is not taught to keep them; four times as many steps of training did not change the result. What truncation costs is the training of dependences that are longer than a piece.

# %% tags=["hide-input"]
widgets.choose(
    "A loop over pieces hands the state on without detaching it, and calls backward() after each piece. What happens at the second piece?",
    {
        "torch reports that it goes backward through the graph a second time": True,
        "The gradient is truncated, as wanted": "The border has to be made: nothing stops the gradient at the end of a piece.",
        "The gradient of the first piece is lost": "It was added to the parameters' gradients at the first call.",
    },
    because="The graph of the second piece contains that of the first, whose stored values were freed by the first backward().",
)

# %% [markdown]
# ## 15.4 Why do gradients explode or vanish along time?
#
# By (15.3) each step back multiplies the gradient by the same matrix and by the slopes of that step:
#
# $$ \frac{\partial L}{\partial \mathbf h_{t-1}} = U^\top \Big( (\mathbf 1 - \mathbf h_t^2) \odot \frac{\partial L}{\partial \mathbf h_t} \Big) + \text{what } \ell_{t-1} \text{ adds} . \tag{15.5} $$
#
# The **spectral radius** $\rho$ of a square matrix is the largest absolute value of its eigenvalues. Without slopes (a linear cell) the gradient finally changes by the factor $\rho$ a step. Slopes below one shrink its components at each step.


# %%
def spectral_radius(U: Tensor) -> float:
    return torch.linalg.eigvals(U).abs().max().item()


def gradient_sizes(U: Tensor, T: int, linear: bool, rng: torch.Generator, inputs: float = 0.5) -> Tensor:  # fmt: skip
    """|dL/dh_t| for t = T, T - 1, .., 0, with size 1 at t = T: the geometric mean of 50 sequences.   -> (T + 1,)"""
    h, slopes = torch.zeros(50, len(U), dtype=U.dtype), []
    for _ in range(T):
        h = h @ U.T + inputs * data.normal(rng, *h.shape)
        h = h if linear else h.tanh()
        slopes.append(torch.ones_like(h) if linear else 1 - h**2)
    delta = F.normalize(data.normal(rng, *h.shape))
    sizes = [delta.norm(dim=1)]
    for slope in reversed(slopes):
        delta = (delta * slope) @ U  # eq. 15.5
        sizes.append(delta.norm(dim=1))
    return torch.stack(sizes).log().mean(dim=1).exp()


# %%
rng, RADII = torch.Generator().manual_seed(SEED), (0.5, 0.9, 1.2, 2.0)
U, curves, factors = data.normal(rng, 48, 48), {}, {}
for radius in RADII:
    for kind in ("linear", "tanh"):
        sizes = gradient_sizes(U * radius / spectral_radius(U), 60, kind == "linear", rng)
        curves[kind, radius], factors[kind, radius] = sizes, (sizes[60] / sizes[20]).item() ** (1 / 40)  # fmt: skip
    print(f"spectral radius {radius}: factor per step, linear {factors['linear', radius]:.2f}, tanh {factors['tanh', radius]:.2f}; size after 60 steps {curves['linear', radius][-1]:.0e}, {curves['tanh', radius][-1]:.0e}")  # fmt: skip
worst = max(abs(factors["linear", radius] / radius - 1) for radius in RADII)
check.reaches(
    "linear: relative distance of the factor from the radius", worst, at_most=0.06
)
weak = gradient_sizes(U * 1.2 / spectral_radius(U), 60, False, rng, inputs=0.02)
weak_factor = (weak[60] / weak[20]).item() ** (1 / 40)
print(
    f"spectral radius 1.2, tanh, inputs 25 times smaller: factor per step {weak_factor:.2f}"
)
check.reaches("tanh, weak inputs: factor at radius 1.2", weak_factor, at_least=1.01)
check.reaches("tanh: factor at radius 1.2", factors["tanh", 1.2], at_most=0.95)
check.reaches("tanh: factor at radius 2", factors["tanh", 2.0], at_least=1.02)

# %% tags=["hide-input"]
fig, ax = plots.panel("gradient along time", x="steps back", y="size of the gradient", size=(4.4, 2.9))  # fmt: skip
for radius, colour in zip(RADII, plots.SERIES, strict=False):
    ax.semilogy(curves["linear", radius], "-", color=colour, label=f"radius {radius}")
    ax.semilogy(curves["tanh", radius], "--", color=colour)
ax.legend(title="linear; dashed: tanh", loc="upper left", bbox_to_anchor=(1, 1))
plots.show(fig, alt="On a logarithmic axis the linear curves are straight, falling for radii below one and rising above; each tanh curve lies below its linear one, and that of radius 1.2 falls.")  # fmt: skip

# %% [markdown]
# So with tanh a radius above one is no guarantee of an explosion: at 1.2 the gradient vanishes with these inputs, which drive tanh to where it is flat, and grows with inputs that are 25 times smaller. The other way round, with a radius below one the gradient of a linear cell vanishes in the end, but it may grow first. What bounds each single step is the largest singular value: if it is below one, the gradient shrinks at each step (Pascanu et al. 2013).

# %%
U = torch.tensor([[0.9, 5.0], [0.0, 0.9]], dtype=torch.float64)
delta, sizes = torch.tensor([1.0, 0.0], dtype=torch.float64), []
for _ in range(200):
    delta = delta @ U
    sizes.append(delta.norm().item())
print(f"radius {spectral_radius(U):.1f}, largest singular value {torch.linalg.matrix_norm(U, 2):.2f}: largest gradient {max(sizes):.1f} at step {1 + sizes.index(max(sizes))}, {sizes[-1]:.0e} at step 200")  # fmt: skip
check.reaches("radius 0.9: the gradient's largest size", max(sizes), at_least=15)
check.reaches("radius 0.9: size after 200 steps", sizes[-1], at_most=1e-5)

# %%
widgets.UnrolledGradient()

# %% [markdown]
# An exploding gradient can be shortened. Gradient clipping (section 4.13) uses the norm of the gradients of all parameters together, $g = \sqrt{\sum_p \lVert \nabla_p L \rVert^2}$, and keeps the direction:
#
# $$ \nabla_p L \leftarrow \min\!\big(1, \tfrac{c}{g}\big)\, \nabla_p L \qquad \text{for each parameter } p . \tag{15.6} $$


# %%
def clipped(grads: list[Tensor], c: float) -> list[Tensor]:
    """The gradients, scaled so that their joint norm is at most c (eq. 15.6)."""
    if c <= 0:
        raise ValueError(f"a limit of {c} leaves no gradient: give a positive one")
    norm = torch.stack([g.square().sum() for g in grads]).sum().sqrt()
    return [g * (c / norm).clamp(max=1) for g in grads]


rng, net = torch.Generator().manual_seed(SEED), nn.RNN(3, 6, batch_first=True).double()
net(data.normal(rng, 4, 7, 3))[0].sum().backward()
grads = [p.grad.clone() for p in net.parameters()]
nn.utils.clip_grad_norm_(net.parameters(), 0.5)
expected = [p.grad for p in net.parameters()]
check.close("clipped, as torch's", clipped(grads, 0.5), expected, rtol=1e-5)
check.catches("each tensor by itself", lambda: check.close("clipped", [clipped([g], 0.5)[0] for g in grads], expected))  # fmt: skip
check.catches("elementwise", lambda: check.close("clipped", [g.clamp(-0.5, 0.5) for g in grads], expected))  # fmt: skip
check.close("a short gradient stays", clipped(grads, 1e4), grads)

# %% [markdown]
# Pascanu et al. show where it matters: one unit, $h_t = w\, \sigma(h_{t-1}) + b$, whose output $\sigma(h_{50})$ shall be 0.7. Its loss has steep walls beside flat ground. Gradient descent starts at 200 random points, with and without clipping. The control is the learning rate: both run at each of three.


# %%
def wall_loss(w: Tensor, b: Tensor) -> Tensor:
    h = torch.full_like(w, 0.5)
    for _ in range(50):
        h = w * h.sigmoid() + b
    return (h.sigmoid() - 0.7) ** 2


def descend(lr: float, c: float) -> float:
    """The mean loss after 200 steps from 200 starts."""
    start = torch.rand(
        2, 200, generator=torch.Generator().manual_seed(SEED), dtype=torch.float64
    )
    p = start * torch.tensor([[4.0], [2.5]]) + torch.tensor([[4.0], [-4.0]])
    for _ in range(200):
        p.requires_grad_()
        (grad,) = torch.autograd.grad(wall_loss(*p).sum(), p)  # a column for each start
        p = (p - lr * grad * (c / grad.norm(dim=0)).clamp(max=1)).detach()
    return wall_loss(*p).mean().item()


# %%
RATES = (0.1, 1.0, 3.0)
losses = {lr: (descend(lr, math.inf), descend(lr, 1.0)) for lr in RATES}
for lr, (free, limited) in losses.items():
    print(f"rate {lr}: mean loss {free:.3f} not clipped, {limited:.3f} clipped at 1")
check.reaches("loss at rates 0.1 and 1: not clipped minus clipped, the smaller", min(losses[lr][0] - losses[lr][1] for lr in RATES[:2]), at_least=0.01)  # fmt: skip
check.reaches("loss at rate 3: not clipped minus clipped", losses[3.0][0] - losses[3.0][1], at_least=0.0)  # fmt: skip
check.reaches("clipped at rate 0.1 minus not clipped at rate 3", losses[0.1][1] - losses[3.0][0], at_least=0.05)  # fmt: skip

# %% [markdown]
# At each of these rates clipping lowers the loss. The rate matters more here: without clipping the largest of the three reaches a lower loss than the smallest one with it, so clipping is to be compared at equal rates. It does not help against vanishing: it multiplies what comes from each step by the same number.

# %% [markdown]
# ## 15.5 Where does the first state come from?
#
# *Going further.*
#
# Equation (15.2) needs a state $\mathbf h_0$. The Bologna notes name three: zero, a sample of a known distribution, and a vector that is learned with the weights. A fourth is common in practice: the state carried over from what came before, detached as in section 15.3. The series of the sunspots is cut into pieces of twelve years; of the years before a piece only the last kind sees any (24 of them).


# %%
class Started(nn.Module):
    """A recurrent network that predicts within a piece.   x: (n, 24 + T, 1), of which it reads the last T"""

    def __init__(self, start: str):
        super().__init__()
        self.rnn, self.out, self.kind = (
            nn.RNN(1, 16, batch_first=True),
            nn.Linear(16, 1),
            start,
        )
        self.first = nn.Parameter(torch.zeros(1, 1, 16), requires_grad=start == "learned")

    def forward(self, x: Tensor, rng: torch.Generator) -> Tensor:
        h = self.first.expand(1, len(x), 16).contiguous()
        if self.kind == "noise":
            h = torch.randn(1, len(x), 16, generator=rng)
        elif self.kind == "carried over":
            h = self.rnn(x[:, :24], h)[1].detach()
        return self.out(self.rnn(x[:, 24:], h)[0])


def piece_errors(start: str, steps: int = 300) -> Tensor:
    """RMSE at each of the twelve steps of a piece, over pieces of the last 60 years.   -> (12,)"""
    torch.manual_seed(SEED)
    net, rng = Started(start), torch.Generator().manual_seed(SEED)
    past, future = (s.unfold(0, 37, 1)[:, :, None] / 100 for s in (COUNTS[:SPLIT], COUNTS[SPLIT - 25 :]))  # fmt: skip
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(steps):
        rows = past[torch.randint(len(past), (20,), generator=rng)]
        optimizer.zero_grad()
        F.mse_loss(net(rows[:, :-1], rng), rows[:, 25:]).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    with torch.no_grad():
        made = net(future[:, :-1], rng)
    return torch.tensor([100 * rmse(made[:, t], future[:, 25 + t]) for t in range(12)])


# %%
starts = {kind: torch.zeros(12) for kind in ("zero", "noise", "learned", "carried over")}
for kind in progress(list(starts), "starts"):
    starts[kind] = piece_errors(kind)
first, last = ({kind: error[t].item() for kind, error in starts.items()} for t in (0, -1))
print(f"RMSE at the first step: zero {first['zero']:.1f}, noise {first['noise']:.1f}, learned {first['learned']:.1f}, carried over {first['carried over']:.1f}")  # fmt: skip
print(f"RMSE at the last step:  zero {last['zero']:.1f}, noise {last['noise']:.1f}, learned {last['learned']:.1f}, carried over {last['carried over']:.1f}")  # fmt: skip
check.reaches("first step: zero minus carried over", first["zero"] - first["carried over"], at_least=8)  # fmt: skip
check.reaches(
    "first step: zero minus learned", first["zero"] - first["learned"], at_least=0.5
)
check.reaches(
    "last step: spread of the four", max(last.values()) - min(last.values()), at_most=5
)

# %% [markdown]
# At the first step of a piece the network has seen one value. A learned start is a little better there than zero, since it can hold what is usual; noise is about as good as zero. The state carried over knows in which part of a cycle the piece begins. After twelve steps the four differ little: what was read since outweighs the start.

# %% [markdown]
# ## 15.6 How does an LSTM keep what it has read?
#
# A **gate** is a vector of numbers between 0 and 1, computed from the input and the state, by which another vector is multiplied elementwise. The **long short-term memory** (LSTM) is a recurrent cell with a second state, the cell state, that changes from step to step by a gated sum instead of a matrix product. The **cell state** of an LSTM is the vector $\mathbf c_t$ that carries information from step to step (the notes call its path the C-line).

# %% [markdown]
# The **forget gate** of an LSTM is the gate that decides how much of the old cell state stays. The **input gate** of an LSTM is the gate that decides how much of the new candidate is added. The **output gate** of an LSTM is the gate that decides how much of the cell state is shown as the hidden state.
#
# $$ \begin{aligned} \mathbf i_t &= \sigma(W_i \mathbf x_t + U_i \mathbf h_{t-1} + \mathbf b_i) \\ \mathbf f_t &= \sigma(W_f \mathbf x_t + U_f \mathbf h_{t-1} + \mathbf b_f) \\ \mathbf g_t &= \tanh(W_g \mathbf x_t + U_g \mathbf h_{t-1} + \mathbf b_g) \\ \mathbf o_t &= \sigma(W_o \mathbf x_t + U_o \mathbf h_{t-1} + \mathbf b_o) \\ \mathbf c_t &= \mathbf f_t \odot \mathbf c_{t-1} + \mathbf i_t \odot \mathbf g_t \\ \mathbf h_t &= \mathbf o_t \odot \tanh(\mathbf c_t) \end{aligned} \tag{15.7} $$

# %% [markdown]
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf i_t, \mathbf f_t, \mathbf o_t$ | `i`, `f`, `o` | input, forget and output gate $(n, k)$ |
# | $\mathbf g_t$ | `g` | candidate $(n, k)$; $\tilde{\mathbf C}_t$ in the notes |
# | $\mathbf c_t, \mathbf h_t$ | `c`, `h` | cell state and hidden state $(n, k)$ |
# | $W, U, \mathbf b$ | `W`, `U`, `b` | the four in torch's order i, f, g, o: $(4k, d)$, $(4k, k)$, $(4k,)$ |


# %%
def lstm_gates(x: Tensor, h: Tensor, W: Tensor, U: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    """Input gate, forget gate, candidate, output gate.   x: (n, d), h: (n, k) -> four (n, k)"""
    i, f, g, o = (x @ W.T + h @ U.T + b).chunk(4, dim=1)
    return i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()


def lstm_step(x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:  # fmt: skip
    """One step of (15.7).   -> h, c (n, k)"""
    i, f, g, o = lstm_gates(x, h, W, U, b)
    c = f * c + i * g
    return o * c.tanh(), c


# %%
torch.manual_seed(SEED)
lstm, rng = nn.LSTM(3, 6, batch_first=True).double(), torch.Generator().manual_seed(SEED)
W, U, b_x, b_h = (p.detach() for p in lstm.parameters())
x, h, c = data.normal(rng, 4, 5, 3), data.normal(rng, 4, 6), data.normal(rng, 4, 6)
expected, (_, last) = lstm(x, (h[None], c[None]))


def states_with(b: Tensor) -> Tensor:
    h_t, c_t = h, c
    for x_t in x.unbind(dim=1):
        h_t, c_t = lstm_step(x_t, h_t, c_t, W, U, b)
    return torch.cat([h_t, c_t], dim=1)


both = torch.cat([expected[:, -1], last[0]], dim=1)
check.close("h and c after five steps, as torch's", states_with(b_x + b_h), both)
sums = lstm_gates(x[:, 0], h, W, U, b_x + b_h)[1].sum(dim=1)
check.reaches(
    "sum of the numbers of a forget gate, least of four", sums.min().item(), at_least=1.3
)
i, f, g, o = (b_x + b_h).chunk(4)
check.catches("the output gate's bias in the forget gate", lambda: check.close("h, c", states_with(torch.cat([i, o, g, o])), both))  # fmt: skip
check.catches("gates in the order i, f, o, g", lambda: check.close("h, c", states_with(torch.cat([i, f, o, g])), both))  # fmt: skip

# %% [markdown]
# Why does this help? Along the direct path, $\partial \mathbf c_t / \partial \mathbf c_{t-1} = \operatorname{diag}(\mathbf f_t)$: no matrix and no slope of an activation function. The cell of Hochreiter and Schmidhuber (1997) had input and output gates and no forget gate, so this factor was exactly 1. Gers et al. (2000) added the forget gate, because without it the cell state of a long stream grows without bound. Both sides are measured on one random cell.


# %%
def along_cell(bias: float, T: int, forget: bool = True) -> tuple[float, float]:
    """Mean |c_T|, and the mean of |dc_T/dc_0| per unit; the forget gate has a bias, or is absent (equal to 1)."""
    rng = torch.Generator().manual_seed(SEED)
    W, U = (data.normal(rng, 24, k) * 0.2 for k in (3, 6))
    b = torch.tensor([0.0, bias, 0.5, 0.0], dtype=W.dtype).repeat_interleave(6)
    c_0 = torch.zeros(4, 6, dtype=W.dtype, requires_grad=True)
    h, c = torch.zeros_like(c_0), c_0
    for _ in range(T):
        i, f, g, o = lstm_gates(data.normal(rng, 4, 3), h, W, U, b)
        c = (f if forget else 1.0) * c + i * g
        h = o * c.tanh()
    return c.abs().mean().item(), torch.autograd.grad(c.sum(), c_0)[0].abs().mean().item()


# %%
kinds = {"forget bias 0": (0.0, True), "forget bias 4": (4.0, True), "no forget gate": (0.0, False)}  # fmt: skip
kept = {name: along_cell(bias, 50, forget)[1] for name, (bias, forget) in kinds.items()}
grown = {name: along_cell(bias, 1000, forget)[0] for name, (bias, forget) in kinds.items()}
for name in kinds:
    print(f"{name}: gradient from c_50 to c_0 {kept[name]:.1e}, mean |c| after 1,000 steps {grown[name]:.1f}")  # fmt: skip
check.reaches("gradient over 50 steps, forget bias 0", kept["forget bias 0"], at_most=1e-8)
check.reaches("gradient over 50 steps, forget bias 4", kept["forget bias 4"], at_least=0.1)
check.reaches(
    "gradient over 50 steps, no forget gate", kept["no forget gate"], at_least=0.5
)
check.reaches("|c| after 1,000 steps: no forget gate over forget bias 0", grown["no forget gate"] / grown["forget bias 0"], at_least=50)  # fmt: skip

# %% [markdown]
# With a forget bias of 0 the gates lie around one half, and the product of fifty of them leaves almost no gradient. So the bias is set to a positive value before training, which Gers et al. recommend and Jozefowicz et al. (2015) confirmed. torch adds two bias vectors: set it once, and in the right quarter.


# %%
def set_forget_bias(lstm: nn.LSTM, value: float) -> None:
    """Set the bias of the forget gate: the second quarter, in one of the two vectors, and zero in the other."""
    k = lstm.hidden_size
    with torch.no_grad():
        lstm.bias_ih_l0[k : 2 * k] = value
        lstm.bias_hh_l0[k : 2 * k] = 0.0


lstm = nn.LSTM(3, 6, batch_first=True).double()
for p in lstm.parameters():
    nn.init.zeros_(p)
set_forget_bias(lstm, 1.0)
zero, one = (
    torch.zeros(4, 1, 3, dtype=torch.float64),
    torch.ones(1, 4, 6, dtype=torch.float64),
)
forgotten = lstm(zero, (0 * one, one))[1][1][0]  # with zero weights, c_1 is the forget gate
check.close("forget gate, with zero weights", forgotten, one[0] / (1 + math.exp(-1)))  # fmt: skip
nn.init.ones_(lstm.bias_hh_l0[6:12])
check.catches("set in both vectors", lambda: check.close("f", lstm(zero, (0 * one, one))[1][1][0], forgotten))  # fmt: skip
nn.init.zeros_(lstm.bias_hh_l0)
lstm.bias_ih_l0.data = lstm.bias_ih_l0.data.roll(-6)
check.catches("set in the first quarter", lambda: check.close("f", lstm(zero, (0 * one, one))[1][1][0], forgotten))  # fmt: skip

# %% [markdown]
# The notes remark that gates can be seen as attention. Both multiply values by weights that are computed from the input, and so choose what passes. The difference: a gate weighs the *units* of one vector, each by itself, and its numbers do not sum to one; attention (chapter 16) weighs the *positions* of a sequence by a softmax. An LSTM does not solve exploding gradients either: $\mathbf h_{t-1}$ still passes through $U$. Clipping remains in use.

# %% tags=["hide-input"]
widgets.predict(
    "An LSTM unit has f = 0.9 at each step, and nothing else is added. What share of its cell state is left after 20 steps?",
    answer=0.1216,
    tolerance=0.002,
    because="The cell state is multiplied by 0.9 at each step: 0.9 to the power of 20.",
    slips={
        "It is multiplied at each step, not lessened by 0.1.": -1.0,
        "That is what is lost.": 0.8784,
    },
)

# %% [markdown]
# ## 15.7 What is the backward pass of an LSTM?
#
# *Going further.*
#
# Two error signals go back: $\bar{\mathbf h}_t = \partial L / \partial \mathbf h_t$ and $\bar{\mathbf c}_t = \partial L / \partial \mathbf c_t$, each with what comes from step $t + 1$. From (15.7),
#
# $$ \bar{\mathbf c}_t \mathrel{+}= \bar{\mathbf h}_t \odot \mathbf o_t \odot (1 - \tanh^2 \mathbf c_t), \qquad \bar{\mathbf c}_{t-1} = \bar{\mathbf c}_t \odot \mathbf f_t . \tag{15.8} $$

# %% [markdown]
# The error signals of the four pre-activations need the slope of each activation function, $\sigma' = \sigma (1 - \sigma)$ or $1 - \tanh^2$:
#
# $$ \begin{aligned} \boldsymbol\delta_i &= \bar{\mathbf c}_t \odot \mathbf g_t \odot \mathbf i_t (1 - \mathbf i_t) \\ \boldsymbol\delta_f &= \bar{\mathbf c}_t \odot \mathbf c_{t-1} \odot \mathbf f_t (1 - \mathbf f_t) \\ \boldsymbol\delta_g &= \bar{\mathbf c}_t \odot \mathbf i_t \odot (1 - \mathbf g_t^2) \\ \boldsymbol\delta_o &= \bar{\mathbf h}_t \odot \tanh \mathbf c_t \odot \mathbf o_t (1 - \mathbf o_t) \end{aligned} \tag{15.9} $$
#
# With $\boldsymbol\delta$ the four side by side, the gradients of $W$, $U$ and $\mathbf b$ are sums over the steps as in (15.4), and $\bar{\mathbf h}_{t-1}$ receives $U^\top \boldsymbol\delta$.


# %%
def lstm_step_back(dh: Tensor, dc: Tensor, before: Tensor, c: Tensor, gates: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:  # fmt: skip
    """(15.8) and (15.9) at one step.   dh, dc, c_(t-1), c_t: (n, k) -> delta (n, 4k), dc_(t-1) (n, k)"""
    i, f, g, o = gates
    dc = dc + dh * o * (1 - c.tanh() ** 2)
    into = (dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g**2), dh * c.tanh() * o * (1 - o))  # fmt: skip
    return torch.cat(into, dim=1), dc * f


# %%
def lstm_gradients(x: Tensor, y: Tensor, W: Tensor, U: Tensor, b: Tensor) -> list[Tensor]:
    """Gradients of half the squared distance of all h_t from y_t.   x: (n, T, d), y: (n, T, k) -> dW, dU, db"""
    h, c, kept = torch.zeros_like(y[:, 0]), torch.zeros_like(y[:, 0]), []
    for x_t in x.unbind(dim=1):
        gates = lstm_gates(x_t, h, W, U, b)
        before, last = c, h
        c = gates[1] * c + gates[0] * gates[2]
        h = gates[3] * c.tanh()
        kept.append((last, h, before, c, gates))
    dW, dU, db, dh, dc = (
        torch.zeros_like(W),
        torch.zeros_like(U),
        torch.zeros_like(b),
        0 * h,
        0 * c,
    )
    for t, (last, h, before, c, gates) in reversed(list(enumerate(kept))):
        delta, dc = lstm_step_back(dh + h - y[:, t], dc, before, c, gates)
        dW, dU, db = dW + delta.T @ x[:, t], dU + delta.T @ last, db + delta.sum(dim=0)
        dh = delta @ U
    return [dW, dU, db]


# %%
rng = torch.Generator().manual_seed(SEED)
x, y = data.normal(rng, 4, 7, 3), data.normal(rng, 4, 7, 5)
lstm = nn.LSTM(3, 5, batch_first=True).double()
W, U, b, b_h = lstm.parameters()
loss = (lstm(x)[0] - y).square().sum() / 2
expected = torch.autograd.grad(loss, [W, U, b])
found = lstm_gradients(x, y, W.detach(), U.detach(), (b + b_h).detach())
for name, mine, right in zip(("W", "U", "b"), found, expected, strict=True):
    for gate, part, of_torch in zip("ifgo", mine.chunk(4), right.chunk(4), strict=True):
        check.close(f"d{name}_{gate}", part, of_torch, rtol=1e-9, atol=1e-11)

# %% [markdown]
# All twelve are checked by name. A single faulty gate leaves the gradients of the other gates at the last step right, so each is compared by itself: here the slope of one gate is only half there.

# %%
before, c, h, dh, dc = (data.normal(rng, 4, 5) for _ in range(5))
gates = lstm_gates(x[:, 0], h, W.detach(), U.detach(), b.detach())
delta, _ = lstm_step_back(dh, dc, before, c, gates)
no_slope = delta.chunk(4, dim=1)[1] / (1 - gates[1])
slips = {"The slope of the forget gate's sigmoid has two factors, f and 1 - f.": no_slope}
check.catches("half of a slope", lambda: check.close("delta of the forget gate", no_slope, delta.chunk(4, dim=1)[1], slips=slips))  # fmt: skip

# %% [markdown]
# ## 15.8 What do a GRU and a second direction change?
#
# *Going further.*
#
# A **gated recurrent unit** (GRU; Cho et al. 2014) is a recurrent cell with two gates and one state; a single gate decides both how much of the old state stays and how much of the candidate is added. The **update gate** of a GRU is the gate $\mathbf z_t$ of that choice. The **reset gate** of a GRU is the gate $\mathbf r_t$ that decides how much of the old state the candidate sees. Two conventions exist for it:
#
# $$ \begin{gathered} \mathbf n_t = \tanh\!\big(W_n \mathbf x_t + \mathbf b_n + \mathbf r_t \odot (U_n \mathbf h_{t-1} + \mathbf b_n')\big) \\ \text{or} \\ \mathbf n_t = \tanh\!\big(W_n \mathbf x_t + \mathbf b_n + U_n (\mathbf r_t \odot \mathbf h_{t-1}) + \mathbf b_n' \big) \end{gathered} \tag{15.10} $$

# %% [markdown]
# $$ \mathbf h_t = (1 - \mathbf z_t) \odot \mathbf n_t + \mathbf z_t \odot \mathbf h_{t-1} \tag{15.11} $$
#
# The second form of (15.10), the reset before the matrix, is that of the paper; torch has the first, which needs one matrix product for all three gates. In the paper $\mathbf z_t$ weighs the old state, as here; some texts exchange $\mathbf z$ and $1 - \mathbf z$. Weights trained with one convention give other outputs with the other.


# %%
def gru_step(x: Tensor, h: Tensor, p: list[Tensor], reset_first: bool = False) -> Tensor:
    """One step of (15.10) and (15.11).   p: W (3k, d), U (3k, k), two biases (3k,), in the order r, z, n -> (n, k)"""
    W, U, b_x, b_h = p
    r, z, n = (x @ W.T + b_x).chunk(3, dim=1)
    r_h, z_h, n_h = (h @ U.T + b_h).chunk(3, dim=1)
    r, z = (r + r_h).sigmoid(), (z + z_h).sigmoid()
    inner = (r * h) @ U.chunk(3)[2].T + b_h.chunk(3)[2] if reset_first else r * n_h
    return (1 - z) * (n + inner).tanh() + z * h


torch.manual_seed(SEED)
gru, rng = nn.GRU(3, 6, batch_first=True).double(), torch.Generator().manual_seed(SEED)
p, x, h = [q.detach() for q in gru.parameters()], data.normal(rng, 4, 5, 3), data.normal(rng, 4, 6)  # fmt: skip
expected = gru(x, h[None])[0]
check.close(
    "reset after the matrix: torch", unfold(lambda x, h: gru_step(x, h, p), x, h), expected
)
paper = unfold(lambda x, h: gru_step(x, h, p, reset_first=True), x, h)
check.catches("reset before the matrix", lambda: check.close("states", paper, expected))
print(f"the two conventions differ by up to {(paper - expected).abs().max():.3f}")

# %% [markdown]
# A **bidirectional recurrent network** (Schuster and Paliwal 1997) is a pair of recurrent networks of which one reads the sequence from the end; at each step their states stand side by side. It fits tasks where the whole sequence is known, such as marking words in a sentence. It cannot predict: its output at each step depends on all later inputs.

# %%
torch.manual_seed(SEED)
both = nn.GRU(3, 6, batch_first=True, bidirectional=True).double()
forth, back = ([q.detach() for q in list(both.parameters())[k : k + 4]] for k in (0, 4))
zero, x = torch.zeros(4, 6).double(), data.normal(rng, 4, 5, 3)
ahead = unfold(lambda x, h: gru_step(x, h, forth), x, zero)
behind = unfold(lambda x, h: gru_step(x, h, back), x.flip(1), zero).flip(1)
check.close("bidirectional, as torch's", torch.cat([ahead, behind], dim=2), both(x)[0])
other = torch.cat([x[:, :-1], x[:, -1:] + 1], dim=1)
change = (both(other)[0] - both(x)[0]).abs()[:, 0].mean(dim=0).detach()
check.close("first step, forward half: unmoved by the last input", change[:6], torch.zeros(6).double())  # fmt: skip
check.reaches("first step, backward half: change", change[6:].mean().item(), at_least=1e-4)

# %% [markdown]
# Trained to predict the next value of pure noise, where no prediction can have a mean squared error below 1, it seems to succeed.


# %%
def noise_error(bidirectional: bool) -> float:
    """Train a GRU to "predict" the next of independent normal numbers: the squared error on unseen ones."""
    torch.manual_seed(SEED)
    rng, net = torch.Generator().manual_seed(SEED), nn.GRU(1, 16, batch_first=True, bidirectional=bidirectional)  # fmt: skip
    out = nn.Linear(32 if bidirectional else 16, 1)
    optimizer = torch.optim.Adam([*net.parameters(), *out.parameters()], 0.02)
    for _ in range(150):
        x = torch.randn(32, 13, 1, generator=rng)
        optimizer.zero_grad()
        F.mse_loss(out(net(x)[0])[:, :-1], x[:, 1:]).backward()
        optimizer.step()
    x = torch.randn(500, 13, 1, generator=rng)
    return F.mse_loss(out(net(x)[0])[:, :-1], x[:, 1:]).item()


forward_only, both_ways = noise_error(False), noise_error(True)
print(f"squared error on noise: forward {forward_only:.2f}, bidirectional {both_ways:.3f}")
check.reaches("noise: forward", forward_only, at_least=0.95)
check.reaches("noise: bidirectional, which has seen the target", both_ways, at_most=0.1)

# %% [markdown]
# ## 15.9 Which cell remembers the first symbol?
#
# *Going further.*
#
# The long-recall task: one of four symbols is shown at the first step, then $T$ steps of noise follow, and the network has to name the symbol. Chance is 0.25. Each network has 32 units and 400 steps of Adam with clipping. The cells start as torch makes them, or with the gate that keeps the state open: a forget bias of 4 in the LSTM, a bias of 4 of the update gate in the GRU (its second third). The control is a short $T$.


# %%
class Recall(nn.Module):
    """A recurrent layer, and the class read off its last output.   (n, T + 1, 5) -> (n, 4)"""

    def __init__(self, kind: str, bias: float | None = None):
        super().__init__()
        self.rnn = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}[kind](
            5, 32, batch_first=True
        )
        self.out = nn.Linear(32, 4)
        if bias is not None:
            set_forget_bias(
                self.rnn, bias
            )  # in a GRU the same places are those of the update gate

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.rnn(x)[0][:, -1])


def symbol_and_noise(n: int, T: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """A symbol as one-hot and a mark beside it, then T steps of noise.   -> x (n, T + 1, 5), y (n,)"""
    y, x = (
        torch.randint(4, (n,), generator=rng),
        0.3 * torch.randn(n, T + 1, 5, generator=rng),
    )
    x[:, 0], x[:, 1:, 4] = F.one_hot(y, 5).float(), 0.0
    x[:, 0, 4] = 1.0
    return x, y


def recall(kind: str, bias: float | None, T: int, seed: int = SEED) -> float:
    """Accuracy on 500 unseen sequences after training."""
    torch.manual_seed(seed)
    net, rng = Recall(kind, bias), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(400):
        x, y = symbol_and_noise(32, T, rng)
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    return data.accuracy(net, *symbol_and_noise(500, T, rng))


# %%
default = {kind: [recall(kind, None, T) for T in (8, 40)] for kind in progress(["RNN", "LSTM", "GRU"], "recall")}  # fmt: skip
open_gate = {kind: recall(kind, 4.0, 40) for kind in progress(["LSTM", "GRU"], "recall, gate bias")}  # fmt: skip
for kind, (short, long) in default.items():
    print(f"{kind:4} as torch starts it: T = 8 {short:.2f}, T = 40 {long:.2f}")
for kind, right in open_gate.items():
    print(f"{kind:4} with a gate bias of 4:         T = 40 {right:.2f}")
starts = [
    default["RNN"][1],
    recall("RNN", None, 40, SEED + 1),
    recall("RNN", None, 40, SEED + 2),
]
print("RNN, T = 40, from three starts: " + ", ".join(f"{right:.2f}" for right in starts))

# %%
check.reaches("LSTM, T = 40, as torch starts it", default["LSTM"][1], at_most=0.35)
check.reaches("GRU, T = 40, as torch starts it", default["GRU"][1], at_most=0.35)
check.reaches("LSTM, T = 8, as torch starts it", default["LSTM"][0], at_least=0.42)
check.reaches("GRU, T = 8, as torch starts it", default["GRU"][0], at_least=0.9)
check.reaches("LSTM, T = 40, gate bias of 4", open_gate["LSTM"], at_least=0.6)
check.reaches("GRU, T = 40, gate bias of 4", open_gate["GRU"], at_least=0.9)
check.reaches("RNN, T = 40: the best of three starts", max(starts), at_least=0.5)

# %% [markdown]
# With torch's start the LSTM and the GRU stay at chance for $T = 40$ within this budget, although the same networks learn, in part or fully, for $T = 8$. The bias alone changes that: the capacity was sufficient, and what was missing was a gate that is open at the start. The plain RNN, which has no gate, gets further than the two at chance from at least one of three starts, and its result depends on the start.

# %% [markdown]
# So "an LSTM remembers longer than an RNN" does not hold for torch's start in this task. (With more steps of training the others may learn it, too; the comparison is one of equal budgets.)

# %% tags=["hide-input"]
widgets.choose(
    "An LSTM with torch's default biases stays at chance on a task that needs 40 steps of memory. What do you try first?",
    {
        "A bias of 4 for the forget gate": True,
        "More hidden units": "Each of them forgets at the same rate.",
        "Clipping the gradient": "It was clipped; what vanishes is not brought back by a shorter step.",
        "A bias of 4 for all four parts": "The input gate would then let the noise in, and the candidate would saturate.",
    },
    because="With a forget gate near one half the gradient of 40 steps is a product of 40 such factors.",
)

# %% [markdown]
# # 15 Recurrence, part two
#
# Part one built networks that carry a state along a sequence. Part two turns to text: it counts what follows what, gives words vectors, and lets the cell of [section 15.6](#15.6-How-does-an-LSTM-keep-what-it-has-read?) invent names letter by letter.

# %% [markdown]
# ## 15.10 How probable is a sequence?
#
# A **token** is one of the units, such as a letter or a word, of which a model takes a text to consist. A **vocabulary** is the list of tokens that a model knows. A **language model** is a model that gives each sequence of tokens a probability. The product rule splits it, without any assumption, into one factor for each token:
#
# $$ P(w_1, \dots, w_L) = \prod_{k=1}^{L} P(w_k \mid w_1, \dots, w_{k-1}) . \tag{15.12} $$

# %% [markdown]
# An **n-gram** is a sequence of $n$ neighbouring tokens. An n-gram model replaces the past by its last $n - 1$ tokens, so it is memoryless in the sense of section 15.1:
#
# $$ P(w_k \mid w_1, \dots, w_{k-1}) \approx P(w_k \mid w_{k-n+1}, \dots, w_{k-1}) . \tag{15.13} $$
#
# The probability of the sentence is the product of these factors; the notes give the one in place of the other. START fills the context of the first letters, and END is predicted after the last one.

# %% [markdown]
# The tokens here are letters and the sequences Italian family names. With $c(h, w)$, the number of times that token $w$ followed the context $h$ in the training names, the estimate is
#
# $$ P(w \mid h) = \frac{c(h, w) + \kappa\, q(w)}{\sum_{v} c(h, v) + \kappa} . \tag{15.14} $$
#
# Without $\kappa$ a single unseen pair would give a whole name probability 0. The **smoothing** of counts moves probability from tokens that were seen after a context to those that were not. With $q(w) = 1/V$ every count grows by $\kappa / V$: additive smoothing, called add-one (Laplace) for $\kappa = V$.

# %% [markdown]
# With $q(w) = P(w \mid h')$, where $h'$ is $h$ without its first token, the pseudo-counts follow the shorter context: an interpolation of all orders (Jelinek and Mercer 1980).
#
# | symbol | name | meaning |
# |---|---|---|
# | $w_k$, $h$ | `text[k]`, `context` | a token, and the $n - 1$ before it |
# | $V$ | `len(OUTCOMES)` | 27 outcomes: 26 letters and END |
# | $c(h, \cdot)$ | `counts[h]` | counts after a context, $(27,)$ |
# | $\kappa$, $q$ | `kappa`, `shorter` | pseudo-counts, and the model that spreads them |

# %%
START, END = "<", ">"
OUTCOMES = data.NAME_LETTERS + END  # what can follow a context


def marked(name: str, n: int) -> str:
    """The name with n - 1 START tokens before it and END after it."""
    if not name:
        raise ValueError("the sequence is empty: there is no token to predict")
    unknown = sorted(set(name) - set(data.NAME_LETTERS))
    if unknown:
        raise ValueError(f"{name!r} holds {unknown[0]!r}, which is not in the vocabulary a to z")  # fmt: skip
    return START * (n - 1) + name + END


check.raises("an unknown letter", ValueError, lambda: marked("d'este", 2))
check.raises("an empty sequence", ValueError, lambda: marked("", 2))


# %%
class NGram:
    """P(w | the n - 1 tokens before), from counts (eq. 15.14)."""

    def __init__(self, names: list[str], n: int, kappa: float, shorter: "NGram | None" = None):  # fmt: skip
        if kappa <= 0:
            raise ValueError("kappa has to be positive: a context may be unseen")
        self.n, self.kappa, self.shorter = n, kappa, shorter
        self.counts: dict[str, Tensor] = {}
        for name in names:
            text = marked(name, n)
            for k in range(n - 1, len(text)):
                row = self.counts.setdefault(text[k - n + 1 : k], torch.zeros(len(OUTCOMES)))  # fmt: skip
                row[OUTCOMES.index(text[k])] += 1

    def __call__(self, context: str) -> Tensor:
        """n - 1 tokens -> P (27,)"""
        q = self.shorter(context[1:]) if self.shorter else torch.full((len(OUTCOMES),), 1 / len(OUTCOMES))  # fmt: skip
        c = self.counts.get(context, torch.zeros(len(OUTCOMES)))
        return (c + self.kappa * q) / (c.sum() + self.kappa)

    def smoothed(self, kappa: float) -> "NGram":
        """The same counts with another kappa."""
        other = NGram([], self.n, kappa, self.shorter and self.shorter.smoothed(kappa))
        other.counts = self.counts
        return other


def interpolated(names: list[str], n: int, kappa: float) -> NGram:
    """Each order is smoothed by the next shorter one."""
    model = None
    for order in range(1, n + 1):
        model = NGram(names, order, kappa, model)
    return model


# %%
def split_names(seed: int) -> tuple[list[str], list[str], list[str]]:
    """Italian family names in random order: 800 to train on, 160 to choose by, the rest to test on."""
    names = data.names("Italian")
    rng = torch.Generator().manual_seed(seed)
    mixed = [names[k] for k in torch.randperm(len(names), generator=rng)]
    return mixed[:800], mixed[800:960], mixed[960:]


NAMES_TRAIN, NAMES_VALID, NAMES_TEST = split_names(SEED)
print(len(NAMES_TRAIN), len(NAMES_VALID), len(NAMES_TEST), NAMES_TRAIN[:5])

joined = " ".join(marked(name, 3) for name in NAMES_TRAIN)
bare = NGram(NAMES_TRAIN, 3, 1e-6)
check.close("P(i | a, r), counted in the text", bare("ar")[OUTCOMES.index("i")].item(), joined.count("ari") / joined.count("ar"), atol=1e-5)  # fmt: skip
for context in ("<<", "ar", "qq"):  # often, seen, never seen
    check.close(f"sum after {context}", interpolated(NAMES_TRAIN, 3, 2.0)(context).sum(), torch.tensor(1.0))  # fmt: skip

# %% [markdown]
# What END is for shows in the sum over all names. The folded cell multiplies the probabilities of all unfinished beginnings by those of the next letter, step by step, and adds up what ends there.


# %% tags=["hide-input"]
def total(model: NGram, longest: int) -> tuple[float, float]:
    """The probability of all names of at most `longest` letters under a bigram model, and of the beginnings left over."""
    M = torch.stack([model(letter) for letter in data.NAME_LETTERS])  # (26, 27)
    p, ended = model(START), 0.0
    for _ in range(longest):
        p = p[:-1] @ M  # eq. 15.12, summed over the letters before
        ended += p[-1].item()
    return ended, p[:-1].sum().item()


bigram = NGram(NAMES_TRAIN, 2, 3.0)
ended, left_over = total(bigram, 60)
check.close("names, the empty one and beginnings", ended + left_over + bigram(START)[-1].item(), 1.0, atol=1e-5)  # fmt: skip
print(f"names of up to 60 letters {ended:.4f}, up to 5 letters {total(bigram, 5)[0]:.4f}")
check.reaches("probability of all names of up to 60 letters", ended, at_least=0.98)

# %% [markdown]
# The names of all lengths share a probability of one; without END those of each single length would.
#
# A model is judged on names that it was not built from. The **perplexity** of a language model on a text is the exponential of the mean, over the tokens, of minus the logarithm of the probability that the model gave to the token.
#
# $$ \mathrm{PP} = \exp\Big( -\frac1N \sum_{k=1}^{N} \log P(w_k \mid \text{its context}) \Big) \tag{15.15} $$

# %% [markdown]
# It is the exponential of the cross-entropy of chapter 3: 27 for an even choice among 27 outcomes. When a text is scored in pieces of unequal length, the sums of the logarithms and the numbers of tokens are added up first.


# %%
def surprise(model: NGram, name: str) -> Tensor:
    """-log P of each token of a name, END included, in nats.   -> (letters + 1,)"""
    n, text = model.n, marked(name, model.n)
    return torch.stack([-model(text[k - n + 1 : k])[OUTCOMES.index(text[k])].log() for k in range(n - 1, len(text))])  # fmt: skip


def perplexity(nats: list[Tensor]) -> float:
    """exp of the mean over all tokens of all pieces (eq. 15.15)."""
    if not sum(len(piece) for piece in nats):
        raise ValueError("there is no token to score")
    return torch.cat(nats).mean().exp().item()


check.raises("nothing to score", ValueError, lambda: perplexity([]))
whole = torch.cat([surprise(bigram, name) for name in ("ricci", "rota")])[:10]
pieces = [whole[:7], whole[7:]]
check.close("pieces of 7 and 3 tokens", perplexity(pieces), whole.mean().exp().item())
check.catches("a mean of the means of the pieces", lambda: check.close("pieces", torch.stack([piece.mean() for piece in pieces]).mean().exp().item(), perplexity(pieces)))  # fmt: skip

# %% [markdown]
# How long should the context be? For each $n$ and each smoothing, $\kappa$ is chosen on the validation names.

# %%
KAPPAS = (1.0, 3.0, 10.0, 30.0)


def score(model: NGram, names: list[str]) -> float:
    return perplexity([surprise(model, name) for name in names])


def tuned(names: list[str], n: int, mixed: bool) -> NGram:
    """The model of order n with the kappa that is best on the validation names."""
    model = (interpolated if mixed else NGram)(names, n, 1.0)
    models = [model.smoothed(kappa) for kappa in KAPPAS]
    return min(models, key=lambda model: score(model, NAMES_VALID))


results = {}
for mixed in (False, True):
    for n in progress(range(1, 6), "interpolated" if mixed else "additive"):
        model = tuned(NAMES_TRAIN, n, mixed)
        results[mixed, n] = {"kappa": model.kappa, "train": score(model, NAMES_TRAIN), "test": score(model, NAMES_TEST)}  # fmt: skip
best_ngram = model
for (mixed, n), row in results.items():
    print(f"{'interpolated' if mixed else 'additive':12} n = {n}, kappa = {row['kappa']:4}: training {row['train']:.2f}, test {row['test']:.2f}")  # fmt: skip

# %%
additive, mixture = ([results[mixed, n]["test"] for n in range(1, 6)] for mixed in (False, True))  # fmt: skip
check.reaches("additive, n = 2, over n = 3", additive[1] / additive[2], at_least=1.0)
check.reaches("additive, n = 5, over n = 3", additive[4] / additive[2], at_least=1.3)
check.reaches("interpolated, n = 5, over n = 3", mixture[4] / mixture[2], at_most=1.0)
check.reaches("best additive minus best interpolated", min(additive) - mixture[4], at_least=0.4)  # fmt: skip

# %% tags=["hide-input"]
fig, ax = plots.panel("a longer context pays if it is smoothed well", x="$n$", y="perplexity", size=(4.1, 2.8))  # fmt: skip
for mixed, colour, name in ((False, plots.ORANGE, "additive"), (True, plots.BLUE, "interpolated")):  # fmt: skip
    for part, line in (("train", "--"), ("test", "-")):
        ax.plot(range(1, 6), [results[mixed, n][part] for n in range(1, 6)], line, marker="o", color=colour, label=f"{name}, {part}", markersize=4)  # fmt: skip
ax.set_xticks(range(1, 6))
ax.legend(handlelength=3.2)  # long enough to tell dashed lines from solid ones
plots.show(fig, alt="On the test names additive smoothing is best at three tokens and much worse at five; interpolation improves up to five. On the training names both fall.")  # fmt: skip

# %% [markdown]
# The perplexity on the training names falls with $n$; on unseen names additive smoothing turns at $n = 3$, since most longer contexts were seen rarely or never, and evenly spread pseudo-counts say nothing about them. The interpolated model falls back on the shorter context. Kneser-Ney smoothing is an exercise.

# %% tags=["hide-input"]
widgets.predict(
    "A model gives the four tokens of a text the probabilities 1/2, 1/4, 1/8 and 1/4. What is its perplexity on this text?",
    answer=4.0,
    tolerance=0.01,
    because="The product is 1/256; its fourth root is 1/4, and the perplexity is the reciprocal of this geometric mean.",
    slips={
        "That is the reciprocal of the arithmetic mean of the probabilities; the logarithms are averaged.": 3.556,
        "That is the reciprocal of the whole product; the mean over the four tokens is missing.": 256.0,
    },
)

# %% [markdown]
# ## 15.11 Why do long contexts stay unseen?
#
# *Going further.*
#
# A text can be given to a model by its words alone. The bag of words of a text (section 14.15) is the vector that holds, for each word of the vocabulary, how often it occurs. The order of the words is lost.


# %%
def bag(words: list[str], vocabulary: list[str]) -> Tensor:
    """How often each word of the vocabulary occurs.   -> (V,)"""
    for word in words:
        if word not in vocabulary:
            raise ValueError(f"the word {word!r} is not in the vocabulary")
    return torch.stack([F.one_hot(torch.tensor(vocabulary.index(word)), len(vocabulary)) for word in words]).sum(dim=0)  # fmt: skip


vocabulary = ["bites", "dog", "man", "the"]
first = bag(["the", "dog", "bites", "the", "man"], vocabulary)
second = bag(["the", "man", "bites", "the", "dog"], vocabulary)
print(first.tolist(), second.tolist())
check.close("two sentences, one bag", first, second)
check.raises("an unknown word", ValueError, lambda: bag(["cat"], vocabulary))
distances = torch.cdist(torch.eye(2000), torch.eye(2000))[torch.triu(torch.ones(2000, 2000), 1) == 1]  # fmt: skip
check.close("distances of 2,000 one-hot words", distances, torch.full_like(distances, 2**0.5), atol=1e-3)  # fmt: skip

# %% [markdown]
# A bag is the sum of the one-hot vectors of its words. These are as long as the vocabulary, hold a single one, and lie at the same distance $\sqrt2$ from each other: nothing says that *cat* is closer to *dog* than to *rule*. This is a local representation, one number for each word; the embeddings of the next section are distributed (Bengio et al. 2003), a word being spread over a few dense numbers.

# %% [markdown]
# The **curse of dimensionality** is the growth of the number of possible inputs, and so of the examples needed to cover them, exponentially with the number of input dimensions. For contexts of $n - 1$ words there are $V^{n-1}$. Here is the share of the n-grams of an English text, its last fifth, that its first four fifths never showed. The control is the same text with its words shuffled.

# %%
prose = [word for word in data.prose().lower().split() if word.isalpha()]
rng = torch.Generator().manual_seed(SEED)
mixed_up = [prose[k] for k in torch.randperm(len(prose), generator=rng)]


def unseen_share(words: list[str], n: int) -> float:
    """The share of n-grams of the last fifth that do not occur before it."""
    grams = [tuple(words[k : k + n]) for k in range(len(words) - n + 1)]
    cut = 4 * len(grams) // 5
    known = set(grams[:cut])
    return sum(gram not in known for gram in grams[cut:]) / (len(grams) - cut)


shares = {n: (unseen_share(prose, n), unseen_share(mixed_up, n)) for n in range(1, 6)}
print(f"{len(prose):,} words, vocabulary of {len(set(prose)):,}")
for n, (ordered, control) in shares.items():
    print(f"n = {n}: possible {len(set(prose)) ** n:.0e}, unseen {ordered:.2f}, shuffled {control:.2f}")  # fmt: skip
check.reaches("unseen single words", shares[1][0], at_most=0.1)
check.reaches("unseen 4-grams", shares[4][0], at_least=0.7)
check.reaches("unseen 4-grams, shuffled, minus in order", shares[4][1] - shares[4][0], at_least=0.05)  # fmt: skip

# %% [markdown]
# Four words in a row are mostly new, although nearly all single words are known. Language is far from random, as the shuffled text shows, but counting whole contexts does not use the similarity of words: a model that has seen *the cat eats* learns nothing from it about *the dog eats*. A vector for each word can.

# %% [markdown]
# ## 15.12 How do words get vectors?
#
# Words that occur between the same neighbours are often related (Firth 1957). Skip-gram (Mikolov et al. 2013) trains on that: from a word it predicts those around it. A **word embedding** is a vector of a few dozen to a few hundred numbers that stands for a word and is learned from the words it occurs with. Each word $i$ has two: $\mathbf u_i$ as the centre of a window and $\mathbf v_i$ as a context word.

# %% [markdown]
# The **skip-gram** model predicts each word of a window from the word at its centre. The window reaches $m$ words to both sides and does not leave the sentence. For one sentence of six words all pairs can be listed.


# %%
def word_windows(sentences: list[list[str]], m: int) -> list[tuple[str, list[str]]]:
    """Each word with the words at most m places away in its sentence."""
    return [(word, sentence[max(k - m, 0) : k] + sentence[k + 1 : k + m + 1]) for sentence in sentences for k, word in enumerate(sentence)]  # fmt: skip


def pairs(sentences: list[list[str]], m: int) -> list[tuple[str, str]]:
    """(centre, context) for skip-gram."""
    return [
        (centre, word) for centre, around in word_windows(sentences, m) for word in around
    ]


def coded(found: list[tuple[str, str]]) -> list[list[int]]:
    """For the check: letters as numbers."""
    return [[ord(word) for word in pair] for pair in found]


abc = list("abcdef")
listed = [tuple(pair) for pair in ["ab", "ac", "ba", "bc", "bd", "ca", "cb", "cd", "ce", "db", "dc", "de", "df", "ec", "ed", "ef", "fd", "fe"]]  # fmt: skip
check.close("all pairs of six words", coded(pairs([abc], 2)), coded(listed))
check.close("two sentences do not mix", coded(pairs([abc[:2], abc[2:4]], 2)), coded([("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]))  # fmt: skip
lost = [(word, other) for k, word in enumerate(abc) for other in abc[k - 2 : k] + abc[k + 1 : k + 3]]  # fmt: skip
check.catches("a slice that begins at a negative index", lambda: check.close("pairs", coded(lost), coded(listed)))  # fmt: skip

# %% [markdown]
# A softmax over the vocabulary would need the scores of all words for each pair. **Negative sampling** replaces the softmax over all words by a binary decision between the true word and a few others that are drawn at random. They are drawn by their counts to the power $3/4$, which makes rare words more frequent:
#
# $$ P_\text{neg}(i) = \frac{c(i)^{3/4}}{\sum_{j} c(j)^{3/4}} \tag{15.16} $$

# %% [markdown]
# For a centre $i$, a context word $o$ and $K$ negatives $n_1, \dots, n_K$ the loss is
#
# $$ L = -\log \sigma(\mathbf u_i^\top \mathbf v_o) - \sum_{k=1}^{K} \log \sigma(-\mathbf u_i^\top \mathbf v_{n_k}) , \tag{15.17} $$
#
# $$ \frac{\partial L}{\partial \mathbf u_i} = \big(\sigma(\mathbf u_i^\top \mathbf v_o) - 1\big) \mathbf v_o + \sum_{k} \sigma(\mathbf u_i^\top \mathbf v_{n_k})\, \mathbf v_{n_k} . \tag{15.18} $$
#
# The original program leaves out a negative that equals $o$. Here, with a small vocabulary, no word of the window may be a negative.

# %% [markdown]
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf u_i$, $\mathbf v_o$, $\mathbf v_{n_k}$ | `u`, `v`, `negatives` | $(B, d)$, $(B, d)$, $(B, K, d)$ |
# | $c$ | `counts` | how often each word occurs, $(V,)$ |
# | $m$ | `m` | reach of the window |
# | $U$, $W$ | `U`, `W` | all $\mathbf u_i$ and all $\mathbf v_i$, $(V, d)$ |


# %%
def sgns_loss(u: Tensor, v: Tensor, negatives: Tensor) -> Tensor:
    """Skip-gram with negative sampling (eq. 15.17), the mean over the pairs.   -> ()"""
    away = (negatives @ u[:, :, None])[:, :, 0]  # (B, K)
    return -(F.logsigmoid((u * v).sum(dim=1)) + F.logsigmoid(-away).sum(dim=1)).mean()


rng = torch.Generator().manual_seed(SEED)
u, v, negatives = (data.normal(rng, *size).double().requires_grad_() for size in ((4, 3), (4, 3), (4, 5, 3)))  # fmt: skip
scores = torch.cat([(u * v).sum(dim=1, keepdim=True), (negatives * u[:, None]).sum(dim=2)], dim=1)  # fmt: skip
target = F.one_hot(torch.zeros(4).long(), 6).double()
check.close("loss", sgns_loss(u, v, negatives), F.binary_cross_entropy_with_logits(scores, target, reduction="sum") / 4)  # fmt: skip
with torch.no_grad():
    wrong = scores.sigmoid() - target  # eq. 15.18   (B, 1 + K)
    du = (wrong[:, :, None] * torch.cat([v[:, None], negatives], dim=1)).sum(dim=1) / 4
check.close("du", du, torch.autograd.grad(sgns_loss(u, v, negatives), u)[0], atol=1e-12)


# %%
def negative_weights(counts: Tensor) -> Tensor:
    """P_neg (eq. 15.16).   (V,) -> (V,)"""
    return counts**0.75 / (counts**0.75).sum()


counts = torch.tensor([1.0, 10.0, 100.0, 1000.0])
drawn = torch.multinomial(negative_weights(counts), 200_000, replacement=True, generator=rng)  # fmt: skip
frequency = drawn.bincount(minlength=4) / len(drawn)
expected = torch.tensor([1.0, 5.623, 31.62, 177.8]) / 216.1
check.close("frequencies of the negatives", frequency, expected, atol=0.005)
check.catches("the counts themselves", lambda: check.close("frequencies", counts / counts.sum(), expected, atol=0.005))  # fmt: skip
check.reaches("weight of the rarest word, over its share", (frequency[0] / (counts[0] / counts.sum())).item(), at_least=3)  # fmt: skip

# %% [markdown]
# The text comes from templates, so that it is known which words are alike: a man and a woman of one role do the same things (*the queen rules in her palace*), and animals eat foods. The control is the same text with all words shuffled over it: the counts stay, the neighbourhoods go.
#
# One function trains both models of this section. Each row of `X` says which vectors $\mathbf u$ are averaged: for skip-gram a single one.


# %%
TALES = data.sentences(1500, torch.Generator().manual_seed(SEED))
VOCABULARY = sorted({word for tale in TALES for word in tale})


def word_examples(sentences: list[list[str]], m: int, cbow: bool = False) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Rows that average vectors (n, V), targets (n,) and the words that are no negatives (n, V)."""
    X, targets, taken = [], [], []
    one = torch.eye(len(VOCABULARY))
    for centre, around in word_windows(sentences, m):
        words, k = [VOCABULARY.index(word) for word in around], VOCABULARY.index(centre)
        window = one[[*words, k]].amax(dim=0)
        X += [one[words].mean(dim=0)] if cbow else [one[k]] * len(words)
        targets += [k] if cbow else words
        taken += [window] * (1 if cbow else len(words))
    return torch.stack(X), torch.tensor(targets), torch.stack(taken)


# %%
def embed(X: Tensor, targets: Tensor, taken: Tensor, counts: Tensor, rng: torch.Generator, epochs: int = 6) -> Tensor:  # fmt: skip
    """Vectors U of all words, trained with five negatives for each example.   -> (V, 16)"""
    U = (0.1 * torch.randn(len(counts), 16, generator=rng)).requires_grad_()
    W = torch.zeros(len(counts), 16, requires_grad=True)
    optimizer = torch.optim.Adam([U, W], lr=0.02)
    for _ in progress(range(epochs), "word vectors"):
        for rows in torch.randperm(len(X), generator=rng).split(256):
            weights = negative_weights(counts) * (1 - taken[rows])  # no word of the window
            negatives = torch.multinomial(weights, 5, replacement=True, generator=rng)
            loss = sgns_loss(X[rows] @ U, W[targets[rows]], W[negatives])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return U.detach()


# %%
rng = torch.Generator().manual_seed(SEED)
words = [word for tale in TALES for word in tale]
counts = torch.tensor([float(words.count(word)) for word in VOCABULARY])
order = iter(torch.randperm(len(words), generator=rng).tolist())
shuffled = [[words[next(order)] for _ in tale] for tale in TALES]
U_true = embed(*word_examples(TALES, 2), counts, rng)
U_wide = embed(*word_examples(TALES, 5), counts, rng, epochs=3)
U_cbow = embed(*word_examples(TALES, 2, cbow=True), counts, rng, epochs=12)
U_shuffled = embed(*word_examples(shuffled, 2), counts, rng)

# %% [markdown]
# Vectors are compared by the cosine of their angle. Two scores: for how many of the 38 nouns, verbs and colours does the nearest word belong to the same group? And for how many analogies such as *king − prince + princess* is the nearest word the right one, *queen*? As usual the three given words may not be the answer. The folded cell computes both.


# %% tags=["hide-input"]
def group_score(U: Tensor) -> float:
    """The share of words whose nearest word is of their group.   U: (V, d)"""
    group = {word: name for name, members in data.WORD_GROUPS.items() for word in members}
    cosine = F.normalize(U, dim=1) @ F.normalize(U, dim=1).T
    nearest = cosine.fill_diagonal_(-2).argmax(dim=1)
    right = [group[word] == group.get(VOCABULARY[nearest[k]]) for k, word in enumerate(VOCABULARY) if word in group]  # fmt: skip
    return sum(right) / len(right)


def analogy_score(U: Tensor, exclude: bool = True) -> float:
    """The share of a - b + c that is nearest to the right word, both ways.   U: (V, d)"""
    N, at, right = F.normalize(U, dim=1), VOCABULARY.index, []
    couples = [(man, woman) for man, (woman, *_) in data.ROLES.items()]
    for b, c in itertools.permutations(couples + [couple[::-1] for couple in couples], 2):
        if (b in couples) == (c in couples) and set(b) != set(c):
            given = [at(b[1]), at(b[0]), at(c[0])]
            cosine = N @ F.normalize(N[given[0]] - N[given[1]] + N[given[2]], dim=0)
            if exclude:
                cosine[given] = -2
            right.append(cosine.argmax().item() == at(c[1]))
    return sum(right) / len(right)


# %%
vectors = {"skip-gram, m = 2": U_true, "skip-gram, m = 5": U_wide, "CBOW, m = 2": U_cbow, "shuffled text": U_shuffled}  # fmt: skip
for name, U in vectors.items():
    print(f"{name:17} nearest word of the group {group_score(U):.2f}, analogies {analogy_score(U):.2f}, none excluded {analogy_score(U, False):.2f}")  # fmt: skip
check.reaches("skip-gram: nearest word of the group", group_score(U_true), at_least=0.85)
check.reaches("skip-gram: analogies", analogy_score(U_true), at_least=0.85)
check.reaches("CBOW: nearest word of the group", group_score(U_cbow), at_least=0.8)
check.reaches("wide window: nearest word of the group", group_score(U_wide), at_most=0.75)
check.reaches("shuffled: nearest word of the group", group_score(U_shuffled), at_most=0.35)
check.reaches("shuffled: analogies", analogy_score(U_shuffled), at_most=0.25)
check.reaches("skip-gram: analogies, none excluded", analogy_score(U_true, False), at_most=0.5)  # fmt: skip

# %% [markdown]
# In the true text the nearest word is of the same group and the analogies come out; in the shuffled one, with the same counts, neither does. With a window of five words, which covers a sentence of six, *king* is also near to *rules* and *palace*: the window decides what "alike" means. The analogies of the narrow window need the exclusion: mostly one of the three given words is nearest (Linzen 2016 found the same in large models).

# %% [markdown]
# The **continuous bag of words** (CBOW) model predicts the word at the centre of a window from the mean of the vectors of the words around it. With $C$ words $j$ in the window of the centre $i$ and $\mathbf u_i$ in (15.17) replaced by $\mathbf h$, $\mathbf v_o$ by $\mathbf v_i$,
#
# $$ \mathbf h = \frac1C \sum_{j \text{ around } i} \mathbf u_j . \tag{15.19} $$
#
# It is the same loss on other pairs, and on this text it finds the same groups. The map below shows skip-gram's vectors in the plane of their first two principal components.

# %%
widgets.WordMap(VOCABULARY, U_true, groups=data.WORD_GROUPS, word="queen")

# %% tags=["hide-input"]
widgets.choose(
    "A window of 2 reaches over the end of a sentence, and words of the next sentence become context. Which check above finds it?",
    {
        "The pairs of two sentences of two words each.": True,
        "All pairs of one sentence of six words.": "There is no second sentence in it.",
        "The loss against binary cross-entropy.": "The loss is computed correctly, for whichever pairs it gets.",
        "The frequencies of the negatives.": "They depend on the counts of the words, not on the windows.",
    },
    because="With one sentence alone there is no end to reach over.",
)

# %% [markdown]
# ## 15.13 Can a network invent names?
#
# *Going further.*
#
# *This section uses `best_ngram` from section 15.10.*
#
# An LSTM reads the letters so far and gives the probabilities of the next one. Its context is not cut off after $n - 1$ letters. Index 0 is START in the input and END in the output, and the letters are 1 to 26. A name of $L$ letters gives $L + 1$ predictions; shorter names of a batch are filled up, and their filling is left out of the loss.


# %%
class LetterLSTM(nn.Module):
    """A language model of letters.   numbers of letters (n, L) -> logits of the next one (n, L, 27)"""

    def __init__(self, size: int = 32):
        super().__init__()
        self.embedding = nn.Embedding(27, 12)
        self.drop = nn.Dropout(0.2)
        self.lstm = nn.LSTM(12, size, batch_first=True)
        self.out = nn.Linear(size, 27)

    def forward(self, X: Tensor) -> Tensor:
        H, _ = self.lstm(self.drop(self.embedding(X)))
        return self.out(self.drop(H))


FILL = -100  # the target that cross_entropy leaves out


def encoded(names: list[str]) -> tuple[Tensor, Tensor]:
    """START and the letters; the letters and END.   -> X, Y (n, longest + 1)"""
    rows = [[data.NAME_LETTERS.index(letter) + 1 for letter in marked(name, 1)[:-1]] for name in names]  # fmt: skip
    X = nn.utils.rnn.pad_sequence(
        [torch.tensor([0, *row]) for row in rows], batch_first=True
    )
    Y = nn.utils.rnn.pad_sequence([torch.tensor([*row, 0]) for row in rows], batch_first=True, padding_value=FILL)  # fmt: skip
    return X, Y


def name_loss(net: nn.Module, X: Tensor, Y: Tensor) -> Tensor:
    """The mean over all letters and ENDs of minus the logarithm of their probability.   X, Y: (n, L) -> ()"""
    ends = (Y == 0).sum(dim=1)
    if (ends != 1).any():
        raise ValueError(f"row {(ends != 1).nonzero()[0].item()} has {ends[ends != 1][0]} ENDs: each name needs one")  # fmt: skip
    return F.cross_entropy(net(X).flatten(0, 1), Y.flatten(), ignore_index=FILL)


# %%
torch.manual_seed(SEED)
net = LetterLSTM(5).eval()
X, Y = encoded(["re", "bianchi", "rossi"])
alone = [F.cross_entropy(net(X[k : k + 1, :n])[0], Y[k, :n], reduction="sum") for k, n in enumerate((3, 8, 6))]  # fmt: skip
check.close("loss with filling", name_loss(net, X, Y), sum(alone) / 17)
check.catches("a mean of the means of the names", lambda: check.close("loss", (alone[0] / 3 + alone[1] / 8 + alone[2] / 6) / 3, sum(alone) / 17))  # fmt: skip
check.raises("a name without its end", ValueError, lambda: name_loss(net, X[:, :-1], Y[:, :-1]))  # fmt: skip
check.raises("an unknown letter", ValueError, lambda: encoded(["d'este"]))
check.raises("an empty sequence", ValueError, lambda: encoded([""]))

# %% [markdown]
# It is trained on the 800 names that the n-gram model has counted, and its epoch is chosen on the same validation names on which $\kappa$ was chosen. Both are compared on the test names.


# %%
def train_letters(names: list[str], valid: list[str], epochs: int = 30) -> tuple[LetterLSTM, list[float]]:  # fmt: skip
    """The network of the best epoch, and the validation perplexities."""
    torch.manual_seed(SEED)
    net, (X, Y), unseen = LetterLSTM(), encoded(names), encoded(valid)
    optimizer, history, best = torch.optim.Adam(net.parameters(), lr=0.01), [], {}
    for _ in progress(range(epochs), "letters"):
        net.train()
        for rows in torch.randperm(len(X)).split(50):
            optimizer.zero_grad()
            name_loss(net, X[rows], Y[rows]).backward()
            optimizer.step()
        with torch.no_grad():
            history.append(name_loss(net.eval(), *unseen).exp().item())
        if history[-1] == min(history):
            best = {name: value.clone() for name, value in net.state_dict().items()}
    net.load_state_dict(best)
    return net, history


# %%
letter_net, history = train_letters(NAMES_TRAIN, NAMES_VALID)
with torch.no_grad():
    of_lstm = {part: name_loss(letter_net, *encoded(names)).exp().item() for part, names in (("train", NAMES_TRAIN), ("test", NAMES_TEST))}  # fmt: skip
of_ngram = score(best_ngram, NAMES_TEST)
additive = score(tuned(NAMES_TRAIN, 3, mixed=False), NAMES_TEST)
weights = sum(p.numel() for p in letter_net.parameters())
print(f"test perplexity: LSTM {of_lstm['test']:.2f} (training {of_lstm['train']:.2f}, {weights:,} weights, best epoch {1 + history.index(min(history))}), interpolated 5-gram {of_ngram:.2f}, additive trigram {additive:.2f}")  # fmt: skip
check.reaches("test perplexity: 5-gram minus LSTM", of_ngram - of_lstm["test"], at_least=0.1, at_most=0.9)  # fmt: skip
check.reaches("lead over the trigram, over that over the 5-gram", (additive - of_lstm["test"]) / (of_ngram - of_lstm["test"]), at_least=2)  # fmt: skip

# %% tags=["hide-input"]
fig, ax = plots.panel("names letter by letter", x="epoch", y="validation perplexity", size=(3.9, 2.7))  # fmt: skip
ax.plot(range(1, len(history) + 1), history, color=plots.BLUE, label="LSTM")
ax.axhline(score(best_ngram, NAMES_VALID), color=plots.ORANGE, linestyle="--", label="interpolated 5-gram")  # fmt: skip
ax.set_ylim(top=11)
ax.legend()
plots.show(fig, alt="The LSTM's validation perplexity falls fast, crosses the line of the interpolated 5-gram before the middle of the training and ends a little below it.")  # fmt: skip

# %% [markdown]
# Trained on 800 names the LSTM is a little ahead of the best n-gram model above. Against the additive trigram alone its lead would look more than twice as large: the baseline has to be tuned as carefully as the network.
#
# New names are drawn letter by letter. The **temperature** $T$ of a softmax is the number by which its logits are divided before it: below 1 it favours the most probable outcomes, above 1 it evens them out.
#
# $$ P_T(w) = \frac{e^{z_w / T}}{\sum_{v} e^{z_v / T}} \tag{15.20} $$


# %%
@torch.no_grad()
def invented(net: LetterLSTM, n: int, T: float, rng: torch.Generator, longest: int = 20) -> list[str]:  # fmt: skip
    """n names drawn letter by letter at temperature T (eq. 15.20), cut off after `longest` letters."""
    if T <= 0:
        raise ValueError("the temperature has to be positive")
    X, state, found = torch.zeros(n, 1, dtype=torch.int64), None, []
    for _ in range(longest):
        H, state = net.lstm(net.embedding(X), state)  # the state is carried on
        X = torch.multinomial((net.out(H)[:, 0] / T).softmax(dim=1), 1, generator=rng)
        found.append(X)
    rows = torch.cat(found, dim=1).tolist()
    return ["".join(data.NAME_LETTERS[k - 1] for k in row[: [*row, 0].index(0)]) for row in rows]  # fmt: skip


rng = torch.Generator().manual_seed(SEED)
check.raises("a temperature of 0", ValueError, lambda: invented(letter_net, 1, 0.0, rng))
for T in (0.3, 0.7, 1.0, 1.5):
    drawn = invented(letter_net, 4000, T, rng)
    known, unseen = (sum(name in names for name in drawn) / len(names) for names in (set(NAMES_TRAIN), {*NAMES_VALID, *NAMES_TEST}))  # fmt: skip
    print(f"T = {T}: {', '.join(drawn[:5])}; different {len(set(drawn)) / 4000:.2f}, draws for each training name {known:.3f}, for each unseen name {unseen:.3f}")  # fmt: skip
    if T == 1.0:
        check.reaches("T = 1: share of training names", known * len(NAMES_TRAIN) / 4000, at_most=0.05)  # fmt: skip

# %% [markdown]
# Some of the names drawn are training names, and some are real names that the network never saw. The two counts, each divided by the number of names in its list, tell how much more often a name comes because it was seen. At a low temperature the names become probable and alike.
#
# The widget runs the trained network in the page and shows its gates on a word that you type.

# %%
widgets.GateStrip(letter_net, word="bellini")

# %% [markdown]
# ## 15.14 How can a large vocabulary be afforded?
#
# *Going further.*
#
# With a million words the softmax costs most of the training. Besides negative sampling, Mikolov et al. (2013) used a tree in its place (Morin and Bengio 2005). The **hierarchical softmax** gives a word the product of the probabilities of the binary decisions on its way from the root of a tree, whose leaves are the words.
#
# With $N$ context words, $D$ numbers in a vector and $V$ words, one training example costs
#
# $$ Q_\text{CBOW} = N D + D \log_2 V, \qquad Q_\text{skip-gram} = C \, (D + D \log_2 V) \tag{15.21} $$
#
# multiplications; $C$ is the reach of the window.

# %% [markdown]
# The notes write $n \times m + m \log |V|$ and call $n$ the dimension of the vectors and $m$ the size of the window: the two names are the wrong way round. The formula also holds for the hierarchical softmax only.


# %%
def cbow_cost(N: int, D: int, V: int) -> float:
    """Multiplications of one CBOW example with a hierarchical softmax (eq. 15.21)."""
    return N * D + D * math.log2(V)


right, swapped, full = cbow_cost(10, 300, 10**6), cbow_cost(300, 10, 10**6), 10 * 300 + 300 * 10**6  # fmt: skip
print(f"letters right {right:,.0f}, as in the notes {swapped:,.0f}, full softmax {full:,}, six binary decisions {10 * 300 + 6 * 300:,}")  # fmt: skip
check.close(
    "the two ways to read the formula", [round(right), round(swapped)], [8979, 3199]
)

# %% [markdown]
# In the tree of $V$ leaves a word with number $k$ is reached by its binary digits: at each of $\log_2 V$ nodes a logistic regression chooses a side. The probabilities of all words then sum to one without a sum over the words ever being computed.


# %%
def tree_log_prob(h: Tensor, nodes: Tensor, k: int) -> Tensor:
    """log P of word k of V = len(nodes) words, a power of two; node j has the children 2j and 2j + 1.   h: (D,)"""
    node, total = 1, torch.zeros((), dtype=h.dtype)
    for digit in f"{k:0{len(nodes).bit_length() - 1}b}":
        sign = 1 if digit == "1" else -1
        total = total + F.logsigmoid(sign * nodes[node] @ h)
        node = 2 * node + int(digit)
    return total


rng = torch.Generator().manual_seed(SEED)
h, nodes = data.normal(rng, 5).double(), data.normal(rng, 16, 5).double()
log_p = torch.stack([tree_log_prob(h, nodes, k) for k in range(16)])
check.close("16 words", log_p.exp().sum().item(), 1.0)
both = torch.stack([tree_log_prob(h, nodes, k) for k in range(8)]).exp().sum()
check.close("the first half of them: one decision", both, (-nodes[1] @ h).sigmoid())

# %% [markdown]
# Word2vec uses a Huffman tree, in which frequent words have shorter ways. Negative sampling needs $K + 1$ decisions whatever the size of $V$, but its scores are not normalised: it gives vectors, not probabilities of words, and so no perplexity. The language models of chapter 16 use vocabularies of a size for which the full softmax is affordable.

# %% [markdown]
# ## 15.15 Your turn
#
# The [exercises of this chapter](../assignments/15_recurrence/15_recurrence.ipynb) have a check each, which tells you what is wrong.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | six numbers along time (15.1) | predict | ●● | 20 |
# | the gradient of a leaky cell (15.2) | derive | ●●● | 25 |
# | sequences of different lengths (15.3) | write | ●● | 20 |
# | an LSTM that was put together wrongly (15.4) | find the bug | ●● | 20 |
# | truncation that starts at every step (15.5) | write | ●●● | 25 |
# | Kneser-Ney smoothing (15.6) | write | ●●● | 25 |
# | examples for skip-gram (15.7) | find the bug | ●● | 20 |
# | the gradient of CBOW with a full softmax (15.8) | derive | ●●● | 25 |
# | which language does a name come from? (15.9) | go beyond | ●●● | 30 |
#
# One more question has no check.
#
# <details><summary>A linear recurrent network, without an activation function, is trained on long sequences. Is the whole of it still a linear map of the sequence, and what does that mean for its gradient?</summary>
#
# Each state is a sum of the inputs, each multiplied by a power of $U$, so the outputs are linear in the inputs. They are not linear in $U$: the outputs contain powers up to $U^{T-1}$, and the gradient still explodes or vanishes with the spectral radius. The activation function is not the cause; tanh limits the state and makes vanishing more likely.
#
# </details>

# %% [markdown]
# ## 15.16 In five lines
#
# 1. A window sees a fixed number of values; a recurrent network carries a state of fixed size along. Score both on the future, beside persistence on the same years.
# 2. The gradient of a recurrent network is that of its unfolding, and the contributions of the steps are summed. Truncation does not train dependences that are longer than a piece.
# 3. Back through time the gradient is multiplied by the recurrent matrix and by the slopes at each step. Clipping by the joint norm limits explosions and does not help against vanishing.
# 4. An LSTM carries its cell state by a gated sum, a GRU its one state. Whether they remember depends on gates that are open at the start of training.
# 5. An n-gram model counts, and what it never saw needs smoothing that is chosen on other data. Word embeddings are learned from the words around; a shuffled text, a tuned n-gram model and the training names themselves are the controls of what was learned.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes, of Bologna (sections 5.1 to 5.2.1) and of the Politecnico di Milano ("Recurrent Neural Networks", "BPTT", "LSTM", "BiLSTM", the first half of "seq2seq", "Word2Vec"). In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 5.2 | the weights are updated by the *average* of the gradients of the steps (Milan: the sum) | the gradient of a loss that is summed over the steps is the sum | Werbos (1990) | section 15.3 |
# | Bologna 5.2.1 * | the LSTM has, beside the output of the previous *layer*, a memory; its forget gate is taken for granted | of the previous time step; the cell of 1997 had no forget gate, which came in 2000 | Hochreiter and Schmidhuber (1997); Gers et al. (2000) | section 15.6 |
# | Bologna 5.3, Remark * | the gates of an LSTM can be seen as attention | both weigh by numbers computed from the input; gates weigh units and do not sum to one, attention weighs positions by a softmax | Bahdanau et al. (2015) | section 15.6 |
# | Milan RNN * | memoryless models take the current input only | a window of any fixed length; an autoregressive model has no other input than past values | Box and Jenkins (1970) | section 15.1 |
# | Milan RNN * | in principle an infinite memory | no fixed length in time, but a state of fixed size, whose old contents fade at a rate that (15.5) gives | Pascanu et al. (2013) | sections 15.2, 15.4 |
# | Milan BPTT * | the gradient explodes or vanishes because it is cumulated over a long sequence | because each step multiplies it by the same matrix and by slopes; the sum over the steps is not the cause | Pascanu et al. (2013) | section 15.4 |
# | Milan LSTM * | designed against the vanishing gradient, and so superior for long contexts | against vanishing, not against exploding; and only with gates that are open: with torch's default biases it stays at chance in the task of section 15.9 within its budget | Hochreiter and Schmidhuber (1997); Jozefowicz et al. (2015) | sections 15.6, 15.9 |
# | Milan BiLSTM * | an extension of the LSTM with context from past and future | so it cannot be used where the future is not known, as in prediction | Schuster and Paliwal (1997) | section 15.8 |
# | Milan seq2seq, N-grams * | the goal is the probability of a *sentence* given the previous words | of the next *word* given the $n - 1$ before it; the probability of the sentence is the product of these factors | Jelinek and Mercer (1980) | section 15.10 |
# | Milan seq2seq * | n-grams, bags of words and one-hot vectors are all local representations | an n-gram model is a model of sequences; local, one number for each word, is the one-hot vector | Bengio et al. (2003) | sections 15.10, 15.11 |
# | Milan Word2Vec | a cost of $n \times m + m \log \lvert V \rvert$ with $n$ the dimension and $m$ the window | the two names are the wrong way round, and the formula is that of CBOW with a hierarchical softmax alone | Mikolov et al. (2013) | section 15.14 |

# %% [markdown]
# ## Further reading
#
# - P. Werbos (1990), [*Backpropagation through time: what it does and how to do it*](https://doi.org/10.1109/5.58337), Proceedings of the IEEE 78: (15.4).
# - S. Hochreiter and J. Schmidhuber (1997), [*Long short-term memory*](https://doi.org/10.1162/neco.1997.9.8.1735), Neural Computation 9. F. Gers, J. Schmidhuber and F. Cummins (2000), [*Learning to forget: continual prediction with LSTM*](https://doi.org/10.1162/089976600300015015), Neural Computation 12: the forget gate.
# - R. Pascanu, T. Mikolov and Y. Bengio (2013), [*On the difficulty of training recurrent neural networks*](https://arxiv.org/abs/1211.5063), ICML: (15.5), clipping, and the wall of section 15.4.
# - R. Jozefowicz, W. Zaremba and I. Sutskever (2015), [*An empirical exploration of recurrent network architectures*](https://proceedings.mlr.press/v37/jozefowicz15.html), ICML: the bias of the forget gate.
# - K. Cho et al. (2014), [*Learning phrase representations using RNN encoder-decoder for statistical machine translation*](https://arxiv.org/abs/1406.1078), EMNLP: the GRU.
# - D. Bahdanau, K. Cho and Y. Bengio (2015), [*Neural machine translation by jointly learning to align and translate*](https://arxiv.org/abs/1409.0473), ICLR: attention (chapter 16).
# - M. Schuster and K. Paliwal (1997), [*Bidirectional recurrent neural networks*](https://doi.org/10.1109/78.650093), IEEE Transactions on Signal Processing 45.
# - G. Box and G. Jenkins (1970), *Time series analysis: forecasting and control*, Holden-Day.
# - F. Jelinek and R. Mercer (1980), *Interpolated estimation of Markov source parameters from sparse data*, in Pattern recognition in practice: the interpolation of section 15.10. R. Kneser and H. Ney (1995), [*Improved backing-off for m-gram language modeling*](https://doi.org/10.1109/ICASSP.1995.479394), ICASSP.
# - Y. Bengio, R. Ducharme, P. Vincent and C. Jauvin (2003), [*A neural probabilistic language model*](https://jmlr.org/papers/v3/bengio03a.html), Journal of Machine Learning Research 3.
# - T. Mikolov, K. Chen, G. Corrado and J. Dean (2013), [*Efficient estimation of word representations in vector space*](https://arxiv.org/abs/1301.3781), arXiv:1301.3781: skip-gram, CBOW and their cost. T. Mikolov, I. Sutskever, K. Chen, G. Corrado and J. Dean (2013), [*Distributed representations of words and phrases and their compositionality*](https://arxiv.org/abs/1310.4546), NIPS: negative sampling.
# - T. Linzen (2016), [*Issues in evaluating semantic spaces using word analogies*](https://arxiv.org/abs/1606.07736), Workshop on evaluating vector space representations for NLP.
# - F. Morin and Y. Bengio (2005), [*Hierarchical probabilistic neural network language model*](https://proceedings.mlr.press/r5/morin05a.html), AISTATS.

# %% [markdown] tags=["neighbours"]
# Before: [14 Flows and diffusion](14_flows_diffusion.ipynb). Next: [16 Attention](16_attention.ipynb).
