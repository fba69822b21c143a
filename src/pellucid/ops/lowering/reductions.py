"""Ops along axes of a sample: those go to the end, and a kernel makes one number of each row."""

from __future__ import annotations

import math
from typing import Any

from ...activations.axes import inverse, reordered, to_the_end
from ...layers.operands import like, rowed, sends_back
from ...program import Buffer, CannotLower, Program
from .. import reductions as ops
from ..base import Operation


def all_axes(x: Buffer, axis: Any) -> list[int]:
    """The axes that an op is asked for, the batch being 0, those of a sample counted from 1."""
    total = len(x.shape) + x.each
    asked = range(total) if axis is None else (axis,) if isinstance(axis, int) else axis
    return sorted(a % total + (not x.each) for a in asked)


def sample_axes(x: Buffer, axis: Any, name: str) -> list[int]:
    """Those axes, where the batch is none of them."""
    found = all_axes(x, axis)
    if found[:1] == [0]:
        raise CannotLower(f"op {name!r} over the batch")
    return found


def reduced(code: Program, name: str, x: Buffer, axis: Any, keepdims: bool) -> Buffer:
    """Emit an op that makes one number of those along some axes, and the way back."""
    axes = all_axes(x, axis)
    if axes[:1] == [0]:
        return _through_the_batch(code, name, x, axes[1:], keepdims)
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


def _through_the_batch(code: Program, name: str, x: Buffer, axes: list[int], keepdims: bool) -> Buffer:
    """As `reduced`, over the batch and axes of a sample: x is turned, so that each row goes through the whole batch."""
    if code.ranks > 1:
        raise CannotLower(f"ops.{name} through a batch that several processes share")
    code.together = True
    kept = tuple(n for i, n in enumerate(x.shape, 1) if i not in axes)
    M, order = math.prod(kept), to_the_end(x.shape, axes)
    n, y = x.size // max(M, 1), code.block(kept)
    rows = turned = reordered(code, x, order)
    if M > 1:
        turned = code.buffer(rows.shape)
        code.emit("op.turned", rows, turned, M, n, 0)
    code.emit(f"op.{name}.batch", turned, y, M, n)

    def slope(dy: Buffer) -> Buffer:
        dturned = dx = code.buffer(rows.shape)
        code.emit(f"op.{name}.batch.grad", dy, turned, y, dturned, M, n)
        if M > 1:
            dx = code.buffer(rows.shape)
            code.emit("op.turned", dturned, dx, M, n, 1)
        return reordered(code, dx, inverse(order))

    sends_back(code, [x], [slope])
    return y.shaped((1, *(1 if i in axes else n for i, n in enumerate(x.shape, 1)))) if keepdims else y


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
