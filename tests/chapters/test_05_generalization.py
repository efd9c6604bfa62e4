"""Chapter 5's functions against torch, NumPy or a loop, on sizes and values that the chapter does not show."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.chapter_code import definitions

CHAPTER = definitions("05_generalization")
SIZES = st.integers(1, 6)
FEW = settings(max_examples=30, deadline=None)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# -- folds and polynomials ----------------------------------------------------------------------------------------


@FEW
@given(n=st.integers(2, 30), share=st.floats(0, 1), seed=st.integers(0, 20))
def test_every_row_is_kept_once_and_never_trained_on(n, share, seed):
    k = 2 + round(share * (n - 2))
    folds = CHAPTER["k_folds"](n, k, torch.Generator().manual_seed(seed))
    assert len(folds) == k
    assert sorted(i for _, kept in folds for i in kept.tolist()) == list(range(n))
    assert max(len(kept) for _, kept in folds) - min(len(kept) for _, kept in folds) <= 1
    for train, kept in folds:
        assert sorted([*train.tolist(), *kept.tolist()]) == list(range(n))


@pytest.mark.parametrize(("n", "k"), [(5, 1), (5, 6)])
def test_impossible_folds_are_refused(n, k):
    with pytest.raises(ValueError, match="cannot be cut"):
        CHAPTER["k_folds"](n, k, torch.Generator())


@FEW
@given(n=st.integers(8, 20), degree=st.integers(0, 5), seed=st.integers(0, 50))
def test_polynomials_and_leave_one_out(n, degree, seed):
    x = torch.linspace(-1, 1, n, dtype=torch.float64) + 0.01 * normal(n, seed=seed)
    y = normal(n, seed=seed + 1)
    columns = np.polynomial.legendre.legvander(x.numpy(), degree)
    np.testing.assert_allclose(CHAPTER["legendre"](x, degree), columns, atol=1e-12)
    by_numpy = np.linalg.lstsq(columns, y.numpy(), rcond=None)[0]
    np.testing.assert_allclose(CHAPTER["fit_polynomial"](x, y, degree), by_numpy, atol=1e-8)
    by_loop = CHAPTER["cross_validate"](x, y, degree, n, torch.Generator())
    assert CHAPTER["leave_one_out"](x, y, degree) == pytest.approx(by_loop, rel=1e-5)


@FEW
@given(sizes=st.lists(st.integers(1, 4), min_size=2, max_size=8), share=st.floats(0, 1), seed=st.integers(0, 20))
def test_a_group_is_never_on_both_sides(sizes, share, seed):
    rng = torch.Generator().manual_seed(seed)
    groups = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes)) * 3 + 2
    groups = groups[torch.randperm(len(groups), generator=rng)]
    k = 2 + round(share * (len(sizes) - 2))
    folds = CHAPTER["grouped_folds"](groups, k, rng)
    assert len(folds) == k
    assert sorted(i for _, kept in folds for i in kept.tolist()) == list(range(len(groups)))
    for train, kept in folds:
        assert len(train) + len(kept) == len(groups)
        assert not set(groups[train].tolist()) & set(groups[kept].tolist())


def test_the_nearest_label_by_a_loop():
    X, y, new = normal(7, 3), torch.tensor([4, 1, 8, 2, 9, 0, 3]), normal(5, 3, seed=1)
    for row, label in zip(new, CHAPTER["nearest_label"](X, y, new), strict=True):
        assert label == y[min(range(7), key=lambda i: (X[i] - row).norm().item())]


@FEW
@given(d=SIZES, steps=st.integers(0, 12), lr=st.floats(0.01, 0.3), penalty=st.floats(0, 2), seed=st.integers(0, 50))
def test_stopped_and_penalised_weights_of_a_quadratic(d, steps, lr, penalty, seed):
    """Against the loop of gradient descent, and against a linear system."""
    h, w_star = normal(d, seed=seed).abs() + 0.1, normal(d, seed=seed + 1)
    w = torch.zeros(d).double()
    for _ in range(steps):
        w = w - lr * h * (w - w_star)
    torch.testing.assert_close(CHAPTER["stopped_weights"](h, w_star, lr, steps), w)
    system = torch.diag(h) + 2 * penalty * torch.eye(d).double()
    torch.testing.assert_close(
        CHAPTER["penalised_weights"](h, w_star, penalty), torch.linalg.solve(system, h * w_star)
    )


@FEW
@given(n=SIZES, classes=st.integers(2, 6), epsilon=st.floats(0, 0.9), seed=st.integers(0, 50))
def test_label_smoothing_is_torchs(n, classes, epsilon, seed):
    logits, y = normal(n, classes, seed=seed), torch.arange(n) % classes
    target = CHAPTER["smoothed"](y, classes, epsilon)
    torch.testing.assert_close(target.sum(dim=1), torch.ones(n).double())
    ours = -(target * logits.log_softmax(dim=1)).sum(dim=1).mean()
    torch.testing.assert_close(ours, F.cross_entropy(logits, y, label_smoothing=epsilon))


def test_label_noise_replaces_the_share_that_is_asked_for():
    y = torch.arange(20_000) % 10
    noisy = CHAPTER["with_label_noise"](y, 0.4, torch.Generator().manual_seed(0))
    assert (noisy != y).double().mean().item() == pytest.approx(0.36, abs=0.015)  # a tenth hits the truth
    assert torch.equal(CHAPTER["with_label_noise"](y, 0.0, torch.Generator()), y)


@pytest.mark.parametrize(("degree", "start"), [(6, 0.0), (6, 1.0), (9, 2.0)])
def test_an_interpolating_polynomial_passes_through_all_points(degree, start, monkeypatch):
    """On the training points themselves the error is zero, whatever the coefficients start from."""
    points = CHAPTER["noisy_wave"](5, torch.Generator().manual_seed(1))
    monkeypatch.setitem(CHAPTER, "noisy_wave", lambda n, rng: points)
    assert CHAPTER["interpolating_error"](degree, start, 0) < 1e-8


def test_the_leak_is_a_leak():
    """Choosing columns beforehand sees the kept labels: on noise, the two accuracies lie far apart."""
    rng = torch.Generator().manual_seed(0)
    X, y = torch.randn(60, 500, generator=rng), 2.0 * torch.randint(2, (60,), generator=rng) - 1
    leaky, sound = (CHAPTER["folded_accuracy"](X, y, inside, torch.Generator()) for inside in (False, True))
    assert leaky - sound > 0.15


# -- the rule ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gains", "helps", "hurts"),
    [
        ([0.1, 0.11, 0.1, 0.12, 0.1], True, False),
        ([0.1, 0.11, -0.01, 0.12, 0.1], False, False),
        ([0.01, 0.5, 0.02, 0.4, 0.01], False, False),
        ([-0.1, -0.11, -0.1, -0.12, -0.1], False, True),
        ([0.0] * 5, False, False),
    ],
)
def test_helps_means_five_of_five_and_two_deviations(gains, helps, hurts):
    verdict = CHAPTER["judge"]("a method", torch.tensor(gains))
    assert (verdict.helps, verdict.hurts) == (helps, hurts)


# -- five networks and their options ------------------------------------------------------------------------------


@FEW
@given(n=SIZES, hidden=SIZES, seed=st.integers(0, 50))
def test_five_networks_are_five_networks(n, hidden, seed):
    nets = CHAPTER["FiveNetworks"](torch.Generator().manual_seed(seed), hidden)
    X, y = normal(5, n, 64, seed=seed).float(), torch.arange(5 * n).reshape(5, n) % 10
    logits = nets.logits(X)
    for s in range(5):
        W1, b1, W2, b2 = (p[s] for p in nets.parameters)
        alone = F.linear(F.linear(X[s], W1.T, b1[0]).relu(), W2.T, b2[0])
        torch.testing.assert_close(logits[s], alone, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(
            CHAPTER["losses"](logits, y)[s], F.cross_entropy(alone, y[s]), rtol=1e-4, atol=1e-4
        )
    squares = [sum((p[s] ** 2).sum() for p in nets.parameters[::2]) for s in range(5)]
    torch.testing.assert_close(nets.squared_weights(), torch.stack(squares))


@FEW
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=12),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.5, 1.5]),
)
def test_the_stopper_against_a_look_back(losses, patience, min_delta):
    """A loop that looks at the whole list so far at every step."""
    stopper, weight = CHAPTER["EarlyStopper"](patience, min_delta), torch.zeros(1)
    best = [0]
    for i, loss in enumerate(losses):
        if loss < losses[best[-1]] - min_delta:
            best.append(i)
        weight += 1
        assert stopper.see(float(loss), [weight]) == (i - best[-1] >= patience)
        assert stopper.best_step == best[-1]
        assert stopper.best_weights[0].item() == best[-1] + 1  # a copy, though `weight` changes in place


@FEW
@given(n=SIZES, d=SIZES, penalty=st.floats(0, 2), seed=st.integers(0, 50))
def test_the_penalty_and_sgds_weight_decay(n, d, penalty, seed):
    w = normal(n, d, seed=seed).requires_grad_()
    grad = normal(n, d, seed=seed + 1)
    expected = torch.autograd.grad((w * grad).sum() + penalty * (w**2).sum(), w)[0]
    mine = CHAPTER["penalised_gradient"](grad, w.detach(), penalty)
    torch.testing.assert_close(mine, expected)
    before, w.grad = w.detach().clone(), grad
    torch.optim.SGD([w], lr=0.1, weight_decay=2 * penalty).step()
    torch.testing.assert_close(w.detach(), before - 0.1 * mine)


@FEW
@given(steps=st.integers(1, 6), lr=st.floats(0.001, 0.5), decay=st.floats(0, 2), seed=st.integers(0, 50))
def test_adamw_is_torchs(steps, lr, decay, seed):
    w, m, v = normal(3, 2, seed=seed), torch.zeros(3, 2).double(), torch.zeros(3, 2).double()
    theirs = w.clone().requires_grad_()
    optimizer = torch.optim.AdamW([theirs], lr=lr, weight_decay=decay)
    for t in range(1, steps + 1):
        theirs.grad = normal(3, 2, seed=seed + t)
        w, m, v = CHAPTER["adamw_step"](w, theirs.grad, m, v, t, lr, decay)
        optimizer.step()
    torch.testing.assert_close(w, theirs.detach())


@pytest.mark.parametrize("p", [0.0, 0.2, 0.75])
def test_dropout_has_two_values_and_keeps_the_mean(p):
    mask = CHAPTER["dropout_mask"]((400, 300), p, torch.Generator().manual_seed(0))
    kept = torch.tensor(1 / (1 - p))
    assert set(mask.unique().tolist()) <= {0.0, kept.item()}
    assert mask.mean().item() == pytest.approx(1, abs=0.02)
    assert (mask == 0).float().mean().item() == pytest.approx(p, abs=0.01)
    with pytest.raises(ValueError, match="probability"):
        CHAPTER["dropout_mask"]((2, 2), 1.0, torch.Generator())


def test_a_redrawn_set_holds_the_same_pairs():
    """A bootstrap draw keeps each image with its own label, and leaves about a third out."""
    X = torch.arange(5 * 400.0).reshape(5, 400, 1).expand(5, 400, 64)
    drawn = CHAPTER["redrawn"](CHAPTER["Labelled"](X, X[..., 0].long()), torch.Generator().manual_seed(0))
    assert torch.equal(drawn.X[..., 0].long(), drawn.y)
    for s in range(5):
        assert drawn.y[s].min() >= 400 * s
        assert drawn.y[s].max() < 400 * (s + 1)
        assert len(drawn.y[s].unique()) / 400 == pytest.approx(0.632, abs=0.06)


# -- augmentation -------------------------------------------------------------------------------------------------


@FEW
@given(n=SIZES, h=st.integers(2, 6), w=st.integers(2, 6), seed=st.integers(0, 50))
def test_warp_is_torchs(n, h, w, seed):
    images, theta = normal(n, h, w, seed=seed).float(), normal(n, 2, 3, seed=seed + 1).float()
    grid = F.affine_grid(theta, [n, 1, h, w], align_corners=False)
    expected = F.grid_sample(images[:, None], grid, align_corners=False)[:, 0]
    torch.testing.assert_close(CHAPTER["warp"](images, theta), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("change", ["geometric", "photometric", "gentle"])
def test_changes_keep_the_shape_and_are_new_every_time(change):
    X, rng = normal(2, 3, 64).float(), torch.Generator().manual_seed(0)
    first, second = (CHAPTER[change](X, rng) for _ in range(2))
    assert first.shape == X.shape
    assert not torch.allclose(first, second)


def test_a_turn_by_nothing_leaves_the_middle_and_a_half_turn_reverses():
    """What is left without turn and shift is a scale of up to a tenth; it cannot reach the middle of a disc."""
    disc = (CHAPTER["pixel_centres"](8, 8)[:, :2].norm(dim=1) < 0.75).float().expand(6, 64)
    for degrees in (0.0, 180.0):
        changed = CHAPTER["geometric"](disc, torch.Generator().manual_seed(0), degrees, 0.0).reshape(6, 8, 8)
        torch.testing.assert_close(changed[:, 3:5, 3:5], torch.ones(6, 2, 2))
        assert changed[:, 0, 0].max() < 0.1


def test_the_rare_class_is_rare_and_another_one_for_each_network():
    data = CHAPTER["with_rare"](8, 4, None)
    for s in range(5):
        assert (data.y[s] == (8 + s) % 10).sum() == 15
    for s, k in itertools.product(range(5), range(400, 403)):
        copies = (data.X[s, 403:] == data.X[s, k]).all(dim=1).sum()
        assert copies == 4


def test_mutations_are_caught():
    """The comparisons above can fail: a stopper without copies, a penalty without its factor."""
    stopper = CHAPTER["EarlyStopper"](3)
    weight = torch.ones(1)
    stopper.see(1.0, [weight])
    stopper.best_weights = [weight]  # the slip
    weight += 1
    assert stopper.best_weights[0].item() != 1
    w, grad = normal(3), normal(3, seed=1)
    assert not torch.allclose(CHAPTER["penalised_gradient"](grad, w, 0.3), grad + 0.3 * w)
