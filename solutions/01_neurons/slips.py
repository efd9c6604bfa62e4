"""Planted wrong answers to the exercises of chapter 1, each with the hint that it must get."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- predict --------------------------------------------------------------------------------------------------

change(
    "predict",
    "A pre-activation of exactly zero gets a no; by eq. 1.1 it is a yes.",
    ">=",
    ">",
)
change("predict", "The neuron answers as if it had no bias.", " + b", "")
change(
    "predict",
    "The bias is on the wrong side: b is added to the weighted sum, not taken off.",
    "+ b",
    "- b",
)
change(
    "predict",
    "Yes and no are exchanged: 1 belongs to pre-activations that are not negative.",
    ">=",
    "<",
)
change(
    "predict",
    "Yes and no are exchanged, but for a pre-activation of exactly zero: the comparison is turned round.",
    ">=",
    "<=",
)
change(
    "predict",
    "These are the pre-activations; the threshold has not been applied.",
    "(X @ w + b >= 0).to(X.dtype)",
    "X @ w + b",
)
change(
    "predict",
    "These are answers of -1 and 1; the other convention was asked for.",
    "(X @ w + b >= 0).to(X.dtype)",
    "torch.where(X @ w + b >= 0, 1.0, -1.0).to(X.dtype)",
)
change(
    "predict",
    "These are answers of -1 and 1, with a no for a pre-activation of exactly zero: eq. 1.2; eq. 1.1 was asked for.",
    "(X @ w + b >= 0).to(X.dtype)",
    "torch.where(X @ w + b > 0, 1.0, -1.0).to(X.dtype)",
)
change(
    "predict",
    "This is the sign of the pre-activation, which is -1, 0 or 1; the answers are 1 and 0.",
    "(X @ w + b >= 0).to(X.dtype)",
    "(X @ w + b).sign()",
)
change(
    "predict",
    "The answers are True and False; numbers of the type of X were asked for.",
    ".to(X.dtype)",
    "",
)
change(
    "predict",
    "The answers are whole numbers (int64); numbers of the type of X were asked for.",
    ".to(X.dtype)",
    ".long()",
)
change(
    "predict",
    "The answers are always float32; numbers of the type of X were asked for.",
    ".to(X.dtype)",
    ".float()",
)
change(
    "predict",
    "The answers are always float64; numbers of the type of X were asked for.",
    ".to(X.dtype)",
    ".double()",
)
change(
    "predict",
    "This is a sigmoid of the pre-activation; a perceptron has a hard threshold.",
    "(X @ w + b >= 0).to(X.dtype)",
    "(X @ w + b).sigmoid()",
)
change(
    "predict",
    "This is a ReLU of the pre-activation; a perceptron answers 1 or 0.",
    "(X @ w + b >= 0).to(X.dtype)",
    "(X @ w + b).clamp(min=0)",
)
change(
    "predict",
    "The pre-activation is cut off at 0 and 1, with numbers between them; a perceptron has a hard threshold.",
    "(X @ w + b >= 0).to(X.dtype)",
    "(X @ w + b).clamp(0, 1)",
)
change(
    "predict",
    "The bias weighs as much as there are inputs: either it is added once for each input, or the products are averaged where they should be summed.",
    "X @ w + b",
    "(X * w + b).sum(dim=1)",
)
change(
    "predict",
    "The bias is multiplied; it is added to the weighted sum.",
    "X @ w + b",
    "X @ w * b",
)
change(
    "predict",
    "A pre-activation that is positive but small gets a no: the threshold is 0, not a number above it.",
    ">= 0",
    "> 0.5",
)
change(
    "predict",
    "The weights lost their signs: an input with a negative weight speaks against a yes.",
    "X @ w",
    "X @ w.abs()",
)
change("predict", "The inputs lost their signs.", "X @ w", "X.abs() @ w")
change(
    "predict",
    "The threshold is applied to each product w_i x_i by itself; first add them up.",
    "X @ w + b >= 0",
    "X * w + b >= 0",
)
change(
    "predict",
    "The weights play no part: the inputs are added up as they are.",
    "X @ w",
    "X.sum(dim=1)",
)
change(
    "predict",
    "The answers keep an axis of size 1; one number for each example was asked for.",
    "X @ w + b >= 0",
    "X @ w[:, None] + b >= 0",
)
change(
    "predict",
    "With one example the batch axis is lost: the answer to n examples has shape (n,), also for n = 1.",
    ".to(X.dtype)",
    ".to(X.dtype).squeeze()",
)
change(
    "predict",
    "These are answers as a list; a tensor of the type of X was asked for.",
    ".to(X.dtype)",
    ".to(X.dtype).tolist()",
)
change(
    "predict",
    "A pre-activation just below zero gets a yes: it is compared with 0 as it is, neither rounded nor with a threshold below 0.",
    "X @ w + b >= 0",
    "(X @ w + b).round() >= 0",
)
change("predict", "Only a pre-activation of exactly zero is answered with yes.", ">=", "==")
change(
    "predict",
    "Every pre-activation but zero is answered with yes: the sign plays no part.",
    ">=",
    "!=",
)
change("predict", "Only the first input is heard.", "X @ w", "X[:, 0] * w[0]")
change("predict", "The last input is not heard.", "X @ w", "X[:, :-1] @ w[:-1]")


@slip(
    "predict",
    "All examples get one answer; each row of X is an example with an answer of its own.",
)
def one_answer_for_all(w: Tensor, b: float, X: Tensor) -> Tensor:
    return ((X @ w + b >= 0).all() * torch.ones(len(X))).to(X.dtype)


change(
    "predict",
    "A pre-activation of exactly zero gets 1/2, as from (sign + 1) / 2; by eq. 1.1 it is a yes.",
    "(X @ w + b >= 0).to(X.dtype)",
    "((X @ w + b).sign() + 1) / 2",
)
change(
    "predict",
    "This is how many examples get a yes; each example has an answer of its own.",
    "(X @ w + b >= 0).to(X.dtype)",
    "(X @ w + b >= 0).to(X.dtype).sum()",
)
change(
    "predict",
    "These are the numbers of the examples that get a yes; each example has an answer, 1 or 0.",
    "(X @ w + b >= 0).to(X.dtype)",
    "(X @ w + b >= 0).nonzero().squeeze(1)",
)
change("predict", "The weights are applied in reverse order.", "X @ w", "X @ w.flip(0)")
change("predict", "The first input is not heard.", "X @ w", "X[:, 1:] @ w[1:]")
change(
    "predict",
    "The weighted sum is subtracted from the bias; it is added to it.",
    "X @ w + b",
    "b - X @ w",
)
change(
    "predict",
    "This is a tanh of the pre-activation; a perceptron has a hard threshold.",
    "(X @ w + b >= 0).to(X.dtype)",
    "(X @ w + b).tanh()",
)
change(
    "predict",
    "Inputs below zero are not heard: they are cut off before they are weighted.",
    "X @ w",
    "X.clamp(min=0) @ w",
)


change(
    "predict",
    "Pre-activations a little below zero get a yes, from -1 or so up: the threshold is 0.",
    ">= 0",
    ">= -1",
)
change("predict", "The answers are 0 and -1: a yes is 1.", "return (X", "return -(X")


change(
    "predict",
    "The bias is added to each input, or to X, before the weights; it belongs to the weighted sum.",
    "X @ w + b",
    "(X + b) @ w",
)
change(
    "predict",
    "The bias is added to each weight; it belongs to the weighted sum.",
    "X @ w + b",
    "X @ (w + b)",
)
change(
    "predict",
    "The bias is added to the answer; it belongs to the sum before the threshold.",
    "(X @ w + b >= 0).to(X.dtype)",
    "(X @ w >= 0).to(X.dtype) + b",
)
change(
    "predict",
    "The products are summed over the examples; they are summed over the inputs, one sum for each row of X.",
    "X @ w",
    "(X * w).sum(dim=0)",
)


equivalent(
    "predict", "A vector is its own transpose.", "return (X @ w.T + b >= 0).to(X.dtype)"
)

# -- correct --------------------------------------------------------------------------------------------------

change(
    "correct",
    "The weights change after right answers too.",
    " if t_hat != t else w.clone()",
    "",
)
change(
    "correct",
    "A sum of exactly zero is taken for a yes; by eq. 1.2 it is a no.",
    "> 0",
    ">= 0",
)
change("correct", "The weights move away from the target.", "w + eta", "w - eta")
change("correct", "The learning rate plays no part.", "eta * t", "t")
change(
    "correct",
    "Every correction is twice as long as asked; that happens with the error t - t_hat of two answers of -1 and 1.",
    "eta * t * x",
    "eta * (t - t_hat) * x",
)
change(
    "correct",
    "The weights change after right answers and stay after wrong ones: a comparison is the wrong way round.",
    "!=",
    "==",
)
change(
    "correct",
    "The comparison is turned round: a negative sum is taken for a yes.",
    "> 0",
    "< 0",
)
change(
    "correct",
    "The target plays no part in the correction: with t = -1 it goes the other way.",
    "eta * t * x",
    "eta * x",
)
change(
    "correct",
    "The example x plays no part in the correction: each weight changes in proportion to its input.",
    "eta * t * x",
    "eta * t",
)
change(
    "correct",
    "This is the correction alone after a wrong answer; the weights before it have to be added.",
    "w + eta",
    "eta",
)
change(
    "correct",
    "After a right answer zeros come back; the weights should stay as they were.",
    "w.clone()",
    "torch.zeros_like(w)",
)
change(
    "correct",
    "The bias is left out of the neuron's sum: it is the first weight, and counts as the others do.",
    "w @ x",
    "w[1:] @ x[1:]",
)
change(
    "correct",
    "This is a margin: answers that are right by less than 1 are corrected too. Only wrong answers count.",
    "1.0 if w @ x > 0 else -1.0",
    "t if t * (w @ x) > 1 else -t",
)
change(
    "correct",
    "This is a margin: answers that are right by less than 1 are corrected too. Only wrong answers count.",
    "1.0 if w @ x > 0 else -1.0",
    "t if t * (w @ x) >= 1 else -t",
)
change(
    "correct",
    "A sum of exactly zero is corrected for the target -1 too; by eq. 1.2 it is a no, and right.",
    "1.0 if w @ x > 0 else -1.0",
    "t if t * (w @ x) > 0 else -t",
)
change(
    "correct",
    "A sum of exactly zero is never corrected; by eq. 1.2 it is a no, and wrong when the target is +1.",
    "1.0 if w @ x > 0 else -1.0",
    "t if t * (w @ x) >= 0 else -t",
)
change(
    "correct",
    "The error is taken from the sum, t - w x (the delta rule); a perceptron compares its answers, not its sum.",
    "eta * t * x if t_hat != t else w.clone()",
    "eta * (t - w @ x) * x",
)
change(
    "correct",
    "After a wrong answer the correction holds t - w x; eq. 1.8 has the target alone.",
    "eta * t * x",
    "eta * (t - w @ x) * x",
)
change(
    "correct",
    "The neuron learns its own answer instead of the target, after right answers as well.",
    "eta * t * x if t_hat != t else w.clone()",
    "eta * t_hat * x",
)
change(
    "correct",
    "The error is taken between a target of -1 or +1 and an answer of 0 or 1: the answers are -1 and +1 here.",
    "-1.0",
    "0.0",
    "eta * t *",
    "eta * (t - t_hat) *",
)
change(
    "correct",
    "A right no is corrected too: answers or targets of 0 and 1 are compared with those of -1 and +1.",
    "-1.0",
    "0.0",
)
change(
    "correct",
    "Only a missed yes is corrected; a wrong yes must be corrected too.",
    "t_hat != t",
    "t_hat < t",
)
change(
    "correct",
    "Only a wrong yes is corrected; a missed yes must be corrected too.",
    "t_hat != t",
    "t_hat > t",
)
change(
    "correct",
    "The learning rate multiplies the old weights too; it scales the correction only.",
    "w + eta * t * x",
    "eta * (w + t * x)",
)
change(
    "correct",
    "The correction is divided by the learning rate.",
    "eta * t * x",
    "t * x / eta",
)
change(
    "correct",
    "The learning rate is added to the target; it multiplies it.",
    "eta * t * x",
    "(eta + t) * x",
)
change(
    "correct",
    "The bias does not learn: with x starting with 1 it is corrected like any other weight.",
    "return",
    "x = torch.cat([torch.zeros_like(x[:1]), x[1:]])\n    return",
)
change(
    "correct",
    "Only the bias learns; every weight is corrected, in proportion to its input.",
    "return",
    "x = torch.cat([x[:1], torch.zeros_like(x[1:])])\n    return",
)
change(
    "correct",
    "The correction holds the weights in place of the example: it goes along x.",
    "t * x",
    "t * w",
)
change(
    "correct",
    "The correction is multiplied by the sum w x; eq. 1.8 has the target alone.",
    "t * x",
    "t * (w @ x) * x",
)
change(
    "correct",
    "The example is scaled to length 1 before it is used; eq. 1.8 takes it as it is.",
    "t * x if",
    "t * x / x.norm() if",
)
change(
    "correct",
    "The weights are scaled to length 1 after a correction; eq. 1.8 leaves their length free.",
    "return w + eta * t * x",
    "v = w + eta * t * x\n    return v / v.norm()",
)
change(
    "correct",
    "w itself comes back when nothing changes; it belongs to the caller, so give back a copy.",
    "w.clone()",
    "w",
)


@slip(
    "correct", "w itself was changed; it belongs to the caller, so give back a new tensor."
)
def in_place(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    t_hat = 1.0 if w @ x > 0 else -1.0
    if t_hat != t:
        w += eta * t * x
    return w


@slip(
    "correct",
    "The correction is half as long at a sum of exactly zero: there the sign is 0, and eq. 1.2 says -1.",
)
def sign_of_zero(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    return w + eta * (t - torch.sign(w @ x)) / 2 * x


@slip(
    "correct",
    "Twice the correction, and once at a sum of exactly zero: torch.sign(0) is 0, and t - t_hat is 2 or -2.",
)
def error_of_torch_signs(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    return w + eta * (t - torch.sign(w @ x)) * x


change("correct", "The learning rate is squared.", "eta * t * x", "eta**2 * t * x")
change(
    "correct",
    "The inputs lost their signs in the correction: it goes along x itself.",
    "t * x if",
    "t * x.abs() if",
)
change(
    "correct",
    "The example is added whole: neither the learning rate nor the target scales it.",
    "eta * t * x",
    "x",
)
change(
    "correct",
    "Every correction is half as long as asked.",
    "eta * t * x",
    "eta * t * x / 2",
)
change(
    "correct",
    "The weights become the correction plus the example: eta t x is added to w, not to x.",
    "w + eta",
    "x + eta",
)
change(
    "correct",
    "After a right answer the example comes back in place of the weights.",
    "w.clone()",
    "x.clone()",
)


change(
    "correct",
    "The weights come back as they were after wrong answers too.",
    "w + eta * t * x",
    "w.clone()",
)
change(
    "correct",
    "The neuron is taken to answer +1 always; its answer depends on the sign of the sum.",
    "else -1.0",
    "else 1.0",
)
change(
    "correct",
    "The neuron is taken to answer -1 always; its answer depends on the sign of the sum.",
    "1.0 if w @ x > 0 else -1.0",
    "-1.0",
)
change(
    "correct",
    "Sums that are positive but small are taken for a no: the threshold is 0.",
    "> 0",
    "> 1",
)
change(
    "correct",
    "The correction is divided by the example; it is multiplied by it.",
    "t * x",
    "t / x",
)


change(
    "correct",
    "The correction is doubled and goes away from the target: t_hat - t stands where eq. 1.8 has t.",
    "eta * t * x",
    "eta * (t_hat - t) * x",
)
change(
    "correct",
    "The correction grows with the hinge loss, 1 - t w x; eq. 1.8 has the target alone, and only after wrong answers.",
    "w + eta * t * x if t_hat != t else w.clone()",
    "w + eta * max(0, 1 - t * (w @ x)) * t * x",
)
change(
    "correct",
    "The answer is taken for each product w_i x_i by itself; the neuron has one answer, from their sum.",
    "w + eta * t * x if t_hat != t else w.clone()",
    "w + eta * t * x * (torch.where(w * x > 0, 1.0, -1.0) != t)",
)
change(
    "correct",
    "The target plays no part in the correction of the bias, which is always raised.",
    "return w + eta * t * x",
    "step = eta * t * x\n    step[0] = eta\n    return w + step",
)
change(
    "correct",
    "The neuron's answer is taken for the tanh of its sum; a perceptron answers -1 or +1.",
    "w + eta * t * x if t_hat != t else w.clone()",
    "w + eta * (t - torch.tanh(w @ x)) * x",
)


@slip(
    "correct",
    "The correction is repeated until the answer is right; one example gives one correction.",
)
def until_right(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    w = w.clone()
    while (1.0 if w @ x > 0 else -1.0) != t:
        w = w + eta * t * x
    return w


equivalent(
    "correct",
    "A vector is its own transpose, and the order of a dot product does not matter.",
    "t_hat = 1.0 if x @ w > 0 else -1.0",
    "t_hat = 1.0 if w.T @ x > 0 else -1.0",
    "t_hat = 1.0 if w @ x.T > 0 else -1.0",
)
equivalent(
    "correct",
    "The target is -1 or +1, and its own reciprocal.",
    "return w + eta / t * x if t_hat != t else w.clone()",
)

# -- xor ------------------------------------------------------------------------------------------------------


@slip("xor", "The gate was never asked; the answer has to come from nands alone.")
def compared_directly(
    x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    return (x1 != x2).to(x1.dtype)


@slip("xor", "The gate was never asked; the answer has to come from nands alone.")
def distance(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return (x1 - x2).abs()


@slip("xor", "The gate was never asked; the answer has to come from nands alone.")
def by_products(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return x1 + x2 - 2 * x1 * x2


change(
    "xor",
    "The answers are right, but there is one nand too many: h is asked for twice.",
    "nand(x2, h)",
    "nand(x2, nand(x1, x2))",
)
change(
    "xor",
    "This is the opposite of xor: the result was sent through one more nand.",
    "return nand(nand(x1, h), nand(x2, h))",
    "out = nand(nand(x1, h), nand(x2, h))\n    return nand(out, out)",
)
change(
    "xor",
    "This says yes when both are on as well: it is or, made of x1 and x2 negated, without h.",
    "nand(x1, h)",
    "nand(x1, x1)",
    "nand(x2, h)",
    "nand(x2, x2)",
    "    h = nand(x1, x2)\n",
    "",
)
change(
    "xor",
    "This says yes when both are on as well: it is or. h is asked for and then left out.",
    "nand(x1, h)",
    "nand(x1, x1)",
    "nand(x2, h)",
    "nand(x2, x2)",
)
change(
    "xor",
    "This is the opposite of xor: h was negated before it was used.",
    "h = nand(x1, x2)",
    "h = nand(nand(x1, x2), nand(x1, x2))",
)
change(
    "xor",
    "This is h, the nand of the two; it is not xor yet.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return h",
)
change(
    "xor",
    "This is and: h was asked with itself.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(h, h)",
)
change(
    "xor",
    "Both inner nands ask about x1; the second is about x2.",
    "nand(x2, h)",
    "nand(x1, h)",
)
change(
    "xor",
    "Both inner nands ask about x2; the first is about x1.",
    "nand(x1, h)",
    "nand(x2, h)",
)
change(
    "xor",
    "Of the two inner nands only that of x1 is there; the one of x2 and h is missing.",
    "nand(nand(x1, h), nand(x2, h))",
    "nand(nand(x1, h), h)",
)
change(
    "xor",
    "Of the two inner nands only that of x2 is there; the one of x1 and h is missing.",
    "nand(nand(x1, h), nand(x2, h))",
    "nand(h, nand(x2, h))",
)
change(
    "xor",
    "The bar over x1 h is missing: a nand of x1 and h belongs there, not x1.",
    "nand(nand(x1, h), nand(x2, h))",
    "nand(x1, nand(x2, h))",
)
change(
    "xor",
    "The bar over x2 h is missing: a nand of x2 and h belongs there, not x2.",
    "nand(nand(x1, h), nand(x2, h))",
    "nand(nand(x1, h), x2)",
)
change(
    "xor",
    "The outer nand is missing: the two inner answers are multiplied.",
    "nand(nand(x1, h), nand(x2, h))",
    "nand(x1, h) * nand(x2, h)",
)
change(
    "xor",
    "The outer nand is missing: the two inner answers are added.",
    "nand(nand(x1, h), nand(x2, h))",
    "nand(x1, h) + nand(x2, h)",
)
change(
    "xor",
    "One inner nand negates its input with itself; it belongs to x1 and h.",
    "nand(x1, h)",
    "nand(x1, x1)",
)
change(
    "xor",
    "One inner nand negates its input with itself; it belongs to x2 and h.",
    "nand(x2, h)",
    "nand(x2, x2)",
)
change(
    "xor",
    "The inner nands join x1 and x2 again; h belongs in both of them.",
    "nand(x1, h)",
    "nand(x1, x2)",
    "nand(x2, h)",
    "nand(x1, x2)",
)
change(
    "xor",
    "h is negated with itself in the inner nands; x1 and x2 belong there.",
    "nand(x1, h)",
    "nand(h, h)",
    "nand(x2, h)",
    "nand(h, h)",
)
change(
    "xor",
    "This is xnor, the opposite of xor: it is made of and and nor.",
    "h = nand(x1, x2)\n    return nand(nand(x1, h), nand(x2, h))",
    "neither = nand(nand(x1, x1), nand(x2, x2))\n    return nand(nand(x1, x2), neither)",
)
change(
    "xor",
    "A not is made as 1 - x, without the gate; everything has to come from nands.",
    "nand(nand(x1, h), nand(x2, h))",
    "1 - nand(h, nand(1 - x1, 1 - x2))",
)
change(
    "xor",
    "A not is made as 1 - x, without the gate, and the gate is asked three times: by or and not-and. Everything has to come from nands.",
    "h = nand(x1, x2)\n    return nand(nand(x1, h), nand(x2, h))",
    "return nand(nand(x1, 1 - x2), nand(1 - x1, x2))",
)


@slip(
    "xor",
    "This is right on switches, but made from not, or and and, with six nands: eq. 1.11 needs four.",
)
def or_and_nand(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    either = nand(nand(x1, x1), nand(x2, x2))
    out = nand(either, nand(x1, x2))
    return nand(out, out)


@slip(
    "xor",
    "This is right on switches, but both nots are made first, which takes five nands: eq. 1.11 shares h and needs four.",
)
def two_nots(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return nand(nand(x1, nand(x2, x2)), nand(nand(x1, x1), x2))


@slip(
    "xor",
    "The gate is asked anew for each example; it takes whole tensors, and four calls are enough for all.",
)
def one_by_one(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    out = []
    for a, b in zip(x1, x2, strict=True):
        h = nand(a, b)
        out.append(nand(nand(a, h), nand(b, h)))
    return torch.stack(out)


change(
    "xor",
    "Right on switches, but and is made as a product; and takes nands too. Eq. 1.11 needs four nands and nothing else.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return h * nand(nand(x1, x1), nand(x2, x2))",
)
change(
    "xor",
    "Right on switches, but a not is made as 1 - x, without the gate, and or takes three nands.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return 1 - nand(h, nand(nand(x1, x1), nand(x2, x2)))",
)
change(
    "xor",
    "The values are right, but the gate is asked three times: one of the four nands is computed without it.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return 1 - nand(x1, h) * nand(x2, h)",
)
change(
    "xor",
    "This is the inner nand of x1 and h alone; the other half and the outer nand are missing.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(x1, h)",
)
change(
    "xor",
    "This is the inner nand of x2 and h alone; the other half and the outer nand are missing.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(x2, h)",
)
change(
    "xor",
    "The negations of x1 and x2 go into the inner nands together with h; x1 and x2 themselves belong there.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(nand(nand(x1, x1), h), nand(nand(x2, x2), h))",
)
change(
    "xor",
    "The inner nand of x2 asks about the inner nand of x1 in place of h.",
    "return nand(nand(x1, h), nand(x2, h))",
    "left = nand(x1, h)\n    return nand(left, nand(x2, left))",
)
change(
    "xor",
    "The inner nand of x1 asks about the inner nand of x2 in place of h.",
    "return nand(nand(x1, h), nand(x2, h))",
    "right = nand(x2, h)\n    return nand(nand(x1, right), right)",
)
change(
    "xor",
    "The inner nand of x2 and h is missing: h is asked with itself in its place.",
    "nand(nand(x1, h), nand(x2, h))",
    "nand(nand(x1, h), nand(h, h))",
)
change(
    "xor",
    "The answers are True and False; zeros and ones of the type of x1 were asked for.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(nand(x1, h), nand(x2, h)) > 0",
)


@slip(
    "xor",
    "The gate is asked anew for each example, and a list comes back; it takes whole tensors and gives one.",
)
def list_of_answers(
    x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]
) -> list[Tensor]:
    out = []
    for a, b in zip(x1, x2, strict=True):
        h = nand(a, b)
        out.append(nand(nand(a, h), nand(b, h)))
    return out


@slip(
    "xor",
    "The gate is asked anew for each example; it takes whole tensors, and four calls are enough for all.",
)
def filled_one_by_one(
    x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    out = torch.zeros_like(x1)
    for i in range(len(x1)):
        out[i] = nand(nand(x1[i], nand(x1[i], x2[i])), nand(x2[i], nand(x1[i], x2[i])))
    return out


change(
    "xor",
    "h is the nand of x1 with itself; it is the nand of x1 and x2.",
    "nand(x1, x2)",
    "nand(x1, x1)",
)
change(
    "xor",
    "h is the nand of x2 with itself; it is the nand of x1 and x2.",
    "nand(x1, x2)",
    "nand(x2, x2)",
)
change(
    "xor",
    "The inner nand of x1 joins it with x2; it belongs to x1 and h.",
    "nand(x1, h)",
    "nand(x1, x2)",
)
change(
    "xor",
    "In the half of x2, nand(x1, x2) reaches the last gate in place of nand(x2, h): either x2 was joined with x1, or h was handed on as it is.",
    "nand(x2, h)",
    "nand(x2, x1)",
)
change(
    "xor",
    "One inner nand asks about h twice; it belongs to x1 and h.",
    "nand(x1, h)",
    "nand(h, h)",
)


@slip("xor", "The gate was never asked; the answer has to come from nands alone.")
def logical(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return torch.logical_xor(x1, x2).to(x1.dtype)


@slip("xor", "The gate was never asked; the answer has to come from nands alone.")
def remainder(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return (x1 + x2) % 2


@slip("xor", "The gate was never asked; the answer has to come from nands alone.")
def squared(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return (x1 - x2) ** 2


@slip(
    "xor",
    "The right wiring, but the gate that was given is never asked: use it, and no nand of your own.",
)
def own_nand(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    h = 1 - x1 * x2
    return 1 - (1 - x1 * h) * (1 - x2 * h)


change(
    "xor",
    "The outer nand is missing: the two inner answers are added, less 1.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(x1, h) + nand(x2, h) - 1",
)
change(
    "xor",
    "The bars over x1 h and x2 h are missing: products stand where nands belong.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(x1 * h, x2 * h)",
)
change(
    "xor",
    "h is the product x1 x2, which is and; the bar over it is missing.",
    "h = nand(x1, x2)",
    "h = x1 * x2",
)
change(
    "xor",
    "This is and: h was asked with the same nand again.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(h, nand(x1, x2))",
)
change(
    "xor",
    "The outer nand is missing, and products and a maximum stand in place of nands.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return torch.maximum(x1 * h, x2 * h)",
)
change(
    "xor",
    "The values are right, but the gate is asked twice only: two of the four nands are computed without it.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(1 - x1 * h, 1 - x2 * h)",
)
change(
    "xor",
    "The values are right, but the gate is asked once only: three of the four nands are computed without it.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return 1 - (1 - x1 * h) * (1 - x2 * h)",
)
change(
    "xor",
    "The values are right, but a part of the wiring is asked again: ask for each of the four nands once.",
    "return nand(nand(x1, h), nand(x2, h))",
    "nand(nand(x1, h), nand(x2, h))\n    return nand(nand(x1, h), nand(x2, h))",
)


equivalent(
    "xor",
    "A nand does not depend on the order of what it is asked.",
    "h = nand(x2, x1)",
    "return nand(nand(x2, h), nand(x1, h))",
    "return nand(nand(h, x1), nand(x2, h))",
    "return nand(nand(x1, h), nand(h, x2))",
)

# -- cost -----------------------------------------------------------------------------------------------------

change(
    "cost",
    "The biases are not counted: each output of a layer has one.",
    "macs + sum(n_out for _, n_out in layers), macs",
    "macs, macs",
)
change(
    "cost",
    "The inputs are counted as neurons with a bias; they only hand on what they are given.",
    "sum(n_out for _, n_out in layers)",
    "sum(sizes)",
)
change(
    "cost",
    "A multiply-accumulate is one piece of work here; this counts it as two.",
    "layers), macs",
    "layers), 2 * macs",
)
change(
    "cost",
    "The biases are counted as multiply-accumulates; nothing is multiplied by a bias.",
    "return macs + sum(n_out for _, n_out in layers), macs",
    "parameters = macs + sum(n_out for _, n_out in layers)\n    return parameters, parameters",
)
change(
    "cost",
    "The two are exchanged: the parameters come first.",
    "return macs + sum(n_out for _, n_out in layers), macs",
    "return macs, macs + sum(n_out for _, n_out in layers)",
)
change(
    "cost",
    "Each layer has a bias for each of its inputs here; it has one for each output.",
    "n_out for _, n_out",
    "n_in for n_in, _",
)
change(
    "cost",
    "Each layer has a single bias here; it has one for each output.",
    "sum(n_out for _, n_out in layers)",
    "len(layers)",
)
change(
    "cost",
    "Only the last layer's biases are counted; those of the hidden layers are missing.",
    "sum(n_out for _, n_out in layers)",
    "sum(n_out for _, n_out in layers[-1:])",
)
change(
    "cost",
    "The last layer's biases are missing.",
    "sum(n_out for _, n_out in layers)",
    "sum(n_out for _, n_out in layers[:-1])",
)
change(
    "cost",
    "The first layer's biases are missing.",
    "sum(n_out for _, n_out in layers)",
    "sum(n_out for _, n_out in layers[1:])",
)
change(
    "cost",
    "Only the last layer is counted; the layers have to be added up.",
    "list(pairwise(sizes))",
    "list(pairwise(sizes))[-1:]",
)
change(
    "cost",
    "Only the first layer is counted; the layers have to be added up.",
    "list(pairwise(sizes))",
    "list(pairwise(sizes))[:1]",
)
change(
    "cost",
    "The last layer is missing.",
    "list(pairwise(sizes))",
    "list(pairwise(sizes))[:-1]",
)
change(
    "cost",
    "The first layer is missing, from the inputs to the first hidden neurons.",
    "list(pairwise(sizes))",
    "list(pairwise(sizes))[1:]",
)
change(
    "cost",
    "This is the answer for one layer from the first size to the last, without the hidden layers.",
    "list(pairwise(sizes))",
    "[(sizes[0], sizes[-1])] if len(sizes) > 1 else []",
)
change(
    "cost",
    "The sizes are taken two by two without overlap; each hidden layer is the output of one layer and the input of the next.",
    "list(pairwise(sizes))",
    "list(zip(sizes[::2], sizes[1::2]))",
)
change(
    "cost",
    "Every layer is joined to all later ones; in an MLP it leads to the next one only.",
    "list(pairwise(sizes))",
    "[(a, b) for i, a in enumerate(sizes) for b in sizes[i + 1 :]]",
)
change(
    "cost",
    "The sizes of a layer are added; each output has a weight for each input, which makes a product.",
    "n_in * n_out",
    "n_in + n_out",
)
change(
    "cost",
    "Each layer is counted as if it had as many outputs as inputs.",
    "n_in * n_out",
    "n_in * n_in",
)
change(
    "cost",
    "Each layer is counted as if it had as many inputs as outputs.",
    "n_in * n_out",
    "n_out * n_out",
)
change(
    "cost",
    "The biases are taken off the weights; they are parameters too and are added.",
    "macs + sum",
    "macs - sum",
)
change(
    "cost",
    "The parameters are the biases alone; the weights are missing.",
    "macs + sum",
    "sum",
)
change(
    "cost",
    "The activations are counted as multiply-accumulates, one a neuron, or the biases are; only the products with weights count.",
    "layers), macs",
    "layers), macs + sum(sizes)",
)
change("cost", "The biases are doubled.", "sum(n_out for", "2 * sum(n_out for")
change(
    "cost",
    "The parameters are doubled: each weight is counted twice, as if it were a multiply and an add.",
    "return macs + sum",
    "return 2 * macs + sum",
)
change(
    "cost",
    "The pair (parameters, MACs) is a list; a tuple was asked for.",
    "return macs + sum(n_out for _, n_out in layers), macs",
    "return [macs + sum(n_out for _, n_out in layers), macs]",
)


@slip(
    "cost", "All sizes are multiplied with each other; the layers' products are added up."
)
def one_product(sizes: Sequence[int]) -> tuple[int, int]:
    macs = 1
    for n in sizes:
        macs *= n
    macs = macs if len(sizes) > 1 else 0
    return macs + sum(sizes[1:]), macs


@slip(
    "cost",
    "The multiply-accumulates are those of the last layer only: the loop overwrites them instead of adding up.",
)
def macs_overwritten(sizes: Sequence[int]) -> tuple[int, int]:
    parameters = macs = 0
    for n_in, n_out in pairwise(sizes):
        parameters += n_in * n_out + n_out
        macs = n_in * n_out
    return parameters, macs


@slip(
    "cost",
    "The parameters are those of the last layer only: the loop overwrites them instead of adding up.",
)
def parameters_overwritten(sizes: Sequence[int]) -> tuple[int, int]:
    parameters = macs = 0
    for n_in, n_out in pairwise(sizes):
        parameters = n_in * n_out + n_out
        macs += n_in * n_out
    return parameters, macs


@slip("cost", "The numbers of each layer stand in lists; their sums were asked for.")
def layer_by_layer(sizes: Sequence[int]) -> tuple[list[int], list[int]]:
    macs = [a * b for a, b in pairwise(sizes)]
    return [a * b + b for a, b in pairwise(sizes)], macs


change(
    "cost",
    "Each weight has a bias of its own here; there is one for each output.",
    "macs + sum(n_out for _, n_out in layers)",
    "2 * macs",
)
change(
    "cost",
    "The parameters are the number of neurons; they are weights and biases.",
    "macs + sum(n_out for _, n_out in layers)",
    "sum(sizes)",
)
change(
    "cost",
    "The biases are multiplied with the weights; they are added.",
    "macs + sum",
    "macs * sum",
)
change(
    "cost",
    "The layers' products are multiplied with each other; they are added up.",
    "sum(n_in * n_out for n_in, n_out in layers)",
    "__import__('math').prod(n_in * n_out for n_in, n_out in layers)",
)
change(
    "cost",
    "A layer has biases for its inputs as well here; it has one for each output.",
    "sum(n_out for _, n_out in layers)",
    "sum(n_in + n_out for n_in, n_out in layers)",
)
change(
    "cost",
    "The multiply-accumulates are those of the hidden layers; the output layer's are missing.",
    "layers), macs",
    "layers), sum(a * b for a, b in layers[:-1])",
)
change(
    "cost",
    "The multiply-accumulates of the first layer are missing; the inputs are multiplied by weights too.",
    "layers), macs",
    "layers), sum(a * b for a, b in layers[1:])",
)
change(
    "cost",
    "Each output has one multiply-accumulate too few: it has one for each input.",
    "layers), macs",
    "layers), sum((a - 1) * b for a, b in layers)",
)


change(
    "cost",
    "A layer's multiply-accumulates are taken for the number of its inputs; each output has as many.",
    "n_in * n_out",
    "n_in",
)
change(
    "cost",
    "A layer's multiply-accumulates are taken for the number of its outputs; each output has one for each input.",
    "n_in * n_out",
    "n_out",
)


change(
    "cost",
    "A bias is counted for each input and output of a layer, and one more: (n_in + 1)(n_out + 1) stands where n_in n_out + n_out belongs.",
    "return macs + sum(n_out for _, n_out in layers), macs",
    "return sum((a + 1) * (b + 1) for a, b in layers), macs",
)
change(
    "cost",
    "The multiply-accumulates are counted as two, and the biases are added to them; only products with weights count, as one each.",
    "layers), macs",
    "layers), 2 * macs + sum(b for _, b in layers)",
)
change(
    "cost",
    "One bias is counted for each size in the list; there is one for each output of a layer.",
    "sum(n_out for _, n_out in layers)",
    "len(sizes)",
)
change(
    "cost",
    "Only the last size counts for the biases; the hidden neurons have biases too.",
    "sum(n_out for _, n_out in layers)",
    "sizes[-1]",
)
change(
    "cost",
    "Every layer is taken to have the inputs of the network; a later one has the outputs of the layer before it.",
    "n_in * n_out",
    "sizes[0] * n_out",
)
change(
    "cost",
    "Every layer is taken to have the outputs of the network.",
    "n_in * n_out",
    "n_in * sizes[-1]",
)


@slip(
    "cost",
    "The multiply-accumulates are a sum of sums: those of all earlier layers are added again with each layer, biases included.",
)
def macs_of_parameters(sizes: Sequence[int]) -> tuple[int, int]:
    parameters = macs = 0
    for n_in, n_out in pairwise(sizes):
        parameters += n_in * n_out + n_out
        macs += parameters
    return parameters, macs


@slip(
    "cost",
    "The parameters are a sum of sums: the weights of all earlier layers are added again with each layer.",
)
def parameters_of_macs(sizes: Sequence[int]) -> tuple[int, int]:
    parameters = macs = 0
    for n_in, n_out in pairwise(sizes):
        macs += n_in * n_out
        parameters += macs + n_out
    return parameters, macs


# -- collapse -------------------------------------------------------------------------------------------------

change(
    "collapse",
    "The matrices are multiplied in the wrong order: the first layer acts on x first, and stands on the right of the product.",
    "W_next @ W,",
    "W @ W_next,",
)
change(
    "collapse",
    "The biases are only added up, but all of them except the last pass through later weights.",
    "W_next @ b + b_next",
    "b + b_next",
)
change(
    "collapse",
    "Only the last bias is left; the earlier ones pass through the later weights and are added.",
    "W_next @ b + b_next",
    "b_next",
)
change(
    "collapse",
    "A layer's own bias is not added: the earlier bias passes through its weights, then its own comes on top.",
    " + b_next",
    "",
)
change(
    "collapse",
    "The bias is that of the first layer, unchanged.",
    "W_next @ b + b_next",
    "b",
)
change(
    "collapse",
    "The weights are added; one layer after the other means a product.",
    "W_next @ W,",
    "W_next + W,",
)
change(
    "collapse",
    "The weights are multiplied entry by entry; one layer after the other means a matrix product.",
    "W_next @ W,",
    "W_next * W,",
)
change(
    "collapse",
    "A layer's own bias passes through its weights too; it comes after them.",
    "W_next @ b + b_next",
    "W_next @ (b + b_next)",
)
change(
    "collapse",
    "The new weights are used twice for the bias: W was overwritten before b was computed, with the product in place of the next layer's weights.",
    "W, b = W_next @ W, W_next @ b + b_next",
    "W = W_next @ W\n        b = W @ b + b_next",
)
change(
    "collapse",
    "The bias passes through the weights of the layers so far; it passes through those of the next layer.",
    "W_next @ b + b_next",
    "W @ b + b_next",
)
change(
    "collapse",
    "The wrong bias passes through the weights: the earlier one does, the next layer's own is added as it is.",
    "W_next @ b + b_next",
    "W_next @ b_next + b",
)
change(
    "collapse",
    "The bias passes through the transposed weights.",
    "W_next @ b +",
    "b @ W_next +",
)
change(
    "collapse",
    "The next layer's weights are transposed in the product.",
    "W_next @ W,",
    "W_next.T @ W,",
)
change(
    "collapse",
    "The weights so far are transposed in the product.",
    "W_next @ W,",
    "W_next @ W.T,",
)
change(
    "collapse",
    "The weights come back transposed: W has the shape (outputs, inputs).",
    "return W, b",
    "return W.T, b",
)
change(
    "collapse",
    "The layers are taken from the last to the first; an example goes through the first one first.",
    "W, b = layers[0]\n",
    "layers = layers[::-1]\n    W, b = layers[0]\n",
)
change("collapse", "The last layer is missing.", "layers[1:]", "layers[1:-1]")
change(
    "collapse",
    "The first layer is used twice: the loop begins with it again.",
    "layers[1:]",
    "layers",
)
change(
    "collapse",
    "Only the first two layers are joined; the stack may have any number of them.",
    "layers[1:]",
    "layers[1:2]",
)
change(
    "collapse",
    "The first layer's weights and biases come back; the later layers have no effect.",
    "W, b = W_next @ W, W_next @ b + b_next",
    "pass",
)
change(
    "collapse",
    "The last layer's weights and biases come back: each layer overwrites what came before.",
    "W_next @ W, W_next @ b + b_next",
    "W_next, b_next",
)
change(
    "collapse",
    "Between the layers a ReLU is applied to the bias; there is nothing that bends between them.",
    "W_next @ b + b_next",
    "W_next @ b.relu() + b_next",
)
change("collapse", "The bias is subtracted; each layer adds it.", "+ b_next", "- b_next")
change(
    "collapse",
    "The two are exchanged: the weights come first.",
    "return W, b",
    "return b, W",
)
change(
    "collapse",
    "The biases pass through the weights of the layers, but the weights are not multiplied: those of the first layer come back.",
    "W, b = W_next @ W, W_next @ b + b_next",
    "b = W_next @ b + b_next",
)
change(
    "collapse",
    "The biases pass through the weights of the layers, but the weights are not multiplied: those of the last layer come back.",
    "W, b = W_next @ W,",
    "W, b = W_next,",
)
change(
    "collapse",
    "The bias is a column; it has the shape (outputs,).",
    "return W, b",
    "return W, b[:, None]",
)
change(
    "collapse",
    "The bias of the first layer is left out.",
    "W, b = layers[0]",
    "W, b = layers[0][0], torch.zeros_like(layers[0][1])",
)
change(
    "collapse",
    "The matrices are multiplied in the wrong order, and the bias passes through their product: the first layer acts on x first.",
    "W_next @ W, W_next @ b",
    "W @ W_next, W @ b",
)


@slip("collapse", "The first layer's own tensors are changed; they belong to the caller.")
def in_place_bias(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W = W_next @ W
        b[:] = W_next @ b
        b += b_next
    return W, b


@slip(
    "collapse",
    "Each bias passes through the next layer's weights only; it passes through all the later ones.",
)
def one_layer_further(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    before = b
    for W_next, b_next in layers[1:]:
        W, b = W_next @ W, W_next @ before + b_next
        before = b_next
    return W, b


@slip(
    "collapse",
    "Each layer's biases pass through its own weights as well; they come after them.",
)
def all_through(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    b = W @ b
    for W_next, b_next in layers[1:]:
        W, b = W_next @ W, W_next @ (b + b_next)
    return W, b


@slip(
    "collapse",
    "All earlier biases pass through the whole product of the weights; each passes through the later layers only.",
)
def through_the_product(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W = W_next @ W
        b = b + b_next
    return (W, W @ b) if len(layers) > 1 else (W, b)


@slip(
    "collapse",
    "Each bias passes through its own layer's weights as well: from the back, W was updated before it was used for b.",
)
def from_the_back(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[-1]
    for W_before, b_before in list(layers)[-2::-1]:
        W = W @ W_before
        b = W @ b_before + b
    return W, b


@slip(
    "collapse",
    "From the back, each bias passes through the next layer's weights only; it passes through all the later ones.",
)
def from_the_back_one_layer(
    layers: Sequence[tuple[Tensor, Tensor]],
) -> tuple[Tensor, Tensor]:
    W, b = layers[-1]
    W_after = W
    for W_before, b_before in list(layers)[-2::-1]:
        b = b + W_after @ b_before
        W, W_after = W @ W_before, W_before
    return W, b


@slip(
    "collapse",
    "All earlier biases pass through the last layer's weights only; each passes through all the later ones.",
)
def through_the_last(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    for W_next, b_next in layers[1:-1]:
        W, b = W_next @ W, b + b_next
    W_last, b_last = layers[-1]
    return (W_last @ W, W_last @ b + b_last) if len(layers) > 1 else (W, b)


@slip(
    "collapse",
    "Only the first and the last bias are left; those between pass through the later weights too.",
)
def first_and_last(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    W, b = layers[0]
    for W_next, _ in layers[1:]:
        W, b = W_next @ W, W_next @ b
    return (W, b + layers[-1][1]) if len(layers) > 1 else (W, b)


change(
    "collapse",
    "The start is the last layer; an example goes through the first one first.",
    "layers[0]",
    "layers[-1]",
)
change(
    "collapse",
    "The last layer acts first and the others follow it; an example goes through the layers in the order in which they are given.",
    "layers[0]",
    "layers[-1]",
    "layers[1:]",
    "layers[:-1]",
)
change(
    "collapse",
    "The second layer is left out: the loop begins one layer too late.",
    "layers[1:]",
    "layers[2:]",
)
change(
    "collapse",
    "The weights so far are multiplied with themselves; the next layer's belong on the left.",
    "W_next @ W,",
    "W @ W,",
)


change(
    "collapse",
    "The bias is multiplied entry by entry with the next layer's weights; it passes through them as a matrix times a vector.",
    "W_next @ b +",
    "W_next * b +",
)
change(
    "collapse",
    "The matrices are multiplied in the wrong order, and only the last bias is left.",
    "W_next @ W, W_next @ b + b_next",
    "W @ W_next, b_next",
)
change(
    "collapse",
    "The matrices are multiplied in the wrong order, and the biases are only added up.",
    "W_next @ W, W_next @ b + b_next",
    "W @ W_next, b + b_next",
)
change(
    "collapse",
    "Weights and biases are added up; one layer after the other means a product, which earlier biases pass through.",
    "W_next @ W, W_next @ b + b_next",
    "W_next + W, b + b_next",
)
change(
    "collapse",
    "Between the layers a ReLU is applied to the weights; there is nothing that bends between them.",
    "W_next @ W,",
    "(W_next @ W).relu(),",
)
change(
    "collapse",
    "After each layer a ReLU is applied to the bias; there is nothing that bends between the layers.",
    "W_next @ b + b_next",
    "(W_next @ b + b_next).relu()",
)
change(
    "collapse",
    "The next layer's bias passes through the weights of the layers before it; it is added as it is, and the earlier bias passes through the next weights.",
    "W_next @ b + b_next",
    "W @ b_next + b",
)
change(
    "collapse",
    "The product comes back transposed with each layer: it is W_next W, not its transpose.",
    "W_next @ W,",
    "W.T @ W_next.T,",
)
change(
    "collapse",
    "The first layer's weights multiply each later layer's; the product of all is asked for.",
    "W_next @ W,",
    "W_next @ layers[0][0],",
)
change(
    "collapse",
    "The first bias passes through each layer by itself; the biases so far are to be carried on.",
    "W_next @ b + b_next",
    "W_next @ layers[0][1] + b_next",
)


@slip(
    "collapse",
    "From the back, the weights are multiplied in the wrong order: the layer before stands on the right of the product.",
)
def from_the_back_reversed(
    layers: Sequence[tuple[Tensor, Tensor]],
) -> tuple[Tensor, Tensor]:
    W, b = layers[-1]
    for W_before, b_before in list(layers)[-2::-1]:
        W, b = W_before @ W, W @ b_before + b
    return W, b


equivalent(
    "collapse", "A vector is its own transpose.", "W, b = W_next @ W, W_next @ b.T + b_next"
)

# -- relu_weights ---------------------------------------------------------------------------------------------

change(
    "relu_weights",
    "These are the slopes; each ReLU is on top of those that began before it, so that its weight is the change of slope.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "slopes",
)
change(
    "relu_weights",
    "The gaps between the points are taken for 1: a slope is a difference in y over one in x.",
    " / xs.diff()",
    "",
)
change(
    "relu_weights",
    "The gap in x is multiplied; a slope is a difference in y over one in x.",
    "/ xs",
    "* xs",
)
change(
    "relu_weights",
    "The slopes are upside down: a slope is a difference in y over one in x.",
    "ys.diff() / xs.diff()",
    "xs.diff() / ys.diff()",
)
change(
    "relu_weights",
    "The first weight is missing: m + 1 points need m ReLUs, and the slope before the first one is 0.",
    "prepend=torch.zeros(1, dtype=xs.dtype)",
    "",
)
change(
    "relu_weights",
    "The first ReLU has no weight, so the curve stays flat up to the second point.",
    "torch.zeros(1, dtype=xs.dtype)",
    "slopes[:1]",
)
change(
    "relu_weights",
    "The curve starts at height 0; c is its height at the first point.",
    "ys[0]",
    "torch.zeros((), dtype=ys.dtype)",
)
change(
    "relu_weights",
    "c is the height of the last point; left of all ReLUs the curve is as high as the first.",
    "ys[0]",
    "ys[-1]",
)
change(
    "relu_weights",
    "c is the mean height; left of all ReLUs the curve is as high as the first point.",
    "ys[0]",
    "ys.mean()",
)
change(
    "relu_weights",
    "c is the lowest height; left of all ReLUs the curve is as high as the first point.",
    "ys[0]",
    "ys.min()",
)
change(
    "relu_weights",
    "c is where the first straight line meets x = 0; left of all ReLUs the curve is constant, as high as the first point.",
    "ys[0]",
    "ys[0] - slopes[0] * xs[0]",
)
change(
    "relu_weights", "c is the x of the first point; it is its height, y.", "ys[0]", "xs[0]"
)
change(
    "relu_weights",
    "c is a tensor with one item, (1,); a single number, (), was asked for.",
    "ys[0]",
    "ys[:1]",
)
change(
    "relu_weights", "c is a Python number; a tensor was asked for.", "ys[0]", "ys[0].item()"
)
change(
    "relu_weights",
    "All weights have the opposite sign: a slope is y after less y before, and a weight the new slope less the old one.",
    "return ys[0], slopes",
    "return ys[0], -slopes",
)
change(
    "relu_weights",
    "The two are exchanged: c comes first.",
    "return ys[0], slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "return slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype)), ys[0]",
)
change(
    "relu_weights",
    "There is a ReLU too many, which begins at the last point and makes the curve flat after it: m + 1 points need m ReLUs.",
    "dtype=xs.dtype))",
    "dtype=xs.dtype), append=torch.zeros(1, dtype=xs.dtype))",
)
change(
    "relu_weights",
    "The height at the first point stands in for the slope before it; left of all ReLUs the slope is 0.",
    "torch.zeros(1, dtype=xs.dtype)",
    "ys[:1]",
)
change(
    "relu_weights",
    "The slope before the first point is taken for 1; it is 0.",
    "torch.zeros",
    "torch.ones",
)
change(
    "relu_weights",
    "The first weight is 0 and the changes of slope come after it, so that they begin one point too late, or the last slope is missing.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(prepend=slopes[:1]) * 0 + torch.cat([torch.zeros(1, dtype=xs.dtype), slopes[:-1]])",
)
change(
    "relu_weights",
    "The slopes are added up; the weight is the change from one slope to the next.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "slopes.cumsum(dim=0)",
)
change(
    "relu_weights",
    "The difference in y is divided by x itself; a slope has the difference in x.",
    "/ xs.diff()",
    "/ xs[1:]",
)
change(
    "relu_weights",
    "The difference in y is divided by x itself; a slope has the difference in x.",
    "/ xs.diff()",
    "/ xs[:-1]",
)
change(
    "relu_weights",
    "Every slope is measured from the first point; it belongs to neighbours.",
    "ys.diff() / xs.diff()",
    "(ys[1:] - ys[0]) / (xs[1:] - xs[0])",
)
change(
    "relu_weights",
    "The weights are in reverse order.",
    "return ys[0], slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "return ys[0], slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype)).flip(0)",
)
change(
    "relu_weights",
    "All gaps are taken for the mean gap; each slope has a gap of its own.",
    "xs.diff()",
    "xs.diff().mean()",
)
change(
    "relu_weights",
    "All gaps are taken for the first one; each slope has a gap of its own.",
    "xs.diff()",
    "xs.diff()[0]",
)
change(
    "relu_weights",
    "The weights lost their signs: where the slope falls, the weight is negative.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype)).abs()",
)
change(
    "relu_weights",
    "The slopes lost their signs: where y falls, the slope is negative.",
    "ys.diff() /",
    "ys.diff().abs() /",
)
change(
    "relu_weights",
    "The changes of slope are divided by the gap once more, as in a second derivative; the weight is the change itself.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype)) / xs.diff()",
)
change(
    "relu_weights",
    "The differences of y are subtracted before they are divided by their gaps: first the slopes, then their changes.",
    "ys.diff() / xs.diff()",
    "ys.diff()",
    "dtype=xs.dtype))",
    "dtype=xs.dtype)) / xs.diff()",
)


@slip(
    "relu_weights",
    "From the second on the sign is wrong: the change is the new slope less the old one.",
)
def old_less_new(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    slopes = ys.diff() / xs.diff()
    return ys[0], torch.cat([slopes[:1], slopes[:-1] - slopes[1:]])


@slip(
    "relu_weights",
    "The slope and the one before it are added; their difference is the weight.",
)
def sums_of_slopes(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    slopes = ys.diff() / xs.diff()
    return ys[0], torch.cat([slopes[:1], slopes[:-1] + slopes[1:]])


@slip(
    "relu_weights",
    "From each slope only the last weight is taken off; all ReLUs that began before it count, their sum is the old slope.",
)
def last_weight_taken_off(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    v = ys.diff() / xs.diff()
    for i in range(1, len(v)):
        v[i] = v[i] - v[i - 1]
    return ys[0], v


@slip(
    "relu_weights",
    "From each slope all earlier slopes are taken off; the one before it holds them already.",
)
def all_slopes_taken_off(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    slopes = ys.diff() / xs.diff()
    return ys[0], slopes - (slopes.cumsum(dim=0) - slopes)


@slip(
    "relu_weights",
    "From the second on every weight takes off the first slope; it should be the slope just before.",
)
def first_slope_taken_off(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    slopes = ys.diff() / xs.diff()
    return ys[0], torch.cat([slopes[:1], slopes[1:] - slopes[0]])


@slip("relu_weights", "ys was changed; it belongs to the caller.")
def ys_shifted(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    c = ys[0].clone()
    ys -= c
    slopes = ys.diff() / xs.diff()
    return c, slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))


change(
    "relu_weights",
    "The 0 stands behind the slopes, as if the slope after the last point were 0; it belongs before them: left of all ReLUs the slope is 0.",
    "prepend",
    "append",
)
change(
    "relu_weights",
    "The x of the first point stands in for the slope before it; left of all ReLUs the slope is 0.",
    "torch.zeros(1, dtype=xs.dtype)",
    "xs[:1]",
)
change(
    "relu_weights",
    "These are the differences of the heights: not divided by the gaps, and a weight is a change of slope.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "ys.diff()",
)
change(
    "relu_weights",
    "c is the height of the second point; left of all ReLUs the curve is as high as the first.",
    "ys[0]",
    "ys[1]",
)
change(
    "relu_weights",
    "The weights are heights; they are changes of slope.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "ys[:-1]",
)
change(
    "relu_weights",
    "The slopes are made with the gaps before the points, one place too early.",
    "xs.diff()",
    "xs.diff().roll(1)",
)
change(
    "relu_weights",
    "The slopes of the pieces stand in reverse order.",
    "ys.diff() / xs.diff()",
    "(ys.diff() / xs.diff()).flip(0)",
)
change(
    "relu_weights",
    "The slope of each piece is halved: the gap is taken twice, or a mean of two slopes stands for one.",
    "/ xs",
    "/ 2 / xs",
)


@slip(
    "relu_weights",
    "What is left over at each point is taken without c: the first weight has to lead from c to the second height.",
)
def residual_without_c(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    v = torch.zeros_like(xs[1:])
    for i in range(len(v)):
        reached = (v * (xs[i + 1] - xs[:-1]).clamp(min=0)).sum()
        v[i] = (ys[i + 1] - reached) / (xs[i + 1] - xs[i])
    return ys[0], v


change(
    "relu_weights",
    "c is the first slope; it is the height of the first point.",
    "return ys[0]",
    "return slopes[0]",
)
change(
    "relu_weights",
    "The weights are the differences of the heights, with the first height in front; they are the changes of slope.",
    "slopes.diff(",
    "ys.diff(",
)
change("relu_weights", "c has the opposite sign.", "return ys[0]", "return -ys[0]")


change(
    "relu_weights",
    "There is a weight too many, 0, at the end: m + 1 points need m ReLUs.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "torch.cat([slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype)), torch.zeros(1, dtype=xs.dtype)])",
)
change(
    "relu_weights",
    "There is a weight too many, 0, in front: the first weight is the first slope.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "torch.cat([torch.zeros(1, dtype=xs.dtype), slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))])",
)
change(
    "relu_weights",
    "The weights are float32; numbers of the type of xs were asked for.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype)).float()",
)
change(
    "relu_weights",
    "The weights are a list; a tensor was asked for.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "list(slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype)))",
)
change(
    "relu_weights",
    "The weights are a list; a tensor was asked for.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype)).tolist()",
)
change(
    "relu_weights",
    "The heights themselves are divided by the gaps; a slope is a difference of heights over one in x.",
    "ys.diff() /",
    "ys[1:] /",
)
change(
    "relu_weights",
    "The heights themselves are divided by the gaps; a slope is a difference of heights over one in x.",
    "ys.diff() /",
    "ys[:-1] /",
)
change(
    "relu_weights",
    "The heights are measured from the first point and the gaps between neighbours: both belong to neighbours.",
    "ys.diff() /",
    "(ys[1:] - ys[0]) /",
)
change(
    "relu_weights",
    "The heights belong to neighbours and the gaps are measured from the first point: both belong to neighbours.",
    "/ xs.diff()",
    "/ (xs[1:] - xs[0])",
)
change(
    "relu_weights",
    "The first weight is the first height; it is the first slope, since the slope before it is 0.",
    "return ys[0], slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "v = slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))\n    v[0] = ys[0]\n    return ys[0], v",
)
change(
    "relu_weights",
    "The first weight is 1; it is the first slope, since the slope before it is 0.",
    "return ys[0], slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "v = slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))\n    v[0] = 1\n    return ys[0], v",
)
change(
    "relu_weights",
    "The weights are cut off at 0; where the slope falls, the weight is negative.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype)).relu()",
)
change(
    "relu_weights",
    "The changes of slope are multiplied by the gaps; the weight is the change itself.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype)) * xs.diff()",
)
change(
    "relu_weights",
    "From the second on these are means of two slopes; the weight is their difference.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "torch.cat([slopes[:1], (slopes[1:] + slopes[:-1]) / 2])",
)
change(
    "relu_weights",
    "From the second on the changes of slope are halved.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "torch.cat([slopes[:1], slopes.diff() / 2])",
)
change(
    "relu_weights",
    "The weights are ratios of neighbouring slopes; they are differences.",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "torch.cat([slopes[:1], slopes[1:] / slopes[:-1]])",
)
change(
    "relu_weights",
    "The first weight is measured from 0 to the first point; it is the slope from the first point to the second.",
    "return ys[0], slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
    "v = slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))\n    v[0] = ys[0] / xs[0]\n    return ys[0], v",
)


@slip(
    "relu_weights",
    "What the earlier ReLUs give is taken at the start of a piece, where the next ReLU begins; it is needed at the end of the piece.",
)
def residual_at_the_start(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    v = torch.zeros_like(xs[1:])
    for i in range(len(v)):
        reached = ys[0] + (v * (xs[i] - xs[:-1]).clamp(min=0)).sum()
        v[i] = (ys[i + 1] - reached) / (xs[i + 1] - xs[i])
    return ys[0], v


@slip(
    "relu_weights",
    "The earlier weights are taken off the difference of the heights; they are slopes, and are taken off the slope.",
)
def weights_off_the_height(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    v = torch.zeros_like(xs[1:])
    for i in range(len(v)):
        v[i] = (ys[i + 1] - ys[i] - v.sum()) / (xs[i + 1] - xs[i])
    return ys[0], v


equivalent(
    "relu_weights",
    "Joined to slopes in float64 a zero in float32 becomes float64.",
    "return ys[0], slopes.diff(prepend=torch.zeros(1))",
)
