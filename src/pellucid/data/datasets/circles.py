"""Circles: one circle inside another.

Source: scikit-learn's `make_circles` draws the same shapes.
"""

from __future__ import annotations

import numpy as np

from .base import Pair, Split, drawn, labels, noisy, two_parts


def make(n: int = 400, noise: float = 0.05, seed: int = 0) -> Pair:
    """x (n, 2) float32 and y (n,): 0 on the circle of radius 1, 1 on that of radius 1/2.

    >>> x, y = make(100, noise=0.0)
    >>> np.allclose((x[y == 1] ** 2).sum(axis=1), 0.25, atol=1e-6)
    True
    """
    n, noise, key = drawn("circles.make", n, noise, seed, classes=2)
    y = labels(n, 2, key)
    t = key.fold("points").uniform((n,), "float64", 0.0, 2 * np.pi)
    radius = np.where(y == 0, 1.0, 0.5)
    return noisy(np.stack([radius * np.cos(t), radius * np.sin(t)], axis=1), noise, key), y


def load_data(n: int = 400, noise: float = 0.05, test_fraction: float = 0.2, seed: int = 0) -> Split:
    """((x_train, y_train), (x_test, y_test)) from `make`."""
    return two_parts("circles.load_data", *make(n, noise, seed), test_fraction, seed)
