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
# # Exercises 6: convolution
#
# Eight exercises, 20 points, on [chapter 6](../../chapters/06_convolution.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# In 6.2 to 6.5 write the sliding yourself: torch's own convolutions, poolings, `unfold` and `fold`, and its automatic differentiation do not count there. `F.pad`, slices and matrix
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


def size_by_torch(n: int, k: int, *rest: int) -> int:
    """The output size of torch's convolution along an axis.   rest: stride, padding, dilation"""
    return F.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, k), None, *rest).shape[2]


def stripes(classes: Tensor, noise: float, rng: torch.Generator) -> Tensor:
    """Pictures of stripes, one for each class of 0 to 3: across, falling, down, rising.   (n,) -> (n, 1, 24, 31)"""
    angle = classes.double().view(-1, 1, 1, 1) * torch.pi / 4
    period, phase = 4 + 4 * torch.rand(2, len(angle), 1, 1, 1, generator=rng).double()
    down, across = torch.arange(24.0).double()[:, None], torch.arange(31.0).double()
    along = (
        angle.cos() * across + angle.sin() * down
    )  # the brightness changes in this direction
    pictures = (2 * torch.pi * along / period + 9 * phase).sin()
    return pictures + noise * torch.randn(pictures.shape, generator=rng).double()


# %% [markdown]
# ## 6.1 Output size
# *Find the bug · 2 points · effort ● · about 10 minutes*
#
# A kernel of size $k$ with dilation $d$ slides in steps of $S$ over an axis of $n$ pixels, to which $p$ zeros were added **on each side**. The function below shall give
# the number of positions (an `int`), but two things in it are wrong. With $n = 7$, $k = 3$ and defaults it is right. Repair it as `output_size`.
#
# <details><summary>Hint</summary>
#
# Try a dilation of 2, and a stride that leaves a remainder of more than one half.
#
# </details>


# %%
def faulty_output_size(
    n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """The number of positions of a kernel of size k along an axis of n pixels. Two faults."""
    span = dilation * k
    return round((n + 2 * padding - span) / stride) + 1


# %% [markdown]
# Write the repaired function here.


# %% output_size
def output_size(
    n: int, k: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """The number of positions of a kernel of size k along an axis of n pixels."""
    ### BEGIN SOLUTION
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1
    ### END SOLUTION


# %% test_output_size points=2
for name, cases in {
    "stride": [(7, 3), (9, 2, 3), (12, 4, 5), (10, 3, 4), (5, 5, 2)],
    "padding": [(9, 3, 1, 5), (7, 4, 3, 2), (6, 2, 5, 4), (11, 5, 4, 3)],
    "dilation": [(12, 3, 1, 0, 2), (17, 2, 4, 0, 5), (20, 5, 6, 0, 4), (19, 4, 5, 4, 3)],
}.items():
    expected = torch.tensor([size_by_torch(*case) for case in cases])
    check.close(
        name, lambda: torch.tensor([output_size(*case) for case in cases]), expected
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
together += [(n, 5, 3, 2, 4) for n in torch.randint(20, 60, (5,)).tolist()]
seal("other sizes", torch.tensor([output_size(*case) for case in together]))
strides = [(9, 4), (15, 2, 5), (14, 6, 3), (23, 3, 7), (6, 6, 4), (1, 1, 2)]
seal("stride alone", torch.tensor([output_size(*case) for case in strides]))
padded = [(9, 4, 1, 3), (10, 5, 4, 2), (12, 3, 6, 5), (5, 5, 3, 4)]
seal("without dilation", torch.tensor([output_size(*case) for case in padded]))
dilated = [(15, 4, 1, 0, 3), (21, 2, 6, 0, 4), (18, 3, 5, 0, 7)]
seal("without padding", torch.tensor([output_size(*case) for case in dilated]))
### END HIDDEN TESTS

# %% [markdown]
# ## 6.2 The matrix of a convolution with stride
# *Write · 3 points · effort ●● · about 15 minutes*
#
# The chapter builds the matrix $M$ of $\mathbf y = M\mathbf x$ for stride 1 (6.10). Build it for any stride $S$, without padding. Picture and result are unrolled row by row, and output
# $(i, j)$ is
#
# $$ y_{ij} = \sum_{u=0}^{k-1} \sum_{v=0}^{l-1} w_{uv}\; x_{iS+u,\; jS+v} $$
#
# The window may leave rows or columns over at the end. Any of the sizes may be 1, and the kernel may be as large as the picture.
#
# <details><summary>Hint</summary>
#
# A row of $M$ is a picture: all zeros, with the kernel laid on it. On which pixel does the upper left corner of the kernel lie?
#
# </details>


# %% conv_matrix
def conv_matrix(kernel: Tensor, height: int, width: int, stride: int) -> Tensor:
    """M of y = M x.   kernel: (k, l) -> (number of outputs, height width)"""
    ### BEGIN SOLUTION
    k, l = kernel.shape
    rows, cols = (height - k) // stride + 1, (width - l) // stride + 1
    M = torch.zeros(rows, cols, height, width, dtype=kernel.dtype)
    for i in range(rows):
        for j in range(cols):
            r, c = i * stride, j * stride
            M[i, j, r : r + k, c : c + l] = kernel
    return M.flatten(2).flatten(0, 1)
    ### END SOLUTION


# %% test_conv_matrix points=3
rng = torch.Generator().manual_seed(63)
for k, l, height, width, stride in ((2, 3, 5, 8, 1), (3, 2, 8, 11, 2), (2, 4, 9, 12, 3)):
    kernel = whole(rng, k, l)
    pictures = torch.eye(height * width).double().view(-1, 1, height, width)
    expected = F.conv2d(pictures, kernel[None, None], stride=stride).flatten(1).T
    name = f"{k} x {l} on {height} x {width}, stride {stride}"
    check.close(name, lambda: conv_matrix(kernel, height, width, stride), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "unfold", "autograd")
rng = torch.default_generator
kernel = 4.5 + whole(rng, 3, 2)
M = conv_matrix(kernel, 10, 13, 3)
seal("3 x 2 on 10 x 13, stride 3, and the kernel afterwards", (M, kernel))
for k, l, height, width, stride in (
    (3, 2, 6, 9, 1), (2, 4, 7, 11, 2), (1, 2, 2, 6, 1), (3, 2, 3, 2, 4), (1, 1, 4, 6, 3),
):  # fmt: skip
    name = f"{k} x {l} on {height} x {width}, stride {stride}"
    seal(name, conv_matrix(4.5 + whole(rng, k, l), height, width, stride))
### END HIDDEN TESTS

# %% [markdown]
# ## 6.3 The gradients of a convolutional layer
# *Derive · 4 points · effort ●●● · about 25 minutes*
#
# A layer with stride 1, without padding and dilation, computes for a batch
#
# $$ Y_{n,o,i,j} = b_o + \sum_{c,u,v} W_{o,c,u,v}\; X_{n,c,\;i+u,\;j+v} $$
#
# $\Delta = \partial L/\partial Y$ is the error signal, `dY`. Derive $\partial L/\partial X$, $\partial L/\partial W$ and $\partial L/\partial b$ with the chain rule, and give them as code. (The chapter goes by
# the columns of im2col; here neither columns nor torch's convolutions are used.) Any of the sizes may be 1, and the kernel may be as large as the picture.
#
# <details><summary>Hint</summary>
#
# Which outputs does one weight $W_{o,c,u,v}$ reach, and with which pixel? Loop over the cells $(u, v)$ of the kernel. Each meets the pixels `X[:, :, u : u + h', v : v + w']`, with $h', w'$ the size of an output.
# `torch.einsum("nohw,nchw->oc", dY, block)` sums over batch and positions.
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
# ## 6.4 The gradient of max pooling
# *Find the bug · 3 points · effort ●● · about 15 minutes*
#
# A max pooling with a $k \times k$ window and a stride, without padding, on one feature map. The error signal $\partial L/\partial y$ goes back to the pixels:
#
# $$ \frac{\partial y_{ij}}{\partial x_p} = \begin{cases} 1 & p \text{ is the first pixel of} \\ & \text{window } (i, j) \text{ with its maximum} \\ 0 & \text{otherwise} \end{cases} \tag{6.14} $$
#
# The function below does this for windows that do not overlap, and whose values are all different. Otherwise it has two faults. Repair it as `maxpool_backward`.
#
# Windows may overlap, and then a pixel may be the maximum of several; they may leave pixels out, have one pixel, or cover the whole map. First means first in reading order.
#
# <details><summary>Hint</summary>
#
# `window.argmax()` gives the place of the first maximum in the unrolled window; `divmod(place, k)` turns it into a row and a column.
#
# </details>


# %%
def faulty_maxpool_backward(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    """dL/dx of a max pooling. Two faults.   x: (h, w), dy: (h', w') -> (h, w)"""
    height, width = dy.shape
    gradient = 0 * x
    for i, j in torch.cartesian_prod(torch.arange(height), torch.arange(width)).tolist():
        rows = slice(i * stride, i * stride + k)
        cols = slice(j * stride, j * stride + k)
        is_largest = x[rows, cols] == x[rows, cols].max()
        gradient[rows, cols] = is_largest * dy[i, j]
    return gradient


# %% [markdown]
# Write the repaired function here.


# %% maxpool_backward
def maxpool_backward(x: Tensor, dy: Tensor, k: int, stride: int) -> Tensor:
    """dL/dx of a max pooling.   x: (h, w), dy: (h', w') -> (h, w)"""
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
rng = torch.Generator().manual_seed(66)
x = whole(rng, 11, 17)
x[:, 8:] -= 4.5  # here are windows without a positive pixel
for k, stride in ((4, 3), (3, 3), (2, 5)):
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
# ## 6.5 A transposed convolution with zeros between
# *Write · 3 points · effort ●●● · about 20 minutes*
#
# A transposed convolution of one feature map with one kernel: put $S - 1$ zeros between neighbouring pixels, then slide the kernel, flipped in rows and columns, over the result with enough padding.
#
# $$ M^{\mathsf T}\mathbf y = \operatorname{conv}(\mathbf y \text{ with zeros between},\quad \text{flipped kernel}) \tag{6.18} $$
#
# From $n$ pixels it makes $(n - 1)\,S + k$. The chapter leaves the sliding to torch; here you write it. (Adding a copy of the kernel for each pixel of $\mathbf y$ gives the same numbers and counts as well.) The kernel may be larger
# than the map, and the stride larger than the kernel; any of the sizes may be 1. Stay in float64 throughout: numbers may be too large for float32.
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
# ## 6.6 Which pixels does a unit depend on?
# *Derive · 2 points · effort ●● · about 15 minutes*
#
# The chapter gives the size of a receptive field. Derive where it lies. Along one axis, each layer is a tuple: kernel size $k$, stride $S$, padding $p$ (zeros on each side), dilation $d$; the first layer comes first. For
# the unit with number `unit` (counted from 0) above all layers, give the first and the last pixel on which it depends. Positions in the padding count as well: pixel −1 is the zero just before pixel 0. Without any layer the
# unit is the pixel.
#
# <details><summary>Hint</summary>
#
# Begin with the last layer: position $i$ of a kernel covers which outputs of the layer below? Then go on downwards with the first and the last of them.
#
# </details>


# %% seen_pixels
def seen_pixels(layers: list[tuple[int, int, int, int]], unit: int) -> tuple[int, int]:
    """First and last pixel on which a unit above `layers`, each (k, stride, padding, dilation), depends."""
    ### BEGIN SOLUTION
    first, last = unit, unit
    for k, stride, padding, dilation in layers[::-1]:
        first = first * stride - padding
        last = last * stride - padding + dilation * (k - 1)
    return first, last
    ### END SOLUTION


# %% test_seen_pixels points=2
layers = [(4, 1, 0, 1), (6, 3, 3, 4), (2, 1, 3, 2), (6, 1, 1, 2)]
check.close("unit 4", lambda: seen_pixels(layers, 4), (-3, 56))
check.close("unit 0", lambda: seen_pixels(layers, 0), (-15, 44))
check.close("one layer", lambda: seen_pixels([(4, 3, 1, 6)], 7), (20, 38))
check.close("no layer", lambda: seen_pixels([], 5), (5, 5))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

layers = [(2, 3, 2, 4), (6, 1, 5, 1), (3, 2, 0, 3), (7, 4, 1, 2)]
units = (0, 1, 6, int(torch.randint(7, 60, ())))
seal("other layers", [seen_pixels(layers, unit) for unit in units])
seal("one layer", [seen_pixels([(5, 4, 3, 2)], unit) for unit in (2, 3)])
seal("no padding", seen_pixels([(3, 2, 0, 1), (4, 3, 0, 2)], 5))
seal("no layer", seen_pixels([], 8))
### END HIDDEN TESTS

# %% [markdown]
# ## 6.7 Unchanged by a shift
# *Predict · 1 point · effort ●● · about 10 minutes*
#
# Eight networks with random weights get a picture of 24×24 pixels, and the same picture shifted to the right by **two** pixels, where what leaves at the right comes in at the left. All convolutions and poolings have circular
# padding unless a row says otherwise. Which four networks have the same output for both pictures, whatever their weights?
#
# | | layers |
# |---|---|
# | A | convolution, ReLU, global average pooling |
# | B | convolution, ReLU, flatten, dense |
# | C | convolution with stride 2, ReLU, global average pooling |
# | D | convolution with stride 2, ReLU, convolution with stride 2, ReLU, global average pooling |
# | E | convolution, ReLU, max pooling of 2 with stride 2, global max pooling |
# | F | convolution, ReLU, max pooling of 3 with stride 3, global average pooling |
# | G | convolution with zero padding, ReLU, global average pooling |
# | H | convolution with dilation 2, ReLU, global max pooling |
#
# Give their letters as a list, such as `list("BDFG")`. Whether they are right is told after handing in; build some of the networks afterwards and look.


# %% unchanged
def unchanged() -> list[str]:
    """The letters of the four networks."""
    ### BEGIN SOLUTION
    return list("ACEH")
    ### END SOLUTION


# %% test_unchanged points=1
check.chosen("the unchanged networks", lambda: unchanged(), "ABCDEFGH", count=4)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import choice, seal

seal("the unchanged networks", unchanged(), rule=choice(*"ABCDEFGH", count=4))
### END HIDDEN TESTS

# %% [markdown]
# ## 6.8 A classifier with kernels of your own
# *Go beyond · 2 points · effort ●● · about 20 minutes*
#
# `stripes` in the first cell draws pictures whose brightness changes along one direction: along the rows (class 0), along the falling diagonal (1), down the columns (2) or along the rising diagonal (3). The period is 4 to 8 pixels, the
# phase is arbitrary. Write `orientation`, which classifies a batch of them. Design the kernels yourself; nothing has to be trained, and here torch's functions are allowed. The check below uses pictures without noise. After handing in,
# fresh pictures with noise (standard deviation up to 1) are classified, and 85 % must be right.
#
# <details><summary>Hint</summary>
#
# A derivative along the direction of change is large, one across it is 0. Its sign changes from stripe to stripe: what has to be done before a global average?
#
# </details>


# %% orientation
def orientation(X: Tensor) -> Tensor:
    """The class, 0 to 3, of each picture of stripes.   X: (n, 1, h, w), float64 -> (n,), whole numbers"""
    ### BEGIN SOLUTION
    across = numbers([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    down = across.T
    kernels = torch.stack(
        [across, (across + down) / 2**0.5, down, (down - across) / 2**0.5]
    )
    responses = F.conv2d(X, kernels[:, None])
    return responses.square().mean(dim=(2, 3)).argmax(dim=1)
    ### END SOLUTION


# %% test_orientation points=2
rng = torch.Generator().manual_seed(68)
classes = torch.tensor([2, 0, 3, 1, 1, 0, 2, 3, 3, 2, 0, 1, 0])
X = stripes(classes, noise=0.0, rng=rng)
check.close("classes", lambda: orientation(X), classes)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import agree, seal


def fresh(noise: float, height: int, width: int) -> Tensor:
    """Pictures of 200 random classes, drawn anew."""
    angle = torch.randint(4, (200, 1, 1, 1)).double() * torch.pi / 4
    period, phase = 4 + 4 * torch.rand(2, 200, 1, 1, 1).double()
    down, across = (
        torch.arange(float(height)).double()[:, None],
        torch.arange(float(width)).double(),
    )
    along = (angle.cos() * across + angle.sin() * down) / period
    return (2 * torch.pi * along + 9 * phase).sin() + noise * torch.randn(
        200, 1, height, width
    ).double()


seal("noise 1", orientation(fresh(1.0, 24, 31)), rule=agree(0.85))
seal("noise 1/2", orientation(fresh(0.5, 24, 31)), rule=agree(0.85))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
