"""Chapter 6's functions against torch and plain loops, on sizes and settings that the chapter does not show."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.chapter_code import definitions

CHAPTER = definitions("06_convolution")
Window = CHAPTER["Window"]
FEW = settings(max_examples=30, deadline=None)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@st.composite
def settings_of_a_layer(draw) -> tuple[tuple[int, ...], tuple[int, int], "Window"]:
    """(n, c_in, h, w), (c_out, c_in) and a window that fits at least once."""
    k, m, stride, padding, dilation = (draw(st.integers(a, b)) for a, b in ((1, 4), (1, 4), (1, 3), (0, 2), (1, 3)))
    smallest = [max(1, dilation * (side - 1) + 1 - 2 * padding) for side in (k, m)]
    h, w = (draw(st.integers(low, low + 5)) for low in smallest)
    n, c_in, c_out = (draw(st.integers(1, 3)) for _ in range(3))
    return (n, c_in, h, w), (c_out, c_in), Window(k, m, stride, padding, dilation)


@FEW
@given(settings_of_a_layer())
def test_columns_and_their_transpose_are_torchs(layer):
    size, _, window = layer
    how = {"dilation": window.dilation, "padding": window.padding, "stride": window.stride}
    X = normal(*size)
    columns = CHAPTER["im2col"](X, window)
    torch.testing.assert_close(columns, F.unfold(X, window[:2], **how))
    shares = normal(*columns.shape, seed=1)
    torch.testing.assert_close(CHAPTER["col2im"](shares, size, window), F.fold(shares, size[2:], window[:2], **how))


@FEW
@given(settings_of_a_layer())
def test_the_loops_are_torchs_convolution(layer):
    (_, c_in, h, w), (c_out, _), window = layer
    x, W, b = normal(c_in, h, w), normal(c_out, c_in, *window[:2], seed=1), normal(c_out, seed=2)
    expected = F.conv2d(x[None], W, b, *window[2:])[0]
    torch.testing.assert_close(CHAPTER["conv2d_loops"](x, W, b, *window[2:]), expected)
    assert window.outputs(h, w) == tuple(expected.shape[1:])


@FEW
@given(settings_of_a_layer(), st.integers(0, 100))
def test_the_layer_has_torchs_outputs_and_gradients(layer, seed):
    size, (c_out, c_in), window = layer
    ours, X = CHAPTER["Conv2d"](c_in, c_out, window, torch.Generator().manual_seed(seed)), normal(*size, seed=seed)
    leaves = [t.clone().requires_grad_() for t in (X, ours.W, ours.b)]
    expected = F.conv2d(*leaves, *window[2:])
    torch.testing.assert_close(ours.forward(X), expected.detach())
    dY = normal(*expected.shape, seed=seed + 1)
    mine = [ours.backward(dY), ours.dW, ours.db]
    for a, b in zip(mine, torch.autograd.grad(expected, leaves, dY), strict=True):
        torch.testing.assert_close(a, b)


@FEW
@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 100))
def test_the_matrix_is_the_convolution_and_its_gradient_sums(k, m, more_down, more_across, seed):
    h, w = k + more_down, m + more_across
    kernel, image = normal(k, m, seed=seed).requires_grad_(), normal(h, w, seed=seed + 1)
    expected = F.conv2d(image[None, None], kernel[None, None])[0, 0]
    M = CHAPTER["conv_matrix"](kernel.detach(), h, w)
    torch.testing.assert_close((M @ image.flatten()).view_as(expected), expected.detach())
    delta = normal(*expected.shape, seed=seed + 2)
    cell = CHAPTER["conv_matrix"](torch.arange(1, k * m + 1).view(k, m), h, w)
    dW = CHAPTER["kernel_gradient"](delta.flatten(), image.flatten(), cell)
    torch.testing.assert_close(dW.view(k, m), torch.autograd.grad(expected, kernel, delta)[0])


@pytest.mark.parametrize(("kind", "by_torch"), [("max", F.max_pool2d), ("mean", F.avg_pool2d)])
@FEW
@given(
    k=st.integers(1, 3),
    m=st.integers(1, 3),
    stride=st.integers(1, 4),
    more=st.integers(0, 5),
    seed=st.integers(0, 99),
)
def test_pooling_and_its_gradient_with_ties(kind, by_torch, k, m, stride, more, seed):
    X = normal(2, 3, k + more, m + 4, seed=seed).mul(2).round().requires_grad_()
    pool, expected = CHAPTER["Pool2d"](Window(k, m, stride), kind), by_torch(X, (k, m), stride)
    torch.testing.assert_close(pool.forward(X.detach()), expected.detach())
    dY = normal(*expected.shape, seed=seed + 1)
    torch.testing.assert_close(pool.backward(dY), torch.autograd.grad(expected, X, dY)[0])


@FEW
@given(settings_of_a_layer(), st.integers(1, 3), st.integers(1, 3))
def test_transposed_convolution(layer, h, w):
    (n, _, _, _), (c_in, c_out), (k, m, stride, padding, dilation) = layer
    X, W = normal(n, c_in, h + 2, w + 2), normal(c_in, c_out, k, m, seed=1)
    sides = [(side + 1) * stride - 2 * padding + dilation * (reach - 1) + 1 for side, reach in ((h, k), (w, m))]
    if min(sides) < 1:
        return
    expected = F.conv_transpose2d(X, W, stride=stride, padding=padding, dilation=dilation)
    torch.testing.assert_close(CHAPTER["conv_transpose2d"](X, W, stride, padding, dilation), expected)
    spread = CHAPTER["with_zeros_between"](X, stride)
    small_steps = F.conv2d(spread, W.flip(2, 3).transpose(0, 1), padding=(k - 1, m - 1))
    torch.testing.assert_close(small_steps, F.conv_transpose2d(X, W, stride=stride))


@FEW
@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
def test_same_padding_gives_the_promised_number_of_places(n, k, stride, dilation):
    before, after = CHAPTER["same_padding"](n, k, stride, dilation)
    assert 0 <= after - before <= 1
    places = (n + before + after - dilation * (k - 1) - 1) // stride + 1
    if before + after:
        assert places == -(-n // stride)
    else:
        assert places >= -(-n // stride)


@FEW
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)), min_size=1, max_size=4))
def test_the_receptive_field_is_where_a_pixel_counts(layers):
    """Change one pixel after the other and see whether the first unit changes."""
    stack = [Window(k, 1, stride, 0, dilation) for k, stride, dilation in layers]
    size, jump = CHAPTER["receptive_field"](stack)
    side = size + jump

    def units(column: torch.Tensor) -> torch.Tensor:
        for k, stride, dilation in layers:
            column = F.conv1d(column, torch.ones(1, 1, k), stride=stride, dilation=dilation)
        return column[0, 0]

    reached = torch.stack([units(pixel.view(1, 1, -1)) for pixel in torch.eye(side)])  # (pixels, units)
    first, second = (reached[:, i].nonzero().flatten() for i in (0, 1))
    assert int(first[-1] - first[0]) + 1 == size
    assert int(second[0] - first[0]) == jump


def test_windows_are_local_and_the_median_is_the_median():
    image = normal(6, 7)
    seen = CHAPTER["windows"](image, 3)
    assert tuple(seen.shape) == (4, 5, 3, 3)
    for r in range(4):
        for c in range(5):
            torch.testing.assert_close(seen[r, c], image[r : r + 3, c : c + 3])
            torch.testing.assert_close(CHAPTER["local_median"](image, 3)[r, c], image[r : r + 3, c : c + 3].median())


@FEW
@given(*[st.integers(1, 4)] * 4, st.integers(0, 3), st.integers(0, 4))
def test_the_macs_are_those_of_the_formula(c_in, c_out, k, m, more_down, more_across):
    x, W = normal(c_in, k + more_down, m + more_across), normal(c_out, c_in, k, m, seed=1)
    Y, macs = CHAPTER["counted_macs"](x, W)
    torch.testing.assert_close(Y, F.conv2d(x[None], W)[0])
    assert macs == k * m * c_in * Y.numel()


@pytest.mark.parametrize("by", [0, 1, 3])
def test_a_shift_moves_zeros_in_and_wraps_nothing(by):
    X = normal(2, 1, 5, 7)
    moved = CHAPTER["shifted"](X, by)
    expected = torch.zeros_like(X)
    expected[:, :, by:, by:] = X[:, :, : 5 - by, : 7 - by]
    torch.testing.assert_close(moved, expected)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_circular_padding_is_torchs(stride):
    X, W = normal(2, 3, 8, 11), normal(4, 3, 3, 3, seed=1)
    layer = torch.nn.Conv2d(3, 4, 3, stride, padding=1, padding_mode="circular", bias=False, dtype=torch.float64)
    layer.weight.data = W
    torch.testing.assert_close(CHAPTER["circular"](X, W, stride), layer(X).detach())


def test_the_share_of_slopes_is_one_for_slopes_and_little_for_noise():
    across = torch.tensor([[-1.0, 0, 1]] * 3)
    slopes = torch.stack([across, across.T, 2 * across - 3 * across.T])[:, None]
    others = torch.stack([torch.ones(3, 3), torch.eye(3)])[:, None]
    assert CHAPTER["slope_share"](slopes) == pytest.approx(1)
    assert CHAPTER["slope_share"](others) == pytest.approx(0)
    noise = torch.randn(4000, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    assert CHAPTER["slope_share"](noise) == pytest.approx(2 / 9, abs=0.01)


def test_the_width_of_an_influence_is_its_standard_deviation():
    gradient = torch.zeros(5, 5, dtype=torch.float64)
    gradient[0, 1], gradient[2, 2], gradient[4, 3] = 1, 2, 1
    assert CHAPTER["width"](gradient) == pytest.approx(2**0.5)


def test_a_pooling_with_stride_one_moves_along():
    picture = normal(9, 12)
    assert CHAPTER["change_by_one_pixel"](picture, 1) == 0
    assert CHAPTER["change_by_one_pixel"](picture, 2) > 0.5


@pytest.mark.parametrize("seed", range(3))
def test_which_networks_a_shift_of_two_leaves_unchanged(seed):
    """What the exercise on equivariance seals, with networks of random weights."""
    torch.manual_seed(seed)

    def conv(c_in, c_out, stride=1, dilation=1, mode="circular"):
        pad = {"padding": dilation, "padding_mode": mode}
        return [torch.nn.Conv2d(c_in, c_out, 3, stride, dilation=dilation, **pad), torch.nn.ReLU()]

    mean, largest = torch.nn.AdaptiveAvgPool2d(1), torch.nn.AdaptiveMaxPool2d(1)
    networks = {
        "A": [*conv(1, 5), mean],
        "B": [*conv(1, 5), torch.nn.Flatten(), torch.nn.Linear(5 * 24 * 24, 4)],
        "C": [*conv(1, 5, stride=2), mean],
        "D": [*conv(1, 5, stride=2), *conv(5, 6, stride=2), mean],
        "E": [*conv(1, 5), torch.nn.MaxPool2d(2), largest],
        "F": [*conv(1, 5), torch.nn.MaxPool2d(3), mean],
        "G": [*conv(1, 5, mode="zeros"), mean],
        "H": [*conv(1, 5, dilation=2), largest],
    }
    X = torch.randn(2, 1, 24, 24)
    same = [
        name
        for name, layers in networks.items()
        if torch.allclose(torch.nn.Sequential(*layers)(X), torch.nn.Sequential(*layers)(X.roll(2, dims=3)), atol=1e-6)
    ]
    assert "".join(same) == "ACEH"


def test_a_summary_counts_what_torch_counts():
    net = CHAPTER["keras_example"]().eval()
    rows = CHAPTER["summary"](net, torch.zeros(1, 3, 64, 64))
    assert sum(count for _, _, count in rows) == sum(p.numel() for p in net.parameters()) == 30485
    assert rows[-1][1] == (5,)


@pytest.mark.parametrize("bug", ["overwrites", "averages", "not flipped"])
def test_the_comparison_can_fail(bug):
    """Each of these small changes to the backward pass must be noticed on an ordinary layer."""
    window = Window(3, 2)
    layer, X = CHAPTER["Conv2d"](2, 3, window, torch.Generator().manual_seed(0)), normal(2, 2, 5, 6)
    dY = normal(*layer.forward(X).shape, seed=1)
    right, columns = layer.backward(dY), layer.W.flatten(1).T @ dY.flatten(2)
    wrong = {
        "overwrites": CHAPTER["col2im_overwriting"](columns, X.shape, window),
        "averages": right / dY[0, 0].numel(),
        "not flipped": F.conv2d(dY, layer.W.transpose(0, 1), padding=(2, 1)),
    }
    assert not torch.allclose(wrong[bug], right)
