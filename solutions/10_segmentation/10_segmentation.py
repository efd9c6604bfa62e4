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
# # Exercises 10: segmentation
#
# Nine exercises, 20 points, on [chapter 10](../../chapters/10_segmentation.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# All torch functions are allowed unless a task says otherwise. Everything is in float64. Pictures are $(n, c, h, w)$, logits $Z$ $(n, C, h, w)$ for $C$ classes, and labels $y$ $(n, h, w)$ whole numbers.

# %% setup
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check

VOID = 255  # the label of a pixel whose class nobody knows


def normal(rng: torch.Generator, *size: int) -> Tensor:
    """Normal random numbers in float64."""
    return torch.randn(size, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, *size: int) -> Tensor:
    """Random numbers between 0 and 1 in float64."""
    return torch.rand(size, generator=rng, dtype=torch.float64)


def whole(rng: torch.Generator, below: int, *size: int) -> Tensor:
    """Random whole numbers from 0 to below - 1."""
    return torch.randint(below, size, generator=rng)


# %% [markdown]
# ## 10.1 What leaves the labels as they are
# *Predict · 2 points · effort ●● · about 15 minutes*
#
# A network ends in feature maps behind a ReLU, at an eighth of the picture's size. A 1×1 convolution with biases gives each place a score for each class; the score maps are enlarged 8 times, bilinearly and without aligned corners; and the label of a pixel is the class with the largest score there. Now one thing is changed:
#
# | | change |
# |---|---|
# | A | a softmax over the classes acts on the enlarged scores |
# | B | a softmax over the classes acts on the scores before they are enlarged |
# | C | at each pixel a number, another one at each pixel, is added to the enlarged scores of all classes |
# | D | the feature maps are enlarged, and the 1×1 convolution acts behind that |
# | E | the feature maps are enlarged before their ReLU, and ReLU and 1×1 convolution act behind that |
# | F | the label of each place is chosen before, and the labels are enlarged 8 times: each fills 8×8 pixels |
# | G | the weights and the biases of the 1×1 convolution are multiplied by 3 |
# | H | the logarithm of its share of the training pixels is subtracted from each class's scores |
# | I | the maps are enlarged in three steps of 2 times, each of them bilinear |
# | J | at each place the mean over the classes is subtracted from the scores before they are enlarged |
#
# Predict **the five that leave every label as it is** but for rounding and ties, whatever the picture and the weights are, and give their letters as a list of texts, in any order. Whether they are right is only judged after handing in; then try the ten with random feature maps.
#
# <details><summary>Hint</summary>
#
# Bilinear interpolation gives each pixel a weighted mean of four places, with weights that add up to one and are the same for all channels. What may be exchanged with a weighted mean, and what may not?
#
# </details>


# %% unchanged
def unchanged() -> list[str]:
    """The letters of the five changes that leave all labels as they are."""
    ### BEGIN SOLUTION
    return ["A", "C", "D", "G", "J"]
    ### END SOLUTION


# %% test_unchanged points=2
check.chosen("five of A to J", lambda: unchanged(), "ABCDEFGHIJ", count=5)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import choice, seal

seal("the five letters", list(unchanged()), rule=choice(*"ABCDEFGHIJ", count=5))
### END HIDDEN TESTS

# %% [markdown]
# ## 10.2 Picture and labels turned together
# *Find the bug · 3 points · effort ●● · about 20 minutes*
#
# A picture may be turned, sheared and enlarged to have one more training example, if its labels go along. `theta` holds an affine map for each picture, as `F.affine_grid` takes it: it gives for each pixel of the result the place in the old picture, in coordinates that are $-1$ and $1$ at the outer *edges* of the picture (`align_corners=False`).
#
# - The picture is interpolated bilinearly, with zeros outside.
# - Each pixel's label is the label of the nearest pixel of the old picture. Labels stay whole numbers of those that came in.
# - Where the nearest pixel would lie outside of the old picture, nobody knows the label: there it is `VOID`, which the old labels may hold, too.
#
# The next cell has **three faults**. Write the function without them.
#
# <details><summary>Hint</summary>
#
# Which mode is the default of `F.grid_sample`, and what does it do to the labels 1 and 3? What is put outside, and which class is that? And do both functions mean the same corners?
#
# </details>


# %%
def faulty_turn(x: Tensor, y: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures and labels under an affine map, with three faults."""
    grid = F.affine_grid(theta, list(x.shape), align_corners=True)
    turned = F.grid_sample(x, grid, align_corners=False)
    labels = F.grid_sample(y[:, None].double(), grid, align_corners=False)
    return turned, labels[:, 0].round().long()


# %% by_pixel
def by_pixel(x: Tensor, y: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
    """For the check: the same, pixel by pixel."""
    (n, _, h, w), pictures, labels = x.shape, torch.zeros_like(x), torch.full_like(y, VOID)
    for b in range(n):
        for i in range(h):
            for j in range(w):
                at = torch.tensor([(2 * j + 1) / w - 1, (2 * i + 1) / h - 1, 1]).double()
                u, v = (theta[b] @ at).tolist()
                column, row = ((u + 1) * w - 1) / 2, ((v + 1) * h - 1) / 2
                for a in (math.floor(row), math.floor(row) + 1):
                    for e in (math.floor(column), math.floor(column) + 1):
                        if 0 <= a < h and 0 <= e < w:
                            share = (1 - abs(row - a)) * (1 - abs(column - e))
                            pictures[b, :, i, j] += share * x[b, :, a, e]
                if 0 <= round(row) < h and 0 <= round(column) < w:
                    labels[b, i, j] = y[b, round(row), round(column)]
    return pictures, labels


# %% turn
def turn(x: Tensor, y: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
    """x: (n, c, h, w), y: (n, h, w) int64, theta: (n, 2, 3) -> pictures (n, c, h, w), labels (n, h, w) int64"""
    ### BEGIN SOLUTION
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    pictures = F.grid_sample(x, grid, align_corners=False)
    shifted = (y[:, None] - VOID).double()  # zero, which is put outside, stands for VOID
    labels = F.grid_sample(shifted, grid, mode="nearest", align_corners=False)
    return pictures, labels[:, 0].round().long() + VOID
    ### END SOLUTION


# %% test_turn points=3
rng = torch.Generator().manual_seed(102)
x, y = uniform(rng, 3, 2, 7, 10), whole(rng, 5, 3, 7, 10)
y[0, 2, 3:6] = VOID
theta = torch.tensor([[[0.8, -0.5, 0.1], [0.6, 0.9, -0.2]]]).double().repeat(3, 1, 1)
theta[1] = torch.tensor([[-0.37, 0.21, 0.05], [0.13, 0.43, 0.11]])
theta[2, 0, 2] = 0.61
pictures, labels = by_pixel(x, y, theta)
check.close("pictures", lambda: turn(x, y, theta)[0], pictures)
check.close("labels", lambda: turn(x, y, theta)[1], labels)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, c, h, w in ((2, 3, 9, 5), (4, 1, 6, 13)):
    x, y = uniform(rng, n, c, h, w) - 0.3, whole(rng, 7, n, h, w)
    y[:, 1, 2:4] = VOID
    theta = torch.eye(2, 3).double() + 0.5 * normal(rng, n, 2, 3)
    pictures, labels = turn(x, y, theta)
    seal(f"{n} pictures of {h} x {w}, and the inputs afterwards", [labels, pictures, x, y])
x, y = uniform(rng, 3, 2, 4, 7) + 1, whole(rng, 3, 3, 4, 7)
far = torch.tensor([[0.9, 0.1, 7.0], [-0.2, 0.8, 0.3]]).double().expand(3, 2, 3)
seal("all outside", list(turn(x, y, far)))
### END HIDDEN TESTS

# %% [markdown]
# ## 10.3 Pixels that nobody labelled
# *Write · 2 points · effort ●● · about 15 minutes*
#
# Annotators leave pixels out, at edges above all. Such a pixel has the label `VOID`, and the loss is a mean over the others, with a weight $w_k$ for each class:
#
# $$ L = \frac{\sum_{q:\, y_q \neq \text{VOID}} w_{y_q} \big(-\log \operatorname{softmax}(\mathbf z_q)_{y_q}\big)}{\sum_{q:\, y_q \neq \text{VOID}} w_{y_q}} $$
#
# The sums run over the pixels $q$ of all pictures of the batch.
#
# - Whatever the logits of void pixels are, even `nan`, must not reach $L$ nor, by way of $L$, any gradient.
# - Where the denominator is 0 (all pixels are void, or those labelled have the weight 0), $L$ is 0.
# - Logits of a size of 1,000 give no `inf` and no `nan`.
#
# `F.cross_entropy`, `F.nll_loss` and their modules may not be used; `log_softmax` may.
#
# <details><summary>Hint</summary>
#
# `Z.movedim(1, -1)` has the classes last. Then a mask of the shape $(n, h, w)$ picks the pixels, each with its $C$ logits. A number that is multiplied by 0 is not 0 if it is `nan`.
#
# </details>


# %% with_gradient
def with_gradient(loss: Callable, Z: Tensor, y: Tensor, w: Tensor) -> list[Tensor]:
    """For the check: the loss, and its gradient with respect to the logits."""
    Z = Z.clone().requires_grad_()
    L = loss(Z, y, w)
    known = L.requires_grad  # a plain 0 where all pixels are void is right, too
    return [L.detach(), torch.autograd.grad(L, Z)[0] if known else torch.zeros_like(Z)]


def by_torch(Z: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """For the check: torch's own, which is nan where nothing is labelled."""
    return F.cross_entropy(Z, y, weight=w, ignore_index=VOID)


# %% void_loss
def void_loss(Z: Tensor, y: Tensor, w: Tensor) -> Tensor:
    """Z: (n, C, h, w), y: (n, h, w) int64, 0 to C - 1 or VOID, w: (C,), not negative -> ()"""
    ### BEGIN SOLUTION
    seen = y != VOID
    z, t = Z.movedim(1, -1)[seen], y[seen]  # (m, C), (m,)
    losses = -z.log_softmax(dim=1)[torch.arange(len(t)), t]
    total = w[t].sum()
    return (w[t] * losses).sum() / torch.where(total > 0, total, 1)
    ### END SOLUTION


# %% test_void_loss points=2
rng = torch.Generator().manual_seed(103)
Z, y, w = 3 * normal(rng, 2, 5, 4, 7), whole(rng, 5, 2, 4, 7), 3 * uniform(rng, 5)
y[0, 1:, 2:5], y[1, 3] = VOID, VOID
L = by_torch(Z, y, w)
check.close(
    "weights, and void pixels; weights a thousandth as large",
    lambda: [void_loss(Z, y, w), void_loss(Z, y, w / 1000)],
    [L, L],
)
V = Z.masked_fill((y == VOID)[:, None], torch.nan)
check.close(
    "nan at the void pixels: the loss and its gradient",
    lambda: with_gradient(void_loss, V, y, w),
    with_gradient(by_torch, Z, y, w),
)
nothing, ones = torch.full_like(y, VOID), torch.where(y == VOID, VOID, 1)
check.close(
    "all void; labels of weight 0 alone; logits of 1,000",
    lambda: [
        void_loss(Z, nothing, w),
        void_loss(Z, ones, w * torch.tensor([1, 0, 1, 1, 1])),
        void_loss(1000 * Z, y, w),
    ],
    [Z.sum() * 0, Z.sum() * 0, by_torch(1000 * Z, y, w)],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("cross_entropy")
rng = torch.default_generator
for n, C, h, k in ((3, 4, 5, 2), (2, 7, 3, 6), (5, 2, 1, 4)):
    Z, y, w = 2 * normal(rng, n, C, h, k), whole(rng, C, n, h, k), 0.2 + uniform(rng, C)
    y[whole(rng, 3, n, h, k) == 0] = VOID
    y[0, 0, 0], y[1, 0, 1] = VOID, C - 1
    V = Z.masked_fill((y == VOID)[:, None], torch.nan)
    found = with_gradient(void_loss, Z, y, w) + with_gradient(void_loss, V, y, w)
    found += [void_loss(900 * Z, y, w), void_loss(Z, y, w / 900)]
    one = torch.where(y == VOID, VOID, 1)  # a single class, which has no weight
    found += with_gradient(void_loss, Z, torch.full_like(y, VOID), w)
    found += with_gradient(void_loss, V, one, w * (torch.arange(C) != 1))
    seal(f"{n} pictures, {C} classes, and the inputs afterwards", [*found, Z, y, w])
### END HIDDEN TESTS

# %% [markdown]
# ## 10.4 The gradient of the Dice loss
# *Derive · 3 points · effort ●●● · about 25 minutes*
#
# Where an object covers few pixels, cross-entropy is mostly about the background. V-Net (Milletari, Navab and Ahmadi, 2016) is trained with an overlap instead. For one class against the rest, with logits $z$, probabilities $p = \sigma(z)$ and targets $t$ from 0 to 1 (an edge may be uncertain), take for picture $i$, with a number $\varepsilon > 0$,
#
# $$ D_i = \frac{2 \sum_q p_{iq}\, t_{iq} + \varepsilon}{\sum_q p_{iq}^2 + \sum_q t_{iq}^2 + \varepsilon}, \qquad L = \frac1n \sum_{i=1}^n (1 - D_i) . $$
#
# The sums run over the pixels $q$ of one picture. Derive $\partial L / \partial z$ and give it as code, for a batch. No automatic differentiation.
#
# Then look at the result for a picture without the object ($t = 0$): which way does the gradient push the logits, and what becomes of it if $\varepsilon = 0$?
#
# <details><summary>Hint</summary>
#
# Write $D = A / B$ and use $\mathrm dD = (B\, \mathrm dA - A\, \mathrm dB) / B^2$; then $\sigma' = \sigma (1 - \sigma)$.
#
# </details>


# %% dice
def dice(z: Tensor, t: Tensor, eps: float) -> Tensor:
    """For the check: the loss.   z, t: (n, h, w) -> ()"""
    p = z.sigmoid()
    A = 2 * (p * t).sum(dim=(1, 2)) + eps
    B = (p**2).sum(dim=(1, 2)) + (t**2).sum(dim=(1, 2)) + eps
    return (1 - A / B).mean()


# %% dice_gradient
def dice_gradient(z: Tensor, t: Tensor, eps: float) -> Tensor:
    """z: (n, h, w), t: (n, h, w), from 0 to 1 -> the gradient of L with respect to z (n, h, w)"""
    ### BEGIN SOLUTION
    p = z.sigmoid()
    A = 2 * (p * t).sum(dim=(1, 2), keepdim=True) + eps
    B = (p**2 + t**2).sum(dim=(1, 2), keepdim=True) + eps
    dD = (2 * t * B - 2 * p * A) / B**2  # with respect to p
    return -dD * p * (1 - p) / len(z)
    ### END SOLUTION


# %% test_dice_gradient points=3
rng = torch.Generator().manual_seed(104)
z, t = 2 * normal(rng, 3, 4, 6), (uniform(rng, 3, 4, 6) < 0.4).double()
t[0, 1:3, 2:4], t[2] = 0.3, 0
z.requires_grad_()
gradient = torch.autograd.grad(dice(z, t, 0.7), z)[0]
check.close("gradient", lambda: dice_gradient(z.detach(), t, 0.7), gradient)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
for n, h, k, eps in ((4, 3, 5, 0.1), (2, 7, 2, 1.9), (5, 1, 3, 0.01)):
    z, t = 3 * normal(rng, n, h, k), uniform(rng, n, h, k).round(decimals=1)
    t[1] = 0
    seal(
        f"{n} pictures of {h} x {k}, and the inputs afterwards",
        [dice_gradient(z, t, eps), z, t],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 10.5 A head from another library as a convolution
# *Write · 2 points · effort ●● · about 20 minutes*
#
# The head of a classifier flattens feature maps of $h \times w$ places with the channels *last*, as TensorFlow does: number $(i w + j)\, c + k$ of the flat vector is channel $k$ at row $i$, column $j$. A dense layer with the weights `W` and the biases `b` and batch normalisation in evaluation mode follow:
#
# $$ \mathbf y = \operatorname{BN}(W \mathbf f + \mathbf b) $$
#
# Give the kernels $(m, c, h, w)$ and the biases $(m)$ of *one* convolution that does the same at every place of larger feature maps, so that the batch normalisation is no step of its own any more. `norm` is an `nn.BatchNorm1d`, which stays as it is and may be in training mode when it comes in. The result belongs to no graph: neither tensor requires gradients.
#
# <details><summary>Hint</summary>
#
# In evaluation mode batch normalisation is an affine map of each unit: $y_u = g_u\, x_u + s_u$. Work out $g$ and $s$ from `norm.weight`, `norm.bias`, `norm.running_mean`, `norm.running_var` and `norm.eps`, and put them into the dense layer first. `permute` brings the channels to their place.
#
# </details>


# %% head
def normalisation(rng: torch.Generator, m: int, eps: float) -> nn.BatchNorm1d:
    """For the check: batch normalisation with numbers of its own in all places."""
    norm = nn.BatchNorm1d(m, eps=eps, dtype=torch.float64)
    with torch.no_grad():
        norm.weight.copy_(normal(rng, m))
        norm.bias.copy_(normal(rng, m))
        norm.running_mean.copy_(normal(rng, m))
        norm.running_var.copy_(0.1 + uniform(rng, m))
    return norm


def place_by_place(
    A: Tensor, W: Tensor, b: Tensor, norm: nn.BatchNorm1d, h: int, w: int
) -> Tensor:
    """For the check: the head on each window of h x w places.   A: (n, c, H, W) -> (n, m, rows, columns)"""
    rows, columns = A.shape[2] - h + 1, A.shape[3] - w + 1
    windows = [
        A[:, :, i : i + h, j : j + w].permute(0, 2, 3, 1).flatten(1)
        for i in range(rows)
        for j in range(columns)
    ]
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    y = [(f @ W.T + b - norm.running_mean) * scale + norm.bias for f in windows]
    return torch.stack(y, dim=2).reshape(len(A), len(b), rows, columns).detach()


# %% head_to_conv
def head_to_conv(
    W: Tensor, b: Tensor, norm: nn.BatchNorm1d, c: int, h: int, w: int
) -> tuple[Tensor, Tensor]:
    """W: (m, h * w * c), b: (m,) -> kernels (m, c, h, w), biases (m,)"""
    ### BEGIN SOLUTION
    scale = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
    kernels = (scale[:, None] * W.detach()).reshape(-1, h, w, c).permute(0, 3, 1, 2)
    return kernels, scale * (b.detach() - norm.running_mean) + norm.bias.detach()
    ### END SOLUTION


# %% test_head_to_conv points=2
rng = torch.Generator().manual_seed(105)
A, W, b, norm = (
    normal(rng, 2, 5, 6, 9),
    normal(rng, 7, 3 * 4 * 5),
    normal(rng, 7),
    normalisation(rng, 7, 0.2),
)
y = place_by_place(A, W, b, norm, 3, 4)
check.close(
    "the head at every place", lambda: F.conv2d(A, *head_to_conv(W, b, norm, 5, 3, 4)), y
)
mean = norm.running_mean.clone()
check.close(
    "one place, with parameters; what requires gradients; the layer afterwards",
    lambda: [
        F.conv2d(
            A[:, :, :3, :4], *head_to_conv(nn.Parameter(W), nn.Parameter(b), norm, 5, 3, 4)
        ),
        *(
            t.requires_grad
            for t in head_to_conv(nn.Parameter(W), nn.Parameter(b), norm, 5, 3, 4)
        ),
        norm.training,
        norm.running_mean,
    ],
    [y[:, :, :1, :1], False, False, True, mean],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for m, c, h, w, eps in ((4, 3, 2, 5, 0.5), (6, 1, 4, 3, 1e-5), (3, 7, 1, 2, 0.1)):
    W, b, norm = normal(rng, m, c * h * w), normal(rng, m), normalisation(rng, m, eps)
    kernels, biases = head_to_conv(nn.Parameter(W), nn.Parameter(b), norm, c, h, w)
    after = [p.detach() for p in (*norm.parameters(), norm.running_mean, norm.running_var)]
    graph = [kernels.requires_grad, biases.requires_grad, norm.training]
    seal(
        f"{m} units on {c} channels of {h} x {w}, and what is left behind",
        [kernels.detach(), biases.detach(), *graph, *after, W, b],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 10.6 How often a place is written
# *Derive · 2 points · effort ●● · about 20 minutes*
#
# A transposed convolution puts a kernel down for each number of its input, in steps of the stride $s$, and adds up what overlaps. If some places are written by more numbers than their neighbours, the output shows a **checkerboard** (Odena, Dumoulin and Olah, 2016). Along one axis, with $n$ numbers, a kernel of $k$ and the padding $p$, which cuts $p$ places off at both ends, the output has $(n - 1) s + k - 2p$ places.
#
# Derive how many numbers of the input write to place $j$ of the output, as a formula in $j$, $n$, $k$, $s$ and $p$, and give the counts of a whole picture as whole numbers: the kernel is a rectangle, so that the count at $(i, j)$ is a product. Kernel, stride and padding may differ along the two axes; a stride may be larger than the kernel, and then some places are never written. No convolution of any kind, no `fold` or `unfold`, and no loop over places.
#
# Then find the condition on $k$ and $s$ under which all counts in the middle of a large picture are equal.
#
# <details><summary>Hint</summary>
#
# Before the padding is cut off, number $a$ writes to the places $a s, \dots, a s + k - 1$. For which $a$ does place $j + p$ lie among them? There is a smallest and a largest one, and both are bounded by $0$ and $n - 1$.
#
# </details>


# %% counts
def counts(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
) -> Tensor:
    """How many of the (h, w) inputs write to each place of the output.   -> (h', w') int64"""
    ### BEGIN SOLUTION
    along = []
    for n, k, s, p in zip(size, kernel, stride, padding, strict=True):
        place = torch.arange(p, (n - 1) * s + k - p)
        first = ((place - k + s) // s).clamp(min=0)
        last = (place // s).clamp(max=n - 1)
        along.append(last - first + 1)
    return along[0][:, None] * along[1]
    ### END SOLUTION


# %% test_counts points=2
cases = [
    ((5, 4), (3, 5), (2, 3), (1, 2)),
    ((3, 6), (2, 7), (3, 2), (0, 1)),
    ((2, 4), (9, 2), (4, 1), (3, 0)),
]
written = [
    F.conv_transpose2d(torch.ones(1, 1, *n), torch.ones(1, 1, *k), stride=s, padding=p)
    for n, k, s, p in cases
]
check.close(
    "three pictures",
    lambda: [counts(*case) for case in cases],
    [w[0, 0].round().long() for w in written],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "conv_transpose2d", "fold", "unfold", "autograd")
for name, low in (("kernels up to 6", 2), ("one row, or one column", 1)):
    found = [counts((4, 3), (3, 8), (5, 3), (1, 2)), counts((3, 5), (7, 4), (2, 2), (0, 1))]
    for axis in (0, 1):
        n, k, s = (torch.randint(low, 7, (2,)).tolist() for _ in range(3))
        if low == 1:
            n[axis], s[1 - axis] = 1, k[1 - axis] + 2
        p = [int(torch.randint(0, (length + 1) // 2, ())) for length in k]
        found.append(counts(tuple(n), tuple(k), tuple(s), tuple(p)))
    seal(name, found)
### END HIDDEN TESTS

# %% [markdown]
# ## 10.7 The join of a U-Net
# *Find the bug · 2 points · effort ●● · about 15 minutes*
#
# Pooling halves 37 rows to 18, and enlarging them gives 36: the maps of the way up are smaller than those of the skip connection, by $d$ rows and $e$ columns. A join is meant to put the maps `up` into a frame of zeros of the skip's size, with $\lfloor d/2 \rfloor$ rows of zeros above and the others below, $\lfloor e/2 \rfloor$ columns to the left and the others to the right, and to put the channels of the skip *first*. There are **three faults** in the next cell. Write the function without them.
#
# Where `up` has more rows or columns than the skip, a `ValueError` says so.
#
# <details><summary>Hint</summary>
#
# With which axis does `F.pad` begin? And how many rows are added if $d = 1$?
#
# </details>


# %%
def faulty_join(up: Tensor, skip: Tensor) -> Tensor:
    """A U-Net's join, with three faults."""
    d = skip.shape[2] - up.shape[2]
    e = skip.shape[3] - up.shape[3]
    if d + e < 0:
        raise ValueError(f"up is {-d} rows and {-e} columns larger than skip")
    framed = F.pad(up, (d // 2, d - d // 2, e // 2, e - e // 2))
    return torch.cat([framed, skip], dim=1)


# %% join
def join(up: Tensor, skip: Tensor) -> Tensor:
    """up: (n, a, h, w), skip: (n, b, h + d, w + e) -> (n, b + a, h + d, w + e)"""
    ### BEGIN SOLUTION
    d, e = skip.shape[2] - up.shape[2], skip.shape[3] - up.shape[3]
    if min(d, e) < 0:
        raise ValueError(f"up is larger than skip, by {-d} rows and {-e} columns")
    framed = F.pad(up, (e // 2, e - e // 2, d // 2, d - d // 2))
    return torch.cat([skip, framed], dim=1)
    ### END SOLUTION


# %% test_join points=2
rng = torch.Generator().manual_seed(107)
up, skip = normal(rng, 2, 3, 4, 5), normal(rng, 2, 4, 9, 7)
framed = torch.zeros(2, 3, 9, 7).double()
framed[:, :, 2:6, 1:6] = up
check.close(
    "five rows and two columns are missing",
    lambda: join(up, skip),
    torch.cat([skip, framed], dim=1),
)
check.close(
    "one column is missing; nothing is missing",
    lambda: [join(up, skip[:, :, :4, :6]), join(up, skip[:, :, :4, :5])],
    [
        torch.cat([skip[:, :, :4, :6], F.pad(up, (0, 1))], dim=1),
        torch.cat([skip[:, :, :4, :5], up], dim=1),
    ],
)
check.raises("too many rows", ValueError, lambda: join(up, skip[:, :, :3]))
check.raises("too many columns", ValueError, lambda: join(up, skip[:, :, :, :4]))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def refused(up: Tensor, skip: Tensor) -> int:
    """1 for a ValueError, 0 for none."""
    try:
        join(up, skip)
    except ValueError:
        return 1
    return 0


rng = torch.default_generator
for n, a, b, d, e in ((3, 2, 5, 5, 0), (2, 6, 1, 1, 3), (4, 1, 2, 2, 7)):
    up, skip = normal(rng, n, a, 3, 4), normal(rng, n, b, 3 + d, 4 + e)
    sizes = [(2, 8), (8, 2), (2, 3), (3, 4), (3, 3), (2, 4), (5, 4)]
    no = [refused(up, normal(rng, n, b, h, w)) for h, w in sizes]
    seal(
        f"{d} rows and {e} columns are missing, what is refused, and the inputs afterwards",
        [join(up, skip), no, up, skip],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 10.8 Panoptic quality
# *Write · 2 points · effort ●● · about 20 minutes*
#
# mIoU cannot see whether two discs that touch were told apart. For instances, Kirillov et al. (2019) match what was found with what is there: a found instance and a true one are a pair if their IoU is *larger* than $\frac12$; no instance can have that with two partners. With the set $TP$ of pairs, $FP$ found instances without a partner and $FN$ true ones without a partner,
#
# $$ PQ = \frac{\sum_{(a, b) \in TP} \operatorname{IoU}(a, b)}{|TP| + \frac12 |FP| + \frac12 |FN|} $$
#
# Write it for instances of one class in one picture. In each of the two maps a pixel has the number of its instance, and 0 where there is none. Numbers may be left out, and instance 7 of one map need not be 7 of the other. If there is no instance in either map, $PQ$ is 1; if there is one in only one of them, it is 0.
#
# <details><summary>Hint</summary>
#
# `found.unique()` lists the numbers. How is the denominator related to the number of instances in the two maps?
#
# </details>


# %% panoptic_quality
def panoptic_quality(found: Tensor, true: Tensor) -> float:
    """found, true: (h, w) int64, the number of an instance or 0 -> PQ, 0..1"""
    ### BEGIN SOLUTION
    parts = [[m == k for k in m.unique() if k != 0] for m in (found, true)]
    if not parts[0] and not parts[1]:
        return 1.0
    overlaps = [float((a & b).sum() / (a | b).sum()) for a in parts[0] for b in parts[1]]
    matched = sum(iou for iou in overlaps if iou > 0.5)
    return matched / ((len(parts[0]) + len(parts[1])) / 2)
    ### END SOLUTION


# %% test_panoptic_quality points=2
true, found = torch.zeros(9, 12).long(), torch.zeros(9, 12).long()
true[:3, :4], found[:3, :3] = 4, 9  # IoU 9 / 12
true[:3, 5:9], found[:3, 5:7] = 2, 4  # exactly one half
true[5:8, :5], found[5:8, 1:7] = 7, 2  # 12 / 21
true[5:9, 8:], found[5:9, 9:] = 1, 12  # 12 / 16
found[8, :4] = 3  # nothing is there
true[4, 9:], found[4, 11:] = 8, 6  # 1 / 3
true[0, 10:], true[4, :2] = 5, 11  # missed
nothing = torch.zeros_like(true)
check.close(
    "three pairs, and others",
    lambda: panoptic_quality(found, true),
    2 * (1.5 + 12 / 21) / 13,
)
check.close(
    "the maps exchanged; a map and itself; no instance found; none there; none at all",
    lambda: [
        panoptic_quality(true, found),
        panoptic_quality(found, found),
        panoptic_quality(nothing, true),
        panoptic_quality(found, nothing),
        panoptic_quality(nothing, nothing),
    ],
    [2 * (1.5 + 12 / 21) / 13, 1.0, 0.0, 0.0, 1.0],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def drawn(h: int, w: int, k: int) -> tuple[Tensor, Tensor]:
    """A map of k bars with numbers of their own, and another one: cut, moved, renamed."""
    true, found, names = (
        torch.zeros(h, w).long(),
        torch.zeros(h, w).long(),
        torch.randperm(50),
    )
    for a in range(k):
        left, right = a * w // k, (a + 1) * w // k
        true[: h - 1 - a % 2, left:right] = names[2 * a] + 1
        cut = int(torch.randint(0, h // 2 + 2, ()))
        if a % 4 != 3:
            found[cut : h - 1, left:right] = names[2 * a + 1] + 1
    found[h - 1, : w // 3], found[h - 1, w // 2 :] = 60, 61
    return found, true


half = torch.zeros(4, 6).long()
half[:, :3], half[:, 4:] = 3, 8
other = half.clone()
other[:2, :3] = 0
empty = torch.zeros(3, 5).long()
for h, w, k in ((9, 20, 4), (8, 33, 7), (11, 15, 5)):
    found, true = drawn(h, w, k)
    some = [panoptic_quality(found, true), panoptic_quality(true, found)]
    same = [panoptic_quality(true, true), panoptic_quality(empty, empty)]
    same += [panoptic_quality(found, 0 * true), panoptic_quality(0 * found, true)]
    same.append(panoptic_quality(other, half))  # exactly one half
    seal(f"{k} bars in {h} x {w}, and the maps afterwards", [*some, *same, found, true])
### END HIDDEN TESTS

# %% [markdown]
# ## 10.9 A coarse map and a picture
# *Go beyond · 2 points · effort ●●● · about 30 minutes*
#
# A network at stride 8 can be right about *what* and yet not about *where*. Here you get the best coarse map that there can be: for each block of $8 \times 8$ pixels the share of each of three classes. Beside it stands the picture itself, in full size. Each object has one colour, a class has objects of several colours, and there is noise on every pixel.
#
# Give the label of every pixel, by any method: **at least 95 %** of the pixels must be right, of four pictures together here, and of eight fresh ones together after handing in. The coarse map alone, enlarged bilinearly, reaches about 92 %. One second for a picture is plenty.
#
# <details><summary>Hint</summary>
#
# Two pixels near each other whose colours are alike mostly belong to one object. In enlarging, what else but the distance could the weights of a weighted mean depend on? Alternatively: what do you know about the colours of a class, once you have a first guess of where it is?
#
# </details>


# %% scenes
def scene(rng: torch.Generator, h: int, w: int) -> tuple[Tensor, Tensor, Tensor]:
    """For the check: a picture (3, h, w), its coarse map (3, h / 8, w / 8), its labels (h, w)."""
    colours = uniform(rng, 5, 3)
    while torch.pdist(colours).min() < 0.5:
        colours = uniform(rng, 5, 3)
    rows, columns = torch.arange(h).double()[:, None], torch.arange(w).double()
    picture, labels = colours[0][:, None, None].repeat(1, h, w), torch.zeros(h, w).long()
    for k in range(5):
        i, j, short, long, angle = uniform(rng, 5).tolist()
        di, dj, angle = rows - 4 - (h - 8) * i, columns - 4 - (w - 8) * j, math.pi * angle
        along = (dj * math.cos(angle) + di * math.sin(angle)) / (9 + 6 * long)
        across = (di * math.cos(angle) - dj * math.sin(angle)) / (6 + 3 * short)
        inside = along**2 + across**2 < 1
        labels[inside] = 1 + k % 2
        picture[:, inside] = colours[1 + k % 4][:, None]
    coarse = F.avg_pool2d(F.one_hot(labels, 3).double().permute(2, 0, 1), 8)
    return picture + 0.08 * normal(rng, 3, h, w), coarse, labels


# %% share_right
def share_right(refine: Callable[[Tensor, Tensor], Tensor], seeds: list[int]) -> Tensor:
    """For the check: the share of pixels with the right label, in all pictures together."""
    right = []
    for seed in seeds:
        picture, coarse, labels = scene(torch.Generator().manual_seed(seed), 40, 56)
        right.append(refine(picture, coarse) == labels)
    return torch.stack(right).double().mean()


# %% refine
def refine(picture: Tensor, coarse: Tensor) -> Tensor:
    """picture: (3, h, w), coarse: (3, h / 8, w / 8), shares of three classes -> labels (h, w) int64"""
    ### BEGIN SOLUTION
    h, w = picture.shape[1:]
    p = F.interpolate(coarse[None], (h, w), mode="bilinear", align_corners=False)
    around = [F.unfold(m, 17, padding=8).view(3, -1, h * w) for m in (picture[None], p)]
    unlike = (around[0] - picture.view(3, 1, -1)).square().sum(0)
    return ((-unlike / 0.08).exp() * around[1]).sum(1).argmax(0).view(h, w)
    ### END SOLUTION


# %% test_refine points=2
check.close(
    "share missing to 95 % in four pictures",
    lambda: (0.95 - share_right(refine, [11, 12, 13, 14])).clamp(min=0),
    torch.tensor(0.0).double(),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import agree, seal

for h, w in ((40, 56), (48, 40)):
    scenes = [scene(torch.default_generator, h, w) for _ in range(8)]
    seal(
        f"eight pictures of {h} x {w}",
        torch.stack([refine(picture, coarse) for picture, coarse, _ in scenes]),
        rule=agree(0.95, target=torch.stack([labels for *_, labels in scenes])),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
