"""Ops of one operand, number by number."""

from __future__ import annotations

import math
from typing import Any

from ...arrays import is_whole
from ...layers.operands import lower_held, mapped, sends_back
from ...program import Buffer, CannotLower, Program
from .. import elementwise as ops
from ..base import Operation


def lower_each(operation: Operation) -> None:
    """Lower y = f(x). Where the op has no gradient, its way back is never asked for."""
    kernel = f"op.{operation.name}"

    def lowering(code: Program, x: Buffer, **options: Any) -> Buffer:
        y = mapped(code, kernel, x)
        sends_back(code, [x], [lambda dy: mapped(code, f"{kernel}.grad", dy, x, y)])
        return y

    operation.lowers(lowering, truths=True)


for operation in (
    ops.absolute, ops.arccos, ops.arccosh, ops.arcsin, ops.arcsinh, ops.arctan, ops.arctanh, ops.cbrt, ops.ceil,
    ops.cos, ops.cosh, ops.erf, ops.exp, ops.exp2, ops.expm1, ops.floor, ops.isfinite, ops.isinf, ops.isnan, ops.log,
    ops.log10, ops.log1p, ops.log2, ops.negative, ops.ones_like, ops.reciprocal, ops.rsqrt, ops.sign, ops.sin, ops.sinh,
    ops.sqrt, ops.square, ops.tan, ops.trunc, ops.zeros_like,
):  # fmt: skip
    lower_each(operation)


@ops.full_like.lowers
def lower_full_like(code: Program, x: Buffer, fill_value: Any, **options: Any) -> Buffer:
    return mapped(code, "op.full_like", x, fill_value)


@ops.round.lowers
def lower_round(code: Program, x: Buffer, decimals: int = 0) -> Buffer:
    if decimals < 0:
        raise CannotLower("op 'round' to tens")
    return mapped(code, "op.round", x, 10.0**decimals)


@ops.clip.lowers
def lower_clip(code: Program, x: Buffer, x_min: Any, x_max: Any) -> Buffer:
    low, high = -math.inf if x_min is None else x_min, math.inf if x_max is None else x_max
    y = mapped(code, "op.clip", x, low, high)
    sends_back(code, [x], [lambda dy: mapped(code, "op.clip.grad", dy, x, y)])
    return y


@ops.cast.lowers
def lower_cast(code: Program, x: Buffer, dtype: str) -> Buffer:
    """The same numbers; whole ones drop the decimals, and are such as their kind holds."""
    if not (x.whole or is_whole(dtype)):
        sends_back(code, [x], [lambda dy: dy.shaped(x.shape)])
        return x.shaped(x.shape)
    code.stops()
    if dtype == "bool":
        return mapped(code, "op.not_equal", x, 0.0)
    if not is_whole(dtype):
        return x.shaped(x.shape)
    y = x.shaped(x.shape) if x.whole else mapped(code, "op.trunc", x)
    lower_held(code, y, dtype)
    return y


ops.cast.truths = ops.cast.wholes = True
ops.stop_gradient.lowers(lambda code, x: x.shaped(x.shape), truths=True, wholes=True)
