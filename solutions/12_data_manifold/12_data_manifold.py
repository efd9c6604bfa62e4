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
# # Exercises 12: the data manifold
#
# Nine exercises, 20 points, on [chapter 12](../../chapters/12_data_manifold.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# All torch functions are allowed unless a task says otherwise. Everything is in float64. Pictures are $(n, c, h, w)$ with values in 0..1, and what comes in stays as it is.

# %% setup
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check


def normal(rng: torch.Generator, *size: int) -> Tensor:
    """Normal random numbers in float64."""
    return torch.randn(size, generator=rng, dtype=torch.float64)


def uniform(rng: torch.Generator, *size: int) -> Tensor:
    """Random numbers between 0 and 1 in float64."""
    return torch.rand(size, generator=rng, dtype=torch.float64)


def lengths(v: Tensor) -> Tensor:
    """The Euclidean length of each picture of a batch.   (n, c, h, w) -> (n, 1, 1, 1)"""
    return v.flatten(1).norm(dim=1)[:, None, None, None]


# %% [markdown]
# ## 12.1 An attack in a round ball
# *Find the bug · 3 points · effort ●●● · about 20 minutes*
#
# With the Euclidean length in place of the largest change, projected gradient descent looks for $\mathbf x'$ with $\lVert \mathbf x' - \mathbf x \rVert_2 \le \varepsilon$ for *each* picture. An untargeted attack begins at $\mathbf x$ and does this `steps` times:
#
# 1. take the gradient $\mathbf g$ of the cross-entropy of the true class at $\mathbf x'$ and go $\alpha\, \mathbf g / \lVert \mathbf g \rVert_2$ uphill, with the length taken for each picture over all its channels and pixels; a picture whose gradient is 0 stays where it is;
# 2. where $\mathbf x' - \mathbf x$ is longer than $\varepsilon$, shorten it to $\varepsilon$;
# 3. cut the pixels off at 0 and 1.
#
# The next cell has **four faults**. Write the function without them. The result belongs to no graph, and no parameter of the network has got a gradient. For $\varepsilon = 0$ the picture comes back.
#
# <details><summary>Hint</summary>
#
# Of what is the length taken in each line? From where to where does the change reach that must not be longer than $\varepsilon$? And what becomes of a change that is shorter?
#
# </details>


# %%
def faulty_attack(
    net: Callable[[Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    eps: float,
    alpha: float,
    steps: int,
) -> Tensor:
    """An attack in a round ball, with four faults."""
    found = x.clone()
    for _step in range(steps):
        leaf = found.detach().requires_grad_()
        loss = F.cross_entropy(net(leaf), y)
        g = torch.autograd.grad(loss, leaf)[0]
        change = alpha * g / g.norm()
        change = change * eps / lengths(change)
        found = (found + change).clamp(0, 1)
    return found


# %% networks
V = torch.tensor([[1.0, -2, 0.5, 3], [-1, 2, -4, 0.5]]).double().reshape(2, 1, 2, 2)


def two_classes(x: Tensor) -> Tensor:
    """For the check: logits that are linear in the pixels, and constant for a dark picture."""
    bright = (x.mean(dim=(1, 2, 3)) > 0.1).to(x)
    return torch.einsum("kchw, nchw -> nk", V, x) * bright[:, None]


A = torch.tensor([[2.0, 1, 0, -1], [1, 3, 0.5, 0], [0, 0.5, 1, 2], [-1, 0, 2, 4]]).double()


def bowl(x: Tensor) -> Tensor:
    """For the check: the logits 0 and -x A x / 2, whose gradient turns on the way."""
    z = -torch.einsum("ni, ij, nj -> n", x.flatten(1), A, x.flatten(1)) / 2
    return torch.stack([0 * z, z], dim=1)


# %% round_attack
def round_attack(
    net: Callable[[Tensor], Tensor],
    x: Tensor,
    y: Tensor,
    eps: float,
    alpha: float,
    steps: int,
) -> Tensor:
    """net: (n, c, h, w) -> logits (n, classes), x: pictures in 0..1, y: (n,) true classes -> x' (n, c, h, w)"""
    ### BEGIN SOLUTION
    found = x
    for _ in range(steps):
        leaf = found.clone().requires_grad_()
        (g,) = torch.autograd.grad(F.cross_entropy(net(leaf), y), leaf)
        found = found + alpha * g / lengths(g).clamp(min=1e-30)
        change = found - x
        change = change * (eps / lengths(change).clamp(min=1e-30)).clamp(max=1)
        found = (x + change).clamp(0, 1)
    return found
    ### END SOLUTION


# %% test_round_attack points=3
x = torch.tensor([[0.5, 0.6, 0.4, 0.3], [0.7, 0.4, 0.5, 0.6], [0.02, 0.04, 0.1, 0.08]])
x, y = x.double().reshape(3, 1, 2, 2), torch.tensor([1, 0, 0])  # the third one is dark
way = (
    (V[1 - y] - V[y])
    / lengths(V[1 - y] - V[y])
    * torch.tensor([1, 1, 0]).reshape(3, 1, 1, 1)
)
check.close(
    "linear logits: 2 steps inside the ball, 7 steps to its edge, no ball",
    lambda: [
        round_attack(two_classes, x, y, 0.21, 0.03, 2),
        round_attack(two_classes, x, y, 0.12, 0.03, 7),
        round_attack(two_classes, x, y, 0.0, 0.03, 2),
    ],
    [x + 0.06 * way, x + 0.12 * way, x],
)
edge = torch.tensor([[0.98, 0.03, 0.01, 0.5], [0.02, 0.4, 0.99, 0.01]]).double()
edge = edge.reshape(2, 1, 2, 2)
check.close(
    "pixels near 0 and 1: one step, longer than the ball is wide",
    lambda: round_attack(two_classes, edge, y[:2], 0.2, 0.5, 1),
    (edge + 0.2 * way[:2]).clamp(0, 1),
)
check.close(
    "requires gradients: the result, the pictures",
    lambda: [round_attack(two_classes, x, y, 0.2, 0.1, 2).requires_grad, x.requires_grad],
    [False, False],
)
up = [x[:2].flatten(1)]
for _ in range(2):
    g = up[-1] @ A
    up.append(up[-1] + 0.05 * g / g.norm(dim=1, keepdim=True))
check.close(
    "a gradient that turns: two steps",
    lambda: round_attack(bowl, x[:2], torch.tensor([1, 1]), 0.4, 0.05, 2).flatten(1),
    up[-1],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, c, h, w, classes, eps, alpha, steps in (
    (4, 1, 3, 5, 3, 0.3, 0.1, 6),
    (3, 2, 4, 3, 4, 0.7, 0.25, 5),
    (5, 3, 2, 2, 2, 0.15, 0.4, 3),
):
    x, y = uniform(rng, n, c, h, w), torch.randint(0, classes, (n,))
    x[0, 0, 0], x[1, 0, 0] = 0.0, 1.0
    W1, W2 = normal(rng, 7, c * h * w), normal(rng, classes, 7)

    def net(x: Tensor) -> Tensor:
        """The last picture's logits are constant."""
        on = torch.ones(len(x), 1).double()
        on[-1] = 0
        return ((x.flatten(1) - 0.5) @ W1.T).tanh() @ W2.T * on

    found = [round_attack(net, x, y, eps, alpha, k) for k in (steps, 1)]
    still = [round_attack(net, x, y, 0.0, alpha, 2), x, y, found[0].requires_grad]
    seal(
        f"{n} pictures of {c} x {h} x {w}: {steps} steps, one, no ball, the inputs",
        found + still,
    )
layer = nn.Linear(12, 3).double()
x, y = uniform(rng, 4, 1, 3, 4), torch.tensor([0, 2, 1, 2])
found = round_attack(lambda x: layer(x.flatten(1)), x, y, 0.5, 0.2, 4)
with torch.no_grad():
    far = lengths(found - x).flatten() <= 0.5 + 1e-9
    left = [far.sum(), found.amax() <= 1, found.amin() >= 0, x.requires_grad]
seal(
    "in the ball, in 0..1, and no gradients left",
    [*left, *(p.grad is None for p in layer.parameters())],
)
### END HIDDEN TESTS

# %% [markdown]
# ## 12.2 How far is the boundary of a linear classifier?
# *Derive · 2 points · effort ●● · about 20 minutes*
#
# The logits are $\mathbf z = W \mathbf x + \mathbf b$, and $\hat y$ is the class of the largest one. How large must a change $\mathbf r$ be at least, so that in $\mathbf x + \mathbf r$ the logit of some other class has caught up with that of $\hat y$? Derive, without a search,
#
# $$ \rho_p(\mathbf x) = \min \{\, \lVert \mathbf r \rVert_p : \; z_k(\mathbf x + \mathbf r) \ge z_{\hat y}(\mathbf x + \mathbf r) \text{ for some } k \ne \hat y \,\} $$
#
# for $p = 1$, $2$ and $\infty$ (`float("inf")`), where $\lVert \mathbf r \rVert_1 = \sum_i |r_i|$ and $\lVert \mathbf r \rVert_\infty = \max_i |r_i|$. Pixels may leave 0..1 here. No two rows of $W$ are equal. Then take weights of equal size, $w_i = \pm a$ in $d$ dimensions, and see how $\rho_2$ and $\rho_\infty$ change with $d$.
#
# <details><summary>Hint</summary>
#
# For one other class $k$ the condition is $(\mathbf w_k - \mathbf w_{\hat y}) \cdot \mathbf r \ge z_{\hat y} - z_k$. How large can $\mathbf v \cdot \mathbf r$ be, if the length of $\mathbf r$ is 1 in the norm $p$? For $p = \infty$ each $r_i$ may be 1 or $-1$; for $p = 1$ there is only 1 to spend.
#
# </details>


# %% boundary_distance
def boundary_distance(W: Tensor, b: Tensor, X: Tensor, p: float) -> Tensor:
    """W: (classes, d), b: (classes,), X: (n, d), p: 1, 2 or infinity -> rho (n,)"""
    ### BEGIN SOLUTION
    Z = X @ W.T + b
    best = Z.argmax(dim=1)
    dual = {1: float("inf"), 2: 2, float("inf"): 1}[p]
    size = torch.linalg.vector_norm(W[best][:, None] - W, ord=dual, dim=2)  # (n, classes)
    behind = Z.gather(1, best[:, None]) - Z
    rest = F.one_hot(best, len(b)) == 0
    return (behind / size).masked_fill(~rest, float("inf")).amin(dim=1)
    ### END SOLUTION


# %% test_boundary_distance points=2
W = torch.tensor([[2.0, -1, 0], [0, 1, -2], [-4, -6, 3], [1.5, 0.5, 0.5]]).double()
b = torch.tensor([0.5, 1.0, -2.0, -1.0]).double()
X = torch.tensor(
    [[1.0, 0, 0.5], [-1, -2, 1], [0.25, 2, -1], [3, 1, 4], [0, 0, 0.25]]
).double()
check.close(
    "five pictures, p = 2",
    lambda: boundary_distance(W, b, X, 2) ** 2,
    torch.tensor([6.25 / 12, 272.25 / 70, 36 / 12, 0.25 / 2.75, 0.0], dtype=torch.float64),
)
check.close(
    "p = infinity and p = 1",
    lambda: [boundary_distance(W, b, X, p) for p in (float("inf"), 1)],
    [
        torch.tensor([2.5 / 6, 16.5 / 14, 6 / 6, 0.5 / 2.5, 0], dtype=torch.float64),
        torch.tensor([7 / 6, 16.5 / 6, 5.125 / 2.5, 0.5 / 1.5, 0], dtype=torch.float64),
    ],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for classes, d, n in ((4, 6, 9), (7, 2, 20), (2, 11, 5), (5, 3, 30)):
    W, b, X = normal(rng, classes, d), normal(rng, classes), normal(rng, n, d)
    found = [boundary_distance(W, b, X, p) for p in (2.0, float("inf"), 1.0)]
    seal(f"{classes} classes, {d} pixels, {n} pictures, and the inputs", [*found, W, b, X])
### END HIDDEN TESTS

# %% [markdown]
# ## 12.3 A black box, coordinate by coordinate
# *Write · 2 points · effort ●● · about 20 minutes*
#
# SimBA (Guo et al. 2019) attacks one picture and sees nothing but probabilities. It goes through the pixels in a given order. For each it asks for the picture with $+\varepsilon$ added to this pixel; if the probability of the true class $y$ has become *smaller*, the change stays. If not, it asks for $-\varepsilon$ in place of $+\varepsilon$, and keeps that if the probability has become smaller. Otherwise the pixel stays as it was. A changed pixel is cut off at 0 and 1 before the box is asked; it is asked even if the cut gives back the old value.
#
# It ends when $y$ is no longer the most probable class, or at the end of the order. Give the picture and **the number of queries**: the first is for the picture itself, and a picture that is not classified as $y$ is given back after it.
#
# <details><summary>Hint</summary>
#
# Keep the probabilities of the present picture: it does not have to be asked for again at the next pixel. `x.flatten()[i]` is the pixel that an entry `i` of `order` means.
#
# </details>


# %% black_box
def counted(W: Tensor, b: Tensor) -> tuple[Callable[[Tensor], Tensor], list[int]]:
    """For the check: probabilities of a linear classifier, and a list with the number of pictures asked for."""
    asked = [0]

    def ask(X: Tensor) -> Tensor:
        asked[0] += len(X)
        return (X.flatten(1) @ W.T + b).softmax(dim=1)

    return ask, asked


# %% simba
def simba(
    ask: Callable[[Tensor], Tensor], x: Tensor, y: int, order: Tensor, eps: float
) -> tuple[Tensor, int]:
    """ask: (n, c, h, w) -> probabilities (n, classes); x: (c, h, w), order: (m,) of pixels -> x' (c, h, w), queries"""
    ### BEGIN SOLUTION
    p, queries = ask(x[None])[0], 1
    for i in order.tolist():
        if p.argmax() != y:
            break
        for step in (eps, -eps):
            trial = x.flatten().clone()
            trial[i] = (trial[i] + step).clamp(0, 1)
            q, queries = ask(trial.reshape(1, *x.shape))[0], queries + 1
            if q[y] < p[y]:
                x, p = trial.reshape(x.shape), q
                break
    return x, queries
    ### END SOLUTION


# %% test_simba points=2
v = torch.tensor([1.0, -2, 3, 0.5, -1, 2, -1.5, 0]).double()
x = torch.tensor([0.2, 0.97, 0.6, 0.5, 0.4, 0.05, 1.0, 0.3]).double().reshape(2, 1, 4)
order = torch.tensor([5, 6, 3, 4, 1, 7, 2, 0])


def simba_run(y: int, order: Tensor) -> list:
    """The picture, the count, and how many pictures the box was asked for."""
    ask, asked = counted(torch.stack([0 * v, v]), torch.tensor([0.0, 1.89]).double())
    found, queries = simba(ask, x, y, order, 0.1)
    return [found.flatten(), queries, asked[0]]


check.close(
    "true class 1: the picture, the count, and what the box counted",
    lambda: simba_run(1, order),
    [torch.tensor([0.2, 1.0, 0.5, 0.4, 0.5, 0.0, 1.0, 0.3]).double(), 13, 13],
)
check.close(
    "an order of five pixels; a picture that is not of its class",
    lambda: [simba_run(1, order[:5]), simba_run(0, order)],
    [
        [torch.tensor([0.2, 1.0, 0.6, 0.4, 0.5, 0.0, 1.0, 0.3]).double(), 9, 9],
        [x.flatten(), 1, 1],
    ],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for c, h, w, classes, eps in ((1, 3, 4, 3, 0.3), (2, 2, 3, 5, 0.2), (3, 1, 5, 2, 0.6)):
    W, b = normal(rng, classes, c * h * w), normal(rng, classes) / 4
    X = uniform(rng, 6, c, h, w)
    X[:, 0, 0, 0], X[:, 0, 0, 1] = 0.0, 1.0
    W[:, 2] = 0  # a pixel that changes nothing, asked for first
    order, found = torch.randperm(c * h * w), list[Tensor | int]()
    order = torch.cat([order[order == 2], order[order != 2]])
    for k, x in enumerate(X):
        ask, asked = counted(W, b)
        y = int((W @ x.flatten() + b).argmax())
        y = (y + 1) % classes if k == 5 else y
        found += [*simba(ask, x, y, order[: c * h * w - k], eps), asked[0]]
    seal(
        f"6 pictures of {c} x {h} x {w}, {classes} classes, and the inputs",
        [*found, X, order],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 12.4 What a linear autoencoder leaves
# *Predict · 2 points · effort ●● · about 15 minutes*
#
# Data in four dimensions have mean 0, and their covariance has the eigenvalues 8, 3, 1 and $\frac12$. All networks here are linear, without biases, with as many outputs as inputs, and trained to the minimum of the expected squared length of the error, $\mathbb E \lVert \hat{\mathbf x} - \mathbf x \rVert^2$. Noise is independent of the data, with mean 0 and variance 2 in each dimension. Predict, with three decimals:
#
# 1. the error of an autoencoder with two latent units;
# 2. the error of a denoiser without a bottleneck (one matrix from the noisy $\tilde{\mathbf x}$ to $\hat{\mathbf x}$, compared with the clean $\mathbf x$);
# 3. the error of a denoiser with two latent units;
# 4. the error of the autoencoder of 1., which never saw noise, if it is *given* noisy data, again compared with the clean $\mathbf x$;
# 5. the squared reconstruction error that the autoencoder of 1. gives an anomaly 30 times the first eigenvector (of length 1);
# 6. the same for the anomaly with the coordinates $(2, 3, -1, 4)$ along the four eigenvectors, in the order of the eigenvalues.
#
# The check notes your predictions; whether they are right is told after handing in. Then test them: draw 100,000 points.
#
# <details><summary>Hint</summary>
#
# Along the eigenvectors the four coordinates are uncorrelated, and can be looked at one by one. The best factor for one noisy number with variance $\lambda$ and noise $\sigma^2$ is $\lambda / (\lambda + \sigma^2)$: which error does it leave?
#
# </details>


# %% errors_left
def errors_left() -> list[float]:
    """The six numbers, in the order of the list."""
    ### BEGIN SOLUTION
    return [1.5, 3.867, 4.3, 5.5, 0.0, 17.0]
    ### END SOLUTION


# %% test_errors_left points=2
check.predicted("six numbers", lambda: errors_left(), count=6)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

six = torch.tensor(errors_left(), dtype=torch.float64)
seal("six numbers", six, rule=close(atol=0.0011))
### END HIDDEN TESTS

# %% [markdown]
# ## 12.5 The gradient of the triplet loss
# *Derive · 3 points · effort ●●● · about 25 minutes*
#
# For $n$ triplets of embeddings, with plain (not squared) Euclidean distances and the margin $m$,
#
# $$ L = \frac1n \sum_{i=1}^{n} \max\big(0,\; \lVert \mathbf a_i - \mathbf p_i \rVert - \lVert \mathbf a_i - \mathbf n_i \rVert + m \big) . $$
#
# Derive the gradients for the anchors, the positives and the negatives, and give them as code. A triplet whose term is 0 has the gradient 0. A distance of exactly 0 has none: take 0 for it, so that no number is NaN. No automatic differentiation.
#
# <details><summary>Hint</summary>
#
# The gradient of $\lVert \mathbf v \rVert$ is $\mathbf v / \lVert \mathbf v \rVert$, a vector of length 1: how far apart two embeddings are does not change how hard they are pulled. Each anchor stands in two distances.
#
# </details>


# %% triplet_loss
def triplet_loss(a: Tensor, p: Tensor, n: Tensor, m: float) -> Tensor:
    """For the check: the loss itself; the norm's gradient at 0 is 0 in torch."""
    norm = torch.linalg.vector_norm
    return (norm(a - p, dim=1) - norm(a - n, dim=1) + m).relu().mean()


# %% triplet_gradients
def triplet_gradients(
    a: Tensor, p: Tensor, n: Tensor, m: float
) -> tuple[Tensor, Tensor, Tensor]:
    """a, p, n: (number, k) -> dL/da, dL/dp, dL/dn, each (number, k)"""
    ### BEGIN SOLUTION
    to_p, to_n = a - p, a - n
    d_p, d_n = to_p.norm(dim=1, keepdim=True), to_n.norm(dim=1, keepdim=True)
    active = (d_p - d_n + m > 0) / len(a)  # 1/n or 0
    u = active * to_p / d_p.clamp(min=1e-30)
    v = active * to_n / d_n.clamp(min=1e-30)
    return u - v, -u, v
    ### END SOLUTION


# %% test_triplet_gradients points=3
rng = torch.Generator().manual_seed(125)
a, p, n = normal(rng, 8, 3), normal(rng, 8, 3), normal(rng, 8, 3)
n[1] = a[1] + 9  # far enough: its term is 0
p[2], n[3] = a[2], a[3]  # distances of 0
a[4] = p[4] = n[4] = torch.tensor([1.0, 2.0, -1.0])
a[5], p[5], n[5] = torch.tensor(
    [[1.0, 1, 1], [4, 5, 1], [1, 1, 7.5]]
).double()  # 5 - 6.5 + 1.5 = 0
u, v = torch.tensor([[2.0, -1, 2], [-1, 2, 2]]).double() / 3  # of length 1
for k, (d, e) in {0: (0.3, 0.6), 6: (3.2, 2.5), 7: (2.5, 3.2)}.items():  # near and far
    p[k], n[k] = a[k] + d * u, a[k] - e * v
parts = [t.clone().requires_grad_() for t in (a, p, n)]
check.close(
    "da, dp, dn",
    lambda: list(triplet_gradients(a, p, n, 1.5)),
    list(torch.autograd.grad(triplet_loss(*parts, 1.5), parts)),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
for number, k, m in ((9, 4, 0.75), (8, 2, 2.5), (12, 7, 0.1)):
    a, p, n = normal(rng, number, k), normal(rng, number, k), normal(rng, number, k)
    p[0], n[1] = a[0], a[1]
    n[2] = a[2] + 20
    p[3], n[3] = a[3], a[3]
    for i, (d, e) in {5: (0.2, 0.4), 6: (2.1, 1.6), 7: (1.6, 2.1)}.items():  # near and far
        p[i] = a[i] + d * m * F.normalize(normal(rng, k), dim=0)
        n[i] = a[i] + e * m * F.normalize(normal(rng, k), dim=0)
    if k == 4:  # 5 - 5.75 + 0.75 = 0
        a[4], p[4], n[4] = torch.tensor(
            [[1.0, 1, 1, 2], [4, 5, 1, 2], [1, 1, 1, 7.75]]
        ).double()
    found = triplet_gradients(a, p, n, m)
    seal(
        f"{number} triplets in {k} dimensions, margin {m}, and the inputs",
        [*found, a, p, n],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 12.6 All pairs of a batch
# *Find the bug · 2 points · effort ●● · about 15 minutes*
#
# A batch of $n$ embeddings holds $\binom n2$ pairs. With the convention of the chapter, the contrastive loss of the batch is meant to be
#
# $$ L = \frac{1}{\binom n2} \sum_{i < j} \begin{cases} \frac12\, d_{ij}^2 & y_i = y_j \\ \frac12 \max(0,\, m - d_{ij})^2 & y_i \neq y_j \end{cases} \qquad d_{ij} = \lVert \mathbf e_i - \mathbf e_j \rVert_2 . $$
#
# The next cell has **four faults**. Write the function without them: the gradient is finite for any embeddings (at a distance of exactly 0 it is taken as 0), and a batch of fewer than two, which has no pair, is refused with a `ValueError` that says so.
#
# <details><summary>Hint</summary>
#
# With which pair does the first row of the matrix of distances begin? What is the derivative of a square root at 0? `torch.linalg.vector_norm` and `torch.triu_indices` may help.
#
# </details>


# %%
def faulty_pairs(E: Tensor, y: Tensor, m: float) -> Tensor:
    """A contrastive loss over the pairs of a batch, with four faults."""
    d = (E[:, None] - E).square().sum(dim=2).sqrt()
    same = y[:, None] == y
    near, far = d.square() / 2, (m - d.square()).clamp(min=0) / 2
    return torch.where(same, near, far).mean()


# %% pair_by_pair
def pair_by_pair(E: Tensor, y: Tensor, m: float) -> Tensor:
    """For the check: the formula, pair by pair."""
    terms = []
    for j in range(len(E)):
        for i in range(j):
            d = torch.linalg.vector_norm(E[i] - E[j])
            terms.append(d**2 / 2 if y[i] == y[j] else F.relu(m - d) ** 2 / 2)
    return sum(terms) / len(terms)


# %% pairs_loss
def pairs_loss(E: Tensor, y: Tensor, m: float) -> Tensor:
    """E: (n, k), y: (n,) classes, m: the margin -> ()"""
    ### BEGIN SOLUTION
    if len(E) < 2:
        raise ValueError(f"a batch of {len(E)} holds no pair; give at least 2 embeddings")
    i, j = torch.triu_indices(len(E), len(E), offset=1)
    d = torch.linalg.vector_norm(E[i] - E[j], dim=1)
    pulled, pushed = d.square(), (m - d).clamp(min=0).square()
    return torch.where(y[i] == y[j], pulled, pushed).mean() / 2
    ### END SOLUTION


# %% test_pairs_loss points=2
rng = torch.Generator().manual_seed(126)
E, y = normal(rng, 7, 3), torch.tensor([2, 0, 2, 1, 0, 0, 3])
check.close(
    "seven embeddings, and two",
    lambda: [pairs_loss(E, y, 2.1), pairs_loss(E[:2], y[:2], 3.3)],
    [pair_by_pair(E, y, 2.1), pair_by_pair(E[:2], y[:2], 3.3)],
)


def loss_and_gradient(loss: Callable, E: Tensor, y: Tensor, m: float) -> list[Tensor]:
    """Its value and its gradient for the embeddings."""
    leaf = E.clone().requires_grad_()
    L = loss(leaf, y, m)
    return [L.detach(), *torch.autograd.grad(L, leaf)]


equal = torch.cat([E[:4], E[:2], E[:1]])  # equal ones of the same and of different classes
check.close(
    "embeddings that are equal: the loss and its gradient",
    lambda: loss_and_gradient(pairs_loss, equal, y, 1.3),
    loss_and_gradient(pair_by_pair, equal, y, 1.3),
    atol=1e-5,  # a root that is kept away from 0 passes
)
check.raises("a batch of one", ValueError, lambda: pairs_loss(E[:1], y[:1], 1.0))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal


def no_pair(E: Tensor) -> int:
    """1 for a ValueError, 0 for none."""
    try:
        pairs_loss(E, torch.zeros(len(E)).long(), 1.0)
    except ValueError:
        return 1
    return 0


rng = torch.default_generator
for n, k, m in ((6, 4, 2.6), (9, 2, 1.5), (3, 5, 4.0)):
    E, y = normal(rng, n, k), torch.arange(n) * 5 % 3
    E[-1] = E[0]
    found = [
        *loss_and_gradient(pairs_loss, E, y, m),
        *loss_and_gradient(pairs_loss, E, y * 0, m),
    ]
    no = [no_pair(E[:1]), no_pair(E[:2]), no_pair(E[:0])]
    seal(
        f"{n} embeddings in {k} dimensions, what is refused, the inputs",
        [*found, no, E, y],
        rule=close(atol=1e-5),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 12.7 How much a code contracts
# *Derive · 2 points · effort ●●● · about 20 minutes*
#
# A contractive autoencoder (Rifai et al. 2011) adds to its loss how strongly the code changes with small changes of the picture: the mean, over the pictures, of the squared Frobenius norm of the code's Jacobian,
#
# $$ \frac1n \sum_{i=1}^n \sum_{j, l} \Big( \frac{\partial h_j}{\partial x_l} (\mathbf x_i) \Big)^2, \qquad \mathbf h = \sigma\big( W_2 \operatorname{relu}(W_1 \mathbf x + \mathbf b_1) + \mathbf b_2 \big), $$
#
# with the logistic function $\sigma$ and the slope 0 of the ReLU at exactly 0. Derive the Jacobian for this encoder of two layers, and give the penalty as code, for a batch. No automatic differentiation. Where the penalty is small, the code does not tell $\mathbf x$ from its neighbours; the reconstruction error works against that along the directions in which the data vary.
#
# <details><summary>Hint</summary>
#
# The Jacobian of a chain is the product of those of its parts: two of the four are diagonal. $\sigma' = \sigma(1 - \sigma)$. Each picture has a Jacobian of its own, $(k, d)$: write it for one picture first.
#
# </details>


# %% encoder
def encode(x: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor) -> Tensor:
    """For the check: the code of one picture, or of a batch."""
    return ((x @ W1.T + b1).relu() @ W2.T + b2).sigmoid()


# %% contraction
def contraction(X: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor) -> Tensor:
    """X: (n, d), W1: (m, d), b1: (m,), W2: (k, m), b2: (k,) -> ()"""
    ### BEGIN SOLUTION
    z1 = X @ W1.T + b1  # (n, m)
    h = (z1.relu() @ W2.T + b2).sigmoid()  # (n, k)
    on = z1 > 0
    J = (h * (1 - h))[:, :, None] * ((W2 * on[:, None]) @ W1)  # (n, k, d)
    return J.square().sum(dim=(1, 2)).mean()
    ### END SOLUTION


# %% test_contraction points=2
rng = torch.Generator().manual_seed(127)
X, W1, b1 = normal(rng, 6, 4), normal(rng, 7, 4), normal(rng, 7)
W2, b2 = normal(rng, 3, 7), normal(rng, 3)
X[2], b1[3] = 0, 0  # a pre-activation of exactly 0
squares = [
    torch.autograd.functional.jacobian(lambda x: encode(x, W1, b1, W2, b2), x)
    .square()
    .sum()
    for x in X
]
check.close(
    "the penalty of six pictures",
    lambda: contraction(X, W1, b1, W2, b2),
    torch.stack(squares).mean(),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
for n, d, m, k in ((5, 3, 8, 2), (4, 9, 5, 6), (7, 2, 3, 4)):
    X, W1, b1 = normal(rng, n, d), normal(rng, m, d), normal(rng, m)
    W2, b2 = normal(rng, k, m), normal(rng, k)
    X[1], b1[2] = 0, 0
    found = contraction(X, W1, b1, W2, b2)
    seal(f"{n} pictures, layers {d}, {m}, {k}, and the inputs", [found, X, W1, b1, W2, b2])
### END HIDDEN TESTS

# %% [markdown]
# ## 12.8 How sure is an area under the curve?
# *Write · 2 points · effort ●● · about 20 minutes*
#
# Of $m$ anomalies with the scores $u_i$ and $n$ ordinary pictures with the scores $v_j$, the area under the ROC curve is the share of pairs that are in the right order, a tie counting one half. DeLong, DeLong and Clarke-Pearson (1988) also give its standard error:
#
# $$ A = \frac{1}{mn} \sum_{i,j} \psi_{ij}, \qquad \psi_{ij} = \begin{cases} 1 & u_i > v_j \\ \frac12 & u_i = v_j \\ 0 & u_i < v_j \end{cases} \qquad \operatorname{se}(A) = \sqrt{\frac{s_u^2}{m} + \frac{s_v^2}{n}}, $$
#
# where $s_u^2$ is the sample variance (divided by $m - 1$) of the $m$ row means $\frac1n \sum_j \psi_{ij}$, and $s_v^2$ that (divided by $n - 1$) of the $n$ column means. Write it. With fewer than two pictures of a kind there is no variance: a `ValueError` says so. Then compute it for the areas of the chapter: how many of their decimals mean something?
#
# <details><summary>Hint</summary>
#
# `u[:, None] > v` compares all pairs. `torch.var` divides by one less than the number.
#
# </details>


# %% loops
def by_loops(scores: list[float], anomalous: list[int]) -> list[Tensor]:
    """For the check: the formulas, number by number."""
    u = [s for s, kind in zip(scores, anomalous, strict=True) if kind]
    v = [s for s, kind in zip(scores, anomalous, strict=True) if not kind]
    wins = [[(a > b) + 0.5 * (a == b) for b in v] for a in u]
    rows = [sum(row) / len(v) for row in wins]
    columns = [sum(row[j] for row in wins) / len(u) for j in range(len(v))]
    A = sum(rows) / len(u)
    squares = [sum((x - A) ** 2 for x in line) for line in (rows, columns)]
    sizes = [len(line) * (len(line) - 1) for line in (rows, columns)]
    error = (squares[0] / sizes[0] + squares[1] / sizes[1]) ** 0.5
    return [torch.tensor(A).double(), torch.tensor(error, dtype=torch.float64)]


# %% area_with_error
def area_with_error(scores: Tensor, anomalous: Tensor) -> tuple[Tensor, Tensor]:
    """scores: (n + m,), large for anomalies; anomalous: (n + m,) bool -> A (), its standard error ()"""
    ### BEGIN SOLUTION
    u, v = scores[anomalous], scores[~anomalous]
    if min(len(u), len(v)) < 2:
        raise ValueError(
            f"{len(u)} anomalies and {len(v)} ordinary pictures: give two of each"
        )
    wins = ((u[:, None] - v).sign() + 1) / 2  # 1, 1/2 for a tie, 0
    error = wins.mean(dim=1).var() / len(u) + wins.mean(dim=0).var() / len(v)
    return wins.mean(), error.sqrt()
    ### END SOLUTION


# %% test_area_with_error points=2
scores = [0.4, 1.5, 0.4, 2.5, 1.0, 3.0, 0.2, 1.5, 2.0, 1.5, 0.1, 0.9]
kinds = [0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0]
check.close(
    "five anomalies of twelve, with ties",
    lambda: list(area_with_error(torch.tensor(scores).double(), torch.tensor(kinds) == 1)),
    by_loops(torch.tensor(scores).double().tolist(), kinds),
)
least = torch.tensor([0.3, 0.1, 0.5, 0.2]).double()
check.close(
    "two of each",
    lambda: list(area_with_error(least, torch.arange(4) % 3 == 0)),
    by_loops(least.tolist(), [1, 0, 0, 1]),
)
few = torch.tensor([1, 0, 0, 0, 0]) == 1
check.raises(
    "one anomaly", ValueError, lambda: area_with_error(torch.arange(5).double(), few)
)
check.raises(
    "one ordinary", ValueError, lambda: area_with_error(torch.arange(5).double(), ~few)
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def too_few(anomalous: Tensor) -> int:
    """1 for a ValueError, 0 for none."""
    try:
        area_with_error(torch.arange(len(anomalous)).double(), anomalous)
    except ValueError:
        return 1
    return 0


rng = torch.default_generator
for m, n in ((4, 11), (9, 3), (2, 2), (30, 80)):
    order = torch.randperm(m + n)
    anomalous = (torch.arange(m + n) < m)[order]
    s = normal(rng, m + n) + 0.8 * anomalous
    found = [*area_with_error(s, anomalous), *area_with_error((2 * s).round(), anomalous)]
    found += [*area_with_error(-s, anomalous)]
    no = [too_few(torch.arange(5) < k) for k in range(6)]
    seal(
        f"{m} anomalies and {n} others, what is refused, the inputs",
        [*found, no, s, anomalous],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 12.9 A network that rounds its input
# *Go beyond · 2 points · effort ●●● · about 30 minutes*
#
# Somebody defends a classifier: it rounds each pixel to a multiple of $\frac14$ before anything else, so that its gradient is 0 everywhere. You get the logits of such a network from a box, for as many pictures as you like in one call, but at most **300 times** the number of pictures to attack in all; then it refuses.
#
# For pictures $(n, 64)$ and targets $t$ find $\mathbf x'$ within $\lVert \mathbf x' - \mathbf x \rVert_\infty \le 0.15$ and in 0..1 that the network takes for $t$: **at least 90 %** of 40 pictures, here and with fresh networks after handing in. A picture that leaves the ball or 0..1 counts as a failure. Any method will do. Draw with `torch.rand` without a generator. The best of 300 random corners of the ball is taken for the target in about 7 of 10 pictures.
#
# <details><summary>Hint</summary>
#
# What does the box answer after a change of a pixel by 0.001? How large must a change be that it can notice? And which number of the logits says how near a picture is to its target?
#
# </details>


# %% defended
def rounding_box(
    seed: int | None = None,
) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor], Tensor, Tensor]:
    """For the check: the box with its limit, the network itself, 40 pictures, and a wrong class for each."""
    rng = torch.default_generator if seed is None else torch.Generator().manual_seed(seed)
    W1, b1, W2 = normal(rng, 24, 64) / 4, normal(rng, 24) / 10, normal(rng, 5, 24) / 5
    asked = 0

    def network(x: Tensor) -> Tensor:
        return (((4 * x).round() / 4 - 0.5) @ W1.T + b1).tanh() @ W2.T

    def ask(x: Tensor) -> Tensor:
        nonlocal asked
        asked += len(x)
        if asked > 300 * 40:
            raise ValueError(f"The {300 * 40} queries are used up: {asked} were asked.")
        return network(x)

    x = uniform(rng, 40, 64)
    t = (network(x).argmax(dim=1) + 1 + (4 * uniform(rng, 40)).long()) % 5
    return ask, network, x, t


def hits(network: Callable[[Tensor], Tensor], found: Tensor, x: Tensor) -> Tensor:
    """For the check: the class of each picture; -1 for one that leaves the ball or 0..1."""
    inside = ((found - x).abs() <= 0.15 + 1e-9).all(dim=1)
    inside &= ((found >= 0) & (found <= 1)).all(dim=1)
    return torch.where(inside, network(found).argmax(dim=1), -1)


# %% share_missing
def share_missing(attack: Callable, seed: int) -> Tensor:
    """For the check: what is missing to 90 % of the pictures."""
    ask, network, x, t = rounding_box(seed)
    found = hits(network, attack(ask, x.clone(), t.clone()), x)
    return (0.9 - (found == t).double().mean()).clamp(min=0)


# %% through_rounding
def through_rounding(ask: Callable[[Tensor], Tensor], x: Tensor, t: Tensor) -> Tensor:
    """ask: (any number, 64) -> logits (.., 5), 300 n pictures in all; x: (n, 64), t: (n,) -> x' (n, 64)"""
    ### BEGIN SOLUTION
    target = F.one_hot(t, 5) == 1

    def lead(x: Tensor) -> Tensor:
        z = ask(x)
        return z[target] - z.masked_fill(target, -torch.inf).amax(dim=1)

    found, best = x.clone(), lead(x)
    ends = [(x - 0.15).clamp(min=0), (x + 0.15).clamp(max=1)]
    for i in 2 * list(range(64)):
        for end in ends:
            trial = found.clone()
            trial[:, i] = end[:, i]
            now = lead(trial)
            better = now > best
            found, best = (
                torch.where(better[:, None], trial, found),
                torch.where(better, now, best),
            )
    return found
    ### END SOLUTION


# %% test_through_rounding points=2
check.close(
    "share missing to 90 % for three networks",
    lambda: torch.stack([share_missing(through_rounding, seed) for seed in (1, 2, 3)]),
    torch.zeros(3).double(),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import agree, seal

for number in ("first", "second", "third"):
    ask, network, x, t = rounding_box()
    seal(
        f"the {number} network",
        hits(network, through_rounding(ask, x.clone(), t.clone()), x),
        rule=agree(0.9, target=t),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
