"""Whole numbers in floats: exact up to 2²⁴. What is larger is found on the way, and goes to the definition."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...layers.operands import mapped
from ...program import Buffer, CannotLower, Program
from .. import arithmetic
from ..base import Operation

EXACT = 1 << 24


def within(code: Program, x: Buffer, least: float = 1 - EXACT, most: float = EXACT - 1) -> None:
    """Emit the question whether all of x is within bounds, and so exact."""
    code.emit("op.within", x, x.size, int(x.each), float(least), float(most), decides=not code.training)


def exact(code: Program, *xs: Any) -> None:
    """Emit the question whether the whole numbers among operands are exact."""
    for x in xs:
        if isinstance(x, Buffer) and x.whole not in ("", "bool"):
            within(code, x)


def lower_whole(operation: Operation) -> None:
    """Have an op of two operands lowered of whole numbers, too; or of those alone."""
    before = operation.lowering

    def lowering(code: Program, x1: Any, x2: Any) -> Buffer:
        if not _all_whole(x1, x2):
            if before is None:
                raise CannotLower(f"op {operation.name!r} of numbers with decimals")
            return before(code, x1, x2)
        exact(code, x1, x2)
        y = mapped(code, f"op.{operation.name}", x1, x2)
        within(code, y)
        return y

    operation.lowers(lowering, wholes=True)


def _all_whole(*xs: Any) -> bool:
    return all(x.whole != "" if isinstance(x, Buffer) else np.asarray(x).dtype.kind in "iub" for x in xs)


for operation in (
    arithmetic.add, arithmetic.subtract, arithmetic.multiply, arithmetic.maximum, arithmetic.minimum,
    arithmetic.floor_divide, arithmetic.mod,
):  # fmt: skip
    lower_whole(operation)
