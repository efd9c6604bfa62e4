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
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many slips, what went wrong. After handing in, each function is run again on other inputs: edge cases included.
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
order = torch.randperm(25, generator=torch.Generator().manual_seed(51))
kept = order.split([4, 4, 4, 4, 3, 3, 3])
expected = [(order[~torch.isin(order, rows)], rows) for rows in kept]
check.close("seven folds of 25 rows", lambda: k_folds(order, 7), expected)
rows = torch.tensor([2, 0, 3, 1])
expected = [(rows[rows != row], row.view(1)) for row in rows]
check.close("one row each", lambda: k_folds(rows, 4), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("KFold", "LeaveOneOut", "ShuffleSplit", "StratifiedKFold", "RepeatedKFold")
order, few = torch.randperm(33), torch.randperm(7)
seal("nine folds of 33 rows, and the order afterwards", (k_folds(order, 9), order))
seal("five folds of seventeen rows", k_folds(torch.randperm(17), 5))
seal("four folds of twelve rows", k_folds(torch.randperm(12), 4))
seal("one row each", k_folds(few, 7))
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
curves = {
    "a gain of min_delta": ([6.0, 4.0, 5.0, 3.75, 4.5, 1.0, 0.5], 3, 0.25),
    "small gains": ([7, 5, 4.875, 5.5, 4.75, 4.5, 4.75, 4.375, 4.5, 4.75, 4, 5], 4, 0.25),
    "it never stops": ([300.0, 250.0, 275.0, 241.0, 242.0, 239.0], 4, 8.0),
    "better after the stop": ([8, 5, 7, 6, 7.5, 4, 9, 8, 8, 8.5, 9, 9.5, 9.75], 3, 0.0),
    "better just in time": ([2.0, 4.0, 3.0, 2.5, 3.0, 1.0, 1.25], 5, 0.5),
    "a tie": ([3.0, 2.0, 2.0, 1.0], 1, 0.0),
}
expected = dict(zip(curves, [(4, 1), (9, 5), (5, 3), (4, 1), (6, 5), (2, 1)], strict=True))
check.close(
    "(stop, kept)",
    lambda: {name: early_stop(*curve) for name, curve in curves.items()},
    expected,
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

waves = [
    ([5.0, 3.0, 3.5, 2.5, 3.25, 4.0, 0.5, 0.25, 0.75], 4, 0.5),
    ([9.0, 7.0, 6.75, 8.0, 6.5, 6.25, 6.5, 5.875, 6.0, 6.5, 5.0], 4, 0.5),
    ([450.0, 375.0, 380.0, 360.0, 367.0, 355.0], 4, 10.0),
    ([6.0, 3.0, 5.0, 4.0, 4.5, 2.0, 7.0, 5.0, 5.0, 5.5, 6.0, 6.25, 7.0], 3, 0.0),
    ([3.0, 5.0, 4.0, 3.5, 2.0, 2.25, 6.0], 4, 0.5),
    ([2.0, 1.5, 1.5, 1.25, 0.5], 1, 0.0),
]
walks = [(8 + torch.randint(-5, 5, (14,)).cumsum(0) / 4).tolist() for _ in range(12)]
walks = [(walks[i], 1 + i % 4, i % 3 / 4) for i in range(12)]
seal("all kinds of curves", [early_stop(*curve) for curve in waves + walks])
seal("four curves", [early_stop(*curve) for curve in waves])
seal("twelve curves", [early_stop(*curve) for curve in walks])
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
rng = torch.Generator().manual_seed(53)
grad, w = normal(rng, 3, 5), normal(rng, 3, 5).requires_grad_()
expected = torch.autograd.grad((grad * w + 0.7 * w**2).sum(), w)[0]
w = w.detach()
check.close("gradient", lambda: penalised_gradient(grad, w, 0.7), expected)
w, grad = numbers(-1.5), numbers(0.25)
check.close("a single weight", lambda: penalised_gradient(grad, w, 3.0), numbers(-8.75))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("autograd", "SGD", "Adam", "AdamW")
rng = torch.default_generator  # the grader seeds it anew for each batch
grad, w = normal(rng, 3, 4), normal(rng, 3, 4)
seal("a matrix, and both afterwards", (penalised_gradient(grad, w, 0.3), grad, w))
seal("three axes", penalised_gradient(normal(rng, 2, 4, 3), normal(rng, 2, 4, 3), 1.7))
seal("no penalty", penalised_gradient(normal(rng, 5), normal(rng, 5), 0.0))
seal("a single weight", penalised_gradient(normal(rng), normal(rng), 1.5))
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
rng = torch.Generator().manual_seed(54)
w, step = normal(rng, 3, 4), normal(rng, 3, 4)
expected = w - 0.2 * (step + 0.7 * w)
check.close("new weights", lambda: decoupled_step(w, step, 0.2, 0.7), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("AdamW", "Adam", "SGD", "autograd")
rng = torch.default_generator
w, step = normal(rng, 4, 5), normal(rng, 4, 5)
seal("new weights, and both afterwards", (decoupled_step(w, step, 0.1, 0.3), w, step))
seal("larger rates", decoupled_step(normal(rng, 2, 5), normal(rng, 2, 5), 0.6, 1.4))
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
rng = torch.Generator().manual_seed(55)
a, b = normal(rng, 3, 4), normal(rng, 3, 4)
draw = numbers([[0.5, 0.1, 0.3, 0.2], [0.0, 0.85, 0.2, 0.9], [0.15, 0.6, 0.19, 0.7]])
stays = numbers([[1, 0, 1, 1], [0, 1, 1, 1], [0, 1, 0, 1]])
expected = {"training": 1.25 * stays * a, "inference": b.clone()}
check.close(
    "activations",
    lambda: {
        "training": dropout(a, draw, 0.2, True),
        "inference": dropout(b, draw, 0.2, False),
    },
    expected,
)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("dropout", "Dropout", "native_dropout", "alpha_dropout", "feature_dropout")
rng = torch.default_generator
a, b, draw = normal(rng, 5, 7), normal(rng, 5, 7), torch.rand(5, 7, dtype=torch.float64)
draw[0, :3], draw[3, 1:3], draw[4, 4] = 0.7, 0.1, 0.95
seal(
    "in training and at inference, and the inputs afterwards",
    (dropout(a, draw, 0.7, True), dropout(b, draw, 0.7, False), a, b, draw),
)
seal("few are dropped", dropout(a, draw, 0.1, True))
seal("p = 0", dropout(a, draw, 0.0, True))
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
rng = torch.Generator().manual_seed(56)
shares = normal(rng, 4, 2, 6).square()
shares /= shares.sum(dim=2, keepdim=True)
logits = shares.log() + normal(rng, 4, 2, 1)
check.close("probabilities", lambda: ensemble_average(logits), shares.mean(dim=0))
logits = logits + numbers([30.0, 1000.0, -1000.0, 0.0]).view(4, 1, 1)
check.close("large logits", lambda: ensemble_average(logits), shares.mean(dim=0))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
logits = 2 * normal(rng, 4, 6, 7)
large = logits + numbers([30.0, 900.0, -1200.0, 0.0]).view(4, 1, 1)
answers = ensemble_average(logits), ensemble_average(large)
seal("small and large logits, and both afterwards", (*answers, logits, large))
seal("two members", ensemble_average(3 * normal(rng, 2, 5, 3)))
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
rng = torch.Generator().manual_seed(57)
image, W = normal(rng, 2, 7), normal(rng, 3, 14)


def predict(image: Tensor) -> Tensor:
    """A small network with three classes."""
    return (W @ image.flatten()).abs().softmax(dim=0)


changes = [lambda v: v.flip(-1), lambda v: v.roll(1, 0), lambda v: v + 1]
changes += [lambda v: v**2, lambda v: v.clamp(min=0)]
views = [image.flip(-1), image.roll(1, 0), image + 1, image**2, image.clamp(min=0)]
expected = (torch.stack(views).flatten(1) @ W.T).abs().softmax(dim=1).mean(dim=0)
check.close("mean of five views", lambda: many_views(predict, image, changes), expected)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

rng = torch.default_generator
image, small, W = normal(rng, 3, 7), normal(rng, 2, 7), normal(rng, 2, 21)


def shares(image: Tensor) -> Tensor:
    """Another small network, with two classes."""
    scores = 0.1 + (W[:, : image.numel()] @ image.flatten()) ** 2
    return scores / scores.sum()


views = [lambda v: v.flip(0), lambda v: v.roll(1, 0), lambda v: 2 * v - 0.5 * v**2]
views += [lambda v: v.clamp(min=0.1), lambda v: v.sin() + 0.5]
seal("five views, and the image afterwards", (many_views(shares, image, views), image))
seal("three views", many_views(shares, small, views[1:4]))
### END HIDDEN TESTS

# %% [markdown]
# ## Before you hand in
#
# Choose *Kernel → Restart Kernel and Run All Cells*. If every check prints its ✓, you are done.
