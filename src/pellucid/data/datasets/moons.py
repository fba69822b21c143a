"""Moons: two half circles, each reaching into the other.

Source: scikit-learn's `make_moons` draws the same shapes.
"""

from __future__ import annotations

import numpy as np

from .base import Pair, Split, drawn, labels, noisy, two_parts


def make(n: int = 400, noise: float = 0.1, seed: int = 0) -> Pair:
    """x (n, 2) float32 and y (n,): 0 on (cos t, sin t), 1 on (1 - cos t, 1/2 - sin t), t uniform on [0, π).

    >>> x, y = make(100, noise=0.0)
    >>> np.allclose((x[y == 0] ** 2).sum(axis=1), 1, atol=1e-6)
    True
    """
    n, noise, key = drawn("moons.make", n, noise, seed, classes=2)
    y = labels(n, 2, key)
    t = key.fold("points").uniform((n,), "float64", 0.0, np.pi)
    upper, lower = np.stack([np.cos(t), np.sin(t)], axis=1), np.stack([1 - np.cos(t), 0.5 - np.sin(t)], axis=1)
    return noisy(np.where(y[:, None] == 0, upper, lower), noise, key), y


def load_data(n: int = 400, noise: float = 0.1, test_fraction: float = 0.2, seed: int = 0) -> Split:
    """((x_train, y_train), (x_test, y_test)) from `make`."""
    return two_parts("moons.load_data", *make(n, noise, seed), test_fraction, seed)
