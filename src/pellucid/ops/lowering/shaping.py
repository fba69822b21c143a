"""Ops that move numbers, or leave some out."""

from __future__ import annotations

from typing import Any

from ...program import Buffer, CannotLower, Program
from .. import placing
from .. import shaping as ops
from ..base import Operation
from .moving import moved


def lower_moved(operation: Operation) -> None:
    """Lower an op that moves the numbers of its first operand, or of its list."""

    def lowering(code: Program, x: Any, *places: Any, **options: Any) -> Buffer:
        if not operation.operands:
            return moved(code, x, lambda given: operation.forward(given, **options), operation.name)
        if not isinstance(x, Buffer) or any(isinstance(one, Buffer) for one in places):
            raise CannotLower(f"op {operation.name!r} with places that flow")
        if operation is ops.get_item and not _keeps_batch(x, *places):
            raise CannotLower(f"op {operation.name!r} along the batch")
        if options.pop("constant_values", None):
            raise CannotLower(f"op {operation.name!r} with another number than 0")
        return moved(code, [x], lambda given: operation.forward(*given, *places, **options), operation.name)

    operation.lowers(lowering, truths=True, wholes=True)


def _keeps_batch(x: Buffer, key: Any) -> bool:
    """Whether x[key] leaves the batch, where there is one, as it is."""
    first, *rest = key if isinstance(key, tuple | list) and key else (key,)
    if first is Ellipsis:
        return len([one for one in rest if one is not None]) <= len(x.shape)
    return not x.each or (isinstance(first, slice) and first == slice(None))


for operation in (
    ops.broadcast_to, ops.concatenate, ops.expand_dims, ops.flip, ops.get_item, ops.moveaxis, ops.ravel, ops.repeat,
    ops.reshape, ops.squeeze, ops.stack, ops.swapaxes, ops.tile, ops.transpose, placing.diag,
    placing.diagonal, placing.pad, placing.roll, placing.slice, placing.tril, placing.triu,
):  # fmt: skip
    lower_moved(operation)
