"""Planted wrong answers to the exercises of chapter 1, each with the hint that it must get."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- mcculloch_pitts -----------------------------------------------------------------------------------------

change(
    "mcculloch_pitts",
    "Exactly at the threshold the output is 0; theta excitatory inputs are enough.",
    ">=",
    ">",
)
change(
    "mcculloch_pitts",
    "The output is 1 only for exactly theta excitatory inputs; more of them are enough too.",
    ">= theta",
    "== theta",
)
change(
    "mcculloch_pitts",
    "The comparison with the threshold is turned round: at least theta excitatory inputs are needed.",
    ">= theta",
    "<= theta",
)
change(
    "mcculloch_pitts",
    "The inhibitory inputs play no part: a single one that is 1 makes the output 0.",
    "((E.sum(1) >= theta) & (I.sum(1) == 0))",
    "(E.sum(1) >= theta)",
)
change(
    "mcculloch_pitts",
    "The inhibitory inputs are subtracted from the excitatory ones; one that is 1 makes the output 0, however many excitatory ones there are.",
    "((E.sum(1) >= theta) & (I.sum(1) == 0))",
    "(E.sum(1) - I.sum(1) >= theta)",
)
change(
    "mcculloch_pitts",
    "All inputs are added up; those that inhibit are no excitatory ones.",
    "((E.sum(1) >= theta) & (I.sum(1) == 0))",
    "(E.sum(1) + I.sum(1) >= theta)",
)
change(
    "mcculloch_pitts",
    "A single inhibitory input that is 1 is not enough here; it should make the output 0.",
    "I.sum(1) == 0",
    "I.sum(1) <= 1",
)
change(
    "mcculloch_pitts",
    "The output is 1 where inhibitory inputs are 1; none of them may be.",
    "I.sum(1) == 0",
    "I.sum(1) > 0",
)
change(
    "mcculloch_pitts",
    "One of the two conditions is enough here; both have to hold.",
    " & ",
    " | ",
)
change(
    "mcculloch_pitts",
    "The outputs are True and False; numbers of the type of E were asked for.",
    "((E.sum(1) >= theta) & (I.sum(1) == 0)).to(E.dtype)",
    "(E.sum(1) >= theta) & (I.sum(1) == 0)",
)
change(
    "mcculloch_pitts",
    "The outputs are whole numbers (int64); numbers of the type of E were asked for.",
    ".to(E.dtype)",
    ".long()",
)
change(
    "mcculloch_pitts",
    "The outputs are always float32; numbers of the type of E were asked for.",
    ".to(E.dtype)",
    ".float()",
)
change(
    "mcculloch_pitts",
    "The outputs are always float64; numbers of the type of E were asked for.",
    ".to(E.dtype)",
    ".double()",
)
change(
    "mcculloch_pitts",
    "The threshold is not used: one excitatory input that is 1 is not enough.",
    ">= theta",
    ">= 1",
)
change(
    "mcculloch_pitts",
    "All excitatory inputs have to be 1 here; theta of them are enough.",
    "E.sum(1) >= theta",
    "E.all(1)",
)
change(
    "mcculloch_pitts",
    "The roles of the two kinds of inputs are exchanged.",
    "((E.sum(1) >= theta) & (I.sum(1) == 0))",
    "((I.sum(1) >= theta) & (E.sum(1) == 0))",
)
change(
    "mcculloch_pitts",
    "0 and 1 are exchanged.",
    "((E.sum(1) >= theta) & (I.sum(1) == 0))",
    "(~((E.sum(1) >= theta) & (I.sum(1) == 0)))",
)
change(
    "mcculloch_pitts",
    "These are outputs of -1 and 1; 0 and 1 were asked for.",
    "((E.sum(1) >= theta) & (I.sum(1) == 0))",
    "(2 * ((E.sum(1) >= theta) & (I.sum(1) == 0)).int() - 1)",
)
change(
    "mcculloch_pitts",
    "A single inhibitory input that is 1 is not enough here; it should make the output 0.",
    "I.sum(1) == 0",
    "I.prod(1) == 0",
)


@slip(
    "mcculloch_pitts",
    "An inhibitory input of one example makes the outputs of all of them 0; each row is an example of its own.",
)
def silenced_together(E: Tensor, I: Tensor, theta: int) -> Tensor:
    if I.sum() > 0:
        return torch.zeros(len(E), dtype=E.dtype)
    return (E.sum(1) >= theta).to(E.dtype)


@slip(
    "mcculloch_pitts",
    "The inputs are summed over the examples; each row is an example of its own.",
)
def over_the_examples(E: Tensor, I: Tensor, theta: int) -> Tensor:
    return (E.sum(0) >= theta).to(E.dtype)


# -- correct -------------------------------------------------------------------------------------------------

change(
    "correct",
    "The weights change after correct outputs too.",
    " if t_hat != t else w.clone()",
    "",
)
change(
    "correct",
    "A pre-activation of exactly zero is taken for +1; by eq. 1.2 the output is -1.",
    "> 0",
    ">= 0",
)
change("correct", "The weights move away from the target.", "w + eta", "w - eta")
change("correct", "The learning rate plays no part.", "eta * t", "t")
change(
    "correct",
    "Every correction is twice as long as asked; that happens with the error t - t_hat of two outputs of -1 and 1.",
    "eta * t * x",
    "eta * (t - t_hat) * x",
)
change(
    "correct",
    "The weights change after correct outputs and stay after wrong ones: a comparison is the wrong way round.",
    "!=",
    "==",
)
change(
    "correct",
    "The comparison is turned round: a negative pre-activation gives +1.",
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
    "This is the correction alone after a wrong output; the weights before it have to be added.",
    "w + eta",
    "eta",
)
change(
    "correct",
    "After a correct output zeros come back; the weights should stay as they were.",
    "w.clone()",
    "torch.zeros_like(w)",
)
change(
    "correct",
    "The bias is left out of the pre-activation: it is the first weight, and counts as the others do.",
    "w @ x",
    "w[1:] @ x[1:]",
)
change(
    "correct",
    "This is a margin: outputs that are correct by less than 1 are corrected too. Only wrong outputs count.",
    "1.0 if w @ x > 0 else -1.0",
    "t if t * (w @ x) > 1 else -t",
)
change(
    "correct",
    "This is a margin: outputs that are correct by less than 1 are corrected too. Only wrong outputs count.",
    "1.0 if w @ x > 0 else -1.0",
    "t if t * (w @ x) >= 1 else -t",
)
change(
    "correct",
    "A pre-activation of exactly zero is corrected for the target -1 too; by eq. 1.2 the output is -1, and correct.",
    "1.0 if w @ x > 0 else -1.0",
    "t if t * (w @ x) > 0 else -t",
)
change(
    "correct",
    "A pre-activation of exactly zero is never corrected; by eq. 1.2 the output is -1, and wrong when the target is +1.",
    "1.0 if w @ x > 0 else -1.0",
    "t if t * (w @ x) >= 0 else -t",
)
change(
    "correct",
    "The error is taken from the pre-activation, t - w x (the delta rule); a perceptron compares its output, not its pre-activation.",
    "eta * t * x if t_hat != t else w.clone()",
    "eta * (t - w @ x) * x",
)
change(
    "correct",
    "After a wrong output the correction holds t - w x; eq. 1.8 has the target alone.",
    "eta * t * x",
    "eta * (t - w @ x) * x",
)
change(
    "correct",
    "The neuron's own output stands in place of the target, after correct outputs as well.",
    "eta * t * x if t_hat != t else w.clone()",
    "eta * t_hat * x",
)
change(
    "correct",
    "The error is taken between a target of -1 or +1 and an output of 0 or 1: the outputs are -1 and +1 here.",
    "-1.0",
    "0.0",
    "eta * t *",
    "eta * (t - t_hat) *",
)
change(
    "correct",
    "A correct -1 is corrected too: outputs or targets of 0 and 1 are compared with those of -1 and +1.",
    "-1.0",
    "0.0",
)
change(
    "correct",
    "Only a missed +1 is corrected; a missed -1 must be corrected too.",
    "t_hat != t",
    "t_hat < t",
)
change(
    "correct",
    "Only a missed -1 is corrected; a missed +1 must be corrected too.",
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
    "The correction is multiplied by the pre-activation w x; eq. 1.8 has the target alone.",
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
    "The correction is half as long at a pre-activation of exactly zero: there the sign is 0, and eq. 1.2 says -1.",
)
def sign_of_zero(w: Tensor, x: Tensor, t: float, eta: float) -> Tensor:
    return w + eta * (t - torch.sign(w @ x)) / 2 * x


@slip(
    "correct",
    "Twice the correction, and once at a pre-activation of exactly zero: torch.sign(0) is 0, and t - t_hat is 2 or -2.",
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
    "After a correct output the example comes back in place of the weights.",
    "w.clone()",
    "x.clone()",
)


change(
    "correct",
    "The weights come back as they were after wrong outputs too.",
    "w + eta * t * x",
    "w.clone()",
)
change(
    "correct",
    "The output is taken to be +1 always; it depends on the sign of the pre-activation.",
    "else -1.0",
    "else 1.0",
)
change(
    "correct",
    "The output is taken to be -1 always; it depends on the sign of the pre-activation.",
    "1.0 if w @ x > 0 else -1.0",
    "-1.0",
)
change(
    "correct",
    "Pre-activations that are positive but small give -1: the threshold is 0.",
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
    "The correction grows with the hinge loss, 1 - t w x; eq. 1.8 has the target alone, and only after wrong outputs.",
    "w + eta * t * x if t_hat != t else w.clone()",
    "w + eta * max(0, 1 - t * (w @ x)) * t * x",
)
change(
    "correct",
    "The output is computed from each product w_i x_i by itself; the neuron has one output, from their sum.",
    "w + eta * t * x if t_hat != t else w.clone()",
    "w + eta * t * x * (torch.where(w * x > 0, 1.0, -1.0) != t)",
)
change(
    "correct",
    "The target plays no part in the correction of the bias, which always grows.",
    "return w + eta * t * x",
    "step = eta * t * x\n    step[0] = eta\n    return w + step",
)
change(
    "correct",
    "The output is taken to be the tanh of the pre-activation; a perceptron has the outputs -1 and +1.",
    "w + eta * t * x if t_hat != t else w.clone()",
    "w + eta * (t - torch.tanh(w @ x)) * x",
)


@slip(
    "correct",
    "The correction is repeated until the output is correct; one example gives one correction.",
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

# -- xor -----------------------------------------------------------------------------------------------------


@slip("xor", "nand was never called; the output has to come from nands alone.")
def compared_directly(
    x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    return (x1 != x2).to(x1.dtype)


@slip("xor", "nand was never called; the output has to come from nands alone.")
def distance(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return (x1 - x2).abs()


@slip("xor", "nand was never called; the output has to come from nands alone.")
def by_products(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return x1 + x2 - 2 * x1 * x2


change(
    "xor",
    "The outputs are correct, but there is one nand too many: h is computed twice.",
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
    "The output is 1 when both bits are 1 as well: it is or, made of x1 and x2 negated, without h.",
    "nand(x1, h)",
    "nand(x1, x1)",
    "nand(x2, h)",
    "nand(x2, x2)",
    "    h = nand(x1, x2)\n",
    "",
)
change(
    "xor",
    "The output is 1 when both bits are 1 as well: it is or. h is computed and then left out.",
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
    "This is and: h was combined with itself.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(h, h)",
)
change(
    "xor", "Both inner nands take x1; the second takes x2.", "nand(x2, h)", "nand(x1, h)"
)
change("xor", "Both inner nands take x2; the first takes x1.", "nand(x1, h)", "nand(x2, h)")
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
    "The outer nand is missing: the two inner outputs are multiplied.",
    "nand(nand(x1, h), nand(x2, h))",
    "nand(x1, h) * nand(x2, h)",
)
change(
    "xor",
    "The outer nand is missing: the two inner outputs are added.",
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
    "A not is made as 1 - x, without nand; everything has to come from nands.",
    "nand(nand(x1, h), nand(x2, h))",
    "1 - nand(h, nand(1 - x1, 1 - x2))",
)
change(
    "xor",
    "A not is made as 1 - x, without nand, and nand is called three times: by or and not-and. Everything has to come from nands.",
    "h = nand(x1, x2)\n    return nand(nand(x1, h), nand(x2, h))",
    "return nand(nand(x1, 1 - x2), nand(1 - x1, x2))",
)


@slip(
    "xor",
    "This is correct on bits, but made from not, or and and, with six nands: eq. 1.11 needs four.",
)
def or_and_nand(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    either = nand(nand(x1, x1), nand(x2, x2))
    out = nand(either, nand(x1, x2))
    return nand(out, out)


@slip(
    "xor",
    "This is correct on bits, but both nots are made first, which takes five nands: eq. 1.11 shares h and needs four.",
)
def two_nots(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return nand(nand(x1, nand(x2, x2)), nand(nand(x1, x1), x2))


@slip(
    "xor",
    "nand is called anew for each example; it takes whole tensors, and four calls are enough for all.",
)
def one_by_one(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    out = []
    for a, b in zip(x1, x2, strict=True):
        h = nand(a, b)
        out.append(nand(nand(a, h), nand(b, h)))
    return torch.stack(out)


change(
    "xor",
    "Correct on bits, but and is made as a product; and takes nands too. Eq. 1.11 needs four nands and nothing else.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return h * nand(nand(x1, x1), nand(x2, x2))",
)
change(
    "xor",
    "Correct on bits, but a not is made as 1 - x, without nand, and or takes three nands.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return 1 - nand(h, nand(nand(x1, x1), nand(x2, x2)))",
)
change(
    "xor",
    "The values are correct, but nand is called three times: one of the four is computed without it.",
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
    "The inner nand of x2 takes the inner nand of x1 in place of h.",
    "return nand(nand(x1, h), nand(x2, h))",
    "left = nand(x1, h)\n    return nand(left, nand(x2, left))",
)
change(
    "xor",
    "The inner nand of x1 takes the inner nand of x2 in place of h.",
    "return nand(nand(x1, h), nand(x2, h))",
    "right = nand(x2, h)\n    return nand(nand(x1, right), right)",
)
change(
    "xor",
    "The inner nand of x2 and h is missing: h is combined with itself in its place.",
    "nand(nand(x1, h), nand(x2, h))",
    "nand(nand(x1, h), nand(h, h))",
)
change(
    "xor",
    "The outputs are True and False; zeros and ones of the type of x1 were asked for.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(nand(x1, h), nand(x2, h)) > 0",
)


@slip(
    "xor",
    "nand is called anew for each example, and a list comes back; it takes whole tensors and gives one.",
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
    "nand is called anew for each example; it takes whole tensors, and four calls are enough for all.",
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
    "In the half of x2, nand(x1, x2) reaches the last nand in place of nand(x2, h): either x2 was joined with x1, or h was handed on as it is.",
    "nand(x2, h)",
    "nand(x2, x1)",
)
change(
    "xor",
    "One inner nand takes h twice; it belongs to x1 and h.",
    "nand(x1, h)",
    "nand(h, h)",
)


@slip("xor", "nand was never called; the output has to come from nands alone.")
def logical(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return torch.logical_xor(x1, x2).to(x1.dtype)


@slip("xor", "nand was never called; the output has to come from nands alone.")
def remainder(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return (x1 + x2) % 2


@slip("xor", "nand was never called; the output has to come from nands alone.")
def squared(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    return (x1 - x2) ** 2


@slip(
    "xor",
    "The circuit is correct, but the nand that was given is never called: use it, and none of your own.",
)
def own_nand(x1: Tensor, x2: Tensor, nand: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    h = 1 - x1 * x2
    return 1 - (1 - x1 * h) * (1 - x2 * h)


change(
    "xor",
    "The outer nand is missing: the two inner outputs are added, less 1.",
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
    "This is and: h was combined with the same nand again.",
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
    "The values are correct, but nand is called twice only: two of the four are computed without it.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return nand(1 - x1 * h, 1 - x2 * h)",
)
change(
    "xor",
    "The values are correct, but nand is called once only: three of the four are computed without it.",
    "return nand(nand(x1, h), nand(x2, h))",
    "return 1 - (1 - x1 * h) * (1 - x2 * h)",
)
change(
    "xor",
    "The values are correct, but a part of the circuit is computed again: call each of the four nands once.",
    "return nand(nand(x1, h), nand(x2, h))",
    "nand(nand(x1, h), nand(x2, h))\n    return nand(nand(x1, h), nand(x2, h))",
)


equivalent(
    "xor",
    "A nand does not depend on the order of its inputs.",
    "h = nand(x2, x1)",
    "return nand(nand(x2, h), nand(x1, h))",
    "return nand(nand(h, x1), nand(x2, h))",
    "return nand(nand(x1, h), nand(h, x2))",
)

# -- separable -----------------------------------------------------------------------------------------------

change(
    "separable",
    "A is not: the examples (0, 0) and (1, 1) of the first two bits have the target 1, and (0, 1) and (1, 0) have 0, which is xor turned round. And G is: nand has weights for three bits as well.",
    '["B", "C", "E", "G"]',
    '["A", "B", "C", "E"]',
)
change(
    "separable",
    "D is parity: with the third bit 0 it is xor. And G is: nand has weights for three bits as well.",
    '["B", "C", "E", "G"]',
    '["B", "C", "D", "E"]',
)
change(
    "separable",
    "F is not: with the third bit 0 it is xor. And G is: nand has weights for three bits as well.",
    '["B", "C", "E", "G"]',
    '["B", "C", "E", "F"]',
)
change(
    "separable",
    "H is not: (1, 1, 0) and (0, 0, 1) have the target 1, (1, 0, 1) and (0, 1, 0) have 0, and both pairs have the same sum. And G is: nand has weights for three bits as well.",
    '["B", "C", "E", "G"]',
    '["B", "C", "E", "H"]',
)
change(
    "separable",
    "A is xor of the first two bits, turned round. And E is: give the third bit twice the weight of the others.",
    '["B", "C", "E", "G"]',
    '["A", "B", "C", "G"]',
)
change(
    "separable",
    "D is parity, which contains xor. And E is: give the third bit twice the weight of the others.",
    '["B", "C", "E", "G"]',
    '["B", "C", "D", "G"]',
)
change(
    "separable",
    "F contains xor: set the third bit to 0. And E is: give the third bit twice the weight of the others.",
    '["B", "C", "E", "G"]',
    '["B", "C", "F", "G"]',
)
change(
    "separable",
    "In H two pairs of examples with different targets have the same sum. And E is: give the third bit twice the weight of the others.",
    '["B", "C", "E", "G"]',
    '["B", "C", "G", "H"]',
)
change(
    "separable",
    "In H two pairs of examples with different targets have the same sum. And C is: give the first bit twice the weight of the others.",
    '["B", "C", "E", "G"]',
    '["B", "E", "G", "H"]',
)
change(
    "separable",
    "F contains xor: set the third bit to 0. And C is: give the first bit twice the weight of the others.",
    '["B", "C", "E", "G"]',
    '["B", "E", "F", "G"]',
)
change(
    "separable",
    "F contains xor: set the third bit to 0. And B is: equal weights, and a bias between -2 and -1 times their size.",
    '["B", "C", "E", "G"]',
    '["C", "E", "F", "G"]',
)
change(
    "separable",
    "D is parity, which contains xor. And B is: equal weights, and a bias between -2 and -1 times their size.",
    '["B", "C", "E", "G"]',
    '["C", "D", "E", "G"]',
)
change(
    "separable",
    "These are the four that are not linearly separable.",
    '["B", "C", "E", "G"]',
    '["A", "D", "F", "H"]',
)


equivalent(
    "separable",
    "The order of a choice does not matter.",
    'return ["C", "B", "E", "G"]',
    'return ["B", "E", "C", "G"]',
    'return ["B", "C", "G", "E"]',
)

# -- one_epoch -----------------------------------------------------------------------------------------------

change(
    "one_epoch",
    "Every change is twice as long as it should be: eta is 1/2, and t is the factor, not t - t_hat.",
    "[-0.5, 0.0, 0.5]",
    "[-1.0, 0.0, 1.0]",
)
change(
    "one_epoch",
    "At the first example the pre-activation is zero; by (1.2) the output is -1 then, which is wrong.",
    "[-0.5, 0.0, 0.5]",
    "[-0.5, 0.0, 0.0]",
)
change(
    "one_epoch",
    "The last two examples are exchanged: (1, 0) comes before (0, 1).",
    "[-0.5, 0.0, 0.5]",
    "[-0.5, 0.5, 0.0]",
)
change(
    "one_epoch",
    "These are the weights after the first example; the next two are classified wrongly too.",
    "[-0.5, 0.0, 0.5]",
    "[0.5, 0.5, 0.5]",
)
change(
    "one_epoch",
    "These are the weights after two examples; the third is classified wrongly too.",
    "[-0.5, 0.0, 0.5]",
    "[0.0, 0.5, 0.5]",
)
change(
    "one_epoch",
    "The bias comes last here; it should come first.",
    "[-0.5, 0.0, 0.5]",
    "[0.0, 0.5, -0.5]",
)
change(
    "one_epoch",
    "The bias does not have its last change: the input that belongs to it is 1 in every example.",
    "[-0.5, 0.0, 0.5]",
    "[0.0, -0.5, 0.5]",
)
change(
    "one_epoch",
    "At the last example the pre-activation is zero and the output -1, which is correct: nothing changes.",
    "[-0.5, 0.0, 0.5]",
    "[-1.0, 0.0, 0.0]",
)
change(
    "one_epoch",
    "The signs are the wrong way round: a missed +1 adds the example.",
    "[-0.5, 0.0, 0.5]",
    "[0.5, 0.0, -0.5]",
)
change(
    "one_epoch",
    "The weights do change: at the first example the output is -1 and the target +1.",
    "[-0.5, 0.0, 0.5]",
    "[0.0, 0.0, 0.0]",
)

# -- collapse ------------------------------------------------------------------------------------------------

change(
    "collapse",
    "The matrices are multiplied in the wrong order: the first layer acts on x first, and stands on the right of the product.",
    "W_next @ W,",
    "W @ W_next,",
)
change(
    "collapse",
    "The layers between the first and the last are left out; (1.13) is used once for each layer after the first.",
    "in layers[1:]:",
    "in layers[1:][-1:]:",
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
    "The layers are taken from the last to the first; an example passes the first one first.",
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
    "Between the layers a ReLU is applied to the bias; no activation function stands between them.",
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
    "The start is the last layer; an example passes the first one first.",
    "layers[0]",
    "layers[-1]",
)
change(
    "collapse",
    "The last layer acts first and the others follow it; an example passes the layers in the order in which they are given.",
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
    "Between the layers a ReLU is applied to the weights; no activation function stands between them.",
    "W_next @ W,",
    "(W_next @ W).relu(),",
)
change(
    "collapse",
    "After each layer a ReLU is applied to the bias; no activation function stands between the layers.",
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


@slip(
    "collapse",
    "Both faults are still there: the order of the matrices in the product, and the weights that the bias passes through.",
)
def still_faulty(layers: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    weights, biases = layers[0]
    for W, b in layers[1:]:
        weights = weights @ W
        biases = weights @ biases + b
    return weights, biases


# -- relu_weights --------------------------------------------------------------------------------------------

change(
    "relu_weights",
    "The 0 stands before the slopes, as for ReLUs that act to the right; these act to the left, and the slope after the last point is 0.",
    "append",
    "prepend",
)
change(
    "relu_weights",
    "This is (1.15), whose ReLUs begin at the points and act to the right of them; these end at the points and act to the left.",
    "ys[-1], slopes",
    "ys[0], slopes",
    "append",
    "prepend",
)
change(
    "relu_weights",
    "The changes of slope are those of (1.15), with the opposite sign: they belong to the first m points, and these ReLUs end at the last m.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "-slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype))",
)
change(
    "relu_weights",
    "Except for the last, the signs are wrong: a weight is the slope after its point less the slope before it.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "torch.cat([slopes[:-1] - slopes[1:], -slopes[-1:]])",
)
change(
    "relu_weights",
    "c is the height of the first point; at the last point all of these ReLUs are 0.",
    "ys[-1], slopes",
    "ys[0], slopes",
)
change(
    "relu_weights",
    "The signs of the weights are wrong: to the left of x_i the slope of max(0, x_i - x) is -1, and the change of slope at x_i is v_i itself.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "-slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
)
change(
    "relu_weights",
    "The weights are the slopes; they are changes of slope.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "slopes",
)
change(
    "relu_weights",
    "The weights are the slopes with the opposite sign; they are changes of slope.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "-slopes",
)
change(
    "relu_weights",
    "The weights are in reverse order.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype)).flip(0)",
)
change(
    "relu_weights",
    "The differences of the heights are not divided by the gaps.",
    "(ys[1:] - ys[:-1]) / (xs[1:] - xs[:-1])",
    "ys[1:] - ys[:-1]",
)
change(
    "relu_weights",
    "The gaps are divided by the differences of the heights; a slope is the other way round.",
    "(ys[1:] - ys[:-1]) / (xs[1:] - xs[:-1])",
    "(xs[1:] - xs[:-1]) / (ys[1:] - ys[:-1])",
)
change(
    "relu_weights",
    "All gaps are taken for the first one; each slope has a gap of its own.",
    "(xs[1:] - xs[:-1])",
    "(xs[1] - xs[0])",
)
change(
    "relu_weights",
    "All gaps are taken for the mean gap; each slope has a gap of its own.",
    "(xs[1:] - xs[:-1])",
    "(xs[1:] - xs[:-1]).mean()",
)
change(
    "relu_weights",
    "The last change is missing: to the right of the last point the slope is 0.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff()",
)
change(
    "relu_weights",
    "There is a weight too many: no ReLU ends at the first point.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(prepend=torch.zeros(1, dtype=xs.dtype), append=torch.zeros(1, dtype=xs.dtype))",
)
change(
    "relu_weights",
    "The slope after the last point is taken for 1; it is 0.",
    "torch.zeros",
    "torch.ones",
)
change(
    "relu_weights",
    "The weights are cut off at 0; where the slope falls, the weight is negative.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype)).relu()",
)
change(
    "relu_weights",
    "The weights lost their signs: where the slope falls, the weight is negative.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype)).abs()",
)
change(
    "relu_weights",
    "The slopes lost their signs: where y falls, the slope is negative.",
    "(ys[1:] - ys[:-1]) /",
    "(ys[1:] - ys[:-1]).abs() /",
)
change(
    "relu_weights",
    "The changes of slope are divided by the gap once more; the weight is the change itself.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype)) / (xs[1:] - xs[:-1])",
)
change(
    "relu_weights",
    "The changes of slope are halved.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype)) / 2",
)
change("relu_weights", "c has the opposite sign.", "return ys[-1]", "return -ys[-1]")
change(
    "relu_weights",
    "c is the height of the last point but one; at the last point all of these ReLUs are 0.",
    "ys[-1], slopes",
    "ys[-2], slopes",
)
change(
    "relu_weights",
    "c keeps an axis of size 1; a single number was asked for.",
    "return ys[-1]",
    "return ys[-1:]",
)
change(
    "relu_weights",
    "The weights are float32; numbers of the type of xs were asked for.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype)).float()",
)
change(
    "relu_weights",
    "The weights are a list; a tensor was asked for.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "list(slopes.diff(append=torch.zeros(1, dtype=xs.dtype)))",
)
change(
    "relu_weights",
    "The heights themselves are divided by the gaps; a slope is a difference of heights over one in x.",
    "(ys[1:] - ys[:-1]) /",
    "ys[:-1] /",
)
change(
    "relu_weights",
    "Every slope is measured from the first point; it belongs to neighbours.",
    "(ys[1:] - ys[:-1]) / (xs[1:] - xs[:-1])",
    "(ys[1:] - ys[0]) / (xs[1:] - xs[0])",
)
change(
    "relu_weights",
    "The slopes are added up; the weight is the change from one slope to the next.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "slopes.flip(0).cumsum(0).flip(0)",
)
change(
    "relu_weights",
    "Except for the last, each weight is the sum of two slopes; it is their difference.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "torch.cat([slopes[:-1] + slopes[1:], -slopes[-1:]])",
)
change(
    "relu_weights",
    "The last weight has the wrong sign: the slope changes from the last one to 0.",
    "slopes.diff(append=torch.zeros(1, dtype=xs.dtype))",
    "torch.cat([slopes.diff(), slopes[-1:]])",
)


@slip("relu_weights", "ys was changed; it belongs to the caller.")
def ys_shifted(xs: Tensor, ys: Tensor) -> tuple[Tensor, Tensor]:
    c = ys[-1].clone()
    ys -= c
    slopes = (ys[1:] - ys[:-1]) / (xs[1:] - xs[:-1])
    return c, slopes.diff(append=torch.zeros(1, dtype=xs.dtype))


equivalent(
    "relu_weights",
    "Joined to slopes in float64 a zero in float32 becomes float64.",
    "return ys[-1], slopes.diff(append=torch.zeros(1))",
)

# -- star ----------------------------------------------------------------------------------------------------

change(
    "star",
    "The star is no intersection of half-planes: all five lines' inner sides meet in the pentagon in its middle. Four of five are enough.",
    "-3.5",
    "-4.5",
)
change(
    "star",
    "The network is active between two tips as well: the sides lie on the lines that join each tip with the next but one, and a point of the star lies on the inner side of at least four of them.",
    "-3.5",
    "-2.5",
)
change(
    "star",
    "The network is active at none of these points: are the half-planes on the inner sides of the lines, and can the output neuron reach its threshold?",
    "-TIPS, (TIPS * TIPS.roll(1, 0)).sum(1)",
    "TIPS, -(TIPS * TIPS.roll(1, 0)).sum(1)",
)
change(
    "star",
    "The network is active at every one of these points, also outside the star: are the lines too far from the middle, or is the last bias too large?",
    "(TIPS * TIPS.roll(1, 0)).sum(1)",
    "-(TIPS * TIPS.roll(2, 0)).sum(1)",
)
change(
    "star",
    "The network is active at every one of these points, also outside the star: are the lines too far from the middle, or is the last bias too large?",
    "TIPS.roll(1, 0)",
    "TIPS",
)
change(
    "star",
    "The star is too small: its lines are nearer to the middle than those through the tips.",
    "(TIPS * TIPS.roll(1, 0)).sum(1)",
    "(TIPS * TIPS.roll(1, 0)).sum(1) / 2",
)
change(
    "star",
    "0 and 1 are exchanged: the network is active outside the star.",
    "torch.ones(1, 5, dtype=torch.float64), numbers([-3.5])",
    "-torch.ones(1, 5, dtype=torch.float64), numbers([3.5])",
)
change("star", "The star stands on its head.", "-TIPS, (", "TIPS, (")
change(
    "star",
    "The network is active at every one of these points, also outside the star: are the lines too far from the middle, or is the last bias too large?",
    "-3.5",
    "0.5",
)
change(
    "star",
    "The network is active at none of these points: are the half-planes on the inner sides of the lines, and can the output neuron reach its threshold?",
    "-3.5",
    "-5.5",
)


change(
    "star",
    "The network is active between two tips as well: the sides lie on the lines that join each tip with the next but one, and a point of the star lies on the inner side of at least four of them.",
    "-TIPS, (TIPS",
    "-(TIPS + TIPS.roll(-1, 0)), 1 + (TIPS",
    "-3.5",
    "-4.5",
)
change(
    "star",
    "The network is active between the tips and beyond them too: are the lines too far from the middle?",
    "(TIPS * TIPS.roll(1, 0)).sum(1)",
    "torch.full((5,), 0.5, dtype=torch.float64)",
)
