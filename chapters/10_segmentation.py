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
# # 10 Segmentation
#
# A classifier gives one class to a picture, a detector a box to an object. Here every pixel gets a class. The network has to know what is in the picture, for which it looks at large regions, and where the border runs, to the pixel. Pooling helps with the first and loses the second. This chapter shows how a network can do both.
#
# Terms in bold are collected in the [glossary](glossary.md).

# %% [markdown]
# > **Study time** About 140 minutes. The core path, 90 minutes, is sections 10.1, 10.2, 10.4, 10.7 and 10.9 to 10.11; sections marked *going further* can wait.

# %%
import time
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from matplotlib.colors import ListedColormap
from sklearn.cluster import KMeans
from torch import Tensor, nn

from course_utils import check, data, plots, pretrained, widgets
from course_utils.progress import progress

SEED = check.seed(10)

# %%
TRAIN, TEST = data.shapes(800, SEED), data.shapes(300, SEED, part="test")
PAINT = ListedColormap(["#d9d9d9", plots.BLUE, plots.ORANGE, plots.GREEN, plots.PURPLE])


# %% tags=["hide-input"]
def strip(title: str, rows: Sequence[Sequence[Tensor]], side: float = 1.0) -> plots.Figure:
    """Pictures (3, h, w) and maps of labels (h, w), row below row."""
    columns, ratio = len(rows[0]), rows[0][0].shape[-2] / rows[0][0].shape[-1]
    size = (side * columns, side * ratio * len(rows) + 0.35)
    fig, axes = plots.tiles(title, len(rows) * columns, columns, size)
    for ax, item in zip(axes, [item for row in rows for item in row], strict=True):
        if item.ndim == 3:
            plots.image(ax, item)
        else:
            ax.imshow(item, cmap=PAINT, vmin=0, vmax=4, interpolation="nearest")
    return fig


plots.show(strip("from the top: picture, class of each pixel, object of each pixel", [TEST.X[:7], TEST.y[:7], TEST.parts[:7]]),
           alt="Seven pictures of coloured discs, squares and triangles that cover one another. Below, every pixel has the colour of its class; in the third row each object has a colour of its own.")  # fmt: skip

# %% [markdown]
# ## 10.1 What is a segmentation?
#
# **Segmentation** partitions a picture into groups of pixels that belong together. **Semantic segmentation** assigns a class to each pixel, and does not tell two objects of the same class apart. **Instance segmentation** assigns each pixel of an object to that object, so that two objects of the same class are told apart. The second row of the picture above is the semantic segmentation, the third the instances.

# %% [markdown]
# The pictures are drawn: discs, squares and triangles of equal areas on a plain ground, 32×32 pixels with noise. Colours are random, so a colour says nothing about the class.
#
# Can the instances be read off the semantic map? A connected region consists of neighbouring pixels of one class. An object that touches no other of its class, and that nothing cuts in two, is one such region. Count the regions and compare.


# %%
def regions(y: Tensor) -> int:
    """How many connected regions of one class, the background left out (neighbours share a side).   y: (h, w)"""
    from scipy.ndimage import label

    return sum(label((y == c).numpy())[1] for c in range(1, int(y.max()) + 1))


example = torch.tensor([[1, 1, 0, 2], [0, 1, 2, 2], [1, 0, 3, 0]])
check.close("regions: two of class 1, one of each other", regions(example), 4)
objects = [len(parts[parts > 0].unique()) for parts in TEST.parts]
differ = sum(regions(y) != k for y, k in zip(TEST.y, objects, strict=True)) / len(TEST.y)
check.reaches("share of pictures where regions are not the objects", differ, at_least=0.27)
print(f"another number of regions than of objects: {differ:.0%} of the pictures")

# %% [markdown]
# On more than a quarter of the pictures the counts differ: two objects of one class touch and make one region, or one object is cut in two by another that covers it. So a perfect semantic segmentation does not give the instances. Chapter 11 tells how instances are found.

# %% [markdown]
# **Supervised segmentation** learns from pictures in which people have labelled the pixels. **Unsupervised segmentation** groups pixels that look alike, by colour, texture or place, and needs no labels. Its groups have no class names. They are used to find objects, or as larger units in place of pixels, to save work.
#
# > **Remark** Labels for segmentation are expensive. Bearman et al. (2016) estimate, for a photograph of PASCAL VOC, 20 seconds for the names of its classes, 22 seconds for one point on each class, and 240 seconds for the class of each pixel. The next cell counts what has to be written down for our pictures.

# %% tags=["hide-input"]
names = sum(len(y[y > 0].unique()) for y in TEST.y) / len(TEST.y)
boxes = 5 * sum(objects) / len(objects)  # four numbers and a class each
print(
    f"numbers a picture: class names {names:.1f}, boxes {boxes:.0f}, a map of classes {TEST.y[0].numel()}"
)

# %% tags=["hide-input"]
widgets.choose(
    "A map gives each pixel of a street scene one of the classes road, car and person. Which question can it not answer?",
    {
        "How many cars there are": True,
        "What share of the picture is road": "Count the pixels of class road and divide by all of them.",
        "Whether a person stands in front of the road": "Person pixels that border on road pixels are seen in the map.",
    },
    because="Two cars that overlap in the picture are one region of the class car. That is the task of instance segmentation.",
)

# %% [markdown]
# ## 10.2 How good is a segmentation?
#
# The **pixel accuracy** is the share of pixels that get their true class. Background makes up most of a picture, so a map without any object has a high accuracy. The usual score counts class by class. The **confusion matrix** $K$ holds, at row $c$ and column $d$, the number of pixels of class $c$ that were assigned to class $d$.
#
# $$ K_{cd} = \sum_{n,i,j} \mathbb 1[\,y_{nij} = c\,]\;\mathbb 1[\,\hat y_{nij} = d\,] \tag{10.1} $$

# %% [markdown]
# Then the intersection over union of section 9.1, for sets of pixels in place of boxes, and its mean over the classes are
#
# $$ \operatorname{IoU}_c = \frac{K_{cc}}{\sum_d K_{cd} + \sum_d K_{dc} - K_{cc}}, \tag{10.2} $$
#
# $$ \operatorname{mIoU} = \frac1{|\mathcal C|} \sum_{c \in \mathcal C} \operatorname{IoU}_c . \tag{10.3} $$
#
# The **mean intersection over union** (mIoU) is the mean of the IoU of the classes, each computed from the pixels of all pictures together. $\mathcal C$ are the classes that occur in the labels or in the prediction; for any other (10.2) is 0/0, and it is left out.


# %%
def confusion(prediction: Tensor, y: Tensor, classes: int = 4) -> Tensor:
    """The confusion matrix, true classes in rows (eq. 10.1).   prediction, y: (...) of integers -> (classes, classes)

    Raises ValueError for a label outside 0..classes-1.
    """
    for labels in (prediction, y):
        if labels.min() < 0 or labels.max() >= classes:
            raise ValueError(f"labels lie in {labels.min()}..{labels.max()}; with {classes} classes 0..{classes - 1} are allowed")  # fmt: skip
    return torch.bincount((classes * y + prediction).flatten(), minlength=classes**2).view(
        classes, classes
    )


def ious(K: Tensor) -> Tensor:
    """The IoU of each class (eq. 10.2), NaN for a class that occurs nowhere.   K: (C, C) -> (C,), float64"""
    hits = K.diag().double()
    return hits / (K.sum(dim=1) + K.sum(dim=0) - hits)


def mean_iou(prediction: Tensor, y: Tensor) -> float:
    """The mean over the classes that occur (eq. 10.3).   prediction, y: (...)"""
    return ious(confusion(prediction, y)).nanmean().item()


# %%
rng = torch.Generator().manual_seed(SEED)
y, y_hat = torch.randint(3, (2, 2, 5, 7), generator=rng)
looped = []
for c in range(3):
    both = sum(
        int(a == c and b == c) for a, b in zip(y.flatten(), y_hat.flatten(), strict=True)
    )
    either = sum(
        int(a == c or b == c) for a, b in zip(y.flatten(), y_hat.flatten(), strict=True)
    )
    looped.append(both / either)
found = ious(confusion(y_hat, y))
check.close("IoU of each class, by a loop", found[:3], torch.tensor(looped).double())
check.close(
    "class 3 is nowhere, and left out",
    [found[3].isnan().item(), mean_iou(y_hat, y)],
    [True, sum(looped) / 3],
)
check.raises("a label outside the classes", ValueError, lambda: confusion(y_hat + 2, y))

# %% [markdown]
# **Break it.** Two shortcuts are common. One computes the mIoU of each picture and averages over pictures; then a class counts in a picture where it has few pixels as much as where it has many. The other counts an absent class as 0, or as 1. All are numbers between 0 and 1, and none is (10.3).

# %%
right = mean_iou(y_hat, y)
alone = sum(mean_iou(a, b) for a, b in zip(y_hat, y, strict=True)) / len(y)
check.catches("averaged over pictures", lambda: check.close("mIoU", alone, right))
for filled in (0.0, 1.0):
    value = found.nan_to_num(filled).mean().item()
    check.catches(
        f"an absent class counts {filled:.0f}",
        lambda value=value: check.close("mIoU", value, right),
    )

# %% [markdown]
# What do these scores say? Three predictions are compared: the majority class everywhere; the truth moved by one pixel to the right; and the truth in which the objects of every tenth picture have another class. A third score looks only at the band of the truth. The **boundary band** of a map of labels holds the pixels that have a pixel of another class within a given distance, here 1.


# %%
def boundary(y: Tensor, width: int = 1) -> Tensor:
    """Pixels with another class at most `width` rows and columns away.   y: (n, h, w) -> (n, h, w) of bool"""
    labels, k = y[:, None].float(), 2 * width + 1
    highest = F.max_pool2d(
        labels, k, stride=1, padding=width
    )  # beyond the border there is no label
    lowest = -F.max_pool2d(-labels, k, stride=1, padding=width)
    return (highest != lowest)[:, 0]


# %% tags=["hide-input"]
example = torch.tensor([[1, 1, 0, 2], [0, 1, 1, 1], [0, 0, 1, 1]])
band = boundary(example[None])
looped = torch.zeros(1, 3, 4, dtype=torch.bool)
for i in range(3):
    for j in range(4):
        near = example[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2]
        looped[0, i, j] = (near != example[i, j]).any()
check.close("boundary band, by a loop", band, looped)

# %%
renamed = TEST.y.clone()
renamed[::10] = torch.where(renamed[::10] > 0, renamed[::10] % 3 + 1, 0)
predictions = {
    "majority class": torch.zeros_like(TEST.y),
    "moved by a pixel": TEST.y.roll(1, dims=2),
    "every tenth renamed": renamed,
}
band, scores = boundary(TEST.y), {}
for name, y_hat in predictions.items():
    accuracy = (y_hat == TEST.y).double().mean().item()
    scores[name] = [accuracy, mean_iou(y_hat, TEST.y), mean_iou(y_hat[band], TEST.y[band])]
    print(
        "{:20} accuracy {:.2f}, mIoU {:.2f}, mIoU in the band {:.2f}".format(
            name, *scores[name]
        )
    )
print(f"the band holds {band.double().mean():.0%} of the pixels; IoU by class:", ious(confusion(predictions["moved by a pixel"], TEST.y)).round(decimals=2).tolist())  # fmt: skip

# %% tags=["hide-input"]
majority, moved, tenth = scores.values()
check.reaches("majority class: accuracy", majority[0], at_least=0.7, at_most=0.8)
check.reaches("majority class: mIoU", majority[1], at_most=0.2)
check.reaches(
    "moved by a pixel: mIoU minus that in the band", moved[1] - moved[2], at_least=0.2
)
of_classes = ious(confusion(predictions["moved by a pixel"], TEST.y))
check.reaches(
    "moved by a pixel: IoU of the background minus the best other",
    (of_classes[0] - of_classes[1:].max()).item(),
    at_least=0.05,
)
check.reaches(
    "every tenth renamed: mIoU minus that in the band",
    abs(tenth[1] - tenth[2]),
    at_most=0.06,
)

# %% [markdown]
# The majority class alone is right on about three of four pixels, and its mIoU is below 0.2: three of four classes have an IoU of 0. A shift by one pixel and wrong classes in every tenth picture cost a similar amount of mIoU; the band tells the two kinds of error apart. For the moved truth the background has the highest IoU of the classes: a pixel along the border is a smaller share of a large area.

# %% tags=["hide-input"]
widgets.predict(
    "A picture has 90 pixels of background and 10 of one object. A map calls 5 pixels of the object and 5 of the background object. What is the mIoU of the two classes?",
    answer=(85 / 95 + 5 / 15) / 2,
    tolerance=0.006,
    because="Background: 85 hits, 90 true and 90 predicted pixels, 85 / 95. Object: 5 hits, 10 true and 10 predicted, 5 / 15. The mean is 0.61, and the accuracy 0.90.",
    slips={
        "That is the pixel accuracy.": 0.9,
        "That is the IoU of the object alone.": 1 / 3,
    },
)

# %% [markdown]
# ## 10.3 How far does colour get without labels?
#
# *Going further.*
#
# **K-means** assigns points to $k$ clusters such that the sum of squared distances to the means of the clusters becomes small.
#
# $$ \min_{\mathbf m,\, a} \sum_i \lVert \mathbf v_i - \mathbf m_{a(i)} \rVert^2 \tag{10.4} $$
#
# Two steps alternate: each point joins the nearest mean, and each mean moves to the middle of its points. Neither can raise (10.4). They stop where neither lowers it any more; where that is depends on the start, so the best of several starts is kept.

# %% [markdown]
# The points are the pixels of one picture, each with its colour $(r, g, b)$, or with its position as well, $(r, g, b, \lambda x, \lambda y)$. The weight $\lambda$ says how many units of colour the width of the picture is worth.


# %%
def kmeans(V: Tensor, means: Tensor, steps: int = 20) -> tuple[Tensor, Tensor]:
    """Clusters and the sum of eq. 10.4, from given means.   V: (..., n, d), means: (..., k, d) -> (..., n), (...)

    A cluster without points keeps its mean.
    """
    for _ in range(steps):
        joined = torch.cdist(V, means).argmin(dim=-1)
        members = F.one_hot(joined, means.shape[-2]).to(V.dtype)  # (..., n, k)
        counts = members.sum(dim=-2)[..., None]  # (..., k, 1)
        means = torch.where(counts > 0, members.mT @ V / counts.clamp(min=1), means)
    distances, joined = torch.cdist(V, means).min(dim=-1)
    return joined, distances.square().sum(dim=-1)


# %%
def points(X: Tensor, weight: float = 0.0) -> Tensor:
    """Colours, and positions times the weight.   X: (n, 3, h, w) -> (n, h w, 5)"""
    n, _, h, w = X.shape
    rows, columns = torch.meshgrid(
        (torch.arange(h) + 0.5) / h, (torch.arange(w) + 0.5) / w, indexing="ij"
    )
    positions = weight * torch.stack([columns, rows]).expand(n, 2, h, w)
    return torch.cat([X, positions], dim=1).flatten(2).mT


def clustered(V: Tensor, k: int, rng: torch.Generator, starts: int = 4) -> Tensor:
    """For each picture the best of several starts from random points.   V: (n, points, d) -> (n, points)"""
    tries = [
        kmeans(V, V[:, torch.randperm(V.shape[1], generator=rng)[:k]])
        for _ in range(starts)
    ]
    best = torch.stack([loss for _, loss in tries]).argmin(dim=0)
    return torch.stack([groups for groups, _ in tries])[best, torch.arange(len(V))]


# %%
rng = torch.Generator().manual_seed(SEED)
V = data.normal(rng, 90, 3)
reference = KMeans(
    5, init=V[:5].numpy(), n_init=1, tol=0, max_iter=20, algorithm="lloyd"
).fit(V.numpy())
ours, loss = kmeans(V, V[:5])
check.close("clusters, as in scikit-learn", ours, torch.tensor(reference.labels_).long())
check.close("eq. 10.4", loss.item(), float(reference.inertia_))

# %% [markdown]
# How good are clusters that have no names? For each object, the background included, take the cluster with the highest IoU, and average over objects. There are five clusters, one more than the largest number of objects with the background. Controls: positions alone, and five groups drawn at random, pixel by pixel.


# %%
def best_overlap(groups: Tensor, parts: Tensor) -> float:
    """The mean over objects of the best IoU with a group.   groups, parts: (h w,)"""
    G, O = F.one_hot(groups).double(), F.one_hot(parts).double()
    shared = O.T @ G
    overlap = shared / (O.sum(dim=0)[:, None] + G.sum(dim=0) - shared)
    return overlap[O.sum(dim=0) > 0].amax(dim=1).mean().item()


# %%
check.close(
    "best overlap",
    best_overlap(torch.tensor([0, 0, 1, 1, 1]), torch.tensor([0, 2, 2, 2, 2])),
    (1 / 2 + 3 / 4) / 2,
)
rng, few, parts = (
    torch.Generator().manual_seed(SEED),
    TEST.X[:60],
    TEST.parts[:60].flatten(1),
)
WEIGHTS = {
    "colour": 0.0,
    "colour, position x 0.3": 0.3,
    "colour, position x 1": 1.0,
    "colour, position x 3": 3.0,
}
groups = {name: clustered(points(few, weight), 5, rng) for name, weight in WEIGHTS.items()}
groups["position alone"] = clustered(points(few, 1.0)[:, :, 3:], 5, rng)
groups["at random"] = torch.randint(5, parts.shape, generator=rng)
overlaps = {}
for name, found in groups.items():
    overlaps[name] = sum(map(best_overlap, found, parts)) / len(few)
    print(f"{name:24} best overlap {overlaps[name]:.2f}")

# %% tags=["hide-input"]
check.reaches(
    "k-means: what a little position gains",
    overlaps["colour, position x 0.3"] - overlaps["colour"],
    at_least=-0.06,
    at_most=0.06,
)
check.reaches(
    "k-means: what position x 3 costs",
    overlaps["colour"] - overlaps["colour, position x 3"],
    at_least=0.15,
)
check.reaches(
    "k-means: colour minus position alone",
    overlaps["colour"] - overlaps["position alone"],
    at_least=0.3,
)
check.reaches(
    "position alone minus random groups",
    overlaps["position alone"] - overlaps["at random"],
    at_least=0.1,
)

# %% [markdown]
# On plain colours with noise, colour finds most of each object. Positions cut large regions into pieces as soon as they weigh much. A small weight changes the overlap by less than 6 points here.
#
# No weight gives class names: the same disc is red in one picture and blue in the next. On a photograph a cluster is a shade, which may belong to several objects.

# %% tags=["hide-input"]
rng = torch.Generator().manual_seed(SEED)
photograph = data.photo("coffee", 72)
shades = {f"positions x {weight:g}": clustered(points(photograph[None], weight), 5, rng).view(72, 72) for weight in (0.0, 0.7)}  # fmt: skip
figures = [strip("the photograph", [[photograph]], side=2.1)]
for name, groups in shades.items():
    figures.append(strip(f"5 clusters, {name}", [[groups]], side=2.1))
plots.show(*figures, alt=["A cup of coffee on a red saucer with a spoon, on a wooden table.",
    "Five clusters by colour: the white cup is one, the coffee shares one with a few streaks of the table, most of the table is one, and the red saucer is split into two shades.",
    "Five clusters by colour and position: the table is cut into an upper, a lower and a left piece."])  # fmt: skip

# %% [markdown]
# ## 10.4 How does a classifier become a heat map?
#
# A classifier that was trained on small pictures can label a large one: move a window over it and classify what is in the window, for the pixel in its middle. Then neighbouring windows share most of their pixels, and most of the computation is done many times. The same numbers come from one pass if the dense layers are written as convolutions, for windows at multiples of the stride and layers without padding.

# %% [markdown]
# A dense layer behind a feature map of shape $(c, h, w)$ reads all $c\,h\,w$ numbers. So does a kernel of $h \times w$ on the map of one window, which it covers completely:
#
# $$ z_u = b_u + \sum_{k,i,j} W_{u,(k,i,j)}\, A_{kij} = b_u + \sum_{k=1}^{c} \sum_{i=1}^{h} \sum_{j=1}^{w} V_{ukij}\, A_{kij} \tag{10.5} $$
#
# **Convolutionalisation** rewrites the dense layers of a classifier as convolutions, so that it takes larger pictures and gives a map of logits. The first dense layer becomes a kernel of $h \times w$; those behind it read one place each and become 1×1 convolutions.

# %% [markdown]
# The Bologna notes give every dense layer a 1×1 kernel. That is right for all but the first behind the flattening: in the network of Long et al. (2015), made from VGG-16, its kernel is 7×7. A **fully convolutional network** consists of layers that work at each place alike (convolutions, pooling, activation functions, upsampling), so that it takes pictures of any size from a smallest one on.
#
# | symbol | name | meaning |
# |---|---|---|
# | $W, \mathbf b$ | `dense` | dense layer behind the flattening, $(u, c\,h\,w)$ and $(u,)$ |
# | $V$ | `dense_to_conv(dense, c, h, w)` | its weights as kernels, $(u, c, h, w)$ |


# %%
def classifier(rows: int = 16, columns: int = 16) -> nn.Sequential:
    """Two convolutions without padding, two dense layers.   (n, 3, rows, columns) -> logits (n, 4)"""
    h, w = (((side - 2) // 2 - 3) // 2 for side in (rows, columns))
    return nn.Sequential(
        nn.Conv2d(3, 12, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 24, 4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(24 * h * w, 48), nn.ReLU(), nn.Linear(48, 4),
    )  # fmt: skip


# %%
def dense_to_conv(dense: nn.Linear, c: int, h: int, w: int) -> nn.Conv2d:
    """The convolution that equals a dense layer on a flattened (c, h, w) (eq. 10.5).

    Raises ValueError when the dense layer does not read c h w numbers.
    """
    if dense.in_features != c * h * w:
        raise ValueError(
            f"the dense layer reads {dense.in_features} numbers; {c} x {h} x {w} are {c * h * w}"
        )
    conv = nn.Conv2d(c, dense.out_features, (h, w), dtype=dense.weight.dtype)
    with torch.no_grad():
        conv.weight.copy_(dense.weight.view(-1, c, h, w))
        conv.bias.copy_(dense.bias)
    return conv


def convolutionalised(net: nn.Sequential, h: int, w: int) -> nn.Sequential:
    """The classifier with convolutions for dense layers.   (n, 3, H, W) -> logits (n, 4, rows, columns)"""
    first = dense_to_conv(net[7], 24, h, w)
    return nn.Sequential(*net[:6], first, nn.ReLU(), dense_to_conv(net[9], 48, 1, 1))


# %% tags=["hide-input"]
def sliding_window(
    net: nn.Module, X: Tensor, rows: int, columns: int, stride: int
) -> Tensor:
    """The logits of each window, one after the other.   X: (n, 3, H, W) -> (n, 4, ...)"""
    down, across = (
        range(0, X.shape[2] - rows + 1, stride),
        range(0, X.shape[3] - columns + 1, stride),
    )
    return torch.stack(
        [
            torch.stack(
                [net(X[:, :, i : i + rows, j : j + columns]) for j in across], dim=-1
            )
            for i in down
        ],
        dim=-2,
    )


# %%
torch.manual_seed(SEED)
net, X = (
    classifier(16, 20).double(),
    data.normal(torch.Generator().manual_seed(SEED), 2, 3, 37, 50),
)
whole, h, w = convolutionalised(net, 2, 3), 2, 3
with torch.no_grad():
    check.close("at every place", whole(X), sliding_window(net, X, 16, 20, stride=4))
    check.close(
        "on one window", whole(X[:, :, :16, :20])[:, :, 0, 0], net(X[:, :, :16, :20])
    )
check.raises(
    "a 1 x 1 kernel for the first dense layer",
    ValueError,
    lambda: dense_to_conv(net[7], 24, 1, 1),
)

# %% [markdown]
# A network with global average pooling (chapter 9) has no flattening. There the notes' 1×1 kernel is right for the first dense layer, too, and the mean of the map is the logit of the picture: the map is that of (9.6), plus the bias.

# %% [markdown]
# A **heat map** of a class gives a number at each place of a coarse grid that says how strongly the network finds the class there. Behind a softmax over the classes it is a probability. Below are those of the pretrained network of chapter 7, whose stride is 32, summed over three classes of cats and over three of cups and coffee.

# %%
NETWORK = pretrained.efficientnet_lite0()
CATS = [pretrained.class_index(name) for name in ("tabby cat", "a cat having a striped coat", "Egyptian Mau")]  # fmt: skip
CUPS = [pretrained.class_index(name) for name in ("espresso", "tea cup", "coffee mug")]
photographs = torch.cat(
    [data.photo(name, 224)[:, :, 32:192] for name in ("cat", "coffee")], dim=2
)[None]
X = pretrained.prepare(photographs)
with torch.no_grad():
    Z = dense_to_conv(NETWORK._fc, 1280, 1, 1)(
        NETWORK.extract_features(X)
    )  # (1, 1000, 7, 10)
    check.close(
        "the mean of the map is the logit", Z.mean(dim=(2, 3)), NETWORK(X), atol=1e-4
    )
P = Z[0].softmax(dim=0)
cats, cups = P[CATS].sum(dim=0), P[CUPS].sum(dim=0)
inside = [(cats[:, :5].sum() / cats.sum()).item(), (cups[:, 5:].sum() / cups.sum()).item()]
print(
    "share of the heat in its own half of the picture: cats {:.2f}, cups {:.2f}".format(
        *inside
    )
)

# %% tags=["hide-input"]
check.reaches("share of the heat in its own half", min(inside), at_least=0.9)
figures = [strip("two photographs", [[photographs[0]]], side=2.1)]
for name, heat in {"cats": cats, "cups and coffee": cups}.items():
    strength = 0.75 * heat.repeat_interleave(32, dim=0).repeat_interleave(32, dim=1)
    mixed = (1 - strength) * photographs[0].mean(dim=0) + strength * torch.tensor(
        [1.0, 0.6, 0.1]
    )[:, None, None]
    figures.append(strip(f"heat map: {name}", [[mixed]], side=2.1))
plots.show(*figures, alt=["The face of a cat beside a cup of coffee.",
    "The photographs in grey under seven by ten cells, which are orange on the left half, on the cat.",
    "The same in grey; the cells at the upper right, on the cup, are orange."])  # fmt: skip

# %% [markdown]
# **Direct heat-map prediction** gives all pixels of a cell, the $f \times f$ pixels that belong to one place of the map, the class with the largest value there. (The Milan notes say: the pixels of its receptive field. But receptive fields overlap, and a pixel lies in many.) How good can it be? Give each cell the class that is most frequent in it: no other map of cells has a higher pixel accuracy. (Long et al. print such a table for photographs.)


# %%
def by_cells(y: Tensor, f: int, classes: int = 4) -> Tensor:
    """The most frequent label of each f x f cell, for all its pixels.   y: (n, h, w) -> (n, h, w)"""
    counts = F.avg_pool2d(
        F.one_hot(y, classes).movedim(-1, 1).float(), f
    )  # (n, classes, h / f, w / f)
    return counts.argmax(dim=1).repeat_interleave(f, dim=1).repeat_interleave(f, dim=2)


band, bounds = boundary(TEST.y), {}
for f in (2, 4, 8, 16):
    best = by_cells(TEST.y, f)
    bounds[f] = mean_iou(best, TEST.y)
    print(
        f"true labels by cells of {f:2} x {f:<2}: mIoU {bounds[f]:.2f}, in the band {mean_iou(best[band], TEST.y[band]):.2f}"
    )

# %% tags=["hide-input"]
check.reaches("true labels by cells of 4 x 4: mIoU", bounds[4], at_least=0.7, at_most=0.92)
check.reaches("true labels by cells of 8 x 8: mIoU", bounds[8], at_least=0.5, at_most=0.66)

# %% [markdown]
# Even with the true classes, cells of 8×8 pixels lose more than a third of the mIoU, and more in the band. Section 10.6 removes the stride; the following ones enlarge the coarse map and add what the early layers know.

# %% tags=["hide-input"]
widgets.predict(
    "A classifier for pictures of 224×224 ends in feature maps of 512×7×7, flattened, and a dense layer of 4096 units; its stride is 32. As a fully convolutional network it gets a picture of 384×512. How many places has the map behind the first dense layer?",
    answer=6 * 10,
    tolerance=0.4,
    because="The feature maps are 12×16. A kernel of 7×7 without padding has 6×10 positions.",
    slips={
        "That is a 1×1 kernel: the dense layer reads 7×7 places at once.": 192,
        "The kernel has one position more than the difference of the sides.": 45,
    },
)

# %% [markdown]
# ## 10.5 What does the one pass save, and when is it exact?
#
# *Going further.*
#
# **Break it.** The equality needs the windows to be cut at multiples of the stride of the network, here 4, and layers without padding: with padding, a window is framed by zeros of its own, where the whole picture has pixels.

# %%
torch.manual_seed(SEED)
padded, X = (
    classifier(16, 20).double(),
    data.normal(torch.Generator().manual_seed(SEED), 2, 3, 37, 50),
)
padded[3].padding = (1, 1)
padded[7] = nn.Linear(24 * 3 * 4, 48).double()
padded_whole = nn.Sequential(*padded[:6], dense_to_conv(padded[7], 24, 3, 4), nn.ReLU(), dense_to_conv(padded[9], 48, 1, 1))  # fmt: skip
with torch.no_grad():
    windows, at_once = sliding_window(padded, X, 16, 20, stride=4), padded_whole(X)
check.catches(
    "padding",
    lambda: check.close(
        "logits", at_once[:, :, : windows.shape[2], : windows.shape[3]], windows
    ),
)

# %% [markdown]
# What does the one pass save? The multiplications are counted by hooks on the layers, and the time is the best of five runs, on a picture of 64×64.


# %%
def multiplications(net: nn.Module, X: Tensor) -> int:
    """Multiply-accumulates of the convolutions and dense layers for one picture.   X: (n, ...)"""
    counts = []

    def count(layer: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        places = (
            inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
        )  # each input place is spread
        channels = layer.weight.shape[0]  # outputs; inputs of a transposed convolution
        counts.append(places[0].numel() * layer.weight.numel() // channels)

    kinds = nn.Conv2d | nn.Linear | nn.ConvTranspose2d
    hooks = [
        layer.register_forward_hook(count)
        for layer in net.modules()
        if isinstance(layer, kinds)
    ]
    with torch.no_grad():
        net(X[:1])
    for hook in hooks:
        hook.remove()
    return sum(counts)


# %%
def fastest(call: Callable[[], object], runs: int = 5) -> float:
    """Seconds of the fastest of several runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


# %%
net = classifier()
whole, X = convolutionalised(net, 2, 2), torch.rand(1, 3, 64, 64)
check.close("3 x 3 kernels, 3 to 12 channels, 62 x 62 places, and so on", multiplications(whole, X),
            62**2 * 12 * 27 + 28**2 * 24 * 12 * 16 + 13**2 * (48 * 24 * 4 + 4 * 48))  # fmt: skip
windows = 13**2  # a window every 4 pixels
saved = windows * multiplications(net, X[:, :, :16, :16]) / multiplications(whole, X)
with torch.no_grad():
    one_by_one = fastest(lambda: sliding_window(net, X, 16, 16, 4), runs=2)
    at_once = fastest(lambda: whole(X))
    stacked = X.unfold(2, 16, 4).unfold(3, 16, 4).permute(0, 2, 3, 1, 4, 5).flatten(0, 2)
    one_batch = fastest(lambda: net(stacked))
print(f"multiplications: {saved:.1f} times as many for {windows} windows as for the map")
print(
    f"time: {one_by_one / at_once:.0f} times as long one by one, {one_batch / at_once:.0f} times in one batch"
)
check.reaches("multiplications: windows over map", saved, at_least=4.0, at_most=4.5)

# %% [markdown]
# The one pass needs a quarter of the multiplications here. One by one, the windows take far longer than that, because each call of a small network costs time of its own; in one batch most of that is gone.

# %% [markdown]
# ## 10.6 Can a strided network give every pixel?
#
# *Going further.*
#
# A network with stride $f$ gives an output every $f$ pixels. **Shift-and-stitch** runs a network of stride $f$ on the $f^2$ pictures that are shifted by $0, \dots, f-1$ pixels in each direction, and interleaves the outputs.
#
# $$ Z_{f p + i,\; f q + j} = \operatorname{net}(X_{i:,\,j:})_{p,q}, \qquad 0 \le i, j < f . \tag{10.6} $$

# %% [markdown]
# Every pixel gets its output, with its whole receptive field, for $f^2$ passes. Most of the work is repeated. The same numbers come from one pass through a network without strides, whose later layers are dilated: what is $m$ steps apart behind a stride of $f$ is $m f$ pixels apart in the picture. (Long et al. discuss this, "filter rarefaction", and then choose upsampling; Chen et al., 2015, build on it.)


# %%
def strided() -> nn.Sequential:
    """Stride 4 from two poolings, no padding.   (n, 2, h, w) -> (n, 3, ...)"""
    return nn.Sequential(nn.Conv2d(2, 5, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(5, 4, (3, 2)), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Conv2d(4, 3, 2))  # fmt: skip


def dilated(net: nn.Sequential) -> nn.Sequential:
    """The same weights with stride 1: behind each stride, everything is spread by it."""
    conv1, _, _, conv2, _, _, conv3 = net
    layers = [conv1, nn.ReLU(), nn.MaxPool2d(2, stride=1), nn.Conv2d(5, 4, (3, 2), dilation=2), nn.ReLU(),
              nn.MaxPool2d(2, stride=1, dilation=2), nn.Conv2d(4, 3, 2, dilation=4)]  # fmt: skip
    for ours, theirs in ((layers[3], conv2), (layers[6], conv3)):
        ours.load_state_dict(theirs.state_dict())
    return nn.Sequential(*layers).to(conv1.weight.dtype)


# %%
def shift_and_stitch(net: nn.Module, X: Tensor, f: int) -> Tensor:
    """The outputs for every shift, interleaved (eq. 10.6).   X: (n, c, h, w) -> (n, k, rows, columns)"""
    parts = [[net(X[:, :, i:, j:]) for j in range(f)] for i in range(f)]
    rows = sum(line[0].shape[2] for line in parts)
    columns = sum(part.shape[3] for part in parts[0])
    Z = X.new_empty(*parts[0][0].shape[:2], rows, columns)
    for i in range(f):
        for j in range(f):
            Z[:, :, i::f, j::f] = parts[i][j]
    return Z


# %%
torch.manual_seed(SEED)
net, X = strided(), torch.randint(-9, 10, (2, 2, 37, 50)).float()
for weights in net.parameters():
    weights.data.mul_(20).round_()  # small whole numbers: sums are exact in any order
with torch.no_grad():
    stitched, at_once = shift_and_stitch(net, X, 4), dilated(net)(X)
    check.close(
        "shift-and-stitch and the dilated network differ by",
        (stitched - at_once).abs().max().item(),
        0.0,
        atol=0.0,
    )
    slow = fastest(lambda: shift_and_stitch(net, X, 4))
    fast = fastest(lambda: dilated(net)(X))
print(
    f"16 passes take {slow / fast:.1f} times as long as the dilated network, at a size of {tuple(at_once.shape[2:])}"
)
square = at_once[:, :, :24, :24]
exchanged = torch.empty_like(square)
for i in range(4):
    for j in range(4):
        exchanged[:, :, i::4, j::4] = square[:, :, j::4, i::4]
check.catches("the two offsets exchanged", lambda: check.close("Z", exchanged, square))

# %% [markdown]
# The difference is exactly 0. The order matters: a stitch that exchanges the two offsets has the right size when both sides are equal, and three of four values are wrong.

# %% [markdown]
# ## 10.7 How is a coarse map made larger?
#
# **Upsampling** makes a map with more rows and columns from one with fewer. Each way shown here is linear in the coarse map, so it is a matrix $U$, and the backward pass multiplies by $U^{\mathsf T}$ (section 6.9). Let the factor be $f$.

# %% [markdown]
# **Nearest-neighbour upsampling** repeats each value of a coarse map for a square of pixels. **Bed-of-nails upsampling** puts each value of a coarse map in the upper left corner of a square of pixels, whose others are zero. **Max unpooling** puts each value of a coarse map where the maximum of its window was when the fine map was pooled, and zeros elsewhere.


# %%
def nearest(X: Tensor, f: int) -> Tensor:
    """Each value f x f times.   (n, c, h, w) -> (n, c, f h, f w)"""
    return X.repeat_interleave(f, dim=2).repeat_interleave(f, dim=3)


def bed_of_nails(X: Tensor, f: int) -> Tensor:
    """Each value once, zeros between.   (n, c, h, w) -> (n, c, f h, f w)"""
    n, c, h, w = X.shape
    Y = X.new_zeros(n, c, f * h, f * w)
    Y[:, :, ::f, ::f] = X
    return Y


def unpool(X: Tensor, places: Tensor, size: Sequence[int]) -> Tensor:
    """Each value at its place in the flattened map.   X, places: (n, c, h, w) -> (n, c, *size)"""
    n, c = X.shape[:2]
    Y = X.new_zeros(n, c, size[0] * size[1])
    return Y.scatter(2, places.flatten(2), X.flatten(2)).view(n, c, *size)


# %%
rng = torch.Generator().manual_seed(SEED)
X, fine = (
    data.normal(rng, 2, 3, 4, 5),
    data.normal(rng, 2, 3, 12, 15).round(),
)  # rounded: with ties
pooled, places = F.max_pool2d(fine, 3, return_indices=True)
check.close("nearest", nearest(X, 3), F.interpolate(X, scale_factor=3, mode="nearest"))
check.close("bed of nails", bed_of_nails(X, 3), F.conv_transpose2d(X, torch.eye(9).double()[0].view(1, 1, 3, 3).expand(3, 1, 3, 3), stride=3, groups=3))  # fmt: skip
check.close(
    "max unpooling", unpool(pooled, places, (12, 15)), F.max_unpool2d(pooled, places, 3)
)
check.close("pooled again, where the maximum is not negative", F.max_pool2d(unpool(pooled, places, (12, 15)), 3), pooled.clamp(min=0))  # fmt: skip

# %% [markdown]
# The Milan notes describe nearest-neighbour upsampling as inserting zeros and then filling them. Inserting zeros alone is the bed of nails. Filling them by a convolution with $f \times f$ ones gives the repeated values; so nearest-neighbour upsampling is a transposed convolution with stride $f$ whose kernel is all ones and fixed.
#
# **Learned upsampling** is a transposed convolution with a stride above 1 whose kernel is learned. It inserts zeros and convolves, too; only the kernel differs. How many channels it has is free.

# %%
ones = torch.ones(3, 1, 3, 3).double()
check.close("zeros, then a convolution with ones", F.conv2d(F.pad(bed_of_nails(X, 3), (2, 0, 2, 0)), ones, groups=3), nearest(X, 3))  # fmt: skip
check.close(
    "a transposed convolution with ones",
    F.conv_transpose2d(X, ones, stride=3, groups=3),
    nearest(X, 3),
)
check.catches(
    "a bed of nails for nearest",
    lambda: check.close("nearest", bed_of_nails(X, 3), nearest(X, 3)),
)

# %% [markdown]
# **Bilinear upsampling** interpolates between the values of a coarse map, in rows and in columns. It is a transposed convolution, too, with a fixed kernel of $k = 2f - (f \bmod 2)$ rows and columns:
#
# $$ V_{ij} = v_i\, v_j, \qquad v_i = 1 - \frac{1}{f} \left| i - \frac{k-1}{2} \right|, \quad i = 0, \dots, k - 1 \tag{10.7} $$
#
# The centre $(k-1)/2$ lies between two pixels when $f$ is even, and on a pixel when it is odd.

# %% [markdown]
# Long et al. start the kernels that enlarge their score maps at these values and let the network learn them (the last one stays fixed). The Milan notes call upsampling by filters of fractional stride "prediction upsampling" and list it beside the transposed convolution. It is the same layer: stride $1/f$ means $f - 1$ zeros between the values. What is enlarged are predictions, the maps of scores.


# %%
def bilinear_kernel(f: int) -> Tensor:
    """The kernel of bilinear upsampling by f (eq. 10.7).   -> (k, k), float64"""
    k = 2 * f - f % 2
    v = 1 - (torch.arange(k).double() - (k - 1) / 2).abs() / f
    return v[:, None] * v


def bilinear(X: Tensor, f: int) -> Tensor:
    """Each channel alone, by a transposed convolution.   (n, c, h, w) -> (n, c, f h, f w)"""
    V = bilinear_kernel(f).to(X.dtype)
    kernels = V.expand(X.shape[1], 1, *V.shape)
    return F.conv_transpose2d(
        X, kernels, stride=f, padding=(len(V) - f) // 2, groups=X.shape[1]
    )


# %%
ramp = torch.arange(5).double().expand(1, 1, 4, 5)
for f in (2, 3, 4):
    reference = F.interpolate(X, scale_factor=f, mode="bilinear", align_corners=False)
    inside = (slice(None), slice(None), slice(f, -f), slice(f, -f))
    check.close(
        f"factor {f}: as torch, away from the border",
        bilinear(X, f)[inside],
        reference[inside],
    )
    steps = bilinear(ramp, f)[0, 0, f, f:-f].diff()
    check.close(f"factor {f}: a ramp stays a ramp", steps, torch.full_like(steps, 1 / f))
wrong = 1 - (torch.arange(4).double() - 2).abs() / 2  # even k, the centre of an odd one
shifted = F.conv_transpose2d(
    ramp, (wrong[:, None] * wrong)[None, None], stride=2, padding=1
)[0, 0, 2, 2:-2]
check.catches(
    "the centre on a pixel for an even kernel",
    lambda: check.close("ramp", shifted, bilinear(ramp, 2)[0, 0, 2, 2:-2]),
)

# %% tags=["hide-input"]
rng = torch.Generator().manual_seed(SEED)
picture = data.photo("coffee", 96).mean(dim=0)[None, None]
pooled, places = F.max_pool2d(picture, 4, return_indices=True)
ups = {
    "pooled by 4": pooled,
    "nearest": nearest(pooled, 4),
    "bed of nails": bed_of_nails(pooled, 4),
    "max unpooling": unpool(pooled, places, (96, 96)),
    "bilinear": bilinear(pooled, 4),
}
plots.pictures({name: up[0, 0] for name, up in ups.items()}, limits=(0, 1), alt=[
    "A cup on a saucer in 24 by 24 squares.", "The same squares, each of 4 by 4 equal pixels.",
    "Black, with one grey or bright pixel in the corner of each square.", "Black, with one grey or bright pixel in each square; along the rim of the cup and the saucer they form lines.",
    "A smooth, blurred cup, darker along the border."])  # fmt: skip

# %% [markdown]
# None of them brings back what pooling has thrown away. Max unpooling keeps one part of it, the places of the maxima. The bilinear picture is darker at the border, where neighbours are missing that `F.interpolate` replaces by repeating the outermost ones.

# %% tags=["hide-input"]
widgets.choose(
    "In a backward pass, the gradient of the loss arrives at an upsampled map. What does nearest-neighbour upsampling by 2 hand on for one coarse value?",
    {
        "The sum of the four gradients of its four copies": True,
        "The mean of the four gradients": "The four copies each change with the coarse value at the rate 1; the chain rule adds. The mean would be a quarter of it.",
        "The largest of the four gradients": "That is like a max pooling. The transpose of repeating is adding.",
    },
    because="Every copy depends on the value; the chain rule adds their gradients. It is the product with U^T.",
)

# %% [markdown]
# ## 10.8 Which matrix is an upsampling?
#
# *Going further.*
#
# Column $i$ of $U$ is what the upsampling makes of a map with a single 1 at place $i$. $U^{\mathsf T}$ belongs to something known in each case: the sum over each window, the value in its corner, the value at the remembered place, and a convolution with stride $f$ and the same kernel.


# %%
def matrix_of(op: Callable[[Tensor], Tensor], h: int, w: int) -> Tensor:
    """The matrix of a linear operation on one channel.   op: (1, 1, h, w) -> (1, 1, H, W); -> (H W, h w)"""
    ones = torch.eye(h * w).double().view(h * w, 1, 1, h, w)
    return torch.stack([op(one).flatten() for one in ones], dim=1)


# %%
rng = torch.Generator().manual_seed(SEED)
h, w, f = 3, 4, 2
G, V = data.normal(rng, 1, 1, f * h, f * w), data.normal(rng, 1, 1, 4, 4)
fine = data.normal(rng, 1, 1, f * h, f * w)
_, places = F.max_pool2d(fine, f, return_indices=True)
pairs = {
    "nearest": (lambda X: nearest(X, f), F.avg_pool2d(G, f) * f**2),
    "bed of nails": (lambda X: bed_of_nails(X, f), G[:, :, ::f, ::f]),
    "max unpooling": (lambda X: unpool(X, places, (f * h, f * w)), G.flatten()[places]),
    "learned": (
        lambda X: F.conv_transpose2d(X, V, stride=f, padding=1),
        F.conv2d(G, V, stride=f, padding=1),
    ),
    "bilinear": (
        lambda X: bilinear(X, f),
        F.conv2d(G, bilinear_kernel(f)[None, None], stride=f, padding=1),
    ),
}
for name, (up, adjoint) in pairs.items():
    U = matrix_of(up, h, w)
    check.close(
        f"{name}: U^T of shape {tuple(U.T.shape)}", U.T @ G.flatten(), adjoint.flatten()
    )

# %% [markdown]
# ## 10.9 How are maps of several layers combined?
#
# The deep layers of a classifier tell what is in the picture, and have few places. The early ones have many places, and see a few pixels each. (The Milan notes speak of the tension between semantics and location.) A **score map** holds the logits of the classes at each place of a coarse grid. Long et al. (2015) let every level give its own, by a 1×1 convolution. A coarser score map is upsampled by 2 and added to the finer one:
#
# $$ Z^{(s)} = \operatorname{up}_2\big(Z^{(2s)}\big) + V^{(s)} * A^{(s)} \tag{10.8} $$

# %% [markdown]
# $A^{(s)}$ are the feature maps at stride $s$, $V^{(s)}$ has one 1×1 kernel for each class. A **skip connection** carries feature maps of an early layer past the deeper ones to a later layer. In the names of the paper, FCN-32 upsamples the map of stride 32 at once; FCN-16 adds one skip, from stride 16; FCN-8 adds a second, from stride 8. The rest is upsampled at once. Our network has the strides 8, 4 and 2.

# %% [markdown]
# Score maps are *added*; the Bologna notes write that they are concatenated before upsampling. After a concatenation there are $2C$ channels, which are no logits of $C$ classes: another convolution would have to follow. A sum is a special case of it, whose weights for the upsampled scores are the identity and stay so.
#
# | symbol | name | meaning |
# |---|---|---|
# | $A^{(1)}, A^{(2)}, A^{(4)}, A^{(8)}$ | `Encoder()(X)` | feature maps at strides 1, 2, 4, 8 |
# | $V^{(s)}$ | `scores` | 1×1 convolutions to $C$ classes |
# | $Z^{(s)}$ | `Z` | score map at stride $s$ |


# %%
def block(c_in: int, c_out: int, dilation: int = 1) -> nn.Sequential:
    """3 x 3 convolution that keeps the size, batch normalisation, ReLU."""
    conv = nn.Conv2d(c_in, c_out, 3, padding=dilation, dilation=dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out), nn.ReLU())


def divisible(net: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    """Raises ValueError for a picture whose sides 8 does not divide: its maps would not fit."""
    h, w = inputs[0].shape[2:]
    if h % 8 or w % 8:
        raise ValueError(
            f"the picture has {h} x {w} pixels; pad it to multiples of 8 and crop the result"
        )


# %%
class Encoder(nn.Module):
    """Feature maps at strides 1, 2, 4 and 8.   (n, 3, h, w) -> 4 maps (n, width, h / stride, w / stride)"""

    def __init__(self, widths: Sequence[int]):
        super().__init__()
        a, b, c, d = widths
        self.levels = nn.ModuleList([
            nn.Sequential(block(3, a), block(a, a)),
            nn.Sequential(nn.MaxPool2d(2), block(a, b)),
            nn.Sequential(nn.MaxPool2d(2), block(b, c)),
            nn.Sequential(nn.MaxPool2d(2), block(c, d), block(d, d)),
        ])  # fmt: skip

    def forward(self, X: Tensor) -> list[Tensor]:
        maps = []
        for level in self.levels:
            X = level(X)
            maps.append(X)
        return maps


# %%
class FCN(nn.Module):
    """Summed score maps (eq. 10.8), then bilinear upsampling.   (n, 3, h, w) -> logits (n, 4, h, w)"""

    def __init__(self, widths: Sequence[int], skips: int):
        super().__init__()
        self.encoder = Encoder(widths)
        self.register_forward_pre_hook(divisible)
        deepest_first = widths[::-1][: skips + 1]
        self.scores = nn.ModuleList([nn.Conv2d(width, 4, 1) for width in deepest_first])

    def score_map(self, X: Tensor) -> Tensor:
        """At stride 8, 4, 2 or 1, for 0, 1, 2 or 3 skips."""
        maps = self.encoder(X)[::-1]
        Z = self.scores[0](maps[0])
        for score, A in zip(self.scores[1:], maps[1:], strict=False):
            Z = F.interpolate(Z, scale_factor=2, mode="bilinear") + score(A)  # eq. 10.8
        return Z

    def forward(self, X: Tensor) -> Tensor:
        return F.interpolate(self.score_map(X), size=X.shape[2:], mode="bilinear")


# %%
torch.manual_seed(SEED)
net, X = FCN([3, 5, 6, 7], skips=2).double(), torch.randn(2, 3, 16, 24).double()
_, A2, A4, A8 = net.encoder(X)
by_hand = F.interpolate(net.scores[0](A8), scale_factor=2, mode="bilinear")
both = torch.cat([by_hand, A4], dim=1)  # 4 + 6 channels
kernel = torch.cat([torch.eye(4).double(), net.scores[1].weight[:, :, 0, 0]], dim=1)[
    :, :, None, None
]
joined = F.conv2d(both, kernel, net.scores[1].bias)
check.close(
    "a sum is a 1 x 1 convolution of the concatenation", joined, by_hand + net.scores[1](A4)
)
Z = F.interpolate(joined, scale_factor=2, mode="bilinear") + net.scores[2](A2)
check.close("two skips", net.score_map(X), Z)
check.catches(
    "concatenated scores",
    lambda: check.close("logits", torch.cat([by_hand, net.scores[1](A4)], dim=1), joined),
)
check.raises("a side that 8 does not divide", ValueError, lambda: net(X[:, :, :, :20]))

# %% [markdown]
# The softmax is over the classes, at each pixel by itself, and the loss is the mean of the cross-entropies of all pixels:
#
# $$ p_{nc,ij} = \frac{e^{Z_{nc,ij}}}{\sum_{d} e^{Z_{nd,ij}}}, \qquad L = -\frac{1}{N H W} \sum_{n,i,j} \log p_{n\,y_{nij},\,ij} \tag{10.9} $$


# %%
def pixel_loss(Z: Tensor, y: Tensor) -> Tensor:
    """The mean cross-entropy of the pixels (eq. 10.9).   Z: (n, classes, h, w), y: (n, h, w) -> ()"""
    log_p = Z - Z.logsumexp(dim=1, keepdim=True)
    return -log_p.gather(1, y[:, None]).mean()


rng = torch.Generator().manual_seed(SEED)
Z, y = 30 * data.normal(rng, 2, 4, 3, 5), torch.randint(4, (2, 3, 5), generator=rng)
total = 0.0
for n in range(2):
    for i in range(3):
        for j in range(5):
            total = total - Z[n, :, i, j].log_softmax(dim=0)[y[n, i, j]]
check.close("pixel loss, by a loop", pixel_loss(Z, y), total / 30)
check.close("as torch", F.cross_entropy(Z, y), total / 30)
right = Z.softmax(dim=1)
for dim, over in ((0, "pictures"), (2, "rows"), (3, "columns")):
    check.catches(
        f"softmax over the {over}",
        lambda dim=dim: check.close("p", Z.softmax(dim=dim), right),
    )

# %% [markdown]
# A softmax over another axis keeps the shape, and its numbers lie between 0 and 1; only a comparison or the sum over the classes tells. `F.cross_entropy` expects the classes in axis 1, and logits rather than probabilities. (The Milan notes write the output as height, width, classes; that is the order of Keras.)

# %% tags=["hide-input"]
widgets.choose(
    "An FCN with one skip has 21 classes; its level at stride 16 has 512 channels. How many channels has the sum of the two score maps?",
    {
        "21": True,
        "42": "That is the concatenation. Score maps are added, class by class.",
        "533": "The 512 feature maps first become 21 score maps, by a 1×1 convolution.",
    },
    because="Both are score maps: the coarse one upsampled, the finer one made of its 512 channels by a 1×1 convolution with 21 kernels.",
)

# %% [markdown]
# ## 10.10 What does a U-Net do otherwise?
#
# In an FCN the levels are joined as scores, which each level gives by itself. A **U-Net** (Ronneberger, Fischer and Brox 2015) joins feature maps: each step back up doubles the size by a transposed convolution, concatenates the feature maps of the same size from the way down, and convolves both together.
#
# $$ B^{(s)} = \operatorname{block}\Big(\big[\, \operatorname{up}_2(B^{(2s)}),\; A^{(s)} \,\big]\Big), \qquad B^{(8)} = A^{(8)} \tag{10.10} $$

# %% [markdown]
# The brackets concatenate channels, and 1×1 kernels on $B^{(1)}$ give the logits. The network needs no pretrained classifier. An **encoder** is the part of a network that turns its input into features, here in maps of falling size. A **decoder** is the part of a network that turns features into an output, here of the picture's size.

# %% [markdown]
# > **Remark** The encoder is said to find *what* the picture contains, the decoder *where* it is. The receptive field grows and the places become fewer on the way down, so that is plausible. Section 10.13 puts it to a test.


# %%
class UNet(nn.Module):
    """Concatenated feature maps (eq. 10.10).   (n, 3, h, w) -> logits (n, 4, h, w); without skips if skip is False"""

    def __init__(self, widths: Sequence[int], skip: bool = True):
        super().__init__()
        self.encoder, self.skip = Encoder(widths), skip
        self.register_forward_pre_hook(divisible)
        up = list(zip(widths[::-1], widths[-2::-1], strict=False))
        self.ups = nn.ModuleList(
            [nn.ConvTranspose2d(deep, width, 2, stride=2) for deep, width in up]
        )
        self.blocks = nn.ModuleList([block((1 + skip) * width, width) for _, width in up])
        self.score = nn.Conv2d(widths[0], 4, 1)

    def decode(self, maps: Sequence[Tensor]) -> Tensor:
        """From the maps at strides 1, 2, 4 and 8 to logits."""
        *fine, B = maps
        for up, join, A in zip(self.ups, self.blocks, fine[::-1], strict=True):
            B = up(B)
            B = join(torch.cat([B, A], dim=1) if self.skip else B)  # eq. 10.10
        return self.score(B)

    def forward(self, X: Tensor) -> Tensor:
        return self.decode(self.encoder(X))


torch.manual_seed(SEED)
net = UNet([3, 5, 6, 7])
check.close(
    "logits for each pixel", list(net(torch.rand(2, 3, 24, 40)).shape), [2, 4, 24, 40]
)
channels = [blocks[0].weight.shape[1] for blocks in net.blocks]
check.close("channels into the blocks", channels, [2 * 6, 2 * 5, 2 * 3])

# %% [markdown]
# > **Remark** The original has no padding: each 3×3 convolution takes a pixel off every side, and the maps from the way down are cropped in the middle before they are joined. The channels double with each step down. A picture of 572×572 gives a map of 388×388, so what is segmented is the middle of the picture. With padding, as here, the sizes are equal and nothing is cropped; then the pixels near the border are computed from zeros in part.

# %% [markdown]
# The crop must take as many pixels from the left as the convolutions did. Where an odd number is cut off, the two sides differ by one; and rows and columns each have a number of their own.


# %%
def cropped(A: Tensor, size: Sequence[int]) -> Tensor:
    """The middle `size` rows and columns; the smaller part is cut off at the top and left.   (n, c, h, w)

    Raises ValueError when the map is smaller.
    """
    top, left = ((have - want) // 2 for have, want in zip(A.shape[2:], size, strict=True))
    if top < 0 or left < 0:
        raise ValueError(
            f"a map of {tuple(A.shape[2:])} cannot be cropped to {tuple(size)}"
        )
    return A[:, :, top : top + size[0], left : left + size[1]]


# %% tags=["hide-input"]
def sizes(side: int, levels: int = 4) -> tuple[int, list[int]]:
    """Output side of a U-Net without padding, and what the joins crop, deepest first."""
    down, cut = [side - 4], []  # two 3 x 3 convolutions a level
    for _ in range(levels):
        down.append(down[-1] // 2 - 4)
    side = down.pop()
    for fine in down[::-1]:
        cut.append(fine - 2 * side)
        side = 2 * side - 4
    return side, cut


# %%
point = torch.zeros(1, 1, 37, 50)
point[0, 0, 20, 31] = 1.0
kernel = torch.zeros(1, 1, 5, 7)
kernel[0, 0, 2, 3] = 1.0
smaller = F.conv2d(point, kernel)  # without padding: 2 rows and 3 columns off each side
check.close("a point stays in its place", cropped(point, smaller.shape[2:]), smaller)
check.catches(
    "the two axes exchanged", lambda: check.close("crop", point[:, :, 3:36, 2:46], smaller)
)
check.close("572 gives 388", sizes(572), (388, [8, 32, 80, 176]))

# %% tags=["hide-input"]
widgets.predict(
    "A level of a U-Net has 64 channels on the way down. The map from below is upsampled to 64 channels. How many weights has the 3×3 convolution behind the join, with 64 output channels and without bias?",
    answer=3 * 3 * 128 * 64,
    tolerance=0.5,
    because="The concatenation has 128 channels: 3 · 3 · 128 · 64 = 73,728. A sum would need half as many.",
    slips={"That is for a sum of the two maps; here they are concatenated.": 36864.0},
)

# %% [markdown]
# ## 10.11 What do skips gain at equal numbers of parameters?
#
# A U-Net with the encoder of an FCN has more parameters, so a better score could come from them. Here all networks have about 20,000, by choice of their widths, the same 800 pictures, and the same number of steps. The control for the skips is a U-Net without them, whose blocks are wider instead. All are trained for 8 epochs: after 6, at this learning rate or twice it, the U-Net confused discs and squares on some seeds, in runs outside this notebook.


# %% tags=["hide-input"]
def parameters(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


@torch.no_grad()
def scored(net: nn.Module, shapes: data.Shapes) -> list[float]:
    """mIoU of all pixels, of the boundary band, and of all others."""
    y_hat, band = net(shapes.X).argmax(dim=1), boundary(shapes.y)
    parts = (torch.ones_like(band), band, ~band)
    return [mean_iou(y_hat[part], shapes.y[part]) for part in parts]


# %%
KINDS = {
    "8x": lambda: FCN([11, 16, 24, 28], skips=0),
    "one skip": lambda: FCN([11, 16, 24, 28], skips=1),
    "two skips": lambda: FCN([11, 16, 24, 28], skips=2),
    "U-Net": lambda: UNet([8, 12, 15, 20]),
    "U-Net without skips": lambda: UNet([8, 12, 17, 24], skip=False),
}
counts = {name: parameters(make()) for name, make in KINDS.items()}
for name, make in KINDS.items():
    print(
        f"{name:20} {counts[name]:,} parameters, {multiplications(make(), TEST.X) / 1e6:.1f} million multiplications a picture"
    )
check.reaches(
    "largest over smallest number of parameters",
    max(counts.values()) / min(counts.values()),
    at_most=1.02,
)


# %%
def trained(
    net: nn.Module, X: Tensor, y: Tensor, epochs: int = 8, lr: float = 0.01
) -> nn.Module:
    """Adam with one rise and fall of the learning rate; returns the network in evaluation mode.   y: (n, h, w)"""
    rng = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=epochs * -(-len(X) // 16)
    )
    net.train()
    for _ in progress(range(epochs), "training"):
        for rows in torch.randperm(len(X), generator=rng).split(16):
            optimizer.zero_grad()
            pixel_loss(net(X[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
    return net.eval()


# %%
nets, results = {}, {}
for name, make in KINDS.items():
    torch.manual_seed(SEED)
    nets[name] = trained(make(), TRAIN.X, TRAIN.y)
    results[name] = scored(nets[name], TEST)
torch.manual_seed(SEED)
results["U-Net, untrained"] = scored(UNet([8, 12, 15, 20]).eval(), TEST)
with torch.no_grad():
    cells = F.interpolate(
        nets["8x"].score_map(TEST.X), scale_factor=8, mode="nearest"
    ).argmax(dim=1)
band, nothing = boundary(TEST.y), torch.zeros_like(TEST.y)
for name, y_hat in (("8x, read by cells", cells), ("majority class", nothing)):
    results[name] = [
        mean_iou(y_hat[part], TEST.y[part]) for part in (band | ~band, band, ~band)
    ]
# %%
for name, values in results.items():
    print("{:20} mIoU {:.2f}, in the band {:.2f}, elsewhere {:.2f}".format(name, *values))
with torch.no_grad():
    for name in ("8x", "two skips", "U-Net"):
        print(
            f"{name:9} IoU by class:",
            ious(confusion(nets[name](TEST.X).argmax(dim=1), TEST.y))
            .round(decimals=2)
            .tolist(),
        )

# %%
gains = {}
for name, control in (
    ("one skip", "8x"),
    ("two skips", "one skip"),
    ("U-Net", "8x"),
    ("U-Net", "U-Net without skips"),
):
    whole, at_band, elsewhere = (
        a - b for a, b in zip(results[name], results[control], strict=True)
    )
    gains[name, control] = whole
    print(
        f"{name:9} minus {control:19}: mIoU {whole:+.2f}, in the band {at_band:+.2f}, elsewhere {elsewhere:+.2f}"
    )
skips = [a - b for a, b in zip(results["two skips"], results["8x"], strict=True)]

# %% tags=["hide-input"]
share = {}
for name, control in (("two skips", "8x"), ("U-Net", "U-Net without skips")):
    with torch.no_grad():
        better, worse = (
            nets[kind](TEST.X).argmax(dim=1) != TEST.y for kind in (name, control)
        )
    mended = worse.sum() - better.sum()
    share[name] = ((worse & band).sum() - (better & band).sum()).item() / mended.item()
    print(
        f"{name:9} instead of {control:19}: {mended} pixels fewer are wrong, {share[name]:.0%} of them in the band"
    )

# %% tags=["hide-input"]
bound = mean_iou(by_cells(TEST.y, 8), TEST.y)  # section 10.4
check.reaches("8x: mIoU", results["8x"][0], at_least=0.55, at_most=0.75)
check.reaches("8x: mIoU minus the bound of cells", results["8x"][0] - bound, at_least=0.0)
check.reaches(
    "8x: what interpolated scores gain over cells",
    results["8x"][0] - results["8x, read by cells"][0],
    at_least=0.05,
)
# %% tags=["hide-input"]
check.reaches("what one skip gains", gains["one skip", "8x"], at_least=0.08)
check.reaches("what the second skip gains", gains["two skips", "one skip"], at_least=0.0)
check.reaches("what two skips gain over 8x", skips[0], at_least=0.1)
check.reaches("what two skips gain over 8x elsewhere", skips[2], at_least=0.03)
check.reaches(
    "two skips over 8x: gain in the band minus gain elsewhere",
    skips[1] - skips[2],
    at_least=0.18,
)
check.reaches(
    "U-Net minus the same without skips",
    gains["U-Net", "U-Net without skips"],
    at_least=0.2,
)
check.reaches(
    "U-Net minus two skips",
    results["U-Net"][0] - results["two skips"][0],
    at_least=-0.15,
    at_most=0.1,
)

# %% tags=["hide-input"]
check.reaches(
    "two skips: share of the mended pixels in the band", share["two skips"], at_least=0.6
)
check.reaches(
    "U-Net: share of the mended pixels in the band",
    share["U-Net"],
    at_least=0.3,
    at_most=0.75,
)
check.reaches("untrained U-Net", results["U-Net, untrained"][0], at_most=0.3)

# %% tags=["hide-input"]
with torch.no_grad():
    guesses = {name: net(TEST.X[:8]).argmax(dim=1) for name, net in nets.items()}
lines = [
    TEST.X[:8],
    TEST.y[:8],
    *[guesses[name] for name in ("8x", "one skip", "two skips", "U-Net")],
]
plots.show(strip("from the top: picture, truth, 8x, one skip, two skips, U-Net", lines, side=0.9),
           alt="Eight pictures and their true classes, and four rows of predictions: blobs with the 8-fold upsampling, closer outlines with one and two skips, and sharp outlines with the U-Net, some of them with patches of another class inside.")  # fmt: skip

# %% [markdown]
# On five seeds the first skip gains 12 to 14 points of mIoU, the second 2 to 4. Two skips together gain 31 to 33 points in the band and 7 or 8 elsewhere; of the pixels that they mend, seven of ten lie in the band. The interpolated scores of the 8x network are better than the same scores read by cells, and better than the true labels by cells of section 10.4: between two cells of unlike scores the border may run inside a cell.

# %% [markdown]
# On the five seeds the U-Net lies between 3 points below and 3 points above the FCN with two skips, in the run above 4 points above it, with half as many multiplications again: at equal parameters it is no reliable gain here. (In runs of 6 epochs outside this notebook a third skip gained the FCN 1 or 2 points, and a U-Net that adds in place of concatenating was not reliably worse.)

# %% [markdown]
# Without its skips the U-Net loses 27 to 54 points, and about half of the pixels concerned lie away from the edges: it confuses the classes as well. Part of this is slow training: with 16 epochs, in a run outside this notebook, the largest loss, 54, shrank to 24.

# %% [markdown]
# Below the four networks work in the page. Draw a shape, and choose how the coarse score maps are upsampled. The scores are those of your drawing alone.


# %%
class ScoreMap(nn.Module):
    """An FCN without its last upsampling."""

    def __init__(self, net: FCN):
        super().__init__()
        self.net = net

    def forward(self, X: Tensor) -> Tensor:
        return self.net.score_map(X)


noise = torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(SEED))
ground = (torch.tensor([0.12, 0.15, 0.25])[:, None, None] + 0.08 * noise).clamp(0, 1)
drawn = {name: ScoreMap(nets[name]) for name in ("8x", "one skip", "two skips")} | {
    "U-Net": nets["U-Net"]
}

# %% tags=["hide-input"]
widgets.DrawSegments(drawn, ground, list(data.SHAPES))

# %% [markdown]
# ## 10.12 What does a network without pooling see?
#
# *Going further.*
#
# Without pooling and strides the output has the size of the input, and nothing has to be enlarged. The Milan notes name two drawbacks, a small receptive field and inefficiency. Both can be counted: $L$ convolutions of $k \times k$ with dilations $d_l$ see
#
# $$ r = 1 + \sum_{l=1}^{L} d_l\,(k - 1) \tag{10.11} $$
#
# rows and columns (eq. 6.19 with all strides 1), and every one of them works on all pixels. Dilations (section 6.10) enlarge the field at the same cost.


# %%
def without_pooling(dilations: Sequence[int], width: int) -> nn.Sequential:
    """3 x 3 convolutions at full size.   (n, 3, h, w) -> logits (n, 4, h, w)"""
    layers = [block(width if i else 3, width, d) for i, d in enumerate(dilations)]
    return nn.Sequential(*layers, nn.Conv2d(width, 4, 1))


def field(net: nn.Module, size: int = 63) -> int:
    """Rows of the picture that change the logits in its middle."""
    X = torch.rand(1, 3, size, size, requires_grad=True)
    net.eval()(X)[0, :, size // 2, size // 2].sum().backward()
    rows = X.grad[0].abs().sum(dim=(0, 2)).nonzero()
    return int(rows.max() - rows.min() + 1)


# %%
DILATIONS = {"dilation 1": (1, 1, 1, 1, 1), "dilations 1, 2, 4, 4, 2": (1, 2, 4, 4, 2)}
seen = {}
for name, dilations in DILATIONS.items():
    torch.manual_seed(SEED)
    net = without_pooling(dilations, 12)
    rows = field(net)
    check.close(f"receptive field, {name}", rows, 1 + 2 * sum(dilations))  # eq. 10.11
    seen[name] = scored(trained(net, TRAIN.X, TRAIN.y), TEST)
    print(
        "{:23} field {:2}: mIoU {:.2f}, in the band {:.2f}, elsewhere {:.2f}".format(
            name, rows, *seen[name]
        )
    )
for name, counted in {"without pooling": net, "U-Net": UNet([8, 12, 15, 20])}.items():
    print(
        f"{name:15} {parameters(counted):6,} parameters, {multiplications(counted, TEST.X) / 1e6:.1f} million multiplications"
    )

# %% tags=["hide-input"]
small, larger = seen.values()
check.reaches("mIoU: what a larger field gains", larger[0] - small[0], at_least=0.05)
check.reaches(
    "elsewhere: what a larger field gains, minus that in the band",
    larger[2] - small[2] - larger[1] + small[1],
    at_least=0.0,
)
check.reaches("dilated: mIoU", larger[0], at_least=0.65)

# %% [markdown]
# At the same parameters and the same cost, the network with the larger field is far better, above all away from the edges: 11 pixels are too few to tell the shape, and the border can be seen in them. (With the field of 11, three times as many parameters gained 8 points in a run outside this notebook.) With 27 pixels, fewer than 6,000 parameters come within 5 points of the FCN with two skips, which has 20,000.

# %% [markdown]
# So "inefficient" concerns the computation: at full size each parameter works at all 1,024 pixels, and the small network needs more multiplications than the U-Net. For large pictures that is a cost, as is the memory for all these maps in training. Yu and Koltun (2016) dilate behind a few poolings.

# %% [markdown]
# ## 10.13 Which level knows what, and which knows where?
#
# *Going further.*
#
# *This section uses `nets` from section 10.11.*
#
# The Remark in section 10.10 can be tested. Encode two pictures, and let the decoder of the trained U-Net join the levels of both: those down to a stride from the first, the deeper ones from the second. If the deep levels hold the class and the shallow ones the outline, the result should have the outlines of the first picture and the classes of the second.


# %%
@torch.no_grad()
def mixed(net: nn.Module, X: Tensor, other: Tensor, first: int) -> Tensor:
    """Classes, with the maps of the levels from `first` on taken from the other pictures.   -> (n, h, w)"""
    own, foreign = net.encoder(X), net.encoder(other)
    return net.decode([*own[:first], *foreign[first:]]).argmax(dim=1)


# %%
net, others = nets["U-Net"], TEST.y.roll(1, dims=0)
outline, kept = {}, {}
for first, strides in ((0, "1 to 8"), (1, "2 to 8"), (2, "4 and 8"), (3, "8")):
    y_hat = mixed(net, TEST.X, TEST.X.roll(1, dims=0), first)
    outline[first] = [
        mean_iou((y_hat > 0).long(), (y > 0).long()) for y in (TEST.y, others)
    ]
    both = (
        (y_hat > 0) & (TEST.y > 0) & (others > 0) & (TEST.y != others)
    )  # objects of unlike class in both
    kept[first] = [(y_hat == y)[both].double().mean().item() for y in (TEST.y, others)]
    print("strides {:7} from the other picture: object or not, IoU with own {:.2f}, other {:.2f}; class of own {:.2f}, other {:.2f}".format(
        strides, *outline[first], *kept[first]))  # fmt: skip

# %%
levels, bright = torch.linspace(0.2, 0.9, 36), TRAIN.X.amax(dim=1)
level = max(
    levels, key=lambda level: mean_iou((bright > level).long(), (TRAIN.y > 0).long())
)
alone = mean_iou((TEST.X.amax(dim=1) > level).long(), (TEST.y > 0).long())
print(
    f"object or not, from a threshold on the largest channel of each pixel alone: IoU {alone:.2f}"
)

# %% tags=["hide-input"]
check.reaches("a threshold alone: object or not", alone, at_least=0.95)
check.reaches(
    "strides 2 to 8 foreign: outline of the own picture", outline[1][0], at_least=0.85
)
check.reaches("strides 2 to 8 foreign: class of the other", kept[1][1], at_least=0.65)
check.reaches("strides 4 and 8 foreign: class of the other", kept[2][1], at_least=0.5)
y_own, y_foreign = net(TEST.X).argmax(dim=1), mixed(net, TEST.X, TEST.X.roll(1, dims=0), 3)
idle = mean_iou(y_own, TEST.y) - mean_iou(y_foreign, TEST.y)
check.reaches("what the foreign stride 8 costs, mIoU", idle, at_least=-0.03, at_most=0.05)

# %% tags=["hide-input"]
order = range(1, 8)
chimera = mixed(net, TEST.X, TEST.X.roll(1, dims=0), 1)
plots.show(strip("from the top: first level from these, deeper ones from these, result", [TEST.X[1:8], TEST.X[:7], chimera[1:8]], side=0.95),
           alt="Three rows of pictures; the maps in the third row have about the outlines of the objects in the first, in patches of several classes; where the second row has an object, its class prevails.")  # fmt: skip

# %% [markdown]
# The outline of objects against the ground comes from the level at full size, and where both pictures have an object the class follows the deep levels. So the deep levels of the encoder give the *what*, as the Remark says. The *where* is not found by the decoder alone: it comes from the first level of the encoder, by the skip connection.

# %% [markdown]
# The outline is easy here: objects are brighter than the ground, and the last line shows that single pixels tell it. That need not hold where an outline takes a wider view to find.
#
# One level is nearly idle: with the deepest one, at stride 8, exchanged, the mIoU of the own picture stays. The classes are found at stride 4, where a place already sees 20 pixels; most objects are narrower. After 18 epochs, run outside this notebook on one seed, it is no different.

# %% [markdown]
# ## 10.14 Your turn
#
# The [exercises of this chapter](../assignments/10_segmentation/10_segmentation.ipynb) have a check each, which tells you what is wrong.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | what leaves the labels as they are (10.1) | predict | ●● | 15 |
# | picture and mask turned together (10.2) | find the bug | ●● | 20 |
# | pixels that nobody labelled (10.3) | write | ●● | 15 |
# | the gradient of the Dice loss (10.4) | derive | ●●● | 25 |
# | a head from another library as a convolution (10.5) | write | ●● | 20 |
# | how often a place is written (10.6) | derive | ●● | 20 |
# | the join of a U-Net (10.7) | find the bug | ●● | 15 |
# | panoptic quality (10.8) | write | ●● | 20 |
# | a coarse map and a picture (10.9) | go beyond | ●●● | 30 |
#
# One more question has no check.
#
# <details><summary>A network for tumours in scans has a pixel accuracy of 0.99. Is it good?</summary>
#
# That cannot be said. If a tumour covers one pixel in a hundred, a map without any tumour has the same accuracy, and an IoU of 0 for the class that matters. Ask for the IoU of that class, from all scans together, and how many tumours were missed: a small one adds little to either sum.
#
# </details>

# %% [markdown]
# ## 10.15 In five lines
#
# 1. A semantic segmentation gives each pixel a class; instances of one class that touch are one region. It is scored by the IoU of each class, from all pixels together, and their mean.
# 2. A classifier becomes a map: its first dense layer turns into a kernel of $h \times w$, the others into 1×1. Without padding the map equals the sliding window, at multiples of the stride.
# 3. Every upsampling is a matrix. Nearest, bed of nails, unpooling, bilinear and transposed convolutions differ in where they put the values; the backward pass is the transpose.
# 4. An FCN adds score maps of several levels, a U-Net concatenates feature maps and convolves them.
# 5. At equal parameters skips gain; in an FCN most of it lies at the edges. In the trained U-Net deep levels hold the class, and the first one the outline against the ground.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes, from Bologna and from the Politecnico di Milano. In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna, 3.11.1 | the final dense layers become convolutions with kernel 1×1 | the first one behind the flattening needs a kernel of $h \times w$ (7×7 in the paper's VGG), those behind it 1×1 | Long, Shelhamer and Darrell (2015) | section 10.4 |
# | Bologna, 3.11.1 * | the map is smaller than the picture because it comes from convolutions | with padding and stride 1 they keep the size; strides and pooling reduce it | Dumoulin and Visin (2016) | section 10.12 |
# | Bologna, Figure 3.17 | upsampling is done on the concatenation with the skip | an FCN adds score maps; a U-Net concatenates feature maps | Long et al. (2015); Ronneberger et al. (2015) | sections 10.9 and 10.10 |
# | Milano, Simple approaches * | direct prediction labels the receptive field of each place | receptive fields overlap; the label goes to the cell of the place | Long et al. (2015) | section 10.4 |
# | Milano, Up-sampling * | nearest neighbour inserts zero-valued pixels | it repeats values; zeros between the values belong to the bed of nails and the transposed convolution (with a kernel of ones the two agree) | Dumoulin and Visin (2016) | section 10.7 |
# | Milano, Up-sampling * | prediction upsampling by filters of fractional stride, beside the transposed convolution | they are the same layer, there applied to score maps and started as bilinear | Long et al. (2015) | section 10.7 |
# | Milano, Up-sampling * | skip connections are a kind of upsampling; a transposed convolution reduces the depth | a skip upsamples nothing; the number of channels is free | Long et al. (2015) | sections 10.7 and 10.9 |

# %% [markdown]
# ## Further reading
#
# - J. Long, E. Shelhamer and T. Darrell (2015), [*Fully convolutional networks for semantic segmentation*](https://arxiv.org/abs/1411.4038), CVPR: convolutionalisation, shift-and-stitch, equations (10.6) and (10.8).
# - O. Ronneberger, P. Fischer and T. Brox (2015), [*U-Net: convolutional networks for biomedical image segmentation*](https://arxiv.org/abs/1505.04597), MICCAI.
# - L.-C. Chen, G. Papandreou, I. Kokkinos, K. Murphy and A. Yuille (2015), [*Semantic image segmentation with deep convolutional nets and fully connected CRFs*](https://arxiv.org/abs/1412.7062), ICLR: dilation in place of shift-and-stitch.
# - F. Yu and V. Koltun (2016), [*Multi-scale context aggregation by dilated convolutions*](https://arxiv.org/abs/1511.07122), ICLR.
# - H. Noh, S. Hong and B. Han (2015), [*Learning deconvolution network for semantic segmentation*](https://arxiv.org/abs/1505.04366), ICCV: max unpooling in a decoder.
# - V. Dumoulin and F. Visin (2016), [*A guide to convolution arithmetic for deep learning*](https://arxiv.org/abs/1603.07285): transposed convolutions.
# - A. Odena, V. Dumoulin and C. Olah (2016), [*Deconvolution and checkerboard artifacts*](https://distill.pub/2016/deconv-checkerboard/), Distill: why kernels that the stride does not divide leave a pattern.
# - A. Bearman, O. Russakovsky, V. Ferrari and L. Fei-Fei (2016), [*What's the point: semantic segmentation with point supervision*](https://arxiv.org/abs/1506.02106), ECCV: what labels cost.

# %% [markdown] tags=["neighbours"]
# Before: [9 Localisation and explanations](09_localization.ipynb). Next: [11 Detection](11_detection.ipynb).
