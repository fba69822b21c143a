"""How many threads NumPy's matrix products may use: one, where the products are small.

A product of 32 by 784 by 128 takes a tenth of a millisecond; a second thread gains little on a quiet machine, and
when another program keeps a core busy the two wait for each other: measured, 3 ms a step became 20.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SMALL = 30_000_000  # multiplications in one pass through the network


@contextmanager
def threads_for(batch_size: int, parameters: int) -> Iterator[None]:
    """Within the block, one thread for small work; for large work, as many as there were."""
    if batch_size * parameters > SMALL:
        yield
    else:
        with _controller().limit(limits=1, user_api="blas"):
            yield


@functools.cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController  # here: it looks through all loaded libraries, some milliseconds

    return ThreadpoolController()
