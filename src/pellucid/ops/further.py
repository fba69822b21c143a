"""More of Keras's names, made of ops: on a tensor, each is one or more steps of the graph."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import InvalidArgument, ShapeError, Told, WrongType
from .arithmetic import add, divide, multiply, subtract
from .comparing import equal, where
from .composed import convert_to_tensor, logaddexp, ndim, shape, split
from .elementwise import cast, erf, isnan, sqrt, square
from .linear import matmul
from .making import linspace, zeros
from .options import axis as checked_axis
from .options import one_axis
from .ordering import sort
from .placing import diag
from .reductions import all, max, mean, min, prod, sum
from .shaping import concatenate, expand_dims, flip, get_item, moveaxis, ravel, reshape, swapaxes, transpose

# Put together and taken apart -----------------------------------------------------------------------------------------


def append(x1: Any, x2: Any, axis: int | None = None) -> Any:
    """x2 behind x1 along an axis; without one, the numbers of both in a row.

    >>> append([1.0], [2.0, 3.0])
    array([1., 2., 3.], dtype=float32)
    """
    return concatenate([ravel(x1), ravel(x2)]) if axis is None else concatenate([x1, x2], axis)


def copy(x: Any) -> Any:
    """The same numbers, in an array of their own; a tensor, which nobody writes to, as it is.

    >>> copy([1.0])
    array([1.], dtype=float32)
    """
    found = convert_to_tensor(x)
    return np.array(found) if isinstance(found, np.ndarray) else found


def array_split(x: Any, indices_or_sections: int, axis: int = 0) -> tuple[Any, ...]:
    """x cut along an axis as `split` cuts it, but into parts of any number: the first are longer by one.

    >>> [part.tolist() for part in array_split([1.0, 2.0, 3.0], 2)]
    [[1.0, 2.0], [3.0]]
    """
    where = "ops.array_split, argument"
    at = one_axis("array_split", axis, ndim(x))
    size = shape(x)[at]
    parts = checks.integer(f"{where} indices_or_sections", indices_or_sections, minimum=1)
    if size is None:
        raise ShapeError(f"{where} axis", "an axis of known length", shape(x))
    longer, each = size % parts, size // parts
    ends = np.cumsum([each + 1] * longer + [each] * (parts - longer))
    return split(x, ends[:-1].tolist(), at) if parts > 1 else (convert_to_tensor(x),)


def hsplit(x: Any, indices_or_sections: int | Sequence[int]) -> tuple[Any, ...]:
    """`split` along axis 1, or along the only axis.

    >>> [part.tolist() for part in hsplit([[1.0, 2.0]], 2)]
    [[[1.0]], [[2.0]]]
    """
    return split(x, indices_or_sections, 0 if ndim(x) == 1 else 1)


def vsplit(x: Any, indices_or_sections: int | Sequence[int]) -> tuple[Any, ...]:
    """`split` along axis 0.

    >>> [part.tolist() for part in vsplit([[1.0], [2.0]], 2)]
    [[[1.0]], [[2.0]]]
    """
    return split(x, indices_or_sections, 0)


def dstack(xs: Sequence[Any]) -> Any:
    """The operands one behind the other, along axis 2, with axes of length 1 where one has fewer.

    >>> dstack([[1.0], [2.0]])
    array([[[1., 2.]]], dtype=float32)
    """
    if not isinstance(xs, list | tuple):
        return concatenate(xs)
    return concatenate([
        reshape(x, (1, -1, 1)) if ndim(x) < 2 else expand_dims(x, 2) if ndim(x) == 2 else x for x in xs
    ], axis=2)  # fmt: skip


def fliplr(x: Any) -> Any:
    """`flip` along axis 1.

    >>> fliplr([[1.0, 2.0]])
    array([[2., 1.]], dtype=float32)
    """
    return flip(x, 1)


def flipud(x: Any) -> Any:
    """`flip` along axis 0.

    >>> flipud([1.0, 2.0])
    array([2., 1.], dtype=float32)
    """
    return flip(x, 0)


def rot90(array: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """Turned by k quarters, from the first axis towards the second.

    >>> rot90([[1.0, 2.0], [3.0, 4.0]])
    array([[2., 4.],
           [1., 3.]], dtype=float32)
    """
    where, n = "ops.rot90, argument", ndim(array)
    found = checked_axis(f"{where} axes", axes, n)
    if not isinstance(found, tuple) or len(found) != 2:
        raise InvalidArgument(f"{where} axes", "two axes", axes)
    first, second = found
    turns = checks.integer(f"{where} k", k) % 4
    if turns == 0:
        return convert_to_tensor(array)
    if turns == 2:
        return flip(flip(array, first), second)
    return swapaxes(flip(array, second), first, second) if turns == 1 else flip(swapaxes(array, first, second), second)


def diagflat(x: Any, k: int = 0) -> Any:
    """The numbers, in a row, on the diagonal of a matrix of zeros.

    >>> diagflat([1.0, 2.0])
    array([[1., 0.],
           [0., 2.]], dtype=float32)
    """
    return diag(ravel(x), k)


def empty(shape: Sequence[int] | int, dtype: str | None = None) -> Array:
    """An array whose numbers nobody has chosen: zeros.

    >>> empty((2,))
    array([0., 0.], dtype=float32)
    """
    return zeros(shape, dtype)


def depth_to_space(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Channels laid out as pixels: x (B, H, W, r²·C), y (B, r·H, r·W, C), r = block_size.

    With data_format="channels_first" what makes one channel stood together, else what makes one pixel: as in Keras.

    >>> depth_to_space([[[[1.0, 2.0, 3.0, 4.0]]]], 2)[..., 0]
    array([[[1., 2.],
            [3., 4.]]], dtype=float32)

    Source: Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional
    neural network", CVPR (2016).
    """
    r, first, (H, W, C) = _blocks("depth_to_space", x, block_size, data_format)
    if C % r**2:
        raise ShapeError("ops.depth_to_space, argument x", f"channels that {r**2} divides", Told(str(C)))
    c = C // r**2
    if first:
        return reshape(transpose(reshape(x, (-1, c, r, r, H, W)), (0, 1, 4, 2, 5, 3)), (-1, c, H * r, W * r))
    return reshape(transpose(reshape(x, (-1, H, W, r, r, c)), (0, 1, 3, 2, 4, 5)), (-1, H * r, W * r, c))


def space_to_depth(x: Any, block_size: int, data_format: str = "channels_last") -> Any:
    """Blocks of pixels laid into channels: x (B, r·H, r·W, C), y (B, H, W, r²·C), r = block_size.

    >>> space_to_depth([[[[1.0], [2.0]], [[3.0], [4.0]]]], 2)
    array([[[[1., 2., 3., 4.]]]], dtype=float32)
    """
    r, first, (H, W, C) = _blocks("space_to_depth", x, block_size, data_format)
    if H % r or W % r:
        raise ShapeError("ops.space_to_depth, argument x", f"height and width that {r} divides", shape(x))
    h, w = H // r, W // r
    if first:
        return reshape(transpose(reshape(x, (-1, C, h, r, w, r)), (0, 1, 3, 5, 2, 4)), (-1, C * r**2, h, w))
    return reshape(transpose(reshape(x, (-1, h, r, w, r, C)), (0, 1, 3, 2, 4, 5)), (-1, h, w, C * r**2))


def _blocks(name: str, x: Any, block_size: int, data_format: str) -> tuple[int, bool, tuple[int, int, int]]:
    """(the side of a block, whether channels come first, height, width and channels)."""
    r = checks.integer(f"ops.{name}, argument block_size", block_size, minimum=2)
    checks.one_of(f"ops.{name}, argument data_format", data_format, ["channels_last", "channels_first"])
    sizes = shape(x)
    if len(sizes) != 4 or None in sizes[1:]:
        raise ShapeError(f"ops.{name}, argument x", "(B, H, W, C), of known size", sizes)
    a, b, c = (int(n or 0) for n in sizes[1:])
    first = data_format == "channels_first"
    return r, first, (b, c, a) if first else (a, b, c)


# Number by number -----------------------------------------------------------------------------------------------------


def erfc(x: Any) -> Any:
    """1 − erf(x).

    >>> erfc([0.0])
    array([1.], dtype=float32)
    """
    return subtract(1.0, erf(x))


def deg2rad(x: Any) -> Any:
    """Degrees as radians: x·π / 180.

    >>> deg2rad([180.0])
    array([3.1415927], dtype=float32)
    """
    return multiply(x, math.pi / 180)


def rad2deg(x: Any) -> Any:
    """Radians as degrees: x·180 / π.

    >>> rad2deg([3.1415927])
    array([180.], dtype=float32)
    """
    return multiply(x, 180 / math.pi)


def logaddexp2(x1: Any, x2: Any) -> Any:
    """log₂(2^x1 + 2^x2), without overflow.

    >>> logaddexp2([1.0], [1.0])
    array([2.], dtype=float32)
    """
    return divide(logaddexp(multiply(x1, math.log(2)), multiply(x2, math.log(2))), math.log(2))


def isposinf(x: Any) -> Any:
    """Whether a number is ∞.

    >>> isposinf([1.0, np.inf])
    array([False,  True])
    """
    return equal(x, math.inf)


def isneginf(x: Any) -> Any:
    """Whether a number is −∞.

    >>> isneginf([1.0, -np.inf])
    array([False,  True])
    """
    return equal(x, -math.inf)


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """The choice of the first condition that holds, `default` where none does.

    >>> x = np.array([1.0, 2.0, 3.0])
    >>> select([x < 2, x > 2], [x, x * 10])
    array([ 1.,  0., 30.])
    """
    if not isinstance(condlist, list | tuple) or not isinstance(choicelist, list | tuple):
        raise WrongType("ops.select, its arguments", "a list of conditions and one of choices", condlist)
    if not condlist or len(condlist) != len(choicelist):
        told = Told(f"{len(condlist)} and {len(choicelist)}")
        raise ShapeError("ops.select, its arguments", "as many conditions as choices", told)
    found = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        found = where(condition, choice, found)
    return found


# Along axes -----------------------------------------------------------------------------------------------------------


def ptp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest less the smallest along axes.

    >>> ptp([1.0, 4.0, 2.0])
    array(3., dtype=float32)
    """
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantile(x: Any, q: Any, axis: int | None = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The number below which a share q of the numbers along an axis lies; between two of them as `method` says:
    "linear", "lower", "higher", "midpoint" or "nearest". Of several shares, theirs along a new first axis.

    >>> quantile([1.0, 2.0, 4.0], 0.25)
    array(1.5, dtype=float32)
    """
    return of_shares("quantile", x, q, axis, method, keepdims, _between)


def of_shares(name: str, x: Any, q: Any, axis: int | None, method: str, keepdims: bool, between: Any) -> Any:
    """What `between` finds at each share of the sorted numbers."""
    checks.one_of(f"ops.{name}, argument method", method, METHODS)
    shares = np.asarray(q)
    if shares.dtype.kind not in "fiu" or shares.ndim > 1 or not ((shares >= 0) & (shares <= 1)).all():
        raise InvalidArgument(f"ops.{name}, argument q", "shares from 0 to 1", q)
    n = ndim(x)
    at = None if axis is None else one_axis(name, axis, n)
    rows = sort(ravel(x) if at is None else moveaxis(x, at, -1))
    if not shape(rows)[-1]:
        raise ShapeError(f"ops.{name}, argument x", "an axis of known length that is not 0", shape(x))
    found = [between(rows, float(share), method) for share in shares.ravel()]
    if keepdims:
        found = [reshape(one, (1,) * n) if at is None else expand_dims(one, at) for one in found]
    return concatenate([expand_dims(one, 0) for one in found]) if shares.ndim else found[0]


def _between(rows: Any, share_below: float, method: str) -> Any:
    """What stands in sorted rows where a share of their numbers is below."""
    place = share_below * ((shape(rows)[-1] or 1) - 1)
    low, high = math.floor(place), math.ceil(place)
    share = {
        "linear": place - low, "lower": 0.0, "higher": 1.0, "midpoint": 0.5 if high > low else 0.0,
        "nearest": float(round(place) - low),
    }[method]  # fmt: skip
    a, b = (get_item(rows, (Ellipsis, i)) for i in (low, high))
    return a if share == 0 else b if share == 1 else add(multiply(a, 1 - share), multiply(b, share))


def percentile(x: Any, q: Any, axis: int | None = None, method: str = "linear", keepdims: bool = False) -> Any:
    """`quantile`, shares counted in hundredths.

    >>> percentile([1.0, 2.0, 4.0], 50)
    array(2., dtype=float32)
    """
    return quantile(x, np.asarray(q) / 100, axis, method, keepdims)


def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    """The area under lines from each number along an axis to the next: Σ (yᵢ + yᵢ₊₁) / 2·(xᵢ₊₁ − xᵢ).

    >>> trapezoid([0.0, 1.0, 1.0])
    array(1.5, dtype=float32)
    """
    at = one_axis("trapezoid", axis, ndim(y))
    before = [slice(None)] * at
    behind, ahead = (*before, slice(1, None)), (*before, slice(None, -1))
    mid = divide(add(get_item(y, behind), get_item(y, ahead)), 2.0)
    if x is None:
        return multiply(sum(mid, at), checks.number("ops.trapezoid, argument dx", dx))
    places = reshape(x, [-1 if i == at else 1 for i in range(ndim(y))]) if ndim(x) == 1 else x
    return sum(multiply(mid, subtract(get_item(places, behind), get_item(places, ahead))), at)


def cdist(x: Any, y: Any) -> Any:
    """How far every row of x is from every row of y: √Σ (x − y)².     x (..., N, D), y (..., M, D), cdist (..., N, M)

    >>> cdist([[0.0, 0.0]], [[3.0, 4.0]])
    array([[5.]], dtype=float32)
    """
    if ndim(x) < 2 or ndim(y) < 2:
        raise ShapeError("ops.cdist", "rows along the last two axes", Told(f"{shape(x)} and {shape(y)}"))
    return sqrt(sum(square(subtract(expand_dims(x, -2), expand_dims(y, -3))), -1))


def kron(x1: Any, x2: Any) -> Any:
    """Each number of a matrix x1 times the matrix x2, in its place.

    >>> kron([[1.0, 2.0]], [[1.0], [3.0]])
    array([[1., 2.],
           [3., 6.]], dtype=float32)
    """
    (a, b), (c, d) = (_matrix("kron", one) for one in (x1, x2))
    every = multiply(reshape(x1, (a, 1, b, 1)), reshape(x2, (1, c, 1, d)))
    return reshape(every, (a * c, b * d))


def _matrix(name: str, x: Any) -> tuple[int, int]:
    found = shape(x)
    if len(found) != 2 or None in found:
        raise ShapeError(f"ops.{name}", "two matrices of known size", found)
    return int(found[0] or 0), int(found[1] or 0)


def corrcoef(x: Any) -> Any:
    """How the rows of x go together: their covariances over their standard deviations, from −1 to 1.

    x (N, M), y (N, N)

    >>> corrcoef([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]).round(3)
    array([[ 1., -1.],
           [-1.,  1.]], dtype=float32)
    """
    if ndim(x) != 2:
        raise ShapeError("ops.corrcoef", "rows of numbers", shape(x))
    centred = subtract(x, mean(x, 1, keepdims=True))
    unit = divide(centred, sqrt(sum(square(centred), 1, keepdims=True)))
    return matmul(unit, transpose(unit))


def logspace(
    start: float, stop: float, num: int = 50, endpoint: bool = True, base: float = 10, dtype: str | None = None
) -> Any:  # fmt: skip
    """The powers of base with the exponents that `linspace` gives.

    >>> logspace(0.0, 2.0, 3)
    array([  1.,  10., 100.], dtype=float32)
    """
    found = np.power(float(checks.number("ops.logspace, argument base", base)), linspace(start, stop, num, endpoint))
    return cast(found.astype("float32"), dtype or "float32")


# Without what is not a number -----------------------------------------------------------------------------------------


def nansum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum of what is not NaN along axes.

    >>> nansum([1.0, np.nan])
    array(1., dtype=float32)
    """
    return sum(where(isnan(x), 0.0, x), axis, keepdims)


def nanprod(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The product of what is not NaN along axes.

    >>> nanprod([2.0, np.nan])
    array(2., dtype=float32)
    """
    return prod(where(isnan(x), 1.0, x), axis, keepdims)


def nanmax(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest of what is not NaN along axes; NaN where there is nothing else.

    >>> nanmax([1.0, np.nan])
    array(1., dtype=float32)
    """
    return where(all(isnan(x), axis, keepdims), math.nan, max(where(isnan(x), -math.inf, x), axis, keepdims))


def nanmin(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest of what is not NaN along axes; NaN where there is nothing else.

    >>> nanmin([1.0, np.nan])
    array(1., dtype=float32)
    """
    return where(all(isnan(x), axis, keepdims), math.nan, min(where(isnan(x), math.inf, x), axis, keepdims))


def nanmean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean of what is not NaN along axes.

    >>> nanmean([1.0, np.nan, 3.0])
    array(2., dtype=float32)
    """
    counted = where(isnan(x), 0.0, 1.0)
    return divide(nansum(x, axis, keepdims), sum(counted, axis, keepdims))


def nanvar(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The variance of what is not NaN along axes.

    >>> nanvar([1.0, np.nan, 3.0])
    array(1., dtype=float32)
    """
    centred = where(isnan(x), 0.0, subtract(x, nanmean(x, axis, keepdims=True)))
    return divide(sum(square(centred), axis, keepdims), sum(where(isnan(x), 0.0, 1.0), axis, keepdims))


def nanstd(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The standard deviation of what is not NaN along axes.

    >>> nanstd([1.0, np.nan, 3.0])
    array(1., dtype=float32)
    """
    return sqrt(nanvar(x, axis, keepdims))
