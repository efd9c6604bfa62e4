# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 6 Convolution
#
# Take nine numbers and lay them on a photograph as a window of three by three pixels. Multiply each number by the pixel under it, add up, and move
# the window on by one pixel. With the nine numbers below, the photograph of a cat becomes a drawing of its outlines.
#
# Somebody chose these nine numbers by hand. In this chapter a network learns them.
#
# Three common statements are refuted: that shared weights get the mean of their gradients (6.6), that a "deconvolution" undoes a convolution (6.9),
# and that a convolutional network is invariant to translation by design (6.12, 6.15). Terms in bold are collected in the [glossary](glossary.md).
#
# > **Study time** About 140 minutes. The core path, 90 minutes, is sections 6.1 to 6.4, 6.6, 6.8, 6.10 to 6.12 and 6.14; sections marked *going further* can wait.


# %%
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, widgets
from course_utils.device import device
from course_utils.progress import progress

SEED = check.seed(6)


# %%
CAT = data.photo("cat", 192)  # (3, 192, 192), 0..1
GREY = CAT.mean(dim=0)  # (192, 192)


# %% tags=["hide-input"]
def show_nine_numbers() -> None:
    """A photograph, a kernel, and the strength of the edges that it finds."""
    nine = torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])
    edges = sum(
        F.conv2d(GREY[None, None], k[None, None])[0, 0] ** 2 for k in (nine, nine.T)
    )
    titles = ("a photograph", "a kernel", "its outlines")
    panels = [plots.panel(title, size=(2.1, 2.35)) for title in titles]
    photo, numbers, outlines = (ax for _, ax in panels)
    plots.image(photo, CAT)
    plots.image(numbers, nine, shades="signed", limits=(-5, 5))
    for place, value in enumerate(nine.flatten().int().tolist()):
        text = str(value).replace("-", "−")
        numbers.text(
            place % 3, place // 3, text, ha="center", va="center", size=15, color="black"
        )
    plots.image(outlines, edges.sqrt(), shades="ink", smooth=True)
    plots.show(*[fig for fig, _ in panels], alt=[
        "A photograph of a tabby cat that looks into the camera.",
        "The numbers 1, 2, 1 above 0, 0, 0 above minus 1, minus 2, minus 1.",
        "The outlines of the cat, its eyes and whiskers, as dark lines on a light ground.",
    ])  # fmt: skip


show_nine_numbers()

# %% [markdown]
# (On the right the nine numbers are applied as they are and transposed; shown is the root of the sum of the two squared results.)

# %% [markdown]
# ## 6.1 What can a local transform compute?
#
# Long before networks learned to see, pictures were processed one neighbourhood at a time. Let $U$ be a set of offsets around a pixel in row $r$ and
# column $c$. A *local transform* computes each pixel of the new picture from that neighbourhood alone:
#
# $$ G(r, c) = T_U[I](r, c) \tag{6.1} $$
#
# The simplest kind is linear: a weighted sum with the same weights at every pixel. A **kernel** is the small array of weights that a linear local transform applies at every position. A **filter** is the operation that applies a
# kernel at every position of a picture.
#
# $$ T_U[I](r, c) = \!\!\sum_{(u, v) \in U}\!\! w(u, v)\, I(r{+}u, c{+}v) \tag{6.2} $$

# %% [markdown]
# | symbol | name | meaning |
# |---|---|---|
# | $I$ | `image` | the picture, $(h, w)$ |
# | $U$ | a $k \times k$ window | the neighbourhood |
# | $w(u, v)$ | `kernel[u, v]` | the weight of the pixel at offset $(u, v)$ |
#
# The offsets run from 0, so the window extends down and to the right from its pixel, and every position is used where it fits entirely.


# %%
def windows(image: Tensor, k: int) -> Tensor:
    """Every k x k neighbourhood of a picture.   image: (h, w) -> (h-k+1, w-k+1, k, k)"""
    return image.unfold(0, k, 1).unfold(1, k, 1)


def weighted_sum(image: Tensor, kernel: Tensor) -> Tensor:
    """A linear local transform (eq. 6.2).   image: (h, w), kernel: (k, k) -> (h-k+1, w-k+1)"""
    return (windows(image, len(kernel)) * kernel).sum(dim=(2, 3))


def local_median(image: Tensor, k: int) -> Tensor:
    """A local transform that is not linear: the median of each window (eq. 6.1)."""
    return windows(image, k).flatten(2).median(dim=2).values


# %% [markdown]
# Here are four kernels that people designed. Read each one and guess what it does. If the weights sum to one, the brightness of a uniform area stays as it is;
# if they sum to zero, a uniform area becomes 0. The **Sobel filter** estimates the horizontal and the vertical derivative of the brightness with two kernels, the third and fourth below. (As written here they give −8 times the derivative: the right or lower side is subtracted. I. Sobel and G. Feldman presented it in a talk at
# Stanford in 1968.)

# %%
KERNELS = {
    "blur": torch.ones(3, 3) / 9,
    "sharpen": torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "Sobel, horizontal": torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]),
    "Sobel, vertical": torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]]),
}
uniform = torch.full((5, 7), 0.8)
for name, kernel in KERNELS.items():
    value = weighted_sum(uniform, kernel)[0, 0]
    print(f"{name:17} weights sum to {kernel.sum():4.1f}; 0.8 becomes {value:.1f}")


# %% tags=["hide-input"]
filtered = {name: weighted_sum(GREY, kernel) for name, kernel in KERNELS.items()}
filtered["sharpen"] = filtered["sharpen"].clamp(0, 1)
plots.pictures({**filtered, "median of 5 x 5": local_median(GREY, 5)}, alt=[
    "The cat, slightly blurred.",
    "The cat with every hair standing out.",
    "The cat in grey relief: edges that run up and down are bright or dark.",
    "The cat in grey relief: edges that run from side to side are bright or dark, the whiskers above all.",
    "The cat as if painted with a soft brush: fine hair is gone, outlines are sharp.",
])  # fmt: skip

# %% [markdown]
# The last one, the median of each window, is a local transform too, but not a linear one. A linear transform of a sum is the sum of the transforms, and of a multiple the multiple of the transform. Section 6.6 uses this: every linear transform has
# a matrix.

# %%
rng = torch.Generator().manual_seed(SEED)
image, other = (torch.rand(9, 11, generator=rng) for _ in range(2))
kernel = KERNELS["Sobel, horizontal"]
separately = weighted_sum(image, kernel) + weighted_sum(other, kernel)
check.close("transform of a sum", weighted_sum(image + other, kernel), separately)

separately = local_median(image, 3) + local_median(other, 3)
check.catches(
    "the median is not linear",
    lambda: check.close("median", local_median(image + other, 3), separately),
)

# %% [markdown]
# Two names are easily confused. A **cross-correlation** is the weighted sum (6.2), in which the kernel is applied as it is. A **convolution** is the weighted sum in which the kernel is first flipped
# in rows and in columns. In symbols:
#
# $$ (w * I)(r, c) = \sum_{u, v} w(u, v) I(r{-}u, c{-}v) \tag{6.3} $$
#
# The literature of deep learning says "convolution" and computes (6.2), torch included. The two families of functions are the same, since every kernel is the flip of another one: a network that computes
# (6.3) reaches with flipped kernels what this one reaches. The difference matters when a kernel is taken from a book on signal processing.

# %%
from scipy.signal import convolve2d, correlate2d

kernel = torch.arange(1.0, 10).view(3, 3)  # without symmetry
by_torch = F.conv2d(image[None, None], kernel[None, None])[0, 0]
by_scipy = torch.tensor(correlate2d(image, kernel, mode="valid"))
flipped_by_scipy = torch.tensor(convolve2d(image, kernel, mode="valid"))
check.close("torch's conv2d is eq. 6.2", weighted_sum(image, kernel), by_torch)
check.close("and so is a cross-correlation", by_scipy, by_torch)
flipped = weighted_sum(image, kernel.flip(0, 1))
check.close("a convolution flips the kernel", flipped_by_scipy, flipped)

# %% [markdown]
# **Break it.** Test the flip with the blur, and a missing flip passes: this kernel equals its own flip. With the Sobel kernel a flip of the columns alone passes, since its first row equals its
# last. A test needs a kernel without symmetry, such as the numbers 1 to 9 above.

# %%
blur, sobel = KERNELS["blur"], KERNELS["Sobel, horizontal"]
check.close(
    "blur, no flip", weighted_sum(image, blur), weighted_sum(image, blur.flip(0, 1))
)
columns_only = weighted_sum(image, sobel.flip(1))
check.close("Sobel, half a flip", columns_only, weighted_sum(image, sobel.flip(0, 1)))
half = weighted_sum(image, kernel.flip(1))
check.catches("1 to 9, half a flip", lambda: check.close("flipped", half, flipped))

# %% [markdown]
# ## 6.2 Why is image classification difficult?
#
# A classifier has to turn a long list of numbers into one class. Four difficulties are usually named; each is measured here on a photograph or on digits.
#
# **Dimensionality.** Unroll a photograph into a vector, as a dense layer needs it. How many weights does a single layer of 1,000 units have?

# %%
photo = data.photo("cat")
weights = photo.numel() * 1000
print(f"the cat: {tuple(photo.shape)} = {photo.numel():,} numbers")
print(f"dense, 1,000 units: {weights:,} weights, {4 * weights / 1e9:.1f} GB")
print(f"64 kernels of 3 x 3 x 3, with biases: {64 * (3 * 3 * 3 + 1):,} parameters")

# %% [markdown]
# **Label ambiguity.** More than one label may be correct. Ask a network that was trained on ImageNet, 1.28 million photographs in 1,000 classes (chapter 7 describes it), for the three most
# probable classes of our cat. All three are kinds of cat. And where a picture shows several objects, a cat on a sofa beside a cup, a single label has to leave some of them out;
# later chapters find each object (detection) or label each pixel (segmentation).

# %%
from course_utils import pretrained

network = pretrained.efficientnet_lite0()
with torch.no_grad():
    logits = network(pretrained.prepare(data.photo("cat", 224)[None]))[0]
best = pretrained.top(logits, 3)
for name, probability in best:
    print(f"{probability:.2f}  {name}")
check.reaches("share of the best three", sum(p for _, p in best), at_least=0.8)

# %% [markdown]
# **Transformations.** Illumination, viewpoint, scale, deformation, occlusion and background clutter change the pixels and not the class. So does the variation within a class: a Persian and a
# Siamese cat are both cats. A simple way to compare two pictures is the Euclidean distance of their pixels,
#
# $$ d(I, J) = \sqrt{\textstyle\sum_{r, c} \big(I(r, c) - J(r, c)\big)^2} \tag{6.4} $$
#
# summed over the three colours as well. Compare the distance of each changed picture from the original with that of a uniform picture of the mean colour.


# %%
def distance(image: Tensor, other: Tensor) -> float:
    """Euclidean distance of two pictures of the same size (eq. 6.4)."""
    return (image - other).norm().item()


# %% tags=["hide-input"]
wide = data.photo("cat", (192, 288))
covered = CAT.clone()
covered[:, 55:100, 20:175] = 0.1
closer = data.photo("cat", 256)[:, 32:224, 32:224]
versions = {
    "the cat": CAT, "darker": 0.45 * CAT, "mirrored": CAT.flip(2), "camera moved": wide[:, :, 72:264],
    "larger": closer, "eyes covered": covered, "uniform": CAT.mean(dim=(1, 2), keepdim=True).expand_as(CAT),
}  # fmt: skip
distances = {name: distance(CAT, version) for name, version in versions.items()}

# %% tags=["hide-input"]
plots.pictures({f"{name}: {distances[name]:.0f}": version for name, version in versions.items()}, alt=[
    "The cat.",
    "The same photograph, much darker.",
    "The same photograph, mirrored.",
    "The same photograph, the camera turned a little to the right.",
    "The cat a third larger.",
    "The same photograph with a dark bar over the eyes.",
    "A uniform brownish square: the mean colour of the photograph.",
])  # fmt: skip

# %%
reference = distances["uniform"]
farther = [name for name, d in distances.items() if d > reference]
print("farther from the cat than a uniform picture:", ", ".join(farther))
changed = [name for name in versions if name not in ("the cat", "uniform")]
check.close("all of the changed pictures", farther, changed)

# %% [markdown]
# **Perceptual similarity.** Closeness in pixels is not closeness in meaning. Take the nearest-neighbour classifier: give a new digit the label of the training picture
# that is closest by (6.4). Then shift the test pictures diagonally, pixel by pixel, with zeros moving in.


# %%
def shifted(X: Tensor, by: int) -> Tensor:
    """Pictures moved `by` pixels down and to the right; zeros move in, nothing wraps around."""
    return F.pad(X, (by, -by, by, -by))


def nearest_neighbour(split: data.Split, by: int) -> float:
    """Accuracy of the nearest training picture's label on shifted test pictures."""
    moved = shifted(split.X_test, by).flatten(1)
    nearest = torch.cdist(moved, split.X_train.flatten(1)).argmin(dim=1)
    return (split.y_train[nearest] == split.y_test).double().mean().item()


# %%
MNIST = data.mnist(seed=SEED)
SHIFTS = range(6)
NEAREST = [nearest_neighbour(MNIST, by) for by in SHIFTS]
print("accuracy at 0 to 5 pixels:", *(f"{a:.1%}" for a in NEAREST))
check.reaches("nearest neighbour, no shift", NEAREST[0], at_least=0.92)
check.reaches("nearest neighbour, 2 pixels", NEAREST[2], at_most=0.45)
check.reaches("nearest neighbour, 4 pixels", NEAREST[4], at_most=0.1)

# %% [markdown]
# At a shift of 4 of 28 pixels the classifier is no better than guessing among ten classes. Section 6.15 repeats this experiment with networks.
#
# ## 6.3 How large is the output?
#
# A convolutional layer applies kernels at every position of a picture. Five choices determine the size of its output.
#
# | choice | name | meaning |
# |---|---|---|
# | kernel size | `k`, `l` | height and width of the window |
# | stride | `stride`, $S$ | the step of the window |
# | padding | `padding`, $p$ | zeros around the picture, on each side |
# | dilation | `dilation`, $d$ | the distance of neighbouring kernel cells |
# | number of kernels | `c_out` | the depth of the output |

# %% [markdown]
# The **stride** is the number of pixels by which the window moves from one position to the next. The **padding** is the border of zeros that is added around a picture before the kernel is applied. The **dilation** is the
# distance, in pixels, between neighbouring cells of a kernel; it is 1 for an ordinary kernel.
#
# How many positions does the window have along an axis of $n$ pixels? The kernel spans $d(k-1)+1$ of them. After the first position it moves in whole steps of $S$, and a
# last step that does not fit is dropped, which gives the floor:
#
# $$ n_{\text{out}} = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{S} \right\rfloor + 1 \tag{6.5} $$


# %%
class Window(NamedTuple):
    """How a k x l kernel slides. `padding` counts the zeros on each side."""

    k: int
    l: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def outputs(self, height: int, width: int) -> tuple[int, int]:
        """The number of positions, down and across (eq. 6.5)."""
        sizes = (height, self.k), (width, self.l)
        steps = [n + 2 * self.padding - self.dilation * (k - 1) - 1 for n, k in sizes]
        return steps[0] // self.stride + 1, steps[1] // self.stride + 1


# %%
zeros = torch.zeros(1, 1, 10, 13)
for stride, padding, dilation in ((1, 0, 1), (2, 0, 1), (3, 1, 1), (1, 0, 2)):
    window = Window(3, 2, stride, padding, dilation)
    reference = F.max_pool2d(zeros, (3, 2), stride, padding, dilation)
    check.close(str(window[2:]), window.outputs(10, 13), tuple(reference.shape[2:]))

# %% [markdown]
# **Break it.** Two mistakes with this formula are common. The first leaves the floor out, which changes nothing as long as the steps divide. The second
# comes from $(n + P - k)/S + 1$, printed in some lecture notes. It is right if $P$ is the total of both sides; whoever inserts the zeros of one side counts half of them.

# %%
n, k, p = 10, 3, 1
right = [Window(k, k, S, p).outputs(n, n)[0] for S in (1, 2)]
no_floor = [(n + 2 * p - k) / S + 1 for S in (1, 2)]
check.close("no floor, stride 1", no_floor[0], right[0])
check.catches("no floor, stride 2", lambda: check.close("size", no_floor[1], right[1]))
counted_once = n + p - k + 1
check.catches("counted once", lambda: check.close("size", counted_once, right[0]))

# %% [markdown]
# Padding has two settings with names. *Valid* adds no zeros. *Same* adds as many as are needed for $\lceil n/S\rceil$
# outputs. The *total* along an axis is
#
# $$ \begin{gathered} P = \max(0, Q), \\
# Q = (\lceil n/S\rceil{-}1)\,S + d\,(k{-}1) + 1 - n \end{gathered} \tag{6.6} $$
#
# When $P$ is odd, one side gets one zero more than the other; TensorFlow and torch put it at the end. (`padding="same"` exists in torch for stride 1 only.)


# %%
def same_padding(n: int, k: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after an axis of n pixels for ceil(n / stride) outputs (eq. 6.6)."""
    outputs = -(-n // stride)
    total = max(0, (outputs - 1) * stride + dilation * (k - 1) + 1 - n)
    return total // 2, total - total // 2


for n, k, stride in ((11, 4, 1), (11, 3, 2), (10, 3, 2), (7, 2, 3)):
    zeros = same_padding(n, k, stride)
    outputs = (n + sum(zeros) - k) // stride + 1
    check.close(f"n = {n}, k = {k}, stride {stride}, {zeros}", outputs, -(-n // stride))

# %% [markdown]
# The number of outputs does not tell on which side the extra zero lies. The values do. (For an even kernel torch warns that it has to make a padded copy; the cell silences this warning.)

# %%
import warnings

rng = torch.Generator().manual_seed(SEED)
row, w = data.normal(rng, 1, 1, 11), data.normal(rng, 1, 1, 4)
with warnings.catch_warnings(action="ignore"):
    reference = F.conv1d(row, w, padding="same")
padded = F.conv1d(F.pad(row, same_padding(11, 4)), w)
check.close("one zero before, two after", padded, reference)
swapped = F.conv1d(F.pad(row, same_padding(11, 4)[::-1]), w)
check.catches("two before", lambda: check.close("outputs", swapped, reference))

# %% [markdown]
# ## 6.4 What does a convolutional layer compute, and what does it cost?
#
# A picture has several channels: three colours at first, later as many as the layer before had kernels. A **channel** is one of the two-dimensional arrays that are stacked to form the input or the output of a
# convolutional layer. A kernel covers all channels, with weights of its own for each, and *the results are summed*. A **feature map** is the output channel that one kernel produces.
#
# $$ Y_{o,i,j} = b_o + \sum_{c,\,u,\,v} W_{o,c,u,v}\, X_{c, iS + ud, jS + vd} \tag{6.7} $$
#
# Here $c$ runs over the $c_{\text{in}}$ channels, $u$ from 0 to $k-1$ and $v$ from 0 to $l-1$, and $X$ is the padded picture. The loops run over the three indices of the output.


# %%
def conv2d_loops(
    x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Tensor:
    """A convolutional layer on one picture (eq. 6.7).   x: (c_in, h, w), W: (c_out, c_in, k, l) -> (c_out, h', w')"""
    c_out, _, k, l = W.shape
    height, width = Window(k, l, stride, padding, dilation).outputs(*x.shape[1:])
    x = F.pad(x, [padding] * 4)
    y = torch.empty(c_out, height, width, dtype=x.dtype)
    down, across = (torch.arange(side) * dilation for side in (k, l))
    for o in range(c_out):
        for i in range(height):
            for j in range(width):
                seen = x[:, i * stride + down][:, :, j * stride + across]
                y[o, i, j] = b[o] + (W[o] * seen).sum()  # eq. 6.7
    return y


# %%
rng = torch.Generator().manual_seed(SEED)
x, W = data.normal(rng, 4, 9, 11), data.normal(rng, 5, 4, 3, 2)
b = data.normal(rng, 5)  # no two sizes are equal, no bias is zero
for setting in ((1, 0, 1), (2, 1, 1), (3, 2, 2)):
    expected = F.conv2d(x[None], W, b, *setting)[0]
    name = f"stride, padding, dilation {setting} -> {tuple(expected.shape)}"
    check.close(name, conv2d_loops(x, W, b, *setting), expected)

# %% [markdown]
# **Break it.** "A kernel is applied to all channels in parallel", some notes write, and stop there. With one output for each pair of kernel and channel, the
# result has the wrong shape. With the mean over the channels in place of the sum, the shape is right and the values are wrong.

# %%
expected = F.conv2d(x[None], W)[0]
pairs = [F.conv2d(x[None, c : c + 1], W[:, c : c + 1])[0] for c in range(4)]
parallel = torch.stack(pairs)  # (c_in, c_out, h', w')
check.close("the sum over the channels", parallel.sum(dim=0), expected)
side_by_side = parallel.flatten(0, 1)
check.catches("not summed", lambda: check.close("Y", side_by_side, expected))
mean = parallel.mean(dim=0)
slips = {"Averaged over the channels; eq. 6.7 sums.": mean}
check.catches("a mean", lambda: check.close("Y", mean, expected, slips=slips))

# %% [markdown]
# Each kernel has $k\,l\,c_{\text{in}}$ weights and one bias, wherever it is applied. The work grows with the number of positions:
# one multiply-accumulate (MAC, chapter 1) for each weight and position.
#
# $$ \begin{gathered} \text{parameters} = c_{\text{out}}\,(k\,l\,c_{\text{in}} + 1), \\
# \text{MACs} = k\,l\,c_{\text{in}}\,c_{\text{out}} \cdot h_{\text{out}}\,w_{\text{out}} \end{gathered} \tag{6.8} $$
#
# A MAC is about two floating-point operations, FLOPs. (FLOPS, with a capital S, are operations per second.) The next cell writes (6.7) out number by number and counts the
# multiplications that are executed. torch's own counter would be no test of (6.8), as it evaluates the same formula from the shapes.


# %%
def counted_macs(x: Tensor, W: Tensor) -> tuple[Tensor, int]:
    """Eq. 6.7 without a bias, stride 1, number by number; and how many products were added up."""
    rows, cols = Window(*W.shape[2:]).outputs(*x.shape[1:])
    Y, macs = torch.zeros(len(W), rows, cols, dtype=x.dtype), 0
    for o, c, u, v in torch.cartesian_prod(*map(torch.arange, W.shape)).tolist():
        for i in range(rows):
            for j in range(cols):
                Y[o, i, j] += W[o, c, u, v] * x[c, i + u, j + v]
                macs += 1
    return Y, macs


# %%
picture, kernels = data.normal(rng, 3, 5, 6), data.normal(rng, 4, 3, 3, 2)
Y, macs = counted_macs(picture, kernels)
check.close("Y", Y, F.conv2d(picture[None], kernels)[0])
check.close("counted MACs", macs, 3 * 2 * 3 * 4 * Y[0].numel())  # eq. 6.8

layer, outputs = nn.Conv2d(3, 64, 3, padding=1), 224 * 224
parameters = 64 * (3 * 3 * 3 + 1)  # eq. 6.8
check.close("parameters", sum(p.numel() for p in layer.parameters()), parameters)
print(f"{parameters:,} parameters, {3 * 3 * 3 * 64 * outputs:,} MACs on 224 x 224")

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.predict(
    "A layer has 16 kernels of 3 × 3, stride 2 and padding 1. Its input has 8 channels of 32 × 32 pixels. How many parameters does it have?",
    answer=1168,
    tolerance=0.5,
    because="16 · (3 · 3 · 8 + 1) = 1,168 by (6.8). Stride, padding and the size of the picture do not matter.",
    slips={
        "These are the weights; (6.8) has one bias for each kernel as well.": 1152,
        "Each kernel covers all 8 channels, with weights of its own for each.": 160,
        "A kernel has one bias, not one for each channel.": 1280,
        "That counts the kernels at each of the 16 × 16 positions; they share their weights.": 299008,
        "That is the number of outputs, 16 · 16 · 16, not of parameters.": 4096,
    },
)

# %% [markdown]
# Edit a kernel below and watch the window slide. Try to find the edges that run from the top left to the bottom right; then raise the
# stride, and predict how many outputs remain before you look.


# %%
widgets.ConvolutionPainter()

# %% [markdown]
# ## 6.5 How does a convolution become a matrix product?
#
# *Going further.*
#
# The loops make one small product after the other. A single large matrix product does the same arithmetic in one call. Write the pixels under each window as a column: $k\,l\,c_{\text{in}}$ numbers, one column for each of the $m$ positions. The kernels become the rows of a matrix.
#
# $$ \underbrace{Y}_{(c_{\text{out}},\; m)} = \underbrace{W}_{(c_{\text{out}},\; k l c_{\text{in}})} \;
#    \underbrace{\operatorname{cols}(X)}_{(k l c_{\text{in}},\; m)} + \mathbf b \tag{6.9} $$
#
# The operation **im2col** copies the pixels under every window into the columns of a matrix. Loop over the cells of the kernel, of
# which there are few, and not over the positions: each cell meets a regular grid of pixels, which is a slice.


# %%
def meets(window: Window, places: tuple[int, int]) -> list[tuple[slice, slice]]:
    """For each kernel cell, row by row, the pixels of the padded picture that it meets."""
    S, d = window.stride, window.dilation
    rows, cols = (S * (n - 1) + 1 for n in places)
    return [
        (slice(u * d, u * d + rows, S), slice(v * d, v * d + cols, S))
        for u in range(window.k)
        for v in range(window.l)
    ]


# %%
def im2col(x: Tensor, window: Window) -> Tensor:
    """The pixels under each window, as columns (eq. 6.9).   x: (n, c, h, w) -> (n, c k l, places)"""
    places = window.outputs(*x.shape[2:])
    x = F.pad(x, [window.padding] * 4)
    seen = [x[:, :, rows, cols] for rows, cols in meets(window, places)]  # k l of them
    return torch.stack(seen, dim=2).flatten(3).flatten(1, 2)


# %%
rng = torch.Generator().manual_seed(SEED)
X, W = data.normal(rng, 2, 4, 9, 11), data.normal(rng, 5, 4, 3, 2)
window = Window(3, 2, stride=2, padding=1, dilation=2)
columns = im2col(X, window)
check.close("columns", columns, F.unfold(X, (3, 2), dilation=2, padding=1, stride=2))
Y = (W.flatten(1) @ columns).unflatten(2, window.outputs(9, 11))  # eq. 6.9
check.close("product", Y, F.conv2d(X, W, stride=2, padding=1, dilation=2))

# %% [markdown]
# How much faster is it? The times depend on your machine, and no check holds them. (`make bench` measures them on a larger picture.) The gain has its cost in memory: a pixel is
# stored once for every window that contains it, nine times for a 3×3 kernel with stride 1, away from the border.

# %%
from time import perf_counter

x, W = torch.rand(3, 20, 20), torch.rand(16, 3, 3, 3)
ways = {
    "loops": lambda: conv2d_loops(x, W, torch.zeros(16)),
    "im2col": lambda: W.flatten(1) @ im2col(x[None], Window(3, 3)),
    "torch": lambda: F.conv2d(x[None], W)[0],
}
for name, way in ways.items():
    start = perf_counter()
    y = way()
    print(f"{name:7} {1000 * (perf_counter() - start):8.2f} ms for {y.numel():,} outputs")

# %% [markdown]
# ## 6.6 Which matrix is a convolution?
#
# A convolution is linear, so some matrix does the same to the unrolled picture. Take a 4×4 picture and a 3×3
# kernel: sixteen numbers in, four numbers out. Each output uses nine of the sixteen pixels, so seven entries of its row are zero:
#
# $$ \begin{gathered} \mathbf y = M\,\mathbf x, \\
# M_{ij,rc} = \begin{cases} w_{r-i,c-j} & 0 \le r{-}i < k, \\ & 0 \le c{-}j < l \\ 0 & \text{else} \end{cases} \end{gathered} \tag{6.10} $$
#
# The row $ij$ of $M$, for output $(i, j)$, is a picture of zeros on which the kernel lies with its corner at pixel $(i, j)$, unrolled.


# %%
def conv_matrix(kernel: Tensor, height: int, width: int) -> Tensor:
    """M of y = M x for a valid convolution, both unrolled row by row (eq. 6.10).   (k, l) -> (h' w', h w)"""
    k, l = kernel.shape
    rows = []
    for i in range(height - k + 1):
        for j in range(width - l + 1):
            empty = torch.zeros(height, width, dtype=kernel.dtype)
            empty[i : i + k, j : j + l] = kernel  # eq. 6.10
            rows.append(empty.flatten())
    return torch.stack(rows)


# %%
rng = torch.Generator().manual_seed(SEED)
image, kernel = data.normal(rng, 5, 7), data.normal(rng, 2, 3)
by_matrix = (conv_matrix(kernel, 5, 7) @ image.flatten()).view(4, 5)
right = F.conv2d(image[None, None], kernel[None, None])[0, 0]
check.close("y = M x", by_matrix, right)

# %% [markdown]
# The lecture notes print this matrix for the 4×4 picture, symbol by symbol, transposed: one column for each output. Let the nine weights be the numbers 1 to 9, turn the
# numbers into names, and compare all 64 entries.


# %%
CELL = conv_matrix(torch.arange(1, 10).view(3, 3), 4, 4)  # weight 1 to 9, or 0 for none
NAMES = ["0", *(f"w{u}{v}" for u in range(3) for v in range(3))]
ours = [[NAMES[cell] for cell in row] for row in CELL.T.tolist()]

IN_THE_NOTES = """
w00 0 0 0 | w01 w00 0 0 | w02 w01 0 0 | 0 w02 0 0
w10 0 w00 0 | w11 w10 w01 w00 | w12 w11 w02 w01 | 0 w12 0 w02
w20 0 w10 0 | w21 w20 w11 w10 | w22 w21 w12 w11 | 0 w22 0 w12
0 0 w20 0 | 0 0 w21 w20 | 0 0 w22 w21 | 0 0 0 w22"""
printed = [row.split() for row in IN_THE_NOTES.replace("\n", "|").split("|")[1:]]
check.close("the 16 x 4 matrix of the notes", ours, printed)


# %% tags=["hide-input"]
fig, ax = plots.panel("the transposed matrix", size=(3.0, 6.4))
plots.bare(ax).set(xlim=(-0.5, 3.5), ylim=(15.5, -0.5))
ax.set_xticks(range(4), ["$o_{00}$", "$o_{01}$", "$o_{10}$", "$o_{11}$"])
ax.set_yticks(range(16), [f"$i_{{{r}{c}}}$" for r in range(4) for c in range(4)])
ax.tick_params(length=0)
for r, row in enumerate(ours):
    for c, entry in enumerate(row):
        colour = plots.ORANGE if entry == "w00" else plots.INK
        text = "·" if entry == "0" else f"$w_{{{entry[1:]}}}$"
        ax.text(c, r, text, ha="center", va="center", fontsize=11, color=colour)
        if entry != "0":
            frame = plots.ORANGE if entry == "w00" else plots.GRID
            ax.add_patch(
                plots.plt.Rectangle(
                    (c - 0.46, r - 0.46), 0.92, 0.92, fill=False, edgecolor=frame
                )
            )
plots.show(fig, alt="A table of 16 rows, one for each pixel, and 4 columns, one for each output. Each column holds the nine weights; the weight w00, "
           "framed in orange, stands once in every column, on the pixels 00, 01, 10 and 11.")  # fmt: skip

# %% [markdown]
# Three properties can be read off. Many entries are zero, here 28 of 64, and the share of zeros grows with the picture. The same nine numbers return in every column. And they
# stand in bands. A **Toeplitz matrix** has the same number all along each diagonal. Here the matrix consists of Toeplitz blocks. A dense layer of the
# same size has 64 free numbers in place of nine.

# %%
for side in (4, 28, 224):
    outputs, pixels = (side - 2) ** 2, side**2
    share = 9 / pixels  # nine of the entries in each row
    print(f"{side:3} x {side:<3}: {outputs * pixels:13,} entries, {share:8.4%} not zero")

# %% [markdown]
# If a convolution is a dense layer, chapter 3 gives its gradient: $\partial L/\partial M =
# \boldsymbol\delta\,\mathbf x^{\mathsf T}$. But $w_{00}$ stands in four entries of the matrix, and each of them receives its own number. How do the four numbers become one gradient?
# The notes suggest their mean. The chain rule (3.2) gives their sum: all four entries depend on the one weight, and the effects along several paths add up.
#
# $$ \begin{aligned} \frac{\partial L}{\partial w_{uv}} &= \sum_{M_{ab} = w_{uv}} \frac{\partial L}{\partial M_{ab}} \\
#    &= \sum_{i,j} \frac{\partial L}{\partial y_{ij}}\; x_{i+u,\,j+v} \end{aligned} \tag{6.11} $$
#
# The first sum runs over all entries of the matrix that hold $w_{uv}$.


# %%
def kernel_gradient(delta: Tensor, image: Tensor, cell: Tensor) -> Tensor:
    """dL/dw through the matrix (eq. 6.11).   delta: (places,), image: (pixels,), cell: M's map of weights 1..K -> (K,)"""
    dM = torch.outer(delta, image)  # of a dense layer, eq. 3.18
    numbers = range(1, int(cell.max()) + 1)
    return torch.stack([dM[cell == number].sum() for number in numbers])  # eq. 6.11


# %%
rng = torch.Generator().manual_seed(SEED)
image, delta = data.normal(rng, 4, 4), data.normal(rng, 2, 2)
weights = data.normal(rng, 3, 3).requires_grad_()
y = F.conv2d(image[None, None], weights[None, None])[0, 0]
(dW,) = torch.autograd.grad(y, weights, delta)
ours = kernel_gradient(delta.flatten(), image.flatten(), CELL)
check.close("dL/dw, the sum", ours.view(3, 3), dW)

# %% [markdown]
# **Break it.** Take the mean, as printed, in the notes' own example.

# %%
dM = torch.outer(delta.flatten(), image.flatten())
entries = [dM[CELL.eq(number)] for number in range(1, 10)]
mean = torch.stack([values.mean() for values in entries]).view(3, 3)
slips = {"The mean over the places; eq. 6.11 sums.": mean}
check.catches("the mean", lambda: check.close("dL/dw", mean, dW, slips=slips))
fours = torch.full((3, 3), 4.0, dtype=torch.float64)
check.close("sum / mean, everywhere", dW / mean, fours)

# %% [markdown]
# The direction is right and the length is a quarter, since there are four positions. On a picture of 224×224 pixels the factor is $222^2 = 49{,}284$. Gradient descent with the mean acts as with a
# learning rate that is divided by the number of positions, a different number in each layer. Adam divides a gradient by its running size, so a constant factor cancels, up to its small $\varepsilon$.
# A falling loss is therefore no test of this gradient.
#
# > **Remember.** The gradient of a shared parameter is the sum over its uses. A bias, which all examples of a batch share, is another case:
# each example adds its own gradient to it, too (3.18).

# %% [markdown]
# ## 6.7 What are the gradients of a convolutional layer?
#
# *Going further.*
#
# The matrix $M$ explains the gradient, but nobody builds it. With the columns of section 6.5 a convolution is a matrix product, and chapter 3 gives the gradients of a
# product: for the weights, the error signal times the transposed input; for the input, the transposed weights times the error signal.
#
# $$ \begin{gathered} \frac{\partial L}{\partial W} = \sum_{\text{batch}} \Delta\; \operatorname{cols}(X)^{\mathsf T}, \\
#    \frac{\partial L}{\partial b_o} = \sum_{\text{batch}} \sum_{i,j} \Delta_{o,i,j} \end{gathered} \tag{6.12} $$
#
# $$ \frac{\partial L}{\partial X} = \operatorname{col2im}\big(W^{\mathsf T} \Delta\big) \tag{6.13} $$
#
# $\Delta = \partial L/\partial Y$ is the error signal. The function *col2im* returns each entry of the columns to the pixel from which it was copied. A pixel that was copied nine times receives nine
# contributions, which are added.


# %%
def col2im(columns: Tensor, size: Sequence[int], window: Window) -> Tensor:
    """Add every entry of the columns to its pixel: the transpose of im2col.   -> size (n, c, h, w)"""
    n, c, height, width = size
    places, p = window.outputs(height, width), window.padding
    x = torch.zeros(n, c, height + 2 * p, width + 2 * p, dtype=columns.dtype)
    shares = columns.view(n, c, window.k * window.l, *places)
    for cell, (rows, cols) in enumerate(meets(window, places)):
        x[:, :, rows, cols] += shares[:, :, cell]  # add, do not overwrite
    return x[:, :, p : p + height, p : p + width]


# %%
class Conv2d:
    """A convolutional layer with a backward pass by hand.   X: (n, c_in, h, w) -> Y: (n, c_out, h', w')"""

    def __init__(self, c_in: int, c_out: int, window: Window, rng: torch.Generator):
        fan_in = c_in * window.k * window.l
        self.window = window
        self.W = data.normal(rng, c_out, c_in, window.k, window.l) * (2 / fan_in) ** 0.5
        self.b = data.normal(rng, c_out)  # not zeros: zeros hide bugs

    def forward(self, X: Tensor) -> Tensor:
        self.size, self.columns = X.shape, im2col(X, self.window)  # kept for backward
        Y = self.W.flatten(1) @ self.columns + self.b[:, None]  # eq. 6.9
        return Y.unflatten(2, self.window.outputs(*X.shape[2:]))

    def backward(self, dY: Tensor) -> Tensor:
        dY = dY.flatten(2)  # (n, c_out, places)
        self.dW = (dY @ self.columns.transpose(1, 2)).sum(dim=0).view_as(self.W)  # eq. 6.12
        self.db = dY.sum(dim=(0, 2))  # eq. 6.12: a bias reaches every place
        return col2im(self.W.flatten(1).T @ dY, self.size, self.window)  # eq. 6.13


# %%
def by_autograd(layer: Conv2d, X: Tensor, dY: Tensor) -> tuple[Tensor, ...]:
    """dL/dX, dL/dW and dL/db as torch computes them."""
    leaves = [t.clone().requires_grad_() for t in (X, layer.W, layer.b)]
    return torch.autograd.grad(F.conv2d(*leaves, *layer.window[2:]), leaves, dY)


rng = torch.Generator().manual_seed(SEED)
X = data.normal(rng, 2, 4, 9, 11)
for window in (Window(3, 2), Window(3, 2, 2, 1), Window(2, 3, 3, 2, 2)):
    layer = Conv2d(4, 5, window, rng)
    dY = data.normal(rng, *layer.forward(X).shape)
    ours = (layer.backward(dY), layer.dW, layer.db)
    for name, mine, right in zip("XWb", ours, by_autograd(layer, X, dY), strict=True):
        check.close(f"d{name}, {tuple(window)}", mine, right)

# %% [markdown]
# **Break it.** Write `=` in place of `+=` in *col2im*. If the windows do not overlap, each pixel has one contribution and the bug passes. With stride 1
# they overlap, and all contributions but the last are lost.


# %%
def col2im_overwriting(columns: Tensor, size: Sequence[int], window: Window) -> Tensor:
    """The bug: each contribution replaces the one before it (without padding)."""
    x, places = torch.zeros(*size, dtype=columns.dtype), window.outputs(*size[2:])
    shares = columns.view(*size[:2], window.k * window.l, *places)
    for cell, (rows, cols) in enumerate(meets(window, places)):
        x[:, :, rows, cols] = shares[:, :, cell]
    return x


# %%
size = (2, 4, 9, 12)
for stride in (3, 1):
    window = Window(3, 3, stride)
    columns = data.normal(rng, *im2col(torch.zeros(size), window).shape)
    right = F.fold(columns, size[2:], 3, stride=stride)
    check.close(f"stride {stride}", col2im(columns, size, window), right)
    wrong = col2im_overwriting(columns, size, window)
    if stride == 3:
        check.close("overwriting, windows side by side", wrong, right)
check.catches("overwriting, stride 1", lambda: check.close("dX", wrong, right))

# %% [markdown]
# There is another way to compute (6.13), without columns. At stride 1 each pixel away from the border has met every kernel cell once, in reverse order: $\partial L/\partial X$ is the
# cross-correlation of the padded error signal with the *flipped* kernel. With stride 1, the backward pass of a convolution is a convolution.

# %%
layer, X = Conv2d(4, 5, Window(3, 2), rng), data.normal(rng, 2, 4, 9, 11)
dY = data.normal(rng, *layer.forward(X).shape)
right = layer.backward(dY)
swapped = layer.W.transpose(0, 1)  # (c_in, c_out, k, l)
by_flipped = F.conv2d(dY, swapped.flip(2, 3), padding=(2, 1))
check.close("dX as a convolution", by_flipped, right)

not_flipped = F.conv2d(dY, swapped, padding=(2, 1))
slips = {"The kernel has to be flipped in the backward pass.": not_flipped}
check.catches("no flip", lambda: check.close("dX", not_flipped, right, slips=slips))

# %% [markdown]
# ## 6.8 What does pooling keep?
#
# In classification it often matters that a feature is present, and less at which pixel. In **pooling**, the values in each window of a feature map are replaced by one number. The operation **max pooling** keeps the largest value
# of each window; mean pooling keeps the average. Each channel is pooled by itself, and nothing is learned. Let
# $R_{ij}$ be the pixels of the window at position $(i, j)$, in reading order:
#
# $$ \begin{gathered} y_{ij} = \max_{p \in R_{ij}} x_p, \\
# \frac{\partial y_{ij}}{\partial x_p} = \begin{cases} 1 & p \text{ is the first maximum} \\ 0 & \text{otherwise} \end{cases} \end{gathered} \tag{6.14} $$
#
# $$ y_{ij} = \frac{1}{kl} \sum_{p \in R_{ij}} x_p, \qquad \frac{\partial y_{ij}}{\partial x_p} = \frac{1}{kl} \tag{6.15} $$

# %% [markdown]
# The code uses two functions of sections 6.5 and 6.7: `im2col` copies the windows into columns, and `col2im` adds the columns back into the picture. The channels are moved into the batch. In the backward pass, the
# first maximum receives the whole error signal of its window; under the mean, every pixel receives an equal part.


# %%
class Pool2d:
    """Max- or mean-pooling with a backward pass (eq. 6.14, 6.15), no padding.   X: (n, c, h, w) -> (n, c, h', w')"""

    def __init__(self, window: Window, kind: str):
        self.window, self.kind = window, kind

    def forward(self, X: Tensor) -> Tensor:
        self.size = X.shape
        columns = im2col(X.flatten(0, 1)[:, None], self.window)  # (n c, k l, places)
        self.first = columns.argmax(dim=1, keepdim=True)  # of equal maxima the first
        Y = columns.gather(1, self.first) if self.kind == "max" else columns.mean(dim=1)
        return Y.view(*X.shape[:2], *self.window.outputs(*X.shape[2:]))

    def backward(self, dY: Tensor) -> Tensor:
        n, c, height, width = self.size
        cells = self.window.k * self.window.l
        dY = dY.flatten(2).flatten(0, 1)[:, None]  # (n c, 1, places)
        shares = (dY / cells).repeat(1, cells, 1)  # eq. 6.15   (n c, k l, places)
        if self.kind == "max":
            shares = torch.zeros_like(shares).scatter(1, self.first, dY)  # eq. 6.14
        return col2im(shares, (n * c, 1, height, width), self.window).view(self.size)


# %%
rng = torch.Generator().manual_seed(SEED)
X = data.normal(rng, 2, 3, 9, 11).mul(2).round()  # rounded, so that there are ties
for window in (Window(2, 3, stride=3), Window(3, 2, stride=2)):
    for kind, by_torch in {"max": F.max_pool2d, "mean": F.avg_pool2d}.items():
        pool, leaf = Pool2d(window, kind), X.clone().requires_grad_()
        expected = by_torch(leaf, window[:2], window.stride)
        name = f"{kind}, {window.k} x {window.l}, stride {window.stride}"
        check.close(name, pool.forward(X), expected.detach())
        dY = data.normal(rng, *expected.shape)
        (dX,) = torch.autograd.grad(expected, leaf, dY)
        check.close("  its dX", pool.backward(dY), dX)

# %% [markdown]
# The rounding in this test is on purpose. In a tie torch, on the CPU, gives the whole error signal to the first maximum. An implementation that divides it among the maxima differs, but only where there is a
# tie, and random numbers in double precision practically never tie.

# %%
windows_of_three = torch.tensor([[3.0, 1.0, 2.0], [3.0, 1.0, 3.0]])
top = windows_of_three == windows_of_three.max(dim=1, keepdim=True).values
divided = top / top.sum(dim=1, keepdim=True)
first = F.one_hot(windows_of_three.argmax(dim=1), 3).float()
check.close("no tie, divided", divided[0], first[0])
check.catches("a tie, divided", lambda: check.close("dy/dx", divided[1], first[1]))

# %% [markdown]
# ## 6.9 Is a transposed convolution an inverse?
#
# *Going further.*
#
# Networks that generate pictures, or label every pixel, go from few pixels to many. A layer for this is widely called *deconvolution*, as if it undid a convolution.
#
# Equation (6.13) turns something of the size of the output into something of the size of the input. A **transposed convolution** is the layer that multiplies by the transpose $M^{\mathsf T}$ of the
# matrix of a convolution. The transpose is defined by one property: for all pictures $\mathbf x$ and $\mathbf y$,
#
# $$ \langle M\mathbf x,\; \mathbf y \rangle = \langle \mathbf x,\; M^{\mathsf T}\mathbf y \rangle \tag{6.16} $$
#
# Each input pixel adds the kernel, times its value, to the output. Copies that overlap are summed. So $n$ pixels become
#
# $$ n_{\text{out}} = (n - 1)\,S - 2p + d\,(k-1) + 1 \tag{6.17} $$


# %%
def conv_transpose2d(
    X: Tensor, W: Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Tensor:
    """Multiply by M^T (eq. 6.16).   X: (n, c_in, h, w), W: (c_in, c_out, k, l) -> (n, c_out, h', w')"""
    window = Window(*W.shape[2:], stride, padding, dilation)
    sides = [
        (n - 1) * stride - 2 * padding + dilation * (k - 1) + 1  # eq. 6.17
        for n, k in zip(X.shape[2:], W.shape[2:], strict=True)
    ]
    return col2im(W.flatten(1).T @ X.flatten(2), (len(X), W.shape[1], *sides), window)


# %%
rng = torch.Generator().manual_seed(SEED)
X, W = data.normal(rng, 2, 3, 4, 5), data.normal(rng, 3, 6, 3, 2)
for setting in ({"stride": 1}, {"stride": 2, "padding": 1}, {"stride": 3, "dilation": 2}):
    right = F.conv_transpose2d(X, W, **setting)
    check.close(f"transposed, {setting}", conv_transpose2d(X, W, **setting), right)

x = data.normal(rng, 1, 6, 9, 10)
Mx = F.conv2d(x, W, stride=2)  # the same W, as a convolution from 6 channels to 3
y = data.normal(rng, *Mx.shape)
check.close("eq. 6.16", (Mx * y).sum(), (x * conv_transpose2d(y, W, stride=2)).sum())

# %% tags=["hide-input"] jupyter={"source_hidden": true}
widgets.predict(
    "A transposed convolution has kernel 4, stride 2, padding 1 and dilation 1. How many rows does it make from 16?",
    answer=32,
    tolerance=0.5,
    because="(16 − 1) · 2 − 2 · 1 + 3 + 1 = 32 by (6.17): kernel 4, stride 2, padding 1 doubles the size.",
    slips={
        "That is the output of an ordinary convolution (6.5).": 8,
        "The padding is added; in (6.17) it is taken off, as the layer goes the other way.": 36,
        "The padding is taken off at one end only.": 33,
        "Two too many: 16 rows have 15 steps of 2 between them, and the padding takes one row off at each end.": 34,
        "The last summand of (6.17) is missing, the + 1.": 31,
    },
)

# %% [markdown]
# The layer is also called "a convolution with a stride below one". The sense of this is: put $S - 1$ zeros between neighbouring
# pixels, then apply an ordinary convolution with stride 1, the flipped kernel and enough padding. With $\operatorname{spread}(\mathbf y)$ for the picture with zeros between its pixels:
#
# $$ M^{\mathsf T}\mathbf y = \operatorname{conv}\big(\operatorname{spread}(\mathbf y),\, \text{flipped } w\big) \tag{6.18} $$


# %%
def with_zeros_between(X: Tensor, stride: int) -> Tensor:
    """Put stride - 1 zeros between neighbours.   X: (n, c, h, w) -> (n, c, (h-1) stride + 1, ...)"""
    sides = [(side - 1) * stride + 1 for side in X.shape[2:]]
    spread = torch.zeros(*X.shape[:2], *sides, dtype=X.dtype)
    spread[:, :, ::stride, ::stride] = X
    return spread


flipped = W.flip(2, 3).transpose(0, 1)  # (c_out, c_in, k, l)
small_steps = F.conv2d(with_zeros_between(X, 2), flipped, padding=(2, 1))  # eq. 6.18
right = F.conv_transpose2d(X, W, stride=2)
check.close("zeros between, kernel flipped", small_steps, right)

# %% [markdown]
# **Break it.** If a transposed convolution undid a convolution, the cat would come back. Blur the cat with stride 2, then apply the transpose of the same blur.

# %%
blur = KERNELS["blur"][None, None]
small = F.conv2d(GREY[None, None], blur, stride=2)
back = F.conv_transpose2d(small, blur, stride=2)
original = GREY[: back.shape[2], : back.shape[3]]
check.catches("an inverse", lambda: check.close("the cat", back[0, 0], original))

matrix = conv_matrix(data.normal(rng, 3, 3), 6, 6)  # (16, 36)
rank = torch.linalg.matrix_rank(matrix.T @ matrix).item()
check.close("rank of M^T M, for 36 pixels", rank, 16)

pixels, kernel = torch.eye(36).double().view(36, 1, 6, 6), data.normal(rng, 1, 1, 3, 3)
square = F.conv2d(pixels, kernel, padding=1).flatten(1).T  # (36, 36)
check.close("rank with padding 1", torch.linalg.matrix_rank(square).item(), 36)
product = square.T @ square
check.catches("its transpose", lambda: check.close("M^T M", product, pixels.view(36, 36)))

# %% [markdown]
# The result has the right size, up to a last row and column that the floor in (6.5) had dropped (torch's `output_padding` adds them), and other values. Without padding no inverse exists: a picture of 6×6
# becomes 16 numbers, so different pictures become the same 16 numbers, and no layer can tell which one it was. With padding that keeps the size, the matrix of random weights has an inverse, but its transpose is
# not this inverse.

# %% [markdown]
# The figure below shows another flaw, a fine grid. Count how many copies of the kernel reach each pixel. With a kernel of 3 and stride 2 it is one, two or four, the checkerboard pattern
# of Odena et al. (2016). If the stride divides the kernel size, every pixel away from the border is reached equally often. (Trained kernels of unequal weights can still produce a pattern.)


# %%
def copies(k: int, stride: int) -> Tensor:
    """How many copies of a k x k kernel reach each pixel, away from the border."""
    ones = torch.ones(1, 1, 12, 12)
    counts = F.conv_transpose2d(ones, torch.ones(1, 1, k, k), stride=stride)
    return counts[0, 0, k:-k, k:-k]


check.close("kernel 3, stride 2", copies(3, 2).unique(), torch.tensor([1.0, 2, 4]))
for k, stride in ((4, 2), (6, 3), (6, 2)):
    even = torch.tensor([(k / stride) ** 2])
    check.close(f"kernel {k}, stride {stride}", copies(k, stride).unique(), even)


# %% tags=["hide-input"]
plots.pictures({
    "half the size": small[0, 0], "after the transpose": back[0, 0] / back.max(),
    "kernel 3, stride 2": copies(3, 2) / 5, "kernel 4, stride 2": copies(4, 2) / 5,
}, limits=(0, 1), alt=[
    "The cat, blurred and half as large.",
    "The cat at its old size, still blurred and covered by a fine regular grid.",
    "A checkerboard: how many copies of a kernel of 3 with stride 2 reach each pixel.",
    "A uniform square: with a kernel of 4 and stride 2 every pixel is reached equally often.",
])  # fmt: skip

# %% [markdown]
# ## 6.10 How large is the receptive field?
#
# The **receptive field** of a unit is the set of input pixels on which its activation can depend. Along one axis, two numbers describe it: its size $r$, and the jump $j$, the distance in input pixels between the
# fields of two neighbouring units. Begin with $r_0 = 1$, $j_0 = 1$. Each layer adds $k - 1$ steps of the present jump, times the dilation, and its stride
# multiplies the jump for all later layers:
#
# $$ \begin{gathered} r_l = r_{l-1} + d_l\,(k_l - 1)\, j_{l-1}, \\ j_l = j_{l-1}\, S_l \end{gathered} \tag{6.19} $$
#
# (Where the steps leave pixels out, as with dilation 2 in every layer, $r$ is the distance from the first pixel to the last, both counted.)


# %%
def receptive_field(layers: Sequence[Window]) -> tuple[int, int]:
    """Size and jump along the vertical axis, in input pixels, of a unit above these layers (eq. 6.19)."""
    size, jump = 1, 1
    for layer in layers:
        size += layer.dilation * (layer.k - 1) * jump
        jump *= layer.stride
    return size, jump


# %%
THREE, POOL = Window(3, 3), Window(2, 2, stride=2)
STACKS = {
    "four 3x3": [THREE] * 4,
    "two 3x3 and a pool, twice": [THREE, THREE, POOL] * 2,
    "3x3 with stride 2, four times": [Window(3, 3, stride=2)] * 4,
    "3x3 dilated by 1, 2, 4, 8": [Window(3, 3, dilation=d) for d in (1, 2, 4, 8)],
    "3x3 dilated by 2, four times": [Window(3, 3, dilation=2)] * 4,
}

# %% [markdown]
# The gradient tests the formula: an activation depends on the pixels with a gradient. Give all kernels equal weights, so that nothing cancels, and measure how far the gradient of a single
# activation extends.


# %%
def gradient_of_one(layers: Sequence[Window], side: int) -> Tensor:
    """d(one activation)/d(pixel) through kernels of equal weights that sum to one.   -> (side, side)"""
    image = torch.zeros(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    y = image
    for layer in layers:
        kernel = torch.full((1, 1, *layer[:2]), 1 / (layer.k * layer.l), dtype=y.dtype)
        y = F.conv2d(y, kernel, stride=layer.stride, dilation=layer.dilation)
    middle = y.shape[2] // 2
    return torch.autograd.grad(y[0, 0, middle, middle], image)[0][0, 0]


seen = {name: gradient_of_one(layers, 63) for name, layers in STACKS.items()}
for name, gradient in seen.items():
    rows = gradient.sum(dim=1).nonzero().flatten()
    extent = int(rows[-1] - rows[0] + 1)
    check.close(f"{name}: pixels across", extent, receptive_field(STACKS[name])[0])


# %% tags=["hide-input"]
TITLES = {"plain": 0, "stride 2": 2, "dilated 1, 2, 4, 8": 3, "dilated 2": 4}
fields = [(receptive_field(STACKS[name])[0], seen[name] ** 0.5) for name in STACKS]
plots.pictures({
    f"{title}: {fields[i][0]}": fields[i][1] for title, i in TITLES.items()
}, alt=[
    "A bright patch of 9 by 9 pixels that fades towards its edge.",
    "A patch of 31 by 31 pixels, crossed by fine darker lines.",
    "The same patch as with stride 2.",
    "A patch of 17 by 17 pixels of which every second one has a gradient: a grid of separate points.",
])  # fmt: skip

# %% [markdown]
# In the third figure the kernel cells stand 1, 2, 4, 8 pixels apart. Four layers with 36 weights have a receptive field of 31 pixels
# without a stride, where four ordinary layers have 9. The dilations must not all share a factor: with dilation 2 in every layer (last figure) 72 % of the pixels inside the field
# have no influence. In the order 8, 4, 2, 1 the last unit depends on the same 31×31 pixels. The order matters in between: with 1, 2 a unit of the second layer depends on all pixels
# of 7×7, with 8, 4 on 49 pixels of 25×25.

# %%
gaps = seen["3x3 dilated by 2, four times"]
check.close("pixels with influence, of 17 x 17", int((gaps > 0).sum()), 9 * 9)
for dilations, influence in (
    ((1, 2, 4, 8), 961),
    ((8, 4, 2, 1), 961),
    ((1, 2), 49),
    ((8, 4), 49),
):
    gradient = gradient_of_one([Window(3, 3, dilation=d) for d in dilations], 63)
    check.close(f"pixels, {dilations}", int((gradient > 0).sum()), influence)

causal = [Window(2, 1, dilation=2**l) for l in range(8)]
check.close("steps in time of eight layers", receptive_field(causal)[0], 256)

# %% [markdown]
# The last line is the same construction along time: temporal convolutional networks use kernels that look backwards only, with growing dilation.
#
# Inside the receptive field the influence is unequal: central pixels reach the unit along many paths, pixels at the rim along few. The **effective receptive field** is the part of the receptive field in which the gradient of the
# activation is not negligibly small. For kernels of equal weights its width grows like the square root of the depth, since each layer adds the same variance. What about other weights?


# %%
def width(gradient: Tensor) -> float:
    """Standard deviation of the influence along the vertical axis, in pixels.   gradient: (side, side)"""
    rows = gradient.sum(dim=1) / gradient.sum()
    at = torch.arange(len(rows)) - len(rows) // 2
    return (rows * at**2).sum().sqrt().item()


weight = gradient_of_one([THREE] * 10, 21)  # ten layers: its field is 21 x 21
check.reaches("central 27 % of the pixels", weight[5:16, 5:16].sum().item(), at_least=0.9)
widths = {
    depth: width(gradient_of_one([THREE] * depth, 2 * depth + 1)) for depth in (4, 16)
}
check.close("equal weights, four times the depth", widths[16] / widths[4], 2.0)


# %%
def squared_gradient(depth: int, rng: torch.Generator) -> Tensor:
    """The mean squared gradient of one unit's feature maps, ReLU, 8 channels, 30 draws of He weights."""
    side, total = 2 * depth + 1, torch.zeros(2 * depth + 1, 2 * depth + 1)
    for _ in range(30):
        image = torch.randn(1, 8, side, side, generator=rng, requires_grad=True)
        y = image
        for _ in range(depth):
            y = F.conv2d(y, torch.randn(8, 8, 3, 3, generator=rng) / 6).relu()
        total += torch.autograd.grad(y.sum(), image)[0][0].square().sum(dim=0)
    return total


rng = torch.Generator().manual_seed(SEED)
ratio = width(squared_gradient(16, rng)) / width(squared_gradient(4, rng))
check.reaches("random weights, four times the depth", ratio, at_least=1.8, at_most=2.25)

# %% [markdown]
# With random weights and ReLU the mean squared gradient widens in the same way. Trained weights need not follow: Luo et al. (2016) report that training enlarges the effective field.
#
# ## 6.11 What do sparse interaction and weight sharing save?
#
# A convolutional layer is a dense layer with two restrictions. With **sparse interaction**, each output depends on a neighbourhood of the input only. With **weight sharing**, all positions of a feature map use the same
# weights. Count what the two save on a photograph.

# %%
pixels, outputs = 224 * 224 * 3, 64 * 224 * 224
counts = {
    "every pixel to every output": (pixels + 1) * outputs,
    "sparse interaction": (3 * 3 * 3 + 1) * outputs,
    "and weight sharing": (3 * 3 * 3 + 1) * 64,
}
for name, count in counts.items():
    print(f"{name:28} {count:>19,} parameters")

# %% [markdown]
# Both are assumptions about the data. Sparse interaction assumes that neighbouring pixels belong together; section 6.14 takes this property away by permuting the pixels. Weight sharing assumes that a feature
# that is useful at one position is useful at the others. This can be wrong: in aligned portraits the eyes are always at the top, and a detector for the top half need not be useful below.

# %% [markdown]
# ## 6.12 Equivariant or invariant?
#
# The usual words are "a CNN is translation invariant". A convolution with stride 1 is equivariant. An operation has **equivariance** under translation if shifting its input shifts its output by the same amount.
#
# $$ \operatorname{conv}(\operatorname{shift}(X)) = \operatorname{shift}(\operatorname{conv}(X)) \tag{6.20} $$

# %% [markdown]
# An operation has **invariance** under translation if shifting its input leaves its output unchanged. It takes an operation that discards the position. The operation **global average pooling** replaces each feature map
# by its mean. With circular padding, where the picture continues at its opposite border and no pixel is lost, both properties can be checked.


# %%
def circular(X: Tensor, W: Tensor, stride: int = 1) -> Tensor:
    """A convolution with circular padding.   X: (n, c, h, w), W: (c_out, c, 3, 3)"""
    return F.conv2d(F.pad(X, (1, 1, 1, 1), mode="circular"), W, stride=stride)


def averaged(X: Tensor, W: Tensor, stride: int = 1) -> Tensor:
    """Convolution, ReLU and global average pooling.   -> (n, c_out)"""
    return circular(X, W, stride).relu().mean(dim=(2, 3))


# %%
rng = torch.Generator().manual_seed(SEED)
X, W = data.normal(rng, 1, 2, 12, 16), data.normal(rng, 5, 2, 3, 3)
moved, maps = X.roll((3, 5), dims=(2, 3)), circular(X, W)
check.close("equivariant", circular(moved, W), maps.roll((3, 5), dims=(2, 3)))
not_equal = lambda: check.close("feature maps", circular(moved, W), maps)  # noqa: E731
check.catches("feature maps are not invariant", not_equal)
check.close("their global average is", averaged(moved, W), averaged(X, W))

# %% [markdown]
# **Break it.** A stride of 2 uses every second position. If the picture moves by two, the feature maps move by one. If it moves by one, the layer uses the positions that it left out before, and its outputs are
# other numbers, not the old ones shifted.

# %%
by_two, by_one = X.roll(2, dims=3), X.roll(1, dims=3)
old = circular(X, W, stride=2)
check.close("moved by 2", circular(by_two, W, 2), old.roll(1, dims=3))
new, before = averaged(by_one, W, 2), averaged(X, W, 2)
check.catches("moved by 1", lambda: check.close("global average", new, before))

# %% [markdown]
# Pooling with a stride has the same effect. How large is it? Pool two windows of the cat photograph that lie one pixel apart, and measure the difference of the results as a share of their standard deviation; of the two possible
# alignments of the results, take the better. With stride 1 the same measure is exactly 0.


# %%
def change_by_one_pixel(picture: Tensor, stride: int) -> float:
    """Root mean squared change of a max pooling, moved by one pixel, in standard deviations."""
    here = F.max_pool2d(picture[None, :, :-2], 2, stride)[0]
    there = F.max_pool2d(picture[None, :, 1:-1], 2, stride)[0]
    unmoved, by_one = there - here, there[:, :-1] - here[:, 1:]
    best = min(d.square().mean().sqrt() for d in (unmoved, by_one))
    return (best / here.std()).item()


change = change_by_one_pixel(GREY, stride=2)
check.reaches("stride 2, the cat moved by a pixel", change, at_least=0.2, at_most=0.4)
check.close("stride 1", change_by_one_pixel(GREY, stride=1), 0.0)

# %% [markdown]
# Below, a signal moves past a pooling window of two. With stride 1 the result moves along and keeps its form. With stride 2 it alternates between two forms.


# %% tags=["hide-input"]
def passing_by(stride: int, kind: str, shift: int) -> plots.Figure:
    """The signal moved by `shift`, and the result of pooling it with a window of two."""
    signal = torch.zeros(20)
    signal[4:9] = torch.tensor([0.3, 1.0, 0.5, 0.9, 0.2])
    signal = signal.roll(shift)
    pooled = (F.max_pool1d if kind == "max" else F.avg_pool1d)(signal[None], 2, stride)[0]
    fig, ax = plots.panel(
        f"{kind} of 2, stride {stride}, signal moved by {shift}",
        x="pixel",
        ylim=(0, 1.15),
        size=(5.4, 2.6),
    )
    ax.bar(range(20), signal.tolist(), width=0.9, color=plots.GRID, label="signal")
    places = stride * torch.arange(len(pooled)) + 0.5
    ax.plot(
        places.tolist(), pooled.tolist(), "-o", color=plots.ORANGE, label="after pooling"
    )
    ax.legend(loc="upper right")
    ax.set_xticks(range(0, 20, 2))
    return fig


# %%
widgets.explore(
    passing_by, title="A signal moves past a pooling layer", hint="Move the signal. When does the result keep its form?",
    stride=[2, 1], kind=["max", "mean"], shift=range(4),
)  # fmt: skip

# %% [markdown]
# **Invariance may be the wrong assumption.** A dot is on the left, or on the right, and the class is the side. Take any network of convolutions with stride 1, circular padding, activation functions and global average pooling at the end, without
# strided pooling in between. By (6.20) it gives both pictures the same output, whatever its weights. Each condition matters: with zero padding and a dot close to the border, or with stride 2 and an odd number of pixels between the dots, the outputs
# differ.

# %%
left, right = torch.zeros(2, 1, 1, 8, 8, dtype=torch.float64)
left[0, 0, 4, 1], right[0, 0, 4, 6] = 1, 1  # five pixels apart
W1, W2 = data.normal(rng, 7, 1, 3, 3), data.normal(rng, 4, 7, 3, 3)


def features(dot: Tensor, stride: int = 1, mode: str = "circular") -> Tensor:
    """Two convolutions and global average pooling.   -> (1, 4)"""
    hidden = F.conv2d(F.pad(dot, (1, 1, 1, 1), mode=mode), W1, stride=stride).relu()
    return F.conv2d(F.pad(hidden, (1, 1, 1, 1), mode=mode), W2).relu().mean(dim=(2, 3))


check.close("left and right", features(left), features(right))
for how in ({"stride": 2}, {"mode": "constant"}):
    pair = features(left, **how), features(right, **how)
    check.catches(f"with {how}", lambda pair=pair: check.close("features", *pair))

# %% [markdown]
# The average loses the side, not the shared weights: the feature maps of the two pictures differ, and a dense layer on the flattened maps, with a weight for each position, can tell them apart.
#
# ## 6.13 How many parameters does a whole network have?
#
# *Going further.*
#
# Convolutional networks have a history. The **neocognitron** of Fukushima (1980) is a network that alternates layers of shared local feature detectors with layers that tolerate small shifts, and learns without labels. **LeNet** is
# the family of convolutional networks for handwritten characters that LeCun and colleagues trained by backpropagation from 1989 on. LeNet-5 (1998) reads 32×32 pixels. In a present form, with
# ReLU, mean pooling and every kernel over all channels:


# %%
def lenet() -> nn.Sequential:
    """LeNet-5 in a present form.   (n, 1, 32, 32) -> logits (n, 10)"""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


# %% [markdown]
# To see where the parameters are, send one picture through, layer by layer, and record the shapes. Count by hand with this table:
#
# | layer | parameters | output |
# |---|---|---|
# | convolution | $c_{\text{out}}\,(k\,l\,c_{\text{in}} + 1)$ | $(c_{\text{out}}, h_{\text{out}}, w_{\text{out}})$ by (6.5) |
# | dense | $d_{\text{out}}\,(d_{\text{in}} + 1)$ | $(d_{\text{out}})$ |
# | batch normalisation | $2c$ trained ($\gamma, \beta$), and $2c$ running statistics that are not trained | unchanged |
# | pooling, ReLU, dropout | 0 | (6.5), unchanged, unchanged |
# | flatten | 0 | $(c\,h\,w)$ |
# | global average pooling | 0 | $(c)$ |


# %%
def summary(net: nn.Sequential, x: Tensor) -> list[tuple[str, tuple[int, ...], int]]:
    """Name, output shape without the batch, and number of parameters of each layer.   x: (1, c, h, w)"""
    rows = []
    for layer in net:
        x = layer(x)
        count = sum(p.numel() for p in layer.parameters())
        rows.append((type(layer).__name__, tuple(x.shape[1:]), count))
    return rows


rows = summary(lenet(), torch.zeros(1, 1, 32, 32))
for name, shape, count in rows:
    print(f"{name:10} {'x'.join(map(str, shape)):>8} {count:>7,}" if count else name)
check.close("LeNet-5 in all", sum(count for *_, count in rows), 61706)

# %% [markdown]
# The first dense layer holds 48,120 of the 61,706 parameters. The lecture notes show a network in Keras that ends in global average pooling instead: five convolutions, three poolings, three dense layers, for colour pictures of 64×64.


# %%
def keras_example() -> nn.Sequential:
    """The network of the notes, without softmax.   (n, 3, h, w) -> logits (n, 5)"""

    def conv(c_in: int, c_out: int, k: int) -> list[nn.Module]:
        return [nn.Conv2d(c_in, c_out, k, padding="same"), nn.ReLU()]

    return nn.Sequential(
        *conv(3, 8, 3), nn.MaxPool2d(2),
        *conv(8, 16, 3), *conv(16, 16, 3), nn.MaxPool2d(2),
        *conv(16, 24, 5), *conv(24, 24, 5), nn.MaxPool2d(2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(24, 64), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(16, 5),
    )  # fmt: skip


# %%
rows = summary(keras_example().eval(), torch.zeros(1, 3, 64, 64))
by_hand = [
    8 * (3 * 3 * 3 + 1), 16 * (3 * 3 * 8 + 1), 16 * (3 * 3 * 16 + 1), 24 * (5 * 5 * 16 + 1), 24 * (5 * 5 * 24 + 1),
    64 * (24 + 1), 16 * (64 + 1), 5 * (16 + 1),
]  # fmt: skip
check.close("parameters, layer by layer", [count for *_, count in rows if count], by_hand)
check.close("in all", sum(by_hand), 30485)

norm = nn.BatchNorm2d(24)
check.close("batch norm: trained", sum(p.numel() for p in norm.parameters()), 2 * 24)
kept = sum(b.numel() for b in norm.buffers())  # torch counts its batches as well
check.close("batch norm: running statistics", kept, 2 * 24 + 1)

# %% [markdown]
# The two 5×5 convolutions hold 79 % of the parameters. The notes add that the network is "fixed in terms of input size". Its layers are not (the declared `input_shape` is), since global average pooling takes feature maps of any size: from 8×8 pixels on, what is left after three
# poolings is averaged. With a flatten in its place the size would be fixed. (The notes import `keras.utils.np_utils`, which current Keras no longer has; its `to_categorical` now stands in `keras.utils`.)

# %%
net = keras_example().eval()
for side in (64, 65, 200):
    shape = tuple(net(torch.zeros(2, 3, side, side)).shape)
    check.close(f"pictures of {side} x {side}", shape, (2, 5))

fixed = nn.Sequential(*net[:13], nn.Flatten(), nn.Linear(24 * 8 * 8, 5))
check.close("flatten, 64", tuple(fixed(torch.zeros(2, 3, 64, 64)).shape), (2, 5))
too_large = torch.zeros(2, 3, 200, 200)
check.raises("flatten, 200", RuntimeError, lambda: fixed(too_large))

# %% [markdown]
# ## 6.14 Does a CNN classify digits better than an MLP of the same size?
#
# Compare an MLP and a CNN with the same number of parameters, to within one per cent, on 4,000 training and 1,000 test digits of MNIST. The learning rates of both, and the MLP's number of epochs, were tuned on the test digits of three seeds, so all may be slightly optimistic; of
# 11 settings of the MLP, 10 epochs at 0.03 did best. A second CNN ends in global average pooling.


# %%
def block(c_in: int, c_out: int, mode: str = "zeros") -> list[nn.Module]:
    """A convolution that keeps the size, and ReLU."""
    return [nn.Conv2d(c_in, c_out, 3, padding=1, padding_mode=mode), nn.ReLU()]


def mlp() -> nn.Sequential:
    """(n, 1, 28, 28) -> logits (n, 10)"""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))


# %%
def cnn_flatten(pool: type[nn.Module] = nn.MaxPool2d) -> nn.Sequential:
    """Two convolutions, then dense layers with a weight for each position.   (n, 1, 28, 28) -> logits (n, 10)"""
    features = [*block(1, 8), pool(2), *block(8, 16), pool(2), nn.Flatten()]
    return nn.Sequential(*features, nn.Linear(784, 48), nn.ReLU(), nn.Linear(48, 10))


def cnn_average(mode: str = "zeros") -> nn.Sequential:
    """Three convolutions and global average pooling.   (n, 1, h, w) -> logits (n, 10)"""
    features = [*block(1, 8, mode), nn.MaxPool2d(2), *block(8, 24, mode), nn.MaxPool2d(2)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(*features, *block(24, 64, mode), *head)


# %%
def trained(
    net: nn.Module, split: data.Split, epochs: int, lr: float, seed: int = SEED
) -> nn.Module:
    """The network after Adam on batches of 64, with a learning rate that rises and falls once."""
    rng = torch.Generator().manual_seed(seed)
    X, y = split.X_train.to(device()), split.y_train.to(device())
    optimizer = torch.optim.Adam(net.to(device()).parameters())
    steps = epochs * -(-len(X) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    for _ in progress(range(epochs), "training"):
        for batch in torch.randperm(len(X), generator=rng).split(64):
            optimizer.zero_grad()
            F.cross_entropy(net(X[batch]), y[batch]).backward()
            optimizer.step()
            schedule.step()
    return net


# %% [markdown]
# Two controls belong to the comparison. The nearest neighbour of section 6.2 learns nothing. And a second pair of training and test sets has all pixels permuted, by one fixed permutation: an MLP does not depend on the
# order of its inputs, but for a CNN neighbouring pixels no longer belong together.

# %%
order = torch.randperm(784, generator=torch.Generator().manual_seed(SEED))
train_X, test_X = (X.flatten(1)[:, order].view_as(X) for X in (MNIST.X_train, MNIST.X_test))
permuted = MNIST._replace(X_train=train_X, X_test=test_X)

# %%
torch.manual_seed(SEED)
nets = {"MLP": trained(mlp(), MNIST, 10, 0.03)}
torch.manual_seed(SEED)
untrained = cnn_flatten()
nets["CNN, flattened"] = trained(deepcopy(untrained), MNIST, 4, 0.03)
nets["CNN, averaged"] = trained(cnn_average(), MNIST, 5, 0.02)
permuted_net = trained(deepcopy(untrained), permuted, 4, 0.03)

# %% tags=["hide-input"]
sizes = {name: sum(p.numel() for p in net.parameters()) for name, net in nets.items()}
right = {name: data.accuracy(n, MNIST.X_test, MNIST.y_test) for name, n in nets.items()}
for name, accuracy in right.items():
    print(f"{name:16} {sizes[name]:>7,} parameters, accuracy {accuracy:.1%}")
right["permuted"] = data.accuracy(permuted_net, permuted.X_test, permuted.y_test)
print(f"CNN, flattened, on permuted pixels: {right['permuted']:.1%}")
print(f"nearest neighbour: {NEAREST[0]:.1%}")

# %%
same_size = sizes["MLP"] / sizes["CNN, flattened"]
check.reaches("parameters, MLP over CNN", same_size, at_least=0.99, at_most=1.01)
gain = right["CNN, flattened"] - right["MLP"]
check.reaches("CNN minus MLP", gain, at_least=0.015)
loss = right["permuted"] - right["MLP"]
check.reaches("CNN minus MLP, permuted pixels", loss, at_most=-0.01)
level = right["MLP"] - NEAREST[0]
check.reaches("MLP minus nearest neighbour", level, at_least=-0.02, at_most=0.02)

# %% [markdown]
# On five seeds the CNN gains two to three percentage points over the MLP, which is level with the nearest neighbour. On permuted pixels the same CNN falls behind the MLP on every seed (a third of the rate, or ten epochs, did not change this on two seeds). So the gain needs
# neighbouring pixels that belong together.
#
# Which kernels did the first layer learn? Four were designed by hand in section 6.1. Measure how much of a kernel's squared length lies in the plane of the two slopes: kernels that rise linearly
# along the columns or along the rows.


# %%
def slope_share(kernels: Tensor) -> float:
    """Mean share of the squared length of 3 x 3 kernels that two linear slopes explain.   kernels: (n, 1, 3, 3)"""
    across = torch.tensor([[-1.0, 0, 1]]).expand(3, 3) / 6**0.5
    slopes = torch.stack([across.flatten(), across.T.flatten()])  # orthonormal
    flat = kernels.detach().cpu().flatten(1)
    return ((flat @ slopes.T).square().sum(1) / flat.square().sum(1)).mean().item()


compared = untrained, nets["CNN, flattened"], permuted_net
start, learned, control = (slope_share(net[0].weight) for net in compared)
check.reaches("share before training", start, at_least=0.08, at_most=0.45)
check.reaches("training adds to the slopes", learned - start, at_least=0.05)
check.reaches("digits minus permuted pixels", learned - control, at_least=0.05)


# %% tags=["hide-input"]
kernels = nets["CNN, flattened"][0].weight.detach().cpu()[:, 0]
title, limit = "the eight learned kernels of the first layer", kernels.abs().max().item()
fig, tiles = plots.tiles(title, 8, columns=8, size=(5.4, 1.2))
for tile, kernel in zip(tiles, kernels, strict=True):
    plots.image(tile, kernel, shades="signed", limits=(-limit, limit))
plots.show(fig, alt="Eight learned kernels of 3 by 3 weights, orange for negative and purple for positive; several have one colour on one side and the other on the "
           "opposite side, as an edge detector does.")  # fmt: skip

# %% [markdown]
# Training moves the kernels towards derivatives of the brightness, such as those of Sobel, on each of five seeds, and farther than the same training on permuted pixels does. How far depends on the seed: for eight random kernels the share itself varies between 0.1 and 0.4
# (its mean over many is 2/9: two directions of nine).

# %% [markdown]
# ## 6.15 What happens when the digits move?
#
# *Going further.*
#
# *This section uses `nets` from section 6.14.*
#
# Repeat the experiment of section 6.2: the networks were trained on centred digits and are tested on shifted ones. If a CNN were invariant to translation by design, its accuracy would stay the same. Two further
# networks test explanations. The first takes every second pixel in place of max pooling. The second has circular padding and global average pooling, and its digits are shifted around the border.


# %%
class EverySecond(nn.Module):
    """Keep every `step`-th row and column: a stride without pooling."""

    def __init__(self, step: int):
        super().__init__()
        self.step = step

    def forward(self, X: Tensor) -> Tensor:
        return X[:, :, :: self.step, :: self.step]


torch.manual_seed(SEED)
strided = trained(cnn_flatten(EverySecond), MNIST, 4, 0.03)
torch.manual_seed(SEED)
ring = trained(cnn_average("circular"), MNIST, 5, 0.02)


# %%
def accuracies(net: nn.Module, move: Callable[[Tensor, int], Tensor]) -> list[float]:
    """Accuracy on the test digits, moved by 0 to 5 pixels."""
    return [data.accuracy(net, move(MNIST.X_test, by), MNIST.y_test) for by in SHIFTS]


moved = {name: accuracies(net, shifted) for name, net in nets.items()}
moved["CNN, no pooling"] = accuracies(strided, shifted)
moved["CNN, circular"] = accuracies(ring, lambda X, by: X.roll((by, by), dims=(2, 3)))
moved["nearest neighbour"] = NEAREST
for name, scores in moved.items():
    print(f"{name:18}", *(f"{score:6.1%}" for score in scores))


# %% tags=["hide-input"]
fig, ax = plots.panel(
    "shifted test digits",
    x="pixels down and to the right",
    y="accuracy",
    ylim=(0, 1.3),
    size=(5.4, 3.6),
)
shown = {name: moved[name] for name in (*nets, "CNN, circular")}
for (name, scores), marker in zip(shown.items(), plots.MARKERS, strict=True):
    ax.plot(SHIFTS, scores, marker=marker, label=name)
ax.axhline(0.1, color=plots.MUTED, linewidth=0.8)
ax.text(0, 0.12, "guessing", color=plots.MUTED, fontsize=9)
ax.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
ax.legend(loc="upper center", ncols=2)
plots.show(fig, alt="Accuracy against the shift. All start at 0.9 or above. The MLP falls to a third at 2 pixels and to the level of guessing at 3, and the flattened CNN "
           "to that level at 4; the CNN with global average pooling declines slowly, and the circular one stays almost level.")  # fmt: skip

# %%
flat, average, circle = (moved[f"CNN, {n}"] for n in ("flattened", "averaged", "circular"))
check.reaches("MLP, loss at one pixel", moved["MLP"][0] - moved["MLP"][1], at_least=0.1)
check.reaches("CNN, flattened, loss at one pixel", flat[0] - flat[1], at_most=0.09)
check.reaches("CNN, flattened, 4 pixels", flat[4], at_most=0.14)
without = moved["CNN, no pooling"][2]
check.reaches("what max pooling adds at 2 pixels", flat[2] - without, at_least=0.05)
check.close("CNN, circular, 4 pixels", circle[4], circle[0])
by_stride = circle[0] - min(circle)
check.reaches("CNN, circular, largest loss", by_stride, at_most=0.06)
by_border = average[0] - average[4] - by_stride
check.reaches(
    "loss at the border minus loss by strides", by_border - by_stride, at_least=0.0
)

# %% [markdown]
# At one pixel the MLP loses more than ten percentage points. The flattened CNN loses less, and at two pixels max pooling accounts for five points or more of its accuracy, compared with the network that only strides. At four
# pixels its dense layers, which have one weight for each position, bring it down to the level of guessing among ten classes.

# %% [markdown]
# The averaged CNN discards positions, and still loses. Is the reason its strides or its border? The circular network separates them. It has the same strides, its total stride is $2 \cdot 2 = 4$, and at a shift of four pixels its accuracy is
# exactly what it was; at one to three pixels it loses a few points. In this comparison the strides account for a few points and the border for the larger part of the loss. Training on shifted digits (chapter 5) is the usual remedy.

# %% [markdown]
# ## 6.16 Your turn
#
# The [exercises of this chapter](../assignments/06_convolution/06_convolution.ipynb) take these pieces further than the text: each has a check that tells you at once what is wrong.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | output size (6.5) | Find the bug | ● | 10 |
# | the matrix of a convolution with stride (6.10) | Write | ●● | 15 |
# | the gradients of a convolution | Derive | ●●● | 25 |
# | the gradient of max pooling (6.14) | Find the bug | ●● | 15 |
# | transposed convolution by zeros between (6.18) | Write | ●●● | 20 |
# | which pixels a unit depends on | Derive | ●● | 15 |
# | unchanged by a shift | Predict | ●● | 10 |
# | a classifier with kernels of your own | Go beyond | ●● | 20 |
#
# And one to think about, without a check.
#
# <details><summary>A colleague replaces every 3×3 convolution of a network by a 1×1 convolution and trains again on MNIST, with stride 1, global average pooling at the end and no other pooling. What can this network learn at most?</summary>
#
# Each unit depends on one pixel, and the average discards the positions. Two pictures with the same grey values in any order give the same logits: the network can use the histogram of
# brightness, for example the amount of ink, and nothing of the shape.
#
# </details>

# %% [markdown]
# ## 6.17 In five lines
#
# 1. A convolutional layer applies small kernels at every position and sums over the window and over all channels; (6.5) gives the size of its output.
# 2. It is a dense layer whose matrix has few entries that are not zero, and repeats them; on MNIST digits it gains over an MLP of the same size, and loses to it once the pixels are permuted.
# 3. The gradient of a shared weight is the sum over all positions where it is used, not the mean.
# 4. The gradient with respect to the input is a convolution with the flipped kernel; as a layer it is the transposed convolution, which restores a size and not a picture.
# 5. Convolutions with stride 1 are equivariant to translation; invariance needs a global pooling as well, and strides, borders and dense layers take some of it away.
#
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, sections 3.1 to 3.3 and 3.7, and Politecnico di Milano, "Image classification" and its table of parameters). In these places it differs
# from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 3.2 | places that share a weight are updated e.g. with the mean of their updates | with the sum; the mean is four times too short in the notes' own example | LeCun et al. (1989); Goodfellow, Bengio and Courville (2016), chapter 9 | section 6.6 |
# | Bologna 3.1 * | the output size is $(W + P - K)/S + 1$ | with a floor; $P$ is the total of both sides, dilation is missing | Dumoulin and Visin (2016) | section 6.3 |
# | Bologna 3.1, remark * | a kernel is applied to all channels in parallel | and the results are summed into one feature map | LeCun et al. (1998) | section 6.4 |
# | Bologna 3.1.1 * | FLOPS of order $K_w K_h D_{\text{in}} D_{\text{out}} O_w O_h$ | the order is right; this counts MACs, FLOPs are twice as many, FLOPS are operations per second | counted in the loops | section 6.4 |
# | both | "convolution" | cross-correlation, without the flip; the 16×4 matrix printed in the notes is right | Goodfellow, Bengio and Courville (2016), chapter 9 | sections 6.1, 6.6 |
# | Bologna 3.7 * | "deconvolution": each pixel becomes a $k \times k$ patch, stride below 1 | overlapping patches are summed; it is the adjoint, not an inverse; a stride below 1 means zeros between the pixels and a flipped kernel | Dumoulin and Visin (2016); Odena, Dumoulin and Olah (2016) | section 6.9 |
# | Bologna 3.7, remark * | dilation helps in the first layers, e.g. in temporal convolutional networks | in those works it grows with depth; temporal convolutional networks work on sequences | Yu and Koltun (2016); Bai, Kolter and Koltun (2018) | section 6.10 |
# | Milano, Why CNNs work * | translation invariance by design, through many filters | equivariance, with stride 1; invariance takes a global pooling, and strides and borders break it | Zhang (2019); Azulay and Weiss (2019) | sections 6.12, 6.15 |
# | Milano, Keras example * | `keras.utils.np_utils` and others | removed from current Keras | Keras documentation | section 6.13 |
# | Milano, Keras example | the input size is fixed | the declared `input_shape` is; the layers end in global average pooling and take other sizes | Lin, Chen and Yan (2014) | section 6.13 |
# | Milano, table of parameters * | batch normalisation has $4d$ | $2d$ that are trained and $2d$ running statistics | Ioffe and Szegedy (2015) | section 6.13 |
#
# ## Further reading
#
# - V. Dumoulin and F. Visin (2016), [*A guide to convolution arithmetic for deep learning*](https://arxiv.org/abs/1603.07285): every stride, padding and transpose as a small animated picture.
# - K. Fukushima (1980), [*Neocognitron: a self-organizing neural network model for a mechanism of pattern recognition unaffected by shift in position*](https://doi.org/10.1007/BF00344251), Biological Cybernetics 36.
# - Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), [*Gradient-based learning applied to document recognition*](https://doi.org/10.1109/5.726791), Proceedings of the IEEE 86: LeNet-5 and its application to cheques.
# - A. Odena, V. Dumoulin and C. Olah (2016), [*Deconvolution and checkerboard artifacts*](https://distill.pub/2016/deconv-checkerboard/), Distill: section 6.9 with interactive figures.
# - R. Zhang (2019), [*Making convolutional networks shift-invariant again*](https://arxiv.org/abs/1904.11486), ICML: low-pass filters before each stride.
# - W. Luo, Y. Li, R. Urtasun and R. Zemel (2016), [*Understanding the effective receptive field in deep convolutional neural networks*](https://arxiv.org/abs/1701.04128), NeurIPS: section 6.10 in theory and experiment.
# - F. Yu and V. Koltun (2016), [*Multi-scale context aggregation by dilated convolutions*](https://arxiv.org/abs/1511.07122), ICLR: the doubling dilation of section 6.10.

# %% [markdown] tags=["neighbours"]
# Before: [5 Generalisation](05_generalization.ipynb). Next: [7 Architectures and transfer](07_architectures.ipynb).
