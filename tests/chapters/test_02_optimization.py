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


def both_walks(ours, make, m: int, d: int, seed: int, steps: int = 12) -> tuple[torch.Tensor, torch.Tensor]:
    """A walk among troughs in d dimensions with one of ours, and with one of torch's."""
    A, c, start = normal(m, d, seed=seed), normal(m, seed=seed + 1), normal(d, seed=seed + 2)
    mine = CHAPTER["walk"](ours, CHAPTER["troughs_gradient"](A, c), start, steps)
    theirs = CHAPTER["by_torch"](make, lambda w: CHAPTER["troughs"](w, A, c), start, steps)
    return mine, theirs


OPTIMISERS = {
    "Descent": lambda eta, a: (CHAPTER["Descent"](eta), lambda p: torch.optim.SGD(p, lr=eta)),
    "Momentum": lambda eta, a: (CHAPTER["Momentum"](eta, a), lambda p: torch.optim.SGD(p, lr=eta, momentum=a)),
    "RMSProp": lambda eta, a: (CHAPTER["RMSProp"](eta, a), lambda p: torch.optim.RMSprop(p, lr=eta, alpha=a)),
    "Adam": lambda eta, a: (CHAPTER["Adam"](eta, a, 0.98), lambda p: torch.optim.Adam(p, lr=eta, betas=(a, 0.98))),
}


@pytest.mark.parametrize("name", OPTIMISERS)
@FEW
@given(m=SIZES, d=SIZES, seed=SEEDS, eta=st.sampled_from([0.01, 0.1]), a=st.sampled_from([0.5, 0.9]))
def test_optimisers_are_torchs(name, m, d, seed, eta, a):
    mine, theirs = both_walks(*OPTIMISERS[name](eta, a), m, d, seed)
    torch.testing.assert_close(mine, theirs, rtol=1e-8, atol=1e-10)


@FEW
@given(m=SIZES, d=SIZES, seed=SEEDS, eta=st.sampled_from([0.01, 0.1]), a=st.sampled_from([0.0, 0.5, 0.9]))
def test_three_forms_of_nesterov_are_one(m, d, seed, eta, a):
    torchs = lambda p: torch.optim.SGD(p, lr=eta, momentum=a, nesterov=a > 0)  # noqa: E731
    mine, theta = both_walks(CHAPTER["Nesterov"](eta, a), torchs, m, d, seed)
    A, c, start = normal(m, d, seed=seed), normal(m, seed=seed + 1), normal(d, seed=seed + 2)
    own_form = CHAPTER["nesterov_1983"](eta, a, CHAPTER["troughs_gradient"](A, c), start, 12)
    torch.testing.assert_close(mine, own_form, rtol=1e-8, atol=1e-10)
    speed = torch.cat([torch.zeros(1, d).double(), mine.diff(dim=0)])
    torch.testing.assert_close(mine + a * speed, theta, rtol=1e-8, atol=1e-10)


def test_the_race_has_its_counts():
    """The numbers of section 2.2 to 2.6, and that a longer step than allowed never arrives."""
    needed, kappa = CHAPTER["steps_needed"], CHAPTER["KAPPA"]
    root = (kappa**0.5 - 1) / (kappa**0.5 + 1)
    counted = [
        needed(CHAPTER["Descent"](2 / 101)),
        needed(CHAPTER["Descent"](0.01)),
        needed(CHAPTER["Momentum"](4 / 121, root**2)),
        needed(CHAPTER["Nesterov"](0.01, root)),
        needed(CHAPTER["Momentum"](0.01, 0.9)),
        needed(CHAPTER["Nesterov"](0.01, 0.9)),
        needed(CHAPTER["Descent"](0.0201), most=300),
    ]
    assert counted == [461, 882, 69, 108, 162, 99, 300]


@FEW
@given(d=SIZES, seed=SEEDS)
def test_the_longest_step_is_two_over_the_largest_curvature(d, seed):
    B, start = normal(d + 3, d, seed=seed), normal(d, seed=seed + 1)
    hessian = B.T @ B
    h = torch.linalg.eigvalsh(hessian).max().item()
    assert CHAPTER["arrives"](hessian, 1.9 / h, start)
    assert not CHAPTER["arrives"](hessian, 2.1 / h, start, steps=20_000)


@FEW
@given(n=SIZES, d=SIZES, seed=SEEDS)
def test_gradients_of_examples_are_those_of_autograd(n, d, seed):
    X, w, y = normal(n, d, seed=seed), normal(d, seed=seed + 1), (normal(n, seed=seed + 2) > 0).double()
    each = CHAPTER["example_gradients"](w, X, y)
    for i in range(n):
        leaf = w.clone().requires_grad_()
        expected = torch.autograd.grad(CHAPTER["zero_loss"](leaf, X[i : i + 1], y[i : i + 1]), leaf)[0]
        torch.testing.assert_close(each[i], expected)
    batch = torch.tensor([0, n - 1, 0])
    torch.testing.assert_close(CHAPTER["batch_gradient"](w, X, y, batch), (2 * each[0] + each[n - 1]) / 3)


@FEW
@given(n=st.integers(1, 20), M=st.integers(1, 25), seed=SEEDS)
def test_a_round_of_batches_shows_every_example_once(n, M, seed):
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
def test_the_landscape_with_two_valleys_has_its_gradient(x, y):
    w = torch.tensor([x, y], dtype=torch.float64, requires_grad=True)
    expected = torch.autograd.grad(CHAPTER["two_valleys"](w), w)[0]
    torch.testing.assert_close(CHAPTER["two_valleys_gradient"](w.detach()), expected)


@FEW
@given(k=st.integers(1, 9), gamma=st.floats(0.1, 0.9), T=st.integers(2, 30))
def test_schedules_are_torchs(k, gamma, T):
    schedulers = torch.optim.lr_scheduler
    ours = [CHAPTER["stairs"](0.4, gamma, k), CHAPTER["half_cosine"](0.4, T)]
    theirs = [lambda o: schedulers.StepLR(o, k, gamma), lambda o: schedulers.CosineAnnealingLR(o, T)]
    for rate, make in zip(ours, theirs, strict=True):
        assert [rate(t) for t in range(T)] == pytest.approx(CHAPTER["rates_of_torch"](make, T))


def test_warming_up_reaches_the_full_rate_and_keeps_it():
    rate = CHAPTER["warmed_up"](lambda t: 2.0, 4)
    assert [rate(t) for t in range(6)] == [0.5, 1.0, 1.5, 2.0, 2.0, 2.0]


def test_a_network_in_one_vector_has_its_gradient():
    """On a batch that holds all data, the gradient is that of the loss over all of them."""
    net, X, y = CHAPTER["network"](0), normal(20, 64), torch.arange(20) % 10
    w = torch.nn.utils.parameters_to_vector(net.parameters()).detach()
    gradient = CHAPTER["network_gradient"](net, X, y, torch.Generator().manual_seed(0))(w)
    torch.nn.functional.cross_entropy(net(X), y).backward()
    torch.testing.assert_close(gradient, torch.cat([p.grad.reshape(-1) for p in net.parameters()]))
