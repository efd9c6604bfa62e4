"""Planted wrong answers of the grader's small assignment."""

from torch import Tensor

from course_tools.grading.slips import slip


@slip("softmax", hint="the sum runs over the rows; each row has to sum to one")
def wrong_axis(Z: Tensor) -> Tensor:
    E = (Z - Z.max(dim=1, keepdim=True).values).exp()
    return E / E.sum(dim=0, keepdim=True)


@slip("softmax", hint="large scores overflow; subtract the largest of each row first")
def overflows(Z: Tensor) -> Tensor:
    E = Z.exp()
    return E / E.sum(dim=1, keepdim=True)


@slip("linear", hint="the bias is missing")
def no_bias(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    return X @ W.T


@slip("accuracy", hint="the number of hits has to be divided by the number of rows")
def counts(scores: Tensor, y: Tensor) -> float:
    return (scores.argmax(dim=1) == y).double().sum().item()


@slip("momentum_step", hint="the step is taken with the old velocity")
def old_velocity(
    w: Tensor, v: Tensor, dw: Tensor, lr: float, beta: float
) -> tuple[Tensor, Tensor]:
    return w - lr * v, beta * v + dw


@slip("momentum_step", hint="the inputs are changed in place")
def in_place(
    w: Tensor, v: Tensor, dw: Tensor, lr: float, beta: float
) -> tuple[Tensor, Tensor]:
    v.mul_(beta).add_(dw)
    w.sub_(lr * v)
    return w, v
