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
    assert isinstance(block.P, nn.Conv2d if project else nn.Identity)
    shortcut = F.conv2d(x, block.P.weight, stride=stride) if project else x
    torch.testing.assert_close(block(x), (shortcut + block.F(x)).relu())
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
    gate, X = CHAPTER["PlaceGate"](c), normal(n, c, h, w)
    map_ = F.conv2d(X, gate.look.weight, gate.look.bias).sigmoid()
    torch.testing.assert_close(gate(X), map_.expand_as(X) * X)


def test_work_is_counted_as_the_formula_says():
    assert CHAPTER["macs"](nn.Conv2d(3, 5, 3, stride=2), 3, 9, 11) == 3 * 3 * 3 * 5 * 4 * 5
    assert CHAPTER["macs"](nn.Conv2d(4, 4, 3, groups=4), 4, 7, 7) == 9 * 4 * 25


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
    source = CHAPTER["reader"](apart=True)
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
