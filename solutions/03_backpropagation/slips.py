"""Planted wrong answers to the exercises of chapter 3, each with the hint that it must get."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_tools.grading.slips import change, slip

# -- output_delta ---------------------------------------------------------------------------------------------

change(
    "output_delta",
    "This is blame on the answers; it has not passed the slope of the sigmoid yet.",
    "return dL_da * a * (1 - a)",
    "return dL_da",
)
change(
    "output_delta",
    "The slope is taken at the answers a; it belongs to the sums z.",
    "a = z.sigmoid()",
    "a = z.sigmoid().sigmoid()",
)
change(
    "output_delta",
    "The sigmoid itself stands where its slope should be.",
    "a * (1 - a)",
    "a",
)
change("output_delta", "Only 1 - a is there: the slope is a (1 - a).", "* a * (1", "* (1")
change(
    "output_delta",
    "The slope is right, but the blame dL_da is not in it.",
    "dL_da * a",
    "a",
)
change(
    "output_delta",
    "The slope is a (1 - a) with a = sigmoid(z); here z itself was put in.",
    "a = z.sigmoid()",
    "a = z",
)
change("output_delta", "1 - a**2 is the slope of tanh; the layer is a sigmoid.", "* a * (1 - a)",
       "* (1 - z.tanh() ** 2)")  # fmt: skip
change(
    "output_delta",
    "The blame is added to the slope; the chain rule multiplies.",
    "dL_da * a",
    "dL_da + a",
)
change(
    "output_delta",
    "Averaged over the batch; the loss has seen to that.",
    "* (1 - a)",
    "* (1 - a) / len(z)",
)

# -- hidden_delta ---------------------------------------------------------------------------------------------

change(
    "hidden_delta",
    "The blame has not passed the slope of tanh yet.",
    " * (1 - z.tanh() ** 2)",
    "",
)
change(
    "hidden_delta",
    "The slope is taken at the answers tanh(z); it belongs to the sums z.",
    "z.tanh()",
    "z.tanh().tanh()",
)
change(
    "hidden_delta",
    "tanh itself stands where its slope should be.",
    "(1 - z.tanh() ** 2)",
    "z.tanh()",
)
change(
    "hidden_delta",
    "The slope of tanh is 1 - tanh(z)**2: the square is missing.",
    " ** 2",
    "",
)
change(
    "hidden_delta",
    "s (1 - s) is the slope of a sigmoid; this layer is a tanh.",
    "(1 - z.tanh() ** 2)",
    "(z.sigmoid() * (1 - z.sigmoid()))",
)
change(
    "hidden_delta",
    "The slope is 1 - tanh(z)**2; here z itself was squared.",
    "z.tanh()",
    "z",
)
change(
    "hidden_delta",
    "The slope is added; the chain rule multiplies by it.",
    ") * (1",
    ") + (1",
)
change(
    "hidden_delta",
    "t (1 - t) is right for a sigmoid only; for a tanh t the slope is 1 - t**2.",
    "(1 - z.tanh() ** 2)",
    "(z.tanh() * (1 - z.tanh()))",
)

# -- layer_gradients ------------------------------------------------------------------------------------------

change(
    "layer_gradients",
    "Averaged over the batch; the loss has divided by n already.",
    "a_prev, delta.sum(dim=0)",
    "a_prev / len(delta), delta.mean(dim=0)",
)
change(
    "layer_gradients",
    "dW is averaged over the batch, db is not; both are sums.",
    "a_prev, ",
    "a_prev / len(delta), ",
)
change(
    "layer_gradients",
    "db is averaged over the batch; it is a sum, as dW is.",
    "delta.sum(dim=0)",
    "delta.mean(dim=0)",
)
change(
    "layer_gradients",
    "dW is transposed: it has the shape of W, which is (m, k).",
    "delta.T @ a_prev",
    "a_prev.T @ delta",
)
change(
    "layer_gradients",
    "db holds one row for each example; all of them pull at one bias.",
    "delta.sum(dim=0)",
    "delta",
)
change(
    "layer_gradients",
    "db is summed over the outputs; there is one bias for each output, and the examples are summed.",
    "dim=0",
    "dim=1",
)
change(
    "layer_gradients", "db is one number; there is one bias for each output.", "dim=0", ""
)
change(
    "layer_gradients",
    "db is the sum of the inputs; a bias is multiplied by 1, so that its gradient is the sum of delta.",
    "delta.sum(dim=0)",
    "a_prev.sum(dim=0)",
)
change(
    "layer_gradients",
    "The two are exchanged: dW comes first.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "delta.sum(dim=0), delta.T @ a_prev",
)
change(
    "layer_gradients",
    "db keeps an axis of size 1; b has the shape (m,).",
    "dim=0",
    "dim=0, keepdim=True",
)

# -- numeric_gradient -----------------------------------------------------------------------------------------

change(
    "numeric_gradient",
    "Nudged one way only: that misses by about h, both ways by about h^2.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "(f(x + step) - f(x)) / h",
)
change(
    "numeric_gradient",
    "Nudged one way only, and backwards: that misses by about h, both ways by about h^2.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "(f(x) - f(x - step)) / h",
)
change("numeric_gradient", "Divided by h, but the two nudges are 2h apart.", "(2 * h)", "h")
change(
    "numeric_gradient",
    "Nudged one way only, and divided by 2h: the two values are h apart.",
    "f(x - step)",
    "f(x)",
)
change(
    "numeric_gradient",
    "The difference is not divided by the distance 2h.",
    " / (2 * h)",
    "",
)
change(
    "numeric_gradient",
    "Multiplied by h where it should be divided: / 2 * h is (/ 2) * h.",
    "(2 * h)",
    "2 * h",
)
change("numeric_gradient", "The step is fixed; it should be the h that was given.", "= h\n", "= 1e-5\n",
       "(2 * h)", "(2e-5)")  # fmt: skip
change(
    "numeric_gradient",
    "The sign is turned round: up minus down.",
    "(f(x + step) - f(x - step))",
    "(f(x - step) - f(x + step))",
)
change(
    "numeric_gradient",
    "The result has lost the shape of x.",
    "torch.empty_like(x)",
    "torch.empty(x.numel(), dtype=x.dtype)",
)
change(
    "numeric_gradient",
    "All numbers are nudged at once; that is a directional derivative. Nudge one at a time.",
    "step.view(-1)[i] = h",
    "step += h",
)
change(
    "numeric_gradient",
    "The earlier nudges stay: each number needs a step of its own that is 0 elsewhere.",
    "    for i in range(x.numel()):\n        step = torch.zeros_like(x)\n",
    "    step = torch.zeros_like(x)\n    for i in range(x.numel()):\n",
)


@slip("numeric_gradient", "x belongs to the caller, and was left changed.")
def leaves_x_nudged(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    grad = torch.empty_like(x)
    for i in range(x.numel()):
        old = x.view(-1)[i].item()
        x.view(-1)[i] = old + h
        up = f(x)
        x.view(-1)[i] = old - h
        grad.view(-1)[i] = (up - f(x)) / (2 * h)
    return grad


# -- softmax_cross_entropy ------------------------------------------------------------------------------------

change(
    "softmax_cross_entropy",
    "Both are summed over the batch; the loss is a mean, and so is its gradient.",
    ".mean(), dz / len(z)",
    ".sum(), dz",
)
change(
    "softmax_cross_entropy",
    "The loss is a mean but its gradient is not.",
    "dz / len(z)",
    "dz",
)
change(
    "softmax_cross_entropy",
    "The gradient is averaged but the loss is a sum.",
    ".mean()",
    ".sum()",
)
change(
    "softmax_cross_entropy",
    "The gradient has the wrong sign: it points to where the loss grows.",
    "dz / len(z)",
    "-dz / len(z)",
)
change(
    "softmax_cross_entropy",
    "The loss has the wrong sign: log p is negative.",
    "-log_p[rows",
    "log_p[rows",
)
change(
    "softmax_cross_entropy",
    "The softmax runs over the examples, not the classes.",
    ".exp().sum(dim=1,",
    ".exp().sum(dim=0,",
)
change(
    "softmax_cross_entropy",
    "The gradient is divided by all entries of z; the mean is over the examples.",
    "dz / len(z)",
    "dz / z.numel()",
)
change(
    "softmax_cross_entropy",
    "The gradient is p alone; 1 has to be taken from the right class.",
    "    dz[rows, labels] -= 1\n",
    "",
)
change(
    "softmax_cross_entropy",
    "The loss is averaged over all classes; only the right one counts.",
    "-log_p[rows, labels].mean()",
    "-log_p.mean()",
)
change(
    "softmax_cross_entropy",
    "The probability is not put into a logarithm.",
    "-log_p[rows, labels].mean()",
    "-log_p.exp()[rows, labels].mean()",
)
change(
    "softmax_cross_entropy",
    "log_p[:, labels] picks each label's column for every example; pick one number from each row.",
    "-log_p[rows, labels].mean()",
    "-log_p[:, labels].mean()",
)


@slip("softmax_cross_entropy", "Large logits overflow; take something off them first.")
def no_maximum(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    p = z.exp() / z.exp().sum(dim=1, keepdim=True)
    dz = p.clone()
    dz[torch.arange(len(z)), labels] -= 1
    return -p[torch.arange(len(z)), labels].log().mean(), dz / len(z)


@slip(
    "softmax_cross_entropy",
    "A probability is rounded to 0 before its logarithm is taken; compute log p itself.",
)
def logarithm_of_a_rounded_softmax(z: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    e = (z - z.max(dim=1, keepdim=True).values).exp()
    p = e / e.sum(dim=1, keepdim=True)
    dz = p.clone()
    dz[torch.arange(len(z)), labels] -= 1
    return -p[torch.arange(len(z)), labels].log().mean(), dz / len(z)


# -- bce_with_logits ------------------------------------------------------------------------------------------

change(
    "bce_with_logits",
    "Both are summed over the batch; the loss is a mean, and so is its gradient.",
    "loss.mean(), (z.sigmoid() - y) / len(z)",
    "loss.sum(), z.sigmoid() - y",
)
change("bce_with_logits", "The loss is a mean but its gradient is not.", " / len(z)", "")
change(
    "bce_with_logits",
    "The gradient is averaged but the loss is a sum.",
    "loss.mean()",
    "loss.sum()",
)
change(
    "bce_with_logits", "The loss should be one number, their mean.", "loss.mean()", "loss"
)
change(
    "bce_with_logits",
    "The gradient has the wrong sign: it points to where the loss grows.",
    "(z.sigmoid() - y)",
    "(y - z.sigmoid())",
)
change("bce_with_logits", "In the gradient the sigmoid is missing: it is sigmoid(z) - y.", "(z.sigmoid() - y)",
       "(z - y)")  # fmt: skip
change(
    "bce_with_logits",
    "The gradient goes on to multiply by the slope of the sigmoid; with this loss the slope cancels.",
    "(z.sigmoid() - y)",
    "(z.sigmoid() - y) * z.sigmoid() * (1 - z.sigmoid())",
)
change("bce_with_logits", "The term y z is missing from the loss.", " - y * z +", " +")
change(
    "bce_with_logits",
    "The term y z is added; it should be taken off.",
    " - y * z +",
    " + y * z +",
)
change(
    "bce_with_logits",
    "max(z, 0) is missing from the loss; z itself stands there.",
    "z.clamp(min=0)",
    "z",
)
change(
    "bce_with_logits", "In log(1 + e^-|z|) the absolute value is missing.", "-z.abs()", "-z"
)
change("bce_with_logits", "In log(1 + e^-|z|) the minus is missing.", "-z.abs()", "z.abs()")


@slip("bce_with_logits", "Only the examples whose answer is yes are charged.")
def a_no_is_free(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return -(y * z.sigmoid().log()).mean(), (z.sigmoid() - y) / len(z)


@slip("bce_with_logits", "Large logits overflow, or round a probability to 0.")
def through_the_exponential(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return (torch.log(1 + z.exp()) - y * z).mean(), (z.sigmoid() - y) / len(z)


@slip("bce_with_logits", "Large logits overflow, or round a probability to 0.")
def logarithm_of_a_rounded_probability(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    p = z.sigmoid()
    return -(y * p.log() + (1 - y) * (1 - p).log()).mean(), (p - y) / len(z)


# -- hinge_loss -----------------------------------------------------------------------------------------------

change(
    "hinge_loss",
    "Without a margin: a right answer costs something until it is right by 1.",
    "room = 1 - t * s",
    "room = -t * s",
)
change(
    "hinge_loss",
    "Answers beyond the margin still pull; leave them in peace.",
    "torch.where(room > 0, -t, torch.zeros_like(t))",
    "-t",
)
change(
    "hinge_loss",
    "At the corner t s = 1 the slope that was asked for is 0.",
    "room > 0",
    "room >= 0",
)
change("hinge_loss", "The loss is a mean but its gradient is not.", " / len(s)", "")
change("hinge_loss", "The gradient is averaged but the loss is a sum.", ".mean()", ".sum()")
change(
    "hinge_loss",
    "Both are summed over the batch; the loss is a mean, and so is its gradient.",
    ".mean()",
    ".sum()",
    " / len(s)",
    "",
)
change(
    "hinge_loss",
    "The sign of t s is turned round: right answers are charged.",
    "1 - t * s",
    "1 + t * s",
)
change("hinge_loss", "The gradient has the wrong sign.", "-t, torch", "t, torch")
change(
    "hinge_loss",
    "In the gradient -1 stands for -t.",
    "-t, torch",
    "-torch.ones_like(t), torch",
)
change(
    "hinge_loss",
    "The cut at 0 does not act on each example: right answers earn something.",
    ".clamp(min=0)",
    "",
)
change(
    "hinge_loss",
    "The gradient is -t s; s is what it is taken for, and drops out.",
    "-t, torch",
    "-t * s, torch",
)
