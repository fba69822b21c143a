"""How kernels are written.

A kernel is a Python function of four words, `(op, ctx, tid, nt)`: where its operands lie, where the run's own numbers
lie, which thread this is, and of how many. `@kernel` names it; it is compiled when a program first needs it.
A function that kernels call is marked `@inline`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba as nb
import numpy as np

from ..intrinsics import FLAGS, Word, floats

F = TypeVar("F", bound=Callable[..., Any])

KERNELS: dict[str, Callable[[int, int, int, int], None]] = {}


def kernel(name: str) -> Callable[[F], F]:
    """Decorator: the kernel of this name."""

    def add(function: F) -> F:
        KERNELS[name] = function
        return function

    return add


def inline(function: F) -> F:
    """Decorator: a function that kernels may call."""
    compiled: F = nb.njit(**FLAGS)(function)
    return compiled


@inline
def cleared(x: Word, n: int) -> Any:
    """n numbers, made 0."""
    found = floats(x, n)
    for i in range(n):
        found[i] = np.float32(0)
    return found
