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
# # 13 Variational autoencoders and GANs
#
# Most networks of the chapters before answer questions about pictures that exist. Those of this chapter make new ones. Two ways are built from scratch: a variational autoencoder, which maximises a lower bound of the likelihood, and a generative adversarial network, in which one network learns to
# make pictures and a second one to tell them from real ones.
#
# Terms in bold are collected in the [glossary](glossary.md).

# %% [markdown]
# > **Study time** About 150 minutes. The core path, 90 minutes, is sections 13.1 to 13.6 and 13.12 to 13.14; sections marked *going further* can wait.

# %%
import itertools
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from course_utils import check, data, plots, widgets
from course_utils.progress import progress

SEED = check.seed(13)

# %%
DIGITS = data.mnist(SEED)
X_TRAIN, X_TEST = (F.avg_pool2d(X, 2).flatten(1) for X in (DIGITS.X_train, DIGITS.X_test))
Y_TRAIN, Y_TEST = DIGITS.y_train, DIGITS.y_test  # pictures of 14 x 14 pixels, (n, 196)
CENTRES = torch.view_as_real(2 * torch.exp(2j * math.pi * torch.arange(8) / 8))  # (8, 2)


def ring(n: int, rng: torch.Generator) -> Tensor:
    """Points from eight narrow Gaussians on a circle.   -> (n, 2)"""
    which = torch.randint(8, (n,), generator=rng)
    return CENTRES[which] + 0.1 * torch.randn(n, 2, generator=rng)


# %% [markdown]
# Two data sets serve throughout: MNIST's digits, reduced to 14×14 pixels and read as vectors of 196 numbers, and points around eight centres in the plane, where it can be counted what a model has learned.


# %% tags=["hide-input"]
def strip(title: str, X: Tensor, columns: int = 10, width: float = 5.4) -> plots.Figure:
    """Pictures of 14 x 14 pixels in rows.   X: (n, 196)"""
    rows = -(-len(X) // columns)
    fig, axes = plots.tiles(title, len(X), columns, size=(width, width / columns * rows + 0.35))  # fmt: skip
    for ax, x in zip(axes, X, strict=True):
        plots.image(ax, x.detach().view(14, 14), limits=(0, 1))
    return fig


def scatter(title: str, **sets: Tensor) -> plots.Figure:
    """Points in the plane, each set in its colour.   sets: name -> (n, 2)"""
    fig, ax = plots.panel(title, size=(2.8, 2.9))
    for (name, points), colour in zip(sets.items(), plots.SERIES, strict=False):
        ax.plot(*points.detach().T, ".", color=colour, markersize=3, alpha=0.6, label=name)  # fmt: skip
    ax.set_aspect("equal", adjustable="datalim")
    if len(sets) > 1:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncol=2, markerscale=3)
    return fig


plots.show(
    strip("digits", X_TRAIN[:20]),
    scatter("the ring", real=ring(800, torch.Generator().manual_seed(SEED))),
    alt=["Two rows of ten small handwritten digits.", "Eight small round clouds of points on a circle of radius 2."],
)  # fmt: skip

# %% [markdown]
# ## 13.1 What does a generative model learn?
#
# The examples are drawn from an unknown distribution $p_\text{data}$. A **generative model** is a model of the distribution $p_\text{data}$ from which the examples are drawn, with a distribution $p_\text{model}$ of its own from which new examples can be drawn. How far the two are apart can be stated. The **Kullback-Leibler divergence** from a distribution $q$ to a distribution $p$ is the mean, over draws from $q$, of $\log q - \log p$.
#
# $$ \mathrm{KL}(q \,\Vert\, p) = \mathbb{E}_{\mathbf x \sim q}\big[ \log q(\mathbf x) - \log p(\mathbf x) \big] \ge 0 \tag{13.1} $$

# %% [markdown]
# It is zero only if the two are equal, and it is not symmetric. Logarithms are natural here, so the unit is the nat. In $\mathrm{KL}(p_\text{data} \Vert p_\text{model})$ the first term does not depend on the model; so maximum likelihood, which maximises the mean of $\log p_\text{model}$ over the examples, minimises an estimate of this divergence, up to a constant.

# %% [markdown]
# An **explicit density model** is a generative model that computes $p_\text{model}(\mathbf x)$, or a bound of it, for a given $\mathbf x$. An **implicit generative model** is a generative model that draws examples without computing their density. The simplest explicit one is a single Gaussian with the mean and covariance of the data; on the ring its density can be compared with the true one.


# %%
def log_normal(x: Tensor, mean: Tensor, var: Tensor | float) -> Tensor:
    """log N(x; mean, var I) for each row, in nats.   x, mean: (..., d), var: a number or (..., d) -> (...)"""
    var = torch.as_tensor(var, dtype=x.dtype)
    if (var <= 0).any():
        raise ValueError("a variance has to be positive")
    each = -0.5 * ((x - mean) ** 2 / var + var.log() + math.log(2 * math.pi))
    return each.sum(dim=-1)  # a sum over the d numbers, not a mean


def log_ring(x: Tensor) -> Tensor:
    """The true log-density of the ring: the mean of eight Gaussian densities.   (n, 2) -> (n,)"""
    return log_normal(x[:, None], CENTRES, 0.1**2).logsumexp(dim=1) - math.log(8)


rng = torch.Generator().manual_seed(SEED)
x, mean = data.normal(rng, 3, 5), data.normal(rng, 3, 5)
var = data.normal(rng, 3, 5).exp()
check.close("log N", log_normal(x, mean, var), Normal(mean, var.sqrt()).log_prob(x).sum(dim=1))  # fmt: skip
check.raises("a variance of 0", ValueError, lambda: log_normal(x, mean, 0.0))


# %%
def modes(points: Tensor) -> tuple[int, float]:
    """How many centres have at least 2 % of the points within 0.3, and the share of points near one.   (n, 2)"""
    distance, nearest = torch.cdist(points, CENTRES).min(dim=1)
    near = distance < 0.3
    shares = torch.bincount(nearest[near], minlength=8) / len(points)
    return int((shares >= 0.02).sum()), near.double().mean().item()


real, unseen = ring(2000, rng), ring(2000, rng)
gaussian = MultivariateNormal(real.mean(dim=0), real.T.cov())
torch.manual_seed(SEED)
drawn = gaussian.sample((2000,))
print(f"mean log-density of unseen points: true {log_ring(unseen).mean():.2f}, one Gaussian {gaussian.log_prob(unseen).mean():.2f}")  # fmt: skip
kl = (log_ring(unseen) - gaussian.log_prob(unseen)).mean().item()  # eq. 13.1, over draws
check.reaches("KL from the ring to the best Gaussian", kl, at_least=2.0)
check.reaches("points near a centre: one Gaussian", modes(drawn)[1], at_most=0.1)

# %% [markdown]
# The Gaussian is the maximum-likelihood solution of its family, and more than nine in ten of its points lie further than 0.3 from every centre, where the data have one in a hundred.
#
# Why model a distribution where a network could predict one answer? Many questions have several right ones. Here each $x$ has two values of $y$, $0.5 + 0.5 x^2$ with either sign.


# %%
def fitted(x: Tensor, y: Tensor, steps: int = 300) -> nn.Sequential:
    """A small network with the least squared error."""
    torch.manual_seed(SEED)
    net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        F.mse_loss(net(x), y).backward()
        optimizer.step()
    return net


x = 2 * torch.rand(600, 1, generator=rng) - 1
branch = 0.5 + 0.5 * x**2
sign = torch.where(torch.rand(600, 1, generator=rng) < 0.5, -1.0, 1.0)
both, single = fitted(x, sign * branch)(x), fitted(x, branch)(x)
gap = {"both branches": (both.abs() - branch).abs(), "one branch": (single - branch).abs()}
for name, distance in gap.items():
    print(f"{name:14} mean distance to the nearest right answer {distance.mean():.3f}")
check.reaches("two right answers: distance of the prediction", gap["both branches"].mean().item(), at_least=0.45)  # fmt: skip
check.reaches("one right answer: distance of the prediction", gap["one branch"].mean().item(), at_most=0.03)  # fmt: skip

# %% [markdown]
# The least squared error is reached by the mean of the right answers, which is itself none of them. The same network, trained on one branch alone, fits it; so its capacity is not the fault. For such outputs, with several modes, the notes recommend generative models. A **mode** of a distribution is a local maximum of its density.

# %% tags=["hide-input"]
fig, ax = plots.panel("two right answers for each $x$", x="$x$", y="$y$", size=(3.9, 2.7))
order = x[:, 0].argsort()
ax.plot(x, sign * branch, ".", color=plots.BLUE, markersize=3, label="data")
ax.plot(x[order], both[order].detach(), "-", color=plots.ORANGE, label="least squared error")  # fmt: skip
ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0.78))
plots.show(fig, alt="The data lie on an upward and a downward parabola; the prediction runs between them near zero, where no data are.")  # fmt: skip

# %% [markdown]
# ## 13.2 Can the latent variable be averaged out?
#
# A **latent variable model** is a generative model that draws a vector $\mathbf z$, which is never observed, from a known distribution and then $\mathbf x$ from a distribution that depends on it. The **prior** is the distribution $p(\mathbf z)$ of the latent variable before an example is seen; here it is $\mathcal N(\mathbf 0, I)$. The density of an example is then an average over all $\mathbf z$:
#
# $$ p(\mathbf x) = \int p(\mathbf x \mid \mathbf z)\, p(\mathbf z)\, d\mathbf z = \mathbb{E}_{\mathbf z \sim p(\mathbf z)}\, p(\mathbf x \mid \mathbf z) . \tag{13.2} $$

# %% [markdown]
# The **marginal likelihood** of an example is its density, averaged over the latent variable. Both signs in (13.2) are equalities. What approximates is the next step, an average over $S$ samples (Monte Carlo):
#
# $$ \hat p(\mathbf x) = \frac1S \sum_{s=1}^{S} p(\mathbf x \mid \mathbf z_s), \qquad \mathbf z_s \sim p(\mathbf z) \tag{13.3} $$
#
# $\hat p$ is unbiased. How many samples does it need? A linear model, $\mathbf x = W \mathbf z + \mathbf b + \sigma \boldsymbol\varepsilon$, answers exactly: its marginal is $\mathcal N(\mathbf b, W W^\top + \sigma^2 I)$.

# %% [markdown]
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf x, \mathbf z$ | `x`, `z` | example $(n, d)$ and latent vector $(n, k)$ |
# | $W, \mathbf b, \sigma^2$ | `W`, `b`, `VAR_X` | the linear decoder, $(d, k)$ and $(d,)$, and its noise |
# | $\hat p(\mathbf x)$ | `log_marginal(...)` | the average (13.3), as a logarithm |
# | $\boldsymbol\mu, \log \boldsymbol\sigma^2$ | `mu`, `logvar` | what an encoder puts out, $(n, k)$ each |

# %%
VAR_X = 0.05


def linear_model(d: int, k: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """A random linear decoder: W (d, k), b (d,)."""
    return data.normal(rng, d, k) / k**0.5, data.normal(rng, d)


def log_weights(x: Tensor, W: Tensor, b: Tensor, S: int, rng: torch.Generator) -> Tensor:
    """log p(x | z_s) for S draws of the prior.   x: (n, d) -> (n, S)"""
    z = data.normal(rng, S, W.shape[1])
    return log_normal(x[:, None], z @ W.T + b, VAR_X)


def log_marginal(log_w: Tensor) -> Tensor:
    """The logarithm of the mean weight (eq. 13.3).   (n, S) -> (n,)"""
    return log_w.logsumexp(dim=1) - math.log(log_w.shape[1])


def effective_samples(log_w: Tensor) -> Tensor:
    """(sum of w)^2 / sum of w^2: how many equal weights would vary as much.   (n, S) -> (n,)"""
    return (2 * log_w.logsumexp(dim=1) - (2 * log_w).logsumexp(dim=1)).exp()


# %%
rng = torch.Generator().manual_seed(SEED)
W, b = linear_model(20, 1, rng)
x = data.normal(rng, 3, 1) @ W.T + b + VAR_X**0.5 * data.normal(rng, 3, 20)
exact = MultivariateNormal(b, W @ W.T + VAR_X * torch.eye(20)).log_prob(x)
check.close("200,000 samples, one latent number", log_marginal(log_weights(x, W, b, 200_000, rng)), exact, atol=0.1)  # fmt: skip

# %%
errors, counts, SIZES = [], [], (1, 2, 4, 6, 8, 12)
for k in SIZES:
    W, b = linear_model(20, k, rng)
    x = data.normal(rng, 100, k) @ W.T + b + VAR_X**0.5 * data.normal(rng, 100, 20)
    exact = MultivariateNormal(b, W @ W.T + VAR_X * torch.eye(20).double()).log_prob(x)
    log_w = log_weights(x, W, b, 1000, rng)
    errors.append((log_marginal(log_w) - exact).median().item())
    counts.append(effective_samples(log_w).median().item())
    print(f"k = {k:2}: median error of log p {errors[-1]:7.2f} nats, effective samples {counts[-1]:6.1f} of 1000")  # fmt: skip
check.reaches("error with one latent number", abs(errors[0]), at_most=0.1)
check.reaches("error with twelve latent numbers", errors[-1], at_most=-8)
check.reaches("effective samples with twelve", counts[-1], at_most=2)

# %% tags=["hide-input"]
fig, ax = plots.panel("1,000 samples of the prior", x="size $k$ of the latent vector", y="median error of log p (nats)", size=(3.9, 2.7))  # fmt: skip
ax.plot(SIZES, errors, "o-")
plots.show(fig, alt="The error of the estimate is near 0 for one and two latent numbers and falls to below minus ten nats for twelve.")  # fmt: skip

# %% [markdown]
# At this noise one latent number needs fewer than 1,000 samples; with twelve, a single sample makes up almost all of the average, and $\log \hat p$ is too low by many nats. Nearly all samples of the prior explain another $\mathbf x$ than the one at hand. (The mean of $\hat p$ is still right; the logarithm of a typical average is too low.)

# %% [markdown]
# A **compressive model** is a latent variable model whose latent vector is smaller than the example. A **dimension-preserving model** is a latent variable model whose latent vector has the size of the example. The models of pictures in this chapter are of the first kind; the flows and diffusion models of chapter 14 are of the second.

# %% [markdown]
# ## 13.3 How can the likelihood be bounded?
#
# The samples should come from where they matter. The **posterior** is the distribution $p(\mathbf z \mid \mathbf x)$ of the latent variable after the example has been seen. For most models it cannot be computed. An **approximate posterior** $q(\mathbf z \mid \mathbf x)$ is a distribution that can be sampled and evaluated and that takes the place of the posterior. Write $p(\mathbf x) = p(\mathbf x, \mathbf z) / p(\mathbf z \mid \mathbf x)$, multiply and divide by $q$, and take the mean over $q$:
#
# $$ \log p(\mathbf x) = \mathbb{E}_{q}\Big[ \log \frac{p(\mathbf x, \mathbf z)}{q(\mathbf z \mid \mathbf x)} \Big] + \mathrm{KL}\big( q(\mathbf z \mid \mathbf x) \,\Vert\, p(\mathbf z \mid \mathbf x) \big) . \tag{13.4} $$

# %% [markdown]
# The left side does not depend on $\mathbf z$, so its mean over $q$ is itself. The divergence is not negative; the first term is a bound. With $p(\mathbf x, \mathbf z) = p(\mathbf x \mid \mathbf z)\, p(\mathbf z)$,
#
# $$ \log p(\mathbf x) \ge \mathrm{ELBO}(\mathbf x) = \mathbb{E}_{q} \log p(\mathbf x \mid \mathbf z) - \mathrm{KL}\big( q(\mathbf z \mid \mathbf x) \,\Vert\, p(\mathbf z) \big) . \tag{13.5} $$
#
# The **evidence lower bound** (ELBO) is the mean log-likelihood of an example under latent vectors from an approximate posterior, minus the divergence of that posterior from the prior. The first term asks for good reconstructions, the second keeps $q$ near the prior.

# %% [markdown]
# In the linear model all parts are known. Its posterior is $\mathcal N(\mathbf m, \Sigma)$ with
#
# $$ \Sigma = (I + W^\top W / \sigma^2)^{-1}, \qquad \mathbf m = \Sigma\, W^\top (\mathbf x - \mathbf b) / \sigma^2 . \tag{13.6} $$


# %%
def linear_elbo(x: Tensor, q: MultivariateNormal, W: Tensor, b: Tensor, S: int) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Mean and standard deviation of log p(x, z) - log q(z) over S draws (eq. 13.4).   x: (d,) -> (), ()"""
    z = q.sample((S,))
    terms = (log_normal(x, z @ W.T + b, VAR_X) + log_normal(z, torch.zeros_like(z), 1.0) - q.log_prob(z))  # fmt: skip
    return terms.mean(), terms.std()


rng = torch.Generator().manual_seed(SEED)
W, b = linear_model(20, 6, rng)
x = W @ data.normal(rng, 6) + b + VAR_X**0.5 * data.normal(rng, 20)
Sigma = torch.linalg.inv(torch.eye(6) + W.T @ W / VAR_X)  # eq. 13.6
posterior = MultivariateNormal(Sigma @ W.T @ (x - b) / VAR_X, Sigma)
shifted = MultivariateNormal(posterior.mean + 0.1, torch.diag(Sigma.diagonal()))
log_p = MultivariateNormal(b, W @ W.T + VAR_X * torch.eye(20)).log_prob(x)
for name, q in (("the posterior itself", posterior), ("a diagonal one, shifted", shifted)):
    bound, spread = linear_elbo(x, q, W, b, 100_000)
    check.close(f"gap: {name}", log_p - bound, kl_divergence(q, posterior), atol=0.05)
    print(f"{name}: log p {log_p:.3f}, ELBO {bound:.3f}, spread of its terms {spread:.2g}")

# %% [markdown]
# The gap is the divergence from $q$ to the posterior, as (13.4) says. With the posterior itself each single sample gives $\log p(\mathbf x)$, without spread: this is what an encoder is for. Learning $q$ tightens the bound; learning the decoder raises the likelihood or brings the posterior nearer to $q$.

# %% tags=["hide-input"]
widgets.predict(
    "For one example log p(x) = −80 nats. The ELBO is −86 nats, and KL(q(z|x) ‖ p(z)) = 9 nats. How far, in nats, is q from the posterior p(z|x)?",
    answer=6.0,
    tolerance=0.05,
    because="By (13.4) the gap between log p(x) and the ELBO is the divergence from q to the posterior. The divergence to the prior is part of the ELBO.",
    slips={
        "That is the divergence to the prior, which is a part of the ELBO.": 9.0,
        "The divergence to the prior is already subtracted in the ELBO.": 15.0,
    },
)

# %% [markdown]
# ## 13.4 How does a gradient pass through a sample?
#
# The encoder puts out $\boldsymbol\mu$ and $\log \boldsymbol\sigma^2$ of a Gaussian with a diagonal covariance. To train it, one needs the gradient of a mean over samples that depend on its parameters. The **reparameterisation** of a Gaussian sample writes it as a function of its parameters and of noise that does not depend on them.
#
# $$ \mathbf z = \boldsymbol\mu + \boldsymbol\sigma \odot \boldsymbol\varepsilon, \qquad \boldsymbol\varepsilon \sim \mathcal N(\mathbf 0, I), \qquad \boldsymbol\sigma = e^{\frac12 \log \boldsymbol\sigma^2} \tag{13.7} $$

# %% [markdown]
# Neither set of notes has this step, without which backpropagation stops at the sample.


# %%
def reparameterise(mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
    """z = mu + sigma eps (eq. 13.7); logvar is the logarithm of the VARIANCE.   all (n, k)"""
    return mu + (logvar / 2).exp() * eps


rng = torch.Generator().manual_seed(SEED)
mu, logvar = (data.normal(rng, 1, 7).requires_grad_() for _ in range(2))
eps = data.normal(rng, 100_000, 7)
z = reparameterise(mu, logvar, eps)
check.close("spread of the samples", z.std(dim=0), (logvar / 2).exp()[0], rtol=0.02)
check.catches("logvar read as log sigma", lambda: check.close("spread", (mu + logvar.exp() * eps).std(dim=0), (logvar / 2).exp()[0], rtol=0.02))  # fmt: skip

# %%
f_mean = (mu**2 + logvar.exp()).sum()  # the mean of |z|^2 is known
exact = torch.autograd.grad(f_mean, [mu, logvar])
found = torch.autograd.grad((z**2).sum() / len(z), [mu, logvar])
check.close("gradient in mu", found[0], exact[0], atol=0.05)
check.close("gradient in log sigma^2", found[1], exact[1], atol=0.15)

# %% [markdown]
# The divergence in (13.5) needs no samples: for two Gaussians the mean in (13.1) is known. Per latent number $j$, with $\mathcal N(0, 1)$ as the prior,
#
# $$ \mathrm{KL}\big( \mathcal N(\boldsymbol\mu, \operatorname{diag} \boldsymbol\sigma^2) \,\Vert\, \mathcal N(\mathbf 0, I) \big) = \frac12 \sum_{j=1}^{k} \big( \mu_j^2 + \sigma_j^2 - 1 - \log \sigma_j^2 \big) . \tag{13.8} $$
#
# Its gradient pulls $\mu_j$ to 0 and $\sigma_j^2$ to 1, as the notes remark.


# %%
def kl_standard(mu: Tensor, logvar: Tensor) -> Tensor:
    """Divergence to the standard normal, summed over the latent numbers (eq. 13.8).   (n, k) -> (n,)"""
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1)


mu, logvar = data.normal(rng, 4, 7), data.normal(rng, 4, 7)
q = Normal(mu, (logvar / 2).exp())
expected = kl_divergence(q, Normal(torch.zeros(7), torch.ones(7))).sum(dim=1)
check.close("closed form", kl_standard(mu, logvar), expected)
z = reparameterise(mu, logvar, data.normal(rng, 100_000, 4, 7))
sampled = (q.log_prob(z).sum(dim=2) - log_normal(z, torch.zeros_like(z), 1.0)).mean(dim=0)
check.close("by samples", sampled, expected, atol=0.1)
slips = {"The mean over the latent numbers weighs the divergence k times too little.": expected / 7}  # fmt: skip
check.catches("a mean over the latent numbers", lambda: check.close("KL", expected / 7, kl_standard(mu, logvar), slips=slips))  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "One latent number has μ = 1 and σ² = 1. What is its divergence from the standard normal, in nats?",
    answer=0.5,
    tolerance=0.005,
    because="In (13.8) σ² − 1 − log σ² is 0, and μ²/2 = 0.5 remains.",
    slips={"The factor one half is missing.": 1.0},
)

# %% [markdown]
# ## 13.5 What does a variational autoencoder learn?
#
# A **variational autoencoder** (VAE; Kingma and Welling 2014) is a latent variable model whose decoder gives the mean of $p(\mathbf x \mid \mathbf z)$, trained together with an encoder that gives the mean and the variance of a Gaussian approximate posterior. With the decoder's output $\hat{\mathbf x}$ and a fixed variance $\sigma_x^2$ the loss of one example is minus (13.5), with the mean over $q$ taken from one sample:
#
# $$ L(\mathbf x) = -\log \mathcal N(\mathbf x;\, \hat{\mathbf x}, \sigma_x^2 I) + \beta\, \mathrm{KL}\big( q(\mathbf z \mid \mathbf x) \,\Vert\, p(\mathbf z) \big), \qquad \beta = 1 . \tag{13.9} $$

# %% [markdown]
# The first term is $\lVert \mathbf x - \hat{\mathbf x} \rVert^2 / (2 \sigma_x^2)$ and a constant: the autoencoder's squared error of chapter 12, with a weight. (Pixels that are either black or white call for a Bernoulli decoder, whose first term is the binary cross-entropy.) Both terms are sums, over pixels and over latent numbers; only examples are averaged.


# %%
def mlp(*sizes: int) -> list[nn.Module]:
    """Dense layers with ReLUs between them."""
    layers: list[nn.Module] = []
    for d_in, d_out in itertools.pairwise(sizes):
        layers += [nn.Linear(d_in, d_out), nn.ReLU()]
    return layers[:-1]


class VAE(nn.Module):
    """Dense encoder and decoder.   x: (n, d) -> mu, logvar (n, k);  z: (n, k) -> x_hat (n, d) in 0..1"""

    def __init__(self, d: int, k: int, width: int = 128):
        super().__init__()
        self.k = k
        self.encoder = nn.Sequential(*mlp(d, width, width, 2 * k))
        self.decoder = nn.Sequential(*mlp(k, width, width, d), nn.Sigmoid())

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        return mu, logvar

    def decode(self, z: Tensor) -> Tensor:
        if z.shape[-1] != self.k:
            raise ValueError(f"a latent vector has {self.k} numbers here, not {z.shape[-1]}")  # fmt: skip
        return self.decoder(z)


def vae_loss(net: VAE, x: Tensor, eps: Tensor, beta: float = 1.0, var: float = VAR_X) -> Tensor:  # fmt: skip
    """The mean over the batch of (13.9).   x: (n, d), eps: (n, k) -> ()"""
    if beta < 0:
        raise ValueError(f"beta = {beta}: the weight of the divergence cannot be negative")
    mu, logvar = net.encode(x)
    x_hat = net.decode(reparameterise(mu, logvar, eps))
    return (-log_normal(x, x_hat, var) + beta * kl_standard(mu, logvar)).mean()


# %%
torch.manual_seed(SEED)
small, rng = VAE(11, 3, width=5).double(), torch.Generator().manual_seed(SEED)
x, eps, total = torch.rand(4, 11).double(), data.normal(rng, 4, 3), 0.0
mu, logvar = (each.detach() for each in small.encode(x))
for i in range(4):
    for j in range(3):
        s = math.exp(logvar[i, j] / 2)
        total += 0.7 * (mu[i, j] ** 2 + s**2 - 1 - 2 * math.log(s)) / 2
    x_hat = small.decode(mu[i] + eps[i] * (logvar[i] / 2).exp())
    for p in range(11):
        total += (x[i, p] - x_hat[p]) ** 2 / 0.6 + math.log(2 * math.pi * 0.3) / 2
check.close("loss, by loops", vae_loss(small, x, eps, beta=0.7, var=0.3), total / 4)
check.raises("a latent vector of the wrong size", ValueError, lambda: small.decode(torch.zeros(2, 4)))  # fmt: skip


# %%
def train_vae(k: int = 16, epochs: int = 36, beta: float = 1.0, var: float = VAR_X, width: int = 128, noise: float = 1.0) -> VAE:  # fmt: skip
    """Adam with one rise and fall of the learning rate; noise = 0 makes it an autoencoder without samples."""
    torch.manual_seed(SEED)
    net, rng = VAE(X_TRAIN.shape[1], k, width), torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(net.parameters())
    steps = epochs * -(-len(X_TRAIN) // 100)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.005, total_steps=steps)
    for _ in progress(range(epochs), "VAE"):
        for rows in torch.randperm(len(X_TRAIN), generator=rng).split(100):
            eps = noise * torch.randn(len(rows), k, generator=rng)
            optimizer.zero_grad()
            vae_loss(net, X_TRAIN[rows], eps, beta, var).backward()
            optimizer.step()
            schedule.step()
    return net.requires_grad_(False)


def noise_like(x: Tensor, k: int, shift: int = 1) -> Tensor:
    """Standard normal numbers for a latent vector of each example, the same in each run.   -> (n, k)"""
    return torch.randn(len(x), k, generator=torch.Generator().manual_seed(SEED + 1000 * shift))  # fmt: skip


# %%
vae = train_vae()
eps = noise_like(X_TEST, vae.k)
bound = -vae_loss(vae, X_TEST, eps).item()
mu, logvar = vae.encode(X_TEST)
rate = kl_standard(mu, logvar).mean().item()
values, vectors = torch.linalg.eigh(X_TRAIN.T.cov().double())
best = vectors * values.clamp(min=VAR_X) @ vectors.T  # with noise in all directions
gaussian = MultivariateNormal(X_TRAIN.mean(dim=0).double(), best)
plain = gaussian.log_prob(X_TEST.double()).mean().item()
print(f"ELBO {bound:.1f} nats: reconstruction {bound + rate:.1f}, divergence {rate:.1f}; one Gaussian with the noise {plain:.1f}")  # fmt: skip
check.reaches("ELBO on unseen digits", bound, at_least=66)
check.reaches("ELBO minus the log-likelihood of one Gaussian", bound - plain, at_least=5)

# %% tags=["hide-input"]
z = noise_like(X_TEST, vae.k, shift=2)[:20]
plots.show(
    strip("unseen digits", X_TEST[:20]),
    strip("reconstructed", vae.decode(mu[:20])),
    strip("new: from the prior", vae.decode(z)),
    alt=["Two rows of ten digits.", "The same digits, a little blurred; nearly all can be read.",
         "New pictures: many look like digits, some like a mixture of two."],
)  # fmt: skip

# %% [markdown]
# (The control is the best Gaussian with noise of variance $\sigma_x^2$ in each direction at least, which is the marginal of a linear decoder, here with 37 latent numbers. Without the noise its density would grow without bound, since some pixels are always 0.) For a new picture the encoder is not used: draw $\mathbf z$ from the prior and decode it. What is shown is $\hat{\mathbf x}$, the mean; a draw from $p(\mathbf x \mid \mathbf z)$ would add the noise.

# %% [markdown]
# With two latent numbers all of the latent space can be drawn. Click into the plane, and the page decodes the point. Walk on a straight line from one class to another, and out to where no codes are.

# %%
plane = train_vae(k=2, epochs=30, width=64)
mu, _ = plane.encode(X_TEST[:300])
check.reaches("ELBO: 16 latent numbers minus two", bound + vae_loss(plane, X_TEST, noise_like(X_TEST, 2)).item(), at_least=15)  # fmt: skip

# %%
widgets.LatentPlane(plane.decoder, codes=mu, labels=Y_TEST[:300], shape=(14, 14))

# %% tags=["hide-input"]
widgets.choose(
    "You want new pictures from a trained VAE. Which parts do you need?",
    {
        "The prior and the decoder": True,
        "The encoder and the decoder": "The encoder needs a picture, and gives back a relative of this one.",
        "The decoder and the codes of the training set": "That is a way, too (section 13.10), but the model that was trained draws from the prior.",
    },
    because="The model is p(z) and p(x|z). The encoder serves the training.",
)

# %% [markdown]
# ## 13.6 How much should the divergence weigh?
#
# *This section uses `small` and `vae` from section 13.5.*
#
# The notes add $\lVert \mathbf x - \hat{\mathbf x} \rVert^2$ to the divergence and say that the balance is difficult. Written as (13.9), the balance is no free choice: that sum is the bound for $\sigma_x^2 = \tfrac12$, pixels with a standard deviation of 0.7. The **β-VAE** (Higgins et al. 2017) is a VAE whose divergence from the prior has a weight $\beta$ other than 1. With it,
#
# $$ \frac{\lVert \mathbf x - \hat{\mathbf x} \rVert^2}{2 \sigma_x^2} + \beta\, \mathrm{KL} = \beta \Big( \frac{\lVert \mathbf x - \hat{\mathbf x} \rVert^2}{2 \beta \sigma_x^2} + \mathrm{KL} \Big) , \tag{13.10} $$

# %% [markdown]
# so for a Gaussian decoder, whatever $\beta$ and $\sigma_x^2$ are, only their product matters for where the minimum lies. A change of $\beta$ is a change of the assumed noise. Since $\sigma_x^2$ belongs to the model, the ELBO itself, with its constant, can choose it.

# %% [markdown]
# What is lost if the divergence weighs much? **Posterior collapse** is the state of a VAE in which the approximate posterior of some latent numbers equals the prior for each example, so that the decoder learns nothing from them. An **active dimension** is a latent number whose posterior mean varies over the data by more than a threshold, usually a variance of 0.01 (Burda et al. 2016).


# %%
def active_dimensions(mu: Tensor, threshold: float = 0.01) -> int:
    """How many latent numbers have means that vary over the examples.   mu: (n, k)"""
    if len(mu) < 2:
        raise ValueError("the variance over the examples needs two of them at least")
    return int((mu.var(dim=0) > threshold).sum())


def used_dimensions(mu: Tensor, logvar: Tensor, nats: float = 0.1) -> int:
    """How many latent numbers diverge from the prior by more nats (eq. 13.8).   mu, logvar: (n, k)"""
    return int(((mu**2 + logvar.exp() - 1 - logvar).mean(dim=0) / 2 > nats).sum())


check.raises("a batch of one", ValueError, lambda: active_dimensions(torch.zeros(1, 3)))
rng = torch.Generator().manual_seed(SEED)
x, eps = torch.rand(4, 11, generator=rng).double(), data.normal(rng, 4, 3)
gradients = []
for beta, var in ((3.0, 0.2), (1.0, 0.6)):  # the same product
    loss = vae_loss(small, x, eps, beta, var) / beta
    gradients.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(small.parameters()))]))  # fmt: skip
check.close("one product, one direction", *gradients)

# %%
nets = {var: vae if var == VAR_X else train_vae(var=var) for var in (0.5, VAR_X, 0.01)}  # fmt: skip
found, noise = {}, noise_like(X_TEST, vae.k)
for var, net in nets.items():
    mu, logvar = net.encode(X_TEST)
    found[var] = {
        "ELBO": -vae_loss(net, X_TEST, noise, var=var).item(),
        "divergence": kl_standard(mu, logvar).mean().item(),
        "active": active_dimensions(mu),
        "above 0.1 nats": used_dimensions(mu, logvar),
        "squared error": F.mse_loss(net.decode(mu), X_TEST).item(),
    }
    print(f"variance {var:4}: " + ", ".join(f"{k} {v:.4g}" for k, v in found[var].items()))
gap = X_TEST.var(dim=0).mean().item()
unused = -vae_loss(vae, X_TEST, noise, var=0.5).item()
print(f"variance of the pixels: {gap:.4f}; ELBO of the network of 13.5 at variance 0.5: {unused:.1f}")  # fmt: skip

# %%
check.reaches("the notes' sum: divergence", found[0.5]["divergence"], at_most=1.5)
check.reaches(
    "the notes' sum: latent numbers above 0.1 nats, of 16",
    found[0.5]["above 0.1 nats"],
    at_most=6,
)
check.reaches("the notes' sum: squared error over the variance", found[0.5]["squared error"] / gap, at_least=0.75)  # fmt: skip
check.reaches("variance 0.05: squared error over the variance", found[0.05]["squared error"] / gap, at_most=0.5)  # fmt: skip
check.reaches(
    "variance 0.05: latent numbers above 0.1 nats, of 16",
    found[0.05]["above 0.1 nats"],
    at_most=15,
)
check.reaches("ELBO: 0.05 minus the notes' sum", found[0.05]["ELBO"] - found[0.5]["ELBO"], at_least=150)  # fmt: skip
check.reaches("ELBO: 0.01 minus 0.05", found[0.01]["ELBO"] - found[0.05]["ELBO"], at_least=5)  # fmt: skip
check.reaches("at variance 0.5: ELBO of the collapsed network minus that of 13.5", found[0.5]["ELBO"] - unused, at_least=2)  # fmt: skip

# %% [markdown]
# With the notes' sum as it stands, on pictures of 196 numbers between 0 and 1, most latent numbers collapse, and the squared error stays above three quarters of the variance of the pixels, which is that of the mean picture. The bound itself prefers this: at $\sigma_x^2 = \tfrac12$ the network of section 13.5, whose codes are in use, has the lower ELBO.

# %% [markdown]
# A latent number pays off when what it explains, in units of $2\sigma_x^2$, is worth its divergence. At 0.05 some of the 16 collapse, too. (There the threshold of 0.01 counts more as active than carry 0.1 nats.)
#
# (Of the three variances the bound is highest at 0.01. Whether the pictures are best there, too, is another question: section 13.10.)

# %% tags=["hide-input"]
widgets.choose(
    "The pixels of a data set are multiplied by 10, and the loss is ‖x − x̂‖² plus the divergence, before and after. What changes?",
    {
        "The squared error weighs 100 times as much beside the divergence": True,
        "Nothing: the network adapts its weights": "The weights adapt to the scale, but the squared error of the same relative size is 100 times larger, and the divergence has no unit.",
        "The squared error weighs 10 times as much": "It is a square.",
    },
    because="σ² = 1/2 stays, while the data's variance is 100 times larger: relative to the data the assumed noise is 100 times smaller.",
)

# %% [markdown]
# ## 13.7 Does the training need an encoder?
#
# *Going further.*
#
# The notes remark that training needs a way to encode the data, since otherwise the generator's output could be arbitrary. Pair each digit with a random $\mathbf z$, new in each epoch, and train a decoder with the squared error: that is the control. A second decoder gets for each training digit a vector of its own, which is trained along (Bojanowski et al. 2018); no encoder is needed.


# %%
def decoder_alone(own: bool, k: int = 16, epochs: int = 15) -> tuple[float, float]:
    """Squared error per pixel, and how much the output varies with z; `own`: each example keeps and trains its z."""
    torch.manual_seed(SEED)
    decoder = nn.Sequential(*mlp(k, 128, 128, 196), nn.Sigmoid())
    Z = torch.randn(len(X_TRAIN), k, requires_grad=own)
    optimizer = torch.optim.Adam(decoder.parameters(), lr=0.005)
    if own:
        optimizer.add_param_group({"params": [Z], "lr": 0.05})
    for _ in range(epochs):
        for rows in torch.randperm(len(X_TRAIN)).split(100):
            z = Z[rows] if own else torch.randn(len(rows), k)
            optimizer.zero_grad()
            (196 * F.mse_loss(decoder(z), X_TRAIN[rows])).backward()
            optimizer.step()
    with torch.no_grad():
        x_hat = decoder(Z if own else torch.randn(len(X_TRAIN), k))
        return F.mse_loss(x_hat, X_TRAIN).item(), x_hat.var(dim=0).mean().item()


# %%
total = X_TRAIN.var(dim=0).mean().item()
for own, name in ((False, "a random z"), (True, "a z of its own")):
    mse, varied = decoder_alone(own)
    print(f"{name:14}: squared error {mse / total:.2f} of the data's variance, output varies by {varied / total:.3f} of it")  # fmt: skip
    if own:
        check.reaches("a z of its own: error, share of the variance", mse / total, at_most=0.5)  # fmt: skip
    else:
        check.reaches("random z: error, share of the variance", mse / total, at_least=0.97)
        check.reaches("random z: variance of the output", varied / total, at_most=0.05)

# %% [markdown]
# With a random $\mathbf z$ the decoder ignores it and puts out the mean picture, the best constant under the squared error; so the output is useless rather than arbitrary. What training needs is some link between an example and its $\mathbf z$; an encoder is one, a table of latent vectors another. A third way, section 13.12, compares no pairs at all.

# %% [markdown]
# ## 13.8 What does reparameterisation gain?
#
# *Going further.*
#
# There is another way to the gradient of a mean over samples. The **score-function estimator** (REINFORCE) estimates the gradient of a mean from the value at each sample times the gradient of the sample's log-density.
#
# $$ \nabla_\theta\, \mathbb{E}_{q_\theta} f(\mathbf z) = \mathbb{E}_{q_\theta}\big[ f(\mathbf z)\, \nabla_\theta \log q_\theta(\mathbf z) \big] \tag{13.11} $$
#
# It needs no derivative of $f$. Both are compared on $f = \lVert \mathbf z \rVert^2$, whose mean is $\lVert \boldsymbol\mu \rVert^2 + \sum_j \sigma_j^2$.

# %%
rng = torch.Generator().manual_seed(SEED)
mu, logvar = data.normal(rng, 1, 7), data.normal(rng, 1, 7)
sigma, eps = (logvar / 2).exp(), data.normal(rng, 100_000, 7)
z = reparameterise(mu, logvar, eps)
f, f_mean = (z**2).sum(dim=1, keepdim=True), (mu**2 + logvar.exp()).sum()
one_each = {
    "reparameterised": 2 * z,  # the derivative of f; dz/dmu is 1
    "score function": f * (z - mu) / sigma**2,
    "score function, mean subtracted": (f - f_mean) * (z - mu) / sigma**2,
}
spreads = {name: g.std(dim=0).mean().item() for name, g in one_each.items()}
for name, g in one_each.items():
    check.close(name, g.mean(dim=0, keepdim=True), 2 * mu, atol=1.0)
    print(f"{name:32}: standard deviation of the gradient in mu from one sample {spreads[name]:.1f}")  # fmt: skip

# %%
worse = spreads["score function, mean subtracted"] / spreads["reparameterised"]
check.reaches("spread: score function with a baseline over reparameterised", worse, at_least=2.0)  # fmt: skip

# %% [markdown]
# For this $f$ all three have the right mean, and reparameterised gradients vary least, also beside a score function from which the mean of $f$ was subtracted. So (13.7) is used where $f$ can be differentiated. (For other $f$ the order can be reversed; for discrete $\mathbf z$ (13.7) does not exist.)

# %% [markdown]
# ## 13.9 How far are the samples from the data?
#
# *Going further.*
#
# *This section uses `vae` from section 13.5.*
#
# The likelihood of a GAN cannot be computed, so models are also compared by their samples. Embed real and generated pictures by a network that was trained to classify, and take a Gaussian for either set. The **Fréchet distance** of two Gaussians measures how far their means and their covariances lie apart; it is 0 if both agree.
#
# $$ \mathrm{FD} = \lVert \mathbf m_1 - \mathbf m_2 \rVert^2 + \operatorname{tr}\!\big( C_1 + C_2 - 2\, (C_1^{1/2} C_2\, C_1^{1/2})^{1/2} \big) . \tag{13.12} $$

# %% [markdown]
# (This is the square of a distance, and known as FID when the embedding is that of an Inception network trained on ImageNet; Heusel et al. 2017.) Ours is a small network for our digits, so the figures compare with one another and with no others. A covariance of $d$ numbers has full rank only with more than $d$ examples; fewer are refused.


# %%
def square_root(C: Tensor) -> Tensor:
    """The symmetric square root of a covariance.   (d, d) -> (d, d)"""
    values, vectors = torch.linalg.eigh(C)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def frechet(A: Tensor, B: Tensor) -> float:
    """Fréchet distance of two sets of embeddings (eq. 13.12).   A: (n, d), B: (m, d)"""
    if min(len(A), len(B)) <= A.shape[1]:
        raise ValueError(f"{min(len(A), len(B))} examples of {A.shape[1]} numbers: the covariance needs more examples than numbers")  # fmt: skip
    A, B = A.double(), B.double()
    first, second = A.T.cov(), B.T.cov()
    root = square_root(first)
    joint = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0).sqrt().sum()
    return ((A.mean(dim=0) - B.mean(dim=0)).square().sum() + first.trace() + second.trace() - 2 * joint).item()  # fmt: skip


rng = torch.Generator().manual_seed(SEED)
A = data.normal(rng, 200_000, 3) * torch.tensor([1.0, 2.0, 3.0]) + torch.tensor([0.5, 0.0, -1.0])  # fmt: skip
B = data.normal(rng, 200_000, 3) * torch.tensor([2.0, 2.0, 0.5])
check.close("two Gaussians with the same axes", frechet(A, B), 1.25 + 1 + 0 + 2.5**2, rtol=0.02)  # fmt: skip
check.raises("too few examples", ValueError, lambda: frechet(A[:3], B))


# %%
def train_classifier() -> nn.Sequential:
    """A small classifier of digits; its last hidden layer has 32 numbers."""
    torch.manual_seed(SEED)
    net = nn.Sequential(*mlp(196, 128), nn.ReLU(), nn.Dropout(0.3), *mlp(128, 32), nn.ReLU(), nn.Linear(32, 10))  # fmt: skip
    optimizer = torch.optim.Adam(net.parameters(), lr=0.002, weight_decay=1e-4)
    for _ in range(12):
        for rows in torch.randperm(len(X_TRAIN)).split(100):
            optimizer.zero_grad()
            F.cross_entropy(net(X_TRAIN[rows]), Y_TRAIN[rows]).backward()
            optimizer.step()
    return net.eval().requires_grad_(False)


classifier = train_classifier()


def fd(net: nn.Sequential, X: Tensor) -> float:
    """Fréchet distance of pictures and the unseen digits, embedded by all but the last layer.   X: (n, 196)"""
    return frechet(net[:-1](X), net[:-1](X_TEST))


# %%
torch.manual_seed(SEED)
full = MultivariateNormal(X_TRAIN.mean(dim=0), X_TRAIN.T.cov() + 1e-4 * torch.eye(196))
distances = {
    "1,000 real digits": fd(classifier, X_TRAIN[:1000]),
    "250 real digits (mean of four)": sum(
        fd(classifier, X) for X in X_TRAIN[:1000].split(250)
    )
    / 4,
    "VAE, from the prior": fd(classifier, vae.decode(noise_like(X_TEST, vae.k, shift=2))),
    "one Gaussian": fd(classifier, full.sample((1000,)).clamp(0, 1)),
    "uniform noise": fd(classifier, torch.rand(1000, 196)),
}
for name, distance in distances.items():
    print(f"{name:30}: {distance:7.2f}")
print(f"accuracy of the classifier: {data.accuracy(classifier, X_TEST, Y_TEST):.3f}")
check.reaches("accuracy of the classifier", data.accuracy(classifier, X_TEST, Y_TEST), at_least=0.9)  # fmt: skip
check.reaches("FD of 1,000 real digits", distances["1,000 real digits"], at_most=1.5)
check.reaches("FD: 250 real digits over 1,000", distances["250 real digits (mean of four)"] / distances["1,000 real digits"], at_least=1.2)  # fmt: skip
check.reaches("FD: one Gaussian minus the VAE", distances["one Gaussian"] - distances["VAE, from the prior"], at_least=1.0)  # fmt: skip
check.reaches("FD: uniform noise over one Gaussian", distances["uniform noise"] / distances["one Gaussian"], at_least=5)  # fmt: skip

# %% [markdown]
# Real digits beside real digits do not reach 0: means and covariances of finite sets differ, the more so with fewer pictures. This is the scale for all other figures. A model that is one Gaussian in the space of pixels makes mush that has the right mean and covariance there, but for the cut to 0..1; its distance is far below that of noise.

# %% [markdown]
# ## 13.10 Why are samples worse than reconstructions?
#
# *Going further.*
#
# *This section uses `vae` and `plane` from section 13.5, `nets` from section 13.6, `classifier` and `distances` from section 13.9.*
#
# Reconstructions start from codes of real pictures, samples from the prior. The **aggregate posterior** is the mixture $q(\mathbf z)$ of the approximate posteriors of all examples. With an example $\mathbf x$ drawn from the $N$ training examples (Hoffman and Johnson 2016),
#
# $$ \frac1N \sum_{i=1}^{N} \mathrm{KL}\big( q(\mathbf z \mid \mathbf x_i) \,\Vert\, p(\mathbf z) \big) = \mathrm{KL}\big( q(\mathbf z) \,\Vert\, p(\mathbf z) \big) + I(\mathbf x; \mathbf z), \qquad I \le \log N . \tag{13.13} $$

# %% [markdown]
# $I(\mathbf x; \mathbf z)$, the mutual information, is the mean of $\log q(\mathbf z \mid \mathbf x) - \log q(\mathbf z)$: how much a code tells about which example it came from. The notes say that the encoder is trained to force $q(\mathbf z)$ into the prior. The loss contains the left side; it also charges the information, and does not force the first term to zero.


# %%
def parts_of_the_rate(net: VAE, X: Tensor, every: int = 16) -> tuple[float, float, float]:
    """Mean divergence, divergence of the aggregate posterior, information (eq. 13.13), by samples, in nats."""
    mu, logvar = net.encode(X)
    z = reparameterise(mu, logvar, noise_like(X, net.k, shift=3))[::every]
    own = log_normal(z, mu[::every], logvar[::every].exp())
    prior = log_normal(z, torch.zeros_like(z), 1.0)
    mixture = [log_normal(each, mu, logvar.exp()).logsumexp(dim=0) for each in z]
    aggregate = torch.stack(mixture) - math.log(len(X))
    return tuple(part.mean().item() for part in (own - prior, aggregate - prior, own - aggregate))  # fmt: skip


rate, mismatch, information = parts_of_the_rate(vae, X_TRAIN)
print(f"mean divergence {rate:.2f} = mismatch {mismatch:.2f} + information {information:.2f} (at most {math.log(len(X_TRAIN)):.2f})")  # fmt: skip
check.reaches("mismatch of aggregate posterior and prior", mismatch, at_least=2.5)

# %%
mu, logvar = vae.encode(X_TRAIN)
z = reparameterise(mu, logvar, noise_like(X_TRAIN, vae.k, shift=3))
fit = MultivariateNormal(z.mean(dim=0), z.T.cov())
print(f"codes: means {z.mean(dim=0).min():.2f} to {z.mean(dim=0).max():.2f}, variances {z.var(dim=0).min():.2f} to {z.var(dim=0).max():.2f}")  # fmt: skip
autoencoder = train_vae(beta=0.0, noise=0.0)
codes, _ = autoencoder.encode(X_TRAIN)
torch.manual_seed(SEED)
prior = noise_like(X_TEST, vae.k, shift=2)
for name, pictures in {
    "VAE, from the prior": vae.decode(prior),
    "VAE of variance 0.01, from the prior": nets[0.01].decode(prior),
    "VAE, a Gaussian fitted to the codes": vae.decode(fit.sample((1000,))),
    "VAE, codes of training digits": vae.decode(z[:1000]),
    "autoencoder, from the prior": autoencoder.decode(prior),
    "autoencoder, a Gaussian fitted": autoencoder.decode(
        MultivariateNormal(codes.mean(dim=0), codes.T.cov()).sample((1000,))
    ),
}.items():
    distances[name] = fd(classifier, pictures)
    print(f"{name:36}: FD {distances[name]:6.2f}")

# %%
check.reaches("largest mean of a latent number over all codes", z.mean(dim=0).abs().max().item(), at_most=0.5)  # fmt: skip
check.reaches("variances of the codes: largest distance from 1", (z.var(dim=0) - 1).abs().max().item(), at_most=0.6)  # fmt: skip
check.reaches("FD: prior minus codes", distances["VAE, from the prior"] - distances["VAE, codes of training digits"], at_least=1.0)  # fmt: skip
check.reaches(
    "FD: VAE from the prior minus autoencoder with a fitted Gaussian",
    distances["VAE, from the prior"] - distances["autoencoder, a Gaussian fitted"],
    at_least=0.0,
)
check.reaches("FD from the prior: variance 0.01 minus 0.05", distances["VAE of variance 0.01, from the prior"] - distances["VAE, from the prior"], at_least=0.5)  # fmt: skip
check.reaches("FD: autoencoder from the prior over the VAE", distances["autoencoder, from the prior"] / distances["VAE, from the prior"], at_least=3)  # fmt: skip

# %% [markdown]
# The loss is applied to each $q(\mathbf z \mid \mathbf x)$, and it does shape the aggregate, as the notes remark: means and variances of the codes are near those of the prior. In their finer structure the two differ by several nats. Most of this follows from the number of examples: the mean divergence of 11 nats is above $\log 4000 = 8.3$, the most that the information can be, and the difference, about 3 nats, has to be mismatch.

# %% [markdown]
# Pictures decoded from the prior are further from the data than those of codes by the Fréchet distance. (The codes are those of real pictures; a Gaussian fitted to them knows no picture.) The network of variance 0.01, with the higher ELBO, has the worse samples: a good bound and good samples are two aims (Theis et al. 2016).

# %% [markdown]
# (Nor is the VAE the better density at 0.01, in a run outside this notebook: one Gaussian with that noise reaches 151 nats with the 83 directions that vary more, where the VAE's bound is 136; with 16 directions, as many as the VAE has latent numbers, it reaches 79.)

# %% [markdown]
# A plain autoencoder (β = 0, no noise) decoded from the prior is far worse. Decoded from a Gaussian that was *fitted* to its codes, it is nearer to the data on all five seeds than the VAE decoded from its prior (compare Ghosh et al. 2020). So by this distance the VAE's samples are not the better ones; what it has in return is a bound of a density and a prior that needs no fit.


# %%
def grey(X: Tensor) -> float:
    """Share of pixels between 0.2 and 0.8."""
    return ((X > 0.2) & (X < 0.8)).double().mean().item()


blur = {"real": grey(X_TEST), "reconstructed": grey(vae.decode(vae.encode(X_TEST)[0])), "from the prior": grey(vae.decode(prior))}  # fmt: skip
print({name: round(share, 3) for name, share in blur.items()})
check.reaches("grey pixels: reconstructed over real", blur["reconstructed"] / blur["real"], at_least=1.1)  # fmt: skip
check.reaches("grey pixels: from the prior over real", blur["from the prior"] / blur["real"], at_least=1.25)  # fmt: skip

# %% [markdown]
# The blur that the notes name is seen in the share of grey pixels. The decoder gives a mean over all pictures that fit $\mathbf z$, and a mean of sharp pictures at slightly different places is grey. (The share says nothing by itself: rounding each pixel to 0 or 1 would bring it to zero.)

# %% [markdown]
# Two latent numbers show how $\beta$ weighs codes against prior. The slider goes through five networks with $\sigma_x^2 = 0.05$, by (13.10) five assumed variances from 0.0005 to 1.5. On the left are the means of the codes and the circle that holds 95 of 100 draws from the prior, on the right what a grid of points inside it is decoded to.

# %%
with_beta = {beta: plane if beta == 1 else train_vae(k=2, epochs=20, width=64, beta=beta) for beta in (0.01, 1, 3, 10, 30)}  # fmt: skip
middle = Normal(0.0, 1.0).icdf(torch.linspace(0.03, 0.97, 7))  # equally likely steps
grid = torch.cartesian_prod(middle.flip(0), middle).flip(1)
total, found = X_TEST.var(dim=0).mean().item(), {}
for beta, net in with_beta.items():
    mu, logvar = net.encode(X_TEST)
    nats, used = kl_standard(mu, logvar).mean().item(), used_dimensions(mu, logvar)
    error = F.mse_loss(net.decode(mu), X_TEST).item() / total
    varied = net.decode(grid).var(dim=0).mean().item() / total
    inside = (mu.norm(dim=1) < 2.45).double().mean().item()  # the circle of 95 of 100
    found[beta] = {"nats": nats, "used": used, "inside": inside, "error": error, "varied": varied}  # fmt: skip
    print(f"β = {beta:5}: " + ", ".join(f"{k} {v:.3g}" for k, v in found[beta].items()))
check.reaches("β = 0.01: share of the codes inside the circle", found[0.01]["inside"], at_least=0.3, at_most=0.6)  # fmt: skip
check.reaches("β = 1: share of the codes inside the circle", found[1]["inside"], at_least=0.7)  # fmt: skip
check.reaches("β = 1: latent numbers above 0.1 nats, of two", found[1]["used"], at_least=2)
check.reaches("β = 10: latent numbers above 0.1 nats, of two", found[10]["used"], at_most=1)
check.reaches("β = 30: nats", found[30]["nats"], at_most=0.1)
check.reaches("β = 30: squared error over the variance", found[30]["error"], at_least=0.95)  # fmt: skip
check.reaches("β = 1: variance of the decoded points over the digits'", found[1]["varied"], at_least=0.2)  # fmt: skip
check.reaches("β = 30: variance of the decoded points over the digits'", found[30]["varied"], at_most=0.05)  # fmt: skip


# %% tags=["hide-input"]
def latent_plane(β: float) -> tuple[plots.Figure, str]:
    """The codes of unseen digits, and decoded points of the prior."""
    net, said = with_beta[β], f"{found[β]['nats']:.1f} nats, error {found[β]['error']:.2f} of the variance"  # fmt: skip
    fig, ax = plots.panel(f"β = {β}: {said}", x="$z_1$", y="$z_2$", size=(6.0, 3.1), xlim=(-8, 8), ylim=(-8, 8), xticks=(-5, 0, 5), yticks=(-5, 0, 5))  # fmt: skip
    ax.set_box_aspect(1)
    for digit, marker in ((0, "o"), (1, "^"), (7, "s")):
        ax.plot(*net.encode(X_TEST[Y_TEST.eq(digit)][:60])[0].T, marker, markersize=3, label=f"{digit}")  # fmt: skip
    circle = torch.view_as_real(2.45 * torch.exp(1j * torch.linspace(0, 2 * math.pi, 90)))
    ax.plot(*circle.T, "-", color=plots.MUTED)
    ax.legend(loc="upper right")
    tiles = net.decode(grid).view(7, 7, 14, 14).transpose(1, 2).reshape(98, 98)
    plots.image(ax.inset_axes((1.1, 0, 1, 1)), tiles, limits=(0, 1))
    return fig, f"β = {β}: {said}; {found[β]['inside']:.0%} of the codes are inside."


widgets.explore(latent_plane, β=list(with_beta), title="Weigh the divergence", hint="Raise β. From which value on do all decoded points look alike?")  # fmt: skip

# %% [markdown]
# At $\beta = 0.01$ about half of the codes lie outside the circle, where only 5 of 100 draws from the prior fall: the decoder knows digits that it is hardly ever asked for. At 10 at most one of the two numbers is in use, at 30 none, and each point is decoded to the mean picture.

# %% [markdown]
# ## 13.11 How tight is the bound?
#
# *Going further.*
#
# *This section uses `vae` from section 13.5.*
#
# With draws from $q$ instead of the prior, (13.3) becomes an average of weights. The **importance-weighted bound** (Burda et al. 2016) is the mean logarithm of an average of $K$ weights $p(\mathbf x, \mathbf z) / q(\mathbf z \mid \mathbf x)$, with $\mathbf z$ drawn from the approximate posterior $q$.
#
# $$ \mathrm{ELBO} = \mathcal L_1 \le \mathcal L_K = \mathbb{E}\, \log \frac1K \sum_{s=1}^{K} \frac{p(\mathbf x, \mathbf z_s)}{q(\mathbf z_s \mid \mathbf x)} \le \log p(\mathbf x), \qquad \mathbf z_s \sim q(\mathbf z \mid \mathbf x) . \tag{13.14} $$
#
# It does not fall as $K$ grows, and tends to $\log p(\mathbf x)$ if the weights are bounded (Burda et al. 2016).


# %%
def importance_bound(net: VAE, x: Tensor, K: int, rng: torch.Generator) -> Tensor:
    """L_K of each example (eq. 13.14).   x: (n, d) -> (n,)"""
    mu, logvar = (v[:, None] for v in net.encode(x))
    z = reparameterise(mu, logvar, torch.randn(len(x), K, net.k, generator=rng))
    joint = log_normal(x[:, None], net.decode(z), VAR_X) + log_normal(z, torch.zeros_like(z), 1.0)  # fmt: skip
    return (joint - log_normal(z, mu, logvar.exp())).logsumexp(dim=1) - math.log(K)


bounds = {}
for K in (1, 10, 100, 1000):
    rng = torch.Generator().manual_seed(SEED)
    each = [importance_bound(vae, x, K, rng) for x in X_TEST[:200].split(20)]
    bounds[K] = torch.cat(each).mean().item()
    print(f"K = {K:4}: {bounds[K]:.2f} nats")
with torch.no_grad():
    z = noise_like(X_TRAIN, vae.k, shift=4)
    prior = -(torch.cdist(X_TEST[:200], vae.decode(z)) ** 2) / (2 * VAR_X) - 98 * math.log(2 * math.pi * VAR_X)  # fmt: skip
plain = log_marginal(prior).mean().item()
print(f"4,000 draws from the prior (13.3): {plain:.2f} nats")
check.reaches("bound: 1,000 draws minus one", bounds[1000] - bounds[1], at_least=1.5)
check.reaches("share of that which 10 draws give", (bounds[10] - bounds[1]) / (bounds[1000] - bounds[1]), at_least=0.5)  # fmt: skip
check.reaches("bound: 1,000 draws minus 100", bounds[1000] - bounds[100], at_least=0.0, at_most=1.0)  # fmt: skip
check.reaches("1,000 draws from q minus 4,000 from the prior", bounds[1000] - plain, at_least=3)  # fmt: skip

# %% [markdown]
# With 1,000 draws the bound rises by some nats, more than half of it with the first ten. Draws from the prior, four times as many, give a value several nats lower.

# %% [markdown]
# ## 13.12 What does a discriminator compute?
#
# A **generative adversarial network** (GAN; Goodfellow et al. 2014) is an implicit generative model trained against a second network that learns to tell its samples from real examples. The **generator** $G$ is the network that turns noise $\mathbf z$ into an example. The **discriminator** $D$ is the network that estimates the probability that an example is real. The **value function** of a GAN is the mean log-probability that the discriminator gives to the truth, on real examples plus on generated ones.
#
# $$ V(D, G) = \mathbb{E}_{\mathbf x \sim p_\text{data}} \log D(\mathbf x) + \mathbb{E}_{\mathbf z \sim p(\mathbf z)} \log\big( 1 - D(G(\mathbf z)) \big) \tag{13.15} $$

# %% [markdown]
# $D$ maximises it, $G$ minimises it (a minimax game). The Milan notes say that $D$ maximises the binary cross-entropy; it is the log-likelihood that is maximised, and the binary cross-entropy that is minimised: over equally many real and generated examples, $V = -2\,\mathrm{BCE}$. In code $D$ gives a logit $a$, and $\log \sigma(a) = -\operatorname{softplus}(-a)$.


# %%
def value(real: Tensor, fake: Tensor) -> Tensor:
    """V from the logits of real and of generated examples (eq. 13.15).   (n,), (m,) -> ()"""
    return F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean()


rng = torch.Generator().manual_seed(SEED)
real, fake = 3 * data.normal(rng, 6), 3 * data.normal(rng, 6)
labels = torch.cat([torch.ones(6), torch.zeros(6)]).double()
bce = F.binary_cross_entropy_with_logits(torch.cat([real, fake]), labels)
check.close("V and the binary cross-entropy", value(real, fake), -2 * bce)

# %% [markdown]
# With $p_g$ for the distribution of the generator's samples, $V$ is an integral over $\mathbf x$ of $p_\text{data} \log D + p_g \log(1 - D)$. At each $\mathbf x$ this is largest where its derivative in $D(\mathbf x)$ vanishes:
#
# $$ D^*(\mathbf x) = \frac{p_\text{data}(\mathbf x)}{p_\text{data}(\mathbf x) + p_g(\mathbf x)} . \tag{13.16} $$
#
# A classifier thus estimates a ratio of two densities, neither of which has to be known.

# %% [markdown]
# The **Jensen-Shannon divergence** of two distributions is the mean of their Kullback-Leibler divergences to the distribution halfway between them.
#
# $$ \mathrm{JSD}(p, q) = \tfrac12 \mathrm{KL}\big( p \,\Vert\, \tfrac{p+q}2 \big) + \tfrac12 \mathrm{KL}\big( q \,\Vert\, \tfrac{p+q}2 \big) \tag{13.17} $$
#
# Put (13.16) into (13.15):
#
# $$ V(D^*, G) = -\log 4 + 2\, \mathrm{JSD}(p_\text{data}, p_g) . \tag{13.18} $$
#
# It lies between $-\log 4$, for equal distributions, and 0.

# %%
GRID = torch.linspace(-8, 8, 4001).double()


def density(*parts: tuple[float, float, float]) -> Tensor:
    """A mixture of Gaussians (share, mean, standard deviation) on the grid, in shares of its cells."""
    p = sum(w * Normal(m, s).log_prob(GRID).exp() for w, m, s in parts)
    return p / p.sum()


def jsd(p: Tensor, q: Tensor) -> float:
    """Jensen-Shannon divergence (eq. 13.17), in nats."""
    half = (p + q) / 2
    return (torch.special.xlogy(p, p / half) + torch.special.xlogy(q, q / half)).sum().item() / 2  # fmt: skip


p_data, p_g = density((0.4, -2.0, 0.7), (0.6, 1.5, 0.5)), density((1.0, 0.5, 1.6))
logits = (p_data.log() - p_g.log()).requires_grad_()  # sigma(logits) = D*, eq. 13.16
V = (p_data * F.logsigmoid(logits) + p_g * F.logsigmoid(-logits)).sum()
check.close("V at the best discriminator (13.18)", V, torch.tensor(-math.log(4) + 2 * jsd(p_data, p_g)).double())  # fmt: skip
check.close("its gradient", torch.autograd.grad(V, logits)[0], torch.zeros_like(logits), atol=1e-12)  # fmt: skip


# %%
def train_discriminator(p: Tensor, q: Tensor, steps: int = 1500) -> Tensor:
    """A network that sees samples of both only; its D on the grid.   -> (4001,)"""
    torch.manual_seed(SEED)
    D, rng = (nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1)), torch.Generator().manual_seed(SEED))  # fmt: skip
    optimizer = torch.optim.Adam(D.parameters(), lr=0.003)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, steps)
    for _ in range(steps):
        real, fake = (GRID[torch.multinomial(each, 512, replacement=True, generator=rng), None].float() for each in (p, q))  # fmt: skip
        optimizer.zero_grad()
        (-value(D(real), D(fake))).backward()
        optimizer.step()
        schedule.step()
    return D(GRID[:, None].float()).sigmoid()[:, 0].detach().double()


D_found, D_star = train_discriminator(p_data, p_g), logits.sigmoid().detach()
apart = ((D_found - D_star).abs() * (p_data + p_g) / 2).sum().item()
V_found = (p_data * D_found.log() + p_g * (1 - D_found).log()).sum().item()
print(f"V of the network {V_found:.4f}, of D* {V.item():.4f}, of D = 1/2 {-math.log(4):.4f}")  # fmt: skip
check.reaches("mean distance of the network from D*", apart, at_most=0.03)
check.reaches("V: D* minus the network", V.item() - V_found, at_least=0.0, at_most=0.02)

# %% tags=["hide-input"]
fig, ax = plots.panel("a trained discriminator", x="$x$", y="D(x), densities", xlim=(-5, 5), size=(4.2, 2.8))  # fmt: skip
ax.plot(GRID, D_star, "-", color=plots.BLUE, label="$D^*$ (13.16)")
ax.plot(GRID, D_found, "--", color=plots.ORANGE, label="network")
ax.plot(GRID, p_data * 250, ":", color=plots.INK, label="data (scaled)")
ax.plot(GRID, p_g * 250, "-.", color=plots.MUTED, label="generated (scaled)")
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plots.show(
    fig,
    alt="The trained discriminator lies on the curve of the best one: high where the data are denser than the generated samples, low between the two bumps of the data.",
)

# %% [markdown]
# The network never saw a density, and found the ratio. (At the left end, where neither set has examples, its output is arbitrary.) For any other $D$ than the best, $V$ is smaller; so the value in a real GAN, whose $D$ lags behind, bounds (13.18) from below and does not measure the divergence.

# %% tags=["hide-input"]
widgets.predict(
    "At some x the data's density is 0.3 and the generator's 0.1. What does the best discriminator put out?",
    answer=0.75,
    tolerance=0.005,
    because="(13.16): 0.3 / (0.3 + 0.1).",
    slips={
        "That is the probability that the example is generated.": 0.25,
        "The densities are compared with their sum, not with 1.": 0.3,
    },
)

# %% [markdown]
# ## 13.13 How are two networks trained against each other?
#
# In turns: $k$ steps of the discriminator with the generator fixed, then one of the generator with the discriminator fixed. For its step the generator has a choice. The **saturating loss** of a generator is the mean of $\log(1 - D(G(\mathbf z)))$, as the value function has it. The **non-saturating loss** of a generator is the mean of $-\log D(G(\mathbf z))$. With the logit $a$ of a generated example,
#
# $$ \frac{d}{da} \log\big( 1 - \sigma(a) \big) = -\sigma(a), \qquad \frac{d}{da} \big( -\log \sigma(a) \big) = -\big( 1 - \sigma(a) \big) . \tag{13.19} $$

# %% [markdown]
# Both push $a$ up. (The generator never sees a real example: what it learns comes through the gradient of $D$, and after the training $D$ is discarded.) When the discriminator is sure that the example is generated, $\sigma(a) \approx 0$: the first gradient vanishes and the second has size 1. Goodfellow et al. (2014) give the second loss for this reason; both notes have only the first.


# %%
def d_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Minus the value function, from logits."""
    return -value(real, fake)


def g_loss(fake: Tensor, saturating: bool = False) -> Tensor:
    """The generator's loss from the logits of its samples.   (n,) -> ()"""
    return (F.logsigmoid(-fake) if saturating else -F.logsigmoid(fake)).mean()


a = torch.tensor([-9.0, -2.0, 0.5, 3.0], dtype=torch.float64, requires_grad=True)
slopes = [torch.autograd.grad(len(a) * g_loss(a, saturating), a)[0] for saturating in (True, False)]  # fmt: skip
check.close("saturating", slopes[0], -a.sigmoid())  # eq. 13.19
check.close("non-saturating", slopes[1], a.sigmoid() - 1)


# %%
class Game:
    """A generator and a discriminator on points of the plane, each with its optimiser."""

    def __init__(self, seed: int, width: int = 64):
        torch.manual_seed(seed)
        self.G, self.D = (nn.Sequential(*mlp(2, 64, 64, 2)), nn.Sequential(*mlp(2, width, width, 1)))  # fmt: skip
        self.rng = torch.Generator().manual_seed(seed)
        self.for_G, self.for_D = (torch.optim.Adam(net.parameters(), lr=0.002, betas=(0.5, 0.99)) for net in (self.G, self.D))  # fmt: skip

    def sample(self, n: int = 128) -> Tensor:
        return self.G(torch.randn(n, 2, generator=self.rng))

    def d_step(self) -> float:
        fake = self.sample().detach()  # the generator is held fixed
        self.for_D.zero_grad()
        loss = d_loss(self.D(ring(len(fake), self.rng)), self.D(fake))
        loss.backward()
        self.for_D.step()
        return loss.item()

    def g_step(self, saturating: bool = False) -> float:
        self.for_G.zero_grad()
        loss = g_loss(
            self.D(self.sample()), saturating
        )  # the gradient passes through D; only G moves
        loss.backward()
        self.for_G.step()
        return loss.item()


# %%
probe, flat = Game(SEED), nn.utils.parameters_to_vector
G_before = flat(probe.G.parameters()).detach()
probe.d_step()
check.close("D's step leaves G", flat(probe.G.parameters()), G_before)
D_before = flat(probe.D.parameters()).detach()
probe.g_step()
check.close("G's step leaves D", flat(probe.D.parameters()), D_before)
check.reaches("G's step moves G", (flat(probe.G.parameters()) - G_before).abs().max().item(), at_least=1e-4)  # fmt: skip

# %% [markdown]
# **Break it.** Two slips raise no error. Without `detach` in `d_step` the discriminator's loss also fills the generator's gradients; they are wiped before its next step here, but not in a program that clears both networks' gradients once, at the head of a round. And every backward pass adds to what the last one left, that of `g_step` too: a `d_step` that does not clear *D*'s gradients first steps along a sum.


# %% tags=["hide-input"]
x, made, left = ring(128, probe.rng), probe.sample(), []
for player in (probe.for_D, probe.for_G):
    player.zero_grad()
for generated in (
    made.detach(),
    made,
):  # nothing is cleared between the two, and the second is not detached
    d_loss(probe.D(x), probe.D(generated)).backward()
    left.append(flat([p.grad for p in probe.D.parameters()]).clone())
check.catches("D not cleared", lambda: check.close("D's gradient", left[1], left[0]))
in_G = flat([p.grad for p in probe.G.parameters()])
check.catches("no detach", lambda: check.close("D's loss in G's gradients", in_G, 0 * in_G))

# %% [markdown]
# The game has 1,500 rounds at $k = 1$, and 750 at $k = 3$: 3,000 steps of the two networks together in either case. The optimiser is Adam, with the momentum that is usual for GANs (0.5).


# %%
def play(rounds: int, k: int = 1, g_steps: int = 1, saturating: bool = False, width: int = 64) -> tuple[Game, list[tuple[float, ...]]]:  # fmt: skip
    """Alternate; every tenth of the game note modes, share near a centre, and both losses."""
    game, notes = Game(SEED, width), []
    for i in progress(range(rounds), "game"):
        D_losses = [game.d_step() for _ in range(k)]
        G_losses = [game.g_step(saturating) for _ in range(g_steps)]
        if (i + 1) % (rounds // 10) == 0:
            notes.append((*modes(game.sample(2000).detach()), D_losses[-1], G_losses[-1]))
    return game, notes


balanced, notes_1 = play(1500)
three, notes_3 = play(750, k=3)
for name, notes in (("k = 1", notes_1), ("k = 3", notes_3)):
    print(f"{name:18}: modes {[int(n[0]) for n in notes]}, near a centre {notes[-1][1]:.2f}")  # fmt: skip
check.reaches("k = 1: modes", notes_1[-1][0], at_least=7)
check.reaches("k = 1: share near a centre", notes_1[-1][1], at_least=0.7)
check.reaches("3,000 steps: share near a centre, k = 3 minus k = 1", notes_3[-1][1] - notes_1[-1][1], at_most=0.05)  # fmt: skip

# %% tags=["hide-input"]
plots.show(
    scatter("k = 1", data=ring(500, torch.Generator().manual_seed(1)), generated=balanced.sample(500)),
    scatter("k = 3, as many steps", data=ring(500, torch.Generator().manual_seed(1)), generated=three.sample(500)),
    alt=["Generated points on all eight clouds, and some on the way between neighbouring clouds.", "Much the same picture with three steps of the discriminator in each round."],
)  # fmt: skip

# %% [markdown]
# With as many steps in all, $k = 3$ is on none of five seeds ahead by more than a few hundredths: more steps of $D$ in a round do not pay here, on this ring and at these rates. Points between the clouds remain, since a continuous network maps a connected cloud of noise to a connected one.
#
# Play a game yourself, step by step; the colours show $D$, the arrows where the generator's loss pulls its points. Try 1:10, and then a discriminator with 4 units. (Its networks are smaller than those above.)

# %%
widgets.RingGame()

# %% tags=["hide-input"]
widgets.arrange(
    "Put one round of the training, at k = 1, into its order.",
    [
        "Draw noise, generate examples, and cut them off from the generator's graph",
        "Clear D's gradients; D's loss on real and generated examples, backward, a step of D",
        "Draw noise and generate again, without the cut",
        "Clear G's gradients; G's loss through D, backward, a step of G",
    ],
    because="The discriminator goes first, with the generator fixed; then the generator moves, and its gradient passes through the discriminator.",
)

# %% [markdown]
# ## 13.14 What do the losses of a GAN tell?
#
# *This section uses `notes_1` from section 13.13.*
#
# Hold the discriminator fixed, for instance one that trained alone at first, and train the generator on: nothing corrects it. The best answer to a fixed $D$ is to put every sample where $D$ is largest, be it at one point. **Mode collapse** is the state of a GAN whose generator makes only a few kinds of examples, whatever the noise, and leaves out others that the data have.


# %%
def ahead(steps: int = 300) -> Game:
    """A game in which the discriminator has trained alone."""
    game = Game(SEED)
    for _ in range(steps):
        game.d_step()
    return game


# %%
game, found = ahead(), []
for steps in (0, 600):
    for _ in range(steps):
        game.g_step()
    points = game.sample(2000).detach()
    found.append((g_loss(game.D(points)).item(), *modes(points)))
    print(f"after {steps:3} steps against a fixed D: loss of G {found[-1][0]:.3f}, modes {found[-1][1]}, near a centre {found[-1][2]:.2f}")  # fmt: skip
check.reaches("fixed D: loss of G at first", found[0][0], at_least=2)
check.reaches("fixed D: loss of G in the end", found[1][0], at_most=0.1)
check.reaches("fixed D: modes in the end", found[1][1], at_most=3)

# %% [markdown]
# The generator's loss falls almost to 0, and its points are not the data. Something similar happens in a game that is played out of balance, with thirty steps of the generator for one of the discriminator. It has 3,100 steps in all; the balanced game had 3,000.

# %%
collapsed, notes_30 = play(100, g_steps=30)
print("modes, every 10 rounds:", [int(n[0]) for n in notes_30])
check.reaches("thirty steps of G for one of D: most modes in the second half", max(n[0] for n in notes_30[5:]), at_most=3)  # fmt: skip
first, last = notes_1[1], notes_1[-1]
print(
    f"the balanced game, rounds 300 and 1,500: share near a centre {first[1]:.2f} and {last[1]:.2f}, loss of G {first[3]:.2f} and {last[3]:.2f}, of D {first[2]:.2f} and {last[2]:.2f}"
)
check.reaches("balanced game: what the share near a centre gains", last[1] - first[1], at_least=0.2)  # fmt: skip
check.reaches("balanced game: change of the loss of G", abs(last[3] - first[3]), at_most=0.6)  # fmt: skip

# %% tags=["hide-input"]
fig, ax = plots.panel("the balanced game", x="round", size=(4.2, 2.8), ylim=(0, 1.6))
rounds = [150 * (i + 1) for i in range(10)]
for column, name, colour, style in (
    (1, "share near a centre", plots.BLUE, "o-"),
    (3, "loss of G", plots.ORANGE, "s--"),
    (2, "loss of D", plots.MUTED, "^:"),
):
    ax.plot(rounds, [n[column] for n in notes_1], style, color=colour, label=name)
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plots.show(
    fig,
    scatter("thirty steps of G for one of D", data=ring(500, torch.Generator().manual_seed(1)), generated=collapsed.sample(500)),
    alt=["The share of points near a centre rises; both losses move up and down without a clear trend.", "The generated points lie together in one heap, far outside the ring of eight clouds."],
)  # fmt: skip

# %% [markdown]
# In the balanced game the samples improve, while both losses move up and down by some tenths: each network is measured against the other, which improves as well. A falling loss of $G$ can mean collapse, and one without a trend progress; so modes are counted.

# %% tags=["hide-input"]
widgets.choose(
    "During a GAN's training the generator's loss falls for an hour. What do you know about its samples?",
    {
        "Nothing yet: look at them, count modes, compute a distance to held-out data": True,
        "They have become better": "The loss is measured against the present discriminator; it also falls when the generator collapses onto one of its weak spots.",
        "They have become worse": "The loss may fall because the generator really learns faster than the discriminator.",
    },
    because="Both losses are relative to the other network.",
)

# %% [markdown]
# ## 13.15 When does the gradient of the generator vanish?
#
# *Going further.*
#
# *This section uses `notes_1` from section 13.13.*
#
# The divergence in (13.18) measures little once two distributions lie apart, even with the best discriminator:

# %%
for shift in (0, 1, 2, 4, 8):
    print(f"distance {shift}: JSD {jsd(density((1, -4, 0.5)), density((1, -4 + shift, 0.5))):.4f}, log 2 is {math.log(2):.4f}")  # fmt: skip
far = [jsd(density((1, -4, 0.5)), density((1, -4 + shift, 0.5))) for shift in (4, 8)]
check.reaches("JSD: distance 8 minus distance 4", far[1] - far[0], at_least=0.0, at_most=0.001)  # fmt: skip

# %% [markdown]
# At distances 4 and 8 the divergence is $\log 2$: a generator that moves from one to the other, towards the data, is not rewarded. (Arjovsky et al. 2017 replace it by a distance that falls all the way, with a discriminator that gives any number, called a critic, and whose slope is limited.)
#
# How do the two losses of (13.19) fare when the discriminator is ahead? Compare their gradients in the generator's parameters, then let the generator take 100 steps of plain gradient descent against this fixed discriminator.


# %%
def moved_by(saturating: bool) -> float:
    """How far 100 steps of gradient descent against the fixed discriminator move the samples, on average."""
    game = ahead()
    z = torch.randn(500, 2, generator=torch.Generator().manual_seed(SEED))
    start, game.for_G = game.G(z).detach(), torch.optim.SGD(game.G.parameters(), lr=0.01)
    for _ in range(100):
        game.g_step(saturating)
    return (game.G(z).detach() - start).norm(dim=1).mean().item()


game, norms = ahead(), {}
a = game.D(game.sample(512))
for saturating in (True, False):
    gradient = torch.autograd.grad(g_loss(a, saturating), list(game.G.parameters()), retain_graph=True)  # fmt: skip
    norms[saturating] = torch.cat([g.flatten() for g in gradient]).norm().item()
print(f"D of the samples: mean {a.sigmoid().mean():.4f}; norm of the gradient: saturating {norms[True]:.2g}, non-saturating {norms[False]:.2g}")  # fmt: skip
check.reaches("gradient: non-saturating over saturating", norms[False] / norms[True], at_least=100)  # fmt: skip

# %%
moves = [moved_by(saturating) for saturating in (True, False)]
print(f"gradient descent: samples moved by {moves[0]:.2f} (saturating), {moves[1]:.2f} (non-saturating)")  # fmt: skip
check.reaches("samples moved: non-saturating over saturating", moves[1] / moves[0], at_least=5)  # fmt: skip

# %% [markdown]
# With plain gradient descent at this rate the saturating loss leaves the generator almost where it was. A larger rate is no cure: $\log(1 - \sigma(a))$ has no lower bound, its gradient grows as $D$ is fooled, and at a rate of 1 the descent ended in NaN on three of three seeds, in a run outside this notebook. Adam divides by the gradient's own size, which undoes the small factor: in 100 steps against this fixed $D$ the samples moved by more than 200 (by about 2 with the other loss). So the whole game is played with the saturating loss and Adam, too:

# %%
notes_s = play(1500, saturating=True)[1]
for name, notes in (("non-saturating", notes_1), ("saturating", notes_s)):
    print(f"{name:14}: modes {[int(n[0]) for n in notes]}, near a centre {notes[-1][1]:.2f}")  # fmt: skip
check.reaches("saturating, Adam: modes", notes_s[-1][0], at_least=7)

# %% [markdown]
# On this ring, with Adam and a discriminator that is not ahead, the saturating loss covers the modes as well. The advice to use the other one is about the case before.

# %% [markdown]
# The collapse in section 13.14 had only 100 steps of $D$, and a balanced game of 100 rounds has no more than two modes either (three seeds, outside this notebook). But it is not a matter of too few rounds: with thirty steps of $G$ the count was never above one in 500 rounds on two seeds, with ten never above one in 270 rounds on six.

# %% [markdown]
# ## 13.16 Is a fooled discriminator a good sign?
#
# *Going further.*
#
# *This section uses `balanced` and `notes_1` from section 13.13.*
#
# The notes say that fooling the discriminator does not make good samples. Give $D$ four hidden units in each layer, and ask a fresh discriminator of the usual width about either generator.


# %%
def told_apart(game: Game, steps: int = 500) -> float:
    """Accuracy of a new discriminator, trained against the fixed generator."""
    judge = Game(SEED + 1)
    judge.G = game.G
    for _ in range(steps):
        judge.d_step()
    real, fake = judge.D(ring(2000, judge.rng)), judge.D(judge.sample(2000))
    return ((real > 0).double().mean() + (fake < 0).double().mean()).item() / 2


weak, notes_weak = play(1500, width=4)
results = {}
for name, game, notes in (("64 units", balanced, notes_1), ("4 units", weak, notes_weak)):
    loss = sum(n[2] for n in notes[5:]) / 5  # over the second half of the game
    results[name] = (loss, notes[-1][1], told_apart(game))
    print("D of {:8}: mean loss {:.2f}, share near a centre {:.2f}, a fresh D is right on {:.2f}".format(name, *results[name]))  # fmt: skip
usual, fooled = results.values()
print(f"loss of a D that gives 1/2 to all: {math.log(4):.2f}")
check.reaches("weak D: its loss minus chance", abs(fooled[0] - math.log(4)), at_most=0.3)
check.reaches("weak D: share near a centre", fooled[1], at_most=0.35)
check.reaches(
    "a fresh D: weak game minus balanced game", fooled[2] - usual[2], at_least=0.1
)

# %% [markdown]
# The weak discriminator is near chance, fooled by points that a fresh one tells from the data. For photographs the Bologna notes name counting, perspective and global structure as what GANs get wrong (from Goodfellow 2016): pictures that passed the discriminator with animals of too many heads or legs.

# %% [markdown]
# ## 13.17 What does a class label add?
#
# *Going further.*
#
# *This section uses `classifier` from section 13.9.*
#
# A **conditional GAN** is a GAN whose generator and discriminator both get a condition, such as a class, beside their other input (Mirza and Osindero 2014). Here a one-hot vector of the class is appended to the noise and to the picture. The **class consistency** of a conditional generator is the share of its examples to which an independent classifier gives the class that was asked for.

# %% [markdown]
# The discriminator has dropout, as the Milan notes have it. The control is the same generator trained with the squared error between its output and a training digit of the class, which is what the Bologna notes compare a GAN with.


# %%
class Conditional(nn.Module):
    """Dense layers that get a class beside their input.   x: (n, d), c: (n,) in 0..9 -> (n, d_out)"""

    def __init__(self, *layers: nn.Module):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        if len(x) != len(c) or c.min() < 0 or c.max() > 9:
            raise ValueError("one class in 0..9 is needed for each example")
        return self.layers(torch.cat([x, F.one_hot(c, 10).to(x.dtype)], dim=1))


def generator() -> Conditional:
    return Conditional(*mlp(32 + 10, 128, 128, 196), nn.Sigmoid())


def discriminator() -> Conditional:
    hidden = [nn.LeakyReLU(0.2), nn.Dropout(0.3)]
    return Conditional(nn.Linear(206, 128), *hidden, nn.Linear(128, 128), *hidden, nn.Linear(128, 1))  # fmt: skip


check.raises("a class that does not exist", ValueError, lambda: generator()(torch.zeros(2, 32), torch.tensor([3, 10])))  # fmt: skip


# %%
def train_conditional(epochs: int = 60) -> Conditional:
    """A conditional GAN on the digits; returns the generator."""
    torch.manual_seed(SEED)
    G, D, rng = generator(), discriminator(), torch.Generator().manual_seed(SEED)
    for_G, for_D = (torch.optim.Adam(net.parameters(), lr=0.003, betas=(0.5, 0.99)) for net in (G, D))  # fmt: skip
    for _ in progress(range(epochs), "conditional GAN"):
        for rows in torch.randperm(len(X_TRAIN), generator=rng).split(100):
            c = Y_TRAIN[rows]
            fake = G(torch.randn(len(rows), 32, generator=rng), c)
            for_D.zero_grad()
            d_loss(D(X_TRAIN[rows], c), D(fake.detach(), c)).backward()
            for_D.step()
            for_G.zero_grad()
            g_loss(D(fake, c)).backward()
            for_G.step()
    return G.requires_grad_(False)


# %%
def train_squared(epochs: int = 8) -> Conditional:
    """The same generator with the squared error to digits of the class."""
    torch.manual_seed(SEED)
    G, rng = generator(), torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(G.parameters(), lr=0.003)
    for _ in range(epochs):
        for rows in torch.randperm(len(X_TRAIN), generator=rng).split(100):
            optimizer.zero_grad()
            z = torch.randn(len(rows), 32, generator=rng)
            (196 * F.mse_loss(G(z, Y_TRAIN[rows]), X_TRAIN[rows])).backward()
            optimizer.step()
    return G.requires_grad_(False)


# %%
ASKED = torch.arange(10).repeat(100)
z = torch.randn(1000, 32, generator=torch.Generator().manual_seed(SEED))
made = {"conditional GAN": train_conditional()(z, ASKED), "squared error": train_squared()(z, ASKED), "untrained": generator()(z, ASKED).detach()}  # fmt: skip
by_class = {name: torch.stack([X[c == ASKED].var(dim=0).mean() for c in range(10)]).mean().item() for name, X in made.items()}  # fmt: skip
real = sum(X_TRAIN[c == Y_TRAIN].var(dim=0).mean().item() for c in range(10)) / 10
measured = {}
for name, X in made.items():
    measured[name] = (data.accuracy(classifier, X, ASKED), by_class[name] / real, grey(X) / grey(X_TEST), fd(classifier, X))  # fmt: skip
    print(
        "{:16}: consistency {:.2f}, variance within a class {:.2f} of the real, grey pixels {:.2f} of the real, FD {:.1f}".format(
            name, *measured[name]
        )
    )

# %%
gan, squared, untrained = measured.values()
check.reaches("class consistency of the GAN", gan[0], at_least=0.75)
check.reaches("class consistency of the squared error", squared[0], at_least=0.97)
check.reaches("class consistency: squared error minus GAN", squared[0] - gan[0], at_least=0.02)  # fmt: skip
check.reaches("class consistency without training", untrained[0], at_most=0.25)
check.reaches("variance within a class: GAN", gan[1], at_least=0.5)
check.reaches("variance within a class: squared error", squared[1], at_most=0.05)
check.reaches("grey pixels: squared error over real", squared[2], at_least=1.7)
check.reaches("grey pixels: GAN over real", gan[2], at_most=1.0)

# %% tags=["hide-input"]
plots.show(
    strip("conditional GAN", made["conditional GAN"][:20]),
    strip("squared error", made["squared error"][:20]),
    alt=["Two rows with the digits 0 to 9, sharp, with specks beside them, each written differently in the two rows; a few are hard to read.",
         "Two rows with the digits 0 to 9, blurred, the same in both rows: the mean picture of each class."],
)  # fmt: skip

# %% [markdown]
# The squared error gives the mean of each class, whatever the noise: section 13.1 again. Its class consistency is above 0.99, and higher than that of the GAN: this measure does not see that there is no variety and that the strokes are grey. The GAN's pictures have the sharp strokes of the data (and specks beside them), which the Bologna notes call being pushed towards the manifold of natural images, and more than half of the data's variance within a class (specks included).

# %% [markdown]
# ## 13.18 Did the model learn the training set by heart?
#
# *Going further.*
#
# *This section uses `vae` from section 13.5, `classifier` from section 13.9 and `made` from section 13.17.*
#
# A generator that replays its training pictures has sharp samples and the Fréchet distance of real digits. What gives it away is the distance from each sample to its nearest training picture. The scale for this is the same distance for unseen real digits.


# %%
def nearest(X: Tensor) -> Tensor:
    """Distance of each picture to the nearest training picture.   (n, 196) -> (n,)"""
    return torch.cdist(X, X_TRAIN).min(dim=1).values


replayed = X_TRAIN[torch.randperm(len(X_TRAIN), generator=torch.Generator().manual_seed(SEED))[:1000]]  # fmt: skip
sets = {
    "unseen real digits": X_TEST,
    "replayed training digits": replayed,
    "conditional GAN": made["conditional GAN"],
    "VAE, from the prior": vae.decode(noise_like(X_TEST, vae.k, shift=2)),
}
near = {name: nearest(X).median().item() for name, X in sets.items()}
scores = {name: fd(classifier, X) for name, X in sets.items() if X is not X_TEST}
for name, distance in near.items():
    to_unseen = f", FD {scores[name]:.2f}" if name in scores else ""
    print(f"{name:24}: median distance {distance:.2f}{to_unseen}")
check.reaches("replay: nearest training picture", near["replayed training digits"], at_most=1e-3)  # fmt: skip
best = min(scores["conditional GAN"], scores["VAE, from the prior"])
check.reaches("FD: the better of the two minus replay", best - scores["replayed training digits"], at_least=0.5)  # fmt: skip
for name in ("conditional GAN", "VAE, from the prior"):
    check.reaches(f"{name}: distance over that of unseen digits", near[name] / near["unseen real digits"], at_least=0.75)  # fmt: skip

# %% [markdown]
# By the Fréchet distance the replay is better than both models; the distance of 0 to its nearest training pictures shows what it is. The pictures of the GAN and of the VAE are about as far from the training pictures as unseen digits are, or further. (Blur shortens such distances: a mean is near to many pictures. And a model could memorise with small changes; the check finds copies and no more.)

# %% [markdown]
# ## 13.19 Your turn
#
# The [exercises of this chapter](../assignments/13_vae_gan/13_vae_gan.ipynb) have a check each, which tells you what is wrong.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | the loss of a Bernoulli decoder (13.1) | find the bug | ●● | 20 |
# | what reaches the encoder (13.2) | derive | ●●● | 25 |
# | free bits (13.3) | write | ●● | 15 |
# | six numbers before a run (13.4) | predict | ●● | 20 |
# | the density ratio behind a discriminator (13.5) | derive | ●● | 20 |
# | one round with the hinge loss (13.6) | find the bug | ●●● | 25 |
# | the gradient penalty of a critic (13.7) | write | ●● | 20 |
# | a distance that small samples do not bias (13.8) | write | ●● | 15 |
# | the same mean and the same covariance (13.9) | go beyond | ●●● | 30 |
#
# One more question has no check.
#
# <details><summary>A VAE with a very strong decoder, one that can model the data without any latent number, is trained with the ELBO. What happens to the latent numbers?</summary>
#
# They collapse. If $p(\mathbf x \mid \mathbf z)$ can equal $p_\text{data}$ for each $\mathbf z$, the first term of the bound gains nothing from $\mathbf z$, and the divergence is cheapest at 0. The bound is then tight, and the codes are useless: a high likelihood and a useful code are two aims.
#
# </details>

# %% [markdown]
# ## 13.20 In five lines
#
# 1. A latent variable model averages over $\mathbf z$. Samples of the prior estimate that average without bias and with an error of its logarithm that, at a small noise, grows fast with the size of $\mathbf z$.
# 2. The ELBO is the reconstruction term minus the divergence from the approximate posterior to the prior; its gap to $\log p(\mathbf x)$ is the divergence to the true posterior. Reparameterisation lets the gradient pass through the sample.
# 3. The weight of the squared error is an assumed variance of the pixels. If it is too large, latent numbers collapse; the plain sum of squared error and divergence assumes 1/2.
# 4. A discriminator estimates a ratio of densities; at the best one the value of the game is $-\log 4$ plus twice the Jensen-Shannon divergence. Away from it, losses tell little.
# 5. Each measure of samples is blind to something: class consistency to a lack of variety, the Fréchet distance to copies, a loss to collapse. Use several, each beside real data.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes, of Bologna (sections 4 to 4.2.2) and of the Politecnico di Milano ("GANs", "Conditional GANs"). In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 4 | the integral over $\mathbf z$ is *approximately* the expectation over the prior | the two are equal; what approximates is an average over samples | Kingma and Welling (2014) | section 13.2 |
# | Bologna 4, Remark * | without a way to encode the data training makes no sense | some link is needed for a likelihood: an encoder, or a trained vector for each example; a GAN compares no pairs | Bojanowski et al. (2018); Goodfellow et al. (2014) | sections 13.7, 13.12 |
# | Bologna 4.1.1 * | a variance $\sigma(X)$; the prior $\mathcal N(0, 1)$ | $\sigma$ is the standard deviation; the prior of a vector is $\mathcal N(\mathbf 0, I)$ | Kingma and Welling (2014) | section 13.4 |
# | Bologna 4.1.1 * | the encoder is trained to force the marginal $Q(z)$ into the prior | the mean divergence is that of the marginal *plus* the information between example and code | Hoffman and Johnson (2016) | section 13.10 |
# | Bologna 4.1.1 * | $\lVert X - \hat X \rVert^2$ plus the divergence; no closed form, no reparameterisation | that sum fixes $\sigma_x^2 = 1/2$; (13.8) and (13.7) | Kingma and Welling (2014) | sections 13.4, 13.6 |
# | Bologna 4.2.1 *, Milan GANs * | $G$ minimises $\log(1 - D(G(\mathbf z)))$ | its gradient vanishes when $D$ is sure; in practice $-\log D(G(\mathbf z))$ | Goodfellow et al. (2014), section 3 | sections 13.13, 13.15 |
# | Milan GANs | $D$ maximises the binary cross-entropy | it maximises the log-likelihood, which is to minimise the binary cross-entropy | Goodfellow et al. (2014) | section 13.12 |
# | Milan GANs * | no explicit expression for the generator; the loss quantifies the similarity of the two distributions | the generator is explicit, its *density* is not; $-\log 4 + 2\,\mathrm{JSD}$ holds at the best discriminator only | Goodfellow et al. (2014) | sections 13.12, 13.14 |

# %% [markdown]
# ## Further reading
#
# - D. Kingma and M. Welling (2014), [*Auto-encoding variational Bayes*](https://arxiv.org/abs/1312.6114), ICLR: the bound (13.5), the reparameterisation and (13.8).
# - I. Higgins et al. (2017), [*beta-VAE: learning basic visual concepts with a constrained variational framework*](https://openreview.net/forum?id=Sy2fzU9gl), ICLR.
# - Y. Burda, R. Grosse and R. Salakhutdinov (2016), [*Importance weighted autoencoders*](https://arxiv.org/abs/1509.00519), ICLR: (13.14), and active dimensions.
# - M. Hoffman and M. Johnson (2016), [*ELBO surgery: yet another way to carve up the variational evidence lower bound*](https://approximateinference.org/2016/accepted/HoffmanJohnson2016.pdf), NIPS workshop: (13.13).
# - L. Theis, A. van den Oord and M. Bethge (2016), [*A note on the evaluation of generative models*](https://arxiv.org/abs/1511.01844), ICLR.
# - P. Ghosh, M. Sajjadi, A. Vergari, M. Black and B. Schölkopf (2020), [*From variational to deterministic autoencoders*](https://arxiv.org/abs/1903.12436), ICLR.
# - P. Bojanowski, A. Joulin, D. Lopez-Paz and A. Szlam (2018), [*Optimizing the latent space of generative networks*](https://arxiv.org/abs/1707.05776), ICML: a latent vector for each example.
# - I. Goodfellow et al. (2014), [*Generative adversarial nets*](https://arxiv.org/abs/1406.2661), NIPS: (13.15) to (13.18), and both losses of the generator. I. Goodfellow (2016), [*NIPS 2016 tutorial: generative adversarial networks*](https://arxiv.org/abs/1701.00160).
# - M. Arjovsky, S. Chintala and L. Bottou (2017), [*Wasserstein generative adversarial networks*](https://arxiv.org/abs/1701.07875), ICML.
# - M. Mirza and S. Osindero (2014), [*Conditional generative adversarial nets*](https://arxiv.org/abs/1411.1784), arXiv:1411.1784.
# - M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler and S. Hochreiter (2017), [*GANs trained by a two time-scale update rule converge to a local Nash equilibrium*](https://arxiv.org/abs/1706.08500), NIPS: the Fréchet distance (FID).

# %% [markdown] tags=["neighbours"]
# Before: [12 The data manifold](12_data_manifold.ipynb). Next: [14 Flows and diffusion](14_flows_diffusion.ipynb).
