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
# # Exercises 13: variational autoencoders and generative adversarial networks
#
# Nine exercises, 20 points, on [chapter 13](../../chapters/13_vae_gan.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# All torch functions are allowed unless a task says otherwise. Everything is in float64 but 13.9. `mu` and `logvar` $= \log \sigma^2$ are $(n, d)$, $n$ pictures and $d$ latents; information is counted in nats, and a discriminator gives logits $(n, 1)$.

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


# %% [markdown]
# ## 13.1 The loss of a Bernoulli decoder
# *Find the bug · 3 points · effort ●● · about 20 minutes*
#
# The chapter's decoder gives the mean of a normal distribution. For pixels that are nearly black or white each one is often taken for a coin instead: the decoder gives its logit, and $\hat x_{ij}$ is the probability of white. With $\mathbf z_i = \boldsymbol\mu_i + \boldsymbol\sigma_i \odot \boldsymbol\varepsilon_i$, the loss of picture $i$ is then
#
# $$ L_i = -\sum_{j} \bigl[ x_{ij} \log \hat x_{ij} + (1 - x_{ij}) \log(1 - \hat x_{ij}) \bigr] \;+\; \beta\, D_{\mathrm{KL}}\bigl(\mathcal N(\boldsymbol\mu_i, \operatorname{diag} \boldsymbol\sigma_i^2) \,\|\, \mathcal N(\mathbf 0, I)\bigr) , \qquad \hat{\mathbf x}_i = \operatorname{sigmoid}(\operatorname{decode}(\mathbf z_i)) $$
#
# with a sum over the pixels and one over the latents. The next cell has **four faults**. Write the function without them: it gives the losses of all pictures, one by one. Pixels may be grey, and logits of several hundred must stay right.
#
# <details><summary>Hint</summary>
#
# How is $\sigma$ got from `logvar`? Can the second term be negative? By how many numbers is the first one divided? And what is the logarithm of a probability that is rounded to 0 or 1?
#
# </details>


# %% faulty_loss
def faulty_loss(
    x: Tensor,
    mu: Tensor,
    logvar: Tensor,
    eps: Tensor,
    decode: Callable[[Tensor], Tensor],
    beta: float,
) -> Tensor:
    """The losses of a Bernoulli decoder, with four faults."""
    x_hat = decode(mu + logvar.exp() * eps).sigmoid()
    pixels = F.binary_cross_entropy(x_hat, x)
    divergence = (1 + logvar - mu**2 - logvar.exp()).sum(dim=1) / 2
    return pixels + beta * divergence


# %% picture_by_picture
def picture_by_picture(
    x: Tensor,
    mu: Tensor,
    logvar: Tensor,
    eps: Tensor,
    decode: Callable[[Tensor], Tensor],
    beta: float,
) -> Tensor:
    """For the check: torch's distributions, one picture after the other.   -> (n,)"""
    L = []
    for i in range(len(x)):
        q = torch.distributions.Normal(mu[i], (logvar[i] / 2).exp())
        p = torch.distributions.Normal(torch.zeros_like(mu[i]), 1.0)
        logits = decode((mu[i] + q.stddev * eps[i])[None])[0]
        white, black = F.logsigmoid(logits), F.logsigmoid(-logits)
        expected = (x[i] * white + (1 - x[i]) * black).sum()
        L.append(beta * torch.distributions.kl_divergence(q, p).sum() - expected)
    return torch.stack(L)


# %% bernoulli_loss
def bernoulli_loss(
    x: Tensor,
    mu: Tensor,
    logvar: Tensor,
    eps: Tensor,
    decode: Callable[[Tensor], Tensor],
    beta: float,
) -> Tensor:
    """x: (n, pixels) in 0..1, mu, logvar, eps: (n, d), decode: (n, d) -> logits (n, pixels) -> L (n,)"""
    ### BEGIN SOLUTION
    logits = decode(mu + (logvar / 2).exp() * eps)
    pixels = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    divergence = (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1) / 2
    return pixels.sum(dim=1) + beta * divergence
    ### END SOLUTION


# %% test_bernoulli_loss points=3
rng = torch.Generator().manual_seed(131)
x, W, b = uniform(rng, 4, 7).round(decimals=1), normal(rng, 7, 3), normal(rng, 7)
mu, logvar, eps = 1 + normal(rng, 4, 3), normal(rng, 4, 3) - 1, normal(rng, 4, 3)


def painted(z: Tensor) -> Tensor:
    """A decoder: z (n, 3) -> logits (n, 7)."""
    return z.tanh() @ W.T + b


check.close(
    "four pictures of seven pixels",
    lambda: bernoulli_loss(x, mu, logvar, eps, painted, 0.6),
    picture_by_picture(x, mu, logvar, eps, painted, 0.6),
)
check.close(
    "logits of several hundred",
    lambda: bernoulli_loss(x, mu, logvar, eps, lambda z: 200 * painted(z), 1.7),
    picture_by_picture(x, mu, logvar, eps, lambda z: 200 * painted(z), 1.7),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, pixels, d, beta in ((5, 6, 2, 0.3), (3, 11, 4, 2.5), (1, 4, 1, 1.0)):
    x, W = uniform(rng, n, pixels).round(decimals=1), normal(rng, pixels, d)
    mu, logvar, eps = 1 + normal(rng, n, d), normal(rng, n, d) - 1, normal(rng, n, d)
    small = bernoulli_loss(x, mu, logvar, eps, lambda z: z.cos() @ W.T + 1, beta)
    large = bernoulli_loss(x, mu, logvar, eps, lambda z: 300 * z.cos() @ W.T + 99, beta)
    seal(
        f"{n} pictures of {pixels} pixels, and the inputs afterwards",
        [small, large, x, mu, logvar, eps],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 13.2 What reaches the encoder
# *Derive · 2 points · effort ●●● · about 25 minutes*
#
# The prior is learned, too: $\mathcal N(\mathbf m, \operatorname{diag} e^{\mathbf s})$, with $\mathbf m$ and $\mathbf s$ the same for all pictures. With $\lambda_{ik} = \log \sigma_{ik}^2$ and $z_{ik} = \mu_{ik} + e^{\lambda_{ik}/2} \varepsilon_{ik}$, the loss of a batch is
#
# $$ L = \frac1n \sum_{i=1}^{n} \Bigl[ R_i(\mathbf z_i) + \frac12 \sum_{k=1}^{d} \Bigl( s_k - \lambda_{ik} + \frac{e^{\lambda_{ik}} + (\mu_{ik} - m_k)^2}{e^{s_k}} - 1 \Bigr) \Bigr] . $$
#
# $R_i$ is the reconstruction term of picture $i$, and the decoder has handed back $g_{ik} = \partial R_i / \partial z_{ik}$. Derive the gradients of $L$ with respect to $\boldsymbol\mu$, $\boldsymbol\lambda$, $\mathbf m$ and $\mathbf s$, and give them as code. No automatic differentiation, and no differences of losses: the prior of a latent can be so narrow that they are not exact enough.
#
# <details><summary>Hint</summary>
#
# $\mu_{ik}$ and $\lambda_{ik}$ reach $L$ along two ways: through $z_{ik}$, and directly. What is $\partial z_{ik} / \partial \lambda_{ik}$? The prior's parameters belong to all pictures.
#
# </details>


# %% encoder_gradients
def encoder_gradients(
    g: Tensor, mu: Tensor, lam: Tensor, eps: Tensor, m: Tensor, s: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """g, mu, lam, eps: (n, d), m, s: (d,) -> dmu (n, d), dlam (n, d), dm (d,), ds (d,)"""
    ### BEGIN SOLUTION
    away, precision = mu - m, (-s).exp()
    dmu = g + away * precision
    dlam = (g * eps * (lam / 2).exp() + lam.exp() * precision - 1) / 2
    dm = -(away * precision).mean(dim=0)
    ds = (1 - (lam.exp() + away**2) * precision).mean(dim=0) / 2
    return dmu / len(g), dlam / len(g), dm, ds
    ### END SOLUTION


# %% test_encoder_gradients points=2
rng = torch.Generator().manual_seed(132)
g, eps, mu, lam = normal(rng, 5, 3), normal(rng, 5, 3), normal(rng, 5, 3), normal(rng, 5, 3)
m, s = normal(rng, 3) + 1, normal(rng, 3)


def by_autograd(s: Tensor) -> tuple[Tensor, ...]:
    """The four gradients with torch's distributions; R is g z."""
    leaves = [t.clone().requires_grad_() for t in (mu, lam, m, s)]
    q = torch.distributions.Normal(leaves[0], (leaves[1] / 2).exp())
    prior = torch.distributions.Normal(leaves[2], (leaves[3] / 2).exp())
    L = g * (q.mean + q.stddev * eps) + torch.distributions.kl_divergence(q, prior)
    return torch.autograd.grad(L.sum(dim=1).mean(), leaves)


for k, name in enumerate(("dmu", "dlam", "dm", "ds")):
    check.close(
        name, lambda k=k: encoder_gradients(g, mu, lam, eps, m, s)[k], by_autograd(s)[k]
    )
narrow = s - torch.tensor([0.0, 0.0, 18.0], dtype=torch.float64)
check.close(
    "dmu beside a latent whose prior is narrow",
    lambda: encoder_gradients(g, mu, lam, eps, m, narrow)[0][:, :2],
    by_autograd(narrow)[0][:, :2],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
for n, d in ((4, 6), (7, 2), (1, 1)):
    g, eps, mu = normal(rng, n, d), normal(rng, n, d), normal(rng, n, d)
    lam, m, s = normal(rng, n, d), normal(rng, d) + 1, normal(rng, d)
    found = encoder_gradients(g, mu, lam, eps, m, s)
    seal(
        f"{n} pictures, {d} latents, and the inputs afterwards",
        [*found, g, mu, lam, eps, m, s],
    )
g, eps, mu, lam = (normal(rng, 6, 4) for _ in range(4))
m, s = normal(rng, 4) + 1, normal(rng, 4) - torch.tensor([18.0, 0.0, 0.0, 0.0]).double()
dmu, dlam, dm, ds = encoder_gradients(g, mu, lam, eps, m, s)
seal("beside a narrow prior", [dmu[:, 1:], dlam[:, 1:], dm[1:], ds[1:]])
### END HIDDEN TESTS

# %% [markdown]
# ## 13.3 Free bits
# *Write · 2 points · effort ●● · about 15 minutes*
#
# Against posterior collapse Kingma et al. (2016) let each latent have some information for nothing. The latents are divided into groups $G$ of neighbours, and the Kullback-Leibler divergence of the loss is replaced by
#
# $$ \sum_{G} \max\Bigl( \lambda,\; \frac1n \sum_{i=1}^{n} \sum_{k \in G} D_{ik} \Bigr), \qquad D_{ik} = \tfrac12 \bigl( \mu_{ik}^2 + \sigma_{ik}^2 - 1 - \log \sigma_{ik}^2 \bigr) . $$
#
# A group below $\lambda$ nats gets no gradient that would lower it further. Write the term for groups of `size` latents: the first `size`, the next `size` and so on. Where `size` does not divide $d$, raise a `ValueError`. The result is one number, through which gradients flow.
#
# <details><summary>Hint</summary>
#
# The mean over the batch comes in front of the maximum. A tensor $(d,)$ becomes one $(d / \text{size}, \text{size})$ by `reshape`.
#
# </details>


# %% free_bits
def free_bits(mu: Tensor, logvar: Tensor, size: int, least: float) -> Tensor:
    """mu, logvar: (n, d), size: latents of a group, least: nats -> ()"""
    ### BEGIN SOLUTION
    if mu.shape[1] % size:
        raise ValueError(f"{mu.shape[1]} latents cannot be divided into groups of {size}.")
    D = (mu**2 + logvar.exp() - 1 - logvar) / 2
    groups = D.mean(dim=0).reshape(-1, size).sum(dim=1)
    return groups.clamp(min=least).sum()
    ### END SOLUTION


# %% test_free_bits points=2
rng = torch.Generator().manual_seed(133)
wide = torch.tensor([0.1, 0.3, 2.0, 0.2, 0.1, 0.6]).double()  # how much each latent says
mu, logvar = wide * normal(rng, 5, 6), -2 * wide * uniform(rng, 5, 6)
N = torch.distributions.Normal
D = torch.distributions.kl_divergence(N(mu, (logvar / 2).exp()), N(0.0 * mu, 1.0))
first, second, third = (D[:, k : k + 2].sum(dim=1).mean() for k in (0, 2, 4))
check.close(
    "three groups of two, with 0.3 and with 30 nats free",
    lambda: [free_bits(mu, logvar, 2, least) for least in (0.3, 30.0)],
    [0.3 + second + third.clamp(min=0.3), torch.tensor(90.0).double()],
)
check.close(
    "all latents in one group; each by itself",
    lambda: [free_bits(mu, logvar, 6, 0.9), free_bits(mu, logvar, 1, 0.15)],
    [D.sum(dim=1).mean(), D.mean(dim=0).clamp(min=0.15).sum()],
)
leaf = mu.clone().requires_grad_()
check.close(
    "the gradient of groups above and below 0.3 nats",
    lambda: torch.autograd.grad(free_bits(leaf, logvar, 2, 0.3), leaf)[0],
    mu / 5 * (torch.stack([first, second, third]) > 0.3).repeat_interleave(2),
)
check.raises("groups of four", ValueError, lambda: free_bits(mu, logvar, 4, 0.3))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def refusal(size: int, d: int) -> list:
    """What becomes of a group of the wrong size: ["ValueError"], or the value."""
    try:
        return [free_bits(torch.ones(3, d).double(), torch.zeros(3, d).double(), size, 0.1)]
    except ValueError:
        return ["ValueError"]


rng = torch.default_generator
for n, d, size in ((4, 8, 4), (6, 9, 3), (3, 5, 1), (1, 4, 2)):
    wide = 1 + uniform(rng, d)  # how much each latent says: the first half says little
    wide[: d // 2] *= 0.05
    leaf = (wide * normal(rng, n, d)).requires_grad_()
    logvar = -2 * wide * uniform(rng, n, d)
    bounds = (0.0, 0.4, 1.1, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 50.0)
    free = [free_bits(leaf, logvar, size, least) for least in bounds]
    slopes = [torch.autograd.grad(each, leaf)[0] for each in free[1:5]]
    seal(
        f"{n} pictures, {d} latents in groups of {size}, and the inputs afterwards",
        [*free, *slopes, leaf, logvar, refusal(3, 8), refusal(4, 6)],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 13.4 Six numbers before a run
# *Predict · 2 points · effort ●● · about 20 minutes*
#
# Work out these numbers, with three significant digits, before you run anything. The check holds the form of your answer; whether the numbers are right is sealed. Afterwards sample, train or sum in code what you can, and compare.
#
# The data take three values $a$, $b$, $c$ with $p_\text{data} = (0.6,\, 0.4,\, 0)$; a generator gives them with $p_\text{model} = (0.1,\, 0.4,\, 0.5)$.
#
# 1. What does the optimal discriminator say at $a$, as a probability?
# 2. Which value does $V(D, G) = \mathbb E_{\mathbf x \sim p_\text{data}} \log D(\mathbf x) + \mathbb E_{\mathbf x \sim p_\text{model}} \log(1 - D(\mathbf x))$ then have?
# 3. How large is the Jensen-Shannon divergence of the two, in nats?
# 4. A discriminator says $D = 0.2$ for a generated example. How many times as large is the derivative of the non-saturating loss with respect to the discriminator's logit, in absolute value, as that of the saturating loss?
#
# An encoder with one latent gives half of the pictures the mean 2, the other half the mean $-2$, and all of them $\sigma = 0.4$.
#
# 5. How large is the KL term of the loss, in nats, for each picture?
# 6. How many of these nats are the divergence of the aggregate posterior, the mixture of the encoder's distributions for all pictures (section 13.10), from the prior? (The two halves of the aggregate posterior do not overlap: three digits do not see it.)
#
# <details><summary>Hint</summary>
#
# For 2: an expectation is a sum over three values, and $0 \log 0 = 0$. For 6: the mean of the KL terms has two parts, and a code says which of the two kinds of pictures it comes from, no more.
#
# </details>


# %% six_numbers
def six_numbers() -> list[float]:
    """The six numbers, in this order."""
    ### BEGIN SOLUTION
    return [0.857, -0.842, 0.272, 4.0, 2.496, 1.803]
    ### END SOLUTION


# %% test_six_numbers points=2
check.predicted("six numbers", lambda: six_numbers(), count=6)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

predicted = torch.tensor([float(number) for number in six_numbers()]).double()
seal("six numbers", predicted, rule=close(rtol=0.006))
### END HIDDEN TESTS

# %% [markdown]
# ## 13.5 The density ratio behind a discriminator
# *Derive · 2 points · effort ●● · about 20 minutes*
#
# A discriminator is trained on batches of which the share $\pi$ is real. As label it gets $s$ for real examples and $t$ for generated ones, $0 \le t < s \le 1$: with $s < 1$ this is **label smoothing**. It maximises
#
# $$ \pi\, \mathbb E_{p} \bigl[ s \log D + (1 - s) \log (1 - D) \bigr] + (1 - \pi)\, \mathbb E_{q} \bigl[ t \log D + (1 - t) \log (1 - D) \bigr] , \qquad p = p_\text{data},\; q = p_\text{model} . $$
#
# Derive the optimal $D(\mathbf x)$, solve it for the ratio $p(\mathbf x) / q(\mathbf x)$, and give that as a function of $D$, number by number. A trained discriminator can leave the range of the optimal ones, $t \le D \le s$: give 0 where $D \le t$, and $\infty$ where $D \ge s$.
#
# <details><summary>Hint</summary>
#
# At one $\mathbf x$ the integrand is $A \log D + B \log(1 - D)$. For $\pi = \frac12$, $s = 1$, $t = 0$ the ratio is $D / (1 - D)$.
#
# </details>


# %% by_search
def by_search(p: Tensor, q: Tensor, share: float, real: float, fake: float) -> Tensor:
    """For the check: the logit of the best D for each pair of densities, by trying smaller and smaller steps."""
    best = torch.zeros_like(p)

    def value(a: Tensor) -> Tensor:
        white, black = F.logsigmoid(a), F.logsigmoid(-a)
        at_real, at_fake = (t * white + (1 - t) * black for t in (real, fake))
        return share * p * at_real + (1 - share) * q * at_fake

    for step in 4 * 0.7 ** torch.arange(70).double():
        tried = torch.stack([best - step, best, best + step])
        best = tried.gather(0, value(tried).argmax(dim=0, keepdim=True))[0]
    return best


# %% density_ratio
def density_ratio(D_x: Tensor, share: float, real: float, fake: float) -> Tensor:
    """D_x: probabilities, any shape; share: of real examples; real, fake: their labels -> p / q, the same shape"""
    ### BEGIN SOLUTION
    ratio = (1 - share) * (D_x - fake) / (share * (real - D_x))
    return torch.where(D_x >= real, torch.inf, torch.where(D_x <= fake, 0.0, ratio))
    ### END SOLUTION


# %% test_density_ratio points=2
rng = torch.Generator().manual_seed(135)
p, q = uniform(rng, 2, 5) + 0.2, uniform(rng, 2, 5) + 0.2
for share, real, fake in ((0.5, 1.0, 0.0), (0.3, 1.0, 0.0), (0.7, 0.9, 0.15)):
    D = by_search(p, q, share, real, fake).sigmoid()
    check.close(
        f"a share of {share}, labels {real} and {fake}",
        lambda D=D, a=(share, real, fake): density_ratio(D, *a),
        p / q,
        rtol=1e-4,
    )
D = torch.tensor([0, 0.05, 0.1, 0.12, 0.5, 0.8, 0.95, 1], dtype=torch.float64)
ends = torch.tensor([0, 0, 0, 0.012 / 0.272, 2, *[torch.inf] * 3], dtype=torch.float64)
check.close(
    "beyond the labels 0.8 and 0.1",
    lambda: density_ratio(D, 0.4, 0.8, 0.1),
    ends,
    atol=1e-9,
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

rng = torch.default_generator
for share, real, fake in ((0.6, 0.85, 0.1), (0.25, 1.0, 0.0), (0.5, 0.7, 0.3)):
    D = uniform(rng, 30) * 1.2 - 0.1
    D = torch.cat([D.clamp(0, 1), torch.tensor([real, fake, 0, 1], dtype=torch.float64)])
    inside = (real - fake) * (0.02 + 0.96 * uniform(rng, 3, 4)) + fake
    ratios = [density_ratio(inside, share, real, fake), density_ratio(D, share, real, fake)]
    seal(
        f"a share of {share}, and the inputs afterwards",
        [*ratios, D, inside],
        rule=close(rtol=1e-4),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 13.6 One round with the hinge loss
# *Find the bug · 3 points · effort ●●● · about 25 minutes*
#
# Many GANs of pictures use the **hinge loss** (Lim and Ye, 2017). The discriminator's output $a$ is then no logit but any number, and
#
# $$ L_D = \frac1n \sum_i \max(0,\, 1 - a(\mathbf x_i)) + \frac1n \sum_i \max(0,\, 1 + a(G(\mathbf z_i))), \qquad L_G = -\frac1n \sum_i a(G(\mathbf z'_i)) . $$
#
# A round is a step of $D$, then a step of $G$ against the new $D$, each on noise of its own. In the cell below the generator gets worse from round to round. There are **four faults**; some show only in the second round, and one does no more than waste time once the other three are mended. Write the function without them. It may be called when the parameters still hold gradients of something else, and it gives the two losses, each as it was before its own step, as plain numbers.
#
# <details><summary>Hint</summary>
#
# Ask of each of the two calls of `backward`: to which parameters does it add a gradient? Who takes these gradients away, and when?
#
# </details>


# %% faulty_round
def faulty_round(
    G: nn.Module,
    D: nn.Module,
    opt_G: torch.optim.Optimizer,
    opt_D: torch.optim.Optimizer,
    real: Tensor,
    z_D: Tensor,
    z_G: Tensor,
) -> tuple[float, float]:
    """One round with the hinge loss, with four faults."""
    loss_D = (1 - D(real)).relu().mean() + (1 + D(G(z_D))).relu().mean()
    loss_D.backward()
    opt_D.step()
    fake = G(z_G).detach()
    loss_G = (1 + D(fake)).relu().mean()
    loss_G.backward()
    opt_G.step()
    return loss_D.item(), loss_G.item()


# %% two_rounds
def two_rounds(play: Callable, seed: int, n: int, adam: bool = False) -> list:
    """For the check: two rounds with small networks whose parameters hold old gradients; losses and weights."""
    rng = torch.Generator().manual_seed(seed)
    G = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    D = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    optimisers = []
    for net in (G, D):
        for w in net.parameters():
            w.data, w.grad = normal(rng, *w.shape), 3 + normal(rng, *w.shape)
        optimisers.append(
            (torch.optim.Adam if adam else torch.optim.SGD)(net.parameters(), lr=0.05)
        )
    losses = []
    for _ in range(2):
        real = normal(rng, n, 2) + torch.tensor([1.5, -0.5]).double()
        z_D, z_G = normal(rng, n, 3), normal(rng, n, 3)
        losses += play(G, D, *optimisers, real, z_D, z_G)
    weights = [
        torch.cat([w.detach().flatten() for w in net.parameters()]) for net in (D, G)
    ]
    return [losses, *weights]


# %% by_hand
def by_hand(
    G: nn.Module,
    D: nn.Module,
    opt_G: torch.optim.SGD,
    opt_D: torch.optim.SGD,
    real: Tensor,
    z_D: Tensor,
    z_G: Tensor,
) -> tuple[float, float]:
    """For the check: the same round with gradients asked for one player at a time, and steps of 0.05."""
    losses = []
    for net in (D, G):
        if net is D:
            L = (1 - D(real)).clamp(min=0).mean() + (1 + D(G(z_D))).clamp(min=0).mean()
        else:
            L = -D(G(z_G)).mean()
        losses.append(L.item())
        weights = list(net.parameters())
        for w, dw in zip(weights, torch.autograd.grad(L, weights), strict=True):
            w.data -= 0.05 * dw
    return losses[0], losses[1]


# %% hinge_round
def hinge_round(
    G: nn.Module,
    D: nn.Module,
    opt_G: torch.optim.Optimizer,
    opt_D: torch.optim.Optimizer,
    real: Tensor,
    z_D: Tensor,
    z_G: Tensor,
) -> tuple[float, float]:
    """G: z -> x, D: x -> a (n, 1), real: (n, ...), z_D, z_G: (n, d) -> the losses of D and G before their steps"""
    ### BEGIN SOLUTION
    opt_D.zero_grad(set_to_none=True)
    loss_D = (1 - D(real)).relu().mean() + (1 + D(G(z_D).detach())).relu().mean()
    loss_D.backward()
    opt_D.step()
    opt_G.zero_grad(set_to_none=True)
    loss_G = -D(G(z_G)).mean()
    loss_G.backward()
    opt_G.step()
    return loss_D.item(), loss_G.item()
    ### END SOLUTION


# %% test_hinge_round points=3
wanted = two_rounds(by_hand, 160, 6)
for k, name in enumerate(("losses of D, G, D, G", "weights of D", "weights of G")):
    check.close(
        f"two rounds: {name}", lambda k=k: two_rounds(hinge_round, 160, 6)[k], wanted[k]
    )
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

for n in (5, 9, 1):
    seed = int(torch.randint(10**6, ()))
    plain, adam = (
        two_rounds(hinge_round, seed, n),
        two_rounds(hinge_round, seed + 1, n, True),
    )
    seal(f"{n} examples, with SGD and with Adam", [*plain, *adam])
### END HIDDEN TESTS

# %% [markdown]
# ## 13.7 The gradient penalty of a critic
# *Write · 2 points · effort ●● · about 20 minutes*
#
# In a Wasserstein GAN the discriminator is a **critic**: it gives any number $f(\mathbf x)$, and its gradient with respect to the picture is to have the length 1. Gulrajani et al. (2017) add a penalty, at places between a real and a generated picture:
#
# $$ P = \frac1n \sum_{i=1}^{n} \bigl( \lVert \nabla f(\tilde{\mathbf x}_i) \rVert - 1 \bigr)^2, \qquad \tilde{\mathbf x}_i = u_i \mathbf x_i + (1 - u_i)\, \mathbf x'_i, \quad u_i \in [0, 1] . $$
#
# The length is taken over all numbers of a picture. Write $P$ with `torch.autograd.grad`, so that gradients flow through it to the weights of the critic. Where the critic does not depend on a picture, the gradient is 0, that picture's term is 1, and the gradient of $P$ must not be NaN. The pictures that come in are left alone, and no gradient reaches them or is stored anywhere.
#
# <details><summary>Hint</summary>
#
# `create_graph=True` makes the gradient itself something that can be differentiated. What is the derivative of a square root at 0, and what does `Tensor.norm` give there?
#
# </details>


# %% cubic
class Cubic(nn.Module):
    """For the check: a critic that pays no attention to pictures whose first number is below zero."""

    def __init__(self, W: Tensor):
        super().__init__()
        self.W = nn.Parameter(W)

    def forward(self, x: Tensor) -> Tensor:
        seen = (x.flatten(1)[:, 0] > 0).double()
        return (seen * (self.W * x**3 + self.W**2 * x).flatten(1).sum(dim=1))[:, None]


# %% gradient_penalty
def gradient_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, u: Tensor
) -> Tensor:
    """critic: (n, ...) -> (n, 1), real, fake: (n, ...) of two or more axes, u: (n,) -> P ()"""
    ### BEGIN SOLUTION
    share = u.reshape(-1, *[1] * (real.ndim - 1))
    between = (share * real + (1 - share) * fake).detach().requires_grad_()
    slope = torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0]
    return ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    ### END SOLUTION


# %% test_gradient_penalty points=2
rng = torch.Generator().manual_seed(137)
real, fake, u = normal(rng, 5, 2, 3, 4), normal(rng, 5, 2, 3, 4), uniform(rng, 5)
w, critic = normal(rng, 24), Cubic(0.2 * normal(rng, 2, 3, 4))
check.close(
    "a linear critic",
    lambda: gradient_penalty(lambda x: x.flatten(1) @ w[:, None], real, fake, u),
    (w.norm() - 1) ** 2,
)
x = torch.stack([u[i] * real[i] + (1 - u[i]) * fake[i] for i in range(5)])
seen = x[:, 0, 0, 0] > 0  # of these five, some are seen and some are not
lengths = (critic.W * 3 * x[seen] ** 2 + critic.W**2).flatten(1).norm(dim=1)
P = (((lengths - 1) ** 2).sum() + (~seen).sum()) / 5
check.close(
    "a critic that is blind to some",
    lambda: gradient_penalty(critic, real, fake, u).detach(),
    P.detach(),
    rtol=1e-5,
)
check.close(
    "its gradient with respect to the weights",
    lambda: torch.autograd.grad(gradient_penalty(critic, real, fake, u), critic.W)[0],
    torch.autograd.grad(P, critic.W)[0],
    rtol=1e-5,
)
leaves = [t.clone().requires_grad_() for t in (real, fake)]


def left_behind() -> list[bool]:
    """Does P depend on the pictures, and has anything stored a gradient?"""
    P = gradient_penalty(critic, *leaves, u)
    reached = torch.autograd.grad(P, leaves, allow_unused=True)
    return [d is not None for d in (*reached, critic.W.grad, *(t.grad for t in leaves))]


check.close(
    "P depends on real, fake; a gradient is stored in the critic, in real, in fake",
    lambda: left_behind(),
    [False] * 5,
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

rng = torch.default_generator
for shape in ((4, 3, 2, 5), (6, 7), (2, 1, 3, 3)):
    real, fake, u = normal(rng, *shape), normal(rng, *shape), uniform(rng, shape[0])
    real[0] = fake[0] = -1.0  # not seen, and all others are
    for each in (real, fake):
        each.reshape(len(each), -1)[1:, 0].abs_()
    leaves = [t.clone().requires_grad_() for t in (real, fake)]
    critic = Cubic(0.2 * normal(rng, *shape[1:]))
    P = gradient_penalty(critic, *leaves, u)
    stored = [critic.W.grad is None, *(t.grad is None for t in leaves)]
    slopes = torch.autograd.grad(P, [critic.W, *leaves], allow_unused=True)
    reached = [each is None for each in slopes[1:]]
    seal(
        f"pictures of {shape[1:]}, and what is left behind",
        [P.detach(), slopes[0], stored, reached, real, fake, u],
        rule=close(rtol=1e-4, atol=1e-5),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 13.8 A distance that small samples do not bias
# *Write · 2 points · effort ●● · about 15 minutes*
#
# The estimate of a Fréchet distance is too large, and the more so the smaller the samples. Bińkowski et al. (2018) compare two sets of features $X$ $(n, d)$ and $Y$ $(m, d)$ by a kernel instead:
#
# $$ M = \frac{\sum_{i \ne j} k(\mathbf x_i, \mathbf x_j)}{n(n-1)} + \frac{\sum_{i \ne j} k(\mathbf y_i, \mathbf y_j)}{m(m-1)} - \frac{2}{nm} \sum_{i, j} k(\mathbf x_i, \mathbf y_j), \qquad k(\mathbf x, \mathbf y) = \Bigl( \frac{\mathbf x \cdot \mathbf y}{d} + 1 \Bigr)^3 . $$
#
# Its mean over samples is the true value, 0 for equal distributions, so that a single estimate may be below zero. Write it. A set of fewer than two rows, or two sets with different $d$, have none: raise a `ValueError`.
#
# <details><summary>Hint</summary>
#
# `X @ X.T` holds all products of two rows. Which of its entries does the first sum leave out, and how many are left?
#
# </details>


# %% pair_by_pair
def pair_by_pair(X: Tensor, Y: Tensor) -> Tensor:
    """For the check: the formula, pair by pair."""
    M = torch.zeros((), dtype=torch.float64)
    for A, B, sign in ((X, X, 1), (Y, Y, 1), (X, Y, -2)):
        pairs = [
            (a, b) for i, a in enumerate(A) for j, b in enumerate(B) if A is not B or i != j
        ]
        M = M + sign * sum((a.dot(b) / len(a) + 1) ** 3 for a, b in pairs) / len(pairs)
    return M


# %% kernel_distance
def kernel_distance(X: Tensor, Y: Tensor) -> Tensor:
    """X: (n, d), Y: (m, d) -> M ()"""
    ### BEGIN SOLUTION
    n, m, d = len(X), len(Y), X.shape[1]
    if min(n, m) < 2 or Y.shape[1] != d:
        raise ValueError("Give two sets of two or more rows, with equally many columns.")
    XX, YY, XY = ((A @ B.T / d + 1) ** 3 for A, B in ((X, X), (Y, Y), (X, Y)))
    among_X = (XX.sum() - XX.diagonal().sum()) / (n * (n - 1))
    among_Y = (YY.sum() - YY.diagonal().sum()) / (m * (m - 1))
    return among_X + among_Y - 2 * XY.mean()
    ### END SOLUTION


# %% test_kernel_distance points=2
rng = torch.Generator().manual_seed(138)
X, Y = normal(rng, 5, 3) + 0.5, 1.5 * normal(rng, 7, 3)
check.close("five rows and seven", lambda: kernel_distance(X, Y), pair_by_pair(X, Y))
check.close(
    "two rows and six; a set and a copy of it",
    lambda: [kernel_distance(X[:2], Y[1:]), kernel_distance(X, X.clone())],
    [pair_by_pair(X[:2], Y[1:]), pair_by_pair(X, X.clone())],
)
check.raises("one row", ValueError, lambda: kernel_distance(X[:1], Y))
check.raises("one row behind", ValueError, lambda: kernel_distance(X, Y[:1]))
check.raises("other columns", ValueError, lambda: kernel_distance(X[:, :2], Y))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def refusals(*pairs: tuple[Tensor, Tensor]) -> list:
    """What becomes of sets that have no distance: "ValueError", or the value."""
    found = []
    for pair in pairs:
        try:
            found.append(kernel_distance(*pair))
        except ValueError:
            found.append("ValueError")
    return found


rng = torch.default_generator
for n, m, d in ((6, 4, 5), (3, 8, 2), (2, 2, 4)):
    X, Y = normal(rng, n, d) + 0.5, 1.5 * normal(rng, m, d)
    none = refusals((X[:1], Y), (X, Y[:1]), (X[:0], Y), (X, Y[:, 1:]), (X[:, 1:], Y))
    seal(
        f"{n} and {m} rows of {d} numbers, and the inputs afterwards",
        [*(kernel_distance(X, B) for B in (Y, X.clone())), none, X, Y],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 13.9 The same mean and the same covariance
# *Go beyond · 2 points · effort ●●● · about 30 minutes*
#
# A model gives points in four dimensions with the mean and the covariance of the data, so that their Fréchet distance, taken on the points themselves, is 0. The data are different all the same: seen in the right plane they stand in five, six or seven clusters on a ring, and the model is one normal distribution.
#
# You get 2,000 real points and 2,000 of the model, both known as such, and 1,000 others. Say for each of these whether it is real (1) or of the model (0). **At least 90 %** must be right, here and on fresh sets with other planes and other numbers of clusters, after at most 10 seconds each. Any method is allowed. A linear classifier gets half of them right, the label of the nearest known point 84 to 90 %, and that of most of the 15 nearest 77 to 83 %.
#
# <details><summary>Hint</summary>
#
# Which of the chapter's two players has exactly this task? Look at its accuracy on points that it was not trained on while you choose its size, its rate and how long it learns.
#
# </details>


# %% two_sets
def two_sets(rng: torch.Generator, clusters: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """For the check: real (2000, 4), made (2000, 4), unknown (1000, 4), and whether the unknown are real (1000,)."""
    turn, middle = (
        torch.linalg.qr(torch.randn(4, 4, generator=rng))[0],
        torch.randn(4, generator=rng),
    )
    turn = turn * (1 + torch.rand(1, generator=rng))

    def on_ring(n: int) -> Tensor:
        angle = 2 * torch.pi * torch.randint(clusters, (n,), generator=rng) / clusters
        x = torch.randn(n, 4, generator=rng)
        ring = 2**0.5 * torch.stack([angle.cos(), angle.sin()], dim=1)
        x[:, :2] = (ring + 0.08 * x[:, :2]) / (1 + 0.08**2) ** 0.5
        return x @ turn.T + middle

    def plain(n: int) -> Tensor:
        return torch.randn(n, 4, generator=rng) @ turn.T + middle

    is_real = torch.randint(2, (1000,), generator=rng)
    unknown = torch.where(is_real[:, None] == 1, on_ring(1000), plain(1000))
    return on_ring(2000), plain(2000), unknown, is_real


# %% told_right
def told_right(tell: Callable, rng: torch.Generator, clusters: int) -> Tensor:
    """For the check: the share of the 1,000 unknown points that `tell` tells right."""
    real, made, unknown, is_real = two_sets(rng, clusters)
    return (tell(real, made, unknown) == is_real).double().mean()


# %% tell_apart
def tell_apart(real: Tensor, made: Tensor, unknown: Tensor) -> Tensor:
    """real, made: (n, 4), unknown: (k, 4), float32 -> (k,) int64: 1 for real, 0 for made"""
    ### BEGIN SOLUTION
    X = torch.cat([real, made])
    y = torch.cat([torch.ones(len(real)), torch.zeros(len(made))])
    mean, std, steps = X.mean(dim=0), X.std(dim=0), 400
    D = nn.Sequential(
        nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 1)
    )
    optimiser = torch.optim.AdamW(D.parameters(), lr=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.02, total_steps=steps)
    for _ in range(steps):
        rows = torch.randint(len(X), (256,))
        logits = D((X[rows] - mean) / std)[:, 0]
        loss = F.binary_cross_entropy_with_logits(logits, y[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        return (D((unknown - mean) / std)[:, 0] > 0).long()
    ### END SOLUTION


# %% test_tell_apart points=2
check.close(
    "share missing to 90 % with seven clusters",
    lambda: (0.90 - told_right(tell_apart, torch.Generator().manual_seed(139), 7)).clamp(
        min=0
    ),
    torch.tensor(0.0).double(),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import agree, seal

sets = [two_sets(torch.default_generator, clusters) for clusters in (7, 6, 5)]
for clusters, (real, made, unknown, is_real) in zip((7, 6, 5), sets, strict=True):
    seal(
        f"{clusters} clusters",
        tell_apart(real, made, unknown).long(),
        rule=agree(0.90, target=is_real),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
