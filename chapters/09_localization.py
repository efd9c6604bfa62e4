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
# # 9 Localisation and explanations
#
# The photographs below are put together from two: a cat and a cup of coffee. The pretrained network of chapter 7 never saw a box or an outline; it was trained on class names alone. Still, two numbers for each place can be read off it: how much that place
# adds to the score of "tabby cat", and how much to that of "espresso".
#
# Terms in bold are collected in the [glossary](glossary.md).

# %% [markdown]
# The chapter has two questions. Where is the object? And: which pixels does a network's output depend on? The first has a true answer, a box, and an answer can be wrong. The second is asked of the network, and a picture that convinces the eye may have little to do with
# what the network computes. So each method here is measured beside maps that know nothing of the network: a centre guess, a random map, an edge detector.
#
# > **Study time** About 135 minutes. The core path, 90 minutes, is sections 9.1 and 9.3 to 9.6; sections marked *going further* can wait.

# %%
import copy
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, pretrained, widgets
from course_utils.progress import progress

SEED = check.seed(9)

# %%
NETWORK = pretrained.efficientnet_lite0()
CAT, ESPRESSO = (pretrained.class_index(name) for name in ("tabby cat", "espresso"))


def pair(left: str, right: str) -> Tensor:
    """The middle of two photographs side by side, as RGB in 0..1.   -> (3, 224, 320)"""
    return torch.cat([data.photo(name, 224)[:, :, 32:192] for name in (left, right)], dim=2)


PHOTOGRAPH = pair("cat", "coffee")
with torch.no_grad():
    A = NETWORK.extract_features(pretrained.prepare(PHOTOGRAPH[None]))[0]  # (1280, 7, 10)
rows = NETWORK._fc.weight[[CAT, ESPRESSO]].detach()
cat_map, espresso_map = (rows @ A.flatten(1)).view(2, *A.shape[1:])


# %% tags=["hide-input"]
def overlaid(
    title: str, picture: Tensor, M: Tensor | None = None, width: float = 2.9
) -> plots.Figure:
    """The picture, with what is positive in the map laid over it in yellow.   picture: (c, H, W), M: (h, w)"""
    size = picture.shape[1:]
    shown = picture.expand(3, *size)
    if M is not None:
        strength = F.interpolate(M.relu()[None, None], size=size, mode="bilinear")[0, 0]
        strength = strength / strength.max().clamp(min=1e-12)
        paint = torch.tensor([1.0, 0.85, 0.1])[:, None, None]
        grey = shown.mean(dim=0, keepdim=True).expand(3, *size)
        shown = (0.55 * grey + 0.15) * (1 - 0.75 * strength) + 0.75 * strength * paint
    fig, ax = plots.panel(title, size=(width, width * size[0] / size[1] + 0.35))
    plots.image(ax, shown.clamp(0, 1), smooth=True)
    return fig


plots.show(
    overlaid("the photograph", PHOTOGRAPH, width=2.2),
    overlaid("tabby cat", PHOTOGRAPH, cat_map, width=2.2),
    overlaid("espresso", PHOTOGRAPH, espresso_map, width=2.2),
    alt=["Left half: the face of a cat. Right half: a cup of coffee on a red saucer.",
         "The map of the class tabby cat lies on the left half, on the cat's face.",
         "The map of the class espresso lies on the right half, on the coffee in its cup."],
)  # fmt: skip

# %% [markdown]
# ## 9.1 How can a network say where something is?
#
# **Localisation** assigns a class to a picture and finds the place of the object of that class. The place is given as a box. A **bounding box** is the smallest rectangle, its sides parallel to those of the picture, that contains the object. Four numbers describe it, here
#
# $$ \mathbf b = (x, y, w, h) . \tag{9.1} $$

# %% [markdown]
# These are the centre $(x, y)$, the width $w$ and the height $h$, as shares of the picture's sides; $x$ runs to the right and $y$ down. Other programs put $h$ before $w$, or store the corners: the order is a convention, which the code that makes the boxes and the code that reads them must share.

# %% [markdown]
# The task of this chapter is drawn: digits of MNIST, stretched at random, on canvases of 40×40 pixels among scraps of other digits. The true boxes are known.

# %%
TRAIN = data.canvases(4000, SEED)
ONE = data.canvases(400, SEED, part="test")  # digits that no training canvas has
TWO = data.canvases(400, SEED, digits=2, part="test")  # of two classes


def corners(box: Tensor) -> Tensor:
    """From (x, y, w, h) to (left, top, right, bottom).   (..., 4) -> (..., 4)"""
    x, y, w, h = box.unbind(dim=-1)
    return torch.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], dim=-1)


# %% tags=["hide-input"]
def framed(
    title: str, X: Tensor, boxes: Sequence[Tensor], maps: Tensor | None = None
) -> plots.Figure:
    """Canvases in a row with their boxes, maps laid over them.   X: (n, 1, s, s), boxes: n times (k, 4)"""
    fig, axes = plots.tiles(title, len(X), len(X), size=(7.2, 7.2 / len(X) + 0.35))
    for i, (ax, x) in enumerate(zip(axes, X, strict=True)):
        plots.image(ax, x[0], limits=(0, 1))
        if maps is not None:
            ax.imshow(maps[i].relu(), cmap="magma", alpha=0.6)
        for box, style in zip(boxes[i], ("-", "--"), strict=False):
            left, top, right, bottom = (corners(box) * x.shape[-1] - 0.5).tolist()
            ax.plot(
                [left, right, right, left, left],
                [top, top, bottom, bottom, top],
                style,
                color=plots.ORANGE,
            )
    return fig


fig = framed("training canvases, with the true box", TRAIN.X[:6], list(TRAIN.boxes[:6]))
plots.show(
    fig,
    alt="Six black canvases, each with one white digit in an orange box among a few scraps of strokes.",
)

# %% [markdown]
# How well does a box fit? The **intersection over union** (IoU) of two boxes is the area that they share divided by the area that they cover together.
#
# $$ \operatorname{IoU}(\mathbf a, \mathbf b) = \frac{|\mathbf a \cap \mathbf b|}{|\mathbf a \cup \mathbf b|} \tag{9.2} $$
#
# It is 1 for equal boxes and 0 for boxes that share no area. A common rule counts a box as right when its IoU with the true one is at least 0.5.


# %%
def iou(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union (eq. 9.2).   a, b: (..., 4) as (x, y, w, h) -> (...)"""
    first, second = corners(a), corners(b)
    low = torch.maximum(first[..., :2], second[..., :2])
    high = torch.minimum(first[..., 2:], second[..., 2:])
    shared = (
        (high - low).clamp(min=0).prod(dim=-1)
    )  # without the clamp, two negative sides would give an area
    return shared / (a[..., 2:].prod(dim=-1) + b[..., 2:].prod(dim=-1) - shared)


def by_counting(a: Tensor, b: Tensor, size: int = 200) -> float:
    """The same from the middles of size x size pixels, one at a time."""
    both = either = 0
    for i in range(size):
        for j in range(size):
            point = torch.tensor([j + 0.5, i + 0.5]) / size
            within = [bool(((point - box[:2]).abs() < box[2:] / 2).all()) for box in (a, b)]
            both, either = both + all(within), either + any(within)
    return both / either


# %%
a, b = torch.tensor([0.40, 0.50, 0.30, 0.60]), torch.tensor([0.55, 0.35, 0.50, 0.20])
apart = torch.tensor([0.90, 0.90, 0.10, 0.10])
check.close("IoU by counting pixels", iou(a, b).item(), by_counting(a, b), atol=1e-3)
check.close("a box with itself", iou(a, a), torch.tensor(1.0))
check.close(
    "boxes apart, on a diagonal",
    iou(torch.tensor([0.1, 0.1, 0.1, 0.1]), apart),
    torch.tensor(0.0),
)

# %% [markdown]
# A **head** is the part of a network, behind layers that several outputs share, which computes one of these outputs. Our network has two: one for the ten logits $\mathbf z$, one for the four numbers $\hat{\mathbf b}$. Its loss adds the cross-entropy and the squared distance of the boxes, averaged over the $n$ pictures:
#
# $$ L = \frac1n \sum_{i=1}^{n} \Big( -\log p_{i, c_i} + \lambda\, \lVert \hat{\mathbf b}_i - \mathbf b_i \rVert^2 \Big) \tag{9.3} $$

# %% [markdown]
# $p_{i,c}$ is the softmax of $\mathbf z_i$, and $c_i$ the true class. $\lambda$ sets how much an error of the box counts. (Many detectors use an absolute error for large differences, the smooth L1 loss of Girshick, 2015.)


# %%
def two_head_loss(
    outputs: tuple[Tensor, Tensor], y: Tensor, b: Tensor, lam: float = 3.0
) -> Tensor:
    """Cross-entropy plus lam times the squared distance (eq. 9.3).   z: (n, classes), b_hat, b: (n, 4), y: (n,) -> ()"""
    z, b_hat = outputs
    return F.cross_entropy(z, y) + lam * (b_hat - b).square().sum(dim=1).mean()


rng = torch.Generator().manual_seed(SEED)
z, b_hat, b = data.normal(rng, 3, 5), data.normal(rng, 3, 4), data.normal(rng, 3, 4)
y, total = torch.tensor([4, 0, 2]), torch.tensor(0.0).double()
for i in range(3):
    total = total - z[i].softmax(dim=0)[y[i]].log()
    for k in range(4):
        total = total + 3 * (b_hat[i, k] - b[i, k]) ** 2
check.close("two heads, by a loop", two_head_loss((z, b_hat), y, b), total / 3)
slips = {"The mean over the four numbers makes the box count a quarter of (9.3).": F.cross_entropy(z, y) + 3 * F.mse_loss(b_hat, b)}  # fmt: skip
check.catches("a mean over all", lambda: check.close("L", two_head_loss((z, b_hat), y, b, lam=0.75), total / 3, slips=slips))  # fmt: skip

# %% [markdown]
# The shared layers are four convolutions with batch normalisation and two max poolings, which turn a canvas into 48 feature maps of 10×10. The head for the class averages each map. An average says how strong a feature is and not where it is; so the head for the box gets the maps
# themselves, through a 1×1 convolution to 8 channels. Two controls read the averages: one with zero padding, one with circular padding, where a picture continues at its opposite border.


# %%
def convolutions(padding: str = "zeros") -> nn.Sequential:
    """Four 3 x 3 convolutions with batch normalisation.   (n, 1, s, s) -> (n, 48, s/4, s/4)"""
    layers: list[nn.Module] = []
    for i, (c_in, c_out) in enumerate([(1, 16), (16, 24), (24, 32), (32, 48)]):
        conv = nn.Conv2d(c_in, c_out, 3, padding=1, bias=False, padding_mode=padding)
        layers += [conv, nn.BatchNorm2d(c_out), nn.ReLU()]
        if i < 2:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


class TwoHeads(nn.Module):
    """A class and a box.   (n, 1, 40, 40) -> logits (n, 10), boxes (n, 4)"""

    def __init__(self, box_from_means: bool = False, padding: str = "zeros"):
        super().__init__()
        self.body, self.fc = convolutions(padding), nn.Linear(48, 10)
        from_maps = [
            nn.Conv2d(48, 8, 1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(8 * 10 * 10, 4),
        ]
        from_means = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(48, 4)]
        self.box = nn.Sequential(*(from_means if box_from_means else from_maps))

    def forward(self, X: Tensor) -> tuple[Tensor, Tensor]:
        A = self.body(X)
        return self.fc(A.mean(dim=(2, 3))), self.box(A)


# %%
def train(net: nn.Module, X: Tensor, targets: Sequence[Tensor], loss: Callable[..., Tensor], epochs: int) -> nn.Module:  # fmt: skip
    """Adam with one rise and fall of the learning rate; returns the network in evaluation mode."""
    rng = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.02, total_steps=epochs * -(-len(X) // 64)
    )
    net.train()
    for _ in progress(range(epochs), "training"):
        for rows in torch.randperm(len(X), generator=rng).split(64):
            optimizer.zero_grad()
            loss(net(X[rows]), *[target[rows] for target in targets]).backward()
            optimizer.step()
            schedule.step()
    return net.eval()


# %%
HEADS = {
    "box from the maps": {},
    "box from the means": {"box_from_means": True},
    "from the means, circular padding": {"box_from_means": True, "padding": "circular"},
}
y, b = TRAIN.y[:, 0], TRAIN.boxes[:, 0]
fits, accuracies, found = {}, {}, {}
for name, options in HEADS.items():
    torch.manual_seed(SEED)
    net = train(TwoHeads(**options), TRAIN.X, [y, b], two_head_loss, epochs=5)
    with torch.no_grad():
        z, found[name] = net(ONE.X)
    accuracies[name] = (z.argmax(dim=1) == ONE.y[:, 0]).double().mean().item()
    fits[name] = iou(found[name], ONE.boxes[:, 0]).mean().item()
fits["the mean box, for all"] = iou(b.mean(dim=0), ONE.boxes[:, 0]).mean().item()
for name, fit in fits.items():
    print(
        f"{name:33} mean IoU {fit:.2f}, accuracy of the class {accuracies.get(name, float('nan')):.2f}"
    )

# %%
from_maps, from_means, circular, mean_box = fits.values()
swapped = iou(found["box from the maps"][:, [0, 1, 3, 2]], ONE.boxes[:, 0]).mean().item()
print(f"width and height exchanged: mean IoU {swapped:.2f}")
check.reaches(
    "two heads: accuracy of the class", accuracies["box from the maps"], at_least=0.65
)
check.reaches("two heads: mean IoU, box from the maps", from_maps, at_least=0.48)
check.reaches("mean IoU: maps minus means", from_maps - from_means, at_least=0.0)
check.reaches("mean IoU: zero minus circular padding", from_means - circular, at_least=0.15)
check.reaches(
    "mean IoU: circular padding minus the mean box", circular - mean_box, at_most=0.12
)
check.reaches(
    "mean IoU: what an exchange of w and h costs", from_maps - swapped, at_least=0.02
)

# %% tags=["hide-input"]
both = [torch.stack([true, guess]) for true, guess in zip(ONE.boxes[:6, 0], found["box from the maps"], strict=False)]  # fmt: skip
fig = framed("unseen canvases: true box, and the network's box dashed", ONE.X[:6], both)
plots.show(fig, alt="Six canvases; the dashed box of the network lies on the digit; on some it is shifted by several pixels.")  # fmt: skip

# %% [markdown]
# The box from the maps is best, by 6 to 10 points of IoU on five seeds. The box from the means is far better than the mean box, although an average has no place in it: with zero padding the border is visible in the feature maps, and that tells the network where the digit is. With circular padding there is no border. A canvas that is moved around by whole
# cells of the maps (4 pixels) has the very same means, and the box is about as good as the mean box.

# %% [markdown]
# **Break it.** Exchange width and height, as the notes do from one line to the next: the shapes agree, the loss can be computed, and the IoU falls by little, because the network's boxes are far from exact anyway. (A true box and the same one with $w$ and $h$ exchanged have a mean IoU of about 0.6.) A check with unequal sides finds it.

# %%
right, wrong = torch.tensor([0.5, 0.5, 0.2, 0.6]), torch.tensor([0.5, 0.5, 0.6, 0.2])
check.catches("(x, y, h, w) for (x, y, w, h)", lambda: check.close("corners", corners(wrong), corners(right)))  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "Two boxes of width 2 and height 1 lie in a row and overlap by half of each. What is their IoU?",
    answer=1 / 3,
    tolerance=0.005,
    because="They share an area of 1 and cover 2 + 2 − 1 = 3 together.",
    slips={
        "The shared part is counted twice in the area that both cover.": 0.25,
        "That is the shared part of one box; (9.2) divides by the area of both together.": 0.5,
    },
)

# %% [markdown]
# ## 9.2 What does global average pooling buy?
#
# *Going further.*
#
# Global average pooling (GAP, chapter 6) replaces each of $K$ feature maps by its mean; one dense layer turns the means into logits.
#
# $$ F_k = \frac{1}{hw} \sum_{i,j} A_{k,i,j}, \qquad z_c = \sum_k W_{c,k} F_k + b_c \tag{9.4} $$
#
# The notes put a softmax directly behind GAP. That needs as many maps as classes, as in *Network in network*; otherwise the dense layer stands between. They also say that GAP has few parameters, takes pictures of any size, regularises, and is robust to shifts, rotations and scale. Each can be measured beside a network that flattens its maps.


# %%
def gap(A: Tensor) -> Tensor:
    """The mean of each feature map (eq. 9.4).   A: (n, k, h, w) -> (n, k)"""
    return A.mean(dim=(2, 3))


class GapNet(nn.Module):
    """Convolutions, GAP and one dense layer (eq. 9.4).   (n, 1, s, s) -> logits (n, 10)"""

    def __init__(self):
        super().__init__()
        self.body, self.fc = convolutions(), nn.Linear(48, 10)

    def forward(self, X: Tensor) -> Tensor:
        return self.fc(gap(self.body(X)))


def flat_net() -> nn.Sequential:
    """The same convolutions, their maps flattened.   (n, 1, 40, 40) -> logits (n, 10)"""
    return nn.Sequential(convolutions(), nn.Flatten(), nn.Linear(48 * 10 * 10, 10))


A = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(SEED))
check.close("gap", gap(A), F.adaptive_avg_pool2d(A, 1)[:, :, 0, 0])
heads = [
    sum(p.numel() for p in head.parameters()) for head in (GapNet().fc, flat_net()[-1])
]
check.close("parameters of the dense layers", heads, [10 * 49, 10 * 4801])

# %% [markdown]
# The dense layer behind GAP has 490 parameters, the other 48,010. For the shift, train both on canvases whose digit lies in the left half, and test them on digits in either half: once with 600 training canvases, and once with all of this kind among the 4,000.


# %%
def moved(X: Tensor, degrees: float = 0.0, scale: float = 1.0) -> Tensor:
    """Pictures turned and magnified around their middle.   (n, 1, s, s) -> the same"""
    angle = torch.deg2rad(torch.tensor(degrees))
    cos, sin = angle.cos() / scale, angle.sin() / scale
    change = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]]).expand(len(X), 2, 3)
    grid = F.affine_grid(change, list(X.shape), align_corners=False)
    return F.grid_sample(X, grid, align_corners=False)


left, left_test = TRAIN.boxes[:, 0, 0] < 0.5, ONE.boxes[:, 0, 0] < 0.5
X_left, y_left = TRAIN.X[left], TRAIN.y[left, 0]
test_left, test_y = ONE.X[left_test], ONE.y[left_test, 0]
tests = {
    "left half": (test_left, test_y), "right half": (ONE.X[~left_test], ONE.y[~left_test, 0]),
    "turned by 30°": (moved(test_left, degrees=30.0), test_y), "scaled by 0.7": (moved(test_left, scale=0.7), test_y),
}  # fmt: skip

# %%
results = {}
for few, count, epochs in ((True, 600, 14), (False, len(X_left), 5)):
    for kind, make in {"GAP": GapNet, "flattened": flat_net}.items():
        torch.manual_seed(SEED)
        net = train(make(), X_left[:count], [y_left[:count]], F.cross_entropy, epochs)
        if kind == "GAP":
            wide = data.canvases(200, SEED, part="test", size=57)
            larger = data.accuracy(net, wide.X, wide.y[:, 0])
        else:
            check.raises("a larger picture", RuntimeError, lambda net=net: net(wide.X[:1]))
        for test, (X, y) in tests.items():
            results[kind, few, test] = data.accuracy(net, X, y)
        shown = ", ".join(f"{test} {results[kind, few, test]:.2f}" for test in tests)
        print(f"{kind:9} {count:4} canvases: {shown}")
print(f"GAP on canvases of 57×57: {larger:.2f}")

# %%
gain = {(few, test): results["GAP", few, test] - results["flattened", few, test] for few in (True, False) for test in tests}  # fmt: skip
lost = {
    test: results["GAP", False, "left half"] - results["GAP", False, test] for test in tests
}
check.reaches("GAP on larger canvases", larger, at_least=0.55)
check.reaches("few canvases: what GAP gains", gain[True, "left half"], at_least=0.25)
check.reaches(
    "all canvases: what GAP gains", gain[False, "left half"], at_least=0.0, at_most=0.45
)
check.reaches(
    "what GAP gains: few canvases minus all",
    gain[True, "left half"] - gain[False, "left half"],
    at_least=0.0,
)
check.reaches(
    "all canvases: what GAP gains in the other half",
    gain[False, "right half"],
    at_least=0.3,
)
check.reaches("GAP: what the shift costs", lost["right half"], at_most=0.12)
check.reaches("GAP: what a turn of 30° costs", lost["turned by 30°"], at_least=0.2)
check.reaches("GAP: what the scale of 0.7 costs", lost["scaled by 0.7"], at_least=0.1)

# %% [markdown]
# With GAP the digits in the other half cost little; the flattened network, whose weights for that half saw little but scraps, gets most of them wrong. In the half where both were trained GAP is better, too, and more so with few canvases, as one expects of a regulariser.
#
# Turning and scaling are another matter: a mean over places does not undo them, and the network with GAP loses much of its accuracy as well. (About a quarter of the turned digits leave the canvas in part; those that stay in it are hit as hard.) So of the notes' three kinds of robustness, one is measured here.

# %% tags=["hide-input"]
widgets.choose(
    "A network with GAP was trained on 40×40 canvases. What happens on a canvas of 80×80 with the same digit and no scraps?",
    {
        "It runs, and the digit counts a quarter as much in the means": True,
        "It raises an error": "The convolutions and the mean take any size; only a flattened dense layer would not fit.",
        "It runs, and the logits are the same": "The digit now fills a quarter of the share of places that it filled before, and a mean divides by the number of places.",
    },
    because="Around the digit, away from the border, the activations are the same. The mean divides their sum by four times as many places, the rest of which are background (whose activations need not be 0, because of the biases).",
)

# %% [markdown]
# ## 9.3 Which part of a picture does a class score come from?
#
# Boxes are expensive to draw, class names are cheap. **Weakly supervised localisation** finds objects with a network that was trained on class names alone, without boxes. With GAP there is a simple way: exchange the two sums in (9.4),
#
# $$ z_c - b_c = \sum_k W_{c,k}\, \frac{1}{hw} \sum_{i,j} A_{k,i,j} = \frac{1}{hw} \sum_{i,j} M^c_{i,j}, \tag{9.5} $$
#
# $$ M^c_{i,j} = \sum_k W_{c,k}\, A_{k,i,j} . \tag{9.6} $$
#
# The **class activation map** (CAM) of a class is the sum of the last feature maps, weighted with the weights of that class in the dense layer behind GAP.

# %% [markdown]
# So the logit is the mean of the map plus the bias: the map says, place by place, what the logit is made of. A negative value lowers it. The sums are over places of the feature map. Each place sees a receptive field of pixels, so the map says where the features are computed that
# count for the class; the pixels that they depend on may lie around.
#
# | symbol | name | meaning |
# |---|---|---|
# | $A_{k,i,j}$ | `A` | feature map $k$ at row $i$ and column $j$, $(n, K, h, w)$ |
# | $W, \mathbf b$ | `net.fc` | the dense layer behind GAP, $(C, K)$ and $(C,)$ |
# | $M^c$ | `cam(A, W, c)` | the map of class $c$, $(n, h, w)$ |


# %%
def cam(A: Tensor, W: Tensor, c: Tensor) -> Tensor:
    """Each picture's map of its class c (eq. 9.6).   A: (n, k, h, w), W: (classes, k), c: (n,) -> (n, h, w)"""
    return (W[c][:, :, None, None] * A).sum(dim=1)


rng = torch.Generator().manual_seed(SEED)
A, W, b, c = data.normal(rng, 2, 3, 4, 5), data.normal(rng, 7, 3), data.normal(rng, 7), torch.tensor([6, 1])  # fmt: skip
M = cam(A, W, c)
looped = torch.zeros(2, 4, 5).double()
for n in range(2):
    for k in range(3):
        looped[n] += W[c[n], k] * A[n, k]
check.close("CAM, by a loop", M, looped)
z = F.linear(gap(A), W, b)
check.close(
    "its mean and the bias are the logit", M.mean(dim=(1, 2)) + b[c], z[torch.arange(2), c]
)  # eq. 9.5

# %% [markdown]
# A map of 10×10 is enlarged to the size of the picture before it is laid over it. Bilinear upsampling interpolates between the middles of the cells. With `align_corners=True` it puts the middles of the corner cells on the corner pixels instead: the map is stretched, and its mean is no longer that of (9.5).


# %%
def upsampled(M: Tensor, size: Sequence[int]) -> Tensor:
    """Bilinear, between the middles of the cells.   M: (n, h, w) -> (n, *size)"""
    return F.interpolate(
        M[:, None], size=tuple(size), mode="bilinear", align_corners=False
    )[:, 0]


fine = upsampled(M, (12, 20))
check.close("the mean stays, at whole factors", fine.mean(dim=(1, 2)), M.mean(dim=(1, 2)))
stretched = F.interpolate(M[:, None], size=(12, 20), mode="bilinear", align_corners=True)[
    :, 0
]
check.catches("aligned corners", lambda: check.close("mean", stretched.mean(dim=(1, 2)), M.mean(dim=(1, 2))))  # fmt: skip

# %% [markdown]
# Now train the network with GAP on the 4,000 canvases with their class names alone, and look at the maps of both classes on canvases with two digits. It never saw two digits on one canvas.

# %%
torch.manual_seed(SEED)
net = train(GapNet(), TRAIN.X, [TRAIN.y[:, 0]], F.cross_entropy, epochs=6)
accuracy = data.accuracy(net, ONE.X, ONE.y[:, 0])
check.reaches("GAP network: accuracy on unseen canvases", accuracy, at_least=0.85)


def cams(net: nn.Module, X: Tensor, c: Tensor) -> Tensor:
    """The class activation maps of a GapNet, upsampled.   X: (n, 1, s, s), c: (n,) -> (n, s, s)"""
    with torch.no_grad():
        return upsampled(cam(net.body(X), net.fc.weight, c), X.shape[2:])


# %% tags=["hide-input"]
rows = [framed(f"CAM of {line} class, in the solid box", TWO.X[:6], list(TWO.boxes[:6].flip(1) if k else TWO.boxes[:6]),
               cams(net, TWO.X[:6], TWO.y[:6, k])) for k, line in ((0, "one"), (1, "the other"))]  # fmt: skip
plots.show(*rows, alt=["Six canvases with two digits each. The bright part of the map lies on the digit in the solid box.",
                       "The same canvases for the other class: on most, the bright part has moved to the other digit."])  # fmt: skip

# %% tags=["hide-input"]
widgets.choose(
    "The map of class 7 is negative at a place. What does that say?",
    {
        "The features of this place lower the logit of class 7": True,
        "The probability of class 7 is negative there": "A map holds contributions to a logit, which may have either sign. The softmax is over the logits of the whole picture.",
        "The picture is dark there": "The activations are not negative behind a ReLU, on dark and bright places alike; the sign comes from the weights of the class.",
    },
    because="By (9.5) the logit is the mean of the map plus the bias, so a negative place makes it smaller.",
)

# %% [markdown]
# ## 9.4 Does the map point at the object?
#
# *This section uses `net` from section 9.3.*
#
# The pictures above look convincing, and six pictures prove little. The **pointing game** (Zhang et al. 2016) counts how often the largest value of a map lies in the box of the object. And a map gives a box: keep the places that reach a share of its maximum, take the largest connected part, and put a box around it (Zhou et al. 2016, where the share is 0.2).


# %%
def points_at(M: Tensor, box: Tensor) -> Tensor:
    """Whether the middle of the largest pixel lies in the box.   M: (n, h, w), box: (n, 4) -> (n,) of bool"""
    h, w = M.shape[1:]
    place = M.flatten(1).argmax(dim=1)
    point = torch.stack([(place % w + 0.5) / w, (place // w + 0.5) / h], dim=1)  # (x, y)
    return ((point - box[:, :2]).abs() <= box[:, 2:] / 2).all(dim=1)


def box_of(M: Tensor, share: float) -> Tensor:
    """The box around the largest part of the map that reaches `share` of its maximum.   M: (h, w) -> (4,)"""
    from scipy.ndimage import find_objects, label

    h, w = M.shape
    M = M - M.min().clamp(max=0) if M.max() <= 0 else M
    parts, count = label((share * M.max() <= M).numpy())  # neighbours share a side
    largest = max(range(count), key=lambda i: (parts == i + 1).sum())
    rows, columns = find_objects(parts)[largest]
    ends = [(columns.start, columns.stop, w), (rows.start, rows.stop, h)]
    centre = [(first + stop) / 2 / size for first, stop, size in ends]
    return torch.tensor(centre + [(stop - first) / size for first, stop, size in ends])


# %%
M = torch.zeros(2, 5, 8)
M[0, 3, 6], M[0, 0, 0:2], M[1, 1, 2:6], M[1, 2, 4] = 2.0, 1.5, 1.0, 0.4
truth = torch.tensor([[6.5 / 8, 3.5 / 5, 0.1, 0.1], [0.9, 0.9, 0.1, 0.1]])
check.close("pointing", points_at(M, truth), torch.tensor([True, False]))
check.close(
    "the larger part, not the higher",
    box_of(M[0], 0.5),
    torch.tensor([1 / 8, 0.1, 2 / 8, 1 / 5]),
)
check.close(
    "a lower share, a larger box",
    box_of(M[1], 0.3),
    torch.tensor([4 / 8, 2 / 5, 4 / 8, 2 / 5]),
)

# %% [markdown]
# What would these numbers be for maps that know nothing of the class, or nothing of the network? The controls are: the size of the brightness gradient, which is an edge detector (Sobel, chapter 6); the plain sum of the feature maps, $\sum_k A_k$, without the class weights; the CAM of a network that was not trained; a random smooth map; and a hill in the centre.
# Each gets the share, from 0.2 to 0.7, that fits its boxes best on 150 training canvases.


# %%
SOBEL = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])


def edges(X: Tensor) -> Tensor:
    """The size of the brightness gradient, in cells of 4 x 4 pixels, upsampled.   X: (n, 1, s, s) -> (n, s, s)"""
    gradient = F.conv2d(X, torch.stack([SOBEL, SOBEL.T])[:, None], padding=1)
    return upsampled(F.avg_pool2d(gradient.norm(dim=1), 4), X.shape[2:])


def feature_sum(net: nn.Module, X: Tensor) -> Tensor:
    """The sum of the feature maps, with no class in it.   -> (n, s, s)"""
    with torch.no_grad():
        return upsampled(net.body(X).sum(dim=1), X.shape[2:])


# %%
def smooth_random(X: Tensor, rng: torch.Generator) -> Tensor:
    """A random value for each cell of 4 x 4 pixels, upsampled.   -> (n, s, s)"""
    h, w = X.shape[2:]
    return upsampled(torch.rand(len(X), h // 4, w // 4, generator=rng), (h, w))


def central(X: Tensor) -> Tensor:
    """A hill in the middle.   -> (n, s, s)"""
    h, w = X.shape[2:]
    rows, columns = (((torch.arange(size) + 0.5) / size - 0.5).square() for size in (h, w))
    return (-(rows[:, None] + columns) / 0.1).exp().expand(len(X), h, w)


# %%
def measured(
    make: Callable[[Tensor, Tensor], Tensor], canvases: data.Canvases
) -> tuple[float, float]:
    """Share of peaks in the box of the first digit, and mean IoU of the boxes, for maps make(X, c)."""
    few = TRAIN.X[:150], TRAIN.y[:150, 0]
    maps, truth = make(*few), TRAIN.boxes[:150, 0]
    fits = {}
    for share in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        fits[share] = (
            iou(torch.stack([box_of(M, share) for M in maps]), truth).mean().item()
        )
    share = max(fits, key=fits.get)
    maps, truth = make(canvases.X, canvases.y[:, 0]), canvases.boxes[:, 0]
    boxes = torch.stack([box_of(M, share) for M in maps])
    return points_at(maps, truth).double().mean().item(), iou(boxes, truth).mean().item()


# %%
torch.manual_seed(SEED + 1)
untrained, rng = GapNet().eval(), torch.Generator().manual_seed(SEED)
MAPS = {
    "CAM": lambda X, c: cams(net, X, c),
    "sum of the features": lambda X, c: feature_sum(net, X),
    "edge detector": lambda X, c: edges(X),
    "CAM, untrained": lambda X, c: cams(untrained, X, c),
    "random map": lambda X, c: smooth_random(X, rng),
    "centre": lambda X, c: central(X),
}
pointing, fitting = {}, {}
for name, make in MAPS.items():
    for digits, canvases in ((1, ONE), (2, TWO)):
        pointing[name, digits], fitting[name, digits] = measured(make, canvases)
    shown = ", ".join(
        f"{k} digit{'s' * (k > 1)} {pointing[name, k]:.2f} and {fitting[name, k]:.2f}"
        for k in (1, 2)
    )
    print(f"{name:20} pointing and IoU: {shown}")

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "pointing game", x="share of peaks in the box", xlim=(0, 1), size=(5.4, 3.2)
)
for offset, digits, colour in ((-0.2, 1, plots.BLUE), (0.2, 2, plots.ORANGE)):
    values = [pointing[name, digits] for name in MAPS]
    label = "one digit" if digits == 1 else "two digits, one asked for"
    ax.barh(
        [i + offset for i in range(len(MAPS))],
        values,
        height=0.38,
        color=colour,
        label=label,
    )
ax.set_yticks(range(len(MAPS)), list(MAPS))
ax.invert_yaxis()
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plots.show(fig, alt="Share of peaks in the box, with one and with two digits. " + "; ".join(
    f"{name}: {pointing[name, 1]:.2f} and {pointing[name, 2]:.2f}" for name in MAPS) + ".")  # fmt: skip

# %%
others = [name for name in MAPS if name not in ("CAM", "sum of the features")]
best_other = {k: max(pointing[name, k] for name in others) for k in (1, 2)}
check.reaches("CAM: pointing, one digit", pointing["CAM", 1], at_least=0.8)
check.reaches("CAM: IoU, one digit", fitting["CAM", 1], at_least=0.48)
check.reaches("CAM: pointing, two digits", pointing["CAM", 2], at_least=0.8)
check.reaches(
    "CAM minus the best control, one digit",
    pointing["CAM", 1] - best_other[1],
    at_least=0.4,
)
check.reaches(
    "CAM minus the best control, two digits",
    pointing["CAM", 2] - best_other[2],
    at_least=0.5,
)
check.reaches(
    "sum of the features: pointing, one digit",
    pointing["sum of the features", 1],
    at_least=0.85,
)
check.reaches(
    "sum of the features: pointing, two digits",
    pointing["sum of the features", 2],
    at_most=0.62,
)

# %% [markdown]
# The maps of the network that saw class names alone find the digit. Over five seeds their boxes have a mean IoU of 0.60 to 0.62, those of section 9.1, for which 4,000 boxes were given, 0.58 to 0.61. None of these controls without a trained network comes near with its peaks.

# %% [markdown]
# With one digit, the sum of the features points as well as the CAM, and knows nothing of the class. Only the canvases with two digits tell the two maps apart: there the sum finds the digit that is asked for about every second time. A test with one object in the picture says little about whether a map explains *this* class.

# %% [markdown]
# One object is also easy to find without a network. On these canvases the digit is mostly the largest connected stroke, and the box around that stroke has a mean IoU of more than 0.75 with the true one (a test of the course measures it on five seeds), more than a box of the CAM. With two digits the largest stroke is the one asked for in fewer than 55 of 100 canvases.

# %% [markdown]
# ## 9.5 How is a map made for any network?
#
# *This section uses `net` from section 9.3.*
#
# CAM needs GAP and one dense layer behind the maps. **Grad-CAM** (Selvaraju et al. 2017) works at any layer with feature maps: it weights each map with the mean over places of the gradient of the class's logit, and keeps what is positive in the sum.
#
# $$ \begin{gathered} \alpha^c_k = \frac{1}{hw} \sum_{i,j} \frac{\partial z_c}{\partial A_{k,i,j}}, \\
# L^c_{i,j} = \operatorname{relu}\Big(\sum_k \alpha^c_k\, A_{k,i,j}\Big) \end{gathered} \tag{9.7} $$
#
# The ReLU stands outside the sum: places that lower the logit are not shown.

# %% [markdown]
# For a network with GAP the gradient is the same at all places: by (9.4), $\partial z_c / \partial A_{k,i,j} = W_{c,k}/(hw)$. So $\alpha^c_k = W_{c,k}/(hw)$, and
#
# $$ hw \, L^c = \operatorname{relu}(M^c) . \tag{9.8} $$
#
# Grad-CAM at the last feature maps of such a network is the positive part of its CAM, up to the factor $hw$. The code hangs a hook on a layer, which keeps the layer's output $A$ and passes on a copy of it, so that a ReLU that works in place cannot overwrite what was kept.


# %%
def with_maps(net: nn.Module, layer: str, x: Tensor) -> tuple[Tensor, Tensor]:
    """The output of a layer, by its name, and the logits as a function of it.   x: (n, c, H, W)"""
    layers = dict(net.named_modules())
    if layer not in layers or not layer:
        raise ValueError(
            f"there is no layer {layer!r}; there are {', '.join([*layers][1:7])} ..."
        )
    kept: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: tuple[Tensor, ...], out: Tensor) -> Tensor:
        kept.append(out.detach().requires_grad_())
        return kept[-1].clone()

    hook = layers[layer].register_forward_hook(keep)
    try:
        z = net(x)
    finally:
        hook.remove()
    if not kept or kept[-1].ndim != 4:
        raise ValueError(
            f"the layer {layer!r} has no feature maps; choose one in front of the pooling"
        )
    return kept[-1], z


# %%
def weighted_maps(net: nn.Module, layer: str, x: Tensor, c: Tensor) -> Tensor:
    """The sum in (9.7), before the ReLU.   x: (n, c, H, W), c: (n,) -> (n, h, w)"""
    A, z = with_maps(net, layer, x)
    if len(c) != len(x) or not (int(c.min()) >= 0 and int(c.max()) < z.shape[1]):
        raise ValueError(
            f"classes {c.tolist()} for {len(x)} pictures; give one in 0..{z.shape[1] - 1} for each"
        )
    (dA,) = torch.autograd.grad(
        z.gather(1, c[:, None]).sum(), A
    )  # each picture's own logit
    alpha = dA.mean(dim=(2, 3))  # (n, k)
    return (alpha[:, :, None, None] * A).sum(dim=1).detach()


def grad_cam(net: nn.Module, layer: str, x: Tensor, c: Tensor) -> Tensor:
    """Grad-CAM (eq. 9.7).   x: (n, c, H, W), c: (n,) -> (n, h, w), not negative"""
    return weighted_maps(net, layer, x, c).relu()


# %%
exact = copy.deepcopy(net).double()
X, c = TWO.X[:5].double(), TWO.y[:5, 1]
M = cam(exact.body(X).detach(), exact.fc.weight.detach(), c)
h, w = M.shape[1:]
check.close(
    "Grad-CAM before the ReLU",
    h * w * weighted_maps(exact, "body", X, c),
    M,
    rtol=0,
    atol=1e-12,
)  # eq. 9.8
check.close("Grad-CAM", h * w * grad_cam(exact, "body", X, c), M.relu(), rtol=0, atol=1e-12)

# %% [markdown]
# On a network whose maps are flattened, the weights differ from place to place and no CAM exists. There the gradient is checked by central differences.

# %%
torch.manual_seed(6)  # weights for which the sum has both signs
small = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(36, 4), nn.Tanh(), nn.Linear(4, 5)).double()  # fmt: skip
x, c = torch.rand(1, 2, 5, 6).double(), torch.tensor([3])
A = small[1](small[0](x)).detach()
slopes, step = torch.zeros_like(A), 1e-6
for place in range(A.numel()):
    change = torch.zeros(A.numel()).double()
    change[place] = step
    up, down = (small[2:](A + sign * change.view_as(A))[0, c] for sign in (1, -1))
    slopes.view(-1)[place] = (up - down).item() / (2 * step)
by_differences = (slopes.mean(dim=(2, 3), keepdim=True) * A).sum(dim=1).relu()
check.close("Grad-CAM by differences", grad_cam(small, "1", x, c), by_differences)

# %% [markdown]
# **Break it.** Three mistakes are common. The ReLU on the gradients drops the channels that speak against the class. The softmax probability in place of the logit brings in the other classes. A map that is zero throughout, divided by its maximum, is not a number.


# %%
def relu_too_early(A: Tensor, dA: Tensor) -> Tensor:
    """The slip: ReLU on the gradients."""
    return (dA.relu().mean(dim=(2, 3), keepdim=True) * A).sum(dim=1).relu()


A, z = with_maps(small, "1", x)
(of_logit,) = torch.autograd.grad(z[0, 3], A, retain_graph=True)
(of_probability,) = torch.autograd.grad(z.softmax(dim=1)[0, 3], A)
early, after_softmax = relu_too_early(A, of_logit), (of_probability.mean(dim=(2, 3), keepdim=True) * A).sum(dim=1).relu()  # fmt: skip
slips = {"The ReLU is on the gradients; (9.7) has it on the sum.": early, "The score is the probability; (9.7) takes the logit.": after_softmax}  # fmt: skip
for name, wrong in (("ReLU too early", early), ("the probability", after_softmax)):
    check.catches(
        name, lambda wrong=wrong: check.close("L", wrong, by_differences, slips=slips)
    )
against = grad_cam(nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(6, 2)).requires_grad_(False), "0", -torch.rand(1, 1, 2, 3), torch.tensor([1]))  # fmt: skip
check.close("no activation, no map", against, torch.zeros(1, 2, 3))

# %% [markdown]
# What is asked for may not exist, and a photograph may come in a form that the network was not trained on. Each is told in a sentence. (Another size is no mistake: the network ends in GAP.)

# %%
name, picture = torch.tensor([3]), pretrained.prepare(PHOTOGRAPH[None])
wrong = {
    "a layer that does not exist": lambda: grad_cam(NETWORK, "block 99", picture, name),
    "a layer without maps": lambda: grad_cam(NETWORK, "_fc", picture, name),
    "class 1000 of 0 to 999": lambda: grad_cam(
        NETWORK, "_swish", picture, torch.tensor([1000])
    ),
    "a name of no class": lambda: pretrained.class_index("cat with a hat"),
    "a grey picture": lambda: pretrained.prepare(PHOTOGRAPH[None, :1]),
    "a picture with alpha": lambda: pretrained.prepare(torch.rand(1, 4, 8, 9)),
    "whole numbers 0..255": lambda: pretrained.prepare((255 * PHOTOGRAPH[None]).byte()),
}
for what, call in wrong.items():
    check.raises(what, ValueError, call)

# %% [markdown]
# EfficientNet-lite0 ends in GAP and a dense layer, so the maps at the head of this chapter were CAMs. Its last feature maps are the output of the activation function `_swish` (a ReLU6 in this version), the last time it is used. Take an earlier layer as well.

# %%
picture, c = pretrained.prepare(PHOTOGRAPH[None]), torch.tensor([CAT])
with torch.no_grad():
    cat_map = cam(NETWORK.extract_features(picture), NETWORK._fc.weight, c)[0]
last, middle = (
    grad_cam(NETWORK, layer, picture, c)[0] for layer in ("_swish", "_blocks.10")
)
check.close(
    "on a photograph", 70 * last, cat_map.relu(), rtol=1e-3, atol=1e-3
)  # eq. 9.8, 7 x 10 places, float32

# %% tags=["hide-input"]
plots.show(
    overlaid("tabby cat, last feature maps", PHOTOGRAPH, last), overlaid("tabby cat, block 10", PHOTOGRAPH, middle),
    alt=["The map lies on the cat's face.",
         "At block 10 small spots lie on the cat's eye and nose and, as well, on the spoon and the rim of the cup."],
)  # fmt: skip

# %% [markdown]
# At the last maps the two halves separate. At block 10 the gradient differs from place to place, its mean stands for all of them, and the map marks details of both halves. Is the first more than luck? Put each two of six photographs side by side, in both orders. For the class that the network gives to each photograph alone, does the peak of the CAM lie in the right half?

# %%
PHOTOGRAPHS = ("cat", "coffee", "rocket", "motorcycle", "flower", "temple")


@torch.no_grad()
def halves() -> tuple[float, float]:
    """Share of peaks in the right half over all pairs, of CAM and of the edge detector."""
    singles = pretrained.prepare(
        torch.stack([data.photo(name, 224)[:, :, 32:192] for name in PHOTOGRAPHS])
    )
    classes, hits = NETWORK(singles).argmax(dim=1), {"CAM": [], "edges": []}
    for i, left in enumerate(PHOTOGRAPHS):
        for j, right in enumerate(PHOTOGRAPHS):
            if i == j:
                continue
            x = pair(left, right)[None]
            A = NETWORK.extract_features(pretrained.prepare(x))
            maps = cam(A.expand(2, -1, -1, -1), NETWORK._fc.weight, classes[[i, j]])
            sharp = edges(x.mean(dim=1, keepdim=True)).expand(2, -1, -1)
            for name, M in (("CAM", maps), ("edges", sharp)):
                columns = M.flatten(1).argmax(dim=1) % M.shape[2]
                hits[name] += [columns[0] < M.shape[2] / 2, columns[1] >= M.shape[2] / 2]
    return tuple(torch.tensor(values).double().mean().item() for values in hits.values())


# %%
right_half, by_edges = halves()
check.reaches("photographs: peaks of the CAM in the right half", right_half, at_least=0.9)
check.close("photographs: peaks of the edges in the right half", by_edges, 0.5)

# %% [markdown]
# All 60 peaks lie in the right half. The edge detector gives both classes the same map, and one of the two is right. Choose a class below, also one that is not in the picture: any class has a map, and the overlay alone does not say that the logit is low. The true box there is the cat's half.

# %% tags=["hide-input"]
shown = ["tabby cat", "espresso", "tea cup", "coffee mug", "sports car"]
chosen = [pretrained.class_index(name) for name in shown]
with torch.no_grad():
    features = NETWORK.extract_features(picture)[0]
widgets.ClassMaps(PHOTOGRAPH, features, NETWORK._fc.weight[chosen].detach(), NETWORK._fc.bias[chosen].detach(),
                  shown, true_box=(0, 0, 160, 224))  # fmt: skip

# %% [markdown]
# ## 9.6 Would an untrained network give the same map?
#
# *This section uses `net` from section 9.3.*
#
# A map that looks right may come from the picture alone. Adebayo et al. (2018) propose a test. The **parameter randomisation test** replaces the parameters of a network by random ones, layer by layer from the output down, and compares the maps with the first one. A map that stays the same does not depend on what the network learned.

# %% [markdown]
# The comparison is by ranks. The **rank correlation** of two maps is the correlation of the ranks of their values: 1 when both order the places in the same way, −1 when one order is the reverse of the other, near 0 when the orders are unrelated.


# %%
def rank_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Spearman's, for each pair of maps without ties.   a, b: (n, h, w) -> (n,)"""
    ranks = [M.flatten(1).argsort(dim=1).argsort(dim=1).double() for M in (a, b)]
    first, second = (rank - rank.mean(dim=1, keepdim=True) for rank in ranks)
    return F.cosine_similarity(first, second)


def shuffled(weight: Tensor, rng: torch.Generator) -> Tensor:
    """The same numbers in a random order: the distribution of the weights stays."""
    return (
        weight.detach()
        .flatten()[torch.randperm(weight.numel(), generator=rng)]
        .view_as(weight)
    )


# %%
from scipy.stats import spearmanr

rng = torch.Generator().manual_seed(SEED)
a, b = torch.randn(2, 3, 4, 5, generator=rng)
expected = torch.tensor(
    [spearmanr(x.flatten(), y.flatten()).statistic for x, y in zip(a, b, strict=True)]
)
check.close("rank correlation", rank_correlation(a, b), expected)

# %%
X, c = TWO.X[:200], TWO.y[:200, 0]
randomised, rng = copy.deepcopy(net), torch.Generator().manual_seed(SEED)
layers = {"dense": randomised.fc} | {f"convolution {k}": randomised.body[i] for k, i in ((4, 11), (3, 8), (2, 4), (1, 0))}  # fmt: skip
first_maps = {
    "CAM": cams(net, X, c),
    "sum of the features": feature_sum(net, X),
    "edge detector": edges(X),
}
kept = {name: [1.0] for name in first_maps}
for name, layer in layers.items():
    with torch.no_grad():
        layer.weight.copy_(shuffled(layer.weight, rng))
    again = {
        "CAM": cams(randomised, X, c),
        "sum of the features": feature_sum(randomised, X),
        "edge detector": edges(X),
    }
    for kind, M in again.items():
        kept[kind].append(rank_correlation(M, first_maps[kind]).mean().item())
    print(
        f"down to {name:13} "
        + ", ".join(f"{kind} {values[-1]:.2f}" for kind, values in kept.items())
    )

# %% tags=["hide-input"]
steps = ["trained", "dense", "conv 4", "conv 3", "conv 2", "conv 1"]
fig, ax = plots.panel("correlation with the first map", x="weights shuffled down to", ylim=(-0.3, 1.05), size=(5.6, 3.0))  # fmt: skip
for (kind, values), marker in zip(kept.items(), plots.MARKERS, strict=False):
    ax.plot(steps, values, marker=marker, label=kind)
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plots.show(fig, alt="Rank correlation with the map of the trained network. " + "; ".join(
    f"{kind}: {', '.join(f'{value:.2f}' for value in values)}" for kind, values in kept.items()) + ".")  # fmt: skip

# %%
check.reaches(
    "dense shuffled: correlation of the CAM", kept["CAM"][1], at_least=-0.4, at_most=0.5
)
check.reaches("all shuffled: correlation of the CAM", abs(kept["CAM"][-1]), at_most=0.4)
check.close("dense shuffled: the sum of the features", kept["sum of the features"][1], 1.0)
check.close("all shuffled: the edge detector", kept["edge detector"][-1], 1.0)

# %% [markdown]
# The CAM changes as soon as the class weights are shuffled. The edge detector stays at 1, since no network is in it; the sum of the features stays at 1 while only the dense layer is shuffled, and so cannot say which class was meant. The test can refute a map as an explanation and cannot prove one: a random map changes too.

# %% tags=["hide-input"]
widgets.choose(
    "A method's map stays nearly the same when all weights of the network are shuffled. What follows?",
    {
        "The map says little about what the network learned": True,
        "The network is robust": "Shuffled weights make another network, which no longer classifies. A map of what it learned would differ.",
        "The map finds the object in any case, so it explains the classification": "An edge detector finds objects too, without any network.",
    },
    because="What does not depend on the weights cannot tell what the weights do with the picture.",
)

# %% [markdown]
# ## 9.7 Can a map be had from the outputs alone?
#
# *Going further.*
#
# *This section uses `net` from section 9.3.*
#
# A **black-box explanation** uses a model's inputs and outputs only. **RISE** (Petsiuk, Das and Saenko 2018) hides random parts of the picture, and averages the masks, each weighted with the score that the model gives to what is left visible.
#
# $$ S_{i,j} = \frac{1}{N\, p} \sum_{m=1}^{N} f_c(I \odot M_m)\, M_{m,i,j} \tag{9.9} $$

# %% [markdown]
# $f_c$ is the score of class $c$, here its probability, and $p$ the expected value of a mask at each pixel. $S_{i,j}$ estimates the mean score when pixel $(i, j)$ is visible. The notes give no formula; without $p$ the scale of the map would depend on it.

# %% [markdown]
# A mask is a small grid of cells, each 1 (visible) with probability $p$ and 0 otherwise, enlarged bilinearly to one cell more than the picture needs, and cut at a random offset. So its borders are smooth, and the edges of the cells lie elsewhere in each mask.


# %%
def masks(
    N: int, size: Sequence[int], cells: int, p: float, rng: torch.Generator
) -> Tensor:
    """Smooth random masks for pictures of `size` = (H, W), `cells` to a side.   -> (N, 1, H, W) in 0..1"""
    cell = [-(-side // cells) for side in size]
    grid = (torch.rand(N, 1, cells + 1, cells + 1, generator=rng) < p).float()
    large = F.interpolate(
        grid, scale_factor=tuple(map(float, cell)), mode="bilinear", align_corners=False
    )
    tops, lefts = (torch.randint(side, (N,), generator=rng).tolist() for side in cell)
    return torch.stack(
        [
            M[:, i : i + size[0], j : j + size[1]]
            for M, i, j in zip(large, tops, lefts, strict=True)
        ]
    )


@torch.no_grad()
def rise(score: Callable[[Tensor], Tensor], x: Tensor, M: Tensor, p: float) -> Tensor:
    """The mean of the masks, weighted with the scores (eq. 9.9).   x: (c, H, W), M: (N, 1, H, W) -> (H, W)"""
    scores = torch.cat([score(x * part) for part in M.split(100)])  # (N,)
    return (scores[:, None, None] * M[:, 0]).sum(dim=0) / (len(M) * p)


# %%
rng = torch.Generator().manual_seed(SEED)
x = torch.ones(1, 18, 24)
for p in (0.3, 0.7):
    M = masks(4000, (18, 24), 6, p, rng)
    corners_mean = M[:, 0][:, [0, 0, -1, -1], [0, -1, 0, -1]].mean(dim=0)
    check.close(
        f"mean of the masks in the corners, p = {p}",
        corners_mean,
        torch.full((4,), p),
        rtol=0,
        atol=0.04,
    )
    flat = rise(lambda X: torch.full((len(X),), 0.6), x, M, p)
    check.close(
        f"a constant model, p = {p}", flat, torch.full((18, 24), 0.6), rtol=0, atol=0.06
    )

# %%
peak = rise(lambda X: X[:, 0, 5, 16], x, M, p).flatten().argmax().item()
check.close("a model that looks at row 5, column 16", (peak // 24, peak % 24), (5, 16))
hidden = ((1 - M[:, 0, 5, 16])[:, None, None] * M[:, 0]).sum(
    dim=0
)  # scores of 1 - M, added to M
check.catches(
    "1 for hidden", lambda: check.close("peak", hidden.flatten().argmax().item(), peak)
)

# %% [markdown]
# How many masks does it take? Compare with the CAM of the same class on twenty canvases with two digits. The control takes the same masks and scores, the scores in another order.


# %%
def probability(net: nn.Module, c: int) -> Callable[[Tensor], Tensor]:
    """The score of RISE: the softmax probability of class c."""
    return lambda X: net(X).softmax(dim=1)[:, c]


X, c, truth = TWO.X[:20], TWO.y[:20, 0], TWO.boxes[:20, 0]
COUNTS, rng = (50, 200, 800), torch.Generator().manual_seed(SEED)
M = masks(max(COUNTS), (40, 40), 5, 0.5, rng)
with torch.no_grad():
    scores = torch.stack([torch.cat([probability(net, k)(x * part) for part in M.split(100)]) for x, k in progress([*zip(X, c.tolist(), strict=True)], "masks")])  # fmt: skip

# %%
agreed, hit = {}, {}
for count in COUNTS:
    S = torch.einsum("nm,mij->nij", scores[:, :count], M[:count, 0]) / (
        count * 0.5
    )  # eq. 9.9 for all canvases
    agreed[count] = rank_correlation(S, cams(net, X, c)).mean().item()
    hit[count] = points_at(S, truth).double().mean().item()
    print(
        f"{count:4} masks: rank correlation with the CAM {agreed[count]:.2f}, pointing {hit[count]:.2f}"
    )
check.close(
    "all canvases at once",
    S[0],
    rise(probability(net, int(c[0])), X[0], M, 0.5),
    rtol=1e-4,
    atol=1e-5,
)
mixed = torch.einsum("nm,mij->nij", scores[:, torch.randperm(800, generator=rng)], M[:, 0])
by_chance = rank_correlation(mixed, cams(net, X, c)).mean().item()

# %%
check.reaches("RISE, 50 masks: rank correlation with the CAM", agreed[50], at_least=0.1)
check.reaches("RISE, 800 masks: rank correlation with the CAM", agreed[800], at_least=0.5)
check.reaches("RISE: what 800 masks gain over 50", agreed[800] - agreed[50], at_least=0.05)
check.reaches("RISE, 800 masks: pointing", hit[800], at_least=0.7)
check.reaches("RISE, scores in another order", by_chance, at_least=-0.25, at_most=0.25)

# %% [markdown]
# With 800 masks most peaks are in the box, and the order of the places still comes closer to that of the CAM: the error of a mean falls as one over the square root of the number of masks. Each mask is a forward pass, where Grad-CAM needs one forward and one backward pass in all. In exchange RISE needs no access to the network, and a mask hides pixels, not places of a feature map; how fine the map can be is set by the cells, of 8×8 pixels here. Below, the network itself computes in the page.

# %% tags=["hide-input"]
canvas = TWO.X[2]
with torch.no_grad():
    features = net.body(canvas[None]).expand(10, -1, -1, -1)
plain = nn.Sequential(net.body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), net.fc)
widgets.RiseMasks(plain, canvas, [str(digit) for digit in range(10)], maps=cam(features, net.fc.weight, torch.arange(10)).detach(), cells=5)  # fmt: skip

# %% [markdown]
# ## 9.8 Does the score depend on the pixels that are marked?
#
# *Going further.*
#
# *This section uses `net` from section 9.3.*
#
# A box says where the object is, and the network may look elsewhere. The **deletion curve** of a map is the score of the class while the pixels are blanked, from the largest value of the map down. The **insertion curve** of a map is the score of the class while the pixels are put into a blank picture, from the largest value of the map down. A good map has a small area under the first and a large one under the second. (Petsiuk et al. begin the second with a blurred picture.)

# %%
STEPS = 16


@torch.no_grad()
def curves(net: nn.Module, x: Tensor, c: int, M: Tensor) -> Tensor:
    """Scores after each share of the pixels: deletion, then insertion.   x: (1, H, W), M: (H, W) -> (2, STEPS + 1)"""
    rank = M.flatten().argsort(descending=True).argsort().view(M.shape)
    first = (
        rank < torch.linspace(0, M.numel(), STEPS + 1)[:, None, None]
    )  # (STEPS + 1, H, W)
    both = (
        torch.stack([~first, first])[:, :, None] * x
    )  # deletion keeps the others, insertion shows these
    return net(both.flatten(0, 1)).softmax(dim=1)[:, c].view(2, -1)


# %%
toy = nn.Sequential(nn.Flatten(), nn.Linear(6, 2))
with torch.no_grad():
    toy[1].weight.copy_(torch.tensor([[1.0, 0, 0, 2, 0, 4], [0] * 6]))
    toy[1].bias.zero_()
order = torch.tensor([[1.0, 2, 3], [5, 4, 6]])
deleted, inserted = curves(toy, torch.ones(1, 2, 3), 0, order)
check.close(
    "the ends",
    torch.stack([deleted[0], deleted[-1], inserted[0]]),
    torch.tensor([7.0, 0, 0]).sigmoid(),
)
check.close("half deleted", deleted[STEPS // 2], torch.tensor(1.0).sigmoid())

# %%
rng = torch.Generator().manual_seed(SEED)
mean_curves = {}
for digits, canvases in ((1, ONE), (2, TWO)):
    X, c = canvases.X[:60], canvases.y[:60, 0]
    for name in ("CAM", "sum of the features", "edge detector", "random map", "centre"):
        maps = MAPS[name](X, c)
        each = [curves(net, x, int(k), M) for x, k, M in zip(X, c, maps, strict=True)]
        mean_curves[name, digits] = torch.stack(each).mean(dim=0)  # (2, STEPS + 1)
areas = {which: both.mean(dim=1).tolist() for which, both in mean_curves.items()}
for name, digits in areas:
    print(f"{name:20} {digits} digit{'s' * (digits > 1):1}: deletion {areas[name, digits][0]:.2f}, insertion {areas[name, digits][1]:.2f}")  # fmt: skip


# %% tags=["hide-input"]
def curve_panel(title: str, digits: int) -> plots.Figure:
    """The insertion curves of three maps, and dashed their deletion curves."""
    fig, ax = plots.panel(title, x="share of the pixels", y="probability of the class", ylim=(0, 1), size=(3.4, 2.9))  # fmt: skip
    names, share = ("CAM", "edge detector", "random map"), torch.linspace(0, 1, STEPS + 1)
    for name, colour, marker in zip(names, plots.SERIES, plots.MARKERS, strict=False):
        deleted, inserted = mean_curves[name, digits]
        ax.plot(share, inserted, "-", color=colour, marker=marker, markersize=4, label=name)
        ax.plot(share, deleted, "--", color=colour)
    if digits == 2:
        ax.legend(loc="center", bbox_to_anchor=(0.62, 0.7), fontsize="small")
    return fig


plots.show(curve_panel("one digit", 1), curve_panel("two digits, one asked for", 2),
           alt=["Solid insertion curves and dashed deletion curves with one digit: those of CAM and edge detector lie close together, and far from those of the random map.",
                "The same with two digits: the insertion curve of the CAM rises early, that of the edge detector late."])  # fmt: skip

# %%
gap_one, gap_two = (areas["CAM", k][1] - areas["edge detector", k][1] for k in (1, 2))
check.reaches(
    "insertion, one digit: CAM minus edges", gap_one, at_least=-0.05, at_most=0.12
)
check.reaches("insertion, two digits: CAM minus edges", gap_two, at_least=0.25)
check.reaches(
    "deletion, two digits: edges minus CAM",
    areas["edge detector", 2][0] - areas["CAM", 2][0],
    at_least=0.05,
)
check.reaches(
    "insertion, one digit: CAM minus random",
    areas["CAM", 1][1] - areas["random map", 1][1],
    at_least=0.3,
)

# %% [markdown]
# On canvases with one digit the edge detector has curves nearly as good as those of the CAM, although no network is in it: to blank the strokes is to blank the digit. With two digits it does not know which one is asked for, and the curves tell. So these scores, too, need the control. And a half blanked picture is one that the network never saw in training; the curves
# measure what it makes of such pictures.

# %% [markdown]
# ## 9.9 Can several coarse maps make a finer one?
#
# *Going further.*
#
# *This section uses `net` from section 9.3.*
#
# A map of 7×7 places is coarse. **Augmented Grad-CAM** (Morbidelli et al. 2020) computes the Grad-CAM of several transformed copies of the input and joins them into one finer map by regularised least squares. With known transformations $T_l$, their maps $\mathbf g_l$ and the reduction $D$ to the size of these maps, it looks for the $\mathbf u$ with
#
# $$ \min_{\mathbf u} \sum_{l=1}^{L} \lVert D\, T_l\, \mathbf u - \mathbf g_l \rVert^2 + \mu \lVert \nabla \mathbf u \rVert^2 . \tag{9.10} $$

# %% [markdown]
# The second term asks for a smooth map. (The paper has the total variation, which adds up absolute differences, and a small multiple of $\lVert \mathbf u \rVert^2$; with squares throughout, the solution is that of a linear system.)

# %% [markdown]
# $D\,T_l$ is linear in $\mathbf u$, so it is a matrix $S_l$, found by sending the pictures with a single 1 through it. With all $S_l$ below one another as $S$, and the differences of neighbours as $G$, the minimum solves $(S^\top S + \mu\, G^\top G)\, \mathbf u = S^\top \mathbf g$. The code adds $10^{-5}$ to the diagonal, for the accuracy of the solver.


# %%
def movements(L: int, rng: torch.Generator) -> Tensor:
    """The identity, then small random turns, shifts and scalings.   -> (L, 2, 3)"""
    angle, scale = (2 * torch.rand(2, L, generator=rng) - 1) * torch.tensor([[0.2], [0.1]])
    shift = 0.4 * torch.rand(L, 2, generator=rng) - 0.2
    cos, sin = angle.cos() * (1 + scale), angle.sin() * (1 + scale)
    T = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1), shift], dim=2)
    T[0] = torch.eye(2, 3)
    return T


def transformed(X: Tensor, T: Tensor) -> Tensor:
    """Each picture, moved by T.   X: (n, 1, s, s), T: (2, 3) -> (n, 1, s, s)"""
    grid = F.affine_grid(T.expand(len(X), 2, 3), list(X.shape), align_corners=False)
    return F.grid_sample(X, grid, align_corners=False)


# %%
def reductions(T: Tensor, size: int, factor: int) -> Tensor:
    """The matrix S: every D T_l, one below the other.   -> (L (size / factor)^2, size^2)"""
    ones = torch.eye(size * size).view(-1, 1, size, size)
    return torch.cat([F.avg_pool2d(transformed(ones, t), factor).flatten(1).T for t in T])


def super_resolved(g: Tensor, S: Tensor, size: int, mu: float) -> Tensor:
    """The minimum of (9.10).   g: (n, rows of S) -> (n, size, size)"""
    ones = torch.eye(size * size).view(-1, size, size)
    G = torch.cat([ones.diff(dim=1).flatten(1), ones.diff(dim=2).flatten(1)], dim=1).T
    left = S.T @ S + mu * G.T @ G + 1e-5 * torch.eye(size * size)
    return torch.linalg.solve(left, S.T @ g.T).T.view(-1, size, size)


# %%
rng = torch.Generator().manual_seed(SEED)
T = movements(16, rng)
S = reductions(T, 40, 8)
u = upsampled(torch.rand(1, 10, 10, generator=rng), (40, 40))
by_hand = torch.cat([F.avg_pool2d(transformed(u[:, None], t), 8).flatten() for t in T])
check.close("the matrix", S @ u.flatten(), by_hand)
restored = super_resolved(by_hand[None], S, 40, 0.001)
coarse = upsampled(F.avg_pool2d(u[:, None], 8)[:, 0], (40, 40))
errors = [(M - u).square().mean().sqrt().item() for M in (restored, coarse)]
check.reaches(
    "a known map: error of (9.10) over that of upsampling",
    errors[0] / errors[1],
    at_most=0.7,
)

# %% [markdown]
# Where the model behind (9.10) holds, it restores what one coarse map has lost. Do the maps of a network obey it? Pooling the feature maps of our network once more, 2×2 by the mean, leaves all its logits as they are and makes its maps 5×5. Four ways to a map of 40×40 are compared: one coarse map upsampled; (9.10); the mean of the coarse maps, each moved back; and what the notes describe, (9.10) with copies of the one coarse map moved instead of the input.


# %%
def coarse_maps(X: Tensor, c: Tensor) -> Tensor:
    """CAMs of 5 x 5 places, from the maps pooled once more.   -> (n, 5, 5)"""
    with torch.no_grad():
        return cam(F.avg_pool2d(net.body(X), 2), net.fc.weight, c)


def one_map(X: Tensor, c: Tensor) -> Tensor:
    return upsampled(coarse_maps(X, c), (40, 40))


def augmented(X: Tensor, c: Tensor) -> Tensor:
    g = torch.cat([coarse_maps(transformed(X, t), c).flatten(1) for t in T], dim=1)
    return super_resolved(g, S, 40, 0.1)


# %%
def moved_back(X: Tensor, c: Tensor) -> Tensor:
    square = torch.cat([T, torch.tensor([[[0.0, 0, 1]]]).expand(len(T), 1, 3)], dim=1)
    back = torch.linalg.inv(square)[:, :2]
    maps = [
        transformed(one_map(transformed(X, t), c)[:, None], b)
        for t, b in zip(T, back, strict=True)
    ]
    return torch.stack(maps).mean(dim=0)[:, 0]


def as_in_the_notes(X: Tensor, c: Tensor) -> Tensor:
    g = [F.avg_pool2d(transformed(one_map(X, c)[:, None], t), 8).flatten(1) for t in T]
    return super_resolved(torch.cat(g, dim=1), S, 40, 0.1)


# %%
WAYS = {
    "one map": one_map,
    "eq. (9.10)": augmented,
    "mean, moved back": moved_back,
    "the notes": as_in_the_notes,
}
sharp = {}
for name, make in WAYS.items():
    sharp[name] = measured(make, TWO)
    print(f"{name:17} pointing {sharp[name][0]:.2f}, mean IoU {sharp[name][1]:.2f}")
gains = {name: sharp[name][1] - sharp["one map"][1] for name in WAYS}
check.reaches(
    "IoU: what (9.10) gains over one map", gains["eq. (9.10)"], at_least=-0.02, at_most=0.05
)
check.reaches(
    "IoU: what the mean gains over one map", gains["mean, moved back"], at_least=0.01
)
check.reaches(
    "IoU: the mean minus (9.10)",
    gains["mean, moved back"] - gains["eq. (9.10)"],
    at_least=0.0,
)
again = abs(sharp["the notes"][1] - sharp["eq. (9.10)"][1])
check.reaches("IoU: the notes and (9.10) differ by", again, at_most=0.04)

# %% tags=["hide-input"]
x, c = TWO.X[:1], TWO.y[:1, 0]
maps = torch.cat([make(x, c) for make in WAYS.values()])
fig, axes = plots.tiles("four ways to a finer map", 4, 4, size=(7.2, 2.3))
for ax, M, name in zip(axes, maps, WAYS, strict=True):
    plots.image(ax, x[0, 0], limits=(0, 1))
    ax.set_title(name, fontsize="small")
    ax.imshow(M.relu(), cmap="magma", alpha=0.6)
    left, top, right, bottom = (corners(TWO.boxes[0, 0]) * 40 - 0.5).tolist()
    ax.plot(
        [left, right, right, left, left],
        [top, top, bottom, bottom, top],
        color=plots.ORANGE,
    )
plots.show(fig, alt="The same canvas four times, with the box of the digit that is asked for. All four maps are smooth hills on this digit; they differ in width.")  # fmt: skip

# %% [markdown]
# Here, with 16 movements and the best of three values of $\mu$ (0.01, 0.1 and 1), the mean of the maps moved back does best, by 3 to 5 points over one map; (9.10) changes the IoU by −1 to +2 points.

# %% [markdown]
# Copies of one map, moved as in the notes, hold nothing new, and (9.10) does with them about what it does with moved inputs. (9.10) assumes that a coarse map is the mean of a fine one over cells, while each place of these maps has a receptive field of 30 pixels (26 before they were pooled once more); whether that is the reason was not tested. The paper reports a gain on ImageNet.

# %% [markdown]
# ## 9.10 Your turn
#
# The [exercises of this chapter](../assignments/09_localization/09_localization.ipynb) have a check each, which tells you what is wrong.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | a loss for pictures with and without an object (9.1) | find the bug | ●● | 15 |
# | what leaves the map as it is (9.2) | predict | ●● | 10 |
# | the pointing game with a tolerance (9.3) | write | ●● | 15 |
# | Grad-CAM's weights behind a hidden layer (9.4) | derive | ●● | 15 |
# | HiResCAM: gradients without their mean (9.5) | write | ●● | 15 |
# | an occlusion map (9.6) | write | ●● | 15 |
# | RISE masks in the wrong place (9.7) | find the bug | ●● | 15 |
# | what RISE gives for a linear score (9.8) | derive | ●●● | 25 |
# | a hidden box and 400 questions (9.9) | go beyond | ●●● | 30 |
#
# One more question has no check.
#
# <details><summary>A network tells huskies from wolves, and its maps for "wolf" lie on the snow behind the animal. Is the map wrong?</summary>
#
# As localisation yes: the box of the animal is elsewhere. As an explanation it may be right: if the network decides by the snow, a map that marked the animal would be the wrong one. Only the second kind of test, which changes the pixels or the weights and looks at the score, can tell.
#
# </details>

# %% [markdown]
# ## 9.11 In five lines
#
# 1. A second head predicts a box; the loss adds the squared distance of four numbers, whose order has to be fixed. Averaged feature maps lose the place, apart from what zero padding tells them.
# 2. With global average pooling, a logit is the mean of the class activation map plus the bias. The map finds the object, although the network was trained on class names alone.
# 3. Grad-CAM weights feature maps with the mean gradient of the logit; at the last maps of a network with GAP it is the positive part of the CAM, divided by the number of places.
# 4. RISE averages random masks, weighted with the score of what they leave visible, and needs no access to the network.
# 5. A map that convinces the eye is no evidence by itself. Compare with an edge detector and a map without the class, put two objects into the picture, and shuffle the weights.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes; localisation is in that of the Politecnico di Milano ("Image Localization", "Global Averaging Pooling Layer", "CAM"). In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Milano, Augmented Grad-CAM | transformations are applied to several heat maps | the *input* is transformed; the maps of the copies are joined by a regularised least-squares problem | Morbidelli et al. (2020) | section 9.9 |
# | Milano, Image Localization * | the box is (x, y, h, w), later (x, y, w, h); the loss is a norm | one order throughout; the norm is usually squared, or a smooth L1 loss | Girshick (2015) | section 9.1 |
# | Milano, GAP * | a softmax directly after GAP | for that, the last layer needs one map for each class; otherwise a dense layer stands between | Lin, Chen and Yan (2014); Zhou et al. (2016) | section 9.2 |
# | Milano, GAP * | robust to shifts, rotations and scale | of these, shifts, and they only in part | section 6.12 | section 9.2 |
# | Milano, Grad-CAM * | gradients weight the activation maps | the gradient of the logit, averaged over places, and a ReLU on the sum; at the last maps of a GAP network $hw\,L^c = \operatorname{relu}(M^c)$ | Selvaraju et al. (2017) | section 9.5 |
# | Milano, RISE * | no formula | (9.9), with smooth masks at random offsets, divided by $N p$ | Petsiuk, Das and Saenko (2018) | section 9.7 |

# %% [markdown]
# ## Further reading
#
# - B. Zhou, A. Khosla, A. Lapedriza, A. Oliva and A. Torralba (2016), [*Learning deep features for discriminative localization*](https://arxiv.org/abs/1512.04150), CVPR: class activation maps, equations (9.5) and (9.6), and boxes from them.
# - R. Selvaraju, M. Cogswell, A. Das, R. Vedantam, D. Parikh and D. Batra (2017), [*Grad-CAM: visual explanations from deep networks via gradient-based localization*](https://arxiv.org/abs/1610.02391), ICCV: equation (9.7).
# - P. Morbidelli, D. Carrera, B. Rossi, P. Fragneto and G. Boracchi (2020), *Augmented Grad-CAM: heat-maps super resolution through augmentation*, ICASSP: equation (9.10), with total variation.
# - V. Petsiuk, A. Das and K. Saenko (2018), [*RISE: randomized input sampling for explanation of black-box models*](https://arxiv.org/abs/1806.07421), BMVC: equation (9.9), and the deletion and insertion curves.
# - J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt and B. Kim (2018), [*Sanity checks for saliency maps*](https://arxiv.org/abs/1810.03292), NeurIPS: the test of section 9.6, with an edge detector beside.
# - J. Zhang, Z. Lin, J. Brandt, X. Shen and S. Sclaroff (2016), [*Top-down neural attention by excitation backprop*](https://arxiv.org/abs/1608.00507), ECCV: the pointing game.
# - R. Girshick (2015), [*Fast R-CNN*](https://arxiv.org/abs/1504.08083), ICCV: two heads for class and box, and the smooth L1 loss.
# - M. Lin, Q. Chen and S. Yan (2014), [*Network in network*](https://arxiv.org/abs/1312.4400), ICLR: global average pooling.

# %% [markdown] tags=["neighbours"]
# Before: [8 Looking inside a network](08_feature_visualization.ipynb). Next: [10 Segmentation](10_segmentation.ipynb).
