"""Chapter 11's functions against torch, on sizes and values that the chapter does not show."""

import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.chapter_code import definitions

CHAPTER = definitions("11_detection")
FEW = settings(max_examples=25, deadline=None)


@FEW
@given(st.integers(1, 9), st.integers(0, 99))
def test_mean_square_is_torchs(n: int, seed: int):  # TODO: the sample
    x = torch.randn(n, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(CHAPTER["mean_square"](x), F.mse_loss(x, torch.zeros(n)))
