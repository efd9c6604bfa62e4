"""What is left to chance: random numbers that are drawn without a generator, and memory that is read unfilled."""

import contextlib
import pickle
import random
from collections.abc import Iterator

import numpy as np
import numpy.random


def sow(seed: int) -> None:
    """Begin the random numbers of Python, NumPy and torch anew, from one seed."""
    import torch  # here: whoever imports `build` has no use for it

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (answers may use it)
    torch.default_generator.manual_seed(seed)


def state() -> bytes:
    """Where the random numbers of the three stand: after a number was drawn it is another."""
    import torch

    return pickle.dumps((random.getstate(), np.random.get_state(), torch.get_rng_state().numpy()))  # noqa: NPY002


@contextlib.contextmanager
def memory_filled() -> Iterator[None]:
    """Let `torch.empty` give NaN, or the largest integers, in place of what stood in the memory before."""
    import torch

    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)  # fills, by torch.utils.deterministic
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
