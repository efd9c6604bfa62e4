# %% [markdown]
# # A tiny assignment
# It is here for the tests of the class loop: four exercises that take no time to run.

# %% setup
import math

# %% [markdown]
# ## 1. Mean


# %% mean
def mean(values: list[float]) -> float:
    """The mean of some numbers."""
    ### BEGIN SOLUTION
    total = 0.0
    for value in values:
        total += value
    return total / len(values)
    ### END SOLUTION


# %% test_mean points=2
assert mean([1.0, 2.0, 6.0]) == 3.0
### BEGIN HIDDEN TESTS
assert mean([5.0, 8.0]) == 6.5
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Variance


# %% variance
def variance(values: list[float]) -> float:
    """The mean squared distance from the mean."""
    ### BEGIN SOLUTION
    middle = sum(values) / len(values)
    return sum((value - middle) ** 2 for value in values) / len(values)
    ### END SOLUTION


# %% test_variance points=3
assert variance([1.0, 3.0]) == 1.0, "the squares are averaged over all values"
### BEGIN HIDDEN TESTS
assert variance([2.0, 4.0, 9.0]) == 26 / 3
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Sigmoid


# %% sigmoid
def sigmoid(z: float) -> float:
    """1 / (1 + exp(-z))."""
    ### BEGIN SOLUTION
    return 1 / (1 + math.exp(-z))
    ### END SOLUTION


# %% test_sigmoid points=1
assert sigmoid(0.0) == 0.5
### BEGIN HIDDEN TESTS
assert abs(sigmoid(2.0) - 0.8807970779778823) < 1e-12
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Relu


# %% relu
def relu(z: float) -> float:
    """z where it is positive, else 0."""
    ### BEGIN SOLUTION
    return max(z, 0.0)
    ### END SOLUTION


# %% test_relu points=2
assert relu(3.0) == 3.0
### BEGIN HIDDEN TESTS
assert relu(-7.25) == 0.0
### END HIDDEN TESTS

# %% [markdown]
# ## 5. In your own words

# %% why [markdown] points=2
# Why is the variance never negative?
#
# ### BEGIN SOLUTION
# It is a mean of squares.
# ### END SOLUTION
