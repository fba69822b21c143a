"""What the gates of a recurrent layer share: products of which each gate has columns, with dropout of its own.

z = xW     x (B, ..., I)   W (I, G·H)   z (B, ..., G·H)     G gates of H units each, side by side
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arrays import Array, rows
from ..rng import Key

Kept = Sequence[Array] | None  # what x is multiplied by: for all gates at once, or for each gate; None for 1


def product(x: Array, W: Array, kept: Kept) -> Array:
    if kept is None:
        return x @ W
    each = zip(kept, np.split(W, len(kept), axis=1), strict=True)
    return np.concatenate([(x * m) @ w for m, w in each], axis=-1)


def product_grad(dz: Array, x: Array, W: Array, kept: Kept) -> tuple[Array, Array]:
    """(dx, dW)"""
    if kept is None:
        return dz @ W.T, rows(x).T @ rows(dz)  # dL/dx = dL/dz · Wᵀ,  dL/dW = xᵀ · dL/dz
    dx, dW = np.zeros_like(x), []
    of_gates = (np.split(a, len(kept), axis=-1) for a in (dz, W))
    for m, d, w in zip(kept, *of_gates, strict=True):
        dx += (d @ w.T) * m
        dW.append(rows(x * m).T @ rows(d))
    return dx, np.concatenate(dW, axis=1)


def drawn(keys: Sequence[Key], shape: tuple[int, ...], rate: float, dtype: str) -> list[Array]:
    """What a share `rate` of x is multiplied by in training: 0, and the rest by 1/(1 − rate); from each key."""
    return [np.where(key.uniform(shape) >= rate, 1 / (1 - rate), 0).astype(dtype) for key in keys]


def where(counts: Array | None, new: Array, old: Array) -> Array:
    """The new numbers of the samples whose step counts (B, 1), the old ones of the others."""
    return new if counts is None else np.where(counts, new, old)
