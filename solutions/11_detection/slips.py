"""Planted wrong answers to the exercises on detection: each must get the hint that it names."""
# ruff: noqa: F821 -- iou, LIMIT and the faulty functions stand in the exercises

import torch
import torch.nn.functional as F
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- regressed ------------------------------------------------------------------------------------------------


@slip(
    "regressed",
    "Two faults are still there, whatever became of the copy: the centre moves by the new sides, and x is clipped at the height.",
)
def as_it_was(proposals: Tensor, d: Tensor, size: tuple[int, int]) -> Tensor:
    return faulty_boxes(proposals, d, size)


@slip(
    "regressed",
    "Two faults are still there, whatever became of the copy: the centre moves by the new sides, and x is clipped at the height.",
)
def only_copied(proposals: Tensor, d: Tensor, size: tuple[int, int]) -> Tensor:
    return faulty_boxes(proposals.clone(), d, size)


@slip("regressed", "x is still clipped at the height, and y at the width.")
def clipped_wrong(proposals: Tensor, d: Tensor, size: tuple[int, int]) -> Tensor:
    first, last = proposals[:, :2], proposals[:, 2:]
    sides = last - first
    centre = (first + last) / 2 + d[:, :2] * sides
    sides = sides * d[:, 2:].clamp(max=LIMIT).exp()
    boxes = torch.cat([centre - sides / 2, centre + sides / 2], dim=1)
    return boxes.clamp(min=0).minimum(boxes.new_tensor([*size, *size]))


@slip(
    "regressed",
    "The centre moves by shares of the new sides; it moves by shares of the proposal's.",
)
def moved_late(proposals: Tensor, d: Tensor, size: tuple[int, int]) -> Tensor:
    first, last = proposals[:, :2], proposals[:, 2:]
    sides = (last - first) * d[:, 2:].clamp(max=LIMIT).exp()
    centre = (first + last) / 2 + d[:, :2] * sides
    boxes = torch.cat([centre - sides / 2, centre + sides / 2], dim=1)
    height, width = size
    return boxes.clamp(min=0).minimum(boxes.new_tensor([width, height, width, height]))


@slip(
    "regressed",
    "The first line still works on `proposals` itself: they have changed after the call.",
)
def in_place(proposals: Tensor, d: Tensor, size: tuple[int, int]) -> Tensor:
    boxes = proposals
    boxes[:, 2:] -= boxes[:, :2]
    boxes[:, :2] += boxes[:, 2:] / 2
    boxes[:, :2] += d[:, :2] * boxes[:, 2:]
    boxes[:, 2:] *= d[:, 2:].clamp(max=LIMIT).exp()
    boxes[:, :2] -= boxes[:, 2:] / 2
    boxes[:, 2:] += boxes[:, :2]
    height, width = size
    return boxes.clamp(min=0).minimum(boxes.new_tensor([width, height, width, height]))


change(
    "regressed",
    "The corners move here: the shift belongs to the centre, and the first corner is given for it.",
    "(first + last) / 2 + d",
    "first + d",
)
change(
    "regressed",
    "The shift d_x, d_y counts in pixels here; it counts in sides of the proposal.",
    "d[:, :2] * sides",
    "d[:, :2]",
)
change(
    "regressed",
    "The result is (centre, sides); corners are asked for.",
    "torch.cat([centre - sides / 2, centre + sides / 2], dim=1)",
    "torch.cat([centre, sides], dim=1)",
)
change(
    "regressed",
    "The box has twice its sides: half of them lies on each side of the centre.",
    "[centre - sides / 2, centre + sides / 2]",
    "[centre - sides, centre + sides]",
)
change(
    "regressed",
    "The exponential is missing: d_w and d_h are logarithms of quotients of sides.",
    ".clamp(max=LIMIT).exp()",
    ".clamp(max=LIMIT)",
)
change("regressed", "The limit of d_w and d_h is missing.", ".clamp(max=LIMIT)", "")
change(
    "regressed",
    "All four numbers of d are limited; only d_w and d_h are.",
    "d[:, :2] * sides",
    "d[:, :2].clamp(max=LIMIT) * sides",
)
change(
    "regressed",
    "The result is not clipped at the right and lower edge.",
    ".minimum(boxes.new_tensor([width, height, width, height]))",
    "",
)
change("regressed", "The result is not clipped at 0.", ".clamp(min=0)", "")
change(
    "regressed",
    "What is added to the sides is the exponential; they are multiplied by it.",
    "sides * d",
    "sides + d",
)

# -- giou_gradient --------------------------------------------------------------------------------------------

change(
    "giou_gradient",
    "Where the boxes do not overlap, two negative lengths (or one) make an intersection here: it is 0, and stays 0.",
    "    inner = inner * (inner > 0).all(dim=1, keepdim=True)  # 0 where they do not overlap\n",
    "",
)
change(
    "giou_gradient",
    "The lengths of the intersection are set to 0 one by one: where the boxes overlap along one axis only, a gradient of I is left.",
    "inner * (inner > 0).all(dim=1, keepdim=True)",
    "inner.clamp(min=0)",
)
change(
    "giou_gradient",
    "The corner's own length stands where the other one belongs: d|a|/dx is the height.",
    "own, inner, outer = own.flip(1), inner.flip(1), outer.flip(1)  # the other length",
    "pass",
)
change(
    "giou_gradient",
    "This is the gradient of IoU: the two terms of the enclosing box are missing.",
    " + dU / H - U * dH / H**2",
    "",
)
change(
    "giou_gradient",
    "The terms of the enclosing box have the wrong sign: GIoU = I / U - 1 + U / H.",
    " + dU / H - U * dH / H**2",
    " - dU / H + U * dH / H**2",
)
change(
    "giou_gradient",
    "The union is taken for fixed: it changes with the area of a and with the intersection.",
    "dU = torch.cat([-own, own], dim=1) - dI",
    "dU = torch.zeros_like(dI)",
)
change(
    "giou_gradient",
    "The union changes with the area of a alone here; U = |a| + |b| - I.",
    "torch.cat([-own, own], dim=1) - dI",
    "torch.cat([-own, own], dim=1)",
)
change(
    "giou_gradient",
    "The union changes with the intersection alone here; U = |a| + |b| - I.",
    "torch.cat([-own, own], dim=1) - dI",
    "-dI",
)
change(
    "giou_gradient",
    "The intersection is added to the union where it is taken off.",
    "dim=1, keepdim=True) - I",
    "dim=1, keepdim=True) + I",
)
change(
    "giou_gradient",
    "The enclosing box moves with the inner corners here; it moves with the outer ones.",
    "-outer * (low_a < low_b), outer * (high_a > high_b)",
    "-outer * (low_a > low_b), outer * (high_a < high_b)",
)
change(
    "giou_gradient",
    "The intersection moves with the outer corners here; it moves with the inner ones.",
    "-inner * (low_a > low_b), inner * (high_a < high_b)",
    "-inner * (low_a < low_b), inner * (high_a > high_b)",
)
change(
    "giou_gradient",
    "The intersection moves with every corner of a here, also with those of b's that bound it.",
    "-inner * (low_a > low_b), inner * (high_a < high_b)",
    "-inner, inner",
)
change(
    "giou_gradient",
    "The enclosing box moves with every corner of a here, also where b's corner lies further out.",
    "-outer * (low_a < low_b), outer * (high_a > high_b)",
    "-outer, outer",
)
change(
    "giou_gradient",
    "The derivative of I with respect to x_1 and y_1 has the wrong sign: the length shrinks as they grow.",
    "[-inner * (low_a",
    "[inner * (low_a",
)
change(
    "giou_gradient",
    "This is the gradient of the loss 1 - GIoU; that of GIoU is asked for.",
    "return dI / U - I * dU / U**2 + dU / H - U * dH / H**2",
    "return -(dI / U - I * dU / U**2 + dU / H - U * dH / H**2)",
)
change(
    "giou_gradient",
    "This is the gradient of the mean over the pairs: each row is too small by their number.",
    "return dI / U - I * dU / U**2 + dU / H - U * dH / H**2",
    "return (dI / U - I * dU / U**2 + dU / H - U * dH / H**2) / len(a)",
)
change(
    "giou_gradient",
    "The last factor of the quotient's rule is missing: H is squared in its denominator.",
    "dH / H**2",
    "dH / H",
)


@slip(
    "giou_gradient",
    "Differences of GIoU values mix the two sides of a kink where coordinates lie close together; the gradient is to be worked out.",
)
def differences(a: Tensor, b: Tensor) -> Tensor:
    steps = 1e-6 * torch.eye(4, dtype=a.dtype)
    columns = [(paired_giou(a + e, b) - paired_giou(a - e, b)) / 2e-6 for e in steps]
    return torch.stack(columns, dim=1)


# -- cropped --------------------------------------------------------------------------------------------------

change(
    "cropped",
    "The boxes have the picture's origin; that of the crop is its upper left corner.",
    ".minimum(high) - low",
    ".minimum(high)",
)
change(
    "cropped",
    "The boxes are moved but not clipped to the crop.",
    "boxes.maximum(low).minimum(high) - low",
    "boxes - low",
)
change(
    "cropped",
    "A box of which exactly the share `least` is inside stays: at least means >=.",
    ">= least",
    "> least",
)
change(
    "cropped",
    "Boxes without an area in the window are kept where `least` is 0.",
    " & (left > 0).all(dim=1)",
    "",
)
change(
    "cropped",
    "The area left is compared with that of the window, not with the box's own.",
    "least * whole.prod(dim=1)",
    "least * (x2 - x1) * (y2 - y1)",
)
change(
    "cropped",
    "The share of the box that is inside does not count here: all that has an area in the window stays.",
    "(left.prod(dim=1) >= least * whole.prod(dim=1)) & (left > 0)",
    "(left > 0)",
)
change(
    "cropped",
    "A box stays by the share of one side here; it is the share of the area.",
    "(left.prod(dim=1) >= least * whole.prod(dim=1))",
    "(left >= least * whole).any(dim=1)",
)
change(
    "cropped",
    "Each side must keep the share `least`; the product of the two shares counts.",
    "(left.prod(dim=1) >= least * whole.prod(dim=1))",
    "(left >= least * whole).all(dim=1)",
)
change(
    "cropped",
    "The boxes that are asked for are dropped, and the others stay.",
    "return inside[stays], labels[stays]",
    "return inside[~stays], labels[~stays]",
)
change(
    "cropped",
    "The labels of all boxes are given, not of those that stay.",
    ", labels[stays]",
    ", labels",
)
change(
    "cropped",
    "A box stays by its centre here; the share of its area that lies in the window counts.",
    "(left.prod(dim=1) >= least * whole.prod(dim=1)) & (left > 0)",
    "((boxes + boxes.roll(2, 1)) / 2 > low).all(1) & ((boxes + boxes.roll(2, 1)) / 2 < high).all(1) & (left > 0)",
)
change(
    "cropped",
    "Boxes that stay whole alone are kept.",
    "(left.prod(dim=1) >= least * whole.prod(dim=1))",
    "(left == whole).all(dim=1)",
)


change(
    "cropped",
    "The boxes that are given are not clipped to the crop.",
    "return inside[stays], labels[stays]",
    "return (boxes - low)[stays], labels[stays]",
)
change(
    "cropped",
    "A box with two negative sides stays: their product is positive, so each side has to be compared with 0.",
    "(left > 0).all(dim=1)",
    "(left.prod(dim=1) > 0)",
)


@slip("cropped", "Width and height are given in place of x2 and y2.")
def with_sides(
    boxes: Tensor, labels: Tensor, window: tuple[float, float, float, float], least: float
) -> tuple[Tensor, Tensor]:
    x1, y1, x2, y2 = window
    low, high = boxes.new_tensor([x1, y1, x1, y1]), boxes.new_tensor([x2, y2, x2, y2])
    inside = boxes.maximum(low).minimum(high) - low
    left, whole = (b[:, 2:] - b[:, :2] for b in (inside, boxes))
    stays = (left.prod(dim=1) >= least * whole.prod(dim=1)) & (left > 0).all(dim=1)
    return torch.cat([inside[:, :2], left], dim=1)[stays], labels[stays]


# -- roi_align ------------------------------------------------------------------------------------------------

change(
    "roi_align",
    "The numbers of the map are read half a cell too far right and down: A[i, j] belongs to the middle of its cell.",
    "2 * x / w - 1, 2 * y / h - 1",
    "2 * (x + 0.5) / w - 1, 2 * (y + 0.5) / h - 1",
)
change(
    "roi_align",
    "The corners are aligned: then the outermost numbers lie on the edge of the map, not half a cell inside.",
    "align_corners=False",
    "align_corners=True",
)
change(
    "roi_align",
    "Beyond the outermost middles the map is taken for 0; the value of the nearest place on their frame counts.",
    'padding_mode="border", ',
    "",
)
change(
    "roi_align",
    "The number of the nearest cell is read; bilinear interpolation is asked for.",
    'padding_mode="border", ',
    'mode="nearest", padding_mode="border", ',
)
change(
    "roi_align",
    "x and y are exchanged where the map is read.",
    "2 * x / w - 1, 2 * y / h - 1",
    "2 * x / h - 1, 2 * y / w - 1",
)
change(
    "roi_align",
    "The points begin at the edge of the bins; they lie in the middle of their parts.",
    "(torch.arange(columns * s, dtype=A.dtype) + 0.5)",
    "torch.arange(columns * s, dtype=A.dtype)",
    "(torch.arange(rows * s, dtype=A.dtype) + 0.5)",
    "torch.arange(rows * s, dtype=A.dtype)",
)
change(
    "roi_align",
    "The box is rounded to whole cells, as RoI pooling does.",
    "(boxes / stride)",
    "(boxes / stride).round()",
)
change(
    "roi_align",
    "The box is not divided by the stride: it is given in pixels of the picture.",
    "(boxes / stride)",
    "boxes",
)
change(
    "roi_align",
    "The largest number of a bin is given; it is the mean of its points.",
    "F.avg_pool2d(read, s)",
    "F.max_pool2d(read, s)",
)
change(
    "roi_align",
    "The numbers of a bin are added up; their mean is asked for.",
    "F.avg_pool2d(read, s)",
    "s * s * F.avg_pool2d(read, s)",
)
change(
    "roi_align",
    "The third and fourth number of a box are taken for its width and height; they are its other corner.",
    "x1 + (x2 - x1) *",
    "x1 + x2 *",
    "y1 + (y2 - y1) *",
    "y1 + y2 *",
)


@slip("roi_align", "Only the middle of each bin is read, whatever s is.")
def one_point(
    A: Tensor, boxes: Tensor, stride: int, size: tuple[int, int], s: int
) -> Tensor:
    (K, h, w), (rows, columns) = A.shape, size
    found = [A.new_zeros(0, K, rows, columns)]
    for x1, y1, x2, y2 in (boxes / stride).tolist():
        x = x1 + (x2 - x1) * (torch.arange(columns, dtype=A.dtype) + 0.5) / columns
        y = y1 + (y2 - y1) * (torch.arange(rows, dtype=A.dtype) + 0.5) / rows
        grid = torch.stack(
            torch.meshgrid(2 * x / w - 1, 2 * y / h - 1, indexing="xy"), dim=2
        )
        found.append(
            F.grid_sample(A[None], grid[None], padding_mode="border", align_corners=False)
        )
    return torch.cat(found)


@slip(
    "roi_align",
    "The box is clipped to the map before it is divided into bins: clamp the places, not the box.",
)
def box_clipped(
    A: Tensor, boxes: Tensor, stride: int, size: tuple[int, int], s: int
) -> Tensor:
    (K, h, w), (rows, columns) = A.shape, size
    found = [A.new_zeros(0, K, rows, columns)]
    boxes = (boxes / stride).clamp(min=0).minimum(A.new_tensor([w, h, w, h]))
    for x1, y1, x2, y2 in boxes.tolist():
        x = x1 + (x2 - x1) * (torch.arange(columns * s, dtype=A.dtype) + 0.5) / (
            columns * s
        )
        y = y1 + (y2 - y1) * (torch.arange(rows * s, dtype=A.dtype) + 0.5) / (rows * s)
        grid = torch.stack(
            torch.meshgrid(2 * x / w - 1, 2 * y / h - 1, indexing="xy"), dim=2
        )
        read = F.grid_sample(
            A[None], grid[None], padding_mode="border", align_corners=False
        )
        found.append(F.avg_pool2d(read, s))
    return torch.cat(found)


# -- later_encoding -------------------------------------------------------------------------------------------

change(
    "later_encoding",
    "This is the inverse of b_x = c_x + sigma(t_x): the factor 2 and the half are not undone.",
    "- cells + 0.5) / 2",
    "- cells)",
)
change(
    "later_encoding",
    "The half is taken off once more; it has to be added.",
    "+ 0.5) / 2",
    "- 0.5) / 2",
)
change(
    "later_encoding",
    "The shares are kept between 0.02 and 0.98, as in the chapter; here t is finite without that, and exact.",
    "torch.logit(torch.where(reached[:, None], shares, 0.5))",
    "torch.logit(torch.where(reached[:, None], shares.clamp(0.02, 0.98), 0.5))",
)
change("later_encoding", "The half is missing.", "- cells + 0.5) / 2", "- cells) / 2")
change(
    "later_encoding",
    "The factor 2 in front of sigma(t_x) is not undone.",
    "- cells + 0.5) / 2",
    "- cells + 0.5)",
)
change(
    "later_encoding",
    "The square is not undone: w / p_w is the square of 2 sigma(t_w).",
    ".sqrt() / 2",
    " / 2",
)
change(
    "later_encoding",
    "The factor 2 stands inside the square: take the root first, then halve.",
    "((last - first) / anchors).sqrt() / 2",
    "((last - first) / anchors / 2).sqrt()",
)
change(
    "later_encoding",
    "The factor 2 in front of sigma(t_w) is not undone.",
    ".sqrt() / 2",
    ".sqrt()",
)
change(
    "later_encoding",
    "The logarithm undoes an exponential; here a sigmoid has to be undone.",
    "torch.logit(torch.where(reached[:, None], shares, 0.5))",
    "torch.where(reached[:, None], shares, 1.0).log()",
)
change(
    "later_encoding",
    "The cell is taken for (row, column); it is (column, row).",
    "- cells + 0.5",
    "- cells.flip(1) + 0.5",
)
change(
    "later_encoding",
    "The first corner is taken for the centre.",
    "(first + last) / (2 * stride)",
    "first / stride",
)
change(
    "later_encoding",
    "The centre is counted in pixels, the cell in cells: divide by the stride.",
    "(first + last) / (2 * stride)",
    "(first + last) / 2",
)
change(
    "later_encoding",
    "A side counts in cells here and the anchor in pixels; both are in pixels.",
    "((last - first) / anchors)",
    "((last - first) / stride / anchors)",
)
change(
    "later_encoding",
    "Infinite t count as reached: the sigmoid lies strictly between 0 and 1.",
    "(shares > 0) & (shares < 1)",
    "(shares >= 0) & (shares <= 1)",
)
change(
    "later_encoding",
    "A row is reached here if one of its four numbers is; all four have to be.",
    "(shares < 1)).all(dim=1)",
    "(shares < 1)).any(dim=1)",
)
change(
    "later_encoding",
    "Only the cell that holds the centre is said to reach it; this decoding reaches further.",
    "reached = ((shares > 0)",
    "reached = (places >= 0.25).all(dim=1) & (places < 0.75).all(dim=1) & ((shares > 0)",
    "return",
    "reached = reached.reshape(-1)\n    return",
)
change(
    "later_encoding",
    "Rows that are not reached hold what the formula gives, infinite or not a number; all four t are 0 there.",
    "torch.logit(torch.where(reached[:, None], shares, 0.5))",
    "torch.logit(shares)",
)
change(
    "later_encoding",
    "In rows that are not reached only the numbers out of reach are 0; all four are.",
    "torch.where(reached[:, None], shares, 0.5)",
    "torch.where((shares > 0) & (shares < 1), shares, 0.5)",
)

# -- focal_loss -----------------------------------------------------------------------------------------------


@slip(
    "focal_loss",
    "All three faults are still there: the weight of y = 0, the divisor, the logarithm of 0.",
)
def still_faulty(z: Tensor, y: Tensor, alpha: float, gamma: float) -> Tensor:
    return faulty_focal_loss(z, y, alpha, gamma)


change(
    "focal_loss",
    "Predictions without an object are weighted with alpha; theirs is 1 - alpha.",
    "(1 - alpha) * losses)",
    "alpha * losses)",
)
change(
    "focal_loss",
    "Predictions without an object are not weighted; theirs is 1 - alpha.",
    "(1 - alpha) * losses)",
    "losses)",
)
change(
    "focal_loss",
    "The two weights are exchanged: alpha belongs to y = 1.",
    "alpha * losses, (1 - alpha) * losses",
    "(1 - alpha) * losses, alpha * losses",
)
change(
    "focal_loss",
    "The sum is divided by the number of all predictions that are not ignored; it is N_1.",
    "positive.sum().clamp(min=1)",
    "(y != -1).sum().clamp(min=1)",
)
change(
    "focal_loss",
    "The sum is divided by the number of all predictions, ignored ones too; it is N_1.",
    "positive.sum().clamp(min=1)",
    "y.numel()",
)
change("focal_loss", "The sum is not divided by N_1.", " / positive.sum().clamp(min=1)", "")
change(
    "focal_loss",
    "Without an object the sum is divided by 0.",
    "positive.sum().clamp(min=1)",
    "positive.sum()",
)
change(
    "focal_loss",
    "One is added to N_1; where there are objects it is N_1 itself.",
    "positive.sum().clamp(min=1)",
    "(positive.sum() + 1)",
)
change(
    "focal_loss",
    "Ignored predictions count as predictions without an object.",
    "losses[y != -1].sum()",
    "losses.sum()",
)
change(
    "focal_loss",
    "The factor weighs the easy ones up: it is (1 - p_t) to the power of gamma.",
    "(-signed).sigmoid() ** gamma",
    "signed.sigmoid() ** gamma",
)
change(
    "focal_loss",
    "The factor (1 - p_t) to the power of gamma is missing.",
    "-((-signed).sigmoid() ** gamma) * F.logsigmoid(signed)",
    "-F.logsigmoid(signed)",
)
change(
    "focal_loss",
    "The sign is missing: the logarithm of a probability is negative.",
    "-((-signed).sigmoid() ** gamma)",
    "((-signed).sigmoid() ** gamma)",
)
change(
    "focal_loss",
    "Where there is no object the loss is that of an object: p_t is 1 - p there.",
    "torch.where(positive, z, -z)",
    "z",
)
change(
    "focal_loss",
    "The logarithm of 0 is taken for logits far from 0: use F.logsigmoid.",
    "F.logsigmoid(signed)",
    "signed.sigmoid().log()",
)
change(
    "focal_loss",
    "The logarithm is kept finite by a least p_t, which cuts the loss off far from 0: use F.logsigmoid.",
    "F.logsigmoid(signed)",
    "signed.sigmoid().clamp(min=1e-12).log()",
)
change(
    "focal_loss",
    "The logarithm is kept finite by a small number inside it, which changes the loss far from 0: use F.logsigmoid.",
    "F.logsigmoid(signed)",
    "(signed.sigmoid() + 1e-8).log()",
)

# -- soft_nms -------------------------------------------------------------------------------------------------

change(
    "soft_nms",
    "Boxes of other classes are lowered, too.",
    "torch.where(same, (-(iou(boxes, boxes) ** 2) / sigma).exp(), 1.0)",
    "(-(iou(boxes, boxes) ** 2) / sigma).exp()",
)
change(
    "soft_nms",
    "Boxes of other classes are lowered, and those of the same class are not.",
    "labels[:, None] == labels",
    "labels[:, None] != labels",
)
change(
    "soft_nms", "The IoU is not squared.", "(iou(boxes, boxes) ** 2)", "iou(boxes, boxes)"
)
change(
    "soft_nms",
    "This is the linear kind: the score is multiplied by 1 - IoU.",
    "(-(iou(boxes, boxes) ** 2) / sigma).exp()",
    "1 - iou(boxes, boxes)",
)
change("soft_nms", "The scores are raised: the exponent is negative.", "(-(iou(", "((iou(")
change(
    "soft_nms",
    "The exponent is multiplied by sigma; it is divided by it.",
    "/ sigma",
    "* sigma",
)
change("soft_nms", "Sigma is squared.", "/ sigma", "/ sigma**2")
change("soft_nms", "Sigma is doubled, as in a normal density.", "/ sigma", "/ (2 * sigma)")
change(
    "soft_nms",
    "The scores given are those from before; asked for are those that the boxes have when they are taken.",
    "final.append(float(left[best]))",
    "final.append(float(scores[best]))",
)
change(
    "soft_nms",
    "All boxes are kept, also those that sank below `least`.",
    "left[best] < least",
    "left[best] < 0",
)
change(
    "soft_nms",
    "The order is that of the scores from before: the next box is that with the highest score now.",
    "best = int(left.argmax())",
    "best = int(torch.where(left >= least, scores, 0).argmax())",
)
change(
    "soft_nms",
    "The score is lowered once, by the best box that overlaps it; each box taken lowers it again.",
    "left = left * factors[best]",
    "left = torch.minimum(left, torch.where(left < 0, left, scores * factors[best]))",
)


@slip("soft_nms", "This is NMS: overlapping boxes are thrown away, and the scores stay.")
def hard(
    boxes: Tensor, scores: Tensor, labels: Tensor, sigma: float, least: float
) -> tuple[Tensor, Tensor]:
    same = labels[:, None] == labels
    left, kept = scores.clone(), []
    while len(left) and left.max() >= least:
        best = int(left.argmax())
        kept.append(best)
        left[same[best] & (iou(boxes, boxes)[best] > sigma)] = -1
        left[best] = -1
    at = torch.tensor(kept, dtype=torch.long)
    return at, scores[at]


@slip(
    "soft_nms",
    "The kept boxes stand in the order in which they came in; asked for is that in which they are taken.",
)
def by_index(
    boxes: Tensor, scores: Tensor, labels: Tensor, sigma: float, least: float
) -> tuple[Tensor, Tensor]:
    same = labels[:, None] == labels
    factors = torch.where(same, (-(iou(boxes, boxes) ** 2) / sigma).exp(), 1.0)
    left, final = scores.clone(), torch.zeros_like(scores)
    while len(left) and left.max() >= least:
        best = int(left.argmax())
        final[best] = left[best]
        left = left * factors[best]
        left[best] = -1
    at = (final > 0).nonzero()[:, 0]
    return at, final[at]


@slip("soft_nms", "One class follows the other; the order goes by the score alone.")
def class_after_class(
    boxes: Tensor, scores: Tensor, labels: Tensor, sigma: float, least: float
) -> tuple[Tensor, Tensor]:
    kept, final = [], []
    for label in labels.unique().tolist():
        left = torch.where(labels == label, scores, -1.0)
        while left.max() >= least:
            best = int(left.argmax())
            kept.append(best)
            final.append(float(left[best]))
            left = left * (-(iou(boxes[best : best + 1], boxes)[0] ** 2) / sigma).exp()
            left[best] = -1
    return torch.tensor(kept, dtype=torch.long), torch.tensor(final, dtype=scores.dtype)


@slip("soft_nms", "The scores that came in have changed after the call: work on a copy.")
def on_the_input(
    boxes: Tensor, scores: Tensor, labels: Tensor, sigma: float, least: float
) -> tuple[Tensor, Tensor]:
    same = labels[:, None] == labels
    factors = torch.where(same, (-(iou(boxes, boxes) ** 2) / sigma).exp(), 1.0)
    kept, final = [], []
    while len(scores) and scores.max() >= least:
        best = int(scores.argmax())
        kept.append(best)
        final.append(float(scores[best]))
        scores *= factors[best]
        scores[best] = -1
    return torch.tensor(kept, dtype=torch.long), torch.tensor(final, dtype=scores.dtype)


@slip(
    "soft_nms",
    "The boxes are taken in the order of their first scores; after each step the highest of the lowered ones comes next.",
)
def first_order(
    boxes: Tensor, scores: Tensor, labels: Tensor, sigma: float, least: float
) -> tuple[Tensor, Tensor]:
    left, kept, final = scores.clone(), [], []
    same = labels[:, None] == labels
    factors = torch.where(same, (-(iou(boxes, boxes) ** 2) / sigma).exp(), 1.0)
    for best in scores.argsort(descending=True, stable=True).tolist():
        if left[best] < least:
            break
        kept.append(best)
        final.append(float(left[best]))
        left = left * factors[best]
    return torch.tensor(kept, dtype=torch.long), torch.tensor(final, dtype=scores.dtype)


# -- unchanged ------------------------------------------------------------------------------------------------

change(
    "unchanged",
    "B: half of a high score stands above many low ones. The copy of a hit is a miss, and lowers the precision below it.",
    '"A", "C", "E", "G", "I"',
    '"A", "B", "E", "G", "I"',
)
change(
    "unchanged",
    "D removes detections from the end of the order, and the recall that hits among them would have brought.",
    '"A", "C", "E", "G", "I"',
    '"A", "D", "E", "G", "I"',
)
change(
    "unchanged",
    "F adds a miss, which may stand high in the order of the whole test set: pictures without objects count.",
    '"E", "G", "I"',
    '"F", "G", "I"',
)
change(
    "unchanged",
    "H changes the order of detections of different pictures: a weak one becomes as sure as the best of another.",
    '"E", "G", "I"',
    '"E", "G", "H"',
)
change(
    "unchanged",
    "J changes the IoU with the objects: what was just above 0.5 may fall below, and the reverse.",
    '"G", "I"',
    '"G", "J"',
)
change(
    "unchanged",
    "C is left out here, and it belongs in: copies at the end of the order add misses behind every recall that is reached.",
    '"A", "C", "E", "G", "I"',
    '"A", "E", "F", "G", "I"',
)
change(
    "unchanged",
    "A is left out here, and it belongs in: squares of positive scores stand in the same order.",
    '"A", "C", "E"',
    '"C", "E", "F"',
)
change(
    "unchanged",
    "I is left out here, and it belongs in: the order comes from the scores, not from the list.",
    '"E", "G", "I"',
    '"B", "E", "G"',
)

# -- fused ----------------------------------------------------------------------------------------------------

change(
    "fused",
    "The boxes are given as (x1, y1, width, height); corners are asked for.",
    "found.append(boxes[near].mean(dim=0))",
    "box = boxes[near].mean(dim=0)\n            found.append(torch.cat([box[:2], box[2:] - box[:2]]))",
)


@slip("fused", "All boxes are given back: each object is counted many times.")
def every_box(boxes: Tensor, scores: Tensor) -> Tensor:
    return boxes


@slip(
    "fused",
    "This is NMS at an IoU of 0.3 and nothing else. The task says how far NMS gets.",
)
def plain_nms(boxes: Tensor, scores: Tensor) -> Tensor:
    kept, left = [], scores.argsort(descending=True)
    while len(left):
        kept.append(int(left[0]))
        left = left[iou(boxes[left[:1]], boxes[left])[0] <= 0.3]
    return boxes[kept]


@slip(
    "fused",
    "This is NMS at an IoU of 0.5 and nothing else. The task says how far NMS gets.",
)
def loose_nms(boxes: Tensor, scores: Tensor) -> Tensor:
    kept, left = [], scores.argsort(descending=True)
    while len(left):
        kept.append(int(left[0]))
        left = left[iou(boxes[left[:1]], boxes[left])[0] <= 0.5]
    return boxes[kept]


@slip(
    "fused",
    "Boxes with scores of at least 0.5 are given back, and nothing is done about those of one object.",
)
def good_scores(boxes: Tensor, scores: Tensor) -> Tensor:
    return boxes[scores >= 0.5]


@slip("fused", "One box is given for the whole scene; one for each object is asked for.")
def best_alone(boxes: Tensor, scores: Tensor) -> Tensor:
    return boxes[scores.argmax()][None]


@slip("fused", "No boxes are given.")
def nothing(boxes: Tensor, scores: Tensor) -> Tensor:
    return boxes[:0]


change(
    "fused",
    "Groups of one or two boxes count as objects, too; four boxes of each scene are there for nothing.",
    "near.sum() >= 3",
    "near.sum() >= 1",
)

# -- mutants that compute the same ------------------------------------------------------------------------------

equivalent(
    "regressed",
    "All of these tensors have the same type.",
    "return boxes.clamp(min=0).minimum(d.new_tensor([width, height, width, height]))",
    "return boxes.clamp(min=0).minimum(proposals.new_tensor([width, height, width, height]))",
)
equivalent(
    "unchanged",
    "The letters may stand in any order.",
    'return ["C", "A", "E", "G", "I"]',
    'return ["A", "E", "C", "G", "I"]',
    'return ["A", "C", "G", "E", "I"]',
    'return ["A", "C", "E", "I", "G"]',
)
equivalent(
    "giou_gradient",
    "The task excludes equal coordinates, and with them boxes that touch.",
    "inner = inner * (inner >= 0).all(dim=1, keepdim=True)  # 0 where they do not overlap",
    "dI = torch.cat([-inner * (low_a >= low_b), inner * (high_a < high_b)], dim=1)",
    "dI = torch.cat([-inner * (low_a > low_b), inner * (high_a <= high_b)], dim=1)",
    "dH = torch.cat([-outer * (low_a <= low_b), outer * (high_a > high_b)], dim=1)",
    "dH = torch.cat([-outer * (low_a < low_b), outer * (high_a >= high_b)], dim=1)",
)
equivalent(
    "giou_gradient",
    "The product of two sides is that of their opposites.",
    "U = area + (low_b - high_b).prod(dim=1, keepdim=True) - I",
)
equivalent(
    "soft_nms",
    "The first product is a copy already; what was taken stays below 0, and so below `least`.",
    "left, kept, final = scores, [], []",
    "left[best] = -1\nleft = left * factors[best]",
    "left[best] = -2",
    "left[best] = -0",
)
equivalent(
    "soft_nms",
    "A tensor of one number serves as that number.",
    "best = left.argmax()",
    "final.append(left[best])",
)
equivalent(
    "fused",
    "No IoU is exactly 0.3; the order matters little where all boxes of a group count; and any method may be used.",
    "for best in scores.argsort():",
    "for best in left.argsort(descending=True):",
    "near = left[best] & (overlap[best] >= 0.3)",
    "if near.sum() >= 4:",
    "if near.sum() >= 2:",
    "if near.sum() > 3:",
)
equivalent(
    "roi_align",
    "Corners are not aligned unless it is asked for.",
    'read = F.grid_sample(A[None], grid[None], padding_mode="border")',
)
