"""Chapter 7's building blocks against torch's own pieces, on sizes that the chapter does not show."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_utils import data
from tests.support.chapter_code import definitions

CHAPTER = definitions("07_architectures")
FEW = settings(max_examples=25, deadline=None)
SIZES = st.integers(1, 5)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed))


@FEW
@given(n=SIZES, c=SIZES, o=SIZES, h=SIZES, w=SIZES)
def test_one_pixel_windows_are_dense_layers(n, c, o, h, w):
    X, W, b = normal(n, c, h, w), normal(o, c, seed=1), normal(o, seed=2)
    torch.testing.assert_close(CHAPTER["per_pixel"](X, W, b), F.conv2d(X, W[:, :, None, None], b))


def test_the_reshape_is_told_from_the_permutation():
    X, W, b = normal(2, 3, 4, 5), normal(6, 3), normal(6)
    assert not torch.allclose(CHAPTER["per_pixel_reshaped"](X, W, b), CHAPTER["per_pixel"](X, W, b))


@FEW
@given(c=SIZES, o=SIZES, k=st.integers(1, 3), m=st.integers(1, 3), seed=st.integers(0, 99))
def test_a_separable_convolution_is_torchs_with_groups(c, o, k, m, seed):
    X, D, V = normal(2, c, 5, 6, seed=seed), normal(c, k, m, seed=seed + 1), normal(o, c, seed=seed + 2)
    expected = F.conv2d(F.conv2d(X, D[:, None], groups=c), V[:, :, None, None])
    torch.testing.assert_close(CHAPTER["separable"](X, D, V), expected, rtol=1e-4, atol=1e-4)


@FEW
@given(c=SIZES, sizes=st.tuples(*[SIZES] * 6), h=st.integers(1, 6), w=st.integers(1, 6))
def test_inception_is_its_four_branches(c, sizes, h, w):
    c1, _, c3, _, c5, pooled = sizes
    module, X = CHAPTER["Inception"](c, *sizes), normal(2, c, h, w)
    parts = module(X).split([c1, c3, c5, pooled], dim=1)
    branches = (
        module.one(X),
        module.three(module.reduce3(X).relu()),
        module.five(module.reduce5(X).relu()),
        module.after_pool(nn.MaxPool2d(3, 1, 1)(X)),
    )
    for part, branch in zip(parts, branches, strict=True):
        torch.testing.assert_close(part, branch.relu())


@FEW
@given(c=SIZES, o=SIZES, stride=st.integers(1, 3), norm=st.booleans(), seed=st.integers(0, 99))
def test_a_block_is_its_formula(c, o, stride, norm, seed):
    torch.manual_seed(seed)
    block, x = CHAPTER["Block"](c, o, stride, norm=norm).eval(), normal(2, c, 5, 6, seed=seed)
    project = stride != 1 or c != o
    assert isinstance(block.shortcut, nn.Conv2d if project else nn.Identity)
    shortcut = F.conv2d(x, block.shortcut.weight, stride=stride) if project else x
    torch.testing.assert_close(block(x), (shortcut + block.branch(x)).relu())
    plain = CHAPTER["Block"](c, o, stride, shortcut=False, norm=norm)
    extra = CHAPTER["parameters"](block) - CHAPTER["parameters"](plain)
    assert extra == (c * o if project else 0)


@FEW
@given(c=SIZES, growth=SIZES, layers=st.integers(1, 4))
def test_a_dense_block_keeps_what_it_got(c, growth, layers):
    block, X = CHAPTER["DenseBlock"](c, growth, layers), normal(2, c, 4, 3)
    Y = block(X)
    assert Y.shape[1] == c + layers * growth
    torch.testing.assert_close(Y[:, :c], X)
    torch.testing.assert_close(
        Y[:, -growth:], F.conv2d(Y[:, :-growth], *block.layers[-1].parameters(), padding=1).relu()
    )


@FEW
@given(n=SIZES, c=st.integers(4, 9), h=SIZES, w=SIZES)
def test_gates_are_torchs_pieces_and_each_picture_has_its_own(n, c, h, w):
    gate, X = CHAPTER["SqueezeExcite"](c), normal(n, c, h, w)
    squeezed = nn.AdaptiveAvgPool2d(1)(X).flatten(1)
    expected = X * torch.sigmoid(gate.excite(F.relu(gate.squeeze(squeezed))))[:, :, None, None]
    torch.testing.assert_close(gate(X), expected)
    torch.testing.assert_close(gate(X[:1]), expected[:1])


@FEW
@given(n=SIZES, c=SIZES, h=SIZES, w=SIZES)
def test_a_gating_map_is_a_one_pixel_convolution_and_a_sigmoid(n, c, h, w):
    gate, X = CHAPTER["PixelGate"](c), normal(n, c, h, w)
    map_ = F.conv2d(X, gate.conv.weight, gate.conv.bias).sigmoid()
    torch.testing.assert_close(gate(X), map_.expand_as(X) * X)


def test_work_is_counted_as_the_formula_says():
    assert CHAPTER["macs"](nn.Conv2d(3, 5, 3, stride=2), 3, 9, 11) == 3 * 3 * 3 * 5 * 4 * 5
    assert CHAPTER["macs"](nn.Conv2d(4, 4, 3, groups=4), 4, 7, 7) == 9 * 4 * 25


@FEW
@given(c=SIZES, o=SIZES, k=st.integers(1, 3), m=st.integers(1, 3), stride=st.integers(1, 3))
def test_loops_compute_a_convolution_and_count_its_multiplications(c, o, k, m, stride):
    X, W = normal(c, 5, 7), normal(o, c, k, m, seed=1)
    Y, count = CHAPTER["counted"](X, W, stride)
    expected = F.conv2d(X[None], W, stride=stride)[0]
    torch.testing.assert_close(Y, expected, rtol=1e-4, atol=1e-4)
    layer = nn.Conv2d(c, o, (k, m), stride)
    assert count == W.numel() * expected[0].numel() == CHAPTER["macs"](layer, c, 5, 7)


@FEW
@given(c=SIZES, seed=st.integers(0, 99))
def test_a_pre_activation_block_is_its_formula(c, seed):
    torch.manual_seed(seed)
    block, x = CHAPTER["PreActivation"](c).eval(), normal(2, c, 5, 4, seed=seed)
    norm1, norm2 = block.branch[0], block.branch[3]
    for norm in (norm1, norm2):
        norm.running_mean.normal_()
        norm.weight.data.normal_()
    inner = F.conv2d(norm1(x).relu(), block.branch[2].weight, padding=1)
    torch.testing.assert_close(block(x), x + F.conv2d(norm2(inner).relu(), block.branch[5].weight, padding=1))


@FEW
@given(n=SIZES, c=SIZES, t=st.integers(1, 3), k=st.sampled_from([1, 3, 5]))
def test_an_inverted_residual_is_its_three_layers(n, c, t, k):
    X, expand, project = 4 * normal(n, c, 6, 5), normal(t * c, c, 1, 1, seed=1), normal(c, t * c, 1, 1, seed=2)
    D = normal(t * c, 1, k, k, seed=3)
    wide = F.conv2d(X, expand).clamp(0, 6)
    looped = [F.conv2d(wide[:, i : i + 1], D[i : i + 1], padding=k // 2) for i in range(t * c)]
    expected = X + F.conv2d(torch.cat(looped, dim=1).clamp(0, 6), project)
    actual = CHAPTER["inverted_residual"](X, expand, D, project)
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-4)


def test_gates_stand_behind_the_layers_that_are_named():
    net = CHAPTER["gated"](CHAPTER["small_net"](separate=False), {5: 32, 9: 64})
    kinds = [type(layer).__name__ for layer in net]
    assert [i for i, kind in enumerate(kinds) if kind == "SqueezeExcite"] == [6, 11]
    assert kinds[5] == kinds[10] == "ReLU"
    assert tuple(net(normal(2, 1, 8, 9)).shape) == (2, 10)


def test_each_part_of_a_network_may_have_its_own_rate():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    before = [part.weight.detach().clone() for part in net]
    CHAPTER["train"](net, normal(6, 3), torch.tensor([0, 1] * 3), epochs=2, lr=[1e-9, 0.1], seed=0, batch=4)
    slow, fast = ((part.weight - old).abs().max().item() for part, old in zip(net, before, strict=True))
    assert slow < 1e-6 < 0.01 < fast


def test_textures_do_not_know_brightness_and_tell_fine_from_coarse():
    X = normal(3, 1, 64, 64).expand(-1, 3, -1, -1)
    texture = CHAPTER["texture"]
    torch.testing.assert_close(texture(X + 0.7), texture(X), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(texture(2 * X)[:, 1:], texture(X)[:, 1:])
    torch.testing.assert_close(texture(2 * X)[:, 0], 2 * texture(X)[:, 0])
    coarse = F.avg_pool2d(X, 5, 1, padding=2)
    assert (texture(coarse)[:, 1] < texture(X)[:, 1]).all()
    assert texture(torch.zeros(2, 3, 64, 64)).isfinite().all()


def test_the_nearest_neighbour_is_found_whatever_the_scales():
    A, y = torch.tensor([[0.0, 0.0], [1.0, 3000.0], [2.0, 1000.0]]), torch.tensor([4, 7, 5])
    B = A[[2, 0, 1]] + torch.tensor([0.1, 100.0])
    assert CHAPTER["nearest_neighbour"](A, y, B).tolist() == [5, 4, 7]


def test_means_and_differences_are_told_apart():
    flat, edge = torch.ones(3, 3, 3), torch.tensor([-1.0, 0.0, 1.0]).expand(3, 3, 3)
    torch.testing.assert_close(CHAPTER["one_sided"](torch.stack([flat, -flat, edge])), torch.tensor([1.0, 1.0, 0.0]))


def test_source_and_target_have_their_digits():
    digits = data.digits(seed=3)
    few = CHAPTER["high_digits"](digits, each=2)
    assert few.y_train.bincount().tolist() == [2] * 5
    assert len(few.y_test) == (digits.y_test >= 5).sum()
    X, y = CHAPTER["low_digits"](digits, 2)
    assert set(y.tolist()) == {0, 1}
    assert len(X) == len(y) <= 600


@pytest.mark.parametrize("channels", [16, 32])
@pytest.mark.parametrize("k", [3, 5, 7])
def test_every_kind_of_block_keeps_the_size_and_sees_as_far(channels, k):
    """One pixel in the middle reaches k x k outputs, whatever the kind."""
    for name, block in CHAPTER["kinds_of_block"](channels, k).items():
        block = block.double()
        for p in block.parameters():
            nn.init.constant_(p, 0.0 if p.ndim == 1 else 1.0)
        x = torch.zeros(1, channels, 15, 15, dtype=torch.float64)
        x[:, :, 7, 7] = 1
        reached = block(x)[0, 0].nonzero()
        assert tuple((reached.amax(0) - reached.amin(0) + 1).tolist()) == (k, k), name


def test_towers_have_the_layers_they_are_named_for():
    for blocks in (3, 20):
        layers = [m for m in CHAPTER["tower"](blocks, True).modules() if isinstance(m, nn.Conv2d | nn.Linear)]
        assert len(layers) == 2 * blocks + 2


def test_a_vgg_block_halves_the_picture():
    block = CHAPTER["vgg_block"](3, 7, depth=3)
    assert tuple(block(normal(2, 3, 8, 10)).shape) == (2, 7, 4, 5)
    assert CHAPTER["parameters"](block) == 7 * (27 + 1) + 2 * 7 * (63 + 1)


def test_a_new_head_leaves_the_source_alone():
    source = CHAPTER["small_net"](separate=True)
    copied = CHAPTER["with_new_head"](source, 4)
    assert copied[-1].out_features == 4
    assert source[-1].out_features == 10
    with torch.no_grad():
        copied[0].weight.zero_()
    assert source[0].weight.abs().sum() > 0


def test_patches_come_from_their_half_and_are_the_same_for_a_seed():
    make = CHAPTER["patches"]
    X, y = make(2, "left", torch.Generator().manual_seed(1))
    again, _ = make(2, "left", torch.Generator().manual_seed(1))
    assert tuple(X.shape) == (20, 3, 64, 64)
    assert y.bincount().tolist() == [2] * 10
    assert torch.equal(X, again)
    assert X.min() >= 0
    assert X.max() <= 1


def test_letters_are_seeded_and_lie_inside():
    X, y = data.letters(copies=1, seed=3)
    assert tuple(X.shape) == (52 * 16, 1, 28, 28)
    assert y.bincount().tolist() == [16] * 52
    assert torch.equal(X, data.letters(copies=1, seed=3)[0])
    assert (X.flatten(1).sum(dim=1) > 5).all()
