"""Planted wrong answers to the exercises on attention: each must get the hint that it names."""
# ruff: noqa: F821 -- the faulty functions stand in the exercises

import math

import torch
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- attention_numbers ----------------------------------------------------------------------------------------

change(
    "attention_numbers",
    "In the first number the dot products are not divided.",
    "0.8438",
    "0.9975",
)
change(
    "attention_numbers",
    "In the first number the dot products are divided by 9, not by its root.",
    "0.8438",
    "0.5315",
)
change(
    "attention_numbers",
    "The first number is a share of the dot products; a softmax is asked for.",
    "0.8438",
    "0.75",
)
change(
    "attention_numbers",
    "The second number is the plain mean of the values.",
    "10.512",
    "8.333",
)
change(
    "attention_numbers",
    "In the second number the dot products are not divided.",
    "10.512",
    "10.024",
)
change(
    "attention_numbers",
    "In the third number the hidden value still has its part.",
    "11.192",
    "10.512",
)
change(
    "attention_numbers",
    "In the third number the mask comes after the softmax: the two weights no longer sum to one.",
    "11.192",
    "10.722",
)
change(
    "attention_numbers", "In the third number the query sees only itself.", "11.192", "20.0"
)
change("attention_numbers", "The fourth number counts one head.", "100.0", "25.0")
change("attention_numbers", "The fourth number counts the padding, too.", "100.0", "160.0")
change(
    "attention_numbers",
    "The fourth number has a causal mask, which a decoder's view of the encoder has not.",
    "100.0",
    "60.0",
)
change(
    "attention_numbers", "In the fifth number the biases are missing.", "2400.0", "2304.0"
)
change(
    "attention_numbers",
    "In the fifth number the layer that joins the heads is missing.",
    "2400.0",
    "1800.0",
)
change(
    "attention_numbers",
    "The fifth number gives each head matrices of the full width.",
    "2400.0",
    "7800.0",
)
change(
    "attention_numbers",
    "The sixth number compares with greedy search; a beam of 2 keeps y as well.",
    "1.0857",
    "1.407",
)
change(
    "attention_numbers",
    "A beam of 2 drops z after the first step, so it does not find the best sequence.",
    "1.0857",
    "1.0",
)

# -- window_attention -----------------------------------------------------------------------------------------

change(
    "window_attention",
    "The dot products are not divided by the root of d.",
    " / math.sqrt(q.shape[3])",
    "",
)
change(
    "window_attention",
    "The dot products are divided by d, not by its root.",
    "math.sqrt(q.shape[3])",
    "q.shape[3]",
)
change(
    "window_attention",
    "The root is that of the size of the values; queries and keys are compared.",
    "q.shape[3]",
    "v.shape[3]",
)
change(
    "window_attention",
    "The slope raises the logits of distant keys: it has to be subtracted.",
    "- slopes[:, None, None]",
    "+ slopes[:, None, None]",
)
change(
    "window_attention", "The slopes are missing.", " - slopes[:, None, None] * distance", ""
)
change(
    "window_attention",
    "The slope is divided by the root as well; only the dot product is.",
    "e = q @ k.transpose(2, 3) / math.sqrt(q.shape[3]) - slopes[:, None, None] * distance",
    "e = (q @ k.transpose(2, 3) - slopes[:, None, None] * distance) / math.sqrt(q.shape[3])",
)
change(
    "window_attention",
    "All heads have the slope of the first; each has its own.",
    "slopes[:, None, None]",
    "slopes[0]",
)
change(
    "window_attention",
    "All heads have the mean of the slopes; each has its own.",
    "slopes[:, None, None]",
    "slopes.mean()",
)
change(
    "window_attention",
    "The slope is multiplied by the square of the distance.",
    "[:, None, None] * distance",
    "[:, None, None] * distance**2",
)
change(
    "window_attention",
    "The window is one place too wide: the query's own place counts.",
    "distance < window",
    "distance <= window",
)
change(
    "window_attention",
    "The window is one place too narrow.",
    "distance < window",
    "distance < window - 1",
)
change(
    "window_attention",
    "There is no window: a query sees all places before it.",
    "(distance >= 0) & (distance < window)",
    "distance >= 0",
)
change(
    "window_attention",
    "A query sees later places, too: the distance must not be negative.",
    "(distance >= 0) & (distance < window)",
    "distance < window",
)
change(
    "window_attention",
    "A query sees as far ahead as back.",
    "(distance >= 0) & (distance < window)",
    "distance.abs() < window",
)
change(
    "window_attention",
    "The query's own place is hidden; it has distance 0.",
    "distance >= 0",
    "distance > 0",
)
change(
    "window_attention",
    "The queries are put at the first places; they stand at the last.",
    "torch.arange(m - n, m)",
    "torch.arange(n)",
)
change(
    "window_attention",
    "The mask comes after the softmax, so that the weights that are left do not sum to one.",
    "e.masked_fill(~seen, -math.inf).softmax(dim=3) @ v",
    "(e.softmax(dim=3) * seen) @ v",
)
change(
    "window_attention",
    "Hidden logits are set to 0, which is a logit like any other: e to the 0 is 1.",
    "-math.inf",
    "0.0",
)
change(
    "window_attention",
    "The mask is inverted: it hides what may be seen.",
    "masked_fill(~seen, -math.inf)",
    "masked_fill(seen, -1e300)",
)
change(
    "window_attention",
    "The softmax runs over the queries; each query's weights sum to one over the keys.",
    "softmax(dim=3)",
    "softmax(dim=2).nan_to_num()",
)

# -- multi_head -----------------------------------------------------------------------------------------------


@slip(
    "multi_head",
    "All three faults are still there: the root, the place of the mask, and how the heads are joined.",
)
def as_it_was(X: Tensor, Y: Tensor, W: list[Tensor], heads: int, lengths: Tensor) -> Tensor:
    return faulty_heads(X, Y, W, heads, lengths)


change(
    "multi_head",
    "The logits are divided by the root of d_model; a head's queries are shorter than that.",
    "math.sqrt(q.shape[3])",
    "math.sqrt(X.shape[2])",
)
change(
    "multi_head", "The logits are not divided by a root.", " / math.sqrt(q.shape[3])", ""
)
change(
    "multi_head",
    "The logits are multiplied by the root; they have to be divided by it.",
    "/ math.sqrt(q.shape[3])",
    "* math.sqrt(q.shape[3])",
)
change(
    "multi_head",
    "The heads are joined by a reshape alone, which mixes heads and places: exchange these two axes first.",
    "(weights @ v).transpose(1, 2).flatten(2)",
    "(weights @ v).reshape(X.shape)",
)
change(
    "multi_head",
    "The mask is applied after the softmax alone: the weights of what is left do not sum to one.",
    "e.masked_fill(~real, -1e300).softmax",
    "e.softmax",
)
change(
    "multi_head",
    "Two faults are left: the mask comes after the softmax, and the heads are joined by a reshape alone.",
    "e.masked_fill(~real, -1e300).softmax",
    "e.softmax",
    "(weights @ v).transpose(1, 2).flatten(2)",
    "(weights @ v).reshape(X.shape)",
)
change(
    "multi_head",
    "Two faults are left: the root of d_model, and the heads that are joined by a reshape alone.",
    "math.sqrt(q.shape[3])",
    "math.sqrt(X.shape[2])",
    "(weights @ v).transpose(1, 2).flatten(2)",
    "(weights @ v).reshape(X.shape)",
)
change(
    "multi_head",
    "Two faults are left: the root of d_model, and the mask after the softmax.",
    "math.sqrt(q.shape[3])",
    "math.sqrt(X.shape[2])",
    "e.masked_fill(~real, -1e300).softmax",
    "e.softmax",
)
change(
    "multi_head",
    "The hidden logits are set to 0, which is a logit like any other: e to the 0 is 1.",
    "e.masked_fill(~real, -1e300).softmax(dim=3) * real",
    "(e * real).softmax(dim=3)",
)
change(
    "multi_head",
    "A sequence of length 0 gives NaN: no weight is left, and zero is divided by zero.",
    "-1e300",
    "-math.inf",
)
change(
    "multi_head",
    "A sequence of length 0 gets equal weights on its padding; its output is zero.",
    ".softmax(dim=3) * real",
    ".softmax(dim=3)",
)
change(
    "multi_head",
    "The mask is not used at all: padding gets weights.",
    "e.masked_fill(~real, -1e300).softmax(dim=3) * real",
    "e.softmax(dim=3)",
)
change(
    "multi_head",
    "The mask is inverted: it hides what is real.",
    "lengths[:, None])[",
    "lengths[:, None]).logical_not()[",
)
change(
    "multi_head",
    "Hidden logits are set to 0, which is a logit like any other.",
    "-1e300",
    "0.0",
)
change(
    "multi_head",
    "One place too many is real: the places count from 0.",
    "< lengths[:, None]",
    "<= lengths[:, None]",
)
change(
    "multi_head", "The softmax runs over the queries.", "softmax(dim=3)", "softmax(dim=2)"
)
change(
    "multi_head",
    "The keys are taken as values.",
    "Y @ W[1], Y @ W[2]",
    "Y @ W[1], Y @ W[1]",
)
change(
    "multi_head",
    "The matrix that joins the heads is missing.",
    ".flatten(2) @ W[3]",
    ".flatten(2)",
)
change(
    "multi_head",
    "The columns are dealt out to the heads in turn; each head has neighbouring columns.",
    "t.unflatten(2, (heads, -1)).transpose(1, 2)",
    "t.unflatten(2, (-1, heads)).permute(0, 3, 1, 2)",
)

change(
    "multi_head",
    "The heads are cut out by a reshape alone, which mixes places and heads: cut the last axis, then exchange two axes.",
    "t.unflatten(2, (heads, -1)).transpose(1, 2)",
    "t.reshape(len(t), heads, -1, t.shape[2] // heads)",
)
change(
    "multi_head",
    "The heads are cut out and joined by a reshape alone: both mix places and heads.",
    "t.unflatten(2, (heads, -1)).transpose(1, 2)",
    "t.reshape(len(t), heads, -1, t.shape[2] // heads)",
    "(weights @ v).transpose(1, 2).flatten(2)",
    "(weights @ v).reshape(X.shape)",
)
change(
    "multi_head",
    "The logits are divided by the root of the number of heads.",
    "math.sqrt(q.shape[3])",
    "math.sqrt(heads)",
)
change(
    "multi_head",
    "The mask hides queries; it has to hide keys.",
    "(torch.arange(Y.shape[1]) < lengths[:, None])[:, None, None]",
    "(torch.arange(X.shape[1]) < lengths[:, None])[:, None, :, None]",
)

# -- attention_gradients --------------------------------------------------------------------------------------

change(
    "attention_gradients",
    "The gradient in Q lacks the root of d, by which its product was divided.",
    "dQ = scale * dE",
    "dQ = dE",
)
change(
    "attention_gradients",
    "The gradient in K lacks the root of d, by which its product was divided.",
    "dK = scale * dE",
    "dK = dE",
)
change(
    "attention_gradients",
    "The softmax is passed as if each weight depended on its own logit alone: the weighted mean has to be subtracted.",
    "A * (dA - (A * dA).sum(dim=2, keepdim=True))",
    "A * dA",
)
change(
    "attention_gradients",
    "The softmax is passed as if it were a sigmoid: a weight depends on all logits of its row.",
    "A * (dA - (A * dA).sum(dim=2, keepdim=True))",
    "A * (1 - A) * dA",
)
change(
    "attention_gradients",
    "The weights are not multiplied to the difference: a weight of 0 passes no gradient.",
    "A * (dA - (A * dA).sum(dim=2, keepdim=True))",
    "dA - (A * dA).sum(dim=2, keepdim=True)",
)
change(
    "attention_gradients",
    "The mean that is subtracted is a plain one; it is weighted by the attention.",
    "(A * dA).sum(dim=2, keepdim=True)",
    "dA.mean(dim=2, keepdim=True)",
)
change(
    "attention_gradients",
    "The sum inside the softmax's gradient runs over the queries; it runs over the keys.",
    "(A * dA).sum(dim=2, keepdim=True)",
    "(A * dA).sum(dim=1, keepdim=True)",
)
change(
    "attention_gradients",
    "The softmax is left out: its input's gradient is taken for its output's.",
    "A * (dA - (A * dA).sum(dim=2, keepdim=True))",
    "dA",
)
change(
    "attention_gradients",
    "The gradient in B is a mean over the batch; each sequence adds its part.",
    "dE.sum(dim=0)",
    "dE.mean(dim=0)",
)
change(
    "attention_gradients",
    "The gradient in B is one for each sequence; they share B.",
    "dE.sum(dim=0)",
    "dE",
)
change(
    "attention_gradients",
    "The gradient in B is scaled; B is added after the division.",
    "dE.sum(dim=0)",
    "scale * dE.sum(dim=0)",
)
change("attention_gradients", "B is missing in the weights.", " + B)", " + 0 * B)")
change(
    "attention_gradients",
    "The gradient in V uses the gradient of the weights; it needs the weights.",
    "A.transpose(1, 2) @ G",
    "dA.transpose(1, 2) @ G",
)
change(
    "attention_gradients",
    "The logits are not divided by the root of d.",
    "(scale * Q @ K.transpose(1, 2) + B)",
    "(Q @ K.transpose(1, 2) + B)",
)
change(
    "attention_gradients",
    "B is divided by the root, too.",
    "(scale * Q @ K.transpose(1, 2) + B)",
    "(scale * (Q @ K.transpose(1, 2) + B))",
)
change(
    "attention_gradients",
    "The softmax runs over the queries.",
    "softmax(dim=2)",
    "softmax(dim=1)",
)
change(
    "attention_gradients",
    "The gradients have another order: Q, K, V, B are asked for.",
    "return dQ, dK, dV,",
    "return dQ, dV, dK,",
)

change(
    "attention_gradients",
    "The weights have to multiply the whole difference: brackets are missing.",
    "A * (dA - (A * dA).sum(dim=2, keepdim=True))",
    "A * dA - (A * dA).sum(dim=2, keepdim=True)",
)
change(
    "attention_gradients",
    "The sum inside the softmax's gradient is one for all rows; each row has its own.",
    "(A * dA).sum(dim=2, keepdim=True)",
    "(A * dA).sum()",
)
change(
    "attention_gradients",
    "B is added to the weights; it belongs to the logits.",
    "(scale * Q @ K.transpose(1, 2) + B).softmax(dim=2)",
    "(scale * Q @ K.transpose(1, 2)).softmax(dim=2) + B",
)
change(
    "attention_gradients",
    "The gradients in Q and K are multiplied by the root of d; they are divided by it.",
    "dQ = scale * dE @ K",
    "dQ = dE @ K / scale",
    "dK = scale * dE.transpose(1, 2) @ Q",
    "dK = dE.transpose(1, 2) @ Q / scale",
)

change(
    "attention_gradients",
    "The gradient in B is that of the first sequence alone; each sequence adds its part.",
    "dE.sum(dim=0)",
    "dE[0]",
)
change(
    "attention_gradients",
    "The sum inside the softmax's gradient runs over queries and keys; each query has a sum of its own.",
    "(A * dA).sum(dim=2, keepdim=True)",
    "(A * dA).sum(dim=(1, 2), keepdim=True)",
)
change(
    "attention_gradients",
    "The dot products are divided by d, not by its root.",
    "Q.shape[2] ** -0.5",
    "1 / Q.shape[2]",
)

# -- beam_step ------------------------------------------------------------------------------------------------

change(
    "beam_step",
    "The sums of the sequences so far are missing.",
    "(total[:, None] + log_p)",
    "(0 * total[:, None] + log_p)",
)
change(
    "beam_step",
    "A finished sequence is continued like an open one.",
    ".masked_fill(done[:, None], -math.inf)\n    sums[done, 0] = total[done]",
    "",
)
change(
    "beam_step",
    "Finished sequences are lost: each is a candidate as it is.",
    "    sums[done, 0] = total[done]\n",
    "",
)
change(
    "beam_step",
    "A finished sequence pays for its padding: its sum stays as it is.",
    "sums[done, 0] = total[done]",
    "sums[done, 0] = total[done] + log_p[done, 0]",
)
change(
    "beam_step",
    "A finished sequence starts again from 0: its sum stays as it is.",
    "sums[done, 0] = total[done]",
    "sums[done, 0] = 0.0",
)
change(
    "beam_step",
    "The lengths are those before the step; an open sequence is one token longer.",
    "length + (~done).long()",
    "length",
)
change(
    "beam_step",
    "Finished sequences grow longer, too.",
    "length + (~done).long()",
    "length + 1",
)
change(
    "beam_step",
    "It is the finished sequences that grow longer here.",
    "(~done).long()",
    "done.long()",
)
change(
    "beam_step", "The length plays no part.", "(sums / longer[:, None] ** alpha)", "sums"
)
change(
    "beam_step",
    "The power alpha is missing.",
    "longer[:, None] ** alpha",
    "longer[:, None]",
)
change(
    "beam_step",
    "The length is multiplied by alpha here; it is raised to the power alpha.",
    "longer[:, None] ** alpha",
    "(longer[:, None] * alpha)",
)
change(
    "beam_step",
    "The sums are multiplied by the power of the length; that punishes long sequences once more.",
    "sums / longer",
    "sums * longer",
)
change(
    "beam_step",
    "The sums are divided by the length; the sums themselves are asked for.",
    "sums.flatten()[best]",
    "(sums / longer[:, None] ** alpha).flatten()[best]",
)
change("beam_step", "These are the worst candidates.", "topk(b)", "topk(b, largest=False)")
change("beam_step", "The best come last.", ".indices", ".indices.flip(0)")
change(
    "beam_step",
    "Parents and tokens are exchanged.",
    "best // V, best % V",
    "best % V, best // V",
)
change(
    "beam_step",
    "The number in the flat table is divided by the size of the beam; a row has a column for each token.",
    "best // V, best % V",
    "best // b, best % b",
)


@slip(
    "beam_step",
    "Each sequence is continued by its own best token, so that none is dropped; the best of all candidates are asked for.",
)
def each_alone(
    log_p: Tensor, total: Tensor, length: Tensor, done: Tensor, alpha: float
) -> tuple[Tensor, Tensor, Tensor]:
    best, tokens = log_p.max(dim=1)
    sums = torch.where(done, total, total + best)
    tokens = torch.where(done, 0, tokens)
    order = (sums / (length + (~done).long()) ** alpha).argsort(descending=True)
    return order, tokens[order], sums[order]


@slip(
    "beam_step",
    "The length divides the logarithm of the new token alone; it divides the whole sum.",
)
def divided_alone(
    log_p: Tensor, total: Tensor, length: Tensor, done: Tensor, alpha: float
) -> tuple[Tensor, Tensor, Tensor]:
    sums = (total[:, None] + log_p).masked_fill(done[:, None], -math.inf)
    sums[done, 0] = total[done]
    longer = (length + (~done).long())[:, None] ** alpha
    scores = (total[:, None] + log_p / longer).masked_fill(done[:, None], -math.inf)
    scores[done, 0] = total[done]
    best = scores.flatten().topk(len(total)).indices
    return best // log_p.shape[1], best % log_p.shape[1], sums.flatten()[best]


change(
    "beam_step",
    "A finished sequence has a candidate for each token here; it has one.",
    "sums[done, 0] = total[done]",
    "sums[done] = total[done][:, None]",
)
change(
    "beam_step",
    "The token of a finished sequence is 0.",
    "sums[done, 0] = total[done]",
    "sums[done, 1] = total[done]",
)


@slip(
    "beam_step",
    "Each sequence keeps its own best candidate, in its place: the best of all candidates are asked for, sorted.",
)
def own_best(
    log_p: Tensor, total: Tensor, length: Tensor, done: Tensor, alpha: float
) -> tuple[Tensor, Tensor, Tensor]:
    sums = (total[:, None] + log_p).masked_fill(done[:, None], -math.inf)
    sums[done, 0] = total[done]
    longer = length + (~done).long()
    best = (sums / longer[:, None] ** alpha).argmax(dim=1)
    return torch.arange(len(total)), best, sums[torch.arange(len(total)), best]


# -- mutants that compute the same ----------------------------------------------------------------------------

equivalent(
    "window_attention",
    "Two axes are exchanged, whichever is named first.",
    "e = q @ k.transpose(3, 2) / math.sqrt(q.shape[3]) - slopes[:, None, None] * distance",
)
equivalent(
    "window_attention",
    "A query and a key are of one size.",
    "e = q @ k.transpose(2, 3) / math.sqrt(k.shape[3]) - slopes[:, None, None] * distance",
)
equivalent(
    "multi_head",
    "Two axes are exchanged, whichever is named first.",
    "q, k, v = (t.unflatten(2, (heads, -1)).transpose(2, 1) for t in (q, k, v))",
    "e = q @ k.transpose(3, 2) / math.sqrt(q.shape[3])",
    "return (weights @ v).transpose(2, 1).flatten(2) @ W[3]",
)
equivalent(
    "multi_head",
    "Any number that is far below all logits hides a key.",
    "weights = e.masked_fill(~real, -2e+300).softmax(dim=3) * real",
)
equivalent(
    "attention_gradients",
    "Two axes are exchanged, whichever is named first.",
    "A = (scale * Q @ K.transpose(2, 1) + B).softmax(dim=2)",
    "dA = G @ V.transpose(2, 1)",
    "dK = scale * dE.transpose(2, 1) @ Q",
    "dV = A.transpose(2, 1) @ G",
)
equivalent(
    "beam_step",
    "A whole number and a truth value add up to a whole number.",
    "longer = length + ~done",
)


@slip(
    "beam_step",
    "The best are put in the order of their sums; the order is that of the rank, s / length ** alpha.",
)
def ordered_by_sum(
    log_p: Tensor, total: Tensor, length: Tensor, done: Tensor, alpha: float
) -> tuple[Tensor, Tensor, Tensor]:
    b, V = log_p.shape
    sums = (total[:, None] + log_p).masked_fill(done[:, None], -math.inf)
    sums[done, 0] = total[done]
    longer = length + (~done).long()
    best = (sums / longer[:, None] ** alpha).flatten().topk(b).indices
    best = best[sums.flatten()[best].argsort(descending=True)]
    return best // V, best % V, sums.flatten()[best]


@slip("beam_step", "The sums are those of probabilities, not of their logarithms.")
def probabilities(
    log_p: Tensor, total: Tensor, length: Tensor, done: Tensor, alpha: float
) -> tuple[Tensor, Tensor, Tensor]:
    b, V = log_p.shape
    sums = (total[:, None] + log_p).masked_fill(done[:, None], -math.inf)
    sums[done, 0] = total[done]
    longer = length + (~done).long()
    best = (sums / longer[:, None] ** alpha).flatten().topk(b).indices
    return best // V, best % V, sums.flatten()[best].exp()


# -- grouped_attention ----------------------------------------------------------------------------------------

change(
    "grouped_attention",
    "The groups are dealt out in turn; neighbouring heads share a group.",
    "k.repeat_interleave(copies, dim=1), v.repeat_interleave(copies, dim=1)",
    "k.repeat(1, copies, 1, 1), v.repeat(1, copies, 1, 1)",
)
change("grouped_attention", "The scores are not scaled.", " / math.sqrt(q.shape[-1])", "")
change(
    "grouped_attention",
    "The scores are multiplied by the root; they have to be divided by it.",
    "/ math.sqrt(q.shape[-1])",
    "* math.sqrt(q.shape[-1])",
)
change(
    "grouped_attention",
    "The scores are divided by d itself, without the root.",
    "/ math.sqrt(q.shape[-1])",
    "/ q.shape[-1]",
)
change(
    "grouped_attention",
    "The scale is that of the width of all heads together; it belongs to one head.",
    "math.sqrt(q.shape[-1])",
    "math.sqrt(q.shape[-1] * q.shape[1])",
)
change(
    "grouped_attention",
    "The mask hides what may be seen: True means seen.",
    "~mask",
    "mask",
)
change(
    "grouped_attention",
    "The mask is not used.",
    ".masked_fill(~mask[:, None, None], -torch.inf)",
    "",
)
change(
    "grouped_attention",
    "Masked scores are set to 0, which is a score like any other.",
    "-torch.inf",
    "0.0",
)
change(
    "grouped_attention",
    "The mask is applied behind the softmax: the weights no longer sum to 1.",
    ".masked_fill(~mask[:, None, None], -torch.inf).softmax(dim=-1)",
    ".softmax(dim=-1).masked_fill(~mask[:, None, None], 0.0)",
)
change(
    "grouped_attention",
    "The softmax runs over the queries; the weights of each query have to sum to 1 over the keys.",
    "scores.masked_fill(~mask[:, None, None], -torch.inf).softmax(dim=-1)",
    "scores.softmax(dim=-2).masked_fill(~mask[:, None, None], 0.0)",
)
change(
    "grouped_attention",
    "All heads read the mean of the groups.",
    "k.repeat_interleave(copies, dim=1), v.repeat_interleave(copies, dim=1)",
    "k.mean(dim=1, keepdim=True), v.mean(dim=1, keepdim=True)",
)
change(
    "grouped_attention",
    "The keys have their group and the values come in turn.",
    "v.repeat_interleave(copies, dim=1)",
    "v.repeat(1, copies, 1, 1)",
)

change(
    "grouped_attention",
    "The softmax runs over the queries; the weights of each query have to sum to 1 over the keys.",
    "-torch.inf).softmax(dim=-1)",
    "-1e9).softmax(dim=-2)",
)
change(
    "grouped_attention",
    "The mask is added to the scores as 0 and 1: hidden keys lose 1 and stay visible.",
    "scores.masked_fill(~mask[:, None, None], -torch.inf)",
    "(scores + mask[:, None, None])",
)
change(
    "grouped_attention",
    "Each example has a mask of its own; the first one's is used for all.",
    "~mask[:, None, None]",
    "~mask[0]",
)
change(
    "grouped_attention",
    "The scale comes from the width of the values; the products are those of queries and keys.",
    "math.sqrt(q.shape[-1])",
    "math.sqrt(v.shape[-1])",
)

equivalent(
    "grouped_attention",
    "The two axes may be named in either order.",
    "scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])",
)

# -- decoder_layer --------------------------------------------------------------------------------------------


@slip("decoder_layer", "All four faults are still there.")
def block_as_it_was(y: Tensor, memory: Tensor, W: dict[str, Tensor]) -> Tensor:
    return faulty_decoder(y, memory, W)


change(
    "decoder_layer",
    "A token still sees the one behind it: look at the diagonal of the mask.",
    "tril()",
    "tril(1)",
)
change(
    "decoder_layer",
    "A token does not see itself: the diagonal belongs to what may be seen.",
    "torch.ones(n, n).tril().bool()",
    "(torch.ones(n, n).tril(-1) + torch.eye(n)[:1] * torch.eye(n)).bool()",
)
change(
    "decoder_layer",
    "The self-attention sees all tokens: the mask is missing or turned round.",
    "tril()",
    "tril(n)",
)
change(
    "decoder_layer",
    "The mask is turned round: tokens see what comes behind them.",
    "tril()",
    "triu()",
)
change(
    "decoder_layer",
    "The scores are divided by the root of the number of keys; it is the size of a key.",
    "k.shape[-1])",
    "k.shape[-2])",
)
change(
    "decoder_layer",
    "The scores are divided by the root of the width of y; it is the size of a key.",
    "math.sqrt(k.shape[-1])",
    "math.sqrt(x.shape[-1])",
)
change("decoder_layer", "The scores are not scaled.", " / math.sqrt(k.shape[-1])", "")
change(
    "decoder_layer",
    "The second residual connection adds to the normalised tokens; it adds to the tokens themselves.",
    'y = y + attend(z, memory, "cross", None)',
    'y = z + attend(z, memory, "cross", None)',
)
change(
    "decoder_layer",
    "The cross-attention has no residual connection.",
    'y = y + attend(z, memory, "cross", None)',
    'y = attend(z, memory, "cross", None)',
)
change(
    "decoder_layer",
    "The maximum is taken behind the second matrix; it stands between the two.",
    '(z @ W["1"].T).relu() @ W["2"].T',
    '(z @ W["1"].T @ W["2"].T).relu()',
)
change(
    "decoder_layer", "The feed-forward network has no activation function.", ".relu()", ""
)
change(
    "decoder_layer",
    "The memory is normalised; the task leaves it as it is.",
    'attend(z, memory, "cross", None)',
    'attend(z, F.layer_norm(memory, (d,)), "cross", None)',
)
change(
    "decoder_layer",
    "The first residual connection adds to the normalised tokens; it adds to the tokens themselves.",
    'y = y + attend(z, z, "self"',
    'y = z + attend(z, z, "self"',
)
change(
    "decoder_layer",
    "The last residual connection adds to the normalised tokens; it adds to the tokens themselves.",
    "return y + (z",
    "return z + (z",
)
change(
    "decoder_layer",
    "The layer normalises behind each sum (post-norm); pre-norm is asked for.",
    'z = F.layer_norm(y, (d,))\n    y = y + attend(z, z, "self", torch.ones(n, n).tril().bool())\n    z = F.layer_norm(y, (d,))\n    y = y + attend(z, memory, "cross", None)\n    z = F.layer_norm(y, (d,))\n    return y + (z @ W["1"].T).relu() @ W["2"].T',
    'y = F.layer_norm(y + attend(y, y, "self", torch.ones(n, n).tril().bool()), (d,))\n    y = F.layer_norm(y + attend(y, memory, "cross", None), (d,))\n    return F.layer_norm(y + (y @ W["1"].T).relu() @ W["2"].T, (d,))',
)

change(
    "decoder_layer",
    "The first token sees nothing, not even itself: the diagonal belongs to what may be seen.",
    "tril()",
    "tril(-1)",
)
change(
    "decoder_layer",
    "The scores are divided by the root of the number of queries; it is the size of a key.",
    "math.sqrt(k.shape[-1])",
    "math.sqrt(q.shape[-2])",
)
change(
    "decoder_layer",
    "The maximum is taken twice; it stands between the two matrices alone.",
    'return y + (z @ W["1"].T).relu() @ W["2"].T',
    'return y + ((z @ W["1"].T).relu() @ W["2"].T).relu()',
)
change(
    "decoder_layer",
    "The maximum is taken before the first matrix; it stands between the two.",
    '(z @ W["1"].T).relu() @ W["2"].T',
    'z.relu() @ W["1"].T @ W["2"].T',
)
change(
    "decoder_layer",
    "The queries of the cross-attention are not normalised.",
    'attend(z, memory, "cross", None)',
    'attend(y, memory, "cross", None)',
)
change(
    "decoder_layer",
    "The cross-attention is masked; every token may see the whole memory.",
    'attend(z, memory, "cross", None)',
    'attend(z, memory, "cross", torch.ones(n, memory.shape[-2]).tril().bool())',
)

equivalent(
    "decoder_layer",
    "Queries, keys and values have the same width.",
    "scores = q @ k.mT / math.sqrt(q.shape[-1])",
    "scores = q @ k.mT / math.sqrt(v.shape[-1])",
)
equivalent(
    "decoder_layer",
    "y is a tensor of the function's own from the first sum on.",
    'y += attend(z, memory, "cross", None)',
    'y += (z @ W["1"].T).relu() @ W["2"].T; return y',
)

# -- three_counts ---------------------------------------------------------------------------------------------

change(
    "three_counts",
    "The biases of the four projections are missing.",
    "4 * (d * d + d)",
    "4 * d * d",
)
change(
    "three_counts",
    "An attention has four projections: one for its output as well.",
    "4 * (d * d + d)",
    "3 * (d * d + d)",
)
change(
    "three_counts",
    "Each head has matrices of the width d; the heads share the four.",
    "4 * (d * d + d)",
    "4 * H * (d * d + d)",
)
change(
    "three_counts",
    "The biases of the feed-forward network are missing.",
    "2 * d * f + f + d, 2 * d",
    "2 * d * f, 2 * d",
)
change(
    "three_counts",
    "A layer normalisation has a scale and a shift.",
    "f + d, 2 * d",
    "f + d, d",
)
change(
    "three_counts", "The last layer normalisation is missing.", "+ norm + d * V", "+ d * V"
)
change("three_counts", "The bias of the logits is missing.", "+ d * V + V\n", "+ d * V\n")
change(
    "three_counts",
    "The embedding's table is missing, or taken for the matrix of the logits.",
    "parameters = V * d + L",
    "parameters = L",
)
change(
    "three_counts",
    "The logits of all tokens are counted; only the last one's are computed.",
    "2 * n * d * f) + d * V",
    "2 * n * d * f) + n * d * V",
)
change(
    "three_counts",
    "The weighted sums of the values are missing: scores and sums take as much each.",
    "2 * n * n * d",
    "n * n * d",
)
change(
    "three_counts",
    "Only one half of the scores is counted; all n x n are computed.",
    "2 * n * n * d",
    "n * (n + 1) * d",
)
change(
    "three_counts",
    "The scores of each head have the size d / H: together they take n n d.",
    "2 * n * n * d",
    "2 * H * n * n * d",
)
change(
    "three_counts", "The new token attends to itself, too.", "2 * (n + 1) * d", "2 * n * d"
)
change(
    "three_counts",
    "The step computes everything again; with a cache only the new token is computed.",
    "L * (4 * d * d + 2 * (n + 1) * d + 2 * d * f) + d * V",
    "L * (4 * (n + 1) * d * d + 2 * (n + 1) ** 2 * d + 2 * (n + 1) * d * f) + d * V",
)
change(
    "three_counts",
    "The feed-forward network has two matrices.",
    "2 * n * d * f",
    "n * d * f",
)
change(
    "three_counts",
    "The multiplications by the logits' matrix are missing.",
    "2 * n * d * f) + d * V",
    "2 * n * d * f)",
)

change(
    "three_counts",
    "The hidden width is taken as 4 d; it is f.",
    "2 * n * n * d + 2 * n * d * f)",
    "2 * n * n * d + 8 * n * d * d)",
)
change(
    "three_counts",
    "The logits of the new token are missing.",
    "2 * (n + 1) * d + 2 * d * f) + d * V",
    "2 * (n + 1) * d + 2 * d * f)",
)
change(
    "three_counts",
    "Keys and values of the old tokens are computed again; the cache holds them.",
    "step = L * (4 * d * d",
    "step = L * (2 * d * d + 2 * (n + 1) * d * d",
)
change(
    "three_counts",
    "The embedding is a look-up; it takes no multiplications.",
    "whole = L",
    "whole = n * V * d + L",
)

# -- six_predictions ------------------------------------------------------------------------------------------

change(
    "six_predictions",
    "A temperature of one half doubles the scores; in the second number they are halved.",
    "0.833",
    "0.481",
)
change(
    "six_predictions",
    "The third number still shares its sum with the hidden key.",
    "0.667",
    "0.25",
)
change(
    "six_predictions",
    "The fourth number is the variance; a standard deviation is asked for.",
    "6.0,",
    "36.0,",
)
change(
    "six_predictions",
    "In the sixth number the weighted sums are missing: they take as many multiplications as the scores.",
    "0.571",
    "0.4",
)

# -- nucleus --------------------------------------------------------------------------------------------------

change(
    "nucleus",
    "The token that crosses p is left out: the sum has to reach p.",
    "before < p",
    "before + falling <= p",
)
change(
    "nucleus",
    "Every token with a probability of at least p is kept; p is a bound of their sum.",
    "before < p",
    "falling >= p",
)
change(
    "nucleus",
    "The kept probabilities are not divided by their sum.",
    "    kept = kept / kept.sum(dim=-1, keepdim=True)\n",
    "",
)
change(
    "nucleus",
    "The probabilities stand in falling order; each belongs at the place of its token.",
    "torch.zeros_like(kept).scatter(-1, order, kept)",
    "kept",
)
change(
    "nucleus",
    "The places lead the wrong way: gathered where they have to be scattered.",
    "torch.zeros_like(kept).scatter(-1, order, kept)",
    "kept.gather(-1, order)",
)
change(
    "nucleus",
    "The logits are multiplied by the temperature.",
    "logits / temperature",
    "logits * temperature",
)
change("nucleus", "The temperature is missing.", "(logits / temperature)", "logits")
change(
    "nucleus",
    "The least probable tokens are kept: the list has to fall.",
    "descending=True, ",
    "",
)
change(
    "nucleus",
    "Of equal probabilities the last one comes first.",
    "chances.sort(dim=-1, descending=True, stable=True)",
    "(lambda s: (s[0], chances.shape[-1] - 1 - s[1]))(chances.flip(-1).sort(dim=-1, descending=True, stable=True))",
)
change(
    "nucleus",
    "One token is kept too many: the sum before it has reached p.",
    "before < p",
    "before - falling.roll(1, -1) * (before > 0) < p",
)
change(
    "nucleus",
    "The kept logits go through a second softmax, of probabilities.",
    "kept = kept / kept.sum(dim=-1, keepdim=True)",
    "kept = kept.masked_fill(kept == 0, -torch.inf).softmax(dim=-1)",
)


@slip(
    "nucleus",
    "The temperature is applied behind the choice; it changes which tokens are kept.",
)
def temperature_late(logits: Tensor, p: float, temperature: float) -> Tensor:
    falling, order = logits.softmax(dim=-1).sort(dim=-1, descending=True, stable=True)
    kept = torch.where(
        falling.cumsum(dim=-1) - falling < p, falling ** (1 / temperature), 0.0
    )
    return torch.zeros_like(kept).scatter(-1, order, kept / kept.sum(dim=-1, keepdim=True))


change(
    "nucleus",
    "The sum has reached p exactly, and one more token is kept.",
    "before < p",
    "before <= p",
)


@slip("nucleus", "Removed tokens get the logit 0, which is a logit like any other.")
def removed_at_zero(logits: Tensor, p: float, temperature: float) -> Tensor:
    z = logits / temperature
    falling, order = z.softmax(dim=-1).sort(dim=-1, descending=True, stable=True)
    kept = torch.zeros_like(z).scatter(
        -1, order, (falling.cumsum(-1) - falling < p).double()
    )
    return z.masked_fill(kept == 0, 0.0).softmax(dim=-1)


@slip("nucleus", "Each row keeps a number of tokens of its own; here all keep as many.")
def one_number_for_all(logits: Tensor, p: float, temperature: float) -> Tensor:
    chances = (logits / temperature).softmax(dim=-1)
    falling, order = chances.sort(dim=-1, descending=True, stable=True)
    k = int((falling.cumsum(-1) - falling < p).sum(-1).max())
    kept = torch.zeros_like(chances).scatter(-1, order[:, :k], falling[:, :k])
    return kept / kept.sum(dim=-1, keepdim=True)


@slip(
    "nucleus", "p is taken as a share of the largest probability; it is a bound of the sum."
)
def share_of_the_largest(logits: Tensor, p: float, temperature: float) -> Tensor:
    chances = (logits / temperature).softmax(dim=-1)
    kept = torch.where(chances >= p * chances.amax(dim=-1, keepdim=True), chances, 0.0)
    return kept / kept.sum(dim=-1, keepdim=True)


@slip(
    "nucleus",
    "All tokens with the probability of the last one kept are kept; of equal ones the first come first, until the sum is reached.",
)
def all_ties(logits: Tensor, p: float, temperature: float) -> Tensor:
    chances = (logits / temperature).softmax(dim=-1)
    falling = chances.sort(dim=-1, descending=True).values
    last = torch.where(falling.cumsum(-1) - falling < p, falling, math.inf).amin(
        dim=-1, keepdim=True
    )
    kept = torch.where(chances >= last, chances, 0.0)
    return kept / kept.sum(dim=-1, keepdim=True)


equivalent(
    "nucleus",
    "Of two axes the last one is axis 1, and sort takes the last one by itself.",
    "chances = (logits / temperature).softmax(dim=1)",
    "falling, order = chances.sort(dim=1, descending=True, stable=True)",
    "falling, order = chances.sort(descending=True, stable=True)",
    "before = falling.cumsum(dim=1) - falling",
    "kept = kept / kept.sum(dim=1, keepdim=True)",
)
equivalent(
    "nucleus",
    "On the CPU torch's sort leaves equal values in their order without being told.",
    "falling, order = chances.sort(dim=-1, descending=True)",
)
equivalent(
    "nucleus",
    "The sign leaves again with the division by the sum.",
    "kept = -torch.where(before < p, falling, 0.0)",
)
equivalent(
    "nucleus",
    "Each place is written: what stood there before does not matter.",
    "return torch.ones_like(kept).scatter(-1, order, kept)",
    "return kept.scatter(-1, order, kept)",
)

# -- next_letters ---------------------------------------------------------------------------------------------


@slip("next_letters", "The most frequent letter alone is too little; look at the context.")
def most_frequent(known: Tensor, contexts: Tensor) -> Tensor:
    return known.bincount(minlength=29).argmax().expand(len(contexts))


@slip("next_letters", "The last letter alone is too little; look at more of the context.")
def last_letter(known: Tensor, contexts: Tensor) -> Tensor:
    pairs = torch.zeros(29, 29).index_put(
        (known[:-1], known[1:]), torch.tensor(1.0), accumulate=True
    )
    return pairs.argmax(dim=1)[contexts[:, -1]]


@slip("next_letters", "Two letters are too little; look at more of the context.")
def two_letters(known: Tensor, contexts: Tensor) -> Tensor:
    triples = torch.zeros(29, 29, 29).index_put(
        (known[:-2], known[1:-1], known[2:]), torch.tensor(1.0), accumulate=True
    )
    return triples.argmax(dim=2)[contexts[:, -2], contexts[:, -1]]


change(
    "next_letters",
    "The context is read from its beginning: the letters in front of the next one are its last.",
    "row[16 - n :]",
    "row[:n]",
)
change(
    "next_letters", "The least probable letter is given.", "max(chances)", "min(chances)"
)


@slip(
    "next_letters",
    "A context that was never seen gets the blank; a shorter one could tell more.",
)
def five_letters_or_a_blank(known: Tensor, contexts: Tensor) -> Tensor:
    text, behind = known.tolist(), {}
    for i in range(5, len(text)):
        counts = behind.setdefault(tuple(text[i - 5 : i]), {})
        counts[text[i]] = counts.get(text[i], 0) + 1
    found = [behind.get(tuple(row[11:]), {0: 1}) for row in contexts.tolist()]
    return torch.tensor([max(counts, key=counts.get) for counts in found])


@slip(
    "next_letters",
    "A context that was never seen gets the blank; a shorter one could tell more.",
)
def three_letters_or_a_blank(known: Tensor, contexts: Tensor) -> Tensor:
    text, behind = known.tolist(), {}
    for i in range(3, len(text)):
        counts = behind.setdefault(tuple(text[i - 3 : i]), {})
        counts[text[i]] = counts.get(text[i], 0) + 1
    found = [behind.get(tuple(row[13:]), {0: 1}) for row in contexts.tolist()]
    return torch.tensor([max(counts, key=counts.get) for counts in found])


equivalent(
    "next_letters",
    "An open design: the bound is reached with these, too.",
    "total = sum(counts.values())\ncounts = behind.get(row[16 - n :], {})",
    "for n in range(9):",
    "for n in range(7):",
    "for i in range(n + 1, len(text)):",
    "for i in range(n - 1, len(text)):",
    "for i in range(n, len(text) - 1):",
    "for i in range(len(text)):",
    "counts = behind.setdefault(text[i - n + 1 : i], {})",
    "counts = behind.setdefault(text[i - n - 1 : i], {})",
    "counts[text[i]] = counts.get(text[i], 1) + 1",
    "counts[text[i]] = counts.get(text[i], -1) + 1",
    "counts[text[i]] = counts.get(text[i], 0) + 2",
    "counts[text[i]] = counts.get(text[n], 0) + 1",
    "chances = [1.0] * 29",
    "chances = [0.0] * 30",
    "counts = behind.get(row[17 - n :], {})",
    "counts = behind.get(row[15 - n :], {})",
    "counts = behind.get(row[-n :], {})",
    "counts = behind.get(row[16 - n + 1 :], {})",
    "counts = behind.get(row[16 - n - 1 :], {})",
    "chances = [(counts.get(c, 1) + 5 * chances[c]) / (total + 5) for c in range(29)]",
    "chances = [(counts.get(c, -1) + 5 * chances[c]) / (total + 5) for c in range(29)]",
    "chances = [(counts.get(c, 0) + 6 * chances[c]) / (total + 5) for c in range(29)]",
    "chances = [(counts.get(c, 0) + 4 * chances[c]) / (total + 5) for c in range(29)]",
    "chances = [(counts.get(c, 0) + 5 * chances[c]) / (total + 6) for c in range(29)]",
    "chances = [(counts.get(c, 0) + 5 * chances[c]) / (total + 4) for c in range(29)]",
    "chances = [(counts.get(c, 0) + chances[c]) / (total + 5) for c in range(29)]",
    "chances = [(counts.get(c, 0) + 5 * chances[c]) / (total + 5) for c in range(28)]",
    "chances = [(counts.get(c, 0) + 5 * chances[c]) / (i + 5) for c in range(29)]",
)
