"""Planted wrong answers to the exercises of chapter 5, each with the hint that it must get."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- k_folds --------------------------------------------------------------------------------------------------

change(
    "k_folds",
    "The pairs are exchanged: first the rows to train on, then the rows kept.",
    "(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j])",
    "(folds[j], torch.cat([*folds[:j], *folds[j + 1 :]]))",
)
change(
    "k_folds",
    "The kept rows are trained on as well; that is what folds are there to prevent.",
    "torch.cat([*folds[:j], *folds[j + 1 :]])",
    "order",
)
change(
    "k_folds",
    "The folds are as large as n / k rounded up, and the last one gets what is left: their sizes differ by more than one.",
    "order.tensor_split(k)",
    "[order[i * -(-len(order) // k) : (i + 1) * -(-len(order) // k)] for i in range(k)]",
)
change(
    "k_folds",
    "Every k-th row goes into one fold; a fold is a consecutive piece of the order.",
    "order.tensor_split(k)",
    "[order[i::k] for i in range(k)]",
)
change(
    "k_folds",
    "The folds hold the rows in ascending order: the shuffled order has been lost, and it is what should be cut.",
    "order.tensor_split(k)",
    "torch.arange(len(order)).tensor_split(k)",
)
change(
    "k_folds",
    "The folds hold the rows in ascending order: the shuffled order has been lost, and it is what should be cut.",
    "order.tensor_split(k)",
    "order.sort().values.tensor_split(k)",
)
change(
    "k_folds",
    "The rows to train on are sorted; they stay in the order that was given.",
    "torch.cat([*folds[:j], *folds[j + 1 :]])",
    "torch.cat([*folds[:j], *folds[j + 1 :]]).sort().values",
)
change(
    "k_folds",
    "Only the folds before the kept one are trained on; those after it belong there, too.",
    "[*folds[:j], *folds[j + 1 :]]",
    "[order[:0], *folds[:j]]",
)
change(
    "k_folds",
    "Only the folds after the kept one are trained on; those before it belong there, too.",
    "[*folds[:j], *folds[j + 1 :]]",
    "[order[:0], *folds[j + 1 :]]",
)
change(
    "k_folds",
    "The rows after the kept fold come first in the training rows; they stay in their order.",
    "[*folds[:j], *folds[j + 1 :]]",
    "[*folds[j + 1 :], *folds[:j]]",
)
change(
    "k_folds",
    "The training rows are a list of folds; they should be joined to one tensor.",
    "torch.cat([*folds[:j], *folds[j + 1 :]])",
    "[*folds[:j], *folds[j + 1 :]]",
)
change(
    "k_folds",
    "One fold is never kept: there should be k pairs.",
    "range(k)",
    "range(k - 1)",
)
change(
    "k_folds",
    "The folds come in reverse: the first fold is kept first.",
    "range(k)",
    "range(k - 1, -1, -1)",
)
change(
    "k_folds",
    "The same fold is kept every time; each has its turn once.",
    "folds[j])",
    "folds[0])",
)
change(
    "k_folds",
    "These are all the training rows in one list and all the kept ones in another; k pairs are asked for.",
    "return [(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j]) for j in range(k)]",
    "return [torch.cat([*folds[:j], *folds[j + 1 :]]) for j in range(k)], list(folds)",
)
change(
    "k_folds",
    "These are the kept rows alone; each belongs in a pair with the rows to train on.",
    "(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j])",
    "folds[j]",
)
change(
    "k_folds",
    "These are the training rows alone; each belongs in a pair with the rows kept.",
    "(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j])",
    "torch.cat([*folds[:j], *folds[j + 1 :]])",
)
change(
    "k_folds",
    "The pairs are lists; each should be a tuple (train, kept).",
    "(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j])",
    "[torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j]]",
)
change(
    "k_folds",
    "k was taken for the number of rows in a fold; it is the number of folds.",
    "order.tensor_split(k)",
    "order.split(k)",
    "range(k)",
    "range(len(folds))",
)
change(
    "k_folds",
    "The larger folds come last; they should come first.",
    "order.tensor_split(k)",
    "order.split([len(f) for f in order.tensor_split(k)][::-1])",
)
change(
    "k_folds",
    "The borders are multiples of n / k rounded down, so that the larger folds do not come first.",
    "order.tensor_split(k)",
    "[order[i * len(order) // k : (i + 1) * len(order) // k] for i in range(k)]",
)
change(
    "k_folds",
    "The borders are multiples of n / k rounded to the nearest number, so that the larger folds do not come first.",
    "order.tensor_split(k)",
    "[order[round(i * len(order) / k) : round((i + 1) * len(order) / k)] for i in range(k)]",
)
change(
    "k_folds",
    "The fold after the kept one is left out of the training rows as well.",
    "folds[j + 1 :]",
    "folds[j + 2 :]",
)
change(
    "k_folds",
    "The fold before the kept one is left out of the training rows as well.",
    "*folds[:j],",
    "*folds[: max(j - 1, 0)],",
)
change(
    "k_folds",
    "Each pair keeps the fold after the one that is left out of its training rows.",
    "folds[j])",
    "folds[(j + 1) % k])",
)


@slip("k_folds", "The rest of the division is never kept: every row has its turn once.")
def rest_never_kept(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    size = len(order) // k
    cuts = [(j * size, (j + 1) * size) for j in range(k)]
    return [(torch.cat([order[:a], order[b:]]), order[a:b]) for a, b in cuts]


@slip("k_folds", "The rest of the division is dropped: it is neither kept nor trained on.")
def rest_dropped(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    order = order[: len(order) // k * k]
    folds = order.tensor_split(k)
    return [(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j]) for j in range(k)]


@slip("k_folds", "The last fold takes the whole rest; sizes may differ by one at most.")
def rest_in_the_last(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    size, n = len(order) // k, len(order)
    cuts = [(j * size, (j + 1) * size if j < k - 1 else n) for j in range(k)]
    return [(torch.cat([order[:a], order[b:]]), order[a:b]) for a, b in cuts]


@slip(
    "k_folds",
    "The folds begin at the right rows, but the larger ones end one row too early.",
)
def larger_folds_end_too_early(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    size, rest = divmod(len(order), k)
    starts = [j * size + min(j, rest) for j in range(k)]
    return [
        (torch.cat([order[:a], order[a + size :]]), order[a : a + size]) for a in starts
    ]


@slip(
    "k_folds",
    "The larger folds reach into the next ones, which begin as if all were equally large.",
)
def folds_overlap(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    size, rest = divmod(len(order), k)
    ends = [(j * size, (j + 1) * size + (j < rest)) for j in range(k)]
    return [(torch.cat([order[:a], order[b:]]), order[a:b]) for a, b in ends]


@slip("k_folds", "The first fold takes the whole rest; sizes may differ by one at most.")
def rest_in_the_first(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    size, n = len(order) // k, len(order)
    folds = order.split([size + n % k] + [size] * (k - 1))
    return [(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j]) for j in range(k)]


@slip(
    "k_folds",
    "The smaller folds do not begin where the one before ends: rows are kept twice or never.",
)
def starts_from_its_own_size(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    q, r = divmod(len(order), k)
    pairs = []
    for j in range(k):
        size = q + 1 if j < r else q
        a = j * size
        pairs.append((torch.cat([order[:a], order[a + size :]]), order[a : a + size]))
    return pairs


@slip("k_folds", "One fold too many got an additional row: they are the first r = n mod k.")
def one_larger_fold_too_many(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    q, r = divmod(len(order), k)
    pairs, a = [], 0
    for j in range(k):
        b = a + q + (j <= r)
        pairs.append((torch.cat([order[:a], order[b:]]), order[a:b]))
        a = b
    return pairs


@slip("k_folds", "The row at the end of each kept fold is in neither part.")
def the_last_row_of_each_fold_lost(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    folds, a, pairs = order.tensor_split(k), 0, []
    for fold in folds:
        b = a + len(fold)
        pairs.append((torch.cat([order[:a], order[b:]]), order[a : b - 1]))
        a = b
    return pairs


@slip("k_folds", "The row after each kept fold is in neither part.")
def the_row_after_each_fold_lost(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    folds, a, pairs = order.tensor_split(k), 0, []
    for fold in folds:
        b = a + len(fold)
        pairs.append((torch.cat([order[:a], order[b + 1 :]]), order[a:b]))
        a = b
    return pairs


@slip(
    "k_folds",
    "The kept rows reach one too far: the row after each fold is kept and trained on.",
)
def one_row_too_many_kept(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    folds, a, pairs = order.tensor_split(k), 0, []
    for fold in folds:
        b = a + len(fold)
        pairs.append((torch.cat([order[:a], order[b:]]), order[a : b + 1]))
        a = b
    return pairs


@slip(
    "k_folds",
    "The row numbers of the kept fold were used as positions in the order, so that other rows are left out.",
)
def masked_by_row_number(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    pairs = []
    for fold in order.tensor_split(k):
        mask = torch.ones(len(order), dtype=torch.bool)
        mask[fold] = False
        pairs.append((order[mask], fold))
    return pairs


@slip("k_folds", "The training rows grow from pair to pair: start afresh for each fold.")
def training_rows_pile_up(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    folds, train, pairs = order.tensor_split(k), [], []
    for j in range(k):
        train += [*folds[:j], *folds[j + 1 :]]
        pairs.append((torch.cat(train), folds[j]))
    return pairs


@slip("k_folds", "The parts are lists of numbers; they should be tensors.")
def lists_of_rows(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    folds = order.tensor_split(k)
    pairs = [(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j]) for j in range(k)]
    return [(train.tolist(), kept.tolist()) for train, kept in pairs]


@slip(
    "k_folds",
    "Every k-th row goes into one fold; a fold is a consecutive piece of the order.",
)
def every_kth_row(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    turn = torch.arange(len(order)) % k
    return [(order[turn != j], order[turn == j]) for j in range(k)]


change(
    "k_folds",
    "The kept rows are sorted; they stay in the order that was given.",
    "folds[j])",
    "folds[j].sort().values)",
)
change(
    "k_folds",
    "Both parts of each pair are sorted; the rows stay in the order that was given.",
    "(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j])",
    "(torch.cat([*folds[:j], *folds[j + 1 :]]).sort().values, folds[j].sort().values)",
)
change(
    "k_folds",
    "The training part holds positions in the order; the rows at these positions are asked for.",
    "return [",
    "at = torch.arange(len(order)).tensor_split(k)\n    return [",
    "torch.cat([*folds[:j], *folds[j + 1 :]])",
    "torch.cat([*at[:j], *at[j + 1 :]])",
)
change(
    "k_folds",
    "The kept part holds positions in the order; the rows at these positions are asked for.",
    "return [",
    "at = torch.arange(len(order)).tensor_split(k)\n    return [",
    "folds[j])",
    "at[j])",
)
change(
    "k_folds",
    "The training rows became floating-point numbers on the way (an empty tensor is float32); rows are integers.",
    "torch.cat([*folds[:j], *folds[j + 1 :]])",
    "torch.cat([torch.tensor([]), *folds[:j], *folds[j + 1 :]])",
)
change(
    "k_folds",
    "The first fold is never kept: there should be k pairs.",
    "range(k)",
    "range(1, k)",
)
change(
    "k_folds",
    "k is ignored: each fold is a single row.",
    "order.tensor_split(k)",
    "order.split(1)",
    "range(k)",
    "range(len(folds))",
)
change(
    "k_folds",
    "The pairs are in a tuple; a list is asked for.",
    "[(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j]) for j in range(k)]",
    "tuple((torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j]) for j in range(k))",
)
change(
    "k_folds",
    "Only the fold after the kept one is trained on; all the others belong there.",
    "torch.cat([*folds[:j], *folds[j + 1 :]])",
    "folds[(j + 1) % k]",
)


@slip(
    "k_folds",
    "The remainder n mod k counts the larger folds; here it counts the smaller ones.",
)
def remainder_counts_the_smaller(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    q, r = divmod(len(order), k)
    pairs, a = [], 0
    for j in range(k):
        b = a + q + (j < k - r)
        pairs.append((torch.cat([order[:a], order[b:]]), order[a:b]))
        a = b
    return pairs


@slip(
    "k_folds",
    "The kept rows start at row j for the j-th fold; it starts where the fold before ends.",
)
def a_sliding_window(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    size = len(order) // k
    return [
        (torch.cat([order[:j], order[j + size :]]), order[j : j + size]) for j in range(k)
    ]


@slip(
    "k_folds",
    "The training rows are those before the kept fold, and at the first fold those after it; all the others belong there.",
)
def only_the_past(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    folds = order.tensor_split(k)
    return [(torch.cat(folds[:j] if j else folds[1:]), folds[j]) for j in range(k)]


@slip("k_folds", "The row before each kept fold is in neither part.")
def the_row_before_each_fold_lost(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    a, pairs = 0, []
    for fold in order.tensor_split(k):
        b = a + len(fold)
        pairs.append((torch.cat([order[: max(a - 1, 0)], order[b:]]), fold))
        a = b
    return pairs


change(
    "k_folds",
    "All folds after the first are trained on as well, the kept one with them.",
    "folds[j + 1 :]",
    "folds[1:]",
)
change(
    "k_folds",
    "The last fold before the kept one is cut off with a negative index: at the first fold that takes in later ones.",
    "*folds[:j],",
    "*folds[: j - 1],",
)
change(
    "k_folds",
    "All folds are trained on, and those after the kept one twice.",
    "*folds[:j],",
    "*folds[:],",
)
change(
    "k_folds",
    "The second part of the training rows begins one fold too early: the kept fold and the one before it are in it.",
    "folds[j + 1 :]",
    "folds[max(j - 1, 0) :]",
)
change(
    "k_folds",
    "The training rows are in reverse; they stay in the order that was given.",
    "torch.cat([*folds[:j], *folds[j + 1 :]])",
    "torch.cat([*folds[:j], *folds[j + 1 :]]).flip(0)",
)
change(
    "k_folds",
    "Training rows hold only the neighbours' folds before and after; all other folds belong there.",
    "[*folds[:j], *folds[j + 1 :]]",
    "[*folds[max(j - 1, 0) : j], *folds[j + 1 : j + 2]]",
)

# -- early_stop -----------------------------------------------------------------------------------------------

change(
    "early_stop",
    "Stopped one step late: training stops when `patience` steps have passed since the last better one.",
    ">= patience",
    "> patience",
)
change(
    "early_stop",
    "Stopped one step early: training stops when `patience` steps have passed since the last better one.",
    ">= patience",
    ">= patience - 1",
)
change(
    "early_stop",
    "Any gain was counted; it has to be larger than min_delta.",
    "best_loss - min_delta",
    "best_loss",
)
change(
    "early_stop",
    "A gain of exactly min_delta was counted as better; it has to be larger (with min_delta = 0, an equal loss is not better).",
    "loss < best_loss",
    "loss <= best_loss",
)
change(
    "early_stop",
    "min_delta acts the wrong way: it lets worse losses count as better.",
    "best_loss - min_delta",
    "best_loss + min_delta",
)
change(
    "early_stop",
    "min_delta was taken as a share of the best loss; it is a difference of losses.",
    "best_loss - min_delta",
    "best_loss * (1 - min_delta)",
)
change(
    "early_stop",
    "Any change by more than min_delta counts as better here, upwards, too.",
    "loss < best_loss - min_delta",
    "abs(loss - best_loss) > min_delta",
)
change(
    "early_stop",
    "The larger loss is taken for the better one.",
    'float("inf")',
    '-float("inf")',
    "loss < best_loss - min_delta",
    "loss > best_loss + min_delta",
)
change(
    "early_stop",
    "The weights of the last step are kept, not those of the best.",
    "return step, best_step",
    "return step, step",
    "len(losses) - 1, best_step",
    "len(losses) - 1, len(losses) - 1",
)
change(
    "early_stop",
    "When training never stops, the weights of the best step are kept, too.",
    "len(losses) - 1, best_step",
    "len(losses) - 1, len(losses) - 1",
)
change(
    "early_stop",
    "Steps count from 0: the last step of a curve that never stops is one less than its length.",
    "len(losses) - 1, best_step",
    "len(losses), best_step",
)
change(
    "early_stop",
    "When training never stops, the last step is where it ends; its number counts from the front.",
    "len(losses) - 1, best_step",
    "-1, best_step",
)
change(
    "early_stop",
    "Nothing is returned for a curve that never stops.",
    "    return len(losses) - 1, best_step\n",
    "",
)
change(
    "early_stop",
    "The two are exchanged: first the step where training stops, then the step whose weights are kept.",
    "return step, best_step",
    "return best_step, step",
    "return len(losses) - 1, best_step",
    "return best_step, len(losses) - 1",
)
change(
    "early_stop",
    "Steps count from 0.",
    "return step, best_step",
    "return step + 1, best_step + 1",
    "return len(losses) - 1, best_step",
    "return len(losses), best_step + 1",
)
change(
    "early_stop",
    "The stop is one step late: the step that uses up the patience is the last one that is seen.",
    "return step, best_step",
    "return min(step + 1, len(losses) - 1), best_step",
)
change(
    "early_stop",
    "The stop is one too early: the step that uses up the patience is seen, and is where training stops.",
    "return step, best_step",
    "return step - 1, best_step",
)
change(
    "early_stop",
    "The best loss is returned; the step where it was seen is asked for.",
    "return step, best_step",
    "return step, best_loss",
    "len(losses) - 1, best_step",
    "len(losses) - 1, best_loss",
)
change(
    "early_stop",
    "The kept step is the stop minus the patience; when training never stops, that is not the best step.",
    "len(losses) - 1, best_step",
    "len(losses) - 1, len(losses) - 1 - patience",
)
change(
    "early_stop",
    "No step counts as better: the best loss starts too low, or the comparison is turned round. The first step is better than nothing.",
    'float("inf")',
    "0.0",
)
change(
    "early_stop",
    "No step counts as better: the best loss starts too low, or the comparison is turned round. The first step is better than nothing.",
    'float("inf"), -1',
    "0.0, 0",
)
change(
    "early_stop",
    "The best loss starts too low for large losses; the first step is better than nothing.",
    'float("inf")',
    "100.0",
)
change(
    "early_stop",
    "The best loss starts too low for large losses; the first step is better than nothing.",
    'float("inf"), -1',
    "100.0, 0",
)
change(
    "early_stop",
    "Where training stops, the step before the last better one is kept.",
    "return step, best_step",
    "return step, best_step - 1",
)


@slip("early_stop", "Compared with the step before, not with the best one so far.")
def against_the_step_before(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    before, best_step = float("inf"), -1
    for step, loss in enumerate(losses):
        if loss < before - min_delta:
            best_step = step
        before = loss
        if step - best_step >= patience:
            return step, best_step
    return len(losses) - 1, best_step


@slip(
    "early_stop",
    "The lowest loss of the whole curve is kept; what comes after the stop is never seen.",
)
def clairvoyant(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step, kept = float("inf"), -1, list(losses).index(min(losses))
    for step, loss in enumerate(losses):
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        if step - best_step >= patience:
            return step, kept
    return len(losses) - 1, kept


@slip(
    "early_stop",
    "The lowest loss up to the stop is kept; a step counts only when it is better by more than min_delta.",
)
def lowest_so_far(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step = float("inf"), -1
    for step, loss in enumerate(losses):
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        if step - best_step >= patience:
            return step, list(losses).index(min(losses[: step + 1]))
    return len(losses) - 1, list(losses).index(min(losses))


@slip(
    "early_stop",
    "The best loss follows every small gain; it moves only when a step is better by more than min_delta.",
)
def the_best_creeps_down(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step = float("inf"), -1
    for step, loss in enumerate(losses):
        if loss < best_loss - min_delta:
            best_step = step
        best_loss = min(best_loss, loss)
        if step - best_step >= patience:
            return step, best_step
    return len(losses) - 1, best_step


@slip(
    "early_stop",
    "The best loss and the kept step follow every small gain; they move only by a gain larger than min_delta.",
)
def the_best_and_its_step_creep(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, kept, waited = float("inf"), -1, 0
    for step, loss in enumerate(losses):
        waited = 0 if loss < best_loss - min_delta else waited + 1
        if loss < best_loss:
            best_loss, kept = loss, step
        if waited >= patience:
            return step, kept
    return len(losses) - 1, kept


@slip(
    "early_stop",
    "All steps that are not better are counted together; a better step starts the count anew.",
)
def never_reset(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step, waited = float("inf"), -1, 0
    for step, loss in enumerate(losses):
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        else:
            waited += 1
        if waited >= patience:
            return step, best_step
    return len(losses) - 1, best_step


@slip(
    "early_stop",
    "Only steps at which the loss rises use up patience here; every step that is not better does.",
)
def rises_in_a_row(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step, rises = float("inf"), -1, 0
    for step, loss in enumerate(losses):
        rises = rises + 1 if step and loss > losses[step - 1] else 0
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        if rises >= patience:
            return step, best_step
    return len(losses) - 1, best_step


@slip(
    "early_stop",
    "A step that is better than the one before it starts the count anew; only one that is better than the best does.",
)
def waits_from_the_last_fall(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step, waited = float("inf"), -1, 0
    for step, loss in enumerate(losses):
        waited = 0 if not step or loss < losses[step - 1] - min_delta else waited + 1
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        if waited >= patience:
            return step, best_step
    return len(losses) - 1, best_step


@slip(
    "early_stop",
    "The patience is checked before the step's own loss: a better step at that moment comes too late.",
)
def stops_before_it_looks(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step = float("inf"), 0
    for step, loss in enumerate(losses):
        if step - best_step >= patience:
            return step, best_step
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
    return len(losses) - 1, best_step


@slip(
    "early_stop",
    "Training goes on after the stop: the first step that uses up the patience ends it.",
)
def goes_on_after_the_stop(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step, stop = float("inf"), -1, len(losses) - 1
    for step, loss in enumerate(losses):
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        if step - best_step == patience:
            stop = step
    return stop, best_step


@slip(
    "early_stop",
    "The stop is counted from the lowest loss of the whole curve; what comes after the stop is never seen.",
)
def counted_from_the_minimum(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    kept = list(losses).index(min(losses))
    return min(kept + patience, len(losses) - 1), kept


@slip(
    "early_stop",
    "The stop is the last better step plus the patience, even behind the end of the curve.",
)
def stops_behind_the_end(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step = float("inf"), -1
    for step, loss in enumerate(losses):
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        if step - best_step >= patience:
            break
    return best_step + patience, best_step


@slip(
    "early_stop",
    "Compared with the loss `patience` steps earlier; compare with the best one so far.",
)
def compared_across_patience(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    for step in range(patience, len(losses)):
        if losses[step] > losses[step - patience] - min_delta:
            return step, step - patience
    return len(losses) - 1, len(losses) - 1


change(
    "early_stop",
    "No step counts as better: the best loss starts too low, or the comparison is turned round. The first step is better than nothing.",
    "loss < best_loss - min_delta",
    "loss > best_loss + min_delta",
)
change(
    "early_stop",
    "The best loss is never replaced: it stays at the first one.",
    "best_loss, best_step = loss, step\n",
    "best_loss, best_step = min(losses[0], best_loss), step\n",
)
change(
    "early_stop",
    "min_delta is ignored, and an equal loss counts as better.",
    "loss < best_loss - min_delta",
    "loss <= best_loss",
)
change(
    "early_stop",
    "The patience is ignored: training stops at the first step that is not better.",
    ">= patience",
    ">= 1",
)
change(
    "early_stop",
    "The stop counts from 1, the kept step from 0; both count from 0.",
    "return step, best_step",
    "return step + 1, best_step",
    "len(losses) - 1, best_step",
    "len(losses), best_step",
)
change(
    "early_stop",
    "The kept step counts from 1; steps count from 0.",
    "return step, best_step",
    "return step, best_step + 1",
    "len(losses) - 1, best_step",
    "len(losses) - 1, best_step + 1",
)
change(
    "early_stop",
    "When training never stops, the last step is where it ends: a number, not None.",
    "len(losses) - 1, best_step",
    "None, best_step",
)
change(
    "early_stop",
    "When training never stops, the step of the lowest loss is kept only if it was better by more than min_delta.",
    "len(losses) - 1, best_step",
    "len(losses) - 1, losses.index(min(losses))",
)
change(
    "early_stop",
    "Stopped one step late, and any gain was counted: min_delta is missing.",
    "loss < best_loss - min_delta",
    "loss < best_loss",
    ">= patience",
    "> patience",
)
change(
    "early_stop",
    "The best step is given where the stop should be.",
    "return step, best_step",
    "return best_step, best_step",
)
change(
    "early_stop",
    "The loss at the stop and the best loss are given; the steps are asked for.",
    "return step, best_step",
    "return loss, best_loss",
    "len(losses) - 1, best_step",
    "losses[-1], best_loss",
)
change(
    "early_stop",
    "These are lists; a tuple of two steps is asked for.",
    "return step, best_step",
    "return [step, best_step]",
    "return len(losses) - 1, best_step",
    "return [len(losses) - 1, best_step]",
)
change(
    "early_stop",
    "Only the stop is returned; the step whose weights are kept is missing.",
    "return step, best_step",
    "return step",
    "return len(losses) - 1, best_step",
    "return len(losses) - 1",
)
change(
    "early_stop",
    "Only the kept step is returned; the step where training stops is missing.",
    "return step, best_step",
    "return best_step",
    "return len(losses) - 1, best_step",
    "return best_step",
)
change(
    "early_stop",
    "The list is walked to its end: training never stops here.",
    "        if step - best_step >= patience:\n            return step, best_step\n",
    "",
)


@slip(
    "early_stop", "The count starts at the second loss, so that both steps are one too low."
)
def counts_from_the_second(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step = losses[0], -1
    for step, loss in enumerate(losses[1:]):
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        if step - best_step >= patience:
            return step, best_step
    return len(losses) - 2, best_step


@slip(
    "early_stop",
    "Training stops at the first step whose loss is higher than the one before; patience is ignored.",
)
def stops_at_the_first_rise(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    for step in range(1, len(losses)):
        if losses[step] > losses[step - 1]:
            return step, step - 1
    return len(losses) - 1, len(losses) - 1


@slip("early_stop", "Compared with the step before, not with the best one so far.")
def against_the_step_before_and_the_lowest_kept(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    waited, kept = 0, 0
    for step in range(1, len(losses)):
        waited = 0 if losses[step] < losses[step - 1] - min_delta else waited + 1
        if losses[step] < losses[kept]:
            kept = step
        if waited >= patience:
            return step, kept
    return len(losses) - 1, kept


@slip(
    "early_stop",
    "All steps that are not better than the one before are counted together; compare with the best, and start the count anew at a better step.",
)
def counts_all_rises(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step, waited = losses[0], 0, 0
    for step in range(1, len(losses)):
        if losses[step] < best_loss - min_delta:
            best_loss, best_step = losses[step], step
        if losses[step] >= losses[step - 1] - min_delta:
            waited += 1
        if waited >= patience:
            return step, best_step
    return len(losses) - 1, best_step


@slip(
    "early_stop",
    "Of equal lowest losses the last one is kept, and min_delta is ignored for the kept step.",
)
def last_of_the_lowest(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step, kept = float("inf"), -1, 0
    for step, loss in enumerate(losses):
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        if loss <= losses[kept]:
            kept = step
        if step - best_step >= patience:
            return step, kept
    return len(losses) - 1, kept


equivalent(
    "early_stop",
    "The first loss is better than nothing, so that best_step is set before it is read.",
    'best_loss, best_step = float("inf"), -2',
    'best_loss, best_step = float("inf"), -0',
)

change(
    "early_stop",
    "The patience is counted from the beginning; it counts from the last better step.",
    "step - best_step >= patience",
    "step >= patience",
)
change(
    "early_stop",
    "Every step counts as better here.",
    "loss < best_loss - min_delta",
    "True",
)
change(
    "early_stop",
    "The last step of a curve that never stops is its length minus 1.",
    "len(losses) - 1",
    "len(losses) - 2",
)
change(
    "early_stop",
    "The two are exchanged where training stops: first the stop, then the kept step.",
    "return step, best_step",
    "return best_step, step",
)
change(
    "early_stop",
    "The two are exchanged where training never stops: first the last step, then the kept one.",
    "len(losses) - 1, best_step",
    "best_step, len(losses) - 1",
)
change(
    "early_stop",
    "Training stops while the last better step is nearer than the patience; it should stop when it is as far.",
    ">= patience",
    "< patience",
)
change(
    "early_stop",
    "The weights of the step before the stop are kept; the best ones should be.",
    "return step, best_step",
    "return step, step - 1",
)
change(
    "early_stop",
    "The best step is counted from the stop backwards; give its number from the front.",
    "return step, best_step",
    "return step, step - best_step",
    "len(losses) - 1, best_step",
    "len(losses) - 1, len(losses) - 1 - best_step",
)

# -- optimistic -----------------------------------------------------------------------------------------------

change(
    "optimistic",
    "C uses no labels of the kept rows for its scaling, and the labels are noise; in E a copy of the kept row is in the training set.",
    '"E"',
    '"C"',
)
change(
    "optimistic",
    "B chooses the columns from the training rows alone; in A the labels of the kept rows have a part in the choice.",
    '"A"',
    '"B"',
)
change(
    "optimistic",
    "In D the nearest training row is the row itself, label included; in C it never is.",
    '"D"',
    '"C"',
)
change(
    "optimistic",
    "H assesses the selected guesser on rows that had no part in the selection; G uses the rows of the selection.",
    '"G"',
    '"H"',
)
change(
    "optimistic",
    "I is the mean of all guessers, which is one half; the best of 500, in G, is above.",
    '"G"',
    '"I"',
)
change(
    "optimistic",
    "In F no copy of a kept row is trained on; in E one usually is.",
    '"E"',
    '"F"',
)
change(
    "optimistic",
    "In J the kept label itself makes the other one the more frequent of the rest: the accuracy is zero. In G a selection makes it too high.",
    '"G"',
    '"J"',
)
change(
    "optimistic",
    "In J the kept label itself makes the other one the more frequent of the rest: the accuracy is zero. In D each row finds itself.",
    '"D"',
    '"J"',
)
change(
    "optimistic",
    "B chooses the columns from the training rows alone, and F keeps both copies together; A and E let the kept rows take part.",
    '"A"',
    '"B"',
    '"E"',
    '"F"',
)
change(
    "optimistic",
    "These are the procedures without a leak; those with one were asked for.",
    '["A", "D", "E", "G"]',
    '["B", "F", "H", "I"]',
)
equivalent(
    "optimistic",
    "The order of the letters does not count.",
    'return ["D", "A", "E", "G"]',
    'return ["A", "E", "D", "G"]',
    'return ["A", "D", "G", "E"]',
)


# -- smoothed_gradient ----------------------------------------------------------------------------------------

change(
    "smoothed_gradient", "The loss is a mean over the examples: divide by n.", ") / n", ")"
)
change(
    "smoothed_gradient",
    "Divided by the number of classes; the mean is over the n examples.",
    ") / n",
    ") / C",
)
change(
    "smoothed_gradient",
    "Divided by the number of examples and of classes; the mean is over the n examples only.",
    ") / n",
    ") / (n * C)",
)
change(
    "smoothed_gradient",
    "The sign is turned round: it is p - t, not t - p.",
    "logits.softmax(dim=1) - target",
    "target - logits.softmax(dim=1)",
)
change(
    "smoothed_gradient",
    "The true class has the target 1 - epsilon here; its share epsilon / C comes on top.",
    "+= 1 - epsilon",
    "= 1 - epsilon",
)
change(
    "smoothed_gradient",
    "epsilon is divided by C - 1; it is spread over all C classes.",
    "epsilon / C",
    "epsilon / (C - 1)",
)
change(
    "smoothed_gradient",
    "epsilon is spread over the C - 1 wrong classes only; the true class gets its share as well.",
    "epsilon / C",
    "epsilon / (C - 1)",
    "+= 1 - epsilon",
    "= 1 - epsilon",
)
change(
    "smoothed_gradient",
    "The softmax runs over the examples; it runs over the classes of each.",
    "dim=1",
    "dim=0",
)
change(
    "smoothed_gradient",
    "The logits stand where their softmax belongs.",
    "logits.softmax(dim=1)",
    "logits",
)
change(
    "smoothed_gradient",
    "The logarithm of the probabilities stands where the probabilities belong.",
    "logits.softmax(dim=1)",
    "logits.log_softmax(dim=1)",
)
change(
    "smoothed_gradient",
    "This is the gradient without label smoothing: the target is one-hot.",
    "epsilon / C",
    "0.0",
    "1 - epsilon",
    "1",
)
change(
    "smoothed_gradient",
    "Every class has the target epsilon and not epsilon / C.",
    "epsilon / C",
    "epsilon",
)
change(
    "smoothed_gradient",
    "The one-hot part counts fully, so that the targets add up to 1 + epsilon; it counts 1 - epsilon.",
    "1 - epsilon",
    "1",
)
change(
    "smoothed_gradient",
    "epsilon and 1 - epsilon are exchanged.",
    "epsilon / C",
    "(1 - epsilon) / C",
    "1 - epsilon\n",
    "epsilon\n",
)
change(
    "smoothed_gradient",
    "The true class has only its share epsilon / C; the one-hot part is missing.",
    "    target[torch.arange(n), y] += 1 - epsilon\n",
    "",
)
change(
    "smoothed_gradient",
    "The other classes have the target 0; each has epsilon / C.",
    "epsilon / C",
    "0.0",
)
change(
    "smoothed_gradient",
    "The slope p (1 - p) is a factor too many: it is contained in p - t already.",
    "(logits.softmax(dim=1) - target) / n",
    "(logits.softmax(dim=1) - target) * logits.softmax(dim=1) * (1 - logits.softmax(dim=1)) / n",
)
change(
    "smoothed_gradient",
    "This is the gradient with respect to the probabilities, -t / p; the softmax follows.",
    "(logits.softmax(dim=1) - target) / n",
    "-target / logits.softmax(dim=1) / n",
)
change(
    "smoothed_gradient",
    "The targets alone are not the gradient; the probabilities are missing.",
    "(logits.softmax(dim=1) - target) / n",
    "-target / n",
)
change(
    "smoothed_gradient",
    "The gradients of the examples are added up; each logit has its own.",
    "return (logits.softmax(dim=1) - target) / n",
    "return ((logits.softmax(dim=1) - target) / n).sum(dim=0)",
)
change(
    "smoothed_gradient",
    "The logits were changed in place; they belong to the caller.",
    "target = torch.full_like(logits, epsilon / C)",
    "logits -= logits.max()\n    target = torch.full_like(logits, epsilon / C)",
)

# -- dropout --------------------------------------------------------------------------------------------------

change(
    "dropout",
    "In training what remains has to be divided by 1 - p, to make up for what is missing.",
    " / (1 - p)",
    "",
)
change(
    "dropout",
    "Divided by p, the probability to drop; divide by that to stay.",
    "/ (1 - p)",
    "/ p",
)
change(
    "dropout",
    "The mask is inverted: a unit is dropped where its draw lies below p.",
    "draw >= p",
    "draw < p",
)
change(
    "dropout",
    "p was taken for the probability to stay: units stay below p here, and are divided by p.",
    "draw >= p) / (1 - p)",
    "draw < p) / p",
)
change(
    "dropout",
    "The mask is inverted, and nothing is divided by 1 - p.",
    "draw >= p) / (1 - p)",
    "draw < p)",
)
change(
    "dropout",
    "Units stay where the draw lies below 1 - p; those are other units than the ones with a draw of at least p.",
    "draw >= p",
    "draw < 1 - p",
)
change(
    "dropout",
    "The draw is compared with 1 - p; it should be compared with p.",
    "draw >= p",
    "draw >= 1 - p",
)
change(
    "dropout",
    "A draw of exactly p leaves the unit on: it is dropped below p only.",
    "draw >= p",
    "draw > p",
)
change(
    "dropout",
    "Multiplied by 1 - p where it should be divided: what remains has to grow.",
    "/ (1 - p)",
    "* (1 - p)",
)
change("dropout", "In training what remains is multiplied by p; it should be divided by 1 - p.", "/ (1 - p)",
       "* p")  # fmt: skip
change(
    "dropout",
    "What remains is divided by 1 + p; it should be divided by 1 - p, the probability to stay.",
    "/ (1 - p)",
    "/ (1 + p)",
)
change(
    "dropout",
    "Divided by the square root of 1 - p: that keeps the variance, inverted dropout keeps the mean.",
    "/ (1 - p)",
    "/ (1 - p) ** 0.5",
)
change(
    "dropout",
    "Divided by the share of units that stay by chance in this draw; the rule divides by 1 - p.",
    "/ (1 - p)",
    "/ (draw >= p).double().mean()",
)
change(
    "dropout",
    "In training nothing is dropped; all activations are only scaled.",
    "a * (draw >= p) / (1 - p)",
    "a / (1 - p)",
)
change(
    "dropout",
    "In training nothing happens to the activations; a mask and a scale belong there.",
    "a * (draw >= p) / (1 - p)",
    "a.clone()",
)
change(
    "dropout",
    "This is the scaled mask; it has to be multiplied by the activations.",
    "a * (draw >= p) / (1 - p)",
    "(draw >= p).double() / (1 - p)",
)
change(
    "dropout",
    "The draws themselves stand where the mask of zeros and ones should be.",
    "(draw >= p)",
    "draw",
)
change(
    "dropout",
    "The activations are compared with p; it is the draws that decide.",
    "draw >= p",
    "a >= p",
)
change(
    "dropout",
    "All examples get the mask of the first one; each has draws of its own.",
    "draw >= p",
    "draw[:1] >= p",
)
change(
    "dropout",
    "All units get the mask of the first one; each has a draw of its own.",
    "draw >= p",
    "draw[:, :1] >= p",
)
change(
    "dropout",
    "The limit is fixed at one half; a unit is dropped below p.",
    "draw >= p",
    "draw >= 0.5",
)
change(
    "dropout",
    "The units that stay are scaled, but the others are not silenced: their activation becomes 0.",
    "a * (draw >= p) / (1 - p)",
    "torch.where(draw >= p, a / (1 - p), a)",
)
change(
    "dropout",
    "The dropped units are scaled and the others are not; a dropped unit becomes 0, the others are divided by 1 - p.",
    "a * (draw >= p) / (1 - p)",
    "torch.where(draw < p, a / (1 - p), a)",
)
change("dropout", "Training and inference are exchanged.", "if not training", "if training")
change(
    "dropout",
    "At inference everything is as in training here; no unit is dropped then, and nothing is scaled.",
    "    if not training:\n        return a\n",
    "",
)
change(
    "dropout",
    "At inference the activations are multiplied by 1 - p; nothing is scaled then, since training has seen to that.",
    "        return a\n",
    "        return a * (1 - p)\n",
)
change(
    "dropout",
    "At inference the activations are multiplied by p; nothing is scaled then, since training has seen to that.",
    "        return a\n",
    "        return a * p\n",
)
change(
    "dropout",
    "At inference the activations are divided by 1 - p; no unit is missing then, and nothing is scaled.",
    "        return a\n",
    "        return a / (1 - p)\n",
)
change(
    "dropout",
    "At inference units are dropped; all of them pass then.",
    "        return a\n",
    "        return a * (draw >= p)\n",
)
change(
    "dropout",
    "At inference the activations pass as they are; they are not set to 0.",
    "        return a\n",
    "        return torch.zeros_like(a)\n",
)
change(
    "dropout",
    "This is plain dropout, scaled at inference; inverted dropout divides by 1 - p in training, and does nothing at inference.",
    "        return a\n",
    "        return a * (1 - p)\n",
    " / (1 - p)",
    "",
)
change(
    "dropout",
    "In training nothing is divided by 1 - p, and at inference units are dropped: then nothing should happen.",
    "    if not training:\n        return a\n",
    "",
    " / (1 - p)",
    "",
)
change(
    "dropout",
    "The activations were changed in place; they belong to the caller.",
    "return a * (draw >= p) / (1 - p)",
    "a[draw < p] = 0\n    return a / (1 - p)",
)
change(
    "dropout",
    "The activations were changed in place; they belong to the caller.",
    "return a * (draw >= p) / (1 - p)",
    "a *= (draw >= p) / (1 - p)\n    return a",
)
change(
    "dropout",
    "The numbers became float32 on the way; a float64 input gives a float64 output.",
    "a * (draw >= p) / (1 - p)",
    "a.float() * (draw >= p) / (1 - p)",
)
change(
    "dropout",
    "The dropped activations are cut out, which loses the shape; they become 0 in their places.",
    "a * (draw >= p) / (1 - p)",
    "a[draw >= p] / (1 - p)",
)
change(
    "dropout",
    "p is taken off the dropped units; they should become 0.",
    "a * (draw >= p)",
    "(a - (draw < p) * p)",
)


change(
    "dropout",
    "Without brackets p is taken off the result: / 1 - p is not / (1 - p).",
    "/ (1 - p)",
    "/ 1 - p",
)
change(
    "dropout",
    "The product of activation and draw is compared with p; compare the draw, then multiply.",
    "a * (draw >= p) / (1 - p)",
    "(a * draw >= p).double() / (1 - p)",
)
change(
    "dropout",
    "The product of activation and draw is compared with p; compare the draw, then multiply.",
    "a * (draw >= p) / (1 - p)",
    "a * (a * draw >= p) / (1 - p)",
)
change(
    "dropout",
    "In training what remains has to be divided by 1 - p, to make up for what is missing.",
    "a * (draw >= p) / (1 - p)",
    "a.masked_fill_(draw < p, 0)",
)
change(
    "dropout",
    "Divided by the share of units that stay in each example; the rule divides by 1 - p.",
    "/ (1 - p)",
    "/ (draw >= p).double().mean(dim=1, keepdim=True).clamp(min=1e-9)",
)
change(
    "dropout",
    "Scaled so that the sum of this draw stays the same; the rule divides by 1 - p, which keeps it on average.",
    "a * (draw >= p) / (1 - p)",
    "a * (draw >= p) * a.sum() / (a * (draw >= p)).sum()",
)
change(
    "dropout",
    "A draw of exactly p leaves the unit on, and what remains has to be divided by 1 - p.",
    "draw >= p) / (1 - p)",
    "draw > p)",
)
change(
    "dropout",
    "The mask is inverted (a unit is dropped where its draw lies below p), and the division is by 1 - p, not by p.",
    "draw >= p) / (1 - p)",
    "draw <= p) / p",
)
change(
    "dropout",
    "The mask is inverted: a unit is dropped where its draw lies below p.",
    "draw >= p",
    "draw <= p",
)
change(
    "dropout",
    "The mask is inverted, and nothing is divided by 1 - p.",
    "draw >= p) / (1 - p)",
    "draw <= p)",
)
change(
    "dropout",
    "Units stay where the draw lies below 1 - p; those are other units than the ones with a draw of at least p.",
    "draw >= p",
    "draw <= 1 - p",
)
change(
    "dropout",
    "Units stay where the draw lies below 1 - p, and nothing is divided by 1 - p.",
    "draw >= p) / (1 - p)",
    "draw < 1 - p)",
)
change(
    "dropout",
    "The draw is compared with 1 - p, and the result divided by p: p is the probability to drop.",
    "draw >= p) / (1 - p)",
    "draw >= 1 - p) / p",
)
change(
    "dropout",
    "Training and inference are exchanged, and nothing is divided by 1 - p.",
    "if not training",
    "if training",
    " / (1 - p)",
    "",
)
change(
    "dropout",
    "Nothing is divided by 1 - p in training, but at inference; inverted dropout does it the other way round.",
    " / (1 - p)",
    "",
    "        return a\n",
    "        return a / (1 - p)\n",
)
change(
    "dropout",
    "The scale is p, and it acts at inference; inverted dropout divides by 1 - p in training.",
    "        return a\n",
    "        return a * p\n",
    " / (1 - p)",
    "",
)
change(
    "dropout",
    "Dropped and divided in training, and multiplied by the mask and 1 - p at inference; then nothing should happen.",
    "        return a\n",
    "        return a * (draw >= p) * (1 - p)\n",
)
change(
    "dropout",
    "Multiplied by 1 - p in training, and divided by it at inference; divide in training, and do nothing at inference.",
    "/ (1 - p)",
    "* (1 - p)",
    "        return a\n",
    "        return a / (1 - p)\n",
)
change(
    "dropout",
    "Multiplied by 1 - p in training and at inference; inverted dropout divides by it in training, and does nothing at inference.",
    "/ (1 - p)",
    "* (1 - p)",
    "        return a\n",
    "        return a * (1 - p)\n",
)
change(
    "dropout",
    "At inference nothing is returned.",
    "        return a\n",
    "        return None\n",
)
change(
    "dropout",
    "In training the mask of zeros and ones is given; it has to be multiplied by the activations, and divided by 1 - p.",
    "a * (draw >= p) / (1 - p)",
    "(draw >= p).double()",
)
change(
    "dropout",
    "The mask is added to the activations; it multiplies them.",
    "a * (draw >= p) / (1 - p)",
    "(a + (draw >= p)) / (1 - p)",
)
change(
    "dropout",
    "All activations are multiplied by p; a mask silences some and leaves the others.",
    "a * (draw >= p) / (1 - p)",
    "a * p",
)
change(
    "dropout",
    "All activations are multiplied by 1 - p; a mask silences some and leaves the others.",
    "a * (draw >= p) / (1 - p)",
    "a * (1 - p)",
)
change(
    "dropout",
    "Everything is silenced in training; only the units below p are.",
    "a * (draw >= p) / (1 - p)",
    "torch.zeros_like(a)",
)
change(
    "dropout",
    "Divided by the number of units that stay; the rule divides by 1 - p.",
    "/ (1 - p)",
    "/ (draw >= p).sum()",
)
change("dropout", "Divided twice by 1 - p.", "/ (1 - p)", "/ (1 - p) ** 2")

change(
    "dropout",
    "In training the sign of the activations is turned round; 1 - p is positive.",
    "return a * (draw",
    "return -a * (draw",
)
change(
    "dropout",
    "The draws stand where the activations should be.",
    "return a * (draw",
    "return draw * (draw",
)
change(
    "dropout",
    "Divided by -p; divide by 1 - p, the probability to stay.",
    "/ (1 - p)",
    "/ -p",
)
change(
    "dropout",
    "In training the sign of the activations is turned round; 1 - p is positive.",
    "/ (1 - p)",
    "/ (p - 1)",
)
change(
    "dropout",
    "Divided by 2 - p; divide by 1 - p, the probability to stay.",
    "/ (1 - p)",
    "/ (2 - p)",
)
change(
    "dropout",
    "Scaled by 1 - p and divided by p: what remains is divided by 1 - p alone.",
    "/ (1 - p)",
    "* (1 - p) / p",
)
change(
    "dropout",
    "Multiplied by p and divided by 1 - p: what remains is divided by 1 - p alone.",
    "/ (1 - p)",
    "* p / (1 - p)",
)
change(
    "dropout",
    "What remains is multiplied by 1 + p; it should be divided by 1 - p.",
    "/ (1 - p)",
    "* (1 + p)",
)
change(
    "dropout",
    "Divided by the mask, which makes the dropped units infinite; multiply by it.",
    "a * (draw",
    "a / (draw",
)
change(
    "dropout",
    "Both faults are still there: units stay below p, and at inference the activations are multiplied by 1 - p.",
    "draw >= p",
    "draw < p",
    "        return a\n",
    "        return a * (1 - p)\n",
)

# -- ensemble_average -----------------------------------------------------------------------------------------

change(
    "ensemble_average",
    "The logits were averaged (or the logarithms of the probabilities); the mean of the probabilities is asked for.",
    "logits.softmax(dim=2).mean(dim=0)",
    "logits.mean(dim=0).softmax(dim=1)",
)
change(
    "ensemble_average",
    "The softmax runs over the examples; the classes of one example share one whole.",
    "softmax(dim=2)",
    "softmax(dim=1)",
)
change(
    "ensemble_average",
    "The softmax runs over the members; the classes of one example share one whole.",
    "softmax(dim=2)",
    "softmax(dim=0)",
)
change(
    "ensemble_average",
    "The softmax runs over all logits of a member; the classes of one example share one whole.",
    "logits.softmax(dim=2)",
    "logits.flatten(1).softmax(dim=1).view_as(logits)",
)
change(
    "ensemble_average",
    "The softmax runs over members and classes together; each member's classes share one whole.",
    "logits.softmax(dim=2)",
    "logits.transpose(0, 1).flatten(1).softmax(dim=1).unflatten(1, (len(logits), -1)).transpose(0, 1)",
)
change(
    "ensemble_average",
    "These are sums over the members; they do not add up to one.",
    "mean(dim=0)",
    "sum(dim=0)",
)
change(
    "ensemble_average",
    "The mean runs over the examples; the members are the first axis.",
    "mean(dim=0)",
    "mean(dim=1)",
)
change(
    "ensemble_average",
    "The mean runs over the classes; the members are the first axis.",
    "mean(dim=0)",
    "mean(dim=2)",
)
change(
    "ensemble_average",
    "The sum over the members is divided by the number of classes; divide by the number of members.",
    "mean(dim=0)",
    "sum(dim=0) / logits.shape[2]",
)
change(
    "ensemble_average",
    "The sum over the members is divided by the number of examples; divide by the number of members.",
    "mean(dim=0)",
    "sum(dim=0) / logits.shape[1]",
)
change(
    "ensemble_average",
    "The largest probability of the members is taken; their mean is asked for.",
    "mean(dim=0)",
    "amax(dim=0)",
)
change(
    "ensemble_average",
    "The median of the members is taken; their mean is asked for.",
    "mean(dim=0)",
    "median(dim=0).values",
)
change(
    "ensemble_average",
    "The probabilities of the members are multiplied; their mean is asked for.",
    "mean(dim=0)",
    "prod(dim=0)",
)
change(
    "ensemble_average",
    "The logits are summed over the members before the softmax; average probabilities instead.",
    "logits.softmax(dim=2).mean(dim=0)",
    "logits.sum(dim=0).softmax(dim=1)",
)
change(
    "ensemble_average",
    "This is the geometric mean of the probabilities; the arithmetic one is asked for.",
    "logits.softmax(dim=2).mean(dim=0)",
    "logits.log_softmax(dim=2).mean(dim=0).exp()",
)
change(
    "ensemble_average",
    "These are mean logarithms of probabilities; the mean of the probabilities is asked for.",
    "softmax(dim=2)",
    "log_softmax(dim=2)",
)
change(
    "ensemble_average",
    "This is the logarithm of the mean probabilities.",
    "mean(dim=0)",
    "mean(dim=0).log()",
)
change(
    "ensemble_average",
    "These are mean logits; the softmax is missing.",
    "logits.softmax(dim=2)",
    "logits",
)
change(
    "ensemble_average",
    "A softmax is taken of the mean probabilities once more; they are probabilities already.",
    "mean(dim=0)",
    "mean(dim=0).softmax(dim=1)",
)
change(
    "ensemble_average",
    "A softmax is taken twice before the mean; once gives probabilities.",
    "softmax(dim=2)",
    "softmax(dim=2).softmax(dim=2)",
)
change(
    "ensemble_average",
    "A sigmoid makes probabilities of single logits; the classes exclude each other, which takes a softmax.",
    "softmax(dim=2)",
    "sigmoid()",
)
change(
    "ensemble_average", "Only the first member counts here.", "mean(dim=0)", "select(0, 0)"
)
change(
    "ensemble_average",
    "Only the last member counts here: each overwrites the one before.",
    "mean(dim=0)",
    "select(0, -1)",
)
change(
    "ensemble_average",
    "The last member is divided by the number of members; a loop has to add up all of them.",
    "mean(dim=0)",
    "select(0, -1) / len(logits)",
)
change(
    "ensemble_average",
    "The last member is left out.",
    "logits.softmax",
    "logits[:-1].softmax",
)
change(
    "ensemble_average",
    "The first member is left out.",
    "logits.softmax",
    "logits[1:].softmax",
)
change(
    "ensemble_average",
    "The sum leaves the first member out, and is divided by the number of all members.",
    "softmax(dim=2).mean(dim=0)",
    "softmax(dim=2)[1:].sum(dim=0) / len(logits)",
)
change(
    "ensemble_average",
    "The sum leaves the last member out, and is divided by the number of all members.",
    "softmax(dim=2).mean(dim=0)",
    "softmax(dim=2)[:-1].sum(dim=0) / len(logits)",
)
change(
    "ensemble_average",
    "The axis of the members is still there, with size 1.",
    "mean(dim=0)",
    "mean(dim=0, keepdim=True)",
)
change(
    "ensemble_average",
    "These are each member's probabilities; their mean over the members is missing.",
    ".mean(dim=0)",
    "",
)
change(
    "ensemble_average",
    "These are classes, by the mean or by vote; the probabilities of all classes are asked for.",
    "mean(dim=0)",
    "mean(dim=0).argmax(dim=1)",
)
change(
    "ensemble_average",
    "The largest probability of each example is given; all classes are asked for.",
    "mean(dim=0)",
    "mean(dim=0).amax(dim=1)",
)
change(
    "ensemble_average",
    "This is one number; the mean is over the members only.",
    "mean(dim=0)",
    "mean()",
)
change(
    "ensemble_average",
    "The result is transposed: the examples are the rows.",
    "mean(dim=0)",
    "mean(dim=0).T",
)
change(
    "ensemble_average",
    "The numbers became float32 on the way; a float64 input gives a float64 output.",
    "logits.softmax",
    "logits.float().softmax",
)


@slip(
    "ensemble_average",
    "Exponentials are averaged over the members before they are divided by their sum; turn each member's logits into probabilities first.",
)
def exponentials_averaged(logits: Tensor) -> Tensor:
    e = (logits - logits.max(dim=2, keepdim=True).values).exp().mean(dim=0)
    return e / e.sum(dim=1, keepdim=True)


@slip(
    "ensemble_average",
    "Exponentials are averaged over the members before they are divided by their sum; turn each member's logits into probabilities first.",
)
def plain_exponentials_averaged(logits: Tensor) -> Tensor:
    e = logits.exp().mean(dim=0)
    return e / e.sum(dim=1, keepdim=True)


@slip("ensemble_average", "The exponentials are not divided by their sum over the classes.")
def exponentials_only(logits: Tensor) -> Tensor:
    return logits.exp().mean(dim=0)


@slip(
    "ensemble_average",
    "The exponentials are divided by their sum over everything; divide by the sum over the classes of each example.",
)
def one_sum_for_all(logits: Tensor) -> Tensor:
    e = logits.exp()
    return (e / e.sum()).mean(dim=0)


@slip(
    "ensemble_average",
    "The logits are divided by their sum; a softmax divides their exponentials.",
)
def shares_of_logits(logits: Tensor) -> Tensor:
    return (logits / logits.sum(dim=2, keepdim=True)).mean(dim=0)


@slip(
    "ensemble_average",
    "Exponentials overflow, or all become 0: take off each row's own largest logit first.",
)
def no_maximum(logits: Tensor) -> Tensor:
    e = logits.exp()
    return (e / e.sum(dim=2, keepdim=True)).mean(dim=0)


@slip(
    "ensemble_average",
    "Exponentials overflow, or all become 0: take off each row's own largest logit first.",
)
def one_maximum_for_all(logits: Tensor) -> Tensor:
    e = (logits - logits.max()).exp()
    return (e / e.sum(dim=2, keepdim=True)).mean(dim=0)


@slip("ensemble_average", "These are votes; a vote forgets how sure each member was.")
def votes(logits: Tensor) -> Tensor:
    choice = logits.argmax(dim=2, keepdim=True)
    return torch.zeros_like(logits).scatter(2, choice, 1.0).mean(dim=0)


@slip(
    "ensemble_average", "The members are weighted by how sure they are; all count the same."
)
def weighted_by_confidence(logits: Tensor) -> Tensor:
    p = logits.softmax(dim=2)
    sure = p.max(dim=2, keepdim=True).values
    return (p * sure).sum(dim=0) / sure.sum(dim=0)


@slip(
    "ensemble_average",
    "Every example gets the probabilities of its surest member; the mean over the members is asked for.",
)
def the_surest_member(logits: Tensor) -> Tensor:
    p = logits.softmax(dim=2)
    surest = p.max(dim=2).values.argmax(dim=0)
    return p[surest, torch.arange(p.shape[1])]


@slip(
    "ensemble_average",
    "The mean is halved again with each member, so that the last counts most: add all up, and divide once.",
)
def running_halves(logits: Tensor) -> Tensor:
    p = logits.softmax(dim=2)
    mean = p[0]
    for member in p[1:]:
        mean = (mean + member) / 2
    return mean


@slip(
    "ensemble_average",
    "The sum is divided by the number of members at every turn; divide once, at the end.",
)
def divided_at_every_turn(logits: Tensor) -> Tensor:
    p = logits.softmax(dim=2)
    total = torch.zeros_like(p[0])
    for member in p:
        total = (total + member) / len(p)
    return total


@slip("ensemble_average", "The logits were changed in place; they belong to the caller.")
def logits_changed(logits: Tensor) -> Tensor:
    logits -= logits.max(dim=2, keepdim=True).values
    return logits.softmax(dim=2).mean(dim=0)


@slip("ensemble_average", "The logits were changed in place; they belong to the caller.")
def logits_overwritten(logits: Tensor) -> Tensor:
    for i in range(len(logits)):
        logits[i] = logits[i].softmax(dim=1)
    return logits.mean(dim=0)


change(
    "ensemble_average",
    "The mean runs over the members and the examples; each example has its own probabilities.",
    "mean(dim=0)",
    "mean(dim=(0, 1))",
)
change(
    "ensemble_average",
    "The logits were averaged, and the softmax of the mean runs over the examples; average each member's probabilities over the classes.",
    "logits.softmax(dim=2).mean(dim=0)",
    "logits.mean(dim=0).softmax(dim=0)",
)
change(
    "ensemble_average",
    "The softmax and the mean run over the examples; softmax over the classes, mean over the members.",
    "logits.softmax(dim=2).mean(dim=0)",
    "logits.softmax(dim=1).mean(dim=1)",
)
change(
    "ensemble_average",
    "The logits were averaged over the examples; average each member's probabilities over the members.",
    "logits.softmax(dim=2).mean(dim=0)",
    "logits.mean(dim=1).softmax(dim=1)",
)
change(
    "ensemble_average",
    "The probabilities are added up and put through a softmax again; divide the sum by the number of members.",
    "mean(dim=0)",
    "sum(dim=0).softmax(dim=1)",
)
change(
    "ensemble_average",
    "The logits are divided by the number of members before the softmax; divide the probabilities.",
    "logits.softmax(dim=2).mean(dim=0)",
    "(logits / len(logits)).softmax(dim=2).mean(dim=0)",
)
change(
    "ensemble_average",
    "The logits are divided by the number of members before the softmax, and the probabilities are added up; divide the probabilities.",
    "logits.softmax(dim=2).mean(dim=0)",
    "(logits / len(logits)).softmax(dim=2).sum(dim=0)",
)
change(
    "ensemble_average",
    "The most probable class gets 1, all others 0; the mean probabilities are asked for.",
    "logits.softmax(dim=2).mean(dim=0)",
    "torch.nn.functional.one_hot(logits.softmax(dim=2).mean(dim=0).argmax(dim=1), logits.shape[2]).double()",
)
change(
    "ensemble_average",
    "The largest logits of the members are put through a softmax; average each member's probabilities.",
    "logits.softmax(dim=2).mean(dim=0)",
    "logits.amax(dim=0).softmax(dim=1)",
)
change(
    "ensemble_average",
    "A sigmoid is taken of the mean logits; the classes exclude each other, which takes a softmax, and the mean comes after it.",
    "logits.softmax(dim=2).mean(dim=0)",
    "logits.mean(dim=0).sigmoid()",
)
change(
    "ensemble_average",
    "The sum is divided by one more, or one less, than the number of members.",
    "mean(dim=0)",
    "sum(dim=0) / (len(logits) + 1)",
)
change(
    "ensemble_average",
    "The sum is divided by one more, or one less, than the number of members.",
    "mean(dim=0)",
    "sum(dim=0) / (len(logits) - 1)",
)
change(
    "ensemble_average",
    "The mean is divided by the number of members once more.",
    "mean(dim=0)",
    "mean(dim=0) / len(logits)",
)
change(
    "ensemble_average",
    "The sum is divided by members times classes; divide by the number of members.",
    "mean(dim=0)",
    "mean(dim=0) / logits.shape[2]",
)
change(
    "ensemble_average",
    "The sum is divided by members times examples; divide by the number of members.",
    "mean(dim=0)",
    "mean(dim=0) / logits.shape[1]",
)
change(
    "ensemble_average",
    "The mean logarithms are negative: minus the logarithm is a loss, and the mean probabilities are asked for.",
    "logits.softmax(dim=2).mean(dim=0)",
    "-logits.log_softmax(dim=2).mean(dim=0)",
)
change(
    "ensemble_average",
    "The logits have the wrong sign: the largest logit is the most probable class.",
    "logits.softmax",
    "(-logits).softmax",
)
change(
    "ensemble_average",
    "The smallest probability of the members is taken; their mean is asked for.",
    "mean(dim=0)",
    "amin(dim=0)",
)
change(
    "ensemble_average",
    "The number of votes is given; the mean probabilities are asked for.",
    "logits.softmax(dim=2).mean(dim=0)",
    "torch.nn.functional.one_hot(logits.argmax(dim=2), logits.shape[2]).sum(dim=0).double()",
)
change(
    "ensemble_average",
    "These are classes, by the mean or by vote; the probabilities of all classes are asked for.",
    "logits.softmax(dim=2).mean(dim=0)",
    "logits.argmax(dim=2).mode(dim=0).values",
)
change(
    "ensemble_average",
    "This is the root of the mean square of the probabilities; the plain mean is asked for.",
    "softmax(dim=2).mean(dim=0)",
    "softmax(dim=2).square().mean(dim=0).sqrt()",
)
change(
    "ensemble_average",
    "The exponentials are divided by the largest of them, not by their sum.",
    "logits.softmax(dim=2)",
    "(logits - logits.amax(dim=2, keepdim=True)).exp()",
)

change(
    "ensemble_average",
    "These probabilities are negative: the sign is wrong.",
    "return logits",
    "return -logits",
)

# -- predict_labels -------------------------------------------------------------------------------------------

change(
    "predict_labels",
    "The columns are not brought to one scale: those with large numbers decide alone.",
    "(X - mean) / std, (X_new - mean) / std",
    "X - mean, X_new - mean",
)
change(
    "predict_labels",
    "A single column takes part: the others tell something too.",
    "topk(12)",
    "topk(1)",
)
change(
    "predict_labels",
    "The columns that agree least with the labels are chosen.",
    "agreement.abs().topk(12)",
    "(-agreement.abs()).topk(12)",
)
change("predict_labels", "The labels come out exchanged.", "> 0, 1, -1", "> 0, -1, 1")
change(
    "predict_labels",
    "All predictions are the same label, whatever the columns hold: take their means off, and look for NaN.",
    "(X - mean) / std, (X_new - mean) / std",
    "X / std, X_new / std",
)
change(
    "predict_labels",
    "The columns are added up without regard to whether they agree or disagree with the label.",
    "@ agreement[use]",
    "@ agreement[use].abs()",
)
change(
    "predict_labels",
    "All predictions are the same label, whatever the columns hold: take their means off, and look for NaN.",
    "torch.where(Z_new[:, use] @ agreement[use] > 0, 1, -1)",
    "torch.ones(len(X_new), dtype=torch.int64)",
)
change(
    "predict_labels",
    "These are 0 and 1; the labels are -1 and 1.",
    "> 0, 1, -1)",
    "> 0, 1, 0)",
)


@slip(
    "predict_labels",
    "The columns are not scaled: the few with the largest numbers decide alone.",
)
def nearest_unscaled(X: Tensor, y: Tensor, X_new: Tensor) -> Tensor:
    return y[torch.cdist(X_new, X).argmin(dim=1)]


@slip(
    "predict_labels",
    "The columns are not scaled: the few with the largest numbers decide alone.",
)
def least_squares_unscaled(X: Tensor, y: Tensor, X_new: Tensor) -> Tensor:
    w = torch.linalg.lstsq(X, y.double()[:, None], driver="gelsd").solution[:, 0]
    return torch.where(X_new @ w > 0, 1, -1)


@slip(
    "predict_labels",
    "The nearest neighbour decides: a fifth of the labels are wrong, and most columns are noise.",
)
def nearest(X: Tensor, y: Tensor, X_new: Tensor) -> Tensor:
    mean, std = X.mean(dim=0), X.std(dim=0)
    return y[torch.cdist((X_new - mean) / std, (X - mean) / std).argmin(dim=1)]


@slip(
    "predict_labels",
    "A least-squares fit without a penalty passes through all examples, the wrong labels included.",
)
def unregularised(X: Tensor, y: Tensor, X_new: Tensor) -> Tensor:
    mean, std = X.mean(dim=0), X.std(dim=0)
    w = torch.linalg.pinv((X - mean) / std) @ y.double()
    return torch.where((X_new - mean) / std @ w > 0, 1, -1)


equivalent(
    "predict_labels",
    "The sign of the scale cancels in the product of column and agreement, and its size hardly changes the sum.",
    "mean, std = X.mean(dim=0), -X.std(dim=0)",
    "mean, std = X.mean(dim=0), X.std(dim=0, correction=0)",
)
equivalent(
    "predict_labels",
    "A row of means broadcasts like a vector of means.",
    "mean, std = X.mean(dim=0, keepdim=True), X.std(dim=0)",
    "mean, std = X.mean(dim=0), X.std(dim=0, keepdim=True)",
)
equivalent(
    "predict_labels",
    "An open task: with whole deviations instead of exact ones the floor is reached, too.",
    "Z, Z_new = (X - mean) // std, (X_new - mean) / std",
    "Z, Z_new = (X - mean) / std, (X_new - mean) // std",
)
equivalent(
    "predict_labels",
    "The labels are 1 and -1, so that dividing by them is multiplying; a sum is the mean times n.",
    "agreement = (Z / y[:, None]).mean(dim=0)",
    "agreement = (Z * y[:, None]).sum(dim=0)",
)
equivalent(
    "predict_labels",
    "An open task: with one column more or less, or the positive ones alone, the floor is reached, too.",
    "use = agreement.abs().topk(13).indices",
    "use = agreement.abs().topk(11).indices",
    "use = agreement.topk(12).indices",
)
equivalent(
    "predict_labels",
    "An open task: with another threshold near zero the floor is reached, too; a vector has no transpose.",
    "return torch.where(Z_new[:, use] @ agreement[use] > 1, 1, -1)",
    "return torch.where(Z_new[:, use] @ agreement[use] > -1, 1, -1)",
    "return torch.where(Z_new[:, use] @ agreement[use] >= 0, 1, -1)",
    "return torch.where(Z_new[:, use] @ agreement[use].T > 0, 1, -1)",
)
