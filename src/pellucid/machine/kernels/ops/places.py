"""Whole numbers in floats: looked at, and taken for places. What is no such place is left to the definition.

A place is exact: a table has fewer than 2²⁴ rows, and whole numbers beyond that are none of its places, however
rounded.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...intrinsics import floats, ints, number
from ...layout import NOT_FINITE, SHARED, STATUS, B
from ..base import inline, kernel
from ..double import f64
from ..functions import ONE, ZERO, choose, f32
from ..gather import share, share_lines
from ..mapped import mapped

NOWHERE = -1


@inline
def refuse(ctx: int) -> None:
    """End the run before anything is changed: the definition does this step."""
    ints(ints(ctx, 64)[SHARED], 64)[STATUS] = NOT_FINITE


@inline
def row_at(place: Any, rows: int) -> Any:
    """The row that a whole number means, counted from the end where it is negative; NOWHERE if there is none."""
    if not -f32(rows) <= place < f32(rows):
        return NOWHERE
    row = np.int64(place)
    return row + rows if row < 0 else row


@kernel("op.within")
def within(op: int, ctx: int, tid: int, nt: int) -> None:
    """Whether numbers are whole and within bounds, and so exact; if not, the run ends. op: x, how many, whether for
    each sample, the bounds."""
    o, c = ints(op, 5), ints(ctx, 64)
    lo, hi = share_lines(o[1] * (c[B] if o[2] != 0 else 1), tid, nt)
    x, least, most = floats(o[0] + 4 * lo, hi - lo), f32(number(o[3])), f32(number(o[4]))
    inside = 0
    for i in range(hi - lo):
        inside += 1 if (x[i] >= least) & (x[i] <= most) & (np.floor(x[i]) == x[i]) else 0
    if inside != hi - lo:
        refuse(ctx)


@kernel("op.take")
def take(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = the row of a table at each place. op: table, places, y, places per sample, rows, numbers in a row, whether
    for each sample."""
    o, c = ints(op, 7), ints(ctx, 64)
    n = o[5]
    lo, hi = share(o[3] * (c[B] if o[6] != 0 else 1), tid, nt)
    places = floats(o[1] + 4 * lo, hi - lo)
    for i in range(hi - lo):
        row = row_at(places[i], o[4])
        y = floats(o[2] + 4 * (lo + i) * n, n)
        if row == NOWHERE:
            refuse(ctx)
            for j in range(n):
                y[j] = ZERO
        else:
            x = floats(o[0] + 4 * row * n, n)
            for j in range(n):
                y[j] = x[j]


@kernel("op.take.grad")
def take_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dtable = the sums of the dy of each row that was taken: each thread has rows of its own, and looks at all places.

    op: dy, places, dtable, places per sample, rows, numbers in a row, whether for each sample."""
    o, c = ints(op, 7), ints(ctx, 64)
    rows, n = o[4], o[5]
    count = o[3] * (c[B] if o[6] != 0 else 1)
    places = floats(o[1], count)
    lo, hi = share(rows, tid, nt)
    mine = floats(o[2] + 4 * lo * n, (hi - lo) * n)
    for j in range((hi - lo) * n):
        mine[j] = ZERO
    for i in range(count):
        row = row_at(places[i], rows)
        if lo <= row < hi:
            dy, dx = floats(o[0] + 4 * i * n, n), floats(o[2] + 4 * row * n, n)
            for j in range(n):
                dx[j] += dy[j]


@kernel("op.one_hot")
def one_hot(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = 1 at the place that x names, 0 elsewhere. op: x, y, rows, n, whether for each sample."""
    o, c = ints(op, 5), ints(ctx, 64)
    n = o[3]
    lo, hi = share(o[2] * (c[B] if o[4] != 0 else 1), tid, nt)
    x = floats(o[0] + 4 * lo, hi - lo)
    for i in range(hi - lo):
        y = floats(o[1] + 4 * (lo + i) * n, n)
        for j in range(n):
            y[j] = choose(x[i] == f32(j), ONE, ZERO)


@kernel("op.take_along_axis")
def take_along_axis(op: int, ctx: int, tid: int, nt: int) -> None:
    """y = the numbers of each row at places of its own. op: x, places, y, rows, numbers in a row, places in a row,
    whether for each sample."""
    o, c = ints(op, 7), ints(ctx, 64)
    n, count = o[4], o[5]
    lo, hi = share(o[3] * (c[B] if o[6] != 0 else 1), tid, nt)
    for i in range(lo, hi):
        x, places, y = (
            floats(o[0] + 4 * i * n, n),
            floats(o[1] + 4 * i * count, count),
            floats(o[2] + 4 * i * count, count),
        )
        for j in range(count):
            at = row_at(places[j], n)
            if at == NOWHERE:
                refuse(ctx)
            y[j] = ZERO if at == NOWHERE else x[at]


@kernel("op.take_along_axis.grad")
def take_along_axis_grad(op: int, ctx: int, tid: int, nt: int) -> None:
    """dx = the sums of the dy of each x that was taken. op: dy, places, dx, and the same four."""
    o, c = ints(op, 7), ints(ctx, 64)
    n, count = o[4], o[5]
    lo, hi = share(o[3] * (c[B] if o[6] != 0 else 1), tid, nt)
    for i in range(lo, hi):
        dy, places, dx = (
            floats(o[0] + 4 * i * count, count),
            floats(o[1] + 4 * i * count, count),
            floats(o[2] + 4 * i * n, n),
        )
        for j in range(n):
            dx[j] = ZERO
        for j in range(count):
            at = row_at(places[j], n)
            if at != NOWHERE:
                dx[at] += dy[j]


@inline
def quotient(a: Any, b: Any) -> Any:
    """a / b, rounded down; 0 where b is 0, as NumPy has it of whole numbers. Exact, for those that float32 holds."""
    return f32(np.floor(f64(a) / f64(choose(b == ZERO, ONE, b)))) * choose(b == ZERO, ZERO, ONE)


mapped("op.floor_divide")(lambda a, b: quotient(a, b))
mapped("op.mod")(lambda a, b: choose(b == ZERO, ZERO, a - quotient(a, b) * b))
