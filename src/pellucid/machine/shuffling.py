"""A new order of the rows for every epoch, by the engine's own kernel."""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from ..rng import Key
from .executable import address, call_kernel


def permutation(key: Key, n: int) -> Array:
    """What `key.permutation(n)` is, in a tenth of the time.

    >>> permutation(Key(0), 5).tolist() == Key(0).permutation(5).tolist()
    True
    """
    order, memory = np.empty(n, "int64"), np.empty(sorting_words(n), "int64")
    call_kernel("permutation", key.seed, n, address(order), address(memory))
    return order


def sorting_words(n: int) -> int:
    """How many words of memory the kernel "permutation" needs for n numbers."""
    return 2 * n + 2 + (2 << 16)
