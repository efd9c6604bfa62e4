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
# # Exercises 11: detection
#
# Nine exercises, 20 points, on [chapter 11](../../chapters/11_detection.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# All torch functions are allowed unless a task says otherwise. Everything is in float64. **Boxes** are corners $(x_1, y_1, x_2, y_2)$ in pixels, $x$ to the right and $y$ down, and a width is $x_2 - x_1$. What comes in stays as it is: change copies.

# %% setup
import math

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils import check


def numbers(values) -> Tensor:
    """A tensor in float64."""
    return torch.tensor(values, dtype=torch.float64)


def uniform(rng: torch.Generator, *size: int) -> Tensor:
    """Random numbers between 0 and 1 in float64."""
    return torch.rand(size, generator=rng, dtype=torch.float64)


def normal(rng: torch.Generator, *size: int) -> Tensor:
    """Normal random numbers in float64."""
    return torch.randn(size, generator=rng, dtype=torch.float64)


def some_boxes(rng: torch.Generator, n: int, width: float, height: float) -> Tensor:
    """Boxes inside a picture, with sides of 5 % to 60 % of its own.   -> (n, 4)"""
    size = numbers([width, height])
    sides = (0.05 + 0.55 * uniform(rng, n, 2)) * size
    corner = uniform(rng, n, 2) * (size - sides)
    return torch.cat([corner, corner + sides], dim=1)


def iou(a: Tensor, b: Tensor) -> Tensor:
    """The IoU of each box with each, as in the chapter.   a: (n, 4), b: (m, 4) -> (n, m)"""
    inner = torch.minimum(a[:, None, 2:], b[:, 2:]) - torch.maximum(
        a[:, None, :2], b[:, :2]
    )
    both = inner.clamp(min=0).prod(dim=2)
    area_a, area_b = ((box[:, 2:] - box[:, :2]).prod(dim=1) for box in (a, b))
    return both / (area_a[:, None] + area_b - both)


# %% [markdown]
# ## 11.1 R-CNN's box regression, decoded in place
# *Find the bug · 2 points · effort ●● · about 15 minutes*
#
# From a proposal with centre $(x_a, y_a)$ and sides $w_a, h_a$ and four numbers $d$, R-CNN and its successors make the box with
#
# $$ x = x_a + w_a d_x, \qquad y = y_a + h_a d_y, \qquad w = w_a\, e^{\min(d_w,\, \tau)}, \qquad h = h_a\, e^{\min(d_h,\, \tau)} $$
#
# where $\tau = \ln(1000/16)$, `LIMIT` in the code, keeps one wild number from making an endless box. The corners of the result are then clipped to the picture: $0 \le x \le$ width, $0 \le y \le$ height. The next cell has **three faults**. Write the function without them. With no proposals it gives a tensor of shape (0, 4).
#
# <details><summary>Hint</summary>
#
# Follow one proposal by hand through the lines. Which sides does the centre move by? What is left in `proposals` afterwards? The size is (height, width).
#
# </details>


# %% three_faults
LIMIT = math.log(1000 / 16)


def faulty_boxes(proposals: Tensor, d: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes from proposals and four numbers each, with three faults."""
    boxes = proposals
    boxes[:, 2:] -= boxes[:, :2]  # the sides
    boxes[:, :2] += boxes[:, 2:] / 2  # the centre
    boxes[:, 2:] *= d[:, 2:].clamp(max=LIMIT).exp()
    boxes[:, :2] += d[:, :2] * boxes[:, 2:]
    boxes[:, :2] -= boxes[:, 2:] / 2
    boxes[:, 2:] += boxes[:, :2]
    boxes[:, 0::2] = boxes[:, 0::2].clamp(0, size[0])
    boxes[:, 1::2] = boxes[:, 1::2].clamp(0, size[1])
    return boxes


# %% regressed
def regressed(proposals: Tensor, d: Tensor, size: tuple[int, int]) -> Tensor:
    """proposals: (n, 4), d: (n, 4) as (d_x, d_y, d_w, d_h), size: (height, width) -> boxes (n, 4)"""
    ### BEGIN SOLUTION
    first, last = proposals[:, :2], proposals[:, 2:]
    sides = last - first
    centre = (first + last) / 2 + d[:, :2] * sides
    sides = sides * d[:, 2:].clamp(max=LIMIT).exp()
    boxes = torch.cat([centre - sides / 2, centre + sides / 2], dim=1)
    height, width = size
    return boxes.clamp(min=0).minimum(boxes.new_tensor([width, height, width, height]))
    ### END SOLUTION


# %% test_regressed points=2
rng = torch.Generator().manual_seed(111)
proposals, wanted = some_boxes(rng, 6, 90, 40), some_boxes(rng, 6, 90, 40)
middle = [(box[:, :2] + box[:, 2:]) / 2 for box in (proposals, wanted)]
sides = [box[:, 2:] - box[:, :2] for box in (proposals, wanted)]
d = torch.cat([(middle[1] - middle[0]) / sides[0], (sides[1] / sides[0]).log()], dim=1)
check.close(
    "boxes inside a picture of 40 x 90", lambda: regressed(proposals, d, (40, 90)), wanted
)
P = numbers([[10, 10, 30, 20], [2, 3, 3, 5], [70, 20, 80, 38], [5, 25, 25, 35]])
P = torch.cat([P, numbers([[40, 30, 50, 38], [80, 5, 88, 15]])])
d = numbers([[-1, 0.5, math.log(2), 0], [20, 9, 7, 9], [0.5, 1, 0, 0.3], [0, 1, 0, 0.5]])
d = torch.cat([d, numbers([[0, 3, 0, 0], [2, 0, 0, 0]])])
clipped = numbers(
    [[0, 15, 20, 25], [0, 0, 53.75, 40], [75, 47 - 9 * math.exp(0.3), 85, 40]]
)
below_and_right = numbers(
    [[5, 40 - 5 * math.exp(0.5), 25, 40], [40, 40, 50, 40], [90, 5, 90, 15]]
)
check.close(
    "boxes that leave the picture",
    lambda: regressed(P, d, (40, 90)),
    torch.cat([clipped, below_and_right]),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

for height, width in ((50, 120), (120, 50)):
    rng = torch.default_generator
    P, d = some_boxes(rng, 9, width, height), normal(rng, 9, 4)
    d[:3, 2:] += 4
    P[4], d[4, :2] = numbers([1, 1, 4, 3]), 5 + 3 * uniform(rng, 2)
    P[5], d[5, 2:] = numbers([20, 20, 20.4, 20.6]), 5 + uniform(rng, 2)
    d[5, :2] /= 9
    boxes = [regressed(P, d / 9, (height, width)), regressed(P, d, (height, width))]
    seal(f"a picture of {height} x {width}, and the inputs afterwards", [*boxes, P, d])
one = regressed(P[:1], d[:1], (50, 120))
seal("no proposals, and one", [regressed(P[:0], d[:0], (50, 120)), one])
### END HIDDEN TESTS

# %% [markdown]
# ## 11.2 The gradient of GIoU
# *Derive · 3 points · effort ●●● · about 25 minutes*
#
# Of two boxes $a$ and $b$ let $I$ be the area of the intersection, $U$ that of the union and $H$ that of the smallest enclosing box. Then
#
# $$ \text{GIoU} = \frac IU - \frac{H - U}{H} . $$
#
# Derive its gradient with respect to the four corners of $a$ and give it as code, row by row for $n$ pairs. No automatic differentiation, and no differences of GIoU values: work it out. All boxes have an area, and no coordinate of $a$ equals one of $b$, however close they are, so that no kink is met. Then look at a pair that does not overlap: which of the terms is left, and what would the gradient of IoU be there?
#
# <details><summary>Hint</summary>
#
# $U = |a| + |b| - I$. Each of $|a|$, $I$ and $H$ is a product of a length along $x$ and one along $y$. A corner of $a$ moves the length of $I$ only where it is the inner one of the two, and that of $H$ only where it is the outer one. And where the boxes do not overlap, $I$ is 0 and stays 0.
#
# </details>


# %% pairwise
def paired_giou(a: Tensor, b: Tensor) -> Tensor:
    """For the check: GIoU of row i with row i.   a, b: (n, 4) -> (n,)"""

    def size(low: Tensor, high: Tensor) -> Tensor:
        return (high - low).clamp(min=0).prod(dim=1)

    (low_a, high_a), (low_b, high_b) = a.split(2, dim=1), b.split(2, dim=1)
    I = size(low_a.maximum(low_b), high_a.minimum(high_b))
    U = size(low_a, high_a) + size(low_b, high_b) - I
    H = size(low_a.minimum(low_b), high_a.maximum(high_b))
    return I / U - (H - U) / H


# %% giou_gradient
def giou_gradient(a: Tensor, b: Tensor) -> Tensor:
    """a, b: (n, 4) -> dGIoU/da (n, 4)"""
    ### BEGIN SOLUTION
    (low_a, high_a), (low_b, high_b) = a.split(2, dim=1), b.split(2, dim=1)
    own = high_a - low_a
    inner = high_a.minimum(high_b) - low_a.maximum(low_b)
    inner = inner * (inner > 0).all(dim=1, keepdim=True)  # 0 where they do not overlap
    outer = high_a.maximum(high_b) - low_a.minimum(low_b)
    area, I, H = (sides.prod(dim=1, keepdim=True) for sides in (own, inner, outer))
    U = area + (high_b - low_b).prod(dim=1, keepdim=True) - I
    own, inner, outer = own.flip(1), inner.flip(1), outer.flip(1)  # the other length
    dI = torch.cat([-inner * (low_a > low_b), inner * (high_a < high_b)], dim=1)
    dH = torch.cat([-outer * (low_a < low_b), outer * (high_a > high_b)], dim=1)
    dU = torch.cat([-own, own], dim=1) - dI
    return dI / U - I * dU / U**2 + dU / H - U * dH / H**2
    ### END SOLUTION


# %% test_giou_gradient points=3
rng = torch.Generator().manual_seed(112)
a, b = some_boxes(rng, 40, 9, 5), some_boxes(rng, 40, 9, 5)
apart = (iou(a, b).diag() == 0).nonzero()[:3, 0]
meets = (iou(a, b).diag() > 0).nonzero()[:4, 0]
a, b = (box[torch.cat([apart, meets])] for box in (a, b))
a = torch.cat([a, numbers([[2, 1, 8, 4.5], [3, 2, 4, 3], [1, 1, 3, 2]])]).requires_grad_()
b = torch.cat([b, numbers([[3, 2, 4, 3], [2, 1, 8, 4.5], [3.4, 1.5, 5, 4]])])
near = [1 + 1e-12, 2 - 1e-12, 4 + 1e-12, 4 - 1e-12]  # as good as equal, and yet not
a = torch.cat([a.detach(), numbers([[1, 2, 4, 4]])]).requires_grad_()
b = torch.cat([b, numbers([near])])
gradient = torch.autograd.grad(paired_giou(a, b).sum(), a)[0]
check.close(
    "pairs that overlap or not, one around the other, and close by",
    lambda: giou_gradient(a.detach(), b),
    gradient,
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd")
rng = torch.default_generator
a, b = some_boxes(rng, 60, 20, 13), some_boxes(rng, 60, 20, 13)
b[:5] = a[:5] + 1e-12 * numbers([1, -1, 1, -1])  # close to a kink on all four sides
seal("sixty pairs, and the inputs afterwards", [giou_gradient(a, b), a, b])
b = a + torch.tensor([1.0, -1.0, -1.0, 1.0]).double() * (0.1 + uniform(rng, 60, 4)) / 3
seal("corners inside and outside by turns", giou_gradient(a, b))
b = a + 30 * (1 + uniform(rng, 60, 1))
seal("all apart along both axes", [giou_gradient(a, b), giou_gradient(b, a)])
### END HIDDEN TESTS

# %% [markdown]
# ## 11.3 A crop and its boxes
# *Write · 2 points · effort ●● · about 15 minutes*
#
# A random crop augments a training picture, and its boxes have to follow. Given the boxes of a picture and the window that is cut out of it, give the boxes in the pixels of the crop (its upper left corner is the origin), clipped to it, and their labels, in the order in which they came:
#
# - A box stays if at least the share `least` of its own area lies in the window.
# - Whatever `least` is, what is left of a box must have an area; a box that came in with a side of 0 or less is dropped.
# - If none stays, the boxes have shape (0, 4) and the labels (0,).
#
# <details><summary>Hint</summary>
#
# Clip each corner to the window with `maximum` and `minimum`, then compare two areas. The product of two negative sides is positive.
#
# </details>


# %% cropped
def cropped(
    boxes: Tensor, labels: Tensor, window: tuple[float, float, float, float], least: float
) -> tuple[Tensor, Tensor]:
    """boxes: (n, 4), labels: (n,), window: (x1, y1, x2, y2) -> boxes (k, 4), labels (k,)"""
    ### BEGIN SOLUTION
    x1, y1, x2, y2 = window
    low, high = boxes.new_tensor([x1, y1, x1, y1]), boxes.new_tensor([x2, y2, x2, y2])
    inside = boxes.maximum(low).minimum(high) - low
    left, whole = (b[:, 2:] - b[:, :2] for b in (inside, boxes))
    stays = (left.prod(dim=1) >= least * whole.prod(dim=1)) & (left > 0).all(dim=1)
    return inside[stays], labels[stays]
    ### END SOLUTION


# %% test_cropped points=2
boxes = numbers(
    [
        [12, 8, 30, 20],  # whole
        [0, 0, 14, 12],  # a small part
        [28, 10, 48, 19],  # 0.6 of it
        [2, 7, 9, 11],  # outside
        [6, 3, 50, 30],  # around the window
        [40, 5, 44, 9],  # it touches the window
        [20, 18, 16, 15],  # both sides negative
        [25, 10, 25, 15],  # no width
        [38, 19, 48, 30],  # a corner
        [39.5, 12, 45, 20],  # half a pixel of it
    ]
)
labels, window = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6, 8, 7]), (10, 5, 40, 21)
part = numbers(
    [
        [2, 3, 20, 15],
        [0, 0, 4, 7],
        [18, 5, 30, 14],
        [0, 0, 30, 16],
        [28, 14, 30, 16],
        [29.5, 7, 30, 15],
    ]
)
for least, stays in ((0, [0, 1, 2, 3, 4, 5]), (0.5, [0, 2]), (0.6, [0, 2]), (0.7, [0])):
    check.close(
        f"boxes and labels that stay with at least {least}",
        lambda: cropped(boxes, labels, window, least),
        (part[stays], torch.tensor([3, 1, 4, 5, 8, 7])[stays]),
    )
check.close(
    "a window that is higher than wide",
    lambda: cropped(numbers([[2, 15, 12, 22]]), labels[4:5], (1, 3, 7, 26), 0.5),
    (numbers([[1, 12, 6, 19]]), labels[4:5]),
)
check.close(
    "nothing there",
    lambda: cropped(boxes[:0], labels[:0], window, 0.5),
    (numbers([]).reshape(0, 4), labels[:0]),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

right, down = torch.randint(0, 9, (2,)).tolist()
half = numbers([[0, 3, 8, 9], [5, 4, 9, 6], [1, 0, 9, 5], [3, 3, 5, 5], [0, 0, 5, 3]])
half, frame = (
    half + numbers([right, down] * 2),
    (4 + right, 2 + down, 20 + right, 14 + down),
)
halves = [*cropped(half, torch.arange(5), frame, 0.5), half]
rng = torch.default_generator
for window, least in (
    ((7.5, 3, 21, 19.5), 0.3),
    ((0, 10, 33, 14), 0.05),
    ((3, 2, 12, 18), 0.6),
):
    boxes, labels = some_boxes(rng, 30, 33, 20), torch.randint(0, 9, (30,))
    boxes[3] = boxes[3, [2, 3, 0, 1]]  # both sides negative
    boxes[7, 2] = boxes[7, 0]
    stays, names = cropped(boxes, labels, window, least)
    every = cropped(boxes, labels, window, 0)
    seal(
        f"window {window}, and the inputs afterwards",
        [stays, names, *every, boxes, labels, *halves],
    )
nothing, all_there = (
    cropped(boxes[9:], labels[9:], window, 0)
    for window in ((-9, -9, -2, -1), (0, 0, 33, 20))
)
seal("none stays, and all do", [*nothing, *all_there])
### END HIDDEN TESTS

# %% [markdown]
# ## 11.4 RoIAlign
# *Write · 3 points · effort ●●● · about 25 minutes*
#
# RoI pooling rounds twice to whole cells of the feature map: the box, and then its bins. **RoIAlign** (He et al., 2017) rounds nothing. For a feature map $A$ $(K, h, w)$ and a box in pixels of the picture:
#
# - Divide the box by the stride. In these units, cells, the number $A_{kij}$ belongs to the middle of its cell, the place $x = j + \frac12$, $y = i + \frac12$.
# - Divide the box into `rows` x `columns` equal bins, and each bin into $s \times s$ equal parts. In the middle of each part the map is read off by **bilinear interpolation** between the four nearest middles of cells. A place beyond the outermost middles is first moved to the nearest place between them: $x$ to at least $\frac12$ and at most $w - \frac12$, and so for $y$.
# - A bin's value is the mean of its $s^2$ numbers.
#
# Boxes need not lie on whole pixels, and may be smaller than a cell. No boxes give a tensor of shape (0, K, rows, columns).
#
# <details><summary>Hint</summary>
#
# `F.grid_sample` interpolates: its coordinates run from -1 to 1, with `align_corners=False` from the outer edge of the first cell to that of the last, and `padding_mode="border"` is what is asked for. By hand: clamp the places, take `floor`, and weight four numbers.
#
# </details>


# %% roi_align
def roi_align(
    A: Tensor, boxes: Tensor, stride: int, size: tuple[int, int], s: int
) -> Tensor:
    """A: (K, h, w), boxes: (n, 4) in pixels, size: (rows, columns) -> (n, K, rows, columns)"""
    ### BEGIN SOLUTION
    (K, h, w), (rows, columns) = A.shape, size
    found = [A.new_zeros(0, K, rows, columns)]
    for x1, y1, x2, y2 in (boxes / stride).tolist():
        x = x1 + (x2 - x1) * (torch.arange(columns * s, dtype=A.dtype) + 0.5) / (
            columns * s
        )
        y = y1 + (y2 - y1) * (torch.arange(rows * s, dtype=A.dtype) + 0.5) / (rows * s)
        grid = torch.stack(
            torch.meshgrid(2 * x / w - 1, 2 * y / h - 1, indexing="xy"), dim=2
        )
        read = F.grid_sample(
            A[None], grid[None], padding_mode="border", align_corners=False
        )
        found.append(F.avg_pool2d(read, s))
    return torch.cat(found)
    ### END SOLUTION


# %% test_roi_align points=3
i, j = torch.arange(6).double()[:, None] + 0.5, torch.arange(9).double() + 0.5
ramp = torch.stack([3 * j - 2 * i, i * j, 0.3 * i * j - j + 4])  # (3, 6, 9)
box = numbers([[12, 10, 60, 34], [9, 14, 13, 17]])
y, x = numbers([14, 22, 30]) / 8, numbers([18, 30, 42, 54]) / 8
y = torch.stack([y, numbers([14.5, 15.5, 16.5]) / 8])[:, :, None]  # middles of the bins
x = torch.stack([x, numbers([9.5, 10.5, 11.5, 12.5]) / 8])[:, None]
check.close(
    "maps that are linear along each axis: their value in the middle of each bin",
    lambda: roi_align(ramp, box, 8, (3, 4), 2),
    torch.stack([3 * x - 2 * y, x * y, 0.3 * x * y - x + 4], dim=1),
)
bent = ((j - 4.5).abs() + 2 * (i - 2.5).abs())[None]
check.close(
    "a map with a kink, and a box that leaves it: 1, 2 and 3 points along each side",
    lambda: [
        roi_align(bent, numbers([[2, 1, 38, 29]]), 4, (2, 3), s)[0, 0] for s in (1, 2, 3)
    ],
    [
        numbers([[3.5, 1.5, 4.5], [8.5, 6.5, 9.5]]),
        numbers([[4.25, 2.5, 5.125], [7.625, 5.875, 8.5]]),
        numbers([[4.388889, 2.722222, 5.222222], [7.722222, 6.055556, 8.555556]]),
    ],
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for K, h, w, stride, size, s in (
    (2, 7, 5, 4, (3, 2), 2),
    (3, 4, 11, 16, (1, 5), 3),
    (1, 9, 8, 2, (4, 3), 1),
):
    A, boxes = normal(rng, K, h, w), some_boxes(rng, 4, w * stride, h * stride)
    boxes[0] += torch.tensor([-1.0, -1.0, 1.0, 1.0]).double() * stride * 2
    boxes[1, 2:] = boxes[1, :2] + 0.4 * stride
    Y = roi_align(A, boxes, stride, size, s)
    seal(f"{K} maps of {h} x {w}, and the inputs afterwards", [Y, A, boxes])
seal(
    "no boxes, and one",
    [roi_align(A, boxes[:0], 2, (4, 3), 2), roi_align(A, boxes[2:3], 2, (4, 3), 2)],
)
### END HIDDEN TESTS

# %% [markdown]
# ## 11.5 Beyond the border of the cell
# *Derive · 2 points · effort ●● · about 15 minutes*
#
# With $b_x = c_x + \sigma(t_x)$ a centre on the border of its cell needs an infinite $t_x$, and $b_w = p_w e^{t_w}$ has no upper end. YOLOv5 decodes otherwise: in cells, with the stride $s$,
#
# $$ \frac{x}{s} = c_x + 2 \sigma(t_x) - \tfrac12, \qquad \frac{y}{s} = c_y + 2 \sigma(t_y) - \tfrac12, \qquad w = p_w \big(2 \sigma(t_w)\big)^2, \qquad h = p_h \big(2 \sigma(t_h)\big)^2 $$
#
# where $(x, y)$ is the centre in pixels, $w, h$ and the anchor's $p_w, p_h$ are in pixels, and $c = (c_x, c_y)$ is the (column, row) of the cell. Derive $t$ from the box, for row $i$ of boxes, cells and anchors. Not every cell and anchor can give every box: also say which rows **can be reached** by finite $t$. In the others all four $t$ are 0. Then count: how many cells can predict one centre, and how large may a box become beside its anchor?
#
# <details><summary>Hint</summary>
#
# Solve each equation for $\sigma(t)$. A sigmoid lies strictly between 0 and 1; `torch.logit` turns it round.
#
# </details>


# %% later_decoding
def later_boxes(t: Tensor, cells: Tensor, anchors: Tensor, stride: int) -> Tensor:
    """For the check: the boxes by the formulas above.   t: (n, 4), cells, anchors: (n, 2) -> (n, 4)"""
    centre = (cells + 2 * t[:, :2].sigmoid() - 0.5) * stride
    sides = anchors * (2 * t[:, 2:].sigmoid()) ** 2
    return torch.cat([centre - sides / 2, centre + sides / 2], dim=1)


# %% later_encoding
def later_encoding(
    boxes: Tensor, cells: Tensor, anchors: Tensor, stride: int
) -> tuple[Tensor, Tensor]:
    """boxes: (n, 4), cells: (n, 2) as (column, row), anchors: (n, 2) -> t (n, 4), reached (n,) bool"""
    ### BEGIN SOLUTION
    first, last = boxes[:, :2], boxes[:, 2:]
    places = ((first + last) / (2 * stride) - cells + 0.5) / 2
    shares = torch.cat([places, ((last - first) / anchors).sqrt() / 2], dim=1)
    reached = ((shares > 0) & (shares < 1)).all(dim=1)
    return torch.logit(torch.where(reached[:, None], shares, 0.5)), reached
    ### END SOLUTION


# %% test_later_encoding points=2
rng = torch.Generator().manual_seed(115)
t, cells = normal(rng, 7, 4), torch.randint(0, 9, (7, 2), generator=rng)
t[4, 0], t[5, 3] = 5, -4.5  # close to the ends
anchors = 5 + 30 * uniform(rng, 7, 2)
check.close(
    "t again, from boxes that were decoded",
    lambda: later_encoding(later_boxes(t, cells, anchors, 8), cells, anchors, 8),
    (t, torch.ones(7, dtype=torch.bool)),
)
# the first centre: (32, 35), in cells of 8: (4, 4.375)
box = numbers([[20, 30, 44, 40]] * 8 + [[20, 32, 44, 40]])
cells = [[4, 4], [3, 4], [5, 4], [2, 4], [4, 3], [3, 5], [4, 4], [4, 4], [4, 5]]
cells = torch.tensor(cells)
anchors = numbers([[24, 10]] * 6 + [[6, 10], [24, 2.4], [24, 8]])
logits = math.log(3), math.log(0.4375 / 0.5625), math.log(0.9375 / 0.0625)
rows = [
    [-logits[0], logits[1], 0, 0],
    [logits[0], logits[1], 0, 0],
    [-logits[0], logits[2], 0, 0],
]
expected = torch.zeros(9, 4).double()
expected[[0, 1, 4]] = numbers(rows)
check.close(
    "nine boxes, cells and anchors, and which can be reached",
    lambda: later_encoding(box, cells, anchors, 8),
    (expected, torch.tensor([True, True, False, False, True, *[False] * 4])),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

at = torch.randint(2, 9, (5, 2))
ends = numbers(
    [[12, 4, 36, 36], [20, 12, 36, 36], [14, 11, 35, 31], [14, 8, 34, 32], [14, 8, 34, 32]]
)
ends, shift = (
    ends + 16 * torch.cat([at, at], dim=1),
    torch.tensor([[2, 1], [1, 0], [1, 1], [2, 0], [0, 1]]),
)
widths = numbers([[24, 8], [4, 24], [20, 20], [20, 24], [20, 24]])
found = [*later_encoding(ends, at + shift, widths, 16), ends]
rng = torch.default_generator
for stride, n in ((16, 40), (5, 30)):
    boxes, anchors = (
        some_boxes(rng, n, 9 * stride, 6 * stride),
        (1 + 5 * uniform(rng, n, 2)) * stride,
    )
    middle = (boxes[:, :2] + boxes[:, 2:]) / (2 * stride)
    cells = middle.long() + torch.randint(-1, 2, (n, 2))
    boxes[0] += ((cells[0] - 0.49 - middle[0]) * stride).repeat(2)  # close to the end
    anchors[0] = (boxes[0, 2:] - boxes[0, :2]) / (1 + uniform(rng, 2))
    t, reached = later_encoding(boxes, cells, anchors, stride)
    seal(
        f"stride {stride}, and the inputs afterwards",
        [t, reached, boxes, cells, anchors, *found],
    )
t = normal(rng, 9, 4)
seal(
    "there and back",
    later_encoding(later_boxes(t, cells[:9], anchors[:9], 5), cells[:9], anchors[:9], 5),
)
### END HIDDEN TESTS

# %% [markdown]
# ## 11.6 Focal loss with ignored predictions
# *Find the bug · 2 points · effort ●● · about 15 minutes*
#
# Of the thousands of predictions of a one-stage detector a few hold an object. RetinaNet (Lin et al., 2017) weights the many easy ones down with the **focal loss**. With $p = \sigma(z)$, and $p_t = p$ where the target $y$ is 1, $p_t = 1 - p$ where it is 0,
#
# $$ L = \frac{1}{\max(N_1, 1)} \sum_{y \neq -1} -\alpha_t\, (1 - p_t)^\gamma \ln p_t, \qquad \alpha_t = \alpha \text{ for } y = 1, \quad 1 - \alpha \text{ for } y = 0 . $$
#
# Predictions with $y = -1$ are ignored: they overlap an object and are not responsible for it. $N_1$ counts those with $y = 1$. The loss stays finite for logits of any size. The next cell has **three faults**. Write the function without them.
#
# <details><summary>Hint</summary>
#
# What does the loss weigh an empty prediction with? By what is it divided? And what is $\ln p_t$ for a logit of 800 where no object is? `F.logsigmoid` knows.
#
# </details>


# %% faulty_focal
def faulty_focal_loss(z: Tensor, y: Tensor, alpha: float, gamma: float) -> Tensor:
    """The focal loss, with three faults."""
    p = z.sigmoid()
    p_t = torch.where(y == 1, p, 1 - p)
    losses = -alpha * (1 - p_t) ** gamma * p_t.log()
    return losses[y != -1].mean()


# %% focal_loss
def focal_loss(z: Tensor, y: Tensor, alpha: float, gamma: float) -> Tensor:
    """z: (n, m) logits, y: (n, m) of 1, 0 and -1 -> ()"""
    ### BEGIN SOLUTION
    positive = y == 1
    signed = torch.where(positive, z, -z)  # p_t is its sigmoid
    losses = -((-signed).sigmoid() ** gamma) * F.logsigmoid(signed)
    losses = torch.where(positive, alpha * losses, (1 - alpha) * losses)
    return losses[y != -1].sum() / positive.sum().clamp(min=1)
    ### END SOLUTION


# %% test_focal_loss points=2
z = numbers([[2.0, -1.0, 0.5, -3.0, 1.5], [-0.7, 4.0, 0.1, -2.0, 0.9]])
y = torch.tensor([[1, 0, 0, 0, -1], [0, -1, 1, 0, 1]])
p = z.sigmoid()
wins = [0.3 * (1 - q) ** 1.5 * -q.log() for q in p[y == 1]]
empty = [0.7 * q**1.5 * -(1 - q).log() for q in p[y == 0]]
check.close("ten predictions", lambda: focal_loss(z, y, 0.3, 1.5), sum(wins + empty) / 3)
no_object, far = y.clamp(max=0), numbers([[800.0, -900.0, 60.0]])
check.close(
    "no object; nothing but ignored ones; gamma 0",
    lambda: [
        focal_loss(z, no_object, 0.3, 1.5),
        focal_loss(z, y * 0 - 1, 0.3, 1.5),
        focal_loss(z, y, 0.3, 0.0),
    ],
    [
        sum(0.7 * q**1.5 * -(1 - q).log() for q in p[no_object == 0]),
        numbers(0.0),
        -(0.3 * p[y == 1].log().sum() + 0.7 * (1 - p[y == 0]).log().sum()) / 3,
    ],
)
check.close(
    "logits of 800, -900 and 60",
    lambda: focal_loss(far, torch.tensor([[0, 1, 0]]), 0.3, 2.0),
    numbers(0.7 * 800 + 0.3 * 900 + 0.7 * 60),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
far = numbers([[-700.0, 900.0, 3.0, 800.0]]) * (1 + uniform(rng, 1, 4))
far_away = focal_loss(far, torch.tensor([[1, 0, -1, 1]]), 0.2, 1.0)
for n, m, alpha, gamma in ((3, 20, 0.25, 2.0), (5, 7, 0.6, 0.5), (2, 30, 0.1, 3.5)):
    z, y = 2 * normal(rng, n, m), torch.randint(-1, 2, (n, m))
    y[0, :3] = torch.tensor([1, 0, -1])
    losses = [focal_loss(z, y, alpha, gamma), focal_loss(60 * z, y, alpha, gamma)]
    losses.append(focal_loss(z, y.clamp(max=0), alpha, gamma))
    seal(
        f"{n} x {m} predictions, gamma {gamma}, and the inputs afterwards",
        [*losses, far_away, z, y],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 11.7 Soft-NMS, class by class
# *Write · 2 points · effort ●● · about 20 minutes*
#
# NMS throws a box away because it overlaps a better one, and an object that stands close to another is lost with it. **Soft-NMS** (Bodla et al., 2017) lowers the score instead:
#
# - Take the box with the highest score of all that are left. If its score is below `least`, stop.
# - Keep it with the score that it has now.
# - Multiply the score $s_i$ of each box left **of the same class** by $e^{-\text{IoU}^2/\sigma}$, with its IoU with the box just taken. Repeat.
#
# Give the indices of the kept boxes in the order in which they were taken, and their scores. Of equal scores the lower index comes first. `least` is above 0. `iou` stands in the first cell. With no boxes both results are empty: (0,).
#
# <details><summary>Hint</summary>
#
# The classes do not act on one another, but they share the order. `argmax` gives the first of several largest values; mark what was taken with a score of -1.
#
# </details>


# %% soft_nms
def soft_nms(
    boxes: Tensor, scores: Tensor, labels: Tensor, sigma: float, least: float
) -> tuple[Tensor, Tensor]:
    """boxes: (n, 4), scores: (n,), labels: (n,) int64 -> indices (k,) int64, scores (k,)"""
    ### BEGIN SOLUTION
    same = labels[:, None] == labels
    factors = torch.where(same, (-(iou(boxes, boxes) ** 2) / sigma).exp(), 1.0)
    left, kept, final = scores.clone(), [], []
    for _ in range(len(boxes)):
        best = int(left.argmax())
        if left[best] < least:
            break
        kept.append(best)
        final.append(float(left[best]))
        left = left * factors[best]
        left[best] = -1
    return torch.tensor(kept, dtype=torch.long), torch.tensor(final, dtype=scores.dtype)
    ### END SOLUTION


# %% test_soft_nms points=2
boxes = [[20, 10, 30, 20], [0, 0, 10, 10], [2, 0, 12, 10], [0, 2, 10, 12], [20, 10, 30, 20]]
boxes = numbers([*boxes, [22, 10, 32, 20], [40, 3, 50, 9]])
scores = numbers([0.5, 0.6, 0.9, 0.58, 0.5, 0.2, 0.1])
labels = torch.tensor([1, 0, 0, 2, 0, 1, 2])
f = {n: math.exp(-((n / (20 - n)) ** 2) / 0.5) for n in (8,)}  # IoU 8/12
check.close(
    "seven boxes of three classes",
    lambda: soft_nms(boxes, scores, labels, 0.5, 0.1),
    (torch.tensor([2, 3, 0, 4, 1, 6]), numbers([0.9, 0.58, 0.5, 0.5, 0.6 * f[8], 0.1])),
)
chain = numbers(
    [[4, 0, 14, 10], [0, 0, 10, 10], [2, 0, 12, 10], [5, 0, 15, 10], [30, 0, 36, 9]]
)
chances = numbers([0.7, 0.8, 0.75, 0.4, 0.9])
g = {n: math.exp(-((n / (20 - n)) ** 2) / 0.4) for n in (5, 6, 7, 8, 9)}
check.close(
    "five of one class: each lowers all that are left",
    lambda: soft_nms(chain, chances, labels[:1].repeat(5), 0.4, 0.01),
    (
        torch.tensor([4, 1, 0, 2, 3]),
        numbers([0.9, 0.8, 0.7 * g[6], 0.75 * g[8] * g[8], 0.4 * g[5] * g[9] * g[7]]),
    ),
)
check.close(
    "no boxes",
    lambda: soft_nms(boxes[:0], scores[:0], labels[:0], 0.5, 0.2),
    (labels[:0], scores[:0]),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, sigma, least in ((25, 0.5, 0.05), (18, 0.2, 0.3), (30, 1.5, 0.001)):
    boxes, scores = some_boxes(rng, n, 12, 9), uniform(rng, n)
    scores[3], boxes[3] = scores[8], boxes[8]
    labels = torch.randint(0, 3, (n,))
    labels[3] = labels[8]
    boxes[5], scores[5] = boxes[5] + 30, least  # far away: it is lowered by none
    found = soft_nms(boxes, scores, labels, sigma, least)
    seal(
        f"{n} boxes, sigma {sigma}, and the inputs afterwards",
        [*found, boxes, scores, labels],
    )
none, some = (soft_nms(boxes, scores / n, labels, 0.5, 0.2) for n in (9, 2))
empty = soft_nms(boxes[:0], scores[:0], labels[:0], 0.5, 0.2)
seal("all below, some, and no boxes", [*none, *some, *empty])
### END HIDDEN TESTS

# %% [markdown]
# ## 11.8 What leaves the average precision as it is
# *Predict · 2 points · effort ●● · about 10 minutes*
#
# A detector was run on a test set, and its average precision for one class was computed as in the chapter: IoU at least 0.5, the area under the interpolated curve. The objects of the class lie far apart, so that no detection overlaps two of them, and no two scores are equal. Now one thing is changed and the average precision computed again:
#
# | | change |
# |---|---|
# | A | every score is replaced by its square |
# | B | every detection gets a copy with half its score |
# | C | every detection gets a copy, and all copies have scores below the lowest one |
# | D | detections with scores below 0.5 are removed |
# | E | a picture without objects and without detections is added |
# | F | a picture without objects and with one detection is added |
# | G | all pictures are enlarged to twice the size, with all boxes |
# | H | in each picture, the scores are divided by the highest of the picture |
# | I | the list of detections is shuffled |
# | J | every detected box is made one tenth wider, about its centre |
#
# Predict **the five that leave it as it is**, whatever the detector and the pictures are, and give their letters as a list of texts, in any order. Whether they are right is only judged after handing in; then try the ten with the chapter's `average_precision`.
#
# <details><summary>Hint</summary>
#
# The average precision depends on the order of all detections of the whole test set, and on which of them are hits. What becomes of the interpolated precision at a recall that was reached, if a miss is added at the very end of the order?
#
# </details>


# %% unchanged
def unchanged() -> list[str]:
    """The letters of the five changes that leave the average precision as it is."""
    ### BEGIN SOLUTION
    return ["A", "C", "E", "G", "I"]
    ### END SOLUTION


# %% test_unchanged points=2
check.chosen("five of A to J", lambda: unchanged(), "ABCDEFGHIJ", count=5)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import choice, seal

seal("the five letters", list(unchanged()), rule=choice(*"ABCDEFGHIJ", count=5))
### END HIDDEN TESTS

# %% [markdown]
# ## 11.9 One box of many
# *Go beyond · 2 points · effort ●●● · about 30 minutes*
#
# A detector without any suppression gave a crowd of boxes. In each scene, 3 to 5 objects of one class stand apart from one another; for each there are 5 to 10 boxes, whose corners miss the true ones by normal noise with a standard deviation of 2.5 pixels. Four more boxes are there for nothing. Scores lie between 0.4 and 1 for boxes of objects and between 0.1 and 0.8 for the others, and say nothing about how well a box fits.
#
# Give one box for each object, by any method. The measure: on a grid of points over the scene, the share of the points that lie **in as many of your boxes as of the true ones**; doubled, missing and shifted boxes all lower it. Over 30 scenes **at least 93.5 %** of the points must be right, here and for fresh scenes after handing in. The chapter's NMS with its threshold and the least score tuned stays below 92.5 %.
#
# <details><summary>Hint</summary>
#
# Look at a scene: draw the raw boxes, those that your first method keeps, and the true ones. Is it their number that is wrong, or their places? Which of the two costs more points?
#
# </details>


# %% crowds
def crowd(seed: int | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """For the check: one scene.   -> boxes (n, 4), scores (n,), and the true boxes (k, 4)"""
    rng = torch.default_generator if seed is None else torch.Generator().manual_seed(seed)
    k = int(torch.randint(3, 6, (), generator=rng))
    place = torch.randperm(6, generator=rng)[:k]
    corner = torch.stack([place % 3, place // 3], dim=1) * 40 + 2 + 10 * uniform(rng, k, 2)
    objects = torch.cat([corner, corner + 20 + 14 * uniform(rng, k, 2)], dim=1)
    each = torch.randint(5, 11, (k,), generator=rng)
    boxes = objects.repeat_interleave(each, dim=0)
    boxes = boxes + 2.5 * normal(rng, len(boxes), 4)
    stray = uniform(rng, 4, 2) * numbers([90.0, 55.0])
    stray = torch.cat([stray, stray + 10 + 20 * uniform(rng, 4, 2)], dim=1)
    scores = torch.cat([0.4 + 0.6 * uniform(rng, len(boxes)), 0.1 + 0.7 * uniform(rng, 4)])
    order = torch.randperm(len(scores), generator=rng)
    return torch.cat([boxes, stray])[order], scores[order], objects


def covers(boxes: Tensor) -> Tensor:
    """For the check: how many boxes each point of a grid lies in.   (k, 4) -> (43, 63)"""
    x, y = torch.arange(1, 126, 2), torch.arange(1, 86, 2)[:, None]
    counts = torch.zeros(43, 63)
    for x1, y1, x2, y2 in boxes.tolist():
        counts += (x > x1) & (x < x2) & (y > y1) & (y < y2)
    return counts


# %% fused
def fused(boxes: Tensor, scores: Tensor) -> Tensor:
    """boxes: (n, 4), scores: (n,) -> one box for each object (k, 4)"""
    ### BEGIN SOLUTION
    found, left = [], torch.ones(len(boxes), dtype=torch.bool)
    overlap = iou(boxes, boxes)
    for best in scores.argsort(descending=True):
        near = left[best] & (overlap[best] > 0.3)
        if near.sum() >= 3:
            found.append(boxes[near].mean(dim=0))
        left = left & ~near
    return torch.stack(found)
    ### END SOLUTION


# %% test_fused points=2
crowds = [crowd(seed) for seed in range(30)]


def right(fuse) -> Tensor:
    """The share of points right, over all scenes."""
    same = [covers(fuse(b, s)) == covers(objects) for b, s, objects in crowds]
    return torch.stack(same).double().mean()


check.close(
    "share of points missing to 93.5 %",
    lambda: (0.935 - right(fused)).clamp(min=0),
    torch.tensor(0.0).double(),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import agree, seal

for part in ("first", "second"):
    fresh = [crowd() for _ in range(30)]
    seal(
        f"the {part} thirty scenes",
        torch.stack([covers(fused(b, s)) for b, s, _ in fresh]),
        rule=agree(0.935, target=torch.stack([covers(objects) for *_, objects in fresh])),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
