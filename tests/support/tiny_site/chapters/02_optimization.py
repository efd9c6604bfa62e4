# %% [markdown]
# # 2 Gradient descent and optimisers
#
# ## 2.2 A second question
#
# The sentence that a test changes.

# %%
print("two")
