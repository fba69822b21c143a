"""Sine: a curve to fit, y = sin x + noise."""

from __future__ import annotations

import numpy as np

from .base import Pair, Split, drawn, noisy, two_parts


def make(n: int = 400, noise: float = 0.1, seed: int = 0) -> Pair:
    """x (n, 1) float32, uniform on [-π, π), and y (n, 1) float32, sin x plus normal noise.

    >>> x, y = make(100, noise=0.0)
    >>> np.allclose(y, np.sin(x), atol=1e-6)
    True
    """
    n, noise, key = drawn("sine.make", n, noise, seed)
    x = key.fold("points").uniform((n, 1), "float32", -np.pi, np.pi)
    return x, noisy(np.sin(x.astype(np.float64)), noise, key)


def load_data(n: int = 400, noise: float = 0.1, test_fraction: float = 0.2, seed: int = 0) -> Split:
    """((x_train, y_train), (x_test, y_test)) from `make`."""
    return two_parts("sine.load_data", *make(n, noise, seed), test_fraction, seed, stratify=False)
