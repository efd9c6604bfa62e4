"""Planted wrong answers to the exercises on flows and diffusion: each must get the hint that it names."""
# ruff: noqa: F821 -- the faulty functions stand in the exercises

import itertools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- lu_layer -------------------------------------------------------------------------------------------------

change(
    "lu_layer",
    "The diagonal of lower counts here too: L has ones on its diagonal.",
    "lower.tril(-1) + torch.eye(len(perm), dtype=x.dtype)",
    "lower.tril()",
)
change(
    "lu_layer",
    "L has no ones on its diagonal.",
    "lower.tril(-1) + torch.eye(len(perm), dtype=x.dtype)",
    "lower.tril(-1)",
)
change(
    "lu_layer",
    "The diagonal of upper counts here too; only what lies above it does.",
    "upper.triu(1)",
    "upper.triu()",
)
change(
    "lu_layer",
    "The whole matrices lower and upper are used; only one triangle of each counts.",
    "lower.tril(-1)",
    "lower",
    "upper.triu(1)",
    "upper",
)
change(
    "lu_layer",
    "The signs are missing: s is the sign times the exponential.",
    "sign * log_s.exp()",
    "log_s.exp()",
)
change(
    "lu_layer",
    "log_s is used as s itself, without the exponential.",
    "sign * log_s.exp()",
    "sign * log_s",
)
change(
    "lu_layer",
    "The matrices are not transposed: the examples are rows, so each is multiplied by the transpose from the right.",
    "(x @ U.T @ L.T)",
    "(x @ L @ U)",
)
change(
    "lu_layer",
    "L is applied before U; the product L U applies U first.",
    "(x @ U.T @ L.T)",
    "(x @ L.T @ U.T)",
)
change(
    "lu_layer",
    "The coordinates are permuted the other way around.",
    "[:, perm]",
    "[:, perm.argsort()]",
)
change(
    "lu_layer",
    "The permutation comes first here; in P L U it comes last.",
    "(x @ U.T @ L.T)[:, perm]",
    "x[:, perm] @ U.T @ L.T",
)
change("lu_layer", "The permutation is missing.", "[:, perm]", "")
change(
    "lu_layer",
    "The log-determinant is one number; each example needs it.",
    "log_s.sum().expand(len(x))",
    "log_s.sum()",
)
change(
    "lu_layer",
    "The log-determinant has the sign of the inverse map.",
    "return z, log_s",
    "return z, -log_s",
)
change(
    "lu_layer",
    "The log-determinant is the mean of log_s; the logarithm of a product is a sum.",
    "log_s.sum()",
    "log_s.mean()",
)
change(
    "lu_layer",
    "This is the determinant, not its logarithm.",
    "log_s.sum().expand(len(x))",
    "log_s.exp().prod().expand(len(x))",
)

equivalent(
    "lu_layer",
    "A sum with a matrix in float64 is in float64.",
    "L = lower.tril(-1) + torch.eye(len(perm))",
)

change(
    "lu_layer",
    "W is not transposed: the examples are rows, so each is multiplied by the transpose of W from the right.",
    "(x @ U.T @ L.T)[:, perm]",
    "x @ (L @ U)[perm]",
)
change(
    "lu_layer",
    "s multiplies the columns of the upper matrix; it is added on the diagonal alone.",
    "upper.triu(1) + torch.diag(sign * log_s.exp())",
    "(upper.triu(1) + torch.eye(len(perm), dtype=x.dtype)) * sign * log_s.exp()",
)

# -- lu_inverse -----------------------------------------------------------------------------------------------

change(
    "lu_inverse",
    "The permutation is applied once more; it has to be undone.",
    "z[:, perm.argsort()]",
    "z[:, perm]",
)
change("lu_inverse", "The permutation is not undone.", "z[:, perm.argsort()]", "z")
change(
    "lu_inverse",
    "The log-determinant is that of the layer; the inverse map has the opposite one.",
    "-log_s.sum()",
    "log_s.sum()",
)
change(
    "lu_inverse",
    "L is taken from lower as it is; it has ones on its diagonal.",
    "lower.tril(-1) + torch.eye(len(perm), dtype=z.dtype)",
    "lower.tril()",
)
change(
    "lu_inverse",
    "The signs are missing: s is the sign times the exponential.",
    "sign * log_s.exp()",
    "log_s.exp()",
)
change(
    "lu_inverse",
    "L and U are solved in the wrong order: what was applied last is undone first.",
    "solve_triangular(L, z[:, perm.argsort()].T, upper=False)",
    "solve_triangular(U, z[:, perm.argsort()].T, upper=True)",
    "solve_triangular(U, y, upper=True)",
    "solve_triangular(L, y, upper=False)",
)
change(
    "lu_inverse",
    "The log-determinant is one number; each example needs it.",
    "-log_s.sum().expand(len(z))",
    "-log_s.sum()",
)

equivalent(
    "lu_inverse",
    "A sum with a matrix in float64 is in float64.",
    "L = lower.tril(-1) + torch.eye(len(perm))",
)

change(
    "lu_inverse",
    "The diagonal holds the reciprocals of s; solving with U divides by s, so s itself belongs there.",
    "sign * log_s.exp()",
    "sign * (-log_s).exp()",
)
change(
    "lu_inverse",
    "The rows are solved with L and U themselves: from the right, where rows stand, their transposes belong.",
    "solve_triangular(L, z[:, perm.argsort()].T, upper=False)",
    "solve_triangular(L, z[:, perm.argsort()], upper=False, left=False)",
    "solve_triangular(U, y, upper=True).T",
    "solve_triangular(U, y, upper=True, left=False)",
)

# -- radial_log_prob ------------------------------------------------------------------------------------------

change(
    "radial_log_prob",
    "All d directions are scaled as if they were at right angles to the ray; the one along it has a factor of its own.",
    "(d - 1) * scale.log() + along.log()",
    "d * scale.log()",
)
change(
    "radial_log_prob",
    "All d directions are counted at right angles to the ray; there are d - 1.",
    "(d - 1) * scale.log()",
    "d * scale.log()",
)
change(
    "radial_log_prob",
    "The factor at right angles to the ray counts once; there are d - 1 such directions.",
    "(d - 1) * scale.log()",
    "scale.log()",
)
change("radial_log_prob", "The factor along the ray is missing.", " + along.log()", "")
change(
    "radial_log_prob",
    "The factor along the ray lacks alpha: differentiate r / (alpha + r).",
    "beta * alpha / (alpha + r) ** 2",
    "beta / (alpha + r) ** 2",
)
change(
    "radial_log_prob",
    "The factor along the ray is the derivative of beta / (alpha + r) alone; the product with r has two terms.",
    "1 + beta * alpha / (alpha + r) ** 2",
    "1 - beta * r / (alpha + r) ** 2",
)
change(
    "radial_log_prob",
    "The log-determinant is subtracted: that is the density of the inverse map.",
    "log_normal + (d - 1) * scale.log() + along.log()",
    "log_normal - (d - 1) * scale.log() - along.log()",
)
change(
    "radial_log_prob",
    "The Gaussian is evaluated at x; it belongs to f(x).",
    "-0.5 * (z**2",
    "-0.5 * (x**2",
)
change(
    "radial_log_prob",
    "The distance is taken from the origin instead of from the centre.",
    "r = (x - centre).norm(dim=1)",
    "r = x.norm(dim=1)",
)
change(
    "radial_log_prob",
    "f lacks the x in front: it moves x by the second term.",
    "z = x + (beta",
    "z = (beta",
)
change(
    "radial_log_prob",
    "The constant of the Gaussian is missing, log(2 pi) / 2 for each dimension.",
    "(z**2 + math.log(2 * math.pi))",
    "(z**2)",
)
change(
    "radial_log_prob", "The distance is squared.", ".norm(dim=1)", ".square().sum(dim=1)"
)


change(
    "radial_log_prob",
    "The factor along the ray has a wrong sign: 1 / (alpha + r) has a negative derivative.",
    "1 + beta * alpha / (alpha + r) ** 2",
    "1 + beta / (alpha + r) + beta * r / (alpha + r) ** 2",
)
change(
    "radial_log_prob",
    "The centre is missing in f(x): f adds its second term to x, not to x - c.",
    "z = x + (beta",
    "z = (x - centre) + (beta",
)

equivalent(
    "radial_log_prob",
    "A distance is the same in both directions.",
    "r = (centre - x).norm(dim=1)",
)
equivalent(
    "radial_log_prob",
    "The Gaussian sees the square of z alone.",
    "z = -(x + (beta / (alpha + r))[:, None] * (x - centre))",
)


# -- reverse_loop ---------------------------------------------------------------------------------------------


@slip(
    "reverse_loop",
    "Faults are still there: first of all, the network is told the number of the stride and not t.",
)
def as_it_was(
    predict: Callable, x: Tensor, times: list, alpha_bar: Tensor, eta: float, z: Tensor
) -> Tensor:
    return faulty_loop(predict, x, times, alpha_bar, eta, z)


change(
    "reverse_loop",
    "The network is told the number of the stride; it needs t.",
    "torch.full((len(x),), t)",
    "torch.full((len(x),), k)",
)
change(
    "reverse_loop",
    "The network is told s, where the stride ends; its input is x at t.",
    "torch.full((len(x),), t)",
    "torch.full((len(x),), s)",
)
change(
    "reverse_loop",
    "The noise is not multiplied by the root of 1 - alpha_bar in the estimate of x_0.",
    "(1 - a_t).sqrt() * eps) /",
    "(1 - a_t) * eps) /",
)
change(
    "reverse_loop",
    "A root has a negative number under it: sigma belongs to both ends of the stride, t and s, and its square is taken away.",
    "((1 - a_s) / (1 - a_t) * (1 - a_t / a_s)).sqrt()",
    "((1 - alpha_bar[t - 1]) / (1 - a_t) * (1 - a_t / alpha_bar[t - 1])).sqrt()",
)
change(
    "reverse_loop",
    "The variance stands where its root belongs.",
    "((1 - a_s) / (1 - a_t) * (1 - a_t / a_s)).sqrt()",
    "((1 - a_s) / (1 - a_t) * (1 - a_t / a_s))",
)
change(
    "reverse_loop",
    "sigma squared is not taken away from the share of the predicted noise.",
    "(1 - a_s - sigma**2).sqrt()",
    "(1 - a_s).sqrt()",
)
change(
    "reverse_loop",
    "sigma itself is taken away where its square belongs.",
    "(1 - a_s - sigma**2).sqrt()",
    "(1 - a_s - sigma).abs().sqrt()",
)
change("reverse_loop", "eta is missing in sigma.", "eta * ((1 - a_s)", "((1 - a_s)")
change(
    "reverse_loop", "The noise of the first stride is used in all of them.", "z[k]", "z[0]"
)
change(
    "reverse_loop",
    "x_0 is not scaled by the root of alpha_bar at s.",
    "a_s.sqrt() * x0",
    "x0",
)

equivalent(
    "reverse_loop",
    "The last stride ends at 0, where alpha_bar is 1 and x is the estimate of x_0.",
    "return x0",
)

change(
    "reverse_loop",
    "sigma still reads alpha_bar at t - 1 in its last factor; the stride ends at s.",
    "(1 - a_t / a_s)",
    "(1 - a_t / alpha_bar[t - 1])",
)
change(
    "reverse_loop",
    "eta stands under the root of sigma; it multiplies the root.",
    "eta * ((1 - a_s) / (1 - a_t) * (1 - a_t / a_s)).sqrt()",
    "(eta * (1 - a_s) / (1 - a_t) * (1 - a_t / a_s)).sqrt()",
)
change(
    "reverse_loop",
    "The noises are used in the opposite order: z[k] belongs to stride k.",
    "z[k]",
    "z[-1 - k]",
)

# -- schedule_numbers -----------------------------------------------------------------------------------------

change(
    "schedule_numbers",
    "The first number is the sum of the betas from 1; it is a product.",
    "0.72",
    "0.7",
)
change(
    "schedule_numbers",
    "The first number is the root of the product: the signal's factor, not its variance.",
    "0.72",
    "0.849",
)
change("schedule_numbers", "The first number is the noise's share.", "0.72", "0.28")
change(
    "schedule_numbers",
    "The second number is beta itself, without the factor before it.",
    "0.0714",
    "0.2",
)
change(
    "schedule_numbers",
    "The second number is the standard deviation; the variance is asked for.",
    "0.0714",
    "0.267",
)
change(
    "schedule_numbers",
    "The second number has the two shares the wrong way around.",
    "0.0714",
    "0.56",
)
change(
    "schedule_numbers",
    "The third number is the variance; the standard deviation is asked for.",
    "0.316",
    "0.1",
)
change(
    "schedule_numbers",
    "The third number belongs to t = 2, where the step begins.",
    "0.316",
    "0.529",
)
change(
    "schedule_numbers", "The fourth number is the inverse: noise to signal.", "3.0", "0.333"
)
change(
    "schedule_numbers",
    "The fourth number is the ratio of the standard deviations.",
    "3.0",
    "1.732",
)
change(
    "schedule_numbers",
    "In the fifth number the noise is not multiplied by its standard deviation.",
    "2.667",
    "2.5",
)
change(
    "schedule_numbers",
    "In the fifth number 1 - alpha_bar stands without its root.",
    "2.667",
    "2.8",
)
change(
    "schedule_numbers",
    "The fifth number is not divided by the root of alpha_bar.",
    "2.667",
    "1.6",
)
change(
    "schedule_numbers",
    "The sixth number has the wrong sign: a larger density costs fewer bits.",
    "6.0",
    "10.0",
)
change(
    "schedule_numbers",
    "The sixth number is not divided by the number of dimensions.",
    "6.0",
    "2.0",
)
change(
    "schedule_numbers", "The sixth number lacks the 8 bits of the levels.", "6.0", "-2.0"
)

change(
    "lu_layer",
    "The diagonal of L is the sum of the ones and of the diagonal of lower; the ones alone stand there.",
    "lower.tril(-1)",
    "lower.tril()",
)
change(
    "lu_layer",
    "The signs are in the log-determinant; it is the logarithm of an absolute value.",
    "return z, log_s.sum()",
    "return z, (sign * log_s).sum()",
)
change(
    "lu_inverse",
    "The permutation is undone last; it was applied last, so it is undone first.",
    "z[:, perm.argsort()].T",
    "z.T",
    "upper=True).T",
    "upper=True).T[:, perm.argsort()]",
)
change(
    "lu_inverse",
    "U is solved as if it had ones on its diagonal; s stands there.",
    "y, upper=True)",
    "y, upper=True, unitriangular=True)",
)
change(
    "radial_log_prob",
    "The log-determinant is missing.",
    "log_normal + (d - 1) * scale.log() + along.log()",
    "log_normal",
)
change(
    "radial_log_prob",
    "The constant log(2 pi) / 2 is counted once; it belongs to each dimension.",
    "-0.5 * (z**2 + math.log(2 * math.pi)).sum(dim=1)",
    "-0.5 * (z**2).sum(dim=1) - 0.5 * math.log(2 * math.pi)",
)
change(
    "schedule_numbers",
    "The fourth number is the share of the signal, not the ratio of signal and noise.",
    "3.0",
    "0.75",
)
change(
    "schedule_numbers",
    "In the fifth number alpha_bar stands without its root.",
    "2.667",
    "4.444",
)
change(
    "schedule_numbers", "The sixth number is the sum over the dimensions.", "6.0", "18.0"
)


# -- rescaled_guidance ----------------------------------------------------------------------------------------

change(
    "rescaled_guidance",
    "The two predictions are exchanged in the guidance: a weight of 1 has to give the one with the words.",
    "u + w.view(one_each) * (c - u)",
    "c + w.view(one_each) * (u - c)",
)
change(
    "rescaled_guidance",
    "The guidance starts from c: that is the convention in which 0 is the conditional prediction. Here 1 is.",
    "u + w.view(one_each) * (c - u)",
    "c + w.view(one_each) * (c - u)",
)
change(
    "rescaled_guidance",
    "The spread is taken over the whole batch; each picture has its own.",
    "(x.flatten(1).std(dim=1).view(one_each) for x in (c, g))",
    "(x.std() for x in (c, g))",
)
change(
    "rescaled_guidance",
    "The spread is taken across the batch, for each place; it is that of all numbers of one picture.",
    "(x.flatten(1).std(dim=1).view(one_each) for x in (c, g))",
    "(x.std(dim=0) for x in (c, g))",
)
change(
    "rescaled_guidance",
    "Each channel (or row) has a spread of its own here; the formula has one for all numbers of a picture.",
    "(x.flatten(1).std(dim=1).view(one_each) for x in (c, g))",
    "(x.flatten(2).std(dim=2).view(*x.shape[:2], *[1] * (x.dim() - 2)) if x.dim() > 2 else x.std(dim=1, keepdim=True) for x in (c, g))",
)
change(
    "rescaled_guidance",
    "The length is scaled and not the spread: a standard deviation is measured around the mean.",
    "(x.flatten(1).std(dim=1).view(one_each) for x in (c, g))",
    "(x.flatten(1).norm(dim=1).view(one_each) for x in (c, g))",
)
change(
    "rescaled_guidance",
    "The ratio of the spreads is upside down: the guided prediction becomes more glaring still.",
    "spread_c / spread_g",
    "spread_g / spread_c",
)
change(
    "rescaled_guidance",
    "The scale is set by the prediction without the words; the formula takes the one with them.",
    "for x in (c, g))",
    "for x in (u, g))",
)
change(
    "rescaled_guidance",
    "phi and 1 - phi are exchanged: phi = 1 means fully scaled.",
    "phi * g * scale + (1 - phi) * g",
    "(1 - phi) * g * scale + phi * g",
)
change(
    "rescaled_guidance",
    "Only the scaled prediction is given back; phi mixes it with the unscaled one.",
    "phi * g * scale + (1 - phi) * g",
    "g * scale",
)
change(
    "rescaled_guidance",
    "A prediction without any spread leads to a division by 0.",
    "torch.where(spread_g > 0, spread_c / spread_g, torch.ones_like(spread_g))",
    "spread_c / spread_g",
)
change(
    "rescaled_guidance",
    "Where there is no spread, nothing is scaled; here the prediction becomes 0.",
    "torch.ones_like(spread_g)",
    "torch.zeros_like(spread_g)",
)
change(
    "rescaled_guidance",
    "A phi outside 0..1 is let through.",
    "if not 0 <= phi <= 1:",
    "if phi > 2:",
)
change(
    "rescaled_guidance",
    "Where there is no spread the scale becomes huge: a lower limit of the divisor does not leave the prediction as it is.",
    "torch.where(spread_g > 0, spread_c / spread_g, torch.ones_like(spread_g))",
    "spread_c / spread_g.clamp(min=1e-12)",
)
change(
    "rescaled_guidance",
    "The ratio is that of the variances; it is one of standard deviations.",
    "spread_c / spread_g,",
    "(spread_c / spread_g) ** 2,",
)
change(
    "rescaled_guidance",
    "A small number in the divisor changes the scale of every picture; only a spread of exactly 0 is an exception.",
    "torch.where(spread_g > 0, spread_c / spread_g, torch.ones_like(spread_g))",
    "spread_c / (spread_g + 1e-6)",
)
change(
    "rescaled_guidance",
    "The mean of the guided prediction is kept and only its deviations are scaled; the formula scales all of it.",
    "phi * g * scale + (1 - phi) * g",
    "g + phi * (scale - 1) * (g - g.flatten(1).mean(dim=1).view(one_each))",
)
change(
    "rescaled_guidance",
    "The conditional prediction is scaled; the formula scales the guided one.",
    "phi * g * scale",
    "phi * c * scale",
)
change(
    "rescaled_guidance",
    "The spread of the last axis alone is taken; it is that of all numbers of one picture.",
    "x.flatten(1).std(dim=1).view(one_each)",
    "x.std(dim=-1, keepdim=True)",
)
change(
    "rescaled_guidance",
    "One picture without spread switches the scaling off for the whole batch.",
    "torch.where(spread_g > 0, spread_c / spread_g, torch.ones_like(spread_g))",
    "spread_c / spread_g if (spread_g > 0).all() else torch.ones_like(spread_g)",
)
change(
    "rescaled_guidance",
    "The two standard deviations divide by different numbers, d and d - 1.",
    "spread_c / spread_g,",
    "spread_c * (1 - 1 / c[0].numel()) ** 0.5 / spread_g,",
)
equivalent(
    "rescaled_guidance",
    "c and u have one shape, a view follows, and d or d - 1 cancels in the ratio of both spreads",
    "one_each = (len(c), *[1] * (u.dim() - 1))",
    "spread_c, spread_g = (x.flatten(1).std(dim=1, keepdim=True).view(one_each) for x in (c, g))",
    "spread_c, spread_g = (x.flatten(1).std(dim=1, correction=0).view(one_each) for x in (c, g))",
)

change(
    "rescaled_guidance",
    "Where there is no spread the scale becomes huge: a small number in the divisor does not leave the prediction as it is.",
    "torch.where(spread_g > 0, spread_c / spread_g, torch.ones_like(spread_g))",
    "spread_c / (spread_g + 1e-8)",
)

# -- better_solver --------------------------------------------------------------------------------------------


@slip("better_solver", "This is DDIM itself: the error is the same as its own.")
def ddim(predict: Callable, y: Tensor, levels: list[float]) -> Tensor:
    for s, lower in itertools.pairwise(levels):
        y = y + (lower - s) * predict(y, s)
    return y


@slip(
    "better_solver",
    "Euler steps of half the length halve the error and no more; 45 % needs a method of second order.",
)
def halves(predict: Callable, y: Tensor, levels: list[float]) -> Tensor:
    for s, lower in itertools.pairwise(levels):
        for start, end in ((s, (s + lower) / 2), ((s + lower) / 2, lower)):
            y = y + (end - start) * predict(y, start)
    return y


@slip(
    "better_solver",
    "The prediction is called more than twice per step, or the result has another shape than y.",
)
def too_often(predict: Callable, y: Tensor, levels: list[float]) -> Tensor:
    for s, lower in itertools.pairwise(levels):
        parts = [s + (lower - s) * k / 4 for k in range(5)]
        for start, end in itertools.pairwise(parts):
            y = y + (end - start) * predict(y, start)
    return y


@slip(
    "better_solver",
    "The step has the wrong sign: the levels fall, so that the data are left behind.",
)
def upwards(predict: Callable, y: Tensor, levels: list[float]) -> Tensor:
    for s, lower in itertools.pairwise(levels):
        slope = predict(y, s)
        y = y + (s - lower) * (slope + predict(y + (s - lower) * slope, lower)) / 2
    return y


@slip(
    "better_solver",
    "The second slope is taken at the old y: the guess at the end of the step is missing.",
)
def old_place(predict: Callable, y: Tensor, levels: list[float]) -> Tensor:
    for s, lower in itertools.pairwise(levels):
        y = y + (lower - s) * (predict(y, s) + predict(y, lower)) / 2
    return y


@slip(
    "better_solver",
    "Only the slope at the end of each step counts; the mean of both ends is of second order.",
)
def end_only(predict: Callable, y: Tensor, levels: list[float]) -> Tensor:
    for s, lower in itertools.pairwise(levels):
        y = y + (lower - s) * predict(y + (lower - s) * predict(y, s), lower)
    return y


@slip(
    "better_solver",
    "The slope at the middle is taken at the guess for the end of the step: the guess has to go half of the way too.",
)
def too_far(predict: Callable, y: Tensor, levels: list[float]) -> Tensor:
    for s, lower in itertools.pairwise(levels):
        guess = y + (lower - s) * predict(y, s)
        y = y + (lower - s) * predict(guess, (s + lower) / 2)
    return y


@slip(
    "better_solver",
    "The levels in between are skipped: one step leads from the first level to 0.",
)
def one_step(predict: Callable, y: Tensor, levels: list[float]) -> Tensor:
    s = levels[0]
    slope = predict(y, s)
    return y - s * (slope + predict(y - s * slope, 0.0)) / 2


@slip(
    "better_solver",
    "The second slope is taken at the old level; the guess belongs to the level where the step ends.",
)
def old_level(predict: Callable, y: Tensor, levels: list[float]) -> Tensor:
    for s, lower in itertools.pairwise(levels):
        slope = predict(y, s)
        y = y + (lower - s) * (slope + predict(y + (lower - s) * slope, s)) / 2
    return y


equivalent(
    "better_solver",
    "the last step is so short at these levels that Euler's method there keeps the error within the bound",
    "return guess",
)

# -- weighted_v_loss ------------------------------------------------------------------------------------------


@slip(
    "weighted_v_loss",
    "At least two faults are still there: which step alpha_bar belongs to, which part of v belongs to the noise.",
)
def unrepaired(
    v_hat: Tensor, x0: Tensor, eps: Tensor, t: Tensor, alpha_bar: Tensor, gamma: float
) -> Tensor:
    return faulty_weighted_loss(v_hat, x0, eps, t, alpha_bar, gamma)


change(
    "weighted_v_loss",
    "alpha_bar is read one step too early: alpha_bar[t] belongs to t, and alpha_bar[0] = 1 has no noise.",
    "alpha_bar[t].view",
    "alpha_bar[t - 1].view",
)
change(
    "weighted_v_loss",
    "In v the noise has the root of alpha_bar and the picture that of 1 - alpha_bar: they are exchanged.",
    "a.sqrt() * eps - (1 - a).sqrt() * x0",
    "a.sqrt() * x0 - (1 - a).sqrt() * eps",
)
change(
    "weighted_v_loss",
    "v is the difference of its two parts, not their sum.",
    "a.sqrt() * eps - (1 - a).sqrt() * x0",
    "a.sqrt() * eps + (1 - a).sqrt() * x0",
)
change(
    "weighted_v_loss",
    "The weight is that of an error of the noise; for v it is divided by one more than the ratio.",
    "/ (snr + 1)",
    "/ snr",
)
change(
    "weighted_v_loss",
    "The weight is that of an error of the clean picture; for v it is divided by one more than the ratio.",
    " / (snr + 1)",
    "",
)
change(
    "weighted_v_loss",
    "The squares are summed over a picture; the formula divides by d.",
    ".flatten(1).mean(dim=1)",
    ".flatten(1).sum(dim=1)",
)
change(
    "weighted_v_loss",
    "One loss for the whole batch is given; each picture has its own.",
    ".flatten(1).mean(dim=1)",
    ".mean()",
)
change(
    "weighted_v_loss",
    "The ratio is cut off from below; gamma is an upper limit.",
    "snr.clamp(max=gamma)",
    "snr.clamp(min=gamma)",
)
change(
    "weighted_v_loss",
    "The ratio of signal to noise is upside down.",
    "snr = a / (1 - a)",
    "snr = (1 - a) / a",
)
change(
    "weighted_v_loss",
    "The ratio is that of the standard deviations; it is one of variances.",
    "snr = a / (1 - a)",
    "snr = (a / (1 - a)).sqrt()",
)
change(
    "weighted_v_loss",
    "The roots are missing: alpha_bar is a share of the variance.",
    "a.sqrt() * eps - (1 - a).sqrt() * x0",
    "a * eps - (1 - a) * x0",
)
change(
    "weighted_v_loss",
    "The cut comes after the division; gamma limits the ratio itself.",
    "snr.clamp(max=gamma) / (snr + 1)",
    "(snr / (snr + 1)).clamp(max=gamma)",
)
change(
    "weighted_v_loss",
    "The first picture's step is used for all.",
    "alpha_bar[t].view(-1, *[1] * (x0.dim() - 1))",
    "alpha_bar[t[0]]",
)
change(
    "weighted_v_loss",
    "Two of the four faults are left: the step that alpha_bar is read at, and the two parts of v.",
    "alpha_bar[t].view",
    "alpha_bar[t - 1].view",
    "a.sqrt() * eps - (1 - a).sqrt() * x0",
    "a.sqrt() * x0 - (1 - a).sqrt() * eps",
)
change(
    "weighted_v_loss",
    "Two of the four faults are left: the step that alpha_bar is read at, and the divisor of the weight.",
    "alpha_bar[t].view",
    "alpha_bar[t - 1].view",
    "/ (snr + 1)",
    "/ snr",
)
change(
    "weighted_v_loss",
    "Two of the four faults are left: the step that alpha_bar is read at, and sum or mean.",
    "alpha_bar[t].view",
    "alpha_bar[t - 1].view",
    ".flatten(1).mean(dim=1)",
    ".flatten(1).sum(dim=1)",
)
change(
    "weighted_v_loss",
    "Two of the four faults are left: the two parts of v, and the divisor of the weight.",
    "a.sqrt() * eps - (1 - a).sqrt() * x0",
    "a.sqrt() * x0 - (1 - a).sqrt() * eps",
    "/ (snr + 1)",
    "/ snr",
)
change(
    "weighted_v_loss",
    "Two of the four faults are left: the two parts of v, and sum or mean.",
    "a.sqrt() * eps - (1 - a).sqrt() * x0",
    "a.sqrt() * x0 - (1 - a).sqrt() * eps",
    ".flatten(1).mean(dim=1)",
    ".flatten(1).sum(dim=1)",
)
change(
    "weighted_v_loss",
    "Two of the four faults are left: the divisor of the weight, and sum or mean.",
    "/ (snr + 1)",
    "/ snr",
    ".flatten(1).mean(dim=1)",
    ".flatten(1).sum(dim=1)",
)
change(
    "weighted_v_loss",
    "Three of the four faults are left: the step that alpha_bar is read at, the two parts of v, and the divisor of the weight.",
    "alpha_bar[t].view",
    "alpha_bar[t - 1].view",
    "a.sqrt() * eps - (1 - a).sqrt() * x0",
    "a.sqrt() * x0 - (1 - a).sqrt() * eps",
    "/ (snr + 1)",
    "/ snr",
)
change(
    "weighted_v_loss",
    "Three of the four faults are left: the step that alpha_bar is read at, the two parts of v, and sum or mean.",
    "alpha_bar[t].view",
    "alpha_bar[t - 1].view",
    "a.sqrt() * eps - (1 - a).sqrt() * x0",
    "a.sqrt() * x0 - (1 - a).sqrt() * eps",
    ".flatten(1).mean(dim=1)",
    ".flatten(1).sum(dim=1)",
)
change(
    "weighted_v_loss",
    "Three of the four faults are left: the step that alpha_bar is read at, the divisor of the weight, and sum or mean.",
    "alpha_bar[t].view",
    "alpha_bar[t - 1].view",
    "/ (snr + 1)",
    "/ snr",
    ".flatten(1).mean(dim=1)",
    ".flatten(1).sum(dim=1)",
)
change(
    "weighted_v_loss",
    "Three of the four faults are left: the two parts of v, the divisor of the weight, and sum or mean.",
    "a.sqrt() * eps - (1 - a).sqrt() * x0",
    "a.sqrt() * x0 - (1 - a).sqrt() * eps",
    "/ (snr + 1)",
    "/ snr",
    ".flatten(1).mean(dim=1)",
    ".flatten(1).sum(dim=1)",
)
change(
    "weighted_v_loss",
    "1 is added to the weight; it belongs to the ratio in the divisor.",
    "/ (snr + 1)",
    "/ snr + 1",
)
change(
    "weighted_v_loss",
    "The divisor is cut off as well; gamma limits the numerator alone.",
    "/ (snr + 1)",
    "/ (snr.clamp(max=gamma) + 1)",
)
change(
    "weighted_v_loss",
    "v is the noisy picture x_t here: the root of alpha_bar belongs to the noise, and the picture is subtracted.",
    "a.sqrt() * eps - (1 - a).sqrt() * x0",
    "a.sqrt() * x0 + (1 - a).sqrt() * eps",
)
change(
    "weighted_v_loss",
    "alpha_bar is read one step too late: alpha_bar[t] belongs to t.",
    "alpha_bar[t].view",
    "alpha_bar[(t + 1).clamp(max=len(alpha_bar) - 1)].view",
)
equivalent(
    "weighted_v_loss",
    "the three tensors have one shape, and a square does not see the sign",
    "a = alpha_bar[t].view(-1, *[1] * (v_hat.dim() - 1))",
    "a = alpha_bar[t].view(-1, *[1] * (eps.dim() - 1))",
    "return (weight * (v - v_hat) ** 2).flatten(1).mean(dim=1)",
)


# -- several_captions -----------------------------------------------------------------------------------------

change(
    "several_captions",
    "Only the loss of the pictures is there; for that of the captions the softmax runs over the pictures.",
    "one_way(S.T, right.T)) / 2",
    "one_way(S, right)) / 2",
)
change(
    "several_captions",
    "Only the loss of the pictures is there; for that of the captions the softmax runs over the pictures.",
    "(one_way(S, right) + one_way(S.T, right.T)) / 2",
    "one_way(S, right)",
)
change(
    "several_captions",
    "Only the loss of the captions is there; the pictures have one, too.",
    "(one_way(S, right) + one_way(S.T, right.T)) / 2",
    "one_way(S.T, right.T)",
)
change(
    "several_captions",
    "The two losses are added up; their mean is asked for.",
    "one_way(S.T, right.T)) / 2",
    "one_way(S.T, right.T))",
)
change(
    "several_captions",
    "The sum over the right captions is not divided by their number.",
    "each[counts > 0] / counts[counts > 0]",
    "each[counts > 0]",
)
change(
    "several_captions",
    "Pictures and captions without a partner count as losses of zero in the mean; they are left out of it.",
    "(each[counts > 0] / counts[counts > 0]).mean()",
    "(each / counts.clamp(min=1)).mean()",
)
change(
    "several_captions",
    "Rows without a partner give 0 / 0: leave them out before the division.",
    "(each[counts > 0] / counts[counts > 0]).mean()",
    "(each / counts).mean()",
)
change(
    "several_captions",
    "All right pairs have one mean; each picture has a mean of its own first.",
    "(each[counts > 0] / counts[counts > 0]).mean()",
    "each.sum() / counts.sum()",
)
change(
    "several_captions",
    "The losses are added up over the batch; their mean is asked for.",
    "(each[counts > 0] / counts[counts > 0]).mean()",
    "(each[counts > 0] / counts[counts > 0]).sum()",
)
change(
    "several_captions",
    "The softmax is taken before the logarithm, so that small probabilities become 0: take the logarithm of the softmax in one step.",
    "logits.log_softmax(dim=1)",
    "logits.softmax(dim=1).log()",
)
change(
    "several_captions",
    "Small probabilities are cut off: take the logarithm of the softmax in one step.",
    "logits.log_softmax(dim=1)",
    "(logits.softmax(dim=1) + 1e-9).log()",
)
change(
    "several_captions",
    "The sign is wrong: the loss is minus the mean log-probability.",
    "-(logits.log_softmax(dim=1) * pairs)",
    "(logits.log_softmax(dim=1) * pairs)",
)
change(
    "several_captions",
    "The softmax runs over the pictures for the pictures, and over the captions for the captions: it is over the other kind.",
    "logits.log_softmax(dim=1)",
    "logits.log_softmax(dim=0)",
)
change(
    "several_captions",
    "The probabilities of the right captions are added up inside the logarithm; the formula has the mean of their logarithms.",
    """each = -(logits.log_softmax(dim=1) * pairs).sum(dim=1)
        return (each[counts > 0] / counts[counts > 0]).mean()""",
    """each = logits.logsumexp(dim=1) - logits.masked_fill(~pairs, -torch.inf).logsumexp(dim=1)
        return each[counts > 0].mean()""",
)
change(
    "several_captions",
    "Without a right pair there is no loss: raise a ValueError.",
    "if not right.any():",
    "if False:",
)


@slip(
    "several_captions",
    "The right captions are taken from the diagonal; the numbers a and b say which are right.",
)
def diagonal_only(S: Tensor, a: Tensor, b: Tensor) -> Tensor:
    own = torch.arange(min(S.shape))
    if not (a[:, None] == b).any():
        raise ValueError
    n = len(own)
    return (F.cross_entropy(S[:n], own) + F.cross_entropy(S[:, :n].T, own)) / 2


change(
    "several_captions",
    "Only one right caption of each picture counts; all of them do.",
    "each = -(logits.log_softmax(dim=1) * pairs).sum(dim=1)",
    "each = F.cross_entropy(logits, pairs.int().argmax(dim=1), reduction='none')",
    "each[counts > 0] / counts[counts > 0]",
    "each[counts > 0]",
)


@slip(
    "several_captions",
    "One mean is taken over pictures and captions together; each half has its own mean first.",
)
def one_mean(S: Tensor, a: Tensor, b: Tensor) -> Tensor:
    right = a[:, None] == b
    if not right.any():
        raise ValueError
    losses = []
    for logits, pairs in ((S, right), (S.T, right.T)):
        each, counts = -(logits.log_softmax(dim=1) * pairs).sum(dim=1), pairs.sum(dim=1)
        losses.append(each[counts > 0] / counts[counts > 0])
    return torch.cat(losses).mean()


change(
    "several_captions",
    "The softmax runs over the captions in both halves; for the captions it runs over the pictures.",
    "(one_way(S, right) + one_way(S.T, right.T)) / 2",
    "(one_way(S, right) + one_way(S.log_softmax(dim=1).T, right.T)) / 2",
    "-(logits.log_softmax(dim=1) * pairs)",
    "-((logits.log_softmax(dim=1) if logits is S else logits) * pairs)",
)
change(
    "several_captions",
    "Pictures and captions without a partner have left the denominators of the others, where they belong.",
    "    def one_way",
    "    S = S[right.any(dim=1)][:, right.any(dim=0)]\n    right = right[right.any(dim=1)][:, right.any(dim=0)]\n\n    def one_way",
)
change(
    "several_captions",
    "Small probabilities are cut off: take the logarithm of the softmax in one step.",
    "logits.log_softmax(dim=1)",
    "(logits.softmax(dim=1) + 1e-12).log()",
)
change(
    "several_captions",
    "Small probabilities are cut off: take the logarithm of the softmax in one step.",
    "logits.log_softmax(dim=1)",
    "(logits.softmax(dim=1) + 1e-8).log()",
)


@slip(
    "several_captions",
    "The other right captions have left the denominator; the formula sums over all captions.",
)
def wrong_ones_only(S: Tensor, a: Tensor, b: Tensor) -> Tensor:
    right = a[:, None] == b
    if not right.any():
        raise ValueError
    halves = []
    for logits, pairs in ((S, right), (S.T, right.T)):
        wrong = logits.masked_fill(pairs, -torch.inf).logsumexp(dim=1, keepdim=True)
        each = ((torch.logaddexp(logits, wrong) - logits) * pairs).sum(dim=1)
        counts = pairs.sum(dim=1)
        halves.append((each[counts > 0] / counts[counts > 0]).mean())
    return (halves[0] + halves[1]) / 2


change(
    "several_captions",
    "Rows without a right caption are in the mean with the logarithm of their denominator; they are left out.",
    "(each[counts > 0] / counts[counts > 0]).mean()",
    "(each / counts.clamp(min=1) + logits.logsumexp(dim=1) * (counts == 0)).mean()",
)
change(
    "several_captions",
    "The weights of the pictures are transposed for the captions; each caption shares a weight of 1 among its own pictures.",
    "return (one_way(S, right) + one_way(S.T, right.T)) / 2",
    "shares = right / right.sum(dim=1, keepdim=True).clamp(min=1)\n    return (F.cross_entropy(S, shares) + F.cross_entropy(S.T, shares.T)) / 2",
)

# -- infonce_gradients ----------------------------------------------------------------------------------------

change(
    "infonce_gradients",
    "The gradient along p itself is still in dp and dq: a longer p gives the same u.",
    "(du - (du * u).sum(dim=1, keepdim=True) * u) / long_p",
    "du / long_p",
    "(dv - (dv * v).sum(dim=1, keepdim=True) * v) / long_q",
    "dv / long_q",
)
change(
    "infonce_gradients",
    "The gradient is that of u: the division by the length has to be derived, too.",
    "(du - (du * u).sum(dim=1, keepdim=True) * u) / long_p",
    "du",
    "(dv - (dv * v).sum(dim=1, keepdim=True) * v) / long_q",
    "dv",
)
change(
    "infonce_gradients",
    "The part along u is taken away, and the division by the length of p is missing.",
    "* u) / long_p",
    "* u)",
    "* v) / long_q",
    "* v)",
)
change(
    "infonce_gradients",
    "The part along u is added; it has to be taken away.",
    "(du - (du * u)",
    "(du + (du * u)",
    "(dv - (dv * v)",
    "(dv + (dv * v)",
)
change(
    "infonce_gradients",
    "The factor exp(r) of the logits is missing.",
    "du, dv = r.exp() * G @ v, r.exp() * G.T @ u",
    "du, dv = G @ v, G.T @ u",
)
change(
    "infonce_gradients",
    "For dq the matrix G has to be transposed: its rows belong to the pictures.",
    "G.T @ u",
    "G @ u",
)
change("infonce_gradients", "The mean over the pairs is missing.", "/ (2 * len(S))", "/ 2")
change(
    "infonce_gradients",
    "The factor one half of the two directions is missing.",
    "/ (2 * len(S))",
    "/ len(S)",
)
change(
    "infonce_gradients",
    "Only the softmax of the rows is derived; each logit stands in that of its column, too.",
    "S.softmax(dim=1) + S.softmax(dim=0)",
    "2 * S.softmax(dim=1)",
)
change(
    "infonce_gradients",
    "The right pairs are missing: their logits have a minus sign in the loss.",
    " - 2 * torch.eye(len(S))",
    "",
)
change(
    "infonce_gradients",
    "The right pairs have half of their weight: their logit stands in both logarithms.",
    "2 * torch.eye",
    "torch.eye",
)
change(
    "infonce_gradients",
    "All gradients have the wrong sign.",
    "(S.softmax(dim=1) + S.softmax(dim=0) - 2 * torch.eye(len(S)))",
    "(2 * torch.eye(len(S)) - S.softmax(dim=1) - S.softmax(dim=0))",
)
change(
    "infonce_gradients",
    "dr is the derivative with respect to exp(r): one factor exp(r) is missing.",
    "(G * S).sum()",
    "(G * (u @ v.T)).sum()",
)
change(
    "infonce_gradients",
    "dr has the factor exp(r) twice: the logits have it already.",
    "(G * S).sum()",
    "r.exp() * (G * S).sum()",
)
change(
    "infonce_gradients",
    "dr is a mean over the pairs of one more time: G has the division already.",
    "(G * S).sum()",
    "(G * S).sum() / len(S)",
)
change(
    "infonce_gradients",
    "Only the right pairs reach r here; all logits have the factor exp(r).",
    "(G * S).sum()",
    "(G * S).diagonal().sum()",
)
change(
    "infonce_gradients",
    "r is taken as the factor itself; the factor is exp(r).",
    "S = r.exp() * u @ v.T",
    "S = r * u @ v.T",
    "r.exp() * G @ v, r.exp() * G.T @ u",
    "r * G @ v, r * G.T @ u",
)
change(
    "infonce_gradients",
    "The logits are divided by exp(r); they are multiplied by it.",
    "S = r.exp() * u @ v.T",
    "S = (-r).exp() * u @ v.T",
    "r.exp() * G @ v, r.exp() * G.T @ u",
    "(-r).exp() * G @ v, (-r).exp() * G.T @ u",
)
change(
    "infonce_gradients",
    "exp overflows for logits above 709: take torch's softmax, or subtract the largest logit first.",
    "S.softmax(dim=1) + S.softmax(dim=0)",
    "S.exp() / S.exp().sum(dim=1, keepdim=True) + S.exp() / S.exp().sum(dim=0)",
)
change(
    "infonce_gradients",
    "The length is that of all pictures together; each has its own.",
    "p.norm(dim=1, keepdim=True), q.norm(dim=1, keepdim=True)",
    "p.norm(), q.norm()",
)
change(
    "infonce_gradients",
    "Only the softmax of the columns is derived; each logit stands in that of its row, too.",
    "S.softmax(dim=1) + S.softmax(dim=0)",
    "2 * S.softmax(dim=0)",
)
change(
    "infonce_gradients",
    "p and q are not divided by their lengths.",
    "u, v = p / long_p, q / long_q",
    "u, v = p, q",
    "(du - (du * u).sum(dim=1, keepdim=True) * u) / long_p",
    "du",
    "(dv - (dv * v).sum(dim=1, keepdim=True) * v) / long_q",
    "dv",
)
change(
    "infonce_gradients",
    "The length is that of a column over all pictures; it is that of each picture's vector.",
    "p.norm(dim=1, keepdim=True), q.norm(dim=1, keepdim=True)",
    "p.norm(dim=0), q.norm(dim=0)",
    "(du * u).sum(dim=1, keepdim=True)",
    "(du * u).sum(dim=0)",
    "(dv * v).sum(dim=1, keepdim=True)",
    "(dv * v).sum(dim=0)",
)
change(
    "infonce_gradients",
    "The gradient is divided by the squared length; once is right.",
    "* u) / long_p",
    "* u) / long_p**2",
    "* v) / long_q",
    "* v) / long_q**2",
)
change(
    "infonce_gradients",
    "The part along p is taken away with p where the vector of length 1 belongs.",
    "(du * u).sum(dim=1, keepdim=True) * u",
    "(du * p).sum(dim=1, keepdim=True) * p",
    "(dv * v).sum(dim=1, keepdim=True) * v",
    "(dv * q).sum(dim=1, keepdim=True) * q",
)

change(
    "infonce_gradients",
    "The part along v is taken from dp, and that along u from dq: each vector loses the part along itself.",
    "(du - (du * u).sum(dim=1, keepdim=True) * u)",
    "(du - (du * v).sum(dim=1, keepdim=True) * v)",
    "(dv - (dv * v).sum(dim=1, keepdim=True) * v)",
    "(dv - (dv * u).sum(dim=1, keepdim=True) * u)",
)
change(
    "infonce_gradients",
    "dr sums G alone, which is 0; a change of r changes each logit by the logit itself.",
    "(G * S).sum()",
    "r.exp() * G.sum()",
)

# -- six_numbers_of_spaces ------------------------------------------------------------------------------------

change(
    "six_numbers_of_spaces",
    "The first number is the norm on the sphere; the straight path is shorter between the ends.",
    "4.743",
    "6.0",
)
change(
    "six_numbers_of_spaces",
    "The first number is that of the middle; a quarter of the way is asked for.",
    "4.743",
    "4.243",
)
change("six_numbers_of_spaces", "The first number is the squared norm.", "4.743", "22.5")
change(
    "six_numbers_of_spaces",
    "The second number is the mean of the two norms: right only for codes of one direction.",
    "4.041",
    "4.0",
)
change(
    "six_numbers_of_spaces",
    "The second number belongs to the straight middle.",
    "4.041",
    "3.5",
)
change("six_numbers_of_spaces", "The third number forgets the bias.", "9.0", "8.0")
change(
    "six_numbers_of_spaces",
    "The third number counts the unknowns of all columns; a pair gives an equation for each column.",
    "9.0",
    "45.0",
)
change(
    "six_numbers_of_spaces",
    "The fourth number is the factor, not the share of variance that is explained.",
    "0.96",
    "0.8",
)
change(
    "six_numbers_of_spaces",
    "The fourth number is the square of the factor; what counts is the square of what is missing.",
    "0.96",
    "0.64",
)
change(
    "six_numbers_of_spaces",
    "The fifth number leaves the temperature out.",
    "0.4327",
    "1.165",
)
change(
    "six_numbers_of_spaces",
    "The fifth number multiplies by the temperature; the cosines are divided by it.",
    "0.4327",
    "1.470",
)
change(
    "six_numbers_of_spaces",
    "The fifth number adds the two directions; the loss is their mean.",
    "0.4327",
    "0.865",
)
change(
    "six_numbers_of_spaces",
    "The sixth number is the loss of one picture with three equal captions; the mean has two pictures without such a loss.",
    "0.824",
    "1.099",
)
change(
    "six_numbers_of_spaces",
    "The sixth number counts one of the two groups alone.",
    "0.824",
    "0.412",
)
change(
    "six_numbers_of_spaces",
    "The sixth number is that of random guesses among eight.",
    "0.824",
    "2.079",
)
