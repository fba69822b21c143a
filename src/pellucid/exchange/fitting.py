"""Sums by which pictures come to another size, for all forms in which a network is written."""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from ..layers.adaptive_pooling import parts


def is_identity(A: Array) -> bool:
    """Whether a matrix leaves everything as it is.

    >>> is_identity(np.eye(3)), is_identity(np.ones((1, 2)))
    (True, False)
    """
    return A.shape[0] == A.shape[1] and bool((np.eye(len(A)) == A).all())


def means(size: int, places: int) -> Array:
    """By how much the numbers along an axis make the means of its parts, (places, size).

    >>> means(3, 2)
    array([[0.5, 0.5, 0. ],
           [0. , 0.5, 0.5]])
    """
    A = np.zeros((places, size))
    for row, (part,) in zip(A, parts((size,), (places,)), strict=True):
        row[part] = 1 / (part.stop - part.start)
    return A


def met(size: int, places: int) -> Array:
    """Where the numbers of each part stand along an axis; those of parts that have fewer repeat their first.

    >>> met(5, 3)
    array([[0, 1, 0],
           [1, 2, 3],
           [3, 4, 3]])
    """
    each = [np.arange(size)[part] for (part,) in parts((size,), (places,))]
    most = max(map(len, each))
    return np.stack([np.concatenate([one, np.repeat(one[:1], most - len(one))]) for one in each])
