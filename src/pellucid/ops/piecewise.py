"""Functions made of ops that go number by number, in pieces; and others without what is not a number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from .. import checks
from ..errors import InvalidArgument, ShapeError
from .arithmetic import add, divide, divide_no_nan, maximum, minimum, multiply, power, subtract
from .comparing import equal, greater, where
from .composed import convert_to_tensor, dtype, ndim, shape, split
from .elementwise import absolute, cast, ceil, clip, floor, isnan, negative, ones_like, round, sin, trunc
from .further import of_shares
from .image import pair
from .options import dtype as kind
from .ordering import take_along_axis
from .placing import pad, segment_max
from .reductions import all, argmax, argmin, cumprod, cumsum, sum
from .shaping import get_item, reshape, stack, take


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
    ph, pw = pair("ops.unfold, argument padding", padding, 0)
    if ndim(x) != 4 or None in shape(x)[1:]:
        raise ShapeError("ops.unfold, argument x", "pictures (B, C, H, W)", shape(x))
    x = pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw))) if ph or pw else convert_to_tensor(x)
    C, H, W = (int(n or 0) for n in shape(x)[1:])
    taps, windows = _taps("unfold", (H, W), kernel_size, dilation, stride)
    seen = stack([get_item(x, (..., *tap)) for tap in taps], 2)
    return reshape(seen, (-1, C * len(taps), windows[0] * windows[1]))


def fold(x: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Any:
    """Windows back in their places in pictures, summed where they overlap: the way back from `unfold`.

    x (B, C·kH·kW, windows), y (B, C, H, W)

    >>> fold([[[0.0, 2.0], [1.0, 3.0]]], 2, (1, 2))[0, 0].tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """
    where_ = "ops.fold, argument"
    (H, W), (ph, pw) = pair(f"{where_} output_size", output_size), pair(f"{where_} padding", padding, 0)
    size = (H + 2 * ph, W + 2 * pw)
    taps, windows = _taps("fold", size, kernel_size, dilation, stride)
    n, L, given = len(taps), windows[0] * windows[1], shape(x)
    if len(given) != 3 or given[2] != L or not given[1] or given[1] % n:
        raise ShapeError(f"{where_} x", f"windows of {n} numbers a channel, (B, C·{n}, {L})", given)
    C = given[1] // n
    origins: Any = np.full((n, *size), n * L)  # behind the last number stands a 0
    for i, tap in enumerate(taps):
        origins[(i, *tap)] = i * L + np.arange(L).reshape(windows)
    origins = origins[:, ph : ph + H, pw : pw + W].reshape(n, -1)
    numbers = pad(reshape(x, (-1, C, n * L)), ((0, 0), (0, 0), (0, 1)))
    return reshape(sum(take(numbers, origins, axis=-1), -2), (-1, C, H, W))


def _taps(
    name: str, size: tuple[int, int], kernel_size: Any, dilation: Any, stride: Any
) -> tuple[list[tuple[slice, slice]], tuple[int, int]]:
    """(where in a picture the numbers at each place of a window stand, how many windows there are down and across)."""
    told = {"kernel_size": kernel_size, "dilation": dilation, "stride": stride}
    k, d, by = (pair(f"ops.{name}, argument {one}", value) for one, value in told.items())
    down, across = ((size[i] - d[i] * (k[i] - 1) - 1) // by[i] + 1 for i in (0, 1))
    if min(down, across) < 1:
        raise ShapeError(f"ops.{name}, argument x", "pictures that hold the window", size)
    rows, columns = (
        [slice(j * d[i], j * d[i] + (m - 1) * by[i] + 1, by[i]) for j in range(k[i])]
        for i, m in ((0, down), (1, across))
    )
    return list(product(rows, columns)), (down, across)


def extract_sequences(x: Any, sequence_length: int, sequence_stride: int) -> Any:
    """Windows of the last axis, each `sequence_stride` on from the one before.     x (..., T), y (..., windows, length)

    >>> extract_sequences([1.0, 2.0, 3.0, 4.0, 5.0], 3, 2).tolist()
    [[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]]
    """
    where_ = "ops.extract_sequences, argument"
    length = checks.integer(f"{where_} sequence_length", sequence_length, minimum=1)
    stride = checks.integer(f"{where_} sequence_stride", sequence_stride, minimum=1)
    steps = shape(x)[-1] if ndim(x) else 0
    if steps is None or steps < length:
        raise ShapeError(f"{where_} x", f"at least {length} along the last axis", shape(x))
    return take(x, np.arange(0, steps - length + 1, stride)[:, None] + np.arange(length), axis=-1)


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


def nanquantile(x: Any, q: Any, axis: int | None = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`quantile` of what is not NaN; NaN where there is nothing else.

    >>> nanquantile([1.0, np.nan, 2.0, 4.0], 0.25)
    array(1.5, dtype=float32)
    """
    return of_shares("nanquantile", x, q, axis, method, keepdims, _between_numbers)


def nanpercentile(x: Any, q: Any, axis: int | None = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`nanquantile`, shares counted in hundredths.

    >>> nanpercentile([1.0, np.nan, 2.0, 4.0], 50)
    array(2., dtype=float32)
    """
    return nanquantile(x, np.asarray(q) / 100, axis, method, keepdims)


def nanmedian(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """The number in the middle of what is not NaN, the mean of two where there are two.

    >>> nanmedian([1.0, np.nan, 3.0])
    array(2., dtype=float32)
    """
    return nanquantile(x, 0.5, axis, keepdims=keepdims)


def _between_numbers(rows: Any, share_below: float, method: str) -> Any:
    """What stands in sorted rows where a share of their numbers is below; NaN, which stands last, is none."""
    last = maximum(subtract(sum(where(isnan(rows), 0.0, 1.0), -1, keepdims=True), 1.0), 0.0)
    place = multiply(last, share_below)
    if method != "linear":
        place = round(place, 4)  # 3, not 2.9999998, is the place of a number
    place = round(place) if method == "nearest" else place
    low, high = floor(place), ceil(place)
    a, b = (take_along_axis(rows, cast(at, "int32"), -1) for at in (low, high))
    share = {"lower": 0.0, "higher": 1.0, "midpoint": 0.5}.get(method, subtract(place, low))
    return get_item(add(a, multiply(subtract(b, a), share)), (..., 0))
