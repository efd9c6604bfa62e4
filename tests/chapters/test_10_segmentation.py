"""Chapter 10's functions against torch and loops, on sizes and values that the chapter does not show."""

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.support.chapter_code import definitions

CHAPTER = definitions("10_segmentation")
FEW = settings(max_examples=25, deadline=None)
SIZES = st.integers(1, 5)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def labels(*size: int, classes: int = 4, seed: int = 0) -> torch.Tensor:
    return torch.randint(classes, size, generator=torch.Generator().manual_seed(seed))


@FEW
@given(h=SIZES, w=SIZES, seed=st.integers(0, 99))
def test_confusion_counts_true_classes_in_rows(h, w, seed):
    y, guess = labels(2, h, w, seed=seed), labels(2, h, w, seed=seed + 100)
    K = torch.zeros(4, 4, dtype=torch.int64)
    for a, b in zip(y.flatten(), guess.flatten(), strict=True):
        K[a, b] += 1
    assert torch.equal(CHAPTER["confusion"](guess, y), K)
    assert CHAPTER["mean_iou"](y, y) == 1


def test_an_absent_class_is_left_out_and_a_predicted_one_counts():
    y = torch.tensor([[0, 0, 0, 1, 1]])
    never = CHAPTER["ious"](CHAPTER["confusion"](torch.tensor([[0, 0, 1, 1, 1]]), y))
    assert never.isnan().tolist() == [False, False, True, True]
    torch.testing.assert_close(never[:2], torch.tensor([2 / 3, 2 / 3], dtype=torch.float64))
    invented = CHAPTER["mean_iou"](torch.tensor([[0, 0, 3, 1, 1]]), y)
    assert invented == pytest.approx((2 / 3 + 1 + 0) / 3)


def test_counts_are_pooled_over_pictures():
    y = torch.tensor([[[0, 0, 0, 0]], [[0, 0, 1, 1]]])
    guess = torch.tensor([[[0, 0, 0, 1]], [[0, 0, 1, 1]]])
    assert CHAPTER["mean_iou"](guess, y) == pytest.approx((5 / 6 + 2 / 3) / 2)


@pytest.mark.parametrize("wrong", [-1, 4])
def test_a_label_outside_the_classes_is_refused_on_either_side(wrong):
    y, bad = labels(2, 3, 5), labels(2, 3, 5)
    bad[1, 2, 3] = wrong
    for pair in ((bad, y), (y, bad)):
        with pytest.raises(ValueError, match=r"with 4 classes 0..3 are allowed"):
            CHAPTER["confusion"](*pair)


@FEW
@given(h=SIZES, w=SIZES, width=st.integers(1, 3), seed=st.integers(0, 99))
def test_the_band_has_another_class_nearby(h, w, width, seed):
    y = labels(2, h, w, classes=3, seed=seed)
    band = CHAPTER["boundary"](y, width)
    for n in range(2):
        for i in range(h):
            for j in range(w):
                near = y[n, max(0, i - width) : i + width + 1, max(0, j - width) : j + width + 1]
                assert band[n, i, j] == (near != y[n, i, j]).any()


def test_regions_share_a_side_not_a_corner():
    assert CHAPTER["regions"](torch.tensor([[2, 0, 1], [0, 2, 1], [1, 2, 0]])) == 4
    assert CHAPTER["regions"](torch.zeros(3, 4, dtype=torch.int64)) == 0


@FEW
@given(k=st.integers(1, 6), seed=st.integers(0, 99))
def test_more_steps_of_k_means_do_not_raise_the_loss(k, seed):
    V = normal(30, 3, seed=seed)
    losses = [CHAPTER["kmeans"](V, V[:k], steps)[1] for steps in range(5)]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(losses))


def test_a_cluster_without_points_keeps_its_mean_and_gives_no_nan():
    V = normal(20, 2)
    clusters, loss = CHAPTER["kmeans"](V, torch.cat([V[:2], torch.full((1, 2), 1e3, dtype=torch.float64)]))
    assert clusters.max() == 1
    assert loss.isfinite()


@FEW
@given(c=SIZES, h=SIZES, w=SIZES, u=SIZES)
def test_a_dense_layer_is_a_convolution(c, h, w, u):
    torch.manual_seed(0)
    dense, A = nn.Linear(c * h * w, u).double(), normal(2, c, h, w)
    conv = CHAPTER["dense_to_conv"](dense, c, h, w)
    torch.testing.assert_close(conv(A)[:, :, 0, 0], dense(A.flatten(1)))
    with pytest.raises(ValueError, match="the dense layer reads"):
        CHAPTER["dense_to_conv"](dense, c, h, w + 1)


def test_the_map_is_the_sliding_window_at_other_sizes():
    torch.manual_seed(1)
    net, X = CHAPTER["classifier"](24, 16).double(), normal(3, 3, 33, 47)
    with torch.no_grad():
        whole = CHAPTER["convolutionalised"](net, 4, 2)(X)
        torch.testing.assert_close(whole, CHAPTER["sliding_window"](net, X, 24, 16, stride=4))


@FEW
@given(f=st.integers(1, 4), h=SIZES, w=SIZES)
def test_upsamplers_against_torch(f, h, w):
    X = normal(2, 3, h, w)
    torch.testing.assert_close(CHAPTER["nearest"](X, f), F.interpolate(X, scale_factor=f, mode="nearest"))
    nails = CHAPTER["bed_of_nails"](X, f)
    torch.testing.assert_close(nails[:, :, ::f, ::f], X)
    assert nails.count_nonzero() == X.count_nonzero()
    assert CHAPTER["bilinear"](X, f).shape == (2, 3, f * h, f * w)


@pytest.mark.parametrize("f", [2, 3, 4, 5])
def test_bilinear_keeps_a_ramp_and_agrees_with_torch_inside(f):
    ramp = (2 * torch.arange(6).double()[:, None] - torch.arange(7).double()).expand(1, 2, 6, 7)
    ours, torchs = CHAPTER["bilinear"](ramp, f), F.interpolate(ramp, scale_factor=f, mode="bilinear")
    inside = (..., slice(f, -f), slice(f, -f))
    torch.testing.assert_close(ours[inside], torchs[inside])
    torch.testing.assert_close(ours[inside].diff(dim=-1), torch.full_like(ours[inside].diff(dim=-1), -1 / f))


@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 3), (3, 2)])
def test_unpooling_puts_the_maxima_back_with_ties(kernel, stride):
    fine = labels(3, 2, 9, 12, classes=5).double() + 1
    pooled, places = F.max_pool2d(fine, kernel, stride, return_indices=True)
    back = CHAPTER["unpool"](pooled, places, (9, 12))
    torch.testing.assert_close(back, F.max_unpool2d(pooled, places, kernel, stride, output_size=(9, 12)))
    assert (back[back != 0] == fine[back != 0]).all()
    torch.testing.assert_close(F.max_pool2d(back, kernel, stride), pooled)


@FEW
@given(h=st.integers(17, 30), w=st.integers(15, 30))
def test_shift_and_stitch_is_the_dilated_network(h, w):
    torch.manual_seed(0)
    net, X = CHAPTER["strided"]().double(), normal(2, 2, h, w)
    with torch.no_grad():
        torch.testing.assert_close(CHAPTER["shift_and_stitch"](net, X, 4), CHAPTER["dilated"](net)(X))


def test_the_loss_of_a_batch_is_the_mean_of_its_pictures_and_takes_logits():
    Z, y = 30 * normal(3, 4, 2, 5), labels(3, 2, 5)
    loss = CHAPTER["pixel_loss"]
    alone = torch.stack([loss(Z[i : i + 1], y[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(loss(Z, y), alone.mean())
    torch.testing.assert_close(loss(1e4 * Z, y), F.cross_entropy(1e4 * Z, y))
    sure = 50 * F.one_hot(y, 4).movedim(-1, 1).double()
    assert loss(sure, y) < 1e-6
    leaf = Z.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(leaf, y), leaf)
    torch.testing.assert_close(gradient, (Z.softmax(1) - F.one_hot(y, 4).movedim(-1, 1)) / y.numel())


NETS = CHAPTER["KINDS"]


@pytest.mark.parametrize("kind", NETS)
def test_every_network_gives_logits_for_each_pixel_or_says_what_does_not_fit(kind):
    torch.manual_seed(0)
    net = NETS[kind]().eval()
    assert net(torch.rand(2, 3, 40, 24)).shape == (2, 4, 40, 24)
    with pytest.raises(ValueError, match="37 x 56 pixels; pad it to multiples of 8"):
        net(torch.rand(1, 3, 37, 56))
    with pytest.raises(ValueError, match="56 x 50 pixels; pad it to multiples of 8"):
        net(torch.rand(1, 3, 56, 50))


@pytest.mark.parametrize("kind", NETS)
def test_a_change_comes_out_at_its_own_place(kind):
    torch.manual_seed(0)
    net, X = NETS[kind]().eval(), torch.rand(1, 3, 96, 120)
    far = X.clone()
    far[:, :, :8, :8] += 1.0
    with torch.no_grad():
        change = (net(far) - net(X)).abs().sum(dim=1)[0]
    assert change[:8, :8].max() > 0
    assert change[72:].max() == 0
    assert change[:, 96:].max() == 0


def test_a_u_net_joins_channels_and_an_fcn_adds_scores():
    unet = CHAPTER["UNet"]([3, 5, 6, 7])
    assert [join[0].weight.shape[1] for join in unet.blocks] == [12, 10, 6]
    fcn = CHAPTER["FCN"]([3, 5, 6, 7], skips=3)
    assert [score.weight.shape[:2] for score in fcn.scores] == [(4, 7), (4, 6), (4, 5), (4, 3)]
    X = torch.rand(1, 3, 16, 24)
    for skips, stride in enumerate((8, 4, 2, 1)):
        assert CHAPTER["FCN"]([3, 5, 6, 7], skips).score_map(X).shape == (1, 4, 16 // stride, 24 // stride)


@FEW
@given(h=st.integers(3, 9), w=st.integers(3, 9), down=st.integers(0, 3), across=st.integers(0, 3))
def test_cropping_keeps_the_middle(h, w, down, across):
    A = normal(2, 3, h + down, w + across)
    expected = A[:, :, down // 2 : down // 2 + h, across // 2 : across // 2 + w]
    assert torch.equal(CHAPTER["cropped"](A, (h, w)), expected)
    with pytest.raises(ValueError, match="cannot be cropped"):
        CHAPTER["cropped"](A, (h, w + across + 2))


def test_the_sizes_of_a_u_net_without_padding_are_those_of_its_layers():
    def walk(x: torch.Tensor, levels: int) -> torch.Tensor:
        kernel = torch.ones(1, 1, 3, 3)
        x = F.conv2d(F.conv2d(x, kernel), kernel)
        if levels == 0:
            return x
        below = F.interpolate(walk(F.max_pool2d(x, 2), levels - 1), scale_factor=2)
        assert x.shape[2] >= below.shape[2]
        return F.conv2d(F.conv2d(below, kernel), kernel)

    for side in (188, 204, 572):
        assert CHAPTER["sizes"](side)[0] == walk(torch.zeros(1, 1, side, 1 + side), 4).shape[2]


def test_the_field_of_dilated_layers():
    for dilations in ((1, 1), (1, 2, 3)):
        torch.manual_seed(0)
        assert CHAPTER["field"](CHAPTER["without_pooling"](dilations, 3)) == 1 + 2 * sum(dilations)


def test_mixed_levels_with_the_same_picture_change_nothing():
    torch.manual_seed(0)
    net, X = CHAPTER["UNet"]([3, 5, 6, 7]).eval(), torch.rand(2, 3, 16, 24)
    for first in range(5):
        assert torch.equal(CHAPTER["mixed"](net, X, X, first), net(X).argmax(dim=1))
    other = torch.rand(2, 3, 16, 24)
    assert torch.equal(CHAPTER["mixed"](net, X, other, 0), net(other).argmax(dim=1))
    assert torch.equal(CHAPTER["mixed"](net, X, other, 4), net(X).argmax(dim=1))


def test_multiplications_of_a_transposed_convolution():
    net = nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1), nn.ConvTranspose2d(5, 4, 2, stride=2), nn.Flatten(), nn.Linear(4 * 12 * 16, 7)
    )
    counted = CHAPTER["multiplications"](net, torch.zeros(2, 3, 6, 8))
    assert counted == 6 * 8 * 5 * 27 + 6 * 8 * 5 * 4 * 4 + 7 * 4 * 12 * 16


def test_the_levels_of_the_encoder_see_5_10_20_and_56_pixels():
    torch.manual_seed(0)
    encoder = CHAPTER["Encoder"]([3, 5, 6, 7]).eval()
    for layer in encoder.modules():  # a gradient to every pixel that is seen
        if isinstance(layer, nn.ReLU):
            layer.forward = lambda X: X
        if isinstance(layer, nn.MaxPool2d):
            layer.forward = lambda X: F.avg_pool2d(X, 2)
    for level, (stride, field) in enumerate(((1, 5), (2, 10), (4, 20), (8, 56))):
        X = torch.rand(1, 3, 128, 128, requires_grad=True)
        encoder(X)[level][0, :, 64 // stride, 64 // stride].sum().backward()
        rows = X.grad[0].abs().sum(dim=(0, 2)).nonzero()
        assert rows.max() - rows.min() + 1 == field


def test_the_most_frequent_label_of_each_cell():
    y = torch.tensor([[[1, 1, 0, 2], [1, 2, 2, 2]]])
    assert CHAPTER["by_cells"](y, 2).tolist() == [[[1, 1, 2, 2]] * 2]
