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
# # Exercises 15: recurrence
#
# Nine exercises, 22 points, on [chapter 15](../../chapters/15_recurrence.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# All torch functions are allowed unless a task says otherwise. Everything is in float64. Sequences are $(n, T, d)$: $n$ sequences of $T$ steps.

# %% setup
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data


def normal(rng: torch.Generator, *size: int) -> Tensor:
    """Normal random numbers in float64."""
    return torch.randn(size, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, *size: int) -> Tensor:
    """Random numbers between 0 and 1 in float64."""
    return torch.rand(size, generator=rng, dtype=torch.float64)


# %% [markdown]
# ## 15.1 Six numbers along time
# *Predict · 2 points · effort ●● · about 20 minutes*
#
# Work out these numbers, with three significant digits, before you run anything. The check holds the form of your answer; whether the numbers are right is sealed. Afterwards compute in code what you can, and compare.
#
# A linear cell has one unit, $h_t = u\, h_{t-1} + x_t$, with $u = 0.8$ and $h_0 = 0$. It reads six steps: $x_1 = 2$, and all later inputs are 0. The loss is $L = h_6$.
#
# 1. How large is $\partial L / \partial x_1$?
# 2. How large is $\partial L / \partial u$?
# 3. How large is $\partial L / \partial u$ if it is computed in two pieces of three steps, with the state handed on and detached between them?
#
# The others stand by themselves.
#
# 4. How many parameters has torch's `nn.LSTM(10, 20)`?
# 5. The gradients of three tensors have the norms 2, 3 and 6. They are clipped by their joint norm to 1.4. Which norm has the third one afterwards?
# 6. All weights of an `nn.LSTM` are 0. Of the biases of its forget gate, those in `bias_ih_l0` are 2 and those in `bias_hh_l0` are 1; all other biases are 0. Which share of the first cell state is left after ten steps?
#
# <details><summary>Hint</summary>
#
# For 2: write $h_6$ as a function of $u$. For 3: the state that enters the second piece is a number there. For 6: what is the candidate?
#
# </details>


# %% six_numbers
def six_numbers() -> list[float]:
    """The six numbers, in this order."""
    ### BEGIN SOLUTION
    return [0.328, 4.10, 2.46, 2560, 1.20, 0.615]
    ### END SOLUTION


# %% test_six_numbers points=2
check.predicted("six numbers", lambda: six_numbers(), count=6)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

predicted = torch.tensor([float(number) for number in six_numbers()]).double()
seal("six numbers", predicted, rule=close(rtol=0.006))
### END HIDDEN TESTS

# %% [markdown]
# ## 15.2 The gradient of a leaky cell
# *Derive · 3 points · effort ●●● · about 25 minutes*
#
# A leaky cell moves only a part of the way to its new state, and learns how far, unit by unit:
#
# $$ \mathbf p_t = \tanh(W \mathbf x_t + U \mathbf h_{t-1} + \mathbf b), \qquad \mathbf h_t = (1 - \boldsymbol\alpha) \odot \mathbf h_{t-1} + \boldsymbol\alpha \odot \mathbf p_t, \qquad \boldsymbol\alpha = \sigma(\mathbf a) . $$
#
# The loss depends on every state. $\mathbf g_t$ is what it sends to $\mathbf h_t$ directly, with all later states held fixed. Derive the gradients of the loss with respect to $U$, $\mathbf a$ and $\mathbf h_0$, and give them as code. No automatic differentiation.
#
# <details><summary>Hint</summary>
#
# Let $\bar{\mathbf h}_t$ be the whole gradient that reaches $\mathbf h_t$. Along which two ways does it reach $\mathbf h_{t-1}$? And where does $\mathbf a$ act?
#
# </details>


# %% leaky_gradients
def leaky_gradients(
    x: Tensor, h: Tensor, g: Tensor, W: Tensor, U: Tensor, b: Tensor, a: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """x: (n, T, d), h: the states 0..T (n, T + 1, k), g: (n, T, k) for the states 1..T -> dU, da, dh_0"""
    ### BEGIN SOLUTION
    alpha = a.sigmoid()
    p = torch.tanh(x @ W.T + h[:, :-1] @ U.T + b)
    dh, dU, da = torch.zeros_like(h[:, 0]), torch.zeros_like(U), torch.zeros_like(a)
    for t in reversed(range(x.shape[1])):
        dh = dh + g[:, t]
        delta = alpha * dh * (1 - p[:, t] ** 2)
        dU = dU + delta.T @ h[:, t]
        da = da + (dh * (p[:, t] - h[:, t])).sum(dim=0)
        dh = (1 - alpha) * dh + delta @ U
    return dU, da * alpha * (1 - alpha), dh
    ### END SOLUTION


# %% test_leaky_gradients points=3
rng = torch.Generator().manual_seed(152)
x, target, h_0 = normal(rng, 4, 6, 2), normal(rng, 4, 6, 3), normal(rng, 4, 3)
W, U, b, a = normal(rng, 3, 2), normal(rng, 3, 3), normal(rng, 3), normal(rng, 3) - 1


def leaky_states(
    x: Tensor, h_0: Tensor, W: Tensor, U: Tensor, b: Tensor, a: Tensor
) -> Tensor:
    """The states 0..T, step by step.   -> (n, T + 1, k)"""
    states = [h_0]
    for t in range(x.shape[1]):
        new = torch.tanh(x[:, t] @ W.T + states[-1] @ U.T + b)
        states.append(torch.lerp(states[-1], new, a.sigmoid()))
    return torch.stack(states, dim=1)


leaves = [t.clone().requires_grad_() for t in (U, a, h_0)]
h = leaky_states(x, leaves[2], W, leaves[0], b, leaves[1])
by_autograd = torch.autograd.grad((h[:, 1:] - target).square().sum() / 2, leaves)
h = h.detach()
g = h[:, 1:] - target
for k, name in enumerate(("dU", "da", "dh_0")):
    check.close(name, lambda k=k: leaky_gradients(x, h, g, W, U, b, a)[k], by_autograd[k])
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
for n, T, d, k in ((3, 5, 4, 2), (2, 1, 3, 5), (1, 7, 1, 4)):
    x, h_0, g = normal(rng, n, T, d), normal(rng, n, k), normal(rng, n, T, k)
    W, U, b, a = normal(rng, k, d), normal(rng, k, k), normal(rng, k), normal(rng, k)
    h = leaky_states(x, h_0, W, U, b, a)
    given = leaky_gradients(x, h, g, W, U, b, a)
    seal(
        f"{n} sequences of {T} steps, and the inputs afterwards",
        [*given, x, h, g, W, U, b, a],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 15.3 Sequences of different lengths
# *Write · 2 points · effort ●● · about 20 minutes*
#
# Sequences of different lengths stand in one tensor; after its own end each is filled up with numbers that mean nothing, NaN included. Write a bidirectional layer of plain cells, $\mathbf h \leftarrow \tanh(W \mathbf x_t + U \mathbf h + \mathbf b)$, that reads each sequence for itself: the second direction starts at the sequence's *own* end. Both start with zeros. The output has the state of the first direction, then that of the second, side by side, and zeros behind the end of a sequence.
#
# Each length is at least 1 and at most $T$. torch's recurrent layers are not allowed.
#
# <details><summary>Hint</summary>
#
# `torch.where` chooses between the new state and the old one, sequence by sequence. A product with 0 does not remove a NaN.
#
# </details>


# %% both_directions
def both_directions(
    x: Tensor, lengths: Tensor, forth: list[Tensor], back: list[Tensor]
) -> Tensor:
    """x: (n, T, d), lengths: (n,), forth, back: W (k, d), U (k, k), b (k,) of each direction -> (n, T, 2k)"""
    ### BEGIN SOLUTION
    inside = torch.arange(x.shape[1]) < lengths[:, None]
    halves = []
    for (W, U, b), reverse in ((forth, False), (back, True)):
        h, states = x.new_zeros(len(x), len(b)), []
        steps = range(x.shape[1])
        for t in reversed(steps) if reverse else steps:
            here = inside[:, t, None]
            h = torch.where(here, torch.tanh(x[:, t] @ W.T + h @ U.T + b), h)
            states.append(torch.where(here, h, 0.0))
        halves.append(torch.stack(states[::-1] if reverse else states, dim=1))
    return torch.cat(halves, dim=2)
    ### END SOLUTION


# %% test_both_directions points=2
rng = torch.Generator().manual_seed(153)
x, lengths = normal(rng, 4, 6, 2), torch.tensor([3, 6, 1, 4])
forth, back = ([normal(rng, *size) for size in ((3, 2), (3, 3), (3,))] for _ in range(2))


def one_by_one(
    x: Tensor, lengths: Tensor, forth: list[Tensor], back: list[Tensor]
) -> Tensor:
    """For the check: torch's layer on one sequence after the other, each cut to its length."""
    k, d = forth[0].shape
    layer = nn.RNN(d, k, bidirectional=True, batch_first=True).double()
    zero = torch.zeros(k, dtype=torch.float64)
    copied = [t for W, U, b in (forth, back) for t in (W, U, b, zero)]
    nn.utils.vector_to_parameters(
        torch.cat([t.reshape(-1) for t in copied]), layer.parameters()
    )
    out = torch.zeros(*x.shape[:2], 2 * k, dtype=torch.float64)
    for i, length in enumerate(lengths):
        out[i, :length] = layer(x[i : i + 1, :length])[0].detach()[0]
    return out


check.close(
    "four sequences of 3, 6, 1 and 4 steps",
    lambda: both_directions(x, lengths, forth, back),
    one_by_one(x, lengths, forth, back),
)
filled = x.masked_fill(torch.arange(6)[:, None] >= lengths[:, None, None], torch.nan)
check.close(
    "the same, filled up with NaN",
    lambda: both_directions(filled, lengths, forth, back),
    one_by_one(x, lengths, forth, back),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("RNN", "GRU")
rng = torch.default_generator
for each, T, d, k in (([5, 2, 7], 7, 3, 4), ([1, 1], 4, 2, 1), ([2, 3, 2, 1, 3], 3, 1, 2)):
    x, lengths = normal(rng, len(each), T, d), torch.tensor(each)
    filled = x.masked_fill((torch.arange(T) >= lengths[:, None])[:, :, None], torch.nan)
    forth, back = (
        [normal(rng, *size) for size in ((k, d), (k, k), (k,))] for _ in range(2)
    )
    out = [both_directions(read, lengths, forth, back) for read in (x, filled)]
    seal(
        f"lengths {each}, also filled up with NaN, and the inputs afterwards",
        [*out, x, lengths, *forth, *back],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 15.4 An LSTM that was put together wrongly
# *Find the bug · 3 points · effort ●● · about 20 minutes*
#
# The next cell shall be torch's LSTM on whole sequences, with torch's parameters: $W$ $(4k, d)$ and $U$ $(4k, k)$, with the four blocks in torch's order, and two bias vectors. The hidden states of all steps are asked for, and the last cell state. It is to be trained through the whole sequence. It has **four faults**. Write the function without them.
#
# <details><summary>Hint</summary>
#
# In which order does torch keep the four blocks? How many biases does each gate have? Which cell state is shown? And what does a gradient see of the step before?
#
# </details>


# %% faulty_lstm
def faulty_lstm(
    x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b_x: Tensor, b_h: Tensor
) -> tuple[Tensor, Tensor]:
    """torch's LSTM over all steps, with four faults."""
    states = []
    for x_t in x.unbind(dim=1):
        i, f, o, g = (x_t @ W.T + h.detach() @ U.T + b_x + b_x).chunk(4, dim=1)
        h = o.sigmoid() * c.tanh()
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        states.append(h)
    return torch.stack(states, dim=1), c


# %% lstm_states
def lstm_states(
    x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b_x: Tensor, b_h: Tensor
) -> tuple[Tensor, Tensor]:
    """x: (n, T, d), h, c: (n, k), W: (4k, d), U: (4k, k), b_x, b_h: (4k,) -> h_1..h_T (n, T, k), c_T (n, k)"""
    ### BEGIN SOLUTION
    states = []
    for x_t in x.unbind(dim=1):
        i, f, g, o = (x_t @ W.T + h @ U.T + b_x + b_h).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        states.append(h)
    return torch.stack(states, dim=1), c
    ### END SOLUTION


# %% test_lstm_states points=3
rng = torch.Generator().manual_seed(154)
x, h, c = normal(rng, 4, 6, 2), normal(rng, 4, 5), normal(rng, 4, 5)
parameters = [normal(rng, 20, 2), normal(rng, 20, 5), normal(rng, 20), normal(rng, 20)]


def of_torch(
    x: Tensor, h: Tensor, c: Tensor, parameters: list[Tensor]
) -> tuple[Tensor, Tensor]:
    """For the check: torch's layer with these parameters."""
    layer = nn.LSTM(x.shape[2], h.shape[1], batch_first=True).double()
    nn.utils.vector_to_parameters(
        torch.cat([p.reshape(-1) for p in parameters]), layer.parameters()
    )
    out, (_, c) = layer(x, (h[None], c[None]))
    return out, c[0]


def first_input(outputs: tuple[Tensor, Tensor], x: Tensor) -> Tensor:
    """The gradient of the last hidden state's sum with respect to the first inputs.   -> (n, d)"""
    return torch.autograd.grad(outputs[0][:, -1].sum(), x)[0][:, 0]


expected = of_torch(x, h, c, parameters)
for k, name in enumerate(("the hidden states of six steps", "the last cell state")):
    check.close(
        name, lambda k=k: lstm_states(x, h, c, *parameters)[k], expected[k].detach()
    )
x.requires_grad_()
check.close(
    "the gradient at the first input",
    lambda: first_input(lstm_states(x, h, c, *parameters), x),
    first_input(of_torch(x, h, c, parameters), x),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("LSTM", "LSTMCell")
rng = torch.default_generator
for n, T, d, k in ((3, 7, 4, 2), (2, 1, 3, 5), (1, 4, 1, 1)):
    x, h, c = normal(rng, n, T, d).requires_grad_(), normal(rng, n, k), normal(rng, n, k)
    parameters = [
        normal(rng, *size) for size in ((4 * k, d), (4 * k, k), (4 * k,), (4 * k,))
    ]
    outputs = lstm_states(x, h, c, *parameters)
    seal(
        f"{n} sequences of {T} steps, and the inputs afterwards",
        [*outputs, first_input(outputs, x), h, c, *parameters],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 15.5 Truncation that starts at every step
# *Write · 2 points · effort ●●● · about 25 minutes*
#
# In pieces of $k$ steps the loss of the last step of a piece is sent back $k$ steps, and that of the first step only one. A fairer truncation sends the loss of *every* step $t$ back through exactly $k$ cells, $t, t - 1, \dots, t - k + 1$, or to the first one, if there are fewer. For the plain cell $\mathbf h_t = \tanh(W \mathbf x_t + U \mathbf h_{t-1} + \mathbf b)$ and $\mathbf g_t = \partial \ell_t / \partial \mathbf h_t$,
#
# $$ \nabla_U = \sum_{t=1}^{T} \; \sum_{s = \max(1,\, t - k + 1)}^{t} \boldsymbol\delta_{t,s}\, \mathbf h_{s-1}^\top , $$
#
# where $\boldsymbol\delta_{t,s}$ is the error signal that $\ell_t$ alone sends to the pre-activation of step $s$. Write it, without automatic differentiation. A $k$ below 1 raises a `ValueError`.
#
# <details><summary>Hint</summary>
#
# $\boldsymbol\delta_{t,t}$ comes from $\mathbf g_t$, and $\boldsymbol\delta_{t,s-1}$ from $\boldsymbol\delta_{t,s}$. Two loops are enough. For $k \ge T$ it is the whole gradient.
#
# </details>


# %% windowed_gradient
def windowed_gradient(h: Tensor, g: Tensor, U: Tensor, k: int) -> Tensor:
    """h: the states 0..T (n, T + 1, m), g: (n, T, m) for the states 1..T, U: (m, m) -> (m, m)"""
    ### BEGIN SOLUTION
    if k < 1:
        raise ValueError(f"a gradient through {k} cells: give one at least")
    dU = torch.zeros_like(U)
    for t in range(g.shape[1]):
        dh = g[:, t]
        for s in range(t, max(t - k, -1), -1):
            delta = dh * (1 - h[:, s + 1] ** 2)
            dU = dU + delta.T @ h[:, s]
            dh = delta @ U
    return dU
    ### END SOLUTION


# %% test_windowed_gradient points=2
rng = torch.Generator().manual_seed(155)
W, U, b = normal(rng, 3, 2), normal(rng, 3, 3), normal(rng, 3)
x, h_0, g = normal(rng, 4, 6, 2), normal(rng, 4, 3).tanh(), normal(rng, 4, 6, 3)


def plain_states(x: Tensor, h: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
    """The states 0..T.   -> (n, T + 1, m)"""
    states = [h]
    for t in range(x.shape[1]):
        states.append(torch.tanh(x[:, t] @ W.T + states[-1] @ U.T + b))
    return torch.stack(states, dim=1)


def by_autograd(k: int) -> Tensor:
    """For the check: k cells are run again for each loss, from a state without a graph."""
    h, leaf = plain_states(x, h_0, W, U, b), U.clone().requires_grad_()
    L = torch.zeros((), dtype=torch.float64)
    for t in range(1, x.shape[1] + 1):
        start = max(0, t - k)
        states = plain_states(x[:, start:t], h[:, start], W, leaf, b)
        L = L + (g[:, t - 1] * states[:, -1]).sum()
    return torch.autograd.grad(L, leaf)[0]


h = plain_states(x, h_0, W, U, b)
for k in (1, 2, 4, 9):
    check.close(
        f"through {k} cells", lambda k=k: windowed_gradient(h, g, U, k), by_autograd(k)
    )
check.raises("through no cell", ValueError, lambda: windowed_gradient(h, g, U, 0))
check.raises("through -2 cells", ValueError, lambda: windowed_gradient(h, g, U, -2))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator


def refused(k: int) -> int:
    """1 for a ValueError, 0 for none."""
    try:
        windowed_gradient(h, g, U, k)
    except ValueError:
        return 1
    return 0


for n, T, m in ((3, 7, 2), (2, 1, 4), (1, 5, 3)):
    h, g, U = normal(rng, n, T + 1, m).tanh(), normal(rng, n, T, m), normal(rng, m, m)
    found = [windowed_gradient(h, g, U, k) for k in (3, 1, T, T + 2)]
    seal(
        f"{T} steps through 3, 1, {T} and {T + 2} cells, what is refused, and the inputs afterwards",
        [*found, refused(0), refused(-1), refused(2), h, g, U],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 15.6 Kneser-Ney smoothing
# *Write · 2 points · effort ●●● · about 25 minutes*
#
# *Francisco* may be frequent and still a poor guess after a new word, since it follows *San* alone. Kneser and Ney (1995) smooth a bigram by the number of different words that a word was seen to follow. With $c(v, w)$, the number of times that $w$ followed $v$, a discount $0 < \delta < 1$, and $[\,\cdot\,]$, which is 1 where the statement is true and 0 otherwise,
#
# $$ P(w \mid v) = \frac{\max(c(v, w) - \delta,\, 0)}{\sum_{u} c(v, u)} + \lambda(v)\, Q(w), \qquad Q(w) = \frac{\sum_{v} [c(v, w) > 0]}{\sum_{v, u} [c(v, u) > 0]} . $$
#
# $\lambda(v)$ is the probability that the discount has set free after $v$: with it the probabilities after $v$ sum to 1. After a word $v$ that was never followed by any, $P(w \mid v) = Q(w)$. The result is $P$ for all $v$ (rows) and $w$ (columns). Where no count is positive, or $\delta$ does not lie between 0 and 1, raise a `ValueError`.
#
# <details><summary>Hint</summary>
#
# The discount is taken from each word that was seen after $v$, once, however often it was. How much is that in all, as a share of the counts of $v$?
#
# </details>


# %% kneser_ney
def kneser_ney(c: Tensor, delta: float) -> Tensor:
    """c: (V, V) counts as float64, row v: what followed v -> P: (V, V), row v sums to 1"""
    ### BEGIN SOLUTION
    seen = (c > 0).double()
    if not 0 < delta < 1 or seen.sum() == 0:
        raise ValueError("there have to be counts, and a discount between 0 and 1")
    Q = seen.sum(dim=0) / seen.sum()
    total = c.sum(dim=1, keepdim=True)
    free = delta * seen.sum(dim=1, keepdim=True) / total.clamp(min=1)
    P = (c - delta).clamp(min=0) / total.clamp(min=1) + free * Q
    return torch.where(total > 0, P, Q)
    ### END SOLUTION


# %% test_kneser_ney points=2
c = torch.tensor(
    [[3.0, 0, 1, 0], [0, 0, 7, 2], [0, 0, 0, 0], [0, 0, 1, 0]], dtype=torch.float64
)
Q = torch.tensor([1, 0, 3, 1]).double() / 5  # three words were followed by the third one
expected = torch.stack(
    [
        torch.tensor([2.4, 0, 0.4, 0]) / 4 + 2 * 0.6 / 4 * Q,
        torch.tensor([0, 0, 6.4, 1.4]) / 9 + 2 * 0.6 / 9 * Q,
        Q,
        torch.tensor([0, 0, 0.4, 0]) + 0.6 * Q,
    ]
).double()
check.close("after words that were followed by others", lambda: kneser_ney(c, 0.6)[[0, 1, 3]], expected[[0, 1, 3]], atol=1e-6)  # fmt: skip
check.close("after a word that was never followed", lambda: kneser_ney(c, 0.6)[2], Q)
check.close(
    "sums of the rows", lambda: kneser_ney(c, 0.25).sum(dim=1), torch.ones(4).double()
)
check.raises("no counts", ValueError, lambda: kneser_ney(0 * c, 0.5))
check.raises("a discount of 1", ValueError, lambda: kneser_ney(c, 1.0))
check.raises("a discount of 0", ValueError, lambda: kneser_ney(c, 0.0))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def smoothing_refused(c: Tensor, delta: float) -> list:
    """What becomes of inputs that do not fit: ["ValueError"], or the value."""
    try:
        return [kneser_ney(c, delta)]
    except ValueError:
        return ["ValueError"]


rng = torch.default_generator
for V, delta in ((5, 0.75), (7, 0.1), (1, 0.5)):
    c = (4 * uniform(rng, V, V) - 1).clamp(min=0).round()
    c[0, 0] = 6
    c[V // 2 + 1 :][:1] = 0
    seal(
        f"{V} words, discount {delta}",
        [kneser_ney(c, delta), c, smoothing_refused(c, 1.5), smoothing_refused(c, -0.1)],
    )
seal(
    "refused",
    [smoothing_refused(0 * c, 0.5), smoothing_refused(c, 0.0), smoothing_refused(c, 1.0)],
)
### END HIDDEN TESTS

# %% [markdown]
# ## 15.7 Examples for skip-gram
# *Find the bug · 3 points · effort ●● · about 20 minutes*
#
# The words of a text are numbers $0, \dots, V - 1$, sentence by sentence. Skip-gram with negative sampling needs, for each pair, the number of the centre, that of a context word, which stands at most $m$ places away in the same sentence, and the distribution from which the negatives of this pair are drawn:
#
# $$ P_i(w) \propto \begin{cases} 0 & \text{if } w \text{ is the centre or} \\ & \text{another word of its window} \\ c(w)^{3/4} & \text{otherwise,} \end{cases} $$
#
# where $c(w)$ counts $w$ in the whole text. The order of the pairs: centre by centre from left to right, and the context words of each from left to right. The next cell has **four faults**. Write the function without them. A sentence may have a single word, and a word may stand more than once in a window.
#
# <details><summary>Hint</summary>
#
# Print the pairs of one sentence of four words with $m = 1$. Then of two sentences. Where do a window's ends lie, and what does Python make of a negative index? What do the distributions sum to, and is a rare word drawn as often as it should be?
#
# </details>


# %% faulty_examples
def faulty_examples(sentences: list[list[int]], V: int, m: int) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Examples for skip-gram, with four faults."""
    words = [word for sentence in sentences for word in sentence]
    counts = torch.bincount(torch.tensor(words), minlength=V).double()
    centres, contexts, P = [], [], []
    for k, centre in enumerate(words):
        window = [j for j in range(k - m, k + m) if j != k and j < len(words)]
        weights = counts.clone()
        weights[[centre, *[words[j] for j in window]]] = 0
        for j in window:
            centres.append(centre)
            contexts.append(words[j])
            P.append(weights / counts.sum())
    return torch.tensor(centres), torch.tensor(contexts), torch.stack(P)


# %% sgns_examples
def sgns_examples(sentences: list[list[int]], V: int, m: int) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """-> centres (n,) and contexts (n,), int64, and the distributions of the negatives (n, V), float64"""
    ### BEGIN SOLUTION
    words = [word for sentence in sentences for word in sentence]
    counts = torch.bincount(torch.tensor(words), minlength=V).double()
    centres, contexts, P = [], [], []
    for sentence in sentences:
        for k, centre in enumerate(sentence):
            around = sentence[max(k - m, 0) : k] + sentence[k + 1 : k + m + 1]
            weights = counts**0.75
            weights[[centre, *around]] = 0
            for word in around:
                centres.append(centre)
                contexts.append(word)
                P.append(weights / weights.sum())
    return torch.tensor(centres), torch.tensor(contexts), torch.stack(P)
    ### END SOLUTION


# %% test_sgns_examples points=3
text = [[2, 0, 3, 1], [4], [5, 4, 5, 0], [6, 6, 6, 1]]  # counts 2, 2, 1, 1, 2, 2, 3
check.close(
    "pairs of a window of one word",
    lambda: torch.stack(sgns_examples(text, 7, 1)[:2], dim=1).tolist(),
    [
        *([2, 0], [0, 2], [0, 3], [3, 0], [3, 1], [1, 3]),
        *([5, 4], [4, 5], [4, 5], [5, 4], [5, 0], [0, 5]),
        *([6, 6], [6, 6], [6, 6], [6, 6], [6, 1], [1, 6]),
    ],
)
check.close(
    "pairs of a window of two words",
    lambda: torch.stack(sgns_examples(text[:2], 7, 2)[:2], dim=1).tolist(),
    [[2, 0], [2, 3], [0, 2], [0, 3], [0, 1], [3, 2], [3, 0], [3, 1], [1, 0], [1, 3]],
)
w2, w3 = 2**0.75, 3**0.75
check.close(
    "negatives of the pairs (2, 0), (5, 0) and (6, 1); word 7 does not occur",
    lambda: sgns_examples(text, 8, 1)[2][[0, 10, 16]],
    torch.tensor(
        [
            [0, w2, 0, 1, w2, w2, w3, 0],
            [0, w2, 1, 1, 0, 0, w3, 0],  # word 4 stands on the other side of the centre 5
            [w2, 0, 1, 1, w2, w2, 0, 0],
        ],
        dtype=torch.float64,
    )
    / torch.tensor([[1 + 3 * w2 + w3], [2 + w2 + w3], [2 + 3 * w2]], dtype=torch.float64),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for V, m, lengths in ((9, 2, (5, 1, 7, 3)), (12, 3, (8, 2, 6)), (6, 1, (4, 4, 1))):
    text = [torch.randint(V - 1, (length,), generator=rng).tolist() for length in lengths]
    text[0][:2] = [V - 1, V - 1]
    copy = [sentence.copy() for sentence in text]
    rare = [[V, V + 1, V + 2, V + 3]]  # words that no window above can fill up
    found = sgns_examples(text + rare, V + 5, m)  # word V + 4 does not occur
    seal(
        f"{len(text)} sentences, {V} words, a window of {m}, and the text afterwards",
        [*found, text == copy],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 15.8 The gradient of CBOW with a full softmax
# *Derive · 3 points · effort ●●● · about 25 minutes*
#
# Window $b$ has $C$ words $j_{b1}, \dots, j_{bC}$ around the centre $t_b$; a word can stand in it twice. The continuous bag of words with a softmax over the whole vocabulary has the loss
#
# $$ L = -\frac1B \sum_{b=1}^{B} \log \frac{\exp(\mathbf w_{t_b}^\top \mathbf h_b)}{\sum_{i=1}^{V} \exp(\mathbf w_i^\top \mathbf h_b)}, \qquad \mathbf h_b = \frac1C \sum_{k=1}^{C} \mathbf u_{j_{bk}} . $$
#
# Derive the gradients of $L$ with respect to $U$ (rows $\mathbf u_i$) and $W$ (rows $\mathbf w_i$), and give them as code, without automatic differentiation. Scores of several hundred must stay right.
#
# <details><summary>Hint</summary>
#
# What is the derivative of the loss of one window with respect to the scores? Then follow it to $W$ and to $\mathbf h_b$. A word that stands in several places collects from all of them: an assignment by index keeps one of them only, `index_add` adds.
#
# </details>


# %% cbow_gradients
def cbow_gradients(U: Tensor, W: Tensor, around: Tensor, centre: Tensor) -> tuple[Tensor, Tensor]:  # fmt: skip
    """U, W: (V, d), around: (B, C) and centre: (B,), int64 -> dU (V, d), dW (V, d)"""
    ### BEGIN SOLUTION
    B, C = around.shape
    h = U[around].mean(dim=1)
    wrong = (h @ W.T).softmax(dim=1)
    wrong = (wrong - F.one_hot(centre, len(W))) / B
    dh = wrong @ W / C
    dU = torch.zeros_like(U).index_add(0, around.flatten(), dh.repeat_interleave(C, dim=0))
    return dU, wrong.T @ h
    ### END SOLUTION


# %% test_cbow_gradients points=3
rng = torch.Generator().manual_seed(158)
U, W = normal(rng, 7, 4), normal(rng, 7, 4)
around = torch.tensor([[1, 3, 3], [0, 1, 6], [3, 5, 2], [6, 6, 0], [5, 2, 4]])
centre = torch.tensor([4, 4, 1, 3, 0])


def cbow_by_autograd(scale: float) -> tuple[Tensor, ...]:
    """The two gradients by torch."""
    leaves = [scale * U.clone().requires_grad_(), W.clone().requires_grad_()]
    bags = F.one_hot(around, 7).double().mean(dim=1)
    return torch.autograd.grad(
        F.cross_entropy(bags @ leaves[0] @ leaves[1].T, centre), leaves
    )


check.close("dU", lambda: cbow_gradients(U, W, around, centre)[0], cbow_by_autograd(1.0)[0])
check.close("dW", lambda: cbow_gradients(U, W, around, centre)[1], cbow_by_autograd(1.0)[1])
check.close(
    "scores of several hundred",
    lambda: list(cbow_gradients(900 * U, W, around, centre)),
    list(cbow_by_autograd(900.0)),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
for V, d, B, C in ((9, 5, 4, 2), (5, 2, 6, 4), (3, 1, 1, 1)):
    U, W = normal(rng, V, d), normal(rng, V, d)
    around = torch.randint(V, (B, C), generator=rng)
    centre = torch.randint(V, (B,), generator=rng)
    seal(
        f"{B} windows of {C} words out of {V}, and the inputs afterwards",
        [
            *cbow_gradients(U, W, around, centre),
            *cbow_gradients(800 * U, W, around, centre),
            U,
            W,
        ],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 15.9 Which language does a name come from?
# *Go beyond · 2 points · effort ●●● · about 30 minutes*
#
# You get lists of family names, one for each language, and names of which you have to say the language: the number of its list. No name stands in two lists. **At least 70 %** must be right on the names of five languages, and **at least 75 %** where only three of them are compared, here and on other splits, after at most 10 seconds each. Always saying the language with the most names gets a third of the five right, the frequencies of single letters 55 %.
#
# <details><summary>Hint</summary>
#
# A language model of each language gives a name a probability. How do the counts of the lists enter by Bayes' rule? Hold back a part of the known names to choose the order and the smoothing.
#
# </details>


# %% language_names
def language_names(languages: list[str], rng: torch.Generator) -> tuple[list[list[str]], list[str], Tensor]:  # fmt: skip
    """For the check: the known names of each language, unknown ones, and the language of these (m,)."""
    lists = [data.names(language) for language in languages]
    known, unknown, truth = [], [], []
    for k, names in enumerate(lists):
        others = {name for other in lists[:k] + lists[k + 1 :] for name in other}
        own = [name for name in names if name not in others]
        order = [own[i] for i in torch.randperm(len(own), generator=rng)]
        cut = 3 * len(order) // 4
        known.append(order[:cut])
        unknown += order[cut:]
        truth += [k] * (len(order) - cut)
    mixed = torch.randperm(len(unknown), generator=rng)
    return known, [unknown[i] for i in mixed], torch.tensor(truth)[mixed]


# %% which_language
def which_language(known: list[list[str]], unknown: list[str]) -> Tensor:
    """known: a list of names for each language, unknown: m names of letters a to z -> (m,) int64"""

    ### BEGIN SOLUTION
    def coded(names: list[str]) -> Tensor:
        text = "".join("``" + name + "{" for name in names)  # before a, and after z
        return torch.tensor([ord(letter) - 96 for letter in text])

    letters, ends = coded(unknown), torch.tensor([len(name) + 3 for name in unknown]).cumsum(dim=0)  # fmt: skip
    scores = []
    for names in known:
        triples = coded(names).unfold(0, 3, 1)
        p = torch.full((28, 28, 28), 1 / 27, dtype=torch.float64)
        for n in (0, 1, 2):
            seen = triples * torch.tensor([n > 1, n > 0, True])
            counts = torch.bincount(seen @ torch.tensor([784, 28, 1]), minlength=28**3).view(28, 28, 28).double()  # fmt: skip
            counts = counts[:1] if n < 2 else counts
            counts = counts[:, :1] if n < 1 else counts
            p = (counts + 8 * p) / (counts.sum(dim=2, keepdim=True) + 8)
        a, b, c = letters.unfold(0, 3, 1).T
        log_p = F.pad(torch.where(c > 0, p[a, b, c].log(), 0.0), (2, 0))
        sums = log_p.cumsum(dim=0)[ends - 1]
        scores.append(sums.diff(prepend=torch.zeros(1)) + math.log(len(names)))
    return torch.stack(scores, dim=1).argmax(dim=1)
    ### END SOLUTION


# %% test_which_language points=2
def share_right(found: Tensor, truth: Tensor) -> Tensor:
    """For the check: the share of names whose language is found.   found, truth: (m,) -> ()"""
    if not isinstance(found, Tensor) or found.shape != truth.shape:
        yours = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise TypeError(f"a tensor of shape ({len(truth)},) is asked for, one number for each name; yours is {yours}")  # fmt: skip
    return (found == truth).double().mean()


for languages, bound in (
    (["Dutch", "English", "Irish", "Italian", "Spanish"], 0.70),
    (["Spanish", "Dutch", "Italian"], 0.75),
):
    known, unknown, truth = language_names(languages, torch.Generator().manual_seed(159))
    check.close(
        f"share missing to {bound:.0%} with {len(languages)} languages",
        lambda known=known, unknown=unknown, truth=truth, bound=bound: (
            bound - share_right(which_language(known, unknown), truth)
        ).clamp(min=0),
        torch.tensor(0.0).double(),
    )
### BEGIN HIDDEN TESTS
from course_tools.grading.author import agree, seal

tasks = (
    (["English", "Spanish", "Dutch", "Italian", "Irish"], 0.70),
    (["Italian", "Irish", "Dutch", "Spanish", "English"], 0.70),
    (["Dutch", "Italian", "Spanish"], 0.75),
)
for languages, bound in tasks:
    known, unknown, truth = language_names(languages, torch.default_generator)
    seal(
        ", ".join(languages),
        which_language(known, unknown).long(),
        rule=agree(bound, target=truth),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
