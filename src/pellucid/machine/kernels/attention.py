"""Attention: y = softmax(q·kᵀ·scale)·v for each head, and its gradient.

    q (T, H, K)   k (S, h, K)   v (S, h, V)   y (T, H, V) of a sample   A (T, S) of a head, never held whole

A thread has a sample's heads that share keys and values, and goes through the steps of the query a few rows at a time:
their scores, their shares, what they take. What is behind a row is not computed where it may not be seen. The way back
computes the shares again, from the largest score and the sum that the way there has left.

Source: Dao, Fu, Ermon, Rudra & Ré, "FlashAttention", NeurIPS (2022).

    op: q, k, v, mask or 0, y, stats (backwards dy, q, k, v, mask, y, stats, dq, dk, dv), T, S, H, h, K, V, scale,
    whether causal, and how far apart the mask's numbers lie from sample to sample, head to head, row to row, and along
    a row. stats (T, H, 2): the largest score of a row, and the sum of the exponentials."""

from __future__ import annotations

from typing import Any

from ..intrinsics import Word, floats, ints, number
from ..layout import SCRATCH, B
from ..tile import ADD
from .base import cleared, inline, kernel
from .functions import ONE, ZERO, choose, exp, f32, highest
from .gather import share
from .matmul import PANEL, pack_transposed, product

ROWS_AT_ONCE = 16
HIDDEN = f32(-1e9)


@inline
def padded(S: int) -> int:
    return (S + PANEL - 1) // PANEL * PANEL


@inline
def pack_all(b: Word, row: int, S: int, K: int, to: Word) -> None:
    """S rows of K numbers, turned, in panels of PANEL columns."""
    for j in range(0, S, PANEL):
        pack_transposed(b + 4 * j * row, row, K, min(PANEL, S - j), to + 4 * j * K)


@inline
def scores(a: Word, a_row: int, packed: Word, m: int, n: int, K: int, to: Word, to_row: int) -> None:
    """m rows of a by n columns of what is packed."""
    for j in range(0, n, PANEL):
        product(a, a_row, 1, packed + 4 * j * K, PANEL, to + 4 * j, to_row, m, min(PANEL, n - j), K, 0, 0)


@inline
def scaled(s: Any, n: int, scale: Any, mask: Word, step: int, seen: int) -> None:
    """A row of scores times the scale; HIDDEN where the mask hides, and from `seen` on."""
    for i in range(n):
        s[i] *= scale
    if mask != 0:
        shown = floats(mask, (n - 1) * step + 1)
        for i in range(n):
            s[i] = choose(shown[i * step] != ZERO, s[i], HIDDEN)
        for i in range(seen, n):
            s[i] = HIDDEN


@kernel("attention")
def attention(op: int, ctx: int, tid: int, nt: int) -> None:
    """y, and stats."""
    o, c = ints(op, 18), ints(ctx, 64)
    T, S, H, h, K, V = o[6], o[7], o[8], o[9], o[10], o[11]
    scale, causal, mask, group = f32(number(o[12])), o[13] != 0, o[3], H // h
    wide = padded(S)
    keys, table = c[SCRATCH], c[SCRATCH] + 4 * wide * K
    lo, hi = share(c[B] * h, tid, nt)
    for unit in range(lo, hi):
        b, shared = unit // h, unit % h
        k, v = o[1] + 4 * (b * S * h + shared) * K, o[2] + 4 * (b * S * h + shared) * V
        pack_all(k, h * K, S, K, keys)
        for head in range(shared * group, (shared + 1) * group):
            for t in range(0, T, ROWS_AT_ONCE):
                m = min(ROWS_AT_ONCE, T - t)
                n = min(S, t + m) if causal and mask == 0 else S
                at = (b * T + t) * H + head
                scores(o[0] + 4 * at * K, H * K, keys, m, n, K, table, wide)
                for r in range(m):
                    s, seen = floats(table + 4 * r * wide, n), min(n, t + r + 1) if causal else n
                    hides = mask + 4 * (b * o[14] + head * o[15] + (t + r) * o[16]) if mask != 0 else 0
                    scaled(s, n, scale, hides, o[17], seen)
                    counts = n if mask != 0 else seen
                    most, total = highest(s, counts), ZERO
                    for i in range(counts):
                        s[i] = s[i] - most
                    for i in range(counts):
                        s[i] = exp(s[i])
                        total += s[i]
                    for i in range(counts):
                        s[i] /= total
                    for i in range(counts, n):
                        s[i] = ZERO
                    stats = floats(o[5] + 8 * (at + r * H), 2)
                    stats[0], stats[1] = most, total
                product(table, wide, 1, v, h * V, o[4] + 4 * at * V, H * V, m, V, n, 0, 0)


@inline
def rows_cleared(x: Word, row: int, m: int, n: int) -> None:
    """m rows of n zeros."""
    for i in range(m):
        cleared(x + 4 * i * row, n)


@kernel("attention.grad")
def attention_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dq, dk, dv."""
    o, c = ints(op, 22), ints(ctx, 64)
    T, S, H, h, K, V = o[10], o[11], o[12], o[13], o[14], o[15]
    scale, causal, mask, group = f32(number(o[16])), o[17] != 0, o[4], H // h
    wide = padded(S)
    keys = c[SCRATCH]
    values = keys + 4 * wide * K
    A = values + 4 * wide * V
    ds = A + 4 * ROWS_AT_ONCE * wide
    lo, hi = share(c[B] * h, tid, nt)
    for unit in range(lo, hi):
        b, shared = unit // h, unit % h
        of_key, of_value = 4 * (b * S * h + shared) * K, 4 * (b * S * h + shared) * V
        k, v, dk, dv = o[2] + of_key, o[3] + of_value, o[8] + of_key, o[9] + of_value
        pack_all(k, h * K, S, K, keys)
        pack_all(v, h * V, S, V, values)
        rows_cleared(dk, h * K, S, K)
        rows_cleared(dv, h * V, S, V)
        for head in range(shared * group, (shared + 1) * group):
            for t in range(0, T, ROWS_AT_ONCE):
                m = min(ROWS_AT_ONCE, T - t)
                n = min(S, t + m) if causal and mask == 0 else S
                at = (b * T + t) * H + head
                q, dy, y, dq = o[1] + 4 * at * K, o[0] + 4 * at * V, o[5] + 4 * at * V, o[7] + 4 * at * K
                scores(q, H * K, keys, m, n, K, A, wide)
                scores(dy, H * V, values, m, n, V, ds, wide)
                for r in range(m):
                    s, d = floats(A + 4 * r * wide, n), floats(ds + 4 * r * wide, n)
                    seen = min(n, t + r + 1) if causal else n
                    hides = mask + 4 * (b * o[18] + head * o[19] + (t + r) * o[20]) if mask != 0 else 0
                    scaled(s, n, scale, hides, o[21], seen)
                    counts = n if mask != 0 else seen
                    stats = floats(o[6] + 8 * (at + r * H), 2)
                    most, each = stats[0], ONE / stats[1]
                    for i in range(counts):
                        s[i] = s[i] - most
                    for i in range(counts):
                        s[i] = exp(s[i]) * each
                    of_dy, of_y, along = floats(dy + 4 * r * H * V, V), floats(y + 4 * r * H * V, V), ZERO
                    for i in range(V):
                        along += of_dy[i] * of_y[i]
                    for i in range(counts):
                        d[i] = s[i] * (d[i] - along) * scale
                    if mask != 0:
                        shown = floats(hides, (n - 1) * o[21] + 1)
                        for i in range(n):
                            d[i] = choose(shown[i * o[21]] != ZERO, d[i], ZERO)
                    for i in range(counts, n):
                        s[i] = ZERO
                    for i in range(seen, n):
                        d[i] = ZERO
                product(ds, wide, 1, k, h * K, dq, H * K, m, K, n, 0, 0)
                product(A, 1, wide, dy, H * V, dv, h * V, n, V, m, 0, ADD)
                product(ds, 1, wide, q, H * K, dk, h * K, n, K, m, 0, ADD)
