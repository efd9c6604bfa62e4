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
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many slips, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
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
for name, cases in {
    "stride": [(7, 3), (9, 2, 3), (12, 4, 5), (10, 3, 4), (5, 5, 2)],
    "padding": [(9, 3, 1, 5), (7, 4, 3, 2), (6, 2, 5, 4), (11, 5, 4, 3)],
    "dilation": [(12, 3, 1, 0, 2), (17, 2, 4, 0, 5), (20, 5, 6, 0, 4), (19, 4, 5, 4, 3)],
}.items():
    expected = [
        F.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, k), None, *rest).shape[2]
        for n, k, *rest in cases
    ]
    check.close(
        name,
        lambda: torch.tensor([output_size(*case) for case in cases]),
        torch.tensor(expected),
    )
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

together = [
    (28, 5, 3, 2, 4),
    (13, 4, 3, 2, 3),
    (30, 6, 7, 3, 5),
    (16, 3, 6, 7, 2),
    (16, 3, 4, 1, 5),
]
seal("other sizes", torch.tensor([output_size(*case) for case in together]))
strides = [(9, 4), (15, 2, 5), (14, 6, 3), (23, 3, 7), (6, 6, 4), (1, 1, 2)]
seal("stride alone", torch.tensor([output_size(*case) for case in strides]))
padded = [(9, 4, 1, 3), (10, 5, 4, 2), (12, 3, 6, 5), (5, 5, 3, 4)]
seal("without dilation", torch.tensor([output_size(*case) for case in padded]))
dilated = [(15, 4, 1, 0, 3), (21, 2, 6, 0, 4), (18, 3, 5, 0, 7)]
seal("without padding", torch.tensor([output_size(*case) for case in dilated]))
### END HIDDEN TESTS

# %% [markdown]
# ## 6.2 A convolutional layer
# *3 points · effort ●● · about 15 minutes*
#
# One picture, several kernels. As everywhere in deep learning, the kernel is not flipped:
#
# $$ Y_{o,i,j} = b_o + \sum_{c} \sum_{u=0}^{k-1} \sum_{v=0}^{l-1} W_{o,c,u,v}\; X_{c,\; iS + u,\; jS + v} \tag{6.7} $$
#
# $X$ is the picture with `padding` zeros on each side. Any of the sizes may be 1, and the kernel may be as large as the picture. Loops are fine.
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
x, W, b = whole(rng, 2, 8, 13), whole(rng, 4, 2, 3, 5), numbers([1, -2, 3, 5])
for stride, padding in ((1, 0), (1, 3), (4, 0), (4, 3)):
    expected = F.conv2d(x[None], W, b, stride, padding)[0]
    check.close(
        f"stride {stride}, padding {padding}",
        lambda: conv2d(x, W, b, stride, padding),
        expected,
    )
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "unfold", "autograd")
rng = torch.default_generator
x, W, b = whole(rng, 3, 8, 11), whole(rng, 5, 3, 2, 4), numbers([-3, 1, 4, -2, 6])
seal(
    "other sizes, and the inputs afterwards",
    (conv2d(x, W, b, stride=3, padding=2), x, W, b),
)
for c_in, c_out, h, w, k, l, stride, padding in (
    (3, 4, 7, 5, 3, 2, 1, 0), (2, 3, 6, 9, 2, 4, 1, 3), (4, 2, 9, 8, 3, 2, 4, 0), (1, 1, 5, 6, 5, 6, 1, 0), (4, 1, 3, 5, 1, 1, 2, 0),
):  # fmt: skip
    x, W, b = whole(rng, c_in, h, w), whole(rng, c_out, c_in, k, l), 5.5 + whole(rng, c_out)
    y = conv2d(x, W, b, stride, padding)
    seal(f"{c_in} to {c_out}, {k} x {l}, stride {stride}, padding {padding}", y)
### END HIDDEN TESTS

# %% [markdown]
# ## 6.3 A convolution as a matrix
# *3 points · effort ●● · about 15 minutes*
#
# Build the matrix $M$ with $\mathbf y = M\mathbf x$ for a valid convolution with stride 1, where the picture and the result are unrolled row by row:
#
# $$ M_{(i,j),\,(r,c)} = \begin{cases} w_{r-i,\;c-j} & 0 \le r-i < k \text{ and } 0 \le c-j < l \\ 0 & \text{otherwise} \end{cases} \tag{6.10} $$
#
# Any of the sizes may be 1, and the kernel may be as large as the picture.
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
rng = torch.Generator().manual_seed(63)
for k, l, height, width in ((2, 3, 5, 8), (3, 2, 3, 7)):
    kernel = whole(rng, k, l)
    pictures = torch.eye(height * width).double().view(-1, 1, height, width)
    expected = F.conv2d(pictures, kernel[None, None]).flatten(1).T
    check.close(
        f"{k} x {l} on {height} x {width}",
        lambda: conv_matrix(kernel, height, width),
        expected,
    )
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "unfold", "autograd")
rng = torch.default_generator
kernel = 4.5 + whole(rng, 3, 2)
seal("3 x 2 on 6 x 9, and the kernel afterwards", (conv_matrix(kernel, 6, 9), kernel))
for k, l, height, width in ((2, 4, 3, 7), (1, 2, 2, 6), (3, 2, 3, 2)):
    seal(
        f"{k} x {l} on {height} x {width}",
        conv_matrix(4.5 + whole(rng, k, l), height, width),
    )
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
# Any of the sizes may be 1, and the kernel may be as large as the picture.
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
X, W, dY = whole(rng, 2, 4, 9, 13), whole(rng, 5, 4, 3, 6), whole(rng, 2, 5, 7, 8)
leaves = [t.clone().requires_grad_() for t in (X, W, torch.zeros(5).double())]
expected = torch.autograd.grad(F.conv2d(*leaves), leaves, dY)
check.close("dX", lambda: conv_gradients(X, W, dY)[0], expected[0])
check.close("dW", lambda: conv_gradients(X, W, dY)[1], expected[1])
check.close("(dX, dW, db)", lambda: conv_gradients(X, W, dY), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "conv_transpose2d", "unfold", "fold", "autograd")
rng = torch.default_generator
X, W, dY = whole(rng, 3, 2, 6, 8), whole(rng, 5, 2, 3, 4), whole(rng, 3, 5, 4, 5)
seal("3 pictures, and the inputs afterwards", (conv_gradients(X, W, dY), X, W, dY))
for part, name in enumerate(("dX", "dW", "db")):
    seal(f"{name} of 3 pictures", conv_gradients(X, W, dY)[part])
for n, c_in, c_out, h, w, k, l in ((1, 1, 1, 3, 3, 3, 3), (2, 3, 1, 4, 7, 1, 4)):
    X, W = whole(rng, n, c_in, h, w), whole(rng, c_out, c_in, k, l)
    dY = whole(rng, n, c_out, h - k + 1, w - l + 1)
    seal(f"{n} to {c_out}, {k} x {l}", conv_gradients(X, W, dY))
### END HIDDEN TESTS

# %% [markdown]
# ## 6.5 Who was the largest?
# *3 points · effort ●● · about 15 minutes*
#
# A max-pooling with a $k \times k$ window and a stride, without padding, on one map. Send the blame $\partial L/\partial y$ back to the pixels:
#
# $$ \frac{\partial y_{ij}}{\partial x_p} = \begin{cases} 1 & p \text{ is the first pixel of window } (i, j) \text{ with its maximum} \\ 0 & \text{otherwise} \end{cases} \tag{6.14} $$
#
# Windows may overlap, and then a pixel may win more than once; they may leave pixels out, have one pixel, or cover the whole map. First means first in reading order.
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
rng = torch.Generator().manual_seed(65)
x = whole(rng, 11, 17)
x[:, 8:] -= 4.5  # here are windows without a positive pixel
for k, stride in ((3, 3), (4, 3), (2, 5)):
    y, back = torch.func.vjp(lambda x: F.max_pool2d(x[None], k, stride)[0], x)
    dy = whole(rng, *y.shape)
    name = f"windows {k} x {k}, stride {stride}"
    check.close(name, lambda: maxpool_backward(x, dy, k, stride), back(dy)[0])
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("max_pool2d", "unfold", "fold", "autograd")
rng = torch.default_generator
x, dy = whole(rng, 13, 18), 0.5 + whole(rng, 6, 8)
x[:, 8:] -= 4.5
seal("3 x 3, stride 2, and the inputs afterwards", (maxpool_backward(x, dy, 3, 2), x, dy))
for h, w, k, stride in (
    (13, 17, 3, 3),
    (9, 12, 2, 3),
    (10, 9, 4, 1),
    (6, 9, 6, 5),
    (5, 4, 1, 2),
):
    x, dy = whole(rng, h, w), 0.5 + whole(rng, (h - k) // stride + 1, (w - k) // stride + 1)
    x[:, w // 2 :] -= 4.5
    seal(f"{k} x {k} on {h} x {w}, stride {stride}", maxpool_backward(x, dy, k, stride))
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
# From $n$ pixels it makes $(n - 1)\,S + k$. (Stamping the kernel, once for each pixel of $\mathbf y$, gives the same numbers and counts as well.) The kernel may be larger than the map, and the stride larger than the kernel; any of the sizes may be 1. Stay in float64 throughout: numbers may be too large for float32.
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
rng = torch.Generator().manual_seed(66)
for h, w, k, l, stride in ((7, 6, 2, 4, 1), (4, 3, 8, 5, 2), (4, 3, 5, 7, 6)):
    y, kernel = whole(rng, h, w), whole(rng, k, l)
    expected = F.conv_transpose2d(y[None, None], kernel[None, None], stride=stride)[0, 0]
    check.close(
        f"kernel {k} x {l}, stride {stride}",
        lambda: conv_transpose(y, kernel, stride),
        expected,
    )
check.close("large", lambda: conv_transpose(1e40 * y, kernel, stride), 1e40 * expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "conv_transpose2d", "unfold", "fold", "autograd")
rng = torch.default_generator
y, kernel = whole(rng, 4, 7), whole(rng, 3, 5)
seal("3 x 5 on 4 x 7, and the inputs afterwards", (conv_transpose(y, kernel, 2), y, kernel))
seal("large numbers", conv_transpose(1e40 * y, kernel, 2))
for h, w, k, l, stride in (
    (6, 5, 4, 2, 1),
    (2, 5, 4, 3, 5),
    (1, 1, 3, 4, 2),
    (4, 3, 1, 1, 2),
):
    answer = conv_transpose(whole(rng, h, w), whole(rng, k, l), stride)
    seal(f"{k} x {l} on {h} x {w}, stride {stride}", answer)
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
strided = [(3, 1, 1), (4, 2, 1), (6, 5, 1), (2, 3, 1), (5, 4, 1)]
check.close("(size, jump)", lambda: receptive_field(strided), (146, 120))
dilated = [(3, 1, 4), (5, 2, 3), (2, 3, 5), (4, 5, 2), (3, 2, 7)]
check.close("dilated layers", lambda: receptive_field(dilated), (487, 60))
check.close("no layer", lambda: receptive_field([]), (1, 1))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

stacks = [
    [(7, 2, 1), (3, 2, 4), (4, 3, 2)],
    [(2, 3, 2), (6, 2, 3), (3, 1, 5)],
    [(3, 1, 1)] * 10,
]
seal("other stacks", [receptive_field(layers) for layers in stacks])
stacks = [[(3, 2, 1), (5, 3, 1), (2, 4, 1)], [(7, 4, 1), (3, 1, 1), (4, 2, 1)]]
seal("strides alone", [receptive_field(layers) for layers in stacks])
seal("dilations alone", receptive_field([(3, 1, 2**l) for l in range(8)]))
seal("one layer", receptive_field([(4, 3, 2)]))
seal("no layer", receptive_field([]))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
