"""Chapter 8's functions against torch and plain loops, on sizes that the chapter does not show."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.chapter_code import definitions

CHAPTER = definitions("08_feature_visualization")
FEW = settings(max_examples=15, deadline=None)
SIZES = st.integers(1, 5)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@FEW
@given(n=SIZES, c=SIZES, h=SIZES, w=SIZES)
def test_a_gram_matrix_is_its_sum_and_each_picture_has_its_own(n, c, h, w):
    maps = normal(n, c, h, w)
    expected = torch.einsum("nchw,ndhw->ncd", maps, maps) / (h * w)
    torch.testing.assert_close(CHAPTER["gram"](maps), expected)
    torch.testing.assert_close(CHAPTER["gram"](maps[:1]), expected[:1])
    order = torch.randperm(h * w)
    moved = maps.flatten(2)[:, :, order].view_as(maps)
    torch.testing.assert_close(CHAPTER["gram"](moved), expected)


def test_the_mixed_gram_matrix_is_right_for_one_picture_alone():
    maps = normal(2, 3, 4, 5)
    torch.testing.assert_close(CHAPTER["gram_mixed"](maps[:1]), CHAPTER["gram"](maps[:1])[0])
    assert CHAPTER["gram_mixed"](maps).shape == (6, 6)
    with pytest.raises(ValueError, match=r"give \(n, channels, height, width\)"):
        CHAPTER["gram"](maps[0])


def test_doubled_places_leave_the_style_loss_and_doubled_channels_do_too():
    """Divided by the target's own size, the loss depends neither on the number of places nor on the width."""
    maps, style = normal(2, 3, 4, 5), CHAPTER["gram"](normal(1, 3, 6, 7, seed=1))
    loss = CHAPTER["style_loss"]({"a": maps}, {"a": style})
    twice = CHAPTER["style_loss"]({"a": torch.cat([maps, maps], dim=3)}, {"a": style})
    torch.testing.assert_close(twice, loss)
    wide = CHAPTER["style_loss"]({"a": maps.repeat(1, 2, 1, 1)}, {"a": style.repeat(1, 2, 2)})
    torch.testing.assert_close(wide, loss)


def test_the_losses_of_a_batch_are_those_of_its_pictures():
    maps, target = normal(3, 4, 5, 6), normal(3, 4, 5, 6, seed=1)
    S = {"a": CHAPTER["gram"](normal(1, 4, 3, 7, seed=2))}
    alone = torch.cat([CHAPTER["style_loss"]({"a": m[None]}, S) for m in maps])
    torch.testing.assert_close(CHAPTER["style_loss"]({"a": maps}, S), alone)
    assert CHAPTER["feature_error"](maps, maps).tolist() == [0, 0, 0]
    assert CHAPTER["feature_error"](maps, target).shape == (3,)
    with pytest.raises(ValueError, match="pictures must have one size"):
        CHAPTER["feature_error"](maps, target[..., 1:])


@pytest.mark.parametrize("name", ["style", "content", "total variation"])
def test_each_loss_has_the_gradient_of_what_it_says(name):
    S, target = {"a": CHAPTER["gram"](normal(1, 3, 3, 7, seed=2))}, normal(2, 3, 4, 5, seed=1)
    loss = {
        "style": lambda x: CHAPTER["style_loss"]({"a": x}, S).sum(),
        "content": lambda x: CHAPTER["feature_error"](x, target).sum(),
        "total variation": CHAPTER["total_variation"],
    }[name]
    x, v = normal(2, 3, 4, 5).requires_grad_(), normal(2, 3, 4, 5, seed=3)
    (g,) = torch.autograd.grad(loss(x), x)
    with torch.no_grad():
        slope = (loss(x + 1e-6 * v) - loss(x - 1e-6 * v)) / 2e-6
    torch.testing.assert_close((g * v).sum(), slope, rtol=1e-5, atol=1e-7)


@FEW
@given(n=SIZES, c=SIZES, h=st.integers(2, 6), w=st.integers(2, 6))
def test_total_variation_is_its_double_loop(n, c, h, w):
    x = normal(n, c, h, w)
    down = [
        abs(x[a, b, i + 1, j] - x[a, b, i, j])
        for a in range(n)
        for b in range(c)
        for i in range(h - 1)
        for j in range(w)
    ]
    across = [
        abs(x[a, b, i, j + 1] - x[a, b, i, j])
        for a in range(n)
        for b in range(c)
        for i in range(h)
        for j in range(w - 1)
    ]
    expected = sum(down) / len(down) + sum(across) / len(across)
    torch.testing.assert_close(CHAPTER["total_variation"](x), expected)


def test_ascent_rises_and_leaves_its_start_alone():
    x = torch.full((2, 3, 5, 4), 0.5)
    before = x.clone()
    W = normal(3, 5, 4).float()
    found, history = CHAPTER["ascend"](x, lambda z: (z * W).sum(), steps=5)
    assert torch.equal(x, before)
    assert history == sorted(history)
    assert found.is_leaf
    assert 0 <= found.min() < found.max() <= 1
    still, _ = CHAPTER["ascend"](x, lambda z: 0 * z.sum(), steps=2)
    assert torch.equal(still, before)


def test_layers_are_found_by_name_and_no_further_than_needed():
    x = torch.rand(2, 3, 50, 38)
    maps = CHAPTER["activations"](x, ["block 2", "stem"])
    assert list(maps) == ["block 2", "stem"]
    assert maps["stem"].shape == (2, 32, 25, 19)
    assert maps["block 2"].shape[1] == 24
    with pytest.raises(ValueError, match="no layer 'block 16'; there are stem, block 0 to block 15"):
        CHAPTER["activations"](x, ["block 16"])


@pytest.mark.parametrize("kind", ["Pixels", "Fourier"])
def test_parametrisations_give_pictures_and_take_gradients(kind):
    image = CHAPTER[kind](2, 20, torch.Generator().manual_seed(0))
    x = image.picture()
    assert x.shape == (2, 3, 20, 20)
    assert 0 < x.min() < x.max() < 1
    (g,) = torch.autograd.grad(x[:, 0].mean(), image.theta)
    assert g.isfinite().all()
    assert g.abs().sum() > 0


def test_jitter_moves_a_picture_and_its_gradient_comes_back():
    x = torch.rand(1, 3, 6, 7).requires_grad_()
    moved = CHAPTER["jittered"](x, torch.Generator().manual_seed(3), 2)
    torch.testing.assert_close(moved.sum(), x.sum())
    weight = torch.rand(moved.shape)
    (g,) = torch.autograd.grad((moved * weight).sum(), x)
    torch.testing.assert_close(CHAPTER["jittered"](g, torch.Generator().manual_seed(3), 2), weight)


def test_tiles_are_the_same_pixels_in_another_order():
    x = torch.rand(1, 3, 8, 12)
    y = CHAPTER["shuffled_tiles"](x, 4, torch.Generator().manual_seed(0))
    assert not torch.equal(x, y)
    torch.testing.assert_close(x.flatten().sort().values, y.flatten().sort().values)


def test_pictures_are_compared_without_brightness_and_contrast():
    x = torch.rand(2, 3, 9, 8, dtype=torch.float64)
    torch.testing.assert_close(CHAPTER["unexplained"](0.3 * x + 0.2, x), torch.zeros(2, dtype=torch.float64))
    assert (CHAPTER["unexplained"](torch.rand_like(x), x) > 0.8).all()


def test_a_style_network_keeps_the_size_and_a_small_output_keeps_the_content():
    net = CHAPTER["StyleNet"](width=4)
    x = torch.rand(2, 3, 16, 24)
    assert net(x).shape == x.shape
    torch.nn.init.zeros_(net.body[-1].weight)
    torch.nn.init.zeros_(net.body[-1].bias)
    torch.testing.assert_close(net(x), (4 * (x - 0.5)).sigmoid())


def test_a_change_of_long_waves_is_coarse():
    start, t = torch.zeros(1, 3, 64, 64), torch.arange(64) * 2 * torch.pi / 64
    assert CHAPTER["coarse_change"](t.sin().expand(1, 3, 64, 64), start) > 0.99
    assert CHAPTER["coarse_change"]((16 * t).sin().expand(1, 3, 64, 64), start) < 0.01
    assert CHAPTER["fine_structure"]((30 * t).sin().expand(1, 3, 64, 64)).item() > 0.99
    assert F.mse_loss(CHAPTER["turned"](torch.ones(1, 3, 9, 9)), torch.ones(1, 3, 9, 9)) < 1e-10


def test_optimised_pictures_stay_in_range_and_their_start_as_it_was():
    content, style = (torch.rand(1, 3, n, 44, generator=torch.Generator().manual_seed(n)) for n in (40, 36))
    before = content.clone()
    o = CHAPTER["stylise"](content, style, steps=3)
    dreamt = CHAPTER["dream"](content, CHAPTER["layer_energy"]("block 1"), octaves=2, steps=2)
    for x in (o, dreamt):
        assert x.shape == content.shape
        assert x.is_leaf
        assert not torch.equal(x, content)
        assert 0 <= x.min() < x.max() <= 1
    assert torch.equal(content, before)
    torch.testing.assert_close(CHAPTER["stylise"](content, style, steps=3), o)
    again = CHAPTER["dream"](content, CHAPTER["layer_energy"]("block 1"), octaves=2, steps=2)
    torch.testing.assert_close(again, dreamt)


def test_a_step_of_the_dream_divides_by_the_root_mean_square():
    """With one octave and one step the change has the root mean square eta, where nothing is clipped."""
    x, W = torch.full((1, 3, 12, 10), 0.5), normal(1, 3, 12, 10).float()
    W[..., :3] *= 5
    dreamt = CHAPTER["dream"](x, lambda y: (y * W).sum(), octaves=1, steps=1, eta=0.01)
    torch.testing.assert_close((dreamt - x).pow(2).mean().sqrt().item(), 0.01, rtol=1e-3, atol=0)


def test_the_same_seed_gives_the_same_picture_alone_and_beside_others():
    """In training mode batch normalisation would make a picture depend on its neighbours."""

    def drawn(n: int, kind: str = "Pixels") -> torch.Tensor:
        image, rng = CHAPTER[kind](n, 36, torch.Generator().manual_seed(4)), torch.Generator().manual_seed(5)
        with torch.no_grad():
            image.theta.copy_(image.theta[:1].clone().expand_as(image.theta))
        return CHAPTER["visualise"](image, "block 2", [5] * n, rng, steps=3, jitter=2)

    torch.testing.assert_close(drawn(1), drawn(1))
    torch.testing.assert_close(drawn(2, "Fourier"), drawn(2, "Fourier"))
    torch.testing.assert_close(drawn(3)[2:], drawn(1), rtol=1e-3, atol=1e-3)
