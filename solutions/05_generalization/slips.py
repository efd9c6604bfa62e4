"""Planted wrong answers to the exercises of chapter 5, each with the hint that it must get."""

from collections.abc import Callable, Sequence

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

# -- penalised_gradient ---------------------------------------------------------------------------------------

change(
    "penalised_gradient",
    "The factor 2 is missing: a square that is differentiated brings one.",
    "2 * penalty * w",
    "penalty * w",
)
change(
    "penalised_gradient",
    "The gradient of the penalty has the wrong sign; it is added to the gradient of L.",
    "grad + 2",
    "grad - 2",
)
change(
    "penalised_gradient", "The gradient of L has the wrong sign.", "grad + 2", "-grad + 2"
)
change(
    "penalised_gradient",
    "The sign of everything is wrong: this is the direction of descent, and the gradient is asked for.",
    "grad + 2 * penalty * w",
    "-(grad + 2 * penalty * w)",
)
change(
    "penalised_gradient",
    "This is the L1 penalty's gradient, for absolute values; here the weights are squared.",
    "2 * penalty * w",
    "penalty * w.sign()",
)
change(
    "penalised_gradient",
    "The sign of w stands where w itself should be.",
    "2 * penalty * w",
    "2 * penalty * w.sign()",
)
change(
    "penalised_gradient",
    "The absolute value of w stands where w itself should be: the sign of a weight matters.",
    "2 * penalty * w",
    "2 * penalty * w.abs()",
)
change(
    "penalised_gradient",
    "The penalty itself is added to every entry; its gradient is asked for.",
    "2 * penalty * w",
    "penalty * (w**2).sum()",
)
change(
    "penalised_gradient",
    "w squared is added, times lambda; the square has to be differentiated.",
    "2 * penalty * w",
    "penalty * w**2",
)
change(
    "penalised_gradient",
    "w is squared after differentiating; the derivative of a square is linear in w.",
    "2 * penalty * w",
    "2 * penalty * w**2",
)
change(
    "penalised_gradient",
    "Every entry gets the sum of all weights; the derivative with respect to w_i holds w_i alone.",
    "2 * penalty * w",
    "2 * penalty * w.sum()",
)
change(
    "penalised_gradient",
    "Every entry gets lambda times the sum of all weights; the derivative with respect to w_i holds w_i alone, and a 2.",
    "2 * penalty * w",
    "penalty * w.sum()",
)
change(
    "penalised_gradient",
    "The penalty is divided by the number of weights; it is a sum over them, not a mean.",
    "2 * penalty * w",
    "2 * penalty * w / w.numel()",
)
change(
    "penalised_gradient",
    "The penalty is divided by the number of rows of w; it is a sum over all weights, not a mean.",
    "2 * penalty * w",
    "2 * penalty * w / (len(w) if w.dim() else 1)",
)
change(
    "penalised_gradient",
    "This is the gradient of the penalty alone; that of L is missing.",
    "grad + 2",
    "2",
)
change(
    "penalised_gradient",
    "This is the gradient of L alone; the penalty is missing.",
    "return grad + 2 * penalty * w",
    "return grad.clone()",
)
change(
    "penalised_gradient",
    "lambda is missing from the gradient of the penalty.",
    "2 * penalty * w",
    "2 * w",
)
change(
    "penalised_gradient",
    "w is missing from the gradient of the penalty: large weights pay more.",
    "2 * penalty * w",
    "2 * penalty",
)
change(
    "penalised_gradient",
    "w and the gradient are exchanged.",
    "grad + 2 * penalty * w",
    "w + 2 * penalty * grad",
)
change(
    "penalised_gradient",
    "The penalty's part is made of the gradient of L; it should be made of the weights.",
    "2 * penalty * w",
    "2 * penalty * grad",
)
change(
    "penalised_gradient",
    "The factor 2 lambda stands before the gradient of L as well; it belongs to w alone.",
    "grad + 2 * penalty * w",
    "2 * penalty * (grad + w)",
)
change(
    "penalised_gradient",
    "The factor 2 stands before the gradient of L as well; it comes from the square alone.",
    "grad + 2 * penalty * w",
    "2 * (grad + penalty * w)",
)
change(
    "penalised_gradient",
    "The gradient of L is multiplied; the gradient of a sum is the sum of the gradients.",
    "grad + 2",
    "grad * 2",
)
change(
    "penalised_gradient",
    "lambda is squared; the penalty is linear in it.",
    "2 * penalty * w",
    "2 * penalty**2 * w",
)
change(
    "penalised_gradient",
    "The 2 is an exponent of lambda here; it comes from the square of w, as a factor.",
    "2 * penalty * w",
    "penalty**2 * w",
)
change(
    "penalised_gradient",
    "Half of w is added, times lambda; the derivative of w^2 is 2 w.",
    "2 * penalty * w",
    "0.5 * penalty * w",
)
change(
    "penalised_gradient",
    "This is the gradient of the norm, w / ||w||; the penalty is the norm squared.",
    "2 * penalty * w",
    "penalty * w / w.norm()",
)
change(
    "penalised_gradient",
    "The weights were moved by a step; only the gradient is asked for.",
    "grad + 2 * penalty * w",
    "w - (grad + 2 * penalty * w)",
)
change(
    "penalised_gradient",
    "The penalty is not summed into one gradient for each weight: this is a single number.",
    "grad + 2 * penalty * w",
    "(grad + 2 * penalty * w).sum()",
)
change(
    "penalised_gradient",
    "grad was changed in place; it belongs to the caller.",
    "return grad + 2 * penalty * w",
    "grad += 2 * penalty * w\n    return grad",
)
change(
    "penalised_gradient",
    "w was changed in place; it belongs to the caller.",
    "return grad + 2 * penalty * w",
    "w *= 2 * penalty\n    return grad + w",
)


change(
    "penalised_gradient",
    "The factor 2 is missing, and the penalty's gradient has the wrong sign.",
    "grad + 2 * penalty * w",
    "grad - penalty * w",
)
change(
    "penalised_gradient",
    "lambda times the absolute value of w is added; the penalty is a square, and the sign of a weight matters.",
    "2 * penalty * w",
    "penalty * w.abs()",
)
change(
    "penalised_gradient",
    "The sum of the absolute values is added to every entry; each entry gets the derivative with respect to its own weight.",
    "2 * penalty * w",
    "penalty * w.abs().sum()",
)
change(
    "penalised_gradient",
    "The norm of w is added to every entry; each entry gets the derivative with respect to its own weight.",
    "2 * penalty * w",
    "penalty * w.norm()",
)
change(
    "penalised_gradient",
    "The norm of w is added to every entry; each entry gets the derivative with respect to its own weight.",
    "2 * penalty * w",
    "2 * penalty * w.norm()",
)
change(
    "penalised_gradient",
    "The mean of the squares is added to every entry; the sum has to be differentiated with respect to each weight.",
    "2 * penalty * w",
    "penalty * (w**2).mean()",
)
change(
    "penalised_gradient",
    "The penalty's gradient is multiplied by the gradient of L; the two are added.",
    "2 * penalty * w",
    "2 * penalty * w * grad",
)
change(
    "penalised_gradient",
    "Every entry gets the sum of its row of weights; the derivative with respect to w_i holds w_i alone.",
    "2 * penalty * w",
    "2 * penalty * (w.sum(dim=-1, keepdim=True) if w.dim() else w)",
)
change(
    "penalised_gradient",
    "Every entry gets the sum of its column of weights; the derivative with respect to w_i holds w_i alone.",
    "2 * penalty * w",
    "2 * penalty * (w.sum(dim=0, keepdim=True) if w.dim() else w)",
)
change(
    "penalised_gradient",
    "The whole gradient is divided by the number of weights; nothing is averaged here.",
    "grad + 2 * penalty * w",
    "(grad + 2 * penalty * w) / w.numel()",
)
change(
    "penalised_gradient",
    "The gradient of L is averaged; nothing is averaged here.",
    "grad + 2",
    "grad.mean() + 2",
)
change(
    "penalised_gradient",
    "The gradient of L is summed; it stays as it is, entry by entry.",
    "grad + 2",
    "grad.sum() + 2",
)
change(
    "penalised_gradient",
    "w alone is added; lambda and the factor 2 are missing.",
    "2 * penalty * w",
    "w",
)
change(
    "penalised_gradient",
    "The weights are divided by lambda; they are multiplied by it.",
    "2 * penalty * w",
    "2 * w / penalty",
)
change(
    "penalised_gradient",
    "The gradient of L is weighted by 1 - lambda; it keeps its full weight.",
    "grad + 2",
    "(1 - penalty) * grad + 2",
)
change(
    "penalised_gradient",
    "The gradient of L is multiplied by lambda; only the penalty's part is.",
    "grad + 2 * penalty * w",
    "penalty * grad + 2 * w",
)
change(
    "penalised_gradient",
    "lambda stands before the gradient of L as well; it belongs to the penalty alone.",
    "grad + 2 * penalty * w",
    "penalty * (grad + 2 * w)",
)
change(
    "penalised_gradient",
    "2 to the power of w is added, times lambda; the derivative of w^2 is 2 w.",
    "2 * penalty * w",
    "penalty * 2**w",
)
change(
    "penalised_gradient",
    "w^2 was integrated; its derivative is asked for.",
    "2 * penalty * w",
    "penalty * w**3 / 3",
)
change(
    "penalised_gradient",
    "The numbers became float32 on the way; a float64 input gives a float64 output.",
    "grad + 2 * penalty * w",
    "(grad + 2 * penalty * w).float()",
)
change(
    "penalised_gradient",
    "This is the gradient of the penalty alone, with the factor 2 missing; the gradient of L is missing, too.",
    "grad + 2 * penalty * w",
    "penalty * w",
)
change(
    "penalised_gradient",
    "The weights are added to the gradient and its penalty; only the gradient is asked for.",
    "grad + 2 * penalty * w",
    "w + grad + 2 * penalty * w",
)
change(
    "penalised_gradient",
    "grad was changed in place; it belongs to the caller.",
    "return grad + 2 * penalty * w",
    "return grad.add_(2 * penalty * w).clone()",
)

change(
    "penalised_gradient",
    "The factor is 3; the derivative of w^2 is 2 w.",
    "grad + 2",
    "grad + 3",
)
change("penalised_gradient", "The factor is 4: the 2 counts once.", "grad + 2", "grad + 4")
change(
    "penalised_gradient", "w stands where the gradient of L should be.", "grad + 2", "w + 2"
)
change(
    "penalised_gradient",
    "The weights are in the denominator; the derivative of w^2 is 2 w.",
    "penalty * w",
    "penalty / w",
)
change(
    "penalised_gradient",
    "The weights are moved by the penalty's gradient alone; the gradient of L with that of the penalty is asked for.",
    "grad + 2 * penalty * w",
    "w - 2 * penalty * w",
)

# -- decoupled_step -------------------------------------------------------------------------------------------

change(
    "decoupled_step",
    "The decay is not multiplied by the learning rate.",
    "lr * decay",
    "decay",
)
change(
    "decoupled_step",
    "The moved weights decay; it is the old ones that should.",
    "(1 - lr * decay) * w - lr * step",
    "(1 - lr * decay) * (w - lr * step)",
)
change(
    "decoupled_step", "The weights grow: the decay has the wrong sign.", "1 - lr", "1 + lr"
)
change("decoupled_step", "The step goes uphill: it has the wrong sign.", "w - lr", "w + lr")
change(
    "decoupled_step",
    "Both signs are wrong: the weights grow, and the step goes uphill.",
    "(1 - lr * decay) * w - lr",
    "(1 + lr * decay) * w + lr",
)
change(
    "decoupled_step",
    "The weights decay twice as fast as they should: (5.6) holds lr times decay once, without a factor 2.",
    "lr * decay",
    "2 * lr * decay",
)
change("decoupled_step", "The decay is missing.", "(1 - lr * decay) * w", "w")
change("decoupled_step", "The step is missing: the weights only decay.", " - lr * step", "")
change(
    "decoupled_step",
    "The step is not multiplied by the learning rate.",
    "- lr * step",
    "- step",
)
change(
    "decoupled_step",
    "Neither the decay nor the step is multiplied by the learning rate.",
    "(1 - lr * decay) * w - lr * step",
    "(1 - decay) * w - step",
)
change(
    "decoupled_step",
    "The step is multiplied by the decay as well; it goes with the learning rate alone.",
    "- lr * step",
    "- lr * decay * step",
)
change(
    "decoupled_step",
    "The step is multiplied by the decay; it goes with the learning rate.",
    "- lr * step",
    "- decay * step",
)
change(
    "decoupled_step",
    "The weights are multiplied by what decays, lr times decay; what remains is 1 minus that.",
    "(1 - lr * decay)",
    "lr * decay",
)
change(
    "decoupled_step",
    "The learning rate alone stands where lr times decay should be.",
    "lr * decay",
    "lr",
)
change(
    "decoupled_step",
    "The old weights are multiplied by the decay; (5.6) multiplies them by 1 minus lr times decay.",
    "(1 - lr * decay)",
    "decay",
)
change(
    "decoupled_step",
    "1 - lr times decay was read as (1 - lr) times decay.",
    "(1 - lr * decay)",
    "(1 - lr) * decay",
)
change(
    "decoupled_step",
    "Learning rate and decay are added; they should be multiplied.",
    "lr * decay",
    "(lr + decay)",
)
change(
    "decoupled_step",
    "The learning rate is squared in the decay.",
    "lr * decay",
    "lr * lr * decay",
)
change(
    "decoupled_step",
    "The learning rate is squared in the step.",
    "- lr * step",
    "- lr * lr * step",
)
change(
    "decoupled_step", "w and the step are exchanged.", "* w - lr * step", "* step - lr * w"
)
change(
    "decoupled_step",
    "The step decays; it is the weights that should.",
    "(1 - lr * decay) * w - lr * step",
    "w - lr * (1 - lr * decay) * step",
)
change(
    "decoupled_step",
    "The decay is added to the step as a number; it has to be multiplied by the weights.",
    "(1 - lr * decay) * w - lr * step",
    "w - lr * (step + decay)",
)
change(
    "decoupled_step",
    "All weights lose the same amount, by their sign; a decay is in proportion to the weight.",
    "(1 - lr * decay) * w - lr * step",
    "w - lr * decay * w.sign() - lr * step",
)
change(
    "decoupled_step",
    "The decay is made of the squared weights; it is in proportion to the weights.",
    "(1 - lr * decay) * w - lr * step",
    "w - lr * decay * w**2 - lr * step",
)
change(
    "decoupled_step",
    "This is the change of the weights; the new weights are asked for.",
    "(1 - lr * decay) * w - lr * step",
    "-lr * (decay * w + step)",
)
change(
    "decoupled_step",
    "This is what is to be taken off the weights; the new weights are asked for.",
    "(1 - lr * decay) * w - lr * step",
    "lr * (decay * w + step)",
)
change(
    "decoupled_step",
    "The weights decay by a division, or by an exponential; (5.6) multiplies them.",
    "(1 - lr * decay) * w",
    "w / (1 + lr * decay)",
)
change(
    "decoupled_step",
    "The weights decay by a division, or by an exponential; (5.6) multiplies them.",
    "(1 - lr * decay) * w",
    "w * torch.tensor(-lr * decay).exp().item()",
)
change(
    "decoupled_step",
    "The moved weights decay, and without the learning rate; the old ones should decay, at lr times decay.",
    "(1 - lr * decay) * w - lr * step",
    "(1 - decay) * (w - lr * step)",
)
change(
    "decoupled_step",
    "The step stands in the factor of the weights; only lr times decay belongs there.",
    "(1 - lr * decay) * w",
    "(1 - lr * decay * step) * w",
)
change(
    "decoupled_step",
    "w was changed in place; the old weights belong to the caller.",
    "return (1 - lr * decay) * w",
    "w *= 1 - lr * decay\n    return w",
)
change(
    "decoupled_step",
    "w was changed in place; the old weights belong to the caller.",
    "return (1 - lr * decay) * w - lr * step",
    "w.mul_(1 - lr * decay).sub_(lr * step)\n    return w",
)
change(
    "decoupled_step",
    "The step was changed in place; it belongs to the caller.",
    "return (1 - lr * decay) * w - lr * step",
    "step *= lr\n    return (1 - lr * decay) * w - step",
)


change(
    "decoupled_step",
    "The decay is applied to the step instead of the weights.",
    "(1 - lr * decay) * w - lr * step",
    "w - lr * decay * step",
)
change(
    "decoupled_step",
    "The moved weights are multiplied by the decay; it is the old weights that decay, by 1 minus lr times decay.",
    "(1 - lr * decay) * w - lr * step",
    "decay * (w - lr * step)",
)
change(
    "decoupled_step",
    "The moved weights are multiplied by lr times decay; it is the old weights that decay, by 1 minus that.",
    "(1 - lr * decay) * w - lr * step",
    "lr * decay * (w - lr * step)",
)
change(
    "decoupled_step",
    "The sign of the step stands where the step itself should be.",
    "lr * step",
    "lr * step.sign()",
)
change(
    "decoupled_step",
    "The weights decay twice: the factor is squared.",
    "(1 - lr * decay)",
    "(1 - lr * decay) ** 2",
)
change(
    "decoupled_step",
    "Every weight loses a share of the sum of all weights; each decays in proportion to itself.",
    "(1 - lr * decay) * w - lr * step",
    "w - lr * decay * w.sum() - lr * step",
)
change(
    "decoupled_step",
    "Every weight loses a share of the mean of all weights; each decays in proportion to itself.",
    "(1 - lr * decay) * w - lr * step",
    "w - lr * decay * w.mean() - lr * step",
)
change(
    "decoupled_step",
    "Every weight loses a share of the norm of all weights; each decays in proportion to itself.",
    "(1 - lr * decay) * w - lr * step",
    "w - lr * decay * w.norm() - lr * step",
)
change(
    "decoupled_step",
    "Every weight loses a share of its absolute value, so that negative ones grow; each decays towards zero.",
    "(1 - lr * decay) * w - lr * step",
    "w - lr * decay * w.abs() - lr * step",
)
change(
    "decoupled_step",
    "The decay is not multiplied by the learning rate, and the step goes uphill.",
    "(1 - lr * decay) * w - lr * step",
    "(1 - decay) * w + lr * step",
)
change(
    "decoupled_step",
    "The decay is not multiplied by the learning rate, and the weights grow.",
    "1 - lr * decay",
    "1 + decay",
)
change(
    "decoupled_step",
    "The step is not multiplied by the learning rate, and it goes uphill.",
    "- lr * step",
    "+ step",
)
change(
    "decoupled_step",
    "The factor 1 - lr times decay is not multiplied by the weights.",
    "(1 - lr * decay) * w",
    "(1 - lr * decay)",
)
change(
    "decoupled_step",
    "The moved weights decay, by a division; the old ones decay, by a product.",
    "(1 - lr * decay) * w - lr * step",
    "(w - lr * step) / (1 + lr * decay)",
)
change(
    "decoupled_step",
    "The moved weights grow; the old ones should decay.",
    "(1 - lr * decay) * w - lr * step",
    "(1 + lr * decay) * (w - lr * step)",
)
change(
    "decoupled_step",
    "The moved weights decay, and the step goes uphill; the old ones decay, and the step is taken off.",
    "(1 - lr * decay) * w - lr * step",
    "(1 - lr * decay) * (w + lr * step)",
)
change(
    "decoupled_step",
    "1 minus lr was multiplied by the weights, and the step by the decay: learning rate and decay are exchanged.",
    "(1 - lr * decay) * w - lr * step",
    "(1 - lr) * w - decay * step",
)
change(
    "decoupled_step",
    "The decay is divided by the learning rate; the two are multiplied.",
    "lr * decay",
    "decay / lr",
)
change(
    "decoupled_step",
    "The learning rate is divided by the decay; the two are multiplied.",
    "lr * decay",
    "lr / decay",
)
change(
    "decoupled_step",
    "The decay is squared; it stands once in (5.6).",
    "lr * decay",
    "lr * decay**2",
)
change(
    "decoupled_step",
    "The learning rate multiplies the weights that remain as well; it belongs to the decay and to the step.",
    "(1 - lr * decay) * w - lr * step",
    "lr * ((1 - decay) * w - step)",
)
change(
    "decoupled_step",
    "The step is added, times learning rate and decay; it should be taken off, times the learning rate.",
    "(1 - lr * decay) * w - lr * step",
    "(1 - lr * decay) * w + lr * decay * step",
)
change(
    "decoupled_step",
    "The decay is taken off as a number; it belongs into a factor of the weights, with the learning rate.",
    "(1 - lr * decay) * w - lr * step",
    "w - lr * step - decay",
)
change(
    "decoupled_step",
    "The decay is added twice: in the step and as a factor of the weights after it.",
    "(1 - lr * decay) * w - lr * step",
    "(1 - lr * decay) * (w - lr * (step + decay * w))",
)
change(
    "decoupled_step",
    "The numbers became float32 on the way; a float64 input gives a float64 output.",
    "(1 - lr * decay) * w - lr * step",
    "((1 - lr * decay) * w - lr * step).float()",
)

change(
    "decoupled_step",
    "This is the step of the update alone: the decayed weights are missing.",
    "(1 - lr * decay) * w - lr * step",
    "-lr * step",
)
change(
    "decoupled_step",
    "The sign of everything is wrong.",
    "return (1 - lr * decay) * w - lr * step",
    "return lr * step - (1 - lr * decay) * w",
)
change(
    "decoupled_step",
    "The factor of the weights has the wrong sign: it is 1 minus lr times decay.",
    "(1 - lr * decay) * w",
    "(lr * decay - 1) * w",
)
change(
    "decoupled_step",
    "lr times lr stands where lr times decay should be.",
    "lr * decay",
    "lr * lr",
)
change(
    "decoupled_step",
    "decay times decay stands where lr times decay should be.",
    "lr * decay",
    "decay * decay",
)
change(
    "decoupled_step",
    "The learning rate is taken off as a number; it is multiplied by the step.",
    "- lr * step",
    "- lr",
)
change(
    "decoupled_step",
    "The step stands in both places; the old weights decay.",
    "* w - lr",
    "* step - lr",
)
change(
    "decoupled_step",
    "The weights stand in both places; the step is missing.",
    "- lr * step",
    "- lr * w",
)
change(
    "decoupled_step",
    "The learning rate is divided by the step; it is multiplied by it.",
    "lr * step",
    "lr / step",
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

# -- many_views -----------------------------------------------------------------------------------------------

change(
    "many_views",
    "The images were averaged; it is the predictions that are.",
    "torch.stack([predict(change(image)) for change in changes]).mean(dim=0)",
    "predict(torch.stack([change(image) for change in changes]).mean(dim=0))",
)
change(
    "many_views",
    "The images were added up; the predictions are averaged.",
    "torch.stack([predict(change(image)) for change in changes]).mean(dim=0)",
    "predict(torch.stack([change(image) for change in changes]).sum(dim=0))",
)
change(
    "many_views",
    "The images were added up and only the prediction is divided by T; the predictions are averaged.",
    "torch.stack([predict(change(image)) for change in changes]).mean(dim=0)",
    "predict(torch.stack([change(image) for change in changes]).sum(dim=0)) / len(changes)",
)
change(
    "many_views",
    "The images were averaged, and the prediction is divided by T; it is the predictions that are averaged.",
    "torch.stack([predict(change(image)) for change in changes]).mean(dim=0)",
    "predict(torch.stack([change(image) for change in changes]).mean(dim=0)) / len(changes)",
)
change("many_views", "Only the last view counts here.", "mean(dim=0)", "select(0, -1)")
change("many_views", "Only the first view counts here.", "mean(dim=0)", "select(0, 0)")
change(
    "many_views",
    "The last view alone is divided by T; all of them have to be added up first.",
    "mean(dim=0)",
    "select(0, -1) / len(changes)",
)
change(
    "many_views",
    "The first view alone is divided by T: the return stands inside the loop.",
    "mean(dim=0)",
    "select(0, 0) / len(changes)",
)
change(
    "many_views",
    "These are sums over the views; they do not add up to one.",
    "mean(dim=0)",
    "sum(dim=0)",
)
change(
    "many_views",
    "The image as it is was counted as one more view; only the changes count.",
    "[predict(change(image)) for change in changes]",
    "[predict(image), *(predict(change(image)) for change in changes)]",
)
change(
    "many_views",
    "The prediction for the image as it is was added, but not counted in T; only the changes count.",
    "[predict(change(image)) for change in changes]).mean(dim=0)",
    "[predict(image), *(predict(change(image)) for change in changes)]).sum(dim=0) / len(changes)",
)
change(
    "many_views",
    "This is the mean over the views and the image as it is, half and half; only the changes count.",
    "return torch",
    "return 0.5 * predict(image) + 0.5 * torch",
)
change(
    "many_views",
    "The sum is divided by T + 1; there are T views.",
    "mean(dim=0)",
    "sum(dim=0) / (len(changes) + 1)",
)
change(
    "many_views",
    "The sum is divided by T - 1; there are T views.",
    "mean(dim=0)",
    "sum(dim=0) / (len(changes) - 1)",
)
change(
    "many_views",
    "The changes are never made: this is the prediction for the image as it is.",
    "change(image)",
    "image",
)
change(
    "many_views",
    "The prediction was changed; it is the image that is, before the network sees it.",
    "predict(change(image))",
    "change(predict(image))",
)
change(
    "many_views",
    "The mean runs over the classes; it runs over the views.",
    "mean(dim=0)",
    "mean(dim=1)",
)
change(
    "many_views",
    "This is one number; the mean is over the views only, class by class.",
    "mean(dim=0)",
    "mean()",
)
change(
    "many_views",
    "The sum is divided by the number of classes; divide by the number of views.",
    "mean(dim=0)",
    "mean(dim=0) * len(changes) / len(predict(image))",
)
change(
    "many_views",
    "The sum is divided by the number of rows of the image; divide by the number of views.",
    "mean(dim=0)",
    "sum(dim=0) / len(image)",
)
change(
    "many_views",
    "The sums are made to add up to one by a softmax; divide by the number of views.",
    "mean(dim=0)",
    "sum(dim=0).softmax(dim=0)",
)
change(
    "many_views",
    "A softmax is taken of the mean prediction; it holds probabilities already.",
    "mean(dim=0)",
    "mean(dim=0).softmax(dim=0)",
)
change(
    "many_views",
    "A softmax is taken of each prediction; they are probabilities already.",
    "[predict(change(image)) for change in changes]",
    "[predict(change(image)).softmax(dim=0) for change in changes]",
)
change(
    "many_views",
    "The predictions are multiplied; their mean is asked for.",
    "mean(dim=0)",
    "prod(dim=0)",
)
change(
    "many_views",
    "This is the geometric mean of the predictions; the arithmetic one is asked for.",
    "mean(dim=0)",
    "log().mean(dim=0).exp()",
)
change(
    "many_views",
    "This is the geometric mean of the predictions, made to add up to one; the arithmetic one is asked for.",
    "mean(dim=0)",
    "log().mean(dim=0).softmax(dim=0)",
)
change(
    "many_views",
    "The largest prediction for each class is taken; their mean is asked for.",
    "mean(dim=0)",
    "amax(dim=0)",
)
change(
    "many_views",
    "The median of the views is taken; their mean is asked for.",
    "mean(dim=0)",
    "median(dim=0).values",
)
change("many_views", "The first change is left out.", "in changes", "in changes[1:]")
change("many_views", "The last change is left out.", "in changes", "in changes[:-1]")
change(
    "many_views",
    "The prediction of the first change is left out of the sum, and T counts all.",
    "in changes]).mean(dim=0)",
    "in changes[1:]]).sum(dim=0) / len(changes)",
)
change(
    "many_views",
    "The prediction of the last change is left out of the sum, and T counts all.",
    "in changes]).mean(dim=0)",
    "in changes[:-1]]).sum(dim=0) / len(changes)",
)
change(
    "many_views",
    "The axis of the views is still there, with size 1.",
    "mean(dim=0)",
    "mean(dim=0, keepdim=True)",
)
change(
    "many_views",
    "These are the predictions for each view; their mean over the views is missing.",
    ".mean(dim=0)",
    "",
)
change(
    "many_views",
    "These are the predictions for each view in a list; their mean is asked for.",
    "torch.stack([predict(change(image)) for change in changes]).mean(dim=0)",
    "[predict(change(image)) for change in changes]",
)
change(
    "many_views",
    "This is the most probable class; the mean prediction is asked for.",
    "mean(dim=0)",
    "mean(dim=0).argmax()",
)
change(
    "many_views",
    "The image was changed in place; it belongs to the caller.",
    "    return",
    "    image -= image.mean()\n    return",
)


@slip(
    "many_views",
    "The changes were applied on top of each other; each is applied to the image itself.",
)
def on_top_of_each_other(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    said = []
    for view in changes:
        image = view(image)
        said.append(predict(image))
    return torch.stack(said).mean(dim=0)


@slip(
    "many_views",
    "This is the prediction for an image with all changes on top of each other; each change makes a view of its own.",
)
def all_changes_at_once(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    for view in changes:
        image = view(image)
    return predict(image)


@slip(
    "many_views",
    "The network was shown each image before its change, with the changes on top of each other.",
)
def predicts_before_the_change(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    said = []
    for view in changes:
        said.append(predict(image))
        image = view(image)
    return torch.stack(said).mean(dim=0)


@slip("many_views", "These are votes; a vote forgets how sure the network was.")
def votes_of_the_views(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    said = torch.stack([predict(view(image)) for view in changes])
    return torch.zeros_like(said).scatter(1, said.argmax(1, keepdim=True), 1.0).mean(dim=0)


@slip(
    "many_views",
    "The mean is halved again with each view, so that the last counts most: add all up, and divide once.",
)
def halved_with_each_view(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    mean = predict(changes[0](image))
    for view in changes[1:]:
        mean = (mean + predict(view(image))) / 2
    return mean


@slip(
    "many_views",
    "The sum begins with 0 and is halved with each view, so that the last counts most: add all up, and divide once.",
)
def halved_from_zero(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    mean = torch.zeros_like(predict(image))
    for view in changes:
        mean = (mean + predict(view(image))) / 2
    return mean


@slip("many_views", "The sum is divided by T at every turn; divide once, at the end.")
def divided_with_each_view(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    total = torch.zeros_like(predict(image))
    for view in changes:
        total = (total + predict(view(image))) / len(changes)
    return total


change(
    "many_views",
    "The changes were made to the image and to its prediction as well; only the image is changed.",
    "predict(change(image))",
    "change(predict(change(image)))",
)
change(
    "many_views",
    "The mean is divided by the number of views once more.",
    "mean(dim=0)",
    "mean(dim=0) / len(changes)",
)
change(
    "many_views",
    "The numbers of votes are given; the mean prediction is asked for.",
    "torch.stack([predict(change(image)) for change in changes]).mean(dim=0)",
    "torch.nn.functional.one_hot(torch.stack([predict(change(image)) for change in changes]).argmax(dim=1), len(predict(image))).sum(dim=0).double()",
)
change(
    "many_views",
    "The most probable class gets 1, all others 0; the mean prediction is asked for.",
    "torch.stack([predict(change(image)) for change in changes]).mean(dim=0)",
    "torch.nn.functional.one_hot(torch.stack([predict(change(image)) for change in changes]).mean(dim=0).argmax(), len(predict(image))).double()",
)
change(
    "many_views",
    "The smallest prediction for each class is taken; their mean is asked for.",
    "mean(dim=0)",
    "amin(dim=0)",
)
change(
    "many_views",
    "Only the surest view counts here; the mean over all views is asked for.",
    "torch.stack([predict(change(image)) for change in changes]).mean(dim=0)",
    "max([predict(change(image)) for change in changes], key=lambda p: p.max().item())",
)
change(
    "many_views",
    "The numbers became float32 on the way; float64 predictions give a float64 mean.",
    "mean(dim=0)",
    "mean(dim=0).float()",
)
change(
    "many_views",
    "The predictions stand one after the other in one row; each class needs its own mean.",
    "torch.stack([predict(change(image)) for change in changes]).mean(dim=0)",
    "torch.cat([predict(change(image)) for change in changes])",
)
change(
    "many_views",
    "The predictions of all views are in one row, and their mean is one number in a row; take the mean class by class.",
    "torch.stack([predict(change(image)) for change in changes]).mean(dim=0)",
    "torch.cat([predict(change(image)) for change in changes]).mean(dim=0, keepdim=True)",
)
change(
    "many_views",
    "The largest of each view's probabilities is averaged; the mean runs over the views, class by class.",
    "mean(dim=0)",
    "amax(dim=1).mean()",
)
change(
    "many_views",
    "The largest of each view's probabilities is given; the mean runs over the views, class by class.",
    "mean(dim=0)",
    "amax(dim=1)",
)
change(
    "many_views",
    "These are the classes that the views vote for; the mean prediction is asked for.",
    "mean(dim=0)",
    "argmax(dim=1)",
)
change(
    "many_views",
    "The number of pixels divides the sum; divide by the number of views.",
    "mean(dim=0)",
    "sum(dim=0) / image.numel()",
)
change(
    "many_views",
    "The number of columns of the image divides the sum; divide by the number of views.",
    "mean(dim=0)",
    "sum(dim=0) / image.shape[1]",
)
change(
    "many_views",
    "The image as it is was added to each view before the network sees it.",
    "predict(change(image))",
    "predict(image + change(image))",
)
change(
    "many_views",
    "Each view is averaged with the image as it is before the network sees it.",
    "predict(change(image))",
    "predict((image + change(image)) / 2)",
)
change(
    "many_views",
    "These are changes of the prediction, view minus image as it is; the mean prediction is asked for.",
    "mean(dim=0)",
    "mean(dim=0) - predict(image)",
)
change(
    "many_views",
    "This is the root of the mean square of the predictions; the plain mean is asked for.",
    "mean(dim=0)",
    "square().mean(dim=0).sqrt()",
)


@slip(
    "many_views",
    "The views were added up, with the changes on top of each other; each is applied to the image itself, and the sum divided by T.",
)
def summed_on_top(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    total = torch.zeros_like(predict(image))
    for view in changes:
        image = view(image)
        total = total + predict(image)
    return total


@slip(
    "many_views",
    "The changes were applied on top of each other, from the last to the first; each is applied to the image itself.",
)
def on_top_from_the_last(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    said = []
    for view in reversed(changes):
        image = view(image)
        said.append(predict(image))
    return torch.stack(said).mean(dim=0)


@slip(
    "many_views",
    "All changes are on top of each other in one image, from the last to the first; each change makes a view of its own.",
)
def all_at_once_from_the_last(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    for view in reversed(changes):
        image = view(image)
    return predict(image)


@slip(
    "many_views",
    "The image as it is counts, and the changes are on top of each other; each is applied to the image itself.",
)
def on_top_with_the_image(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    said = [predict(image)]
    for view in changes:
        image = view(image)
        said.append(predict(image))
    return torch.stack(said).mean(dim=0)


change(
    "many_views",
    "These probabilities are negative: the sign is wrong.",
    "return torch",
    "return -torch",
)
