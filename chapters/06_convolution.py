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
# Take nine numbers and lay them on a photograph, as a small window of three by three pixels. Multiply each number with the pixel under it, add
# up, write the sum down, and move the window on by one pixel. That is all. With the nine numbers below, the fur of a cat turns into a drawing of
# its outlines.
#
# Somebody chose these nine numbers by hand. The idea of this chapter is to let a network find them. Few ideas in computing have paid
# as well, and hardly any is as small: you will write it in ten lines, then make it fast, then run it backwards.
#
# Everything is checked against PyTorch as we go, and three sentences that you may have read about convolutions will turn out to be wrong.

# %%
from collections.abc import Sequence
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
    """A photograph, nine numbers, and what they make of it."""
    nine = torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])
    edges = sum(
        F.conv2d(GREY[None, None], k[None, None])[0, 0] ** 2 for k in (nine, nine.T)
    )
    titles = ("a photograph", "nine numbers", "its outlines")
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
# (The picture on the right slides the nine numbers twice, once as they are and once turned on their side, and shows how strongly the two answers
# differ from zero together.)
#
# ## 6.1 What can be seen through a keyhole?
#
# Look at a photograph through a keyhole, one small neighbourhood at a time, and write down a single number for each place. What can such a
# short-sighted reader find out?
#
# Long before networks learned to see, pictures were processed in this way. Let $U$ be the set of offsets that the keyhole shows, around a pixel in row $r$ and
# column $c$. A *local transform* computes each pixel of the new picture from that neighbourhood alone:
#
# $$ G(r, c) = T_U[I](r, c) \tag{6.1} $$
#
# The simplest kind is linear: a weighted sum, with the same weights everywhere. The weights are called a *filter* or a *kernel*:
#
# $$ T_U[I](r, c) = \!\!\sum_{(u, v) \in U}\!\! w(u, v)\, I(r{+}u, c{+}v) \tag{6.2} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $I$ | `image` | the picture, $(h, w)$ |
# | $U$ | a $k \times k$ window | the neighbourhood that is seen |
# | $w(u, v)$ | `kernel[u, v]` | the weight of the pixel at offset $(u, v)$ |
#
# We let the offsets run from 0, so that the window hangs down and to the right from its pixel, and use every place where it fits entirely.


# %%
def windows(image: Tensor, k: int) -> Tensor:
    """Every k x k neighbourhood of a picture.   image: (h, w) -> (h-k+1, w-k+1, k, k)"""
    return image.unfold(0, k, 1).unfold(1, k, 1)


def weighted_sum(image: Tensor, kernel: Tensor) -> Tensor:
    """A linear local transform (eq. 6.2).   image: (h, w), kernel: (k, k) -> (h-k+1, w-k+1)"""
    return (windows(image, len(kernel)) * kernel).sum(dim=(2, 3))


def local_median(image: Tensor, k: int) -> Tensor:
    """A local transform that is not linear: the middle one of the pixels that are seen (eq. 6.1)."""
    return windows(image, k).flatten(2).median(dim=2).values


# %% [markdown]
# Here are four kernels that people designed by thinking. Before you look at the picture, read each one and guess what it does. Two hints:
# if the weights sum to one, the brightness of a plain wall stays as it is; if they sum to zero, a plain wall becomes 0.

# %%
KERNELS = {
    "blur": torch.ones(3, 3) / 9,
    "sharpen": torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "left minus right": torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]),
    "top minus bottom": torch.tensor([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]]),
}
wall = torch.full((5, 7), 0.8)
for name, kernel in KERNELS.items():
    print(
        f"{name:17} weights sum to {kernel.sum():4.1f}; a wall of 0.8 becomes {weighted_sum(wall, kernel)[0, 0]:.1f}"
    )

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
# The last one is a local transform too, but not a linear one. What difference does it make? A linear transform of a sum is the sum of the
# transforms. That is what lets a matrix, and a gradient, stand for it later.

# %%
rng = torch.Generator().manual_seed(SEED)
image, other = (torch.rand(9, 11, generator=rng) for _ in range(2))
kernel = KERNELS["left minus right"]
separately = weighted_sum(image, kernel) + weighted_sum(other, kernel)
check.close("transform of a sum", weighted_sum(image + other, kernel), separately)

separately = local_median(image, 3) + local_median(other, 3)
check.catches(
    "the median is not linear",
    lambda: check.close("median", local_median(image + other, 3), separately),
)

# %% [markdown]
# Now a matter of names that has confused many people. What (6.2) computes is called *cross-correlation* in mathematics. A *convolution* walks through the
# picture in the opposite direction, so that the kernel is flipped both ways:
#
# $$ (w * I)(r, c) = \sum_{u, v} w(u, v) I(r{-}u, c{-}v) \tag{6.3} $$
#
# Deep learning says "convolution" and computes (6.2), torch included. Since the weights are learned, it does not matter: a network
# would simply learn the flipped kernel. It matters as soon as a kernel comes from a book on signals.

# %%
from scipy.signal import convolve2d, correlate2d

by_torch = F.conv2d(image[None, None], kernel[None, None])[0, 0]
check.close("torch's conv2d is eq. 6.2", weighted_sum(image, kernel), by_torch)
check.close(
    "and so is a cross-correlation",
    correlate2d(image, kernel, mode="valid"),
    by_torch.numpy(),
)
check.close(
    "a convolution flips the kernel",
    convolve2d(image, kernel, mode="valid"),
    weighted_sum(image, kernel.flip(0, 1)).numpy(),
)

# %% [markdown]
# **Break it.** Test the flip with the blur, as one may do without thinking, and nothing is noticed: the blur looks the same from both ends.
# A test needs a kernel without symmetry.

# %%
blur, slope = KERNELS["blur"], KERNELS["left minus right"]
check.close(
    "the flipped blur", weighted_sum(image, blur.flip(0, 1)), weighted_sum(image, blur)
)
flipped = weighted_sum(image, slope.flip(0, 1))
slips = {"The kernel is flipped; eq. 6.2 does not flip it.": flipped}
check.catches(
    "a flipped slope",
    lambda: check.close("slope", flipped, weighted_sum(image, slope), slips=slips),
)

# %% [markdown]
# ## 6.2 Why is it hard to say what a picture shows?
#
# Your eyes do it in a fifth of a second. For a program a photograph is a long list of numbers, and a classifier has to turn that list into one
# word. Four things stand in the way. Each can be measured.
#
# **Too many numbers.** Unroll a photograph into a vector, as a dense layer needs it. How many weights would a single layer of
# 1,000 units have?

# %%
photo = data.photo("cat")
print(f"the cat: {tuple(photo.shape)} = {photo.numel():,} numbers")
print(
    f"a dense layer of 1,000 units on it: {photo.numel() * 1000:,} weights, {photo.numel() * 4 / 1e6:.1f} GB"
)
print("a layer of 64 kernels of 3 x 3 x 3, with biases: 1,792 weights")

# %% [markdown]
# **More than one right word.** Ask a network that was trained on a million photographs (chapter 7 opens it) for the three most
# probable names of our cat. Two are simply right, and for the first you would have to see her papers. The picture does not say how closely you want to know.

# %%
from course_utils import pretrained

with torch.no_grad():
    logits = pretrained.efficientnet_lite0()(
        pretrained.prepare(data.photo("cat", 224)[None])
    )[0]
for name, probability in pretrained.top(logits, 3):
    print(f"{probability:.2f}  {name}")
check.reaches(
    "what the best three names share",
    sum(p for _, p in pretrained.top(logits, 3)),
    at_least=0.8,
)

# %% [markdown]
# **The same thing looks different.** Turn down the light, take a step to the left, hold a hand before the lens: it remains the same cat.
# The simplest way to compare two pictures is their distance pixel by pixel,
#
# $$ d(I, J) = \sqrt{\textstyle\sum_{r, c} \big(I(r, c) - J(r, c)\big)^2} \tag{6.4} $$
#
# and it sees things differently. The picture below gives the distance of each version from the original, and beside them the distance of a picture
# of nothing at all.


# %%
def distance(image: Tensor, other: Tensor) -> float:
    """Euclidean distance of two pictures of the same size (eq. 6.4)."""
    return (image - other).norm().item()


covered = CAT.clone()
covered[:, 55:100, 20:175] = 0.1
versions = {
    "the cat": CAT,
    "less light": 0.45 * CAT,
    "turned round": CAT.flip(2),
    "a step aside": CAT.roll(24, dims=2),
    "eyes covered": covered,
    "no cat at all": CAT.mean(dim=(1, 2), keepdim=True).expand_as(CAT),
}
distances = {name: distance(CAT, version) for name, version in versions.items()}

# %% tags=["hide-input"]
plots.pictures({f"{name}: {distances[name]:.0f}": version for name, version in versions.items()}, alt=[
    "The cat.",
    "The same photograph, much darker.",
    "The same photograph in a mirror.",
    "The same photograph, moved sideways by an eighth of its width.",
    "The same photograph with a dark bar over the eyes.",
    "A plain brownish square: the mean colour of the photograph.",
])  # fmt: skip

# %%
nothing = distances["no cat at all"]
closer = [name for name, d in distances.items() if d > nothing]
print("further from the cat than a plain brown square:", ", ".join(closer))
check.close(
    "all four versions",
    closer,
    ["less light", "turned round", "a step aside", "eyes covered"],
)

# %% [markdown]
# **Near in pixels is not near in meaning.** That is the fourth difficulty and the deepest one. A classifier that relies on distance works only
# as long as nothing moves. Take the most honest of them, the nearest neighbour: give a new digit the label of the training picture
# that is closest by (6.4). Then move the test pictures, one pixel down and to the right at a time.


# %%
def nearest_neighbour_accuracy(split: data.Split, shift: int) -> float:
    """Share of test pictures, moved diagonally by `shift` pixels, whose nearest training picture has their label."""
    moved = split.X_test.roll((shift, shift), dims=(2, 3)).flatten(1)
    nearest = torch.cdist(moved, split.X_train.flatten(1)).argmin(dim=1)
    return (split.y_train[nearest] == split.y_test).double().mean().item()


MNIST = data.mnist(seed=SEED)
by_distance = [nearest_neighbour_accuracy(MNIST, shift) for shift in range(5)]
check.reaches("nearest neighbour, nothing moved", by_distance[0], at_least=0.92)
check.reaches("moved by 2 pixels", by_distance[2], at_most=0.45)
check.reaches("moved by 4 pixels: worse than guessing", by_distance[4], at_most=0.1)

# %% [markdown]
# Four pixels of 28, and the classifier would do better to roll a die with ten sides. We shall come back to this experiment in section 6.12, with a network that
# looks at the picture through small windows. Keep the three numbers in mind.
#
# ## 6.3 How does a layer slide its windows?
#
# A convolutional layer is a set of kernels that slide over a picture, side by side. What does one have to decide before the first
# pixel is computed?
#
# | choice | name | meaning |
# |---|---|---|
# | kernel size | `k`, `l` | height and width of the window |
# | stride | `stride`, $S$ | how far it moves each time; 2 halves the output |
# | padding | `padding`, $p$ | zeros around the picture, **on each side** |
# | dilation | `dilation`, $d$ | the distance of neighbouring kernel cells; 1 is the ordinary case |
# | depth | `c_out` | how many kernels, hence how many output channels |
#
# How many places does the window have along an axis of $n$ pixels? The kernel spans $d(k-1)+1$ of them. After that it can move on in whole steps of $S$, and a
# last step that does not fit is dropped. That is the floor:
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
        """The number of places, down and across (eq. 6.5)."""
        down, across = (
            (n + 2 * self.padding - self.dilation * (k - 1) - 1) // self.stride + 1
            for n, k in ((height, self.k), (width, self.l))
        )
        return down, across


for window in (
    Window(3, 2),
    Window(3, 2, stride=2),
    Window(3, 2, stride=2, padding=1),
    Window(3, 2, dilation=2),
):
    torchs = F.max_pool2d(
        torch.zeros(1, 1, 10, 13), (window.k, window.l), *window[2:]
    ).shape[2:]
    check.close(str(window), window.outputs(10, 13), tuple(torchs))

# %% [markdown]
# **Break it.** Two slips with this formula are common. The first leaves the floor out: as long as everything divides, nobody notices. The second
# comes from a formula that lecture notes print, $(n + P - k)/S + 1$. It is right if $P$ is the total of both sides; whoever puts the zeros on each side into it
# counts them once.

# %%
n, k, p = 10, 3, 1
without_floor = {S: (n + 2 * p - (k - 1) - 1) / S + 1 for S in (1, 2)}
counted_once = {S: (n + p - (k - 1) - 1) // S + 1 for S in (1, 2)}
right = {S: Window(k, k, stride=S, padding=p).outputs(n, n)[0] for S in (1, 2)}
check.close("no floor, stride 1", without_floor[1], right[1])
check.catches(
    "no floor, stride 2", lambda: check.close("places", without_floor[2], right[2])
)
check.catches(
    "padding counted once", lambda: check.close("places", counted_once[1], right[1])
)

# %% [markdown]
# Padding has two settings with names. *Valid* adds nothing and uses the places where the kernel fits. *Same* adds just enough for $\lceil n/S\rceil$
# outputs. The **total** that it needs along an axis is
#
# $$ \begin{gathered} P = \max(0, Q), \\
# Q = (\lceil n/S\rceil{-}1)\,S + d\,(k{-}1) + 1 - n \end{gathered} \tag{6.6} $$
#
# This $P$ is the total of both sides. When it is odd, one side gets one zero more than the other; TensorFlow and torch put it at the end. (torch knows the word "same" for stride 1 only.)


# %%
def same_padding(n: int, k: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after an axis of n pixels for ceil(n / stride) outputs (eq. 6.6)."""
    outputs = -(-n // stride)
    total = max(0, (outputs - 1) * stride + dilation * (k - 1) + 1 - n)
    return total // 2, total - total // 2


for n, k, stride in ((11, 4, 1), (11, 3, 2), (10, 3, 2), (7, 2, 3)):
    row = torch.randn(1, 1, n, generator=torch.Generator().manual_seed(SEED))
    padded = F.pad(row, same_padding(n, k, stride))
    places = F.conv1d(padded, torch.ones(1, 1, k), stride=stride).shape[2]
    check.close(
        f"n = {n}, k = {k}, stride {stride}, zeros {same_padding(n, k, stride)}",
        places,
        -(-n // stride),
    )

# %% [markdown]
# Pictures have channels: three colours at first, later as many as the layer before had kernels. A kernel always reaches through all of them, with weights of
# its own for each channel, and **the results are summed**: one kernel gives one map.
#
# $$ Y_{o,i,j} = b_o + \sum_{c,\,u,\,v} W_{o,c,u,v}\, X_{c, iS + ud, jS + vd} \tag{6.7} $$
#
# Here $c$ runs over the $c_{\text{in}}$ channels, $u$ from 0 to $k-1$ and $v$ from 0 to $l-1$, and $X$ is the picture with its padding. Written as loops over the three indices of the output, the formula is the program.


# %%
def conv2d_loops(
    x: Tensor, W: Tensor, b: Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Tensor:
    """A convolutional layer on one picture (eq. 6.7).   x: (c_in, h, w), W: (c_out, c_in, k, l) -> (c_out, h', w')"""
    c_out, _, k, l = W.shape
    height, width = Window(k, l, stride, padding, dilation).outputs(*x.shape[1:])
    x = F.pad(x, [padding] * 4)
    y = torch.empty(c_out, height, width, dtype=x.dtype)
    for o in range(c_out):
        for i in range(height):
            for j in range(width):
                rows = slice(i * stride, i * stride + dilation * (k - 1) + 1, dilation)
                cols = slice(j * stride, j * stride + dilation * (l - 1) + 1, dilation)
                y[o, i, j] = b[o] + (W[o] * x[:, rows, cols]).sum()  # eq. 6.7
    return y


# %% [markdown]
# The check uses sizes of which no two are equal, three different settings, and biases that are not zero.

# %%
rng = torch.Generator().manual_seed(SEED)
x, W = data.normal(rng, 4, 9, 11), data.normal(rng, 5, 4, 3, 2)
b = data.normal(rng, 5)
for setting in (
    {},
    {"stride": 2, "padding": 1},
    {"stride": 3, "padding": 2, "dilation": 2},
):
    expected = F.conv2d(x[None], W, b, **setting)[0]
    check.close(
        f"loops, {setting or 'plain'} -> {tuple(expected.shape)}",
        conv2d_loops(x, W, b, **setting),
        expected,
    )

# %% [markdown]
# **Break it.** "A kernel is applied to all channels in parallel", some notes say, and stop there. Take it literally, give each channel its own output, and the
# result has the wrong shape. Average instead of adding, and only the numbers are wrong.

# %%
expected = F.conv2d(x[None], W)[0]
in_parallel = torch.stack(
    [F.conv2d(x[None, c : c + 1], W[:, c : c + 1])[0] for c in range(4)]
)  # (c_in, c_out, h', w')
check.close("the sum over the channels", in_parallel.sum(dim=0), expected)
check.catches(
    "channels left side by side",
    lambda: check.close("Y", in_parallel.flatten(0, 1), expected),
)
slips = {"Averaged over the channels; eq. 6.7 sums.": in_parallel.mean(dim=0)}
check.catches(
    "an average", lambda: check.close("Y", in_parallel.mean(dim=0), expected, slips=slips)
)

# %% [markdown]
# What does a layer cost? Each kernel has $k\,l\,c_{\text{in}}$ weights and one bias, wherever it slides. The work grows with the number of places:
# one multiplication and one addition for each weight and place, together one *multiply-accumulate*, or MAC.
#
# $$ \begin{gathered} \text{parameters} = c_{\text{out}}\,(k\,l\,c_{\text{in}} + 1), \\
# \text{MACs} = k\,l\,c_{\text{in}}\,c_{\text{out}} \cdot h_{\text{out}}\,w_{\text{out}} \end{gathered} \tag{6.8} $$
#
# A MAC is about two floating-point operations, FLOPs. (FLOPS, with a capital S, is a speed: operations per second.) The next cell counts both by
# watching the loops instead of trusting the formula.

# %%
layer = nn.Conv2d(3, 64, 3, padding=1)
places = Window(3, 3, padding=1).outputs(224, 224)
parameters, macs = 64 * (3 * 3 * 3 + 1), 3 * 3 * 3 * 64 * places[0] * places[1]  # eq. 6.8
check.close("parameters", parameters, sum(p.numel() for p in layer.parameters()))

from torch.utils.flop_counter import FlopCounterMode

with FlopCounterMode(display=False) as counter:
    layer(torch.zeros(1, 3, 224, 224))
check.close("torch counts two FLOPs a MAC", counter.get_total_flops(), 2 * macs)
print(
    f"{parameters:,} parameters, {macs:,} MACs: each weight is used {places[0] * places[1]:,} times"
)

# %% [markdown]
# Paint a kernel of your own and watch the window slide. Try to find the outlines that run from the top left to the bottom right; then raise the
# stride, and say before you look how many outputs remain.

# %%
widgets.ConvolutionPainter()

# %% [markdown]
# ## 6.4 Must it be so slow?
#
# The loops above need a good part of a second for a layer that torch computes in a blink. The arithmetic is the same. Can the sliding be turned into something
# that a computer does well, one large matrix product?
#
# Write what each window sees as a column: $k\,l\,c_{\text{in}}$ numbers, one column for each of the $m$ places. The kernels become the rows of a matrix.
# Then all outputs at all places are one product:
#
# $$ \underbrace{Y}_{(c_{\text{out}},\; m)} = \underbrace{W}_{(c_{\text{out}},\; k l c_{\text{in}})} \;
#    \underbrace{\operatorname{cols}(X)}_{(k l c_{\text{in}},\; m)} + \mathbf b \tag{6.9} $$
#
# The function that writes these columns is called *im2col*. Do not loop over the places, of which there are many. Loop over the cells of the kernel, of
# which there are few: each cell meets a regular grid of pixels, which is a slice.


# %%
def meets(window: Window, places: tuple[int, int]) -> list[tuple[slice, slice]]:
    """For each cell of a kernel, row by row, the pixels of the padded picture that it meets as it slides."""
    step, d = window.stride, window.dilation
    spans = [step * (n - 1) + 1 for n in places]
    return [
        (slice(u * d, u * d + spans[0], step), slice(v * d, v * d + spans[1], step))
        for u in range(window.k)
        for v in range(window.l)
    ]


def im2col(x: Tensor, window: Window) -> Tensor:
    """What each place sees, as columns (eq. 6.9).   x: (n, c, h, w) -> (n, c k l, places)"""
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
# How much is gained? The answer depends on your machine, so no check holds it. On ours the columns take two to five times as long as torch, and the loops
# thousands of times as long. (`make bench` measures this properly, on a larger picture: there the columns take about twice as long as torch, the loops
# ten thousand times and more, and the sparse matrix of the next section fifteen to thirty times.)

# %%
from time import perf_counter

x, W = torch.rand(3, 32, 32), torch.rand(16, 3, 3, 3)
ways = {
    "loops": lambda: conv2d_loops(x, W, torch.zeros(16)),
    "im2col": lambda: W.flatten(1) @ im2col(x[None], Window(3, 3)),
    "torch": lambda: F.conv2d(x[None], W)[0],
}
for name, way in ways.items():
    way()  # the first call is slower
    start = perf_counter()
    y = way()
    print(f"{name:7} {1000 * (perf_counter() - start):8.2f} ms for {y.numel():,} outputs")

# %% [markdown]
# The price is memory: each pixel is written down once for every window that sees it, nine times for a 3×3 kernel. Keep the columns in mind. They make
# the backward pass easy.
#
# ## 6.5 Is a convolution a dense layer in disguise?
#
# A convolution is linear, so some matrix does the same to the unrolled picture. Which one? Take the smallest case of interest, a 4×4 picture and a 3×3
# kernel: sixteen numbers in, four numbers out. Each output uses nine of the sixteen pixels, so seven entries of its row are zero:
#
# $$ \begin{gathered} \mathbf y = M\,\mathbf x, \\
# M_{ij,rc} = \begin{cases} w_{r-i,c-j} & 0 \le r{-}i < k, \\ & 0 \le c{-}j < l \\ 0 & \text{else} \end{cases} \end{gathered} \tag{6.10} $$
#
# The row $ij$ of $M$, for output $(i, j)$, is the kernel, laid down on an empty picture with its corner at pixel $(i, j)$, and unrolled. The code says
# nothing more.


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


rng = torch.Generator().manual_seed(SEED)
image, kernel = data.normal(rng, 5, 7), data.normal(rng, 2, 3)
by_matrix = (conv_matrix(kernel, 5, 7) @ image.flatten()).view(4, 5)
check.close("y = M x", by_matrix, F.conv2d(image[None, None], kernel[None, None])[0, 0])

# %% [markdown]
# The lecture notes print this matrix for the 4×4 picture, symbol by symbol, standing upright: one column for each output. Give the function numbers for the
# nine weights, turn the numbers into names, and compare all 64 entries.

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
fig, ax = plots.panel("the notes' matrix, upright", size=(3.0, 6.4))
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
# Three properties can be read off. Most of the matrix is empty, and for larger pictures nearly all of it. The same nine numbers return in every column. And
# they stand on shifted places, in bands: such a matrix is called *Toeplitz*, here made of Toeplitz blocks. A dense layer of the
# same size would have 64 free numbers.

# %%
for side in (4, 28, 224):
    outputs, pixels = (side - 2) ** 2, side**2
    used = 9 * outputs
    print(
        f"{side:3} x {side:<3}: {outputs * pixels:13,} entries, {used / (outputs * pixels):8.4%} of them not zero, 9 numbers to learn"
    )

# %% [markdown]
# Now the question that this section is really about. If a convolution is a dense layer, chapter 3 knows its backward pass: $\partial L/\partial M =
# \boldsymbol\delta\,\mathbf x^{\mathsf T}$. But $w_{00}$ stands in four places of the matrix, and each place receives its own number. The four numbers must become one. Is it
# their mean?
#
# The notes suggest so. The chain rule (3.2) disagrees. All four places depend on the one weight, so a nudge of it travels along four paths, and
# over paths the effects add up:
#
# $$ \begin{aligned} \frac{\partial L}{\partial w_{uv}} &= \sum_{M_{ab} = w_{uv}} \frac{\partial L}{\partial M_{ab}} \\
#    &= \sum_{i,j} \frac{\partial L}{\partial y_{ij}}\; x_{i+u,\,j+v} \end{aligned} \tag{6.11} $$
#
# The first sum runs over all places of the matrix in which $w_{uv}$ stands.


# %%
def kernel_gradient(delta: Tensor, image: Tensor, cell: Tensor) -> Tensor:
    """dL/dw through the matrix (eq. 6.11).   delta: (places,), image: (pixels,), cell: M's map of weights 1..K -> (K,)"""
    dM = torch.outer(delta, image)  # what a dense layer would get, eq. 3.16
    numbers = range(1, int(cell.max()) + 1)
    return torch.stack([dM[cell == number].sum() for number in numbers])  # eq. 6.11


image, delta = data.normal(rng, 4, 4), data.normal(rng, 2, 2)
weights = data.normal(rng, 3, 3).requires_grad_()
(dW,) = torch.autograd.grad(
    F.conv2d(image[None, None], weights[None, None])[0, 0], weights, delta
)
check.close(
    "dL/dw, the sum", kernel_gradient(delta.flatten(), image.flatten(), CELL).view(3, 3), dW
)

# %% [markdown]
# **Break it.** Take the mean, as printed, in the notes' own example.

# %%
dM = torch.outer(delta.flatten(), image.flatten())
mean = torch.stack([dM[CELL.eq(number)].mean() for number in range(1, 10)])
slips = {"The mean over the places; eq. 6.11 sums.": mean.view(3, 3)}
check.catches("the mean", lambda: check.close("dL/dw", mean.view(3, 3), dW, slips=slips))
fours = torch.full((3, 3), 4.0, dtype=torch.float64)
check.close("sum / mean, everywhere", dW / mean.view(3, 3), fours)

# %% [markdown]
# The direction survives; the length is a quarter, since there are four places. On a photograph of 224×224 pixels it would be a 49,284th part. A network
# trained in this way by gradient descent still learns, as if its learning rate were absurdly small, and differently small in each layer; Adam, which divides a gradient by its size,
# would hide the slip entirely. A falling loss would never tell.
#
# > **Remember.** Shared means summed. You have seen it with a bias, which every row of a batch shares (3.16), and it returns wherever a weight is used more than once.
#
# ## 6.6 How does blame travel back through a convolution?
#
# The matrix $M$ explains, but nobody builds it. The columns of section 6.4 are at hand anyway. With them a convolution is a matrix product, and chapter 3 says how blame
# passes a product: for the weights times the transpose of what came in, for the input through the transpose of the weights.
#
# $$ \begin{gathered} \frac{\partial L}{\partial W} = \sum_{\text{batch}} \Delta\; \operatorname{cols}(X)^{\mathsf T}, \\
#    \frac{\partial L}{\partial b_o} = \sum_{\text{batch}} \sum_{i,j} \Delta_{o,i,j} \end{gathered} \tag{6.12} $$
#
# $$ \frac{\partial L}{\partial X} = \operatorname{col2im}\big(W^{\mathsf T} \Delta\big) \tag{6.13} $$
#
# $\Delta = \partial L/\partial Y$ is the blame on the outputs. And *col2im* takes the columns apart again: each number goes back to the pixel that it was copied
# from. A pixel that was copied nine times receives nine shares, and they are added.


# %%
def col2im(columns: Tensor, size: Sequence[int], window: Window) -> Tensor:
    """Give every number of the columns back to its pixel and add up: the transpose of im2col.   -> size (n, c, h, w)"""
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
def by_autograd(layer: Conv2d, X: Tensor, dY: Tensor) -> list[Tensor]:
    """dL/dX, dL/dW and dL/db as torch computes them."""
    leaves = [t.clone().requires_grad_() for t in (X, layer.W, layer.b)]
    _, _, stride, padding, dilation = layer.window
    return list(
        torch.autograd.grad(F.conv2d(*leaves, stride, padding, dilation), leaves, dY)
    )


rng = torch.Generator().manual_seed(SEED)
for window in (
    Window(3, 2),
    Window(3, 2, stride=2, padding=1),
    Window(2, 3, stride=3, padding=2, dilation=2),
):
    layer, X = Conv2d(4, 5, window, rng), data.normal(rng, 2, 4, 9, 11)
    dY = data.normal(rng, *layer.forward(X).shape)
    dX = layer.backward(dY)
    for name, mine, expected in zip(
        ("dX", "dW", "db"), (dX, layer.dW, layer.db), by_autograd(layer, X, dY), strict=True
    ):
        check.close(f"{name}, {tuple(window)}", mine, expected)

# %% [markdown]
# **Break it.** Write `=` instead of `+=` in *col2im*. If the windows do not overlap, each pixel has one share and the bug passes. With stride 1
# they overlap, and all shares but the last are lost.


# %%
def col2im_overwriting(columns: Tensor, size: Sequence[int], window: Window) -> Tensor:
    """The slip: each share replaces the one before it (no padding, for short)."""
    x, places = torch.zeros(*size, dtype=columns.dtype), window.outputs(*size[2:])
    shares = columns.view(*size[:2], window.k * window.l, *places)
    for cell, (rows, cols) in enumerate(meets(window, places)):
        x[:, :, rows, cols] = shares[:, :, cell]
    return x


for stride in (3, 1):
    window, size = Window(3, 3, stride=stride), (2, 4, 9, 12)
    columns = data.normal(rng, *im2col(torch.zeros(size), window).shape)
    expected = F.fold(columns, size[2:], 3, stride=stride)
    if stride == 3:
        check.close(
            "windows side by side", col2im_overwriting(columns, size, window), expected
        )
check.close("overlapping windows, added", col2im(columns, size, window), expected)
check.catches(
    "overwriting",
    lambda: check.close("dX", col2im_overwriting(columns, size, window), expected),
)

# %% [markdown]
# There is a pretty way to see (6.13) without columns. At stride 1 each pixel away from the border has been met by every kernel cell once, and collects blame through all of
# them, in reverse order: the blame, padded, is correlated with the **flipped** kernel. The backward pass of a convolution is a convolution.

# %%
layer, X = Conv2d(4, 5, Window(3, 2), rng), data.normal(rng, 2, 4, 9, 11)
dY = data.normal(rng, *layer.forward(X).shape)
expected = layer.backward(dY)
flipped = layer.W.flip(2, 3).transpose(0, 1)  # (c_in, c_out, k, l)
check.close("dX as a convolution", F.conv2d(dY, flipped, padding=(2, 1)), expected)

not_flipped = F.conv2d(dY, layer.W.transpose(0, 1), padding=(2, 1))
slips = {"The kernel has to be flipped on the way back.": not_flipped}
check.catches(
    "the flip forgotten", lambda: check.close("dX", not_flipped, expected, slips=slips)
)

# %% [markdown]
# ## 6.7 What does pooling keep?
#
# Often a layer need not say *exactly where* it saw an eye, only that it saw one about here. Pooling keeps one number for each window. Which number, and what
# happens to the blame of the others?
#
# *Max-pooling* keeps the largest, *mean-pooling* the average. Each channel is pooled by itself, so the depth stays, and nothing is learned. Let
# $R_{ij}$ be the pixels that the window sees at place $(i, j)$, in reading order, and the *first winner* the first of them that has the maximum:
#
# $$ \begin{gathered} y_{ij} = \max_{p \in R_{ij}} x_p, \\
# \frac{\partial y_{ij}}{\partial x_p} = \begin{cases} 1 & p \text{ is the first winner} \\ 0 & \text{otherwise} \end{cases} \end{gathered} \tag{6.14} $$
#
# $$ y_{ij} = \frac{1}{kl} \sum_{p \in R_{ij}} x_p, \qquad \frac{\partial y_{ij}}{\partial x_p} = \frac{1}{kl} \tag{6.15} $$
#
# Forward, the columns serve again, with the channels moved into the batch. Backward, the winner takes all the blame of its window; under the mean, everyone takes
# an equal part.


# %%
class Pool2d:
    """Max- or mean-pooling with a backward pass (eq. 6.14, 6.15), no padding.   X: (n, c, h, w) -> (n, c, h', w')"""

    def __init__(self, window: Window, kind: str):
        self.window, self.kind = window, kind

    def forward(self, X: Tensor) -> Tensor:
        self.size = X.shape
        columns = im2col(X.flatten(0, 1)[:, None], self.window)  # (n c, k l, places)
        self.first = columns.argmax(dim=1, keepdim=True)  # of equal winners the first
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
        expected = by_torch(leaf, (window.k, window.l), window.stride)
        check.close(
            f"{kind}, {window.k} x {window.l}, stride {window.stride}",
            pool.forward(X),
            expected.detach(),
        )
        dY = data.normal(rng, *expected.shape)
        check.close(
            "  its dX", pool.backward(dY), torch.autograd.grad(expected, leaf, dY)[0]
        )

# %% [markdown]
# The rounding in this test is on purpose. In a tie torch gives the whole blame to the first winner. Share it among the winners instead, which
# sounds fairer, and the check notices, but only where there is a tie: on random numbers of full precision there is none.

# %%
tie, clear = torch.tensor([[3.0, 1.0, 3.0]]), torch.tensor([[3.0, 1.0, 2.0]])
shared = {
    name: (v == v.max()).double() / (v == v.max()).sum()
    for name, v in {"tie": tie, "clear": clear}.items()
}
winner = {
    name: F.one_hot(v.argmax(), 3).double()[None]
    for name, v in {"tie": tie, "clear": clear}.items()
}
check.close("no tie, blame shared", shared["clear"], winner["clear"])
check.catches(
    "a tie, blame shared",
    lambda: check.close("share of the blame", shared["tie"], winner["tie"]),
)

# %% [markdown]
# ## 6.8 Can a convolution be undone?
#
# Networks that draw need to go from few pixels to many. A layer for this is widely called *deconvolution*, as if it took a convolution back. Does it?
#
# Look at (6.13) again: the backward pass turns something of the size of the output into something of the size of the input. Used as a layer in its own right, it
# is the *transposed convolution*, because it multiplies by $M^{\mathsf T}$. The transpose is defined by one property: for all pictures $\mathbf x$ and
# $\mathbf y$,
#
# $$ \langle M\mathbf x,\; \mathbf y \rangle = \langle \mathbf x,\; M^{\mathsf T}\mathbf y \rangle \tag{6.16} $$
#
# Each input pixel stamps the kernel, times its value, onto the output. Where stamps overlap, they are added. So $n$ pixels become
#
# $$ n_{\text{out}} = (n - 1)\,S - 2p + d\,(k-1) + 1 \tag{6.17} $$


# %%
def conv_transpose2d(
    X: Tensor, W: Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Tensor:
    """Stamp the kernels and add (eq. 6.16).   X: (n, c_in, h, w), W: (c_in, c_out, k, l) -> (n, c_out, h', w')"""
    window = Window(*W.shape[2:], stride, padding, dilation)
    sides = [
        (n - 1) * stride - 2 * padding + dilation * (k - 1) + 1  # eq. 6.17
        for n, k in zip(X.shape[2:], W.shape[2:], strict=True)
    ]
    return col2im(W.flatten(1).T @ X.flatten(2), (len(X), W.shape[1], *sides), window)


rng = torch.Generator().manual_seed(SEED)
X, W = data.normal(rng, 2, 3, 4, 5), data.normal(rng, 3, 6, 3, 2)
for setting in ({"stride": 1}, {"stride": 2, "padding": 1}, {"stride": 3, "dilation": 2}):
    check.close(
        f"transposed, {setting}",
        conv_transpose2d(X, W, **setting),
        F.conv_transpose2d(X, W, **setting),
    )

x = data.normal(rng, 1, 6, 9, 10)
Mx = F.conv2d(x, W, stride=2)  # the same W, read as a convolution from 6 channels to 3
y = data.normal(rng, *Mx.shape)
check.close("eq. 6.16", (Mx * y).sum(), (x * conv_transpose2d(y, W, stride=2)).sum())

# %% [markdown]
# You may also read that this layer is "a convolution with a stride below one". There is sense in that: to move by half a pixel, put a zero between the
# pixels first. Then an ordinary convolution, with the flipped kernel and enough padding, does the same. With $\operatorname{spread}(\mathbf y)$ for the picture with zeros between its pixels:
#
# $$ M^{\mathsf T}\mathbf y = \operatorname{conv}\big(\operatorname{spread}(\mathbf y),\, \text{flipped } w\big) \tag{6.18} $$


# %%
def with_zeros_between(X: Tensor, stride: int) -> Tensor:
    """Put stride - 1 zeros between neighbouring pixels.   X: (n, c, h, w) -> (n, c, (h-1) stride + 1, ...)"""
    n, c, height, width = X.shape
    spread = torch.zeros(
        n, c, (height - 1) * stride + 1, (width - 1) * stride + 1, dtype=X.dtype
    )
    spread[:, :, ::stride, ::stride] = X
    return spread


flipped = W.flip(2, 3).transpose(0, 1)  # (c_out, c_in, k, l)
small_steps = F.conv2d(with_zeros_between(X, 2), flipped, padding=(2, 1))  # eq. 6.18
check.close(
    "zeros between, kernel flipped",
    small_steps,
    F.conv_transpose2d(X, W, stride=2),
    rtol=0,
    atol=1e-12,
)

# %% [markdown]
# **Break it.** Now take the name at its word. If a transposed convolution undid a convolution, the cat would come back. Blur the cat with stride 2,
# then apply the transpose of the very same blur.

# %%
blur = KERNELS["blur"][None, None]
small = F.conv2d(GREY[None, None], blur, stride=2)
back = F.conv_transpose2d(small, blur, stride=2)
seen = GREY[: back.shape[2], : back.shape[3]]
check.catches("an inverse", lambda: check.close("the cat again", back[0, 0], seen))

matrix = conv_matrix(data.normal(rng, 3, 3), 6, 6)  # (16, 36)
check.close(
    "rank of M^T M, for 36 pixels", torch.linalg.matrix_rank(matrix.T @ matrix).item(), 16
)

# %% [markdown]
# The result has the right size, up to a last row and column that the floor in (6.5) had dropped, and that is all. For the rank, take a picture of 6×6 and stride 1: its 36 numbers pass
# through 16, and no layer can restore the other 20.
#
# And the picture below shows another flaw: a fine grid covers the cat. Count how many stamps reach each pixel. With a kernel of 3 that moves by 2 it is one, two or four: a checkerboard,
# which generated pictures are known for. If the stride divides the kernel size, every pixel is reached equally often.


# %%
def stamps(k: int, stride: int) -> Tensor:
    """How many stamps of a k x k kernel reach each pixel, away from the border."""
    counts = F.conv_transpose2d(
        torch.ones(1, 1, 12, 12), torch.ones(1, 1, k, k), stride=stride
    )
    return counts[0, 0, k:-k, k:-k]


check.close("counts of kernel 3", stamps(3, 2).unique(), torch.tensor([1.0, 2, 4]))
check.close("counts of kernel 4", stamps(4, 2).unique(), torch.tensor([4.0]))

# %% tags=["hide-input"]
plots.pictures({
    "half the size": small[0, 0], "its transpose": back[0, 0] / back.max(),
    "stamps of 3, stride 2": stamps(3, 2) / 5, "stamps of 4, stride 2": stamps(4, 2) / 5,
}, limits=(0, 1), alt=[
    "The cat, blurred and half as large.",
    "The cat at its old size, still blurred and covered by a fine regular grid.",
    "A checkerboard: how many stamps reach each pixel when a kernel of 3 moves by 2.",
    "A plain square: with a kernel of 4 and stride 2 every pixel is reached equally often.",
])  # fmt: skip

# %% [markdown]
# ## 6.9 How far does a neuron see?
#
# A neuron in the first layer sees three pixels across. Its successor sees three such neurons. How much of the picture can reach a neuron ten layers up: a
# patch, or everything?
#
# The patch that can is its *receptive field*. Two numbers describe it: its size $r$, and the jump $j$, how many input pixels lie between two
# neighbours of the layer. Begin with $r_0 = 1$, $j_0 = 1$. Each layer adds $k - 1$ steps of the present jump, stretched by the dilation, and its stride
# makes the jumps longer for all layers above:
#
# $$ \begin{gathered} r_l = r_{l-1} + d_l\,(k_l - 1)\, j_{l-1}, \\ j_l = j_{l-1}\, S_l \end{gathered} \tag{6.19} $$


# %%
def receptive_field(layers: Sequence[Window]) -> tuple[int, int]:
    """Size and jump, in input pixels along the vertical axis, of a neuron above these layers (eq. 6.19)."""
    size, jump = 1, 1
    for layer in layers:
        size += layer.dilation * (layer.k - 1) * jump
        jump *= layer.stride
    return size, jump


THREE, POOL = Window(3, 3), Window(2, 2, stride=2)
STACKS = {
    "four 3x3": [THREE] * 4,
    "two 3x3 and a pool, twice": [THREE, THREE, POOL] * 2,
    "3x3 with stride 2, four times": [Window(3, 3, stride=2)] * 4,
    "3x3 dilated by 1, 2, 4, 8": [Window(3, 3, dilation=d) for d in (1, 2, 4, 8)],
    "3x3 dilated by 2, four times": [Window(3, 3, dilation=2)] * 4,
}

# %% [markdown]
# A formula about what can be seen should be asked of the gradient. Pixels with a gradient influence the neuron, the others do not. Give all kernels the
# weight 1, so that nothing cancels, and measure how wide the gradient of a single neuron spreads.


# %%
def gradient_of_one(layers: Sequence[Window], side: int) -> Tensor:
    """d(one neuron)/d(pixel) through convolutions whose weights are equal and sum to one.   -> (side, side)"""
    image = torch.zeros(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    y = image
    for layer in layers:
        kernel = torch.ones(1, 1, layer.k, layer.l).double() / (layer.k * layer.l)
        y = F.conv2d(y, kernel, stride=layer.stride, dilation=layer.dilation)
    middle = y.shape[2] // 2
    return torch.autograd.grad(y[0, 0, middle, middle], image)[0][0, 0]


seen = {name: gradient_of_one(layers, 63) for name, layers in STACKS.items()}
for name, gradient in seen.items():
    rows = gradient.sum(dim=1).nonzero().flatten()
    check.close(
        f"{name}: pixels across",
        int(rows[-1] - rows[0] + 1),
        receptive_field(STACKS[name])[0],
    )

# %% tags=["hide-input"]
TITLES = {"plain": 0, "stride 2": 2, "dilated 1, 2, 4, 8": 3, "dilated 2": 4}
fields = [(receptive_field(STACKS[name])[0], seen[name] ** 0.5) for name in STACKS]
plots.pictures({
    f"{title}: {fields[i][0]}": fields[i][1] for title, i in TITLES.items()
}, alt=[
    "A bright patch of 9 by 9 pixels that fades towards its edge.",
    "A patch of 31 by 31 pixels.",
    "A patch of 31 by 31 pixels, made of equal small squares.",
    "A patch of 17 by 17 pixels of which only every second one is seen: a grid of separate points.",
])  # fmt: skip

# %% [markdown]
# *Dilated* kernels are the third picture: cells that stand 1, 2, 4, 8 pixels apart. Four layers with 36 weights see 31 pixels
# across without losing resolution, where plain ones see 9. The dilation has to grow with depth. Keep it at 2, as in the last picture, and the neuron sees a comb: nearly three pixels of four do not
# reach it at all.

# %%
comb = seen["3x3 dilated by 2, four times"]
field = receptive_field(STACKS["3x3 dilated by 2, four times"])[0]
check.close("pixels that reach it, of 17 x 17", int((comb > 0).sum()), 9 * 9)
rows = seen["3x3 dilated by 1, 2, 4, 8"]
check.close("pixels that reach it, growing dilation", int((rows > 0).sum()), 31 * 31)

# %% [markdown]
# The same trick along time, with kernels of two that look backwards only, is the heart of temporal convolutional networks: eight layers see 256 steps.
#
# One more surprise is in these pictures. Pixels in the middle reach the neuron along many paths, those at the rim along few. After ten layers most of a receptive field hardly counts:
# the *effective* field is a blob in its centre, which grows like the square root of the depth.

# %%
causal = [Window(2, 1, dilation=2**l) for l in range(8)]
check.close("steps that eight causal layers see", receptive_field(causal)[0], 256)

weight = gradient_of_one([THREE] * 10, 41)[10:31, 10:31]  # its field is 21 x 21
centre = weight[5:16, 5:16].sum().item()  # the middle 11 x 11: a quarter of the area
check.close("the whole field", weight.sum().item(), 1.0)
check.reaches("share of the influence in the middle quarter", centre, at_least=0.9)


def spread(depth: int) -> float:
    """Standard deviation, in pixels, of the influence on a neuron above `depth` plain 3 x 3 layers."""
    rows = gradient_of_one([THREE] * depth, 2 * depth + 1).sum(dim=1)
    at = torch.arange(-depth, depth + 1)
    return (rows * at**2).sum().sqrt().item()


check.close("four times the depth, width of the blob", spread(16) / spread(4), 2.0)

# %% [markdown]
# ## 6.10 Why does this work on pictures?
#
# A convolution is a dense layer with nearly everything taken away. Why should less be more? Three reasons are usually given. Two of them hold as they stand; look closely at
# the third.
#
# **Few connections.** Each output looks at a neighbourhood, since what belongs together in a picture mostly stands together. **Shared weights.** A whisker looks
# like a whisker wherever it is, so one detector serves for every place. Count what the two save on a photograph.

# %%
pixels = 224 * 224 * 3
places = 224 * 224
counts = {
    "every pixel to every output": (pixels + 1) * 64 * places,
    "neighbours only": (3 * 3 * 3 + 1) * 64 * places,
    "and shared": (3 * 3 * 3 + 1) * 64,
}
for name, count in counts.items():
    print(f"{name:28} {count:>19,} parameters")

# %% [markdown]
# **It does not matter where.** The usual words are "a CNN is translation invariant". Take care: a convolution is *equivariant*. Move the picture, and the maps move
# with it, unchanged:
#
# $$ \operatorname{conv}(\operatorname{shift}(X)) = \operatorname{shift}(\operatorname{conv}(X)) \tag{6.20} $$
#
# *Invariant* would mean that the answer stays the same. It takes something that forgets the place, such as the mean over the whole map. On a picture whose borders
# are glued together, so that nothing falls off, both can be checked to the last digit.


# %%
def around(X: Tensor, W: Tensor, stride: int = 1) -> Tensor:
    """A convolution on a picture with glued borders.   X: (n, c, h, w), W: (c_out, c, 3, 3)"""
    return F.conv2d(F.pad(X, (1, 1, 1, 1), mode="circular"), W, stride=stride)


rng = torch.Generator().manual_seed(SEED)
X, W = data.normal(rng, 1, 2, 12, 16), data.normal(rng, 5, 2, 3, 3)
moved = X.roll((3, 5), dims=(2, 3))
check.close("equivariant", around(moved, W), around(X, W).roll((3, 5), dims=(2, 3)))
check.catches(
    "the maps are not invariant",
    lambda: check.close("maps", around(moved, W), around(X, W)),
)
check.close(
    "their mean is",
    around(moved, W).relu().mean(dim=(2, 3)),
    around(X, W).relu().mean(dim=(2, 3)),
)

# %% [markdown]
# **Break it.** A stride of 2 looks at every second place. Move the picture by two, and the maps move by one; so far, so good. Move it by one, and
# the layer looks at the places that it left out before: other numbers, not the old ones moved. Pooling with a stride does the same.

# %%
by_two, by_one = X.roll(2, dims=3), X.roll(1, dims=3)
check.close(
    "stride 2, moved by 2",
    around(by_two, W, stride=2),
    around(X, W, stride=2).roll(1, dims=3),
)
check.catches(
    "stride 2, moved by 1",
    lambda: check.close(
        "mean of the map",
        around(by_one, W, 2).mean(dim=(2, 3)),
        around(X, W, 2).mean(dim=(2, 3)),
    ),
)

pooled = {s: F.max_pool2d(GREY.roll(s, dims=1)[None], 2) for s in (0, 1)}
changed = [(pooled[0].roll(s, dims=2) != pooled[1]).double().mean().item() for s in (0, 1)]
check.reaches(
    "max-pooled pixels of the moved cat that the old map does not hold, moved or not",
    min(changed),
    at_least=0.5,
)

# %% [markdown]
# Watch it happen. Below, one signal moves past a pooling of two. With stride 1 the answer moves along and keeps its form. With stride 2 there are two
# forms, and the answer flickers between them, although the signal only moves.


# %% tags=["hide-input"]
def passing_by(stride: int, kind: str, shift: int) -> plots.Figure:
    """The signal moved by `shift`, and what a pooling of two makes of it."""
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
    ax.bar(range(20), signal, width=0.9, color=plots.GRID, label="signal")
    places = stride * torch.arange(len(pooled)) + 0.5
    ax.plot(places, pooled, "-o", color=plots.ORANGE, label="after pooling")
    ax.legend(loc="upper right")
    ax.set_xticks(range(0, 20, 2))
    return fig


# %%
widgets.explore(
    passing_by, title="A signal moves past a pooling layer", hint="Move the signal. When does its answer keep its form?",
    stride=[2, 1], kind=["max", "mean"], shift=range(9),
)  # fmt: skip

# %% [markdown]
# **And sharing may be the wrong assumption.** A whisker is a whisker everywhere, but in portraits that are all aligned, the eyes are always at the top, and a detector for the top
# half need not work below. Take the extreme case: the class *is* the place. A dot is on the left, or on the right. With glued borders and a mean at the end, no
# convolutional network can tell the two apart, whatever its weights.

# %%
left, right = torch.zeros(2, 1, 1, 8, 8, dtype=torch.float64)
left[0, 0, 4, 1], right[0, 0, 4, 6] = 1, 1
W1, W2 = data.normal(rng, 7, 1, 3, 3), data.normal(rng, 4, 7, 3, 3)
answers = [
    around(around(dot, W1).relu(), W2).relu().mean(dim=(2, 3)) for dot in (left, right)
]
check.close("left and right, glued borders", answers[0], answers[1])

with_zeros = [
    F.conv2d(F.conv2d(dot, W1, padding=1).relu(), W2, padding=1).relu().mean(dim=(2, 3))
    for dot in (left, right)
]
check.catches(
    "the border gives the place away",
    lambda: check.close("left and right, zeros around", *with_zeros),
)

# %% [markdown]
# A single dense unit solves this task, since it has a weight of its own for each pixel. The last check shows a side effect that is easy to forget: with zeros around the picture
# the border can be felt, so real networks do know a little about places.
#
# ## 6.11 What does a whole network weigh?
#
# The lecture notes show a complete network in Keras: five convolutions, three poolings, three dense layers, for pictures of 64×64 in colour. How many
# parameters does it have, and where do they sit? Count by hand first, with this table:
#
# | layer | parameters | output |
# |---|---|---|
# | convolution | $c_{\text{out}}\,(k\,l\,c_{\text{in}} + 1)$ | $(c_{\text{out}}, h_{\text{out}}, w_{\text{out}})$ by (6.5) |
# | dense | $d_{\text{out}}\,(d_{\text{in}} + 1)$ | $(d_{\text{out}})$ |
# | batch normalisation | $2c$ trained ($\gamma, \beta$), and $2c$ running statistics that are not trained | unchanged |
# | pooling, ReLU, dropout | 0 | (6.5), unchanged, unchanged |
# | flatten | 0 | $(c\,h\,w)$ |
# | global average pooling | 0 | $(c)$ |
#
# The network in torch, with the softmax left to the loss (chapter 3 says why):


# %%
def keras_example() -> nn.Sequential:
    """The network of the notes.   (n, 3, h, w) -> logits (n, 5)"""

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


# %% [markdown]
# A summary of a network needs no library: send one picture through, layer by layer, and write down what comes out.


# %%
def summary(net: nn.Sequential, x: Tensor) -> list[tuple[str, tuple[int, ...], int]]:
    """Name, output shape without the batch, and number of parameters of each layer.   x: (1, c, h, w)"""
    rows = []
    for layer in net:
        x = layer(x)
        count = sum(p.numel() for p in layer.parameters())
        rows.append((type(layer).__name__, tuple(x.shape[1:]), count))
    return rows


rows = summary(keras_example().eval(), torch.zeros(1, 3, 64, 64))
for name, shape, parameters in rows:
    print(f"{name:18} {'x'.join(map(str, shape)):>9} {parameters:>7,}")

# %%
by_hand = [
    8 * (3 * 3 * 3 + 1), 16 * (3 * 3 * 8 + 1), 16 * (3 * 3 * 16 + 1), 24 * (5 * 5 * 16 + 1), 24 * (5 * 5 * 24 + 1),
    64 * (24 + 1), 16 * (64 + 1), 5 * (16 + 1),
]  # fmt: skip
check.close("parameters, layer by layer", [count for _, _, count in rows if count], by_hand)
check.close("in all", sum(by_hand), 30485)

norm = nn.BatchNorm2d(24)
check.close("batch norm: trained", sum(p.numel() for p in norm.parameters()), 2 * 24)
check.close(
    "batch norm: kept, with torch's counter of batches",
    sum(b.numel() for b in norm.buffers()),
    2 * 24 + 1,
)

# %% [markdown]
# Four fifths of the parameters sit in the two 5×5 convolutions. The notes add that the network is "fixed in terms of input size". Is it? It ends in a
# global average, which takes maps of any size. With a flatten in its place it would be fixed.

# %%
net = keras_example().eval()
for side in (64, 65, 200):
    check.close(
        f"pictures of {side} x {side}",
        tuple(net(torch.zeros(2, 3, side, side)).shape),
        (2, 5),
    )

fixed = nn.Sequential(*net[:13], nn.Flatten(), nn.Linear(24 * 8 * 8, 5))
check.close(
    "with a flatten, 64 x 64", tuple(fixed(torch.zeros(2, 3, 64, 64)).shape), (2, 5)
)
check.raises(
    "with a flatten, 200 x 200", RuntimeError, lambda: fixed(torch.zeros(2, 3, 200, 200))
)

# %% [markdown]
# ## 6.12 Does it read better than a network of the same size?
#
# Everything above is proved in the small. Now the large: 4,000 handwritten digits of MNIST to learn from, 1,000 to be judged by, and three
# networks. The MLP and the first CNN have the same number of parameters, to within one per cent. The second CNN ends in a global average and has
# fewer than half as many. Which one reads best, and which one still reads when the digits move?


# %%
def block(c_in: int, c_out: int) -> list[nn.Module]:
    """A convolution that keeps the size, and ReLU."""
    return [nn.Conv2d(c_in, c_out, 3, padding=1), nn.ReLU()]


def mlp() -> nn.Sequential:
    """(n, 1, 28, 28) -> logits (n, 10)"""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 70), nn.ReLU(), nn.Linear(70, 10))


# %%
def cnn_flatten() -> nn.Sequential:
    """Two convolutions, then dense layers that know each place.   (n, 1, 28, 28) -> logits (n, 10)"""
    features = [*block(1, 16), nn.MaxPool2d(2), *block(16, 32), nn.MaxPool2d(2)]
    head = [nn.Linear(32 * 7 * 7, 32), nn.ReLU(), nn.Linear(32, 10)]
    return nn.Sequential(*features, nn.Flatten(), *head)


def cnn_average() -> nn.Sequential:
    """Three convolutions and a global average.   (n, 1, h, w) -> logits (n, 10)"""
    features = [*block(1, 16), nn.MaxPool2d(2), *block(16, 32), nn.MaxPool2d(2)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(*features, *block(32, 64), *head)


# %%
def train(
    net: nn.Module, split: data.Split, epochs: int, lr: float, rng: torch.Generator
) -> None:
    """Adam with a learning rate that rises and falls once, on batches of 64."""
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


# %%
torch.manual_seed(SEED)
NETS = {"MLP": mlp(), "CNN, flattened": cnn_flatten(), "CNN, averaged": cnn_average()}
SETTINGS = {"MLP": (10, 0.003), "CNN, flattened": (4, 0.005), "CNN, averaged": (6, 0.01)}
for name, net in NETS.items():
    train(net, MNIST, *SETTINGS[name], rng=torch.Generator().manual_seed(SEED))

sizes = {name: sum(p.numel() for p in net.parameters()) for name, net in NETS.items()}
read = {name: data.accuracy(net, MNIST.X_test, MNIST.y_test) for name, net in NETS.items()}
for name in NETS:
    print(f"{name:15} {sizes[name]:>7,} parameters, {read[name]:.1%} right")

# %%
check.reaches(
    "MLP over CNN, number of parameters",
    sizes["MLP"] / sizes["CNN, flattened"],
    at_least=0.99,
    at_most=1.01,
)
check.reaches("CNN, flattened", read["CNN, flattened"], at_least=0.94)
check.reaches("MLP of the same size", read["MLP"], at_least=0.9)
check.reaches(
    "what the convolutions add", read["CNN, flattened"] - read["MLP"], at_least=0.01
)

# %% [markdown]
# Of a hundred digits the MLP misreads about eight, the CNN of the same size about four. Now repeat the experiment of section 6.2: move the test digits down and to the right,
# pixel by pixel. The networks have only seen centred digits. If a CNN were invariant to translation "by design", its curve would be flat.

# %%
SHIFTS = range(6)
moved = {
    name: [
        data.accuracy(net, MNIST.X_test.roll((s, s), dims=(2, 3)), MNIST.y_test)
        for s in SHIFTS
    ]
    for name, net in NETS.items()
}
moved["nearest neighbour"] = [nearest_neighbour_accuracy(MNIST, s) for s in SHIFTS]
for name, scores in moved.items():
    print(f"{name:18}", *(f"{score:6.1%}" for score in scores))

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "the digits move",
    x="pixels down and to the right",
    y="share read rightly",
    ylim=(0, 1.3),
    size=(5.4, 3.6),
)
for (name, scores), marker in zip(moved.items(), plots.MARKERS, strict=True):
    ax.plot(SHIFTS, scores, marker=marker, label=name)
ax.axhline(0.1, color=plots.MUTED, linewidth=0.8)
ax.text(0, 0.12, "guessing", color=plots.MUTED, fontsize=9)
ax.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
ax.legend(loc="upper center", ncols=2)
plots.show(fig, alt="Accuracy against the shift. All start above 0.9. Nearest neighbour and MLP fall to a third at 2 pixels and below guessing at 4; the flattened CNN holds "
           "out two pixels and then falls as low; the CNN with a global average declines slowly and still reads most digits at 4 pixels.")  # fmt: skip

# %%
lost = {name: scores[0] - scores[1] for name, scores in moved.items()}
check.reaches("MLP, what one pixel costs", lost["MLP"], at_least=0.1)
check.reaches("CNN, flattened, what one pixel costs", lost["CNN, flattened"], at_most=0.1)
check.reaches("MLP, moved by 2", moved["MLP"][2], at_most=0.5)
check.reaches("CNN, flattened, moved by 2", moved["CNN, flattened"][2], at_least=0.5)
check.reaches("CNN, flattened, moved by 4", moved["CNN, flattened"][4], at_most=0.2)
check.reaches("CNN, averaged, moved by 4", moved["CNN, averaged"][4], at_least=0.5)

# %% [markdown]
# Even a single pixel costs the MLP a good part of what it knew, and the flattened CNN little. So the architecture decides, and not the word "convolution". The flattened CNN tolerates a pixel or two, thanks to its pooling. After that its dense layers,
# which have one weight for each place, are as lost as the MLP. The averaged one forgets places and holds out, though not entirely: its zero padding and its strides
# break (6.20). What helps in practice is to show moved digits in training (chapter 5).
#
# What did the network choose for its first kernels? You designed four of them in section 6.1.

# %% tags=["hide-input"]
kernels = NETS["CNN, flattened"][0].weight.detach().cpu()[:, 0]
title, limit = "sixteen kernels that nobody designed", kernels.abs().max().item()
fig, tiles = plots.tiles(title, 16, columns=8, size=(5.4, 1.9))
for tile, kernel in zip(tiles, kernels, strict=True):
    plots.image(tile, kernel, shades="signed", limits=(-limit, limit))
plots.show(fig, alt="Sixteen learned kernels of 3 by 3 weights, orange for negative and purple for positive; several have one colour on one side and the other on the "
           "opposite side, as an edge detector does.")  # fmt: skip

# %% [markdown]
# Several are slopes, positive on one side and negative on the other, in directions that a reader of digits needs. Nobody told it to look for edges.
#
# ## 6.13 Your turn
#
# The [exercises of this chapter](../assignments/06_convolution/06_convolution.ipynb) ask you to write the pieces again, without looking: each has a check that tells you at
# once what is wrong.
#
# | exercise | effort | minutes |
# |---|---|---|
# | output size (6.5) | ● | 5 |
# | a convolutional layer with loops (6.7) | ●● | 15 |
# | the matrix of a convolution (6.10) | ●● | 15 |
# | the gradients of a convolution (6.12) | ●●● | 25 |
# | max-pooling backwards (6.14) | ●● | 15 |
# | transposed convolution by zeros between (6.18) | ●●● | 20 |
# | receptive field (6.19) | ●● | 10 |
#
# And one to think about, without a check.
#
# <details><summary>A colleague replaces every 3×3 convolution of a network by a 1×1 convolution and trains again on MNIST, with a global average at the end. What can this network learn at most?</summary>
#
# Its neurons see one pixel each, and the average forgets where the pixels were. So two pictures with the same grey values in any order are the same to it: it can use the histogram of
# brightness, for example how much ink there is, and nothing of the shape. A 1 uses less ink than an 8, so it will do better than guessing.
#
# </details>
#
# ## 6.14 In five lines
#
# 1. A convolutional layer slides small windows over a picture, multiplies, and sums over the window and over all channels.
# 2. It is a dense layer whose matrix is nearly empty and repeats a few numbers, which is why it needs few weights and less data.
# 3. A shared weight receives the sum of the requests of all places where it is used, not their mean.
# 4. The way back is a convolution with the flipped kernel; as a layer of its own it is the transposed convolution, which restores a size and not a picture.
# 5. Convolutions are equivariant to shifts; invariance has to be added by forgetting places, and strides, borders and dense layers take some of it away.
#
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, sections 3.1 to 3.3 and 3.7, and Politecnico di Milano, "Image classification" and its table of parameters). In these places it differs
# from them, most often in precision only.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 3.2 | places that share a weight are updated e.g. with the mean of their updates | with the sum; the mean is four times too short in the notes' own example | LeCun et al. (1989); Goodfellow, Bengio and Courville (2016), chapter 9 | section 6.5 |
# | Bologna 3.1 | the output size is $(W + P - K)/S + 1$ | with a floor; $P$ is the total of both sides, dilation is missing (a matter of precision) | Dumoulin and Visin (2016) | section 6.3 |
# | Bologna 3.1, remark | a kernel is applied to all channels in parallel | and the results are summed into one map (a matter of precision) | LeCun et al. (1998) | section 6.3 |
# | Bologna 3.1.1 | FLOPS of order $K_w K_h D_{\text{in}} D_{\text{out}} O_w O_h$ | the order is right; this counts MACs, FLOPs are twice as many, FLOPS is a speed (a matter of precision) | torch's own counter | section 6.3 |
# | both | "convolution" | cross-correlation, without the flip; the 16×4 matrix printed in the notes is right | Goodfellow, Bengio and Courville (2016), chapter 9 | sections 6.1, 6.5 |
# | Bologna 3.7 | "deconvolution": each pixel becomes a $k \times k$ patch, stride below 1 | overlapping patches are summed; it is the adjoint, not an inverse; a stride below 1 means zeros between the pixels and a flipped kernel (a matter of precision) | Dumoulin and Visin (2016); Odena, Dumoulin and Olah (2016) | section 6.8 |
# | Bologna 3.7, remark | dilation helps in the first layers, e.g. in temporal convolutional networks | it grows with depth, and those networks work on sequences (a matter of precision) | Yu and Koltun (2016); Bai, Kolter and Koltun (2018) | section 6.9 |
# | Milano, Why CNNs work | translation invariance by design, through many filters | equivariance; a partial invariance comes from pooling, and strides break it (a matter of precision) | Zhang (2019); Azulay and Weiss (2019) | sections 6.10, 6.12 |
# | Milano, Keras example | `keras.utils.np_utils` and others | removed from current Keras (a matter of precision) | Keras documentation | section 6.11 |
# | Milano, Keras example | the input size is fixed | the network ends in a global average and takes other sizes | Lin, Chen and Yan (2014) | section 6.11 |
# | Milano, table of parameters | batch normalisation has $4d$ | $2d$ that are trained and $2d$ running statistics (a matter of precision) | Ioffe and Szegedy (2015) | section 6.11 |
#
# ## Further reading
#
# - V. Dumoulin and F. Visin (2016), *A guide to convolution arithmetic for deep learning*: every stride, padding and transpose as a small animated picture.
# - Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), *Gradient-based learning applied to document recognition*, Proceedings of the IEEE 86: the network that read cheques.
# - A. Odena, V. Dumoulin and C. Olah (2016), *Deconvolution and checkerboard artifacts*, Distill: section 6.8 in moving pictures.
# - R. Zhang (2019), *Making convolutional networks shift-invariant again*, ICML: how to repair what strides break.
# - W. Luo, Y. Li, R. Urtasun and R. Zemel (2016), *Understanding the effective receptive field in deep convolutional neural networks*, NeurIPS: the blob of section 6.9.
# - F. Yu and V. Koltun (2016), *Multi-scale context aggregation by dilated convolutions*, ICLR: why the dilation doubles.
