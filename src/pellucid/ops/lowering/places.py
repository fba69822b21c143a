"""Ops that take whole numbers for places. What has no such place is found on the way, and the definition refuses it."""

from __future__ import annotations

import math
from typing import Any

from ...activations.axes import inverse, reordered, to_the_end
from ...layers.operands import EXACT, like, mapped, placed, sends_back
from ...program import Buffer, CannotLower, Program
from .. import ordering
from .. import reductions as reducing
from .. import shaping as ops
from .moving import moved
from .reductions import lower_reduced, reduced, sample_axes


@ops.take.lowers
def lower_take(code: Program, x: Any, indices: Any, axis: int | None = None) -> Buffer:
    """y = the rows of a table that is the same for all samples; or, where the places are known, numbers moved."""
    if not isinstance(indices, Buffer):
        return moved(code, [x], lambda given: ops.take.forward(*given, indices, axis=axis), "take")
    table = placed(code, x)
    rows = (table.size,) if axis is None else table.shape
    if table.each or (axis or 0) % max(len(rows), 1):
        raise CannotLower("op 'take' with places that flow, along another axis than the first of a weight")
    if not 0 < rows[0] < EXACT:
        raise CannotLower(f"op 'take' out of {rows[0]} rows")
    y = like(code, indices, (*indices.shape, *rows[1:]))
    where = indices.size, rows[0], math.prod(rows[1:]), int(indices.each)
    code.emit("op.take", table, indices, y, *where, decides=not code.training)

    def slope(dy: Buffer) -> Buffer:
        dtable = code.block(table.shape)
        code.emit("op.take.grad", dy, indices, dtable, *where)
        return dtable

    sends_back(code, [x, indices], [slope, lambda dy: None])
    return y


ops.take.truths = ops.take.wholes = True


@ops.one_hot.lowers
def lower_one_hot(code: Program, x: Buffer, num_classes: int, axis: int = -1, dtype: str | None = None) -> Buffer:
    y = like(code, x, (*x.shape, num_classes))
    code.emit("op.one_hot", x, y, x.size, num_classes, int(x.each))
    place = axis % (len(y.shape) + x.each) - x.each
    if place < 0:
        raise CannotLower("op 'one_hot' along the batch")
    order = list(range(len(x.shape)))
    order.insert(place, len(x.shape))
    return reordered(code, y, order)


ops.one_hot.truths = ops.one_hot.wholes = True


@ordering.take_along_axis.lowers
def lower_take_along_axis(code: Program, x: Any, indices: Any, axis: int | None = None) -> Buffer:
    """Of rows along the axis, which comes last, the places that each has of its own."""
    x, at = placed(code, x), placed(code, indices)
    if axis is None or x.each != at.each or len(x.shape) != len(at.shape):
        raise CannotLower("op 'take_along_axis' along the batch, or of other axes")
    (along,) = sample_axes(x, axis, "take_along_axis")
    if any(n != m for i, (n, m) in enumerate(zip(x.shape, at.shape, strict=True), 1) if i != along):
        raise CannotLower("op 'take_along_axis' of places that are stretched")
    order = to_the_end(x.shape, [along])
    rows, places = reordered(code, x, order), reordered(code, at, order)
    y, n, count = like(code, places), rows.shape[-1], places.shape[-1]
    where = rows.size // max(n, 1), n, count, int(x.each)
    code.emit("op.take_along_axis", rows, places, y, *where, decides=not code.training)

    def slope(dy: Buffer) -> Buffer:
        dx = like(code, rows)
        code.emit("op.take_along_axis.grad", reordered(code, dy, order), places, dx, *where)
        return reordered(code, dx, inverse(order))

    sends_back(code, [x, at], [slope, lambda dy: None])
    return reordered(code, y, inverse(order))


for _operation in (reducing.argmax, reducing.argmin):
    lower_reduced(_operation)
    _operation.wholes = True


@reducing.count_nonzero.lowers
def lower_count_nonzero(code: Program, x: Buffer, axis: Any = None) -> Buffer:
    return reduced(code, "sum", mapped(code, "op.not_equal", x, 0.0), axis, False)


reducing.count_nonzero.wholes = True
