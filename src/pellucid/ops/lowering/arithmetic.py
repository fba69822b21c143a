"""Ops of two operands, number by number."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ...layers.operands import mapped, sends_back, shrunk
from ...program import Buffer, Program
from .. import arithmetic as ops
from ..base import Operation

Back = Callable[[Any, Buffer, Buffer, Any, Any], Buffer]  # (f, dy, y, x1, x2) -> dL/dx before it is summed; f emits


def lower_two(operation: Operation, first: Back, second: Back) -> None:
    """Lower y = f(x1, x2), with what flows back to either."""

    def lowering(code: Program, x1: Any, x2: Any) -> Buffer:
        f = partial(mapped, code)
        y = f(f"op.{operation.name}", x1, x2)
        sends_back(code, [x1, x2], [
            lambda dy: shrunk(code, first(f, dy, y, x1, x2), x1),
            lambda dy: shrunk(code, second(f, dy, y, x1, x2), x2),
        ])  # fmt: skip
        return y

    operation.lowers(lowering)


lower_two(ops.add, lambda f, dy, y, a, b: dy, lambda f, dy, y, a, b: dy)
lower_two(ops.subtract, lambda f, dy, y, a, b: dy, lambda f, dy, y, a, b: f("op.negative", dy))
lower_two(ops.multiply, lambda f, dy, y, a, b: f("op.multiply", dy, b), lambda f, dy, y, a, b: f("op.multiply", dy, a))
lower_two(ops.divide, lambda f, dy, y, a, b: f("op.divide", dy, b), lambda f, dy, y, a, b: f("op.divide.2", dy, y, b))
lower_two(
    ops.divide_no_nan,
    lambda f, dy, y, a, b: f("op.divide_no_nan", dy, b),
    lambda f, dy, y, a, b: f("op.divide_no_nan.2", dy, y, b),
)
lower_two(ops.power, lambda f, dy, y, a, b: f("op.power.1", dy, a, b), lambda f, dy, y, a, b: f("op.power.2", dy, y, a))
lower_two(
    ops.hypot, lambda f, dy, y, a, b: f("op.hypot.grad", dy, a, y), lambda f, dy, y, a, b: f("op.hypot.grad", dy, b, y)
)
lower_two(ops.maximum, lambda f, dy, y, a, b: f("op.chosen", dy, a, b), lambda f, dy, y, a, b: f("op.chosen", dy, b, a))
lower_two(ops.minimum, lambda f, dy, y, a, b: f("op.chosen", dy, b, a), lambda f, dy, y, a, b: f("op.chosen", dy, a, b))
