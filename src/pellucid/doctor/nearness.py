"""Which rows are nearly copies of others: far nearer to one of them than to those around it."""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from .facts import spread_columns

AROUND = 10  # neighbours
NEAR = 0.2  # of the distance to the last of them
ROUNDING = 1e-12  # of the mean square: what is nearer than that cannot be told apart
LEAST = 0.3  # of the median deviation: what varies less, such as an empty margin, is not blown up to as much as others
MOST, MOST_ASKED = 4000, 500  # rows
MOST_COLUMNS = 2048  # of large pictures, at even distances: they need not all be in memory as large numbers


def near_copies(x: Array, among: Array, *, same: bool = False) -> Array:
    """For each row of x whether its nearest neighbour `among` others is within a fifth of the distance to the tenth, in
    columns of deviation 1, (N,); `same`: x are the first rows of these others, and none is its own neighbour.

    >>> rows = np.array([[float(i), 0.0] for i in range(20)])
    >>> near_copies(np.array([[7.01, 0.0], [7.5, 3.0]]), rows)
    array([ True, False])
    """
    flat = [part.reshape(len(part), -1) for part in (x, among)]
    columns = spread_columns(flat[1].shape[1], MOST_COLUMNS)
    a, b = (part[:, columns].astype(np.float64) for part in flat)
    deviation = b.std(axis=0)
    if len(b) <= AROUND + same or not deviation.any():
        return np.zeros(len(a), bool)
    middle = b.mean(axis=0)
    deviation = np.maximum(deviation, LEAST * np.median(deviation[deviation > 0]))
    a, b = ((part - middle) / deviation for part in (a, b))
    squares = np.maximum((a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T, 0)
    if same:
        np.fill_diagonal(squares, np.inf)
    nearest = np.partition(squares, (0, AROUND - 1), axis=1)
    around = nearest[:, AROUND - 1]
    near: Array = (nearest[:, 0] < NEAR**2 * around) & (around > ROUNDING * (b**2).sum(axis=1).mean())
    return near
