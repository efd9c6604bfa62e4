"""Chapter 14's functions against torch, Bayes' rule and loops, on sizes and values that the chapter does not show."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import MultivariateNormal

from tests.support.chapter_code import definitions

CHAPTER = definitions("14_flows_diffusion")
FEW = settings(max_examples=20, deadline=None)
SIZES = st.integers(1, 5)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# -- flows --------------------------------------------------------------------------------------------------------


@FEW
@given(d=st.integers(2, 6), layers=st.integers(1, 4), seed=st.integers(0, 99))
def test_a_flow_has_autograds_determinant_and_its_inverse(d, layers, seed):
    torch.manual_seed(seed)
    flow = CHAPTER["Flow"](d, layers=layers, width=6).double()
    x = 2 * normal(4, d, seed=seed)
    z, log_det = flow(x)
    for row, found in zip(x, log_det, strict=True):
        J = torch.autograd.functional.jacobian(lambda v: flow(v[None])[0][0], row)
        torch.testing.assert_close(found, torch.linalg.slogdet(J).logabsdet)
    torch.testing.assert_close(flow.inverse(z), x)


def test_a_coupling_layer_keeps_columns_and_moves_the_rest_of_each_row():
    torch.manual_seed(1)
    layer = CHAPTER["Coupling"](5, 7).double()
    x = normal(3, 5)
    y, _ = layer(x)
    torch.testing.assert_close(y[:, :2], x[:, :2], rtol=0, atol=0)
    assert ((y[:, 2:] - x[:, 2:]).abs() > 1e-6).all()


def test_the_log_density_of_a_flow_adds_the_determinant():
    torch.manual_seed(2)
    flow = CHAPTER["Flow"](3, layers=2, width=5).double()
    x = normal(4, 3)
    z, log_det = flow(x)
    gaussian = MultivariateNormal(torch.zeros(3).double(), torch.eye(3).double())
    torch.testing.assert_close(flow.log_prob(x), gaussian.log_prob(z) + log_det)


def test_the_base_in_two_pieces_is_a_mixture():
    z = 4 * normal(6, 2)
    parts = [MultivariateNormal(torch.tensor([m, 0.0]).double(), torch.eye(2).double()) for m in (-4.0, 4.0)]
    expected = (0.5 * sum(part.log_prob(z).exp() for part in parts)).log()
    torch.testing.assert_close(CHAPTER["log_two"](z), expected)


def test_a_kernel_density_is_a_mean_of_gaussians():
    x, points = normal(4, 2), normal(7, 2, seed=1)
    kernels = [MultivariateNormal(p, 0.3**2 * torch.eye(2).double()) for p in points]
    density = sum(kernel.log_prob(x).exp() for kernel in kernels) / 7
    assert CHAPTER["kernel_nll"](x, points, 0.3) == pytest.approx(-density.log().mean().item())


def test_uniform_noise_under_a_uniform_model_costs_8_bits():
    """Trap: the term of the levels is missing, has the wrong sign, or is that of 255."""
    bits = CHAPTER["bits_per_dimension"]
    assert bits(torch.zeros(5).double(), 3).item() == pytest.approx(8)
    assert bits(torch.zeros(5).double(), 3, levels=32).item() == pytest.approx(5)
    assert bits(torch.full((5,), 3 * math.log(4)).double(), 3).item() == pytest.approx(6)
    x = CHAPTER["dequantised"](torch.tensor([0, 255]), torch.tensor([0.0, 0.999]))
    assert x[0] == 0
    assert 255 / 256 < x[1] < 1


# -- the forward process ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["linear_alpha_bar", "cosine_alpha_bar"])
@pytest.mark.parametrize("T", [20, 200, 1000])
def test_a_schedule_falls_from_1_almost_to_0(name, T):
    alpha_bar = CHAPTER[name](T)
    assert len(alpha_bar) == T + 1
    assert alpha_bar[0] == 1
    assert alpha_bar[-1] < 1e-3
    assert (alpha_bar.diff() < 0).all()
    assert (1 - alpha_bar[1:] / alpha_bar[:-1]).max() <= 0.999 + 1e-12


def test_q_sample_takes_each_rows_own_step():
    alpha_bar = CHAPTER["cosine_alpha_bar"](10)
    x0, eps, t = normal(3, 2, 4, 5), normal(3, 2, 4, 5, seed=1), torch.tensor([0, 7, 10])
    found = CHAPTER["q_sample"](x0, t, eps, alpha_bar)
    for i, step in enumerate(t.tolist()):
        a = alpha_bar[step].item()
        torch.testing.assert_close(found[i], math.sqrt(a) * x0[i] + math.sqrt(1 - a) * eps[i])
    torch.testing.assert_close(found[0], x0[0])


@pytest.mark.parametrize("t", [-1, 11, 200])
def test_a_step_out_of_range_is_told(t):
    x = normal(2, 3)
    with pytest.raises(ValueError, match=r"t has to be in 0\.\.10"):
        CHAPTER["q_sample"](x, torch.tensor([3, t]), x, CHAPTER["cosine_alpha_bar"](10))


@FEW
@given(t=st.integers(2, 50), seed=st.integers(0, 99))
def test_the_posterior_is_bayes_rule(t, seed):
    """By the joint Gaussian of x_s and x_t given x_0, conditioned on x_t."""
    alpha_bar = CHAPTER["cosine_alpha_bar"](50)
    s = t - 1 - seed % (t - 1) if t > 1 else 0
    a_t, a_s = alpha_bar[t], alpha_bar[s]
    x0, x_t = normal(3, 2, seed=seed), normal(3, 2, seed=seed + 1)
    ratio = (a_t / a_s).sqrt()  # x_t = ratio x_s + noise
    covariance, variance = ratio * (1 - a_s), 1 - a_t
    mean = a_s.sqrt() * x0 + covariance / variance * (x_t - a_t.sqrt() * x0)
    found_mean, found_var = CHAPTER["posterior"](x0, x_t, a_t, a_s)
    torch.testing.assert_close(found_mean, mean)
    torch.testing.assert_close(found_var, (1 - a_s) - covariance**2 / variance)


def test_a_time_embedding_follows_the_formula():
    t, width = torch.tensor([0, 1, 17, 200]), 6
    found = CHAPTER["time_embedding"](t, width)
    for i, step in enumerate(t.tolist()):
        for k in range(3):
            angle = step * 10_000 ** (-k / 2)
            assert found[i, k].item() == pytest.approx(math.sin(angle), abs=1e-5)
            assert found[i, 3 + k].item() == pytest.approx(math.cos(angle), abs=1e-5)
    with pytest.raises(ValueError, match="has to be even"):
        CHAPTER["time_embedding"](t, 5)


def test_the_loss_draws_a_step_for_each_row_in_1_to_T():
    """Traps: one t for the whole batch; t = 0, or one beyond T."""
    alpha_bar, seen = CHAPTER["cosine_alpha_bar"](7), []

    def predict(x, t):
        seen.append(t)
        return torch.zeros_like(x)

    rng = torch.Generator().manual_seed(3)
    losses = [CHAPTER["noise_loss"](predict, normal(500, 3), alpha_bar, rng).item() for _ in range(4)]
    assert torch.cat(seen).unique().tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert all(len(t.unique()) > 1 for t in seen)
    assert sum(losses) / 4 == pytest.approx(1, abs=0.1)  # the variance of the noise


# -- the reverse loops --------------------------------------------------------------------------------------------

POINT = torch.tensor([1.5, -0.7, 0.2], dtype=torch.float64)


def perfect(alpha_bar):
    """The noise if all data are POINT."""
    return lambda x, t: (x - alpha_bar[t][:, None].sqrt() * POINT) / (1 - alpha_bar[t][:, None]).sqrt()


@pytest.mark.parametrize("loop", ["ddpm", "ddim", "fresh"])
@pytest.mark.parametrize("steps", [1, 2, 7, 49, 50])
@pytest.mark.parametrize("name", ["linear_alpha_bar", "cosine_alpha_bar"])
def test_a_perfect_predictor_leads_to_the_point(loop, steps, name):
    """Trap: noise in the last step."""
    alpha_bar, rng = CHAPTER[name](50), torch.Generator().manual_seed(1)
    for eta in (0.0, 0.5, 1.0):
        found = CHAPTER["sample"](perfect(alpha_bar), normal(4, 3), steps, alpha_bar, rng, loop, eta)
        torch.testing.assert_close(found, POINT.expand(4, 3), rtol=0, atol=1e-5)


@pytest.mark.parametrize("steps", [1, 3, 7, 30])
def test_a_loop_goes_once_through_falling_steps_from_T(steps):
    alpha_bar, seen = CHAPTER["cosine_alpha_bar"](30), []

    def predict(x, t):
        assert t.shape == (len(x),)
        seen.append(t[0].item())
        return x

    CHAPTER["sample"](predict, normal(2, 3), steps, alpha_bar, torch.Generator(), "ddim")
    assert len(seen) == steps
    assert seen[0] == 30
    assert all(s < t for t, s in itertools.pairwise(seen))
    assert seen[-1] >= 1


@pytest.mark.parametrize("steps", [0, -1, 31, 1000])
def test_more_steps_than_the_training_had_are_refused(steps):
    with pytest.raises(ValueError, match="sampling takes 1 to 30 steps"):
        CHAPTER["sample"](lambda x, t: x, normal(2, 3), steps, CHAPTER["cosine_alpha_bar"](30), torch.Generator())


def test_eta_1_is_ddpm_and_eta_0_needs_no_random_number():
    alpha_bar, sample = CHAPTER["cosine_alpha_bar"](20), CHAPTER["sample"]
    predict, x = (lambda x, t: (0.5 * x + 0.1 * t[:, None]).sin()), normal(4, 2)
    draws = [torch.Generator().manual_seed(seed) for seed in (1, 1, 2, 3)]
    ddpm = sample(predict, x, 20, alpha_bar, draws[0], "ddpm")
    torch.testing.assert_close(sample(predict, x, 20, alpha_bar, draws[1], "ddim", eta=1.0), ddpm)
    first, second = (sample(predict, x, 6, alpha_bar, rng, "ddim") for rng in draws[2:])
    torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.mark.parametrize(("t", "s"), [(1, 0), (2, 1), (200, 199), (90, 60), (200, 0)])
def test_no_radicand_is_negative_and_the_last_step_is_without_noise(t, s):
    alpha_bar = CHAPTER["cosine_alpha_bar"](200)
    a_t, a_s = alpha_bar[t].item(), alpha_bar[s].item()
    for loop, eta in (("ddpm", 0.0), ("ddim", 0.0), ("ddim", 1.0), ("fresh", 0.0)):
        sd = CHAPTER["sigma"](a_t, a_s, loop, eta)
        assert 1 - a_s - sd**2 >= -1e-12
        if s == 0:
            assert sd == 0


def test_the_energy_distance_is_unbiased_and_sees_a_shift():
    energy = CHAPTER["energy_distance"]
    x, y = normal(5, 2), normal(4, 2, seed=1)
    across = sum((a - b).norm() for a in x for b in y) / 20
    inside = [sum((a - b).norm() for a in v for b in v) / (len(v) * (len(v) - 1)) for v in (x, y)]
    assert energy(x, y) == pytest.approx((2 * across - sum(inside)).item())
    same = [energy(normal(60, 2, seed=k), normal(60, 2, seed=1000 + k)) for k in range(100)]
    assert abs(sum(same) / 100) < 0.01
    assert energy(normal(60, 2), normal(60, 2, seed=1) + 1) > 0.2


def test_the_variance_of_the_loops_by_draws():
    alpha_bar, rng = CHAPTER["cosine_alpha_bar"](40), torch.Generator().manual_seed(1)

    def exact(x, t):
        return (1 - alpha_bar[t][:, None]).sqrt() * x

    for loop in ("ddpm", "ddim", "fresh"):
        drawn = CHAPTER["sample"](exact, normal(40_000, 1), 9, alpha_bar, rng, loop)
        assert drawn.var().item() == pytest.approx(CHAPTER["final_variance"](loop, 9, alpha_bar), abs=0.03)


@FEW
@given(n=SIZES, d=SIZES, seed=st.integers(0, 99))
def test_noise_clean_picture_and_v_determine_one_another(n, d, seed):
    alpha_bar = CHAPTER["cosine_alpha_bar"](40)
    x0, eps = normal(n, d, 3, seed=seed), normal(n, d, 3, seed=seed + 1)
    t = torch.randint(1, 40, (n,), generator=torch.Generator().manual_seed(seed))
    x = CHAPTER["q_sample"](x0, t, eps, alpha_bar)
    back, noise = CHAPTER["from_v"](x, CHAPTER["v_of"](x0, eps, t, alpha_bar), t, alpha_bar)
    torch.testing.assert_close(back, x0)
    torch.testing.assert_close(noise, eps)
    torch.testing.assert_close(CHAPTER["noise_from_x0"](x, x0, t, alpha_bar), eps)


def small_unet():
    """Random weights in every layer: those that start at zero would hide what stands before them."""
    torch.manual_seed(0)
    net = CHAPTER["UNet"]((4, 8, 12), d_c=64)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return net.double()


def test_the_unet_treats_each_row_by_its_own_step_and_words():
    net, x = small_unet(), normal(3, 3, 28, 28)
    t, words = torch.tensor([1, 77, 200]), torch.tensor([[0, 1, 3], [2, 4, 4], [1, 3, 0]])
    alone = torch.cat([net(x[i : i + 1], t[i : i + 1], words[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(net(x, t, words), alone)
    for k in range(3):
        other = words.clone()
        other[:, k] = (other[:, k] + 1) % 3
        assert ((net(x, t, other) - alone).abs().amax(dim=(1, 2, 3)) > 1e-6).all()
    assert ((net(x, t - 1, words) - alone).abs().amax(dim=(1, 2, 3)) > 1e-6).all()


@pytest.mark.parametrize("words", [[[0, 0, 5]], [[-1, 0, 0]], [[3, 0, 0]], [[0, 0]], [[0, 0, 0], [0, 0, 0]]])
def test_words_that_do_not_exist_or_do_not_fit_the_pictures_are_told(words):
    with pytest.raises(ValueError, match="three words"):
        small_unet()(normal(1, 3, 28, 28), torch.tensor([5]), torch.tensor(words))


def test_words_are_dropped_alone_and_together_and_the_others_are_kept():
    words = torch.tensor([1, 2, 3]).repeat(20_000, 1)
    dropped = CHAPTER["drop_words"](words, torch.Generator().manual_seed(0))
    gone = dropped != words
    assert (dropped[gone] == CHAPTER["NO_WORDS"].expand(20_000, 3)[gone]).all()
    torch.testing.assert_close(gone.double().mean(dim=0), torch.full((3,), 0.208).double(), rtol=0.05, atol=0)
    together = 0.12 + 0.88 * 0.1**3
    torch.testing.assert_close(gone.all(dim=1).double().mean(), torch.tensor(together).double(), rtol=0.08, atol=0)


def test_the_loss_of_an_exact_v_is_zero_and_that_of_zeros_is_the_mean_square():
    x0, words = normal(6, 3, 28, 28).float(), torch.zeros(6, 3, dtype=torch.int64)
    loss = CHAPTER["v_loss"](lambda x, t, words: torch.zeros_like(x), x0, words, torch.Generator().manual_seed(1))
    rng = torch.Generator().manual_seed(1)
    t = torch.randint(1, 201, (6,), generator=rng)
    v = CHAPTER["v_of"](x0, torch.randn(x0.shape, generator=rng), t, CHAPTER["ALPHA_BAR"])
    torch.testing.assert_close(loss, v.square().mean())


def test_the_average_of_the_weights_is_that_of_torch():
    torch.manual_seed(0)
    net, average = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    average.load_state_dict(net.state_dict())
    theirs = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.8))
    theirs.update_parameters(net)  # the first call copies
    for _ in range(4):
        with torch.no_grad():
            net.weight.copy_(torch.randn(2, 3))
        theirs.update_parameters(net)
        CHAPTER["follow"](average, net, 0.8)
    torch.testing.assert_close(average.weight, theirs.module.weight)


@FEW
@given(n=st.integers(2, 6), m=st.integers(2, 6), d=SIZES, seed=st.integers(0, 99))
def test_kid_is_the_unbiased_sum_over_pairs(n, m, d, seed):
    A, B = normal(n, d, seed=seed), normal(m, d, seed=seed + 1)

    def k(a, b):
        return ((a @ b).item() / d + 1) ** 3

    within = [sum(k(x, y) for x, y in itertools.permutations(X, 2)) / (len(X) * (len(X) - 1)) for X in (A, B)]
    across = sum(k(a, b) for a in A for b in B) / (n * m)
    assert CHAPTER["kid"](A, B) == pytest.approx(sum(within) - 2 * across, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("w", [0.0, 1.0, 3.0])
def test_guidance_is_linear_in_the_weight(w):
    net, x, words = small_unet().requires_grad_(False), normal(2, 3, 28, 28), torch.tensor([[0, 1, 2], [1, 0, 3]])
    t = torch.tensor([50, 120])
    told, untold = (CHAPTER["predictor"](net, each)(x, t) for each in (words, torch.tensor([[2, 4, 4]] * 2)))
    torch.testing.assert_close(CHAPTER["guided"](net, words, w)(x, t), w * told + (1 - w) * untold)


@pytest.mark.parametrize(
    ("text", "places"),
    [("a large red ring", [1, 0, 3]), ("ring", [2, 4, 3]), ("The small, blue disc.", [0, 2, 0]), ("a", [2, 4, 4])],
)
def test_captions_are_understood_with_two_or_three_words_or_none(text, places):
    assert CHAPTER["understood"](text).tolist() == places


@pytest.mark.parametrize(
    ("text", "says"),
    [("a purple ring", "'purple' is not among the words"), ("a red blue ring", "names two of red, green, blue")],
)
def test_a_caption_that_is_not_understood_is_told_why(text, says):
    with pytest.raises(ValueError, match=says):
        CHAPTER["understood"](text)


def test_a_caption_names_the_words_that_are_there():
    assert CHAPTER["caption"](torch.tensor([1, 0, 3])) == "a large red ring"
    assert CHAPTER["caption"](torch.tensor([2, 4, 1])) == "a square"


def test_kinds_counts_equally_frequent_pairs():
    found = torch.cartesian_prod(torch.arange(2), torch.arange(4), torch.tensor([3]))
    assert CHAPTER["kinds"](found) == pytest.approx(8)
    assert CHAPTER["kinds"](found[:1].expand(5, 3)) == pytest.approx(1)
    assert CHAPTER["kinds"](found[[0, 3]].repeat(4, 1)) == pytest.approx(2)


# -- latent spaces: sections 14.11 to 14.14 -------------------------------------------------------------------


@FEW
@given(n=SIZES, k=st.integers(2, 6), t=st.floats(0, 1), seed=st.integers(0, 99))
def test_the_spherical_path_keeps_the_norm_and_turns_evenly(n, k, t, seed):
    z0, z1 = (3 * F.normalize(normal(n, k, seed=seed + i)) for i in (0, 100))
    at = CHAPTER["spherical"](z0, z1, t)
    torch.testing.assert_close(at.norm(dim=1), torch.full((n,), 3.0).double())
    whole = F.cosine_similarity(z0, z1).acos()
    torch.testing.assert_close(F.cosine_similarity(z0, at).clamp(-1, 1).acos(), t * whole, atol=1e-6, rtol=0)


def test_both_paths_begin_and_end_at_their_codes_whatever_the_norms():
    z0, z1 = 2 * normal(3, 5, seed=1), 0.1 * normal(3, 5, seed=2)
    for path in (CHAPTER["straight"], CHAPTER["spherical"]):
        torch.testing.assert_close(path(z0, z1, 0.0), z0)
        torch.testing.assert_close(path(z0, z1, 1.0), z1)


def test_codes_of_one_direction_take_the_straight_path_and_opposite_ones_are_told():
    z = normal(2, 4)
    mixed = torch.stack([3 * z[0], z[1] + normal(4, seed=5)])
    found = CHAPTER["spherical"](z, mixed, 0.5)
    assert found.isfinite().all()
    torch.testing.assert_close(found[0], 2 * z[0])
    with pytest.raises(ValueError, match="opposite codes"):
        CHAPTER["spherical"](z, torch.stack([z[0], -2 * z[1]]), 0.5)


def test_a_direction_is_the_difference_of_two_means_and_needs_pictures_of_both():
    Z, words = normal(9, 4), torch.tensor([0, 1, 3, 3, 1, 1, 0, 3, 1])
    expected = sum(Z[i] for i in (2, 3, 7)) / 3 - sum(Z[i] for i in (1, 4, 5, 8)) / 4
    torch.testing.assert_close(CHAPTER["direction"](Z, words, 1, 3), expected)
    for pair in ((1, 2), (2, 1)):
        with pytest.raises(ValueError, match="a mean needs pictures: word"):
            CHAPTER["direction"](Z, words, *pair)


@FEW
@given(m=st.integers(1, 12), k=SIZES, out=SIZES, seed=st.integers(0, 99))
def test_the_latent_map_is_the_least_squares_solution_of_least_norm(m, k, out, seed):
    Z, Y = normal(m, k, seed=seed), normal(m, out, seed=seed + 1)
    A = torch.cat([Z, torch.ones(m, 1).double()], dim=1)
    expected = torch.linalg.lstsq(A, Y, driver="gelsd").solution
    torch.testing.assert_close(CHAPTER["latent_map"](Z, Y), expected, atol=1e-6, rtol=1e-6)


def test_a_map_reproduces_k_plus_one_pairs_and_not_one_more():
    Z, Y = normal(6, 4), normal(6, 3, seed=1)
    latent_map, with_one = CHAPTER["latent_map"], CHAPTER["with_one"]
    torch.testing.assert_close(with_one(Z[:5]) @ latent_map(Z[:5], Y[:5]), Y[:5])
    assert (with_one(Z) @ latent_map(Z, Y) - Y).abs().max() > 0.01


@pytest.mark.parametrize("sizes", [(4, 3), (0, 0)])
def test_codes_that_make_no_pairs_are_told(sizes):
    with pytest.raises(ValueError, match="a support set has pairs"):
        CHAPTER["latent_map"](normal(sizes[0], 2), normal(sizes[1], 3))


def test_r_squared_is_scikit_learns_weighted_by_variance():
    from sklearn.metrics import r2_score

    Y, Y_hat = normal(8, 3) * torch.tensor([1.0, 5.0, 0.2]).double(), normal(8, 3, seed=1)
    expected = r2_score(Y.numpy(), Y_hat.numpy(), multioutput="variance_weighted")
    assert math.isclose(CHAPTER["r_squared"](Y, Y_hat).item(), expected)


def test_the_divergence_to_the_prior_is_torchs_and_does_not_change_under_a_rotation():
    mu, L = normal(4, 3), normal(4, 3, 3, seed=1)
    Sigma = L @ L.mT + 0.3 * torch.eye(3).double()
    q = torch.distributions.MultivariateNormal(mu, Sigma)
    prior = torch.distributions.MultivariateNormal(torch.zeros(3).double(), torch.eye(3).double())
    found = CHAPTER["kl_to_prior"](mu, Sigma)
    torch.testing.assert_close(found, torch.distributions.kl_divergence(q, prior))
    Q = torch.linalg.qr(normal(3, 3, seed=2)).Q
    torch.testing.assert_close(CHAPTER["kl_to_prior"](mu @ Q.T, Q @ Sigma @ Q.T), found)


def test_alignment_is_one_for_a_number_that_says_the_word_and_small_for_noise():
    words = torch.stack([torch.arange(600) % 2, torch.arange(600) % 3, torch.arange(600) % 5], dim=1)
    Z = torch.cat([normal(600, 2), words[:, 1:2] * 2.0 - 1], dim=1)
    found = CHAPTER["alignment"](Z, words)
    assert found[1] > 0.999
    assert found[[0, 2]].max() < 0.05


# -- a small CLIP: sections 14.15 and 14.16 -------------------------------------------------------------------


@FEW
@given(n=SIZES, seed=st.integers(0, 99))
def test_infonce_is_torchs_cross_entropy_in_both_directions(n, seed):
    S = 30 * normal(n, n, seed=seed)
    own = torch.arange(n)
    expected = (F.cross_entropy(S, own) + F.cross_entropy(S.T, own)) / 2
    torch.testing.assert_close(CHAPTER["info_nce"](S), expected)
    torch.testing.assert_close(CHAPTER["info_nce"](S.T), expected)


def test_equal_captions_keep_the_loss_of_a_perfect_model_up():
    S = torch.full((5, 5), -200.0).double().fill_diagonal_(200.0)
    assert CHAPTER["info_nce"](S) < 1e-6
    S[1, 3] = S[3, 1] = 200.0
    torch.testing.assert_close(CHAPTER["info_nce"](S), torch.tensor(2 / 5 * math.log(2)).double())


@pytest.mark.parametrize("shape", [(3, 4), (3,), (2, 3, 3)])
def test_logits_that_are_not_square_are_told(shape):
    with pytest.raises(ValueError, match="are not square"):
        CHAPTER["info_nce"](torch.zeros(shape))


def test_words_are_counted_without_their_order_and_unknown_ones_are_told():
    counts = CHAPTER["word_counts"]
    torch.testing.assert_close(counts(["a red disc", "A disc red a"])[0] * 1.0, counts(["red a disc"])[0])
    assert counts(["a red disc", "A disc red a"])[1].sum() == 4
    with pytest.raises(ValueError, match="the model does not know the word 'purple'; it knows a, and"):
        counts(["a red disc", "a purple disc"])
    with pytest.raises(ValueError, match="caption 1 has no word"):
        counts(["a red disc", " "])


def test_captions_say_what_the_words_are():
    words = torch.tensor([[1, 0, 3], [0, 3, 2]])
    assert CHAPTER["described"](words, "the {2} is {0} and {1}") == [
        "the ring is large and red",
        "the triangle is small and yellow",
    ]


def test_every_batch_has_one_picture_of_each_kind_and_no_held_out_one():
    rng = torch.Generator().manual_seed(1)
    first, second = (CHAPTER["one_of_each"](rng) for _ in range(2))
    kinds = CHAPTER["KINDS"]
    assert kinds[first].unique().numel() == len(first) == 28
    assert (first != second).any()
    rows = CHAPTER["no_repeats"](rng)
    assert kinds[rows].unique().numel() == len(rows) < 28


def test_both_encoders_give_vectors_of_length_one_and_the_logits_are_scaled():
    torch.manual_seed(0)
    net = CHAPTER["SmallCLIP"]()
    x, counts = torch.rand(3, 588), CHAPTER["word_counts"](["a red disc", "the blue ring"])
    torch.testing.assert_close(net.see(x).norm(dim=1), torch.ones(3))
    torch.testing.assert_close(net.read(counts).norm(dim=1), torch.ones(2))
    assert net(x, counts).shape == (3, 2)
    torch.testing.assert_close(net(x, counts), 10 * net.see(x) @ net.read(counts).T)
    torch.testing.assert_close(net.read(2 * counts), net.read(counts))  # a mean over the words, not a sum
