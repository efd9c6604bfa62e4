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
# # Exercises 11: Detection
#
# TODO: how many exercises there are, how many points, and what may not be used. They belong to [chapter 11](../../chapters/11_detection.ipynb).
#
# Replace the two lines under `# YOUR CODE HERE`, run the cell, then run the check below it. A check that fails says which value differs, how it
# is related to the expected one and, for many slips, what went wrong. After handing in, each function is run again on other inputs: edge cases included.

# %% setup
import torch
from torch import Tensor

from course_utils import check


def numbers(values: object) -> Tensor:
    """A float64 tensor of the given numbers."""
    return torch.tensor(values, dtype=torch.float64)


# %% [markdown]
# ## 11.1 TODO: a sample exercise, the weighted mean
# *Write · 2 points · effort ● · about 5 minutes*
#
# Some numbers $x_i$ have weights $w_i$. Give back their weighted mean:
#
# $$ \frac{\sum_i w_i x_i}{\sum_i w_i} $$
#
# <details><summary>Hint</summary>
#
# Two sums and one division.
#
# </details>


# %% weighted_mean
def weighted_mean(x: Tensor, w: Tensor) -> Tensor:
    """The mean of x, each with its weight.   x, w: (n,) -> ()"""
    ### BEGIN SOLUTION
    return (w * x).sum() / w.sum()
    ### END SOLUTION


# %% test_weighted_mean points=2
x, w = numbers([0.5, -2.0, 3.0]), numbers([1.0, 2.0, 0.5])
check.close("weighted mean", lambda: weighted_mean(x, w), numbers(-4 / 7))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import seal

x, w = numbers([-1.5, 0.5, 2.0, 4.0]), numbers([3.0, 1.0, 0.5, 2.0])
seal("four numbers", weighted_mean(x, w))
seal("a weight of zero", weighted_mean(numbers([2.0, 5.0]), numbers([0.0, 4.0])))
### END HIDDEN TESTS
