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
# # Exercises 16: attention
#
# Eleven exercises, 26 points, on [chapter 16](../../chapters/16_attention.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# All torch functions are allowed unless a task says otherwise. Everything is in float64. $N$ is the batch, $n$ the number of queries, $m$ the number of keys and values, $d$ the size of a query.

# %% setup
import itertools
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
# ## 16.1 Six numbers of attention
# *Predict · 2 points · effort ●● · about 15 minutes*
#
# Work out these numbers, with three significant digits, before you run anything. The check holds the form of your answer; whether the numbers are right is sealed. Afterwards compute in code what you can, and compare.
#
# A query of nine numbers has the dot products 9, 3 and 0 with three keys. The values are the numbers 10, 20 and −5. The attention is the scaled one of the chapter.
#
# 1. How large is the weight of the first key?
# 2. Which number is the output?
# 3. Which number is the output if the query stands at the second of the three places and a causal mask is used?
#
# A decoder with 5 tokens attends to an encoder's output of 8 places, the last 3 of which are padding. It has 4 heads and $d_\text{model} = 24$.
#
# 4. How many of the attention weights, of all heads together, are not zero?
# 5. How many parameters has this attention, biases included?
#
# The first token of a sequence is x, y or z with the probabilities 0.45, 0.35 and 0.20. The most probable second token has the probability 0.3 after x, 0.5 after y and 0.95 after z; after it the sequence ends.
#
# 6. How many times as probable as the sequence that a beam of 2 finds is the most probable one?
#
# <details><summary>Hint</summary>
#
# For 3: what is hidden has no part in the softmax. For 5: four linear layers. For 6: which first token does a beam of 2 drop?
#
# </details>


# %% attention_numbers
def attention_numbers() -> list[float]:
    """The six numbers, in this order."""
    ### BEGIN SOLUTION
    return [0.8438, 10.512, 11.192, 100.0, 2400.0, 1.0857]
    ### END SOLUTION


# %% test_attention_numbers points=2
check.predicted("six numbers", lambda: attention_numbers(), count=6)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

predicted = torch.tensor([float(number) for number in attention_numbers()]).double()
seal("six numbers", predicted, rule=close(rtol=0.005))
### END HIDDEN TESTS

# %% [markdown]
# ## 16.2 Attention in a window, with a slope
# *Write · 2 points · effort ●● · about 20 minutes*
#
# Instead of adding positions to the inputs, one can lower a logit by a multiple of the distance (ALiBi; Press et al. 2022), with a slope $\mu_a \ge 0$ of its own for each head $a$. And to save time, a query may see only the last $w$ places, its own included:
#
# $$ e_{aij} = \frac{\mathbf q_{ai}^\top \mathbf k_{aj}}{\sqrt d} - \mu_a \cdot (p_i - j) \quad \text{for } 0 \le p_i - j < w , $$
#
# all other keys are hidden. $j = 0, \dots, m - 1$ is the place of a key. The queries are those of the *last* $n \le m$ places, as they are when a model writes on after a text that was read before: query $i$ stands at place $p_i = m - n + i$. Give the output of the attention with these logits.
#
# <details><summary>Hint</summary>
#
# Two vectors of places, one as a column and one as a row, give the matrix of distances. The slopes need two axes of size one behind them. The root belongs to the dot product alone.
#
# </details>


# %% window_by_loops
def window_by_loops(q: Tensor, k: Tensor, v: Tensor, slopes: Tensor, window: int) -> Tensor:
    """For the check: one query after the other, on a cut-out of the keys.   -> (N, heads, n, d_v)"""
    output = []
    for b, a, i in itertools.product(*(range(size) for size in q.shape[:3])):
        place = k.shape[2] - q.shape[2] + i
        seen = slice(max(0, place - window + 1), place + 1)
        e = k[b, a, seen] @ q[b, a, i] / math.sqrt(q.shape[3])
        e = e - slopes[a] * torch.arange(len(e)).flip(0)
        output.append(e.softmax(dim=0) @ v[b, a, seen])
    return torch.stack(output).view(*q.shape[:3], v.shape[3])


# %% window_attention
def window_attention(
    q: Tensor, k: Tensor, v: Tensor, slopes: Tensor, window: int
) -> Tensor:
    """q: (N, heads, n, d), k: (N, heads, m, d), v: (N, heads, m, d_v), slopes: (heads,) -> (N, heads, n, d_v)"""
    ### BEGIN SOLUTION
    n, m = q.shape[2], k.shape[2]
    place = torch.arange(m - n, m)
    distance = place[:, None] - torch.arange(m)
    e = q @ k.transpose(2, 3) / math.sqrt(q.shape[3]) - slopes[:, None, None] * distance
    seen = (distance >= 0) & (distance < window)
    return e.masked_fill(~seen, -math.inf).softmax(dim=3) @ v
    ### END SOLUTION


# %% test_window_attention points=2
rng = torch.Generator().manual_seed(162)
slopes = torch.tensor([0.7, 0.2, 1.5]).double()
q, k, v = normal(rng, 2, 3, 6, 5), normal(rng, 2, 3, 6, 5), normal(rng, 2, 3, 6, 4)
check.close(
    "six queries, a window of four",
    lambda: window_attention(q, k, v, slopes, 4),
    window_by_loops(q, k, v, slopes, 4),
)
check.close(
    "the queries of the last two places, a window of three",
    lambda: window_attention(q[:, :, 4:], k, v, slopes, 3),
    window_by_loops(q[:, :, 4:], k, v, slopes, 3),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for N, heads, n, m, d, window in (
    (1, 2, 5, 6, 4, 3),
    (3, 1, 4, 7, 2, 5),
    (2, 4, 1, 3, 6, 9),
    (2, 3, 4, 6, 5, 1),
):
    q, k, v = (
        normal(rng, N, heads, n, d),
        normal(rng, N, heads, m, d),
        normal(rng, N, heads, m, d + 1),
    )
    slopes = normal(rng, heads).abs()
    output = window_attention(q, k, v, slopes, window)
    seal(
        f"{n} queries, {m} keys, a window of {window}, and the inputs afterwards",
        [output, q, k, v, slopes],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 16.3 A multi-head attention with three faults
# *Find the bug · 3 points · effort ●● · about 20 minutes*
#
# The function in the next cell should be the multi-head attention of the chapter, without biases, with keys and values from another sequence of which the first `lengths[b]` places of sequence $b$ are real. Where a length is 0, there is nothing to see, and the output is zero. Its shapes are right, a model with it trains, and it has **three faults**. Write it without them.
#
# <details><summary>Hint</summary>
#
# Do the weights of a query sum to one when keys are hidden? By the root of which size is divided? After the attention the axes are (batch, head, place, number): which of them must stand side by side before two are made one?
#
# </details>


# %% faulty_heads
def faulty_heads(
    X: Tensor, Y: Tensor, W: list[Tensor], heads: int, lengths: Tensor
) -> Tensor:
    """Multi-head attention with three faults.   W: the matrices of q, k, v and the output"""
    q, k, v = X @ W[0], Y @ W[1], Y @ W[2]
    q, k, v = (t.unflatten(2, (heads, -1)).transpose(1, 2) for t in (q, k, v))
    weights = (q @ k.transpose(2, 3) / math.sqrt(X.shape[2])).softmax(dim=3)
    real = torch.arange(Y.shape[1]) < lengths[:, None]
    weights = weights * real[:, None, None]
    return (weights @ v).reshape(X.shape) @ W[3]


# %% head_by_head
def head_by_head(
    X: Tensor, Y: Tensor, W: list[Tensor], heads: int, lengths: Tensor
) -> Tensor:
    """For the check: each sequence alone, cut to its length, and each head on its columns.   -> (N, n, d_model)"""
    output = torch.zeros_like(X)
    columns = torch.arange(X.shape[2]).chunk(heads)
    for b, length in enumerate(lengths.tolist()):
        for c in columns:
            q, k, v = (
                X[b] @ W[0][:, c],
                Y[b, :length] @ W[1][:, c],
                Y[b, :length] @ W[2][:, c],
            )
            if length:
                output[b] += F.scaled_dot_product_attention(q, k, v) @ W[3][c]
    return output


# %% multi_head
def multi_head(
    X: Tensor, Y: Tensor, W: list[Tensor], heads: int, lengths: Tensor
) -> Tensor:
    """X: (N, n, d_model), Y: (N, m, d_model), W: four of (d_model, d_model), lengths: (N,) -> (N, n, d_model)"""
    ### BEGIN SOLUTION
    q, k, v = X @ W[0], Y @ W[1], Y @ W[2]
    q, k, v = (t.unflatten(2, (heads, -1)).transpose(1, 2) for t in (q, k, v))
    e = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
    real = (torch.arange(Y.shape[1]) < lengths[:, None])[:, None, None]
    weights = e.masked_fill(~real, -1e300).softmax(dim=3) * real
    return (weights @ v).transpose(1, 2).flatten(2) @ W[3]
    ### END SOLUTION


# %% test_multi_head points=3
rng = torch.Generator().manual_seed(163)
X, Y, W = normal(rng, 3, 4, 6), normal(rng, 3, 5, 6), [normal(rng, 6, 6) for _ in range(4)]
whole, cut = torch.tensor([5, 5, 5]), torch.tensor([2, 5, 0])
check.close(
    "three heads, lengths 2, 5 and 0",
    lambda: multi_head(X, Y, W, 3, cut),
    head_by_head(X, Y, W, 3, cut),
)
check.close(
    "one head, no padding",
    lambda: multi_head(X, Y, W, 1, whole),
    head_by_head(X, Y, W, 1, whole),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, m, d, heads, lengths in (
    (3, 5, 8, 4, [5, 0, 3]),
    (6, 2, 6, 3, [1, 2, 0]),
    (1, 4, 4, 2, [3]),
):
    X, Y = normal(rng, len(lengths), n, d), normal(rng, len(lengths), m, d)
    W = [normal(rng, d, d) for _ in range(4)]
    output = multi_head(X, Y, W, heads, torch.tensor(lengths))
    seal(f"{heads} heads, lengths {lengths}, and the inputs afterwards", [output, X, Y, *W])
### END HIDDEN TESTS

# %% [markdown]
# ## 16.4 The gradient of an attention
# *Derive · 3 points · effort ●●● · about 25 minutes*
#
# An attention with a bias $B$ for each pair of places, which all sequences of the batch share, gives
#
# $$ E_b = \frac{Q_b K_b^\top}{\sqrt d} + B, \qquad A_b = \operatorname{softmax}(E_b) \text{ by rows}, \qquad O_b = A_b V_b . $$
#
# Given $G_b = \partial L / \partial O_b$, derive the gradients of $L$ with respect to $Q$, $K$, $V$ and $B$, and give these four. Autograd is not allowed.
#
# <details><summary>Hint</summary>
#
# First the gradient in $A$, then that in $E$: for one row, $\partial \alpha_i / \partial e_j = \alpha_i (\delta_{ij} - \alpha_j)$, so a weighted mean is subtracted. $B$ has a part in each sequence of the batch.
#
# </details>


# %% attention_gradients
def attention_gradients(
    Q: Tensor, K: Tensor, V: Tensor, B: Tensor, G: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Q: (N, n, d), K: (N, m, d), V: (N, m, d_v), B: (n, m), G: (N, n, d_v) -> the gradients in Q, K, V, B"""
    ### BEGIN SOLUTION
    scale = Q.shape[2] ** -0.5
    A = (scale * Q @ K.transpose(1, 2) + B).softmax(dim=2)
    dA = G @ V.transpose(1, 2)
    dE = A * (dA - (A * dA).sum(dim=2, keepdim=True))
    dQ = scale * dE @ K
    dK = scale * dE.transpose(1, 2) @ Q
    dV = A.transpose(1, 2) @ G
    return dQ, dK, dV, dE.sum(dim=0)
    ### END SOLUTION


# %% test_attention_gradients points=3
rng = torch.Generator().manual_seed(164)
Q, K, V = normal(rng, 2, 3, 5), normal(rng, 2, 4, 5), normal(rng, 2, 4, 6)
B, G = normal(rng, 3, 4), normal(rng, 2, 3, 6)
given = [t.clone().requires_grad_() for t in (Q, K, V, B)]
O = F.scaled_dot_product_attention(*given[:3], attn_mask=given[3])  # a number is added to its logit  # fmt: skip
expected = torch.autograd.grad(O, given, grad_outputs=G)
for name in "VBQK":
    place = "QKVB".index(name)
    check.close(
        f"the gradient in {name}",
        lambda place=place: attention_gradients(Q, K, V, B, G)[place],
        expected[place],
    )
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd", "backward", "grad", "vjp", "jacobian", "jacrev")
rng = torch.default_generator
for N, n, m, d, d_v in ((3, 2, 5, 4, 3), (1, 4, 3, 2, 5), (2, 6, 1, 3, 2)):
    Q, K, V = normal(rng, N, n, d), normal(rng, N, m, d), normal(rng, N, m, d_v)
    B, G = 2 * normal(rng, n, m), normal(rng, N, n, d_v)
    found = attention_gradients(Q, K, V, B, G)
    seal(
        f"{N} sequences, {n} queries, {m} keys, and the inputs afterwards",
        [*found, Q, K, V, B, G],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 16.5 One step of a beam
# *Write · 3 points · effort ●●● · about 25 minutes*
#
# A sum of logarithms falls with each token, so a plain beam prefers short sequences. Here sequences are ranked by $s / \ell^{\alpha}$, with the sum $s$ of the logarithms and the number $\ell$ of tokens ($\alpha = 0$ ranks by the sum).
#
# A beam holds $b$ sequences with the sums `total`, the lengths `length` (at least 1) and `done`, which is True for those that have ended. Row $i$ of `log_p` holds the logarithms of the probabilities of sequence $i$'s next token. An open sequence has a candidate for each token, one token longer. A finished sequence has one candidate: itself, with its sum and its length as they are, and with token 0 (padding). Give the $b$ best candidates, the best first: for each the number of the sequence that it continues, the token, and the new sum $s$ (not divided).
#
# <details><summary>Hint</summary>
#
# A table of $b$ rows and a column for each token holds all sums. In the row of a finished sequence all entries but one are $-\infty$. `topk` of the flat table gives numbers from which row and column can be computed.
#
# </details>


# %% step_by_sorting
def step_by_sorting(
    log_p: Tensor, total: Tensor, length: Tensor, done: Tensor, alpha: float
) -> tuple[Tensor, Tensor, Tensor]:
    """For the check: all candidates in a list, sorted."""
    candidates = []
    for i, (s, ell) in enumerate(zip(total.tolist(), length.tolist(), strict=True)):
        if done[i]:
            candidates.append((s / ell**alpha, i, 0, s))
            continue
        for t, p in enumerate(log_p[i].tolist()):
            candidates.append(((s + p) / (ell + 1) ** alpha, i, t, s + p))
    best = sorted(candidates, reverse=True)[: len(total)]
    _, parents, tokens, sums = zip(*best, strict=True)
    return torch.tensor(parents), torch.tensor(tokens), torch.tensor(sums).double()


# %% beam_step
def beam_step(
    log_p: Tensor, total: Tensor, length: Tensor, done: Tensor, alpha: float
) -> tuple[Tensor, Tensor, Tensor]:
    """log_p: (b, V), total, length, done: (b,) -> parents (b,), tokens (b,), sums (b,), the best first"""
    ### BEGIN SOLUTION
    b, V = log_p.shape
    sums = (total[:, None] + log_p).masked_fill(done[:, None], -math.inf)
    sums[done, 0] = total[done]
    longer = length + (~done).long()
    best = (sums / longer[:, None] ** alpha).flatten().topk(b).indices
    return best // V, best % V, sums.flatten()[best]
    ### END SOLUTION


# %% test_beam_step points=3
rng = torch.Generator().manual_seed(13)
log_p = (2 * normal(rng, 5, 6)).log_softmax(dim=1)
total = torch.tensor([-1.5, -4.2, -4.8, -1.4, -4.6]).double()
length, done = (
    torch.tensor([6, 5, 5, 1, 4]),
    torch.tensor([False, True, False, True, False]),
)
check.close(
    "none has ended, ranked by the sum",
    lambda: beam_step(log_p, total, length, done & False, 0.0),
    step_by_sorting(log_p, total, length, done & False, 0.0),
)
check.close(
    "two have ended, ranked by the sum",
    lambda: beam_step(log_p, total, length, done, 0.0),
    step_by_sorting(log_p, total, length, done, 0.0),
)
check.close(
    "two have ended, lengths count",
    lambda: beam_step(log_p, total, length, done, 0.8),
    step_by_sorting(log_p, total, length, done, 0.8),
)
check.close(
    "two have ended, lengths count less",
    lambda: beam_step(log_p, total, length, done, 0.6),
    step_by_sorting(log_p, total, length, done, 0.6),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for b, V, alpha in ((5, 6, 0.6), (3, 5, 1.0), (2, 9, 0.0), (6, 7, 2.0)):
    results = []
    for _ in range(20):  # one beam alone may not show a mistake
        log_p = (2 * normal(rng, b, V)).log_softmax(dim=1)
        total = -4 * torch.rand(b, generator=rng).double()
        length, done = torch.randint(1, 9, (b,), generator=rng), torch.arange(b) % 3 == 1
        results += [*beam_step(log_p, total, length, done, alpha), log_p, total]
    seal(f"beams of {b}, {V} tokens, alpha {alpha}, and the inputs afterwards", results)
### END HIDDEN TESTS

# %% [markdown]
# ## 16.6 Grouped queries
# *Write · 2 points · effort ●● · about 20 minutes*
#
# A key-value cache is as large as the keys and values. **Grouped-query attention** (Ainslie et al. 2023) has fewer of them than queries: with $H$ query heads and $G$ groups, $G$ a divisor of $H$, the first $H / G$ heads read group 0, the next $H / G$ heads group 1, and so on. Head $h$ of example $b$ gives
#
# $$ \mathbf y_{bhi} = \sum_{j} \alpha_{bhij}\, \mathbf v_{b g j}, \qquad \alpha_{bhi\cdot} = \operatorname{softmax}_{j} \frac{\mathbf q_{bhi} \cdot \mathbf k_{b g j}}{\sqrt{d}}, \qquad g = \lfloor h\, G / H \rfloor . $$
#
# The softmax runs over the keys of example $b$ whose entry in the mask $(N, m)$ is True; each example has at least one.
#
# <details><summary>Hint</summary>
#
# `repeat_interleave` and `repeat` put copies in different orders. The mask has to be given axes for the heads and the queries.
#
# </details>


# %% query_by_query
def query_by_query(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """For the check: torch's attention, one example, one head and one query after the other."""
    y = torch.zeros(*q.shape[:3], v.shape[-1], dtype=q.dtype)
    for b in range(len(q)):
        seen = mask[b].nonzero()[:, 0]
        for h in range(q.shape[1]):
            g = h * k.shape[1] // q.shape[1]
            for i in range(q.shape[2]):
                row = q[b, h, i][None, None], k[b, g, seen][None], v[b, g, seen][None]
                y[b, h, i] = F.scaled_dot_product_attention(*row)[0, 0]
    return y


# %% grouped_attention
def grouped_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """q: (N, H, n, d), k: (N, G, m, d), v: (N, G, m, d_v), mask: (N, m), True = may be seen -> (N, H, n, d_v)"""
    ### BEGIN SOLUTION
    copies = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(copies, dim=1), v.repeat_interleave(copies, dim=1)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return scores.masked_fill(~mask[:, None, None], -torch.inf).softmax(dim=-1) @ v
    ### END SOLUTION


# %% test_grouped_attention points=2
rng = torch.Generator().manual_seed(166)
q, k, v = 2 * normal(rng, 2, 6, 4, 5), normal(rng, 2, 3, 7, 5), normal(rng, 2, 3, 7, 8)
mask = torch.tensor([[1, 1, 0, 1, 1, 1, 1], [0, 1, 1, 0, 1, 0, 0]]).bool()
check.close(
    "six heads, three groups",
    lambda: grouped_attention(q, k, v, mask),
    query_by_query(q, k, v, mask),
)
check.close(
    "one group for all heads",
    lambda: grouped_attention(q, k[:, 1:2], v[:, 1:2], mask),
    query_by_query(q, k[:, 1:2], v[:, 1:2], mask),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for N, H, G, n, m, d, d_v in (
    (3, 4, 2, 5, 6, 3, 7),
    (2, 8, 2, 1, 3, 6, 4),
    (1, 3, 3, 2, 5, 4, 1),
):
    q, k, v = (
        2 * normal(rng, N, H, n, d),
        normal(rng, N, G, m, d),
        normal(rng, N, G, m, d_v),
    )
    mask = uniform(rng, N, m) < 0.5
    mask[:, N % m] = True
    seal(
        f"{H} heads, {G} groups, and the inputs afterwards",
        [grouped_attention(q, k, v, mask), q, k, v],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 16.7 A decoder layer with four faults
# *Find the bug · 3 points · effort ●● · about 25 minutes*
#
# The decoder layer below has one head, pre-norm without $\boldsymbol\gamma$ and $\boldsymbol\beta$, and projections without biases. The next cell computes it with **four faults**: the code runs on any sizes and gives a tensor of the right shape. Write the layer without them:
#
# $$ \mathbf y' = \mathbf y + \mathrm{Att}_1\big(\mathrm{LN}(\mathbf y)\big), \qquad \mathbf y'' = \mathbf y' + \mathrm{Att}_2\big(\mathrm{LN}(\mathbf y'), \text{memory}\big), \qquad \text{output } \mathbf y'' + \mathrm{FFN}\big(\mathrm{LN}(\mathbf y'')\big) $$
#
# $\mathrm{Att}_1$ is causal self-attention, $\mathrm{Att}_2$ cross-attention, and $\mathrm{FFN}(\mathbf x) = W_2 \max(\mathbf 0, W_1 \mathbf x)$. The memory is not normalised.
#
# <details><summary>Hint</summary>
#
# Compare one after the other: what a token may see; the number under the root; what each residual connection adds to; where the maximum is taken.
#
# </details>


# %% faulty_decoder
def faulty_decoder(y: Tensor, memory: Tensor, W: dict[str, Tensor]) -> Tensor:
    """A decoder layer with four faults."""

    def attend(x: Tensor, source: Tensor, name: str, mask: Tensor | None) -> Tensor:
        q, k, v = x @ W[name + "_q"].T, source @ W[name + "_k"].T, source @ W[name + "_v"].T
        scores = q @ k.mT / math.sqrt(k.shape[-2])
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        return scores.softmax(dim=-1) @ v @ W[name + "_o"].T

    n, d = y.shape[-2:]
    z = F.layer_norm(y, (d,))
    y = y + attend(z, z, "self", torch.ones(n, n).tril(1).bool())
    z = F.layer_norm(y, (d,))
    y = z + attend(z, memory, "cross", None)
    z = F.layer_norm(y, (d,))
    return y + (z @ W["1"].T @ W["2"].T).relu()


# %% token_by_token
def token_by_token(y: Tensor, memory: Tensor, W: dict[str, Tensor]) -> Tensor:
    """For the check: one example and one token after the other."""
    out = torch.zeros_like(y)
    d = y.shape[-1]
    for b in range(len(y)):
        first = [
            y[b, t]
            + single(
                F.layer_norm(y[b, : t + 1], (d,)),
                t,
                F.layer_norm(y[b, : t + 1], (d,)),
                W,
                "self",
            )
            for t in range(y.shape[1])
        ]
        for t, x in enumerate(first):
            x = x + single(F.layer_norm(x, (d,))[None], 0, memory[b], W, "cross")
            hidden = W["1"] @ F.layer_norm(x, (d,))
            out[b, t] = x + W["2"] @ torch.where(hidden > 0, hidden, 0.0)
    return out


# %% single
def single(x: Tensor, t: int, source: Tensor, W: dict[str, Tensor], name: str) -> Tensor:
    """For the check: what token t of x gets from all tokens of the source."""
    q = W[name + "_q"] @ x[t]
    scores = torch.stack([q @ (W[name + "_k"] @ s) for s in source]) / len(q) ** 0.5
    values = torch.stack([W[name + "_v"] @ s for s in source])
    return W[name + "_o"] @ (scores.softmax(dim=0)[:, None] * values).sum(dim=0)


# %% weights_of_a_layer
def weights_of_a_layer(
    rng: torch.Generator, d: int, d_k: int, hidden: int
) -> dict[str, Tensor]:
    """For the check: all matrices of a decoder layer."""
    W = {}
    for name in ("self", "cross"):
        W |= {f"{name}_{part}": normal(rng, d_k, d) for part in "qkv"}
        W[f"{name}_o"] = normal(rng, d, d_k) / 2
    return W | {"1": normal(rng, hidden, d) / 2, "2": normal(rng, d, hidden) / 2}


# %% decoder_layer
def decoder_layer(y: Tensor, memory: Tensor, W: dict[str, Tensor]) -> Tensor:
    """y: (N, n, d), memory: (N, m, d), W: matrices self_q, self_k, self_v, cross_... (d_k, d), self_o, cross_o (d, d_k),
    1 (hidden, d), 2 (d, hidden) -> (N, n, d)"""

    ### BEGIN SOLUTION
    def attend(x: Tensor, source: Tensor, name: str, mask: Tensor | None) -> Tensor:
        q, k, v = x @ W[name + "_q"].T, source @ W[name + "_k"].T, source @ W[name + "_v"].T
        scores = q @ k.mT / math.sqrt(k.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        return scores.softmax(dim=-1) @ v @ W[name + "_o"].T

    n, d = y.shape[-2:]
    z = F.layer_norm(y, (d,))
    y = y + attend(z, z, "self", torch.ones(n, n).tril().bool())
    z = F.layer_norm(y, (d,))
    y = y + attend(z, memory, "cross", None)
    z = F.layer_norm(y, (d,))
    return y + (z @ W["1"].T).relu() @ W["2"].T
    ### END SOLUTION


# %% test_decoder_layer points=3
rng = torch.Generator().manual_seed(167)
W = weights_of_a_layer(rng, 6, 3, 9)
y, memory = 2 * normal(rng, 2, 4, 6) + 0.5, normal(rng, 2, 5, 6) - 0.3
check.close(
    "two examples, four tokens, a memory of five",
    lambda: decoder_layer(y, memory, W),
    token_by_token(y, memory, W),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for N, n, m, d, d_k, hidden in ((3, 5, 2, 4, 7, 3), (1, 1, 3, 5, 2, 6), (2, 6, 7, 8, 3, 4)):
    W = weights_of_a_layer(rng, d, d_k, hidden)
    y, memory = 2 * normal(rng, N, n, d) + 0.5, normal(rng, N, m, d) - 0.3
    seal(
        f"{n} tokens, a memory of {m}, and the inputs afterwards",
        [decoder_layer(y, memory, W), y, memory],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 16.8 Parameters and multiplications
# *Derive · 2 points · effort ●● · about 20 minutes*
#
# A decoder-only transformer has a vocabulary of $V$ tokens, width $d$, $L$ layers with $H$ heads of the size $d / H$, and feed-forward networks with $f$ hidden units. Each layer holds the four projections of the attention, the two matrices of the feed-forward network, all with biases, and two layer normalisations (scale and shift). One more layer normalisation and a linear layer to $V$ logits, with bias, stand at the end; its matrix is a parameter of its own. Positions are rotary and have no parameters. Derive, and give as code,
#
# 1. the number of parameters,
# 2. the multiplications of all matrix products when $n$ tokens are read in one pass and only the **last** token's logits are computed (in a causal attention all $n \times n$ scores are computed),
# 3. those of one more token behind $n$ tokens in a key-value cache, its logits included.
#
# Additions, normalisations and the softmax do not count.
#
# <details><summary>Hint</summary>
#
# A product of matrices $(a, b)$ and $(b, c)$ takes $a b c$ multiplications. To how many keys does the new token attend?
#
# </details>


# %% by_adding_up
def by_adding_up(V: int, d: int, H: int, L: int, f: int, n: int) -> Tensor:
    """For the check: torch's layers counted, and each matrix product one after the other."""
    layers = [nn.Embedding(V, d), nn.LayerNorm(d), nn.Linear(d, V)]
    for _ in range(L):
        layers += [
            nn.MultiheadAttention(d, H),
            nn.Linear(d, f),
            nn.Linear(f, d),
            nn.LayerNorm(d),
            nn.LayerNorm(d),
        ]
    products = {}
    for rows, keys in ((n, n), (1, n + 1)):
        one = [(rows, d, d)] * 4 + [(rows, d, f), (rows, f, d)]
        one += [(rows, d // H, keys), (rows, keys, d // H)] * H
        products[rows, keys] = sum(a * b * c for a, b, c in one * L + [(1, d, V)])
    parameters = sum(p.numel() for layer in layers for p in layer.parameters())
    return torch.tensor([parameters, products[n, n], products[1, n + 1]])


# %% three_counts
def three_counts(V: int, d: int, H: int, L: int, f: int, n: int) -> Tensor:
    """Parameters, multiplications of a pass of n tokens, and those of one more token with a cache -> (3,) int64"""
    ### BEGIN SOLUTION
    attention, dense, norm = 4 * (d * d + d), 2 * d * f + f + d, 2 * d
    parameters = V * d + L * (attention + dense + 2 * norm) + norm + d * V + V
    whole = L * (4 * n * d * d + 2 * n * n * d + 2 * n * d * f) + d * V
    step = L * (4 * d * d + 2 * (n + 1) * d + 2 * d * f) + d * V
    return torch.tensor([parameters, whole, step])
    ### END SOLUTION


# %% test_three_counts points=2
check.close(
    "29 letters, two layers",
    lambda: three_counts(29, 12, 3, 2, 40, 7),
    by_adding_up(29, 12, 3, 2, 40, 7),
)
check.close(
    "one layer, one head",
    lambda: three_counts(50, 6, 1, 1, 9, 11),
    by_adding_up(50, 6, 1, 1, 9, 11),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for H, L in ((4, 3), (2, 5), (5, 1)):
    V, size, f, n = (int(i) for i in torch.randint(7, 90, (4,), generator=rng))
    d, V, f, n = H * size, V + 200, 5 * f + 1, n + 100 * (L > 1)
    seal(f"{L} layers with {H} heads", three_counts(V, d, H, L, f, n))
### END HIDDEN TESTS

# %% [markdown]
# ## 16.9 Six numbers about attention
# *Predict · 2 points · effort ●● · about 20 minutes*
#
# Work out these numbers, with three significant digits, before you run anything. The check holds the form of your answer; whether the numbers are right is sealed. Afterwards compute in code what you can, and compare.
#
# 1. A query has the scores $0$, $\ln 2$ and $\ln 5$, already scaled. Which weight does the third key get?
# 2. The temperature of the softmax is set to $\frac12$. Which weight does the third key get now?
# 3. The third key is masked, at temperature 1. Which weight does the second key get?
# 4. The entries of queries and keys are independent with mean 0 and variance 1, and each head has 36 numbers. What is the standard deviation of the **unscaled** scores?
# 5. A query $(3, 4)$ at place 2 and a key $(3, 4)$ at place 5 get rotary positions, with one pair and the rate $\theta = \pi / 9$. What is the unscaled score?
# 6. A layer of width $d = 128$ with $f = 4 d$ reads 1,024 tokens. Which share of its multiplications (16.20) are scores and weighted sums?
#
# <details><summary>Hint</summary>
#
# For 5: three places turn the key by $3 \theta$ against the query, and both have the length 5.
#
# </details>


# %% six_predictions
def six_predictions() -> list[float]:
    """The six numbers, in this order."""
    ### BEGIN SOLUTION
    return [0.625, 0.833, 0.667, 6.0, 12.5, 0.571]
    ### END SOLUTION


# %% test_six_predictions points=2
check.predicted("six numbers", lambda: six_predictions(), count=6)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

predicted = torch.tensor([float(number) for number in six_predictions()]).double()
seal("six numbers", predicted, rule=close(rtol=0.006))
### END HIDDEN TESTS

# %% [markdown]
# ## 16.10 Nucleus sampling
# *Write · 2 points · effort ●● · about 20 minutes*
#
# Top-k keeps the same number of tokens whether the model is sure or not. **Nucleus sampling** (top-p; Holtzman et al. 2020) keeps as few tokens as have the probability $p$ together: with the probabilities at the temperature $\tau$, $\operatorname{softmax}(\mathbf z / \tau)$, sorted in falling order (equal ones by their place, the first one first), it keeps the shortest beginning of the list whose sum is at least $p$, sets all other tokens to 0 and divides by the sum of those that are kept. Give the probabilities, each at the place of its token. $p = 1$ keeps all tokens; $0 < p \le 1$ and $\tau > 0$.
#
# <details><summary>Hint</summary>
#
# A token is kept if the sum of those **before** it in the sorted list is below $p$. `sort(stable=True)` leaves equal values in their order; the places that it gives lead back.
#
# </details>


# %% token_after_token
def token_after_token(logits: Tensor, p: float, temperature: float) -> Tensor:
    """For the check: row by row, one token after the other."""
    rows = []
    for z in logits.tolist():
        total = sum(math.exp((a - max(z)) / temperature) for a in z)
        each = [math.exp((a - max(z)) / temperature) / total for a in z]
        kept, reached = [0.0] * len(z), 0.0
        for i in sorted(range(len(z)), key=lambda i: (-z[i], i)):
            if reached < p:
                kept[i] = each[i]
                reached += each[i]
        rows.append([a / sum(kept) for a in kept])
    return torch.tensor(rows, dtype=torch.float64)


# %% nucleus
def nucleus(logits: Tensor, p: float, temperature: float) -> Tensor:
    """The probabilities that are drawn from.   logits: (N, V) -> (N, V)"""
    ### BEGIN SOLUTION
    chances = (logits / temperature).softmax(dim=-1)
    falling, order = chances.sort(dim=-1, descending=True, stable=True)
    before = falling.cumsum(dim=-1) - falling
    kept = torch.where(before < p, falling, 0.0)
    kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)
    ### END SOLUTION


# %% test_nucleus points=2
rng = torch.Generator().manual_seed(1610)
logits = 2 * normal(rng, 3, 7)
logits[1] = torch.tensor([0.3, 2.0, -1.0, 2.0, 0.3, 2.0, 0.3])  # ties
for p, temperature in ((0.8, 1.0), (0.4, 0.6), (0.97, 2.5)):
    check.close(
        f"p = {p}, temperature {temperature}",
        lambda p=p, t=temperature: nucleus(logits, p, t),
        token_after_token(logits, p, temperature),
    )
check.close("p = 1", lambda: nucleus(logits, 1.0, 0.7), (logits / 0.7).softmax(dim=-1))
check.close(
    "a sum of exactly p",
    lambda: nucleus(torch.full((1, 4), 0.3).double(), 0.5, 1.0),
    torch.tensor([[0.5, 0.5, 0.0, 0.0]]).double(),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for N, V, p, temperature in (
    (4, 9, 0.9, 0.8),
    (1, 6, 0.3, 1.5),
    (2, 11, 0.6, 3.0),
    (3, 5, 1.0, 0.5),
):
    logits = 2 * normal(rng, N, V)
    logits[0, 1] = logits[0, 4]
    even = (
        logits[:, :1].expand(-1, 8).clone()
    )  # each token has 1 / 8: a sum can be exactly p
    found = [nucleus(logits, p, temperature), nucleus(even, 0.25, temperature), logits]
    seal(f"p = {p}, temperature {temperature}, and a sum of exactly p", found)
### END HIDDEN TESTS

# %% [markdown]
# ## 16.11 The next letter
# *Go beyond · 2 points · effort ●●● · about 30 minutes*
#
# You get 60,000 letters of the chapter's text, as numbers from 0 to 28, and 1,000 contexts of 16 letters from another part of it. Say for each context which letter comes next. **At least 57 %** must be right, here and on other parts of the text, within 20 seconds. Any method is allowed that looks at nothing but its inputs. On the checked parts the most frequent letter is right in 17 to 19 %, the most frequent letter behind the last one in 25 to 28 %, behind the last two in 38 to 43 %, and behind the last three in 51 to 55 %.
#
# <details><summary>Hint</summary>
#
# A long context says more, and has more often never been seen. What could a count of the shorter one do then? At this size the chapter's section 16.11 tells which kind of model wins.
#
# </details>


# %% parts_of_the_text
def parts_of_the_text(start: int) -> tuple[Tensor, Tensor, Tensor]:
    """For the check: known letters (60000,), contexts (1000, 16) from what follows, and the letters behind them (1000,)."""
    letters = " abcdefghijklmnopqrstuvwxyz.,"
    text = " ".join(
        "".join(c if c in letters else " " for c in data.prose().lower()).split()
    )
    ids = torch.tensor([letters.index(c) for c in text[start : start + 60_000 + 17_000]])
    pieces = ids[60_000:].view(1000, 17)
    return ids[:60_000], pieces[:, :16], pieces[:, 16]


# %% next_letters
def next_letters(known: Tensor, contexts: Tensor) -> Tensor:
    """known: (n,) int64 of 0..28, contexts: (k, 16) -> (k,) int64: the letter that comes next"""
    ### BEGIN SOLUTION
    text, behind = bytes(known.tolist()), {}
    for n in range(8):
        for i in range(n, len(text)):
            counts = behind.setdefault(text[i - n : i], {})
            counts[text[i]] = counts.get(text[i], 0) + 1
    found = []
    for row in map(bytes, contexts.tolist()):
        chances = [0.0] * 29
        for n in range(8):
            counts = behind.get(row[16 - n :], {})
            total = sum(counts.values())
            chances = [(counts.get(c, 0) + 5 * chances[c]) / (total + 5) for c in range(29)]
        found.append(chances.index(max(chances)))
    return torch.tensor(found)
    ### END SOLUTION


# %% test_next_letters points=2
known, contexts, behind = parts_of_the_text(0)
check.close(
    "share missing to 57 %",
    lambda: (0.57 - (next_letters(known, contexts) == behind).double().mean()).clamp(min=0),
    torch.tensor(0.0).double(),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import agree, seal

for start in (90_000, 300_000):
    known, contexts, behind = parts_of_the_text(start)
    seal(
        f"from letter {start}",
        next_letters(known, contexts).long(),
        rule=agree(0.57, target=behind),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
