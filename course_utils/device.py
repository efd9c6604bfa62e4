"""Where to compute."""

import torch


def device() -> torch.device:
    """A GPU when there is one, else the CPU, so that a chapter needs no edit.

    Apple's GPU is left out on purpose: it has no float64, in which the gradient chapters work.
    """
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
