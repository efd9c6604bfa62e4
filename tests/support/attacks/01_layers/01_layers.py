# %% [markdown]
# # A small assignment for the grader's tests

# %% setup
import torch
from torch import Tensor

from course_utils import check

# %% [markdown]
# ## 1. Softmax
# Write it yourself: calls of `softmax` and its relatives are stopped while the cell is graded.


# %% softmax
def softmax(Z: Tensor) -> Tensor:
    """Rows of Z to rows that sum to one.   Z: (n, k) -> (n, k)"""
    ### BEGIN SOLUTION
    E = (Z - Z.max(dim=1, keepdim=True).values).exp()
    return E / E.sum(dim=1, keepdim=True)
    ### END SOLUTION


# %% test_softmax points=2
Z = torch.randn(3, 5)
check.close("softmax", softmax(Z), torch.softmax(Z, dim=1))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("softmax")
Z = torch.randn(4, 7)
seal("softmax: ordinary scores", softmax(Z))
seal("softmax: large scores", softmax(1000 * Z))
### END HIDDEN TESTS

# %% [markdown]
# ## 2. A linear layer


# %% linear
def linear(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Y = X W^T + b.   X: (n, d), W: (k, d), b: (k,) -> (n, k)"""
    ### BEGIN SOLUTION
    return X @ W.T + b
    ### END SOLUTION


# %% test_linear points=2
X, W, b = torch.randn(3, 4), torch.randn(2, 4), torch.randn(2)
check.close("linear", linear(X, W, b), torch.nn.functional.linear(X, W, b))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

seal("linear: another shape", linear(torch.randn(5, 3), torch.randn(7, 3), torch.randn(7)))
for n in (1, 2):
    seal(
        f"linear: {n} rows",
        linear(torch.randn(n, 4), torch.randn(2, 4), torch.randn(2)),
        rule=close(rtol=1e-3),
    )
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Accuracy


# %% accuracy
def accuracy(scores: Tensor, y: Tensor) -> float:
    """The share of rows whose largest score is at the label.   scores: (n, k), y: (n,)"""
    ### BEGIN SOLUTION
    return (scores.argmax(dim=1) == y).double().mean().item()
    ### END SOLUTION


# %% test_accuracy points=2
check.close("accuracy", accuracy(torch.eye(3), torch.tensor([0, 1, 0])), 2 / 3)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import number, seal

scores, y = torch.randn(997, 3), torch.randint(3, (997,))
seal("accuracy: random scores", accuracy(scores, y), rule=number())
seal("accuracy: all right", accuracy(torch.eye(4), torch.arange(4)), rule=number())
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Momentum


# %% momentum_step
def momentum_step(
    w: Tensor, v: Tensor, dw: Tensor, lr: float, beta: float
) -> tuple[Tensor, Tensor]:
    """The weight and the velocity after one step: v' = beta v + dw, w' = w - lr v'."""
    ### BEGIN SOLUTION
    v = beta * v + dw
    return w - lr * v, v
    ### END SOLUTION


# %% test_momentum_step points=3
w, v = momentum_step(torch.ones(2), torch.zeros(2), torch.ones(2), lr=0.5, beta=0.9)
check.close("w", w, torch.full((2,), 0.5))
check.close("v", v, torch.ones(2))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

w, v, dw = torch.randn(3, 4), torch.randn(3, 4), torch.randn(3, 4)
seal("momentum: one step", momentum_step(w, v, dw, 0.1, 0.9))
seal("momentum: from rest", momentum_step(w, torch.zeros(3, 4), dw, 0.1, 0.5))
seal("momentum: inputs are kept", [momentum_step(w, v, dw, 0.1, 0.9)[0], w, v, dw])
### END HIDDEN TESTS
