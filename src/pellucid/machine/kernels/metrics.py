"""Counting: the epoch's loss, and metrics that are means over samples. Each adds to its places among the counters."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import doubles, floats, ints, number
from ..layout import ALL, COUNTS, LOSS, SHARED, B
from .base import inline, kernel
from .gather import share, share_lines
from .losses import weighted

f32 = np.float32


@kernel("count.loss")
def count_loss(op: int, ctx: int, tid: int, nt: int) -> None:
    """The loss, weighted by the samples, and the samples. op: place."""
    o, c = ints(op, 1), ints(ctx, 64)
    counts, shared = doubles(c[COUNTS] + 8 * o[0], 2), doubles(c[SHARED], 64)
    counts[0] += shared[LOSS] * c[ALL]
    counts[1] += c[B]


@kernel("count.part")
def count_part(op: int, ctx: int, tid: int, nt: int) -> None:
    """The loss of one output of several, weighted by the samples.

    op: values, slope, values per sample, place.
    """
    o, c = ints(op, 4), ints(ctx, 64)
    counts = doubles(c[COUNTS] + 8 * o[3], 1)
    counts[0] += weighted(o[0], o[1], c[B] * o[2]) * c[ALL]


@kernel("count.values")
def count_values(op: int, ctx: int, tid: int, nt: int) -> None:
    """Σ w·v and Σ w over the samples, v being the mean of a sample's values.

    op: values, weights or 0, place, values per sample, weights per sample.
    """
    o, c = ints(op, 8), ints(ctx, 64)
    inner = o[3]
    n = c[B] * inner
    v = floats(o[0], n)
    counts = doubles(c[COUNTS] + 8 * o[2], 2)
    total, count = 0.0, 0.0
    if o[1] == 0:
        for i in range(n):
            total += np.float64(v[i])
        count = np.float64(n)
    else:
        repeated = inner // o[4]
        w = floats(o[1], n // repeated)
        for i in range(n):
            weight = np.float64(w[i // repeated])
            total += np.float64(v[i]) * weight
            count += weight
    counts[0] += total / inner
    counts[1] += count / inner


# Hits: 1 where a prediction is right, else 0 -------------------------------------------------------------------------


@kernel("hits.binary_accuracy")
def binary_accuracy(op: int, ctx: int, tid: int, nt: int) -> None:
    """[y > threshold] = t. op: t, y, hits, numbers per sample, threshold."""
    o, c = ints(op, 8), ints(ctx, 64)
    lo, hi = share_lines(c[B] * o[3], tid, nt)
    n = hi - lo
    t, y, hits = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n), floats(o[2] + 4 * lo, n)
    threshold = f32(number(o[4]))
    for i in range(n):
        called = f32(1) if y[i] > threshold else f32(0)
        hits[i] = f32(1) if called == t[i] else f32(0)


@inline
def best(y: Any, C: int) -> Any:
    """The place of the first of the greatest numbers; of a NaN, where there is one."""
    at = 0
    for i in range(1, C):
        at = i if y[at] == y[at] and not (y[i] <= y[at]) else at
    return at


@inline
def in_top(y: Any, own: int, C: int, k: int) -> Any:
    """1 if fewer than k scores exceed that of the class, else 0; ties count as in, NaN as out."""
    score, above = y[own], 0
    for i in range(C):
        above += 1 if y[i] > score else 0
    return f32(1) if (above < k) and (score == score) else f32(0)


def hits(name: str, sparse: bool, hit: Any) -> None:
    """The kernel of hit(row of scores, class, classes, k). op: t (or class numbers), y, hits, rows per sample, classes,
    k."""

    @kernel(f"hits.{name}")
    def run(op: int, ctx: int, tid: int, nt: int) -> None:
        o, c = ints(op, 8), ints(ctx, 64)
        C, M = o[4], c[B] * o[3]
        lo, hi = share(M, tid, nt)
        numbers, found = ints(o[0], M), floats(o[2], M)
        for b in range(lo, hi):
            own = numbers[b] if sparse else best(floats(o[0] + 4 * b * C, C), C)
            found[b] = hit(floats(o[1] + 4 * b * C, C), own, C, o[5])


@inline
def is_best(y: Any, own: int, C: int, k: int) -> Any:
    return f32(1) if best(y, C) == own else f32(0)


hits("sparse_categorical_accuracy", True, is_best)
hits("categorical_accuracy", False, is_best)
hits("sparse_top_k_categorical_accuracy", True, in_top)
hits("top_k_categorical_accuracy", False, in_top)
