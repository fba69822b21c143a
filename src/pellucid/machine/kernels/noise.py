"""Noise: drawn from the key of a layer and a step, the numbers that `rng.Key` gives; and applied to x.

Each thread draws whole blocks of random words, so that the numbers do not depend on who draws them; nor on which
process has a sample, as the shares of a batch begin at every fourth.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from ..intrinsics import Word, floats, ints, number
from ..layout import ROW, B, T
from .base import inline, kernel
from .gather import share_lines
from .random import fold, four_words, normal

f32 = np.float32
AGAIN = (zlib.crc32(b"again") | 1 << 63) - (1 << 64)  # rng.py's number of this word


@inline
def noise_key(key: Word, step: int, depth: int, path: Word) -> int:
    """The key of a layer's noise at a step: the base key, then the step, then the layer's path."""
    key = fold(key, step)
    steps = ints(path, depth)
    for i in range(depth):
        key = fold(key, steps[i])
    return key


@kernel("noise.kept")
def kept(op: int, ctx: int, tid: int, nt: int) -> None:
    """m = scale where u ≥ rate, else 0, for random words u.

    op: m, numbers per sample, whether per sample, the least word that is kept, scale, base key, depth, path.
    """
    o, c = ints(op, 8), ints(ctx, 64)
    n = o[1] * (c[B] if o[2] != 0 else 1)
    lo, hi = share_lines(n, tid, nt)
    m = floats(o[0] + 4 * lo, hi - lo)
    least, scale = np.uint64(o[3]), f32(number(o[4]))
    key, block = noise_key(o[5], c[T], o[6], op + 8 * 7), lo // 4
    block += c[ROW] * o[1] // 4 if o[2] != 0 else 0
    whole = (hi - lo) // 4
    for i in range(whole):
        w0, w1, w2, w3 = four_words(key, block + i)
        m[4 * i] = scale if w0 >= least else f32(0)
        m[4 * i + 1] = scale if w1 >= least else f32(0)
        m[4 * i + 2] = scale if w2 >= least else f32(0)
        m[4 * i + 3] = scale if w3 >= least else f32(0)
    w0, w1, w2, _ = four_words(key, block + whole)
    for i in range(4 * whole, hi - lo):
        w = w0 if i == 4 * whole else (w1 if i == 4 * whole + 1 else w2)
        m[i] = scale if w >= least else f32(0)


@inline
def normal_number(key: Word, i: int) -> Any:
    """Number i of those that a key draws."""
    w0, w1, w2, w3 = four_words(key, i // 2)
    return normal(w2, w3) if i % 2 else normal(w0, w1)


@kernel("noise.normal")
def draw_normal(op: int, ctx: int, tid: int, nt: int) -> None:
    """m = mean + stddev · z for normal numbers z, two from each block of words.

    op: m, numbers per sample, mean, stddev, base key, depth, path.
    """
    o, c = ints(op, 8), ints(ctx, 64)
    lo, hi = share_lines(c[B] * o[1], tid, nt)
    m = floats(o[0] + 4 * lo, hi - lo)
    mean, stddev = number(o[2]), number(o[3])
    key = noise_key(o[4], c[T], o[5], op + 8 * 6)
    pairs, block = (hi - lo) // 2, (c[ROW] * o[1] + lo) // 2
    for i in range(pairs):
        w0, w1, w2, w3 = four_words(key, block + i)
        m[2 * i] = f32(mean + stddev * normal(w0, w1))
        m[2 * i + 1] = f32(mean + stddev * normal(w2, w3))
    if 2 * pairs < hi - lo:
        w0, w1, _, _ = four_words(key, block + pairs)
        m[2 * pairs] = f32(mean + stddev * normal(w0, w1))


@kernel("noise.truncated_normal")
def draw_truncated_normal(op: int, ctx: int, tid: int, nt: int) -> None:
    """m = mean + stddev · z for normal numbers z, each drawn again while |z| > 2. op: as of noise.normal."""
    o, c = ints(op, 8), ints(ctx, 64)
    lo, hi = share_lines(c[B] * o[1], tid, nt)
    m = floats(o[0] + 4 * lo, hi - lo)
    mean, stddev = number(o[2]), number(o[3])
    key = noise_key(o[4], c[T], o[5], op + 8 * 6)
    again, first = fold(key, AGAIN), c[ROW] * o[1]
    for i in range(lo, hi):
        z, attempt = normal_number(key, first + i), 0
        while abs(z) > 2.0:
            attempt += 1
            z = normal_number(fold(again, attempt), first + i)
        m[i - lo] = f32(mean + stddev * z)


@kernel("noise.uniform")
def draw_uniform(op: int, ctx: int, tid: int, nt: int) -> None:
    """m = low + width · u for uniform numbers u of 24 bits, four from each block of words.

    op: m, numbers per sample, low, width, base key, depth, path.
    """
    o, c = ints(op, 8), ints(ctx, 64)
    lo, hi = share_lines(c[B] * o[1], tid, nt)
    m = floats(o[0] + 4 * lo, hi - lo)
    low, width = f32(number(o[2])), f32(number(o[3]))
    key, block = noise_key(o[4], c[T], o[5], op + 8 * 6), (c[ROW] * o[1] + lo) // 4
    for i in range((hi - lo + 3) // 4):
        w0, w1, w2, w3 = four_words(key, block + i)
        for j in range(4 * i, min(4 * i + 4, hi - lo)):
            k = j - 4 * i
            w = w0 if k == 0 else (w1 if k == 1 else (w2 if k == 2 else w3))
            m[j] = low + width * (f32(w >> np.uint64(8)) * f32(2.0**-24))


@kernel("noise.mask")
def mask(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = x · m, and 0 where m is 0, whatever x is. op: x, m, y, numbers per sample."""
    o = ints(op, 4)
    lo, hi = share_lines(ints(ctx, 64)[B] * o[3], tid, nt)
    n = hi - lo
    x, m, y = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n), floats(o[2] + 4 * lo, n)
    for i in range(n):
        y[i] = x[i] * m[i] if m[i] != f32(0) else f32(0)


@kernel("noise.alpha")
def alpha(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = x · m + b, and `dropped` where m is 0. op: x, m, y, numbers per sample, b, dropped."""
    o = ints(op, 6)
    lo, hi = share_lines(ints(ctx, 64)[B] * o[3], tid, nt)
    n = hi - lo
    x, m, y = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n), floats(o[2] + 4 * lo, n)
    b, dropped = f32(number(o[4])), f32(number(o[5]))
    for i in range(n):
        y[i] = x[i] * m[i] + b if m[i] != f32(0) else dropped


@kernel("noise.times")
def times(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = x · m. op: x, m, y, numbers per sample."""
    o = ints(op, 4)
    lo, hi = share_lines(ints(ctx, 64)[B] * o[3], tid, nt)
    n = hi - lo
    x, m, y = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n), floats(o[2] + 4 * lo, n)
    for i in range(n):
        y[i] = x[i] * m[i]


@kernel("noise.plus")
def plus(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = x + m. op: x, m, y, numbers per sample."""
    o = ints(op, 4)
    lo, hi = share_lines(ints(ctx, 64)[B] * o[3], tid, nt)
    n = hi - lo
    x, m, y = floats(o[0] + 4 * lo, n), floats(o[1] + 4 * lo, n), floats(o[2] + 4 * lo, n)
    for i in range(n):
        y[i] = x[i] + m[i]
