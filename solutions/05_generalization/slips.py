"""Planted wrong answers to the exercises of chapter 5, each with the hint that it must get."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course_tools.grading.slips import slip

# -- k_folds --------------------------------------------------------------------------------------------------


@slip("k_folds", "The pairs are turned round: first what trains, then what is kept.")
def pairs_turned(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    folds = order.tensor_split(k)
    return [(folds[j], torch.cat([*folds[:j], *folds[j + 1 :]])) for j in range(k)]


@slip(
    "k_folds",
    "The kept rows are trained on as well; that is what folds are there to prevent.",
)
def trained_on_everything(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    return [(order, fold) for fold in order.tensor_split(k)]


@slip("k_folds", "The rest of the division is never kept: every row has its turn once.")
def rest_forgotten(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    size = len(order) // k
    cuts = [(j * size, (j + 1) * size) for j in range(k)]
    return [(torch.cat([order[:a], order[b:]]), order[a:b]) for a, b in cuts]


@slip("k_folds", "The last fold takes the whole rest; sizes may differ by one at most.")
def rest_in_the_last(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    size, n = len(order) // k, len(order)
    cuts = [(j * size, (j + 1) * size if j < k - 1 else n) for j in range(k)]
    return [(torch.cat([order[:a], order[b:]]), order[a:b]) for a, b in cuts]


# -- early_stop -----------------------------------------------------------------------------------------------


@slip("early_stop", "Stopped one step late: patience counts the steps after the best.")
def one_late(losses: Sequence[float], patience: int, min_delta: float) -> tuple[int, int]:
    best_loss, best_step = float("inf"), -1
    for step, loss in enumerate(losses):
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        if step - best_step > patience:
            return step, best_step
    return len(losses) - 1, best_step


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


@slip("early_stop", "Any gain was counted; it has to be larger than min_delta.")
def any_gain(losses: Sequence[float], patience: int, min_delta: float) -> tuple[int, int]:
    best_loss, best_step = float("inf"), -1
    for step, loss in enumerate(losses):
        if loss < best_loss:
            best_loss, best_step = loss, step
        if step - best_step >= patience:
            return step, best_step
    return len(losses) - 1, best_step


@slip("early_stop", "It looked into the future: the best step lies behind the stop.")
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


@slip("early_stop", "The weights of the last step are kept, not those of the best.")
def last_weights(
    losses: Sequence[float], patience: int, min_delta: float
) -> tuple[int, int]:
    best_loss, best_step = float("inf"), -1
    for step, loss in enumerate(losses):
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        if step - best_step >= patience:
            return step, step
    return len(losses) - 1, len(losses) - 1


# -- penalised_gradient ---------------------------------------------------------------------------------------


@slip("penalised_gradient", "A square that is differentiated brings a factor.")
def without_factor(grad: Tensor, w: Tensor, penalty: float) -> Tensor:
    return grad + penalty * w


@slip("penalised_gradient", "The price pulls away from zero; it is added to the gradient.")
def away_from_zero(grad: Tensor, w: Tensor, penalty: float) -> Tensor:
    return grad - 2 * penalty * w


@slip(
    "penalised_gradient",
    "This is the price of absolute values; every weight pays the same.",
)
def absolute_values(grad: Tensor, w: Tensor, penalty: float) -> Tensor:
    return grad + penalty * w.sign()


# -- decoupled_step -------------------------------------------------------------------------------------------


@slip("decoupled_step", "The decay has not met the learning rate.")
def decay_without_rate(w: Tensor, step: Tensor, lr: float, decay: float) -> Tensor:
    return (1 - decay) * w - lr * step


@slip("decoupled_step", "The new weights decay; the old ones should.")
def new_weights_decay(w: Tensor, step: Tensor, lr: float, decay: float) -> Tensor:
    return (1 - lr * decay) * (w - lr * step)


@slip("decoupled_step", "The weights grow: the decay has the wrong sign.")
def growing(w: Tensor, step: Tensor, lr: float, decay: float) -> Tensor:
    return (1 + lr * decay) * w - lr * step


@slip("decoupled_step", "The decay is counted twice over, like the gradient of a square.")
def decay_twice(w: Tensor, step: Tensor, lr: float, decay: float) -> Tensor:
    return (1 - 2 * lr * decay) * w - lr * step


@slip("decoupled_step", "The old weights belong to the caller, and were changed.")
def old_weights_changed(w: Tensor, step: Tensor, lr: float, decay: float) -> Tensor:
    w *= 1 - lr * decay
    return w - lr * step


# -- dropout --------------------------------------------------------------------------------------------------


@slip("dropout", "What remains has to make up for what is missing.")
def undivided(a: Tensor, draw: Tensor, p: float, training: bool) -> Tensor:
    return a * (draw >= p) if training else a


@slip("dropout", "Divided by the probability to drop, not by that to stay.")
def divided_by_p(a: Tensor, draw: Tensor, p: float, training: bool) -> Tensor:
    return a * (draw >= p) / p if training else a


@slip("dropout", "The mask is turned round: a draw below p silences the unit.")
def mask_turned(a: Tensor, draw: Tensor, p: float, training: bool) -> Tensor:
    return a * (draw < p) / (1 - p) if training else a


@slip("dropout", "Multiplied where it should be divided: the answers shrink twice.")
def multiplied(a: Tensor, draw: Tensor, p: float, training: bool) -> Tensor:
    return a * (draw >= p) * (1 - p) if training else a


@slip("dropout", "In service everybody is at work; nothing is masked.")
def masked_in_service(a: Tensor, draw: Tensor, p: float, training: bool) -> Tensor:
    return a * (draw >= p) / (1 - p)


@slip("dropout", "In service nothing is scaled; the training has seen to that.")
def scaled_in_service(a: Tensor, draw: Tensor, p: float, training: bool) -> Tensor:
    return a * (draw >= p) / (1 - p) if training else a * (1 - p)


# -- ensemble_average -----------------------------------------------------------------------------------------


@slip(
    "ensemble_average",
    "The logits were averaged first; a sure member then counts for more.",
)
def logits_averaged(logits: Tensor) -> Tensor:
    return logits.mean(dim=0).softmax(dim=1)


@slip(
    "ensemble_average",
    "The softmax runs over the wrong axis: the classes of an example share one whole.",
)
def over_the_examples(logits: Tensor) -> Tensor:
    return logits.softmax(dim=1).mean(dim=0)


@slip("ensemble_average", "These are votes; a vote forgets how sure each member was.")
def votes(logits: Tensor) -> Tensor:
    choice = logits.argmax(dim=2, keepdim=True)
    return torch.zeros_like(logits).scatter(2, choice, 1.0).mean(dim=0)


@slip("ensemble_average", "These are sums over the members; they are no probabilities.")
def summed_members(logits: Tensor) -> Tensor:
    return logits.softmax(dim=2).sum(dim=0)


# -- many_views -----------------------------------------------------------------------------------------------


@slip("many_views", "The images were averaged; it is the answers that are.")
def images_averaged(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    return predict(torch.stack([change(image) for change in changes]).mean(dim=0))


@slip("many_views", "The changes were applied on top of each other.")
def on_top_of_each_other(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    said = []
    for change in changes:
        image = change(image)
        said.append(predict(image))
    return torch.stack(said).mean(dim=0)


@slip("many_views", "Only the last view counts here.")
def last_view(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    return [predict(change(image)) for change in changes][-1]


@slip("many_views", "These are sums over the views; they are no probabilities.")
def summed_views(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    return torch.stack([predict(change(image)) for change in changes]).sum(dim=0)
