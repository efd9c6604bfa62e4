"""Planted wrong answers to the exercises of chapter 6, each with the hint that it must get."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- output_size ----------------------------------------------------------------------------------------------

change(
    "output_size",
    "A window that only fits in part counts as well; it is dropped: round down.",
    "//",
    "/",
)
change(
    "output_size",
    "The numbers are right, but they are floats; `//` keeps whole numbers whole.",
    "(n + 2 * padding - dilation * (k - 1) - 1) // stride + 1",
    "float((n + 2 * padding - dilation * (k - 1) - 1) // stride + 1)",
)
change(
    "output_size",
    "The quotient is rounded up: a last step that does not fit is counted. Round down.",
    "(n + 2 * padding - dilation * (k - 1) - 1) // stride + 1",
    "-(-(n + 2 * padding - dilation * (k - 1) - 1) // stride) + 1",
)
change(
    "output_size",
    "The quotient is rounded to the nearest whole number; a step that does not fit is dropped, so round down.",
    "(n + 2 * padding - dilation * (k - 1) - 1) // stride + 1",
    "round((n + 2 * padding - dilation * (k - 1) - 1) / stride) + 1",
)
change(
    "output_size",
    "The padding is counted once; p zeros lie on each side.",
    "2 * padding",
    "padding",
)
change("output_size", "The padding is ignored.", " + 2 * padding", "")
change(
    "output_size", "The padding is taken off; it makes the axis longer.", "n + 2", "n - 2"
)
change(
    "output_size",
    "The padding is counted four times; one axis has two ends.",
    "2 * padding",
    "4 * padding",
)
change(
    "output_size",
    "The padding is not divided by the stride; it belongs to the axis that the kernel steps along.",
    "(n + 2 * padding - dilation * (k - 1) - 1) // stride + 1",
    "(n - dilation * (k - 1) - 1) // stride + 2 * padding + 1",
)
change(
    "output_size",
    "The dilation is ignored; it stretches the kernel.",
    "dilation * (k - 1)",
    "(k - 1)",
)
change(
    "output_size",
    "The dilated kernel is taken for d k pixels long; from its first to its last pixel it has d (k - 1) + 1.",
    "dilation * (k - 1) - 1",
    "dilation * k",
)
change(
    "output_size",
    "A last window that just fits is left out: with stride 1 and dilation 1 a kernel fits in n - k + 1 places.",
    "dilation * (k - 1) - 1",
    "dilation * k - 1",
)
change(
    "output_size",
    "The dilation widens the kernel as a whole by d - 1; it widens each of its k - 1 gaps.",
    "dilation * (k - 1) - 1",
    "(k - 1) - (dilation - 1) - 1",
)
change(
    "output_size",
    "The kernel's own k pixels are left out: without dilation this is n / S rounded up, whatever k is.",
    "dilation * (k - 1) - 1",
    "(dilation - 1) * (k - 1) - 1",
)
change(
    "output_size",
    "The dilation divides, as the stride does; it stretches the kernel.",
    "dilation * (k - 1) - 1) // stride",
    "(k - 1) - 1) // (stride * dilation)",
)
change(
    "output_size",
    "Stride and dilation are exchanged.",
    "dilation * (k",
    "stride * (k",
    "// stride",
    "// dilation",
)
change(
    "output_size",
    "One place is missing: the window stands somewhere before its first step.",
    "// stride + 1",
    "// stride",
)
change(
    "output_size",
    "The kernel is taken for one pixel too short: n - k + 1 places at stride 1, not n - k + 2.",
    "(k - 1) - 1)",
    "(k - 1))",
)
change(
    "output_size",
    "The place before the first step is divided by the stride, too; it is added after the division.",
    "- 1) // stride + 1",
    "- 1 + 1) // stride",
)
change("output_size", "The stride is ignored.", " // stride", "")
change(
    "output_size",
    "The stride multiplies; larger steps make fewer places, so it divides.",
    "// stride",
    "* stride",
)
change(
    "output_size",
    "The kernel's own k pixels are left out: without dilation this is n / S rounded up, whatever k is.",
    "return (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1",
    "return -(-n // stride)",
)
change(
    "output_size",
    "This is the size after a transposed convolution, which makes an axis longer.",
    "return (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1",
    "return (n - 1) * stride - 2 * padding + dilation * (k - 1) + 1",
)
change(
    "output_size",
    "Only the last term is divided by the stride; the brackets are missing.",
    "(n + 2 * padding - dilation * (k - 1) - 1) // stride + 1",
    "n + 2 * padding - dilation * (k - 1) - 1 // stride + 1",
)
change(
    "output_size",
    "The axis is divided by the stride before the kernel is taken off; take it off first.",
    "(n + 2 * padding - dilation * (k - 1) - 1) // stride + 1",
    "(n + 2 * padding) // stride - dilation * (k - 1)",
)
change(
    "output_size",
    "The division is by the size of the kernel; the window moves in steps of the stride.",
    "// stride",
    "// k",
)

change(
    "output_size",
    "n is doubled: 2 p is the padding of both sides, n stands alone.",
    "n + 2 * padding",
    "2 * (n + padding)",
)
change(
    "output_size",
    "The last 1 is added to the stride; it is the place before the first step, and is added after the division.",
    "// stride + 1",
    "// (stride + 1)",
)
change(
    "output_size",
    "Two pixels too many are left for the steps: with stride 1 and dilation 1 a kernel fits in n - k + 1 places.",
    "(k - 1) - 1)",
    "(k - 1) + 1)",
)
change(
    "output_size",
    "A last window that just fits is left out: with stride 1 and dilation 1 a kernel fits in n - k + 1 places.",
    "(n + 2 * padding - dilation * (k - 1) - 1) // stride + 1",
    "-(-(n + 2 * padding - dilation * (k - 1) - 1) // stride)",
)
change(
    "output_size",
    "The kernel is too long: its k pixels and its k - 1 gaps of d are added, but from its first to its last pixel it has d (k - 1) + 1.",
    "dilation * (k - 1) - 1",
    "dilation * (k - 1) - k",
)
change(
    "output_size",
    "The padding is dilated as well; it is a number of pixels on each side.",
    "2 * padding",
    "2 * padding * dilation",
)
change(
    "output_size",
    "The padding is taken for one zero on each side, whatever p is.",
    "2 * padding",
    "2 * (padding > 0)",
)

change(
    "output_size",
    "There is one place too many: only the place before the first step is added.",
    "// stride + 1",
    "// stride + 2",
)
change(
    "output_size",
    "The number of zeros is right, but the axis of n pixels is missing.",
    "n + 2 * padding",
    "2 * padding",
)
change(
    "output_size",
    "The dilation divides; it stretches the kernel, so it multiplies k - 1.",
    "dilation * (k - 1)",
    "(k - 1) // dilation",
)
change(
    "output_size",
    "The dilation is raised to a power or squared; each of the k - 1 gaps is d wide.",
    "dilation * (k - 1)",
    "dilation**2 * (k - 1)",
)

# -- conv_matrix ----------------------------------------------------------------------------------------------
change(
    "conv_matrix",
    "The matrix stands upright; it has a row for each output and a column for each pixel.",
    "return M.flatten(2).flatten(0, 1)",
    "return M.flatten(2).flatten(0, 1).T",
)
change(
    "conv_matrix",
    "The kernel is flipped both ways; it is laid down as it is.",
    "= kernel\n",
    "= kernel.flip(0, 1)\n",
)
change(
    "conv_matrix",
    "The rows of the kernel are flipped; it is laid down as it is.",
    "= kernel\n",
    "= kernel.flip(0)\n",
)
change(
    "conv_matrix",
    "The columns of the kernel are flipped; it is laid down as it is.",
    "= kernel\n",
    "= kernel.flip(1)\n",
)
change(
    "conv_matrix",
    "The outputs are unrolled column by column; they are unrolled row by row.",
    "return M.flatten(2).flatten(0, 1)",
    "return M.flatten(2).transpose(0, 1).flatten(0, 1)",
)
change(
    "conv_matrix",
    "The picture is unrolled column by column; it is unrolled row by row.",
    "return M.flatten(2).flatten(0, 1)",
    "return M.transpose(2, 3).flatten(2).flatten(0, 1)",
)
change(
    "conv_matrix",
    "Picture and outputs are unrolled column by column; both are unrolled row by row.",
    "return M.flatten(2).flatten(0, 1)",
    "return M.transpose(2, 3).flatten(2).transpose(0, 1).flatten(0, 1)",
)
change(
    "conv_matrix",
    "Each row of the matrix is still a picture; unroll it, and the outputs as well.",
    "return M.flatten(2).flatten(0, 1)",
    "return M",
)
change(
    "conv_matrix",
    "Each row of the matrix is still a picture; unroll it.",
    "return M.flatten(2).flatten(0, 1)",
    "return M.flatten(0, 1)",
)
change(
    "conv_matrix",
    "The outputs still have two axes; unroll them, too, so that the matrix has two axes in all.",
    "return M.flatten(2).flatten(0, 1)",
    "return M.flatten(2)",
)
change(
    "conv_matrix",
    "The kernel lies in the same corner in every row; it moves with the output.",
    "r : r + k, c : c + l",
    ":k, :l",
)
change(
    "conv_matrix",
    "Only the first row of the kernel is laid down.",
    "r : r + k, c : c + l] = kernel",
    "i, j : j + l] = kernel[0]",
)
change(
    "conv_matrix",
    "Ones stand where the weights of the kernel belong.",
    "= kernel\n",
    "= 1\n",
)
change(
    "conv_matrix",
    "The weights are divided by their number; they are laid down as they are.",
    "= kernel\n",
    "= kernel / kernel.numel()\n",
)
change(
    "conv_matrix",
    "Earlier kernels are still there: each row of the matrix holds the kernel once.",
    "M[i, j, r : r + k, c : c + l] = kernel",
    "M[i:, :, r : r + k, c : c + l] = kernel",
)
change(
    "conv_matrix",
    "The last row and column of places are missing: a kernel of k rows fits in (height - k) // stride + 1 places.",
    "(height - k) // stride + 1, (width - l) // stride + 1",
    "(height - k) // stride, (width - l) // stride",
)
change(
    "conv_matrix",
    "The rows of the last places are empty: the loops stop one place early.",
    "for i in range(rows)",
    "for i in range(rows - 1)",
    "for j in range(cols)",
    "for j in range(cols - 1)",
)
change(
    "conv_matrix",
    "The rows of the last places are empty: the loop over the columns stops one place early.",
    "for j in range(cols)",
    "for j in range(cols - 1)",
)
change(
    "conv_matrix",
    "The rows of the last places are empty: the loop over the rows stops one place early.",
    "for i in range(rows)",
    "for i in range(rows - 1)",
)

change(
    "conv_matrix",
    "Your numbers are float32: torch.zeros takes `dtype=kernel.dtype`.",
    ", dtype=kernel.dtype",
    "",
)
change(
    "conv_matrix", "The sign of the weights is turned round.", "= kernel\n", "= -kernel\n"
)
change(
    "conv_matrix",
    "Only the last row of the kernel is laid down; its other rows are missing.",
    "r : r + k, c : c + l] = kernel",
    "r + k - 1, c : c + l] = kernel[-1]",
)
change(
    "conv_matrix",
    "All rows of the kernel are the same: each row of the picture meets its own.",
    "= kernel\n",
    "= kernel[0]\n",
)
change(
    "conv_matrix",
    "The kernel only moves to the right; from one row of places to the next it moves down.",
    "r : r + k, c : c + l",
    ":k, c : c + l",
)
change(
    "conv_matrix",
    "The kernel only moves down; from one place to the next it moves to the right.",
    "r : r + k, c : c + l",
    "r : r + k, :l",
)
change(
    "conv_matrix",
    "The rows of the matrix come in the reverse order; the first one belongs to the place at the top left.",
    "return M.flatten(2).flatten(0, 1)",
    "return M.flatten(2).flatten(0, 1).flip(0)",
)
change(
    "conv_matrix",
    "The matrix keeps its four axes in the wrong groups: pixels stand in the rows and outputs in the columns.",
    "return M.flatten(2).flatten(0, 1)",
    "return M.permute(2, 3, 0, 1)",
)

change(
    "conv_matrix",
    "The last row of places is missing: a kernel of k rows fits in (height - k) // stride + 1 places.",
    "(height - k) // stride + 1, (width",
    "(height - k) // stride, (width",
)
change(
    "conv_matrix",
    "The last column of places is missing: a kernel of l columns fits in (width - l) // stride + 1 places.",
    "(width - l) // stride + 1",
    "(width - l) // stride",
)
change(
    "conv_matrix",
    "The first row and column of places stay empty: places are counted from 0.",
    "for i in range(rows)",
    "for i in range(1, rows)",
    "for j in range(cols)",
    "for j in range(1, cols)",
)

change(
    "conv_matrix",
    "The stride is ignored: each output moves the kernel by one pixel.",
    "(height - k) // stride + 1, (width - l) // stride + 1",
    "height - k + 1, width - l + 1",
    "r, c = i * stride, j * stride",
    "r, c = i, j",
)
change(
    "conv_matrix",
    "The number of rows takes the stride into account, but the kernel moves by one pixel.",
    "r, c = i * stride, j * stride",
    "r, c = i, j",
)
change(
    "conv_matrix",
    "The stride is ignored down the picture; the kernel moves by it in both directions.",
    "r, c = i * stride, j * stride",
    "r, c = i, j * stride",
)
change(
    "conv_matrix",
    "The stride is ignored across the picture; the kernel moves by it in both directions.",
    "r, c = i * stride, j * stride",
    "r, c = i * stride, j",
)
change(
    "conv_matrix",
    "The stride divides before the kernel is taken off; take it off first.",
    "(height - k) // stride + 1, (width - l) // stride + 1",
    "height // stride - k + 1, width // stride - l + 1",
)
change(
    "conv_matrix",
    "A last step that does not fit is counted; it is dropped, so round down.",
    "(height - k) // stride + 1, (width - l) // stride + 1",
    "-(-(height - k) // stride) + 1, -(-(width - l) // stride) + 1",
    "torch.zeros(rows, cols, height, width,",
    "torch.zeros(rows, cols, height + stride, width + stride,",
    "return M.flatten(2)",
    "return M[:, :, :height, :width].flatten(2)",
)
change(
    "conv_matrix",
    "The stride lies between the cells of the kernel; that is a dilation. It moves the whole kernel.",
    "(height - k) // stride + 1, (width - l) // stride + 1",
    "height - stride * (k - 1), width - stride * (l - 1)",
    "r, c = i * stride, j * stride",
    "r, c = i, j",
    "r : r + k, c : c + l",
    "r : r + stride * (k - 1) + 1 : stride, c : c + stride * (l - 1) + 1 : stride",
)


@slip(
    "conv_matrix",
    "The kernel is laid down in one run; the rows of the picture are width pixels apart, and so are those of the kernel.",
)
def kernel_in_one_run(kernel: Tensor, height: int, width: int, stride: int) -> Tensor:
    k, l = kernel.shape
    rows, cols = (height - k) // stride + 1, (width - l) // stride + 1
    M = torch.zeros(rows * cols, height * width, dtype=kernel.dtype)
    for i in range(rows):
        for j in range(cols):
            start = i * stride * width + j * stride
            M[i * cols + j, start : start + k * l] = kernel.flatten()
    return M


@slip(
    "conv_matrix",
    "Each output moves the kernel on by the stride, from the end of a row of positions too; a new row of positions begins at the left border.",
)
def one_step_further_in_each_row(
    kernel: Tensor, height: int, width: int, stride: int
) -> Tensor:
    k, l = kernel.shape
    rows = ((height - k) // stride + 1) * ((width - l) // stride + 1)
    M = torch.zeros(rows, height * width, dtype=kernel.dtype)
    for row in range(rows):
        for u in range(k):
            start = row * stride + u * width
            M[row, start : start + l] = kernel[u][: height * width - start]
    return M


@slip(
    "conv_matrix",
    "The rows of the kernel are l pixels apart; unrolled row by row, a pixel is width pixels before the one below it.",
)
def kernel_width_for_width(kernel: Tensor, height: int, width: int, stride: int) -> Tensor:
    k, l = kernel.shape
    rows, cols = (height - k) // stride + 1, (width - l) // stride + 1
    M = torch.zeros(rows * cols, height * width, dtype=kernel.dtype)
    for i in range(rows):
        for j in range(cols):
            for u in range(k):
                start = (i * stride + u) * l + j * stride
                M[i * cols + j, start : start + l] = kernel[u]
    return M


@slip(
    "conv_matrix",
    "The rows of the kernel are height pixels apart; unrolled row by row, a pixel is width pixels before the one below it.",
)
def height_for_width(kernel: Tensor, height: int, width: int, stride: int) -> Tensor:
    k, l = kernel.shape
    rows, cols = (height - k) // stride + 1, (width - l) // stride + 1
    M = torch.zeros(rows * cols, height * width, dtype=kernel.dtype)
    for i in range(rows):
        for j in range(cols):
            for u in range(k):
                start = (i * stride + u) * height + j * stride
                M[i * cols + j, start : start + l] = kernel[u]
    return M


@slip(
    "conv_matrix",
    "This matrix has an output for every pixel; a valid convolution keeps only windows that lie inside, one for each step of the stride.",
)
def as_many_outputs_as_pixels(
    kernel: Tensor, height: int, width: int, stride: int
) -> Tensor:
    k, l = kernel.shape
    M = torch.zeros(height * width, height * width, dtype=kernel.dtype)
    for i in range(height):
        for j in range(width):
            for u in range(k):
                for v in range(l):
                    if i + u < height and j + v < width:
                        M[i * width + j, (i + u) * width + j + v] = kernel[u, v]
    return M


@slip(
    "conv_matrix",
    "The middle of the kernel lies on the pixel of each position, and what lies outside is cut off; its upper left corner belongs there.",
)
def kernel_in_the_middle(kernel: Tensor, height: int, width: int, stride: int) -> Tensor:
    k, l = kernel.shape
    rows, cols = (height - k) // stride + 1, (width - l) // stride + 1
    M = torch.zeros(rows, cols, height, width, dtype=kernel.dtype)
    for i in range(rows):
        for j in range(cols):
            for u in range(k):
                for v in range(l):
                    r, c = i * stride + u - k // 2, j * stride + v - l // 2
                    if 0 <= r < height and 0 <= c < width:
                        M[i, j, r, c] = kernel[u, v]
    return M.flatten(2).flatten(0, 1)


# -- conv_gradients -------------------------------------------------------------------------------------------

change(
    "conv_gradients",
    "Each pixel kept only the last share of its gradient; it gets one from each kernel cell that meets it, and they add up.",
    "dX[:, :, rows, cols] += ",
    "dX[:, :, rows, cols] = ",
)
change(
    "conv_gradients",
    "On its way to dX the error signal meets the kernel the wrong way round, flipped in rows and columns.",
    "W[:, :, u, v])",
    "W[:, :, -1 - u, -1 - v])",
)
change(
    "conv_gradients",
    "On its way to dX the error signal meets the rows of the kernel the wrong way round.",
    "W[:, :, u, v])",
    "W[:, :, -1 - u, v])",
)
change(
    "conv_gradients",
    "On its way to dX the error signal meets the columns of the kernel the wrong way round.",
    "W[:, :, u, v])",
    "W[:, :, u, -1 - v])",
)
change(
    "conv_gradients",
    "dX is averaged over the batch; each picture keeps its own gradient, whole.",
    "return dX,",
    "return dX / len(X),",
)
change(
    "conv_gradients",
    "dX is averaged over the output channels; they are summed.",
    "return dX,",
    "return dX / len(W),",
)
change(
    "conv_gradients",
    "dX is averaged over the cells of the kernel; their shares are summed.",
    "return dX,",
    "return dX / W[0, 0].numel(),",
)
change(
    "conv_gradients",
    "dX is averaged over the places of the output; the shares are summed.",
    "return dX,",
    "return dX / (height * width),",
)
change("conv_gradients", "dX has the wrong sign.", "return dX,", "return -dX,")
change(
    "conv_gradients",
    "dX is summed over the batch; each picture has its own gradient.",
    "return dX,",
    "return dX.sum(dim=0, keepdim=True).expand_as(X).clone(),",
)
change(
    "conv_gradients",
    "dX is multiplied by X; the derivative of W X with respect to X is W alone.",
    "return dX,",
    "return dX * X,",
)
change(
    "conv_gradients",
    "dX comes from the first output channel alone; all of them are summed.",
    '"nohw,oc->nchw", dY, W[:, :, u, v]',
    '"nohw,oc->nchw", dY[:, :1], W[:1, :, u, v]',
)
change(
    "conv_gradients",
    "dX comes from the last output channel alone; the shares of all of them add up.",
    '"nohw,oc->nchw", dY, W[:, :, u, v]',
    '"nohw,oc->nchw", dY[:, -1:], W[-1:, :, u, v]',
)
change(
    "conv_gradients",
    "All channels of dX are the same: the weights are summed over the input channels, and each has its own.",
    'torch.einsum("nohw,oc->nchw", dY, W[:, :, u, v])',
    'torch.einsum("nohw,oc->nhw", dY, W[:, :, u, v])[:, None]',
)
change(
    "conv_gradients",
    "The weights are not in dX: each share is the error signal times the weight of its kernel cell.",
    'torch.einsum("nohw,oc->nchw", dY, W[:, :, u, v])',
    "dY.sum(dim=1, keepdim=True)",
)
change(
    "conv_gradients",
    "dX uses the first cell of the kernel for all pixels of a window; each pixel met its own cell.",
    "W[:, :, u, v])",
    "W[:, :, 0, 0])",
)
change(
    "conv_gradients",
    "All shares of dX went to the first window's pixels: the block moves with the cell (u, v).",
    "dX[:, :, rows, cols]",
    "dX[:, :, :height, :width]",
)
change(
    "conv_gradients",
    "Nothing was added to dX: it is zero everywhere.",
    "dX[:, :, rows, cols] += ",
    "_ = ",
)
change(
    "conv_gradients",
    "dW comes first here; the order is dX, dW, db.",
    "return dX, dW,",
    "return dW, dX,",
)
change(
    "conv_gradients",
    "db comes first here; the order is dX, dW, db.",
    "return dX, dW, dY.sum(dim=(0, 2, 3))",
    "return dY.sum(dim=(0, 2, 3)), dX, dW",
)
change(
    "conv_gradients",
    "db comes first here; the order is dX, dW, db.",
    "return dX, dW, dY.sum(dim=(0, 2, 3))",
    "return dY.sum(dim=(0, 2, 3)), dW, dX",
)
change(
    "conv_gradients",
    "dW comes first here; the order is dX, dW, db.",
    "return dX, dW, dY.sum(dim=(0, 2, 3))",
    "return dW, dY.sum(dim=(0, 2, 3)), dX",
)
change(
    "conv_gradients",
    "The last row and column of the kernel are left out of dX: the loops stop one cell early.",
    "W.shape[2])",
    "W.shape[2] - 1)",
    "W.shape[3])",
    "W.shape[3] - 1)",
)
change(
    "conv_gradients",
    "The last row of the kernel is left out of dX: the loop over u stops one cell early.",
    "W.shape[2])",
    "W.shape[2] - 1)",
)
change(
    "conv_gradients",
    "The last column of the kernel is left out of dX: the loop over v stops one cell early.",
    "W.shape[3])",
    "W.shape[3] - 1)",
)
change(
    "conv_gradients",
    "dW is averaged over the places; a shared weight sums.",
    "return dX, dW, dY.sum(dim=(0, 2, 3))",
    "return dX, dW / (height * width), dY.mean(dim=(2, 3)).sum(dim=0)",
)
change(
    "conv_gradients",
    "dW is averaged over the places; a shared weight sums.",
    "return dX, dW,",
    "return dX, dW / (height * width),",
)
change(
    "conv_gradients",
    "dW is averaged over the batch; the loss has done that where it is wanted.",
    "return dX, dW, dY.sum(dim=(0, 2, 3))",
    "return dX, dW / len(X), dY.sum(dim=(0, 2, 3)) / len(X)",
)
change(
    "conv_gradients",
    "dW is averaged over the batch; the loss has done that where it is wanted.",
    "return dX, dW,",
    "return dX, dW / len(X),",
)
change(
    "conv_gradients",
    "dW is averaged over batch and places; a shared weight sums.",
    "return dX, dW, dY.sum(dim=(0, 2, 3))",
    "return dX, dW / (len(X) * height * width), dY.mean(dim=(0, 2, 3))",
)
change(
    "conv_gradients",
    "dW is averaged over batch and places; a shared weight sums.",
    "return dX, dW,",
    "return dX, dW / (len(X) * height * width),",
)
change(
    "conv_gradients",
    "dW comes from the first picture alone; the batch is summed.",
    "dY, X[:, :, rows, cols])",
    "dY[:1], X[:1, :, rows, cols])",
)
change(
    "conv_gradients",
    "dW comes from the last picture alone; the pictures of the batch add up.",
    "dY, X[:, :, rows, cols])",
    "dY[-1:], X[-1:, :, rows, cols])",
)
change(
    "conv_gradients",
    "dW comes from the last place of the output alone; all places add up.",
    "dY, X[:, :, rows, cols])",
    "dY[:, :, -1:, -1:], X[:, :, rows, cols][:, :, -1:, -1:])",
)
change(
    "conv_gradients",
    "dW comes from the first place of the output alone; all places add up.",
    "dY, X[:, :, rows, cols])",
    "dY[:, :, :1, :1], X[:, :, rows, cols][:, :, :1, :1])",
)
change(
    "conv_gradients",
    "dW comes out flipped in rows and columns; cell (u, v) gets the pixels that lie (u, v) from the corner of each window.",
    "return dX, dW,",
    "return dX, dW.flip(2, 3),",
)
change(
    "conv_gradients",
    "dW comes out with its rows flipped; row u gets the pixels that lie u below the corner of each window.",
    "return dX, dW,",
    "return dX, dW.flip(2),",
)
change(
    "conv_gradients",
    "dW comes out with its columns flipped; column v gets the pixels that lie v right of the corner of each window.",
    "return dX, dW,",
    "return dX, dW.flip(3),",
)
change(
    "conv_gradients",
    "For dW the error signal is flipped; it meets the pixels as it is.",
    "dY, X[:, :, rows, cols])",
    "dY.flip(2, 3), X[:, :, rows, cols])",
)
change(
    "conv_gradients",
    "All input channels get the same dW: each weight belongs to one channel of X.",
    'torch.einsum("nohw,nchw->oc", dY, X[:, :, rows, cols])',
    'torch.einsum("nohw,nchw->o", dY, X[:, :, rows, cols])[:, None]',
)
change(
    "conv_gradients",
    "All kernels get the same dW: each weight belongs to one channel of dY.",
    'torch.einsum("nohw,nchw->oc", dY, X[:, :, rows, cols])',
    'torch.einsum("nohw,nchw->c", dY, X[:, :, rows, cols])',
)
change(
    "conv_gradients",
    "All cells of a kernel get the same dW: the block of pixels moves with the cell (u, v).",
    "X[:, :, rows, cols])",
    "X[:, :, :height, :width])",
)
change(
    "conv_gradients",
    "The channels of dW are exchanged: it has the shape of W, (c_out, c_in, k, l).",
    "return dX, dW,",
    "return dX, dW.transpose(0, 1),",
)
change("conv_gradients", "dW has the wrong sign.", "return dX, dW,", "return dX, -dW,")
change(
    "conv_gradients",
    "dW is multiplied by W; the derivative of W X with respect to W is X alone.",
    "return dX, dW,",
    "return dX, dW * W,",
)
change(
    "conv_gradients",
    "dW keeps the examples apart; a weight is shared by the whole batch, which is summed.",
    "torch.zeros_like(W)",
    "torch.zeros(len(X), *W.shape, dtype=W.dtype)",
    "dW[:, :, u, v]",
    "dW[:, :, :, u, v]",
    '"nohw,nchw->oc"',
    '"nohw,nchw->noc"',
)
change(
    "conv_gradients",
    "Nothing was added to dW: it is zero everywhere.",
    "dW[:, :, u, v] = ",
    "_ = ",
)
change(
    "conv_gradients",
    "db comes before dW here; the order is dX, dW, db.",
    "return dX, dW, dY.sum(dim=(0, 2, 3))",
    "return dX, dY.sum(dim=(0, 2, 3)), dW",
)
change(
    "conv_gradients",
    "db is averaged over the places; a shared bias sums.",
    "dY.sum(dim=(0, 2, 3))",
    "dY.mean(dim=(2, 3)).sum(dim=0)",
)
change(
    "conv_gradients",
    "db is averaged over the batch; it is summed, as dW is.",
    "dY.sum(dim=(0, 2, 3))",
    "dY.sum(dim=(2, 3)).mean(dim=0)",
)
change(
    "conv_gradients",
    "db is averaged over batch and places; a shared bias sums.",
    "dY.sum(dim=(0, 2, 3))",
    "dY.mean(dim=(0, 2, 3))",
)
change(
    "conv_gradients",
    "db keeps the examples apart; a bias is shared by the whole batch, which is summed.",
    "dim=(0, 2, 3)",
    "dim=(2, 3)",
)
change(
    "conv_gradients",
    "db keeps the places apart; a bias is shared by all places, which are summed.",
    "dim=(0, 2, 3)",
    "dim=0",
)
change(
    "conv_gradients",
    "db keeps axes of size 1; it has the shape (c_out,).",
    "dim=(0, 2, 3)",
    "dim=(0, 2, 3), keepdim=True",
)
change(
    "conv_gradients",
    "db is one number; there is one bias for each output channel.",
    "dim=(0, 2, 3)",
    "",
)
change(
    "conv_gradients",
    "db is summed over the channels and kept apart by pictures; it is the other way round.",
    "dim=(0, 2, 3)",
    "dim=(1, 2, 3)",
)
change(
    "conv_gradients",
    "db comes from the first picture alone; the batch is summed.",
    "dY.sum(dim=(0, 2, 3))",
    "dY[0].sum(dim=(1, 2))",
)
change(
    "conv_gradients",
    "db comes from the last picture alone; the pictures of the batch add up.",
    "dY.sum(dim=(0, 2, 3))",
    "dY[-1].sum(dim=(1, 2))",
)
change(
    "conv_gradients",
    "db is summed anew for each cell of the kernel; each place counts once.",
    "dY.sum(dim=(0, 2, 3))",
    "dY.sum(dim=(0, 2, 3)) * W[0, 0].numel()",
)
change(
    "conv_gradients",
    "db is the sum of the weights; a bias is multiplied by 1, so that its gradient is the sum of dY.",
    "dY.sum(dim=(0, 2, 3))",
    "W.sum(dim=(1, 2, 3))",
)
change("conv_gradients", "db has the wrong sign.", "dW, dY", "dW, -dY")

change(
    "conv_gradients",
    "dX is float32: torch.zeros takes `dtype=X.dtype`, and zeros_like takes it over.",
    "torch.zeros_like(X), torch.zeros_like(W)",
    "torch.zeros(X.shape), torch.zeros(W.shape)",
)
change(
    "conv_gradients",
    "dX is float32: torch.zeros takes `dtype=X.dtype`, and zeros_like takes it over.",
    "torch.zeros_like(X), ",
    "torch.zeros(X.shape), ",
)
change(
    "conv_gradients",
    "dW is float32: torch.zeros takes `dtype=W.dtype`, and zeros_like takes it over.",
    "torch.zeros_like(W)",
    "torch.zeros(W.shape)",
)
change(
    "conv_gradients",
    "dX is multiplied by 2: each share of the gradient is added once.",
    "return dX,",
    "return 2 * dX,",
)
change(
    "conv_gradients",
    "dX begins as a copy of X; it begins with zeros.",
    "torch.zeros_like(X)",
    "X.clone()",
)
change(
    "conv_gradients",
    "dX begins with ones; it begins with zeros.",
    "torch.zeros_like(X)",
    "torch.ones_like(X)",
)
change(
    "conv_gradients",
    "dX comes from the first picture alone: its error signal is used for all of them.",
    '"nohw,oc->nchw", dY, W[:, :, u, v]',
    '"nohw,oc->nchw", dY[:1], W[:, :, u, v]',
)
change(
    "conv_gradients",
    "dX uses the last cell of the kernel for all pixels of a window; each pixel met its own cell.",
    "W[:, :, u, v])",
    "W[:, :, -1, -1])",
)
change(
    "conv_gradients",
    "The first row and column of the kernel are left out of dX: cells are counted from 0.",
    "range(W.shape[2])",
    "range(1, W.shape[2])",
    "range(W.shape[3])",
    "range(1, W.shape[3])",
)
change(
    "conv_gradients",
    "dW is averaged over the cells of the kernel; each has a gradient of its own.",
    "return dX, dW,",
    "return dX, dW / W[0, 0].numel(),",
)
change(
    "conv_gradients",
    "dW is averaged over the input channels; each has a gradient of its own.",
    "return dX, dW,",
    "return dX, dW / X.shape[1],",
)
change(
    "conv_gradients",
    "dW is averaged over the output channels; each has a gradient of its own.",
    "return dX, dW,",
    "return dX, dW / len(W),",
)
change(
    "conv_gradients",
    "dW comes from the last place of the last picture alone; all places of all pictures add up.",
    "dY, X[:, :, rows, cols])",
    "dY[-1:, :, -1:, -1:], X[-1:, :, rows, cols][:, :, -1:, -1:])",
)
change(
    "conv_gradients",
    "dW takes the error signal for 1: it is the sum of the pixels that each weight met.",
    "dY, X[:, :, rows, cols])",
    "torch.ones_like(dY), X[:, :, rows, cols])",
)
change(
    "conv_gradients",
    "dW leaves the pixels out: it is the sum of the error signal.",
    "dY, X[:, :, rows, cols])",
    "dY, torch.ones_like(X[:, :, rows, cols]))",
)
change(
    "conv_gradients",
    "Rows or columns of dW's kernel cells are exchanged with its channels: dW has the shape of W, (c_out, c_in, k, l).",
    "return dX, dW,",
    "return dX, dW.permute(2, 3, 0, 1),",
)
change(
    "conv_gradients",
    "db comes from the last place alone; all places add up.",
    "dY.sum(dim=(0, 2, 3))",
    "dY[:, :, -1, -1].sum(dim=0)",
)
change(
    "conv_gradients",
    "db comes from the last place of the last picture alone; all places of all pictures add up.",
    "dY.sum(dim=(0, 2, 3))",
    "dY[-1, :, -1, -1]",
)
change(
    "conv_gradients",
    "db comes from the first place alone; all places add up.",
    "dY.sum(dim=(0, 2, 3))",
    "dY[:, :, 0, 0].sum(dim=0)",
)
change(
    "conv_gradients",
    "db keeps the columns apart; a bias is shared by all places, which are summed.",
    "dim=(0, 2, 3)",
    "dim=(0, 2)",
)
change(
    "conv_gradients",
    "db keeps the rows apart; a bias is shared by all places, which are summed.",
    "dim=(0, 2, 3)",
    "dim=(0, 3)",
)
change(
    "conv_gradients",
    "Nothing was added to db: it is zero everywhere.",
    "dY.sum(dim=(0, 2, 3))",
    "torch.zeros_like(dY[0, :, 0, 0])",
)
change(
    "conv_gradients",
    "db is the sum of the pixels; a bias is multiplied by 1, so that its gradient is the sum of dY.",
    "dY.sum(dim=(0, 2, 3))",
    "X.sum(dim=(0, 2, 3))",
)


@slip(
    "conv_gradients",
    "Where windows overlap, a pixel kept only the share of its last window; the shares of all windows add up.",
)
def last_window_only(X: Tensor, W: Tensor, dY: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    height, width = dY.shape[2:]
    k, l = W.shape[2:]
    dX, dW = torch.zeros_like(X), torch.zeros_like(W)
    for i in range(height):
        for j in range(width):
            window = X[:, :, i : i + k, j : j + l]
            dW += torch.einsum("no,ncuv->ocuv", dY[:, :, i, j], window)
            dX[:, :, i : i + k, j : j + l] = torch.einsum(
                "no,ocuv->ncuv", dY[:, :, i, j], W
            )
    return dX, dW, dY.sum(dim=(0, 2, 3))


@slip(
    "conv_gradients",
    "A pixel kept only the share of its last window and last output channel; all shares add up.",
)
def last_window_and_channel_only(
    X: Tensor, W: Tensor, dY: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    height, width = dY.shape[2:]
    k, l = W.shape[2:]
    dX, dW = torch.zeros_like(X), torch.zeros_like(W)
    for i in range(height):
        for j in range(width):
            window = X[:, :, i : i + k, j : j + l]
            dW += torch.einsum("no,ncuv->ocuv", dY[:, :, i, j], window)
            dX[:, :, i : i + k, j : j + l] = torch.einsum(
                "no,ocuv->ncuv", dY[:, -1:, i, j], W[-1:]
            )
    return dX, dW, dY.sum(dim=(0, 2, 3))


@slip(
    "conv_gradients",
    "The error signal is read at (r + u, s + v); pixel (r, s) was met by kernel cell (u, v) in the window at (r - u, s - v).",
)
def error_signal_read_below(
    X: Tensor, W: Tensor, dY: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    height, width = dY.shape[2:]
    (h, w), (k, l) = X.shape[2:], W.shape[2:]
    dX, dW = torch.zeros_like(X), torch.zeros_like(W)
    padded = F.pad(dY, [0, 2 * l - 2, 0, 2 * k - 2])
    for u in range(k):
        for v in range(l):
            block = X[:, :, u : u + height, v : v + width]
            dW[:, :, u, v] = torch.einsum("nohw,nchw->oc", dY, block)
            dX += torch.einsum(
                "nohw,oc->nchw", padded[:, :, u : u + h, v : v + w], W[:, :, u, v]
            )
    return dX, dW, dY.sum(dim=(0, 2, 3))


@slip(
    "conv_gradients",
    "dX is too small: before the kernel slides over the error signal, that is padded with k - 1 and l - 1 zeros on its sides.",
)
def error_signal_not_padded(
    X: Tensor, W: Tensor, dY: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    height, width = dY.shape[2:]
    k, l = W.shape[2:]
    h, w = max(height - k + 1, 0), max(width - l + 1, 0)
    dX, dW = X.new_zeros(len(X), X.shape[1], h, w), torch.zeros_like(W)
    for u in range(k):
        for v in range(l):
            block = X[:, :, u : u + height, v : v + width]
            dW[:, :, u, v] = torch.einsum("nohw,nchw->oc", dY, block)
            part = dY[:, :, u : u + h, v : v + w] if h and w else dY[:, :, :0, :0]
            if h and w:
                dX += torch.einsum("nohw,oc->nchw", part, W[:, :, -1 - u, -1 - v])
    return dX, dW, dY.sum(dim=(0, 2, 3))


@slip(
    "conv_gradients",
    "dX is too small: before the kernel slides over the error signal, that is padded with k - 1 and l - 1 zeros on its sides.",
)
def error_signal_not_padded_kernel_not_flipped(
    X: Tensor, W: Tensor, dY: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    height, width = dY.shape[2:]
    k, l = W.shape[2:]
    h, w = max(height - k + 1, 0), max(width - l + 1, 0)
    dX, dW = X.new_zeros(len(X), X.shape[1], h, w), torch.zeros_like(W)
    for u in range(k):
        for v in range(l):
            block = X[:, :, u : u + height, v : v + width]
            dW[:, :, u, v] = torch.einsum("nohw,nchw->oc", dY, block)
            part = dY[:, :, u : u + h, v : v + w] if h and w else dY[:, :, :0, :0]
            if h and w:
                dX += torch.einsum("nohw,oc->nchw", part, W[:, :, u, v])
    return dX, dW, dY.sum(dim=(0, 2, 3))


equivalent(
    "conv_gradients",
    "Every cell of dW is assigned afterwards, so that what it begins with does not matter.",
    "dX, dW = torch.zeros_like(X), torch.ones_like(W)",
)

# -- maxpool_backward -----------------------------------------------------------------------------------------

change(
    "maxpool_backward",
    "A pixel that is the maximum of several windows kept the last gradient only; windows overlap, and the gradients add up.",
    "+= dy[i, j]",
    "= dy[i, j]",
)
change(
    "maxpool_backward",
    "In a tie the last maximum got the gradient; it belongs to the first.",
    "int(window.argmax())",
    "k * k - 1 - int(window.flatten().flip(0).argmax())",
)
change(
    "maxpool_backward",
    "In a tie the first maximum in the order of the columns got the gradient; read row by row.",
    "row, col = divmod(int(window.argmax()), k)",
    "col, row = divmod(int(window.T.argmax()), k)",
)
change(
    "maxpool_backward",
    "The smallest pixel of the window got the gradient; it belongs to the largest.",
    "window.argmax()",
    "window.argmin()",
)
change(
    "maxpool_backward",
    "The pixel with the largest absolute value got the gradient; -5 is smaller than 1.",
    "window.argmax()",
    "window.abs().argmax()",
)
change(
    "maxpool_backward",
    "Row and column of the maximum are exchanged.",
    "row, col = divmod",
    "col, row = divmod",
)
change(
    "maxpool_backward",
    "The place inside the window is taken for a place in the picture; add the corner of the window.",
    "dx[i * stride + row, j * stride + col]",
    "dx[row, col]",
)
change(
    "maxpool_backward",
    "The corner of a window is taken for (i, j); it is (i S, j S).",
    "dx[i * stride + row, j * stride + col]",
    "dx[i + row, j + col]",
)
change(
    "maxpool_backward",
    "The stride is ignored: the window moves by one pixel.",
    "x[i * stride : i * stride + k, j * stride : j * stride + k]",
    "x[i : i + k, j : j + k]",
    "dx[i * stride + row, j * stride + col]",
    "dx[i + row, j + col]",
)
change(
    "maxpool_backward",
    "The maximum is looked for in a window that moves by one pixel: the stride is ignored there.",
    "x[i * stride : i * stride + k, j * stride : j * stride + k]",
    "x[i : i + k, j : j + k]",
)
change(
    "maxpool_backward",
    "Each maximum gets 1; it gets the gradient of its window.",
    "+= dy[i, j]",
    "+= 1",
)
change(
    "maxpool_backward",
    "The gradient is multiplied by the pixel; the derivative of a maximum is 1 at the maximum.",
    "+= dy[i, j]",
    "+= dy[i, j] * window.max()",
)
change(
    "maxpool_backward",
    "The value of the maximum is put into its place; it gets the gradient of its window.",
    "+= dy[i, j]",
    "= window.max()",
)
change(
    "maxpool_backward",
    "The gradient is divided by the size of the window, as in average pooling; the maximum gets all of it.",
    "+= dy[i, j]",
    "+= dy[i, j] / k**2",
)
change("maxpool_backward", "The sign is turned round.", "+= dy[i, j]", "-= dy[i, j]")
change(
    "maxpool_backward",
    "All pixels of a window get its gradient; only the first largest gets it.",
    "dx[i * stride + row, j * stride + col]",
    "dx[i * stride : i * stride + k, j * stride : j * stride + k]",
)
change(
    "maxpool_backward",
    "The gradient is spread evenly over the window, as in average pooling; only the first largest pixel gets it.",
    "dx[i * stride + row, j * stride + col] += dy[i, j]",
    "dx[i * stride : i * stride + k, j * stride : j * stride + k] += dy[i, j] / k**2",
)
change(
    "maxpool_backward",
    "The gradient always goes to the first pixel of the window; it belongs to the largest.",
    "dx[i * stride + row, j * stride + col]",
    "dx[i * stride, j * stride]",
)
change(
    "maxpool_backward",
    "The last row and column of windows are left out.",
    "range(dy.shape[0])",
    "range(dy.shape[0] - 1)",
    "range(dy.shape[1])",
    "range(dy.shape[1] - 1)",
)
change(
    "maxpool_backward",
    "The last row of windows is left out.",
    "range(dy.shape[0])",
    "range(dy.shape[0] - 1)",
)
change(
    "maxpool_backward",
    "The last column of windows is left out.",
    "range(dy.shape[1])",
    "range(dy.shape[1] - 1)",
)
change(
    "maxpool_backward",
    "Windows whose largest pixel is not above 0 pass nothing on; a maximum may be negative.",
    "+= dy[i, j]",
    "+= dy[i, j] * (window.max() > 0)",
)
change(
    "maxpool_backward",
    "Windows whose largest pixel is not above 0 give their gradient to their first pixel; a maximum may be negative.",
    "window.argmax()",
    "window.clamp(min=0).argmax()",
)
change(
    "maxpool_backward",
    "Negative gradients are left out; they go back as well.",
    "+= dy[i, j]",
    "+= dy[i, j].clamp(min=0)",
)
change(
    "maxpool_backward",
    "Each window gives its gradient to the largest pixel of the whole map; it belongs to the largest of the window.",
    "window.argmax()), k)",
    "x.argmax()), x.shape[1])",
    "dx[i * stride + row, j * stride + col]",
    "dx[row, col]",
)


@slip(
    "maxpool_backward",
    "In a tie the gradient was shared evenly; the first maximum gets all of it.",
)
def shared_between_maxima(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            at = slice(i * stride, i * stride + k), slice(j * stride, j * stride + k)
            maxima = (x[at] == x[at].max()).double()
            dx[at] += dy[i, j] * maxima / maxima.sum()
    return dx


@slip(
    "maxpool_backward",
    "In a tie all maxima got the whole gradient; it belongs to the first alone.",
)
def all_maxima(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            at = slice(i * stride, i * stride + k), slice(j * stride, j * stride + k)
            dx[at] += dy[i, j] * (x[at] == x[at].max())
    return dx


change(
    "maxpool_backward",
    "Your numbers are float32: torch.zeros takes `dtype=x.dtype`, and zeros_like takes it over.",
    "torch.zeros_like(x)",
    "torch.zeros(x.shape)",
)
change(
    "maxpool_backward",
    "dx begins as a copy of x; it begins with zeros.",
    "torch.zeros_like(x)",
    "x.clone()",
)
change(
    "maxpool_backward",
    "dx begins with ones; it begins with zeros.",
    "torch.zeros_like(x)",
    "torch.ones_like(x)",
)
change(
    "maxpool_backward",
    "The gradient always goes to the last pixel of the window; it belongs to the largest.",
    "dx[i * stride + row, j * stride + col]",
    "dx[i * stride + k - 1, j * stride + k - 1]",
)
change(
    "maxpool_backward",
    "The window is one pixel too small: it has k rows and k columns.",
    "i * stride + k, j",
    "max(i * stride + k - 1, i * stride + 1), j",
    "j * stride + k]",
    "max(j * stride + k - 1, j * stride + 1)]",
    ", k)",
    ", max(k - 1, 1))",
)
change(
    "maxpool_backward",
    "The maximum is looked for in the first row of the window alone.",
    "window.argmax()",
    "window[0].argmax()",
)
change(
    "maxpool_backward",
    "The sizes of the gradients are dropped: each maximum gets their sign only.",
    "+= dy[i, j]",
    "+= dy[i, j].sign()",
)
change(
    "maxpool_backward",
    "The first row and column of windows are left out: places are counted from 0.",
    "range(dy.shape[0])",
    "range(1, dy.shape[0])",
    "range(dy.shape[1])",
    "range(1, dy.shape[1])",
)
change(
    "maxpool_backward",
    "All gradients are added to each maximum; a maximum gets the gradient of its own window.",
    "+= dy[i, j]",
    "+= dy.sum()",
)


@slip(
    "maxpool_backward",
    "This is the pooling itself, the way forward; the gradient has the shape of x, with dy at the maxima.",
)
def the_way_forward(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    y = torch.zeros_like(dy)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            y[i, j] = x[i * stride : i * stride + k, j * stride : j * stride + k].max()
    return y


@slip(
    "maxpool_backward",
    "The gradient is not put at the maximum alone: it is multiplied by the pixels of the window, as in a convolution.",
)
def times_the_window(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            at = slice(i * stride, i * stride + k), slice(j * stride, j * stride + k)
            dx[at] += dy[i, j] * x[at]
    return dx


change(
    "maxpool_backward",
    "Nothing was sent back: dx is zero everywhere.",
    "+= dy[i, j]",
    "+= 0 * dy[i, j]",
)
change(
    "maxpool_backward",
    "The squares of the gradients go back; the derivative of a maximum is 1 at the maximum.",
    "+= dy[i, j]",
    "+= dy[i, j] ** 2",
)


@slip(
    "maxpool_backward",
    "Both faults are still there: all maxima of a tie get the gradient, and a later window overwrites an earlier one.",
)
def as_it_was_given(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            rows, cols = (
                slice(i * stride, i * stride + k),
                slice(j * stride, j * stride + k),
            )
            dx[rows, cols] = (x[rows, cols] == x[rows, cols].max()) * dy[i, j]
    return dx


@slip(
    "maxpool_backward",
    "One fault is repaired, one is left: a later window overwrites what an earlier one gave to its pixels; add.",
)
def whole_windows_overwritten(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            rows, cols = (
                slice(i * stride, i * stride + k),
                slice(j * stride, j * stride + k),
            )
            first = torch.zeros(k * k, dtype=x.dtype)
            first[x[rows, cols].argmax()] = dy[i, j]
            dx[rows, cols] = first.view(k, k)
    return dx


# -- conv_transpose -------------------------------------------------------------------------------------------

change(
    "conv_transpose",
    "The kernel comes out flipped both ways: the sliding kernel is flipped, a stamp is not.",
    "kernel[k - 1 - u, l - 1 - v]",
    "kernel[u, v]",
)
change(
    "conv_transpose",
    "The kernel comes out with its rows flipped: the sliding kernel is flipped both ways.",
    "kernel[k - 1 - u, l - 1 - v]",
    "kernel[u, l - 1 - v]",
)
change(
    "conv_transpose",
    "The kernel comes out with its columns flipped: the sliding kernel is flipped both ways.",
    "kernel[k - 1 - u, l - 1 - v]",
    "kernel[k - 1 - u, v]",
)
change(
    "conv_transpose",
    "Only the last product is left in each place; they are added up.",
    "out += flipped",
    "out = flipped",
)
change(
    "conv_transpose",
    "The products are averaged over the cells of the kernel; they are summed.",
    "return out",
    "return out / kernel.numel()",
)
change(
    "conv_transpose",
    "Rows and columns of the result are exchanged.",
    "return out",
    "return out.T",
)
change(
    "conv_transpose",
    "The result still has the axes that torch's layers use; one map was given.",
    "return out",
    "return out[None, None]",
)
change(
    "conv_transpose",
    "The kernel is left out: each output is the sum of the pixels that reach it.",
    "out += flipped * ",
    "out += ",
)
change(
    "conv_transpose",
    "Only places where the kernel lies inside the spread map are kept; pad it, with k - 1 zeros above and below and l - 1 at the sides.",
    "return out",
    "return out[k - 1 : out.shape[0] - k + 1, l - 1 : out.shape[1] - l + 1]",
)
change(
    "conv_transpose",
    "There are S - 1 zeros behind the last pixel, too; the result has (n - 1) S + k pixels along an axis.",
    "return out",
    "return F.pad(out, [0, stride - 1, 0, stride - 1])",
)
change(
    "conv_transpose",
    "Each pixel is repeated into the S - 1 places behind it; zeros belong there.",
    "spread[::stride, ::stride] = y",
    "spread[:] = y.repeat_interleave(stride, 0).repeat_interleave(stride, 1)[: len(spread), : spread.shape[1]]",
)
change(
    "conv_transpose",
    "The rows of the spread map are copied instead of being left empty: zeros belong between neighbours above and below, too.",
    "spread[::stride, ::stride] = y",
    "spread[:, ::stride] = y.repeat_interleave(stride, 0)[: len(spread)]",
)
change(
    "conv_transpose",
    "The columns of the spread map are copied instead of being left empty: zeros belong between neighbours left and right, too.",
    "spread[::stride, ::stride] = y",
    "spread[::stride] = y.repeat_interleave(stride, 1)[:, : spread.shape[1]]",
)
change(
    "conv_transpose",
    "The pixels stand one apart, and their stamps with them; they belong S apart.",
    "spread[::stride, ::stride] = y",
    "spread[:h, :w] = y",
)


@slip(
    "conv_transpose", "Where stamps overlap only the last one is left; they are added up."
)
def stamps_overwrite(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l, dtype=y.dtype)
    for i in range(h):
        for j in range(w):
            out[i * stride : i * stride + k, j * stride : j * stride + l] = y[i, j] * kernel
    return out


@slip("conv_transpose", "Where stamps overlap their mean is taken; they are added up.")
def stamps_averaged(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l, dtype=y.dtype)
    count = torch.zeros_like(out)
    for i in range(h):
        for j in range(w):
            at = slice(i * stride, i * stride + k), slice(j * stride, j * stride + l)
            out[at] += y[i, j] * kernel
            count[at] += 1
    return out / count.clamp(min=1)


@slip("conv_transpose", "The pixel is added to the stamp; it multiplies the kernel.")
def stamps_shifted(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l, dtype=y.dtype)
    for i in range(h):
        for j in range(w):
            out[i * stride : i * stride + k, j * stride : j * stride + l] += (
                y[i, j] + kernel
            )
    return out


@slip(
    "conv_transpose",
    "The pixels stand one apart, and their stamps with them; they belong S apart.",
)
def stamps_side_by_side(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l, dtype=y.dtype)
    for i in range(h):
        for j in range(w):
            out[i : i + k, j : j + l] += y[i, j] * kernel
    return out


@slip(
    "conv_transpose", "The stride is ignored: the pixels stand one apart, as if S were 1."
)
def stride_of_one(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    out = torch.zeros(h - 1 + k, w - 1 + l, dtype=y.dtype)
    for i in range(h):
        for j in range(w):
            out[i : i + k, j : j + l] += y[i, j] * kernel
    return out


@slip(
    "conv_transpose",
    "The pixels stand S + 1 apart: S zeros lie between neighbours, and it should be S - 1.",
)
def one_zero_too_many(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    out = torch.zeros((h - 1) * (stride + 1) + k, (w - 1) * (stride + 1) + l, dtype=y.dtype)
    for i in range(h):
        for j in range(w):
            at = (
                slice(i * (stride + 1), i * (stride + 1) + k),
                slice(j * (stride + 1), j * (stride + 1) + l),
            )
            out[at] += y[i, j] * kernel
    return out


@slip(
    "conv_transpose",
    "Only places where the kernel lies inside the spread map are kept; pad it, with k - 1 zeros above and below and l - 1 at the sides.",
)
def without_padding(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    spread = torch.zeros((h - 1) * stride + 1, (w - 1) * stride + 1, dtype=y.dtype)
    spread[::stride, ::stride] = y
    rows, cols = max(spread.shape[0] - k + 1, 0), max(spread.shape[1] - l + 1, 0)
    out = torch.zeros(rows, cols, dtype=y.dtype)
    for i in range(rows):
        for j in range(cols):
            out[i, j] = (kernel.flip(0, 1) * spread[i : i + k, j : j + l]).sum()
    return out


@slip(
    "conv_transpose",
    "The padding is one too wide on each side: it is k - 1 above and below, l - 1 at the sides.",
)
def padding_too_wide(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    spread = torch.zeros((h - 1) * stride + 1, (w - 1) * stride + 1, dtype=y.dtype)
    spread[::stride, ::stride] = y
    spread = F.pad(spread, [l, l, k, k])
    rows, cols = spread.shape[0] - k + 1, spread.shape[1] - l + 1
    out = torch.zeros(rows, cols, dtype=y.dtype)
    for i in range(rows):
        for j in range(cols):
            out[i, j] = (kernel.flip(0, 1) * spread[i : i + k, j : j + l]).sum()
    return out


@slip(
    "conv_transpose",
    "The padding of the two axes is exchanged: F.pad begins with the last axis, whose padding is l - 1.",
)
def padding_exchanged(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    spread = torch.zeros((h - 1) * stride + 1, (w - 1) * stride + 1, dtype=y.dtype)
    spread[::stride, ::stride] = y
    spread = F.pad(spread, [k - 1, k - 1, l - 1, l - 1])
    rows, cols = max(spread.shape[0] - k + 1, 0), max(spread.shape[1] - l + 1, 0)
    out = torch.zeros(rows, cols, dtype=y.dtype)
    for i in range(rows):
        for j in range(cols):
            out[i, j] = (kernel.flip(0, 1) * spread[i : i + k, j : j + l]).sum()
    return out


@slip(
    "conv_transpose",
    "There are S - 1 zeros behind the last pixel, too; the result has (n - 1) S + k pixels along an axis.",
)
def zeros_behind(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    spread = torch.zeros(h * stride, w * stride, dtype=y.dtype)
    spread[::stride, ::stride] = y
    spread = F.pad(spread, [l - 1, l - 1, k - 1, k - 1])
    rows, cols = spread.shape[0] - k + 1, spread.shape[1] - l + 1
    out = torch.zeros(rows, cols, dtype=y.dtype)
    for i in range(rows):
        for j in range(cols):
            out[i, j] = (kernel.flip(0, 1) * spread[i : i + k, j : j + l]).sum()
    return out


@slip(
    "conv_transpose",
    "This is an ordinary convolution of y with that stride: it makes the map smaller, and M has to be transposed.",
)
def forward_convolution(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    (h, w), (k, l) = y.shape, kernel.shape
    rows, cols = max((h - k) // stride + 1, 0), max((w - l) // stride + 1, 0)
    out = torch.zeros(rows, cols, dtype=y.dtype)
    for i in range(rows):
        for j in range(cols):
            window = y[i * stride : i * stride + k, j * stride : j * stride + l]
            out[i, j] = (kernel * window).sum()
    return out


change(
    "conv_transpose",
    "Your numbers are float32: torch.zeros takes `dtype=y.dtype`.",
    "out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l, dtype=y.dtype)",
    "out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l)",
    "out += ",
    "out += (",
    "v : v + out.shape[1]]",
    "v : v + out.shape[1]]).float()",
)
change(
    "conv_transpose",
    "The result is turned by 180 degrees: the kernel is flipped, the map is not.",
    "return out",
    "return out.flip(0, 1)",
)
change(
    "conv_transpose",
    "The result is too long: it has (n - 1) S + k pixels along an axis, not n S + k.",
    "return out",
    "return F.pad(out, [0, stride, 0, stride])",
)
change(
    "conv_transpose",
    "The result is cut to n S pixels along an axis; it has (n - 1) S + k.",
    "return out",
    "return out[: h * stride, : w * stride]",
)
change(
    "conv_transpose",
    "There are S - 1 zeros before the first pixel, too; they belong between pixels only.",
    "return out",
    "return F.pad(out, [stride - 1, 0, stride - 1, 0])",
)
change(
    "conv_transpose",
    "There are zeros around the result: the padding or the zeros between the pixels go beyond the border.",
    "return out",
    "return F.pad(out, [stride - 1] * 4)",
)
change(
    "conv_transpose",
    "The stride acts on the rows only; between the columns there are zeros, too.",
    "(w - 1) * stride + 1",
    "w",
    "spread[::stride, ::stride]",
    "spread[::stride]",
    "(w - 1) * stride + l",
    "w - 1 + l",
)
change(
    "conv_transpose",
    "The stride acts on the columns only; between the rows there are zeros, too.",
    "(h - 1) * stride + 1",
    "h",
    "spread[::stride, ::stride]",
    "spread[:, ::stride]",
    "(h - 1) * stride + k",
    "h - 1 + k",
)


@slip(
    "conv_transpose",
    "Rows and columns of the kernel are exchanged: a transposed convolution transposes the matrix M; the sliding kernel is flipped both ways.",
)
def kernel_transposed(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    kernel = kernel.T
    (h, w), (k, l) = y.shape, kernel.shape
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l, dtype=y.dtype)
    for i in range(h):
        for j in range(w):
            out[i * stride : i * stride + k, j * stride : j * stride + l] += (
                y[i, j] * kernel
            )
    return out


@slip(
    "conv_transpose",
    "Each stamp has a block of its own, as if the stride were the size of the kernel; neighbouring stamps stand S apart, and may overlap.",
)
def stamps_in_blocks(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    return torch.kron(y, kernel)


change(
    "conv_transpose",
    "Nothing was added to the result: it is zero everywhere.",
    "out += flipped",
    "_ = flipped",
)
change(
    "conv_transpose",
    "The first row and column of the kernel are left out: its cells are counted from 0.",
    "range(k)",
    "range(k - 1)",
    "range(l)",
    "range(l - 1)",
)
change(
    "conv_transpose",
    "The last row and column of the kernel are left out: it has k rows and l columns.",
    "range(k)",
    "range(1, k)",
    "range(l)",
    "range(1, l)",
)
change(
    "conv_transpose",
    "Positive and negative products are added without their signs.",
    "out += flipped * ",
    "out += flipped.abs() * ",
)

equivalent(
    "conv_transpose",
    "More zeros at the right or below are never read: the size of the output ends the slices before them.",
    "spread = F.pad(spread, [l - 1, l + 1, k - 1, k - 1])",
    "spread = F.pad(spread, [l - 1, l - 1, k - 1, k + 1])",
    "spread = F.pad(spread, [l - 1, l, k - 1, k - 1])",
    "spread = F.pad(spread, [l - 1, l - 1, k - 1, k])",
)

# -- seen_pixels ----------------------------------------------------------------------------------------------

change(
    "seen_pixels",
    "The padding is ignored; it moves the field towards negative pixels.",
    "first * stride - padding",
    "first * stride",
    "last * stride - padding",
    "last * stride",
)
change(
    "seen_pixels",
    "The padding is added; output 0 begins in the zeros before the first pixel, so it is subtracted.",
    "first * stride - padding",
    "first * stride + padding",
    "last * stride - padding",
    "last * stride + padding",
)
change(
    "seen_pixels",
    "The last pixel is not moved by the padding; both ends are.",
    "last * stride - padding",
    "last * stride",
)
change(
    "seen_pixels",
    "The padding is added at the last pixel, as if it widened the field; it moves both ends in the same direction.",
    "last * stride - padding",
    "last * stride + padding",
)
change(
    "seen_pixels",
    "The dilation is ignored; it stretches the kernel.",
    "dilation * (k - 1)",
    "(k - 1)",
)
change(
    "seen_pixels",
    "The last cell of a dilated kernel lies d (k - 1) after the first one, not d k.",
    "dilation * (k - 1)",
    "dilation * k",
)
change(
    "seen_pixels",
    "The last cell of a dilated kernel lies d (k - 1) after the first one, not d k - 1.",
    "dilation * (k - 1)",
    "dilation * k - 1",
)
change(
    "seen_pixels",
    "The layers are taken from the first to the last; the unit lies above the last one, so begin there.",
    "in layers[::-1]:",
    "in layers:",
)
change(
    "seen_pixels",
    "The strides are ignored: position i of a layer begins at i S.",
    "first * stride",
    "first",
    "last * stride",
    "last",
)
change(
    "seen_pixels",
    "The two ends are exchanged: the first pixel comes first.",
    "return first, last",
    "return last, first",
)
change(
    "seen_pixels",
    "This is the pixel after the last one, as in a slice; the last pixel itself is asked for.",
    "return first, last",
    "return first, last + 1",
)
change(
    "seen_pixels",
    "This is the first pixel and the number of pixels; the last pixel is asked for.",
    "return first, last",
    "return first, last - first + 1",
)
change(
    "seen_pixels",
    "The field of unit 0 is given; it moves with the unit.",
    "first, last = unit, unit",
    "first, last = 0, 0",
)
change(
    "seen_pixels",
    "The field is cut at pixel 0; pixels of the padding are counted, too, as negative numbers.",
    "return first, last",
    "return max(first, 0), last",
)
change(
    "seen_pixels",
    "Half of the kernel is put on each side of the pixel; the first cell lies at i S minus the padding.",
    "first * stride - padding",
    "first * stride - padding - dilation * (k - 1) // 2",
    "+ dilation * (k - 1)",
    "+ dilation * (k - 1) // 2",
)
change(
    "seen_pixels",
    "The padding is multiplied by the stride; it is counted in pixels below the layer.",
    "first * stride - padding",
    "(first - padding) * stride",
    "last * stride - padding",
    "(last - padding) * stride",
)
change(
    "seen_pixels",
    "Padding and dilation are exchanged: a layer is (k, stride, padding, dilation).",
    "k, stride, padding, dilation in",
    "k, stride, dilation, padding in",
)
change(
    "seen_pixels", "The first layer is left out.", "in layers[::-1]:", "in layers[:0:-1]:"
)
change(
    "seen_pixels", "The last layer is left out.", "in layers[::-1]:", "in layers[-2::-1]:"
)
change(
    "seen_pixels",
    "The stride moves the last cell of the kernel as well; it moves the position of the kernel alone.",
    "last * stride - padding + dilation * (k - 1)",
    "(last + dilation * (k - 1)) * stride - padding",
)

# -- unchanged ------------------------------------------------------------------------------------------------

change(
    "unchanged",
    "B is among them: a flatten keeps the positions, and the dense layer has a weight for each.",
    '"ACEH"',
    '"ABCE"',
)
change(
    "unchanged",
    "D is among them: two strides of 2 make a total stride of 4, and 2 is no multiple of it.",
    '"ACEH"',
    '"ACDE"',
)
change(
    "unchanged",
    "F is among them: windows of 3 that move by 3 are cut differently after a shift of 2.",
    '"ACEH"',
    '"ACFH"',
)
change(
    "unchanged",
    "G is among them: with zeros around the picture the border does not move with it.",
    '"ACEH"',
    '"AEGH"',
)
change(
    "unchanged",
    "C is missing: a shift of 2 is a multiple of the stride 2.",
    '"ACEH"',
    '"AEHB"',
)
change(
    "unchanged",
    "A is missing: stride 1 is equivariant to every shift, and the average discards the position.",
    '"ACEH"',
    '"CEHD"',
)
change(
    "unchanged",
    "E is missing: a max pooling with stride 2 is equivariant to a shift of 2.",
    '"ACEH"',
    '"ACHG"',
)
change(
    "unchanged",
    "H is missing: a dilation stretches the kernel and leaves the stride at 1.",
    '"ACEH"',
    '"ACEF"',
)
change("unchanged", "These are the networks whose outputs do change.", '"ACEH"', '"BDFG"')

# -- orientation ----------------------------------------------------------------------------------------------

change(
    "orientation",
    "Each class is off by two: this is the direction along which the brightness does not change.",
    "argmax",
    "argmin",
)
change(
    "orientation",
    "The mean of a response that is positive and negative is about 0; square it, or take ReLU, before the average.",
    ".square().mean(",
    ".mean(",
)
change(
    "orientation",
    "0 and 2 are exchanged: brightness that changes along a row makes upright stripes.",
    "[across, (across",
    "[down, (across",
    "2**0.5, down, (down",
    "2**0.5, across, (down",
)
change(
    "orientation",
    "1 and 3 are exchanged: rows count downwards.",
    "(across + down)",
    "(across - down)",
    "(down - across)",
    "(down + across)",
)
change(
    "orientation",
    "1 and 3 are never found: no kernel responds most to them.",
    "(across + down) / 2**0.5",
    "(across + down) / 20",
    "(down - across) / 2**0.5",
    "(down - across) / 20",
)
change(
    "orientation",
    "0 and 2 are never found: a longer kernel responds more to every picture. Give all kernels the same length.",
    "(across + down) / 2**0.5",
    "(across + down) * 2",
    "(down - across) / 2**0.5",
    "(down - across) * 2",
)
change(
    "orientation",
    "The classes are counted from 1; they are 0 to 3.",
    ".argmax(dim=1)",
    ".argmax(dim=1) + 1",
)
change(
    "orientation",
    "The four responses are given; the class of the largest is asked for.",
    ".argmax(dim=1)",
    "",
)
change(
    "orientation",
    "All pictures get one class; each has its own.",
    "mean(dim=(2, 3)).argmax(dim=1)",
    "mean(dim=(0, 2, 3)).argmax(dim=0).expand(len(X))",
)
change(
    "orientation",
    "All pictures get one class; each has its own.",
    ".argmax(dim=1)",
    ".argmax(dim=1) * 0",
)

equivalent(
    "orientation",
    "The task is open: every set of kernels and every average that finds the classes is a right answer.",
    "across = -numbers([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])",
    "across = numbers([[-2, 0, 1], [-2, 0, 2], [-1, 0, 1]])",
    "across = numbers([[-0, 0, 1], [-2, 0, 2], [-1, 0, 1]])",
    "across = numbers([[-1, 1, 1], [-2, 0, 2], [-1, 0, 1]])",
    "across = numbers([[-1, -1, 1], [-2, 0, 2], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 2], [-2, 0, 2], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 0], [-2, 0, 2], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-3, 0, 2], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-1, 0, 2], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-2, 1, 2], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-2, -1, 2], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-2, 0, 3], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-2, 0, 1], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-2, 0, 2], [-2, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-2, 0, 2], [-0, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-2, 0, 2], [-1, 1, 1]])",
    "across = numbers([[-1, 0, 1], [-2, 0, 2], [-1, -1, 1]])",
    "across = numbers([[-1, 0, 1], [-2, 0, 2], [-1, 0, 2]])",
    "across = numbers([[-1, 0, 1], [-2, 0, 2], [-1, 0, 0]])",
    "across = numbers([[-2, 0, 2], [-1, 0, 1], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-1, 0, 1], [-2, 0, 2]])",
    "across = numbers([[0, -1, 1], [-2, 0, 2], [-1, 0, 1]])",
    "across = numbers([[-1, 1, 0], [-2, 0, 2], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 1], [0, -2, 2], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-2, 2, 0], [-1, 0, 1]])",
    "across = numbers([[-1, 0, 1], [-2, 0, 2], [0, -1, 1]])",
    "across = numbers([[-1, 0, 1], [-2, 0, 2], [-1, 1, 0]])",
    "kernels = -torch.stack(\n[across, (across + down) / 2**0.5, down, (down - across) / 2**0.5]\n)",
    "[across, (across + down) / 2**0.5, down, (across - down) / 2**0.5]",
    "[across, (across + down) // 2**0.5, down, (down - across) / 2**0.5]",
    "[across, (across + down) / 2**0.5, down, (down - across) // 2**0.5]",
    "[across, (across + down) / 3**0.5, down, (down - across) / 2**0.5]",
    "[across, (across + down) / 2**0.5, down, (down - across) / 3**0.5]",
    "[across, (across + down) / 2**0.5, down, (down - across) / 2**0.0]",
    "[across, (across + down) / 2**0.5, down, down - across]",
    "responses = -F.conv2d(X, kernels[:, None])",
    "return responses.square().sum(dim=(2, 3)).argmax(dim=1)",
    "return responses.abs().mean(dim=(2, 3)).argmax(dim=1)",
)
