"""Functions made of ops that go number by number, in pieces; and others without what is not a number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from ..errors import InvalidArgument, ShapeError
from .arithmetic import divide, divide_no_nan, maximum, minimum, multiply, power, subtract
from .comparing import equal, greater, where
from .composed import convert_to_tensor, dtype, ndim, shape, split
from .elementwise import absolute, cast, clip, isnan, negative, ones_like, sin, trunc
from .image import _pair
from .options import dtype as kind
from .placing import pad, segment_max
from .reductions import all, argmax, argmin, cumprod, cumsum
from .shaping import get_item, reshape, stack


def fabs(x: Any) -> Any:
    """|x|, with decimals.

    >>> fabs([-2])
    array([2.], dtype=float32)
    """
    return absolute(x if dtype(x).startswith("float") else cast(x, "float32"))


def sinc(x: Any) -> Any:
    """sin(π·x) / (π·x), 1 at 0.

    >>> sinc([0.0, 0.5]).round(4)
    array([1.    , 0.6366], dtype=float32)
    """
    turns = multiply(x, math.pi)
    return where(equal(x, 0.0), 1.0, divide_no_nan(sin(turns), turns))


def heaviside(x1: Any, x2: Any) -> Any:
    """0 below 0, 1 above it, x2 at it.

    >>> heaviside([-1.0, 0.0, 3.0], 0.5)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    return where(equal(x1, 0.0), x2, where(greater(x1, 0.0), 1.0, where(isnan(x1), x1, 0.0)))


def fmax(x1: Any, x2: Any) -> Any:
    """The larger of both; where one is NaN, the other.

    >>> fmax([1.0, np.nan], [0.0, 2.0])
    array([1., 2.], dtype=float32)
    """
    return where(isnan(x1), x2, where(isnan(x2), x1, maximum(x1, x2)))


def fmin(x1: Any, x2: Any) -> Any:
    """The smaller of both; where one is NaN, the other.

    >>> fmin([1.0, np.nan], [0.0, 2.0])
    array([0., 2.], dtype=float32)
    """
    return where(isnan(x1), x2, where(isnan(x2), x1, minimum(x1, x2)))


def fmod(x1: Any, x2: Any) -> Any:
    """The remainder x1 − x2·trunc(x1 / x2), of the sign of x1.

    >>> fmod([-7.0], 3.0)
    array([-1.], dtype=float32)
    """
    return subtract(x1, multiply(x2, trunc(divide(x1, x2))))


def ldexp(x1: Any, x2: Any) -> Any:
    """x1·2^x2.

    >>> ldexp([3.0], [2])
    array([12.], dtype=float32)
    """
    return multiply(x1, power(2.0, x2))


def isreal(x: Any) -> Any:
    """Whether a number has no imaginary part: none has, here.

    >>> isreal([1.0])
    array([ True])
    """
    return ones_like(x, "bool")


def saturate_cast(x: Any, dtype: str) -> Any:
    """`cast`, where what a kind of whole numbers cannot hold becomes the largest or the smallest that it holds.

    >>> saturate_cast([-1.0, 300.0], "uint8")
    array([  0, 255], dtype=uint8)
    """
    name = kind("ops.saturate_cast, argument dtype", dtype)
    if name is None:
        raise InvalidArgument("ops.saturate_cast, argument dtype", "a kind of number", dtype)
    if np.dtype(name).kind not in "iu":
        return cast(x, name)
    info = np.iinfo(name)
    x = convert_to_tensor(x)
    high: Any = info.max
    if np.dtype(x.dtype).kind == "f" and float(np.asarray(high, x.dtype)) > info.max:
        high = float(np.nextafter(np.asarray(high, x.dtype), np.asarray(0, x.dtype)))
    return cast(clip(x, info.min, high), name)


def dsplit(x: Any, indices_or_sections: int | Sequence[int]) -> tuple[Any, ...]:
    """`split` along axis 2.

    >>> [part.shape for part in dsplit(np.ones((1, 2, 4)), 2)]
    [(1, 2, 2), (1, 2, 2)]
    """
    return split(x, indices_or_sections, 2)


def segment_min(data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False) -> Any:
    """The smallest of the rows of each segment, ∞ where it has none.

    >>> segment_min([1.0, 2.0, 4.0], [0, 1, 0], 2)
    array([1., 2.], dtype=float32)
    """
    return negative(segment_max(negative(data), segment_ids, num_segments, sorted))


def unfold(x: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """The windows of pictures whose channels come first, each as a column.     x (B, C, H, W), y (B, C·kH·kW, windows)

    >>> unfold(np.arange(4.0).reshape(1, 1, 2, 2), (1, 2))[0].tolist()
    [[0.0, 2.0], [1.0, 3.0]]
    """
    where_ = "ops.unfold, argument"
    h, w = _pair(f"{where_} kernel_size", kernel_size)
    (dh, dw), (sh, sw) = _pair(f"{where_} dilation", dilation), _pair(f"{where_} stride", stride)
    ph, pw = padding if isinstance(padding, list | tuple) else (padding, padding)
    if ndim(x) != 4 or None in shape(x)[1:]:
        raise ShapeError(f"{where_} x", "pictures (B, C, H, W)", shape(x))
    x = pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw))) if ph or pw else convert_to_tensor(x)
    C, H, W = (int(n or 0) for n in shape(x)[1:])
    rows, columns = (H - dh * (h - 1) - 1) // sh + 1, (W - dw * (w - 1) - 1) // sw + 1
    if min(rows, columns) < 1:
        raise ShapeError(f"{where_} x", "pictures that hold the window", shape(x))
    down, across = ([slice(i * d, i * d + (m - 1) * by + 1, by) for i in range(k)] for k, d, m, by in (
        (h, dh, rows, sh), (w, dw, columns, sw),
    ))  # fmt: skip
    taps = [get_item(x, (..., i, j)) for i, j in product(down, across)]
    return reshape(stack(taps, 2), (-1, C * h * w, rows * columns))


# Without what is not a number -----------------------------------------------------------------------------------------


def nancumsum(x: Any, axis: int | None = None) -> Any:
    """The sums of x up to each place, NaN counting as 0.

    >>> nancumsum([1.0, np.nan, 2.0])
    array([1., 1., 3.], dtype=float32)
    """
    return cumsum(where(isnan(x), 0.0, x), axis)


def nancumprod(x: Any, axis: int | None = None) -> Any:
    """The products of x up to each place, NaN counting as 1.

    >>> nancumprod([2.0, np.nan, 3.0])
    array([2., 2., 6.], dtype=float32)
    """
    return cumprod(where(isnan(x), 1.0, x), axis)


def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The place of the largest of what is not NaN; −1 where there is nothing else.

    >>> nanargmax([1.0, np.nan, 2.0])
    array(2, dtype=int32)
    """
    return where(all(isnan(x), axis, keepdims), -1, argmax(where(isnan(x), -math.inf, x), axis, keepdims))


def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The place of the smallest of what is not NaN; −1 where there is nothing else.

    >>> nanargmin([1.0, np.nan, 2.0])
    array(0, dtype=int32)
    """
    return where(all(isnan(x), axis, keepdims), -1, argmin(where(isnan(x), math.inf, x), axis, keepdims))
