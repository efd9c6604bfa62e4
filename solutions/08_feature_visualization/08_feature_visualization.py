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
# # Exercises 8: pictures by gradients
#
# Eight exercises, 20 points, to [chapter 8](../../chapters/08_feature_visualization.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# Everything is in float64. Matrix products, `torch.linalg` and pooling are allowed unless a task says otherwise. As in the chapter, $C$ is the number of channels of a layer and $M$ the number of its places.

# %% setup
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils import check


def normal(rng: torch.Generator, *size: int) -> Tensor:
    """Normal random numbers in float64."""
    return torch.randn(size, generator=rng, dtype=torch.float64)


# %% [markdown]
# ## 8.1 The gradient of the style loss
# *Derive · 3 points · effort ●●● · about 25 minutes*
#
# A layer has the pre-activations $Z$ and the activations $A = \max(Z, 0)$, both of shape $(C, M)$ for one picture. With the Gram matrix $S$ of the style picture, which is symmetric, the style loss of the layer is
#
# $$ \ell = \gamma \sum_{a,b} (G_{ab} - S_{ab})^2, \qquad G = \frac{1}{M}\, A A^{\mathsf T} $$
#
# Derive $\partial \ell / \partial Z$ with the chain rule and give it as code, for a batch: each picture has its own loss, and $S$ and $\gamma$ are the same for all. Where $Z$ is exactly 0, take the slope of the ReLU as 0. No automatic differentiation.
#
# <details><summary>Hint</summary>
#
# Begin with $\partial\ell/\partial G$. In how many entries of $G$ does $A_{ck}$ stand, and how often? Row $c$ and column $c$ have the same entries.
#
# </details>


# %% style_gradient
def style_gradient(Z: Tensor, S: Tensor, gamma: float) -> Tensor:
    """The gradient of the style loss.   Z: (n, C, M), S: (C, C), symmetric -> (n, C, M)"""
    ### BEGIN SOLUTION
    A = Z.clamp(min=0)
    G = A @ A.mT / Z.shape[2]
    return 4 * gamma / Z.shape[2] * (G - S) @ A * (Z > 0)
    ### END SOLUTION


# %% test_style_gradient points=3
rng = torch.Generator().manual_seed(81)
Z, other = normal(rng, 3, 5, 7), normal(rng, 5, 6)
Z[0, 1, 2], S = 0, other @ other.T / 6
leaf = Z.clone().requires_grad_()
G = torch.einsum("nak, nbk -> nab", leaf.relu(), leaf.relu()) / 7
expected = torch.autograd.grad(1.5 * (G - S).square().sum(), leaf)[0]
check.close("dl/dZ", lambda: style_gradient(Z, S, 1.5), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
for n, C, M, gamma in ((3, 4, 6, 0.7), (1, 5, 2, 3.0), (2, 1, 9, 0.2), (2, 3, 1, 1.3)):
    Z, other = 2 * normal(rng, n, C, M), normal(rng, C, M + 3)
    Z[0, 0, 0] = 0
    S = other @ other.T
    seal(
        f"{n} pictures, {C} channels, {M} places, and the inputs afterwards",
        [style_gradient(Z, S, gamma), Z, S],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 8.2 The gradient of a smoothness term
# *Derive · 2 points · effort ●● · about 15 minutes*
#
# A relative of the total variation sums the *squared* differences of neighbouring pixels, over all pictures and channels:
#
# $$ R(\mathbf x) = \sum_{i,j} (x_{i+1,j} - x_{i,j})^2 + \sum_{i,j} (x_{i,j+1} - x_{i,j})^2 $$
#
# There are only differences between pixels of the picture. Derive $\partial R/\partial x_{ij}$, at the border too, and give it as code, without automatic differentiation and without convolutions. A picture may have one row or one column.
#
# <details><summary>Hint</summary>
#
# Each difference $d$ holds two pixels: it adds $2d$ to the gradient at one of them and $-2d$ at the other. `torch.diff` gives all differences along an axis.
#
# </details>


# %% smoothness_gradient
def smoothness_gradient(x: Tensor) -> Tensor:
    """The gradient of the sum of squared differences.   (n, c, h, w) -> (n, c, h, w)"""
    ### BEGIN SOLUTION
    down, across = x.diff(dim=2), x.diff(dim=3)
    dx = torch.zeros_like(x)
    dx[:, :, 1:] += 2 * down
    dx[:, :, :-1] -= 2 * down
    dx[:, :, :, 1:] += 2 * across
    dx[:, :, :, :-1] -= 2 * across
    return dx
    ### END SOLUTION


# %% test_smoothness_gradient points=2
x = normal(torch.Generator().manual_seed(82), 3, 2, 5, 4)
leaf = x.clone().requires_grad_()
vertical = (leaf[:, :, 1:] - leaf[:, :, :-1]).square().sum()
horizontal = (leaf[..., 1:] - leaf[..., :-1]).square().sum()
expected = torch.autograd.grad(vertical + horizontal, leaf)[0]
check.close("dR/dx", lambda: smoothness_gradient(x), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd", "conv2d")
rng = torch.default_generator
for size in ((3, 2, 6, 7), (1, 1, 1, 5), (2, 1, 4, 1), (1, 3, 1, 1)):
    x = normal(rng, *size)
    seal(
        f"pictures of shape {size}, and the inputs afterwards", [smoothness_gradient(x), x]
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 8.3 The style of a region
# *Write · 3 points · effort ●● · about 20 minutes*
#
# To paint the sky in one style and the ground in another, a Gram matrix has to belong to a region (Gatys et al. 2017). A mask of the picture's size, $(H, W)$ with numbers from 0 to 1, says how much of each pixel is in the region.
#
# 1. Bring the mask to the size $(h, w)$ of the feature maps: each place gets the mean of the mask over its part of the picture, as `F.adaptive_avg_pool2d` takes it. These are the weights $m_k$.
# 2. The Gram matrix of the region is the weighted mean of the products:
#
# $$ G_{ab} = \frac{\sum_k m_k\, F_{ak}\, F_{bk}}{\sum_k m_k} $$
#
# For a mask of zeros, the matrix is zero. The mask is the same for all pictures of the batch.
#
# <details><summary>Hint</summary>
#
# `F.adaptive_avg_pool2d` wants an axis for the channels: `mask[None]`. Flatten weights and maps in the same way, and multiply one of the two factors of the matrix product by the weights.
#
# </details>


# %% region_gram
def region_gram(maps: Tensor, mask: Tensor) -> Tensor:
    """Gram matrices of a region.   maps: (n, C, h, w), mask: (H, W) in 0..1 -> (n, C, C)"""
    ### BEGIN SOLUTION
    m = F.adaptive_avg_pool2d(mask[None], maps.shape[2:]).flatten()  # (h w,)
    flat = maps.flatten(2)
    weighted = (flat * m) @ flat.mT
    return weighted / m.sum() if m.sum() > 0 else torch.zeros_like(weighted)
    ### END SOLUTION


# %% test_region_gram points=3
rng = torch.Generator().manual_seed(83)
maps, mask = normal(rng, 2, 3, 4, 5), torch.rand(9, 11, generator=rng).double()
mask[:, :4] = 0
small = torch.stack(
    [
        torch.stack(
            [
                mask[
                    9 * i // 4 : -(-9 * (i + 1) // 4), 11 * j // 5 : -(-11 * (j + 1) // 5)
                ].mean()
                for j in range(5)
            ]
        )
        for i in range(4)
    ]
)
expected = torch.einsum("ij, naij, nbij -> nab", small, maps, maps) / small.sum()
check.close("G", lambda: region_gram(maps, mask), expected)
check.close("a small region", lambda: region_gram(maps, 0.001 * mask), expected)
check.close("no region", lambda: region_gram(maps, 0 * mask), torch.zeros_like(expected))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, C, h, w, H, W in ((3, 4, 5, 3, 12, 10), (2, 1, 6, 8, 6, 8), (1, 5, 1, 2, 7, 9)):
    maps, mask = 2 * normal(rng, n, C, h, w), torch.rand(H, W).double()
    mask[: H // 3] = 0
    seal(
        f"{C} maps of {h} x {w}, a mask of {H} x {W} and none, and the inputs afterwards",
        [region_gram(maps, mask), region_gram(maps, 0 * mask), maps, mask],
    )
maps = normal(rng, 2, 3, 4, 6)
seal("a very small region", region_gram(maps, 1e-9 * torch.rand(8, 9).double()))
### END HIDDEN TESTS

# %% [markdown]
# ## 8.4 A jittered step that nearly works
# *Find the bug · 3 points · effort ●● · about 20 minutes*
#
# The next cell is meant to do one step of image ascent with jitter for a batch of pictures. `objective` gives one number for each picture. All pictures are shifted by the same `shift` (rows down, columns to the right; what leaves comes in at the
# other side), the gradient is taken at the shifted pictures and belongs to the pictures before the shift. Picture $n$ then becomes
#
# $$ \mathbf x_n \leftarrow \operatorname{clamp}\Big(\mathbf x_n + \eta\, \frac{\mathbf g_n}{\operatorname{rms}(\mathbf g_n) + 10^{-8}},\; 0,\; 1\Big), \qquad \operatorname{rms}(\mathbf g_n)^2 = \text{mean of the squares of } \mathbf g_n $$
#
# so that a picture does not depend on the others in its batch, and one whose gradient is zero stays as it is. There are two faults. Write the function without them. The pictures that are given must not be changed.
#
# <details><summary>Hint</summary>
#
# Try it with a single bright pixel and a shift. Then with one picture alone, and the same picture in a batch.
#
# </details>


# %%
def faulty_step(
    x: Tensor, objective: Callable[[Tensor], Tensor], eta: float, shift: tuple[int, int]
) -> Tensor:
    """A step of image ascent with two faults."""
    moved = torch.roll(x, shift, (2, 3)).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(objective(moved).sum(), moved)
    gradient = torch.roll(gradient, shift, (2, 3))
    size = gradient.square().mean().sqrt()
    return (x + eta * gradient / (size + 1e-8)).clamp(0, 1)


# %% places_that_count
def weighted(weights: Tensor) -> Callable[[Tensor], Tensor]:
    """For the check: an objective in which the places have different weights."""
    return lambda pictures: (weights * (pictures + 0.3).sin()).sum(dim=(1, 2, 3))


# %% jittered_step
def jittered_step(
    x: Tensor, objective: Callable[[Tensor], Tensor], eta: float, shift: tuple[int, int]
) -> Tensor:
    """One step.   x: (n, c, h, w) in 0..1, objective: (n, c, h, w) -> (n,), shift: (rows, columns) -> (n, c, h, w)"""
    ### BEGIN SOLUTION
    shifted = x.roll(shift, dims=(2, 3)).detach().requires_grad_()
    (g,) = torch.autograd.grad(objective(shifted).sum(), shifted)
    g = g.roll((-shift[0], -shift[1]), dims=(2, 3))
    rms = g.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return (x + eta * g / (rms + 1e-8)).clamp(0, 1)
    ### END SOLUTION


# %% test_jittered_step points=3
rng = torch.Generator().manual_seed(84)
x, W = torch.rand(2, 3, 5, 7, generator=rng).double(), normal(rng, 2, 3, 5, 7)
W[1] *= 6
W[0, :, 2] = 0
g = (
    W.roll((-1, 2), dims=(2, 3)) * (x + 0.3).cos()
)  # by hand: the weights that meet each pixel
step = torch.stack([one / (one.square().mean().sqrt() + 1e-8) for one in g])
expected = (x + 0.1 * step).clamp(0, 1)
check.close("one step", lambda: jittered_step(x, weighted(W), 0.1, (1, -2)), expected)
check.close("no gradient", lambda: jittered_step(x, weighted(0 * W), 0.1, (1, -2)), x)
g = 1e-8 * g
step = torch.stack([one / (one.square().mean().sqrt() + 1e-8) for one in g])
tiny = (x + 0.1 * step).clamp(0, 1)
check.close(
    "a tiny gradient", lambda: jittered_step(x, weighted(1e-8 * W), 0.1, (1, -2)), tiny
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, c, h, w, shift in (
    (3, 2, 6, 5, (-2, 1)),
    (1, 3, 4, 9, (0, 3)),
    (2, 1, 8, 3, (3, 0)),
):
    x, W = torch.rand(n, c, h, w).double(), normal(rng, n, c, h, w)
    W[n // 3], W[-1] = (0 if n > 1 else W[0]), 5 * W[-1]  # one picture without a gradient
    seal(
        f"{n} pictures, shift {shift}, and the inputs afterwards",
        [jittered_step(x, weighted(W), 0.08, shift), x],
    )
seal("tiny gradients", jittered_step(x, weighted(1e-8 * W), 0.08, (1, 1)))
### END HIDDEN TESTS

# %% [markdown]
# ## 8.5 A style loss that depends on the others
# *Find the bug · 2 points · effort ●● · about 15 minutes*
#
# The next cell is meant to give the style loss of each picture of a batch,
#
# $$ \ell_n = \sum_l \gamma_l \sum_{a,b} \big(G^l_{n,ab} - S^l_{ab}\big)^2 , $$
#
# where a Gram matrix is $F F^{\mathsf T}$ divided by the number of places of *its own* picture: the style picture may have another size. `maps` and `styles` hold the feature maps of the layers. The result has the right shape, and there are two faults. Write the function without them.
#
# <details><summary>Hint</summary>
#
# What does the loss of a picture become when another picture of the batch is changed? And what is the loss of a picture that consists of the style picture twice, side by side?
#
# </details>


# %%
def faulty_style_losses(
    maps: list[Tensor], styles: list[Tensor], gammas: list[float]
) -> Tensor:
    """Style losses with two faults."""
    totals = torch.zeros_like(maps[0][:, 0, 0, 0])
    for features, picture, weight in zip(maps, styles, gammas, strict=True):
        n, C, h, w = features.shape
        flat = features.transpose(0, 1).reshape(C, n * h * w)
        G = flat @ flat.T / (n * h * w)
        S = picture.flatten(1) @ picture.flatten(1).T / (h * w)
        totals += weight * (G - S).square().sum()
    return totals


# %% style_losses
def style_losses(maps: list[Tensor], styles: list[Tensor], gammas: list[float]) -> Tensor:
    """One loss for each picture.   maps: (n, C, h, w) for each layer, styles: (C, h', w') for each layer -> (n,)"""
    ### BEGIN SOLUTION
    losses = torch.zeros(len(maps[0]), dtype=maps[0].dtype)
    for X, Y, gamma in zip(maps, styles, gammas, strict=True):
        flat, style = X.flatten(2), Y.flatten(1)
        G, S = flat @ flat.mT / flat.shape[2], style @ style.T / style.shape[1]
        losses += gamma * (G - S).square().sum(dim=(1, 2))
    return losses
    ### END SOLUTION


# %% test_style_losses points=2
rng = torch.Generator().manual_seed(85)
maps = [normal(rng, 2, 3, 5, 4), 2 * normal(rng, 2, 4, 3, 2)]
styles = [normal(rng, 3, 2, 7), normal(rng, 4, 3, 3)]
G = [torch.einsum("naij, nbij -> nab", X, X) / X[0, 0].numel() for X in maps]
S = [torch.einsum("aij, bij -> ab", Y, Y) / Y[0].numel() for Y in styles]
parts = [
    torch.stack([((g - s) ** 2).sum() for g in Gs]) for Gs, s in zip(G, S, strict=True)
]
expected = 0.5 * parts[0] + 0.2 * parts[1]
check.close("losses", lambda: style_losses(maps, styles, [0.5, 0.2]), expected)
check.close("one layer", lambda: style_losses(maps[:1], styles[:1], [0.5]), 0.5 * parts[0])
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, layers in (
    (3, ((4, 5, 3, 2, 8), (2, 3, 2, 6, 1), (5, 1, 2, 4, 3))),
    (1, ((3, 4, 6, 5, 2),)),
):
    maps = [2 * normal(rng, n, C, h, w) for C, h, w, _, _ in layers]
    styles = [normal(rng, C, h, w) for C, _, _, h, w in layers]
    gammas = [0.4, 1.3, 0.1][: len(layers)]
    seal(
        f"{n} pictures, {len(layers)} layers, and the inputs afterwards",
        [style_losses(maps, styles, gammas), *maps, *styles],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 8.6 Three times as many channels, three times as many places
# *Predict · 2 points · effort ●● · about 15 minutes*
#
# Programs divide the Gram matrix and the loss of a layer by different numbers. A weight that suits one layer may then be wrong for a wider layer, or for a larger picture. Five ways, with $F$ of shape $(C, M)$:
#
# | | Gram matrix $G$ | loss of the layer |
# |---|---|---|
# | A | $F F^{\mathsf T} / M$ | sum of $(G - S)^2$ over all entries |
# | B | $F F^{\mathsf T} / (C M)$ | *mean* of $(G - S)^2$ over all entries |
# | C | $F F^{\mathsf T}$ | sum over all entries |
# | D | $F F^{\mathsf T} / M$ | sum over all entries, divided by $4 C^2 M^2$ |
# | E | $F F^{\mathsf T}$ | sum over all entries, divided by $4 C^2 M^2$ |
#
# The features of both pictures are changed in the same way: (1) each *channel* is there three times, so that $F$ has the shape $(3C, M)$; (2) each *place* is there three times, $(C, 3M)$. By which factor does the loss change?
# $G$ is computed with the new $C$ and $M$, and so is $S$. Give ten numbers, A (1), A (2), B (1) ... E (2). Whether they are right is only judged after handing in; compute some of them afterwards.
#
# <details><summary>Hint</summary>
#
# For (1): how many entries has the new matrix, and how large are they? For (2): what happens to each entry of $F F^{\mathsf T}$?
#
# </details>


# %% factors
def factors() -> list[float]:
    """The factors of A (1), A (2), B (1), B (2) ... E (2)."""
    ### BEGIN SOLUTION
    return [9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]
    ### END SOLUTION


# %% test_factors points=2
check.predicted("factors of A to E", lambda: factors(), count=10)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

given = torch.tensor([float(n) for n in factors()])
seal("factors of A to E", given, rule=close(rtol=0.02, atol=0.0))
### END HIDDEN TESTS

# %% [markdown]
# ## 8.7 Mean and spread in place of a Gram matrix
# *Write · 2 points · effort ●● · about 10 minutes*
#
# *Adaptive instance normalisation* (Huang and Belongie 2017) gives each feature map of the content the mean and the spread of the same map of the style, in one step and without an optimisation. For picture $n$ and channel $c$:
#
# $$ Y = (1 - \alpha)\, X + \alpha \Big( s_{\text{style}}\, \frac{X - \mu_{\text{content}}}{s_{\text{content}}} + \mu_{\text{style}} \Big), \qquad s^2 = \frac{1}{M} \sum_k (X_k - \mu)^2 + 10^{-5} $$
#
# $\alpha$ says how much of the style is wanted. The style may have another height and width. Write it without torch's normalisation layers.
#
# <details><summary>Hint</summary>
#
# `X.var(dim=(2, 3), correction=0, keepdim=True)` divides by $M$.
#
# </details>


# %% adain
def adain(content: Tensor, style: Tensor, alpha: float) -> Tensor:
    """content: (n, c, h, w), style: (n, c, h', w') -> (n, c, h, w)"""
    ### BEGIN SOLUTION
    mu_c, mu_s = (X.mean(dim=(2, 3), keepdim=True) for X in (content, style))
    var_c, var_s = (X.var(dim=(2, 3), correction=0, keepdim=True) for X in (content, style))
    Y = (var_s + 1e-5).sqrt() * (content - mu_c) / (var_c + 1e-5).sqrt() + mu_s
    return (1 - alpha) * content + alpha * Y
    ### END SOLUTION


# %% test_adain points=2
rng = torch.Generator().manual_seed(87)
content, style = 0.02 * normal(rng, 2, 3, 4, 5) + 1, 3 * normal(rng, 2, 3, 2, 3) - 2
maps = content.flatten(0, 1)
own = F.batch_norm(maps.flatten(1).T, None, None, training=True, eps=1e-5).T
spread = (style.flatten(2).var(dim=2, correction=0) + 1e-5).sqrt().flatten()
moved = (
    own.view(6, 4, 5) * spread[:, None, None] + style.mean((2, 3)).flatten()[:, None, None]
)
expected = (0.3 * maps + 0.7 * moved).view(2, 3, 4, 5)
check.close("alpha = 0.7", lambda: adain(content, style, 0.7), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("instance_norm", "batch_norm", "group_norm", "layer_norm", "native_batch_norm")
rng = torch.default_generator
for n, c, h, w, H, W, alpha in (
    (3, 2, 5, 4, 3, 6, 0.4),
    (1, 4, 2, 3, 5, 2, 1.0),
    (2, 1, 3, 3, 1, 4, 0.0),
):
    content, style = 0.05 * normal(rng, n, c, h, w) + 2, 2 * normal(rng, n, c, H, W) + 1
    seal(
        f"{n} pictures of {c} channels, alpha {alpha}, and the inputs afterwards",
        [adain(content, style, alpha), content, style],
    )
constant = torch.rand(2, 3, 1, 1).double().expand(2, 3, 4, 2)
seal("constant maps", adain(constant, normal(rng, 2, 3, 3, 5), 0.6))
### END HIDDEN TESTS

# %% [markdown]
# ## 8.8 The colours of another picture
# *Go beyond · 3 points · effort ●●● · about 30 minutes*
#
# A style transfer also takes over the style picture's colours. To keep those of the content, the style picture can be recoloured before. Give a picture the colours of another one by an affine map of each pixel's colour,
# $\mathbf p \mapsto T \mathbf p + \mathbf b$ with a 3×3 matrix $T$, so that afterwards
#
# - the mean of its colours and their covariance, which divides by the number of pixels, are those of the other picture (to $10^{-6}$);
# - little is changed: the mean over all pixels of the squared length of the change is **at most 1.01 times the smallest possible**.
#
# Values may leave 0 to 1. The colours of both pictures fill all three dimensions, and the pictures may have different sizes. Many matrices $T$ fulfil the first line, and most of them change too much.
#
# <details><summary>Hint</summary>
#
# With the covariances $P$ (of the picture) and $Q$ (of the other), the first line asks for $T P T^{\mathsf T} = Q$. A symmetric matrix has a square root: `L, V = torch.linalg.eigh(P)`, then $P^{1/2} = V L^{1/2} V^{\mathsf T}$ and
# $P^{-1/2} = V L^{-1/2} V^{\mathsf T}$. From one solution $T$ you get others by an orthogonal matrix: where can it stand? Then write the mean squared change with $T$, $P$ and $Q$. Which of its terms depends on the choice of $T$?
#
# </details>


# %% colour_statistics
def statistics(picture: Tensor) -> Tensor:
    """For the check: mean and covariance of the colours.   (3, h, w) -> (3, 4)"""
    colours = picture.flatten(1)
    return torch.cat([colours.mean(1, keepdim=True), colours.cov(correction=0)], dim=1)


def least_change(picture: Tensor, other: Tensor) -> Tensor:
    """For the check: the smallest possible mean squared change (the distance of two Gaussians)."""
    one, two = statistics(picture), statistics(other)
    roots = torch.linalg.eigvals(one[:, 1:] @ two[:, 1:]).real.sqrt()
    traces = one[:, 1:].trace() + two[:, 1:].trace() - 2 * roots.sum()
    return (one[:, 0] - two[:, 0]).square().sum() + traces


def change(picture: Tensor, result: Tensor) -> Tensor:
    """For the check: the mean squared change of a pixel."""
    return (result - picture).square().sum(0).mean()


def coloured(rng: torch.Generator, h: int, w: int) -> Tensor:
    """For the check: a picture whose colours are correlated.   -> (3, h, w)"""
    mix = torch.eye(3).double() + 0.4 * normal(rng, 3, 3)
    return torch.einsum("ab, bij -> aij", mix, normal(rng, 3, h, w)) + normal(rng, 3, 1, 1)


# %% recoloured
def recoloured(picture: Tensor, other: Tensor) -> Tensor:
    """`picture` with the colours of `other`.   (3, h, w), (3, h', w') -> (3, h, w)"""

    ### BEGIN SOLUTION
    def power(matrix: Tensor, exponent: float) -> Tensor:
        L, V = torch.linalg.eigh(matrix)
        return V * L**exponent @ V.T

    p, q = picture.flatten(1), other.flatten(1)
    P, Q = p.cov(correction=0), q.cov(correction=0)
    root, inverse = power(P, 0.5), power(P, -0.5)
    T = inverse @ power(root @ Q @ root, 0.5) @ inverse
    moved = T @ (p - p.mean(1, keepdim=True)) + q.mean(1, keepdim=True)
    return moved.view_as(picture)
    ### END SOLUTION


# %% test_recoloured points=3
rng = torch.Generator().manual_seed(96)
pairs = [(coloured(rng, 9, 7), coloured(rng, 5, 8)) for _ in range(3)]
check.close(
    "mean and covariance",
    lambda: statistics(recoloured(*pairs[0])),
    statistics(pairs[0][1]),
)
allowed = torch.stack([1.01 * least_change(*pair) for pair in pairs])
check.close(
    "change beyond 1.01 times the smallest, three pairs",
    lambda: (
        torch.stack([change(one, recoloured(one, two)) for one, two in pairs]) - allowed
    ).clamp(min=0),
    torch.zeros(3).double(),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import at_most, close, seal

rng = torch.default_generator
pairs = [(coloured(rng, 8, 6), coloured(rng, 5, 9)) for _ in range(20)]
results = [recoloured(one, two) for one, two in pairs]
found = torch.stack([statistics(result) for result in results])
off = (found - torch.stack([statistics(two) for _, two in pairs])).abs().max().item()
ratios = [
    (change(one, result) / least_change(one, two)).item()
    for (one, two), result in zip(pairs, results, strict=True)
]
largest = max(ratios) if off < 1e-6 else 1000 * (1 + off)
seal(
    "the largest change, in units of the smallest possible, if mean and covariance are right",
    largest,
    rule=at_most(1.01),
)
seal("mean and covariance of twenty pictures", found, rule=close(rtol=1e-6, atol=1e-6))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
