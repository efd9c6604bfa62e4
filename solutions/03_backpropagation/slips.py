"""Planted wrong answers to the exercises of chapter 3, each with the hint that it must get."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- output_delta ---------------------------------------------------------------------------------------------

change(
    "output_delta",
    "This is the gradient with respect to the activations; the derivative of the sigmoid has not multiplied it yet.",
    "return dL_da * a * (1 - a)",
    "return dL_da",
)
change(
    "output_delta",
    "The slope is taken at the activations a; it belongs to the pre-activations z.",
    "a = z.sigmoid()",
    "a = z.sigmoid().sigmoid()",
)
change(
    "output_delta",
    "The sigmoid itself stands where its slope should be.",
    "a * (1 - a)",
    "a",
)
change(
    "output_delta",
    "The slope here is 1 - a alone: its factor a is missing; written with exponentials, the square below the line.",
    "* a * (1",
    "* (1",
)
change(
    "output_delta",
    "The slope is right, but the gradient dL_da is not in it.",
    "dL_da * a",
    "a",
)
change(
    "output_delta",
    "The slope is a (1 - a) with a = sigmoid(z); here z itself was put in.",
    "a = z.sigmoid()",
    "a = z",
)
change("output_delta", "1 - tanh(z)**2 is the slope of tanh; the layer is a sigmoid.", "* a * (1 - a)",
       "* (1 - z.tanh() ** 2)")  # fmt: skip
change(
    "output_delta",
    "The gradient dL_da is added to the slope; the chain rule multiplies.",
    "dL_da * a",
    "dL_da + a",
)
change(
    "output_delta",
    "Averaged over the batch; the loss has seen to that.",
    "* (1 - a)",
    "* (1 - a) / len(z)",
)

change(
    "output_delta",
    "The sign is turned round; the sigmoid rises everywhere, so that its slope is positive.",
    "dL_da * a * (1 - a)",
    "dL_da * a * (a - 1)",
)
change(
    "output_delta",
    "1 - a**2 would be the slope if a were a tanh; here it is a sigmoid.",
    "dL_da * a * (1 - a)",
    "dL_da * (1 - a**2)",
)
change(
    "output_delta",
    "a (1 + a) stands where the slope should be: the sign before the second a is wrong.",
    "dL_da * a * (1 - a)",
    "dL_da * a * (1 + a)",
)
change(
    "output_delta",
    "a**2 stands where the slope of the sigmoid should be.",
    "dL_da * a * (1 - a)",
    "dL_da * a * a",
)
change(
    "output_delta",
    "The slope is in it twice; each layer is passed once.",
    "dL_da * a * (1 - a)",
    "dL_da * a * (1 - a) * a * (1 - a)",
)
change(
    "output_delta",
    "The two inputs are exchanged: the slope is taken at the pre-activations z, and the gradient dL_da multiplies it.",
    "dL_da * a * (1 - a)",
    "z * dL_da.sigmoid() * (1 - dL_da.sigmoid())",
)
change(
    "output_delta",
    "The slope is taken at the gradient dL_da; it belongs to the pre-activations z.",
    "dL_da * a * (1 - a)",
    "dL_da * dL_da.sigmoid() * (1 - dL_da.sigmoid())",
)
change(
    "output_delta",
    "The slope is taken at the product of dL_da and z; it belongs to the pre-activations z alone.",
    "dL_da * a * (1 - a)",
    "dL_da * (dL_da * z).sigmoid() * (1 - (dL_da * z).sigmoid())",
)
change(
    "output_delta",
    "The slope is multiplied by the pre-activations z; the gradient dL_da belongs there.",
    "dL_da * a * (1 - a)",
    "z * a * (1 - a)",
)
change(
    "output_delta",
    "The slope is multiplied by the activations a; the gradient dL_da belongs there.",
    "dL_da * a * (1 - a)",
    "a * a * (1 - a)",
)
change(
    "output_delta",
    "dL_da is divided by the slope; the chain rule multiplies by it.",
    "dL_da * a * (1 - a)",
    "dL_da / (a * (1 - a))",
)
change(
    "output_delta",
    "This is the slope of a ReLU, which is 1 where z is positive; the layer is a sigmoid.",
    "dL_da * a * (1 - a)",
    "dL_da * (z > 0)",
)
change(
    "output_delta",
    "dL_da is multiplied by the pre-activations z themselves; the slope of the sigmoid at them belongs there.",
    "dL_da * a * (1 - a)",
    "dL_da * z",
)
change(
    "output_delta",
    "Activations minus dL_da: that form holds for a cross-entropy, with the targets in the place of dL_da.",
    "dL_da * a * (1 - a)",
    "a - dL_da",
)
change(
    "output_delta",
    "dL_da itself is put through the formula of the slope; a is the sigmoid of the pre-activations z.",
    "dL_da * a * (1 - a)",
    "dL_da * (1 - dL_da)",
)
change(
    "output_delta",
    "Summed over the batch; each example keeps a row of its own.",
    "dL_da * a * (1 - a)",
    "(dL_da * a * (1 - a)).sum(dim=0)",
)
change(
    "output_delta",
    "Averaged over the batch; each example keeps a row of its own.",
    "dL_da * a * (1 - a)",
    "(dL_da * a * (1 - a)).mean(dim=0)",
)
change(
    "output_delta",
    "Summed over the outputs; each pre-activation has an error signal of its own.",
    "dL_da * a * (1 - a)",
    "(dL_da * a * (1 - a)).sum(dim=1)",
)
change(
    "output_delta",
    "All are added up into one number; each pre-activation has an error signal of its own.",
    "dL_da * a * (1 - a)",
    "(dL_da * a * (1 - a)).sum()",
)
change(
    "output_delta",
    "A matrix product pairs each example with every other; the circle in the formula multiplies place by place.",
    "dL_da * a * (1 - a)",
    "dL_da @ (a * (1 - a)).T",
)
change(
    "output_delta",
    "A matrix product pairs each output with every other and mixes the examples; the circle in the formula multiplies place by place.",
    "dL_da * a * (1 - a)",
    "dL_da.T @ (a * (1 - a))",
)
change(
    "output_delta",
    "Divided by the number of outputs; nothing here is averaged.",
    "dL_da * a * (1 - a)",
    "dL_da * a * (1 - a) / z.shape[1]",
)
change(
    "output_delta",
    "Divided by the number of all entries; nothing here is averaged.",
    "dL_da * a * (1 - a)",
    "dL_da * a * (1 - a) / z.numel()",
)
change(
    "output_delta",
    "The slope is averaged over the batch first; each example has a slope of its own.",
    "dL_da * a * (1 - a)",
    "dL_da * (a * (1 - a)).mean(dim=0)",
)
change(
    "output_delta",
    "All examples get the slope of the first one; each has its own.",
    "dL_da * a * (1 - a)",
    "dL_da * (a * (1 - a))[0]",
)
change(
    "output_delta",
    "All examples get the slope of the last one; each has its own.",
    "dL_da * a * (1 - a)",
    "dL_da * (a * (1 - a))[-1]",
)
change(
    "output_delta",
    "The activation function is applied to dL_da; its derivative at z multiplies it.",
    "dL_da * a * (1 - a)",
    "dL_da.sigmoid()",
)
change(
    "output_delta",
    "The slope of the sigmoid is taken at dL_da and nothing is multiplied; it belongs to z, and dL_da multiplies it.",
    "dL_da * a * (1 - a)",
    "dL_da.sigmoid() * (1 - dL_da.sigmoid())",
)

change(
    "output_delta",
    "a is the tanh of z here; the layer is a sigmoid.",
    "a = z.sigmoid()",
    "a = z.tanh()",
)
change(
    "output_delta",
    "z stands for the first a: the slope is made of the sigmoid alone.",
    "dL_da * a *",
    "dL_da * z *",
)
change(
    "output_delta",
    "z stands for the second a: the slope is made of the sigmoid alone.",
    "(1 - a)",
    "(1 - z)",
)

change(
    "output_delta",
    "dL_da was changed: what a function is given belongs to the caller.",
    "dL_da * a * (1 - a)",
    "dL_da.mul_(a * (1 - a))",
)
change(
    "output_delta",
    "z was changed: what a function is given belongs to the caller.",
    "z.sigmoid()",
    "z.sigmoid_()",
)

# -- hidden_delta ---------------------------------------------------------------------------------------------

change(
    "hidden_delta",
    "The derivative of tanh has not multiplied it yet.",
    " * (1 - z.tanh() ** 2)",
    "",
)
change(
    "hidden_delta",
    "The slope is taken at the activations tanh(z); it belongs to the pre-activations z.",
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

change(
    "hidden_delta",
    "The sign is turned round; tanh rises everywhere, so that its slope is positive.",
    "(1 - z.tanh() ** 2)",
    "(z.tanh() ** 2 - 1)",
)
change(
    "hidden_delta",
    "The sign of the square is wrong: the slope of tanh is at most 1.",
    "(1 - z.tanh() ** 2)",
    "(1 + z.tanh() ** 2)",
)
change(
    "hidden_delta",
    "tanh squared stands where the slope should be; it is taken from 1.",
    "(1 - z.tanh() ** 2)",
    "z.tanh() ** 2",
)
change(
    "hidden_delta",
    "The square is taken of the whole bracket; only tanh is squared.",
    "(1 - z.tanh() ** 2)",
    "(1 - z.tanh()) ** 2",
)
change(
    "hidden_delta",
    "The square is taken inside the tanh; it belongs outside.",
    "z.tanh() ** 2",
    "(z ** 2).tanh()",
)
change(
    "hidden_delta",
    "The exponent is turned into a factor 2; the slope of tanh holds its square.",
    "z.tanh() ** 2",
    "2 * z.tanh()",
)
change(
    "hidden_delta",
    "The slope is in it twice; each layer is passed once.",
    "(1 - z.tanh() ** 2)",
    "(1 - z.tanh() ** 2) ** 2",
)
change(
    "hidden_delta",
    "The error signal is divided by the slope; the chain rule multiplies by it.",
    ") * (",
    ") / (",
)
change(
    "hidden_delta",
    "This is the slope of a ReLU; the layer is a tanh.",
    "(1 - z.tanh() ** 2)",
    "(z > 0)",
)
change(
    "hidden_delta", "A sigmoid is squared where tanh should be.", "z.tanh()", "z.sigmoid()"
)
change(
    "hidden_delta",
    "This is the slope of tanh squared; the layer is a plain tanh.",
    "(1 - z.tanh() ** 2)",
    "2 * z.tanh() * (1 - z.tanh() ** 2)",
)
change(
    "hidden_delta",
    "The square root of the slope: 1 / cosh z; the slope of tanh is its square.",
    "(1 - z.tanh() ** 2)",
    "(1 / z.cosh())",
)
change(
    "hidden_delta",
    "The slope is taken at the gradient that was carried back; it belongs to the pre-activations z.",
    "z.tanh()",
    "(delta_next @ W_next).tanh()",
)
change(
    "hidden_delta",
    "tanh is applied to the gradient that was carried back; on the way back only its slope at z acts.",
    "(delta_next @ W_next)",
    "(delta_next @ W_next).tanh()",
)
change(
    "hidden_delta",
    "The error signal is multiplied by the pre-activations z; the slope of tanh there belongs in their place.",
    "(1 - z.tanh() ** 2)",
    "z",
)
change(
    "hidden_delta",
    "The slope is right, but no error signal has come back from the next layer.",
    "(delta_next @ W_next) * (1 - z.tanh() ** 2)",
    "1 - z.tanh() ** 2",
)
change(
    "hidden_delta",
    "The weights are missing: each unit gets the whole error signal of the next layer, unweighted.",
    "delta_next @ W_next",
    "delta_next.sum(dim=1, keepdim=True)",
)
change(
    "hidden_delta",
    "The error signal delta_next is missing: the weights alone are added up.",
    "delta_next @ W_next",
    "W_next.sum(dim=0)",
)
change(
    "hidden_delta",
    "Averaged over the units of the next layer; their contributions add up.",
    "delta_next @ W_next",
    "delta_next @ W_next / delta_next.shape[1]",
)
change(
    "hidden_delta",
    "Averaged over the batch; nothing is averaged on the way back.",
    "(1 - z.tanh() ** 2)",
    "(1 - z.tanh() ** 2) / len(z)",
)
change(
    "hidden_delta",
    "Divided by the number of units; nothing is averaged on the way back.",
    "(1 - z.tanh() ** 2)",
    "(1 - z.tanh() ** 2) / z.shape[1]",
)
change(
    "hidden_delta",
    "The absolute values of the weights are used; a negative weight changes the sign of its contribution.",
    "@ W_next",
    "@ W_next.abs()",
)
change(
    "hidden_delta",
    "Only the last unit of the next layer contributes; what comes from each of them is added up.",
    "delta_next @ W_next",
    "delta_next[:, -1:] * W_next[-1]",
)
change(
    "hidden_delta",
    "Only the first unit of the next layer contributes; what comes from each of them is added up.",
    "delta_next @ W_next",
    "delta_next[:, :1] * W_next[0]",
)
change(
    "hidden_delta",
    "The last unit of the next layer is left out.",
    "delta_next @ W_next",
    "delta_next[:, :-1] @ W_next[:-1]",
)
change(
    "hidden_delta",
    "The first unit of the next layer is left out.",
    "delta_next @ W_next",
    "delta_next[:, 1:] @ W_next[1:]",
)
change(
    "hidden_delta",
    "Error signals and weights are added up apart and multiplied afterwards; each error signal goes with its own weight.",
    "delta_next @ W_next",
    "delta_next.sum(dim=1, keepdim=True) * W_next.sum(dim=0)",
)
change(
    "hidden_delta",
    "The largest part alone is carried back; what comes from each unit of the next layer is added up.",
    "delta_next @ W_next",
    "(delta_next[:, :, None] * W_next).max(dim=1).values",
)
change(
    "hidden_delta",
    "All examples get the slope of the first one; each has its own.",
    "(1 - z.tanh() ** 2)",
    "(1 - z[0].tanh() ** 2)",
)
change(
    "hidden_delta",
    "All examples get the slope of the last one; each has its own.",
    "(1 - z.tanh() ** 2)",
    "(1 - z[-1].tanh() ** 2)",
)
change(
    "hidden_delta",
    "The slope is averaged over the batch; each example has its own.",
    "(1 - z.tanh() ** 2)",
    "(1 - z.tanh() ** 2).mean(dim=0)",
)
change(
    "hidden_delta",
    "Summed over the batch; each example keeps a row of its own.",
    "(delta_next @ W_next) * (1 - z.tanh() ** 2)",
    "((delta_next @ W_next) * (1 - z.tanh() ** 2)).sum(dim=0)",
)
change(
    "hidden_delta",
    "Averaged over the batch; each example keeps a row of its own.",
    "(delta_next @ W_next) * (1 - z.tanh() ** 2)",
    "((delta_next @ W_next) * (1 - z.tanh() ** 2)).mean(dim=0)",
)
change(
    "hidden_delta",
    "Transposed: the batch comes with an example in each row, and goes back so.",
    "(delta_next @ W_next) * (1 - z.tanh() ** 2)",
    "((delta_next @ W_next) * (1 - z.tanh() ** 2)).T",
)
change(
    "hidden_delta",
    "This goes forwards: the activations tanh(z) are multiplied by the weights; the error signal goes from the next layer to z.",
    "(delta_next @ W_next) * (1 - z.tanh() ** 2)",
    "z.tanh() @ W_next.T",
)
change(
    "hidden_delta",
    "All are added up into one number; each pre-activation has an error signal of its own.",
    "(delta_next @ W_next) * (1 - z.tanh() ** 2)",
    "((delta_next @ W_next) * (1 - z.tanh() ** 2)).sum()",
)

change(
    "hidden_delta",
    "z was changed: what a function is given belongs to the caller.",
    "z.tanh()",
    "z.tanh_()",
)

change(
    "hidden_delta",
    "Both faults of the given function are there: it is averaged over the batch, and the slope is taken at the activations.",
    "delta_next @ W_next",
    "delta_next @ W_next / len(z)",
    "z.tanh()",
    "z.tanh().tanh()",
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
    "db holds one row for each example; all of them share one bias.",
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

change(
    "layer_gradients",
    "Both have the opposite sign: these are steps downhill; a gradient points uphill.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "-delta.T @ a_prev, -delta.sum(dim=0)",
)
change(
    "layer_gradients",
    "dW has the opposite sign.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "-delta.T @ a_prev, delta.sum(dim=0)",
)
change(
    "layer_gradients",
    "db has the opposite sign.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "delta.T @ a_prev, -delta.sum(dim=0)",
)
change(
    "layer_gradients",
    "Both come from the last example alone: each example should be added to the ones before.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "torch.outer(delta[-1], a_prev[-1]), delta[-1]",
)
change(
    "layer_gradients",
    "dW comes from the last example alone: each example should be added to the ones before.",
    "delta.T @ a_prev",
    "torch.outer(delta[-1], a_prev[-1])",
)
change(
    "layer_gradients",
    "db is the error signal of the last example alone: each example should be added to the ones before.",
    "delta.sum(dim=0)",
    "delta[-1]",
)
change(
    "layer_gradients",
    "Both come from the first example alone; all examples add up.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "torch.outer(delta[0], a_prev[0]), delta[0]",
)
change(
    "layer_gradients",
    "dW comes from the first example alone; all examples add up.",
    "delta.T @ a_prev",
    "torch.outer(delta[0], a_prev[0])",
)
change(
    "layer_gradients",
    "db is the error signal of the first example alone; all examples add up.",
    "delta.sum(dim=0)",
    "delta[0]",
)
change(
    "layer_gradients",
    "The last example is left out of both.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "delta[:-1].T @ a_prev[:-1], delta[:-1].sum(dim=0)",
)
change(
    "layer_gradients",
    "The first example is left out of both.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "delta[1:].T @ a_prev[1:], delta[1:].sum(dim=0)",
)
change(
    "layer_gradients",
    "The last example is left out of dW.",
    "delta.T @ a_prev",
    "delta[:-1].T @ a_prev[:-1]",
)
change(
    "layer_gradients",
    "The first example is left out of dW.",
    "delta.T @ a_prev",
    "delta[1:].T @ a_prev[1:]",
)
change(
    "layer_gradients",
    "The last example is left out of db.",
    "delta.sum(dim=0)",
    "delta[:-1].sum(dim=0)",
)
change(
    "layer_gradients",
    "The first example is left out of db.",
    "delta.sum(dim=0)",
    "delta[1:].sum(dim=0)",
)
change(
    "layer_gradients",
    "Only the first examples are added up, as many as there are outputs; the sums run over the whole batch.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "delta[: delta.shape[1]].T @ a_prev[: delta.shape[1]], delta[: delta.shape[1]].sum(dim=0)",
)
change(
    "layer_gradients",
    "dW is made of sums over the batch, multiplied afterwards; multiply within each example first, then add up.",
    "delta.T @ a_prev",
    "torch.outer(delta.sum(dim=0), a_prev.sum(dim=0))",
)
change(
    "layer_gradients",
    "dW is made of means over the batch, multiplied; multiply within each example first, then add up.",
    "delta.T @ a_prev",
    "torch.outer(delta.mean(dim=0), a_prev.mean(dim=0))",
)
change(
    "layer_gradients",
    "Both are made of means over the batch; multiply within each example first, then add up, and divide by nothing.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "torch.outer(delta.mean(dim=0), a_prev.mean(dim=0)), delta.mean(dim=0)",
)
change(
    "layer_gradients",
    "dW is made of error signals and inputs that were added up or averaged apart; each error signal goes with the input of its own example.",
    "delta.T @ a_prev",
    "torch.outer(delta.sum(dim=0), a_prev.mean(dim=0))",
)
change(
    "layer_gradients",
    "dW holds a matrix for each example; the examples are added up.",
    "delta.T @ a_prev",
    "delta[:, :, None] * a_prev[:, None, :]",
)
change(
    "layer_gradients",
    "Both hold something for each example; the examples are added up.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "delta[:, :, None] * a_prev[:, None, :], delta",
)
change(
    "layer_gradients",
    "dW is made of the error signal twice; the inputs a_prev are missing.",
    "delta.T @ a_prev",
    "delta.T @ delta",
)
change(
    "layer_gradients",
    "dW is made of the inputs twice; the error signal delta is missing.",
    "delta.T @ a_prev",
    "a_prev.T @ a_prev",
)
change(
    "layer_gradients",
    "dW is divided by the number of inputs; nothing is averaged here.",
    "a_prev, ",
    "a_prev / a_prev.shape[1], ",
)
change(
    "layer_gradients",
    "Both are divided by the number of outputs; nothing is averaged here.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "delta.T @ a_prev / delta.shape[1], delta.sum(dim=0) / delta.shape[1]",
)
change(
    "layer_gradients",
    "db is the row sums of dW, as if the inputs belonged to the bias; a bias has the constant input 1.",
    "delta.sum(dim=0)",
    "(delta.T @ a_prev).sum(dim=1)",
)
change(
    "layer_gradients",
    "db is the row means of dW, as if the inputs belonged to the bias; a bias has the constant input 1.",
    "delta.sum(dim=0)",
    "(delta.T @ a_prev).mean(dim=1)",
)
change(
    "layer_gradients",
    "db is 1 everywhere: that is how z changes with b; the error signal has to multiply it.",
    "delta.sum(dim=0)",
    "torch.ones_like(delta[0])",
)
change(
    "layer_gradients",
    "db is the number of examples everywhere; the error signal has to multiply each 1.",
    "delta.sum(dim=0)",
    "torch.ones_like(delta).sum(dim=0)",
)
change(
    "layer_gradients",
    "db is one number, a mean; there is one bias for each output, and the examples are summed.",
    "delta.sum(dim=0)",
    "delta.mean()",
)
change(
    "layer_gradients",
    "db is averaged over the outputs; there is one bias for each output, and the examples are summed.",
    "delta.sum(dim=0)",
    "delta.mean(dim=1)",
)
change(
    "layer_gradients",
    "dW and db are both averaged, and dW is transposed besides: it has the shape of W.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "a_prev.T @ delta / len(delta), delta.mean(dim=0)",
)
change(
    "layer_gradients",
    "dW is transposed, and db is averaged; b adds up the examples as W does.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "a_prev.T @ delta, delta.mean(dim=0)",
)
change(
    "layer_gradients",
    "dW is averaged and transposed; it has the shape of W, and the examples are summed.",
    "delta.T @ a_prev",
    "a_prev.T @ delta / len(delta)",
)
change(
    "layer_gradients",
    "db is the largest error signal of the batch; they are summed.",
    "delta.sum(dim=0)",
    "delta.max(dim=0).values",
)
change(
    "layer_gradients",
    "The absolute values are added up in db; negative error signals count with their sign.",
    "delta.sum(dim=0)",
    "delta.abs().sum(dim=0)",
)
change(
    "layer_gradients",
    "db is given twice; dW comes first.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "delta.sum(dim=0), delta.sum(dim=0)",
)
change(
    "layer_gradients",
    "db keeps an axis of size 1, and is a mean; b has the shape (m,), and the examples are summed.",
    "delta.sum(dim=0)",
    "delta.mean(dim=0, keepdim=True)",
)
change(
    "layer_gradients",
    "db stands upright, as a column; b has the shape (m,).",
    "delta.sum(dim=0)",
    "delta.sum(dim=0)[:, None]",
)

change(
    "layer_gradients",
    "Both faults of the given function are there: dW is the product of two sums, and db is averaged.",
    "delta.T @ a_prev, delta.sum(dim=0)",
    "torch.outer(delta.sum(dim=0), a_prev.sum(dim=0)), delta.mean(dim=0)",
)

# -- numeric_gradient -----------------------------------------------------------------------------------------

change(
    "numeric_gradient",
    "A step one way only: that misses by about h, both ways by about h^2.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "(f(x + step) - f(x)) / h",
)
change(
    "numeric_gradient",
    "A step one way only, and backwards: that misses by about h, both ways by about h^2.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "(f(x) - f(x - step)) / h",
)
change("numeric_gradient", "Divided by h, but the two points are 2h apart.", "(2 * h)", "h")
change(
    "numeric_gradient",
    "A step one way only, and divided by 2h: the two values are h apart.",
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
change("numeric_gradient", "This is closer to the derivative than a step of h comes: step both ways by the h that was given.", "= h\n", "= 1e-5\n",
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
    "All numbers are changed at once; that is a directional derivative. Change one at a time.",
    "step.view(-1)[i] = h",
    "step += h",
)
change(
    "numeric_gradient",
    "The earlier steps stay: each number needs a step of its own that is 0 elsewhere.",
    "    for i in range(x.numel()):\n        step = torch.zeros_like(x)\n",
    "    step = torch.zeros_like(x)\n    for i in range(x.numel()):\n",
)


@slip(
    "numeric_gradient",
    "A number that was changed stays changed: set it back before the next one's turn, and leave the caller's x as it was.",
)
def leaves_x_changed(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    grad = torch.empty_like(x)
    for i in range(x.numel()):
        old = x.view(-1)[i].item()
        x.view(-1)[i] = old + h
        up = f(x)
        x.view(-1)[i] = old - h
        grad.view(-1)[i] = (up - f(x)) / (2 * h)
    return grad


change(
    "numeric_gradient",
    "The step is h, but it is divided by another, fixed one.",
    "(2 * h)",
    "(2e-5)",
)
change(
    "numeric_gradient",
    "The step is fixed, but it is divided by the h that was given; both are h.",
    "= h\n",
    "= 1e-5\n",
)
change(
    "numeric_gradient",
    "Divided by the square of the distance; a first derivative is divided by the distance itself.",
    "(2 * h)",
    "(2 * h) ** 2",
)
change(
    "numeric_gradient",
    "Divided by h squared; a first derivative is divided by the distance 2h.",
    "(2 * h)",
    "h ** 2",
)
change("numeric_gradient", "The half is there, but not the division by h.", "(2 * h)", "2")
change(
    "numeric_gradient",
    "This is the second derivative; the gradient takes the value below from the value above.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "(f(x + step) - 2 * f(x) + f(x - step)) / h ** 2",
)
change(
    "numeric_gradient",
    "A step of half of h to each side; it is h to each side, so that the two are 2h apart.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "(f(x + step / 2) - f(x - step / 2)) / h",
)
change(
    "numeric_gradient",
    "A step of 2h to each side; it is h.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "(f(x + 2 * step) - f(x - 2 * step)) / (4 * h)",
)
change(
    "numeric_gradient",
    "A step of 2h to one side only; a step of h to each side is asked for.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "(f(x + 2 * step) - f(x)) / (2 * h)",
)
change(
    "numeric_gradient",
    "The division acts on the second value only: a bracket around the difference is missing.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "f(x + step) - f(x - step) / (2 * h)",
)
change(
    "numeric_gradient",
    "The two values are added; the one below is taken from the one above.",
    "f(x + step) - f(x - step)",
    "f(x + step) + f(x - step)",
)
change(
    "numeric_gradient",
    "The absolute value is taken; a gradient has signs.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "abs(f(x + step) - f(x - step)) / (2 * h)",
)
change(
    "numeric_gradient",
    "The step is a part of each number: h x in place of h.",
    "= h\n",
    "= h * x.view(-1)[i]\n",
)
change(
    "numeric_gradient",
    "Each derivative is multiplied by its x; the distance of the two points is 2h for every number.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "(f(x + step) - f(x - step)) / (2 * h) * x.view(-1)[i]",
)
change(
    "numeric_gradient",
    "Divided by the number of entries; each step measures one number by itself.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "(f(x + step) - f(x - step)) / (2 * h) / x.numel()",
)
change(
    "numeric_gradient",
    "The last number is never changed.",
    "torch.empty_like(x)",
    "torch.zeros_like(x)",
    "range(x.numel())",
    "range(x.numel() - 1)",
)
change(
    "numeric_gradient",
    "The first number is never changed.",
    "torch.empty_like(x)",
    "torch.zeros_like(x)",
    "range(x.numel())",
    "range(1, x.numel())",
)
change(
    "numeric_gradient",
    "Only as many numbers are changed as x has rows (entries of its first axis); change every one.",
    "torch.empty_like(x)",
    "torch.zeros_like(x)",
    "range(x.numel())",
    "range(len(x))",
)
change(
    "numeric_gradient",
    "Every number has the derivative of the last one: one place for each.",
    "grad.view(-1)[i] =",
    "grad[:] =",
)
change(
    "numeric_gradient",
    "The derivatives are summed up as the loop goes: each place holds its own alone.",
    "grad.view(-1)[i] = ",
    "grad.view(-1)[i] = (grad.view(-1)[i - 1] if i else 0) + ",
)
change(
    "numeric_gradient",
    "The derivatives of all numbers are added up into one; each has a place of its own.",
    "torch.empty_like(x)",
    "torch.zeros((), dtype=x.dtype)",
    "grad.view(-1)[i] =",
    "grad +=",
)
change(
    "numeric_gradient",
    "Everything but the one number is changed: the step is h in one place and 0 elsewhere.",
    "torch.zeros_like(x)",
    "torch.full_like(x, h)",
    "= h\n",
    "= 0\n",
)
change(
    "numeric_gradient",
    "f gets the numbers as one long row; it needs a tensor of the shape of x.",
    "f(x + step) - f(x - step)",
    "f((x + step).view(-1)) - f((x - step).view(-1))",
)
change(
    "numeric_gradient",
    "f gets the step alone; it is to be evaluated at x plus and minus the step.",
    "f(x + step) - f(x - step)",
    "f(step) - f(-step)",
)
change(
    "numeric_gradient",
    "This is L at x, not how it changes.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "f(x)",
)
change(
    "numeric_gradient",
    "This is the value above alone, divided by the distance; the value below is taken from it.",
    "(f(x + step) - f(x - step)) / (2 * h)",
    "f(x + step) / (2 * h)",
)


@slip(
    "numeric_gradient",
    "A whole row (or slice) of x is changed at once: each place holds the sum of several derivatives.",
)
def slices_of_the_first_axis(
    f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5
) -> Tensor:
    grad = torch.empty_like(x)
    for i in range(len(x)):
        step = torch.zeros_like(x)
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


@slip(
    "numeric_gradient",
    "A whole row (or slice) of x is changed at once: each row needs a derivative for every number.",
)
def one_number_for_a_slice(
    f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5
) -> Tensor:
    grad = torch.empty(len(x), dtype=x.dtype)
    for i in range(len(x)):
        step = torch.zeros_like(x)
        step[i] = h
        grad[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


@slip(
    "numeric_gradient",
    "The numbers of the last axis are changed together: each place holds the sum of several derivatives.",
)
def rows_at_once(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    grad, rows = torch.empty_like(x), x.numel() // x.shape[-1]
    for i in range(rows):
        step = torch.zeros_like(x)
        step.view(rows, -1)[i] = h
        grad.view(rows, -1)[i] = (f(x + step) - f(x - step)) / (2 * h)
    return grad


@slip(
    "numeric_gradient",
    "A number that was changed stays changed: set it back before the next one's turn, and leave the caller's x as it was.",
)
def not_set_back(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    grad, x = torch.empty_like(x), x.clone()
    for i in range(x.numel()):
        x.view(-1)[i] += h
        up = f(x)
        x.view(-1)[i] -= 2 * h
        grad.view(-1)[i] = (up - f(x)) / (2 * h)
    return grad


@slip(
    "numeric_gradient",
    "The point above stays moved from number to number; the point below does not, or the other way round.",
)
def up_is_not_set_back(f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5) -> Tensor:
    grad, up = torch.empty_like(x), x.clone()
    for i in range(x.numel()):
        down = x.clone()
        up.view(-1)[i] += h
        down.view(-1)[i] -= h
        grad.view(-1)[i] = (f(up) - f(down)) / (2 * h)
    return grad


@slip(
    "numeric_gradient",
    "A step one way only, and earlier numbers stay changed: set each back, and step both ways.",
)
def up_stays_and_one_sided(
    f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5
) -> Tensor:
    grad, x = torch.empty_like(x), x.clone()
    for i in range(x.numel()):
        before = f(x)
        x.view(-1)[i] += h
        grad.view(-1)[i] = (f(x) - before) / h
    return grad


change(
    "numeric_gradient",
    "Multiplied by the distance 2h where it should be divided by it.",
    " / (2 * h)",
    " * (2 * h)",
)


@slip(
    "numeric_gradient",
    "The earlier numbers stay changed, and the difference is divided by h; the two points are 2h apart.",
)
def both_faults_on_a_copy(
    f: Callable[[Tensor], Tensor], x: Tensor, h: float = 1e-5
) -> Tensor:
    grad, x = torch.empty_like(x), x.clone()
    for i in range(x.numel()):
        x.view(-1)[i] += h
        above = f(x)
        x.view(-1)[i] -= 2 * h
        grad.view(-1)[i] = (above - f(x)) / h
    return grad


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
    "bce_with_logits",
    "The loss counts |z| in full: either |z| stands where max(z, 0) should be, or the absolute value in e^-|z| is missing.",
    "-z.abs()",
    "-z",
)
change("bce_with_logits", "In log(1 + e^-|z|) the minus is missing.", "-z.abs()", "z.abs()")


@slip("bce_with_logits", "Only the examples of class 1 count in the loss.")
def a_no_is_free(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return -(y * z.sigmoid().log()).mean(), (z.sigmoid() - y) / len(z)


@slip("bce_with_logits", "Large logits overflow, or round a probability to 0.")
def through_the_exponential(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return (torch.log(1 + z.exp()) - y * z).mean(), (z.sigmoid() - y) / len(z)


@slip("bce_with_logits", "Large logits overflow, or round a probability to 0.")
def logarithm_of_a_rounded_probability(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    p = z.sigmoid()
    return -(y * p.log() + (1 - y) * (1 - p).log()).mean(), (p - y) / len(z)


change("bce_with_logits", "The loss has the wrong sign.", "loss.mean()", "-loss.mean()")
change(
    "bce_with_logits",
    "Both have the opposite sign.",
    "return loss.mean(), (z.sigmoid() - y) / len(z)",
    "return -loss.mean(), (y - z.sigmoid()) / len(z)",
)
change(
    "bce_with_logits",
    "The loss is divided by n twice.",
    "loss.mean()",
    "loss.mean() / len(z)",
)
change(
    "bce_with_logits", "The gradient is divided by n twice.", "/ len(z)", "/ len(z) ** 2"
)
change(
    "bce_with_logits",
    "The gradient has the opposite sign and is not divided by n.",
    "(z.sigmoid() - y) / len(z)",
    "y - z.sigmoid()",
)
change(
    "bce_with_logits",
    "The classes are exchanged in the loss: y goes with log p, 1 - y with log(1 - p).",
    "- y * z",
    "- (1 - y) * z",
)
change(
    "bce_with_logits",
    "The classes are exchanged in the gradient.",
    "(z.sigmoid() - y)",
    "(z.sigmoid() - (1 - y))",
)
change(
    "bce_with_logits",
    "The classes are exchanged, in the loss and in the gradient.",
    "- y * z",
    "- (1 - y) * z",
    "(z.sigmoid() - y)",
    "(z.sigmoid() - (1 - y))",
)
change(
    "bce_with_logits",
    "y is added in the gradient; it has to be taken off.",
    "(z.sigmoid() - y)",
    "(z.sigmoid() + y)",
)
change(
    "bce_with_logits",
    "The gradient is the sigmoid alone; the target y has to be subtracted.",
    "(z.sigmoid() - y)",
    "z.sigmoid()",
)
change(
    "bce_with_logits",
    "The gradient is divided by p (1 - p): that is dL/dp; it has not passed the sigmoid yet.",
    "(z.sigmoid() - y)",
    "(z.sigmoid() - y) / (z.sigmoid() * (1 - z.sigmoid()))",
)
change(
    "bce_with_logits",
    "tanh stands in the gradient where the sigmoid should be.",
    "(z.sigmoid() - y)",
    "(z.tanh() - y)",
)
change(
    "bce_with_logits",
    "The gradient is put through the sigmoid twice: z is a logit, its sigmoid is the probability.",
    "(z.sigmoid() - y)",
    "(z.sigmoid().sigmoid() - y)",
)
change(
    "bce_with_logits",
    "The sigmoid is applied before the formula, which does that itself: z stands for the logits in it.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid()\n    loss = p.clamp(min=0) - y * p + torch.log1p(torch.exp(-p.abs()))",
)
change(
    "bce_with_logits",
    "The sigmoid is applied before both formulas, which do that themselves: z stands for the logits in them.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "z = z.sigmoid()\n    loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
)
change(
    "bce_with_logits",
    "max(z, 0) is missing from the loss.",
    "z.clamp(min=0) - y * z",
    "-y * z",
)
change(
    "bce_with_logits",
    "min(z, 0) stands where max(z, 0) should be.",
    "clamp(min=0)",
    "clamp(max=0)",
)
change(
    "bce_with_logits",
    "The loss counts |z| in full: either |z| stands where max(z, 0) should be, or the absolute value in e^-|z| is missing.",
    "z.clamp(min=0)",
    "z.abs()",
)
change(
    "bce_with_logits",
    "The logarithm is missing from the loss.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "loss = z.clamp(min=0) - y * z",
)
change(
    "bce_with_logits",
    "The logarithm is taken off; it is added.",
    "+ torch.log1p",
    "- torch.log1p",
)
change(
    "bce_with_logits", "The 1 is missing in log(1 + e^-|z|).", "torch.log1p(", "torch.log("
)
change(
    "bce_with_logits",
    "1 is added twice in log(1 + e^-|z|): log1p does so itself.",
    "torch.log1p(torch.exp(-z.abs()))",
    "torch.log1p(1 + torch.exp(-z.abs()))",
)
change(
    "bce_with_logits",
    "The exponential is missing in log(1 + e^-|z|).",
    "torch.exp(-z.abs())",
    "z.abs()",
)
change(
    "bce_with_logits",
    "The logarithm is missing, its argument e^-|z| stands there.",
    "torch.log1p(torch.exp(-z.abs()))",
    "torch.exp(-z.abs())",
)
change(
    "bce_with_logits",
    "The logarithm is missing, its argument 1 + e^-|z| stands there.",
    "torch.log1p(torch.exp(-z.abs()))",
    "(1 + torch.exp(-z.abs()))",
)
change("bce_with_logits", "In the loss y stands where y z should be.", "- y * z", "- y")
change("bce_with_logits", "In the loss z stands where y z should be.", "- y * z", "- z")
change(
    "bce_with_logits",
    "This loss takes the targets for -1 and +1; they are 0 and 1.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "loss = (-y * z).clamp(min=0) + torch.log1p(torch.exp(-(y * z).abs()))",
)
change(
    "bce_with_logits",
    "The squared error of the probability is measured; this is a cross-entropy.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "loss = (z.sigmoid() - y) ** 2",
)
change(
    "bce_with_logits",
    "The probabilities of the true classes are averaged; the loss is minus the mean of their logarithms.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "loss = torch.where(y > 0, z.sigmoid(), 1 - z.sigmoid())",
)
change(
    "bce_with_logits",
    "The loss is 1 minus the probability of the true class; it should be minus its logarithm.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "loss = torch.where(y > 0, 1 - z.sigmoid(), z.sigmoid())",
)
change(
    "bce_with_logits",
    "The loss of the worst example is given; it should be the mean.",
    "loss.mean()",
    "loss.max()",
)
change(
    "bce_with_logits",
    "The loss is that of the last example alone; the examples are averaged.",
    "loss.mean()",
    "loss[-1]",
)
change(
    "bce_with_logits",
    "The loss is that of the first example alone; the examples are averaged.",
    "loss.mean()",
    "loss[0]",
)
change(
    "bce_with_logits",
    "The loss is that of the last example divided by n: the loop overwrites where it should add.",
    "loss.mean()",
    "loss[-1] / len(z)",
)
change(
    "bce_with_logits",
    "Averaged over the examples of class 1; the mean is over all.",
    "loss.mean()",
    "loss.sum() / y.sum()",
)
change(
    "bce_with_logits",
    "The logarithm is to the base 2; the natural one is meant.",
    "torch.log1p(torch.exp(-z.abs()))",
    "torch.log2(1 + torch.exp(-z.abs()))",
)
change(
    "bce_with_logits",
    "The gradient is one number; each logit has its own.",
    "(z.sigmoid() - y) / len(z)",
    "(z.sigmoid() - y).mean()",
)
change(
    "bce_with_logits",
    "The gradient is multiplied by the logits z: that is the gradient of a weight, not of z.",
    "(z.sigmoid() - y)",
    "(z.sigmoid() - y) * z",
)
change(
    "bce_with_logits",
    "In the gradient each logit is rounded to 0 or 1; the sigmoid itself belongs there.",
    "(z.sigmoid() - y)",
    "((z > 0) * 1.0 - y)",
)
change(
    "bce_with_logits",
    "In the gradient the exponential of a large logit overflows.",
    "(z.sigmoid() - y)",
    "(z.exp() / (1 + z.exp()) - y)",
)
change(
    "bce_with_logits",
    "The gradient is the absolute error; its sign says to which side.",
    "(z.sigmoid() - y)",
    "(z.sigmoid() - y).abs()",
)
change(
    "bce_with_logits",
    "The examples of class 0 have no gradient here; their p has to go down.",
    "(z.sigmoid() - y)",
    "y * (z.sigmoid() - y)",
)
change(
    "bce_with_logits",
    "The gradient comes first here; the loss is asked for first.",
    "return loss.mean(), (z.sigmoid() - y) / len(z)",
    "return (z.sigmoid() - y) / len(z), loss.mean()",
)


@slip("bce_with_logits", "Only the examples of class 0 count in the loss.")
def a_yes_is_free(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return -((1 - y) * (-z).sigmoid().log()).mean(), (z.sigmoid() - y) / len(z)


@slip("bce_with_logits", "Large logits overflow, or round a probability to 0.")
def through_the_other_exponential(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return (torch.log(1 + (-z).exp()) + (1 - y) * z).mean(), (z.sigmoid() - y) / len(z)


@slip(
    "bce_with_logits",
    "The term of class 0 has the wrong sign: both logarithms have a minus.",
)
def one_minus_for_two_terms(z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    p = z.sigmoid()
    return (-y * p.log() + (1 - y) * (1 - p).log()).mean(), (p - y) / len(z)


change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid()\n    loss = -y * (p + 1e-12).log() - (1 - y) * (1 - p + 1e-12).log()",
)
change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid().clamp(1e-12, 1 - 1e-12)\n    loss = -y * p.log() - (1 - y) * (1 - p).log()",
)

change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid()\n    loss = -y * (p + 1e-10).log() - (1 - y) * (1 - p + 1e-10).log()",
)
change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid().clamp(1e-10, 1 - 1e-10)\n    loss = -y * p.log() - (1 - y) * (1 - p).log()",
)

change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid()\n    loss = -y * (p + 1e-9).log() - (1 - y) * (1 - p + 1e-9).log()",
)
change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid().clamp(1e-9, 1 - 1e-9)\n    loss = -y * p.log() - (1 - y) * (1 - p).log()",
)

change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid()\n    loss = -y * (p + 1e-8).log() - (1 - y) * (1 - p + 1e-8).log()",
)
change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid().clamp(1e-8, 1 - 1e-8)\n    loss = -y * p.log() - (1 - y) * (1 - p).log()",
)

change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid()\n    loss = -y * (p + 1e-15).log() - (1 - y) * (1 - p + 1e-15).log()",
)
change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid().clamp(1e-15, 1 - 1e-15)\n    loss = -y * p.log() - (1 - y) * (1 - p).log()",
)

change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid()\n    loss = -y * (p + 1e-7).log() - (1 - y) * (1 - p + 1e-7).log()",
)
change(
    "bce_with_logits",
    "A probability is kept away from 0 by a small number, which changes the loss of confident wrong predictions; stay with the logits.",
    "loss = z.clamp(min=0) - y * z + torch.log1p(torch.exp(-z.abs()))",
    "p = z.sigmoid().clamp(1e-7, 1 - 1e-7)\n    loss = -y * p.log() - (1 - y) * (1 - p).log()",
)

change(
    "bce_with_logits",
    "The gradient is multiplied by n where it should be divided by it.",
    "/ len(z)",
    "* len(z)",
)
change(
    "bce_with_logits",
    "The gradient is minus y: the sigmoid is missing.",
    "(z.sigmoid() - y)",
    "(-y)",
)
change(
    "bce_with_logits",
    "The first two terms of the loss have the opposite sign.",
    "z.clamp(min=0) - y * z",
    "y * z - z.clamp(min=0)",
)

change(
    "bce_with_logits",
    "z was cut off at 0 and went on so: only the first term of the loss is cut off.",
    "loss = z.clamp(min=0)",
    "z = z.clamp(min=0)\n    loss = z",
)
change(
    "bce_with_logits",
    "In the loss y meets max(z, 0); it is multiplied by z itself.",
    "z.clamp(min=0) - y * z",
    "z.clamp(min=0) - y * z.clamp(min=0)",
)

# -- hinge_loss -----------------------------------------------------------------------------------------------

change(
    "hinge_loss",
    "Without a margin: the loss is 0 only from t s = 1 on.",
    "room = 1 - t * s",
    "room = -t * s",
)
change(
    "hinge_loss",
    "Scores beyond the margin have a gradient; there it is 0.",
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
    "The sign of t s is turned round: the loss grows with t s.",
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
    "The cut at 0 does not act on each example: scores beyond the margin have a negative loss.",
    ".clamp(min=0)",
    "",
)
change(
    "hinge_loss",
    "The gradient is -t s; s is what it is taken for, and drops out.",
    "-t, torch",
    "-t * s, torch",
)

change(
    "hinge_loss",
    "The gradient has no margin: it is 0 only from t s = 1 on.",
    "room > 0",
    "t * s < 0",
)
change(
    "hinge_loss",
    "The loss has no margin: it is 0 only from t s = 1 on.",
    "room.clamp(min=0)",
    "(-t * s).clamp(min=0)",
)
change(
    "hinge_loss",
    "The two sides of the margin are exchanged in the gradient: it is 0 beyond the margin.",
    "room > 0",
    "room < 0",
)
change(
    "hinge_loss",
    "The two cases of the gradient are exchanged: it is 0 beyond the margin.",
    "torch.where(room > 0, -t, torch.zeros_like(t))",
    "torch.where(room > 0, torch.zeros_like(t), -t)",
)
change(
    "hinge_loss",
    "The condition looks at the score s alone; whether it is right depends on t s.",
    "room > 0",
    "s < 1",
)
change(
    "hinge_loss",
    "The condition looks at the size of the score; whether it is right depends on t s.",
    "room > 0",
    "s.abs() < 1",
)
change(
    "hinge_loss",
    "The classes t are missing from the loss: what counts is t s.",
    "room.clamp",
    "(1 - s).clamp",
)
change(
    "hinge_loss",
    "The classes t are missing from 1 - t s, in the loss and in the gradient's condition.",
    "room = 1 - t * s",
    "room = 1 - s",
)
change(
    "hinge_loss",
    "The difference t - s stands where 1 - t s should be.",
    "room = 1 - t * s",
    "room = t - s",
)
change(
    "hinge_loss",
    "The size of the score stands where t s should be: a confident wrong score has a loss, too.",
    "room = 1 - t * s",
    "room = 1 - s.abs()",
)
change(
    "hinge_loss",
    "The absolute value is taken; the loss beyond the margin is 0.",
    "room.clamp(min=0)",
    "room.abs()",
)
change(
    "hinge_loss",
    "min(0, ...) stands where max(0, ...) should be.",
    "clamp(min=0)",
    "clamp(max=0)",
)
change(
    "hinge_loss",
    "max(1, ...) stands where max(0, ...) should be.",
    "clamp(min=0)",
    "clamp(min=1)",
)
change(
    "hinge_loss",
    "t s is cut off at 0 before it is taken from 1; the whole of 1 - t s is cut off at 0.",
    "room = 1 - t * s",
    "room = 1 - (t * s).clamp(min=0)",
)
change(
    "hinge_loss",
    "The hinge is squared; the loss grows in a straight line.",
    "room.clamp(min=0).mean()",
    "(room.clamp(min=0) ** 2).mean()",
)
change(
    "hinge_loss",
    "The hinge is squared, in the loss and in the gradient; the loss grows in a straight line.",
    "return room.clamp(min=0).mean(), torch.where(room > 0, -t, torch.zeros_like(t)) / len(s)",
    "return (room.clamp(min=0) ** 2).mean(), -2 * t * room.clamp(min=0) / len(s)",
)
change(
    "hinge_loss",
    "The gradient is multiplied by 1 - t s, as that of a squared hinge; this one has the same slope everywhere inside the margin.",
    "torch.where(room > 0, -t, torch.zeros_like(t))",
    "-t * room.clamp(min=0)",
)
change(
    "hinge_loss",
    "The sign of t s is turned round in the loss: the loss grows with t s.",
    "room.clamp",
    "(1 + t * s).clamp",
)
change(
    "hinge_loss",
    "The sign is turned round: t s - 1 is positive beyond the margin.",
    "room = 1 - t * s",
    "room = t * s - 1",
)
change(
    "hinge_loss",
    "The loss has the wrong sign.",
    "room.clamp(min=0).mean()",
    "-room.clamp(min=0).mean()",
)
change(
    "hinge_loss",
    "Both have the opposite sign.",
    "return room.clamp(min=0).mean(), torch.where(room > 0, -t, torch.zeros_like(t)) / len(s)",
    "return -room.clamp(min=0).mean(), torch.where(room > 0, t, torch.zeros_like(t)) / len(s)",
)
change(
    "hinge_loss",
    "The gradient is +1 where it should be -t.",
    "-t, torch",
    "torch.ones_like(t), torch",
)
change(
    "hinge_loss",
    "The gradient is -s: the derivative of t s with respect to s is t.",
    "-t, torch",
    "-s, torch",
)
change(
    "hinge_loss",
    "The gradient holds the loss of each example; its derivative is asked for.",
    "torch.where(room > 0, -t, torch.zeros_like(t))",
    "room.clamp(min=0)",
)
change(
    "hinge_loss",
    "Beyond the margin the gradient turns round; there it is 0.",
    "torch.where(room > 0, -t, torch.zeros_like(t))",
    "torch.where(room > 0, -t, t)",
)
change(
    "hinge_loss",
    "Averaged over the examples within the margin; the mean is over all.",
    "return room.clamp(min=0).mean(), torch.where(room > 0, -t, torch.zeros_like(t)) / len(s)",
    "return room.clamp(min=0).sum() / (room > 0).sum(), torch.where(room > 0, -t, torch.zeros_like(t)) / (room > 0).sum()",
)
change(
    "hinge_loss",
    "The loss is averaged over the examples within the margin; the mean is over all.",
    "room.clamp(min=0).mean()",
    "room.clamp(min=0).sum() / (room > 0).sum()",
)
change(
    "hinge_loss",
    "The gradient is averaged over the examples within the margin; the mean is over all.",
    " / len(s)",
    " / (room > 0).sum()",
)
change(
    "hinge_loss",
    "The loss counts the examples within the margin; it adds up by how much.",
    "room.clamp(min=0).mean()",
    "(room > 0).double().mean()",
)
change(
    "hinge_loss",
    "The loss should be one number, the mean.",
    "room.clamp(min=0).mean()",
    "room.clamp(min=0)",
)
change(
    "hinge_loss",
    "The loss of the worst example is given; it should be the mean.",
    "room.clamp(min=0).mean()",
    "room.clamp(min=0).max()",
)
change(
    "hinge_loss",
    "The loss is that of the last example alone; the examples are averaged.",
    "room.clamp(min=0).mean()",
    "room.clamp(min=0)[-1]",
)
change(
    "hinge_loss",
    "The loss is that of the first example alone; the examples are averaged.",
    "room.clamp(min=0).mean()",
    "room.clamp(min=0)[0]",
)
change("hinge_loss", "The loss is divided by n twice.", ".mean()", ".mean() / len(s)")
change("hinge_loss", "The gradient is divided by n twice.", " / len(s)", " / len(s) ** 2")
change(
    "hinge_loss",
    "The gradient has the opposite sign and is not divided by n.",
    " / len(s)",
    "",
    "-t, torch",
    "t, torch",
)
change("hinge_loss", "The margin is 2; it is 1.", "room = 1 - t * s", "room = 2 - t * s")
change(
    "hinge_loss",
    "The margin is one half; it is 1.",
    "room = 1 - t * s",
    "room = 0.5 - t * s",
)
change(
    "hinge_loss",
    "This is the logistic loss, which has no corner; the hinge is max(0, 1 - t s).",
    "room.clamp(min=0).mean()",
    "torch.log1p((-t * s).exp()).mean()",
)
change(
    "hinge_loss",
    "The gradient is one number; each score has its own.",
    "torch.where(room > 0, -t, torch.zeros_like(t)) / len(s)",
    "torch.where(room > 0, -t, torch.zeros_like(t)).mean()",
)
change(
    "hinge_loss",
    "The gradient is -1 or +1 everywhere by the sign of the score; it depends on t, and on whether the example is within the margin.",
    "torch.where(room > 0, -t, torch.zeros_like(t))",
    "-s.sign()",
)
change(
    "hinge_loss",
    "The gradient comes first here; the loss is asked for first.",
    "return room.clamp(min=0).mean(), torch.where(room > 0, -t, torch.zeros_like(t)) / len(s)",
    "return torch.where(room > 0, -t, torch.zeros_like(t)) / len(s), room.clamp(min=0).mean()",
)

change(
    "hinge_loss",
    "The gradient is multiplied by n where it should be divided by it.",
    " / len(s)",
    " * len(s)",
)

# -- four_sizes -----------------------------------------------------------------------------------------------

change(
    "four_sizes",
    "The first is the natural logarithm of 8; this is the one to base 10.",
    "2.079",
    "0.903",
)
change(
    "four_sizes",
    "The first is the natural logarithm of 8; this is the one to base 2.",
    "2.079",
    "3",
)
change(
    "four_sizes",
    "The first is minus the logarithm of the probability, and this is the probability.",
    "2.079",
    "0.125",
)
change(
    "four_sizes",
    "The first has the wrong sign: a cross-entropy is not negative.",
    "2.079",
    "-2.079",
)
change(
    "four_sizes",
    "A quarter of the step: the error of a central difference falls with the square of h.",
    "16",
    "4",
)
change(
    "four_sizes",
    "The error of a central difference falls with the square of h; this is the cube.",
    "16",
    "64",
)
change(
    "four_sizes",
    "It is asked by which factor the error becomes smaller; this is its inverse.",
    "16",
    "0.0625",
)
change(
    "four_sizes",
    "The difference is divided by the sum of both norms; this divides by the right one's alone.",
    "0.5",
    "2",
)
change(
    "four_sizes",
    "The difference is divided by the sum of both norms; this divides by the larger one alone.",
    "0.5",
    "0.667",
)
change(
    "four_sizes",
    "Each layer halves the square of the norm, so that two layers halve the norm.",
    "1024",
    "1048576",
)
change(
    "four_sizes",
    "Twenty factors of one over the square root of two; this counts five halvings.",
    "1024",
    "32",
)
change(
    "four_sizes",
    "The factors of twenty layers multiply; here they are added.",
    "1024",
    "10",
)

# -- sigmoid_start --------------------------------------------------------------------------------------------

change(
    "sigmoid_start",
    "On no draw is either of the two kept. By which factor does each layer multiply the error signal, at the pre-activations that these weights and biases give?",
    "4 * Q",
    "Q",
)
change(
    "sigmoid_start",
    "On no draw is either of the two kept. By which factor does each layer multiply the error signal, at the pre-activations that these weights and biases give?",
    "4 * Q",
    "3.9 * Q",
)
change(
    "sigmoid_start",
    "On no draw is either of the two kept. By which factor does each layer multiply the error signal, at the pre-activations that these weights and biases give?",
    "b = -W.sum(dim=1) / 2 if layer else torch",
    "b = torch",
)
change(
    "sigmoid_start",
    "On no draw is either of the two kept. By which factor does each layer multiply the error signal, at the pre-activations that these weights and biases give?",
    " / 2 if",
    " if",
)
change(
    "sigmoid_start",
    "On no draw is either of the two kept. By which factor does each layer multiply the error signal, at the pre-activations that these weights and biases give?",
    "dim=1",
    "dim=0",
)
change(
    "sigmoid_start",
    "On no draw is either of the two kept. By which factor does each layer multiply the error signal, at the pre-activations that these weights and biases give?",
    "= -W.sum",
    "= W.sum",
)
change(
    "sigmoid_start",
    "The activations depend on the input on every draw, but the norm of the error signal is kept on none: it vanishes or explodes.",
    "0.2 * Q",
    "4 * Q",
)
change(
    "sigmoid_start",
    "The activations depend on the input on every draw, but the norm of the error signal is kept on none: it vanishes or explodes.",
    "0.2 * Q",
    "Q",
)
change(
    "sigmoid_start",
    "The activations depend on the input on every draw, but the norm of the error signal is kept on none: it vanishes or explodes.",
    "4 * Q",
    "8 * Q",
)
change(
    "sigmoid_start",
    "The activations depend on the input on every draw, but the norm of the error signal is kept on none: it vanishes or explodes.",
    "4 * Q",
    "5 * Q",
)
change(
    "sigmoid_start",
    "The list holds one pair for each layer: `depth` pairs.",
    "range(depth)",
    "range(depth - 1)",
)
change(
    "sigmoid_start",
    "The list holds one pair for each layer: `depth` pairs.",
    "range(depth)",
    "range(depth + 1)",
)
change(
    "sigmoid_start",
    "The gradient is kept on every draw, but the activations of the last layer depend too little on the input on every draw.",
    "0.2 * Q",
    "0.01 * Q",
)
change(
    "sigmoid_start",
    "The gradient is kept on every draw, but the activations of the last layer depend too little on the input on every draw.",
    "0.2 * Q",
    "0 * Q",
)
equivalent(
    "four_sizes",
    "Three digits were asked for.",
    "return [2.079, 16, 0.5, 1025]",
    "return [2.079, 16, 0.5, 1023]",
)
equivalent(
    "sigmoid_start",
    "Minus an orthogonal matrix is orthogonal, too.",
    "Q = -torch.linalg.qr(normal(rng, width, width))[0]",
)
equivalent(
    "sigmoid_start",
    "Zeros add nothing, whatever their dtype.",
    "b = -W.sum(dim=1) / 2 if layer else torch.zeros(width)",
)
equivalent(
    "sigmoid_start",
    "A small bias of the first layer meets both bounds as well; the design is open.",
    "b = -W.sum(dim=1) / 2",
    "b = -W.sum(dim=1) / 2 if depth else torch.zeros(width, dtype=W.dtype)",
    "b = -W.sum(dim=1) / 2 if width else torch.zeros(width, dtype=W.dtype)",
)
