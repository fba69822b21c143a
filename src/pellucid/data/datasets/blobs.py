"""Blobs: normal clouds with their centres on a circle."""

from __future__ import annotations

import numpy as np

from ... import checks
from .base import Pair, Split, drawn, labels, noisy, two_parts


def make(n: int = 400, noise: float = 0.3, seed: int = 0, classes: int = 3) -> Pair:
    """x (n, 2) float32 and y (n,): cloud k about (cos 2πk/classes, sin 2πk/classes), of standard deviation `noise`.

    >>> x, y = make(9, noise=0.0)
    >>> np.allclose(x[y == 0], [1, 0])
    True
    """
    classes = checks.integer("blobs.make, argument classes", classes, minimum=2)
    n, noise, key = drawn("blobs.make", n, noise, seed, classes)
    y = labels(n, classes, key)
    angle = 2 * np.pi * y / classes
    return noisy(np.stack([np.cos(angle), np.sin(angle)], axis=1), noise, key), y


def load_data(n: int = 400, noise: float = 0.3, test_fraction: float = 0.2, seed: int = 0, classes: int = 3) -> Split:
    """((x_train, y_train), (x_test, y_test)) from `make`."""
    return two_parts("blobs.load_data", *make(n, noise, seed, classes), test_fraction, seed)
