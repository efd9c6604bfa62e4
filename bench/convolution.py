"""Four ways to one convolution: loops, columns, sparse matrix, torch.   python -m bench convolution"""

import statistics
from collections.abc import Callable
from time import perf_counter

import torch
import torch.nn.functional as F
from scipy.sparse import csr_array
from torch import Tensor

from tests.support.chapter_code import definitions

CHAPTER = definitions("06_convolution")
C_IN, C_OUT, SIDE, K = 3, 16, 64, 3


def sparse_matrix(W: Tensor, side: int) -> csr_array:
    """The matrix of eq. 6.10 for all channels, sparse.   W: (c_out, c_in, k, k) -> (c_out places, c_in pixels)"""
    c_out, c_in, k, _ = W.shape
    cell = CHAPTER["conv_matrix"](torch.arange(1, k * k + 1).view(k, k), side, side)
    row, col = cell.nonzero().T
    values = W.flatten(2)[:, :, cell[row, col] - 1]  # (c_out, c_in, entries)
    o, c = torch.meshgrid(torch.arange(c_out), torch.arange(c_in), indexing="ij")
    rows = o[..., None] * cell.shape[0] + row
    cols = c[..., None] * cell.shape[1] + col
    size = (c_out * cell.shape[0], c_in * cell.shape[1])
    return csr_array((values.flatten().numpy(), (rows.flatten().numpy(), cols.flatten().numpy())), shape=size)


def ways(rng: torch.Generator) -> dict[str, Callable[[], Tensor]]:
    """Name -> a function that convolves one picture, (C_OUT, places)."""
    x, W = torch.randn(C_IN, SIDE, SIDE, generator=rng), torch.randn(C_OUT, C_IN, K, K, generator=rng)
    b, M = torch.zeros(C_OUT), sparse_matrix(W, SIDE)
    return {
        "F.conv2d": lambda: F.conv2d(x[None], W)[0].flatten(1),
        "im2col and a product": lambda: W.flatten(1) @ CHAPTER["im2col"](x[None], CHAPTER["Window"](K, K))[0],
        "sparse matrix": lambda: torch.from_numpy(M @ x.flatten().numpy()).view(C_OUT, -1),
        "loops": lambda: CHAPTER["conv2d_loops"](x, W, b).flatten(1),
    }


def seconds(way: Callable[[], Tensor], at_least: float = 0.5) -> float:
    """The median time of one call, from as many calls as fit into `at_least` seconds (three at least)."""
    way()
    times: list[float] = []
    while len(times) < 3 or sum(times) < at_least:
        start = perf_counter()
        way()
        times.append(perf_counter() - start)
    return statistics.median(times)


def measure() -> list[dict[str, float | str]]:
    """For each way: milliseconds, and the ratio to F.conv2d, on one thread. Raises AssertionError if two disagree."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    candidates = ways(torch.Generator().manual_seed(0))
    reference = candidates["F.conv2d"]()
    times = {}
    for name, way in candidates.items():
        torch.testing.assert_close(way(), reference, rtol=1e-4, atol=1e-4)
        times[name] = seconds(way)
    torch.set_num_threads(threads)
    return [{"way": name, "ms": 1000 * t, "ratio": t / times["F.conv2d"]} for name, t in times.items()]


def run() -> None:
    """Print the table."""
    print(f"{C_OUT} kernels of {C_IN} x {K} x {K} on a picture of {SIDE} x {SIDE}, one thread, medians")
    print(f"{'way':22} {'ms':>10} {'times F.conv2d':>15}")
    for row in measure():
        print(f"{row['way']:22} {row['ms']:10.3f} {row['ratio']:15.1f}")


if __name__ == "__main__":
    run()
