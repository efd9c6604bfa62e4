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
# # 14 Flows and diffusion
#
# Two kinds of generative models keep the size of the example: a normalising flow, whose density is exact, and a diffusion model, which removes noise step by step. Both are built from scratch. Latent spaces and a small CLIP follow; at the end a caption of three words is turned into a picture by a model that the chapter trained.
#
# Terms in bold are collected in the [glossary](glossary.md).

# %% [markdown]
# > **Study time** About 245 minutes. The core path, 90 minutes, is sections 14.1, 14.4 to 14.6 and 14.8; sections marked *going further* can wait. The chapter has two parts: part two, latent spaces and pictures from words, begins with section 14.11.

# %%
import copy
import itertools
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, distributions, nn

from course_utils import check, data, plots, widgets
from course_utils.progress import progress

SEED = check.seed(14)


# %% [markdown]
# ## 14.1 What does a map do to a density?
#
# Draw $z$ from $\mathcal N(0, 1)$ and compute $x = \sinh z$. Which density does $x$ have? The map stretches: a short interval of length $dz$ around $z$ becomes one of length $\cosh(z)\, dz$, and the same probability is spread over it. So the density is divided by the stretch. With $f = \operatorname{arsinh}$, the inverse, which takes $x$ back to $z$,
#
# $$ p_X(x) = p_Z\big( f(x) \big)\, \lvert f'(x) \rvert, \qquad f'(x) = \frac{1}{\sqrt{1 + x^2}} . \tag{14.1} $$

# %% [markdown]
# Before the formula is used, it is held against a count of 200,000 draws in bins.

# %%
rng = torch.Generator().manual_seed(SEED)
z = data.normal(rng, 200_000)
edges = torch.linspace(-3, 3, 25, dtype=torch.float64)
middle, width = (edges[1:] + edges[:-1]) / 2, 0.25
counted = torch.histogram(z.sinh(), edges).hist / len(z) / width
normal = distributions.Normal(0.0, 1.0)
p_x = normal.log_prob(middle.asinh()).exp() / (1 + middle**2).sqrt()  # eq. 14.1
check.close("histogram against the formula", counted, p_x, atol=0.02)
check.catches("no stretch in the density", lambda: check.close("histogram", counted, normal.log_prob(middle.asinh()).exp(), atol=0.02))  # fmt: skip

# %% [markdown]
# In two dimensions a linear map with the matrix $A$ turns the unit square into a parallelogram of area $\lvert \det A \rvert$, measured here from its corners. A smooth map is linear near each point, with its Jacobian as the matrix, so a small square is scaled by the Jacobian's determinant.


# %%
def area(corners: Tensor) -> Tensor:
    """Area of a polygon from its corners in order (shoelace formula).   (k, 2) -> ()"""
    x, y = corners.T
    return 0.5 * (x * y.roll(-1) - x.roll(-1) * y).sum().abs()


def bend(x: Tensor) -> Tensor:
    """A smooth invertible map of the plane.   (..., 2) -> (..., 2)"""
    return torch.stack([1.5 * x[..., 0], 0.5 * x[..., 1] + 0.3 * x[..., 0] ** 2], dim=-1)


SQUARE = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)
A = torch.tensor([[1.5, 0.7], [-0.4, 0.8]], dtype=torch.float64)
check.close("area of the sheared square", area(SQUARE @ A.T), torch.linalg.det(A).abs())
corner = torch.tensor([0.8, -0.3], dtype=torch.float64)
J = torch.autograd.functional.jacobian(bend, corner)
check.close("a small bent square", area(bend(corner + 1e-3 * SQUARE)) / 1e-6, torch.linalg.det(J).abs(), atol=1e-3)  # fmt: skip

# %% tags=["hide-input"]
fig1, ax = plots.panel("$x = \\sinh z$", x="$x$", y="density", size=(3.4, 2.6))
ax.bar(middle, counted, width=0.9 * width, color=plots.BLUE, alpha=0.5, label="counted")
ax.plot(middle, p_x, color=plots.ORANGE, label="(14.1)")
ax.plot(middle, normal.log_prob(middle).exp(), "--", color=plots.MUTED, label="$\\mathcal{N}(0, 1)$")  # fmt: skip
ax.set_ylim(0, 0.62)
ax.legend(ncol=3, loc="upper center", columnspacing=1, handlelength=1.2)
fig2, ax = plots.panel("a unit square, sheared", size=(3.0, 2.6))
for corners, colour, label in ((SQUARE, plots.BLUE, "area 1"), (SQUARE @ A.T, plots.ORANGE, f"area {torch.linalg.det(A):.2f}")):  # fmt: skip
    ax.fill(*corners.T, color=colour, alpha=0.45, label=label)
ax.set(xlim=(-0.6, 2.4), ylim=(-0.6, 1.6))
ax.set_aspect("equal")
ax.legend(loc="upper right")
plots.show(fig1, fig2, alt=["The counted density follows the formula's curve, which is higher than the Gaussian in the tails.", "The unit square and the parallelogram that the matrix makes of it, with area 1.48."])  # fmt: skip

# %% [markdown]
# The **change of variables** formula says that the log-density of $\mathbf x$ is that of its image $f(\mathbf x)$ plus the logarithm of the absolute determinant of the Jacobian of $f$, for an invertible, differentiable $f$. For a chain $f = f_K \circ \dots \circ f_1$ the determinants multiply, so their logarithms add:
#
# $$ \log p(\mathbf x) = \log \mathcal N\big( f(\mathbf x); \mathbf 0, I \big) + \sum_{k=1}^{K} \log \big\lvert \det J_{f_k}(\mathbf h_{k-1}) \big\rvert, \qquad \mathbf h_k = f_k(\mathbf h_{k-1}), \quad \mathbf h_0 = \mathbf x . \tag{14.2} $$

# %% [markdown]
# A **normalising flow** is a generative model that maps an example through a chain of invertible networks to a Gaussian vector of the same size and gets its exact density by the change of variables. It is trained by maximum likelihood; a new example is $f^{-1}(\mathbf z)$ with $\mathbf z \sim \mathcal N(\mathbf 0, I)$.

# %% [markdown]
# The models of sections 14.2 to 14.6 are trained on the same data: two half-moons in the plane, standardised.

# %%
MOONS = data.moons(8000, noise=0.15, seed=SEED)
M_MEAN, M_STD = MOONS.X_train.mean(dim=0), MOONS.X_train.std(dim=0)
M_TRAIN, M_TEST = ((X - M_MEAN) / M_STD for X in (MOONS.X_train, MOONS.X_test))  # (4000, 2) each  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "z is uniform on the unit square (density 1), and x = f⁻¹(z) doubles the first coordinate and triples the second. What is the density of x where it is not 0?",
    answer=1 / 6,
    tolerance=0.002,
    because="The map from z to x multiplies areas by 6, so f has a Jacobian with determinant 1/6, and the density is 1 times 1/6.",
    slips={
        "That is the determinant of the map from z to x; the formula needs that of f, from x to z.": 6.0,
        "The density integrates to 1 over an area of 6, so it cannot stay 1.": 1.0,
    },
)

# %% [markdown]
# ## 14.2 Which network is easy to invert?
#
# *Going further.*
#
# A chain of linear maps is invertible if each matrix is, and its density is known. That checks the sum in (14.2) and its sign, before networks take the place of the matrices.
#
# | symbol | name | meaning |
# |---|---|---|
# | $x, z$ | `x`, `z` | an example and its image under $f$ |
# | $f$ | `flow(...)` | the map from examples to the Gaussian |
# | $\log \lvert \det J_f(\mathbf x) \rvert$ | `log_det` | logarithm of the change of volume, $(n,)$ |
# | $\mathbf s, \mathbf t$ | `s`, `shift` | logarithm of the scale, and the shift, of a coupling layer |

# %%
rng = torch.Generator().manual_seed(SEED)
normal = distributions.Normal(0.0, 1.0)
A1, A2 = data.normal(rng, 3, 3), data.normal(rng, 3, 3)
x = data.normal(rng, 4, 3)
log_det = torch.linalg.slogdet(A1).logabsdet + torch.linalg.slogdet(A2).logabsdet
log_p = normal.log_prob(x @ A1.T @ A2.T).sum(dim=1) + log_det  # eq. 14.2
back = torch.linalg.inv(A2 @ A1)
exact = distributions.MultivariateNormal(torch.zeros(3).double(), back @ back.T).log_prob(x)
check.close("a chain of two linear maps", log_p, exact)
check.catches("the sign of the inverse", lambda: check.close("log p", log_p - 2 * log_det, exact))  # fmt: skip

# %% [markdown]
# A dense layer with $d$ units has an inverse only sometimes, and its determinant takes on the order of $d^3$ operations. A **coupling layer** keeps a part of its input as it is and scales and shifts the rest by numbers that a network computes from the kept part. With $\mathbf x = (\mathbf a, \mathbf b)$ and networks $\mathbf s$ and $\mathbf t$ that need not be invertible (Dinh et al. 2017):
#
# $$ \mathbf a' = \mathbf a, \quad \mathbf b' = \mathbf b \odot e^{\mathbf s(\mathbf a)} + \mathbf t(\mathbf a); \qquad \mathbf b = \big( \mathbf b' - \mathbf t(\mathbf a') \big) \odot e^{-\mathbf s(\mathbf a')} . \tag{14.3} $$

# %% [markdown]
# The Jacobian is triangular, with ones and $e^{s_j}$ on its diagonal; the logarithm of its determinant is the sum of the $s_j$. One layer leaves $\mathbf a$ unchanged, so the next one sees the coordinates in reverse order: a permutation, whose determinant is $\pm 1$. `2 * tanh(s / 2)` keeps the scales between $e^{-2}$ and $e^2$.


# %%
class Coupling(nn.Module):
    """An affine coupling layer (eq. 14.3).   x: (n, d) -> (n, d), log |det J| (n,)"""

    def __init__(self, d: int, width: int):
        super().__init__()
        self.k = d // 2  # columns that are kept
        self.net = nn.Sequential(nn.Linear(self.k, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2 * (d - self.k)))  # fmt: skip

    def scale_and_shift(self, a: Tensor) -> tuple[Tensor, Tensor]:
        s, shift = self.net(a).chunk(2, dim=1)
        return 2 * torch.tanh(s / 2), shift

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = x[:, : self.k], x[:, self.k :]  # columns, not rows
        s, shift = self.scale_and_shift(a)
        return torch.cat([a, b * s.exp() + shift], dim=1), s.sum(dim=1)

    def inverse(self, y: Tensor) -> Tensor:
        a, b = y[:, : self.k], y[:, self.k :]
        s, shift = self.scale_and_shift(a)
        return torch.cat([a, (b - shift) * (-s).exp()], dim=1)  # first the shift


# %%
def log_standard(z: Tensor) -> Tensor:
    """log N(z; 0, I) for each row.   (n, d) -> (n,)"""
    return -0.5 * (z**2 + math.log(2 * math.pi)).sum(dim=1)


class Flow(nn.Module):
    """Coupling layers with the coordinates reversed between them.   x: (n, d) -> z (n, d), log |det J| (n,)"""

    def __init__(self, d: int, layers: int, width: int, log_base: Callable[[Tensor], Tensor] = log_standard):  # fmt: skip
        super().__init__()
        self.layers = nn.ModuleList(Coupling(d, width) for _ in range(layers))
        self.log_base = log_base

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        total = torch.zeros(len(x), dtype=x.dtype)
        for layer in self.layers:
            x, log_det = layer(x.flip(1))
            total = total + log_det
        return x, total

    def inverse(self, z: Tensor) -> Tensor:
        for layer in reversed(self.layers):
            z = layer.inverse(z).flip(1)
        return z

    def log_prob(self, x: Tensor) -> Tensor:
        z, log_det = self(x)
        return self.log_base(z) + log_det  # eq. 14.2


# %% [markdown]
# Both the inverse and the determinant are checked against what autograd finds, with three examples of five numbers: halves of two and three columns, so that an equal split, or one along the rows, would fail.

# %%
rng = torch.Generator().manual_seed(SEED)
torch.manual_seed(SEED)
small = Flow(5, layers=3, width=7).double()
x = 2 * data.normal(rng, 3, 5)
z, log_det = small(x)
jacobians = [torch.autograd.functional.jacobian(lambda row: small(row[None])[0][0], row) for row in x]  # fmt: skip
expected = torch.stack([torch.linalg.slogdet(J).logabsdet for J in jacobians])
check.close("log |det J| against autograd", log_det, expected)
check.close("inverse", small.inverse(z), x)
last = small.layers[-1](z)[1]
check.catches("only the last layer's determinant", lambda: check.close("log |det J|", last, expected))  # fmt: skip


# %%
def fit_flow(flow: Flow, X: Tensor, steps: int, rng: torch.Generator) -> Flow:
    """Maximum likelihood, batches of 256, with a learning rate that falls to 0.   X: (n, d)"""
    optimizer = torch.optim.Adam(flow.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in progress(range(steps), "flow"):
        batch = X[torch.randint(len(X), (256,), generator=rng)]
        optimizer.zero_grad()
        (-flow.log_prob(batch).mean()).backward()
        nn.utils.clip_grad_norm_(flow.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return flow.eval()


# %%
rng = torch.Generator().manual_seed(SEED)
torch.manual_seed(SEED)
moon_flow = fit_flow(Flow(2, layers=6, width=64), M_TRAIN, 900, rng)
with torch.no_grad():
    flow_nll = -moon_flow.log_prob(M_TEST).mean().item()
best_gaussian = distributions.MultivariateNormal(M_TRAIN.mean(dim=0), M_TRAIN.T.cov())
gaussian = -best_gaussian.log_prob(M_TEST).mean().item()
print(f"nats per unseen point: RealNVP {flow_nll:.3f}, one Gaussian {gaussian:.3f}")
check.reaches("flow against one Gaussian: nats gained", gaussian - flow_nll, at_least=0.4)

# %%
side = torch.linspace(-4, 4, 161)
grid = torch.cartesian_prod(side, side)  # first coordinate slowest
with torch.no_grad():
    density = moon_flow.log_prob(grid).exp().view(161, 161)
    x = M_TEST[:500]
    error = (moon_flow.inverse(moon_flow(x)[0]) - x).abs().max().item()
print(f"the density sums to {density.sum() * 0.05**2:.4f}; largest error of the inverse {error:.1e}")  # fmt: skip
check.reaches("mass on the grid", density.sum().item() * 0.05**2, at_least=0.98, at_most=1.02)  # fmt: skip
check.reaches("error of the inverse", error, at_most=1e-3)

# %% [markdown]
# The density integrates to one on a grid, as the change of variables promises whatever the weights are, and the flow is better than one Gaussian by more than 0.4 nats per point. Section 14.3 compares it with a stronger model.

# %% tags=["hide-input"]
with torch.no_grad():
    drawn = moon_flow.inverse(torch.randn(600, 2, generator=rng))
figures = []
for name, points in (("unseen points", M_TEST[:600]), ("drawn from the flow", drawn)):
    fig, ax = plots.panel(name, size=(2.5, 2.4), xlim=(-2.6, 2.6), ylim=(-2.6, 2.6))
    ax.plot(*points.T, ".", color=plots.BLUE, markersize=2.5, alpha=0.6)
    figures.append(fig)
fig, ax = plots.panel("the flow's density", size=(2.5, 2.4))
plots.image(ax, density.T.flip(0)[28:133:2, 28:133:2])
plots.show(*figures, fig, alt=["Two interleaved half-moons of points.", "The drawn points form the same two half-moons, with a few points between them.", "The density is high along two half-moons, with a faint bridge between them."])  # fmt: skip

# %% tags=["hide-input"]
widgets.choose(
    "Six coupling layers in a row keep the same first half and never permute. What can the flow not learn?",
    {
        "Any change of the first half: it stays as it was": True,
        "The second half, since it is scaled only once": "It is scaled and shifted six times.",
        "Nothing: the networks see all coordinates": "They see the kept half only, and that half is never changed.",
        "It has no inverse": "Each layer has one, so the chain has.",
    },
    because="The kept half passes through all layers unchanged; its density stays the Gaussian's.",
)

# %% [markdown]
# ## 14.3 What can a flow not learn?
#
# *Going further.*
#
# *This section uses `moon_flow` from section 14.2.*
#
# First, how good is the flow of section 14.2? A **kernel density estimate** is the mean of narrow Gaussians, one around each training point. It is a strong model in the plane if its width is tuned, here on a part of the training points; the test points serve once.


# %%
def kernel_nll(X: Tensor, points: Tensor, width: float) -> float:
    """Mean negative log-density of X under Gaussians of a width around the points.   (n, 2), (m, 2)"""
    log_each = -0.5 * torch.cdist(X, points) ** 2 / width**2 - math.log(2 * math.pi * width**2)  # fmt: skip
    return -(log_each.logsumexp(dim=1) - math.log(len(points))).mean().item()


best = min((kernel_nll(M_TRAIN[:1000], M_TRAIN[1000:], w), w) for w in (0.03, 0.05, 0.07, 0.1, 0.14, 0.2))[1]  # fmt: skip
kernel = kernel_nll(M_TEST, M_TRAIN, best)
with torch.no_grad():
    behind = -moon_flow.log_prob(M_TEST).mean().item() - kernel
print(f"kernels of width {best}: {kernel:.3f} nats per unseen point; the flow needs {behind:.3f} more")  # fmt: skip
check.reaches("flow behind tuned kernels, nats", behind, at_least=-0.03, at_most=0.1)

# %% [markdown]
# The flow does not beat a tuned kernel density: in two dimensions, with 4,000 points, neighbours say enough. In hundreds of dimensions a point has no near neighbours, and a model has to share what it learns; that case is not run here.
#
# The notes remark that invertibility limits what a flow can express. Two limits are theorems. A flow keeps the dimension: it cannot compress. And it cannot tear. A **homeomorphism** is an invertible map that is continuous in both directions. A flow is one, and such a map cannot tear a connected set apart: the plane, where $\mathbf z$ lives, stays in one piece.

# %% [markdown]
# Beyond that the remark says too much: chains of affine coupling layers can approximate any smooth invertible map with a smooth inverse on a bounded region, with a mean error as small as one likes (Teshima et al. 2020). What happens with data in two separate pieces? The flow has to join them by a filament of points that the data do not have. It is measured as the share of its draws in the gap, with more layers as a control.


# %%
def two_islands(n: int, rng: torch.Generator) -> Tensor:
    """Two Gaussians of standard deviation 0.15, at -1 and 1 on the first axis.   -> (n, 2)"""
    side = 2.0 * torch.randint(2, (n, 1), generator=rng) - 1
    return torch.cat([side, torch.zeros(n, 1)], dim=1) + 0.15 * torch.randn(n, 2, generator=rng)  # fmt: skip


def log_two(z: Tensor) -> Tensor:
    """A base in two pieces: Gaussians at -4 and 4 on the first axis.   (n, 2) -> (n,)"""
    shift = torch.tensor([4.0, 0.0])
    return torch.logaddexp(log_standard(z - shift), log_standard(z + shift)) - math.log(2)


def in_gap(x: Tensor) -> float:
    """Share of points in the strip around the middle.   (n, 2)"""
    return (x[:, 0].abs() < 0.25).double().mean().item()


# %%
rng = torch.Generator().manual_seed(SEED)
islands, z = two_islands(4000, rng), torch.randn(20_000, 2, generator=rng)
print(f"data: {in_gap(two_islands(20_000, rng)):.4f} of the points in the gap")
gap = {}
for count in (2, 4, 8):
    torch.manual_seed(SEED)
    flow = fit_flow(Flow(2, count, width=32), islands, 400, rng)
    with torch.no_grad():
        drawn = flow.inverse(z)
    gap[count] = in_gap(drawn)
    print(f"one Gaussian as the base, {count} layers: {gap[count]:.4f}")
torch.manual_seed(SEED)
flow_two = fit_flow(Flow(2, 4, width=32, log_base=log_two), islands, 400, rng)
side = 8.0 * torch.randint(2, (len(z), 1), generator=rng) - 4
with torch.no_grad():
    two = in_gap(flow_two.inverse(z + torch.cat([side, torch.zeros(len(z), 1)], dim=1)))
print(f"a base in two pieces, 4 layers: {two:.4f}")
check.reaches("mass in the gap: one Gaussian, 8 layers", gap[8], at_least=0.003)
check.reaches("mass in the gap: a base in two pieces", two, at_most=0.002)

# %% [markdown]
# With one Gaussian as the base the filament stays; layers change how thin it is. The control that decides is the last line: the same coupling layers, with a base that is itself in two pieces, leave almost no points in the gap. So the filament comes from the base and not from coupling layers or their training. A steeper map makes it as thin as one likes; a continuous one cannot remove it.

# %% tags=["hide-input"]
fig, ax = plots.panel("eight layers, one Gaussian as the base", size=(4.4, 2.3), xlim=(-1.9, 1.9), ylim=(-0.9, 0.9))  # fmt: skip
ax.plot(*drawn[:1200].T, ".", color=plots.BLUE, markersize=2, alpha=0.6)
plots.show(
    fig, alt="Two round clouds of points, joined by a thin line of points across the gap."
)

# %% [markdown]
# Pixels are whole numbers, and a density of whole numbers has no upper bound: it can be made as large as one likes by narrow peaks at them. **Dequantisation** adds uniform noise to whole-number data before a density is fitted. **Bits per dimension** are the negative log-likelihood of whole-number data in bits, divided by the number of their dimensions. With 256 levels and $\mathbf x = (\mathbf k + \mathbf u) / 256$:
#
# $$ \mathrm{bpd} = \log_2 256 - \frac{\log p(\mathbf x)}{d \ln 2} . \tag{14.4} $$


# %%
def dequantised(k: Tensor, u: Tensor) -> Tensor:
    """Whole numbers 0..255 with noise in 0..1, scaled to 0..1."""
    return (k + u) / 256


def bits_per_dimension(log_p: Tensor, d: int, levels: int = 256) -> Tensor:
    """From log-densities on 0..1, in nats (eq. 14.4).   (n,) -> ()"""
    return math.log2(levels) - log_p.mean() / (d * math.log(2))


rng = torch.Generator().manual_seed(SEED)
k = torch.randint(256, (5000, 3), generator=rng)
x = dequantised(k, torch.rand(5000, 3, generator=rng))
uniform = torch.zeros(len(x)).where(
    ((x >= 0) & (x <= 1)).all(dim=1), -math.inf
)  # log of a density of 1
check.close("uniform pixels under a uniform model", bits_per_dimension(uniform, 3), torch.tensor(8.0))  # fmt: skip
check.catches("the levels forgotten", lambda: check.close("bits", bits_per_dimension(uniform, 3) - 8, torch.tensor(8.0)))  # fmt: skip
for spread in (0.1, 0.01, 0.001):  # a peak at each level, evaluated at the levels
    print(f"peaks of width {spread}: log-density {math.log(1 / (256 * spread * math.sqrt(2 * math.pi))):6.2f} nats at each level, if the levels are 1 apart")  # fmt: skip

# %% [markdown]
# ## 14.4 How does a picture turn into noise?
#
# A **diffusion model** is a generative model that learns to undo, step by step, a fixed process that turns examples into Gaussian noise (Sohl-Dickstein et al. 2015; Ho et al. 2020). The **forward process** is this fixed process, each of whose $T$ steps shrinks the example a little and adds a little Gaussian noise. With $\boldsymbol\varepsilon_t \sim \mathcal N(\mathbf 0, I)$ and $0 < \beta_t < 1$:
#
# $$ \mathbf x_t = \sqrt{1 - \beta_t}\; \mathbf x_{t-1} + \sqrt{\beta_t}\; \boldsymbol\varepsilon_t, \qquad t = 1, \dots, T . \tag{14.5} $$

# %% [markdown]
# Sums of Gaussians are Gaussian, so $t$ steps are one. The signal's factor is the product of the $\sqrt{1 - \beta}$, and the variance of the noise grows from $v$ to $(1 - \beta_t) v + \beta_t$, which solves to one minus the squared factor:
#
# $$ \mathbf x_t = \sqrt{\bar\alpha_t}\; \mathbf x_0 + \sqrt{1 - \bar\alpha_t}\; \boldsymbol\varepsilon, \qquad \bar\alpha_t = \prod_{s=1}^{t} (1 - \beta_s), \quad \bar\alpha_0 = 1 . \tag{14.6} $$

# %% [markdown]
# The **noise schedule** is the list of the $\beta_t$, or of the $\bar\alpha_t$ that follow from it. The linear one lets $\beta_t$ rise along a line (Ho et al. 2020), here with end points that suit $T = 200$ steps; the cosine one lets $\bar\alpha_t$ fall as a squared cosine (Nichol and Dhariwal 2021), with each $\beta_t$ kept below 0.999.
#
# | symbol | name | meaning |
# |---|---|---|
# | $T$ | `T` | number of steps of the forward process |
# | $\bar\alpha_t$ | `alpha_bar[t]` | share of the signal's variance that is left, $(T + 1,)$ |
# | $\mathbf x_t$ | `q_sample(x0, t, eps, alpha_bar)` | the example after $t$ steps |
# | $\boldsymbol\varepsilon$ | `eps` | noise, $\mathcal N(\mathbf 0, I)$ |

# %%
T = 200  # steps of noise


def linear_alpha_bar(T: int) -> Tensor:
    """Share of the signal's variance after t = 0..T steps, beta rising along a line.   -> (T + 1,)"""
    beta = torch.linspace(0.1 / T, min(20 / T, 0.999), T, dtype=torch.float64)
    return torch.cat([torch.ones(1).double(), (1 - beta).cumprod(dim=0)])


def cosine_alpha_bar(T: int) -> Tensor:
    """The same along a squared cosine.   -> (T + 1,)"""
    u = torch.arange(T + 1, dtype=torch.float64) / T
    f = ((u + 0.008) / 1.008 * math.pi / 2).cos() ** 2
    beta = (1 - f[1:] / f[:-1]).clamp(max=0.999)
    return torch.cat([torch.ones(1).double(), (1 - beta).cumprod(dim=0)])


# %%
def at(alpha_bar: Tensor, t: Tensor, x: Tensor) -> Tensor:
    """alpha_bar at the step of each row, shaped to multiply x.   t: (n,), x: (n, ...) -> (n, 1, ...)"""
    if ((t < 0) | (t >= len(alpha_bar))).any():
        raise ValueError(f"t has to be in 0..{len(alpha_bar) - 1}")
    return alpha_bar[t].to(x.dtype).view(-1, *[1] * (x.dim() - 1))


def q_sample(x0: Tensor, t: Tensor, eps: Tensor, alpha_bar: Tensor) -> Tensor:
    """x_t from x_0 in one step (eq. 14.6).   x0, eps: (n, ...), t: (n,) in 0..T -> (n, ...)"""
    a = at(alpha_bar, t, x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


# %% [markdown]
# The two forms are compared by their moments: 40,000 copies of one example go through 60 single steps, and through (14.6) at once. The components are independent, so equal means and variances make two Gaussians equal in distribution.

# %%
rng = torch.Generator().manual_seed(SEED)
alpha_bar, t = cosine_alpha_bar(T), 60
x0 = torch.tensor([1.5, -0.7, 0.2], dtype=torch.float64).expand(40_000, 3)
x = x0
for a, a_before in zip(alpha_bar[1 : t + 1], alpha_bar[:t], strict=True):
    beta = 1 - a / a_before
    x = (1 - beta).sqrt() * x + beta.sqrt() * data.normal(rng, 40_000, 3)  # eq. 14.5
once = q_sample(x0, torch.full((40_000,), t), data.normal(rng, 40_000, 3), alpha_bar)
check.close("mean: 60 steps against one", x.mean(dim=0), once.mean(dim=0), atol=0.02)
check.close("variance: 60 steps against one", x.var(dim=0), once.var(dim=0), atol=0.02)
check.close("variance against 1 - alpha_bar", x.var(dim=0).mean(), 1 - alpha_bar[t], atol=0.01)  # fmt: skip
check.raises("t = 201", ValueError, lambda: q_sample(x0[:1], torch.tensor([201]), x0[:1], alpha_bar))  # fmt: skip

# %%
x0 = data.normal(rng, 40_000, 2)  # unit variance
for step in (1, 60, 200):
    shape = torch.full((len(x0),), step)
    noisy = q_sample(x0, shape, data.normal(rng, 40_000, 2), alpha_bar)
    check.close(f"variance of x_t at t = {step}", noisy.var(), torch.tensor(1.0).double(), atol=0.03)  # fmt: skip
a = alpha_bar[60]
no_root = a.sqrt() * x0 + (1 - a) * data.normal(rng, 40_000, 2)
check.catches("1 - alpha_bar without the root", lambda: check.close("variance", no_root.var(), torch.tensor(1.0).double(), atol=0.03))  # fmt: skip
for name, make in (("linear", linear_alpha_bar), ("cosine", cosine_alpha_bar)):
    a = make(T)
    print(f"{name}: alpha_bar is {a[0]:.0f} at t = 0, {a[50]:.3f} at 50, {a[100]:.3f} at 100, {a[T]:.1e} at {T}")  # fmt: skip
    check.reaches(f"{name}: alpha_bar at T", a[T].item(), at_most=1e-3)
    check.reaches(f"{name}: steps at which alpha_bar falls", (a.diff() < 0).sum().item(), at_least=T)  # fmt: skip

# %% [markdown]
# If data have unit variance, $\mathbf x_t$ has it at each $t$, which is why pictures are scaled to $-1..1$ and points are standardised. The **signal-to-noise ratio** at step $t$ is $\bar\alpha_t / (1 - \bar\alpha_t)$, and it falls with $t$. The notes order the ratios the other way, $\alpha_T > \dots > \alpha_1$. What happens with that order?

# %%
wrong = torch.cat([alpha_bar[:1], alpha_bar[1:].flip(0)])  # the notes' order
beta = 1 - wrong[2:] / wrong[1:-1]
end = {}
for name, a in (("falling", alpha_bar), ("the notes' order", wrong)):
    noisy = q_sample(x0, torch.full((len(x0),), T), data.normal(rng, 40_000, 2), a)
    end[name] = torch.corrcoef(torch.stack([noisy[:, 0], x0[:, 0]]))[0, 1].item()
    print(f"{name}: correlation of x_T with x_0 {end[name]:.3f}")
print(f"the notes' order: beta is negative at {(beta < 0).sum()} of {len(beta)} steps")
check.reaches("correlation at T: falling", abs(end["falling"]), at_most=0.03)
check.reaches("correlation at T: the notes' order", end["the notes' order"], at_least=0.99)
check.reaches("steps with a negative beta", (beta < 0).sum().item(), at_least=T - 1)

# %% [markdown]
# In the notes' order the first step destroys almost everything and each later one would have a negative variance; $\mathbf x_T$ is almost $\mathbf x_0$ and no noise to start from. The widget shows the right one, on a picture and on points.

# %% tags=["hide-input"]
shown = data.captioned(40, SEED).X[3]
widgets.ForwardNoise(shown, M_TEST[:300], steps=T)

# %% tags=["hide-input"]
fig, ax = plots.panel("two schedules", x="$t$", y="$\\bar\\alpha_t$", size=(3.4, 2.5))
for name, make in (("cosine", cosine_alpha_bar), ("linear", linear_alpha_bar)):
    ax.plot(make(T), label=name)  # the colours of the widget
ax.legend()
plots.show(fig, alt="Both curves fall from 1 to 0; the linear schedule's falls earlier and is near 0 for the last third.")  # fmt: skip

# %% [markdown]
# ## 14.5 What does the network learn to predict?
#
# To make an example, the steps have to be undone. If $\mathbf x_0$ were known, the step back would be known too: by Bayes' rule $\mathbf x_{t-1}$ given $\mathbf x_t$ and $\mathbf x_0$ is Gaussian, with
#
# $$ \tilde{\boldsymbol\mu}_t = \frac{\sqrt{\bar\alpha_{t-1}}\, \beta_t}{1 - \bar\alpha_t} \mathbf x_0 + \frac{\sqrt{1 - \beta_t}\, (1 - \bar\alpha_{t-1})}{1 - \bar\alpha_t} \mathbf x_t, \qquad \tilde\beta_t = \frac{1 - \bar\alpha_{t-1}}{1 - \bar\alpha_t} \beta_t . \tag{14.7} $$


# %%
def posterior(x0: Tensor, x_t: Tensor, a_t: Tensor, a_s: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of x_s given x_t and x_0, s < t (eq. 14.7); a_t, a_s: alpha_bar there."""
    beta = 1 - a_t / a_s
    mean = (a_s.sqrt() * beta * x0 + (a_t / a_s).sqrt() * (1 - a_s) * x_t) / (1 - a_t)
    return mean, beta * (1 - a_s) / (1 - a_t)


rng = torch.Generator().manual_seed(SEED)
alpha_bar = cosine_alpha_bar(T)
x0, x_t = data.normal(rng, 3, 2), data.normal(rng, 3, 2)
for t in (2, T):  # Bayes' rule for two Gaussians: precisions add
    a_t, a_s = alpha_bar[t], alpha_bar[t - 1]
    prior, likelihood = 1 / (1 - a_s), (a_t / a_s) / (1 - a_t / a_s)
    mean = (prior * a_s.sqrt() * x0 + likelihood * (a_s / a_t).sqrt() * x_t) / (prior + likelihood)  # fmt: skip
    check.close(f"mean at t = {t}", posterior(x0, x_t, a_t, a_s)[0], mean)
    check.close(f"variance at t = {t}", posterior(x0, x_t, a_t, a_s)[1], 1 / (prior + likelihood))  # fmt: skip
first = posterior(x0, x_t, alpha_bar[1], alpha_bar[0])
check.close("t = 1: the mean is x_0", first[0], x0)
check.close("t = 1: no variance", first[1], torch.tensor(0.0).double())

# %% [markdown]
# $\mathbf x_0$ is not known, so a network gives $p_\theta(\mathbf x_{t-1} \mid \mathbf x_t)$, a Gaussian with the same variance and a mean of its own. The whole is a latent variable model with latent variables $\mathbf x_1, \dots, \mathbf x_T$ and a fixed encoder, the forward process. Its ELBO (13.5) is, step by step, a sum of divergences between Gaussians of equal variance:
#
# $$ L_t = \mathrm{KL}\big( q(\mathbf x_{t-1} \mid \mathbf x_t, \mathbf x_0) \,\Vert\, p_\theta(\mathbf x_{t-1} \mid \mathbf x_t) \big) = \frac{1}{2 \tilde\beta_t} \lVert \tilde{\boldsymbol\mu}_t - \boldsymbol\mu_\theta \rVert^2 . \tag{14.8} $$

# %% [markdown]
# Now let the network predict the noise. From (14.6), $\hat{\mathbf x}_0 = (\mathbf x_t - \sqrt{1 - \bar\alpha_t}\, \boldsymbol\varepsilon_\theta) / \sqrt{\bar\alpha_t}$; with $\hat{\mathbf x}_0$ in (14.7) as $\boldsymbol\mu_\theta$, the $\mathbf x_t$ cancel and only noises remain:
#
# $$ L_t = w_t\, \lVert \boldsymbol\varepsilon - \boldsymbol\varepsilon_\theta(\mathbf x_t, t) \rVert^2, \qquad w_t = \frac{\beta_t^2}{2 \tilde\beta_t (1 - \beta_t)(1 - \bar\alpha_t)} . \tag{14.9} $$
#
# Ho et al. (2020) drop the weight: the loss is the mean squared error of the noise at a random $t$, with a squared norm, which the notes leave out.

# %%
eps, guess = data.normal(rng, 3, 2), data.normal(rng, 3, 2)
weights = {}
for t in (2, 20, 100, T):
    a_t, a_s = alpha_bar[t], alpha_bar[t - 1]
    beta = 1 - a_t / a_s
    x_t = a_t.sqrt() * x0 + (1 - a_t).sqrt() * eps
    x0_hat = (x_t - (1 - a_t).sqrt() * guess) / a_t.sqrt()
    (mean, var), (mean_hat, _) = (posterior(x0, x_t, a_t, a_s), posterior(x0_hat, x_t, a_t, a_s))  # fmt: skip
    kl = distributions.kl_divergence(
        distributions.Normal(mean, var.sqrt()), distributions.Normal(mean_hat, var.sqrt())
    ).sum(dim=1)
    weights[t] = beta**2 / (2 * var * (1 - beta) * (1 - a_t))  # eq. 14.9
    check.close(f"the bound's term at t = {t}", weights[t] * ((eps - guess) ** 2).sum(dim=1), kl)  # fmt: skip
print("weights of the bound:", {t: round(w.item(), 3) for t, w in weights.items()})

# %% [markdown]
# Dropping the weight therefore counts the first, clean steps less than the bound would. (At $T$ the last $\beta$, 0.999, makes the weight large. At $t = 1$ the posterior has no variance, and the bound has a reconstruction term instead.)
#
# One network serves all $t$, so it has to know $t$. A **time embedding** is a vector of sines and cosines of the step at several frequencies, given to the network beside the noisy example. Its fastest pair tells neighbouring steps apart, its slow ones tell early from late.


# %%
def time_embedding(t: Tensor, width: int) -> Tensor:
    """Sines, then cosines of t at width / 2 frequencies from 1 down to 1/10,000.   t: (n,) -> (n, width)"""
    if width % 2:
        raise ValueError("the width of the embedding has to be even")
    frequency = torch.exp(torch.linspace(0, -math.log(10_000), width // 2))
    angle = t[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=1)


steps = torch.arange(1, T + 1)
distance = time_embedding(steps, 16).diff(dim=0).norm(dim=1)
scaled = time_embedding(steps / T, 16).diff(dim=0).norm(dim=1)
print(f"distance of neighbouring steps: {distance.min():.3f} for t, {scaled.max():.4f} for t / T")  # fmt: skip
check.reaches("embedding of t: distance of neighbours", distance.min().item(), at_least=0.9)
check.reaches("embedding of t / T: distance of neighbours", scaled.max().item(), at_most=0.1)  # fmt: skip


# %%
class NoisePredictor(nn.Module):
    """An MLP on a noisy point and its step.   x: (n, 2), t: (n,) in 1..T -> (n, 2)"""

    def __init__(self, width: int = 64, embedding: int = 16, knows_t: bool = True):
        super().__init__()
        self.embedding, self.knows_t = embedding, knows_t
        layers = [nn.Linear(2 + embedding, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU()]  # fmt: skip
        self.net = nn.Sequential(*layers, nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 2))  # fmt: skip

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        code = time_embedding(t if self.knows_t else torch.zeros_like(t), self.embedding)
        return self.net(torch.cat([x, code], dim=1))


def noise_loss(predict: Callable[[Tensor, Tensor], Tensor], x0: Tensor, alpha_bar: Tensor, rng: torch.Generator) -> Tensor:  # fmt: skip
    """Mean squared error of the predicted noise, one t in 1..T for each row.   x0: (n, ...) -> ()"""
    t = torch.randint(1, len(alpha_bar), (len(x0),), generator=rng)
    eps = torch.randn(x0.shape, generator=rng, dtype=x0.dtype)
    return F.mse_loss(predict(q_sample(x0, t, eps, alpha_bar), t), eps)


def fit_noise(net: nn.Module, X: Tensor, alpha_bar: Tensor, steps: int, rng: torch.Generator) -> nn.Module:  # fmt: skip
    """Train on batches of 256, with a learning rate that falls to 0.   X: (n, 2)"""
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in progress(range(steps), "noise predictor"):
        batch = X[torch.randint(len(X), (256,), generator=rng)]
        optimizer.zero_grad()
        noise_loss(net, batch, alpha_bar, rng).backward()
        optimizer.step()
        schedule.step()
    return net.eval()


# %%
told: list[Tensor] = []  # the steps that the loss gives to the network
noise_loss(lambda x, t: told.append(t) or x, torch.zeros(10_000, 2), alpha_bar, rng)
check.close("the loss draws t from 1..T and no more", told[0].unique(), torch.arange(1, T + 1))  # fmt: skip
PREDICTORS: dict[bool, nn.Module] = {}
for knows_t in (True, False):
    torch.manual_seed(SEED)
    rng = torch.Generator().manual_seed(SEED)
    PREDICTORS[knows_t] = fit_noise(NoisePredictor(knows_t=knows_t), M_TRAIN, alpha_bar, 1500, rng)  # fmt: skip

# %%
with torch.no_grad():
    losses = {}
    for name, predict in (("t", PREDICTORS[True]), ("without t", PREDICTORS[False]), ("t of another row", lambda x, t: PREDICTORS[True](x, t.roll(1))), ("always zero", lambda x, t: 0 * x)):  # fmt: skip
        rng = torch.Generator().manual_seed(SEED)
        losses[name] = (sum(noise_loss(predict, M_TEST, alpha_bar, rng).item() for _ in range(5)) / 5)  # fmt: skip
        print(f"{name:17} loss on unseen points {losses[name]:.3f}")
check.reaches("what t is worth", losses["without t"] - losses["t"], at_least=0.05)
check.reaches("harm of a wrong t", losses["t of another row"] - losses["without t"], at_least=0.03)  # fmt: skip
check.reaches("loss with t", losses["t"], at_most=0.47)

# %% [markdown]
# A network without $t$, trained as long, is worse; the trained one, told the step of another example, is worse still, so it uses the step. The loss cannot fall to 0: when half of the variance is noise, several pairs of a point and a noise give the same $\mathbf x_t$. The best prediction is the mean of the noise given $\mathbf x_t$.

# %% tags=["hide-input"]
widgets.choose(
    "At t = T the network sees almost pure noise. What does the best noise predictor answer there?",
    {
        "Almost its input xₜ": True,
        "Zero, the mean of the noise": "That is the mean without looking at xₜ. Given xₜ, nearly all of xₜ is the noise.",
        "The mean of the data": "It is asked for the noise and not for x₀.",
        "Nothing can be said": "The noise is almost all of xₜ, so it is almost known.",
    },
    because="With ᾱ near 0, (14.6) says that xₜ is almost ε. Predicting x₀ is hard at T, predicting ε is hard at small t.",
)

# %% [markdown]
# ## 14.6 Which way leads back from noise?
#
# *This section uses `wrong` from section 14.4.*
#
# A **reverse loop** is a procedure that starts at noise and goes back to $t = 0$ with the noise predictor. Each of its steps, from $t$ to some $s < t$, estimates $\mathbf x_0$ and adds noise again, in part the predicted one and in part a new one, $\mathbf z \sim \mathcal N(\mathbf 0, I)$ (Song, Meng and Ermon 2021):
#
# $$ \mathbf x_s = \sqrt{\bar\alpha_s}\, \hat{\mathbf x}_0 + \sqrt{1 - \bar\alpha_s - \sigma^2}\; \boldsymbol\varepsilon_\theta + \sigma\, \mathbf z . \tag{14.10} $$

# %% [markdown]
# Three loops differ only in $\sigma$. **DDPM** is the reverse loop whose new noise has the posterior's variance, $\sigma^2 = \tilde\beta$ of (14.7) for the pair $(t, s)$. **DDIM** is the reverse loop whose $\sigma$ is $\eta$ times that of DDPM: with $\eta = 0$ no new noise enters, and the loop is a fixed map from noise to example; with $\eta = 1$ it is DDPM. The notes estimate $\mathbf x_0$ and noise it again with fresh noise alone: $\sigma^2 = 1 - \bar\alpha_s$, the largest one for which the root exists.


# %%
def sigma(a_t: float, a_s: float, loop: str, eta: float = 0.0) -> float:
    """Standard deviation of the new noise in a step from t to s; a_t, a_s: alpha_bar there."""
    posterior = math.sqrt(max((1 - a_s) / (1 - a_t) * (1 - a_t / a_s), 0))
    return {"ddpm": posterior, "ddim": eta * posterior, "fresh": math.sqrt(1 - a_s)}[loop]


def reverse_step(x: Tensor, eps: Tensor, z: Tensor, a_t: float, a_s: float, sd: float, clip: float = math.inf) -> Tensor:  # fmt: skip
    """From x_t to x_s (eq. 14.10), with x_0 kept in -clip..clip.   x, eps, z: (n, ...) -> (n, ...)"""
    x0 = ((x - math.sqrt(1 - a_t) * eps) / math.sqrt(a_t)).clamp(-clip, clip)
    eps = (x - math.sqrt(a_t) * x0) / math.sqrt(1 - a_t)  # the noise of this x_0
    return math.sqrt(a_s) * x0 + math.sqrt(max(1 - a_s - sd**2, 0)) * eps + sd * z


# %%
@torch.no_grad()
def sample(predict: Callable[[Tensor, Tensor], Tensor], x: Tensor, steps: int, alpha_bar: Tensor, rng: torch.Generator,
           loop: str = "ddpm", eta: float = 0.0, clip: float = math.inf) -> Tensor:  # fmt: skip
    """From noise to data in `steps` of the T steps; predict(x_t, t) gives the noise.   x: (n, ...) -> (n, ...)"""
    T = len(alpha_bar) - 1
    if not 1 <= steps <= T:
        raise ValueError(f"sampling takes 1 to {T} steps, since the network was trained with {T}, not {steps}")  # fmt: skip
    times = torch.linspace(T, 0, steps + 1).round().long().tolist()
    for t, s in itertools.pairwise(times):
        eps = predict(x, torch.full((len(x),), t))
        z = torch.randn(x.shape, generator=rng, dtype=x.dtype)
        a_t, a_s = alpha_bar[t].item(), alpha_bar[s].item()
        x = reverse_step(x, eps, z, a_t, a_s, sigma(a_t, a_s, loop, eta), clip)
    return x


# %% [markdown]
# In the last step $s = 0$ and $\bar\alpha_0 = 1$, so that $\sigma = 0$ in all three loops. A loop of fewer than $T$ steps uses $\bar\alpha$ at the two ends of each stride, and not at neighbouring $t$. The estimate of $\mathbf x_0$ is kept in the data's range, since at $t = T$ it is divided by $\sqrt{\bar\alpha_T}$, which is almost 0. For a data set of one point the perfect predictor is known, and each loop has to return the point exactly.

# %%
rng = torch.Generator().manual_seed(SEED)
alpha_bar, point = cosine_alpha_bar(T), torch.tensor([1.5, -0.7], dtype=torch.float64)


def perfect(x: Tensor, t: Tensor) -> Tensor:
    """The noise, if all data are one point."""
    a = alpha_bar[t][:, None]
    return (x - a.sqrt() * point) / (1 - a).sqrt()


start = data.normal(rng, 5, 2)
for loop, steps in (("ddpm", 7), ("ddim", 13), ("fresh", T)):
    check.close(f"one point: {loop}, {steps} steps", sample(perfect, start, steps, alpha_bar, rng, loop), point.expand(5, 2), atol=1e-6)  # fmt: skip
check.raises("201 steps", ValueError, lambda: sample(perfect, start, 201, alpha_bar, rng))
x, eps, z = data.normal(rng, 3, 2), data.normal(rng, 3, 2), data.normal(rng, 3, 2)
a_t, a_s = alpha_bar[90], alpha_bar[60]
mean, var = posterior((x - (1 - a_t).sqrt() * eps) / a_t.sqrt(), x, a_t, a_s)
step = reverse_step(x, eps, z, a_t.item(), a_s.item(), sigma(a_t.item(), a_s.item(), "ddim", eta=1))  # fmt: skip
check.close("DDIM with eta = 1 is DDPM", step, mean + var.sqrt() * z)
neighbour = sigma(alpha_bar[90].item(), alpha_bar[89].item(), "ddpm")
check.catches("sigma of a neighbouring t", lambda: check.close("a stride of 30", reverse_step(x, eps, z, a_t.item(), a_s.item(), neighbour), mean + var.sqrt() * z))  # fmt: skip
check.catches("noise in the last step", lambda: check.close("one point", sample(perfect, start, T, alpha_bar, rng) + 0.02 * start, point.expand(5, 2), atol=1e-6))  # fmt: skip

# %% [markdown]
# How good are the samples? Two measures are used. The share of points *off the data* lie further from each training point than 99 % of unseen points do. The **energy distance** between two samples is twice the mean distance across them minus the mean distance within each; it is 0 only for equal distributions. Real against real gives the noise floor of both.


# %%
def energy_distance(x: Tensor, y: Tensor) -> float:
    """Unbiased estimate; about 0 for two samples of one distribution.   (n, d), (m, d)"""
    within = [torch.cdist(a, a).sum() / (len(a) * (len(a) - 1)) for a in (x, y)]
    return (2 * torch.cdist(x, y).mean() - sum(within)).item()


def nearest(x: Tensor) -> Tensor:
    """Distance of each point to the nearest training point.   (n, 2) -> (n,)"""
    return torch.cdist(x, M_TRAIN).amin(dim=1)


M_FAR = nearest(M_TEST[:2000]).quantile(0.99).item()


def quality(x: Tensor) -> tuple[float, float]:
    """Share off the data, and energy distance to unseen points.   (n, 2)"""
    return (nearest(x) > M_FAR).double().mean().item(), energy_distance(x, M_TEST[:2000])


# %%
LOOPS, COUNTS = ("ddpm", "ddim", "fresh"), (5, 10, 20, 50, 100, 200)
rng = torch.Generator().manual_seed(SEED)
floor = quality(M_TEST[2000:])
untouched = quality(torch.randn(1500, 2, generator=torch.Generator().manual_seed(SEED + 1)))  # fmt: skip
print(f"real against real: off the data {floor[0]:.3f}, energy distance {floor[1]:.4f}")
print(f"noise, untouched:  off the data {untouched[0]:.3f}, energy distance {untouched[1]:.4f}")  # fmt: skip
print("steps" + "".join(f"{loop:>18}" for loop in LOOPS) + "     (off the data, energy distance)")  # fmt: skip
drawn, found = {}, {}
for steps in COUNTS:
    for loop in LOOPS:
        drawn[loop, steps] = sample(PREDICTORS[True], torch.randn(1500, 2, generator=rng), steps, alpha_bar, rng, loop, clip=3.0)  # fmt: skip
        found[loop, steps] = quality(drawn[loop, steps])
    print(f"{steps:5}" + "".join(f"{off:10.3f}{energy:8.4f}" for off, energy in (found[loop, steps] for loop in LOOPS)))  # fmt: skip

# %%
ends = {loop: found[loop, T][1] for loop in LOOPS}
check.reaches("energy distance at T: fresh above DDPM", ends["fresh"] - ends["ddpm"], at_least=0.002)  # fmt: skip
check.reaches("energy distance at T: fresh above DDIM", ends["fresh"] - ends["ddim"], at_least=0.002)  # fmt: skip
check.reaches("energy distance of DDPM at 50 steps", found["ddpm", 50][1], at_most=0.012)
check.reaches("energy distance: untouched noise above DDPM at T", untouched[1] - ends["ddpm"], at_least=0.015)  # fmt: skip
check.reaches("five steps against fifty: DDPM", found["ddpm", 5][1] - found["ddpm", 50][1], at_least=0.004)  # fmt: skip
least = min(found["ddpm", T][0], found["ddim", T][0])
check.reaches("off the data at T: the others above fresh", least - found["fresh", T][0], at_least=0.003)  # fmt: skip
backward = {}
for loop in ("ddim", "fresh"):  # the notes' order; the network is told the noise level that it knows  # fmt: skip
    backward[loop] = quality(sample(lambda x, t: PREDICTORS[True](x, T + 1 - t), torch.randn(1500, 2, generator=rng), T, wrong, rng, loop, clip=3.0))  # fmt: skip
    print(f"the notes' order, {loop}: off the data {backward[loop][0]:.3f}, energy distance {backward[loop][1]:.4f}")  # fmt: skip
    check.reaches(f"energy distance in the notes' order: {loop}", backward[loop][1], at_least=0.5)  # fmt: skip

# %% [markdown]
# In the notes' order of the ratios the same network fails with either loop. In the right order all three come near the data from 50 steps on. At ten steps DDIM is worse than DDPM here, and by the energy distance worse than untouched noise, though it is known for few steps. A control changes the schedule.

# %%
linear, ten = linear_alpha_bar(T), {}
torch.manual_seed(SEED)
other = fit_noise(NoisePredictor(), M_TRAIN, linear, 1500, rng)
for loop in LOOPS:
    ten[loop] = quality(sample(other, torch.randn(1500, 2, generator=rng), 10, linear, rng, loop, clip=3.0))[1]  # fmt: skip
print("energy distance, ten steps, linear schedule: " + ", ".join(f"{loop} {ten[loop]:.4f}" for loop in LOOPS))  # fmt: skip
check.reaches("ten steps, cosine: DDIM above DDPM", found["ddim", 10][1] - found["ddpm", 10][1], at_least=0.01)  # fmt: skip
check.reaches("ten steps, linear: DDPM above DDIM", ten["ddpm"] - ten["ddim"], at_least=0.005)  # fmt: skip

# %% [markdown]
# With the linear schedule the order of the two is the other way around: the ranking belongs to a schedule and a number of steps. Fresh noise is different. At $T$ steps it has the fewest points off the data and the largest energy distance: its points are too concentrated. $\hat{\mathbf x}_0$ is a mean of the possible $\mathbf x_0$ and varies less than they do; the predicted noise, where a loop keeps it, makes up for that. With Gaussian data the best predictor is known, and the variance of the result can be computed.


# %%
def final_variance(loop: str, steps: int, alpha_bar: Tensor) -> float:
    """Variance of the samples, if the data are N(0, 1) and the predictor is exact: x_0_hat = sqrt(a) x_t."""
    times = torch.linspace(len(alpha_bar) - 1, 0, steps + 1).round().long()
    variance = 1.0
    for a_t, a_s in itertools.pairwise(alpha_bar[times].tolist()):
        sd = sigma(a_t, a_s, loop)
        kept = math.sqrt(a_s * a_t) + math.sqrt(max(1 - a_s - sd**2, 0)) * math.sqrt(1 - a_t)  # fmt: skip
        variance = kept**2 * variance + sd**2
    return variance


x = torch.randn(20_000, 1, generator=rng, dtype=torch.float64)
drawn_1 = sample(lambda x, t: (1 - at(alpha_bar, t, x)).sqrt() * x, x, 20, alpha_bar, rng, "fresh")  # fmt: skip
check.close("the recursion against draws", drawn_1.var(), torch.tensor(final_variance("fresh", 20, alpha_bar)).double(), atol=0.03)  # fmt: skip
for steps in (5, 20, 50, T):
    print(f"{steps:3} steps: " + ", ".join(f"{loop} {final_variance(loop, steps, alpha_bar):.3f}" for loop in LOOPS))  # fmt: skip
check.reaches("variance at T: DDPM", final_variance("ddpm", T, alpha_bar), at_least=0.95)
check.reaches("variance at T: DDIM", final_variance("ddim", T, alpha_bar), at_least=0.95)
check.reaches("largest variance: fresh", max(final_variance("fresh", steps, alpha_bar) for steps in range(1, T + 1)), at_most=0.5)  # fmt: skip

# %% tags=["hide-input"]
fig1, ax = plots.panel("one network, three loops", x="steps", y="energy distance", size=(3.6, 2.8), xscale="log")  # fmt: skip
for loop, marker in zip(LOOPS, plots.MARKERS, strict=False):
    ax.plot(COUNTS, [found[loop, steps][1] for steps in COUNTS], marker=marker, label=loop)
ax.axhline(0, color=plots.MUTED, linewidth=1, linestyle="--")
ax.legend()
fig2, axes = plots.tiles("DDPM, DDIM, fresh noise\nin 5, 20 and 200 steps", 9, 3, size=(3.3, 3.7))  # fmt: skip
for ax, (steps, loop) in zip(axes, itertools.product((5, 20, T), LOOPS), strict=True):
    counts, *_ = torch.histogramdd(
        drawn[loop, steps], bins=[40, 40], range=[-2.5, 2.5, -2.5, 2.5]
    )
    smooth = F.avg_pool2d(F.avg_pool2d(counts.T.flip(0)[None], 3, 1, 1), 3, 1, 1)[0]
    plots.image(ax, smooth, limits=(0, 5))
plots.show(fig1, fig2, alt=["Energy distance over the number of steps: all three curves are lower at 50 steps than at 5; at 200 steps that of fresh noise stays above the other two.", "Nine smoothed pictures of the drawn points: with 200 steps those of DDPM and DDIM are spread over both moons, and those of fresh noise crowd in two arcs."])  # fmt: skip

# %% [markdown]
# In the small, smoothed pictures each column is a loop and each row a number of steps. On the Gaussian data the variance should be 1. With fresh noise it stays below one half at each number of steps; with the other two it comes near 1 as steps are added. The widget runs the trained network in the page: the same noise enters three loops.

# %% tags=["hide-input"]
widgets.ReverseLoops(PREDICTORS[True].net, alpha_bar, points=M_TEST[:250])

# %% tags=["hide-input"]
widgets.choose(
    "You want the same noise to give the same picture each time, so that two noises can be mixed. Which loop?",
    {
        "DDIM with η = 0": True,
        "DDIM with η = 1": "That is DDPM: new noise enters in each step.",
        "DDPM, with its variance": "New noise enters in each step but the last.",
        "Fresh noise": "All of its noise is new in each step.",
    },
    because="With σ = 0 no random number is drawn after the start, so the result is a function of it.",
)

# %% [markdown]
# ## 14.7 What else can the network predict?
#
# *Going further.*
#
# At a given $\mathbf x_t = \sqrt{\bar\alpha_t}\, \mathbf x_0 + \sqrt{1 - \bar\alpha_t}\, \boldsymbol\varepsilon$, the noise and the clean picture determine each other, so a network may predict either of them, or a mixture of both. The **v-prediction** of a diffusion model is the output of a network that is trained to give $\sqrt{\bar\alpha_t}\, \boldsymbol\varepsilon - \sqrt{1 - \bar\alpha_t}\, \mathbf x_0$ (Salimans and Ho 2022).
#
# $$ \mathbf v = \sqrt{\bar\alpha_t}\, \boldsymbol\varepsilon - \sqrt{1 - \bar\alpha_t}\, \mathbf x_0 \tag{14.11} $$

# %% [markdown]
# Equation (14.11) and the forward process are two linear equations in $\mathbf x_0$ and $\boldsymbol\varepsilon$. Their solution is
#
# $$ \mathbf x_0 = \sqrt{\bar\alpha_t}\, \mathbf x_t - \sqrt{1 - \bar\alpha_t}\, \mathbf v, \qquad \boldsymbol\varepsilon = \sqrt{1 - \bar\alpha_t}\, \mathbf x_t + \sqrt{\bar\alpha_t}\, \mathbf v , \tag{14.12} $$
#
# and for a network that predicts $\mathbf x_0$ itself, $\boldsymbol\varepsilon = (\mathbf x_t - \sqrt{\bar\alpha_t}\, \mathbf x_0) / \sqrt{1 - \bar\alpha_t}$. Each predictor becomes a predictor of the noise, and the loops of section 14.6 run it without a change.

# %% [markdown]
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf x_t, \boldsymbol\varepsilon, \mathbf x_0$ | `x`, `eps`, `x0` | noisy picture, noise, clean picture, $(n, 3, 28, 28)$ |
# | $\mathbf v$ | `v` | the mixture (14.11), of the same shape |
# | $\bar\alpha_t$ | `alpha_bar[t]`, `a` | share of the signal's variance at step $t$ |


# %%
def v_of(x0: Tensor, eps: Tensor, t: Tensor, alpha_bar: Tensor) -> Tensor:
    """The target of a v-prediction (eq. 14.11).   x0, eps: (n, ...), t: (n,) -> (n, ...)"""
    a = at(alpha_bar, t, x0)
    return a.sqrt() * eps - (1 - a).sqrt() * x0


def from_v(x: Tensor, v: Tensor, t: Tensor, alpha_bar: Tensor) -> tuple[Tensor, Tensor]:
    """Clean picture and noise from x_t and v (eq. 14.12).   x, v: (n, ...) -> x0, eps"""
    a = at(alpha_bar, t, x)
    return a.sqrt() * x - (1 - a).sqrt() * v, (1 - a).sqrt() * x + a.sqrt() * v


def noise_from_x0(x: Tensor, x0: Tensor, t: Tensor, alpha_bar: Tensor) -> Tensor:
    """The noise that belongs to a prediction of the clean picture.   x, x0: (n, ...) -> (n, ...)"""
    a = at(alpha_bar, t, x)
    return (x - a.sqrt() * x0) / (1 - a).sqrt()


# %%
rng, alpha_bar = torch.Generator().manual_seed(SEED), cosine_alpha_bar(T)
x0, eps = data.normal(rng, 4, 3, 5), data.normal(rng, 4, 3, 5)
t = torch.tensor([1, 50, 120, T])  # a step of its own for each row
x = q_sample(x0, t, eps, alpha_bar)
back, noise = from_v(x, v_of(x0, eps, t, alpha_bar), t, alpha_bar)
check.close("x_0 from v", back, x0)
check.close("the noise from v", noise, eps)
check.close("the noise from x_0", noise_from_x0(x, x0, t, alpha_bar), eps)
check.catches("v with its sign turned", lambda: check.close("x_0", from_v(x, -v_of(x0, eps, t, alpha_bar), t, alpha_bar)[0], x0))  # fmt: skip

# %% [markdown]
# Why does the choice matter? A network is never exact. Let each of the three outputs be wrong by the same small amount $\delta$ in each number, and look at what that does to $\hat{\mathbf x}_0$ and to $\hat{\boldsymbol\varepsilon}$.


# %%
def errors(t: int) -> list[float]:
    """Error of x_0 and of the noise for an error of 1 in the noise, in x_0 and in v."""
    a = alpha_bar[t].item()
    s, n = math.sqrt(a), math.sqrt(1 - a)  # signal and noise
    return [n / s, 1.0, 1.0, s / n, n, s]


spread = {step: errors(step) for step in (1, 20, 100, 180, T)}
print("   t | noise: x_0, noise | x_0: x_0, noise | v: x_0, noise")
for step, e in spread.items():
    print(f"{step:4} | {e[0]:9.3g} {e[1]:7.3g} | {e[2]:7.3g} {e[3]:7.3g} | {e[4]:6.3f} {e[5]:6.3f}")  # fmt: skip
moved = from_v(x, v_of(x0, eps, t, alpha_bar) + 0.1, t, alpha_bar)
check.close("v moved by 0.1: x_0 at t = 120", (moved[0] - x0)[2].abs().mean(), torch.tensor(0.1 * errors(120)[4]).double())  # fmt: skip
check.reaches("error of x_0 at t = T from the noise", spread[T][0], at_least=1000)
check.reaches("error of the noise at t = 1 from x_0", spread[1][3], at_least=50)
check.reaches("largest error from v", max(max(errors(step)[4:]) for step in range(1, T + 1)), at_most=1.0)  # fmt: skip

# %% [markdown]
# A predicted noise is multiplied by more than a thousand at $t = T$ to get $\hat{\mathbf x}_0$; a predicted $\mathbf x_0$ loses the noise in the same way at small $t$. With $\mathbf v$ neither factor exceeds 1. The same factors say how the three losses weight the steps:
#
# $$ \lVert \hat{\mathbf v} - \mathbf v \rVert^2 = \frac{1}{\bar\alpha_t} \lVert \hat{\boldsymbol\varepsilon} - \boldsymbol\varepsilon \rVert^2 = \frac{1}{1 - \bar\alpha_t} \lVert \hat{\mathbf x}_0 - \mathbf x_0 \rVert^2 . \tag{14.13} $$
#
# The loss on $\mathbf v$ gives more weight to large $t$ than the simplified loss on the noise does. The U-Net of the next section is trained with it.

# %%
v, v_hat = v_of(x0, eps, t, alpha_bar), data.normal(rng, 4, 3, 5)
x0_hat, eps_hat = from_v(x, v_hat, t, alpha_bar)
a = at(alpha_bar, t, x)
check.close("loss of the noise, over a", (eps_hat - eps) ** 2 / a, (v_hat - v) ** 2)  # eq. 14.13  # fmt: skip
check.close("loss of x_0, over 1 - a", (x0_hat - x0) ** 2 / (1 - a), (v_hat - v) ** 2)

# %% [markdown]
# ## 14.8 How does a network see the noise level and the words?
#
# The networks so far moved points of the plane. For pictures, with output and input of one shape, the network is a U-Net as in chapter 10. A **conditional U-Net** is a U-Net whose blocks receive, beside the feature maps, a vector that describes the noise level and whatever else the output should depend on. The notes give their denoising network the noise level; here it also gets three words.

# %% [markdown]
# Each training picture shows one shape, with three words: its size, colour and form. Four combinations of words never occur in training (section 14.18). The pixels are scaled to $-1..1$, since the noise they turn into has mean zero.

# %%
DRAWINGS = data.captioned(4000, SEED)
UNSEEN = data.captioned(1000, SEED, "test")
RARE = data.captioned(400, SEED, "held out")  # no training picture has these combinations of words  # fmt: skip
ALPHA_BAR = cosine_alpha_bar(200)  # T as in section 14.4
WORDS = (data.SIZES, data.COLOURS, data.FORMS)
NO_WORDS = torch.tensor([len(names) for names in WORDS])  # one more place in each list: no word  # fmt: skip


# %% tags=["hide-input"]
def caption(words: Tensor) -> str:
    """What three places in the lists say, such as "a large red ring"; a missing word is left out.   words: (3,)"""
    named = [names[k] for names, k in zip(WORDS, words.tolist(), strict=True) if k < len(names)]  # fmt: skip
    return " ".join(["a", *named])


print(", ".join(caption(words) for words in DRAWINGS.words[:4]))
print(f"without a word: {caption(torch.tensor([2, 0, 3]))}")


# %% tags=["hide-input"]
def drawings(title: str, X: Tensor, columns: int = 14, width: float = 6.6) -> plots.Figure:
    """Full rows of pictures (n, 3, 28, 28) in -1..1, as one image, which is lighter than n of them."""
    tiles = F.pad((X / 2 + 0.5).clamp(0, 1), (1, 1, 1, 1)).unflatten(0, (-1, columns))
    pixels = tiles.permute(2, 0, 3, 1, 4).flatten(3, 4).flatten(1, 2)  # (3, 30 rows, 30 columns)  # fmt: skip
    height = width * pixels.shape[1] / pixels.shape[2]
    fig, ax = plots.panel(title, size=(width, height + 0.3))
    plots.image(ax, pixels.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2))
    return fig


plots.show(drawings("training pictures", 2 * DRAWINGS.X[:14] - 1),
           alt="A row of small pictures: discs, squares, triangles and rings in red, green, blue and yellow, small and large, on a dark ground.")  # fmt: skip

# %% [markdown]
# The time step enters as the embedding of section 14.5, each word as a learned vector of the same width from a table, and the sum of the four goes to all blocks. A block adds it, mapped by one linear layer, to each place of its feature maps:
#
# $$ \mathbf c = \mathrm{MLP}\big( \mathrm{emb}(t) \big) + E_\text{size} + E_\text{colour} + E_\text{form}, \qquad H' = \mathrm{norm}(H) \odot (1 + W_1 \mathbf c) + W_2 \mathbf c . \tag{14.14} $$
#
# Group normalisation stands before each convolution: batch statistics would mix pictures with different amounts of noise.

# %% [markdown]
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf c$ | `c` | what the blocks are told, $(n, 64)$ |
# | $E$ | `words` | a table of vectors for each kind of word, with one more row for "no word" |
# | $H$ | `h`, `h1`, `h2` | feature maps; `h1` at 28×28 and `h2` at 14×14 pixels skip to the way up |


# %%
class Block(nn.Module):
    """Two convolutions that are told c, and a shortcut.   h: (n, d_in, s, s), c: (n, 64) -> (n, d_out, s, s)"""

    def __init__(self, d_in: int, d_out: int, d_c: int = 64):
        super().__init__()
        self.first = nn.Sequential(nn.GroupNorm(4, d_in), nn.SiLU(), nn.Conv2d(d_in, d_out, 3, padding=1))  # fmt: skip
        self.told = nn.Linear(d_c, 2 * d_out)
        self.norm, self.last = nn.GroupNorm(4, d_out), nn.Conv2d(d_out, d_out, 3, padding=1)  # fmt: skip
        self.shortcut = nn.Conv2d(d_in, d_out, 1)
        nn.init.zeros_(self.last.weight)  # at the start a block is its shortcut

    def forward(self, h: Tensor, c: Tensor) -> Tensor:
        scale, shift = self.told(F.silu(c))[:, :, None, None].chunk(2, dim=1)
        inner = self.norm(self.first(h)) * (1 + scale) + shift  # eq. 14.14
        return self.shortcut(h) + self.last(F.silu(inner))


class Whole(nn.Module):
    """One dense layer over all places of the lowest level, and back.   h: (n, d, 7, 7), c: (n, 64) -> the same"""

    def __init__(self, d: int, d_c: int = 64, hidden: int = 256):
        super().__init__()
        self.thin = nn.Sequential(nn.GroupNorm(4, d), nn.Conv2d(d, 16, 1), nn.Flatten(), nn.Linear(16 * 49, hidden))  # fmt: skip
        self.told, self.back = nn.Linear(d_c, 2 * hidden), nn.Linear(hidden, 16 * 49)
        self.wide = nn.Conv2d(16, d, 1)
        nn.init.zeros_(self.wide.weight)

    def forward(self, h: Tensor, c: Tensor) -> Tensor:
        scale, shift = self.told(F.silu(c)).chunk(2, dim=1)
        inner = F.silu(self.thin(h) * (1 + scale) + shift)
        return h + self.wide(self.back(inner).view(-1, 16, 7, 7))


# %%
class UNet(nn.Module):
    """v-prediction of pictures with three words.   x: (n, 3, 28, 28), t: (n,), words: (n, 3) -> (n, 3, 28, 28)"""

    def __init__(self, widths: tuple[int, int, int] = (8, 32, 64), d_c: int = 64):
        super().__init__()
        a, b, c = widths  # channels at 28, 14 and 7 pixels
        self.d_c = d_c
        self.words = nn.ModuleList(nn.Embedding(len(names) + 1, d_c) for names in WORDS)
        self.time = nn.Sequential(nn.Linear(d_c, d_c), nn.SiLU(), nn.Linear(d_c, d_c))
        self.enter, self.leave = nn.Conv2d(3, a, 3, padding=1), nn.Conv2d(a, 3, 3, padding=1)  # fmt: skip
        self.down1, self.down2 = nn.Conv2d(a, b, 2, 2), nn.Conv2d(b, c, 2, 2)
        self.left1, self.left2, self.bottom = Block(a, a), Block(b, b), Block(c, c)
        self.whole, self.right2, self.right1 = Whole(c), Block(2 * b, b), Block(2 * a, a)
        self.up2, self.up1 = nn.ConvTranspose2d(c, b, 2, 2), nn.ConvTranspose2d(b, a, 2, 2)  # fmt: skip

    def forward(self, x: Tensor, t: Tensor, words: Tensor) -> Tensor:
        if words.shape != (len(x), 3) or (words < 0).any() or (words > NO_WORDS).any():
            raise ValueError("each picture needs three words, each in its list or one place after its end")  # fmt: skip
        c = self.time(time_embedding(t, self.d_c).to(x.dtype))
        c = c + sum(table(word) for table, word in zip(self.words, words.T, strict=True))
        h1 = self.left1(self.enter(x), c)  # (n, 8, 28, 28)
        h2 = self.left2(self.down1(h1), c)  # (n, 32, 14, 14)
        h = self.whole(self.bottom(self.down2(h2), c), c)  # (n, 64, 7, 7)
        h = self.right2(torch.cat([self.up2(h), h2], dim=1), c)
        return self.leave(self.right1(torch.cat([self.up1(h), h1], dim=1), c))


# %% [markdown]
# On random weights: each row of a batch needs its own $t$ and its own words, each word has to reach the output, and a word that does not exist is refused.

# %%
torch.manual_seed(SEED)
net, rng = UNet().requires_grad_(False), torch.Generator().manual_seed(SEED)
for parameter in net.parameters():
    parameter += 0.1 * torch.randn(parameter.shape, generator=rng)  # a layer that starts at zero hides what it gets  # fmt: skip
x = torch.randn(5, 3, 28, 28, generator=rng)
t, words = torch.tensor([1, 40, 90, 150, T]), DRAWINGS.words[:5]
alone = torch.cat([net(x[i : i + 1], t[i : i + 1], words[i : i + 1]) for i in range(5)])
check.close("each row by itself", net(x, t, words), alone, atol=1e-5)
for k, what in enumerate(("size", "colour", "form")):
    other = words.clone()
    other[:, k] = NO_WORDS[k]
    check.reaches(f"mean change without the {what}", (net(x, t, other) - alone).abs().mean().item(), at_least=1e-3)  # fmt: skip
check.raises("a third size", ValueError, lambda: net(x, t, words + torch.tensor([3, 0, 0])))  # fmt: skip
check.catches("the first row's t for all", lambda: check.close("rows", net(x, t[:1].expand(5), words), alone, atol=1e-5))  # fmt: skip

# %% [markdown]
# In training each word is replaced by "no word" with probability 0.1, and with a further probability of 0.12 all three at once, so that one network learns pictures for whole captions, for parts of them and for none. The loss is the mean squared error of $\mathbf v$, with a step of its own for each picture.


# %%
def drop_words(words: Tensor, rng: torch.Generator) -> Tensor:
    """Each word left out with probability 0.1, and all three with 0.12 besides.   (n, 3) -> (n, 3)"""
    out = (torch.rand(words.shape, generator=rng) < 0.1) | (torch.rand(len(words), 1, generator=rng) < 0.12)  # fmt: skip
    return torch.where(out, NO_WORDS, words)


def v_loss(net: UNet, x0: Tensor, words: Tensor, rng: torch.Generator) -> Tensor:
    """Mean squared error of v, one step in 1..T for each picture.   x0: (n, 3, 28, 28), words: (n, 3) -> ()"""
    t = torch.randint(1, len(ALPHA_BAR), (len(x0),), generator=rng)
    eps = torch.randn(x0.shape, generator=rng)
    v = v_of(x0, eps, t, ALPHA_BAR)
    return F.mse_loss(net(q_sample(x0, t, eps, ALPHA_BAR), t, words), v)


# %% tags=["hide-input"]
steps = torch.randint(1, T + 1, (10_000,), generator=rng)
check.close("10,000 draws of t: smallest and largest", [steps.min().item(), steps.max().item()], [1, T])  # fmt: skip
missing = (drop_words(DRAWINGS.words, rng) == NO_WORDS).double()
print(f"share of missing words {missing.mean():.3f}, of captions without any {missing.all(dim=1).double().mean():.3f}")  # fmt: skip
check.close("share of missing words", missing.mean(), torch.tensor(1 - 0.9 * 0.88).double(), atol=0.02)  # fmt: skip

# %% tags=["hide-input"]
widgets.choose(
    "All 16 pictures of a batch share one step t, drawn anew for each batch. What changes in the gradient of the loss?",
    {
        "Its mean stays the same, its variance grows": True,
        "Its mean is wrong, since most steps do not occur in the batch": "Over many batches each step occurs as often as before.",
        "Nothing, since the noise differs from picture to picture": "Losses of one t are alike: small and large ones no longer balance within a batch.",
    },
    because="An average over 16 independent steps varies less than one over 16 equal ones. The error is one of efficiency, and a test of shapes does not see it.",
)

# %% [markdown]
# A copy of the weights follows them slowly during training; what it is good for is measured in section 14.10. The **exponential moving average** (EMA) of a network's weights is a copy $\bar\theta$ that moves a small fraction of the way to the weights after each step, with a decay $\lambda$ near 1.
#
# $$ \bar\theta \leftarrow \lambda\, \bar\theta + (1 - \lambda)\, \theta \tag{14.15} $$
#
# Here $\lambda = \min(0.99,\, k / (k + 10))$ at step $k$, so that the first weights, which are random, are forgotten soon.


# %%
@torch.no_grad()
def follow(average: nn.Module, net: nn.Module, decay: float) -> None:
    """Move the averaged weights towards those of the network (eq. 14.15)."""
    for slow, fast in zip(average.parameters(), net.parameters(), strict=True):
        slow.lerp_(fast, 1 - decay)


def train_unet(steps: int, marks: tuple[int, ...]) -> dict[int, tuple[UNet, UNet]]:
    """Train with batches of 16. At each step of `marks`: a copy of the network and of its average."""
    torch.manual_seed(SEED)
    net, rng, found = UNet(), torch.Generator().manual_seed(SEED), {}
    average = copy.deepcopy(net).requires_grad_(False)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003, betas=(0.9, 0.99))
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.003, total_steps=steps, pct_start=0.15, cycle_momentum=False)  # fmt: skip
    for k in progress(range(1, steps + 1), "U-Net"):
        rows = torch.randint(len(DRAWINGS.X), (16,), generator=rng)
        optimizer.zero_grad()
        v_loss(net, 2 * DRAWINGS.X[rows] - 1, drop_words(DRAWINGS.words[rows], rng), rng).backward()  # fmt: skip
        optimizer.step()
        rate.step()
        follow(average, net, min(0.99, k / (k + 10)))
        if k in marks:
            found[k] = copy.deepcopy((net, average))
    return found


# %%
history = train_unet(800, (150, 300, 550, 800))
unet = history[800][1].requires_grad_(False)  # the average
print(f"{sum(p.numel() for p in unet.parameters()):,} weights")

# %% [markdown]
# The loss of a diffusion model says little about its pictures. So an independent examiner is trained: a small convolutional classifier of all three words, on other pictures than the U-Net's, the held-out combinations among them (unfold the cell to read it). *Right words* is the share of pictures in which it finds all the words that were asked for.


# %% tags=["hide-input"]
def train_examiner() -> nn.Sequential:
    """A classifier of size, colour and form, by 2 + 4 + 4 logits."""
    torch.manual_seed(SEED)
    net = nn.Sequential(nn.Conv2d(3, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1), nn.ReLU(), nn.Flatten(),
                        nn.Dropout(0.2), nn.Linear(32 * 49, 32), nn.ReLU(), nn.Linear(32, 10))  # fmt: skip
    sets = (data.captioned(3000, SEED + 50), data.captioned(600, SEED + 50, "held out"))
    X, words = torch.cat([2 * s.X - 1 for s in sets]), torch.cat([s.words for s in sets])
    optimizer = torch.optim.Adam(net.parameters(), lr=0.002)
    for epoch in range(8):
        optimizer.param_groups[0]["lr"] = 0.002 * (1 - epoch / 8)
        for rows in torch.randperm(len(X)).split(32):
            optimizer.zero_grad()
            noisy = X[rows] + 0.05 * torch.randn(X[rows].shape)  # drawn pictures are not free of noise  # fmt: skip
            logits = net(noisy).split([2, 4, 4], dim=1)
            sum(map(F.cross_entropy, logits, words[rows].T)).backward()
            optimizer.step()
    return net.eval().requires_grad_(False)


# %%
def found_words(examiner: nn.Sequential, X: Tensor) -> Tensor:
    """The three words that the examiner finds in each picture.   (n, 3, 28, 28) in -1..1 -> (n, 3)"""
    return torch.stack([part.argmax(dim=1) for part in examiner(X).split([2, 4, 4], dim=1)], dim=1)  # fmt: skip


def right(found: Tensor, words: Tensor) -> float:
    """Share of pictures with all words right.   (n, 3), (n, 3) -> a share"""
    return (found == words).all(dim=1).double().mean().item()


# %% tags=["hide-input"]
examiner = train_examiner()
sure = {name: right(found_words(examiner, 2 * s.X - 1), s.words) for name, s in {"unseen": UNSEEN, "held out": RARE}.items()}  # fmt: skip
print({name: round(share, 3) for name, share in sure.items()})
check.reaches("examiner, all words right: unseen pictures", sure["unseen"], at_least=0.9)
check.reaches("examiner, all words right: held-out combinations", sure["held out"], at_least=0.9)  # fmt: skip


# %%
def predictor(net: UNet, words: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """The network as predict(x, t), which gives the noise for these words (eq. 14.12).   words: (n, 3)"""

    def predict(x: Tensor, t: Tensor) -> Tensor:
        return from_v(x, net(x, t, words), t, ALPHA_BAR)[1]

    return predict


# %%
EVERY = torch.cartesian_prod(*(torch.arange(len(names)) for names in WORDS))  # (32, 3)
IS_RARE = torch.tensor([tuple(row) in data.HELD_OUT for row in EVERY.tolist()])
ASKED = EVERY[~IS_RARE].repeat(4, 1)  # (112, 3): each of the 28 combinations of the training four times  # fmt: skip


def draw(net: UNet, words: Tensor, steps: int = 10, loop: str = "ddim", seed: int = SEED) -> Tensor:  # fmt: skip
    """Pictures for these words.   (n, 3) -> (n, 3, 28, 28) in -1..1"""
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(len(words), 3, 28, 28, generator=rng)
    return sample(predictor(net, words), x, steps, ALPHA_BAR, rng, loop, clip=1.0)


drawn = draw(unet, ASKED)
found = found_words(examiner, drawn)
torch.manual_seed(SEED)
scores = {"trained": right(found, ASKED), "untrained": right(found_words(examiner, draw(UNet(), ASKED[:56])), ASKED[:56]),
          "trained, captions shuffled": right(found, ASKED[torch.randperm(len(ASKED))])}  # fmt: skip
print({name: round(share, 3) for name, share in scores.items()})

# %% tags=["hide-input"]
size, colour, form = (found == ASKED).double().mean(dim=0).tolist()
print(f"trained, word by word: size {size:.2f}, colour {colour:.2f}, form {form:.2f}")
check.reaches("right words: trained", scores["trained"], at_least=0.5)
check.reaches("right words: untrained", scores["untrained"], at_most=0.15)
check.reaches("right words: captions shuffled", scores["trained, captions shuffled"], at_most=0.15)  # fmt: skip
check.reaches(
    "size or colour, the worse, minus form", min(size, colour) - form, at_least=0.05
)

# %% tags=["hide-input"]
plots.show(drawings("drawn by the U-Net, for the 28 combinations", drawn[:28]),
           alt="Two rows of small pictures: discs, squares, triangles and rings in four colours, small above and large below, on a dark ground.")  # fmt: skip

# %% [markdown]
# More than half of the pictures have all three words after 800 steps of training; untrained weights, and the same pictures beside other captions, stay near the 1 in 32 of guessing. Most of the errors are in the form. Edges are still ragged: the network saw each training picture about three times, that of Ho et al. (2020) on CIFAR-10 about two thousand times.

# %% [markdown]
# One part of this U-Net is not in chapter 10: `Whole`, a dense layer over all places of the 7×7 level. In trials before this chapter was written, networks without it gave the right form to at most half of their pictures after a similar time. Published models use self-attention at this place, which chapter 16 explains (Ho et al. 2020).

# %% [markdown]
# ## 14.9 Which reverse loop draws the better pictures?
#
# *Going further.*
#
# *This section uses `unet` and `examiner` from section 14.8.*
#
# The three loops of section 14.6 run on the same network without a change. Section 14.6 compared them on points; do pictures give the same order? Right words measure whether a picture is what was asked for. A second measure compares whole sets. The **kernel Inception distance** (KID) of two sets of pictures is an unbiased estimate of their squared maximum mean discrepancy with a cubic kernel on the features of a classifier (Bińkowski et al. 2018).

# %% [markdown]
# $$ \mathrm{KID}(A, B) = \operatorname*{mean}_{i \ne j} k(\mathbf a_i, \mathbf a_j) + \operatorname*{mean}_{i \ne j} k(\mathbf b_i, \mathbf b_j) - 2 \operatorname*{mean}_{i, j} k(\mathbf a_i, \mathbf b_j) \tag{14.16} $$
#
# Here $k(\mathbf a, \mathbf b) = ( \mathbf a^\top \mathbf b / d + 1 )^3$. The features are the 32 activations of the examiner's last hidden layer, standardised. The Fréchet distance of section 13.9 is biased for sets as small as ours of 56 pictures; this one has mean zero for two sets of real pictures, whatever their size.


# %%
def kid(A: Tensor, B: Tensor) -> float:
    """Kernel distance of two sets of features (eq. 14.16).   A: (n, d), B: (m, d)"""
    A, B = A.double(), B.double()
    own = [((X @ X.T / X.shape[1] + 1) ** 3).fill_diagonal_(0).sum() / (len(X) * (len(X) - 1)) for X in (A, B)]  # fmt: skip
    return (sum(own) - 2 * ((A @ B.T / A.shape[1] + 1) ** 3).mean()).item()


def by_pairs(A: Tensor, B: Tensor) -> float:
    """The same in loops over pairs of rows."""
    d, total = A.shape[1], 0.0
    for X in (A, B):
        pairs = list(itertools.permutations(X, 2))
        total += sum(((x @ y).item() / d + 1) ** 3 for x, y in pairs) / len(pairs)
    return total - 2 * sum(((x @ y).item() / d + 1) ** 3 for x in A for y in B) / (len(A) * len(B))  # fmt: skip


rng = torch.Generator().manual_seed(SEED)
A, B = data.normal(rng, 6, 3), data.normal(rng, 4, 3) + 1
check.close("KID", kid(A, B), by_pairs(A, B))

# %%
hidden = examiner[:-1](2 * UNSEEN.X - 1)
shift, scale = hidden.mean(dim=0), hidden.std(dim=0) + 1e-3


def to_real(X: Tensor) -> float:
    """KID of pictures and 1,000 real unseen ones, by the examiner's features.   X: (n, 3, 28, 28) in -1..1"""
    return kid((examiner[:-1](X) - shift) / scale, (hidden - shift) / scale)


PAIRS = ASKED[:56]  # each combination twice
other = data.captioned(560, SEED + 60, "test")
real = torch.tensor([to_real(2 * X - 1) for X in other.X.split(56)])
print(f"real against real, ten sets of 56: mean {real.mean():.2f}, from {real.min():.2f} to {real.max():.2f}")  # fmt: skip
table, rows = {}, {}
for loop in ("ddpm", "ddim", "fresh"):
    for steps in (5, 10, 30):
        X = draw(unet, PAIRS, steps, loop)
        table[loop, steps] = (right(found_words(examiner, X), PAIRS), to_real(X))
        rows[loop, steps] = X[14:28]  # the large shapes
    print(f"{loop:5} " + " | ".join("{}: {:.2f}, KID {:.2f}".format(n, *table[loop, n]) for n in (5, 10, 30)))  # fmt: skip
check.raises("201 steps of a network trained with 200", ValueError, lambda: draw(unet, PAIRS, T + 1))  # fmt: skip

# %%
noise = to_real(torch.rand(56, 3, 28, 28, generator=torch.Generator().manual_seed(SEED)) * 2 - 1)  # fmt: skip
print(f"KID of uniform noise: {noise:.1f}")
check.reaches("KID: uniform noise minus the largest of the table", noise - max(d for _, d in table.values()), at_least=0.5)  # fmt: skip
check.reaches("right words: the worst of the nine", min(r for r, _ in table.values()), at_least=0.4)  # fmt: skip
check.reaches("right words at 5 steps: fresh noise minus DDIM", table["fresh", 5][0] - table["ddim", 5][0], at_least=-0.1)  # fmt: skip

# %% tags=["hide-input"]
X = torch.cat([rows[loop, steps] for steps in (5, 30) for loop in ("ddpm", "ddim", "fresh")])  # fmt: skip
plots.show(drawings("5 steps: DDPM, DDIM, fresh noise; 30 steps: DDPM, DDIM, fresh noise", X),
           alt="Six rows of large shapes in four colours, by the three loops in 5 and in 30 steps. The edges are ragged in all of them, and some rings have gaps.")  # fmt: skip

# %% [markdown]
# With 56 pictures, one standard error of a share near .7 is six points, so most differences in this table are within chance, and it ranks no loop. It does rule one thing out: in these pictures the loop with fresh noise is not poor at every number of steps. At five steps its share of right words is not below that of DDIM by more than chance. What holds for one problem has to be measured anew on another.

# %% [markdown]
# A possible reason, which was not tested: each step of that loop starts from a noise level as the training has it, with independent noise, so the errors of one prediction are not carried along. The kernel distance is far smaller than that of uniform noise in all cells, and near that of real pictures: with sets of this size it does not separate the three loops either.

# %% [markdown]
# ## 14.10 What is the average of the weights worth?
#
# *Going further.*
#
# *This section uses `history` from section 14.8.*
#
# Section 14.8 kept, along the training, copies of the network and of the exponential moving average of its weights (14.15). With decay $\lambda$, the weights of $j$ steps ago have the share $(1 - \lambda) \lambda^j$: with 0.99 the average reaches back about $1 / (1 - \lambda) = 100$ steps. It costs no gradient; only one more copy of the weights.

# %%
torch.manual_seed(SEED)
net = nn.Linear(3, 2).double().requires_grad_(False)
average, path = copy.deepcopy(net), [net.weight.clone()]
for _ in range(6):
    net.weight.copy_(torch.randn(2, 3).double())
    path.append(net.weight.clone())
    follow(average, net, 0.9)
shares = torch.tensor([0.9**6] + [0.1 * 0.9 ** (6 - k) for k in range(1, 7)]).double()
check.close("six steps of (14.15)", average.weight, (shares[:, None, None] * torch.stack(path)).sum(dim=0))  # fmt: skip
check.close("sum of the shares", shares.sum(), torch.tensor(1.0).double())
check.catches("the decay at the wrong place", lambda: check.close("mean", average.weight, 0.9 * net.weight + 0.1 * path[0]))  # fmt: skip

# %% [markdown]
# Right words of 56 pictures are too coarse for small differences. The loss on unseen pictures, with the same steps and the same noise for both sets of weights, is a finer measure.


# %%
@torch.no_grad()
def unseen_loss(net: UNet) -> float:
    """The loss on 250 unseen pictures, with noise that is always the same."""
    return v_loss(net, 2 * UNSEEN.X[:250] - 1, UNSEEN.words[:250], torch.Generator().manual_seed(SEED)).item()  # fmt: skip


worth = {}
for k, nets in history.items():
    losses = [unseen_loss(net) for net in nets]
    worth[k] = losses
    print(f"step {k:4}: loss of the network {losses[0]:.4f}, of the average {losses[1]:.4f}")  # fmt: skip
gain = {k: 1 - average / last for k, (last, average) in worth.items()}
check.reaches("gain of the average at step 300", gain[300], at_least=-0.03, at_most=0.1)
check.reaches("gain of the average at step 800, either way", abs(gain[800]), at_most=0.02)

# %% [markdown]
# At step 300, while the rate is high, the average's loss is a few per cent lower than the network's on most seeds, and was one per cent higher on one of eight. At step 150 the sign differed between the seeds: the average still remembers earlier weights, which were worse. At the end, where the rate has fallen to zero, both are equal within two per cent: weights that no longer move are their own average. Ho et al. (2020), who train at a constant rate, keep an average with decay 0.9999; this section does not measure what it is worth there.

# %% [markdown]
# # 14 Flows and diffusion, part two
#
# Part one built two kinds of generative models. Part two asks what the numbers inside such models mean, gives pictures and captions a common space, and draws the picture of a typed caption with the diffusion model of [section 14.8](#14.8-How-does-a-network-see-the-noise-level-and-the-words?).

# %% [markdown]
# ## 14.11 What lies between two codes?
#
# *Going further.*
#
# **Representation learning** is the training of a network whose output, a vector, is used as the input of later tasks. The codes of an autoencoder are such vectors. The notes remark that a few factors often suffice to describe a picture with many pixels. For the pictures of this section it is true by construction: colour, form, radius, place (two numbers), turn, and the brightness of figure and ground fix all 588 numbers.

# %%
LATENTS = 12
SHAPES, NEW_SHAPES = data.captioned(4000, SEED), data.captioned(1000, SEED, "test")
FLAT, NEW_FLAT = (F.avg_pool2d(drawn.X, 2).flatten(1) for drawn in (SHAPES, NEW_SHAPES))  # fmt: skip


class ShapeVAE(nn.Module):
    """A dense variational autoencoder.   x: (n, 588) -> mu, logvar (n, 12);  z: (n, 12) -> x_hat (n, 588)"""

    def __init__(self, d: int, k: int, width: int = 128):
        super().__init__()
        self.encoder, self.decoder = (
            nn.Sequential(nn.Linear(a, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, b))
            for a, b in ((d, 2 * k), (k, d))
        )  # fmt: skip

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(z).sigmoid()


# %% [markdown]
# It is the variational autoencoder of chapter 13, with a variance of 0.003 for the pixels, on pictures of 14×14 pixels in three colours. Two of them are trained, which differ in their seed alone; the second one is for section 14.13.


# %%
def train_vae(seed: int, steps: int = 1200) -> ShapeVAE:
    """Minus the evidence lower bound of chapter 13, minimised by Adam."""
    torch.manual_seed(seed)
    net, rng = ShapeVAE(FLAT.shape[1], LATENTS), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps)
    for _ in progress(range(steps), f"VAE {seed}"):
        x = FLAT[torch.randint(len(FLAT), (64,), generator=rng)]
        mu, logvar = net.encode(x)
        z = mu + (logvar / 2).exp() * torch.randn(mu.shape, generator=rng)
        pixels = ((x - net.decode(z)) ** 2).sum(dim=1) / (2 * 0.003)
        divergence = (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1) / 2
        optimizer.zero_grad()
        (pixels + divergence).mean().backward()
        optimizer.step()
        schedule.step()
    return net.requires_grad_(False)


vae_a, vae_b = train_vae(SEED), train_vae(SEED + 100)
left_a, left_b = (F.mse_loss(net.decode(net.encode(NEW_FLAT)[0]), NEW_FLAT) / NEW_FLAT.var(dim=0).mean() for net in (vae_a, vae_b))  # fmt: skip
check.reaches("share of the pixels' variance that is left, A", left_a.item(), at_most=0.3)  # fmt: skip
check.reaches("share of the pixels' variance that is left, B", left_b.item(), at_most=0.3)  # fmt: skip

# %% [markdown]
# An independent network judges what a decoded picture shows: a classifier of the three words, trained on real pictures.


# %%
def picture_net(d: int) -> nn.Sequential:
    """A small convolutional network for the pictures.   (n, 588) -> (n, d)"""
    return nn.Sequential(
        nn.Unflatten(1, (3, 14, 14)), nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 48, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(48 * 9, d)
    )  # fmt: skip


# %%
def train_judge(steps: int = 500) -> nn.Sequential:
    """Ten logits for a picture: 2 sizes, 4 colours, 4 forms.   (n, 588) -> (n, 10)"""
    torch.manual_seed(SEED)
    net, rng = picture_net(10), torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.008, total_steps=steps)
    for _ in range(steps):
        rows = torch.randint(len(FLAT), (50,), generator=rng)
        parts = net(FLAT[rows]).split((2, 4, 4), dim=1)
        loss = sum(F.cross_entropy(part, SHAPES.words[rows, j]) for j, part in enumerate(parts))  # fmt: skip
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return net.requires_grad_(False)


# %%
def judged(judge: nn.Module, X: Tensor) -> tuple[Tensor, Tensor]:
    """The three words that the judge reads, and its mean confidence in them.   (n, 588) -> (n, 3), (n,)"""
    best = [part.softmax(dim=1).max(dim=1) for part in judge(X).split((2, 4, 4), dim=1)]
    return torch.stack([b.indices for b in best], dim=1), torch.stack([b.values for b in best]).mean(dim=0)  # fmt: skip


judge = train_judge()
recognised = (judged(judge, NEW_FLAT)[0] == NEW_SHAPES.words).double().mean(dim=0)
rebuilt = (judged(judge, vae_a.decode(vae_a.encode(NEW_FLAT)[0]))[0] == NEW_SHAPES.words).double().mean(dim=0)  # fmt: skip
for name, shares in {
    "unseen pictures": recognised,
    "their reconstructions by A": rebuilt,
}.items():
    print("the judge on {}: size {:.3f}, colour {:.3f}, form {:.3f}".format(name, *shares))
check.reaches("judge on reconstructions, size and colour", rebuilt[:2].min().item(), at_least=0.95)  # fmt: skip
check.reaches("judge on reconstructions, form", rebuilt[2].item(), at_most=0.85)
check.reaches("judge on unseen pictures, the worst of its three words", recognised.min().item(), at_least=0.9)  # fmt: skip

# %% [markdown]
# Size and colour survive the twelve numbers; the small network blurs many forms, which is to be kept in mind below.
#
# **Spherical interpolation** (Shoemake 1985) goes from one vector to another such that its direction turns at a constant rate. The straight path and the spherical one are
#
# $$ \mathbf z(t) = (1 - t)\, \mathbf z_0 + t\, \mathbf z_1 \tag{14.17} $$
#
# $$ \mathbf z(t) = \frac{\sin((1 - t)\, \omega)}{\sin \omega}\, \mathbf z_0 + \frac{\sin(t\, \omega)}{\sin \omega}\, \mathbf z_1, \qquad \cos \omega = \frac{\mathbf z_0 \cdot \mathbf z_1}{\lVert \mathbf z_0 \rVert \lVert \mathbf z_1 \rVert} . \tag{14.18} $$
#
# The reason given for the second is a length. Two independent draws of the prior in $k$ dimensions have a squared norm of $k$ and an inner product of 0 on average; so the squared norm of their straight middle is $k / 2$ on average. For large $k$ few draws of the prior are as short.

# %% [markdown]
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf z_0, \mathbf z_1$ | `z0`, `z1` | the codes at the two ends, $(n, k)$ |
# | $t$ | `t` | place on the path, from 0 to 1 |
# | $\omega$ | `omega` | the angle between the codes, $(n, 1)$ |
# | $\mathbf z(t)$ | `straight(...)`, `spherical(...)` | the code at this place, $(n, k)$ |


# %%
def straight(z0: Tensor, z1: Tensor, t: float) -> Tensor:
    return (1 - t) * z0 + t * z1  # eq. 14.17


def spherical(z0: Tensor, z1: Tensor, t: float) -> Tensor:
    """A path of constant turning (eq. 14.18); ValueError for opposite codes.   (n, k), (n, k) -> (n, k)"""
    omega = F.cosine_similarity(z0, z1, dim=1, eps=1e-12).clamp(-1, 1).acos()[:, None]
    if (omega > math.pi - 1e-4).any():
        raise ValueError("opposite codes have no shortest way on the sphere")
    sine = omega.sin()
    arc = ((1 - t) * omega).sin() / sine * z0 + (t * omega).sin() / sine * z1
    return torch.where(
        omega < 1e-4, straight(z0, z1, t), arc
    )  # for one direction the formula is 0/0


rng = torch.Generator().manual_seed(SEED)
z0, z1 = F.normalize(data.normal(rng, 3, 7)), F.normalize(data.normal(rng, 3, 7))
aside = F.normalize(z1 - (z1 * z0).sum(dim=1, keepdim=True) * z0)  # at a right angle to z0
turned = 0.3 * (z0 * z1).sum(dim=1, keepdim=True).acos()
check.close("a turn by 0.3 of the angle", spherical(z0, z1, 0.3), turned.cos() * z0 + turned.sin() * aside)  # fmt: skip
check.close("the end of the path", spherical(2 * z0, 5 * z1, 1.0), 5 * z1)
check.close("two codes of one direction", spherical(z0, 3 * z0, 0.25), 1.5 * z0)
check.raises("opposite codes", ValueError, lambda: spherical(z0, -z0, 0.5))
check.catches("a straight line, called spherical", lambda: check.close("turn", straight(z0, z1, 0.3), turned.cos() * z0 + turned.sin() * aside))  # fmt: skip

# %% [markdown]
# What is halfway? Codes of 500 pairs of unseen pictures, and 500 pairs of draws of the prior, are joined. Each decoded middle is given the judge's confidence (its largest probability, averaged over the three words) and its distance to the nearest real picture. A pale picture is near to real ones whatever it shows; so the distance is also divided by the middle's own contrast, its distance from an empty picture. The control is a cross-fade, the mean of the two decoded ends, for which no code is needed.


# %%
EMPTY = torch.full((1, 588), 0.1)  # the mean brightness of the grounds, and no figure


def unlikeness(X: Tensor) -> tuple[float, float]:
    """Mean distance to the nearest real picture, and its mean share of the contrast.   X: (n, 588)"""
    far = torch.cdist(X, FLAT).min(dim=1).values
    return far.mean().item(), (far / (X - EMPTY).norm(dim=1)).mean().item()


def at_middle(z0: Tensor, z1: Tensor) -> dict[str, Tensor]:
    """Decoded middles of the two paths, a cross-fade of the ends, and the ends.   (n, k), (n, k) -> (n, 588) each"""
    ends = vae_a.decode(z0), vae_a.decode(z1)
    middles = {f.__name__: vae_a.decode(f(z0, z1, 0.5)) for f in (straight, spherical)}
    return middles | {"cross-fade": sum(ends) / 2, "ends": torch.cat(ends)}


# %%
rng = torch.Generator().manual_seed(SEED)
codes = vae_a.encode(NEW_FLAT)[0]
pairs = {"encoded": (codes[:500], codes[500:]), "prior": tuple(torch.randn(2, 500, LATENTS, generator=rng))}  # fmt: skip
middle, empty = {}, torch.cdist(EMPTY, FLAT).min().item()
for kind, (z0, z1) in pairs.items():
    norm = [f(z0, z1, 0.5).norm(dim=1).mean().item() for f in (straight, spherical)]
    print(f"{kind} codes: mean norm of an end {z0.norm(dim=1).mean():.2f}, of the middle: straight {norm[0]:.2f}, sphere {norm[1]:.2f}")  # fmt: skip
    for name, X in at_middle(z0, z1).items():
        middle[kind, name] = judged(judge, X)[1].mean().item(), *unlikeness(X)
        print("  {:10} confidence {:.3f}, distance to the nearest real picture {:.2f}, as a share of the contrast {:.2f}".format(name, *middle[kind, name]))  # fmt: skip
print(f"an empty picture: distance to the nearest real picture {empty:.2f}")

# %%
for kind in pairs:
    gain = middle[kind, "straight"][1] - middle[kind, "spherical"][1]
    check.reaches(f"{kind}: plain distance, straight minus sphere", gain, at_most=0.08)  # fmt: skip
shown = {name: middle["encoded", name] for name in ("straight", "spherical", "cross-fade")}
check.reaches("encoded: plain distance, cross-fade minus an empty picture", shown["cross-fade"][1] - empty, at_least=0.1)  # fmt: skip
check.reaches("encoded: share of the contrast, straight minus sphere", shown["straight"][2] - shown["spherical"][2], at_least=-0.03)  # fmt: skip
check.reaches("encoded: share of the contrast, cross-fade minus straight", shown["cross-fade"][2] - shown["straight"][2], at_least=0.03)  # fmt: skip

# %% [markdown]
# By the plain distance the sphere gains nothing, and an empty picture is nearer to a real one than the cross-fade is: that distance rewards pale pictures. As a share of the contrast, the middles on the sphere were a little nearer to real pictures than the straight ones on most seeds that were tried, and not on all; both are nearer than the cross-fade, which shows two figures at once. The judge's confidence differs little.

# %% [markdown]
# White (2016) proposed the sphere for GANs, whose noise often has a hundred numbers or more. There a draw of the prior varies little in length, and one as short as the straight middle does not occur in training; with 12 numbers it does.


# %% tags=["hide-input"]
def sheet(title: str, X: Tensor, columns: int, width: float = 5.0) -> plots.Figure:
    """Pictures of 14 x 14 pixels in rows, as one image.   X: (n, 588)"""
    tiles = F.pad(X.view(-1, columns, 3, 14, 14), (1, 1, 1, 1))
    pixels = (
        tiles.permute(2, 0, 3, 1, 4).flatten(1, 2).flatten(2, 3)
    )  # (3, 16 rows, 16 columns)
    fig, ax = plots.panel(
        title, size=(width, width / pixels.shape[2] * pixels.shape[1] + 0.3)
    )
    plots.image(ax, pixels.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2))
    return fig


TIMES = torch.linspace(0, 1, 7).tolist()
light = (vae_a.decode(codes).view(-1, 3, 196).amax(dim=1) - 0.25).clamp(min=0)
i = F.cosine_similarity(light[:500], light[500:]).argmin()  # the least overlap
z0, z1 = codes[i][None], codes[500 + i][None]
faded = [straight(vae_a.decode(z0), vae_a.decode(z1), t) for t in TIMES]
rows = [*(vae_a.decode(f(z0, z1, t)) for f in (straight, spherical) for t in TIMES), *faded]
fig = sheet("top: straight, middle: sphere, bottom: cross-fade", torch.cat(rows), 7)
plots.show(fig, alt="Three rows of seven pictures between the same two figures. Along both paths one figure changes into the other; in the cross-fade both are seen at once.")  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "Two codes of norm 4 are at a right angle. What is the norm of their straight middle?",
    answer=8**0.5,
    tolerance=0.02,
    because="The squared norm of the middle is (16 + 16) / 4 = 8.",
    slips={"That is the norm on the sphere.": 4.0, "That is the squared norm.": 8.0},
)

# %% [markdown]
# ## 14.12 Does an attribute have a direction?
#
# *Going further.*
#
# *This section uses `vae_a`, `judge` and `codes` from section 14.11.*
#
# The codes of red pictures have a mean, and so have those of blue ones. Their difference is a direction, along which the code of any red picture can be moved:
#
# $$ \mathbf z' = \mathbf z + a\, (\bar{\mathbf z}_\text{blue} - \bar{\mathbf z}_\text{red}) . \tag{14.19} $$
#
# Is the decoded picture then blue, and has it kept its size and form?


# %%
def direction(Z: Tensor, words: Tensor, start: int, end: int) -> Tensor:
    """The difference of two mean codes (eq. 14.19).   Z: (n, k), words: (n,), one attribute -> (k,)"""
    if not ((words == start).any() and (words == end).any()):
        raise ValueError(f"a mean needs pictures: word {start} or word {end} occurs in none")  # fmt: skip
    return Z[words == end].mean(dim=0) - Z[words == start].mean(dim=0)


rng = torch.Generator().manual_seed(SEED)
Z, words = data.normal(rng, 40, 3), torch.arange(40) % 3
check.close("of shifted codes", direction(Z[words != 0] + 5, words[words != 0], 1, 2), direction(Z, words, 1, 2))  # fmt: skip
check.close("back and forth", direction(Z, words, 0, 2), -direction(Z, words, 2, 0))
check.raises("a word without pictures", ValueError, lambda: direction(Z, words, 0, 3))

# %% [markdown]
# The judge reads unseen pictures before and after the move. Two controls: random directions of the same length in the latent space, and the difference of the mean *pictures*, added to the decoded picture's pixels without any code.


# %%
def effect(before: Tensor, after: Tensor, attribute: int, end: int) -> list[float]:
    """Shares that have the new word and that kept the others, and the distance to real pictures by contrast.   (n, 588) each"""
    was, now = judged(judge, before)[0], judged(judge, after)[0]
    same = (was == now).double().mean(dim=0)
    kept = [same[j].item() for j in range(3) if j != attribute]
    return [(now[:, attribute] == end).double().mean().item(), *kept, unlikeness(after)[1]]


CHANGES = {"small to large": (0, 0, 1), "red to blue": (1, 0, 2), "square to ring": (2, 1, 3)}  # fmt: skip
train_codes, rng = vae_a.encode(FLAT)[0], torch.Generator().manual_seed(SEED)
changed = {}
for name, (attribute, start, end) in CHANGES.items():
    way = direction(train_codes, SHAPES.words[:, attribute], start, end)
    Z = codes[NEW_SHAPES.words[:, attribute] == start]
    others = F.normalize(torch.randn(10, LATENTS, generator=rng), dim=1) * way.norm()
    X = vae_a.decode(Z)
    by_pixels = (X + direction(FLAT, SHAPES.words[:, attribute], start, end)).clamp(0, 1)
    changed[name, "direction"] = effect(X, vae_a.decode(Z + way), attribute, end)
    by_chance = [effect(X, vae_a.decode(Z + other), attribute, end) for other in others]
    changed[name, "random"] = torch.tensor(by_chance).mean(dim=0).tolist()
    changed[name, "pixels"] = effect(X, by_pixels, attribute, end)

# %%
for (name, how), numbers in changed.items():
    print("{:15} {:10} has the new word {:.2f}, keeps the others {:.2f} and {:.2f}, distance by contrast {:.2f}".format(name, how, *numbers))  # fmt: skip
least = min(changed[name, "direction"][0] for name in CHANGES)
most = max(changed[name, "random"][0] for name in CHANGES)
form_kept = max(changed[name, "direction"][2] for name in ("small to large", "red to blue"))
further = min(changed[name, "pixels"][3] - changed[name, "direction"][3] for name in ("small to large", "red to blue"))  # fmt: skip
gain = min(changed[name, "direction"][0] - changed[name, "random"][0] for name in CHANGES)
check.reaches("new word: direction minus random, the least of three", gain, at_least=0.3)
check.reaches("form kept by a change of size or colour, the better of the two", form_kept, at_most=0.65)  # fmt: skip
check.reaches("distance to real pictures as a share of the contrast, pixels minus direction, size and colour", further, at_least=0.05)  # fmt: skip

# %% [markdown]
# Each of the three words has a direction, and random ones of its length do far less. It is no clean switch: the form of many pictures does not survive a change of size or colour (nor a random move as long). The difference of the mean *pictures* changes the word at least about as often, without any code. What the code adds, for size and colour, is that the result lies nearer to real pictures for its contrast; the pixels get a blurred second figure.

# %% tags=["hide-input"]
columns = []
for attribute, start, end in CHANGES.values():
    Z = codes[NEW_SHAPES.words[:, attribute] == start][3:5]
    X = vae_a.decode(Z)
    way, by_pixels = (direction(V, SHAPES.words[:, attribute], start, end) for V in (train_codes, FLAT))  # fmt: skip
    columns.append(torch.stack([X, vae_a.decode(Z + way), (X + by_pixels).clamp(0, 1)]))
fig = sheet("before, along the direction, along the mean pictures", torch.cat(columns, dim=1).flatten(0, 1), 6)  # fmt: skip
plots.show(fig, alt="Six figures, and below each what it becomes: two small ones grow, two red ones turn to blue or to a bluish grey, two squares become rings. In the bottom row a blurred second figure is laid over the first.")  # fmt: skip

# %% [markdown]
# ## 14.13 Do two networks find the same latent space?
#
# *Going further.*
#
# *This section uses `vae_a` and `vae_b` from section 14.11.*
#
# The two autoencoders differ in their seed alone, and the same picture has unlike codes in them. Asperti and Tonelli (2023) ask whether one space is an affine image of the other. A **support set** is a set of examples whose codes are known in two latent spaces, from which a map between the spaces is fitted. The map of least squared error is
#
# $$ \hat M = \arg\min_M \sum_{i=1}^{m} \lVert M^\top \tilde{\mathbf z}_i - \mathbf y_i \rVert^2 = \tilde Z^{+} Y, \qquad \tilde{\mathbf z}_i = (\mathbf z_i, 1) . \tag{14.20} $$

# %% [markdown]
# $\tilde Z^+$ is the pseudo-inverse; with at least $k + 1$ pairs in general position it is $(\tilde Z^\top \tilde Z)^{-1} \tilde Z^\top$. How good the map is, other pictures say. The **coefficient of determination** $R^2$ of a prediction is the share of the targets' variance that it explains: one minus its squared error over that of the targets' mean.
#
# $$ R^2 = 1 - \frac{\sum_i \lVert \mathbf y_i - \hat{\mathbf y}_i \rVert^2}{\sum_i \lVert \mathbf y_i - \bar{\mathbf y} \rVert^2} \tag{14.21} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $Z, Y$ | `Z`, `Y` | codes of the same pictures in two spaces, $(m, k)$ and $(m, l)$ |
# | $\tilde Z$ | `with_one(Z)` | with a column of ones, $(m, k + 1)$ |
# | $\hat M$ | `latent_map(Z, Y)` | the fitted map, $(k + 1, l)$ |
# | $R^2$ | `r_squared(Y, Y_hat)` | 1 for a perfect map, 0 for the mean, negative for worse |


# %%
def with_one(Z: Tensor) -> Tensor:
    """A column of ones beside the codes, for the bias.   (m, k) -> (m, k + 1)"""
    return torch.cat([Z, torch.ones_like(Z[:, :1])], dim=1)


def latent_map(Z: Tensor, Y: Tensor) -> Tensor:
    """The affine map of least squared error (eq. 14.20).   Z: (m, k), Y: (m, l) -> (k + 1, l), the bias last"""
    if len(Z) != len(Y) or not len(Z):
        raise ValueError(f"a support set has pairs: {len(Z)} and {len(Y)} codes make none")  # fmt: skip
    return torch.linalg.pinv(with_one(Z)) @ Y


def r_squared(Y: Tensor, Y_hat: Tensor) -> Tensor:
    """The share of the variance that is explained (eq. 14.21).   (n, l), (n, l) -> ()"""
    return 1 - ((Y - Y_hat) ** 2).sum() / ((Y - Y.mean(dim=0)) ** 2).sum()


# %%
rng = torch.Generator().manual_seed(SEED)
Z, M = data.normal(rng, 11, 3), data.normal(rng, 4, 5)
A, Y = with_one(Z), data.normal(rng, 11, 5)
check.close("normal equations", latent_map(Z, Y), torch.linalg.solve(A.T @ A, A.T @ Y))
check.close("torch's least squares", latent_map(Z, Y), torch.linalg.lstsq(A, Y).solution)
check.close("an affine map is found", latent_map(Z, A @ M), M)
check.close("the mean explains nothing", r_squared(Y, Y.mean(dim=0)), torch.tensor(0.0).double())  # fmt: skip
check.raises("eleven codes beside ten", ValueError, lambda: latent_map(Z, Y[:10]))
check.catches("a map without a bias", lambda: check.close("map", Z @ torch.linalg.pinv(Z) @ (A @ M), A @ M))  # fmt: skip

# %% [markdown]
# The map goes from space A to space B, is fitted on $m$ training pictures (the median of ten draws) and measured on 1,000 unseen ones. Three controls: the same codes in shuffled pairs; the 12 principal components of the pixels in place of A, which no network has learned; and the codes of an encoder that was never trained.


# %%
SUPPORT = (5, 10, 13, 15, 20, 50, 100, 500)


def map_scores(Z: Tensor, Z_new: Tensor, Y: Tensor, Y_new: Tensor, shuffled: bool = False) -> dict[int, float]:  # fmt: skip
    """Median R² on new pictures of ten maps for each size of the support set."""
    rng, scores = torch.Generator().manual_seed(SEED), {}
    for m in SUPPORT:
        sets = [torch.randperm(len(Z), generator=rng)[:m] for _ in range(10)]
        maps = [latent_map(Z[rows], Y[rows.roll(1) if shuffled else rows]) for rows in sets]
        scores[m] = torch.stack([r_squared(Y_new, with_one(Z_new) @ M) for M in maps]).median().item()  # fmt: skip
    return scores


# %%
torch.manual_seed(SEED)
fresh, centre = ShapeVAE(588, LATENTS).requires_grad_(False), FLAT.mean(dim=0)
components = torch.linalg.svd(FLAT - centre, full_matrices=False).Vh[:LATENTS].T
spaces = {
    "space A": [vae_a.encode(x)[0] for x in (FLAT, NEW_FLAT)],
    "components": [(x - centre) @ components for x in (FLAT, NEW_FLAT)],
    "untrained": [fresh.encode(x)[0] for x in (FLAT, NEW_FLAT)],
}
target = [vae_b.encode(x)[0] for x in (FLAT, NEW_FLAT)]
explained = {name: map_scores(*Z, *target) for name, Z in spaces.items()}
explained["shuffled"] = map_scores(*spaces["space A"], *target, shuffled=True)
for m in SUPPORT:
    print(f"{m:3} pairs: R² from " + ", ".join(f"{name} {scores[m]:.2f}" for name, scores in explained.items()))  # fmt: skip

# %%
scores = explained["space A"]
check.reaches("R² of the map with 500 pairs", scores[500], at_least=0.9)
check.reaches("R² with 500 pairs minus that with 50", scores[500] - scores[50], at_most=0.05)  # fmt: skip
check.reaches("R² with 13 pairs minus that with 50", scores[13] - scores[50], at_most=-0.3)
check.reaches("R² of shuffled pairs with 500", explained["shuffled"][500], at_most=0.05)
check.reaches("R² with 500, space A minus components", scores[500] - explained["components"][500], at_least=0.02, at_most=0.12)  # fmt: skip
check.reaches("R² from an untrained encoder with 500", explained["untrained"][500], at_least=0.45, at_most=0.75)  # fmt: skip

# %% [markdown]
# Each column of $M$ has $k + 1 = 13$ unknowns. With exactly 13 pairs the map reproduces all of them, deviations from any linear law included, and is far off elsewhere; with 50 it is almost as good as with 500. (With fewer than 13 the pseudo-inverse takes the shortest of many solutions.) The pairs matter: from shuffled ones nothing is learned.

# %% [markdown]
# Does this show that two trainings find one space, whatever the model and its objective, as the notes remark? It is an empirical finding, which holds after a linear map, and in part. Here the principal components, which no network has learned, map onto space B almost as well as space A does; A explains a few hundredths more. So for these pictures most of what the two spaces share is a linear function of the pixels, which both encoders kept; an untrained encoder keeps less of it. Asperti and Tonelli report good maps between models of very different kinds; a map from plain features belongs beside such a figure.


# %% tags=["hide-input"]
def mapped_row(pairs: int) -> tuple[plots.Figure, str]:
    """Unseen pictures, B's own reconstruction of them, and what B decodes from the mapped codes of A."""
    (Z, Z_new), (Y, Y_new) = spaces["space A"], target
    rows = torch.randperm(len(FLAT), generator=torch.Generator().manual_seed(SEED))[:pairs]
    Y_hat = with_one(Z_new) @ latent_map(Z[rows], Y[rows])
    R2 = r_squared(Y_new, Y_hat).item()
    shown = torch.cat([NEW_FLAT[:8], vae_b.decode(Y_new[:8]), vae_b.decode(Y_hat[:8])])
    fig = sheet(f"$R^2$ = {R2:.2f} with {pairs} pairs", shown, 8)
    return fig, f"Eight pictures, their reconstructions by B, and the decoded mapped codes: R squared is {R2:.2f} with {pairs} pairs."  # fmt: skip


widgets.explore(
    mapped_row,
    title="Pictures through A's encoder, the map and B's decoder",
    hint="Top: unseen pictures; middle: B's own reconstruction; bottom: through the map. Choose the number of pairs.",
    pairs=[10, 13, 15, 20, 50, 500],
)  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "The codes of two spaces have 20 numbers each. From how many pairs on is the affine map in general determined?",
    answer=21,
    tolerance=0.1,
    because="Each output has 20 weights and a bias, and each pair gives each output one equation.",
    slips={
        "The bias is an unknown, too.": 20,
        "All outputs share the same pairs: a pair gives 20 equations at once.": 420,
    },
)

# %% [markdown]
# ## 14.14 Do single latent numbers mean something?
#
# *Going further.*
#
# *This section uses `vae_a` and `codes` from section 14.11, and `spaces` and `target` from section 14.13.*
#
# A **disentangled representation** is a representation in which each factor of the data changes one coordinate and leaves the others as they are. Does the likelihood ask for one? Let $Q$ be a rotation, and give the latent vector $\mathbf z' = Q \mathbf z$ to a decoder that turns it back first. The prior is the same in all directions, so
#
# $$ \int p(\mathbf x \mid Q^\top \mathbf z')\, \mathcal N(\mathbf z'; \mathbf 0, I)\, d\mathbf z' = \int p(\mathbf x \mid \mathbf z)\, \mathcal N(\mathbf z; \mathbf 0, I)\, d\mathbf z = p(\mathbf x) . \tag{14.22} $$

# %% [markdown]
# The rotated model gives every picture the same likelihood, and mixes all coordinates: no data set makes the likelihood prefer one of the two. Locatello et al. (2019) prove that without supervision or assumptions about the models and the data no method can find the factors. In numbers, with the posterior $\mathcal N(\boldsymbol\mu, \Sigma)$ turned to $\mathcal N(Q \boldsymbol\mu, Q \Sigma Q^\top)$:


# %%
def kl_to_prior(mu: Tensor, Sigma: Tensor) -> Tensor:
    """The divergence of N(mu, Sigma) from N(0, I).   mu: (n, k), Sigma: (n, k, k) -> (n,)"""
    trace = Sigma.diagonal(dim1=1, dim2=2).sum(dim=1)
    return (trace + (mu**2).sum(dim=1) - mu.shape[1] - torch.logdet(Sigma)) / 2


# %%
rng = torch.Generator().manual_seed(SEED)
Q = torch.linalg.qr(data.normal(rng, LATENTS, LATENTS)).Q
mu, logvar = (each.double() for each in vae_a.encode(NEW_FLAT))
Sigma = torch.diag_embed(logvar.exp())
turned = Q @ Sigma @ Q.T
z = mu + (logvar / 2).exp() * data.normal(rng, *mu.shape)  # draws of the posterior
again = (z @ Q.T) @ Q  # turned, and turned back by the new decoder
check.close("the same pictures", vae_a.decode(again.float()), vae_a.decode(z.float()), atol=1e-4)  # fmt: skip
check.close("the same density of the prior", ((z @ Q.T) ** 2).sum(dim=1), (z**2).sum(dim=1))
check.close("the same divergence", kl_to_prior(mu @ Q.T, turned), kl_to_prior(mu, Sigma))
bent = Q * torch.linspace(0.8, 1.2, LATENTS).double()  # invertible, and no rotation
check.catches("any invertible map", lambda: check.close("divergence", kl_to_prior(mu @ bent.T, bent @ Sigma @ bent.T), kl_to_prior(mu, Sigma)))  # fmt: skip
precision = torch.linalg.inv(turned).diagonal(
    dim1=1, dim2=2
)  # the nearest diagonal Gaussian has 1 / precision
cost = (
    precision.log().sum(dim=1) + torch.logdet(turned)
).mean().item() / 2  # its divergence from the turned one
best, exact = (torch.distributions.MultivariateNormal(mu @ Q.T, C) for C in (torch.diag_embed(1 / precision), turned))  # fmt: skip
check.close("torch's divergence", torch.tensor(cost).double(), torch.distributions.kl_divergence(best, exact).mean())  # fmt: skip
check.reaches(
    "nats from the turned posterior to the nearest diagonal one", cost, at_least=1.0
)

# %% [markdown]
# One detail keeps the axes from being arbitrary: an encoder that may only put out a diagonal covariance cannot follow the rotation. The diagonal Gaussian nearest to the turned one is some nats away (last line), and if the turned one is the posterior of the rotated model, its bound is lower by so much. This prefers axes along the principal directions of the decoder (Rolinek et al. 2019), which is a property of the encoder's family and does not have to agree with the factors. Do they agree here? For each word, take the latent number whose variance is best explained by it.


# %%
def alignment(Z: Tensor, words: Tensor) -> Tensor:
    """For each attribute the largest share of one number's variance that its words explain.   (n, k), (n, 3) -> (3,)"""
    best = []
    for word in words.T:
        means = torch.stack([Z[word == w].mean(dim=0) for w in word.unique()])
        within = (Z - means[word.unique(return_inverse=True)[1]]).var(dim=0)
        best.append((1 - within / Z.var(dim=0)).max())
    return torch.stack(best)


# %%
words, rng = NEW_SHAPES.words, torch.Generator().manual_seed(SEED)
turns = [torch.linalg.qr(torch.randn(LATENTS, LATENTS, generator=rng)).Q for _ in range(100)]  # fmt: skip
less = []
for name, codes_of in {"A": codes, "B": target[1]}.items():
    trained, rotated = alignment(codes_of, words), torch.stack([alignment(codes_of @ Q.T, words) for Q in turns])  # fmt: skip
    less.append((rotated < trained).double().mean(dim=0))
    for kind, numbers in {"trained axes": trained, "100 rotations, mean": rotated.mean(dim=0), "share of rotations below": less[-1]}.items():  # fmt: skip
        print(f"{name}, {kind:24}: size {{:.2f}}, colour {{:.2f}}, form {{:.2f}}".format(*numbers))  # fmt: skip
check.reaches("share of rotations that align less, mean of two networks and three words", torch.stack(less).mean().item(), at_least=0.2, at_most=0.8)  # fmt: skip

# %%
SEEN = torch.cat([F.one_hot(word).float() for word in SHAPES.words.T], dim=1)
Z = spaces["space A"][0]
fits = [with_one(V) @ latent_map(V, SEEN) for V in (Z, Z @ turns[0].T)]
check.close("what a linear map reads from all numbers, before and after", fits[1], fits[0], atol=1e-3)  # fmt: skip

# %% [markdown]
# On the whole the trained axes do not stand out. On average over the seeds that were run, about half of the rotations align less well; for a single word in one network it can be a fifth or nearly all, and the two networks differ. What the whole code says about the words is the same in all rotations, since a linear map absorbs $Q$. So a plot of one latent number that changes one factor is an observation about one run; a claim of disentanglement needs several seeds and the rotation beside it.

# %% tags=["hide-input"]
widgets.choose(
    "The likelihood is the same for all rotations of a latent space. What can tell in which one the factors lie on the axes?",
    {
        "Labels of the factors for some pictures": True,
        "More unlabelled pictures": "By (14.22) every rotation gives them the same likelihood.",
        "A larger decoder": "It can absorb any rotation in its first layer.",
    },
    because="Supervision, or an assumption about the model or the data, has to break the symmetry.",
)

# %% [markdown]
# ## 14.15 How do pictures and captions get a common space?
#
# *Going further.*
#
# **CLIP** (contrastive language-image pre-training, Radford et al. 2021) is a pair of encoders, one for pictures and one for captions, trained so that a picture and its own caption have a large inner product, and other pairs a small one. Both outputs $\mathbf u_i$, $\mathbf v_j$ have length 1. With a temperature $\tau > 0$ that divides the inner products and is trained too, the logits of a batch and the loss are
#
# $$ s_{ij} = \mathbf u_i \cdot \mathbf v_j \,/\, \tau \tag{14.23} $$
#
# $$ L = -\frac{1}{2n} \sum_{i=1}^{n} \Big[ \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ij}}} + \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ji}}} \Big] . \tag{14.24} $$

# %% [markdown]
# **InfoNCE** (van den Oord et al. 2018) is a contrastive loss over a batch: the cross-entropy of finding, by the inner products, the partner of each example among all candidates. CLIP takes it in both directions, from picture to caption and back. For a picture the other $n - 1$ captions of the batch are the negative examples, and for a caption the other pictures; no label is needed.
#
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf u_i, \mathbf v_j$ | `u`, `v` | embedded pictures and captions, $(n, d)$, length 1 |
# | $\tau$ | `1 / net.scale.exp()` | temperature |
# | $s_{ij}$ | `S` | logits $(n, n)$: pictures in rows, captions in columns |
# | $L$ | `info_nce(S)` | the loss (14.24) |


# %%
def info_nce(S: Tensor) -> Tensor:
    """InfoNCE in both directions (eq. 14.24).   S: (n, n), partners on the diagonal -> ()"""
    if S.ndim != 2 or S.shape[0] != S.shape[1]:
        raise ValueError(f"each picture needs its caption: logits of the shape {tuple(S.shape)} are not square")  # fmt: skip
    to_captions, to_pictures = S.logsumexp(dim=1), S.logsumexp(dim=0)
    return (to_captions + to_pictures - 2 * S.diagonal()).mean() / 2


S = 10 * data.normal(torch.Generator().manual_seed(SEED), 5, 5)
own = torch.arange(5)
by_torch = (F.cross_entropy(S, own) + F.cross_entropy(S.T, own)) / 2
check.close("torch's cross-entropy, both ways", info_nce(S), by_torch)
check.close("three of them by a loop", info_nce(S[:3, :3]), -sum(S[:3, :3].log_softmax(dim=d)[i, i] for d in (0, 1) for i in range(3)) / 6)  # fmt: skip
check.raises("five pictures, four captions", ValueError, lambda: info_nce(S[:, :4]))
slips = {"Both softmaxes run over the same axis.": F.cross_entropy(S, own)}
check.catches("the same axis twice", lambda: check.close("L", F.cross_entropy(S, own), info_nce(S), slips=slips))  # fmt: skip
check.catches("a softmax over all pairs", lambda: check.close("L", -S.flatten().log_softmax(0).view(5, 5).diagonal().mean(), info_nce(S)))  # fmt: skip

# %% [markdown]
# A symmetric matrix would not have told the axes apart. The captions are sentences of three forms, cut into words. A **bag of words** is a description of a text by how often each word occurs in it, without their order. The caption encoder takes it: the mean of the words' embeddings, followed by two dense layers. (The original takes a transformer, the subject of chapter 16.)


# %%
CAPTIONS = ("a {0} {1} {2}", "the {2} is {0} and {1}", "this is a {1} {2} and it is {0}")
LEXICON = ("a", "and", "is", "it", "the", "this", *data.SIZES, *data.COLOURS, *data.FORMS)


def described(words: Tensor, form: str) -> list[str]:
    """A caption for each picture.   words: (n, 3); form: with {0} for the size, {1} the colour, {2} the form"""
    return [form.format(data.SIZES[a], data.COLOURS[b], data.FORMS[c]) for a, b, c in words.tolist()]  # fmt: skip


def word_counts(captions: list[str]) -> Tensor:
    """How often each word of the lexicon occurs.   -> (n, 16); ValueError for another word or none"""
    counts = torch.zeros(len(captions), len(LEXICON))
    for i, caption in enumerate(captions):
        if not caption.split():
            raise ValueError(f"caption {i} has no word")
        for word in caption.lower().split():
            if word not in LEXICON:
                raise ValueError(f"the model does not know the word {word!r}; it knows {', '.join(LEXICON)}")  # fmt: skip
            counts[i, LEXICON.index(word)] += 1
    return counts


# %%
check.close("a caption", word_counts(["the large disc is a disc"])[0].nonzero()[:, 0], torch.tensor([0, 2, 4, 7, 12]))  # fmt: skip
check.close("its counts", word_counts(["the large disc is a disc"])[0].sum(), torch.tensor(6.0))  # fmt: skip
check.raises("an unknown word", ValueError, lambda: word_counts(["a purple disc"]))
check.raises("a caption without words", ValueError, lambda: word_counts(["a disc", " "]))


# %%
class SmallCLIP(nn.Module):
    """Both encoders.   pictures (n, 588) -> u (n, 32), word counts (n, 16) -> v (n, 32), of length 1"""

    def __init__(self, d: int = 32):
        super().__init__()
        self.pictures = picture_net(d)
        self.embedding = nn.Linear(len(LEXICON), 32, bias=False)  # a column for each word
        self.captions = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, d))
        self.scale = nn.Parameter(torch.tensor(math.log(10.0)))  # log of 1 / tau

    def see(self, x: Tensor) -> Tensor:
        return F.normalize(self.pictures(x), dim=1)

    def read(self, counts: Tensor) -> Tensor:
        mean = counts / counts.sum(dim=1, keepdim=True)
        return F.normalize(self.captions(self.embedding(mean)), dim=1)

    def forward(self, x: Tensor, counts: Tensor) -> Tensor:
        return self.scale.exp() * self.see(x) @ self.read(counts).T  # eq. 14.23


# %% [markdown]
# > **Pitfall.** If two pictures of a batch have the same caption, each caption is counted as a wrong partner of the other picture. With two equal captions among four, even a perfect model keeps a loss of $\frac24 \log 2$.

# %% [markdown]
# Of the 32 kinds of pictures 28 occur in training; so a batch gets one picture of each. Three controls: 28 random pictures; the same without the repeats, which leaves about 18; and captions dealt out to the pictures at random.


# %%
SPOKEN = torch.stack([word_counts(described(SHAPES.words, form)) for form in CAPTIONS])
ALL_KINDS = torch.cartesian_prod(*(torch.arange(len(names)) for names in (data.SIZES, data.COLOURS, data.FORMS)))  # fmt: skip
PLACES = torch.tensor([16, 4, 1])  # words @ PLACES is the row of ALL_KINDS
KINDS = SHAPES.words @ PLACES
OF_KIND = [(kind == KINDS).nonzero()[:, 0] for kind in KINDS.unique()]


def one_of_each(rng: torch.Generator) -> Tensor:
    """A random picture of each of the 28 kinds.   -> rows (28,)"""
    return torch.stack(
        [rows[torch.randint(len(rows), (), generator=rng)] for rows in OF_KIND]
    )


def any_rows(rng: torch.Generator) -> Tensor:
    return torch.randint(len(KINDS), (28,), generator=rng)


def no_repeats(rng: torch.Generator) -> Tensor:
    """Of 28 random pictures one of each kind that occurs."""
    rows = any_rows(rng)
    return torch.stack([rows[KINDS[rows] == kind][0] for kind in KINDS[rows].unique()])


# %%
def train_clip(pick: Callable = one_of_each, shuffled: bool = False, steps: int = 300) -> tuple[SmallCLIP, float]:  # fmt: skip
    """pick: rng -> the rows of a batch   -> the trained pair and its mean loss in the last 50 steps"""
    torch.manual_seed(SEED)
    net, rng, losses = SmallCLIP(), torch.Generator().manual_seed(SEED), []
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps)
    deal = (
        torch.randperm(len(KINDS), generator=rng) if shuffled else torch.arange(len(KINDS))
    )
    for _ in progress(range(steps), "CLIP"):
        rows = pick(rng)
        form = torch.randint(len(CAPTIONS), (len(rows),), generator=rng)
        loss = info_nce(net(FLAT[rows], SPOKEN[form, deal[rows]]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        net.scale.data.clamp_(max=math.log(100))  # as in the paper
        losses.append(loss.item())
    return net.requires_grad_(False), sum(losses[-50:]) / 50


# %%
clip_loss, clips = {}, {}
for name, setting in {"one of each kind": {}, "random batches": {"pick": any_rows}, "without repeats": {"pick": no_repeats}, "shuffled captions": {"shuffled": True}}.items():  # fmt: skip
    clips[name], clip_loss[name] = train_clip(**setting)
    print(f"{name:18}: loss {clip_loss[name]:.3f}, temperature {1 / clips[name].scale.exp():.3f}")  # fmt: skip
print(f"chance among 28: {math.log(28):.3f}")
check.reaches("loss, one of each kind", clip_loss["one of each kind"], at_most=0.1)
check.reaches("loss, random batches", clip_loss["random batches"], at_least=0.4)
check.reaches("loss, without repeats", clip_loss["without repeats"], at_most=0.2)
check.reaches("loss, shuffled captions", clip_loss["shuffled captions"], at_least=3.0)

# %% tags=["hide-input"]
clip, seen = clips["one of each kind"], KINDS.unique()
u = clip.see(NEW_FLAT)
mean_u = torch.stack([u[NEW_SHAPES.words @ PLACES == kind].mean(dim=0) for kind in seen])
fig, ax = plots.panel("pictures (rows) and captions", size=(3.1, 3.3))
plots.image(ax, mean_u @ clip.read(word_counts(described(ALL_KINDS[seen], CAPTIONS[0]))).T)
plots.show(fig, alt="A matrix of 28 by 28 inner products. The diagonal is brightest; the lighter stripes parallel to it belong to captions that share the form, or form and colour.")  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "A batch has six pictures, and three of them have the same caption. What is the smallest loss (14.24) that a perfect model can come near, in nats?",
    answer=0.5 * math.log(3),
    tolerance=0.01,
    because="Three of six examples have three candidates that cannot be told apart: their loss is log 3, that of the others can become 0.",
    slips={"Half of the examples have no equals; the loss is a mean.": math.log(3), "A batch with random guesses has this loss.": math.log(6)},
)  # fmt: skip

# %% [markdown]
# ## 14.16 Can it name what it was never trained to name?
#
# *Going further.*
#
# *This section uses `clips` from section 14.15.*
#
# **Zero-shot classification** assigns an input to a class by comparing its embedding with those of captions that name the classes, without training on examples of this task. The class is the caption $j$ with the largest $\mathbf u \cdot \mathbf v_j$. Three questions of growing difficulty: captions of a form that was used in training; a form that was not; and kinds of pictures of which training had none.


# %%
def zero_shot(net: SmallCLIP, X: Tensor, captions: list[str]) -> Tensor:
    """The place of the best caption for each picture.   X: (n, 588) -> (n,)"""
    return (net.see(X) @ net.read(word_counts(captions)).T).argmax(dim=1)


UNUSED = (
    "it is {1} and {0} and it is the {2}"  # a form of caption that training did not have
)
HELD = data.captioned(500, SEED, "held out")
TESTS = {"trained kinds": (NEW_FLAT, NEW_SHAPES.words @ PLACES), "held-out kinds": (F.avg_pool2d(HELD.X, 2).flatten(1), HELD.words @ PLACES)}  # fmt: skip
accuracy = {}
for name, net in clips.items():
    for part, (X, kind) in TESTS.items():
        for form in (CAPTIONS[0], UNUSED):
            found = zero_shot(net, X, described(ALL_KINDS, form))  # among all 32 kinds
            accuracy[name, part, form] = (found == kind).double().mean().item()
        print(f"{name:18} {part:14}: trained form {accuracy[name, part, CAPTIONS[0]]:.3f}, unused form {accuracy[name, part, UNUSED]:.3f}")  # fmt: skip

# %%
trained, held = (accuracy["one of each kind", part, UNUSED] for part in TESTS)
check.reaches("trained kinds, unused form", trained, at_least=0.93)
check.reaches("held-out kinds, unused form", held, at_least=0.85)
check.reaches("shuffled captions: trained kinds, unused form", accuracy["shuffled captions", "trained kinds", UNUSED], at_most=0.12)  # fmt: skip
check.reaches("random batches: trained kinds, unused form", accuracy["random batches", "trained kinds", UNUSED], at_least=0.9)  # fmt: skip
for j, names in enumerate((data.SIZES, data.COLOURS, data.FORMS)):
    found = zero_shot(clips["one of each kind"], NEW_FLAT, [f"it is {name}" for name in names])  # fmt: skip
    share = (found == NEW_SHAPES.words[:, j]).double().mean().item()
    check.reaches(f"captions with one word, {' / '.join(names)}", share, at_least=0.8)

# %% [markdown]
# The unused form, of which the caption encoder has seen each word, costs little; and the kinds that training left out are named almost as well; each of their words occurred in training, with others. With captions dealt out at random the accuracy is that of chance, about 1 in 32.

# %% [markdown]
# What do repeats do to random batches? They keep the loss up, as the pitfall says: without them it falls to a fraction. To the accuracy they do little here: random batches name trained kinds about as well as batches of one picture of each kind. A loss of 0.6 thus does not say that the encoders are bad, and losses of batches with different numbers of repeats, or of different sizes, cannot be compared. CLIP was trained with batches of 32,768 pairs.

# %% tags=["hide-input"]
clip, (X, kind) = clips["one of each kind"], TESTS["held-out kinds"]
found = ALL_KINDS[zero_shot(clip, X[:8], described(ALL_KINDS, UNUSED))]
fig, axes = plots.tiles("held-out kinds, and the best of 32 captions", 8, 4, size=(4.2, 3.4), room=0.36)  # fmt: skip
for ax, x, caption, is_right in zip(axes, X, described(found, "{0} {1}\n{2}"), found @ PLACES == kind[:8], strict=False):  # fmt: skip
    plots.image(ax, x.view(3, 14, 14))
    ax.set_title(caption if is_right else f"✗ {caption}", fontsize=8)
plots.show(fig, alt="Eight pictures of kinds that training did not have, such as a small red ring, each under the caption that was found for it; a wrong one has a cross.")  # fmt: skip

# %% [markdown]
# What the caption encoder cannot tell follows from its form: a bag of words has no order. Two sentences with the same words have one embedding, whatever they say.

# %%
v = clips["one of each kind"].read(word_counts(["the red disc and the blue ring", "the blue disc and the red ring", "the red disc and the red ring"]))  # fmt: skip
check.close("colours exchanged: the same embedding", v[1], v[0], atol=1e-6)
check.catches("another word: another embedding", lambda: check.close("v", v[2], v[0], atol=1e-6))  # fmt: skip

# %% [markdown]
# A caption encoder that reads the order, as CLIP's transformer does, can separate the two. Whether it does is another matter: Yuksekgonul et al. (2023) find that CLIP and models like it often choose wrongly between a caption and one with its words exchanged, as the contrastive loss seldom asks for the order. And "without training for the classes" has its limit: each word of the captions was in the training set.

# %% tags=["hide-input"]
widgets.choose(
    "The small CLIP is to tell 'a purple disc' from 'a red disc'. What happens?",
    {
        "It cannot: the word has no embedding, and the function says so": True,
        "It works zero-shot, as for the held-out kinds": "Those were new combinations of words that had been trained; this word was not.",
        "It takes purple for the nearest colour": "Nothing tells it what purple is near to; the picture encoder might, the caption encoder has no entry for it.",
    },
    because="Zero-shot means without examples of the task. The words still need to have been learned.",
)

# %% [markdown]
# ## 14.17 How strictly should the words be followed?
#
# *Going further.*
#
# *This section uses `unet` and `examiner` from section 14.8.*
#
# The U-Net can predict with words and without. The difference of both predictions points to where the words matter. **Classifier-free guidance** replaces the predicted noise of a conditional diffusion model by the one without the condition plus $w$ times the difference that the condition makes (Ho and Salimans 2022).
#
# $$ \tilde{\boldsymbol\varepsilon} = \boldsymbol\varepsilon_\theta(\mathbf x_t, t) + w\, \big( \boldsymbol\varepsilon_\theta(\mathbf x_t, t, \mathbf c) - \boldsymbol\varepsilon_\theta(\mathbf x_t, t) \big) \tag{14.25} $$

# %% [markdown]
# In this convention $w = 0$ ignores the words, $w = 1$ is the conditional model itself and $w > 1$ goes beyond it. (The paper writes $1 + w$ for this $w$.) Since $\boldsymbol\varepsilon$ is $-\sqrt{1 - \bar\alpha_t}$ times the gradient of the log-density of $\mathbf x_t$, (14.25) follows the gradient of $\log p(\mathbf x_t) + w \log p(\mathbf c \mid \mathbf x_t)$: the condition counts $w$ times. No classifier is needed; each step costs two predictions.


# %%
def guided(net: UNet, words: Tensor, w: float) -> Callable[[Tensor, Tensor], Tensor]:
    """predict(x, t) with guidance w (eq. 14.25).   words: (n, 3)"""
    told, untold = predictor(net, words), predictor(net, NO_WORDS.expand(len(words), 3))
    if w == 1:
        return told  # one prediction is enough

    def predict(x: Tensor, t: Tensor) -> Tensor:
        eps = untold(x, t)
        return eps + w * (told(x, t) - eps)

    return predict


def draw_guided(words: Tensor, w: float, steps: int = 10, seed: int = SEED) -> Tensor:
    """Pictures by DDIM with guidance.   words: (n, 3) -> (n, 3, 28, 28) in -1..1"""
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(len(words), 3, 28, 28, generator=rng)
    return sample(guided(unet, words, w), x, steps, ALPHA_BAR, rng, "ddim", clip=1.0)


few = ASKED[:5]
check.close("w near 1 is near the conditional model", draw_guided(few, 1 + 1e-6), draw(unet, few), atol=1e-3)  # fmt: skip
check.close("w = 0 ignores the words", draw_guided(few, 0.0), draw_guided(few.flip(0), 0.0), atol=1e-4)  # fmt: skip

# %% tags=["hide-input"]
widgets.choose(
    "As w grows from 1 to 8, what do you expect of right words and of variety?",
    {
        "More right words up to some w, less variety": True,
        "More right words and more variety": "Pictures that fit the words less well become rarer: the distribution gets narrower.",
        "The same right words, less variety": "That would be so for a model that already follows every word.",
    },
    because="The condition counts w times. How far that goes is measured next.",
)

# %% [markdown]
# Quality is the share of right words, with the full caption. Variety has to be measured on captions that leave something open: for each form alone ("a ring") there are eight combinations of size and colour. How many of them occur in 14 pictures? The number of distinct kinds is the exponential of the entropy of what the examiner finds.


# %%
def kinds(found: Tensor) -> float:
    """How many equally frequent pairs of size and colour have the entropy of those found.   (n, 3) -> 1..8"""
    shares = torch.bincount(4 * found[:, 0] + found[:, 1], minlength=8) / len(found)
    return torch.special.entr(shares).sum().exp().item()


forms = torch.tensor([[2, 4, form] for form in range(4)]).repeat_interleave(14, dim=0)
effect, shown, with_w = {}, {}, {}
for w in (1.0, 3.0, 8.0):
    X, free = draw_guided(PAIRS, w), draw_guided(forms, w, seed=SEED + 1)
    variety = sum(kinds(found_words(examiner, X)) for X in free.split(14)) / 4
    effect[w] = (right(found_words(examiner, X), PAIRS), to_real(X), variety)
    shown[w], with_w[w] = free[-14:], X
    print("w = {:.0f}: right words {:.2f}, KID {:5.2f}, kinds {:.1f} of 8".format(w, *effect[w]))  # fmt: skip
real = sum(kinds(X) for X in UNSEEN.words[:56].split(14)) / 4
print(f"kinds in 14 real pictures: {real:.1f}")
check.reaches("right words: w = 3 minus w = 1", effect[3.0][0] - effect[1.0][0], at_least=0.0)  # fmt: skip
check.reaches("kinds: w = 1 minus w = 8", effect[1.0][2] - effect[8.0][2], at_least=0.5)
check.reaches("KID: w = 8 minus w = 1", effect[8.0][1] - effect[1.0][1], at_least=0.2)

# %% tags=["hide-input"]
plots.show(drawings("a ring: w = 1, 3, 8", torch.cat([*shown.values()])),
           alt="Three rows of 14 pictures. With guidance 1 most are broken rings in mixed colours; with 3 the colours are brighter; with 8 glaring specks stand in and around each ring, and one or two colours prevail.")  # fmt: skip

# %% [markdown]
# At $w = 3$ at least as many pictures have all words as at 1. At 8 there is less variety in what the caption left open, and the pictures leave the data: the kernel distance is larger than at 1, by half a unit to more than twenty on the seeds that were run; that of real pictures is near 0. In the output above both begin at 3.

# %% [markdown]
# With the one word *ring* the network mixes colours within a picture; captions with exactly two words missing are about 2 % of its training, which may be the reason (not tested). The prediction is clipped to $-1..1$ in each step, here as in section 14.9. Published systems choose a $w$ in between, too.

# %% [markdown]
# ## 14.18 Can you type a caption and see it drawn?
#
# *Going further.*
#
# *This section uses `examiner` from section 14.8 and `with_w` from section 14.17.*
#
# All parts are there: a caption is split into words, each word into its place in one of the three lists, and the guided U-Net draws. A word that the model does not know gets one clear sentence, and so do two words of one kind.


# %%
WORD_PLACES = {name: (kind, place) for kind, names in enumerate(WORDS) for place, name in enumerate(names)}  # fmt: skip


def understood(text: str) -> Tensor:
    """A caption such as "a large red ring" or "a red ring" as three places.   -> (3,)"""
    words = NO_WORDS.clone()
    for word in text.lower().translate(str.maketrans(".,!", "   ")).split():
        if word in ("a", "an", "the"):
            continue
        if word not in WORD_PLACES:
            raise ValueError(f"{word!r} is not among the words that this model knows: {', '.join(WORD_PLACES)}")  # fmt: skip
        kind, place = WORD_PLACES[word]
        if words[kind] != NO_WORDS[kind]:
            raise ValueError(f"the caption names two of {', '.join(WORDS[kind])}")
        words[kind] = place
    return words


check.close("a large red ring", understood("a large red ring"), torch.tensor([1, 0, 3]))
check.close("A ring", understood("A ring."), torch.tensor([2, 4, 3]))
check.raises("a purple ring", ValueError, lambda: understood("a purple ring"))
check.raises("a red blue ring", ValueError, lambda: understood("a red blue ring"))


# %%
def typed(text: str, n: int = 7, w: float = 3.0) -> Tensor:
    """`n` pictures for a typed caption.   -> (n, 3, 28, 28) in -1..1"""
    return draw_guided(understood(text).expand(n, 3), w)


TEXTS = ("a large red ring", "a small blue triangle", "a green square", "a large blue triangle")  # fmt: skip
by_text = {text: typed(text) for text in TEXTS}

# %% tags=["hide-input"]
plots.show(drawings("typed captions, one for each row", torch.cat([*by_text.values()]), columns=7, width=4.2),
           alt="Four rows of seven pictures: large red rings, small blue triangles, green squares and large blue triangles, some of them ragged.")  # fmt: skip

# %% [markdown]
# The last of these captions is one of the four combinations that no training picture has: small red ring, large blue triangle, small yellow square and large green disc. Each of their words occurs in other combinations. A model that has learned what each word means can draw them; one that has stored whole captions cannot.


# %%
def by_word(X: Tensor, words: Tensor) -> list[float]:
    """Share of pictures with all words right, then with the right size, colour and form."""
    found = found_words(examiner, X)
    return [right(found, words), *(found == words).double().mean(dim=0).tolist()]


held = EVERY[IS_RARE].repeat(14, 1)  # 56 pictures, as of the others
report = {}
for w in (1.0, 3.0):
    seen, rare = with_w[w], draw_guided(held, w)
    mixed = PAIRS[torch.randperm(len(PAIRS), generator=torch.Generator().manual_seed(SEED))]  # fmt: skip
    report[w] = {"seen combinations": by_word(seen, PAIRS), "held-out combinations": by_word(rare, held), "seen, captions shuffled": by_word(seen, mixed)}  # fmt: skip
    for name, shares in report[w].items():
        print("w = {:.0f}, {:24}: all {:.2f}, size {:.2f}, colour {:.2f}, form {:.2f}".format(w, name, *shares))  # fmt: skip
guided_seen, guided_rare, guided_mixed = (report[3.0][name][0] for name in report[3.0])
check.reaches("w = 3, right words: seen combinations", guided_seen, at_least=0.6)
check.reaches("w = 3, right words: held-out combinations", guided_rare, at_least=0.5)
check.reaches("w = 3, right words: captions shuffled", guided_mixed, at_most=0.15)
check.reaches("w = 3, right colour: held-out combinations", report[3.0]["held-out combinations"][2], at_least=0.9)  # fmt: skip

# %% [markdown]
# The model draws more than half of the pictures of combinations that it has never seen with all three words right. The last row is the control: the same pictures beside other captions. The shares by word show where it fails: most errors are in the form, with held-out combinations as with seen ones.

# %% [markdown]
# The page below holds pictures for all captions with and without a size, drawn with $w = 1$ and $w = 3$, each from three noises. They are a grid of results and not the network in the page: its 616,000 weights, in 6 bits each, would weigh about ten times as much as the pictures, and ten steps with guidance take 20 passes through it for each picture.

# %%
CHOICES = {"size": [*data.SIZES, "any size"], "colour": [*data.COLOURS], "form": [*data.FORMS]}  # fmt: skip
captions = torch.cartesian_prod(*(torch.arange(len(names)) for names in CHOICES.values())).repeat_interleave(3, dim=0)  # fmt: skip
grid = torch.stack([draw_guided(captions, w) for w in (1.0, 3.0)]).unflatten(1, (-1, 3)).transpose(0, 1)  # fmt: skip
correct = torch.stack([((found_words(examiner, X) == words) | (words == NO_WORDS)).all(dim=1)
                       for X, words in zip(grid.flatten(1, 2), captions.view(-1, 3, 3).repeat(1, 2, 1), strict=True)])  # fmt: skip
unseen = [at for at, words in enumerate(captions[::3].tolist()) if tuple(words) in data.HELD_OUT]  # fmt: skip
widgets.CaptionPictures((grid / 2 + 0.5).clamp(0, 1), CHOICES, [1.0, 3.0], correct.view(-1, 2, 3), unseen=unseen, picked=[1, 0, 3], level=1)  # fmt: skip

# %% [markdown]
# The large systems are built of the same parts, with caution about the second. DALL-E 2 (Ramesh et al. 2022) draws from embeddings of CLIP: one model turns the caption's embedding into one of a picture, a diffusion model with guidance draws from that. The Milan notes say the same of DALL-E 3; its report (Betker et al. 2023) leaves the system's details open, describes experiments with a T5 text encoder, and attributes the gain to better captions of the training pictures.

# %% [markdown]
# ## 14.19 Your turn
#
# The [exercises of this chapter](../assignments/14_flows_diffusion/14_flows_diffusion.ipynb) have a check each, which tells you what is wrong.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | a linear layer with a cheap determinant (14.1) | write | ●● | 20 |
# | the volume of a radial map (14.2) | derive | ●●● | 25 |
# | one reverse loop (14.3) | find the bug | ●●● | 25 |
# | six numbers of a schedule (14.4) | predict | ●● | 15 |
# | guidance that keeps the contrast (14.5) | write | ●● | 20 |
# | fewer errors with the same predictions (14.6) | go beyond | ●●● | 35 |
# | a loss that weighs the steps (14.7) | find the bug | ●● | 20 |
# | several right captions (14.8) | write | ●●● | 25 |
# | what InfoNCE sends back (14.9) | derive | ●●● | 30 |
# | six numbers about two spaces (14.10) | predict | ●● | 20 |
#
# One more question has no check.
#
# <details><summary>A diffusion model and a VAE both have a latent variable and a bound. What does the diffusion model give up, and what does it gain?</summary>
#
# It gives up a small code: its latent variables have the size of the example, and its encoder is fixed and learns nothing. It gains a posterior that is known in closed form given $\mathbf x_0$, so the bound needs no learned encoder, and a loss that is a plain regression. The price is the number of network calls for one sample.
#
# </details>

# %% [markdown]
# ## 14.20 In five lines
#
# 1. An invertible map divides a density by the change of volume; a flow is a chain of maps whose determinants are cheap, trained by exact maximum likelihood. It cannot tear apart what is connected.
# 2. The forward process has a closed form for each step; the signal-to-noise ratio has to fall with $t$. The bound's terms are weighted squared errors of the noise, and the weight is dropped.
# 3. One trained network serves many reverse loops, which differ in how much of the noise is new. Which is best at few steps depends on the schedule. On points, fresh noise alone concentrates the samples; our sets of pictures rank no loop.
# 4. Words enter as a condition; guidance trades variety for agreement with the words. While the learning rate is high, an average of the weights lowers the loss a little on most seeds; at the end it gains nothing.
# 5. Latent spaces of two models agree up to a linear map in part; a contrastive loss puts pictures and captions into one space, in which a caption is a classifier.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes, of Bologna (sections 4.3 to 4.5) and of the Politecnico di Milano ("DALLE 3", "CLIP"). In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 4.3 * | no formula; invertibility limits what a flow expresses | the change of variables; the limits are topology and dimension, and coupling flows approximate any diffeomorphism on a bounded region | Dinh et al. (2017); Teshima et al. (2020) | sections 14.1, 14.3 |
# | Bologna 4.4.1 * | the norm of the error; $\alpha_t$ | the squared norm; this $\alpha_t$ is the cumulative product, here $\bar\alpha_t$ | Ho et al. (2020), eq. 14 | sections 14.4, 14.5 |
# | Bologna 4.4.2 | $\alpha_T > \dots > \alpha_1$ | the signal ratio is smallest at $T$ | Ho et al. (2020) | sections 14.4, 14.6 |
# | Bologna 4.4.2 * | noise is added again, fresh or predicted is not said | DDIM uses the predicted noise, DDPM a mixture; fresh noise alone is the largest possible $\sigma$. On points it concentrates the samples; the sets of pictures in section 14.9 are too small to rank the loops | Song, Meng and Ermon (2021); Bansal et al. (2023) | sections 14.6, 14.9 |
# | Bologna 4.5, Remark | a latent space does not depend on the model or its objective | an observation, after a fitted linear map, in part | Asperti and Tonelli (2023); Locatello et al. (2019) | sections 14.13, 14.14 |
# | Milan DALLE 3 * | CLIP feeds the text to the generator | so in DALL-E 2; DALL-E 3's details are not published, and its report's experiments use T5 encoders and new captions | Ramesh et al. (2022); Betker et al. (2023) | section 14.18 |

# %% [markdown]
# ## Further reading
#
# - L. Dinh, J. Sohl-Dickstein and S. Bengio (2017), [*Density estimation using Real NVP*](https://arxiv.org/abs/1605.08803), ICLR: coupling layers.
# - T. Teshima et al. (2020), [*Coupling-based invertible neural networks are universal diffeomorphism approximators*](https://arxiv.org/abs/2006.11469), NeurIPS.
# - D. Rezende and S. Mohamed (2015), [*Variational inference with normalizing flows*](https://arxiv.org/abs/1505.05770), ICML: radial flows, used in the exercises.
# - D. Kingma and P. Dhariwal (2018), [*Glow: generative flow with invertible 1×1 convolutions*](https://arxiv.org/abs/1807.03039), NeurIPS.
# - G. Papamakarios et al. (2021), [*Normalizing flows for probabilistic modeling and inference*](https://arxiv.org/abs/1912.02762), JMLR 22.
# - J. Sohl-Dickstein, E. Weiss, N. Maheswaranathan and S. Ganguli (2015), [*Deep unsupervised learning using nonequilibrium thermodynamics*](https://arxiv.org/abs/1503.03585), ICML.
# - J. Ho, A. Jain and P. Abbeel (2020), [*Denoising diffusion probabilistic models*](https://arxiv.org/abs/2006.11239), NeurIPS: (14.7) to (14.9).
# - A. Nichol and P. Dhariwal (2021), [*Improved denoising diffusion probabilistic models*](https://arxiv.org/abs/2102.09672), ICML: the cosine schedule.
# - J. Song, C. Meng and S. Ermon (2021), [*Denoising diffusion implicit models*](https://arxiv.org/abs/2010.02502), ICLR: (14.10).
# - A. Bansal et al. (2023), [*Cold diffusion: inverting arbitrary image transforms without noise*](https://arxiv.org/abs/2208.09392), NeurIPS.
# - G. Székely and M. Rizzo (2013), [*Energy statistics: a class of statistics based on distances*](https://doi.org/10.1016/j.jspi.2013.03.018), Journal of Statistical Planning and Inference 143.
# - T. Salimans and J. Ho (2022), [*Progressive distillation for fast sampling of diffusion models*](https://arxiv.org/abs/2202.00512), ICLR: (14.11).
# - E. Perez, F. Strub, H. de Vries, V. Dumoulin and A. Courville (2018), [*FiLM: visual reasoning with a general conditioning layer*](https://arxiv.org/abs/1709.07871), AAAI.
# - P. Dhariwal and A. Nichol (2021), [*Diffusion models beat GANs on image synthesis*](https://arxiv.org/abs/2105.05233), NeurIPS.
# - M. Bińkowski, D. Sutherland, M. Arbel and A. Gretton (2018), [*Demystifying MMD GANs*](https://arxiv.org/abs/1801.01401), ICLR: (14.16).
# - J. Ho and T. Salimans (2022), [*Classifier-free diffusion guidance*](https://arxiv.org/abs/2207.12598), arXiv:2207.12598.
# - A. Ramesh, P. Dhariwal, A. Nichol, C. Chu and M. Chen (2022), [*Hierarchical text-conditional image generation with CLIP latents*](https://arxiv.org/abs/2204.06125), arXiv:2204.06125: DALL-E 2.
# - J. Betker et al. (2023), [*Improving image generation with better captions*](https://cdn.openai.com/papers/dall-e-3.pdf), OpenAI: DALL-E 3.
# - K. Shoemake (1985), [*Animating rotation with quaternion curves*](https://doi.org/10.1145/325334.325242), SIGGRAPH: (14.18).
# - A. Asperti and V. Tonelli (2023), [*Comparing the latent space of generative models*](https://doi.org/10.1007/s00521-022-07890-2), Neural Computing and Applications 35.
# - F. Locatello et al. (2019), [*Challenging common assumptions in the unsupervised learning of disentangled representations*](https://arxiv.org/abs/1811.12359), ICML.
# - M. Rolinek, D. Zietlow and G. Martius (2019), [*Variational autoencoders pursue PCA directions (by accident)*](https://arxiv.org/abs/1812.06775), CVPR.
# - A. van den Oord, Y. Li and O. Vinyals (2018), [*Representation learning with contrastive predictive coding*](https://arxiv.org/abs/1807.03748), arXiv:1807.03748: InfoNCE.
# - A. Radford et al. (2021), [*Learning transferable visual models from natural language supervision*](https://arxiv.org/abs/2103.00020), ICML: CLIP.
# - M. Yuksekgonul et al. (2023), [*When and why vision-language models behave like bags-of-words, and what to do about it?*](https://arxiv.org/abs/2210.01936), ICLR.

# %% [markdown] tags=["neighbours"]
# Before: [13 Variational autoencoders and GANs](13_vae_gan.ipynb). Next: [15 Recurrence](15_recurrence.ipynb).
