"""How a rule that treats every number alike becomes a kernel: one loop over the vectors, weight decay included.

A rule has two functions: `numbers` gives what is computed once a step, in float64 and then rounded, from the rule's
own numbers p, the learning rate and the update's number t; the other is the rule itself, for one number.
op: size, steps per update, weight decay, w, g, slots, p.

Each rule of up to two slots becomes a second kernel, `dense.weights.<name>`, that updates a Dense layer's W a few rows
at a time, as soon as their gradient is there; see `rows_of_gradient` in dense.py. op: as there, then the rule's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..intrinsics import Word, doubles, floats, ints, number
from ..layout import RATE, SCRATCH, T
from .base import inline, kernel
from .dense import OF_DENSE, rows_at_once, rows_of_gradient, weights_part
from .functions import choose, precise
from .gather import share_lines

f32 = np.float32
CHUNK = 1024  # numbers that stay in the fastest cache from one loop to the next


@inline
def due(taken: int, every: int) -> bool:
    """Whether this step updates: with gradient accumulation only the last of so many does."""
    return (taken + 1) % every == 0


@precise
def larger(a: Any, b: Any) -> Any:
    """max(a, b), and NaN if either is."""
    return choose((a > b) | (a != a), a, b)


@precise
def within(x: Any, limit: Any) -> Any:
    """x cut to ±limit; NaN stays NaN."""
    return choose(x < -limit, -limit, choose(x > limit, limit, x))


@inline
def once(op: Word, ctx: Word, p: Word, numbers: Any) -> Any:
    """(the rule's numbers, by how much weights decay) for this step."""
    o, c = ints(op, 3), ints(ctx, 64)
    lr = number(c[RATE])
    return numbers(doubles(p, 8), lr, float(c[T] // o[1] + 1)), f32(number(o[2]) * lr)


@inline
def part(op: Word, word: int, lo: int, n: int) -> Any:
    """n numbers from number lo on of the vector at this word."""
    return floats(ints(op, 30)[word] + 4 * lo, n)


def no_slots(name: str, numbers: Any, rule: Any) -> None:
    """The kernel of w ← rule(w, g, k)."""

    @kernel(name)
    def run(op: int, ctx: int, tid: int, nt: int) -> None:
        o = ints(op, 5)
        if not due(ints(ctx, 64)[T], o[1]):
            return
        k, decay = once(op, ctx, op + 40, numbers)
        lo, hi = share_lines(o[0], tid, nt)
        n = hi - lo
        w, g = part(op, 3, lo, n), part(op, 4, lo, n)
        for i in range(n):
            w[i] = rule(w[i] - w[i] * decay, g[i], k)

    @kernel(f"dense.weights.{name}")
    def fused(op: int, ctx: int, tid: int, nt: int) -> None:
        own = op + 8 * OF_DENSE
        k, decay = once(own, ctx, own + 40, numbers)
        i0, i1, j0, j1 = weights_part(op, ctx, tid, nt)
        for i in range(i0, i1, rows_at_once(op, ctx, j1 - j0)):
            runs, n, step = rows_of_gradient(op, ctx, i, i1, j0, j1, 0)
            for r in range(runs):
                lo = (i + r) * step + j0
                w, g = part(own, 3, lo, n), floats(ints(ctx, 64)[SCRATCH] + 4 * r * n, n)
                for t in range(n):
                    w[t] = rule(w[t] - w[t] * decay, g[t], k)


def one_slot(name: str, numbers: Any, rule: Any) -> None:
    """The kernel of w, a ← rule(w, g, a, k)."""

    @kernel(name)
    def run(op: int, ctx: int, tid: int, nt: int) -> None:
        o = ints(op, 6)
        if not due(ints(ctx, 64)[T], o[1]):
            return
        k, decay = once(op, ctx, op + 48, numbers)
        lo, hi = share_lines(o[0], tid, nt)
        n = hi - lo
        w, g, a = part(op, 3, lo, n), part(op, 4, lo, n), part(op, 5, lo, n)
        for i in range(n):
            w[i], a[i] = rule(w[i] - w[i] * decay, g[i], a[i], k)

    @kernel(f"dense.weights.{name}")
    def fused(op: int, ctx: int, tid: int, nt: int) -> None:
        own = op + 8 * OF_DENSE
        k, decay = once(own, ctx, own + 48, numbers)
        i0, i1, j0, j1 = weights_part(op, ctx, tid, nt)
        for i in range(i0, i1, rows_at_once(op, ctx, j1 - j0)):
            runs, n, step = rows_of_gradient(op, ctx, i, i1, j0, j1, 1)
            for r in range(runs):
                lo = (i + r) * step + j0
                w, a = part(own, 3, lo, n), part(own, 5, lo, n)
                g = floats(ints(ctx, 64)[SCRATCH] + 4 * r * n, n)
                for t in range(n):
                    w[t], a[t] = rule(w[t] - w[t] * decay, g[t], a[t], k)


def two_slots(name: str, numbers: Any, rule: Any) -> None:
    """The kernel of w, a, b ← rule(w, g, a, b, k)."""

    @kernel(name)
    def run(op: int, ctx: int, tid: int, nt: int) -> None:
        o = ints(op, 7)
        if not due(ints(ctx, 64)[T], o[1]):
            return
        k, decay = once(op, ctx, op + 56, numbers)
        lo, hi = share_lines(o[0], tid, nt)
        n = hi - lo
        w, g, a, b = part(op, 3, lo, n), part(op, 4, lo, n), part(op, 5, lo, n), part(op, 6, lo, n)
        for i in range(n):
            w[i], a[i], b[i] = rule(w[i] - w[i] * decay, g[i], a[i], b[i], k)

    @kernel(f"dense.weights.{name}")
    def fused(op: int, ctx: int, tid: int, nt: int) -> None:
        own = op + 8 * OF_DENSE
        k, decay = once(own, ctx, own + 56, numbers)
        i0, i1, j0, j1 = weights_part(op, ctx, tid, nt)
        for i in range(i0, i1, rows_at_once(op, ctx, j1 - j0)):
            runs, n, step = rows_of_gradient(op, ctx, i, i1, j0, j1, 2)
            for r in range(runs):
                lo = (i + r) * step + j0
                w, a, b = part(own, 3, lo, n), part(own, 5, lo, n), part(own, 6, lo, n)
                g = floats(ints(ctx, 64)[SCRATCH] + 4 * r * n, n)
                for t in range(n):
                    w[t], a[t], b[t] = rule(w[t] - w[t] * decay, g[t], a[t], b[t], k)


def three_slots(name: str, numbers: Any, rule: Any, step: Any) -> None:
    """The kernel of a, b, c ← rule(g, a, b, c, k), then w ← step(w, a, b, c, k).

    In two loops: of one over five vectors LLVM gives up to prove that they do not overlap, and does not vectorize it.
    """

    @kernel(name)
    def run(op: int, ctx: int, tid: int, nt: int) -> None:
        o = ints(op, 8)
        if not due(ints(ctx, 64)[T], o[1]):
            return
        k, decay = once(op, ctx, op + 64, numbers)
        lo, hi = share_lines(o[0], tid, nt)
        for j in range(lo, hi, CHUNK):
            n = min(CHUNK, hi - j)
            w, g = part(op, 3, j, n), part(op, 4, j, n)
            a, b, c = part(op, 5, j, n), part(op, 6, j, n), part(op, 7, j, n)
            for i in range(n):
                a[i], b[i], c[i] = rule(g[i], a[i], b[i], c[i], k)
            for i in range(n):
                w[i] = step(w[i] - w[i] * decay, a[i], b[i], c[i], k)
