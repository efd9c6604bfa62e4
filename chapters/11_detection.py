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
# # 11 Detection
#
# TODO: open with the question of the chapter. `course check` estimates how long it takes to study.
#
# > **Study time** About 5 minutes. The core path, 5 minutes, is section 11.1; sections marked *going further* can wait. Terms set in bold are in the [glossary](glossary.md).

# %%
import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils import check, plots

SEED = check.seed(11)
torch.set_default_dtype(torch.float64)  # gradients are compared in double precision

# %% [markdown]
# ## 11.1 TODO: the question that this section answers
#
# TODO: introduce it in 20 to 90 words, with each standard term in bold at its first use. What stands here is a sample: the mean square.
#
# $$ m = \frac{1}{n} \sum_{i=1}^{n} x_i^2 \tag{11.1} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $x$ | `x` | some numbers, $(n,)$ |
# | $m$ | `mean_square(x)` | their mean square |


# %%
def mean_square(x: Tensor) -> Tensor:
    """The mean of the squares (eq. 11.1).   x: (n,) -> ()"""
    return (x**2).sum() / len(x)


rng = torch.Generator().manual_seed(SEED)
x = torch.randn(5, generator=rng)
check.close("mean square", mean_square(x), F.mse_loss(x, torch.zeros(5)))

# %% [markdown]
# **Break it.** TODO: a plausible mistake, which check catches it, and which does not.

# %%
check.catches(
    "a sum for the mean", lambda: check.close("mean square", (x**2).sum(), mean_square(x))
)

# %% [markdown]
# TODO: an experiment with a measured result, held to a floor by `check.reaches`; a picture with its alternative text; a widget.

# %% tags=["hide-input"]
fig, ax = plots.panel("the squares", x="$i$", y="$x_i^2$")
ax.plot(x**2, "o")
plots.show(fig, alt="TODO: a sentence for a person who cannot see the picture.")

# %% [markdown]
# ## 11.2 Your turn
#
# The [exercises of this chapter](../assignments/11_detection/11_detection.ipynb) ask for other pieces: each has a check that tells you at once what is wrong.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | TODO: weighted mean | write | ● | 5 |
#
# ## 11.3 In five lines
#
# 1. TODO: what to remember.
#
# ## What the lecture notes get wrong
#
# TODO: one row for each place in which the chapter departs from the lecture notes.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
#
# ## Further reading
#
# - TODO: the papers, each with what it is good for.
