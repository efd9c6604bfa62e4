"""Planted wrong answers to the exercises of chapter 2, each with the hint that it must get."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- predictions ------------------------------------------------------------------------------------------------

change(
    "predictions",
    "The first number is 1 / h_max; the limit (2.4) is 2 / h_max.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.125, -0.6, 0.235, 0.4, 0.182]",
)
change(
    "predictions",
    "The first number uses the smallest curvature; the largest one, 8, sets the limit.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[4.0, -0.6, 0.235, 0.4, 0.182]",
)
change(
    "predictions",
    "The first number uses the curvature 16; with the factor 1/2 in front of the sum the second derivative is 8.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.125, -2.2, 0.121, 0.2, 0.091]",
)
change(
    "predictions",
    "The second number has lost its sign: 1 - 0.2 · 8 is negative, so w1 changes sides in each step.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, 0.6, 0.235, 0.4, 0.182]",
)
change(
    "predictions",
    "The second number is η h; the weight is multiplied by 1 - η h.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, 1.6, 0.235, 0.4, 0.182]",
)
change(
    "predictions",
    "The second number is that of w2, whose curvature is 0.5.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, 0.9, 0.235, 0.4, 0.182]",
)
change(
    "predictions",
    "The third number is 2 / (h_max - h_min); the two are added (2.5).",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, -0.6, 0.267, 0.4, 0.182]",
)
change(
    "predictions",
    "The third number is 1 / (h_max + h_min); eq. 2.5 has a 2 above.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, -0.6, 0.118, 0.4, 0.182]",
)
change(
    "predictions",
    "The third number is half of the limit; the best rate is nearer to the limit, 2 / (h_max + h_min).",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, -0.6, 0.125, 0.4, 0.182]",
)
change(
    "predictions",
    "The fourth number is the limit of gradient descent; momentum raises it by the factor 1 + α.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, -0.6, 0.235, 0.25, 0.182]",
)
change(
    "predictions",
    "The fourth number has 1 - α where 1 + α should stand.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, -0.6, 0.235, 0.1, 0.182]",
)
change(
    "predictions",
    "The fourth and the fifth number are exchanged: Nesterov momentum has the smaller limit.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, -0.6, 0.235, 0.182, 0.4]",
)
change(
    "predictions",
    "The fifth number has 1 + α below; it is 1 + 2α.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, -0.6, 0.235, 0.4, 0.25]",
)
change(
    "predictions",
    "The fifth number is divided by 1 + 2α and not multiplied by 1 + α.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, -0.6, 0.235, 0.4, 0.114]",
)
change(
    "predictions",
    "Both numbers of momentum are for α = 0.9; it is 0.6.",
    "[0.25, -0.6, 0.235, 0.4, 0.182]",
    "[0.25, -0.6, 0.235, 0.475, 0.17]",
)


# -- batch_gradient -------------------------------------------------------------------------------------------

change(
    "batch_gradient",
    "This is a sum over the batch; a mean was asked for.",
    " / len(batch)",
    "",
)
change(
    "batch_gradient",
    "This is divided by the number of all examples; only those of the batch are summed.",
    "/ len(batch)",
    "/ len(X)",
)
change(
    "batch_gradient",
    "This is divided by the number of weights; the mean runs over the examples of the batch.",
    "/ len(batch)",
    "/ len(w)",
)
change("batch_gradient", "The derivative of the square has lost its factor 2.", "2 * ", "")
change(
    "batch_gradient",
    "This is a quarter of the gradient: the factor 2 of the derivative divides where it should multiply.",
    "2 * ",
    "0.5 * ",
)
change("batch_gradient", "The factor 2 of the derivative is there twice.", "2 * ", "4 * ")
change(
    "batch_gradient",
    "A sum over the batch, and without the factor 2 of the derivative.",
    "2 * ",
    "",
    " / len(batch)",
    "",
)
change(
    "batch_gradient",
    "The factor 2 of the derivative is missing, and the division is by the number of all examples.",
    "2 * ",
    "",
    "/ len(batch)",
    "/ len(X)",
)
change(
    "batch_gradient",
    "All examples are used; the batch names only some.",
    "X[batch] @ w - y[batch]",
    "X @ w - y",
    "X[batch].T",
    "X.T",
    "len(batch)",
    "len(X)",
)
change(
    "batch_gradient",
    "All examples are summed; the batch names only some, and by their number it is divided.",
    "X[batch] @ w - y[batch]",
    "X @ w - y",
    "X[batch].T",
    "X.T",
)
change(
    "batch_gradient", "The labels y are not taken off the predictions.", " - y[batch]", ""
)
change(
    "batch_gradient",
    "The labels y are added to the predictions; they are taken off.",
    " - y[batch]",
    " + y[batch]",
)
change(
    "batch_gradient",
    "The predictions are missing: the error is w · x - y.",
    "X[batch] @ w - y[batch]",
    "-y[batch]",
)
change(
    "batch_gradient",
    "The sign is turned round: the error is the prediction minus the label.",
    "2 * X",
    "-2 * X",
)
change(
    "batch_gradient",
    "The examples of the batch are compared with the labels of the first ones.",
    "y[batch]",
    "y[: len(batch)]",
)
change(
    "batch_gradient",
    "These are the first M examples; the batch holds the indices of those that are meant.",
    "X[batch] @ w - y[batch]",
    "X[: len(batch)] @ w - y[: len(batch)]",
    "X[batch].T",
    "X[: len(batch)].T",
)
change(
    "batch_gradient",
    "The errors of the batch are multiplied by the first examples, not by those of the batch.",
    "X[batch].T",
    "X[: len(batch)].T",
)
change(
    "batch_gradient",
    "The errors are those of the first examples, and are multiplied by those of the batch.",
    "X[batch] @ w - y[batch]",
    "X[: len(batch)] @ w - y[: len(batch)]",
)
change(
    "batch_gradient",
    "This is twice the mean error, one number; each error still has to be multiplied by its x.",
    "2 * X[batch].T @ error / len(batch)",
    "2 * error.mean()",
)
change(
    "batch_gradient",
    "These are the errors of the batch, one for each example; the gradient has one number for each weight.",
    "2 * X[batch].T @ error / len(batch)",
    "2 * error",
)
change(
    "batch_gradient",
    "This is the loss of the batch; its gradient was asked for.",
    "2 * X[batch].T @ error / len(batch)",
    "error.square().mean()",
)
change(
    "batch_gradient",
    "One gradient for each example of the batch; their mean was asked for.",
    "2 * X[batch].T @ error / len(batch)",
    "2 * X[batch] * error[:, None]",
)
change(
    "batch_gradient",
    "The gradients of the examples are not summed: each is only divided by M.",
    "2 * X[batch].T @ error / len(batch)",
    "2 * X[batch] * error[:, None] / len(batch)",
)
change(
    "batch_gradient",
    "The mean runs over the weights, so that there is one number for each example.",
    "2 * X[batch].T @ error / len(batch)",
    "(2 * X[batch] * error[:, None]).mean(1)",
)
change(
    "batch_gradient",
    "The sum runs over the weights, so that there is one number for each example.",
    "2 * X[batch].T @ error / len(batch)",
    "(2 * X[batch] * error[:, None]).sum(1)",
)
change(
    "batch_gradient",
    "The mean runs over the examples and the weights; each weight has its own.",
    "2 * X[batch].T @ error / len(batch)",
    "(2 * X[batch] * error[:, None]).mean()",
)
change(
    "batch_gradient",
    "The mean error is multiplied by the mean x; the mean of a product is another number.",
    "2 * X[batch].T @ error / len(batch)",
    "2 * X[batch].mean(0) * error.mean()",
)
change(
    "batch_gradient",
    "The error is squared; the derivative of a square has the error itself in it.",
    "@ error",
    "@ error.square()",
)
change(
    "batch_gradient",
    "Only the size of the errors is used; their sign gives the direction.",
    "@ error",
    "@ error.abs()",
)
change(
    "batch_gradient",
    "The sign of the error is used in place of the error: that is the derivative of |error|.",
    "2 * X[batch].T @ error",
    "X[batch].T @ error.sign()",
)
change(
    "batch_gradient",
    "Only the sign of the error is used; a large error counts for more than a small one.",
    "@ error",
    "@ error.sign()",
)
change(
    "batch_gradient",
    "The errors are multiplied by the weights; the derivative of w · x by w is x.",
    "2 * X[batch].T @ error / len(batch)",
    "2 * error.mean() * w",
)
change(
    "batch_gradient",
    "The inputs are squared; x comes into the gradient once.",
    "X[batch].T @",
    "X[batch].square().T @",
)
change(
    "batch_gradient",
    "The errors are multiplied by the predictions w · x; the derivative of w · x by w is x.",
    "2 * X[batch].T @ error / len(batch)",
    "(2 * error * (X[batch] @ w)).mean()",
)
change(
    "batch_gradient",
    "The factors w · x - y are missing: this is twice the mean of the examples.",
    "2 * X[batch].T @ error / len(batch)",
    "2 * X[batch].mean(0)",
)
change(
    "batch_gradient",
    "An example that the batch holds twice counts only once here.",
    "    error",
    "    batch = batch.unique()\n    error",
)
change(
    "batch_gradient",
    "An example that the batch holds twice is summed only once here.",
    "X[batch] @ w - y[batch]",
    "X[batch.unique()] @ w - y[batch.unique()]",
    "X[batch].T",
    "X[batch.unique()].T",
)
change(
    "batch_gradient",
    "The last example of the batch is left out.",
    "    error",
    "    batch = batch[:-1]\n    error",
)
change(
    "batch_gradient",
    "The last example of the batch is not summed, but counted.",
    "X[batch] @ w - y[batch]",
    "X[batch[:-1]] @ w - y[batch[:-1]]",
    "X[batch].T",
    "X[batch[:-1]].T",
)
change(
    "batch_gradient",
    "The first example of the batch is left out.",
    "    error",
    "    batch = batch[1:]\n    error",
)
change(
    "batch_gradient",
    "This is divided by M - 1; a mean of M gradients is divided by M.",
    "/ len(batch)",
    "/ (len(batch) - 1)",
)
change("batch_gradient", "This is divided by M twice.", "/ len(batch)", "/ len(batch) ** 2")
change(
    "batch_gradient",
    "The divisor is the number of entries, examples times weights; the mean is over the examples.",
    "/ len(batch)",
    "/ X[batch].numel()",
)


@slip(
    "batch_gradient",
    "Only the last example of the batch is left, undivided: each overwrites the one before.",
)
def overwrites(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    total = torch.zeros_like(w)
    for i in batch:
        total = 2 * (w @ X[i] - y[i]) * X[i]
    return total


@slip(
    "batch_gradient",
    "Only the last example of the batch is in it: each overwrites the one before.",
)
def overwrites_then_divides(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    total = torch.zeros_like(w)
    for i in batch:
        total = 2 * (w @ X[i] - y[i]) * X[i]
    return total / len(batch)


@slip(
    "batch_gradient",
    "Only the first example of the batch is in it: the others are never reached.",
)
def returns_in_the_loop(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    total = torch.zeros_like(w)
    for i in batch:
        total += 2 * (w @ X[i] - y[i]) * X[i]
        return total / len(batch)
    return total


@slip("batch_gradient", "Only the first example of the batch is in it.")
def first_example(w: Tensor, X: Tensor, y: Tensor, batch: Tensor) -> Tensor:
    i = batch[0]
    return 2 * (w @ X[i] - y[i]) * X[i]


change(
    "batch_gradient",
    "A column minus a row makes a table: each prediction is compared with each label.",
    "X[batch] @ w - y[batch]",
    "X[batch] @ w[:, None] - y[batch]",
)
change(
    "batch_gradient",
    "Each prediction is compared with the labels of all; it has one of its own.",
    "- y[batch]",
    "- y[batch].mean()",
)
change(
    "batch_gradient",
    "Each prediction is compared with the first label of the batch; it has one of its own.",
    "- y[batch]",
    "- y[batch[0]]",
)
change(
    "batch_gradient",
    "The mean prediction was taken for each example; each has its own.",
    "X[batch] @ w - y",
    "(X[batch] @ w).mean() - y",
)
change(
    "batch_gradient",
    "Each index is one too low; the examples are counted from 0 already.",
    "    error",
    "    batch = batch - 1\n    error",
)
change(
    "batch_gradient",
    "These are the last M examples; the batch holds the indices of those that are meant.",
    "    error",
    "    batch = torch.arange(len(X))[-len(batch) :]\n    error",
)
change(
    "batch_gradient",
    "The labels y are not taken off the predictions, and the factor 2 of the derivative is missing.",
    "2 * ",
    "",
    " - y[batch]",
    "",
)
change(
    "batch_gradient",
    "The sign is turned round, and the factor 2 of the derivative is missing.",
    "2 * X",
    "-X",
)
change(
    "batch_gradient",
    "The sign is turned round, and this is a sum where a mean was asked for.",
    "2 * X",
    "-2 * X",
    " / len(batch)",
    "",
)
change(
    "batch_gradient",
    "The factor 2 of the derivative is there twice, and this is a sum where a mean was asked for.",
    "2 * X",
    "4 * X",
    " / len(batch)",
    "",
)
change(
    "batch_gradient",
    "This is a step downhill from w; the gradient alone was asked for.",
    "return 2",
    "return w - 2",
)
change(
    "batch_gradient",
    "The weights w were added to the gradient: that is the gradient of a penalty, which this loss does not have.",
    "return 2",
    "return w + 2",
)
change(
    "batch_gradient",
    "The errors were brought to length 1: that is the gradient of their length, not of their mean square.",
    "@ error /",
    "@ error / error.norm() /",
)
change(
    "batch_gradient",
    "The weights w are missing from the prediction: the inputs are summed as they are.",
    "X[batch] @ w - y",
    "X[batch].sum(1) - y",
)

change(
    "batch_gradient",
    "This is multiplied by M; a mean is divided by it.",
    "/ len(batch)",
    "* len(batch)",
)
change(
    "batch_gradient",
    "This is divided by the root of M; a mean is divided by M.",
    "/ len(batch)",
    "/ len(batch) ** 0.5",
)
change(
    "batch_gradient",
    "The sum of the errors is multiplied by the sum of the x; each error belongs to its own x.",
    "2 * X[batch].T @ error / len(batch)",
    "2 * X[batch].sum(0) * error.sum() / len(batch)",
)
change(
    "batch_gradient",
    "The mean error of the batch is multiplied by the mean x of all examples; each error belongs to its own x.",
    "2 * X[batch].T @ error / len(batch)",
    "2 * X.mean(0) * error.mean()",
)
change(
    "batch_gradient",
    "The errors are multiplied by the weights: that is the gradient by x; the one by w has x in it.",
    "2 * X[batch].T @ error / len(batch)",
    "2 * error[:, None] * w",
)
change(
    "batch_gradient",
    "The errors are summed and multiplied by the weights; the derivative of w · x by w is x.",
    "2 * X[batch].T @ error / len(batch)",
    "2 * error.sum() * w",
)
change(
    "batch_gradient",
    "The factors 2 (w · x - y) are missing: this is the mean of the examples.",
    "2 * X[batch].T @ error / len(batch)",
    "X[batch].mean(0)",
)
change(
    "batch_gradient",
    "The error is squared and the factor 2 is missing: the square was not differentiated.",
    "2 * X[batch].T @ error / len(batch)",
    "X[batch].T @ error.square() / len(batch)",
)
change(
    "batch_gradient",
    "This is minus twice the mean error, one number: the derivative by y; the one by w has x in it.",
    "2 * X[batch].T @ error / len(batch)",
    "-2 * error.mean()",
)
change(
    "batch_gradient",
    "The median of the examples' gradients was taken; eq. 2.8 is their mean.",
    "2 * X[batch].T @ error / len(batch)",
    "(2 * X[batch] * error[:, None]).median(0).values",
)
change(
    "batch_gradient",
    "One gradient for each example of the batch, without the factor 2; their mean was asked for.",
    "2 * X[batch].T @ error / len(batch)",
    "X[batch] * error[:, None]",
)
change(
    "batch_gradient",
    "The mean error, one number, without the factor 2; each error still has to be multiplied by its x.",
    "2 * X[batch].T @ error / len(batch)",
    "error.mean()",
)
change(
    "batch_gradient",
    "These are the errors of the batch, one for each example; the gradient has one number for each weight, and the factor 2.",
    "2 * X[batch].T @ error / len(batch)",
    "error",
)
change(
    "batch_gradient",
    "This is the summed loss of the batch; its mean gradient was asked for.",
    "2 * X[batch].T @ error / len(batch)",
    "error.square().sum()",
)
change(
    "batch_gradient",
    "The factor 2 of the derivative is missing, and this is divided by the number of weights.",
    "2 * X",
    "X",
    "/ len(batch)",
    "/ len(w)",
)
change(
    "batch_gradient",
    "The factor 2 of the derivative is missing, and all examples are used.",
    "    error",
    "    batch = torch.arange(len(X))\n    error",
    "return 2 * X",
    "return X",
)
change(
    "batch_gradient",
    "All examples are used and summed; the batch names only some, and a mean was asked for.",
    "    error",
    "    batch = torch.arange(len(X))\n    error",
    " / len(batch)",
    "",
)


equivalent(
    "batch_gradient",
    "A tensor with one axis is its own transpose.",
    "error = X[batch] @ w.T - y[batch]",
    "return 2 * X[batch].T @ error.T / len(batch)",
)


# -- gradient_variance --------------------------------------------------------------------------------------------------

change(
    "gradient_variance",
    "This is not divided by M: a mean of several examples has a smaller variance than one.",
    "s2 / M",
    "s2",
)
change(
    "gradient_variance",
    "This is divided by the square root of M: that would be right for the distance, not for its square.",
    "s2 / M",
    "s2 / M**0.5",
)
change(
    "gradient_variance",
    "This is divided by the square of M; eq. 2.9 has M itself.",
    "s2 / M",
    "s2 / M**2",
)
change(
    "gradient_variance",
    "This is multiplied by M; a larger batch has a smaller variance.",
    "s2 / M",
    "s2 * M",
)
change(
    "gradient_variance",
    "This is divided by M - 1; eq. 2.9 has M.",
    "s2 / M",
    "s2 / (M - 1)",
)
change(
    "gradient_variance",
    "This is divided by the number of all examples instead of the batch's size M.",
    "s2 / M",
    "s2 / len(gradients)",
)
change(
    "gradient_variance",
    "This is divided by n - 1, where eq. 2.9 has n.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(0).sum()",
)
change(
    "gradient_variance",
    "The squared distances are summed over the examples; s² is their mean.",
    ".sum(1).mean()",
    ".sum()",
)
change(
    "gradient_variance",
    "The squared distances are summed over the examples and divided neither by n nor by M.",
    ".sum(1).mean()",
    ".sum()",
    "s2 / M",
    "s2",
)
change(
    "gradient_variance",
    "The coordinates are averaged; a squared distance is their sum.",
    ".sum(1).mean()",
    ".mean()",
)
change(
    "gradient_variance",
    "The coordinates are averaged, and the sum over the examples is divided by n - 1.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(0).mean()",
)
change(
    "gradient_variance",
    "This is the squared length of the gradients; their mean was not taken off.",
    "gradients - gradients.mean(0)",
    "gradients",
)
change(
    "gradient_variance",
    "This is the squared length of the mean gradient; the distances from it were asked for.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.mean(0).square().sum()",
)
change(
    "gradient_variance",
    "From each gradient its own mean over the coordinates was taken off; the exact gradient is the mean over the examples.",
    "gradients - gradients.mean(0)",
    "gradients - gradients.mean(1, keepdim=True)",
)
change(
    "gradient_variance",
    "The mean of all entries was taken off; the exact gradient has a mean for each coordinate.",
    "gradients - gradients.mean(0)",
    "gradients - gradients.mean()",
)
change(
    "gradient_variance",
    "All entries are taken as one set of numbers, with one mean, divided by their number less 1.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var()",
)
change(
    "gradient_variance",
    "All entries are taken as one set of numbers with one mean; each coordinate has its own, and their squares are summed.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(correction=0)",
)
change(
    "gradient_variance",
    "The distances are averaged, and not their squares.",
    ".square().sum(1).mean()",
    ".square().sum(1).sqrt().mean()",
)
change(
    "gradient_variance",
    "The distances are averaged and then squared; square them first.",
    ".square().sum(1).mean()",
    ".square().sum(1).sqrt().mean() ** 2",
)
change(
    "gradient_variance",
    "This is the root of the mean squared distance.",
    "s2 / M * ((n - M) / (n - 1))",
    "(s2 / M * ((n - M) / (n - 1))).sqrt()",
)
change("gradient_variance", "s is used in place of s².", "s2 / M", "s2.sqrt() / M")
change("gradient_variance", "s² is squared once more.", "s2 / M", "s2**2 / M")
change(
    "gradient_variance",
    "The variance of each coordinate by itself; a squared distance sums over them.",
    ".sum(1).mean()",
    ".mean(0)",
)
change(
    "gradient_variance",
    "One number for each example; their mean was asked for.",
    ".sum(1).mean()",
    ".sum(1)",
)
change(
    "gradient_variance",
    "The differences are added over the coordinates before they are squared.",
    ".square().sum(1).mean()",
    ".sum(1).square().mean()",
)
change(
    "gradient_variance",
    "The differences are not squared; their absolute values are summed.",
    ".square().sum(1)",
    ".abs().sum(1)",
)
change(
    "gradient_variance",
    "The standard deviations of the coordinates are summed; it is the variances that add up.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.std(0, correction=0).sum()",
)
change(
    "gradient_variance",
    "The standard deviations of the coordinates are summed, with n - 1; eq. 2.9 has variances, and n.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.std(0).sum()",
)
change(
    "gradient_variance",
    "The variance runs over the coordinates of each example; it should run over the examples.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(1).mean()",
)
change(
    "gradient_variance",
    "The variance runs over the coordinates of each example, and is summed; it should run over the examples.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(1).sum()",
)
change(
    "gradient_variance",
    "Only the first M examples are looked at; the batch may be any, and the mean is over all n.",
    "    s2",
    "    gradients = gradients[:M]\n    s2",
)
change(
    "gradient_variance",
    "Only the distances of the first M examples are averaged; the mean is over all n.",
    "(gradients - gradients.mean(0))",
    "(gradients - gradients.mean(0))[:M]",
)
change(
    "gradient_variance",
    "The exact gradient is taken to be that of the first example; it is the mean of all.",
    "gradients.mean(0)",
    "gradients[0]",
)
change(
    "gradient_variance",
    "The median is used in place of the mean.",
    "gradients.mean(0)",
    "gradients.median(0).values",
)
change(
    "gradient_variance",
    "Divided by M and by n once more; the mean has divided by n already.",
    "s2 / M",
    "s2 / M / len(gradients)",
)
change(
    "gradient_variance",
    "The largest of the squared distances was taken; s² is their mean.",
    ".sum(1).mean()",
    ".sum(1).max()",
)


@slip(
    "gradient_variance",
    "gradients itself was changed; it belongs to the caller, so make a new tensor for the differences.",
)
def centres_in_place(gradients: Tensor, M: int) -> Tensor:
    n = len(gradients)
    gradients -= gradients.mean(0)
    return gradients.square().sum(1).mean() / M * ((n - M) / (n - 1))


change(
    "gradient_variance",
    "The mean was not taken off, and the squares are summed over the examples.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.square().sum()",
)
change(
    "gradient_variance",
    "The mean was not taken off, and the coordinates are averaged.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.square().mean()",
)
change(
    "gradient_variance",
    "This is not divided by M, and n - 1 is used in s² in place of n.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(0).sum()",
    "s2 / M",
    "s2",
)
change(
    "gradient_variance",
    "The sum of the gradients was taken off; the exact gradient is their mean.",
    "gradients.mean(0)",
    "gradients.sum(0)",
)
change(
    "gradient_variance",
    "The mean of the first M gradients was taken off; the exact gradient is the mean of all.",
    "gradients.mean(0)",
    "gradients[:M].mean(0)",
)
change(
    "gradient_variance",
    "This is the mean squared distance between two gradients, twice that from the exact one.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "torch.cdist(gradients, gradients).square().mean()",
)
change(
    "gradient_variance",
    "The median of the squared distances was taken; s² is their mean.",
    ".sum(1).mean()",
    ".sum(1).median()",
)
change(
    "gradient_variance",
    "The sign is turned round: a squared distance is positive.",
    "s2 / M",
    "-s2 / M",
)
change(
    "gradient_variance",
    "This is divided by the number of coordinates, and not by M.",
    ".sum(1).mean()",
    ".mean()",
    "s2 / M",
    "s2",
)

change(
    "gradient_variance",
    "The squares are averaged over the coordinates and summed over the examples; it is the other way round.",
    ".sum(1).mean()",
    ".sum(0).mean()",
)
change(
    "gradient_variance",
    "The mean is added; a distance is a difference.",
    "gradients - gradients",
    "gradients + gradients",
)
change(
    "gradient_variance",
    "This is turned upside down: M over s².",
    "s2 / M * ((n - M) / (n - 1))",
    "M / s2",
)
change(
    "gradient_variance",
    "This is the root, with n - 1: the squared distance was asked for, and eq. 2.9 has n.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(0).sum()",
    "s2 / M * ((n - M) / (n - 1))",
    "(s2 / M * ((n - M) / (n - 1))).sqrt()",
)
change(
    "gradient_variance",
    "This is divided by n - 1 and by the root of M; eq. 2.9 has n and M.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(0).sum()",
    "s2 / M",
    "s2 / M**0.5",
)
change(
    "gradient_variance",
    "The standard deviation of all entries as one set is used in place of s².",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.std()",
)
change(
    "gradient_variance",
    "This is the standard error of all entries as one set; the mean squared distance was asked for.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.std()",
    "s2 / M",
    "s2 / M**0.5",
)
change(
    "gradient_variance",
    "The absolute differences are added over the coordinates and then squared; square them first.",
    ".square().sum(1)",
    ".abs().sum(1).square()",
)
change(
    "gradient_variance",
    "This is the squared distance of one batch, the first M examples; the mean over all batches was asked for.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "(gradients[:M].mean(0) - gradients.mean(0)).square().sum()",
    "s2 / M * ((n - M) / (n - 1))",
    "s2",
)
change(
    "gradient_variance",
    "The mean was not taken off, and it is not divided by M.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.square().sum(1).mean()",
    "s2 / M",
    "s2",
)
change(
    "gradient_variance",
    "The coordinates are averaged, and it is divided by the root of M.",
    ".sum(1).mean()",
    ".mean()",
    "s2 / M",
    "s2 / M**0.5",
)
change(
    "gradient_variance",
    "The squared distance of the first example alone, divided by M; s² is the mean over all.",
    ".sum(1).mean()",
    ".sum(1)[0]",
)
change(
    "gradient_variance",
    "The squared distance of the last example alone, divided by M; s² is the mean over all.",
    ".sum(1).mean()",
    ".sum(1)[-1]",
)
change(
    "gradient_variance",
    "Only the first coordinate is in it; a squared distance sums over all.",
    ".sum(1).mean()",
    "[:, 0].mean()",
)
change(
    "gradient_variance",
    "The smallest of the squared distances was taken; s² is their mean.",
    ".sum(1).mean()",
    ".sum(1).min()",
)
change(
    "gradient_variance",
    "This is the mean length of the gradients; their mean was not taken off, and lengths are not squared.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.norm(dim=1).mean()",
)

change(
    "gradient_variance",
    "This is eq. 2.9, for independent draws; here no example may come twice.",
    "s2 / M * ((n - M) / (n - 1))",
    "s2 / M",
)
change(
    "gradient_variance",
    "The factor is 1 - M / n here: for M = 1 it should be 1.",
    "((n - M) / (n - 1))",
    "(1 - M / n)",
)
change(
    "gradient_variance",
    "The factor is turned upside down: a batch without replacement varies less.",
    "((n - M) / (n - 1))",
    "((n - 1) / (n - M))",
)
change(
    "gradient_variance",
    "The root of the factor was taken: that belongs to the standard deviation.",
    "((n - M) / (n - 1))",
    "((n - M) / (n - 1)) ** 0.5",
)
change(
    "gradient_variance",
    "The numerator is n - 1 - M; for M = n - 1 a batch still varies.",
    "((n - M)",
    "((n - M - 1)",
)
change(
    "gradient_variance",
    "The numerator is n + M; the factor must be 0 for M = n.",
    "((n - M)",
    "((n + M)",
)
change(
    "gradient_variance",
    "The denominator is n + 1; for M = 1 the factor should be 1.",
    "/ (n - 1))",
    "/ (n + 1))",
)
change(
    "gradient_variance",
    "The factor is (n - M) / n, with the root of M below s².",
    "s2 / M * ((n - M) / (n - 1))",
    "s2 / M**0.5 * ((n - M) / n)",
)
change(
    "gradient_variance",
    "The covariance of two draws was subtracted once; a batch has M (M - 1) pairs.",
    "s2 / M * ((n - M) / (n - 1))",
    "s2 / M - s2 / (n - 1) / M**2",
)
change(
    "gradient_variance",
    "The covariance of two draws was added; it is negative.",
    "s2 / M * ((n - M) / (n - 1))",
    "s2 / M + s2 * (M - 1) / M / (n - 1)",
)
change(
    "gradient_variance",
    "The covariance of two draws is -s²/(n - 1), not -s²/n.",
    "s2 / M * ((n - M) / (n - 1))",
    "s2 / M - s2 * (M - 1) / M / n",
)
change(
    "gradient_variance",
    "The factor was squared.",
    "((n - M) / (n - 1))",
    "((n - M) / (n - 1)) ** 2",
)


equivalent(
    "gradient_variance",
    "A square does not depend on the sign.",
    "s2 = (gradients.mean(0) - gradients).square().sum(1).mean()",
)
equivalent(
    "gradient_variance",
    "The mean of a column is the mean of its numbers, and a row is taken off every row.",
    "s2 = (gradients - gradients.mean(0)).square().sum(1, keepdim=True).mean()",
    "s2 = (gradients - gradients.mean(0, keepdim=True)).square().sum(1).mean()",
)


# -- largest_stable_rate ---------------------------------------------------------------------------------------------

change(
    "largest_stable_rate",
    "This is half of the largest learning rate: already at 1 over the curvature you land at the minimum.",
    "2 /",
    "1 /",
)
change(
    "largest_stable_rate",
    "This is twice the largest learning rate: the 2 above is there twice, or the Hessian has lost its factor 2.",
    "2 /",
    "4 /",
)
change(
    "largest_stable_rate",
    "The flattest direction does not set the limit.",
    ".max()",
    ".min()",
)
change(
    "largest_stable_rate",
    "This is 1 over the curvature of the flattest direction; the steepest sets the limit, and its numerator is 2.",
    "2 / ",
    "1 / ",
    ".max()",
    ".min()",
)
change(
    "largest_stable_rate",
    "This is the largest curvature; the largest learning rate is 2 over it.",
    "2 / ",
    "",
)
change(
    "largest_stable_rate",
    "This is the smallest curvature; the step comes from the largest, and is 2 over it.",
    "2 / ",
    "",
    ".max()",
    ".min()",
)
change(
    "largest_stable_rate",
    "Multiplied where it should be divided: a steeper loss needs shorter steps.",
    "2 /",
    "2 *",
)
change(
    "largest_stable_rate",
    "This is turned upside down: the curvature divided by 2.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "torch.linalg.eigvalsh(H).max().item() / 2",
)
change(
    "largest_stable_rate",
    "The diagonal holds the curvatures along the axes; the steepest direction may lie between them.",
    "torch.linalg.eigvalsh(H).max()",
    "H.diagonal().max()",
)
change(
    "largest_stable_rate",
    "This is 1 over the largest number of H, which stands on its diagonal; the steepest direction may lie between the axes, and the numerator is 2.",
    "2 / torch.linalg.eigvalsh(H).max()",
    "1 / H.diagonal().max()",
)
change(
    "largest_stable_rate",
    "The smallest number on the diagonal is no curvature of the steepest direction: that is the largest eigenvalue.",
    "torch.linalg.eigvalsh(H).max()",
    "H.diagonal().min()",
)
change(
    "largest_stable_rate",
    "This is 2 over the first number of H; the curvatures are its eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H[0, 0]",
)
change(
    "largest_stable_rate",
    "This is 2 over the last number of H; the curvatures are its eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H[-1, -1]",
)
change(
    "largest_stable_rate",
    "This is 2 over the sum of all curvatures, which is the trace; the largest alone sets the limit.",
    ".max()",
    ".sum()",
)
change(
    "largest_stable_rate",
    "This is 2 over the mean curvature; the largest alone sets the limit.",
    ".max()",
    ".mean()",
)
change(
    "largest_stable_rate",
    "This is 2 over the product of all curvatures, which is the determinant; the largest alone sets the limit.",
    ".max()",
    ".prod()",
)
change(
    "largest_stable_rate",
    "This is 2 over a curvature that is neither the largest nor the smallest.",
    ".max()",
    ".median()",
)
change(
    "largest_stable_rate",
    "This is 2 over the Frobenius norm, which holds all curvatures together; the largest alone sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "H.norm()",
)
change(
    "largest_stable_rate",
    "This is 2 over the largest sum of the absolute values in a row: a bound for the curvature, and not the curvature itself.",
    "torch.linalg.eigvalsh(H).max()",
    "H.abs().sum(1).max()",
)
change(
    "largest_stable_rate",
    "This is 2 over the largest sum of a row; the curvatures are the eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H.sum(1).max()",
)
change(
    "largest_stable_rate",
    "This is 2 over the sum of all numbers of H; the curvatures are its eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H.sum()",
)
change(
    "largest_stable_rate",
    "This is 2 over the mean of all numbers of H; the curvatures are its eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H.mean()",
)
change(
    "largest_stable_rate",
    "This is 2 over the largest length of a row; the curvatures are the eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H.norm(dim=1).max()",
)
change(
    "largest_stable_rate",
    "This is the condition number; the largest learning rate depends on the largest curvature alone.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "torch.linalg.cond(H, 2).item()",
)
change(
    "largest_stable_rate",
    "This is 2 over the condition number; the largest learning rate depends on the largest curvature alone.",
    "torch.linalg.eigvalsh(H).max()",
    "torch.linalg.cond(H, 2)",
)
change(
    "largest_stable_rate",
    "The root of the curvature was taken; the eigenvalues of H are the curvatures already.",
    "torch.linalg.eigvalsh(H).max()",
    "torch.linalg.eigvalsh(H).max().sqrt()",
)
change(
    "largest_stable_rate",
    "The curvature is squared; the step is 2 over the curvature itself.",
    "torch.linalg.eigvalsh(H).max()",
    "torch.linalg.eigvalsh(H @ H).max()",
)
change(
    "largest_stable_rate",
    "The largest and the smallest curvature are added: that is the best rate of gradient descent (eq. 2.5), not the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "(torch.linalg.eigvalsh(H).max() + torch.linalg.eigvalsh(H).min())",
)
change(
    "largest_stable_rate",
    "The smallest curvature is taken off the largest; the largest alone sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "(torch.linalg.eigvalsh(H).max() - torch.linalg.eigvalsh(H).min())",
)
change(
    "largest_stable_rate",
    "This is the best rate of the heavy ball (eq. 2.12); the limit of gradient descent was asked for.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "4 / torch.linalg.eigvalsh(H)[[0, -1]].sqrt().sum().item() ** 2",
)
change(
    "largest_stable_rate",
    "The sign is turned round: a learning rate is positive.",
    "2 /",
    "-2 /",
)

change(
    "largest_stable_rate",
    "This is the right number in a tensor; a plain number was asked for.",
    ".item()",
    "",
)
change(
    "largest_stable_rate",
    "One number for each curvature; the steepest direction sets the limit for all.",
    "eigvalsh(H).max().item()",
    "eigvalsh(H)",
)
change(
    "largest_stable_rate",
    "This is 2 over a curvature that is neither the largest nor the smallest.",
    "eigvalsh(H).max()",
    "eigvalsh(H)[-2]",
)
change(
    "largest_stable_rate",
    "This is the smallest curvature over 2: upside down, and the wrong end.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "torch.linalg.eigvalsh(H).min().item() / 2",
)
change(
    "largest_stable_rate",
    "Multiplied where it should be divided, and with the smallest curvature.",
    "2 /",
    "2 *",
    ".max()",
    ".min()",
)
change(
    "largest_stable_rate",
    "This is 1 over the sum of all curvatures, which is the trace; the step is 2 over the largest.",
    "2 /",
    "1 /",
    ".max()",
    ".sum()",
)
change(
    "largest_stable_rate",
    "This is 1 over the sum of the largest and the smallest curvature; the step is 2 over the largest.",
    "2 / torch.linalg.eigvalsh(H).max()",
    "1 / (torch.linalg.eigvalsh(H).max() + torch.linalg.eigvalsh(H).min())",
)
change(
    "largest_stable_rate",
    "This is 2 over the root of the product of the largest and the smallest curvature; the largest alone sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "(torch.linalg.eigvalsh(H).max() * torch.linalg.eigvalsh(H).min()).sqrt()",
)
change(
    "largest_stable_rate",
    "This is 2 over the product of the largest and the smallest curvature; the largest alone sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "(torch.linalg.eigvalsh(H).max() * torch.linalg.eigvalsh(H).min())",
)
change(
    "largest_stable_rate",
    "This is the largest number on the diagonal, undivided; the step is 2 over the largest eigenvalue.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "H.diagonal().max().item()",
)
change(
    "largest_stable_rate",
    "This is 1 over the Frobenius norm, which holds all curvatures together; the step is 2 over the largest.",
    "2 / torch.linalg.eigvalsh(H).max()",
    "1 / H.norm()",
)
change(
    "largest_stable_rate",
    "This is 2 over the squared Frobenius norm; the largest curvature alone sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "H.square().sum()",
)
change(
    "largest_stable_rate",
    "This is 2 over the sum of all absolute values; the curvatures are the eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H.abs().sum()",
)

change(
    "largest_stable_rate",
    "This is a quarter of the largest learning rate: the 2 is in the denominator; it belongs to the numerator.",
    "2 / ",
    "0.5 / ",
)
change(
    "largest_stable_rate",
    "The root was taken; the largest learning rate is 2 over the curvature itself.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "(2 / torch.linalg.eigvalsh(H).max()).sqrt().item()",
)
change(
    "largest_stable_rate",
    "This is 1 over the root of the largest curvature; the largest learning rate is 2 over the curvature itself.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "1 / torch.linalg.eigvalsh(H).max().sqrt().item()",
)
change(
    "largest_stable_rate",
    "This is 2 over the largest number beside the diagonal; the curvatures are the eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "(H - H.diagonal().diag()).max()",
)
change(
    "largest_stable_rate",
    "This is 2 over the smallest number of H; the curvatures are the eigenvalues, and the largest sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "H.min()",
)
change(
    "largest_stable_rate",
    "The largest learning rates of all curvatures are averaged; the steepest direction sets the limit for all.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "(2 / torch.linalg.eigvalsh(H)).mean().item()",
)
change(
    "largest_stable_rate",
    "The largest learning rates of all curvatures are added; the steepest direction sets the limit for all.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "(2 / torch.linalg.eigvalsh(H)).sum().item()",
)
change(
    "largest_stable_rate",
    "This is 1 over the mean of the diagonal, the mean curvature; the step is 2 over the largest.",
    "2 /",
    "1 /",
    ".max()",
    ".mean()",
)
change(
    "largest_stable_rate",
    "This is the mean of the largest and the smallest curvature; the step is 2 over the largest.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "(torch.linalg.eigvalsh(H)[[0, -1]].sum() / 2).item()",
)
change(
    "largest_stable_rate",
    "1 was added to the curvature; the step is 2 over the curvature itself.",
    "torch.linalg.eigvalsh(H).max()",
    "(1 + torch.linalg.eigvalsh(H).max())",
)
change(
    "largest_stable_rate",
    "This is computed from the condition number, as (κ - 1) / (κ + 1); the largest learning rate depends on the largest curvature alone.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "(lambda k: (k - 1) / (k + 1))(torch.linalg.cond(H, 2).item())",
)
change(
    "largest_stable_rate",
    "This is the inverse of the condition number; the largest learning rate depends on the largest curvature alone.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "1 / torch.linalg.cond(H, 2).item()",
)
change(
    "largest_stable_rate",
    "This is the trace; the step is 2 over the largest curvature.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "H.trace().item()",
)
change(
    "largest_stable_rate",
    "Upside down, and from the diagonal: its largest number over 2.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "H.diagonal().max().item() / 2",
)

change(
    "largest_stable_rate",
    "The Hessian is not divided by n: the loss is a mean over the examples.",
    " / len(X)",
    "",
)
change(
    "largest_stable_rate",
    "The Hessian is divided by the number of weights; the mean runs over the examples.",
    " / len(X)",
    " / X.shape[1]",
)
change(
    "largest_stable_rate",
    "The Hessian has lost its factor 2 and is not divided by n.",
    "2 * X.T @ X / len(X)",
    "X.T @ X",
)
change(
    "largest_stable_rate",
    "The mean of each column was taken off the examples; the loss uses them as they are.",
    "    H",
    "    X = X - X.mean(0)\n    H",
)
change(
    "largest_stable_rate",
    "The singular value itself is used in place of its square.",
    "2 * X.T @ X / len(X)",
    "2 * torch.linalg.svdvals(X).diag() / len(X)",
)
change(
    "largest_stable_rate",
    "The Hessian is divided by n - 1; the loss is a mean over n examples.",
    " / len(X)",
    " / (len(X) - 1)",
)
change(
    "largest_stable_rate",
    "The Hessian was multiplied by n; the mean divides by it.",
    "/ len(X)",
    "* len(X)",
)
change(
    "largest_stable_rate",
    "The Hessian is divided by the number of all entries of X; the mean runs over the examples.",
    "/ len(X)",
    "/ X.numel()",
)

equivalent(
    "largest_stable_rate",
    "X X^T has the same largest eigenvalue as X^T X.",
    "H = X @ (2 * X.T) / len(X)",
)


# -- heavy_ball -----------------------------------------------------------------------------------------------

change(
    "heavy_ball",
    "The gradient is added to the velocity; eq. 2.11 subtracts it.",
    "alpha * v - eta * g",
    "alpha * v + eta * g",
)
change(
    "heavy_ball",
    "The velocity of the step before is taken off where its share should be added.",
    "alpha * v - eta * g",
    "-alpha * v - eta * g",
)
change(
    "heavy_ball",
    "The sign of the whole velocity is turned round, and the weights go with it.",
    "alpha * v - eta * g",
    "eta * g - alpha * v",
)
change(
    "heavy_ball",
    "The weights go against its velocity; the new velocity is added to it.",
    "w + v, v",
    "w - v, v",
)
change(
    "heavy_ball",
    "The gradient is added to the velocity, and the velocity is subtracted from the weights; eq. 2.11 has both signs the other way.",
    "alpha * v - eta * g",
    "alpha * v + eta * g",
    "w + v, v",
    "w - v, v",
)


@slip("heavy_ball", "The weights were moved by the velocity of the step before.")
def old_speed_moves(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + v, alpha * v - eta * g


@slip("heavy_ball", "The weights are right, but the old velocity is given back.")
def speed_not_kept(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v - eta * g, v


@slip(
    "heavy_ball",
    "The weights were moved by the kept share of the old velocity; the gradient term is missing there.",
)
def place_without_push(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v, alpha * v - eta * g


@slip(
    "heavy_ball",
    "The weights took a plain step of gradient descent; they are moved by the new velocity.",
)
def plain_step(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w - eta * g, alpha * v - eta * g


change(
    "heavy_ball",
    "The gradient is weakened by 1 - alpha; eq. 2.11 has it in full.",
    "eta * g",
    "(1 - alpha) * eta * g",
)
change(
    "heavy_ball",
    "The gradient has the factor 1 - alpha where the learning rate should be.",
    "eta * g",
    "(1 - alpha) * g",
)
change(
    "heavy_ball",
    "The whole velocity is kept; alpha says which share of it stays.",
    "alpha * v",
    "v",
)
change(
    "heavy_ball",
    "alpha is the share of the velocity that is kept; here the share 1 - alpha is.",
    "alpha * v",
    "(1 - alpha) * v",
)
change(
    "heavy_ball",
    "This is a plain step: nothing of the old velocity is in it.",
    "alpha * v - eta * g",
    "-eta * g",
)
change(
    "heavy_ball",
    "The gradient term is missing: only the old velocity is carried on.",
    "alpha * v - eta * g",
    "alpha * v",
)
change("heavy_ball", "The learning rate plays no part.", "eta * g", "g")
change(
    "heavy_ball",
    "alpha and the learning rate are exchanged.",
    "alpha * v - eta * g",
    "eta * v - alpha * g",
)
change(
    "heavy_ball",
    "alpha multiplies the gradient term too; it is for the old velocity alone.",
    "alpha * v - eta * g",
    "alpha * (v - eta * g)",
)
change(
    "heavy_ball",
    "alpha multiplies the gradient term, and not the old velocity.",
    "alpha * v - eta * g",
    "v - alpha * eta * g",
)
change(
    "heavy_ball",
    "The learning rate multiplies the old velocity too; it is for the gradient alone.",
    "alpha * v - eta * g",
    "eta * (alpha * v - g)",
)
change(
    "heavy_ball",
    "The learning rate comes in twice: it is in the velocity already, and the weights are moved by all of it.",
    "w + v, v",
    "w + eta * v, v",
)
change(
    "heavy_ball",
    "The learning rate comes in twice, and the weights go against its velocity.",
    "w + v, v",
    "w - eta * v, v",
)
change(
    "heavy_ball",
    "The learning rate is not in the velocity but in the step of the weights; in eq. 2.11 it weighs the gradient alone.",
    "eta * g",
    "g",
    "w + v, v",
    "w + eta * v, v",
)
change(
    "heavy_ball",
    "This velocity is torch's: with the gradient's sign and without the learning rate. Eq. 2.11 has both the rate and the minus in v.",
    "alpha * v - eta * g",
    "alpha * v + g",
    "w + v, v",
    "w - eta * v, v",
)
change(
    "heavy_ball",
    "This is a running mean of the gradients with a rate outside, which Adam has; eq. 2.11 is another rule.",
    "alpha * v - eta * g",
    "alpha * v + (1 - alpha) * g",
    "w + v, v",
    "w - eta * v, v",
)
change(
    "heavy_ball", "The weights w stand where the gradient g should.", "eta * g", "eta * w"
)
change(
    "heavy_ball",
    "The two are exchanged: the weights come first, then the velocity.",
    "w + v, v",
    "v, w + v",
)
change(
    "heavy_ball",
    "The velocity is right; the weights have not been moved.",
    "w + v, v",
    "w, v",
)
change(
    "heavy_ball",
    "The weights were moved by the share alpha of its new velocity only.",
    "w + v, v",
    "w + alpha * v, v",
)
change(
    "heavy_ball",
    "The weights were moved by the velocity and by the gradient once more; the gradient is in the velocity already.",
    "w + v, v",
    "w + v - eta * g, v",
)
change(
    "heavy_ball",
    "The weights look ahead as Nesterov's do: they were moved by a share of the new velocity and by the gradient once more.",
    "w + v, v",
    "w + alpha * v - eta * g, v",
)
change(
    "heavy_ball",
    "The weights were moved twice by the velocity.",
    "w + v, v",
    "w + 2 * v, v",
)
change(
    "heavy_ball",
    "The weights were moved by the old velocity and by the new one.",
    "    v = alpha * v - eta * g\n    return w + v, v",
    "    w = w + v\n    v = alpha * v - eta * g\n    return w + v, v",
)
change(
    "heavy_ball",
    "The second is the new weights once more; it should be the velocity.",
    "w + v, v",
    "w + v, w + v",
)
change(
    "heavy_ball",
    "The step is right, but the weights are where it starts from: add it to w.",
    "w + v, v",
    "v, v",
)
change("heavy_ball", "Only the sign of each gradient is used.", "eta * g", "eta * g.sign()")


@slip(
    "heavy_ball", "v itself was changed; it belongs to the caller, so make a new velocity."
)
def changes_speed(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v *= alpha
    v -= eta * g
    return w + v, v


@slip("heavy_ball", "w itself was changed; it belongs to the caller, so make new weights.")
def changes_place(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v - eta * g
    w += v
    return w, v


@slip(
    "heavy_ball",
    "w and v themselves were changed; they belong to the caller, so make new tensors.",
)
def changes_both(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v.mul_(alpha).sub_(eta * g)
    w.add_(v)
    return w, v


change(
    "heavy_ball",
    "The old velocity is used in place of the gradient g.",
    "eta * g",
    "eta * v",
)
change(
    "heavy_ball",
    "The velocity and the gradient are exchanged.",
    "alpha * v - eta * g",
    "alpha * g - eta * v",
)
change(
    "heavy_ball",
    "A share of the weights is used in place of the share of the velocity.",
    "alpha * v",
    "alpha * w",
)
change(
    "heavy_ball",
    "The share alpha is taken of the weights too; it is for the velocity alone.",
    "return w + v",
    "return alpha * w + v",
)
change(
    "heavy_ball",
    "The velocity is weakened once more before it is given back; the next step does that.",
    "w + v, v",
    "w + v, alpha * v",
)
change(
    "heavy_ball",
    "The old weights are taken off; the velocity is added to it.",
    "return w + v",
    "return v - w",
)
change(
    "heavy_ball",
    "The learning rate divides the gradient; it multiplies it.",
    "eta * g",
    "g / eta",
)
change(
    "heavy_ball",
    "The learning rate comes in twice: it is squared in the gradient term.",
    "eta * g",
    "eta**2 * g",
)
change(
    "heavy_ball",
    "The share alpha is taken twice of the old velocity.",
    "alpha * v",
    "alpha**2 * v",
)
change(
    "heavy_ball",
    "The old velocity is divided by alpha; it is multiplied by it.",
    "alpha * v",
    "v / alpha",
)
change(
    "heavy_ball",
    "The learning rate is missing, and the gradient is added to the velocity instead of subtracted.",
    "alpha * v - eta * g",
    "alpha * v + g",
)
change(
    "heavy_ball",
    "This is a running mean of the gradients; eq. 2.11 has the learning rate, the minus and the gradient in full.",
    "alpha * v - eta * g",
    "alpha * v + (1 - alpha) * g",
)
change(
    "heavy_ball",
    "The gradient is added to the velocity, and multiplied by 1 - alpha; eq. 2.11 has it with a minus and in full.",
    "alpha * v - eta * g",
    "alpha * v + (1 - alpha) * eta * g",
)
change(
    "heavy_ball",
    "alpha weighs the gradient and 1 - alpha the old velocity; it is the old velocity that alpha weighs, and the gradient has eta alone.",
    "alpha * v - eta * g",
    "(1 - alpha) * v - alpha * eta * g",
)
change(
    "heavy_ball",
    "The gradient was brought to length 1 first.",
    "eta * g",
    "eta * g / g.norm()",
)
change(
    "heavy_ball",
    "Every weight is moved by the mean of the gradient; each has a component of its own.",
    "eta * g",
    "eta * g.mean()",
)
change("heavy_ball", "The gradient is squared.", "eta * g", "eta * g**2")


@slip(
    "heavy_ball",
    "The weights were moved by the whole old velocity and the gradient term; only the share alpha of that velocity is kept.",
)
def whole_speed_moves(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + v - eta * g, alpha * v - eta * g


@slip(
    "heavy_ball",
    "The weights are right; in the velocity that is given back all of the old one is kept, not the share alpha.",
)
def whole_speed_kept(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v - eta * g, v - eta * g


@slip(
    "heavy_ball",
    "The weights are right; the velocity that is given back is the gradient term alone.",
)
def push_given_back(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v - eta * g, -eta * g


@slip(
    "heavy_ball",
    "The weights were moved by the old velocity, and the old velocity is given back.",
)
def nothing_new(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + v, v


change(
    "heavy_ball",
    "The learning rate multiplies the old velocity too, in place of alpha.",
    "alpha * v",
    "eta * v",
)
change(
    "heavy_ball",
    "alpha multiplies the gradient too, in place of the learning rate.",
    "eta * g",
    "alpha * g",
)
change(
    "heavy_ball",
    "The gradient is used in place of the old velocity.",
    "alpha * v",
    "alpha * g",
)
change(
    "heavy_ball",
    "The gradient is missing: every weight gets the same gradient term.",
    "eta * g",
    "eta",
)
change(
    "heavy_ball",
    "The weights are right; the sign of the velocity is turned round.",
    "w + v, v",
    "w + v, -v",
)
change(
    "heavy_ball",
    "The weights are right; the velocity is torch's, which is -v / eta.",
    "w + v, v",
    "w + v, -v / eta",
)
change(
    "heavy_ball",
    "The weights were moved by the mean of the old and the new velocity; the new one alone moves it.",
    "    v = alpha * v - eta * g\n    return w + v, v",
    "    new = alpha * v - eta * g\n    return w + (v + new) / 2, new",
)
change(
    "heavy_ball",
    "The weights took a plain step of gradient descent, and the old velocity is given back.",
    "    v = alpha * v - eta * g\n    return w + v, v",
    "    return w - eta * g, v",
)
change(
    "heavy_ball",
    "The velocity is added to itself; it is added to w.",
    "return w + v",
    "return v + v",
)
change(
    "heavy_ball",
    "The gradient term is twice as large as it should be.",
    "- eta * g",
    "- 2 * eta * g",
)
change(
    "heavy_ball",
    "The gradient is added to the velocity instead of subtracted, and alpha multiplies it too.",
    "alpha * v - eta * g",
    "alpha * (v + eta * g)",
)
change(
    "heavy_ball",
    "alpha is the share that is kept, and 1 - alpha is taken; the gradient is added instead of subtracted, too.",
    "alpha * v - eta * g",
    "(1 - alpha) * v + eta * g",
)
change(
    "heavy_ball",
    "alpha weighs the gradient, and 1 - alpha the old velocity.",
    "alpha * v - eta * g",
    "(1 - alpha) * v - alpha * g",
)
change(
    "heavy_ball",
    "The whole velocity is kept, the gradient is added to it, and it is subtracted from the weights.",
    "alpha * v - eta * g",
    "v + eta * g",
    "w + v, v",
    "w - v, v",
)
change(
    "heavy_ball",
    "The weights were moved by the gradient without the velocity, and the learning rate was left out.",
    "w + v, v",
    "w - g, v",
)


@slip(
    "heavy_ball",
    "Both faults are still there: the order of the two lines, and the factor of the gradient.",
)
def unrepaired(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    w = w + v
    return w, alpha * v - (1 - alpha) * eta * g


# -- torch_nesterov ---------------------------------------------------------------------------------------------

change(
    "torch_nesterov",
    "This is torch's momentum without Nesterov: eta times the new u, which is g plus alpha times the old u.",
    "theta - eta * (g + alpha * u), u",
    "theta - eta * u, u",
)
change(
    "torch_nesterov",
    "The step has lost the gradient by itself; eq. 2.15 has it beside alpha u.",
    "(g + alpha * u)",
    "(alpha * u)",
)
change(
    "torch_nesterov",
    "The step has the whole u; eq. 2.15 has the share alpha of it.",
    "g + alpha * u)",
    "g + u)",
)
change(
    "torch_nesterov",
    "The step is added: eq. 2.15 has a minus.",
    "theta - eta",
    "theta + eta",
)
change(
    "torch_nesterov",
    "The learning rate is in u already, and comes in twice.",
    "alpha * u + g",
    "alpha * u + eta * g",
)
change(
    "torch_nesterov",
    "This u is the velocity, with the rate and the minus; torch's has neither.",
    "u = alpha * u + g\n    return theta - eta * (g + alpha * u), u",
    "v = alpha * u - eta * g\n    return theta + v, v",
)
change(
    "torch_nesterov",
    "The whole old u is kept; alpha says which share of it stays.",
    "u = alpha * u + g",
    "u = u + g",
)
change(
    "torch_nesterov",
    "The gradient in u is weakened by 1 - alpha; eq. 2.15 has it in full.",
    "u + g\n",
    "u + (1 - alpha) * g\n",
)
change(
    "torch_nesterov",
    "The learning rate plays no part.",
    "eta * (g + alpha * u)",
    "(g + alpha * u)",
)
change(
    "torch_nesterov",
    "alpha and the learning rate are exchanged.",
    "u = alpha * u + g",
    "u = eta * u + g",
    "eta * (g + alpha * u)",
    "alpha * (g + eta * u)",
)
change(
    "torch_nesterov", "The sign of the old u is turned round.", "u = alpha", "u = -alpha"
)
change("torch_nesterov", "The gradient is taken off u; it is added.", "u + g\n", "u - g\n")
change(
    "torch_nesterov",
    "The two are exchanged: the weights come first, then u.",
    "theta - eta * (g + alpha * u), u",
    "u, theta - eta * (g + alpha * u)",
)
change(
    "torch_nesterov",
    "The weights are right, but u has not the new gradient: the old u is given back.",
    "u = alpha * u + g\n    return theta - eta * (g + alpha * u), u",
    "new = alpha * u + g\n    return theta - eta * (g + alpha * new), u",
)
change(
    "torch_nesterov",
    "This is torch's momentum without Nesterov: eta times the new u, which is g plus alpha times the old u.",
    "u = alpha * u + g\n    return theta - eta * (g + alpha * u), u",
    "return theta - eta * (g + alpha * u), alpha * u + g",
)
change(
    "torch_nesterov",
    "The step alone is given back; it starts from theta.",
    "theta - eta * (g + alpha * u), u",
    "-eta * (g + alpha * u), u",
)
change(
    "torch_nesterov",
    "u is right; the weights are the old ones.",
    "theta - eta * (g + alpha * u), u",
    "theta, u",
)
change(
    "torch_nesterov",
    "alpha multiplies the gradient in the step too; it is for u alone.",
    "(g + alpha * u)",
    "alpha * (g + u)",
)
change(
    "torch_nesterov",
    "The rate multiplies the gradient alone; it is for the whole bracket.",
    "eta * (g + alpha * u)",
    "(eta * g + alpha * u)",
)
change(
    "torch_nesterov",
    "The gradient is missing from u: only the share of the old one is left.",
    "alpha * u + g\n",
    "alpha * u\n",
)
change(
    "torch_nesterov",
    "This is a plain step of gradient descent; u is not in it.",
    "(g + alpha * u)",
    "g",
)
change(
    "torch_nesterov",
    "The second is alpha u; u itself is stored.",
    "theta - eta * (g + alpha * u), u",
    "theta - eta * (g + alpha * u), alpha * u",
)


@slip(
    "torch_nesterov",
    "u itself was changed; it belongs to the caller, so make a new tensor.",
)
def changes_u(
    theta: Tensor, u: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    u *= alpha
    u += g
    return theta - eta * (g + alpha * u), u


@slip(
    "torch_nesterov",
    "theta itself was changed; it belongs to the caller, so make a new tensor.",
)
def changes_theta(
    theta: Tensor, u: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    u = alpha * u + g
    theta -= eta * (g + alpha * u)
    return theta, u


# -- faulty_lines -----------------------------------------------------------------------------------------------

change(
    "faulty_lines",
    "Line A is the running mean of the gradients, as in eq. 2.19.",
    '["C", "E"]',
    '["A", "E"]',
)
change(
    "faulty_lines",
    "Line B is the running mean of the squared gradients, as in eq. 2.19.",
    '["C", "E"]',
    '["B", "E"]',
)
change(
    "faulty_lines",
    "Line D is right: the corrected s has a name of its own, and s is stored as it is.",
    '["C", "E"]',
    '["D", "E"]',
)
change(
    "faulty_lines",
    "Line D is right: compare it with line C, and see which mean is given back.",
    '["C", "E"]',
    '["C", "D"]',
)
change(
    "faulty_lines",
    "Line F is right: the root was computed in the line before.",
    '["C", "E"]',
    '["C", "F"]',
)
change(
    "faulty_lines",
    "Line G is right: the step goes against the mean gradient.",
    '["C", "E"]',
    '["C", "G"]',
)
change(
    "faulty_lines",
    "Line H gives back the three in the right order; what is wrong with m happens before.",
    '["C", "E"]',
    '["E", "H"]',
)
change(
    "faulty_lines",
    "Line C is one of the two; ε is in another place than in eq. 2.19.",
    '["C", "E"]',
    '["C", "H"]',
)
change(
    "faulty_lines",
    "Line E is one of the two; the other stores a corrected mean.",
    '["C", "E"]',
    '["E", "F"]',
)
change(
    "faulty_lines",
    "Line E is one of the two; the step itself is right.",
    '["C", "E"]',
    '["E", "G"]',
)
change(
    "faulty_lines",
    "Lines A and B are the running means of eq. 2.19; look at what follows.",
    '["C", "E"]',
    '["A", "B"]',
)
change(
    "faulty_lines",
    "Lines F and G are right, once the mean and the root are.",
    '["C", "E"]',
    '["F", "G"]',
)
change(
    "faulty_lines",
    "Line C is one of the two; the running means before it are right.",
    '["C", "E"]',
    '["A", "C"]',
)
change(
    "faulty_lines",
    "Line C is one of the two; the running mean of the squares is right.",
    '["C", "E"]',
    '["B", "C"]',
)


equivalent("faulty_lines", "The two may come in any order.", 'return ["E", "C"]')


# -- adam -----------------------------------------------------------------------------------------------------

change(
    "adam",
    "The means are too small at first, and were not corrected.",
    "m / (1 - beta1**t), s / (1 - beta2**t)",
    "m, s",
)
change(
    "adam",
    "Only s is corrected in the step; m starts at zero as well.",
    "m / (1 - beta1**t), ",
    "m, ",
)
change(
    "adam",
    "Only m is corrected in the step; s starts at zero as well.",
    ", s / (1 - beta2**t)",
    ", s",
)
change(
    "adam",
    "ε is under the root; eq. 2.19 has it outside.",
    "(s_hat.sqrt() + eps)",
    "(s_hat + eps).sqrt()",
)
change(
    "adam", "The given ε is not in the denominator.", "(s_hat.sqrt() + eps)", "s_hat.sqrt()"
)
change(
    "adam",
    "ε is added after the division, and the learning rate multiplies it; it belongs to the denominator.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * (m_hat / s_hat.sqrt() + eps)",
)
change(
    "adam",
    "ε is taken off the weights; it belongs to the denominator.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "(eta * m_hat / s_hat.sqrt() + eps)",
)
change("adam", "The root is missing.", "s_hat.sqrt()", "s_hat")
change(
    "adam",
    "The steps are counted from 0 here; t is 1 in the first step.",
    "    m = beta1",
    "    t = t - 1\n    m = beta1",
)
change(
    "adam",
    "The corrections are those of the next step, t + 1: t is the number of this step already.",
    "    m = beta1",
    "    t = t + 1\n    m = beta1",
)
change("adam", "The step is added; eq. 2.19 subtracts it.", "w - eta", "w + eta")
change("adam", "The learning rate plays no part.", "eta * m_hat", "m_hat")
change(
    "adam",
    "The correction is that of the first step, whatever t is: the power of t is missing.",
    "beta1**t",
    "beta1",
    "beta2**t",
    "beta2",
)
change(
    "adam",
    "The power is taken of 1 - beta; it is beta that is raised to the power t.",
    "(1 - beta1**t)",
    "(1 - beta1) ** t",
    "(1 - beta2**t)",
    "(1 - beta2) ** t",
)
change(
    "adam",
    "The means are multiplied by the corrections; they are too small, so that they are divided.",
    "m / (1 - beta1**t), s / (1 - beta2**t)",
    "m * (1 - beta1**t), s * (1 - beta2**t)",
)
change(
    "adam",
    "The corrections are beta to the power t; they are 1 minus it.",
    "(1 - beta1**t)",
    "beta1**t",
    "(1 - beta2**t)",
    "beta2**t",
)
change(
    "adam", "Both means are corrected with beta1; s has its own.", "beta2**t", "beta1**t"
)
change(
    "adam", "Both means are corrected with beta2; m has its own.", "beta1**t", "beta2**t"
)
change(
    "adam",
    "The corrections of the two means are exchanged.",
    "(1 - beta1**t)",
    "(1 - beta2 ** t)",
    "s / (1 - beta2**t)",
    "s / (1 - beta1**t)",
)
change(
    "adam",
    "The correction of s is outside the root; s is corrected first, and then its root is taken.",
    ", s / (1 - beta2**t)",
    ", s / (1 - beta2**t) ** 2",
)
change(
    "adam",
    "The step is divided by the square of the corrected s; its root was asked for.",
    "s_hat.sqrt()",
    "s_hat**2",
)
change(
    "adam",
    "The step is multiplied by the root of s; it is divided by it.",
    "m_hat / (s_hat.sqrt() + eps)",
    "m_hat * (s_hat.sqrt() + eps)",
)
change(
    "adam",
    "The step is not divided by the root of s: this is plain momentum.",
    " / (s_hat.sqrt() + eps)",
    "",
)
change(
    "adam",
    "The step uses the gradient g and not its running mean: this is RMSProp.",
    "m_hat / (",
    "g / (",
)
change(
    "adam",
    "The root of the squared gradient is used in place of the root of its running mean: nothing of the past is in it.",
    "s_hat.sqrt()",
    "g.abs()",
)
change(
    "adam",
    "The step uses the mean m without correction, and the gradient alone below it.",
    "m_hat / (s_hat.sqrt() + eps)",
    "m / (g.abs() + eps)",
)
change("adam", "s is a running mean of the gradient; it is one of its square.", "g**2", "g")
change(
    "adam", "s is a running mean of |g|; it is one of the square of g.", "g**2", "g.abs()"
)
change(
    "adam",
    "The weight 1 - beta2 is squared with the gradient; only g is.",
    "(1 - beta2) * g**2",
    "((1 - beta2) * g) ** 2",
)
change(
    "adam",
    "The squared gradient comes in without its weight 1 - beta2.",
    "(1 - beta2) * g**2",
    "g**2",
)
change(
    "adam",
    "The gradient comes in without its weight 1 - beta1.",
    "(1 - beta1) * g\n",
    "g\n",
)
change(
    "adam",
    "Both gradient terms come in without their weights 1 - beta.",
    "(1 - beta1) * g\n",
    "g\n",
    "(1 - beta2) * g**2",
    "g**2",
)
change(
    "adam",
    "The weights of the old mean and of the new gradient are exchanged, in m and in s.",
    "beta1 * m + (1 - beta1) * g\n",
    "(1 - beta1) * m + beta1 * g\n",
    "beta2 * s + (1 - beta2) * g**2",
    "(1 - beta2) * s + beta2 * g**2",
)
change(
    "adam",
    "The weights of the old mean and of the new gradient are exchanged in m.",
    "beta1 * m + (1 - beta1) * g\n",
    "(1 - beta1) * m + beta1 * g\n",
)
change(
    "adam",
    "The weights of the old mean and of the new square are exchanged in s.",
    "beta2 * s + (1 - beta2) * g**2",
    "(1 - beta2) * s + beta2 * g**2",
)
change(
    "adam",
    "beta1 and beta2 are exchanged, everywhere.",
    "    m = beta1",
    "    beta1, beta2 = beta2, beta1\n    m = beta1",
)
change(
    "adam",
    "beta1 and beta2 are exchanged in the running means, and not in the corrections.",
    "beta1 * m + (1 - beta1) * g\n",
    "beta2 * m + (1 - beta2) * g\n",
    "beta2 * s + (1 - beta2) * g**2",
    "beta1 * s + (1 - beta1) * g**2",
)
change(
    "adam",
    "s is kept with beta1; its own share is beta2.",
    "beta2 * s + (1 - beta2) * g**2",
    "beta1 * s + (1 - beta1) * g**2",
)
change(
    "adam",
    "m is kept with beta2; its own share is beta1.",
    "beta1 * m + (1 - beta1) * g\n",
    "beta2 * m + (1 - beta2) * g\n",
)
change(
    "adam",
    "The usual values are written into the function; it must use beta1, beta2 and eps as they are given.",
    "    m = beta1",
    "    beta1, beta2, eps = 0.9, 0.999, 1e-8\n    m = beta1",
)
change(
    "adam",
    "The old mean is not weighted by beta1: it is kept in full.",
    "beta1 * m + (1",
    "m + (1",
)
change(
    "adam",
    "The old mean of the squares is not weighted by beta2: it is kept in full.",
    "beta2 * s + (1",
    "s + (1",
)
change(
    "adam",
    "The new gradient is taken off the mean m; it is added.",
    "beta1 * m + (1",
    "beta1 * m - (1",
)
change("adam", "Nothing of the old m is in the new one.", "beta1 * m + (1", "(1")
change("adam", "Nothing of the old s is in the new one.", "beta2 * s + (1", "(1")
change(
    "adam",
    "The two means are exchanged in what is given back: m comes before s.",
    "eps), m, s",
    "eps), s, m",
)
change(
    "adam",
    "The three are in another order: first the weights, then m, then s.",
    "return w - eta * m_hat / (s_hat.sqrt() + eps), m, s",
    "return m, s, w - eta * m_hat / (s_hat.sqrt() + eps)",
)
change(
    "adam",
    "The corrected means are stored; then the next step corrects them again.",
    "eps), m, s",
    "eps), m_hat, s_hat",
)
change(
    "adam",
    "The corrected m is stored; only the step uses it.",
    "eps), m, s",
    "eps), m_hat, s",
)
change(
    "adam",
    "The corrected s is stored; only the step uses it.",
    "eps), m, s",
    "eps), m, s_hat",
)
change(
    "adam",
    "The means are right; the weights are the old ones.",
    "w - eta * m_hat / (s_hat.sqrt() + eps), m, s",
    "w, m, s",
)
change(
    "adam",
    "s holds the squared distance of the gradient from its mean; eq. 2.19 has the square of the gradient.",
    "g**2",
    "(g - m) ** 2",
)
change(
    "adam",
    "s holds the square of the mean m; eq. 2.19 has the square of the gradient.",
    "g**2",
    "m**2",
)
change(
    "adam",
    "The step itself is given back; it has to be taken off w.",
    "return w - eta",
    "return eta",
)
change(
    "adam",
    "ε is added to the weights; it belongs to the denominator, and needs brackets there.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * m_hat / s_hat.sqrt() + eps",
)


@slip("adam", "The weights are right, but the old means are given back.")
def means_not_kept(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m_hat = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
    s_hat = (beta2 * s + (1 - beta2) * g**2) / (1 - beta2**t)
    return w - eta * m_hat / (s_hat.sqrt() + eps), m, s


@slip(
    "adam",
    "The step is taken with the means of the step before; they are brought up to date first.",
)
def steps_with_the_old_means(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    w = w - eta * m / (1 - beta1**t) / ((s / (1 - beta2**t)).sqrt() + eps)
    return w, beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2


@slip(
    "adam",
    "m and s themselves were changed; they belong to the caller, so make new tensors.",
)
def changes_the_means(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m.mul_(beta1).add_((1 - beta1) * g)
    s.mul_(beta2).add_((1 - beta2) * g**2)
    return w - eta * m / (1 - beta1**t) / ((s / (1 - beta2**t)).sqrt() + eps), m, s


@slip("adam", "w itself was changed; it belongs to the caller, so make new weights.")
def changes_the_weights(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    w -= eta * m / (1 - beta1**t) / ((s / (1 - beta2**t)).sqrt() + eps)
    return w, m, s


@slip(
    "adam",
    "w, m and s themselves were changed; they belong to the caller, so make new tensors.",
)
def changes_everything(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m.mul_(beta1).add_((1 - beta1) * g)
    s.mul_(beta2).add_((1 - beta2) * g**2)
    w -= eta * m / (1 - beta1**t) / ((s / (1 - beta2**t)).sqrt() + eps)
    return w, m, s


change(
    "adam",
    "ε was added before s was corrected; the correction belongs under the root, and ε outside.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * m_hat * (1 - beta2**t) ** 0.5 / (s.sqrt() + eps)",
)
change(
    "adam",
    "The gradient is squared in m, and not in s; it is s that holds the squares.",
    "(1 - beta1) * g\n",
    "(1 - beta1) * g * g\n",
    "g**2",
    "g",
)
change(
    "adam",
    "The gradient is squared in m; only s holds the squares.",
    "(1 - beta1) * g\n",
    "(1 - beta1) * g * g\n",
)
change(
    "adam",
    "Only the sign of the mean m is used for the step.",
    "m_hat / (s_hat.sqrt() + eps)",
    "m_hat.sign()",
)
change(
    "adam",
    "The brackets round 1 - beta**t are missing: m and s are divided by 1, and then the power is taken off.",
    "(1 - beta1**t)",
    "1 - beta1**t",
    "(1 - beta2**t)",
    "1 - beta2**t",
)
change(
    "adam",
    "The brackets round 1 - beta1**t are missing: m is divided by 1, and then the power is taken off.",
    "(1 - beta1**t)",
    "1 - beta1**t",
)
change(
    "adam",
    "The brackets round 1 - beta2**t are missing: s is divided by 1, and then the power is taken off.",
    "(1 - beta2**t)",
    "1 - beta2**t",
)
change(
    "adam",
    "The correction of m is that of the first step, whatever t is: the power of t is missing.",
    "beta1**t",
    "beta1",
)
change(
    "adam",
    "The correction of s is that of the first step, whatever t is: the power of t is missing.",
    "beta2**t",
    "beta2",
)
change(
    "adam",
    "The correction of m is multiplied; m is too small at first, so it is divided.",
    "m / (1 - beta1**t)",
    "m * (1 - beta1**t)",
)
change(
    "adam",
    "The correction of s is multiplied; s is too small at first, so it is divided.",
    "s / (1 - beta2**t)",
    "s * (1 - beta2**t)",
)
change(
    "adam",
    "The corrections have a plus: they are 1 minus beta to the power t.",
    "(1 - beta1**t)",
    "(1 + beta1**t)",
    "(1 - beta2**t)",
    "(1 + beta2**t)",
)
change("adam", "ε is subtracted; it is added to the root.", "sqrt() + eps", "sqrt() - eps")
change(
    "adam",
    "The usual betas are written into the function; it must use beta1 and beta2 as they are given.",
    "    m = beta1",
    "    beta1, beta2 = 0.9, 0.999\n    m = beta1",
)
change(
    "adam",
    "The usual learning rate is written into the function; it must use the eta that was given.",
    "eta * m_hat",
    "0.001 * m_hat",
)
change(
    "adam",
    "ε is added to the mean, and not to the denominator.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * (m_hat + eps) / s_hat.sqrt()",
)
change(
    "adam",
    "ε is added twice, under the root and outside it.",
    "(s_hat.sqrt() + eps)",
    "((s_hat + eps).sqrt() + eps)",
)
change(
    "adam",
    "The root of m is in the denominator; it is the root of s.",
    "s_hat.sqrt()",
    "m_hat.abs().sqrt()",
)
change(
    "adam",
    "m and s are exchanged in the step: the root of s belongs below, and m above.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * s_hat / (m_hat.abs().sqrt() + eps)",
)
change(
    "adam",
    "The denominators of all weights are averaged; each weight has its own.",
    "s_hat.sqrt()",
    "s_hat.mean().sqrt()",
)
change(
    "adam",
    "The gradient is squared and summed over the weights; each weight has a mean of its own.",
    "g**2",
    "(g**2).sum()",
)
change(
    "adam",
    "The gradient is squared and averaged over the weights; each weight has a mean of its own.",
    "g**2",
    "(g**2).mean()",
)
change(
    "adam",
    "The new mean m is right; the old s is given back.",
    "eps), m, s",
    "eps), m, (s - (1 - beta2) * g**2) / beta2",
)
change(
    "adam",
    "The new mean s is right; the old m is given back.",
    "eps), m, s",
    "eps), (m - (1 - beta1) * g) / beta1, s",
)
change(
    "adam", "The step alone is given back instead of the new weights.", "w - eta", "-eta"
)
change(
    "adam",
    "The weights w were added to the mean m in the step: that is a weight decay, which eq. 2.19 does not have.",
    "eta * m_hat",
    "eta * (m_hat + w)",
)


@slip("adam", "The step uses the new m and the old s; both are brought up to date first.")
def old_s_in_the_step(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    s_old, m, s = s, beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - eta * m / (1 - beta1**t) / ((s_old / (1 - beta2**t)).sqrt() + eps), m, s


@slip("adam", "The step uses the old m and the new s; both are brought up to date first.")
def old_m_in_the_step(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m_old, m, s = m, beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - eta * m_old / (1 - beta1**t) / ((s / (1 - beta2**t)).sqrt() + eps), m, s


@slip(
    "adam",
    "The stored means are corrected before the new gradient comes in; first the means, then the correction.",
)
def corrects_first(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m, s = m / (1 - beta1**t), s / (1 - beta2**t)
    m, s = beta1 * m + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
    return w - eta * m / (s.sqrt() + eps), m, s


@slip("adam", "m itself was changed; it belongs to the caller, so make a new tensor.")
def changes_m(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m *= beta1
    m += (1 - beta1) * g
    s = beta2 * s + (1 - beta2) * g**2
    return w - eta * m / (1 - beta1**t) / ((s / (1 - beta2**t)).sqrt() + eps), m, s


@slip("adam", "s itself was changed; it belongs to the caller, so make a new tensor.")
def changes_s(
    w: Tensor, m: Tensor, s: Tensor, g: Tensor, t: int,
    eta: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    m = beta1 * m + (1 - beta1) * g
    s *= beta2
    s += (1 - beta2) * g**2
    return w - eta * m / (1 - beta1**t) / ((s / (1 - beta2**t)).sqrt() + eps), m, s


change(
    "adam",
    "The new gradient is missing from m.",
    "beta1 * m + (1 - beta1) * g",
    "beta1 * m",
)
change(
    "adam",
    "The new gradient is missing from s.",
    "beta2 * s + (1 - beta2) * g**2",
    "beta2 * s",
)
change(
    "adam",
    "This is a plain step of gradient descent; the two means are not in it.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * g",
)
change(
    "adam",
    "The step uses the gradient g and not its running mean, and s without its correction.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * g / (s.sqrt() + eps)",
)
change(
    "adam",
    "The step is not divided by the root of s, and m is not corrected.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * m",
)
change(
    "adam",
    "The means are not corrected, and ε is under the root.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * m / (s + eps).sqrt()",
)
change(
    "adam",
    "The means are not corrected, and the root is missing.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * m / (s + eps)",
)
change(
    "adam",
    "The root is missing, and ε too.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * m_hat / s_hat",
)
change(
    "adam",
    "The means are not corrected, and ε is not in the denominator.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * m / s.sqrt()",
)
change(
    "adam",
    "s is kept and corrected with beta1; its own share is beta2.",
    "beta2 * s + (1 - beta2)",
    "beta1 * s + (1 - beta1)",
    "beta2**t",
    "beta1**t",
)
change(
    "adam",
    "m is kept and corrected with beta2; its own share is beta1.",
    "beta1 * m + (1 - beta1) * g\n",
    "beta2 * m + (1 - beta2) * g\n",
    "beta1**t",
    "beta2**t",
)
change(
    "adam",
    "The weights of the new terms are exchanged: 1 - beta1 belongs to m, 1 - beta2 to s.",
    "(1 - beta1) * g\n",
    "(1 - beta2) * g\n",
    "(1 - beta2) * g**2",
    "(1 - beta1) * g**2",
)
change(
    "adam",
    "The larger of the root and ε was taken; they are added.",
    "(s_hat.sqrt() + eps)",
    "s_hat.sqrt().clamp(min=eps)",
)
change(
    "adam",
    "The step looks ahead with the gradient once more: that is NAdam.",
    "m_hat / (",
    "(beta1 * m_hat + (1 - beta1) * g / (1 - beta1**t)) / (",
)
change(
    "adam",
    "The learning rate is divided by t; it stays as it is given.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta / t * m_hat / (s_hat.sqrt() + eps)",
)
change(
    "adam",
    "The learning rate is divided by the root of t; it stays as it is given.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta / t**0.5 * m_hat / (s_hat.sqrt() + eps)",
)
change(
    "adam",
    "The correction of m takes the power of 1 - beta1; it is beta1 that is raised to the power t.",
    "(1 - beta1**t)",
    "(1 - beta1) ** t",
)
change(
    "adam",
    "The correction of s takes the power of 1 - beta2; it is beta2 that is raised to the power t.",
    "(1 - beta2**t)",
    "(1 - beta2) ** t",
)
change(
    "adam",
    "In the correction of m, beta1 is multiplied by t; it should be raised to the power t.",
    "beta1**t",
    "beta1 * t",
)
change(
    "adam",
    "The corrected m counts the steps from 0; t is 1 in the first step.",
    "beta1**t",
    "beta1 ** (t - 1)",
)
change(
    "adam",
    "The corrected s counts the steps from 0; t is 1 in the first step.",
    "beta2**t",
    "beta2 ** (t - 1)",
)
change(
    "adam",
    "The correction of m is that of the next step, t + 1.",
    "beta1**t",
    "beta1 ** (t + 1)",
)
change(
    "adam",
    "The correction of s is that of the next step, t + 1.",
    "beta2**t",
    "beta2 ** (t + 1)",
)
change(
    "adam",
    "The step is added to the weights, and the means are not corrected.",
    "w - eta * m_hat / (s_hat.sqrt() + eps)",
    "w + eta * m / (s.sqrt() + eps)",
)
change(
    "adam",
    "m is divided by its correction twice.",
    "m / (1 - beta1**t)",
    "m / (1 - beta1**t) ** 2",
)
change(
    "adam",
    "The old s is squared too; only the gradient is.",
    "beta2 * s +",
    "beta2 * s**2 +",
)
change(
    "adam",
    "The root of s is stored; eq. 2.19 stores s itself.",
    "eps), m, s",
    "eps), m, s.sqrt()",
)
change(
    "adam",
    "The old means are weighted by 1 - beta, and the new terms too; the old ones have beta.",
    "beta1 * m +",
    "(1 - beta1) * m +",
    "beta2 * s +",
    "(1 - beta2) * s +",
)

change(
    "adam",
    "Both faults are still there: the corrected m is stored, and ε is under the root.",
    "m_hat, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)",
    "m, s_hat = m / (1 - beta1**t), s / (1 - beta2**t)",
    "w - eta * m_hat / (s_hat.sqrt() + eps), m, s",
    "w - eta * m / (s_hat + eps).sqrt(), m, s",
)


# -- minimise ---------------------------------------------------------------------------------------------------

change(
    "minimise",
    "This is gradient descent at its best rate: 300 steps leave about 0.2 % of the distance.",
    "4 / (high + low) ** 2",
    "2 / (h_max + h_min)",
    "((high - low) / (high + low)) ** 2",
    "0.0",
    "range(250)",
    "range(300)",
)
change(
    "minimise",
    "This is gradient descent with eta = 1 / h_max: 300 steps leave 5 % of the distance in the flattest direction.",
    "4 / (high + low) ** 2",
    "1 / h_max",
    "((high - low) / (high + low)) ** 2",
    "0.0",
    "range(250)",
    "range(300)",
)
change(
    "minimise",
    "The roots of the curvatures are missing, in eta and in alpha: κ itself is used in place of √κ.",
    "low, high = h_min**0.5, h_max**0.5",
    "low, high = h_min, h_max",
    "range(250)",
    "range(300)",
)
change(
    "minimise",
    "alpha = 0.9 and eta = 1 / h_max do not reach the precision in 250 steps.",
    "4 / (high + low) ** 2",
    "1 / h_max",
    "((high - low) / (high + low)) ** 2",
    "0.9",
)
change(
    "minimise",
    "The roots of the curvatures are missing in alpha: κ itself is used in place of √κ.",
    "((high - low) / (high + low)) ** 2",
    "((h_max - h_min) / (h_max + h_min)) ** 2",
)
change(
    "minimise",
    "This is the velocity, which is zero at the end; the weights were asked for.",
    "return w",
    "return v",
)
change(
    "minimise",
    "The gradient is added to the velocity; eq. 2.11 subtracts it.",
    "alpha * v - eta",
    "alpha * v + eta",
)
change(
    "minimise",
    "Too few steps: after 50 of them the minimum is not reached to the precision of the check.",
    "range(250)",
    "range(50)",
)
change(
    "minimise",
    "Too few steps: after 20 of them the minimum is not reached to the precision of the check.",
    "range(250)",
    "range(20)",
)
change(
    "minimise",
    "The rate is beyond the limit for gradient descent, and there is no momentum: it diverges.",
    "((high - low) / (high + low)) ** 2",
    "0.0",
)
change(
    "minimise",
    "The velocity is not multiplied by alpha: the iterates swing without end.",
    "alpha * v - eta",
    "v - eta",
)


@slip("minimise", "The start is given back: no step was taken.")
def stays(
    gradient: Callable[[Tensor], Tensor], w: Tensor, h_min: float, h_max: float
) -> Tensor:
    return w.clone()


@slip("minimise", "This is one step; it takes many.")
def one_step(
    gradient: Callable[[Tensor], Tensor], w: Tensor, h_min: float, h_max: float
) -> Tensor:
    return w - 2 / (h_max + h_min) * gradient(w)


@slip("minimise", "This is the gradient at the start; the minimum was asked for.")
def only_the_gradient(
    gradient: Callable[[Tensor], Tensor], w: Tensor, h_min: float, h_max: float
) -> Tensor:
    return gradient(w)


@slip(
    "minimise",
    "Adam with a constant rate of 0.1 is still on its way, or swings round the minimum.",
)
def adam_of_the_chapter(
    gradient: Callable[[Tensor], Tensor], w: Tensor, h_min: float, h_max: float
) -> Tensor:
    m, s = torch.zeros_like(w), torch.zeros_like(w)
    for t in range(1, 301):
        g = gradient(w)
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
        w = w - 0.1 * m / (1 - 0.9**t) / ((s / (1 - 0.999**t)).sqrt() + 1e-8)
    return w


@slip(
    "minimise", "w itself was changed; it belongs to the caller, so give back a new tensor."
)
def changes_the_start(
    gradient: Callable[[Tensor], Tensor], w: Tensor, h_min: float, h_max: float
) -> Tensor:
    eta, v = 4 / (h_max**0.5 + h_min**0.5) ** 2, torch.zeros_like(w)
    for _ in range(250):
        v = (9 / 11) ** 2 * v - eta * gradient(w)
        w += v
    return w


equivalent(
    "minimise",
    "Another rate, another alpha, another initial velocity or one step more or less finds the minimum "
    "within 300 gradients as well, and any method that does is right.",
    "eta, alpha = 4 / (high + low) ** 2, ((low - high) / (high + low)) ** 2",
    "eta, alpha = 3 / (high + low) ** 2, ((high - low) / (high + low)) ** 2",
    "eta, alpha = 4 / (high + low) ** 2, (high - low) / (high + low)",
    "eta, alpha = 4 / (high + low) ** 2, ((high) / (high + low)) ** 2",
    "eta, alpha = 4 / (high + low) ** 2, ((high - low) / (high)) ** 2",
    "v = torch.ones_like(w)",
    "v = w",
    "for _ in range(251):",
    "for _ in range(249):",
    "w = w + v\nv = alpha * v - eta * gradient(w)",
)
