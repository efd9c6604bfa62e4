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
# Take three hundred handwritten digits and spoil their labels: for two out of five, throw a ten-sided die and write down what it says. Now train a network on them.
#
# It will learn every single label, the nonsense included. Within a second its training accuracy is one hundred percent. Shown digits that it has never seen, it gets four out of ten wrong,
# although nobody showed it a hard digit. And the strangest thing is in the picture below: along the way it *was* good, and then it forgot.
#
# A network is not paid for what it remembers. This chapter is about the difference: how to measure it without fooling yourself, what makes it grow, and six remedies, each of which is built by hand and then put to a test that it is allowed to fail.

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


# %% tags=["hide-input"]
def learned_by_heart(steps: int = 150) -> tuple[list[float], list[float]]:
    """Accuracy on 300 spoiled labels and on unseen digits, while a network trains."""
    split, rng = data.digits(seed=SEED), generator(SEED)
    X, y = split.X_train[:300], split.y_train[:300].clone()
    die = torch.randint(10, (300,), generator=rng)
    y = torch.where(torch.rand(300, generator=rng) < 0.4, die, y)
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    for layer in (net[0], net[2]):
        nn.init.normal_(layer.weight, std=(2 / 64) ** 0.5, generator=rng)
        nn.init.zeros_(layer.bias)
    optimizer, seen, unseen = torch.optim.Adam(net.parameters(), lr=0.02), [], []
    for _ in range(steps):
        said = net(X)
        seen.append((said.argmax(1) == y).float().mean().item())
        unseen.append(data.accuracy(net, split.X_test, split.y_test))
        optimizer.zero_grad()
        F.cross_entropy(said, y).backward()
        optimizer.step()
    return seen, unseen


# %% tags=["hide-input"]
seen, unseen = learned_by_heart()
fig, ax = plots.panel(
    "learning three hundred labels by heart",
    x="step",
    y="accuracy",
    size=(3.9, 3.1),
    ylim=(0, 1.05),
)
ax.plot(seen, label="on the labels it was shown")
ax.plot(unseen, label="on unseen digits")
ax.legend(loc="lower right")
plots.show(
    fig,
    alt="Accuracy over 150 steps. On the 300 labels shown it rises to one. On unseen "
    "digits it rises fast, peaks within about ten steps, and then falls for good.",
)
check.reaches("what it remembers", seen[-1], at_least=0.98)
check.reaches("what it had understood at its best", max(unseen), at_least=0.68)
check.reaches("what it forgot afterwards", max(unseen) - unseen[-1], at_least=0.1)

# %% [markdown]
# ## 5.1 How good is it, really?
#
# What you want to know is the error on all the data that will ever come. What you have is one box of examples. How do you use the same box to train and to be told the truth?
#
# The wish is an average over everything that may be drawn from the source $p$ of your data:
#
# $$ E(f) = \mathbb E_{(x, y) \sim p}\,\big[\,\ell(f(x), y)\,\big] \tag{5.1} $$
#
# It can only be estimated, and only on examples that had no part in making $f$. So the box is divided, and the parts have names that are easily mixed up:
#
# | name | what it is for |
# |---|---|
# | training dataset | all the data that you have; from it come the sets below |
# | training set | the parameters are learned here |
# | validation set | models and hyper-parameters are compared here (model selection) |
# | test set | opened once, at the end, for the final assessment |
# | training data | everything that had a part in making the model: training set and validation set |
# | validation data | everything that the model's quality is judged on: validation set and test set |
#
# With plenty of data, keep a part out: the *hold-out* estimate is the mean loss on $m$ examples that were kept. With little data that hurts twice, for the model has less to learn from and the estimate rests on a handful. *Cross-validation* lets
# every example serve in both roles. Cut the data into $k$ folds $V_1, \dots, V_k$, train $k$ models, each without one fold, and test each on the fold it has not seen:
#
# $$ \hat E_k = \frac1n \sum_{j=1}^{k} \sum_{i \in V_j} \ell\big(f_{-j}(x_i),\, y_i\big) \tag{5.2} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $n$, $k$ | `n`, `k` | number of examples, of folds; $k = n$ is called *leave-one-out* |
# | $V_j$ | `kept` | the $j$-th fold |
# | $f_{-j}$ | | the model that was trained without fold $j$ |


# %%
def k_folds(n: int, k: int, rng: torch.Generator) -> list[tuple[Tensor, Tensor]]:
    """k pairs (rows to train on, rows kept); every row is kept once (eq. 5.2).

    Raises ValueError unless 2 <= k <= n. The folds differ in size by one at most.
    """
    if not 2 <= k <= n:
        raise ValueError(f"{n} examples cannot be cut into {k} folds")
    folds = torch.randperm(n, generator=rng).tensor_split(k)
    return [(torch.cat([*folds[:j], *folds[j + 1 :]]), folds[j]) for j in range(k)]


# %%
folds = k_folds(11, 4, generator(SEED))
check.close(
    "every row is kept once",
    torch.cat([kept for _, kept in folds]).sort().values,
    torch.arange(11),
)
check.close("sizes", sorted(len(kept) for _, kept in folds), [2, 3, 3, 3])
for train, kept in folds:
    both = torch.cat([train, kept]).sort().values
    check.close(
        f"trained on {len(train)}, kept {len(kept)}, none in both", both, torch.arange(11)
    )
check.close(
    "leave-one-out", [len(kept) for _, kept in k_folds(7, 7, generator(SEED))], [1] * 7
)

# %% [markdown]
# A model that is quick to fit lets you see how good these estimates are. Take polynomials, written with Legendre's $P_0, P_1, \dots$ because plain powers of $x$ are nearly alike on a computer. They follow
# from each other, $(d+1)\,P_{d+1} = (2d+1)\,x\,P_d - d\,P_{d-1}$, and the best coefficients come from a linear least-squares problem.


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
    said = legendre(kept[0], degree) @ fit_polynomial(*train, degree)
    return (said - kept[1]) ** 2


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
# Leave-one-out looks expensive: $n$ models. For least squares there is a shortcut. With the matrix $H = \Phi(\Phi^{\mathsf T}\Phi)^{-1}\Phi^{\mathsf T}$, which turns the targets into the fitted values, the error on a point that was left out is the
# ordinary residual, enlarged:
#
# $$ y_i - f_{-i}(x_i) = \frac{y_i - f(x_i)}{1 - H_{ii}} \tag{5.3} $$
#
# One fit in place of $n$. Read it closely: $H_{ii}$ says how strongly a point pulls the curve to itself. A model flexible enough to go through every point has $H_{ii} = 1$, residual zero, and an honest error of zero divided by zero: its residuals say nothing at all.


# %%
def leave_one_out(x: Tensor, y: Tensor, degree: int) -> float:
    """The leave-one-out estimate of the squared error, from one fit (eq. 5.3)."""
    Phi = legendre(x, degree)
    H = Phi @ torch.linalg.pinv(Phi)
    return (((y - H @ y) / (1 - H.diagonal())) ** 2).mean().item()


x, y = noisy_wave(13, generator(SEED))
by_loop = cross_validate(x, y, 4, 13, generator(0))
check.close(
    "leave-one-out by the shortcut and by 13 fits",
    leave_one_out(x, y, 4),
    by_loop,
    rtol=1e-6,
)

# %% [markdown]
# Now the experiment that one never gets to do in life: repeat the whole thing 300 times with fresh data, 30 points each, and look how far each estimate lies from the truth, which 2,000 further points reveal.


# %%
def estimates(seed: int, n: int = 30, degree: int = 4) -> dict[str, float]:
    """How far each estimate of the squared error lies from the truth, on n points."""
    rng = generator(seed)
    x, y = noisy_wave(n, rng)
    truth = squared_errors((x, y), noisy_wave(2000, rng), degree).mean().item()
    train, kept = k_folds(n, 5, rng)[0]
    held_out = squared_errors((x[train], y[train]), (x[kept], y[kept]), degree)
    found = {
        "on the training set": squared_errors((x, y), (x, y), degree).mean().item(),
        "hold-out, 6 of 30": held_out.mean().item(),
        "5 folds": cross_validate(x, y, degree, 5, rng),
        "10 folds": cross_validate(x, y, degree, 10, rng),
        "leave-one-out": leave_one_out(x, y, degree),
    }
    return {name: estimate - truth for name, estimate in found.items()}


# %%
repeated = [estimates(1000 * SEED + i) for i in progress(range(300), "estimates")]
off = {name: torch.tensor([row[name] for row in repeated]) for name in repeated[0]}
spread = {name: (v.quantile(0.75) - v.quantile(0.25)).item() for name, v in off.items()}
for name, gaps in off.items():
    print(f"{name:>20}: off by {gaps.median():+.3f}, middle half within {spread[name]:.3f}")
check.reaches(
    "the training set flatters: share of 300",
    (off["on the training set"] < 0).double().mean(),
    at_least=0.85,
)
check.reaches(
    "spread of the hold-out over that of 5 folds",
    spread["hold-out, 6 of 30"] / spread["5 folds"],
    at_least=1.1,
)
check.reaches(
    "spread of leave-one-out over that of 10 folds",
    spread["leave-one-out"] / spread["10 folds"],
    at_least=0.7,
    at_most=1.3,
)

# %% [markdown]
# The error on the training set flatters almost always. The hold-out is honest and wide, because six points decide. Folds narrow it. And leave-one-out, with its thirty models, is no better here than ten folds: more models are not more data. Notes that call $k$ folds "a good trade-off,
# sometimes better than leave-one-out" are right; five or ten is the usual choice.
#
# **Break it.** Two ways to fool yourself with perfectly correct folds. First: choose the best of many on the validation set, and report the winner's score. Let two hundred "models" guess yes or no by coin, and validate them on fifty examples.

# %%
rng = generator(SEED)
truth_kept = torch.randint(2, (50,), generator=rng)
truth_new = torch.randint(2, (5000,), generator=rng)
coins_kept = torch.randint(2, (200, 50), generator=rng)
scores = (coins_kept == truth_kept).double().mean(dim=1)
winner_new = (torch.randint(2, (5000,), generator=rng) == truth_new).double().mean()
print(f"the winner: {scores.max():.2f} validated, {winner_new:.2f} on new examples")
check.reaches("a coin's validation accuracy", scores.max(), at_least=0.6)
check.reaches("the same coin on new examples", winner_new, at_least=0.45, at_most=0.55)

# %% [markdown]
# So the validation set wears out with use, and the test set exists: it is opened for the winner alone, once.
#
# Second: let the answer leak before the folds are cut. A thousand columns of pure noise, sixty examples, labels by coin. Choose the twenty columns that agree best with the labels, *then* cross-validate. Nothing can be learned here, and yet:


# %%
def best_columns(X: Tensor, y: Tensor, m: int) -> Tensor:
    """The m columns that agree most with the labels.   X: (n, d), y: (n,) of +-1 -> (m,)"""
    return (X.T @ y).abs().topk(m).indices


def by_centroids(X: Tensor, y: Tensor, X_new: Tensor) -> Tensor:
    """Label each new row like the nearer of the two class means.   -> (m,) of -1, +1"""
    centres = torch.stack([X[y < 0].mean(0), X[y > 0].mean(0)])
    return 2 * torch.cdist(X_new, centres).argmin(dim=1) - 1


def folded_accuracy(
    X: Tensor, y: Tensor, columns_inside: bool, rng: torch.Generator
) -> float:
    """Ten-fold accuracy, the columns chosen inside each fold, or beforehand on all rows."""
    right, columns = 0, best_columns(X, y, 20)
    for train, kept in k_folds(len(X), 10, rng):
        use = best_columns(X[train], y[train], 20) if columns_inside else columns
        said = by_centroids(X[train][:, use], y[train], X[kept][:, use])
        right += (said == y[kept]).sum().item()
    return right / len(X)


# %%
rng = generator(SEED)
noise = torch.randn(60, 1000, generator=rng)
coin = 2.0 * torch.randint(2, (60,), generator=rng) - 1
leaky, sound = (
    folded_accuracy(noise, coin, inside, generator(SEED)) for inside in (False, True)
)
print(f"columns chosen beforehand: {leaky:.0%} right; inside each fold: {sound:.0%}")
check.reaches("accuracy on pure noise, with a leak", leaky, at_least=0.85)
check.reaches("accuracy on pure noise, sound", sound, at_most=0.72)

# %% [markdown]
# > **Remember.** Everything that looks at labels belongs inside the fold: choosing columns, scaling by class, deciding when to stop. Whatever touched the validation examples is training.
#
# ## 5.2 Too simple, or too flexible?
#
# Fifteen noisy points of a wave. A straight line cannot bend to it: it is wrong on the points and wrong between them. A polynomial of degree fourteen goes through all fifteen, noise included, and runs wild between them. Where is the middle, and how would you find it?
#
# The first is *underfitting*: the model is too simple to catch what is there. The second is *overfitting*: it also catches what is not there. The training error cannot tell, as it only ever falls with the degree. Turn the capacity up and watch both errors.


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
    title="Turn the capacity up",
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


curves = (
    torch.stack([errors_by_degree(15, 100 * SEED + i) for i in range(40)])
    .median(dim=0)
    .values
)
best = int(curves[:, 1].argmin())
print(f"best on new points: degree {best}, {curves[best, 1]:.2f}; the noise alone is 0.30")
check.reaches("underfitting: degree 1, on the training points", curves[1, 0], at_least=0.5)
check.reaches("overfitting: degree 14, on the training points", curves[14, 0], at_most=1e-3)
check.reaches("overfitting: degree 14, on new points", curves[14, 1], at_least=3)
check.reaches("the middle: the best degree, on new points", curves[best, 1], at_most=0.5)

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "too simple, about right, too flexible",
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
    alt="The training error falls all the way with the degree. The error on new points "
    "falls until degree three to five and then rises by orders of magnitude.",
)

# %% [markdown]
# Two remedies are in the picture already: *a simpler model*, and *more data*. From now on every remedy must pass the yardstick of this course. With the gains $g_1, \dots, g_5$ on five seeds, a remedy
#
# $$ \text{helps} \iff g_1, \dots, g_5 > 0 \ \text{ and } \ \bar g > 2\,\operatorname{std}(g) \tag{5.4} $$
#
# Anything less is called what it is: no reliable gain. Errors that span powers of ten are compared by their logarithm.


# %%
class Verdict(NamedTuple):
    """What five seeds say of a remedy: its gains, and how often it was better."""

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
    """Apply the yardstick (eq. 5.4) to the gains, and say the result.   gains: (5,)"""
    verdict = Verdict(gains.mean().item(), gains.std().item(), int((gains > 0).sum()))
    word = "helps" if verdict.helps else "hurts" if verdict.hurts else "no reliable gain"
    print(
        f"{name:>34}: {verdict.mean:+.3f} (std {verdict.std:.3f}, "
        f"better on {verdict.wins} of 5): {word}"
    )
    return verdict


# %%
def log_error(points: int, degree: int, seed: int) -> float:
    """log10 of the root mean squared error on new points."""
    return errors_by_degree(points, seed)[degree, 1].log10().item()


flexible = torch.tensor([log_error(15, 14, seed) for seed in range(5)])
simpler = judge(
    "degree 5 in place of 14",
    flexible - torch.tensor([log_error(15, 5, s) for s in range(5)]),
)
more = judge(
    "150 points in place of 15",
    flexible - torch.tensor([log_error(150, 14, s) for s in range(5)]),
)
check.reaches("simpler model: mean gain, powers of ten", simpler.mean, at_least=0.5)
check.reaches(
    "simpler model: gain over its deviation", simpler.mean / simpler.std, at_least=2
)
check.reaches("more points: gain over its deviation", more.mean / more.std, at_least=2)

# %% [markdown]
# ## 5.3 What does a network learn by heart?
#
# Polynomials are a clean room. Does a network behave likewise, with the digits and their spoiled labels from the first page? And do the same two remedies work there?
#
# Every experiment needs five seeds, so train five networks at once: give each tensor a leading axis for the seed, and one matrix product does the work of five. The networks share nothing, neither data nor weights; they only stand side by side.


# %%
SEEDS = range(5)


class Labelled(NamedTuple):
    """Five data sets side by side.   X: (5, n, 64), y: (5, n)"""

    X: Tensor
    y: Tensor

    def rows(self, part: slice) -> "Labelled":
        return Labelled(self.X[:, part], self.y[:, part])


def spoil(y: Tensor, share: float, rng: torch.Generator) -> Tensor:
    """Replace this share of the labels by throws of a die (which may hit the truth)."""
    die = torch.randint(10, y.shape, generator=rng)
    return torch.where(torch.rand(y.shape, generator=rng) < share, die, y)


def five_data_sets(n: int, spoiled: float) -> tuple[Labelled, Labelled]:
    """n digits with spoiled labels, and 500 unseen ones with true labels, seeds 0 to 4."""
    splits = [data.digits(seed=s) for s in SEEDS]
    y = [
        spoil(split.y_train[:n], spoiled, generator(100 + s))
        for s, split in zip(SEEDS, splits, strict=True)
    ]
    train = Labelled(torch.stack([s.X_train[:n] for s in splits]), torch.stack(y))
    return train, Labelled(
        torch.stack([s.X_test[:500] for s in splits]),
        torch.stack([s.y_test[:500] for s in splits]),
    )


# %%
class Crowd:
    """Five networks, 64 -> hidden ReLUs -> 10 logits, He's weights.   X: (5, n, 64)"""

    def __init__(self, rng: torch.Generator, hidden: int = 64):
        W1 = (2 / 64) ** 0.5 * torch.randn(5, 64, hidden, generator=rng)
        W2 = (1 / hidden) ** 0.5 * torch.randn(5, hidden, 10, generator=rng)
        self.parameters = [W1, torch.zeros(5, 1, hidden), W2, torch.zeros(5, 1, 10)]
        for p in self.parameters:
            p.requires_grad_()

    def logits(self, X: Tensor, mask: Tensor | float = 1.0) -> Tensor:
        """`mask` multiplies the hidden answers: 1 leaves them, section 5.6 uses it."""
        W1, b1, W2, b2 = self.parameters
        return ((X @ W1 + b1).relu() * mask) @ W2 + b2

    def penalty(self) -> Tensor:
        """The sum of the squared weights; biases go free."""
        return (self.parameters[0] ** 2).sum() + (self.parameters[2] ** 2).sum()


def losses(logits: Tensor, y: Tensor) -> Tensor:
    """The mean cross-entropy of each network.   (5, n, 10), (5, n) -> (5,)"""
    return F.cross_entropy(logits.transpose(1, 2), y, reduction="none").mean(dim=1)


def accuracies(logits: Tensor, y: Tensor) -> Tensor:
    """The share of right answers of each network.   (5, n, 10), (5, n) -> (5,)"""
    return (logits.argmax(dim=-1) == y).float().mean(dim=1)


# %%
crowd, rng = Crowd(generator(SEED), hidden=7), generator(SEED)
images = torch.rand(5, 3, 64, generator=rng)
for s in (0, 4):
    W1, b1, W2, b2 = (p[s] for p in crowd.parameters)
    alone = F.linear(F.linear(images[s], W1.T, b1[0]).relu(), W2.T, b2[0])
    check.close(f"network {s} of five, and by itself", crowd.logits(images)[s], alone)

# %% [markdown]
# The training loop is the one of chapter 3, with Adam from chapter 2. Its options are the remedies of the next sections, each of them one line: a penalty, a decay, a share of silent units, a change of the images, and a watcher that may say stop.


# %%
class Remedies(NamedTuple):
    """What the loop may do against overfitting; by default nothing."""

    penalty: float = 0.0  # lambda of eq. 5.5
    decay: float = 0.0  # kappa of eq. 5.6
    mask: Callable[[Sequence[int], torch.Generator], Tensor] | None = None  # section 5.6
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None  # section 5.9
    watch: Callable[[Crowd], bool] | None = None  # says when to stop, section 5.4


NOTHING = Remedies()


def train(
    train_set: Labelled,
    how: Remedies = NOTHING,
    steps: int = 200,
    seed: int = 0,
    hidden: int = 64,
) -> Crowd:
    """Five networks trained on five data sets at once."""
    rng = generator(seed)
    crowd = Crowd(rng, hidden)
    optimizer = torch.optim.AdamW(crowd.parameters, lr=0.02, weight_decay=how.decay)
    for _ in range(steps):
        X = how.augment(train_set.X, rng) if how.augment else train_set.X
        mask = how.mask((*X.shape[:2], hidden), rng) if how.mask else 1.0
        loss = (
            losses(crowd.logits(X, mask), train_set.y).sum() + how.penalty * crowd.penalty()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if how.watch and how.watch(crowd):
            break
    return crowd


# %%
NOISY, UNSEEN = five_data_sets(300, spoiled=0.4)
SCORES = {}  # accuracies on unseen digits after training on spoiled labels
SCORES.update(nothing=accuracies(train(NOISY).logits(UNSEEN.X), UNSEEN.y).detach())
remembered = accuracies(train(NOISY).logits(NOISY.X), NOISY.y)
print(f"on the 300 spoiled labels {remembered.mean():.3f}")
print(f"on unseen digits          {SCORES['nothing'].mean():.3f}")
check.reaches(
    "learned by heart: the worst of five networks", remembered.min(), at_least=0.98
)
check.reaches(
    "on unseen digits: the best of five networks", SCORES["nothing"].max(), at_most=0.7
)

# %% [markdown]
# Now the two remedies that worked so well for the wave. Four times as many digits, their labels spoiled just as much; and smaller hidden layers.


# %%
def score_of(crowd: Crowd) -> Tensor:
    """Accuracy on the unseen digits of five networks.   -> (5,)"""
    with torch.no_grad():
        return accuracies(crowd.logits(UNSEEN.X), UNSEEN.y)


def score(train_set: Labelled, how: Remedies = NOTHING, **options: int) -> Tensor:
    """The same, of five networks trained like this.   -> (5,)"""
    return score_of(train(train_set, how, **options))


def tried(remedy: str, scores: Tensor, detail: str = "") -> Tensor:
    """Note the accuracies on unseen digits, judge them against doing nothing -> the gains."""
    SCORES.update({remedy: scores})
    judge(detail or remedy, scores - SCORES["nothing"])
    return scores - SCORES["nothing"]


# %%
gain = tried(
    "more data", score(five_data_sets(1200, spoiled=0.4)[0]), "1,200 digits, not 300"
)
check.reaches("more data: gain over its deviation", gain.mean() / gain.std(), at_least=2)
for hidden in (32, 16, 8):
    smaller = train(NOISY, hidden=hidden)
    gain = tried("simpler model", score_of(smaller), f"{hidden} units, not 64")
fitted = accuracies(smaller.logits(NOISY.X), NOISY.y).mean()
print(f"the spoiled labels that 8 units have learned: {fitted:.0%}")
check.reaches("8 hidden units: mean gain", gain.mean(), at_most=0.05)

# %% [markdown]
# > **Honest result.** More data helps, though four times as many digits leave the network at two right out of three: most of the larger heap is learned by heart as well, dice and all. And the simpler model, which saved the polynomial, does nothing here. Eight units
# > have room for three labels in four only, yet they read unseen digits no better: leaving some labels out is not the same as leaving out the wrong ones. A remedy is not a law; it answers to a disease.
#
# ## 5.4 When should training stop?
#
# On the first page the network was good after ten steps, before it began to learn the dice by heart. It would be enough to stop there. But which step is *there*, when the true labels are what you do not have?
#
# Keep a validation set, spoiled like the rest, and watch the loss on it. It falls, and then it rises. Remember the weights of the best step, and stop when nothing better has come for a while. How long a while is called the *patience*; how much better counts is `min_delta`. So early stopping
# is not free of hyper-parameters, though it is often praised for that: patience, threshold and the size of the validation set are three.


# %%
class EarlyStopper:
    """Remembers the best weights; says when `patience` steps brought no real gain."""

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
# Look at the last number of the curve, 1.0: it would have been the best by far, and the stopper never saw it. Patience is a bet.
#
# **Break it.** Remember the weights without copying them, and you remember a name, not a value. The optimizer changes the numbers in place; what you restore at the end are the last weights, and nothing complains.

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
# Each of the five networks gets a stopper of its own, and 60 of its 300 digits for validation.


# %%
def stop_early(train_set: Labelled, patience: int = 25) -> tuple[Crowd, list[int]]:
    """Five networks at their best validation step, and these steps; a fifth validates."""
    n = train_set.y.shape[1]
    kept, rest = train_set.rows(slice(0, n // 5)), train_set.rows(slice(n // 5, n))
    stoppers = [EarlyStopper(patience) for _ in SEEDS]

    @torch.no_grad()
    def watch(crowd: Crowd) -> bool:
        now = losses(crowd.logits(kept.X), kept.y).tolist()
        done = [
            s.see(now[i], [p[i] for p in crowd.parameters]) for i, s in enumerate(stoppers)
        ]
        return all(done)

    crowd = train(rest, Remedies(watch=watch))
    for i, stopper in enumerate(stoppers):
        for p, best in zip(crowd.parameters, stopper.best_weights, strict=True):
            p.data[i] = best
    return crowd, [s.best_step + 1 for s in stoppers]


# %%
crowd, stops = stop_early(NOISY)
print("best steps:", stops)
gain = tried("early stopping", score_of(crowd))
check.reaches("early stopping: smallest gain of five", gain.min(), at_least=0.03)
check.reaches(
    "early stopping: gain over its deviation", gain.mean() / gain.std(), at_least=2
)

# %% [markdown]
# It wastes a fifth of the data, though. So there is a last trick: the stopper has found out *how long* to train. Put everything together, start afresh, and train once for that many steps, without a watcher.

# %%
steps = round(sum(stops) / len(stops))
gain = tried(
    "stopping, then all the data", score(NOISY, steps=steps), f"all the data, {steps} steps"
)
check.reaches("all the data: smallest gain of five", gain.min(), at_least=0.1)
check.reaches("all the data: gain over its deviation", gain.mean() / gain.std(), at_least=2)

# %% [markdown]
# ## 5.5 What does a price on weights do?
#
# To go through a wrong label that stands among right ones, the network has to bend sharply, and sharp bends need large weights. What if large weights cost something?
#
# Add their squares to the loss, times a price $\lambda$. The gradient of the price is simple, and it always points back to zero:
#
# $$ \begin{gathered}
#    L_\lambda = L + \lambda \sum_i w_i^2 \\
#    \frac{\partial L_\lambda}{\partial w_i} = \frac{\partial L}{\partial w_i} + 2\lambda\,w_i
#    \end{gathered} \tag{5.5} $$
#
# With plain gradient descent a step then first shrinks each weight, $w \leftarrow (1 - 2\eta\lambda)\,w - \eta\,\partial L/\partial w$. Therefore the price is also called *weight decay*.


# %%
def penalised_gradient(grad: Tensor, w: Tensor, penalty: float) -> Tensor:
    """The gradient of L + lambda sum w^2, from that of L (eq. 5.5)."""
    return grad + 2 * penalty * w


rng = generator(SEED)
w, target = (data.normal(rng, 4, 3) for _ in range(2))
leaf = w.clone().requires_grad_()
plain = torch.autograd.grad(torch.sin(leaf * target).sum(), leaf)[0]
expected = torch.autograd.grad(
    torch.sin(leaf * target).sum() + 0.3 * (leaf**2).sum(), leaf
)[0]
slips = {"The square brings a factor of two.": plain + 0.3 * w}
check.close(
    "gradient with its price", penalised_gradient(plain, w, 0.3), expected, slips=slips
)

# %% [markdown]
# torch's SGD calls $2\lambda$ its `weight_decay`. For SGD "penalty" and "decay" are one. For Adam they are not: Adam divides every gradient by its usual size, and the price along with it. The larger the gradients of a weight, the less it then decays. *Decoupled* decay
# (Loshchilov and Hutter, 2019) takes the shrinking out of the gradient:
#
# $$ w \leftarrow (1 - \eta\,\kappa)\,w - \eta\,s \tag{5.6} $$
#
# with a rate of decay $\kappa$ and the step $s$ that Adam takes for $L$ alone, before it is multiplied by $\eta$. See both shrink the same two weights, whose gradients are a thousand times apart in size.


# %%
def shrinking(optimizer: type[torch.optim.Optimizer], **how: float) -> Tensor:
    """How far two weights shrink in 200 steps, with gradients +-1 and +-0.001."""
    w = torch.ones(2, dtype=torch.float64, requires_grad=True)
    stepper = optimizer([w], lr=0.001, **how)
    for t in range(200):
        w.grad = (-1.0) ** t * torch.tensor([1.0, 0.001], dtype=torch.float64)
        stepper.step()
    return 1 - w.detach()


penalty, decoupled = (
    shrinking(o, weight_decay=0.01) for o in (torch.optim.Adam, torch.optim.AdamW)
)
print("penalty inside Adam shrinks them by ", [f"{v:.2%}" for v in penalty.tolist()])
print("decoupled decay shrinks them by     ", [f"{v:.2%}" for v in decoupled.tolist()])
check.reaches("inside Adam: second over first", penalty[1] / penalty[0], at_least=5)


# %%
def adamw_step(
    w: Tensor, grad: Tensor, m: Tensor, v: Tensor, t: int, lr: float, decay: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Adam with decoupled decay (eq. 5.6); the new w, m, v. t counts from 1."""
    m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    step = m_hat / (v_hat.sqrt() + 1e-8)  # Adam's own, chapter 2
    return (1 - lr * decay) * w - lr * step, m, v  # eq. 5.6


rng = generator(SEED)
w = data.normal(rng, 3, 2)
theirs, m, v = w.clone().requires_grad_(), torch.zeros_like(w), torch.zeros_like(w)
optimizer = torch.optim.AdamW([theirs], lr=0.1, weight_decay=0.5)
for t in range(1, 6):
    theirs.grad = data.normal(rng, 3, 2)
    w, m, v = adamw_step(w, theirs.grad, m, v, t, lr=0.1, decay=0.5)
    optimizer.step()
check.close("five steps of AdamW", w, theirs.detach())

# %% [markdown]
# Now the spoiled digits. Try several prices: too low does nothing, too high lets nothing be learned. In earnest you would choose by cross-validation; here you may look at the whole curve.

# %%
PRICES = (0.001, 0.003, 0.01, 0.03, 0.1)
by_price = torch.stack(
    [score(NOISY, Remedies(penalty=price)) for price in progress(PRICES, "prices")]
)
for price, scores in zip(PRICES, by_price, strict=True):
    judge(f"price {price:g}", scores - SCORES["nothing"])
gains = {
    "penalty": tried("penalty", by_price[PRICES.index(0.01)]),
    "decoupled decay": tried("decoupled decay", score(NOISY, Remedies(decay=3.0))),
}
for name, gain in gains.items():
    check.reaches(f"{name}: smallest gain of five", gain.min(), at_least=0.1)
    check.reaches(f"{name}: gain over its deviation", gain.mean() / gain.std(), at_least=2)

# %% tags=["hide-input"]
fig, ax = plots.panel(
    "the price of weights, on spoiled labels",
    x="price $\\lambda$",
    y="accuracy on unseen digits",
    size=(3.9, 3.1),
    ylim=(0, 1.05),
    xscale="log",
)
for scores in by_price.T:
    ax.plot(PRICES, scores, "o-", color=plots.BLUE, alpha=0.45, linewidth=1)
ax.axhline(
    SCORES["nothing"].mean().item(),
    color=plots.ORANGE,
    linestyle="--",
    label="without a price (mean)",
)
ax.legend()
plots.show(
    fig,
    alt="Accuracy of five networks against the price: it rises from about 0.65 to about "
    "0.85 at 0.01 and falls again for higher prices, to chance at 0.1.",
)

# %% [markdown]
# ## 5.6 What if half of the units are missing?
#
# A team whose members may be away on any day cannot rely on one of them. Could a network be trained like that?
#
# *Dropout* (Srivastava and others, 2014) silences each hidden unit with probability $p$, anew at every forward pass and for every example. In service all units are present, so each sum would be larger than in training, by $1/(1-p)$ on average. Either scale the weights down in
# service, as the inventors did, or divide in training already, so that service needs nothing. The second is called *inverted* dropout, and it is what torch does:
#
# $$ \begin{gathered}
#    m_j = \begin{cases} 0 & \text{with probability } p \\ 1 & \text{with probability } 1 - p \end{cases} \\
#    \tilde a_j = \frac{m_j}{1 - p}\,a_j, \qquad \mathbb E\,[\tilde a_j] = a_j
#    \end{gathered} \tag{5.7} $$
#
# Here $p$ is the probability to *drop*. Some texts and programs count what is *kept*: look before you copy a number.


# %%
def dropout_mask(size: Sequence[int], p: float, rng: torch.Generator) -> Tensor:
    """Zero with probability p, else 1 / (1 - p) (eq. 5.7).

    Raises ValueError unless 0 <= p < 1.
    """
    if not 0 <= p < 1:
        raise ValueError(
            f"p is {p}; units are dropped with a probability from 0 to below 1"
        )
    return (torch.rand(*size, generator=rng) >= p).float() / (1 - p)


# %%
rng = generator(SEED)
answers = 1 + torch.rand(7, generator=rng)
passes = answers * dropout_mask((10_000, 7), 0.3, rng)
check.close("mean of 10,000 masked passes", passes.mean(dim=0), answers, rtol=0.03)
check.reaches(
    "all units together: off by, relative",
    abs(passes.mean() / answers.mean() - 1),
    at_most=0.01,
)
check.close(
    "share that is silent",
    (passes == 0).float().mean(),
    torch.tensor(0.3),
    rtol=0,
    atol=0.01,
)
check.close(
    "nn.Dropout gives the same two values",
    F.dropout(torch.ones(1000), 0.3).unique(),
    passes[:, :1].div(answers[0]).unique(),
)

# %% [markdown]
# **Break it.** Three readings that are often printed. The division is forgotten: then a pass in training and a pass in service have different sizes. The probability to drop and the one to keep are exchanged: at one half nobody can tell. And one mask is drawn for a whole epoch: then every example of that epoch meets the same crippled
# network.

# %%
rng = generator(SEED)
undivided = (torch.rand(10_000, 7, generator=rng) >= 0.3).float().mean(dim=0)
check.catches(
    "no division", lambda: check.close("mean answer", undivided, torch.ones(7), rtol=0.03)
)
exchanged = dropout_mask((10_000, 7), 0.7, rng)
check.catches(
    "drop for keep",
    lambda: check.close(
        "silent", (exchanged == 0).float().mean(), torch.tensor(0.3), atol=0.01
    ),
)
for_all = dropout_mask((1, 7), 0.5, rng).expand(4, 7)
check.catches(
    "one mask for all",
    lambda: check.close("masks that differ", len(for_all.unique(dim=0)), 4),
)

# %% [markdown]
# Why is the full network in service a fair substitute for all the thinned ones? With $h$ units there are $2^h$ of them. For one hidden layer with a linear last layer this can be checked to the last digit: average the logits of all thinned networks, each weighted with the probability of its mask, and you get the logits of the full network. Averaged
# logits are the geometric mean of the probabilities, normalised again:
#
# $$ \operatorname{softmax}\Big(\sum_{\mathbf m} P(\mathbf m)\,\mathbf z_{\mathbf m}\Big)_c \;\propto\; \prod_{\mathbf m} p_{\mathbf m}(c)^{P(\mathbf m)} \tag{5.8} $$
#
# So dropout trains a crowd of $2^h$ networks that share their weights, and service asks all of them at once.

# %%
rng = generator(SEED)
hidden = data.normal(rng, 8).relu()
V, p = data.normal(rng, 3, 8), 0.3
every_mask = list(itertools.product((0.0, 1.0), repeat=8))
masks = torch.tensor(every_mask, dtype=torch.float64)  # (256, 8)
chance = ((1 - p) ** masks.sum(1) * p ** (8 - masks.sum(1)))[:, None]
z = (hidden * masks / (1 - p)) @ V.T  # (256, 3)

check.close("the masks' probabilities", chance.sum().item(), 1.0)
check.close("mean logits of 256 networks", (chance * z).sum(dim=0), V @ hidden)
geometric = (chance * z.log_softmax(dim=1)).sum(dim=0).exp()
check.close(
    "their geometric mean, normalised",
    geometric / geometric.sum(),
    (V @ hidden).softmax(dim=0),
)


# %%
def dropping(p: float) -> Remedies:
    """Dropout of the hidden units with probability p."""
    return Remedies(mask=lambda size, rng: dropout_mask(size, p, rng))


gain = tried("dropout", score(NOISY, dropping(0.5)), "dropout, p = 0.5")
check.reaches("dropout: smallest gain of five", gain.min(), at_least=0.03)
check.reaches("dropout: gain over its deviation", gain.mean() / gain.std(), at_least=2)


# %% [markdown]
# Look at the masks themselves: 24 units (columns) for 10 examples (rows). Draw again, and raise $p$. How many of the units does an example still meet?


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
    title="Who is at work today?",
    hint="Draw again, or change the probability to drop.",
    p=[0.0, 0.2, 0.5, 0.8],
    draw=[1, 2, 3],
)

# %% [markdown]
# ## 5.7 Do many heads know more?
#
# Ask five doctors and take the mean of what they say. When is the mean better than one of them, picked at random?
#
# Always, if you count in squared errors, and by exactly as much as they disagree (Krogh and Vedelsby, 1995). With members $f_1, \dots, f_M$ and their mean $\bar f$:
#
# $$ (\bar f - y)^2 = \frac1M \sum_{k} (f_k - y)^2 - \frac1M \sum_{k} (f_k - \bar f)^2 \tag{5.9} $$
#
# The last term is never negative. So members should be good, and different.

# %%
rng = generator(SEED)
members = data.normal(rng, 6, 40)
truth = data.normal(rng, 40)
mean = members.mean(dim=0)
together, each = ((mean - truth) ** 2).mean(), ((members - truth) ** 2).mean()
spread = ((members - mean) ** 2).mean()
check.close("the mean's squared error", together, each - spread)

# %% [markdown]
# How do you get different members from the same data? Start from other weights, and also give each a data set of its own: draw $n$ examples from the $n$ that you have, *with* putting back. About a third is missing from each draw, $(1 - 1/n)^n \approx 1/e$, others come twice. Training on such draws and averaging is called *bagging*. Average probabilities, not
# votes: a vote throws away how sure each was.


# %%
def redrawn(train_set: Labelled, rng: torch.Generator) -> Labelled:
    """A bootstrap draw: as many examples, with putting back, for each of the five."""
    n = train_set.y.shape[1]
    rows = torch.randint(n, (5, n), generator=rng)
    return Labelled(
        torch.stack([X[r] for X, r in zip(train_set.X, rows, strict=True)]),
        train_set.y.gather(1, rows),
    )


def bagged(train_set: Labelled, members: int = 6) -> Tensor:
    """Accuracy of the mean probabilities of networks trained on redrawn data.   -> (5,)"""
    draws = [redrawn(train_set, generator(k)) for k in range(members)]
    crowds = [train(draw, seed=k) for k, draw in enumerate(progress(draws, "bagging"))]
    with torch.no_grad():
        p = torch.stack([crowd.logits(UNSEEN.X).softmax(dim=-1) for crowd in crowds])
    return accuracies(p.mean(dim=0), UNSEEN.y)


# %%
missing = 1 - len(torch.randint(5000, (5000,), generator=generator(SEED)).unique()) / 5000
check.close("share of examples that a draw misses", missing, 1 / math.e, rtol=0.05)
gain = tried("averaging", bagged(NOISY), "mean of six, redrawn data")
check.reaches("averaging: smallest gain of five", gain.min(), at_least=0.03)
check.reaches("averaging: gain over its deviation", gain.mean() / gain.std(), at_least=2)

# %% [markdown]
# ## 5.8 And when nothing helps?
#
# On spoiled labels nearly everything helped. It would be easy to end here, with six remedies and a warm feeling. But do they help on *your* data? Repeat all of it, with the same settings, on one hundred digits whose labels are right. The network learns those by heart too: its training accuracy is one, and it
# misreads about one unseen digit in eight. There is something to be gained. What gains it?

# %%
clean, _ = five_data_sets(100, spoiled=0.0)
clean_scores = {
    "nothing": score(clean),
    "more data": score(five_data_sets(1200, spoiled=0.0)[0]),
    "simpler model": score(clean, hidden=8),
    "early stopping": score_of(stop_early(clean)[0]),
    "penalty": score(clean, Remedies(penalty=0.01)),
    "decoupled decay": score(clean, Remedies(decay=3.0)),
    "dropout": score(clean, dropping(0.5)),
    "averaging": bagged(clean),
}
print(f"nothing: {clean_scores['nothing'].mean():.3f} of the unseen digits are read")
verdicts = {
    name: judge(name, scores - clean_scores["nothing"])
    for name, scores in clean_scores.items()
    if name != "nothing"
}

# %%
gained, tricks = verdicts["more data"], [v for n, v in verdicts.items() if n != "more data"]
check.reaches("right labels, more data: mean gain", gained.mean, at_least=0.04)
check.reaches(
    "right labels, more data: over deviation", gained.mean / gained.std, at_least=2
)
check.reaches("right labels: tricks that help", sum(v.helps for v in tricks), at_most=0)
check.reaches(
    "right labels: best trick's mean gain", max(v.mean for v in tricks), at_most=0.02
)


# %% tags=["hide-input"]
def draw_gains(title: str, scores: dict[str, Tensor]) -> plots.Figure:
    """The gains on five seeds, a row for each remedy of `clean_scores`."""
    names = [name for name in reversed(clean_scores) if name != "nothing"]
    fig, ax = plots.panel(
        title, x="gain in accuracy on unseen digits", size=(4.2, 3.2), xlim=(-0.12, 0.4)
    )
    for i, name in enumerate(names):
        gains = scores[name] - scores["nothing"]
        ax.plot(gains, [i] * 5, "o", color=plots.BLUE, alpha=0.6)
        ax.plot(gains.mean(), i, "D", color=plots.ORANGE, markersize=7)
    ax.axvline(0, color=plots.INK, linewidth=1)
    ax.set_yticks(range(len(names)), names)
    return fig


# %% tags=["hide-input"]
plots.show(
    draw_gains("300 digits, labels spoiled", SCORES),
    draw_gains("100 digits, labels right", clean_scores),
    alt=[
        "Gains on five seeds with spoiled labels: early stopping, penalty, decay, dropout "
        "and averaging all lie clearly to the right of zero.",
        "Gains on five seeds with right labels: only more data lies clearly to the right "
        "of zero; everything else scatters around it or lies to its left.",
    ],
)

# %% [markdown]
# > **Honest result.** One thing helps: more data, here twelve times as much. Of the six tricks none passes; a penalty that brought more than twenty points before now brings nothing, the smaller network hurts, and early stopping rather costs: it takes away twenty of the hundred digits. All of them guard against learning what is false. Here nothing false was there to be learned, only too little that is true.
#
# So a remedy is chosen for a disease, and whether the disease is there is found out by measuring: several seeds, a yardstick fixed beforehand, and the readiness to write "no gain".
#
# ## 5.9 Can you make data out of data?
#
# If only more data helps, can you have more without collecting it? A 7 that is turned by twenty degrees is still a 7. You know that; the network does not, until you show it.
#
# *Augmentation* changes each training image at random, anew in every step, in ways that leave its label alone. *Geometric* changes move the pixels: shift, turn, scale, shear, perspective. *Photometric* ones change their values: brightness, contrast, noise. A turn, a scale and a shift together are an affine map. It is easiest to go backwards: for every
# pixel of the new image, ask from where in the old one it comes,
#
# $$ \begin{pmatrix} x_\text{old} \\ y_\text{old} \end{pmatrix} = \Theta \begin{pmatrix} x \\ y \\ 1 \end{pmatrix}, \qquad \Theta \in \mathbb R^{2 \times 3} \tag{5.10} $$
#
# and mix the four pixels around that place, each with the weight that its nearness deserves. Coordinates run from −1 to 1 over the image, so that $\Theta$ does not depend on its size.


# %%
def pixel_centres(h: int, w: int) -> Tensor:
    """(x, y, 1) of every pixel, x and y in -1..1.   -> (h w, 3)"""
    y, x = torch.meshgrid(
        (2 * torch.arange(h) + 1) / h - 1, (2 * torch.arange(w) + 1) / w - 1, indexing="ij"
    )
    return torch.stack([x, y, torch.ones_like(x)], dim=-1).reshape(-1, 3)


def warp(images: Tensor, theta: Tensor) -> Tensor:
    """Move the pixels by affine maps (eq. 5.10).   (n, h, w), (n, 2, 3) -> (n, h, w)"""
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
    """Turn each 8 x 8 image, shift it, scale it by up to a tenth.   (..., 64)"""
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
def photometric(X: Tensor, rng: torch.Generator) -> Tensor:
    """Random contrast, brightness and noise for each image.   (..., 64) -> the same"""
    n, one_each = X.numel() // 64, (*X.shape[:-1], 1)
    contrast = uniform(0.4, 1.2, n, rng).reshape(one_each)
    light = uniform(-0.3, 0.3, n, rng).reshape(one_each)
    return contrast * X + light + 0.1 * torch.randn(X.shape, generator=rng)


def both(X: Tensor, rng: torch.Generator) -> Tensor:
    """First the pixels move, then their values change."""
    return photometric(geometric(X, rng), rng)


# %% [markdown]
# Look at what comes out before you train on it. Is it still the digit that the label says? Raise the angle until you would not sign the label any more.


# %% tags=["hide-input"]
def gallery(change: str, degrees: int) -> tuple[plots.Figure, str]:
    """Eighteen digits, changed."""
    X, rng = data.digits(seed=SEED).X_train[:18], generator(SEED)
    title = "as they were written"
    if change == "geometric":
        X, title = geometric(X, rng, float(degrees)), f"turned by up to {degrees}°"
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
    title="Is it still the same digit?",
    hint="Choose a kind of change, then raise the angle.",
    change=["none", "geometric", "photometric"],
    degrees=[15, 45, 180],
)

# %% [markdown]
# Train on 300 upright, well-lit digits with right labels, and test on three kinds of unseen digits: upright ones like those, turned and shifted ones, and badly lit ones.

# %%
upright, _ = five_data_sets(300, spoiled=0.0)
tests = {
    "upright": UNSEEN.X,
    "turned": geometric(UNSEEN.X, generator(7)),
    "badly lit": photometric(UNSEEN.X, generator(8)),
}
CHANGES = {"none": None, "geometric": geometric, "photometric": photometric, "both": both}
crowds = {
    name: train(upright, Remedies(augment=change), steps=400)
    for name, change in progress(CHANGES.items(), "augmentation")
}


@torch.no_grad()
def on_tests(crowd: Crowd) -> dict[str, Tensor]:
    """Accuracy on each kind of unseen digits.   -> (5,) each"""
    return {kind: accuracies(crowd.logits(X), UNSEEN.y) for kind, X in tests.items()}


results = {name: on_tests(crowd) for name, crowd in crowds.items()}
for kind, name in itertools.product(tests, ("geometric", "photometric", "both")):
    judge(
        f"{name}, tested on {kind} ({results[name][kind].mean():.3f})",
        results[name][kind] - results["none"][kind],
    )

# %%
turned, lit = (
    results[name][kind] - results["none"][kind]
    for name, kind in (("geometric", "turned"), ("photometric", "badly lit"))
)
check.reaches(
    "geometric, on turned digits: smallest gain of five", turned.min(), at_least=0.3
)
check.reaches(
    "photometric, on badly lit digits: smallest gain of five", lit.min(), at_least=0.04
)
check.reaches(
    "photometric, on badly lit digits: gain over its deviation",
    lit.mean() / lit.std(),
    at_least=2,
)
price = results["geometric"]["upright"] - results["none"]["upright"]
check.reaches("geometric, on upright digits: mean gain", price.mean(), at_most=0.01)

# %% [markdown]
# Forty points where the test images are turned, and nothing, or a small loss, where they are upright. Augmentation teaches exactly the invariance that you put in, and no other. It helps where the world varies as you said it would; a network that was trained on turned digits alone reads badly lit ones even worse than before.
#
# **Keep the label true.** Turning by 180 degrees is harmless for a 0 and an 8. And for a 6?

# %%
upside_down = UNSEEN.X.flip(-1)  # reversing the 64 pixels turns the image by 180 degrees
with torch.no_grad():
    said = crowds["none"].logits(upside_down).argmax(dim=-1)
as_nine = (said[UNSEEN.y == 6] == 9).float().mean()
check.reaches("sixes that are read as nines when turned", as_nine, at_least=0.7)

# %% [markdown]
# The network is right: they *are* nines. Which changes are allowed depends on the class, and so may their number. When a class is rare, change only *its* examples, and make many of them. Give the network three examples of one digit and four hundred of the others; then
# fill the rare class up with changed copies. Plain copies are the control.


# %%
def with_rare(digit: int, copies: int, change: Callable[..., Tensor] | None) -> Labelled:
    """400 common digits and 3 of a rare class, repeated `copies` times and changed."""
    X, y = [], []
    for s in SEEDS:
        split, rare = data.digits(seed=s), data.digits(seed=s).y_train == digit
        few, many = split.X_train[rare][:3], split.X_train[~rare][:400]
        extra = few.repeat(copies, 1)
        X.append(torch.cat([many, few, change(extra, generator(s)) if change else extra]))
        labels = torch.full((3 + 3 * copies,), digit)
        y.append(torch.cat([split.y_train[~rare][:400], labels]))
    return Labelled(torch.stack(X), torch.stack(y))


@torch.no_grad()
def recall(crowd: Crowd, digit: int) -> Tensor:
    """Share of the unseen examples of a digit that are recognised.   -> (5,)"""
    right = (crowd.logits(UNSEEN.X).argmax(dim=-1) == digit) & (UNSEEN.y == digit)
    return right.sum(dim=1) / (UNSEEN.y == digit).sum(dim=1)


# %%
def gently(X: Tensor, rng: torch.Generator) -> Tensor:
    """A change that every digit survives."""
    return geometric(X, rng, degrees=15.0, shift=0.125)


CASES = {"as it is": (0, None), "plain copies": (12, None), "changed copies": (12, gently)}
recalls = {}
for name, (copies, change) in progress(CASES.items(), "a rare class"):
    nets = {d: train(with_rare(d, copies, change), steps=100) for d in (1, 2, 3, 5, 8, 9)}
    recalls[name] = torch.stack([recall(net, d) for d, net in nets.items()]).mean(dim=0)

# %%
for name in ("plain copies", "changed copies"):
    label = f"{name} ({recalls[name].mean():.2f} recognised)"
    judge(label, recalls[name] - recalls["as it is"])
over_plain = judge(
    "changed over plain copies", recalls["changed copies"] - recalls["plain copies"]
)
gain = recalls["changed copies"] - recalls["as it is"]
check.reaches("changed copies: smallest gain of five", gain.min(), at_least=0.1)
check.reaches(
    "changed copies: gain over its deviation", gain.mean() / gain.std(), at_least=2.5
)
check.reaches("changed over plain copies: mean gain", over_plain.mean, at_least=0.05)


# %% [markdown]
# **Augment the question, too.** At test time, show the network several changed versions $A_l(I)$ of the same image and average what it says. This is *test-time augmentation*, an ensemble of views in place of networks:
#
# $$ \mathbf p = \frac1T \sum_{l=1}^{T} f\big(A_l(I)\big) \tag{5.11} $$


# %%
@torch.no_grad()
def with_views(crowd: Crowd, X: Tensor, views: int = 16) -> Tensor:
    """Mean probabilities over changed versions (eq. 5.11).   (5, n, 64) -> (5, n, 10)"""
    rng = generator(3)
    said = [crowd.logits(gently(X, rng)).softmax(dim=-1) for _ in range(views)]
    return torch.stack(said).mean(dim=0)


views = {}
for name, kind in itertools.product(("geometric", "none"), ("upright", "turned")):
    gain = accuracies(with_views(crowds[name], tests[kind]), UNSEEN.y) - results[name][kind]
    views[name, kind] = judge(f"16 views, trained with {name}, {kind}", gain)
trained = views["geometric", "upright"]
check.reaches(
    "views, trained with augmentation: gain over deviation",
    trained.mean / trained.std,
    at_least=2,
)
check.reaches("views, trained without: mean gain", views["none", "upright"].mean, at_most=0)

# %% [markdown]
# About three points for a network that knows such views from its training, on images that stand upright. For a network that has never seen a turned digit, the views are foreign, and averaging foreign answers hurts. And digits that are turned already are turned further. Test-time augmentation costs sixteen passes for one answer: measure whether it pays.
#
# ## 5.10 Your turn
#
# The [exercises of this chapter](../assignments/05_generalization/05_generalization.ipynb) ask for the pieces again. Each has a check that tells you at once what is wrong.
#
# | exercise | effort | minutes |
# |---|---|---|
# | cut the folds (5.2) | ●● | 15 |
# | stop in time | ●●● | 20 |
# | a price on weights (5.5) | ● | 5 |
# | decay outside Adam (5.6) | ●● | 10 |
# | inverted dropout (5.7) | ●● | 10 |
# | the mean of many heads (5.9) | ●● | 10 |
# | many views of one image (5.11) | ●● | 10 |
#
# And one to think about, without a check.
#
# <details><summary>A colleague tuned five hyper-parameters on the validation set, two hundred runs in all, and reports the best validation accuracy as the result. You get the model and the data. What do you do?</summary>
#
# Open the test set, once. The best of two hundred validation scores is the winner of a lottery as well as of a race (the coins of section 5.1 reached sixty percent and more). If there is no test set left, keep new data, or repeat the whole search inside an outer cross-validation, and report the outer score.
#
# </details>
#
# ## 5.11 In five lines
#
# 1. The error that counts is the one on data that had no part in the making; folds let every example serve both roles, and leaks turn noise into ninety percent.
# 2. A model can be too simple or too flexible; the training error sees only the first. A network can learn three hundred dice by heart.
# 3. Early stopping, a price on weights, dropout and averaging all keep it from learning what is false, and each helped on spoiled labels; with few but right labels none of them did, only more data.
# 4. Augmentation teaches the invariance that you put in, and no other; the label must stay true.
# 5. Say "helps" only when five seeds agree and the gain is larger than two of its own deviations; otherwise say what you saw.
#
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, section 2.1, and Politecnico di Milano, "Training and overfitting", "Optimizations techniques" and "Data augmentation"). In these places it differs from them.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Milano, Early stopping | works out of the box, no hyper-parameter | patience, threshold and the size of the validation set have to be chosen (a matter of precision) | Prechelt (1998) | section 5.4 |
# | Milano, Weight decay | a sentence breaks off; the parameter is $\gamma$ in one place and $\lambda$ in another; weight decay is L2 | the gradient gains $2\lambda w$; penalty and decay agree for SGD and differ for Adam (a matter of precision) | Loshchilov and Hutter (2019) | section 5.5 |
# | Milano, Dropout | a set of neurons is turned off for each epoch; the weights are scaled | a new mask at every forward pass, for every example; scaling the weights in service (the original) and dividing by $1 - p$ in training are equivalent; say whether $p$ drops or keeps | Srivastava and others (2014) | section 5.6 |
# | Milano, Data augmentation | $A_l(I)_l$ and $p_i$ | $\{A_l(I)\}_l$ and $p_l$: one prediction for each version (a matter of precision) | | section 5.9 |
# | Bologna 2.1 | a list of six methods to reduce overfitting | each of them answers to a cause; on one hundred right labels only more data helped (an addition) | measured here | section 5.8 |
#
# ## Further reading
#
# - C. Zhang, S. Bengio, M. Hardt, B. Recht and O. Vinyals (2017), *Understanding deep learning requires rethinking generalization*, ICLR: random labels, learned by heart, at full size.
# - L. Prechelt (1998), *Early stopping: but when?*, in Neural Networks: Tricks of the Trade: the question of this chapter's section 5.4, asked with care.
# - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov (2014), *Dropout*, JMLR 15: the original, with the scaling in service.
# - I. Loshchilov and F. Hutter (2019), *Decoupled weight decay regularization*, ICLR: why AdamW is not Adam with a penalty.
# - A. Krogh and J. Vedelsby (1995), *Neural network ensembles, cross validation, and active learning*, NeurIPS: equation (5.9), in two lines.
# - T. Hastie, R. Tibshirani and J. Friedman (2009), *The elements of statistical learning*, chapter 7: cross-validation, right and wrong.
