# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 5 Generalisation
#
# Take three hundred handwritten digits and replace the labels of two out of five by random digits. A network that is trained on them learns the wrong labels as well: after 150 steps its training accuracy is 100 percent. On unseen digits about four in ten predictions are wrong, and the figure shows that it was better after ten steps.
#
# **Generalisation** is the ability of a model to be right on examples that had no part in its training. This chapter measures it, builds methods that are meant to improve it, and tests them on five seeds.
#
# > **Study time** About 150 minutes. The core path, 90 minutes, is sections 5.1, 5.2, 5.4, 5.5, 5.7 to 5.9, 5.12 and 5.15; sections marked *going further* can wait. Terms set in bold are in the [glossary](glossary.md).

# %%
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, widgets
from course_utils.progress import progress

SEED = check.seed(5)


# %%
def generator(seed: int) -> torch.Generator:
    """A source of random numbers that begins the same way every time."""
    return torch.Generator().manual_seed(seed)


def with_label_noise(y: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Replace this share of the labels by random digits (which may hit the truth)."""
    digits = torch.randint(10, y.shape, generator=rng)
    return torch.where(torch.rand(y.shape, generator=rng) < share, digits, y)


# %% tags=["hide-input"]
def memorised(steps: int = 150) -> tuple[list[float], list[float]]:
    """Accuracy on 300 noisy labels and on unseen digits, while a network trains."""
    split, rng = data.digits(seed=SEED), generator(SEED)
    X, y = split.X_train[:300], with_label_noise(split.y_train[:300], 0.4, rng)
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    for layer in (net[0], net[2]):
        nn.init.normal_(layer.weight, std=(2 / 64) ** 0.5, generator=rng)
        nn.init.zeros_(layer.bias)
    optimizer, seen, unseen = torch.optim.Adam(net.parameters(), lr=0.02), [], []
    for _ in range(steps):
        logits = net(X)
        seen.append((logits.argmax(1) == y).float().mean().item())
        unseen.append(data.accuracy(net, split.X_test, split.y_test))
        optimizer.zero_grad()
        F.cross_entropy(logits, y).backward()
        optimizer.step()
    return seen, unseen


# %% tags=["hide-input"]
seen, unseen = memorised()
fig, ax = plots.panel(
    "300 digits, 40 % of the labels random",
    x="step",
    y="accuracy",
    size=(3.9, 3.1),
    ylim=(0, 1.05),
)
ax.plot(seen, label="on the training labels")
ax.plot(unseen, label="on unseen digits")
ax.legend(loc="lower right")
plots.show(
    fig,
    alt="Accuracy over 150 steps. On the 300 training labels it rises to one. On unseen "
    "digits it rises fast, peaks within about ten steps, and falls afterwards.",
)

# %% tags=["hide-input"]
check.reaches("training accuracy after 150 steps", seen[-1], at_least=0.98)
check.reaches("accuracy on unseen digits, at its best", max(unseen), at_least=0.68)
check.reaches("step of the best", unseen.index(max(unseen)), at_least=3, at_most=25)
check.reaches("accuracy on unseen digits, at the end", unseen[-1], at_most=0.7)
check.reaches("lost after the best step", max(unseen) - unseen[-1], at_least=0.1)

# %% [markdown]
# ## 5.1 How is the generalisation error estimated?
#
# You want to know the error on all the data that will ever come. You have one finite set of examples. How can the same set serve to train a model and to estimate its error?
#
# The **generalisation error** of a model is its expected loss on a new example from the source of the data. With $p$ for that source and $\ell$ for the loss:
#
# $$ E(f) = \mathbb E_{(x, y) \sim p}\,\big[\,\ell(f(x), y)\,\big] \tag{5.1} $$

# %% [markdown]
# The sum over all future examples cannot be computed, but the mean loss on examples that had no part in making $f$ estimates it. The data are therefore split. The **training set** holds the examples from which the parameters are learned. The **validation set** holds the examples on which models and hyper-parameters are compared. The **test set** holds the examples that are used once, at the end, to assess the chosen model. **Model selection** is the choice of a model or of hyper-parameters by the validation error.
#
# Some notes also say *training data* for training and validation set together, and *validation data* for validation and test set together.

# %% [markdown]
# The **hold-out** method trains on one part of the data and takes the mean loss on the rest as its estimate. With little data this has two costs: the model has less to learn from, and the estimate rests on few examples. **Cross-validation** cuts the data into $k$ folds, trains $k$ models, each without one fold, and averages the losses on the folds that were left out. **Leave-one-out** is cross-validation with as many folds as there are examples. With folds $V_1, \dots, V_k$:
#
# $$ \hat E_k = \frac1n \sum_{j=1}^{k} \sum_{i \in V_j} \ell\big(f_{-j}(x_i),\, y_i\big) \tag{5.2} $$

# %% [markdown]
# | symbol | name | meaning |
# |---|---|---|
# | $n$, $k$ | `n`, `k` | number of examples, of folds |
# | $V_j$ | `kept` | the rows of the $j$-th fold |
# | $f_{-j}$ | | the model that was trained without fold $j$ |


# %%
def k_folds(n: int, k: int, rng: torch.Generator) -> list[tuple[Tensor, Tensor]]:
    """k pairs (rows to train on, rows kept); every row is kept once (eq. 5.2).

    Raises ValueError unless 2 <= k <= n. The folds differ in size by one at most.
    """
    if not 2 <= k <= n:
        raise ValueError(f"{n} examples cannot be cut into {k} folds")
    order = torch.randperm(n, generator=rng)
    return [(order[~torch.isin(order, kept)], kept) for kept in order.tensor_split(k)]


# %%
folds, everything = k_folds(11, 4, generator(SEED)), torch.arange(11)
kept_rows = torch.cat([kept for _, kept in folds])
check.close("every row is kept once", kept_rows.sort().values, everything)
check.close("sizes", sorted(len(kept) for _, kept in folds), [2, 3, 3, 3])
for train_rows, kept in folds:
    both = torch.cat([train_rows, kept]).sort().values
    check.close(f"trained on {len(train_rows)}, kept {len(kept)}", both, everything)

# %% [markdown]
# Polynomials are quick to fit, so the estimates can be compared with the true error many times. They are written with Legendre's $P_0, P_1, \dots$, because on $[-1, 1]$ the high powers of $x$ are nearly alike, which makes the least-squares problem badly conditioned. The polynomials follow from the recurrence $(d+1)\,P_{d+1} = (2d+1)\,x\,P_d - d\,P_{d-1}$, and the coefficients solve a linear least-squares problem.


# %%
def legendre(x: Tensor, degree: int) -> Tensor:
    """The columns P_0(x) ... P_degree(x).   x: (n,) in -1..1 -> (n, degree + 1)"""
    columns = [torch.ones_like(x), x]
    for d in range(1, degree):
        columns.append(((2 * d + 1) * x * columns[d] - d * columns[d - 1]) / (d + 1))
    return torch.stack(columns[: degree + 1], dim=1)


def fit_polynomial(x: Tensor, y: Tensor, degree: int) -> Tensor:
    """The coefficients of the least squared error.   x, y: (n,) -> (degree + 1,)"""
    Phi = legendre(x, degree)
    return torch.linalg.lstsq(Phi, y[:, None], driver="gelsd").solution[:, 0]


def noisy_wave(n: int, rng: torch.Generator, noise: float = 0.3) -> tuple[Tensor, Tensor]:
    """n points of sin(4 x) with normal noise.   -> (n,), (n,), float64"""
    x = 2 * torch.rand(n, generator=rng, dtype=torch.float64) - 1
    return x, torch.sin(4 * x) + noise * data.normal(rng, n)


# %%
from numpy.polynomial.legendre import legfit, legvander

x, y = noisy_wave(9, generator(SEED))
check.close("legendre", legendre(x, 6), torch.tensor(legvander(x.numpy(), 6)))
by_numpy = legfit(x.numpy(), y.numpy(), 3)
check.close("coefficients", fit_polynomial(x, y, 3), torch.tensor(by_numpy))


# %%
def squared_errors(
    train: tuple[Tensor, Tensor], kept: tuple[Tensor, Tensor], degree: int
) -> Tensor:
    """The squared error on each kept point, fitted to the others.   -> (m,)"""
    predicted = legendre(kept[0], degree) @ fit_polynomial(*train, degree)
    return (predicted - kept[1]) ** 2


def cross_validate(
    x: Tensor, y: Tensor, degree: int, k: int, rng: torch.Generator
) -> float:
    """The k-fold estimate of a polynomial's squared error (eq. 5.2)."""
    errors = [
        squared_errors((x[train], y[train]), (x[kept], y[kept]), degree)
        for train, kept in k_folds(len(x), k, rng)
    ]
    return torch.cat(errors).mean().item()


# %% [markdown]
# Leave-one-out needs $n$ models. For least squares one fit is enough. With the matrix $H = \Phi(\Phi^{\mathsf T}\Phi)^{-1}\Phi^{\mathsf T}$, which turns the targets into the fitted values, the error on a point that was left out is its residual divided by $1 - H_{ii}$:
#
# $$ y_i - f_{-i}(x_i) = \frac{y_i - f(x_i)}{1 - H_{ii}} \tag{5.3} $$
#
# $H_{ii}$ is the leverage of a point: how much its own target moves its own fitted value. A model that passes through every point has $H_{ii} = 1$ and residual zero, and (5.3) becomes zero over zero.


# %%
def leave_one_out(x: Tensor, y: Tensor, degree: int) -> float:
    """The leave-one-out estimate of the squared error, from one fit (eq. 5.3)."""
    Phi = legendre(x, degree)
    H = Phi @ torch.linalg.pinv(Phi)
    return (((y - H @ y) / (1 - H.diagonal())) ** 2).mean().item()


x, y = noisy_wave(13, generator(SEED))
by_loop = cross_validate(x, y, 4, 13, generator(0))
check.close("from one fit and from 13", leave_one_out(x, y, 4), by_loop, rtol=1e-6)

# %% [markdown]
# Now repeat the whole procedure 300 times with fresh data, 30 points each, and compare each estimate with the error on 2,000 further points.


# %%
def estimates(seed: int, n: int = 30, degree: int = 4) -> dict[str, float]:
    """How far each estimate of the squared error lies from the truth, on n points."""
    rng = generator(seed)
    x, y = noisy_wave(n, rng)
    truth = squared_errors((x, y), noisy_wave(2000, rng), degree).mean().item()
    train, kept = k_folds(n, 5, rng)[0]
    held_out = squared_errors((x[train], y[train]), (x[kept], y[kept]), degree)
    found = {
        "training error": squared_errors((x, y), (x, y), degree).mean().item(),
        "hold-out, 6 of 30": held_out.mean().item(),
        **{f"{k} folds": cross_validate(x, y, degree, k, rng) for k in (2, 5, 10)},
        "leave-one-out": leave_one_out(x, y, degree),
    }
    return {name: estimate - truth for name, estimate in found.items()}


# %%
repeated = [estimates(1000 * SEED + i) for i in progress(range(300), "estimates")]
off = {name: torch.tensor([row[name] for row in repeated]) for name in repeated[0]}
spread = {name: (v.quantile(0.75) - v.quantile(0.25)).item() for name, v in off.items()}
for name, gaps in off.items():
    print(f"{name:>20}: off by {gaps.median():+.3f}, middle half within {spread[name]:.3f}")

# %% tags=["hide-input"]
too_low = (off["training error"] < 0).double().mean()
too_high = (off["2 folds"] > 0).double().mean()
narrower = spread["hold-out, 6 of 30"] / spread["5 folds"]
alike = spread["leave-one-out"] / spread["10 folds"]
check.reaches("training error too low: share of 300", too_low, at_least=0.85)
check.reaches("2 folds too high: share of 300", too_high, at_least=0.6)
left = off["10 folds"].median() / off["2 folds"].median()
check.reaches("pessimistic bias, 10 folds over 2 (medians)", left, at_most=0.5)
check.reaches("spread of the hold-out over that of 5 folds", narrower, at_least=1.1)
check.reaches("leave-one-out over 10 folds", alike, at_least=0.7, at_most=1.3)

# %% [markdown]
# The training error is too low in about nine of ten repetitions. The hold-out estimate rests on six points and scatters more than that of five folds. Two folds have a *pessimistic bias*: their models learn from 15 points only, and the estimate is that of a worse model. With ten folds little of this bias is left. Leave-one-out, with its 30 models, scatters as much as ten folds on this problem. Five or ten folds are the usual choice.

# %% [markdown]
# ## 5.2 What makes an estimate too optimistic?
#
# Correct folds do not protect you from two mistakes.
#
# The first is to report the validation score of the model that was *selected* on it. As an extreme case, let 200 models predict at random, and validate each on 50 examples.

# %%
rng = generator(SEED)
truth_kept = torch.randint(2, (50,), generator=rng)
truth_new = torch.randint(2, (5000,), generator=rng)
guesses = torch.randint(2, (200, 50), generator=rng)
scores = (guesses == truth_kept).double().mean(dim=1)
best_new = (torch.randint(2, (5000,), generator=rng) == truth_new).double().mean()
print(f"the best of 200: {scores.max():.2f} validated, {best_new:.2f} on new examples")
check.reaches("validation accuracy of the best guess", scores.max(), at_least=0.6)
check.reaches("its accuracy on new examples", best_new, at_least=0.45, at_most=0.55)

# %% [markdown]
# On average the validation score of a selected model is too optimistic. Among models of equal quality it is the more so the more of them are compared, and the fewer examples they are compared on. The test set is there for this reason: it assesses the selected model alone.
#
# The second mistake is a leak. A **data leak** is any way in which information about the examples that assess a model reaches its training. Take 1,000 columns of noise, 60 examples and random labels. Choose the 20 columns that agree best with the labels, and cross-validate afterwards.


# %%
def best_columns(X: Tensor, y: Tensor, m: int) -> Tensor:
    """The m columns that agree most with the labels.   X: (n, d), y: (n,) of +-1 -> (m,)"""
    return (X.T @ y).abs().topk(m).indices


def by_centroids(X: Tensor, y: Tensor, X_new: Tensor) -> Tensor:
    """Label each new row like the nearer of the two class means.   -> (m,) of -1, +1"""
    centres = torch.stack([X[y < 0].mean(0), X[y > 0].mean(0)])
    return 2 * torch.cdist(X_new, centres).argmin(dim=1) - 1


def folded_accuracy(X: Tensor, y: Tensor, inside: bool, rng: torch.Generator) -> float:
    """Ten-fold accuracy, the columns chosen inside each fold, or beforehand on all rows."""
    right, columns = 0, best_columns(X, y, 20)
    for train, kept in k_folds(len(X), 10, rng):
        use = best_columns(X[train], y[train], 20) if inside else columns
        predicted = by_centroids(X[train][:, use], y[train], X[kept][:, use])
        right += (predicted == y[kept]).sum().item()
    return right / len(X)


# %%
rng = generator(SEED)
noise = torch.randn(60, 1000, generator=rng)
labels = 2.0 * torch.randint(2, (60,), generator=rng) - 1
leaky, sound = (
    folded_accuracy(noise, labels, inside, generator(SEED)) for inside in (False, True)
)
print(f"columns chosen beforehand: {leaky:.0%} right; inside each fold: {sound:.0%}")
check.reaches("accuracy on pure noise, with a leak", leaky, at_least=0.85)
check.reaches("accuracy on pure noise, sound", sound, at_most=0.72)

# %% [markdown]
# The columns were chosen with the labels of all rows, those of the kept fold included. This also gives a test that finds such leaks: *shuffle the labels* of your own data and repeat the whole procedure. With shuffled labels there is nothing to learn, and an accuracy clearly above chance points to a leak.
#
# > **Remember.** Every step that uses labels belongs inside the fold: choosing columns, choosing hyper-parameters, deciding when to stop. A step that only uses inputs, such as scaling by their mean, belongs there too, as its numbers come from the kept rows.

# %% tags=["hide-input"]
widgets.choose(
    "You train 30 networks, keep the one with the best validation accuracy, 0.91, and report 0.91. What is wrong?",
    {
        "0.91 is the largest of 30 noisy numbers, and so is probably too high": True,
        "nothing, since no network was trained on the validation set": "The choice used the validation set, and choosing is a part of the training.",
        "the validation set should have been used for training as well": "Then no estimate would be left.",
        "30 networks are too few for cross-validation": "The number of folds is another matter; here the selection makes the estimate optimistic.",
    },
    because="A selected score is optimistic, as with the random guesses above: assess the selected model on examples that had no part in the selection.",
)

# %% [markdown]
# ## 5.3 How are grouped and time-ordered data split?
#
# *Going further.*
#
# Random folds assume that the examples are independent. Often they are not: several pictures of one patient, several sentences of one speaker. Take 100 digits and make four slightly different pictures of each. The classifier gives each picture the label of its nearest training picture. A random fold leaves three pictures of the same digit in the training set.


# %%
def nearest_label(X: Tensor, y: Tensor, X_new: Tensor) -> Tensor:
    """The label of the nearest training row.   X: (n, d), y: (n,), X_new: (m, d) -> (m,)"""
    return y[torch.cdist(X_new, X).argmin(dim=1)]


# %%
def grouped_folds(
    groups: Tensor, k: int, rng: torch.Generator
) -> list[tuple[Tensor, Tensor]]:
    """k pairs (rows to train on, rows kept); a group is never in both.   groups: (n,)"""
    names = groups.unique()
    return [
        (
            torch.isin(groups, names[a]).nonzero()[:, 0],
            torch.isin(groups, names[b]).nonzero()[:, 0],
        )
        for a, b in k_folds(len(names), k, rng)
    ]


# %%
def accuracy_in(folds: list[tuple[Tensor, Tensor]], X: Tensor, y: Tensor) -> float:
    """Share of the rows whose label is predicted from the other folds."""
    right = [nearest_label(X[a], y[a], X[b]) == y[b] for a, b in folds]
    return torch.cat(right).double().mean().item()


# %%
rng, split = generator(SEED), data.digits(seed=SEED)
groups = torch.arange(100).repeat_interleave(4)
X, y = split.X_train[groups], split.y_train[groups]
X = X + 0.15 * torch.randn(X.shape, generator=rng)
shuffled = y[::4][torch.randperm(100, generator=rng)][groups]  # whole groups together
new = split.X_test + 0.15 * torch.randn(split.X_test.shape, generator=rng)
at_random, by_group = k_folds(400, 5, rng), grouped_folds(groups, 5, rng)
measured = {
    "random folds": accuracy_in(at_random, X, y),
    "grouped folds": accuracy_in(by_group, X, y),
    "unseen digits": (nearest_label(X, y, new) == split.y_test).double().mean().item(),
    "random folds, shuffled labels": accuracy_in(at_random, X, shuffled),
    "grouped folds, shuffled labels": accuracy_in(by_group, X, shuffled),
}

for name, value in measured.items():
    print(f"{name:>31}: {value:.2f}")

# %% tags=["hide-input"]
gap = measured["random folds"] - measured["unseen digits"]
grouped_gap = measured["grouped folds"] - measured["unseen digits"]
leak = measured["random folds, shuffled labels"]
check.reaches("random folds: too optimistic by", gap, at_least=0.05)
check.reaches("grouped folds: off by", grouped_gap, at_least=-0.12, at_most=0.08)
check.reaches("random folds, shuffled labels", leak, at_least=0.4)
check.reaches(
    "grouped folds, shuffled labels",
    measured["grouped folds, shuffled labels"],
    at_most=0.25,
)

# %% [markdown]
# Random folds promise too much; folds that keep each group together come close to the accuracy on unseen digits. Shuffling the labels finds the leak here too, provided that the four pictures of a digit get the same new label: with a new label for each picture by itself, random folds gave one in ten in a separate run, and the leak stayed hidden.
#
# Data in the order of time need a third kind of split: train on the past, validate on what follows. The values below are a random walk, and the model predicts the value that is nearest in time.


# %%
def walk_errors(seed: int, n: int = 240, past: int = 200) -> tuple[float, ...]:
    """Mean squared error: random folds, forward splits, and the 40 values that follow."""
    rng, t = generator(seed), torch.arange(n)[:, None].double()
    walk = data.normal(rng, n).cumsum(0)

    def squared(a: Tensor, b: Tensor) -> Tensor:
        return (nearest_label(t[a], walk[a], t[b]) - walk[b]) ** 2

    forward = [(torch.arange(s), torch.arange(s, s + 40)) for s in (80, 120, 160)]
    splits = (k_folds(past, 5, rng), forward, [(torch.arange(past), torch.arange(past, n))])
    return tuple(torch.cat([squared(a, b) for a, b in s]).mean().item() for s in splits)


walks = torch.tensor([walk_errors(100 * SEED + i) for i in range(60)]).mean(dim=0).sqrt()
print(
    "random folds {:.2f}, forward splits {:.2f}, the future {:.2f}".format(*walks.tolist())
)
check.reaches("the future over random folds", walks[2] / walks[0], at_least=2.5)
check.reaches("forward splits", walks[1] / walks[2], at_least=0.6, at_most=1.5)

# %% [markdown]
# Random folds report less than half of the error on the next 40 values, since the values before and after a kept one are in the training set. Forward splits come close, because they predict as far ahead as is wanted. If only the next value were wanted, whose error is 1 on this walk, the random folds would be about right: a split has to imitate the use.

# %% [markdown]
# ## 5.4 When is a model too simple, and when too flexible?
#
# Fifteen noisy points of a wave. A straight line is wrong on the points and wrong between them. A polynomial of degree 14 passes through all fifteen, noise included, and oscillates between them. How do you find a degree between the two?

# %% [markdown]
# The **capacity** of a model is the variety of functions that it can represent. **Underfitting** is a large error on the training set and on new data alike, since the model misses the regularity in the data. **Overfitting** is a generalisation error far above the training error, since the model also fits what is particular to its training set. Here the capacity is the degree. Raise it and watch both errors.


# %% tags=["hide-input"]
def explore_capacity(degree: int, points: int) -> tuple[plots.Figure, str]:
    """A polynomial fitted to noisy points of a wave, with its two errors."""
    x, y = noisy_wave(points, generator(SEED))
    grid = torch.linspace(-1, 1, 200, dtype=torch.float64)
    unseen = noisy_wave(2000, generator(SEED + 100))
    new = squared_errors((x, y), unseen, degree).mean().sqrt()
    old = squared_errors((x, y), (x, y), degree).mean().sqrt()
    title = f"error {old:.2f} on the points, {new:.2g} on new ones"
    fig, ax = plots.panel(title, x="$x$", y="$y$", size=(3.9, 3.0), ylim=(-2.5, 2.5))
    ax.plot(grid, torch.sin(4 * grid), "--", color=plots.MUTED, label="truth")
    ax.plot(grid, legendre(grid, degree) @ fit_polynomial(x, y, degree), label="fitted")
    ax.plot(x, y, "o", color=plots.ORANGE, label="points")
    ax.legend(loc="upper left", ncols=3)
    return fig, f"Degree {degree}, {points} points: {title}."


# %% tags=["hide-input"]
widgets.explore(
    explore_capacity,
    title="Raise the capacity",
    hint="Raise the degree. Then give the model more points.",
    degree=[0, 1, 3, 5, 8, 11, 14],
    points=[15, 60],
)

# %%
DEGREES = range(15)


def errors_by_degree(points: int, seed: int) -> Tensor:
    """Root mean squared error on the training points and on 2,000 new ones.   -> (15, 2)"""
    rng = generator(seed)
    train, new = noisy_wave(points, rng), noisy_wave(2000, rng)
    rows = [
        [squared_errors(train, s, d).mean().sqrt() for s in (train, new)] for d in DEGREES
    ]
    return torch.tensor(rows)


# %%
by_seed = torch.stack([errors_by_degree(15, 100 * SEED + i) for i in range(40)])
curves = by_seed.median(dim=0).values
best = int(curves[:, 1].argmin())
print(f"best on new points: degree {best}, {curves[best, 1]:.2f}; the noise alone is 0.30")

# %% tags=["hide-input"]
check.reaches("underfitting: degree 1, on the training points", curves[1, 0], at_least=0.5)
check.reaches("overfitting: degree 14, on the training points", curves[14, 0], at_most=1e-3)
check.reaches("overfitting: degree 14, on new points", curves[14, 1], at_least=3)
check.reaches("the best degree, on new points", curves[best, 1], at_most=0.5)


# %% tags=["hide-input"]
fig, ax = plots.panel(
    "underfitting and overfitting, by degree",
    x="degree",
    y="root mean squared error",
    size=(3.9, 3.1),
    yscale="log",
    ylim=(0.05, 1e5),
)
ax.plot(DEGREES, curves[:, 0], marker="o", label="on the 15 training points")
ax.plot(DEGREES, curves[:, 1], marker="s", label="on new points")
ax.axhline(0.3, color=plots.MUTED, linewidth=1, linestyle=":", label="the noise itself")
ax.legend()
plots.show(
    fig,
    alt="The training error falls all the way with the degree, and off the axis at 13. The error on new points "
    "falls until degree three to five and then rises by orders of magnitude.",
)

# %% [markdown]
# The training error falls with every degree, so it cannot choose one; and the error on new points is what you do not have. Cross-validation can choose. Give it 30 points, and compare three choices on 40 data sets: the degree of the lowest training error, the one of the lowest five-fold error, and the one that is best on new points.


# %%
def chosen_degree(x: Tensor, y: Tensor, seed: int, highest: int = 10) -> int:
    """The degree with the lowest 5-fold error."""
    found = [cross_validate(x, y, d, 5, generator(seed)) for d in range(highest + 1)]
    return found.index(min(found))


def error_of_choice(seed: int) -> list[float]:
    """Squared error on new points: degree by training error, by cross-validation, best."""
    rng = generator(seed)
    train, new = noisy_wave(30, rng), noisy_wave(2000, rng)
    error = [squared_errors(train, new, d).mean().item() for d in range(11)]
    return [error[10], error[chosen_degree(*train, seed)], min(error)]


# %%
choices = torch.tensor([error_of_choice(100 * SEED + i) for i in range(40)])
by_training, by_folds, possible = choices.median(dim=0).values.sqrt().tolist()
print(f"chosen by training error {by_training:.2f}, by 5 folds {by_folds:.2f}")
print(f"best possible choice {possible:.2f}")

# %% tags=["hide-input"]
check.reaches("training error's choice over the best", by_training / possible, at_least=1.2)
check.reaches("5 folds' choice over the best", by_folds / possible, at_most=1.2)

# %% [markdown]
# The polynomials of a lower degree are contained in those of a higher one, so the lowest training error is that of the highest degree on offer. Cross-validation comes close to the best possible choice.
#
# Two methods against overfitting are in this section: *a simpler model*, and *more data*. From now on every method is judged by one rule. With the gains $g_1, \dots, g_5$ on five seeds, a method
#
# $$ \text{helps} \iff g_1, \dots, g_5 > 0 \ \text{ and } \ \bar g > 2\,\operatorname{std}(g) \tag{5.4} $$
#
# Otherwise we write "no reliable gain". Errors that span powers of ten are compared by their logarithm, here on the mean of six data sets for each seed.


# %%
class Verdict(NamedTuple):
    """The gains of a method on five seeds: mean, standard deviation, how often positive."""

    mean: float
    std: float
    wins: int

    @property
    def helps(self) -> bool:
        return self.wins == 5 and self.mean > 2 * self.std

    @property
    def hurts(self) -> bool:
        return self.wins == 0 and -self.mean > 2 * self.std


def judge(name: str, gains: Tensor) -> Verdict:
    """Apply the rule (eq. 5.4) to the gains, and print the result.   gains: (5,)"""
    verdict = Verdict(gains.mean().item(), gains.std().item(), int((gains > 0).sum()))
    word = "helps" if verdict.helps else "hurts" if verdict.hurts else "no reliable gain"
    print(
        f"{name:>34}: {verdict.mean:+.3f} (std {verdict.std:.3f}, "
        f"better on {verdict.wins} of 5): {word}"
    )
    return verdict


# %%
def log_errors(seed: int) -> list[float]:
    """log10 of the error: degree 14, a degree by 5 folds, degree 14 on 150 points."""
    rng = generator(seed)
    few, many, new = noisy_wave(15, rng), noisy_wave(150, rng), noisy_wave(2000, rng)
    cases = ((few, 14), (few, chosen_degree(*few, seed)), (many, 14))
    return [squared_errors(t, new, d).mean().sqrt().log10().item() for t, d in cases]


all_errors = torch.tensor([log_errors(100 * SEED + i) for i in range(30)])
flexible, simpler, more = all_errors.reshape(5, 6, 3).mean(dim=1).T  # 6 sets a seed
simpler = judge("a degree by 5 folds, not 14", flexible - simpler)
more = judge("150 points, not 15", flexible - more)

# %% tags=["hide-input"]
for name, verdict in (("simpler model", simpler), ("more points", more)):
    check.reaches(f"{name}: mean gain, powers of ten", verdict.mean, at_least=0.5)
    check.reaches(
        f"{name}: gain over its deviation", verdict.mean / verdict.std, at_least=2
    )

# %% [markdown]
# Both help.
#
# ## 5.5 What are the bias and the variance of a model?
#
# Why is the error large at both ends of the figure? Draw many training sets and fit a model to each. Let $\bar f(x)$ be the mean of their predictions, and $t(x)$ the true value. The **bias of a model** is the difference between the mean prediction over many training sets and the truth. The **variance of a model** is the mean squared deviation of its predictions from their mean over many training sets. With noise of variance $\sigma^2$ the expected squared error has three parts:
#
# $$ \mathbb E\big[(f(x) - y)^2\big] = \underbrace{(\bar f(x) - t(x))^2}_{\text{bias}^2} + \underbrace{\mathbb E\big[(f(x) - \bar f(x))^2\big]}_{\text{variance}} + \sigma^2 \tag{5.5} $$
#
# Both can be measured here, as the truth is known.


# %%
def bias_and_variance(degree: int, sets: int = 300, points: int = 30) -> Tensor:
    """Mean bias^2, variance and squared error to the truth on a grid (eq. 5.5).   -> (3,)"""
    grid = torch.linspace(-0.95, 0.95, 100, dtype=torch.float64)
    draws = [noisy_wave(points, generator(1000 * SEED + i)) for i in range(sets)]
    f = torch.stack([legendre(grid, degree) @ fit_polynomial(*d, degree) for d in draws])
    mean, truth = f.mean(dim=0), torch.sin(4 * grid)
    parts = (mean - truth) ** 2, (f - mean) ** 2, (f - truth) ** 2
    return torch.stack([part.mean() for part in parts])


bias2, variance, total = torch.stack([bias_and_variance(d) for d in range(10)]).T
check.close("bias^2 and variance add up", bias2 + variance, total)
check.reaches("degree 1: bias^2 over variance", bias2[1] / variance[1], at_least=5)
check.reaches("degree 8: variance over bias^2", variance[8] / bias2[8], at_least=20)

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "bias and variance by degree",
    x="degree",
    y="squared error",
    size=(3.9, 3.1),
    yscale="log",
    ylim=(1e-4, 50),
)
ax.plot(bias2, "o-", label="bias$^2$")
ax.plot(variance, "s-", label="variance")
ax.plot(total, "--", color=plots.MUTED, label="sum of the two")
ax.legend()
plots.show(
    fig,
    alt="The squared bias falls from 0.4 at degree 0 to below 0.001 at degree 5. The "
    "variance rises from 0.02 to above 1 at degree 9. Their sum is lowest at degree 5.",
)

# %% [markdown]
# Low degrees underfit: most of the error is bias. High degrees overfit: most of it is variance. Four times as many points lower the variance and leave the bias of a straight line where it was.
#
# **Regularisation** is any change of a model, its loss or its training that is meant to lower the generalisation error rather than the training error. The methods of the following sections are of this kind.

# %%
few, many = (bias_and_variance(1, points=n) for n in (30, 120))
check.reaches("variance, 120 points over 30", many[1] / few[1], at_most=0.4)
check.reaches("bias^2, 120 points over 30", many[0] / few[0], at_least=0.9, at_most=1.1)

# %% [markdown]
# ## 5.6 Does more capacity always mean more overfitting?
#
# *Going further.*
#
# The figure of section 5.4 ends at degree 14, where 15 coefficients meet 15 points. Beyond it infinitely many polynomials pass through all points, and `lstsq` returns the one whose coefficients have the smallest sum of squares. What happens to the error on new points?
#
# As a control, take another polynomial that also passes through all points: start from random coefficients $c_0$ and change them as little as possible, $c = c_0 + \Phi^+(y - \Phi c_0)$ with the pseudo-inverse $\Phi^+$.


# %%
def interpolating_error(degree: int, start: float, seed: int) -> Tensor:
    """Error on new points; c0 is normal with deviation `start`, 0 for the smallest norm."""
    rng = generator(seed)
    (x, y), (x_new, y_new) = noisy_wave(15, rng), noisy_wave(500, rng)
    Phi, c0 = legendre(x, degree), start * data.normal(rng, degree + 1)
    step = torch.linalg.lstsq(Phi, (y - Phi @ c0)[:, None], driver="gelsd").solution[:, 0]
    return (legendre(x_new, degree) @ (c0 + step) - y_new).square().mean().sqrt()


LARGE = (1, 2, 3, 5, 8, 11, 14, 17, 20, 30, 50, 100, 200)
smallest, other = (
    torch.tensor(
        [[interpolating_error(d, start, 50 * SEED + i) for d in LARGE] for i in range(21)]
    )
    .median(dim=0)
    .values
    for start in (0.0, 1.0)
)

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "double descent",
    x="degree",
    y="error on new points",
    size=(3.9, 3.1),
    xscale="log",
    yscale="log",
    ylim=(0.2, 1e7),
)
ax.plot(LARGE, smallest, "o-", label="smallest coefficients")
ax.plot(LARGE[6:], other[6:], "s--", label="from random coefficients")
ax.legend()
plots.show(
    fig,
    alt="The error on new points falls until degree 3, rises to a peak of several thousand at "
    "degree 14 and then falls again to about 0.5 at degree 200 for the smallest "
    "coefficients. From random coefficients it stays above 1.",
)

# %% tags=["hide-input"]
check.reaches("peak, at degree 14", smallest[LARGE.index(14)], at_least=1000)
check.reaches("degree 200, smallest coefficients", smallest[-1], at_most=0.65)
check.reaches("the best low degree", smallest[:5].min(), at_most=0.47)
check.reaches(
    "degree 200 over the best low degree", smallest[-1] / smallest[:5].min(), at_least=1
)
check.reaches("degree 200, from random coefficients", other[-1] / smallest[-1], at_least=2)

# %% [markdown]
# **Double descent** is a second fall of the generalisation error as the capacity grows beyond the point where the model fits every training example. Belkin and others (2019) described it for random features and networks. The error depends on *which* of the interpolating functions is chosen: from random coefficients it is more than twice as high at degree 200. And the second descent need not be worth its parameters: here degree 200 ends above the best low degree.

# %% [markdown]
# ## 5.7 What does a network memorise?
#
# Does a network behave like the polynomials, on the digits with noisy labels from the opening? Do a simpler model and more data work there too?
#
# Every experiment needs five seeds, so train five networks at once: each tensor has a leading axis for the seed, and one matrix product does the work of five. Each network has its own weights, label noise and split; the splits are drawn from the same 1,797 digits, so two of them have about a sixth of their 300 training digits in common.


# %% tags=["hide-input"]
SEEDS = range(5)


class Labelled(NamedTuple):
    """Five data sets side by side.   X: (5, n, 64), y: (5, n)"""

    X: Tensor
    y: Tensor

    def rows(self, part: slice) -> "Labelled":
        return Labelled(self.X[:, part], self.y[:, part])


def five_data_sets(n: int, noise: float) -> tuple[Labelled, Labelled]:
    """n digits with noisy labels, and 500 unseen ones with true labels, seeds 0 to 4."""
    splits = [data.digits(seed=s) for s in SEEDS]
    y = [
        with_label_noise(split.y_train[:n], noise, generator(100 + s))
        for s, split in zip(SEEDS, splits, strict=True)
    ]
    train = Labelled(torch.stack([s.X_train[:n] for s in splits]), torch.stack(y))
    return train, Labelled(
        torch.stack([s.X_test[:500] for s in splits]),
        torch.stack([s.y_test[:500] for s in splits]),
    )


# %%
class FiveNetworks:
    """Five networks, 64 -> hidden ReLUs -> 10 logits, random weights.   X: (5, n, 64)"""

    def __init__(self, rng: torch.Generator, hidden: int = 64):
        W1 = (2 / 64) ** 0.5 * torch.randn(5, 64, hidden, generator=rng)
        W2 = (1 / hidden) ** 0.5 * torch.randn(5, hidden, 10, generator=rng)
        self.parameters = [W1, torch.zeros(5, 1, hidden), W2, torch.zeros(5, 1, 10)]
        for p in self.parameters:
            p.requires_grad_()

    def logits(self, X: Tensor, mask: Tensor | float = 1.0) -> Tensor:
        """`mask` multiplies the hidden activations; section 5.12 uses it."""
        W1, b1, W2, b2 = self.parameters
        return ((X @ W1 + b1).relu() * mask) @ W2 + b2

    def squared_weights(self) -> Tensor:
        """The sum of the squared weights of each network, without biases.   -> (5,)"""
        return sum((W**2).sum(dim=(1, 2)) for W in self.parameters[::2])


def losses(logits: Tensor, y: Tensor) -> Tensor:
    """The mean cross-entropy of each network.   (5, n, 10), (5, n) -> (5,)"""
    return F.cross_entropy(logits.transpose(1, 2), y, reduction="none").mean(dim=1)


def accuracies(logits: Tensor, y: Tensor) -> Tensor:
    """The share of right predictions of each network.   (5, n, 10), (5, n) -> (5,)"""
    return (logits.argmax(dim=-1) == y).float().mean(dim=1)


# %%
nets, rng = FiveNetworks(generator(SEED), hidden=7), generator(SEED)
images = torch.rand(5, 3, 64, generator=rng)
for s in (0, 4):
    W1, b1, W2, b2 = (p[s] for p in nets.parameters)
    alone = F.linear(F.linear(images[s], W1.T, b1[0]).relu(), W2.T, b2[0])
    check.close(f"network {s} of five, and by itself", nets.logits(images)[s], alone)

# %% [markdown]
# The training loop is the one of chapter 3, with Adam from chapter 2. Its options are the methods of the next sections, a line each: a penalty, weight decay, a mask on the hidden units, a change of the images, and a function that can end the training.


# %%
class Options(NamedTuple):
    """What the loop may do against overfitting; by default nothing."""

    penalty: float = 0.0  # lambda of eq. 5.6
    decay: float = 0.0  # kappa of eq. 5.7
    mask: Callable[[Sequence[int], torch.Generator], Tensor] | None = None  # section 5.12
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None  # section 5.17
    watch: Callable[[FiveNetworks], bool] | None = None  # True to stop, section 5.8


# %%
PLAIN = Options()


def train(
    data_sets: Labelled,
    how: Options = PLAIN,
    steps: int = 150,
    seed: int = 0,
    hidden: int = 64,
) -> FiveNetworks:
    """Five networks trained on five data sets at once, each step on the whole of them."""
    rng = generator(seed)
    nets = FiveNetworks(rng, hidden)
    optimizer = torch.optim.AdamW(nets.parameters, lr=0.02, weight_decay=how.decay)
    for _ in range(steps):
        X = how.augment(data_sets.X, rng) if how.augment else data_sets.X
        mask = how.mask((*X.shape[:2], hidden), rng) if how.mask else 1.0
        loss = losses(nets.logits(X, mask), data_sets.y)
        loss = loss + how.penalty * nets.squared_weights()
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()
        if how.watch and how.watch(nets):
            break
    return nets


# %%
@torch.no_grad()
def probabilities(nets: FiveNetworks, X: Tensor) -> Tensor:
    """The softmax of the logits, for inference.   X: (5, n, 64) or (n, 64) -> (5, n, 10)"""
    return nets.logits(X).softmax(dim=-1)


def tested(nets: FiveNetworks, on: Labelled) -> Tensor:
    """Accuracy of each network.   -> (5,)"""
    return accuracies(probabilities(nets, on.X), on.y)


# %%
NOISY, UNSEEN = five_data_sets(300, noise=0.4)
SCORES = {}  # accuracies on unseen digits after training on noisy labels, by method
plain = train(NOISY)
SCORES.update(plain=tested(plain, UNSEEN))
memory = tested(plain, NOISY)
print(f"on the 300 noisy labels {memory.mean():.3f}")
print(f"on unseen digits        {SCORES['plain'].mean():.3f}")

# %% tags=["hide-input"]
check.reaches("training accuracy: the worst of five", memory.min(), at_least=0.98)
check.reaches("on unseen digits: the best of five", SCORES["plain"].max(), at_most=0.7)

# %% [markdown]
# Now four times as many digits, with the same share of noisy labels; and smaller hidden layers.


# %%
def note(method: str, scores: Tensor, detail: str = "") -> Tensor:
    """Note accuracies on unseen digits, judge them against plain training -> the gains."""
    SCORES.update({method: scores})
    judge(detail or method, scores - SCORES["plain"])
    return scores - SCORES["plain"]


def helps(method: str, gain: Tensor, at_least: float) -> None:
    """Hold that a method helps by (eq. 5.4), and by `at_least` on the worst of five."""
    check.reaches(f"{method}: smallest gain of five", gain.min(), at_least=at_least)
    check.reaches(
        f"{method}: gain over its deviation", gain.mean() / gain.std(), at_least=2
    )


# %%
larger = tested(train(five_data_sets(1200, noise=0.4)[0]), UNSEEN)
helps("more data", note("more data", larger, "1,200 digits, not 300"), at_least=0.03)
check.reaches("accuracy with 1,200 digits", larger.mean(), at_least=0.65, at_most=0.75)
for hidden in (32, 16, 8):
    smaller = train(NOISY, hidden=hidden)
    gain = note("fewer units", tested(smaller, UNSEEN), f"{hidden} units, not 64")
correct = NOISY.y == five_data_sets(300, noise=0.0)[0].y  # (5, 300)
fits = probabilities(smaller, NOISY.X).argmax(dim=-1) == NOISY.y
fits_right, fits_wrong = (fits[rows].float().mean() for rows in (correct, ~correct))
print(
    f"8 units fit {fits_right:.0%} of the right labels, {fits_wrong:.0%} of the wrong ones"
)

# %% tags=["hide-input"]
check.reaches("8 units: right labels that they fit", fits_right, at_least=0.8)
check.reaches("8 units: wrong labels that they fit", fits_wrong, at_most=0.5)
check.reaches("8 hidden units: mean gain", gain.mean(), at_most=0.05)

# %% [markdown]
# More data helps, though 1,200 digits bring the networks only to about seven correct predictions out of ten. Fewer units bring no reliable gain, although eight of them fit most of the right labels and only a third of the wrong ones. A still simpler model has no hidden layer.


# %%
def linear_accuracy(data_sets: Labelled, steps: int) -> Tensor:
    """Accuracy of five networks without a hidden layer on unseen digits.   -> (5,)"""
    W, b = torch.zeros(5, 64, 10), torch.zeros(5, 1, 10)
    optimizer = torch.optim.Adam([W.requires_grad_(), b.requires_grad_()], lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        losses(data_sets.X @ W + b, data_sets.y).sum().backward()
        optimizer.step()
    return accuracies((UNSEEN.X @ W + b).detach(), UNSEEN.y)


linear = {steps: linear_accuracy(NOISY, steps) - SCORES["plain"] for steps in (150, 600)}
for steps, gain in linear.items():
    judge(f"no hidden layer, {steps} steps", gain)

# %% tags=["hide-input"]
helps("no hidden layer, 150 steps", linear[150], at_least=0.05)
check.reaches("no hidden layer, 600 steps: mean gain", linear[600].mean(), at_most=0)

# %% [markdown]
# Without a hidden layer the same 150 steps give a gain of about eleven points, and 600 steps lose it again. So it is not the capacity alone that counts: how long the training lasts decides how much of the noise is learned.

# %% [markdown]
# ## 5.8 When should training stop?
#
# In the opening figure the network was at its best after about ten steps. It would be enough to stop there. How can you tell the step, if you do not have the true labels?
#
# **Early stopping** ends the training when the loss on a validation set has stopped falling, and keeps the weights of the step where it was lowest. The **patience** is the number of steps without an improvement after which early stopping ends the training.

# %% [markdown]
# The validation set has the same label noise as the training set. A loss counts as an improvement when it lies below the lowest so far by more than `min_delta`. Early stopping is sometimes said to have no hyper-parameter; patience, `min_delta` and the size of the validation set are three.


# %%
class EarlyStopper:
    """Keeps the best weights; tells when `patience` steps brought no improvement."""

    def __init__(self, patience: int, min_delta: float = 0.0):
        self.patience, self.min_delta = patience, min_delta
        self.best_loss, self.best_step, self.step = math.inf, -1, -1
        self.best_weights: list[Tensor] = []

    def see(self, loss: float, weights: Iterable[Tensor]) -> bool:
        """Take in the validation loss after a step; True when it is time to stop."""
        self.step += 1
        if loss < self.best_loss - self.min_delta:
            self.best_loss, self.best_step = loss, self.step
            # a copy, because training goes on in place
            self.best_weights = [w.detach().clone() for w in weights]
        return self.step - self.best_step >= self.patience


# %%
curve = [5.0, 3.0, 2.0, 2.5, 1.9, 2.4, 2.6, 2.7, 1.0]
stopper, weight, stopped = EarlyStopper(patience=3), torch.zeros(1), -1
for i, loss in enumerate(curve):
    weight += 1  # in place, as optimizers do
    if stopper.see(loss, [weight]):
        stopped = i
        break
check.close("stops at step", stopped, 7)
check.close("best step", stopper.best_step, 4)
check.close("the weight of the best step", stopper.best_weights[0], torch.tensor([5.0]))

# %% [markdown]
# The last loss of the list, 1.0, would have been the lowest, and the stopper never saw it: a patience of four would have reached it.
#
# **Break it.** Keep the weights without copying them. The optimizer changes the numbers in place, so that the weights restored at the end are the last ones, and no error is raised.

# %%
weight, kept = torch.zeros(1), torch.empty(0)
for loss in (3.0, 1.0, 2.0):
    weight += 1
    if loss == 1.0:
        kept = weight  # the slip: no clone
slips = {"These are the last weights: the best ones were not copied.": torch.tensor([3.0])}
check.catches(
    "weights without a copy",
    lambda: check.close("best weights", kept, torch.tensor([2.0]), slips=slips),
)


# %% [markdown]
# Each of the five networks has a stopper of its own, and 60 of its 300 digits for validation.


# %%
def validation_split(data_sets: Labelled) -> tuple[Labelled, Labelled]:
    """The first fifth of the examples for validation, and the rest for training."""
    n = data_sets.y.shape[1]
    return data_sets.rows(slice(0, n // 5)), data_sets.rows(slice(n // 5, n))


# %%
def stop_early(data_sets: Labelled, patience: int = 25) -> tuple[FiveNetworks, list[int]]:
    """Five networks at their best validation step, and the number of steps until then."""
    kept, rest = validation_split(data_sets)
    stoppers, done = [EarlyStopper(patience) for _ in SEEDS], set()

    @torch.no_grad()
    def watch(nets: FiveNetworks) -> bool:
        now = losses(nets.logits(kept.X), kept.y).tolist()
        for i, stopper in enumerate(stoppers):  # who has stopped sees nothing more
            if i not in done and stopper.see(now[i], [p[i] for p in nets.parameters]):
                done.add(i)
        return len(done) == len(stoppers)

    nets = train(rest, Options(watch=watch))
    for i, stopper in enumerate(stoppers):
        for p, best in zip(nets.parameters, stopper.best_weights, strict=True):
            p.data[i] = best
    return nets, [s.best_step + 1 for s in stoppers]


# %%
stopped_nets, stops = stop_early(NOISY)
print("steps:", stops)
helps("early stopping", note("early stopping", tested(stopped_nets, UNSEEN)), at_least=0.03)

# %% [markdown]
# The validation set takes a fifth of the data from the training. The notes propose to train once more on all the data, for the number of steps that was found. Compare this with early stopping itself, not only with plain training.

# %%
steps = round(sum(stops) / len(stops))
again = tested(train(NOISY, steps=steps), UNSEEN)
helps("all the data", note("stopping, then all the data", again), at_least=0.1)
verdict = judge(f"all data, {steps} steps, over stopping", again - SCORES["early stopping"])
check.reaches("retraining helps over early stopping", float(verdict.helps), at_most=0)

# %% [markdown]
# Both help against plain training. The last line is the comparison that counts for the second training: its gain over early stopping is not reliable here.

# %% [markdown]
# ## 5.9 What does an L2 penalty do?
#
# *This section uses `plain` from section 5.7.*
#
# An **L2 penalty** is a multiple of the sum of the squared weights that is added to the loss. What does it change in the gradient, in the weights and in the predictions?
#
# $$ \begin{gathered}
#    L_\lambda = L + \lambda \sum_i w_i^2 \\
#    \frac{\partial L_\lambda}{\partial w_i} = \frac{\partial L}{\partial w_i} + 2\lambda\,w_i
#    \end{gathered} \tag{5.6} $$
#
# The second term points away from zero, and a step against it leads towards zero if $2\eta\lambda < 1$. A step of plain gradient descent becomes $w \leftarrow (1 - 2\eta\lambda)\,w - \eta\,\partial L/\partial w$. **Weight decay** is the multiplication of each weight by a factor slightly below one in every step.


# %%
def penalised_gradient(grad: Tensor, w: Tensor, penalty: float) -> Tensor:
    """The gradient of L + lambda sum w^2, from that of L (eq. 5.6)."""
    return grad + 2 * penalty * w


rng = generator(SEED)
w, target = (data.normal(rng, 4, 3) for _ in range(2))
leaf = w.clone().requires_grad_()
loss = torch.sin(leaf * target).sum()
plain_grad = torch.autograd.grad(loss, leaf, retain_graph=True)[0]
expected = torch.autograd.grad(loss + 0.3 * (leaf**2).sum(), leaf)[0]
slips = {"The square brings a factor of two.": plain_grad + 0.3 * w}
with_penalty = penalised_gradient(plain_grad, w, 0.3)
check.close("gradient with penalty", with_penalty, expected, slips=slips)

# %% [markdown]
# How large should $\lambda$ be? Each network chooses by itself: train on four fifths of its noisy data with each value, take the one with the lowest loss on the remaining fifth, and train again on all the data with this value. The unseen digits have no part in the choice.


# %%
def validation_losses(options: Sequence[Options], data_sets: Labelled) -> Tensor:
    """The validation loss of each of the five with each option.   -> (options, 5)"""
    kept, rest = validation_split(data_sets)
    logits = [train(rest, how).logits(kept.X).detach() for how in options]
    return torch.stack([losses(z, kept.y) for z in logits])


# %%
LAMBDAS = (0.001, 0.003, 0.01, 0.03, 0.1)
penalties = [Options(penalty=value) for value in LAMBDAS]
best = validation_losses(penalties, NOISY).argmin(dim=0)
print("lambda chosen:", [LAMBDAS[i] for i in best])
by_lambda = [train(NOISY, how) for how in progress(penalties, "penalties")]
by_value = torch.stack([tested(nets, UNSEEN) for nets in by_lambda])  # (values, 5)
helps("penalty", note("penalty", by_value[best, torch.arange(5)]), at_least=0.1)

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "an L2 penalty, on noisy labels",
    x="$\\lambda$",
    y="accuracy on unseen digits",
    size=(3.9, 3.1),
    ylim=(0, 1.05),
    xscale="log",
)
ax.plot(LAMBDAS, by_value, "-", color=plots.BLUE, alpha=0.45, linewidth=1)
picked = [LAMBDAS[i] for i in best], by_value[best, torch.arange(5)]
ax.plot(*picked, "o", color=plots.BLUE, label="chosen by validation")
ax.axhline(
    SCORES["plain"].mean(), color=plots.ORANGE, linestyle="--", label="without (mean)"
)
ax.legend(loc="lower left")
plots.show(
    fig,
    alt="Accuracy of five networks against lambda: it rises from about 0.65 to about "
    "0.85 at 0.01 and falls to chance at 0.1. The validation sets chose the peak.",
)

# %% [markdown]
# What became of the weights? Compare the root of the sum of the squared weights: before training, after training on right labels, on noisy ones, and on noisy ones with the penalty.


# %%
@torch.no_grad()
def weight_norms(nets: FiveNetworks) -> Tensor:
    """The norm of all weights of each network.   -> (5,)"""
    return nets.squared_weights().sqrt()


right, _ = five_data_sets(300, noise=0.0)
norms = {
    "before training": weight_norms(FiveNetworks(generator(0))),
    "right labels": weight_norms(train(right)),
    "noisy labels": weight_norms(plain),
    "noisy labels, lambda 0.01": weight_norms(by_lambda[LAMBDAS.index(0.01)]),
}
for name, norm in norms.items():
    print(f"{name:>26}: {norm.min():.1f} to {norm.max():.1f}")

# %% tags=["hide-input"]
ratio = norms["noisy labels"] / norms["right labels"]
shrunk = norms["noisy labels, lambda 0.01"] / norms["before training"]
check.reaches("norm, noisy over right labels: smallest", ratio.min(), at_least=1.4)
check.reaches("norm, with penalty over before training", shrunk.max(), at_most=0.7)

# %% [markdown]
# After the same training the weights are much larger with the wrong labels than with the right ones, and the penalty makes large weights costly. With $\lambda = 0.01$ the norm ends below that of the random start.

# %% [markdown]
# ## 5.10 Is weight decay the same as an L2 penalty?
#
# *Going further.*
#
# torch's SGD calls $2\lambda$ its `weight_decay`, and for SGD without momentum penalty and decay are the same. For Adam they differ: Adam divides every gradient by a running root mean square, and the penalty's term with it. The larger the gradients of a weight, the less it then decays. *Decoupled* weight decay (Loshchilov and Hutter, 2019) takes the shrinking out of the gradient:
#
# $$ w \leftarrow (1 - \eta\,\kappa)\,w - \eta\,s \tag{5.7} $$
#
# $\kappa$ is the rate of decay, and $s$ the step that Adam takes for $L$ alone, before it is multiplied by $\eta$. Watch two weights whose gradients differ by a factor of a thousand.


# %%
def shrinking(optimizer: type[torch.optim.Optimizer], **how: float) -> Tensor:
    """How far two weights shrink in 200 steps, with gradients +-1 and +-0.001."""
    w = torch.ones(2, dtype=torch.float64, requires_grad=True)
    stepper = optimizer([w], lr=0.001, **how)
    for t in range(200):
        w.grad = (-1.0) ** t * torch.tensor([1.0, 0.001], dtype=torch.float64)
        stepper.step()
    return 1 - w.detach()


inside = shrinking(torch.optim.Adam, weight_decay=0.01)
decoupled = shrinking(torch.optim.AdamW, weight_decay=0.01)
print("penalty inside Adam shrinks them by ", [f"{v:.2%}" for v in inside.tolist()])
print("decoupled decay shrinks them by     ", [f"{v:.2%}" for v in decoupled.tolist()])
check.reaches("inside Adam: second over first", inside[1] / inside[0], at_least=5)
ratio = decoupled[1] / decoupled[0]
check.reaches("decoupled: second over first", ratio, at_least=0.7, at_most=1.4)


# %%
def adamw_step(
    w: Tensor, grad: Tensor, m: Tensor, v: Tensor, t: int, lr: float, decay: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Adam with decoupled decay (eq. 5.7); the new w, m, v. t counts from 1."""
    m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    step = m_hat / (v_hat.sqrt() + 1e-8)  # Adam's own, chapter 2
    return (1 - lr * decay) * w - lr * step, m, v  # eq. 5.7


# %%
rng = generator(SEED)
w = data.normal(rng, 3, 2)
theirs, m, v = w.clone().requires_grad_(), torch.zeros_like(w), torch.zeros_like(w)
optimizer = torch.optim.AdamW([theirs], lr=0.1, weight_decay=0.5)
for t in range(1, 6):
    theirs.grad = data.normal(rng, 3, 2)
    w, m, v = adamw_step(w, theirs.grad, m, v, t, lr=0.1, decay=0.5)
    optimizer.step()
check.close("five steps of AdamW", w, theirs.detach())

# %%
decays = [Options(decay=value) for value in (1.0, 3.0, 10.0, 30.0)]
best_decay = validation_losses(decays, NOISY).argmin(dim=0)
decayed = torch.stack([tested(train(NOISY, how), UNSEEN) for how in decays])
decayed = decayed[best_decay, torch.arange(5)]
helps("decoupled decay", note("decoupled decay", decayed), at_least=0.1)

# %% [markdown]
# Decoupled decay, with $\kappa$ chosen in the same way, helps as well. (torch's `weight_decay` also shrinks the biases; our penalty leaves them out.)

# %% tags=["hide-input"]
widgets.predict(
    "A weight is 2, the gradient of the loss without penalty is −1, λ = 0.1 and η = 0.5. "
    "What is the weight after one step of plain gradient descent on the loss with penalty?",
    answer=(1 - 2 * 0.5 * 0.1) * 2 + 0.5,
    tolerance=0.005,
    because="The decay of 2 by the factor 1 − 2ηλ = 0.9 gives 1.8, and −ηg adds 0.5. With the gradient (5.6), "
    "−1 + 0.4 = −0.6, the step is the same: 2 + 0.5 · 0.6.",
    slips={
        "The derivative of λw² is 2λw: the square brings a factor of two.": 2.4,
        "That is the step without the penalty.": 2.5,
        "The penalty was subtracted from the gradient; (5.6) adds it.": 2.7,
        "A descent step goes against the gradient.": 1.7,
        "That is the decay alone; the gradient of the loss moves the weight too.": 1.8,
    },
)

# %% [markdown]
# ## 5.11 What do early stopping and an L2 penalty have in common?
#
# *Going further.*
#
# For a quadratic loss both can be worked out. Near a minimum $w^*$ let $L = \tfrac12 \sum_i h_i (w_i - w_i^*)^2$ in the coordinates of the Hessian's eigenvectors, with eigenvalues $h_i > 0$. Gradient descent from zero multiplies the distance $w_i^* - w_i$ by $1 - \eta h_i$ in each step. With the penalty, the gradient $h_i (w_i - w_i^*) + 2\lambda w_i$ vanishes at the minimum:
#
# $$ \begin{gathered}
#    w_i^{(t)} = \big(1 - (1 - \eta h_i)^t\big)\, w_i^* \quad \text{(after } t \text{ steps)} \\
#    w_i^{(\lambda)} = \frac{h_i}{h_i + 2\lambda}\, w_i^* \quad \text{(minimum with penalty)}
#    \end{gathered} \tag{5.8} $$

# %% [markdown]
# Both leave directions of large curvature almost as they are (for the first, with $\eta h_i < 1$) and shrink those of small curvature. With small $\eta h_i$ the first factor is close to $1 - e^{-\eta h_i t}$, and for $2\lambda = 1/(\eta t)$ both depend on $u = \eta h_i t$ alone: $1 - e^{-u}$ and $u/(1+u)$. They agree for small and for large $u$ and differ in between.


# %%
def stopped_weights(h: Tensor, w_star: Tensor, lr: float, steps: int) -> Tensor:
    """Gradient descent from zero on a quadratic, stopped (eq. 5.8).   h, w_star: (d,)"""
    return (1 - (1 - lr * h) ** steps) * w_star


def penalised_weights(h: Tensor, w_star: Tensor, penalty: float) -> Tensor:
    """The minimum of the quadratic with an L2 penalty (eq. 5.8).   -> (d,)"""
    return h / (h + 2 * penalty) * w_star


rng = generator(SEED)
h, w_star = torch.logspace(-2, 1, 7, dtype=torch.float64), data.normal(rng, 7)
w, v = torch.zeros(7).double(), torch.zeros(7).double()
for _ in range(40):
    w = w - 0.05 * h * (w - w_star)
for _ in range(4000):
    v = v - 0.05 * (h * (v - w_star) + 2 * 0.25 * v)
check.close("40 steps", stopped_weights(h, w_star, 0.05, 40), w)
check.close("minimum with penalty", penalised_weights(h, w_star, 0.25), v)

# %%
u = torch.logspace(-3, 3, 601, dtype=torch.float64)
apart = (1 - torch.exp(-u)) - u / (1 + u)
print(
    f"largest difference of the factors: {apart.max():.2f}, at u = {u[apart.argmax()]:.1f}"
)
check.reaches("largest difference", apart.max(), at_least=0.2, at_most=0.21)
check.reaches("smallest difference", apart.min(), at_least=0)

# %% [markdown]
# The penalty shrinks at least as much as stopping does, and the factors differ by about 0.2 at most. In this setting (quadratic loss, start at zero, small $\eta h_i$) $1/(2 \eta t)$ plays the part of $\lambda$. A network's loss is not quadratic and its start not zero; there it is an analogy.

# %% [markdown]
# ## 5.12 What if half of the units are missing?
#
# **Dropout** sets each hidden activation to zero with probability $p$, anew in every forward pass of the training, and leaves all of them in place at inference (Srivastava and others, 2014). Why does the rest need a factor?
#
# Without one, what the units add to the pre-activations of the next layer would be $1/(1-p)$ times as large at inference as in training, on average. The inventors scaled the weights down at inference. torch divides in training, so that inference needs no change; this is called *inverted* dropout:
#
# $$ \begin{gathered}
#    m_j = \begin{cases} 0 & \text{with probability } p \\ 1 & \text{with probability } 1 - p \end{cases} \\
#    \tilde a_j = \frac{m_j}{1 - p}\,a_j, \qquad \mathbb E\,[\tilde a_j] = a_j
#    \end{gathered} \tag{5.9} $$
#
# Here $p$ is the probability to *drop*. Some texts and programs state the probability to *keep*.


# %%
def dropout_mask(size: Sequence[int], p: float, rng: torch.Generator) -> Tensor:
    """Zero with probability p, else 1 / (1 - p) (eq. 5.9).

    Raises ValueError unless 0 <= p < 1.
    """
    if not 0 <= p < 1:
        raise ValueError(
            f"p is {p}; units are dropped with a probability from 0 to below 1"
        )
    return (torch.rand(*size, generator=rng) >= p).float() / (1 - p)


# %%
rng = generator(SEED)
activations = 1 + torch.rand(7, generator=rng)
masked = activations * dropout_mask((10_000, 7), 0.3, rng)
dropped = (masked == 0).float().mean()
check.close("mean of 10,000 masked passes", masked.mean(dim=0), activations, rtol=0.03)
check.close("share that is dropped", dropped, torch.tensor(0.3), rtol=0, atol=0.01)
values = masked[:, :1].div(activations[0]).unique()
check.close("nn.Dropout's two values", F.dropout(torch.ones(1000), 0.3).unique(), values)

# %% [markdown]
# **Break it.** Two mistakes. The division is forgotten: then the activations have different means in training and at inference. The probability to drop and the one to keep are exchanged: with $p = 1/2$ this changes nothing.

# %%
rng = generator(SEED)
undivided = (torch.rand(10_000, 7, generator=rng) >= 0.3).float().mean(dim=0)
exchanged = (dropout_mask((10_000, 7), 0.7, rng) == 0).float().mean()
check.catches(
    "no division", lambda: check.close("mean", undivided, torch.ones(7), rtol=0.03)
)
check.catches(
    "drop for keep", lambda: check.close("dropped", exchanged, torch.tensor(0.3), atol=0.01)
)

# %% [markdown]
# Does it help on noisy labels? Each network chooses $p$ by its validation loss, first among three values and then among four.


# %%
def dropping(p: float) -> Options:
    """Dropout of the hidden units with probability p."""
    return Options(mask=lambda size, rng: dropout_mask(size, p, rng))


P_VALUES = (0.2, 0.5, 0.8, 0.9)
drops = [dropping(p) for p in P_VALUES]
kept_losses = validation_losses(drops, NOISY)  # (4, 5)
by_p = torch.stack([tested(train(NOISY, how), UNSEEN) for how in drops])
three, four = kept_losses[:3].argmin(dim=0), kept_losses.argmin(dim=0)
print("p chosen of three:", [P_VALUES[i] for i in three])
print("p chosen of four: ", [P_VALUES[i] for i in four])
helps("dropout", note("dropout", by_p[three, torch.arange(5)]), at_least=0.08)
wider = judge("with 0.9 on offer", by_p[four, torch.arange(5)] - SCORES["plain"])
check.reaches("dropout with 0.9 on offer: helps", float(wider.helps), at_most=0)

# %% [markdown]
# With three values dropout helps, and all five networks choose the largest, $p = 0.8$. With 0.9 on offer some choose that, and the gain is no longer reliable: on noisy labels the validation loss can fall while the accuracy on true labels falls too. The list of values is a part of the method, and a choice at its end asks for a closer look.

# %% tags=["hide-input"]
widgets.predict(
    "Inverted dropout drops with probability p = 0.2. A unit has the activation 3 and is kept. "
    "Which value does the next layer receive in training?",
    answer=3 / (1 - 0.2),
    tolerance=0.01,
    because="It is divided by 1 − p (5.9): 3 / 0.8 = 3.75. One time in five it is 0, so that the mean is 3.",
    slips={
        "That divides by p; p is the probability to drop, so 1 − p are kept.": 15,
        "That multiplies by 1 − p, as the original method does at inference.": 2.4,
        "Then the mean over the masks would be 2.4, not the 3 of inference.": 3,
        "That is the value of a dropped unit; this one is kept.": 0,
    },
)

# %% [markdown]
# Look at the masks themselves: 24 units (columns) for 10 examples (rows). Draw again, and raise $p$. How many of the units are left for an example?


# %% tags=["hide-input"]
def show_mask(p: float, draw: int) -> tuple[plots.Figure, str]:
    """A dropout mask of 10 examples and 24 units."""
    mask = dropout_mask((10, 24), p, generator(draw))
    kept = (mask > 0).float().mean()
    title = f"{kept:.0%} kept, each counted {1 / (1 - p):.2f} times"
    fig, ax = plots.panel(title, x="hidden unit", y="example", size=(3.9, 2.2))
    rows, columns = (mask > 0).nonzero().T
    ax.scatter(columns + 1, rows + 1, s=36, marker="s", color=plots.BLUE, linewidths=0)
    ax.set(xlim=(0, 25), ylim=(10.8, 0.2), yticks=range(2, 11, 2))
    return fig, f"Dropout with p = {p:g}: {title}."


# %% tags=["hide-input"]
widgets.explore(
    show_mask,
    title="Units that remain",
    hint="Draw again, or change the probability to drop.",
    p=[0.0, 0.2, 0.5, 0.8],
    draw=[1, 2, 3],
)

# %% [markdown]
# ## 5.13 Does dropout need a new mask for each example?
#
# *Going further.*
#
# torch draws a mask for each example in each step. Is that what makes the difference? As controls, draw one row of the mask for all examples of a step; draw the masks of the examples once and keep them for the whole training; and drop the same units for all examples in all steps.

# %%
MASKS = {
    "a mask for each example and step": dropping(0.5).mask,
    "one mask for each step": lambda n, rng: dropout_mask((n[0], 1, n[2]), 0.5, rng),
    "one mask for each example": lambda n, _: dropout_mask(n, 0.5, generator(99)),
    "one mask for all": lambda n, _: dropout_mask((n[0], 1, n[2]), 0.5, generator(99)),
}
masked_gains = {}
for name, mask in MASKS.items():
    scores = tested(train(NOISY, Options(mask=mask)), UNSEEN)
    masked_gains[name] = scores - SCORES["plain"]
    judge(name, masked_gains[name])

# %% tags=["hide-input"]
for name in list(MASKS)[:3]:
    check.reaches(f"{name}: smallest gain of five", masked_gains[name].min(), at_least=0.08)
alone = masked_gains["one mask for all"].mean()
check.reaches("one mask for all: mean gain", alone, at_most=0.02)
coarser = (
    masked_gains["one mask for each step"]
    - masked_gains["a mask for each example and step"]
)
check.reaches("one mask a step over fresh ones: smallest gain", coarser.min(), at_least=0)

# %% [markdown]
# It is not: with $p = 1/2$ one mask for a whole step gains more here, and masks that never change help as well. What gains nothing is to drop the same units for all examples and steps, which is only a smaller network. That masks are drawn for each example in each forward pass belongs to the definition; this experiment gives no reason to prefer it.

# %% [markdown]
# At inference the full network takes the place of all thinned ones; with $h$ units there are $2^h$. Average their logits, each weighted with the probability of its mask. If dropout acts on the last hidden layer alone, and its output layer is linear, the average is exactly the full network's logits. In terms of probabilities it is the geometric mean, normalised:
#
# $$ \operatorname{softmax}\Big(\sum_{\mathbf m} P(\mathbf m)\,\mathbf z_{\mathbf m}\Big)_c \;\propto\; \prod_{\mathbf m} p_{\mathbf m}(c)^{P(\mathbf m)} \tag{5.10} $$

# %%
rng = generator(SEED)
hidden, V, p = data.normal(rng, 8).relu(), data.normal(rng, 3, 8), 0.3
every_mask = list(itertools.product((0.0, 1.0), repeat=8))
masks = torch.tensor(every_mask, dtype=torch.float64)  # (256, 8)
chance = ((1 - p) ** masks.sum(1) * p ** (8 - masks.sum(1)))[:, None]
z, full = (hidden * masks / (1 - p)) @ V.T, V @ hidden  # (256, 3), (3,)
geometric_mean = (chance * z.log_softmax(dim=1)).sum(dim=0).exp()
check.close("mean logits of 256 networks", (chance * z).sum(dim=0), full)
check.close("normalised", geometric_mean / geometric_mean.sum(), full.softmax(dim=0))

# %% [markdown]
# With dropout in several layers, activation functions stand between the masks and the logits, and the full network only approximates the average.

# %% [markdown]
# ## 5.14 When is the mean of several models better than one?
#
# *Going further.*
#
# An **ensemble** is a set of models whose predictions are averaged. Its mean's squared error is at most the mean squared error of the members, and smaller by exactly their spread (Krogh and Vedelsby, 1995). With members $f_1, \dots, f_M$ and their mean $\bar f$:
#
# $$ (\bar f - y)^2 = \frac1M \sum_{k} (f_k - y)^2 - \frac1M \sum_{k} (f_k - \bar f)^2 \tag{5.11} $$
#
# The subtracted term is never negative. It is the variance of (5.5), with models in place of training sets.

# %%
rng = generator(SEED)
members, truth = data.normal(rng, 6, 40), data.normal(rng, 40)
mean = members.mean(dim=0)
together, each = ((mean - truth) ** 2).mean(), ((members - truth) ** 2).mean()
check.close("the mean's squared error", together, each - ((members - mean) ** 2).mean())

# %% [markdown]
# **Bagging** trains each member of an ensemble on its own sample of the training set, drawn with replacement and as large as the set itself. About a third of the examples is missing from each sample, $(1 - 1/n)^n \approx 1/e$. Is it the sampling that helps, or the averaging alone? As a control, average five networks that were trained on the same data from different random weights. Probabilities are averaged, not the predicted classes, which do not tell how close the decision was.


# %%
def redrawn(data_sets: Labelled, rng: torch.Generator) -> Labelled:
    """A sample of the same size with replacement, for each of the five."""
    n = data_sets.y.shape[1]
    rows = torch.randint(n, (5, n), generator=rng)
    return Labelled(
        torch.stack([X[r] for X, r in zip(data_sets.X, rows, strict=True)]),
        data_sets.y.gather(1, rows),
    )


def averaged(data_sets: Labelled, bagging: bool, members: int = 5) -> Tensor:
    """Accuracy of the mean probabilities of networks with different starts.   -> (5,)"""
    total = torch.zeros(5, 500, 10)
    for k in progress(range(members), "ensemble"):
        sample = redrawn(data_sets, generator(k)) if bagging else data_sets
        total += probabilities(train(sample, seed=k), UNSEEN.X)
    return accuracies(total, UNSEEN.y)


# %%
missing = 1 - len(torch.randint(5000, (5000,), generator=generator(SEED)).unique()) / 5000
check.close("share of examples that a sample misses", missing, 1 / math.e, rtol=0.05)
same = averaged(NOISY, bagging=False)
helps("averaging", note("averaging", same, "mean of five, the same data"), at_least=0.01)
helps("bagging", note("bagging", averaged(NOISY, bagging=True)), at_least=0.03)
verdict = judge("bagging over averaging", SCORES["bagging"] - same)
check.reaches("bagging over averaging: mean gain", verdict.mean, at_least=0.02)

# %% [markdown]
# Averaging helps by itself, and on noisy labels bagging adds to it.
#
# ## 5.15 What helps when the labels are right?
#
# On noisy labels nearly every method helped. Do they help on data without label noise? Take 100 digits with right labels. After plain training about one unseen digit in eight is misread, so there is room for a gain.
#
# To be generous, the penalty, the decay and dropout may now use the strength that is best *on the unseen digits*, which flatters them. If even this brings no reliable gain, a choice by validation cannot be expected to.


# %%
def best_of(options: Sequence[Options], data_sets: Labelled) -> Tensor:
    """Accuracies on unseen digits with the option that is best there on the mean.   -> (5,)"""
    found = torch.stack([tested(train(data_sets, how), UNSEEN) for how in options])
    return found[found.mean(dim=1).argmax()]


# %%
clean, _ = five_data_sets(100, noise=0.0)
clean_scores = {
    "plain": tested(train(clean), UNSEEN),
    "more data": tested(train(five_data_sets(1200, noise=0.0)[0]), UNSEEN),
    "fewer units": tested(train(clean, hidden=16), UNSEEN),
    "early stopping": tested(stop_early(clean)[0], UNSEEN),
    "penalty": best_of([Options(penalty=v) for v in (0.0003, 0.001, 0.003)], clean),
    "decoupled decay": best_of([Options(decay=v) for v in (0.3, 1.0, 3.0)], clean),
    "dropout": best_of([dropping(p) for p in (0.2, 0.5)], clean),
    "bagging": averaged(clean, bagging=True),
}

# %%
print(f"plain: {clean_scores['plain'].mean():.3f} of the unseen digits are right")
verdicts = {
    name: judge(name, scores - clean_scores["plain"])
    for name, scores in clean_scores.items()
    if name != "plain"
}

# %% tags=["hide-input"]
gained = verdicts.pop("more data")
check.reaches("right labels, more data: mean gain", gained.mean, at_least=0.04)
check.reaches(
    "right labels, more data: over deviation", gained.mean / gained.std, at_least=2
)
check.reaches("others that help", sum(v.helps for v in verdicts.values()), at_most=0)
largest = max(v.mean for v in verdicts.values())
check.reaches("right labels: largest mean gain of the others", largest, at_most=0.02)


# %% tags=["hide-input"]
def draw_gains(title: str, scores: dict[str, Tensor]) -> plots.Figure:
    """The gains on five seeds, a row for each method of `clean_scores`."""
    names = [name for name in reversed(clean_scores) if name != "plain"]
    fig, ax = plots.panel(
        title, x="gain in accuracy on unseen digits", size=(4.2, 3.2), xlim=(-0.12, 0.4)
    )
    for i, name in enumerate(names):
        gains = scores[name] - scores["plain"]
        ax.plot(gains, [i] * 5, "o", color=plots.BLUE, alpha=0.6)
        ax.plot(gains.mean(), i, "D", color=plots.ORANGE, markersize=7)
    ax.axvline(0, color=plots.INK, linewidth=1)
    ax.set_yticks(range(len(names)), names)
    return fig


# %% tags=["hide-input"]
plots.show(
    draw_gains("300 digits, 40 % of the labels random", SCORES),
    draw_gains("100 digits, right labels", clean_scores),
    alt=[
        "Gains on five seeds with noisy labels: more data, early stopping, penalty, decay, "
        "dropout and bagging all lie to the right of zero; fewer units scatter around it.",
        "Gains on five seeds with right labels: only more data lies clearly to the right "
        "of zero; everything else scatters around it or lies to its left.",
    ],
)

# %% [markdown]
# More data helps, here twelve times as much. None of the others brings a reliable gain, and 16 units instead of 64 lose two points. Whether a method helps depends on the data, and has to be measured: on several seeds, by a rule fixed beforehand, and against the control.
#
# ## 5.16 Does a penalty only keep wrong labels out?
#
# *Going further.*
#
# That would explain the last two figures. Measure bias and variance, as in (5.5): five networks, five disjoint training sets of 200 digits, the same unseen digits. The squared error is that of the probabilities against the true class. As the true labels are taken as certain there is no third term. The mean of only five networks still varies, by a fifth of the variance, which is taken off the squared bias; and as the random starts differ too, the variance includes theirs.


# %%
def network_parts(noise: float, penalty: float) -> list[float]:
    """Unbiased estimates of bias^2 and variance from five disjoint sets of 200."""
    split = data.digits(seed=SEED)
    y = with_label_noise(split.y_train[:1000], noise, generator(SEED)).reshape(5, 200)
    sets = Labelled(split.X_train[:1000].reshape(5, 200, 64), y)
    p = probabilities(train(sets, Options(penalty=penalty)), split.X_test)  # (5, n, 10)
    truth = F.one_hot(split.y_test, 10)
    variance = p.var(dim=0).sum(dim=-1).mean()  # divides by 5 - 1
    off = ((p.mean(dim=0) - truth) ** 2).sum(dim=-1).mean()
    return [(off - variance / 5).item(), variance.item()]


# %%
STRENGTHS = (0.0, 0.001, 0.003, 0.01)
parts = {
    noise: torch.tensor([network_parts(noise, strength) for strength in STRENGTHS])
    for noise in progress((0.4, 0.0), "bias and variance")
}  # (strengths, 2)
for noise, found in parts.items():
    rounded = [[round(v, 3) for v in column] for column in found.T.tolist()]
    print(f"noise {noise}: bias^2 {rounded[0]}, variance {rounded[1]}")

# %% tags=["hide-input"]
figures = []
for noise, title in ((0.4, "40 % of the labels random"), (0.0, "right labels")):
    fig, ax = plots.panel(title, x="$\\lambda$", y="squared error", size=(3.6, 2.9))
    bias2, variance = parts[noise].T
    ax.bar(range(4), bias2.tolist(), color=plots.BLUE, label="bias$^2$")
    ax.bar(
        range(4),
        variance.tolist(),
        bottom=bias2.tolist(),
        color=plots.ORANGE,
        label="variance",
    )
    ax.set_xticks(range(4), [f"{s:g}" for s in STRENGTHS])
    ax.set_ylim(0, 1.25 * float((bias2 + variance).max()))
    ax.legend(loc="upper right" if noise else "upper left")
    figures.append(fig)
plots.show(
    *figures,
    alt=[
        "Noisy labels: variance makes up more than half of the error without a penalty and "
        "almost vanishes at 0.01; the sum falls by about a third.",
        "Right labels: the variance is small and falls with the penalty, the squared bias "
        "rises; their sum is lowest for a small penalty and highest at 0.01.",
    ],
)

# %% tags=["hide-input"]
halved = {noise: parts[noise][2, 1] / parts[noise][0, 1] for noise in parts}
check.reaches("right labels: variance, 0.003 over none", halved[0.0], at_most=0.65)
check.reaches(
    "right labels: bias^2, 0.003 over none",
    parts[0.0][2, 0] / parts[0.0][0, 0],
    at_least=1.1,
)
check.reaches("noisy labels: variance, 0.003 over none", halved[0.4], at_most=0.65)
error, noisy_error = parts[0.0].sum(dim=1), parts[0.4].sum(dim=1)

# %% tags=["hide-input"]
noisier_bias = parts[0.4][3, 0] / parts[0.4][0, 0]
check.reaches("noisy labels: bias^2, 0.01 over none", noisier_bias, at_least=1.2)
check.reaches(
    "right labels: squared error, 0.001 over none", error[1] / error[0], at_most=0.9
)
check.reaches(
    "noisy labels: squared error, 0.003 over none",
    noisy_error[2] / noisy_error[0],
    at_most=0.8,
)
check.reaches(
    "variance without a penalty, noisy over right",
    parts[0.4][0, 1] / parts[0.0][0, 1],
    at_least=4,
)
check.reaches(
    "right labels: squared error, 0.01 over none", error[3] / error[0], at_least=1.1
)

# %% [markdown]
# The penalty lowers the variance on right labels too, so it does more than keep wrong labels out. It raises the squared bias on both. With noisy labels the variance is several times as large; what the penalty takes off it outweighs the added bias, and the error falls. With right labels there is less variance to lower: the weakest penalty takes more than a tenth off the squared error, though the accuracy gained nothing reliable in section 5.15, and the strongest adds more bias than it saves variance.

# %% [markdown]
# ## 5.17 Which invariance does data augmentation teach?
#
# *Going further.*
#
# If more data helps, can you have more without collecting it? A 7 that is turned by fifteen degrees is still a 7.
#
# **Data augmentation** changes each training example at random, anew in every step, in ways that leave its label true. *Geometric* changes move the pixels: shift, rotation, scaling, shear, perspective. *Photometric* changes alter their values: brightness, contrast, noise.

# %% [markdown]
# Rotation, scaling and shift together are an affine map. It is applied backwards: for every pixel of the new image, compute the place in the old image from which its value comes,
#
# $$ \begin{pmatrix} x_\text{old} \\ y_\text{old} \end{pmatrix} = \Theta \begin{pmatrix} x \\ y \\ 1 \end{pmatrix}, \qquad \Theta \in \mathbb R^{2 \times 3} \tag{5.12} $$
#
# and interpolate between the four pixels around it, which is called bilinear interpolation. Coordinates run from −1 to 1 over the image, so that $\Theta$ does not depend on its size.


# %%
def pixel_centres(h: int, w: int) -> Tensor:
    """(x, y, 1) of every pixel, x and y in -1..1.   -> (h w, 3)"""
    y, x = torch.meshgrid(
        (2 * torch.arange(h) + 1) / h - 1, (2 * torch.arange(w) + 1) / w - 1, indexing="ij"
    )
    return torch.stack([x, y, torch.ones_like(x)], dim=-1).reshape(-1, 3)


def warp(images: Tensor, theta: Tensor) -> Tensor:
    """Move the pixels by affine maps (eq. 5.12).   (n, h, w), (n, 2, 3) -> (n, h, w)"""
    n, h, w = images.shape
    old = pixel_centres(h, w) @ theta.mT  # (n, h w, 2)
    column, row = ((old[..., 0] + 1) * w - 1) / 2, ((old[..., 1] + 1) * h - 1) / 2
    warped = torch.zeros(n, h * w)
    for r, c in itertools.product(
        (row.floor(), row.floor() + 1), (column.floor(), column.floor() + 1)
    ):
        weight = (1 - (row - r).abs()) * (1 - (column - c).abs())
        inside = (r >= 0) & (r < h) & (c >= 0) & (c < w)
        place = (r.clamp(0, h - 1) * w + c.clamp(0, w - 1)).long()
        warped += inside * weight * images.reshape(n, -1).gather(1, place)
    return warped.reshape(n, h, w)


# %%
rng = generator(SEED)
images, theta = torch.rand(6, 5, 7, generator=rng), torch.randn(6, 2, 3, generator=rng)
grid = F.affine_grid(theta, [6, 1, 5, 7], align_corners=False)
check.close(
    "warped, ours and torch's",
    warp(images, theta),
    F.grid_sample(images[:, None], grid, align_corners=False)[:, 0],
    atol=1e-5,
)
identity = torch.tensor([[1.0, 0, 0], [0, 1, 0]]).expand(6, 2, 3)
check.close("the identity changes nothing", warp(images, identity), images, atol=1e-5)


# %%
def uniform(low: float, high: float, count: int, rng: torch.Generator) -> Tensor:
    """`count` random numbers between low and high."""
    return low + (high - low) * torch.rand(count, generator=rng)


def geometric(
    X: Tensor, rng: torch.Generator, degrees: float = 30.0, shift: float = 0.25
) -> Tensor:
    """Rotate each 8 x 8 image, shift it, scale it by up to a tenth.   (..., 64)"""
    n = X.numel() // 64
    angle = uniform(-degrees, degrees, n, rng) * math.pi / 180
    scale = uniform(0.9, 1.1, n, rng)
    right, down = uniform(-shift, shift, n, rng), uniform(-shift, shift, n, rng)
    cos, sin = scale * angle.cos(), scale * angle.sin()
    theta = torch.stack([cos, -sin, right, sin, cos, down], dim=1).reshape(n, 2, 3)
    # our warp agrees with torch's, which is faster
    grid = F.affine_grid(theta, [n, 1, 8, 8], align_corners=False)
    return F.grid_sample(X.reshape(n, 1, 8, 8), grid, align_corners=False).reshape(X.shape)


# %%
def gentle(X: Tensor, rng: torch.Generator) -> Tensor:
    """Half the angle and half the shift of `geometric`."""
    return geometric(X, rng, degrees=15.0, shift=0.125)


def photometric(X: Tensor, rng: torch.Generator) -> Tensor:
    """Random contrast, brightness and noise for each image.   (..., 64) -> the same"""
    n, one_each = X.numel() // 64, (*X.shape[:-1], 1)
    contrast = uniform(0.4, 1.2, n, rng).reshape(one_each)
    light = uniform(-0.3, 0.3, n, rng).reshape(one_each)
    return contrast * X + light + 0.1 * torch.randn(X.shape, generator=rng)


# %% [markdown]
# Look at the changed digits before you train on them. Up to which angle would you still give them the same label?


# %% tags=["hide-input"]
def gallery(change: str, degrees: int) -> tuple[plots.Figure, str]:
    """Eighteen digits, changed."""
    X, rng = data.digits(seed=SEED).X_train[:18], generator(SEED)
    title = "as they were written"
    if change == "geometric":
        X, title = geometric(X, rng, float(degrees)), f"rotated by up to {degrees}°"
    elif change == "photometric":
        X, title = photometric(X, rng), "other light, and noise"
    fig, ax = plots.panel(title, size=(3.9, 2.3))
    rows = X.reshape(3, 6, 8, 8)
    picture = F.pad(rows, (1, 1, 1, 1), value=0.0).permute(0, 2, 1, 3).reshape(30, 60)
    plots.image(ax, picture, shades="ink", limits=(0, 1))
    return fig, f"Eighteen digits, {title}."


# %% tags=["hide-input"]
widgets.explore(
    gallery,
    title="Is the label still true?",
    hint="Choose a kind of change, then raise the angle.",
    change=["none", "geometric", "photometric"],
    degrees=[15, 45, 180],
)

# %% [markdown]
# Train on 300 digits with right labels, without and with augmentation. Test on three kinds of unseen digits: as they were written, rotated and shifted ones (up to 30° and one pixel), and badly lit ones. In the coordinates of (5.12) an image is 2 wide, so a shift of 0.25 is an eighth of its width.

# %%
upright, _ = five_data_sets(300, noise=0.0)
tests = {
    "upright": UNSEEN.X,
    "rotated": geometric(UNSEEN.X, generator(7)),
    "badly lit": photometric(UNSEEN.X, generator(8)),
}
CHANGES = {
    "none": None, "gentle": gentle, "geometric": geometric, "photometric": photometric
}  # fmt: skip
augmented = {
    name: train(upright, Options(augment=change), steps=400)
    for name, change in progress(CHANGES.items(), "augmentation")
}

# %%
results = {
    (name, kind): tested(nets, Labelled(X, UNSEEN.y))
    for (name, nets), (kind, X) in itertools.product(augmented.items(), tests.items())
}
gains = {pair: found - results["none", pair[1]] for pair, found in results.items()}
for kind, name in itertools.product(tests, ("gentle", "geometric", "photometric")):
    judge(f"{name}, tested on {kind} ({results[name, kind].mean():.2f})", gains[name, kind])

# %% tags=["hide-input"]
rotated, lit = gains["geometric", "rotated"], gains["photometric", "badly lit"]
helps("geometric, on rotated digits", rotated, at_least=0.4)
helps("photometric, on badly lit digits", lit, at_least=0.04)
little, much = gains["gentle", "upright"], gains["geometric", "upright"]
check.reaches("gentle, on upright digits: smallest gain", little.min(), at_least=0)
check.reaches("gentle, on upright digits: mean gain", little.mean(), at_least=0.01)
check.reaches("geometric, on upright digits: mean gain", much.mean(), at_most=0)
other = gains["photometric", "rotated"]
check.reaches("photometric, on rotated digits: mean gain", other.mean(), at_most=0.1)
crossed = gains["geometric", "badly lit"]
check.reaches("geometric, on badly lit digits: largest gain", crossed.max(), at_most=-0.05)

# %% [markdown]
# Where the test images are rotated, the gain is more than forty points. On upright digits the gentle change gains about two points, on five seeds out of five, though less than twice their deviation; rotations by up to 30° with shifts of up to a pixel lose about one point there on the mean. In a separate run the larger angle alone, and the larger shift alone, each took most of the gentle change's gain.
#
# Augmentation teaches above all the invariance that you put in: on badly lit digits the networks that were trained on rotated ones are far worse than plain ones, and photometric changes gain only about five points on rotated digits, less than twice the deviation.

# %% [markdown]
# **Keep the label true.** Rotation by 180 degrees leaves a 0 and an 8 what they are. What does the network predict for a 6?

# %%
upside_down = UNSEEN.X.flip(-1)  # reversing the 64 pixels rotates the image by 180 degrees
predicted = probabilities(augmented["none"], upside_down).argmax(dim=-1)
as_nine = (predicted[UNSEEN.y == 6] == 9).float().mean()
check.reaches("rotated sixes that are read as nines", as_nine, at_least=0.7)

# %% [markdown]
# The rotated sixes *are* nines: which changes are allowed depends on the class.

# %% [markdown]
# ## 5.18 Can augmentation help a rare class, and at test time?
#
# *Going further.*
#
# *This section uses `augmented`, `results` and `tests` from section 5.17.*
#
# When a class is rare, only *its* examples may be augmented, and many copies made of them. Give the networks three examples of one digit and 400 of the others, and fill the rare class up with changed copies. Plain copies are the control. In each of five runs another digit is rare for each network.


# %%
def with_rare(first: int, copies: int, change: Callable[..., Tensor] | None) -> Labelled:
    """400 common digits and 3 of a rare class with copies; it is (first + s) % 10."""
    X, y = [], []
    for s in SEEDS:
        digit, split = (first + s) % 10, data.digits(seed=s)
        rare = split.y_train == digit
        few, many = split.X_train[rare][:3], split.X_train[~rare][:400]
        extra = few.repeat(copies, 1)
        X.append(torch.cat([many, few, change(extra, generator(s)) if change else extra]))
        labels = torch.full((3 + 3 * copies,), digit)
        y.append(torch.cat([split.y_train[~rare][:400], labels]))
    return Labelled(torch.stack(X), torch.stack(y))


def recall(nets: FiveNetworks, first: int) -> Tensor:
    """Share of the unseen examples of the rare digit that are recognised.   -> (5,)"""
    digit = (first + torch.arange(5)[:, None]) % 10
    right = (probabilities(nets, UNSEEN.X).argmax(dim=-1) == digit) & (UNSEEN.y == digit)
    return right.sum(dim=1) / (UNSEEN.y == digit).sum(dim=1)


# %%
CASES = {"as it is": (0, None), "plain copies": (12, None), "changed copies": (12, gentle)}
recalls = {}
for name, (copies, change) in progress(CASES.items(), "a rare class"):
    found = [
        recall(train(with_rare(d, copies, change), steps=100), d) for d in range(0, 10, 2)
    ]
    recalls[name] = torch.stack(found).mean(dim=0)

# %%
for name in ("plain copies", "changed copies"):
    judge(
        f"{name} ({recalls[name].mean():.2f} recognised)",
        recalls[name] - recalls["as it is"],
    )
over_plain = judge(
    "changed over plain", recalls["changed copies"] - recalls["plain copies"]
)
helps("changed copies", recalls["changed copies"] - recalls["as it is"], at_least=0.05)
check.reaches("changed over plain copies: mean gain", over_plain.mean, at_least=0.03)


# %% [markdown]
# Plain copies bring a gain, and changed copies a larger one. Recall alone could also rise because more digits of every class are called rare. In a separate run the accuracy on all classes rose too, from .91 to .93, though of the digits that were called rare 95 percent were, not 98.
#
# **Test-time augmentation** averages the predictions for several changed versions $A_l(I)$ of the same image. It is an ensemble of images in place of models:
#
# $$ \mathbf p = \frac1T \sum_{l=1}^{T} f\big(A_l(I)\big) \tag{5.13} $$


# %%
def with_views(nets: FiveNetworks, X: Tensor, views: int = 16) -> Tensor:
    """Mean probabilities over changed versions (eq. 5.13).   (5, n, 64) -> (5, n, 10)"""
    rng, total = generator(3), torch.zeros(*X.shape[:2], 10)
    for _ in range(views):
        total += probabilities(nets, gentle(X, rng))
    return total / views


views = {}
for name, kind in itertools.product(
    ("gentle", "geometric", "none"), ("upright", "rotated")
):
    gain = (
        accuracies(with_views(augmented[name], tests[kind]), UNSEEN.y) - results[name, kind]
    )
    views[name, kind] = judge(f"16 views, trained with {name}, {kind}", gain)

# %% tags=["hide-input"]
check.reaches(
    "views, geometric, upright: mean gain",
    views["geometric", "upright"].mean,
    at_least=0.01,
)
check.reaches(
    "views, gentle, upright: mean gain", views["gentle", "upright"].mean, at_most=0.02
)
check.reaches("views, none, upright: mean gain", views["none", "upright"].mean, at_most=0)
check.reaches(
    "views, geometric, rotated: mean gain", views["geometric", "rotated"].mean, at_most=0
)
with_16 = results["geometric", "upright"].mean() + views["geometric", "upright"].mean
without = results["gentle", "upright"].mean()
print(
    f"on upright digits: geometric with views {with_16:.3f}, gentle without {without:.3f}"
)
check.reaches("geometric with views minus gentle without", with_16 - without, at_most=0.01)

# %% [markdown]
# Sixteen views cost sixteen forward passes. On upright digits they gain about three points for the networks that were trained on rotations by up to 30°, which only brings these up to the gently trained networks without views. For those they gain nothing reliable. Networks trained without augmentation lose accuracy on them, and on digits that are rotated already all three kinds of networks lose. Whether test-time augmentation pays has to be measured.

# %% [markdown]
# ## 5.19 What are label smoothing and mixup?
#
# *Going further.*
#
# Two more methods change the targets. **Label smoothing** replaces the one-hot target by $1 - \varepsilon$ times it plus $\varepsilon / C$ for each of the $C$ classes. **Mixup** trains on convex combinations of two examples, $a x + (1 - a) x'$ with the target $a y + (1 - a) y'$, where $a$ is drawn anew for each pair from a Beta distribution (Zhang and others, 2018). In both the target is no longer one-hot, and the cross-entropy is that of chapter 3. Neither is compared with the other methods here.


# %%
def smoothed(y: Tensor, classes: int, epsilon: float) -> Tensor:
    """Targets with label smoothing.   y: (n,) integers -> (n, classes)"""
    return (1 - epsilon) * F.one_hot(y, classes).double() + epsilon / classes


rng = generator(SEED)
logits, y = data.normal(rng, 5, 4), torch.tensor([2, 0, 3, 3, 1])
ours = -(smoothed(y, 4, 0.1) * logits.log_softmax(dim=1)).sum(dim=1).mean()
check.close("torch's loss", ours, F.cross_entropy(logits, y, label_smoothing=0.1))

# %% [markdown]
# ## 5.20 Your turn
#
# The [exercises of this chapter](../assignments/05_generalization/05_generalization.ipynb) go on where it stops: two programs to repair, two functions to write, a gradient to derive, a prediction and an open task. Each has a check that tells you what is wrong.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | folds of unequal size (5.2) | find the bug | ●● | 15 |
# | which estimates are too optimistic | predict | ●● | 10 |
# | early stopping from a list of losses | write | ●●● | 20 |
# | the gradient with label smoothing | derive | ●●● | 20 |
# | inverted dropout (5.9) | find the bug | ●● | 10 |
# | the probabilities of an ensemble (5.11) | write | ●● | 10 |
# | many columns, few examples, noisy labels | go beyond | ●●● | 30 |
#
# One more question, without a check.
#
# <details><summary>A colleague tuned five hyper-parameters on the validation set, two hundred runs in all, and reports the best validation accuracy as the result. You get the model and the data. What do you do?</summary>
#
# Use the test set, once. The best of two hundred validation scores is too high for the reason of section 5.2: the random guesses reached sixty percent and more. If there is no test set left, collect new data, or repeat the whole search inside an outer cross-validation, and report the outer score.
#
# </details>
#
# ## 5.21 In five lines
#
# 1. The generalisation error is estimated on data that had no part in the making of the model; cross-validation lets every example serve in both roles; leaks and selection make the estimate too optimistic, and shuffled labels reveal leaks of labels.
# 2. Too little capacity gives bias, too much gives variance; the training error shows only the first. Cross-validation chose a degree close to the best.
# 3. On noisy labels early stopping, an L2 penalty, weight decay, dropout and bagging each helped, with strengths chosen on noisy validation data from a short list, whose length mattered for dropout; on 100 right labels only more data did.
# 4. The penalty lowers variance and raises bias on right labels too; whether that pays depends on how large the variance is.
# 5. Augmentation teaches the invariance that you put in: much where the test images vary in that way, little or less than nothing where they do not.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, section 2.1, and Politecnico di Milano, "Training and overfitting", "Optimizations techniques" and "Data augmentation"). In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Milano, Early stopping * | works out of the box, no hyper-parameter | patience, threshold and the size of the validation set have to be chosen; the second training on all data gained nothing reliable over early stopping here | Prechelt (1998) | section 5.8 |
# | Milano, Cross-validation * | k-fold is sometimes better than leave-one-out | on 30 points with degree 4 ten folds and leave-one-out scatter alike; few folds have a pessimistic bias | measured here | section 5.1 |
# | Milano, Weight decay * | a sentence breaks off; the parameter is $\gamma$ in one place and $\lambda$ in another; weight decay is L2 | the gradient gains $2\lambda w$; penalty and decay agree for plain SGD and differ for Adam | Loshchilov and Hutter (2019) | section 5.10 |
# | Milano, Dropout | a set of neurons is turned off for each epoch | a new mask at every forward pass, for every example; scaling the weights at inference (the original) and dividing by $1 - p$ in training are equivalent; say whether $p$ drops or keeps. Coarser masks helped as well here, so the definition is not the reason for the gain | Srivastava and others (2014) | sections 5.12, 5.13 |
# | Milano, Data augmentation * | $A_l(I)_l$ and $p_i$ | $\{A_l(I)\}_l$ and $p_l$: one prediction for each version | | section 5.18 |
# | Bologna 2.1 * | a list of six methods to reduce overfitting | on 100 right labels only more data helped: in squared error a method pays when it lowers the variance by more than it adds to the squared bias | measured here | sections 5.15, 5.16 |

# %% [markdown]
# ## Further reading
#
# - C. Zhang, S. Bengio, M. Hardt, B. Recht and O. Vinyals (2017), [*Understanding deep learning requires rethinking generalization*](https://arxiv.org/abs/1611.03530), ICLR: networks that fit random labels, at full size.
# - M. Belkin, D. Hsu, S. Ma and S. Mandal (2019), [*Reconciling modern machine-learning practice and the classical bias-variance trade-off*](https://arxiv.org/abs/1812.11118), PNAS 116: double descent.
# - L. Prechelt (1998), [*Early stopping: but when?*](https://doi.org/10.1007/3-540-49430-8_3), in Neural Networks: Tricks of the Trade: how to choose the patience.
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov (2014), [*Dropout*](https://jmlr.org/papers/v15/srivastava14a.html), JMLR 15: the original, with the weights scaled at inference.
# - I. Loshchilov and F. Hutter (2019), [*Decoupled weight decay regularization*](https://arxiv.org/abs/1711.05101), ICLR: why AdamW is not Adam with a penalty.
# - A. Krogh and J. Vedelsby (1995), [*Neural network ensembles, cross validation, and active learning*](https://proceedings.neurips.cc/paper/1994/hash/b8c37e33defde51cf91e1e03e51657da-Abstract.html), NeurIPS: equation (5.11), in two lines.

# %% [markdown]
# - H. Zhang, M. Cisse, Y. Dauphin and D. Lopez-Paz (2018), [*mixup: beyond empirical risk minimization*](https://arxiv.org/abs/1710.09412), ICLR.
# - I. Goodfellow, Y. Bengio and A. Courville (2016), [*Deep learning*](https://www.deeplearningbook.org/contents/regularization.html), chapter 7: regularisation, with the comparison of early stopping and an L2 penalty.
# - T. Hastie, R. Tibshirani and J. Friedman (2009), [*The elements of statistical learning*](https://hastie.su.domains/ElemStatLearn/), chapter 7: cross-validation, right and wrong.

# %% [markdown] tags=["neighbours"]
# Before: [4 Making training work](04_stable_training.ipynb). Next: [6 Convolution](06_convolution.ipynb).
