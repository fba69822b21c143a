"""The numbers of rng.py: Philox4x32-10, keys along a path, permutations. The same bits as `rng.Key` gives."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np
from numba import types

from ..intrinsics import FLAGS, INT, ints, native, number
from .base import F, inline, kernel

LOW = np.uint64(0xFFFFFFFF)
M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
HALF = np.uint64(32)
NUMBERS, KEYS = np.uint64(0), np.uint64(1)
ZERO = np.uint64(0)


def melt(function: F) -> F:
    """Decorator: a function that becomes a part of what calls it, though it is long: the loop there then vectorizes."""
    compiled: F = nb.njit(forceinline=True, **FLAGS)(function)
    return compiled


@melt
def philox(c0: Any, c1: Any, c2: Any, c3: Any, key: int) -> Any:
    """Four random words of 32 bits, each in a uint64, from a counter of four."""
    k0, k1 = np.uint64(key) & LOW, np.uint64(key) >> HALF
    for _ in range(10):
        p0, p1 = c0 * M0, c2 * M1
        c0, c1, c2, c3 = (p1 >> HALF) ^ c1 ^ k0, p1 & LOW, (p0 >> HALF) ^ c3 ^ k1, p0 & LOW
        k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
    return c0, c1, c2, c3


@inline
def fold(key: int, step: int) -> int:
    """The key one step of a path further: rng.Key.fold of a number."""
    n = np.uint64(step)
    low, high, _, _ = philox(n & LOW, n >> HALF, ZERO, KEYS, key)
    return np.int64(low | (high << HALF))  # type: ignore[return-value]


@melt
def four_words(key: int, block: int) -> Any:
    """Words 4·block to 4·block + 3 of rng.Key.bits."""
    n = np.uint64(block)
    return philox(n & LOW, n >> HALF, ZERO, NUMBERS, key)


@native
def bits_of_double(context: Any, x: Any) -> Any:
    """The 64 bits of a float64."""

    def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], INT)

    return types.int64(types.float64), generate


@melt
def log_of_word(w: Any) -> Any:
    """ln((w + 1) / 2³²) for a word w of 32 bits, in float64.

    w + 1 = 2ᵉ·m with m from √½ to √2, and ln m = 2·artanh s with s = (m - 1)/(m + 1), whose series has odd powers.
    """
    bits = bits_of_double(np.float64(np.int64(w) + 1))
    e = np.float64((bits >> 52) - 1023)
    m = number((bits & 0x000FFFFFFFFFFFFF) | 0x3FF0000000000000)
    high = m > 1.4142135623730951
    m, e = (0.5 * m if high else m), (e + 1.0 if high else e)
    s = (m - 1.0) / (m + 1.0)
    t = s * s
    p = 1 / 15
    p = p * t + 1 / 13
    p = p * t + 1 / 11
    p = p * t + 1 / 9
    p = p * t + 1 / 7
    p = p * t + 1 / 5
    p = p * t + 1 / 3
    return (e - 32.0) * 0.6931471805599453 + (2.0 * s + 2.0 * s * t * p)


@melt
def cos_of_word(w: Any) -> Any:
    """cos(2π·w / 2³²) for a word w of 32 bits, in float64: whole quarter turns are its highest bits, and within an
    eighth of a turn to either side the Taylor series of sine and cosine serve."""
    quarters = (np.int64(w) + (1 << 29)) >> 30
    a = np.float64(np.int64(w) - (quarters << 30)) * 1.4629180792671596e-09  # 2π / 2³²
    t = a * a
    c = 1 / 479001600 - t / 87178291200
    c = c * t - 1 / 3628800
    c = c * t + 1 / 40320
    c = c * t - 1 / 720
    c = c * t + 1 / 24
    c = c * t - 1 / 2
    c = c * t + 1.0
    s = 1 / 6227020800 - t / 1307674368000
    s = s * t - 1 / 39916800
    s = s * t + 1 / 362880
    s = s * t - 1 / 5040
    s = s * t + 1 / 120
    s = s * t - 1 / 6
    s = s * t * a + a
    part = s if quarters & 1 else c
    return -part if (quarters + 1) & 2 else part


@melt
def normal(w0: Any, w1: Any) -> Any:
    """A normal number by Box and Muller's transform, from two words: as rng.Key.normal, in float64."""
    return np.sqrt(-2.0 * log_of_word(w0)) * cos_of_word(w1)


@inline
def permutation(key: int, n: int, order: int, memory: int) -> None:
    """The numbers 0 to n-1 in the order of random 64-bit words, as rng.Key.permutation.

    `memory` holds 2n + 2 + 2·65536 words. The random words are dealt into buckets by their highest bits, about one in
    each, and each bucket is sorted by insertion.
    """
    bits = 1
    while bits < 16 and (1 << bits) < n:
        bits += 1
    buckets = 1 << bits
    shift = np.uint64(64 - bits)
    drawn, keys = ints(memory, n + 1), ints(memory + 8 * (n + 1), n)
    starts = ints(memory + 8 * (2 * n + 1), buckets + 1)
    dealt = ints(memory + 8 * (2 * n + 2 + buckets), buckets)
    out = ints(order, n)
    for i in range((n + 1) // 2):
        w0, w1, w2, w3 = four_words(key, i)
        drawn[2 * i] = np.int64((w0 << HALF) | w1)
        if 2 * i + 1 < n:
            drawn[2 * i + 1] = np.int64((w2 << HALF) | w3)
    for i in range(buckets):
        starts[i] = dealt[i] = 0
    starts[buckets] = 0
    for i in range(n):
        starts[np.int64(np.uint64(drawn[i]) >> shift) + 1] += 1
    for i in range(buckets):
        starts[i + 1] += starts[i]
    for i in range(n):
        word = np.uint64(drawn[i])
        bucket = np.int64(word >> shift)
        first = starts[bucket]
        place = first + dealt[bucket]
        dealt[bucket] += 1
        while place > first and np.uint64(keys[place - 1]) > word:
            keys[place] = keys[place - 1]
            out[place] = out[place - 1]
            place -= 1
        keys[place] = np.int64(word)
        out[place] = i


@kernel("permutation")
def permute(op: int, ctx: int, tid: int, nt: int) -> None:
    """op: key, n, order, memory."""
    o = ints(op, 4)
    permutation(o[0], o[1], o[2], o[3])
