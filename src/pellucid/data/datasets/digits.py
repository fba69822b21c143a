"""Digits: 1,797 scans of handwritten digits, 8x8 pixels from 0 to 16, inside the package.

Source: E. Alpaydin & C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (1998),
its test set, CC BY 4.0; see digits.txt beside this file.
"""

from __future__ import annotations

from importlib import resources

import numpy as np

from .base import Pair, Split, two_parts


def read() -> Pair:
    """All of it, in the order of the source: x (1797, 8, 8) uint8 and y (1797,) uint8.

    >>> x, y = read()
    >>> x.shape, int(x.max()), y[:3]
    ((1797, 8, 8), 16, array([0, 1, 2], dtype=uint8))
    """
    with (resources.files(__package__) / "digits.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return arrays["x"], arrays["y"]


def load_data(test_fraction: float = 0.2, seed: int = 0) -> Split:
    """((x_train, y_train), (x_test, y_test)), split at random with each digit's share the same in both parts.

    >>> (x_train, y_train), (x_test, y_test) = load_data()
    >>> x_train.shape, x_test.shape
    ((1437, 8, 8), (360, 8, 8))
    """
    return two_parts("digits.load_data", *read(), test_fraction, seed)
