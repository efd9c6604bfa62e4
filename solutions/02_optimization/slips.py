"""Planted wrong answers to the exercises of chapter 2, each with the hint that it must get."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- descend --------------------------------------------------------------------------------------------------

change(
    "descend",
    "This goes uphill: the gradient points to where the loss grows, and the step goes against it.",
    "w - eta",
    "w + eta",
)
change("descend", "The learning rate plays no part.", "eta * g", "g")
change(
    "descend",
    "Only the sign of each slope is used; a steep slope should move you further than a gentle one.",
    "eta * g",
    "eta * g.sign()",
)
change(
    "descend",
    "The gradient was brought to length 1 first; a steep place should give a longer step than a gentle one.",
    "eta * g",
    "eta * g / g.norm()",
)
change(
    "descend",
    "This is the step alone; the next place is where it leads from w.",
    "w - eta",
    "-eta",
)
change(
    "descend",
    "This is the learning rate times the gradient, and nothing more; it has to be taken off w.",
    "w - eta",
    "eta",
)
change(
    "descend",
    "The step is multiplied by w; the formula has the gradient and the learning rate in it, and w is only where it starts.",
    "eta * g",
    "eta * g * w",
)
change("descend", "Divided by the learning rate; it multiplies.", "eta * g", "g / eta")
change(
    "descend",
    "The learning rate multiplies the place too; it belongs to the gradient alone.",
    "w - eta * g",
    "eta * (w - g)",
)
change(
    "descend",
    "The rate stands at the place and not at the gradient.",
    "w - eta * g",
    "eta * w - g",
)
change("descend", "The place and the gradient are exchanged.", "w - eta * g", "g - eta * w")
change(
    "descend",
    "The place is shrunk towards 0; the gradient g is not in it.",
    "eta * g",
    "eta * w",
)
change(
    "descend",
    "The two have changed places in the difference: this is the step minus the place.",
    "w - eta * g",
    "eta * g - w",
)
change(
    "descend", "The gradient is squared; that also loses its sign.", "eta * g", "eta * g**2"
)
change(
    "descend",
    "Only the size of the gradient is used; its sign says which way is down.",
    "eta * g",
    "eta * g.abs()",
)
change(
    "descend",
    "Every weight is moved by the mean of the gradient; each has a slope of its own.",
    "eta * g",
    "eta * g.mean()",
)
change(
    "descend",
    "Every weight is moved by the sum of the gradient; each has a slope of its own.",
    "eta * g",
    "eta * g.sum()",
)
change(
    "descend",
    "The step is divided by the number of weights; eq. 2.1 has no mean over them.",
    "eta * g",
    "eta * g / len(w)",
)
change("descend", "The step is half as long as it should be.", "eta * g", "eta * g / 2")
change("descend", "The step is twice as long as it should be.", "eta * g", "2 * eta * g")
change(
    "descend",
    "The gradient is missing: every weight is moved by the learning rate.",
    "eta * g",
    "eta",
)
change("descend", "This is w itself: no step was taken.", " - eta * g", "")
change(
    "descend",
    "The learning rate is squared, so somewhere it came in twice.",
    "eta * g",
    "eta * eta * g",
)
change(
    "descend",
    "A share of the place is kept, and not all of it: the weights are shrunk by 1 - eta as well.",
    "w - eta * g",
    "(1 - eta) * w - eta * g",
)
change(
    "descend",
    "The rate is used as the weight of a mean of the place and the gradient.",
    "w - eta * g",
    "(1 - eta) * w + eta * g",
)


@slip(
    "descend", "w itself was changed; it belongs to the caller, so give back a new tensor."
)
def changes_its_place(w: Tensor, g: Tensor, eta: float) -> Tensor:
    w -= eta * g
    return w


@slip(
    "descend", "g itself was changed; it belongs to the caller, so give back a new tensor."
)
def changes_its_gradient(w: Tensor, g: Tensor, eta: float) -> Tensor:
    g *= eta
    return w - g


change(
    "descend",
    "The gradient was clipped to -1 ... 1 first; a steep slope should move you further.",
    "eta * g",
    "eta * g.clamp(-1, 1)",
)
change(
    "descend",
    "Every weight is moved by the length of the gradient; each has a slope of its own.",
    "eta * g",
    "eta * g.norm()",
)
change(
    "descend",
    "Every weight is moved by the slope of the first; each has a slope of its own.",
    "eta * g",
    "eta * g[0]",
)
change(
    "descend",
    "The product w · g is one number for all weights; each has a slope of its own.",
    "eta * g",
    "eta * (w @ g)",
)
change(
    "descend",
    "The factor of the gradient is 1 - eta; it should be eta.",
    "eta * g",
    "(1 - eta) * g",
)
change(
    "descend",
    "The learning rate is taken off as well; it only multiplies the gradient.",
    "eta * g",
    "(eta + g)",
)
change(
    "descend",
    "The gradient is divided by the place; it is only multiplied by the learning rate.",
    "eta * g",
    "eta * g / w",
)
change(
    "descend",
    "Only the first weight has been moved; each has a slope of its own.",
    "return w - eta * g",
    "w = w.clone()\n    w[0] -= eta * g[0]\n    return w",
)
change(
    "descend",
    "The last weight has not been moved.",
    "return w - eta * g",
    "w = w.clone()\n    w[:-1] -= eta * g[:-1]\n    return w",
)
change(
    "descend",
    "The first weight has not been moved.",
    "return w - eta * g",
    "w = w.clone()\n    w[1:] -= eta * g[1:]\n    return w",
)
change(
    "descend",
    "Weights whose slope is negative have not been moved; they go up, against their slope.",
    "eta * g",
    "eta * g.clamp(min=0)",
)

change(
    "descend",
    "The gradient stands where the place should; the step starts from w.",
    "return w -",
    "return g -",
)
change(
    "descend",
    "This goes uphill, and the learning rate plays no part.",
    "w - eta * g",
    "w + g",
)
change(
    "descend",
    "The learning rate plays no part, and only the sign of each slope is used.",
    "eta * g",
    "g.sign()",
)
change(
    "descend",
    "The gradient was divided by its largest entry first; a steep place should give a longer step than a gentle one.",
    "eta * g",
    "eta * g / g.abs().max()",
)
change(
    "descend",
    "The gradient was divided by its squared length; it is only multiplied by the learning rate.",
    "eta * g",
    "eta * g / (g @ g)",
)
change(
    "descend",
    "All weights start from their mean; each starts from its own place.",
    "return w -",
    "return w.mean() -",
)
change(
    "descend",
    "The sign of the place was lost.",
    "return w - eta * g",
    "return (w - eta * g).abs()",
)
change(
    "descend",
    "Negative weights were cut off at 0; a weight may be negative.",
    "return w - eta * g",
    "return (w - eta * g).clamp(min=0)",
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
    "Only the size of the errors is used; their sign says which way is uphill.",
    "@ error",
    "@ error.abs()",
)
change(
    "batch_gradient",
    "The sign of the error stands where the error should: that is the derivative of |error|.",
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
    "The place w was added to the gradient: that is the gradient of a penalty, which this loss does not have.",
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


# -- heavy_ball -----------------------------------------------------------------------------------------------

change(
    "heavy_ball",
    "The slope adds speed uphill; its minus is missing.",
    "alpha * v - eta * g",
    "alpha * v + eta * g",
)
change(
    "heavy_ball",
    "The speed of the step before is taken off where its share should be added.",
    "alpha * v - eta * g",
    "-alpha * v - eta * g",
)
change(
    "heavy_ball",
    "The sign of the whole speed is turned round, and the place goes with it.",
    "alpha * v - eta * g",
    "eta * g - alpha * v",
)
change(
    "heavy_ball",
    "The place goes against its speed; the new speed is added to it.",
    "w + v, v",
    "w - v, v",
)
change(
    "heavy_ball",
    "The slope adds speed uphill, and the place goes against it.",
    "alpha * v - eta * g",
    "alpha * v + eta * g",
    "w + v, v",
    "w - v, v",
)


@slip("heavy_ball", "The place was moved by the speed of the step before.")
def old_speed_moves(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + v, alpha * v - eta * g


@slip("heavy_ball", "The place is right, but the old speed is given back.")
def speed_not_kept(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v - eta * g, v


@slip(
    "heavy_ball",
    "The place was moved by the kept share of the old speed; the push of the slope is missing there.",
)
def place_without_push(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v, alpha * v - eta * g


@slip(
    "heavy_ball",
    "The place took a plain step of gradient descent; it is moved by the new speed.",
)
def plain_step(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w - eta * g, alpha * v - eta * g


change(
    "heavy_ball",
    "The slope is weakened by 1 - alpha; eq. 2.10 has it in full.",
    "eta * g",
    "(1 - alpha) * eta * g",
)
change(
    "heavy_ball",
    "The slope has the factor 1 - alpha where the learning rate should be.",
    "eta * g",
    "(1 - alpha) * g",
)
change(
    "heavy_ball",
    "The whole speed is kept; alpha says which share of it stays.",
    "alpha * v",
    "v",
)
change(
    "heavy_ball",
    "alpha is the share of the speed that is kept; here the share 1 - alpha is.",
    "alpha * v",
    "(1 - alpha) * v",
)
change(
    "heavy_ball",
    "This is a plain step: nothing of the old speed is in it.",
    "alpha * v - eta * g",
    "-eta * g",
)
change(
    "heavy_ball",
    "The push of the slope is missing: only the old speed is carried on.",
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
    "alpha multiplies the push of the slope too; it is for the old speed alone.",
    "alpha * v - eta * g",
    "alpha * (v - eta * g)",
)
change(
    "heavy_ball",
    "alpha multiplies the push of the slope, and not the old speed.",
    "alpha * v - eta * g",
    "v - alpha * eta * g",
)
change(
    "heavy_ball",
    "The learning rate multiplies the old speed too; it is for the gradient alone.",
    "alpha * v - eta * g",
    "eta * (alpha * v - g)",
)
change(
    "heavy_ball",
    "The learning rate comes in twice: it is in the speed already, and the place is moved by all of it.",
    "w + v, v",
    "w + eta * v, v",
)
change(
    "heavy_ball",
    "The learning rate comes in twice, and the place goes against its speed.",
    "w + v, v",
    "w - eta * v, v",
)
change(
    "heavy_ball",
    "The learning rate is not in the speed but in the step of the place; in eq. 2.10 it weighs the slope alone.",
    "eta * g",
    "g",
    "w + v, v",
    "w + eta * v, v",
)
change(
    "heavy_ball",
    "This speed is torch's: uphill and without the learning rate. Eq. 2.10 has both the rate and the minus in v.",
    "alpha * v - eta * g",
    "alpha * v + g",
    "w + v, v",
    "w - eta * v, v",
)
change(
    "heavy_ball",
    "This is a running mean of the gradients with a rate outside, which Adam has; eq. 2.10 is another rule.",
    "alpha * v - eta * g",
    "alpha * v + (1 - alpha) * g",
    "w + v, v",
    "w - eta * v, v",
)
change(
    "heavy_ball", "The place w stands where the gradient g should.", "eta * g", "eta * w"
)
change(
    "heavy_ball",
    "The two are exchanged: the place comes first, then the speed.",
    "w + v, v",
    "v, w + v",
)
change(
    "heavy_ball", "The speed is right; the place has not been moved.", "w + v, v", "w, v"
)
change(
    "heavy_ball",
    "The place was moved by the share alpha of its new speed only.",
    "w + v, v",
    "w + alpha * v, v",
)
change(
    "heavy_ball",
    "The place was moved by the speed and by the slope once more; the slope is in the speed already.",
    "w + v, v",
    "w + v - eta * g, v",
)
change(
    "heavy_ball",
    "The place looks ahead as Nesterov's does: it was moved by a share of the new speed and by the slope once more.",
    "w + v, v",
    "w + alpha * v - eta * g, v",
)
change("heavy_ball", "The place was moved twice by the speed.", "w + v, v", "w + 2 * v, v")
change(
    "heavy_ball",
    "The place was moved by the old speed and by the new one.",
    "    v = alpha * v - eta * g\n    return w + v, v",
    "    w = w + v\n    v = alpha * v - eta * g\n    return w + v, v",
)
change(
    "heavy_ball",
    "The second is the new place once more; it should be the speed.",
    "w + v, v",
    "w + v, w + v",
)
change(
    "heavy_ball",
    "The step is right, but the place is where it starts from: add it to w.",
    "w + v, v",
    "v, v",
)
change("heavy_ball", "Only the sign of each slope is used.", "eta * g", "eta * g.sign()")


@slip("heavy_ball", "v itself was changed; it belongs to the caller, so make a new speed.")
def changes_speed(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v *= alpha
    v -= eta * g
    return w + v, v


@slip("heavy_ball", "w itself was changed; it belongs to the caller, so make a new place.")
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
    "heavy_ball", "The old speed stands where the gradient g should.", "eta * g", "eta * v"
)
change(
    "heavy_ball",
    "The speed and the gradient are exchanged.",
    "alpha * v - eta * g",
    "alpha * g - eta * v",
)
change(
    "heavy_ball",
    "A share of the place stands where the share of the speed should.",
    "alpha * v",
    "alpha * w",
)
change(
    "heavy_ball",
    "The share alpha is taken of the place too; it is for the speed alone.",
    "return w + v",
    "return alpha * w + v",
)
change(
    "heavy_ball",
    "The speed is weakened once more before it is given back; the next step does that.",
    "w + v, v",
    "w + v, alpha * v",
)
change(
    "heavy_ball",
    "The old place is taken off; the speed is added to it.",
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
    "The learning rate comes in twice: it is squared in the push of the slope.",
    "eta * g",
    "eta**2 * g",
)
change(
    "heavy_ball",
    "The share alpha is taken twice of the old speed.",
    "alpha * v",
    "alpha**2 * v",
)
change(
    "heavy_ball",
    "The old speed is divided by alpha; it is multiplied by it.",
    "alpha * v",
    "v / alpha",
)
change(
    "heavy_ball",
    "The learning rate plays no part, and the slope adds speed uphill.",
    "alpha * v - eta * g",
    "alpha * v + g",
)
change(
    "heavy_ball",
    "This is a running mean of the gradients; eq. 2.10 has the learning rate, the minus and the slope in full.",
    "alpha * v - eta * g",
    "alpha * v + (1 - alpha) * g",
)
change(
    "heavy_ball",
    "The slope adds speed uphill, and is weakened by 1 - alpha; eq. 2.10 has it with a minus and in full.",
    "alpha * v - eta * g",
    "alpha * v + (1 - alpha) * eta * g",
)
change(
    "heavy_ball",
    "alpha weighs the slope and 1 - alpha the old speed; it is the old speed that alpha weighs, and the slope has eta alone.",
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
    "Every weight is pushed by the mean of the gradient; each has a slope of its own.",
    "eta * g",
    "eta * g.mean()",
)
change("heavy_ball", "The gradient is squared.", "eta * g", "eta * g**2")


@slip(
    "heavy_ball",
    "The place was moved by the whole old speed and the push; only the share alpha of that speed is kept.",
)
def whole_speed_moves(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + v - eta * g, alpha * v - eta * g


@slip(
    "heavy_ball",
    "The place is right; in the speed that is given back all of the old one is kept, not the share alpha.",
)
def whole_speed_kept(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v - eta * g, v - eta * g


@slip(
    "heavy_ball",
    "The place is right; the speed that is given back is the push of the slope alone.",
)
def push_given_back(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v - eta * g, -eta * g


@slip(
    "heavy_ball", "The place was moved by the old speed, and the old speed is given back."
)
def nothing_new(
    w: Tensor, v: Tensor, g: Tensor, eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + v, v


change(
    "heavy_ball",
    "The learning rate stands at the old speed too, where alpha should.",
    "alpha * v",
    "eta * v",
)
change(
    "heavy_ball",
    "alpha stands at the gradient too, where the learning rate should.",
    "eta * g",
    "alpha * g",
)
change(
    "heavy_ball",
    "The gradient stands where the old speed should.",
    "alpha * v",
    "alpha * g",
)
change(
    "heavy_ball",
    "The gradient is missing: every weight gets the same push.",
    "eta * g",
    "eta",
)
change(
    "heavy_ball",
    "The place is right; the sign of the speed is turned round.",
    "w + v, v",
    "w + v, -v",
)
change(
    "heavy_ball",
    "The place is right; the speed is torch's, which is -v / eta.",
    "w + v, v",
    "w + v, -v / eta",
)
change(
    "heavy_ball",
    "The place was moved by the mean of the old and the new speed; the new one alone moves it.",
    "    v = alpha * v - eta * g\n    return w + v, v",
    "    new = alpha * v - eta * g\n    return w + (v + new) / 2, new",
)
change(
    "heavy_ball",
    "The place took a plain step of gradient descent, and the old speed is given back.",
    "    v = alpha * v - eta * g\n    return w + v, v",
    "    return w - eta * g, v",
)
change(
    "heavy_ball",
    "The speed is added to itself; it is added to w.",
    "return w + v",
    "return v + v",
)
change(
    "heavy_ball",
    "The push of the slope is twice as large as it should be.",
    "- eta * g",
    "- 2 * eta * g",
)
change(
    "heavy_ball",
    "The slope adds speed uphill, and alpha weakens it too.",
    "alpha * v - eta * g",
    "alpha * (v + eta * g)",
)
change(
    "heavy_ball",
    "alpha is the share that is kept, and 1 - alpha is taken; the slope adds speed uphill, too.",
    "alpha * v - eta * g",
    "(1 - alpha) * v + eta * g",
)
change(
    "heavy_ball",
    "alpha weighs the slope, and 1 - alpha the old speed.",
    "alpha * v - eta * g",
    "(1 - alpha) * v - alpha * g",
)
change(
    "heavy_ball",
    "The whole speed is kept, the slope adds speed uphill, and the place goes against it.",
    "alpha * v - eta * g",
    "v + eta * g",
    "w + v, v",
    "w - v, v",
)
change(
    "heavy_ball",
    "The place was moved by the gradient without the speed, and the learning rate was left out.",
    "w + v, v",
    "w - g, v",
)


# -- nesterov -------------------------------------------------------------------------------------------------

change(
    "nesterov",
    "The slope is felt where you stand: this is the heavy ball.",
    "gradient(w + alpha * v)",
    "gradient(w)",
)
change(
    "nesterov",
    "The slope is felt too far ahead; only a share of the speed is kept.",
    "w + alpha * v)",
    "w + v)",
)
change("nesterov", "The slope is felt behind you.", "w + alpha * v)", "w - alpha * v)")
change(
    "nesterov",
    "The slope is felt behind you, and by the whole speed.",
    "w + alpha * v)",
    "w - v)",
)
change(
    "nesterov",
    "The slope is felt at the speed alone; the place ahead starts from w.",
    "(w + alpha * v)",
    "(alpha * v)",
)
change(
    "nesterov",
    "The slope is felt at the speed; it is felt at a place.",
    "(w + alpha * v)",
    "(v)",
)
change(
    "nesterov",
    "The slope is felt a share eta of the speed ahead; it should be the share alpha.",
    "w + alpha * v)",
    "w + eta * v)",
)
change(
    "nesterov",
    "The slope is felt a share 1 - alpha of the speed ahead; it should be the share alpha.",
    "w + alpha * v)",
    "w + (1 - alpha) * v)",
)
change(
    "nesterov",
    "The share alpha is taken of the place too, where the slope is felt.",
    "(w + alpha * v)",
    "(alpha * (w + v))",
)
change(
    "nesterov",
    "The share alpha is taken of the place where the slope is felt, and not of the speed.",
    "(w + alpha * v)",
    "(alpha * w + v)",
)
change(
    "nesterov",
    "The slope is felt where the heavy ball would go; look ahead by the kept speed alone.",
    "gradient(w + alpha * v)",
    "gradient(w + alpha * v - eta * gradient(w))",
)
change(
    "nesterov",
    "The slope is felt where a plain step would go; look ahead by the kept speed.",
    "gradient(w + alpha * v)",
    "gradient(w - eta * gradient(w))",
)
change(
    "nesterov",
    "The kept speed is added to the slope; it belongs inside, to the place where the slope is felt.",
    "gradient(w + alpha * v)",
    "(gradient(w) + alpha * v)",
)
change(
    "nesterov",
    "The sign of w is turned round where the slope is felt.",
    "gradient(w + alpha * v)",
    "gradient(alpha * v - w)",
)
change(
    "nesterov", "The slope adds speed uphill; its minus is missing.", "v - eta", "v + eta"
)
change(
    "nesterov",
    "The place goes against its speed; the new speed is added to it.",
    "w + v, v",
    "w - v, v",
)
change(
    "nesterov",
    "The slope adds speed uphill, and the place goes against it.",
    "v - eta",
    "v + eta",
    "w + v, v",
    "w - v, v",
)
change(
    "nesterov",
    "The sign of the whole speed is turned round.",
    "v = alpha * v - eta * gradient(w + alpha * v)",
    "v = eta * gradient(w + alpha * v) - alpha * v",
)
change(
    "nesterov",
    "The whole speed is kept; alpha says which share of it stays.",
    "v = alpha * v",
    "v = v",
)
change(
    "nesterov",
    "The whole speed is kept and looked ahead by; only the share alpha stays.",
    "v = alpha * v",
    "v = v",
    "w + alpha * v)",
    "w + v)",
)
change(
    "nesterov",
    "alpha is the share of the speed that is kept; here the share 1 - alpha is.",
    "v = alpha * v",
    "v = (1 - alpha) * v",
)
change("nesterov", "The learning rate plays no part.", "eta * ", "")
change(
    "nesterov",
    "The kept share of the old speed is missing from the new one.",
    "v = alpha * v - eta",
    "v = -eta",
)
change(
    "nesterov",
    "alpha and the learning rate are exchanged.",
    "alpha * v - eta * gradient(w + alpha * v)",
    "eta * v - alpha * gradient(w + eta * v)",
)
change(
    "nesterov",
    "alpha and the learning rate are exchanged in the speed; the slope is felt at the right place.",
    "alpha * v - eta * gradient(",
    "eta * v - alpha * gradient(",
)
change(
    "nesterov",
    "The slope is weakened by 1 - alpha; eq. 2.12 has it in full.",
    "eta * gradient",
    "(1 - alpha) * eta * gradient",
)
change(
    "nesterov",
    "The learning rate multiplies the old speed too; it is for the slope alone.",
    "alpha * v - eta * gradient(w + alpha * v)",
    "eta * (alpha * v - gradient(w + alpha * v))",
)
change(
    "nesterov",
    "alpha multiplies the push of the slope too; it is for the old speed alone.",
    "alpha * v - eta * gradient(w + alpha * v)",
    "alpha * (v - eta * gradient(w + alpha * v))",
)
change(
    "nesterov",
    "The two are exchanged: the place comes first, then the speed.",
    "w + v, v",
    "v, w + v",
)
change("nesterov", "The speed is right; the place has not been moved.", "w + v, v", "w, v")
change(
    "nesterov",
    "The place was moved by the share alpha of its new speed only.",
    "w + v, v",
    "w + alpha * v, v",
)
change(
    "nesterov",
    "The learning rate comes in twice: it is in the speed already.",
    "w + v, v",
    "w + eta * v, v",
)
change(
    "nesterov",
    "This is the place that torch stores, one look ahead of the new w; give back w itself.",
    "w + v, v",
    "w + v + alpha * v, v",
)
change(
    "nesterov",
    "The step is right, but the place is where it starts from: add it to w.",
    "w + v, v",
    "v, v",
)
change(
    "nesterov",
    "The second is the new place once more; it should be the speed.",
    "w + v, v",
    "w + v, w + v",
)


@slip(
    "nesterov", "The step starts from the place where you looked; it should start from w."
)
def leaps_twice(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    ahead = w + alpha * v
    v = alpha * v - eta * gradient(ahead)
    return ahead + v, v


@slip(
    "nesterov",
    "The place is the one where you looked; it should be moved by the new speed.",
)
def stays_ahead(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    ahead = w + alpha * v
    return ahead, alpha * v - eta * gradient(ahead)


@slip("nesterov", "The place is right, but the old speed is given back.")
def old_speed_given_back(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v - eta * gradient(w + alpha * v), v


@slip("nesterov", "The place was moved by the speed of the step before.")
def moved_by_the_old_speed(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + v, alpha * v - eta * gradient(w + alpha * v)


@slip("nesterov", "The place took a plain step from w; it is moved by the new speed.")
def moved_by_the_push(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    push = eta * gradient(w + alpha * v)
    return w - push, alpha * v - push


@slip(
    "nesterov",
    "The slope is felt at w, and the look ahead is put into the step of the place; ask for the slope ahead.",
)
def as_in_torch(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    g = gradient(w)
    v = alpha * v - eta * g
    return w + alpha * v - eta * g, v


@slip(
    "nesterov",
    "This speed is torch's: uphill and without the learning rate. Eq. 2.12 has both the rate and the minus in v.",
)
def speed_of_torch(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v + gradient(w + alpha * v)
    return w - eta * v, v


@slip(
    "nesterov",
    "The share alpha is taken twice: the speed was weakened before the look ahead, and again after it.",
)
def share_taken_twice(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v
    v = alpha * v - eta * gradient(w + v)
    return w + v, v


@slip(
    "nesterov",
    "The share alpha is taken twice where the slope is felt: the look ahead is alpha times v, once.",
)
def looks_by_the_square(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v
    v = v - eta * gradient(w + alpha * v)
    return w + v, v


@slip("nesterov", "v itself was changed; it belongs to the caller, so make a new speed.")
def changes_the_speed(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v *= alpha
    v -= eta * gradient(w + v)
    return w + v, v


@slip("nesterov", "w itself was changed; it belongs to the caller, so make a new place.")
def changes_the_place(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    v = alpha * v - eta * gradient(w + alpha * v)
    w += v
    return w, v


change(
    "nesterov",
    "The place ahead stands where its slope should: gradient was not called.",
    "gradient(w + alpha * v)",
    "(w + alpha * v)",
)
change(
    "nesterov",
    "The slope is felt behind you, by a share eta of the speed.",
    "w + alpha * v)",
    "w - eta * v)",
)
change(
    "nesterov",
    "The slope is felt ahead by a share of the place; it is the speed that leads ahead.",
    "(w + alpha * v)",
    "(w + alpha * w)",
)
change(
    "nesterov",
    "The slope is felt ahead by a share of the speed that the heavy ball would have; look ahead by the old one.",
    "gradient(w + alpha * v)",
    "gradient(w + alpha * (alpha * v - eta * gradient(w)))",
)
change(
    "nesterov",
    "The slope is felt a share alpha times eta of the speed ahead; the learning rate has no place there.",
    "w + alpha * v)",
    "w + eta * alpha * v)",
)
change(
    "nesterov",
    "The slope is the mean of the one here and the one ahead; the one ahead was asked for.",
    "gradient(w + alpha * v)",
    "(gradient(w) + gradient(w + alpha * v)) / 2",
)
change(
    "nesterov",
    "The slopes here and ahead are added; only the one ahead counts.",
    "gradient(w + alpha * v)",
    "(gradient(w) + gradient(w + alpha * v))",
)
change(
    "nesterov",
    "The slope of the place and the slope of the speed are added; the sum belongs inside, to the place where the slope is felt.",
    "gradient(w + alpha * v)",
    "(gradient(w) + gradient(alpha * v))",
)
change(
    "nesterov",
    "The slope is felt at w, and adds speed uphill.",
    "- eta * gradient(w + alpha * v)",
    "+ eta * gradient(w)",
)
change(
    "nesterov",
    "The slope is felt behind you, and adds speed uphill.",
    "- eta * gradient(w + alpha * v)",
    "+ eta * gradient(w - alpha * v)",
)
change(
    "nesterov",
    "The speed of the step before is taken off where its share should be added.",
    "v = alpha",
    "v = -alpha",
)
change(
    "nesterov",
    "The share alpha is taken of the place too; it is for the speed alone.",
    "return w + v",
    "return alpha * w + v",
)
change(
    "nesterov",
    "The speed is weakened once more before it is given back; the next step does that.",
    "w + v, v",
    "w + v, alpha * v",
)
change(
    "nesterov",
    "The learning rate comes in twice, and the place goes against its speed.",
    "w + v, v",
    "w - eta * v, v",
)
change("nesterov", "The place was moved twice by the speed.", "w + v, v", "w + 2 * v, v")
change(
    "nesterov",
    "alpha multiplies the push of the slope, and not the old speed.",
    "alpha * v - eta * gradient(",
    "v - alpha * eta * gradient(",
)
change(
    "nesterov",
    "The slope has the factor 1 - alpha where the learning rate should be.",
    "eta * gradient",
    "(1 - alpha) * gradient",
)
change(
    "nesterov",
    "The learning rate comes in twice: it is squared in the push of the slope.",
    "eta * gradient",
    "eta**2 * gradient",
)
change(
    "nesterov",
    "Only the sign of the slope is used.",
    "gradient(w + alpha * v)",
    "gradient(w + alpha * v).sign()",
)
change(
    "nesterov",
    "This is a plain step of gradient descent: nothing of the old speed is in it.",
    "alpha * v - eta * gradient(w + alpha * v)",
    "-eta * gradient(w)",
)


@slip(
    "nesterov", "The step starts from the place where you looked; it should start from w."
)
def leaps_twice_in_place(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    w += alpha * v
    v = alpha * v - eta * gradient(w)
    return w + v, v


@slip(
    "nesterov",
    "The step starts from the place where the whole speed leads; it should start from w, and the look goes a share of the speed ahead.",
)
def leaps_by_all(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    ahead = w + v
    v = alpha * v - eta * gradient(ahead)
    return ahead + v, v


@slip(
    "nesterov",
    "The place is right, but the speed is the heavy ball's, with the slope at w.",
)
def speed_of_the_heavy_ball(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v - eta * gradient(w + alpha * v), alpha * v - eta * gradient(w)


@slip("nesterov", "The speed is right, but the place was moved with the slope at w.")
def place_of_the_heavy_ball(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    return w + alpha * v - eta * gradient(w), alpha * v - eta * gradient(w + alpha * v)


@slip(
    "nesterov",
    "The place is right; the speed is the push of the slope alone, and the kept share of the old speed is missing.",
)
def only_the_push(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    ahead = w + alpha * v
    push = eta * gradient(ahead)
    return ahead - push, -push


@slip(
    "nesterov",
    "w and v themselves were changed; they belong to the caller, so make new tensors.",
)
def changes_w_and_v(
    w: Tensor, v: Tensor, gradient: Callable[[Tensor], Tensor], eta: float, alpha: float
) -> tuple[Tensor, Tensor]:
    g = gradient(w + alpha * v)
    v.mul_(alpha).sub_(eta * g)
    w.add_(v)
    return w, v


change(
    "nesterov",
    "The push of the slope is missing: only the old speed is carried on.",
    "alpha * v - eta * gradient(w + alpha * v)",
    "alpha * v",
)
change(
    "nesterov",
    "The learning rate stands at the old speed too, where alpha should.",
    "v = alpha * v",
    "v = eta * v",
)
change(
    "nesterov",
    "alpha stands at the slope too, where the learning rate should.",
    "- eta * gradient",
    "- alpha * gradient",
)
change(
    "nesterov",
    "The place stands where the old speed should.",
    "v = alpha * v",
    "v = alpha * w",
)
change(
    "nesterov",
    "The place is right; the sign of the speed is turned round.",
    "w + v, v",
    "w + v, -v",
)
change(
    "nesterov",
    "The place is right; the speed is torch's, which is -v / eta.",
    "w + v, v",
    "w + v, -v / eta",
)
change(
    "nesterov",
    "The slope is felt alpha ahead in every weight; it is the share alpha of the speed that leads ahead.",
    "w + alpha * v)",
    "w + alpha)",
)
change(
    "nesterov",
    "The slope is felt ahead by the kept speed twice.",
    "w + alpha * v)",
    "w + 2 * alpha * v)",
)
change(
    "nesterov",
    "The slope is felt too far ahead, by the old speed and the kept share of it.",
    "w + alpha * v)",
    "w + v + alpha * v)",
)
change(
    "nesterov",
    "The slope is felt at the place times alpha; look ahead by the speed.",
    "(w + alpha * v)",
    "(alpha * w)",
)
change(
    "nesterov",
    "The slope is felt at a mean of the place and the speed.",
    "(w + alpha * v)",
    "((1 - alpha) * w + alpha * v)",
)
change(
    "nesterov",
    "The slope is felt at w, and the learning rate plays no part.",
    "eta * gradient(w + alpha * v)",
    "gradient(w)",
)
change(
    "nesterov",
    "The slope is felt at w, and weakened by 1 - alpha.",
    "eta * gradient(w + alpha * v)",
    "(1 - alpha) * eta * gradient(w)",
)
change(
    "nesterov",
    "The place was moved by the speed and by the slope once more, at w.",
    "w + v, v",
    "w + v - eta * gradient(w), v",
)
change(
    "nesterov",
    "The slope is felt ahead of the whole old speed, and adds speed uphill.",
    "- eta * gradient(w + alpha * v)",
    "+ eta * gradient(w + v)",
)


# -- scatter --------------------------------------------------------------------------------------------------

change(
    "scatter",
    "This is the scatter of a single example; a mean of several scatters less.",
    "s2 / M",
    "s2",
)
change(
    "scatter",
    "This is divided by the square root of M: that would be right for the distance, not for its square.",
    "s2 / M",
    "s2 / M**0.5",
)
change(
    "scatter",
    "This is divided by the square of M; eq. 2.9 has M itself.",
    "s2 / M",
    "s2 / M**2",
)
change(
    "scatter", "This is multiplied by M; a larger batch scatters less.", "s2 / M", "s2 * M"
)
change("scatter", "This is divided by M - 1; eq. 2.9 has M.", "s2 / M", "s2 / (M - 1)")
change(
    "scatter",
    "This is divided by the number of all examples in place of the batch's size M.",
    "s2 / M",
    "s2 / len(gradients)",
)
change(
    "scatter",
    "This is divided by n - 1, where eq. 2.9 has n.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(0).sum()",
)
change(
    "scatter",
    "The squared distances are summed over the examples; s² is their mean.",
    ".sum(1).mean()",
    ".sum()",
)
change(
    "scatter",
    "The squared distances are summed over the examples and divided neither by n nor by M.",
    ".sum(1).mean()",
    ".sum()",
    "s2 / M",
    "s2",
)
change(
    "scatter",
    "The coordinates are averaged; a squared distance is their sum.",
    ".sum(1).mean()",
    ".mean()",
)
change(
    "scatter",
    "The coordinates are averaged, and the sum over the examples is divided by n - 1.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(0).mean()",
)
change(
    "scatter",
    "This is the squared length of the gradients; their mean was not taken off.",
    "gradients - gradients.mean(0)",
    "gradients",
)
change(
    "scatter",
    "This is the squared length of the mean gradient; the distances from it were asked for.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.mean(0).square().sum()",
)
change(
    "scatter",
    "From each gradient its own mean over the coordinates was taken off; the exact gradient is the mean over the examples.",
    "gradients - gradients.mean(0)",
    "gradients - gradients.mean(1, keepdim=True)",
)
change(
    "scatter",
    "The mean of all entries was taken off; the exact gradient has a mean for each coordinate.",
    "gradients - gradients.mean(0)",
    "gradients - gradients.mean()",
)
change(
    "scatter",
    "All entries are taken as one heap of numbers, with one mean, divided by their number less 1.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var()",
)
change(
    "scatter",
    "All entries are taken as one heap of numbers with one mean; each coordinate has its own, and their squares are summed.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(correction=0)",
)
change(
    "scatter",
    "The distances are averaged, and not their squares.",
    ".square().sum(1).mean()",
    ".square().sum(1).sqrt().mean()",
)
change(
    "scatter",
    "The distances are averaged and then squared; square them first.",
    ".square().sum(1).mean()",
    ".square().sum(1).sqrt().mean() ** 2",
)
change(
    "scatter", "This is the root of the mean squared distance.", "s2 / M", "(s2 / M).sqrt()"
)
change("scatter", "s stands where s² should.", "s2 / M", "s2.sqrt() / M")
change("scatter", "s² is squared once more.", "s2 / M", "s2**2 / M")
change(
    "scatter",
    "The variance of each coordinate by itself; a squared distance sums over them.",
    ".sum(1).mean()",
    ".mean(0)",
)
change(
    "scatter",
    "One number for each example; their mean was asked for.",
    ".sum(1).mean()",
    ".sum(1)",
)
change(
    "scatter",
    "The differences are added over the coordinates before they are squared.",
    ".square().sum(1).mean()",
    ".sum(1).square().mean()",
)
change(
    "scatter",
    "The differences are not squared; their absolute values are summed.",
    ".square().sum(1)",
    ".abs().sum(1)",
)
change(
    "scatter",
    "The standard deviations of the coordinates are summed; it is the variances that add up.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.std(0, correction=0).sum()",
)
change(
    "scatter",
    "The standard deviations of the coordinates are summed, with n - 1; eq. 2.9 has variances, and n.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.std(0).sum()",
)
change(
    "scatter",
    "The variance runs over the coordinates of each example; it should run over the examples.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(1).mean()",
)
change(
    "scatter",
    "The variance runs over the coordinates of each example, and is summed; it should run over the examples.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(1).sum()",
)
change(
    "scatter",
    "Only the first M examples are looked at; the batch may be any, and the mean is over all n.",
    "    s2",
    "    gradients = gradients[:M]\n    s2",
)
change(
    "scatter",
    "Only the distances of the first M examples are averaged; the mean is over all n.",
    "(gradients - gradients.mean(0))",
    "(gradients - gradients.mean(0))[:M]",
)
change(
    "scatter",
    "The exact gradient is taken to be that of the first example; it is the mean of all.",
    "gradients.mean(0)",
    "gradients[0]",
)
change(
    "scatter",
    "The median stands for the mean.",
    "gradients.mean(0)",
    "gradients.median(0).values",
)
change(
    "scatter",
    "The factor (n - M) / (n - 1) is for drawing without putting back; here an example may come twice.",
    "s2 / M",
    "s2 / M * (len(gradients) - M) / (len(gradients) - 1)",
)
change(
    "scatter",
    "The factor 1 - M / n is for drawing without putting back; here an example may come twice.",
    "s2 / M",
    "s2 / M * (1 - M / len(gradients))",
)
change(
    "scatter",
    "Divided by M and by n once more; the mean has divided by n already.",
    "s2 / M",
    "s2 / M / len(gradients)",
)
change(
    "scatter",
    "The largest of the squared distances was taken; s² is their mean.",
    ".sum(1).mean()",
    ".sum(1).max()",
)


@slip(
    "scatter",
    "gradients itself was changed; it belongs to the caller, so make a new tensor for the differences.",
)
def centres_in_place(gradients: Tensor, M: int) -> Tensor:
    gradients -= gradients.mean(0)
    return gradients.square().sum(1).mean() / M


change(
    "scatter",
    "The mean was not taken off, and the squares are summed over the examples.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.square().sum()",
)
change(
    "scatter",
    "The mean was not taken off, and the coordinates are averaged.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.square().mean()",
)
change(
    "scatter",
    "This is the scatter of a single example, with n - 1; eq. 2.9 has n, and divides by M.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(0).sum()",
    "s2 / M",
    "s2",
)
change(
    "scatter",
    "The sum of the gradients was taken off; the exact gradient is their mean.",
    "gradients.mean(0)",
    "gradients.sum(0)",
)
change(
    "scatter",
    "The mean of the first M gradients was taken off; the exact gradient is the mean of all.",
    "gradients.mean(0)",
    "gradients[:M].mean(0)",
)
change(
    "scatter",
    "This is the mean squared distance between two gradients, twice that from the exact one.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "torch.cdist(gradients, gradients).square().mean()",
)
change(
    "scatter",
    "The median of the squared distances was taken; s² is their mean.",
    ".sum(1).mean()",
    ".sum(1).median()",
)
change(
    "scatter",
    "The sign is turned round: a squared distance is positive.",
    "s2 / M",
    "-s2 / M",
)
change(
    "scatter",
    "This is divided by the number of coordinates, and not by M.",
    ".sum(1).mean()",
    ".mean()",
    "s2 / M",
    "s2",
)

change(
    "scatter",
    "The squares are averaged over the coordinates and summed over the examples; it is the other way round.",
    ".sum(1).mean()",
    ".sum(0).mean()",
)
change(
    "scatter",
    "The mean is added; a distance is a difference.",
    "gradients - gradients",
    "gradients + gradients",
)
change("scatter", "This is turned upside down: M over s².", "s2 / M", "M / s2")
change(
    "scatter",
    "This is the root, with n - 1: the squared distance was asked for, and eq. 2.9 has n.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(0).sum()",
    "s2 / M",
    "(s2 / M).sqrt()",
)
change(
    "scatter",
    "This is divided by n - 1 and by the root of M; eq. 2.9 has n and M.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.var(0).sum()",
    "s2 / M",
    "s2 / M**0.5",
)
change(
    "scatter",
    "The standard deviation of all entries as one heap stands where s² should.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.std()",
)
change(
    "scatter",
    "This is the standard error of all entries as one heap; the mean squared distance was asked for.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.std()",
    "s2 / M",
    "s2 / M**0.5",
)
change(
    "scatter",
    "The absolute differences are added over the coordinates and then squared; square them first.",
    ".square().sum(1)",
    ".abs().sum(1).square()",
)
change(
    "scatter",
    "This is the squared distance of one batch, the first M examples; the mean over all batches was asked for.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "(gradients[:M].mean(0) - gradients.mean(0)).square().sum()",
    "s2 / M",
    "s2",
)
change(
    "scatter",
    "The mean was not taken off, and it is not divided by M.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.square().sum(1).mean()",
    "s2 / M",
    "s2",
)
change(
    "scatter",
    "The coordinates are averaged, and it is divided by the root of M.",
    ".sum(1).mean()",
    ".mean()",
    "s2 / M",
    "s2 / M**0.5",
)
change(
    "scatter",
    "The squared distance of the first example alone, divided by M; s² is the mean over all.",
    ".sum(1).mean()",
    ".sum(1)[0]",
)
change(
    "scatter",
    "The squared distance of the last example alone, divided by M; s² is the mean over all.",
    ".sum(1).mean()",
    ".sum(1)[-1]",
)
change(
    "scatter",
    "Only the first coordinate is in it; a squared distance sums over all.",
    ".sum(1).mean()",
    "[:, 0].mean()",
)
change(
    "scatter",
    "The smallest of the squared distances was taken; s² is their mean.",
    ".sum(1).mean()",
    ".sum(1).min()",
)
change(
    "scatter",
    "This is the mean length of the gradients; their mean was not taken off, and lengths are not squared.",
    "(gradients - gradients.mean(0)).square().sum(1).mean()",
    "gradients.norm(dim=1).mean()",
)


equivalent(
    "scatter",
    "A square does not depend on the sign.",
    "s2 = (gradients.mean(0) - gradients).square().sum(1).mean()",
)
equivalent(
    "scatter",
    "The mean of a column is the mean of its numbers, and a row is taken off every row.",
    "s2 = (gradients - gradients.mean(0)).square().sum(1, keepdim=True).mean()",
    "s2 = (gradients - gradients.mean(0, keepdim=True)).square().sum(1).mean()",
)


# -- longest_step ---------------------------------------------------------------------------------------------

change(
    "longest_step",
    "This is half of the longest step: already at 1 over the curvature you land in the middle.",
    "2 /",
    "1 /",
)
change(
    "longest_step",
    "This is twice the longest step, which is 2 over the largest curvature.",
    "2 /",
    "4 /",
)
change("longest_step", "The flattest direction does not set the limit.", ".max()", ".min()")
change(
    "longest_step",
    "This is 1 over the curvature of the flattest direction; the steepest sets the limit, and its numerator is 2.",
    "2 / ",
    "1 / ",
    ".max()",
    ".min()",
)
change(
    "longest_step",
    "This is the largest curvature; the longest step is 2 over it.",
    "2 / ",
    "",
)
change(
    "longest_step",
    "This is the smallest curvature; the step comes from the largest, and is 2 over it.",
    "2 / ",
    "",
    ".max()",
    ".min()",
)
change(
    "longest_step",
    "Multiplied where it should be divided: a steeper valley needs shorter steps.",
    "2 /",
    "2 *",
)
change(
    "longest_step",
    "This is turned upside down: the curvature divided by 2.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "torch.linalg.eigvalsh(H).max().item() / 2",
)
change(
    "longest_step",
    "The diagonal holds the curvatures along the axes; the steepest direction may lie between them.",
    "torch.linalg.eigvalsh(H).max()",
    "H.diagonal().max()",
)
change(
    "longest_step",
    "This is 1 over the largest number of H, which stands on its diagonal; the steepest direction may lie between the axes, and the numerator is 2.",
    "2 / torch.linalg.eigvalsh(H).max()",
    "1 / H.diagonal().max()",
)
change(
    "longest_step",
    "The smallest number on the diagonal is no curvature of the steepest direction: that is the largest eigenvalue.",
    "torch.linalg.eigvalsh(H).max()",
    "H.diagonal().min()",
)
change(
    "longest_step",
    "This is 2 over the first number of H; the curvatures are its eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H[0, 0]",
)
change(
    "longest_step",
    "This is 2 over the last number of H; the curvatures are its eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H[-1, -1]",
)
change(
    "longest_step",
    "This is 2 over the sum of all curvatures, which is the trace; the largest alone sets the limit.",
    ".max()",
    ".sum()",
)
change(
    "longest_step",
    "This is 2 over the mean curvature; the largest alone sets the limit.",
    ".max()",
    ".mean()",
)
change(
    "longest_step",
    "This is 2 over the product of all curvatures, which is the determinant; the largest alone sets the limit.",
    ".max()",
    ".prod()",
)
change(
    "longest_step",
    "This is 2 over a curvature that is neither the largest nor the smallest.",
    ".max()",
    ".median()",
)
change(
    "longest_step",
    "This is 2 over the Frobenius norm, which holds all curvatures together; the largest alone sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "H.norm()",
)
change(
    "longest_step",
    "This is 2 over the largest sum of the absolute values in a row: a bound for the curvature, and not the curvature itself.",
    "torch.linalg.eigvalsh(H).max()",
    "H.abs().sum(1).max()",
)
change(
    "longest_step",
    "This is 2 over the largest sum of a row; the curvatures are the eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H.sum(1).max()",
)
change(
    "longest_step",
    "This is 2 over the sum of all numbers of H; the curvatures are its eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H.sum()",
)
change(
    "longest_step",
    "This is 2 over the mean of all numbers of H; the curvatures are its eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H.mean()",
)
change(
    "longest_step",
    "This is 2 over the largest length of a row; the curvatures are the eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H.norm(dim=1).max()",
)
change(
    "longest_step",
    "This is the condition number; the longest step depends on the largest curvature alone.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "torch.linalg.cond(H, 2).item()",
)
change(
    "longest_step",
    "This is 2 over the condition number; the longest step depends on the largest curvature alone.",
    "torch.linalg.eigvalsh(H).max()",
    "torch.linalg.cond(H, 2)",
)
change(
    "longest_step",
    "The root of the curvature was taken; the eigenvalues of H are the curvatures already.",
    "torch.linalg.eigvalsh(H).max()",
    "torch.linalg.eigvalsh(H).max().sqrt()",
)
change(
    "longest_step",
    "The curvature is squared; the step is 2 over the curvature itself.",
    "torch.linalg.eigvalsh(H).max()",
    "torch.linalg.eigvalsh(H @ H).max()",
)
change(
    "longest_step",
    "The largest and the smallest curvature are added: that is the best step of plain descent, not the longest.",
    "torch.linalg.eigvalsh(H).max()",
    "(torch.linalg.eigvalsh(H).max() + torch.linalg.eigvalsh(H).min())",
)
change(
    "longest_step",
    "The smallest curvature is taken off the largest; the largest alone sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "(torch.linalg.eigvalsh(H).max() - torch.linalg.eigvalsh(H).min())",
)
change(
    "longest_step",
    "This is the best step of the heavy ball (eq. 2.11); the longest of plain descent was asked for.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "4 / torch.linalg.eigvalsh(H)[[0, -1]].sqrt().sum().item() ** 2",
)
change(
    "longest_step", "The sign is turned round: a learning rate is positive.", "2 /", "-2 /"
)

change(
    "longest_step",
    "This is the right number in a tensor; a plain number was asked for.",
    ".item()",
    "",
)
change(
    "longest_step",
    "One number for each curvature; the steepest direction sets the limit for all.",
    "eigvalsh(H).max().item()",
    "eigvalsh(H)",
)
change(
    "longest_step",
    "This is 2 over a curvature that is neither the largest nor the smallest.",
    "eigvalsh(H).max()",
    "eigvalsh(H)[-2]",
)
change(
    "longest_step",
    "This is the smallest curvature over 2: upside down, and the wrong end.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "torch.linalg.eigvalsh(H).min().item() / 2",
)
change(
    "longest_step",
    "Multiplied where it should be divided, and with the smallest curvature.",
    "2 /",
    "2 *",
    ".max()",
    ".min()",
)
change(
    "longest_step",
    "This is 1 over the sum of all curvatures, which is the trace; the step is 2 over the largest.",
    "2 /",
    "1 /",
    ".max()",
    ".sum()",
)
change(
    "longest_step",
    "This is 1 over the sum of the largest and the smallest curvature; the step is 2 over the largest.",
    "2 / torch.linalg.eigvalsh(H).max()",
    "1 / (torch.linalg.eigvalsh(H).max() + torch.linalg.eigvalsh(H).min())",
)
change(
    "longest_step",
    "This is 2 over the root of the product of the largest and the smallest curvature; the largest alone sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "(torch.linalg.eigvalsh(H).max() * torch.linalg.eigvalsh(H).min()).sqrt()",
)
change(
    "longest_step",
    "This is 2 over the product of the largest and the smallest curvature; the largest alone sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "(torch.linalg.eigvalsh(H).max() * torch.linalg.eigvalsh(H).min())",
)
change(
    "longest_step",
    "This is the largest number on the diagonal, undivided; the step is 2 over the largest eigenvalue.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "H.diagonal().max().item()",
)
change(
    "longest_step",
    "This is 1 over the Frobenius norm, which holds all curvatures together; the step is 2 over the largest.",
    "2 / torch.linalg.eigvalsh(H).max()",
    "1 / H.norm()",
)
change(
    "longest_step",
    "This is 2 over the squared Frobenius norm; the largest curvature alone sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "H.square().sum()",
)
change(
    "longest_step",
    "This is 2 over the sum of all absolute values; the curvatures are the eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "H.abs().sum()",
)

change(
    "longest_step",
    "This is a quarter of the longest step: the 2 stands below where it should stand above.",
    "2 / ",
    "0.5 / ",
)
change(
    "longest_step",
    "The root was taken; the longest step is 2 over the curvature itself.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "(2 / torch.linalg.eigvalsh(H).max()).sqrt().item()",
)
change(
    "longest_step",
    "This is 1 over the root of the largest curvature; the longest step is 2 over the curvature itself.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "1 / torch.linalg.eigvalsh(H).max().sqrt().item()",
)
change(
    "longest_step",
    "This is 2 over the largest number beside the diagonal; the curvatures are the eigenvalues.",
    "torch.linalg.eigvalsh(H).max()",
    "(H - H.diagonal().diag()).max()",
)
change(
    "longest_step",
    "This is 2 over the smallest number of H; the curvatures are the eigenvalues, and the largest sets the limit.",
    "torch.linalg.eigvalsh(H).max()",
    "H.min()",
)
change(
    "longest_step",
    "The longest steps of all curvatures are averaged; the steepest direction sets the limit for all.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "(2 / torch.linalg.eigvalsh(H)).mean().item()",
)
change(
    "longest_step",
    "The longest steps of all curvatures are added; the steepest direction sets the limit for all.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "(2 / torch.linalg.eigvalsh(H)).sum().item()",
)
change(
    "longest_step",
    "This is 1 over the mean of the diagonal, the mean curvature; the step is 2 over the largest.",
    "2 /",
    "1 /",
    ".max()",
    ".mean()",
)
change(
    "longest_step",
    "This is the mean of the largest and the smallest curvature; the step is 2 over the largest.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "(torch.linalg.eigvalsh(H)[[0, -1]].sum() / 2).item()",
)
change(
    "longest_step",
    "1 was added to the curvature; the step is 2 over the curvature itself.",
    "torch.linalg.eigvalsh(H).max()",
    "(1 + torch.linalg.eigvalsh(H).max())",
)
change(
    "longest_step",
    "This is computed from the condition number, as (κ - 1) / (κ + 1); the longest step depends on the largest curvature alone.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "(lambda k: (k - 1) / (k + 1))(torch.linalg.cond(H, 2).item())",
)
change(
    "longest_step",
    "This is the inverse of the condition number; the longest step depends on the largest curvature alone.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "1 / torch.linalg.cond(H, 2).item()",
)
change(
    "longest_step",
    "This is the trace; the step is 2 over the largest curvature.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "H.trace().item()",
)
change(
    "longest_step",
    "Upside down, and from the diagonal: its largest number over 2.",
    "2 / torch.linalg.eigvalsh(H).max().item()",
    "H.diagonal().max().item() / 2",
)


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
    "The small number stands under the root; eq. 2.16 has it outside.",
    "(s_hat.sqrt() + eps)",
    "(s_hat + eps).sqrt()",
)
change(
    "adam",
    "The small number eps that was given is not in the denominator.",
    "(s_hat.sqrt() + eps)",
    "s_hat.sqrt()",
)
change(
    "adam",
    "The small number is added after the division, and the learning rate multiplies it; it belongs to the denominator.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * (m_hat / s_hat.sqrt() + eps)",
)
change(
    "adam",
    "The small number is taken off the place; it belongs to the denominator.",
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
change("adam", "This goes uphill.", "w - eta", "w + eta")
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
    "The correction of s stands outside the root; s is corrected first, and then its root is taken.",
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
    "The root of the squared gradient stands where the root of its running mean should: nothing of the past is in it.",
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
    "s holds the squared distance of the gradient from its mean; eq. 2.16 has the square of the gradient.",
    "g**2",
    "(g - m) ** 2",
)
change(
    "adam",
    "s holds the square of the mean m; eq. 2.16 has the square of the gradient.",
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
    "The small number is added to the place; it belongs to the denominator, and needs brackets there.",
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
    "The small number was added before s was corrected; the correction stands under the root, and the small number outside.",
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
change(
    "adam",
    "The small number is subtracted; it is added to the root.",
    "sqrt() + eps",
    "sqrt() - eps",
)
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
    "The small number is added to the mean, and not to the denominator.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * (m_hat + eps) / s_hat.sqrt()",
)
change(
    "adam",
    "The small number is added twice, under the root and outside it.",
    "(s_hat.sqrt() + eps)",
    "((s_hat + eps).sqrt() + eps)",
)
change(
    "adam",
    "The root of m stands in the denominator; it is the root of s.",
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
    "adam",
    "The step alone is given back in the place of the new weights.",
    "w - eta",
    "-eta",
)
change(
    "adam",
    "The place w was added to the mean m in the step: that is a weight decay, which eq. 2.16 does not have.",
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
    "The means are not corrected, and the small number stands under the root.",
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
    "The root is missing, and the small number too.",
    "eta * m_hat / (s_hat.sqrt() + eps)",
    "eta * m_hat / s_hat",
)
change(
    "adam",
    "The means are not corrected, and the small number is not in the denominator.",
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
    "The larger of the root and the small number was taken; they are added.",
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
    "The place goes uphill, and the means are not corrected.",
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
    "The root of s is stored; eq. 2.16 stores s itself.",
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
