# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 6: convolution by hand
#
# Seven small functions, 20 points. You have met each of them in [chapter 6](../../chapters/06_convolution.ipynb); here you write them without looking.
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, and where it
# recognises a slip it tells you which one. After handing in, each function is run again on other inputs: edge cases included.
#
# Write the sliding yourself. torch's own convolutions, poolings, `unfold` and `fold`, and its automatic differentiation do not count as an answer. `F.pad`, slices and matrix
# products are welcome. Everything is in float64.

# %% setup
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils import check


def numbers(values: object) -> Tensor:
    """A float64 tensor of the given numbers."""
    return torch.tensor(values, dtype=torch.float64)


def whole(rng: torch.Generator, *size: int) -> Tensor:
    """Random whole numbers from -4 to 4, in float64."""
    return torch.randint(-4, 5, size, generator=rng).double()


# %% [markdown]
# ## 6.1 How many places?
# *2 points · effort ● · about 5 minutes*
#
# A kernel of size $k$ with dilation $d$ slides in steps of $S$ over an axis of $n$ pixels, to which $p$ zeros were added **on each side**. In how many places does it fit?
#
# $$ n_{\text{out}} = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{S} \right\rfloor + 1 \tag{6.5} $$
#
# The answer is a whole number, an `int`.
#
# <details><summary>Hint</summary>
#
# `//` divides and rounds down.
#
# </details>


# %% output_size
def output_size(
    n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """The number of places of a kernel of size k along an axis of n pixels."""
    ### BEGIN SOLUTION
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1
    ### END SOLUTION


# %% test_output_size points=2
cases = [(7, 3, 1, 0, 1), (8, 3, 2, 1, 1), (12, 3, 1, 2, 2), (9, 2, 3, 0, 1)]
sizes = [output_size(*case) for case in cases]
in_part, rounded_up = [5.0, 4.5, 12.0, 10 / 3], [5, 5, 12, 4]
no_first = [4, 3, 11, 2]
slips = {
    "A window that only fits in part counts as well; it should be dropped.": in_part,
    "A last step that does not fit is counted; it should be dropped.": rounded_up,
    "The padding is counted once; it lies on each side.": [5, 4, 10, 3],
    "The dilation is ignored; it stretches the kernel.": [5, 4, 14, 3],
    "One place is missing: the window stands somewhere before its first step.": no_first,
}
check.close("places", sizes, [5, 4, 12, 3], slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import exact, seal

others = [
    (28, 5, 1, 2, 1),
    (5, 5, 1, 0, 1),
    (10, 3, 4, 1, 1),
    (13, 4, 3, 2, 3),
    (1, 1, 2, 0, 1),
]
seal("other sizes", [output_size(*case) for case in others], rule=exact())
seal("the defaults", output_size(9, 4), rule=exact())
### END HIDDEN TESTS

# %% [markdown]
# ## 6.2 A convolutional layer
# *3 points · effort ●● · about 15 minutes*
#
# One picture, several kernels. As everywhere in deep learning, the kernel is not flipped:
#
# $$ Y_{o,i,j} = b_o + \sum_{c} \sum_{u=0}^{k-1} \sum_{v=0}^{l-1} W_{o,c,u,v}\; X_{c,\; iS + u,\; jS + v} \tag{6.7} $$
#
# $X$ is the picture with `padding` zeros on each side. Loops are fine.
#
# <details><summary>Hint</summary>
#
# `F.pad(x, [p, p, p, p])` puts $p$ zeros on each of the four sides. With `window = x[:, i * S : i * S + k, j * S : j * S + l]`, one output of one kernel is a sum of
# `W[o] * window` and a bias.
#
# </details>


# %% conv2d
def conv2d(x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """A convolutional layer.   x: (c_in, h, w), W: (c_out, c_in, k, l), b: (c_out,) -> (c_out, h', w')"""
    ### BEGIN SOLUTION
    c_out, _, k, l = W.shape
    x = F.pad(x, [padding] * 4)
    height, width = (x.shape[1] - k) // stride + 1, (x.shape[2] - l) // stride + 1
    y = torch.empty(c_out, height, width, dtype=x.dtype)
    for i in range(height):
        for j in range(width):
            window = x[:, i * stride : i * stride + k, j * stride : j * stride + l]
            y[:, i, j] = (W * window).sum(dim=(1, 2, 3)) + b
    return y
    ### END SOLUTION


# %% test_conv2d points=3
rng = torch.Generator().manual_seed(61)
x, W, b = whole(rng, 2, 4, 5), whole(rng, 3, 2, 2, 3), numbers([1.0, -2.0, 3.0])
expected = F.conv2d(x[None], W, b)[0]
flipped = numbers([
    [[-29, -31, 26], [10, 9, -22], [-17, -14, -21]],
    [[-30, -29, 37], [-16, 2, -27], [-8, -23, -38]],
    [[-3, -11, 11], [6, 11, 18], [-4, 6, -13]],
])  # fmt: skip
slips = {
    "The kernel is flipped; it should be laid down as it is.": flipped,
    "The biases are missing.": expected - b[:, None, None],
    "The channels are averaged; they should be summed.": (expected + b[:, None, None]) / 2,
    "The bias is added once for each channel of the input; each output gets it once.": expected
    + b[:, None, None],
}
check.close("plain", conv2d(x, W, b), expected, slips=slips)
expected = F.conv2d(x[None], W, b, stride=2, padding=1)[0]
two_sides = numbers([[[-15, -7], [-21, -3]], [[-15, 1], [-20, -3]], [[0, -4], [-7, -6]]])
slips = {"There are zeros on two sides only; they belong on all four.": two_sides}
y = conv2d(x, W, b, stride=2, padding=1)
check.close("stride 2, padding 1", y, expected, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "unfold", "autograd")
for c_in, c_out, h, w, k, l, stride, padding in (
    (2, 5, 6, 9, 2, 3, 3, 2), (3, 4, 7, 6, 3, 2, 1, 0), (1, 1, 5, 5, 5, 5, 1, 0), (4, 1, 3, 3, 1, 1, 2, 0),
):  # fmt: skip
    rng = torch.Generator().manual_seed(c_in + h)
    x, W, b = whole(rng, c_in, h, w), whole(rng, c_out, c_in, k, l), whole(rng, c_out)
    seal(f"{c_in} to {c_out}, {k} x {l}, stride {stride}", conv2d(x, W, b, stride, padding))
    seal(f"the inputs of {c_in} to {c_out} are kept", [x, W, b])
### END HIDDEN TESTS

# %% [markdown]
# ## 6.3 A convolution as a matrix
# *3 points · effort ●● · about 15 minutes*
#
# Build the matrix $M$ with $\mathbf y = M\mathbf x$ for a valid convolution with stride 1, where the picture and the result are unrolled row by row:
#
# $$ M_{(i,j),\,(r,c)} = \begin{cases} w_{r-i,\;c-j} & 0 \le r-i < k \text{ and } 0 \le c-j < l \\ 0 & \text{otherwise} \end{cases} \tag{6.10} $$
#
# <details><summary>Hint</summary>
#
# A row of $M$ is a picture: all zeros, with the kernel laid on it. Which corner of the kernel lies on pixel $(i, j)$?
#
# </details>


# %% conv_matrix
def conv_matrix(kernel: Tensor, height: int, width: int) -> Tensor:
    """M of y = M x.   kernel: (k, l) -> ((height-k+1) (width-l+1), height width)"""
    ### BEGIN SOLUTION
    k, l = kernel.shape
    M = torch.zeros(height - k + 1, width - l + 1, height, width, dtype=kernel.dtype)
    for i in range(height - k + 1):
        for j in range(width - l + 1):
            M[i, j, i : i + k, j : j + l] = kernel
    return M.flatten(2).flatten(0, 1)
    ### END SOLUTION


# %% test_conv_matrix points=3
kernel = numbers([[1, 2], [3, 4]])
M = numbers([
    [1, 2, 0, 3, 4, 0, 0, 0, 0],
    [0, 1, 2, 0, 3, 4, 0, 0, 0],
    [0, 0, 0, 1, 2, 0, 3, 4, 0],
    [0, 0, 0, 0, 1, 2, 0, 3, 4],
])  # fmt: skip
flipped = numbers([
    [4, 3, 0, 2, 1, 0, 0, 0, 0],
    [0, 4, 3, 0, 2, 1, 0, 0, 0],
    [0, 0, 0, 4, 3, 0, 2, 1, 0],
    [0, 0, 0, 0, 4, 3, 0, 2, 1],
])  # fmt: skip
slips = {
    "The matrix stands upright; it has a row for each output.": M.T,
    "The kernel is flipped; it should be laid down as it is.": flipped,
    "The outputs are unrolled column by column; they should be unrolled row by row.": M[
        [0, 2, 1, 3]
    ],
}
check.close("the matrix for a 3 x 3 picture", conv_matrix(kernel, 3, 3), M, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "unfold", "autograd")
for k, l, height, width in ((3, 3, 4, 4), (2, 3, 5, 4), (1, 2, 2, 6), (3, 2, 3, 2)):
    kernel = whole(torch.Generator().manual_seed(height * width), k, l)
    seal(f"{k} x {l} on {height} x {width}", conv_matrix(kernel, height, width))
    seal(f"the kernel {k} x {l} is kept", kernel)
### END HIDDEN TESTS

# %% [markdown]
# ## 6.4 The way back
# *4 points · effort ●●● · about 25 minutes*
#
# A convolutional layer with stride 1 and without padding has been told $\Delta = \partial L/\partial Y$. Give the gradients of its input, its weights and its biases, for a batch:
#
# $$ \frac{\partial L}{\partial W_{o,c,u,v}} = \sum_{n,i,j} \Delta_{n,o,i,j}\; X_{n,c,\;i+u,\;j+v}, \qquad
#    \frac{\partial L}{\partial b_o} = \sum_{n,i,j} \Delta_{n,o,i,j} $$
#
# $$ \frac{\partial L}{\partial X_{n,c,r,s}} = \sum_{o,u,v} \Delta_{n,o,\;r-u,\;s-v}\; W_{o,c,u,v} \tag{6.12, 6.13} $$
#
# <details><summary>Hint</summary>
#
# Loop over the cells $(u, v)$ of the kernel. Each meets the pixels `X[:, :, u : u + h', v : v + w']`, with $h', w'$ the size of an output. Multiply that block with `dY` for
# `dW[:, :, u, v]`, and add what flows back to the same block of `dX`. `torch.einsum("nohw,nchw->oc", dY, block)` sums over batch and places.
#
# </details>


# %% conv_gradients
def conv_gradients(X: Tensor, W: Tensor, dY: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """dL/dX, dL/dW, dL/db.   X: (n, c_in, h, w), W: (c_out, c_in, k, l), dY: (n, c_out, h', w')"""
    ### BEGIN SOLUTION
    height, width = dY.shape[2:]
    dX, dW = torch.zeros_like(X), torch.zeros_like(W)
    for u in range(W.shape[2]):
        for v in range(W.shape[3]):
            rows, cols = slice(u, u + height), slice(v, v + width)
            dW[:, :, u, v] = torch.einsum("nohw,nchw->oc", dY, X[:, :, rows, cols])
            dX[:, :, rows, cols] += torch.einsum("nohw,oc->nchw", dY, W[:, :, u, v])
    return dX, dW, dY.sum(dim=(0, 2, 3))
    ### END SOLUTION


# %% test_conv_gradients points=4
rng = torch.Generator().manual_seed(64)
X, W, dY = whole(rng, 2, 2, 3, 4), whole(rng, 3, 2, 2, 3), whole(rng, 2, 3, 2, 2)
leaves = [X.clone().requires_grad_(), W.clone().requires_grad_(), torch.zeros(3).double()]
leaves[2].requires_grad_()
dX, dW, db = torch.autograd.grad(F.conv2d(*leaves), leaves, dY)
last = numbers([
    [
        [[11, -16, -4, -3], [7, 18, 6, -11], [8, -30, -8, -3]],
        [[5, -11, 0, -8], [-8, -3, 16, 12], [10, 12, -16, -4]],
    ],
    [
        [[-9, 36, 9, 1], [-7, -9, 11, -7], [-18, 3, -3, -13]],
        [[-27, -12, 14, -4], [32, 12, -36, -4], [-2, -9, -4, 44]],
    ],
])  # fmt: skip
unflipped = numbers([
    [
        [[6, 7, -2, 4], [-12, -52, -2, 5], [4, 17, 9, 1]],
        [[16, 9, -11, -14], [-16, -11, 30, 14], [2, 3, -8, -2]],
    ],
    [
        [[11, -16, -16, -8], [6, 27, -14, 2], [1, -7, -65, 16]],
        [[-36, 8, 29, -2], [10, 19, -27, -34], [-4, 0, 17, 31]],
    ],
])  # fmt: skip
slips = {
    "dW and db are averaged over the places; a shared weight sums.": (dX, dW / 4, db / 4),
    "dW and db are averaged over the batch; the loss has seen to that.": (
        dX,
        dW / 2,
        db / 2,
    ),
    "dW and db are averaged over batch and places; a shared weight sums.": (
        dX,
        dW / 8,
        db / 8,
    ),
    "Each pixel kept one share of blame; it should get one from each kernel cell.": (
        last,
        dW,
        db,
    ),
    "On its way to dX the blame meets the kernel the wrong way round.": (unflipped, dW, db),
}
check.close("(dX, dW, db)", conv_gradients(X, W, dY), (dX, dW, db), slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "conv_transpose2d", "unfold", "fold", "autograd")
for n, c_in, c_out, h, w, k, l in (
    (3, 2, 4, 5, 6, 3, 2),
    (1, 1, 1, 3, 3, 3, 3),
    (2, 3, 1, 4, 7, 1, 4),
):
    rng = torch.Generator().manual_seed(n + h + w)
    X, W = whole(rng, n, c_in, h, w), whole(rng, c_out, c_in, k, l)
    dY = whole(rng, n, c_out, h - k + 1, w - l + 1)
    seal(f"{n} pictures, {c_in} to {c_out}, {k} x {l}", conv_gradients(X, W, dY))
    seal(f"the inputs of {n} pictures are kept", [X, W, dY])
### END HIDDEN TESTS

# %% [markdown]
# ## 6.5 Who was the largest?
# *3 points · effort ●● · about 15 minutes*
#
# A max-pooling with a $k \times k$ window and a stride, without padding, on one map. Send the blame $\partial L/\partial y$ back to the pixels:
#
# $$ \frac{\partial y_{ij}}{\partial x_p} = \begin{cases} 1 & p \text{ is the first pixel of window } (i, j) \text{ with its maximum} \\ 0 & \text{otherwise} \end{cases} \tag{6.14} $$
#
# Windows may overlap, and then a pixel may win more than once. First means first in reading order.
#
# <details><summary>Hint</summary>
#
# `window.argmax()` gives the place of the first maximum in the unrolled window; `divmod(place, k)` turns it into a row and a column.
#
# </details>


# %% maxpool_backward
def maxpool_backward(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    """dL/dx of a max-pooling.   x: (h, w), dy: (h', w') -> (h, w)"""
    ### BEGIN SOLUTION
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            window = x[i * stride : i * stride + k, j * stride : j * stride + k]
            row, col = divmod(int(window.argmax()), k)
            dx[i * stride + row, j * stride + col] += dy[i, j]
    return dx
    ### END SOLUTION


# %% test_maxpool_backward points=3
x = numbers([[1, 5, 2, 0], [3, 4, 5, 1], [6, 0, 5, 2], [6, 1, 0, 7]])
dy = numbers([[1, 10, 100], [1000, 2, 20], [200, 3, 30]])
dx = numbers([[0, 11, 0, 0], [0, 0, 122, 0], [1200, 0, 3, 0], [0, 0, 0, 30]])
last_share = numbers([[0, 10, 0, 0], [0, 0, 20, 0], [200, 0, 3, 0], [0, 0, 0, 30]])
last_winner = numbers([[0, 1, 0, 0], [0, 0, 110, 0], [1000, 0, 25, 0], [200, 0, 0, 30]])
shared = numbers([[0, 6, 0, 0], [0, 0, 116, 0], [1100, 0, 14, 0], [100, 0, 0, 30]])
slips = {
    "A pixel that won twice received one share only; windows overlap.": last_share,
    "In a tie the last winner got the blame; it belongs to the first.": last_winner,
    "In a tie the blame was shared; it belongs to the first.": shared,
}
check.close("dx", maxpool_backward(x, dy, k=2, stride=1), dx, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("max_pool2d", "unfold", "fold", "autograd")
for h, w, k, stride in (
    (7, 5, 3, 1),
    (6, 4, 2, 2),
    (5, 8, 3, 2),
    (3, 3, 3, 1),
    (4, 5, 1, 3),
):
    rng = torch.Generator().manual_seed(h * w)
    x, dy = whole(rng, h, w), whole(rng, (h - k) // stride + 1, (w - k) // stride + 1)
    seal(f"{k} x {k} on {h} x {w}, stride {stride}", maxpool_backward(x, dy, k, stride))
    seal(f"the inputs of {h} x {w} are kept", [x, dy])
### END HIDDEN TESTS

# %% [markdown]
# ## 6.6 From few pixels to many
# *3 points · effort ●●● · about 20 minutes*
#
# A transposed convolution of one map with one kernel, in the way that explains its "stride below one": put $S - 1$ zeros between neighbouring pixels, then slide the kernel, flipped both
# ways, over the result with enough padding.
#
# $$ M^{\mathsf T}\mathbf y = \operatorname{conv}\big(\text{zeros between the pixels of } \mathbf y,\ \text{flipped kernel}\big) \tag{6.18} $$
#
# From $n$ pixels it makes $(n - 1)\,S + k$. (Stamping the kernel, once for each pixel of $\mathbf y$, gives the same numbers and counts as well.)
#
# <details><summary>Hint</summary>
#
# `spread[::S, ::S] = y` writes into every $S$-th place. The padding is $k - 1$ above and below, $l - 1$ at the sides.
#
# </details>


# %% conv_transpose
def conv_transpose(y: Tensor, kernel: Tensor, stride: int) -> Tensor:
    """A transposed convolution.   y: (h, w), kernel: (k, l) -> ((h-1) stride + k, (w-1) stride + l)"""
    ### BEGIN SOLUTION
    (h, w), (k, l) = y.shape, kernel.shape
    spread = torch.zeros((h - 1) * stride + 1, (w - 1) * stride + 1, dtype=y.dtype)
    spread[::stride, ::stride] = y
    spread = F.pad(spread, [l - 1, l - 1, k - 1, k - 1])
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l, dtype=y.dtype)
    for u in range(k):
        for v in range(l):
            flipped = kernel[k - 1 - u, l - 1 - v]
            out += flipped * spread[u : u + out.shape[0], v : v + out.shape[1]]
    return out
    ### END SOLUTION


# %% test_conv_transpose points=3
y, kernel = numbers([[1, 2], [0, 3]]), numbers([[1, 2, 0], [0, 1, 3], [5, 0, 1]])
expected = F.conv_transpose2d(y[None, None], kernel[None, None], stride=2)[0, 0]
unflipped = numbers([
    [1, 0, 7, 0, 10],
    [3, 1, 6, 2, 0],
    [0, 2, 4, 4, 17],
    [0, 0, 9, 3, 0],
    [0, 0, 0, 6, 3],
])  # fmt: skip
overwritten = numbers([
    [1, 2, 2, 4, 0],
    [0, 1, 0, 2, 6],
    [0, 0, 3, 6, 0],
    [0, 0, 0, 3, 9],
    [0, 0, 15, 0, 3],
])  # fmt: skip
slips = {
    "The kernel is not flipped; on the way back it has to be.": unflipped,
    "Where stamps overlap only the last one is left; they should be added.": overwritten,
    "There are zeros behind the last pixel too; they belong between pixels.": F.pad(
        expected, [0, 1, 0, 1]
    ),
}
check.close("stride 2", conv_transpose(y, kernel, stride=2), expected, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "conv_transpose2d", "unfold", "fold", "autograd")
for h, w, k, l, stride in (
    (3, 4, 3, 4, 2),
    (2, 5, 3, 2, 3),
    (3, 4, 2, 3, 1),
    (1, 1, 3, 4, 2),
    (4, 3, 1, 1, 2),
):
    rng = torch.Generator().manual_seed(h * w + k)
    y, kernel = whole(rng, h, w), whole(rng, k, l)
    seal(f"{k} x {l} on {h} x {w}, stride {stride}", conv_transpose(y, kernel, stride))
    seal(f"the inputs of {h} x {w}, stride {stride}, are kept", [y, kernel])
### END HIDDEN TESTS

# %% [markdown]
# ## 6.7 How far does it see?
# *2 points · effort ●● · about 10 minutes*
#
# Each layer is a triple: kernel size $k$, stride $S$, dilation $d$. Give the size of the receptive field of a neuron above all of them, and the jump, the distance of
# two neighbours in input pixels. Without any layer both are 1.
#
# $$ r_l = r_{l-1} + d_l\,(k_l - 1)\, j_{l-1}, \qquad j_l = j_{l-1}\, S_l \tag{6.19} $$
#
# <details><summary>Hint</summary>
#
# Two variables and one loop. The order of the two lines in it matters.
#
# </details>


# %% receptive_field
def receptive_field(layers: list[tuple[int, int, int]]) -> tuple[int, int]:
    """(size, jump) in input pixels of a neuron above `layers`, each (k, stride, dilation), the first layer first."""
    ### BEGIN SOLUTION
    size, jump = 1, 1
    for k, stride, dilation in layers:
        size += dilation * (k - 1) * jump
        jump *= stride
    return size, jump
    ### END SOLUTION


# %% test_receptive_field points=2
layers = [(3, 1, 1), (3, 2, 1), (3, 1, 2), (2, 2, 1)]
slips = {
    "The stride of a layer widens its own steps; it widens those of the layers above.": (
        19,
        4,
    ),
    "The strides are ignored; they widen the steps of all layers above.": (10, 1),
    "The dilation is ignored; it stretches the kernel.": (11, 4),
    "A layer adds the size of its kernel; it adds one pixel less.": (23, 4),
}
check.close("(size, jump)", receptive_field(layers), (15, 4), slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import exact, seal

stacks = [
    [],
    [(1, 1, 1)],
    [(3, 1, 1)] * 10,
    [(2, 1, 2**l) for l in range(8)],
    [(7, 2, 1), (3, 2, 1), (3, 3, 2)],
]
seal("other stacks", [receptive_field(layers) for layers in stacks], rule=exact())
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
