"""What only moves numbers. Where each goes is found out by moving their places, as the definition does."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...arrays import Array, Shape
from ...layers.operands import Slope, like, placed, sends_back
from ...program import Buffer, CannotLower, Program

COPY, ADD = 0, 1  # as in machine/kernels/ops/shaping.py
SAMPLES = 5  # a batch whose places are moved: each sample must keep to itself
NOWHERE = -1


def moved(code: Program, operands: Sequence[Any], move: Callable[[list[Array]], Array], name: str) -> Buffer:
    """Emit what only moves numbers, and the way back. Where each goes is found out by moving their places."""
    xs = [placed(code, x) for x in operands]
    first, source, shape = xs[0], *_sources(xs, move, name)
    if len(xs) == 1 and np.array_equal(source, np.arange(first.size)):
        sends_back(code, operands, [lambda dy: dy.shaped(first.shape)])
        return first.shaped(shape)
    y, slopes, begin = like(code, first, shape), list[Slope](), 0
    how = ADD if (source == NOWHERE).any() else COPY
    for x in xs:
        pairs, n = _pairs(source, begin, begin + x.size)
        begin += x.size
        code.emit("op.moved", x, y, *_table(code, pairs, n), x.size, y.size, int(x.each), how)
        slopes.append(partial(_moved_back, code, x, pairs[:, ::-1], n))
    sends_back(code, operands, slopes)
    return y


def _moved_back(code: Program, x: Buffer, pairs: Array, n: int, dy: Buffer) -> Buffer:
    dx = like(code, x)
    code.emit("op.moved", dy, dx, *_table(code, pairs, n), dy.size, dx.size, int(x.each), ADD)
    return dx


def _sources(xs: Sequence[Buffer], move: Callable[[list[Array]], Array], name: str) -> tuple[Array, Shape]:
    """(the place among all numbers of a sample that each of y comes from, or NOWHERE where it is 0; the shape of y)."""
    batch = (SAMPLES,) if xs[0].each else ()
    if any(x.each != xs[0].each for x in xs):
        raise CannotLower(f"op {name!r} of data beside what has no batch")
    starts = np.cumsum([1, *(x.size for x in xs)])  # places count from 1, as what an op fills in is 0
    n = starts[-1] - 1
    samples = np.arange(math.prod(batch))[:, None] * n
    places = [
        (samples + np.arange(first, first + x.size)).reshape(*batch, *x.shape)
        for x, first in zip(xs, starts[:-1], strict=True)
    ]
    y = np.asarray(move(places))
    found = y.reshape(len(samples), -1) if y.shape[: len(batch)] == batch else samples - 1
    source = found[0]
    if (source < 0).any() or (source > n).any() or (found != np.where(source == 0, 0, samples + source)).any():
        raise CannotLower(f"op {name!r} along the batch")
    return source - 1, y.shape[len(batch) :]


def _pairs(source: Array, first: int, last: int) -> tuple[Array, int]:
    """((from, to) of each run of numbers, how long each is), of those that come from places first to last."""
    to = np.flatnonzero((source >= first) & (source < last))
    pairs = np.stack([source[to] - first, to], axis=1)
    breaks = np.flatnonzero((np.diff(pairs, axis=0) != 1).any(axis=1)) + 1
    n = math.gcd(len(pairs), *breaks.tolist()) or 1
    return pairs[::n], n


def _table(code: Program, pairs: Array, n: int) -> tuple[Buffer, int, int]:
    """The words of a kernel that say where: whole numbers below 2³² in memory that holds floats, by their bits."""
    return code.constant(np.ascontiguousarray(pairs, "uint32").view("float32")), len(pairs), n
