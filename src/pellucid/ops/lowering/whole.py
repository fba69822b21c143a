"""What is reckoned with whole numbers, in floats that hold them exactly."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays import is_whole
from ...layers.operands import lower_held, mapped
from ...program import Buffer, CannotLower, Program
from .. import arithmetic
from ..base import Operation


def lower_whole(operation: Operation) -> None:
    """Have an op of two operands lowered of whole numbers, too; or of those alone."""
    before = operation.lowering

    def lowering(code: Program, x1: Any, x2: Any) -> Buffer:
        if not _all_whole(x1, x2):
            if before is None:
                raise CannotLower(f"op {operation.name!r} of numbers with decimals")
            return before(code, x1, x2)
        y = mapped(code, f"op.{operation.name}", x1, x2)
        lower_held(code, y, "int32")
        return y

    operation.lowers(lowering, wholes=True)


def _all_whole(*xs: Any) -> bool:
    kinds = [x.whole or "float32" if isinstance(x, Buffer) else np.asarray(x).dtype.name for x in xs]
    whole = all(map(is_whole, kinds))
    if whole and not any(kind in ("int32", "int64") for kind in kinds):
        raise CannotLower(f"op on whole numbers of {kinds[0]}")  # which wrap around
    return whole


for operation in (
    arithmetic.add, arithmetic.subtract, arithmetic.multiply, arithmetic.maximum, arithmetic.minimum,
    arithmetic.floor_divide, arithmetic.mod,
):  # fmt: skip
    lower_whole(operation)
