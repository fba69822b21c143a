"""XOR: points of the square [-1, 1]², labelled 1 where the signs of their coordinates differ.

The problem that a network without a hidden layer cannot solve.
Source: Minsky & Papert, Perceptrons (1969).
"""

from __future__ import annotations

import numpy as np

from ...arrays import Array
from .base import Pair, Split, drawn, labels, noisy, two_parts


def make(n: int = 400, noise: float = 0.1, seed: int = 0) -> Pair:
    """x (n, 2) float32 and y (n,) of 0 and 1; `noise` is the standard deviation added to the points.

    >>> x, y = make(8, noise=0.0)
    >>> bool(((x[:, 0] * x[:, 1] < 0) == (y == 1)).all())
    True
    """
    n, noise, key = drawn("xor.make", n, noise, seed, classes=4)
    quadrant = labels(n, 4, key)
    signs: Array = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])[quadrant]
    return noisy(signs * key.fold("points").uniform((n, 2), "float64"), noise, key), quadrant % 2


def load_data(n: int = 400, noise: float = 0.1, test_fraction: float = 0.2, seed: int = 0) -> Split:
    """((x_train, y_train), (x_test, y_test)) from `make`."""
    return two_parts("xor.load_data", *make(n, noise, seed), test_fraction, seed)
