"""Planted wrong answers to the exercises of chapter 7, each with the hint that it must get."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_tools.grading.slips import slip

# -- separable_cost -------------------------------------------------------------------------------------------


@slip("separable_cost", "The biases are forgotten, all of them.")
def no_biases(c_in: int, c_out: int, k: int) -> tuple[int, float]:
    return k * k * c_in + c_in * c_out, 1 / c_out + 1 / k**2


@slip("separable_cost", "The biases of one of the two convolutions are missing.")
def last_biases_only(c_in: int, c_out: int, k: int) -> tuple[int, float]:
    return k * k * c_in + c_in * c_out + c_out, 1 / c_out + 1 / k**2


@slip("separable_cost", "The ratio is upside down; taking a layer apart makes it smaller.")
def upside_down(c_in: int, c_out: int, k: int) -> tuple[int, float]:
    return k * k * c_in + c_in + c_in * c_out + c_out, 1 / (1 / c_out + 1 / k**2)


@slip("separable_cost", "The ratio should compare the weights alone, without biases.")
def ratio_with_biases(c_in: int, c_out: int, k: int) -> tuple[int, float]:
    count = k * k * c_in + c_in + c_in * c_out + c_out
    return count, count / (c_out * (k * k * c_in + 1))


# -- small_or_large -------------------------------------------------------------------------------------------


@slip("small_or_large", "Each further 3 x 3 layer adds two pixels to the field, not three.")
def three_pixels_a_layer(channels: int, k: int) -> tuple[int, int, int]:
    return k // 3, 9 * (k // 3) * channels**2, k**2 * channels**2


@slip(
    "small_or_large",
    "The stack is one layer too deep: the first layer sees three pixels already.",
)
def one_too_deep(channels: int, k: int) -> tuple[int, int, int]:
    return (k + 1) // 2, 9 * (k + 1) // 2 * channels**2, k**2 * channels**2


@slip(
    "small_or_large",
    "A factor is missing; a kernel reaches through all channels of its input.",
)
def one_channel_only(channels: int, k: int) -> tuple[int, int, int]:
    return (k - 1) // 2, 9 * (k - 1) // 2 * channels, k**2 * channels


@slip("small_or_large", "The weights of a single layer are given; the stack has several.")
def one_layer_of_the_stack(channels: int, k: int) -> tuple[int, int, int]:
    return (k - 1) // 2, 9 * channels**2, k**2 * channels**2


# -- inception ------------------------------------------------------------------------------------------------


@slip("inception", "The ReLU behind the reduction is missing.")
def linear_reduction(X: Tensor, C1: Tensor, R3: Tensor, C3: Tensor) -> Tensor:
    three = F.conv2d(F.conv2d(X, R3), C3, padding=1)
    return torch.cat([F.conv2d(X, C1), three, F.max_pool2d(X, 3, 1, 1)], dim=1).relu()


@slip("inception", "The maps of the branches are not in the order of the formula.")
def another_order(X: Tensor, C1: Tensor, R3: Tensor, C3: Tensor) -> Tensor:
    three = F.conv2d(F.conv2d(X, R3).relu(), C3, padding=1)
    return torch.cat([three, F.conv2d(X, C1), F.max_pool2d(X, 3, 1, 1)], dim=1).relu()


@slip("inception", "The last ReLU is missing: no map should be negative.")
def no_last_relu(X: Tensor, C1: Tensor, R3: Tensor, C3: Tensor) -> Tensor:
    three = F.conv2d(F.conv2d(X, R3).relu(), C3, padding=1)
    return torch.cat([F.conv2d(X, C1), three, F.max_pool2d(X, 3, 1, 1)], dim=1)


# -- residual -------------------------------------------------------------------------------------------------


@slip("residual", "The shortcut is missing: what comes in should be added.")
def plain(
    X: Tensor, W1: Tensor, W2: Tensor, P: Tensor | None = None, stride: int = 1
) -> Tensor:
    return F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1).relu()


@slip("residual", "The last ReLU acts on F alone; it acts on the sum.")
def relu_before_the_sum(
    X: Tensor, W1: Tensor, W2: Tensor, P: Tensor | None = None, stride: int = 1
) -> Tensor:
    branch = F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)
    return (X if P is None else F.conv2d(X, P, stride=stride)) + branch.relu()


@slip("residual", "The ReLU between the two convolutions is missing.")
def linear_branch(
    X: Tensor, W1: Tensor, W2: Tensor, P: Tensor | None = None, stride: int = 1
) -> Tensor:
    branch = F.conv2d(F.conv2d(X, W1, stride=stride, padding=1), W2, padding=1)
    return ((X if P is None else F.conv2d(X, P, stride=stride)) + branch).relu()


@slip("residual", "There is no ReLU after the sum.")
def no_relu_after_the_sum(
    X: Tensor, W1: Tensor, W2: Tensor, P: Tensor | None = None, stride: int = 1
) -> Tensor:
    branch = F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)
    return (X if P is None else F.conv2d(X, P, stride=stride)) + branch


@slip("residual", "The shortcut was only cut to size; the weights P have to act on it.")
def shortcut_by_slicing(
    X: Tensor, W1: Tensor, W2: Tensor, P: Tensor | None = None, stride: int = 1
) -> Tensor:
    branch = F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)
    return (X[:, :, ::stride, ::stride] + branch).relu()


# -- pixelwise ------------------------------------------------------------------------------------------------


@slip("pixelwise", "A reshape does not exchange axes: pixels and channels are mixed up.")
def reshaped(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    n, c, h, w = X.shape
    return (X.reshape(n, h, w, c) @ W.T + b).reshape(n, len(W), h, w)


@slip("pixelwise", "The weights are transposed: a row of W belongs to an output channel.")
def weights_transposed(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return (X.permute(0, 2, 3, 1) @ W + b).permute(0, 3, 1, 2)


@slip("pixelwise", "The biases are missing.")
def without_biases(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return (X.permute(0, 2, 3, 1) @ W.T).permute(0, 3, 1, 2)


# -- squeeze_excite -------------------------------------------------------------------------------------------


@slip("squeeze_excite", "A softmax lets the channels compete; each gate opens by itself.")
def softmax_gates(X: Tensor, W1: Tensor, W2: Tensor) -> Tensor:
    gates = ((X.mean(dim=(2, 3)) @ W1.T).relu() @ W2.T).softmax(dim=1)
    return X * gates[:, :, None, None]


@slip("squeeze_excite", "The squeeze is a sum; it should be a mean.")
def summed(X: Tensor, W1: Tensor, W2: Tensor) -> Tensor:
    gates = ((X.sum(dim=(2, 3)) @ W1.T).relu() @ W2.T).sigmoid()
    return X * gates[:, :, None, None]


@slip("squeeze_excite", "The sigmoid is missing: a gate lies between 0 and 1.")
def without_sigmoid(X: Tensor, W1: Tensor, W2: Tensor) -> Tensor:
    return X * ((X.mean(dim=(2, 3)) @ W1.T).relu() @ W2.T)[:, :, None, None]


@slip(
    "squeeze_excite",
    "The squeeze takes the mean over the batch too; each picture has its own gates.",
)
def mean_over_the_batch(X: Tensor, W1: Tensor, W2: Tensor) -> Tensor:
    gates = ((X.mean(dim=(0, 2, 3))[None] @ W1.T).relu() @ W2.T).sigmoid()
    return X * gates[:, :, None, None]


# -- parameter_groups -----------------------------------------------------------------------------------------


@slip("parameter_groups", "The parameters of the body still ask for gradients.")
def frozen_in_name_only(
    body: nn.Module, norms: list[nn.BatchNorm2d], head: nn.Module, mode: str, lr: float
) -> list[dict]:
    body.requires_grad_(True).train(mode == "fine-tuned")
    for norm in norms:
        norm.eval()
    groups = (
        [{"params": list(body.parameters()), "lr": lr / 10}] if mode == "fine-tuned" else []
    )
    return [*groups, {"params": list(head.parameters()), "lr": lr}]


@slip(
    "parameter_groups",
    "The body is frozen but still in training mode: its statistics would move.",
)
def frozen_but_training(
    body: nn.Module, norms: list[nn.BatchNorm2d], head: nn.Module, mode: str, lr: float
) -> list[dict]:
    body.requires_grad_(mode == "fine-tuned").train()
    if mode == "fine-tuned":
        for norm in norms:
            norm.eval()
    groups = (
        [{"params": list(body.parameters()), "lr": lr / 10}] if mode == "fine-tuned" else []
    )
    return [*groups, {"params": list(head.parameters()), "lr": lr}]


@slip(
    "parameter_groups", "The body learns as fast as the head; what it knows would be lost."
)
def one_rate(
    body: nn.Module, norms: list[nn.BatchNorm2d], head: nn.Module, mode: str, lr: float
) -> list[dict]:
    body.requires_grad_(mode == "fine-tuned").train(mode == "fine-tuned")
    for norm in norms:
        norm.eval()
    head.train()
    groups = [{"params": list(body.parameters()), "lr": lr}] if mode == "fine-tuned" else []
    return [*groups, {"params": list(head.parameters()), "lr": lr}]


@slip("parameter_groups", "The batch normalisation trains; it should keep its statistics.")
def norm_trains(
    body: nn.Module, norms: list[nn.BatchNorm2d], head: nn.Module, mode: str, lr: float
) -> list[dict]:
    body.requires_grad_(mode == "fine-tuned").train(mode == "fine-tuned")
    groups = (
        [{"params": list(body.parameters()), "lr": lr / 10}] if mode == "fine-tuned" else []
    )
    return [*groups, {"params": list(head.parameters()), "lr": lr}]


@slip(
    "parameter_groups",
    "The rates are exchanged: the new head is the one that has to hurry.",
)
def rates_exchanged(
    body: nn.Module, norms: list[nn.BatchNorm2d], head: nn.Module, mode: str, lr: float
) -> list[dict]:
    tuned = mode == "fine-tuned"
    body.requires_grad_(tuned).train(tuned)
    for norm in norms:
        norm.eval()
    head.train()
    groups = [{"params": list(body.parameters()), "lr": lr}] if tuned else []
    return [*groups, {"params": list(head.parameters()), "lr": lr / 10 if tuned else lr}]
