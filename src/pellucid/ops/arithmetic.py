"""Ops of two operands, number by number; operands of fewer axes, or with axes of length 1, are stretched as NumPy does.
x1 (...), x2 (...), y (...)"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array
from ..layers.merging import chosen
from .base import op


@op(2, exact=True)
def add(x1: Any, x2: Any) -> Any:
    """y = x1 + x2.

    >>> add([1.0, 2.0], 3.0)
    array([4., 5.], dtype=float32)
    """
    return np.add(x1, x2)


@add.gradient("dx1 = dy, dx2 = dy")
def add_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    return dy, dy


@op(2, exact=True)
def subtract(x1: Any, x2: Any) -> Any:
    """y = x1 − x2.

    >>> subtract([1.0, 2.0], 3.0)
    array([-2., -1.], dtype=float32)
    """
    return np.subtract(x1, x2, dtype=None if _kinds(x1, x2) != "b" else "int32")


@subtract.gradient("dx1 = dy, dx2 = −dy")
def subtract_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    return dy, -dy


@op(2, exact=True)
def multiply(x1: Any, x2: Any) -> Any:
    """y = x1 · x2.

    >>> multiply([1.0, 2.0], [3.0, 4.0])
    array([3., 8.], dtype=float32)
    """
    return np.multiply(x1, x2)


@multiply.gradient("dx1 = dy·x2, dx2 = dy·x1")
def multiply_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    return dy * x2, dy * x1


@op(2)
def divide(x1: Any, x2: Any) -> Any:
    """y = x1 / x2.

    >>> divide([3.0, 8.0], 2)
    array([1.5, 4. ], dtype=float32)
    """
    return np.divide(x1, x2)


@divide.gradient("dx1 = dy / x2, dx2 = −dy·y / x2")
def divide_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    return dy / x2, -dy * y / x2


@op(2, exact=True)
def power(x1: Any, x2: Any) -> Any:
    """y = x1 to the power of x2. The gradient of the exponent is 0 where x1 is not positive.

    >>> power([1.0, 2.0], 3)
    array([1., 8.], dtype=float32)
    """
    return np.power(x1, x2)


@power.gradient("dx1 = dy·x2·x1^(x2 − 1), dx2 = dy·y·ln x1 where x1 > 0")
def power_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    one = np.where(np.equal(x2, 0), np.zeros_like(y), x2 * np.power(x1, np.where(np.equal(x2, 0), 1, x2) - 1.0))
    positive = np.greater(x1, 0)
    two = y * np.where(positive, np.log(np.where(positive, x1, 1)), 0)
    return (dy * one).astype(dy.dtype), (dy * two).astype(dy.dtype)


@op(2)
def floor_divide(x1: Any, x2: Any) -> Any:
    """The whole number below x1 / x2. No gradient flows.

    >>> floor_divide([7.0, -7.0], 2.0)
    array([ 3., -4.], dtype=float32)
    """
    return np.floor_divide(x1, x2)


@op(2)
def mod(x1: Any, x2: Any) -> Any:
    """The remainder x1 − x2·⌊x1 / x2⌋.

    >>> mod([7.0, -7.0], 3.0)
    array([1., 2.], dtype=float32)
    """
    return np.mod(x1, x2)


@mod.gradient("dx1 = dy, dx2 = −dy·⌊x1 / x2⌋")
def mod_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    return dy, -dy * np.floor_divide(x1, x2)


@op(2)
def maximum(x1: Any, x2: Any) -> Any:
    """The larger of both. The gradient goes to it; two that are equal share it, as in PyTorch and JAX.

    >>> maximum([1.0, 5.0], 3.0)
    array([3., 5.], dtype=float32)
    """
    return np.maximum(x1, x2)


@maximum.gradient("dx1 = dy where x1 > x2, dx2 = dy where x2 > x1")
def maximum_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    return chosen(dy, x1, x2), chosen(dy, x2, x1)


@op(2)
def minimum(x1: Any, x2: Any) -> Any:
    """The smaller of both. The gradient goes to it; two that are equal share it, as in PyTorch and JAX.

    >>> minimum([1.0, 5.0], 3.0)
    array([1., 3.], dtype=float32)
    """
    return np.minimum(x1, x2)


@minimum.gradient("dx1 = dy where x1 < x2, dx2 = dy where x2 < x1")
def minimum_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    return chosen(dy, x2, x1), chosen(dy, x1, x2)


@op(2)
def arctan2(x1: Any, x2: Any) -> Any:
    """y = the angle of the point (x2, x1) from the positive x2-axis, from −π to π.

    >>> arctan2([1.0, -1.0], [1.0, -1.0]).round(4)
    array([ 0.7854, -2.3562], dtype=float32)
    """
    return np.arctan2(x1, x2)


@arctan2.gradient("dx1 = dy·x2 / (x1² + x2²), dx2 = −dy·x1 / (x1² + x2²)")
def arctan2_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    square = np.square(x1) + np.square(x2)
    return dy * x2 / square, -dy * x1 / square


@op(2)
def hypot(x1: Any, x2: Any) -> Any:
    """y = √(x1² + x2²), without overflow.

    >>> hypot([3.0], [4.0])
    array([5.], dtype=float32)
    """
    return np.hypot(x1, x2)


@hypot.gradient("dx1 = dy·x1 / y, dx2 = dy·x2 / y")
def hypot_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    return dy * x1 / y, dy * x2 / y


@op(2)
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """y = x1 / x2, and 0 where x2 is 0. Nor does a gradient flow there.

    >>> divide_no_nan([3.0, 8.0], [0.0, 2.0])
    array([0., 4.], dtype=float32)
    """
    nothing = np.equal(x2, 0)
    return np.where(nothing, 0, np.divide(x1, np.where(nothing, 1, x2)))


@divide_no_nan.gradient("dx1 = dy / x2, dx2 = −dy·y / x2")
def divide_no_nan_grad(dy: Array, y: Array, x1: Any, x2: Any) -> Any:
    nothing = np.equal(x2, 0)
    share = (dy / np.where(nothing, 1, x2)).astype(dy.dtype) * ~nothing
    return share, -share * y


def _kinds(*xs: Any) -> str:
    return "".join(sorted({np.asarray(x).dtype.kind for x in xs}))
