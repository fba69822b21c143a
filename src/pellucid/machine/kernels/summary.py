"""Looking into arrays: what each holds, in a few numbers. What they mean is told by `training.probing.summary`."""

from __future__ import annotations

import numpy as np

from ..intrinsics import Word, doubles, floats, ints, number
from ..layout import BINS, SUMMARY, SUMMARY_WORDS
from .base import inline, kernel

f32 = np.float32


@kernel("summary")
def summary(op: int, ctx: int, tid: int, nt: int) -> None:
    """op: a table of arrays, how many, where the answers go, memory for as many floats as the widest row has.

    Of each array: its address, rows, numbers in a row, whether a row is a sample, and the ends of its activation.
    """
    o = ints(op, 4)
    for i in range(o[1]):
        a = ints(o[0] + 8 * SUMMARY_WORDS * i, SUMMARY_WORDS)
        n = a[1] * a[2]
        to = o[2] + 8 * (SUMMARY + BINS) * i
        moments(a[0], n, number(a[4]), number(a[5]), to)
        histogram(a[0], n, to)
        if a[3] != 0:
            doubles(to, SUMMARY)[7] = dead(a[0], a[1], a[2], o[3])


@inline
def moments(address: Word, n: int, bottom: float, top: float, to: Word) -> None:
    """Mean, standard deviation, smallest, largest, norm, share of zeros, share at or beyond the ends."""
    x, s = floats(address, n), doubles(to, SUMMARY)
    total, squares, zeros, beyond = 0.0, 0.0, 0, 0
    low, high = x[0], x[0]
    for i in range(n):
        v = np.float64(x[i])
        total += v
        squares += v * v
        zeros += 1 if v == 0.0 else 0
        beyond += 1 if (v <= bottom) | (v >= top) else 0
    for i in range(n):
        low, high = min(low, x[i]), max(high, x[i])
    mean, off = total / n, 0.0
    for i in range(n):
        d = np.float64(x[i]) - mean
        off += d * d
    s[0], s[1], s[2], s[3], s[4] = mean, np.sqrt(off / n), low, high, np.sqrt(squares)
    s[5], s[6] = zeros / n, beyond / n


@inline
def histogram(address: Word, n: int, to: Word) -> None:
    x, s, counts = floats(address, n), doubles(to, SUMMARY), doubles(to + 8 * SUMMARY, BINS)
    for b in range(BINS):
        counts[b] = 0.0
    low, width = s[2], s[3] - s[2]
    if width <= 0.0:
        counts[0] = n
        return
    scale = BINS / width
    for i in range(n):
        place = np.int64((np.float64(x[i]) - low) * scale)
        counts[max(0, min(place, BINS - 1))] += 1.0


@inline
def dead(address: Word, rows: int, width: int, memory: Word) -> float:
    """The share of columns that are 0 in every row."""
    seen = floats(memory, width)
    for j in range(width):
        seen[j] = f32(0)
    for i in range(rows):
        x = floats(address + 4 * i * width, width)
        for j in range(width):
            seen[j] = max(seen[j], abs(x[j]))
    count = 0
    for j in range(width):
        count += 1 if seen[j] == f32(0) else 0
    return count / width
