"""Planted wrong answers to the exercises on VAEs and GANs: each must get the hint that it names."""
# ruff: noqa: F821 -- the faulty functions stand in the exercises

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_tools.grading.slips import change, equivalent, slip

# -- bernoulli_loss -------------------------------------------------------------------------------------------


@slip(
    "bernoulli_loss",
    "At least three faults are still there: the spread of the noise, the mean over the pixels, the sign of the divergence.",
)
def as_it_was(
    x: Tensor, mu: Tensor, logvar: Tensor, eps: Tensor, decode: Callable, beta: float
) -> Tensor:
    return faulty_loss(x, mu, logvar, eps, decode, beta)


change(
    "bernoulli_loss",
    "The noise is multiplied by the variance: sigma is the exponential of half of logvar.",
    "(logvar / 2).exp() * eps",
    "logvar.exp() * eps",
)
change(
    "bernoulli_loss",
    "The noise is multiplied by logvar itself; sigma is the exponential of half of it.",
    "(logvar / 2).exp() * eps",
    "logvar * eps",
)
change(
    "bernoulli_loss",
    "The decoder gets mu without any noise.",
    "mu + (logvar / 2).exp() * eps",
    "mu",
)
change(
    "bernoulli_loss",
    "The first term is the mean over a picture's pixels; the formula sums over them.",
    "pixels.sum(dim=1)",
    "pixels.mean(dim=1)",
)
change(
    "bernoulli_loss",
    "The first term is one number for all pictures, the mean over every pixel of the batch; each picture has a sum of its own.",
    "pixels.sum(dim=1)",
    "pixels.mean()",
)
change(
    "bernoulli_loss",
    "The first term is one number for all pictures, the sum over every pixel of the batch; each picture has a sum of its own.",
    "pixels.sum(dim=1)",
    "pixels.sum()",
)
change(
    "bernoulli_loss",
    "The divergence has the wrong sign: it is never below zero.",
    "(mu**2 + logvar.exp() - 1 - logvar)",
    "(1 + logvar - mu**2 - logvar.exp())",
)
change(
    "bernoulli_loss",
    "The divergence has the wrong sign, and the first term is the mean over every pixel of the batch.",
    "(mu**2 + logvar.exp() - 1 - logvar)",
    "(1 + logvar - mu**2 - logvar.exp())",
    "pixels.sum(dim=1)",
    "pixels.mean()",
)
change(
    "bernoulli_loss",
    "The divergence has the wrong sign, and the noise is multiplied by the variance.",
    "(mu**2 + logvar.exp() - 1 - logvar)",
    "(1 + logvar - mu**2 - logvar.exp())",
    "(logvar / 2).exp() * eps",
    "logvar.exp() * eps",
)
change(
    "bernoulli_loss",
    "The noise is multiplied by the variance, and the first term is the mean over every pixel of the batch.",
    "(logvar / 2).exp() * eps",
    "logvar.exp() * eps",
    "pixels.sum(dim=1)",
    "pixels.mean()",
)
change(
    "bernoulli_loss",
    "The logarithm of a probability that is rounded to 0 or 1 is cut off at -100 here: a function of the logits needs no cut.",
    'F.binary_cross_entropy_with_logits(logits, x, reduction="none")',
    'F.binary_cross_entropy(logits.sigmoid(), x, reduction="none")',
)
change(
    "bernoulli_loss",
    "The probabilities are kept away from 0 and 1 by 1e-7, which cuts the loss off at 16 for a pixel: work with the logits.",
    'F.binary_cross_entropy_with_logits(logits, x, reduction="none")',
    'F.binary_cross_entropy(logits.sigmoid().clamp(1e-7, 1 - 1e-7), x, reduction="none")',
)
change(
    "bernoulli_loss",
    "A sigmoid is taken twice: the function that expects logits gets probabilities.",
    "binary_cross_entropy_with_logits(logits, x",
    "binary_cross_entropy_with_logits(logits.sigmoid(), x",
)
change(
    "bernoulli_loss",
    "The divergence is a mean over the latents; the formula sums over them.",
    ".sum(dim=1) / 2",
    ".mean(dim=1) / 2",
)
change(
    "bernoulli_loss",
    "The divergence is one sum over all pictures; each picture has its own.",
    "- logvar).sum(dim=1) / 2",
    "- logvar).sum() / 2",
)
change(
    "bernoulli_loss",
    "The divergence is twice as large as it should be: its factor one half is missing.",
    ".sum(dim=1) / 2",
    ".sum(dim=1)",
)
change(
    "bernoulli_loss",
    "The divergence holds sigma where it has the variance.",
    "(mu**2 + logvar.exp()",
    "(mu**2 + (logvar / 2).exp()",
)
change(
    "bernoulli_loss",
    "The divergence lacks its -1 for each latent.",
    "logvar.exp() - 1 - logvar",
    "logvar.exp() - logvar",
)
change(
    "bernoulli_loss",
    "beta multiplies the first term; it belongs to the divergence.",
    "pixels.sum(dim=1) + beta * divergence",
    "beta * pixels.sum(dim=1) + divergence",
)
change("bernoulli_loss", "beta is missing.", "beta * divergence", "divergence")
change(
    "bernoulli_loss",
    "The mean over the batch is given; the loss of each picture is asked for.",
    "return pixels.sum(dim=1) + beta * divergence",
    "return (pixels.sum(dim=1) + beta * divergence).mean()",
)
change(
    "bernoulli_loss",
    "This is the evidence lower bound itself; the loss is its negative.",
    "return pixels.sum(dim=1) + beta * divergence",
    "return -pixels.sum(dim=1) - beta * divergence",
)

# -- encoder_gradients ----------------------------------------------------------------------------------------

change(
    "encoder_gradients",
    "dmu is the gradient of the sum over the pictures; L is their mean.",
    "return dmu / len(g), dlam / len(g)",
    "return dmu, dlam",
)
change(
    "encoder_gradients",
    "dlam is the gradient of the sum over the pictures; L is their mean.",
    "return dmu / len(g), dlam / len(g)",
    "return dmu / len(g), dlam",
)
change(
    "encoder_gradients",
    "In dmu the direct way is missing: mu stands in the divergence, too.",
    "dmu = g + away * precision",
    "dmu = g",
)
change(
    "encoder_gradients",
    "In dmu the way through z is missing.",
    "dmu = g + away * precision",
    "dmu = away * precision",
)
change(
    "encoder_gradients",
    "In dmu the distance from the prior's mean is not divided by the prior's variance.",
    "dmu = g + away * precision",
    "dmu = g + away",
)
change(
    "encoder_gradients",
    "In dmu the mean is compared with 0; this prior has its mean at m.",
    "dmu = g + away * precision",
    "dmu = g + mu * precision",
)
change(
    "encoder_gradients",
    "dmu is divided by the prior's standard deviation; the divergence has its variance.",
    "dmu = g + away * precision",
    "dmu = g + away * precision**0.5",
)
change(
    "encoder_gradients",
    "In dmu the two ways have opposite signs; both add to the loss.",
    "dmu = g + away * precision",
    "dmu = g - away * precision",
)
change(
    "encoder_gradients",
    "The factor one half of lam / 2 is missing on the way through z.",
    "(g * eps * (lam / 2).exp()",
    "(2 * g * eps * (lam / 2).exp()",
)
change(
    "encoder_gradients",
    "On the way through z dlam holds the variance; the noise is multiplied by sigma.",
    "(g * eps * (lam / 2).exp()",
    "(g * eps * lam.exp()",
)
change(
    "encoder_gradients",
    "On the way through z sigma itself is missing: the derivative of an exponential holds the exponential.",
    "(g * eps * (lam / 2).exp()",
    "(g * eps",
)
change(
    "encoder_gradients",
    "On the way through z the noise is missing.",
    "(g * eps * (lam / 2).exp()",
    "(g * (lam / 2).exp()",
)
change(
    "encoder_gradients",
    "In dlam the way through z is missing.",
    "(g * eps * (lam / 2).exp() + lam",
    "(lam",
)
change(
    "encoder_gradients",
    "In dlam the direct way is missing: lam stands in the divergence twice.",
    " + lam.exp() * precision - 1) / 2",
    ") / 2",
)
change(
    "encoder_gradients",
    "In dlam the derivative of -lam is missing.",
    "lam.exp() * precision - 1)",
    "lam.exp() * precision)",
)
change(
    "encoder_gradients",
    "In dlam the prior's variance is taken for 1.",
    "lam.exp() * precision - 1)",
    "lam.exp() - 1)",
)
change(
    "encoder_gradients",
    "dlam is twice as large as it should be.",
    "precision - 1) / 2",
    "precision - 1)",
)
change(
    "encoder_gradients",
    "dm has the wrong sign: as m comes nearer to mu the divergence falls.",
    "dm = -(away",
    "dm = (away",
)
change(
    "encoder_gradients",
    "dm is a sum over the pictures; L is their mean.",
    "dm = -(away * precision).mean(dim=0)",
    "dm = -(away * precision).sum(dim=0)",
)
change(
    "encoder_gradients",
    "In dm the prior's variance is missing.",
    "dm = -(away * precision)",
    "dm = -(away)",
)
change(
    "encoder_gradients",
    "dm is given for each picture; m belongs to all of them.",
    "dm = -(away * precision).mean(dim=0)",
    "dm = -(away * precision) / len(g)",
)
change(
    "encoder_gradients",
    "ds has the wrong sign.",
    "(1 - (lam.exp() + away**2) * precision)",
    "((lam.exp() + away**2) * precision - 1)",
)
change(
    "encoder_gradients",
    "In ds the distance of the means is missing.",
    "(lam.exp() + away**2)",
    "(lam.exp())",
)
change(
    "encoder_gradients",
    "In ds the variance of the encoder is missing.",
    "(lam.exp() + away**2)",
    "(away**2)",
)
change(
    "encoder_gradients",
    "In ds the derivative of the first term, s itself, is missing.",
    "ds = (1 - (lam",
    "ds = (-(lam",
)
change(
    "encoder_gradients",
    "ds is a sum over the pictures; L is their mean.",
    "* precision).mean(dim=0) / 2",
    "* precision).sum(dim=0) / 2",
)
change(
    "encoder_gradients",
    "ds is twice as large as it should be.",
    "* precision).mean(dim=0) / 2",
    "* precision).mean(dim=0)",
)

# -- free_bits ------------------------------------------------------------------------------------------------

change(
    "free_bits",
    "The maximum is taken for each picture; the mean over the batch comes first.",
    "D.mean(dim=0).reshape(-1, size).sum(dim=1)",
    "D.reshape(len(D), -1, size).sum(dim=2)",
    "groups.clamp(min=least).sum()",
    "groups.clamp(min=least).mean(dim=0).sum()",
)
change(
    "free_bits",
    "The maximum is taken for each latent; the latents of a group are added up first.",
    "groups = D.mean(dim=0).reshape(-1, size).sum(dim=1)",
    "groups = D.mean(dim=0)",
)
change(
    "free_bits",
    "The maximum is taken once, of the sum over all groups; each group has its own.",
    "groups.clamp(min=least).sum()",
    "groups.sum().clamp(min=least)",
)
change(
    "free_bits",
    "The smaller of the two is taken; the formula has the larger.",
    "groups.clamp(min=least)",
    "groups.clamp(max=least)",
)
change(
    "free_bits",
    "Only what a group has above the free nats is counted; the formula has the larger of the two.",
    "groups.clamp(min=least).sum()",
    "(groups - least).clamp(min=0).sum()",
)
change(
    "free_bits",
    "Groups below the free nats count 0; they count as much as is free.",
    "groups.clamp(min=least).sum()",
    "(groups * (groups > least)).sum()",
)
change(
    "free_bits",
    "The sum over the batch is taken where the formula has the mean.",
    "D.mean(dim=0)",
    "D.sum(dim=0)",
)
change(
    "free_bits",
    "The mean over a group's latents is taken; they are added up.",
    ".reshape(-1, size).sum(dim=1)",
    ".reshape(-1, size).mean(dim=1)",
)
change(
    "free_bits",
    "The mean over the groups is given; they are added up.",
    "groups.clamp(min=least).sum()",
    "groups.clamp(min=least).mean()",
)
change(
    "free_bits",
    "The groups are made of every so many-th latent; they are neighbours.",
    ".reshape(-1, size).sum(dim=1)",
    ".reshape(size, -1).sum(dim=0)",
)
change(
    "free_bits",
    "The factor one half of the divergence is missing.",
    "- 1 - logvar) / 2",
    "- 1 - logvar)",
)
change(
    "free_bits",
    "Nothing is free here: this is the ordinary divergence.",
    "groups.clamp(min=least).sum()",
    "groups.sum()",
)
change(
    "free_bits",
    "The free nats are there once for all groups, added to the divergence.",
    "groups.clamp(min=least).sum()",
    "groups.sum() + least",
)

# -- six_numbers ----------------------------------------------------------------------------------------------

change(
    "six_numbers",
    "The first number is the data's own probability; D compares it with the model's.",
    "0.857",
    "0.6",
)
change(
    "six_numbers", "The first number is what D says of b; a is asked for.", "0.857", "0.5"
)
change("six_numbers", "The first number is p / q; D says p / (p + q).", "0.857", "6.0")
change(
    "six_numbers",
    "The second number is the value for equal distributions.",
    "-0.842",
    "-1.386",
)
change(
    "six_numbers",
    "The second number holds the data's half of the value alone.",
    "-0.842",
    "-0.370",
)
change(
    "six_numbers",
    "The second number has the wrong sign: a logarithm of a probability is not above zero.",
    "-0.842",
    "0.842",
)
change(
    "six_numbers",
    "The second number is half of the value, as a mean of the two expectations would be.",
    "-0.842",
    "-0.421",
)
change(
    "six_numbers",
    "The third number is twice the divergence: V is -log 4 plus that.",
    "0.272",
    "0.545",
)
change("six_numbers", "The third number is in bits; nats are asked for.", "0.272", "0.393")
change(
    "six_numbers", "The fourth number is the inverse of what is asked for.", "4.0", "0.25"
)
change(
    "six_numbers",
    "The fourth number compares the two losses, not their derivatives.",
    "4.0",
    "7.21",
)
change(
    "six_numbers",
    "In the fifth number sigma stands where the variance belongs.",
    "2.496",
    "2.158",
)
change("six_numbers", "In the fifth number the logarithm is missing.", "2.496", "1.58")
change("six_numbers", "The fifth number is twice the divergence.", "2.496", "4.993")
change(
    "six_numbers",
    "The sixth number is what a code says about its picture; the rest is asked for.",
    "1.803",
    "0.693",
)
change(
    "six_numbers",
    "In the sixth number a code says one nat about its picture: one of two equal halves is one bit.",
    "1.803",
    "1.496",
)
change(
    "six_numbers",
    "The sixth number is that of one normal distribution with the mean and the variance of the aggregate posterior.",
    "1.803",
    "0.867",
)

# -- density_ratio --------------------------------------------------------------------------------------------

change(
    "density_ratio",
    "This is q / p; the ratio of the data's density to the model's is asked for.",
    "ratio = (1 - share) * (D_x - fake) / (share * (real - D_x))",
    "ratio = share * (real - D_x) / ((1 - share) * (D_x - fake))",
)
change(
    "density_ratio",
    "The shares are exchanged: where more real examples are shown, the same D speaks for a smaller p / q.",
    "(1 - share) * (D_x - fake) / (share * (real - D_x))",
    "share * (D_x - fake) / ((1 - share) * (real - D_x))",
)
change(
    "density_ratio",
    "The shares of real and generated examples are missing.",
    "(1 - share) * (D_x - fake) / (share * (real - D_x))",
    "(D_x - fake) / (real - D_x)",
)
change(
    "density_ratio",
    "The labels are taken for 1 and 0.",
    "(1 - share) * (D_x - fake) / (share * (real - D_x))",
    "(1 - share) * D_x / (share * (1 - D_x))",
)
change(
    "density_ratio",
    "The label of generated examples is taken for 0 in the ratio.",
    "(D_x - fake) / (share",
    "D_x / (share",
)
change(
    "density_ratio",
    "The label of real examples is taken for 1 in the ratio.",
    "(share * (real - D_x))",
    "(share * (1 - D_x))",
)
change(
    "density_ratio",
    "Where D lies beyond the labels the formula gives a ratio below zero.",
    "return torch.where(D_x >= real, torch.inf, torch.where(D_x <= fake, 0.0, ratio))",
    "return ratio",
)
change(
    "density_ratio",
    "Where D is at least the label of real examples, 0 is given.",
    "D_x >= real, torch.inf",
    "D_x >= real, 0.0",
)
change(
    "density_ratio",
    "Beyond the labels the formula's value is made positive; there the ratio is 0 or infinity.",
    "return torch.where(D_x >= real, torch.inf, torch.where(D_x <= fake, 0.0, ratio))",
    "return ratio.abs()",
)
change(
    "density_ratio",
    "The logarithm of the ratio is given.",
    "torch.where(D_x <= fake, 0.0, ratio))",
    "torch.where(D_x <= fake, 0.0, ratio)).log()",
)
change(
    "density_ratio",
    "This is p / (p + q), not p / q.",
    "torch.where(D_x <= fake, 0.0, ratio))",
    "torch.where(D_x <= fake, 0.0, ratio / (1 + ratio)))",
)

# -- hinge_round ----------------------------------------------------------------------------------------------


@slip(
    "hinge_round",
    "Gradients are never cleared, G's step is cut off from G, and it follows D's loss.",
)
def unrepaired(
    G: nn.Module,
    D: nn.Module,
    opt_G: torch.optim.Optimizer,
    opt_D: torch.optim.Optimizer,
    real: Tensor,
    z_D: Tensor,
    z_G: Tensor,
) -> tuple[float, float]:
    return faulty_round(G, D, opt_G, opt_D, real, z_D, z_G)


@slip(
    "hinge_round",
    "The gradients of both are cleared at the beginning, but D's step leaves new ones in G: its graph is not cut.",
)
def cleared_first(
    G: nn.Module,
    D: nn.Module,
    opt_G: torch.optim.Optimizer,
    opt_D: torch.optim.Optimizer,
    real: Tensor,
    z_D: Tensor,
    z_G: Tensor,
) -> tuple[float, float]:
    opt_D.zero_grad()
    opt_G.zero_grad()
    loss_D = (1 - D(real)).relu().mean() + (1 + D(G(z_D))).relu().mean()
    loss_D.backward()
    opt_D.step()
    loss_G = -D(G(z_G)).mean()
    loss_G.backward()
    opt_G.step()
    return loss_D.item(), loss_G.item()


@slip(
    "hinge_round",
    "The gradients are cleared behind each step: those that were there before the first one still count in it.",
)
def cleared_behind(
    G: nn.Module,
    D: nn.Module,
    opt_G: torch.optim.Optimizer,
    opt_D: torch.optim.Optimizer,
    real: Tensor,
    z_D: Tensor,
    z_G: Tensor,
) -> tuple[float, float]:
    loss_D = (1 - D(real)).relu().mean() + (1 + D(G(z_D).detach())).relu().mean()
    loss_D.backward()
    opt_D.step()
    loss_G = -D(G(z_G)).mean()
    loss_G.backward()
    opt_G.step()
    opt_D.zero_grad()
    opt_G.zero_grad()
    return loss_D.item(), loss_G.item()


@slip("hinge_round", "G is judged by D as it was before its step; the new D is asked for.")
def old_judge(
    G: nn.Module,
    D: nn.Module,
    opt_G: torch.optim.Optimizer,
    opt_D: torch.optim.Optimizer,
    real: Tensor,
    z_D: Tensor,
    z_G: Tensor,
) -> tuple[float, float]:
    loss_G = -D(G(z_G)).mean()
    opt_G.zero_grad()
    loss_G.backward()
    opt_D.zero_grad()
    loss_D = (1 - D(real)).relu().mean() + (1 + D(G(z_D).detach())).relu().mean()
    loss_D.backward()
    opt_D.step()
    opt_G.step()
    return loss_D.item(), loss_G.item()


@slip("hinge_round", "G makes its step before D; the round begins with D.")
def other_order(
    G: nn.Module,
    D: nn.Module,
    opt_G: torch.optim.Optimizer,
    opt_D: torch.optim.Optimizer,
    real: Tensor,
    z_D: Tensor,
    z_G: Tensor,
) -> tuple[float, float]:
    opt_G.zero_grad()
    loss_G = -D(G(z_G)).mean()
    loss_G.backward()
    opt_G.step()
    opt_D.zero_grad()
    loss_D = (1 - D(real)).relu().mean() + (1 + D(G(z_D).detach())).relu().mean()
    loss_D.backward()
    opt_D.step()
    return loss_D.item(), loss_G.item()


change(
    "hinge_round",
    "The gradients of D are not cleared in front of its step.",
    "opt_D.zero_grad(set_to_none=True)",
    "pass",
)
change(
    "hinge_round",
    "The gradients of G are not cleared in front of its step.",
    "opt_G.zero_grad(set_to_none=True)",
    "pass",
)
change(
    "hinge_round",
    "No gradients are cleared: old ones count in every step.",
    "opt_D.zero_grad(set_to_none=True)",
    "pass",
    "opt_G.zero_grad(set_to_none=True)",
    "pass",
)
change(
    "hinge_round",
    "No gradients are cleared, and D's step leaves some in G.",
    "opt_D.zero_grad(set_to_none=True)",
    "pass",
    "opt_G.zero_grad(set_to_none=True)",
    "pass",
    "D(G(z_D).detach())",
    "D(G(z_D))",
)
change(
    "hinge_round",
    "G does not learn: its own step is cut off from it.",
    "-D(G(z_G)).mean()",
    "-D(G(z_G).detach()).mean()",
)
change(
    "hinge_round",
    "G's loss has the wrong sign: it wants large values of a.",
    "-D(G(z_G)).mean()",
    "D(G(z_G)).mean()",
)
change(
    "hinge_round",
    "G's loss is still the hinge of D's loss for generated examples: G works for D.",
    "-D(G(z_G)).mean()",
    "(1 + D(G(z_G))).relu().mean()",
)
change(
    "hinge_round",
    "G's loss has a hinge; the formula has none.",
    "-D(G(z_G)).mean()",
    "(1 - D(G(z_G))).relu().mean()",
)
change(
    "hinge_round",
    "G's loss is the one for logits; here the output is taken as it is.",
    "-D(G(z_G)).mean()",
    "F.softplus(-D(G(z_G))).mean()",
)
change(
    "hinge_round",
    "G plays with D's noise; it has its own.",
    "-D(G(z_G)).mean()",
    "-D(G(z_D)).mean()",
)
change(
    "hinge_round",
    "In D's loss real and generated examples are exchanged.",
    "(1 - D(real)).relu().mean() + (1 + D(G(z_D).detach())).relu().mean()",
    "(1 + D(real)).relu().mean() + (1 - D(G(z_D).detach())).relu().mean()",
)
change(
    "hinge_round",
    "In D's loss the hinges are missing.",
    "(1 - D(real)).relu().mean() + (1 + D(G(z_D).detach())).relu().mean()",
    "(1 - D(real)).mean() + (1 + D(G(z_D).detach())).mean()",
)
change(
    "hinge_round",
    "D's loss is half as large as in the formula.",
    "return loss_D.item(), loss_G.item()",
    "return loss_D.item() / 2, loss_G.item()",
)

# -- gradient_penalty -----------------------------------------------------------------------------------------

change(
    "gradient_penalty",
    "The length is taken over all numbers of the batch together; each picture has its own.",
    "slope.flatten(1).norm(dim=1)",
    "slope.norm()",
)
change(
    "gradient_penalty",
    "The length is taken over the first axis of a picture alone; it is over all numbers.",
    "slope.flatten(1).norm(dim=1)",
    "slope.norm(dim=1)",
)
change(
    "gradient_penalty",
    "The square of the length is compared with 1; its root is missing.",
    "slope.flatten(1).norm(dim=1) - 1",
    "slope.flatten(1).square().sum(dim=1) - 1",
)
change(
    "gradient_penalty",
    "u is the share of the generated picture here; it is that of the real one.",
    "share * real + (1 - share) * fake",
    "(1 - share) * real + share * fake",
)
change(
    "gradient_penalty",
    "The penalty is taken at the real pictures; it belongs between the real and the generated ones.",
    "(share * real + (1 - share) * fake)",
    "real",
)
change(
    "gradient_penalty",
    "The penalty is taken at the generated pictures; it belongs between the real and the generated ones.",
    "(share * real + (1 - share) * fake)",
    "fake",
)
change(
    "gradient_penalty",
    "The penalty is taken half way between the pictures, whatever u says.",
    "share = u.reshape(-1, *[1] * (real.ndim - 1))",
    "share = 0.5",
)
change(
    "gradient_penalty",
    "One u is taken for the whole batch; each picture has its own.",
    "share = u.reshape(-1, *[1] * (real.ndim - 1))",
    "share = u[0]",
)
change(
    "gradient_penalty",
    "The gradient is that of the critic's mean over the batch, and too small by the number of pictures.",
    "critic(between).sum()",
    "critic(between).mean()",
)
change(
    "gradient_penalty",
    "The terms are added up; P is their mean.",
    "- 1) ** 2).mean()",
    "- 1) ** 2).sum()",
)
change(
    "gradient_penalty",
    "Lengths below 1 cost nothing here; the formula charges them as well.",
    "norm(dim=1) - 1) ** 2",
    "norm(dim=1) - 1).clamp(min=0) ** 2",
)
change(
    "gradient_penalty",
    "The square is missing: lengths above and below 1 cancel.",
    "(slope.flatten(1).norm(dim=1) - 1) ** 2",
    "slope.flatten(1).norm(dim=1) - 1",
)
change(
    "gradient_penalty",
    "The square root at 0 has an infinite derivative, and 0 times infinity is NaN.",
    "slope.flatten(1).norm(dim=1)",
    "slope.flatten(1).square().sum(dim=1).sqrt()",
)
change(
    "gradient_penalty",
    "Lengths are pulled towards 0; they are to be 1.",
    "norm(dim=1) - 1)",
    "norm(dim=1))",
)

# -- kernel_distance ------------------------------------------------------------------------------------------

change(
    "kernel_distance",
    "Each row is paired with itself, too: this is the biased estimate.",
    "among_X = (XX.sum() - XX.diagonal().sum()) / (n * (n - 1))",
    "among_X = XX.mean()",
    "among_Y = (YY.sum() - YY.diagonal().sum()) / (m * (m - 1))",
    "among_Y = YY.mean()",
)
change(
    "kernel_distance",
    "In the sum over X each row is paired with itself, too.",
    "among_X = (XX.sum() - XX.diagonal().sum()) / (n * (n - 1))",
    "among_X = XX.mean()",
)
change(
    "kernel_distance",
    "In the sum over Y each row is paired with itself, too.",
    "among_Y = (YY.sum() - YY.diagonal().sum()) / (m * (m - 1))",
    "among_Y = YY.mean()",
)
change(
    "kernel_distance",
    "The pairs of a row with itself are left out of the sums and still counted in their number.",
    "(n * (n - 1))",
    "n**2",
    "(m * (m - 1))",
    "m**2",
)
change(
    "kernel_distance",
    "The pairs of a row with itself stay in the sums, and their number is left out.",
    "(XX.sum() - XX.diagonal().sum())",
    "XX.sum()",
    "(YY.sum() - YY.diagonal().sum())",
    "YY.sum()",
)
change(
    "kernel_distance",
    "The product is not divided by the number of columns.",
    "A @ B.T / d",
    "A @ B.T",
)
change("kernel_distance", "The kernel lacks its 1.", "B.T / d + 1)", "B.T / d)")
change("kernel_distance", "The kernel is squared; it has the power 3.", "** 3", "** 2")
change(
    "kernel_distance",
    "The pairs of one row of X and one of Y count once; they count twice.",
    "- 2 * XY.mean()",
    "- XY.mean()",
)
change(
    "kernel_distance",
    "The root of the distance is given.",
    "return among_X + among_Y - 2 * XY.mean()",
    "return (among_X + among_Y - 2 * XY.mean()).abs().sqrt()",
)
change(
    "kernel_distance",
    "A value below zero is replaced by 0, which makes the estimate too large on average.",
    "return among_X + among_Y - 2 * XY.mean()",
    "return (among_X + among_Y - 2 * XY.mean()).clamp(min=0)",
)
change(
    "kernel_distance",
    "This is the linear kernel's distance.",
    "((A @ B.T / d + 1) ** 3 for",
    "((A @ B.T / d) for",
)

# -- tell_apart -----------------------------------------------------------------------------------------------


@slip("tell_apart", "Every point is called real.")
def all_real(real: Tensor, made: Tensor, unknown: Tensor) -> Tensor:
    return torch.ones(len(unknown), dtype=torch.int64)


@slip("tell_apart", "Every point is called one of the model.")
def all_made(real: Tensor, made: Tensor, unknown: Tensor) -> Tensor:
    return torch.zeros(len(unknown), dtype=torch.int64)


@slip(
    "tell_apart",
    "The nearer of two means decides here, and the means are the same but for chance.",
)
def nearer_mean(real: Tensor, made: Tensor, unknown: Tensor) -> Tensor:
    away = [(unknown - points.mean(dim=0)).norm(dim=1) for points in (real, made)]
    return (away[0] < away[1]).long()


@slip("tell_apart", "A linear function decides here; the task says how far one gets.")
def linear(real: Tensor, made: Tensor, unknown: Tensor) -> Tensor:
    X = F.pad(torch.cat([real, made]), (0, 1), value=1.0)
    y = torch.cat([torch.ones(len(real)), -torch.ones(len(made))])
    w = torch.linalg.lstsq(X, y[:, None]).solution
    return (F.pad(unknown, (0, 1), value=1.0) @ w > 0)[:, 0].long()


@slip(
    "tell_apart", "The 15 nearest neighbours decide here; the task says how far they get."
)
def neighbours(real: Tensor, made: Tensor, unknown: Tensor) -> Tensor:
    X = torch.cat([real, made])
    scale = torch.linalg.cholesky(torch.linalg.inv(torch.cov(X.T)))
    near = torch.cdist(unknown @ scale, X @ scale).topk(15, largest=False).indices
    return ((near < len(real)).float().mean(dim=1) > 0.5).long()


@slip(
    "tell_apart", "The nearest point alone decides here; the task says how far that gets."
)
def nearest(real: Tensor, made: Tensor, unknown: Tensor) -> Tensor:
    near = torch.cdist(unknown, torch.cat([real, made])).argmin(dim=1)
    return (near < len(real)).long()


@slip(
    "tell_apart",
    "The better of two normal distributions decides here, and the two are the same but for chance.",
)
def two_normals(real: Tensor, made: Tensor, unknown: Tensor) -> Tensor:
    said = [
        torch.distributions.MultivariateNormal(X.mean(dim=0), torch.cov(X.T)).log_prob(
            unknown
        )
        for X in (real, made)
    ]
    return (said[0] > said[1]).long()


@slip(
    "tell_apart", "1 stands for real and 0 for the model; here it is the other way round."
)
def exchanged(real: Tensor, made: Tensor, unknown: Tensor) -> Tensor:
    X = torch.cat([real, made])
    scale = torch.linalg.cholesky(torch.linalg.inv(torch.cov(X.T)))
    near = torch.cdist(unknown @ scale, X @ scale).topk(15, largest=False).indices
    return ((near < len(real)).float().mean(dim=1) < 0.5).long()


# -- mutants that compute the same ----------------------------------------------------------------------------

equivalent(
    "density_ratio",
    "Where D is exactly a label the formula itself gives 0, or divides by 0 and gives infinity.",
    "return torch.where(D_x > real, torch.inf, torch.where(D_x <= fake, 0.0, ratio))",
    "return torch.where(D_x >= real, torch.inf, torch.where(D_x < fake, 0.0, ratio))",
)
equivalent(
    "free_bits", "Both have one column for each latent.", "if logvar.shape[1] % size:"
)
equivalent(
    "free_bits",
    "An axis of length one more changes no sum.",
    "groups = D.mean(dim=0).reshape(-1, size).sum(dim=1, keepdim=True)",
    "groups = D.mean(dim=0, keepdim=True).reshape(-1, size).sum(dim=1)",
)
equivalent(
    "gradient_penalty",
    "Both pictures have as many axes.",
    "share = u.reshape(-1, *[1] * (fake.ndim - 1))",
)
equivalent(
    "gradient_penalty",
    "A vector and its opposite are equally long; there is one gradient, the first and the last; an axis of length one more changes no mean.",
    "slope = -torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0]",
    "slope = torch.autograd.grad(critic(between).sum(), between, create_graph=True)[-1]",
    "return ((slope.flatten(1).norm(dim=1, keepdim=True) - 1) ** 2).mean()",
)
equivalent(
    "kernel_distance",
    "The smaller of two numbers does not depend on their order.",
    "if min(m, n) < 2 or Y.shape[1] != d:",
)
equivalent(
    "hinge_round",
    "Gradients are set to None in any case: that is what zero_grad does unless it is told otherwise.",
    "opt_D.zero_grad()",
    "opt_G.zero_grad()",
)
equivalent(
    "hinge_round",
    "G's gradients are cleared in front of its step: without the cut only time is lost.",
    "loss_D = (1 - D(real)).relu().mean() + (1 + D(G(z_D))).relu().mean()",
)
equivalent(
    "tell_apart",
    "Any method that reaches the bound counts: another scaling of the inputs, the same before and after training.",
    "mean, std, steps = -X.mean(dim=0), X.std(dim=0), 400",
    "mean, std, steps = X.mean(dim=0), -X.std(dim=0), 400",
    "mean, std, steps = X.mean(), X.std(dim=0), 400",
    "mean, std, steps = X.mean(dim=0), X.std(), 400",
    "mean, std, steps = X.mean(dim=0, keepdim=True), X.std(dim=0), 400",
    "mean, std, steps = X.mean(dim=0), X.std(dim=0, keepdim=True), 400",
    "mean, std, steps = X.mean(dim=0), X.var(dim=0), 400",
    "mean, std, steps = X.mean(dim=0), X.std(dim=0, correction=0), 400",
)
equivalent(
    "tell_apart",
    "Any method that reaches the bound counts: a little longer or shorter, wider or narrower, faster or slower.",
    "mean, std, steps = X.mean(dim=0), X.std(dim=0), 401",
    "mean, std, steps = X.mean(dim=0), X.std(dim=0), 399",
    "nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 2)",
    "nn.Linear(4, 48), nn.Linear(48, 48), nn.ReLU(), nn.ReLU(), nn.Linear(48, 1)",
    "nn.Linear(4, 48), nn.ReLU(), nn.ReLU(), nn.Linear(48, 48), nn.Linear(48, 1)",
    "optimiser = torch.optim.AdamW(D.parameters(), lr=1.0)",
    "optimiser = torch.optim.AdamW(D.parameters(), lr=0.0)",
    "optimiser = torch.optim.AdamW(D.parameters(), lr=0.04)",
    "optimiser = torch.optim.AdamW(D.parameters())",
    "schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.04, total_steps=steps)",
    "for _ in range(steps - 1):",
    "rows = torch.randint(len(X), (257,))",
    "rows = torch.randint(len(X), (255,))",
)
equivalent(
    "tell_apart",
    "There is one column, the first and the last; a row counted from the end is a row; a boolean answer serves; no logit is exactly 0.",
    "rows = -torch.randint(len(X), (256,))",
    "logits = D((X[rows] - mean) / std)[:, -1]",
    "return (D((unknown - mean) / std)[:, 0] >= 0).long()",
    "return (D((unknown - mean) / std)[:, -1] > 0).long()",
    "return D((unknown - mean) / std)[:, 0] > 0",
)
equivalent(
    "tell_apart",
    "Any method that reaches the bound counts: few logits lie between 0 and 1 or -1.",
    "return (D((unknown - mean) / std)[:, 0] > 1).long()",
    "return (D((unknown - mean) / std)[:, 0] > -1).long()",
)
