"""What a row of the table of ops is, and the numbers that ops are called on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

B = 4


@dataclass
class Row:
    """ops.name(*args, **options). batch: whether the op leaves the batch axis alone ("rows"), sums it up ("whole"), or
    moves it, which is refused on tensors ("refused"). slopes: whether a gradient flows. keras: whether Keras has the
    same numbers."""

    name: str
    args: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    batch: str = "rows"
    slopes: bool = True
    keras: bool = True


def X(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers of either sign, away from 0, no two of them near one another."""
    k = np.arange(int(np.prod(shape))) + 37 * seed
    v = ((k * 53 + 17) % 101) / 101 - 0.5
    return (np.sign(v) * 0.15 + 1.7 * v).reshape(shape)


def P(*shape: int, seed: int = 0) -> np.ndarray:
    """Positive numbers."""
    return np.abs(X(*shape, seed=seed)) + 0.2


def U(*shape: int) -> np.ndarray:
    """Numbers between −1 and 1."""
    return X(*shape) / 1.1


def N(*shape: int, below: int = 3) -> np.ndarray:
    """Whole numbers."""
    return ((np.arange(int(np.prod(shape))) * 5 + 2) % below).reshape(shape).astype("int32")
