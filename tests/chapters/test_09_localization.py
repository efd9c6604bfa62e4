"""Chapter 9's functions against torch, SciPy and loops, on sizes and values that the chapter does not show."""

import copy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.support.chapter_code import definitions

CHAPTER = definitions("09_localization")
FEW = settings(max_examples=25, deadline=None)
SIZES = st.integers(1, 5)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@FEW
@given(n=SIZES, seed=st.integers(0, 99))
def test_iou_is_symmetric_one_for_itself_and_never_negative(n, seed):
    rng = torch.Generator().manual_seed(seed)
    a, b = torch.rand(2, n, 4, generator=rng, dtype=torch.float64) + 0.01
    iou = CHAPTER["iou"]
    torch.testing.assert_close(iou(a, b), iou(b, a))
    torch.testing.assert_close(iou(a, a), torch.ones(n, dtype=torch.float64))
    assert (iou(a, b) >= 0).all()
    assert (iou(a, b) <= 1).all()


def test_boxes_on_a_diagonal_share_nothing():
    a, b = torch.tensor([[0.2, 0.2, 0.1, 0.2]]), torch.tensor([[0.8, 0.9, 0.2, 0.1]])
    assert CHAPTER["iou"](a, b).item() == 0


def test_the_loss_of_a_batch_is_the_mean_of_its_pictures():
    z, b_hat, b, y = 30 * normal(3, 7), normal(3, 4, seed=1), normal(3, 4, seed=2), torch.tensor([6, 0, 3])
    loss = CHAPTER["two_head_loss"]
    alone = [loss((z[i : i + 1], b_hat[i : i + 1]), y[i : i + 1], b[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(loss((z, b_hat), y, b), torch.stack(alone).mean())
    sure = 50 * F.one_hot(y, 7).double()
    assert loss((sure, b), y, b) < 1e-6  # no softmax before the cross-entropy
    torch.testing.assert_close(loss((sure, b_hat), y, b, lam=2.0), 2 * F.mse_loss(b_hat, b, reduction="sum") / 3)


@FEW
@given(n=SIZES, k=SIZES, h=SIZES, w=SIZES, seed=st.integers(0, 99))
def test_a_logit_is_the_mean_of_its_map_plus_the_bias(n, k, h, w, seed):
    A, fc = normal(n, k, h, w, seed=seed), nn.Linear(k, 6).double()
    c = torch.arange(n) % 6
    M = CHAPTER["cam"](A, fc.weight, c)
    torch.testing.assert_close(M.mean(dim=(1, 2)) + fc.bias[c], fc(CHAPTER["gap"](A))[torch.arange(n), c])
    fine = CHAPTER["upsampled"](M, (3 * h, 2 * w))
    torch.testing.assert_close(fine.mean(dim=(1, 2)), M.mean(dim=(1, 2)))


def gap_network(inplace: bool = False) -> nn.Sequential:
    torch.manual_seed(0)
    body = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(inplace), nn.Conv2d(4, 3, 2), nn.ReLU(inplace))
    return nn.Sequential(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 5)).double()


@FEW
@given(n=SIZES, h=st.integers(4, 8), w=st.integers(4, 8))
def test_grad_cam_is_the_positive_part_of_cam(n, h, w):
    net, x, c = gap_network(), normal(n, 2, h, w), torch.arange(n) % 5
    A = net[0](x)
    M = CHAPTER["cam"](A, net[3].weight, c).detach()
    torch.testing.assert_close(M.shape[1] * M.shape[2] * CHAPTER["grad_cam"](net, "0", x, c), M.relu())


def test_a_relu_that_works_in_place_changes_no_map_and_nothing_is_left_behind():
    x, c = normal(3, 2, 6, 7), torch.tensor([4, 0, 2])
    plain, inplace = gap_network(), gap_network(inplace=True)
    before = inplace(x)
    for layer in ("0", "0.0", "0.2"):
        torch.testing.assert_close(*(CHAPTER["weighted_maps"](net, layer, x, c) for net in (plain, inplace)))
    assert torch.equal(inplace(x), before)
    assert all(p.grad is None for p in inplace.parameters())
    assert not any(layer._forward_hooks for layer in inplace.modules())


def test_other_classes_do_not_enter_a_map():
    net, x, c = gap_network(), normal(2, 2, 6, 7), torch.tensor([1, 1])
    other = copy.deepcopy(net)
    with torch.no_grad():
        other[3].bias += torch.tensor([3.0, -2.0, 5.0, 0.0, 1.0])
        other[3].weight[[0, 2, 3, 4]] *= -2
    torch.testing.assert_close(*(CHAPTER["weighted_maps"](n, "0.0", x, c) for n in (net, other)))


@pytest.mark.parametrize(
    ("layer", "c", "said"),
    [
        ("head", [0, 1], "there is no layer 'head'"),
        ("3", [0, 1], "has no feature maps"),
        ("0", [0, 5], "one in 0..4 for each"),
        ("0", [-1, 2], "one in 0..4 for each"),
        ("0", [1], "classes \\[1\\] for 2 pictures"),
    ],
)
def test_what_does_not_exist_is_told_in_a_sentence(layer, c, said):
    with pytest.raises(ValueError, match=said):
        CHAPTER["grad_cam"](gap_network(), layer, normal(2, 2, 6, 7), torch.tensor(c))


def test_a_map_points_at_the_middle_of_its_largest_pixel():
    M = torch.zeros(1, 4, 10)
    M[0, 3, 2] = 1
    at = torch.tensor([[2.5 / 10, 3.5 / 4, 0.02, 0.02]])
    assert CHAPTER["points_at"](M, at).item()
    assert not CHAPTER["points_at"](M, at[:, [1, 0, 2, 3]]).item()


def test_a_box_goes_around_the_largest_part_also_of_a_negative_map():
    M = torch.zeros(6, 9)
    M[1:4, 2:7], M[5, 8] = 1.0, 3.0
    torch.testing.assert_close(CHAPTER["box_of"](M, 0.3), torch.tensor([4.5 / 9, 2.5 / 6, 5 / 9, 3 / 6]))
    torch.testing.assert_close(CHAPTER["box_of"](M - 3, 0.3), CHAPTER["box_of"](M, 0.3))


@pytest.mark.parametrize("p", [0.3, 0.7])
@pytest.mark.parametrize(("size", "cells"), [((9, 14), 3), ((8, 6), 8)])
def test_masks_are_visible_with_probability_p_everywhere(p, size, cells):
    M = CHAPTER["masks"](5000, size, cells, p, torch.Generator().manual_seed(0))
    assert M.shape == (5000, 1, *size)
    assert (M.mean(dim=0) - p).abs().max() < 0.03
    flat = CHAPTER["rise"](lambda X: torch.full((len(X),), 0.4), torch.ones(1, *size), M, p)
    assert (flat - 0.4).abs().max() < 0.05


def test_rise_is_its_formula_by_a_loop():
    M = CHAPTER["masks"](7, (5, 6), 2, 0.4, torch.Generator().manual_seed(1))
    x, weights = torch.rand(3, 5, 6), torch.rand(3, 5, 6)
    expected = sum((x * m * weights).sum() * m[0] for m in M) / (7 * 0.4)
    torch.testing.assert_close(CHAPTER["rise"](lambda X: (X * weights).sum(dim=(1, 2, 3)), x, M, 0.4), expected)


def test_ranks_are_scipys():
    from scipy.stats import spearmanr

    a, b = normal(4, 3, 5), normal(4, 3, 5, seed=1) ** 3
    expected = [spearmanr(x.flatten(), y.flatten()).statistic for x, y in zip(a, b, strict=True)]
    torch.testing.assert_close(CHAPTER["rank_correlation"](a, b), torch.tensor(expected, dtype=torch.float64))


def test_curves_begin_and_end_with_the_whole_and_the_blank_picture():
    net, x = nn.Sequential(nn.Flatten(), nn.Linear(30, 4)), torch.rand(1, 5, 6)
    deleted, inserted = CHAPTER["curves"](net, x, 2, torch.rand(5, 6))
    whole, blank = (net(X).softmax(dim=1)[0, 2].detach() for X in (x[None], torch.zeros(1, 1, 5, 6)))
    torch.testing.assert_close(torch.stack([deleted[0], deleted[-1]]), torch.stack([whole, blank]))
    torch.testing.assert_close(torch.stack([inserted[-1], inserted[0]]), torch.stack([whole, blank]))


def test_the_fine_map_is_the_minimum():
    T = CHAPTER["movements"](3, torch.Generator().manual_seed(0))
    S, g = CHAPTER["reductions"](T, 8, 4), torch.rand(2, 12)

    def objective(u: torch.Tensor) -> torch.Tensor:
        rough = u.diff(dim=1).square().sum() + u.diff(dim=2).square().sum()
        return (u.flatten(1) @ S.T - g).square().sum() + 0.1 * rough + 1e-5 * u.square().sum()

    u = CHAPTER["super_resolved"](g, S, 8, 0.1)
    for seed in range(5):
        assert objective(u + 0.01 * normal(2, 8, 8, seed=seed).float()) > objective(u)
    torch.testing.assert_close(T[0], torch.eye(2, 3))


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_stroke_is_the_digit_as_long_as_there_is_one(seed):
    """Section 9.4 says so: with one digit, a box needs no network; with two, it finds the one asked for by chance."""
    from scipy.ndimage import label

    from course_utils import data

    pointing, fit = {}, {}
    for digits in (1, 2):
        canvases, strokes = data.canvases(200, seed, digits=digits, part="test"), []
        for x in canvases.X[:, 0]:
            parts, count = label((x > 0.2).numpy(), [[1] * 3] * 3)  # neighbours share a side or a corner
            largest = max(range(1, count + 1), key=lambda i, parts=parts: (parts == i).sum())
            strokes.append(torch.tensor(parts == largest).float())
        boxes = torch.stack([CHAPTER["box_of"](stroke, 0.5) for stroke in strokes])
        truth = canvases.boxes[:, 0]
        pointing[digits] = CHAPTER["points_at"](torch.stack(strokes), truth).double().mean()
        fit[digits] = CHAPTER["iou"](boxes, truth).mean()
    assert pointing[1] > 0.7
    assert fit[1] > 0.75
    assert pointing[2] < 0.55
    assert fit[2] < 0.55


@pytest.mark.parametrize("seed", range(5))
def test_what_an_exchange_of_width_and_height_costs_an_exact_box(seed):
    """Section 9.1 says that the mean IoU is about 0.6."""
    from course_utils import data

    boxes = data.canvases(200, seed, part="test").boxes[:, 0]
    assert 0.55 < CHAPTER["iou"](boxes, boxes[:, [0, 1, 3, 2]]).mean() < 0.7


def test_what_the_means_know_of_the_place():
    """Section 9.1: nothing with circular padding, at a shift by whole cells; with zero padding, the border."""
    X = torch.rand(2, 1, 40, 40, generator=torch.Generator().manual_seed(0))
    means = {}
    for padding in ("zeros", "circular"):
        torch.manual_seed(0)
        body = CHAPTER["convolutions"](padding).eval()
        means[padding] = [CHAPTER["gap"](body(x)) for x in (X, X.roll((8, -12), (2, 3)))]
    torch.testing.assert_close(*means["circular"])
    assert not torch.allclose(*means["zeros"], rtol=1e-3)
