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
# # 11 Detection
#
# Chapter 9 found one object in a picture by predicting four numbers. The scenes below hold one to five, in any place and any size, and nobody says how many. A network has a fixed number of outputs; how can it answer with a list?
#
# Terms in bold are collected in the [glossary](glossary.md).

# %% [markdown]
# The answer of this chapter: a detector always puts out far more boxes than there are objects, each with a score. Rules decide what each of them is trained for, which ones stay, and how the list is judged. You build each of these rules, and a small YOLO that uses them.
#
# > **Study time** About 140 minutes. The core path, 90 minutes, is sections 11.1, 11.2, 11.8 to 11.12, 11.14 and 11.15; sections marked *going further* can wait.

# %%
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, pretrained, widgets
from course_utils.progress import progress

SEED = check.seed(11)

# %%
TRAIN, TEST = data.scenes(1500, SEED), data.scenes(300, SEED, part="test")
CLASSES = len(data.OBJECTS)  # C, the number of classes
print(f"{len(TRAIN.X)} scenes of {tuple(TRAIN.X.shape[1:])} with {sum(map(len, TRAIN.boxes))} objects: {', '.join(data.OBJECTS)}")  # fmt: skip


# %% tags=["hide-input"]
def framed(title: str, X: Tensor, boxes: Sequence[Tensor], more: Sequence[Tensor] = ()) -> plots.Figure:  # fmt: skip
    """Pictures in a row with boxes, others dashed in white.   X: (n, 3, s, s), boxes, more: n times (k, 4) corners"""
    fig, axes = plots.tiles(title, len(X), len(X), size=(7.2, 7.2 / len(X) + 0.35))
    for i, (ax, x) in enumerate(zip(axes, X, strict=True)):
        plots.image(ax, x)
        drawn = [(box, "-", "black") for box in boxes[i]]
        drawn += [(box, "--", "white") for box in (more[i] if len(more) else [])]
        for box, style, colour in drawn:
            left, top, right, bottom = (box - 0.5).tolist()
            sides = [left, right, right, left, left], [top, top, bottom, bottom, top]
            ax.plot(*sides, style, color=colour, linewidth=1.3)
        ax.set(xlim=(-0.5, x.shape[2] - 0.5), ylim=(x.shape[1] - 0.5, -0.5))
    return fig


plots.show(framed("scenes with their true boxes", TEST.X[:6], TEST.boxes[:6]),
           alt="Six coloured scenes with one to five ellipses, rectangles and triangles, each in a black box; some boxes overlap.")  # fmt: skip

# %% [markdown]
# ## 11.1 What does a detector have to find?
#
# **Object detection** finds each object of the given classes in a picture and gives its class, a box around it and a score, which is higher the surer the detector is. A **detection** is a triple of class, box and score. The number of objects is not known beforehand: a picture without objects has the empty list as its answer.

# %% [markdown]
# Two other tasks are easily confused with it. Semantic segmentation (chapter 10) gives each pixel a class and does not count objects. Instance segmentation, also of chapter 10, gives each object its own mask, the set of its pixels, so that two objects of one class stay apart. Detection needs no mask, only boxes. The lecture notes of Milano describe the combination of detection and semantic segmentation under the heading of detection; that is instance segmentation.

# %% [markdown]
# How much does a semantic map leave open? The next cell makes the true one for each scene and counts, for each class, its connected parts. The obvious way to count objects is to count these parts.


# %%
from scipy import ndimage


def parts(owners: Tensor, labels: Tensor) -> int:
    """Connected parts of the true semantic map, over all classes.   owners: (s, s), labels: (k,)"""
    semantic = torch.cat([torch.tensor([-1]), labels])[owners]  # (s, s): -1 is background
    return sum(int(ndimage.label((semantic == c).numpy())[1]) for c in range(CLASSES))


wrong = [parts(o, y) != len(y) for o, y in zip(TEST.owners, TEST.labels, strict=True)]
share = sum(wrong) / len(wrong)
few = sum(parts(o, y) < len(y) for o, y in zip(TEST.owners, TEST.labels, strict=True))
print(
    f"{sum(wrong)} of {len(wrong)} scenes have another number of parts than of objects, {few} of them fewer"
)
check.reaches(
    "scenes that a perfect semantic map miscounts", share, at_least=0.15, at_most=0.35
)

# %% tags=["hide-input"]
i = max(range(len(wrong)), key=lambda k: (wrong[k] and parts(TEST.owners[k], TEST.labels[k]) < len(TEST.labels[k])) * len(TEST.labels[k]))  # fmt: skip
semantic = torch.cat([torch.tensor([-1]), TEST.labels[i]])[TEST.owners[i]]
panels = [framed("detection", TEST.X[i : i + 1], [TEST.boxes[i]])]
for title, values, top in (("semantic segmentation", semantic + 1, CLASSES), ("instance segmentation", TEST.owners[i], 5)):  # fmt: skip
    fig, ax = plots.panel(title, size=(2.05, 2.3))
    plots.bare(ax).imshow(values, cmap="cividis", vmin=0, vmax=top)
    panels.append(fig)
panels[0].set_size_inches(2.2, 2.5)
plots.show(*panels, alt=["A scene with a box around each object.",
    "The same scene with one shade for each class: touching objects of one class form one region.",
    "The same scene with one shade for each object: they stay apart."])  # fmt: skip

# %% tags=["hide-input"]
widgets.choose(
    "Two overlapping rectangles have the same colour in a map. Which task is this the right answer to?",
    {
        "Semantic segmentation": True,
        "Instance segmentation": "There each object has a mask of its own, so the two would differ.",
        "Detection": "Its answer is a list of boxes with classes and scores, not a map.",
    },
    because="A semantic map gives each pixel its class. Which pixels belong to the same object it does not say.",
)

# %% [markdown]
# ## 11.2 How well does one box fit another?
#
# Chapter 9 measured it with the intersection over union. A detector compares many boxes with many, so here it is a matrix; and since a box can be written in two ways, the code says which it means. The **corner form** of a box is $(x_1, y_1, x_2, y_2)$: its left, upper, right and lower side. The **centre form** of a box is $(x, y, w, h)$: its centre, width and height. Units are pixels, $x$ to the right and $y$ down.

# %% [markdown]
# $$ \operatorname{IoU}(\mathbf a, \mathbf b) = \frac{|\mathbf a \cap \mathbf b|}{|\mathbf a| + |\mathbf b| - |\mathbf a \cap \mathbf b|} \tag{11.1} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf a, \mathbf b$ | `a`, `b` | boxes in corner form, $(n, 4)$ and $(m, 4)$ |
# | $\lvert\mathbf a\rvert$ | `area(a)` | areas, $(n,)$ |
# | $\lvert\mathbf a\cap\mathbf b\rvert$ | `shared(a, b)` | shared areas, $(n, m)$ |

# %% [markdown]
# Pixel $i$ covers the interval from $i$ to $i + 1$, so that a box has the width $x_2 - x_1$. Some programs store the last pixel instead and compute $x_2 - x_1 + 1$. Either will do; mixed, they give every box another size. Two conventions for bad input: a box of no area has the IoU 0 with every box, and a box with negative sides is refused.


# %%
def corners(b: Tensor) -> Tensor:
    """From (x, y, w, h) to (x1, y1, x2, y2).   (..., 4) -> (..., 4)"""
    centre, sides = b[..., :2], b[..., 2:]
    return torch.cat([centre - sides / 2, centre + sides / 2], dim=-1)


def centred(boxes: Tensor) -> Tensor:
    """From (x1, y1, x2, y2) to (x, y, w, h).   (..., 4) -> (..., 4)"""
    low, high = boxes[..., :2], boxes[..., 2:]
    return torch.cat([(low + high) / 2, high - low], dim=-1)


def area(boxes: Tensor) -> Tensor:
    """Areas, (..., 4) -> (...). Raises ValueError when a side is negative or not a number."""
    sides = boxes[..., 2:] - boxes[..., :2]
    if not (sides >= 0).all():
        raise ValueError("a box has a negative side; corner form is (x1, y1, x2, y2) with x1 <= x2 and y1 <= y2")  # fmt: skip
    return sides.prod(dim=-1)


# %%
def shared(a: Tensor, b: Tensor) -> Tensor:
    """Areas of the intersections.   a: (n, 4), b: (m, 4) -> (n, m)"""
    low = torch.maximum(a[:, None, :2], b[None, :, :2])
    high = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    return (high - low).clamp(min=0).prod(dim=-1)  # two negative sides would give an area


def divided(x: Tensor, y: Tensor) -> Tensor:
    """x / y, and 0 where y is 0."""
    return torch.where(y > 0, x / y.where(y > 0, torch.ones_like(y)), torch.zeros_like(x))


def iou(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union (eq. 11.1), 0 for boxes without area.   a: (n, 4), b: (m, 4) -> (n, m)"""
    both = shared(a, b)
    return divided(both, area(a)[:, None] + area(b) - both)


# %% tags=["hide-input"]
def by_pixels(a: Tensor, b: Tensor, size: int = 12) -> float:
    """The IoU of two boxes with whole corners, pixel by pixel."""
    both = either = 0
    for i in range(size):
        for j in range(size):
            inside = [box[0] <= j < box[2] and box[1] <= i < box[3] for box in (a.tolist(), b.tolist())]  # fmt: skip
            both, either = both + all(inside), either + any(inside)
    return both / either


a = torch.tensor([[1.0, 2, 6, 9], [0, 0, 4, 3], [7, 5, 11, 12]]).double()
b = torch.tensor([[3.0, 1, 8, 5], [8, 9, 10, 10]]).double()
check.close("IoU by counting", iou(a, b), torch.tensor([[by_pixels(p, q) for q in b] for p in a]).double())  # fmt: skip
check.close("there and back", corners(centred(a)), a)
check.close("a box without area", iou(a[:, [0, 1, 0, 1]], b), torch.zeros(3, 2).double())
check.close("no boxes", iou(a[:0], b), torch.zeros(0, 2).double())
check.raises("a negative side", ValueError, lambda: iou(a[:, [2, 1, 0, 3]], b))

# %% [markdown]
# **Break it.** Give the intersection the $+1$ of the other convention and leave the areas as they are. A box of 8×8 then has an IoU of 1.7 with itself, and boxes that only touch seem to overlap.


# %%
def iou_off_by_one(a: Tensor, b: Tensor) -> Tensor:
    low = torch.maximum(a[:, None, :2], b[None, :, :2])
    both = (
        (torch.minimum(a[:, None, 2:], b[None, :, 2:]) - low + 1).clamp(min=0).prod(dim=-1)
    )
    return both / (area(a)[:, None] + area(b) - both)


square, neighbour = torch.tensor([[0.0, 0, 8, 8]]), torch.tensor([[8.0, 0, 16, 8]])
print(f"with itself: {iou_off_by_one(square, square).item():.2f}")
check.close("touching boxes", iou(square, neighbour), torch.zeros(1, 1))
check.catches("+1 in one place", lambda: check.close("touching boxes", iou_off_by_one(square, neighbour), torch.zeros(1, 1)))  # fmt: skip

# %% tags=["hide-input"]
widgets.BoxOverlap()

# %% tags=["hide-input"]
widgets.predict(
    "Boxes in corner form: (0, 0, 4, 4) and (2, 0, 6, 2). What is their IoU?",
    answer=0.2,
    tolerance=0.005,
    because="They share 2 · 2 = 4 and cover 16 + 8 − 4 = 20: 4 / 20.",
    slips={
        "The shared part is counted twice in what both cover.": 4 / 24,
        "(2, 0, 6, 2) is 4 wide and 2 high: the last two numbers are sides of the box, not its width and height.": 8
        / 20,
    },
)

# %% [markdown]
# ## 11.3 What tells two boxes apart that do not touch?
#
# *Going further.*
#
# The IoU is 0 for all boxes apart, near or far, and so has no gradient there. The **generalised intersection over union** (GIoU, Rezatofighi et al. 2019) is the IoU minus the share of the smallest enclosing box that neither of the two covers.
#
# $$ \operatorname{GIoU}(\mathbf a, \mathbf b) = \operatorname{IoU}(\mathbf a, \mathbf b) - \frac{|\mathbf e| - |\mathbf a \cup \mathbf b|}{|\mathbf e|} \tag{11.2} $$
#
# with the enclosing box $\mathbf e$. It lies between −1 and 1, and $1 - \operatorname{GIoU}$ is used as a loss for boxes.


# %%
def giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised IoU (eq. 11.2).   a: (n, 4), b: (m, 4) -> (n, m)"""
    low = torch.minimum(a[:, None, :2], b[None, :, :2])
    high = torch.maximum(a[:, None, 2:], b[None, :, 2:])
    enclosing, both = (high - low).prod(dim=-1), shared(a, b)
    union = area(a)[:, None] + area(b) - both
    return divided(both, union) - divided(enclosing - union, enclosing)


first, second = torch.tensor([[0.0, 0, 2, 3]]), torch.tensor([[1.0, 1, 4, 2]])
check.close("by hand: 1/8 - (12 - 8) / 12", giou(first, second), torch.tensor([[2 / 16 - 4 / 12]]))  # fmt: skip
check.close("equal boxes", giou(first, first), torch.ones(1, 1))
check.close("far apart", giou(first, first + 1e4), -torch.ones(1, 1), atol=1e-3)
apart = (second + 9).requires_grad_()
print(f"gradient for boxes apart: IoU {torch.autograd.grad(iou(first, apart).sum(), apart)[0].abs().sum():.3f}, GIoU {torch.autograd.grad(giou(first, apart).sum(), apart)[0].abs().sum():.3f}")  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "Two boxes of side 1 touch at a corner: (0, 0, 1, 1) and (1, 1, 2, 2). What is their GIoU?",
    answer=-0.5,
    tolerance=0.01,
    because="They share nothing and cover 2; the enclosing box has the area 4. 0 − (4 − 2) / 4 = −0.5.",
    slips={
        "That is the IoU; the part of the enclosing box that neither covers is missing.": 0.0,
        "That subtracts the share outside the intersection; the share outside the union is meant.": -1.0,
    },
)

# %% [markdown]
# ## 11.4 How many windows would a classifier have to look at?
#
# *Going further.*
#
# An early answer to an unknown number of objects is the **sliding window**: a classifier looks at a window of fixed size at every position, and at every size and shape of interest. Each window becomes a detection if its score is high enough.

# %% [markdown]
# Its cost is the number of windows. A picture of $H \times W$ pixels has, at step $s$ and for window sides $(w, h)$ from a list of shapes,
#
# $$ N = \sum_{(w, h)} \left( \left\lfloor \frac{W - w}{s} \right\rfloor + 1 \right) \left( \left\lfloor \frac{H - h}{s} \right\rfloor + 1 \right) \tag{11.3} $$
#
# windows. The next cell counts both: how many windows there are, and how many of the objects have a window that fits.


# %%
def windows(H: int, W: int, shapes: Sequence[tuple[int, int]], step: int) -> Tensor:
    """All windows of the given (w, h), in corner form.   -> (N, 4), N as in eq. 11.3"""
    found = []
    for w, h in shapes:
        left, top = torch.arange(0, W - w + 1, step), torch.arange(0, H - h + 1, step)
        y, x = torch.meshgrid(top, left, indexing="ij")
        found.append(torch.stack([x, y, x + w, y + h], dim=-1).view(-1, 4))
    return torch.cat(found).float()


def recall(
    proposals: Sequence[Tensor], boxes: Sequence[Tensor], threshold: float = 0.5
) -> float:
    """Share of the objects that some box of their picture fits."""
    best = [iou(b, p).amax(dim=1) for p, b in zip(proposals, boxes, strict=True)]
    return (torch.cat(best) >= threshold).double().mean().item()


# %%
SIDES = {1: [18], 3: [10, 18, 30], 5: [9, 13, 18, 25, 34]}
print("sides of windows   number   recall at IoU 0.5")
for n, sides in SIDES.items():
    all_shapes = [(w, h) for w in sides for h in sides]
    W = windows(64, 64, all_shapes, 4)
    print(f"{n} x {n:<14} {len(W):7d}   {recall([W] * 300, TEST.boxes):.2f}")
count = sum(((64 - w) // 4 + 1) * ((48 - h) // 4 + 1) for w, h in [(10, 18), (30, 9)])
large = sum(((640 - w) // 8 + 1) * ((480 - h) // 8 + 1) for w in SIDES[5] for h in SIDES[5])
print(f"25 shapes in a picture of 640 x 480, at step 8: {large} windows")
check.close("the formula", len(windows(48, 64, [(10, 18), (30, 9)], 4)), count)

# %% [markdown]
# One shape of window fits less than half of the objects; nine shapes fit 99 % of them, with 1,225 windows in a picture of 64×64, and so they do for four other seeds. In a photograph of 640×480 the 25 shapes make more than 110,000 windows, and the classifier would run on each.

# %% [markdown]
# A **region proposal** is a box that may contain an object, of whatever class, found before any classification. **Selective search** (Uijlings et al. 2013) makes region proposals by grouping: it cuts the picture into small regions of similar colour, then joins the two most similar neighbours again and again. The box of every region that arises on the way is a proposal. The boxes are to contain nearly all objects (a high recall), even if most of them contain none (a low precision).

# %% [markdown]
# In its idea, in 20 lines: regions come from the graph method of Felzenszwalb and Huttenlocher in scikit-image; similarity is the distance of the mean colours plus the share of the picture that both cover (so that small regions are joined first). The original has several colour spaces, textures and a fill measure. As a control, the same number of random boxes, with the sizes of the training objects.


# %%
from skimage.segmentation import felzenszwalb


def neighbours(regions: Tensor) -> set[tuple[int, int]]:
    """Pairs of regions that touch.   regions: (H, W)"""
    pairs = [regions[:, :-1], regions[:, 1:]], [regions[:-1], regions[1:]]
    both = torch.cat([torch.stack([p.flatten(), q.flatten()]) for p, q in pairs], dim=1)
    both = both[:, both[0] != both[1]].sort(dim=0).values.unique(dim=1)
    return {(int(p), int(q)) for p, q in both.T}


# %%
def selective_search(x: Tensor) -> Tensor:
    """Boxes of the regions and of all that arise by joining.   x: (3, H, W) -> (N, 4)"""
    regions = torch.tensor(felzenszwalb(x.permute(1, 2, 0).numpy(), scale=15, sigma=0.8, min_size=12))  # fmt: skip
    known = {}
    for r in range(int(regions.max()) + 1):
        i, j = (regions == r).nonzero().T
        known[r] = ([int(j.min()), int(i.min()), int(j.max()) + 1, int(i.max()) + 1], x[:, i, j].mean(dim=1), len(i))  # fmt: skip
    boxes, pairs = [k[0] for k in known.values()], neighbours(regions)
    while pairs:
        apart = {(p, q): (known[p][1] - known[q][1]).abs().sum().item() + (known[p][2] + known[q][2]) / regions.numel() for p, q in pairs}  # fmt: skip
        p, q = min(apart, key=lambda pair: (apart[pair], pair))
        (a, colour_a, n_a), (b, colour_b, n_b), new = known[p], known[q], len(boxes)
        box = [min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])]
        known[new] = (box, (n_a * colour_a + n_b * colour_b) / (n_a + n_b), n_a + n_b)
        boxes.append(box)
        renamed = {(new if r in (p, q) else r, new if s in (p, q) else s) for r, s in pairs}
        pairs = {(min(r, s), max(r, s)) for r, s in renamed if r != s}
    return torch.tensor(boxes).float()


# %%
few = TEST.boxes[:40]
proposals = [selective_search(x) for x in progress(TEST.X[:40], "selective search")]
rng = torch.Generator().manual_seed(SEED)
known_sides = torch.cat([b[:, 2:] - b[:, :2] for b in TRAIN.boxes])
at_random = []
for p in proposals:
    sides = known_sides[torch.randint(len(known_sides), (len(p),), generator=rng)]
    corner = (64 - sides) * torch.rand(len(p), 2, generator=rng)
    at_random.append(torch.cat([corner, corner + sides], dim=1))
found, chance = recall(proposals, few), recall(at_random, few)
print(f"{sum(map(len, proposals)) / 40:.0f} proposals a scene: recall {found:.2f}, random boxes {chance:.2f}")  # fmt: skip
check.reaches("recall: selective search", found, at_least=0.9)
check.reaches("recall: random boxes", chance, at_least=0.45, at_most=0.67)
check.reaches("recall: selective search minus random boxes", found - chance, at_least=0.25)

# %% [markdown]
# About 140 proposals hold at least nine of ten objects, on five seeds; as many random boxes, although they have the sizes of true objects, hold between 45 and 67 of a hundred. The objects here are of one colour, which is what the search looks for.

# %% [markdown]
# ## 11.5 Where does the time go in R-CNN, Fast R-CNN and Faster R-CNN?
#
# *Going further.*
#
# A **two-stage detector** first proposes regions and then classifies each of them. Three papers by overlapping authors follow one another, and each removes the largest cost that the one before had left.

# %% [markdown]
# **R-CNN** (Girshick et al. 2014) takes about 2,000 proposals of selective search, scales each crop of the picture to one size, and runs a convolutional network on each crop. The features are classified (by support vector machines, in the paper), and a linear regression moves the box. Most of the time goes into 2,000 forward passes over crops that overlap.

# %% [markdown]
# **Fast R-CNN** (Girshick 2015) runs the network once on the whole picture. The proposals are still those of selective search, made outside the network; each is projected onto the feature map, and RoI pooling (section 11.6) cuts a grid of fixed size from it, for dense layers with two heads. (One of the notes says that the proposals are extracted from the feature map; in Fast R-CNN they are not.) In the paper's timing, what is left is mostly selective search.

# %% [markdown]
# **Faster R-CNN** (Ren et al. 2015) also makes the proposals with convolutions: a **region proposal network** (RPN) predicts, at each place of the feature map and for several reference boxes, whether there is an object and how the box has to be moved. It shares the feature map with the second stage, so that proposals cost little.

# %% [markdown]
# The **backbone** of a detector is the network that makes its feature maps. The times of the parts can be measured on a photograph, with the pretrained network of chapter 7 as the backbone. The proposals come from one run of our selective search at a third of the size. Each time is the best of several runs.


# %%
def best_time(run: Callable[[], object], repeats: int = 3) -> float:
    """The least of the seconds that several runs take."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


# %%
photograph = data.photo("coffee", (224, 320))
network = pretrained.efficientnet_lite0()
rpn = nn.Sequential(nn.Conv2d(1280, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 9 * 5, 1))
head = nn.Linear(1280 * 2 * 2, 20)
small = F.interpolate(photograph[None], scale_factor=0.3, mode="area")[0]


def second_stage(A: Tensor) -> Tensor:
    """RoI pooling of 100 regions and a dense head."""
    regions = A[:, :, :3, :4].expand(100, -1, -1, -1)
    return head(F.adaptive_max_pool2d(regions, 2).flatten(1))


# %%
with torch.no_grad():
    photo_tensor = pretrained.prepare(photograph[None])
    crop_tensor = pretrained.prepare(torch.rand(8, 3, 224, 224))
    A = network.extract_features(photo_tensor)
    seconds = {
        "selective search": best_time(lambda: selective_search(small), 2),
        "one crop, backbone": best_time(lambda: network.extract_features(crop_tensor)) / 8,
        "the photograph, backbone": best_time(
            lambda: network.extract_features(photo_tensor)
        ),
        "RPN on its map": best_time(lambda: rpn(A)),
        "pooling and heads, one proposal": best_time(lambda: second_stage(A)) / 100,
    }
search, crop, whole, propose, region = seconds.values()

# %%
N = 2000
totals = {
    "R-CNN": (search, N * crop, N * region),
    "Fast R-CNN": (search, whole, N * region),
    "Faster R-CNN, 2000 proposals": (propose, whole, N * region),
    "Faster R-CNN, 300 proposals": (propose, whole, 300 * region),
}
print("seconds                        proposals   backbone   heads")
for name, times in totals.items():
    print(f"{name:30} {times[0]:9.3f} {times[1]:10.3f} {times[2]:7.3f}")
check.reaches("R-CNN: backbone over proposals and heads", totals["R-CNN"][1] / (search + N * region), at_least=20)  # fmt: skip
check.reaches("Fast: what the shared map saves in the backbone", N * crop / whole, at_least=200)  # fmt: skip
check.reaches("Fast: selective search over the one pass", search / whole, at_least=1)
check.reaches("Faster: selective search over RPN", search / propose, at_least=10)

# %% [markdown]
# The times depend on the machine, and our search is a toy (the original took about two seconds for a picture). R-CNN's cost is its 2,000 passes. With one pass for all, the search, which is outside the network and cannot learn, takes longer than this pass. An RPN costs a small part of that, and Ren et al. find 300 of its proposals about as good as 2,000.

# %% [markdown]
# A **single-shot detector** predicts classes and boxes directly at the places of one or several feature maps, without a second stage. YOLO (Redmon et al. 2016) and SSD (Liu et al. 2016) are among the first of them. They were made for real time; sections 11.8 to 11.15 build one.

# %% tags=["hide-input"]
widgets.arrange(
    "Put the steps of Fast R-CNN in order, beginning with the one that needs no network.",
    {
        "Selective search proposes boxes on the picture": "",
        "The network computes the feature map of the whole picture once": "It needs the network; the proposals do not.",
        "Each box is projected onto the feature map": "There has to be a map.",
        "RoI pooling makes a grid of fixed size": "First the box must be in the units of the map.",
        "Two heads give the class and the corrected box": "They are dense layers and need the grid of fixed size.",
    },
    because="Only the second stage works on the feature map; the proposals do not come from it until Faster R-CNN.",
)

# %% [markdown]
# ## 11.6 How does a region of any size become a grid of fixed size?
#
# *Going further.*
#
# Dense layers need an input of fixed size, and proposals have all sizes. **RoI pooling** (region of interest; Girshick 2015) rounds the corners of the box to whole cells of the feature map, divides it into $h \times w$ bins, and takes the maximum of each bin.

# %% [markdown]
# Bin $i$ of $h$ in a region of $m$ rows covers the rows from $\lfloor i m / h \rfloor$ to $\lceil (i + 1) m / h \rceil - 1$. So no bin is empty, and neighbours may share a row. Torch's `adaptive_max_pool2d` uses the same bins, which gives an independent check. A region has at least one row and one column.


# %%
def roi_pool(A: Tensor, box: Tensor, size: tuple[int, int], stride: int) -> Tensor:
    """The maxima of the bins.   A: (K, H, W), box: (4,) in pixels of the picture -> (K, h, w)"""
    x1, y1, x2, y2 = (
        (box / stride).round().int().tolist()
    )  # rounded once, after the scaling
    x1, y1 = min(x1, A.shape[2] - 1), min(y1, A.shape[1] - 1)
    region = A[:, y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
    (rows, columns), (h, w) = region.shape[1:], size
    out = A.new_zeros(len(A), h, w)
    for i in range(h):
        for j in range(w):
            bin_ = region[:, i * rows // h : -(-(i + 1) * rows // h), j * columns // w : -(-(j + 1) * columns // w)]  # fmt: skip
            out[:, i, j] = bin_.amax(dim=(1, 2))
    return out


rng = torch.Generator().manual_seed(SEED)
A, box = data.normal(rng, 5, 11, 14), torch.tensor([9.0, 22, 69, 61])
check.close("RoI pooling", roi_pool(A, box, (3, 4), 8), F.adaptive_max_pool2d(A[:, 3:8, 1:9], (3, 4)))  # fmt: skip
tiny = torch.tensor([33.0, 41, 34, 43])
check.close("a box smaller than a cell", roi_pool(A, tiny, (2, 3), 8), A[:, 5, 4][:, None, None].expand(5, 2, 3))  # fmt: skip

# %% [markdown]
# Rounding loses place. With a stride of 16 a corner moves by up to 8 pixels. The next cell moves a box to the right in steps of two pixels over a map that is a ramp (its value is the place in pixels) and prints how the pooled value follows.

# %%
ramp = (torch.arange(14) * 8 + 4.0).expand(
    1, 11, 14
)  # each cell holds its middle, in pixels
moves = torch.arange(0, 17, 2.0)
pooled = [roi_pool(ramp, torch.tensor([16 + m, 16, 48 + m, 48]), (2, 2), 8)[0, 0, 0].item() for m in moves]  # fmt: skip
follows = torch.tensor(pooled) - pooled[0]
print("box moved by ", moves.int().tolist())
print("value moved by", follows.int().tolist())
error = (follows - moves).abs().max().item()
check.close("largest error: half a cell", error, 4.0)

# %% [markdown]
# The value stays, then jumps by a whole cell. **RoIAlign** (He et al. 2017) rounds nothing: it samples the map at points inside each bin by bilinear interpolation between the middles of the four nearest cells, and averages. On a ramp its values move by exactly what the box moves. He et al. report that it matters most for masks; it is one of the exercises.

# %% [markdown]
# **Mask R-CNN** (He et al. 2017) adds to Faster R-CNN a head that predicts a small mask for each region and class: instance segmentation, made of a detector and, inside each box, a segmentation. This is the combination that the notes describe as detection.

# %% [markdown]
# ## 11.7 What does a region proposal network learn from?
#
# *Going further.*
#
# An RPN puts $B$ reference boxes, its anchors, around each place of the feature map. For each it predicts whether it lies on an object, and four numbers that move it. The truth gives a list of boxes; training needs a label for each anchor.

# %% [markdown]
# The rule of Ren et al.: an anchor is positive if its IoU with some object is at least 0.7, or if no anchor has a larger IoU with that object. It is otherwise negative if its IoU with every object is below 0.3. The others are ignored. Without the second rule an object that no anchor fits would be lost. The four numbers are, for centre, width and height,
#
# $$ t_x = \frac{x - x_a}{w_a}, \quad t_y = \frac{y - y_a}{h_a}, \quad t_w = \log \frac{w}{w_a}, \quad t_h = \log \frac{h}{h_a}. \tag{11.4} $$


# %%
def anchor_grid(rows: int, columns: int, stride: int, areas: Sequence[float], ratios: Sequence[float]) -> Tensor:  # fmt: skip
    """Anchors of each area and each ratio h / w around each cell's middle.   -> (rows * columns * B, 4) corners"""
    y, x = torch.meshgrid(
        torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij"
    )
    centres = torch.stack([x, y], dim=-1).view(-1, 1, 2) * stride
    sides = torch.tensor([[(a / r) ** 0.5, (a * r) ** 0.5] for a in areas for r in ratios])
    pairs = centres.expand(-1, len(sides), 2), sides.expand(len(centres), -1, 2)
    return corners(torch.cat(pairs, dim=-1)).view(-1, 4)


# %%
def rpn_targets(anchors: Tensor, boxes: Tensor, high: float = 0.7, low: float = 0.3) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Labels 1, 0 or -1 (ignored), and the numbers of eq. 11.4.   anchors: (N, 4), boxes: (k, 4) -> (N,), (N, 4)"""
    if len(boxes) == 0:
        return torch.zeros(len(anchors)), torch.zeros(len(anchors), 4)
    if (area(boxes) == 0).any():
        raise ValueError("a true box has no area; leave it out of the training set")
    fit = iou(anchors, boxes)  # (N, k)
    best, which = fit.max(dim=1)
    labels = torch.where(best >= high, 1.0, torch.where(best < low, 0.0, -1.0))
    top = fit.amax(dim=0)
    labels[((fit == top) & (top > 0)).any(dim=1)] = (
        1  # the best anchors of each object, however bad
    )
    b, a = centred(boxes[which]), centred(anchors)
    return labels, torch.cat(
        [(b[:, :2] - a[:, :2]) / a[:, 2:], (b[:, 2:] / a[:, 2:]).log()], 1
    )


# %%
anchors = anchor_grid(5, 7, 8, areas=[12**2, 24**2], ratios=[0.5, 1, 2])
check.close(
    "the first centre, half a cell in", centred(anchors)[0, :2], torch.tensor([4.0, 4])
)
check.close("areas do not depend on the ratio", area(anchors[:6]), torch.tensor([144.0] * 3 + [576.0] * 3))  # fmt: skip
objects = torch.tensor([[30.0, 6, 54, 30], [1, 33, 4, 37]])  # the second fits no anchor
labels, t = rpn_targets(anchors, objects)
print({name: int((labels == value).sum()) for name, value in (("positive", 1), ("negative", 0), ("ignored", -1))})  # fmt: skip
check.close("positive for each object", int((iou(anchors[labels == 1], objects).amax(dim=0) > 0).sum()), 2)  # fmt: skip
check.close("no objects: all negative", rpn_targets(anchors, objects[:0])[0], torch.zeros(len(anchors)))  # fmt: skip
check.raises("no area", ValueError, lambda: rpn_targets(anchors, objects[:, [0, 1, 0, 3]]))

# %%
grid = anchor_grid(8, 8, 8, areas=[12**2, 24**2], ratios=[0.5, 1, 2])
sizes = torch.cat([rpn_targets(grid, b)[0] for b in TEST.boxes])
unfit = 1 - recall([grid] * len(TEST.boxes), TEST.boxes, threshold=0.7)
print(f"test scenes: {(sizes == 1).double().mean():.1%} of the anchors positive, {(sizes == 0).double().mean():.0%} negative")  # fmt: skip
print(f"objects that no anchor fits by 0.7: {unfit:.0%}; each has a positive anchor by the second rule")  # fmt: skip
check.reaches("share of positive anchors", (sizes == 1).double().mean(), at_most=0.02)
check.reaches("objects that only the second rule finds", unfit, at_least=0.8, at_most=0.95)

# %% [markdown]
# About one anchor in a hundred is positive, most of them by the second rule: six shapes on a grid of 8 pixels seldom fit by 0.7. Faster R-CNN therefore draws 256 anchors of a picture for each step, up to half of them positive; SSD takes the negatives with the largest loss, three for each positive.

# %% [markdown]
# ## 11.8 Which cell is responsible for an object?
#
# **YOLO** ("you only look once") is a single-shot detector: it predicts classes and boxes directly, without proposals that are classified later. It divides the picture into a grid of cells and predicts a fixed number of boxes for each. Its backbone, the network that makes the feature map, is fully convolutional, and a cell is one place of the last map. With stride $s = 32$ a picture of 416×416 has $13 \times 13$ cells; ours, with $s = 8$ and 64×64 pixels, has $8 \times 8$.

# %% [markdown]
# The **centre rule** makes the cell that contains the centre of an object responsible for it. The cell is $(c_x, c_y) = (\lfloor x / s \rfloor, \lfloor y / s \rfloor)$. The notes of Bologna call the cell to the right of $(0, 0)$ by the name $(0, 1)$, which is (row, column); in the order $(c_x, c_y)$ of their formulas it is $(1, 0)$. Tensors here are indexed `[row, column]`, that is `[y, x]`.

# %%
STRIDE = 8


def cell_of(boxes: Tensor, stride: int = STRIDE) -> Tensor:
    """(c_x, c_y), the cell of each centre.   boxes: (k, 4) corners -> (k, 2)"""
    return (centred(boxes)[:, :2] / stride).floor().long()


right_neighbour = torch.tensor([[8.0, 0, 16, 8]])
check.close("x first", cell_of(right_neighbour), torch.tensor([[1, 0]]))
everything = torch.cat(TEST.boxes)
sides = everything[:, 2:] - everything[:, :2]
larger = (sides > STRIDE).any(dim=1).double().mean().item()
print(f"objects larger than a cell: {larger:.0%}; the largest covers {(sides / STRIDE).prod(1).max():.0f} cells")  # fmt: skip

# %% [markdown]
# How can one cell of 8 pixels find an object of 36? The notes of Milano give five reasons:
#
# | the notes' reason | what it does |
# |---|---|
# | boxes may extend beyond the cell | in (11.6) only the centre is bound to the cell |
# | the centre decides who is responsible | one cell is responsible, however many the object covers |
# | boxes of several sizes and ratios | anchors; without them $e^{t_w}$ has to span all sizes from one reference |
# | non-maximum suppression | removes second boxes, of small objects as well; what stays has the highest score, which need not be the box that fits best |
# | training data with all sizes | without large objects no prediction is trained to give their sizes |

# %% [markdown]
# They do not name the receptive field: pixels outside it have no influence on what the cell predicts. If it is smaller than the object, the cell cannot see all sides. Here is the backbone of this chapter's detector: six convolutions, three with stride 2. By the recursion of chapter 6 its field is $1 + 2\,(1 + 2 + 4 + 8 + 8 + 8) = 63$ pixels. The largest object has 36.


# %%
def layers(c_in: int, c_out: int, stride: int = 1) -> list[nn.Module]:
    """A convolution with batch normalisation and ReLU."""
    conv = nn.Conv2d(c_in, c_out, 3, stride, padding=1, bias=False)
    return [conv, nn.BatchNorm2d(c_out), nn.ReLU()]


def backbone() -> list[nn.Module]:
    """Three convolutions with stride 2, then three with stride 1.   (n, 3, H, W) -> (n, 40, H/8, W/8)"""
    down = [*layers(3, 16, 2), *layers(16, 32, 2), *layers(32, 40, 2)]
    return [*down, *layers(40, 40), *layers(40, 40), *layers(40, 40)]


# %% tags=["hide-input"]
widgets.predict(
    "In a picture of 96 (wide) × 64 pixels with stride 16, an object has the corners (40, 10, 72, 50). In which column c_x is its cell?",
    answer=3,
    tolerance=0.01,
    because="The centre is x = 56, and ⌊56 / 16⌋ = 3.",
    slips={
        "That is the cell of the left side; the centre decides.": 2,
        "That is the row; c_x belongs to x.": 1,
    },
)

# %% [markdown]
# ## 11.9 Which boxes should the anchors be?
#
# An **anchor box** is a box of fixed width and height, relative to which a detector predicts its boxes. The notes say that predicting widths and heights directly makes the gradients unstable. Redmon and Farhadi (2017) say that offsets to anchors are easier to learn than coordinates; the instability that they report, in the first iterations, comes from centres without bounds, and the sigmoid of (11.6) is their cure. Anchors are chosen from the boxes of the training set by k-means.

# %% [markdown]
# Euclidean k-means would let large boxes, whose errors in pixels are larger, decide. YOLO takes as distance between a box $(w, h)$ and a cluster centre $(p_w, p_h)$
#
# $$ d = 1 - \operatorname{IoU}\big((w, h), (p_w, p_h)\big) , \tag{11.5} $$
#
# both boxes at the same place. (The notes call the IoU the metric; the distance is one minus the IoU.) Each round assigns every box to its nearest anchor and then replaces the anchor by the mean of its boxes.


# %%
def shape_iou(a: Tensor, b: Tensor) -> Tensor:
    """IoU of boxes at the same place.   a: (n, 2), b: (k, 2) widths and heights -> (n, k)"""
    both = torch.minimum(a[:, None], b[None]).prod(dim=-1)
    return both / (a.prod(dim=1)[:, None] + b.prod(dim=1) - both)


def anchor_kmeans(sides: Tensor, k: int, rng: torch.Generator, distance: Callable[[Tensor, Tensor], Tensor], rounds: int = 40) -> Tensor:  # fmt: skip
    """k anchors by k-means.   sides: (n, 2) -> (k, 2), by rising area. Raises ValueError for k > n or k < 1."""
    if not 1 <= k <= len(sides):
        raise ValueError(f"{k} anchors from {len(sides)} boxes: k must be between 1 and the number of boxes")  # fmt: skip
    p = sides[torch.randperm(len(sides), generator=rng)[:k]]
    for _ in range(rounds):
        nearest = distance(sides, p).argmin(dim=1)
        p = torch.stack([sides[nearest == j].mean(dim=0) if (nearest == j).any() else p[j] for j in range(k)])  # fmt: skip
    return p[p.prod(dim=1).argsort()]


def one_minus_iou(a: Tensor, b: Tensor) -> Tensor:
    return 1 - shape_iou(a, b)  # eq. 11.5


# %%
sides = torch.cat([b[:, 2:] - b[:, :2] for b in TRAIN.boxes])
unseen = torch.cat([b[:, 2:] - b[:, :2] for b in TEST.boxes])
at_origin = torch.cat([torch.zeros_like(sides), sides], dim=1)
check.close(
    "IoU of shapes", shape_iou(sides[:5], sides[5:9]), iou(at_origin[:5], at_origin[5:9])
)
DISTANCES = {"1 - IoU": one_minus_iou, "Euclidean": torch.cdist}
fits: dict[tuple[str, int], list[float]] = {}
for k in (1, 3, 5, 9):
    for name, distance in DISTANCES.items():
        rng = torch.Generator().manual_seed(SEED)
        found = [anchor_kmeans(sides, k, rng, distance) for _ in range(5)]
        fits[name, k] = [shape_iou(unseen, p).amax(dim=1).mean().item() for p in found]
print("mean IoU of an unseen box with its best anchor, five starts (mean, least, largest)")
for (name, k), fit in fits.items():
    print(f"k = {k}  {name:9}  {sum(fit) / 5:.3f}  {min(fit):.3f}  {max(fit):.3f}")

# %% tags=["hide-input"]
gains = {k: (sum(fits["1 - IoU", k]) - sum(fits["Euclidean", k])) / 5 for k in (3, 5, 9)}
check.reaches("1 - IoU minus Euclidean, k = 3", gains[3], at_least=-0.01, at_most=0.02)
check.reaches("1 - IoU minus Euclidean, k = 5", gains[5], at_least=0.0, at_most=0.02)
check.reaches("1 - IoU minus Euclidean, k = 9", gains[9], at_least=0.0, at_most=0.02)
growth = sum(fits["1 - IoU", 9]) / 5 - sum(fits["1 - IoU", 1]) / 5
check.reaches("mean best IoU: nine anchors minus one", growth, at_least=0.2)

# %% [markdown]
# The number of anchors matters: nine fit more than 20 points of IoU better than one. With three anchors neither distance wins. With five and nine $1 - \operatorname{IoU}$ is better on all five seeds, by less than two points; the measure is the IoU that it works with, which favours it. On real photographs the sizes span a wider range; Redmon and Farhadi report 58.7 for Euclidean and 61.0 for IoU with five anchors on VOC.


# %%
def all_sides(scenes: data.Scenes) -> Tensor:
    """Width and height of each object.   -> (objects, 2)"""
    return torch.cat([b[:, 2:] - b[:, :2] for b in scenes.boxes])


ANCHORS = anchor_kmeans(
    all_sides(TRAIN), 3, torch.Generator().manual_seed(SEED), one_minus_iou
)
print(ANCHORS)  # B = 3

# %% tags=["hide-input"]
fig, ax = plots.panel("training boxes and the anchors", x="width", y="height")
ax.scatter(*sides[:1500].T, s=9, color=plots.BLUE, linewidths=0, alpha=0.3)
ax.scatter(*ANCHORS.T, s=70, color=plots.ORANGE, marker="s")
plots.show(fig, alt="A cloud of widths and heights from 8 to 36 pixels, dense at small ones, with three orange squares in it: a wide anchor, an upright one and a large one.")  # fmt: skip

# %% [markdown]
# ## 11.10 What does a cell predict?
#
# For each of its $B$ anchors a cell predicts $5 + C$ numbers: $t_x, t_y, t_w, t_h$ for the box, $t_o$ for the objectness, and one logit for each of the $C$ classes. So the last feature map has $B(5 + C)$ channels; ours has $3 \cdot 8 = 24$. The **objectness** of a prediction is the probability that it holds an object.

# %% [markdown]
# The box is, in cells for the centre and in pixels for the sides,
#
# $$ b_x = c_x + \sigma(t_x), \quad b_y = c_y + \sigma(t_y), \quad b_w = p_w\, e^{t_w}, \quad b_h = p_h\, e^{t_h} . \tag{11.6} $$
#
# The sigmoid keeps the centre inside its cell; the exponential keeps the sides positive. With all $t = 0$ the box is the anchor in the middle of the cell. Multiplied by the stride, $b_x$ and $b_y$ are pixels.

# %% [markdown]
# Since YOLOv3 each class has a sigmoid of its own instead of a softmax over all. An object may then belong to several classes, such as woman and person. The score of class $c$ is $\sigma(t_o)\,\sigma(t_c)$.
#
# | symbol | name | meaning |
# |---|---|---|
# | $S_h, S_w$ | `S_h`, `S_w` | rows and columns of cells |
# | $t$ | `T` | predictions, $(n, S_h, S_w, B, 5 + C)$ |
# | $p_w, p_h$ | `anchors` | anchors in pixels, $(B, 2)$ |
# | $\mathbf b$ | `decode(T, anchors)` | boxes in pixels, corner form, $(n, S_h, S_w, B, 4)$ |


# %%
def predictions(net: nn.Module, X: Tensor, stride: int = STRIDE) -> Tensor:
    """The predictions of each cell.   X: (n, 3, H, W) -> T: (n, S_h, S_w, B, 5 + C)"""
    n, _, H, W = X.shape
    if H % stride or W % stride:
        raise ValueError(f"pictures of {H} x {W} do not divide into cells of {stride} pixels: pad or scale them first")  # fmt: skip
    return (
        net(X)
        .view(n, len(ANCHORS), 5 + CLASSES, H // stride, W // stride)
        .permute(0, 3, 4, 1, 2)
    )


def cells(S_h: int, S_w: int) -> Tensor:
    """(c_x, c_y) of each cell.   -> (S_h, S_w, 1, 2)"""
    y, x = torch.meshgrid(torch.arange(S_h), torch.arange(S_w), indexing="ij")
    return torch.stack([x, y], dim=-1)[:, :, None]


def decode(T: Tensor, anchors: Tensor, stride: int = STRIDE) -> Tensor:
    """Boxes in pixels (eq. 11.6).   T: (n, S_h, S_w, B, 5 + C) -> (n, S_h, S_w, B, 4)"""
    centre = (cells(*T.shape[1:3]) + T[..., :2].sigmoid()) * stride
    sides = anchors * T[..., 2:4].exp()
    return corners(torch.cat([centre, sides], dim=-1))


# %% [markdown]
# Training needs the inverse: which $t$ belong to a given box in a given cell? The offset inside the cell goes through the logit, the inverse of the sigmoid. A centre on the border of a cell would need an infinite $t_x$, so offsets are kept between 0.02 and 0.98; this moves a box by at most 0.16 pixels.


# %%
def encode(boxes: Tensor, anchors: Tensor, cell: Tensor, stride: int = STRIDE) -> Tensor:
    """The t of (11.6) for boxes with given cells and anchors.   boxes: (k, 4), anchors, cell: (k, 2) -> (k, 4)"""
    b = centred(boxes)
    offset = (b[:, :2] / stride - cell).clamp(0.02, 0.98)
    return torch.cat([offset.logit(), (b[:, 2:] / anchors).log()], dim=1)


# %% tags=["hide-input"]
rng = torch.Generator().manual_seed(SEED)
T = data.normal(rng, 2, 3, 5, len(ANCHORS), 5 + CLASSES)  # two pictures, 3 x 5 cells
boxes = decode(T, ANCHORS)
by_hand = [(4 + T[1, 2, 4, 0, 0].sigmoid()) * 8, (2 + T[1, 2, 4, 0, 1].sigmoid()) * 8,
           ANCHORS[0, 0] * T[1, 2, 4, 0, 2].exp(), ANCHORS[0, 1] * T[1, 2, 4, 0, 3].exp()]  # fmt: skip
check.close("row 2, column 4", centred(boxes[1, 2, 4, 0]), torch.stack(by_hand))
cell = cells(3, 5).expand(3, 5, len(ANCHORS), 2).reshape(-1, 2)
back = encode(boxes[1].view(-1, 4), ANCHORS.repeat(15, 1), cell).view(3, 5, len(ANCHORS), 4)
check.close("there and back", back, T[1, ..., :4])
swapped = lambda: check.close("x and y", corners(torch.cat([(cells(3, 5).flip(-1) + T[..., :2].sigmoid()) * 8, ANCHORS * T[..., 2:4].exp()], -1)), boxes)  # noqa: E731  # fmt: skip
check.catches("rows for columns", swapped)
check.raises("60 pixels in cells of 8", ValueError, lambda: predictions(nn.Identity(), torch.zeros(1, 3, 64, 60)))  # fmt: skip

# %% tags=["hide-input"]
widgets.CellBox(ANCHORS, grid=[8, 8], stride=8, cell=[3, 4], truth=[27.0, 22.0, 47.0, 36.0])

# %% tags=["hide-input"]
widgets.predict(
    "YOLOv3 predicts at 13×13, 26×26 and 52×52 cells, with 3 anchors at each, for 80 classes. How many channels has each of its output maps?",
    answer=255,
    tolerance=0.5,
    because="3 · (5 + 80) = 255. The number of cells does not enter.",
    slips={
        "Each anchor needs four numbers for the box and one for the objectness besides the classes.": 240,
        "Each anchor has class logits of its own.": 95,
    },
)

# %% [markdown]
# ## 11.11 What is the target of each prediction?
#
# A scene has 192 predictions and at most five objects. The rule of YOLOv3 (2018): for each object, only the cell of its centre and, there, the anchor of largest IoU (of the shapes) are responsible. A responsible prediction learns box, objectness 1 and class. All others learn objectness 0, with one exception. A prediction is **ignored** in the loss of the objectness if its box has an IoU above 0.5 with some object without being responsible for it.

# %% [markdown]
# Such a box fits, although another prediction was chosen. Whether a box is ignored depends on the prediction of the moment (in the paper, on the anchor), so it is computed in each step; the responsible ones depend on the truth alone. The notes say that only the responsible combination influences the loss; all others that are not ignored do so too, through their objectness.


# %%
def targets(boxes: Tensor, labels: Tensor, anchors: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Who is responsible, and for what.   -> obj (S_h, S_w, B) of 0 and 1; t and one-hot class (S_h, S_w, B, 4 + C)"""
    obj, values = (
        torch.zeros(*size, len(anchors)),
        torch.zeros(*size, len(anchors), 4 + CLASSES),
    )
    if len(boxes) == 0:
        return obj, values
    if (area(boxes) == 0).any():
        raise ValueError("a true box has no area; leave it out of the training set")
    cell = cell_of(boxes)
    if (cell < 0).any() or (cell >= torch.tensor(size[::-1])).any():
        raise ValueError("the centre of a true box lies outside the picture; leave it out")
    j = shape_iou(boxes[:, 2:] - boxes[:, :2], anchors).argmax(dim=1)
    at = cell[:, 1], cell[:, 0], j  # row, column, anchor
    obj[at] = 1
    values[at] = torch.cat(
        [encode(boxes, anchors[j], cell), F.one_hot(labels, CLASSES).float()], 1
    )
    return obj, values


# %%
def ignored(T: Tensor, obj: Tensor, boxes: Sequence[Tensor], anchors: Tensor) -> Tensor:
    """Predictions that are not responsible and fit an object by more than 0.5.   -> bool, as obj"""
    with torch.no_grad():
        found = decode(T, anchors).flatten(1, 3)
        best = [iou(b, p).amax(dim=0) if len(b) else torch.zeros(len(p)) for b, p in zip(boxes, found, strict=True)]  # fmt: skip
    return (torch.stack(best).view(obj.shape) > 0.5) & (obj == 0)


# %% tags=["hide-input"]
def all_targets(scenes: data.Scenes) -> tuple[Tensor, Tensor]:
    """`targets` of each scene, with the anchors and cells of this chapter, stacked."""
    size = scenes.X.shape[2] // STRIDE, scenes.X.shape[3] // STRIDE
    pairs = [
        targets(b, y, ANCHORS, size)
        for b, y in zip(scenes.boxes, scenes.labels, strict=True)
    ]
    return torch.stack([obj for obj, _ in pairs]), torch.stack(
        [values for _, values in pairs]
    )


# %%
obj, values = all_targets(TRAIN)
lost = 1 - obj.sum().item() / sum(map(len, TRAIN.boxes))
print(f"responsible: {obj.mean():.2%} of the predictions; objects that share cell and anchor with another: {lost:.2%}")  # fmt: skip
perfect = torch.cat(
    [values[:40, ..., :4], torch.zeros(40, 8, 8, len(ANCHORS), 1 + CLASSES)], dim=-1
)
fit = [iou(p[o == 1], b).amax(dim=1).min() for p, o, b in zip(decode(perfect, ANCHORS), obj[:40], TRAIN.boxes[:40], strict=True)]  # fmt: skip
check.reaches("targets, decoded: least IoU with an object", min(fit), at_least=0.92)
obj, _ = targets(torch.tensor([[8.0, 16, 24, 24]]), torch.tensor([2]), ANCHORS, (5, 4))
check.close("centre (16, 20): row 2, column 2", obj[2, 2].sum(), torch.tensor(1.0))
check.close("no objects", targets(torch.zeros(0, 4), torch.zeros(0).long(), ANCHORS, (3, 5))[0].sum(), torch.tensor(0.0))  # fmt: skip
check.raises("no area", ValueError, lambda: targets(torch.tensor([[3.0, 3, 3, 9]]), torch.tensor([0]), ANCHORS, (8, 8)))  # fmt: skip
check.raises("a centre left of the picture", ValueError, lambda: targets(torch.tensor([[-9.0, 3, 3, 9]]), torch.tensor([0]), ANCHORS, (8, 8)))  # fmt: skip
check.raises("a centre right of it", ValueError, lambda: targets(torch.tensor([[37.0, 3, 45, 9]]), torch.tensor([0]), ANCHORS, (8, 5)))  # fmt: skip

# %% tags=["hide-input"]
widgets.choose(
    "A prediction is not responsible for any object, and its box has an IoU of 0.8 with one. What does its objectness learn?",
    {
        "Nothing in this step": True,
        "Objectness 0": "That is the rule below the ignore threshold of 0.5.",
        "Objectness 1, and the box": "Only the responsible prediction of the object learns these.",
    },
    because="Its IoU is above the ignore threshold and it is not the responsible one, so its objectness is left out of the loss.",
)

# %% [markdown]
# ## 11.12 Which loss trains a detector?
#
# In YOLOv3 (Redmon and Farhadi 2018) a responsible prediction adds to the loss the squared errors of its $t$ and the binary cross-entropies of its classes; every prediction that is not ignored adds the binary cross-entropy of its objectness. $i$ runs over the cells, $j$ over the anchors, $\mathbb 1$ marks the responsible and the ignored ones, a hat marks the target, and $o$ and $p$ are $\sigma(t_o)$ and $\sigma(t_c)$:
#
# $$ L_3 = \sum_{i,j} \Big( \mathbb 1_{ij}^{\text{obj}} \big[ \lVert \mathbf t_{ij} - \hat{\mathbf t}_{ij} \rVert^2 + \textstyle\sum_c \operatorname{BCE}(p_{ij}(c), \hat p_{ij}(c)) \big] + (1 - \mathbb 1_{ij}^{\text{ign}}) \operatorname{BCE}(o_{ij}, \mathbb 1_{ij}^{\text{obj}}) \Big) \tag{11.7} $$

# %% [markdown]
# That is what the paper says. In the authors' program the gradient at $t_x$ and $t_y$ is the difference of the offsets, $\sigma(t_x) - \sigma(\hat t_x)$, times a weight that is larger for small boxes; without the weight this is the gradient of a binary cross-entropy. Near the border of a cell $\hat t_x$ is large, and its squared error with it; an offset stays between 0 and 1. Our function can do both (without the weight), and training takes the offsets.


# %%
def yolo_v3_loss(T: Tensor, obj: Tensor, values: Tensor, ignore: Tensor, offsets: bool = True) -> Tensor:  # fmt: skip
    """Eq. 11.7, the mean over the pictures.   T: (n, S_h, S_w, B, 5 + C); obj, values as `targets` gives them

    With `offsets`, the centre pays a binary cross-entropy of sigma(t_x) and sigma(t_y).
    """
    mine, bce = obj == 1, F.binary_cross_entropy_with_logits
    t, t_hat = T[mine], values[mine]
    box = (t[:, 2:4] - t_hat[:, 2:4]).square().sum()
    if offsets:
        box = box + bce(t[:, :2], t_hat[:, :2].sigmoid(), reduction="sum")
    else:
        box = box + (t[:, :2] - t_hat[:, :2]).square().sum()
    classes = bce(t[:, 5:], t_hat[:, 4:], reduction="sum")
    objectness = bce(T[..., 4][~ignore], obj[~ignore], reduction="sum")
    return (box + classes + objectness) / len(T)


# %% tags=["hide-input"]
rng = torch.Generator().manual_seed(SEED)
T, obj = (
    30 * data.normal(rng, 2, 3, 4, len(ANCHORS), 5 + CLASSES),
    torch.zeros(2, 3, 4, len(ANCHORS)).double(),
)
obj[0, 1, 2, 1] = obj[1, 0, 3, 0] = 1
values, ignore = data.normal(rng, 2, 3, 4, len(ANCHORS), 4 + CLASSES).abs().clamp(max=1), torch.zeros(2, 3, 4, len(ANCHORS)).bool()  # fmt: skip
ignore[1, 2, 2, 2] = True
total = 0.0
for n, i, j, b in torch.cartesian_prod(*map(torch.arange, obj.shape)).tolist():
    t, v, y = T[n, i, j, b], values[n, i, j, b], obj[n, i, j, b]
    if not ignore[n, i, j, b]:
        total += -(y * F.logsigmoid(t[4]) + (1 - y) * F.logsigmoid(-t[4])).item()
    if y:
        total += sum((t[k] - v[k]).item() ** 2 for k in range(4))
        total += sum(-(v[4 + c] * F.logsigmoid(t[5 + c]) + (1 - v[4 + c]) * F.logsigmoid(-t[5 + c])).item() for c in range(CLASSES))  # fmt: skip
check.close(
    "v3, by a loop", yolo_v3_loss(T, obj, values, ignore, offsets=False).item(), total / 2
)
changed = T.clone()
changed[1, 2, 2, 2] += 7
# %% tags=["hide-input"]
t = T[obj == 1].requires_grad_()
back = torch.autograd.grad(
    F.binary_cross_entropy_with_logits(t, values.new_full(t.shape, 0.3), reduction="sum"), t
)[0]
check.close("the gradient of the cross-entropy", back, t.detach().sigmoid() - 0.3)
check.close("an ignored prediction pays nothing", yolo_v3_loss(changed, obj, values, ignore), yolo_v3_loss(T, obj, values, ignore))  # fmt: skip
check.close("a batch twice", yolo_v3_loss(*(torch.cat([t, t]) for t in (T, obj, values, ignore))), yolo_v3_loss(T, obj, values, ignore))  # fmt: skip

# %% [markdown]
# Now the detector itself: the backbone of section 11.8 and a 1×1 convolution to $B(5 + C)$ channels. At the start the objectness is set to $\sigma(-4) = 0.02$, close to the share of responsible predictions, which the last section printed.


# %%
def detector() -> nn.Sequential:
    """The backbone and a 1 x 1 convolution.   (n, 3, H, W) -> (n, B(5 + C), H/8, W/8)"""
    head = nn.Conv2d(40, len(ANCHORS) * (5 + CLASSES), 1)
    with torch.no_grad():
        head.weight.mul_(0.1)
        head.bias.zero_().view(len(ANCHORS), 5 + CLASSES)[:, 4] = -4.0
    return nn.Sequential(*backbone(), head)


# %%
def train(net: nn.Module, epochs: int) -> nn.Module:
    """AdamW with one rise and fall of the learning rate; returns the network in evaluation mode."""
    rng = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.AdamW(net.parameters())
    (obj, values), steps = all_targets(TRAIN), epochs * -(-len(TRAIN.X) // 32)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps)
    net.train()
    for _ in progress(range(epochs), "training"):
        for rows in torch.randperm(len(TRAIN.X), generator=rng).split(32):
            T = predictions(net, TRAIN.X[rows])
            ignore = ignored(T, obj[rows], [TRAIN.boxes[i] for i in rows], ANCHORS)
            optimizer.zero_grad()
            yolo_v3_loss(T, obj[rows], values[rows], ignore).backward()
            optimizer.step()
            schedule.step()
    return net.eval()


# %%
torch.manual_seed(SEED)
net = train(detector(), epochs=12)
print(f"{sum(p.numel() for p in net.parameters())} parameters")

# %% [markdown]
# ## 11.13 What was the loss of the first YOLO?
#
# *Going further.*
#
# The notes head their loss with YOLOv3 and give that of the first version (Redmon et al. 2016). The two differ in nearly every term. In version 1 a cell has $B$ boxes without anchors and one distribution over the classes; the loss of a picture is
#
# $$ \begin{aligned} &L_{1} = \lambda_{\text{coord}} \sum_{i,j} \mathbb 1_{ij}^{\text{obj}} \Big[ (x_{ij} - \hat x_{ij})^2 + (y_{ij} - \hat y_{ij})^2 \\ &\quad {}+ (\sqrt{w_{ij}} - \sqrt{\hat w_{ij}})^2 + (\sqrt{h_{ij}} - \sqrt{\hat h_{ij}})^2 \Big] \\
# &\quad {}+ \sum_{i,j} \big( \mathbb 1_{ij}^{\text{obj}} + \lambda_{\text{noobj}} (1 - \mathbb 1_{ij}^{\text{obj}}) \big) (o_{ij} - \hat o_{ij})^2 \\ &\quad {}+ \sum_{i} \mathbb 1_{i}^{\text{obj}} \sum_{c} (p_i(c) - \hat p_i(c))^2 . \end{aligned} \tag{11.8} $$

# %% [markdown]
# $i$ runs over the $S^2$ cells (0 to $S^2 - 1$; the notes' upper limits are one too many) and $j$ over the boxes of a cell; $\lambda_{\text{coord}} = 5$ and $\lambda_{\text{noobj}} = 0.5$. $\mathbb 1_{ij}$ marks the one box of the cell that has the largest IoU with the object, and $\hat o_{ij}$, its target, is this IoU; elsewhere $\hat o = 0$. The roots make the same error in pixels count more on a small box. The network predicts the roots themselves: no root of a negative number has to be taken.


# %%
def yolo_v1_loss(xy: Tensor, roots: Tensor, o: Tensor, p: Tensor, truth: dict[str, Tensor], coord: float = 5.0, noobj: float = 0.5) -> Tensor:  # fmt: skip
    """Eq. 11.8, the mean over the pictures.   xy, roots: (n, S_h, S_w, B, 2), o: (n, S_h, S_w, B), p: (n, S_h, S_w, C)"""
    obj = truth["obj"]  # (n, S_h, S_w, B)
    place = (xy - truth["xy"]).square().sum(-1) + (roots - truth["wh"].sqrt()).square().sum(
        -1
    )
    weight = obj + noobj * (1 - obj)
    objectness = weight * (o - truth["o"]).square()
    classes = obj.amax(dim=-1) * (p - truth["p"]).square().sum(dim=-1)
    return (coord * (obj * place).sum() + objectness.sum() + classes.sum()) / len(o)


# %%
rng = torch.Generator().manual_seed(SEED)
shape = (2, 3, 4, 2)
xy, roots, o, p = data.normal(rng, *shape, 2), data.normal(rng, *shape, 2), data.normal(rng, *shape), data.normal(rng, 2, 3, 4, 5)  # fmt: skip
truth = {"xy": data.normal(rng, *shape, 2), "wh": data.normal(rng, *shape, 2) ** 2, "o": data.normal(rng, *shape), "p": data.normal(rng, 2, 3, 4, 5)}  # fmt: skip
truth["obj"] = torch.zeros(shape).double()
truth["obj"][0, 1, 2, 1] = truth["obj"][1, 0, 3, 0] = 1
total = 0.0
for n, i, j, b in torch.cartesian_prod(*map(torch.arange, shape)).tolist():
    at, is_obj = (n, i, j, b), truth["obj"][n, i, j, b].item() == 1
    total += (1 if is_obj else 0.5) * (o[at] - truth["o"][at]).item() ** 2
    if is_obj:
        total += 5 * sum((xy[at][k] - truth["xy"][at][k]).item() ** 2 + (roots[at][k] - truth["wh"][at][k] ** 0.5).item() ** 2 for k in (0, 1))  # fmt: skip
        total += sum((p[n, i, j, c] - truth["p"][n, i, j, c]).item() ** 2 for c in range(5))
check.close("v1, by a loop", yolo_v1_loss(xy, roots, o, p, truth).item(), total / 2)
check.close("v1, a perfect prediction", yolo_v1_loss(truth["xy"], truth["wh"].sqrt(), truth["o"], truth["p"], truth).item(), 0.0)  # fmt: skip

# %% [markdown]
# ## 11.14 How are duplicates removed?
#
# *This section uses `net` from section 11.12.*
#
# A raw detection is a predicted box with its best class and the score $\sigma(t_o)\,\sigma(t_c)$. Neighbouring cells and other anchors may find the same object. Below are the raw boxes with a score of at least 0.2.


# %%
class Found(NamedTuple):
    """Detections in one picture: boxes (k, 4), scores (k,), labels (k,)."""

    boxes: Tensor
    scores: Tensor
    labels: Tensor


def raw_boxes(net: nn.Module, X: Tensor, least: float = 0.02) -> list[Found]:
    """For each picture its boxes with a score of at least `least`, each with its best class."""
    with torch.no_grad():
        T = predictions(net, X)
    boxes, objectness = decode(T, ANCHORS).flatten(1, 3), T[..., 4].sigmoid().flatten(1)
    best, labels = T[..., 5:].sigmoid().flatten(1, 3).max(dim=-1)
    scores = objectness * best
    return [Found(b[s >= least], s[s >= least], y[s >= least]) for b, s, y in zip(boxes, scores, labels, strict=True)]  # fmt: skip


def kept(found: Found, rows: Tensor) -> Found:
    return Found(*(part[rows] for part in found))


raw = [found for part in TEST.X.split(100) for found in raw_boxes(net, part)]

# %% tags=["hide-input"]
shown = [kept(found, found.scores >= 0.2).boxes for found in raw[:6]]
plots.show(framed("raw boxes with a score of at least 0.2 (dashed), before NMS", TEST.X[:6], [[]] * 6, shown), alt="The six scenes; most objects have several dashed boxes at nearly the same place.")  # fmt: skip

# %% [markdown]
# **Non-maximum suppression** (NMS) keeps the detection with the highest score, removes all others whose IoU with it is above a threshold, and goes on with the next one that is left. It is done for each class by itself, so that a triangle does not remove the ellipse behind it. The notes sort by objectness; commonly one sorts by the score, objectness times class probability.


# %%
def nms(boxes: Tensor, scores: Tensor, threshold: float = 0.45) -> Tensor:
    """Indices of the boxes that stay, by falling score.   boxes: (k, 4), scores: (k,) -> (m,)"""
    order, overlaps, stay = (
        scores.argsort(descending=True, stable=True),
        iou(boxes, boxes),
        [],
    )
    while len(order):
        best, rest = order[0], order[1:]
        stay.append(best)
        order = rest[overlaps[best, rest] <= threshold]
    return torch.stack(stay) if stay else torch.zeros(0, dtype=torch.long)


def nms_per_class(found: Found, threshold: float = 0.45) -> Found:
    """NMS among the detections of each class.   The result is sorted by falling score."""
    boxes, scores, labels = found
    stay = [rows[nms(boxes[rows], scores[rows], threshold)] for rows in ((labels == c).nonzero()[:, 0] for c in range(CLASSES))]  # fmt: skip
    rows = torch.cat(stay)
    return kept(found, rows[scores[rows].argsort(descending=True, stable=True)])


# %%
boxes = torch.tensor([[0.0, 0, 10, 8], [1, 0, 11, 8], [20, 5, 26, 17], [2, 1, 12, 9], [20, 5, 26, 17]])  # fmt: skip
scores, labels = torch.tensor([0.5, 0.9, 0.3, 0.8, 0.6]), torch.tensor([0, 0, 1, 0, 2])
check.close("shuffled input, by falling score", nms(boxes, scores), torch.tensor([1, 4]))
check.close("two classes at one place both stay", nms_per_class(Found(boxes, scores, labels)).scores, torch.tensor([0.9, 0.6, 0.3]))  # fmt: skip
check.close("no boxes", nms(boxes[:0], scores[:0]), torch.zeros(0).long())
unsorted = lambda: check.close("nms", nms(boxes, torch.arange(5.0).neg()), torch.tensor([1, 4]))  # noqa: E731  # fmt: skip
check.catches("in the order of the input", unsorted)

# %% [markdown]
# NMS cannot tell a duplicate from a second object of the same class whose box overlaps by more than the threshold. **Soft-NMS** (Bodla et al. 2017) lowers the score of an overlapping box instead of removing it, $s_i \leftarrow s_i\,(1 - \operatorname{IoU}(\mathbf b_{\text{best}}, \mathbf b_i))$ for overlaps above the threshold, or $s_i \leftarrow s_i\, e^{-\operatorname{IoU}^2 / \sigma}$ for all.

# %% [markdown]
# What NMS is for can be counted. A **duplicate** is a further detection, besides the first, of one object. The next cell counts, at a score of at least 0.2, how many detections of the right class fit each found object (IoU at least 0.5).


# %% tags=["hide-input"]
def duplicates(found: Sequence[Found], scenes: data.Scenes, least: float = 0.2) -> float:
    """Detections of an object besides the first, a found object."""
    hits = []
    for (boxes, scores, labels), truth, y in zip(
        found, scenes.boxes, scenes.labels, strict=True
    ):
        fit = iou(boxes, truth) * (labels[:, None] == y)
        own = (
            (fit == fit.amax(dim=1, keepdim=True))
            & (fit >= 0.5)
            & (scores >= least)[:, None]
        )
        hits.append(own.sum(dim=0))
    counts = torch.cat(hits)
    return (counts - 1).clamp(min=0).sum().item() / max(int((counts > 0).sum()), 1)


clean = [nms_per_class(found) for found in raw]
doubles = {"without NMS": duplicates(raw, TEST), "with NMS": duplicates(clean, TEST)}
for name, value in doubles.items():
    print(f"{name:12} {value:.3f} duplicates for each object found")
check.reaches("duplicates an object, without NMS", doubles["without NMS"], at_least=0.6)
check.reaches("duplicates an object, with NMS", doubles["with NMS"], at_most=0.03)


# %% tags=["hide-input"]
def closest(boxes: Tensor, labels: Tensor) -> float:
    """The largest IoU of two objects of one class."""
    return (iou(boxes, boxes) * (labels[:, None] == labels)).fill_diagonal_(0).max().item()


pairs = [closest(b, y) for b, y in zip(TEST.boxes, TEST.labels, strict=True)]
rows = [pairs.index(max(pairs)), *range(5)]  # first a scene where two of a class overlap
truths = [(TEST.boxes[i], TEST.labels[i]) for i in rows]
widgets.DetectorBoxes(net, TEST.X[rows], ANCHORS, data.OBJECTS, truths=truths, owners=TEST.owners[rows], score=0.2, overlap=0.45)  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "Scores 0.9, 0.8, 0.7 for boxes A, B, C of one class; IoU(A, B) = 0.6, IoU(B, C) = 0.6, IoU(A, C) = 0.2. How many boxes does NMS with threshold 0.5 keep?",
    answer=2,
    tolerance=0.01,
    because="A removes B. C overlaps B, which is gone, and A only by 0.2: it stays.",
    slips={
        "B was removed by A, so it cannot remove C.": 1,
        "B overlaps A by more than 0.5.": 3,
    },
)

# %% [markdown]
# ## 11.15 How good is the detector?
#
# *This section uses `raw` and `clean` from section 11.14.*
#
# Accuracy is a share of given cases, and a list of detections has no given cases. At each threshold on the score, **precision** is the share of the detections that are right, and **recall** is the share of the objects that are found. A detection is right if its IoU with an object of its class in its picture reaches a threshold, such as 0.5, and no detection with a higher score has taken the object; a duplicate counts as wrong.

# %% [markdown]
# The **average precision** (AP) of a class is the area under the curve of precision against recall. The curve rises and falls, so it is interpolated first: at each recall take the largest precision at this recall or a higher one.
#
# $$ \operatorname{AP} = \sum_{k} (r_k - r_{k-1}) \max_{r_m \ge r_k} p_m \tag{11.9} $$
#
# Here $p_k$ and $r_k$ are the precision and the recall of the first $k$ detections, by falling score. **Mean average precision** (mAP) is the mean of the APs over the classes; mAP50 and mAP75 have the IoU thresholds 0.5 and 0.75.

# %% [markdown]
# Three interpolations are in use: all points, (11.9), in PASCAL VOC from 2010 on; the mean at the recalls 0, 0.1, ..., 1 in VOC 2007; and at 101 recalls in COCO, which also averages over ten IoU thresholds. They differ in the matching too: VOC takes the object of largest IoU and calls the detection wrong if that is taken; COCO takes the best of the free ones.


# %%
def hits(boxes: Tensor, scores: Tensor, objects: Tensor, threshold: float, free_only: bool = False) -> Tensor:  # fmt: skip
    """Which detections are right, in one picture, for one class.   boxes: (k, 4), objects: (m, 4) -> (k,) bool"""
    right = torch.zeros(len(boxes), dtype=torch.bool)
    taken = torch.zeros(len(objects), dtype=torch.bool)
    overlaps = iou(boxes, objects)
    for k in scores.argsort(descending=True, stable=True).tolist() if len(objects) else []:
        fit = overlaps[k].masked_fill(taken & free_only, -1)
        best = int(fit.argmax())
        right[k] = bool(fit[best] >= threshold) and not taken[best]
        taken[best] |= right[k]
    return right


# %%
def average_precision(
    scores: Tensor, right: Tensor, objects: int, points: int = 0
) -> float:
    """AP over all points (eq. 11.9), or at 11 or 101 recalls. Raises ValueError for a class without objects."""
    if objects == 0:
        raise ValueError("a class without objects has no recall; leave it out of the mean")
    hit = right[scores.argsort(descending=True, stable=True)].double().cumsum(0)
    r, p = hit / objects, hit / torch.arange(1, len(hit) + 1)
    p = p.flip(0).cummax(0).values.flip(0)  # the largest at this recall or a higher one
    if points == 0:
        return (
            ((r - torch.cat([r.new_zeros(1), r[:-1]])) * p).sum().item() if len(r) else 0.0
        )
    at = torch.searchsorted(r, torch.linspace(0, 1, points).double() - 1e-9)
    return torch.cat([p, p.new_zeros(1)])[at].mean().item()


# %% tags=["hide-input"]
objects = torch.tensor([[0.0, 0, 4, 6], [10, 0, 18, 5]])
boxes = torch.tensor([[0.0, 0, 4, 5], [0, 0, 4, 6], [10, 0, 17, 5], [30, 30, 34, 31]])
scores = torch.tensor([0.9, 0.8, 0.6, 0.7])
right = hits(boxes, scores, objects, 0.5)
check.close("a duplicate is wrong", right, torch.tensor([True, False, True, False]))
check.close("AP by hand: 1/2 · 1 + 1/2 · 2/4", average_precision(scores, right, 2), 0.75)
check.close("no detections", average_precision(scores[:0], right[:0], 2), 0.0)
check.close(
    "no objects: all wrong", hits(boxes, scores, objects[:0], 0.5).sum(), torch.tensor(0)
)
check.raises(
    "a class without objects", ValueError, lambda: average_precision(scores, right, 0)
)


# %% tags=["hide-input"]
def collected(found: Sequence[Found], scenes: data.Scenes, c: int, threshold: float, free_only: bool = False) -> tuple[Tensor, Tensor, int]:  # fmt: skip
    """Scores and hits of class c over all pictures, and the number of its objects."""
    scores, right, n = [], [], 0
    for one, truth, y in zip(found, scenes.boxes, scenes.labels, strict=True):
        boxes, s, _ = kept(one, one.labels == c)
        objects = truth[y == c]
        scores.append(s)
        right.append(hits(boxes, s, objects, threshold, free_only))
        n += len(objects)
    return torch.cat(scores), torch.cat(right), n


def mean_ap(found: Sequence[Found], scenes: data.Scenes, threshold: float, points: int = 0) -> float:  # fmt: skip
    """Mean of the APs over the classes that have objects."""
    parts = [collected(found, scenes, c, threshold) for c in range(CLASSES)]
    values = [average_precision(*part, points) for part in parts if part[2]]
    return sum(values) / len(values)


# %% tags=["hide-input"]
fig, ax = plots.panel("precision and recall, IoU at least 0.5", x="recall", y="precision", ylim=(0, 1.03))  # fmt: skip
for name, found in (("with NMS", clean), ("without NMS", raw)):
    scores, right, n = collected(found, TEST, 0, 0.5)
    hit = right[scores.argsort(descending=True, stable=True)].double().cumsum(0)
    ax.plot(hit / n, hit / torch.arange(1, len(hit) + 1), label=name)
ax.legend(loc="lower left")
plots.show(fig, alt="Precision against recall for the ellipse: with NMS the curve stays near 1 over more than half of the recall and then falls; without NMS it falls from a recall of about 0.15 on and lies below.")  # fmt: skip

# %% [markdown]
# Now the detector on 300 unseen scenes, with NMS and without, beside the same network before its training.

# %%
torch.manual_seed(SEED)
untrained = [
    nms_per_class(found) for found in raw_boxes(detector().eval(), TEST.X, least=0.0)
]
lists = {"with NMS": clean, "without NMS": raw, "untrained": untrained}
maps = {name: (mean_ap(found, TEST, 0.5), mean_ap(found, TEST, 0.75)) for name, found in lists.items()}  # fmt: skip
print("               mAP50   mAP75")
for name, (map50, map75) in maps.items():
    print(f"{name:14} {map50:.3f}   {map75:.3f}")
check.reaches("mAP50", maps["with NMS"][0], at_least=0.78)
check.reaches("mAP75", maps["with NMS"][1], at_least=0.36)
check.reaches("mAP50 of the untrained detector", maps["untrained"][0], at_most=0.05)
gains = [maps["with NMS"][k] - maps["without NMS"][k] for k in (0, 1)]
check.reaches("mAP50: what NMS gains", gains[0], at_least=0.05, at_most=0.25)
check.reaches("mAP75: what NMS gains", gains[1], at_least=-0.03, at_most=0.06)


# %% tags=["hide-input"]
shown = [kept(found, found.scores >= 0.3).boxes for found in clean[:6]]
plots.show(framed("true boxes, and detections with a score of at least 0.3 (dashed)", TEST.X[:6], TEST.boxes[:6], shown), alt="Six scenes; a dashed white box lies on or close to the black box of most objects.")  # fmt: skip

# %% [markdown]
# Without NMS each object found has about one duplicate more. That costs mAP50 at least 5 points on each of five seeds; mAP75 changes by 6 points at most, and not always downwards. A duplicate counts against the mAP only if its score is higher than that of some object's first detection; section 11.16 takes this to its limit.

# %% tags=["hide-input"]
widgets.choose(
    "A detector reports every object twice, the second time with a much lower score than all first ones. What does mAP50 say?",
    {
        "Nearly the same as without the second ones": True,
        "Half of it": "Precision is halved only at the very end of the list, where the recall no longer grows.",
        "More, since more objects are found": "The second detection of an object is wrong, and recall does not change.",
    },
    because="In (11.9) only steps of the recall count. All of them come before the duplicates in the list.",
)

# %% [markdown]
# ## 11.16 What does the mAP show of NMS?
#
# *Going further.*
#
# *This section uses `net` from section 11.12, `raw` and `clean` from section 11.14, and `maps` from section 11.15.*
#
# What do duplicates cost? Precision falls only where a duplicate has a higher score than some first detection. In the next cell NMS removes nothing: what it would have removed keeps a thousandth of its score and stands at the end of the list.


# %%
def demoted(found: Found) -> Found:
    """All detections; those that NMS would remove with a thousandth of their score."""
    gone = ~torch.isin(found.scores, nms_per_class(found).scores)
    return Found(
        found.boxes, torch.where(gone, found.scores / 1000, found.scores), found.labels
    )


ends = [demoted(found) for found in raw]
map_ends, doubles_ends = mean_ap(ends, TEST, 0.5), duplicates(ends, TEST, least=0.0)
print(f"duplicates at the end of the list: {doubles_ends:.2f} for each object found, mAP50 {map_ends:.3f}")  # fmt: skip
check.reaches("duplicates an object, at the end of the list", doubles_ends, at_least=1)
check.reaches("mAP50: what they cost there", maps["with NMS"][0] - map_ends, at_most=1e-6)

# %% [markdown]
# On average each object found has more than one further detection, and the mAP is no lower. By (11.9) it cannot be: the precision at a recall that was reached before stays as it is. The mAP hides duplicates as long as their scores are low. Report how many boxes an object gets, at the threshold that is to be used, beside the mAP.

# %% [markdown]
# Which threshold? And is the box that stays the one that fits best? The notes of Milano say that NMS helps to select the most accurate box; it selects the highest score.


# %%
def best_fit(found: Sequence[Found], least: float = 0.2) -> Tensor:
    """The largest IoU of each test object with a detection of its class, 0 without one.   -> (objects,)"""
    best = []
    for one, truth, y in zip(found, TEST.boxes, TEST.labels, strict=True):
        fit = iou(truth, one.boxes) * (one.labels == y[:, None]) * (one.scores >= least)
        best.append(torch.cat([fit, torch.zeros(len(truth), 1)], dim=1).amax(dim=1))
    return torch.cat(best)


print("threshold   objects found   duplicates   mAP50")
table = {}
for threshold in (0.02, 0.45, 0.8):
    stay = [nms_per_class(found, threshold) for found in raw]
    table[threshold] = ((best_fit(stay) >= 0.5).double().mean().item(), duplicates(stay, TEST), mean_ap(stay, TEST, 0.5))  # fmt: skip
    print("{:9.2f} {:15.3f} {:12.3f} {:7.3f}".format(threshold, *table[threshold]))
before, after = best_fit(raw), best_fit(clean)
better = (before > after + 1e-6)[after >= 0.5].double().mean().item()
print(f"found objects for which NMS removed a box that fits better: {better:.0%}")

# %%
check.reaches("found objects: threshold 0.45 minus 0.02", table[0.45][0] - table[0.02][0], at_least=0.0)  # fmt: skip
check.reaches("duplicates an object: threshold 0.8 minus 0.45", table[0.8][1] - table[0.45][1], at_least=0.3)  # fmt: skip
check.reaches(
    "mAP50: threshold 0.45 minus 0.02", table[0.45][2] - table[0.02][2], at_least=0.0
)
check.reaches(
    "mAP50: threshold 0.45 minus 0.8", table[0.45][2] - table[0.8][2], at_least=0.02
)
check.reaches(
    "found objects that NMS took a better box from", better, at_least=0.1, at_most=0.5
)

# %% [markdown]
# With a threshold near 0, second objects of the class are lost; with a high one duplicates stay. For one found object in ten or more NMS has removed a box that fits better than the one it kept: the highest score is not always the best fit.

# %% [markdown]
# Two changes in NMS, one at a time: the objectness in place of the score, as in the notes, in NMS and in the list; and NMS across the classes.

# %%
by_objectness = []
for part in TEST.X.split(100):
    with torch.no_grad():
        T = predictions(net, part)
    o, best = T[..., 4].sigmoid().flatten(1), T[..., 5:].sigmoid().amax(dim=-1).flatten(1)
    for found, p, q in zip(raw_boxes(net, part), o, best, strict=True):
        by_objectness.append(
            nms_per_class(Found(found.boxes, p[p * q >= 0.02], found.labels))
        )
across = [kept(found, nms(found.boxes, found.scores)) for found in raw]
changed = {"by objectness": by_objectness, "across classes": across}
losses = {
    name: maps["with NMS"][0] - mean_ap(found, TEST, 0.5) for name, found in changed.items()
}
for name, value in losses.items():
    print(f"NMS {name:15} loses {value:.3f} of mAP50")
check.reaches("mAP50: score minus objectness", losses["by objectness"], at_least=0.0)
check.reaches(
    "mAP50: per class minus across", losses["across classes"], at_least=-0.01, at_most=0.06
)

# %% [markdown]
# The score sorts better than the objectness: by one to five points of mAP50 on five seeds. NMS across the classes costs six points at most; in these scenes objects cover at most 0.4 of the smaller box.

# %% [markdown]
# As an independent check: without interpolation the sum of $(r_k - r_{k-1})\,p_k$ is what scikit-learn calls average precision, but for the objects that no detection finds, which it does not know. (The tests of this chapter compare the 101 points with pycocotools.)

# %%
from sklearn.metrics import average_precision_score

scores, right, n = collected(clean, TEST, 0, 0.5)
order = scores.argsort(descending=True, stable=True)
hit = right[order].double()
plain = (hit / n * hit.cumsum(0) / torch.arange(1, len(hit) + 1)).sum().item()
theirs = average_precision_score(right.numpy(), scores.numpy()) * right.sum().item() / n
check.close("without interpolation: scikit-learn", plain, theirs, atol=1e-3)
aps = {points: average_precision(scores, right, n, points) for points in (0, 11, 101)}
print("AP50 of the ellipse: " + ", ".join(f"{value:.3f} ({points or 'all'} points)" for points, value in aps.items()) + f", {plain:.3f} without interpolation")  # fmt: skip

# %% [markdown]
# ## 11.17 How are several sizes found in one pass?
#
# *Going further.*
#
# The detector above has one map with one stride. For photographs, where sizes differ more, four ways are told apart (Lin et al. 2017); this section builds the last one and trains none of them:
#
# | name | how | price |
# |---|---|---|
# | featurised image pyramid | the network runs on several sizes of the picture | as many passes |
# | single feature map | one map, the last | small objects share few cells |
# | pyramidal feature hierarchy | predictions at several layers (SSD) | the fine maps are shallow |
# | feature pyramid network | the coarse maps are added to the finer ones | a few 1×1 and 3×3 convolutions |

# %% [markdown]
# A **feature pyramid network** (FPN, Lin et al. 2017) goes through the hierarchy from the coarsest map down, enlarges each result by two and adds it to a 1×1 convolution of the next finer map. With backbone maps $C_l$ and their results $P_l$,
#
# $$ P_L = \operatorname{lat}_L(C_L), \qquad P_l = \operatorname{lat}_l(C_l) + \operatorname{up}_2(P_{l+1}) . \tag{11.10} $$
#
# Each $P_l$ predicts boxes of its own sizes. YOLOv3 does so at 13, 26 and 52 cells a side, but concatenates instead of adding.


# %%
class FPN(nn.Module):
    """The top-down path (eq. 11.10).   maps fine to coarse, (n, c_l, H/2^l, W/2^l) -> the same, all with c channels"""

    def __init__(self, channels: Sequence[int], c: int):
        super().__init__()
        self.lateral = nn.ModuleList([nn.Conv2d(c_in, c, 1) for c_in in channels])

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        P = [lateral(m) for lateral, m in zip(self.lateral, maps, strict=True)]
        for i in range(len(P) - 2, -1, -1):  # from the coarsest but one to the finest
            P[i] = P[i] + F.interpolate(P[i + 1], scale_factor=2, mode="nearest")
        return P


torch.manual_seed(SEED)
fpn = FPN([5, 7, 9], 4)
rng = torch.Generator().manual_seed(SEED)
maps_ = [
    torch.randn(2, c, 12 // 2**i, 20 // 2**i, generator=rng)
    for i, c in enumerate((5, 7, 9))
]
P = fpn(maps_)
i, j = 7, 13
by_hand = fpn.lateral[0](maps_[0])[:, :, i, j] + fpn.lateral[1](maps_[1])[:, :, i // 2, j // 2] + fpn.lateral[2](maps_[2])[:, :, i // 4, j // 4]  # fmt: skip
check.close("a place of the finest map, by hand", P[0][:, :, i, j], by_hand)
print([tuple(p.shape[2:]) for p in P], "boxes of YOLOv3 at 416:", 3 * sum(s * s for s in (13, 26, 52)))  # fmt: skip

# %% [markdown]
# The image pyramid costs a pass for each size: with halved sides a second picture costs a quarter more, and with five sizes in steps of $\sqrt 2$ up to twice the side, $4 + 2 + 1 + \tfrac12 + \tfrac14 = 7.75$ passes instead of one. The FPN adds to each place of a fine map the values of the coarser maps there, in one pass.

# %% [markdown]
# ## 11.18 Your turn
#
# The [exercises of this chapter](../assignments/11_detection/11_detection.ipynb) have a check each, which tells you what is wrong.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | R-CNN's box regression, decoded in place (11.1) | find the bug | ●● | 15 |
# | the gradient of GIoU (11.2) | derive | ●●● | 25 |
# | a crop and its boxes (11.3) | write | ●● | 15 |
# | RoIAlign (11.4) | write | ●●● | 25 |
# | beyond the border of the cell (11.5) | derive | ●● | 15 |
# | focal loss with ignored predictions (11.6) | find the bug | ●● | 15 |
# | soft-NMS, class by class (11.7) | write | ●● | 20 |
# | what leaves the average precision as it is (11.8) | predict | ●● | 10 |
# | one box of many (11.9) | go beyond | ●●● | 30 |
#
# One more question has no check.
#
# <details><summary>Two people stand close together and the detector reports one box. Name two places in the chain where the second may have been lost, and how to tell which.</summary>
#
# NMS may have removed it: look at the raw boxes, or raise the threshold. Or the two centres may lie in one cell with the same best anchor: then one of them had no responsible prediction in training, and no raw box is there. A finer map or more anchors help in the second case, soft-NMS in the first.
#
# </details>

# %% [markdown]
# ## 11.19 In five lines
#
# 1. A detector puts out many boxes with scores; detection is a list of boxes, instance segmentation a mask for each object.
# 2. R-CNN runs a network on each proposal, Fast R-CNN pools the proposals from one feature map, Faster R-CNN makes the proposals on that map too.
# 3. In YOLO the cell of an object's centre and the best anchor there are responsible; (11.6) turns $t$ into a box, and predictions that fit well without being responsible are ignored.
# 4. NMS removes duplicates, for each class, by falling score; AP is the area under precision against recall; it shows duplicates only as far as their scores are high.
# 5. A feature pyramid predicts objects of different sizes from maps of different strides, in one pass of the network.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes; detection is in both, that of Bologna ("Object detection", "YOLOv3") and that of Milano ("Object detection", "YOLO"). In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna, YOLOv3, training | squared errors with roots, weights 5 and 0.5, one class a cell | that is the first YOLO; version 3 has squared errors on $t$, binary cross-entropies for objectness and classes of each box, and an ignore threshold. The sums end at $S^2 - 1$ and $B - 1$ | Redmon et al. (2016); Redmon and Farhadi (2018) | sections 11.11 to 11.13 |
# | Milano, Object detection | detection combines object detection with semantic segmentation | that is instance segmentation; detection gives boxes | He et al. (2017) | section 11.1 |
# | Milano, Fast R-CNN | region proposals are extracted from the feature map | they come from outside and are projected onto it; the RPN comes with Faster R-CNN | Girshick (2015); Ren et al. (2015) | section 11.5 |
# | Bologna, YOLOv3, Training | only the responsible cell and anchor influence the loss | every prediction that is not ignored enters the objectness term, in the notes' own formula with $\lambda_{\text{no-obj}}$ | Redmon et al. (2016) | section 11.11 |
# | Bologna, YOLOv3, Anchor box * | predicting width and height directly makes the gradients unstable | the paper says it of centres without bounds, and of sizes that offsets are easier to learn | Redmon and Farhadi (2017) | section 11.9 |
# | Bologna, YOLOv3 * | k-means with the IoU as metric | the distance is 1 − IoU | Redmon and Farhadi (2017) | section 11.9 |
# | Bologna, YOLOv3, Remark * | the cell right of (0, 0) is (0, 1) | as (row, column); in the order $(c_x, c_y)$ of the formulas it is (1, 0) | | section 11.8 |
# | Bologna, YOLOv3, Remark * | YOLOv3 uses a feature pyramid network | its maps are joined in a similar way, but by concatenation instead of a sum | Redmon and Farhadi (2018) | section 11.17 |
# | Milano, YOLO * | NMS helps in selecting the most accurate box | it keeps the box of the highest score, which need not fit best | | section 11.16 |
# | Bologna, NMS * | sort by the objectness score | commonly by objectness times class probability | Redmon and Farhadi (2018) | section 11.14 |

# %% [markdown]
# ## Further reading
#
# - R. Girshick, J. Donahue, T. Darrell and J. Malik (2014), [*Rich feature hierarchies for accurate object detection and semantic segmentation*](https://arxiv.org/abs/1311.2524), CVPR: R-CNN. R. Girshick (2015), [*Fast R-CNN*](https://arxiv.org/abs/1504.08083), ICCV. S. Ren, K. He, R. Girshick and J. Sun (2015), [*Faster R-CNN*](https://arxiv.org/abs/1506.01497), NeurIPS: the RPN and its targets.
# - J. Uijlings, K. van de Sande, T. Gevers and A. Smeulders (2013), [*Selective search for object recognition*](https://doi.org/10.1007/s11263-013-0620-5), IJCV.
# - J. Redmon, S. Divvala, R. Girshick and A. Farhadi (2016), [*You only look once*](https://arxiv.org/abs/1506.02640), CVPR: (11.8). J. Redmon and A. Farhadi (2017), [*YOLO9000*](https://arxiv.org/abs/1612.08242), CVPR: anchors by k-means. The same (2018), [*YOLOv3: an incremental improvement*](https://arxiv.org/abs/1804.02767), arXiv 1804.02767: (11.6) and (11.7).
# - W. Liu et al. (2016), [*SSD: single shot multibox detector*](https://arxiv.org/abs/1512.02325), ECCV: predictions from a feature hierarchy.
# - H. Rezatofighi et al. (2019), [*Generalized intersection over union*](https://arxiv.org/abs/1902.09630), CVPR: (11.2).
# - K. He, G. Gkioxari, P. Dollár and R. Girshick (2017), [*Mask R-CNN*](https://arxiv.org/abs/1703.06870), ICCV: RoIAlign and instance segmentation.
# - T.-Y. Lin et al. (2017), [*Feature pyramid networks for object detection*](https://arxiv.org/abs/1612.03144), CVPR: (11.10), and the four ways of section 11.17.
# - N. Bodla, B. Singh, R. Chellappa and L. Davis (2017), [*Soft-NMS*](https://arxiv.org/abs/1704.04503), ICCV.
# - M. Everingham et al. (2010), [*The PASCAL visual object classes (VOC) challenge*](https://doi.org/10.1007/s11263-009-0275-4), IJCV: average precision.

# %% [markdown] tags=["neighbours"]
# Before: [10 Segmentation](10_segmentation.ipynb). Next: [12 The data manifold](12_data_manifold.ipynb).
