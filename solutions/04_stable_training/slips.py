"""Planted wrong answers to the exercises of chapter 4, each with the hint that it must get."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- softplus ------------------------------------------------------------------------------------------------

change(
    "softplus",
    "The slope is the step of a ReLU; softplus passes zero smoothly.",
    "1 / (1 + torch.exp(-z))",
    "(z > 0).to(z.dtype)",
)
change(
    "softplus",
    "The slope is 1 / (1 + e^z), which falls: a sign is turned round in it, or the inner derivative e^z of the chain rule is missing.",
    "1 / (1 + torch.exp(-z))",
    "1 / (1 + torch.exp(z))",
)
change(
    "softplus",
    "The value falls where it should rise: this is softplus of -z.",
    "z.clamp(min=0)",
    "(-z).clamp(min=0)",
)
change(
    "softplus",
    "Value and slope are those of -z: the sign of z is turned round.",
    "z.clamp(min=0)",
    "(-z).clamp(min=0)",
    "torch.exp(-z)",
    "torch.exp(z)",
)
change(
    "softplus",
    "The value is log sigmoid(z), which is never positive; softplus is -log sigmoid(-z).",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "z.clamp(max=0) - torch.log1p(torch.exp(-z.abs()))",
)
change(
    "softplus",
    "The value has the wrong sign: softplus is positive everywhere.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "-z.clamp(min=0) - torch.log1p(torch.exp(-z.abs()))",
)
change(
    "softplus",
    "The value is z itself: without the 1 inside, the logarithm undoes the exponential.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "z",
)
change(
    "softplus",
    "The value is ReLU's: the part with the logarithm is missing.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "z.clamp(min=0)",
)
change(
    "softplus",
    "The part max(z, 0) is missing from the value: taking e^z out of the logarithm leaves a z in front where z is positive.",
    "z.clamp(min=0) + ",
    "",
)
change(
    "softplus",
    "z itself stands in front of the logarithm for both signs; with |z| in the exponent it belongs to positive z alone.",
    "z.clamp(min=0) +",
    "z +",
)
change(
    "softplus",
    "The value is that of |z|: for negative z, |z| stands in front, or the exponent lacks its absolute value.",
    "z.clamp(min=0) +",
    "z.abs() +",
)
change(
    "softplus",
    "The value is that of |z|: for negative z, |z| stands in front, or the exponent lacks its absolute value.",
    "-z.abs()",
    "-z",
)
change(
    "softplus",
    "In the value the exponent has the wrong sign: with max(z, 0) in front, the exponential must be of -|z|.",
    "-z.abs()",
    "z.abs()",
)
change(
    "softplus",
    "In the value e^z stands in the logarithm and z in front as well: z is counted twice where it is positive.",
    "-z.abs()",
    "z",
)
change(
    "softplus",
    "The 1 inside the logarithm is counted twice: log1p adds one already.",
    "torch.log1p(torch.exp",
    "torch.log1p(1 + torch.exp",
)
change(
    "softplus",
    "The logarithm is taken without the 1 inside, so that it undoes the exponential: what is left is min(z, 0).",
    "torch.log1p(torch.exp(-z.abs()))",
    "torch.log(torch.exp(-z.abs()))",
)
change(
    "softplus",
    "The logarithm of the value is not the natural one but that to base 2.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "torch.log2(1 + torch.exp(z))",
)
change(
    "softplus",
    "The logarithm of the value is not the natural one but that to base 10.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "torch.log10(1 + torch.exp(z))",
)
change(
    "softplus",
    "In the value the logarithm of the exponential's part is missing: 1 + e^z has not been put into it.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "1 + torch.exp(z)",
)
change(
    "softplus",
    "The slope has the form s (1 - s): that is the slope of the sigmoid, the second derivative of softplus.",
    "1 / (1 + torch.exp(-z))",
    "torch.sigmoid(z) * (1 - torch.sigmoid(z))",
)
change(
    "softplus",
    "The slope is tanh(z); the derivative of softplus lies between 0 and 1.",
    "1 / (1 + torch.exp(-z))",
    "z.tanh()",
)
change(
    "softplus",
    "The sigmoid is taken at the value of softplus, as when z was overwritten with it; the slope belongs to the pre-activation z.",
    "1 / (1 + torch.exp(-z))",
    "torch.sigmoid(torch.log1p(torch.exp(z)))",
)
change(
    "softplus",
    "The slope is e^z: only the inner derivative is there, and the outer one, one over what the logarithm is taken of, is missing.",
    "1 / (1 + torch.exp(-z))",
    "torch.exp(z)",
)
change(
    "softplus",
    "The slope is turned over: 1 + e^-z belongs below the fraction line.",
    "1 / (1 + torch.exp(-z))",
    "1 + torch.exp(-z)",
)
change(
    "softplus",
    "The slope is that of log(e^z), constantly 1; the 1 inside the logarithm is missing.",
    "1 / (1 + torch.exp(-z))",
    "torch.ones_like(z)",
)
change(
    "softplus",
    "In the slope 2 stands below the fraction line where 1 belongs.",
    "1 / (1 + torch.exp(-z))",
    "1 / (2 + torch.exp(-z))",
)
change(
    "softplus",
    "In the slope the sign of the part from the logarithm is wrong: d/dz of -|z| changes its sign at zero.",
    "1 / (1 + torch.exp(-z))",
    "(z > 0).to(z.dtype) - torch.sigmoid(-z.abs())",
)
change(
    "softplus",
    "In the slope the sign of the part from the logarithm is wrong for positive z: d/dz of -|z| is -1 there.",
    "1 / (1 + torch.exp(-z))",
    "(z > 0).to(z.dtype) + torch.sigmoid(-z.abs())",
)
change(
    "softplus",
    "The slope is the value over again; differentiate it.",
    "1 / (1 + torch.exp(-z))",
    "torch.log1p(torch.exp(z))",
)
change(
    "softplus",
    "Value and slope are exchanged: the value comes first.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs())), 1 / (1 + torch.exp(-z))",
    "1 / (1 + torch.exp(-z)), z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
)
change(
    "softplus",
    "The value is the sigmoid; it is the logarithm of 1 + e^z that is asked for.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "torch.sigmoid(z)",
)
change(
    "softplus",
    "The exponential of a large number is infinite: the value overflows at large positive z.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "torch.log(1 + torch.exp(z))",
)
change(
    "softplus",
    "The exponential of a large number is infinite: the value overflows at large negative z, where z + log(1 + e^-z) is the wrong one of the two forms.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "z + torch.log(1 + torch.exp(-z))",
)
change(
    "softplus",
    "The slope becomes infinity over infinity where e^z overflows; divide by e^z first.",
    "1 / (1 + torch.exp(-z))",
    "torch.exp(z) / (1 + torch.exp(z))",
)
change(
    "softplus",
    "Both suffer where e^z overflows: the value is infinite, and the slope infinity over infinity.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "torch.log(1 + torch.exp(z))",
    "1 / (1 + torch.exp(-z))",
    "torch.exp(z) / (1 + torch.exp(z))",
)
change(
    "softplus",
    "An exponential overflows at either end: the value at large negative z, the slope, infinity over infinity, at large positive z.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "z + torch.log(1 + torch.exp(-z))",
    "1 / (1 + torch.exp(-z))",
    "torch.exp(z) / (1 + torch.exp(z))",
)
change(
    "softplus",
    "The value alone is given back; its slope is asked for as well.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs())), 1 / (1 + torch.exp(-z))",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
)
change(
    "softplus",
    "The slope alone is given back; the value is asked for as well.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs())), 1 / (1 + torch.exp(-z))",
    "1 / (1 + torch.exp(-z))",
)
change(
    "softplus",
    "The slope is that of the part with the logarithm alone; max(z, 0) has a slope as well.",
    "1 / (1 + torch.exp(-z))",
    "-z.sign() * torch.sigmoid(-z.abs())",
)
change(
    "softplus",
    "The slope is multiplied by z: an inner derivative is wrong, that of e^z is e^z.",
    "1 / (1 + torch.exp(-z))",
    "z * torch.sigmoid(z)",
)
change(
    "softplus",
    "The logarithm is missing from the value: the exponential itself is added to max(z, 0).",
    "torch.log1p(torch.exp(-z.abs()))",
    "torch.exp(-z.abs())",
)
change(
    "softplus",
    "The part with the logarithm is subtracted from max(z, 0); it is added.",
    "z.clamp(min=0) +",
    "z.clamp(min=0) -",
)
change(
    "softplus",
    "min(z, 0) stands in front of the logarithm, where max(z, 0) belongs.",
    "z.clamp(min=0)",
    "z.clamp(max=0)",
)
change(
    "softplus",
    "The 1 is added outside the logarithm: the value is 1 + z.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "1 + z",
)
change(
    "softplus",
    "The value is the exponential of z: the logarithm is missing, and the 1.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "torch.exp(z)",
)
change(
    "softplus",
    "The 1 inside the logarithm is counted twice: log1p adds one already.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "torch.log1p(1 + torch.exp(z))",
)
change(
    "softplus",
    "The value is z itself for positive z; softplus comes near to z there, but lies above it.",
    "z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))",
    "torch.where(z > 0, z, torch.log1p(torch.exp(z)))",
)
change(
    "softplus",
    "The slope is that at |z|: for negative z it is below one half.",
    "1 / (1 + torch.exp(-z))",
    "torch.sigmoid(z.abs())",
)
change(
    "softplus",
    "The slope is 0 for negative z, as a ReLU's; softplus has a slope there as well.",
    "1 / (1 + torch.exp(-z))",
    "torch.sigmoid(z) * (z > 0)",
)
change(
    "softplus",
    "The slope has the wrong sign: softplus rises everywhere.",
    "1 / (1 + torch.exp(-z))",
    "-torch.sigmoid(z)",
)
change(
    "softplus",
    "The slope is 1 for positive z, as a ReLU's; softplus comes near to that, but stays below.",
    "1 / (1 + torch.exp(-z))",
    "torch.where(z > 0, torch.ones_like(z), torch.sigmoid(z))",
)


@slip("softplus", "The results are right, but z was overwritten: z belongs to the caller.")
def in_place(z: Tensor) -> tuple[Tensor, Tensor]:
    slope = torch.sigmoid(z)
    value = z.clamp(min=0) + torch.log1p(torch.exp(-z.abs_()))
    return value, slope


@slip(
    "softplus",
    "The sigmoid is taken at the value of softplus, as when z was overwritten with it; the slope belongs to the pre-activation z.",
)
def slope_of_the_overwritten(z: Tensor) -> tuple[Tensor, Tensor]:
    z.copy_(z.clamp(min=0) + torch.log1p(torch.exp(-z.abs())))
    return z, 1 / (1 + torch.exp(-z))


@slip(
    "softplus", "e^z is multiplied by a mask: infinity times zero is NaN where z is large."
)
def value_by_masks(z: Tensor) -> tuple[Tensor, Tensor]:
    up, down = (z > 0).to(z.dtype), (z <= 0).to(z.dtype)
    value = up * (z + torch.log1p(torch.exp(-z))) + down * torch.log1p(torch.exp(z))
    return value, 1 / (1 + torch.exp(-z))


@slip(
    "softplus", "The value is cut at a bound: for large z it must go on growing as z does."
)
def clamped_before(z: Tensor) -> tuple[Tensor, Tensor]:
    return torch.log(1 + torch.exp(z.clamp(-50, 50))), 1 / (1 + torch.exp(-z))


@slip(
    "softplus", "The value is cut at a bound: for large z it must go on growing as z does."
)
def clamped_at_twenty(z: Tensor) -> tuple[Tensor, Tensor]:
    return torch.log(1 + torch.exp(z.clamp(max=20))), 1 / (1 + torch.exp(-z))


@slip(
    "softplus", "The value is cut at a bound: for large z it must go on growing as z does."
)
def clamped_at_hundred(z: Tensor) -> tuple[Tensor, Tensor]:
    return torch.log(1 + torch.exp(z.clamp(max=100))), 1 / (1 + torch.exp(-z))


# -- elu -----------------------------------------------------------------------------------------------------

change(
    "elu",
    "The slope below zero has lost its alpha.",
    "ones, below)",
    "ones, below / alpha)",
)
change(
    "elu",
    "The slope below zero is ReLU's; the lower branch is not flat.",
    "ones, below)",
    "ones, 0 * below)",
)
change(
    "elu",
    "Alpha scales the positive side of the value too; it belongs to the lower branch alone.",
    "> 0, z,",
    "> 0, alpha * z,",
)
change(
    "elu",
    "Alpha scales the positive side too, in the value and in its slope; it belongs to the lower branch alone.",
    "> 0, z,",
    "> 0, alpha * z,",
    "> 0, ones",
    "> 0, alpha * ones",
)
change(
    "elu",
    "The slope on the positive side is alpha; there the value is z, without alpha.",
    "> 0, ones",
    "> 0, alpha * ones",
)
change(
    "elu",
    "In the value the 1 is not taken off: the lower branch does not meet the upper one at zero.",
    "below - alpha",
    "below",
)
change(
    "elu", "The value below zero has lost its alpha.", "below - alpha", "below / alpha - 1"
)
change(
    "elu",
    "Alpha is ignored: value and slope are those of alpha = 1.",
    "alpha * torch.exp",
    "torch.exp",
    "below - alpha",
    "below - 1",
)
change(
    "elu",
    "Alpha multiplies the exponential only; the 1 that is taken off is multiplied by alpha too.",
    "below - alpha",
    "below - 1",
)
change(
    "elu",
    "At z = 0 the slope of the lower branch is asked for.",
    "torch.where(z > 0, ones",
    "torch.where(z >= 0, ones",
)
change(
    "elu",
    "At z = 0 the slope of the lower branch is asked for.",
    ", below)",
    ", torch.where(z < 0, below, 0 * below))",
)
change(
    "elu",
    "The slope is right except at z = 0, where the mean of both sides stands; the slope of the lower branch is asked for.",
    ", below)",
    ", torch.where(z < 0, below, (1 + below) / 2))",
)
change(
    "elu",
    "The two branches are exchanged: z itself belongs to the positive side.",
    "torch.where(z > 0, z,",
    "torch.where(z <= 0, z,",
    "torch.where(z > 0, ones",
    "torch.where(z <= 0, ones",
    "z.clamp(max=0)",
    "z",
)
change(
    "elu",
    "The value of the lower branch stands in its slope; the constant -alpha drops out when it is differentiated.",
    "ones, below)",
    "ones, below - alpha)",
)
change(
    "elu",
    "In the slope below zero a constant 1 is still taken off; it drops out when the branch is differentiated.",
    "ones, below)",
    "ones, below - 1)",
)
change(
    "elu",
    "The slope on the positive side is z; the derivative of z is 1.",
    "> 0, ones",
    "> 0, z",
)
change(
    "elu",
    "This is a leaky ReLU of slope alpha; the lower branch of an ELU is an exponential that saturates.",
    "below - alpha",
    "alpha * z",
    "ones, below)",
    "ones, alpha * ones)",
)
change(
    "elu",
    "The slope below zero is the constant alpha, that of a leaky ReLU; the slope of the exponential depends on z.",
    "ones, below)",
    "ones, alpha * ones)",
)
change(
    "elu",
    "The value below zero is that of a leaky ReLU, alpha times z; the exponential is missing.",
    "below - alpha",
    "alpha * z",
)
change(
    "elu",
    "Value and slope are exchanged: the value comes first.",
    "torch.where(z > 0, z, below - alpha), torch.where(z > 0, ones, below)",
    "torch.where(z > 0, ones, below), torch.where(z > 0, z, below - alpha)",
)
change(
    "elu",
    "This is CELU: z is divided by alpha in the exponent. In an ELU alpha stands in front of the exponential alone.",
    "alpha * torch.exp(z.clamp(max=0))",
    "torch.exp(z.clamp(max=0) / alpha)",
    "below - alpha",
    "alpha * below - alpha",
)
change(
    "elu",
    "Alpha stands in the exponent too; there z stands alone.",
    "torch.exp(z.clamp(max=0))",
    "torch.exp(alpha * z.clamp(max=0))",
)
change(
    "elu",
    "The value on the lower branch has the wrong sign: it is negative below zero, for positive alpha.",
    "below - alpha",
    "alpha - below",
)
change(
    "elu",
    "The exponent has the wrong sign: below zero the exponential must shrink.",
    "torch.exp(z.clamp(max=0))",
    "torch.exp(-z.clamp(max=0))",
)
change(
    "elu",
    "The slope below zero has the wrong sign: an ELU rises everywhere.",
    "ones, below)",
    "ones, -below)",
)
change(
    "elu",
    "The slope below zero is multiplied by z; the derivative of e^z is e^z itself.",
    "ones, below)",
    "ones, z * below)",
)
change(
    "elu",
    "The value is the larger of the two branches; for alpha above 1 the lower branch lies above z only further down. Choose by the sign of z.",
    "torch.where(z > 0, z, below - alpha)",
    "torch.maximum(z, below - alpha)",
)
change(
    "elu",
    "The value is the smaller of the two branches; choose by the sign of z.",
    "torch.where(z > 0, z, below - alpha)",
    "torch.minimum(z, alpha * z.exp() - alpha)",
)
change(
    "elu",
    "Below zero the value is 0, as a ReLU's: the lower branch of the value is missing.",
    "below - alpha",
    "0 * below",
)
change(
    "elu",
    "Positive pre-activations are treated as if they were 0: the upper branch, z with slope 1, is missing.",
    "torch.where(z > 0, z, below - alpha)",
    "below - alpha",
    "torch.where(z > 0, ones, below)",
    "below",
)
change(
    "elu",
    "The lower branch is added to z everywhere; below zero it takes the place of z.",
    "torch.where(z > 0, z, below - alpha)",
    "z + below - alpha",
)
change(
    "elu",
    "The slope is that of the lower branch for all numbers, the value plus alpha; where z is positive it is 1.",
    "torch.where(z > 0, ones, below)",
    "torch.where(z > 0, z, below - alpha) + alpha",
)
change(
    "elu",
    "The slope is that of the lower branch for positive numbers too; there it is 1.",
    "torch.where(z > 0, ones, below)",
    "alpha * torch.exp(z)",
)
change(
    "elu",
    "The slope below zero is taken at the value of the ELU, as when z was overwritten with it; it belongs to the pre-activation z.",
    "ones, below)",
    "ones, alpha * torch.exp(below - alpha))",
)
change(
    "elu",
    "The slope on the positive side is the value plus 1; there the value is z, and its slope is 1.",
    "> 0, ones",
    "> 0, 1 + z",
)
change(
    "elu",
    "The value alone is given back; its slope is asked for as well.",
    "torch.where(z > 0, z, below - alpha), torch.where(z > 0, ones, below)",
    "torch.where(z > 0, z, below - alpha)",
)
change(
    "elu",
    "The slope alone is given back; the value is asked for as well.",
    "torch.where(z > 0, z, below - alpha), torch.where(z > 0, ones, below)",
    "torch.where(z > 0, ones, below)",
)
change(
    "elu",
    "In the lower branch the exponential is missing: z itself stands where e^z should be.",
    "torch.exp(z.clamp(max=0))",
    "z.clamp(max=0)",
)
change(
    "elu",
    "The slope on the positive side is 0; the value rises with z there.",
    "> 0, ones",
    "> 0, 0 * ones",
)
change(
    "elu",
    "Alpha multiplies the 1 alone; it belongs to the exponential as well, in the value and in its slope.",
    "alpha * torch.exp",
    "torch.exp",
)
change(
    "elu",
    "The 1 is taken off in the exponent; it is taken off the exponential.",
    "below - alpha",
    "below / torch.e",
)
change(
    "elu",
    "The 1 is taken off in the exponent, in the value and in its slope; it is taken off the exponential.",
    "torch.exp(z.clamp(max=0))",
    "torch.exp(z.clamp(max=0) - 1)",
    "below - alpha",
    "below",
)
change(
    "elu",
    "The value is cut off at -alpha in a corner; an ELU approaches -alpha along an exponential.",
    "torch.where(z > 0, z, below - alpha)",
    "z.clamp(min=-alpha)",
)
change(
    "elu",
    "The lower branch stands for positive numbers too, in the value; there it is z.",
    "torch.where(z > 0, z, below - alpha)",
    "alpha * torch.exp(z) - alpha",
)
change(
    "elu",
    "The lower branch stands for positive numbers too, in value and slope; there the value is z and the slope 1.",
    "torch.where(z > 0, z, below - alpha)",
    "alpha * torch.exp(z) - alpha",
    "torch.where(z > 0, ones, below)",
    "alpha * torch.exp(z)",
)
change(
    "elu",
    "The branches are chosen by comparing z with alpha; they meet at 0.",
    "torch.where(z > 0, z",
    "torch.where(z > alpha, z",
    "torch.where(z > 0, ones",
    "torch.where(z > alpha, ones",
    "z.clamp(max=0)",
    "z",
)
change(
    "elu",
    "In the slope the two branches are exchanged.",
    "torch.where(z > 0, ones, below)",
    "torch.where(z > 0, alpha * torch.exp(z), ones)",
)


@slip(
    "elu",
    "The exponential overflows where z is large, and infinity times zero is NaN, in the value and in the slope.",
)
def masks_multiplied(z: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    up, down = (z > 0).to(z.dtype), (z <= 0).to(z.dtype)
    return up * z + down * alpha * (torch.exp(z) - 1), up + down * alpha * torch.exp(z)


@slip(
    "elu",
    "In the value the exponential overflows where z is large, and infinity times zero is NaN.",
)
def value_by_masks(z: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    up, down = (z > 0).to(z.dtype), (z <= 0).to(z.dtype)
    value = up * z + down * alpha * (torch.exp(z) - 1)
    return value, torch.where(z > 0, 1.0, alpha * torch.exp(z))


@slip(
    "elu",
    "In the slope the exponential overflows where z is large, and infinity times zero is NaN.",
)
def slope_by_masks(z: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    up, down = (z > 0).to(z.dtype), (z <= 0).to(z.dtype)
    return torch.where(z > 0, z, alpha * (torch.exp(z) - 1)), up + down * alpha * torch.exp(
        z
    )


@slip(
    "elu",
    "The slope below zero is taken at the value of the ELU, as when z was overwritten with it; it belongs to the pre-activation z.",
)
def slope_of_the_overwritten(z: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    low, slope = z <= 0, torch.ones_like(z)
    z[low] = alpha * (torch.exp(z[low]) - 1)
    slope[low] = alpha * torch.exp(z[low])
    return z, slope


@slip("elu", "The value is right, but z was overwritten with it: z belongs to the caller.")
def in_place(z: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    slope = torch.where(z > 0, torch.ones_like(z), alpha * torch.exp(z))
    low = z <= 0
    z[low] = alpha * (torch.exp(z[low]) - 1)
    return z.clone(), slope


equivalent(
    "elu",
    "The lower branch is not chosen where z is positive: what stands there, infinity too, is dropped.",
    "below = alpha * torch.exp(z.clamp(max=1))",
    "below = alpha * torch.exp(z)",
)
equivalent(
    "elu",
    "At z = 0 both branches of the value are 0.",
    "return torch.where(z >= 0, z, below - alpha), torch.where(z > 0, ones, below)",
)
change(
    "elu",
    "This is the faulty function: alpha multiplies the exponential only in the value, and is missing from the slope.",
    "below - alpha",
    "below - 1",
    "ones, below)",
    "ones, below / alpha)",
)

# -- he_normal -----------------------------------------------------------------------------------------------

change(
    "he_normal",
    "The variance stands where the standard deviation belongs.",
    "(2 / n_in) ** 0.5",
    "2 / n_in",
)
change(
    "he_normal",
    "The outputs of the layer are counted; (4.8) counts its inputs.",
    "(2 / n_in) ** 0.5",
    "(2 / n_out) ** 0.5",
)
change(
    "he_normal",
    "The variance is 1/n_in, the rule for linear layers; a ReLU sets half of its inputs to zero.",
    "(2 / n_in) ** 0.5",
    "(1 / n_in) ** 0.5",
)
change(
    "he_normal",
    "The variance is 1/n_out: the outputs are counted, and the factor 2 for the ReLU is missing.",
    "(2 / n_in) ** 0.5",
    "(1 / n_out) ** 0.5",
)
change(
    "he_normal",
    "Rows and columns are exchanged: the weights of one unit stand in a row, so that the shape is (n_out, n_in).",
    "n_out, n_in, generator",
    "n_in, n_out, generator",
)
change(
    "he_normal",
    "Drawn as (n_in, n_out) and transposed: the shape is right, but the numbers stand in other places. Draw (n_out, n_in) at once.",
    "torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)",
    "torch.randn(n_in, n_out, generator=rng, dtype=torch.float64).T",
)
change(
    "he_normal",
    "This is Xavier's rule, with the outputs in it; He's counts the inputs alone.",
    "(2 / n_in) ** 0.5",
    "(2 / (n_in + n_out)) ** 0.5",
)
change(
    "he_normal",
    "The factor is the inverse of the standard deviation: more inputs ask for smaller weights.",
    "(2 / n_in) ** 0.5",
    "(n_in / 2) ** 0.5",
)
change(
    "he_normal",
    "The root reaches n_in alone; the standard deviation is the root of the whole fraction.",
    "(2 / n_in) ** 0.5",
    "2 / n_in ** 0.5",
)
change(
    "he_normal",
    "The root reaches the 2 alone; the standard deviation is the root of the whole fraction.",
    "(2 / n_in) ** 0.5",
    "2 ** 0.5 / n_in",
)
change(
    "he_normal",
    "The numbers have standard deviation 1: they have not been scaled.",
    "(2 / n_in) ** 0.5 * ",
    "",
)
change(
    "he_normal",
    "The variance is squared; its root is the standard deviation.",
    "(2 / n_in) ** 0.5",
    "(2 / n_in) ** 2",
)
change(
    "he_normal",
    "The numbers are uniform between 0 and the standard deviation; normal ones are asked for.",
    "torch.randn",
    "torch.rand",
)
change(
    "he_normal",
    "The numbers are uniform, and around zero; normal ones are asked for.",
    "(2 / n_in) ** 0.5 * torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)",
    "(6 / n_in) ** 0.5 * (2 * torch.rand(n_out, n_in, generator=rng, dtype=torch.float64) - 1)",
)
change(
    "he_normal",
    "`rng` is not used: the numbers come from torch's own generator, so that nobody can repeat the draw.",
    "generator=rng, ",
    "",
)
change(
    "he_normal",
    "The standard deviation is added to the numbers; it multiplies them.",
    "(2 / n_in) ** 0.5 *",
    "(2 / n_in) ** 0.5 +",
)
change(
    "he_normal",
    "The factor is the inverse of the standard deviation: more inputs ask for smaller weights.",
    "(2 / n_in) ** 0.5 *",
    "1 / (2 / n_in) ** 0.5 *",
)
change(
    "he_normal",
    "The variance counts all n_in n_out weights; only the n_in connections into one unit count.",
    "(2 / n_in) ** 0.5",
    "(2 / (n_in * n_out)) ** 0.5",
)
change(
    "he_normal",
    "The variance is halved: 1/(2 n_in) stands for 2/n_in.",
    "(2 / n_in) ** 0.5",
    "(1 / (2 * n_in)) ** 0.5",
)
change(
    "he_normal",
    "n_in and n_out are averaged for the variance; He's rule counts the inputs alone.",
    "(2 / n_in) ** 0.5",
    "(4 / (n_in + n_out)) ** 0.5",
)
change(
    "he_normal",
    "The standard deviation is 1/n_in: neither the 2 nor the root is there.",
    "(2 / n_in) ** 0.5",
    "1 / n_in",
)
change(
    "he_normal",
    "The factor is the root of 3/n_in, the half-width of a uniform draw of variance 1/n_in; the weights are normal, of variance 2/n_in.",
    "(2 / n_in) ** 0.5",
    "(3 / n_in) ** 0.5",
)
change(
    "he_normal",
    "The factor is the half-width of a uniform draw; the standard deviation of normal numbers is the root of the variance alone.",
    "(2 / n_in) ** 0.5",
    "(6 / n_in) ** 0.5",
)
change(
    "he_normal",
    "Rows and columns are exchanged, and n_out is counted where n_in should be: `n_in` is the number of columns.",
    "(2 / n_in) ** 0.5",
    "(2 / n_out) ** 0.5",
    "n_out, n_in, generator",
    "n_in, n_out, generator",
)
change(
    "he_normal",
    "The signs are turned round: the numbers are multiplied by the negative root.",
    "(2 / n_in) ** 0.5",
    "-((2 / n_in) ** 0.5)",
)
change(
    "he_normal",
    "The variance stands for the standard deviation, and n_out for n_in.",
    "(2 / n_in) ** 0.5",
    "2 / n_out",
)
change(
    "he_normal",
    "The numbers are drawn in float32, torch's default; float64 is asked for.",
    ", dtype=torch.float64",
    "",
)
change(
    "he_normal",
    "The numbers were drawn in float32 and then converted; draw them in float64.",
    ", dtype=torch.float64)",
    ").double()",
)
change(
    "he_normal",
    "The outputs are counted with the inputs, and the 2 is missing.",
    "(2 / n_in) ** 0.5",
    "(1 / (n_in + n_out)) ** 0.5",
)
change(
    "he_normal",
    "The numbers are multiplied by the root of 2 alone; the number of inputs is missing.",
    "(2 / n_in) ** 0.5",
    "2 ** 0.5",
)
change(
    "he_normal",
    "The variance grows with n_in; more inputs ask for smaller weights.",
    "(2 / n_in) ** 0.5",
    "(2 * n_in) ** 0.5",
)
change(
    "he_normal",
    "The shape is (n_in, n_in); there is one row for each of the n_out units.",
    "(n_out, n_in, generator",
    "(n_in, n_in, generator",
)
change(
    "he_normal",
    "The shape is (n_out, n_out); there is one column for each of the n_in inputs.",
    "(n_out, n_in, generator",
    "(n_out, n_out, generator",
)
change(
    "he_normal",
    "The numbers are uniform between plus and minus half the standard deviation; normal ones are asked for.",
    "torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)",
    "(torch.rand(n_out, n_in, generator=rng, dtype=torch.float64) - 0.5)",
)
change(
    "he_normal",
    "The numbers are uniform between plus and minus the standard deviation; normal ones are asked for.",
    "torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)",
    "(2 * torch.rand(n_out, n_in, generator=rng, dtype=torch.float64) - 1)",
)
change(
    "he_normal",
    "Xavier's variance, without its root, stands where the standard deviation of He's rule belongs.",
    "(2 / n_in) ** 0.5",
    "2 / (n_in + n_out)",
)


@slip(
    "he_normal",
    "The draw is standardised afterwards; the variance is that of the distribution, not of these numbers.",
)
def made_to_measure(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    drawn = torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)
    return (2 / n_in) ** 0.5 * (drawn - drawn.mean()) / drawn.std()


@slip(
    "he_normal", "Two draws were made, and the second one returned; the check draws once."
)
def drawn_twice(n_in: int, n_out: int, rng: torch.Generator) -> Tensor:
    torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)
    return (2 / n_in) ** 0.5 * torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)


# -- batch_norm_train ----------------------------------------------------------------------------------------

change(
    "batch_norm_train",
    "The variance is the unbiased one, divided by n - 1; this step divides by n.",
    ", correction=0",
    "",
)
change(
    "batch_norm_train",
    "Y is right, but the variance that is returned is the unbiased one; return the one that was used.",
    "beta, mean, var",
    "beta, mean, var * len(X) / (len(X) - 1)",
)
change(
    "batch_norm_train",
    "Y is standardised with the unbiased variance; the plain one, which is returned, belongs there too.",
    "(var + eps)",
    "(var * len(X) / (len(X) - 1) + eps)",
)
change(
    "batch_norm_train",
    "Epsilon stands outside the root; it is added to the variance.",
    "(var + eps).sqrt()",
    "(var.sqrt() + eps)",
)
change(
    "batch_norm_train",
    "Epsilon is missing: a column of equal numbers is divided by zero.",
    "(var + eps)",
    "var",
)
change(
    "batch_norm_train",
    "Epsilon is added after the division, or to the finished result; it belongs to the variance.",
    "/ (var + eps).sqrt() + beta",
    "/ var.sqrt() + eps + beta",
)
change("batch_norm_train", "Epsilon has the wrong sign.", "var + eps", "var - eps")
change(
    "batch_norm_train",
    "Epsilon is squared; it is added to the variance as it is.",
    "var + eps",
    "var + eps**2",
)
change(
    "batch_norm_train",
    "A fixed epsilon stands in place of the one that was given.",
    "var + eps",
    "var + 1e-5",
)
change(
    "batch_norm_train",
    "The larger of variance and epsilon is taken; epsilon is added.",
    "(var + eps)",
    "var.clamp(min=eps)",
)
change(
    "batch_norm_train",
    "The result is standardised only: scale gamma and shift beta are missing.",
    "gamma * (X - mean) / (var + eps).sqrt() + beta",
    "(X - mean) / (var + eps).sqrt()",
)
change("batch_norm_train", "The scale gamma is missing.", "return gamma * ", "return ")
change("batch_norm_train", "The shift beta is missing.", " + beta", "")
change("batch_norm_train", "The shift beta is subtracted; it is added.", "+ beta", "- beta")
change(
    "batch_norm_train",
    "Scale and shift are exchanged: gamma multiplies and beta is added.",
    "gamma * (X - mean) / (var + eps).sqrt() + beta",
    "beta * (X - mean) / (var + eps).sqrt() + gamma",
)
change(
    "batch_norm_train",
    "The shift is added before the scale: gamma multiplies beta as well.",
    "gamma * (X - mean) / (var + eps).sqrt() + beta",
    "gamma * ((X - mean) / (var + eps).sqrt() + beta)",
)
change(
    "batch_norm_train",
    "Divided by gamma; the standardised numbers are multiplied by it.",
    "gamma * (X - mean) /",
    "(X - mean) / gamma /",
)
change(
    "batch_norm_train",
    "Divided by the variance; the standard deviation is its root.",
    "(var + eps).sqrt()",
    "(var + eps)",
)
change(
    "batch_norm_train",
    "Multiplied by the standard deviation; divide by it.",
    ") / (var",
    ") * (var",
)
change(
    "batch_norm_train",
    "The division by the standard deviation is missing.",
    " / (var + eps).sqrt()",
    "",
)
change("batch_norm_train", "The mean is not taken off.", "(X - mean)", "X")
change("batch_norm_train", "The mean is added; it is taken off.", "X - mean", "X + mean")
change(
    "batch_norm_train",
    "The sign of the deviation is turned round: x minus mean.",
    "X - mean",
    "mean - X",
)
change(
    "batch_norm_train",
    "Only the mean is divided by the standard deviation; the deviation x minus mean belongs in a bracket.",
    "gamma * (X - mean) / (var + eps).sqrt() + beta",
    "gamma * (X - mean / (var + eps).sqrt()) + beta",
)
change(
    "batch_norm_train",
    "The mean is taken off after the scaling: gamma multiplies the deviation, not x.",
    "gamma * (X - mean)",
    "(gamma * X - mean)",
)
change(
    "batch_norm_train",
    "Y is right, but the standard deviation is returned for the variance.",
    "beta, mean, var",
    "beta, mean, var.sqrt()",
)
change(
    "batch_norm_train",
    "Y is right, but the variance that is returned has epsilon in it.",
    "beta, mean, var",
    "beta, mean, var + eps",
)
change(
    "batch_norm_train",
    "Mean and variance are returned in the wrong order.",
    "beta, mean, var",
    "beta, var, mean",
)
change(
    "batch_norm_train",
    "Each row is standardised, as in layer normalisation; batch normalisation takes each column over the batch.",
    "X.mean(dim=0), X.var(dim=0, correction=0)",
    "X.mean(dim=1, keepdim=True), X.var(dim=1, correction=0, keepdim=True)",
)
change(
    "batch_norm_train",
    "Mean and variance are taken over the whole table; each column has its own.",
    "X.mean(dim=0), X.var(dim=0, correction=0)",
    "X.mean(), X.var(correction=0)",
)
change(
    "batch_norm_train",
    "The statistics keep an axis of size 1; they have the shape (d,).",
    "X.mean(dim=0), X.var(dim=0, correction=0)",
    "X.mean(dim=0, keepdim=True), X.var(dim=0, correction=0, keepdim=True)",
)
change(
    "batch_norm_train",
    "The mean of the squares stands for the variance: the mean is not taken off before squaring.",
    "X.var(dim=0, correction=0)",
    "(X**2).mean(dim=0)",
)
change(
    "batch_norm_train",
    "The standard deviation stands for the variance, also under the root.",
    "X.var(dim=0, correction=0)",
    "X.std(dim=0, correction=0)",
)
change(
    "batch_norm_train",
    "The squared deviations are summed; the variance is their mean.",
    "X.var(dim=0, correction=0)",
    "((X - X.mean(dim=0)) ** 2).sum(dim=0)",
)
change(
    "batch_norm_train",
    "The mean absolute deviation stands for the variance; the deviations are squared.",
    "X.var(dim=0, correction=0)",
    "(X - X.mean(dim=0)).abs().mean(dim=0)",
)
change(
    "batch_norm_train",
    "The numbers are summed over the batch; the mean divides by n.",
    "X.mean(dim=0), X.var(dim=0, correction=0)",
    "X.sum(dim=0), ((X - X.sum(dim=0)) ** 2).mean(dim=0)",
)
change(
    "batch_norm_train",
    "The variance is that of the whole table; each column has its own.",
    "X.var(dim=0, correction=0)",
    "X.var(correction=0).expand(X.shape[1])",
)
change(
    "batch_norm_train",
    "The middle value stands for the mean.",
    "X.mean(dim=0), X",
    "X.median(dim=0).values, X",
)
change(
    "batch_norm_train",
    "Y is right, but the standard deviation is returned for the variance, with epsilon in it.",
    "beta, mean, var",
    "beta, mean, (var + eps).sqrt()",
)
change(
    "batch_norm_train",
    "Y is right, but the standard deviation and not the variance is returned, and the unbiased one.",
    "beta, mean, var",
    "beta, mean, X.std(dim=0)",
)
change(
    "batch_norm_train",
    "Y alone is given back; mean and variance are asked for as well.",
    "beta, mean, var",
    "beta",
)
change(
    "batch_norm_train",
    "The statistics come first; Y does.",
    "gamma * (X - mean) / (var + eps).sqrt() + beta, mean, var",
    "mean, var, gamma * (X - mean) / (var + eps).sqrt() + beta",
)
change(
    "batch_norm_train",
    "Mean and variance are packed in a pair of their own; three values are asked for, one after the other.",
    "beta, mean, var",
    "beta, (mean, var)",
)
change(
    "batch_norm_train",
    "Scale gamma and shift beta are missing, and the variance is the unbiased one.",
    ", correction=0",
    "",
    "gamma * (X - mean) / (var + eps).sqrt() + beta",
    "(X - mean) / (var + eps).sqrt()",
)
change(
    "batch_norm_train",
    "The mean is divided by the number of features; it is the mean over the examples.",
    "mean, var = X.mean(dim=0), X.var(dim=0, correction=0)",
    "mean = X.sum(dim=0) / X.shape[1]\n    var = ((X - mean) ** 2).sum(dim=0) / X.shape[1]",
)
change(
    "batch_norm_train",
    "The squared deviations are divided by the number of features; the variance is their mean over the examples.",
    "X.var(dim=0, correction=0)",
    "X.var(dim=0, correction=0) * len(X) / X.shape[1]",
)
change(
    "batch_norm_train",
    "The numbers are summed over the batch; the mean divides by n.",
    "X.mean(dim=0), X.var(dim=0, correction=0)",
    "X.sum(dim=0), X.var(dim=0, correction=0)",
)
change(
    "batch_norm_train",
    "The mean keeps an axis of size 1; it has the shape (d,).",
    "X.mean(dim=0), X",
    "X.mean(dim=0, keepdim=True), X",
)
change(
    "batch_norm_train",
    "The variance keeps an axis of size 1; it has the shape (d,).",
    "X.var(dim=0, correction=0)",
    "X.var(dim=0, correction=0, keepdim=True)",
)
change(
    "batch_norm_train",
    "beta is the scale as well as the shift; the scale is gamma.",
    "gamma * (X",
    "beta * (X",
)
change(
    "batch_norm_train",
    "gamma is the shift as well as the scale; the shift is beta.",
    "+ beta",
    "+ gamma",
)
change(
    "batch_norm_train",
    "Two mistakes: the unbiased standard deviation divides, and epsilon is added to it and not to the variance.",
    ", correction=0",
    "",
    "(var + eps).sqrt()",
    "(var.sqrt() + eps)",
)
change(
    "batch_norm_train",
    "The mean is taken off the mean of the squares without being squared.",
    "X.var(dim=0, correction=0)",
    "(X**2).mean(dim=0) - X.mean(dim=0)",
)
change(
    "batch_norm_train",
    "Epsilon is multiplied into the variance; it is added.",
    "var + eps",
    "var * eps",
)
change(
    "batch_norm_train",
    "Variance and epsilon are rooted apart; the root is that of their sum.",
    "(var + eps).sqrt()",
    "(var.sqrt() + eps**0.5)",
)


@slip(
    "batch_norm_train",
    "Y, mean and var are right, but X was overwritten: X belongs to the caller.",
)
def in_place(
    X: Tensor, gamma: Tensor, beta: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    mean, var = X.mean(dim=0), X.var(dim=0, correction=0)
    X -= mean
    return gamma * X / (var + eps).sqrt() + beta, mean, var


@slip(
    "batch_norm_train",
    "The statistics that are returned are those of the result; they belong to X.",
)
def statistics_of_the_result(
    X: Tensor, gamma: Tensor, beta: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    mean, var = X.mean(dim=0), X.var(dim=0, correction=0)
    Y = gamma * (X - mean) / (var + eps).sqrt() + beta
    return Y, Y.mean(dim=0), Y.var(dim=0, correction=0)


# -- clip_gradients ------------------------------------------------------------------------------------------

change(
    "clip_gradients",
    "The lengths of the tensors were added; lengths add up as squares.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "sum(g.norm() for g in gradients)",
)
change(
    "clip_gradients",
    "A short gradient was made longer; leave it alone.",
    "c / norm if norm > c else 1.0",
    "c / norm",
)
change(
    "clip_gradients",
    "The squared length stands where the length belongs: the root is missing.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "sum((g**2).sum() for g in gradients)",
)
change(
    "clip_gradients",
    "The length was taken as the sum of the absolute values; it is the root of the sum of the squares.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "sum(g.abs().sum() for g in gradients)",
)
change(
    "clip_gradients",
    "The length was taken as the largest absolute value; it is the root of the sum of the squares.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "max(g.abs().max() for g in gradients)",
)
change(
    "clip_gradients",
    "The length is that of the longest tensor; all tensors have one length together.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "max(g.norm() for g in gradients)",
)
change(
    "clip_gradients",
    "The length is that of the last tensor, as when a loop overwrites it; all tensors have one length together.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "gradients[-1].norm()",
)
change(
    "clip_gradients",
    "The length is that of the first tensor; all tensors have one length together.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "gradients[0].norm()",
)
change(
    "clip_gradients",
    "The lengths of the tensors were averaged; add the squares and take the root.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "sum(g.norm() for g in gradients) / len(gradients)",
)
change(
    "clip_gradients",
    "The squares were averaged over the numbers before the root; the length sums them.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "(sum((g**2).sum() for g in gradients) / sum(g.numel() for g in gradients)) ** 0.5",
)
change(
    "clip_gradients",
    "The squares were averaged over the tensors before the root; the length sums them.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "(sum((g**2).sum() for g in gradients) / len(gradients)) ** 0.5",
)
change(
    "clip_gradients",
    "Squared numbers were averaged within each tensor; the length sums all of them.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "sum((g**2).mean() for g in gradients) ** 0.5",
)
change(
    "clip_gradients",
    "The numbers were added before squaring; square each of them first.",
    "sum((g**2).sum() for g in gradients) ** 0.5",
    "sum(g.sum() ** 2 for g in gradients) ** 0.5",
)
change(
    "clip_gradients",
    "The factor is upside down: it makes a long gradient longer.",
    "c / norm if",
    "norm / c if",
)
change(
    "clip_gradients",
    "A gradient longer than c comes back as it was; its factor must be below 1.",
    "norm > c",
    "norm < c and norm > 0",
)
change(
    "clip_gradients",
    "The gradient is scaled to length 1; the length that is asked for is c.",
    "c / norm if",
    "1 / norm if",
)
change(
    "clip_gradients",
    "The gradient is multiplied by c, but not divided by its length.",
    "c / norm if",
    "c if",
)
change(
    "clip_gradients",
    "The squared length stands where the length belongs: the root is missing.",
    "c / norm if",
    "c / norm**2 if",
)
change(
    "clip_gradients",
    "The factor holds a root too many: divide c by the length itself.",
    "c / norm if",
    "(c / norm) ** 0.5 if",
)
change(
    "clip_gradients",
    "The factor is (c / length) squared; it is c divided by the length.",
    "c / norm if",
    "(c / norm) ** 2 if",
)
change(
    "clip_gradients",
    "A gradient longer than c comes back as it was; its factor must be below 1.",
    "c / norm if norm > c else 1.0",
    "1.0",
)
change(
    "clip_gradients",
    "A long gradient became zero; it is to be shortened to the length c.",
    "c / norm if norm > c else 1.0",
    "0.0 if norm > c else 1.0",
)
change(
    "clip_gradients",
    "A 1 is added to the length before the division; a long gradient must come out c long.",
    "c / norm if",
    "c / (norm + 1) if",
)
change(
    "clip_gradients",
    "The first tensor alone is shortened; all of them take the same factor.",
    "[g * factor for g in gradients]",
    "[g * factor if i == 0 else g.clone() for i, g in enumerate(gradients)]",
)
change(
    "clip_gradients",
    "The last tensor alone is shortened; all of them take the same factor.",
    "[g * factor for g in gradients]",
    "[g * factor if i == len(gradients) - 1 else g.clone() for i, g in enumerate(gradients)]",
)
change(
    "clip_gradients",
    "The sign is turned round: the direction is to stay.",
    "g * factor",
    "-g * factor",
)
change(
    "clip_gradients",
    "A gradient longer than c comes back as it was; its factor must be below 1.",
    "c / norm if norm > c else 1.0",
    "max(1.0, c / norm) if norm > 0 else 1.0",
)
change(
    "clip_gradients",
    "A gradient longer than c comes back as it was; its factor must be below 1.",
    "c / norm if norm > c else 1.0",
    "min(1.0, norm / c)",
)
change(
    "clip_gradients",
    "Multiplied by c and by the length; divide by the length.",
    "c / norm if",
    "c * norm if",
)
change(
    "clip_gradients",
    "Multiplied by the length; the factor is c over the length.",
    "c / norm if",
    "norm if",
)
change(
    "clip_gradients",
    "A short gradient became zero; leave it alone.",
    "else 1.0",
    "else 0.0",
)
change(
    "clip_gradients",
    "A short gradient was made longer; leave it alone.",
    "c / norm if norm > c else 1.0",
    "c / norm if norm > 0 else 1.0",
)
change(
    "clip_gradients",
    "A short gradient is scaled as well: its factor must be 1.",
    "else 1.0",
    "else norm / c",
)
change(
    "clip_gradients",
    "The factors are given back; the gradients that they scale are missing.",
    "[g * factor for",
    "[factor + 0 * g for",
)


@slip(
    "clip_gradients",
    "The one long vector is given back; cut it into tensors of the shapes that were given.",
)
def one_long_vector(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    long = torch.cat([g.flatten() for g in gradients])
    norm = long.norm()
    return [long * (c / norm if norm > c else 1.0)]


@slip(
    "clip_gradients",
    "The one long vector is given back; cut it into tensors of the shapes that were given.",
)
def one_long_vector_without_a_list(gradients: Sequence[Tensor], c: float) -> Tensor:
    long = torch.cat([g.flatten() for g in gradients])
    norm = long.norm()
    return long * (c / norm if norm > c else 1.0)


@slip("clip_gradients", "The tensors come back flat; each keeps the shape that it had.")
def flattened(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    return [g.flatten() * (c / norm if norm > c else 1.0) for g in gradients]


@slip("clip_gradients", "The joint length is given back; the gradients are asked for.")
def the_length(gradients: Sequence[Tensor], c: float) -> Tensor:
    return sum((g**2).sum() for g in gradients) ** 0.5


@slip(
    "clip_gradients",
    "The joint length is given back as well; the gradients alone are asked for.",
)
def the_length_too(gradients: Sequence[Tensor], c: float) -> tuple:
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    return [g * (c / norm if norm > c else 1.0) for g in gradients], norm


@slip(
    "clip_gradients",
    "The clipped gradients are right, but in a tuple; a list is asked for.",
)
def a_tuple(gradients: Sequence[Tensor], c: float) -> tuple[Tensor, ...]:
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    return tuple(g * (c / norm if norm > c else 1.0) for g in gradients)


@slip(
    "clip_gradients",
    "Only the last tensor is given back, as when a loop overwrites its result; give back a list of all of them.",
)
def last_one_only(gradients: Sequence[Tensor], c: float) -> Tensor:
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    for g in gradients:
        clipped = g * (c / norm if norm > c else 1.0)
    return clipped


@slip("clip_gradients", "Each tensor was clipped by itself; they have one length together.")
def piece_by_piece(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    return [g * (c / g.norm()).clamp(max=1) if g.any() else g.clone() for g in gradients]


@slip("clip_gradients", "Each number was clipped by itself, which turns the direction.")
def number_by_number(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    return [g.clamp(-c, c) for g in gradients]


@slip(
    "clip_gradients",
    "Each number was cut at c from above only; the whole gradient is scaled by one factor.",
)
def cut_from_above(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    return [g.clamp(max=c) for g in gradients]


@slip(
    "clip_gradients",
    "Each tensor was scaled to the length c by itself; all of them take one factor.",
)
def each_to_length_c(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    return [g * c / g.norm() if norm > c else g.clone() for g in gradients]


@slip("clip_gradients", "The gradients belong to the caller, and were changed.")
def changed_in_place(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    if norm > c:
        for g in gradients:
            g *= c / norm
    return [g.clone() for g in gradients]


@slip(
    "clip_gradients",
    "The length is 0 here, and 0 was divided by it; compare before you divide.",
)
def zero_by_zero(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    return [g / norm * min(norm, c) for g in gradients]


@slip(
    "clip_gradients",
    "The list is one tensor short, or the last one is missing: give back all of them.",
)
def last_one_missing(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    return [g * (c / norm if norm > c else 1.0) for g in gradients[:-1]]


@slip(
    "clip_gradients",
    "The length grows while the tensors are scaled: find the whole length first, then scale.",
)
def length_so_far(gradients: Sequence[Tensor], c: float) -> list[Tensor]:
    total, clipped = 0.0, []
    for g in gradients:
        total += float((g**2).sum())
        clipped.append(g * (c / total**0.5 if total**0.5 > c else 1.0))
    return clipped


equivalent(
    "clip_gradients",
    "At a length of exactly c the factor is 1 either way.",
    "factor = c / norm if norm >= c else 1.0",
)

# -- layer_norm_gradients ------------------------------------------------------------------------------------------

change(
    "layer_norm_gradients",
    "In dX the two means are missing: a row's mean and variance depend on its inputs too.",
    "(g - g.mean(dim=1, keepdim=True) - X_hat * along) / std",
    "g / std",
)
change(
    "layer_norm_gradients",
    "In dX the path through the mean is missing.",
    "g - g.mean(dim=1, keepdim=True) - X_hat",
    "g - X_hat",
)
change(
    "layer_norm_gradients",
    "In dX the path through the variance is missing.",
    ") - X_hat * along)",
    "))",
)
change(
    "layer_norm_gradients",
    "In dX gamma is missing: the error signal passes the scale first.",
    "g = gamma * dY",
    "g = dY",
)
change(
    "layer_norm_gradients",
    "In dX the division by the standard deviation is missing.",
    "X_hat * along) / std",
    "X_hat * along)",
)
change(
    "layer_norm_gradients",
    "dX is divided by the variance; one standard deviation belongs there.",
    "X_hat * along) / std",
    "X_hat * along) / std**2",
)
change(
    "layer_norm_gradients",
    "In dX the path through the variance has the wrong sign.",
    "keepdim=True) - X_hat * along",
    "keepdim=True) + X_hat * along",
)
change(
    "layer_norm_gradients",
    "In dX the path through the mean has the wrong sign.",
    "(g - g.mean(",
    "(g + g.mean(",
)
change(
    "layer_norm_gradients",
    "In dX sums stand for both means over the units.",
    "along = (g * X_hat).mean(",
    "along = (g * X_hat).sum(",
    "(g - g.mean(",
    "(g - g.sum(",
)
change(
    "layer_norm_gradients",
    "In dX the mean of g is taken over the batch; each row has its own.",
    "g - g.mean(dim=1, keepdim=True)",
    "g - g.mean(dim=0)",
)
change(
    "layer_norm_gradients",
    "In dX the mean in the path of the variance is taken over the batch; each row has its own.",
    "(g * X_hat).mean(dim=1, keepdim=True)",
    "(g * X_hat).mean(dim=0)",
)
change(
    "layer_norm_gradients",
    "In dX gamma is applied after the means; it belongs into them.",
    "g = gamma * dY",
    "g = dY",
    "X_hat * along) / std",
    "X_hat * along) / std * gamma",
)
change(
    "layer_norm_gradients",
    "dgamma is averaged over the batch; gamma is shared by all rows, whose gradients add up.",
    "(dY * X_hat).sum(dim=0)",
    "(dY * X_hat).mean(dim=0)",
)
change(
    "layer_norm_gradients",
    "dbeta is averaged over the batch; beta is shared by all rows, whose gradients add up.",
    "dY.sum(dim=0)",
    "dY.mean(dim=0)",
)
change(
    "layer_norm_gradients",
    "dgamma and dbeta are averaged over the batch; all rows share gamma and beta, so gradients add up.",
    "(dY * X_hat).sum(dim=0), dY.sum(dim=0)",
    "(dY * X_hat).mean(dim=0), dY.mean(dim=0)",
)
change(
    "layer_norm_gradients",
    "dgamma is left as one row for each example; gamma is shared by all rows, whose gradients add up.",
    "(dY * X_hat).sum(dim=0)",
    "dY * X_hat",
)
change(
    "layer_norm_gradients",
    "dgamma is multiplied by gamma; it is the error signal times the standardised input.",
    "(dY * X_hat).sum(dim=0)",
    "(g * X_hat).sum(dim=0)",
)
change(
    "layer_norm_gradients",
    "dgamma has the centred input, which is not divided by the standard deviation.",
    "(dY * X_hat).sum(dim=0)",
    "(dY * centred).sum(dim=0)",
)
change(
    "layer_norm_gradients",
    "dgamma has the input itself; the standardised input belongs there.",
    "(dY * X_hat).sum(dim=0)",
    "(dY * X).sum(dim=0)",
)
change(
    "layer_norm_gradients",
    "dgamma and dbeta are summed over the units of a row; they add up over the examples.",
    "(dY * X_hat).sum(dim=0), dY.sum(dim=0)",
    "(dY * X_hat).sum(dim=1), dY.sum(dim=1)",
)
change(
    "layer_norm_gradients",
    "dgamma and dbeta are exchanged.",
    "(dY * X_hat).sum(dim=0), dY.sum(dim=0)",
    "dY.sum(dim=0), (dY * X_hat).sum(dim=0)",
)
change(
    "layer_norm_gradients",
    "dbeta is multiplied by gamma; beta is added after the scale.",
    ", dY.sum(dim=0)",
    ", g.sum(dim=0)",
)
change(
    "layer_norm_gradients",
    "The statistics are taken over the batch, as in batch normalisation; here each row has its own.",
    "X.mean(dim=1, keepdim=True)",
    "X.mean(dim=0)",
    "(centred**2).mean(dim=1, keepdim=True)",
    "(centred**2).mean(dim=0)",
)
change(
    "layer_norm_gradients",
    "This is the backward pass of batch normalisation: all means run over the batch.",
    "X.mean(dim=1, keepdim=True)",
    "X.mean(dim=0)",
    "(centred**2).mean(dim=1, keepdim=True)",
    "(centred**2).mean(dim=0)",
    "(g * X_hat).mean(dim=1, keepdim=True)",
    "(g * X_hat).mean(dim=0)",
    "g - g.mean(dim=1, keepdim=True)",
    "g - g.mean(dim=0)",
)
change(
    "layer_norm_gradients",
    "Epsilon stands outside the root; it is added to the variance.",
    "((centred**2).mean(dim=1, keepdim=True) + eps).sqrt()",
    "(centred**2).mean(dim=1, keepdim=True).sqrt() + eps",
)
change(
    "layer_norm_gradients", "Epsilon is missing.", "keepdim=True) + eps)", "keepdim=True))"
)
change(
    "layer_norm_gradients",
    "The variance is the unbiased one, divided by d - 1; here it is divided by d.",
    "((centred**2).mean(dim=1, keepdim=True) + eps)",
    "(X.var(dim=1, keepdim=True) + eps)",
)
change(
    "layer_norm_gradients",
    "In the standardised input the mean is not subtracted.",
    "X_hat = centred / std",
    "X_hat = X / std",
)
change(
    "layer_norm_gradients",
    "dX alone is given back; dgamma and dbeta are asked for too.",
    "return dX, (dY * X_hat).sum(dim=0), dY.sum(dim=0)",
    "return dX",
)

# -- predictions ---------------------------------------------------------------------------------------------------

change(
    "predictions",
    "The first number is the variance; the standard deviation is multiplied by 0.5 in each layer.",
    "0.00390625",
    "0.0000152587890625",
)
change(
    "predictions",
    "The first number counts seven layers; there are eight.",
    "0.00390625",
    "0.0078125",
)
change(
    "predictions",
    "The first number is one layer's factor; there are eight layers.",
    "0.00390625",
    "0.5",
)
change(
    "predictions",
    "The first number has half of the mean square in each layer, as under ReLU; these layers are linear.",
    "0.00390625",
    "0.000244140625",
)
change(
    "predictions",
    "The second number is that of a linear layer; below zero the slope shrinks the activations.",
    "1.6",
    "1.0",
)
change(
    "predictions",
    "In the second number the slope is not squared; the mean square is what counts.",
    "1.6",
    "1.3333333333",
)
change(
    "predictions",
    "The second number is ReLU's; a leaky ReLU keeps a part of the mean square below zero.",
    "1.6",
    "2.00",
)
change(
    "predictions",
    "The third number is the factor of the mean square; the standard deviation has its root.",
    "2.0",
    "4.0",
)
change("predictions", "The third number leaves the number of units out.", "2.0", "0.1414")
change(
    "predictions",
    "The fourth number is the share of the first value, times 10; the batches make up the rest.",
    "2.71",
    "7.29",
)
change(
    "predictions",
    "The fourth number is the mean of the batches; the running mean moves a tenth of the way each time.",
    "2.71",
    "10.0",
)
change(
    "predictions",
    "The fourth number is that after one batch; there are three.",
    "2.71",
    "1.0",
)
change(
    "predictions",
    "The fourth number adds a tenth of each batch and forgets to shrink the old value.",
    "2.71",
    "3.00",
)
change(
    "predictions",
    "In the fifth number the plain variance is stored; (4.12) stores the unbiased one.",
    "1.9",
    "1.7",
)
change("predictions", "In the fifth number m and 1 - m are exchanged.", "1.9", "9.1")
change(
    "predictions",
    "The sixth number is upside down: larger weights get a smaller gradient.",
    "0.25",
    "4.00",
)
change(
    "predictions",
    "In the sixth number the gradient is unchanged; the output is, and the gradient shrinks.",
    "0.25",
    "1.00",
)
change(
    "predictions",
    "In the seventh number the tensor is clipped by itself; the length is that of all three together.",
    "3.0",
    "3.5",
)
change(
    "predictions",
    "In the seventh number the lengths were added; lengths add up as squares.",
    "3.0",
    "1.909",
)
change("predictions", "The seventh number is the length before clipping.", "3.0", "6.00")

# -- start ---------------------------------------------------------------------------------------------------------

change(
    "start",
    "The weights are transposed: W has a row for each output.",
    "torch.randn(n_out, n_in,",
    "torch.randn(n_in, n_out,",
    "W.sum(dim=1)",
    "W.sum(dim=0)",
)
change(
    "start",
    "The biases have one number for each input; they belong to the outputs.",
    "W.sum(dim=1)",
    "W.sum(dim=0)",
)
change(
    "start",
    "The last layer is missing; give a pair for each layer, the one of the logit too.",
    "pairwise(sizes)",
    "pairwise(sizes[:-1])",
)
change(
    "start",
    "The first layer is missing; it takes the two coordinates of a point.",
    "pairwise(sizes)",
    "pairwise(sizes[1:])",
)
change(
    "start",
    "The biases are rows, (1, n_out); one number for each output is asked for.",
    "W.sum(dim=1)",
    "W.sum(dim=1)[None]",
)
change(
    "start",
    "Weights and biases are in float32; float64 is asked for.",
    "dtype=torch.float64",
    "dtype=torch.float32",
)
change(
    "start",
    "A random number was drawn without rng; the same seed shall give the same start.",
    "generator=rng, ",
    "",
)
change(
    "start",
    "From some layer on the activations of the points are almost equal: see how the slope of a sigmoid, at most a quarter, shrinks differences, and what the weights and biases must do about it.",
    "torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)",
    "torch.zeros(n_out, n_in, dtype=torch.float64)",
)
change(
    "start",
    "From some layer on the activations of the points are almost equal: see how the slope of a sigmoid, at most a quarter, shrinks differences, and what the weights and biases must do about it.",
    "4 * (2",
    "1 * (2",
)
change(
    "start",
    "From some layer on the activations of the points are almost equal: see how the slope of a sigmoid, at most a quarter, shrinks differences, and what the weights and biases must do about it.",
    "4 * (2 / (n_in + n_out)) ** 0.5",
    "(2 / n_in) ** 0.5",
)
change(
    "start",
    "From some layer on the activations of the points are almost equal: see how the slope of a sigmoid, at most a quarter, shrinks differences, and what the weights and biases must do about it.",
    "-0.5 * W.sum(dim=1)",
    "0.0 * W.sum(dim=1)",
)
change(
    "start",
    "From some layer on the activations of the points are almost equal: see how the slope of a sigmoid, at most a quarter, shrinks differences, and what the weights and biases must do about it.",
    "-0.5 * W.sum(dim=1)",
    "0.5 * W.sum(dim=1)",
)
change(
    "start",
    "From some layer on the activations of the points are almost equal: see how the slope of a sigmoid, at most a quarter, shrinks differences, and what the weights and biases must do about it.",
    "-0.5 * W.sum(dim=1)",
    "-1.0 * W.sum(dim=1)",
)
change(
    "start",
    "From some layer on the activations of the points are almost equal: see how the slope of a sigmoid, at most a quarter, shrinks differences, and what the weights and biases must do about it.",
    "4 * (2",
    "2 * (2",
)
change(
    "start",
    "From some layer on the activations of the points are almost equal: see how the slope of a sigmoid, at most a quarter, shrinks differences, and what the weights and biases must do about it.",
    "(n_in + n_out)) ** 0.5",
    "(n_in + n_out))",
)
change(
    "start",
    "From some layer on the activations of the points are almost equal: see how the slope of a sigmoid, at most a quarter, shrinks differences, and what the weights and biases must do about it.",
    "4 * (2 / (n_in + n_out)) ** 0.5",
    "0.1",
)
change(
    "start",
    "The differences between the points are there, but the network did not learn from this start: see whether the units of a layer get different gradients, and how large the gradients of the first layer are.",
    "torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)",
    "torch.ones(n_out, n_in, dtype=torch.float64)",
)

equivalent(
    "start",
    "Another start that reaches both bounds; the task takes any.",
    "W = -torch.randn(n_out, n_in, generator=rng, dtype=torch.float64)",
    "W = -(4 * (2 / (n_in + n_out)) ** 0.5 * W)",
    "W = 5 * (2 / (n_in + n_out)) ** 0.5 * W",
    "W = 4 * (3 / (n_in + n_out)) ** 0.5 * W",
    "W = 4 * (2 / (n_in + n_out)) ** 0.0 * W",
    "W = 4 * W",
    "W = 4 * (2) ** 0.5 * W",
    "W = 4 * (2 / (n_in)) ** 0.5 * W",
    "W = 4 * (2 / (n_out)) ** 0.5 * W",
    "W = 4 * 0.5 ** (2 / (n_in + n_out)) * W",
    "W = 4 * (2 / (n_out + n_out)) ** 0.5 * W",
    "W = 4 * (2 / (n_in + n_in)) ** 0.5 * W",
)
