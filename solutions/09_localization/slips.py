"""Planted wrong answers to the exercises of chapter 9, each with the hint that it must get."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- detection_loss -------------------------------------------------------------------------------------------

change(
    "detection_loss",
    "The softmax acts twice: F.cross_entropy expects logits.",
    "F.cross_entropy(z, y)",
    "F.cross_entropy(z.softmax(dim=1), y)",
)
change(
    "detection_loss",
    "The box term is a mean over the four numbers too, a quarter of what is asked for: over them it is a sum.",
    'reduction="sum")',
    'reduction="mean")',
    " / max(int(seen.sum()), 1)",
    "",
)
change(
    "detection_loss",
    "The box term is divided by the number of all pictures; it is divided by that of the pictures with an object.",
    "max(int(seen.sum()), 1)",
    "len(y)",
)
change(
    "detection_loss",
    "The box term is a sum over the pictures; it is divided by the number of pictures with an object.",
    " / max(int(seen.sum()), 1)",
    "",
)
change(
    "detection_loss",
    "Pictures without an object pay for their boxes, too.",
    "b_hat[seen], b[seen]",
    "b_hat, b",
)
change(
    "detection_loss",
    "Pictures without an object pay for their boxes, and the term is divided by the number of all pictures.",
    "b_hat[seen], b[seen]",
    "b_hat, b",
    "max(int(seen.sum()), 1)",
    "len(y)",
)
change(
    "detection_loss",
    "Pictures without an object pay for their boxes, and the term is a mean over all numbers.",
    'b_hat[seen], b[seen], beta=beta, reduction="sum")',
    "b_hat, b, beta=beta)",
    " / max(int(seen.sum()), 1)",
    "",
)
change("detection_loss", "The factor lambda is missing.", "lam * boxes", "boxes")
change(
    "detection_loss",
    "The factor lambda stands before the class term; it belongs to the box term.",
    "classes + lam * boxes",
    "lam * classes + boxes",
)
change(
    "detection_loss",
    "The threshold of the smooth L1 loss is 1 here, whatever beta is.",
    "beta=beta, ",
    "",
)
change(
    "detection_loss",
    "The Huber loss of torch is beta times the smooth L1 loss.",
    "F.smooth_l1_loss(b_hat[seen], b[seen], beta=beta, ",
    "F.huber_loss(b_hat[seen], b[seen], delta=beta, ",
)
change(
    "detection_loss",
    "The squared distance takes the place of the smooth L1 loss.",
    "F.smooth_l1_loss(b_hat[seen], b[seen], beta=beta, ",
    "F.mse_loss(b_hat[seen], b[seen], ",
)
change(
    "detection_loss",
    "The absolute distance takes the place of the smooth L1 loss.",
    "F.smooth_l1_loss(b_hat[seen], b[seen], beta=beta, ",
    "F.l1_loss(b_hat[seen], b[seen], ",
)
change(
    "detection_loss",
    "For a batch without an object the box term is 0 / 0; it is meant to be 0.",
    "max(int(seen.sum()), 1)",
    "seen.sum()",
)
change(
    "detection_loss",
    "The class term leaves out the pictures without an object; class 0 has to be learned, too.",
    "F.cross_entropy(z, y)",
    "F.cross_entropy(z[seen], y[seen])",
)
change(
    "detection_loss",
    "The class term is a sum over the batch; it is a mean.",
    "F.cross_entropy(z, y)",
    'F.cross_entropy(z, y, reduction="sum")',
)
change(
    "detection_loss",
    "The box term of the first class with an object alone is there: every class but 0 has an object.",
    "seen = y != 0",
    "seen = y == 1",
)
change(
    "detection_loss",
    "The pictures without an object pay for their boxes, and those with one do not.",
    "seen = y != 0",
    "seen = y == 0",
)

# -- invariances ----------------------------------------------------------------------------------------------

change(
    "invariances",
    "E leaves the probabilities as they are, not the logits: the gradient of the logit gets the vector that was added.",
    '"C", "F"',
    '"E", "F"',
)
change(
    "invariances",
    "B doubles the gradient of the logit, and with it the map. The places of its maxima stay, its numbers do not.",
    '"A", "C"',
    '"A", "B"',
)
change(
    "invariances",
    "In D the gradient of the probability is that of several logits, and becomes small where the network is sure.",
    '"A", "C", "F", "G"',
    '"A", "D", "F", "G"',
)
change(
    "invariances",
    "H raises pre-activations in front of the ReLU, and so the maps themselves.",
    '"F", "G"',
    '"F", "H"',
)
change(
    "invariances",
    "In I the gradient at each place is not divided by the number of places any more.",
    '"F", "G"',
    '"F", "I"',
)
change(
    "invariances",
    "J drops the channels that lower the logit; in the weighted sum they count with their sign.",
    '"F", "G"',
    '"F", "J"',
)

# -- pointing_game --------------------------------------------------------------------------------------------

change(
    "pointing_game",
    "Row and column of the largest value are exchanged: a box names its columns first.",
    "[at % w, at // w]",
    "[at // w, at % w]",
)
change(
    "pointing_game",
    "The flattened index is divided by the number of rows; a row has as many pixels as there are columns.",
    "maps.shape[2]",
    "maps.shape[1]",
)
change(
    "pointing_game",
    "The first column and row behind the box are counted as its own.",
    "place - boxes[:, 2:] + 1",
    "place - boxes[:, 2:]",
)
change(
    "pointing_game",
    "The distance is the larger one of the two axes; it is the root of the sum of squares.",
    "away.double().norm(dim=1)",
    "away.amax(dim=1)",
)
change(
    "pointing_game",
    "The distances along the two axes are added; it is the root of the sum of their squares.",
    "away.double().norm(dim=1)",
    "away.sum(dim=1)",
)
change(
    "pointing_game",
    "A distance equal to the tolerance counts as a miss; it is a hit.",
    "<= tolerance",
    "< tolerance",
)
change(
    "pointing_game",
    "A map whose values are all equal scores here; it points nowhere.",
    "points & (away.double().norm(dim=1) <= tolerance)",
    "away.double().norm(dim=1) <= tolerance",
)
change(
    "pointing_game",
    "The tolerance has no effect: only peaks in the box count.",
    "<= tolerance",
    "<= 0",
)
change(
    "pointing_game",
    "The smallest value of each map is taken, not the largest.",
    "argmax(dim=1)",
    "argmin(dim=1)",
)
change(
    "pointing_game",
    "The distance is that to the centre of the box; it is that to its nearest pixel.",
    "torch.maximum(boxes[:, :2] - place, place - boxes[:, 2:] + 1).clamp(min=0)",
    "place + 0.5 - (boxes[:, :2] + boxes[:, 2:]) / 2",
)
change(
    "pointing_game",
    "The number of hits is given; asked for is their share.",
    ".double().mean().item()",
    ".double().sum().item()",
)
change(
    "pointing_game",
    "The square of the distance is compared with the tolerance.",
    "norm(dim=1)",
    "square().sum(dim=1)",
)
change(
    "pointing_game",
    "The share is handed out as a tensor; a plain number is asked for: .item().",
    ".mean().item()",
    ".mean()",
)
change(
    "pointing_game",
    "Of equal largest values the last one counts; it is the first one, row by row.",
    "maps.flatten(1).argmax(dim=1)",
    "maps[0].numel() - 1 - maps.flatten(1).flip(1).argmax(dim=1)",
)
change(
    "pointing_game",
    "The third and fourth number of a box are read as width and height; they are the ends.",
    "place - boxes[:, 2:] + 1",
    "place - boxes[:, :2] - boxes[:, 2:] + 1",
)

# -- hidden_weights -------------------------------------------------------------------------------------------

change(
    "hidden_weights",
    "The gradient with respect to the pooled channel is given: a place of the map has one share of it for each place.",
    " / A.shape[2:].numel()",
    "",
)
change(
    "hidden_weights",
    "The ReLU of the hidden layer is left out: a unit that is 0 lets no gradient through.",
    "(W2[c] * lets_through)",
    "(W2[c] * torch.ones_like(lets_through))",
)
change(
    "hidden_weights",
    "The biases of the hidden layer are left out: they decide which units are positive.",
    " @ W1.T + b1 > 0",
    " @ W1.T > 0",
)
change(
    "hidden_weights",
    "The hidden activations stand where their slope, 0 or 1, belongs.",
    " @ W1.T + b1 > 0",
    " @ W1.T + b1).clamp(min=0)",
    "lets_through = A",
    "lets_through = (A",
)
change(
    "hidden_weights",
    "The hidden units that are 0 let the gradient through here, and those above 0 do not.",
    "b1 > 0",
    "b1 < 0",
)
change(
    "hidden_weights",
    "A ReLU acts on the weights; Grad-CAM has one behind the weighted sum.",
    "(W2[c] * lets_through) @ W1 / A.shape[2:].numel()",
    "((W2[c] * lets_through) @ W1 / A.shape[2:].numel()).relu()",
)
change(
    "hidden_weights",
    "The gradient is divided by the number of channels as well.",
    "A.shape[2:].numel()",
    "A.shape[1:].numel()",
)
change(
    "hidden_weights",
    "The gradient is divided by the size of the batch as well.",
    "A.shape[2:].numel()",
    "(len(A) * A.shape[2:].numel())",
)
change(
    "hidden_weights",
    "The gradient is divided by the number of places twice.",
    "A.shape[2:].numel()",
    "A.shape[2:].numel() ** 2",
)
change(
    "hidden_weights",
    "All classes are added up; the weights belong to the class c.",
    "(W2[c] *",
    "(W2.sum(dim=0) *",
)
change(
    "hidden_weights",
    "The maps are added up over the places; in the pooling they are averaged.",
    "A.mean(dim=(2, 3))",
    "A.sum(dim=(2, 3))",
)
change(
    "hidden_weights",
    "The pooled channels are averaged over the batch: each picture has units of its own that are positive.",
    "A.mean(dim=(2, 3))",
    "A.mean(dim=(0, 2, 3), keepdim=True)[:, :, 0, 0].expand(len(A), -1)",
)
change(
    "hidden_weights",
    "The ReLU acts on the maps here: the network has none in front of the pooling.",
    "A.mean(dim=(2, 3))",
    "A.relu().mean(dim=(2, 3))",
)

# -- hires_cam ------------------------------------------------------------------------------------------------

change(
    "hires_cam",
    "The gradients are averaged over the places, as in Grad-CAM.",
    "(gradient * A.detach())",
    "(gradient.mean(dim=(2, 3), keepdim=True) * A.detach())",
)
change(
    "hires_cam",
    "A ReLU acts on the map; HiResCAM has none here.",
    "(gradient * A.detach()).sum(dim=1)",
    "(gradient * A.detach()).sum(dim=1).relu()",
)
change(
    "hires_cam",
    "A ReLU acts on the gradients.",
    "(gradient * A.detach())",
    "(gradient.relu() * A.detach())",
)
change(
    "hires_cam",
    "The products are averaged over the channels; they are added up.",
    ".sum(dim=1)",
    ".mean(dim=1)",
)
change(
    "hires_cam",
    "The maps are missing: the gradients alone are added up.",
    "(gradient * A.detach())",
    "gradient",
)
change(
    "hires_cam",
    "The gradient is that of the mean over the pictures; it is smaller by the size of the batch.",
    "[:, c].sum()",
    "[:, c].mean()",
)
change(
    "hires_cam", "The gradient is that of all classes together.", "[:, c].sum()", ".sum()"
)
change(
    "hires_cam",
    "The gradient is that of a probability behind the softmax; it is that of the logit.",
    "head(leaf)[:, c]",
    "head(leaf).softmax(dim=1)[:, c]",
)
change(
    "hires_cam",
    "The result still belongs to a graph: detach the maps that are multiplied.",
    "gradient * A.detach()",
    "gradient * leaf",
)
change(
    "hires_cam",
    "The tensor that came in requires gradients afterwards.",
    "A.detach().clone().requires_grad_()",
    "A.requires_grad_()",
)
change(
    "hires_cam",
    "The gradient of the first picture stands for all.",
    "(gradient *",
    "(gradient[:1] *",
)
change(
    "hires_cam",
    "The products are added up over the rows; they are added up over the channels.",
    ".sum(dim=1)",
    ".sum(dim=2)",
)
change(
    "hires_cam",
    "The size of the gradients is taken without their sign.",
    "(gradient *",
    "(gradient.abs() *",
)

# -- occlusion ------------------------------------------------------------------------------------------------

change(
    "occlusion",
    "The sign is turned round: the map is large where the score falls.",
    "score(x[None]) - score(hidden)",
    "score(hidden) - score(x[None])",
)
change(
    "occlusion",
    "The scores themselves are given; asked for is how far each falls.",
    "score(x[None]) - score(hidden)",
    "score(hidden)",
)
change("occlusion", "The patch is black, whatever blank is.", "= blank", "= 0")
change(
    "occlusion", "Only the first channel is covered.", "hidden[n, :, i", "hidden[n, 0, i"
)
change(
    "occlusion",
    "Everything but the patch is covered.",
    "        hidden[n, :, i : i + k, j : j + k] = blank",
    "        hidden[n] = blank\n        hidden[n, :, i : i + k, j : j + k] = x[:, i : i + k, j : j + k]",
)
change(
    "occlusion",
    "Row and column of the patches are exchanged in the map.",
    "for i in rows for j in columns",
    "for j in columns for i in rows",
)
change(
    "occlusion",
    "Patches that stick out of the picture are counted, too.",
    "range(0, h - k + 1, s), range(0, w - k + 1, s)",
    "range(0, h, s), range(0, w, s)",
)
change(
    "occlusion",
    "The last row and column of patches are missing.",
    "range(0, h - k + 1, s), range(0, w - k + 1, s)",
    "range(0, h - k, s), range(0, w - k, s)",
)
change(
    "occlusion",
    "The patch moves in steps of its own side.",
    "range(0, h - k + 1, s), range(0, w - k + 1, s)",
    "range(0, h - k + 1, k), range(0, w - k + 1, k)",
)
change(
    "occlusion",
    "The patch moves pixel by pixel, whatever the step is.",
    "range(0, h - k + 1, s), range(0, w - k + 1, s)",
    "range(h - k + 1), range(w - k + 1)",
)
change(
    "occlusion",
    "The patches stay: each picture has those before it covered, too.",
    "= blank",
    "= blank\n        hidden[n + 1 :] = hidden[n]",
)
change(
    "occlusion",
    "The patch is a pixel too small along each side.",
    "i : i + k, j : j + k",
    "i : i + k - 1, j : j + k - 1",
)
change(
    "occlusion",
    "The map is divided by the number of pixels of the patch.",
    "(score(x[None]) - score(hidden))",
    "((score(x[None]) - score(hidden)) / k**2)",
)


@slip("occlusion", "The picture that came in has changed afterwards: cover copies of it.")
def in_place(score: Callable, x: Tensor, k: int, s: int, blank: float) -> Tensor:
    whole = score(x[None].clone())
    h, w = x.shape[1:]
    found = []
    for i in range(0, h - k + 1, s):
        row = []
        for j in range(0, w - k + 1, s):
            x[:, i : i + k, j : j + k] = blank
            row.append(whole - score(x[None]))
        found.append(torch.cat(row))
    return torch.stack(found)


# -- cut_masks ------------------------------------------------------------------------------------------------

change(
    "cut_masks",
    "The two numbers of the shift are exchanged: the first moves the rows.",
    "large[n, d : d + h, e : e + w]",
    "large[n, e : e + h, d : d + w]",
)
change(
    "cut_masks",
    "The corners are aligned: then the numbers of the grid do not lie in the middle of their cells.",
    "align_corners=False",
    "align_corners=True",
)
change(
    "cut_masks",
    "Both faults are still there: aligned corners, and the two numbers of the shift exchanged.",
    "large[n, d : d + h, e : e + w]",
    "large[n, e : e + h, d : d + w]",
    "align_corners=False",
    "align_corners=True",
)
change(
    "cut_masks",
    "All masks are cut at the shift of the first one.",
    "shifts.tolist())",
    "shifts[:1].tolist() * len(shifts))",
)
change(
    "cut_masks",
    "The cells have hard edges: the nearest number of the grid is taken; bilinear interpolation is asked for.",
    ', mode="bilinear", align_corners=False',
    ', mode="nearest"',
)
change(
    "cut_masks",
    "The shifts are ignored: all masks are cut at the upper left corner.",
    "large[n, d : d + h, e : e + w]",
    "large[n, :h, :w]",
)
change(
    "cut_masks",
    "The masks are turned over: 1 keeps a pixel.",
    "torch.stack(cut)",
    "1 - torch.stack(cut)",
)
change(
    "cut_masks",
    "The masks are rounded to 0 and 1; those of RISE have smooth edges.",
    "torch.stack(cut)",
    "torch.stack(cut).round()",
)
change(
    "cut_masks", "The shift along both axes is that of the rows.", "e : e + w", "d : d + w"
)
change("cut_masks", "The first grid serves for all masks.", "large[n, d", "large[0, d")
change(
    "cut_masks",
    "The masks are enlarged to their own size, and cells lose the size that is given.",
    "F.interpolate(grids[:, None], sides, ",
    "F.interpolate(grids[:, None], (h + C_h, w + C_w), ",
)

# -- expected_rise --------------------------------------------------------------------------------------------

change(
    "expected_rise",
    "The pixels of the own cell count with p, as those of the other cells do; they are kept whenever the pixel is.",
    "(1 - p) * own + ",
    "",
)
change(
    "expected_rise",
    "The own cell counts in full and again among all: its share of the sum over all pixels has to be taken off.",
    "(1 - p) * own",
    "own",
)
change(
    "expected_rise",
    "The pixel stands alone; all pixels of its cell are kept together.",
    "(1 - p) * own",
    "(1 - p) * gain",
)
change("expected_rise", "The constant a of the score is missing.", " + a", "")
change(
    "expected_rise",
    "The constant a is multiplied by p; the division by p takes that away.",
    " + a",
    " + p * a",
)
change(
    "expected_rise",
    "The division by p is missing.",
    "(1 - p) * own + p * gain.sum() + a",
    "p * ((1 - p) * own + p * gain.sum() + a)",
)
change(
    "expected_rise",
    "The other cells count with 1 - p; a cell is kept with probability p.",
    "(1 - p) * own + p * gain.sum()",
    "p * own + (1 - p) * gain.sum()",
)
change(
    "expected_rise",
    "The other cells count in full; each is kept with probability p.",
    "(1 - p) * own + p * gain.sum()",
    "gain.sum()",
)
change(
    "expected_rise",
    "The pixels x are missing: the weights v alone are added up.",
    "gain = v * x",
    "gain = v",
)
change(
    "expected_rise",
    "The own cell counts by its mean; its pixels are added up.",
    "* own +",
    "* own / (same_row.sum(1)[:, None] * same_column.sum(1)) +",
)
change(
    "expected_rise",
    "The mean over all pixels takes the place of their sum.",
    "gain.sum()",
    "gain.mean()",
)
change(
    "expected_rise",
    "The expectation is divided by p twice.",
    "(1 - p) * own + p * gain.sum() + a",
    "((1 - p) * own + p * gain.sum() + a) / p",
)
change(
    "expected_rise",
    "The other cells count with p squared: the division by p is missing there.",
    "(1 - p) * own + p * gain.sum()",
    "(1 - p**2) * own + p**2 * gain.sum()",
)
change(
    "expected_rise",
    "This is the part that tells the pixels apart; what all pixels share is missing.",
    " + p * gain.sum() + a",
    "",
)
change(
    "expected_rise",
    "This is v x of each pixel alone; the score is a sum over all pixels that are kept.",
    "(1 - p) * own + p * gain.sum() + a",
    "gain",
)

# -- find_box -------------------------------------------------------------------------------------------------

change(
    "find_box",
    "Width and height are given where the ends belong: (left, top, right, bottom), right and bottom behind the box.",
    "(left, top, left + w, top + h)",
    "(left, top, w, h)",
)
change(
    "find_box",
    "Rows and columns are exchanged: left and right are columns, top and bottom rows.",
    "(left, top, left + w, top + h)",
    "(top, left, top + h, left + w)",
)
change(
    "find_box",
    "The whole picture is given for a box.",
    "return max(best)[1]",
    "return (0, 0, size[1], size[0])",
)
change(
    "find_box",
    "The box is empty: right and bottom lie behind its last column and row.",
    "return max(best)[1]",
    "return max(best)[1][:2] * 2",
)

# -- mutants that compute the same ------------------------------------------------------------------------------

equivalent(
    "detection_loss",
    "The smooth L1 loss is the same for a difference and its opposite.",
    'boxes = F.smooth_l1_loss(b[seen], b_hat[seen], beta=beta, reduction="sum")',
)
equivalent(
    "detection_loss",
    "The larger of the two is the same number.",
    "return classes + lam * boxes / max(seen.sum(), 1)",
    "return classes + lam * boxes / max(1, int(seen.sum()))",
)
equivalent(
    "invariances",
    "The letters may stand in any order.",
    'return ["C", "A", "F", "G"]',
    'return ["A", "F", "C", "G"]',
    'return ["A", "C", "G", "F"]',
)
equivalent(
    "pointing_game",
    "The length of a vector and of its opposite are the same.",
    "away = -torch.maximum(boxes[:, :2] - place, place - boxes[:, 2:] + 1).clamp(min=0)",
)
equivalent(
    "pointing_game",
    "A maximum of two has no order.",
    "away = torch.maximum(place - boxes[:, 2:] + 1, boxes[:, :2] - place).clamp(min=0)",
)
equivalent(
    "hires_cam",
    "The leaf shares its memory with the input, which nothing changes, or is a copy inside a graph.",
    "leaf = A.detach().requires_grad_()",
    "leaf = A.clone().requires_grad_()",
)
equivalent(
    "hires_cam",
    "The list of gradients has one entry.",
    "gradient = torch.autograd.grad(head(leaf)[:, c].sum(), leaf)[-1]",
)
equivalent(
    "hires_cam",
    "The copy holds the same numbers.",
    "return (gradient * leaf.detach()).sum(dim=1)",
)
equivalent(
    "cut_masks",
    "There is one channel.",
    'large = F.interpolate(grids[:, None], sides, mode="bilinear", align_corners=False)[:, -1]',
)
equivalent(
    "cut_masks",
    "Corners are not aligned unless it is asked for.",
    'large = F.interpolate(grids[:, None], sides, mode="bilinear")[:, 0]',
)
equivalent(
    "expected_rise",
    "The shapes are the same.",
    "rows, columns = (torch.arange(n) // k for n in v.shape)  # the cell of each pixel",
    "rows, columns = (torch.arange(n) // k for n in gain.shape)  # the cell of each pixel",
)
equivalent(
    "expected_rise",
    "The matrix is symmetric.",
    "own = same_row @ gain @ same_column.T  # the sum over the own cell",
    "own = same_row.T @ gain @ same_column  # the sum over the own cell",
)
equivalent(
    "find_box",
    "One question fewer changes little.",
    "masks = (torch.rand(399, *size) < 0.5).double()",
)
equivalent(
    "find_box",
    "A mask keeps other pixels with probability one half; any method may be used.",
    "masks = (torch.rand(400, *size) <= 0.5).double()",
    "masks = (torch.rand(400, *size) >= 0.5).double()",
    "masks = (torch.rand(400, *size) > 0.5).double()",
)
equivalent(
    "find_box",
    "A mask keeps seven pixels of ten; any method may be used.",
    "masks = (torch.randn(400, *size) < 0.5).double()",
)
equivalent(
    "find_box",
    "Boxes that are smaller or larger than any are tried, too, and do not fit best.",
    "for h in range(2, 8):",
    "for h in range(3, 9):",
    "for w in range(2, 8):",
    "for w in range(3, 9):",
)
equivalent(
    "find_box",
    "There is one picture.",
    "fits = F.avg_pool2d(covariances[None], (h, w), stride=1)[-1] * (h * w) ** 0.5",
)
equivalent(
    "find_box",
    "A tensor of one number compares as the number does.",
    "best.append((fits.max(), (left, top, left + w, top + h)))",
)
