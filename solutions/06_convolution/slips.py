"""Planted wrong answers to the exercises of chapter 6, each with the hint that it must get."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.grading.slips import slip

# -- output_size ----------------------------------------------------------------------------------------------


@slip("output_size", "A window that only fits in part")
def no_floor(n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> float:
    return (n + 2 * padding - dilation * (k - 1) - 1) / stride + 1


@slip("output_size", "A last step that does not fit")
def rounded_up(n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    return -(-(n + 2 * padding - dilation * (k - 1) - 1) // stride) + 1


@slip("output_size", "The padding is counted once")
def padding_once(
    n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    return (n + padding - dilation * (k - 1) - 1) // stride + 1


@slip("output_size", "The dilation is ignored")
def no_dilation(
    n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    return (n + 2 * padding - k) // stride + 1


@slip("output_size", "One place is missing")
def first_place_forgotten(
    n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride


# -- conv2d ---------------------------------------------------------------------------------------------------


@slip("conv2d", "The kernel is flipped")
def flipped(x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    return F.conv2d(x[None], W.flip(2, 3), b, stride, padding)[0]


@slip("conv2d", "The biases are missing")
def without_biases(
    x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0
) -> Tensor:
    return F.conv2d(x[None], W, None, stride, padding)[0]


@slip("conv2d", "Averaged over the channels")
def channels_averaged(
    x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0
) -> Tensor:
    return F.conv2d(x[None], W / len(x), b, stride, padding)[0]


@slip("conv2d", "once for each channel")
def bias_for_each_channel(
    x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0
) -> Tensor:
    return F.conv2d(x[None], W, len(x) * b, stride, padding)[0]


@slip("conv2d", "stride 2, padding 1 has shape")
def padding_on_two_sides_only(
    x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0
) -> Tensor:
    return F.conv2d(F.pad(x[None], [padding, 0, padding, 0]), W, b, stride)[0]


# -- conv_matrix ----------------------------------------------------------------------------------------------


@slip("conv_matrix", "The matrix stands upright")
def upright(kernel: Tensor, height: int, width: int) -> Tensor:
    k, l = kernel.shape
    M = torch.zeros(height, width, height - k + 1, width - l + 1, dtype=kernel.dtype)
    for i in range(height - k + 1):
        for j in range(width - l + 1):
            M[i : i + k, j : j + l, i, j] = kernel
    return M.flatten(2).flatten(0, 1)


@slip("conv_matrix", "The kernel is flipped")
def matrix_of_a_flipped_kernel(kernel: Tensor, height: int, width: int) -> Tensor:
    k, l = kernel.shape
    M = torch.zeros(height - k + 1, width - l + 1, height, width, dtype=kernel.dtype)
    for i in range(height - k + 1):
        for j in range(width - l + 1):
            M[i, j, i : i + k, j : j + l] = kernel.flip(0, 1)
    return M.flatten(2).flatten(0, 1)


@slip("conv_matrix", "unrolled column by column")
def outputs_by_columns(kernel: Tensor, height: int, width: int) -> Tensor:
    k, l = kernel.shape
    M = torch.zeros(width - l + 1, height - k + 1, height, width, dtype=kernel.dtype)
    for i in range(height - k + 1):
        for j in range(width - l + 1):
            M[j, i, i : i + k, j : j + l] = kernel
    return M.flatten(2).flatten(0, 1)


# -- conv_gradients -------------------------------------------------------------------------------------------


@slip("conv_gradients", "averaged over the places; a shared weight sums")
def mean_over_places(X: Tensor, W: Tensor, dY: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    height, width = dY.shape[2:]
    dX, dW = torch.zeros_like(X), torch.zeros_like(W)
    for u in range(W.shape[2]):
        for v in range(W.shape[3]):
            block = X[:, :, u : u + height, v : v + width]
            dW[:, :, u, v] = torch.einsum("nohw,nchw->oc", dY, block) / (height * width)
            dX[:, :, u : u + height, v : v + width] += torch.einsum(
                "nohw,oc->nchw", dY, W[:, :, u, v]
            )
    return dX, dW, dY.mean(dim=(2, 3)).sum(dim=0)


@slip("conv_gradients", "averaged over the batch")
def mean_over_batch(X: Tensor, W: Tensor, dY: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    height, width = dY.shape[2:]
    dX, dW = torch.zeros_like(X), torch.zeros_like(W)
    for u in range(W.shape[2]):
        for v in range(W.shape[3]):
            block = X[:, :, u : u + height, v : v + width]
            dW[:, :, u, v] = torch.einsum("nohw,nchw->oc", dY, block) / len(X)
            dX[:, :, u : u + height, v : v + width] += torch.einsum(
                "nohw,oc->nchw", dY, W[:, :, u, v]
            )
    return dX, dW, dY.sum(dim=(2, 3)).mean(dim=0)


@slip("conv_gradients", "averaged over batch and places")
def mean_over_everything(X: Tensor, W: Tensor, dY: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    height, width = dY.shape[2:]
    dX, dW = torch.zeros_like(X), torch.zeros_like(W)
    for u in range(W.shape[2]):
        for v in range(W.shape[3]):
            block = X[:, :, u : u + height, v : v + width]
            dW[:, :, u, v] = torch.einsum("nohw,nchw->oc", dY, block) / (
                len(X) * height * width
            )
            dX[:, :, u : u + height, v : v + width] += torch.einsum(
                "nohw,oc->nchw", dY, W[:, :, u, v]
            )
    return dX, dW, dY.mean(dim=(0, 2, 3))


@slip("conv_gradients", "Each pixel kept one share")
def overwritten_shares(X: Tensor, W: Tensor, dY: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    height, width = dY.shape[2:]
    dX, dW = torch.zeros_like(X), torch.zeros_like(W)
    for u in range(W.shape[2]):
        for v in range(W.shape[3]):
            block = X[:, :, u : u + height, v : v + width]
            dW[:, :, u, v] = torch.einsum("nohw,nchw->oc", dY, block)
            dX[:, :, u : u + height, v : v + width] = torch.einsum(
                "nohw,oc->nchw", dY, W[:, :, u, v]
            )
    return dX, dW, dY.sum(dim=(0, 2, 3))


@slip("conv_gradients", "the wrong way round")
def kernel_not_flipped(X: Tensor, W: Tensor, dY: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    height, width = dY.shape[2:]
    dW = torch.zeros_like(W)
    for u in range(W.shape[2]):
        for v in range(W.shape[3]):
            block = X[:, :, u : u + height, v : v + width]
            dW[:, :, u, v] = torch.einsum("nohw,nchw->oc", dY, block)
    dX = F.conv2d(dY, W.transpose(0, 1), padding=(W.shape[2] - 1, W.shape[3] - 1))
    return dX, dW, dY.sum(dim=(0, 2, 3))


# -- maxpool_backward -----------------------------------------------------------------------------------------


@slip("maxpool_backward", "received one share only")
def last_share_only(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            window = x[i * stride : i * stride + k, j * stride : j * stride + k]
            row, col = divmod(int(window.argmax()), k)
            dx[i * stride + row, j * stride + col] = dy[i, j]
    return dx


@slip("maxpool_backward", "In a tie the last winner got the blame")
def last_winner(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            window = x[i * stride : i * stride + k, j * stride : j * stride + k]
            row, col = (window == window.max()).nonzero()[-1].tolist()
            dx[i * stride + row, j * stride + col] += dy[i, j]
    return dx


@slip("maxpool_backward", "In a tie the blame was shared")
def shared_between_winners(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            at = slice(i * stride, i * stride + k), slice(j * stride, j * stride + k)
            winners = (x[at] == x[at].max()).double()
            dx[at] += dy[i, j] * winners / winners.sum()
    return dx


# -- conv_transpose -------------------------------------------------------------------------------------------


@slip("conv_transpose", "The kernel is not flipped")
def transpose_not_flipped(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    return F.conv_transpose2d(y[None, None], kernel.flip(0, 1)[None, None], stride=stride)[
        0, 0
    ]


@slip("conv_transpose", "only the last one is left")
def stamps_overwrite(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l, dtype=y.dtype)
    for i in range(h):
        for j in range(w):
            out[i * stride : i * stride + k, j * stride : j * stride + l] = y[i, j] * kernel
    return out


@slip("conv_transpose", "There are zeros behind the last pixel too")
def zeros_behind(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    spread = torch.zeros(y.shape[0] * stride, y.shape[1] * stride, dtype=y.dtype)
    spread[::stride, ::stride] = y
    k, l = kernel.shape
    return F.conv2d(
        spread[None, None], kernel.flip(0, 1)[None, None], padding=(k - 1, l - 1)
    )[0, 0]


# -- receptive_field ------------------------------------------------------------------------------------------


@slip("receptive_field", "widens its own steps")
def jump_first(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    size, jump = 1, 1
    for k, stride, dilation in layers:
        jump *= stride
        size += dilation * (k - 1) * jump
    return size, jump


@slip("receptive_field", "The strides are ignored")
def no_strides(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    return 1 + sum(dilation * (k - 1) for k, _, dilation in layers), 1


@slip("receptive_field", "The dilation is ignored")
def no_dilations(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    size, jump = 1, 1
    for k, stride, _ in layers:
        size += (k - 1) * jump
        jump *= stride
    return size, jump


@slip("receptive_field", "it adds one pixel less")
def whole_kernels(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    size, jump = 1, 1
    for k, stride, dilation in layers:
        size += dilation * k * jump
        jump *= stride
    return size, jump
