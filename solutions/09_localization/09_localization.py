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
# # Exercises 9: localisation and explanations
#
# Ten exercises, 23 points, on [chapter 9](../../chapters/09_localization.ipynb). One answer, in words, is marked by a person: 3 of the points.
#
# The answer in words goes in the place of `YOUR ANSWER HERE`, and no check reads it. In the others replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# All torch functions are allowed unless a task says otherwise. Everything is in float64. Pictures are $(n, c, h, w)$, feature maps $A$ $(n, K, h, w)$, and a map is one number for each place.

# %% setup
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils import check


def normal(rng: torch.Generator, *size: int) -> Tensor:
    """Normal random numbers in float64."""
    return torch.randn(size, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, *size: int) -> Tensor:
    """Random numbers between 0 and 1 in float64."""
    return torch.rand(size, generator=rng, dtype=torch.float64)


# %% [markdown]
# ## 9.1 A loss for pictures with and without an object
# *Find the bug · 3 points · effort ●● · about 15 minutes*
#
# Some pictures of a batch hold no object: their class is 0, and their box means nothing. The loss of a network with two heads is then meant to be
#
# $$ L = \frac1n \sum_{i=1}^{n} -\log \operatorname{softmax}(\mathbf z_i)_{y_i} \;+\; \frac{\lambda}{m} \sum_{i:\, y_i \neq 0}\; \sum_{j=1}^{4} \rho(\hat b_{ij} - b_{ij}), \qquad \rho(d) = \begin{cases} d^2 / 2\beta & |d| < \beta \\ |d| - \beta/2 & \text{otherwise,} \end{cases} $$
#
# with $m$ the number of pictures with an object. If there is none, the second term is 0. $\rho$ is the **smooth L1 loss** of Fast R-CNN with its threshold $\beta$, which `F.smooth_l1_loss` computes. The next cell has **three faults**. Write the function without them.
#
# <details><summary>Hint</summary>
#
# What does `F.cross_entropy` expect? By how many numbers is the second term divided? And what is the value for a batch that holds no object?
#
# </details>


# %%
def faulty_loss(
    z: Tensor, y: Tensor, b_hat: Tensor, b: Tensor, lam: float, beta: float
) -> Tensor:
    """A loss for classes and boxes, with three faults."""
    with_object = y != 0
    classes = F.cross_entropy(z.softmax(dim=1), y)
    boxes = F.smooth_l1_loss(b_hat[with_object], b[with_object], beta=beta)
    return classes + lam * boxes


# %% one_by_one
def one_by_one(
    z: Tensor, y: Tensor, b_hat: Tensor, b: Tensor, lam: float, beta: float
) -> Tensor:
    """For the check: the formula, number by number."""
    n, m = len(y), int((y != 0).sum())
    L = sum(z[i].logsumexp(0) - z[i, y[i]] for i in range(n)) / n
    for i in range(n):
        for d in (b_hat[i] - b[i]).abs() if y[i] != 0 else []:
            L = L + lam / m * (d * d / (2 * beta) if d < beta else d - beta / 2)
    return L


# %% detection_loss
def detection_loss(
    z: Tensor, y: Tensor, b_hat: Tensor, b: Tensor, lam: float, beta: float
) -> Tensor:
    """z: (n, classes), y: (n,) of classes, 0 for no object, b_hat, b: (n, 4) -> ()"""
    ### BEGIN SOLUTION
    seen = y != 0
    classes = F.cross_entropy(z, y)
    boxes = F.smooth_l1_loss(b_hat[seen], b[seen], beta=beta, reduction="sum")
    return classes + lam * boxes / max(int(seen.sum()), 1)
    ### END SOLUTION


# %% test_detection_loss points=3
rng = torch.Generator().manual_seed(91)
z, y = 3 * normal(rng, 7, 5), torch.tensor([2, 0, 4, 1, 0, 3, 0])
b_hat, b = normal(rng, 7, 4), normal(rng, 7, 4)
L = one_by_one(z, y, b_hat, b, 0.7, 0.6)
check.close(
    "four of seven with an object", lambda: detection_loss(z, y, b_hat, b, 0.7, 0.6), L
)
none, one = y[:3] * 0, torch.tensor([0, 3, 0])
check.close(
    "no object, and one object",
    lambda: [detection_loss(z[:3], t, b_hat[:3], b[:3], 0.7, 0.6) for t in (none, one)],
    [F.cross_entropy(z[:3], none), one_by_one(z[:3], one, b_hat[:3], b[:3], 0.7, 0.6)],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
y = torch.tensor([3, 0, 1, 2, 0, 1])
z, b_hat, b = 3 * normal(rng, 6, 4), normal(rng, 6, 4), normal(rng, 6, 4)
found = [detection_loss(z, y, b_hat, b, 1.7, 0.3), detection_loss(z, y, b_hat, b, 0.2, 1.9)]
found.append(detection_loss(z, y * 0, b_hat, b, 1.7, 0.3))
seal(
    "some with an object, none with one, and the inputs afterwards",
    [*found, z, y, b_hat, b],
)
z, b_hat, b = 3 * normal(rng, 5, 6), normal(rng, 5, 4), normal(rng, 5, 4)
seal("all with one", detection_loss(z, torch.tensor([5, 1, 2, 1, 3]), b_hat, b, 2.5, 0.8))
seal("none with one", detection_loss(z, torch.zeros(5).long(), b_hat, b, 2.5, 0.8))
seal("one of five", detection_loss(z, torch.tensor([0, 0, 0, 4, 0]), b_hat, b, 0.4, 0.5))
### END HIDDEN TESTS

# %% [markdown]
# ## 9.2 What leaves the map as it is
# *Predict · 2 points · effort ●● · about 10 minutes*
#
# A network ends in convolutions, a ReLU, global average pooling and one dense layer with weights $W$ and biases $\mathbf b$. Its Grad-CAM for class $c$, at the maps behind the ReLU and of the logit $z_c$, is $L^c$, computed as in the chapter. Now one thing is changed and $L^c$ computed again:
#
# | | change |
# |---|---|
# | A | the bias $b_c$ is raised by 5 |
# | B | the row $W_c$ is doubled |
# | C | the row $W_d$ of another class is doubled |
# | D | the probability after the softmax takes the place of the logit |
# | E | the same vector is added to all rows of $W$ |
# | F | the channels of $A$ are put in another order, and the columns of $W$ with them |
# | G | the picture is given twice, as a batch of two, and the first map is taken |
# | H | the biases of the last convolution are raised by 1 |
# | I | the sum over the places takes the place of the mean in the pooling |
# | J | the ReLU acts on the weights $\alpha^c_k$ and not on the weighted sum |
#
# Predict **the four that leave every number of $L^c$ as it is** but for rounding, whatever the picture and the weights are, and give their letters as a list of texts, in any order. Whether they are right is only judged after handing in; then run the ten on the network of the chapter (its convolutions have no biases: take those of the batch normalisation behind the last one).
#
# <details><summary>Hint</summary>
#
# $L^c$ depends on two things: the maps $A$, and the gradient of one number with respect to them. Which changes reach one of the two?
#
# </details>


# %% invariances
def invariances() -> list[str]:
    """The letters of the four changes that leave the map as it is."""
    ### BEGIN SOLUTION
    return ["A", "C", "F", "G"]
    ### END SOLUTION


# %% test_invariances points=2
check.chosen("four of A to J", lambda: invariances(), "ABCDEFGHIJ", count=4)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import choice, seal

seal("the four letters", list(invariances()), rule=choice(*"ABCDEFGHIJ", count=4))
### END HIDDEN TESTS

# %% [markdown]
# ## 9.3 The pointing game with a tolerance
# *Write · 2 points · effort ●● · about 15 minutes*
#
# In the pointing game of Zhang et al. (2016) a map also scores if its largest value lies at most $t$ pixels from the object. Give the share of the maps that score:
#
# - A box is `(left, top, right, bottom)` in whole pixels; `right` and `bottom` are the first column and row *behind* it.
# - The distance is that from the pixel of the largest value to the nearest pixel of the box, $\sqrt{\Delta i^2 + \Delta j^2}$; inside the box it is 0.
# - Of several largest values the first counts, row by row.
# - A map whose values are all equal points nowhere: it does not score.
#
# <details><summary>Hint</summary>
#
# `argmax` of the flattened map gives the first of several. Along one axis, the distance of $i$ from the pixels $a, \dots, b-1$ is $\max(a - i,\; i - (b - 1),\; 0)$.
#
# </details>


# %% one_peak
def peaks(places: list[tuple[int, int]], h: int, w: int) -> Tensor:
    """For the check: for each place (row, column) a map of small negative numbers with its peak there."""
    maps = -1 - uniform(torch.Generator().manual_seed(w), len(places), h, w)
    for k, (i, j) in enumerate(places):
        maps[k, i, j] = -0.5
    return maps


# %% pointing_game
def pointing_game(maps: Tensor, boxes: Tensor, tolerance: float) -> float:
    """maps: (n, h, w), boxes: (n, 4) int64, as (left, top, right, bottom) -> share of hits, 0..1"""
    ### BEGIN SOLUTION
    at, w = maps.flatten(1).argmax(dim=1), maps.shape[2]
    place = torch.stack([at % w, at // w], dim=1)  # (n, 2): column, row
    away = torch.maximum(boxes[:, :2] - place, place - boxes[:, 2:] + 1).clamp(min=0)
    points = maps.amax(dim=(1, 2)) > maps.amin(dim=(1, 2))
    hits = points & (away.double().norm(dim=1) <= tolerance)
    return hits.double().mean().item()
    ### END SOLUTION


# %% test_pointing_game points=2
places = [(3, 4), (5, 3), (3, 6), (2, 4), (5, 2), (4, 7), (6, 4), (6, 7), (7, 6), (6, 8)]
places += [(8, 4), (3, 9), (4, 0), (0, 0), (9, 1)]
boxes = torch.tensor([[3, 3, 7, 6]]).repeat(15, 1)  # columns 3 to 6, rows 3 to 5
maps = peaks(places, 11, 12)
check.close(
    "hits of 15 with the tolerances 0, 1.5, 2 and 3",
    lambda: [15 * pointing_game(maps, boxes, t) for t in (0, 1.5, 2, 3)],
    [3.0, 8.0, 9.0, 13.0],
)
first, flat = torch.zeros(1, 5, 8).double(), torch.full((1, 5, 8), 0.3).double()
first[0, 1, 6], first[0, 3, 2] = 2.0, 2.0
two = torch.tensor([[5, 1, 8, 2], [0, 0, 3, 2], [2, 3, 4, 4]])
check.close(
    "two equal peaks, a flat map, and both in one batch",
    lambda: [
        *(pointing_game(first, box[None], 0.5) for box in two),
        *(pointing_game(flat, box[None], 0.5) for box in two),
        3 * pointing_game(torch.cat([first, flat, first]), two, 0.5),
    ],
    [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

for n, h, w in ((60, 6, 13), (50, 15, 7)):
    rng = torch.default_generator
    maps = normal(rng, n, h, w) - 3
    left, top = torch.randint(0, w - 3, (n,)), torch.randint(0, h - 2, (n,))
    boxes = torch.stack([left, top, left + 3, top + 2], dim=1)
    maps[:8], boxes[:8] = -2.5, torch.tensor([0, 0, 2, 1])  # flat maps
    maps[8:30] = maps[8:30].round()  # ties
    shares = [pointing_game(maps, boxes, t) for t in (0, 1, 1.5, 2.9, 4)]
    seal(f"{n} maps of {h} x {w}, and the inputs afterwards", [shares, maps, boxes])
maps = torch.randint(0, 3, (40, 4, 5)).double()
maps[:9] = 1.5
boxes = torch.tensor([[0, 0, 2, 1]]).repeat(40, 1)
seal("ties and flat maps", [pointing_game(maps, boxes, t) for t in (0, 1, 2)])
### END HIDDEN TESTS

# %% [markdown]
# ## 9.4 Grad-CAM's weights behind a hidden layer
# *Derive · 2 points · effort ●● · about 15 minutes*
#
# Behind global average pooling there are now two dense layers with a ReLU between them, so that CAM is not defined:
#
# $$ F_k = \frac{1}{hw} \sum_{i,j} A_{kij}, \qquad \mathbf z = W_2 \operatorname{relu}(W_1 \mathbf F + \mathbf b_1) + \mathbf b_2 $$
#
# Derive Grad-CAM's weights $\alpha^c_k = \frac{1}{hw}\sum_{i,j} \partial z_c / \partial A_{kij}$ and give them as code, for a batch. No automatic differentiation.
#
# <details><summary>Hint</summary>
#
# By the chain rule $\partial z_c/\partial A_{kij} = \partial z_c/\partial F_k \cdot \partial F_k/\partial A_{kij}$. A hidden unit lets the gradient through where its pre-activation is positive, and not at exactly 0.
#
# </details>


# %% head
def logits(A: Tensor, W1: Tensor, b1: Tensor, W2: Tensor) -> Tensor:
    """For the check: the logits without their biases.   A: (n, K, h, w) -> (n, classes)"""
    return (A.mean(dim=(2, 3)) @ W1.T + b1).relu() @ W2.T


# %% hidden_weights
def hidden_weights(A: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, c: int) -> Tensor:
    """A: (n, K, h, w), W1: (m, K), b1: (m,), W2: (classes, m) -> alpha (n, K)"""
    ### BEGIN SOLUTION
    lets_through = A.mean(dim=(2, 3)) @ W1.T + b1 > 0  # (n, m)
    return (W2[c] * lets_through) @ W1 / A.shape[2:].numel()
    ### END SOLUTION


# %% test_hidden_weights points=2
rng = torch.Generator().manual_seed(94)
A, W1, b1, W2 = (
    normal(rng, 3, 5, 4, 6),
    normal(rng, 13, 5),
    normal(rng, 13),
    normal(rng, 6, 13),
)
A[1], b1[2] = 0, 0  # a pre-activation of exactly 0
A.requires_grad_()
alpha = torch.autograd.grad(logits(A, W1, b1, W2)[:, 4].sum(), A)[0].mean(dim=(2, 3))
check.close("alpha", lambda: hidden_weights(A.detach(), W1, b1, W2, 4), alpha)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
for n, K, h, w, m, c in ((4, 3, 5, 2, 8, 1), (2, 9, 3, 7, 4, 0), (5, 6, 1, 1, 3, 2)):
    A, W1, b1 = normal(rng, n, K, h, w), normal(rng, m, K), normal(rng, m)
    W2 = normal(rng, 3, m)
    A[0], b1[1] = 0, 0
    alpha = hidden_weights(A, W1, b1, W2, c)
    seal(
        f"{K} maps of {h} x {w}, {m} hidden units, and the inputs afterwards",
        [alpha, A, W1, b1, W2],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 9.5 HiResCAM: gradients without their mean
# *Write · 2 points · effort ●● · about 15 minutes*
#
# Grad-CAM takes the mean of a channel's gradient over all places, and so forgets where the head behind the maps uses a channel. **HiResCAM** (Draelos and Carin, 2020) multiplies place by place:
#
# $$ H^c_{ij} = \sum_k \frac{\partial z_c}{\partial A_{kij}}\, A_{kij} $$
#
# It has no ReLU, so that its places add up to $z_c$ without its bias where the head is one dense layer on the flattened maps: the second check needs that. Write it for a batch, with `torch.autograd.grad`. `head` is any function from the maps to the logits, and the inputs stay as they are: `A` gets no gradient and does not begin to require one. The result belongs to no graph, even if `A` requires gradients.
#
# <details><summary>Hint</summary>
#
# Make a leaf of your own: `A.detach().clone().requires_grad_()`. The logits of different pictures do not depend on one another, so that the gradient of their sum gives all of them at once.
#
# </details>


# %% hires_cam
def hires_cam(head: Callable[[Tensor], Tensor], A: Tensor, c: int) -> Tensor:
    """head: (n, K, h, w) -> logits (n, classes); A: (n, K, h, w) -> H (n, h, w)"""
    ### BEGIN SOLUTION
    leaf = A.detach().clone().requires_grad_()
    gradient = torch.autograd.grad(head(leaf)[:, c].sum(), leaf)[0]
    return (gradient * A.detach()).sum(dim=1)
    ### END SOLUTION


# %% test_hires_cam points=2
rng = torch.Generator().manual_seed(95)
A, V, bias = normal(rng, 3, 4, 5, 7), normal(rng, 6, 4, 5, 7), normal(rng, 6)


def bent(A: Tensor) -> Tensor:
    """A head that is not linear: z_c = sum of V_c (A^3 + A^2) + b."""
    return torch.einsum("ckij, nkij -> nc", V, A**3 + A**2) + bias


H = (V[4] * (3 * A**3 + 2 * A**2)).sum(dim=1)
check.close("a head that is not linear", lambda: hires_cam(bent, A, 4), H)
check.close(
    "places add up to the logit",
    lambda: (
        hires_cam(lambda A: A.flatten(1) @ V.flatten(1).T + bias, A, 2).sum(dim=(1, 2))
        + bias[2]
    ),
    A.flatten(1) @ V[2].flatten() + bias[2],
)
B = A.clone().requires_grad_()
check.close(
    "requires gradients: the map, the input; the map of an input that does",
    lambda: [
        hires_cam(bent, A, 1).requires_grad,
        A.requires_grad,
        hires_cam(bent, B, 1).requires_grad,
    ],
    [False, False, False],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, K, h, w, c in ((2, 5, 4, 3, 0), (4, 3, 2, 6, 6), (1, 1, 1, 1, 3)):
    A, V = normal(rng, n, K, h, w), normal(rng, 7, K, h, w)
    H = hires_cam(lambda A: torch.einsum("ckij, nkij -> nc", V, A.tanh() + A**2), A, c)
    pooled = hires_cam(lambda A: A.mean(dim=(2, 3)) @ V.sum(dim=(2, 3)).T, A, c)
    B = A.clone().requires_grad_()
    M = hires_cam(lambda A: A.flatten(1) ** 2, B, 0)
    left = [M.requires_grad, B.requires_grad, B.grad is None]
    seal(
        f"{n} times {K} maps of {h} x {w}, and what is left behind",
        [H, pooled, A, H.requires_grad, A.requires_grad, A.grad is None, *left],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 9.6 An occlusion map
# *Write · 2 points · effort ●● · about 15 minutes*
#
# Zeiler and Fergus (2014) slid a grey patch over the picture and looked how far the score falls. For one picture $x$, with a square patch of $k \times k$ pixels whose upper left corner moves in steps of $s$,
#
# $$ O_{ij} = f(x) - f(x \text{ with the pixels } is \ldots is + k - 1,\; js \ldots js + k - 1 \text{ of all channels set to } g) . $$
#
# Only patches that lie in the picture count, so that the map has $\lfloor (h - k)/s \rfloor + 1$ rows. The value $g$ is `blank`. `score` takes a batch of pictures and gives one number for each. The picture that comes in stays as it is.
#
# <details><summary>Hint</summary>
#
# A copy for each patch: `x.clone()`. Collect them with `torch.stack`, ask once, and reshape.
#
# </details>


# %% occlusion
def occlusion(
    score: Callable[[Tensor], Tensor], x: Tensor, k: int, s: int, blank: float
) -> Tensor:
    """score: (n, channels, h, w) -> (n,); x: (channels, h, w) -> O (rows, columns)"""
    ### BEGIN SOLUTION
    h, w = x.shape[1:]
    rows, columns = range(0, h - k + 1, s), range(0, w - k + 1, s)
    hidden = x.repeat(len(rows) * len(columns), 1, 1, 1)
    for n, (i, j) in enumerate((i, j) for i in rows for j in columns):
        hidden[n, :, i : i + k, j : j + k] = blank
    return (score(x[None]) - score(hidden)).reshape(len(rows), len(columns))
    ### END SOLUTION


# %% test_occlusion points=2
rng = torch.Generator().manual_seed(96)
x, v = uniform(rng, 3, 9, 12), normal(rng, 3, 9, 12)


def linear_score(pictures: Tensor) -> Tensor:
    """f(x) = sum of v x - 4: what a patch takes away is a sum over it."""
    return (pictures * v).sum(dim=(1, 2, 3)) - 4


taken = ((x - 0.3) * v).sum(dim=0)
sums = [
    taken.unfold(0, k, s).unfold(1, k, s).sum(dim=(2, 3))
    for k, s in ((3, 1), (4, 3), (2, 5))
]
check.close(
    "patches 3, 4 and 2, steps 1, 3 and 5",
    lambda: [occlusion(linear_score, x, k, s, 0.3) for k, s in ((3, 1), (4, 3), (2, 5))],
    sums,
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for channels, h, w, k, s in (
    (2, 7, 10, 3, 2),
    (1, 11, 6, 5, 1),
    (4, 5, 5, 5, 3),
    (3, 8, 13, 1, 4),
):
    x, v = uniform(rng, channels, h, w), normal(rng, channels, h, w)
    maps = [
        occlusion(
            lambda X: ((X * v).sum((1, 2, 3)) / 3).sigmoid() + X.amax((1, 2, 3)), x, k, s, g
        )
        for g in (0.0, 0.6)
    ]
    seal(f"{h} x {w} pixels, patch {k}, step {s}, and the picture afterwards", [*maps, x])
### END HIDDEN TESTS

# %% [markdown]
# ## 9.7 RISE masks in the wrong place
# *Find the bug · 2 points · effort ●● · about 15 minutes*
#
# From grids of zeros and ones $(N, a, b)$ the next cell is meant to make masks of $h \times w$ pixels: each grid is enlarged to cells of $C_h \times C_w$ pixels, bilinearly and without aligned corners, and mask $n$ is cut out of it at the shift $(d_n, e_n)$: the rows from $d_n$ and the columns from $e_n$ on. Every mask has a shift of its own. There are **two faults**. Write the function without them.
#
# <details><summary>Hint</summary>
#
# Which of the two shifts moves the rows? And what does `align_corners=True` do to the sides of the cells?
#
# </details>


# %%
def faulty_masks(
    grids: Tensor, shifts: Tensor, cell: tuple[int, int], size: tuple[int, int]
) -> Tensor:
    """Masks with two faults."""
    height, width = size
    enlarged = (grids.shape[1] * cell[0], grids.shape[2] * cell[1])
    fine = F.interpolate(grids[:, None], enlarged, mode="bilinear", align_corners=True)[
        :, 0
    ]
    masks = torch.empty(len(grids), height, width, dtype=grids.dtype)
    for n, (d, e) in enumerate(shifts.tolist()):
        masks[n] = fine[n, e : e + height, d : d + width]
    return masks


# %% bilinear
def tent(
    grids: Tensor, shifts: Tensor, cell: tuple[int, int], size: tuple[int, int]
) -> Tensor:
    """For the check: each pixel as a weighted mean of the grid's numbers, by two matrices for each mask."""

    def matrix(count: int, side: int, shift: int, length: int) -> Tensor:
        at = ((torch.arange(length) + shift + 0.5).double() / side - 0.5).clamp(
            0, count - 1
        )
        return (1 - (at[:, None] - torch.arange(count)).abs()).clamp(min=0)

    (a, b), masks = grids.shape[1:], []
    for grid, (d, e) in zip(grids, shifts.tolist(), strict=True):
        masks.append(
            matrix(a, cell[0], d, size[0]) @ grid @ matrix(b, cell[1], e, size[1]).T
        )
    return torch.stack(masks)


# %% cut_masks
def cut_masks(
    grids: Tensor, shifts: Tensor, cell: tuple[int, int], size: tuple[int, int]
) -> Tensor:
    """grids: (N, a, b), shifts: (N, 2) int64, cell: (C_h, C_w), size: (h, w) -> masks (N, h, w)"""
    ### BEGIN SOLUTION
    (h, w), (C_h, C_w) = size, cell
    sides = (grids.shape[1] * C_h, grids.shape[2] * C_w)
    large = F.interpolate(grids[:, None], sides, mode="bilinear", align_corners=False)[:, 0]
    cut = [large[n, d : d + h, e : e + w] for n, (d, e) in enumerate(shifts.tolist())]
    return torch.stack(cut)
    ### END SOLUTION


# %% test_cut_masks points=2
rng = torch.Generator().manual_seed(97)
grids = (uniform(rng, 6, 4, 6) < 0.4).double()
shifts = torch.tensor([[0, 3], [2, 1], [4, 0], [1, 2], [3, 3], [0, 0]])
check.close(
    "six masks",
    lambda: cut_masks(grids, shifts, (5, 4), (14, 19)),
    tent(grids, shifts, (5, 4), (14, 19)),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for N, a, b, cell, size in (
    (5, 3, 7, (6, 2), (12, 8)),
    (3, 5, 4, (1, 3), (3, 8)),
    (4, 6, 3, (3, 5), (13, 9)),
):
    grids = (uniform(rng, N, a, b) < 0.6).double()
    shifts = torch.stack([torch.randint(0, C, (N,)) for C in cell], dim=1)
    masks = cut_masks(grids, shifts, cell, size)
    seal(
        f"{N} masks of {size[0]} x {size[1]}, and the inputs afterwards",
        [masks, grids, shifts],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 9.8 What RISE gives for a linear score
# *Derive · 3 points · effort ●●● · about 25 minutes*
#
# Take a score that is linear in the pixels, $f(x) = \sum_q v_q x_q + a$, and masks of square cells with a side of $k$ pixels, without shifts and without interpolation: all pixels of a cell are 1 with probability $p$, else 0, each cell independently of the others. The first cell begins at the upper left pixel, and the cells at the right and lower edge are cut off where the picture ends. The RISE map $S = \frac{1}{Np} \sum_i f(x \odot M_i)\, M_i$ tends to its expectation as the number of masks grows:
#
# $$ \bar S_q = \frac1p\, \mathbb E\big[ f(x \odot M)\, M_q \big] $$
#
# Derive $\bar S$, without any masks, and give it as code. Then look at the result: which part of it tells the pixels apart, and what becomes of this part as $p$ goes to 1?
#
# <details><summary>Hint</summary>
#
# $\mathbb E[M_r M_q]$ is $p$ for two pixels of one cell and $p^2$ for pixels of different cells. Split the sum over $r$ accordingly. For the sums over cells: how many cells are there along each axis, and to which does pixel $(i, j)$ belong?
#
# </details>


# %% enumeration
def all_masks(h: int, w: int, k: int) -> tuple[Tensor, Tensor]:
    """For the check: every possible mask, and how many of its cells are kept.   -> (2^cells, h, w), (2^cells,)"""
    rows, columns = -(-h // k), -(-w // k)
    bits = torch.arange(2 ** (rows * columns))[:, None] >> torch.arange(rows * columns) & 1
    large = bits.reshape(-1, rows, columns).repeat_interleave(k, 1).repeat_interleave(k, 2)
    return large[:, :h, :w].double(), bits.sum(dim=1)


def by_enumeration(v: Tensor, x: Tensor, a: float, p: float, k: int) -> Tensor:
    """For the check: the expectation as a sum over every possible mask."""
    masks, kept = all_masks(*x.shape, k)
    cells = int(kept.max())
    chance = p ** kept.double() * (1 - p) ** (cells - kept).double()
    scores = (masks * x * v).sum(dim=(1, 2)) + a
    return torch.einsum("m, m, mhw -> hw", chance, scores, masks) / p


# %% expected_rise
def expected_rise(v: Tensor, x: Tensor, a: float, p: float, k: int) -> Tensor:
    """v, x: (h, w), cells of k x k pixels, kept with probability p -> (h, w)"""
    ### BEGIN SOLUTION
    gain = v * x
    rows, columns = (torch.arange(n) // k for n in x.shape)  # the cell of each pixel
    same_row = (rows[:, None] == rows).double()
    same_column = (columns[:, None] == columns).double()
    own = same_row @ gain @ same_column  # the sum over the own cell
    return (1 - p) * own + p * gain.sum() + a
    ### END SOLUTION


# %% test_expected_rise points=3
rng = torch.Generator().manual_seed(98)
v, x = normal(rng, 5, 8), uniform(rng, 5, 8)
check.close(
    "cells of 3 x 3, p = 0.3; cells of 2 x 2, p = 0.8",
    lambda: [
        expected_rise(v, x, 0.7, 0.3, 3),
        expected_rise(v[:4, :7], x[:4, :7], -0.6, 0.8, 2),
    ],
    [by_enumeration(v, x, 0.7, 0.3, 3), by_enumeration(v[:4, :7], x[:4, :7], -0.6, 0.8, 2)],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for h, w, p, k in ((7, 5, 0.2, 2), (6, 11, 0.9, 4), (3, 4, 0.5, 1), (5, 3, 0.6, 7)):
    v, x = normal(rng, h, w), uniform(rng, h, w)
    S = expected_rise(v, x, 1.3, p, k)
    seal(f"{h} x {w} pixels, cells of {k}, p = {p}, and the inputs afterwards", [S, v, x])
### END HIDDEN TESTS

# %% [markdown]
# ## 9.9 A hidden box and 400 questions
# *Go beyond · 2 points · effort ●●● · about 30 minutes*
#
# Somewhere in a picture of $h \times w$ pixels lies a box that you cannot see. You may ask a black box for the scores of at most **400** masks of zeros and ones: each score rises with the share of the box that the mask keeps, from below 0.01 to above 0.99 along a sigmoid, and normal noise with a standard deviation of 0.05 is added to it. `ask` takes masks $(n, h, w)$ and gives scores $(n,)$; it refuses when its 400 are used up.
#
# Find the box, by any method: give `(left, top, right, bottom)` with `right` and `bottom` behind its last column and row. **In each picture at least 98 %** of the pixels must be told right, inside or outside, here and for fresh boxes after handing in. A box has 3 to 7 pixels along each side. Draw with `torch.rand` without a generator.
#
# <details><summary>Hint</summary>
#
# Where the sigmoid is flat, at its ends, one pixel more or less changes nothing that could be seen through the noise. Random masks with $p = \frac12$ stay near its middle. Then each pixel has a covariance between score and mask; which rectangle explains the map of covariances best?
#
# </details>


# %% questions
def black_box(
    box: tuple[int, int, int, int], seed: int | None = None
) -> Callable[[Tensor], Tensor]:
    """For the check: a score that looks at a hidden box, through noise, for 400 masks at most."""
    rng = torch.default_generator if seed is None else torch.Generator().manual_seed(seed)
    left, top, right, bottom = box
    asked = 0

    def ask(masks: Tensor) -> Tensor:
        nonlocal asked
        asked += len(masks)
        if asked > 400:
            raise ValueError(f"The 400 questions are used up: {asked} were asked.")
        kept = masks.double()[:, top:bottom, left:right].mean(dim=(1, 2))
        return (10 * (kept - 0.5)).sigmoid() + 0.05 * normal(rng, len(masks))

    return ask


def filled(box: tuple[int, int, int, int], size: tuple[int, int]) -> Tensor:
    """For the check: 1 for each pixel in the box, 0 for the others.   -> (h, w)"""
    left, top, right, bottom = (int(number) for number in box)
    inside = torch.zeros(size)
    inside[top:bottom, left:right] = 1
    return inside


# %% told_right
def told_right(
    find: Callable, boxes: list[tuple[int, int, int, int]], size: tuple[int, int]
) -> Tensor:
    """For the check: the share of pixels told right, in the worst of the pictures."""
    found = [find(black_box(box, seed), size) for seed, box in enumerate(boxes)]
    same = [filled(f, size) == filled(b, size) for f, b in zip(found, boxes, strict=True)]
    return torch.stack(same).double().mean(dim=(1, 2)).min()


# %% find_box
def find_box(
    ask: Callable[[Tensor], Tensor], size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """ask: masks (n, h, w) -> scores (n,), for 400 masks in all; size: (h, w) -> (left, top, right, bottom)"""
    ### BEGIN SOLUTION
    masks = (torch.rand(400, *size) < 0.5).double()
    scores = ask(masks)
    covariances = torch.einsum("n, nij -> ij", scores - scores.mean(), masks)
    best = []
    for h in range(3, 8):
        for w in range(3, 8):
            fits = F.avg_pool2d(covariances[None], (h, w), stride=1)[0] * (h * w) ** 0.5
            top, left = divmod(int(fits.argmax()), fits.shape[1])
            best.append((float(fits.max()), (left, top, left + w, top + h)))
    return max(best)[1]
    ### END SOLUTION


# %% test_find_box points=2
boxes = [(2, 1, 6, 8), (7, 4, 14, 8), (0, 5, 5, 8), (9, 0, 12, 5), (4, 5, 10, 11)]
check.close(
    "share missing to 98 % in the worst picture",
    lambda: (0.98 - told_right(find_box, boxes, (11, 14))).clamp(min=0),
    torch.tensor(0.0).double(),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import agree, seal

for w, h in ((4, 7), (7, 4), (3, 5), (5, 3)):
    left, top = int(torch.randint(0, 14 - w, ())), int(torch.randint(0, 13 - h, ()))
    box = (left, top, left + w, top + h)
    seal(
        f"a box of {h} x {w}",
        filled(find_box(black_box(box), (12, 13)), (12, 13)),
        rule=agree(0.98, target=filled(box, (12, 13))),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 9.10 What does the randomisation test say?
# *Explain · 3 points · effort ●● · about 12 minutes*
#
# Section 9.6 shuffles the weights of a network and compares each map with the first one. Somebody proposes two further "explanations" of a picture:
#
# - **A**: the brightness of the picture at each place;
# - **B**: random numbers, drawn anew for each network and each picture.
#
# Answer in at most eight sentences. Which rank correlation does the test give for A and for B once all weights are shuffled? Which of the two does the test refute, and what follows for a map that it does not refute, such as the CAM? Name a check of another section that B fails, and say why it does.
#
# A person reads this answer; no check runs.

# %% what_the_test_says [markdown] points=3
# ### BEGIN SOLUTION
# A stays as it is, with a correlation of 1, since no weight enters it. The test refutes it: it says nothing about what the network learned. B has a correlation near 0, as two independent draws have, and is not refuted.
#
# B depends on nothing, and yet it passes. So the test is necessary and not sufficient: that the CAM changes does not show that it is right, only that it depends on the weights.
#
# B fails the pointing game of section 9.4: its largest value lies in the object's box only about as often as the box's share of the picture says. It fails section 9.8 as well: to take away the pixels that it marks lowers the score no more than to take away random ones.
#
# Rubric:
#
# - **1 point**: A has correlation 1, because no weight enters it, and is refuted.
# - **1 point**: B has a correlation near 0 and passes; so passing is necessary, not sufficient.
# - **1 point**: A check that B fails (pointing at the object in 9.4, deleting pixels in 9.8), with the reason.
# ### END SOLUTION

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓ and 9.10 has its answer in words, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
