"""Chapter 12's functions against torch, scikit-learn and loops, on sizes and values that it does not show."""

import copy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA as ReferencePCA
from sklearn.metrics import roc_auc_score, roc_curve
from torch import Tensor, nn

from tests.support.chapter_code import definitions

CHAPTER = definitions("12_data_manifold")
FEW = settings(max_examples=25, deadline=None)
SIZES = st.integers(1, 5)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(size, generator=generator(seed), dtype=torch.float64)


def pictures(*size: int, seed: int = 0) -> Tensor:
    return torch.rand(size, generator=generator(seed), dtype=torch.float64)


def network(inputs: int, classes: int = 5, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, 7), nn.Softplus(), nn.Linear(7, classes)).double().eval()


# -- attacks --------------------------------------------------------------------------------------------------------


@FEW
@given(n=SIZES, h=SIZES, w=SIZES, eps=st.floats(0.01, 0.3), seed=st.integers(0, 99))
def test_fgsm_raises_the_loss_and_moves_each_pixel_by_eps_or_to_the_border(n, h, w, eps, seed):
    x, y, net = pictures(n, 2, h, w, seed=seed), torch.arange(n) % 5, network(2 * h * w, seed=seed)
    x_adv = CHAPTER["fgsm"](net, x, y, eps)
    small = CHAPTER["fgsm"](net, x, y, 1e-4)
    before, after = (F.cross_entropy(net(z), y, reduction="none") for z in (x, small))
    assert (after >= before).all()
    at_border = (x_adv == 0) | (x_adv == 1)
    assert (((x_adv - x).abs() - eps).abs() < 1e-12)[~at_border].all()
    assert ((x_adv - x).abs() <= eps + 1e-12).all()


def test_a_gradient_does_not_depend_on_the_other_pictures_of_the_batch():
    x, y, net = pictures(4, 1, 3, 5), torch.tensor([4, 0, 2, 2]), network(15)
    together = CHAPTER["input_gradient"](net, x, y)
    alone = torch.cat([CHAPTER["input_gradient"](net, x[i : i + 1], y[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(together, alone)


def test_eps_0_is_the_identity_and_inputs_stay_as_they_were():
    x, y, net, rng = pictures(3, 2, 4, 5), torch.tensor([4, 0, 2]), network(40), generator()
    kept = x.clone()
    for attack in (
        lambda: CHAPTER["fgsm"](net, x, y, 0.0),
        lambda: CHAPTER["pgd"](net, x, y, 0.0, 0.1, 3),
        lambda: CHAPTER["pgd"](net, x, y, 0.0, 0.1, 3, rng=rng),
        lambda: CHAPTER["random_signs"](x, 0.0, rng),
    ):
        assert torch.equal(attack(), x)
    CHAPTER["pgd"](net, x, y, 0.2, 0.1, 3)
    assert torch.equal(x, kept)


@FEW
@given(eps=st.floats(0.01, 0.4), alpha=st.floats(0.01, 0.5), targeted=st.booleans(), start=st.booleans())
def test_pgd_stays_within_eps_of_the_original_after_many_steps(eps, alpha, targeted, start):
    x, y, net = pictures(3, 1, 4, 5), torch.tensor([4, 0, 2]), network(20)
    x_adv = CHAPTER["pgd"](net, x, y, eps, alpha, 60, targeted, generator() if start else None)
    assert ((x_adv - x).abs() <= eps + 1e-12).all()
    assert x_adv.min() >= 0
    assert x_adv.max() <= 1


def test_a_targeted_attack_lowers_the_loss_of_its_target_and_an_untargeted_one_raises_it():
    x, t, net = pictures(6, 1, 4, 5), torch.arange(6) % 5, network(20)
    before = F.cross_entropy(net(x), t)
    assert F.cross_entropy(net(CHAPTER["pgd"](net, x, t, 0.2, 0.02, 15, targeted=True)), t) < before
    assert F.cross_entropy(net(CHAPTER["pgd"](net, x, t, 0.2, 0.02, 15)), t) > before


def test_an_attack_leaves_no_gradient_and_changes_no_weight():
    x, y, net = pictures(3, 1, 4, 5), torch.tensor([4, 0, 2]), network(20)
    before = copy.deepcopy(net.state_dict())
    CHAPTER["pgd"](net, x, y, 0.2, 0.1, 3)
    assert all(p.grad is None for p in net.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before.values(), net.state_dict().values(), strict=True))


@pytest.mark.parametrize(
    ("x", "eps", "steps", "said"),
    [
        (4 * pictures(2, 1, 3, 4) - 2, 0.1, 2, "give pictures in 0..1"),
        (255 * pictures(2, 1, 3, 4), 0.1, 2, "give pictures in 0..1"),
        (torch.full((2, 1, 3, 4), torch.nan).double(), 0.1, 2, "give pictures in 0..1"),
        (pictures(2, 1, 3, 4), -0.1, 2, "give 0 or more"),
        (pictures(2, 1, 3, 4), float("nan"), 2, "give 0 or more"),
        (pictures(2, 1, 3, 4), 0.1, 0, "takes at least one"),
    ],
)
def test_an_attack_refuses_what_it_cannot_use(x, eps, steps, said):
    with pytest.raises(ValueError, match=said):
        CHAPTER["pgd"](network(12), x, torch.tensor([1, 0]), eps, 0.1, steps)


def test_random_signs_go_up_and_down_alike_and_are_drawn_for_each_pixel():
    x = torch.full((4, 1, 30, 40), 0.5)
    change = CHAPTER["random_signs"](x, 0.1, generator()) - x
    torch.testing.assert_close(change.abs(), torch.full_like(x, 0.1))
    assert abs(change.mean()) < 0.01
    assert not torch.equal(change[0], change[1])


def test_the_margin_is_negative_exactly_for_errors():
    z, y = 3 * normal(40, 6), torch.arange(40) % 6
    margin = CHAPTER["class_margin"](nn.Identity(), z, y)
    assert torch.equal(margin > 0, z.argmax(dim=1) == y)
    by_hand = [z[i, y[i]] - max(z[i, j] for j in range(6) if j != y[i]) for i in range(40)]
    torch.testing.assert_close(margin, torch.stack(by_hand))


def test_the_boundary_is_found_at_the_first_step_that_is_wrong():
    net = nn.Sequential(nn.Flatten(), nn.Linear(1, 2))
    net[1].weight.data, net[1].bias.data = torch.tensor([[-1.0], [1.0]]), torch.tensor([0.505, -0.505])
    x, y = torch.tensor([[0.2], [0.4], [0.0]]), torch.tensor([0, 0, 0])
    found = CHAPTER["flips_at"](net, x, y, lambda share: x + share * torch.tensor([[1.0], [1.0], [0.0]]))
    torch.testing.assert_close(found, torch.tensor([0.31, 0.11, torch.inf]))


@FEW
@given(n=SIZES, h=SIZES, w=SIZES)
def test_psnr_counts_each_picture_by_itself(n, h, w):
    x, x_adv = pictures(n, 3, h, w), pictures(n, 3, h, w, seed=1)
    mean = torch.stack([((a - b) ** 2).sum() / (3 * h * w) for a, b in zip(x, x_adv, strict=True)])
    torch.testing.assert_close(CHAPTER["psnr"](x, x_adv), 10 * (1 / mean).log10())


def test_evolution_stays_within_eps_counts_its_queries_and_says_whether_it_won():
    torch.manual_seed(0)
    net, x, asked = network(64, 3).float(), torch.rand(1, 1, 8, 8), []

    def counted(z: Tensor) -> Tensor:
        asked.append(len(z))
        return net(z)

    y = int(net(x).argmax())
    for eps in (0.001, 0.9):
        asked.clear()
        x_adv, queries, success = CHAPTER["evolve"](counted, x, y, eps, generator(), generations=4, size=10, best=3)
        assert queries == sum(asked)
        assert (x_adv - x).abs().max() <= eps + 1e-6
        assert success == (int(net(x_adv).argmax()) != y)
    assert not CHAPTER["evolve"](net, x, y, 0.0, generator(), generations=2, size=10, best=3)[2]


def test_a_training_attack_stays_within_eps_and_starts_at_random():
    x, y, net = pictures(3, 1, 4, 5), torch.tensor([4, 0, 2]), network(20)
    attack = CHAPTER["against"](0.1)
    once, again = attack(net, x, y, generator(0)), attack(net, x, y, generator(1))
    assert (once - x).abs().max() <= 0.1 + 1e-12
    assert not torch.equal(once, again)


def test_the_masked_network_decides_as_before():
    net, x = network(20), pictures(30, 1, 4, 5)
    assert torch.equal(CHAPTER["Sharp"](net)(x).argmax(dim=1), net(x).argmax(dim=1))


# -- autoencoders ---------------------------------------------------------------------------------------------------


@FEW
@given(n=st.integers(6, 9), d=st.integers(5, 8), k=st.integers(1, 4), seed=st.integers(0, 99))
def test_pca_is_scikit_learns(n, d, k, seed):
    X = normal(n, d, seed=seed) * torch.linspace(1, 3, d).double() + 0.7
    ours, reference = CHAPTER["PCA"](X, k), ReferencePCA(k).fit(X.numpy())
    torch.testing.assert_close(ours(X), torch.tensor(reference.inverse_transform(reference.transform(X.numpy()))))
    assert ours.encode(X).shape == (n, k)


def test_the_autoencoders_give_pictures_of_the_same_size_in_their_range():
    x = pictures(3, 1, 28, 28).float()
    net = CHAPTER["Autoencoder"](5)
    assert net.encode(x).shape == (3, 5)
    assert net(x).shape == x.shape == CHAPTER["convolutional"]()(x).shape
    assert 0 <= net(x).min() <= net(x).max() <= 1


def test_the_reconstruction_error_is_each_pictures_mean():
    x = pictures(4, 1, 3, 5)
    errors = CHAPTER["reconstruction_error"](lambda z: z / 2, x)
    torch.testing.assert_close(errors, torch.stack([(p / 2).square().sum() / 15 for p in x]))


def test_a_change_is_scaled_to_a_norm():
    x, x_adv = 0.4 + 0.2 * pictures(3, 1, 8, 9).float(), pictures(3, 1, 8, 9, seed=1).float()
    moved = CHAPTER["at_norm"](x, x_adv, 0.3)
    torch.testing.assert_close((moved - x).flatten(1).norm(dim=1), torch.full((3,), 0.3))


@FEW
@given(n=st.integers(4, 60), levels=st.integers(1, 8), seed=st.integers(0, 99))
def test_the_roc_curve_is_scikit_learns_with_ties(n, levels, seed):
    rng = generator(seed)
    scores = torch.randint(levels, (n,), generator=rng).double()
    odd = torch.rand(n, generator=rng) < 0.4
    odd[:2] = torch.tensor([True, False])
    fpr, tpr = CHAPTER["roc"](scores, odd)
    expected = roc_curve(odd, scores, drop_intermediate=False)
    torch.testing.assert_close(fpr, torch.tensor(expected[0]))
    torch.testing.assert_close(tpr, torch.tensor(expected[1]))
    assert abs(CHAPTER["auc"](scores, odd) - roc_auc_score(odd, scores)) < 1e-12


@pytest.mark.parametrize("odd", [torch.zeros(3, dtype=torch.bool), torch.ones(3, dtype=torch.bool)])
def test_a_rate_of_an_empty_class_is_refused(odd):
    with pytest.raises(ValueError, match="a rate needs both classes"):
        CHAPTER["auc"](torch.tensor([1.0, 2.0, 3.0]), odd)


# -- metric learning ------------------------------------------------------------------------------------------------


@FEW
@given(n=SIZES, k=SIZES, m=st.floats(0.1, 3), seed=st.integers(0, 99))
def test_the_losses_are_those_of_a_loop(n, k, m, seed):
    a, p, q = (normal(n, k, seed=3 * seed + i) for i in range(3))
    different = (torch.arange(n) % 2).double()
    pairs, triplets = [], []
    for i in range(n):
        near, far = ((a[i] - other[i]).square().sum().sqrt() for other in (p, q))
        pairs.append((m - near).clamp(min=0) ** 2 / 2 if different[i] else near**2 / 2)
        triplets.append((near - far + m).clamp(min=0))
    torch.testing.assert_close(CHAPTER["contrastive"](a, p, different, m), torch.stack(pairs).mean())
    torch.testing.assert_close(CHAPTER["triplet"](a, p, q, m), torch.stack(triplets).mean())


def test_the_convention_0_is_similar():
    e = normal(2, 3)
    assert CHAPTER["contrastive"](e, e, torch.zeros(2), 1.5) < 1e-9
    assert abs(CHAPTER["contrastive"](e, e, torch.ones(2), 1.5) - 1.5**2 / 2) < 1e-5


def test_the_gradient_of_equal_embeddings_is_finite():
    a = normal(3, 4).requires_grad_()
    loss = CHAPTER["triplet"](a, a.detach(), normal(3, 4, seed=1), 9.0)
    assert torch.autograd.grad(loss, a)[0].isfinite().all()


def test_gradients_of_the_losses_are_right():
    a, p, q = (normal(3, 4, seed=i).requires_grad_() for i in range(3))
    different = torch.tensor([0.0, 1.0, 1.0]).double()
    assert torch.autograd.gradcheck(lambda a, p, q: CHAPTER["triplet"](a, p, q, 1.3), (a, p, q))
    assert torch.autograd.gradcheck(lambda a, p: CHAPTER["contrastive"](a, p, different, 4.0), (a, p))


def test_a_batch_of_inactive_triplets_costs_nothing():
    a = normal(3, 4).requires_grad_()
    loss = CHAPTER["triplet"](a, a.detach() + 0.01, a.detach() + 9)
    assert loss.item() == 0
    assert (torch.autograd.grad(loss, a)[0] == 0).all()


@pytest.mark.parametrize(("beyond", "expected"), [(False, [2, 2, 1, 2]), (True, [2, 4, 0, 2])])
def test_negatives_are_of_another_class_and_the_ones_asked_for(beyond, expected):
    E, y = torch.tensor([[0.0], [1.0], [1.4], [-5.0], [2.5]]), torch.tensor([0, 0, 1, 2, 2])
    a, p, n = CHAPTER["hard_triplets"](E, y, beyond)
    pairs = list(zip(a.tolist(), p.tolist(), strict=True))
    assert pairs == [(0, 1), (1, 0), (3, 4), (4, 3)]
    assert n.tolist()[:2] == expected[:2]
    assert all(y[i] != y[j] for i, j in zip(a, n, strict=True))


def test_the_choice_of_triplets_cuts_no_gradient():
    E = normal(8, 3).requires_grad_()
    y = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    for loss in (CHAPTER["by_hard"](False), CHAPTER["by_hard"](True), CHAPTER["by_triplets"]):
        assert torch.autograd.grad(loss(E, y, generator()), E)[0].abs().sum() > 0


@pytest.mark.parametrize("y", [[0], [0, 1, 2], [4, 4, 4]])
def test_a_batch_without_a_triplet_is_refused(y):
    with pytest.raises(ValueError, match="no triplet in a batch"):
        CHAPTER["random_triplets"](torch.tensor(y), generator())


def test_a_batch_has_as_many_of_each_class_as_asked_for():
    y = torch.arange(30) % 6
    rows = CHAPTER["some_classes"](y, 4, 3, generator())
    assert len(rows.unique()) == 12
    assert sorted(y[rows].bincount(minlength=6).tolist()) == [0, 0, 3, 3, 3, 3]


@FEW
@given(n=st.integers(2, 40), threshold=st.floats(0, 2), seed=st.integers(0, 99))
def test_error_rates_are_shares_of_their_own_kind(n, threshold, seed):
    d, same = 2 * torch.rand(n, generator=generator(seed)), torch.arange(n) % 3 == 0
    far, frr = CHAPTER["error_rates"](d, same, threshold)
    accepted = [bool(v <= threshold) for v in d]
    others, own = ([a for a, s in zip(accepted, same, strict=True) if bool(s) == kind] for kind in (False, True))
    assert abs(far - sum(others) / len(others)) < 1e-12
    assert abs(frr - (1 - sum(own) / len(own))) < 1e-12


def test_rates_are_equal_where_they_cross():
    d, same = torch.cat([torch.linspace(0, 1, 50), torch.linspace(0.5, 1.5, 50)]), torch.arange(100) < 50
    threshold, rate = CHAPTER["equal_error"](d, same)
    assert abs(threshold - 0.75) < 0.02
    assert abs(rate - 0.25) < 0.02
    with pytest.raises(ValueError, match="rates need both kinds"):
        CHAPTER["equal_error"](d[:50], same[:50])


def test_all_distances_tell_whether_two_pictures_are_of_one_class():
    x, y = pictures(5, 1, 2, 3), torch.tensor([0, 1, 0, 2, 1])
    d, same = CHAPTER["all_distances"](nn.Flatten(), x, y)
    pairs = [(i, j) for i in range(5) for j in range(i + 1, 5)]
    torch.testing.assert_close(d, torch.stack([(x[i] - x[j]).norm() for i, j in pairs]))
    assert same.tolist() == [bool(y[i] == y[j]) for i, j in pairs]
