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
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many slips, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
#
# `F.conv2d`, `F.max_pool2d` and matrix products are your bricks here. Everything is in float64, and weights come as tensors, so that you see what is done with them.

# %% setup
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check


def normal(rng: torch.Generator, *size: int) -> Tensor:
    """Normal random numbers in float64."""
    return torch.randn(size, generator=rng, dtype=torch.float64)


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
separable = nn.Sequential(nn.Conv2d(7, 7, 5, groups=7), nn.Conv2d(7, 12, 1))
count = sum(p.numel() for p in separable.parameters())
weights = sum(layer.weight.numel() for layer in separable)
ratio = weights / nn.Conv2d(7, 12, 5).weight.numel()
check.close("(parameters, ratio)", lambda: separable_cost(7, 12, 5), (count, ratio))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

for c_in, c_out, k in ((11, 32, 5), (64, 16, 3), (1, 1, 1), (5, 100, 7)):
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
stack = nn.Sequential(*[nn.Conv2d(10, 10, 3, bias=False) for _ in range(8)])
weights, single = sum(layer.weight.numel() for layer in stack), nn.Conv2d(10, 10, 17).weight
check.close(
    "10 channels, k = 17", lambda: small_or_large(10, 17), (8, weights, single.numel())
)
texts = ["1", "81", "81"]  # all three are whole numbers, as what is counted is
check.close("k = 3, printed", lambda: [str(n) for n in small_or_large(3, 3)], texts)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import exact, seal

others = [(64, 19), (16, 5), (1, 3), (3, 11)]
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
def merged(X: Tensor, W1: Tensor, W2: Tensor, P: Tensor, stride: int = 1) -> Tensor:
    """The block, with its shortcut as a part of the second convolution."""
    both = torch.cat(
        [F.conv2d(X, W1, None, stride, 1).relu(), X[:, :, ::stride, ::stride]], dim=1
    )
    return F.conv2d(both, torch.cat([W2, F.pad(P, [1] * 4)], dim=1), padding=1).relu()


rng = torch.Generator().manual_seed(74)
X, P = normal(rng, 2, 3, 5, 8), normal(rng, 3, 3, 1, 1)
W1, W2 = normal(rng, 3, 3, 3, 3), normal(rng, 3, 3, 3, 3)
same = torch.eye(3).double()[:, :, None, None]
expected = [merged(X, W1, W2, same), merged(X, W1, W2, P), merged(X, W1, W2, P, 2)]
check.close(
    "identity; P; P and stride 2",
    lambda: [residual(X, W1, W2), residual(X, W1, W2, P), residual(X, W1, W2, P, stride=2)],
    expected,
)
W1, W2, P = normal(rng, 4, 3, 3, 3), normal(rng, 4, 4, 3, 3), normal(rng, 4, 3, 1, 1)
check.close(
    "3 to 4 channels, stride 3", lambda: residual(X, W1, W2, P, 3), merged(X, W1, W2, P, 3)
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
rng = torch.Generator().manual_seed(75)
X, W, b = normal(rng, 3, 4, 5, 7), normal(rng, 6, 4), normal(rng, 6)
check.close("Y", lambda: pixelwise(X, W, b), F.conv2d(X, W[:, :, None, None], b))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("conv2d", "autograd")
rng = torch.default_generator
for n, c, o, h, w in ((4, 3, 5, 2, 6), (2, 4, 4, 3, 5), (1, 1, 1, 1, 1), (3, 5, 2, 1, 7)):
    X, W, b = normal(rng, n, c, h, w), normal(rng, o, c), normal(rng, o)
    seal(
        f"{c} to {o} channels, {h} x {w} pixels, and the inputs afterwards",
        [pixelwise(X, W, b), X, W, b],
    )
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
# ## 7.7 What trains, and how fast
# *3 points · effort ●● · about 15 minutes*
#
# A network is borrowed, `body`, and gets a new last layer, `head`. `norms` are the batch normalisations in the body. Prepare it for the optimiser and give back the list of parameter groups, each a dict with the
# keys `"params"` (a list) and `"lr"`:
#
# - `"frozen"`: the body is put into evaluation mode and does not train: none of its parameters asks for a gradient. One group, the head at rate `lr`.
# - `"fine-tuned"`: everything trains. Two groups: the body at `lr / 10`, then the head at `lr`.
#
# The head is in training mode in both cases, and the batch normalisations in evaluation mode. The body may come in any state, frozen or not, and body and head in training or evaluation mode.
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
def prepared(mode: str) -> dict[str, object]:
    """What `parameter_groups` makes of a small network that starts in another state."""
    stem = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    body = nn.Sequential(
        stem, nn.Conv2d(2, 4, 1, bias=False), nn.Dropout(0.5), nn.BatchNorm2d(4)
    )
    head = nn.Linear(4, 3)
    body.requires_grad_(mode == "frozen").train(mode == "frozen")
    head.eval()
    groups = parameter_groups(body, [stem[1], body[3]], head, mode, 0.4)
    owner = dict.fromkeys(body.parameters(), "body") | dict.fromkeys(
        head.parameters(), "head"
    )
    return {
        "rates": [group["lr"] for group in groups],
        "lists": [isinstance(group["params"], list) for group in groups],
        "parameters": [[owner.get(p) for p in group["params"]] for group in groups],
        "gradients": [
            [p.requires_grad for p in part.parameters()] for part in (body, head)
        ],
        "training": {
            "body": body.training,
            "dropout": body[2].training,
            "norms": [stem[1].training, body[3].training],
            "head": head.training,
        },
    }


frozen = {
    "rates": [0.4],
    "lists": [True],
    "parameters": [["head"] * 2],
    "gradients": [[False] * 7, [True] * 2],
    "training": {"body": False, "dropout": False, "norms": [False, False], "head": True},
}
tuned = {
    "rates": [0.04, 0.4],
    "lists": [True, True],
    "parameters": [["body"] * 7, ["head"] * 2],
    "gradients": [[True] * 7, [True] * 2],
    "training": {"body": True, "dropout": True, "norms": [False, False], "head": True},
}
check.close(
    "both modes",
    lambda: {mode: prepared(mode) for mode in ("frozen", "fine-tuned")},
    {"frozen": frozen, "fine-tuned": tuned},
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

found = []
for mode in ("frozen", "fine-tuned"):
    inner = nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3))
    body, head = nn.Sequential(nn.BatchNorm2d(2), inner, nn.Dropout(0.5)), nn.Linear(3, 4)
    body.requires_grad_(mode == "frozen").train(
        mode == "frozen"
    )  # the opposite of what is wanted
    head.eval()
    groups = parameter_groups(body, [body[0], inner[1]], head, mode, 0.25)
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
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
