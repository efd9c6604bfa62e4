"""Chapter 2 against torch or a formula, on sizes and values that the chapter does not show."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.chapter_code import definitions

CHAPTER = definitions("02_optimization")
SIZES = st.integers(1, 5)
SEEDS = st.integers(0, 1000)
FEW = settings(max_examples=25, deadline=None)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def both_runs(ours, make, m: int, d: int, seed: int, steps: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    """The iterates on a log-cosh loss in d dimensions with one of ours, and with one of torch's."""
    A, c, start = normal(m, d, seed=seed), normal(m, seed=seed + 1), normal(d, seed=seed + 2)
    mine = CHAPTER["trajectory"](ours, CHAPTER["log_cosh_gradient"](A, c), start, steps)
    theirs = CHAPTER["by_torch"](make, lambda w: CHAPTER["log_cosh_loss"](w, A, c), start, steps)
    return mine, theirs


OPTIMISERS = {
    "GradientDescent": lambda eta, a: (CHAPTER["GradientDescent"](eta), lambda p: torch.optim.SGD(p, lr=eta)),
    "Momentum": lambda eta, a: (CHAPTER["Momentum"](eta, a), lambda p: torch.optim.SGD(p, lr=eta, momentum=a)),
    "AdaGrad": lambda eta, a: (CHAPTER["AdaGrad"](eta), lambda p: torch.optim.Adagrad(p, lr=eta)),
    "RMSProp": lambda eta, a: (CHAPTER["RMSProp"](eta, a), lambda p: torch.optim.RMSprop(p, lr=eta, alpha=a)),
    "Adam": lambda eta, a: (CHAPTER["Adam"](eta, a, 0.98), lambda p: torch.optim.Adam(p, lr=eta, betas=(a, 0.98))),
}


@pytest.mark.parametrize("name", OPTIMISERS)
@FEW
@given(m=SIZES, d=SIZES, seed=SEEDS, eta=st.sampled_from([0.01, 0.1]), a=st.sampled_from([0.5, 0.9]))
def test_optimisers_are_torchs(name, m, d, seed, eta, a):
    mine, theirs = both_runs(*OPTIMISERS[name](eta, a), m, d, seed)
    torch.testing.assert_close(mine, theirs, rtol=1e-8, atol=1e-10)


@FEW
@given(m=SIZES, d=SIZES, seed=SEEDS, eta=st.sampled_from([0.01, 0.1]), a=st.sampled_from([0.0, 0.5, 0.9]))
def test_three_forms_of_nesterov_are_one(m, d, seed, eta, a):
    torchs = lambda p: torch.optim.SGD(p, lr=eta, momentum=a, nesterov=a > 0)  # noqa: E731
    mine, theta = both_runs(CHAPTER["Nesterov"](eta, a), torchs, m, d, seed)
    A, c, start = normal(m, d, seed=seed), normal(m, seed=seed + 1), normal(d, seed=seed + 2)
    own_form = CHAPTER["nesterov_1983"](eta, a, CHAPTER["log_cosh_gradient"](A, c), start, 12)
    torch.testing.assert_close(mine, own_form, rtol=1e-8, atol=1e-10)
    velocity = torch.cat([torch.zeros(1, d).double(), mine.diff(dim=0)])
    torch.testing.assert_close(mine + a * velocity, theta, rtol=1e-8, atol=1e-10)


def test_the_race_has_its_counts():
    """The numbers of sections 2.3 to 2.10, and that a rate beyond the limit never arrives."""
    needed, root = CHAPTER["steps_needed"], 9 / 11
    counted = [
        needed(CHAPTER["GradientDescent"](2 / 101)),
        needed(CHAPTER["GradientDescent"](0.01)),
        needed(CHAPTER["Momentum"](4 / 121, root**2)),
        needed(CHAPTER["Nesterov"](0.01, root)),
        needed(CHAPTER["Momentum"](0.01, 0.9)),
        needed(CHAPTER["Nesterov"](0.01, 0.9)),
        needed(CHAPTER["GradientDescent"](0.0201), most=300),
    ]
    assert counted == [461, 882, 69, 108, 162, 99, 300]


@FEW
@given(d=SIZES, seed=SEEDS)
def test_the_limit_of_the_rate_is_two_over_the_largest_curvature(d, seed):
    B, start = normal(d + 3, d, seed=seed), normal(d, seed=seed + 1)
    hessian = B.T @ B
    h = torch.linalg.eigvalsh(hessian).max().item()
    assert CHAPTER["converges"](hessian, 1.9 / h, start)
    assert not CHAPTER["converges"](hessian, 2.1 / h, start, steps=20_000)


@FEW
@given(n=SIZES, d=SIZES, seed=SEEDS)
def test_gradients_of_examples_are_those_of_autograd(n, d, seed):
    X, w, y = normal(n, d, seed=seed), normal(d, seed=seed + 1), (normal(n, seed=seed + 2) > 0).double()
    each = CHAPTER["example_gradients"](w, X, y)
    for i in range(n):
        leaf = w.clone().requires_grad_()
        expected = torch.autograd.grad(CHAPTER["logistic_loss"](leaf, X[i : i + 1], y[i : i + 1]), leaf)[0]
        torch.testing.assert_close(each[i], expected)
    batch = torch.tensor([0, n - 1, 0])
    torch.testing.assert_close(CHAPTER["batch_gradient"](w, X, y, batch), (2 * each[0] + each[n - 1]) / 3)


@FEW
@given(n=st.integers(1, 20), M=st.integers(1, 25), seed=SEEDS)
def test_an_epoch_of_batches_shows_every_example_once(n, M, seed):
    source = CHAPTER["batches"](n, M, torch.Generator().manual_seed(seed))
    for _ in range(2):
        seen: list[int] = []
        while len(seen) < n:
            batch = next(source)
            assert 1 <= len(batch) <= M
            seen += batch.tolist()
        assert sorted(seen) == list(range(n))


@FEW
@given(x=st.floats(-2, 2), y=st.floats(-2, 2))
def test_the_double_well_has_its_gradient(x, y):
    w = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
    expected = torch.autograd.grad(CHAPTER["double_well"](w), w)[0]
    torch.testing.assert_close(CHAPTER["double_well_gradient"](w.detach()), expected)


@FEW
@given(k=st.integers(1, 9), gamma=st.floats(0.1, 0.9), T=st.integers(2, 30))
def test_schedules_are_torchs(k, gamma, T):
    schedulers = torch.optim.lr_scheduler
    ours = [CHAPTER["step_decay"](0.4, gamma, k), CHAPTER["cosine_decay"](0.4, T)]
    theirs = [lambda o: schedulers.StepLR(o, k, gamma), lambda o: schedulers.CosineAnnealingLR(o, T)]
    for rate, make in zip(ours, theirs, strict=True):
        assert [rate(t) for t in range(T)] == pytest.approx(CHAPTER["rates_of_torch"](make, T))


def test_warm_up_reaches_the_full_rate_and_keeps_it():
    rate = CHAPTER["with_warm_up"](lambda t: 2.0, 4)
    assert [rate(t) for t in range(6)] == [0.5, 1.0, 1.5, 2.0, 2.0, 2.0]


@FEW
@given(alpha=st.floats(0, 0.97), look_ahead=st.booleans(), h=st.floats(0.1, 30))
def test_momentum_diverges_at_the_limits(alpha, look_ahead, h):
    """Eq. 2.16: by the chapter's roots, and by running its optimisers."""
    limit = 2 * (1 + alpha) / (1 + 2 * alpha * look_ahead)
    assert CHAPTER["largest_root"](0.99 * limit, alpha, look_ahead) < 1
    assert CHAPTER["largest_root"](1.01 * limit, alpha, look_ahead) > 1
    kind, one = CHAPTER["Nesterov" if look_ahead else "Momentum"], torch.ones(1, dtype=torch.float64)
    for factor in (0.9, 1.1):
        path = CHAPTER["trajectory"](kind(factor * limit / h, alpha), lambda w: h * w, one, 3000)
        assert (path[-1].abs().item() < 1) == (factor < 1)


def test_the_map_of_settings_agrees_with_single_runs():
    alphas, etas = CHAPTER["ALPHAS"], CHAPTER["ETAS"]
    h = torch.logspace(0, 2, 20, dtype=torch.float64)
    for look_ahead, kind in ((False, "Momentum"), (True, "Nesterov")):
        plane = CHAPTER["steps_on_the_plane"](look_ahead, most=200)
        for i, j in ((45, 20), (40, 25), (30, 30), (10, 59), (49, 45)):
            optimiser = CHAPTER[kind](etas[j].item(), alphas[i].item())
            loss = lambda w: (h * w**2).sum()  # noqa: E731
            count = CHAPTER["steps_needed"](optimiser, lambda w: h * w, h.rsqrt(), loss, most=201)
            assert count == (201 if plane[i, j].isnan() else plane[i, j])


@FEW
@given(degrees=st.floats(0, 90))
def test_a_rotated_quadratic_keeps_its_curvatures(degrees):
    hessian, start = CHAPTER["rotated"](degrees)
    torch.testing.assert_close(torch.linalg.eigvalsh(hessian), torch.tensor([1, 1e4]).double())
    torch.testing.assert_close(start @ hessian @ start, torch.tensor(10_004).double())


def test_networks_side_by_side_are_those_of_torch():
    """Losses, and the gradients of each row alone, on sizes that the chapter does not show."""
    X, y = normal(7, 64), torch.arange(7) % 10
    w = torch.cat([CHAPTER["initial_weights"](seed) for seed in (3, 4, 5)]).requires_grad_()
    losses = CHAPTER["losses"](w, X, y)
    gradients = torch.autograd.grad(losses.sum(), w)[0]
    for seed, loss, gradient in zip((3, 4, 5), losses, gradients, strict=True):
        net = CHAPTER["network"](seed)
        expected = torch.nn.functional.cross_entropy(net(X), y)
        expected.backward()
        torch.testing.assert_close(loss, expected)
        torch.testing.assert_close(gradient, torch.cat([p.grad.reshape(-1) for p in net.parameters()]))


def test_the_loss_on_a_line_begins_and_ends_with_that_of_its_ends():
    a, b = CHAPTER["initial_weights"](1), CHAPTER["initial_weights"](2)
    names = CHAPTER["loss_on_line"].__globals__
    names["DIGITS"] = type("Digits", (), {"X_train": normal(9, 64), "y_train": torch.arange(9)})
    row = CHAPTER["loss_on_line"](a, b)
    ends = CHAPTER["losses"](torch.cat([a, b]), names["DIGITS"].X_train, names["DIGITS"].y_train)
    torch.testing.assert_close(row[[0, -1]], ends)


def test_another_second_mean_changes_the_order_in_the_rotated_valley():
    """Section 2.15: with beta2 = 0.9 Adam passes the heavy ball's 831 steps at 15 degrees, and not at 45."""
    fewest = CHAPTER["fewest_steps"]
    forgetful = lambda eta: CHAPTER["Adam"](eta, 0.9, 0.9)  # noqa: E731
    assert fewest(forgetful, 15) < 700
    assert fewest(forgetful, 45) > 831
