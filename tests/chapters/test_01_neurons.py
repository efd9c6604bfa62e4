"""Chapter 1's functions against torch or a loop, on sizes and values that the chapter does not show."""

from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.support.chapter_code import definitions

CHAPTER = definitions("01_neurons")
SIZES = st.integers(1, 6)
SEEDS = st.integers(0, 1000)
FEW = settings(max_examples=40, deadline=None)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@FEW
@given(st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=1, max_size=6), st.integers(-2, 2))
def test_both_perceptrons_on_whole_numbers_where_sums_are_often_zero(rows, b):
    w = [1, -2, 1]
    X = torch.tensor(rows, dtype=torch.float64)
    sums = [b + sum(i * j for i, j in zip(w, row, strict=True)) for row in rows]
    weights = torch.tensor(w, dtype=torch.float64)
    assert CHAPTER["perceptron"](X, weights, b).tolist() == [float(z >= 0) for z in sums]
    assert CHAPTER["perceptron_signs"](X, weights, b).tolist() == [1.0 if z > 0 else -1.0 for z in sums]
    assert CHAPTER["by_loop"](X, weights, b) == [float(z >= 0) for z in sums]


@FEW
@given(n=SIZES, d=SIZES, seed=SEEDS)
def test_the_distance_is_that_of_the_nearest_point(n, d, seed):
    X, w, b = normal(n, d, seed=seed), normal(d, seed=seed + 1), 0.7
    foot = X - CHAPTER["distance"](X, w, b)[:, None] * w / w.norm()
    torch.testing.assert_close(foot @ w + b, torch.zeros(n, dtype=torch.float64))
    torch.testing.assert_close(CHAPTER["with_one"](X) @ torch.cat([torch.tensor([b]).double(), w]), X @ w + b)


@FEW
@given(seed=SEEDS, d=SIZES)
def test_learning_stops_when_all_is_right_within_the_bound(seed, d):
    """Points on two sides of a hyperplane, with a margin: the corrections obey Novikoff's bound."""
    u = normal(d + 1, seed=seed)
    u /= u.norm()
    X = CHAPTER["with_one"](normal(30, d, seed=seed + 1))
    far = X[(X @ u).abs() > 0.2]
    targets = torch.where(far @ u > 0, 1.0, -1.0).double()
    start = torch.zeros(d + 1, dtype=torch.float64)
    history = CHAPTER["train"](far, targets, start, 1.0, CHAPTER["sign_of"], epochs=5000)
    assert history.mistakes[-1] == 0
    assert (len(history.weights) - 1) <= (far.norm(dim=1).max() / 0.2) ** 2
    assert torch.equal(torch.where(far @ history.weights[-1] > 0, 1.0, -1.0).double(), targets)


@FEW
@given(seed=SEEDS, epochs=st.integers(1, 4))
def test_the_gate_and_the_error_are_one_rule(seed, epochs):
    X, y = CHAPTER["with_one"](normal(12, 3, seed=seed)), (normal(12, seed=seed + 1) > 0).double()
    start = normal(4, seed=seed + 2)
    gated = CHAPTER["train"](X, 2 * y - 1, start, 0.3, CHAPTER["sign_of"], epochs)
    by_error = CHAPTER["train_by_error"](X, y, start, 0.3, epochs)
    torch.testing.assert_close(gated.weights[-1], by_error)


def test_a_rule_without_negative_targets_never_lowers_a_weight():
    X = CHAPTER["with_one"](CHAPTER["BITS"])
    nand = torch.tensor([1, 1, 1, 0], dtype=torch.float64)
    weights = CHAPTER["train"](X, nand, normal(3), 0.1, CHAPTER["bit_of"], 50).weights
    assert all((after >= before).all() for before, after in pairwise(weights))


def test_hebb_has_no_target():
    w, x = normal(3), normal(3, seed=1)
    torch.testing.assert_close(CHAPTER["hebb"](w, x, 2.0, 0.5), w + x)


@FEW
@given(sizes=st.lists(SIZES, min_size=2, max_size=5), n=SIZES, seed=SEEDS)
def test_layers_are_torchs_and_linear_ones_collapse(sizes, n, seed):
    rng = torch.Generator().manual_seed(seed)
    layers = [CHAPTER["random_layer"](a, b, torch.tanh, rng) for a, b in pairwise(sizes)]
    X = normal(n, sizes[0], seed=seed)
    expected = X
    for layer in layers:
        expected = nn.functional.linear(expected, layer.W, layer.b).tanh()
    torch.testing.assert_close(CHAPTER["forward"](layers, X), expected)
    linear = [layer._replace(f=CHAPTER["identity"]) for layer in layers]
    single = reduce(CHAPTER["merged"], linear)
    torch.testing.assert_close(CHAPTER["forward"]([single], X), CHAPTER["forward"](linear, X))


@FEW
@given(st.permutations(list("abcd")), SEEDS)
def test_a_graph_may_be_written_in_any_order(order, seed):
    weights = normal(4, 2, seed=seed).tolist()
    inputs = {"a": ("x", "y"), "b": ("a", "x"), "c": ("a", "b"), "d": ("c", "y")}
    graph = {k: CHAPTER["Gate"](inputs[k], weights["abcd".index(k)], 0.1) for k in order}
    answers = CHAPTER["evaluate"](graph, {"x": 1.0, "y": -1.0})
    for name, (left, right) in inputs.items():
        w = weights["abcd".index(name)]
        assert answers[name] == float(0.1 + w[0] * answers[left] + w[1] * answers[right] >= 0)


@FEW
@given(m=st.integers(1, 12), seed=SEEDS)
def test_relus_go_through_the_points(m, seed):
    xs = (normal(m + 1, seed=seed).abs() + 0.05).cumsum(0)
    ys = normal(m + 1, seed=seed + 1)
    x = xs[0] + (xs[-1] - xs[0]) * torch.rand(20, dtype=torch.float64)
    got = CHAPTER["forward"](CHAPTER["through_points"](xs, ys), x[:, None])[:, 0]
    np.testing.assert_allclose(got, np.interp(x, xs, ys), atol=1e-9)


@FEW
@given(n=st.integers(1, 30), piece=st.floats(0, 0.999), across=st.floats(0.01, 0.99))
def test_bumps_are_as_high_as_the_middle_of_their_piece(n, piece, across):
    net = CHAPTER["bumps"](torch.sin, -2, 2, n, CHAPTER["threshold"])
    i, width = int(piece * n), 4 / n
    x = torch.tensor([[-2 + (i + across) * width]], dtype=torch.float64)
    middle = np.sin(-2 + (i + 0.5) * width)
    assert CHAPTER["forward"](net, x).item() == pytest.approx(middle, abs=1e-9)


@pytest.mark.parametrize("k", [1, 4, 8])
def test_composed_tents_double_the_pieces(k):
    x = torch.linspace(0, 1, 2 ** (k + 2) + 1, dtype=torch.float64)
    y = CHAPTER["forward"](CHAPTER["composed_tents"](k), x[:, None])[:, 0]
    assert CHAPTER["linear_pieces"](x, y) == 2**k
    assert set(y[:: 2 ** (k + 2) // 2**k].tolist()) == {0.0, 1.0}  # it goes all the way up and down
    assert CHAPTER["linear_pieces"](x, x) == 1


@pytest.mark.parametrize("n", [1, 3, 6])
def test_both_networks_know_parity(n):
    settings_ = torch.cartesian_prod(*[torch.arange(2.0).double()] * n).reshape(-1, n)
    odd = settings_.sum(1) % 2
    for net in (CHAPTER["one_for_each"](settings_[odd == 1]), CHAPTER["parity_by_counting"](n)):
        assert torch.equal(CHAPTER["forward"](net, settings_)[:, 0], odd)


@FEW
@given(sizes=st.lists(st.integers(1, 40), min_size=2, max_size=5), n=SIZES)
def test_costs_are_those_of_torchs_network(sizes, n):
    net = nn.Sequential(*[nn.Linear(a, b) for a, b in pairwise(sizes)])
    assert CHAPTER["count_parameters"](sizes) == sum(p.numel() for p in net.parameters())
    assert CHAPTER["macs_seen"](net, torch.zeros(n, sizes[0])) == n * CHAPTER["count_macs"](sizes)
    assert not any(m._forward_hooks for m in net.modules())  # the hooks are gone


@FEW
@given(sizes=st.lists(st.integers(1, 7), min_size=2, max_size=4), seed=SEEDS)
def test_numbers_that_count_give_torchs_outputs_and_the_formula(sizes, seed):
    layers = [nn.Linear(a, b).double() for a, b in pairwise(sizes)]
    x, counted = normal(sizes[0], seed=seed), CHAPTER["OPERATIONS"]
    counted.clear()
    output = CHAPTER["by_numbers"](layers, x.tolist())
    expected = x
    for i, layer in enumerate(layers):
        expected = layer(expected.relu() if i else expected)
    torch.testing.assert_close(torch.tensor(output, dtype=torch.float64), expected.detach())
    assert [counted.count(kind) for kind in ("multiplication", "addition")] == [CHAPTER["count_macs"](sizes)] * 2


@pytest.mark.parametrize(("n", "largest", "known"), [(1, 1, 4), (2, 1, 14), (3, 2, 104)])
def test_the_truth_tables_of_neurons(n, largest, known):
    assert CHAPTER["separable_tables"](n, largest) == known


def test_activations_of_many_networks_are_those_of_each():
    torch.manual_seed(3)
    parts = CHAPTER["random_starts"](5, width=3)
    x = normal(7, 1)
    *hidden, output = CHAPTER["all_activations"](parts, x)
    for k in range(5):
        a = x
        for i, (W, b) in enumerate(zip(parts[::2], parts[1::2], strict=True)):
            a = nn.functional.linear(a, W[k], b[k])
            a = a if i == 4 else a.relu()
            torch.testing.assert_close((*hidden, output)[i][k], a)


def test_the_solution_without_noise_has_no_error():
    parts = CHAPTER["near_the_solution"](2, 0.0)
    torch.testing.assert_close(CHAPTER["all_activations"](parts, CHAPTER["POINTS"])[-1][1], CHAPTER["ZIGZAG"])


def test_training_lowers_the_error_and_leaves_the_start_alone():
    x = torch.linspace(-2, 2, 32, dtype=torch.float64)[:, None]
    weights = CHAPTER["random_relus"](6, torch.Generator().manual_seed(2))
    before = [w.clone() for w in weights]
    errors = [CHAPTER["trained_error"](x, weights, steps) for steps in (1, 100)]
    assert errors[1] < errors[0]
    assert all(torch.equal(a, b) for a, b in zip(weights, before, strict=True))
    w, b, v, c = weights
    start = ((x * w + b).relu() @ v + c - CHAPTER["waves"](x[:, 0])).square().mean()
    assert errors[0] == pytest.approx(start.item())
    assert CHAPTER["fitted_error"](x, w, b) <= start
