"""Ops that compare, ops on what is true or false, and where."""

from __future__ import annotations

from typing import Any

from ...layers.operands import mapped, sends_back, shrunk
from ...program import Buffer, Program
from .. import comparing as ops
from ..base import Operation


def lower_comparison(operation: Operation) -> None:
    """Lower an op that gives true or false: 1 or 0."""
    operation.lowers(lambda code, *xs: mapped(code, f"op.{operation.name}", *xs), truths=True)


for operation in (
    ops.equal, ops.not_equal, ops.greater, ops.greater_equal, ops.less, ops.less_equal, ops.logical_and, ops.logical_or,
    ops.logical_xor, ops.logical_not,
):  # fmt: skip
    lower_comparison(operation)


def lower_where(code: Program, condition: Any, x1: Any, x2: Any) -> Buffer:
    y = mapped(code, "op.where", condition, x1, x2)
    sends_back(code, [condition, x1, x2], [
        lambda dy: None,
        lambda dy: shrunk(code, mapped(code, "op.where", condition, dy, 0.0), x1),
        lambda dy: shrunk(code, mapped(code, "op.where", condition, 0.0, dy), x2),
    ])  # fmt: skip
    return y


ops.where.lowers(lower_where, truths=True, wholes=True)
