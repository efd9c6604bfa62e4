"""Planted wrong answers to the exercises on recurrence: each must get the hint that it names."""
# ruff: noqa: F821 -- the faulty functions stand in the exercises

import torch
import torch.nn.functional as F
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- six_numbers ----------------------------------------------------------------------------------------------

change(
    "six_numbers",
    "In the first number one factor u too many: five steps lead from h_1 to h_6.",
    "0.328",
    "0.262",
)
change(
    "six_numbers",
    "The first number holds the value of x_1; the derivative does not depend on it.",
    "0.328",
    "0.655",
)
change(
    "six_numbers",
    "The second number is the contribution of the last step alone; those of all steps add up.",
    "4.10",
    "0.819",
)
change(
    "six_numbers",
    "The second number is the average over the steps; the gradient is their sum.",
    "4.10",
    "0.683",
)
change(
    "six_numbers",
    "The second number lacks the value of x_1, by which each state is multiplied.",
    "4.10",
    "2.05",
)
change(
    "six_numbers",
    "The third number is the whole gradient: what the first piece contributes is cut off.",
    "2.46",
    "4.10",
)
change(
    "six_numbers",
    "The third number is half of the whole gradient; the second piece contributes three of the five terms.",
    "2.46",
    "2.05",
)
change(
    "six_numbers",
    "The fourth number counts one bias vector; torch has two.",
    "2560",
    "2480",
)
change("six_numbers", "The fourth number is that of a GRU.", "2560", "1920")
change("six_numbers", "The fourth number is that of a plain cell.", "2560", "640")
change(
    "six_numbers",
    "In the fifth number the third tensor is clipped by itself.",
    "1.20",
    "1.40",
)
change(
    "six_numbers",
    "In the fifth number the norms were added; the squares are.",
    "1.20",
    "0.764",
)
change("six_numbers", "The sixth number counts one of the two biases.", "0.615", "0.281")
change("six_numbers", "The sixth number is the share after one step.", "0.615", "0.953")

# -- leaky_gradients ------------------------------------------------------------------------------------------

change(
    "leaky_gradients",
    "The state also goes on past the cell, by the share 1 - alpha: that way back is missing.",
    "dh = (1 - alpha) * dh + delta @ U",
    "dh = delta @ U",
)
change(
    "leaky_gradients",
    "The way back past the cell has no factor 1 - alpha.",
    "dh = (1 - alpha) * dh + delta @ U",
    "dh = dh + delta @ U",
)
change(
    "leaky_gradients",
    "The way back past the cell has the factor alpha; it is 1 - alpha.",
    "dh = (1 - alpha) * dh + delta @ U",
    "dh = alpha * dh + delta @ U",
)
change(
    "leaky_gradients",
    "Nothing goes back through the cell itself: the way through U is missing.",
    "dh = (1 - alpha) * dh + delta @ U",
    "dh = (1 - alpha) * dh",
)
change(
    "leaky_gradients",
    "Back through the cell U acts the other way round.",
    "dh = (1 - alpha) * dh + delta @ U",
    "dh = (1 - alpha) * dh + delta @ U.T",
)
change(
    "leaky_gradients",
    "The error signal lacks alpha: the cell's output is multiplied by it.",
    "delta = alpha * dh * (1 - p[:, t] ** 2)",
    "delta = dh * (1 - p[:, t] ** 2)",
)
change(
    "leaky_gradients",
    "The error signal lacks the slope of tanh.",
    "delta = alpha * dh * (1 - p[:, t] ** 2)",
    "delta = alpha * dh",
)
change(
    "leaky_gradients",
    "The slope of tanh is taken from the state h; it belongs to the output p of tanh.",
    "(1 - p[:, t] ** 2)",
    "(1 - h[:, t + 1] ** 2)",
)
change(
    "leaky_gradients",
    "dU holds the state after the step; the matrix multiplies the one before.",
    "dU + delta.T @ h[:, t]",
    "dU + delta.T @ h[:, t + 1]",
)
change(
    "leaky_gradients",
    "dU is transposed.",
    "dU + delta.T @ h[:, t]",
    "dU + h[:, t].T @ delta",
)
change(
    "leaky_gradients",
    "The contributions of the steps were averaged; they add up.",
    "return dU, da * alpha * (1 - alpha), dh",
    "return dU / x.shape[1], da * alpha * (1 - alpha) / x.shape[1], dh",
)
change(
    "leaky_gradients",
    "dU is that of the first step alone: the contributions of the others were overwritten.",
    "dU = dU + delta.T @ h[:, t]",
    "dU = delta.T @ h[:, t]",
)
change(
    "leaky_gradients",
    "da is that of the first step alone: the contributions of the others were overwritten.",
    "da = da + (dh",
    "da = (dh",
)
change(
    "leaky_gradients",
    "da is the gradient with respect to alpha; the slope of the sigmoid is missing.",
    "da * alpha * (1 - alpha), dh",
    "da, dh",
)
change(
    "leaky_gradients",
    "In da the old state is missing: alpha also takes a share of it away.",
    "(p[:, t] - h[:, t])",
    "p[:, t]",
)
change(
    "leaky_gradients",
    "da has the wrong sign: with a larger alpha the state moves towards p.",
    "(p[:, t] - h[:, t])",
    "(h[:, t] - p[:, t])",
)
change(
    "leaky_gradients",
    "da is a mean over the sequences of the batch; the loss is their sum.",
    "(p[:, t] - h[:, t])).sum(dim=0)",
    "(p[:, t] - h[:, t])).mean(dim=0)",
)
change(
    "leaky_gradients",
    "What the loss sends to the earlier states directly is lost: g is added at every step.",
    "dh = dh + g[:, t]",
    "dh = g[:, t]",
)

change(
    "leaky_gradients",
    "The loop runs forwards in time; the gradient comes from the later steps.",
    "reversed(range(x.shape[1]))",
    "range(x.shape[1])",
)
change(
    "leaky_gradients",
    "In the last factor stands a; the slope of the sigmoid is alpha (1 - alpha).",
    "da * alpha * (1 - alpha), dh",
    "da * a * (1 - a), dh",
)
change(
    "leaky_gradients",
    "g of the first step is added to dh_0; it belongs to the state 1.",
    "(1 - alpha), dh",
    "(1 - alpha), dh + g[:, 0]",
)
change(
    "leaky_gradients",
    "Only the last step's g is used: the loss depends on every state.",
    "dh = dh + g[:, t]",
    "dh = dh + g[:, t] * (t == x.shape[1] - 1)",
)
change(
    "leaky_gradients",
    "alpha and 1 - alpha are exchanged.",
    "alpha = a.sigmoid()",
    "alpha = 1 - a.sigmoid()",
)
change(
    "leaky_gradients",
    "In da stands the state after the step; alpha weighs p against the state before.",
    "(p[:, t] - h[:, t])",
    "(p[:, t] - h[:, t + 1])",
)
change(
    "leaky_gradients",
    "The way past the cell is missing at the first step alone, in dh_0.",
    "(1 - alpha), dh",
    "(1 - alpha), delta @ U",
)
change(
    "leaky_gradients",
    "The gradients are returned in another order: dU, da, dh_0 is asked for.",
    "return dU, da * alpha * (1 - alpha), dh",
    "return da * alpha * (1 - alpha), dU, dh",
)
change(
    "leaky_gradients",
    "The slope is that of a sigmoid, p (1 - p); p is the output of tanh.",
    "(1 - p[:, t] ** 2)",
    "p[:, t] * (1 - p[:, t])",
)

# -- both_directions ------------------------------------------------------------------------------------------

change(
    "both_directions",
    "The second direction starts in the padding: each sequence starts it at its own end.",
    "h = torch.where(here, torch.tanh(x[:, t] @ W.T + h @ U.T + b), h)",
    "h = torch.tanh(x[:, t] @ W.T + h @ U.T + b)",
)
change(
    "both_directions",
    "Behind the end of a sequence the output is zero, and here the last state stands there.",
    "states.append(torch.where(here, h, 0.0))",
    "states.append(h)",
)
change(
    "both_directions",
    "A product with 0 does not remove a NaN: choose between the two states.",
    "h = torch.where(here, torch.tanh(x[:, t] @ W.T + h @ U.T + b), h)",
    "h = here * torch.tanh(x[:, t] @ W.T + h @ U.T + b) + ~here * h",
)
change(
    "both_directions",
    "The states of the second direction stand in the order of its reading; turn them round again.",
    "states[::-1] if reverse else states",
    "states",
)
change(
    "both_directions",
    "Both directions read from the start.",
    "reversed(steps) if reverse else steps",
    "steps",
    "states[::-1] if reverse else states",
    "states",
)
change(
    "both_directions",
    "One step too few is read: a sequence of length 3 has the steps 0, 1 and 2.",
    "< lengths[:, None]",
    "< lengths[:, None] - 1",
)
change(
    "both_directions",
    "One step too many is read: a sequence of length 3 has the steps 0, 1 and 2.",
    "< lengths[:, None]",
    "<= lengths[:, None]",
)
change(
    "both_directions",
    "The two directions are exchanged in the output.",
    "torch.cat(halves, dim=2)",
    "torch.cat(halves[::-1], dim=2)",
)
change(
    "both_directions",
    "Both directions use the weights of the first one.",
    "(back, True)",
    "(forth, True)",
)
change(
    "both_directions",
    "The states of the two directions were added; they stand side by side.",
    "torch.cat(halves, dim=2)",
    "halves[0] + halves[1]",
)
change(
    "both_directions",
    "The whole tensor was turned round: then the padding is read first, and the steps are counted from the wrong end.",
    "reversed(steps) if reverse else steps",
    "steps",
    "h, states = x.new_zeros",
    "x = x.flip(1) if reverse else x\n        h, states = x.new_zeros",
)
change("both_directions", "The bias is missing.", "h @ U.T + b), h)", "h @ U.T), h)")
change(
    "both_directions",
    "U acts on the state the other way round.",
    "h @ U.T + b), h)",
    "h @ U + b), h)",
)
change(
    "both_directions",
    "The padding was set to 0 and is still read: from a bias and a state of its own the second direction does not start with zeros.",
    "h = torch.where(here, torch.tanh(x[:, t] @ W.T + h @ U.T + b), h)",
    "h = torch.tanh(torch.where(here, x[:, t], 0.0) @ W.T + h @ U.T + b)",
)
change(
    "both_directions",
    "The second direction goes on from the last state of the first; both start with zeros.",
    "h, states = x.new_zeros(len(x), len(b)), []",
    "h, states = h if reverse else x.new_zeros(len(x), len(b)), []",
)


# -- lstm_states ----------------------------------------------------------------------------------------------


@slip(
    "lstm_states",
    "At least the order of the blocks, the bias or the shown cell state is still wrong.",
)
def as_it_was(
    x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b_x: Tensor, b_h: Tensor
) -> tuple[Tensor, Tensor]:
    states = []
    for x_t in x.unbind(dim=1):
        i, f, o, g = (x_t @ W.T + h.detach() @ U.T + b_x + b_x).chunk(4, dim=1)
        h = o.sigmoid() * c.tanh()
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        states.append(h)
    return torch.stack(states, dim=1), c


change(
    "lstm_states",
    "The four blocks stand in another order: torch has i, f, g, o.",
    "i, f, g, o = (x_t",
    "i, f, o, g = (x_t",
)
change(
    "lstm_states",
    "The input and the forget gate are exchanged: torch has i, f, g, o.",
    "i, f, g, o = (x_t",
    "f, i, g, o = (x_t",
)
change(
    "lstm_states",
    "The first bias vector is added twice, the second never.",
    "b_x + b_h)",
    "b_x + b_x)",
)
change("lstm_states", "The second bias vector is missing.", "b_x + b_h)", "b_x)")
change(
    "lstm_states",
    "The hidden state shows the cell state of the step before.",
    "        c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n        h = o.sigmoid() * c.tanh()\n",
    "        h = o.sigmoid() * c.tanh()\n        c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n",
)
change(
    "lstm_states",
    "The values are right, and the gradient stops at the hidden state of the step before: nothing is to be detached here.",
    "h @ U.T",
    "h.detach() @ U.T",
)
change(
    "lstm_states",
    "The gradient stops at the cell state of the step before: nothing is to be detached here.",
    "c = f.sigmoid() * c +",
    "c = f.sigmoid() * c.detach() +",
)
change(
    "lstm_states",
    "The cell state is shown without tanh.",
    "o.sigmoid() * c.tanh()",
    "o.sigmoid() * c",
)
change(
    "lstm_states",
    "The candidate goes through a sigmoid; it has tanh.",
    "g.tanh()",
    "g.sigmoid()",
)
change(
    "lstm_states",
    "The candidate is not gated: the input gate is missing.",
    "i.sigmoid() * g.tanh()",
    "g.tanh()",
)
change(
    "lstm_states",
    "The new share is 1 - f, as in a GRU; an LSTM has an input gate of its own.",
    "i.sigmoid() * g.tanh()",
    "(1 - f.sigmoid()) * g.tanh()",
)
change(
    "lstm_states",
    "The candidate and the forget gate are exchanged: torch has i, f, g, o.",
    "i, f, g, o = (x_t",
    "i, g, f, o = (x_t",
)
change(
    "lstm_states",
    "The input and the output gate are exchanged: torch has i, f, g, o.",
    "i, f, g, o = (x_t",
    "o, f, g, i = (x_t",
)
change(
    "lstm_states",
    "Two faults are left: the order of the blocks and the biases.",
    "i, f, g, o = (x_t",
    "i, f, o, g = (x_t",
    "b_x + b_h)",
    "b_x + b_x)",
)
change(
    "lstm_states",
    "Two faults are left: the order of the blocks and the cell state that is shown.",
    "i, f, g, o = (x_t",
    "i, f, o, g = (x_t",
    "        c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n        h = o.sigmoid() * c.tanh()\n",
    "        h = o.sigmoid() * c.tanh()\n        c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n",
)
change(
    "lstm_states",
    "Two faults are left: the biases and the cell state that is shown.",
    "b_x + b_h)",
    "b_x + b_x)",
    "        c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n        h = o.sigmoid() * c.tanh()\n",
    "        h = o.sigmoid() * c.tanh()\n        c = f.sigmoid() * c + i.sigmoid() * g.tanh()\n",
)
change(
    "lstm_states",
    "tanh of the cell state is carried on; only the hidden state shows it through tanh.",
    "        h = o.sigmoid() * c.tanh()\n",
    "        c = c.tanh()\n        h = o.sigmoid() * c\n",
)

# -- windowed_gradient ----------------------------------------------------------------------------------------

change(
    "windowed_gradient",
    "Each loss goes back through one cell too many.",
    "range(t, max(t - k, -1), -1)",
    "range(t, max(t - k - 1, -1), -1)",
)
change(
    "windowed_gradient",
    "Each loss goes back through one cell too few.",
    "range(t, max(t - k, -1), -1)",
    "range(t, max(t - k + 1, -1), -1)",
)
change(
    "windowed_gradient",
    "The first cell is never reached.",
    "max(t - k, -1)",
    "max(t - k, 0)",
)
change(
    "windowed_gradient",
    "The pieces are fixed: each loss goes back to the border of its piece.",
    "max(t - k, -1)",
    "t // k * k - 1",
)
change(
    "windowed_gradient",
    "The whole gradient is given, whatever k is.",
    "max(t - k, -1)",
    "-1",
)
change(
    "windowed_gradient",
    "The slope is taken at the state before the step; it belongs to the state after it.",
    "(1 - h[:, s + 1] ** 2)",
    "(1 - h[:, s] ** 2)",
)
change(
    "windowed_gradient",
    "The slope of tanh is missing.",
    "dh * (1 - h[:, s + 1] ** 2)",
    "dh",
)
change(
    "windowed_gradient",
    "Back through the cell U acts the other way round.",
    "dh = delta @ U",
    "dh = delta @ U.T",
)
change(
    "windowed_gradient",
    "Not delta but the gradient before the slope goes back.",
    "dh = delta @ U",
    "dh = dh @ U",
)
change(
    "windowed_gradient",
    "The result is transposed.",
    "dU + delta.T @ h[:, s]",
    "dU + h[:, s].T @ delta",
)
change(
    "windowed_gradient",
    "The product holds the state after the step; U multiplies the one before.",
    "delta.T @ h[:, s]\n",
    "delta.T @ h[:, s + 1]\n",
)
change(
    "windowed_gradient",
    "The losses are averaged over the steps; they are summed.",
    "return dU",
    "return dU / g.shape[1]",
)
change(
    "windowed_gradient", "A k below 1 has to raise a ValueError.", "if k < 1:", "if k < 0:"
)
change(
    "windowed_gradient",
    "Each loss is sent back together with those of the steps before it; so most are counted several times.",
    "dh = delta @ U",
    "dh = delta @ U + (g[:, s - 1] if s > 0 else 0.0)",
)
change(
    "windowed_gradient",
    "Of each loss only the last cell that it reaches contributes; every cell on the way does.",
    "            dU = dU + delta.T @ h[:, s]\n            dh = delta @ U\n",
    "            dh = delta @ U\n        dU = dU + delta.T @ h[:, s]\n",
)
change(
    "windowed_gradient",
    "Only the last loss contributes: the sum over the steps was overwritten.",
    "dU = dU + delta.T @ h[:, s]",
    "dU = delta.T @ h[:, s]",
)
change(
    "windowed_gradient",
    "A negative k has to raise a ValueError, too.",
    "if k < 1:",
    "if k == 0:",
)
change(
    "windowed_gradient",
    "The slope is that of a sigmoid, h (1 - h); for tanh it is 1 - h ** 2.",
    "(1 - h[:, s + 1] ** 2)",
    "h[:, s + 1] * (1 - h[:, s + 1])",
)

# -- mutants that compute the same ----------------------------------------------------------------------------

equivalent(
    "six_numbers",
    "Three significant digits are asked for, and these have the same.",
    "return [0.328, 4.10, 2.46, 2561, 1.20, 0.615]",
    "return [0.328, 4.10, 2.46, 2559, 1.20, 0.615]",
)
equivalent(
    "leaky_gradients",
    "Zeros of the shape of any state.",
    "dh, dU, da = torch.zeros_like(h[:, -1]), torch.zeros_like(U), torch.zeros_like(a)",
    "dh, dU, da = torch.zeros_like(h[:, 1]), torch.zeros_like(U), torch.zeros_like(a)",
)
equivalent(
    "both_directions", "Zero has no sign.", "h, states = -x.new_zeros(len(x), len(b)), []"
)
equivalent(
    "both_directions",
    "Where nothing is read, the state is zero, or is never used again; False is zero.",
    "h = torch.where(here, torch.tanh(x[:, t] @ W.T + h @ U.T + b), here)",
)
equivalent(
    "windowed_gradient",
    "The larger of two numbers, in either order.",
    "for s in range(t, max(-1, t - k), -1):",
)


# -- kneser_ney -----------------------------------------------------------------------------------------------

change(
    "kneser_ney",
    "Q is made of how often each word occurs; it counts the different words that it followed.",
    "Q = seen.sum(dim=0) / seen.sum()",
    "Q = c.sum(dim=0) / c.sum()",
)
change(
    "kneser_ney",
    "Q counts the words that follow v, along the rows; the words before w stand in its column.",
    "Q = seen.sum(dim=0) / seen.sum()",
    "Q = seen.sum(dim=1) / seen.sum()",
)
change(
    "kneser_ney",
    "Q is divided by the number of words; the formula divides it by the number of different pairs.",
    "seen.sum(dim=0) / seen.sum()",
    "seen.sum(dim=0) / len(c)",
)
change(
    "kneser_ney",
    "The probability set free is that of a single discount; it is taken from each word that followed v.",
    "delta * seen.sum(dim=1, keepdim=True)",
    "delta",
)
change(
    "kneser_ney",
    "The probability set free is that of all V words; nothing is taken from those that never followed v.",
    "delta * seen.sum(dim=1, keepdim=True)",
    "delta * len(c)",
)
change(
    "kneser_ney",
    "The discount itself is the weight of Q; it is a share of the counts of v.",
    "delta * seen.sum(dim=1, keepdim=True) / total.clamp(min=1)",
    "delta",
)
change(
    "kneser_ney",
    "Below the discount the counts become negative; the maximum with 0 is missing.",
    "(c - delta).clamp(min=0)",
    "(c - delta)",
)
change(
    "kneser_ney",
    "The discount is not taken from the counts.",
    "(c - delta).clamp(min=0)",
    "c",
)
change(
    "kneser_ney",
    "The second term is missing: a word that never followed v still has the probability 0.",
    " + free * Q",
    "",
)
change(
    "kneser_ney",
    "A word that was never followed gets zeros; Q is its distribution.",
    "return torch.where(total > 0, P, Q)",
    "return P",
)
change(
    "kneser_ney",
    "0 is divided by 0 for a word that was never followed.",
    "(c - delta).clamp(min=0) / total.clamp(min=1) + free * Q",
    "(c - delta).clamp(min=0) / total + free * Q",
    "return torch.where(total > 0, P, Q)",
    "return P",
)
change(
    "kneser_ney",
    "A word that was never followed gets the same probability for all words; Q is asked for.",
    "return torch.where(total > 0, P, Q)",
    "return torch.where(total > 0, P, torch.full_like(P, 1 / len(c)))",
)
change(
    "kneser_ney",
    "The result is transposed: the probabilities of what follows v stand in row v.",
    "return torch.where(total > 0, P, Q)",
    "return torch.where(total > 0, P, Q).T",
)
change(
    "kneser_ney",
    "The rows are normalised by the counts of w, the columns; v's counts stand in its row.",
    "total = c.sum(dim=1, keepdim=True)",
    "total = c.sum(dim=0, keepdim=True).T",
)


@slip(
    "kneser_ney",
    "Q stands only where a word never followed v; in the formula its share is added for every w.",
)
def interpolation_as_back_off(c: Tensor, delta: float) -> Tensor:
    if not 0 < delta < 1 or c.sum() == 0:
        raise ValueError("refused")
    seen = (c > 0).double()
    Q = seen.sum(0) / seen.sum()
    t = c.sum(1, keepdim=True)
    lam = delta * seen.sum(1, keepdim=True) / t.clamp(min=1)
    return torch.where(t > 0, torch.where(c > 0, (c - delta) / t.clamp(min=1), lam * Q), Q)


@slip(
    "kneser_ney",
    "The words that followed v are divided by the size of the vocabulary; the discount is a share of the counts of v.",
)
def set_free_over_the_vocabulary(c: Tensor, delta: float) -> Tensor:
    if not 0 < delta < 1 or c.sum() == 0:
        raise ValueError("refused")
    seen = (c > 0).double()
    Q = seen.sum(0) / seen.sum()
    t = c.sum(1, keepdim=True)
    lam = delta * seen.sum(1, keepdim=True) / len(c)
    return torch.where(t > 0, (c - delta).clamp(min=0) / t.clamp(min=1) + lam * Q, Q)


@slip(
    "kneser_ney",
    "The columns are normalised: each count is divided by how often w stands second; v's counts stand in its row.",
)
def columns_normalised(c: Tensor, delta: float) -> Tensor:
    if not 0 < delta < 1 or c.sum() == 0:
        raise ValueError("refused")
    seen = (c > 0).double()
    Q = seen.sum(0) / seen.sum()
    t = c.sum(0, keepdim=True)
    lam = delta * seen.sum(0, keepdim=True) / t.clamp(min=1)
    return torch.where(
        c.sum(1, keepdim=True) > 0, (c - delta).clamp(min=0) / t.clamp(min=1) + lam * Q, Q
    )


@slip(
    "kneser_ney",
    "The probability set free lacks the discount: that much is taken from each word that followed v.",
)
def discount_missing_from_what_is_free(c: Tensor, delta: float) -> Tensor:
    if not 0 < delta < 1 or c.sum() == 0:
        raise ValueError("refused")
    seen = (c > 0).double()
    Q = seen.sum(0) / seen.sum()
    t = c.sum(1, keepdim=True)
    lam = seen.sum(1, keepdim=True) / t.clamp(min=1)
    return torch.where(t > 0, (c - delta).clamp(min=0) / t.clamp(min=1) + lam * Q, Q)


@slip(
    "kneser_ney",
    "The sums of the rows are spread over the columns: they have the shape (V,) where (V, 1) is needed.",
)
def sums_without_a_column(c: Tensor, delta: float) -> Tensor:
    if not 0 < delta < 1 or c.sum() == 0:
        raise ValueError("refused")
    seen = (c > 0).double()
    Q = seen.sum(0) / seen.sum()
    t = c.sum(1)
    lam = delta * seen.sum(1) / t.clamp(min=1)
    P = (c - delta).clamp(min=0) / t.clamp(min=1) + lam * Q
    P[t == 0] = Q
    return P


@slip(
    "kneser_ney",
    "Each row is divided by its own sum at the end; the discount sets a probability free that is computed from the counts.",
)
def normalised_at_the_end(c: Tensor, delta: float) -> Tensor:
    if not 0 < delta < 1 or c.sum() == 0:
        raise ValueError("refused")
    seen = (c > 0).double()
    Q = seen.sum(0) / seen.sum()
    P = (c - delta).clamp(min=0) + Q
    return P / P.sum(1, keepdim=True)


equivalent("kneser_ney", "Truth values are summed as ones.", "seen = c > 0")
equivalent(
    "kneser_ney",
    "Counts are not negative: their sum is 0 where none is positive.",
    "if not 0 < delta < 1 or seen.mean() == 0:",
    "if not 0 < delta < 1 or c.sum() == 0:",
)
equivalent(
    "kneser_ney",
    "Q is spread over the rows either way.",
    "Q = seen.sum(dim=0, keepdim=True) / seen.sum()",
)
equivalent(
    "kneser_ney",
    "Where the sum is 0 the row is replaced by Q.",
    "free = delta * seen.sum(dim=1, keepdim=True) / total.clamp(min=0)",
    "free = delta * seen.sum(dim=1, keepdim=True) / total",
    "P = (c - delta).clamp(min=0) / total.clamp(min=0) + free * Q",
    "P = (c - delta).clamp(min=0) / total + free * Q",
    "return torch.where(free > 0, P, Q)",
)

# -- sgns_examples --------------------------------------------------------------------------------------------


@slip(
    "sgns_examples",
    "At least three faults are still there: the ends of the window, the ends of the sentences, the distribution of the negatives.",
)
def examples_as_they_were(
    sentences: list[list[int]], V: int, m: int
) -> tuple[Tensor, Tensor, Tensor]:
    return faulty_examples(sentences, V, m)


change(
    "sgns_examples",
    "The window ends one word too early on the right.",
    "sentence[k + 1 : k + m + 1]",
    "sentence[k + 1 : k + m]",
)
change(
    "sgns_examples",
    "The window reaches one word too far to the right.",
    "sentence[k + 1 : k + m + 1]",
    "sentence[k + 1 : k + m + 2]",
)
change(
    "sgns_examples",
    "Words are lost at the beginning of a sentence: a slice that starts at a negative index counts from the end.",
    "max(k - m, 0)",
    "k - m",
)
change(
    "sgns_examples",
    "The windows reach over the ends of the sentences.",
    "for sentence in sentences:",
    "for sentence in [words]:",
)
change(
    "sgns_examples",
    "The centre counts as a word of its own context.",
    "sentence[k + 1 : k + m + 1]",
    "sentence[k : k + m + 1]",
)
change(
    "sgns_examples",
    "Centre and context are exchanged.",
    "return torch.tensor(centres), torch.tensor(contexts)",
    "return torch.tensor(contexts), torch.tensor(centres)",
)
change(
    "sgns_examples",
    "The negatives follow the counts; the power 3/4 is missing.",
    "weights = counts**0.75",
    "weights = counts.clone()",
)
change(
    "sgns_examples",
    "The counts are taken to the power 4/3; 3/4 makes rare words more frequent.",
    "weights = counts**0.75",
    "weights = counts ** (4 / 3)",
)
change(
    "sgns_examples",
    "Each word has the same weight; its count does not enter.",
    "weights = counts**0.75",
    "weights = (counts > 0).double()",
)
change(
    "sgns_examples",
    "The probabilities do not sum to 1: they are divided by a sum that holds the words of the window, too.",
    "weights / weights.sum()",
    "weights / (counts**0.75).sum()",
)
change(
    "sgns_examples",
    "The weights are divided by the number of words of the text; the sum of the weights makes them probabilities.",
    "weights / weights.sum()",
    "weights / counts.sum()",
)
change(
    "sgns_examples",
    "The words of the window can be drawn as negatives.",
    "weights[[centre, *around]] = 0",
    "weights[[centre]] = 0",
)
change(
    "sgns_examples",
    "The centre can be drawn as a negative.",
    "weights[[centre, *around]] = 0",
    "weights[around] = 0",
)
change(
    "sgns_examples",
    "Only the context word of the pair is kept out; no word of the window may be a negative.",
    "P.append(weights / weights.sum())",
    "own = counts**0.75 * (torch.arange(V) != word) * (torch.arange(V) != centre)\n                P.append(own / own.sum())",
)
change(
    "sgns_examples",
    "Each word is counted within its sentence; the counts are those of the whole text.",
    "for sentence in sentences:",
    "for sentence in sentences:\n        counts = torch.bincount(torch.tensor(sentence), minlength=V).double() + 1e-9",
)


@slip(
    "sgns_examples",
    "The power 3/4 is taken after the division by the sum: the probabilities no longer sum to 1.",
)
def power_after_the_division(
    sentences: list[list[int]], V: int, m: int
) -> tuple[Tensor, Tensor, Tensor]:
    words = [w for s in sentences for w in s]
    counts = torch.bincount(torch.tensor(words), minlength=V).double()
    ce, co, P = [], [], []
    for s in sentences:
        for k, c in enumerate(s):
            around = s[max(k - m, 0) : k] + s[k + 1 : k + m + 1]
            wt = counts.clone()
            wt[[c, *around]] = 0
            for w in around:
                ce.append(c)
                co.append(w)
                P.append((wt / wt.sum()) ** 0.75)
    return torch.tensor(ce), torch.tensor(co), torch.stack(P)


@slip(
    "sgns_examples",
    "A context word that equals the centre is left out; a pair of the same word twice is a pair.",
)
def same_word_left_out(
    sentences: list[list[int]], V: int, m: int
) -> tuple[Tensor, Tensor, Tensor]:
    words = [w for s in sentences for w in s]
    counts = torch.bincount(torch.tensor(words), minlength=V).double()
    ce, co, P = [], [], []
    for s in sentences:
        for k, c in enumerate(s):
            around = [w for w in s[max(k - m, 0) : k] + s[k + 1 : k + m + 1] if w != c]
            wt = counts**0.75
            wt[[c, *around]] = 0
            for w in around:
                ce.append(c)
                co.append(w)
                P.append(wt / wt.sum())
    return torch.tensor(ce), torch.tensor(co), torch.stack(P)


@slip(
    "sgns_examples",
    "A word that stands twice in a window gives one pair; it gives one for each place.",
)
def each_word_once(
    sentences: list[list[int]], V: int, m: int
) -> tuple[Tensor, Tensor, Tensor]:
    words = [w for s in sentences for w in s]
    counts = torch.bincount(torch.tensor(words), minlength=V).double()
    ce, co, P = [], [], []
    for s in sentences:
        for k, c in enumerate(s):
            around = list(dict.fromkeys(s[max(k - m, 0) : k] + s[k + 1 : k + m + 1]))
            wt = counts**0.75
            wt[[c, *around]] = 0
            for w in around:
                ce.append(c)
                co.append(w)
                P.append(wt / wt.sum())
    return torch.tensor(ce), torch.tensor(co), torch.stack(P)


@slip(
    "sgns_examples",
    "Each word is counted within its sentence; the counts are those of the whole text.",
)
def counted_within_the_sentence(
    sentences: list[list[int]], V: int, m: int
) -> tuple[Tensor, Tensor, Tensor]:
    ce, co, P = [], [], []
    for s in sentences:
        counts = torch.bincount(torch.tensor(s), minlength=V).double()
        for k, c in enumerate(s):
            around = s[max(k - m, 0) : k] + s[k + 1 : k + m + 1]
            wt = counts**0.75
            wt[[c, *around]] = 0
            for w in around:
                ce.append(c)
                co.append(w)
                P.append(wt / wt.sum())
    return torch.tensor(ce), torch.tensor(co), torch.stack(P)


@slip(
    "sgns_examples",
    "The zeros of earlier windows are still there: each window begins with the weights of all words.",
)
def zeros_kept(sentences: list[list[int]], V: int, m: int) -> tuple[Tensor, Tensor, Tensor]:
    words = [w for s in sentences for w in s]
    counts = torch.bincount(torch.tensor(words), minlength=V).double()
    ce, co, P = [], [], []
    wt = counts**0.75
    for s in sentences:
        for k, c in enumerate(s):
            around = s[max(k - m, 0) : k] + s[k + 1 : k + m + 1]
            wt[[c, *around]] = 0
            for w in around:
                ce.append(c)
                co.append(w)
                P.append(wt / wt.sum())
    return torch.tensor(ce), torch.tensor(co), torch.stack(P)


change(
    "sgns_examples",
    "A word that does not occur in the text has no place in the distributions; they have V columns.",
    "minlength=V",
    "minlength=0",
)
equivalent(
    "sgns_examples",
    "A maximum, and a list of places that become 0, have no order.",
    "around = sentence[max(0, k - m) : k] + sentence[k + 1 : k + m + 1]",
    "weights[[*around, centre]] = 0",
)
equivalent(
    "sgns_examples",
    "The sign cancels in the division by the sum.",
    "weights = -(counts**0.75)",
)

# -- cbow_gradients -------------------------------------------------------------------------------------------

change(
    "cbow_gradients",
    "dU and dW are those of the sum over the windows; L is their mean.",
    "- F.one_hot(centre, len(W))) / B",
    "- F.one_hot(centre, len(W)))",
)
change(
    "cbow_gradients",
    "In dU the factor 1/C of the mean over the window is missing.",
    "wrong @ W / C",
    "wrong @ W",
)
change(
    "cbow_gradients",
    "In dU a word that stands in several places keeps the gradient of one of them; they are added up.",
    "torch.zeros_like(U).index_add(0, around.flatten(), dh.repeat_interleave(C, dim=0))",
    "torch.zeros_like(U).index_copy(0, around.flatten(), dh.repeat_interleave(C, dim=0))",
)
change(
    "cbow_gradients",
    "In dU the gradients of the windows are given to the wrong words: all words of one window get the same.",
    "dh.repeat_interleave(C, dim=0)",
    "dh.repeat(C, 1)",
)
change(
    "cbow_gradients",
    "The true word is left out: the softmax alone is no derivative of the loss.",
    "(wrong - F.one_hot(centre, len(W)))",
    "(wrong)",
)
change(
    "cbow_gradients",
    "The sign is wrong: the loss falls with the score of the true word.",
    "(wrong - F.one_hot(centre, len(W)))",
    "(F.one_hot(centre, len(W)) - wrong)",
)
change(
    "cbow_gradients",
    "The softmax runs over the windows; it runs over the words of the vocabulary.",
    "softmax(dim=1)",
    "softmax(dim=0)",
)
change(
    "cbow_gradients",
    "The scores are those of the sum of the vectors; h is their mean.",
    "U[around].mean(dim=1)",
    "U[around].sum(dim=1)",
)
change(
    "cbow_gradients",
    "In dU the vectors U stand in place of W: the way back from the scores leads through W.",
    "dh = wrong @ W / C",
    "dh = wrong @ U / C",
)
change(
    "cbow_gradients",
    "The exponentials overflow: take the largest score off first, or use softmax.",
    "(h @ W.T).softmax(dim=1)",
    "(h @ W.T).exp() / (h @ W.T).exp().sum(dim=1, keepdim=True)",
)
change(
    "cbow_gradients",
    "The two gradients are exchanged.",
    "return dU, wrong.T @ h",
    "return wrong.T @ h, dU",
)
change(
    "cbow_gradients",
    "A derivative of the sigmoid is too much: the softmax and the logarithm together give p - y.",
    "wrong = (wrong - F.one_hot(centre, len(W))) / B",
    "wrong = wrong * (1 - wrong) * (wrong - F.one_hot(centre, len(W))) / B",
)


@slip(
    "cbow_gradients",
    "h is the sum of the vectors, and the factor 1/C is missing from dU as well; h is their mean.",
)
def sum_of_the_window(
    U: Tensor, W: Tensor, around: Tensor, centre: Tensor
) -> tuple[Tensor, Tensor]:
    B, C = around.shape
    h = U[around].sum(1)
    e = ((h @ W.T).softmax(1) - F.one_hot(centre, len(W))) / B
    dU = torch.zeros_like(U).index_add(0, around.flatten(), (e @ W).repeat_interleave(C, 0))
    return dU, e.T @ h


@slip(
    "cbow_gradients",
    "The softmax is left out: the other words of the vocabulary have a derivative, too.",
)
def true_word_alone(
    U: Tensor, W: Tensor, around: Tensor, centre: Tensor
) -> tuple[Tensor, Tensor]:
    B, C = around.shape
    h = U[around].mean(1)
    e = -F.one_hot(centre, len(W)).double() / B
    dU = torch.zeros_like(U).index_add(
        0, around.flatten(), (e @ W / C).repeat_interleave(C, 0)
    )
    return dU, e.T @ h


@slip(
    "cbow_gradients",
    "In dW only the rows of the centres are filled: the softmax gives a derivative to every word.",
)
def rows_of_the_centres(
    U: Tensor, W: Tensor, around: Tensor, centre: Tensor
) -> tuple[Tensor, Tensor]:
    B, C = around.shape
    h = U[around].mean(1)
    e = ((h @ W.T).softmax(1) - F.one_hot(centre, len(W))) / B
    dU = torch.zeros_like(U).index_add(
        0, around.flatten(), (e @ W / C).repeat_interleave(C, 0)
    )
    dW = torch.zeros_like(W).index_add(0, centre, e[torch.arange(B), centre][:, None] * h)
    return dU, dW


@slip(
    "cbow_gradients",
    "The loss is divided by B C; the mean runs over the B windows, and 1/C belongs to h alone.",
)
def divided_by_all_words(
    U: Tensor, W: Tensor, around: Tensor, centre: Tensor
) -> tuple[Tensor, Tensor]:
    B, C = around.shape
    h = U[around].mean(1)
    e = ((h @ W.T).softmax(1) - F.one_hot(centre, len(W))) / (B * C)
    dU = torch.zeros_like(U).index_add(
        0, around.flatten(), (e @ W / C).repeat_interleave(C, 0)
    )
    return dU, e.T @ h


@slip("cbow_gradients", "In dW the vectors of the centre words stand in place of h.")
def vectors_of_the_centres(
    U: Tensor, W: Tensor, around: Tensor, centre: Tensor
) -> tuple[Tensor, Tensor]:
    B, C = around.shape
    h = U[around].mean(1)
    e = ((h @ W.T).softmax(1) - F.one_hot(centre, len(W))) / B
    dU = torch.zeros_like(U).index_add(
        0, around.flatten(), (e @ W / C).repeat_interleave(C, 0)
    )
    return dU, e.T @ U[centre]


# -- which_language -------------------------------------------------------------------------------------------


@slip(
    "which_language",
    "The language with the most names is said each time: look at the letters of the name.",
)
def largest_list(known: list[list[str]], unknown: list[str]) -> Tensor:
    largest = max(range(len(known)), key=lambda k: len(known[k]))
    return torch.full((len(unknown),), largest)


change(
    "which_language",
    "Single letters are not enough: let each one depend on those before it.",
    "for n in (0, 1, 2):",
    "for n in (0,):",
)
change(
    "which_language",
    "The least probable language is chosen.",
    ".argmax(dim=1)",
    ".argmin(dim=1)",
)
change(
    "which_language",
    "The probabilities themselves are added up; those of a name are multiplied, so their logarithms are added.",
    "p[a, b, c].log()",
    "p[a, b, c]",
)
change(
    "which_language",
    "The language is always the first one.",
    ".argmax(dim=1)",
    ".argmax(dim=1) * 0",
)
change(
    "which_language",
    "A ranking of the languages is given for each name; the number of the best one is asked for.",
    ".argmax(dim=1)",
    ".argsort(dim=1, descending=True)",
)

equivalent(
    "which_language",
    "Any method that reaches the bounds counts: less smoothing or more, a shorter memory, no prior of the languages.",
    "triples = coded(names).unfold(-1, 3, 1)",
    "triples = coded(names).unfold(0, 3, 2)",
    "p = torch.full((28, 28, 28), 1 * 27, dtype=torch.float64)",
    "p = torch.full((28, 28, 28), 27 / 1, dtype=torch.float64)",
    "p = torch.full((28, 28, 28), 2 / 27, dtype=torch.float64)",
    "p = torch.full((28, 28, 28), 1 / 28, dtype=torch.float64)",
    "p = torch.full((28, 28, 28), 1 / 26, dtype=torch.float64)",
    "p = torch.full((28, 28, 28), 1, dtype=torch.float64)",
    "p = torch.full((28, 28, 28), 1 / 27)",
    "for n in (1, 1, 2):",
    "for n in (-1, 1, 2):",
    "for n in (0, 2, 2):",
    "for n in (0, 0, 2):",
    "for n in (0, 1, 3):",
    "for n in (0, 1, 1):",
    "seen = triples * torch.tensor([n > 2, n > 0, True])",
    "seen = triples * torch.tensor([n > 0, n > 0, True])",
    "seen = triples * torch.tensor([n > 1, n > 1, True])",
    "seen = triples * torch.tensor([n > 1, n > -1, True])",
    "seen = triples * torch.tensor([n >= 1, n > 0, True])",
    "seen = triples * torch.tensor([n < 1, n > 0, True])",
    "seen = triples * torch.tensor([n > 1, n >= 0, True])",
    "seen = triples",
    "seen = triples * torch.tensor([n > 0, n > 1, True])",
    "seen = triples * torch.tensor([n > 1, True, n > 0])",
    "counts = torch.bincount(seen @ torch.tensor([784, 28, 1]).T, minlength=28**3).view(28, 28, 28).double()  # fmt: skip",
    "counts = torch.bincount(seen @ torch.tensor([784, 28, 1]), minlength=28**3).view(28, 28, 28)  # fmt: skip",
    "counts = torch.bincount(triples @ torch.tensor([784, 28, 1]), minlength=28**3).view(28, 28, 28).double()  # fmt: skip",
    "counts = counts[:1] if n < 1 else counts",
    "counts = counts[:1] if n > 2 else counts",
    "counts = counts[:] if n < 2 else counts",
    "counts = counts[:, :1] if n < 1 else counts\ncounts = counts[:1] if n < 2 else counts",
    "pass  # counts = counts[:1] if n < 2 else counts",
    "counts = counts",
    "counts = p[:1] if n < 2 else counts",
    "counts = counts[:1] if n < 2 else p",
    "counts = counts[:, :1] if n < 2 else counts",
    "counts = counts[:, :1] if n < 0 else counts",
    "counts = counts[:, :1] if n <= 1 else counts",
    "counts = counts[:, :1] if n > 1 else counts",
    "counts = counts[:, :] if n < 1 else counts",
    "p = (counts + 8 * p) / (counts.sum(dim=2, keepdim=True) + 8)\ncounts = counts[:, :1] if n < 1 else counts",
    "pass  # counts = counts[:, :1] if n < 1 else counts",
    "counts = p[:, :1] if n < 1 else counts",
    "p = (counts + 9 * p) / (counts.sum(dim=2, keepdim=True) + 8)",
    "p = (counts + 7 * p) / (counts.sum(dim=2, keepdim=True) + 8)",
    "p = (counts + 8 * p) / (counts.sum(dim=2, keepdim=True) + 9)",
    "p = (counts + 8 * p) / (counts.sum(dim=2, keepdim=True) + 7)",
    "p = (counts + p) / (counts.sum(dim=2, keepdim=True) + 8)",
    "p = (counts + 8 * p) / (counts.sum(dim=1, keepdim=True) + 8)",
    "p = (counts + 8 * p) / (counts.sum(dim=2) + 8)",
    "p = (counts + 8 * p) / (counts.mean(dim=2, keepdim=True) + 8)",
    "a, b, c = letters.unfold(-1, 3, 1).T",
    "log_p = F.pad(torch.where(c > 1, p[a, b, c].log(), 0.0), (2, 0))",
    "log_p = F.pad(torch.where(c > -1, p[a, b, c].log(), 0.0), (2, 0))",
    "log_p = F.pad(torch.where(c > 0, p[a, b, c].log(), 1.0), (2, 0))",
    "log_p = F.pad(torch.where(c > 0, p[a, b, c].log(), 0.0), (2, 1))",
    "log_p = F.pad(torch.where(c >= 0, p[a, b, c].log(), 0.0), (2, 0))",
    "log_p = F.pad(torch.where(c > 0, p[a, b, c].log2(), 0.0), (2, 0))",
    "log_p = F.pad(torch.where(a > 0, p[a, b, c].log(), 0.0), (2, 0))",
    "log_p = F.pad(torch.where(b > 0, p[a, b, c].log(), 0.0), (2, 0))",
    "log_p = F.pad(torch.where(c > 0, p[b, b, c].log(), 0.0), (2, 0))",
    "scores.append(sums.diff(prepend=torch.zeros(1)) - math.log(len(names)))",
    "scores.append(sums.diff(prepend=torch.zeros(1)))",
    "scores.append(sums.diff(prepend=torch.zeros(1)) + math.log2(len(names)))",
)
