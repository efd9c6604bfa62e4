"""Planted wrong answers to the exercises of chapter 10, each with the hint that it must get."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_tools.grading.slips import change, equivalent, slip

VOID = 255

# -- unchanged ------------------------------------------------------------------------------------------------

change(
    "unchanged",
    "B is a mean of probabilities in place of a mean of scores: one place that is sure of a class counts for more.",
    '"A", "C", "D"',
    '"A", "B", "D"',
)
change(
    "unchanged",
    "B is a mean of probabilities in place of a mean of scores; A, behind the enlarging, keeps the order of the classes.",
    '"A", "C"',
    '"B", "C"',
)
change(
    "unchanged",
    "In E the ReLU acts on weighted means; the mean of numbers behind a ReLU is larger wherever their signs differ.",
    '"D", "G"',
    '"E", "G"',
)
change(
    "unchanged",
    "In E the ReLU acts on weighted means, and a mean before a ReLU is not the mean behind it.",
    '"C", "D"',
    '"D", "E"',
)
change(
    "unchanged",
    "F makes blocks of 8 by 8 pixels; enlarged scores change their order between two places, too.",
    '"D", "G"',
    '"D", "F"',
)
change(
    "unchanged",
    "F makes blocks of 8 by 8 pixels; J is the exchange to look at: what all classes have in common falls out.",
    '"J"]',
    '"F"]',
)
change(
    "unchanged",
    "H gives another number to each class, and rare classes win where they lost before.",
    '"G", "J"',
    '"G", "H"',
)
change(
    "unchanged",
    "H gives another number to each class; C gives the same number to all classes of a pixel.",
    '"C", "D"',
    '"D", "H"',
)
change(
    "unchanged",
    "Three steps of 2 times give other weights than one of 8 times: the second interpolates between interpolated numbers.",
    '"G", "J"',
    '"G", "I"',
)

# -- turn -----------------------------------------------------------------------------------------------------

change(
    "turn",
    "The grid has aligned corners, and the two readings of it have none: what is seen shrinks a little.",
    "list(x.shape), align_corners=False)",
    "list(x.shape), align_corners=True)",
)
change(
    "turn",
    "All three calls have aligned corners: -1 and 1 then lie in the middle of the outer pixels and not at their edges.",
    "list(x.shape), align_corners=False)",
    "list(x.shape), align_corners=True)",
    "grid_sample(x, grid, align_corners=False)",
    "grid_sample(x, grid, align_corners=True)",
    'mode="nearest", align_corners=False',
    'mode="nearest", align_corners=True',
)
change(
    "turn",
    "The labels are interpolated between pixels: between the classes 1 and 3 that gives class 2.",
    'mode="nearest", ',
    "",
)
change(
    "turn",
    "Outside of the old picture the labels are 0, a class; nobody knows the label there.",
    "(y[:, None] - VOID).double()",
    "y[:, None].double()",
    ".long() + VOID",
    ".long()",
)
change(
    "turn",
    "Two of the three faults are still there: the labels are interpolated, and outside they are 0.",
    "(y[:, None] - VOID).double()",
    "y[:, None].double()",
    ".long() + VOID",
    ".long()",
    'mode="nearest", ',
    "",
)
change(
    "turn",
    "Outside of the old picture the label of its edge is repeated.",
    'mode="nearest", ',
    'mode="nearest", padding_mode="border", ',
)
change(
    "turn",
    "The picture is taken from the nearest pixel, too; it is interpolated bilinearly.",
    "F.grid_sample(x, grid, align",
    'F.grid_sample(x, grid, mode="nearest", align',
)
change(
    "turn",
    "Outside of the old picture the colour of its edge is repeated; there it is 0.",
    "F.grid_sample(x, grid, align",
    'F.grid_sample(x, grid, padding_mode="border", align',
)
change(
    "turn",
    "All pictures are turned by the map of the first one.",
    "F.affine_grid(theta,",
    "F.affine_grid(theta[:1].expand(len(x), 2, 3),",
)
change(
    "turn",
    "The labels are not turned at all.",
    "return pictures, labels[:, 0].round().long() + VOID",
    "return pictures, y.clone()",
)
change(
    "turn", "The pictures are not turned at all.", "return pictures,", "return x.clone(),"
)


@slip(
    "turn",
    "Rows and columns are exchanged in the map: its first row gives the column, its second the row.",
)
def turned_axes(x: Tensor, y: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
    theta = theta.flip(1)[:, :, [1, 0, 2]]
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    pictures = F.grid_sample(x, grid, align_corners=False)
    shifted = (y[:, None] - VOID).double()
    labels = F.grid_sample(shifted, grid, mode="nearest", align_corners=False)
    return pictures, labels[:, 0].round().long() + VOID


@slip(
    "turn",
    "A pixel near the edge is VOID although its nearest pixel lies in the old picture.",
)
def careful_edge(x: Tensor, y: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    pictures = F.grid_sample(x, grid, align_corners=False)
    labels = F.grid_sample(y[:, None].double(), grid, mode="nearest", align_corners=False)
    inside = (
        F.grid_sample(torch.ones_like(x[:, :1]), grid, align_corners=False)[:, 0] > 0.999
    )
    return pictures, torch.where(inside, labels[:, 0].round().long(), VOID)


@slip("turn", "Labels that were VOID before become class 0.")
def void_forgotten(x: Tensor, y: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    pictures = F.grid_sample(x, grid, align_corners=False)
    known = torch.where(y == VOID, 0, y)
    shifted = (known[:, None] - VOID).double()
    labels = F.grid_sample(shifted, grid, mode="nearest", align_corners=False)
    return pictures, labels[:, 0].round().long() + VOID


@slip(
    "turn",
    "The labels are interpolated as shares and the largest share wins; the nearest pixel's is asked for.",
)
def largest_share(x: Tensor, y: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    pictures = F.grid_sample(x, grid, align_corners=False)
    shares = F.one_hot(y, VOID + 1).double().permute(0, 3, 1, 2)
    shares = F.grid_sample(shares, grid, align_corners=False)
    shares[:, VOID] += 1 - shares.sum(dim=1)
    return pictures, shares.argmax(dim=1)


# -- void_loss ------------------------------------------------------------------------------------------------

change(
    "void_loss",
    "The sum is divided by the number of labelled pixels; the denominator is the sum of their weights.",
    "total = w[t].sum()",
    "total = (seen.sum()).double()",
)
change(
    "void_loss",
    "The sum is divided by the number of all pixels, void ones too.",
    "total = w[t].sum()",
    "total = torch.tensor(y.numel()).double()",
)
change(
    "void_loss",
    "The weights are missing: this is the plain mean over the labelled pixels.",
    "total = w[t].sum()",
    "total = (seen.sum()).double()",
    "(w[t] * losses)",
    "losses",
)
change(
    "void_loss", "The weights are in the denominator alone.", "(w[t] * losses)", "losses"
)
change(
    "void_loss",
    "The denominator is the sum of the weights of the classes; each labelled pixel counts there with its weight.",
    "total = w[t].sum()",
    "total = w.sum()",
)
change(
    "void_loss", "The denominator is missing.", " / torch.where(total > 0, total, 1)", ""
)
change("void_loss", "The sign is wrong: the loss is negative.", "losses = -z", "losses = z")
change(
    "void_loss",
    "With a denominator of 0 the result is not a number; then it is to be 0.",
    "torch.where(total > 0, total, 1)",
    "total",
)
change(
    "void_loss",
    "A small number is added to the denominator: the loss is too small wherever it is not 0.",
    "torch.where(total > 0, total, 1)",
    "(total + 1e-3)",
)
change(
    "void_loss",
    "The softmax runs over the pixels and not over the classes.",
    "log_softmax(dim=1)",
    "log_softmax(dim=0)",
)
change(
    "void_loss",
    "The softmax is computed first and its logarithm afterwards: at logits of 1,000 it is 0, and the loss infinite.",
    "z.log_softmax(dim=1)",
    "z.softmax(dim=1).log()",
)


@slip(
    "void_loss",
    "Each picture has a mean of its own, and these are averaged; the sums run over all pictures.",
)
def picture_means(Z: Tensor, y: Tensor, w: Tensor) -> Tensor:
    means = []
    for z, t in zip(Z, y, strict=True):
        z, t = z.movedim(0, -1)[t != VOID], t[t != VOID]
        losses = -z.log_softmax(dim=1)[torch.arange(len(t)), t]
        total = w[t].sum()
        means.append((w[t] * losses).sum() / torch.where(total > 0, total, 1))
    return torch.stack(means).mean()


@slip(
    "void_loss",
    "The losses at void pixels are multiplied by 0, and nan times 0 is nan: leave these pixels out.",
)
def void_times_zero(Z: Tensor, y: Tensor, w: Tensor) -> Tensor:
    seen = y != VOID
    t = y * seen
    losses = -Z.log_softmax(dim=1).gather(1, t[:, None])[:, 0]
    total = (w[t] * seen).sum()
    return (w[t] * losses * seen).sum() / torch.where(total > 0, total, 1)


@slip(
    "void_loss",
    "The loss is right, but its gradient is nan: leave the void pixels out before the softmax.",
)
def void_replaced(Z: Tensor, y: Tensor, w: Tensor) -> Tensor:
    seen = y != VOID
    t = y * seen
    losses = -Z.log_softmax(dim=1).gather(1, t[:, None])[:, 0]
    total = (w[t] * seen).sum()
    return torch.where(seen, w[t] * losses, 0).sum() / torch.where(total > 0, total, 1)


@slip("void_loss", "Void pixels count as class 0.")
def void_as_background(Z: Tensor, y: Tensor, w: Tensor) -> Tensor:
    t = torch.where(y == VOID, 0, y)
    losses = -Z.log_softmax(dim=1).gather(1, t[:, None])[:, 0]
    total = w[t].sum()
    return (w[t] * losses).sum() / torch.where(total > 0, total, 1)


@slip("void_loss", "Void pixels stay in the denominator, as if they were of class 0.")
def void_below(Z: Tensor, y: Tensor, w: Tensor) -> Tensor:
    seen = y != VOID
    z, t = Z.movedim(1, -1)[seen], y[seen]
    losses = -z.log_softmax(dim=1)[torch.arange(len(t)), t]
    total = w[torch.where(seen, y, 0)].sum()
    return (w[t] * losses).sum() / torch.where(total > 0, total, 1)


change(
    "void_loss",
    "reshape does not bring the classes to the last axis: the C numbers of a row belong to several pixels.",
    "Z.movedim(1, -1)[seen]",
    "Z.reshape(-1, Z.shape[1])[seen.flatten()]",
)
change(
    "void_loss",
    "The last class counts as void.",
    "seen = y != VOID",
    "seen = y < Z.shape[1] - 1",
)

# -- dice_gradient --------------------------------------------------------------------------------------------

change(
    "dice_gradient",
    "The sign is wrong: this is the gradient of the mean of D.",
    "return -dD",
    "return dD",
)
change(
    "dice_gradient",
    "The mean over the pictures is missing: each gradient is divided by n.",
    " / len(z)",
    "",
)
change(
    "dice_gradient",
    "The gradient is divided by the number of all pixels; L is a mean over the pictures alone.",
    "len(z)",
    "z.numel()",
)
change(
    "dice_gradient",
    "This is the gradient with respect to p; the derivative of the sigmoid is missing.",
    " * p * (1 - p)",
    "",
)
change(
    "dice_gradient",
    "The derivative of the sigmoid is p (1 - p); the factor p is missing.",
    " * p * (1 - p)",
    " * (1 - p)",
)
change(
    "dice_gradient",
    "The sums run over all pictures at once; each picture has its own D.",
    "A = 2 * (p * t).sum(dim=(1, 2), keepdim=True)",
    "A = 2 * (p * t).sum()",
    "(p**2 + t**2).sum(dim=(1, 2), keepdim=True)",
    "(p**2 + t**2).sum()",
)
change(
    "dice_gradient",
    "The epsilon above is missing.",
    "keepdim=True) + eps\n    B",
    "keepdim=True)\n    B",
)
change(
    "dice_gradient",
    "The epsilon below is missing.",
    "keepdim=True) + eps\n    dD",
    "keepdim=True)\n    dD",
)
change(
    "dice_gradient",
    "Both epsilons are missing.",
    "keepdim=True) + eps\n    B",
    "keepdim=True)\n    B",
    "keepdim=True) + eps\n    dD",
    "keepdim=True)\n    dD",
)
change(
    "dice_gradient",
    "The derivative of the denominator is that of a sum of p; it is a sum of squares, with the derivative 2 p.",
    "- 2 * p * A",
    "- A",
)
change(
    "dice_gradient",
    "The denominator adds up p and t, and not their squares.",
    "(p**2 + t**2)",
    "(p + t)",
    "- 2 * p * A",
    "- A",
)
change(
    "dice_gradient",
    "In the denominator t stands for its square; where a target lies between 0 and 1 the two differ.",
    "t**2",
    "t",
)
change(
    "dice_gradient",
    "The denominator is not squared in the derivative of the quotient.",
    "/ B**2",
    "/ B",
)
change(
    "dice_gradient",
    "The denominator is taken for a constant: it depends on p, too.",
    " - 2 * p * A",
    "",
)
change(
    "dice_gradient",
    "The numerator is taken for a constant: it depends on p, too.",
    "2 * t * B - 2 * p * A",
    "-2 * p * A",
)
change(
    "dice_gradient",
    "The factor 2 of the overlap is missing in the numerator of D.",
    "A = 2 * (p * t)",
    "A = (p * t)",
    "2 * t * B",
    "t * B",
)
change(
    "dice_gradient",
    "The derivative of the overlap has lost its factor 2.",
    "2 * t * B",
    "t * B",
)
change(
    "dice_gradient",
    "The derivative of the sum of squares has lost its factor 2.",
    "- 2 * p * A",
    "- p * A",
)

change(
    "dice_gradient",
    "The whole batch has one D here; each picture has its own, and L is their mean.",
    "A = 2 * (p * t).sum(dim=(1, 2), keepdim=True)",
    "A = 2 * (p * t).sum()",
    "(p**2 + t**2).sum(dim=(1, 2), keepdim=True)",
    "(p**2 + t**2).sum()",
    " / len(z)",
    "",
)

# -- head_to_conv ---------------------------------------------------------------------------------------------

change(
    "head_to_conv",
    "The columns of W are read as (c, h, w); here they stand in the order (h, w, c).",
    ".reshape(-1, h, w, c).permute(0, 3, 1, 2)",
    ".reshape(-1, c, h, w)",
)
change(
    "head_to_conv",
    "The columns of W are read with rows and columns of the maps exchanged.",
    ".reshape(-1, h, w, c).permute(0, 3, 1, 2)",
    ".reshape(-1, w, h, c).permute(0, 3, 2, 1)",
)
change(
    "head_to_conv",
    "The kernels are turned by 180 degrees; F.conv2d is a cross-correlation and needs them as they are.",
    ".permute(0, 3, 1, 2)",
    ".permute(0, 3, 1, 2).flip(2, 3)",
)
change(
    "head_to_conv",
    "The batch normalisation is missing.",
    "scale[:, None] * W.detach()",
    "W.detach()",
    "scale * (b.detach() - norm.running_mean) + norm.bias.detach()",
    "b.detach()",
)
change(
    "head_to_conv",
    "The batch normalisation reaches the biases alone: the kernels lack its factor.",
    "scale[:, None] * W.detach()",
    "W.detach()",
)
change(
    "head_to_conv",
    "The biases of the dense layer are not scaled; only the mean is.",
    "scale * (b.detach() - norm.running_mean)",
    "b.detach() - scale * norm.running_mean",
)
change(
    "head_to_conv",
    "The biases of the dense layer are missing.",
    "(b.detach() - norm.running_mean)",
    "(-norm.running_mean)",
)
change(
    "head_to_conv",
    "The running mean is not subtracted.",
    "(b.detach() - norm.running_mean)",
    "b.detach()",
)
change(
    "head_to_conv",
    "The running mean is added; it is subtracted.",
    "b.detach() - norm.running_mean",
    "b.detach() + norm.running_mean",
)
change(
    "head_to_conv",
    "The bias of the batch normalisation is missing.",
    " + norm.bias.detach()",
    "",
)
change(
    "head_to_conv",
    "The weight of the batch normalisation is missing.",
    "norm.weight.detach() / torch",
    "1 / torch",
)
change(
    "head_to_conv",
    "The kernels and biases are divided by the variance; they are divided by its square root.",
    "torch.sqrt(norm.running_var + norm.eps)",
    "(norm.running_var + norm.eps)",
)
change(
    "head_to_conv", "The epsilon of the batch normalisation is missing.", " + norm.eps", ""
)
change(
    "head_to_conv",
    "The epsilon is added to the standard deviation; it belongs to the variance, under the root.",
    "torch.sqrt(norm.running_var + norm.eps)",
    "(torch.sqrt(norm.running_var) + norm.eps)",
)
change(
    "head_to_conv",
    "The kernels require gradients: detach W and the weight of the batch normalisation.",
    "scale[:, None] * W.detach()",
    "scale[:, None] * W",
)
change(
    "head_to_conv",
    "The biases require gradients: detach what has parameters in it.",
    " + norm.bias.detach()",
    " + norm.bias",
)


@slip("head_to_conv", "A 1 by 1 kernel sees one place; the dense layer sees all h times w.")
def one_by_one(
    W: Tensor, b: Tensor, norm: nn.BatchNorm1d, c: int, h: int, w: int
) -> tuple[Tensor, Tensor]:
    scale = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
    kernels = (
        (scale[:, None] * W.detach()).reshape(-1, h * w, c).sum(dim=1)[:, :, None, None]
    )
    return kernels, scale * (b.detach() - norm.running_mean) + norm.bias.detach()


change(
    "head_to_conv",
    "The batch normalisation is left in evaluation mode; it stays as it was.",
    "scale = norm.weight",
    "norm.eval()\n    scale = norm.weight",
)

# -- counts ---------------------------------------------------------------------------------------------------

change(
    "counts",
    "Every place gets the ratio k / s, rounded down; near the ends, and where s does not divide k, the counts differ.",
    "along.append(last - first + 1)",
    "along.append(torch.full_like(place, k // s))",
)
change(
    "counts",
    "The padding is not cut off in the right place: the counts are those of the first places.",
    "torch.arange(p, (n - 1) * s + k - p)",
    "torch.arange((n - 1) * s + k - 2 * p)",
)
change(
    "counts",
    "The padding is not cut off: the output is too large.",
    "torch.arange(p, (n - 1) * s + k - p)",
    "torch.arange((n - 1) * s + k)",
)
change(
    "counts",
    "The padding is cut off at one end alone.",
    "torch.arange(p, (n - 1) * s + k - p)",
    "torch.arange(p, (n - 1) * s + k)",
)
change(
    "counts",
    "The first input is number 0: nothing lies before it.",
    ".clamp(min=0)\n        last",
    "\n        last",
)
change(
    "counts",
    "The last input is number n - 1: nothing lies behind it.",
    ".clamp(max=n - 1)",
    "",
)
change(
    "counts",
    "The input numbers go up to n - 1, and here one more counts.",
    "max=n - 1",
    "max=n",
)
change(
    "counts",
    "From the first to the last input there are last - first + 1 of them; the 1 is missing.",
    "last - first + 1",
    "last - first",
)
change(
    "counts",
    "The smallest input that reaches a place is rounded down; it is rounded up.",
    "(place - k + s) // s",
    "(place - k + 1) // s",
)
change(
    "counts",
    "Input a writes to the places from a s to a s + k - 1; here it reaches one place more.",
    "(place - k + s) // s",
    "(place - k + s - 1) // s",
)
change(
    "counts",
    "The counts along the two axes are added; they are multiplied.",
    "along[0][:, None] * along[1]",
    "along[0][:, None] + along[1]",
)
change(
    "counts",
    "Rows and columns of the counts are exchanged.",
    "along[0][:, None] * along[1]",
    "along[1][:, None] * along[0]",
)
change(
    "counts",
    "The counts are fractions, as floating-point numbers; whole numbers are asked for.",
    "return along[0][:, None] * along[1]",
    "return (along[0][:, None] * along[1]).double()",
)
change(
    "counts",
    "Both axes have the kernel, stride and padding of the rows.",
    "zip(size, kernel, stride, padding, strict=True)",
    "zip(size, kernel[:1] * 2, stride[:1] * 2, padding[:1] * 2, strict=True)",
)

# -- join -----------------------------------------------------------------------------------------------------

change(
    "join",
    "The channels of the way up come first here; those of the skip do.",
    "torch.cat([skip, framed], dim=1)",
    "torch.cat([framed, skip], dim=1)",
)
change(
    "join",
    "The odd row is added above and the odd column to the left; they belong below and to the right.",
    "(e // 2, e - e // 2, d // 2, d - d // 2)",
    "(e - e // 2, e // 2, d - d // 2, d // 2)",
)
change(
    "join",
    "All rows of zeros lie below, and all columns to the right.",
    "(e // 2, e - e // 2, d // 2, d - d // 2)",
    "(0, e, 0, d)",
)
change(
    "join",
    "All rows of zeros lie above, and all columns to the left.",
    "(e // 2, e - e // 2, d // 2, d - d // 2)",
    "(e, 0, d, 0)",
)
change(
    "join",
    "The maps are stretched to the size of the skip; they are put into a frame of zeros.",
    "F.pad(up, (e // 2, e - e // 2, d // 2, d - d // 2))",
    'F.interpolate(up, skip.shape[2:], mode="bilinear", align_corners=False)',
)
change(
    "join",
    "The maps are stretched to the size of the skip, by repeating pixels; they are put into a frame of zeros.",
    "F.pad(up, (e // 2, e - e // 2, d // 2, d - d // 2))",
    "F.interpolate(up, skip.shape[2:])",
)
change(
    "join",
    "The frame repeats the edge of the maps; it is made of zeros.",
    "d // 2, d - d // 2))",
    'd // 2, d - d // 2), mode="replicate")',
)
change(
    "join",
    "The skip is cut to the size of the maps from below; the maps are put into a frame.",
    "framed = F.pad(up, (e // 2, e - e // 2, d // 2, d - d // 2))",
    "framed, skip = up, skip[:, :, d // 2 : d // 2 + up.shape[2], e // 2 : e // 2 + up.shape[3]]",
)
change(
    "join",
    "Maps with a row too many are cut off here and not refused.",
    "min(d, e) < 0",
    "d + e < 0",
)
change(
    "join",
    "Maps with a column too many are cut off here and not refused.",
    "min(d, e) < 0",
    "d < 0",
)
change(
    "join",
    "Maps with a row too many are cut off here and not refused.",
    "min(d, e) < 0",
    "e < 0",
)
change(
    "join",
    "The two offsets are exchanged: half of the missing rows lies above, half of the missing columns to the left.",
    "(e // 2, e - e // 2, d // 2, d - d // 2)",
    "(d // 2, e - d // 2, e // 2, d - e // 2)",
)

# -- panoptic_quality -----------------------------------------------------------------------------------------

change(
    "panoptic_quality",
    "An IoU of exactly one half counts as a pair; it has to be larger.",
    "iou > 0.5",
    "iou >= 0.5",
)
change(
    "panoptic_quality",
    "Every overlap counts, however small; a pair has an IoU above one half.",
    "iou > 0.5",
    "iou > 0",
)
change(
    "panoptic_quality",
    "Each pair counts as 1; it counts with its IoU.",
    "sum(iou for",
    "sum(1.0 for",
)
change(
    "panoptic_quality",
    "Instances without a partner count in full in the denominator; they count one half.",
    "((len(parts[0]) + len(parts[1])) / 2)",
    "(len(parts[0]) + len(parts[1]) - sum(iou > 0.5 for iou in overlaps))",
)
change(
    "panoptic_quality",
    "The sum of the IoUs is divided by the number of pairs: what was missed or made up does not count.",
    "((len(parts[0]) + len(parts[1])) / 2)",
    "max(sum(iou > 0.5 for iou in overlaps), 1)",
)
change(
    "panoptic_quality",
    "The sum is divided by the number of found instances: what was missed does not count.",
    "((len(parts[0]) + len(parts[1])) / 2)",
    "max(len(parts[0]), 1)",
)
change(
    "panoptic_quality",
    "The sum is divided by the number of true instances: what was made up does not count.",
    "((len(parts[0]) + len(parts[1])) / 2)",
    "max(len(parts[1]), 1)",
)
change(
    "panoptic_quality",
    "The half is missing: the denominator is twice as large.",
    "((len(parts[0]) + len(parts[1])) / 2)",
    "(len(parts[0]) + len(parts[1]))",
)
change(
    "panoptic_quality", "The background, number 0, counts as an instance.", " if k != 0", ""
)
change(
    "panoptic_quality",
    "Instances are matched by their numbers; they are matched by their overlap.",
    "for a in parts[0] for b in parts[1]]",
    "for a, b in [(found == k, true == k) for k in found.unique() if k != 0]]",
)
change(
    "panoptic_quality",
    "The overlap is divided by the area of the true instance; an IoU is divided by the area of both together.",
    "(a | b).sum()",
    "b.sum()",
)
change(
    "panoptic_quality",
    "The overlap is that of Dice, twice the intersection over the sum of the areas; here it is the IoU.",
    "float((a & b).sum() / (a | b).sum())",
    "float(2 * (a & b).sum() / (a.sum() + b.sum()))",
)
change(
    "panoptic_quality",
    "Where neither map has an instance PQ is 1.",
    "return 1.0",
    "return 0.0",
)
change(
    "panoptic_quality",
    "An instance alone in one of the two maps gives 0, and here it gives 1.",
    "not parts[0] and not parts[1]",
    "not parts[0] or not parts[1]",
)

change(
    "panoptic_quality",
    "The largest number stands for the number of instances; numbers may be left out.",
    "(len(parts[0]) + len(parts[1]))",
    "int(found.max() + true.max())",
)

# -- refine ---------------------------------------------------------------------------------------------------


@slip("refine", "The coarse map is only enlarged; the picture is not looked at.")
def enlarged(picture: Tensor, coarse: Tensor) -> Tensor:
    return F.interpolate(coarse[None], picture.shape[1:], mode="bilinear")[0].argmax(0)


@slip("refine", "The coarse map is only enlarged, by blocks; the picture is not looked at.")
def blocks(picture: Tensor, coarse: Tensor) -> Tensor:
    return F.interpolate(coarse[None], picture.shape[1:], mode="nearest")[0].argmax(0)


@slip("refine", "Everything is background.")
def background(picture: Tensor, coarse: Tensor) -> Tensor:
    return torch.zeros(picture.shape[1:], dtype=torch.int64)


@slip(
    "refine", "The colours alone decide: two objects of one colour may be of two classes."
)
def colours_alone(picture: Tensor, coarse: Tensor) -> Tensor:
    h, w = picture.shape[1:]
    p = F.interpolate(coarse[None], (h, w), mode="bilinear", align_corners=False)[0]
    means = torch.einsum("cij, kij -> ck", p, picture) / p.sum(dim=(1, 2))[:, None]
    return (picture[None] - means[:, :, None, None]).square().sum(dim=1).argmin(0)


@slip(
    "refine",
    "The coarse map is only enlarged, with aligned corners; the picture is not looked at.",
)
def aligned(picture: Tensor, coarse: Tensor) -> Tensor:
    large = F.interpolate(
        coarse[None], picture.shape[1:], mode="bilinear", align_corners=True
    )
    return large[0].argmax(0)


@slip(
    "refine", "The coarse map is only enlarged and smoothed; the picture is not looked at."
)
def smoothed(picture: Tensor, coarse: Tensor) -> Tensor:
    large = F.interpolate(coarse[None], picture.shape[1:], mode="nearest")
    return F.avg_pool2d(large, 9, stride=1, padding=4, count_include_pad=False)[0].argmax(0)


@slip(
    "refine",
    "Class 0 comes out as 1, 1 as 2 and 2 as 0: the labels count from 0 in the order of the coarse map.",
)
def shifted(picture: Tensor, coarse: Tensor) -> Tensor:
    large = F.interpolate(
        coarse[None], picture.shape[1:], mode="bilinear", align_corners=False
    )
    return (large[0].argmax(0) + 1) % 3


@slip(
    "refine",
    "Each block of 8 by 8 pixels is cut in two by the brightness of the picture; the colour tells more.",
)
def by_brightness(picture: Tensor, coarse: Tensor) -> Tensor:
    h, w = picture.shape[1:]
    p = F.interpolate(coarse[None], (h, w), mode="bilinear", align_corners=False)[0]
    grey = picture.mean(0)
    mean = F.interpolate(F.avg_pool2d(grey[None, None], 8), (h, w), mode="nearest")[0, 0]
    order = p.argsort(dim=0, descending=True)
    return torch.where(
        grey > mean, order[0], torch.where(p.amax(0) > 0.8, order[0], order[1])
    )


# -- mutants that compute the same ------------------------------------------------------------------------------

equivalent(
    "counts",
    "All four have two numbers.",
    "for n, k, s, p in zip(size, kernel, stride, padding):",
)
equivalent("join", "The smaller of two has no order.", "if min(e, d) < 0:")
equivalent(
    "void_loss",
    "Where the denominator is 0 the sum above is 0, too, whatever it is divided by.",
    "return (w[t] * losses).sum() / torch.where(total > 0, total, 2)",
)
equivalent(
    "unchanged",
    "The letters may stand in any order.",
    'return ["C", "A", "D", "G", "J"]',
    'return ["A", "D", "C", "G", "J"]',
    'return ["A", "C", "G", "D", "J"]',
    'return ["A", "C", "D", "J", "G"]',
)
equivalent(
    "turn",
    "Corners are not aligned unless it is asked for.",
    "grid = F.affine_grid(theta, list(x.shape))",
    "pictures = F.grid_sample(x, grid)",
    'labels = F.grid_sample(shifted, grid, mode="nearest")',
)
equivalent(
    "turn",
    "There is one channel, and the nearest of whole numbers is a whole number.",
    "return pictures, labels[:, -1].round().long() + VOID",
    "return pictures, labels[:, 0].long() + VOID",
    "return pictures, labels[:, 0].floor().long() + VOID",
    "return pictures, labels[:, 0].ceil().long() + VOID",
)
equivalent(
    "refine",
    "Corners are not aligned unless it is asked for.",
    'p = F.interpolate(coarse[None], (h, w), mode="bilinear")',
)
equivalent(
    "refine",
    "A square does not depend on the sign.",
    "unlike = (picture.view(3, 1, -1) - around[0]).square().sum(0)",
)
equivalent(
    "refine",
    "The axis that is kept is one long.",
    "unlike = (around[0] - picture.view(3, 1, -1)).square().sum(0, keepdim=True)",
    "return ((-unlike / 0.08).exp() * around[1]).sum(1).argmax(0, keepdim=True).view(h, w)",
    "return ((-unlike / 0.08).exp() * around[1]).sum(1, keepdim=True).argmax(0).view(h, w)",
)
equivalent(
    "refine",
    "Colours that are told apart a little more or less sharply; any method may be used.",
    "unlike = (around[0] - picture.view(3, 1, -1)).square().mean(0)",
    "unlike = (around[0] - picture.view(3, 1, -1)).abs().sum(0)",
    "return ((-unlike // 0.08).exp() * around[1]).sum(1).argmax(0).view(h, w)",
    "return ((-unlike / 0.16).exp() * around[1]).sum(1).argmax(0).view(h, w)",
)
equivalent(
    "refine",
    "A mean is the sum over a number that is the same for all classes.",
    "return ((-unlike / 0.08).exp() * around[1]).mean(1).argmax(0).view(h, w)",
)
