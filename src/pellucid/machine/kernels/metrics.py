"""Counting: the epoch's loss, and metrics that are sums over samples. Each adds to its places among the counters."""

from __future__ import annotations

import numpy as np

from ..layout import B, COUNTS, LOSS, SHARED
from ..memory import doubles, floats, ints
from .base import kernel

f32 = np.float32


@kernel("count.loss")
def count_loss(op: int, ctx: int, tid: int, nt: int) -> None:
    """The loss, weighted by the samples, and the samples. op: place."""
    o, c = ints(op, 1), ints(ctx, 64)
    counts, shared = doubles(c[COUNTS] + 8 * o[0], 2), doubles(c[SHARED], 64)
    counts[0] += shared[LOSS] * c[B]
    counts[1] += c[B]


@kernel("count.sparse_categorical_accuracy")
def sparse_categorical_accuracy(op: int, ctx: int, tid: int, nt: int) -> None:
    """How often the greatest score is at the target's number. op: k, y, place, rows per sample, classes."""
    o, c = ints(op, 8), ints(ctx, 64)
    C, M = o[4], c[B] * o[3]
    k = ints(o[0], M)
    hits = 0
    for b in range(M):
        y = floats(o[1] + 4 * b * C, C)
        best = 0
        for i in range(1, C):
            best = i if y[i] > y[best] else best
        hits += best == k[b]
    counts = doubles(c[COUNTS] + 8 * o[2], 2)
    counts[0] += hits / o[3]
    counts[1] += c[B]
