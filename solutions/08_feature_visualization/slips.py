"""Planted wrong answers to the exercises of chapter 8, each with the hint that it must get."""

import torch
import torch.nn.functional as F
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- style_gradient -------------------------------------------------------------------------------------------

change(
    "style_gradient",
    "The ReLU is missing in the gradient: where Z is not positive, nothing comes back.",
    " * (Z > 0)",
    "",
)
change(
    "style_gradient",
    "The factor 4 is 2 here: A stands in G twice, in a row and in a column.",
    "4 * gamma",
    "2 * gamma",
)
change(
    "style_gradient",
    "The factor 4 is 1 here: the square gives a 2, and A stands in G twice.",
    "4 * gamma",
    "gamma",
)
change("style_gradient", "The weight gamma is missing.", "4 * gamma /", "4 /")
change(
    "style_gradient",
    "The division by M is missing in the gradient: G is the product divided by M.",
    "4 * gamma / Z.shape[2] *",
    "4 * gamma *",
)
change(
    "style_gradient",
    "The division by M is missing in G.",
    "A @ A.mT / Z.shape[2]",
    "A @ A.mT",
)
change(
    "style_gradient",
    "The division by M is missing, in G and in the gradient.",
    "A @ A.mT / Z.shape[2]",
    "A @ A.mT",
    "4 * gamma / Z.shape[2] *",
    "4 * gamma *",
)
change(
    "style_gradient",
    "The sign is turned around: the gradient points to where the loss grows.",
    "(G - S)",
    "(S - G)",
)
change(
    "style_gradient",
    "The pre-activations Z stand where the activations belong, in the last product.",
    "(G - S) @ A *",
    "(G - S) @ Z *",
)
change(
    "style_gradient",
    "The Gram matrix is that of the pre-activations; it belongs to the activations.",
    "G = A @ A.mT",
    "G = Z @ Z.mT",
)
change(
    "style_gradient",
    "The ReLU is missing altogether: the Gram matrix is that of the activations, and only positive Z pass a gradient.",
    "A = Z.clamp(min=0)",
    "A = Z",
    " * (Z > 0)",
    "",
)
change(
    "style_gradient",
    "The losses are averaged over the batch; each picture has its own loss.",
    "4 * gamma / Z.shape[2]",
    "4 * gamma / len(Z) / Z.shape[2]",
)
change(
    "style_gradient",
    "The products are divided by C, the number of channels, in G and in the gradient; they are divided by M, the number of places.",
    "A @ A.mT / Z.shape[2]",
    "A @ A.mT / Z.shape[1]",
    "gamma / Z.shape[2]",
    "gamma / Z.shape[1]",
)
change(
    "style_gradient",
    "The mean over the entries of G is taken; the loss is their sum.",
    "4 * gamma / Z.shape[2]",
    "4 * gamma / Z.shape[1] ** 2 / Z.shape[2]",
)
change(
    "style_gradient",
    "The gradient is divided by M once too often.",
    "gamma / Z.shape[2]",
    "gamma / Z.shape[2] ** 2",
)
change(
    "style_gradient",
    "This is the gradient for the activations of a loss without S: the style picture is missing.",
    "(G - S)",
    "G",
)
change(
    "style_gradient",
    "The last factor is the slope of the ReLU, 0 or 1; here it is the activation itself.",
    " * (Z > 0)",
    " * A",
)
change(
    "style_gradient",
    "The gradient is the one where Z is negative; it belongs where Z is positive.",
    "(Z > 0)",
    "(Z < 0)",
)


@slip(
    "style_gradient", "All pictures share one Gram matrix here; each picture has its own."
)
def pooled_gram(Z: Tensor, S: Tensor, gamma: float) -> Tensor:
    A = Z.clamp(min=0)
    G = (A @ A.mT / Z.shape[2]).mean(dim=0)
    return 4 * gamma / Z.shape[2] * (G - S) @ A * (Z > 0)


# -- smoothness_gradient --------------------------------------------------------------------------------------

change(
    "smoothness_gradient",
    "The factor 2 of the squares is missing.",
    "2 * down\n    dx[:, :, :-1] -= 2 * down",
    "down\n    dx[:, :, :-1] -= down",
    "2 * across\n    dx[:, :, :, :-1] -= 2 * across",
    "across\n    dx[:, :, :, :-1] -= across",
)
change(
    "smoothness_gradient",
    "The sign is turned around: R grows when a pixel moves away from its neighbours.",
    "1:] += 2 * down\n    dx[:, :, :-1] -= 2",
    "1:] -= 2 * down\n    dx[:, :, :-1] += 2",
    "1:] += 2 * across\n    dx[:, :, :, :-1] -= 2",
    "1:] -= 2 * across\n    dx[:, :, :, :-1] += 2",
)
change(
    "smoothness_gradient",
    "A difference counts only at its second pixel here; it holds two pixels.",
    "    dx[:, :, :-1] -= 2 * down\n",
    "",
    "    dx[:, :, :, :-1] -= 2 * across\n",
    "",
)
change(
    "smoothness_gradient",
    "A difference counts only at its first pixel here; it holds two pixels.",
    "    dx[:, :, 1:] += 2 * down\n",
    "",
    "    dx[:, :, :, 1:] += 2 * across\n",
    "",
)
change(
    "smoothness_gradient",
    "The differences between columns are missing.",
    "    dx[:, :, :, 1:] += 2 * across\n    dx[:, :, :, :-1] -= 2 * across\n",
    "",
)
change(
    "smoothness_gradient",
    "The differences between rows are missing.",
    "    dx[:, :, 1:] += 2 * down\n    dx[:, :, :-1] -= 2 * down\n",
    "",
)
change(
    "smoothness_gradient",
    "A difference raises both of its pixels here; the two have opposite signs.",
    ":-1] -= 2 * down",
    ":-1] += 2 * down",
    ":-1] -= 2 * across",
    ":-1] += 2 * across",
)
change(
    "smoothness_gradient",
    "Each term is assigned and the one before is lost: a pixel adds up the terms of all its neighbours.",
    "1:] += 2 * across",
    "1:] = 2 * across",
)
change(
    "smoothness_gradient",
    "The gradient is divided by the number of values: R is a sum, not a mean.",
    "return dx",
    "return dx / x.numel()",
)
change(
    "smoothness_gradient",
    "The gradient is divided by the number of pictures: R is a sum over all of them.",
    "return dx",
    "return dx / len(x)",
)
change(
    "smoothness_gradient",
    "These are the signs of the differences, for absolute values; here the differences are squared.",
    "x.diff(dim=2), x.diff(dim=3)",
    "x.diff(dim=2).sign() / 2, x.diff(dim=3).sign() / 2",
)
change(
    "smoothness_gradient",
    "Neighbouring channels are compared, too; only neighbouring pixels are.",
    "dx = torch.zeros_like(x)",
    "dx = torch.zeros_like(x)\n    dx[:, 1:] += 2 * x.diff(dim=1)\n    dx[:, :-1] -= 2 * x.diff(dim=1)",
)


@slip(
    "smoothness_gradient",
    "The picture is closed to a ring here: the first and the last row, or column, are no neighbours.",
)
def ring(x: Tensor) -> Tensor:
    around = [x.roll(1, 2), x.roll(-1, 2), x.roll(1, 3), x.roll(-1, 3)]
    return 2 * (4 * x - sum(around))


@slip(
    "smoothness_gradient",
    "At the border the picture is continued with zeros; there are only differences between pixels of the picture.",
)
def zeros_around(x: Tensor) -> Tensor:
    p = F.pad(x, [1] * 4)
    around = p[:, :, 2:, 1:-1] + p[:, :, :-2, 1:-1] + p[:, :, 1:-1, 2:] + p[:, :, 1:-1, :-2]
    return 2 * (4 * x - around)


@slip("smoothness_gradient", "The border is left at 0; its pixels have neighbours, too.")
def border_of_zeros(x: Tensor) -> Tensor:
    dx = torch.zeros_like(x)
    around = x[:, :, 2:, 1:-1] + x[:, :, :-2, 1:-1] + x[:, :, 1:-1, 2:] + x[:, :, 1:-1, :-2]
    dx[:, :, 1:-1, 1:-1] = 2 * (4 * x[:, :, 1:-1, 1:-1] - around)
    return dx


# -- region_gram ----------------------------------------------------------------------------------------------

change(
    "region_gram",
    "The sum is divided by the number of places; it is divided by the sum of the weights.",
    "weighted / m.sum() if",
    "weighted / m.numel() if",
)
change(
    "region_gram",
    "The sum is not divided by the sum of the weights.",
    "weighted / m.sum() if",
    "weighted if",
)
change(
    "region_gram",
    "The weights enter squared: each product of two activations has the weight once.",
    "(flat * m) @ flat.mT",
    "(flat * m) @ (flat * m).mT",
)
change(
    "region_gram",
    "The mask is not used: all places count alike.",
    "F.adaptive_avg_pool2d(mask[None], maps.shape[2:]).flatten()",
    "torch.full((maps[0, 0].numel(),), float(mask.sum() > 0)).to(maps)",
)
change(
    "region_gram",
    "The weights are rounded to 0 or 1; a place that is half in the region counts half.",
    "maps.shape[2:]).flatten()",
    "maps.shape[2:]).flatten().round()",
)
change(
    "region_gram",
    "A place counts fully as soon as a part of it is in the region; it counts by the mean of the mask.",
    "maps.shape[2:]).flatten()",
    "maps.shape[2:]).flatten().gt(0).to(maps)",
)
change(
    "region_gram",
    "The mask is inverted: this is the style of the rest.",
    "mask[None]",
    "1 - mask[None]",
    "if m.sum() > 0",
    "if mask.sum() > 0",
)
change(
    "region_gram",
    "Each place takes the largest mask of its part; it takes the mean.",
    "adaptive_avg_pool2d",
    "adaptive_max_pool2d",
)
change(
    "region_gram",
    "The mask is sampled at one pixel for each place; each place takes the mean over its part.",
    "F.adaptive_avg_pool2d(mask[None], maps.shape[2:]).flatten()",
    'F.interpolate(mask[None, None], maps.shape[2:], mode="nearest").flatten()',
)
change(
    "region_gram",
    "The mask is interpolated; each place takes the mean over its part.",
    "F.adaptive_avg_pool2d(mask[None], maps.shape[2:]).flatten()",
    'F.interpolate(mask[None, None], maps.shape[2:], mode="bilinear").flatten()',
)
change(
    "region_gram",
    "The weights are transposed: rows and columns of the mask are exchanged.",
    "F.adaptive_avg_pool2d(mask[None], maps.shape[2:]).flatten()",
    "F.adaptive_avg_pool2d(mask[None], maps.shape[2:])[0].T.flatten()",
)
change(
    "region_gram",
    "The sum of the weights is taken over the mask of the picture's size, not over the weights of the places.",
    "weighted / m.sum() if",
    "weighted / mask.sum() if",
)
change(
    "region_gram",
    "The matrix is divided by the number of channels as well.",
    "weighted / m.sum() if",
    "weighted / m.sum() / maps.shape[1] if",
)
change(
    "region_gram",
    "A region without pixels gives 0 divided by 0; its matrix is zero.",
    "return weighted / m.sum() if m.sum() > 0 else torch.zeros_like(weighted)",
    "return weighted / m.sum()",
)
change(
    "region_gram",
    "The mean of each map is subtracted; the Gram matrix is uncentred.",
    "flat = maps.flatten(2)",
    "flat = maps.flatten(2) - maps.flatten(2).mean(dim=2, keepdim=True)",
)
change(
    "region_gram",
    "The Gram matrices of the pictures are averaged; each picture has its own.",
    "weighted = (flat * m) @ flat.mT",
    "weighted = ((flat * m) @ flat.mT).mean(dim=0).expand(len(maps), -1, -1)",
)

# -- jittered_step --------------------------------------------------------------------------------------------

change(
    "jittered_step",
    "The gradient is shifted the same way as the pictures; it has to be shifted back.",
    "(-shift[0], -shift[1])",
    "shift",
)
change(
    "jittered_step",
    "The gradient is not shifted back.",
    "    g = g.roll((-shift[0], -shift[1]), dims=(2, 3))\n",
    "",
)
change(
    "jittered_step",
    "The size of the gradient is taken over the batch; each picture has its own.",
    "mean(dim=(1, 2, 3), keepdim=True)",
    "mean()",
)
change(
    "jittered_step",
    "Both faults are still there: the direction of the second shift, and one size for the whole batch.",
    "(-shift[0], -shift[1])",
    "shift",
    "mean(dim=(1, 2, 3), keepdim=True)",
    "mean()",
)
change(
    "jittered_step",
    "Each channel has a size of its own here; a picture has one.",
    "mean(dim=(1, 2, 3), keepdim=True)",
    "mean(dim=(2, 3), keepdim=True)",
)
change(
    "jittered_step",
    "The gradient is divided by the sum of its squares, under the root; rms takes their mean.",
    "mean(dim=(1, 2, 3), keepdim=True)",
    "sum(dim=(1, 2, 3), keepdim=True)",
)
change(
    "jittered_step",
    "The root is missing: the gradient is divided by its mean square.",
    "keepdim=True).sqrt()",
    "keepdim=True)",
)
change(
    "jittered_step",
    "The result is the shifted picture; the shift belongs to the gradient only.",
    "return (x +",
    "return (x.roll(shift, dims=(2, 3)) +",
)
change(
    "jittered_step",
    "The gradient is taken at the pictures as they are; it is taken at the shifted ones.",
    "x.roll(shift, dims=(2, 3)).detach()",
    "x.clone().detach()",
)
change(
    "jittered_step",
    "The step goes downhill; image ascent adds the gradient.",
    "x + eta",
    "x - eta",
)
change("jittered_step", "The clamp to 0 and 1 is missing.", ".clamp(0, 1)", "")
change(
    "jittered_step",
    "A gradient of zero is divided by zero here; 1e-8 has to be added to its size.",
    "(rms + 1e-8)",
    "rms",
)
change("jittered_step", "The rate eta is missing.", "eta * g", "g")
change(
    "jittered_step",
    "The two numbers of the shift are exchanged on the way back.",
    "(-shift[0], -shift[1])",
    "(-shift[1], -shift[0])",
)
change(
    "jittered_step",
    "The two numbers of the shift are exchanged, on both ways: the first one moves the rows.",
    "x.roll(shift, dims=(2, 3))",
    "x.roll(shift, dims=(3, 2))",
    "-shift[1]), dims=(2, 3))",
    "-shift[1]), dims=(3, 2))",
)
change(
    "jittered_step",
    "The shift goes the other way, on both ways: it moves rows down and columns to the right.",
    "x.roll(shift, dims=(2, 3))",
    "x.roll((-shift[0], -shift[1]), dims=(2, 3))",
    "g.roll((-shift[0], -shift[1])",
    "g.roll(shift",
)
change(
    "jittered_step",
    "The gradient is divided by its largest entry; rms is asked for.",
    "g.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()",
    "g.abs().amax(dim=(1, 2, 3), keepdim=True)",
)
change(
    "jittered_step",
    "The gradient is divided by the mean of its absolute values; rms is asked for.",
    "g.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()",
    "g.abs().mean(dim=(1, 2, 3), keepdim=True)",
)
change(
    "jittered_step",
    "Only the sign of the gradient is used.",
    "g / (rms + 1e-8)",
    "g.sign()",
)
change("jittered_step", "The gradient is not divided by its size.", "g / (rms + 1e-8)", "g")

# -- style_losses ---------------------------------------------------------------------------------------------

change(
    "style_losses",
    "The style's Gram matrix is divided by the number of places of the other picture; its own has another number.",
    "style @ style.T / style.shape[1]",
    "style @ style.T / flat.shape[2]",
)
change(
    "style_losses",
    "The Gram matrices of the batch are averaged before they are compared; each picture has its own loss.",
    "(G - S).square()",
    "(G.mean(dim=0, keepdim=True) - S).expand_as(G).square()",
)
change(
    "style_losses",
    "Each picture gets the sum of all losses; each has its own.",
    ".sum(dim=(1, 2))",
    ".sum()",
)
change(
    "style_losses",
    "A layer's loss is divided by C²: the formula has the sum over the entries, and Gram matrices that are not divided by C.",
    ".sum(dim=(1, 2))",
    ".mean(dim=(1, 2))",
)
change("style_losses", "The weights gamma of the layers are missing.", "gamma * (G", "(G")
change(
    "style_losses",
    "The losses are divided by a number that is not in the formula, such as that of the layers: layers are added up, and a picture has its own loss, without a factor ½.",
    "return losses",
    "return losses / len(maps)",
)
change(
    "style_losses",
    "The layer's weight is squared here.",
    "gamma * (G - S).square()",
    "(gamma * (G - S)).square()",
)
change(
    "style_losses",
    "The Gram matrices are not divided by their numbers of places, neither of them.",
    "flat @ flat.mT / flat.shape[2], style @ style.T / style.shape[1]",
    "flat @ flat.mT, style @ style.T",
)
change(
    "style_losses",
    "The style's Gram matrix is not divided by its number of places.",
    "style @ style.T / style.shape[1]",
    "style @ style.T",
)
change(
    "style_losses",
    "The Gram matrices of the batch are not divided by their number of places.",
    "flat @ flat.mT / flat.shape[2]",
    "flat @ flat.mT",
)
change(
    "style_losses",
    "The differences are not squared; their absolute values are added up.",
    ".square()",
    ".abs()",
)
change(
    "style_losses",
    "Only the last layer counts: each layer overwrites the one before.",
    "losses += gamma",
    "losses = gamma",
)
change(
    "style_losses",
    "A root is taken of each layer's sum; the formula has none.",
    ".sum(dim=(1, 2))",
    ".sum(dim=(1, 2)).sqrt()",
)
change(
    "style_losses",
    "Both Gram matrices are divided by the numbers of channels; they are divided by the numbers of places.",
    "flat.shape[2], style @ style.T / style.shape[1]",
    "flat.shape[1], style @ style.T / style.shape[0]",
)


@slip(
    "style_losses",
    "The function is as it was: pictures are pooled, and the style's matrix has the wrong divisor.",
)
def as_it_was(maps: list[Tensor], styles: list[Tensor], gammas: list[float]) -> Tensor:
    losses = torch.zeros(len(maps[0]), dtype=maps[0].dtype)
    for X, Y, gamma in zip(maps, styles, gammas, strict=True):
        n, C, h, w = X.shape
        flat, style = X.transpose(0, 1).reshape(C, n * h * w), Y.flatten(1)
        G, S = flat @ flat.T / (n * h * w), style @ style.T / (h * w)
        losses += gamma * (G - S).square().sum()
    return losses


@slip(
    "style_losses",
    "Rows of different pictures are mixed: the batch is flattened into the channels the wrong way.",
)
def reshaped(maps: list[Tensor], styles: list[Tensor], gammas: list[float]) -> Tensor:
    losses = torch.zeros(len(maps[0]), dtype=maps[0].dtype)
    for X, Y, gamma in zip(maps, styles, gammas, strict=True):
        n, C, h, w = X.shape
        flat, style = X.transpose(0, 1).reshape(n, C, h * w), Y.flatten(1)
        G, S = flat @ flat.mT / (h * w), style @ style.T / style.shape[1]
        losses += gamma * (G - S).square().sum(dim=(1, 2))
    return losses


# -- factors --------------------------------------------------------------------------------------------------

change(
    "factors",
    "In A, three times as many channels give nine times as many entries, each as large as before.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[3, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
)
change(
    "factors",
    "In A, the division by M keeps the entries as they are when each place is there three times.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[9, 9, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
)
change(
    "factors",
    "In B, the mean does not see the number of entries; each entry is a third, and its square a ninth.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[9, 1, 1, 1, 9, 9, 1, 1 / 9, 1, 1]",
)
change(
    "factors",
    "In B, the entries are a third, but they enter the loss squared.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[9, 1, 1 / 3, 1, 9, 9, 1, 1 / 9, 1, 1]",
)
change(
    "factors",
    "In C, each entry is three times as large with three times as many places, and it enters squared.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[9, 1, 1 / 9, 1, 9, 3, 1, 1 / 9, 1, 1]",
)
change(
    "factors",
    "In C, the matrix has nine times as many entries with three times as many channels, not three times.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[9, 1, 1 / 9, 1, 3, 9, 1, 1 / 9, 1, 1]",
)
change(
    "factors",
    "In D the number of places is divided by twice: once in G, and squared in the loss.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1, 1, 1]",
)
change(
    "factors",
    "In D, M enters the loss squared.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 3, 1, 1]",
)
change(
    "factors",
    "In D, the nine times as many entries are made up for by C².",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[9, 1, 1 / 9, 1, 9, 9, 9, 1 / 9, 1, 1]",
)
change(
    "factors",
    "In E, both numbers are made up for: C² for the entries, M² for their squared size.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 9, 9]",
)
change(
    "factors",
    "In E, M² makes up for the entries, which are three times as large and enter squared.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1 / 9]",
)
change(
    "factors",
    "These are the factors for twice as many; it is three times as many.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[4, 1, 1 / 4, 1, 4, 4, 1, 1 / 4, 1, 1]",
)
change(
    "factors",
    "The two changes are exchanged: (1) are the channels, (2) the places.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[1, 9, 1, 1 / 9, 9, 9, 1 / 9, 1, 1, 1]",
)
change(
    "factors",
    "The list holds all of (1) first and then all of (2); it goes A (1), A (2), B (1) ...",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[9, 1 / 9, 9, 1, 1, 1, 1, 9, 1 / 9, 1]",
)
change(
    "factors",
    "The squares are forgotten throughout: a factor 3 in an entry is a factor 9 in the loss, and so is a factor 3 in C or M.",
    "[9, 1, 1 / 9, 1, 9, 9, 1, 1 / 9, 1, 1]",
    "[3, 1, 1 / 3, 1, 3, 3, 1, 1 / 3, 1, 1]",
)

# -- adain ----------------------------------------------------------------------------------------------------

change(
    "adain",
    "The variance divides by M - 1; the formula divides by M.",
    "correction=0, ",
    "",
)
change(
    "adain",
    "Content and style are exchanged in the mixture: alpha is the share of the style.",
    "(1 - alpha) * content + alpha * Y",
    "alpha * content + (1 - alpha) * Y",
)
change(
    "adain",
    "The content is not mixed in: the result is the one for alpha = 1.",
    "(1 - alpha) * content + alpha * Y",
    "Y",
)
change("adain", "The mean of the style is missing.", " + mu_s", "")
change("adain", "The mean of the content is not subtracted.", "(content - mu_c)", "content")
change(
    "adain",
    "The mean of the content is put back, not that of the style.",
    " + mu_s",
    " + mu_c",
)
change(
    "adain",
    "The spread of the style is missing.",
    "(var_s + 1e-5).sqrt() * (content",
    "(content",
)
change(
    "adain",
    "The roots are missing: this divides and multiplies by variances.",
    "(var_s + 1e-5).sqrt()",
    "(var_s + 1e-5)",
    "(var_c + 1e-5).sqrt()",
    "(var_c + 1e-5)",
)
change(
    "adain",
    "The two spreads are exchanged: the content's is taken away, the style's is given.",
    "(var_s + 1e-5).sqrt() * (content - mu_c) / (var_c + 1e-5).sqrt()",
    "(var_c + 1e-5).sqrt() * (content - mu_c) / (var_s + 1e-5).sqrt()",
)
change(
    "adain",
    "The 1e-5 is added behind the root; it belongs to the variance.",
    "(var_c + 1e-5).sqrt()",
    "(var_c.sqrt() + 1e-5)",
    "(var_s + 1e-5).sqrt()",
    "(var_s.sqrt() + 1e-5)",
)
change(
    "adain",
    "The 1e-5 is missing, in both variances.",
    "(var_s + 1e-5)",
    "var_s",
    "(var_c + 1e-5)",
    "var_c",
)
change(
    "adain",
    "The 1e-5 is missing in the variance of the content.",
    "(var_c + 1e-5)",
    "var_c",
)
change(
    "adain",
    "Mean and variance run over the batch as well: that is batch normalisation. Here each picture has its own.",
    "X.mean(dim=(2, 3)",
    "X.mean(dim=(0, 2, 3)",
    "X.var(dim=(2, 3)",
    "X.var(dim=(0, 2, 3)",
)
change(
    "adain",
    "Mean and variance run over the channels as well: that is layer normalisation. Here each channel has its own.",
    "X.mean(dim=(2, 3)",
    "X.mean(dim=(1, 2, 3)",
    "X.var(dim=(2, 3)",
    "X.var(dim=(1, 2, 3)",
)
change(
    "adain",
    "The content stands where the style belongs: mean and spread are its own.",
    "(content, style))\n    var_c",
    "(content, content))\n    var_c",
    "keepdim=True) for X in (content, style))\n    Y",
    "keepdim=True) for X in (content, content))\n    Y",
)

# -- recoloured -----------------------------------------------------------------------------------------------


@slip(
    "recoloured",
    "The mean and the covariance are right, but more is changed than necessary: another matrix with the same covariance changes less.",
)
def by_cholesky(picture: Tensor, other: Tensor) -> Tensor:
    p, q = picture.flatten(1), other.flatten(1)
    P, Q = p.cov(correction=0), q.cov(correction=0)
    T = torch.linalg.cholesky(Q) @ torch.linalg.cholesky(P).inverse()
    return (T @ (p - p.mean(1, keepdim=True)) + q.mean(1, keepdim=True)).view_as(picture)


@slip(
    "recoloured",
    "The mean and the covariance are right, but more is changed than necessary: another matrix with the same covariance changes less.",
)
def root_by_root(picture: Tensor, other: Tensor) -> Tensor:
    def power(matrix: Tensor, exponent: float) -> Tensor:
        L, V = torch.linalg.eigh(matrix)
        return V * L**exponent @ V.T

    p, q = picture.flatten(1), other.flatten(1)
    T = power(q.cov(correction=0), 0.5) @ power(p.cov(correction=0), -0.5)
    return (T @ (p - p.mean(1, keepdim=True)) + q.mean(1, keepdim=True)).view_as(picture)


@slip(
    "recoloured",
    "Only means and spreads of the three channels are matched; the covariances between them differ.",
)
def each_channel(picture: Tensor, other: Tensor) -> Tensor:
    p, q = picture.flatten(1), other.flatten(1)
    ratio = q.std(1, keepdim=True, correction=0) / p.std(1, keepdim=True, correction=0)
    return (ratio * (p - p.mean(1, keepdim=True)) + q.mean(1, keepdim=True)).view_as(
        picture
    )


@slip("recoloured", "The means are matched, the covariance is still that of the picture.")
def means_only(picture: Tensor, other: Tensor) -> Tensor:
    return picture - picture.mean((1, 2), keepdim=True) + other.mean((1, 2), keepdim=True)


@slip(
    "recoloured",
    "The picture is as it was; its colours should have another mean and covariance.",
)
def unchanged(picture: Tensor, other: Tensor) -> Tensor:
    return picture.clone()


change(
    "recoloured",
    "The covariance is right and the mean is missing: it is that of the other picture.",
    " + q.mean(1, keepdim=True)",
    "",
)
change(
    "recoloured",
    "The mean is still that of the picture; it should be that of the other one.",
    "+ q.mean(1",
    "+ p.mean(1",
)
change(
    "recoloured",
    "The mean of the picture is not subtracted before the map, so that the mean afterwards is not that of the other.",
    "T @ (p - p.mean(1, keepdim=True))",
    "T @ p",
)
change(
    "recoloured",
    "The covariances are divided by the number of pixels less one; the task divides by the number of pixels.",
    "p.cov(correction=0), q.cov(correction=0)",
    "p.cov(), q.cov()",
)
change(
    "recoloured",
    "The colours are only whitened: covariance 1 in all directions, not that of the other picture.",
    "T = inverse @ power(root @ Q @ root, 0.5) @ inverse",
    "T = inverse",
)
change(
    "recoloured",
    "The other covariance is put on top of that of the picture: the picture's has to be taken away first.",
    "T = inverse @ power(root @ Q @ root, 0.5) @ inverse",
    "T = power(Q, 0.5)",
)
change(
    "recoloured",
    "This is the map from the other picture to this one: the two covariances are exchanged.",
    "power(P, 0.5), power(P, -0.5)",
    "power(Q, 0.5), power(Q, -0.5)",
    "root @ Q @ root",
    "root @ P @ root",
)
change(
    "recoloured",
    "The root is missing: T P T is not the other covariance.",
    "power(root @ Q @ root, 0.5)",
    "(root @ Q @ root)",
)

# -- what computes the same -----------------------------------------------------------------------------------

equivalent(
    "style_gradient",
    "A has the shape of Z, and is positive where Z is.",
    "G = A @ A.mT / A.shape[2]",
    "return 4 * gamma / A.shape[2] * (G - S) @ A * (Z > 0)",
    "return 4 * gamma / Z.shape[2] * (G - S) @ A * (A > 0)",
)
equivalent(
    "smoothness_gradient",
    "The last axis is the default, the terms are added in another order, and the first one is added to zeros.",
    "down, across = x.diff(dim=2), x.diff()",
    "dx[:, :, :-1] -= 2 * down\ndx[:, :, 1:] += 2 * down",
    "dx[:, :, 1:] = 2 * down",
    "dx[:, :, :, 1:] += 2 * across\ndx[:, :, :-1] -= 2 * down",
    "dx[:, :, :, :-1] -= 2 * across\ndx[:, :, :, 1:] += 2 * across",
)
equivalent(
    "region_gram",
    "The sign cancels in the products; a sum is above zero when the mean is; without a region all products are zero.",
    "flat = -maps.flatten(2)",
    "return weighted / m.sum() if m.mean() > 0 else torch.zeros_like(weighted)",
    "return weighted / m.sum() if m.sum() > 0 else weighted",
)
equivalent(
    "jittered_step",
    "The pictures have no graph to leave, and rms does not depend on the order of the places.",
    "shifted = x.roll(shift, dims=(2, 3)).requires_grad_()",
    "rms = g.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()\ng = g.roll((-shift[0], -shift[1]), dims=(2, 3))",
)
equivalent(
    "style_losses",
    "All layers have the same batch and dtype; the sign cancels in the products and in the square; the lists are equally long.",
    "losses = torch.zeros(len(maps[-1]), dtype=maps[0].dtype)",
    "losses = torch.zeros(len(maps[0]), dtype=maps[-1].dtype)",
    "losses = torch.zeros(len(maps[0]), dtype=styles[0].dtype)",
    "for X, Y, gamma in zip(maps, styles, gammas):",
    "flat, style = -X.flatten(2), Y.flatten(1)",
    "flat, style = X.flatten(2), -Y.flatten(1)",
    "losses += gamma * (S - G).square().sum(dim=(1, 2))",
)
equivalent(
    "recoloured",
    "The roots and T are symmetric, and the sign of a root that stands on both sides cancels.",
    "root, inverse = -power(P, 0.5), power(P, -0.5)",
    "root, inverse = power(P, 0.5), -power(P, -0.5)",
    "T = inverse @ power(root @ Q @ root, 0.5) @ inverse.T",
    "T = inverse.T @ power(root @ Q @ root, 0.5) @ inverse",
    "T = inverse @ power(root @ Q @ root, 0.5).T @ inverse",
    "T = inverse @ power(root @ Q @ root.T, 0.5) @ inverse",
    "T = inverse @ power(root.T @ Q @ root, 0.5) @ inverse",
    "T = inverse @ power(root @ Q.T @ root, 0.5) @ inverse",
    "moved = T.T @ (p - p.mean(1, keepdim=True)) + q.mean(1, keepdim=True)",
)
