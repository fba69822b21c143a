"""Attention: y = softmax(q·kᵀ·scale)·v for each head, and its gradient.

    q (T, H, K)   k (S, h, K)   v (S, h, V)   y (T, H, V) of a sample   A (T, S) of a head, never held whole

A thread has a sample's heads that share keys and values, and goes through the steps of the query a panel at a time, and
of a long sequence some keys at a time. The scores lie turned, (keys, PANEL): what is done with a query's scores is done
down a column, and all queries of the panel are done at once. What a query took of keys before shrinks where a larger
score comes, and is divided by the sum of all in the end. What is behind a whole panel is not computed where it may not
be seen. The way back computes the shares again, from the largest score and the sum that the way there has left.

Sources: Dao, Fu, Ermon, Rudra & Ré, "FlashAttention", NeurIPS (2022); Milakov & Gimelshein, "Online normalizer
calculation for softmax", arXiv:1805.02867 (2018).

    op: q, k, v, mask or 0, y, stats (backwards dy, q, k, v, mask, y, stats, dq, dk, dv), T, S, H, h, K, V, scale,
    whether causal, how far apart the mask's numbers lie from sample to sample, head to head, row to row, and along a
    row, and how many keys a thread has at a time. stats (T, H, 2): the largest score of a row, and the sum of the
    exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..columns import fold_highest, fold_sum, multiply, take_from
from ..intrinsics import Word, floats, ints, number
from ..layout import ADD, SCRATCH, B
from ..tile import PANEL
from .base import cleared, inline, kernel
from .functions import ONE, ZERO, choose, decayed, f32
from .gather import share
from .matmul import pack_transposed, product

LINE = 4 * PANEL  # bytes of a row of numbers for all queries of a panel
HIDDEN = f32(-1e9)  # a score that the mask hides, as Keras has it: where it hides all, all have the same share
UNSEEN = f32(-np.inf)  # a score that lies ahead: no share of it, whatever the others


@inline
def filled(x: Word, n: int, value: Any) -> None:
    """n numbers of one value."""
    line = floats(x, n)
    for i in range(n):
        line[i] = value


@inline
def scaled(x: Word, n: int, scale: Any) -> None:
    """n numbers times the scale."""
    line = floats(x, n)
    for i in range(n):
        line[i] *= scale


@inline
def exponentials(x: Word, n: int) -> None:
    """n numbers x up to 0 become eˣ."""
    line = floats(x, n)
    for i in range(n):
        line[i] = decayed(line[i])


@inline
def ahead(x: Word, n: int, first: int, value: Any) -> None:
    """The value where a key lies ahead of the query: key j of n is the own one of the panel's query first + j."""
    for j in range(max(0, 1 - first), n):
        filled(x + LINE * j, min(PANEL, first + j), value)


@inline
def masked(x: Word, n: int, m: int, mask: Word, row: int, step: int, value: Any) -> None:
    """The value where the mask hides one of n keys from one of m queries."""
    for j in range(n):
        line, shown = floats(x + LINE * j, m), floats(mask + 4 * j * step, (m - 1) * row + 1)
        for i in range(m):
            line[i] = choose(shown[i * row] != ZERO, line[i], value)


@inline
def hidden(
    x: Word, n: int, m: int, first: int, causal: bool, mask: Word, row: int, step: int, hides: Any, behind: Any
) -> None:  # fmt: skip
    """`hides` where the mask hides a key; `behind` where it lies ahead, where that is not to be seen."""
    if mask != 0:
        masked(x, n, m, mask, row, step, hides)
    if causal:
        ahead(x, n, first, behind)


@inline
def shrunk(y: Word, row: int, m: int, V: int, by: Word) -> None:
    """Each of m rows of V numbers times its own."""
    each = floats(by, m)
    for i in range(m):
        scaled(y + 4 * i * row, V, each[i])


@inline
def shared_out(
    A: Word, n: int, most: Word, total: Word, kept: Word, y: Word, row: int, m: int, V: int, begun: bool
) -> None:
    """Scores as shares that are not yet divided by their sum; what was taken of keys before shrinks to fit them."""
    highest, shrinks = floats(most, PANEL), floats(kept, PANEL)
    for i in range(PANEL):
        shrinks[i] = highest[i]
    fold_highest(A, n, most)
    take_from(A, n, most)
    exponentials(A, n * PANEL)
    if begun:
        take_from(kept, 1, most)
        exponentials(kept, PANEL)
        multiply(total, 1, kept)
        shrunk(y, row, m, V, kept)
    fold_sum(A, n, total)


@kernel("attention")
def attention(op: int, ctx: int, tid: int, nt: int) -> None:
    """y, and stats."""
    # some: at least 1, which the compiler must see: a range in steps of 0 would be an error
    o, c = ints(op, 19), ints(ctx, 64)
    T, S, H, h, K, V = o[6], o[7], o[8], o[9], o[10], o[11]
    scale, causal, mask, group, some = f32(number(o[12])), o[13] != 0, o[3], H // h, max(1, o[18])
    most = c[SCRATCH]
    total, kept, queries = most + LINE, most + 2 * LINE, most + 3 * LINE
    A = queries + LINE * K
    behind = HIDDEN if mask != 0 else UNSEEN
    lo, hi = share(c[B] * H, tid, nt)
    for unit in range(lo, hi):
        b, head = unit // H, unit % H
        for t in range(0, T, PANEL):
            m, at = min(PANEL, T - t), (b * T + t) * H + head
            y, seen = o[4] + 4 * at * V, min(S, t + m) if causal and mask == 0 else S
            pack_transposed(o[0] + 4 * at * K, H * K, K, m, queries)
            scaled(queries, K * PANEL, scale)
            filled(most, PANEL, UNSEEN)
            filled(total, PANEL, ZERO)
            for f in range(0, seen, some):
                n, key = min(some, seen - f), (b * S + f) * h + head // group
                product(o[1] + 4 * key * K, h * K, 1, queries, PANEL, A, PANEL, n, m, K, 0, 0)
                hides = mask + 4 * (b * o[14] + head * o[15] + t * o[16] + f * o[17]) if mask != 0 else 0
                hidden(A, n, m, f - t, causal, hides, o[16], o[17], HIDDEN, behind)
                shared_out(A, n, most, total, kept, y, H * V, m, V, f > 0)
                product(A, 1, PANEL, o[2] + 4 * key * V, h * V, y, H * V, m, V, n, 0, ADD if f > 0 else 0)
            left(o[5] + 8 * at, 2 * H, m, most, total)
            shrunk(y, H * V, m, V, total)


@inline
def left(stats: Word, row: int, m: int, most: Word, total: Word) -> None:
    """The largest score and the sum, for the way back; the sum becomes what to divide by it."""
    highest, sums = floats(most, m), floats(total, m)
    for i in range(m):
        of_row = floats(stats + 4 * i * row, 2)
        of_row[0], of_row[1] = highest[i], sums[i]
        sums[i] = ONE / sums[i]


@inline
def found(stats: Word, row: int, m: int, most: Word, each: Word) -> None:
    """What `left` has left."""
    highest, shares = floats(most, m), floats(each, m)
    for i in range(m):
        of_row = floats(stats + 4 * i * row, 2)
        highest[i], shares[i] = of_row[0], ONE / of_row[1]


@inline
def dots(x: Word, y: Word, n: int, to: Word) -> None:
    """to[i] = Σ_j x[j, i]·y[j, i]; y is used up."""
    a, b = floats(x, n * PANEL), floats(y, n * PANEL)
    for i in range(n * PANEL):
        b[i] *= a[i]
    filled(to, PANEL, ZERO)
    fold_sum(y, n, to)


@inline
def slopes(A: Word, D: Word, n: int, scale: Any) -> None:
    """D = dL/dA, less what its queries have in common, becomes dL/ds."""
    a, d = floats(A, n * PANEL), floats(D, n * PANEL)
    for i in range(n * PANEL):
        d[i] *= a[i] * scale


@kernel("attention.grad")
def attention_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dq, dk, dv."""
    o, c = ints(op, 23), ints(ctx, 64)
    T, S, H, h, K, V = o[10], o[11], o[12], o[13], o[14], o[15]
    scale, causal, mask, group, some = f32(number(o[16])), o[17] != 0, o[4], H // h, max(1, o[22])
    most = c[SCRATCH]
    each, along, queries = most + LINE, most + 2 * LINE, most + 3 * LINE
    gradients = queries + LINE * K
    taken = gradients + LINE * V
    A = taken + LINE * V
    D = A + LINE * min(S, some)
    behind = HIDDEN if mask != 0 else UNSEEN
    lo, hi = share(c[B] * h, tid, nt)
    for unit in range(lo, hi):
        b, shared = unit // h, unit % h
        rows_cleared(o[8] + 4 * (b * S * h + shared) * K, h * K, S, K)
        rows_cleared(o[9] + 4 * (b * S * h + shared) * V, h * V, S, V)
        for head in range(shared * group, (shared + 1) * group):
            for t in range(0, T, PANEL):
                m, at = min(PANEL, T - t), (b * T + t) * H + head
                q, dq, dy, seen = (
                    o[1] + 4 * at * K,
                    o[7] + 4 * at * K,
                    o[0] + 4 * at * V,
                    min(S, t + m) if causal and mask == 0 else S,
                )
                pack_transposed(q, H * K, K, m, queries)
                scaled(queries, K * PANEL, scale)
                pack_transposed(dy, H * V, V, m, gradients)
                pack_transposed(o[5] + 4 * at * V, H * V, V, m, taken)
                dots(gradients, taken, V, along)
                found(o[6] + 8 * at, 2 * H, m, most, each)
                for f in range(0, seen, some):
                    n, key = min(some, seen - f), (b * S + f) * h + shared
                    k, v, dk, dv = o[2] + 4 * key * K, o[3] + 4 * key * V, o[8] + 4 * key * K, o[9] + 4 * key * V
                    product(k, h * K, 1, queries, PANEL, A, PANEL, n, m, K, 0, 0)
                    product(v, h * V, 1, gradients, PANEL, D, PANEL, n, m, V, 0, 0)
                    hides = mask + 4 * (b * o[18] + head * o[19] + t * o[20] + f * o[21]) if mask != 0 else 0
                    hidden(A, n, m, f - t, causal, hides, o[20], o[21], HIDDEN, behind)
                    take_from(A, n, most)
                    exponentials(A, n * PANEL)
                    multiply(A, n, each)
                    take_from(D, n, along)
                    slopes(A, D, n, scale)
                    hidden(D, n, m, f - t, causal, hides, o[20], o[21], ZERO, ZERO)
                    product(D, 1, PANEL, k, h * K, dq, H * K, m, K, n, 0, ADD if f > 0 else 0)
                    product(A, PANEL, 1, dy, H * V, dv, h * V, n, V, m, 0, ADD)
                    product(D, PANEL, 1, q, H * K, dk, h * K, n, K, m, 0, ADD)


@inline
def rows_cleared(x: Word, row: int, m: int, n: int) -> None:
    """m rows of n zeros."""
    for i in range(m):
        cleared(x + 4 * i * row, n)
