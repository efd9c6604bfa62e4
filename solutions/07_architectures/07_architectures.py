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
# Eight exercises, 20 points, to [chapter 7](../../chapters/07_architectures.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many mistakes, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# `F.conv2d`, `F.max_pool2d` and matrix products are allowed unless a task says otherwise. Everything is in float64, and weights come as tensors.

# %% setup
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check


def normal(rng: torch.Generator, *size: int) -> Tensor:
    """Normal random numbers in float64."""
    return torch.randn(size, generator=rng, dtype=torch.float64)


# %% [markdown]
# ## 7.1 The cost of a depthwise separable convolution
# *Derive · 2 points · effort ● · about 10 minutes*
#
# A depthwise separable convolution is one $k \times k$ kernel for each input channel, followed by a 1×1 convolution. Work out and write as code:
#
# 1. its parameters, **with the biases of both** convolutions;
# 2. the ratio of its *weights*, without any biases, to the weights of an ordinary $k \times k$ convolution.
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
separable = nn.Sequential(nn.Conv2d(7, 7, 5, groups=7), nn.Conv2d(7, 12, 1))
count = sum(p.numel() for p in separable.parameters())
weights = sum(layer.weight.numel() for layer in separable)
ratio = weights / nn.Conv2d(7, 12, 5).weight.numel()
check.close("(parameters, ratio)", lambda: separable_cost(7, 12, 5), (count, ratio))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

more = int(torch.randint(2, 40, ()))
seal("more channels out", list(separable_cost(9 + more, 32 + 2 * more, 5)))
seal("fewer channels out", list(separable_cost(64 + more, 16, 3)))
seal("one of each", list(separable_cost(1, 1, 1)))
seal("many out", list(separable_cost(5, 100 + more, 7)))
### END HIDDEN TESTS

# %% [markdown]
# ## 7.2 The parameter table of a residual network
# *Predict · 2 points · effort ●● · about 15 minutes*
#
# A residual network for colour pictures of 32×32 pixels has these parts:
#
# | | part | biases |
# |---|---|---|
# | A | 3×3 convolution, 3 to 24 channels | no |
# | B | batch normalisation of 24 channels | |
# | C | residual block, 24 to 24 channels, with an identity shortcut: two 3×3 convolutions, a batch normalisation behind each | no |
# | D | residual block, 24 to 40 channels, stride 2, with a projection shortcut: as C, and the projection has no batch normalisation | no |
# | E | global average pooling | |
# | F | dense layer, 40 to 10 | yes |
#
# Predict the number of **trainable** parameters of each part, with pencil and paper. Let the function give a list of six numbers, in this order. Whether they are right is only judged after handing in.
#
# <details><summary>Hint</summary>
#
# A batch normalisation has two trainable parameters for each channel. The projection of D is a 1×1 convolution on the input of the block. Sizes of pictures and strides do not matter.
#
# </details>


# %% block_table
def block_table() -> list[int]:
    """The numbers of trainable parameters of the parts A to F."""
    ### BEGIN SOLUTION
    return [648, 48, 10464, 24160, 0, 410]
    ### END SOLUTION


# %% test_block_table points=2
check.predicted("parameters of A to F", lambda: block_table(), count=6)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

table = torch.tensor([float(n) for n in block_table()])
seal("parameters of A to F", table, rule=close(rtol=0.0, atol=0.5))
### END HIDDEN TESTS

# %% [markdown]
# ## 7.3 An inception module with three branches
# *Write · 3 points · effort ●● · about 15 minutes*
#
# Three branches on the same input: a 1×1 convolution; a 1×1 reduction with a ReLU, followed by a 3×3 convolution with zero padding; and a 3×3 max pooling with stride 1 that keeps the size. Concatenate their feature maps
# in this order, and apply a ReLU to the result:
#
# $$ Y = \operatorname{relu}\big[\, C_1(X),\;\; C_3(\operatorname{relu}(R_3(X))),\;\; \operatorname{pool}(X) \,\big] $$
#
# No convolution has a bias.
#
# <details><summary>Hint</summary>
#
# `torch.cat` takes a list and an axis: which axis of $(n, c, h, w)$ holds the channels? `F.max_pool2d` has a `padding` too.
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


# %% test_inception points=3
rng = torch.Generator().manual_seed(73)
X, C1 = normal(rng, 2, 4, 5, 7), normal(rng, 6, 4, 1, 1)
R3, C3 = normal(rng, 8, 4, 1, 1), normal(rng, 9, 8, 3, 3)
reduced = torch.einsum("rcij, nchw -> nrhw", R3, X).clamp(min=0)
Y = torch.empty(2, 19, 5, 7).double()
Y[:, :6] = torch.einsum("acij, nchw -> nahw", C1, X)
Y[:, 6:15] = (C3.flatten(1) @ F.unfold(reduced, 3, padding=1)).view(2, 9, 5, 7)
Y[:, 15:] = F.pad(X, [1] * 4).unfold(2, 3, 1).unfold(3, 3, 1).amax(dim=(4, 5))
check.close("Y", lambda: inception(X, C1, R3, C3), Y.clamp(min=0))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

for n, c, h, w, a, r, b in (
    (2, 4, 6, 5, 3, 7, 8),
    (3, 2, 5, 9, 4, 6, 1),
    (1, 1, 1, 1, 1, 1, 1),
):
    rng = torch.default_generator  # the grader seeds it anew for each batch
    X, C1 = 3 * normal(rng, n, c, h, w), normal(rng, a, c, 1, 1)
    R3, C3 = normal(rng, r, c, 1, 1), normal(rng, b, r, 3, 3)
    seal(
        f"{n} pictures of {c} channels, and the inputs afterwards",
        [inception(X, C1, R3, C3), X, C1, R3, C3],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 7.4 A residual block that nearly works
# *Find the bug · 3 points · effort ●● · about 15 minutes*
#
# The next cell is meant to compute
#
# $$ Y = \operatorname{relu}\big(S(X) + f(X)\big), \qquad f(X) = W_2 * \operatorname{relu}(W_1 * X) . \tag{7.4} $$
#
# Both convolutions are 3×3 with padding 1 and without biases; the first has the stride. The shortcut $S$ is the identity if `P` is `None`, and otherwise the 1×1 convolution with the weights `P` and the same stride.
# All shapes are right, and there are two faults. Write the function without them.
#
# <details><summary>Hint</summary>
#
# Where does each ReLU stand? And to which pixels of $X$ does the projection belong, if the stride is 2?
#
# </details>


# %%
def faulty_residual(
    X: Tensor, W1: Tensor, W2: Tensor, P: Tensor | None = None, stride: int = 1
) -> Tensor:
    """A residual block with two faults."""
    inner = F.conv2d(X, W1, stride=stride, padding=1)
    change = F.conv2d(inner, W2, padding=1).relu()
    height, width = change.shape[2:]
    kept = X if P is None else F.conv2d(X, P)[:, :, :height, :width]
    return (kept + change).relu()


# %% one_convolution
def merged(X: Tensor, W1: Tensor, W2: Tensor, P: Tensor, stride: int = 1) -> Tensor:
    """For the check: the block, with its shortcut as a part of the second convolution."""
    inner = F.conv2d(X, W1, None, stride, 1).relu()
    both = torch.cat([inner, X[:, :, ::stride, ::stride]], dim=1)
    return F.conv2d(both, torch.cat([W2, F.pad(P, [1] * 4)], dim=1), padding=1).relu()


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
rng, I = torch.Generator().manual_seed(74), torch.eye(3).double()[:, :, None, None]
X, P, V = normal(rng, 2, 3, 5, 8), normal(rng, 3, 3, 1, 1), normal(rng, 4, 3, 1, 1)
W1, W2 = normal(rng, 3, 3, 3, 3), normal(rng, 3, 3, 3, 3)
V1, V2 = normal(rng, 4, 3, 3, 3), normal(rng, 4, 4, 3, 3)
check.close(
    "identity; P; P and stride 2",
    lambda: [residual(X, W1, W2), residual(X, W1, W2, P), residual(X, W1, W2, P, stride=2)],
    [merged(X, W1, W2, I), merged(X, W1, W2, P), merged(X, W1, W2, P, 2)],
)
check.close(
    "3 to 4 channels, stride 3", lambda: residual(X, V1, V2, V, 3), merged(X, V1, V2, V, 3)
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
X, P = normal(rng, 3, 4, 7, 6), normal(rng, 4, 4, 1, 1)
W1, W2 = normal(rng, 4, 4, 3, 3), normal(rng, 4, 4, 3, 3)
both = [residual(X, W1, W2), residual(X, W1, W2, P), residual(X, W1, W2, P, stride=2)]
seal("identity, P, and P with stride 2; the inputs afterwards", [*both, X, W1, W2, P])
for n, c, o, h, w, stride in ((2, 1, 4, 6, 7, 2), (1, 4, 2, 3, 5, 3), (2, 3, 5, 4, 6, 1)):
    X, W1, W2 = normal(rng, n, c, h, w), normal(rng, o, c, 3, 3), normal(rng, o, o, 3, 3)
    seal(
        f"{c} to {o} channels, stride {stride}",
        residual(X, W1, W2, normal(rng, o, c, 1, 1), stride),
    )
X, W1, W2 = normal(rng, 1, 1, 1, 1), normal(rng, 1, 1, 3, 3), normal(rng, 1, 1, 3, 3)
seal("one pixel", residual(X, W1, W2))
### END HIDDEN TESTS

# %% [markdown]
# ## 7.5 A depthwise convolution
# *Write · 3 points · effort ●● · about 20 minutes*
#
# The chapter left the depthwise convolution to `F.conv2d`. Write it without any of torch's convolutions, with a stride $s$ in both directions and without padding:
#
# $$ Y_{n,c,i,j} = \sum_{u,v} D_{c,u,v}\; X_{n,c,\,is+u,\,js+v} $$
#
# The kernels may have unequal sides, and the stride need not divide the size.
#
# <details><summary>Hint</summary>
#
# Either loop over the entries $(u, v)$ of a kernel and add up shifted and strided copies of $X$, or look up `X.unfold(2, k, s)`.
#
# </details>


# %% depthwise
def depthwise(X: Tensor, D: Tensor, stride: int = 1) -> Tensor:
    """One kernel for each channel.   X: (n, c, h, w), D: (c, k, l) -> (n, c, h', w')"""
    ### BEGIN SOLUTION
    k, l = D.shape[1:]
    windows = X.unfold(2, k, stride).unfold(3, l, stride)  # (n, c, h', w', k, l)
    return (windows * D[:, None, None]).sum(dim=(4, 5))
    ### END SOLUTION


# %% test_depthwise points=3
rng = torch.Generator().manual_seed(75)
X, D = normal(rng, 2, 5, 9, 7), normal(rng, 5, 3, 2)
check.close("stride 1", lambda: depthwise(X, D), F.conv2d(X, D[:, None], groups=5))
strided = F.conv2d(X, D[:, None], groups=5, stride=3)
check.close("stride 3", lambda: depthwise(X, D, 3), strided)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "autograd")
rng = torch.default_generator
for n, c, h, w, k, l, stride in (
    (3, 4, 8, 10, 2, 5, 2),
    (2, 3, 6, 9, 4, 3, 1),
    (1, 1, 1, 1, 1, 1, 1),
    (4, 2, 5, 11, 1, 4, 3),
):
    X, D = normal(rng, n, c, h, w), normal(rng, c, k, l)
    seal(
        f"{c} kernels of {k} x {l}, stride {stride}, and the inputs afterwards",
        [depthwise(X, D, stride), X, D],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 7.6 Gates that depend on the batch
# *Find the bug · 2 points · effort ●● · about 10 minutes*
#
# The next cell is meant to be a squeeze-and-excitation without biases, for a batch:
#
# $$ s_c = \frac{1}{hw}\sum_{i,j} X_{c,i,j}, \qquad \mathbf g = \sigma\big(W_2 \operatorname{relu}(W_1 \mathbf s)\big), \qquad Y_{c,i,j} = g_c\, X_{c,i,j} \tag{7.8} $$
#
# Its result for an input changes with the other inputs of the batch, and that is not its only fault. Write the function without the two faults.
#
# <details><summary>Hint</summary>
#
# Over which axes is the mean of one feature map of one input? And in which range can the gates lie?
#
# </details>


# %%
def faulty_squeeze_excite(X: Tensor, W1: Tensor, W2: Tensor) -> Tensor:
    """A squeeze-and-excitation with two faults."""
    s = X.mean(dim=(0, 2, 3))
    g = ((s @ W1.T).relu() @ W2.T).relu().sigmoid()
    return X * g[None, :, None, None]


# %% squeeze_excite
def squeeze_excite(X: Tensor, W1: Tensor, W2: Tensor) -> Tensor:
    """X: (n, c, h, w), W1: (c/r, c), W2: (c, c/r) -> (n, c, h, w)"""
    ### BEGIN SOLUTION
    gates = ((X.mean(dim=(2, 3)) @ W1.T).relu() @ W2.T).sigmoid()
    return X * gates[:, :, None, None]
    ### END SOLUTION


# %% test_squeeze_excite points=2
rng = torch.Generator().manual_seed(76)
X, W1, W2 = 3 * normal(rng, 3, 8, 5, 6), normal(rng, 4, 8), normal(rng, 8, 4)
hidden = F.conv2d(F.adaptive_avg_pool2d(X, 1), W1[:, :, None, None]).relu()
gates = F.conv2d(hidden, W2[:, :, None, None]).sigmoid()
check.close("X behind its gates", lambda: squeeze_excite(X, W1, W2), X * gates)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
for n, c, m, h, w in ((5, 9, 4, 3, 7), (1, 2, 1, 1, 1), (2, 6, 3, 2, 4)):
    X, W1, W2 = 3 * normal(rng, n, c, h, w), normal(rng, m, c), normal(rng, c, m)
    seal(
        f"{n} pictures of {c} channels, and the inputs afterwards",
        [squeeze_excite(X, W1, W2), X, W1, W2],
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 7.7 Parameter groups for frozen features and for fine-tuning
# *Write · 3 points · effort ●● · about 20 minutes*
#
# A pre-trained network, `body`, gets a new last layer, `head`. `norms` are the batch normalisations in the body. Prepare both for the optimiser and give back the list of parameter groups, each a dict with the
# keys `"params"` (a list) and `"lr"`:
#
# - `"frozen"`: the body is put into evaluation mode and is not trained: none of its parameters requires a gradient. One group, the head at rate `lr`.
# - `"fine-tuned"`: everything is trained. Two groups: the body at `lr / 10`, then the head at `lr`.
#
# The head is in training mode in both cases, and the batch normalisations in evaluation mode. The body may come in any state, frozen or not, and body and head in training or evaluation mode.
#
# <details><summary>Hint</summary>
#
# `module.requires_grad_(False)`, `module.train()` and `module.eval()` act on everything inside a module. So for fine-tuning put the body into training mode first, and its batch normalisations back afterwards.
#
# </details>


# %% small_network
def prepared(prepare: Callable[..., list[dict]], mode: str) -> dict[str, object]:
    """For the check: what `prepare` makes of a small network that starts in another state."""
    stem = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    body = nn.Sequential(
        stem, nn.Conv2d(2, 4, 1, bias=False), nn.Dropout(0.5), nn.BatchNorm2d(4)
    )
    head = nn.Linear(4, 3)
    body.requires_grad_(mode == "frozen").train(mode == "frozen")
    head.eval()
    groups = prepare(body, [stem[1], body[3]], head, mode, 0.4)
    owner = dict.fromkeys(body.parameters(), "body") | dict.fromkeys(
        head.parameters(), "head"
    )
    parts = {
        "body": body,
        "dropout": body[2],
        "norm 1": stem[1],
        "norm 2": body[3],
        "head": head,
    }
    return {
        "rates": [group["lr"] for group in groups],
        "lists": [isinstance(group["params"], list) for group in groups],
        "parameters": [[owner.get(p) for p in group["params"]] for group in groups],
        "gradients": [
            [p.requires_grad for p in part.parameters()] for part in (body, head)
        ],
        "in training mode": [name for name, part in parts.items() if part.training],
    }


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
frozen = {"rates": [0.4], "lists": [True], "parameters": [["head"] * 2]}
frozen |= {"gradients": [[False] * 7, [True] * 2], "in training mode": ["head"]}
tuned = {"rates": [0.04, 0.4], "lists": [True, True]}
tuned |= {"parameters": [["body"] * 7, ["head"] * 2], "gradients": [[True] * 7, [True] * 2]}
tuned |= {"in training mode": ["body", "dropout", "head"]}
expected = {"frozen": frozen, "fine-tuned": tuned}
check.close(
    "both modes", lambda: {m: prepared(parameter_groups, m) for m in expected}, expected
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

found, rate = [], 0.1 + torch.rand(()).item()
for mode in ("frozen", "fine-tuned"):
    inner = nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3))
    body, head = nn.Sequential(nn.BatchNorm2d(2), inner, nn.Dropout(0.5)), nn.Linear(3, 4)
    body.requires_grad_(mode == "frozen").train(
        mode == "frozen"
    )  # the opposite of what is wanted
    head.eval()
    groups = parameter_groups(body, [body[0], inner[1]], head, mode, rate)
    owner = dict.fromkeys(body.parameters(), "body") | dict.fromkeys(
        head.parameters(), "head"
    )
    lists = [isinstance(group["params"], list) for group in groups]
    owners = [[owner.get(p) for p in group["params"]] for group in groups]
    asks = [p.requires_grad for p in [*body.parameters(), *head.parameters()]]
    training = [
        part.training for part in (body, body[0], inner[0], inner[1], body[2], head)
    ]
    found.append([lists, owners, [group["lr"] for group in groups], asks, training])
seal("both modes", found)
### END HIDDEN TESTS

# %% [markdown]
# ## 7.8 A classifier on frozen features
# *Go beyond · 2 points · effort ●●● · about 25 minutes*
#
# You get frozen features of a few labelled examples, and features of unseen ones. Predict the labels of the unseen ones, by any method that you write yourself: nearest neighbours, nearest class means, a trained last layer ...
# **At least 75 %** must be right, here and on fresh data after handing in.
#
# - Some features have numbers a thousand times as large as others, and large ones tell no more about the class than small ones.
# - A feature may be 0 for all examples and all unseen ones.
# - The labels are whole numbers, which need not begin at 0 nor follow one another.
#
# <details><summary>Hint</summary>
#
# Bring all features to the same scale first, with the standard deviation over the examples. What happens to a feature whose standard deviation is 0?
#
# </details>


# %% frozen_features
def features(rng: torch.Generator, labels: Tensor, means: Tensor, scales: Tensor) -> Tensor:
    """For the check: noisy features of examples with these labels, one of them always 0."""
    classes = labels.unique()
    X = means[torch.searchsorted(classes, labels)]
    X = X + 1.5 * normal(rng, *X.shape) + 3
    X[:, 2] = 0
    return X * scales


def form(predictions: Tensor) -> list[object]:
    """For the check: shape and dtype."""
    return [tuple(predictions.shape), str(predictions.dtype)]


# %% classify
def classify(examples: Tensor, labels: Tensor, unseen: Tensor) -> Tensor:
    """Predicted labels.   examples: (n, d), labels: (n,) int64, unseen: (m, d) -> (m,) int64"""
    ### BEGIN SOLUTION
    spread = examples.std(dim=0)
    scale = torch.where(spread > 0, spread, torch.ones_like(spread))
    classes = labels.unique()
    means = torch.stack([examples[labels == c].mean(dim=0) for c in classes])
    return classes[torch.cdist(unseen / scale, means / scale).argmin(dim=1)]
    ### END SOLUTION


# %% test_classify points=2
rng = torch.Generator().manual_seed(78)
means, scales = normal(rng, 7, 60), 10 ** normal(rng, 60)
labels = torch.tensor([42, 43, 45, 48, 49, 54, 60]).repeat_interleave(5)
true = labels.repeat(6)
examples, unseen = (features(rng, y, means, scales) for y in (labels, true))
check.close(
    "shape and dtype",
    lambda: form(classify(examples, labels, unseen)),
    [(210,), "torch.int64"],
)
check.close(
    "share missing to 75 %",
    lambda: (0.75 - (classify(examples, labels, unseen) == true).double().mean()).clamp(
        min=0
    ),
    torch.zeros(()).double(),
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import agree, seal

rng = torch.default_generator
names = torch.tensor([4, 7, 8, 11, 15, 16, 30])
means, scales = normal(rng, 7, 60), 10 ** normal(rng, 60)
labels = names.repeat(5)
order = torch.randint(7, (280,), generator=rng)
drawn = []
for rows in (torch.arange(7).repeat(5), order):
    X = means[rows] + 1.5 * normal(rng, len(rows), 60) + 3
    X[:, 4] = 0
    drawn.append(X * scales)
examples, unseen = drawn
seal("fresh data", classify(examples, labels, unseen), rule=agree(0.75, names[order]))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done. Then press *Hand in* above the notebook: it saves your work, says how each answer stands, and makes the file to upload. (On a JupyterHub, submit it in *Nbgrader → Assignment List*.)
