"""Spirals: arms wound about each other.

Source: Lang & Witbrock, "Learning to tell two spirals apart", Connectionist Models Summer School 1988.
"""

from __future__ import annotations

import numpy as np

from ... import checks
from .base import Pair, Split, drawn, labels, noisy, two_parts

TURNS = 1.5  # of each arm about the middle


def make(n: int = 400, noise: float = 0.02, seed: int = 0, classes: int = 2) -> Pair:
    """x (n, 2) float32 and y (n,): arm k at the radius r uniform on [0, 1) and the angle 2π(1.5 r + k / classes).

    >>> x, y = make(100, noise=0.0, classes=3)
    >>> bool((x**2).sum(axis=1).max() < 1), sorted({int(label) for label in y})
    (True, [0, 1, 2])
    """
    classes = checks.integer("spirals.make, argument classes", classes, minimum=2)
    n, noise, key = drawn("spirals.make", n, noise, seed, classes)
    y = labels(n, classes, key)
    r = key.fold("points").uniform((n,), "float64")
    angle = 2 * np.pi * (TURNS * r + y / classes)
    return noisy(np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1), noise, key), y


def load_data(n: int = 400, noise: float = 0.02, test_fraction: float = 0.2, seed: int = 0, classes: int = 2) -> Split:
    """((x_train, y_train), (x_test, y_test)) from `make`."""
    return two_parts("spirals.load_data", *make(n, noise, seed, classes), test_fraction, seed)
