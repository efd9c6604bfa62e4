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
# # Exercises 14: flows, diffusion and latent spaces
#
# Ten exercises, 25 points, on [chapter 14](../../chapters/14_flows_diffusion.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# All torch functions are allowed unless a task says otherwise. Everything is in float64 unless a task says otherwise.

# %% setup
import itertools
import math
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
# ## 14.1 A linear layer with a cheap determinant
# *Write · 3 points · effort ●● · about 20 minutes*
#
# Between coupling layers the chapter reverses the coordinates. Kingma and Dhariwal (2018) learn the mixture instead, with a matrix that is kept as a product, so that its determinant costs nothing:
#
# $$ \mathbf z_i = W \mathbf x_i, \qquad W = P\, L\, \bigl( U + \operatorname{diag}(\mathbf s) \bigr), \qquad s_j = \mathrm{sign}_j\, e^{\mathrm{log\_s}_j} $$
#
# $L$ has ones on its diagonal and the entries of `lower` *below* it; $U$ has the entries of `upper` *above* its diagonal and zeros elsewhere. The other entries of `lower` and `upper` do not count. $P$ permutes: $(P \mathbf v)_j = v_{\mathrm{perm}_j}$. Give $\mathbf z$ and $\log \lvert \det W \rvert$, once for each example. Then write the inverse, with *its* log-determinant. `torch.linalg.inv`, `det`, `slogdet` and `solve` are not allowed; `torch.linalg.solve_triangular` is.
#
# <details><summary>Hint</summary>
#
# What are the determinants of $P$, of $L$ and of a triangular matrix? For the inverse: undo the permutation, then solve with $L$, then with $U + \operatorname{diag}(\mathbf s)$. `x` holds examples as rows, and `solve_triangular` wants columns or `left=False`.
#
# </details>


# %% dense_matrix
def dense_matrix(
    perm: Tensor, lower: Tensor, upper: Tensor, sign: Tensor, log_s: Tensor
) -> Tensor:
    """For the checks: W, entry by entry."""
    d = len(perm)
    L, U = torch.zeros(d, d).double(), torch.zeros(d, d).double()
    for i in range(d):
        for j in range(d):
            L[i, j] = 1.0 if i == j else lower[i, j] * (i > j)
            U[i, j] = sign[i] * math.exp(log_s[i]) if i == j else upper[i, j] * (i < j)
    return torch.stack([(L @ U)[int(p)] for p in perm])


# %% lu_layer
def lu_layer(
    x: Tensor, perm: Tensor, lower: Tensor, upper: Tensor, sign: Tensor, log_s: Tensor
) -> tuple[Tensor, Tensor]:
    """x: (n, d), perm: (d,), lower, upper: (d, d), sign, log_s: (d,) -> z (n, d), log |det W| (n,)"""
    ### BEGIN SOLUTION
    L = lower.tril(-1) + torch.eye(len(perm), dtype=x.dtype)
    U = upper.triu(1) + torch.diag(sign * log_s.exp())
    z = (x @ U.T @ L.T)[:, perm]
    return z, log_s.sum().expand(len(x))
    ### END SOLUTION


# %% test_lu_layer points=2
rng = torch.Generator().manual_seed(141)
x, perm = normal(rng, 3, 5), torch.tensor([2, 0, 4, 3, 1])
lower, upper, log_s = normal(rng, 5, 5), normal(rng, 5, 5), normal(rng, 5)
sign = torch.tensor([1.0, -1.0, -1.0, 1.0, -1.0]).double()
W = dense_matrix(perm, lower, upper, sign, log_s)
check.close(
    "three examples of five numbers, and the log-determinants",
    lambda: lu_layer(x, perm, lower, upper, sign, log_s),
    (x @ W.T, torch.linalg.slogdet(W).logabsdet.repeat(3)),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("inv", "det", "solve")
rng = torch.default_generator
for n, d in ((4, 3), (2, 6), (1, 4), (3, 1)):
    x, perm = normal(rng, n, d), torch.arange(d).roll(1)  # not its own inverse
    lower, upper, log_s = normal(rng, d, d), normal(rng, d, d), normal(rng, d)
    sign = torch.where(uniform(rng, d) < 0.5, -1.0, 1.0).double()
    sign[0] = -1.0
    seal(
        f"{n} examples of {d} numbers, and the inputs afterwards",
        [*lu_layer(x, perm, lower, upper, sign, log_s), x, lower, upper, log_s],
    )
### END HIDDEN TESTS

# %% [markdown]
# The inverse maps $\mathbf z$ back to $\mathbf x$. Its log-determinant is that of the map from $\mathbf z$ to $\mathbf x$.


# %% lu_inverse
def lu_inverse(
    z: Tensor, perm: Tensor, lower: Tensor, upper: Tensor, sign: Tensor, log_s: Tensor
) -> tuple[Tensor, Tensor]:
    """z: (n, d) -> x (n, d), and log |det| of the map from z to x (n,)"""
    ### BEGIN SOLUTION
    L = lower.tril(-1) + torch.eye(len(perm), dtype=z.dtype)
    U = upper.triu(1) + torch.diag(sign * log_s.exp())
    y = torch.linalg.solve_triangular(L, z[:, perm.argsort()].T, upper=False)
    x = torch.linalg.solve_triangular(U, y, upper=True).T
    return x, -log_s.sum().expand(len(z))
    ### END SOLUTION


# %% test_lu_inverse points=1
rng = torch.Generator().manual_seed(142)
z, perm = normal(rng, 4, 5), torch.tensor([2, 0, 4, 3, 1])
lower, upper, log_s = normal(rng, 5, 5), normal(rng, 5, 5), normal(rng, 5)
sign = torch.tensor([-1.0, 1.0, -1.0, -1.0, 1.0]).double()
W = dense_matrix(perm, lower, upper, sign, log_s)
check.close(
    "four examples of five numbers, and the log-determinants",
    lambda: lu_inverse(z, perm, lower, upper, sign, log_s),
    (torch.linalg.solve(W, z.T).T, -torch.linalg.slogdet(W).logabsdet.repeat(4)),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("inv", "det", "solve")
rng = torch.default_generator
for n, d in ((4, 3), (2, 6), (1, 4), (3, 1)):
    z, perm = normal(rng, n, d), torch.arange(d).roll(1)  # not its own inverse
    lower, upper, log_s = normal(rng, d, d), normal(rng, d, d), normal(rng, d)
    sign = torch.where(uniform(rng, d) < 0.5, -1.0, 1.0).double()
    sign[0] = -1.0
    seal(
        f"{n} examples of {d} numbers, and the inputs afterwards",
        [*lu_inverse(z, perm, lower, upper, sign, log_s), z, lower, upper, log_s],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 14.2 The density under a radial map
# *Derive · 3 points · effort ●●● · about 25 minutes*
#
# A radial flow (Rezende and Mohamed 2015) pushes points away from a centre $\mathbf c$, or draws them to it:
#
# $$ f(\mathbf x) = \mathbf x + \frac{\beta}{\alpha + r} (\mathbf x - \mathbf c), \qquad r = \lVert \mathbf x - \mathbf c \rVert, \qquad \alpha > 0, \quad \beta > -\alpha $$
#
# Derive $\log \lvert \det J_f(\mathbf x) \rvert$ for $d$ dimensions, in a form that needs no matrix: the answer takes on the order of $d$ operations. Then give the log-density of $\mathbf x$ if $f(\mathbf x)$ is standard normal. Autograd and matrices of size $d \times d$ are not allowed; the check uses both.
#
# <details><summary>Hint</summary>
#
# Along the ray through $\mathbf x$ a point at distance $r$ goes to the distance $r + \beta r / (\alpha + r)$: differentiate. At right angles to the ray there are $d - 1$ directions, and a small step there is scaled as the distance itself is.
#
# </details>


# %% by_jacobian
def by_jacobian(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """For the check: log N(f(x); 0, I) + log |det J|, one example after the other.   (n, d) -> (n,)"""
    rows = []
    for row in x:
        J = torch.autograd.functional.jacobian(f, row)
        log_normal = torch.distributions.Normal(0.0, 1.0).log_prob(f(row)).sum()
        rows.append(log_normal + torch.linalg.slogdet(J).logabsdet)
    return torch.stack(rows)


# %% radial_log_prob
def radial_log_prob(x: Tensor, centre: Tensor, alpha: float, beta: float) -> Tensor:
    """log p(x) under the radial flow.   x: (n, d), centre: (d,) -> (n,)"""
    ### BEGIN SOLUTION
    d = x.shape[1]
    r = (x - centre).norm(dim=1)
    scale = 1 + beta / (alpha + r)
    along = 1 + beta * alpha / (alpha + r) ** 2
    z = x + (beta / (alpha + r))[:, None] * (x - centre)
    log_normal = -0.5 * (z**2 + math.log(2 * math.pi)).sum(dim=1)
    return log_normal + (d - 1) * scale.log() + along.log()
    ### END SOLUTION


# %% test_radial_log_prob points=3
rng = torch.Generator().manual_seed(143)
x, centre = 2 * normal(rng, 4, 5), normal(rng, 5)


def outward(x: Tensor) -> Tensor:
    """The map for alpha = 0.7, beta = 1.9."""
    return x + 1.9 / (0.7 + (x - centre).norm()) * (x - centre)


def inward(x: Tensor) -> Tensor:
    """The map for alpha = 1.3, beta = -0.8."""
    return x - 0.8 / (1.3 + (x - centre).norm()) * (x - centre)


check.close(
    "four examples of five numbers, pushed outward",
    lambda: radial_log_prob(x, centre, 0.7, 1.9),
    by_jacobian(outward, x),
)
check.close(
    "and drawn inward",
    lambda: radial_log_prob(x, centre, 1.3, -0.8),
    by_jacobian(inward, x),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd", "det", "slogdet", "logdet")
rng = torch.default_generator
for n, d, alpha, beta in ((3, 4, 0.4, 2.2), (2, 7, 1.1, -0.9), (5, 1, 0.6, 1.5)):
    x, centre = 2 * normal(rng, n, d), normal(rng, d)
    here = radial_log_prob(centre[None] + 0, centre, alpha, beta)  # r = 0
    seal(
        f"{n} examples of {d} numbers, the centre itself, and the inputs afterwards",
        [radial_log_prob(x, centre, alpha, beta), here, x, centre],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 14.3 One reverse loop
# *Find the bug · 3 points · effort ●●● · about 25 minutes*
#
# The loop below goes from noise to data along `times`, which falls from $T$ to 0, not always by equal strides. At each stride, from $t$ to $s$,
#
# $$ \hat{\mathbf x}_0 = \frac{\mathbf x_t - \sqrt{1 - \bar\alpha_t}\, \boldsymbol\varepsilon_\theta}{\sqrt{\bar\alpha_t}}, \qquad \sigma^2 = \eta^2\, \frac{1 - \bar\alpha_s}{1 - \bar\alpha_t} \Bigl( 1 - \frac{\bar\alpha_t}{\bar\alpha_s} \Bigr), \qquad \mathbf x_s = \sqrt{\bar\alpha_s}\, \hat{\mathbf x}_0 + \sqrt{1 - \bar\alpha_s - \sigma^2}\, \boldsymbol\varepsilon_\theta + \sigma\, \mathbf z_k $$
#
# where $\boldsymbol\varepsilon_\theta$ is `predict(x_t, t)`, with `t` of shape $(n,)$ for the step of each row, and the new noise $\mathbf z_k$ of stride $k$ is given. The next cell has **four faults**; with $\eta = 0$ two of them do not show. Write the function without them.
#
# <details><summary>Hint</summary>
#
# Which number tells the network how noisy its input is? Which two values of $\bar\alpha$ belong to a stride? Which factors need a root?
#
# </details>


# %% faulty_loop
def faulty_loop(
    predict: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    times: list[int],
    alpha_bar: Tensor,
    eta: float,
    z: Tensor,
) -> Tensor:
    """From noise to data, with four faults."""
    for k in range(len(times) - 1):
        t, s = times[k], times[k + 1]
        eps = predict(x, torch.full((len(x),), k))
        a_t, a_s, a_before = alpha_bar[t], alpha_bar[s], alpha_bar[t - 1]
        x0 = (x - (1 - a_t) * eps) / a_t.sqrt()
        sigma = eta * (1 - a_before) / (1 - a_t) * (1 - a_t / a_before)
        x = a_s.sqrt() * x0 + (1 - a_s - sigma**2).sqrt() * eps + sigma * z[k]
    return x


# %% row_by_row
def row_by_row(
    predict: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    times: list[int],
    alpha_bar: Tensor,
    eta: float,
    z: Tensor,
) -> Tensor:
    """For the check: each number of each row by itself, in Python's floats."""
    values, a = x.tolist(), alpha_bar.tolist()
    for k, (t, s) in enumerate(itertools.pairwise(times)):
        rows = torch.tensor(values, dtype=torch.float64)
        eps = predict(rows, torch.tensor([t] * len(values)))
        variance = eta**2 * (1 - a[s]) / (1 - a[t]) * (1 - a[t] / a[s])
        for i, row in enumerate(values):
            for j, value in enumerate(row):
                noise = eps[i, j].item()
                clean = (value - math.sqrt(1 - a[t]) * noise) / math.sqrt(a[t])
                kept = math.sqrt(1 - a[s] - variance)
                new = math.sqrt(variance) * z[k, i, j].item()
                row[j] = math.sqrt(a[s]) * clean + kept * noise + new
    return torch.tensor(values, dtype=torch.float64)


# %% reverse_loop
def reverse_loop(
    predict: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    times: list[int],
    alpha_bar: Tensor,
    eta: float,
    z: Tensor,
) -> Tensor:
    """x: (n, d), times: T ... 0, alpha_bar: (T + 1,), z: (strides, n, d) -> x_0 (n, d)"""
    ### BEGIN SOLUTION
    for k in range(len(times) - 1):
        t, s = times[k], times[k + 1]
        eps = predict(x, torch.full((len(x),), t))
        a_t, a_s = alpha_bar[t], alpha_bar[s]
        x0 = (x - (1 - a_t).sqrt() * eps) / a_t.sqrt()
        sigma = eta * ((1 - a_s) / (1 - a_t) * (1 - a_t / a_s)).sqrt()
        x = a_s.sqrt() * x0 + (1 - a_s - sigma**2).sqrt() * eps + sigma * z[k]
    return x
    ### END SOLUTION


# %% test_reverse_loop points=3
rng = torch.Generator().manual_seed(144)
shares = torch.cat([torch.ones(1).double(), (0.75 + 0.2 * uniform(rng, 12)).cumprod(0)])
start, z = normal(rng, 3, 2), normal(rng, 4, 3, 2)


def bent(x: Tensor, t: Tensor) -> Tensor:
    """A predictor that depends on both of its inputs."""
    return (0.8 * x + 0.3 * t[:, None]).sin()


check.close(
    "no new noise",
    lambda: reverse_loop(bent, start, [12, 9, 5, 2, 0], shares, 0.0, z),
    row_by_row(bent, start, [12, 9, 5, 2, 0], shares, 0.0, z),
)
check.close(
    "some new noise",
    lambda: reverse_loop(bent, start, [12, 9, 5, 2, 0], shares, 0.6, z),
    row_by_row(bent, start, [12, 9, 5, 2, 0], shares, 0.6, z),
)
check.close(
    "all of the posterior's noise, each step",
    lambda: reverse_loop(bent, start, [4, 3, 2, 1, 0], shares[:5], 1.0, z),
    row_by_row(bent, start, [4, 3, 2, 1, 0], shares[:5], 1.0, z),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, d, times, eta in (
    (2, 3, [7, 4, 3, 0], 0.8),
    (4, 1, [9, 2, 0], 0.4),
    (1, 2, [5, 0], 0.0),
):
    shares = 0.7 + 0.25 * uniform(rng, times[0])
    shares = torch.cat([torch.ones(1).double(), shares.cumprod(0)])
    start, z = normal(rng, n, d), normal(rng, len(times) - 1, n, d)
    found = reverse_loop(
        lambda x, t: (x - 0.2 * t[:, None]).cos(), start, times, shares, eta, z
    )
    seal(
        f"{n} rows, the steps {times}, and the inputs afterwards", [found, start, shares, z]
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 14.4 Six numbers of a schedule
# *Predict · 2 points · effort ●● · about 15 minutes*
#
# Work out these numbers, with three significant digits, before you run anything. The check holds the form of your answer; whether the numbers are right is sealed. Afterwards compute in code what you can, and compare.
#
# The forward process takes two steps with $\beta_1 = 0.1$ and $\beta_2 = 0.2$.
#
# 1. How large is $\bar\alpha_2$?
# 2. How large is the variance of the posterior $q(\mathbf x_1 \mid \mathbf x_2, \mathbf x_0)$, per number?
# 3. The loop with fresh noise goes from $t = 2$ to $s = 1$. Which standard deviation has its new noise?
#
# Three more:
#
# 4. Let $\bar\alpha_t = \cos^2\bigl(\tfrac{\pi}{2} \cdot \tfrac{t}{T}\bigr)$. How large is the signal-to-noise ratio at $t = T / 3$?
# 5. At $\bar\alpha_t = 0.36$ one number is $x_t = 2$, and the network predicts the noise 0.5. What is $\hat x_0$?
# 6. A flow gives dequantised pictures of 3 numbers, scaled from 256 levels to $0..1$, the mean log-density $6 \ln 2$ nats. How many bits per dimension are that?
#
# <details><summary>Hint</summary>
#
# For 2: the $\bar\alpha$ of both ends of the step are needed, and the first is $\bar\alpha_1 = 0.9$. For 4: the ratio of two squares. For 6: a density above 1 costs fewer bits than the 8 of a uniform one.
#
# </details>


# %% schedule_numbers
def schedule_numbers() -> list[float]:
    """The six numbers, in this order."""
    ### BEGIN SOLUTION
    return [0.72, 0.0714, 0.316, 3.0, 2.667, 6.0]
    ### END SOLUTION


# %% test_schedule_numbers points=2
check.predicted("six numbers", lambda: schedule_numbers(), count=6)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

predicted = torch.tensor([float(number) for number in schedule_numbers()]).double()
seal("six numbers", predicted, rule=close(rtol=0.006))
### END HIDDEN TESTS

# %% [markdown]
# ## 14.5 Guidance that keeps the contrast
# *Write · 2 points · effort ●● · about 20 minutes*
#
# Strong guidance makes pictures glaring: the guided prediction $\mathbf g$ has a larger spread than the conditional one. Lin et al. (2024) scale it back. With the predictions $\mathbf c$ (with the words) and $\mathbf u$ (without), and a weight $w_i$ for each picture $i$ of the batch,
#
# $$ \mathbf g_i = \mathbf u_i + w_i (\mathbf c_i - \mathbf u_i), \qquad \mathbf r_i = \mathbf g_i \, \frac{\operatorname{std}(\mathbf c_i)}{\operatorname{std}(\mathbf g_i)}, \qquad \mathbf h_i = \phi\, \mathbf r_i + (1 - \phi)\, \mathbf g_i . $$
#
# The standard deviation is that of all numbers of *one* picture, around their mean. Write it for predictions of any shape $(n, \dots)$. Where the spread of $\mathbf g_i$ is 0, there is nothing to scale: there $\mathbf h_i = \mathbf g_i$. A $\phi$ outside $0..1$ is a `ValueError`.
#
# <details><summary>Hint</summary>
#
# $w$ and both spreads have one number for each picture; give them the shape $(n, 1, \dots, 1)$ before they meet the predictions. Which of the two `torch.where` branches would divide by 0?
#
# </details>


# %% rescaled_guidance
def rescaled_guidance(c: Tensor, u: Tensor, w: Tensor, phi: float) -> Tensor:
    """c, u: (n, ...), w: (n,), phi: in 0..1 -> h (n, ...)"""
    ### BEGIN SOLUTION
    if not 0 <= phi <= 1:
        raise ValueError(f"phi is {phi}; it has to be in 0..1")
    one_each = (len(c), *[1] * (c.dim() - 1))
    g = u + w.view(one_each) * (c - u)
    spread_c, spread_g = (x.flatten(1).std(dim=1).view(one_each) for x in (c, g))
    scale = torch.where(spread_g > 0, spread_c / spread_g, torch.ones_like(spread_g))
    return phi * g * scale + (1 - phi) * g
    ### END SOLUTION


# %% test_rescaled_guidance points=2
rng = torch.Generator().manual_seed(145)
c, u = 2 * normal(rng, 3, 2, 5, 4) + 1, normal(rng, 3, 2, 5, 4) - 0.5
w = torch.tensor([1.5, 0.0, 6.0]).double()


def one_by_one(c: Tensor, u: Tensor, w: Tensor, phi: float) -> Tensor:
    """The same, one picture after the other."""
    every = []
    for i in range(len(c)):
        g = torch.lerp(u[i], c[i], w[i].item())
        ratio = (c[i].var() / g.var()).sqrt()
        every.append(torch.lerp(g, g * ratio, phi))
    return torch.stack(every)


for phi in (0.7, 0.0, 1.0):
    check.close(
        f"three pictures, phi = {phi}",
        lambda phi=phi: rescaled_guidance(c, u, w, phi),
        one_by_one(c, u, w, phi),
    )
flat = torch.full((2, 3), 0.5).double()
check.close(
    "a prediction without any spread",
    lambda: rescaled_guidance(
        c[:2, 0, :3, 0], flat, torch.tensor([0.0, 2.0]).double(), 0.6
    ),
    torch.stack(
        [
            flat[0],
            one_by_one(c[:2, 0, :3, 0], flat, torch.tensor([0.0, 2.0]).double(), 0.6)[1],
        ]
    ),
)
for phi in (-0.1, 1.5):
    check.raises(
        f"phi = {phi}", ValueError, lambda phi=phi: rescaled_guidance(c, u, w, phi)
    )
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def refusal(phi: float) -> list:
    """What becomes of a phi that is not allowed: ["ValueError"], or the value."""
    try:
        return [
            rescaled_guidance(
                torch.ones(2, 3).double(),
                torch.eye(2, 3).double(),
                torch.ones(2).double(),
                phi,
            )
        ]
    except ValueError:
        return ["ValueError"]


rng = torch.default_generator
for size, phi, unit in (((4, 2, 6), 0.3, 1), ((2, 3, 5), 0.85, 0.04), ((5, 2, 4, 3), 0.6, 1), ((3, 5), 0.0, 1), ((2, 4, 3), 1.0, 1)):  # fmt: skip
    c, u, w = (
        unit * (normal(rng, *size) - 1),
        unit * (3 * normal(rng, *size) + 2),
        5 * uniform(rng, size[0]) - 1,
    )
    found = rescaled_guidance(c, u, w, phi)
    u[0], w[0] = 0.25, 0.0
    still = rescaled_guidance(c, u, w, phi)
    seal(
        f"predictions {size}, phi = {phi}, and the inputs afterwards",
        [found, still, c, u, w, refusal(phi + 1.01), refusal(phi - 1.01)],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 14.6 Fewer errors with the same predictions
# *Go beyond · 3 points · effort ●●● · about 35 minutes*
#
# With $\mathbf y = \mathbf x_t / \sqrt{\bar\alpha_t}$ and $s = \sqrt{(1 - \bar\alpha_t) / \bar\alpha_t}$, a DDIM step with $\eta = 0$ from the level $s$ to the level $s'$ is $\mathbf y + (s' - s)\, \boldsymbol\varepsilon(\mathbf y, s)$: Euler's method for the differential equation
#
# $$ \frac{d \mathbf y}{d s} = \boldsymbol\varepsilon(\mathbf y, s) . $$
#
# Its error falls only in proportion to the length of the steps. Write a solver that follows the levels $s_0 > s_1 > \dots > s_K = 0$ with a smaller error. You may call `predict(y, s)` at any level from $s_0$ to 0, also between the given ones, but **at most twice per step**, so $2K$ times in all. On data whose exact noise is known, your largest error has to be **at most 45 % of that of DDIM**, at the same levels, for $K = 30$ to 60, here and on other data. The levels are not evenly spaced.
#
# <details><summary>Hint</summary>
#
# The mean of the slopes at both ends of a step, or the slope at its middle, is exact to second order. Both need a first guess of $\mathbf y$ there, for which an Euler step is good enough.
#
# </details>


# %% known_data
def known_data(
    mean: Tensor, std: Tensor
) -> tuple[Callable[[Tensor, float], Tensor], Callable[[Tensor, float], Tensor]]:
    """For the check: the exact noise of normally distributed data, and where each y at level s ends.   mean, std: (d,)"""

    def predict(y: Tensor, s: float) -> Tensor:
        return s * (y - mean) / (std**2 + s**2)

    def end(y: Tensor, s: float) -> Tensor:
        return mean + (y - mean) * std / (std**2 + s**2).sqrt()

    return predict, end


# %% error_over_ddim
def error_over_ddim(
    solver: Callable, mean: Tensor, std: Tensor, y: Tensor, levels: list[float]
) -> Tensor:
    """For the check: the solver's largest error over that of DDIM; infinite after too many predictions."""
    predict, end = known_data(mean, std)
    calls = []

    def counted(y: Tensor, s: float) -> Tensor:
        calls.append(s)
        return predict(y, s)

    euler, found, target = y, solver(counted, y, list(levels)), end(y, levels[0])
    for s, lower in itertools.pairwise(levels):
        euler = euler + (lower - s) * predict(euler, s)
    allowed = len(calls) <= 2 * (len(levels) - 1) and found.shape == y.shape
    ratio = (found - target).abs().max() / (euler - target).abs().max()
    return ratio if allowed else torch.full_like(ratio, torch.inf)


# %% better_solver
def better_solver(
    predict: Callable[[Tensor, float], Tensor], y: Tensor, levels: list[float]
) -> Tensor:
    """predict: y (n, d), s -> noise (n, d); y: (n, d) at levels[0], levels: K + 1 falling numbers, the last 0 -> y (n, d) at 0"""
    ### BEGIN SOLUTION
    for s, lower in itertools.pairwise(levels):
        slope = predict(y, s)
        guess = y + (lower - s) * slope
        y = y + (lower - s) * (slope + predict(guess, lower)) / 2
    return y
    ### END SOLUTION


# %% test_better_solver points=3
rng = torch.Generator().manual_seed(146)
mean, std = torch.tensor([1.0, -2.0, 0.5]).double(), torch.tensor([0.4, 1.0, 0.3]).double()
for K in (30, 45, 60):
    levels = [8.0 * (1 - k / K) ** 3 for k in range(K + 1)]
    y = mean + 8 * normal(rng, 6, 3)
    check.close(
        f"error over that of DDIM with {K} steps, beyond 0.45",
        lambda y=y, levels=levels: (
            error_over_ddim(better_solver, mean, std, y, levels) - 0.45
        ).clamp(min=0),
        torch.tensor(0.0).double(),
    )
### BEGIN HIDDEN TESTS
from course_tools.grading.author import at_most, seal

rng = torch.default_generator
for K, top, power in ((32, 6.0, 2), (40, 10.0, 3), (55, 5.0, 3)):
    mean, std = normal(rng, 4), 0.3 + uniform(rng, 4)
    levels = [top * (1 - k / K) ** power for k in range(K + 1)]
    y = mean + top * normal(rng, 5, 4)
    ratio = error_over_ddim(better_solver, mean, std, y, levels)
    seal(f"error over that of DDIM, {K} steps from level {top}", ratio, rule=at_most(0.45))
### END HIDDEN TESTS

# %% [markdown]
# ## 14.7 A loss that weighs the steps
# *Find the bug · 2 points · effort ●● · about 20 minutes*
#
# Hang et al. (2023) weight the loss of a diffusion model by the signal-to-noise ratio $\rho_t = \bar\alpha_t / (1 - \bar\alpha_t)$, cut off at $\gamma$: the squared error of $\hat{\mathbf x}_0$ counts $\min(\rho_t, \gamma)$ times. For a network that predicts $\mathbf v = \sqrt{\bar\alpha_t}\, \boldsymbol\varepsilon - \sqrt{1 - \bar\alpha_t}\, \mathbf x_0$ this is, for picture $i$ with its step $t_i$ and $d$ numbers,
#
# $$ L_i = \frac{\min(\rho_{t_i}, \gamma)}{\rho_{t_i} + 1} \cdot \frac1d \, \bigl\lVert \hat{\mathbf v}_i - \mathbf v_i \bigr\rVert^2 . $$
#
# `alpha_bar[t]` belongs to step $t$, for $t = 0..T$. The next cell has **four faults**. Write the function without them; it gives one loss for each picture.
#
# <details><summary>Hint</summary>
#
# Take two pictures with different steps, one of them $T$, and follow the shapes. Which of the two errors does `/ snr` belong to?
#
# </details>


# %% faulty_weighted_loss
def faulty_weighted_loss(
    v_hat: Tensor, x0: Tensor, eps: Tensor, t: Tensor, alpha_bar: Tensor, gamma: float
) -> Tensor:
    """The weighted losses of a v-prediction, with four faults."""
    a = alpha_bar[t - 1].view(-1, *[1] * (x0.dim() - 1))
    v = a.sqrt() * x0 - (1 - a).sqrt() * eps
    snr = a / (1 - a)
    weight = snr.clamp(max=gamma) / snr
    return (weight * (v_hat - v) ** 2).flatten(1).sum(dim=1)


# %% weighted_v_loss
def weighted_v_loss(
    v_hat: Tensor, x0: Tensor, eps: Tensor, t: Tensor, alpha_bar: Tensor, gamma: float
) -> Tensor:
    """v_hat, x0, eps: (n, ...), t: (n,) in 1..T, alpha_bar: (T + 1,), gamma: a number -> L (n,)"""
    ### BEGIN SOLUTION
    a = alpha_bar[t].view(-1, *[1] * (x0.dim() - 1))
    v = a.sqrt() * eps - (1 - a).sqrt() * x0
    snr = a / (1 - a)
    weight = snr.clamp(max=gamma) / (snr + 1)
    return (weight * (v_hat - v) ** 2).flatten(1).mean(dim=1)
    ### END SOLUTION


# %% test_weighted_v_loss points=2
rng = torch.Generator().manual_seed(147)
alpha_bar = torch.tensor([1.0, 0.97, 0.9, 0.72, 0.5, 0.23, 0.04]).double()
v_hat, x0, eps = (
    normal(rng, 5, 2, 4, 3) + 1,
    2 * normal(rng, 5, 2, 4, 3) - 1,
    normal(rng, 5, 2, 4, 3),
)
t = torch.tensor([4, 1, 6, 3, 2])


def picture_by_picture(
    v_hat: Tensor, x0: Tensor, eps: Tensor, t: Tensor, alpha_bar: Tensor, gamma: float
) -> Tensor:
    """For the check: by the error of the clean picture, one picture after the other.   -> (n,)"""
    L = []
    for i, step in enumerate(t.tolist()):
        a = alpha_bar[step].item()
        x_t = a**0.5 * x0[i] + (1 - a) ** 0.5 * eps[i]
        x0_hat = a**0.5 * x_t - (1 - a) ** 0.5 * v_hat[i]
        L.append(min(a / (1 - a), gamma) * ((x0_hat - x0[i]) ** 2).mean())
    return torch.stack(L)


for gamma in (5.0, 0.6):
    check.close(
        f"five pictures, gamma = {gamma}",
        lambda gamma=gamma: weighted_v_loss(v_hat, x0, eps, t, alpha_bar, gamma),
        picture_by_picture(v_hat, x0, eps, t, alpha_bar, gamma),
    )
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for size, gamma in (((4, 6), 3.0), ((3, 2, 5), 1.2), ((6, 1, 3, 4), 0.7)):
    alpha_bar = torch.cat(
        [torch.ones(1).double(), (0.85 + 0.14 * uniform(rng, 9)).cumprod(dim=0)]
    )
    v_hat, x0, eps = normal(rng, *size), normal(rng, *size) + 1, normal(rng, *size)
    t = 1 + torch.randperm(9, generator=rng)[: size[0]]
    t[0] = 1
    seal(
        f"predictions {size}, gamma = {gamma}, and the inputs afterwards",
        [
            weighted_v_loss(v_hat, x0, eps, t, alpha_bar, gamma),
            v_hat,
            x0,
            eps,
            t,
            alpha_bar,
        ],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 14.8 Several right captions
# *Write · 2 points · effort ●●● · about 25 minutes*
#
# The loss of the chapter's small CLIP takes all pairs off the diagonal for wrong ones, even where two captions say the same. Here pictures and captions carry the number of what they show, $a_i$ for $n$ pictures and $b_j$ for $m$ captions. With $P_i = \{ j : b_j = a_i \}$, the loss of the pictures is the mean over all $i$ **that have a right caption**, $P_i \neq \emptyset$, of
#
# $$ -\frac{1}{|P_i|} \sum_{j \in P_i} \log \frac{e^{s_{ij}}}{\sum_{k=1}^{m} e^{s_{ik}}} . $$
#
# The loss of the captions is the same with the two parts exchanged (softmax over the pictures, mean over the captions that have a right picture). The result is the mean of the two losses. Pictures and captions without a partner stay in the denominators of the others. If no pair is right, raise a `ValueError`. Logits of several hundred must stay exact.
#
# <details><summary>Hint</summary>
#
# The comparison `a[:, None] == b` gives all right pairs at once. Where $P_i$ is empty, leave row $i$ out before anything is divided by $|P_i|$. The second half is the first one for the transposed matrix.
#
# </details>


# %% pair_by_pair
def pair_by_pair(S: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """For the check: the loss by loops over pictures and captions."""
    halves = []
    for logits, own, others in ((S, a.tolist(), b.tolist()), (S.T, b.tolist(), a.tolist())):
        losses = []
        for i, kind in enumerate(own):
            right = [j for j, other in enumerate(others) if other == kind]
            losses += [-logits[i].log_softmax(dim=0)[right].mean()] if right else []
        halves.append(torch.stack(losses).mean())
    return torch.stack(halves).mean()


# %% several_captions
def several_captions(S: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """S: (n, m) logits, a: (n,) and b: (m,) int64, what the pictures show and the captions say -> ()"""
    ### BEGIN SOLUTION
    right = a[:, None] == b
    if not right.any():
        raise ValueError("no picture has a right caption")

    def one_way(logits: Tensor, pairs: Tensor) -> Tensor:
        counts = pairs.sum(dim=1)
        each = -(logits.log_softmax(dim=1) * pairs).sum(dim=1)
        return (each[counts > 0] / counts[counts > 0]).mean()

    return (one_way(S, right) + one_way(S.T, right.T)) / 2
    ### END SOLUTION


# %% test_several_captions points=2
rng = torch.Generator().manual_seed(148)
S = 3 * normal(rng, 5, 4)
a, b = torch.tensor([7, 2, 7, 5, 2]), torch.tensor([2, 7, 5, 7])
check.close(
    "five pictures, four captions, each with a partner",
    lambda: several_captions(S, a, b),
    pair_by_pair(S, a, b),
)
one = torch.tensor([3, 0, 4, 1])
check.close(
    "one right caption each: torch's cross-entropy",
    lambda: several_captions(S[:4], one, one.flip(0)),
    (
        F.cross_entropy(S[:4], torch.tensor([3, 2, 1, 0]))
        + F.cross_entropy(S[:4].T, torch.tensor([3, 2, 1, 0]))
    )
    / 2,
)
alone, unread = torch.tensor([7, 9, 7, 2, 8]), torch.tensor([6, 7, 2, 7])
check.close(
    "two pictures and one caption without a partner",
    lambda: several_captions(S, alone, unread),
    pair_by_pair(S, alone, unread),
)
check.close(
    "logits of several hundred",
    lambda: several_captions(150 * S, a, b),
    pair_by_pair(150 * S, a, b),
)
check.raises("no right pair", ValueError, lambda: several_captions(S, a, b + 10))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def refused(n: int, m: int) -> list:
    """What becomes of logits without a right pair: ["ValueError"], or the value."""
    try:
        return [
            several_captions(
                torch.ones(n, m).double(), torch.zeros(n).long(), torch.ones(m).long()
            )
        ]
    except ValueError:
        return ["ValueError"]


rng = torch.default_generator
for n, m, kinds in ((6, 9, 4), (8, 5, 7), (3, 7, 1), (1, 2, 1)):
    a, b = torch.randint(kinds, (n,)), torch.randint(kinds, (m,))
    b[0] = a[0]
    S = 4 * normal(rng, n, m)
    found = [several_captions(S, a, b), several_captions(200 * S, a, b), refused(n, m)]
    seal(
        f"{n} pictures, {m} captions of {kinds} kinds, and the inputs afterwards",
        [*found, S, a, b],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 14.9 What InfoNCE sends back
# *Derive · 3 points · effort ●●● · about 30 minutes*
#
# The two encoders put out $\mathbf p_i$ for the pictures and $\mathbf q_j$ for the captions, of any length; with the trained number $r$,
#
# $$ \mathbf u_i = \frac{\mathbf p_i}{\lVert \mathbf p_i \rVert}, \qquad \mathbf v_j = \frac{\mathbf q_j}{\lVert \mathbf q_j \rVert}, \qquad s_{ij} = e^{r}\, \mathbf u_i \cdot \mathbf v_j, \qquad L = -\frac{1}{2n} \sum_{i=1}^{n} \Big[ \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ij}}} + \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ji}}} \Big] . $$
#
# Derive the gradients of $L$ with respect to all $\mathbf p_i$, all $\mathbf q_j$ and $r$, and give them as code. No automatic differentiation, and no differences of losses: the gradients need no logarithm, and none is allowed (`log`, `log_softmax`, `logsumexp`, `cross_entropy` and the like). They must be right for $e^{r}$ of two thousand.
#
# <details><summary>Hint</summary>
#
# Begin with $G_{ij} = \partial L / \partial s_{ij}$: each logit stands in one softmax of its row and in one of its column. A change of $\mathbf p_i$ along itself does not change $\mathbf u_i$; so which part of $\partial L / \partial \mathbf u_i$ reaches $\mathbf p_i$, and by which length is it divided?
#
# </details>


# %% infonce_gradients
def infonce_gradients(p: Tensor, q: Tensor, r: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """p, q: (n, d), r: () -> dp (n, d), dq (n, d), dr ()"""
    ### BEGIN SOLUTION
    long_p, long_q = p.norm(dim=1, keepdim=True), q.norm(dim=1, keepdim=True)
    u, v = p / long_p, q / long_q
    S = r.exp() * u @ v.T
    G = (S.softmax(dim=1) + S.softmax(dim=0) - 2 * torch.eye(len(S))) / (2 * len(S))
    du, dv = r.exp() * G @ v, r.exp() * G.T @ u
    dp = (du - (du * u).sum(dim=1, keepdim=True) * u) / long_p
    dq = (dv - (dv * v).sum(dim=1, keepdim=True) * v) / long_q
    return dp, dq, (G * S).sum()
    ### END SOLUTION


# %% test_infonce_gradients points=3
rng = torch.Generator().manual_seed(149)
p, q, r = 3 * normal(rng, 5, 4), normal(rng, 5, 4) + 0.5, torch.tensor(1.2).double()


def by_autograd(p: Tensor, q: Tensor, r: Tensor) -> tuple[Tensor, ...]:
    """The three gradients with torch's cross-entropy."""
    leaves = [t.clone().requires_grad_() for t in (p, q, r)]
    u, v = F.normalize(leaves[0], dim=1), F.normalize(leaves[1], dim=1)
    S, own = leaves[2].exp() * u @ v.T, torch.arange(len(p))
    L = (F.cross_entropy(S, own) + F.cross_entropy(S.T, own)) / 2
    return torch.autograd.grad(L, leaves)


for k, name in enumerate(("dp", "dq", "dr")):
    check.close(name, lambda k=k: infonce_gradients(p, q, r)[k], by_autograd(p, q, r)[k])
sharp = torch.tensor(7.6).double()
check.close(
    "dp for a very low temperature",
    lambda: infonce_gradients(p, q, sharp)[0],
    by_autograd(p, q, sharp)[0],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd", "log", "log_softmax", "logsumexp", "cross_entropy")
rng = torch.default_generator
for n, d, size in ((6, 5, 7.6), (7, 3, 2.1), (4, 6, 0.3), (1, 3, 1.0)):
    p, q = 2 * normal(rng, n, d), normal(rng, n, d) - 0.4
    r = torch.tensor(size).double()
    found = infonce_gradients(p, q, r)
    seal(
        f"{n} pairs of {d} numbers, r = {size}, and the inputs afterwards",
        [*found, p, q, r],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 14.10 Six numbers about two spaces
# *Predict · 2 points · effort ●● · about 20 minutes*
#
# Work out these numbers, with three significant digits, before you run anything. The check holds the form of your answer; whether the numbers are right is sealed. Afterwards compute in code what you can, and compare.
#
# 1. Two codes have norm 6 and are at a right angle. What is the norm of the point a quarter of the way along the *straight* path between them?
# 2. Two codes have the norms 3 and 5 and an angle of 60°. What is the norm of the spherical interpolation halfway between them?
# 3. An affine map takes codes of 8 numbers to codes of 5. How many pairs of codes does it take, in general, before the map of least squared error is the only one with its error?
# 4. A map predicts for each code $\mathbf y$ of the other space the vector $0.8\, \mathbf y$; the codes $\mathbf y$ have mean $\mathbf 0$. What is the coefficient of determination $R^2$?
# 5. In a batch of five pictures with their captions, each picture has the cosine 0.9 with its own caption and 0.3 with each other one. What is the loss of InfoNCE in both directions at the temperature $\tau = 0.3$, in nats?
# 6. A batch has eight pictures. Three have the same caption, three others share another one, and two have a caption of their own. What is the smallest loss of InfoNCE in both directions that a perfect model can come near, if only the caption of the same row counts as right?
#
# <details><summary>Hint</summary>
#
# For 2: both factors of the formula are equal. For 3: how many unknowns has each of the five columns? For 6: pictures with the same caption cannot be told apart by it; what is the best loss of one of three?
#
# </details>


# %% six_numbers_of_spaces
def six_numbers_of_spaces() -> list[float]:
    """The six numbers, in this order."""
    ### BEGIN SOLUTION
    return [4.743, 4.041, 9.0, 0.96, 0.4327, 0.824]
    ### END SOLUTION


# %% test_six_numbers_of_spaces points=2
check.predicted("six numbers", lambda: six_numbers_of_spaces(), count=6)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

predicted = torch.tensor([float(number) for number in six_numbers_of_spaces()]).double()
seal("six numbers", predicted, rule=close(rtol=0.006))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
