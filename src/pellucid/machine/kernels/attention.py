"""Attention: y = softmax(q·kᵀ·scale)·v for each head, and its gradient.

    q (T, H, K)   k (S, h, K)   v (S, h, V)   y (T, H, V) of a sample   A (T, S) of a head, never held whole

A thread has a sample's heads that share keys and values, and goes through the steps of the query a few rows at a time:
their scores, their shares, what they take. Of a long sequence it has some keys at a time, as many as there is room for:
what a row took of those before shrinks where a larger score comes, and is divided by the sum of all in the end. What is
behind a row is not computed where it may not be seen. The way back computes the shares again, from the largest score
and the sum that the way there has left.

Sources: Dao, Fu, Ermon, Rudra & Ré, "FlashAttention", NeurIPS (2022); Milakov & Gimelshein, "Online normalizer
calculation for softmax", arXiv:1805.02867 (2018).

    op: q, k, v, mask or 0, y, stats (backwards dy, q, k, v, mask, y, stats, dq, dk, dv), T, S, H, h, K, V, scale,
    whether causal, how far apart the mask's numbers lie from sample to sample, head to head, row to row, and along a
    row, and how many keys a thread has at a time. stats (T, H, 2): the largest score of a row, and the sum of the
    exponentials."""

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
def scaled(at: Word, n: int, scale: Any, mask: Word, step: int, seen: int) -> None:
    """A row of scores times the scale; HIDDEN where the mask hides, and from `seen` on."""
    s = floats(at, n)
    for i in range(n):
        s[i] *= scale
    if mask != 0:
        shown = floats(mask, (n - 1) * step + 1)
        for i in range(n):
            s[i] = choose(shown[i * step] != ZERO, s[i], HIDDEN)
        for i in range(seen, n):
            s[i] = HIDDEN


@inline
def shared_out(at: Word, n: int, counts: int, stats_at: Word, y_at: Word, V: int, first: bool, last: bool) -> None:
    """A row of scores as shares of what is seen of the keys so far; its stats follow, and what was taken before shrinks
    as they say. Of one block with all keys, the shares are divided by their sum at once."""
    s, stats = floats(at, n), floats(stats_at, 2)
    if counts > 0:
        most, total = highest(s, counts), ZERO
        if not first:
            most = max(most, stats[0])
            kept = exp(stats[0] - most)
            total = stats[1] * kept
            y = floats(y_at, V)
            for i in range(V):
                y[i] *= kept
        for i in range(counts):
            s[i] = s[i] - most
        for i in range(counts):
            s[i] = exp(s[i])
            total += s[i]
        if first and last:
            for i in range(counts):
                s[i] /= total
        stats[0], stats[1] = most, total
    for i in range(counts, n):
        s[i] = ZERO


@inline
def divided(y_at: Word, V: int, stats_at: Word) -> None:
    """What a row took of all blocks, divided by the sum of its shares."""
    y, stats = floats(y_at, V), floats(stats_at, 2)
    for i in range(V):
        y[i] /= stats[1]


@kernel("attention")
def attention(op: int, ctx: int, tid: int, nt: int) -> None:
    """y, and stats."""
    # some: at least 1, which the compiler must see: a range in steps of 0 would be an error
    o, c = ints(op, 19), ints(ctx, 64)
    T, S, H, h, K, V = o[6], o[7], o[8], o[9], o[10], o[11]
    scale, causal, mask, group, some = f32(number(o[12])), o[13] != 0, o[3], H // h, max(1, o[18])
    wide = padded(min(S, some))
    keys, table = c[SCRATCH], c[SCRATCH] + 4 * wide * K
    lo, hi = share(c[B] * h, tid, nt)
    for unit in range(lo, hi):
        b, shared = unit // h, unit % h
        for f in range(0, S, some):
            k, v = o[1] + 4 * ((b * S + f) * h + shared) * K, o[2] + 4 * ((b * S + f) * h + shared) * V
            many, last = min(some, S - f), f + some >= S
            pack_all(k, h * K, many, K, keys)
            for head in range(shared * group, (shared + 1) * group):
                for t in range(f // ROWS_AT_ONCE * ROWS_AT_ONCE if causal and mask == 0 else 0, T, ROWS_AT_ONCE):
                    m = min(ROWS_AT_ONCE, T - t)
                    n = min(many, t + m - f) if causal and mask == 0 else many
                    at = (b * T + t) * H + head
                    scores(o[0] + 4 * at * K, H * K, keys, m, n, K, table, wide)
                    for r in range(m):
                        s, seen = table + 4 * r * wide, max(0, min(n, t + r + 1 - f)) if causal else n
                        hides = mask + 4 * (b * o[14] + head * o[15] + (t + r) * o[16] + f * o[17]) if mask != 0 else 0
                        scaled(s, n, scale, hides, o[17], seen)
                        place, counts = at + r * H, n if mask != 0 else seen
                        shared_out(s, n, counts, o[5] + 8 * place, o[4] + 4 * place * V, V, f == 0, last)
                    product(table, wide, 1, v, h * V, o[4] + 4 * at * V, H * V, m, V, n, 0, ADD if f > 0 else 0)
        for head in range(shared * group, (shared + 1) * group if some < S else 0):
            for t in range(T):
                at = (b * T + t) * H + head
                divided(o[4] + 4 * at * V, V, o[5] + 8 * at)


@inline
def rows_cleared(x: Word, row: int, m: int, n: int) -> None:
    """m rows of n zeros."""
    for i in range(m):
        cleared(x + 4 * i * row, n)


@inline
def slopes(
    at: Word, d_at: Word, n: int, counts: int, seen: int, stats_at: Word, dy: Word, y: Word, V: int, scale: Any
) -> None:
    """A row of scores becomes its shares again, d = dL/dA becomes dL/ds."""
    s, d, stats, of_dy, of_y = floats(at, n), floats(d_at, n), floats(stats_at, 2), floats(dy, V), floats(y, V)
    most, each, along = stats[0], ONE / stats[1], ZERO
    for i in range(counts):
        s[i] = s[i] - most
    for i in range(counts):
        s[i] = exp(s[i]) * each
    for i in range(V):
        along += of_dy[i] * of_y[i]
    for i in range(counts):
        d[i] = s[i] * (d[i] - along) * scale
    for i in range(counts, n):
        s[i] = ZERO
    for i in range(seen, n):
        d[i] = ZERO


@inline
def cut(d_at: Word, n: int, hides: Word, step: int) -> None:
    """Nothing goes back to where the mask hides."""
    d, shown = floats(d_at, n), floats(hides, (n - 1) * step + 1)
    for i in range(n):
        d[i] = choose(shown[i * step] != ZERO, d[i], ZERO)


@kernel("attention.grad")
def attention_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dq, dk, dv."""
    o, c = ints(op, 23), ints(ctx, 64)
    T, S, H, h, K, V = o[10], o[11], o[12], o[13], o[14], o[15]
    scale, causal, mask, group, some = f32(number(o[16])), o[17] != 0, o[4], H // h, max(1, o[22])
    wide = padded(min(S, some))
    keys = c[SCRATCH]
    values = keys + 4 * wide * K
    A = values + 4 * wide * V
    ds = A + 4 * ROWS_AT_ONCE * wide
    lo, hi = share(c[B] * h, tid, nt)
    for unit in range(lo, hi):
        b, shared = unit // h, unit % h
        for f in range(0, S, some):
            of_key, of_value = 4 * ((b * S + f) * h + shared) * K, 4 * ((b * S + f) * h + shared) * V
            k, v, dk, dv = o[2] + of_key, o[3] + of_value, o[8] + of_key, o[9] + of_value
            many = min(some, S - f)
            pack_all(k, h * K, many, K, keys)
            pack_all(v, h * V, many, V, values)
            rows_cleared(dk, h * K, many, K)
            rows_cleared(dv, h * V, many, V)
            for head in range(shared * group, (shared + 1) * group):
                for t in range(f // ROWS_AT_ONCE * ROWS_AT_ONCE if causal and mask == 0 else 0, T, ROWS_AT_ONCE):
                    m = min(ROWS_AT_ONCE, T - t)
                    n = min(many, t + m - f) if causal and mask == 0 else many
                    at = (b * T + t) * H + head
                    q, dy, y, dq = o[1] + 4 * at * K, o[0] + 4 * at * V, o[5] + 4 * at * V, o[7] + 4 * at * K
                    scores(q, H * K, keys, m, n, K, A, wide)
                    scores(dy, H * V, values, m, n, V, ds, wide)
                    for r in range(m):
                        s, d, seen = A + 4 * r * wide, ds + 4 * r * wide, max(0, min(n, t + r + 1 - f)) if causal else n
                        hides = mask + 4 * (b * o[18] + head * o[19] + (t + r) * o[20] + f * o[21]) if mask != 0 else 0
                        scaled(s, n, scale, hides, o[21], seen)
                        counts, of, on = n if mask != 0 else seen, 4 * r * H * V, o[6] + 8 * (at + r * H)
                        slopes(s, d, n, counts, seen, on, dy + of, y + of, V, scale)
                        if mask != 0:
                            cut(d, n, hides, o[21])
                    product(ds, wide, 1, k, h * K, dq, H * K, m, K, n, 0, ADD if f > 0 else 0)
                    product(A, 1, wide, dy, H * V, dv, h * V, n, V, m, 0, ADD)
                    product(ds, 1, wide, q, H * K, dk, h * K, n, K, m, 0, ADD)
