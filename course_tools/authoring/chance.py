"""The random numbers that answers draw without a generator of their own: from Python, from NumPy and from torch."""

import pickle
import random

import numpy as np
import numpy.random


def sow(seed: int) -> None:
    """Begin all three anew from one seed."""
    import torch  # here: whoever imports `build` has no use for it

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (answers may use it)
    torch.default_generator.manual_seed(seed)


def state() -> bytes:
    """Where the three stand: after a number was drawn it is another."""
    import torch

    return pickle.dumps((random.getstate(), np.random.get_state(), torch.get_rng_state().numpy()))  # noqa: NPY002
