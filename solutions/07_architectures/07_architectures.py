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
# # Exercises 7: building blocks
#
# Seven small functions, 20 points. You have met each of them in [chapter 7](../../chapters/07_architectures.ipynb); here you write them without looking.
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, and where it
# recognises a slip it tells you which one. After handing in, each function is run again on other inputs: edge cases included.
#
# `F.conv2d`, `F.max_pool2d` and matrix products are your bricks here. Everything is in float64, and weights come as tensors, so that you see what is done with them.

# %% setup
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check


def numbers(values: object) -> Tensor:
    """A float64 tensor of the given numbers."""
    return torch.tensor(values, dtype=torch.float64)


def whole(rng: torch.Generator, *size: int) -> Tensor:
    """Random whole numbers from -3 to 3, in float64."""
    return torch.randint(-3, 4, size, generator=rng).double()


# %% [markdown]
# ## 7.1 What does taking it apart save?
# *2 points · effort ● · about 5 minutes*
#
# Count the parameters of a depth-wise separable convolution, one $k \times k$ kernel for each input channel followed by a 1×1 convolution, **with the biases of both**. And give the ratio of the
# *weights*, without any biases, to those of an ordinary $k \times k$ convolution:
#
# $$ \text{ratio} = \frac{1}{c_{\text{out}}} + \frac{1}{k^2} \tag{7.7} $$
#
# <details><summary>Hint</summary>
#
# A bias belongs to an output channel. How many output channels does each of the two convolutions have?
#
# </details>


# %% separable_cost
def separable_cost(c_in: int, c_out: int, k: int) -> tuple[int, float]:
    """(parameters with biases, ratio of the weights without biases) of a separable k x k convolution."""
    ### BEGIN SOLUTION
    return k * k * c_in + c_in + c_in * c_out + c_out, 1 / c_out + 1 / k**2
    ### END SOLUTION


# %% test_separable_cost points=2
count, ratio = 3 * 3 * 8 + 8 + 8 * 16 + 16, 25 / 144
slips = {
    "The biases are forgotten, all of them.": (200, ratio),
    "The biases of one of the two convolutions are missing.": (216, ratio),
    "The ratio is upside down; taking a layer apart makes it smaller.": (count, 144 / 25),
    "The ratio should compare the weights alone, without biases.": (count, 224 / 1168),
}
check.close("(parameters, ratio)", separable_cost(8, 16, 3), (count, ratio), slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

for c_in, c_out, k in ((3, 32, 5), (1, 1, 1), (64, 16, 3), (7, 100, 7)):
    seal(f"{c_in} to {c_out}, {k} x {k}", list(separable_cost(c_in, c_out, k)))
### END HIDDEN TESTS

# %% [markdown]
# ## 7.2 Small and many, or one and large
# *2 points · effort ● · about 10 minutes*
#
# A single $k \times k$ convolution, $k$ odd, from $C$ to $C$ channels without biases, can be replaced by a stack of 3×3 convolutions with the same receptive field. Give the number of 3×3 layers, the weights
# of the stack, and the weights of the single layer. For $k = 7$ these are 3, $27C^2$ and $49C^2$ (7.1).
#
# <details><summary>Hint</summary>
#
# The first 3×3 layer sees three pixels across; each further one adds two.
#
# </details>


# %% small_or_large
def small_or_large(channels: int, k: int) -> tuple[int, int, int]:
    """(layers of 3 x 3, weights of the stack, weights of one k x k), k odd and at least 3."""
    ### BEGIN SOLUTION
    layers = (k - 1) // 2
    return layers, 9 * layers * channels**2, k**2 * channels**2
    ### END SOLUTION


# %% test_small_or_large points=2
slips = {
    "Each further 3 x 3 layer adds two pixels to the field, not three.": (2, 1800, 4900),
    "The stack is one layer too deep: the first layer sees three pixels already.": (
        4,
        3600,
        4900,
    ),
    "A factor is missing; a kernel reaches through all channels of its input.": (
        3,
        270,
        490,
    ),
    "The weights of a single layer are given; the stack has several.": (3, 900, 4900),
}
check.close("for 10 channels, k = 7", small_or_large(10, 7), (3, 2700, 4900), slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import exact, seal

others = [(1, 3), (16, 5), (3, 11), (64, 9)]
seal("other sizes", [list(small_or_large(*case)) for case in others], rule=exact())
### END HIDDEN TESTS

# %% [markdown]
# ## 7.3 A small inception module
# *4 points · effort ●● · about 15 minutes*
#
# Three branches on the same input: a 1×1 convolution; a 1×1 reduction with a ReLU, followed by a 3×3 convolution with zero padding; and a 3×3 max-pooling with stride 1 that keeps the size. Put their maps on top of each other,
# in this order, and apply a ReLU to the result:
#
# $$ Y = \operatorname{relu}\big[\, C_1(X),\;\; C_3(\operatorname{relu}(R_3(X))),\;\; \operatorname{pool}(X) \,\big] $$
#
# No convolution has a bias.
#
# <details><summary>Hint</summary>
#
# `torch.cat` takes a list and an axis: which axis of $(n, c, h, w)$ holds the maps? `F.max_pool2d` has a `padding` too.
#
# </details>


# %% inception
def inception(X: Tensor, C1: Tensor, R3: Tensor, C3: Tensor) -> Tensor:
    """X: (n, c, h, w), C1: (a, c, 1, 1), R3: (r, c, 1, 1), C3: (b, r, 3, 3) -> (n, a + b + c, h, w)"""
    ### BEGIN SOLUTION
    three = F.conv2d(F.conv2d(X, R3).relu(), C3, padding=1)
    pooled = F.max_pool2d(X, 3, stride=1, padding=1)
    return torch.cat([F.conv2d(X, C1), three, pooled], dim=1).relu()
    ### END SOLUTION


# %% test_inception points=4
X = numbers([[[[1, -2, 0], [3, 1, -1]], [[0, 1, 2], [-1, 0, 1]]]])
C1, R3 = numbers([[[[1]], [[-1]]]]), numbers([[[[1]], [[1]]], [[[-1]], [[2]]]])
C3 = numbers([[[[0, 1, 0], [1, 2, 1], [0, 1, 0]], [[1, 0, 0], [0, -1, 0], [0, 0, 1]]]])
Y = numbers([[
    [[1, 0, 0], [4, 1, 0]],
    [[4, 3, 0], [6, 4, 4]],
    [[3, 3, 1], [3, 3, 1]],
    [[1, 2, 2], [1, 2, 2]],
]])  # fmt: skip
linear, negative = Y.clone(), Y.clone()
linear[0, 1] = numbers([[3, 1, 0], [11, 3, 4]])
negative[0, 0] = numbers([[1, -3, -2], [4, 1, -2]])
slips = {
    "The ReLU behind the reduction is missing.": linear,
    "The maps of the branches are not in the order of the formula.": Y[:, [1, 0, 2, 3]],
    "The last ReLU is missing: no map should be negative.": negative,
}
check.close("Y", inception(X, C1, R3, C3), Y, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

for n, c, h, w, a, r, b in (
    (2, 3, 5, 4, 2, 2, 3),
    (1, 1, 1, 1, 1, 1, 1),
    (3, 4, 3, 6, 1, 2, 5),
):
    rng = torch.Generator().manual_seed(n + h)
    X, C1 = whole(rng, n, c, h, w), whole(rng, a, c, 1, 1)
    R3, C3 = whole(rng, r, c, 1, 1), whole(rng, b, r, 3, 3)
    seal(f"{n} pictures of {c} channels", inception(X, C1, R3, C3))
### END HIDDEN TESTS

# %% [markdown]
# ## 7.4 A residual block
# *3 points · effort ●● · about 15 minutes*
#
# $$ Y = \operatorname{relu}\big(S(X) + F(X)\big), \qquad F(X) = W_2 * \operatorname{relu}(W_1 * X) \tag{7.4} $$
#
# Both convolutions are 3×3 with padding 1 and without biases; the first has the stride. The shortcut $S$ is the identity if `P` is `None`, and otherwise the 1×1 convolution with the weights `P` and the same stride.
#
# <details><summary>Hint</summary>
#
# Two ReLUs in all: one between the convolutions, one after the sum. The shortcut has none of its own.
#
# </details>


# %% residual
def residual(
    X: Tensor, W1: Tensor, W2: Tensor, P: Tensor | None = None, stride: int = 1
) -> Tensor:
    """X: (n, c, h, w), W1: (o, c, 3, 3), W2: (o, o, 3, 3), P: (o, c, 1, 1) or None -> (n, o, h', w')"""
    ### BEGIN SOLUTION
    branch = F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)
    shortcut = X if P is None else F.conv2d(X, P, stride=stride)
    return (shortcut + branch).relu()
    ### END SOLUTION


# %% test_residual points=3
X = numbers([[[[1, -2, 3], [-4, 5, -6]]]])
W1 = numbers([[[[0, 0, 0], [0, 1, -1], [0, 0, 0]]]])
W2 = numbers([[[[0, 0, 0], [0, -1, 0], [0, 1, 0]]]])
Y = numbers([[[[0, 9, 0], [0, 0, 0]]]])
slips = {
    "The shortcut is missing: what comes in should be added.": numbers(
        [[[[0, 11, 0], [0, 0, 0]]]]
    ),
    "The last ReLU acts on F alone; it acts on the sum.": numbers(
        [[[[1, 9, 3], [-4, 5, -6]]]]
    ),
    "The ReLU between the two convolutions is missing.": numbers(
        [[[[0, 14, 0], [5, 0, 0]]]]
    ),
    "There is no ReLU after the sum.": numbers([[[[-2, 9, 0], [-4, -6, -6]]]]),
}
check.close("identity", residual(X, W1, W2), Y, slips=slips)
P, W1, W2 = numbers([[[[9]]], [[[12]]]]), W1.expand(2, 1, 3, 3), W2.expand(2, 2, 3, 3)
projected = numbers([[[[3, 21]], [[6, 30]]]])
slips = {
    "The shortcut was only cut to size; the weights P have to act on it.": 0 * projected
}
check.close(
    "projection, stride 2", residual(X, W1, W2, P, stride=2), projected, slips=slips
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

for n, c, o, h, w, stride in (
    (2, 1, 4, 6, 7, 2),
    (2, 3, 3, 4, 5, 1),
    (1, 1, 1, 1, 1, 1),
    (1, 4, 2, 3, 3, 3),
):
    rng = torch.Generator().manual_seed(n + c + h)
    X, W1, W2 = whole(rng, n, c, h, w), whole(rng, o, c, 3, 3), whole(rng, o, o, 3, 3)
    P = None if o == c and stride == 1 else whole(rng, o, c, 1, 1)
    seal(f"{c} to {o} channels, stride {stride}", residual(X, W1, W2, P, stride))
### END HIDDEN TESTS

# %% [markdown]
# ## 7.5 A window of one pixel
# *3 points · effort ●● · about 10 minutes*
#
# Compute a 1×1 convolution without a convolution: a dense layer at every pixel.
#
# $$ Y_{o,i,j} = b_o + \sum_{c} W_{o,c}\, X_{c,i,j} \tag{7.2} $$
#
# <details><summary>Hint</summary>
#
# A dense layer `x @ W.T + b` works on the last axis. Bring the channels there with `permute`, and back again.
#
# </details>


# %% pixelwise
def pixelwise(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """A dense layer at every pixel.   X: (n, c, h, w), W: (o, c), b: (o,) -> (n, o, h, w)"""
    ### BEGIN SOLUTION
    return (X.permute(0, 2, 3, 1) @ W.T + b).permute(0, 3, 1, 2)
    ### END SOLUTION


# %% test_pixelwise points=3
X = numbers([[[[1, 2], [3, 4]], [[0, -1], [1, 2]]]])
W, b = numbers([[1, -1], [2, 0]]), numbers([10, 20])
Y = numbers([[[[11, 13], [12, 12]], [[22, 24], [26, 28]]]])
slips = {
    "A reshape does not exchange axes: pixels and channels are mixed up.": numbers(
        [[[[9, 22], [9, 26]], [[11, 20], [9, 22]]]]
    ),
    "The weights are transposed: a row of W belongs to an output channel.": numbers(
        [[[[11, 10], [15, 18]], [[19, 18], [17, 16]]]]
    ),
    "The biases are missing.": Y - b[:, None, None],
}
check.close("Y", pixelwise(X, W, b), Y, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "autograd")
for n, c, o, h, w in ((2, 4, 4, 3, 5), (2, 3, 5, 4, 6), (1, 1, 1, 1, 1), (3, 5, 2, 1, 7)):
    rng = torch.Generator().manual_seed(c + o)
    X, W, b = whole(rng, n, c, h, w), whole(rng, o, c), whole(rng, o)
    seal(f"{c} to {o} channels, {h} x {w} pixels", pixelwise(X, W, b))
### END HIDDEN TESTS

# %% [markdown]
# ## 7.6 Squeeze and excitation
# *3 points · effort ●● · about 15 minutes*
#
# $$ s_c = \frac{1}{hw}\sum_{i,j} X_{c,i,j}, \qquad \mathbf g = \sigma\big(W_2 \operatorname{relu}(W_1 \mathbf s)\big), \qquad Y_{c,i,j} = g_c\, X_{c,i,j} \tag{7.8} $$
#
# Without biases here, for a batch.
#
# <details><summary>Hint</summary>
#
# The gates have shape $(n, c)$; `g[:, :, None, None]` stretches over the places.
#
# </details>


# %% squeeze_excite
def squeeze_excite(X: Tensor, W1: Tensor, W2: Tensor) -> Tensor:
    """X: (n, c, h, w), W1: (c/r, c), W2: (c, c/r) -> (n, c, h, w)"""
    ### BEGIN SOLUTION
    gates = ((X.mean(dim=(2, 3)) @ W1.T).relu() @ W2.T).sigmoid()
    return X * gates[:, :, None, None]
    ### END SOLUTION


# %% test_squeeze_excite points=3
X = numbers([[[[1, 3]], [[-2, 0]]], [[[4, 0]], [[1, 1]]]])
W1, W2 = numbers([[1, -1]]), numbers([[1], [-2]])
Y = numbers(
    [[[[0.952574, 2.857722]], [[-0.004945, 0]]], [[[2.924234, 0]], [[0.119203, 0.119203]]]]
)
slips = {
    "A softmax lets the channels compete; each gate opens by itself.": numbers(
        [
            [[[0.999877, 2.99963]], [[-0.000247, 0]]],
            [[[3.810297, 0]], [[0.047426, 0.047426]]],
        ]
    ),
    "The squeeze is a sum; it should be a mean.": numbers(
        [
            [[[0.997527, 2.992582]], [[-0.000012, 0]]],
            [[[3.523188, 0]], [[0.017986, 0.017986]]],
        ]
    ),
    "The sigmoid is missing: a gate lies between 0 and 1.": numbers(
        [[[[3, 9]], [[12, -0]]], [[[4, 0]], [[-2, -2]]]]
    ),
    "The squeeze takes the mean over the batch too; each picture has its own gates.": numbers(
        [
            [[[0.880797, 2.642391]], [[-0.035972, 0]]],
            [[[3.523188, 0]], [[0.017986, 0.017986]]],
        ]
    ),
}
check.close("Y", squeeze_excite(X, W1, W2), Y, rtol=0, atol=2e-6, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

for n, c, r, h, w in ((3, 4, 2, 5, 6), (1, 2, 1, 1, 1), (2, 6, 3, 2, 3)):
    rng = torch.Generator().manual_seed(n + c)
    X, W1, W2 = whole(rng, n, c, h, w), whole(rng, c // r, c) / 2, whole(rng, c, c // r)
    seal(f"{n} pictures of {c} channels", squeeze_excite(X, W1, W2))
### END HIDDEN TESTS

# %% [markdown]
# ## 7.7 What trains, and how fast
# *3 points · effort ●● · about 15 minutes*
#
# A network is borrowed, `body`, and gets a new last layer, `head`. `norms` are the batch normalisations in the body. Prepare it for the optimiser and give back the list of parameter groups, each a dict with the
# keys `"params"` (a list) and `"lr"`:
#
# - `"frozen"`: the body is put into evaluation mode and does not train: none of its parameters asks for a gradient. One group, the head at rate `lr`.
# - `"fine-tuned"`: everything trains. Two groups: the body at `lr / 10`, then the head at `lr`.
#
# The head is in training mode in both cases, and the batch normalisations in evaluation mode.
#
# <details><summary>Hint</summary>
#
# `module.requires_grad_(False)`, `module.train()` and `module.eval()` act on everything inside a module. So for fine-tuning put the body into training mode first, and its batch normalisations back afterwards.
#
# </details>


# %% parameter_groups
def parameter_groups(
    body: nn.Module, norms: list[nn.BatchNorm2d], head: nn.Module, mode: str, lr: float
) -> list[dict]:
    """Prepare body and head for mode "frozen" or "fine-tuned"; the groups for an optimiser."""
    ### BEGIN SOLUTION
    trains = mode == "fine-tuned"
    body.requires_grad_(trains).train(trains)
    head.requires_grad_(True).train()
    for norm in norms:
        norm.eval()
    groups = [{"params": list(body.parameters()), "lr": lr / 10}] if trains else []
    return [*groups, {"params": list(head.parameters()), "lr": lr}]
    ### END SOLUTION


# %% test_parameter_groups points=3
def prepared(mode: str) -> dict:
    """What `parameter_groups` makes of a small network."""
    body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5))
    head = nn.Linear(2, 3)
    groups = parameter_groups(body, [body[1]], head, mode, 0.5)
    return {
        "rates": [group["lr"] for group in groups],
        "sizes": [sum(p.numel() for p in group["params"]) for group in groups],
        "body asks for gradients": [p.requires_grad for p in body.parameters()],
        "norm, dropout, head in training mode": [
            body[1].training,
            body[2].training,
            head.training,
        ],
    }


frozen = {
    "rates": [0.5],
    "sizes": [9],
    "body asks for gradients": [False] * 4,
    "norm, dropout, head in training mode": [False, False, True],
}
tuned = {
    "rates": [0.05, 0.5],
    "sizes": [24, 9],
    "body asks for gradients": [True] * 4,
    "norm, dropout, head in training mode": [False, True, True],
}
modes = "norm, dropout, head in training mode"
slips = {
    "The parameters of the body still ask for gradients.": {**frozen, "body asks for gradients": [True] * 4},
    "The body is frozen but still in training mode: its statistics would move.": {**frozen, modes: [True] * 3},
}  # fmt: skip
check.close("frozen", prepared("frozen"), frozen, slips=slips)
slips = {
    "The body learns as fast as the head; what it knows would be lost.": {**tuned, "rates": [0.5, 0.5]},
    "The batch normalisation trains; it should keep its statistics.": {**tuned, modes: [True] * 3},
    "The rates are exchanged: the new head is the one that has to hurry.": {**tuned, "rates": [0.5, 0.05]},
}  # fmt: skip
check.close("fine-tuned", prepared("fine-tuned"), tuned, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

found = []
for mode in ("frozen", "fine-tuned"):
    inner = nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3))
    body, head = nn.Sequential(inner, nn.Dropout(0.5)), nn.Linear(3, 4)
    body.requires_grad_(mode == "frozen").train(
        mode == "frozen"
    )  # the opposite of what is wanted
    head.eval()
    groups = parameter_groups(body, [inner[1]], head, mode, 0.25)
    sizes = [[p.numel() for p in group["params"]] for group in groups]
    asks = [p.requires_grad for p in [*body.parameters(), *head.parameters()]]
    training = [inner[1].training, body[1].training, head.training]
    found.append([sizes, [group["lr"] for group in groups], asks, training])
seal("both modes", found)
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
