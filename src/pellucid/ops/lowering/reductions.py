"""Ops along axes of a sample: those go to the end, and a kernel makes one number of each row."""

from __future__ import annotations

import math
from typing import Any

from ...activations.axes import inverse, reordered, to_the_end
from ...layers.operands import like, rowed, sends_back
from ...program import Buffer, CannotLower, Program
from .. import reductions as ops
from ..base import Operation


def sample_axes(x: Buffer, axis: Any, name: str) -> list[int]:
    """The axes of a sample, counted from 1, that an op is asked for; the batch is none of them."""
    total = len(x.shape) + x.each
    asked = range(total) if axis is None else (axis,) if isinstance(axis, int) else axis
    found = sorted(a % total + (not x.each) for a in asked)
    if found[:1] == [0]:
        raise CannotLower(f"op {name!r} over the batch")
    return found


def reduced(code: Program, name: str, x: Buffer, axis: Any, keepdims: bool) -> Buffer:
    """Emit an op that makes one number of those along some axes, and the way back."""
    axes = sample_axes(x, axis, name)
    order = to_the_end(x.shape, axes)
    rows = reordered(code, x, order)
    y = rowed(code, f"op.{name}", x, rows, axes)
    where = (y.size, x.size // max(y.size, 1), int(x.each))

    def slope(dy: Buffer) -> Buffer:
        dx = like(code, rows)
        code.emit(f"op.{name}.grad", dy, rows, y, dx, *where)
        return reordered(code, dx, inverse(order))

    sends_back(code, [x], [slope])
    return y.shaped(tuple(1 if i in axes else n for i, n in enumerate(x.shape, 1))) if keepdims else y


def lower_reduced(operation: Operation) -> None:
    """Lower an op that makes one number of those along some axes."""

    def lowering(code: Program, x: Buffer, axis: Any = None, keepdims: bool = False) -> Buffer:
        return reduced(code, operation.name, x, axis, keepdims)

    operation.lowers(lowering, truths=operation in (ops.max, ops.min, ops.any, ops.all))


for operation in (
    ops.sum, ops.mean, ops.var, ops.std, ops.max, ops.min, ops.prod, ops.logsumexp, ops.any, ops.all,
):  # fmt: skip
    lower_reduced(operation)


def summed_up(code: Program, x: Buffer, axes: list[int], backwards: bool) -> Buffer:
    """Emit the sums of x up to each place along an axis, or from it on."""
    order = to_the_end(x.shape, axes)
    rows = reordered(code, x, order)
    y, n = like(code, rows), math.prod(x.shape[a - 1] for a in axes)
    code.emit("op.cumsum", rows, y, x.size // max(n, 1), n, int(x.each), int(backwards))
    return reordered(code, y, inverse(order))


@ops.cumsum.lowers
def lower_cumsum(code: Program, x: Buffer, axis: int | None = None) -> Buffer:
    if axis is None:
        raise CannotLower("op 'cumsum' over all axes")
    axes = sample_axes(x, axis, "cumsum")
    sends_back(code, [x], [lambda dy: summed_up(code, dy, axes, True)])
    return summed_up(code, x, axes, False)
