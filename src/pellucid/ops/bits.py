"""Bits, divisors, and what else no slope flows through, of arrays: they compute at once, and refuse tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import ShapeError, WrongType
from .counting import as_array
from .options import one_axis


def _of_wholes(forward: Any, formula: str, example: str, *arguments: str, name: str = "") -> Callable[..., Array]:
    """The function of arrays that one of NumPy's, of whole numbers, is. example: what it is given, and gives."""

    def compute(*xs: Any) -> Array:
        if len(xs) != len(arguments):
            raise WrongType(f"ops.{own}", f"{own}({', '.join(arguments)})", xs)
        given = [as_array(own, x, argument) for x, argument in zip(xs, arguments, strict=True)]
        for x, argument in zip(given, arguments, strict=True):
            if x.dtype.kind not in "biu":
                raise WrongType(f"ops.{own}, argument {argument}", "whole numbers", x)
        try:
            return np.asarray(forward(*given))
        except (ValueError, TypeError):
            raise ShapeError(f"ops.{own}", "operands that fit", [x.shape for x in given]) from None

    own = compute.__name__ = compute.__qualname__ = name or forward.__name__
    call, y = example.split(" -> ")
    compute.__doc__ = f"{formula}\n\n    >>> {own}({call})\n    array({y}, dtype=int32)\n    "
    return compute


AND, OR, XOR = "The bits that both have.", "The bits that either has.", "The bits that one of both has."
LEFT, RIGHT = "Bits moved y places to the left: x·2^y.", "Bits moved y places to the right: ⌊x / 2^y⌋."
bitwise_and = _of_wholes(np.bitwise_and, AND, "[6], [3] -> [2]", "x", "y")
bitwise_or = _of_wholes(np.bitwise_or, OR, "[6], [3] -> [7]", "x", "y")
bitwise_xor = _of_wholes(np.bitwise_xor, XOR, "[6], [3] -> [5]", "x", "y")
bitwise_not = _of_wholes(np.invert, "The bits that x has not: −x − 1.", "[6] -> [-7]", "x", name="bitwise_not")
bitwise_left_shift = _of_wholes(np.left_shift, LEFT, "[3], [2] -> [12]", "x", "y", name="bitwise_left_shift")
bitwise_right_shift = _of_wholes(np.right_shift, RIGHT, "[13], [2] -> [3]", "x", "y", name="bitwise_right_shift")
bitwise_invert, left_shift, right_shift = bitwise_not, bitwise_left_shift, bitwise_right_shift
gcd = _of_wholes(np.gcd, "The largest number that divides both.", "[12], [18] -> [6]", "x1", "x2")
lcm = _of_wholes(np.lcm, "The smallest number that both divide.", "[4], [6] -> [12]", "x1", "x2")


def signbit(x: Any) -> Array:
    """Whether a number has a minus in front, as −0 has, too.

    >>> signbit([-1.0, 0.0, -0.0])
    array([ True, False,  True])
    """
    return np.asarray(np.signbit(as_array("signbit", x)))


def nextafter(x1: Any, x2: Any) -> Array:
    """The number that comes next after x1, towards x2.

    >>> bool(nextafter([1.0], [2.0])[0] > 1)
    True
    """
    return np.asarray(np.nextafter(as_array("nextafter", x1, "x1"), as_array("nextafter", x2, "x2")))


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Array:
    """The powers of each number of a row, N of them (as many as there are numbers), down to 0, or up from it.

    >>> vander([2.0, 3.0], 3)
    array([[4., 2., 1.],
           [9., 3., 1.]], dtype=float32)
    """
    row = as_array("vander", x)
    if row.ndim != 1:
        raise ShapeError("ops.vander, argument x", "one row", row.shape)
    n = len(row) if N is None else checks.integer("ops.vander, argument N", N, minimum=0)
    powers = np.arange(n) if increasing else np.arange(n)[::-1]
    return np.asarray(row[:, None] ** powers.astype(row.dtype))


def argpartition(x: Any, kth: int, axis: int = -1) -> Array:
    """Places of the numbers along an axis such that smaller ones stand before the kth, larger ones behind it.

    >>> argpartition([3.0, 1.0, 2.0], 1)
    array([1, 2, 0], dtype=int32)
    """
    given = as_array("argpartition", x)
    at = one_axis("argpartition", axis, given.ndim)
    size = given.shape[at]
    place = checks.integer("ops.argpartition, argument kth", kth, minimum=-size, maximum=size - 1)
    return np.argpartition(given, place, at).astype("int32")


def correlate(x1: Any, x2: Any, mode: str = "valid") -> Array:
    """y[k] = Σ x1[n + k]·x2[n], of two rows. mode: "valid", where both lie on each other whole; "same", as long as the
    longer row; "full", wherever they meet.

    >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0])
    array([2., 3.], dtype=float32)
    """
    rows = [as_array("correlate", x, argument) for x, argument in ((x1, "x1"), (x2, "x2"))]
    checks.one_of("ops.correlate, argument mode", mode, ["valid", "same", "full"])
    if any(row.ndim != 1 or not row.size for row in rows):
        raise ShapeError("ops.correlate", "two rows", [row.shape for row in rows])
    return np.asarray(np.correlate(*rows, mode=mode))  # type: ignore[call-overload]
