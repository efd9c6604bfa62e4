"""Rows, columns and other lines of an array: their names, and the array as a table of them."""

import numpy as np


def at_largest(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """In each row of `values` (rows, n), the one where `sizes` is largest."""
    where = np.where(np.isfinite(sizes), np.abs(sizes), -1.0).argmax(axis=1)
    return np.take_along_axis(values, where[:, None], axis=1)


def as_rows(a: np.ndarray, axis: int) -> np.ndarray:
    """The entries along `axis` as rows.   (size of axis, all others)"""
    return np.moveaxis(a, axis, 0).reshape(a.shape[axis], -1)


def from_rows(rows: np.ndarray, axis: int, shape: tuple[int, ...]) -> np.ndarray:
    moved = (shape[axis], *shape[:axis], *shape[axis + 1 :])
    return np.moveaxis(rows.reshape(moved), 0, axis)


def entry_name(axis: int, ndim: int) -> str:
    return ("row", "column")[axis] if ndim == 2 else "entry" if ndim == 1 else f"entry along axis {axis}"


def entry_names(axis: int, ndim: int) -> str:
    return "entries" if ndim == 1 else f"{entry_name(axis, ndim)}s" if ndim == 2 else f"entries along axis {axis}"


def entry(axis: int, index: int) -> tuple[slice | int, ...]:
    return (*(slice(None) for _ in range(axis)), index)
