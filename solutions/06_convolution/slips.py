"""Planted wrong answers to the exercises of chapter 6, each with the hint that it must get."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_tools.grading.slips import slip

# -- output_size ----------------------------------------------------------------------------------------------


@slip(
    "output_size", "A window that only fits in part counts as well; it should be dropped."
)
def no_floor(n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> float:
    return (n + 2 * padding - dilation * (k - 1) - 1) / stride + 1


@slip("output_size", "A last step that does not fit is counted; it should be dropped.")
def rounded_up(n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    return -(-(n + 2 * padding - dilation * (k - 1) - 1) // stride) + 1


@slip("output_size", "The padding is counted once; it lies on each side.")
def padding_once(
    n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    return (n + padding - dilation * (k - 1) - 1) // stride + 1


@slip("output_size", "The dilation is ignored; it stretches the kernel.")
def no_dilation(
    n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    return (n + 2 * padding - k) // stride + 1


@slip(
    "output_size",
    "One place is missing: the window stands somewhere before its first step.",
)
def first_place_forgotten(
    n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride


# -- conv2d ---------------------------------------------------------------------------------------------------


@slip("conv2d", "The kernel is flipped; it should be laid down as it is.")
def flipped(x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    k, l = W.shape[2:]
    x = F.pad(x, [padding] * 4)
    height, width = (x.shape[1] - k) // stride + 1, (x.shape[2] - l) // stride + 1
    y = torch.empty(len(W), height, width, dtype=x.dtype)
    for i in range(height):
        for j in range(width):
            window = x[:, i * stride : i * stride + k, j * stride : j * stride + l]
            y[:, i, j] = (W.flip(2, 3) * window).sum(dim=(1, 2, 3)) + b
    return y


@slip("conv2d", "The biases are missing.")
def without_biases(
    x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0
) -> Tensor:
    k, l = W.shape[2:]
    x = F.pad(x, [padding] * 4)
    height, width = (x.shape[1] - k) // stride + 1, (x.shape[2] - l) // stride + 1
    y = torch.empty(len(W), height, width, dtype=x.dtype)
    for i in range(height):
        for j in range(width):
            window = x[:, i * stride : i * stride + k, j * stride : j * stride + l]
            y[:, i, j] = (W * window).sum(dim=(1, 2, 3))
    return y


@slip("conv2d", "The channels are averaged; they should be summed.")
def channels_averaged(
    x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0
) -> Tensor:
    k, l = W.shape[2:]
    x = F.pad(x, [padding] * 4)
    height, width = (x.shape[1] - k) // stride + 1, (x.shape[2] - l) // stride + 1
    y = torch.empty(len(W), height, width, dtype=x.dtype)
    for i in range(height):
        for j in range(width):
            window = x[:, i * stride : i * stride + k, j * stride : j * stride + l]
            y[:, i, j] = (W * window).mean(dim=1).sum(dim=(1, 2)) + b
    return y


@slip(
    "conv2d",
    "The bias is added once for each channel of the input; each output gets it once.",
)
def bias_for_each_channel(
    x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0
) -> Tensor:
    k, l = W.shape[2:]
    x = F.pad(x, [padding] * 4)
    height, width = (x.shape[1] - k) // stride + 1, (x.shape[2] - l) // stride + 1
    y = torch.empty(len(W), height, width, dtype=x.dtype)
    for i in range(height):
        for j in range(width):
            window = x[:, i * stride : i * stride + k, j * stride : j * stride + l]
            y[:, i, j] = (W * window).sum(dim=(1, 2, 3)) + len(x) * b
    return y


@slip("conv2d", "There are zeros on two sides only; they belong on all four.")
def padding_on_two_sides_only(
    x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0
) -> Tensor:
    k, l = W.shape[2:]
    x = F.pad(x, [padding, 0, padding, 0])
    height, width = (x.shape[1] - k) // stride + 1, (x.shape[2] - l) // stride + 1
    y = torch.empty(len(W), height, width, dtype=x.dtype)
    for i in range(height):
        for j in range(width):
            window = x[:, i * stride : i * stride + k, j * stride : j * stride + l]
            y[:, i, j] = (W * window).sum(dim=(1, 2, 3)) + b
    return y


# -- conv_matrix ----------------------------------------------------------------------------------------------


@slip("conv_matrix", "The matrix stands upright; it has a row for each output.")
def upright(kernel: Tensor, height: int, width: int) -> Tensor:
    k, l = kernel.shape
    M = torch.zeros(height, width, height - k + 1, width - l + 1, dtype=kernel.dtype)
    for i in range(height - k + 1):
        for j in range(width - l + 1):
            M[i : i + k, j : j + l, i, j] = kernel
    return M.flatten(2).flatten(0, 1)


@slip("conv_matrix", "The kernel is flipped; it should be laid down as it is.")
def matrix_of_a_flipped_kernel(kernel: Tensor, height: int, width: int) -> Tensor:
    k, l = kernel.shape
    M = torch.zeros(height - k + 1, width - l + 1, height, width, dtype=kernel.dtype)
    for i in range(height - k + 1):
        for j in range(width - l + 1):
            M[i, j, i : i + k, j : j + l] = kernel.flip(0, 1)
    return M.flatten(2).flatten(0, 1)


@slip(
    "conv_matrix",
    "The outputs are unrolled column by column; they should be unrolled row by row.",
)
def outputs_by_columns(kernel: Tensor, height: int, width: int) -> Tensor:
    k, l = kernel.shape
    M = torch.zeros(width - l + 1, height - k + 1, height, width, dtype=kernel.dtype)
    for i in range(height - k + 1):
        for j in range(width - l + 1):
            M[j, i, i : i + k, j : j + l] = kernel
    return M.flatten(2).flatten(0, 1)


# -- conv_gradients -------------------------------------------------------------------------------------------


@slip("conv_gradients", "dW and db are averaged over the places; a shared weight sums.")
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


@slip("conv_gradients", "dW and db are averaged over the batch; the loss has seen to that.")
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


@slip(
    "conv_gradients", "dW and db are averaged over batch and places; a shared weight sums."
)
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


@slip(
    "conv_gradients",
    "Each pixel kept one share of blame; it should get one from each kernel cell.",
)
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


@slip("conv_gradients", "On its way to dX the blame meets the kernel the wrong way round.")
def kernel_not_flipped(X: Tensor, W: Tensor, dY: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    height, width = dY.shape[2:]
    k, l = W.shape[2:]
    dX, dW = torch.zeros_like(X), torch.zeros_like(W)
    for u in range(k):
        for v in range(l):
            rows, cols = slice(u, u + height), slice(v, v + width)
            dW[:, :, u, v] = torch.einsum("nohw,nchw->oc", dY, X[:, :, rows, cols])
            other = W[:, :, k - 1 - u, l - 1 - v]
            dX[:, :, rows, cols] += torch.einsum("nohw,oc->nchw", dY, other)
    return dX, dW, dY.sum(dim=(0, 2, 3))


# -- maxpool_backward -----------------------------------------------------------------------------------------


@slip(
    "maxpool_backward", "A pixel that won twice received one share only; windows overlap."
)
def last_share_only(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            window = x[i * stride : i * stride + k, j * stride : j * stride + k]
            row, col = divmod(int(window.argmax()), k)
            dx[i * stride + row, j * stride + col] = dy[i, j]
    return dx


@slip(
    "maxpool_backward", "In a tie the last winner got the blame; it belongs to the first."
)
def last_winner(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            window = x[i * stride : i * stride + k, j * stride : j * stride + k]
            row, col = (window == window.max()).nonzero()[-1].tolist()
            dx[i * stride + row, j * stride + col] += dy[i, j]
    return dx


@slip("maxpool_backward", "In a tie the blame was shared; it belongs to the first.")
def shared_between_winners(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            at = slice(i * stride, i * stride + k), slice(j * stride, j * stride + k)
            winners = (x[at] == x[at].max()).double()
            dx[at] += dy[i, j] * winners / winners.sum()
    return dx


# -- conv_transpose -------------------------------------------------------------------------------------------


@slip("conv_transpose", "The kernel is not flipped; on the way back it has to be.")
def transpose_not_flipped(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l, dtype=y.dtype)
    for i in range(h):
        for j in range(w):
            out[i * stride : i * stride + k, j * stride : j * stride + l] += y[
                i, j
            ] * kernel.flip(0, 1)
    return out


@slip(
    "conv_transpose",
    "Where stamps overlap only the last one is left; they should be added.",
)
def stamps_overwrite(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l, dtype=y.dtype)
    for i in range(h):
        for j in range(w):
            out[i * stride : i * stride + k, j * stride : j * stride + l] = y[i, j] * kernel
    return out


@slip(
    "conv_transpose",
    "There are zeros behind the last pixel too; they belong between pixels.",
)
def zeros_behind(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l, dtype=y.dtype)
    for i in range(h):
        for j in range(w):
            out[i * stride : i * stride + k, j * stride : j * stride + l] += (
                y[i, j] * kernel
            )
    return F.pad(out, [0, stride - 1, 0, stride - 1])


# -- receptive_field ------------------------------------------------------------------------------------------


@slip(
    "receptive_field",
    "The stride of a layer widens its own steps; it widens those of the layers above.",
)
def jump_first(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    size, jump = 1, 1
    for k, stride, dilation in layers:
        jump *= stride
        size += dilation * (k - 1) * jump
    return size, jump


@slip(
    "receptive_field", "The strides are ignored; they widen the steps of all layers above."
)
def no_strides(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    return 1 + sum(dilation * (k - 1) for k, _, dilation in layers), 1


@slip("receptive_field", "The dilation is ignored; it stretches the kernel.")
def no_dilations(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    size, jump = 1, 1
    for k, stride, _ in layers:
        size += (k - 1) * jump
        jump *= stride
    return size, jump


@slip("receptive_field", "A layer adds the size of its kernel; it adds one pixel less.")
def whole_kernels(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    size, jump = 1, 1
    for k, stride, dilation in layers:
        size += dilation * k * jump
        jump *= stride
    return size, jump
