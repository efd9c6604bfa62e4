"""Chapter 13's functions against torch, SciPy and loops, on sizes and values that the chapter does not show."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from tests.support.chapter_code import definitions

CHAPTER = definitions("13_vae_gan")
FEW = settings(max_examples=25, deadline=None)
SIZES = st.integers(1, 5)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@FEW
@given(n=SIZES, d=SIZES, seed=st.integers(0, 99))
def test_log_normal_is_torchs_and_a_sum_over_the_numbers(n, d, seed):
    x, mean, var = normal(n, d, seed=seed), normal(n, d, seed=seed + 1), normal(n, d, seed=seed + 2).exp()
    log_normal = CHAPTER["log_normal"]
    torch.testing.assert_close(log_normal(x, mean, var), Normal(mean, var.sqrt()).log_prob(x).sum(dim=1))
    twice = log_normal(x.repeat(1, 2), mean.repeat(1, 2), var.repeat(1, 2))
    torch.testing.assert_close(twice, 2 * log_normal(x, mean, var))


@pytest.mark.parametrize("var", [0.0, -1.0, torch.tensor([1.0, 0.0])])
def test_a_variance_that_is_not_positive_is_told(var):
    with pytest.raises(ValueError, match="a variance has to be positive"):
        CHAPTER["log_normal"](torch.zeros(3, 2), torch.zeros(3, 2), var)


@FEW
@given(n=SIZES, k=SIZES, seed=st.integers(0, 99))
def test_the_divergence_is_torchs_never_negative_and_zero_at_the_prior(n, k, seed):
    mu, logvar = 2 * normal(n, k, seed=seed), normal(n, k, seed=seed + 1)
    kl = CHAPTER["kl_standard"]
    expected = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(torch.zeros_like(mu), torch.ones_like(mu)))
    torch.testing.assert_close(kl(mu, logvar), expected.sum(dim=1))
    assert (kl(mu, logvar) >= 0).all()
    assert (kl(torch.zeros(n, k), torch.zeros(n, k)) == 0).all()


def test_logvar_is_the_logarithm_of_the_variance():
    mu, logvar = torch.tensor([[0.5, -2.0]]), torch.tensor([[2.0, -3.0]])
    rng = torch.Generator().manual_seed(0)
    z = CHAPTER["reparameterise"](mu, logvar, torch.randn(100_000, 2, generator=rng))
    torch.testing.assert_close(z.std(dim=0), (logvar[0] / 2).exp(), rtol=0.02, atol=0)
    torch.testing.assert_close(CHAPTER["reparameterise"](mu, logvar, torch.zeros(1, 2)), mu)  # no noise: the mean


def test_the_gradient_passes_through_the_sample():
    mu, logvar, eps = (normal(3, 2, seed=i).requires_grad_(i < 2) for i in range(3))
    assert torch.autograd.gradcheck(CHAPTER["reparameterise"], (mu, logvar, eps))
    assert torch.autograd.gradcheck(CHAPTER["kl_standard"], (mu, logvar))


def small_vae(d: int = 7, k: int = 3):
    torch.manual_seed(0)
    return CHAPTER["VAE"](d, k, width=5).double()


def test_the_loss_of_a_batch_is_the_mean_of_its_examples_and_sums_over_pixels_and_latents():
    net, x, eps = small_vae(), torch.rand(4, 7, dtype=torch.float64), normal(4, 3)
    loss = CHAPTER["vae_loss"]
    alone = [loss(net, x[i : i + 1], eps[i : i + 1], 0.7, 0.3) for i in range(4)]
    torch.testing.assert_close(loss(net, x, eps, 0.7, 0.3), torch.stack(alone).mean())
    mu, logvar = net.encode(x)
    x_hat = net.decode(mu + (logvar / 2).exp() * eps)
    squares = ((x - x_hat) ** 2).sum() / 4 / (2 * 0.3) + 3.5 * math.log(2 * math.pi * 0.3)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum() / 4
    torch.testing.assert_close(loss(net, x, eps, 0.7, 0.3), squares + 0.7 * kl)
    assert torch.autograd.gradcheck(lambda x: loss(net, x, eps, 0.7, 0.3), (x.requires_grad_(),))


def test_what_does_not_fit_is_told_in_a_sentence():
    net = small_vae()
    with pytest.raises(ValueError, match="a latent vector has 3 numbers here, not 4"):
        net.decode(torch.zeros(2, 4, dtype=torch.float64))
    with pytest.raises(ValueError, match="beta = -1"):
        CHAPTER["vae_loss"](net, torch.zeros(2, 7).double(), torch.zeros(2, 3).double(), -1.0)
    with pytest.raises(ValueError, match="needs two of them"):
        CHAPTER["active_dimensions"](torch.zeros(1, 3))
    with pytest.raises(ValueError, match="more examples than numbers"):
        CHAPTER["frechet"](torch.zeros(4, 4), torch.zeros(9, 4))
    conditional = CHAPTER["Conditional"](nn.Linear(13, 2))
    for classes in ([0, 10], [-1, 3], [4]):
        with pytest.raises(ValueError, match=r"one class in 0\.\.9"):
            conditional(torch.zeros(2, 3), torch.tensor(classes))


def test_the_average_over_the_prior_is_unbiased_and_its_logarithm_is_not():
    rng = torch.Generator().manual_seed(1)
    W, b = CHAPTER["linear_model"](5, 2, rng)
    x = b + W.sum(dim=1)
    exact = MultivariateNormal(b, W @ W.T + CHAPTER["VAR_X"] * torch.eye(5).double()).log_prob(x)
    log_w = CHAPTER["log_weights"](x[None], W, b, 400_000, rng)
    found = CHAPTER["log_marginal"](log_w.view(-1, 10))
    torch.testing.assert_close(found.exp().mean(), exact.exp(), rtol=0.1, atol=0)
    assert found.mean() < exact - 1


def test_effective_samples_of_equal_and_of_one_sided_weights():
    effective = CHAPTER["effective_samples"]
    torch.testing.assert_close(effective(torch.full((1, 7), -900.0).double()), torch.tensor([7.0]).double())
    torch.testing.assert_close(effective(torch.tensor([[0.0, -900.0, -900.0]])), torch.tensor([1.0]))
    w = torch.tensor([[1.0, 2.0, 4.0]])
    torch.testing.assert_close(effective(w.log()), torch.tensor([49 / 21]))


def test_active_dimensions_are_counted_by_the_spread_of_their_means():
    mu = torch.zeros(50, 4)
    mu[:, 1], mu[:, 3] = torch.linspace(-1, 1, 50), torch.linspace(0, 0.1, 50)
    mu[:, 2] = 5.0  # far from zero, and the same for all
    assert CHAPTER["active_dimensions"](mu) == 1


def test_the_importance_weighted_bound_rises_to_the_likelihood():
    """A linear decoder with a wrong encoder: log p is known."""
    rng = torch.Generator().manual_seed(2)
    W, b = (v.float() for v in CHAPTER["linear_model"](5, 2, rng))
    net = CHAPTER["VAE"](5, 2, width=3)
    net.decoder = nn.Linear(2, 5)
    with torch.no_grad():
        net.decoder.weight.copy_(W)
        net.decoder.bias.copy_(b)
        x = b + 0.3 * W.sum(dim=1) + torch.zeros(2000, 5)
        exact = MultivariateNormal(b, W @ W.T + CHAPTER["VAR_X"] * torch.eye(5)).log_prob(x[0])
        means = [
            CHAPTER["importance_bound"](net, x[:n], K, rng).mean() for n, K in ((2000, 1), (2000, 8), (20, 5000))
        ]
    assert means[0] < means[1] < exact + 0.05
    torch.testing.assert_close(means[2], exact, atol=0.2, rtol=0)


def test_the_frechet_distance_is_its_formula_by_scipy():
    from scipy.linalg import sqrtm

    A, B = normal(40, 4) @ normal(4, 4, seed=3), normal(60, 4, seed=1) @ normal(4, 4, seed=4) + 0.5
    C1, C2 = A.T.cov(), B.T.cov()
    root = torch.tensor(sqrtm((C1 @ C2).numpy()).real)
    expected = (A.mean(dim=0) - B.mean(dim=0)).square().sum() + (C1 + C2 - 2 * root).trace()
    frechet = CHAPTER["frechet"]
    assert frechet(A, B) == pytest.approx(expected.item(), rel=1e-6)
    assert frechet(B, A) == pytest.approx(frechet(A, B), rel=1e-6)
    assert frechet(A, A) == pytest.approx(0, abs=1e-6)
    assert frechet(A, A + 2) == pytest.approx(4 * 4, rel=1e-6)


def test_the_value_function_is_minus_twice_the_binary_cross_entropy_also_for_large_logits():
    real, fake = 40 * normal(5), 40 * normal(5, seed=1)
    logits, labels = torch.cat([real, fake]), torch.cat([torch.ones(5), torch.zeros(5)]).double()
    torch.testing.assert_close(CHAPTER["value"](real, fake), -2 * F.binary_cross_entropy_with_logits(logits, labels))
    uneven = CHAPTER["value"](real[:2], fake)  # each mean on its own
    torch.testing.assert_close(uneven, F.logsigmoid(real[:2]).mean() + F.logsigmoid(-fake).mean())


@pytest.mark.parametrize("saturating", [True, False])
def test_both_losses_of_the_generator_pull_the_logit_up(saturating):
    a = torch.linspace(-30, 30, 7, dtype=torch.float64).requires_grad_()
    (slope,) = torch.autograd.grad(CHAPTER["g_loss"](a, saturating), a)
    expected = -a.sigmoid() / 7 if saturating else (a.sigmoid() - 1) / 7
    torch.testing.assert_close(slope, expected.detach())
    assert (slope <= 0).all()


def test_steps_of_the_game_move_one_network_each_and_gradients_do_not_pile_up():
    game = CHAPTER["Game"](3)
    flat = nn.utils.parameters_to_vector
    G, D = flat(game.G.parameters()).detach(), flat(game.D.parameters()).detach()
    game.d_step()
    assert torch.equal(flat(game.G.parameters()), G)
    assert all(p.grad is None for p in game.G.parameters())
    D = flat(game.D.parameters()).detach()
    game.g_step()
    assert torch.equal(flat(game.D.parameters()), D)
    assert not torch.equal(flat(game.G.parameters()), G)
    for group in game.for_D.param_groups:
        group["lr"] = 0.0
    gradients = []
    for _ in range(2):
        game.rng.manual_seed(7)
        game.d_step()
        gradients.append(torch.cat([p.grad.flatten() for p in game.D.parameters()]))
    torch.testing.assert_close(*gradients)


def test_modes_are_counted_by_what_lies_near_them():
    centres = CHAPTER["CENTRES"]
    points = torch.cat([centres[:3].repeat(30, 1) + 0.2, centres[3:4] + 0.1, torch.zeros(9, 2)])
    count, share = CHAPTER["modes"](points)  # 0.2 in both directions is 0.28 away; one point in 100 is no mode
    assert (count, share) == (3, pytest.approx(0.91))


def test_the_jensen_shannon_divergence_is_symmetric_and_bounded():
    density, jsd = CHAPTER["density"], CHAPTER["jsd"]
    p, q = density((0.3, -1.0, 0.5), (0.7, 2.0, 1.0)), density((1.0, 0.0, 0.8))
    half = (p + q) / 2
    expected = sum(float((a * (a / half).log()).nansum()) for a in (p, q)) / 2
    assert jsd(p, q) == pytest.approx(expected)
    assert jsd(p, q) == pytest.approx(jsd(q, p))
    assert jsd(p, p) == pytest.approx(0, abs=1e-12)
    assert jsd(density((1, -6, 0.2)), density((1, 6, 0.2))) == pytest.approx(math.log(2))


def test_the_rate_is_mismatch_plus_information():
    net, X = small_vae().float(), torch.rand(64, 7)
    with torch.no_grad():
        rate, mismatch, information = CHAPTER["parts_of_the_rate"](net, X, every=1)
    assert rate == pytest.approx(mismatch + information, abs=1e-4)
    assert -1e-4 <= information <= math.log(64)


def test_a_replayed_picture_is_at_distance_zero():
    X = CHAPTER["X_TRAIN"][[5, 700, 3999]]
    assert CHAPTER["nearest"](X).max() < 1e-3
    assert CHAPTER["nearest"](X + 0.01).min() > 0.05


def test_the_condition_reaches_the_layers():
    net = CHAPTER["Conditional"](nn.Linear(13, 2))
    x, c = normal(3, 3).float(), torch.tensor([9, 0, 4])
    expected = F.linear(x, net.layers[0].weight[:, :3], net.layers[0].bias) + net.layers[0].weight[:, 3:].T[c]
    torch.testing.assert_close(net(x, c), expected)
