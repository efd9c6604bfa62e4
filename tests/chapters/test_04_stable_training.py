"""Chapter 4's functions against torch or a loop, on sizes and values that the chapter does not show."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.chapter_code import definitions

CHAPTER = definitions("04_stable_training")
SIZES = st.integers(1, 6)
FEW = settings(max_examples=40, deadline=None)


def normal(*size: int, seed: int = 0, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# -- activations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHAPTER["ACTIVATIONS"])
@FEW
@given(n=SIZES, d=SIZES, scale=st.sampled_from([1e-12, 0.1, 1.0, 30.0, 900.0]), seed=st.integers(0, 50))
def test_activations_and_slopes(name, n, d, scale, seed):
    z = normal(n, d, seed=seed, scale=scale).requires_grad_()
    expected = CHAPTER["BY_TORCH"][name](z)
    f, slope = CHAPTER["ACTIVATIONS"][name]
    tiny = 1e-14 if name in ("GELU", "softplus") else 0  # torch's own cancel digits far below zero
    torch.testing.assert_close(f(z.detach()), expected.detach(), rtol=1e-7, atol=tiny)
    torch.testing.assert_close(slope(z.detach()), torch.autograd.grad(expected.sum(), z)[0], rtol=1e-7, atol=1e-9)


def test_a_slope_has_the_precision_of_its_input():
    slope = CHAPTER["leaky"](0.01).slope(torch.tensor([-1.0], dtype=torch.float64))
    assert slope.dtype == torch.float64
    assert slope.item() == 0.01  # and not 0.01 in single precision


@pytest.mark.parametrize("alpha", [0.3, 1.0, 2.5])
def test_the_elus_alpha_and_the_leaky_slope(alpha):
    z = normal(4, 5)
    torch.testing.assert_close(CHAPTER["elu"](alpha).f(z), F.elu(z, alpha))
    torch.testing.assert_close(CHAPTER["leaky"](alpha).f(z), F.leaky_relu(z, alpha))


def test_the_tanh_slip_is_a_slip():
    """What the chapter's check catches is really wrong, and its own tanh keeps small numbers."""
    assert CHAPTER["tanh_as_printed"](torch.tensor([800.0]).double()).isnan().all()
    assert CHAPTER["tanh"](torch.tensor([1e-20]).double()).item() == pytest.approx(1e-20)


@FEW
@given(n=SIZES, d=SIZES, slope=st.floats(0, 1), seed=st.integers(0, 50))
def test_the_parametric_slopes_gradient(n, d, slope, seed):
    z, dL_df = normal(n, d, seed=seed), normal(n, d, seed=seed + 100)
    a = torch.tensor([slope], dtype=torch.float64, requires_grad=True)
    expected = torch.autograd.grad(F.prelu(z, a), a, dL_df)[0][0]
    torch.testing.assert_close(CHAPTER["prelu_gradient"](z, dL_df), expected)


def test_the_randomised_relu_stays_within_its_bounds():
    z, rng = -torch.ones(50, 40, dtype=torch.float64), torch.Generator().manual_seed(0)
    slopes = -CHAPTER["randomised_relu"](z, True, rng)
    assert slopes.min() >= 1 / 8
    assert slopes.max() <= 1 / 3
    assert slopes.std() > 0.05
    torch.testing.assert_close(CHAPTER["randomised_relu"](z, False, rng), F.rrelu(z, training=False))


@FEW
@given(n=SIZES, h=SIZES, seed=st.integers(0, 50))
def test_the_dead_are_counted_as_a_loop_counts_them(n, h, seed):
    z = normal(n, h, seed=seed) - 0.7
    z[:, 0] = 0
    dead = sum(all(z[i, j] <= 0 for i in range(n)) for j in range(h))
    assert CHAPTER["dead_fraction"](z) == pytest.approx(dead / h)


# -- weights ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n_in", "n_out"), [(300, 500), (900, 100)])
def test_the_rules_are_torchs(n_in, n_out):
    empty = torch.empty(n_out, n_in, dtype=torch.float64)
    for rule, by_torch in (("he_std", torch.nn.init.kaiming_normal_), ("xavier_std", torch.nn.init.xavier_normal_)):
        options = {"nonlinearity": "relu"} if rule == "he_std" else {}
        drawn = by_torch(empty, generator=torch.Generator().manual_seed(0), **options)
        assert CHAPTER[rule](n_in, n_out) == pytest.approx(drawn.std().item(), rel=0.02)
    weights = CHAPTER["normal_weights"](n_in, n_out, 0.3, torch.Generator().manual_seed(0))
    assert weights.shape == (n_out, n_in)
    assert weights.std().item() == pytest.approx(0.3, rel=0.02)


@pytest.mark.parametrize("rule", ["He", "Xavier"])
def test_he_and_xavier_keep_what_they_promise(rule):
    """Five layers of 400: ReLU's mean square under He's rule and a linear signal under Xavier's stay at one."""
    f = torch.relu if rule == "He" else torch.clone
    sizes = [CHAPTER["size_at_depth"](f, CHAPTER["RULES"][rule], seed, [400] * 6) for seed in range(4)]
    expected = (1 - 1 / math.pi) ** 0.5 if rule == "He" else 1.0  # the std of relu when its mean square is one
    assert sum(sizes) / 4 == pytest.approx(expected, rel=0.1)


# -- batch normalisation ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("images", [False, True])
@FEW
@given(batches=st.lists(st.integers(2, 6), min_size=1, max_size=3), d=SIZES, seed=st.integers(0, 50))
def test_batch_normalisation_is_torchs(images, batches, d, seed):
    ours = CHAPTER["BatchNorm2d" if images else "BatchNorm1d"](d)
    theirs = (torch.nn.BatchNorm2d if images else torch.nn.BatchNorm1d)(d).double()
    ours.gamma, ours.beta = normal(d, seed=seed), normal(d, seed=seed + 1)
    sizes = [(n, d, 2, 3) if images else (n, d) for n in batches]
    data = [2 + 3 * normal(*size, seed=seed + i) for i, size in enumerate(sizes)]
    CHAPTER["compare_with_torch"](ours, theirs, data, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("slip", ["biased memory", "no mean in backward", "eps outside"])
def test_mutations_of_batch_normalisation_are_caught(slip, monkeypatch):
    layer = CHAPTER["BatchNorm1d"]
    if slip == "biased memory":
        original = layer.remember
        monkeypatch.setattr(layer, "remember", lambda self, mean, var, n: original(self, mean, var * (n - 1) / n, n))
    elif slip == "no mean in backward":
        original = layer.backward
        monkeypatch.setattr(layer, "backward", lambda self, dY: original(self, dY) + dY.mean(0))
    else:
        original = layer.forward
        monkeypatch.setattr(layer, "forward", lambda self, X, training: original(self, X, training) * (1 + 1e-4))
    with pytest.raises(CHAPTER["check"].CheckFailed):
        CHAPTER["compare_with_torch"](
            layer(3), torch.nn.BatchNorm1d(3).double(), [normal(4, 3)], torch.Generator().manual_seed(0)
        )


def test_one_row_cannot_be_trained_on():
    with pytest.raises(ValueError, match="at least two rows"):
        CHAPTER["BatchNorm1d"](3).forward(normal(1, 3), training=True)


# -- the rest -----------------------------------------------------------------------------------------------------


@FEW
@given(n=SIZES, d=SIZES, seed=st.integers(0, 50))
def test_layer_normalisation_is_torchs(n, d, seed):
    X, gamma, beta = 2 + 3 * normal(n, d, seed=seed), normal(d, seed=seed + 1), normal(d, seed=seed + 2)
    expected = F.layer_norm(X, (d,), gamma, beta)
    torch.testing.assert_close(CHAPTER["layer_norm"](X, gamma, beta), expected)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_group_normalisation_is_torchs(groups):
    X, gamma, beta = 2 + 3 * normal(4, 6, 5, 3), normal(6, seed=1), normal(6, seed=2)
    expected = F.group_norm(X, groups, gamma, beta)
    torch.testing.assert_close(CHAPTER["group_norm"](X, groups, gamma, beta), expected)


def test_the_correction_frees_the_running_statistics_of_their_first_values():
    """After batches that are all alike, the corrected statistics are those of one batch."""
    X, layer = 3 + 2 * normal(8, 5), torch.nn.BatchNorm1d(5).double()
    for _ in range(4):
        layer(X)
    (freed,) = CHAPTER["corrected"](torch.nn.Sequential(layer), 4)
    torch.testing.assert_close(freed.running_mean, X.mean(0))
    torch.testing.assert_close(freed.running_var, X.var(0))
    assert not torch.allclose(layer.running_mean, X.mean(0))


@FEW
@given(n=SIZES, hidden=SIZES, seed=st.integers(0, 50))
def test_the_gradients_have_the_right_shapes(n, hidden, seed):
    shapes = ((hidden, 2), (hidden,), (1, hidden), (1,))
    parameters = [normal(*shape, seed=seed + i) for i, shape in enumerate(shapes)]
    found = CHAPTER["gradients"](parameters, torch.tanh, normal(n, 2), (normal(n) > 0).double())
    assert [tuple(g.shape) for g in found] == list(shapes)


@pytest.mark.parametrize("hidden", [2, 5])
def test_a_sigmoid_network_can_start_as_a_tanh_network(hidden):
    nets = []
    for f in (torch.nn.Sigmoid, torch.nn.Tanh):
        rng = torch.Generator().manual_seed(3)
        net = CHAPTER["deep_net"](rng, f, None, 1.0, hidden, 16).double()
        for layer in net[::2]:
            torch.nn.init.normal_(layer.bias, generator=rng)
        nets.append(net)
    X = normal(7, 64)
    assert not torch.allclose(nets[0](X), nets[1](X))
    torch.testing.assert_close(CHAPTER["like_tanh"](nets[0])(X), nets[1](X))
