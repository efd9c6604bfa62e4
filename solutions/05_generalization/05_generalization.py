# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Exercises 5: beyond the training set
#
# Seven small functions, 20 points. You have met each of them in [chapter 5](../../chapters/05_generalization.ipynb); here you write them
# without looking.
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, and where it
# recognises a slip it tells you which one. After handing in, each function is run again on other inputs: edge cases included.
#
# Write the mathematics yourself: `F.dropout`, torch's optimizers and sklearn's folds do not count as an answer. Nothing here draws random numbers. Where chance is needed you are given the draw, so that
# everybody's answer can be compared.

# %% setup
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course_utils import check


def numbers(values: object) -> Tensor:
    """A float64 tensor of the given numbers."""
    return torch.tensor(values, dtype=torch.float64)


def normal(rng: torch.Generator, *size: int) -> Tensor:
    """Normal random numbers in float64."""
    return torch.randn(size, generator=rng, dtype=torch.float64)


# %% [markdown]
# ## 5.1 Cut the folds
# *4 points · effort ●● · about 15 minutes*
#
# You are given the rows of a data set in a shuffled order. Cut this order into $k$ consecutive folds. Their sizes differ by one at most, and the larger ones come first. For each fold give the rows to train on, in their order, and the rows that are
# kept: $k$ pairs (train, kept).
#
# <details><summary>Hint</summary>
#
# $n = k\,q + r$: the first $r$ folds have $q + 1$ rows, the others $q$. `torch.cat` joins what lies before a fold and what lies after it.
#
# </details>


# %% k_folds
def k_folds(order: Tensor, k: int) -> list[tuple[Tensor, Tensor]]:
    """k pairs (rows to train on, rows kept).   order: (n,) integers, 2 <= k <= n"""
    ### BEGIN SOLUTION
    folds = order.tensor_split(k)
    return [(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j]) for j in range(k)]
    ### END SOLUTION


# %% test_k_folds points=4
order = torch.tensor([3, 0, 6, 2, 5, 1, 4, 7])
kept = [order[:3], order[3:6], order[6:]]
trained = [order[3:], torch.cat([order[:3], order[6:]]), order[:6]]
expected = list(zip(trained, kept, strict=True))
short = [order[:2], order[2:4], order[4:6]]
others = [order[2:], torch.cat([order[:2], order[4:]]), torch.cat([order[:4], order[6:]])]
uneven = [order[:2], order[2:4], order[4:]]
slips = {
    "The pairs are turned round: first what trains, then what is kept.": list(
        zip(kept, trained, strict=True)
    ),
    "The kept rows are trained on as well; that is what folds are there to prevent.": [
        (order, rows) for rows in kept
    ],
    "The rest of the division is never kept: every row has its turn once.": list(
        zip(others, short, strict=True)
    ),
    "The last fold takes the whole rest; sizes may differ by one at most.": list(
        zip([*others[:2], order[:4]], uneven, strict=True)
    ),
}
check.close("three folds of eight rows", k_folds(order, 3), expected, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("KFold", "LeaveOneOut", "ShuffleSplit", "StratifiedKFold", "RepeatedKFold")
seal("four folds of eleven rows", k_folds(torch.randperm(11), 4))
seal("five folds of ten rows", k_folds(torch.randperm(10), 5))
seal("one row each", k_folds(torch.randperm(6), 6))
### END HIDDEN TESTS

# %% [markdown]
# ## 5.2 Stop in time
# *3 points · effort ●●● · about 20 minutes*
#
# You are given the validation loss after each step. A step is *better* when its loss lies below the best one so far by more than `min_delta`. Training stops at the first step that is `patience` steps after the last better one; what comes later is never seen. Give
# the step at which it stops and the step whose weights are kept. Steps count from 0, and the first is better than nothing. When it never stops, the last step is where it ends.
#
# <details><summary>Hint</summary>
#
# Keep two numbers while you walk along the list: the best loss, and the step where it was seen. Compare with the best, not with the step before.
#
# </details>


# %% early_stop
def early_stop(losses: Sequence[float], patience: int, min_delta: float) -> tuple[int, int]:
    """(step where training stops, step whose weights are kept), from validation losses."""
    ### BEGIN SOLUTION
    best_loss, best_step = float("inf"), -1
    for step, loss in enumerate(losses):
        if loss < best_loss - min_delta:
            best_loss, best_step = loss, step
        if step - best_step >= patience:
            return step, best_step
    return len(losses) - 1, best_step
    ### END SOLUTION


# %% test_early_stop points=3
losses = [5.0, 3.0, 4.0, 3.75, 2.9, 3.5, 3.25, 3.0, 3.6, 1.0, 1.5]
slips = {
    "Stopped one step late: patience counts the steps after the best.": (5, 1),
    "Compared with the step before, not with the best one so far.": (10, 9),
    "Any gain was counted; it has to be larger than min_delta.": (7, 4),
    "It looked into the future: the best step lies behind the stop.": (4, 9),
    "The weights of the last step are kept, not those of the best.": (4, 4),
}
check.close("(stop, kept)", early_stop(losses, 3, 0.2), (4, 1), slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

waves = [3.0, 2.0, 2.5, 2.25, 1.9, 2.2, 2.1, 2.0, 0.5, 0.6, 0.75, 0.7]
wide, narrow = early_stop(waves, 3, 0.25), early_stop(waves, 4, 0.0)
seal("two curves", (wide, narrow))
seal("it never stops", early_stop([4.0, 3.0, 2.0, 2.5], 5, 0.0))
seal("patience of one", early_stop([1.0, 0.5, 0.5, 0.2], 1, 0.0))
### END HIDDEN TESTS

# %% [markdown]
# ## 5.3 A price on weights
# *2 points · effort ● · about 5 minutes*
#
# The loss has grown a penalty, $L_\lambda = L + \lambda \sum_i w_i^2$. From the gradient of $L$, give the gradient of $L_\lambda$:
#
# $$ \frac{\partial L_\lambda}{\partial w_i} = \frac{\partial L}{\partial w_i} + \;? \tag{5.5} $$
#
# <details><summary>Hint</summary>
#
# Differentiate the sum with respect to one of the weights. All terms but one vanish.
#
# </details>


# %% penalised_gradient
def penalised_gradient(grad: Tensor, w: Tensor, penalty: float) -> Tensor:
    """The gradient of L + penalty * sum of w^2.   grad, w: any shape -> the same"""
    ### BEGIN SOLUTION
    return grad + 2 * penalty * w
    ### END SOLUTION


# %% test_penalised_gradient points=2
w = numbers([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]])
grad = numbers([[0.5, 0.25, -1.0], [2.0, -0.5, 0.0]])
expected = numbers([[1.1, -0.95, -0.7], [2.0, 1.3, -0.6]])
slips = {
    "A square that is differentiated brings a factor.": (grad + expected) / 2,
    "The price pulls away from zero; it is added to the gradient.": 2 * grad - expected,
    "This is the price of absolute values; every weight pays the same.": numbers(
        [[0.8, -0.05, -0.7], [2.0, -0.2, -0.3]]
    ),
}
check.close("gradient", penalised_gradient(grad, w, 0.3), expected, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd", "SGD", "Adam", "AdamW")
rng = torch.default_generator  # the grader seeds it anew for each batch
seal("a matrix", penalised_gradient(normal(rng, 3, 4), normal(rng, 3, 4), 0.7))
seal("no price", penalised_gradient(normal(rng, 5), normal(rng, 5), 0.0))
seal("a single number", penalised_gradient(normal(rng), normal(rng), 1.5))
### END HIDDEN TESTS

# %% [markdown]
# ## 5.4 Decay outside Adam
# *2 points · effort ●● · about 10 minutes*
#
# Adam has worked out its step $s$ from the gradient of $L$ alone. Move the weights by it, and let them decay apart from it, at the rate $\kappa$:
#
# $$ w \leftarrow (1 - \eta\,\kappa)\,w - \eta\, s \tag{5.6} $$
#
# <details><summary>Hint</summary>
#
# It is the old weights that decay. The learning rate stands in both places.
#
# </details>


# %% decoupled_step
def decoupled_step(w: Tensor, step: Tensor, lr: float, decay: float) -> Tensor:
    """The new weights (eq. 5.6); the old ones stay as they are.   w, step: any shape"""
    ### BEGIN SOLUTION
    return (1 - lr * decay) * w - lr * step
    ### END SOLUTION


# %% test_decoupled_step points=2
w, step = numbers([1.0, -2.0, 4.0]), numbers([0.5, 1.0, -1.0])
before = w.clone()
slips = {
    "The decay has not met the learning rate.": numbers([0.4, -1.2, 2.2]),
    "The new weights decay; the old ones should.": numbers([0.81, -1.98, 3.78]),
    "The weights grow: the decay has the wrong sign.": numbers([1.0, -2.4, 4.6]),
    "The decay is counted twice over, like the gradient of a square.": numbers(
        [0.7, -1.8, 3.4]
    ),
}
answer = decoupled_step(w, step, 0.2, 0.5)
check.close("new weights", answer, numbers([0.8, -2.0, 3.8]), slips=slips)
slips = {
    "The old weights belong to the caller, and were changed.": (1 - 0.2 * 0.5) * before
}
check.close("the old weights", w, before, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("AdamW", "Adam", "SGD", "autograd")
rng = torch.default_generator
w = normal(rng, 2, 3)
seal("new weights and old ones", (decoupled_step(w, normal(rng, 2, 3), 0.1, 0.3), w))
seal("no decay", decoupled_step(normal(rng, 4), normal(rng, 4), 0.5, 0.0))
### END HIDDEN TESTS

# %% [markdown]
# ## 5.5 Who is at work today?
# *3 points · effort ●● · about 10 minutes*
#
# Inverted dropout. You are given a uniform draw between 0 and 1 for every answer: a unit is silent where its draw lies below $p$. In service nothing happens.
#
# $$ \tilde a_j = \frac{m_j}{1 - p}\,a_j, \qquad m_j = \begin{cases} 0 & u_j < p \\ 1 & u_j \ge p \end{cases} \tag{5.7} $$
#
# <details><summary>Hint</summary>
#
# Check the mean in your head: with $p = 0.8$ one answer in five remains. By what must it be multiplied, so that on average nothing changes?
#
# </details>


# %% dropout
def dropout(a: Tensor, draw: Tensor, p: float, training: bool) -> Tensor:
    """Inverted dropout with probability p to drop.   a, draw: (n, h), 0 <= p < 1 -> (n, h)"""
    ### BEGIN SOLUTION
    if not training:
        return a
    return a * (draw >= p) / (1 - p)
    ### END SOLUTION


# %% test_dropout points=3
a = numbers([[1.0, 2.0, -3.0, 4.0], [0.5, -1.0, 2.0, 8.0]])
draw = numbers([[0.1, 0.9, 0.3, 0.2], [0.8, 0.2, 0.25, 0.0]])
expected = numbers([[0.0, 2.5, -3.75, 5.0], [0.625, -1.25, 2.5, 0.0]])
slips = {
    "What remains has to make up for what is missing.": 0.8 * expected,
    "Divided by the probability to drop, not by that to stay.": 4 * expected,
    "The mask is turned round: a draw below p silences the unit.": 1.25 * a - expected,
    "Multiplied where it should be divided: the answers shrink twice.": 0.64 * expected,
}
check.close("in training", dropout(a, draw, 0.2, True), expected, slips=slips)
slips = {
    "In service everybody is at work; nothing is masked.": expected,
    "In service nothing is scaled; the training has seen to that.": 0.8 * a,
}
check.close("in service", dropout(a, draw, 0.2, False), a, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("dropout", "Dropout", "native_dropout", "alpha_dropout", "feature_dropout")
a, draw = normal(torch.default_generator, 5, 6), torch.rand(5, 6, dtype=torch.float64)
draw[0, :3] = 0.7
seal(
    "in training and in service",
    (dropout(a, draw, 0.7, True), dropout(a, draw, 0.7, False)),
)
seal("nothing is dropped", dropout(a, draw, 0.0, True))
### END HIDDEN TESTS

# %% [markdown]
# ## 5.6 Many heads
# *3 points · effort ●● · about 10 minutes*
#
# $M$ networks have given logits for the same $n$ examples. Give the probabilities of the ensemble: the mean of the members' probabilities.
#
# <details><summary>Hint</summary>
#
# First turn each member's logits into probabilities over its classes, then take the mean over the members. The order matters.
#
# </details>


# %% ensemble_average
def ensemble_average(logits: Tensor) -> Tensor:
    """The mean probabilities of M networks.   logits: (M, n, C) -> (n, C)"""
    ### BEGIN SOLUTION
    return logits.softmax(dim=2).mean(dim=0)
    ### END SOLUTION


# %% test_ensemble_average points=3
logits = numbers([[[2.0, 0.0, 0.0], [0.0, 1.0, 3.0]], [[0.0, 1.0, 0.0], [0.0, 0.5, 0.0]]])
expected = numbers([[0.499464, 0.341312, 0.159224], [0.158039, 0.283029, 0.558932]])
slips = {
    "The logits were averaged first; a sure member then counts for more.": numbers(
        [[0.50648, 0.307196, 0.186324], [0.131602, 0.278601, 0.589798]]
    ),
    "The softmax runs over the wrong axis: the classes of an example share one whole.": numbers(
        [[0.690399, 0.4457, 0.273713], [0.309601, 0.5543, 0.726287]]
    ),
    "These are votes; a vote forgets how sure each member was.": numbers(
        [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
    ),
    "These are sums over the members; they are no probabilities.": 2 * expected,
}
answer = ensemble_average(logits)
check.close("probabilities", answer, expected, rtol=0, atol=2e-6, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
seal("four members", ensemble_average(2 * normal(rng, 4, 3, 5)))
seal("one member", ensemble_average(normal(rng, 1, 2, 3)))
seal("sure members", ensemble_average(300 * normal(rng, 3, 4, 2)))
### END HIDDEN TESTS

# %% [markdown]
# ## 5.7 Many views
# *3 points · effort ●● · about 10 minutes*
#
# Test-time augmentation: show one image to the network as it looks after each of the changes $A_1, \dots, A_T$, and take the mean of what it says.
#
# $$ \mathbf p = \frac1T \sum_{l=1}^{T} f\big(A_l(I)\big) \tag{5.11} $$
#
# <details><summary>Hint</summary>
#
# `torch.stack` puts the $T$ answers on top of each other. Every change is applied to the image itself.
#
# </details>


# %% many_views
def many_views(
    predict: Callable[[Tensor], Tensor],
    image: Tensor,
    changes: Sequence[Callable[[Tensor], Tensor]],
) -> Tensor:
    """The mean prediction over changed versions (eq. 5.11).   image: (h, w) -> (C,)"""
    ### BEGIN SOLUTION
    return torch.stack([predict(change(image)) for change in changes]).mean(dim=0)
    ### END SOLUTION


# %% test_many_views points=3
def predict(image: Tensor) -> Tensor:
    """A small "network": the squares of the corners, as shares."""
    corners = image[[0, 0, -1], [0, -1, -1]] ** 2
    return corners / corners.sum()


image = numbers([[1.0, 2.0], [0.5, 3.0]])
changes = [lambda v: v.flip(1), lambda v: v + 1, lambda v: v.T]
expected = numbers([0.332466, 0.17507, 0.492464])
slips = {
    "The images were averaged; it is the answers that are.": numbers(
        [0.246305, 0.199507, 0.554187]
    ),
    "The changes were applied on top of each other.": numbers(
        [0.560781, 0.346642, 0.092576]
    ),
    "Only the last view counts here.": numbers([0.097561, 0.02439, 0.878049]),
    "These are sums over the views; they are no probabilities.": 3 * expected,
}
answer = many_views(predict, image, changes)
check.close("mean of three views", answer, expected, rtol=0, atol=2e-6, slips=slips)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal


def shares(image: Tensor) -> Tensor:
    """Another small network."""
    rows = image.exp().sum(dim=1) ** 2
    return rows / rows.sum()


image = normal(torch.default_generator, 4, 4)
views = [lambda v: v, lambda v: v.flip(0), lambda v: 2 * v, lambda v: v.T, lambda v: v**2]
seal("five views", many_views(shares, image, views))
seal("one view", many_views(shares, image[:3], [lambda v: v.roll(1, 0)]))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
