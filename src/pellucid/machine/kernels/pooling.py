"""Pools: the largest or the mean of some pixels of a sample, for each channel.

op: x, y (backwards dy, x, y, dx), a table of where each pool's pixels end in the next one, that of the pixels, in
floats of x (both uint32), pools, channels C, numbers of x and of y per sample. Threads share out the samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import Word, floats, ints, words
from ..layout import SCRATCH, B
from .base import cleared, inline, kernel
from .gather import share

f32 = np.float32


@inline
def tables(ends_at: Word, pixels_at: Word, pools: int) -> Any:
    """(where each pool's pixels end, the pixels)."""
    ends = words(ends_at, pools)
    return ends, words(pixels_at, ends[pools - 1])


@kernel("pool.max")
def largest(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = max x; a NaN among them comes through."""
    o, c = ints(op, 8), ints(ctx, 64)
    pools, C = o[4], o[5]
    ends, pixels = tables(o[2], o[3], pools)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        first = 0
        for p in range(pools):
            y = floats(o[1] + 4 * (b * o[7] + p * C), C)
            x = floats(o[0] + 4 * (b * o[6] + pixels[first]), C)
            for i in range(C):
                y[i] = x[i]
            for t in range(first + 1, ends[p]):
                x = floats(o[0] + 4 * (b * o[6] + pixels[t]), C)
                for i in range(C):
                    y[i] = y[i] if x[i] <= y[i] or y[i] != y[i] else x[i]
            first = ends[p]


@kernel("pool.max.grad")
def largest_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = dy where x is the first that is y, summed over the pools."""
    o, c = ints(op, 10), ints(ctx, 64)
    pools, C = o[6], o[7]
    ends, pixels = tables(o[4], o[5], pools)
    left = floats(c[SCRATCH], C)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        cleared(o[3] + 4 * b * o[8], o[8])
        first = 0
        for p in range(pools):
            dy, y = floats(o[0] + 4 * (b * o[9] + p * C), C), floats(o[2] + 4 * (b * o[9] + p * C), C)
            for i in range(C):
                left[i] = dy[i]
            for t in range(first, ends[p]):
                x, dx = floats(o[1] + 4 * (b * o[8] + pixels[t]), C), floats(o[3] + 4 * (b * o[8] + pixels[t]), C)
                for i in range(C):
                    here = left[i] if x[i] == y[i] else f32(0)
                    dx[i] += here
                    left[i] -= here
            first = ends[p]


@kernel("pool.max.shared.grad")
def largest_shared_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = dy / n where x is one of n that are y, summed over the pools."""
    o, c = ints(op, 10), ints(ctx, 64)
    pools, C = o[6], o[7]
    ends, pixels = tables(o[4], o[5], pools)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        cleared(o[3] + 4 * b * o[8], o[8])
        first = 0
        for p in range(pools):
            dy, y = floats(o[0] + 4 * (b * o[9] + p * C), C), floats(o[2] + 4 * (b * o[9] + p * C), C)
            each = cleared(c[SCRATCH], C)
            for t in range(first, ends[p]):
                x = floats(o[1] + 4 * (b * o[8] + pixels[t]), C)
                for i in range(C):
                    each[i] += f32(1) if x[i] == y[i] else f32(0)
            for i in range(C):
                each[i] = dy[i] / each[i]
            for t in range(first, ends[p]):
                x, dx = floats(o[1] + 4 * (b * o[8] + pixels[t]), C), floats(o[3] + 4 * (b * o[8] + pixels[t]), C)
                for i in range(C):
                    dx[i] += each[i] if x[i] == y[i] else f32(0)
            first = ends[p]


@kernel("pool.mean")
def mean(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = Σ x / n."""
    o, c = ints(op, 8), ints(ctx, 64)
    pools, C = o[4], o[5]
    ends, pixels = tables(o[2], o[3], pools)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        first = 0
        for p in range(pools):
            y = cleared(o[1] + 4 * (b * o[7] + p * C), C)
            for t in range(first, ends[p]):
                x = floats(o[0] + 4 * (b * o[6] + pixels[t]), C)
                for i in range(C):
                    y[i] += x[i]
            n = f32(ends[p] - first)
            for i in range(C):
                y[i] /= n
            first = ends[p]


@kernel("pool.mean.grad")
def mean_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = dy / n, summed over the pools; x and y are not looked at."""
    o, c = ints(op, 10), ints(ctx, 64)
    pools, C = o[6], o[7]
    ends, pixels = tables(o[4], o[5], pools)
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        cleared(o[3] + 4 * b * o[8], o[8])
        first = 0
        for p in range(pools):
            dy, n = floats(o[0] + 4 * (b * o[9] + p * C), C), f32(ends[p] - first)
            for t in range(first, ends[p]):
                dx = floats(o[3] + 4 * (b * o[8] + pixels[t]), C)
                for i in range(C):
                    dx[i] += dy[i] / n
            first = ends[p]


@kernel("pool.masked")
def masked(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = Σ x / n over the n steps that a mask lets count. op: x, mask, y, steps T, channels C."""
    o, c = ints(op, 5), ints(ctx, 64)
    T, C = o[3], o[4]
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        mask, y = floats(o[1] + 4 * b * T, T), cleared(o[2] + 4 * b * C, C)
        n = f32(0)
        for t in range(T):
            if mask[t] != f32(0):
                n += f32(1)
                x = floats(o[0] + 4 * (b * T + t) * C, C)
                for i in range(C):
                    y[i] += x[i]
        for i in range(C):
            y[i] /= n


@kernel("pool.masked.grad")
def masked_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = dy / n where the step counts, else 0. op: dy, mask, dx, steps T, channels C."""
    o, c = ints(op, 5), ints(ctx, 64)
    T, C = o[3], o[4]
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        mask, dy = floats(o[1] + 4 * b * T, T), floats(o[0] + 4 * b * C, C)
        n = f32(0)
        for t in range(T):
            n += f32(1) if mask[t] != f32(0) else f32(0)
        for t in range(T):
            dx = floats(o[2] + 4 * (b * T + t) * C, C)
            counts = mask[t] != f32(0)
            for i in range(C):
                dx[i] = dy[i] / n if counts else f32(0)


@kernel("pool.weighted")
def weighted(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = Σ w·x over the pixels of each pool, 0 where it has none.

    op: x, y, tables of the ends, the pixels and their weights w, pools, channels C, numbers of x and of y per sample.
    """
    o, c = ints(op, 9), ints(ctx, 64)
    pools, C = o[5], o[6]
    ends, pixels = tables(o[2], o[3], pools)
    weights = floats(o[4], ends[pools - 1])
    lo, hi = share(c[B], tid, nt)
    for b in range(lo, hi):
        first = 0
        for p in range(pools):
            y = cleared(o[1] + 4 * (b * o[8] + p * C), C)
            for t in range(first, ends[p]):
                w, x = weights[t], floats(o[0] + 4 * (b * o[7] + pixels[t]), C)
                for i in range(C):
                    y[i] += w * x[i]
            first = ends[p]
