# %% [markdown]
# # The kinds of exercises
# For the tests of the grader: find the bug, predict and test, derive, each as a chapter would ask for it.

# %% setup
import torch
from torch import Tensor

from course_utils import check

# %% [markdown]
# ## 1. Find the bug
# One line of this softmax over the classes is wrong. Which one?
#
# ```python
# def softmax(Z):                              # A
#     m = Z.max(dim=1, keepdim=True).values    # B
#     Z = Z - m                                # C
#     e = Z.exp()                              # D
#     total = e.sum(dim=0, keepdim=True)       # E
#     p = e / total                            # F
#     return p                                 # G
# ```
# In a second one the fault is in another line; the lines H to L are those.

# %% fault
### BEGIN SOLUTION
fault = "E"
### END SOLUTION

# %% test_fault points=1
check.chosen("the faulty line", lambda: fault, "ABCDEFGHIJKL")
### BEGIN HIDDEN TESTS
from course_tools.grading.author import choice, seal

seal("the faulty line", fault, rule=choice(*"ABCDEFGHIJKL"))
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Repair it


# %% softmax
def softmax(Z: Tensor) -> Tensor:
    """Each row's shares.   Z: (n, k) -> (n, k)"""
    ### BEGIN SOLUTION
    e = (Z - Z.max(dim=1, keepdim=True).values).exp()
    return e / e.sum(dim=1, keepdim=True)
    ### END SOLUTION


# %% test_softmax points=2
Z = torch.tensor([[1.0], [3.0], [300.0]]) * torch.randn(
    3, 4, generator=torch.Generator().manual_seed(2)
)
check.close("shares", lambda: softmax(Z), torch.softmax(Z, dim=1))
### BEGIN HIDDEN TESTS
from course_tools.grading.author import banned, seal

banned("softmax")
seal("other scores", softmax(torch.tensor([[1.0], [9.0], [1000.0]]) * torch.randn(3, 5)))
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Predict and test
# What are the two shares of the logits 0 and ln 3? Write them as two numbers, before you run anything.

# %% shares
### BEGIN SOLUTION
shares = [0.25, 0.75]
### END SOLUTION

# %% test_shares points=1
check.predicted("the shares", lambda: shares, count=2)
### BEGIN HIDDEN TESTS
from course_tools.grading.author import close, seal

seal("the shares", torch.tensor(shares), rule=close(atol=0.005))
### END HIDDEN TESTS
